/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the formulas and the ops of an exchange refer to.  A name in a phase 2
 * exchange that it does not declare itself is one that the ISAKMP SA keeps.
 */
#include <string.h>

#include "gen/resolve.h"
#include "gen/specc.h"

/* ---- formulas --------------------------------------------------------- */

static const struct {
	const char *word;
	enum term_kind kind;
} builtin_terms[] = {
    {"CKY_I", TERM_CKY_I},
    {"CKY_R", TERM_CKY_R},
    {"MSGID", TERM_MSGID},
    {"PROTOCOL", TERM_PROTOCOL},
    {"SPI", TERM_SPI},
    {"own_key", TERM_OWN_KEY},
};
#define N_BUILTIN_TERMS (sizeof builtin_terms / sizeof builtin_terms[0])

static bool
resolve_builtin_term(struct term *t)
{
	size_t i;

	if (t->is_number) {
		t->kind = TERM_NUMBER;
		return true;
	}
	for (i = 0; i < N_BUILTIN_TERMS; i++)
		if (!t->after &&
		    strcmp(t->base.text, builtin_terms[i].word) == 0) {
			t->kind = builtin_terms[i].kind;
			return true;
		}
	return false;
}

/* isakmp.X, or a bare X that only the ISAKMP SA has; stored as the former. */
static bool
resolve_kept_term(const struct work *w, struct term *t)
{
	bool bare = t->field.text == NULL;

	if (w->x->phase != 2 || t->after)
		return false;
	if (bare &&
	    (scope_find(&w->slots, t->base.text) != NOT_FOUND ||
		scope_find(&w->kept, t->base.text) == NOT_FOUND))
		return false;
	if (!bare && strcmp(t->base.text, "isakmp") != 0)
		return false;
	if (bare) {
		t->field = t->base;
		t->base.text = "isakmp";
	}
	t->kind = TERM_KEPT;
	scope_get(&w->kept, t->field);
	return true;
}

static bool
has_formula(const struct exchange *x, size_t slot)
{
	size_t i;

	for (i = 0; i < x->formulas.n; i++)
		if (x->formulas.v[i].slot == slot)
			return true;
	return false;
}

/* Ni.body: all of the payload; KEi.data: one field of it. */
static void
resolve_term_field(const struct work *w, struct term *t)
{
	const struct slot *s = &w->x->slots.v[t->slot];
	struct scope fields;
	size_t i;
	long k;

	if (s->kind != SLOT_PAYLOAD) {
		diag_note_at(diag_at("E101", t->field.pos,
				 "'%s' is not a "
				 "payload and has no fields",
				 t->base.text),
		    s->name.pos, "declared here");
		return;
	}
	if (s->payload == NULL || strcmp(t->field.text, "body") == 0)
		return;
	fields.what =
	    gen_printf("a field of payload '%s'", s->payload->h.name.text);
	fields.names = (name_vec){NULL, 0, 0};
	for (i = 0; i < s->payload->fields.n; i++)
		scope_add(&fields, s->payload->fields.v[i].name);
	k = scope_get(&fields, t->field);
	if (k != NOT_FOUND)
		t->payload_field = &s->payload->fields.v[k];
}

static void
add_names(struct scope *to, const struct scope *from)
{
	size_t i;

	for (i = 0; i < from->names.n; i++)
		scope_add(to, from->names.v[i]);
}

/* The slot of a term; E101, among everything that can be a term, if none. */
static long
term_slot(const struct work *w, const struct term *t)
{
	struct scope terms = {"a term", {NULL, 0, 0}};
	long k = scope_find(&w->slots, t->base.text);
	size_t i;

	if (k != NOT_FOUND)
		return k;
	add_names(&terms, &w->slots);
	for (i = 0; i < N_BUILTIN_TERMS; i++)
		scope_add(&terms, (struct name){builtin_terms[i].word, t->pos});
	if (w->x->phase == 2)
		add_names(&terms, &w->kept);
	return scope_get(&terms, t->base);
}

static void
resolve_slot_term(const struct work *w, struct term *t)
{
	long k = t->after ? resolve_message_slot(w, t->base) : term_slot(w, t);

	if (k == NOT_FOUND)
		return;
	t->slot = (size_t)k;
	t->kind = t->after ? TERM_AFTER : TERM_SLOT;
	w->x->slots.v[k].used = true;
	if (t->after)
		return;
	if (t->field.text != NULL)
		resolve_term_field(w, t);
	else if (w->x->slots.v[k].kind == SLOT_PAYLOAD &&
	    !has_formula(w->x, t->slot))
		diag_hint(diag_at("E101", t->base.pos,
			      "'%s' is a payload, and "
			      "a term is bytes",
			      t->base.text),
		    "write '%s.body' or one of its fields", t->base.text);
}

