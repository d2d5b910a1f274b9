/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that exchanges declare, and what variants, messages and rules refer
 * to.  Formulas and roles are in resolve_role.c.
 */
#include <string.h>

#include "gen/resolve.h"
#include "gen/specc.h"

enum { MAX_VARIANTS = 8 }; /* bits in the tables of the engine */

/* ---- variants --------------------------------------------------------- */

uint32_t
resolve_variant_mask(const struct work *w, struct name variant)
{
	long i;

	if (variant.text == NULL)
		return UINT32_MAX;
	i = scope_get(&w->variants, variant);
	return i == NOT_FOUND || i >= MAX_VARIANTS ? 0 : (uint32_t)1 << i;
}

static const struct attribute *
find_attribute(const struct dictionary *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->attrs.n; i++)
		if (strcmp(d->attrs.v[i].name.text, name) == 0)
			return &d->attrs.v[i];
	return NULL;
}

/*
 * The attributes that an SA payload carries in this phase.  RFC 2408 4.2: what
 * is negotiated in phase 1 is protocol ISAKMP, and everything else in phase 2.
 */
static const struct dictionary *
select_dictionary(const struct select *s, bool phase1)
{
	size_t i, j;

	for (i = 0; i < s->cases.n; i++)
		for (j = 0; j < s->cases.v[i].items.n; j++)
			if (phase1 ==
			    (strcmp(s->cases.v[i].items.v[j].text, "ISAKMP") ==
				0))
				return s->cases.v[i].dictionary;
	return NULL;
}

/* The first dictionary in the payload or in the lists in it.  'depth' ends
 * the search in lists that contain themselves, which is E205. */
static const struct dictionary *
payload_dictionary(const struct layout *l, bool phase1, int depth)
{
	const struct dictionary *d = NULL;
	size_t i;

	for (i = 0; l != NULL && depth > 0 && d == NULL && i < l->fields.n;
	     i++) {
		const struct type *t = &l->fields.v[i].type;

		if (t->kind == TYPE_ATTRS)
			d = t->select == NULL
			    ? t->dictionary
			    : select_dictionary(t->select, phase1);
		else if (t->kind == TYPE_LIST)
			d = payload_dictionary(
			    t->list_layout, phase1, depth - 1);
	}
	return d;
}

static void
resolve_variant_items(const struct work *w, struct variant *v)
{
	struct scope items;
	size_t i;
	long k;

	if (!v->attr->has_enum) {
		diag_at("E101", v->on.second.pos,
		    "the attribute '%s' has no "
		    "enum to choose from",
		    v->attr->name.text);
		return;
	}
	if (v->attr->path.kind == PATH_ENUM && v->attr->path.enum_block == NULL)
		return;
	items = resolve_path_scope(w->r, &v->attr->path);
	for (i = 0; i < v->items.n; i++) {
		k = scope_get(&items, v->items.v[i]);
		*VEC_PUSH(&v->values) = k == NOT_FOUND
		    ? 0
		    : resolve_path_value(w->r, &v->attr->path, k);
	}
}

static struct scope
attribute_scope(const struct dictionary *d)
{
	struct scope s = {
	    gen_printf("an attribute of '%s'", d->h.name.text), {NULL, 0, 0}};
	size_t i;

	for (i = 0; i < d->attrs.n; i++)
		scope_add(&s, d->attrs.v[i].name);
	return s;
}

static void
resolve_variant(const struct work *w, struct variant *v)
{
	long slot = scope_get(&w->slots, v->on.first);
	const struct dictionary *d;
	struct scope attrs;

	if (slot == NOT_FOUND)
		return;
	v->slot = (size_t)slot;
	d = payload_dictionary(
	    w->x->slots.v[slot].payload, w->x->phase == 1, 8);
	if (d == NULL || v->on.second.text == NULL) {
		diag_hint(diag_at("E101", v->on.first.pos,
			      "a variant depends on an attribute of an SA"),
		    "write SLOT.ATTRIBUTE, as in SAr.AUTH");
		return;
	}
	attrs = attribute_scope(d);
	if (scope_get(&attrs, v->on.second) == NOT_FOUND)
		return;
	v->attr = find_attribute(d, v->on.second.text);
	if (v->test == VARIANT_IN)
		resolve_variant_items(w, v);
}

