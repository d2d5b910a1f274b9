/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the interpreter refuses: nothing of it may leave a trace, and at most
 * one line of the log and one datagram answer it.
 */
#include "engine/core/internal.h"
#include "test/fake/record.h"
#include "test/unit/unit.h"

#define TUNNEL "--psk --encrypt --tunnel"

enum { GONE_MS = 100000 };

/* A datagram that must change nothing at the right end. */
static void
must_be_ignored(struct fake_pair *p, const struct record *w, struct span bytes)
{
	struct engine_stats before = fake_peer_stats(&p->right), after;
	size_t sent = w->n;

	fake_inject(p->right.host, &p->left.host->at, bytes);
	after = fake_peer_stats(&p->right);
	CU_ASSERT_EQUAL(after.exchanges, before.exchanges);
	CU_ASSERT_EQUAL(after.slots, before.slots);
	CU_ASSERT_EQUAL(w->n, sent);
}

/* MI1, never delivered, for the right end to be tried with. */
static struct datagram
first_message(struct fake_pair *p, struct record *w)
{
	w->cut = true;
	(void)fake_peer_whack(&p->left, "--name t --initiate");
	CU_ASSERT_EQUAL_FATAL(w->n, 1);
	return w->v[0];
}

static void
test_bad_headers_are_ignored(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
	    {16, 0},
	    {16, 2},
	    {16, 4},
	    {16, 132}, /* next payload */
	    {17, 0x11},
	    {17, 0x20},
	    {17, 0x00}, /* version */
	    {18, 0},
	    {18, 4},
	    {18, 6},
	    {18, 32},
	    {18, 34},
	    {18, 240},
	    {19, 0x01},
	    {19, 0x04},
	    {19, 0x08},
	    {19, 0xff}, /* flags */
	    {8, 1},     /* a responder's cookie */
	    {23, 1},    /* message ID */
	    {24, 0xff},
	    {25, 1},
	    {26, 0xff},
	    {27, 0},
	    {27, 27},
	};
	struct fake_pair p;
	struct record w;
	struct datagram mi1;

	record_begin(&w, &p, TUNNEL);
	mi1 = first_message(&p, &w);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct datagram d = mi1;

		d.bytes[bad[i].at] = bad[i].value;
		must_be_ignored(&p, &w, span_of(d.bytes, d.n));
	}
	memset(mi1.bytes, 0, 8); /* no initiator's cookie */
	must_be_ignored(&p, &w, span_of(mi1.bytes, mi1.n));
	fake_pair_end(&p);
}

/* One bit more or less is not always wrong; but it must never do harm. */
static void
test_any_damage_of_a_first_message_is_survived(void)
{
	struct fake_pair p;
	struct record w;
	struct datagram mi1;

	record_begin(&w, &p, TUNNEL);
	mi1 = first_message(&p, &w);
	for (size_t n = 0; n < mi1.n; n++)
		must_be_ignored(&p, &w, span_of(mi1.bytes, n));
	for (size_t at = 0; at < mi1.n; at++)
		for (unsigned v = 0; v < 256; v++) {
			struct datagram d = mi1;
			size_t sent = w.n;

			d.bytes[at] = (uint8_t)v;
			fake_inject(p.right.host, &p.left.host->at,
			    span_of(d.bytes, d.n));
			CU_ASSERT_TRUE(w.n <= sent + 1);
			w.n = 1;
		}
	fake_run(p.world, GONE_MS);
	CU_ASSERT_TRUE(fake_peer_empty(&p.right));
	fake_pair_end(&p);
}

static void
test_answer_from_another_address_is_ignored(void)
{
	struct fake_pair p;
	struct record w;
	struct endpoint other;

	record_begin(&w, &p, TUNNEL);
	w.lose = 2;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, 2));
	other = p.right.host->at;
	other.port = 501;
	fake_inject(p.left.host, &other, record_span(&w, 1));
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.left), "MAIN_I1");
	record_again(&w, &p, 1);
	fake_run(p.world, 8);
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.left), "MAIN_I2");
	fake_pair_end(&p);
}

/* Whoever leaves out the responder's cookie has not seen our answer. */
static void
test_second_message_without_our_cookie_is_ignored(void)
{
	struct fake_pair p;
	struct record w;
	struct datagram blind;

	record_begin(&w, &p, TUNNEL);
	w.lose = 3;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, 3));
	blind = w.v[2];
	memset(blind.bytes + COOKIE_LEN, 0, COOKIE_LEN);
	must_be_ignored(&p, &w, span_of(blind.bytes, blind.n));
	fake_run(p.world, 100);
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.right), "MAIN_R1");
	CU_ASSERT_EQUAL(w.n, 3);
	record_again(&w, &p, 2);
	fake_run(p.world, 1000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
	fake_pair_end(&p);
}

