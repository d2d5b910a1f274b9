/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tables as kernel.list tells them: what of ours is there, whoever
 * put it there.  The kernel hands out a list in parts, one for each read, so
 * its length costs no memory.
 */
#include <errno.h>
#include <string.h>

#include "netkey/xfrm.h"

/* One call of kernel.list. */
struct listing {
	uint32_t first, last; /* reqids */
	kernel_seen_fn *seen;
	void *arg;
};

static bool
is_listed(const struct listing *l, uint32_t reqid)
{
	return reqid >= l->first && reqid <= l->last;
}

/* reply_fn */
static void
sa_listed(void *ctx, size_t index, uint16_t type, struct span body)
{
	const struct listing *l = ctx;
	struct kernel_seen seen = {.kind = KERNEL_SEEN_SA};
	struct xfrm_usersa_info i;

	(void)index;
	if (type != XFRM_MSG_NEWSA || !span_struct(&body, &i, sizeof(i)) ||
	    !is_listed(l, i.reqid))
		return;
	if (i.id.spi == 0)
		seen.kind = KERNEL_SEEN_LARVAL;
	seen.reqid = i.reqid;
	seen.protocol = protocol_of_xfrm(i.id.proto);
	seen.spi = ntohl(i.id.spi);
	seen.src = addr_of_xfrm(&i.saddr, i.family);
	seen.dst = addr_of_xfrm(&i.id.daddr, i.family);
	l->seen(l->arg, &seen);
}

/* reply_fn.  'fwd' goes with 'in', and larger numbers are those of sockets;
 * what is for one protocol goes with what is for all. */
static void
policy_listed(void *ctx, size_t index, uint16_t type, struct span body)
{
	const struct listing *l = ctx;
	struct kernel_seen seen = {.kind = KERNEL_SEEN_POLICY};
	struct xfrm_userpolicy_info i;

	(void)index;
	if (type != XFRM_MSG_NEWPOLICY || !span_struct(&body, &i, sizeof(i)) ||
	    (i.dir != XFRM_POLICY_IN && i.dir != XFRM_POLICY_OUT) ||
	    i.sel.proto != 0)
		return;
	policy_read(&seen.policy, &i, attr_find(body, XFRMA_TMPL));
	seen.reqid = seen.policy.tmpl[0].reqid;
	if (seen.policy.n_tmpl > 0 && is_listed(l, seen.reqid))
		l->seen(l->arg, &seen);
}

static int
list_one(struct netkey *nk, uint16_t type, reply_fn *fn, struct listing *l,
    struct text *why)
{
	struct answer a = {
	    .error = channel_list(&nk->requests, type, SPAN_NONE, fn, l)};

	if (a.error < 0 && why != NULL) {
		text_add(why, "cannot list the kernel's %s: ",
		    type == XFRM_MSG_GETSA ? "SAs" : "policies");
		answer_print(why, &a);
	}
	return a.error;
}

int
netkey_list(void *ctx, uint32_t first, uint32_t last, kernel_seen_fn *seen,
    void *arg, struct text *why)
{
	struct listing l = {first, last, seen, arg};
	int r = list_one(ctx, XFRM_MSG_GETSA, sa_listed, &l, why);

	return r < 0
	    ? r
	    : list_one(ctx, XFRM_MSG_GETPOLICY, policy_listed, &l, why);
}
