/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diffie-Hellman in the MODP groups (RFC 2409 section 6, RFC 3526).  Time does
 * not depend on secret values, all intermediate values are wiped, and nothing
 * is shared, so worker threads may call it.
 */
#ifndef ENGINE_CRYPTO_DH_H
#define ENGINE_CRYPTO_DH_H

#include "engine/base/secret.h"

/* prime: big-endian, odd, at most 1024 octets, static storage. */
struct dh_group {
	struct span prime;
	uint32_t generator;
	uint16_t exponent_bits; /* a multiple of 64 */
};

/*
 * Whether y may be raised to our exponent: exactly as long as the prime (RFC
 * 2409 section 5) and 1 < y < p-1, which leaves no subgroup of order 1 or 2.
 */
NODISCARD bool dh_public_ok(const struct dh_group *g, struct span y);
/*
 * The public value g^x of a private exponent of exponent_bits whose top bit is
 * set, padded on the left to the prime's length.  The exponent is the caller's
 * to choose at random.  False: priv is not an exponent of this group's length,
 * or no memory; pub is empty.
 */
NODISCARD bool
dh_public(const struct dh_group *g, struct span priv, struct secret *pub);
/*
 * The shared secret g^xy, padded on the left to the prime's length.  False: the
 * peer's value is not dh_public_ok, priv is not an exponent of this group's
 * length, or no memory; out is empty.
 */
NODISCARD bool dh_shared(const struct dh_group *g, struct span priv,
    struct span peer, struct secret *out);

#endif
