/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.list of the fake kernel. */
#include "test/fake/fake_kernel.h"

static struct kernel_seen
seen_sa(const struct kernel_sa *sa)
{
	return (struct kernel_seen){.kind = KERNEL_SEEN_SA,
	    .reqid = sa->reqid,
	    .protocol = sa->protocol,
	    .spi = sa->spi,
	    .src = sa->src,
	    .dst = sa->dst};
}

static struct kernel_seen
seen_larval(const struct kernel_tmpl *t)
{
	return (struct kernel_seen){.kind = KERNEL_SEEN_LARVAL,
	    .reqid = t->reqid,
	    .protocol = t->protocol,
	    .src = t->src,
	    .dst = t->dst};
}

/* first..last and who wants to see it. */
struct list_call {
	uint32_t first, last;
	kernel_seen_fn *seen;
	void *arg;
};

static void
show(const struct list_call *call, struct kernel_seen seen)
{
	if (seen.reqid >= call->first && seen.reqid <= call->last)
		call->seen(call->arg, &seen);
}

int
fake_kernel_list(void *ctx, uint32_t first, uint32_t last, kernel_seen_fn *seen,
    void *arg, struct text *why)
{
	struct fake_kernel *k = ctx;
	struct list_call call = {first, last, seen, arg};

	(void)why;
	k->listing = true;
	LIST_EACH(n, &k->sas)
		show(
		    &call, seen_sa(&container_of(n, struct fake_sa, node)->sa));
	LIST_EACH(n, &k->larvals)
		show(&call,
		    seen_larval(
			&container_of(n, struct fake_larval, node)->tmpl));
	LIST_EACH(n, &k->policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		show(&call,
		    (struct kernel_seen){.kind = KERNEL_SEEN_POLICY,
			.reqid = p->n_tmpl == 0 ? 0 : p->tmpl[0].reqid,
			.policy = *p});
	}
	k->listing = false;
	return 0;
}
