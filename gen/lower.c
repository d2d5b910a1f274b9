/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the nested model of an exchange to flat tables.  What is said once in
 * the spec and holds for several variants becomes one op for each; rules
 * become ops where their message arrives.
 */
#include "gen/lower.h"

#include <string.h>

#include "gen/emit.h"

unsigned
lower_mask(uint32_t variants)
{
	return (unsigned)(variants & LOW_ALL);
}

const char *
lower_code_name(enum low_code code)
{
	static const char *const names[] = {
	    [LOW_REQUIRE] = "require",
	    [LOW_DERIVE] = "derive",
	    [LOW_COMPUTE] = "compute",
	    [LOW_VERIFY] = "verify",
	    [LOW_EFFECT] = "effect",
	    [LOW_SEND] = "send",
	    [LOW_GOTO] = "goto",
	    [LOW_RULE] = "rule",
	};

	return names[code];
}

/* ---- slots and events, numbered over all exchanges ----------------------- */

size_t
lower_slot(const struct lowered *low, const char *name)
{
	const char *upper = emit_upper(name);

	for (size_t i = 0; i < low->slots.n; i++)
		if (strcmp(emit_upper(low->slots.v[i].name), upper) == 0)
			return i;
	return LOW_NONE;
}

size_t
lower_term_slot(
    const struct lowered *low, const struct exchange *x, const struct term *t)
{
	if (t->kind == TERM_SLOT || t->kind == TERM_AFTER)
		return lower_slot(low, x->slots.v[t->slot].name.text);
	return lower_slot(
	    low, t->field.text != NULL ? t->field.text : t->base.text);
}

static size_t
own_slot(const struct lowered *low, const struct low_exchange *lx, size_t i)
{
	return lower_slot(low, lx->x->slots.v[i].name.text);
}

static void
add_slots(struct lowered *low, const struct exchange *x)
{
	for (size_t i = 0; i < x->slots.n; i++) {
		const struct slot *s = &x->slots.v[i];

		if (lower_slot(low, s->name.text) == LOW_NONE)
			*VEC_PUSH(&low->slots) =
			    (struct low_slot){s->name.text, s->payload};
	}
}

static size_t
event_index(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return LOW_NONE;
}

static void
add_event(struct lowered *low, const struct edge *e)
{
	const char *name = e->arg.text;

	if (e->event == EDGE_LOCAL &&
	    event_index(low->locals.v, low->locals.n, name) == LOW_NONE)
		*VEC_PUSH(&low->locals) = name;
	if (e->event == EDGE_TIMER &&
	    event_index(low->timers.v, low->timers.n, name) == LOW_NONE)
		*VEC_PUSH(&low->timers) = name;
}

static void
add_events(struct lowered *low, const struct role_block *r)
{
	for (size_t i = 0; i < r->states.n; i++)
		for (size_t j = 0; j < r->states.v[i].edges.n; j++)
			add_event(low, &r->states.v[i].edges.v[j]);
}

/* ---- ops ----------------------------------------------------------------- */

/* Variants of an op that are also those of a message or formula. */
static unsigned
both(uint32_t a, uint32_t b)
{
	return lower_mask(a & b);
}

static struct low_op *
push_op(struct low_exchange *lx, enum low_code code, const struct op *op)
{
	struct low_op *l = VEC_PUSH(&lx->ops);

	l->code = code;
	l->name = op->args.n > 0 ? op->args.v[0].text : "";
	l->variants = lower_mask(op->variants);
	l->otherwise = &op->otherwise;
	l->to[0] = l->to[1] = l->to[2] = LOW_NONE;
	l->after = LOW_NONE;
	l->within_ms = op->has_within ? op->within_ms : 0;
	l->pos = op->pos;
	return l;
}

/* Messages of one name stand for different variants. */
static bool
same_message(const struct exchange *x, size_t i, size_t first)
{
	return strcmp(x->messages.v[i].name.text,
		   x->messages.v[first].name.text) == 0;
}

static bool
has_slot(const struct message *m, size_t slot)
{
	for (size_t i = 0; i < m->items.n; i++)
		if (m->items.v[i].slot == slot)
			return true;
	return false;
}

/* The message that the next send of the edge sends and that has the slot. */
static size_t
next_message(const struct exchange *x, const struct edge *e, size_t from,
    size_t slot, unsigned variants)
{
	for (size_t i = from; i < e->ops.n; i++) {
		size_t first = e->ops.v[i].message_first;

		if (e->ops.v[i].kind != OPK_SEND)
			continue;
		for (size_t m = 0; m < x->messages.n; m++)
			if (same_message(x, m, first) &&
			    both(variants, x->messages.v[m].variants) != 0 &&
			    has_slot(&x->messages.v[m], slot))
				return m;
		return LOW_NONE;
	}
	return LOW_NONE;
}

static const struct term *
after_term(const struct formula *f)
{
	for (size_t i = 0; i < f->terms.n; i++)
		if (f->terms.v[i].kind == TERM_AFTER)
			return &f->terms.v[i];
	return NULL;
}

