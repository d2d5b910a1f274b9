/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only place where a row of spec/alg.spec meets the library that computes
 * it: the row's 'lib' word is the library's name for it.
 */
#include "engine/ike/suite.h"

#include "engine/crypto/cipher.h"
#include "engine/crypto/crypto.h"
#include "engine/crypto/prf.h"
#include "gen/algs.gen.h"

static const struct hash_impl *
hash_of(uint8_t hash)
{
	return hash < N_HASHES ? hash_find(alg_hashes[hash].lib) : NULL;
}

static const struct cipher_impl *
cipher_of(uint8_t cipher)
{
	return cipher < N_CIPHERS ? cipher_find(alg_ciphers[cipher].lib) : NULL;
}

static size_t
suite_hash_size(uint8_t hash)
{
	return hash < N_HASHES ? alg_hashes[hash].size : 0;
}

static bool
suite_hash(uint8_t hash, const struct span *parts, size_t n, uint8_t *out)
{
	const struct hash_impl *h = hash_of(hash);

	return h != NULL && hash_run(h, parts, n, out);
}

static bool
suite_prf(uint8_t hash, struct span key, const struct span *parts, size_t n,
    uint8_t *out)
{
	const struct hash_impl *h = hash_of(hash);

	return h != NULL && hmac_run(h, key, parts, n, out);
}

static bool
suite_encrypt(
    uint8_t cipher, struct span key, uint8_t *iv, uint8_t *data, size_t n)
{
	const struct cipher_impl *c = cipher_of(cipher);

	return c != NULL && cipher_encrypt(c, key, iv, data, n);
}

static bool
suite_decrypt(
    uint8_t cipher, struct span key, uint8_t *iv, uint8_t *data, size_t n)
{
	const struct cipher_impl *c = cipher_of(cipher);

	return c != NULL && cipher_decrypt(c, key, iv, data, n);
}

const struct suite_ops *
suite_ops(void)
{
	static const struct suite_ops ops = {
	    .hash_size = suite_hash_size,
	    .hash = suite_hash,
	    .prf = suite_prf,
	    .encrypt = suite_encrypt,
	    .decrypt = suite_decrypt,
	};

	return &ops;
}

bool
suite_init(struct text *why)
{
	if (!crypto_init(why))
		return false;
	for (unsigned i = 0; i < N_HASHES; i++) {
		if (hash_of((uint8_t)i) != NULL)
			continue;
		text_add(why, "the crypto library has no hash '%s' (row %s)",
		    alg_hashes[i].lib, alg_hashes[i].name);
		return false;
	}
	for (unsigned i = 0; i < N_CIPHERS; i++) {
		if (cipher_of((uint8_t)i) != NULL)
			continue;
		text_add(why, "the crypto library has no cipher '%s' (row %s)",
		    alg_ciphers[i].lib, alg_ciphers[i].name);
		return false;
	}
	return true;
}

struct dh_group
suite_group(uint8_t group)
{
	const struct alg_group *g = &alg_groups[group];

	return (struct dh_group){
	    .prime = g->prime,
	    .generator = g->generator,
	    .exponent_bits = g->exponent_bits,
	};
}
