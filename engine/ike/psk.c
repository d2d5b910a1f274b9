/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which preshared secret is meant for a pair of identities: the rules of
 * ipsec.secrets(5), most specific first.
 */
#include <stdlib.h>

#include "engine/ike/secrets_store.h"

/* How well an entry fits, ascending. */
enum fit {
	FIT_NONE,
	FIT_ALL,  /* it has no index */
	FIT_US,   /* its only index is ours */
	FIT_ANY,  /* ours, and %any for the peer's address */
	FIT_BOTH  /* ours and the peer's */
};

struct secrets *
secrets_new(void)
{
	return calloc(1, sizeof(struct secrets));
}

void
secret_entry_fini(struct secret_entry *e)
{
	secret_free(&e->key);
	free(e->ids);
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
	free(s->v);
	free(s);
}

size_t
secrets_count(const struct secrets *s)
{
	return s->n;
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

	return ident_addr(id, &a) &&
	    (a.family == ADDR_V4 ? e->any4 : e->any6);
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
	return e->n_ids == 1 && !any ? FIT_US : FIT_NONE;
}

struct span
secrets_psk(const struct secrets *s, const struct ident *us,
    const struct ident *peer, struct secret_place *place, bool *conflict)
{
	const struct secret_entry *best = NULL;
	enum fit best_fit = FIT_NONE;

	*conflict = false;
	for (size_t i = 0; s != NULL && i < s->n; i++) {
		const struct secret_entry *e = &s->v[i];
		enum fit fit = fit_of(e, us, peer);

		if (fit > best_fit) {
			best = e;
			best_fit = fit;
			*conflict = false;
		} else if (fit == best_fit && best != NULL &&
		    !secret_equal(secret_span(&e->key),
		    secret_span(&best->key))) {
			*conflict = true;
		}
	}
	if (best == NULL)
		return SPAN_NONE;
	if (place != NULL)
		*place = (struct secret_place){
			best->file, best->line, best->indices
		};
	return secret_span(&best->key);
}
