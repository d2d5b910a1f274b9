/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-ups that several checks of exchanges need, and the worlds of an
 * exchange.  See check.h.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/vec.h"

/* ---- look-ups ---------------------------------------------------------- */

size_t
exchange_slot(const struct exchange *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->slots.n; i++)
		if (strcmp(x->slots.v[i].name.text, name) == 0)
			return i;
	return CHECK_NONE;
}

size_t
exchange_message(const struct exchange *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->messages.n; i++)
		if (strcmp(x->messages.v[i].name.text, name) == 0)
			return i;
	return CHECK_NONE;
}

bool
slot_carries(const struct slot *s, const char *payload)
{
	return s->kind == SLOT_PAYLOAD && strcmp(s->type.text, payload) == 0;
}

const struct item *
message_item(const struct message *m, size_t slot)
{
	size_t i;

	for (i = 0; i < m->items.n; i++)
		if (m->items.v[i].slot == slot)
			return &m->items.v[i];
	return NULL;
}

const struct message *
exchange_row(const struct exchange *x, size_t first, uint32_t world)
{
	const char *name = x->messages.v[first].name.text;
	size_t i;

	for (i = first; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];

		if ((m->variants & world) != 0 &&
		    strcmp(m->name.text, name) == 0)
			return m;
	}
	return NULL;
}

const struct formula *
exchange_formula(const struct exchange *x, size_t slot, uint32_t world)
{
	size_t i;

	for (i = 0; i < x->formulas.n; i++)
		if (x->formulas.v[i].slot == slot &&
		    (x->formulas.v[i].variants & world) != 0)
			return &x->formulas.v[i];
	return NULL;
}

bool
exchange_has_formula(const struct exchange *x, size_t slot)
{
	return exchange_formula(x, slot, UINT32_MAX) != NULL;
}

const struct op *
role_sends(const struct role_block *r, const char *message)
{
	size_t i, k, j;

	for (i = 0; i < r->states.n; i++) {
		const struct state *s = &r->states.v[i];

		for (k = 0; k < s->edges.n; k++) {
			const struct edge *e = &s->edges.v[k];

			for (j = 0; j < e->ops.n; j++)
				if (e->ops.v[j].kind == OPK_SEND &&
				    strcmp(e->ops.v[j].args.v[0].text,
					message) == 0)
					return &e->ops.v[j];
		}
	}
	return NULL;
}

const struct edge *
role_receives(const struct role_block *r, const char *message)
{
	size_t i, k;

	for (i = 0; i < r->states.n; i++) {
		const struct state *s = &r->states.v[i];

		for (k = 0; k < s->edges.n; k++)
			if (s->edges.v[k].event == EDGE_RECV &&
			    strcmp(s->edges.v[k].arg.text, message) == 0)
				return &s->edges.v[k];
	}
	return NULL;
}

const char *
role_name(enum role role)
{
	return role == ROLE_I ? "initiator" : "responder";
}

enum role
role_peer(enum role role)
{
	return role == ROLE_I ? ROLE_R : ROLE_I;
}

size_t
role_initial(const struct role_block *r)
{
	size_t found = CHECK_NONE;
	size_t i;

	for (i = 0; i < r->states.n; i++) {
		if (!r->states.v[i].initial)
			continue;
		if (found != CHECK_NONE)
			return CHECK_NONE;
		found = i;
	}
	return found;
}

bool
role_has_final(const struct role_block *r)
{
	size_t i;

	for (i = 0; i < r->states.n; i++)
		if (r->states.v[i].final)
			return true;
	return false;
}

size_t
edge_target(const struct edge *e)
{
	size_t i;

	for (i = 0; i < e->ops.n; i++)
		if (e->ops.v[i].kind == OPK_GOTO)
			break;
	return i + 1 == e->ops.n ? e->ops.v[i].state : CHECK_NONE;
}

static bool
role_walkable(const struct role_block *r)
{
	size_t i, k;

	if (role_initial(r) == CHECK_NONE || !role_has_final(r))
		return false;
	for (i = 0; i < r->states.n; i++)
		for (k = 0; k < r->states.v[i].edges.n; k++)
			if (edge_target(&r->states.v[i].edges.v[k]) ==
			    CHECK_NONE)
				return false;
	return true;
}

bool
exchange_walkable(const struct exchange *x)
{
	return role_walkable(&x->role[ROLE_I]) &&
	    role_walkable(&x->role[ROLE_R]);
}

/* All payload slots that a slot is computed from.  'seen' holds the slots that
 * were looked at, so that a cycle (E602) ends. */
static uint64_t
payloads_behind(const struct exchange *x, size_t slot, uint64_t *seen)
{
	uint64_t out = 0;
	size_t i, k;

	if ((*seen & SLOT_BIT(slot)) != 0)
		return 0;
	*seen |= SLOT_BIT(slot);
	for (i = 0; i < x->formulas.n; i++) {
		const struct formula *f = &x->formulas.v[i];

		for (k = 0; f->slot == slot && k < f->terms.n; k++)
			if (f->terms.v[k].kind == TERM_SLOT)
				out |= payloads_behind(
				    x, f->terms.v[k].slot, seen);
	}
	if (x->slots.v[slot].kind == SLOT_PAYLOAD)
		out |= SLOT_BIT(slot);
	return out;
}

