/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One heap holds all deadlines of the daemon.  Every node knows its place, so
 * that a timer is cancelled or moved without a search.
 */
#include "engine/base/heap.h"

#include <stdlib.h>

enum { FIRST_SIZE = 16 };

static void
place(struct heap *h, struct heap_node *n, size_t at)
{
	h->nodes[at - 1] = n;
	n->at = at;
}

static struct heap_node *
node_at(const struct heap *h, size_t at)
{
	return h->nodes[at - 1];
}

/* Let n, which belongs at the free place 'at' or above it, rise. */
static void
rise(struct heap *h, struct heap_node *n, size_t at)
{
	while (at > 1 && node_at(h, at / 2)->key > n->key) {
		place(h, node_at(h, at / 2), at);
		at /= 2;
	}
	place(h, n, at);
}

/* Let n, which belongs at the free place 'at' or below it, sink. */
static void
sink(struct heap *h, struct heap_node *n, size_t at)
{
	while (2 * at <= h->n) {
		size_t child = 2 * at;

		if (child < h->n &&
		    node_at(h, child + 1)->key < node_at(h, child)->key)
			child++;
		if (node_at(h, child)->key >= n->key)
			break;
		place(h, node_at(h, child), at);
		at = child;
	}
	place(h, n, at);
}

/* Put n at the free place 'at' and move it to where it belongs. */
static void
settle(struct heap *h, struct heap_node *n, size_t at)
{
	rise(h, n, at);
	sink(h, n, n->at);
}

/* Change the room.  False: no memory, the room is as before. */
static bool
resize(struct heap *h, size_t size)
{
	struct heap_node **nodes;

	if (size > SIZE_MAX / sizeof(*nodes))
		return false;
	nodes = realloc(h->nodes, size * sizeof(*nodes));
	if (nodes == NULL)
		return false;
	h->nodes = nodes;
	h->size = size;
	return true;
}

bool
heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	if (n->at != 0) {
		n->key = key;
		settle(h, n, n->at);
		return true;
	}
	if (h->n == h->size &&
	    !resize(h, h->size == 0 ? FIRST_SIZE : 2 * h->size))
		return false;
	n->key = key;
	h->n++;
	rise(h, n, h->n);
	return true;
}

void
heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *last;
	size_t at = n->at;

	if (at == 0)
		return;
	last = node_at(h, h->n);
	h->n--;
	n->at = 0;
	if (last != n)
		settle(h, last, at);
	if (h->n == 0)
		heap_fini(h);
	else if (h->size > FIRST_SIZE && h->n <= h->size / 4)
		(void)resize(h, h->size / 2); /* keeping the room is fine */
}

struct heap_node *
heap_min(const struct heap *h)
{
	return h->n == 0 ? NULL : node_at(h, 1);
}

void
heap_fini(struct heap *h)
{
	free(h->nodes);
	*h = (struct heap){NULL, 0, 0};
}
