/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA: known signatures, what must not pass for one, and keys that must not be
 * taken.
 */
#include "engine/crypto/rsa.h"

#include <pthread.h>

#include "test/unit/unit.h"
#include "test/vectors/rsa.h"
#include "test/vectors/rsa_forgeries.h"

enum { MAX_OCTETS = RSA_MAX_BITS / 8, THREADS = 4 };

/* Of RSA_VECTOR_1024_A over the octets 10, 11 and so on: from OpenSSL, too. */
static const struct {
	size_t hash;
	const char *signature;
} sizes[] = {
    {16,
	"3a679444e8c5d6d2a4bc3bfe1cbe14c7b081ab0fd97db4ae62f4b9949827db0e"
	"05ae6a731809fc8352bb060e59d407465f88df0126861639bc2e93025b66f628"
	"3bb915cea64db0dbe1c084fcdc6ba0aab9431acc7cb08289274f22f07aa2b901"
	"6db5d5a3aacacc5b25ef49339333e7dd56967f344bb860813909440b9e96ed5a"},
    {32,
	"0ec2b529603516e9e4bdcbf27db3577c7c2e3fb9c350ef404064e0b209d4a07e"
	"701d09371fe96095374bf32151560d782ac87c0d9f30018f7374f2e9597e76a7"
	"e31e4404bb4dee6129a90bf6319f310ecf82ef0c3f5cf37a01165d8df683b2d9"
	"77b7ff20fb20e99b69fd8b69955297c1e04600d86e25dacf7dabb2a3188346eb"},
    {64,
	"7d5660149cca68c813351ec0960f2ae8d9d202d1f30c2a073626d5ee7501c96a"
	"4d29f1d127b4a71d3f21b31565bba91f0989faaa43b6868126fca03c343fa747"
	"0ec7b961afa91a5bbe955e4f88324807d81159202eb1cae624707b433a8ff103"
	"5c753ae019ce484de7f9ef127b49612c59e96ffdac0e25ff3e785d30d73d886c"},
};

/*
 * Numbers that fit each other but whose Prime1 is the product of two primes,
 * made with Python.
 */
static const char *const composite[RSA_FIELDS] = {
    "9ff8f94c4e0466a9519980212d603f1ebae56616887083d6ad7fea120bfc19eb"
    "0d92aaa4fc69415b3539f390b1668c374cbfa2391860b08cac1e485801f94fbd"
    "3214a71349c63c691b6e12e52a79af2576ae6ee96b4dfa64c6ee320ab416e28c"
    "62e0dfeea21e9a2d2836adaf85baa715229a4abbad4d9197b763c0a4493db9b3",
    "010001",
    "02a32fb506da42b90aebdd756e929627d30c022d5fed7ef6f4a055c31b687a22"
    "ea73df155e45fbfa5d7bc99cba9806bac8aca6278bd3d84551772459331b21a9"
    "e5b38200c50e4d8f35ed2d65b73724f2a9f301db7a095fcddf81a90da67a9c1a"
    "c10294957189b16d8e78e1f136c59c173dc110192a2c0b27c5e524330e173561",
    "cd764394cc0b68bce12a2e9dec961135301c57dba6c6525b4c2e4c29f9bd45b8"
    "94f949e6890a2245e5d1b7dc521eb9a4f4f98d8c7f604136e7a55d9386a4c061",
    "c752495dc7fd41f58f5941c57f5072455b6135dbaec4959dd74305e86ba0e870"
    "812dee665dc1ab9ce3484ff3f71dad80ccc5611586f65bacf8c09d8a3c328293",
    "999ee84ed3f55fdd8199517ba0ce5f955e20830c6778f750edf7dbd8b2b2f2f3"
    "5ce7bb7a9452306804bab677142b86f0b07dfa78e73027f28e66d53d9db98761",
    "a9220705601d6429f5f0bc61d50db3596d1808f697cf5251f48677ede7de4b3e"
    "a42f107ba6951f856a4b4324f68d255c04e67be2237acb01f4b6a537d6aad9a7",
    "026de2fc666179e09552bec2783ce9ec4663e6417b90c033778edd8a3da20dde"
    "cd5ddf894ea4ffffb73edb7790936003baf346fc4dfdc990f437f77fd42f66f4",
};

