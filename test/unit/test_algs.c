/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated tables of algorithms and policies: numbers against the RFCs'
 * registries, the primes against digits from elsewhere, and the rows of the
 * policies in the order in which they are offered.
 */
#include "gen/policy.gen.h"
#include "test/unit/unit.h"
#include "test/vectors/groups.h"

static void
test_algs_ciphers_have_the_numbers_of_the_rfcs(void)
{
	const struct alg_cipher *des3 = &alg_ciphers[CIPHER_3DES_CBC];
	const struct alg_cipher *aes = &alg_ciphers[CIPHER_AES_CBC];

	CU_ASSERT_PTR_EQUAL(cipher_by_oakley(5), des3); /* RFC 2409 A */
	CU_ASSERT_PTR_EQUAL(cipher_by_oakley(7), aes);  /* RFC 3602 */
	CU_ASSERT_PTR_EQUAL(cipher_by_esp(3), des3);    /* RFC 2407 4.4.4 */
	CU_ASSERT_PTR_EQUAL(cipher_by_esp(12), aes);
	CU_ASSERT_TRUE(des3->fixed_key && des3->key[0] == 192);
	CU_ASSERT_TRUE(!aes->fixed_key && aes->n_keys == 3);
	CU_ASSERT_TRUE(des3->block == 8 && aes->block == 16);
	CU_ASSERT_STRING_EQUAL(aes->xfrm, "cbc(aes)");
}

static void
test_algs_hashes_have_the_numbers_of_the_rfcs(void)
{
	const struct alg_hash *sha256 = &alg_hashes[HASH_SHA2_256];

	CU_ASSERT_PTR_EQUAL(hash_by_oakley(1), &alg_hashes[HASH_MD5]);
	CU_ASSERT_PTR_EQUAL(hash_by_oakley(2), &alg_hashes[HASH_SHA1]);
	CU_ASSERT_PTR_EQUAL(hash_by_oakley(4), sha256);
	CU_ASSERT_PTR_EQUAL(hash_by_ah(5), sha256);
	CU_ASSERT_PTR_EQUAL(hash_by_ipsec(5), sha256);
	CU_ASSERT_TRUE(sha256->size == 32 && sha256->icv == 16);
	CU_ASSERT_STRING_EQUAL(sha256->lib, "sha256");
}

static void
test_algs_unknown_numbers_are_not_found(void)
{
	static const uint32_t unknown[] = {0, 1000, 65535, 65541, UINT32_MAX};

	for (size_t i = 0; i < COUNT(unknown); i++) {
		CU_ASSERT_PTR_NULL(cipher_by_oakley(unknown[i]));
		CU_ASSERT_PTR_NULL(cipher_by_esp(unknown[i]));
		CU_ASSERT_PTR_NULL(hash_by_oakley(unknown[i]));
		CU_ASSERT_PTR_NULL(hash_by_ah(unknown[i]));
		CU_ASSERT_PTR_NULL(hash_by_ipsec(unknown[i]));
		CU_ASSERT_PTR_NULL(group_by_oakley(unknown[i]));
	}
	CU_ASSERT_PTR_NULL(cipher_by_oakley(1)); /* DES */
	CU_ASSERT_PTR_NULL(cipher_by_esp(2));
	CU_ASSERT_PTR_NULL(group_by_oakley(1)); /* MODP768 */
}

static void
test_algs_rows_know_themselves(void)
{
	for (uint8_t i = 0; i < N_CIPHERS; i++)
		CU_ASSERT_EQUAL(alg_ciphers[i].id, i);
	for (uint8_t i = 0; i < N_HASHES; i++)
		CU_ASSERT_EQUAL(alg_hashes[i].id, i);
	for (uint8_t i = 0; i < N_GROUPS; i++)
		CU_ASSERT_EQUAL(alg_groups[i].id, i);
	CU_ASSERT_PTR_NULL(alg_ciphers[N_CIPHERS].name);
	CU_ASSERT_PTR_NULL(alg_hashes[N_HASHES].name);
	CU_ASSERT_PTR_NULL(alg_groups[N_GROUPS].name);
}

