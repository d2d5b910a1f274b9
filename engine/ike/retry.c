/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that are wanted (whack --initiate) and have no SA, or whose SA
 * could not be replaced so far: they are tried again, as often as --keyingtries
 * says.  Silence needs no delay, as it has taken its time; what was refused is
 * asked for less and less often.
 */
#include "engine/ike/neg.h"

enum {
	DELAY_S = 10, /* the first; conf. 126 */
	DELAY_MAX_S = 300,
	DOUBLINGS_MAX = 5
};

/* 10, 20, 40 ... 300 s */
static uint64_t
delay_ms(uint32_t refusals)
{
	uint64_t s = DELAY_S;

	s <<= refusals < DOUBLINGS_MAX ? refusals : DOUBLINGS_MAX;
	return 1000 * (s < DELAY_MAX_S ? s : DELAY_MAX_S);
}

static uint64_t
now_ms(const struct ike *k)
{
	return k->env->now_ms(k->env->ctx);
}

static bool
waits(const struct connection *c)
{
	return c->retry.due.at != 0;
}

/* An attempt waits; if one for an IPsec SA is to wait too, that is for both. */
static bool
joins(struct connection *c, const struct neg *how)
{
	if (waits(c) && how->initiate_phase2 && !c->retry.initiate_phase2) {
		c->retry.initiate_phase2 = true;
		c->retry.replaces = how->replaces;
	}
	return waits(c);
}

static const struct xchg *
living(const struct ike *k, uint64_t number)
{
	const struct xchg *x = engine_find(k->engine, number);

	return x != NULL && xchg_established(x) ? x : NULL;
}

static bool
is_wanted(const struct ike *k, const struct connection *c, uint64_t replaces,
    bool phase2)
{
	return k->listening && !neg_is_served(k, c, replaces, phase2) &&
	    ((c->goal & GOAL_UP) != 0 || living(k, replaces) != NULL);
}

void
retry_print_attempt(
    struct text *t, const struct connection *c, uint32_t attempt)
{
	text_add(t, "keying attempt %lu of ", (unsigned long)attempt);
	if (c->tries == 0)
		text_add(t, "any number");
	else
		text_add(t, "%lu", (unsigned long)c->tries);
}

/* Attempt 'attempt' begins so much later; the reason stands in front. */
static void
schedule(struct ike *k, struct connection *c, const struct neg *how,
    uint64_t after_ms, const char *reason)
{
	TEXT(line, 200);

	c->retry.attempt = how->attempt;
	c->retry.replaces = how->replaces;
	c->retry.initiate_phase2 = how->initiate_phase2;
	if (!heap_insert(&k->retries, &c->retry.due, now_ms(k) + after_ms)) {
		ike_say(k, how->client, RC_LOG_SERIOUS,
		    "%s: out of memory: it is not tried again", c->label);
		return;
	}
	retry_print_attempt(&line, c, how->attempt);
	ike_say(k, how->client, RC_LOG, "%s: %s%s begins in %llu s", c->label,
	    reason, line.p, (unsigned long long)after_ms / 1000);
}

static void
give_up(struct ike *k, struct connection *c, const struct neg *how)
{
	/* without a newer ISAKMP SA there can still be IPsec SAs */
	c->retry.given_up = how->initiate_phase2 || !conn_is_for_ipsec(c);
	ike_say(k, how->client, RC_LOG,
	    "%s: given up after %lu keying attempts (--keyingtries); packets "
	    "that are caught for it, or whack --initiate, begin anew",
	    c->label, (unsigned long)c->tries);
}

void
retry_failed(struct ike *k, struct connection *c, const struct neg *how)
{
	struct neg next = *how;

	if (how->attempt == 0 ||
	    !is_wanted(k, c, how->replaces, how->initiate_phase2) ||
	    joins(c, how))
		return;
	if (c->tries != 0 && how->attempt >= c->tries) {
		give_up(k, c, how);
		return;
	}
	next.attempt++;
	schedule(k, c, &next, delay_ms(c->retry.refusals), "");
	c->retry.refusals++;
}

void
retry_lost(struct xchg *x)
{
	const struct neg *neg = neg_of(x);
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	bool phase2 = xchg_def(x)->phase == 2;
	struct neg how = {.attempt = 1, .initiate_phase2 = phase2};

	if (c == NULL || !neg->established || neg->over ||
	    phase2 != conn_is_for_ipsec(c) || c->retry.given_up ||
	    neg_on_its_way(k, c) || !is_wanted(k, c, 0, phase2) ||
	    joins(c, &how))
		return;
	schedule(k, c, &how, neg->lost ? 0 : DELAY_S * 1000,
	    "its SA is gone, but it is wanted: ");
}

void
retry_cancel(struct ike *k, struct connection *c)
{
	heap_remove(&k->retries, &c->retry.due);
	c->retry.given_up = false;
}

void
retry_done(struct ike *k, struct connection *c)
{
	retry_cancel(k, c);
	c->retry.refusals = 0;
}

void
retry_stop(struct ike *k, uint32_t conn)
{
	struct connection *c = NULL;

	if (conn == 0) {
		while ((c = conn_next(k->conns, c)) != NULL)
			retry_done(k, c);
		return;
	}
	c = conn_by_number(k->conns, conn);
	if (c == NULL)
		return;
	retry_done(k, c);
	LIST_EACH(n, &c->instances)
		retry_done(k, container_of(n, struct connection, sibling));
}

bool
retry_hasten(struct ike *k, struct connection *c)
{
	uint64_t soon = now_ms(k) + DELAY_S * 1000;

	if (!waits(c))
		return false;
	if (c->retry.due.key > soon) /* it is in the heap: cannot fail */
		(void)!heap_insert(&k->retries, &c->retry.due, soon);
	return true;
}

static void
begin(struct ike *k, struct connection *c)
{
	const struct xchg *old = living(k, c->retry.replaces);
	struct neg how = {
	    .attempt = c->retry.attempt,
	    .goal = old == NULL ? c->goal : neg_of(old)->goal,
	    .replaces = old == NULL ? 0 : c->retry.replaces,
	    .initiate_phase2 = c->retry.initiate_phase2,
	};
	uint32_t number = c->number;
	TEXT(line, 100);

	if (neg_on_its_way(k, c) ||
	    !is_wanted(k, c, how.replaces, how.initiate_phase2))
		return;
	retry_print_attempt(&line, c, how.attempt);
	ike_say(k, 0, RC_LOG, "%s: %s begins", c->label, line.p);
	if (neg_initiate(k, c, &how))
		return;
	c = conn_by_number(k->conns, number);
	if (c != NULL)
		retry_failed(k, c, &how);
}

uint64_t
retry_next_ms(const struct ike *k)
{
	const struct heap_node *n = heap_min(&k->retries);

	return n == NULL || !k->listening ? UINT64_MAX : n->key;
}

void
retry_run(struct ike *k)
{
	while (retry_next_ms(k) <= now_ms(k)) {
		struct heap_node *n = heap_min(&k->retries);

		heap_remove(&k->retries, n);
		begin(k, container_of(n, struct connection, retry.due));
	}
}