/* A hash of n octets: 10, 11 and so on. */
static struct span
hash_of(uint8_t *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)(0x10 + i);
	return span_of(buf, n);
}

static void
test_rsa_signs_what_others_sign(void)
{
	for (size_t i = 0; i < RSA_VECTORS; i++) {
		const struct rsa_vector *v = &rsa_vectors[i];
		struct rsa_private *key =
		    rsa_vector_key((enum rsa_vector_name)i);
		struct secret sig;

		CU_ASSERT_EQUAL(rsa_bits(key), v->bits);
		CU_ASSERT_TRUE(rsa_sign(key, RSA_VECTOR_HASH, &sig));
		CU_ASSERT_EQUAL(sig.n, (v->bits + 7) / 8);
		CU_ASSERT_TRUE(unit_is_hex(secret_span(&sig), v->signature));
		secret_free(&sig);
		rsa_private_put(key);
	}
}

static void
test_rsa_verifies_what_others_signed(void)
{
	uint8_t buf[MAX_OCTETS];

	for (size_t i = 0; i < RSA_VECTORS; i++) {
		struct rsa_private *key =
		    rsa_vector_key((enum rsa_vector_name)i);
		struct rsa_public *public =
		    rsa_public_get(rsa_private_public(key));
		struct span sig =
		    unit_hex(rsa_vectors[i].signature, buf, sizeof(buf));

		rsa_private_put(key); /* the public half stays */
		CU_ASSERT_TRUE(rsa_verify(public, RSA_VECTOR_HASH, sig));
		buf[sig.n - 1] ^= 1;
		CU_ASSERT_FALSE(rsa_verify(public, RSA_VECTOR_HASH, sig));
		rsa_public_put(public);
	}
}

static void
test_rsa_takes_hashes_of_every_size(void)
{
	struct rsa_private *key = rsa_vector_key(RSA_VECTOR_1024_A);
	uint8_t hash[65], buf[MAX_OCTETS];
	struct secret sig;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct span h = hash_of(hash, sizes[i].hash);

		CU_ASSERT_TRUE(rsa_sign(key, h, &sig));
		CU_ASSERT_TRUE(
		    unit_is_hex(secret_span(&sig), sizes[i].signature));
		CU_ASSERT_TRUE(rsa_verify(rsa_private_public(key), h,
		    unit_hex(sizes[i].signature, buf, sizeof(buf))));
		secret_free(&sig);
	}
	CU_ASSERT_FALSE(rsa_sign(key, SPAN_NONE, &sig));
	CU_ASSERT_PTR_NULL(sig.p);
	CU_ASSERT_FALSE(rsa_sign(key, hash_of(hash, 65), &sig));
	rsa_private_put(key);
}

/*
 * NEG-25 (CVE-2012-2388, CVE-2013-2944) and NEG-48 (CVE-2018-15836 and its
 * kind): each is refused, for whatever reason, by the same false.
 */
static void
test_rsa_refuses_forgeries(void)
{
	uint8_t buf[MAX_OCTETS];

	for (size_t i = 0; i < COUNT(forgeries); i++) {
		const struct forgery *f = &forgeries[i];
		struct rsa_private *key = rsa_vector_key(f->key);

		if (rsa_verify(rsa_private_public(key), RSA_VECTOR_HASH,
			unit_hex(f->signature, buf, sizeof(buf)))) {
			fprintf(stderr, "accepted: %s\n", f->name);
			CU_FAIL("a forgery was accepted");
		}
		rsa_private_put(key);
	}
	CU_PASS("went through all forgeries");
}

