/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs in the course of time: replaced, shortened, left to expire; and many
 * that are wanted at once.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

#define DONTREKEY NET_TO_NET " --dontrekey --ipseclifetime 600 --rekeymargin 60"

/* ---- --dontrekey ------------------------------------------------------- */

static void
test_ike_life_dontrekey_ends_what_is_not_used(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, DONTREKEY);
	fake_run(p.world, 11 * MINUTE_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "not replaced: no packets were sent for 60 s (--dontrekey)"));
	pair_check_up(&p, 1, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	fake_run(p.world, 4 * HOUR_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "keying attempt"));
	pair_end(&p);
}

static void
test_ike_life_dontrekey_replaces_what_is_used(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, DONTREKEY);
	for (int i = 0; i < 60; i++) {
		fake_run(p.world, MINUTE_MS / 2);
		CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	}
	CU_ASSERT_TRUE(fake_count(p.left.host, "to replace #") >= 2);
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "not replaced"));
	/* responders leave it to them */
	CU_ASSERT_PTR_NULL(fake_find(p.right.host, "to replace #"));
	pair_end(&p);
}

/* Traffic that ended before the sample does not count. */
static void
test_ike_life_dontrekey_forgets_traffic_of_long_ago(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, DONTREKEY);
	for (int i = 0; i < 4; i++) {
		fake_run(p.world, MINUTE_MS);
		CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	}
	fake_run(p.world, 10 * MINUTE_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	pair_end(&p);
}

/* The manual page: a responder rectifies a shortfall. */
static void
test_ike_life_dontrekey_a_responder_that_cuts_it_short_acts(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, DONTREKEY);
	fake_peer_whack(&p.right,
	    "--name t --delete " NET_TO_NET
	    " --dontrekey --ipseclifetime 300 --rekeymargin 60 --host "
	    "10.77.0.1 --client 10.1.0.0/16 --to --host 10.77.0.2 --client "
	    "10.2.0.0/16");
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 5 * MINUTE_MS);
	CU_ASSERT_EQUAL(fake_count(p.right.host, "to replace #"), 1);
	pair_end(&p);
}

static void
test_ike_life_dontrekey_traffic_keeps_the_isakmp_sa_too(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p,
	    NET_TO_NET " --dontrekey --ikelifetime 600 --ipseclifetime 3600 "
		       "--rekeymargin 60");
	for (int i = 0; i < 20; i++) {
		fake_run(p.world, MINUTE_MS / 2);
		CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	}
	CU_ASSERT_TRUE(fake_count(p.left.host, "initiating Main Mode to") >= 1);
	fake_run(p.world, 20 * MINUTE_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 1));
	pair_end(&p);
}

/* ---- replacements ------------------------------------------------------ */

/* conf. 138: asks for PFS because the old SA had it. */
static void
test_ike_life_a_replacement_asks_for_what_the_old_sa_was(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET " --pfs --rekeymargin 0");
	fake_peer_whack(&p.right,
	    "--name t --delete " NET_TO_NET
	    " --host 10.77.0.1 --client 10.1.0.0/16 --to --host 10.77.0.2 "
	    "--client 10.2.0.0/16");
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 3340 * 1000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "initiating Quick Mode PSK+ENCRYPT+TUNNEL+PFS to replace #2"));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* conf. 136, 137 */
static void
test_ike_life_only_the_newest_is_replaced(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --rekeyfuzz 0");
	fake_run(p.world, MINUTE_MS);
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 3600 * 1000);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "to replace #2"), 0);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "to replace #3"), 1);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "#2: IPsec SA ends, superseded by #"));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* A replacement that nobody answers is tried --keyingtries times. */
static void
test_ike_life_a_replacement_is_tried_until_the_sa_expires(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --rekeyfuzz 0 --keyingtries 0");
	fake_run(p.world, 3050 * 1000);
	p.world->faults.loss = 1000;
	fake_run(p.world, 500 * 1000);
	CU_ASSERT_TRUE(fake_count(p.left.host, "keying attempt ") >= 4);
	CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 1);
	p.world->faults.loss = 0;
	fake_run(p.world, 45 * 1000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 2);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* ---- RESPONDER-LIFETIME ------------------------------------------------ */

/* A note of the responder's about an IPsec SA. */
static struct pl_n
lifetime_note(uint8_t *buf, size_t size, uint32_t life_s)
{
	struct at_ipsec at = {.has = 1u << AT_IPSEC_LIFE_TYPE,
	    .n_life = 1,
	    .life[0] = {LIFE_TYPE_SECONDS, life_s}};
	struct wr w = wr_of(buf, size);

	enc_at_ipsec(&w, &at);
	return (struct pl_n){.doi = DOI_IPSEC,
	    .protocol = PROTOCOL_ESP,
	    .type = NOTIFY_RESPONDER_LIFETIME,
	    .data = wr_span(&w)};
}

