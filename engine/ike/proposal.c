/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both phases do with SA payloads: write one, and hold the responder's
 * choice against what was offered (RFC 2408 4.2).
 */
#include "engine/ike/neg.h"

enum {
	ATTRS_MAX = 256,
	TRANSFORMS_MAX = 4096, /* octets of one proposal's */
	PROPOSALS_MAX = 8192
};

static void
write_one(struct wr *w, const struct proposal *v, bool last)
{
	uint8_t transforms[TRANSFORMS_MAX];
	struct wr wt = wr_of(transforms, sizeof(transforms));
	struct pl_p body = *v->p;
	size_t mark;

	for (size_t i = 0; i < v->n; i++) {
		struct pl_t t = {
		    .number = v->rows[i].number,
		    .id = v->rows[i].id,
		    .attrs = v->rows[i].attrs,
		};

		mark = wr_frame_begin(&wt, i + 1 < v->n ? PAYLOAD_T : 0);
		enc_t(&wt, &t);
		wr_frame_end(&wt, mark);
	}
	body.transforms = wr_span(&wt);
	mark = wr_frame_begin(w, last ? 0 : PAYLOAD_P);
	enc_p(w, &body);
	wr_frame_end(w, mark);
	w->full = w->full || wt.full;
}

bool
proposals_write(struct wr *w, const struct proposal *v, size_t n)
{
	uint8_t proposals[PROPOSALS_MAX];
	struct wr wp = wr_of(proposals, sizeof(proposals));
	struct pl_sa sa = {
	    .doi = DOI_IPSEC,
	    .situation = SITUATION_IDENTITY_ONLY,
	};

	for (size_t i = 0; i < n; i++)
		write_one(&wp, &v[i], i + 1 == n);
	sa.proposals = wr_span(&wp);
	if (wp.full)
		return false;
	enc_sa(w, &sa);
	return !w->full;
}

bool
proposal_write(struct wr *w, const struct pl_p *p,
    const struct proposal_row *rows, size_t n)
{
	struct proposal one = {p, rows, n};

	return proposals_write(w, &one, 1);
}

/* Attributes in one canonical form: order and TV or TLV do not matter
 * (RFC 2409 5, RFC 2408 3.3). */
static struct span
attrs_canonical(uint8_t protocol, struct span attrs, struct wr *w)
{
	if (protocol == PROTOCOL_ISAKMP) {
		struct at_oakley at;

		if (!dec_at_oakley(attrs, &at) || at.bad != 0)
			return SPAN_NONE;
		enc_at_oakley(w, &at);
	} else {
		struct at_ipsec at;

		if (!dec_at_ipsec(attrs, &at) || at.bad != 0)
			return SPAN_NONE;
		enc_at_ipsec(w, &at);
	}
	return wr_span(w);
}

static bool
attrs_same(uint8_t protocol, struct span a, struct span b)
{
	uint8_t buf_a[ATTRS_MAX], buf_b[ATTRS_MAX];
	struct wr wa = wr_of(buf_a, sizeof(buf_a));
	struct wr wb = wr_of(buf_b, sizeof(buf_b));
	struct span ca = attrs_canonical(protocol, a, &wa);
	struct span cb = attrs_canonical(protocol, b, &wb);

	return ca.n > 0 && span_equal(ca, cb);
}

/* The one transform of 'chosen' is among those of 'offer'. */
static bool
transform_offered(const struct pl_p *chosen, const struct pl_p *offer)
{
	struct pl_t_it c, o;

	if (chosen->protocol != offer->protocol || chosen->ntrans != 1)
		return false;
	pl_t_first(&c, chosen->transforms, chosen->protocol);
	if (!c.ok)
		return false;
	for (pl_t_first(&o, offer->transforms, offer->protocol); o.ok;
	     pl_t_next(&o))
		if (o.item.id == c.item.id &&
		    attrs_same(chosen->protocol, c.item.attrs, o.item.attrs))
			return true;
	return false;
}

/*
 * Nothing follows that belongs to the answer.  There are responders that, asked
 * for IPComp, answer as an initiator would offer: the bundle, and then again
 * without IPComp.  The first of them is what they set up.
 */
static bool
is_all(const struct pl_p_it *rest, uint8_t answered)
{
	return !rest->ok ||
	    (rest->item.protocol != PROTOCOL_ISAKMP &&
		rest->item.number != answered);
}

/* Offers with this number are a bundle: each must be answered, in order. */
static bool
bundle_offered(struct pl_p_it c, struct span offered, uint8_t number)
{
	struct pl_p_it o;
	uint8_t answered = c.item.number;

	for (pl_p_first(&o, offered); o.ok; pl_p_next(&o)) {
		if (o.item.number != number)
			continue;
		if (!c.ok || c.item.number != answered ||
		    !transform_offered(&c.item, &o.item))
			return false;
		pl_p_next(&c);
	}
	return is_all(&c, answered);
}

/* SAr is one of the alternatives of SAi, unaltered (rulings D14). */
bool
guard_choice_was_offered(const struct xchg *x, const struct msg *m)
{
	struct pl_sa sai, sar;
	struct pl_p_it o, c;
	uint16_t notify;

	(void)m;
	if (!dec_sa(xchg_slot(x, SLOT_SAI, 0), &sai, &notify) ||
	    !dec_sa(xchg_slot(x, SLOT_SAR, 0), &sar, &notify))
		return false;
	pl_p_first(&c, sar.proposals);
	for (pl_p_first(&o, sai.proposals); o.ok; pl_p_next(&o))
		if (bundle_offered(c, sai.proposals, o.item.number))
			return true;
	xchg_log_limited(x,
	    "the responder's choice is none of the proposals "
	    "that we sent; RFC 2408 4.2 demands one of them, unaltered");
	return false;
}
