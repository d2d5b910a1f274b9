/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.gen.[ch]: a struct, a decoder, an encoder and a printer for each
 * layout, payload and sub; iterators over lists; the table of payloads and
 * the vendor ids.  The functions themselves come from emit_layout_dec.c and
 * emit_layout_enc.c.
 */
#include "gen/emit_layout.h"

#include <inttypes.h>
#include <string.h>

static const char *
member_comment(const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i];

	if (f->size_of.text != NULL &&
	    l->fields.v[f->size_of_field].type.kind != TYPE_ARRAY)
		return gen_printf(
		    "of %s; written by the encoder", f->size_of.text);
	if (f->size_of.text != NULL)
		return gen_printf("of each element of %s", f->size_of.text);
	if (f->count_of.text != NULL)
		return gen_printf(
		    "of %s; written by the encoder", f->count_of.text);
	if (f->total)
		return "octets of the whole; written by the encoder";
	if (f->chain)
		return "enum payload";
	if (f->has_enum && f->enum_select == NULL)
		return gen_printf("enum %s", emit_path_enum(&f->path) + 5);
	if (f->has_bits)
		return gen_printf(
		    "bits of enum %s", emit_path_enum(&f->path) + 5);
	if (f->type.kind == TYPE_LIST)
		return gen_printf("pl_%s_first", emit_lower(f->type.list.text));
	if (f->type.kind == TYPE_ATTRS)
		return "attr_next, at_find, dec_at_*";
	return NULL;
}

static void
emit_member(FILE *out, const char *type, const char *name, const char *comment)
{
	fprintf(out, "\t%s %s;", type, name);
	if (comment != NULL)
		fprintf(out, " /* %s */", comment);
	fprintf(out, "\n");
}

static const char *
layout_title(const struct layout *l)
{
	const char *name = l->h.name.text;

	if (l->kind == LAYOUT_PLAIN)
		return name;
	return gen_printf("%s %s (%" PRIu64 ")",
	    l->kind == LAYOUT_PAYLOAD ? "payload" : "sub", name, l->number);
}

static void
emit_struct(FILE *out, const struct layout *l)
{
	field_vec contexts = layout_contexts(l);

	fprintf(out, "/* %s, %s */\n", layout_title(l), emit_refs(&l->h.refs));
	emit_doc(out, "", l->h.doc);
	fprintf(out, "struct pl_%s {\n", emit_lower(l->h.name.text));
	for (size_t i = 0; i < contexts.n; i++)
		emit_member(out, layout_c_type(contexts.v[i]),
		    contexts.v[i]->name.text, "of what contains this one");
	for (size_t i = 0; i < l->fields.n; i++)
		if (layout_is_member(&l->fields.v[i]))
			emit_member(out, layout_c_type(&l->fields.v[i]),
			    l->fields.v[i].name.text, member_comment(l, i));
	if (l->kind != LAYOUT_PLAIN)
		emit_member(out, "struct span", "body",
		    "all of it, as received; not for the encoder");
	fprintf(out, "};\n");
}

/* Where the octets are that are filled in after the rest was written. */
static void
emit_offsets(FILE *out, const struct layout *l)
{
	const char *name = emit_upper(l->h.name.text);
	uint64_t offset;

	if (l->kind != LAYOUT_PLAIN || !layout_fixed_size(l, &offset))
		return;
	fprintf(out, "enum {\n\tSIZE_%s = %" PRIu64, name, offset);
	for (size_t i = 0; i < l->fields.n; i++) {
		const struct field *f = &l->fields.v[i];

		if ((f->chain || f->total) && layout_offset(l, i, &offset))
			fprintf(out, ",\n\tOFFSET_%s_%s = %" PRIu64, name,
			    emit_upper(f->name.text), offset);
	}
	fprintf(out, "\n};\n");
}

static void
emit_functions_h(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text);

	fprintf(out, "NODISCARD %s;\n", layout_dec_prototype(l, "dec", " "));
	fprintf(out, "void enc_%s(struct wr *w, const struct pl_%s *v);\n",
	    name, name);
	fprintf(out, "void dump_%s(struct text *t, const struct pl_%s *v);\n\n",
	    name, name);
}

/* Is there a list of these anywhere? */
static bool
is_listed(const struct spec *s, const struct layout *l)
{
	for (size_t i = 0; i < s->layouts.n; i++)
		for (size_t j = 0; j < s->layouts.v[i]->fields.n; j++)
			if (s->layouts.v[i]->fields.v[j].type.list_layout == l)
				return true;
	return false;
}