static void
resolve_function(struct formula *f)
{
	static const char *const words[] = {
	    "prf", "hash", "chain", "stretch", "sign"};
	struct scope known = {"a function", {NULL, 0, 0}};
	size_t i;
	long k;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		scope_add(&known, (struct name){words[i], f->fn.pos});
	k = scope_get(&known, f->fn);
	if (k != NOT_FOUND)
		f->fn_kind = (enum formula_fn)k;
}

void
resolve_formulas(const struct work *w)
{
	struct exchange *x = w->x;
	size_t i, j;

	for (i = 0; i < x->formulas.n; i++) {
		struct formula *f = &x->formulas.v[i];

		resolve_function(f);
		f->variants = resolve_variant_mask(w, f->variant);
		for (j = 0; j < i; j++)
			if ((x->formulas.v[j].variants & f->variants) != 0)
				resolve_overlap("a formula", f->name,
				    x->formulas.v[j].name);
		for (j = 0; j < f->terms.n; j++) {
			struct term *t = &f->terms.v[j];

			if (!resolve_builtin_term(t) &&
			    !resolve_kept_term(w, t))
				resolve_slot_term(w, t);
		}
	}
}

/* ---- roles ------------------------------------------------------------ */

/* The first message of that name, which goes from 'from'. */
static size_t
get_message(const struct work *w, struct name name, enum role from)
{
	long k = scope_get(&w->messages, name);
	const struct message *m;

	if (k == NOT_FOUND)
		return 0;
	m = &w->x->messages.v[k];
	if (m->from != from)
		diag_note_at(diag_at("E101", name.pos,
				 "'%s' is a message of "
				 "the other side",
				 name.text),
		    m->from_pos, "its direction is declared here");
	return (size_t)k;
}

/* compute and verify: names of formulas that exist in the op's variants */
static void
resolve_op_formulas(const struct work *w, struct op *op)
{
	struct scope formulas = {"a formula", {NULL, 0, 0}};
	struct exchange *x = w->x;
	size_t i, j;

	for (i = 0; i < x->formulas.n; i++)
		scope_add(&formulas, x->formulas.v[i].name);
	for (i = 0; i < op->args.n; i++) {
		long k = scope_get(&formulas, op->args.v[i]);
		size_t slot = k == NOT_FOUND ? 0 : x->formulas.v[k].slot;

		*VEC_PUSH(&op->formula_slots) = slot;
		if (k == NOT_FOUND)
			continue;
		x->slots.v[slot].used = true;
		for (j = 0; j < x->formulas.n; j++)
			if (x->formulas.v[j].slot == slot &&
			    (x->formulas.v[j].variants & op->variants) != 0)
				x->formulas.v[j].used = true;
	}
}

static void
resolve_op_targets(const struct work *w, struct op *op)
{
	size_t i;
	long k;

	for (i = 0; i < op->to.n; i++) {
		k = scope_get(&w->slots, op->to.v[i]);
		*VEC_PUSH(&op->to_slots) = k == NOT_FOUND ? 0 : (size_t)k;
		if (k != NOT_FOUND && w->x->slots.v[k].kind == SLOT_VALUE)
			w->x->slots.v[k].used = true;
	}
}

static void
resolve_op(const struct work *w, struct op *op, enum role role,
    const struct scope *states)
{
	long k;

	op->variants = resolve_variant_mask(w, op->variant);
	resolve_outcome(w->r, &op->otherwise);
	switch (op->kind) {
	case OPK_REQUIRE:
	case OPK_EFFECT: break;
	case OPK_DERIVE: resolve_op_targets(w, op); break;
	case OPK_COMPUTE:
	case OPK_VERIFY: resolve_op_formulas(w, op); break;
	case OPK_SEND:
		op->message_first = get_message(w, op->args.v[0], role);
		break;
	case OPK_GOTO:
		k = scope_get(states, op->args.v[0]);
		op->state = k == NOT_FOUND ? 0 : (size_t)k;
		break;
	}
}

static void
resolve_state(const struct work *w, struct state *s, enum role role,
    const struct scope *states)
{
	enum role peer = role == ROLE_I ? ROLE_R : ROLE_I;
	size_t i, j;

	if (s->has_retransmit)
		get_message(w, s->retransmit, role);
	if (s->has_resend)
		get_message(w, s->resend, role);
	for (i = 0; i < s->edges.n; i++) {
		struct edge *e = &s->edges.v[i];

		if (e->event == EDGE_RECV)
			e->message_first = get_message(w, e->arg, peer);
		for (j = 0; j < e->ops.n; j++)
			resolve_op(w, &e->ops.v[j], role, states);
	}
}

static void
resolve_role(const struct work *w, enum role role)
{
	struct role_block *block = &w->x->role[role];
	struct scope states = {"a state", {NULL, 0, 0}};
	size_t i;

	for (i = 0; i < block->states.n; i++)
		scope_declare(&states, block->states.v[i].name);
	for (i = 0; i < block->states.n; i++)
		resolve_state(w, &block->states.v[i], role, &states);
}

void
resolve_roles(const struct work *w)
{
	resolve_role(w, ROLE_I);
	resolve_role(w, ROLE_R);
}
