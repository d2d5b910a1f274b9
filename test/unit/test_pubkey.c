/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys by identity, and what whack --keyid makes of them. */
#include "engine/ike/pubkey.h"
#include "test/fake/keys.h"
#include "test/unit/ike_pair.h"

#define A RSA_VECTOR_1024_A
#define B RSA_VECTOR_1024_B

/* ---- the container ----------------------------------------------------- */

static struct ident
ident(const char *s)
{
	struct ident id = {0};
	TEXT(why, 100);

	CU_ASSERT_TRUE(ident_parse(&id, span_str(s), &why));
	return id;
}

static struct rsa_public *
public_key(enum rsa_vector_name name)
{
	struct rsa_private *private = rsa_vector_key(name);
	struct rsa_public *key = rsa_public_get(rsa_private_public(private));

	rsa_private_put(private);
	return key;
}

static size_t
count(const struct pubkeys *ps, const char *id)
{
	struct ident i = ident(id);

	return pubkey_count(ps, &i);
}

static void
add(struct pubkeys *ps, const char *id, enum rsa_vector_name name)
{
	struct ident i = ident(id);

	CU_ASSERT_TRUE(pubkey_add_take(ps, &i, public_key(name)));
}

static void
test_keys_are_found_by_identity(void)
{
	struct pubkeys *ps = pubkeys_new();
	struct ident east = ident("@East.Example");
	const struct pubkey *p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ps);
	add(ps, "@east.example", A);
	add(ps, "@west.example", B);
	add(ps, "10.77.0.1", B);
	add(ps, "east@example", B);
	p = pubkey_next(ps, &east, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(rsa_public_bits(p->key), 1024);
	CU_ASSERT_PTR_NULL(pubkey_next(ps, &east, p));
	CU_ASSERT_EQUAL(count(ps, "10.77.0.1"), 1);
	CU_ASSERT_EQUAL(count(ps, "10.77.0.2"), 0);
	CU_ASSERT_EQUAL(count(ps, "@east"), 0);
	CU_ASSERT_EQUAL(pubkeys_count(ps), 4);
	pubkeys_free(ps);
}

static void
test_a_key_is_kept_once(void)
{
	struct pubkeys *ps = pubkeys_new();
	struct ident east = ident("@east");

	add(ps, "@east", A);
	add(ps, "@east", A);
	add(ps, "@east", B);
	CU_ASSERT_EQUAL(count(ps, "@east"), 2);
	CU_ASSERT_EQUAL(pubkey_forget(ps, &east), 2);
	CU_ASSERT_EQUAL(pubkey_forget(ps, &east), 0);
	CU_ASSERT_EQUAL(pubkeys_count(ps), 0);
	pubkeys_free(ps);
}

/* Moduli that nobody could use, but different ones. */
static struct rsa_public *
numbered_key(uint8_t number)
{
	uint8_t n[128];
	TEXT(why, 200);

	memset(n, 0xff, sizeof(n));
	n[1] = number;
	return rsa_public_new(span_of(n, sizeof(n)), SPAN_LIT("\3"), &why);
}

static void
test_an_identity_has_so_many_keys_at_most(void)
{
	struct pubkeys *ps = pubkeys_new();
	struct ident east = ident("@east"), west = ident("@west");

	for (uint8_t i = 0; i < PUBKEYS_PER_IDENT; i++)
		CU_ASSERT_TRUE(pubkey_add_take(ps, &east, numbered_key(i)));
	CU_ASSERT_FALSE(pubkey_add_take(ps, &east, numbered_key(100)));
	CU_ASSERT_TRUE(pubkey_add_take(ps, &east, numbered_key(3)));
	CU_ASSERT_TRUE(pubkey_add_take(ps, &west, numbered_key(100)));
	CU_ASSERT_EQUAL(count(ps, "@east"), PUBKEYS_PER_IDENT);
	pubkeys_free(ps);
}

static void
test_all_keys_are_listed_in_order_of_arrival(void)
{
	static const char *const ids[] = {"@c", "@a", "@b", "@a"};
	static const enum rsa_vector_name keys[] = {A, A, B, B};
	struct pubkeys *ps = pubkeys_new();
	const struct pubkey *p = NULL;

	for (size_t i = 0; i < COUNT(ids); i++)
		add(ps, ids[i], keys[i]);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct ident want = ident(ids[i]);

		p = pubkey_next(ps, NULL, p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_TRUE(ident_equal(&p->ident, &want));
	}
	CU_ASSERT_PTR_NULL(pubkey_next(ps, NULL, p));
	pubkeys_free(ps);
}