static const char *
iterator_prototype(const struct layout *l, const char *separator)
{
	const char *name = emit_lower(l->h.name.text);
	field_vec contexts = layout_contexts(l);
	const char *text = gen_printf("void%spl_%s_first(struct pl_%s_it *it, "
				      "struct span list",
	    separator, name, name);

	for (size_t i = 0; i < contexts.n; i++)
		text = gen_printf("%s, %s %s", text,
		    layout_c_type(contexts.v[i]), contexts.v[i]->name.text);
	return gen_printf("%s)", text);
}

static void
emit_iterator_h(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text);
	field_vec contexts = layout_contexts(l);

	fprintf(out,
	    "/* for (pl_%s_first(&it, list); it.ok; pl_%s_next(&it)) "
	    "use(it.item); */\n",
	    name, name);
	fprintf(out, "struct pl_%s_it {\n\tstruct span rest;\n", name);
	for (size_t i = 0; i < contexts.n; i++)
		emit_member(out, layout_c_type(contexts.v[i]),
		    contexts.v[i]->name.text, NULL);
	fprintf(out, "\tstruct pl_%s item;\n\tbool ok;\n};\n", name);
	fprintf(out, "%s;\n", iterator_prototype(l, " "));
	fprintf(out, "void pl_%s_next(struct pl_%s_it *it);\n\n", name, name);
}

static size_t
count_payloads(const struct spec *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->layouts.n; i++)
		n += s->layouts.v[i]->kind == LAYOUT_PAYLOAD;
	return n;
}

void
emit_layout_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/base/codec.h",
	    "engine/core/table.h", "gen/enums.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_h(out, &o, "GEN_LAYOUT_GEN_H",
	    "What goes over the wire: structs and their codecs.", includes);
	fprintf(out,
	    "/*\n"
	    " * dec_*: check everything that the spec says about the "
	    "octets, lists inside\n"
	    " *     included.  Spans in *v borrow from the input.  False: "
	    "*notify is the\n"
	    " *     first failure, 0 when it is not to be answered.\n"
	    " * enc_*: write the octets; what breaks a bound of the spec "
	    "does not fit (w->full).\n"
	    " * dump_*: one line of name=value.\n"
	    " * pl_*_first, pl_*_next: through a list that a decoder has "
	    "accepted; they look at\n"
	    " *     the fields of each element, not into its lists "
	    "again.\n"
	    " */\n\n");
	for (size_t i = 0; i < o.layouts.n; i++) {
		const struct layout *l = o.layouts.v[i];

		emit_struct(out, l);
		emit_offsets(out, l);
		emit_functions_h(out, l);
		if (is_listed(&o, l))
			emit_iterator_h(out, l);
	}
	fprintf(out,
	    "/* Payloads that may stand in a message, by number; then a "
	    "row of zeros. */\n"
	    "enum { N_PAYLOADS = %zu };\n"
	    "extern const struct payload_def payload_defs[];\n"
	    "/* NULL when there is none of that number. */\n"
	    "const struct payload_def *payload_find(uint8_t number);\n\n",
	    count_payloads(&o));
	fprintf(out,
	    "/* Vendor IDs known by name; then a row of zeros. */\n"
	    "struct vendor_def {\n\tconst char *name;\n"
	    "\tstruct span id;\n};\n"
	    "enum { N_VENDORS = %zu };\n"
	    "extern const struct vendor_def vendor_defs[];\n\n#endif\n",
	    o.vendors.n);
}

/* The call that cuts one element of the list off. */
static const char *
element_call(const struct layout *l)
{
	if (l->kind != LAYOUT_PLAIN)
		return gen_printf("codec_frame(&c, %s, CODEC_MALFORMED)",
		    emit_enumerator("payload", l->h.name.text));
	return gen_printf(
	    "codec_element(&c, %s, CODEC_MALFORMED)", layout_length_place(l));
}