static void
resolve_variants(struct work *w)
{
	struct exchange *x = w->x;
	size_t i;

	for (i = 0; i < x->variants.n; i++) {
		scope_declare(&w->variants, x->variants.v[i].name);
		if (i == MAX_VARIANTS)
			diag_at("E100", x->variants.v[i].name.pos,
			    "an exchange has at most %d variants",
			    MAX_VARIANTS);
	}
	for (i = 0; i < x->variants.n; i++)
		resolve_variant(w, &x->variants.v[i]);
}

/* ---- slots ------------------------------------------------------------ */

static void
resolve_payload_slot(const struct work *w, struct slot *s)
{
	struct layout *l = resolve_layout(w->r, s->type);

	if (l == NULL)
		return;
	s->payload = l;
	if (l->kind != LAYOUT_PAYLOAD)
		diag_note_at(diag_at("E101", s->type.pos,
				 "'%s' is a %s, and a slot holds a payload",
				 s->type.text, resolve_layout_kind(l->kind)),
		    l->h.name.pos, "declared here");
}

/* A formula sets the slot of its name; it gets one if there is none. */
static void
add_formula_slots(struct work *w)
{
	struct exchange *x = w->x;
	size_t i;
	long k;

	for (i = 0; i < x->formulas.n; i++) {
		struct formula *f = &x->formulas.v[i];
		struct slot *s;

		k = scope_find(&w->slots, f->name.text);
		if (k == NOT_FOUND) {
			k = (long)x->slots.n;
			s = VEC_PUSH(&x->slots);
			s->name = f->name;
			s->kind = SLOT_FORMULA;
			scope_add(&w->slots, f->name);
		} else if (x->slots.v[k].kind == SLOT_VALUE) {
			diag_note_at(diag_at("E101", f->name.pos,
					 "'%s' is a value and cannot have "
					 "a formula",
					 f->name.text),
			    x->slots.v[k].name.pos, "declared here");
		}
		f->slot = (size_t)k;
	}
}

static void
resolve_slots(struct work *w)
{
	struct exchange *x = w->x;
	size_t i;

	for (i = 0; i < x->slots.n; i++) {
		scope_declare(&w->slots, x->slots.v[i].name);
		if (x->slots.v[i].kind == SLOT_PAYLOAD)
			resolve_payload_slot(w, &x->slots.v[i]);
	}
	add_formula_slots(w);
}

static void
resolve_keep(const struct work *w)
{
	struct scope seen = {"a kept name", {NULL, 0, 0}};
	size_t i;
	long k;

	for (i = 0; i < w->x->keep.n; i++) {
		scope_declare(&seen, w->x->keep.v[i]);
		k = scope_get(&w->slots, w->x->keep.v[i]);
		if (k == NOT_FOUND)
			continue;
		w->x->slots.v[k].kept = true;
		w->x->slots.v[k].used = true;
	}
}

/* ---- messages and rules ----------------------------------------------- */

long
resolve_message_slot(const struct work *w, struct name name)
{
	long k = scope_get(&w->slots, name);

	if (k == NOT_FOUND || w->x->slots.v[k].kind == SLOT_PAYLOAD)
		return k;
	diag_note_at(diag_at("E101", name.pos,
			 "'%s' is not a payload and "
			 "cannot be in a message",
			 name.text),
	    w->x->slots.v[k].name.pos, "declared here");
	return NOT_FOUND;
}

