/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated tables of the exchanges: that every index points where the
 * interpreter will follow it, and that what specc does between spec and table
 * (ops for variants, places of rules, masks) is what the spec means.
 */
#include "gen/enums.gen.h"
#include "gen/exchange.gen.h"
#include "gen/layout.gen.h"
#include "test/unit/unit.h"

/* ---- every index is inside its table ------------------------------------- */

static bool
is_slot(const struct xchg_def *x, uint8_t slot)
{
	return slot < N_SLOTS && x->uses >> slot & 1;
}

static void
check_op(const struct xchg_def *x, const struct role_def *role,
    const struct op_def *op)
{
	CU_ASSERT_PTR_NOT_NULL(op->name);
	CU_ASSERT_TRUE(op->line > 0);
	CU_ASSERT_TRUE(op->variants != 0);
	for (size_t i = 0; i < COUNT(op->to); i++)
		CU_ASSERT_TRUE(
		    op->to[i] == TABLE_NONE || is_slot(x, op->to[i]));
	switch ((enum op_code)op->code) {
	case OP_REQUIRE: CU_ASSERT_TRUE(op->fn.guard != NULL); break;
	case OP_DERIVE:
	case OP_EFFECT: CU_ASSERT_TRUE(op->fn.action != NULL); break;
	case OP_COMPUTE:
	case OP_VERIFY:
		CU_ASSERT_TRUE(op->arg < x->n_formulas);
		CU_ASSERT_TRUE(
		    op->after == TABLE_NONE || op->after < x->n_msgs);
		break;
	case OP_SEND:
		CU_ASSERT_TRUE(op->arg < x->n_msgs);
		CU_ASSERT_EQUAL(x->msgs[op->arg].from,
		    role == &x->role[ROLE_INITIATOR] ? ROLE_INITIATOR
						     : ROLE_RESPONDER);
		break;
	case OP_GOTO: CU_ASSERT_TRUE(op->arg < role->n_states); break;
	case OP_RULE: CU_ASSERT_TRUE(op->arg < x->n_rules); break;
	}
}

static void
check_edge(const struct xchg_def *x, const struct role_def *role,
    const struct edge_def *e)
{
	CU_ASSERT_TRUE_FATAL(e->n_ops > 0 && e->op + e->n_ops <= x->n_ops);
	for (size_t i = 0; i < e->n_ops; i++)
		check_op(x, role, &x->ops[e->op + i]);
	CU_ASSERT_EQUAL(x->ops[e->op + e->n_ops - 1].code, OP_GOTO);
	switch ((enum event)e->event) {
	case EV_RECV:
		CU_ASSERT_TRUE_FATAL(e->arg < x->n_msgs);
		CU_ASSERT_NOT_EQUAL(x->msgs[e->arg].from,
		    role == &x->role[ROLE_INITIATOR] ? ROLE_INITIATOR
						     : ROLE_RESPONDER);
		break;
	case EV_LOCAL: CU_ASSERT_TRUE(e->arg < N_LOCAL_EVENTS); break;
	case EV_TIMER: CU_ASSERT_TRUE(e->arg < N_TIMER_EVENTS); break;
	}
}

static void
check_role(const struct xchg_def *x, const struct role_def *role)
{
	CU_ASSERT_TRUE_FATAL(role->n_states > 0);
	for (size_t i = 0; i < role->n_states; i++) {
		const struct state_def *s = &role->states[i];

		CU_ASSERT_EQUAL(s->initial, i == 0);
		CU_ASSERT_TRUE(s->edge + s->n_edges <= x->n_edges);
		CU_ASSERT_EQUAL(
		    s->gone, s->final && s->n_edges == 0 && s->resend_n == 0);
		CU_ASSERT_TRUE(s->final || s->initial || s->deadline_ms > 0);
		for (size_t k = 0; k < s->n_edges; k++)
			check_edge(x, role, &x->edges[s->edge + k]);
	}
}

