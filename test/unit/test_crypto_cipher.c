/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CBC ciphers against published answers, their chaining, and bad lengths. */
#include "engine/crypto/cipher.h"

#include "test/unit/unit.h"

struct cipher_case {
	const char *lib;
	const char *key, *iv, *plain, *crypt;
};

#define NIST_PLAIN                                                         \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

static const struct cipher_case cases[] = {
    /* RFC 3602 section 4, cases 1 to 4 */
    {"aes_cbc", "06a9214036b8a15b512e03d534120006",
	"3dafba429d9eb430b422da802c9fac41", "53696e676c6520626c6f636b206d7367",
	"e353779c1079aeb82708942dbe77181a"},
    {"aes_cbc", "c286696d887c9aa0611bbb3e2025a45a",
	"562e17996d093d28ddb3ba695a2e6f58",
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	"d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"},
    {"aes_cbc", "6c3ea0477630ce21a2ce334aa746c2cd",
	"c782dc4c098c66cbd9cd27d825682c81",
	"5468697320697320612034382d62797465206d65737361676520286578616374"
	"6c7920332041455320626c6f636b7329",
	"d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5"
	"021c19216bad525c8579695d83ba2684"},
    {"aes_cbc", "56e47a38c5598974bc46903dba290349",
	"8ce82eefbea0da3c44699ed7db51b7d9",
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
	"c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e"
	"35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55"},
    /* NIST SP 800-38A, F.2.3 and F.2.5 */
    {"aes_cbc", "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
	"000102030405060708090a0b0c0d0e0f", NIST_PLAIN,
	"4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
	"571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"},
    {"aes_cbc",
	"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
	"000102030405060708090a0b0c0d0e0f", NIST_PLAIN,
	"f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	"39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
    /*
	 * NIST SP 800-20, one round each of the variable plaintext, variable
	 * key, permutation and substitution tests; ECB, so with a zero IV
	 */
    {"des3_cbc", "010101010101010101010101010101010101010101010101",
	"0000000000000000", "8000000000000000", "95f8a5e5dd31d900"},
    {"des3_cbc", "800101010101010180010101010101018001010101010101",
	"0000000000000000", "0000000000000000", "95a8d72813daa94d"},
    {"des3_cbc", "104691348998013110469134899801311046913489980131",
	"0000000000000000", "0000000000000000", "88d55e54f54c97b4"},
    {"des3_cbc", "7ca110454a1a6e577ca110454a1a6e577ca110454a1a6e57",
	"0000000000000000", "01a1d6d039776742", "690f5b0d9a26939b"},
    /* the key of NIST SP 800-67 appendix B in CBC, computed by OpenSSL 3 */
    {"des3_cbc", "0123456789abcdef23456789abcdef01456789abcdef0123",
	"0011223344556677",
	"54686520717569636b2062726f776e20666f78206a756d7073206f7665722074"
	"6865206c617a7920646f672e20313233",
	"7b74783dc4b50ba8995e774c54dfc90055212e52ae92ba6b8594cc1ba06f91e1"
	"54b76cf0e9d0c17dc4e1415443c4a78b"},
};

static const struct cipher_impl *
find(const char *lib)
{
	const struct cipher_impl *c = cipher_find(lib);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

/* One of the cases, to be played. */
struct play {
	const struct cipher_case *t;
	const struct cipher_impl *c;
	struct span key;
	size_t n, block; /* octets of data, and of a block of it */
	uint8_t key_buf[32], iv[CIPHER_MAX_BLOCK], data[64];
};

static void
play_begin(struct play *p, const struct cipher_case *t)
{
	p->t = t;
	p->c = find(t->lib);
	p->key = unit_hex(t->key, p->key_buf, sizeof(p->key_buf));
	p->n = unit_hex(t->plain, p->data, sizeof(p->data)).n;
	p->block = cipher_block(p->c);
	unit_hex(t->iv, p->iv, sizeof(p->iv));
}

/* It has become this: the way back begins with the same IV. */
static void
play_check(struct play *p, const char *should)
{
	CU_ASSERT_TRUE(unit_is_hex(span_of(p->data, p->n), should));
	unit_hex(p->t->iv, p->iv, sizeof(p->iv));
}

static void
test_cipher_known_answers_both_ways(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;
		struct span last;

		play_begin(&p, &cases[i]);
		CU_ASSERT_TRUE(cipher_encrypt(p.c, p.key, p.iv, p.data, p.n));
		last = span_of(p.data + p.n - p.block, p.block);
		CU_ASSERT_TRUE(span_equal(span_of(p.iv, p.block), last));
		play_check(&p, p.t->crypt);
		CU_ASSERT_TRUE(cipher_decrypt(p.c, p.key, p.iv, p.data, p.n));
		play_check(&p, p.t->plain);
	}
}

static void
test_cipher_iv_chains_messages(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;

		play_begin(&p, &cases[i]);
		for (size_t at = 0; at < p.n; at += p.block)
			CU_ASSERT_TRUE(cipher_encrypt(
			    p.c, p.key, p.iv, p.data + at, p.block));
		play_check(&p, p.t->crypt);
		for (size_t at = 0; at < p.n; at += p.block)
			CU_ASSERT_TRUE(cipher_decrypt(
			    p.c, p.key, p.iv, p.data + at, p.block));
		play_check(&p, p.t->plain);
	}
}

