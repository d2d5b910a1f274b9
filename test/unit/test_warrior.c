/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Road Warriors over time: instances that come and go, peers that move, and
 * what strangers may cost.
 */
#include "test/fake/keys.h"
#include "test/unit/warrior.h"

#define ANNS "10.77.0.7"
#define BOBS "10.77.0.8"
#define WARRIOR                                             \
	"--name w --psk --encrypt --tunnel --host " GATEWAY \
	" --client 10.2.0.0/16 --to --host %any "
#define HOME "--client 10.7.0.0/16"

enum { LATE_MS = 80 * 1000, HOUR_MS = 3600 * 1000 };

struct scene {
	struct fake_world *world;
	struct fake_peer gateway, ann, bob;
};

static void
begin(struct scene *s, const char *warrior)
{
	*s = (struct scene){.world = fake_world_new(1)};
	fake_peer_start(&s->gateway,
	    fake_host_new(s->world, "gateway", GATEWAY), ALL_SECRET);
	fake_peer_start(
	    &s->ann, fake_host_new(s->world, "ann", ANNS), ALL_SECRET);
	fake_peer_start(
	    &s->bob, fake_host_new(s->world, "bob", BOBS), ALL_SECRET);
	warrior_load(&s->gateway, warrior);
}

static void
end_peer(struct fake_peer *p)
{
	peer_check_behaved(p);
	if (p->ike != NULL)
		fake_peer_stop(p);
}

static void
end(struct scene *s)
{
	end_peer(&s->gateway);
	end_peer(&s->ann);
	end_peer(&s->bob);
	fake_world_free(s->world);
}

/* A peer's own description of what the gateway has for %any. */
static void
describe(struct fake_peer *p, const char *address, const char *options)
{
	fake_peer_whack(p,
	    "--name p --psk --encrypt --tunnel --host %s %s --to "
	    "--host " GATEWAY " --client 10.2.0.0/16",
	    address, options);
}

static void
come(struct scene *s, struct fake_peer *p, const char *options)
{
	describe(p, p == &s->ann ? ANNS : BOBS, options);
	fake_peer_whack(p, "--initiate --name p");
	fake_run(s->world, SOON_MS);
}

static enum fake_fate
packet(struct scene *s, struct fake_peer *p, const char *client)
{
	struct addr a, net;

	if (!addr_parse(&a, client) || !addr_parse(&net, "10.2.0.1"))
		return FAKE_DROPPED;
	return fake_packet(
	    &s->gateway.host->kernel, &p->host->kernel, &net, &a, NULL);
}

static size_t
connections(const struct scene *s)
{
	return conns_count(s->gateway.ike->conns);
}

static bool
says(const struct scene *s, const char *text)
{
	return fake_find(s->gateway.host, text) != NULL;
}

/* ---- instances --------------------------------------------------------- */

static void
test_warrior_template_cannot_begin(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	peer_answers(&s.gateway, "--initiate --name w", RC_NOPEERIP,
	    "\"w\": cannot initiate: the peer's address is not known");
	peer_answers(&s.gateway, "--status", 0,
	    "\"w\": 10.2.0.0/16===10.77.0.2...%any; unrouted; eroute owner: "
	    "#0");
	CU_ASSERT_EQUAL(s.gateway.host->sent, 0);
	end(&s);
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

	begin(&s, WARRIOR);
	come(&s, &s.ann, "");
	come(&s, &s.bob, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	CU_ASSERT_EQUAL(connections(&s), 3);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	for (size_t i = 0; i < COUNT(lines); i++)
		peer_answers(&s.gateway, "--status", 0, lines[i]);
	end(&s);
}

static void
test_warrior_instance_goes_with_its_last_state(void)
{
	struct scene s;

	begin(&s, WARRIOR "--policy modern");
	come(&s, &s.ann, "--policy modern");
	CU_ASSERT_EQUAL(connections(&s), 2);
	fake_peer_whack(&s.ann, "--deletestate 2");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 0));
	CU_ASSERT_EQUAL(connections(&s), 2);
	fake_peer_whack(&s.ann, "--terminate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(connections(&s), 1);
	CU_ASSERT_TRUE(says(&s, "\"w\"[1] " ANNS ": instance ends"));
	/* the next one is not taken for the first */
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_STRING_EQUAL(
	    warrior_label(&s.gateway, XCHG_QUICK_MODE), "\"w\"[2] " ANNS);
	end(&s);
}

static void
test_warrior_silent_peers_instance_expires(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	come(&s, &s.ann, "");
	fake_peer_stop(&s.ann);
	fake_run(s.world, 4 * HOUR_MS);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(connections(&s), 1);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_policies, 0);
	end(&s);
}