static void
resolve_message(const struct work *w, struct message *m)
{
	size_t i;
	long k;

	m->variants = resolve_variant_mask(w, m->variant);
	if (m->from == m->to)
		diag_at("E101", m->to_pos,
		    "message '%s' would go from '%s' "
		    "to itself",
		    m->name.text, m->from == ROLE_I ? "I" : "R");
	for (i = 0; i < m->items.n; i++) {
		k = resolve_message_slot(w, m->items.v[i].name);
		if (k == NOT_FOUND)
			continue;
		m->items.v[i].slot = (size_t)k;
		w->x->slots.v[k].used = true;
	}
}

void
resolve_overlap(const char *what, struct name name, struct name first)
{
	struct diag *d;

	if (strcmp(name.text, first.text) != 0)
		return;
	d = diag_at(
	    "E101", name.pos, "there is %s '%s' already", what, name.text);

	diag_note_at(d, first.pos, "first declared here");
	diag_hint(d, "of two with one name each needs a [variant] of its own");
}

static void
resolve_messages(struct work *w)
{
	struct exchange *x = w->x;
	size_t i, j;

	for (i = 0; i < x->messages.n; i++) {
		struct message *m = &x->messages.v[i];

		resolve_message(w, m);
		scope_add(&w->messages, m->name);
		for (j = 0; j < i; j++)
			if ((x->messages.v[j].variants & m->variants) != 0)
				resolve_overlap("a message", m->name,
				    x->messages.v[j].name);
	}
}

static void
resolve_rule(const struct work *w, struct rule *rule)
{
	size_t i;
	long k;

	for (i = 0; i < rule->slots.n; i++) {
		k = resolve_message_slot(w, rule->slots.v[i]);
		*VEC_PUSH(&rule->slot_ids) = k == NOT_FOUND ? 0 : (size_t)k;
	}
	scope_get(&w->messages, rule->message);
	if (rule->kind == RULE_IFF)
		rule->variants = resolve_variant_mask(w, rule->other);
	else
		scope_get(&w->messages, rule->other);
	resolve_outcome(w->r, &rule->otherwise);
}

/* ---- exchanges -------------------------------------------------------- */

static bool
keeps(const struct exchange *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->keep.n; i++)
		if (strcmp(x->keep.v[i].text, name) == 0)
			return true;
	return false;
}

/* What an ISAKMP SA has whichever phase 1 exchange made it. */
static struct scope
kept_scope(const struct spec *s)
{
	struct scope kept = {
	    "a name that every phase 1 exchange keeps", {NULL, 0, 0}};
	const struct exchange *first = NULL;
	size_t i, j;
	bool all;

	for (i = 0; first == NULL && i < s->exchanges.n; i++)
		if (s->exchanges.v[i]->phase == 1)
			first = s->exchanges.v[i];
	for (i = 0; first != NULL && i < first->keep.n; i++) {
		all = true;
		for (j = 0; j < s->exchanges.n; j++)
			all = all &&
			    (s->exchanges.v[j]->phase != 1 ||
				keeps(
				    s->exchanges.v[j], first->keep.v[i].text));
		if (all)
			scope_add(&kept, first->keep.v[i]);
	}
	return kept;
}

void
resolve_exchanges(const struct resolver *r)
{
	struct scope kept = kept_scope(r->spec);
	size_t i, j;

	for (i = 0; i < r->spec->exchanges.n; i++) {
		struct work w = {.r = r,
		    .x = r->spec->exchanges.v[i],
		    .slots.what = "a slot, value or formula",
		    .variants.what = "a variant",
		    .messages.what = "a message",
		    .kept = kept};

		resolve_slots(&w);
		resolve_variants(&w);
		resolve_keep(&w);
		resolve_messages(&w);
		for (j = 0; j < w.x->rules.n; j++)
			resolve_rule(&w, &w.x->rules.v[j]);
		resolve_formulas(&w);
		resolve_roles(&w);
	}
}
