/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diffie-Hellman in every group, and the public values that must be refused. */
#include "engine/crypto/dh.h"

#include <pthread.h>

#include "engine/crypto/prf.h"
#include "test/unit/unit.h"
#include "test/vectors/groups.h"

enum { MAX_PRIME = 512, MAX_EXPONENT = 64, THREADS = 4 };

/*
 * SHA-256 of g^a and of g^ab for the exponents that exponent() makes, computed
 * with Python's pow().
 */
struct dh_case {
	uint16_t exponent_bits;
	const char *public, *shared;
};

static const struct dh_case cases[GROUP_VECTORS] = {
    {256, "93f79350c05372aa2122046cb162723b9e188052559019684211107fcaacd63f",
	"2a1d9c1328aa99d05a5519b4395e66611e4c5963c823d41f683b2b3076118056"},
    {256, "5e478f0b393baf1c2ca9293324bbbdce25100d460640e332643785a90db019ec",
	"a8edb8068a1aad84fab4b5b77c0c4f2294abcc8aece21da22ca0ec1919473d5c"},
    {256, "9c3be873ef9b6d06a0bf0715a10cf8ab05ddc4133ce7ff2459c2b82185e8b049",
	"16820cadbee4c7ac38fad08874d1a0a6bf3b478d39f736d00fa373da7f93b21f"},
    {320, "7a1da2e7f4aaea9c13690707863ed9ee32a800163ace52970efaa61cc5a2e588",
	"59237f70a3d6b8db3decde7020cf1c3d95e591e3cad0f1b6bc0c89928276c5f7"},
    {384, "4b32bbe678b4e0c4d453713c1a0f56b05353d3d01413c49fa6e5dc253afdcb32",
	"2a7a530dae50c167d6c73df5db536fd9c0e01d8ad8e821a6fa620cd0cd60d1dd"},
};

/* The group of a row of both tables; its prime is in buf. */
static struct dh_group
group(size_t i, uint8_t buf[MAX_PRIME])
{
	return (struct dh_group){
	    unit_hex(group_vectors[i].prime, buf, MAX_PRIME), 2,
	    cases[i].exponent_bits};
}

static struct span
exponent(const struct dh_group *g, uint8_t first, uint8_t step, uint8_t plus,
    uint8_t buf[MAX_EXPONENT])
{
	size_t n = g->exponent_bits / 8;

	buf[0] = first;
	for (size_t i = 1; i < n; i++)
		buf[i] = (uint8_t)(i * step + plus);
	return span_of(buf, n);
}

static struct span
exponent_a(const struct dh_group *g, uint8_t buf[MAX_EXPONENT])
{
	return exponent(g, 0x80, 11, 3, buf);
}

static struct span
exponent_b(const struct dh_group *g, uint8_t buf[MAX_EXPONENT])
{
	return exponent(g, 0xff, 29, 7, buf);
}

static bool
digest_is(const struct secret *s, const char *hex)
{
	struct span part = secret_span(s);
	uint8_t out[HASH_MAX_SIZE];

	return hash_run(hash_find("sha256"), &part, 1, out) &&
	    unit_is_hex(span_of(out, 32), hex);
}

static void
test_group_primes_have_their_form(void)
{
	for (size_t i = 0; i < GROUP_VECTORS; i++) {
		uint8_t buf[MAX_PRIME];
		struct dh_group g = group(i, buf);
		uint64_t ones = UINT64_MAX;

		CU_ASSERT_EQUAL(g.prime.n * 8, group_vectors[i].bits);
		CU_ASSERT_EQUAL(memcmp(g.prime.p, &ones, 8), 0);
		CU_ASSERT_EQUAL(memcmp(g.prime.p + g.prime.n - 8, &ones, 8), 0);
	}
}

static void
test_dh_known_answers(void)
{
	for (size_t i = 0; i < GROUP_VECTORS; i++) {
		uint8_t prime[MAX_PRIME], a[MAX_EXPONENT], b[MAX_EXPONENT];
		struct dh_group g = group(i, prime);
		struct span xa = exponent_a(&g, a), xb = exponent_b(&g, b);
		struct secret ya, yb, ka, kb;

		CU_ASSERT_TRUE(dh_public(&g, xa, &ya));
		CU_ASSERT_TRUE(dh_public(&g, xb, &yb));
		CU_ASSERT_EQUAL(ya.n, g.prime.n);
		CU_ASSERT_TRUE(digest_is(&ya, cases[i].public));
		CU_ASSERT_TRUE(dh_shared(&g, xa, secret_span(&yb), &ka));
		CU_ASSERT_TRUE(dh_shared(&g, xb, secret_span(&ya), &kb));
		CU_ASSERT_EQUAL(ka.n, g.prime.n);
		CU_ASSERT_TRUE(digest_is(&ka, cases[i].shared));
		CU_ASSERT_TRUE(
		    secret_equal(secret_span(&ka), secret_span(&kb)));
		secret_free(&ya);
		secret_free(&yb);
		secret_free(&ka);
		secret_free(&kb);
	}
}

/*
 * 2^(2^255 + 14772) mod p of MODP1024 begins with two zero octets, which stay:
 * RFC 2409 section 5 wants the prime's length.  Found with Python.
 */
