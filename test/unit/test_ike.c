/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whack's users see of connections and SAs: two plutos in one world. */
#include "engine/ike/neg.h"
#include "test/fake/peer.h"
#include "test/unit/unit.h"

#define HOSTS "--host 10.77.0.1 --to --host 10.77.0.2"
#define CLIENTS                                                                \
	"--host 10.77.0.1 --client 10.1.1.0/24 --to "                          \
	"--host 10.77.0.2 --client 10.2.2.0/24"
#define TUNNEL "--psk --encrypt --pfs " CLIENTS
#define SECRET "10.77.0.1 10.77.0.2 : PSK \"hush\"\n"

enum { SOON_MS = 3000, DAY_MS = 24 * 3600 * 1000 };

struct pair {
	struct fake_world *world;
	struct fake_peer a, b;
};

static void
begin(struct pair *p, const char *secret_a, const char *secret_b)
{
	*p = (struct pair){.world = fake_world_new(1)};
	fake_peer_start(&p->a, fake_host_new(p->world, "a", "10.77.0.1"),
	    secret_a);
	fake_peer_start(&p->b, fake_host_new(p->world, "b", "10.77.0.2"),
	    secret_b);
}

static void
end_peer(struct fake_peer *p)
{
	CU_ASSERT_EQUAL(p->host->kernel.complaints, 0);
	CU_ASSERT_STRING_EQUAL(p->host->kernel.complaint, "");
	CU_ASSERT_EQUAL(fake_count(p->host, "hush"), 0);
	if (p->ike != NULL)
		fake_peer_stop(p);
}

static void
end(struct pair *p)
{
	end_peer(&p->a);
	end_peer(&p->b);
	fake_world_free(p->world);
}

/* The same tunnel at both ends. */
static void
load(struct pair *p, const char *options)
{
	fake_peer_whack(&p->a, "--name t %s", options);
	fake_peer_whack(&p->b, "--name t %s", options);
}

static bool
is_up(const struct fake_peer *p, unsigned isakmp, unsigned ipsec)
{
	return fake_peer_count(p, XCHG_MAIN_MODE) == isakmp &&
	    fake_peer_count(p, XCHG_QUICK_MODE) == ipsec;
}

static size_t
exchanges(const struct fake_peer *p)
{
	struct engine_stats stats;

	engine_stats(ike_engine(p->ike), &stats);
	return stats.exchanges;
}

/* One whack whose exit status and last words are known. */
static void
answers(struct fake_peer *p, const char *command, int status,
    const char *text)
{
	uint32_t client = fake_peer_whack(p, "%s", command);

	CU_ASSERT_TRUE(fake_peer_done(p, client));
	CU_ASSERT_EQUAL(fake_peer_status(p, client), status);
	if (fake_find(p->host, text) == NULL) {
		fprintf(stderr, "%s: no line has '%s'\n", command, text);
		CU_FAIL("the text is missing");
	}
}

/* ---- up and down ------------------------------------------------------- */

static void
test_ike_initiate_shows_the_documented_codes(void)
{
	struct pair p;
	uint32_t client;
	TEXT(codes, 100);

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	fake_peer_codes(&p.a, client, &codes);
	CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004 112 004");
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), 0);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1) && is_up(&p.b, 1, 1));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host, "\"t\" #2: initiating Quick "
	    "Mode PSK+ENCRYPT+TUNNEL+PFS+UP {using isakmp#1}"));
	end(&p);
}

static void
test_ike_asynchronous_ends_with_the_first_message(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	client = fake_peer_whack(&p.a, "--initiate --name t --asynchronous");
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), 104);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1));
	end(&p);
}

static void
test_ike_without_encrypt_there_is_an_isakmp_sa_only(void)
{
	struct pair p;
	uint32_t client;
	TEXT(codes, 100);

	begin(&p, SECRET, SECRET);
	load(&p, "--psk " HOSTS);
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	fake_peer_codes(&p.a, client, &codes);
	CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004");
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 0));
	end(&p);
}