/* compute and verify: one op for each formula and variant of it. */
static void
add_formulas(struct low_exchange *lx, const struct edge *e, size_t at,
    enum low_code code, size_t slot)
{
	const struct op *op = &e->ops.v[at];

	for (size_t i = 0; i < lx->x->formulas.n; i++) {
		const struct formula *f = &lx->x->formulas.v[i];
		const struct term *after = after_term(f);
		unsigned variants = both(op->variants, f->variants);
		struct low_op *l;

		if (f->slot != slot || variants == 0)
			continue;
		l = push_op(lx, code, op);
		l->name = f->name.text;
		l->variants = variants;
		l->arg = i;
		if (code == LOW_COMPUTE && after != NULL)
			l->after =
			    next_message(lx->x, e, at, after->slot, variants);
	}
}

static void
add_sends(struct low_exchange *lx, const struct op *op)
{
	for (size_t i = 0; i < lx->x->messages.n; i++) {
		unsigned variants =
		    both(op->variants, lx->x->messages.v[i].variants);
		struct low_op *l;

		if (variants == 0 || !same_message(lx->x, i, op->message_first))
			continue;
		l = push_op(lx, LOW_SEND, op);
		l->variants = variants;
		l->arg = i;
	}
}

/* Where a state stands in the table: the initial one is first. */
static size_t
state_index(const struct role_block *r, size_t state)
{
	size_t before = 0;

	if (r->states.v[state].initial)
		return 0;
	for (size_t i = 0; i < state; i++)
		before += !r->states.v[i].initial;
	return before + 1;
}

static void
add_derive(
    const struct lowered *low, struct low_exchange *lx, const struct op *op)
{
	struct low_op *l = push_op(lx, LOW_DERIVE, op);

	for (size_t i = 0; i < op->to_slots.n && i < 3; i++)
		l->to[i] = own_slot(low, lx, op->to_slots.v[i]);
}

static void
add_op(const struct lowered *low, struct low_exchange *lx, enum role role,
    const struct edge *e, size_t at)
{
	const struct op *op = &e->ops.v[at];

	switch (op->kind) {
	case OPK_REQUIRE: push_op(lx, LOW_REQUIRE, op); return;
	case OPK_DERIVE: add_derive(low, lx, op); return;
	case OPK_EFFECT: push_op(lx, LOW_EFFECT, op); return;
	case OPK_COMPUTE:
	case OPK_VERIFY:
		for (size_t i = 0; i < op->formula_slots.n; i++)
			add_formulas(lx, e, at,
			    op->kind == OPK_COMPUTE ? LOW_COMPUTE : LOW_VERIFY,
			    op->formula_slots.v[i]);
		return;
	case OPK_SEND: add_sends(lx, op); return;
	case OPK_GOTO:
		push_op(lx, LOW_GOTO, op)->arg =
		    state_index(&lx->x->role[role], op->state);
		return;
	}
}

static void
add_rules(struct low_exchange *lx, const struct edge *e)
{
	for (size_t i = 0; i < lx->x->rules.n; i++) {
		const struct rule *r = &lx->x->rules.v[i];
		struct low_op *l;

		if (e->event != EDGE_RECV ||
		    strcmp(r->message.text, e->arg.text) != 0)
			continue;
		l = VEC_PUSH(&lx->ops);
		l->code = LOW_RULE;
		l->name = r->slots.v[0].text;
		l->variants = LOW_ALL;
		l->otherwise = &r->otherwise;
		l->arg = i;
		l->to[0] = l->to[1] = l->to[2] = l->after = LOW_NONE;
		l->pos = r->pos;
	}
}

/* Rules come after the first verify, or first where nothing is verified. */
static void
add_ops(const struct lowered *low, struct low_exchange *lx, enum role role,
    const struct edge *e)
{
	size_t rules_at = 0;

	for (size_t i = e->ops.n; i-- > 0;)
		if (e->ops.v[i].kind == OPK_VERIFY)
			rules_at = i + 1;
	for (size_t i = 0; i < e->ops.n; i++) {
		if (i == rules_at)
			add_rules(lx, e);
		add_op(low, lx, role, e, i);
	}
}

/* ---- edges and states ---------------------------------------------------- */

static void
push_edge(struct low_exchange *lx, const struct edge *e, size_t arg, size_t op)
{
	*VEC_PUSH(&lx->edges) = (struct low_edge){e, arg, op, lx->ops.n - op};
}

/* An edge on a message with variants is one for each, with the same ops. */
static void
add_edge(const struct lowered *low, struct low_exchange *lx, enum role role,
    const struct edge *e)
{
	size_t op = lx->ops.n;

	add_ops(low, lx, role, e);
	switch (e->event) {
	case EDGE_RECV:
		for (size_t i = 0; i < lx->x->messages.n; i++)
			if (same_message(lx->x, i, e->message_first))
				push_edge(lx, e, i, op);
		return;
	case EDGE_LOCAL:
		push_edge(lx, e,
		    event_index(low->locals.v, low->locals.n, e->arg.text), op);
		return;
	case EDGE_TIMER:
		push_edge(lx, e,
		    event_index(low->timers.v, low->timers.n, e->arg.text), op);
		return;
	}
}

