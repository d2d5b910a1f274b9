/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader and the writer of packet bytes, above all at their edges. */
#include "test/unit/unit.h"

enum { MALFORMED = 16, BAD_PROPOSAL = 9 };

static void
test_span_equal_compares_length_and_octets(void)
{
	CU_ASSERT_TRUE(span_equal(SPAN_LIT("abc"), span_str("abc")));
	CU_ASSERT_FALSE(span_equal(SPAN_LIT("abc"), SPAN_LIT("abd")));
	CU_ASSERT_FALSE(span_equal(SPAN_LIT("abc"), SPAN_LIT("ab")));
	CU_ASSERT_TRUE(span_equal(SPAN_NONE, SPAN_LIT("")));
}

static void
test_span_from_and_head_stay_inside(void)
{
	struct span s = SPAN_LIT("abcdef");

	CU_ASSERT_TRUE(span_equal(span_from(s, 2), SPAN_LIT("cdef")));
	CU_ASSERT_EQUAL(span_from(s, 6).n, 0);
	CU_ASSERT_EQUAL(span_from(s, SIZE_MAX).n, 0);
	CU_ASSERT_TRUE(span_equal(span_head(s, 2), SPAN_LIT("ab")));
	CU_ASSERT_TRUE(span_equal(span_head(s, SIZE_MAX), s));
}

static void
test_cur_reads_network_order(void)
{
	struct cur c = cur_of(SPAN_LIT("\x01\x02\x03\x84\x05\x06\x07\x08"));

	CU_ASSERT_EQUAL(cur_u8(&c), 0x01);
	CU_ASSERT_EQUAL(cur_u16(&c), 0x0203);
	CU_ASSERT_EQUAL(cur_left(&c), 5);
	CU_ASSERT_EQUAL(cur_u32(&c), 0x84050607);
	CU_ASSERT_TRUE(span_equal(cur_rest(&c), SPAN_LIT("\x08")));
	CU_ASSERT_EQUAL(cur_left(&c), 1);
	CU_ASSERT_EQUAL(c.err, 0);
}

static void
test_cur_fails_at_end_and_stays_failed(void)
{
	struct cur c = cur_of(SPAN_LIT("\x01\x02\x03"));

	CU_ASSERT_EQUAL(cur_u32(&c), 0);
	CU_ASSERT_EQUAL(c.err, MALFORMED);
	CU_ASSERT_EQUAL(cur_u8(&c), 0);
	CU_ASSERT_EQUAL(cur_left(&c), 0);
	CU_ASSERT_EQUAL(cur_rest(&c).n, 0);
	CU_ASSERT_PTR_NULL(cur_bytes(&c, 0).p);
}

static void
test_cur_bytes_takes_exactly_n(void)
{
	struct cur c = cur_of(SPAN_LIT("abcd"));

	CU_ASSERT_TRUE(span_equal(cur_bytes(&c, 3), SPAN_LIT("abc")));
	CU_ASSERT_EQUAL(cur_bytes(&c, 0).n, 0);
	CU_ASSERT_EQUAL(c.err, 0);
	CU_ASSERT_EQUAL(cur_bytes(&c, SIZE_MAX).n, 0);
	CU_ASSERT_EQUAL(c.err, MALFORMED);
}

static void
test_cur_fail_keeps_the_first_reason(void)
{
	struct cur c = cur_of(SPAN_LIT("abcd"));

	cur_fail(&c, BAD_PROPOSAL);
	cur_fail(&c, MALFORMED);
	CU_ASSERT_EQUAL(c.err, BAD_PROPOSAL);
	c = cur_of(SPAN_LIT("abcd"));
	cur_fail(&c, 0);
	CU_ASSERT_EQUAL(c.err, MALFORMED);
}

