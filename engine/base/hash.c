/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The indexes of states, connections and addresses.  The table doubles when
 * chains reach one node on average, halves when it is seven eighths empty, and
 * is released with its last node.
 */
#include "engine/base/hash.h"

#include <stdlib.h>

enum { FIRST_BITS = 4, LAST_BITS = 30 };

uint32_t
hash_bytes(uint32_t h, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x01000193u;
	return h;
}

/* Multiplication by 2^32 / phi spreads weak values, such as serial numbers. */
static size_t
slot_of(uint32_t hash, uint8_t bits)
{
	return (uint32_t)(hash * 0x9e3779b9u) >> (32 - bits);
}

static void
push(struct hash_node **slots, uint8_t bits, struct hash_node *n)
{
	struct hash_node **slot = &slots[slot_of(n->hash, bits)];

	n->next = *slot;
	*slot = n;
}

/* On failure the table stays as it is, which is slower but right. */
static void
resize(struct hash_table *t, uint8_t bits)
{
	struct hash_node **slots = calloc((size_t)1 << bits, sizeof(*slots));
	size_t old = t->slots != NULL ? (size_t)1 << t->bits : 0;

	if (slots == NULL)
		return;
	for (size_t i = 0; i < old; i++) {
		struct hash_node *n = t->slots[i];

		while (n != NULL) {
			struct hash_node *next = n->next;

			push(slots, bits, n);
			n = next;
		}
	}
	free(t->slots);
	t->slots = slots;
	t->bits = bits;
}

bool
hash_table_insert(struct hash_table *t, struct hash_node *n, uint32_t hash)
{
	if (t->slots == NULL)
		resize(t, FIRST_BITS);
	else if (t->n >> t->bits != 0 && t->bits < LAST_BITS)
		resize(t, (uint8_t)(t->bits + 1));
	if (t->slots == NULL)
		return false;
	n->hash = hash;
	push(t->slots, t->bits, n);
	t->n++;
	return true;
}

void
hash_table_remove(struct hash_table *t, struct hash_node *n)
{
	struct hash_node **p;

	if (t->slots == NULL)
		return;
	p = &t->slots[slot_of(n->hash, t->bits)];
	while (*p != NULL && *p != n)
		p = &(*p)->next;
	if (*p == NULL)
		return;
	*p = n->next;
	n->next = NULL;
	t->n--;
	if (t->n == 0)
		hash_table_fini(t);
	else if (t->bits > FIRST_BITS && t->n >> (t->bits - 3) == 0)
		resize(t, (uint8_t)(t->bits - 1));
}

static struct hash_node *
skip_to(struct hash_node *n, uint32_t hash)
{
	while (n != NULL && n->hash != hash)
		n = n->next;
	return n;
}

struct hash_node *
hash_table_first(const struct hash_table *t, uint32_t hash)
{
	if (t->slots == NULL)
		return NULL;
	return skip_to(t->slots[slot_of(hash, t->bits)], hash);
}

struct hash_node *
hash_table_next(const struct hash_node *n)
{
	return skip_to(n->next, n->hash);
}

void
hash_table_fini(struct hash_table *t)
{
	free(t->slots);
	*t = (struct hash_table){NULL, 0, 0};
}
