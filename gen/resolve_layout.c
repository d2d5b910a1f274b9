/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in layouts and dictionaries: types, enums, and the fields that other
 * fields depend on.  That those fields are the right ones is left to
 * check_layouts.
 */
#include <string.h>

#include "gen/resolve.h"
#include "gen/specc.h"

static struct scope
field_scope(const struct layout *l)
{
	struct scope s = {gen_printf("a field of %s '%s'",
			      resolve_layout_kind(l->kind), l->h.name.text),
	    {NULL, 0, 0}};
	size_t i;

	for (i = 0; i < l->fields.n; i++)
		scope_add(&s, l->fields.v[i].name);
	return s;
}

/* ---- 'by' ------------------------------------------------------------- */

/* 'type' is a field of this layout, 'P.protocol' one of an enclosing sub.
 * Returns that field; NULL after an error. */
static const struct field *
resolve_selector(const struct resolver *r, struct layout *l, struct path *by)
{
	struct name field = by->first;
	struct scope fields;
	long i;

	by->kind = PATH_FIELD;
	if (by->second.text != NULL) {
		by->kind = PATH_OUTER;
		by->outer = l = resolve_layout(r, by->first);
		field = by->second;
	}
	if (l == NULL)
		return NULL;
	fields = field_scope(l);
	i = scope_get(&fields, field);
	if (i == NOT_FOUND)
		return NULL;
	by->field = (size_t)i;
	return &l->fields.v[i];
}

/* The enum whose items select; NULL after an error. */
static const struct enum_block *
resolve_selector_enum(
    const struct resolver *r, struct layout *l, struct path *by)
{
	const struct field *f = resolve_selector(r, l, by);

	if (f == NULL)
		return NULL;
	if (f->has_enum && f->enum_select == NULL &&
	    f->path.second.text == NULL)
		return resolve_enum(r, f->path.first, false);
	diag_note_at(
	    diag_at("E201",
		by->second.text != NULL ? by->second.pos : by->first.pos,
		"'by' needs a field with an enum, and '%s' has "
		"none",
		f->name.text),
	    f->name.pos, "declared here");
	return NULL;
}

static void
resolve_type(const struct resolver *r, struct layout *l, struct type *t);

static void
resolve_dictionary(
    const struct resolver *r, struct name name, const struct dictionary **to)
{
	long i = scope_get(&r->dictionaries, name);

	if (i != NOT_FOUND)
		*to = r->spec->dictionaries.v[i];
}

enum arms { ARMS_TYPES, ARMS_ENUMS, ARMS_DICTIONARIES };

static void
resolve_arm(const struct resolver *r, struct layout *l, struct select_case *c,
    enum arms arms)
{
	switch (arms) {
	case ARMS_TYPES: resolve_type(r, l, c->type); break;
	case ARMS_ENUMS: resolve_enum_path(r, &c->path); break;
	case ARMS_DICTIONARIES:
		resolve_dictionary(r, c->path.first, &c->dictionary);
		break;
	}
}

static void
resolve_select(const struct resolver *r, struct layout *l, struct select *s,
    enum arms arms)
{
	const struct enum_block *e = resolve_selector_enum(r, l, &s->by);
	struct scope items;
	size_t i, j;
	long k;

	if (e == NULL)
		return;
	s->by.enum_block = e;
	items = resolve_enum_scope(e);
	for (i = 0; i < s->cases.n; i++) {
		struct select_case *c = &s->cases.v[i];

		for (j = 0; j < c->items.n; j++) {
			k = scope_get(&items, c->items.v[j]);
			*VEC_PUSH(&c->values) =
			    k == NOT_FOUND ? 0 : e->items.v[k].value;
		}
		resolve_arm(r, l, c, arms);
	}
}

/* ---- fields ----------------------------------------------------------- */

static bool
has_total(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->fields.n; i++)
		if (l->fields.v[i].total)
			return true;
	return false;
}

static void
resolve_list(const struct resolver *r, struct type *t)
{
	t->list_layout = resolve_layout(r, t->list);
	if (t->list_layout == NULL || t->list_layout->kind == LAYOUT_SUB ||
	    (t->list_layout->kind == LAYOUT_PLAIN && has_total(t->list_layout)))
		return;
	diag_note_at(diag_at("E101", t->list.pos,
			 "a list is of a sub or of a "
			 "layout with a 'total' field, and '%s' is neither",
			 t->list.text),
	    t->list_layout->h.name.pos, "declared here");
}

static void
resolve_type(const struct resolver *r, struct layout *l, struct type *t)
{
	switch (t->kind) {
	case TYPE_INT:
	case TYPE_BYTES:
	case TYPE_REST: break;
	case TYPE_LIST: resolve_list(r, t); break;
	case TYPE_ARRAY: resolve_type(r, l, t->element); break;
	case TYPE_ATTRS:
		if (t->select != NULL)
			resolve_select(r, l, t->select, ARMS_DICTIONARIES);
		else
			resolve_dictionary(r, t->attrs, &t->dictionary);
		break;
	case TYPE_SELECT: resolve_select(r, l, t->select, ARMS_TYPES); break;
	}
}

/* 'size of' and 'count of' */
static void
resolve_target(const struct scope *fields, struct name name, size_t *to)
{
	long i;

	if (name.text == NULL)
		return;
	i = scope_get(fields, name);
	if (i != NOT_FOUND)
		*to = (size_t)i;
}

static void
resolve_field(const struct resolver *r, struct layout *l, struct field *f)
{
	struct scope fields = field_scope(l);

	resolve_type(r, l, &f->type);
	if (f->enum_select != NULL) {
		resolve_select(r, l, f->enum_select, ARMS_ENUMS);
	} else if (f->has_enum) {
		resolve_enum_path(r, &f->path);
	} else if (f->has_bits) {
		f->path.kind = PATH_ENUM;
		f->path.enum_block = resolve_enum(r, f->path.first, true);
	}
	resolve_target(&fields, f->size_of, &f->size_of_field);
	resolve_target(&fields, f->count_of, &f->count_of_field);
	resolve_outcome(r, &f->otherwise);
}

static void
resolve_attributes(const struct resolver *r, struct dictionary *d)
{
	struct scope attrs = {"an attribute", {NULL, 0, 0}};
	size_t i;
	long k;

	for (i = 0; i < d->attrs.n; i++)
		scope_declare(&attrs, d->attrs.v[i].name);
	for (i = 0; i < d->attrs.n; i++) {
		struct attribute *a = &d->attrs.v[i];

		if (a->has_enum)
			resolve_enum_path(r, &a->path);
		if (a->follows.text == NULL)
			continue;
		k = scope_get(&attrs, a->follows);
		if (k != NOT_FOUND)
			a->follows_attr = (size_t)k;
	}
}

void
resolve_layouts(const struct resolver *r)
{
	const struct spec *s = r->spec;
	size_t i, j;

	for (i = 0; i < s->layouts.n; i++) {
		struct layout *l = s->layouts.v[i];
		struct scope fields = {"a field", {NULL, 0, 0}};

		for (j = 0; j < l->fields.n; j++)
			scope_declare(&fields, l->fields.v[j].name);
		for (j = 0; j < l->fields.n; j++)
			resolve_field(r, l, &l->fields.v[j]);
	}
	for (i = 0; i < s->dictionaries.n; i++)
		resolve_attributes(r, s->dictionaries.v[i]);
}
