/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding exchanges: by number, by serial, and by what is on the wire; and
 * what is counted per peer address and per ISAKMP SA.
 *
 * Phase 1 is hashed by the initiator's cookie and the peer's address, so that
 * strangers who share a cookie do not share a chain; the responder's cookie is
 * compared then.  Phase 2 is hashed by its ISAKMP SA and message ID.
 */
#include "engine/core/internal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/codec.h"

static uint32_t
hash_number(const struct engine *e, uint64_t number)
{
	return hash_bytes(e->seed, span_of(&number, sizeof(number)));
}

static uint32_t
hash_cookie(const struct engine *e, struct span icookie, const struct addr *a)
{
	return hash_bytes(hash_bytes(e->seed, icookie), addr_span(a));
}

static uint32_t
hash_msgid(const struct engine *e, uint64_t parent, uint32_t msgid)
{
	return hash_bytes(
	    hash_number(e, parent), span_of(&msgid, sizeof(msgid)));
}

bool
index_add(struct xchg *x)
{
	struct engine *e = x->engine;

	if (!hash_table_insert(
		&e->by_number, &x->by_number, hash_number(e, x->number)))
		return false;
	if (x->serial == 0 ||
	    hash_table_insert(
		&e->by_serial, &x->by_serial, hash_number(e, x->serial)))
		return true;
	hash_table_remove(&e->by_number, &x->by_number);
	return false;
}

bool
index_add_wire(struct xchg *x)
{
	struct engine *e = x->engine;

	if (x->def->phase == 1)
		return hash_table_insert(&e->by_cookie, &x->by_wire,
		    hash_cookie(e, xchg_icookie(x), &x->path.remote.a));
	return hash_table_insert(&e->by_msgid, &x->by_wire,
	    hash_msgid(e, x->parent->number, x->msgid));
}

void
index_remove(struct xchg *x)
{
	struct engine *e = x->engine;

	hash_table_remove(&e->by_number, &x->by_number);
	hash_table_remove(&e->by_serial, &x->by_serial);
	hash_table_remove(
	    x->def->phase == 1 ? &e->by_cookie : &e->by_msgid, &x->by_wire);
}

struct xchg *
engine_find(const struct engine *e, uint64_t number)
{
	struct hash_node *n;

	n = hash_table_first(&e->by_number, hash_number(e, number));
	for (; n != NULL; n = hash_table_next(n)) {
		struct xchg *x = container_of(n, struct xchg, by_number);

		if (x->number == number)
			return x;
	}
	return NULL;
}

struct xchg *
engine_find_serial(const struct engine *e, uint32_t serial)
{
	struct hash_node *n;

	n = hash_table_first(&e->by_serial, hash_number(e, serial));
	for (; n != NULL; n = hash_table_next(n)) {
		struct xchg *x = container_of(n, struct xchg, by_serial);

		if (x->serial == serial)
			return x;
	}
	return NULL;
}

/* Could a message with these cookies, from x's peer, be for x? */
static bool
cookies_fit(const struct xchg *x, struct span icookie, struct span rcookie)
{
	struct span own = span_of(x->rcookie, COOKIE_LEN);

	if (!span_equal(xchg_icookie(x), icookie))
		return false;
	if (codec_is_zero(rcookie))
		return x->role == ROLE_RESPONDER;
	if (x->role == ROLE_INITIATOR && codec_is_zero(own))
		return true;
	return span_equal(own, rcookie);
}

struct xchg *
index_find_cookies(struct engine *e, struct span icookie, struct span rcookie,
    const struct endpoint *remote)
{
	struct hash_node *n;

	n = hash_table_first(
	    &e->by_cookie, hash_cookie(e, icookie, &remote->a));
	for (; n != NULL; n = hash_table_next(n)) {
		struct xchg *x = container_of(n, struct xchg, by_wire);

		if (endpoint_equal(&x->path.remote, remote) &&
		    cookies_fit(x, icookie, rcookie))
			return x;
	}
	return NULL;
}

