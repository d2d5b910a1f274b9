/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to the same peer share one ISAKMP SA.  Those that are initiated
 * while its Main Mode is in progress wait here for the outcome; and when many
 * are, for their turn under it.
 */
#include <stdlib.h>

#include "engine/ike/neg.h"

struct pending {
	struct list_node node;
	uint64_t main_mode;
	struct neg how;
};

bool
pending_add(struct ike *k, uint64_t main_mode, const struct neg *how)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return false;
	p->main_mode = main_mode;
	p->how = *how;
	list_append(&k->pending, &p->node);
	return true;
}

bool
pending_has(const struct ike *k, uint32_t conn)
{
	LIST_EACH(n, &k->pending)
		if (container_of(n, struct pending, node)->how.conn == conn)
			return true;
	return false;
}

/* The oldest that waits for this Main Mode; NULL: none does. */
static struct pending *
first_for(const struct ike *k, uint64_t main_mode)
{
	LIST_EACH(n, &k->pending) {
		struct pending *p = container_of(n, struct pending, node);

		if (p->main_mode == main_mode)
			return p;
	}
	return NULL;
}

/* Take it off the list.  False: none waits. */
static bool
take(struct ike *k, uint64_t main_mode, struct neg *how)
{
	struct pending *p = first_for(k, main_mode);

	if (p == NULL)
		return false;
	*how = p->how;
	list_remove(&p->node);
	free(p);
	return true;
}

/* This ISAKMP SA is up, and must not have more to do now. */
static bool
is_full(const struct ike *k, uint64_t isakmp)
{
	const struct xchg *sa = engine_find(k->engine, isakmp);

	return sa != NULL && engine_serves(sa) && !engine_has_room(sa);
}

static void
release(struct ike *k, uint32_t client)
{
	if (client != 0)
		k->env->whack_done(k->env->ctx, client);
}

/* Who waits for one waits for the other: their connections share both. */
static void
move(struct ike *k, uint64_t from, uint64_t to)
{
	LIST_EACH(n, &k->pending) {
		struct pending *p = container_of(n, struct pending, node);

		if (p->main_mode == from)
			p->main_mode = to;
	}
}

void
pending_start(struct ike *k, uint64_t main_mode)
{
	struct neg how;

	while (!is_full(k, main_mode) && take(k, main_mode, &how)) {
		struct connection *c = conn_by_number(k->conns, how.conn);

		if (c == NULL || !neg_initiate(k, c, &how))
			release(k, how.client);
		else if (c->keying != 0 && c->keying != main_mode)
			move(k, main_mode, c->keying);
	}
}

/* What waits under an ISAKMP SA that is up and has room; 0: nothing. */
static uint64_t
next_turn(const struct ike *k)
{
	uint64_t not_now = 0; /* most wait for the same */

	LIST_EACH(n, &k->pending) {
		uint64_t isakmp =
		    container_of(n, struct pending, node)->main_mode;
		const struct xchg *sa;

		if (isakmp == not_now)
			continue;
		sa = engine_find(k->engine, isakmp);
		if (sa != NULL && xchg_established(sa) && !is_full(k, isakmp))
			return isakmp;
		not_now = isakmp;
	}
	return 0;
}

void
pending_continue(struct ike *k)
{
	uint64_t isakmp;

	while ((isakmp = next_turn(k)) != 0)
		pending_start(k, isakmp);
}

void
pending_fail(struct ike *k, uint64_t main_mode, unsigned code)
{
	struct neg how;

	while (take(k, main_mode, &how)) {
		struct connection *c = conn_by_number(k->conns, how.conn);

		if (c != NULL) {
			ike_say(k, how.client, code,
			    "%s: the Main Mode "
			    "for which it waited has failed",
			    c->label);
			retry_failed(k, c, &how);
		}
		release(k, how.client);
	}
}

void
pending_release(struct ike *k, uint64_t main_mode, unsigned code)
{
	LIST_EACH(n, &k->pending) {
		struct pending *p = container_of(n, struct pending, node);
		const struct connection *c =
		    conn_by_number(k->conns, p->how.conn);

		if (p->main_mode != main_mode)
			continue;
		if (c != NULL && (c->tries == 0 || p->how.attempt < c->tries))
			p->how.attempt++;
		if (p->how.client == 0)
			continue;
		if (c != NULL)
			ike_say(k, p->how.client, code,
			    "%s: the Main Mode "
			    "for which it waits has failed and is tried again; "
			    "whack need not wait",
			    c->label);
		release(k, p->how.client);
		p->how.client = 0;
	}
}

void
pending_forget(struct ike *k, uint32_t conn, const char *why)
{
	retry_stop(k, conn);
	LIST_EACH_REMOVABLE(n, &k->pending) {
		struct pending *p = container_of(n, struct pending, node);
		const struct connection *c =
		    conn_by_number(k->conns, p->how.conn);

		if (c != NULL && !conn_is_of(c, conn))
			continue;
		if (c != NULL)
			ike_say(k, p->how.client, RC_FATAL,
			    "%s: negotiation "
			    "ended: %s",
			    c->label, why);
		release(k, p->how.client);
		list_remove(&p->node);
		free(p);
	}
}

void
pending_forget_client(struct ike *k, uint32_t client)
{
	LIST_EACH(n, &k->pending) {
		struct pending *p = container_of(n, struct pending, node);

		if (p->how.client == client)
			p->how.client = 0;
	}
}
