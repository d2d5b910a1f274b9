/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in the kernel while SAs come, cross, and go in an unusual order, and
 * which connection may have what: two plutos in one world.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

enum { QI2_OCTETS = 52 };

/* ---- the kernel's policies --------------------------------------------- */

/* fake_tap: what is as long as QI2 gets lost. */
static bool
lose_qi2(void *ctx, const struct path *path, struct span datagram)
{
	const struct fake_pair *p = ctx;

	return datagram.n == QI2_OCTETS &&
	    endpoint_equal(&path->local, &p->left.host->at);
}

static void
test_ike_sas_one_of_two_half_done_leaves_the_others_policy(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	p.world->tap = lose_qi2;
	p.world->tap_ctx = &p;
	(void)pair_initiate(&p, "t");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 0));
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 2);
	fake_peer_whack(&p.right, "--deletestate 3");
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 1);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 1);
	p.world->tap = NULL;
	fake_run(p.world, 12000);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 1));
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 2);
	pair_end(&p);
}

static void
test_ike_sas_without_the_newest_the_older_carries_traffic(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	(void)pair_initiate(&p, "t");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	fake_peer_whack(&p.left, "--deletestate 3");
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	fake_peer_whack(&p.left, "--deletestate 2");
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	/* it is wanted: its packets are caught */
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	pair_end(&p);
}

static void
test_ike_sas_a_second_connection_takes_no_traffic_of_the_first(void)
{
	struct fake_pair p;
	uint32_t client;

	fake_pair_begin(&p, 1, NET_TO_NET);
	pair_whack(&p,
	    "--name u --psk --encrypt --host 10.77.0.1 --client "
	    "10.1.0.0/16 --to --host 10.77.0.2 --client 10.2.0.0/16");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	client = pair_initiate(&p, "u");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_ROUTE);
	fake_peer_whack(&p.left, "--terminate --name u");
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	client = pair_initiate(&p, "u");
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* ---- packets that want an SA --------------------------------------------- */

static void
acquire(struct fake_peer *p, const char *name)
{
	struct kernel_event ev = {.kind = KERNEL_ACQUIRE,
	    .reqid = conn_by_name(p->ike->conns, name)->reqid};

	ike_kernel_event(p->ike, &ev);
}

static void
test_ike_sas_many_packets_start_one_negotiation(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	pair_whack(&p,
	    "--name u --psk --encrypt --host 10.77.0.1 --client "
	    "10.3.0.0/16 --to --host 10.77.0.2 --client 10.4.0.0/16");
	fake_peer_whack(&p.left, "--route --name t");
	fake_peer_whack(&p.left, "--route --name u");
	fake_run(p.world, SOON_MS);
	for (int i = 0; i < 3; i++) {
		acquire(&p.left, "t");
		acquire(&p.left, "u");
	}
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	acquire(&p.left, "u");
	acquire(&p.left, "u");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 3));
	pair_end(&p);
}

static void
test_ike_sas_a_packet_need_not_wait_for_another_isakmp_sa(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	(void)pair_initiate(&p, "t");
	xchg_set_timer(
	    engine_find_serial(ike_engine(p.left.ike), 1), TIMER_REPLACE, 1);
	fake_run(p.world, 5);
	acquire(&p.left, "t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 2, 2));
	pair_end(&p);
}

/* ---- the ISAKMP SA ------------------------------------------------------- */

/* fake_tap */
static bool
lose_all(void *ctx, const struct path *path, struct span datagram)
{
	(void)ctx;
	(void)path;
	(void)datagram;
	return true;
}

static void
test_ike_sas_an_isakmp_sa_without_message_ids_serves_no_more(void)
{
	struct fake_pair p;
	struct neg about = {.notify = NOTIFY_INVALID_SPI};
	struct engine *e;
	struct xchg *sa;
	uint32_t client;

	fake_pair_begin(&p, 1, NET_TO_NET);
	(void)pair_initiate(&p, "t");
	p.world->tap = lose_all;
	e = ike_engine(p.left.ike);
	sa = engine_find_serial(e, 1);
	for (unsigned i = 0; i < LIMIT_MESSAGE_IDS_PER_SA; i++)
		(void)engine_start(e, XCHG_INFORMATIONAL, LOCAL_NOTIFY,
		    xchg_path(sa), sa, &about);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "are used up"));
	p.world->tap = NULL;
	client = pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 2, 2));
	pair_end(&p);
}

