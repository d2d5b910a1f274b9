/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter at work between two peers: what is repeated and when, what
 * is refused and leaves no trace, what happens while an edge waits, and that
 * everything is gone in the end.
 */
#include "engine/core/internal.h"
#include "test/fake/peer.h"
#include "test/unit/unit.h"

#define TUNNEL "--psk --encrypt --tunnel"

/* ---- what is on the wire ---- */

enum { WIRE_MAX = 64, GONE_MS = 100000 };

struct datagram {
	struct path path;
	size_t n;
	uint8_t bytes[1024];
};
struct wire {
	size_t n;
	bool cut; /* nothing arrives any more */
	size_t keep; /* this one (counted from 1) does not arrive */
	struct datagram v[WIRE_MAX];
};

static bool
tap(void *ctx, const struct path *path, struct span datagram)
{
	struct wire *w = ctx;
	struct datagram *d = &w->v[w->n];

	CU_ASSERT_TRUE_FATAL(w->n < WIRE_MAX && datagram.n <= sizeof(d->bytes));
	d->path = *path;
	d->n = datagram.n;
	memcpy(d->bytes, datagram.p, datagram.n);
	w->n++;
	return w->cut || w->n == w->keep;
}

static struct span
on_wire(const struct wire *w, size_t i)
{
	return i < w->n ? span_of(w->v[i].bytes, w->v[i].n) : SPAN_NONE;
}

/* Once more to whoever it was sent to, from whoever sent it. */
static void
replay(struct fake_pair *p, const struct wire *w, size_t i)
{
	bool to_left = endpoint_equal(&w->v[i].path.remote, &p->left.host->at);

	fake_inject(to_left ? p->left.host : p->right.host, &w->v[i].path.local,
	    on_wire(w, i));
}

static void
begin(struct fake_pair *p, struct wire *w, const char *options)
{
	fake_pair_begin(p, 1, options);
	*w = (struct wire){0};
	p->world->tap = tap;
	p->world->tap_ctx = w;
}

static struct engine_stats
stats(const struct fake_peer *p)
{
	struct engine_stats s;

	engine_stats(p->host->engine, &s);
	return s;
}

static bool
empty(const struct fake_peer *p)
{
	struct engine_stats s = stats(p);

	return s.exchanges == 0 && s.slots == 0 && s.jobs == 0 &&
	    s.half_open == 0;
}

/* The newest exchange; NULL. */
static struct xchg *
newest(const struct fake_peer *p)
{
	struct xchg *x = NULL, *next = NULL;

	while ((next = engine_next(p->host->engine, next)) != NULL)
		x = next;
	return x;
}

static const char *
state(const struct fake_peer *p)
{
	struct xchg *x = newest(p);

	return x == NULL ? "" : xchg_state(x)->name;
}

/* Let it go on until so many datagrams have been sent. */
static void
run_to(struct fake_pair *p, const struct wire *w, size_t n)
{
	while (w->n < n && fake_step(p->world, GONE_MS))
		;
	CU_ASSERT_EQUAL_FATAL(w->n, n);
}

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
		struct wire w;
		uint32_t client;
		TEXT(codes, 100);
		TEXT(why, 200);

		begin(&p, &w, options[i]);
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
		CU_ASSERT_EQUAL(stats(&p.left).slots, 4);
		CU_ASSERT_EQUAL(stats(&p.right).slots, 4);
		ike_shutdown(p.left.ike);
		ike_shutdown(p.right.ike);
		fake_run(p.world, GONE_MS);
		CU_ASSERT_TRUE(empty(&p.left) && empty(&p.right));
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
	struct wire w;
	uint64_t start;

	begin(&p, &w, TUNNEL " --keyingtries 1");
	w.cut = true;
	start = p.world->now_ms;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	for (size_t i = 0; i < COUNT(at_ms); i++) {
		run_to(&p, &w, i + 2);
		CU_ASSERT_EQUAL(p.world->now_ms - start, at_ms[i]);
		CU_ASSERT_TRUE(span_equal(on_wire(&w, 0), on_wire(&w, i + 1)));
	}
	fake_run(p.world, start + 69999 - p.world->now_ms);
	CU_ASSERT_EQUAL(stats(&p.left).exchanges, 1);
	fake_run(p.world, 1);
	CU_ASSERT_TRUE(empty(&p.left));
	CU_ASSERT_EQUAL(w.n, 3);
	fake_pair_end(&p);
}

static void
test_responder_answers_one_first_message_once(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	w.keep = 2; /* MR1 is lost, and the initiator dies */
	run_to(&p, &w, 2);
	fake_peer_stop(&p.left);
	CU_ASSERT_STRING_EQUAL(state(&p.right), "MAIN_R1");
	CU_ASSERT_EQUAL(stats(&p.right).half_open, 1);
	fake_run(p.world, GONE_MS);
	CU_ASSERT_EQUAL(w.n, 2);
	CU_ASSERT_TRUE(empty(&p.right));
	fake_pair_end(&p);
}

