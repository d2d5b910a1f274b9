/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts that fail, take their time, or see their exchange end meanwhile
 * (rulings D18): one at a time, and in the end nothing is left.
 */
#include "test/unit/route.h"

/* ---- scripts that fail ------------------------------------------------- */

static void
test_route_script_what_was_done_before_a_failure_is_undone(void)
{
	static const struct {
		struct failure failure;
		const char *ran, *text;
	} cases[] = {
	    {{"prepare-client", SCRIPT_EXITED, 7}, "prepare-client ",
		"\"t\": prepare-client command exited with status 7"},
	    {{"route-client", SCRIPT_SIGNALLED, 11},
		"prepare-client route-client ",
		"\"t\": route-client command was killed by signal 11"},
	    {{"up-client", SCRIPT_LATE, 0},
		"prepare-client route-client up-client unroute-client ",
		"\"t\": up-client command did not end within 60 s and was "
		"killed"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct failure failure = cases[i].failure;
		struct fake_pair p;
		uint32_t client;

		pair_begin_with(&p, TUNNEL " --keyingtries 1");
		p.left.host->script_result = fails;
		p.left.host->script_ctx = &failure;
		client = pair_initiate(&p, "t");
		scripts_ran(&p.left, cases[i].ran);
		CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, cases[i].text));
		CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
		CU_ASSERT_NOT_EQUAL(fake_peer_status(&p.left, client), 0);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
		p.left.host->script_result = NULL;
		whack(&p, &p.left, "--initiate --name t");
		CU_ASSERT_EQUAL(
		    fake_pair_probe(&p, true, "", NULL), FAKE_PLAIN);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 2);
		whack(&p, &p.left, "--terminate --name t");
		is_empty(&p.left, 1);
		pair_end(&p);
	}
}

static void
test_route_script_way_down_goes_on_whatever_fails(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	fake_forget_scripts(p.left.host);
	p.left.host->script_status = 1;
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "down-client unroute-client ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

static void
test_route_script_that_cannot_be_started_have_failed(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL " --keyingtries 1");
	p.left.host->no_scripts = true;
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "\"t\": prepare-client command could not be started: told to "
	    "refuse"));
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	whack(&p, &p.left, "--terminate --name t");
	is_empty(&p.left, 1);
	pair_end(&p);
}

/* The responder's fails, when the initiator's SAs are up already. */
static void
test_route_script_responder_without_its_script_has_no_sa(void)
{
	struct failure failure = {"up-client", SCRIPT_EXITED, 1};
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	p.right.host->script_result = fails;
	p.right.host->script_ctx = &failure;
	whack(&p, &p.left, "--initiate --name t");
	scripts_ran(
	    &p.right, "prepare-client route-client up-client unroute-client ");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 0));
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 0);
	pair_end(&p);
}

/* ---- scripts that take their time -------------------------------------- */

static void
test_route_script_slow_delays_no_handshake_and_no_status(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	s.gateway.host->script_min_ms = s.gateway.host->script_max_ms = 5000;
	scene_come(&s, &s.ann, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 0));
	scene_come(&s, &s.bob, "");
	/* the first script still runs: Main Mode is done, the SAs wait */
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 0));
	peer_answers(&s.gateway, "--status", 0, "STATE_MAIN_R3");
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_sas, 2);
	fake_run(s.world, 60 * 1000);
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_sas, 4);
	scripts_ran(&s.gateway,
	    "prepare-client route-client up-client "
	    "prepare-client route-client up-client ");
	scene_end(&s);
}

/* Every end, while every script runs. */
static void
end_during(const char *verb, const char *command, bool responder)
{
	struct fake_pair p;
	struct fake_peer *peer = responder ? &p.right : &p.left;
	uint32_t client = 0, waits;

	pair_begin_with(&p, TUNNEL " --keyingtries 1");
	peer->host->script_min_ms = peer->host->script_max_ms = 1000;
	waits = fake_peer_whack(&p.left, "--initiate --name t");
	for (int i = 0; i < 100 && fake_script_find(peer->host, verb) == NULL;
	     i++)
		fake_run(p.world, 100);
	CU_ASSERT_PTR_NOT_NULL(fake_script_find(peer->host, verb));
	CU_ASSERT_TRUE(ike_busy(peer->ike));
	if (command != NULL)
		client = fake_peer_whack(peer, "%s", command);
	else
		ike_shutdown(peer->ike);
	fake_run(p.world, 500);
	CU_ASSERT_FALSE(client != 0 && fake_peer_done(peer, client));
	fake_run(p.world, 20 * 1000);
	CU_ASSERT_TRUE(client == 0 || fake_peer_done(peer, client));
	fake_peer_whack(peer, "--terminate --name t");
	fake_run(p.world, 20 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, waits));
	is_empty(peer,
	    command != NULL && strstr(command, "--delete ") != NULL ? 0 : 1);
	pair_end(&p);
}

