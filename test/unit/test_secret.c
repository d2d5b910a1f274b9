/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owned key material. */
#include "engine/base/secret.h"

#include "test/unit/unit.h"

static void
test_secret_new_is_zero_and_may_be_empty(void)
{
	struct secret s;

	CU_ASSERT_TRUE_FATAL(secret_new(&s, 5));
	CU_ASSERT_TRUE(unit_is_hex(secret_span(&s), "0000000000"));
	secret_free(&s);
	CU_ASSERT_TRUE(secret_new(&s, 0));
	CU_ASSERT_PTR_NULL(s.p);
	CU_ASSERT_EQUAL(s.n, 0);
	secret_free(&s);
}

static void
test_secret_new_without_memory_is_empty(void)
{
	volatile size_t too_much = SIZE_MAX / 2;
	struct secret s;

	CU_ASSERT_FALSE(secret_new(&s, too_much));
	CU_ASSERT_PTR_NULL(s.p);
	CU_ASSERT_EQUAL(s.n, 0);
	secret_free(&s);
}

static void
test_secret_dup_copies(void)
{
	uint8_t from[] = {1, 2, 3};
	struct secret s;

	CU_ASSERT_TRUE_FATAL(secret_dup(&s, span_of(from, 3)));
	from[0] = 9;
	CU_ASSERT_TRUE(unit_is_hex(secret_span(&s), "010203"));
	secret_free(&s);
	CU_ASSERT_PTR_NULL(s.p);
	secret_free(&s);
	CU_ASSERT_TRUE(secret_dup(&s, SPAN_NONE));
	CU_ASSERT_EQUAL(s.n, 0);
}

static void
test_secret_equal_refuses_empty_and_unequal(void)
{
	CU_ASSERT_TRUE(secret_equal(SPAN_LIT("abc"), span_str("abc")));
	CU_ASSERT_FALSE(secret_equal(SPAN_LIT("abc"), SPAN_LIT("abd")));
	CU_ASSERT_FALSE(secret_equal(SPAN_LIT("abc"), SPAN_LIT("bbc")));
	CU_ASSERT_FALSE(secret_equal(SPAN_LIT("abc"), SPAN_LIT("abcd")));
	CU_ASSERT_FALSE(secret_equal(SPAN_NONE, SPAN_NONE));
	CU_ASSERT_FALSE(secret_equal(SPAN_LIT(""), SPAN_LIT("")));
}

static void
test_secret_equal_sees_every_bit(void)
{
	uint8_t a[4] = {0x5a, 0xa5, 0, 0xff}, b[4];

	for (size_t bit = 0; bit < 32; bit++) {
		memcpy(b, a, sizeof(b));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(secret_equal(span_of(a, 4), span_of(b, 4)));
	}
}

static void
test_wipe_overwrites_exactly_n(void)
{
	uint8_t b[4] = {1, 2, 3, 4};

	wipe(b + 1, 2);
	CU_ASSERT_TRUE(unit_is_hex(span_of(b, 4), "01000004"));
	wipe(NULL, 0);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_secret_new_is_zero_and_may_be_empty),
	    UNIT_TEST(test_secret_new_without_memory_is_empty),
	    UNIT_TEST(test_secret_dup_copies),
	    UNIT_TEST(test_secret_equal_refuses_empty_and_unequal),
	    UNIT_TEST(test_secret_equal_sees_every_bit),
	    UNIT_TEST(test_wipe_overwrites_exactly_n),
	};

	return unit_run("secret", tests, COUNT(tests));
}
