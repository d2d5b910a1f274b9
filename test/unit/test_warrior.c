/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Road Warriors over time: instances that come and go, peers that move, what
 * their connections need.
 */
#include "test/unit/warrior.h"

#define HOME "--client 10.7.0.0/16"

static enum fake_fate
packet(struct scene *s, struct fake_peer *p, const char *client)
{
	struct addr a, net;

	if (!addr_parse(&a, client) || !addr_parse(&net, "10.2.0.1"))
		return FAKE_DROPPED;
	return fake_packet(
	    &s->gateway.host->kernel, &p->host->kernel, &net, &a, NULL);
}

/* ---- instances --------------------------------------------------------- */

static void
test_warrior_template_cannot_begin(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	peer_answers(&s.gateway, "--initiate --name w", RC_NOPEERIP,
	    "\"w\": cannot initiate: the peer's address is not known");
	peer_answers(&s.gateway, "--status", 0,
	    "\"w\": 10.2.0.0/16===10.77.0.2...%any; unrouted; eroute owner: "
	    "#0");
	CU_ASSERT_EQUAL(s.gateway.host->sent, 0);
	scene_end(&s);
}

static void
test_warrior_two_at_once_behind_one_template(void)
{
	static const char *const lines[] = {
	    "\"w\": 10.2.0.0/16===10.77.0.2...%any; unrouted",
	    "\"w\"[1] " ANNS ": 10.2.0.0/16===10.77.0.2..." ANNS "; erouted",
	    "\"w\"[2] " BOBS ": 10.2.0.0/16===10.77.0.2..." BOBS "; erouted",
	    "\"w\"[1] " ANNS ":   newest ISAKMP SA: #1; newest IPsec SA: #2",
	    "#4: \"w\"[2] " BOBS " STATE_QUICK_R2 (IPsec SA established)",
	    "#3: \"w\"[2] " BOBS " STATE_MAIN_R3",
	};
	struct scene s;

	scene_begin(&s, WARRIOR);
	scene_come(&s, &s.ann, "");
	scene_come(&s, &s.bob, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	CU_ASSERT_EQUAL(scene_connections(&s), 3);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	for (size_t i = 0; i < COUNT(lines); i++)
		peer_answers(&s.gateway, "--status", 0, lines[i]);
	scene_end(&s);
}

static void
test_warrior_instance_goes_with_its_last_state(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR "--policy modern");
	scene_come(&s, &s.ann, "--policy modern");
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	fake_peer_whack(&s.ann, "--deletestate 2");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 0));
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	fake_peer_whack(&s.ann, "--terminate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	CU_ASSERT_TRUE(scene_says(&s, "\"w\"[1] " ANNS ": instance ends"));
	/* the next one is not taken for the first */
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_STRING_EQUAL(
	    warrior_label(&s.gateway, XCHG_QUICK_MODE), "\"w\"[2] " ANNS);
	scene_end(&s);
}

static void
test_warrior_silent_peers_instance_expires(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	scene_come(&s, &s.ann, "");
	fake_peer_stop(&s.ann);
	fake_run(s.world, 4 * HOUR_MS);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_policies, 0);
	scene_end(&s);
}

static void
test_warrior_terminate_and_delete_are_for_all_instances(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	scene_come(&s, &s.ann, "");
	scene_come(&s, &s.bob, "");
	peer_answers(&s.gateway, "--terminate --name w", 0,
	    "\"w\": terminating SAs using this connection");
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	fake_peer_whack(&s.ann, "--terminate --name p");
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	peer_answers(
	    &s.gateway, "--delete --name w", 0, "\"w\": deleting connection");
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(scene_connections(&s), 0);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_policies, 0);
	scene_end(&s);
}

static void
test_warrior_deletestate_ends_one_instance(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	scene_come(&s, &s.ann, "");
	scene_come(&s, &s.bob, "");
	fake_peer_whack(&s.gateway, "--deletestate 2");
	fake_peer_whack(&s.gateway, "--deletestate 1");
	fake_run(s.world, 0);
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	scene_end(&s);
}

/* ---- rekeying ---------------------------------------------------------- */

