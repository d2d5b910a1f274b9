/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blackman and Vigna's xoshiro256**, its state filled by splitmix64. */
#include "test/fake/rng.h"

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void
rng_seed(struct rng *r, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}

static uint64_t
rotate(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

uint64_t
rng_next(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t
rng_below(struct rng *r, uint32_t n)
{
	/* The bias of 2^-32 does not matter here. */
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

void
rng_fill(struct rng *r, uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)(rng_next(r) >> 56);
}
