/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RSA keys in ipsec.secrets, the forms of their entries, and weak keys. */
#include "engine/ike/secrets.h"

#include "engine/base/ttodata.h"
#include "test/unit/secrets_text.h"

static struct rsa_private *
only_key(const struct secrets *s)
{
	size_t at = 0;
	struct secret_place place;
	struct rsa_private *key = secrets_rsa_next(s, &at, &place);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	CU_ASSERT_STRING_EQUAL(place.file, "f");
	CU_ASSERT_PTR_NULL(secrets_rsa_next(s, &at, NULL));
	return key;
}

/* "RSA { … }" with the numbers as said by their prefix. */
static void
key_in_form(
    struct text *t, enum rsa_vector_name name, bool base64, const char *between)
{
	uint8_t buf[512];

	text_add(t, "RSA %s{", between);
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		struct span number =
		    unit_hex(rsa_vectors[name].field[i], buf, sizeof(buf));

		text_add(t, "%s%s:%s%s", between,
		    rsa_field_name((enum rsa_field)i), between,
		    base64 ? "0s" : "0X00");
		if (base64)
			text_base64(t, number);
		else
			text_hex(t, number);
	}
	text_add(t, "%s}\n", between);
}

static void
test_secrets_rsa_every_key_is_read(void)
{
	static char buf[SECRETS_TEXT_MAX];
	static const char *const between[] = {
	    " ",
	    "\n\t",
	    "\r\n ",
	    " # c\n# d\n\n\t\t",
	};
	struct said said;
	unsigned bad;

	for (size_t i = 0; i < RSA_VECTORS * COUNT(between) * 2; i++) {
		struct text t = text_of(buf, sizeof(buf));
		enum rsa_vector_name name =
		    (enum rsa_vector_name)(i / 2 % RSA_VECTORS);
		struct rsa_private *expected = rsa_vector_key(name);
		struct secrets *s;

		text_add(&t, ": ");
		key_in_form(&t, name, i % 2 == 0, between[i / 2 / RSA_VECTORS]);
		s = secrets_text_load(t.p, &said, &bad);
		CU_ASSERT_EQUAL(bad, 0);
		CU_ASSERT_STRING_EQUAL(said.complaints, "");
		CU_ASSERT_TRUE(rsa_public_equal(rsa_private_public(only_key(s)),
		    rsa_private_public(expected)));
		secrets_free(s);
		rsa_private_put(expected);
	}
}

static void
test_secrets_rsa_names_in_any_case(void)
{
	static const char *const heads[] = {
	    ": RSA {\n\tMODULUS: 0x",
	    ": rsa {\n modulus: 0x",
	    "@gw.example: Rsa\n { Modulus : 0x",
	};
	struct said said;
	unsigned bad;

	for (size_t i = 0; i < COUNT(heads); i++) {
		static char buf[SECRETS_TEXT_MAX];
		struct text t = text_of(buf, sizeof(buf));
		TEXT(key, SECRETS_TEXT_MAX);
		struct secrets *s;

		secrets_text_rsa(&key, RSA_VECTOR_1024_A);
		text_add(&t, "%s%s", heads[i], strstr(key.p, "0x") + 2);
		s = secrets_text_load(t.p, &said, &bad);
		CU_ASSERT_EQUAL(bad, 0);
		CU_ASSERT_STRING_EQUAL(said.complaints, "");
		CU_ASSERT_EQUAL(rsa_bits(only_key(s)), 1024);
		secrets_free(s);
	}
}

/* Counted: a signing job may outlive the file. */
static void
test_secrets_rsa_outlives_the_secrets(void)
{
	struct said said;
	unsigned bad;
	struct secrets *s = secrets_text_load(": <A>\n", &said, &bad);
	struct rsa_private *key = rsa_private_get(only_key(s));
	struct secret sig;

	secrets_free(s);
	CU_ASSERT_TRUE(rsa_sign(key, RSA_VECTOR_HASH, &sig));
	secret_free(&sig);
	rsa_private_put(key);
}

