/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoders: a straight line of reads and checks, one field after the other,
 * in which the first failure stays, and one look at it at the end.  Where
 * nothing else is said, a failure is PAYLOAD-MALFORMED.
 */
#include "gen/emit_layout.h"

#include <inttypes.h>
#include <string.h>

enum { CHECK_COLUMNS = 51 }; /* that a condition and a notify have on a line */

/* condition and notify are C. */
static void
emit_check(FILE *out, const char *condition, const char *notify)
{
	bool fits = strlen(condition) + strlen(notify) <= CHECK_COLUMNS;

	fprintf(out, "\tcodec_check(&c, %s,%s%s);\n", condition,
	    fits ? " " : "\n\t\t", notify);
}

static const char *
valid_enum(const struct path *path, const struct field *f)
{
	return gen_printf(
	    "enum_valid(&%s, v->%s)", emit_path_enum(path), f->name.text);
}

static void
emit_range(FILE *out, const struct field *f, const char *notify)
{
	const char *name = f->name.text;
	uint64_t most = (UINT64_C(1) << f->type.width) - 1;
	const char *low = "", *high = "";

	if (f->range.lo > 0)
		low = gen_printf("v->%s >= %" PRIu64, name, f->range.lo);
	if (f->range.hi < most)
		high = gen_printf("v->%s <= %" PRIu64, name, f->range.hi);
	if (*low == '\0' && *high == '\0')
		return;
	emit_check(out,
	    gen_printf("%s%s%s", low, *low && *high ? " && " : "", high),
	    notify);
}

static void
emit_enum_select(FILE *out, const struct layout *l, const struct field *f,
    const char *notify)
{
	const struct select *sel = f->enum_select;

	emit_layout_switch(out, l, sel);
	for (size_t i = 0; i < sel->cases.n; i++) {
		const struct select_case *k = &sel->cases.v[i];

		emit_layout_case(out, l, sel, k);
		fputc('\t', out);
		emit_check(out, valid_enum(&k->path, f), notify);
		fprintf(out, "\t\tbreak;\n");
	}
	fprintf(out, "\tdefault:\n\t\tcur_fail(&c, %s);\n\t}\n", notify);
}

/* Everything that the attributes of an integer field demand. */
static void
emit_int_checks(FILE *out, const struct layout *l, const struct field *f,
    const char *notify)
{
	const char *name = f->name.text;

	if (f->enum_select != NULL && !f->lenient)
		emit_enum_select(out, l, f, notify);
	else if (f->has_enum && !f->lenient)
		emit_check(out, valid_enum(&f->path, f), notify);
	if (f->has_bits && !f->lenient)
		emit_check(out,
		    gen_printf("bits_valid(&%s, v->%s)",
			emit_path_enum(&f->path), name),
		    notify);
	if (f->has_range)
		emit_range(out, f, notify);
	if (f->nonzero)
		emit_check(out, gen_printf("v->%s != 0", name), notify);
	if (f->total)
		emit_check(out, gen_printf("v->%s == body.n", name), notify);
}

static void
emit_int(FILE *out, const struct layout *l, const struct field *f)
{
	const char *notify = emit_notify(&f->otherwise);
	uint64_t constant = f->type.has_constant ? f->type.constant : 0;

	if (!layout_is_member(f)) {
		fprintf(out, "\t/* %s */\n", f->name.text);
		emit_check(out,
		    gen_printf("cur_u%d(&c) == %s%" PRIx64, f->type.width,
			constant > 9 ? "0x" : "", constant),
		    notify);
		return;
	}
	fprintf(out, "\tv->%s = cur_u%d(&c);\n", f->name.text, f->type.width);
	emit_int_checks(out, l, f, notify);
}

/*
 * Bytes and rest.  The last field must take all that is left: then a wrong
 * number of octets fails as the spec says for this field.
 */
static void
emit_bytes(FILE *out, const char *indent, const struct layout *l, size_t i,
    const struct type *t)
{
	const struct field *f = &l->fields.v[i],
			   *size = layout_size_field(l, i);
	const char *notify = emit_notify(&f->otherwise);
	bool last = i + 1 == l->fields.n && layout_total_field(l) == NULL;

	fprintf(out, "%sv->%s = ", indent, f->name.text);
	if (t->kind == TYPE_BYTES && size != NULL)
		fprintf(out,
		    "codec_bytes(&c, v->%s, %" PRIu64 ", %" PRIu64 ", %s)",
		    size->name.text, t->bound.lo, t->bound.hi, notify);
	else if (t->kind == TYPE_REST || last)
		fprintf(out, "cur_take_rest(&c, %" PRIu64 ", %" PRIu64 ", %s)",
		    t->bound.lo, t->bound.hi, notify);
	else
		fprintf(out,
		    "codec_bytes(&c, %" PRIu64 ", %" PRIu64 ", %" PRIu64
		    ", %s)",
		    t->bound.lo, t->bound.lo, t->bound.lo, notify);
	fprintf(out, ";\n");
	if (f->nonzero)
		fprintf(out, "%scodec_check(&c, !codec_is_zero(v->%s), %s);\n",
		    indent, f->name.text, notify);
}

