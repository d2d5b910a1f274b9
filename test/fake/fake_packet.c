/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet's way through the policies and SAs of two fake kernels. */
#include "gen/enums.gen.h"
#include "test/fake/fake_kernel.h"

enum { PACKET_OCTETS = 100 };

struct packet {
	const struct fake_kernel *from, *to;
	const struct addr *src, *dst;
	struct fake_kernel *trapped_at; /* hears of a trap; NULL: nobody */
	struct text *why;
};

static const struct kernel_policy *
best_policy(
    const struct fake_kernel *k, enum kernel_dir dir, const struct packet *pkt)
{
	const struct kernel_policy *best = NULL;

	LIST_EACH(n, &k->policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		if (p->dir == dir && subnet_contains(&p->src, pkt->src) &&
		    subnet_contains(&p->dst, pkt->dst) &&
		    (best == NULL || p->priority < best->priority))
			best = p;
	}
	return best;
}

static enum fake_fate
dropped(const struct packet *pkt, const char *who, const char *what)
{
	if (pkt->why != NULL)
		text_add(pkt->why, "%s: %s", who, what);
	return FAKE_DROPPED;
}

/* The newest outbound SA that a template may use. */
static struct fake_sa *
sa_for(const struct fake_kernel *k, const struct kernel_tmpl *t)
{
	struct fake_sa *found = NULL;

	LIST_EACH(n, &k->sas) {
		struct fake_sa *s = container_of(n, struct fake_sa, node);

		if (s->sa.protocol == t->protocol && s->sa.mode == t->mode &&
		    s->sa.reqid == t->reqid &&
		    addr_equal(&s->sa.dst, &t->dst) &&
		    addr_equal(&s->sa.src, &t->src) &&
		    (t->spi == 0 || s->sa.spi == t->spi))
			found = s;
	}
	return found;
}

static bool
same_sa(const struct kernel_sa *a, const struct kernel_sa *b)
{
	return a->cipher == b->cipher && a->auth == b->auth &&
	    a->mode == b->mode && addr_equal(&a->src, &b->src) &&
	    span_equal(a->cipher_key, b->cipher_key) &&
	    span_equal(a->auth_key, b->auth_key);
}

/* Both ends of one transformation; NULL: it is done and undone. */
static const char *
pass_sa(const struct packet *pkt, const struct kernel_tmpl *out,
    struct fake_sa **s, struct fake_sa **r)
{
	*s = sa_for(pkt->from, out);
	*r = fake_kernel_sa(
	    pkt->to, &(*s)->sa.dst, (*s)->sa.protocol, (*s)->sa.spi);
	if (*r == NULL)
		return "receiver: it has no such SA";
	if (!same_sa(&(*s)->sa, &(*r)->sa))
		return "receiver: keys or algorithms differ";
	return NULL;
}

/* What the receiver's policy says of SAs from the outermost on: r[i] is that of
 * the i-th template, innermost first. */
static const char *
accept_sas(const struct kernel_policy *in, struct fake_sa *const *r, unsigned n)
{
	unsigned left = in->n_tmpl;

	for (unsigned i = n; i-- > 0;) {
		/* optional: what does not get smaller comes as it is */
		if (left > 0 &&
		    in->tmpl[left - 1].protocol == PROTOCOL_IPCOMP &&
		    r[i]->sa.protocol != PROTOCOL_IPCOMP)
			left--;
		if (left == 0 || in->tmpl[left - 1].reqid != r[i]->sa.reqid ||
		    in->tmpl[left - 1].mode != r[i]->sa.mode ||
		    in->tmpl[left - 1].protocol != r[i]->sa.protocol)
			return "receiver: its policy wants another SA";
		left--;
	}
	if (left > 0 && in->tmpl[left - 1].protocol == PROTOCOL_IPCOMP)
		left--;
	return left == 0 ? NULL : "receiver: its policy wants more SAs";
}

/* Linux takes nothing out of a tunnel that no inbound policy names. */
static const char *
accept_inner(const struct packet *pkt, struct fake_sa *const *r, unsigned n)
{
	const struct kernel_policy *in = best_policy(pkt->to, KERNEL_IN, pkt);

	if (in != NULL && in->action == KERNEL_DROP)
		return "receiver: its policy";
	if (in != NULL && in->action == KERNEL_PROTECT)
		return accept_sas(in, r, n);
	return r[0]->sa.mode == KERNEL_TUNNEL
	    ? "receiver: it has no policy for this"
	    : NULL;
}

static void
count(const struct packet *pkt, struct fake_sa *s)
{
	s->usage.packets++;
	s->usage.bytes += PACKET_OCTETS;
	if (pkt->trapped_at->now_ms != NULL)
		s->usage.use_time_s = *pkt->trapped_at->now_ms / 1000;
}

static enum fake_fate
protect(const struct packet *pkt, const struct kernel_policy *out)
{
	struct fake_sa *s[3], *r[3];
	const char *bad = NULL;
	unsigned n = out->n_tmpl;

	for (unsigned i = 0; i < n; i++) {
		if (sa_for(pkt->from, &out->tmpl[i]) != NULL)
			continue;
		if (pkt->trapped_at != NULL)
			fake_kernel_acquire(
			    pkt->trapped_at, &out->tmpl[i], pkt->src, pkt->dst);
		return dropped(pkt, "sender",
		    out->tmpl[i].spi == 0 ? "its policy"
					  : "the policy names an SA that is "
					    "not there");
	}
	for (unsigned i = n; bad == NULL && i-- > 0;)
		bad = pass_sa(pkt, &out->tmpl[i], &s[i], &r[i]);
	if (bad == NULL)
		bad = accept_inner(pkt, r, n);
	if (bad != NULL)
		return dropped(pkt, "packet", bad);
	for (unsigned i = 0; pkt->trapped_at != NULL && i < n; i++) {
		count(pkt, s[i]);
		count(pkt, r[i]);
	}
	return FAKE_PROTECTED;
}

static enum fake_fate
arrive_plain(const struct packet *pkt)
{
	const struct kernel_policy *in = best_policy(pkt->to, KERNEL_IN, pkt);

	if (in != NULL && in->action != KERNEL_PASS && !in->optional)
		return dropped(
		    pkt, "receiver", "it accepts this protected only");
	return FAKE_PLAIN;
}

static enum fake_fate
send(const struct packet *pkt)
{
	const struct kernel_policy *out =
	    best_policy(pkt->from, KERNEL_OUT, pkt);

	if (out == NULL || out->action == KERNEL_PASS)
		return arrive_plain(pkt);
	if (out->action == KERNEL_DROP)
		return dropped(pkt, "sender", "its policy");
	return protect(pkt, out);
}

enum fake_fate
fake_packet(struct fake_kernel *from, struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why)
{
	struct packet pkt = {from, to, src, dst, from, why};

	return send(&pkt);
}

enum fake_fate
fake_probe(const struct fake_kernel *from, const struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why)
{
	struct packet pkt = {from, to, src, dst, NULL, why};

	return send(&pkt);
}