static void
test_warrior_terminate_and_delete_are_for_all_instances(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	come(&s, &s.ann, "");
	come(&s, &s.bob, "");
	peer_answers(&s.gateway, "--terminate --name w", 0,
	    "\"w\": terminating SAs using this connection");
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(connections(&s), 1);
	fake_peer_whack(&s.ann, "--terminate --name p");
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_EQUAL(connections(&s), 2);
	peer_answers(
	    &s.gateway, "--delete --name w", 0, "\"w\": deleting connection");
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_EQUAL(connections(&s), 0);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_policies, 0);
	end(&s);
}

static void
test_warrior_deletestate_ends_one_instance(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	come(&s, &s.ann, "");
	come(&s, &s.bob, "");
	fake_peer_whack(&s.gateway, "--deletestate 2");
	fake_peer_whack(&s.gateway, "--deletestate 1");
	CU_ASSERT_EQUAL(connections(&s), 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	end(&s);
}

/* ---- rekeying ---------------------------------------------------------- */

static void
test_warrior_fixed_side_rekeys(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	s.ann.host->at.port = 5000; /* a port that no description tells */
	fake_peer_stop(&s.ann);
	fake_peer_start(&s.ann, s.ann.host, ALL_SECRET);
	come(&s, &s.ann, "--rekeymargin 0");
	fake_run(s.world, HOUR_MS - 200 * 1000);
	CU_ASSERT_TRUE(says(&s, "\"w\"[1] " ANNS " #3: initiating Quick Mode"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 2));
	fake_run(s.world, 300 * 1000);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	/* and Main Mode, to the port from which the peer came */
	fake_run(s.world, 2 * HOUR_MS);
	CU_ASSERT_TRUE(says(&s, "initiating Main Mode to replace #1"));
	CU_ASSERT_EQUAL(packet(&s, &s.ann, ANNS), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(connections(&s), 2);
	end(&s);
}

static void
test_warrior_rekeys_for_a_day(void)
{
	struct scene s;

	begin(&s, WARRIOR HOME);
	come(&s, &s.ann, HOME);
	fake_run(s.world, DAY_MS);
	CU_ASSERT_EQUAL(packet(&s, &s.ann, "10.7.0.1"), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(connections(&s), 2);
	CU_ASSERT_TRUE(says(&s, "\"w\"[1] " ANNS));
	CU_ASSERT_FALSE(says(&s, "\"w\"[2]"));
	end(&s);
}

/* ---- peers that move --------------------------------------------------- */

static void
test_warrior_subnet_that_reappears_displaces_the_old_instance(void)
{
	struct scene s;

	begin(&s, WARRIOR HOME);
	come(&s, &s.ann, HOME);
	fake_peer_stop(&s.ann);
	come(&s, &s.bob, HOME);
	CU_ASSERT_TRUE(says(&s,
	    "client 10.7.0.0/16 is now behind " BOBS
	    ": the SAs of \"w\"[1] " ANNS " make room"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 1));
	CU_ASSERT_EQUAL(connections(&s), 2);
	CU_ASSERT_EQUAL(s.gateway.host->kernel.n_sas, 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, "10.7.0.1"), FAKE_PROTECTED);
	end(&s);
}

/* Who has the fixed subnet at a fixed address loses it in the same way. */
static void
test_warrior_displaces_a_fixed_connection(void)
{
	struct scene s;

	begin(&s, WARRIOR HOME);
	fake_peer_whack(&s.gateway,
	    "--name f --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --to --host " ANNS " " HOME);
	come(&s, &s.ann, HOME);
	come(&s, &s.bob, HOME);
	CU_ASSERT_TRUE(says(&s, "the SAs of \"f\" make room"));
	CU_ASSERT_EQUAL(connections(&s), 3);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, "10.7.0.1"), FAKE_PROTECTED);
	end(&s);
}

/* A fixed side that begins takes nothing from others. */
static void
test_warrior_is_not_displaced_by_who_begins_here(void)
{
	struct scene s;

	begin(&s, WARRIOR HOME);
	fake_peer_whack(&s.gateway,
	    "--name f --psk --encrypt --tunnel --host " GATEWAY
	    " --client 10.2.0.0/16 --to --host " BOBS " " HOME);
	describe(&s.bob, BOBS, HOME);
	come(&s, &s.ann, HOME);
	peer_answers(&s.gateway, "--initiate --name f", RC_ROUTE,
	    "\"f\": connection \"w\"[1] " ANNS " has IPsec SAs for the same "
	    "clients");
	CU_ASSERT_EQUAL(packet(&s, &s.ann, "10.7.0.1"), FAKE_PROTECTED);
	end(&s);
}

