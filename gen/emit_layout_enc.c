/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoders and printers.  An encoder writes sizes, counts and the total by
 * itself, so that they cannot disagree with what they are of.
 */
#include "gen/emit_layout.h"

#include <inttypes.h>

static const char *
counted_value(const struct layout *l, const struct field *f)
{
	const struct field *what = &l->fields.v[f->count_of_field];
	const struct field *size = layout_size_field(l, f->count_of_field);
	const struct type *element = what->type.element;
	const char *name = what->name.text;

	if (what->type.kind == TYPE_LIST &&
	    what->type.list_layout->kind == LAYOUT_PLAIN)
		return gen_printf("codec_element_count(v->%s, %s)", name,
		    layout_length_place(what->type.list_layout));
	if (what->type.kind == TYPE_LIST)
		return gen_printf("codec_frame_count(v->%s)", name);
	if (size != NULL)
		return gen_printf("(v->%s > 0 ? v->%s.n / v->%s : 0)",
		    size->name.text, name, size->name.text);
	return gen_printf("(v->%s.n / %" PRIu64 ")", name,
	    element->kind == TYPE_INT ? (uint64_t)element->width / 8
				      : element->bound.lo);
}

static void
enc_int(FILE *out, const struct layout *l, const struct field *f)
{
	int width = f->type.width;
	const char *value = gen_printf("v->%s", f->name.text);

	if (f->size_of.text != NULL &&
	    l->fields.v[f->size_of_field].type.kind != TYPE_ARRAY)
		value = gen_printf(
		    "(%s)v->%s.n", emit_uint(width), f->size_of.text);
	else if (f->count_of.text != NULL)
		value =
		    gen_printf("(%s)%s", emit_uint(width), counted_value(l, f));
	else if (f->total)
		value = "0";
	else if (!layout_is_member(f))
		value = gen_printf(
		    "0x%" PRIx64, f->type.has_constant ? f->type.constant : 0);
	fprintf(out, "\twr_u%d(w, %s);", width, value);
	if (!layout_is_member(f))
		fprintf(out, " /* %s */", f->name.text);
	fprintf(out, "\n");
}

static void
enc_octets(FILE *out, const struct field *f, const struct type *t)
{
	fprintf(out, "\tcodec_put(w, v->%s, %" PRIu64 ", %" PRIu64 ");\n",
	    f->name.text, t->bound.lo, t->bound.hi);
}

static void
enc_select(FILE *out, const struct layout *l, const struct field *f)
{
	const struct select *sel = f->type.select;

	emit_layout_switch(out, l, sel);
	for (size_t i = 0; i < sel->cases.n; i++) {
		const struct select_case *k = &sel->cases.v[i];

		emit_layout_case(out, l, sel, k);
		fputc('\t', out);
		enc_octets(out, f, k->type);
		fprintf(out, "\t\tbreak;\n");
	}
	fprintf(out, "\tdefault:\n\t\tw->full = true;\n\t}\n");
}

static void
enc_field(FILE *out, const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i],
			   *size = layout_size_field(l, i);
	const char *name = f->name.text;

	switch (f->type.kind) {
	case TYPE_INT: enc_int(out, l, f); return;
	case TYPE_BYTES:
	case TYPE_REST: enc_octets(out, f, &f->type); return;
	case TYPE_SELECT: enc_select(out, l, f); return;
	case TYPE_LIST:
	case TYPE_ATTRS: fprintf(out, "\twr_bytes(w, v->%s);\n", name); return;
	case TYPE_ARRAY:
		if (size != NULL)
			fprintf(out,
			    "\tif (v->%s == 0 || v->%s.n %% v->%s != 0)\n"
			    "\t\tw->full = true;\n",
			    size->name.text, name, size->name.text);
		fprintf(out, "\twr_bytes(w, v->%s);\n", name);
		return;
	}
}

void
emit_layout_enc(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text);
	const struct field *total = layout_total_field(l);
	uint64_t offset = 0;

	fprintf(out, "void\nenc_%s(struct wr *w, const struct pl_%s *v)\n{\n",
	    name, name);
	if (total != NULL)
		fprintf(out, "\tsize_t mark = wr_span(w).n;\n\n");
	for (size_t i = 0; i < l->fields.n; i++)
		enc_field(out, l, i);
	if (total != NULL) {
		(void)layout_offset(l, (size_t)(total - l->fields.v), &offset);
		fprintf(out,
		    "\tcodec_put_total(w, mark, %" PRIu64 ", %d, %" PRIu64
		    ");\n",
		    offset, total->type.width,
		    total->has_range ? total->range.hi : UINT16_MAX);
	}
	fprintf(out, "}\n\n");
}