static void
test_ike_connections_share_one_main_mode(void)
{
	struct pair p;
	uint32_t one, two;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--name u --psk --encrypt --tunnel " HOSTS);
	fake_peer_whack(&p.b, "--name u --psk --encrypt --tunnel " HOSTS);
	one = fake_peer_whack(&p.a, "--initiate --name t");
	two = fake_peer_whack(&p.a, "--initiate --name u");
	CU_ASSERT_FALSE(fake_peer_done(&p.a, two));
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 2) && is_up(&p.b, 1, 2));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, one), 0);
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, two), 0);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, one) && fake_peer_done(&p.a, two));
	end(&p);
}

static void
test_ike_who_waits_survives_the_end_of_the_other(void)
{
	struct pair p;
	uint32_t one, two;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--name u --psk --encrypt --tunnel " HOSTS);
	fake_peer_whack(&p.b, "--name u --psk --encrypt --tunnel " HOSTS);
	one = fake_peer_whack(&p.a, "--initiate --name t");
	two = fake_peer_whack(&p.a, "--initiate --name u");
	answers(&p.a, "--delete --name t", 0, "deleting connection");
	CU_ASSERT_TRUE(fake_peer_done(&p.a, one));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, one), RC_FATAL);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, two), 0);
	end(&p);
}

static void
test_ike_quick_mode_survives_the_end_of_its_isakmp_sa(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--name u --psk --encrypt --tunnel " HOSTS);
	fake_peer_whack(&p.b, "--name u --psk --encrypt --tunnel " HOSTS);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	p.world->faults.loss = 1000;
	client = fake_peer_whack(&p.a, "--initiate --name u");
	fake_run(p.world, SOON_MS);
	fake_peer_whack(&p.a, "--deletestate 1");
	CU_ASSERT_FALSE(fake_peer_done(&p.a, client));
	p.world->faults.loss = 0;
	fake_run(p.world, 15 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), 0);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 2));
	end(&p);
}

static void
test_ike_terminate_leaves_the_connection_only(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	answers(&p.a, "--terminate --name t", 0, "\"t\": terminating SAs");
	CU_ASSERT_EQUAL(exchanges(&p.a), 0);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_policies, 0);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "received Delete for ESP"));
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1));
	end(&p);
}

static void
test_ike_shutdown_leaves_nothing(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	ike_shutdown(p.a.ike);
	ike_shutdown(p.b.ike);
	CU_ASSERT_EQUAL(exchanges(&p.a), 0);
	CU_ASSERT_EQUAL(exchanges(&p.b), 0);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.b.host->kernel.n_policies, 0);
	end(&p);
}

static void
test_ike_deletestate_ends_one_sa(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	answers(&p.a, "--deletestate 2", 0,
	    "\"t\" #2: deleting state (STATE_QUICK_I2)");
	CU_ASSERT_TRUE(is_up(&p.a, 1, 0));
	CU_ASSERT_EQUAL(p.a.host->kernel.n_sas, 0);
	answers(&p.a, "--deletestate 2", RC_UNKNOWN_NAME,
	    "no state #2 to delete");
	end(&p);
}

/* ---- in time ----------------------------------------------------------- */

static void
test_ike_sas_are_replaced_for_ever(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, DAY_MS);
	CU_ASSERT_TRUE(fake_peer_count(&p.a, XCHG_MAIN_MODE) >= 1);
	CU_ASSERT_TRUE(fake_peer_count(&p.a, XCHG_MAIN_MODE) <= 2);
	CU_ASSERT_TRUE(fake_peer_count(&p.b, XCHG_QUICK_MODE) >= 1);
	CU_ASSERT_TRUE(fake_peer_count(&p.b, XCHG_QUICK_MODE) <= 2);
	CU_ASSERT_TRUE(fake_count(p.a.host, "PFS+UP to replace #") >= 24);
	CU_ASSERT_PTR_NULL(fake_find(p.b.host, "initiating Quick Mode"));
	ike_shutdown(p.a.ike);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_policies, 0);
	end(&p);
}

static void
test_ike_the_responder_replaces_when_the_initiator_does_not(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.a, "--name t --rekeymargin 0 " TUNNEL);
	fake_peer_whack(&p.b, "--name t " TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, 3340 * 1000);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "to replace #2"));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 2));
	end(&p);
}

