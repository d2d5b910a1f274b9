/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 2409 section 6 and RFC 3526 define their primes by a formula with the
 * digits of pi.  Computing them leaves no digit to mistype, and a test for
 * primality leaves no room for a wrong k.
 */
#include "gen/prime.h"

#include <gmp.h>

#include "gen/diag.h"
#include "gen/vec.h"

enum { GUARD_BITS = 64, LEAST_BITS = 256, MOST_BITS = 16384 };

/* sum += sign * factor * arctan(1/x), scaled by 2^bits. */
static void
add_arctan(mpz_t sum, long factor, unsigned long x, uint64_t bits)
{
	mpz_t power, term;

	mpz_inits(power, term, NULL);
	mpz_set_ui(power, 1);
	mpz_mul_2exp(power, power, bits);
	mpz_fdiv_q_ui(power, power, x);
	for (unsigned long n = 1; mpz_sgn(power) != 0; n += 2) {
		mpz_fdiv_q_ui(term, power, n);
		mpz_mul_si(term, term, n % 4 == 1 ? factor : -factor);
		mpz_add(sum, sum, term);
		mpz_fdiv_q_ui(power, power, x * x);
	}
	mpz_clears(power, term, NULL);
}

/* floor(2^bits pi), by Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
static void
scaled_pi(mpz_t pi, uint64_t bits)
{
	mpz_set_ui(pi, 0);
	add_arctan(pi, 16, 5, bits + GUARD_BITS);
	add_arctan(pi, -4, 239, bits + GUARD_BITS);
	mpz_fdiv_q_2exp(pi, pi, GUARD_BITS);
}

static void
add_power(mpz_t sum, uint64_t exponent, int sign)
{
	mpz_t power;

	mpz_init_set_ui(power, 1);
	mpz_mul_2exp(power, power, exponent);
	if (sign > 0)
		mpz_add(sum, sum, power);
	else
		mpz_sub(sum, sum, power);
	mpz_clear(power);
}

/* Fermat's test to the base 2: no mistyped number passes it by chance. */
static bool
passes_fermat(const mpz_t n)
{
	mpz_t base, exponent;
	bool passes;

	mpz_init_set_ui(base, 2);
	mpz_init(exponent);
	mpz_sub_ui(exponent, n, 1);
	mpz_powm(base, base, exponent, n);
	passes = mpz_cmp_ui(base, 1) == 0;
	mpz_clears(base, exponent, NULL);
	return passes;
}

/* If half is a prime, then the test of p is a proof (Pocklington). */
static bool
is_safe_prime(const mpz_t p)
{
	mpz_t half;
	bool safe;

	mpz_init(half);
	mpz_fdiv_q_2exp(half, p, 1);
	safe = passes_fermat(half) && passes_fermat(p);
	mpz_clear(half);
	return safe;
}

const uint8_t *
prime_of_pi(uint64_t bits, uint64_t k, struct pos at)
{
	uint8_t *octets;
	mpz_t p;

	if (bits < LEAST_BITS || bits > MOST_BITS || bits % 8 != 0) {
		diag_hint(
		    diag_at("E304", at, "no prime of %llu bits can be computed",
			(unsigned long long)bits),
		    "write 'bits' as a multiple of 8 from %d to %d", LEAST_BITS,
		    MOST_BITS);
		return NULL;
	}
	octets = gen_alloc(bits / 8);
	mpz_init(p);
	scaled_pi(p, bits - 130);
	mpz_add_ui(p, p, k);
	mpz_mul_2exp(p, p, 64);
	mpz_sub_ui(p, p, 1);
	add_power(p, bits, 1);
	add_power(p, bits - 64, -1);
	if (!is_safe_prime(p))
		diag_hint(diag_at("E304", at,
			      "'pi %llu' does not give a safe prime of "
			      "%llu bits",
			      (unsigned long long)k, (unsigned long long)bits),
		    "write the number that the group's RFC adds to the "
		    "digits of pi");
	mpz_export(octets, NULL, 1, 1, 1, 0, p);
	mpz_clear(p);
	return octets;
}
