/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timer heap against a plain array, in random order with a fixed seed. */
#include "engine/base/heap.h"

#include "test/unit/unit.h"

enum { MANY = 100000, FEW = 64, STEPS = 20000 };

/* Numerical Recipes' generator: the same sequence on every machine. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
test_heap_empty_has_no_minimum(void)
{
	struct heap h = {NULL, 0, 0};
	struct heap_node stranger = {0, 0};

	CU_ASSERT_PTR_NULL(heap_min(&h));
	heap_remove(&h, &stranger);
	CU_ASSERT_EQUAL(h.n, 0);
	heap_fini(&h);
}

static void
test_heap_yields_keys_in_order(void)
{
	struct heap h = {NULL, 0, 0};
	struct heap_node *nodes = calloc(MANY, sizeof(*nodes)), *n;
	uint32_t seed = 1, wrong = 0, count = 0;
	uint64_t last = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(nodes);
	for (size_t i = 0; i < MANY; i++)
		wrong += !heap_insert(&h, &nodes[i], next_random(&seed));
	while ((n = heap_min(&h)) != NULL) {
		wrong += n->key < last;
		last = n->key;
		heap_remove(&h, n);
		wrong += n->at != 0;
		count++;
	}
	CU_ASSERT_EQUAL(count, MANY);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_PTR_NULL(h.nodes);
	free(nodes);
}

/* The smallest key of the nodes that are in a heap. */
static uint64_t
smallest(const struct heap_node *nodes)
{
	uint64_t key = UINT64_MAX;

	for (size_t i = 0; i < FEW; i++)
		if (nodes[i].at != 0 && nodes[i].key < key)
			key = nodes[i].key;
	return key;
}

/* No node is smaller than the one above it, and each knows its place. */
static bool
ordered(const struct heap *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->nodes[i]->at != i + 1 ||
		    h->nodes[i]->key < h->nodes[i > 0 ? (i - 1) / 2 : 0]->key)
			return false;
	return true;
}

static void
test_heap_stays_ordered_when_nodes_move_and_go(void)
{
	struct heap h = {NULL, 0, 0};
	struct heap_node nodes[FEW] = {{0, 0}};
	uint32_t seed = 2, wrong = 0;

	for (int step = 0; step < STEPS; step++) {
		struct heap_node *n = &nodes[next_random(&seed) % FEW];
		uint64_t key = next_random(&seed) % 100;

		if (next_random(&seed) % 3 == 0)
			heap_remove(&h, n);
		else
			wrong += !heap_insert(&h, n, key);
		n = heap_min(&h);
		wrong += (n != NULL ? n->key : UINT64_MAX) != smallest(nodes);
		wrong += !ordered(&h);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(h.n > 0);
	heap_fini(&h);
}

static void
test_heap_insert_moves_a_node_that_is_in(void)
{
	struct heap h = {NULL, 0, 0};
	struct heap_node a = {0, 0}, b = {0, 0};

	CU_ASSERT_TRUE(heap_insert(&h, &a, 10));
	CU_ASSERT_TRUE(heap_insert(&h, &b, UINT64_MAX));
	CU_ASSERT_PTR_EQUAL(heap_min(&h), &a);
	CU_ASSERT_TRUE(heap_insert(&h, &b, 5));
	CU_ASSERT_PTR_EQUAL(heap_min(&h), &b);
	CU_ASSERT_EQUAL(h.n, 2);
	heap_fini(&h);
}

static void
test_heap_insert_without_memory_leaves_the_node_out(void)
{
	/* as large as a heap can be: there is no room for twice as much */
	struct heap h = {NULL, SIZE_MAX / 4, SIZE_MAX / 4};
	struct heap_node a = {0, 0};

	CU_ASSERT_FALSE(heap_insert(&h, &a, 1));
	CU_ASSERT_EQUAL(a.at, 0);
	CU_ASSERT_EQUAL(h.n, SIZE_MAX / 4);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_heap_empty_has_no_minimum),
	    UNIT_TEST(test_heap_yields_keys_in_order),
	    UNIT_TEST(test_heap_stays_ordered_when_nodes_move_and_go),
	    UNIT_TEST(test_heap_insert_moves_a_node_that_is_in),
	    UNIT_TEST(test_heap_insert_without_memory_leaves_the_node_out),
	};

	return unit_run("heap", tests, COUNT(tests));
}
