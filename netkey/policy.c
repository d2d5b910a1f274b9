/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies as XFRM messages.  One of ours for inbound traffic is two of the
 * kernel's: 'in' for what ends here and 'fwd' for what is passed on.
 */
#include <errno.h>
#include <string.h>

#include "netkey/xfrm.h"

#define MESSAGE_MAX 1024 /* octets of one policy, six templates included */

/* The kernel's directions of one policy. */
struct dirs {
	size_t n;
	uint8_t dir[2];
};

/*
 * Transport mode protects only what ends here, so it has no 'fwd'; policies
 * without a transformation are for all packets.
 */
static struct dirs
policy_dirs(const struct kernel_policy *p)
{
	if (p->dir == KERNEL_OUT)
		return (struct dirs){1, {XFRM_POLICY_OUT}};
	if (p->n_tmpl > 0 && p->tmpl[0].mode == KERNEL_TRANSPORT)
		return (struct dirs){1, {XFRM_POLICY_IN}};
	return (struct dirs){2, {XFRM_POLICY_IN, XFRM_POLICY_FWD}};
}

static const char *
action_name(uint8_t action)
{
	switch ((enum kernel_action)action) {
	case KERNEL_PROTECT: return "protect";
	case KERNEL_TRAP: return "trap";
	case KERNEL_PASS: return "pass";
	case KERNEL_DROP: return "drop";
	}
	return "unknown action";
}

void
policy_print(struct text *t, const struct kernel_policy *p)
{
	text_add(t, "%s policy ", p->dir == KERNEL_IN ? "inbound" : "outbound");
	subnet_print(t, &p->src);
	text_add(t, " -> ");
	subnet_print(t, &p->dst);
	text_add(t, " (%s, priority %u", action_name(p->action), p->priority);
	if (p->n_tmpl > 0)
		text_add(t, ", %s mode, reqid %u",
		    p->tmpl[0].mode == KERNEL_TUNNEL ? "tunnel" : "transport",
		    p->tmpl[0].reqid);
	text_add(t, ")");
}

static struct xfrm_user_tmpl
policy_tmpl(const struct kernel_tmpl *k, uint8_t dir)
{
	struct xfrm_user_tmpl t;

	memset(&t, 0, sizeof(t));
	t.id.daddr = xfrm_addr(&k->dst);
	t.id.spi = htonl(k->spi);
	t.id.proto = xfrm_proto(k->protocol);
	t.saddr = xfrm_addr(&k->src);
	t.family = xfrm_family(&k->dst);
	t.reqid = k->reqid;
	t.mode =
	    k->mode == KERNEL_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	/* Packets that would not shrink come without IPComp (RFC 3173 2.2). */
	t.optional = t.id.proto == IPPROTO_COMP && dir != XFRM_POLICY_OUT;
	t.aalgos = t.ealgos = t.calgos = UINT32_MAX; /* any algorithm */
	return t;
}

static void
policy_put(struct batch *b, const struct kernel_policy *p, uint8_t dir)
{
	struct xfrm_user_tmpl tmpl[3];
	struct xfrm_userpolicy_info i;
	size_t n = p->n_tmpl;

	memset(&i, 0, sizeof(i));
	i.sel = xfrm_sel(&p->src, &p->dst);
	i.lft = xfrm_forever();
	i.priority = p->priority;
	i.dir = dir;
	i.action =
	    p->action == KERNEL_DROP ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	batch_add(b, XFRM_MSG_UPDPOLICY, 0, span_of(&i, sizeof(i)));
	for (size_t t = 0; t < n; t++)
		tmpl[t] = policy_tmpl(&p->tmpl[t], dir);
	if (n > 0)
		batch_attr(b, XFRMA_TMPL, span_of(tmpl, n * sizeof(tmpl[0])));
}

/* XFRM_MSG_DELPOLICY or XFRM_MSG_GETPOLICY. */
static void
policy_put_id(
    struct batch *b, uint16_t type, const struct kernel_policy *p, uint8_t dir)
{
	struct xfrm_userpolicy_id id;

