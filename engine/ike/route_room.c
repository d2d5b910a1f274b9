/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conflicts.  A peer's client is routed through one interface and next hop at a
 * time, and a pair of clients has one connection at a time: who has an IPsec SA
 * keeps them, but for one that has moved; who only waits for packets makes
 * room.
 */
#include <string.h>

#include "engine/ike/route.h"

static bool
same_way(const struct connection *a, const struct connection *b)
{
	return strcmp(a->interface, b->interface) == 0 &&
	    addr_equal(conn_nexthop(a), conn_nexthop(b));
}

/* The next after o that c's SAs and route cannot be beside; NULL starts and
 * ends. */
static struct connection *
next_obstacle(const struct conns *cs, const struct connection *c,
    const struct connection *after)
{
	struct connection *rival = conn_rival(cs, c), *o;

	if (after == NULL && rival != NULL)
		return rival;
	o = conn_next_routed(cs, c, after == rival ? NULL : after);
	if (o != NULL && o == rival)
		o = conn_next_routed(cs, c, o);
	/* all that are routed there go the same way */
	return o == NULL || same_way(c, o) ? NULL : o;
}

const struct connection *
route_obstacle(const struct ike *k, const struct connection *c)
{
	const struct connection *o = next_obstacle(k->conns, c, NULL);

	while (o != NULL && !installed_any(o))
		o = next_obstacle(k->conns, c, o);
	return o;
}

/* Whether a responder may take the clients of c from others: a fixed client
 * subnet has one place at a time, and the newer negotiation knows it better. */
static bool
may_displace(const struct ike *k, const struct task *t)
{
	const struct xchg *x = engine_find(k->engine, t->xchg);

	return x != NULL && xchg_role(x) == ROLE_RESPONDER &&
	    conn_that(t->c)->has_client;
}

static void
displace(struct ike *k, const struct task *t, const struct connection *o)
{
	const struct connection *c = t->c;
	const struct xchg *x = engine_find(k->engine, t->xchg);
	bool moved = !addr_equal(&conn_that(c)->host, &conn_that(o)->host);
	TEXT(client, 100);
	TEXT(where, 100);

	subnet_print(&client, &conn_that(c)->client);
	addr_print(&where, &conn_that(c)->host);
	xchg_log(x, LEVEL_INFO,
	    "client %s is now behind %s: the %sSAs of %s make room", client.p,
	    where.p, moved ? "" : "IPsec ", o->label);
	if (moved)
		neg_end_all(k, o->number, "its client has moved");
	else /* x may be under its ISAKMP SA */
		neg_end_ipsec(k, o->number, "another has its client now");
}

void
route_explain_obstacle(struct text *t, const struct connection *c,
    const struct connection *obstacle)
{
	struct subnet theirs = end_client(conn_that(c));

	text_add(t, "connection %s has IPsec SAs ", obstacle->label);
	if (conn_same_clients(c, obstacle)) {
		text_add(t, "for the same clients");
	} else {
		text_add(t, "and sends packets for ");
		subnet_print(t, &theirs);
		text_add(t, " another way");
	}
	text_add(t, "; whack --terminate it first");
}

static void
refuse(struct ike *k, const struct task *t, const struct connection *o)
{
	TEXT(why, 400);

	route_explain_obstacle(&why, t->c, o);
	ike_say(k, task_teller(k, t), RC_ROUTE,
	    "cannot send this traffic through %s: %s", t->c->label, why.p);
}

static void
move_away(struct ike *k, const struct task *t, struct connection *o)
{
	if (installed_any(o))
		displace(k, t, o);
	else
		ike_say(k, task_teller(k, t), RC_LOG,
		    "%s: its route makes room for %s", o->label, t->c->label);
	route_undo(k, o);
}

enum task_outcome
route_make_room(struct ike *k, struct task *t)
{
	const struct connection *in_use = route_obstacle(k, t->c);
	struct connection *o = next_obstacle(k->conns, t->c, NULL), *next;
	enum task_outcome outcome = o == NULL ? TASK_ON : TASK_AGAIN;

	t->was_routed = t->c->routed;
	if (in_use != NULL && !may_displace(k, t)) {
		refuse(k, t, in_use);
		return TASK_FAILS;
	}
	for (; o != NULL; o = next) {
		conn_hold(o);
		move_away(k, t, o);
		next = next_obstacle(k->conns, t->c, o);
		conn_let_go(k, o);
	}
	return outcome;
}