static void
emit_iterator_c(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text);
	const char *verb = emit_layout_part(out, l);
	field_vec contexts = layout_contexts(l);

	fprintf(
	    out, "%s\n{\n\tit->rest = list;\n", iterator_prototype(l, "\n"));
	for (size_t i = 0; i < contexts.n; i++)
		fprintf(out, "\tit->%s = %s;\n", contexts.v[i]->name.text,
		    contexts.v[i]->name.text);
	fprintf(out, "\tpl_%s_next(it);\n}\n\n", name);
	fprintf(out, "void\npl_%s_next(struct pl_%s_it *it)\n{\n", name, name);
	fprintf(out,
	    "\tstruct cur c = cur_of(it->rest);\n"
	    "\tuint16_t notify;\n\tstruct span element;\n\n"
	    "\tit->ok = false;\n\tif (it->rest.n == 0)\n"
	    "\t\treturn;\n");
	fprintf(out, "\telement = %s;\n", element_call(l));
	fprintf(out, "\tit->rest = cur_rest(&c);\n");
	fprintf(out, "\tit->ok = c.err == 0 && %s_%s(element, ", verb, name);
	for (size_t i = 0; i < contexts.n; i++)
		fprintf(out, "it->%s, ", contexts.v[i]->name.text);
	fprintf(out, "&it->item,\n\t\t&notify);\n}\n\n");
}

static void
emit_payload_wrappers(FILE *out, const struct layout *l)
{
	const char *name = emit_lower(l->h.name.text);

	fprintf(out,
	    "static bool\n"
	    "check_%s(struct span body, uint16_t *notify)\n"
	    "{\n\tstruct pl_%s v;\n\n"
	    "\treturn dec_%s(body, &v, notify);\n}\n\n",
	    name, name, name);
	fprintf(out,
	    "static void\n"
	    "show_%s(struct text *out, struct span body)\n"
	    "{\n\tstruct pl_%s v;\n\tuint16_t notify;\n\n"
	    "\tif (dec_%s(body, &v, &notify))\n"
	    "\t\tdump_%s(out, &v);\n"
	    "\telse\n\t\tcodec_dump(out, body);\n}\n\n",
	    name, name, name, name);
}

static void
emit_payload_table(FILE *out, const struct spec *s)
{
	fprintf(out, "const struct payload_def payload_defs[] = {\n");
	for (size_t i = 0; i < s->layouts.n; i++) {
		const struct layout *l = s->layouts.v[i];
		const char *name = emit_lower(l->h.name.text);

		if (l->kind == LAYOUT_PAYLOAD)
			fprintf(out, "\t{%s, \"%s\", check_%s, show_%s},\n",
			    emit_enumerator("payload", l->h.name.text),
			    l->h.name.text, name, name);
	}
	fprintf(out, "\t{0, NULL, NULL, NULL},\n};\n\n");
	fprintf(out,
	    "const struct payload_def *\n"
	    "payload_find(uint8_t number)\n{\n"
	    "\tfor (const struct payload_def *d = payload_defs; "
	    "d->name != NULL; d++)\n"
	    "\t\tif (d->number == number)\n\t\t\treturn d;\n"
	    "\treturn NULL;\n}\n\n");
}

static void
emit_vendor_bytes(FILE *out, const struct vendor *v)
{
	struct wrap w = {out, "\t", 0};

	fprintf(out, "/* %s */\nstatic const uint8_t vendor_%s[] = {\n\t",
	    emit_refs(&v->refs), emit_lower(v->name.text));
	w.column = 8;
	for (size_t i = 0; i < v->bytes.n; i++)
		wrap_add(&w, gen_printf("0x%02x,", v->bytes.v[i]));
	fprintf(out, "\n};\n");
}

static void
emit_vendors(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->vendors.n; i++)
		emit_vendor_bytes(out, s->vendors.v[i]);
	fprintf(out, "\nconst struct vendor_def vendor_defs[] = {\n");
	for (size_t i = 0; i < s->vendors.n; i++) {
		const char *name = emit_lower(s->vendors.v[i]->name.text);

		fprintf(out, "\t{\"%s\", {vendor_%s, sizeof vendor_%s}},\n",
		    s->vendors.v[i]->name.text, name, name);
	}
	fprintf(out, "\t{NULL, {NULL, 0}},\n};\n");
}

static void
emit_codecs(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->layouts.n; i++) {
		const struct layout *l = s->layouts.v[i];

		fprintf(out, "/* ---- %s ---- */\n\n", layout_title(l));
		emit_layout_dec(out, l);
		emit_layout_enc(out, l);
		emit_layout_dump(out, l);
		if (is_listed(s, l))
			emit_iterator_c(out, l);
		if (l->kind == LAYOUT_PAYLOAD)
			emit_payload_wrappers(out, l);
	}
}

void
emit_layout_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {
	    "gen/layout.gen.h", "gen/algs.gen.h", "gen/attr.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_c(out, &o, "The codecs of everything on the wire.", includes);
	emit_codecs(out, &o);
	emit_payload_table(out, &o);
	emit_vendors(out, &o);
}