static void
emit_array(FILE *out, const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i],
			   *size = layout_size_field(l, i);
	const struct type *element = f->type.element;
	const char *notify = emit_notify(&f->otherwise);
	const char *count = layout_count_field(l, i)->name.text;
	const char *each = size != NULL ? gen_printf("v->%s", size->name.text)
	    : element->kind == TYPE_INT
	    ? gen_printf("%d", element->width / 8)
	    : gen_printf("%" PRIu64, element->bound.lo);

	if (size != NULL)
		emit_check(out,
		    gen_printf("v->%s >= %" PRIu64 " && v->%s <= %" PRIu64,
			size->name.text, element->bound.lo, size->name.text,
			element->bound.hi),
		    notify);
	emit_check(out,
	    gen_printf("v->%s >= %" PRIu64 " && v->%s <= %" PRIu64, count,
		f->type.bound.lo, count, f->type.bound.hi),
	    notify);
	fprintf(out,
	    "\tv->%s = codec_bytes(&c, (size_t)v->%s * %s, 0, UINT16_MAX,\n"
	    "\t\t%s);\n",
	    f->name.text, count, each, notify);
}

static void
emit_attrs(FILE *out, const struct layout *l, const struct field *f)
{
	const struct select *sel = f->type.select;
	const char *notify = emit_notify(&f->otherwise);

	fprintf(out, "\tv->%s = cur_rest(&c);\n", f->name.text);
	fprintf(out, "\tattr_check_all(&c, %s);\n", notify);
	if (sel == NULL)
		return;
	emit_layout_switch(out, l, sel);
	for (size_t i = 0; i < sel->cases.n; i++)
		emit_layout_case(out, l, sel, &sel->cases.v[i]);
	fprintf(out, "\t\tbreak;\n\tdefault:\n\t\tcur_fail(&c, %s);\n\t}\n",
	    notify);
}

static void
emit_select(FILE *out, const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i];
	const struct select *sel = f->type.select;

	emit_layout_switch(out, l, sel);
	for (size_t k = 0; k < sel->cases.n; k++) {
		const struct select_case *one = &sel->cases.v[k];

		emit_layout_case(out, l, sel, one);
		emit_bytes(out, "\t\t", l, i, one->type);
		fprintf(out, "\t\tbreak;\n");
	}
	fprintf(out,
	    "\tdefault:\n\t\tv->%s = SPAN_NONE;\n"
	    "\t\tcur_fail(&c, %s);\n\t}\n",
	    f->name.text, emit_notify(&f->otherwise));
}

/* What a walk through a list does not look into: the decoder of the whole
 * has. */
static bool
is_inner(const struct field *f)
{
	return f->type.kind == TYPE_LIST || f->type.kind == TYPE_ATTRS;
}

static void
emit_field(FILE *out, const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i];

	switch (f->type.kind) {
	case TYPE_INT: emit_int(out, l, f); return;
	case TYPE_BYTES:
	case TYPE_REST: emit_bytes(out, "\t", l, i, &f->type); return;
	case TYPE_LIST:
		fprintf(out, "\tv->%s = cur_rest(&c);\n\tread_%s_%s(&c, v);\n",
		    f->name.text, emit_lower(l->h.name.text), f->name.text);
		return;
	case TYPE_ARRAY: emit_array(out, l, i); return;
	case TYPE_ATTRS: emit_attrs(out, l, f); return;
	case TYPE_SELECT: emit_select(out, l, i); return;
	}
}

/* The 'ascending' field of a listed layout; NULL if there is none. */
static const struct field *
ascending_field(const struct layout *l)
{
	for (size_t i = 0; i < l->fields.n; i++)
		if (l->fields.v[i].ascending)
			return &l->fields.v[i];
	return NULL;
}

static const char *
frame_call(const struct layout *element, const char *notify)
{
	if (element->kind != LAYOUT_PLAIN)
		return gen_printf("codec_frame(c, %s, %s)",
		    emit_enumerator("payload", element->h.name.text), notify);
	return gen_printf(
	    "codec_element(c, %s, %s)", layout_length_place(element), notify);
}

