/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up.  A library can be built or configured without an algorithm that the
 * spec names; better that pluto says so at once than that a negotiation agrees
 * on it and fails.
 */
#include "engine/crypto/crypto.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "engine/base/ttodata.h"
#include "engine/crypto/cipher.h"
#include "engine/crypto/dh.h"
#include "engine/crypto/prf.h"
#include "engine/crypto/random.h"
#include "engine/crypto/rsa.h"

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
    {"sha256",
	"ba7816bf8f01cfea414140de5dae2223"
	"b00361a396177a9cb410ff61f20015ad",
	"5bdcc146bf60754e6a042426089575c7"
	"5a003f089d2739839dec58b964ec3843"},
    {"sha384",
	"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	"1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
	"e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
    {"sha512",
	"ddaf35a193617abacc417349ae204131"
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

/*
 * A key made by OpenSSL, and what it signs for SHA-1 of "abc": from openssl
 * pkeyutl, the same by Python's pow().
 */
static const char *const rsa_answer_key[RSA_FIELDS] = {
    "0xdbaaa0a9051757e69a55a01d3879aee36992f49cfcd734706d567bdbdd266b"
    "eb346fe62af08a1d26664d47edabacbc9010a498793f2b33981ab7b739485110"
    "1b6e50e33e65fbcba3d4700ddcfb19a0cfe2621c51fb1a662fd15354e9f2dedb"
    "7526c1a083228fd972911c58de51095151147bb11e04509176983fd7dfae31b4"
    "99",
    "0x010001",
    "0x861e61c590d435d918761b327c1edf86fe18b9bd782ab55bc7863c4d7b7350"
    "04e59944c106e86cefdb1a684656c13ac803415bcefba096f9d1a645fa758af8"
    "f784658fe80a878593dfbdc55c42a2c966fdebada9bb24aab8a95860103a654f"
    "a1e3cfe712c78919404f9933a492a00e5a8d34921bdf533d1cfc9dbc891a386a"
    "e1",
    "0xfd73cd54f5977d4fdf8e4c49d0ee438bf90f98385a8b869b6fa9027e857b1c"
    "d5838719c813297b7f5448453b39f81826d2d08ff643458a82e49117b383c2f4"
    "15",
    "0xdddfe2c893ccc14ff7fe524e07d1cba0c91fdfbed333421f4a0d0b0e1e9279"
    "43a0e9f90aa1b11d0789e622d3a9024c2654c3d790beb509d7a1578dfbadbe4b"
    "75",
    "0x892390b5e8d1586fd092097b637e98b3f346d9e19c34a4d8141a0a0c75a340"
    "ddd2f6561fe92667f9649c5a418ac3502629a9ca4bc0e8aee2d6541fd3f57696"
    "65",
    "0xa90b473222c9c20f379721062a97015a0362b18a2647cb7d236244a6014cff"
    "ef32ce90dc34cd489cd1c7f188ea1fc1fd02602401380b9ef017112a3032f3e5"
    "71",
    "0x6085a77745987c3d6dede87b5655e396cfcb016cea8d28aef792a2fad1df1e"
    "a37cd0d5f260d4d8e8a018e80766d01690f69c0737e87db89cbad073ce4b51e0"
    "09",
};
static const char rsa_answer[] =
    "0x59c5e2f083e500bb09538692af4a75776174d7b9ec98e707352522cc669fee"
    "a0aa893fa27a800be2b7f6e7abbaaf64273e9241373923ae9a0f7a2c9be0a9c1"
    "edfd9382c2464c06f35ef313893ddb4309cf227a6380c64919070cdd60d869cc"
    "5ff317606303fe6d18d8b1dbff2c7e70010f6a5194a65ee12ad2825960cadd94"
    "f5";

static bool
rsa_signs(const struct rsa_private *key)
{
	struct span hash = SPAN_LIT("\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e"
				    "\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d");
	struct secret sig = {NULL, 0}, answer = {NULL, 0};
	bool ok = rsa_sign(key, hash, &sig) &&
	    ttodata(&answer, span_str(rsa_answer)) &&
	    span_equal(secret_span(&sig), secret_span(&answer)) &&
	    rsa_verify(rsa_private_public(key), hash, secret_span(&sig));

	if (ok)
		sig.p[sig.n - 1] ^= 1;
	ok =
	    ok && !rsa_verify(rsa_private_public(key), hash, secret_span(&sig));
	secret_free(&sig);
	secret_free(&answer);
	return ok;
}

static bool
rsa_works(void)
{
	struct secret octets[RSA_FIELDS] = {{NULL, 0}};
	struct rsa_private *key = NULL;
	struct rsa_fields f;
	bool ok = true;
	TEXT(why, 200);

	for (size_t i = 0; i < RSA_FIELDS; i++) {
		ok = ok && ttodata(&octets[i], span_str(rsa_answer_key[i]));
		f.v[i] = secret_span(&octets[i]);
	}
	if (ok)
		key = rsa_private_new(&f, &why);
	ok = key != NULL && rsa_signs(key);
	rsa_private_put(key);
	for (size_t i = 0; i < RSA_FIELDS; i++)
		secret_free(&octets[i]);
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
	if (!rsa_works())
		return "RSA signatures";
	return random_works() ? NULL : "random numbers";
}

bool
crypto_init(struct text *why)
{
	int r = gnutls_global_init();
	const char *broken;

	if (r < 0) {
		text_add(why, "GnuTLS does not start: %s", gnutls_strerror(r));
		return false;
	}
	broken = find_broken();
	if (broken == NULL)
		return true;
	text_add(why,
	    "self-test of %s failed: GnuTLS %s refuses it or gives a "
	    "wrong answer; see whether the system's crypto policy (FIPS mode, "
	    "/etc/gnutls/config) forbids it",
	    broken, gnutls_check_version(NULL));
	gnutls_global_deinit();
	return false;
}

void
crypto_fini(void)
{
	gnutls_global_deinit();
}
