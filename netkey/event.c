/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel reports by itself.  Each report is a datagram of its own.
 * When they come faster than they are read, the kernel drops some and says so
 * once; a packet that met a trap then reports itself again when it is repeated.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "netkey/netkey.h"
#include "netkey/xfrm.h"

#define EVENT_OCTETS 8192

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
		struct span body;

		*ev = (struct kernel_event){.kind = KERNEL_LOST};
		if (n == -ENOBUFS || n == -EMSGSIZE)
			return true;
		if (n < 0)
			return false;
		if (!mnl_nlmsg_ok(h, (int)n))
			continue;
		body = span_of(
		    mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));
		if (h->nlmsg_type == XFRM_MSG_ACQUIRE && read_acquire(body, ev))
			return true;
		if (h->nlmsg_type == XFRM_MSG_EXPIRE && read_expire(body, ev))
			return true;
	}
}