/* ---- which connection --------------------------------------------------- */

static void
test_ike_sas_a_connection_without_encrypt_has_none(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, "--psk --encrypt");
	fake_peer_whack(&p.right,
	    "--name t --delete --psk --host 10.77.0.1 "
	    "--to --host 10.77.0.2");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 0));
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.right.host, "\"t\" has no --encrypt"));
	pair_end(&p);
}

static void
test_ike_sas_the_offer_chooses_among_policies(void)
{
	struct fake_pair p;
	uint32_t client;

	fake_pair_begin(&p, 1, NET_TO_NET);
	pair_whack(&p,
	    "--name m --psk --encrypt --policy modern --host 10.77.0.1 "
	    "--client 10.3.0.0/16 --to --host 10.77.0.2 --client 10.4.0.0/16");
	client = pair_initiate(&p, "m");
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 1));
	client = pair_initiate(&p, "t");
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 2, 2));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* ---- while busy ---------------------------------------------------------- */

struct forger {
	struct fake_pair pair;
	bool done;
};

/* What could be MR2, with a responder's cookie of its own. */
static struct span
forge_mr2(struct wr *w, struct span mr1)
{
	struct pl_isakmp_hdr hdr = {
	    .icookie = span_head(mr1, 8),
	    .rcookie = SPAN_LIT("stranger"),
	    .next = PAYLOAD_KE,
	    .xchg = EXCHANGE_TYPE_MAIN,
	};
	size_t mark;

	enc_isakmp_hdr(w, &hdr);
	mark = wr_frame_begin(w, PAYLOAD_NONCE);
	for (unsigned i = 0; i < 192; i++)
		wr_u8(w, 0x55);
	wr_frame_end(w, mark);
	mark = wr_frame_begin(w, PAYLOAD_NONE);
	wr_bytes(w, SPAN_LIT("sixteen octets.."));
	wr_frame_end(w, mark);
	wr_patch_u32(w, 24, (uint32_t)wr_span(w).n);
	return wr_span(w);
}

/* fake_tap: right behind MR1 comes a forged MR2. */
static bool
follow_mr1(void *ctx, const struct path *path, struct span datagram)
{
	struct forger *f = ctx;
	uint8_t buf[400];
	struct wr w = wr_of(buf, sizeof(buf));

	if (f->done || !endpoint_equal(&path->local, &f->pair.right.host->at))
		return false;
	f->done = true;
	fake_wire(f->pair.world, path, datagram);
	fake_wire(f->pair.world, path, forge_mr2(&w, datagram));
	return true;
}

/* conf. 91 */
static void
test_ike_sas_cookies_are_bound_for_what_waits_too(void)
{
	struct forger f = {0};

	fake_pair_begin(&f.pair, 1, NET_TO_NET);
	f.pair.world->tap = follow_mr1;
	f.pair.world->tap_ctx = &f;
	(void)pair_initiate(&f.pair, "t");
	CU_ASSERT_TRUE(f.done);
	CU_ASSERT_TRUE(fake_peer_is_up(&f.pair.left, 1, 1));
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(f.pair.left.host, "it lacks the responder's cookie"));
	pair_end(&f.pair);
}

/* ---- replays ------------------------------------------------------------- */

struct recording {
	struct fake_pair pair;
	size_t n;
	uint8_t bytes[2048];
};

/* fake_tap: keep the first message of Quick Mode. */
static bool
record_qi1(void *ctx, const struct path *path, struct span datagram)
{
	struct recording *r = ctx;

	(void)path;
	if (r->n == 0 && datagram.p[18] == EXCHANGE_TYPE_QUICK &&
	    datagram.n <= sizeof(r->bytes)) {
		memcpy(r->bytes, datagram.p, datagram.n);
		r->n = datagram.n;
	}
	return false;
}