static void
test_ike_a_restarted_peer_is_found_again(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	fake_peer_stop(&p.b);
	fake_kernel_flush(&p.b.host->kernel);
	fake_peer_start(&p.b, p.b.host, SECRET);
	fake_peer_whack(&p.b, "--name t " TUNNEL);
	fake_run(p.world, 3600 * 1000);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1) && is_up(&p.b, 1, 1));
	end(&p);
}

static void
test_ike_silence_ends_after_all_attempts(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.a, "--name t " TUNNEL);
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, 69 * 1000);
	CU_ASSERT_FALSE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), RC_RETRANSMISSION);
	fake_run(p.world, 2 * 1000);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), RC_NORETRANSMISSION);
	CU_ASSERT_EQUAL(p.a.host->sent, 4);
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(p.a.host->sent, 9);
	CU_ASSERT_EQUAL(exchanges(&p.a), 0);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "no connection is known"));
	end(&p);
}

static void
test_ike_keyingtries_0_never_gives_up(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.a, "--name t --keyingtries 0 " TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, (51 * 70 + 5) * 1000);
	CU_ASSERT_EQUAL(exchanges(&p.a), 1);
	CU_ASSERT_EQUAL(p.a.host->sent, 51 * 3 + 1);
	end(&p);
}

/* ---- refusals ---------------------------------------------------------- */

static void
test_ike_connection_refusals(void)
{
	static const struct {
		const char *options;
		int status;
		const char *text;
	} cases[] = {
		{"--encrypt " HOSTS, RC_BADWHACKMESSAGE, "add --psk"},
		{"--psk " CLIENTS, RC_BADWHACKMESSAGE,
		    "--client without --encrypt"},
		{"--psk --tunnel " HOSTS, RC_BADWHACKMESSAGE,
		    "need --encrypt"},
		{"--psk --pfs " HOSTS, RC_BADWHACKMESSAGE, "need --encrypt"},
		{"--psk --encrypt --host 10.77.0.1 --to --host 10.77.0.1",
		    RC_CLASH, "both ends have the same --host"},
		{"--psk --encrypt --host 10.77.0.1 --to --host 0.0.0.0",
		    RC_NOPEERIP, "Road Warrior"},
		{"--psk --encrypt --host 10.77.0.1 --to --host 224.0.0.1",
		    RC_BADWHACKMESSAGE, "one host"},
		{"--psk --encrypt --host 10.77.0.1 --client 10.0.0.0/8 --to "
		    "--host 10.77.0.2 --client 10.0.0.0/8", RC_CLASH,
		    "same --client"},
	};
	struct pair p;

	begin(&p, SECRET, SECRET);
	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(command, 300);

		text_add(&command, "--name t %s", cases[i].options);
		answers(&p.a, command.p, cases[i].status, cases[i].text);
		CU_ASSERT_EQUAL(conns_count(p.a.ike->conns), 0);
	}
	end(&p);
}

static void
test_ike_names_known_and_unknown(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	answers(&p.a, "--name t " TUNNEL, 0,
	    "added connection description \"t\"");
	answers(&p.a, "--name t " TUNNEL, RC_DUPNAME,
	    "attempt to redefine connection \"t\"");
	answers(&p.a, "--name t --delete " TUNNEL, 0,
	    "\"t\": deleting connection");
	answers(&p.a, "--initiate --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	answers(&p.a, "--terminate --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	answers(&p.a, "--delete --name x", RC_UNKNOWN_NAME,
	    "no connection named \"x\"");
	answers(&p.a, "--delete --name t", 0, "\"t\": deleting connection");
	CU_ASSERT_EQUAL(conns_count(p.a.ike->conns), 0);
	end(&p);
}

static void
test_ike_initiate_needs_ears_and_an_end(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.a, "--name t " TUNNEL);
	fake_peer_whack(&p.a, "--name far --psk --encrypt --host 192.0.2.1 "
	    "--to --host 192.0.2.2");
	answers(&p.a, "--initiate --name far", RC_ORIENT,
	    "neither end is one of our addresses: left 192.0.2.1, right "
	    "192.0.2.2; our addresses at the last --listen: 10.77.0.1 (eth0)");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host, "Behind NAT"));
	ike_set_deaf(p.a.ike);
	answers(&p.a, "--initiate --name t", RC_DEAF,
	    "need --listen before --initiate");
	CU_ASSERT_EQUAL(p.a.host->sent, 0);
	end(&p);
}

