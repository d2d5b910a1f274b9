/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two plutos that authenticate by RSA signatures: which keys and ways make a
 * tunnel, and what users and logs are told when none does.
 */
#include "engine/core/internal.h"
#include "engine/ike/pubkey.h"
#include "test/fake/keys.h"
#include "test/unit/ike_pair.h"

#define RSA "--rsasig --encrypt " CLIENTS
#define BOTH "--psk --rsasig --encrypt " CLIENTS
#define PSK "--psk --encrypt " CLIENTS
#define LEFT "10.77.0.1"
#define RIGHT "10.77.0.2"
#define A RSA_VECTOR_1024_A
#define B RSA_VECTOR_1024_B

/* Tell p a public key of this identity. */
static uint32_t
tell_key(struct fake_peer *p, const char *id, const char *more,
    enum rsa_vector_name key)
{
	TEXT(blob, FAKE_RSA_BLOB);

	fake_rsa_blob(&blob, key);
	return fake_peer_whack(
	    p, "--keyid %s %s --pubkeyrsa %s", id, more, blob.p);
}

/* Both with these private keys (RSA_VECTORS: none) and no public ones. */
static void
rsa_begin(
    struct fake_pair *p, enum rsa_vector_name left, enum rsa_vector_name right)
{
	TEXT(l, FAKE_RSA_ENTRY);
	TEXT(r, FAKE_RSA_ENTRY);

	if (left != RSA_VECTORS)
		fake_rsa_entry(&l, "", left);
	if (right != RSA_VECTORS)
		fake_rsa_entry(&r, "", right);
	pair_begin(p, l.p, r.p);
}

/* The public key of each, as the other one is told. */
static void
tell_keys(
    struct fake_pair *p, enum rsa_vector_name left, enum rsa_vector_name right)
{
	(void)tell_key(&p->left, RIGHT, "", right);
	(void)tell_key(&p->right, LEFT, "", left);
}

/* With their own keys, which both know, and the connection "t". */
static void
rsa_begin_known(
    struct fake_pair *p, enum rsa_vector_name left, enum rsa_vector_name right)
{
	rsa_begin(p, left, right);
	tell_keys(p, left, right);
	pair_load(p, RSA);
}

/* A preshared secret, A at the left, and at the right B or (RSA_VECTORS) no
 * key; the left one's public key as the right one is told. */
static void
both_begin(
    struct fake_pair *p, enum rsa_vector_name right, enum rsa_vector_name told)
{
	TEXT(l, FAKE_RSA_ENTRY);
	TEXT(r, FAKE_RSA_ENTRY);

	text_add(&l, "%s", SECRET);
	text_add(&r, "%s", SECRET);
	fake_rsa_entry(&l, "", A);
	if (right != RSA_VECTORS)
		fake_rsa_entry(&r, "", right);
	pair_begin(p, l.p, r.p);
	tell_keys(p, told, B);
}

static void
check_says(const struct fake_peer *p, const char *text)
{
	if (fake_find(p->host, text) != NULL)
		return;
	fprintf(stderr, "%s: no line has '%s'\n", p->host->name, text);
	CU_FAIL("the text is missing");
}

static void
check_nothing_up(struct fake_pair *p)
{
	CU_ASSERT_TRUE(fake_peer_is_up(&p->left, 0, 0));
	CU_ASSERT_TRUE(fake_peer_is_up(&p->right, 0, 0));
	CU_ASSERT_EQUAL(p->left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p->right.host->kernel.n_sas, 0);
}

/* ---- tunnels ----------------------------------------------------------- */

/* Short keys are checked in the loop, long ones and several by a job. */
static void
test_signatures_of_all_sizes_make_a_tunnel(void)
{
	for (int key = 0; key < RSA_VECTORS; key++) {
		struct fake_pair p;
		uint32_t client;
		TEXT(codes, 100);
		TEXT(text, 100);

		rsa_begin_known(&p, A, (enum rsa_vector_name)key);
		client = pair_initiate(&p, "t");
		fake_peer_codes(&p.left, client, &codes);
		CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 004 112 004");
		pair_check_up(&p, 1, 1);
		text_add(&text,
		    "the signature of " RIGHT " is good (%zu-bit "
		    "RSA key ",
		    rsa_vectors[key].bits);
		check_says(&p.left, text.p);
		check_says(&p.right, "the signature of " LEFT " is good");
		CU_ASSERT_EQUAL(peer_exchanges(&p.left), 2);
		pair_end(&p);
	}
}

