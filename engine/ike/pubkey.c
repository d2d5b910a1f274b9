/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container of public keys, with an index by identity. */
#include "engine/ike/pubkey.h"

#include <stdlib.h>

struct pubkeys {
	struct list_node all;
	struct hash_table by_ident;
	size_t n;
};

struct pubkeys *
pubkeys_new(void)
{
	struct pubkeys *ps = calloc(1, sizeof(*ps));

	if (ps != NULL)
		list_init(&ps->all);
	return ps;
}

static void
forget(struct pubkeys *ps, struct pubkey *p)
{
	hash_table_remove(&ps->by_ident, &p->by_ident);
	list_remove(&p->all);
	rsa_public_put(p->key);
	free(p);
	ps->n--;
}

void
pubkeys_free(struct pubkeys *ps)
{
	if (ps == NULL)
		return;
	LIST_EACH_REMOVABLE(n, &ps->all)
		forget(ps, container_of(n, struct pubkey, all));
	hash_table_fini(&ps->by_ident);
	free(ps);
}

size_t
pubkeys_count(const struct pubkeys *ps)
{
	return ps->n;
}

static struct pubkey *
next_of_all(const struct pubkeys *ps, const struct pubkey *after)
{
	const struct list_node *n =
	    after == NULL ? ps->all.next : after->all.next;

	return n == &ps->all ? NULL : container_of(n, struct pubkey, all);
}

static struct pubkey *
next_of(const struct pubkeys *ps, const struct ident *id,
    const struct pubkey *after)
{
	struct hash_node *n = after == NULL
	    ? hash_table_first(&ps->by_ident, ident_hash(id))
	    : hash_table_next(&after->by_ident);

	for (; n != NULL; n = hash_table_next(n)) {
		struct pubkey *p = container_of(n, struct pubkey, by_ident);

		if (ident_equal(&p->ident, id))
			return p;
	}
	return NULL;
}

const struct pubkey *
pubkey_next(const struct pubkeys *ps, const struct ident *id,
    const struct pubkey *after)
{
	return id == NULL ? next_of_all(ps, after) : next_of(ps, id, after);
}

size_t
pubkey_count(const struct pubkeys *ps, const struct ident *id)
{
	const struct pubkey *p = NULL;
	size_t n = 0;

	while ((p = next_of(ps, id, p)) != NULL)
		n++;
	return n;
}

static bool
has_key(const struct pubkeys *ps, const struct ident *id,
    const struct rsa_public *key)
{
	const struct pubkey *p = NULL;

	while ((p = next_of(ps, id, p)) != NULL)
		if (rsa_public_equal(p->key, key))
			return true;
	return false;
}

static bool
add(struct pubkeys *ps, const struct ident *id, struct rsa_public *key)
{
	struct pubkey *p = calloc(1, sizeof(*p));

	if (p == NULL ||
	    !hash_table_insert(&ps->by_ident, &p->by_ident, ident_hash(id))) {
		free(p);
		return false;
	}
	p->ident = *id;
	p->key = rsa_public_get(key);
	list_append(&ps->all, &p->all);
	ps->n++;
	return true;
}

bool
pubkey_add_take(
    struct pubkeys *ps, const struct ident *id, struct rsa_public *key)
{
	bool ok = has_key(ps, id, key) ||
	    (pubkey_count(ps, id) < PUBKEYS_PER_IDENT && add(ps, id, key));

	rsa_public_put(key);
	return ok;
}

size_t
pubkey_forget(struct pubkeys *ps, const struct ident *id)
{
	struct pubkey *p;
	size_t n = 0;

	for (; (p = next_of(ps, id, NULL)) != NULL; n++)
		forget(ps, p);
	return n;
}

void
pubkey_print(struct text *t, const struct rsa_public *key)
{
	char name[RSA_NAME_SIZE];

	text_add(t, "%zu-bit RSA key %s", rsa_public_bits(key),
	    rsa_public_name(key, name));
}