	memset(&id, 0, sizeof(id));
	id.sel = xfrm_sel(&p->src, &p->dst);
	id.dir = dir;
	batch_add(b, type, 0, span_of(&id, sizeof(id)));
}

static bool
policy_check(const struct kernel_policy *p, struct text *why)
{
	bool protects = p->action == KERNEL_PROTECT || p->action == KERNEL_TRAP;
	const char *fault = NULL;

	if (addr_len(&p->src.a) == 0 || p->src.a.family != p->dst.a.family)
		fault = "two subnets of one address family are needed";
	else if (p->n_tmpl > sizeof(p->tmpl) / sizeof(p->tmpl[0]))
		fault = "too many transformations";
	else if (protects != (p->n_tmpl > 0))
		fault = "transformations belong to protect and trap, "
			"and only to them";
	if (fault == NULL)
		return true;
	text_add(why, "cannot set up ");
	policy_print(why, p);
	text_add(why, ": %s", fault);
	return false;
}

static struct kernel_tmpl
tmpl_of_xfrm(const struct xfrm_user_tmpl *t)
{
	return (struct kernel_tmpl){
	    .protocol = protocol_of_xfrm(t->id.proto),
	    .mode =
		t->mode == XFRM_MODE_TUNNEL ? KERNEL_TUNNEL : KERNEL_TRANSPORT,
	    .spi = ntohl(t->id.spi),
	    .reqid = t->reqid,
	    .src = addr_of_xfrm(&t->saddr, t->family),
	    .dst = addr_of_xfrm(&t->id.daddr, t->family),
	};
}

void
policy_read(struct kernel_policy *p, const struct xfrm_userpolicy_info *i,
    struct span tmpls)
{
	const struct xfrm_selector *sel = &i->sel;
	struct xfrm_user_tmpl t;

	*p = (struct kernel_policy){
	    .dir = i->dir == XFRM_POLICY_OUT ? KERNEL_OUT : KERNEL_IN,
	    .src = {addr_of_xfrm(&sel->saddr, sel->family), sel->prefixlen_s},
	    .dst = {addr_of_xfrm(&sel->daddr, sel->family), sel->prefixlen_d},
	    .priority = i->priority,
	    .action = KERNEL_PROTECT,
	};
	while (p->n_tmpl < sizeof(p->tmpl) / sizeof(p->tmpl[0]) &&
	    span_struct(&tmpls, &t, sizeof(t)))
		p->tmpl[p->n_tmpl++] = tmpl_of_xfrm(&t);
	if (i->action == XFRM_POLICY_BLOCK)
		p->action = KERNEL_DROP;
	else if (p->n_tmpl == 0)
		p->action = KERNEL_PASS;
}

/* A policy of the kernel's to be replaced, and what was there before. */
struct replaced {
	const struct kernel_policy *by;
	uint8_t dir;
	size_t n; /* octets of old; 0: there was none */
	uint8_t old[MESSAGE_MAX];
};
struct replacement {
	size_t n;
	struct replaced item[BATCH_MAX];
};

/* False: too many. */
static bool
replacement_init(
    struct replacement *r, const struct kernel_policy *policies, size_t n)
{
	r->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct dirs dirs = policy_dirs(&policies[i]);

		for (size_t d = 0; d < dirs.n; d++) {
			if (r->n == BATCH_MAX)
				return false;
			r->item[r->n].by = &policies[i];
			r->item[r->n].dir = dirs.dir[d];
			r->item[r->n].n = 0;
			r->n++;
		}
	}
	return true;
}

/* reply_fn: keep a policy as the kernel describes it. */
static void
keep_old(void *ctx, size_t index, uint16_t type, struct span body)
{
	struct replaced *item = &((struct replacement *)ctx)->item[index];

	if (type != XFRM_MSG_NEWPOLICY || body.n > sizeof(item->old))
		return;
	memcpy(item->old, body.p, body.n);
	item->n = body.n;
}