/* While a job checks the signature, the peer is not believed yet. */
static void
test_a_waiting_check_does_not_authenticate(void)
{
	struct fake_pair p;
	struct xchg *x;

	rsa_begin_known(&p, RSA_VECTOR_4096, A);
	p.right.host->job_extra_ms = 1000;
	(void)fake_peer_whack(&p.left, "--initiate --name t");
	do {
		CU_ASSERT_TRUE_FATAL(fake_step(p.world, SOON_MS));
		x = engine_next(p.right.host->engine, NULL);
	} while (x == NULL || x->scratch == NULL || !x->scratch->waiting ||
	    strcmp(x->scratch->op->name, "SIG_I") != 0);
	CU_ASSERT_EQUAL(x->scratch->op->code, OP_VERIFY);
	CU_ASSERT_FALSE(x->scratch->authenticated);
	CU_ASSERT_TRUE(xchg_half_open(x));
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 1));
	pair_end(&p);
}

static void
test_any_key_of_the_identity_may_have_signed(void)
{
	struct fake_pair p;

	rsa_begin(&p, A, B);
	(void)tell_key(&p.left, RIGHT, "", RSA_VECTOR_2048);
	(void)tell_key(&p.left, RIGHT, "--addkey", A);
	(void)tell_key(&p.left, RIGHT, "--addkey", B);
	(void)tell_key(&p.right, LEFT, "", B);
	(void)tell_key(&p.right, LEFT, "--addkey", A);
	pair_load(&p, RSA);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

static void
test_the_private_key_is_that_of_our_identity(void)
{
	struct fake_pair p;
	TEXT(left, 2 * FAKE_RSA_ENTRY);
	TEXT(right, FAKE_RSA_ENTRY);

	fake_rsa_entry(&left, "@other.example", RSA_VECTOR_2048);
	fake_rsa_entry(&left, "@left.example", A);
	fake_rsa_entry(&right, "", B);
	pair_begin(&p, left.p, right.p);
	(void)tell_key(&p.left, "@right.example", "", B);
	(void)tell_key(&p.right, "@left.example", "", A);
	pair_load(&p,
	    "--rsasig --encrypt "
	    "--host 10.77.0.1 --client 10.1.1.0/24 --id @left.example --to "
	    "--host 10.77.0.2 --client 10.2.2.0/24 --id @right.example");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

/* ---- both ways --------------------------------------------------------- */

struct ways {
	const char *left, *right; /* what each allows */
	const char *way;          /* that both have in common; NULL: none */
};

static void
test_the_way_is_one_that_both_allow(void)
{
	static const struct ways cases[] = {
	    {BOTH, BOTH, "RSA"},
	    {BOTH, PSK, "PSK"},
	    {BOTH, RSA, "RSA"},
	    {PSK, BOTH, "PSK"},
	    {RSA, BOTH, "RSA"},
	    {PSK, RSA, NULL},
	    {RSA, PSK, NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ways *c = &cases[i];
		struct fake_pair p;
		bool signs;

		both_begin(&p, B, A);
		(void)fake_peer_whack(&p.left, "--name t %s", c->left);
		(void)fake_peer_whack(&p.right, "--name t %s", c->right);
		(void)pair_initiate(&p, "t");
		signs = fake_find(p.left.host, "the signature of") != NULL;
		CU_ASSERT_EQUAL(fake_peer_is_up(&p.left, 1, 1), c->way != NULL);
		CU_ASSERT_EQUAL(
		    signs, c->way != NULL && strcmp(c->way, "RSA") == 0);
		if (c->way == NULL)
			check_says(&p.right, "authentication method");
		pair_end(&p);
	}
}

/* A way whose keys are not there is neither offered nor accepted. */
static void
test_a_way_without_its_keys_is_left_out(void)
{
	struct fake_pair p;

	both_begin(&p, RSA_VECTORS, A);
	pair_load(&p, BOTH);
	(void)pair_initiate(&p, "t"); /* the right one has no private key */
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "the signature of"));
	pair_whack(&p, "--terminate --name t");
	(void)fake_peer_whack(&p.right, "--initiate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 1));
	CU_ASSERT_PTR_NULL(fake_find(p.right.host, "the signature of"));
	pair_end(&p);
}

/* A peer that takes the first way and is silent if that does not do: the next
 * attempt begins with the other, and so does what follows. */
static void
test_each_attempt_begins_with_another_way(void)
{
	struct fake_pair p;

	both_begin(&p, B, B); /* not the left one's */
	pair_load(&p, BOTH);
	(void)pair_initiate(&p, "t");
	check_nothing_up(&p);
	check_says(&p.right, "was made by none of its public keys");
	fake_run(p.world, 70000); /* 10, 20 and 40 s for the answer */
	check_says(&p.left, "keying attempt 2 of 3 begins");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "the signature of"));
	(void)fake_peer_whack(&p.left, "--terminate --name t");
	(void)fake_peer_whack(&p.right, "--terminate --name t");
	fake_run(p.world, SOON_MS);
	check_nothing_up(&p);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

/* ---- refusals ---------------------------------------------------------- */

static void
test_an_initiator_without_private_key_is_told_so(void)
{
	struct fake_pair p;

	rsa_begin(&p, RSA_VECTORS, B);
	(void)tell_key(&p.left, RIGHT, "", B);
	pair_load(&p, RSA);
	(void)pair_initiate(&p, "t");
	check_says(&p.left,
	    "no private RSA key for 10.77.0.1 among the 0 "
	    "entries loaded");
	check_nothing_up(&p);
	pair_end(&p);
}

static void
test_an_initiator_without_the_public_key_is_told_so(void)
{
	struct fake_pair p;

	rsa_begin(&p, A, B);
	pair_load(&p, RSA);
	(void)pair_initiate(&p, "t");
	check_says(&p.left,
	    "no public RSA key of 10.77.0.2 among the 0 known: "
	    "tell it by whack --keyid 10.77.0.2 --pubkeyrsa");
	check_nothing_up(&p);
	pair_end(&p);
}

/* NEG-01: a signature that the identity's key did not make. */
static void
test_a_signature_by_another_key_is_refused(void)
{
	struct fake_pair p;
	TEXT(name, 60);
	struct rsa_private *key = rsa_vector_key(B);

	rsa_begin(&p, A, B);
	tell_keys(&p, B, B);
	pair_load(&p, RSA " --keyingtries 1");
	(void)pair_initiate(&p, "t");
	check_says(&p.right,
	    "the signature of 10.77.0.1 (128 octets) was made "
	    "by none of its public keys: 1024-bit RSA key ");
	pubkey_print(&name, rsa_private_public(key));
	check_says(&p.right, name.p);
	check_nothing_up(&p);
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(peer_exchanges(&p.left) + peer_exchanges(&p.right), 0);
	rsa_private_put(key);
	pair_end(&p);
}

/* The same in the answer: whack learns of it by its number. */
static void
test_an_answer_signed_by_another_key_is_refused(void)
{
	struct fake_pair p;
	uint32_t client;
	TEXT(codes, 200);

	rsa_begin(&p, A, B);
	tell_keys(&p, A, A);
	pair_load(&p, RSA " --keyingtries 1");
	client = pair_initiate(&p, "t");
	fake_peer_codes(&p.left, client, &codes);
	CU_ASSERT_STRING_EQUAL(codes.p, "104 106 108 038");
	check_says(&p.left,
	    "the signature of 10.77.0.2 (128 octets) was made "
	    "by none of its public keys");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	pair_end(&p);
}

/* The responder finds out by the ID payload whose key it would need. */
static void
test_a_switch_to_a_connection_without_key_is_explained(void)
{
	struct fake_pair p;

	rsa_begin(&p, A, B);
	tell_keys(&p, A, B);
	(void)fake_peer_whack(&p.left,
	    "--name t --rsasig --encrypt "
	    "--host 10.77.0.1 --client 10.1.1.0/24 --id @stray --to "
	    "--host 10.77.0.2 --client 10.2.2.0/24");
	(void)fake_peer_whack(&p.right, "--name t " RSA);
	(void)fake_peer_whack(&p.right,
	    "--name u --rsasig --encrypt "
	    "--host 10.77.0.1 --client 10.1.9.0/24 --id @stray --to "
	    "--host 10.77.0.2 --client 10.2.2.0/24");
	(void)pair_initiate(&p, "t");
	check_says(&p.right,
	    "no public RSA key of @stray is known, so its "
	    "signature cannot be checked");
	check_nothing_up(&p);
	(void)tell_key(&p.right, "@stray", "", A);
	fake_run(p.world, 20000); /* MI3 comes again */
	CU_ASSERT_EQUAL(fake_peer_count(&p.right, XCHG_MAIN_MODE), 1);
	check_says(&p.right, "switching from \"t\" to \"u\"");
	pair_end(&p);
}

/* A peer without any connection for its identity. */
static void
test_an_unknown_identity_is_refused_before_any_check(void)
{
	struct fake_pair p;

	rsa_begin(&p, A, B);
	tell_keys(&p, A, B);
	(void)fake_peer_whack(&p.left,
	    "--name t --rsasig --encrypt "
	    "--host 10.77.0.1 --id @stray --to --host 10.77.0.2");
	(void)fake_peer_whack(&p.right, "--name t --rsasig --encrypt " HOSTS);
	(void)pair_initiate(&p, "t");
	check_says(&p.right, "@stray");
	CU_ASSERT_EQUAL(fake_count(p.right.host, "the signature of"), 0);
	check_nothing_up(&p);
	pair_end(&p);
}

/* A key that is deleted, or replaced, while a job has it. */
static void
test_keys_outlive_their_replacement_while_in_use(void)
{
	struct fake_pair p;

	rsa_begin_known(&p, A, RSA_VECTOR_4096);
	p.right.host->job_extra_ms = 500;
	p.left.host->job_extra_ms = 500;
	(void)fake_peer_whack(&p.left, "--initiate --name t");
	for (int i = 0; i < 20; i++) {
		TEXT(entry, FAKE_RSA_ENTRY);

		fake_run(p.world, 100);
		fake_rsa_entry(&entry, "", A);
		fake_peer_secrets(&p.left, entry.p);
		entry.n = 0;
		fake_rsa_entry(&entry, "", RSA_VECTOR_4096);
		fake_peer_secrets(&p.right, entry.p);
		tell_keys(&p, A, RSA_VECTOR_4096);
	}
	fake_run(p.world, 10 * SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

/* An ISAKMP SA by one way does not serve a connection that wants another. */
static void
test_ways_do_not_share_an_isakmp_sa(void)
{
	static const char other[] = "--name u --psk --encrypt " HOSTS;
	struct fake_pair p;

	rsa_begin_known(&p, A, B);
	fake_peer_secrets(&p.left, SECRET);
	fake_peer_secrets(&p.right, SECRET);
	pair_whack(&p, other);
	(void)pair_initiate(&p, "u");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	check_says(&p.left, "no private RSA key for " LEFT);
	pair_end(&p);
}

/* ---- certificates ------------------------------------------------------ */

static void
add_certificate(struct fake_peer *p, enum slot slot)
{
	struct xchg *x = engine_next(p->host->engine, NULL);

	CU_ASSERT_TRUE_FATAL(x != NULL && xchg_begin(x, NULL));
	CU_ASSERT_TRUE(xchg_slot_add(x, slot, SPAN_LIT("\4certificate")));
	CU_ASSERT_TRUE(xchg_slot_add(x, slot, SPAN_LIT("\4and its issuer")));
	slots_commit(x);
	x->scratch->open = false;
}

static void
test_certificates_are_ignored_and_noted(void)
{
	struct fake_pair p;

	rsa_begin_known(&p, A, B);
	(void)fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 5); /* MI1 is on its way */
	add_certificate(&p.left, SLOT_CERTI);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	check_says(&p.right, "2 CERT payloads ignored");
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "CERT payload"));
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_signatures_of_all_sizes_make_a_tunnel),
	    UNIT_TEST(test_ways_do_not_share_an_isakmp_sa),
	    UNIT_TEST(test_a_waiting_check_does_not_authenticate),
	    UNIT_TEST(test_any_key_of_the_identity_may_have_signed),
	    UNIT_TEST(test_the_private_key_is_that_of_our_identity),
	    UNIT_TEST(test_the_way_is_one_that_both_allow),
	    UNIT_TEST(test_a_way_without_its_keys_is_left_out),
	    UNIT_TEST(test_each_attempt_begins_with_another_way),
	    UNIT_TEST(test_an_initiator_without_private_key_is_told_so),
	    UNIT_TEST(test_an_initiator_without_the_public_key_is_told_so),
	    UNIT_TEST(test_a_signature_by_another_key_is_refused),
	    UNIT_TEST(test_an_answer_signed_by_another_key_is_refused),
	    UNIT_TEST(test_a_switch_to_a_connection_without_key_is_explained),
	    UNIT_TEST(test_an_unknown_identity_is_refused_before_any_check),
	    UNIT_TEST(test_keys_outlive_their_replacement_while_in_use),
	    UNIT_TEST(test_certificates_are_ignored_and_noted),
	};

	return unit_run("ike_rsa", tests, COUNT(tests));
}