static void
test_responder_repeats_first_answer_twice_octet_by_octet(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	w.cut = true;
	replay(&p, &w, 0);
	CU_ASSERT_EQUAL_FATAL(w.n, 2);
	for (size_t i = 0; i < 3; i++)
		replay(&p, &w, 0);
	CU_ASSERT_EQUAL(w.n, 4);
	CU_ASSERT_TRUE(span_equal(on_wire(&w, 1), on_wire(&w, 2)));
	CU_ASSERT_TRUE(span_equal(on_wire(&w, 1), on_wire(&w, 3)));
	CU_ASSERT_EQUAL(stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_lost_last_message_is_sent_again_on_a_repeat(void)
{
	static const size_t lost[] = {6, 9}; /* MR3, QI2 */

	for (size_t i = 0; i < COUNT(lost); i++) {
		struct fake_pair p;
		struct wire w;

		begin(&p, &w, TUNNEL);
		w.keep = lost[i];
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 15000);
		CU_ASSERT_EQUAL(w.n, 11); /* one each side more */
		CU_ASSERT_TRUE(span_equal(
		    on_wire(&w, lost[i] - 1), on_wire(&w, lost[i] + 1)));
		CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 1);
		CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
		fake_pair_end(&p);
	}
}

/* ---- refusing ---- */

/* A datagram that must change nothing at the right end. */
static void
must_be_ignored(struct fake_pair *p, const struct wire *w, struct span bytes)
{
	struct engine_stats before = stats(&p->right), after;
	size_t sent = w->n;

	fake_inject(p->right.host, &p->left.host->at, bytes);
	after = stats(&p->right);
	CU_ASSERT_EQUAL(after.exchanges, before.exchanges);
	CU_ASSERT_EQUAL(after.slots, before.slots);
	CU_ASSERT_EQUAL(w->n, sent);
}

/* MI1, never delivered, for the right end to be tried with. */
static struct datagram
first_message(struct fake_pair *p, struct wire *w)
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
	    {8, 1}, /* a responder's cookie */
	    {23, 1}, /* message ID */
	    {24, 0xff},
	    {25, 1},
	    {26, 0xff},
	    {27, 0},
	    {27, 27},
	};
	struct fake_pair p;
	struct wire w;
	struct datagram mi1;

	begin(&p, &w, TUNNEL);
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
	struct wire w;
	struct datagram mi1;

	begin(&p, &w, TUNNEL);
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
	CU_ASSERT_TRUE(empty(&p.right));
	fake_pair_end(&p);
}

static void
test_answer_from_another_address_is_ignored(void)
{
	struct fake_pair p;
	struct wire w;
	struct endpoint other;

	begin(&p, &w, TUNNEL);
	w.keep = 2;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	run_to(&p, &w, 2);
	other = p.right.host->at;
	other.port = 501;
	fake_inject(p.left.host, &other, on_wire(&w, 1));
	CU_ASSERT_STRING_EQUAL(state(&p.left), "MAIN_I1");
	replay(&p, &w, 1);
	fake_run(p.world, 8);
	CU_ASSERT_STRING_EQUAL(state(&p.left), "MAIN_I2");
	fake_pair_end(&p);
}

