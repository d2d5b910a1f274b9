/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of engine/core/kernel.h, as requests to XFRM.  An SA that the
 * kernel does not take keeps everything else of its batch out; policies go in
 * when all SAs are there.
 */
#include "netkey/netkey.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netkey/xfrm.h"

/* An ACQUIRE takes 1.3 kB, and the kernel doubles this: room for 6000. */
#define EVENT_BUFFER (4 * 1024 * 1024)

/*
 * Take those SAs out again that went in: whose answer in 'done' is no error,
 * or all when it is NULL.
 */
static void
sas_undo(struct channel *c, const struct kernel_sa *sas, size_t n,
    const struct answer *done, struct text *why)
{
	struct batch b;
	int error;

	batch_init(&b);
	for (size_t i = 0; i < n; i++) {
		if (done == NULL || done[i].error == 0)
			sa_put_id(&b, XFRM_MSG_DELSA, &sas[i].dst,
			    sas[i].protocol, sas[i].spi);
	}
	error = batch_run(&b, c, NULL, NULL);
	if (error < 0 || batch_first_failure(&b) < b.n)
		text_add(why,
		    "; and SAs added with it could not be deleted: "
		    "see 'ip xfrm state'");
}

/* All of them, or none. */
static int
sas_add(
    struct channel *c, const struct kernel_sa *sas, size_t n, struct text *why)
{
	struct answer bad = {.error = 0};
	struct batch b;
	size_t i;

	if (n > BATCH_MAX) {
		text_add(why, "cannot add %zu SAs at once, at most %d", n,
		    BATCH_MAX);
		return -E2BIG;
	}
	batch_init(&b);
	for (i = 0; i < n; i++) {
		if (!sa_check(&sas[i], why))
			return -EINVAL;
		sa_put(&b, &sas[i]);
	}
	bad.error = batch_run(&b, c, NULL, NULL);
	i = 0;
	if (bad.error == 0) {
		i = batch_first_failure(&b);
		if (i == n)
			return 0;
		bad = b.answers[i];
	}
	text_add(why, "cannot add ");
	sa_print(why, &sas[i]);
	text_add(why, ": ");
	answer_print(why, &bad);
	sas_undo(c, sas, n, b.answers, why);
	return bad.error;
}

static int
install(void *ctx, const struct kernel_sa *sas, size_t n_sas,
    const struct kernel_policy *policies, size_t n_policies, struct text *why)
{
	struct netkey *nk = ctx;
	TEXT(unwanted, 8);
	int r;

	if (why == NULL)
		why = &unwanted;
	r = sas_add(&nk->requests, sas, n_sas, why);
	if (r < 0)
		return r;
	r = policies_replace(&nk->requests, policies, n_policies, why);
	if (r < 0)
		sas_undo(&nk->requests, sas, n_sas, NULL, why);
	return r;
}

static int
delete_sa(void *ctx, const struct addr *dst, uint8_t protocol, uint32_t spi,
    struct text *why)
{
	struct netkey *nk = ctx;
	struct answer a = {.error = 0};
	struct batch b;

	batch_init(&b);
	sa_put_id(&b, XFRM_MSG_DELSA, dst, protocol, spi);
	a.error = batch_run(&b, &nk->requests, NULL, NULL);
	if (a.error == 0)
		a = b.answers[0];
	if (a.error == 0 || a.error == -ESRCH)
		return 0;
	if (why != NULL) {
		text_add(why, "cannot delete ");
		sa_name_print(why, dst, protocol, spi);
		text_add(why, ": ");
		answer_print(why, &a);
	}
	return a.error;
}

static int
delete_policy(void *ctx, const struct kernel_policy *p, struct text *why)
{
	struct netkey *nk = ctx;
	TEXT(unwanted, 8);

	return policy_delete(&nk->requests, p, why != NULL ? why : &unwanted);
}

struct usage_query {
	bool found;
	struct kernel_usage *out;
};

