/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enums.gen.[ch]: one C enum and one name table for each enum and bits block,
 * for the payload numbers, and for each numbered column of the algorithms.
 */
#include "gen/emit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A name table to be, from whichever kind of block. */
struct entry {
	uint64_t value;
	const char *name, *text;
};
struct registry {
	const char *name; /* as the spec says it */
	const char *tag;  /* in C */
	const char *doc, *refs;
	bool bits;
	VEC(struct entry) entries; /* ascending by value */
};
typedef VEC(struct registry) registry_vec;

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

static void
registry_add(
    struct registry *r, uint64_t value, const char *name, const char *text)
{
	*VEC_PUSH(&r->entries) = (struct entry){value, name, text};
	qsort(
	    r->entries.v, r->entries.n, sizeof *r->entries.v, compare_entries);
}

static void
add_block(registry_vec *all, const struct enum_block *b)
{
	struct registry *r = VEC_PUSH(all);

	r->name = b->h.name.text;
	r->tag = emit_lower(b->h.name.text);
	r->doc = b->h.doc;
	r->refs = emit_refs(&b->h.refs);
	r->bits = b->bits;
	for (size_t i = 0; i < b->items.n; i++)
		registry_add(r, b->items.v[i].value, b->items.v[i].name.text,
		    b->items.v[i].text);
}

static void
add_payloads(registry_vec *all, const struct spec *s)
{
	struct registry *r = VEC_PUSH(all);

	r->name = r->tag = "payload";
	r->refs = "RFC 2408 3.1";
	registry_add(r, 0, "NONE", NULL);
	for (size_t i = 0; i < s->layouts.n; i++)
		if (s->layouts.v[i]->kind != LAYOUT_PLAIN)
			registry_add(r, s->layouts.v[i]->number,
			    s->layouts.v[i]->h.name.text, NULL);
}

/* A registry of its own for each path of the kind class.column. */
static void
add_column(registry_vec *all, const struct spec *s, enum alg_class class,
    const char *column)
{
	struct registry r = {.refs = ""};
	const char *name = alg_class_name(class);

	r.name = gen_printf("%s.%s", name, column);
	r.tag = gen_printf("%s_%s", name, column);
	for (size_t i = 0; i < s->algs.n; i++) {
		const struct alg *a = s->algs.v[i];

		if (a->class == class && alg_column(a, column) != NULL)
			registry_add(&r, alg_column_number(a, column),
			    a->h.name.text, NULL);
	}
	if (r.entries.n > 0)
		*VEC_PUSH(all) = r;
}

static registry_vec
registries(const struct spec *s)
{
	registry_vec all = {0};

	for (size_t i = 0; i < s->enums.n; i++)
		add_block(&all, s->enums.v[i]);
	add_payloads(&all, s);
	for (size_t i = 0; i < emit_n_columns; i++)
		if (emit_columns[i].shape == COLUMN_REGISTRY)
			add_column(&all, s, emit_columns[i].class,
			    emit_columns[i].name);
	return all;
}

static void
emit_registry_h(FILE *out, const struct registry *r)
{
	emit_doc(out, "", r->doc);
	if (*r->refs != '\0')
		fprintf(out, "/* %s */\n", r->refs);
	fprintf(out, "enum %s {\n", r->tag);
	for (size_t i = 0; i < r->entries.n; i++)
		fprintf(out,
		    r->bits ? "\t%s = 0x%" PRIx64 "%s\n"
			    : "\t%s = %" PRIu64 "%s\n",
		    emit_enumerator(r->tag, r->entries.v[i].name),
		    r->entries.v[i].value, i + 1 < r->entries.n ? "," : "");
	fprintf(out, "};\nextern const struct enum_def enum_%s;\n\n", r->tag);
}

void
emit_enums_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/base/enums.h", NULL};
	struct spec o = emit_order(s);
	registry_vec all = registries(&o);

	emit_head_h(out, &o, "GEN_ENUMS_GEN_H",
	    "Registries: numbers and their names.", includes);
	for (size_t i = 0; i < all.n; i++)
		emit_registry_h(out, &all.v[i]);
	fprintf(out, "#endif\n");
}

static void
emit_registry_c(FILE *out, const struct registry *r)
{
	fprintf(out, "static const struct enum_item %s_items[] = {\n", r->tag);
	for (size_t i = 0; i < r->entries.n; i++)
		fprintf(out, "\t{%s, %s, %s},\n",
		    emit_enumerator(r->tag, r->entries.v[i].name),
		    emit_string(r->entries.v[i].name),
		    emit_string(r->entries.v[i].text));
	fprintf(out, "};\n");
	fprintf(out,
	    "const struct enum_def enum_%s = {\n"
	    "\t.name = \"%s\",\n\t.bits = %s,\n\t.items = %s_items,\n"
	    "\t.n = %zu,\n};\n\n",
	    r->tag, r->name, r->bits ? "true" : "false", r->tag, r->entries.n);
}

void
emit_enums_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"gen/enums.gen.h", NULL};
	struct spec o = emit_order(s);
	registry_vec all = registries(&o);

	emit_head_c(out, &o, "The name tables of the registries.", includes);
	for (size_t i = 0; i < all.n; i++)
		emit_registry_c(out, &all.v[i]);
}