static void
test_forged_answer_leaves_the_initiator_as_it_was(void)
{
	struct fake_pair p;
	struct record w;
	struct datagram forged;
	size_t slots;

	record_begin(&w, &p, TUNNEL);
	w.lose = 4;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, 4));
	slots = fake_peer_stats(&p.left).slots;
	forged = w.v[3];
	memset(forged.bytes + 32, 0, 192); /* the exponential: zero */
	fake_inject(
	    p.left.host, &p.right.host->at, span_of(forged.bytes, forged.n));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "ke_fits_group"));
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.left), "MAIN_I2");
	CU_ASSERT_EQUAL(fake_peer_stats(&p.left).slots, slots);
	record_again(&w, &p, 3);
	fake_run(p.world, 1000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 1);
	fake_pair_end(&p);
}

/* NEG-62, conf. 102: a damaged ciphertext must not disturb the stored IV. */
static void
test_damaged_ciphertext_leaves_the_iv_as_it_was(void)
{
	for (size_t lost = 5; lost <= 9; lost++) {
		struct fake_pair p;
		struct record w;
		struct datagram bad;
		bool to_left = lost % 2 == 0;

		record_begin(&w, &p, TUNNEL);
		w.lose = lost;
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, lost));
		bad = w.v[lost - 1];
		bad.bytes[HEADER_LEN + 3] ^= 0x10;
		fake_inject(to_left ? p.left.host : p.right.host,
		    &bad.path.local, span_of(bad.bytes, bad.n));
		fake_run(p.world, 1);
		CU_ASSERT_EQUAL(w.n, lost);
		record_again(&w, &p, lost - 1);
		fake_run(p.world, 5000);
		CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 1);
		CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
		fake_pair_end(&p);
	}
}

static void
test_quick_mode_before_the_isakmp_sa_is_ignored(void)
{
	for (size_t n = 2; n <= 5; n++) {
		struct fake_pair p;
		struct record w;
		struct datagram early;

		record_begin(&w, &p, TUNNEL);
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		CU_ASSERT_TRUE_FATAL(record_run_to(&w, &p, n));
		early = w.v[1];
		early.bytes[18] = 32;
		early.bytes[19] = HDR_FLAG_ENCRYPT;
		early.bytes[23] = 1;
		must_be_ignored(&p, &w, span_of(early.bytes, early.n));
		early.bytes[18] = 5;
		must_be_ignored(&p, &w, span_of(early.bytes, early.n));
		fake_pair_end(&p);
	}
}

static void
test_unprotected_notification_is_only_logged(void)
{
	struct fake_pair p;
	struct record w;
	uint8_t buf[64];
	struct span hint;

	record_begin(&w, &p, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	w.cut = true;
	memset(buf, 0, sizeof(buf));
	memcpy(buf, w.v[0].bytes, 16);
	hint = unit_hex("0b100500 00000000 00000028"
			"0000000c 00000001 0100000e",
	    buf + 16, 24);
	CU_ASSERT_EQUAL(hint.n, 24);
	buf[8] = 1; /* a responder's cookie */
	fake_inject(p.left.host, &p.right.host->at, span_of(buf, 40));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "NO_PROPOSAL_CHOSEN"));
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.left), "MAIN_I1");
	CU_ASSERT_EQUAL(w.n, 1);
	fake_pair_end(&p);
}

/* Give the right end a connection that does not fit the left one's. */
static void
load_otherwise(struct fake_pair *p, const char *client, const char *policy)
{
	(void)fake_peer_whack(&p->right, "--name t --delete");
	(void)fake_peer_whack(&p->right,
	    "--name t --host 10.77.0.1 "
	    "--client 10.1.0.0/16 --to --host 10.77.0.2 --client %s %s "
	    "--policy %s",
	    client, TUNNEL, policy);
}

static void
test_refusal_in_phase_1_is_told_in_the_clear(void)
{
	static const char *const policies[2][2] = {
	    {"classic", "modern"},
	    {"modern", "classic"},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct fake_pair p;
		struct record w;
		TEXT(options, 100);

		text_add(&options, TUNNEL " --policy %s", policies[i][0]);
		record_begin(&w, &p, options.p);
		load_otherwise(&p, "10.2.0.0/16", policies[i][1]);
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 1000);
		CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.left), "MAIN_I1");
		CU_ASSERT_TRUE(fake_peer_empty(&p.right));
		CU_ASSERT_EQUAL(w.n, i == 0 ? 2 : 1);
		CU_ASSERT_EQUAL(
		    fake_find(p.left.host, "NO_PROPOSAL_CHOSEN") != NULL,
		    i == 0);
		fake_pair_end(&p);
	}
}

