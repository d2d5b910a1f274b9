/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's formulas, decryption and decoding against recordings of other
 * daemons: it must arrive at their keys, accept their hashes, and make the keys
 * that their ESP packets were authenticated with.
 */
#include "engine/ike/suite.h"
#include "test/unit/bare.h"
#include "test/vectors/captures.h"

enum { ICV_LEN = 12, KEY_LEN_3DES = 24 };

/* A recorded conversation, being retraced. */
struct scene {
	const struct capture *c;
	struct bare bare; /* the responder */
	uint8_t buf[4096];
};

static void
scene_begin(struct scene *s, unsigned i)
{
	static const struct hooks hooks = {BARE_HOOKS};

	s->c = &captures[i];
	bare_begin(&s->bare, ROLE_RESPONDER, &hooks, NULL);
}

static struct msg *
recorded(struct scene *s, struct xchg *x, size_t i)
{
	struct span datagram =
	    unit_hex(s->c->ike[i].hex, s->buf, sizeof(s->buf));
	struct pl_isakmp_hdr hdr;
	uint16_t notify;
	struct msg *m;

	CU_ASSERT_TRUE_FATAL(dec_isakmp_hdr(datagram, &hdr, &notify));
	m = msg_new(&x->path, &hdr, datagram);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	return m;
}

/* Put x where the message with this name is expected. */
static void
expect(struct xchg *x, const char *message)
{
	const struct xchg_def *def = x->def;

	for (uint8_t r = 0; r < 2; r++)
		for (uint8_t st = 0; st < def->role[r].n_states; st++) {
			const struct state_def *s = &def->role[r].states[st];
			const struct edge_def *e = &def->edges[s->edge];

			if (s->n_edges > 0 && e->event == EV_RECV &&
			    strcmp(def->msgs[e->arg].name, message) == 0) {
				x->role = r;
				x->state = st;
				return;
			}
		}
	CU_FAIL_FATAL("no state expects this message");
}

static void
commit(struct xchg *x)
{
	slots_commit(x);
	x->suite = x->scratch->suite;
	x->variants = x->scratch->variants;
	msg_free(x->scratch->msg);
	x->scratch->msg = NULL;
	x->scratch->open = false;
}

static unsigned
formula(const struct xchg *x, const char *name)
{
	for (unsigned i = 0; i < x->def->n_formulas; i++)
		if (strcmp(x->def->formulas[i].name, name) == 0 &&
		    (x->def->formulas[i].variants & x->scratch->variants))
			return i;
	CU_FAIL_FATAL("no such formula");
	return 0;
}

/* Decode the i-th datagram as this message; its hash must be right. */
static void
accept_verified(struct scene *s, struct xchg *x, size_t i, const char *message,
    const char *hash)
{
	struct msg *m = recorded(s, x, i);
	const struct formula_def *f;
	TEXT(why, 300);

	expect(x, message);
	CU_ASSERT_TRUE_FATAL(xchg_begin(x, m));
	CU_ASSERT_PTR_NOT_NULL(msg_accept(x, m, &why));
	CU_ASSERT_STRING_EQUAL(why.p, "");
	f = &x->def->formulas[formula(x, hash)];
	CU_ASSERT_EQUAL(
	    formula_verify(x, formula(x, hash), msg_after(m, f->slot)), ST_OK);
	/* and not with one bit changed */
	CU_ASSERT_TRUE(xchg_slot_count(x, f->slot) == 1);
	((uint8_t *)(uintptr_t)xchg_slot(x, f->slot, 0).p)[0] ^= 1;
	CU_ASSERT_EQUAL(
	    formula_verify(x, formula(x, hash), msg_after(m, f->slot)),
	    ST_FAIL);
	((uint8_t *)(uintptr_t)xchg_slot(x, f->slot, 0).p)[0] ^= 1;
	commit(x);
}

/* The recorded peers do NAT traversal, whose payloads our rows do not have;
 * so the clear messages are read payload by payload. */
