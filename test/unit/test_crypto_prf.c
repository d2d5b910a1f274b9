/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes and HMAC against the answers that their definitions publish. */
#include "engine/crypto/prf.h"

#include "test/unit/unit.h"

enum { MILLION = 1000000 };

enum lib { MD5, SHA1, SHA256, SHA384, SHA512, LIBS };

static const char *const libs[LIBS] = {
    "md5", "sha1", "sha256", "sha384", "sha512"};

/* words, or else an octet n times, or else 1, 2, .. n */
struct input {
	const char *words;
	uint8_t octet;
	size_t n;
};

/* clang-format off */
#define WORDS(s) {s, 0, 0}
#define REPEATED(octet, n) {NULL, octet, n}
#define COUNTED(n) {NULL, 0, n}
#define NO_KEY {NULL, 0, 0}
/* clang-format on */

/* What is published of this input; NULL: nothing. */
struct known {
	struct input key, data;
	const char *answer[LIBS];
};

/* RFC 1321 appendix A.5, FIPS 180-1 and 180-2 appendices A to C */
static const struct known hash_answers[] = {
    {NO_KEY, WORDS(""), {[MD5] = "d41d8cd98f00b204e9800998ecf8427e"}},
    {NO_KEY, WORDS("abc"),
	{[MD5] = "900150983cd24fb0d6963f7d28e17f72",
	    [SHA1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
	    [SHA256] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
		       "b410ff61f20015ad",
	    [SHA384] = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
		       "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	    [SHA512] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"
		       "0a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		       "454d4423643ce80e2a9ac94fa54ca49f"}},
    {NO_KEY,
	WORDS("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01"
	      "23456789"),
	{[MD5] = "d174ab98d277d9f5a5611c2c9f419d9f"}},
    {NO_KEY,
	WORDS("123456789012345678901234567890123456789012345678"
	      "90123456789012345678901234567890"),
	{[MD5] = "57edf4a22be3c955ac49da2e2107b67a"}},
    {NO_KEY, WORDS("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	{[SHA1] = "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	    [SHA256] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167"
		       "f6ecedd419db06c1"}},
    {NO_KEY, REPEATED('a', MILLION),
	{[SHA1] = "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
	    [SHA256] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e"
		       "046d39ccc7112cd0",
	    [SHA384] = "9d0e1809716474cb086e834e310a4a1ced149e9c00f24852"
		       "7972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
	    [SHA512] = "e718483d0ce769644e2e42c7bc15b4638e1f98b13b204428"
		       "5632a803afa973ebde0ff244877ea60a4cb0432ce577c31b"
		       "eb009c5c2c49aa2e4eadb217ad8cc09b"}},
    {NO_KEY,
	WORDS("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijkl"
	      "mnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopq"
	      "rstu"),
	{[SHA384] = "09330c33f71147e83d192fc782cd1b4753111b173b3b05d2"
		    "2fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
	    [SHA512] = "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa1"
		       "7299aeadb6889018501d289e4900f7e4331b99dec4b5433a"
		       "c7d329eeb6dd26545e96e55b874be909"}},
};

/* RFC 2202 (MD5, SHA-1) and RFC 4231 (the others), cases 1 to 7 */
static const struct known hmac_answers[] = {
    {REPEATED(0x0b, 16), WORDS("Hi There"),
	{[MD5] = "9294727a3638bb1c13f48ef8158bfc9d"}},
    {WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	{[MD5] = "750c783e6ab0b503eaa86e310a5db738",
	    [SHA1] = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
	    [SHA256] = "5bdcc146bf60754e6a042426089575c75a003f089d273983"
		       "9dec58b964ec3843",
	    [SHA384] = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
		       "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
	    [SHA512] = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6"
		       "10270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
		       "caeab1a34d4a6b4b636e070a38bce737"}},
    {REPEATED(0xaa, 16), REPEATED(0xdd, 50),
	{[MD5] = "56be34521d144c88dbb8c733f0e8b3f6"}},
    {COUNTED(25), REPEATED(0xcd, 50),
	{[MD5] = "697eaf0aca3a3aea3a75164746ffaa79",
	    [SHA1] = "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
	    [SHA256] = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f807"
		       "7a2e3ff46729665b",
	    [SHA384] = "3e8a69b7783c25851933ab6290af6ca77a9981480850009c"
		       "c5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
	    [SHA512] = "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872d"
		       "e76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063"
		       "a5f19741120c4f2de2adebeb10a298dd"}},
    {REPEATED(0x0c, 16), WORDS("Test With Truncation"),
	{[MD5] = "56461ef2342edc00f9bab995690efd4c"}},
    {REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	{[MD5] = "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
	    [SHA1] = "aa4ae5e15272d00e95705637ce8a3b55ed402112"}},
    {REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key and Larger Than "
	      "One Block-Size Data"),
	{[MD5] = "6f630fad67cda0ee1fb1f562db3aa53e",
	    [SHA1] = "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"}},
    {REPEATED(0x0b, 20), WORDS("Hi There"),
	{[SHA1] = "b617318655057264e28bc0b6fb378c8ef146be00",
	    [SHA256] = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da7"
		       "26e9376c2e32cff7",
	    [SHA384] = "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec6"
		       "82aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
	    [SHA512] = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec278"
		       "7ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
		       "be9d914eeb61f1702e696c203a126854"}},
    {REPEATED(0xaa, 20), REPEATED(0xdd, 50),
	{[SHA1] = "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
	    [SHA256] = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122"
		       "d9635514ced565fe",
	    [SHA384] = "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9feb"
		       "e83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
	    [SHA512] = "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a36"
		       "55f83e33b2279d39bf3e848279a722c806b485a47e67c807"
		       "b946a337bee8942674278859e13292fb"}},
    {REPEATED(0x0c, 20), WORDS("Test With Truncation"),
	{[SHA1] = "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"}},
    {REPEATED(0xaa, 131),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	{[SHA256] = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c514"
		    "0546040f0ee37f54",
	    [SHA384] = "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f"
		       "3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
	    [SHA512] = "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1"
		       "121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
		       "95e64f73f63f0aec8b915a985d786598"}},
    {REPEATED(0xaa, 131),
	WORDS("This is a test using a larger than block-size key and "
	      "a larger than block-size data. The key needs to be "
	      "hashed before being used by the HMAC algorithm."),
	{[SHA256] = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f071393"
		    "8a7f51535c3a35e2",
	    [SHA384] = "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9a"
		       "dccebb82461e99c5a678cc31e799176d3860e6110c46523e",
	    [SHA512] = "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f886728986"
		       "5df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15"
		       "134676fb6de0446065c97440fa8c6a58"}},
};

static struct span
expand(const struct input *in, uint8_t *buf)
{
	if (in->words != NULL)
		return span_str(in->words);
	for (size_t i = 0; i < in->n; i++)
		buf[i] = in->octet != 0 ? in->octet : (uint8_t)(i + 1);
	return span_of(buf, in->n);
}

/* How many answers were compared. */
static size_t
check(const struct known *known, size_t n, bool keyed)
{
	static uint8_t key_buf[200], data_buf[MILLION];
	size_t compared = 0;

	for (size_t i = 0; i < n * LIBS; i++) {
		const struct known *k = &known[i / LIBS];
		const char *answer = k->answer[i % LIBS];
		const struct hash_impl *h = hash_find(libs[i % LIBS]);
		struct span key = expand(&k->key, key_buf);
		struct span data = expand(&k->data, data_buf);
		uint8_t out[HASH_MAX_SIZE];

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		if (answer == NULL)
			continue;
		CU_ASSERT_TRUE(keyed ? hmac_run(h, key, &data, 1, out)
				     : hash_run(h, &data, 1, out));
		CU_ASSERT_TRUE(unit_is_hex(span_of(out, hash_size(h)), answer));
		compared++;
	}
	return compared;
}

static void
test_hash_run_known_answers(void)
{
	CU_ASSERT_EQUAL(check(hash_answers, COUNT(hash_answers), false), 16);
}

static void
test_hmac_run_known_answers(void)
{
	CU_ASSERT_EQUAL(check(hmac_answers, COUNT(hmac_answers), true), 32);
}

static void
test_parts_count_as_one_text(void)
{
	static const struct span whole = SPAN_INIT("what do ya want?");
	static const struct span parts[] = {SPAN_INIT("wha"), {NULL, 0},
	    SPAN_INIT("t do ya want"), SPAN_INIT(""), SPAN_INIT("?")};

	for (size_t i = 0; i < COUNT(libs); i++) {
		const struct hash_impl *h = hash_find(libs[i]);
		uint8_t a[HASH_MAX_SIZE], b[HASH_MAX_SIZE];
		struct span key = SPAN_LIT("key");

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		CU_ASSERT_TRUE(hash_run(h, &whole, 1, a));
		CU_ASSERT_TRUE(hash_run(h, parts, COUNT(parts), b));
		CU_ASSERT_EQUAL(memcmp(a, b, hash_size(h)), 0);
		CU_ASSERT_TRUE(hmac_run(h, key, &whole, 1, a));
		CU_ASSERT_TRUE(hmac_run(h, key, parts, COUNT(parts), b));
		CU_ASSERT_EQUAL(memcmp(a, b, hash_size(h)), 0);
	}
}

/* RFC 2104 section 2 written down: H(K ^ opad, H(K ^ ipad, text)). */
static void
hmac_by_definition(
    const struct hash_impl *h, struct span key, struct span text, uint8_t *out)
{
	size_t block = hash_size(h) > 32 ? 128 : 64;
	uint8_t inner[128] = {0}, outer[128], middle[HASH_MAX_SIZE];

	if (key.n > block)
		CU_ASSERT_TRUE(hash_run(h, &key, 1, inner));
	if (key.n > 0 && key.n <= block)
		memcpy(inner, key.p, key.n);
	for (size_t i = 0; i < block; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	CU_ASSERT_TRUE(hash_run(
	    h, (struct span[]){span_of(inner, block), text}, 2, middle));
	CU_ASSERT_TRUE(hash_run(h,
	    (struct span[]){
		span_of(outer, block), span_of(middle, hash_size(h))},
	    2, out));
}

static void
test_hmac_run_takes_keys_of_any_length(void)
{
	static const size_t lengths[] = {
	    0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 255, 4096};
	uint8_t key_buf[4096];

	for (size_t i = 0; i < sizeof(key_buf); i++)
		key_buf[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < COUNT(libs) * COUNT(lengths); i++) {
		const struct hash_impl *h = hash_find(libs[i % COUNT(libs)]);
		size_t n = lengths[i / COUNT(libs)];
		struct span key = n > 0 ? span_of(key_buf, n) : SPAN_NONE;
		struct span text = SPAN_LIT("some text");
		uint8_t a[HASH_MAX_SIZE], b[HASH_MAX_SIZE];

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		CU_ASSERT_TRUE(hmac_run(h, key, &text, 1, a));
		hmac_by_definition(h, key, text, b);
		CU_ASSERT_EQUAL(memcmp(a, b, hash_size(h)), 0);
	}
}

static void
test_hmac_run_of_nothing(void)
{
	const struct hash_impl *h = hash_find("sha1");
	uint8_t a[HASH_MAX_SIZE], b[HASH_MAX_SIZE];

	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_TRUE(hmac_run(h, SPAN_LIT("key"), NULL, 0, a));
	hmac_by_definition(h, SPAN_LIT("key"), SPAN_NONE, b);
	CU_ASSERT_EQUAL(memcmp(a, b, hash_size(h)), 0);
}

static void
test_hash_find_knows_its_names_only(void)
{
	static const size_t sizes[] = {16, 20, 32, 48, 64};

	for (size_t i = 0; i < COUNT(libs); i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(hash_find(libs[i]));
		CU_ASSERT_EQUAL(hash_size(hash_find(libs[i])), sizes[i]);
	}
	CU_ASSERT_PTR_NULL(hash_find("sha"));
	CU_ASSERT_PTR_NULL(hash_find("SHA1"));
	CU_ASSERT_PTR_NULL(hash_find(""));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_hash_run_known_answers),
	    UNIT_TEST(test_hmac_run_known_answers),
	    UNIT_TEST(test_parts_count_as_one_text),
	    UNIT_TEST(test_hmac_run_takes_keys_of_any_length),
	    UNIT_TEST(test_hmac_run_of_nothing),
	    UNIT_TEST(test_hash_find_knows_its_names_only),
	};

	return unit_run("crypto_prf", tests, COUNT(tests));
}