/* A failure of item 'i', or of the whole exchange when answer is NULL. */
static int
replacement_failed(const struct replaced *item, const struct answer *answer,
    int error, struct text *why)
{
	struct answer whole = {.error = error};

	text_add(why, "cannot set up ");
	policy_print(why, item->by);
	if (item->dir == XFRM_POLICY_FWD)
		text_add(why, " for forwarding");
	text_add(why, ": ");
	answer_print(why, answer != NULL ? answer : &whole);
	return error;
}

/* Ask for each policy that is to be replaced; that there is none is fine. */
static int
replacement_fetch(struct replacement *r, struct channel *c, struct text *why)
{
	struct batch b;
	int error;

	batch_init(&b);
	for (size_t i = 0; i < r->n; i++)
		policy_put_id(
		    &b, XFRM_MSG_GETPOLICY, r->item[i].by, r->item[i].dir);
	error = batch_run(&b, c, keep_old, r);
	if (error < 0)
		return replacement_failed(&r->item[0], NULL, error, why);
	for (size_t i = 0; i < b.n; i++) {
		error = b.answers[i].error;
		if (error < 0 && error != -ENOENT)
			return replacement_failed(
			    &r->item[i], &b.answers[i], error, why);
	}
	return 0;
}

/* Put back what was there before those that went in, per 'done'. */
static void
replacement_undo(const struct replacement *r, struct channel *c,
    const struct answer *done, struct text *why)
{
	struct batch b;
	int error;

	batch_init(&b);
	for (size_t i = 0; i < r->n; i++) {
		const struct replaced *item = &r->item[i];
		struct span old = span_of(item->old, item->n);

		if (done[i].error < 0)
			continue;
		if (old.n > 0)
			batch_add(&b, XFRM_MSG_UPDPOLICY, 0, old);
		else
			policy_put_id(
			    &b, XFRM_MSG_DELPOLICY, item->by, item->dir);
	}
	error = batch_run(&b, c, NULL, NULL);
	if (error < 0 || batch_first_failure(&b) < b.n)
		text_add(why,
		    "; and what was there before could not be "
		    "put back: see 'ip xfrm policy'");
}

int
policies_replace(struct channel *c, const struct kernel_policy *policies,
    size_t n, struct text *why)
{
	struct replacement r;
	struct batch b;
	size_t bad;
	int error;

	for (size_t i = 0; i < n; i++) {
		if (!policy_check(&policies[i], why))
			return -EINVAL;
	}
	if (!replacement_init(&r, policies, n)) {
		text_add(why, "cannot set up %zu policies at once", n);
		return -E2BIG;
	}
	if (r.n == 0)
		return 0;
	error = replacement_fetch(&r, c, why);
	if (error < 0)
		return error;
	batch_init(&b);
	for (size_t i = 0; i < r.n; i++)
		policy_put(&b, r.item[i].by, r.item[i].dir);
	error = batch_run(&b, c, NULL, NULL);
	bad = batch_first_failure(&b);
	if (error == 0 && bad == b.n)
		return 0;
	if (error < 0)
		error = replacement_failed(&r.item[0], NULL, error, why);
	else
		error = replacement_failed(
		    &r.item[bad], &b.answers[bad], b.answers[bad].error, why);
	replacement_undo(&r, c, b.answers, why);
	return error;
}

int
policy_delete(
    struct channel *c, const struct kernel_policy *p, struct text *why)
{
	struct dirs dirs = policy_dirs(p);
	struct answer whole = {.error = 0};
	struct batch b;

	batch_init(&b);
	for (size_t d = 0; d < dirs.n; d++)
		policy_put_id(&b, XFRM_MSG_DELPOLICY, p, dirs.dir[d]);
	whole.error = batch_run(&b, c, NULL, NULL);
	for (size_t d = 0; d < dirs.n && whole.error == 0; d++) {
		if (b.answers[d].error != -ENOENT)
			whole = b.answers[d];
	}
	if (whole.error == 0)
		return 0;
	text_add(why, "cannot delete ");
	policy_print(why, p);
	text_add(why, ": ");
	answer_print(why, &whole);
	return whole.error;
}
