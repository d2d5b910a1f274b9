/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter at work between two peers: what is repeated and when, what
 * happens while an edge waits, and that everything is gone in the end.
 */
#include "test/fake/record.h"
#include "test/unit/unit.h"

#define TUNNEL "--psk --encrypt --tunnel"

enum { GONE_MS = 100000 };

/* ---- in order ---- */

static void
test_exchange_succeeds_and_leaves_nothing_behind(void)
{
	static const char *const options[] = {
	    TUNNEL,
	    TUNNEL " --pfs",
	    "--psk --encrypt",
	    TUNNEL " --policy modern",
	    "--psk --encrypt --pfs --policy modern",
	};

	for (size_t i = 0; i < COUNT(options); i++) {
		struct fake_pair p;
		struct record w;
		uint32_t client;
		TEXT(codes, 100);
		TEXT(why, 200);

		record_begin(&w, &p, options[i]);
		client = fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 1000);
		fake_peer_codes(&p.left, client, &codes);
		CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004 112 004");
		CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
		CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
		CU_ASSERT_EQUAL(w.n, 9);
		CU_ASSERT_EQUAL(fake_pair_packet(&p, true, options[i], &why),
		    FAKE_PROTECTED);
		CU_ASSERT_EQUAL(fake_pair_packet(&p, false, options[i], &why),
		    FAKE_PROTECTED);
		/* an ISAKMP SA keeps three keys and an IV, nothing else */
		CU_ASSERT_EQUAL(fake_peer_stats(&p.left).slots, 4);
		CU_ASSERT_EQUAL(fake_peer_stats(&p.right).slots, 4);
		ike_shutdown(p.left.ike);
		ike_shutdown(p.right.ike);
		fake_run(p.world, GONE_MS);
		CU_ASSERT_TRUE(
		    fake_peer_empty(&p.left) && fake_peer_empty(&p.right));
		CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
		CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 0);
		CU_ASSERT_EQUAL(p.left.host->kernel.complaints, 0);
		CU_ASSERT_EQUAL(p.right.host->kernel.complaints, 0);
		fake_pair_end(&p);
	}
}

/* ---- repeating ---- */

static void
test_initiator_repeats_twice_and_gives_up_after_70_s(void)
{
	static const uint64_t at_ms[] = {10000, 30000};
	struct fake_pair p;
	struct record w;
	uint64_t start;

	record_begin(&w, &p, TUNNEL " --keyingtries 1");
	w.cut = true;
	start = p.world->now_ms;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	for (size_t i = 0; i < COUNT(at_ms); i++) {
		CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, i + 2));
		CU_ASSERT_EQUAL(p.world->now_ms - start, at_ms[i]);
		CU_ASSERT_TRUE(
		    span_equal(record_span(&w, 0), record_span(&w, i + 1)));
	}
	fake_run(p.world, start + 69999 - p.world->now_ms);
	CU_ASSERT_EQUAL(fake_peer_stats(&p.left).exchanges, 1);
	fake_run(p.world, 1);
	CU_ASSERT_TRUE(fake_peer_empty(&p.left));
	CU_ASSERT_EQUAL(w.n, 3);
	fake_pair_end(&p);
}

static void
test_responder_answers_one_first_message_once(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	w.lose = 2; /* MR1 is lost, and the initiator dies */
	CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, 2));
	fake_peer_stop(&p.left);
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.right), "MAIN_R1");
	CU_ASSERT_EQUAL(fake_peer_stats(&p.right).half_open, 1);
	fake_run(p.world, GONE_MS);
	CU_ASSERT_EQUAL(w.n, 2);
	CU_ASSERT_TRUE(fake_peer_empty(&p.right));
	fake_pair_end(&p);
}

static void
test_responder_repeats_first_answer_twice_octet_by_octet(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	w.cut = true;
	record_again(&w, &p, 0);
	CU_ASSERT_EQUAL_FATAL(w.n, 2);
	for (size_t i = 0; i < 3; i++)
		record_again(&w, &p, 0);
	CU_ASSERT_EQUAL(w.n, 4);
	CU_ASSERT_TRUE(span_equal(record_span(&w, 1), record_span(&w, 2)));
	CU_ASSERT_TRUE(span_equal(record_span(&w, 1), record_span(&w, 3)));
	CU_ASSERT_EQUAL(fake_peer_stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_lost_last_message_is_sent_again_on_a_repeat(void)
{
	static const size_t lost[] = {6, 9}; /* MR3, QI2 */

	for (size_t i = 0; i < COUNT(lost); i++) {
		struct fake_pair p;
		struct record w;

		record_begin(&w, &p, TUNNEL);
		w.lose = lost[i];
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 15000);
		CU_ASSERT_EQUAL(w.n, 11); /* one each side more */
		CU_ASSERT_TRUE(span_equal(record_span(&w, lost[i] - 1),
		    record_span(&w, lost[i] + 1)));
		CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 1);
		CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
		fake_pair_end(&p);
	}
}

/* ---- waiting ---- */

static void
test_message_waits_while_a_job_runs(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	p.right.host->job_extra_ms = 500; /* longer than the initiator takes */
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 5000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
	CU_ASSERT_EQUAL(w.n, 9); /* nothing was repeated */
	fake_pair_end(&p);
}