static void
check_messages(const struct xchg_def *x)
{
	for (size_t i = 0; i < x->n_msgs; i++) {
		const struct msg_def *m = &x->msgs[i];

		for (size_t k = 0; k < m->n_items; k++) {
			const struct item_def *t = &x->items[m->item + k];

			CU_ASSERT_TRUE(is_slot(x, t->slot));
			CU_ASSERT_EQUAL(t->payload, slot_defs[t->slot].payload);
			CU_ASSERT_PTR_NOT_NULL(payload_find(t->payload));
			CU_ASSERT_TRUE(t->min <= t->max && t->max > 0);
		}
	}
}

static void
check_formulas(const struct xchg_def *x)
{
	for (size_t i = 0; i < x->n_formulas; i++) {
		const struct formula_def *f = &x->formulas[i];

		CU_ASSERT_TRUE(is_slot(x, f->slot));
		CU_ASSERT_TRUE(f->n_terms > 0);
		for (size_t k = 0; k < f->n_terms; k++) {
			const struct term_def *t = &x->terms[f->term + k];

			if (t->kind == TERM_SLOT || t->kind == TERM_AFTER ||
			    t->kind == TERM_FIELD)
				CU_ASSERT_TRUE(is_slot(x, t->arg));
			if (t->kind == TERM_KEPT)
				CU_ASSERT_TRUE(
				    xchg_defs[XCHG_MAIN_MODE].keep >> t->arg &
				    1);
			CU_ASSERT_EQUAL(t->get != NULL, t->kind == TERM_FIELD);
		}
	}
}

static void
test_tables_have_no_index_outside(void)
{
	for (size_t i = 0; i < N_XCHGS; i++) {
		const struct xchg_def *x = &xchg_defs[i];

		CU_ASSERT_EQUAL(x->index, i);
		check_role(x, &x->role[ROLE_INITIATOR]);
		check_role(x, &x->role[ROLE_RESPONDER]);
		check_messages(x);
		check_formulas(x);
		CU_ASSERT_EQUAL(x->keep & ~x->uses, 0);
	}
	CU_ASSERT_PTR_NULL(xchg_defs[N_XCHGS].name);
	CU_ASSERT_PTR_NULL(slot_defs[N_SLOTS].name);
}

/* ---- what became of the spec --------------------------------------------- */

/* The edge of a state on an event: "derive:own_nonce send:MI2 …". */
static void
describe(struct text *t, const struct xchg_def *x, enum role role,
    const char *state, enum event event, const char *message)
{
	static const char *const codes[] = {
	    [OP_REQUIRE] = "require",
	    [OP_DERIVE] = "derive",
	    [OP_COMPUTE] = "compute",
	    [OP_VERIFY] = "verify",
	    [OP_EFFECT] = "effect",
	    [OP_SEND] = "send",
	    [OP_GOTO] = "goto",
	    [OP_RULE] = "rule",
	};
	const struct role_def *r = &x->role[role];
	const struct state_def *s = r->states;
	const struct edge_def *e;

	while (strcmp(s->name, state) != 0)
		s++;
	e = &x->edges[s->edge];
	while (e->event != event ||
	    (message != NULL && strcmp(x->msgs[e->arg].name, message) != 0))
		e++;
	for (size_t i = 0; i < e->n_ops; i++) {
		const struct op_def *op = &x->ops[e->op + i];

		text_add(
		    t, "%s%s:%s", i > 0 ? " " : "", codes[op->code], op->name);
		if (op->variants != VARIANT_ALL)
			text_add(t, "/%u", (unsigned)op->variants);
	}
}

static void
test_tables_main_mode_keeps_the_order_of_ops(void)
{
	TEXT(t, 600);

	describe(&t, &xchg_defs[XCHG_MAIN_MODE], ROLE_INITIATOR, "MAIN_I2",
	    EV_RECV, "MR2");
	CU_ASSERT_STRING_EQUAL(t.p,
	    "require:ke_fits_group derive:dh_secret "
	    "derive:preshared_key/1 compute:SKEYID/1 compute:SKEYID/2 "
	    "compute:SKEYID_d compute:SKEYID_a compute:SKEYID_e "
	    "compute:ENC_KEY compute:IV derive:own_identity "
	    "compute:HASH_I compute:SIG_I/2 send:MI3/1 send:MI3/2 "
	    "goto:MAIN_I3");
}

