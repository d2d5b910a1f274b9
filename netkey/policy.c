/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies as XFRM messages.  One of ours is several of the kernel's: inbound,
 * 'in' for what ends here and 'fwd' for what is passed on; and in IPv6 some for
 * neighbour discovery.
 */
#include <errno.h>
#include <string.h>

#include "netkey/xfrm.h"

#define MESSAGE_MAX 1024 /* octets of one policy, six templates included */

/* Types of ICMPv6 by which neighbours find each other (RFC 4861). */
enum { NEIGHBOUR_SOLICITATION = 135, NEIGHBOUR_ADVERTISEMENT = 136 };

/* What one policy is to the kernel. */
struct part {
	uint8_t dir;   /* XFRM_POLICY_* */
	uint8_t icmp6; /* for this type of ICMPv6 only; 0: for all packets */
};
enum { PARTS_MAX = 4 };
struct parts {
	size_t n;
	struct part v[PARTS_MAX];
};

static void
parts_add(struct parts *parts, uint8_t dir, uint8_t icmp6)
{
	parts->v[parts->n++] = (struct part){dir, icmp6};
}

/* Packets between us and somebody on a link of ours can be among its own: two
 * hosts, or link-local addresses. */
static bool
concerns_neighbours(const struct kernel_policy *p)
{
	static const struct addr link_local = {ADDR_V6, {0xfe, 0x80}};

	return p->src.a.family == ADDR_V6 &&
	    ((subnet_is_host(&p->src) && subnet_is_host(&p->dst)) ||
		subnet_contains(&p->src, &link_local) ||
		subnet_contains(&p->dst, &link_local));
}

/*
 * Transport mode protects only what ends here, so it has no 'fwd'; policies
 * without a transformation are for all packets.  How neighbours find each other
 * has parts of its own, see neighbour_tmpls().
 */
static struct parts
policy_parts(const struct kernel_policy *p)
{
	uint8_t dir = p->dir == KERNEL_OUT ? XFRM_POLICY_OUT : XFRM_POLICY_IN;
	struct parts parts = {0};

	parts_add(&parts, dir, 0);
	if (dir == XFRM_POLICY_IN &&
	    !(p->n_tmpl > 0 && p->tmpl[0].mode == KERNEL_TRANSPORT))
		parts_add(&parts, XFRM_POLICY_FWD, 0);
	if (concerns_neighbours(p)) {
		parts_add(&parts, dir, NEIGHBOUR_SOLICITATION);
		parts_add(&parts, dir, NEIGHBOUR_ADVERTISEMENT);
	}
	return parts;
}

static struct xfrm_selector
part_sel(const struct kernel_policy *p, const struct part *part)
{
	struct xfrm_selector sel = xfrm_sel(&p->src, &p->dst);

	if (part->icmp6 != 0) {
		sel.proto = IPPROTO_ICMPV6;
		sel.sport = htons(part->icmp6);
		sel.sport_mask = 0xffff;
	}
	return sel;
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
make_optional(struct xfrm_user_tmpl *tmpl, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tmpl[i].optional = 1;
}

/*
 * Without its neighbours' link addresses a host can send nothing, IKE's
 * messages included.  So where there is a trap and no SA yet they are asked and
 * told in the clear, as on any link; and whoever has lost its SA may ask whom
 * has not.  Returns how many templates are left.
 */
static size_t
neighbour_tmpls(const struct kernel_policy *p, struct xfrm_user_tmpl *tmpl)
{
	if (p->dir == KERNEL_OUT)
		return p->action == KERNEL_TRAP ? 0 : p->n_tmpl;
	make_optional(tmpl, p->n_tmpl);
	return p->n_tmpl;
}

static void
policy_put(
    struct batch *b, const struct kernel_policy *p, const struct part *part)
{
	struct xfrm_user_tmpl tmpl[3];
	struct xfrm_userpolicy_info i;
	size_t n = p->n_tmpl;

	memset(&i, 0, sizeof(i));
	i.sel = part_sel(p, part);
	i.lft = xfrm_forever();
	i.priority = p->priority;
	i.dir = part->dir;
	i.action =
	    p->action == KERNEL_DROP ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	for (size_t t = 0; t < n; t++)
		tmpl[t] = policy_tmpl(&p->tmpl[t], part->dir);
	if (p->optional)
		make_optional(tmpl, n);
	if (part->icmp6 != 0) {
		n = neighbour_tmpls(p, tmpl);
		i.priority -= i.priority > 0; /* before the others */
	}
	batch_add(b, XFRM_MSG_UPDPOLICY, 0, span_of(&i, sizeof(i)));
	if (n > 0)
		batch_attr(b, XFRMA_TMPL, span_of(tmpl, n * sizeof(tmpl[0])));
}

/* XFRM_MSG_DELPOLICY or XFRM_MSG_GETPOLICY. */
static void
policy_put_id(struct batch *b, uint16_t type, const struct kernel_policy *p,
    const struct part *part)
{
	struct xfrm_userpolicy_id id;

	memset(&id, 0, sizeof(id));
	id.sel = part_sel(p, part);
	id.dir = part->dir;
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
	struct part part;
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
		struct parts parts = policy_parts(&policies[i]);

		for (size_t k = 0; k < parts.n; k++) {
			if (r->n == BATCH_MAX)
				return false;
			r->item[r->n].by = &policies[i];
			r->item[r->n].part = parts.v[k];
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
	if (item->part.dir == XFRM_POLICY_FWD)
		text_add(why, " for forwarding");
	if (item->part.icmp6 != 0)
		text_add(why, " for neighbour discovery");
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
		    &b, XFRM_MSG_GETPOLICY, r->item[i].by, &r->item[i].part);
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
			    &b, XFRM_MSG_DELPOLICY, item->by, &item->part);
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
		policy_put(&b, r.item[i].by, &r.item[i].part);
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
	struct parts parts = policy_parts(p);
	struct answer whole = {.error = 0};
	struct batch b;

	batch_init(&b);
	for (size_t i = 0; i < parts.n; i++)
		policy_put_id(&b, XFRM_MSG_DELPOLICY, p, &parts.v[i]);
	whole.error = batch_run(&b, c, NULL, NULL);
	for (size_t i = 0; i < parts.n && whole.error == 0; i++) {
		if (b.answers[i].error != -ENOENT)
			whole = b.answers[i];
	}
	if (whole.error == 0)
		return 0;
	text_add(why, "cannot delete ");
	policy_print(why, p);
	text_add(why, ": ");
	answer_print(why, &whole);
	return whole.error;
}