static void
test_warrior_fixed_side_rekeys(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	s.ann.host->at.port = 5000; /* a port that no description tells */
	fake_peer_stop(&s.ann);
	fake_peer_start(&s.ann, s.ann.host, ALL_SECRET);
	scene_come(&s, &s.ann, "--rekeymargin 0");
	fake_run(s.world, HOUR_MS - 200 * 1000);
	CU_ASSERT_TRUE(
	    scene_says(&s, "\"w\"[1] " ANNS " #3: initiating Quick Mode"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 2));
	fake_run(s.world, 300 * 1000);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	/* and Main Mode, to the port from which the peer came */
	fake_run(s.world, 2 * HOUR_MS);
	CU_ASSERT_TRUE(scene_says(&s, "initiating Main Mode to replace #1"));
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	scene_end(&s);
}

static void
test_warrior_rekeys_for_a_day(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR HOME);
	scene_come(&s, &s.ann, HOME);
	fake_run(s.world, DAY_MS);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, "10.7.0.1"), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	CU_ASSERT_TRUE(scene_says(&s, "\"w\"[1] " ANNS));
	CU_ASSERT_FALSE(scene_says(&s, "\"w\"[2]"));
	scene_end(&s);
}

/* ---- peers that move --------------------------------------------------- */

static void
test_warrior_subnet_that_reappears_displaces_the_old_instance(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR HOME);
	scene_come(&s, &s.ann, HOME);
	fake_peer_stop(&s.ann);
	scene_come(&s, &s.bob, HOME);
	CU_ASSERT_TRUE(scene_says(&s,
	    "client 10.7.0.0/16 is now behind " BOBS
	    ": the SAs of \"w\"[1] " ANNS " make room"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 1));
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_sas, 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, "10.7.0.1"), FAKE_PROTECTED);
	scene_end(&s);
}

/* Who has the fixed subnet at a fixed address loses it in the same way. */
static void
test_warrior_displaces_a_fixed_connection(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR HOME);
	fake_peer_whack(&s.gateway,
	    "--name f --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --to --host " ANNS " " HOME);
	scene_come(&s, &s.ann, HOME);
	scene_come(&s, &s.bob, HOME);
	CU_ASSERT_TRUE(scene_says(&s, "the SAs of \"f\" make room"));
	CU_ASSERT_EQUAL(scene_connections(&s), 3);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, "10.7.0.1"), FAKE_PROTECTED);
	scene_end(&s);
}

/* A fixed side that begins takes nothing from others. */
static void
test_warrior_is_not_displaced_by_who_begins_here(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR HOME);
	fake_peer_whack(&s.gateway,
	    "--name f --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --to --host " BOBS " " HOME);
	scene_describe(&s.bob, BOBS, HOME);
	scene_come(&s, &s.ann, HOME);
	peer_answers(&s.gateway, "--initiate --name f", RC_ROUTE,
	    "\"f\": connection \"w\"[1] " ANNS " has IPsec SAs for the same "
	    "clients");
	CU_ASSERT_EQUAL(packet(&s, &s.ann, "10.7.0.1"), FAKE_PROTECTED);
	scene_end(&s);
}

/* The same peer comes with another name: what it had goes, and the ISAKMP SA
 * under which it may ask stays. */
static void
test_warrior_changes_its_name(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR HOME);
	warrior_load(&s.gateway,
	    "--name v --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --to --host %any --id @joe " HOME);
	scene_come(&s, &s.ann, HOME);
	fake_peer_stop(&s.ann);
	fake_kernel_flush(&s.ann.host->kernel);
	fake_peer_start(&s.ann, s.ann.host, ALL_SECRET);
	scene_come(&s, &s.ann, HOME " --id @joe");
	CU_ASSERT_TRUE(
	    scene_says(&s, "the IPsec SAs of \"w\"[1] " ANNS " make room"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 1));
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_sas, 2);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, "10.7.0.1"), FAKE_PROTECTED);
	scene_end(&s);
}

static void
test_warrior_without_client_leaves_the_old_instance(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR "--id @joe");
	scene_come(&s, &s.ann, "--id @joe");
	scene_come(&s, &s.bob, "--id @joe");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	CU_ASSERT_EQUAL(scene_connections(&s), 3);
	scene_end(&s);
}

static void
test_warrior_uniqueids_ends_the_sas_elsewhere(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR "--id @joe");
	ike_set_uniqueids(s.gateway.ike, true);
	scene_come(&s, &s.ann, "--id @joe");
	scene_come(&s, &s.bob, "--id @joe");
	CU_ASSERT_TRUE(scene_says(&s,
	    "this peer is here now: the SAs of \"w\"[1] " ANNS
	    " end (--uniqueids)"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 1));
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	scene_end(&s);
}

