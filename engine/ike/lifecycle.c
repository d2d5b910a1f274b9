/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an SA that is up: how long it is, its replacement in time, its
 * end.
 */
#include "engine/ike/life.h"
#include "engine/ike/neg.h"

enum {
	DEFAULT_IPSEC_LIFE_S = 28800, /* RFC 2407 4.5 */
	ALG_NONE = 0xff,
	WAY_BITS = GOAL_PSK | GOAL_RSASIG,
	IPSEC_BITS = GOAL_ENCRYPT | GOAL_AUTHENTICATE | GOAL_COMPRESS |
	    GOAL_TUNNEL | GOAL_PFS
};

/* ---- up ---------------------------------------------------------------- */

static struct life
life_of(const struct xchg *x, const struct connection *c)
{
	uint8_t phase = xchg_def(x)->phase;
	uint32_t said_s = neg_of(x)->life_s;

	return (struct life){
	    .phase = phase,
	    .dontrekey = (c->goal & GOAL_DONTREKEY) != 0,
	    .configured_s = phase == 1 ? c->ike_life_s : c->ipsec_life_s,
	    .negotiated_s =
		phase == 2 && said_s == 0 ? DEFAULT_IPSEC_LIFE_S : said_s,
	    .margin_s = c->margin_s,
	    .fuzz_pct = c->fuzz_pct,
	};
}

uint32_t
neg_length_s(const struct xchg *x)
{
	const struct life life = life_of(x, neg_conn(x));

	return life_length_s(&life);
}

static void
set_timers(struct xchg *x, const struct connection *c)
{
	const struct env *env = ike_of(x)->env;
	const struct life life = life_of(x, c);
	struct life_plan plan;
	uint8_t random[4] = {0};
	struct cur cur = cur_of(span_of(random, sizeof(random)));

	if (!env->random(env->ctx, random, sizeof(random)))
		xchg_log(x, LEVEL_ERR,
		    "no random numbers: the time of "
		    "rekeying is not varied");
	plan = life_plan(&life, xchg_role(x), cur_u32(&cur));
	neg_of(x)->only_if_used = plan.renewal == LIFE_REPLACED_IF_USED;
	if (plan.renewal == LIFE_REPLACED_IF_USED)
		xchg_set_timer(x, TIMER_SAMPLE, plan.sample_ms);
	if (plan.renewal != LIFE_NOT_REPLACED)
		xchg_set_timer(x, TIMER_REPLACE, plan.replace_ms);
	xchg_set_timer(x, TIMER_EXPIRE, plan.expire_ms);
}

/* conf. 135 */
static void
note_kilobytes(const struct xchg *x)
{
	if (neg_of(x)->life_kb != 0)
		xchg_log(x, LEVEL_INFO,
		    "the peer wants a lifetime of %lu KB, which is not "
		    "enforced; that in seconds is",
		    (unsigned long)neg_of(x)->life_kb);
}

enum status
effect_isakmp_sa_up(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x);
	struct neg *neg = neg_of(x);

	(void)m;
	if (c == NULL)
		return ST_FAIL;
	neg->established = true;
	c->newest_isakmp = xchg_number(x);
	c->way = neg->way;
	if (c->keying == xchg_number(x))
		c->keying = 0;
	conn_prove(x, c);
	if (!conn_is_for_ipsec(c))
		retry_done(ike_of(x), c);
	if (ike_of(x)->uniqueids)
		conn_end_elsewhere(x, c);
	neg->goal &= ~(uint32_t)WAY_BITS;
	neg->goal |= neg->way;
	note_kilobytes(x);
	set_timers(x, c);
	return ST_OK;
}

/* What was negotiated, as what a replacement has to ask for (conf. 138). */
static uint32_t
goal_of_sas(const struct xchg *x)
{
	const struct neg *neg = neg_of(x);
	uint32_t goal = xchg_suite(x)->group != ALG_NONE ? GOAL_PFS : 0;

	for (size_t i = 0; i < neg->n_sas; i++) {
		const struct neg_sa *sa = &neg->sas[i];

		if (sa->protocol == PROTOCOL_ESP)
			goal |= GOAL_ENCRYPT;
		if (sa->protocol == PROTOCOL_AH)
			goal |= GOAL_AUTHENTICATE;
		if (sa->protocol == PROTOCOL_IPCOMP)
			goal |= GOAL_COMPRESS;
		if (sa->mode == KERNEL_TUNNEL)
			goal |= GOAL_TUNNEL;
	}
	return goal;
}

enum status
effect_ipsec_sa_up(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x);
	struct neg *neg = neg_of(x);

	(void)m;
	if (c == NULL)
		return ST_FAIL;
	neg->established = true;
	c->newest_ipsec = xchg_number(x);
	c->eroute_owner = xchg_number(x);
	conn_prove(x, c);
	retry_done(ike_of(x), c);
	neg->goal &= ~(uint32_t)IPSEC_BITS;
	neg->goal |= goal_of_sas(x);
	note_kilobytes(x);
	set_timers(x, c);
	if (neg->peer_knows) /* its Delete came while scripts ran */
		xchg_set_timer(x, TIMER_EXPIRE, 0);
	return ST_OK;
}

