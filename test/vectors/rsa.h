/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA keys to test with, made by OpenSSL 3.0 (openssl genpkey), and what each
 * signs for one hash, from openssl pkeyutl -sign with rsa_padding_mode:pkcs1;
 * relations and signatures were computed again with Python's integers.
 */
#ifndef TEST_VECTORS_RSA_H
#define TEST_VECTORS_RSA_H

#include "engine/crypto/rsa.h"

/* The short ones are for tests that need many signatures. */
enum rsa_vector_name {
	RSA_VECTOR_1024_A,
	RSA_VECTOR_1024_B,
	RSA_VECTOR_1031,    /* not a whole number of octets */
	RSA_VECTOR_1024_E3, /* exponent 3, as below */
	RSA_VECTOR_2048,
	RSA_VECTOR_2192_E3,
	RSA_VECTOR_3072,
	RSA_VECTOR_4096,
	RSA_VECTORS
};

struct rsa_vector {
	const char *name;
	size_t bits;
	const char *field[RSA_FIELDS]; /* hexadecimal */
	const char *signature;         /* over RSA_VECTOR_HASH, likewise */
};

extern const struct rsa_vector rsa_vectors[RSA_VECTORS];

/* The twenty octets 10, 11 and so on to 23. */
#define RSA_VECTOR_HASH                                     \
	SPAN_LIT("\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19" \
		 "\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23")

/* A new private key of one owner; the program ends if there is none. */
struct rsa_private *rsa_vector_key(enum rsa_vector_name name);

#endif