static void
test_warrior_without_client_leaves_the_old_instance(void)
{
	struct scene s;

	begin(&s, WARRIOR "--id @joe");
	come(&s, &s.ann, "--id @joe");
	come(&s, &s.bob, "--id @joe");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	CU_ASSERT_EQUAL(connections(&s), 3);
	end(&s);
}

static void
test_warrior_uniqueids_ends_the_sas_elsewhere(void)
{
	struct scene s;

	begin(&s, WARRIOR "--id @joe");
	ike_set_uniqueids(s.gateway.ike, true);
	come(&s, &s.ann, "--id @joe");
	come(&s, &s.bob, "--id @joe");
	CU_ASSERT_TRUE(says(&s,
	    "this peer is here now: the SAs of \"w\"[1] " ANNS
	    " end (--uniqueids)"));
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 1));
	CU_ASSERT_EQUAL(connections(&s), 2);
	CU_ASSERT_EQUAL(packet(&s, &s.bob, BOBS), FAKE_PROTECTED);
	end(&s);
}

static void
test_warrior_uniqueids_leaves_others_and_the_same_address(void)
{
	struct scene s;

	begin(&s, WARRIOR);
	ike_set_uniqueids(s.gateway.ike, true);
	come(&s, &s.ann, "");
	come(&s, &s.bob, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 2, 2));
	fake_peer_stop(&s.ann);
	fake_kernel_flush(&s.ann.host->kernel);
	fake_peer_start(&s.ann, s.ann.host, ALL_SECRET);
	come(&s, &s.ann, "");
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 3, 3));
	CU_ASSERT_EQUAL(connections(&s), 3);
	CU_ASSERT_FALSE(says(&s, "--uniqueids"));
	end(&s);
}

/* ---- %myid ------------------------------------------------------------- */

static void
test_warrior_myid_must_be_set_first(void)
{
	struct scene s;

	begin(&s, "");
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
	end(&s);
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

	begin(&s, "");
	warrior_load(&s.gateway, WARRIOR "--id @ann");
	peer_answers(&s.gateway,
	    "--name v --psk --encrypt --host " GATEWAY
	    " --to --host %any --id @bob",
	    0, "added connection description \"v\"");
	CU_ASSERT_FALSE(says(&s, warning));
	fake_peer_secrets(&s.gateway, two);
	ike_set_interfaces(s.gateway.ike,
	    &(struct ike_interface){"eth0", s.gateway.host->at.a, FAKE_PORT},
	    1);
	CU_ASSERT_EQUAL(fake_count(s.gateway.host, warning), 1);
	peer_answers(&s.gateway,
	    "--name v --delete --psk --encrypt --host " GATEWAY
	    " --to --host %any --id @bob",
	    RC_LOG_SERIOUS, warning);
	end(&s);
}

/* ---- secrets that go away (NEG-58) -------------------------------------- */

/* The gateway loses its secrets when the peer sends its n-th datagram. */
struct loss {
	struct scene *scene;
	uint64_t n;
};

/* fake_tap */
static bool
lose_secrets(void *ctx, const struct path *path, struct span datagram)
{
	struct loss *l = ctx;
	const struct fake_host *ann = l->scene->ann.host;

	(void)datagram;
	if (endpoint_equal(&path->local, &ann->at) && ann->sent == l->n)
		fake_peer_secrets(
		    &l->scene->gateway, "192.0.2.1 : PSK \"hush\"\n");
	return false;
}

static void
test_warrior_without_secret_leaves_no_instance(void)
{
	for (uint64_t n = 1; n <= 2; n++) {
		struct scene s;
		struct loss loss = {&s, n};

		begin(&s, WARRIOR);
		s.world->tap = lose_secrets;
		s.world->tap_ctx = &loss;
		come(&s, &s.ann, "--keyingtries 1");
		CU_ASSERT_TRUE(
		    says(&s, "no preshared secret for " GATEWAY " and %any"));
		CU_ASSERT_EQUAL(connections(&s), 1);
		fake_run(s.world, LATE_MS);
		CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
		end(&s);
	}
}

/* ---- strangers --------------------------------------------------------- */

/* A first message, caught. */
struct caught {
	struct endpoint to;
	uint8_t bytes[1024];
	size_t n;
};

static bool
catch_first(void *ctx, const struct path *path, struct span datagram)
{
	struct caught *c = ctx;

	(void)path;
	if (c->n == 0 && datagram.n <= sizeof(c->bytes)) {
		memcpy(c->bytes, datagram.p, datagram.n);
		c->n = datagram.n;
	}
	return true;
}