static void
test_tables_rules_stand_behind_the_first_verify(void)
{
	TEXT(t, 600);

	describe(&t, &xchg_defs[XCHG_QUICK_MODE], ROLE_INITIATOR, "QUICK_I1",
	    EV_RECV, "QR1");
	CU_ASSERT_STRING_EQUAL(t.p,
	    "verify:HASH_2 rule:KEr rule:IDci "
	    "require:choice_was_offered derive:chosen_protocols "
	    "effect:heed_lifetime "
	    "require:ke_fits_group/1 derive:dh_secret/1 "
	    "compute:KEYMAT/2 compute:KEYMAT/1 "
	    "effect:install_both_sas compute:HASH_3 send:QI2 "
	    "effect:ipsec_sa_up goto:QUICK_I2");
}

static const struct op_def *
find_op(const struct xchg_def *x, enum op_code code, const char *name)
{
	for (size_t i = 0; i < x->n_ops; i++)
		if (x->ops[i].code == code && strcmp(x->ops[i].name, name) == 0)
			return &x->ops[i];
	return NULL;
}

static void
test_tables_ops_carry_outcome_time_and_targets(void)
{
	const struct xchg_def *x = &xchg_defs[XCHG_MAIN_MODE];
	const struct op_def *op = find_op(x, OP_DERIVE, "dh_keypair");

	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_EQUAL(op->outcome, OUT_ABORT);
	CU_ASSERT_EQUAL(op->within_ms, 10000);
	CU_ASSERT_EQUAL(op->to[0], SLOT_KEI);
	CU_ASSERT_EQUAL(op->to[1], SLOT_DH_PRIVATE);
	CU_ASSERT_EQUAL(op->to[2], TABLE_NONE);
	op = find_op(x, OP_DERIVE, "choose_isakmp_transform");
	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_EQUAL(op->outcome, OUT_REJECT);
	CU_ASSERT_EQUAL(op->notify, NOTIFY_NO_PROPOSAL_CHOSEN);
	op = find_op(x, OP_REQUIRE, "ke_fits_group");
	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_EQUAL(op->outcome, OUT_DROP);
	CU_ASSERT_EQUAL(op->notify, 0);
}

static void
test_tables_hash_covers_the_message_that_is_sent_next(void)
{
	const struct xchg_def *x = &xchg_defs[XCHG_QUICK_MODE];
	const struct op_def *op = find_op(x, OP_COMPUTE, "HASH_1");

	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_STRING_EQUAL(x->msgs[op->after].name, "QI1");
	op = find_op(x, OP_COMPUTE, "HASH_2");
	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_STRING_EQUAL(x->msgs[op->after].name, "QR1");
	op = find_op(x, OP_COMPUTE, "HASH_3");
	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_EQUAL(op->after, TABLE_NONE);
	op = find_op(x, OP_VERIFY, "HASH_1");
	CU_ASSERT_PTR_NOT_NULL_FATAL(op);
	CU_ASSERT_EQUAL(op->after, TABLE_NONE);
}