static void
test_forged_answer_leaves_the_initiator_as_it_was(void)
{
	struct fake_pair p;
	struct wire w;
	struct datagram forged;
	size_t slots;

	begin(&p, &w, TUNNEL);
	w.keep = 4;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	run_to(&p, &w, 4);
	slots = stats(&p.left).slots;
	forged = w.v[3];
	memset(forged.bytes + 32, 0, 192); /* the exponential: zero */
	fake_inject(
	    p.left.host, &p.right.host->at, span_of(forged.bytes, forged.n));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "ke_fits_group"));
	CU_ASSERT_STRING_EQUAL(state(&p.left), "MAIN_I2");
	CU_ASSERT_EQUAL(stats(&p.left).slots, slots);
	replay(&p, &w, 3);
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
		struct wire w;
		struct datagram bad;
		bool to_left = lost % 2 == 0;

		begin(&p, &w, TUNNEL);
		w.keep = lost;
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		run_to(&p, &w, lost);
		bad = w.v[lost - 1];
		bad.bytes[HEADER_LEN + 3] ^= 0x10;
		fake_inject(to_left ? p.left.host : p.right.host,
		    &bad.path.local, span_of(bad.bytes, bad.n));
		fake_run(p.world, 1);
		CU_ASSERT_EQUAL(w.n, lost);
		replay(&p, &w, lost - 1);
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
		struct wire w;
		struct datagram early;

		begin(&p, &w, TUNNEL);
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		run_to(&p, &w, n);
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
	struct wire w;
	uint8_t buf[64];
	struct span hint;

	begin(&p, &w, TUNNEL);
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
	CU_ASSERT_STRING_EQUAL(state(&p.left), "MAIN_I1");
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
test_refusal_in_phase_1_is_told_in_the_clear_if_policy_says_so(void)
{
	static const char *const policies[2][2] = {
	    {"classic", "modern"},
	    {"modern", "classic"},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct fake_pair p;
		struct wire w;
		TEXT(options, 100);

		text_add(&options, TUNNEL " --policy %s", policies[i][0]);
		begin(&p, &w, options.p);
		load_otherwise(&p, "10.2.0.0/16", policies[i][1]);
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 1000);
		CU_ASSERT_STRING_EQUAL(state(&p.left), "MAIN_I1");
		CU_ASSERT_TRUE(empty(&p.right));
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
	struct wire w;

	begin(&p, &w, TUNNEL " --policy modern");
	load_otherwise(&p, "10.3.0.0/16", "modern");
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 1000);
	CU_ASSERT_EQUAL_FATAL(w.n, 8);
	CU_ASSERT_EQUAL(w.v[7].bytes[18], 5);
	CU_ASSERT_EQUAL(w.v[7].bytes[19], HDR_FLAG_ENCRYPT);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "INVALID_ID_INFORMATION"));
	CU_ASSERT_EQUAL(stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_message_id_is_not_taken_twice(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL);
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 1000);
	CU_ASSERT_STRING_EQUAL(state(&p.right), "QUICK_R2");
	replay(&p, &w, 6);
	CU_ASSERT_EQUAL(w.n, 9);
	engine_delete(p.right.host->engine, xchg_number(newest(&p.right)));
	replay(&p, &w, 6);
	CU_ASSERT_EQUAL(w.n, 9);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host, "msgid_is_new"));
	CU_ASSERT_EQUAL(stats(&p.right).exchanges, 1);
	fake_pair_end(&p);
}

static void
test_half_open_exchanges_of_one_source_are_limited(void)
{
	struct fake_pair p;
	struct wire w;
	struct datagram mi1;

	begin(&p, &w, TUNNEL);
	mi1 = first_message(&p, &w);
	for (unsigned i = 0; i < 2 * LIMIT_HALF_OPEN_PER_SOURCE; i++) {
		mi1.bytes[0] = (uint8_t)i;
		mi1.bytes[1] = 1;
		w.n = 1;
		fake_inject(
		    p.right.host, &p.left.host->at, span_of(mi1.bytes, mi1.n));
	}
	CU_ASSERT_EQUAL(stats(&p.right).half_open, LIMIT_HALF_OPEN_PER_SOURCE);
	CU_ASSERT_EQUAL(
	    engine_half_open_from(p.right.host->engine, &p.left.host->at.a),
	    LIMIT_HALF_OPEN_PER_SOURCE);
	fake_run(p.world, GONE_MS);
	CU_ASSERT_TRUE(empty(&p.right));
	fake_pair_end(&p);
}

static void
test_log_about_strangers_is_limited_and_counted(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL);
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

/* ---- waiting ---- */

static void
test_message_waits_while_a_job_runs(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL);
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
	struct wire w;

	begin(&p, &w, TUNNEL);
	p.right.host->job_extra_ms = 500;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	run_to(&p, &w, 3);
	fake_run(p.world, 100); /* MI2 has arrived, the key is being made */
	replay(&p, &w, 2);
	replay(&p, &w, 0);
	CU_ASSERT_EQUAL(w.n, 3);
	fake_run(p.world, 5000);
	CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_QUICK_MODE), 1);
	fake_pair_end(&p);
}

static void
test_job_that_takes_too_long_ends_its_op(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL " --keyingtries 1");
	p.left.host->job_extra_ms = 15000; /* the spec allows 10 s */
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, 11000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "dh_keypair"));
	CU_ASSERT_EQUAL(stats(&p.left).exchanges, 0);
	CU_ASSERT_EQUAL(stats(&p.left).jobs, 1);
	fake_run(p.world, GONE_MS); /* it reports to nobody */
	CU_ASSERT_TRUE(empty(&p.left) && empty(&p.right));
	fake_pair_end(&p);
}

static void
test_job_that_cannot_start_ends_its_op(void)
{
	struct fake_pair p;
	struct wire w;

	begin(&p, &w, TUNNEL " --keyingtries 1");
	p.left.host->no_jobs = true;
	(void)fake_peer_whack(&p.left, "--name t --initiate");
	fake_run(p.world, GONE_MS);
	CU_ASSERT_TRUE(empty(&p.left) && empty(&p.right));
	fake_pair_end(&p);
}