/* It comes again as from stranger i, with a cookie of its own. */
static void
stranger(struct scene *s, struct caught *c, uint32_t i)
{
	struct endpoint from = {.a = {.family = ADDR_V4}, .port = FAKE_PORT};
	struct wr a = wr_of(from.a.b, 4), cookie = wr_of(c->bytes, 4);

	wr_u32(&a, 0x0b000000u + i);
	wr_u32(&cookie, i + 1);
	fake_inject(s->gateway.host, &from, span_of(c->bytes, c->n));
}

static void
test_warrior_strangers_cost_no_more_than_the_limit(void)
{
	struct scene s;
	struct caught first = {.n = 0};

	begin(&s, WARRIOR);
	s.world->tap = catch_first;
	s.world->tap_ctx = &first;
	come(&s, &s.ann, "--keyingtries 1");
	CU_ASSERT_TRUE_FATAL(first.n > 0);
	for (uint32_t i = 0; i < LIMIT_HALF_OPEN + 500; i++)
		stranger(&s, &first, i);
	CU_ASSERT_EQUAL(connections(&s), LIMIT_HALF_OPEN + 1);
	fake_run(s.world, LATE_MS);
	CU_ASSERT_EQUAL(connections(&s), 1);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_FALSE(says(&s, "instance ends"));
	end(&s);
}

/* fake_tap: the sizes of what the gateway sends. */
static bool
note_size(void *ctx, const struct path *path, struct span datagram)
{
	struct text *sizes = ctx;
	TEXT(from, 64);

	addr_print(&from, &path->local.a);
	if (strcmp(from.p, GATEWAY) == 0)
		text_add(sizes, " %zu", datagram.n);
	return false;
}

/* What the gateway answers to a peer that signs with a key of its own. */
static void
answers_to(struct text *sizes, const char *id, const char *expected)
{
	struct scene s;
	TEXT(secrets, FAKE_RSA_ENTRY);
	TEXT(key, FAKE_RSA_BLOB);
	TEXT(other, FAKE_RSA_BLOB);

	begin(&s,
	    "--name w --policy modern --rsasig --encrypt --host " GATEWAY
	    " --to --id @ann --host %any");
	fake_rsa_entry(&secrets, "", RSA_VECTOR_1024_A);
	fake_rsa_blob(&key, RSA_VECTOR_1024_A);
	fake_rsa_blob(&other, RSA_VECTOR_1024_B);
	fake_peer_secrets(&s.gateway, secrets.p);
	fake_peer_secrets(&s.ann, secrets.p);
	fake_peer_whack(&s.gateway, "--keyid @ann --pubkeyrsa %s", other.p);
	fake_peer_whack(&s.ann, "--keyid " GATEWAY " --pubkeyrsa %s", key.p);
	fake_peer_whack(&s.ann,
	    "--name p --policy modern --rsasig --encrypt --id %s --host " ANNS
	    " --to --host " GATEWAY,
	    id);
	s.world->tap = note_size;
	s.world->tap_ctx = sizes;
	fake_peer_whack(&s.ann, "--initiate --name p");
	fake_run(s.world, SOON_MS);
	CU_ASSERT_TRUE(says(&s, expected));
	CU_ASSERT_EQUAL(connections(&s), 2);
	fake_run(s.world, LATE_MS);
	end(&s);
}

/* NEG-64 */
static void
test_warrior_unknown_and_known_identities_are_answered_alike(void)
{
	TEXT(known, 200);
	TEXT(unknown, 200);

	answers_to(&known, "@ann", "made by none of its public keys");
	answers_to(&unknown, "@bob", "its peer is '@ann'");
	CU_ASSERT_STRING_NOT_EQUAL(known.p, "");
	CU_ASSERT_STRING_EQUAL(known.p, unknown.p);
}

static void
test_warrior_refused_offer_leaves_no_instance(void)
{
	struct scene s;

	begin(&s, WARRIOR "--policy modern");
	come(&s, &s.ann, "");
	CU_ASSERT_TRUE(says(&s, "no proposal chosen"));
	CU_ASSERT_EQUAL(connections(&s), 1);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	end(&s);
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
	    UNIT_TEST(test_warrior_without_client_leaves_the_old_instance),
	    UNIT_TEST(test_warrior_uniqueids_ends_the_sas_elsewhere),
	    UNIT_TEST(
		test_warrior_uniqueids_leaves_others_and_the_same_address),
	    UNIT_TEST(test_warrior_myid_must_be_set_first),
	    UNIT_TEST(test_warrior_secrets_that_differ_earn_a_warning),
	    UNIT_TEST(test_warrior_without_secret_leaves_no_instance),
	    UNIT_TEST(test_warrior_strangers_cost_no_more_than_the_limit),
	    UNIT_TEST(
		test_warrior_unknown_and_known_identities_are_answered_alike),
	    UNIT_TEST(test_warrior_refused_offer_leaves_no_instance),
	};

	return unit_run("warrior", tests, COUNT(tests));
}
