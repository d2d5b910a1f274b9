/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA on GnuTLS, whose imports accept more than is sound: what a key must be is
 * checked here, once, when it is made.  Numbers are kept as octets besides the
 * library's own form, because they are written out and compared.
 */
#include "engine/crypto/rsa.h"

#include <gmp.h>
#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/ttodata.h"
#include "engine/crypto/prf.h"

struct rsa_public {
	unsigned refs;
	struct span n, e; /* in octets */
	gnutls_pubkey_t key;
	uint8_t octets[];
};

struct rsa_private {
	unsigned refs;
	struct rsa_public *public;
	struct secret memory;
	struct rsa_fields f; /* in memory */
	gnutls_privkey_t key;
};

/* ---- numbers ----------------------------------------------------------- */

static struct span
strip_zeros(struct span s)
{
	while (s.n > 0 && s.p[0] == 0)
		s = span_from(s, 1);
	return s;
}

/* Bits of a number without leading zeros. */
static size_t
bits_of(struct span s)
{
	size_t bits = s.n * 8;

	if (s.n > 0)
		for (uint8_t top = s.p[0]; top < 0x80; top = (uint8_t)(top * 2))
			bits--;
	return bits;
}

static bool
is_odd(struct span s)
{
	return s.n > 0 && (s.p[s.n - 1] & 1) != 0;
}

/* Append to w and return where it stands there; there is room. */
static struct span
keep(struct wr *w, struct span s)
{
	size_t before = wr_span(w).n;

	wr_bytes(w, s);
	return span_from(wr_span(w), before);
}

/* GnuTLS does not write to what it is given, but takes it as if it did. */
static gnutls_datum_t
datum(struct span s)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} p = {s.p};

	return (gnutls_datum_t){p.out, (unsigned)s.n};
}

static bool
hash_fits(struct span hash)
{
	return hash.n > 0 && hash.n <= HASH_MAX_SIZE;
}

/* ---- public keys ------------------------------------------------------- */

static bool
public_is_sound(struct span n, struct span e, struct text *why)
{
	if (bits_of(n) < RSA_MIN_BITS || bits_of(n) > RSA_MAX_BITS)
		text_add(why, "expected a modulus of %d to %d bits, found %zu",
		    RSA_MIN_BITS, RSA_MAX_BITS, bits_of(n));
	else if (!is_odd(n))
		text_add(why, "expected an odd modulus, found an even one");
	else if (bits_of(e) < 2)
		text_add(why,
		    "expected a public exponent of at least 3, "
		    "found %s",
		    e.n == 0 ? "0" : "1");
	else if (bits_of(e) > RSA_EXPONENT_MAX_BITS)
		text_add(why,
		    "expected a public exponent of at most %d bits, "
		    "found %zu",
		    RSA_EXPONENT_MAX_BITS, bits_of(e));
	else if (!is_odd(e))
		text_add(why,
		    "expected an odd public exponent, found an even "
		    "one");
	else
		return true;
	return false;
}

static int
public_import(struct rsa_public *key)
{
	gnutls_datum_t n = datum(key->n), e = datum(key->e);
	int r = gnutls_pubkey_init(&key->key);

	return r < 0 ? r : gnutls_pubkey_import_rsa_raw(key->key, &n, &e);
}

struct rsa_public *
rsa_public_new(struct span n, struct span e, struct text *why)
{
	struct rsa_public *key;
	struct wr w;
	int r;

	n = strip_zeros(n);
	e = strip_zeros(e);
	if (!public_is_sound(n, e, why))
		return NULL;
	key = calloc(1, sizeof(*key) + n.n + e.n);
	if (key == NULL) {
		text_add(why, "no memory for a public key");
		return NULL;
	}
	w = wr_of(key->octets, n.n + e.n);
	key->refs = 1;
	key->n = keep(&w, n);
	key->e = keep(&w, e);
	r = public_import(key);
	if (r >= 0)
		return key;
	text_add(why, "GnuTLS refuses the public key: %s", gnutls_strerror(r));
	rsa_public_put(key);
	return NULL;
}

struct rsa_public *
rsa_public_from_blob(struct span blob, struct text *why)
{
	struct cur c = cur_of(blob);
	size_t length = cur_u8(&c);
	struct span e;

	if (length == 0)
		length = cur_u16(&c);
	e = cur_bytes(&c, length);
	if (c.err == 0)
		return rsa_public_new(cur_rest(&c), e, why);
	text_add(why,
	    "expected the exponent's length, the exponent and the "
	    "modulus (RFC 3110), found %zu octets that end before the modulus",
	    blob.n);
	return NULL;
}

