/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of transforms: which octets are none at all, which attribute
 * makes a transform unusable and why, pairs of life type and duration,
 * defaults, and that what is encoded decodes to the same.
 */
#include "gen/attr.gen.h"
#include "gen/enums.gen.h"
#include "test/unit/unit.h"

#define SUITE "80010005 80020002 80030001 80040005 "

/* ---- structure ----------------------------------------------------------- */

static void
test_attr_next_reads_both_forms(void)
{
	uint8_t buf[32];
	struct cur c = cur_of(
	    unit_hex("8001abcd 00020003 010203 00030000", buf, sizeof buf));
	struct attr a;

	CU_ASSERT_TRUE_FATAL(attr_next(&c, &a));
	CU_ASSERT_TRUE(a.basic && a.number == 1 && a.value == 0xabcd);
	CU_ASSERT_TRUE(unit_is_hex(a.bytes, "abcd"));
	CU_ASSERT_TRUE_FATAL(attr_next(&c, &a));
	CU_ASSERT_TRUE(!a.basic && a.number == 2 && a.value == 0x010203);
	CU_ASSERT_TRUE_FATAL(attr_next(&c, &a));
	CU_ASSERT_TRUE(!a.basic && a.number == 3 && a.value == 0);
	CU_ASSERT_FALSE(attr_next(&c, &a));
	CU_ASSERT_EQUAL(c.err, 0);
}

