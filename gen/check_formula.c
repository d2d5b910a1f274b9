/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E602 and E606: formulas are well formed, and only ops that can take time
 * have a limit on it.
 */
#include "gen/check.h"
#include "gen/diag.h"
#include "gen/vec.h"

/* ---- E602 -------------------------------------------------------------- */

/* What each function takes. */
static const struct arity {
	bool key;
	size_t max; /* terms of data */
	const char *form;
} arities[] = {
    [FN_PRF] = {true, SIZE_MAX, "prf(KEY, A | B …)"},
    [FN_HASH] = {false, SIZE_MAX, "hash(A | B …)"},
    [FN_CHAIN] = {true, 1, "chain(KEY, 0)"},
    [FN_STRETCH] = {true, SIZE_MAX, "stretch(KEY, A | B …)"},
    [FN_SIGN] = {true, SIZE_MAX, "sign(own_key, A | B …)"},
};

static bool
check_arity(const struct formula *f)
{
	const struct arity *a = &arities[f->fn_kind];
	size_t data = f->terms.n - f->n_key;
	struct diag *d;

	if (a->key && f->n_key == 0)
		d = diag_at("E602", f->fn.pos,
		    "'%s' needs a key, a comma, and "
		    "what it is applied to",
		    f->fn.text);
	else if (!a->key && f->n_key > 0)
		d = diag_at("E602", f->fn.pos,
		    "'%s' has no key in front of a "
		    "comma",
		    f->fn.text);
	else if (data > a->max)
		d = diag_at("E602", f->fn.pos,
		    "'%s' cannot be applied to %zu "
		    "terms",
		    f->fn.text, data);
	else
		return true;
	diag_hint(d, "write '%s'", a->form);
	return false;
}

/* 'own_key' is not bytes: it is all of the key of 'sign', and nothing else. */
static bool
check_own_key(const struct formula *f)
{
	bool signs = f->fn_kind == FN_SIGN, ok = true;
	size_t i;

	for (i = 0; i < f->terms.n; i++) {
		const struct term *t = &f->terms.v[i];
		bool wanted = signs && i < f->n_key;

		if ((t->kind == TERM_OWN_KEY) == wanted && (!wanted || i == 0))
			continue;
		diag_hint(
		    diag_at("E602", t->pos,
			wanted ? "the key of 'sign' is 'own_key' alone"
			       : "'own_key' is the key of 'sign', and not "
				 "bytes for anything else"),
		    "write 'sign(own_key, A | B …)'");
		ok = false;
	}
	return ok;
}

/* PROTOCOL and SPI are of the SA whose keys 'stretch' makes. */
static bool
check_sa_terms(const struct formula *f)
{
	bool ok = true;
	size_t i;

	for (i = 0; f->fn_kind != FN_STRETCH && i < f->terms.n; i++) {
		const struct term *t = &f->terms.v[i];

		if (t->kind != TERM_PROTOCOL && t->kind != TERM_SPI)
			continue;
		diag_hint(diag_at("E602", t->pos,
			      "'%s' belongs to an SA whose keys are made, "
			      "and so only into 'stretch'",
			      t->base.text),
		    "remove it, or write 'stretch(…)'");
		ok = false;
	}
	return ok;
}

/*
 * The term of row 'at' that begins a circle which leads back to row 'goal',
 * or CHECK_NONE.  Rows before the goal are left out, so that each circle is
 * found from its first row only; rows of different variants do not meet.
 */
static size_t
find_cycle(const struct exchange *x, size_t at, size_t goal, bool *seen)
{
	const struct formula *f = &x->formulas.v[at];
	size_t i, k;

	for (i = 0; i < f->terms.n; i++) {
		const struct term *t = &f->terms.v[i];

		for (k = goal; t->kind == TERM_SLOT && k < x->formulas.n; k++) {
			const struct formula *g = &x->formulas.v[k];

			if (g->slot != t->slot ||
			    (g->variants & f->variants) == 0)
				continue;
			if (k == goal)
				return i;
			if (seen[k])
				continue;
			seen[k] = true;
			if (find_cycle(x, k, goal, seen) != CHECK_NONE)
				return i;
		}
	}
	return CHECK_NONE;
}