/* The exponent is short enough for the short form of its length. */
void
rsa_public_blob(const struct rsa_public *key, struct wr *out)
{
	wr_u8(out, (uint8_t)key->e.n);
	wr_bytes(out, key->e);
	wr_bytes(out, key->n);
}

struct rsa_public *
rsa_public_get(struct rsa_public *key)
{
	key->refs++;
	return key;
}

void
rsa_public_put(struct rsa_public *key)
{
	if (key == NULL || --key->refs > 0)
		return;
	gnutls_pubkey_deinit(key->key);
	free(key);
}

size_t
rsa_public_bits(const struct rsa_public *key)
{
	return bits_of(key->n);
}

bool
rsa_public_equal(const struct rsa_public *a, const struct rsa_public *b)
{
	return span_equal(a->n, b->n) && span_equal(a->e, b->e);
}

struct span
rsa_public_modulus(const struct rsa_public *key)
{
	return key->n;
}

struct span
rsa_public_exponent(const struct rsa_public *key)
{
	return key->e;
}

const char *
rsa_public_name(const struct rsa_public *key, char *buf)
{
	uint8_t octets[RSA_BLOB_MAX];
	struct wr w = wr_of(octets, sizeof(octets));
	TEXT(digits, 16);

	rsa_public_blob(key, &w);
	text_base64(&digits, span_head(wr_span(&w), 9));
	memcpy(buf, digits.p, RSA_NAME_SIZE - 1);
	buf[RSA_NAME_SIZE - 1] = '\0';
	return buf;
}

bool
rsa_verify(const struct rsa_public *key, struct span hash, struct span sig)
{
	gnutls_datum_t h = datum(hash), s = datum(sig);

	/* Without this flag a hash without its identifier never verifies. */
	return hash_fits(hash) && sig.n == key->n.n &&
	    gnutls_pubkey_verify_hash2(key->key, GNUTLS_SIGN_UNKNOWN,
		GNUTLS_PUBKEY_VERIFY_FLAG_TLS1_RSA, &h, &s) >= 0;
}

/* ---- the relations between the numbers of a key pair ------------------- */

const char *
rsa_field_name(enum rsa_field field)
{
	static const char *const names[RSA_FIELDS] = {
	    "Modulus",
	    "PublicExponent",
	    "PrivateExponent",
	    "Prime1",
	    "Prime2",
	    "Exponent1",
	    "Exponent2",
	    "Coefficient",
	};

	return names[field];
}

/*
 * GMP's integers, whose memory GnuTLS makes GMP wipe when it is given back.
 * minus[0] and minus[1] are the primes less one.
 */
struct numbers {
	mpz_t v[RSA_FIELDS], minus[2], scratch;
};

static void
numbers_init(struct numbers *z, const struct rsa_fields *f)
{
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		mpz_init(z->v[i]);
		mpz_import(z->v[i], f->v[i].n, 1, 1, 1, 0, f->v[i].p);
	}
	mpz_init(z->scratch);
	for (size_t i = 0; i < 2; i++) {
		mpz_init(z->minus[i]);
		mpz_sub_ui(z->minus[i], z->v[RSA_FIELD_PRIME1 + i], 1);
	}
}

static void
numbers_fini(struct numbers *z)
{
	for (size_t i = 0; i < RSA_FIELDS; i++)
		mpz_clear(z->v[i]);
	mpz_clear(z->minus[0]);
	mpz_clear(z->minus[1]);
	mpz_clear(z->scratch);
}

/* Is a the inverse of b modulo m? */
static bool
inverse_of(struct numbers *z, enum rsa_field a, enum rsa_field b, mpz_t m)
{
	mpz_mul(z->scratch, z->v[a], z->v[b]);
	mpz_mod(z->scratch, z->scratch, m);
	return mpz_cmp_ui(z->scratch, 1) == 0;
}

static bool
remainder_of_d(struct numbers *z, enum rsa_field a, mpz_t m)
{
	mpz_mod(z->scratch, z->v[RSA_FIELD_PRIVATE_EXPONENT], m);
	return mpz_cmp(z->scratch, z->v[a]) == 0;
}