static void
test_attr_decoder_fails_only_on_broken_structure(void)
{
	static const struct {
		const char *hex;
		bool ok;
	} rows[] = {
	    {"", true},
	    {SUITE, true},
	    {"ffffffff", true},
	    {"7fff0000", true},
	    {"80", false},
	    {"8001", false},
	    {"800100", false},
	    {"0001", false},
	    {"00010001", false},
	    {"0001ffff 00", false},
	    {SUITE "000c", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t buf[64];
		struct span in = unit_hex(rows[i].hex, buf, sizeof buf);
		struct at_oakley oakley;
		struct at_ipsec ipsec;

		CU_ASSERT_EQUAL(dec_at_oakley(in, &oakley), rows[i].ok);
		CU_ASSERT_EQUAL(dec_at_ipsec(in, &ipsec), rows[i].ok);
	}
}

static void
test_at_find_takes_the_first_one(void)
{
	uint8_t buf[32];
	struct span in =
	    unit_hex("80030002 80030004 00050005 0000000001", buf, sizeof buf);
	uint32_t value = 0;

	CU_ASSERT_TRUE(at_find(in, 3, &value));
	CU_ASSERT_EQUAL(value, 2);
	CU_ASSERT_FALSE(at_find(in, 4, &value));
	CU_ASSERT_TRUE(at_find(in, 5, &value));
	CU_ASSERT_EQUAL(value, UINT32_MAX);
}

/* ---- unusable transforms ------------------------------------------------- */

struct verdict {
	const char *what, *hex;
	uint16_t bad; /* 0: usable */
};

static const struct verdict oakley_verdicts[] = {
    {"suite", SUITE, 0},
    {"life in one TV", SUITE "800b0001 800c0e10", 0},
    {"life in four octets", SUITE "800b0001 000c0004 00015180", 0},
    {"life in one octet", SUITE "800b0001 000c0001 ff", 0},
    {"both lives", SUITE "800b0001 800c0e10 800b0002 800c1000", 0},
    {"key length", SUITE "800e0080", 0},
    {"no encryption", "80020002 80030001 80040005", 1},
    {"no hash", "80010005 80030001 80040005", 2},
    {"no authentication", "80010005 80020002 80040005", 3},
    {"no group", "80010005 80020002 80030001", 4},
    {"DES", "80010001 80020002 80030001 80040005", 1},
    {"Tiger", "80010005 80020003 80030001 80040005", 2},
    {"MODP768", "80010005 80020002 80030001 80040001", 4},
    {"encryption as TLV", "00010002 0005 80020002 80030001 80040005", 1},
    {"encryption twice", SUITE "80010005", 1},
    {"PRF", SUITE "800d0001", 13},
    {"unknown", SUITE "ffff0001", 0x7fff},
    {"number 0", SUITE "80000001", UINT16_MAX},
    {"duration without type", SUITE "800c0e10", 12},
    {"type without duration", SUITE "800b0001", 12},
    {"two types in a row", SUITE "800b0001 800b0002 800c1000", 11},
    {"two durations", SUITE "800b0001 800c0e10 800c0e10", 12},
    {"seconds twice", SUITE "800b0001 800c0e10 800b0001 800c0e10", 11},
    {"unknown life type", SUITE "800b0003 800c0e10", 11},
    {"empty duration", SUITE "800b0001 000c0000", 12},
    {"duration of five octets", SUITE "800b0001 000c0005 0000000001", 12},
    {"key length 39", SUITE "800e0027", 14},
    {"key length 449", SUITE "800e01c1", 14},
    {"the first of two", SUITE "800e0001 80010005", 14},
};

static void
test_attr_unusable_oakley_transforms_say_which(void)
{
	for (size_t i = 0; i < COUNT(oakley_verdicts); i++) {
		const struct verdict *r = &oakley_verdicts[i];
		uint8_t buf[64];
		struct at_oakley v;

		CU_ASSERT_TRUE_FATAL(
		    dec_at_oakley(unit_hex(r->hex, buf, sizeof buf), &v));
		if (v.bad != r->bad)
			fprintf(stderr, "%s: %u %s\n", r->what, (unsigned)v.bad,
			    v.why != NULL ? v.why : "");
		CU_ASSERT_EQUAL(v.bad, r->bad);
		CU_ASSERT_EQUAL(v.why != NULL, r->bad != 0);
	}
}

static const struct verdict ipsec_verdicts[] = {
    {"nothing", "", 0},
    {"tunnel and SHA1", "80040001 80050002", 0},
    {"UDP tunnel", "80040003", 0},
    {"type with the default duration", "80010001", 0},
    {"PFS group", "80030005", 0},
    {"unknown encapsulation", "80040005", 4},
    {"DES-MAC", "80050003", 5},
    {"group as TLV", "00030002 0005", 3},
    {"duration without type", "80020e10", 2},
    {"COMPRESS-DICT-SIZE", "80080001", 8},
};

static void
test_attr_unusable_ipsec_transforms_say_which(void)
{
	for (size_t i = 0; i < COUNT(ipsec_verdicts); i++) {
		const struct verdict *r = &ipsec_verdicts[i];
		uint8_t buf[64];
		struct at_ipsec v;

		CU_ASSERT_TRUE_FATAL(
		    dec_at_ipsec(unit_hex(r->hex, buf, sizeof buf), &v));
		if (v.bad != r->bad)
			fprintf(stderr, "%s: %u %s\n", r->what, (unsigned)v.bad,
			    v.why != NULL ? v.why : "");
		CU_ASSERT_EQUAL(v.bad, r->bad);
	}
}

/* ---- values -------------------------------------------------------------- */

static void
test_attr_values_arrive(void)
{
	uint8_t buf[64];
	struct at_oakley v;

	CU_ASSERT_TRUE_FATAL(dec_at_oakley(
	    unit_hex("80010007 80020004 80030001 8004000e 800e0100"
		     "800b0001 000c0003 015180 800b0002 800c1000",
		buf, sizeof buf),
	    &v));
	CU_ASSERT_EQUAL(v.encryption, 7);
	CU_ASSERT_EQUAL(v.hash, 4);
	CU_ASSERT_EQUAL(v.auth, OAKLEY_AUTH_PSK);
	CU_ASSERT_EQUAL(v.group, 14);
	CU_ASSERT_EQUAL(v.key_length, 256);
	CU_ASSERT_EQUAL_FATAL(v.n_life, 2);
	CU_ASSERT_EQUAL(v.life[0].type, LIFE_TYPE_SECONDS);
	CU_ASSERT_EQUAL(v.life[0].duration, 86400);
	CU_ASSERT_EQUAL(v.life[1].type, LIFE_TYPE_KILOBYTES);
	CU_ASSERT_EQUAL(v.life[1].duration, 4096);
	CU_ASSERT_EQUAL(v.has,
	    1U << 1 | 1U << 2 | 1U << 3 | 1U << 4 | 1U << 11 | 1U << 12 |
		1U << 14);
}

/* RFC 2407 4.5: 28800 seconds where no duration is given. */
static void
test_attr_default_life_is_eight_hours(void)
{
	uint8_t buf[16];
	struct at_ipsec v;

	CU_ASSERT_TRUE_FATAL(dec_at_ipsec(SPAN_NONE, &v));
	CU_ASSERT_EQUAL_FATAL(v.n_life, 1);
	CU_ASSERT_EQUAL(v.life[0].type, LIFE_TYPE_SECONDS);
	CU_ASSERT_EQUAL(v.life[0].duration, 28800);
	CU_ASSERT_EQUAL(v.has, 0);
	CU_ASSERT_TRUE_FATAL(
	    dec_at_ipsec(unit_hex("80010001", buf, sizeof buf), &v));
	CU_ASSERT_EQUAL_FATAL(v.n_life, 1);
	CU_ASSERT_EQUAL(v.life[0].duration, 28800);
}

static void
test_attr_round_trip_of_every_combination(void)
{
	for (uint32_t has = 0; has < 1U << 7; has++) {
		struct at_ipsec in = {.life = {{LIFE_TYPE_SECONDS, 3600},
					  {LIFE_TYPE_KILOBYTES, 99999}},
		    .n_life = 2,
		    .group = 14,
		    .encapsulation = ENCAPSULATION_TUNNEL,
		    .authentication = 5,
		    .key_length = 128};
		struct at_ipsec out;
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof buf);

		in.has = has & ~1U;
		if ((has >> AT_IPSEC_LIFE_TYPE & 1) !=
		    (has >> AT_IPSEC_LIFE_DURATION & 1))
			continue; /* they come in pairs */
		enc_at_ipsec(&w, &in);
		CU_ASSERT_FALSE(w.full);
		CU_ASSERT_TRUE_FATAL(dec_at_ipsec(wr_span(&w), &out));
		CU_ASSERT_EQUAL(out.bad, 0);
		CU_ASSERT_EQUAL(out.has, in.has);
		if (in.has & 1U << AT_IPSEC_LIFE_TYPE)
			CU_ASSERT_EQUAL(out.life[1].duration, 99999);
		if (in.has & 1U << AT_IPSEC_KEY_LENGTH)
			CU_ASSERT_EQUAL(out.key_length, 128);
	}
}