/* conf. 132 */
static void
test_ike_life_the_responders_lifetime_shortens_only(void)
{
	struct fake_pair p;
	struct xchg *sa;
	struct pl_n note;
	uint8_t buf[40];

	pair_begin_up_with(&p, NET_TO_NET);
	sa = engine_find_serial(ike_engine(p.left.ike), 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	note = lifetime_note(buf, sizeof(buf), 7200);
	CU_ASSERT_EQUAL(info_lifetime_s(sa, &note), 7200);
	neg_shorten(sa, 7200);
	CU_ASSERT_EQUAL(neg_length_s(sa), 3600);
	note = lifetime_note(buf, sizeof(buf), 1800);
	neg_shorten(sa, info_lifetime_s(sa, &note));
	CU_ASSERT_EQUAL(neg_length_s(sa), 1800);
	note.type = NOTIFY_REPLAY_STATUS;
	CU_ASSERT_EQUAL(info_lifetime_s(sa, &note), 0);
	note.type = NOTIFY_RESPONDER_LIFETIME;
	note.protocol = PROTOCOL_ISAKMP;
	CU_ASSERT_EQUAL(info_lifetime_s(sa, &note), 0);
	fake_run(p.world, 1790 * 1000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "to replace #2"));
	fake_run(p.world, 20 * 1000);
	CU_ASSERT_PTR_NULL(engine_find_serial(ike_engine(p.left.ike), 2));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* ---- many at once ------------------------------------------------------ */

enum { TRAPS = 500 };

static void
load_many(struct fake_peer *p, bool trap)
{
	for (unsigned i = 0; i < TRAPS; i++) {
		fake_peer_whack(p,
		    "--name c%u " NET_TO_NET " --host 10.77.0.1 --client "
		    "10.1.%u.%u/32 --to --host 10.77.0.2 --client 10.2.0.0/16",
		    i, i / 250, i % 250 + 1);
		if (trap)
			fake_peer_whack(p, "--route --name c%u", i);
	}
}

/* Counts fates of a packet for each of them. */
static unsigned
count_fates(struct fake_pair *p, enum fake_fate fate)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TRAPS; i++) {
		struct addr src, dst;
		TEXT(text, 20);

		text_add(&text, "10.1.%u.%u", i / 250, i % 250 + 1);
		if (addr_parse(&src, text.p) && addr_parse(&dst, "10.2.0.1"))
			n += fake_packet(&p->left.host->kernel,
				 &p->right.host->kernel, &src, &dst,
				 NULL) == fate;
	}
	return n;
}

static void
test_ike_life_hundreds_of_traps_hit_at_once_are_all_served(void)
{
	struct fake_pair p;

	fake_pair_start(&p, 1, ALL_SECRET, ALL_SECRET);
	load_many(&p.left, true);
	load_many(&p.right, false);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(count_fates(&p, FAKE_DROPPED), TRAPS);
	fake_run(p.world, MINUTE_MS);
	pair_check_up(&p, 1, TRAPS);
	CU_ASSERT_EQUAL(count_fates(&p, FAKE_PROTECTED), TRAPS);
	CU_ASSERT_PTR_NULL(fake_find(p.right.host, "new exchange refused"));
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_life_dontrekey_ends_what_is_not_used),
	    UNIT_TEST(test_ike_life_dontrekey_replaces_what_is_used),
	    UNIT_TEST(test_ike_life_dontrekey_forgets_traffic_of_long_ago),
	    UNIT_TEST(
		test_ike_life_dontrekey_a_responder_that_cuts_it_short_acts),
	    UNIT_TEST(test_ike_life_dontrekey_traffic_keeps_the_isakmp_sa_too),
	    UNIT_TEST(test_ike_life_a_replacement_asks_for_what_the_old_sa_was),
	    UNIT_TEST(test_ike_life_only_the_newest_is_replaced),
	    UNIT_TEST(
		test_ike_life_a_replacement_is_tried_until_the_sa_expires),
	    UNIT_TEST(test_ike_life_the_responders_lifetime_shortens_only),
	    UNIT_TEST(
		test_ike_life_hundreds_of_traps_hit_at_once_are_all_served),
	};

	return unit_run("ike_life", tests, COUNT(tests));
}
