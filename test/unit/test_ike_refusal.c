/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What whack's users are told when a command, an authentication or a Quick
 * Mode cannot be: two plutos in one world.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"
#include "test/unit/unit.h"

/* ---- refusals ---------------------------------------------------------- */

static void
test_ike_connection_refusals(void)
{
	static const struct pair_refusal cases[] = {
	    {"--encrypt " HOSTS, RC_BADWHACKMESSAGE, "add --psk"},
	    {"--psk " CLIENTS, RC_BADWHACKMESSAGE,
		"--client without --encrypt"},
	    {"--psk --tunnel " HOSTS, RC_BADWHACKMESSAGE, "need --encrypt"},
	    {"--psk --pfs " HOSTS, RC_BADWHACKMESSAGE, "need --encrypt"},
	    {"--psk --disablearrivalcheck " HOSTS, RC_BADWHACKMESSAGE,
		"need --encrypt"},
	    {"--psk --encrypt --host 10.77.0.1 --to --host 10.77.0.1", RC_CLASH,
		"both ends have the same --host"},
	    {"--psk --encrypt --host %any --to --host %any", RC_ORIENT,
		"both ends have --host %any"},
	    {"--psk --encrypt --host 10.77.0.1 --to --host 224.0.0.1",
		RC_BADWHACKMESSAGE, "one host"},
	    {"--psk --encrypt --host 10.77.0.1 --client 10.0.0.0/8 --to "
	     "--host 10.77.0.2 --client 10.0.0.0/8",
		RC_CLASH, "same --client"},
	};

	pair_check_refusals(cases, COUNT(cases));
}

static void
test_ike_names_known_and_unknown(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	peer_answers(&p.left, "--name t " TUNNEL, 0,
	    "added connection description \"t\"");
	peer_answers(&p.left, "--name t " TUNNEL, RC_DUPNAME,
	    "attempt to redefine connection \"t\"");
	peer_answers(&p.left, "--name t --delete " TUNNEL, 0,
	    "\"t\": deleting connection");
	peer_answers(&p.left, "--initiate --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	peer_answers(&p.left, "--terminate --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	peer_answers(&p.left, "--delete --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	peer_answers(
	    &p.left, "--delete --name t", 0, "\"t\": deleting connection");
	CU_ASSERT_EQUAL(conns_count(p.left.ike->conns), 0);
	pair_end(&p);
}

static void
test_ike_initiate_needs_ears_and_an_end(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left, "--name t " TUNNEL);
	fake_peer_whack(&p.left,
	    "--name far --psk --encrypt --host 192.0.2.1 "
	    "--to --host 192.0.2.2");
	peer_answers(&p.left, "--initiate --name far", RC_ORIENT,
	    "neither end is one of our addresses: left 192.0.2.1, right "
	    "192.0.2.2; our addresses at the last --listen: 10.77.0.1 (eth0)");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "Behind NAT"));
	ike_set_deaf(p.left.ike);
	peer_answers(&p.left, "--initiate --name t", RC_DEAF,
	    "need --listen before --initiate");
	CU_ASSERT_EQUAL(p.left.host->sent, 0);
	pair_end(&p);
}

static void
test_ike_short_lifetimes_are_accepted_with_a_warning(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	peer_answers(&p.left,
	    "--name silly --psk --ikelifetime 900 --ipseclifetime "
	    "800 --keyingtries 3 " HOSTS,
	    0,
	    "--ikelifetime 900 does not "
	    "exceed the rekey margin of 540..1080 s");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "replacement begins 0..360 s after the SA is up, or never"));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "--ipseclifetime 800"));
	peer_answers(&p.left, "--name u --ipseclifetime 270 " TUNNEL, 0,
	    "SAs expire without replacement");
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "if we began them"));
	peer_answers(&p.left, "--name t --ipseclifetime 271 " TUNNEL, 0,
	    "SAs expire without replacement if we began them");
	pair_end(&p);
}

/* ---- authentication ---------------------------------------------------- */

static void
test_ike_different_secrets_are_explained(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin(
	    &p, SECRET, "# c\n10.77.0.2 10.77.0.1 : PSK \"other hush\"\n");
	pair_load(&p, "--keyingtries 1 " TUNNEL);
	client = fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 75 * 1000);
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_NORETRANSMISSION);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    "reached STATE_MAIN_I3.  "
	    "Possible authentication failure"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "mismatch of preshared "
	    "secrets?): malformed payload in packet; our secret is that of "
	    "test.secrets:2, index \"10.77.0.2 10.77.0.1\""));
	fake_run(p.world, 200 * 1000);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left) + peer_exchanges(&p.right), 0);
	pair_end(&p);
}

