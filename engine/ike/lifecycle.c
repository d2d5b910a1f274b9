/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the wish for an SA to its end: starting negotiations, keeping SAs alive
 * by replacing them in time, ending them.
 */
#include <stdlib.h>

#include "engine/ike/life.h"
#include "engine/ike/neg.h"

enum {
	DEFAULT_IPSEC_LIFE_S = 28800, /* RFC 2407 4.5 */
	ALG_NONE = 0xff,
	WAY_BITS = GOAL_PSK | GOAL_RSASIG,
	IPSEC_BITS = GOAL_ENCRYPT | GOAL_AUTHENTICATE | GOAL_COMPRESS |
	    GOAL_TUNNEL | GOAL_PFS
};

/* ---- starting ---------------------------------------------------------- */

/* Their ISAKMP SAs are the same: same ends, same identities, same proposals,
 * the same ways to authenticate. */
static bool
shares_isakmp(const struct connection *a, const struct connection *b)
{
	const struct end *this = conn_this(a), *that = conn_that(a);
	uint32_t differ = a->goal ^ b->goal;

	return b->oriented && a->policy == b->policy &&
	    (differ & WAY_BITS) == 0 &&
	    addr_equal(&this->host, &conn_this(b)->host) &&
	    that->ikeport == conn_that(b)->ikeport && conn_same_ids(a, b);
}

/* The next connection after o that shares ISAKMP SAs with c; NULL starts. */
static struct connection *
next_sharing(
    const struct ike *k, const struct connection *c, const struct connection *o)
{
	struct connection *n = conn_by_hosts(
	    k->conns, &conn_this(c)->host, &conn_that(c)->host, o);

	while (n != NULL && !shares_isakmp(c, n))
		n = conn_by_hosts(
		    k->conns, &conn_this(c)->host, &conn_that(c)->host, n);
	return n;
}

/* The newest ISAKMP SA that serves c, or NULL. */
static struct xchg *
serving_sa(const struct ike *k, const struct connection *c)
{
	struct xchg *best = NULL;

	for (const struct connection *o = next_sharing(k, c, NULL); o != NULL;
	     o = next_sharing(k, c, o)) {
		struct xchg *x = engine_find(k->engine, o->newest_isakmp);

		if (x != NULL && engine_serves(x) &&
		    (best == NULL || xchg_number(x) > xchg_number(best)))
			best = x;
	}
	return best;
}

/* The Main Mode in progress that will serve c, or NULL. */
static struct xchg *
keying_for(const struct ike *k, const struct connection *c)
{
	for (const struct connection *o = next_sharing(k, c, NULL); o != NULL;
	     o = next_sharing(k, c, o)) {
		struct xchg *x = engine_find(k->engine, o->keying);

		if (x != NULL && !xchg_established(x))
			return x;
	}
	return NULL;
}

/* The port on which we listen at our end of c. */
static uint16_t
local_port(const struct ike *k, const struct connection *c)
{
	for (size_t i = 0; i < k->n_interfaces; i++)
		if (addr_equal(&k->interfaces[i].a, &conn_this(c)->host))
			return k->interfaces[i].port;
	return conn_this(c)->ikeport;
}

/* Returns the number of the exchange, 0 if there is none; then whack knows. */
static uint64_t
start(
    struct ike *k, struct connection *c, struct xchg *sa, const struct neg *neg)
{
	struct path path = {
	    {conn_this(c)->host, local_port(k, c)},
	    {conn_that(c)->host, conn_that(c)->ikeport},
	};
	uint64_t failures = k->failures, number;
	struct xchg *x;

	number = engine_start(k->engine,
	    sa == NULL ? XCHG_MAIN_MODE : XCHG_QUICK_MODE, LOCAL_INITIATE,
	    sa == NULL ? &path : xchg_path(sa), sa, neg);
	x = engine_find(k->engine, number);
	if (x != NULL && neg_hold(x, c)) {
		neg_hold_settle(x);
	} else if (x != NULL) {
		engine_delete(k->engine, number);
		number = 0;
	}
	if (number == 0 && k->failures == failures)
		ike_say(k, neg->client, RC_INTERNALERR,
		    "%s: cannot start a "
		    "negotiation: out of memory, or too many under this "
		    "ISAKMP SA",
		    c->label);
	return number;
}