/* ---- a shorter life ----------------------------------------------------- */

void
neg_shorten(struct xchg *x, uint32_t life_s)
{
	struct connection *c = neg_conn(x);
	struct neg *neg = neg_of(x);

	if (c == NULL || life_s == 0 || life_s >= neg_length_s(x))
		return;
	if (neg->established &&
	    xchg_timer_left(x, TIMER_EXPIRE) <= (uint64_t)life_s * 1000)
		return;
	xchg_log(x, LEVEL_INFO,
	    "the responder keeps this SA for %lu s only: so do we",
	    (unsigned long)life_s);
	neg->life_s = life_s;
	if (neg->established)
		set_timers(x, c);
}

/* conf. 132: what the answer says beside its choice (RFC 2407 4.6.3.1). */
enum status
effect_heed_lifetime(struct xchg *x, const struct msg *m)
{
	(void)m;
	for (size_t i = 0; i < xchg_slot_count(x, SLOT_NOTER); i++) {
		struct pl_n note;
		uint16_t notify;

		if (dec_n(xchg_slot(x, SLOT_NOTER, i), &note, &notify))
			neg_shorten(x, info_lifetime_s(x, &note));
	}
	return ST_OK;
}

/* ---- replaced ---------------------------------------------------------- */

/* Packets sent so far with the newest IPsec SA of x's connection. */
static uint64_t
count_packets(const struct xchg *x, uint64_t *of)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	const struct connection *c = neg_conn(x);
	const struct xchg *sa =
	    c == NULL ? NULL : engine_find(xchg_engine(x), c->newest_ipsec);
	struct kernel_usage usage;
	uint64_t most = 0;

	*of = sa == NULL ? 0 : xchg_number(sa);
	for (size_t i = 0; sa != NULL && i < neg_of(sa)->n_sas; i++)
		if (kernel->usage(kernel->ctx, &xchg_path(sa)->remote.a,
			neg_of(sa)->sas[i].protocol, neg_of(sa)->sas[i].spi_out,
			&usage) == 0 &&
		    usage.packets > most)
			most = usage.packets;
	return most;
}

enum status
effect_sample_traffic(struct xchg *x, const struct msg *m)
{
	struct neg *neg = neg_of(x);

	(void)m;
	neg->sampled_packets = count_packets(x, &neg->sampled);
	return ST_OK;
}

/* Packets have gone since the sample; with an SA that is newer than that, since
 * it is up. */
static bool
was_used(const struct xchg *x)
{
	const struct neg *neg = neg_of(x);
	uint64_t of, packets = count_packets(x, &of);

	return packets > (of == neg->sampled ? neg->sampled_packets : 0);
}

/* What is asked for is what the old SA was; whether it can be started or not,
 * the old one lives on. */
static void
replace(struct xchg *x, struct connection *c)
{
	struct neg how = {
	    .goal = neg_of(x)->goal,
	    .replaces = xchg_number(x),
	    .initiate_phase2 = xchg_def(x)->phase == 2,
	};

	if (neg_of(x)->only_if_used && !was_used(x)) {
		xchg_log(x, LEVEL_INFO,
		    "not replaced: no packets were sent for %lu s "
		    "(--dontrekey)",
		    (unsigned long)c->margin_s);
		return;
	}
	if (!neg_initiate(ike_of(x), c, &how))
		xchg_log(x, LEVEL_WARN, "no replacement could be started");
}

enum status
effect_replace_isakmp_sa(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x);

	(void)m;
	if (c != NULL && c->newest_isakmp == xchg_number(x))
		replace(x, c);
	return ST_OK;
}

enum status
effect_replace_ipsec_sa(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x);

	(void)m;
	if (c != NULL && c->newest_ipsec == xchg_number(x))
		replace(x, c);
	return ST_OK;
}

/* ---- down -------------------------------------------------------------- */

/* "ISAKMP SA ends, superseded by #5" */
static void
tell_end(const struct xchg *x, const char *what, uint64_t newest)
{
	const struct xchg *newer = engine_find(xchg_engine(x), newest);

	if (newer != NULL && newer != x)
		xchg_log(x, LEVEL_INFO, "%s, superseded by #%lu", what,
		    (unsigned long)xchg_serial(newer));
	else
		xchg_log(x, LEVEL_INFO, "%s, the LATEST!", what);
}

enum status
effect_isakmp_sa_down(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);

	(void)m;
	tell_end(x, "ISAKMP SA ends", c == NULL ? 0 : c->newest_isakmp);
	return ST_OK;
}

/* Its time is over, or the peer has deleted it. */
enum status
effect_ipsec_sa_expires(struct xchg *x, const struct msg *m)
{
	const struct neg *neg = neg_of(x);
	struct connection *c = neg_conn(x);

	(void)m;
	if (c == NULL)
		return ST_OK;
	tell_end(x, "IPsec SA ends", c->newest_ipsec);
	/* the manual page: the only automatic way for a connection to end */
	if (c->newest_ipsec == xchg_number(x) && !neg->peer_knows &&
	    (c->goal & GOAL_DONTREKEY) != 0)
		c->goal &= ~(uint32_t)GOAL_UP;
	return ST_OK;
}
