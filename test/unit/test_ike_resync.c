/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tables under the hands of others: events that are lost, SAs and
 * policies that somebody deletes, what a pluto that was killed leaves behind.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

static struct fake_kernel *
left_kernel(const struct fake_pair *p)
{
	return &p->left.host->kernel;
}

/* ---- somebody else deletes --------------------------------------------- */

static void
test_ike_resync_policies_are_put_back_before_a_packet_passes(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	fake_kernel_purge(left_kernel(&p), false, true);
	fake_run(p.world, 2);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 2);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(fake_count(p.left.host, "put back"), 1);
	pair_end(&p);
}

/* That of --disablearrivalcheck for all addresses is there yet. */
static void
test_ike_resync_sees_that_a_policy_is_gone_beside_one_for_all(void)
{
	const struct kernel_event flushed = {.kind = KERNEL_FLUSHED};
	struct kernel_policy in = {.dir = KERNEL_IN, .n_tmpl = 1};
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --disablearrivalcheck");
	CU_ASSERT_TRUE(subnet_parse(&in.src, "10.2.0.0/16"));
	CU_ASSERT_TRUE(subnet_parse(&in.dst, "10.1.0.0/16"));
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 3);
	(void)p.left.kernel.delete_policy(p.left.kernel.ctx, &in, NULL);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 2);
	ike_kernel_event(p.left.ike, &flushed);
	fake_run(p.world, 2000);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 3);
	pair_end(&p);
}

static void
test_ike_resync_a_trap_is_put_back(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, SOON_MS);
	fake_kernel_purge(left_kernel(&p), true, true);
	fake_run(p.world, 2);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* Rulings D3: the peer is told. */
static void
test_ike_resync_sas_that_are_gone_are_negotiated_anew(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --policy modern");
	fake_kernel_purge(left_kernel(&p), true, false);
	fake_run(p.world, 2);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	pair_check_up(&p, 1, 1);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "gone from the kernel"), 1);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.right.host, "received Delete for ESP"));
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 2);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 2);
	pair_end(&p);
}

static void
test_ike_resync_what_nobody_wants_ends_with_its_sas(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --policy modern");
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_peer_whack(&p.right, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	fake_kernel_purge(left_kernel(&p), true, true);
	fake_run(p.world, 500);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 0);
	CU_ASSERT_EQUAL(fake_peer_count(&p.left, XCHG_QUICK_MODE), 0);
	pair_end(&p);
}

/* One after the other, as ip(8) does it. */
static void
test_ike_resync_two_flushes_are_two_comparisons(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --policy modern");
	fake_kernel_purge(left_kernel(&p), true, false);
	fake_run(p.world, 5);
	fake_kernel_purge(left_kernel(&p), false, true);
	fake_run(p.world, 100);
	CU_ASSERT_TRUE(left_kernel(&p)->n_policies > 0);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* ---- events that are lost ---------------------------------------------- */

static void
test_ike_resync_finds_the_packet_whose_acquire_was_lost(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, NET_TO_NET);
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, SOON_MS);
	fake_kernel_overrun(left_kernel(&p), true);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	fake_kernel_overrun(left_kernel(&p), false);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

static void
test_ike_resync_is_once_a_second_at_most(void)
{
	struct kernel_event ev = {.kind = KERNEL_LOST};
	struct fake_pair p;
	unsigned times = 0;

	pair_begin_up_with(&p, NET_TO_NET);
	for (int i = 0; i < 100; i++) {
		uint64_t last = p.left.ike->resynced_ms;

		ike_kernel_event(p.left.ike, &ev);
		fake_run(p.world, 50);
		times += p.left.ike->resynced_ms != last;
	}
	CU_ASSERT_TRUE(times >= 3 && times <= 6);
	CU_ASSERT_TRUE(fake_count(p.left.host, "more events than") <= 6);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

/* ---- what is not ours -------------------------------------------------- */

/* An SA like another one, for another request and with another SPI. */
static void
add_sa(const struct fake_pair *p, uint32_t reqid, uint32_t spi)
{
	struct fake_kernel *k = left_kernel(p);
	struct kernel door = fake_kernel_door(k);
	struct kernel_sa sa =
	    container_of(list_first(&k->sas), struct fake_sa, node)->sa;
	TEXT(why, 200);

	sa.reqid = reqid;
	sa.spi = spi;
	CU_ASSERT_EQUAL(door.install(door.ctx, &sa, 1, NULL, 0, &why), 0);
}

static void
test_ike_resync_takes_away_what_is_ours_and_stale_only(void)
{
	struct kernel_event ev = {.kind = KERNEL_LOST};
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	add_sa(&p, 7, 0x10007);
	add_sa(&p, conn_by_name(p.left.ike->conns, "t")->reqid, 0x10008);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 4);
	ike_kernel_event(p.left.ike, &ev);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 3);
	CU_ASSERT_PTR_NOT_NULL(fake_kernel_sa(left_kernel(&p),
	    &container_of(
		list_first(&left_kernel(&p)->sas), struct fake_sa, node)
		 ->sa.dst,
	    PROTOCOL_ESP, 0x10007));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* Neighbours come and go: that is no reason to look at everything. */
