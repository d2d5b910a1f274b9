/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's start and self-test, and its random numbers. */
#include "engine/crypto/random.h"

#include "engine/crypto/crypto.h"
#include "test/unit/unit.h"

static void
test_crypto_init_passes_its_self_test(void)
{
	TEXT(why, 256);

	CU_ASSERT_TRUE(crypto_init(&why));
	CU_ASSERT_STRING_EQUAL(why.p, "");
	crypto_fini();
}

/* Over 64 draws, every bit of every octet was both 0 and 1 at least once. */
static void
check_every_bit_varies(bool (*draw)(uint8_t *, size_t))
{
	uint8_t ones[33] = {0}, zeros[33] = {0}, b[33];

	for (int i = 0; i < 64; i++) {
		memset(b, 0, sizeof(b));
		CU_ASSERT_TRUE(draw(b, sizeof(b)));
		for (size_t k = 0; k < sizeof(b); k++) {
			ones[k] |= b[k];
			zeros[k] |= (uint8_t)~b[k];
		}
	}
	for (size_t k = 0; k < sizeof(b); k++)
		CU_ASSERT_TRUE(ones[k] == 0xff && zeros[k] == 0xff);
}

static void
test_random_fills_every_octet(void)
{
	check_every_bit_varies(random_nonce);
	check_every_bit_varies(random_key);
}

static void
test_random_of_no_octets_succeeds(void)
{
	CU_ASSERT_TRUE(random_nonce(NULL, 0));
	CU_ASSERT_TRUE(random_key(NULL, 0));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_crypto_init_passes_its_self_test),
	    UNIT_TEST(test_random_fills_every_octet),
	    UNIT_TEST(test_random_of_no_octets_succeeds),
	};

	return unit_run("crypto_random", tests, COUNT(tests));
}