static void
test_refusal_in_phase_2_is_told_under_the_isakmp_sa(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL " --policy modern");
	load_otherwise(&p, "10.3.0.0/16", "modern");
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 1000);
	CU_ASSERT_EQUAL_FATAL(w.n, 8);
	CU_ASSERT_EQUAL(w.v[7].bytes[18], 5);
	CU_ASSERT_EQUAL(w.v[7].bytes[19], HDR_FLAG_ENCRYPT);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "INVALID_ID_INFORMATION"));
	CU_ASSERT_EQUAL(fake_peer_stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_message_id_is_not_taken_twice(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 1000);
	CU_ASSERT_STRING_EQUAL(fake_peer_state(&p.right), "QUICK_R2");
	record_again(&w, &p, 6);
	CU_ASSERT_EQUAL(w.n, 9);
	engine_delete(
	    p.right.host->engine, xchg_number(fake_peer_newest(&p.right)));
	record_again(&w, &p, 6);
	CU_ASSERT_EQUAL(w.n, 9);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host, "msgid_is_new"));
	CU_ASSERT_EQUAL(fake_peer_stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_half_open_exchanges_of_one_source_are_limited(void)
{
	struct fake_pair p;
	struct record w;
	struct datagram mi1;

	record_begin(&w, &p, TUNNEL);
	mi1 = first_message(&p, &w);
	for (unsigned i = 0; i < 2 * LIMIT_HALF_OPEN_PER_SOURCE; i++) {
		mi1.bytes[0] = (uint8_t)i;
		mi1.bytes[1] = 1;
		w.n = 1;
		fake_inject(
		    p.right.host, &p.left.host->at, span_of(mi1.bytes, mi1.n));
	}
	CU_ASSERT_EQUAL(
	    fake_peer_stats(&p.right).half_open, LIMIT_HALF_OPEN_PER_SOURCE);
	CU_ASSERT_EQUAL(
	    engine_half_open_from(p.right.host->engine, &p.left.host->at.a),
	    LIMIT_HALF_OPEN_PER_SOURCE);
	fake_run(p.world, GONE_MS);
	CU_ASSERT_TRUE(fake_peer_empty(&p.right));
	fake_pair_end(&p);
}

static void
test_log_about_strangers_is_limited_and_counted(void)
{
	struct fake_pair p;
	struct record w;

	record_begin(&w, &p, TUNNEL);
	for (unsigned i = 0; i < 100; i++)
		must_be_ignored(&p, &w, SPAN_LIT("nonsense"));
	CU_ASSERT_EQUAL(
	    fake_count(p.right.host, "dropped"), LIMIT_LOG_PER_SECOND);
	fake_run(p.world, 1000);
	must_be_ignored(&p, &w, SPAN_LIT("nonsense"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "90 lines about "
	    "unauthenticated messages were suppressed"));
	fake_pair_end(&p);
}

static void
test_refused_first_message_uses_no_serial(void)
{
	struct fake_pair p;
	struct record w;
	struct datagram mi1;

	record_begin(&w, &p, TUNNEL);
	mi1 = first_message(&p, &w);
	for (unsigned i = 0; i < 10; i++) {
		struct datagram d = mi1;

		d.bytes[HEADER_LEN + 8 + 3] = 2; /* DOI */
		must_be_ignored(&p, &w, span_of(d.bytes, d.n));
	}
	record_again(&w, &p, 0);
	CU_ASSERT_EQUAL_FATAL(fake_peer_stats(&p.right).exchanges, 1);
	CU_ASSERT_EQUAL(xchg_serial(fake_peer_newest(&p.right)), 1);
	CU_ASSERT_PTR_EQUAL(engine_find_serial(p.right.host->engine, 1),
	    fake_peer_newest(&p.right));
	fake_pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_bad_headers_are_ignored),
	    UNIT_TEST(test_second_message_without_our_cookie_is_ignored),
	    UNIT_TEST(test_any_damage_of_a_first_message_is_survived),
	    UNIT_TEST(test_answer_from_another_address_is_ignored),
	    UNIT_TEST(test_forged_answer_leaves_the_initiator_as_it_was),
	    UNIT_TEST(test_damaged_ciphertext_leaves_the_iv_as_it_was),
	    UNIT_TEST(test_quick_mode_before_the_isakmp_sa_is_ignored),
	    UNIT_TEST(test_unprotected_notification_is_only_logged),
	    UNIT_TEST(test_refusal_in_phase_1_is_told_in_the_clear),
	    UNIT_TEST(test_refusal_in_phase_2_is_told_under_the_isakmp_sa),
	    UNIT_TEST(test_message_id_is_not_taken_twice),
	    UNIT_TEST(test_half_open_exchanges_of_one_source_are_limited),
	    UNIT_TEST(test_log_about_strangers_is_limited_and_counted),
	    UNIT_TEST(test_refused_first_message_uses_no_serial),
	};

	return unit_run("core_refusal", tests, COUNT(tests));
}