/* What is wrong, or NULL.  The primes are above 2. */
static const char *
find_mismatch(struct numbers *z)
{
	mpz_t *p = &z->v[RSA_FIELD_PRIME1], *q = &z->v[RSA_FIELD_PRIME2];

	mpz_mul(z->scratch, *p, *q);
	if (mpz_cmp(z->scratch, z->v[RSA_FIELD_MODULUS]) != 0)
		return "Modulus is not Prime1 times Prime2";
	for (size_t i = 0; i < 2; i++)
		if (!inverse_of(z, RSA_FIELD_PRIVATE_EXPONENT,
			RSA_FIELD_PUBLIC_EXPONENT, z->minus[i]))
			return "PrivateExponent is not the inverse of "
			       "PublicExponent for these primes";
	if (!remainder_of_d(z, RSA_FIELD_EXPONENT1, z->minus[0]))
		return "Exponent1 is not PrivateExponent modulo Prime1 - 1";
	if (!remainder_of_d(z, RSA_FIELD_EXPONENT2, z->minus[1]))
		return "Exponent2 is not PrivateExponent modulo Prime2 - 1";
	if (mpz_cmp(z->v[RSA_FIELD_COEFFICIENT], *p) >= 0 ||
	    !inverse_of(z, RSA_FIELD_COEFFICIENT, RSA_FIELD_PRIME2, *p))
		return "Coefficient is not the inverse of Prime2 modulo "
		       "Prime1";
	return NULL;
}

/* Numbers that a key could have, and that nothing below chokes on. */
static bool
sizes_are_sound(const struct rsa_fields *f, struct text *why)
{
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		bool prime = i == RSA_FIELD_PRIME1 || i == RSA_FIELD_PRIME2;

		if (f->v[i].n == 0 || f->v[i].n > RSA_MAX_BITS / 8)
			text_add(why,
			    "expected %s to be a number of 1 to %d "
			    "bits, found %s",
			    rsa_field_name((enum rsa_field)i), RSA_MAX_BITS,
			    f->v[i].n == 0 ? "0" : "more");
		else if (prime && (!is_odd(f->v[i]) || bits_of(f->v[i]) < 2))
			text_add(why, "expected %s to be an odd prime",
			    rsa_field_name((enum rsa_field)i));
		else
			continue;
		return false;
	}
	return true;
}

static bool
relations_hold(const struct rsa_fields *f, struct text *why)
{
	struct numbers z;
	const char *mismatch;

	numbers_init(&z, f);
	mismatch = find_mismatch(&z);
	numbers_fini(&z);
	if (mismatch != NULL)
		text_add(why, "expected the numbers of one key: %s", mismatch);
	return mismatch == NULL;
}

/* ---- private keys ------------------------------------------------------ */

static int
private_import(struct rsa_private *key)
{
	gnutls_datum_t v[RSA_FIELDS];
	int r = gnutls_privkey_init(&key->key);

	if (r < 0)
		return r;
	for (size_t i = 0; i < RSA_FIELDS; i++)
		v[i] = datum(key->f.v[i]);
	return gnutls_privkey_import_rsa_raw(key->key, &v[RSA_FIELD_MODULUS],
	    &v[RSA_FIELD_PUBLIC_EXPONENT], &v[RSA_FIELD_PRIVATE_EXPONENT],
	    &v[RSA_FIELD_PRIME1], &v[RSA_FIELD_PRIME2],
	    &v[RSA_FIELD_COEFFICIENT], &v[RSA_FIELD_EXPONENT1],
	    &v[RSA_FIELD_EXPONENT2]);
}

/* Copy the numbers and make both halves.  False: why says what is wrong. */
static bool
private_fill(
    struct rsa_private *key, const struct rsa_fields *f, struct text *why)
{
	size_t size = 0;
	struct wr w;
	int r;

	for (size_t i = 0; i < RSA_FIELDS; i++)
		size += f->v[i].n;
	if (!secret_new(&key->memory, size)) {
		text_add(why, "no memory for a private key");
		return false;
	}
	w = wr_of(key->memory.p, size);
	for (size_t i = 0; i < RSA_FIELDS; i++)
		key->f.v[i] = keep(&w, f->v[i]);
	key->public = rsa_public_new(
	    f->v[RSA_FIELD_MODULUS], f->v[RSA_FIELD_PUBLIC_EXPONENT], why);
	if (key->public == NULL)
		return false;
	r = private_import(key);
	if (r < 0)
		text_add(why, "GnuTLS refuses the private key: %s",
		    gnutls_strerror(r));
	return r >= 0;
}