static bool
wait_for(struct ike *k, const struct connection *c, struct xchg *main_mode,
    const struct neg *neg)
{
	struct neg waiting = *neg;
	const struct env *env = k->env;

	ike_say(k, neg->client, RC_LOG,
	    "%s: waiting for Main Mode #%lu, "
	    "which is in progress",
	    c->label, (unsigned long)xchg_serial(main_mode));
	if (neg->asynchronous && neg->client != 0) {
		env->whack_done(env->ctx, neg->client);
		waiting.client = 0;
	}
	if (pending_add(k, xchg_number(main_mode), &waiting))
		return true;
	ike_say(
	    k, waiting.client, RC_INTERNALERR, "%s: out of memory", c->label);
	return false;
}

/* Whether it can be started at all.  False: said. */
static bool
can_start(const struct ike *k, const struct connection *c, uint32_t client)
{
	TEXT(why, 700);

	if (conn_is_template(c)) {
		ike_say(k, client, RC_NOPEERIP,
		    "%s: cannot initiate: the "
		    "peer's address is not known (--host %%any), so the peer "
		    "must begin",
		    c->label);
		return false;
	}
	if (!k->listening) {
		ike_say(k, client, RC_DEAF,
		    "%s: need --listen before "
		    "negotiations",
		    c->label);
		return false;
	}
	if (conn_is_usable(c))
		return true;
	if (c->oriented) {
		ike_say(k, client, RC_BADID,
		    "%s: %%myid is not set: whack "
		    "--myid ID says what it stands for",
		    c->label);
		return false;
	}
	conn_explain_orientation(&why, k, c);
	ike_say(k, client, RC_ORIENT, "%s: %s", c->label, why.p);
	return false;
}

bool
neg_initiate(struct ike *k, struct connection *c, const struct neg *how)
{
	struct neg neg = {
	    .conn = c->number,
	    .client = how->client,
	    .attempt = how->attempt > 0 ? how->attempt : 1,
	    .goal = how->goal,
	    .replaces = how->replaces,
	    .initiate_phase2 = how->initiate_phase2,
	    .asynchronous = how->asynchronous,
	};
	struct xchg *sa, *main_mode;
	uint64_t number;

	if (!can_start(k, c, neg.client))
		return false;
	if (neg.initiate_phase2 || !c->retry.initiate_phase2)
		retry_cancel(k, c);
	sa = neg.initiate_phase2 ? serving_sa(k, c) : NULL;
	if (sa != NULL) {
		number = start(k, c, sa, &neg);
		if (number != 0)
			c->quick = number;
		return number != 0;
	}
	main_mode = neg.initiate_phase2 ? keying_for(k, c) : NULL;
	if (main_mode != NULL)
		return wait_for(k, c, main_mode, &neg);
	number = start(k, c, NULL, &neg);
	if (number != 0)
		c->keying = number;
	return number != 0;
}

bool
neg_on_its_way(const struct ike *k, const struct connection *c)
{
	const struct xchg *quick = engine_find(k->engine, c->quick);
	const struct xchg *main_mode = engine_find(k->engine, c->keying);

	return (quick != NULL && !xchg_established(quick)) ||
	    (main_mode != NULL && neg_of(main_mode)->initiate_phase2) ||
	    pending_has(k, c->number);
}

/* An ISAKMP SA under which the peer is silent does not serve any more; what
 * is in progress under it may still come to its end. */
static void
distrust(const struct ike *k, const struct connection *c, struct xchg *sa,
    uint64_t last_ms)
{
	for (struct connection *o = next_sharing(k, c, NULL); o != NULL;
	     o = next_sharing(k, c, o))
		if (o->newest_isakmp == xchg_number(sa))
			o->newest_isakmp = 0;
	if (xchg_timer_left(sa, TIMER_EXPIRE) > last_ms)
		xchg_set_timer(sa, TIMER_EXPIRE, last_ms);
}

static void
tell_attempt(
    const struct xchg *x, const struct connection *c, uint32_t attempt)
{
	TEXT(line, 100);

	retry_print_attempt(&line, c, attempt);
	xchg_log(x, LEVEL_INFO, "%s begins; whack need not wait", line.p);
}