static void
test_ike_short_lifetimes_are_accepted_with_a_warning(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	answers(&p.a, "--name silly --psk --ikelifetime 900 --ipseclifetime "
	    "800 --keyingtries 3 " HOSTS, 0, "--ikelifetime 900 does not "
	    "exceed the rekey margin of 540..1080 s");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host,
	    "replacement begins 0..360 s after the SA is up, or never"));
	CU_ASSERT_PTR_NULL(fake_find(p.a.host, "--ipseclifetime 800"));
	answers(&p.a, "--name t --ipseclifetime 500 " TUNNEL, 0,
	    "--ipseclifetime 500");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host, "expire without"));
	end(&p);
}

/* ---- authentication ---------------------------------------------------- */

static void
test_ike_different_secrets_are_explained(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, "# c\n10.77.0.2 10.77.0.1 : PSK \"other hush\"\n");
	load(&p, "--keyingtries 1 " TUNNEL);
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, 75 * 1000);
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), RC_NORETRANSMISSION);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host, "reached STATE_MAIN_I3.  "
	    "Possible authentication failure"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "mismatch of preshared "
	    "secrets?): malformed payload in packet; our secret is that of "
	    "test.secrets:2, index \"10.77.0.2 10.77.0.1\""));
	fake_run(p.world, 200 * 1000);
	CU_ASSERT_EQUAL(exchanges(&p.a) + exchanges(&p.b), 0);
	end(&p);
}

static void
test_ike_a_missing_secret_is_named_at_either_end(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, "192.0.2.1 : PSK \"hush\"\n");
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "no preshared secret for "
	    "10.77.0.2 and 10.77.0.1"));
	CU_ASSERT_EQUAL(p.b.host->sent, 0);
	client = fake_peer_whack(&p.b, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_done(&p.b, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.b, client), RC_FATAL);
	CU_ASSERT_EQUAL(p.b.host->sent, 0);
	end(&p);
}

static void
test_ike_the_peer_must_be_who_the_connection_says(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, ": PSK \"hush\"\n", ": PSK \"hush\"\n");
	fake_peer_whack(&p.a, "--name t --psk --host 10.77.0.1 --to "
	    "--id @right --host 10.77.0.2");
	fake_peer_whack(&p.b, "--name t --psk --host 10.77.0.1 --to "
	    "--id @wrong --host 10.77.0.2");
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host,
	    "Peer ID is ID_FQDN: '@wrong'"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host,
	    "this connection is with '@right'"));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client),
	    RC_NOTIFICATION + NOTIFY_INVALID_ID_INFORMATION);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(exchanges(&p.a), 0);
	end(&p);
}

static void
test_ike_the_responder_takes_the_connection_of_the_peer_s_id(void)
{
	struct pair p;

	begin(&p, ": PSK \"hush\"\n", ": PSK \"hush\"\n");
	fake_peer_whack(&p.a, "--name t --id @two " TUNNEL);
	fake_peer_whack(&p.b, "--name one --id @one " TUNNEL);
	fake_peer_whack(&p.b, "--name two --id @two " TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host,
	    "switching from \"one\" to \"two\""));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "\"two\" #2: IPsec SA"));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1) && is_up(&p.b, 1, 1));
	end(&p);
}

/* ---- Quick Mode -------------------------------------------------------- */