/* The relations hold for some numbers that are not prime, too. */
static bool
trial_works(const struct rsa_private *key, struct text *why)
{
	struct span hash = SPAN_LIT("a trial of this key!");
	struct secret sig;
	bool ok = rsa_sign(key, hash, &sig) &&
	    rsa_verify(key->public, hash, secret_span(&sig));

	secret_free(&sig);
	if (!ok)
		text_add(why,
		    "expected a key that can sign, found that its "
		    "signature does not verify: is Prime1 or Prime2 not a "
		    "prime?");
	return ok;
}

struct rsa_private *
rsa_private_new(const struct rsa_fields *f, struct text *why)
{
	struct rsa_fields bare;
	struct rsa_private *key;

	for (size_t i = 0; i < RSA_FIELDS; i++)
		bare.v[i] = strip_zeros(f->v[i]);
	if (!public_is_sound(bare.v[RSA_FIELD_MODULUS],
		bare.v[RSA_FIELD_PUBLIC_EXPONENT], why) ||
	    !sizes_are_sound(&bare, why) || !relations_hold(&bare, why))
		return NULL;
	key = calloc(1, sizeof(*key));
	if (key == NULL) {
		text_add(why, "no memory for a private key");
		return NULL;
	}
	key->refs = 1;
	if (private_fill(key, &bare, why) && trial_works(key, why))
		return key;
	rsa_private_put(key);
	return NULL;
}

/* The numbers of the library's key as a key of ours. */
static struct rsa_private *
private_from_library(gnutls_privkey_t made, struct text *why)
{
	gnutls_datum_t v[RSA_FIELDS] = {{NULL, 0}};
	struct rsa_private *key = NULL;
	struct rsa_fields f;
	int r = gnutls_privkey_export_rsa_raw2(made, &v[RSA_FIELD_MODULUS],
	    &v[RSA_FIELD_PUBLIC_EXPONENT], &v[RSA_FIELD_PRIVATE_EXPONENT],
	    &v[RSA_FIELD_PRIME1], &v[RSA_FIELD_PRIME2],
	    &v[RSA_FIELD_COEFFICIENT], &v[RSA_FIELD_EXPONENT1],
	    &v[RSA_FIELD_EXPONENT2], 0);

	for (size_t i = 0; i < RSA_FIELDS; i++)
		f.v[i] = span_of(v[i].data, v[i].size);
	if (r < 0)
		text_add(why, "GnuTLS does not give its new key: %s",
		    gnutls_strerror(r));
	else
		key = rsa_private_new(&f, why);
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		wipe(v[i].data, v[i].size);
		gnutls_free(v[i].data);
	}
	return key;
}

struct rsa_private *
rsa_generate(unsigned bits, struct text *why)
{
	struct rsa_private *key = NULL;
	gnutls_privkey_t made;
	int r;

	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
		text_add(why, "expected %d to %d bits, found %u", RSA_MIN_BITS,
		    RSA_MAX_BITS, bits);
		return NULL;
	}
	r = gnutls_privkey_init(&made);
	if (r >= 0) {
		r = gnutls_privkey_generate(made, GNUTLS_PK_RSA, bits, 0);
		if (r >= 0)
			key = private_from_library(made, why);
		gnutls_privkey_deinit(made);
	}
	if (r < 0)
		text_add(why, "GnuTLS makes no key of %u bits: %s", bits,
		    gnutls_strerror(r));
	return key;
}

struct rsa_private *
rsa_private_get(struct rsa_private *key)
{
	key->refs++;
	return key;
}

void
rsa_private_put(struct rsa_private *key)
{
	if (key == NULL || --key->refs > 0)
		return;
	gnutls_privkey_deinit(key->key);
	rsa_public_put(key->public);
	secret_free(&key->memory);
	free(key);
}

struct rsa_public *
rsa_private_public(const struct rsa_private *key)
{
	return key->public;
}

const struct rsa_fields *
rsa_private_fields(const struct rsa_private *key)
{
	return &key->f;
}

size_t
rsa_bits(const struct rsa_private *key)
{
	return rsa_public_bits(key->public);
}

bool
rsa_sign(const struct rsa_private *key, struct span hash, struct secret *sig)
{
	gnutls_datum_t h = datum(hash), s = {NULL, 0};
	bool ok;

	*sig = (struct secret){NULL, 0};
	if (!hash_fits(hash) ||
	    gnutls_privkey_sign_hash(key->key, GNUTLS_DIG_UNKNOWN,
		GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA, &h, &s) < 0)
		return false;
	ok = s.size == key->public->n.n &&
	    secret_dup(sig, span_of(s.data, s.size));
	gnutls_free(s.data);
	return ok;
}