static void
test_route_script_ends_while_a_script_runs_leave_nothing(void)
{
	static const char *const verbs[] = {
	    "prepare-client", "route-client", "up-client"};
	static const char *const commands[] = {"--terminate --name t",
	    "--delete --name t", "--deletestate 2", NULL};

	for (size_t i = 0; i < COUNT(verbs); i++)
		for (size_t j = 0; j < COUNT(commands); j++) {
			end_during(verbs[i], commands[j], false);
			end_during(verbs[i], commands[j], true);
		}
}

/* The exchange gives up before its script does: its way up is undone. */
static void
test_route_script_exchange_that_timed_out_leaves_nothing(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL " --keyingtries 1");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 59 * 1000;
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	fake_run(p.world, 90 * 1000);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	fake_run(p.world, 200 * 1000);
	scripts_ran(&p.left, "prepare-client route-client unroute-client ");
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, SOON_MS);
	is_empty(&p.left, 1);
	pair_end(&p);
}

struct lost {
	const struct fake_host *from;
	uint64_t until_ms;
};

/* fake_tap: the peer's first answer in Quick Mode is lost. */
static bool
lose_qr1(void *ctx, const struct path *path, struct span datagram)
{
	const struct lost *lost = ctx;

	return datagram.p[18] == EXCHANGE_TYPE_QUICK &&
	    endpoint_equal(&path->local, &lost->from->at) &&
	    lost->from->world->now_ms < lost->until_ms;
}

/* Nobody says that the peer was silent. */
static void
test_route_script_late_answer_and_slow_scripts_are_told_apart(void)
{
	struct fake_pair p;
	struct lost lost;
	uint32_t client;

	pair_begin_with(&p, TUNNEL " --keyingtries 1");
	lost = (struct lost){p.right.host, p.world->now_ms + 9000};
	p.world->tap = lose_qr1;
	p.world->tap_ctx = &lost;
	p.left.host->script_min_ms = p.left.host->script_max_ms = 59 * 1000;
	client = fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 300 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_NORETRANSMISSION);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "STATE_QUICK_I1: install_both_sas is not done after 70s"));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "max number of retrans"));
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, 100 * 1000);
	is_empty(&p.left, 1);
	pair_end(&p);
}

/* Policies that others have deleted come back between two scripts, and do not
 * wait for the last one. */
static void
test_route_script_does_not_keep_policies_away(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	load_second(&p);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	whack(&p, &p.left, "--initiate --name u");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 10 * 1000;
	fake_peer_whack(&p.left, "--terminate --name u");
	fake_peer_whack(&p.left, "--initiate --name u");
	fake_run(p.world, 5 * 1000);
	fake_kernel_purge(&p.left.host->kernel, false, true);
	fake_run(p.world, 4 * 1000);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	fake_run(p.world, 2 * 1000);
	CU_ASSERT_TRUE(ike_busy(p.left.ike));
	/* the trap of t, and both of u */
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 3);
	fake_run(p.world, 60 * 1000);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 3);
	pair_end(&p);
}

static void
test_route_script_name_of_a_deleted_connection_is_free_at_once(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 5000;
	fake_peer_whack(&p.left, "--name t --delete " TUNNEL);
	CU_ASSERT_EQUAL(conns_count(p.left.ike->conns), 2);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	fake_run(p.world, 40 * 1000);
	CU_ASSERT_EQUAL(conns_count(p.left.ike->conns), 1);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 2);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 2);
	pair_end(&p);
}

/* The policy of the way down is replaced by that of the way up behind it. */
static void
test_route_script_way_up_follows_a_way_down_without_a_gap(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 5000;
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 60 * 1000);
	/* wanted again when it would have been unrouted */
	scripts_ran(&p.left,
	    "prepare-client route-client up-client down-client up-client ");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, 60 * 1000);
	is_empty(&p.left, 1);
	pair_end(&p);
}

static void
test_route_script_who_cannot_wait_leaves_the_kernel_empty(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 5000;
	ike_shutdown(p.left.ike);
	CU_ASSERT_TRUE(ike_busy(p.left.ike));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 2);
	fake_host_stop(p.left.host);
	ike_abandon(p.left.ike);
	is_empty(&p.left, 1);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(
		test_route_script_what_was_done_before_a_failure_is_undone),
	    UNIT_TEST(test_route_script_way_down_goes_on_whatever_fails),
	    UNIT_TEST(test_route_script_that_cannot_be_started_have_failed),
	    UNIT_TEST(test_route_script_responder_without_its_script_has_no_sa),
	    UNIT_TEST(test_route_script_slow_delays_no_handshake_and_no_status),
	    UNIT_TEST(test_route_script_ends_while_a_script_runs_leave_nothing),
	    UNIT_TEST(test_route_script_exchange_that_timed_out_leaves_nothing),
	    UNIT_TEST(
		test_route_script_late_answer_and_slow_scripts_are_told_apart),
	    UNIT_TEST(test_route_script_does_not_keep_policies_away),
	    UNIT_TEST(
		test_route_script_name_of_a_deleted_connection_is_free_at_once),
	    UNIT_TEST(
		test_route_script_way_up_follows_a_way_down_without_a_gap),
	    UNIT_TEST(
		test_route_script_who_cannot_wait_leaves_the_kernel_empty),
	};

	return unit_run("route_script", tests, COUNT(tests));
}