/* reply_fn: the SA that was asked for. */
static void
usage_reply(void *ctx, size_t index, uint16_t type, struct span body)
{
	struct usage_query *q = ctx;

	(void)index;
	if (type == XFRM_MSG_NEWSA)
		q->found = sa_usage(body, q->out);
}

static int
usage(void *ctx, const struct addr *dst, uint8_t protocol, uint32_t spi,
    struct kernel_usage *out)
{
	struct netkey *nk = ctx;
	struct usage_query q = {.out = out};
	struct batch b;
	int r;

	batch_init(&b);
	sa_put_id(&b, XFRM_MSG_GETSA, dst, protocol, spi);
	r = batch_run(&b, &nk->requests, usage_reply, &q);
	if (r == 0)
		r = b.answers[0].error;
	return r == 0 && !q.found ? -EPROTO : r;
}

struct kernel
netkey_kernel(struct netkey *nk)
{
	return (struct kernel){
	    .ctx = nk,
	    .install = install,
	    .delete_sa = delete_sa,
	    .delete_policy = delete_policy,
	    .usage = usage,
	    .list = netkey_list,
	    .supports = netkey_supports,
	};
}

/* Room for a burst of events; the plain option is cut to a system limit. */
static void
enlarge_buffer(int fd)
{
	int octets = EVENT_BUFFER;

	if (setsockopt(
		fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) < 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
}

/* Both sockets, and the kernel's way of finding policies.  0 or -errno. */
static int
open_channels(struct netkey *nk)
{
	int fd = channel_open(NETLINK_XFRM, 0);
	int r;

	if (fd < 0)
		return fd;
	nk->requests.fd = fd;
	r = channel_port(fd, &nk->requests.port);
	if (r < 0)
		return r;
	fd = channel_open(NETLINK_XFRM,
	    XFRMGRP_ACQUIRE | XFRMGRP_EXPIRE | XFRMGRP_SA | XFRMGRP_POLICY);
	if (fd < 0)
		return fd;
	nk->events = fd;
	enlarge_buffer(fd);
	r = events_filter(fd, nk->requests.port);
	return r < 0 ? r : spd_hash_networks(&nk->requests);
}

struct netkey *
netkey_open(struct text *why)
{
	struct netkey *nk = malloc(sizeof(*nk));
	struct answer a = {.error = -ENOMEM};

	if (nk != NULL) {
		*nk = (struct netkey){.requests = {.fd = -1}, .events = -1};
		a.error = open_channels(nk);
		if (a.error == 0)
			return nk;
		netkey_close(nk);
	}
	text_add(why, "cannot use the kernel's IPsec (NETKEY): ");
	answer_print(why, &a);
	return NULL;
}

void
netkey_close(struct netkey *nk)
{
	if (nk == NULL)
		return;
	if (nk->requests.fd >= 0)
		close(nk->requests.fd);
	if (nk->events >= 0)
		close(nk->events);
	free(nk);
}

int
netkey_bypass(int fd, enum addr_family family, struct text *why)
{
	static const uint8_t dirs[] = {XFRM_POLICY_IN, XFRM_POLICY_OUT};
	struct xfrm_userpolicy_info policy;
	bool v4 = family == ADDR_V4;

	memset(&policy, 0, sizeof(policy));
	policy.sel.family = v4 ? AF_INET : AF_INET6;
	policy.action = XFRM_POLICY_ALLOW;
	for (size_t i = 0; i < sizeof(dirs); i++) {
		struct answer a;

		policy.dir = dirs[i];
		if (setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			v4 ? IP_XFRM_POLICY : IPV6_XFRM_POLICY, &policy,
			sizeof(policy)) == 0)
			continue;
		a = (struct answer){.error = -errno};
		text_add(why, "cannot exempt the IKE socket from IPsec: ");
		answer_print(why, &a);
		return a.error;
	}
	return 0;
}
