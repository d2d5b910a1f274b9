/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E201 to E206: what a layout says must be possible to encode, and to decode
 * by reading from left to right, and for everything that can be wrong in it
 * there is an answer.  Lengths (E202, E203) are in check_extent.c.
 */
#include <inttypes.h>
#include <string.h>

#include "gen/check_extent.h"
#include "gen/emit_layout.h"
#include "gen/specc.h"

enum {
	CHAIN_END = 0, /* the 'next payload' that ends a chain */
	NUMBER_MAX = 255
};

/* A field, with what is around it. */
struct place {
	const struct spec *s;
	const struct layout *l;
	size_t i;
	const struct field *f;
};

static bool
is_variable(const struct type *t)
{
	return t->kind == TYPE_BYTES && t->bound.lo != t->bound.hi;
}

/* ---- E201: order and dependence of fields ----------------------------- */

static bool
takes_rest(const struct type *t)
{
	size_t i;

	switch (t->kind) {
	case TYPE_INT:
	case TYPE_BYTES:
	case TYPE_ARRAY: return false;
	case TYPE_REST:
	case TYPE_LIST:
	case TYPE_ATTRS: return true;
	case TYPE_SELECT:
		for (i = 0; i < t->select->cases.n; i++)
			if (takes_rest(t->select->cases.v[i].type))
				return true;
		return false;
	}
	return false;
}

static void
check_rest(struct place at)
{
	const struct field *next = at.f + 1;

	if (!takes_rest(&at.f->type) || at.i + 1 == at.l->fields.n)
		return;
	diag_note_at(diag_at("E201", at.f->type.pos,
			 "'%s' takes all that is "
			 "left and must be the last field",
			 at.f->name.text),
	    next->name.pos, "nothing remains for this one");
}

static void
need_measure(struct place at, const char *has, const char *measure)
{
	diag_hint(diag_at("E201", at.f->name.pos,
		      "'%s' has a variable %s, but "
		      "no field is '%s of %s'",
		      at.f->name.text, has, measure, at.f->name.text),
	    "write a field 'NAME : u8 %s of %s;' in front of it", measure,
	    at.f->name.text);
}

/* Is there such a field at all?  Whether it is in front: check_target. */
static bool
has_size(struct place at)
{
	size_t j;

	for (j = 0; j < at.l->fields.n; j++)
		if (at.l->fields.v[j].size_of.text != NULL &&
		    at.l->fields.v[j].size_of_field == at.i)
			return true;
	return false;
}

static bool
has_count(struct place at)
{
	size_t j;

	for (j = 0; j < at.l->fields.n; j++)
		if (at.l->fields.v[j].count_of.text != NULL &&
		    at.l->fields.v[j].count_of_field == at.i)
			return true;
	return false;
}

/* What varies has a field that says how much. */
static void
check_measured(struct place at)
{
	const struct type *t = &at.f->type;

	if (is_variable(t) && !has_size(at))
		need_measure(at, "length", "size");
	if (t->kind != TYPE_ARRAY)
		return;
	if (!has_count(at))
		need_measure(at, "count", "count");
	if (t->element->kind != TYPE_BYTES)
		diag_at("E201", t->element->pos, "an array is of bytes");
	else if (is_variable(t->element) && !has_size(at))
		need_measure(at, "length of elements", "size");
}

/* The arms of a 'by' are of fixed length, or take the rest. */
static void
check_arms(const struct select *s)
{
	size_t i;

	for (i = 0; i < s->cases.n; i++) {
		const struct type *t = s->cases.v[i].type;

		if (t->kind == TYPE_REST ||
		    (t->kind == TYPE_BYTES && !is_variable(t)))
			continue;
		diag_at("E201", t->pos,
		    "an arm of 'by' is bytes of a fixed "
		    "length, or rest");
	}
}

/* 'size of' and 'count of' name a later field that has a size or count. */
static void
check_target(
    struct place at, struct name target, size_t index, const char *measure)
{
	const struct field *to = &at.l->fields.v[index];
	bool size = strcmp(measure, "size") == 0;
	enum type_kind kind = to->type.kind;
	const struct field *first;
	struct diag *d = NULL;

