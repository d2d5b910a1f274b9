/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the wish for an SA to a negotiation: under which ISAKMP SA, or with a
 * Main Mode of its own; and what follows if the peer is silent.
 */
#include "engine/ike/neg.h"

/* Their ISAKMP SAs are the same: same ends, same identities, same proposals,
 * the same ways to authenticate. */
static bool
shares_isakmp(const struct connection *a, const struct connection *b)
{
	const struct end *this = conn_this(a), *that = conn_that(a);
	uint32_t differ = a->goal ^ b->goal;

	return b->oriented && a->policy == b->policy &&
	    (differ & (GOAL_PSK | GOAL_RSASIG)) == 0 &&
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

struct xchg *
neg_serving_sa(const struct ike *k, const struct connection *c)
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
wait_for(struct ike *k, const struct connection *c, struct xchg *isakmp,
    const struct neg *neg)
{
	struct neg waiting = *neg;
	const struct env *env = k->env;

	ike_say(k, neg->client, RC_LOG,
	    xchg_established(isakmp)
		? "%s: waiting for its turn under ISAKMP SA #%lu"
		: "%s: waiting for Main Mode #%lu, which is in progress",
	    c->label, (unsigned long)xchg_serial(isakmp));
	if (neg->asynchronous && neg->client != 0) {
		env->whack_done(env->ctx, neg->client);
		waiting.client = 0;
	}
	if (pending_add(k, xchg_number(isakmp), &waiting))
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
	if (c->oriented && !c->doomed && !c->leaving) {
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
neg_is_served(const struct ike *k, const struct connection *c,
    uint64_t replaces, bool phase2)
{
	uint64_t number = phase2 ? c->newest_ipsec : c->newest_isakmp;
	const struct xchg *newest = engine_find(k->engine, number);

	return number != replaces && newest != NULL && xchg_established(newest);
}

/* What was to replace an SA has taken its time; did the peer replace it? */
static bool
is_too_late(
    const struct ike *k, const struct connection *c, const struct neg *how)
{
	if (how->replaces == 0 ||
	    !neg_is_served(k, c, how->replaces, how->initiate_phase2))
		return false;
	ike_say(k, how->client, RC_LOG,
	    "%s: the SA has been replaced meanwhile", c->label);
	return true;
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

	if (is_too_late(k, c, &neg))
		return true;
	if (!can_start(k, c, neg.client))
		return false;
	if (neg.initiate_phase2 || !c->retry.initiate_phase2)
		retry_cancel(k, c);
	sa = neg.initiate_phase2 ? neg_serving_sa(k, c) : NULL;
	if (sa != NULL && !engine_has_room(sa))
		return wait_for(k, c, sa, &neg);
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
tell_attempt(const struct xchg *x, const struct connection *c, uint32_t attempt)
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

	if (xchg_role(x) != ROLE_INITIATOR || c == NULL || !c->oriented)
		return false;
	/* suspended: the peer has answered, and we were slow */
	if (xchg_parent(x) != NULL && xchg_suspended(x) == NULL)
		distrust(k, c, xchg_parent(x), xchg_state(x)->deadline_ms);
	if (!k->listening || (c->tries != 0 && old->attempt >= c->tries))
		return false;
	tell_attempt(x, c, how.attempt);
	if (c->keying == xchg_number(x))
		c->keying = 0;
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
