/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entry of ipsec.secrets is meant for which pair of identities: every
 * rule of ipsec.secrets(5) has a case, of files that hold several entries.
 */
#include "engine/ike/secrets.h"

#include "test/unit/secrets_text.h"

/* Entries are told apart by their lines. */
#define FIRST(s) s ": PSK \"one\"\n"
#define SECOND(s) s ": PSK \"two\"\n"
#define THIRD(s) s ": PSK \"three\"\n"
#define FOURTH(s) s ": PSK \"four\"\n"
#define AGAIN(s) s ": PSK \"one\"\n"

struct choice_case {
	const char *file, *us, *peer; /* "any": not known */
	unsigned line;                /* 0: none */
	bool conflict;
};

static const struct choice_case psk_cases[] = {
    /* no index: for all */
    {FIRST(""), "1.1.1.1", "2.2.2.2", 1, false},
    {FIRST(""), "@a", "b@c", 1, false},
    {FIRST(""), "fd00::1", "any", 1, false},
    /* one index: us, whoever the peer is */
    {FIRST("1.1.1.1"), "1.1.1.1", "2.2.2.2", 1, false},
    {FIRST("1.1.1.1"), "1.1.1.1", "@b", 1, false},
    {FIRST("1.1.1.1"), "1.1.1.1", "any", 1, false},
    {FIRST("1.1.1.1"), "2.2.2.2", "1.1.1.1", 0, false},
    {FIRST("@a"), "@a", "2.2.2.2", 1, false},
    {FIRST("@a"), "@A", "2.2.2.2", 1, false},
    {FIRST("@a"), "@b", "@a", 0, false},
    {FIRST("@a"), "a@a", "2.2.2.2", 0, false},
    {FIRST("u@a"), "u@A", "2.2.2.2", 1, false},
    {FIRST("u@a"), "@a", "2.2.2.2", 0, false},
    {FIRST("fd00::1"), "fd00:0::1", "fd00::2", 1, false},
    {FIRST("fd00::1"), "fd00::3", "fd00::1", 0, false},
    /* several: both must be among them, in any order */
    {FIRST("1.1.1.1 2.2.2.2"), "1.1.1.1", "2.2.2.2", 1, false},
    {FIRST("1.1.1.1 2.2.2.2"), "2.2.2.2", "1.1.1.1", 1, false},
    {FIRST("1.1.1.1 2.2.2.2"), "1.1.1.1", "3.3.3.3", 0, false},
    {FIRST("1.1.1.1 2.2.2.2"), "3.3.3.3", "2.2.2.2", 0, false},
    {FIRST("1.1.1.1 2.2.2.2"), "1.1.1.1", "any", 0, false},
    {FIRST("1.1.1.1 2.2.2.2"), "1.1.1.1", "1.1.1.1", 1, false},
    {FIRST("1.1.1.1 @b u@c fd00::1"), "@b", "u@c", 1, false},
    {FIRST("1.1.1.1 @b u@c fd00::1"), "fd00::1", "1.1.1.1", 1, false},
    {FIRST("1.1.1.1 @b u@c fd00::1"), "@b", "v@c", 0, false},
    /* %any: an IPv4 address that is not listed, or not known */
    {FIRST("1.1.1.1 %any"), "1.1.1.1", "9.9.9.9", 1, false},
    {FIRST("%any 1.1.1.1"), "1.1.1.1", "9.9.9.9", 1, false},
    {FIRST("1.1.1.1 %any"), "1.1.1.1", "any", 1, false},
    {FIRST("1.1.1.1 %any"), "1.1.1.1", "0.0.0.0", 1, false},
    {FIRST("1.1.1.1 %any"), "2.2.2.2", "9.9.9.9", 0, false},
    {FIRST("1.1.1.1 %any"), "1.1.1.1", "@road", 0, false},
    {FIRST("1.1.1.1 %any"), "1.1.1.1", "fd00::9", 0, false},
    {FIRST("1.1.1.1 0.0.0.0"), "1.1.1.1", "9.9.9.9", 1, false},
    {FIRST("@hq %any"), "@hq", "9.9.9.9", 1, false},
    {FIRST("@hq @road %any"), "@hq", "@road", 1, false},
    {FIRST("@hq @road %any"), "@hq", "@other", 0, false},
    {FIRST("%any"), "1.1.1.1", "2.2.2.2", 0, false},
    {FIRST("%any"), "any", "any", 0, false},
    /* %any6: one of IPv6 */
    {FIRST("1.1.1.1 %any6"), "1.1.1.1", "fd00::9", 1, false},
    {FIRST("1.1.1.1 :: "), "1.1.1.1", "fd00::9", 1, false},
    {FIRST("1.1.1.1 %any6"), "1.1.1.1", "::", 1, false},
    {FIRST("1.1.1.1 %any6"), "1.1.1.1", "9.9.9.9", 0, false},
    {FIRST("1.1.1.1 %any6"), "1.1.1.1", "any", 0, false},
    {FIRST("1.1.1.1 %any6 %any"), "1.1.1.1", "9.9.9.9", 1, false},
    /* the most specific wins, wherever it stands */
    {FIRST("") SECOND("1.1.1.1"), "1.1.1.1", "2.2.2.2", 2, false},
    {FIRST("1.1.1.1") SECOND(""), "1.1.1.1", "2.2.2.2", 1, false},
    {FIRST("") SECOND("1.1.1.1"), "3.3.3.3", "1.1.1.1", 1, false},
    {FIRST("1.1.1.1") SECOND("1.1.1.1 %any"), "1.1.1.1", "2.2.2.2", 2, false},
    {FIRST("1.1.1.1") SECOND("1.1.1.1 %any"), "1.1.1.1", "@b", 1, false},
    {FIRST("1.1.1.1 %any") SECOND("1.1.1.1 2.2.2.2"), "1.1.1.1", "2.2.2.2", 2,
	false},
    {FIRST("1.1.1.1 %any") SECOND("1.1.1.1 2.2.2.2"), "1.1.1.1", "3.3.3.3", 1,
	false},
    {FIRST("1.1.1.1 %any") SECOND("1.1.1.1 2.2.2.2"), "1.1.1.1", "any", 1,
	false},
    {FIRST("1.1.1.1 %any") SECOND("1.1.1.1 @b"), "1.1.1.1", "@b", 2, false},
    {FIRST("") SECOND("@a") THIRD("@a %any") FOURTH("@a @b"), "@a", "@b", 4,
	false},
    {FIRST("") SECOND("@a") THIRD("@a %any") FOURTH("@a @b"), "@a", "9.9.9.9",
	3, false},
    {FIRST("") SECOND("@a") THIRD("@a %any") FOURTH("@a @b"), "@a", "fd00::9",
	2, false},
    {FIRST("") SECOND("@a") THIRD("@a %any") FOURTH("@a @b"), "@b", "@c", 1,
	false},
    /* equals that differ: the first, and a complaint */
    {FIRST("") SECOND(""), "1.1.1.1", "2.2.2.2", 1, true},
    {FIRST("@a @b") SECOND("@b @a"), "@a", "@b", 1, true},
    {FIRST("@a @b") AGAIN("@b @a"), "@a", "@b", 1, false},
    {FIRST("@a @b") AGAIN("@b @a") THIRD("@a @b @c"), "@a", "@b", 1, true},
    {FIRST("@a") SECOND("@a"), "@a", "@b", 1, true},
    {FIRST("@a") SECOND("@a") THIRD("@a @b"), "@a", "@b", 3, false},
    {FIRST("@a %any") SECOND("@a %any"), "@a", "9.9.9.9", 1, true},
    {FIRST("@a %any") SECOND("@a @b %any"), "@a", "any", 1, true},
    {FIRST("@a %any") SECOND("@a @b %any"), "@a", "@b", 2, false},
    /* an RSA key is no preshared secret */
    {": <A>\n", "1.1.1.1", "2.2.2.2", 0, false},
    {"@a @b : <A>\n: PSK \"all\"\n", "@a", "@b", 11, false},
};

