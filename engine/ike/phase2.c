/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bundle of Quick Mode's SA payloads becomes IPsec SAs: as responder the
 * first acceptable one, as initiator the one that was chosen.  Then both know
 * the same: the SAs' algorithms, SPIs, lifetime, and which keys they need
 * (RFC 2407 4.4 and 4.5, RFC 2409 5.5).
 */
#include "engine/ike/phase2.h"

enum { ANSWER_MAX = 1536 /* octets of the SA payload */ };

/* An SA payload with a DOI and situation that we have (RFC 2408 5.4). */
static bool
ipsec_sa(const struct xchg *x, enum slot slot, struct pl_sa *sa)
{
	uint16_t notify;

	if (!dec_sa(xchg_slot(x, slot, 0), sa, &notify))
		return false;
	if (sa->doi == DOI_IPSEC && sa->situation == SITUATION_IDENTITY_ONLY)
		return true;
	xchg_log_limited(x,
	    "the SA payload must be under DOI IPSEC (1) "
	    "with situation IDENTITY_ONLY (0x1), it has DOI %lu and situation "
	    "0x%lx",
	    (unsigned long)sa->doi, (unsigned long)sa->situation);
	return false;
}

/* ---- what was chosen, is in effect ------------------------------------- */

/* Our SPI for this protocol: that of our offer, or a new one; 0: none. */
static uint32_t
own_spi(const struct xchg *x, uint8_t protocol)
{
	const struct neg *neg = neg_of(x);

	for (size_t i = 0; i < neg->n_sas; i++)
		if (neg->sas[i].protocol == protocol)
			return neg->sas[i].spi_in;
	return spi_new(ike_of(x), protocol, xchg_number(x));
}

/* By ascending number of their protocols: the outermost first. */
static void
sort_sas(struct neg *neg)
{
	for (size_t i = 1; i < neg->n_sas; i++)
		for (size_t j = i;
		     j > 0 && neg->sas[j - 1].protocol > neg->sas[j].protocol;
		     j--) {
			struct neg_sa t = neg->sas[j];

			neg->sas[j] = neg->sas[j - 1];
			neg->sas[j - 1] = t;
		}
}

/* The shortest that any protocol says.  Without a number of seconds 28800 are
 * meant (RFC 2407 4.5), but for IPComp, which need not say. */
static void
take_lives(struct neg *neg, const struct bundle *b, const struct choice *c)
{
	neg->life_s = UINT32_MAX;
	neg->life_kb = 0;
	for (unsigned i = 0; i < b->n; i++) {
		const struct at_ipsec *at = &c->at[i];
		uint32_t seconds = b->p[i].protocol == PROTOCOL_IPCOMP
		    ? UINT32_MAX
		    : AT_IPSEC_LIFE_DURATION_DEFAULT;

		for (unsigned j = 0; j < at->n_life; j++) {
			uint32_t most = at->life[j].duration;

			if (at->life[j].type == LIFE_TYPE_SECONDS)
				seconds = most;
			else if (neg->life_kb == 0 || most < neg->life_kb)
				neg->life_kb = most;
		}
		if (seconds < neg->life_s)
			neg->life_s = seconds;
	}
}

static bool
want_keys(struct xchg *x, const struct neg_sa *sa)
{
	uint16_t need = sadb_key_octets(sa);

	return need == 0 ||
	    (xchg_want_keymat(x, sa->protocol, sa->spi_in, 4, need) &&
		xchg_want_keymat(x, sa->protocol, sa->spi_out, 4, need));
}

static enum status
take_choice(struct xchg *x, const struct bundle *b, struct choice *c)
{
	struct neg *neg = neg_of(x);
	struct suite pfs = {.set = true};

	for (unsigned i = 0; i < b->n; i++) {
		c->sa[i].spi_in = own_spi(x, c->sa[i].protocol);
		if (c->sa[i].spi_in == 0)
			return ST_FAIL;
	}
	neg->n_sas = b->n;
	for (unsigned i = 0; i < b->n; i++)
		neg->sas[i] = c->sa[i];
	sort_sas(neg);
	take_lives(neg, b, c);
	if (c->group != NULL) {
		pfs.group = c->group->id;
		xchg_set_suite(x, &pfs);
	}
	for (size_t i = 0; i < neg->n_sas; i++)
		if (!want_keys(x, &neg->sas[i]))
			return ST_FAIL;
	return ST_OK;
}

/* ---- as responder ------------------------------------------------------ */

/* What was taken, as it was offered but for our SPIs (RFC 2408 4.2). */
static bool
answer(struct xchg *x, const struct bundle *b, const struct choice *c)
{
	struct pl_p p[BUNDLE_MAX];
	struct proposal_row rows[BUNDLE_MAX];
	struct proposal proposals[BUNDLE_MAX];
	uint8_t spis[BUNDLE_MAX][4], body[ANSWER_MAX];
	struct wr w = wr_of(body, sizeof(body));

	for (unsigned i = 0; i < b->n; i++) {
		const struct pl_t *t = &c->t[i];

		p[i] = b->p[i];
		p[i].spi = spi_write(spis[i], &c->sa[i]);
		rows[i] = (struct proposal_row){t->number, t->id, t->attrs};
		proposals[i] = (struct proposal){&p[i], &rows[i], 1};
	}
	return proposals_write(&w, proposals, b->n) &&
	    xchg_slot_set(x, xchg_target(x, 0), wr_span(&w));
}

/* The first acceptable transforms of the first acceptable bundle -> SAr. */
enum status
derive_choose_ipsec_transforms(struct xchg *x, const struct msg *m)
{
	struct pl_sa sa;
	struct pl_p_it p;
	struct bundle b;
	struct choice c;

	(void)m;
	if (!ipsec_sa(x, SLOT_SAI, &sa))
		return ST_FAIL;
	pl_p_first(&p, sa.proposals);
	while (bundle_next(&b, &p))
		if (bundle_fit(x, &sa, &b, &c))
			return take_choice(x, &b, &c) == ST_OK &&
				answer(x, &b, &c)
			    ? ST_OK
			    : ST_FAIL;
	xchg_log_limited(x,
	    "no IPsec proposal chosen: none offered fits "
	    "policy \"%s\" of this connection",
	    neg_policy(x)->name);
	return ST_FAIL;
}

/* ---- as initiator ------------------------------------------------------ */

/* The peer's SPIs, and what its choice means. */
enum status
derive_chosen_protocols(struct xchg *x, const struct msg *m)
{
	struct pl_sa sa;
	struct pl_p_it p;
	struct bundle b;
	struct choice c;

	(void)m;
	if (!ipsec_sa(x, SLOT_SAR, &sa))
		return ST_FAIL;
	pl_p_first(&p, sa.proposals);
	if (!bundle_next(&b, &p) || !bundle_fit(x, &sa, &b, &c))
		return ST_FAIL;
	return take_choice(x, &b, &c);
}

bool
guard_msgid_is_new(const struct xchg *x, const struct msg *m)
{
	(void)m;
	return xchg_msgid_fresh(x);
}
