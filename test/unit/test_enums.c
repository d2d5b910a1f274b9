/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups in name tables. */
#include "engine/base/enums.h"

#include "test/unit/unit.h"

static const struct enum_item colour_items[] = {{1, "RED", "the first"},
    {2, "GREEN", NULL}, {7, "BLUE", NULL}, {0xffffffff, "LAST", NULL}};
static const struct enum_def colour = {
    "colour", false, colour_items, COUNT(colour_items)};

static const struct enum_item goal_items[] = {
    {1, "PSK", NULL}, {4, "ENCRYPT", NULL}, {0x80000000, "UP", NULL}};
static const struct enum_def goal = {
    "goal", true, goal_items, COUNT(goal_items)};

static const struct enum_def empty = {"empty", false, NULL, 0};

static void
test_enum_find_finds_listed_values_only(void)
{
	for (size_t i = 0; i < COUNT(colour_items); i++)
		CU_ASSERT_PTR_EQUAL(enum_find(&colour, colour_items[i].value),
		    &colour_items[i]);
	CU_ASSERT_PTR_NULL(enum_find(&colour, 0));
	CU_ASSERT_PTR_NULL(enum_find(&colour, 3));
	CU_ASSERT_PTR_NULL(enum_find(&colour, 8));
	CU_ASSERT_PTR_NULL(enum_find(&empty, 1));
	CU_ASSERT_TRUE(enum_valid(&colour, 7));
	CU_ASSERT_FALSE(enum_valid(&colour, 6));
}

static void
test_enum_by_name_ignores_case(void)
{
	CU_ASSERT_PTR_EQUAL(enum_by_name(&colour, "green"), &colour_items[1]);
	CU_ASSERT_PTR_EQUAL(enum_by_name(&colour, "RED"), &colour_items[0]);
	CU_ASSERT_PTR_NULL(enum_by_name(&colour, "gre"));
	CU_ASSERT_PTR_NULL(enum_by_name(&colour, "greens"));
	CU_ASSERT_PTR_NULL(enum_by_name(&empty, ""));
}

static void
test_bits_valid_refuses_unlisted_bits(void)
{
	CU_ASSERT_TRUE(bits_valid(&goal, 0));
	CU_ASSERT_TRUE(bits_valid(&goal, 0x80000005));
	CU_ASSERT_FALSE(bits_valid(&goal, 2));
	CU_ASSERT_FALSE(bits_valid(&goal, 0x80000007));
}

static void
test_enum_print_falls_back_to_the_number(void)
{
	TEXT(t, 64);

	enum_print(&t, &colour, 7);
	text_add(&t, " ");
	enum_print(&t, &colour, 4000000000u);
	CU_ASSERT_STRING_EQUAL(t.p, "BLUE 4000000000");
}

static void
test_bits_print_joins_names(void)
{
	static const struct {
		uint32_t value;
		const char *text;
	} cases[] = {{0, "none"}, {1, "PSK"}, {0x80000005, "PSK+ENCRYPT+UP"},
	    {4, "ENCRYPT"}, {0x13, "PSK+0x12"}, {2, "0x2"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(t, 64);

		bits_print(&t, &goal, cases[i].value);
		CU_ASSERT_STRING_EQUAL(t.p, cases[i].text);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_enum_find_finds_listed_values_only),
	    UNIT_TEST(test_enum_by_name_ignores_case),
	    UNIT_TEST(test_bits_valid_refuses_unlisted_bits),
	    UNIT_TEST(test_enum_print_falls_back_to_the_number),
	    UNIT_TEST(test_bits_print_joins_names),
	};

	return unit_run("enums", tests, COUNT(tests));
}