static void
test_attr_encoder_writes_ascending_numbers_and_short_forms(void)
{
	uint8_t buf[64];
	struct wr w = wr_of(buf, sizeof buf);
	struct at_oakley v = {
	    .has = 1U << AT_OAKLEY_ENCRYPTION | 1U << AT_OAKLEY_HASH |
		1U << AT_OAKLEY_AUTH | 1U << AT_OAKLEY_GROUP |
		1U << AT_OAKLEY_LIFE_TYPE,
	    .encryption = 5,
	    .hash = 2,
	    .auth = 1,
	    .group = 5,
	    .life = {{1, 65535}, {2, 65536}},
	    .n_life = 2,
	};

	enc_at_oakley(&w, &v);
	CU_ASSERT_TRUE(unit_is_hex(wr_span(&w),
	    SUITE "800b0001 800cffff"
		  "800b0002 000c0004 00010000"));
}

static void
test_attr_dump_names_values(void)
{
	uint8_t buf[64];
	TEXT(t, 200);

	dump_at_oakley(&t,
	    unit_hex(
		SUITE "800b0001 000c0004 00015180 8999000a", buf, sizeof buf));
	CU_ASSERT_STRING_EQUAL(t.p,
	    "ENCRYPTION=3DES_CBC,HASH=SHA1,AUTH=PSK,"
	    "GROUP=MODP1536,LIFE_TYPE=SECONDS,"
	    "LIFE_DURATION=86400,2457=10");
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_attr_next_reads_both_forms),
	    UNIT_TEST(test_attr_decoder_fails_only_on_broken_structure),
	    UNIT_TEST(test_at_find_takes_the_first_one),
	    UNIT_TEST(test_attr_unusable_oakley_transforms_say_which),
	    UNIT_TEST(test_attr_unusable_ipsec_transforms_say_which),
	    UNIT_TEST(test_attr_values_arrive),
	    UNIT_TEST(test_attr_default_life_is_eight_hours),
	    UNIT_TEST(test_attr_round_trip_of_every_combination),
	    UNIT_TEST(
		test_attr_encoder_writes_ascending_numbers_and_short_forms),
	    UNIT_TEST(test_attr_dump_names_values),
	};

	return unit_run("attr", tests, COUNT(tests));
}
