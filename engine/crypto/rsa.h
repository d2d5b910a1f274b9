/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA signatures as IKE has them (RFC 2409 section 5.1): PKCS #1 v1.5 over a
 * bare hash, without the identifier of the hash function.  Keys do not change
 * once made and any number of threads may use one; who keeps one across time
 * counts it, which only one thread at a time may do.
 */
#ifndef ENGINE_CRYPTO_RSA_H
#define ENGINE_CRYPTO_RSA_H

#include "engine/base/secret.h"
#include "engine/base/text.h"

enum {
	RSA_MIN_BITS = 1024, /* of a modulus that is accepted */
	RSA_MAX_BITS = 8192,
	RSA_SAFE_BITS = 2048,        /* shorter ones earn a warning */
	RSA_EXPONENT_MAX_BITS = 256, /* a long public one costs time */
	RSA_BLOB_MAX = 1 + RSA_EXPONENT_MAX_BITS / 8 + RSA_MAX_BITS / 8,
	RSA_NAME_SIZE = 10 /* octets for rsa_public_name() */
};

struct rsa_public;
struct rsa_private;

/* The numbers of a key pair, in the order in which ipsec.secrets has them. */
enum rsa_field {
	RSA_FIELD_MODULUS,          /* n = pq */
	RSA_FIELD_PUBLIC_EXPONENT,  /* e */
	RSA_FIELD_PRIVATE_EXPONENT, /* d, 1/e modulo p-1 and q-1 */
	RSA_FIELD_PRIME1,           /* p */
	RSA_FIELD_PRIME2,           /* q */
	RSA_FIELD_EXPONENT1,        /* d mod p-1 */
	RSA_FIELD_EXPONENT2,        /* d mod q-1 */
	RSA_FIELD_COEFFICIENT,      /* 1/q mod p */
	RSA_FIELDS
};

/* Each big-endian. */
struct rsa_fields {
	struct span v[RSA_FIELDS];
};

/* As ipsec.secrets spells it: "Modulus" and so on.  Static. */
const char *rsa_field_name(enum rsa_field field);

/* ---- public keys ------------------------------------------------------- */

/*
 * A key with one owner; zero octets may precede the numbers.  NULL: they cannot
 * be a sound key (even, too short or too long, exponent below 3) or there is
 * no memory; why says what was expected.
 */
struct rsa_public *
rsa_public_new(struct span n, struct span e, struct text *why);
/* The same from the form of RFC 3110 section 2, which is that of RFC 2537. */
struct rsa_public *rsa_public_from_blob(struct span blob, struct text *why);
/* Write that form, of at most RSA_BLOB_MAX octets. */
void rsa_public_blob(const struct rsa_public *key, struct wr *out);
struct rsa_public *rsa_public_get(struct rsa_public *key);
void rsa_public_put(struct rsa_public *key); /* NULL is fine */
/* Bits of the modulus. */
size_t rsa_public_bits(const struct rsa_public *key);
bool rsa_public_equal(const struct rsa_public *a, const struct rsa_public *b);
/* The numbers without leading zeros; they live as long as the key. */
struct span rsa_public_modulus(const struct rsa_public *key);
struct span rsa_public_exponent(const struct rsa_public *key);
/*
 * What messages call the key: the first nine digits of the blob in base 64.
 * buf has RSA_NAME_SIZE octets and is returned.
 */
const char *rsa_public_name(const struct rsa_public *key, char *buf);
/*
 * Whether sig is the key's signature over hash (1 to 64 octets).  It must be
 * exactly as long as the modulus; nothing in the padding may differ.
 */
NODISCARD bool
rsa_verify(const struct rsa_public *key, struct span hash, struct span sig);

/* ---- private keys ------------------------------------------------------ */

/*
 * A key with one owner, after checks of each relation between the fields and
 * a trial signature, some milliseconds' work.  NULL: why names the field that
 * does not fit, never its value.
 */
struct rsa_private *
rsa_private_new(const struct rsa_fields *f, struct text *why);
/*
 * A new key pair of so many bits, with exponent 65537; takes seconds for long
 * ones.  NULL: bits is out of range or the library failed; see why.
 */
struct rsa_private *rsa_generate(unsigned bits, struct text *why);
struct rsa_private *rsa_private_get(struct rsa_private *key);
void rsa_private_put(struct rsa_private *key); /* NULL is fine; wipes */
/* Its public half; borrowed. */
struct rsa_public *rsa_private_public(const struct rsa_private *key);
/* All numbers without leading zeros, for who writes the key down; borrowed. */
const struct rsa_fields *rsa_private_fields(const struct rsa_private *key);
/* Bits of the modulus. */
size_t rsa_bits(const struct rsa_private *key);
/*
 * Sign a hash of 1 to 64 octets.  False: the library failed or found its own
 * result wrong; sig is empty.  Otherwise sig is as long as the modulus.
 */
NODISCARD bool
rsa_sign(const struct rsa_private *key, struct span hash, struct secret *sig);

#endif
