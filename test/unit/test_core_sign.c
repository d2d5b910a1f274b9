/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formulas of the signature variant: the key of several terms, and what the
 * hooks are asked to sign and to check.
 */
#include "engine/crypto/prf.h"
#include "engine/ike/suite.h"
#include "test/unit/bare.h"

#define NI SPAN_LIT("the initiator's nonce")
#define NR SPAN_LIT("a nonce of the responder")
#define DH SPAN_LIT("what both have computed")
#define HASH SPAN_LIT("twenty octets of it.")
#define SIGNATURE SPAN_LIT("signed")

/* What the hooks were asked, and what they shall answer. */
struct asked {
	unsigned signs, checks;
	enum slot slot;
	bool hash_right, signature_right;
	enum status answer;
};

static enum status
hook_sign(struct xchg *x, struct span data, enum slot slot)
{
	struct asked *a = engine_user(x->engine);

	a->signs++;
	a->slot = slot;
	a->hash_right = span_equal(data, HASH);
	if (a->answer == ST_OK)
		CU_ASSERT_TRUE(xchg_slot_set(x, slot, SIGNATURE));
	return a->answer;
}

static enum status
hook_verify(struct xchg *x, struct span data, struct span signature)
{
	struct asked *a = engine_user(x->engine);

	a->checks++;
	a->hash_right = span_equal(data, HASH);
	a->signature_right = span_equal(signature, SIGNATURE);
	return a->answer;
}

static const struct hooks hooks = {
    BARE_HOOKS,
    .sign = hook_sign,
    .verify = hook_verify,
};

struct scene {
	struct bare bare;
	struct xchg *x; /* in the middle of an edge */
	struct asked asked;
};

static uint8_t
variant(const struct xchg_def *def, const char *name)
{
	for (unsigned i = 0; i < def->n_variants; i++)
		if (strcmp(def->variants[i].name, name) == 0)
			return (uint8_t)(1u << i);
	CU_FAIL_FATAL("no such variant");
	return 0;
}

/* A Main Mode in which RSA signatures have been chosen. */
static void
scene_begin(struct scene *s)
{
	const struct suite suite = {
	    .set = true,
	    .cipher = CIPHER_3DES_CBC,
	    .hash = HASH_SHA1,
	    .key_bits = 192,
	};

	memset(s, 0, sizeof(*s));
	bare_begin(&s->bare, ROLE_INITIATOR, &hooks, &s->asked);
	s->x = s->bare.x;
	CU_ASSERT_TRUE_FATAL(xchg_begin(s->x, NULL));
	xchg_set_suite(s->x, &suite);
	s->x->scratch->variants = variant(s->x->def, "sig");
}

static unsigned
formula(const struct xchg *x, enum slot slot)
{
	for (unsigned i = 0; i < x->def->n_formulas; i++)
		if (x->def->formulas[i].slot == slot &&
		    (x->def->formulas[i].variants & x->scratch->variants))
			return i;
	CU_FAIL_FATAL("no such formula");
	return 0;
}

static enum status
compute(struct scene *s, enum slot slot)
{
	return formula_compute(s->x, formula(s->x, slot), SPAN_NONE);
}

static enum status
verify(struct scene *s, enum slot slot)
{
	return formula_verify(s->x, formula(s->x, slot), SPAN_NONE);
}

/* RFC 2409 5: SKEYID = prf(Ni_b | Nr_b, g^xy), here by the library. */
static void
test_the_key_of_a_formula_is_all_its_terms_joined(void)
{
	struct span key = SPAN_LIT("the initiator's nonce"
				   "a nonce of the responder");
	uint8_t want[20];
	struct scene s;

	scene_begin(&s);
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_NI, NI));
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_NR, NR));
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_DH, DH));
	CU_ASSERT_EQUAL(compute(&s, SLOT_SKEYID), ST_OK);
	CU_ASSERT_TRUE_FATAL(hmac_run(hash_find("sha1"), key, &DH, 1, want));
	CU_ASSERT_TRUE(span_equal(
	    xchg_slot(s.x, SLOT_SKEYID, 0), span_of(want, sizeof(want))));
	bare_end(&s.bare);
}

static void
test_a_formula_without_one_of_its_key_terms_fails(void)
{
	struct scene s;

	scene_begin(&s);
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_NI, NI));
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_DH, DH));
	CU_ASSERT_EQUAL(compute(&s, SLOT_SKEYID), ST_FAIL);
	CU_ASSERT_EQUAL(xchg_slot_count(s.x, SLOT_SKEYID), 0);
	bare_end(&s.bare);
}

static void
test_signing_is_the_hook_s_work(void)
{
	struct scene s;

	scene_begin(&s);
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_HASH_I, HASH));
	CU_ASSERT_EQUAL(compute(&s, SLOT_SIG_I), ST_OK);
	CU_ASSERT_EQUAL(s.asked.signs, 1);
	CU_ASSERT_EQUAL(s.asked.slot, SLOT_SIG_I);
	CU_ASSERT_TRUE(s.asked.hash_right);
	CU_ASSERT_TRUE(span_equal(xchg_slot(s.x, SLOT_SIG_I, 0), SIGNATURE));
	s.asked.answer = ST_FAIL;
	CU_ASSERT_EQUAL(compute(&s, SLOT_SIG_I), ST_FAIL);
	s.asked.answer = ST_PENDING;
	CU_ASSERT_EQUAL(compute(&s, SLOT_SIG_I), ST_PENDING);
	CU_ASSERT_EQUAL(s.asked.checks, 0);
	bare_end(&s.bare);
}

static void
test_checking_a_signature_is_the_hook_s_work(void)
{
	static const enum status answers[] = {ST_OK, ST_FAIL, ST_PENDING};
	struct scene s;

	scene_begin(&s);
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_HASH_R, HASH));
	CU_ASSERT_TRUE(xchg_slot_set(s.x, SLOT_SIG_R, SIGNATURE));
	for (size_t i = 0; i < COUNT(answers); i++) {
		s.asked = (struct asked){.answer = answers[i]};
		CU_ASSERT_EQUAL(verify(&s, SLOT_SIG_R), answers[i]);
		CU_ASSERT_EQUAL(s.asked.checks, 1);
		CU_ASSERT_TRUE(s.asked.hash_right && s.asked.signature_right);
	}
	CU_ASSERT_EQUAL(s.asked.signs, 0);
	bare_end(&s.bare);
}

static void
test_no_hash_no_signature(void)
{
	struct scene s;

	scene_begin(&s);
	CU_ASSERT_EQUAL(compute(&s, SLOT_SIG_I), ST_FAIL);
	CU_ASSERT_EQUAL(verify(&s, SLOT_SIG_R), ST_FAIL);
	CU_ASSERT_EQUAL(s.asked.signs + s.asked.checks, 0);
	bare_end(&s.bare);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_the_key_of_a_formula_is_all_its_terms_joined),
	    UNIT_TEST(test_a_formula_without_one_of_its_key_terms_fails),
	    UNIT_TEST(test_signing_is_the_hook_s_work),
	    UNIT_TEST(test_checking_a_signature_is_the_hook_s_work),
	    UNIT_TEST(test_no_hash_no_signature),
	};

	return unit_run("core_sign", tests, COUNT(tests));
}
