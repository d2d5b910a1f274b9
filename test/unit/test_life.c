/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When SAs are replaced and expire. */
#include "engine/ike/life.h"
#include "test/unit/unit.h"

static void
test_life_plan_initiator_is_inside_the_fuzz(void)
{
	const struct life l = {3600, 3600, 540, 100};
	struct life_plan early = life_plan(&l, ROLE_INITIATOR, UINT32_MAX);
	struct life_plan late = life_plan(&l, ROLE_INITIATOR, 0);
	struct life_plan mid = life_plan(&l, ROLE_INITIATOR, 0x80000000);

	CU_ASSERT_TRUE(early.replace && late.replace && mid.replace);
	CU_ASSERT_EQUAL(late.replace_ms, 3060 * 1000);
	CU_ASSERT_EQUAL(mid.replace_ms, 2790 * 1000);
	CU_ASSERT_TRUE(early.replace_ms >= 2520 * 1000);
	CU_ASSERT_TRUE(early.replace_ms < 2521 * 1000);
	CU_ASSERT_EQUAL(early.expire_ms, 3600 * 1000);
}

static void
test_life_plan_responder_waits_for_half_the_margin(void)
{
	const struct life l = {3600, 3600, 541, 100};
	struct life_plan p = life_plan(&l, ROLE_RESPONDER, UINT32_MAX);

	CU_ASSERT_TRUE(p.replace);
	CU_ASSERT_EQUAL(p.replace_ms, (3600 - 270) * 1000);
}

static void
test_life_plan_takes_the_shorter_life(void)
{
	static const struct {
		uint32_t configured_s, negotiated_s, life_s;
	} cases[] = {
	    {3600, 1000, 1000},
	    {1000, 3600, 1000},
	    {1000, 0, 1000},
	    {86400, 86400, 86400},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct life l = {
		    cases[i].configured_s, cases[i].negotiated_s, 0, 0};

		CU_ASSERT_EQUAL(life_plan(&l, ROLE_INITIATOR, 1).expire_ms,
		    (uint64_t)cases[i].life_s * 1000);
	}
}

static void
test_life_plan_expires_when_the_margin_does_not_fit(void)
{
	static const struct {
		uint32_t life_s, margin_s;
		bool replace;
	} cases[] = {
	    {540, 540, false},
	    {541, 540, true},
	    {100, 540, false},
	    {1, 0, true},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct life l = {
		    cases[i].life_s, 0, cases[i].margin_s, 0};

		CU_ASSERT_EQUAL(
		    life_plan(&l, ROLE_INITIATOR, 0).replace, cases[i].replace);
	}
}

static void
test_life_plan_survives_the_largest_numbers(void)
{
	const struct life l = {86400, 86400, 86400, 10000};
	struct life_plan p = life_plan(&l, ROLE_INITIATOR, UINT32_MAX);

	CU_ASSERT_FALSE(p.replace);
	CU_ASSERT_EQUAL(p.expire_ms, 86400 * 1000);
	CU_ASSERT_EQUAL(life_margin_max_s(86400, 10000), 8726400);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_life_plan_initiator_is_inside_the_fuzz),
	    UNIT_TEST(test_life_plan_responder_waits_for_half_the_margin),
	    UNIT_TEST(test_life_plan_takes_the_shorter_life),
	    UNIT_TEST(test_life_plan_expires_when_the_margin_does_not_fit),
	    UNIT_TEST(test_life_plan_survives_the_largest_numbers),
	};

	return unit_run("life", tests, COUNT(tests));
}
