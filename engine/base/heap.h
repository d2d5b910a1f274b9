/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers in order: a binary heap over nodes inside the structs that wait. */
#ifndef ENGINE_BASE_HEAP_H
#define ENGINE_BASE_HEAP_H

#include "engine/base/container.h"
#include "engine/base/span.h"

/* All zero: in no heap. */
struct heap_node {
	uint64_t key; /* milliseconds of the clock in use */
	size_t at;    /* place in the heap from 1 on; 0: in none */
};

/* All zero is an empty heap. */
struct heap {
	struct heap_node **nodes;
	size_t n, size;
};

/*
 * Add a node, or move it when it is in this heap already, which cannot fail.
 * False: no memory, the node is in no heap.
 */
NODISCARD bool heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
/* Take a node out; harmless when it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *n);
/* The node with the smallest key, which stays in; NULL when empty. */
struct heap_node *heap_min(const struct heap *h);
/* Release the memory; the nodes are their owners' business. */
void heap_fini(struct heap *h);

#endif
