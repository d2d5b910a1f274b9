/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As responder in phase 1: the connection is guessed by the addresses, with
 * which the first message comes alone, and found by the identity that the peer
 * claims.  When there is none: why each was passed over.  Phase 2 is in
 * clients.c.
 */
#include "engine/ike/neg.h"

enum { CONSIDERED_MAX = 256 }; /* connections that an explanation looks at */

/* Neither limit counts the exchange that asks. */
bool
guard_below_half_open_limit(const struct xchg *x, const struct msg *m)
{
	struct engine *e = xchg_engine(x);
	struct engine_stats stats;

	engine_stats(e, &stats);
	if (stats.half_open >= LIMIT_HALF_OPEN) {
		engine_log_packet(e, msg_path(m),
		    "refused: %zu negotiations "
		    "are waiting for their peers, the limit is %u",
		    stats.half_open, LIMIT_HALF_OPEN);
		return false;
	}
	if (engine_half_open_from(e, &msg_path(m)->remote.a) >=
	    LIMIT_HALF_OPEN_PER_SOURCE) {
		engine_log_packet(e, msg_path(m),
		    "refused: this address has "
		    "as many unfinished negotiations as the limit of %u allows",
		    LIMIT_HALF_OPEN_PER_SOURCE);
		return false;
	}
	return true;
}

/* ---- candidates -------------------------------------------------------- */

/* Not even %any is at this address: it is ours, or everybody's. */
static bool
is_nobody(const struct path *path)
{
	const struct addr *peer = &path->remote.a;

	return addr_is_any(peer) || addr_is_multicast(peer) ||
	    addr_equal(peer, &path->local.a);
}

struct connection *
select_next(const struct conns *cs, const struct path *path,
    const struct connection *after)
{
	const struct addr any = {.family = path->local.a.family};
	const struct addr *us = &path->local.a, *peer = &path->remote.a;
	bool fixed = after == NULL || !conn_is_template(after);
	struct connection *c = NULL;

	if (is_nobody(path))
		return NULL;
	if (fixed)
		c = conn_by_hosts(cs, us, peer, after);
	if (c == NULL)
		c = conn_by_hosts(cs, us, &any, fixed ? NULL : after);
	return c;
}

const char *
select_unusable(const struct connection *c)
{
	if (!c->oriented)
		return "it is not oriented";
	if (c->doomed || c->leaving)
		return "it is about to go";
	return conn_is_usable(c) ? NULL : "its %myid is not set";
}

const char *
select_way_misfit(const struct connection *c, uint32_t way)
{
	if ((c->goal & way) != 0)
		return NULL;
	return way == GOAL_PSK ? "it does not have --psk"
			       : "it does not have --rsasig";
}

void
select_print_passed_over(
    struct text *t, const struct connection *c, const char *why)
{
	text_add(t, "; %s: %s", c->label, why);
}

/* ---- by addresses ------------------------------------------------------ */

/* What keeps a connection from being used for this path. */
static void
print_difference(
    struct text *t, const struct connection *c, const struct path *path)
{
	const char *why =
	    c->oriented ? select_unusable(c) : "neither end is ours";

	if (why != NULL) {
		select_print_passed_over(t, c, why);
	} else if (!addr_equal(&conn_this(c)->host, &path->local.a)) {
		select_print_passed_over(t, c, "our address there is ");
		addr_print(t, &conn_this(c)->host);
	} else if (conn_is_template(c)) {
		select_print_passed_over(t, c, "no peer has that address");
	} else {
		select_print_passed_over(t, c, "its peer is ");
		addr_print(t, &conn_that(c)->host);
	}
}

static void
explain_no_connection(struct text *t, const void *ctx)
{
	const struct xchg *x = ctx;
	const struct ike *k = ike_of(x);
	const struct path *path = xchg_path(x);
	const struct connection *c = NULL;
	unsigned considered = 0, named = 0;

	text_add(t, "no connection is known between us (");
	addr_print(t, &path->local.a);
	text_add(t, ") and ");
	addr_print(t, &path->remote.a);
	while (considered++ < CONSIDERED_MAX && named < SELECT_NAMED_MAX &&
	    (c = conn_next(k->conns, c)) != NULL) {
		if (c->template != NULL)
			continue;
		print_difference(t, c, path);
		named++;
	}
	if (named == 0)
		text_add(t, ": none is loaded");
	else if (c != NULL && conn_next(k->conns, c) != NULL)
		text_add(t, "; and others");
}

/* Can an offer fit the one and not the other? */
static bool
differ_in_offer(const struct connection *a, const struct connection *b)
{
	uint32_t differ = a->goal ^ b->goal;

	return a->policy != b->policy ||
	    (differ & (GOAL_PSK | GOAL_RSASIG)) != 0;
}

/* Whose policy has an offered transform goes before others, then with its keys
 * there before without, then the older before the younger. */
