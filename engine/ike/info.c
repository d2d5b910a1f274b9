/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Informational exchanges: what is deleted or notified, in both directions
 * (RFC 2408 3.14, 3.15; RFC 2407 4.6.3).  What a peer says is logged by name;
 * whether it is acted on is the policy's to say.
 */
#include "engine/ike/neg.h"

enum { VICTIMS_MAX = 64 };

/* The ISAKMP SA under which the peer can be told about x; NULL: none lives. */
static struct xchg *
messenger(struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	struct xchg *isakmp = NULL;

	if (xchg_def(x)->phase == 1)
		return x;
	if (c != NULL)
		isakmp = neg_serving_sa(ike_of(x), c);
	if (isakmp == NULL || !xchg_established(isakmp))
		isakmp = xchg_parent(x);
	return isakmp != NULL && xchg_established(isakmp) ? isakmp : NULL;
}

static void
start_informational(struct xchg *x, enum local_event event, uint16_t notify)
{
	struct xchg *isakmp = messenger(x);
	struct neg about = {
	    .conn = neg_of(x)->conn,
	    .about = xchg_number(x),
	    .notify = notify,
	};

	if (isakmp != NULL)
		(void)engine_start(xchg_engine(x), XCHG_INFORMATIONAL, event,
		    xchg_path(isakmp), isakmp, &about);
}

/* Rulings D3: a Delete for what ends while its ISAKMP SA lives, one attempt. */
enum status
effect_tell_peer_deleted(struct xchg *x, const struct msg *m)
{
	const struct policy_def *policy = neg_policy(x);
	bool wanted = xchg_def(x)->phase == 1 ? policy->send_delete_isakmp
					      : policy->send_delete_ipsec;

	(void)m;
	if (wanted && !neg_of(x)->peer_knows)
		start_informational(x, LOCAL_DELETE, 0);
	return ST_OK;
}

void
info_withdraw(struct xchg *x)
{
	if (xchg_def(x)->phase == 2 && !xchg_def(x)->oneway &&
	    xchg_role(x) == ROLE_RESPONDER && !xchg_state(x)->initial &&
	    !neg_of(x)->established)
		(void)effect_tell_peer_deleted(x, NULL);
}

void
info_notify(struct xchg *x, uint16_t notify)
{
	start_informational(x, LOCAL_NOTIFY, notify);
}

static bool
add_delete(struct xchg *x, uint8_t protocol, struct span spi)
{
	struct pl_d d = {
	    .doi = DOI_IPSEC,
	    .protocol = protocol,
	    .spi_size = (uint8_t)spi.n,
	    .nspis = 1,
	    .spis = spi,
	};
	uint8_t body[64];
	struct wr w = wr_of(body, sizeof(body));

	enc_d(&w, &d);
	return xchg_slot_add(x, xchg_target(x, 0), wr_span(&w));
}

/* -> DEL: our inbound SPIs, or the cookies of an ISAKMP SA (conf. 30, 124). */
enum status
derive_list_of_spis(struct xchg *x, const struct msg *m)
{
	struct xchg *ends = engine_find(xchg_engine(x), neg_of(x)->about);
	uint8_t spi[16];

	(void)m;
	if (ends == NULL)
		return ST_FAIL;
	if (xchg_def(ends)->phase == 1) {
		struct wr w = wr_of(spi, sizeof(spi));

		wr_bytes(&w, xchg_icookie(ends));
		wr_bytes(&w, xchg_rcookie(ends));
		return add_delete(x, PROTOCOL_ISAKMP, wr_span(&w)) ? ST_OK
								   : ST_FAIL;
	}
	for (size_t i = 0; i < neg_of(ends)->n_sas; i++) {
		const struct neg_sa *sa = &neg_of(ends)->sas[i];

		/* IPComp goes with its bundle; there are peers that drop a
		 * message with a Delete of that protocol. */
		if (sa->protocol != PROTOCOL_IPCOMP &&
		    !add_delete(x, sa->protocol, spi_write(spi, sa)))
			return ST_FAIL;
	}
	return ST_OK;
}

/* -> NOTE */
enum status
derive_note_body(struct xchg *x, const struct msg *m)
{
	struct pl_n n = {
	    .doi = DOI_IPSEC,
	    .protocol = PROTOCOL_ISAKMP,
	    .type = neg_of(x)->notify,
	};
	uint8_t body[32];
	struct wr w = wr_of(body, sizeof(body));

	(void)m;
	enc_n(&w, &n);
	return xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)) ? ST_OK
								: ST_FAIL;
}

/* ---- what the peer says ------------------------------------------------ */

static uint64_t
isakmp_of_cookies(const struct xchg *x, struct span spi)
{
	struct xchg *isakmp = xchg_parent(x);
	bool same = spi.n == 16 &&
	    span_equal(span_head(spi, 8), xchg_icookie(isakmp)) &&
	    span_equal(span_from(spi, 8), xchg_rcookie(isakmp));

	return same ? xchg_number(isakmp) : 0;
}