static void
add_state(const struct lowered *low, struct low_exchange *lx, enum role role,
    const struct state *s)
{
	struct low_state *l = VEC_PUSH(&lx->states[role]);

	l->state = s;
	l->gone = s->final && s->edges.n == 0 && !s->has_resend;
	l->edge = lx->edges.n;
	for (size_t i = 0; i < s->edges.n; i++)
		add_edge(low, lx, role, &s->edges.v[i]);
	l->n_edges = lx->edges.n - l->edge;
}

static void
add_states(const struct lowered *low, struct low_exchange *lx, enum role role)
{
	const struct role_block *r = &lx->x->role[role];

	for (int initial = 1; initial >= 0; initial--)
		for (size_t i = 0; i < r->states.n; i++)
			if (r->states.v[i].initial == (bool)initial)
				add_state(low, lx, role, &r->states.v[i]);
}

/* ---- room in the tables -------------------------------------------------- */

enum {
	MOST_SLOTS = 64,  /* of a mask */
	MOST_INDEX = 254, /* of an octet that also says TABLE_NONE */
	MOST_TARGETS = 3,
	MOST_RULE_SLOTS = 4,
	MOST_VALUES = 8
};

static void
check_limit(struct pos at, size_t n, size_t most, const char *what)
{
	if (n > most)
		diag_at("E100", at,
		    "%zu %s are more than the %zu that tables have room for", n,
		    what, most);
}

static void
check_targets(const struct edge *e)
{
	for (size_t i = 0; i < e->ops.n; i++)
		check_limit(e->ops.v[i].pos, e->ops.v[i].to.n, MOST_TARGETS,
		    "slots behind '->'");
}

void
lower_check_limits(const struct lowered *low)
{
	for (size_t i = 0; i < low->exchanges.n; i++) {
		const struct low_exchange *lx = low->exchanges.v[i];
		const struct exchange *x = lx->x;
		struct pos at = x->h.name.pos;

		check_limit(
		    at, low->slots.n, MOST_SLOTS, "slots of all exchanges");
		check_limit(at, x->messages.n, MOST_INDEX, "messages");
		check_limit(at, x->formulas.n, MOST_INDEX, "formulas");
		check_limit(at, x->rules.n, MOST_INDEX, "rules");
		for (size_t k = 0; k < lx->edges.n; k++)
			check_targets(lx->edges.v[k].edge);
		for (size_t k = 0; k < x->rules.n; k++)
			check_limit(x->rules.v[k].pos, x->rules.v[k].slots.n,
			    MOST_RULE_SLOTS, "slots in a rule");
		for (size_t k = 0; k < x->variants.n; k++)
			check_limit(x->variants.v[k].name.pos,
			    x->variants.v[k].values.n, MOST_VALUES,
			    "values of a variant");
	}
}

/* ---- exchanges ----------------------------------------------------------- */

/* The engine encrypts and decrypts with the slots of these names. */
static void
find_cipher_slots(const struct lowered *low, struct low_exchange *lx)
{
	bool encrypted = false;

	lx->iv = lx->enc_key = lx->iv_formula = LOW_NONE;
	for (size_t i = 0; i < lx->x->messages.n; i++)
		encrypted = encrypted || lx->x->messages.v[i].encrypted;
	if (!encrypted)
		return;
	lx->iv = lower_slot(low, "IV");
	lx->enc_key = lower_slot(low, "ENC_KEY");
	for (size_t i = 0; lx->x->phase == 2 && i < lx->x->formulas.n; i++)
		if (strcmp(lx->x->formulas.v[i].name.text, "IV") == 0)
			lx->iv_formula = i;
}

static void
find_masks(const struct lowered *low, struct low_exchange *lx)
{
	for (size_t i = 0; i < lx->x->slots.n; i++) {
		size_t slot = own_slot(low, lx, i);
		uint64_t bit = slot < MOST_SLOTS ? UINT64_C(1) << slot : 0;

		lx->uses |= bit;
		if (lx->x->slots.v[i].kept)
			lx->keep |= bit;
	}
}

static struct low_exchange *
lower_exchange(const struct lowered *low, const struct exchange *x)
{
	struct low_exchange *lx = gen_alloc(sizeof *lx);

	lx->x = x;
	find_cipher_slots(low, lx);
	find_masks(low, lx);
	add_states(low, lx, ROLE_I);
	add_states(low, lx, ROLE_R);
	return lx;
}

struct lowered *
lower_spec(const struct spec *s)
{
	struct lowered *low = gen_alloc(sizeof *low);

	for (size_t i = 0; i < s->exchanges.n; i++) {
		add_slots(low, s->exchanges.v[i]);
		add_events(low, &s->exchanges.v[i]->role[ROLE_I]);
		add_events(low, &s->exchanges.v[i]->role[ROLE_R]);
	}
	for (size_t i = 0; i < s->exchanges.n; i++)
		*VEC_PUSH(&low->exchanges) =
		    lower_exchange(low, s->exchanges.v[i]);
	return low;
}