static void
take_clear(struct scene *s, size_t i, uint8_t number, enum slot slot)
{
	struct xchg *x = s->bare.x;
	struct msg *m = recorded(s, x, i);
	TEXT(why, 300);

	CU_ASSERT_TRUE_FATAL(xchg_begin(x, NULL));
	CU_ASSERT_TRUE(msg_split(
	    m, span_of(m->bytes + HEADER_LEN, m->n - HEADER_LEN), 0, &why));
	for (unsigned k = 0; k < m->n_payloads; k++)
		if (m->payloads[k].number == number)
			CU_ASSERT_TRUE(
			    xchg_slot_set(x, slot, m->payloads[k].body));
	CU_ASSERT_EQUAL(xchg_slot_count(x, slot), 1);
	memcpy(x->icookie, m->hdr.icookie.p, COOKIE_LEN);
	memcpy(x->rcookie, m->hdr.rcookie.p, COOKIE_LEN);
	msg_free(m);
	CU_ASSERT_TRUE(slots_decide_variants(x, UINT64_MAX));
	commit(x);
}

static void
set_hex(struct xchg *x, enum slot slot, const char *hex)
{
	uint8_t buf[1024];

	CU_ASSERT_TRUE(xchg_slot_set(x, slot, unit_hex(hex, buf, sizeof(buf))));
}

static void
compute(struct xchg *x, const char *name, enum slot slot, const char *want)
{
	CU_ASSERT_EQUAL(formula_compute(x, formula(x, name), SPAN_NONE), ST_OK);
	if (want != NULL)
		CU_ASSERT_TRUE(unit_is_hex(xchg_slot(x, slot, 0), want));
}

static uint8_t
hash_by_lib(const char *lib)
{
	for (uint8_t i = 0; i < N_HASHES; i++)
		if (strcmp(alg_hashes[i].lib, lib) == 0)
			return i;
	return 0xff;
}

static void
derive_keys(struct scene *s)
{
	const struct capture *c = s->c;
	struct xchg *x = s->bare.x;
	struct suite suite = {
	    .set = true,
	    .cipher = CIPHER_3DES_CBC,
	    .hash = hash_by_lib(c->hash),
	    .key_bits = 192,
	};

	CU_ASSERT_TRUE_FATAL(xchg_begin(x, NULL));
	xchg_set_suite(x, &suite);
	CU_ASSERT_TRUE(xchg_slot_set(x, SLOT_PSK, span_str(c->psk)));
	compute(x, "SKEYID", SLOT_SKEYID, c->skeyid);
	if (c->g_xy != NULL) {
		set_hex(x, SLOT_DH, c->g_xy);
		compute(x, "SKEYID_d", SLOT_SKEYID_D, c->skeyid_d);
		compute(x, "SKEYID_a", SLOT_SKEYID_A, c->skeyid_a);
		compute(x, "SKEYID_e", SLOT_SKEYID_E, c->skeyid_e);
	}
	set_hex(x, SLOT_SKEYID_D, c->skeyid_d);
	set_hex(x, SLOT_SKEYID_A, c->skeyid_a);
	set_hex(x, SLOT_SKEYID_E, c->skeyid_e);
	compute(x, "ENC_KEY", SLOT_ENC_KEY, c->enc_key); /* conf. 80 */
	compute(x, "IV", SLOT_IV, c->iv);
	commit(x);
}

static void
main_mode(struct scene *s)
{
	take_clear(s, 0, PAYLOAD_SA, SLOT_SAI);
	take_clear(s, 1, PAYLOAD_SA, SLOT_SAR);
	take_clear(s, 2, PAYLOAD_KE, SLOT_KEI);
	take_clear(s, 2, PAYLOAD_NONCE, SLOT_NI);
	take_clear(s, 3, PAYLOAD_KE, SLOT_KER);
	take_clear(s, 3, PAYLOAD_NONCE, SLOT_NR);
	derive_keys(s);
	accept_verified(s, s->bare.x, 4, "MI3", "HASH_I");
	accept_verified(s, s->bare.x, 5, "MR3", "HASH_R");
	s->bare.x->authenticated = true;
}

static struct xchg *
phase2(struct scene *s, enum xchg_id id, size_t i)
{
	struct xchg *x = xchg_new(
	    s->bare.engine, &xchg_defs[id], ROLE_RESPONDER, NULL, s->bare.x);
	struct msg *m = recorded(s, x, i);

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	x->msgid = m->hdr.msgid;
	msg_free(m);
	CU_ASSERT_TRUE(xchg_compute_iv(x));
	return x;
}