	if (target.text == NULL)
		return;
	first = size ? layout_size_field(at.l, index)
		     : layout_count_field(at.l, index);
	if (index <= at.i)
		d = diag_at("E201", target.pos,
		    "'%s of %s' stands behind "
		    "'%s'",
		    measure, target.text, target.text);
	else if (size ? !is_variable(&to->type) && kind != TYPE_ARRAY
		      : kind != TYPE_LIST && kind != TYPE_ARRAY)
		d = diag_at("E201", target.pos, "'%s' has no %s of its own",
		    target.text, measure);
	else if (first != at.f)
		d = diag_at("E201", target.pos, "'%s' is '%s of %s' already",
		    first->name.text, measure, target.text);
	if (d != NULL)
		diag_note_at(d, to->name.pos, "declared here");
}

/* Every layout that lists this one must have the field that selects in it. */
static void
check_outer(struct place at, const struct path *by)
{
	size_t i, j, found = 0;

	for (i = 0; i < at.s->layouts.n; i++)
		for (j = 0; j < at.s->layouts.v[i]->fields.n; j++) {
			const struct type *t =
			    &at.s->layouts.v[i]->fields.v[j].type;

			if (t->kind != TYPE_LIST || t->list_layout != at.l)
				continue;
			found++;
			if (at.s->layouts.v[i] == by->outer && by->field < j)
				continue;
			diag_note_at(diag_at("E201", by->first.pos,
					 "'%s.%s' is not known in this "
					 "list of '%s'",
					 by->first.text, by->second.text,
					 at.l->h.name.text),
			    t->list.pos, "list is here");
		}
	if (found == 0)
		diag_at("E201", by->first.pos, "'%s' has no list of '%s'",
		    by->first.text, at.l->h.name.text);
}

static void
check_selector(struct place at, const struct select *s)
{
	const struct path *by;

	if (s == NULL)
		return;
	by = &s->by;
	if (by->kind == PATH_OUTER)
		check_outer(at, by);
	else if (by->field >= at.i)
		diag_note_at(diag_at("E201", by->first.pos,
				 "'by' needs an "
				 "earlier field, and '%s' is not",
				 by->first.text),
		    at.l->fields.v[by->field].name.pos, "declared here");
}

/* Words that make sense for integers only. */
static void
check_integer_words(struct place at)
{
	const struct field *f = at.f;
	const char *word = f->has_enum ? "enum"
	    : f->has_bits              ? "bits"
	    : f->has_range             ? "in"
	    : f->zero                  ? "zero"
	    : f->chain                 ? "chain"
	    : f->total                 ? "total"
	    : f->ascending             ? "ascending"
	    : f->size_of.text          ? "size of"
	    : f->count_of.text         ? "count of"
				       : NULL;

	if (f->type.kind != TYPE_INT && word != NULL)
		diag_at("E201", f->type.pos,
		    "'%s' needs an integer, and '%s' "
		    "is none",
		    word, f->name.text);
}

/* The length of a list's element is read before the element is. */
static void
check_total_place(struct place at)
{
	size_t i;

	for (i = 0; at.f->total && i < at.i; i++)
		if (takes_rest(&at.l->fields.v[i].type) ||
		    is_variable(&at.l->fields.v[i].type) ||
		    at.l->fields.v[i].type.kind == TYPE_ARRAY ||
		    at.l->fields.v[i].type.kind == TYPE_SELECT)
			diag_note_at(diag_at("E201", at.f->name.pos,
					 "'total' stands behind a field of "
					 "variable length"),
			    at.l->fields.v[i].name.pos, "this one");
}

static void
check_places(struct place at)
{
	check_rest(at);
	check_measured(at);
	if (at.f->type.kind == TYPE_SELECT)
		check_arms(at.f->type.select);
	check_target(at, at.f->size_of, at.f->size_of_field, "size");
	check_target(at, at.f->count_of, at.f->count_of_field, "count");
	check_selector(at, at.f->type.select);
	check_selector(at, at.f->enum_select);
	check_integer_words(at);
	check_total_place(at);
}

/* ---- E204: cases of 'by' ---------------------------------------------- */

static const struct name *
find_case(const struct select *s, uint64_t value, const struct name * not )
{
	size_t i, j;

	for (i = 0; i < s->cases.n; i++)
		for (j = 0; j < s->cases.v[i].items.n; j++)
			if (s->cases.v[i].values.v[j] == value &&
			    &s->cases.v[i].items.v[j] != not )
				return &s->cases.v[i].items.v[j];
	return NULL;
}

static void
check_case_twice(const struct select *s)
{
	const struct name *item, *first;
	size_t i, j;

	for (i = 0; i < s->cases.n; i++)
		for (j = 0; j < s->cases.v[i].items.n; j++) {
			item = &s->cases.v[i].items.v[j];
			first = find_case(s, s->cases.v[i].values.v[j], NULL);
			if (first != item)
				diag_note_at(
				    diag_at("E204", item->pos,
					"'by' covers '%s' twice", item->text),
				    first->pos, "first here");
		}
}

