/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a gateway for Road Warriors grants those who have not shown who they
 * are: one answer, the same for all, and nothing that stays.
 */
#include "test/fake/keys.h"
#include "test/unit/warrior.h"

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

		scene_begin(&s, WARRIOR);
		s.world->tap = lose_secrets;
		s.world->tap_ctx = &loss;
		scene_come(&s, &s.ann, "--keyingtries 1");
		CU_ASSERT_TRUE(scene_says(
		    &s, "no preshared secret for " GATEWAY " and %any"));
		CU_ASSERT_EQUAL(scene_connections(&s), 1);
		fake_run(s.world, LATE_MS);
		CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
		scene_end(&s);
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

/* It comes again as from this address, with cookie i. */
static void
stranger(struct scene *s, struct caught *c, uint32_t address, uint32_t i)
{
	struct endpoint from = {.a = {.family = ADDR_V4}, .port = FAKE_PORT};
	struct wr a = wr_of(from.a.b, 4), cookie = wr_of(c->bytes, 4);

	wr_u32(&a, address);
	wr_u32(&cookie, i + 1);
	fake_inject(s->gateway.host, &from, span_of(c->bytes, c->n));
}

/* A gateway, and what a peer would send to it. */
static void catch (struct scene *s, struct caught *first)
{
	*first = (struct caught){.n = 0};
	scene_begin(s, WARRIOR);
	s->world->tap = catch_first;
	s->world->tap_ctx = first;
	scene_come(s, &s->ann, "--keyingtries 1");
	CU_ASSERT_TRUE_FATAL(first->n > 0);
}

/* %any is somebody who can answer. */
static void
test_warrior_is_not_at_nobodys_address(void)
{
	static const uint32_t addresses[] = {
	    0,                      /* not set yet */
	    0xe0000001,             /* everybody's */
	    0xffffffff, 0x0a4d0002, /* our own */
	};
	struct scene s;
	struct caught first;

	catch (&s, &first);
	for (uint32_t i = 0; i < COUNT(addresses); i++)
		stranger(&s, &first, addresses[i], i);
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	CU_ASSERT_EQUAL(s.gateway.host->sent, 0);
	CU_ASSERT_EQUAL(
	    fake_count(s.gateway.host, "\"w\": no peer has that address"),
	    COUNT(addresses));
	scene_end(&s);
}

static void
test_warrior_strangers_cost_no_more_than_the_limit(void)
{
	struct scene s;
	struct caught first;

	catch (&s, &first);
	for (uint32_t i = 0; i < LIMIT_HALF_OPEN + 500; i++)
		stranger(&s, &first, 0x0b000000 + i, i);
	CU_ASSERT_EQUAL(scene_connections(&s), LIMIT_HALF_OPEN + 1);
	fake_run(s.world, LATE_MS);
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	CU_ASSERT_FALSE(scene_says(&s, "instance ends"));
	scene_end(&s);
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

	scene_begin(&s,
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
	CU_ASSERT_TRUE(scene_says(&s, expected));
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	fake_run(s.world, LATE_MS);
	scene_end(&s);
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

	scene_begin(&s, WARRIOR "--policy modern");
	scene_come(&s, &s.ann, "");
	CU_ASSERT_TRUE(scene_says(&s, "no proposal chosen"));
	CU_ASSERT_EQUAL(scene_connections(&s), 1);
	CU_ASSERT_EQUAL(peer_exchanges(&s.gateway), 0);
	scene_end(&s);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_warrior_without_secret_leaves_no_instance),
	    UNIT_TEST(test_warrior_is_not_at_nobodys_address),
	    UNIT_TEST(test_warrior_strangers_cost_no_more_than_the_limit),
	    UNIT_TEST(
		test_warrior_unknown_and_known_identities_are_answered_alike),
	    UNIT_TEST(test_warrior_refused_offer_leaves_no_instance),
	};

	return unit_run("warrior_strangers", tests, COUNT(tests));
}