static void
test_rsa_refuses_the_signature_of_another_key(void)
{
	struct rsa_private *a = rsa_vector_key(RSA_VECTOR_1024_A);
	struct rsa_private *b = rsa_vector_key(RSA_VECTOR_1024_B);
	uint8_t buf[MAX_OCTETS];

	CU_ASSERT_FALSE(rsa_verify(rsa_private_public(b), RSA_VECTOR_HASH,
	    unit_hex(
		rsa_vectors[RSA_VECTOR_1024_A].signature, buf, sizeof(buf))));
	CU_ASSERT_FALSE(
	    rsa_public_equal(rsa_private_public(a), rsa_private_public(b)));
	rsa_private_put(a);
	rsa_private_put(b);
}

/* ---- public keys ------------------------------------------------------- */

/* A modulus of so many bits with this lowest octet, behind one zero octet. */
static struct span
modulus(uint8_t *buf, size_t bits, uint8_t lowest)
{
	size_t n = (bits + 7) / 8;

	memset(buf, 0x5a, n + 1);
	buf[0] = 0;
	buf[1] = (uint8_t)(1u << (bits - 1) % 8);
	buf[n] = lowest;
	return span_of(buf, n + 1);
}

/* NEG-44 (CVE-2017-9022, CVE-2017-11185), NEG-61. */
static void
test_rsa_public_new_refuses_unsound_numbers(void)
{
	static const struct {
		size_t bits;
		uint8_t lowest;
		struct span e;
		const char *why; /* NULL: it is taken */
	} cases[] = {
	    {1024, 1, SPAN_INIT("\x03"), NULL},
	    {1024, 1, SPAN_INIT("\0\0\x01\0\x01"), NULL},
	    {8192, 1, SPAN_INIT("\x03"), NULL},
	    {1023, 1, SPAN_INIT("\x03"), "of 1024 to 8192 bits, found 1023"},
	    {8, 1, SPAN_INIT("\x03"), "of 1024 to 8192 bits, found 1"},
	    {8193, 1, SPAN_INIT("\x03"), "found 8193"},
	    {1024, 2, SPAN_INIT("\x03"), "expected an odd modulus"},
	    {1024, 1, SPAN_INIT(""), "at least 3, found 0"},
	    {1024, 1, SPAN_INIT("\0"), "at least 3, found 0"},
	    {1024, 1, SPAN_INIT("\x01"), "at least 3, found 1"},
	    {1024, 1, SPAN_INIT("\0\x01"), "at least 3, found 1"},
	    {1024, 1, SPAN_INIT("\x02"), "an odd public exponent"},
	    {1024, 1, SPAN_INIT("\x01\0\0"), "an odd public exponent"},
	    {1024, 1,
		SPAN_INIT(
		    "\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		NULL},
	    {1024, 1,
		SPAN_INIT(
		    "\x01\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		"at most 256 bits, found 257"},
	};
	uint8_t buf[MAX_OCTETS + 8];

	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(why, 200);
		struct rsa_public *key =
		    rsa_public_new(modulus(buf, cases[i].bits, cases[i].lowest),
			cases[i].e, &why);

		CU_ASSERT_EQUAL(key != NULL, cases[i].why == NULL);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(why.p, cases[i].why == NULL ? "" : cases[i].why));
		rsa_public_put(key);
	}
}

static void
test_rsa_public_exponent_may_not_exceed_the_modulus(void)
{
	uint8_t n[MAX_OCTETS + 8], e[MAX_OCTETS + 8];
	TEXT(why, 200);

	CU_ASSERT_PTR_NULL(
	    rsa_public_new(modulus(n, 1024, 1), modulus(e, 1025, 1), &why));
	CU_ASSERT_PTR_NULL(
	    rsa_public_new(SPAN_LIT("\0\0"), SPAN_LIT("\3"), &why));
	CU_ASSERT_PTR_NULL(rsa_public_new(SPAN_NONE, SPAN_NONE, &why));
}

/* RFC 3110 section 2, written and read back. */
static void
test_rsa_blob_round_trip(void)
{
	for (size_t i = 0; i < RSA_VECTORS; i++) {
		struct rsa_private *key =
		    rsa_vector_key((enum rsa_vector_name)i);
		struct rsa_public *public = rsa_private_public(key), *back;
		uint8_t buf[RSA_BLOB_MAX];
		struct wr w = wr_of(buf, sizeof(buf));
		TEXT(why, 200);

		rsa_public_blob(public, &w);
		CU_ASSERT_EQUAL(buf[0], rsa_public_exponent(public).n);
		CU_ASSERT_TRUE(span_equal(span_from(wr_span(&w), buf[0] + 1u),
		    rsa_public_modulus(public)));
		back = rsa_public_from_blob(wr_span(&w), &why);
		CU_ASSERT_PTR_NOT_NULL_FATAL(back);
		CU_ASSERT_TRUE(rsa_public_equal(public, back));
		CU_ASSERT_EQUAL(rsa_public_bits(back), rsa_vectors[i].bits);
		rsa_public_put(back);
		rsa_private_put(key);
	}
}

/* The exponent 3 behind its length, in front of a modulus. */
static struct span
blob(uint8_t *buf, struct span head, size_t bits)
{
	uint8_t n[0x10010];
	struct wr w = wr_of(buf, 0x10010);

	wr_bytes(&w, head);
	wr_bytes(&w, span_from(modulus(n, bits, 1), 1));
	return wr_span(&w);
}

static void
test_rsa_blob_takes_the_long_form(void)
{
	uint8_t buf[0x10010];
	char name[RSA_NAME_SIZE];
	TEXT(why, 200);
	struct rsa_public *key =
	    rsa_public_from_blob(blob(buf, SPAN_LIT("\0\0\1\3"), 1024), &why);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	CU_ASSERT_TRUE(span_equal(rsa_public_exponent(key), SPAN_LIT("\3")));
	CU_ASSERT_STRING_EQUAL(rsa_public_name(key, name), "AQOAWlpaW");
	rsa_public_put(key);
}

/* NEG-44, NEG-61: as they may come from whack or DNS. */
static void
test_rsa_blob_refuses_what_is_none(void)
{
	static const struct {
		struct span head;
		size_t bits;
	} cases[] = {
	    {SPAN_INIT(""), 8}, /* one octet in all */
	    {SPAN_INIT("\x01"), 8},
	    {SPAN_INIT("\x00"), 8},
	    {SPAN_INIT("\x01\x03"), 1000},
	    {SPAN_INIT("\x01\x00"), 1024},
	    {SPAN_INIT("\x01\x01"), 1024},
	    {SPAN_INIT("\x00\x00\x00"), 1024},
	    {SPAN_INIT("\xff\x03"), 1024}, /* ends in the exponent */
	    {SPAN_INIT("\x00\xff\xff\x03"), 1024},
	    {SPAN_INIT("\x01\x03"), 0x10000 * 8}, /* 64 KiB */
	    {SPAN_INIT("\x00\xff\xff"), 0x10000 * 8},
	};
	uint8_t buf[0x10010];

	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(why, 200);

		CU_ASSERT_PTR_NULL(rsa_public_from_blob(
		    blob(buf, cases[i].head, cases[i].bits), &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "expected"));
	}
	for (size_t n = 0; n < 3; n++) {
		TEXT(why, 200);

		CU_ASSERT_PTR_NULL(
		    rsa_public_from_blob(span_of("\0\0\0", n), &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "RFC 3110"));
	}
}

/* ---- private keys ------------------------------------------------------ */

static void
test_rsa_private_keeps_its_numbers(void)
{
	struct rsa_private *key = rsa_vector_key(RSA_VECTOR_1031);

	for (size_t i = 0; i < RSA_FIELDS; i++)
		CU_ASSERT_TRUE(unit_is_hex(rsa_private_fields(key)->v[i],
		    rsa_vectors[RSA_VECTOR_1031].field[i]));
	rsa_private_put(key);
}

/* Each number but for the exponent has its own complaint. */
static void
test_rsa_private_new_names_the_number_that_does_not_fit(void)
{
	static const char *const why_not[RSA_FIELDS] = {
	    "Modulus is not Prime1 times Prime2",
	    "PrivateExponent is not the inverse of PublicExponent",
	    "PrivateExponent is not the inverse of PublicExponent",
	    "Modulus is not",
	    "Modulus is not",
	    "Exponent1 is not",
	    "Exponent2 is not",
	    "Coefficient is not",
	};
	const struct rsa_vector *v = &rsa_vectors[RSA_VECTOR_1024_A];
	uint8_t buf[RSA_FIELDS][MAX_OCTETS];
	struct rsa_fields f;

	for (size_t i = 0; i < RSA_FIELDS; i++)
		f.v[i] = unit_hex(v->field[i], buf[i], sizeof(buf[i]));
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		struct span right = f.v[i];
		TEXT(why, 200);
		TEXT(none, 200);

		buf[i][right.n - 1] ^= 2;
		CU_ASSERT_PTR_NULL(rsa_private_new(&f, &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, why_not[i]));
		buf[i][right.n - 1] ^= 2;
		f.v[i] = SPAN_NONE;
		CU_ASSERT_PTR_NULL(rsa_private_new(&f, &none));
		CU_ASSERT_TRUE(none.n > 0);
		f.v[i] = right;
	}
}

