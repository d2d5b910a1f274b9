/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What whack's users see of connections and SAs that come and go: two plutos
 * in one world.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"
#include "test/unit/unit.h"

/* ---- up and down ------------------------------------------------------- */

static void
test_ike_initiate_shows_the_documented_codes(void)
{
	struct fake_pair p;
	uint32_t client;
	TEXT(codes, 100);

	pair_begin_with(&p, TUNNEL);
	client = pair_initiate(&p, "t");
	fake_peer_codes(&p.left, client, &codes);
	CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004 112 004");
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	pair_check_up(&p, 1, 1);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "\"t\" #2: initiating Quick "
	    "Mode PSK+ENCRYPT+TUNNEL+PFS+UP {using isakmp#1}"));
	pair_end(&p);
}

static void
test_ike_asynchronous_ends_with_the_first_message(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin_with(&p, TUNNEL);
	client = fake_peer_whack(&p.left, "--initiate --name t --asynchronous");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 104);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

static void
test_ike_without_encrypt_there_is_an_isakmp_sa_only(void)
{
	struct fake_pair p;
	uint32_t client;
	TEXT(codes, 100);

	pair_begin_with(&p, "--psk " HOSTS);
	client = pair_initiate(&p, "t");
	fake_peer_codes(&p.left, client, &codes);
	CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	pair_end(&p);
}

/* "t" for clients and "u" for the gateways themselves. */
static void
begin_two(struct fake_pair *p)
{
	pair_begin_with(p, TUNNEL);
	pair_whack(p, "--name u --psk --encrypt --tunnel " HOSTS);
}

static void
test_ike_connections_share_one_main_mode(void)
{
	struct fake_pair p;
	uint32_t one, two;

	begin_two(&p);
	one = fake_peer_whack(&p.left, "--initiate --name t");
	two = fake_peer_whack(&p.left, "--initiate --name u");
	CU_ASSERT_FALSE(fake_peer_done(&p.left, two));
	fake_run(p.world, SOON_MS);
	pair_check_up(&p, 1, 2);
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, one), 0);
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, two), 0);
	CU_ASSERT_TRUE(
	    fake_peer_done(&p.left, one) && fake_peer_done(&p.left, two));
	pair_end(&p);
}

static void
test_ike_who_waits_survives_the_end_of_the_other(void)
{
	struct fake_pair p;
	uint32_t one, two;

	begin_two(&p);
	one = fake_peer_whack(&p.left, "--initiate --name t");
	two = fake_peer_whack(&p.left, "--initiate --name u");
	peer_answers(&p.left, "--delete --name t", 0, "deleting connection");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, one));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, one), RC_FATAL);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, two), 0);
	pair_end(&p);
}

static void
test_ike_quick_mode_survives_the_end_of_its_isakmp_sa(void)
{
	struct fake_pair p;
	uint32_t client;

	begin_two(&p);
	(void)pair_initiate(&p, "t");
	p.world->faults.loss = 1000;
	client = pair_initiate(&p, "u");
	fake_peer_whack(&p.left, "--deletestate 1");
	CU_ASSERT_FALSE(fake_peer_done(&p.left, client));
	p.world->faults.loss = 0;
	fake_run(p.world, 15 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	pair_end(&p);
}

static void
test_ike_terminate_leaves_the_connection_only(void)
{
	struct fake_pair p;

	pair_begin_up(&p);
	peer_answers(
	    &p.left, "--terminate --name t", 0, "\"t\": terminating SAs");
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.right.host, "received Delete for ESP"));
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

static void
test_ike_shutdown_leaves_nothing(void)
{
	struct fake_pair p;

	pair_begin_up(&p);
	ike_shutdown(p.left.ike);
	ike_shutdown(p.right.ike);
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 0);
	CU_ASSERT_EQUAL(peer_exchanges(&p.right), 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 0);
	pair_end(&p);
}

static void
test_ike_deletestate_ends_one_sa(void)
{
	struct fake_pair p;

	pair_begin_up(&p);
	peer_answers(&p.left, "--deletestate 2", 0,
	    "\"t\" #2: deleting state (STATE_QUICK_I2)");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	peer_answers(&p.left, "--deletestate 2", RC_UNKNOWN_NAME,
	    "no state #2 to delete");
	pair_end(&p);
}

/* ---- in time ----------------------------------------------------------- */

static void
test_ike_sas_are_replaced_for_ever(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, DAY_MS);
	CU_ASSERT_TRUE(fake_peer_count(&p.left, XCHG_MAIN_MODE) >= 1);
	CU_ASSERT_TRUE(fake_peer_count(&p.left, XCHG_MAIN_MODE) <= 2);
	CU_ASSERT_TRUE(fake_peer_count(&p.right, XCHG_QUICK_MODE) >= 1);
	CU_ASSERT_TRUE(fake_peer_count(&p.right, XCHG_QUICK_MODE) <= 2);
	CU_ASSERT_TRUE(fake_count(p.left.host, "PFS+UP to replace #") >= 24);
	CU_ASSERT_PTR_NULL(fake_find(p.right.host, "initiating Quick Mode"));
	ike_shutdown(p.left.ike);
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	pair_end(&p);
}

static void
test_ike_the_responder_replaces_when_the_initiator_does_not(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left, "--name t --rekeymargin 0 " TUNNEL);
	fake_peer_whack(&p.right, "--name t " TUNNEL);
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 3340 * 1000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host, "to replace #2"));
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	pair_end(&p);
}