/* The SPI of the one proposal in an SA slot. */
static uint32_t
spi_of(const struct xchg *x, enum slot slot)
{
	struct pl_sa sa;
	struct pl_p_it it;
	struct cur c;
	uint16_t notify;

	CU_ASSERT_TRUE_FATAL(dec_sa(xchg_slot(x, slot, 0), &sa, &notify));
	pl_p_first(&it, sa.proposals);
	c = cur_of(it.item.spi);
	return cur_u32(&c);
}

/* KEYMAT: the SA whose SPI the packet names must have its ICV's key. */
static void
check_esp(struct scene *s, const struct xchg *x)
{
	const struct suite_ops *ops = suite_ops();
	uint8_t hash = hash_by_lib(s->c->hash), icv[MAX_HASH];

	for (size_t p = 0; p < s->c->n_esp; p++) {
		struct span esp =
		    unit_hex(s->c->esp[p].hex, s->buf, sizeof(s->buf));
		struct cur c = cur_of(esp);
		uint32_t spi = cur_u32(&c);
		bool right = false;

		for (size_t i = 0; i < xchg_keymat_count(x); i++) {
			const struct keymat *k = xchg_keymat(x, i);
			struct span body = span_head(esp, esp.n - ICV_LEN);

			CU_ASSERT_TRUE(ops->prf(hash,
			    span_from(secret_span(&k->key), KEY_LEN_3DES),
			    &body, 1, icv));
			right = right ||
			    (k->spi == spi &&
				span_equal(span_of(icv, ICV_LEN),
				    span_from(esp, esp.n - ICV_LEN)));
		}
		CU_ASSERT_TRUE(right);
	}
}

static void
check_keymat(struct scene *s, struct xchg *x)
{
	uint16_t need =
	    (uint16_t)(KEY_LEN_3DES + alg_hashes[hash_by_lib(s->c->hash)].size);

	CU_ASSERT_TRUE_FATAL(xchg_begin(x, NULL));
	CU_ASSERT_TRUE(
	    xchg_want_keymat(x, PROTOCOL_ESP, spi_of(x, SLOT_SAI), 4, need));
	CU_ASSERT_TRUE(
	    xchg_want_keymat(x, PROTOCOL_ESP, spi_of(x, SLOT_SAR), 4, need));
	CU_ASSERT_EQUAL(
	    formula_compute(x, formula(x, "KEYMAT"), SPAN_NONE), ST_OK);
	check_esp(s, x);
	commit(x);
}

static void
test_core_capture_main_mode_keys_and_hashes(void)
{
	for (unsigned i = 0; i < CAPTURES; i++) {
		struct scene s;

		scene_begin(&s, i);
		main_mode(&s);
		bare_end(&s.bare);
	}
}

static void
test_core_capture_quick_mode_hashes_and_esp_keys(void)
{
	unsigned checked = 0;

	for (unsigned i = 0; i < CAPTURES; i++) {
		struct scene s;
		struct xchg *x;

		scene_begin(&s, i);
		main_mode(&s);
		x = phase2(&s, XCHG_QUICK_MODE, 6);
		accept_verified(&s, x, 6, "QI1", "HASH_1");
		accept_verified(&s, x, 7, "QR1", "HASH_2");
		accept_verified(&s, x, 8, "QI2", "HASH_3");
		/* with PFS, only the peers knew the second shared secret */
		if (xchg_slot_count(x, SLOT_KEI) == 0) {
			check_keymat(&s, x);
			checked++;
		}
		bare_end(&s.bare);
	}
	CU_ASSERT_EQUAL(checked, CAPTURES - 1);
}

static void
test_core_capture_informational_hashes(void)
{
	for (unsigned i = 0; i < CAPTURES; i++) {
		struct scene s;

		scene_begin(&s, i);
		main_mode(&s);
		for (size_t k = 9; k < captures[i].n_ike; k++)
			accept_verified(&s, phase2(&s, XCHG_INFORMATIONAL, k),
			    k, "DELETE", "HASH_1");
		bare_end(&s.bare);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_core_capture_main_mode_keys_and_hashes),
	    UNIT_TEST(test_core_capture_quick_mode_hashes_and_esp_keys),
	    UNIT_TEST(test_core_capture_informational_hashes),
	};

	return unit_run("core_capture", tests, COUNT(tests));
}