static void
dump_enum_select(FILE *out, const struct layout *l, const struct field *f)
{
	const struct select *sel = f->enum_select;

	emit_layout_switch(out, l, sel);
	for (size_t i = 0; i < sel->cases.n; i++) {
		const struct select_case *k = &sel->cases.v[i];

		emit_layout_case(out, l, sel, k);
		fprintf(out, "\t\tenum_print(t, &%s, v->%s);\n\t\tbreak;\n",
		    emit_path_enum(&k->path), f->name.text);
	}
	fprintf(out,
	    "\tdefault:\n\t\ttext_add(t, \"%%u\", (unsigned)v->%s);\n"
	    "\t}\n",
	    f->name.text);
}

static void
dump_attrs(FILE *out, const struct layout *l, const struct field *f)
{
	const struct select *sel = f->type.select;

	if (sel == NULL) {
		fprintf(out, "\tdump_at_%s(t, v->%s);\n",
		    emit_lower(f->type.dictionary->h.name.text), f->name.text);
		return;
	}
	emit_layout_switch(out, l, sel);
	for (size_t i = 0; i < sel->cases.n; i++) {
		const struct select_case *k = &sel->cases.v[i];

		emit_layout_case(out, l, sel, k);
		fprintf(out, "\t\tdump_at_%s(t, v->%s);\n\t\tbreak;\n",
		    emit_lower(k->dictionary->h.name.text), f->name.text);
	}
	fprintf(
	    out, "\tdefault:\n\t\tcodec_dump(t, v->%s);\n\t}\n", f->name.text);
}

static void
dump_int(FILE *out, const struct layout *l, const struct field *f)
{
	const char *name = f->name.text;

	if (f->enum_select != NULL)
		dump_enum_select(out, l, f);
	else if (f->has_enum)
		fprintf(out, "\tenum_print(t, &%s, v->%s);\n",
		    emit_path_enum(&f->path), name);
	else if (f->has_bits)
		fprintf(out, "\tbits_print(t, &%s, v->%s);\n",
		    emit_path_enum(&f->path), name);
	else if (f->chain)
		fprintf(out, "\tenum_print(t, &enum_payload, v->%s);\n", name);
	else
		fprintf(out, "\ttext_add(t, \"%%lu\", (unsigned long)v->%s);\n",
		    name);
}

static void
dump_list(FILE *out, const struct field *f)
{
	const struct layout *element = f->type.list_layout;
	const char *name = emit_lower(element->h.name.text);
	field_vec contexts = layout_contexts(element);

	fprintf(out, "\tfor (pl_%s_first(&%s, v->%s", name, f->name.text,
	    f->name.text);
	for (size_t i = 0; i < contexts.n; i++)
		fprintf(out, ", v->%s", contexts.v[i]->name.text);
	fprintf(out, "); %s.ok;\n\t     pl_%s_next(&%s)) {\n", f->name.text,
	    name, f->name.text);
	fprintf(out,
	    "\t\ttext_add(t, \"[\");\n\t\tdump_%s(t, &%s.item);\n"
	    "\t\ttext_add(t, \"]\");\n\t}\n",
	    name, f->name.text);
}

static void
dump_field(
    FILE *out, const struct layout *l, const struct field *f, const char *space)
{
	fprintf(out, "\ttext_add(t, \"%s%s=\");\n", space, f->name.text);
	switch (f->type.kind) {
	case TYPE_INT: dump_int(out, l, f); return;
	case TYPE_BYTES:
	case TYPE_REST:
	case TYPE_SELECT:
	case TYPE_ARRAY:
		fprintf(out, "\tcodec_dump(t, v->%s);\n", f->name.text);
		return;
	case TYPE_LIST: dump_list(out, f); return;
	case TYPE_ATTRS: dump_attrs(out, l, f); return;
	}
}

void
emit_layout_dump(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text), *space = "";
	bool lists = false;

	fprintf(out,
	    "void\ndump_%s(struct text *t, const struct pl_%s *v)\n{\n", name,
	    name);
	for (size_t i = 0; i < l->fields.n; i++) {
		const struct field *f = &l->fields.v[i];

		if (f->type.kind != TYPE_LIST)
			continue;
		lists = true;
		fprintf(out, "\tstruct pl_%s_it %s;\n",
		    emit_lower(f->type.list.text), f->name.text);
	}
	if (lists)
		fprintf(out, "\n");
	for (size_t i = 0; i < l->fields.n; i++) {
		if (!layout_is_member(&l->fields.v[i]))
			continue;
		dump_field(out, l, &l->fields.v[i], space);
		space = " ";
	}
	fprintf(out, "}\n\n");
}