/* ---- whack --keyid ----------------------------------------------------- */

static void
tell(struct fake_peer *p, const char *id, const char *more,
    enum rsa_vector_name key, const char *answer)
{
	TEXT(blob, FAKE_RSA_BLOB);
	TEXT(command, FAKE_RSA_BLOB + 100);

	fake_rsa_blob(&blob, key);
	text_add(&command, "--keyid %s %s --pubkeyrsa %s", id, more, blob.p);
	fake_forget_lines(p->host);
	peer_answers(p, command.p, 0, answer);
}

/* How many keys --status lists for this identity. */
static unsigned
listed(struct fake_peer *p, const char *id)
{
	TEXT(text, 100);

	fake_forget_lines(p->host);
	(void)fake_peer_whack(p, "--status");
	text_add(&text, "public key of %s: ", id);
	return fake_count(p->host, text.p);
}

static void
test_keyid_replaces_and_addkey_adds(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	tell(&p.left, "@east", "", RSA_VECTOR_2048,
	    "@east: added public 2048-bit RSA key ");
	CU_ASSERT_EQUAL(listed(&p.left, "@east"), 1);
	tell(&p.left, "@EAST", "--addkey", RSA_VECTOR_3072, "added public");
	tell(&p.left, "@east", "--addkey", RSA_VECTOR_3072, "added public");
	tell(&p.left, "@west", "", RSA_VECTOR_3072, "added public");
	CU_ASSERT_EQUAL(listed(&p.left, "@west"), 1);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "public key of"), 3);
	tell(&p.left, "@east", "", RSA_VECTOR_4096,
	    "added public 4096-bit RSA key ");
	CU_ASSERT_EQUAL(fake_count(p.left.host, "in place of 2"), 2);
	CU_ASSERT_EQUAL(listed(&p.left, "@east"), 1);
	CU_ASSERT_EQUAL(listed(&p.right, "@east"), 0);
	pair_end(&p);
}

static void
test_keyid_warns_of_short_keys(void)
{
	struct fake_pair p;
	TEXT(blob, FAKE_RSA_BLOB);
	TEXT(command, FAKE_RSA_BLOB + 100);

	pair_begin(&p, SECRET, SECRET);
	fake_rsa_blob(&blob, A);
	text_add(&command, "--keyid @east --pubkeyrsa %s", blob.p);
	peer_answers(&p.left, command.p, RC_LOG_SERIOUS,
	    "warning: an RSA key of 1024 bits");
	CU_ASSERT_EQUAL(listed(&p.left, "@east"), 1);
	pair_end(&p);
}

/* A refused key leaves those that are there. */
static void
test_keyid_refuses_what_is_no_key(void)
{
	static const char *const bad[] = {
	    /* NEG-44 */
	    "0x00",           /* one octet */
	    "0x0103",         /* no modulus */
	    "0x010005",       /* exponent 0 */
	    "0x0100000000",   /* exponent and modulus 0 */
	    "0x010203040506", /* even exponent, short modulus */
	    "0x0001ff",       /* exponent longer than all */
	    "0tnonsense",
	};
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	tell(&p.left, "@east", "", RSA_VECTOR_2048, "added public");
	for (size_t i = 0; i < COUNT(bad); i++) {
		TEXT(command, 200);

		text_add(&command, "--keyid @east --pubkeyrsa %s", bad[i]);
		peer_answers(
		    &p.left, command.p, RC_BADWHACKMESSAGE, "--pubkeyrsa: ");
	}
	peer_answers(&p.left, "--keyid @east", RC_NOKEY,
	    "looking for the key in DNS is not supported");
	peer_answers(
	    &p.left, "--keyid @ --pubkeyrsa 0x00", RC_BADID, "--keyid: ");
	CU_ASSERT_EQUAL(listed(&p.left, "@east"), 1);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_keys_are_found_by_identity),
	    UNIT_TEST(test_a_key_is_kept_once),
	    UNIT_TEST(test_an_identity_has_so_many_keys_at_most),
	    UNIT_TEST(test_all_keys_are_listed_in_order_of_arrival),
	    UNIT_TEST(test_keyid_replaces_and_addkey_adds),
	    UNIT_TEST(test_keyid_warns_of_short_keys),
	    UNIT_TEST(test_keyid_refuses_what_is_no_key),
	};

	return unit_run("pubkey", tests, COUNT(tests));
}