/* What stands instead of one piece of a good key; the others are loaded. */
static void
test_secrets_rsa_complaints(void)
{
	static const struct {
		const char *piece, *instead, *complaint;
	} cases[] = {
	    {"{", "", "f:3: expected '{' between white space"},
	    {"{", "hush", "f:2: expected '{' between white space"},
	    {"RSA\t{", "RSA{", "expected the secret as a quoted string"},
	    {"\tModulus:", "\tHush:", "f:3: expected 'Modulus:'"},
	    {"\tModulus:", "\t:", "f:3: expected 'Modulus:'"},
	    {"\tModulus:", "\t\"hush\"", "f:3: expected 'Modulus:'"},
	    {"\tModulus:", "\tModulus", "f:3: expected 'Modulus:'"},
	    {"\tModulus:", "", "f:3: expected 'Modulus:'"},
	    {"\tPrime1:", "\tPrime2:", "f:6: expected 'Prime1:'"},
	    {"\tPrime1: 0x", "\tPrime1: 0xhush",
		"f:6: expected the number "
		"Prime1 as data that begins with 0x or 0s"},
	    {"\tPrime1: 0x", "\tPrime1: ",
		"f:6: expected the number "
		"Prime1"},
	    {"\tPrime1: 0x", "\tPrime1: hush\n 0x",
		"f:6: expected the "
		"number Prime1"},
	    {"\tPrime1: 0x", "\tPrime1: : 0x", "f:6: expected the number"},
	    {"\tExponent1: 0x", "\tExponent1: 0x01",
		"f:11: expected the "
		"numbers of one key: Exponent1 is not PrivateExponent"},
	    {"\tPrime2: 0x", "\tPrime2: 0x01",
		"f:11: expected the "
		"numbers of one key: Modulus is not Prime1 times"},
	    {"\tPublicExponent: 0x01000", "\tPublicExponent: 0x00000",
		"f:11: expected a public exponent of at least 3"},
	    {"\t}", "\thush", "f:11: expected '}' behind the last number"},
	    {"\t}", "\tHush: 0x12\n\t}", "f:11: expected '}' behind"},
	    {"\t}", "}",
		"f:11: expected the closing brace of an RSA key "
		"to be indented"},
	    {"\t}", "",
		"f:2: expected '}' behind the last number, found "
		"the end of the entry"},
	    {"\tPrime1:", "Prime1:",
		"f:2: expected 'Prime1:', found the "
		"end of the entry (are its further lines indented?)"},
	    {"\t}", "\t} hush", "f:11: expected the end of the entry"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(key, SECRETS_TEXT_MAX);
		static char file[SECRETS_TEXT_MAX];
		const char *piece;
		struct ident b = secrets_text_ident("@b");
		struct said said;
		struct secrets *s;
		unsigned bad;
		bool conflict;

		secrets_text_rsa(&key, RSA_VECTOR_1024_A);
		piece = strstr(key.p, cases[i].piece);
		CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
		snprintf(file, sizeof(file),
		    "# c\n@x : %.*s%s%s\n"
		    "@b : <B>\n",
		    (int)(piece - key.p), key.p, cases[i].instead,
		    piece + strlen(cases[i].piece));
		s = secrets_text_load(file, &said, &bad);
		CU_ASSERT_TRUE(bad >= 1);
		CU_ASSERT_PTR_NOT_NULL(secrets_rsa(s, &b, &b, NULL, &conflict));
		if (strstr(said.complaints, cases[i].complaint) == NULL) {
			fprintf(stderr, "case %zu: %s", i, said.complaints);
			CU_FAIL("another complaint");
		}
		CU_ASSERT_PTR_NULL(strstr(said.complaints, "hush"));
		CU_ASSERT_PTR_NULL(strstr(said.complaints, "Hush"));
		secrets_free(s);
	}
}

/* ---- weak keys --------------------------------------------------------- */

static void
test_secrets_strength(void)
{
	static const struct {
		const char *key;
		unsigned bits;
	} cases[] = {
	    {"", 0},
	    {"x", 4},
	    {"secret", 27},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 9},
	    {"abcdefghijklmnopqrstuvwxyz", 9},
	    {"1234567890", 9},
	    {"qxwjzkvbhmfgpy", 60},
	    {"qxwjzkvbhmfgpyrdc", 74},
	    {"qxwjzkvbhmfgpyrdcu", 78},
	    {"Q7#xw1Zk!vbhR", 84},
	    {"Q7#xw1Zk!vbh", 78},
	    {"52d09f6a31", 51},
	    {"\x9c\x1f\x44\xe0\x07\xab\x36\xd8\x72\xc5", 77},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned bits = secrets_strength(span_str(cases[i].key));

		if (bits != cases[i].bits) {
			fprintf(stderr, "case %zu: %u bits\n", i, bits);
			CU_FAIL("another strength");
		}
	}
	CU_ASSERT_EQUAL(secrets_strength(SPAN_LIT(
			    "\x9c\x1f\x44\xe0\x07\xab"
			    "\x36\xd8\x72\xc5\x11\xee\x5b\x80\x2d\xf4")),
	    126);
}

/* NEG-46 (CVE-2018-5389): weak ones are used, but not without a word. */
static void
test_secrets_weak_psk_earns_a_warning(void)
{
	struct said said;
	unsigned bad;
	struct secrets *s =
	    secrets_text_load("1.1.1.1 : PSK \"hush\"\n"
			      "1.1.1.2 : PSK 0x68757368\n"
			      "1.1.1.3 : PSK \"Jx2mV9qLr8TzWc4nKb7d\"\n"
			      "1.1.1.4 : PSK 0s7yzMQb8nAt0jV5hDk2pXqA==\n",
		&said, &bad);

	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(secrets_count(s), 4);
	CU_ASSERT_STRING_EQUAL(said.complaints, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(said.warnings,
	    "f:1: this preshared "
	    "secret is weak"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said.warnings, "f:2: "));
	CU_ASSERT_PTR_NULL(strstr(said.warnings, "f:3: "));
	CU_ASSERT_PTR_NULL(strstr(said.warnings, "f:4: "));
	CU_ASSERT_PTR_NULL(strstr(said.warnings, "hush"));
	secrets_free(s);
}

static void
test_secrets_short_rsa_key_earns_a_warning(void)
{
	for (size_t i = 0; i < RSA_VECTORS; i++) {
		TEXT(t, SECRETS_TEXT_MAX);
		struct said said;
		unsigned bad;

		text_add(&t, ": ");
		secrets_text_rsa(&t, (enum rsa_vector_name)i);
		secrets_free(secrets_text_load(t.p, &said, &bad));
		CU_ASSERT_EQUAL(strncmp(said.warnings,
				    "f:1: this RSA key is "
				    "weak",
				    rsa_vectors[i].bits < 2048 ? 25 : 0),
		    0);
		CU_ASSERT_EQUAL(
		    said.warnings[0] == '\0', rsa_vectors[i].bits >= 2048);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_secrets_rsa_every_key_is_read),
	    UNIT_TEST(test_secrets_rsa_names_in_any_case),
	    UNIT_TEST(test_secrets_rsa_outlives_the_secrets),
	    UNIT_TEST(test_secrets_rsa_complaints),
	    UNIT_TEST(test_secrets_strength),
	    UNIT_TEST(test_secrets_weak_psk_earns_a_warning),
	    UNIT_TEST(test_secrets_short_rsa_key_earns_a_warning),
	};

	return unit_run("secrets_rsa", tests, COUNT(tests));
}