static void
test_ike_other_subnets_are_explained(void)
{
	struct pair p;

	begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.a, "--name t " TUNNEL);
	fake_peer_whack(&p.b, "--name t --psk --encrypt --pfs --host 10.77.0.1 "
	    "--client 10.1.0.0/16 --to --host 10.77.0.2 --client 10.2.2.0/24");
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.b.host, "cannot respond to IPsec SA "
	    "request because no connection is known for 10.2.2.0/24==="
	    "10.77.0.2...10.77.0.1===10.1.1.0/24; nearest is \"t\"; its client "
	    "is 10.1.0.0/16 there, the peer asks for 10.1.1.0/24"));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 0) && is_up(&p.b, 1, 0));
	CU_ASSERT_EQUAL(p.b.host->kernel.n_sas, 0);
	end(&p);
}

static void
test_ike_transport_mode_without_clients(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, SECRET);
	load(&p, "--psk --encrypt " HOSTS);
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), 0);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1) && is_up(&p.b, 1, 1));
	end(&p);
}

static void
test_ike_a_refusing_kernel_fails_the_negotiation(void)
{
	struct pair p;
	uint32_t client;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	p.a.host->kernel.fail_call = 1;
	client = fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_done(&p.a, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.a, client), RC_FATAL);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.a.host, "the kernel refused"));
	CU_ASSERT_TRUE(is_up(&p.a, 1, 0));
	CU_ASSERT_EQUAL(exchanges(&p.a), 1);
	CU_ASSERT_EQUAL(p.a.host->kernel.n_policies, 0);
	end(&p);
}

/* ---- the kernel's events ----------------------------------------------- */

static void
test_ike_acquire_initiates_once(void)
{
	struct pair p;
	struct kernel_event ev = {.kind = KERNEL_ACQUIRE};

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	ev.reqid = conn_by_name(p.a.ike->conns, "t")->reqid;
	ike_kernel_event(p.a.ike, &ev);
	ike_kernel_event(p.a.ike, &ev);
	CU_ASSERT_EQUAL(exchanges(&p.a), 1);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1));
	ev.reqid = 7;
	ike_kernel_event(p.a.ike, &ev);
	CU_ASSERT_EQUAL(exchanges(&p.a), 2);
	end(&p);
}

static void
test_ike_expire_replaces_or_ends(void)
{
	struct pair p;
	struct kernel_event ev = {.kind = KERNEL_EXPIRE};
	const struct xchg *sa;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	sa = engine_find_serial(ike_engine(p.a.ike), 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	ev.spi = neg_of(sa)->sas[0].spi_in;
	ev.sa_dst = p.a.host->at.a;
	ev.protocol = PROTOCOL_ESP;
	ike_kernel_event(p.a.ike, &ev);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 2));
	ev.spi = neg_of(sa)->sas[0].spi_out;
	ev.sa_dst = p.b.host->at.a;
	ev.hard = true;
	ike_kernel_event(p.a.ike, &ev);
	CU_ASSERT_TRUE(is_up(&p.a, 1, 1));
	CU_ASSERT_PTR_NULL(engine_find_serial(ike_engine(p.a.ike), 2));
	end(&p);
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
	struct pair p;

	begin(&p, SECRET, SECRET);
	load(&p, TUNNEL);
	fake_peer_whack(&p.a, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	for (size_t i = 0; i < COUNT(lines); i++)
		answers(&p.a, "--status", 0, lines[i]);
	end(&p);
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
		UNIT_TEST(
		    test_ike_quick_mode_survives_the_end_of_its_isakmp_sa),
		UNIT_TEST(test_ike_terminate_leaves_the_connection_only),
		UNIT_TEST(test_ike_shutdown_leaves_nothing),
		UNIT_TEST(test_ike_deletestate_ends_one_sa),
		UNIT_TEST(test_ike_sas_are_replaced_for_ever),
		UNIT_TEST(
		    test_ike_the_responder_replaces_when_the_initiator_does_not),
		UNIT_TEST(test_ike_a_restarted_peer_is_found_again),
		UNIT_TEST(test_ike_silence_ends_after_all_attempts),
		UNIT_TEST(test_ike_keyingtries_0_never_gives_up),
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
		UNIT_TEST(test_ike_acquire_initiates_once),
		UNIT_TEST(test_ike_expire_replaces_or_ends),
		UNIT_TEST(test_ike_status_shows_connections_and_states),
	};

	return unit_run("ike", tests, COUNT(tests));
}