static void
emit_list_loop(FILE *out, const struct field *f)
{
	const struct layout *element = f->type.list_layout;
	const struct field *up = ascending_field(element);
	const char *name = emit_lower(element->h.name.text);
	field_vec contexts = layout_contexts(element);

	fprintf(out, "\twhile (cur_left(c) > 0) {\n");
	fprintf(out, "\t\tstruct span element =\n\t\t\t%s;\n",
	    frame_call(element, emit_notify(&f->otherwise)));
	fprintf(out, "\n\t\tif (c->err != 0)\n\t\t\treturn;\n");
	fprintf(out, "\t\tif (!dec_%s(element, ", name);
	for (size_t i = 0; i < contexts.n; i++)
		fprintf(out, "v->%s, ", contexts.v[i]->name.text);
	fprintf(out,
	    "&item, &notify)) {\n"
	    "\t\t\tcodec_fail_inner(c, notify);\n"
	    "\t\t\treturn;\n\t\t}\n");
	if (up != NULL)
		fprintf(out,
		    "\t\tcodec_check(c, item.%s >= last, %s);\n"
		    "\t\tlast = item.%s;\n",
		    up->name.text, emit_notify(&up->otherwise), up->name.text);
	fprintf(out, "\t\tn++;\n\t}\n");
}

/* A function that walks through one list. */
static void
emit_list_reader(FILE *out, const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i], *count;
	const struct layout *element = f->type.list_layout;
	const char *name = emit_lower(l->h.name.text);
	const char *notify = emit_notify(&f->otherwise);

	count = layout_count_field(l, i);
	fprintf(out,
	    "static void\nread_%s_%s(struct cur *c, const struct pl_%s *v)\n"
	    "{\n\tstruct pl_%s item;\n\tuint16_t notify;\n",
	    name, f->name.text, name, emit_lower(element->h.name.text));
	if (ascending_field(element) != NULL)
		fprintf(out, "\tuint32_t last = 0;\n");
	fprintf(out, "\tsize_t n = 0;\n\n");
	if (count == NULL && layout_contexts(element).n == 0)
		fprintf(out, "\t(void)v;\n");
	emit_list_loop(out, f);
	if (f->type.bound.lo > 0)
		fprintf(out,
		    "\tcodec_check(c, n >= %" PRIu64 " && n <= %" PRIu64
		    ", %s);\n",
		    f->type.bound.lo, f->type.bound.hi, notify);
	else
		fprintf(out, "\tcodec_check(c, n <= %" PRIu64 ", %s);\n",
		    f->type.bound.hi, notify);
	if (count != NULL)
		fprintf(out, "\tcodec_check(c, n == v->%s, %s);\n",
		    count->name.text, notify);
	fprintf(out, "}\n\n");
}

/* Octets that a layout has at least: its fields in front of a variable one. */
static uint64_t
least_size(const struct layout *l)
{
	uint64_t size = 0;

	for (size_t i = 0; i <= l->fields.n; i++) {
		uint64_t offset;

		if (!layout_offset(l, i, &offset))
			break;
		size = offset;
	}
	return size;
}

/*
 * A layout with its own length fails by that field's outcome when its fixed
 * part is not all there.  One without variable fields is the head of
 * something longer, so what follows it is not looked at.
 */
static void
emit_body(FILE *out, const struct layout *l, bool inner)
{
	const struct field *total = layout_total_field(l);
	uint64_t size;

	if (total != NULL)
		fprintf(out, "\tcodec_check(&c, body.n >= %" PRIu64 ", %s);\n",
		    least_size(l), emit_notify(&total->otherwise));
	for (size_t i = 0; i < l->fields.n; i++)
		if (inner || !is_inner(&l->fields.v[i]))
			emit_field(out, l, i);
		else
			fprintf(out, "\tv->%s = cur_bytes(&c, cur_left(&c));\n",
			    l->fields.v[i].name.text);
	if (total == NULL || !layout_fixed_size(l, &size))
		fprintf(out, "\tcodec_check(&c, cur_left(&c) == 0, %s);\n",
		    total != NULL ? emit_notify(&total->otherwise)
				  : "CODEC_MALFORMED");
}

/* A decoder's function; inner: it looks into lists and attributes. */
static void
emit_function(
    FILE *out, const struct layout *l, const char *prototype, bool inner)
{
	field_vec contexts = layout_contexts(l);

	fprintf(out, "%s\n{\n\tstruct cur c = cur_of(body);\n\n", prototype);
	for (size_t i = 0; i < contexts.n; i++)
		fprintf(out, "\tv->%s = %s;\n", contexts.v[i]->name.text,
		    contexts.v[i]->name.text);
	if (l->kind != LAYOUT_PLAIN)
		fprintf(out, "\tv->body = body;\n");
	emit_body(out, l, inner);
	fprintf(out, "\treturn codec_end(&c, notify);\n}\n\n");
}

void
emit_layout_dec(FILE *out, const struct layout *l)
{
	for (size_t i = 0; i < l->fields.n; i++)
		if (l->fields.v[i].type.kind == TYPE_LIST)
			emit_list_reader(out, l, i);
	emit_function(out, l, layout_dec_prototype(l, "dec", "\n"), true);
}

const char *
emit_layout_part(FILE *out, const struct layout *l)
{
	for (size_t i = 0; i < l->fields.n; i++) {
		if (!is_inner(&l->fields.v[i]))
			continue;
		fprintf(out, "static ");
		emit_function(
		    out, l, layout_dec_prototype(l, "part", "\n"), false);
		return "part";
	}
	return "dec";
}
