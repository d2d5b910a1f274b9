/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table, with equal hashes and with very many nodes; and the list. */
#include "engine/base/hash.h"

#include "engine/base/list.h"
#include "test/unit/unit.h"

enum { MANY = 100000 };

struct item {
	uint32_t key;
	struct hash_node node;
	struct list_node link;
};

static struct item *
find(const struct hash_table *t, uint32_t key)
{
	for (struct hash_node *n = hash_table_first(t, key); n != NULL;
	     n = hash_table_next(n)) {
		struct item *i = container_of(n, struct item, node);

		if (i->key == key)
			return i;
	}
	return NULL;
}

/* The longest chain, to see that the table grows. */
static size_t
longest_chain(const struct hash_table *t)
{
	size_t longest = 0;

	for (size_t i = 0; i < (size_t)1 << t->bits; i++) {
		size_t n = 0;

		for (struct hash_node *p = t->slots[i]; p != NULL; p = p->next)
			n++;
		longest = n > longest ? n : longest;
	}
	return longest;
}

static void
test_hash_table_empty_finds_nothing(void)
{
	struct hash_table t = {NULL, 0, 0};
	struct hash_node stranger = {NULL, 5};

	CU_ASSERT_PTR_NULL(hash_table_first(&t, 5));
	hash_table_remove(&t, &stranger);
	CU_ASSERT_EQUAL(t.n, 0);
	hash_table_fini(&t);
}

static void
test_hash_table_keeps_equal_hashes_apart(void)
{
	struct hash_table t = {NULL, 0, 0};
	struct hash_node a, b, c;
	size_t n = 0;

	CU_ASSERT_TRUE(hash_table_insert(&t, &a, 7));
	CU_ASSERT_TRUE(hash_table_insert(&t, &b, 8));
	CU_ASSERT_TRUE(hash_table_insert(&t, &c, 7));
	for (struct hash_node *p = hash_table_first(&t, 7); p != NULL;
	     p = hash_table_next(p)) {
		CU_ASSERT_TRUE(p == &a || p == &c);
		n++;
	}
	CU_ASSERT_EQUAL(n, 2);
	hash_table_remove(&t, &a);
	CU_ASSERT_PTR_EQUAL(hash_table_first(&t, 7), &c);
	CU_ASSERT_PTR_NULL(hash_table_next(&c));
	hash_table_remove(&t, &a);
	CU_ASSERT_EQUAL(t.n, 2);
	hash_table_fini(&t);
}

static void
test_hash_table_grows_and_gives_its_memory_back(void)
{
	struct hash_table t = {NULL, 0, 0};
	struct item *items = calloc(MANY, sizeof(*items));
	uint32_t wrong = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(items);
	for (uint32_t i = 0; i < MANY; i++) {
		items[i].key = i;
		wrong += !hash_table_insert(&t, &items[i].node, i);
	}
	CU_ASSERT_EQUAL(t.n, MANY);
	CU_ASSERT_TRUE(longest_chain(&t) < 16);
	for (uint32_t i = 0; i < MANY; i += 2)
		hash_table_remove(&t, &items[i].node);
	for (uint32_t i = 0; i < MANY; i++)
		wrong += find(&t, i) != (i % 2 == 0 ? NULL : &items[i]);
	for (uint32_t i = 1; i < MANY - 10; i += 2)
		hash_table_remove(&t, &items[i].node);
	CU_ASSERT_EQUAL(t.n, 5);
	CU_ASSERT_TRUE(t.bits <= 7);
	for (uint32_t i = MANY - 9; i < MANY; i += 2) {
		wrong += find(&t, i) != &items[i];
		hash_table_remove(&t, &items[i].node);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_PTR_NULL(t.slots);
	free(items);
}

/* Values of FNV-1a from its authors' test suite. */
static void
test_hash_bytes_is_fnv_1a(void)
{
	CU_ASSERT_EQUAL(hash_bytes(HASH_START, SPAN_NONE), 0x811c9dc5);
	CU_ASSERT_EQUAL(hash_bytes(HASH_START, SPAN_LIT("a")), 0xe40c292c);
	CU_ASSERT_EQUAL(hash_bytes(HASH_START, SPAN_LIT("foobar")), 0xbf9cf968);
	CU_ASSERT_EQUAL(hash_bytes(hash_bytes(HASH_START, SPAN_LIT("foo")),
			    SPAN_LIT("bar")),
	    0xbf9cf968);
}

static void
test_list_keeps_order(void)
{
	struct item items[4];
	struct list_node head;
	uint32_t seen = 0;

	list_init(&head);
	CU_ASSERT_TRUE(list_empty(&head));
	CU_ASSERT_PTR_NULL(list_first(&head));
	for (uint32_t i = 0; i < 4; i++) {
		items[i].key = i + 1;
		list_append(&head, &items[i].link);
	}
	LIST_EACH(n, &head)
		seen = seen * 10 + container_of(n, struct item, link)->key;
	CU_ASSERT_EQUAL(seen, 1234);
	CU_ASSERT_PTR_EQUAL(list_first(&head), &items[0].link);
}

static void
test_list_node_may_be_removed_while_visited(void)
{
	struct item items[4];
	struct list_node head;
	uint32_t seen = 0;

	list_init(&head);
	for (uint32_t i = 0; i < 4; i++) {
		items[i].key = i + 1;
		list_append(&head, &items[i].link);
	}
	LIST_EACH_REMOVABLE(n, &head)
		if (container_of(n, struct item, link)->key % 2 == 0)
			list_remove(n);
	list_remove(&items[1].link);
	LIST_EACH(n, &head)
		seen = seen * 10 + container_of(n, struct item, link)->key;
	CU_ASSERT_EQUAL(seen, 13);
	LIST_EACH_REMOVABLE(n, &head)
		list_remove(n);
	CU_ASSERT_TRUE(list_empty(&head));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_hash_table_empty_finds_nothing),
	    UNIT_TEST(test_hash_table_keeps_equal_hashes_apart),
	    UNIT_TEST(test_hash_table_grows_and_gives_its_memory_back),
	    UNIT_TEST(test_hash_bytes_is_fnv_1a),
	    UNIT_TEST(test_list_keeps_order),
	    UNIT_TEST(test_list_node_may_be_removed_while_visited),
	};

	return unit_run("hash_table", tests, COUNT(tests));
}