static void
test_ike_resync_is_not_for_what_others_delete_of_their_own(void)
{
	struct kernel_event ev = {.kind = KERNEL_FLUSHED, .reqid = 7};
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	ike_kernel_event(p.left.ike, &ev);
	CU_ASSERT_EQUAL(ike_next_ms(p.left.ike), UINT64_MAX);
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "somebody else deletes"));
	ev.reqid = conn_by_name(p.left.ike->conns, "t")->reqid;
	ike_kernel_event(p.left.ike, &ev);
	CU_ASSERT_TRUE(ike_next_ms(p.left.ike) != UINT64_MAX);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

/* Rulings D18 */
static void
test_ike_resync_waits_for_the_script(void)
{
	struct kernel_event ev = {.kind = KERNEL_LOST};
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	add_sa(&p, conn_by_name(p.left.ike->conns, "t")->reqid, 0x10008);
	p.left.host->script_min_ms = p.left.host->script_max_ms = 5000;
	fake_peer_whack(&p.left,
	    "--name u --psk --encrypt --host 10.77.0.1 --client 10.3.0.0/16 "
	    "--to --host 10.77.0.2 --client 10.4.0.0/16");
	fake_peer_whack(&p.left, "--route --name u");
	ike_kernel_event(p.left.ike, &ev);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 3);
	fake_run(p.world, MINUTE_MS);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 2);
	pair_end(&p);
}

/* ---- after a pluto that was killed ------------------------------------- */

/* Killed, so that the kernel stays as it is; and started again. */
static void
kill_left(struct fake_pair *p)
{
	fake_peer_stop(&p->left);
	fake_peer_start(&p->left, p->left.host, ALL_SECRET);
}

static void
test_ike_resync_a_new_pluto_clears_what_the_old_one_left(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	add_sa(&p, 7, 0x10007);
	kill_left(&p);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 3);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 2);
	ike_clear_leftovers(p.left.ike);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 1);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 0);
	CU_ASSERT_PTR_NOT_NULL(fake_find(
	    p.left.host, "has left in the kernel: 2 SAs, 2 policies"));
	pair_end(&p);
}

static void
test_ike_resync_a_neighbour_with_another_block_is_left_alone(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET);
	kill_left(&p);
	conns_set_reqids(p.left.ike->conns, 0x5f000000);
	ike_clear_leftovers(p.left.ike);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_sas, 2);
	CU_ASSERT_EQUAL(left_kernel(&p)->n_policies, 2);
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "has left in the kernel"));
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(
		test_ike_resync_policies_are_put_back_before_a_packet_passes),
	    UNIT_TEST(
		test_ike_resync_sees_that_a_policy_is_gone_beside_one_for_all),
	    UNIT_TEST(test_ike_resync_a_trap_is_put_back),
	    UNIT_TEST(test_ike_resync_sas_that_are_gone_are_negotiated_anew),
	    UNIT_TEST(test_ike_resync_what_nobody_wants_ends_with_its_sas),
	    UNIT_TEST(test_ike_resync_two_flushes_are_two_comparisons),
	    UNIT_TEST(test_ike_resync_finds_the_packet_whose_acquire_was_lost),
	    UNIT_TEST(test_ike_resync_is_once_a_second_at_most),
	    UNIT_TEST(test_ike_resync_takes_away_what_is_ours_and_stale_only),
	    UNIT_TEST(
		test_ike_resync_is_not_for_what_others_delete_of_their_own),
	    UNIT_TEST(test_ike_resync_waits_for_the_script),
	    UNIT_TEST(test_ike_resync_a_new_pluto_clears_what_the_old_one_left),
	    UNIT_TEST(
		test_ike_resync_a_neighbour_with_another_block_is_left_alone),
	};

	return unit_run("ike_resync", tests, COUNT(tests));
}