static void
test_repeats_during_a_job_are_absorbed(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	p.right.host->job_extra_ms = 500;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, 3));
	fake_run(p.world, 100); /* MI2 has arrived, the key is being made */
	record_again(&w, &p, 2);
	record_again(&w, &p, 0);
	CU_ASSERT_EQUAL(w.n, 3);
	fake_run(p.world, 5000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
	fake_pair_end(&p);
}

static void
test_job_that_takes_too_long_ends_its_op(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL " --keyingtries 1");
	p.left.host->job_extra_ms = 15000; /* the spec allows 10 s */
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 11000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "dh_keypair"));
	CU_ASSERT_EQUAL(fake_peer_stats(&p.left).exchanges, 0);
	CU_ASSERT_EQUAL(fake_peer_stats(&p.left).jobs, 1);
	fake_run(p.world, GONE_MS); /* it reports to nobody */
	CU_ASSERT_TRUE(fake_peer_empty(&p.left) && fake_peer_empty(&p.right));
	fake_pair_end(&p);
}

static void
test_job_that_cannot_start_ends_its_op(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL " --keyingtries 1");
	p.left.host->no_jobs = true;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, GONE_MS);
	CU_ASSERT_TRUE(fake_peer_empty(&p.left) && fake_peer_empty(&p.right));
	fake_pair_end(&p);
}

/* NEG-23 (CVE-2011-4073): in every suspended state of either end. */
static void
test_exchange_may_be_deleted_while_it_waits(void)
{
	unsigned tried = 0;

	for (unsigned step = 0; step < 60; step++) {
		struct fake_pair p;
		struct record w;

		record_begin(&w, &p, TUNNEL " --pfs --keyingtries 1");
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		for (unsigned i = 0; i < step; i++)
			(void)fake_step(p.world, 1000);
		for (unsigned end = 0; end < 2; end++) {
			struct fake_peer *peer = end ? &p.left : &p.right;

			if (fake_peer_stats(peer).jobs == 0)
				continue;
			tried++;
			engine_delete(peer->host->engine,
			    xchg_number(fake_peer_newest(peer)));
		}
		fake_run(p.world, 3 * GONE_MS);
		ike_shutdown(p.left.ike);
		ike_shutdown(p.right.ike);
		fake_run(p.world, GONE_MS);
		CU_ASSERT_TRUE(
		    fake_peer_empty(&p.left) && fake_peer_empty(&p.right));
		fake_pair_end(&p);
	}
	CU_ASSERT_TRUE(tried >= 6);
}

static void
test_kernel_that_refuses_ends_the_exchange_on_both_sides(void)
{
	for (unsigned call = 1; call <= 2; call++)
		for (unsigned end = 0; end < 2; end++) {
			struct fake_pair p;
			struct record w;
			TEXT(why, 200);

			record_begin(&w, &p, TUNNEL " --keyingtries 1");
			(end ? &p.left : &p.right)->host->kernel.fail_call =
			    call;
			(void)fake_peer_whack(&p.left, "--name t --initiate");
			fake_run(p.world, 5000); /* before a second attempt */
			if (end == 0 || call == 1)
				CU_ASSERT_NOT_EQUAL(
				    fake_pair_packet(&p, true, TUNNEL, &why),
				    FAKE_PROTECTED);
			fake_run(p.world, GONE_MS);
			ike_shutdown(p.left.ike);
			ike_shutdown(p.right.ike);
			fake_run(p.world, GONE_MS);
			CU_ASSERT_TRUE(fake_peer_empty(&p.left) &&
			    fake_peer_empty(&p.right));
			CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
			CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
			fake_pair_end(&p);
		}
}

/* ---- numbers ---- */

static void
test_same_seed_gives_the_same_octets(void)
{
	struct record w[2];

	for (unsigned i = 0; i < 2; i++) {
		struct fake_pair p;

		record_begin(&w[i], &p, TUNNEL " --pfs");
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 1000);
		fake_pair_end(&p);
	}
	CU_ASSERT_EQUAL(w[0].n, w[1].n);
	for (size_t i = 0; i < w[0].n; i++)
		CU_ASSERT_TRUE(
		    span_equal(record_span(&w[0], i), record_span(&w[1], i)));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_exchange_succeeds_and_leaves_nothing_behind),
	    UNIT_TEST(test_initiator_repeats_twice_and_gives_up_after_70_s),
	    UNIT_TEST(test_responder_answers_one_first_message_once),
	    UNIT_TEST(test_responder_repeats_first_answer_twice_octet_by_octet),
	    UNIT_TEST(test_lost_last_message_is_sent_again_on_a_repeat),
	    UNIT_TEST(test_message_waits_while_a_job_runs),
	    UNIT_TEST(test_repeats_during_a_job_are_absorbed),
	    UNIT_TEST(test_job_that_takes_too_long_ends_its_op),
	    UNIT_TEST(test_job_that_cannot_start_ends_its_op),
	    UNIT_TEST(test_exchange_may_be_deleted_while_it_waits),
	    UNIT_TEST(test_kernel_that_refuses_ends_the_exchange_on_both_sides),
	    UNIT_TEST(test_same_seed_gives_the_same_octets),
	};

	return unit_run("core_exchange", tests, COUNT(tests));
}
