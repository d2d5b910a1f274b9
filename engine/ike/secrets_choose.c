/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which secret is meant for a pair of identities: the rules of
 * ipsec.secrets(5), most specific first.  There may be one entry for each of a
 * hundred thousand peers, and strangers make us look: so entries are found by
 * the peer's identity, and the few that can fit a peer whom they do not list
 * by a hash value of their own, as are RSA keys.
 */
#include <stdlib.h>

#include "engine/ike/secrets_store.h"

/* How well an entry fits, ascending. */
enum fit {
	FIT_NONE,
	FIT_ALL,       /* it has no index */
	FIT_ONE_OF_US, /* ours is one of its indices: for RSA keys only */
	FIT_US,        /* its only index is ours */
	FIT_ANY,       /* ours, and %any for the peer's address */
	FIT_BOTH       /* ours and the peer's */
};

enum { HASH_OF_GENERAL, HASH_OF_RSA };

struct secrets *
secrets_new(void)
{
	return calloc(1, sizeof(struct secrets));
}

void
secret_entry_fini(struct secret_entry *e)
{
	secret_free(&e->key);
	rsa_private_put(e->rsa);
	free(e->ids);
	free(e->nodes);
	free(e->file);
	free(e->indices);
	*e = (struct secret_entry){0};
}

void
secrets_free(struct secrets *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		secret_entry_fini(&s->v[i]);
	hash_table_fini(&s->index);
	free(s->v);
	free(s);
}

size_t
secrets_count(const struct secrets *s)
{
	return s->n;
}

/* Can it fit a peer whom it does not list? */
static bool
is_general(const struct secret_entry *e)
{
	return e->n_ids < 2 || e->any4 || e->any6;
}

bool
secrets_index_last(struct secrets *s)
{
	size_t last = s->n - 1;
	struct secret_entry *e = &s->v[last];
	size_t n_ids = e->rsa != NULL ? 0 : e->n_ids;
	size_t n = n_ids + (e->rsa != NULL || is_general(e));

	e->nodes = calloc(n_ids + 1, sizeof(*e->nodes));
	if (e->nodes == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct secret_node *node = &e->nodes[i];
		uint32_t hash = i < n_ids ? ident_hash(&e->ids[i])
		    : e->rsa != NULL      ? HASH_OF_RSA
					  : HASH_OF_GENERAL;

		node->entry = last;
		/* Only the first of all can fail: nothing is to be undone. */
		if (!hash_table_insert(&s->index, &node->node, hash))
			return false;
	}
	return true;
}

static bool
lists(const struct secret_entry *e, const struct ident *id)
{
	for (size_t i = 0; i < e->n_ids; i++)
		if (ident_equal(&e->ids[i], id))
			return true;
	return false;
}

/* %any stands for an IPv4 address, %any6 for one of IPv6. */
static bool
any_covers(const struct secret_entry *e, const struct ident *id)
{
	struct addr a;

	if (id->type == 0) /* not known yet; gateways have IPv4 addresses */
		return e->any4;
	return ident_addr(id, &a) && (a.family == ADDR_V4 ? e->any4 : e->any6);
}

static enum fit
fit_of(const struct secret_entry *e, const struct ident *us,
    const struct ident *peer)
{
	bool any = e->any4 || e->any6;

	if (e->n_ids == 0 && !any)
		return FIT_ALL;
	if (!lists(e, us))
		return FIT_NONE;
	if (lists(e, peer))
		return FIT_BOTH;
	if (any_covers(e, peer))
		return FIT_ANY;
	if (e->n_ids == 1 && !any)
		return FIT_US;
	return e->rsa != NULL ? FIT_ONE_OF_US : FIT_NONE;
}

/* The best entry so far. */
struct choice {
	const struct ident *us, *peer;
	bool rsa; /* the kind that is looked for */
	const struct secret_entry *best;
	enum fit fit;
	bool conflict;
};

static bool
same_key(const struct secret_entry *a, const struct secret_entry *b)
{
	if (a->rsa != NULL)
		return rsa_public_equal(
		    rsa_private_public(a->rsa), rsa_private_public(b->rsa));
	return secret_equal(secret_span(&a->key), secret_span(&b->key));
}

static void
consider(struct choice *c, const struct secret_entry *e)
{
	enum fit fit = fit_of(e, c->us, c->peer);

	if (fit == FIT_NONE || fit < c->fit || (e->rsa != NULL) != c->rsa)
		return;
	if (fit > c->fit) {
		c->best = e;
		c->fit = fit;
		c->conflict = false;
		return;
	}
	if (!same_key(e, c->best))
		c->conflict = true;
	if (e < c->best) /* the first in the file is used */
		c->best = e;
}

static void
consider_all(struct choice *c, const struct secrets *s, uint32_t hash)
{
	struct hash_node *n = hash_table_first(&s->index, hash);

	for (; n != NULL; n = hash_table_next(n))
		consider(
		    c, &s->v[container_of(n, struct secret_node, node)->entry]);
}

static void
say_where(const struct secret_entry *e, struct secret_place *place)
{
	if (place != NULL)
		*place = (struct secret_place){e->file, e->line, e->indices};
}

struct span
secrets_psk(const struct secrets *s, const struct ident *us,
    const struct ident *peer, struct secret_place *place, bool *conflict)
{
	struct choice c = {.us = us, .peer = peer};

	if (s != NULL) {
		consider_all(&c, s, ident_hash(peer));
		consider_all(&c, s, HASH_OF_GENERAL);
	}
	*conflict = c.conflict;
	if (c.best == NULL)
		return SPAN_NONE;
	say_where(c.best, place);
	return secret_span(&c.best->key);
}

struct rsa_private *
secrets_rsa(const struct secrets *s, const struct ident *us,
    const struct ident *peer, struct secret_place *place, bool *conflict)
{
	struct choice c = {.us = us, .peer = peer, .rsa = true};

	if (s != NULL)
		consider_all(&c, s, HASH_OF_RSA);
	*conflict = c.conflict;
	if (c.best == NULL)
		return NULL;
	say_where(c.best, place);
	return c.best->rsa;
}

struct rsa_private *
secrets_rsa_next(
    const struct secrets *s, size_t *at, struct secret_place *place)
{
	while (*at < s->n) {
		const struct secret_entry *e = &s->v[(*at)++];

		if (e->rsa == NULL)
			continue;
		say_where(e, place);
		return e->rsa;
	}
	return NULL;
}
