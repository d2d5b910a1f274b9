/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The primes of the Oakley groups, computed instead of copied. */
#ifndef GEN_PRIME_H
#define GEN_PRIME_H

#include "gen/model.h"

/*
 * 2^bits - 2^(bits-64) - 1 + 2^64 * (floor(2^(bits-130) pi) + k), as bits / 8
 * octets, the first one leading.  Reports E304 at 'at' unless it and its half
 * are probable primes; the octets are returned all the same.  NULL: E304, since
 * no prime of that size can be computed.
 */
const uint8_t *prime_of_pi(uint64_t bits, uint64_t k, struct pos at);

#endif