static void
test_rsa_private_new_refuses_sizes_and_even_primes(void)
{
	const struct rsa_vector *v = &rsa_vectors[RSA_VECTOR_1024_A];
	uint8_t buf[RSA_FIELDS][MAX_OCTETS + 8];
	struct rsa_fields f;

	for (size_t i = 0; i < RSA_FIELDS; i++)
		f.v[i] = unit_hex(v->field[i], buf[i], sizeof(buf[i]));
	for (size_t i = RSA_FIELD_PRIVATE_EXPONENT; i < RSA_FIELDS; i++) {
		struct span right = f.v[i];
		uint8_t long_one[MAX_OCTETS + 8];
		TEXT(why, 200);

		f.v[i] = modulus(long_one, RSA_MAX_BITS + 8, 1);
		CU_ASSERT_PTR_NULL(rsa_private_new(&f, &why));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(why.p, rsa_field_name((enum rsa_field)i)));
		f.v[i] = right;
	}
	for (size_t i = RSA_FIELD_PRIME1; i <= RSA_FIELD_PRIME2; i++) {
		struct span right = f.v[i];
		TEXT(why, 200);

		f.v[i] = SPAN_LIT("\x01");
		CU_ASSERT_PTR_NULL(rsa_private_new(&f, &why));
		f.v[i] = SPAN_LIT("\x05\x02");
		CU_ASSERT_PTR_NULL(rsa_private_new(&f, &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "odd prime"));
		f.v[i] = right;
	}
}

