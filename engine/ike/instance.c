/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Road Warriors: instances that live as long as an exchange holds them, and
 * the traces that a peer leaves behind at the address from which it is gone.
 */
#include <stdlib.h>

#include "engine/ike/neg.h"

/* ---- held by exchanges -------------------------------------------------- */

/* One holder less.  An instance ends with its last; what a stranger brought
 * into being goes without a word. */
static void
let_go(struct ike *k, uint32_t number)
{
	struct connection *c = conn_by_number(k->conns, number);

	if (c == NULL)
		return;
	c->users--;
	if (c->template == NULL || c->users > 0)
		return;
	if (c->proven)
		ike_say(k, 0, RC_LOG, "%s: instance ends with its last state",
		    c->label);
	pending_forget(k, number, "its peer is gone");
	conns_remove(k->conns, c);
}

void
neg_hold(struct xchg *x, struct connection *c)
{
	struct neg *neg = neg_of(x);
	uint32_t before = neg->taken;

	c->users++;
	neg->conn = neg->taken = c->number;
	let_go(ike_of(x), before);
}

void
neg_hold_settle(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	uint32_t before = neg->held;

	if (neg->taken == 0)
		return;
	neg->held = neg->taken;
	neg->taken = 0;
	let_go(ike_of(x), before);
}

void
neg_hold_undo(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	uint32_t taken = neg->taken;

	if (taken == 0 || neg->held == 0)
		return;
	neg->conn = neg->held;
	neg->taken = 0;
	let_go(ike_of(x), taken);
}

void
neg_let_go(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	uint32_t held = neg->held, taken = neg->taken;

	neg->held = neg->taken = 0;
	let_go(ike_of(x), taken);
	let_go(ike_of(x), held);
}

bool
neg_hold_for_peer(struct xchg *x, struct connection *c)
{
	if (conn_is_template(c))
		c = conns_instantiate(
		    ike_of(x)->conns, c, &xchg_path(x)->remote.a);
	if (c == NULL)
		return false;
	neg_hold(x, c);
	neg_of(x)->goal = c->goal;
	return true;
}

void
conn_prove(const struct xchg *x, struct connection *c)
{
	c->proven = true;
	if (c->template != NULL) /* the port may be another than last time */
		c->ends[1 - c->ours].ikeport = xchg_path(x)->remote.port;
}

/* ---- a peer that has moved ---------------------------------------------- */

/* Whether a responder may take the clients of c from others: a fixed client
 * subnet has one place at a time, and the newer negotiation knows it better. */
static bool
may_displace(const struct xchg *x, const struct connection *c)
{
	return xchg_role(x) == ROLE_RESPONDER && conn_that(c)->has_client;
}

static void
displace(struct xchg *x, const struct connection *c, const struct connection *o)
{
	struct ike *k = ike_of(x);
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

bool
conn_make_room(struct xchg *x, const struct connection *c)
{
	const struct conns *conns = ike_of(x)->conns;
	const struct connection *o = conn_rival(conns, c);

	if (o != NULL && may_displace(x, c)) {
		displace(x, c, o);
		o = conn_rival(conns, c);
	}
	if (o == NULL)
		return true;
	xchg_tell(x, RC_ROUTE,
	    "cannot send this traffic through %s: "
	    "connection %s has IPsec SAs for the same clients; "
	    "whack --terminate it first",
	    c->label, o->label);
	return false;
}

/* In use for the peer of c, at another address. */
static bool
is_elsewhere(const struct connection *o, const struct connection *c)
{
	return o != c && o->users > 0 && o->oriented &&
	    ident_equal(&conn_that(o)->id, &conn_that(c)->id) &&
	    !addr_equal(&conn_that(o)->host, &conn_that(c)->host);
}

/* Ending one may end others: their numbers first. */
void
conn_end_elsewhere(struct xchg *x, const struct connection *c)
{
	struct ike *k = ike_of(x);
	uint32_t *v = calloc(conns_count(k->conns) + 1, sizeof(*v));
	const struct connection *o = NULL;
	size_t n = 0;

	if (v == NULL) {
		xchg_log(x, LEVEL_ERR,
		    "out of memory: SAs of this peer at "
		    "other addresses are not looked for");
		return;
	}
	while ((o = conn_next(k->conns, o)) != NULL)
		if (is_elsewhere(o, c))
			v[n++] = o->number;
	for (size_t i = 0; i < n; i++) {
		o = conn_by_number(k->conns, v[i]);
		if (o == NULL)
			continue;
		xchg_log(x, LEVEL_INFO,
		    "this peer is here now: the SAs of %s "
		    "end (--uniqueids)",
		    o->label);
		neg_end_all(k, v[i], "its peer is at another address now");
	}
	free(v);
}

/* ---- one secret for all -------------------------------------------------- */

/* Both are for whoever comes to the same address, by secrets that differ. */
static bool
clashes(
    const struct ike *k, const struct connection *a, const struct connection *b)
{
	struct span sa, sb;
	bool conflict;

	if (!conn_is_usable(b) || (b->goal & GOAL_PSK) == 0 ||
	    !addr_equal(&conn_this(a)->host, &conn_this(b)->host))
		return false;
	sa = auth_psk(k, a, NULL, &conflict);
	sb = auth_psk(k, b, NULL, &conflict);
	return sa.n > 0 && sb.n > 0 && !secret_equal(sa, sb);
}

void
conn_warn_secrets(
    const struct ike *k, const struct connection *c, uint32_t client)
{
	const struct connection *o = NULL;

	if (!conn_is_template(c) || !conn_is_usable(c) ||
	    (c->goal & GOAL_PSK) == 0)
		return;
	while ((o = conn_by_hosts(k->conns, &conn_this(c)->host,
		    &conn_that(c)->host, o)) != NULL)
		if (o->number < c->number && clashes(k, c, o)) {
			ike_say(k, client, RC_LOG_SERIOUS,
			    "warning: %s and %s "
			    "are both for %%any by preshared secrets, which "
			    "differ: the secret must be chosen before the peer "
			    "says who it is, so only that of one can serve",
			    o->label, c->label);
			return;
		}
}