/* The SA that one SPI of a Delete means; 0: none of this peer's. */
static uint64_t
victim_of(const struct xchg *x, uint8_t protocol, struct span spi)
{
	uint32_t number;

	if (protocol == PROTOCOL_ISAKMP)
		return isakmp_of_cookies(x, spi);
	number = spi_read(protocol, spi);
	return number == 0
	    ? 0
	    : spi_sender(ike_of(x), protocol, number, &xchg_path(x)->remote.a);
}

/* Log one Delete payload; add the SAs that it means to the plan. */
static size_t
plan_delete(struct xchg *x, const struct pl_d *d, uint64_t *plan, size_t n)
{
	const struct policy_def *policy = neg_policy(x);
	bool obey = d->protocol == PROTOCOL_ISAKMP ? policy->obey_delete_isakmp
						   : policy->obey_delete_ipsec;
	struct cur c = cur_of(d->spis);

	for (unsigned i = 0; i < d->nspis; i++) {
		struct span spi = cur_bytes(&c, d->spi_size);
		uint64_t victim = victim_of(x, d->protocol, spi);
		TEXT(what, 100);

		enum_print(&what, &enum_protocol, d->protocol);
		text_add(&what, " SPI 0x");
		text_hex(&what, spi);
		if (victim == 0)
			xchg_log(x, LEVEL_INFO,
			    "received Delete for %s: we "
			    "have no such SA with this peer; ignored",
			    what.p);
		else if (!obey)
			xchg_log(x, LEVEL_INFO,
			    "received Delete for %s: "
			    "policy \"%s\" does not act on it",
			    what.p, policy->name);
		else if (n < VICTIMS_MAX) {
			xchg_log(x, LEVEL_INFO,
			    "received Delete for %s: "
			    "deleting that SA",
			    what.p);
			plan[n++] = victim;
		}
	}
	return n;
}

/* What attributes say of a lifetime in seconds; 0: nothing. */
static uint32_t
ipsec_life_s(struct span attrs)
{
	struct at_ipsec at;
	uint32_t s = 0;

	if (!dec_at_ipsec(attrs, &at))
		return 0;
	for (unsigned i = 0; i < at.n_life; i++)
		if (at.life[i].type == LIFE_TYPE_SECONDS)
			s = at.life[i].duration;
	return s;
}

static uint32_t
isakmp_life_s(struct span attrs)
{
	struct at_oakley at;
	uint32_t s = 0;

	if (!dec_at_oakley(attrs, &at))
		return 0;
	for (unsigned i = 0; i < at.n_life; i++)
		if (at.life[i].type == LIFE_TYPE_SECONDS)
			s = at.life[i].duration;
	return s;
}

uint32_t
info_lifetime_s(const struct xchg *x, const struct pl_n *note)
{
	bool phase1 = xchg_def(x)->phase == 1;

	if (note->type != NOTIFY_RESPONDER_LIFETIME ||
	    (note->protocol == PROTOCOL_ISAKMP) != phase1)
		return 0;
	return phase1 ? isakmp_life_s(note->data) : ipsec_life_s(note->data);
}

/* conf. 132: a lifetime is heeded; any other word changes nothing. */
static bool
heed(struct xchg *x, const struct pl_n *note)
{
	struct xchg *sa = engine_find(
	    xchg_engine(x), victim_of(x, note->protocol, note->spi));
	uint32_t life_s = sa == NULL ? 0 : info_lifetime_s(sa, note);

	if (life_s == 0 || !neg_of(sa)->established ||
	    xchg_role(sa) != ROLE_INITIATOR)
		return false;
	neg_shorten(sa, life_s);
	return true;
}

static void
take_notes(struct xchg *x)
{
	for (size_t i = 0; i < xchg_slot_count(x, SLOT_NOTE); i++) {
		struct pl_n note;
		uint16_t notify;
		TEXT(what, 100);

		if (!dec_n(xchg_slot(x, SLOT_NOTE, i), &note, &notify))
			continue;
		enum_print(&what, &enum_notify, note.type);
		xchg_log(x, LEVEL_INFO, "received notification %s%s", what.p,
		    heed(x, &note) ? "" : "; not acted on");
	}
}

/*
 * The whole message is read before anything is done, and what is done is
 * left to each SA's own expiry, so that a message that deletes the SA which
 * carries it harms nobody (NEG-57).
 */
enum status
effect_act_on_delete(struct xchg *x, const struct msg *m)
{
	struct engine *e = xchg_engine(x);
	uint64_t plan[VICTIMS_MAX];
	size_t n = 0;

	(void)m;
	for (size_t i = 0; i < xchg_slot_count(x, SLOT_DEL); i++) {
		struct pl_d d;
		uint16_t notify;

		if (dec_d(xchg_slot(x, SLOT_DEL, i), &d, &notify))
			n = plan_delete(x, &d, plan, n);
	}
	take_notes(x);
	for (size_t i = 0; i < n; i++) {
		struct xchg *sa = engine_find(e, plan[i]);

		if (sa == NULL)
			continue;
		neg_of(sa)->peer_knows = true;
		/* or, while its scripts run, when it is up */
		if (xchg_established(sa))
			xchg_set_timer(sa, TIMER_EXPIRE, 0);
	}
	return ST_OK;
}

enum status
effect_act_on_notify(struct xchg *x, const struct msg *m)
{
	(void)m;
	take_notes(x);
	return ST_OK;
}