static void
test_ike_a_restarted_peer_is_found_again(void)
{
	struct fake_pair p;

	pair_begin_up(&p);
	fake_peer_stop(&p.right);
	fake_kernel_flush(&p.right.host->kernel);
	fake_peer_start(&p.right, p.right.host, SECRET);
	fake_peer_whack(&p.right, "--name t " TUNNEL);
	fake_run(p.world, 3600 * 1000);
	pair_check_up(&p, 1, 1);
	pair_end(&p);
}

static void
test_ike_silence_ends_after_all_attempts(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left, "--name t " TUNNEL);
	client = fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 69 * 1000);
	CU_ASSERT_FALSE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_RETRANSMISSION);
	fake_run(p.world, 2 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_NORETRANSMISSION);
	CU_ASSERT_EQUAL(p.left.host->sent, 4);
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(p.left.host->sent, 9);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 0);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.right.host, "no connection is known"));
	pair_end(&p);
}

static void
test_ike_keyingtries_0_never_gives_up(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left, "--name t --keyingtries 0 " TUNNEL);
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, (51 * 70 + 5) * 1000);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 1);
	CU_ASSERT_EQUAL(p.left.host->sent, 51 * 3 + 1);
	pair_end(&p);
}

/* ---- the kernel's events ----------------------------------------------- */

static void
test_ike_acquire_initiates_once(void)
{
	struct fake_pair p;
	struct kernel_event ev = {.kind = KERNEL_ACQUIRE};

	pair_begin_with(&p, TUNNEL);
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, SOON_MS);
	ev.reqid = conn_by_name(p.left.ike->conns, "t")->reqid;
	ike_kernel_event(p.left.ike, &ev);
	ike_kernel_event(p.left.ike, &ev);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 1);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	ev.reqid = 7;
	ike_kernel_event(p.left.ike, &ev);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 2);
	pair_end(&p);
}

static void
test_ike_expire_replaces_or_ends(void)
{
	struct fake_pair p;
	struct kernel_event ev = {.kind = KERNEL_EXPIRE};
	const struct xchg *sa;

	pair_begin_up(&p);
	sa = engine_find_serial(ike_engine(p.left.ike), 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	ev.spi = neg_of(sa)->sas[0].spi_in;
	ev.sa_dst = p.left.host->at.a;
	ev.protocol = PROTOCOL_ESP;
	ike_kernel_event(p.left.ike, &ev);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	ev.spi = neg_of(sa)->sas[0].spi_out;
	ev.sa_dst = p.right.host->at.a;
	ev.hard = true;
	ike_kernel_event(p.left.ike, &ev);
	fake_run(p.world, 1);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_PTR_NULL(engine_find_serial(ike_engine(p.left.ike), 2));
	pair_end(&p);
}

/* ---- status ------------------------------------------------------------ */

static void
test_ike_status_shows_connections_and_states(void)
{
	static const char *const lines[] = {
	    "\"t\": 10.1.1.0/24===10.77.0.1...10.77.0.2===10.2.2.0/24; "
	    "erouted; eroute owner: #2",
	    "\"t\":   ike_life: 10800s; ipsec_life: 3600s; rekey_margin: "
	    "540s; rekey_fuzz: 100%; keyingtries: 3",
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+PFS+UP; prio: 24,24; "
	    "interface: eth0; proposals: classic",
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; ",
	    "#2: \"t\" STATE_QUICK_I2 (sent QI2, IPsec SA established); "
	    "EVENT_SA_REPLACE in ",
	    "; newest IPSEC; eroute owner; isakmp#1",
	    "#2: \"t\" esp.",
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in ",
	    "; newest ISAKMP",
	};
	struct fake_pair p;

	pair_begin_up(&p);
	for (size_t i = 0; i < COUNT(lines); i++)
		peer_answers(&p.left, "--status", 0, lines[i]);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_initiate_shows_the_documented_codes),
	    UNIT_TEST(test_ike_asynchronous_ends_with_the_first_message),
	    UNIT_TEST(test_ike_without_encrypt_there_is_an_isakmp_sa_only),
	    UNIT_TEST(test_ike_connections_share_one_main_mode),
	    UNIT_TEST(test_ike_who_waits_survives_the_end_of_the_other),
	    UNIT_TEST(test_ike_quick_mode_survives_the_end_of_its_isakmp_sa),
	    UNIT_TEST(test_ike_terminate_leaves_the_connection_only),
	    UNIT_TEST(test_ike_shutdown_leaves_nothing),
	    UNIT_TEST(test_ike_deletestate_ends_one_sa),
	    UNIT_TEST(test_ike_sas_are_replaced_for_ever),
	    UNIT_TEST(
		test_ike_the_responder_replaces_when_the_initiator_does_not),
	    UNIT_TEST(test_ike_a_restarted_peer_is_found_again),
	    UNIT_TEST(test_ike_silence_ends_after_all_attempts),
	    UNIT_TEST(test_ike_keyingtries_0_never_gives_up),
	    UNIT_TEST(test_ike_acquire_initiates_once),
	    UNIT_TEST(test_ike_expire_replaces_or_ends),
	    UNIT_TEST(test_ike_status_shows_connections_and_states),
	};

	return unit_run("ike", tests, COUNT(tests));
}