/* A key takes ten lines. */
static const struct choice_case rsa_cases[] = {
    {": <A>\n", "1.1.1.1", "2.2.2.2", 1, false},
    {": <A>\n", "@a", "any", 1, false},
    {"@a : <A>\n", "@a", "@b", 1, false},
    {"@a : <A>\n", "@b", "@a", 0, false},
    {"@a : <A>\n", "@a", "any", 1, false},
    /* several indices: ours is enough */
    {"@a @b : <A>\n", "@a", "@b", 1, false},
    {"@a @b : <A>\n", "@a", "@c", 1, false},
    {"@a @b : <A>\n", "@b", "9.9.9.9", 1, false},
    {"@a @b : <A>\n", "@a", "any", 1, false},
    {"@a @b : <A>\n", "@c", "@a", 0, false},
    {"@a %any : <A>\n", "@a", "@c", 1, false},
    {"@a %any : <A>\n", "@a", "9.9.9.9", 1, false},
    {"%any : <A>\n", "1.1.1.1", "2.2.2.2", 0, false},
    /* but less than ours alone, which is less than %any and both */
    {"@a @b : <A>\n@a : <B>\n", "@a", "@c", 11, false},
    {"@a @b : <A>\n@a : <B>\n", "@a", "@b", 1, false},
    {"@a @b : <A>\n: <B>\n", "@a", "@c", 1, false},
    {"@a @b : <A>\n: <B>\n", "@c", "@d", 11, false},
    {"@a : <A>\n@a %any : <B>\n", "@a", "9.9.9.9", 11, false},
    {"@a : <A>\n@a %any : <B>\n", "@a", "@c", 1, false},
    {"@a : <A>\n@a @b : <B>\n@a %any : <C>\n", "@a", "any", 21, false},
    /* equals that differ */
    {": <A>\n: <B>\n", "@a", "@b", 1, true},
    {": <A>\n: <A>\n", "@a", "@b", 1, false},
    {"@a @b : <A>\n@a @c : <B>\n", "@a", "@d", 1, true},
    {"@a @b : <A>\n@a @c : <B>\n", "@a", "@c", 11, false},
    {"@a : <B>\n@a @b : <A>\n@a @c : <C>\n", "@a", "@d", 1, false},
    {"@x : <A>\n@a : <B>\n@a : <B>\n@a : <C>\n", "@a", "@d", 11, true},
    /* a preshared secret is no RSA key */
    {": PSK \"x\"\n", "1.1.1.1", "2.2.2.2", 0, false},
    {"@a @b : PSK \"x\"\n: <A>\n", "@a", "@b", 2, false},
};

