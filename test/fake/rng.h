/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repeatable random numbers for tests: the same seed, the same run. */
#ifndef TEST_FAKE_RNG_H
#define TEST_FAKE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256** */
struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* 0 .. n-1; n is not 0. */
uint32_t rng_below(struct rng *r, uint32_t n);
void rng_fill(struct rng *r, uint8_t *p, size_t n);

#endif
