/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded strings: what is cut, and what a peer can put into a log line. */
#include "engine/base/text.h"

#include "test/unit/unit.h"

static void
test_text_add_appends(void)
{
	TEXT(t, 32);

	CU_ASSERT_STRING_EQUAL(t.p, "");
	text_add(&t, "%s=%d", "a", 1);
	text_add(&t, " b=%u", 2u);
	CU_ASSERT_STRING_EQUAL(t.p, "a=1 b=2");
	CU_ASSERT_EQUAL(t.n, 7);
	CU_ASSERT_FALSE(t.cut);
}

static void
test_text_that_fits_exactly_is_not_cut(void)
{
	TEXT(t, 8);

	text_add(&t, "1234567");
	CU_ASSERT_STRING_EQUAL(t.p, "1234567");
	CU_ASSERT_FALSE(t.cut);
	text_add(&t, "%s", "");
	CU_ASSERT_FALSE(t.cut);
	text_add(&t, "8");
	CU_ASSERT_STRING_EQUAL(t.p, "1234...");
}

static void
test_text_that_is_cut_ends_in_dots_for_good(void)
{
	TEXT(t, 8);

	text_add(&t, "ab");
	text_add(&t, "%s", "cdefghijkl");
	CU_ASSERT_STRING_EQUAL(t.p, "abcd...");
	CU_ASSERT_TRUE(t.cut);
	text_add(&t, "more");
	CU_ASSERT_STRING_EQUAL(t.p, "abcd...");
}

static void
test_text_put_cuts_like_text_add(void)
{
	TEXT(t, 8);

	text_put(&t, "");
	text_put(&t, "12%s");
	text_put(&t, "567");
	CU_ASSERT_STRING_EQUAL(t.p, "12%s567");
	CU_ASSERT_FALSE(t.cut);
	text_put(&t, "8");
	CU_ASSERT_STRING_EQUAL(t.p, "12%s...");
	CU_ASSERT_TRUE(t.cut);
	text_put(&t, "9");
	CU_ASSERT_STRING_EQUAL(t.p, "12%s...");
}

static void
test_text_in_a_tiny_buffer_is_terminated(void)
{
	char buf[4] = "xyz";
	static const char *const want[] = {NULL, "", ".", ".."};

	for (size_t size = 0; size < 4; size++) {
		struct text t = text_of(buf, size);

		text_add(&t, "long");
		CU_ASSERT_TRUE(t.cut);
		if (size > 0)
			CU_ASSERT_STRING_EQUAL(buf, want[size]);
	}
}

static void
test_text_hex_is_lower_case(void)
{
	TEXT(t, 16);

	text_hex(&t, SPAN_LIT("\x00\xab\x0f"));
	CU_ASSERT_STRING_EQUAL(t.p, "00ab0f");
}

static void
test_text_quoted_hides_what_could_mislead(void)
{
	TEXT(t, 80);

	text_quoted(&t, SPAN_LIT("a b'\"\\\n\x7f\xff~"), 99);
	CU_ASSERT_STRING_EQUAL(t.p, "'a b\\x27\\x22\\x5c\\x0a\\x7f\\xff~'");
}

static void
test_text_quoted_takes_percent_literally(void)
{
	TEXT(t, 80);

	text_quoted(&t, SPAN_LIT("%s%n"), 99);
	CU_ASSERT_STRING_EQUAL(t.p, "'%s%n'");
}

static void
test_text_quoted_shows_at_most_max(void)
{
	TEXT(t, 80);

	text_quoted(&t, SPAN_LIT("abcdef"), 3);
	CU_ASSERT_STRING_EQUAL(t.p, "'abc'...");
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_text_add_appends),
	    UNIT_TEST(test_text_that_fits_exactly_is_not_cut),
	    UNIT_TEST(test_text_that_is_cut_ends_in_dots_for_good),
	    UNIT_TEST(test_text_put_cuts_like_text_add),
	    UNIT_TEST(test_text_in_a_tiny_buffer_is_terminated),
	    UNIT_TEST(test_text_hex_is_lower_case),
	    UNIT_TEST(test_text_quoted_hides_what_could_mislead),
	    UNIT_TEST(test_text_quoted_takes_percent_literally),
	    UNIT_TEST(test_text_quoted_shows_at_most_max),
	};

	return unit_run("text", tests, COUNT(tests));
}