static void
test_warrior_uniqueids_leaves_others_and_the_same_address(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR);
	ike_set_uniqueids(s.gateway.ike, true);
	scene_come(&s, &s.ann, "");
	scene_come(&s, &s.bob, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	fake_peer_stop(&s.ann);
	fake_kernel_flush(&s.ann.host->kernel);
	fake_peer_start(&s.ann, s.ann.host, ALL_SECRET);
	scene_come(&s, &s.ann, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 3, 3));
	CU_ASSERT_EQUAL(scene_connections(&s), 3);
	CU_ASSERT_FALSE(scene_says(&s, "--uniqueids"));
	scene_end(&s);
}

/* ---- %myid ------------------------------------------------------------- */

static void
test_warrior_myid_must_be_set_first(void)
{
	struct scene s;

	scene_begin(&s, "");
	peer_answers(&s.ann,
	    "--name p --psk --encrypt --tunnel --id %myid --host " ANNS
	    " --to --host " GATEWAY " --client 10.2.0.0/16",
	    0, "\"p\": warning: %myid is not set");
	peer_answers(&s.ann, "--initiate --name p", RC_BADID,
	    "\"p\": %myid is not set: whack --myid ID");
	peer_answers(
	    &s.ann, "--myid joe@", RC_BADID, "--myid: expected an IP address");
	peer_answers(&s.ann, "--myid %myid", RC_BADID, "found '%myid'");
	CU_ASSERT_EQUAL(s.ann.host->sent, 0);
	peer_answers(&s.ann, "--myid @joe", 0, "%myid = @joe");
	peer_answers(&s.ann, "--status", 0, ANNS "[%myid=@joe]..." GATEWAY);
	warrior_load(&s.gateway, WARRIOR "--id @joe");
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_STRING_EQUAL(
	    warrior_label(&s.gateway, XCHG_QUICK_MODE), "\"w\"[1] " ANNS);
	scene_end(&s);
}

/* ---- one secret for all ------------------------------------------------ */

static void
test_warrior_secrets_that_differ_earn_a_warning(void)
{
	static const char two[] =
	    GATEWAY " @ann : PSK \"hush\"\n" GATEWAY " @bob : PSK \"other\"\n";
	static const char warning[] =
	    "warning: \"w\" and \"v\" are both for %any by preshared secrets, "
	    "which differ";
	struct scene s;

	scene_begin(&s, "");
	warrior_load(&s.gateway, WARRIOR "--id @ann");
	peer_answers(&s.gateway,
	    "--name v --psk --encrypt --host " GATEWAY
	    " --to --host %any --id @bob",
	    0, "added connection description \"v\"");
	CU_ASSERT_FALSE(scene_says(&s, warning));
	fake_peer_secrets(&s.gateway, two);
	ike_set_interfaces(s.gateway.ike,
	    &(struct ike_interface){"eth0", s.gateway.host->at.a, FAKE_PORT},
	    1);
	CU_ASSERT_EQUAL(fake_count(s.gateway.host, warning), 1);
	peer_answers(&s.gateway,
	    "--name v --delete --psk --encrypt --host " GATEWAY
	    " --to --host %any --id @bob",
	    RC_LOG_SERIOUS, warning);
	scene_end(&s);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_warrior_template_cannot_begin),
	    UNIT_TEST(test_warrior_two_at_once_behind_one_template),
	    UNIT_TEST(test_warrior_instance_goes_with_its_last_state),
	    UNIT_TEST(test_warrior_silent_peers_instance_expires),
	    UNIT_TEST(test_warrior_terminate_and_delete_are_for_all_instances),
	    UNIT_TEST(test_warrior_deletestate_ends_one_instance),
	    UNIT_TEST(test_warrior_fixed_side_rekeys),
	    UNIT_TEST(test_warrior_rekeys_for_a_day),
	    UNIT_TEST(
		test_warrior_subnet_that_reappears_displaces_the_old_instance),
	    UNIT_TEST(test_warrior_displaces_a_fixed_connection),
	    UNIT_TEST(test_warrior_is_not_displaced_by_who_begins_here),
	    UNIT_TEST(test_warrior_changes_its_name),
	    UNIT_TEST(test_warrior_without_client_leaves_the_old_instance),
	    UNIT_TEST(test_warrior_uniqueids_ends_the_sas_elsewhere),
	    UNIT_TEST(
		test_warrior_uniqueids_leaves_others_and_the_same_address),
	    UNIT_TEST(test_warrior_myid_must_be_set_first),
	    UNIT_TEST(test_warrior_secrets_that_differ_earn_a_warning),
	};

	return unit_run("warrior", tests, COUNT(tests));
}
