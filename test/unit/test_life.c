/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When SAs are replaced and expire. */
#include "engine/ike/life.h"
#include "test/unit/unit.h"

#define NOT LIFE_NOT_REPLACED
#define YES LIFE_REPLACED
#define USED LIFE_REPLACED_IF_USED

static void
test_life_plan_initiator_is_inside_the_fuzz(void)
{
	const struct life l = {2, false, 3600, 3600, 540, 100};
	struct life_plan early = life_plan(&l, ROLE_INITIATOR, UINT32_MAX);
	struct life_plan late = life_plan(&l, ROLE_INITIATOR, 0);
	struct life_plan mid = life_plan(&l, ROLE_INITIATOR, 0x80000000);

	CU_ASSERT_EQUAL(late.replace_ms, 3060 * 1000);
	CU_ASSERT_EQUAL(mid.replace_ms, 2790 * 1000);
	CU_ASSERT_TRUE(early.replace_ms >= 2520 * 1000);
	CU_ASSERT_TRUE(early.replace_ms < 2521 * 1000);
	CU_ASSERT_EQUAL(early.expire_ms, 3600 * 1000);
}

static void
test_life_plan_responder_waits_for_half_the_margin(void)
{
	const struct life l = {2, false, 3600, 3600, 541, 100};
	struct life_plan p = life_plan(&l, ROLE_RESPONDER, UINT32_MAX);

	CU_ASSERT_EQUAL(p.renewal, LIFE_REPLACED);
	CU_ASSERT_EQUAL(p.replace_ms, (3600 - 270) * 1000);
}

/*
 * conf. 134: the shorter of both lifetimes counts, but --dontrekey takes an
 * ISAKMP SA's negotiated one.  The renewals are those of initiator and
 * responder; the margin is 100 s without fuzz, 50 s for the responder.
 */
static void
test_life_plan_knows_every_case(void)
{
	static const struct {
		uint8_t phase;
		bool dontrekey;
		uint32_t configured_s, negotiated_s, life_s;
		enum life_renewal renewal[2];
	} cases[] = {
	    {1, false, 3600, 1000, 1000, {YES, YES}},
	    {1, false, 1000, 3600, 1000, {YES, YES}},
	    {1, false, 1000, 1000, 1000, {YES, YES}},
	    {1, false, 1000, 0, 1000, {YES, YES}},
	    {2, false, 3600, 1000, 1000, {YES, YES}},
	    {2, false, 1000, 3600, 1000, {YES, YES}},
	    {2, false, 1000, 1000, 1000, {YES, YES}},
	    {1, true, 3600, 1000, 1000, {USED, NOT}},
	    {1, true, 1000, 3600, 3600, {USED, NOT}},
	    {1, true, 1000, 1000, 1000, {USED, NOT}},
	    {1, true, 1000, 0, 1000, {YES, YES}},
	    {2, true, 3600, 1000, 1000, {USED, NOT}},
	    {2, true, 1000, 3600, 1000, {YES, YES}},
	    {2, true, 1000, 1000, 1000, {USED, NOT}},
	    {2, true, 86400, 28800, 28800, {USED, NOT}},
	    {2, false, 100, 100, 100, {NOT, YES}},
	    {2, false, 50, 100, 50, {NOT, NOT}},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		for (int role = ROLE_INITIATOR; role <= ROLE_RESPONDER;
		     role++) {
			const struct life l = {cases[i].phase,
			    cases[i].dontrekey, cases[i].configured_s,
			    cases[i].negotiated_s, 100, 0};
			uint32_t margin_s = role == ROLE_INITIATOR ? 100 : 50;
			enum life_renewal renewal = cases[i].renewal[role];
			struct life_plan p = life_plan(&l, (enum role)role, 7);

			CU_ASSERT_EQUAL(p.expire_ms, 1000 * cases[i].life_s);
			CU_ASSERT_EQUAL(p.renewal, renewal);
			if (renewal != NOT)
				CU_ASSERT_EQUAL(p.replace_ms,
				    1000 * (cases[i].life_s - margin_s));
		}
}

static void
test_life_plan_expires_when_the_margin_does_not_fit(void)
{
	static const struct {
		uint32_t life_s, margin_s;
		enum life_renewal renewal;
	} cases[] = {
	    {540, 540, LIFE_NOT_REPLACED},
	    {541, 540, LIFE_REPLACED},
	    {100, 540, LIFE_NOT_REPLACED},
	    {1, 0, LIFE_REPLACED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct life l = {
		    2, false, cases[i].life_s, 0, cases[i].margin_s, 0};

		CU_ASSERT_EQUAL(
		    life_plan(&l, ROLE_INITIATOR, 0).renewal, cases[i].renewal);
	}
}

/* What is used is told from what is not by a sample one margin earlier. */
static void
test_life_plan_samples_a_margin_before_the_decision(void)
{
	const struct life l = {2, true, 3600, 3600, 540, 100};
	const struct life brief = {2, true, 900, 900, 540, 0};
	struct life_plan p = life_plan(&l, ROLE_INITIATOR, 0x80000000);

	CU_ASSERT_EQUAL(p.renewal, LIFE_REPLACED_IF_USED);
	CU_ASSERT_EQUAL(p.replace_ms - p.sample_ms, 540 * 1000);
	p = life_plan(&brief, ROLE_INITIATOR, 0);
	CU_ASSERT_EQUAL(p.renewal, LIFE_REPLACED_IF_USED);
	CU_ASSERT_EQUAL(p.sample_ms, 0);
}

static void
test_life_plan_survives_the_largest_numbers(void)
{
	const struct life l = {2, false, 86400, 86400, 86400, 10000};
	struct life_plan p = life_plan(&l, ROLE_INITIATOR, UINT32_MAX);

	CU_ASSERT_EQUAL(p.renewal, LIFE_NOT_REPLACED);
	CU_ASSERT_EQUAL(p.expire_ms, 86400 * 1000);
	CU_ASSERT_EQUAL(life_margin_max_s(86400, 10000), 8726400);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_life_plan_initiator_is_inside_the_fuzz),
	    UNIT_TEST(test_life_plan_responder_waits_for_half_the_margin),
	    UNIT_TEST(test_life_plan_knows_every_case),
	    UNIT_TEST(test_life_plan_expires_when_the_margin_does_not_fit),
	    UNIT_TEST(test_life_plan_samples_a_margin_before_the_decision),
	    UNIT_TEST(test_life_plan_survives_the_largest_numbers),
	};

	return unit_run("life", tests, COUNT(tests));
}
