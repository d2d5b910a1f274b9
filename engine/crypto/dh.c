/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modular exponentiation on GMP's low-level functions for secret numbers: the
 * operands and the scratch space are ours, so that all of it can be wiped and
 * running out of memory is an error instead of an abort.
 */
#include "engine/crypto/dh.h"

#include <assert.h>
#include <gmp.h>

enum {
	LIMB_OCTETS = sizeof(mp_limb_t),
	MAX_LIMBS = 1024 / LIMB_OCTETS, /* of a prime */
};

static_assert(GMP_NAIL_BITS == 0, "limbs are filled to the last bit");

static size_t
limbs_for(size_t octets)
{
	return (octets + LIMB_OCTETS - 1) / LIMB_OCTETS;
}

/* Big-endian octets into n limbs, least significant first; s fits. */
static void
limbs_load(mp_limb_t *limbs, size_t n, struct span s)
{
	for (size_t i = 0; i < n; i++)
		limbs[i] = 0;
	for (size_t i = 0; i < s.n; i++)
		limbs[i / LIMB_OCTETS] |= (mp_limb_t)s.p[s.n - 1 - i]
		    << 8 * (i % LIMB_OCTETS);
}

/* The reverse: the lowest octets of limbs, as many as s has. */
static void
limbs_store(struct secret *s, const mp_limb_t *limbs)
{
	for (size_t i = 0; i < s->n; i++)
		s->p[s->n - 1 - i] =
		    (uint8_t)(limbs[i / LIMB_OCTETS] >> 8 * (i % LIMB_OCTETS));
}

/*
 * out = base^exponent mod p, as long as the prime.  base has the prime's
 * length.  False: no memory; out is empty.
 */
static bool
power(const struct dh_group *g, struct span base, struct span exponent,
    struct secret *out)
{
	size_t n = limbs_for(g->prime.n), e = limbs_for(exponent.n);
	mp_size_t itch =
	    mpn_sec_powm_itch((mp_size_t)n, exponent.n * 8, (mp_size_t)n);
	struct secret memory = {NULL, 0};
	mp_limb_t *p, *b, *r, *x;
	bool ok = false;

	if (!secret_new(out, g->prime.n) ||
	    !secret_new(&memory, (3 * n + e + (size_t)itch) * LIMB_OCTETS))
		goto out;
	p = (mp_limb_t *)(void *)memory.p; /* aligned by the allocator */
	b = p + n;
	r = b + n;
	x = r + n;
	limbs_load(p, n, g->prime);
	limbs_load(b, n, base);
	limbs_load(x, e, exponent);
	mpn_sec_powm(
	    r, b, (mp_size_t)n, x, exponent.n * 8, p, (mp_size_t)n, x + e);
	limbs_store(out, r);
	ok = true;
out:
	secret_free(&memory);
	if (!ok)
		secret_free(out);
	return ok;
}

bool
dh_public_ok(const struct dh_group *g, struct span y)
{
	mp_limb_t top[MAX_LIMBS], value[MAX_LIMBS], one[MAX_LIMBS] = {1};
	mp_size_t n = (mp_size_t)limbs_for(g->prime.n);

	assert(n > 0 && n <= MAX_LIMBS);
	if (y.n != g->prime.n)
		return false;
	limbs_load(top, (size_t)n, g->prime);
	limbs_load(value, (size_t)n, y);
	mpn_sub_1(top, top, n, 1);
	return mpn_cmp(value, one, n) > 0 && mpn_cmp(value, top, n) < 0;
}

bool
dh_public(const struct dh_group *g, struct span priv, struct secret *pub)
{
	uint8_t base[MAX_LIMBS * LIMB_OCTETS] = {0};
	struct wr w = wr_of(base, g->prime.n);

	assert(g->prime.n >= 4 && g->prime.n <= sizeof(base));
	*pub = (struct secret){NULL, 0};
	wr_zero(&w, g->prime.n - 4);
	wr_u32(&w, g->generator);
	return priv.n == g->exponent_bits / 8 &&
	    power(g, wr_span(&w), priv, pub);
}

bool
dh_shared(const struct dh_group *g, struct span priv, struct span peer,
    struct secret *out)
{
	*out = (struct secret){NULL, 0};
	return priv.n == g->exponent_bits / 8 && dh_public_ok(g, peer) &&
	    power(g, peer, priv, out);
}