static void
test_cur_take_rest_checks_bounds(void)
{
	static const struct {
		size_t min, max;
		bool ok;
	} cases[] = {{0, 4, true}, {4, 4, true}, {4, 9, true}, {0, 3, false},
	    {5, 9, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(SPAN_LIT("abcd"));
		struct span s =
		    cur_take_rest(&c, cases[i].min, cases[i].max, BAD_PROPOSAL);

		CU_ASSERT_EQUAL(s.n, cases[i].ok ? 4 : 0);
		CU_ASSERT_EQUAL(c.err, cases[i].ok ? 0 : BAD_PROPOSAL);
		CU_ASSERT_EQUAL(cur_left(&c), 0);
	}
}

static void
test_cur_of_nothing_is_at_its_end(void)
{
	struct cur c = cur_of(SPAN_NONE);

	CU_ASSERT_EQUAL(cur_left(&c), 0);
	CU_ASSERT_EQUAL(cur_take_rest(&c, 0, 9, MALFORMED).n, 0);
	CU_ASSERT_EQUAL(c.err, 0);
	CU_ASSERT_EQUAL(cur_u8(&c), 0);
	CU_ASSERT_EQUAL(c.err, MALFORMED);
}

static void
test_wr_writes_network_order(void)
{
	uint8_t buf[12];
	struct wr w = wr_of(buf, sizeof(buf));

	wr_u8(&w, 1);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x84050607);
	wr_bytes(&w, SPAN_LIT("abc"));
	wr_bytes(&w, SPAN_NONE);
	wr_zero(&w, 2);
	CU_ASSERT_FALSE(w.full);
	CU_ASSERT_TRUE(unit_is_hex(wr_span(&w), "01020384050607616263 0000"));
}

static void
test_wr_that_overflows_writes_nothing_more(void)
{
	uint8_t buf[4] = {0, 0, 0, 0xee};
	struct wr w = wr_of(buf, 3);

	wr_u16(&w, 0x0102);
	wr_u16(&w, 0x0304);
	wr_u8(&w, 5);
	wr_patch_u8(&w, 0, 9);
	CU_ASSERT_TRUE(w.full);
	CU_ASSERT_EQUAL(wr_span(&w).n, 0);
	CU_ASSERT_TRUE(unit_is_hex(span_of(buf, 4), "010200ee"));
	w = wr_of(buf, 3);
	wr_zero(&w, SIZE_MAX);
	CU_ASSERT_TRUE(w.full);
	w = wr_of(NULL, 0);
	wr_u8(&w, 1);
	CU_ASSERT_TRUE(w.full);
}

static void
test_wr_frames_nest(void)
{
	uint8_t buf[16];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t outer = wr_frame_begin(&w, 5), inner;

	wr_u8(&w, 0xaa);
	inner = wr_frame_begin(&w, 3);
	wr_u16(&w, 0xbbcc);
	wr_frame_end(&w, inner);
	wr_frame_end(&w, outer);
	CU_ASSERT_TRUE(unit_is_hex(wr_span(&w), "0500000b aa 03000006 bbcc"));
}

static void
test_wr_frame_longer_than_its_field_fails(void)
{
	static uint8_t buf[0x10001];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t mark = wr_frame_begin(&w, 0);

	wr_zero(&w, 0xffff - 4);
	wr_frame_end(&w, mark);
	CU_ASSERT_FALSE(w.full);
	CU_ASSERT_TRUE(unit_is_hex(span_of(buf, 4), "0000ffff"));
	wr_u8(&w, 0);
	wr_frame_end(&w, mark);
	CU_ASSERT_TRUE(w.full);
}

static void
test_wr_patch_reaches_only_what_is_written(void)
{
	uint8_t buf[9] = {0};
	struct wr w = wr_of(buf, sizeof(buf));

	wr_zero(&w, 8);
	wr_patch_u8(&w, 0, 1);
	wr_patch_u16(&w, 1, 0x0203);
	wr_patch_u32(&w, 4, 0x04050607);
	CU_ASSERT_FALSE(w.full);
	CU_ASSERT_TRUE(unit_is_hex(wr_span(&w), "0102030004050607"));
	wr_patch_u32(&w, 5, 0xffffffff);
	CU_ASSERT_TRUE(w.full);
	CU_ASSERT_TRUE(unit_is_hex(span_of(buf, 9), "010203000405060700"));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_span_equal_compares_length_and_octets),
	    UNIT_TEST(test_span_from_and_head_stay_inside),
	    UNIT_TEST(test_cur_reads_network_order),
	    UNIT_TEST(test_cur_fails_at_end_and_stays_failed),
	    UNIT_TEST(test_cur_bytes_takes_exactly_n),
	    UNIT_TEST(test_cur_fail_keeps_the_first_reason),
	    UNIT_TEST(test_cur_take_rest_checks_bounds),
	    UNIT_TEST(test_cur_of_nothing_is_at_its_end),
	    UNIT_TEST(test_wr_writes_network_order),
	    UNIT_TEST(test_wr_that_overflows_writes_nothing_more),
	    UNIT_TEST(test_wr_frames_nest),
	    UNIT_TEST(test_wr_frame_longer_than_its_field_fails),
	    UNIT_TEST(test_wr_patch_reaches_only_what_is_written),
	};

	return unit_run("span", tests, COUNT(tests));
}