static void
test_dh_public_keeps_leading_zeros(void)
{
	uint8_t prime[MAX_PRIME],
	    x[32] = {[0] = 0x80, [30] = 14772 >> 8, [31] = 14772 & 0xff};
	struct dh_group g = group(0, prime);
	struct secret y;

	CU_ASSERT_TRUE(dh_public(&g, span_of(x, sizeof(x)), &y));
	CU_ASSERT_EQUAL(y.n, 128);
	CU_ASSERT_TRUE(unit_is_hex(span_head(secret_span(&y), 4), "000023b5"));
	CU_ASSERT_TRUE(digest_is(&y,
	    "01732a167982da9d40a86e05b36f2b86"
	    "f9028bb10a5ce47c71340a7956248b84"));
	CU_ASSERT_TRUE(dh_public_ok(&g, secret_span(&y)));
	secret_free(&y);
}

/* y is the prime plus 'add', or 'add' itself when that is positive. */
static struct span
near(const struct dh_group *g, int add, uint8_t buf[MAX_PRIME])
{
	size_t last = g->prime.n - 1;

	if (add >= 0) {
		memset(buf, 0, g->prime.n);
		buf[last] = (uint8_t)add;
	} else {
		memcpy(buf, g->prime.p, g->prime.n);
		buf[last] = (uint8_t)(buf[last] + add);
	}
	return span_of(buf, g->prime.n);
}

static void
test_dh_public_ok_refuses_trivial_values(void)
{
	for (size_t i = 0; i < GROUP_VECTORS; i++) {
		uint8_t prime[MAX_PRIME], buf[MAX_PRIME];
		struct dh_group g = group(i, prime);

		CU_ASSERT_FALSE(dh_public_ok(&g, near(&g, 0, buf)));
		CU_ASSERT_FALSE(dh_public_ok(&g, near(&g, 1, buf)));
		CU_ASSERT_TRUE(dh_public_ok(&g, near(&g, 2, buf)));
		CU_ASSERT_TRUE(dh_public_ok(&g, near(&g, -2, buf)));
		CU_ASSERT_FALSE(dh_public_ok(&g, near(&g, -1, buf)));
		CU_ASSERT_FALSE(dh_public_ok(&g, g.prime));
		memset(buf, 0xff, g.prime.n);
		CU_ASSERT_FALSE(dh_public_ok(&g, span_of(buf, g.prime.n)));
	}
}

static void
test_dh_public_ok_refuses_other_lengths(void)
{
	static uint8_t buf[0x10000];

	buf[0] = 2;
	for (size_t i = 0; i < GROUP_VECTORS; i++) {
		uint8_t prime[MAX_PRIME];
		struct dh_group g = group(i, prime);
		const size_t lengths[] = {0, 1, g.prime.n - 1, g.prime.n + 1,
		    2 * g.prime.n, sizeof(buf)};

		CU_ASSERT_TRUE(dh_public_ok(&g, span_of(buf, g.prime.n)));
		for (size_t k = 0; k < COUNT(lengths); k++)
			CU_ASSERT_FALSE(
			    dh_public_ok(&g, span_of(buf, lengths[k])));
		CU_ASSERT_FALSE(dh_public_ok(&g, SPAN_NONE));
	}
}

static void
test_dh_shared_refuses_bad_peer_and_bad_exponent(void)
{
	uint8_t prime[MAX_PRIME], buf[MAX_PRIME], a[MAX_EXPONENT] = {0};
	struct dh_group g = group(0, prime);
	struct span x = exponent_a(&g, a);
	struct secret k = {a, 1};

	CU_ASSERT_FALSE(dh_shared(&g, x, near(&g, 1, buf), &k));
	CU_ASSERT_PTR_NULL(k.p);
	CU_ASSERT_EQUAL(k.n, 0);
	CU_ASSERT_FALSE(dh_shared(&g, x, near(&g, -1, buf), &k));
	CU_ASSERT_FALSE(dh_shared(&g, x, SPAN_LIT("\x02"), &k));
	CU_ASSERT_FALSE(dh_shared(&g, SPAN_NONE, near(&g, 2, buf), &k));
	CU_ASSERT_FALSE(
	    dh_shared(&g, span_of(a, x.n - 1), near(&g, 2, buf), &k));
	CU_ASSERT_FALSE(dh_public(&g, span_of(a, x.n + 1), &k));
	CU_ASSERT_PTR_NULL(k.p);
	CU_ASSERT_FALSE(dh_public(&g, SPAN_NONE, &k));
}

static void *
compute_in_thread(void *arg)
{
	uint8_t prime[MAX_PRIME], a[MAX_EXPONENT];
	struct dh_group g = group(0, prime);
	struct span x = exponent_a(&g, a);
	bool *ok = arg;

	*ok = true;
	for (int i = 0; i < 20; i++) {
		struct secret y;

		*ok = dh_public(&g, x, &y) && digest_is(&y, cases[0].public) &&
		    *ok;
		secret_free(&y);
	}
	return NULL;
}

static void
test_dh_in_threads_agrees(void)
{
	pthread_t threads[THREADS];
	bool ok[THREADS] = {false};

	for (size_t i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL,
					  compute_in_thread, &ok[i]),
		    0);
	for (size_t i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		CU_ASSERT_TRUE(ok[i]);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_group_primes_have_their_form),
	    UNIT_TEST(test_dh_known_answers),
	    UNIT_TEST(test_dh_public_keeps_leading_zeros),
	    UNIT_TEST(test_dh_public_ok_refuses_trivial_values),
	    UNIT_TEST(test_dh_public_ok_refuses_other_lengths),
	    UNIT_TEST(test_dh_shared_refuses_bad_peer_and_bad_exponent),
	    UNIT_TEST(test_dh_in_threads_agrees),
	};

	return unit_run("crypto_dh", tests, COUNT(tests));
}
