/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Road Warriors: instances that live as long as an exchange holds them, and
 * the traces that a peer leaves behind at the address from which it is gone.
 */
#include <stdlib.h>

#include "engine/ike/neg.h"

/* ---- held by exchanges -------------------------------------------------- */

/* An exchange on the list of the connection that it is for. */
struct holder {
	struct list_node node;
	uint64_t xchg;
};

/* An instance ends when nobody needs it, and what a stranger brought into being
 * goes without a word; a deleted connection, when nothing of it is left. */
static void
end_if_idle(struct ike *k, struct connection *c)
{
	struct connection *template = c->template;

	if (c->users > 0 || c->holds > 0 || !list_empty(&c->instances))
		return;
	if (c->leaving) {
		c->leaving = false;
		conn_orient(k, c);
	}
	if (template == NULL && !c->doomed)
		return;
	if (c->proven && !c->doomed)
		ike_say(k, 0, RC_LOG, "%s: instance ends with its last state",
		    c->label);
	pending_forget(k, c->number, "its peer is gone");
	retry_cancel(k, c);
	conns_remove(k->conns, c);
	if (template != NULL)
		end_if_idle(k, template);
}

void
conn_hold(struct connection *c)
{
	c->holds++;
}

void
conn_let_go(struct ike *k, struct connection *c)
{
	c->holds--;
	end_if_idle(k, c);
}

static struct holder *
holder_of(const struct connection *c, uint64_t xchg)
{
	LIST_EACH(n, &c->holders) {
		struct holder *h = container_of(n, struct holder, node);

		if (h->xchg == xchg)
			return h;
	}
	return NULL;
}

/* One hold of x's less. */
static void
let_go(const struct xchg *x, uint32_t number)
{
	struct ike *k = ike_of(x);
	struct connection *c = conn_by_number(k->conns, number);
	struct holder *h = c == NULL ? NULL : holder_of(c, xchg_number(x));

	if (h == NULL)
		return;
	list_remove(&h->node);
	free(h);
	c->users--;
	end_if_idle(k, c);
}

bool
neg_hold(struct xchg *x, struct connection *c)
{
	struct holder *h = calloc(1, sizeof(*h));
	struct neg *neg = neg_of(x);
	uint32_t before = neg->taken;

	if (h == NULL)
		return false;
	h->xchg = xchg_number(x);
	list_append(&c->holders, &h->node);
	c->users++;
	neg->conn = neg->taken = c->number;
	let_go(x, before);
	return true;
}

struct xchg *
neg_next_of(const struct ike *k, const struct connection *c, uint64_t after)
{
	uint64_t lowest = 0;

	LIST_EACH(n, &c->holders) {
		uint64_t number = container_of(n, struct holder, node)->xchg;

		if (number > after && (lowest == 0 || number < lowest) &&
		    engine_find(k->engine, number) != NULL)
			lowest = number;
	}
	return engine_find(k->engine, lowest);
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
	let_go(x, before);
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
	let_go(x, taken);
}

void
neg_let_go(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	uint32_t held = neg->held, taken = neg->taken;

	neg->held = neg->taken = 0;
	let_go(x, taken);
	let_go(x, held);
}

bool
neg_hold_for_peer(struct xchg *x, struct connection *c)
{
	if (conn_is_template(c))
		c = conns_instantiate(
		    ike_of(x)->conns, c, &xchg_path(x)->remote.a);
	if (c == NULL)
		return false;
	if (!neg_hold(x, c))
		return false;
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

/* In use for the peer of c, at another address. */
static bool
is_elsewhere(const struct connection *o, const struct connection *c)
{
	return o != c && o->users > 0 && o->oriented && !o->doomed &&
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
