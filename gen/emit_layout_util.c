/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about layouts, and the text that their emitters share. */
#include "gen/emit_layout.h"

#include <inttypes.h>
#include <string.h>

bool
layout_is_member(const struct field *f)
{
	return !f->zero && !f->type.has_constant;
}

const char *
layout_c_type(const struct field *f)
{
	return f->type.kind == TYPE_INT ? emit_uint(f->type.width)
					: "struct span";
}

const struct field *
layout_size_field(const struct layout *l, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (l->fields.v[j].size_of.text != NULL &&
		    l->fields.v[j].size_of_field == i)
			return &l->fields.v[j];
	return NULL;
}

const struct field *
layout_count_field(const struct layout *l, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (l->fields.v[j].count_of.text != NULL &&
		    l->fields.v[j].count_of_field == i)
			return &l->fields.v[j];
	return NULL;
}

const struct field *
layout_total_field(const struct layout *l)
{
	for (size_t i = 0; i < l->fields.n; i++)
		if (l->fields.v[i].total)
			return &l->fields.v[i];
	return NULL;
}

/* Octets of a field that always has as many. */
static bool
field_fixed_size(const struct layout *l, size_t i, uint64_t *size)
{
	const struct field *f = &l->fields.v[i];

	if (f->type.kind == TYPE_INT) {
		*size = (uint64_t)f->type.width / 8;
		return true;
	}
	*size = f->type.bound.lo;
	return f->type.kind == TYPE_BYTES &&
	    f->type.bound.lo == f->type.bound.hi &&
	    layout_size_field(l, i) == NULL;
}

bool
layout_offset(const struct layout *l, size_t i, uint64_t *offset)
{
	*offset = 0;
	for (size_t j = 0; j < i; j++) {
		uint64_t size;

		if (!field_fixed_size(l, j, &size))
			return false;
		*offset += size;
	}
	return true;
}

bool
layout_fixed_size(const struct layout *l, uint64_t *size)
{
	return layout_offset(l, l->fields.n, size);
}

const char *
layout_length_place(const struct layout *l)
{
	const struct field *total = layout_total_field(l);
	uint64_t offset = 0;

	(void)layout_offset(l, (size_t)(total - l->fields.v), &offset);
	return gen_printf("%" PRIu64 ", %d", offset, total->type.width);
}

static void
add_context(field_vec *all, const struct select *sel)
{
	const struct field *f;

	if (sel == NULL || sel->by.kind != PATH_OUTER)
		return;
	f = &sel->by.outer->fields.v[sel->by.field];
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i] == f)
			return;
	*VEC_PUSH(all) = f;
}

field_vec
layout_contexts(const struct layout *l)
{
	field_vec all = {0};

	for (size_t i = 0; i < l->fields.n; i++) {
		add_context(&all, l->fields.v[i].enum_select);
		add_context(&all, l->fields.v[i].type.select);
	}
	return all;
}

const char *
layout_dec_prototype(
    const struct layout *l, const char *verb, const char *separator)
{
	const char *name = emit_lower(l->h.name.text);
	field_vec contexts = layout_contexts(l);
	const char *text =
	    gen_printf("bool%s%s_%s(struct span body, ", separator, verb, name);

	for (size_t i = 0; i < contexts.n; i++)
		text = gen_printf("%s%s %s, ", text,
		    layout_c_type(contexts.v[i]), contexts.v[i]->name.text);
	return gen_printf("%sstruct pl_%s *v, uint16_t *notify)", text, name);
}

static const struct field *
select_field(const struct layout *l, const struct select *sel)
{
	if (sel->by.kind == PATH_OUTER)
		return &sel->by.outer->fields.v[sel->by.field];
	return &l->fields.v[sel->by.field];
}

void
emit_layout_switch(FILE *out, const struct layout *l, const struct select *sel)
{
	fprintf(out, "\tswitch (v->%s) {\n", select_field(l, sel)->name.text);
}

void
emit_layout_case(FILE *out, const struct layout *l, const struct select *sel,
    const struct select_case *k)
{
	const struct path *by = &select_field(l, sel)->path;

	for (size_t i = 0; i < k->items.n; i++)
		fprintf(out, "\tcase %s:\n",
		    emit_enumerator(
			by->enum_block->h.name.text, k->items.v[i].text));
}
