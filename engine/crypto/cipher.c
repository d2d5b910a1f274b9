/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GnuTLS's CBC modes behind length checks of our own: for some ciphers it
 * aborts the process when the length is not a multiple of the block.
 */
#include "engine/crypto/cipher.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

struct cipher_key {
	size_t n; /* octets; 0 ends the list */
	gnutls_cipher_algorithm_t algorithm;
};

struct cipher_impl {
	const char *lib;
	size_t block;
	struct cipher_key keys[4];
};

static const struct cipher_impl ciphers[] = {
    {"des3_cbc", 8, {{24, GNUTLS_CIPHER_3DES_CBC}}},
    {"aes_cbc", 16,
	{{16, GNUTLS_CIPHER_AES_128_CBC}, {24, GNUTLS_CIPHER_AES_192_CBC},
	    {32, GNUTLS_CIPHER_AES_256_CBC}}},
};

const struct cipher_impl *
cipher_find(const char *lib)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (strcmp(ciphers[i].lib, lib) == 0)
			return &ciphers[i];
	return NULL;
}

size_t
cipher_block(const struct cipher_impl *c)
{
	return c->block;
}

/* False: lengths are wrong, or the library failed; there is no handle then. */
static bool
cipher_open(gnutls_cipher_hd_t *hd, const struct cipher_impl *c,
    struct span key, uint8_t *iv, size_t n)
{
	const struct cipher_key *k = c->keys;
	gnutls_datum_t key_datum = {
	    (uint8_t *)(uintptr_t)key.p, (unsigned)key.n};
	gnutls_datum_t iv_datum = {iv, (unsigned)c->block};

	while (k->n != 0 && k->n != key.n)
		k++;
	return k->n != 0 && n > 0 && n % c->block == 0 &&
	    gnutls_cipher_init(hd, k->algorithm, &key_datum, &iv_datum) == 0;
}

bool
cipher_encrypt(const struct cipher_impl *c, struct span key, uint8_t *iv,
    uint8_t *data, size_t n)
{
	gnutls_cipher_hd_t hd;
	bool ok;

	if (!cipher_open(&hd, c, key, iv, n))
		return false;
	ok = gnutls_cipher_encrypt2(hd, data, n, data, n) == 0;
	gnutls_cipher_deinit(hd);
	if (ok)
		memcpy(iv, data + n - c->block, c->block);
	return ok;
}

bool
cipher_decrypt(const struct cipher_impl *c, struct span key, uint8_t *iv,
    uint8_t *data, size_t n)
{
	gnutls_cipher_hd_t hd;
	uint8_t last[CIPHER_MAX_BLOCK];
	bool ok;

	if (!cipher_open(&hd, c, key, iv, n))
		return false;
	memcpy(last, data + n - c->block, c->block);
	ok = gnutls_cipher_decrypt2(hd, data, n, data, n) == 0;
	gnutls_cipher_deinit(hd);
	if (ok)
		memcpy(iv, last, c->block);
	return ok;
}