static void
test_rsa_private_new_refuses_primes_that_are_none(void)
{
	uint8_t buf[RSA_FIELDS][MAX_OCTETS];
	struct rsa_fields f;
	TEXT(why, 200);

	for (size_t i = 0; i < RSA_FIELDS; i++)
		f.v[i] = unit_hex(composite[i], buf[i], sizeof(buf[i]));
	CU_ASSERT_PTR_NULL(rsa_private_new(&f, &why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "not a prime?"));
}

static void
test_rsa_generate_makes_keys_that_work(void)
{
	static const unsigned bits[] = {1024, 1101, 2048};

	for (size_t i = 0; i < COUNT(bits); i++) {
		TEXT(why, 200);
		struct rsa_private *a = rsa_generate(bits[i], &why);
		struct rsa_private *b = rsa_generate(bits[i], &why);

		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_PTR_NOT_NULL_FATAL(b);
		CU_ASSERT_EQUAL(rsa_bits(a), bits[i]);
		CU_ASSERT_FALSE(rsa_public_equal(
		    rsa_private_public(a), rsa_private_public(b)));
		CU_ASSERT_TRUE(
		    span_equal(rsa_public_exponent(rsa_private_public(a)),
			SPAN_LIT("\1\0\1")));
		rsa_private_put(a);
		rsa_private_put(b);
	}
}

