/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What updown scripts are told and what they say: the environment, and nothing
 * in it or in the log that a peer could have made up.
 */
#include "test/unit/warrior.h"

struct value {
	const char *name, *text;
};

/* All of its variables, and no others. */
static void
has_exactly(const struct fake_script *s, const struct value *values, size_t n)
{
	size_t found = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (size_t i = 0; i < n; i++) {
		const char *text = fake_script_value(s, values[i].name);

		if (text == NULL || strcmp(text, values[i].text) != 0) {
			fprintf(stderr, "%s: expected '%s', found '%s'\n",
			    values[i].name, values[i].text,
			    text == NULL ? "nothing" : text);
			CU_FAIL("another value");
		}
	}
	while (s->environment[found] != NULL)
		found++;
	CU_ASSERT_EQUAL(found, n);
}

static void
test_updown_tunnel_is_told_of_everything(void)
{
	static const struct value values[] = {
	    {"PLUTO_VERSION", "1.1"},
	    {"PLUTO_VERB", "up-client"},
	    {"PLUTO_CONNECTION", "t"},
	    {"PLUTO_NEXT_HOP", "10.77.0.9"},
	    {"PLUTO_INTERFACE", "eth0"},
	    {"PLUTO_ME", "10.77.0.1"},
	    {"PLUTO_MY_ID", "@left.example"},
	    {"PLUTO_MY_CLIENT", "10.1.1.0/24"},
	    {"PLUTO_MY_CLIENT_NET", "10.1.1.0"},
	    {"PLUTO_MY_CLIENT_MASK", "255.255.255.0"},
	    {"PLUTO_MY_PORT", "0"},
	    {"PLUTO_MY_PROTOCOL", "0"},
	    {"PLUTO_PEER", "10.77.0.2"},
	    {"PLUTO_PEER_ID", "joe@example.org"},
	    {"PLUTO_PEER_CLIENT", "10.2.2.0/24"},
	    {"PLUTO_PEER_CLIENT_NET", "10.2.2.0"},
	    {"PLUTO_PEER_CLIENT_MASK", "255.255.255.0"},
	    {"PLUTO_PEER_PORT", "0"},
	    {"PLUTO_PEER_PROTOCOL", "0"},
	};
	struct fake_pair p;

	pair_begin(&p, ALL_SECRET, ALL_SECRET);
	pair_load(&p,
	    "--psk --encrypt --host 10.77.0.1 --client 10.1.1.0/24 "
	    "--nexthop 10.77.0.9 --id @left.example --to --host 10.77.0.2 "
	    "--client 10.2.2.0/24 --id joe@example.org");
	(void)pair_initiate(&p, "t");
	has_exactly(
	    fake_script_find(p.left.host, "up-client"), values, COUNT(values));
	CU_ASSERT_STRING_EQUAL(
	    fake_script_find(p.left.host, "")->command, "ipsec _updown");
	pair_end(&p);
}

/* Without --client the host is the client; of IPv6 in a tunnel of IPv4 and the
 * other way round, the gateways' family makes the verb. */
static void
test_updown_families(void)
{
	static const struct {
		const char *options;
		struct value values[6];
	} cases[] = {
	    {"--psk --encrypt " HOSTS,
		{{"PLUTO_VERB", "up-host"}, {"PLUTO_NEXT_HOP", "10.77.0.2"},
		    {"PLUTO_MY_CLIENT", "10.77.0.1/32"},
		    {"PLUTO_MY_CLIENT_MASK", "255.255.255.255"},
		    {"PLUTO_PEER_CLIENT_NET", "10.77.0.2"},
		    {"PLUTO_PEER_CLIENT_MASK", "255.255.255.255"}}},
	    {"--psk --encrypt --tunnelipv6 --host 10.77.0.1 --client "
	     "fd01::/64 --to --host 10.77.0.2 --client fd02::/64",
		{{"PLUTO_VERB", "up-client"}, {"PLUTO_PEER", "10.77.0.2"},
		    {"PLUTO_MY_CLIENT", "fd01::/64"},
		    {"PLUTO_MY_CLIENT_NET", "fd01::"},
		    {"PLUTO_MY_CLIENT_MASK", "ffff:ffff:ffff:ffff::"},
		    {"PLUTO_PEER_CLIENT", "fd02::/64"}}},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fake_script *s;
		struct fake_pair p;

		pair_begin_with(&p, cases[i].options);
		(void)pair_initiate(&p, "t");
		s = fake_script_find(p.left.host, "");
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		for (size_t j = 0; j < COUNT(cases[i].values); j++)
			CU_ASSERT_STRING_EQUAL(
			    fake_script_value(s, cases[i].values[j].name),
			    cases[i].values[j].text);
		pair_end(&p);
	}
}

/* Each end has a command; ours is run, and that of an instance is its
 * template's. */
static void
test_updown_command_is_that_of_our_end(void)
{
	struct scene s;

	scene_begin(&s, "");
	warrior_load(&s.gateway,
	    "--name w --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --updown /etc/ours --to --host %any "
	    "--updown /etc/theirs");
	fake_peer_whack(&s.ann,
	    "--name p --psk --encrypt --tunnel --host " ANNS
	    " --to --host " GATEWAY " --client 10.2.0.0/16 --updown /etc/no");
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_STRING_EQUAL(
	    fake_script_find(s.gateway.host, "up-client")->command,
	    "/etc/ours");
	CU_ASSERT_STRING_EQUAL(
	    fake_script_find(s.ann.host, "up-host")->command, "ipsec _updown");
	CU_ASSERT_STRING_EQUAL(
	    fake_script_value(
		fake_script_find(s.gateway.host, "up-client"), "PLUTO_PEER"),
	    ANNS);
	scene_end(&s);
}