/* What is refused changes nothing, so it is refused as often as it comes; but
 * who plays it again, and knows no key, must not fill the log with it. */
static void
test_ike_sas_a_refused_message_played_again_fills_no_log(void)
{
	struct recording r = {0};
	struct fake_peer *right = &r.pair.right;

	fake_pair_begin(&r.pair, 1, NET_TO_NET " --keyingtries 1");
	r.pair.world->tap = record_qi1;
	r.pair.world->tap_ctx = &r;
	fake_peer_whack(right,
	    "--name t --delete --psk --encrypt --host 10.77.0.1 --client "
	    "10.9.0.0/16 --to --host 10.77.0.2 --client 10.2.0.0/16");
	(void)pair_initiate(&r.pair, "t");
	CU_ASSERT_EQUAL(fake_count(right->host, "cannot respond to IPsec"), 1);
	for (int i = 0; i < 100; i++)
		fake_inject(
		    right->host, &r.pair.left.host->at, span_of(r.bytes, r.n));
	CU_ASSERT_TRUE(fake_count(right->host, "cannot respond to IPsec") <=
	    1 + LIMIT_LOG_PER_SECOND);
	pair_end(&r.pair);
}

/* ---- who waits ----------------------------------------------------------- */

static void
test_ike_sas_who_waits_for_another_main_mode_hears_of_the_end(void)
{
	static const char *const ends[] = {
	    "--terminate --name u", "--delete --name u"};

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct fake_pair p;
		uint32_t client;

		fake_pair_begin(&p, 1, NET_TO_NET);
		pair_whack(&p,
		    "--name u --psk --encrypt --host 10.77.0.1 --client "
		    "10.3.0.0/16 --to --host 10.77.0.2 --client 10.4.0.0/16");
		fake_peer_whack(&p.left, "--initiate --name t");
		client = fake_peer_whack(&p.left, "--initiate --name u");
		fake_peer_whack(&p.left, "%s", ends[i]);
		CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
		CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_FATAL);
		fake_run(p.world, SOON_MS);
		CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
		pair_end(&p);
	}
}

/* ---- without randomness -------------------------------------------------- */

static bool
no_random(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	return false;
}

static void
test_ike_sas_what_cannot_begin_is_not_silence(void)
{
	struct fake_pair p;
	uint32_t client;

	fake_pair_begin(&p, 1, NET_TO_NET " --keyingtries 0");
	(void)pair_initiate(&p, "t");
	p.left.host->env.random = no_random;
	client = fake_peer_whack(&p.left, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_INTERNALERR);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "silent"), 0);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(
		test_ike_sas_one_of_two_half_done_leaves_the_others_policy),
	    UNIT_TEST(
		test_ike_sas_without_the_newest_the_older_carries_traffic),
	    UNIT_TEST(
		test_ike_sas_a_second_connection_takes_no_traffic_of_the_first),
	    UNIT_TEST(test_ike_sas_many_packets_start_one_negotiation),
	    UNIT_TEST(
		test_ike_sas_a_packet_need_not_wait_for_another_isakmp_sa),
	    UNIT_TEST(
		test_ike_sas_an_isakmp_sa_without_message_ids_serves_no_more),
	    UNIT_TEST(test_ike_sas_a_connection_without_encrypt_has_none),
	    UNIT_TEST(test_ike_sas_the_offer_chooses_among_policies),
	    UNIT_TEST(test_ike_sas_cookies_are_bound_for_what_waits_too),
	    UNIT_TEST(test_ike_sas_a_refused_message_played_again_fills_no_log),
	    UNIT_TEST(
		test_ike_sas_who_waits_for_another_main_mode_hears_of_the_end),
	    UNIT_TEST(test_ike_sas_what_cannot_begin_is_not_silence),
	};

	return unit_run("ike_sas", tests, COUNT(tests));
}
