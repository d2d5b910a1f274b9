/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes and HMAC against the answers that their definitions publish. */
#include "engine/crypto/prf.h"

#include "test/unit/unit.h"

enum { MILLION = 1000000 };

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
/* clang-format on */

struct hash_case {
	const char *lib;
	struct input data;
	const char *hash;
};

static const struct hash_case hash_cases[] = {
    /* RFC 1321 appendix A.5 */
    {"md5", WORDS(""), "d41d8cd98f00b204e9800998ecf8427e"},
    {"md5", WORDS("abc"), "900150983cd24fb0d6963f7d28e17f72"},
    {"md5",
	WORDS("ABCDEFGHIJKLMNOPQRSTUVWXYZabcde"
	      "fghijklmnopqrstuvwxyz0123456789"),
	"d174ab98d277d9f5a5611c2c9f419d9f"},
    {"md5",
	WORDS("1234567890123456789012345678901234567890"
	      "1234567890123456789012345678901234567890"),
	"57edf4a22be3c955ac49da2e2107b67a"},
    /* FIPS 180-1 and 180-2, appendices A to C */
    {"sha1", WORDS("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha1", WORDS("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	"84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"sha1", REPEATED('a', MILLION),
	"34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {"sha256", WORDS("abc"),
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256",
	WORDS("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"sha256", REPEATED('a', MILLION),
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"sha384", WORDS("abc"),
	"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	"8086072ba1e7cc2358baeca134c825a7"},
    {"sha384",
	WORDS("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
	"09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
	"fcc7c71a557e2db966c3e9fa91746039"},
    {"sha384", REPEATED('a', MILLION),
	"9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
	"07b8b3dc38ecc4ebae97ddd87f3d8985"},
    {"sha512", WORDS("abc"),
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"sha512",
	WORDS("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
	"8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	"501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    {"sha512", REPEATED('a', MILLION),
	"e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	"de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
};

struct hmac_case {
	const char *lib;
	struct input key, data;
	const char *mac;
};

static const struct hmac_case hmac_cases[] = {
    /* RFC 2202, MD5 case 1 */
    {"md5", REPEATED(0x0b, 16), WORDS("Hi There"),
	"9294727a3638bb1c13f48ef8158bfc9d"},
    /* RFC 2202, MD5 case 2 */
    {"md5", WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	"750c783e6ab0b503eaa86e310a5db738"},
    /* RFC 2202, MD5 case 3 */
    {"md5", REPEATED(0xaa, 16), REPEATED(0xdd, 50),
	"56be34521d144c88dbb8c733f0e8b3f6"},
    /* RFC 2202, MD5 case 4 */
    {"md5", COUNTED(25), REPEATED(0xcd, 50),
	"697eaf0aca3a3aea3a75164746ffaa79"},
    /* RFC 2202, MD5 case 5 */
    {"md5", REPEATED(0x0c, 16), WORDS("Test With Truncation"),
	"56461ef2342edc00f9bab995690efd4c"},
    /* RFC 2202, MD5 case 6 */
    {"md5", REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	"6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    /* RFC 2202, MD5 case 7 */
    {"md5", REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key and Larger Than "
	      "One Block-Size Data"),
	"6f630fad67cda0ee1fb1f562db3aa53e"},
    /* RFC 2202, SHA-1 case 1 */
    {"sha1", REPEATED(0x0b, 20), WORDS("Hi There"),
	"b617318655057264e28bc0b6fb378c8ef146be00"},
    /* RFC 2202, SHA-1 case 2 */
    {"sha1", WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    /* RFC 2202, SHA-1 case 3 */
    {"sha1", REPEATED(0xaa, 20), REPEATED(0xdd, 50),
	"125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    /* RFC 2202, SHA-1 case 4 */
    {"sha1", COUNTED(25), REPEATED(0xcd, 50),
	"4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    /* RFC 2202, SHA-1 case 5 */
    {"sha1", REPEATED(0x0c, 20), WORDS("Test With Truncation"),
	"4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    /* RFC 2202, SHA-1 case 6 */
    {"sha1", REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	"aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    /* RFC 2202, SHA-1 case 7 */
    {"sha1", REPEATED(0xaa, 80),
	WORDS("Test Using Larger Than Block-Size Key and Larger Than "
	      "One Block-Size Data"),
	"e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    /* RFC 4231 case 1 */
    {"sha256", REPEATED(0x0b, 20), WORDS("Hi There"),
	"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    /* RFC 4231 case 2 */
    {"sha256", WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    /* RFC 4231 case 3 */
    {"sha256", REPEATED(0xaa, 20), REPEATED(0xdd, 50),
	"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    /* RFC 4231 case 4 */
    {"sha256", COUNTED(25), REPEATED(0xcd, 50),
	"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    /* RFC 4231 case 6 */
    {"sha256", REPEATED(0xaa, 131),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    /* RFC 4231 case 7 */
    {"sha256", REPEATED(0xaa, 131),
	WORDS("This is a test using a larger than block-size key and a "
	      "larger than block-size data. The key needs to be hashed "
	      "before being used by the HMAC algorithm."),
	"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    /* RFC 4231 case 1 */
    {"sha384", REPEATED(0x0b, 20), WORDS("Hi There"),
	"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	"faea9ea9076ede7f4af152e8b2fa9cb6"},
    /* RFC 4231 case 2 */
    {"sha384", WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	"8e2240ca5e69e2c78b3239ecfab21649"},
    /* RFC 4231 case 3 */
    {"sha384", REPEATED(0xaa, 20), REPEATED(0xdd, 50),
	"88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
	"2a5ab39dc13814b94e3ab6e101a34f27"},
    /* RFC 4231 case 4 */
    {"sha384", COUNTED(25), REPEATED(0xcd, 50),
	"3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
	"6801dd23c4a7d679ccf8a386c674cffb"},
    /* RFC 4231 case 6 */
    {"sha384", REPEATED(0xaa, 131),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	"4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	"0c2ef6ab4030fe8296248df163f44952"},
    /* RFC 4231 case 7 */
    {"sha384", REPEATED(0xaa, 131),
	WORDS("This is a test using a larger than block-size key and a "
	      "larger than block-size data. The key needs to be hashed "
	      "before being used by the HMAC algorithm."),
	"6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
	"a678cc31e799176d3860e6110c46523e"},
    /* RFC 4231 case 1 */
    {"sha512", REPEATED(0x0b, 20), WORDS("Hi There"),
	"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	"daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    /* RFC 4231 case 2 */
    {"sha512", WORDS("Jefe"), WORDS("what do ya want for nothing?"),
	"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    /* RFC 4231 case 3 */
    {"sha512", REPEATED(0xaa, 20), REPEATED(0xdd, 50),
	"fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	"bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
    /* RFC 4231 case 4 */
    {"sha512", COUNTED(25), REPEATED(0xcd, 50),
	"b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	"a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
    /* RFC 4231 case 6 */
    {"sha512", REPEATED(0xaa, 131),
	WORDS("Test Using Larger Than Block-Size Key - Hash Key First"),
	"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    /* RFC 4231 case 7 */
    {"sha512", REPEATED(0xaa, 131),
	WORDS("This is a test using a larger than block-size key and a "
	      "larger than block-size data. The key needs to be hashed "
	      "before being used by the HMAC algorithm."),
	"e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
	"b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
};

static const char *const libs[] = {"md5", "sha1", "sha256", "sha384", "sha512"};

static struct span
expand(const struct input *in, uint8_t *buf)
{
	if (in->words != NULL)
		return span_str(in->words);
	for (size_t i = 0; i < in->n; i++)
		buf[i] = in->octet != 0 ? in->octet : (uint8_t)(i + 1);
	return span_of(buf, in->n);
}

static void
test_hash_run_known_answers(void)
{
	static uint8_t buf[MILLION];

	for (size_t i = 0; i < COUNT(hash_cases); i++) {
		const struct hash_case *c = &hash_cases[i];
		const struct hash_impl *h = hash_find(c->lib);
		struct span data = expand(&c->data, buf);
		uint8_t out[HASH_MAX_SIZE];

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		CU_ASSERT_TRUE(hash_run(h, &data, 1, out));
		CU_ASSERT_TRUE(
		    unit_is_hex(span_of(out, hash_size(h)), c->hash));
	}
}

static void
test_hmac_run_known_answers(void)
{
	for (size_t i = 0; i < COUNT(hmac_cases); i++) {
		const struct hmac_case *c = &hmac_cases[i];
		const struct hash_impl *h = hash_find(c->lib);
		uint8_t key_buf[200], data_buf[200], out[HASH_MAX_SIZE];
		struct span key = expand(&c->key, key_buf);
		struct span data = expand(&c->data, data_buf);

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		CU_ASSERT_TRUE(hmac_run(h, key, &data, 1, out));
		CU_ASSERT_TRUE(unit_is_hex(span_of(out, hash_size(h)), c->mac));
	}
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