static void
test_tables_keys_and_ivs_are_found(void)
{
	const struct xchg_def *main_mode = &xchg_defs[XCHG_MAIN_MODE];
	const struct xchg_def *quick = &xchg_defs[XCHG_QUICK_MODE];

	CU_ASSERT_EQUAL(main_mode->iv, SLOT_IV);
	CU_ASSERT_EQUAL(main_mode->enc_key, SLOT_ENC_KEY);
	CU_ASSERT_EQUAL(main_mode->iv_formula, TABLE_NONE);
	CU_ASSERT_EQUAL(main_mode->keep,
	    UINT64_C(1) << SLOT_SKEYID_D | UINT64_C(1) << SLOT_SKEYID_A |
		UINT64_C(1) << SLOT_ENC_KEY | UINT64_C(1) << SLOT_IV);
	CU_ASSERT_EQUAL(quick->enc_key, SLOT_ENC_KEY);
	CU_ASSERT_EQUAL(quick->uses >> SLOT_ENC_KEY & 1, 0);
	CU_ASSERT_STRING_EQUAL(quick->formulas[quick->iv_formula].name, "IV");
	CU_ASSERT_EQUAL(quick->keep, 0);
}

static void
test_tables_variants_and_rules(void)
{
	const struct xchg_def *main_mode = &xchg_defs[XCHG_MAIN_MODE];
	const struct xchg_def *quick = &xchg_defs[XCHG_QUICK_MODE];

	CU_ASSERT_EQUAL_FATAL(main_mode->n_variants, 2);
	CU_ASSERT_EQUAL(main_mode->variants[0].slot, SLOT_SAR);
	CU_ASSERT_EQUAL(main_mode->variants[0].attr, 3);
	CU_ASSERT_EQUAL(main_mode->variants[0].values[0], OAKLEY_AUTH_PSK);
	CU_ASSERT_EQUAL(main_mode->variants[1].slot, SLOT_SAR);
	CU_ASSERT_EQUAL(main_mode->variants[1].values[0], OAKLEY_AUTH_RSA_SIG);
	CU_ASSERT_EQUAL_FATAL(quick->n_variants, 2);
	CU_ASSERT_EQUAL(quick->variants[0].test, VARIANT_PRESENT);
	CU_ASSERT_EQUAL(quick->variants[1].test, VARIANT_ABSENT);
	CU_ASSERT_EQUAL_FATAL(quick->n_rules, 3);
	CU_ASSERT_EQUAL(quick->rules[0].kind, RULE_IFF);
	CU_ASSERT_EQUAL(quick->rules[0].variants, 1);
	CU_ASSERT_EQUAL(quick->rules[2].kind, RULE_ECHO);
	CU_ASSERT_EQUAL(quick->rules[2].slots[0], SLOT_IDCI);
	CU_ASSERT_EQUAL(quick->rules[2].slots[1], SLOT_IDCR);
	CU_ASSERT_EQUAL(quick->rules[2].slots[2], TABLE_NONE);
}

static void
test_tables_fields_are_cut_out_of_payloads(void)
{
	const struct xchg_def *x = &xchg_defs[XCHG_MAIN_MODE];
	uint8_t key[16] = "0123456789abcde";
	size_t fields = 0;

	for (size_t i = 0; i < x->n_formulas; i++)
		for (size_t k = 0; k < x->formulas[i].n_terms; k++) {
			const struct term_def *t =
			    &x->terms[x->formulas[i].term + k];

			if (t->kind != TERM_FIELD)
				continue;
			fields++;
			CU_ASSERT_TRUE(
			    span_equal(t->get(span_of(key, sizeof key)),
				span_of(key, sizeof key)));
			CU_ASSERT_EQUAL(t->get(span_of(key, 3)).n, 0);
		}
	CU_ASSERT_EQUAL(fields, 6); /* KEi and KEr in IV, HASH_I, HASH_R */
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_tables_have_no_index_outside),
	    UNIT_TEST(test_tables_main_mode_keeps_the_order_of_ops),
	    UNIT_TEST(test_tables_rules_stand_behind_the_first_verify),
	    UNIT_TEST(test_tables_ops_carry_outcome_time_and_targets),
	    UNIT_TEST(test_tables_hash_covers_the_message_that_is_sent_next),
	    UNIT_TEST(test_tables_keys_and_ivs_are_found),
	    UNIT_TEST(test_tables_variants_and_rules),
	    UNIT_TEST(test_tables_fields_are_cut_out_of_payloads),
	};

	return unit_run("tables", tests, COUNT(tests));
}