/* Whether either direction accepts; if not, nothing may have changed. */
static bool
accepts(const struct cipher_impl *c, size_t key_n, size_t n)
{
	static const uint8_t key[64];
	uint8_t iv[CIPHER_MAX_BLOCK] = {1, 2, 3}, iv0[CIPHER_MAX_BLOCK];
	uint8_t data[64] = {4, 5, 6}, data0[64];
	struct span k = span_of(key, key_n);
	bool ok;

	memcpy(iv0, iv, sizeof(iv));
	memcpy(data0, data, sizeof(data));
	ok = cipher_decrypt(c, k, iv, data, n);
	CU_ASSERT_EQUAL(ok, memcmp(data, data0, sizeof(data)) != 0);
	CU_ASSERT_EQUAL(ok, memcmp(iv, iv0, sizeof(iv)) != 0);
	memcpy(iv, iv0, sizeof(iv));
	memcpy(data, data0, sizeof(data));
	CU_ASSERT_EQUAL(cipher_encrypt(c, k, iv, data, n), ok);
	CU_ASSERT_EQUAL(ok, memcmp(data, data0, sizeof(data)) != 0);
	CU_ASSERT_EQUAL(ok, memcmp(iv, iv0, sizeof(iv)) != 0);
	return ok;
}

static void
test_cipher_refuses_partial_blocks(void)
{
	for (size_t n = 0; n <= 64; n++) {
		CU_ASSERT_EQUAL(
		    accepts(find("des3_cbc"), 24, n), n > 0 && n % 8 == 0);
		CU_ASSERT_EQUAL(
		    accepts(find("aes_cbc"), 16, n), n > 0 && n % 16 == 0);
	}
}

static void
test_cipher_refuses_other_key_lengths(void)
{
	for (size_t n = 0; n <= 64; n++) {
		CU_ASSERT_EQUAL(accepts(find("des3_cbc"), n, 16), n == 24);
		CU_ASSERT_EQUAL(accepts(find("aes_cbc"), n, 16),
		    n == 16 || n == 24 || n == 32);
	}
}

static void
test_cipher_find_knows_its_names_only(void)
{
	CU_ASSERT_EQUAL(cipher_block(find("des3_cbc")), 8);
	CU_ASSERT_EQUAL(cipher_block(find("aes_cbc")), 16);
	CU_ASSERT_PTR_NULL(cipher_find("des_cbc"));
	CU_ASSERT_PTR_NULL(cipher_find("AES_CBC"));
	CU_ASSERT_PTR_NULL(cipher_find(""));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_cipher_known_answers_both_ways),
	    UNIT_TEST(test_cipher_iv_chains_messages),
	    UNIT_TEST(test_cipher_refuses_partial_blocks),
	    UNIT_TEST(test_cipher_refuses_other_key_lengths),
	    UNIT_TEST(test_cipher_find_knows_its_names_only),
	};

	return unit_run("crypto_cipher", tests, COUNT(tests));
}