static void
test_rsa_generate_refuses_sizes(void)
{
	TEXT(why, 200);

	CU_ASSERT_PTR_NULL(rsa_generate(RSA_MIN_BITS - 1, &why));
	CU_ASSERT_STRING_EQUAL(why.p, "expected 1024 to 8192 bits, found 1023");
	CU_ASSERT_PTR_NULL(rsa_generate(RSA_MAX_BITS + 1, &why));
}

static void
test_rsa_private_is_counted(void)
{
	struct rsa_private *key = rsa_vector_key(RSA_VECTOR_1024_A);
	struct secret sig;

	CU_ASSERT_PTR_EQUAL(rsa_private_get(key), key);
	rsa_private_put(key);
	CU_ASSERT_TRUE(rsa_sign(key, RSA_VECTOR_HASH, &sig));
	secret_free(&sig);
	rsa_private_put(key);
	rsa_private_put(NULL);
	rsa_public_put(NULL);
}

/* NULL: every result was right. */
static void *
sign_often(void *arg)
{
	const struct rsa_vector *v = &rsa_vectors[RSA_VECTOR_2048];

	for (unsigned i = 0; i < 8; i++) {
		struct secret sig;
		bool ok = rsa_sign(arg, RSA_VECTOR_HASH, &sig) &&
		    unit_is_hex(secret_span(&sig), v->signature);

		secret_free(&sig);
		if (!ok)
			return arg;
	}
	return NULL;
}

static void
test_rsa_sign_in_threads(void)
{
	struct rsa_private *key = rsa_vector_key(RSA_VECTOR_2048);
	pthread_t t[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(
		    pthread_create(&t[i], NULL, sign_often, key), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result;

		CU_ASSERT_EQUAL(pthread_join(t[i], &result), 0);
		CU_ASSERT_PTR_NULL(result);
	}
	rsa_private_put(key);
}

static const struct unit_test tests[] = {
    UNIT_TEST(test_rsa_signs_what_others_sign),
    UNIT_TEST(test_rsa_verifies_what_others_signed),
    UNIT_TEST(test_rsa_takes_hashes_of_every_size),
    UNIT_TEST(test_rsa_refuses_forgeries),
    UNIT_TEST(test_rsa_refuses_the_signature_of_another_key),
    UNIT_TEST(test_rsa_public_new_refuses_unsound_numbers),
    UNIT_TEST(test_rsa_public_exponent_may_not_exceed_the_modulus),
    UNIT_TEST(test_rsa_blob_round_trip),
    UNIT_TEST(test_rsa_blob_takes_the_long_form),
    UNIT_TEST(test_rsa_blob_refuses_what_is_none),
    UNIT_TEST(test_rsa_private_keeps_its_numbers),
    UNIT_TEST(test_rsa_private_new_names_the_number_that_does_not_fit),
    UNIT_TEST(test_rsa_private_new_refuses_sizes_and_even_primes),
    UNIT_TEST(test_rsa_private_new_refuses_primes_that_are_none),
    UNIT_TEST(test_rsa_generate_makes_keys_that_work),
    UNIT_TEST(test_rsa_generate_refuses_sizes),
    UNIT_TEST(test_rsa_private_is_counted),
    UNIT_TEST(test_rsa_sign_in_threads),
};

int
main(void)
{
	return unit_run("crypto_rsa", tests, COUNT(tests));
}