static bool
check_cycle(const struct exchange *x, size_t row)
{
	const struct formula *f = &x->formulas.v[row];
	bool *seen = gen_alloc(x->formulas.n * sizeof *seen);
	size_t term = find_cycle(x, row, row, seen);

	if (term == CHECK_NONE)
		return true;
	diag_hint(diag_at("E602", f->terms.v[term].pos,
		      "'%s' is computed from '%s', which is computed from "
		      "'%s'",
		      f->name.text, f->terms.v[term].base.text, f->name.text),
	    "take one of the formulas out of the circle");
	return false;
}

bool
check_formulas(const struct exchange *x)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < x->formulas.n; i++) {
		ok &= check_arity(&x->formulas.v[i]);
		ok &= check_own_key(&x->formulas.v[i]);
		ok &= check_sa_terms(&x->formulas.v[i]);
		ok &= check_cycle(x, i);
	}
	return ok;
}

/* ---- E606 -------------------------------------------------------------- */

/* Does the op evaluate a formula that signs, in some variant? */
static bool
op_signs(const struct exchange *x, const struct op *op)
{
	size_t i, k;

	for (i = 0; i < op->formula_slots.n; i++)
		for (k = 0; k < x->formulas.n; k++)
			if (x->formulas.v[k].slot == op->formula_slots.v[i] &&
			    x->formulas.v[k].fn_kind == FN_SIGN &&
			    (x->formulas.v[k].variants & op->variants) != 0)
				return true;
	return false;
}

/* Which ops may be suspended (spec language, meaning of the ops). */
static bool
op_may_wait(const struct exchange *x, const struct op *op)
{
	switch (op->kind) {
	case OPK_DERIVE:
	case OPK_EFFECT: return true;
	case OPK_COMPUTE:
	case OPK_VERIFY: return op_signs(x, op);
	case OPK_REQUIRE:
	case OPK_SEND:
	case OPK_GOTO: return false;
	}
	return false;
}

static void
check_op_within(
    const struct exchange *x, const struct state *s, const struct op *op)
{
	struct diag *d;

	if (op->has_within && !op_may_wait(x, op)) {
		diag_hint(diag_at("E606", op->within_pos,
			      "'%s %s' takes no time and cannot have a "
			      "limit",
			      op->word.text, op->args.v[0].text),
		    "remove 'within'");
	} else if (!op->has_within && op_signs(x, op)) {
		diag_hint(diag_at("E606", op->args.v[0].pos,
			      "'%s %s' makes or checks a signature, and "
			      "has no limit",
			      op->word.text, op->args.v[0].text),
		    "add 'within 10s'");
	} else if (op->has_within && s->has_deadline &&
	    op->within_ms >= s->deadline_ms) {
		d = diag_at("E606", op->within_pos,
		    "'%s %s' may take as long as '%s' may last", op->word.text,
		    op->args.v[0].text, s->name.text);
		diag_note_at(d, s->deadline_pos, "the deadline is here");
		diag_hint(d, "write a shorter time");
	}
}

static void
check_state_within(const struct exchange *x, const struct state *s)
{
	size_t i, k;

	for (i = 0; i < s->edges.n; i++)
		for (k = 0; k < s->edges.v[i].ops.n; k++)
			check_op_within(x, s, &s->edges.v[i].ops.v[k]);
}

void
check_within(const struct exchange *x)
{
	int role;
	size_t i;

	for (role = 0; role < 2; role++)
		for (i = 0; i < x->role[role].states.n; i++)
			check_state_within(x, &x->role[role].states.v[i]);
}