static void
test_ike_a_missing_secret_is_named_at_either_end(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin(&p, SECRET, "192.0.2.1 : PSK \"hush\"\n");
	pair_load(&p, TUNNEL);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "no preshared secret for "
	    "10.77.0.2 and 10.77.0.1"));
	CU_ASSERT_EQUAL(p.right.host->sent, 0);
	client = fake_peer_whack(&p.right, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_done(&p.right, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.right, client), RC_FATAL);
	CU_ASSERT_EQUAL(p.right.host->sent, 0);
	pair_end(&p);
}

static void
test_ike_the_peer_must_be_who_the_connection_says(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin(&p, ALL_SECRET, ALL_SECRET);
	fake_peer_whack(&p.left,
	    "--name t --psk --host 10.77.0.1 --to "
	    "--id @right --host 10.77.0.2");
	fake_peer_whack(&p.right,
	    "--name t --psk --host 10.77.0.1 --to "
	    "--id @wrong --host 10.77.0.2");
	client = pair_initiate(&p, "t");
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "Peer ID is ID_FQDN: '@wrong'"));
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "this connection is with '@right'"));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client),
	    RC_NOTIFICATION + NOTIFY_INVALID_ID_INFORMATION);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 0);
	pair_end(&p);
}

static void
test_ike_the_responder_takes_the_connection_of_the_peer_s_id(void)
{
	struct fake_pair p;

	pair_begin(&p, ALL_SECRET, ALL_SECRET);
	fake_peer_whack(&p.left, "--name t --id @two " TUNNEL);
	fake_peer_whack(&p.right, "--name one --id @one " TUNNEL);
	fake_peer_whack(&p.right, "--name two --id @two " TUNNEL);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.right.host, "switching from \"one\" to \"two\""));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host, "\"two\" #2: IPsec SA"));
	pair_check_up(&p, 1, 1);
	pair_end(&p);
}

/* ---- Quick Mode -------------------------------------------------------- */

static void
test_ike_other_subnets_are_explained(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left, "--name t " TUNNEL);
	fake_peer_whack(&p.right,
	    "--name t --psk --encrypt --pfs --host 10.77.0.1 "
	    "--client 10.1.0.0/16 --to --host 10.77.0.2 --client 10.2.2.0/24");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "cannot respond to IPsec SA "
	    "request because no connection is known for 10.2.2.0/24==="
	    "10.77.0.2...10.77.0.1===10.1.1.0/24; nearest is \"t\"; its client "
	    "is 10.1.0.0/16 there, the peer asks for 10.1.1.0/24"));
	pair_check_up(&p, 1, 0);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
	pair_end(&p);
}

static void
test_ike_transport_mode_without_clients(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin_with(&p, "--psk --encrypt " HOSTS);
	client = pair_initiate(&p, "t");
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), 0);
	pair_check_up(&p, 1, 1);
	pair_end(&p);
}

static void
test_ike_a_refusing_kernel_fails_the_negotiation(void)
{
	struct fake_pair p;
	uint32_t client;

	pair_begin_with(&p, TUNNEL);
	p.left.host->kernel.fail_call = 1;
	client = pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_FATAL);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "the kernel refused"));
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	CU_ASSERT_EQUAL(peer_exchanges(&p.left), 1);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_connection_refusals),
	    UNIT_TEST(test_ike_names_known_and_unknown),
	    UNIT_TEST(test_ike_initiate_needs_ears_and_an_end),
	    UNIT_TEST(test_ike_short_lifetimes_are_accepted_with_a_warning),
	    UNIT_TEST(test_ike_different_secrets_are_explained),
	    UNIT_TEST(test_ike_a_missing_secret_is_named_at_either_end),
	    UNIT_TEST(test_ike_the_peer_must_be_who_the_connection_says),
	    UNIT_TEST(
		test_ike_the_responder_takes_the_connection_of_the_peer_s_id),
	    UNIT_TEST(test_ike_other_subnets_are_explained),
	    UNIT_TEST(test_ike_transport_mode_without_clients),
	    UNIT_TEST(test_ike_a_refusing_kernel_fails_the_negotiation),
	};

	return unit_run("ike_refusal", tests, COUNT(tests));
}
