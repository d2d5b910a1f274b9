/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up.  A library can be built or configured without an algorithm that the
 * spec names; better that pluto says so at once than that a negotiation agrees
 * on it and fails.
 */
#include "engine/crypto/crypto.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "engine/crypto/cipher.h"
#include "engine/crypto/dh.h"
#include "engine/crypto/prf.h"
#include "engine/crypto/random.h"

struct hash_answer {
	const char *lib;
	const char *hash; /* of "abc": RFC 1321, FIPS 180 */
	const char *hmac; /* RFC 2202 and RFC 4231, test case 2 */
};

static const struct hash_answer hash_answers[] = {
	{"md5", "900150983cd24fb0d6963f7d28e17f72",
	    "750c783e6ab0b503eaa86e310a5db738"},
	{"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d",
	    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	{"sha256", "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843"},
	{"sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	    "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
	    "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
	{"sha512", "ddaf35a193617abacc417349ae204131"
	    "12e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd"
	    "454d4423643ce80e2a9ac94fa54ca49f",
	    "164b7a7bfcf819e2e395fbe73b56e0a3"
	    "87bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fd"
	    "caeab1a34d4a6b4b636e070a38bce737"},
};

struct cipher_answer {
	const char *lib;
	struct span key, iv, plain; /* plain is one block */
	const char *crypt;
};

static const struct cipher_answer cipher_answers[] = {
	/* NIST SP 800-67 appendix B; under this IV block 1 is as in ECB */
	{"des3_cbc",
	    SPAN_INIT("\x01\x23\x45\x67\x89\xab\xcd\xef"
	    "\x23\x45\x67\x89\xab\xcd\xef\x01"
	    "\x45\x67\x89\xab\xcd\xef\x01\x23"),
	    SPAN_INIT("\0\0\0\0\0\0\0\0"), SPAN_INIT("The qufc"),
	    "a826fd8ce53b855f"},
	/* RFC 3602 section 4, case 1 */
	{"aes_cbc",
	    SPAN_INIT("\x06\xa9\x21\x40\x36\xb8\xa1\x5b"
	    "\x51\x2e\x03\xd5\x34\x12\x00\x06"),
	    SPAN_INIT("\x3d\xaf\xba\x42\x9d\x9e\xb4\x30"
	    "\xb4\x22\xda\x80\x2c\x9f\xac\x41"),
	    SPAN_INIT("Single block msg"), "e353779c1079aeb82708942dbe77181a"},
};

static bool
same_hex(const uint8_t *p, size_t n, const char *hex)
{
	TEXT(t, 2 * HASH_MAX_SIZE + 1);

	text_hex(&t, span_of(p, n));
	return strcmp(t.p, hex) == 0;
}

static bool
hash_works(const struct hash_answer *a)
{
	static const struct span abc[] = {SPAN_INIT("a"), SPAN_INIT("bc")};
	static const struct span data[] = {
		SPAN_INIT("what do ya want "), SPAN_INIT("for nothing?")};
	const struct hash_impl *h = hash_find(a->lib);
	uint8_t out[HASH_MAX_SIZE];

	return h != NULL && hash_run(h, abc, 2, out) &&
	    same_hex(out, hash_size(h), a->hash) &&
	    hmac_run(h, SPAN_LIT("Jefe"), data, 2, out) &&
	    same_hex(out, hash_size(h), a->hmac);
}

static bool
cipher_works(const struct cipher_answer *a)
{
	const struct cipher_impl *c = cipher_find(a->lib);
	uint8_t iv[CIPHER_MAX_BLOCK], data[CIPHER_MAX_BLOCK];
	size_t n = a->plain.n;

	memcpy(iv, a->iv.p, n);
	memcpy(data, a->plain.p, n);
	if (c == NULL || cipher_block(c) != n ||
	    !cipher_encrypt(c, a->key, iv, data, n) ||
	    !same_hex(data, n, a->crypt) || !same_hex(iv, n, a->crypt))
		return false;
	memcpy(iv, a->iv.p, n);
	return cipher_decrypt(c, a->key, iv, data, n) &&
	    span_equal(span_of(data, n), a->plain);
}

/* 3^0x8123456789abcdef mod 2^127-1, computed with Python's pow(). */
static bool
dh_works(void)
{
	static const uint8_t prime[16] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t three[16] = {[15] = 3};
	struct dh_group g = {{prime, sizeof(prime)}, 3, 64};
	struct secret out;
	bool ok = dh_shared(&g, SPAN_LIT("\x81\x23\x45\x67\x89\xab\xcd\xef"),
	    span_of(three, sizeof(three)), &out) &&
	    same_hex(out.p, out.n, "6d50df435abf7bdddb2f94f58947dc69");

	secret_free(&out);
	return ok;
}

static bool
random_works(void)
{
	uint8_t a[16], b[16];

	return random_key(a, sizeof(a)) && random_nonce(b, sizeof(b)) &&
	    !span_equal(span_of(a, sizeof(a)), span_of(b, sizeof(b)));
}

/* The name of the first primitive that fails, or NULL. */
static const char *
find_broken(void)
{
	for (size_t i = 0; i < sizeof(hash_answers) / sizeof(hash_answers[0]);
	     i++)
		if (!hash_works(&hash_answers[i]))
			return hash_answers[i].lib;
	for (size_t i = 0;
	     i < sizeof(cipher_answers) / sizeof(cipher_answers[0]); i++)
		if (!cipher_works(&cipher_answers[i]))
			return cipher_answers[i].lib;
	if (!dh_works())
		return "modular exponentiation";
	return random_works() ? NULL : "random numbers";
}

bool
crypto_init(struct text *why)
{
	int r = gnutls_global_init();
	const char *broken;

	if (r < 0) {
		text_add(why, "GnuTLS does not start: %s",
		    gnutls_strerror(r));
		return false;
	}
	broken = find_broken();
	if (broken == NULL)
		return true;
	text_add(why, "self-test of %s failed: GnuTLS %s refuses it or gives a "
	    "wrong answer; see whether the system's crypto policy (FIPS mode, "
	    "/etc/gnutls/config) forbids it", broken,
	    gnutls_check_version(NULL));
	gnutls_global_deinit();
	return false;
}

void
crypto_fini(void)
{
	gnutls_global_deinit();
}