/* Is the slot in another message, declared before m? */
static bool
sent_before(const struct exchange *x, size_t slot, const struct message *m)
{
	const struct message *before;

	for (before = x->messages.v; before < m; before++)
		if (strcmp(before->name.text, m->name.text) != 0 &&
		    message_item(before, slot) != NULL)
			return true;
	return false;
}

size_t
message_lacks(const struct exchange *x, const struct message *m, size_t slot)
{
	uint64_t seen = 0;
	uint64_t behind = payloads_behind(x, slot, &seen);
	size_t i;

	for (i = 0; i < x->slots.n; i++)
		if ((behind & SLOT_BIT(i)) != 0 && !sent_before(x, i, m))
			return i;
	return CHECK_NONE;
}

/* ---- worlds ------------------------------------------------------------ */

/* What a peer can have chosen for an attribute. */
struct choice {
	bool present;
	bool listed; /* value is one that some variant lists */
	uint64_t value;
};

static bool
variant_holds(const struct variant *v, const struct choice *c)
{
	size_t i;

	switch (v->test) {
	case VARIANT_PRESENT: return c->present;
	case VARIANT_ABSENT: return !c->present;
	case VARIANT_IN:
		for (i = 0; c->listed && i < v->values.n; i++)
			if (v->values.v[i] == c->value)
				return true;
		return false;
	}
	return false;
}

static bool
same_attribute(const struct variant *a, const struct variant *b)
{
	return a->slot == b->slot && a->attr == b->attr;
}

/* Add, to each world so far, what this choice for the attribute of variant
 * 'of' makes true. */
static void
add_choice(world_vec *out, const world_vec *worlds, const struct exchange *x,
    const struct variant *of, const struct choice *c)
{
	uint32_t mask = 0;
	size_t i, k;

	for (i = 0; i < x->variants.n && i < 31; i++)
		if (same_attribute(&x->variants.v[i], of) &&
		    variant_holds(&x->variants.v[i], c))
			mask |= 1U << i;
	for (i = 0; i < worlds->n; i++) {
		uint32_t world = worlds->v[i] | mask;

		for (k = 0; k < out->n && out->v[k] != world; k++)
			;
		if (k == out->n)
			*VEC_PUSH(out) = world;
	}
}

/* All choices for the attribute that variant 'of' looks at. */
static world_vec
split_worlds(
    const world_vec *worlds, const struct exchange *x, const struct variant *of)
{
	world_vec out = {NULL, 0, 0};
	struct choice c = {true, true, 0};
	size_t i, k;

	for (i = 0; i < x->variants.n; i++) {
		const struct variant *v = &x->variants.v[i];

		if (!same_attribute(v, of))
			continue;
		for (k = 0; k < v->values.n; k++) {
			c.value = v->values.v[k];
			add_choice(&out, worlds, x, of, &c);
		}
	}
	c.listed = false;
	add_choice(&out, worlds, x, of, &c);
	c.present = false;
	if (!of->attr->required)
		add_choice(&out, worlds, x, of, &c);
	return out;
}

world_vec
exchange_worlds(const struct exchange *x)
{
	world_vec worlds = {NULL, 0, 0};
	size_t i, k;

	*VEC_PUSH(&worlds) = WORLD_ALWAYS;
	for (i = 0; i < x->variants.n; i++) {
		const struct variant *v = &x->variants.v[i];

		for (k = 0; k < i; k++)
			if (same_attribute(&x->variants.v[k], v))
				break;
		if (k == i)
			worlds = split_worlds(&worlds, x, v);
	}
	return worlds;
}

/* Does a variant hold in this world that looks at the same attribute, or is
 * there one that asks for presence or absence only? */
static bool
attribute_is_covered(
    const struct exchange *x, uint32_t world, const struct variant *of)
{
	size_t i;

	for (i = 0; i < x->variants.n && i < 31; i++) {
		const struct variant *v = &x->variants.v[i];

		if (same_attribute(v, of) &&
		    ((world & 1U << i) != 0 || v->test != VARIANT_IN))
			return true;
	}
	return false;
}

bool
world_is_foreign(const struct exchange *x, uint32_t world)
{
	size_t i;

	for (i = 0; i < x->variants.n; i++)
		if (!attribute_is_covered(x, world, &x->variants.v[i]))
			return true;
	return false;
}

const char *
world_text(const struct exchange *x, uint32_t world)
{
	const char *text = NULL;
	size_t i;

	for (i = 0; i < x->variants.n && i < 31; i++) {
		const char *name = x->variants.v[i].name.text;

		if ((world & 1U << i) == 0)
			continue;
		text = text == NULL ? gen_printf("variant is %s", name)
				    : gen_printf("%s and %s", text, name);
	}
	return text != NULL ? text : "no variant holds";
}