static const struct alg_group *
group_by_name(const char *name)
{
	for (const struct alg_group *g = alg_groups; g->name != NULL; g++)
		if (strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

static void
test_algs_primes_are_those_of_the_rfcs(void)
{
	CU_ASSERT_EQUAL(COUNT(group_vectors), N_GROUPS);
	for (size_t i = 0; i < COUNT(group_vectors); i++) {
		const struct group_vector *v = &group_vectors[i];
		const struct alg_group *g = group_by_name(v->name);

		CU_ASSERT_PTR_NOT_NULL_FATAL(g);
		CU_ASSERT_EQUAL(g->prime.n, g->bits / 8);
		CU_ASSERT_TRUE(unit_is_hex(g->prime, v->prime));
		CU_ASSERT_EQUAL(g->generator, 2);
	}
}

static void
test_algs_private_exponents_are_long_enough(void)
{
	for (const struct alg_group *g = alg_groups; g->name != NULL; g++) {
		CU_ASSERT_TRUE(g->exponent_bits >= 256);
		CU_ASSERT_EQUAL(g->exponent_bits % 64, 0);
		CU_ASSERT_TRUE(g->exponent_bits < g->bits);
	}
}

/* ---- policies ------------------------------------------------------------ */

static void
test_policy_classic_is_the_default_in_its_order(void)
{
	static const struct policy_isakmp want[] = {
	    {CIPHER_3DES_CBC, 192, HASH_SHA1, GROUP_MODP1536},
	    {CIPHER_3DES_CBC, 192, HASH_MD5, GROUP_MODP1536},
	    {CIPHER_3DES_CBC, 192, HASH_SHA1, GROUP_MODP1024},
	    {CIPHER_3DES_CBC, 192, HASH_MD5, GROUP_MODP1024},
	};
	const struct policy_def *p = &policy_defs[POLICY_CLASSIC];

	CU_ASSERT_STRING_EQUAL(p->name, "classic");
	CU_ASSERT_TRUE(p->is_default);
	CU_ASSERT_EQUAL_FATAL(p->n_isakmp, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		CU_ASSERT_EQUAL(p->isakmp[i].cipher, want[i].cipher);
		CU_ASSERT_EQUAL(p->isakmp[i].key_bits, want[i].key_bits);
		CU_ASSERT_EQUAL(p->isakmp[i].hash, want[i].hash);
		CU_ASSERT_EQUAL(p->isakmp[i].group, want[i].group);
	}
	CU_ASSERT_EQUAL_FATAL(p->n_esp, 2);
	CU_ASSERT_EQUAL(p->esp[0].hash, HASH_SHA1);
	CU_ASSERT_EQUAL(p->esp[1].hash, HASH_MD5);
	CU_ASSERT_EQUAL(p->n_ah, 2);
	CU_ASSERT_FALSE(p->notify_errors);
	CU_ASSERT_TRUE(p->send_delete_ipsec && !p->send_delete_isakmp);
	CU_ASSERT_FALSE(p->obey_delete_ipsec || p->obey_delete_isakmp);
}

static void
test_policy_leftmost_word_varies_slowest(void)
{
	const struct policy_def *p = &policy_defs[POLICY_MODERN];

	CU_ASSERT_FALSE(p->is_default);
	CU_ASSERT_EQUAL_FATAL(p->n_isakmp, 27);
	CU_ASSERT_EQUAL(p->isakmp[0].key_bits, 256);
	CU_ASSERT_EQUAL(p->isakmp[8].key_bits, 256);
	CU_ASSERT_EQUAL(p->isakmp[9].key_bits, 192);
	CU_ASSERT_EQUAL(p->isakmp[0].group, GROUP_MODP2048);
	CU_ASSERT_EQUAL(p->isakmp[1].group, GROUP_MODP3072);
	CU_ASSERT_EQUAL(p->isakmp[2].hash, HASH_SHA2_256);
	CU_ASSERT_EQUAL(p->isakmp[3].hash, HASH_SHA2_384);
	CU_ASSERT_EQUAL(p->n_esp, 9);
	CU_ASSERT_EQUAL(p->n_ah, 3);
}

static void
test_policy_has_one_default_and_no_impossible_row(void)
{
	size_t defaults = 0;

	for (const struct policy_def *p = policy_defs; p->name != NULL; p++) {
		defaults += p->is_default;
		for (size_t i = 0; i < p->n_isakmp; i++) {
			const struct policy_isakmp *r = &p->isakmp[i];

			CU_ASSERT_NOT_EQUAL(alg_ciphers[r->cipher].oakley, 0);
			CU_ASSERT_NOT_EQUAL(alg_hashes[r->hash].oakley, 0);
			CU_ASSERT_NOT_EQUAL(alg_groups[r->group].oakley, 0);
		}
		for (size_t i = 0; i < p->n_esp; i++)
			CU_ASSERT_NOT_EQUAL(
			    alg_ciphers[p->esp[i].cipher].esp, 0);
	}
	CU_ASSERT_EQUAL(defaults, 1);
	CU_ASSERT_EQUAL(LIMIT_DATAGRAM, 8192);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_algs_ciphers_have_the_numbers_of_the_rfcs),
	    UNIT_TEST(test_algs_hashes_have_the_numbers_of_the_rfcs),
	    UNIT_TEST(test_algs_unknown_numbers_are_not_found),
	    UNIT_TEST(test_algs_rows_know_themselves),
	    UNIT_TEST(test_algs_primes_are_those_of_the_rfcs),
	    UNIT_TEST(test_algs_private_exponents_are_long_enough),
	    UNIT_TEST(test_policy_classic_is_the_default_in_its_order),
	    UNIT_TEST(test_policy_leftmost_word_varies_slowest),
	    UNIT_TEST(test_policy_has_one_default_and_no_impossible_row),
	};

	return unit_run("algs", tests, COUNT(tests));
}