/* NEG-23 (CVE-2011-4073): in every suspended state of either end. */
static void
test_exchange_may_be_deleted_while_it_waits(void)
{
	unsigned tried = 0;

	for (unsigned step = 0; step < 60; step++) {
		struct fake_pair p;
		struct wire w;

		begin(&p, &w, TUNNEL " --pfs --keyingtries 1");
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		for (unsigned i = 0; i < step; i++)
			(void)fake_step(p.world, 1000);
		for (unsigned end = 0; end < 2; end++) {
			struct fake_peer *peer = end ? &p.left : &p.right;

			if (stats(peer).jobs == 0)
				continue;
			tried++;
			engine_delete(
			    peer->host->engine, xchg_number(newest(peer)));
		}
		fake_run(p.world, 3 * GONE_MS);
		ike_shutdown(p.left.ike);
		ike_shutdown(p.right.ike);
		fake_run(p.world, GONE_MS);
		CU_ASSERT_TRUE(empty(&p.left) && empty(&p.right));
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
			struct wire w;
			TEXT(why, 200);

			begin(&p, &w, TUNNEL " --keyingtries 1");
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
			CU_ASSERT_TRUE(empty(&p.left) && empty(&p.right));
			CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
			CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
			fake_pair_end(&p);
		}
}

/* ---- numbers ---- */

static void
test_refused_first_message_uses_no_serial(void)
{
	struct fake_pair p;
	struct wire w;
	struct datagram mi1;

	begin(&p, &w, TUNNEL);
	mi1 = first_message(&p, &w);
	for (unsigned i = 0; i < 10; i++) {
		struct datagram d = mi1;

		d.bytes[HEADER_LEN + 8 + 3] = 2; /* DOI */
		must_be_ignored(&p, &w, span_of(d.bytes, d.n));
	}
	replay(&p, &w, 0);
	CU_ASSERT_EQUAL_FATAL(stats(&p.right).exchanges, 1);
	CU_ASSERT_EQUAL(xchg_serial(newest(&p.right)), 1);
	CU_ASSERT_PTR_EQUAL(
	    engine_find_serial(p.right.host->engine, 1), newest(&p.right));
	fake_pair_end(&p);
}

static void
test_same_seed_gives_the_same_octets(void)
{
	struct wire w[2];

	for (unsigned i = 0; i < 2; i++) {
		struct fake_pair p;

		begin(&p, &w[i], TUNNEL " --pfs");
		(void)fake_peer_whack(&p.left, "--name t --initiate");
		fake_run(p.world, 1000);
		fake_pair_end(&p);
	}
	CU_ASSERT_EQUAL(w[0].n, w[1].n);
	for (size_t i = 0; i < w[0].n; i++)
		CU_ASSERT_TRUE(
		    span_equal(on_wire(&w[0], i), on_wire(&w[1], i)));
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
	    UNIT_TEST(test_bad_headers_are_ignored),
	    UNIT_TEST(test_any_damage_of_a_first_message_is_survived),
	    UNIT_TEST(test_answer_from_another_address_is_ignored),
	    UNIT_TEST(test_forged_answer_leaves_the_initiator_as_it_was),
	    UNIT_TEST(test_damaged_ciphertext_leaves_the_iv_as_it_was),
	    UNIT_TEST(test_quick_mode_before_the_isakmp_sa_is_ignored),
	    UNIT_TEST(test_unprotected_notification_is_only_logged),
	    UNIT_TEST(
		test_refusal_in_phase_1_is_told_in_the_clear_if_policy_says_so),
	    UNIT_TEST(test_refusal_in_phase_2_is_told_under_the_isakmp_sa),
	    UNIT_TEST(test_message_id_is_not_taken_twice),
	    UNIT_TEST(test_half_open_exchanges_of_one_source_are_limited),
	    UNIT_TEST(test_log_about_strangers_is_limited_and_counted),
	    UNIT_TEST(test_message_waits_while_a_job_runs),
	    UNIT_TEST(test_repeats_during_a_job_are_absorbed),
	    UNIT_TEST(test_job_that_takes_too_long_ends_its_op),
	    UNIT_TEST(test_job_that_cannot_start_ends_its_op),
	    UNIT_TEST(test_exchange_may_be_deleted_while_it_waits),
	    UNIT_TEST(test_kernel_that_refuses_ends_the_exchange_on_both_sides),
	    UNIT_TEST(test_refused_first_message_uses_no_serial),
	    UNIT_TEST(test_same_seed_gives_the_same_octets),
	};

	return unit_run("core_exchange", tests, COUNT(tests));
}
