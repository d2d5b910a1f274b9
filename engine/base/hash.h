/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash table over nodes inside the listed structs, chained, for some hundred
 * thousand entries.  It knows hash values only: callers walk the nodes of one
 * value and compare their keys themselves.
 */
#ifndef ENGINE_BASE_HASH_H
#define ENGINE_BASE_HASH_H

#include "engine/base/container.h"
#include "engine/base/span.h"

struct hash_node {
	struct hash_node *next;
	uint32_t hash;
};

/* All zero is an empty table. */
struct hash_table {
	struct hash_node **slots;
	uint8_t bits; /* there are 1 << bits slots, if any */
	size_t n;
};

/* FNV-1a over s, going on from h; the first h is HASH_START or random. */
#define HASH_START 0x811c9dc5u
uint32_t hash_bytes(uint32_t h, struct span s);

/*
 * Add a node that is in no table; more nodes with the same hash are fine.
 * False: no memory for the table's first slots, nothing is changed.
 */
NODISCARD bool
hash_table_insert(struct hash_table *t, struct hash_node *n, uint32_t hash);
/* Take a node out; harmless when it is not in this table. */
void hash_table_remove(struct hash_table *t, struct hash_node *n);
/* A node with this hash, or NULL; then the next one with the same, or NULL. */
struct hash_node *hash_table_first(const struct hash_table *t, uint32_t hash);
struct hash_node *hash_table_next(const struct hash_node *n);
/* Release the slots; the nodes are their owners' business. */
void hash_table_fini(struct hash_table *t);

#endif
