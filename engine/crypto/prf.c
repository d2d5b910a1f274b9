/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's formulas reach GnuTLS's hash functions only through here. */
#include "engine/crypto/prf.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

struct hash_impl {
	const char *lib;
	gnutls_digest_algorithm_t digest;
	gnutls_mac_algorithm_t mac;
	size_t size;
};

static const struct hash_impl hashes[] = {
    {"md5", GNUTLS_DIG_MD5, GNUTLS_MAC_MD5, 16},
    {"sha1", GNUTLS_DIG_SHA1, GNUTLS_MAC_SHA1, 20},
    {"sha256", GNUTLS_DIG_SHA256, GNUTLS_MAC_SHA256, 32},
    {"sha384", GNUTLS_DIG_SHA384, GNUTLS_MAC_SHA384, 48},
    {"sha512", GNUTLS_DIG_SHA512, GNUTLS_MAC_SHA512, 64},
};

const struct hash_impl *
hash_find(const char *lib)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strcmp(hashes[i].lib, lib) == 0)
			return &hashes[i];
	return NULL;
}

size_t
hash_size(const struct hash_impl *h)
{
	return h->size;
}

bool
hash_run(
    const struct hash_impl *h, const struct span *parts, size_t n, uint8_t *out)
{
	gnutls_hash_hd_t hd;
	bool ok = true;

	if (gnutls_hash_init(&hd, h->digest) < 0)
		return false;
	for (size_t i = 0; i < n && ok; i++)
		ok = parts[i].n == 0 ||
		    gnutls_hash(hd, parts[i].p, parts[i].n) == 0;
	gnutls_hash_deinit(hd, out);
	return ok;
}

bool
hmac_run(const struct hash_impl *h, struct span key, const struct span *parts,
    size_t n, uint8_t *out)
{
	gnutls_hmac_hd_t hd;
	bool ok = true;

	if (gnutls_hmac_init(&hd, h->mac, key.p, key.n) < 0)
		return false;
	for (size_t i = 0; i < n && ok; i++)
		ok = parts[i].n == 0 ||
		    gnutls_hmac(hd, parts[i].p, parts[i].n) == 0;
	gnutls_hmac_deinit(hd, out);
	return ok;
}