static void
check_cover(const struct select *s, const struct outcome *otherwise)
{
	const struct enum_block *e;
	size_t i;

	if (s == NULL)
		return;
	check_case_twice(s);
	e = s->by.enum_block;
	for (i = 0; otherwise->kind == OUTCOME_NONE && i < e->items.n; i++) {
		const struct enum_item *item = &e->items.v[i];
		struct diag *d;

		if (find_case(s, item->value, NULL) != NULL)
			continue;
		d = diag_at("E204", s->pos,
		    "'by' does not cover '%s', and "
		    "there is no 'else'",
		    item->name.text);
		diag_note_at(d, item->name.pos, "declared here");
		diag_hint(d,
		    "add '%s => ...;', or 'else NOTIFY' behind the '}'",
		    item->name.text);
	}
}

/* ---- E205: numbers and nesting ---------------------------------------- */

static void
check_number(const struct spec *s, size_t at)
{
	const struct layout *l = s->layouts.v[at];
	size_t i;

	if (l->kind == LAYOUT_PLAIN)
		return;
	if (l->number == CHAIN_END || l->number > NUMBER_MAX)
		diag_at("E205", l->number_pos,
		    "the number of '%s' is "
		    "not in 1..%d",
		    l->h.name.text, NUMBER_MAX);
	for (i = 0; i < at; i++)
		if (s->layouts.v[i]->kind != LAYOUT_PLAIN &&
		    s->layouts.v[i]->number == l->number)
			diag_note_at(
			    diag_at("E205", l->number_pos,
				"'%s' has the number of '%s'", l->h.name.text,
				s->layouts.v[i]->h.name.text),
			    s->layouts.v[i]->number_pos, "first declared here");
}

static bool
contains(const struct layout *l, const struct layout *sub, int depth)
{
	size_t i;

	for (i = 0; depth > 0 && i < l->fields.n; i++)
		if (l->fields.v[i].type.kind == TYPE_LIST &&
		    (l->fields.v[i].type.list_layout == sub ||
			contains(
			    l->fields.v[i].type.list_layout, sub, depth - 1)))
			return true;
	return false;
}

static void
check_nesting(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->fields.n; i++) {
		const struct type *t = &l->fields.v[i].type;

		if (t->kind == TYPE_LIST &&
		    (t->list_layout == l ||
			contains(t->list_layout, l, EXTENT_DEPTH)))
			diag_at("E205", t->list.pos,
			    "'%s' would contain "
			    "itself through this list",
			    l->h.name.text);
	}
}

/* ---- E206: an answer to every failure --------------------------------- */

/* A 'rest' with a bound that the length of the whole implies cannot fail. */
static bool
rest_can_fail(const struct layout *l, const struct type *rest)
{
	struct extent all = layout_extent(l);

	return rest->bound.lo > 0 || all.min + rest->bound.hi < layout_limit(l);
}

static bool
can_fail(const struct layout *l, const struct field *f)
{
	switch (f->type.kind) {
	case TYPE_INT:
		return f->type.has_constant || f->has_range || f->zero ||
		    f->nonzero || f->total || f->ascending ||
		    ((f->has_enum || f->has_bits) && !f->lenient);
	case TYPE_BYTES: return f->nonzero || is_variable(&f->type);
	case TYPE_REST: return f->nonzero || rest_can_fail(l, &f->type);
	case TYPE_LIST:
	case TYPE_ARRAY:
	case TYPE_ATTRS:
	case TYPE_SELECT: break;
	}
	return true;
}

static void
check_answer(struct place at)
{
	if (at.f->otherwise.kind == OUTCOME_NONE && can_fail(at.l, at.f))
		diag_hint(diag_at("E206", at.f->name.pos,
			      "'%s' can fail, and "
			      "does not say how",
			      at.f->name.text),
		    "write 'else NOTIFY' or 'else drop'");
}

void
check_layouts(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->layouts.n; i++) {
		const struct layout *l = s->layouts.v[i];

		for (j = 0; j < l->fields.n; j++) {
			struct place at = {s, l, j, &l->fields.v[j]};

			check_places(at);
			check_cover(at.f->enum_select, &at.f->otherwise);
			check_cover(at.f->type.select, &at.f->otherwise);
			check_answer(at);
		}
		check_number(s, i);
		check_nesting(l);
	}
	check_extents(s);
}