static bool
is_better(const struct xchg *x, const struct connection *c,
    const struct connection *than)
{
	const struct ike *k = ike_of(x);
	bool fits, keys;

	if (differ_in_offer(c, than)) {
		fits = phase1_fits(x, c);
		if (fits != phase1_fits(x, than))
			return fits;
	}
	if (!conn_same_ids(c, than)) {
		keys = auth_ways(k, c) != 0;
		if (keys != (auth_ways(k, than) != 0))
			return keys;
	}
	return c->number < than->number;
}

/*
 * A connection between the two addresses or, if nothing is known of the peer's,
 * one with %any: in Main Mode the responder knows only those and the offer
 * before it must choose (RFC 2409 5.4).  Instances are found by their template,
 * since a peer at the same address may be another one now.
 */
enum status
derive_find_connection(struct xchg *x, const struct msg *m)
{
	const struct conns *conns = ike_of(x)->conns;
	const struct path *path = xchg_path(x);
	struct connection *best = NULL, *c = NULL;

	(void)m;
	while ((c = select_next(conns, path, c)) != NULL) {
		if (best != NULL && conn_is_template(c) &&
		    !conn_is_template(best))
			break;
		if (select_unusable(c) == NULL && c->template == NULL &&
		    (best == NULL || is_better(x, c, best)))
			best = c;
	}
	if (best == NULL) {
		engine_explain_packet(
		    xchg_engine(x), path, explain_no_connection, x);
		return ST_FAIL;
	}
	return neg_hold_for_peer(x, best) ? ST_OK : ST_FAIL;
}

/* ---- by identity ------------------------------------------------------- */

/*
 * Why 'to' cannot take over from 'from', by which x was begun; NULL: it can.
 * It must have led to the same negotiation.  A peer that has a secret has
 * proved so before; who signs is known by the identity, and proves it after.
 */
static const char *
switch_misfit(const struct xchg *x, const struct connection *from,
    const struct connection *to)
{
	const struct ike *k = ike_of(x);
	uint32_t way = neg_of(x)->way;
	bool conflict;

	if (select_unusable(to) != NULL)
		return select_unusable(to);
	if (to->policy != from->policy)
		return "its policy is another";
	if (select_way_misfit(to, way) != NULL)
		return select_way_misfit(to, way);
	if (way == GOAL_RSASIG)
		return auth_rsa(k, to, NULL, &conflict) != NULL
		    ? NULL
		    : "we have no private RSA key for it";
	if (!secret_equal(auth_psk(k, from, NULL, &conflict),
		auth_psk(k, to, NULL, &conflict)))
		return "its preshared secret is another, or none";
	return NULL;
}

static bool
is_peer(
    const struct connection *c, const struct path *path, const struct ident *id)
{
	struct ident expected = conn_peer_id(c, &path->remote.a);

	return ident_equal(&expected, id);
}

/* The connection in use if its peer has this identity; or else the oldest one,
 * with this address before those for %any. */
static struct connection *
connection_of_peer(
    const struct xchg *x, struct connection *c, const struct ident *id)
{
	const struct ike *k = ike_of(x);
	const struct path *path = xchg_path(x);
	struct connection *best = NULL, *o = NULL;

	if (is_peer(c, path, id))
		return c;
	while ((o = select_next(k->conns, path, o)) != NULL) {
		if (best != NULL && conn_is_template(o) &&
		    !conn_is_template(best))
			break;
		if (o->template == NULL && is_peer(o, path, id) &&
		    switch_misfit(x, c, o) == NULL &&
		    (best == NULL || o->number < best->number))
			best = o;
	}
	return best;
}

static void
explain_no_peer(
    const struct xchg *x, const struct connection *c, const struct ident *id)
{
	const struct ike *k = ike_of(x);
	const struct path *path = xchg_path(x);
	const struct connection *o = NULL;
	unsigned named = 0;
	TEXT(who, 1100);
	TEXT(passed_over, 1200);

	ident_print(&who, id);
	while (named < SELECT_NAMED_MAX &&
	    (o = select_next(k->conns, path, o)) != NULL) {
		struct ident expected = conn_peer_id(o, &path->remote.a);

		if (o->template != NULL && o != c)
			continue;
		named++;
		if (!ident_equal(&expected, id)) {
			select_print_passed_over(
			    &passed_over, o, "its peer is '");
			ident_print(&passed_over, &expected);
			text_add(&passed_over, "'");
		} else {
			select_print_passed_over(
			    &passed_over, o, switch_misfit(x, c, o));
		}
	}
	xchg_log_limited(x,
	    "the peer says that it is '%s', and no "
	    "connection that could be used here is with it%s",
	    who.p, passed_over.p);
}

/* As responder: the connection was guessed by the addresses; now that the
 * peer has said who it is, take the one that is meant. */
enum status
derive_refine_connection(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x), *refined;
	struct ident id;

	(void)m;
	if (c == NULL || !auth_peer_identity(x, &id))
		return ST_FAIL;
	refined = connection_of_peer(x, c, &id);
	if (refined == NULL) {
		explain_no_peer(x, c, &id);
		return ST_FAIL;
	}
	if (refined != c)
		xchg_log_limited(x,
		    "switching from %s to %s, whose peer "
		    "this is",
		    c->label, refined->label);
	return neg_hold_for_peer(x, refined) ? ST_OK : ST_FAIL;
}