bool
neg_try_again(struct xchg *x)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	const struct neg *old = neg_of(x);
	struct neg how = {
	    .attempt = old->attempt + 1,
	    .goal = old->goal,
	    .replaces = old->replaces,
	    .initiate_phase2 = old->initiate_phase2,
	};

	if (xchg_role(x) != ROLE_INITIATOR || c == NULL || !c->oriented ||
	    !k->listening || (c->tries != 0 && old->attempt >= c->tries))
		return false;
	tell_attempt(x, c, how.attempt);
	if (c->keying == xchg_number(x))
		c->keying = 0;
	if (xchg_parent(x) != NULL)
		distrust(k, c, xchg_parent(x), xchg_state(x)->deadline_ms);
	if (!neg_initiate(k, c, &how))
		return false;
	pending_release(k, xchg_number(x), RC_NORETRANSMISSION);
	pending_start(k, xchg_number(x));
	return true;
}

void
neg_begin_anew(struct xchg *x)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	struct neg *neg = neg_of(x);

	if (xchg_def(x)->phase == 1 || xchg_def(x)->oneway ||
	    xchg_role(x) != ROLE_INITIATOR || neg->established || neg->over ||
	    c == NULL || !c->oriented || !k->listening)
		return;
	xchg_log(x, LEVEL_INFO, "its ISAKMP SA has ended: begun anew");
	if (neg_initiate(k, c, neg))
		neg->client = 0; /* it waits for that now */
}

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

/* Its time is over; or it is gone at the peer or in the kernel already. */
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
	    !neg->lost && (c->goal & GOAL_DONTREKEY) != 0)
		c->goal &= ~(uint32_t)GOAL_UP;
	return ST_OK;
}

void
neg_end(struct xchg *x, const char *why)
{
	struct engine *e = xchg_engine(x);
	uint64_t number = xchg_number(x);

	xchg_log(x, LEVEL_INFO, "deleting state (STATE_%s): %s",
	    xchg_state(x)->name, why);
	neg_of(x)->over = true;
	if (!xchg_established(x) && neg_of(x)->client != 0)
		xchg_tell(x, RC_FATAL, "STATE_%s: negotiation ended: %s",
		    xchg_state(x)->name, why);
	if (!engine_local(e, number, LOCAL_DELETE))
		engine_delete(e, number);
}

/* The numbers of all exchanges; NULL: none, or no memory. */
static uint64_t *
snapshot(const struct ike *k, size_t *n)
{
	struct engine_stats stats;
	struct xchg *x = NULL;
	uint64_t *v;

	engine_stats(k->engine, &stats);
	v = calloc(stats.exchanges + 1, sizeof(*v));
	*n = 0;
	while (v != NULL && *n < stats.exchanges &&
	    (x = engine_next(k->engine, x)) != NULL)
		v[(*n)++] = xchg_number(x);
	return v;
}

static bool
is_of(const struct xchg *x, uint32_t conn)
{
	const struct connection *c = neg_conn(x);

	return conn == 0 || (c != NULL && conn_is_of(c, conn));
}

static void
end_phase(struct ike *k, uint32_t conn, uint8_t phase, const char *why)
{
	size_t n;
	uint64_t *v = snapshot(k, &n);

	for (size_t i = 0; v != NULL && i < n; i++) {
		struct xchg *x = engine_find(k->engine, v[i]);

		if (x != NULL && xchg_def(x)->phase == phase &&
		    !xchg_def(x)->oneway && is_of(x, conn))
			neg_end(x, why);
	}
	free(v);
}

void
neg_end_ipsec(struct ike *k, uint32_t conn, const char *why)
{
	pending_forget(k, conn, why);
	end_phase(k, conn, 2, why);
}

void
neg_end_all(struct ike *k, uint32_t conn, const char *why)
{
	neg_end_ipsec(k, conn, why);
	end_phase(k, conn, 1, why);
}

void
ike_shutdown(struct ike *k)
{
	struct connection *c = NULL;

	ike_set_deaf(k); /* nothing starts any more */
	neg_end_all(k, 0, "shutting down");
	while ((c = conn_next(k->conns, c)) != NULL)
		route_undo(k, c);
}