static void
check(const struct choice_case *c, bool rsa)
{
	struct ident us = secrets_text_ident(c->us);
	struct ident peer = secrets_text_ident(c->peer);
	struct secret_place place = {0};
	struct said said;
	unsigned bad;
	struct secrets *s = secrets_text_load(c->file, &said, &bad);
	bool conflict,
	    found = rsa ? secrets_rsa(s, &us, &peer, &place, &conflict) != NULL
			: secrets_psk(s, &us, &peer, &place, &conflict).n > 0;

	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(found, c->line != 0);
	if (place.line != c->line || conflict != c->conflict) {
		fprintf(stderr, "%s, %s: line %u%s of\n%s", c->us, c->peer,
		    place.line, conflict ? ", conflict," : "", c->file);
		CU_FAIL("another entry");
	}
	secrets_free(s);
}

static void
test_secrets_choice_of_a_preshared_secret(void)
{
	for (size_t i = 0; i < COUNT(psk_cases); i++)
		check(&psk_cases[i], false);
}

static void
test_secrets_choice_of_an_rsa_key(void)
{
	for (size_t i = 0; i < COUNT(rsa_cases); i++)
		check(&rsa_cases[i], true);
}

static void
test_secrets_next_key_in_the_order_of_the_file(void)
{
	static const enum rsa_vector_name names[] = {
	    RSA_VECTOR_1024_B,
	    RSA_VECTOR_1024_A,
	    RSA_VECTOR_1024_B,
	};
	struct secret_place place;
	struct said said;
	size_t at = 0;
	unsigned bad;
	struct secrets *s = secrets_text_load("@b : <B>\n: PSK \"x\"\n"
					      "@a : <A>\n: \"y\"\n: <B>\n",
	    &said, &bad);

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct rsa_private *key =
		    secrets_rsa_next(s, &at, &place);
		struct rsa_private *expected = rsa_vector_key(names[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(key);
		CU_ASSERT_TRUE(rsa_public_equal(
		    rsa_private_public(key), rsa_private_public(expected)));
		rsa_private_put(expected);
	}
	CU_ASSERT_EQUAL(place.line, 23);
	CU_ASSERT_STRING_EQUAL(place.indices, "");
	CU_ASSERT_PTR_NULL(secrets_rsa_next(s, &at, &place));
	secrets_free(s);
}

static void
test_secrets_rsa_none_without_a_file(void)
{
	struct ident us = secrets_text_ident("@a");
	bool conflict = true;

	CU_ASSERT_PTR_NULL(secrets_rsa(NULL, &us, &us, NULL, &conflict));
	CU_ASSERT_FALSE(conflict);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_secrets_choice_of_a_preshared_secret),
	    UNIT_TEST(test_secrets_choice_of_an_rsa_key),
	    UNIT_TEST(test_secrets_next_key_in_the_order_of_the_file),
	    UNIT_TEST(test_secrets_rsa_none_without_a_file),
	};

	return unit_run("secrets_choice", tests, COUNT(tests));
}
