/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two levels, so that what the wire shows says nothing about the keys. */
#include "engine/crypto/random.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

bool
random_nonce(uint8_t *p, size_t n)
{
	return n == 0 || gnutls_rnd(GNUTLS_RND_NONCE, p, n) == 0;
}

bool
random_key(uint8_t *p, size_t n)
{
	return n == 0 || gnutls_rnd(GNUTLS_RND_KEY, p, n) == 0;
}