struct xchg *
index_find_msgid(struct engine *e, const struct xchg *parent, uint32_t msgid)
{
	struct hash_node *n;

	n = hash_table_first(
	    &e->by_msgid, hash_msgid(e, parent->number, msgid));
	for (; n != NULL; n = hash_table_next(n)) {
		struct xchg *x = container_of(n, struct xchg, by_wire);

		if (x->parent == parent && x->msgid == msgid)
			return x;
	}
	return NULL;
}

/* ---- half-open exchanges by source ---- */

static struct source *
find_source(const struct engine *e, const struct addr *a, uint32_t hash)
{
	struct hash_node *n;

	n = hash_table_first(&e->sources, hash);
	for (; n != NULL; n = hash_table_next(n)) {
		struct source *s = container_of(n, struct source, node);

		if (addr_equal(&s->a, a))
			return s;
	}
	return NULL;
}

static uint32_t
hash_source(const struct engine *e, const struct addr *a)
{
	return hash_bytes(e->seed, addr_span(a));
}

size_t
engine_half_open_from(const struct engine *e, const struct addr *a)
{
	const struct source *s = find_source(e, a, hash_source(e, a));

	return s == NULL ? 0 : s->half_open;
}

bool
index_count_half_open(struct xchg *x)
{
	struct engine *e = x->engine;
	const struct addr *a = &x->path.remote.a;
	uint32_t hash = hash_source(e, a);
	struct source *s = find_source(e, a, hash);

	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return false;
		s->a = *a;
		if (!hash_table_insert(&e->sources, &s->node, hash)) {
			free(s);
			return false;
		}
	}
	s->half_open++;
	e->stats.half_open++;
	x->counted = true;
	return true;
}

void
index_uncount_half_open(struct xchg *x)
{
	struct engine *e = x->engine;
	const struct addr *a = &x->path.remote.a;
	struct source *s;

	if (!x->counted)
		return;
	x->counted = false;
	e->stats.half_open--;
	s = find_source(e, a, hash_source(e, a));
	if (--s->half_open == 0) {
		hash_table_remove(&e->sources, &s->node);
		free(s);
	}
}

/* ---- message IDs ---- */

/* Where the ID is, or where it would go; 0 marks a free place. */
static uint32_t *
msgid_place(const struct xchg *p, uint32_t *v, uint32_t room, uint32_t msgid)
{
	uint32_t at = hash_msgid(p->engine, 0, msgid);

	while (v[at & (room - 1)] != 0 && v[at & (room - 1)] != msgid)
		at++;
	return &v[at & (room - 1)];
}

bool
msgids_has(const struct xchg *parent, uint32_t msgid)
{
	return parent->msgids.n > 0 &&
	    *msgid_place(
		parent, parent->msgids.v, parent->msgids.room, msgid) == msgid;
}

/* Twice the room, so that at least half of the places stay free. */
static bool
msgids_grow(struct xchg *parent)
{
	uint32_t room = parent->msgids.room == 0 ? 4 : 2 * parent->msgids.room;
	uint32_t *v = calloc(room, sizeof(*v));

	if (v == NULL)
		return false;
	for (uint32_t i = 0; i < parent->msgids.room; i++)
		if (parent->msgids.v[i] != 0)
			*msgid_place(parent, v, room, parent->msgids.v[i]) =
			    parent->msgids.v[i];
	free(parent->msgids.v);
	parent->msgids.v = v;
	parent->msgids.room = room;
	return true;
}

bool
msgids_add(struct xchg *parent, uint32_t msgid)
{
	if (msgids_has(parent, msgid))
		return true;
	if (parent->msgids.n >= LIMIT_MESSAGE_IDS_PER_SA)
		return false;
	if (2 * (parent->msgids.n + 1) > parent->msgids.room &&
	    !msgids_grow(parent))
		return false;
	*msgid_place(parent, parent->msgids.v, parent->msgids.room, msgid) =
	    msgid;
	parent->msgids.n++;
	return true;
}