/* NEG-21, NEG-54: an identity of the worst characters there are. */
static void
test_updown_identity_has_no_character_that_a_shell_knows(void)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789@._:/-\\";
	const struct {
		uint8_t type;
		struct span data;
		const char *printed;
	} cases[] = {
	    {ID_TYPE_FQDN, SPAN_LIT("a';rm -rf $HOME"),
		"@a\\x27\\x3brm\\x20-rf\\x20\\x24HOME"},
	    {ID_TYPE_FQDN, SPAN_LIT("`id`$(id)\n\0x"),
		"@\\x60id\\x60\\x24\\x28id\\x29\\x0a\\x00x"},
	    {ID_TYPE_USER_FQDN, SPAN_LIT("a\"b\\c@d|e&f"),
		"a\\x22b\\x5cc@d\\x7ce\\x26f"},
	    {ID_TYPE_KEY_ID, SPAN_LIT("\x01\xff;"), "@\\x2301ff3b"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct connection *c;
		const char *found;
		struct fake_pair p;

		pair_begin_with(&p, "--psk --encrypt " HOSTS);
		c = conn_by_name(p.left.ike->conns, "t");
		CU_ASSERT_TRUE(ident_from_payload(
		    &c->ends[1].id, cases[i].type, cases[i].data));
		fake_peer_whack(&p.left, "--route --name t");
		fake_run(p.world, 0);
		found = fake_script_value(
		    fake_script_find(p.left.host, ""), "PLUTO_PEER_ID");
		CU_ASSERT_STRING_EQUAL(found, cases[i].printed);
		CU_ASSERT_EQUAL(strspn(found, safe), strlen(found));
		fake_peer_whack(&p.left, "--unroute --name t");
		fake_run(p.world, 0);
		pair_end(&p);
	}
}

/* The longest identity there is, all of it escaped, is there to its end. */
static void
test_updown_longest_identity_fits(void)
{
	struct connection *c;
	const char *found;
	struct fake_pair p;
	uint8_t name[255];

	memset(name, ';', sizeof(name));
	pair_begin_with(&p, "--psk --encrypt " HOSTS);
	c = conn_by_name(p.left.ike->conns, "t");
	CU_ASSERT_TRUE(ident_from_payload(
	    &c->ends[1].id, ID_TYPE_FQDN, span_of(name, sizeof(name))));
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, 0);
	found = fake_script_value(
	    fake_script_find(p.left.host, ""), "PLUTO_PEER_ID");
	CU_ASSERT_EQUAL(strlen(found), 1 + 4 * sizeof(name));
	CU_ASSERT_PTR_NULL(strstr(found, "..."));
	pair_end(&p);
}

/* ---- what they say ----------------------------------------------------- */

static bool
whack_heard(const struct fake_peer *p, uint32_t client, const char *text)
{
	for (const struct fake_line *l = p->host->lines; l != NULL; l = l->next)
		if (l->client == client && strstr(l->text, text) != NULL)
			return true;
	return false;
}

static void
test_updown_output_goes_to_the_log_and_to_who_waits(void)
{
	struct fake_pair p;
	uint32_t client;
	char huge[2000];

	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	pair_begin_with(&p, TUNNEL);
	p.left.host->script_min_ms = p.left.host->script_max_ms = 1000;
	ike_script_line(p.left.ike, "nobody's");
	client = fake_peer_whack(&p.left, "--route --name t");
	ike_script_line(p.left.ike, "hello\x1b[31m\tthere");
	ike_script_line(p.left.ike, huge);
	fake_run(p.world, 5000);
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_TRUE(whack_heard(&p.left, client,
	    "\"t\": prepare-client output: hello\\x1b[31m\\x09there"));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "nobody's"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "xxx..."));
	/* who waits for a negotiation, and for an end, too */
	client = fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 500);
	ike_script_line(p.left.ike, "up it goes");
	fake_run(p.world, 5000);
	CU_ASSERT_TRUE(whack_heard(
	    &p.left, client, "\"t\": up-client output: up it goes"));
	client = fake_peer_whack(&p.left, "--delete --name t");
	ike_script_line(p.left.ike, "and down");
	CU_ASSERT_TRUE(whack_heard(
	    &p.left, client, "\"t\": down-client output: and down"));
	ike_client_gone(p.left.ike, client);
	ike_script_line(p.left.ike, "unheard");
	CU_ASSERT_FALSE(whack_heard(&p.left, client, "unheard"));
	fake_run(p.world, 5000);
	CU_ASSERT_FALSE(fake_peer_done(&p.left, client));
	CU_ASSERT_FALSE(ike_busy(p.left.ike));
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_updown_tunnel_is_told_of_everything),
	    UNIT_TEST(test_updown_families),
	    UNIT_TEST(test_updown_command_is_that_of_our_end),
	    UNIT_TEST(test_updown_identity_has_no_character_that_a_shell_knows),
	    UNIT_TEST(test_updown_longest_identity_fits),
	    UNIT_TEST(test_updown_output_goes_to_the_log_and_to_who_waits),
	};

	return unit_run("updown", tests, COUNT(tests));
}
