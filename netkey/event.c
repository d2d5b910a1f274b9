/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel reports by itself.  Each report is a datagram of its own.
 * When they come faster than they are read, the kernel drops some and says so
 * once; a packet that met a trap then reports itself again when it is repeated.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "netkey/netkey.h"
#include "netkey/xfrm.h"

#define EVENT_OCTETS 8192

/* ---- what is let through ----------------------------------------------- */

/* Loads are in network order, and headers are in the machine's. */
#define LOAD(size, member) \
	BPF_STMT(BPF_LD | BPF_ABS | (size), offsetof(struct nlmsghdr, member))
#define IF(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define RETURN(octets) BPF_STMT(BPF_RET | BPF_K, octets)

int
events_filter(int fd, uint32_t ours)
{
	struct sock_filter code[] = {
	    LOAD(BPF_H, nlmsg_type),
	    IF(htons(XFRM_MSG_ACQUIRE), 7, 0),
	    IF(htons(XFRM_MSG_EXPIRE), 6, 0),
	    IF(htons(XFRM_MSG_FLUSHSA), 3, 0),
	    IF(htons(XFRM_MSG_FLUSHPOLICY), 2, 0),
	    IF(htons(XFRM_MSG_DELSA), 1, 0),
	    IF(htons(XFRM_MSG_DELPOLICY), 0, 3),
	    LOAD(BPF_W, nlmsg_pid),
	    IF(htonl(ours), 1, 0),
	    RETURN(UINT32_MAX), /* all of it */
	    RETURN(0),
	};
	struct sock_fprog program = {
	    .len = sizeof(code) / sizeof(code[0]), .filter = code};
	int r = setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));

	return r < 0 ? -errno : 0;
}

/* ---- what it says ------------------------------------------------------ */

/* A packet met a trap: the SA that the kernel wishes for, and its policy. */
static bool
read_acquire(struct span body, struct kernel_event *ev)
{
	struct xfrm_user_acquire a;
	struct xfrm_user_tmpl tmpl;
	struct span tmpls;

	if (!span_struct(&body, &a, sizeof(a)))
		return false;
	tmpls = attr_find(body, XFRMA_TMPL);
	ev->kind = KERNEL_ACQUIRE;
	ev->src = addr_of_xfrm(&a.sel.saddr, a.sel.family);
	ev->dst = addr_of_xfrm(&a.sel.daddr, a.sel.family);
	ev->ip_protocol = a.sel.proto;
	ev->src_port = ntohs(a.sel.sport);
	ev->dst_port = ntohs(a.sel.dport);
	if (span_struct(&tmpls, &tmpl, sizeof(tmpl)))
		ev->reqid = tmpl.reqid;
	return true;
}

/* An SA reached a limit.  Without an SPI it is the larval one of a trap. */
static bool
read_expire(struct span body, struct kernel_event *ev)
{
	struct xfrm_user_expire e;

	if (!span_struct(&body, &e, sizeof(e)) || e.state.id.spi == 0)
		return false;
	ev->kind = KERNEL_EXPIRE;
	ev->spi = ntohl(e.state.id.spi);
	ev->protocol = protocol_of_xfrm(e.state.id.proto);
	ev->sa_dst = addr_of_xfrm(&e.state.id.daddr, e.state.family);
	ev->reqid = e.state.reqid;
	ev->hard = e.hard != 0;
	return true;
}

/* Somebody deletes an SA: XFRMA_SA is it. */
static bool
read_deleted_sa(struct span body, struct kernel_event *ev)
{
	struct xfrm_usersa_id id;
	struct xfrm_usersa_info i;
	struct span sa;

	if (!span_struct(&body, &id, sizeof(id)))
		return false;
	sa = attr_find(body, XFRMA_SA);
	ev->kind = KERNEL_FLUSHED;
	if (span_struct(&sa, &i, sizeof(i)))
		ev->reqid = i.reqid;
	return true;
}

/* The same of a policy; without a template it has no reqid. */
static bool
read_deleted_policy(struct span body, struct kernel_event *ev)
{
	struct xfrm_userpolicy_id id;
	struct xfrm_user_tmpl tmpl;
	struct span tmpls;

	if (!span_struct(&body, &id, sizeof(id)))
		return false;
	tmpls = attr_find(body, XFRMA_TMPL);
	ev->kind = KERNEL_FLUSHED;
	if (span_struct(&tmpls, &tmpl, sizeof(tmpl)))
		ev->reqid = tmpl.reqid;
	return true;
}

/* Of all SAs, or all policies. */
static bool
read_flush(struct span body, struct kernel_event *ev)
{
	(void)body;
	ev->kind = KERNEL_FLUSHED;
	return true;
}

static const struct {
	uint16_t type;
	bool (*read)(struct span body, struct kernel_event *ev);
} readers[] = {
    {XFRM_MSG_ACQUIRE, read_acquire},
    {XFRM_MSG_EXPIRE, read_expire},
    {XFRM_MSG_DELSA, read_deleted_sa},
    {XFRM_MSG_DELPOLICY, read_deleted_policy},
    {XFRM_MSG_FLUSHSA, read_flush},
    {XFRM_MSG_FLUSHPOLICY, read_flush},
};

/* False: nothing to be told. */
static bool
event_read(const struct nlmsghdr *h, struct kernel_event *ev)
{
	struct span body =
	    span_of(mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i].type == h->nlmsg_type)
			return readers[i].read(body, ev);
	return false;
}

int
netkey_event_fd(const struct netkey *nk)
{
	return nk->events;
}

bool
netkey_event(struct netkey *nk, struct kernel_event *ev)
{
	_Alignas(8) uint8_t buf[EVENT_OCTETS];
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;

	for (;;) {
		ssize_t n = channel_receive(nk->events, buf, sizeof(buf));

		*ev = (struct kernel_event){.kind = KERNEL_LOST};
		if (n == -ENOBUFS || n == -EMSGSIZE)
			return true;
		if (n < 0)
			return false;
		if (mnl_nlmsg_ok(h, (int)n) && event_read(h, ev))
			return true;
	}
}
