/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --table: registries, layouts, dictionaries, algorithms, policies, options. */
#include "gen/emit_table.h"

#include <inttypes.h>

static const char *
range_words(const struct range *r)
{
	if (r->lo == r->hi)
		return gen_printf("[%" PRIu64 "]", r->lo);
	return gen_printf("[%" PRIu64 "..%" PRIu64 "]", r->lo, r->hi);
}

static const char *
path_words(const struct path *p)
{
	if (p->second.text == NULL)
		return p->first.text;
	return gen_printf("%s.%s", p->first.text, p->second.text);
}

static void
list_enum(FILE *out, const struct enum_block *b)
{
	fprintf(out, "%s %s u%d\n", b->bits ? "bits" : "enum", b->h.name.text,
	    b->width);
	for (size_t i = 0; i < b->items.n; i++) {
		const struct enum_item *t = &b->items.v[i];

		fprintf(out,
		    b->bits ? "    0x%04" PRIx64 " %s" : "    %6" PRIu64 " %s",
		    t->value, t->name.text);
		if (t->text != NULL)
			fprintf(out, " \"%s\"", t->text);
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
}

void
table_registries(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->enums.n; i++)
		list_enum(out, s->enums.v[i]);
}

/* ---- layouts and dictionaries -------------------------------------------- */

static const char *type_words(const struct type *t);

/* "by P.protocol { AH => hash.ah; ... }" with types, enums or dictionaries. */
static const char *
select_words(const struct select *sel)
{
	const char *text = gen_printf("by %s {", path_words(&sel->by));

	for (size_t i = 0; i < sel->cases.n; i++) {
		const struct select_case *k = &sel->cases.v[i];

		for (size_t j = 0; j < k->items.n; j++)
			text = gen_printf("%s %s", text, k->items.v[j].text);
		text = gen_printf("%s => %s;", text,
		    k->type != NULL ? type_words(k->type)
				    : path_words(&k->path));
	}
	return gen_printf("%s }", text);
}

static const char *
type_words(const struct type *t)
{
	switch (t->kind) {
	case TYPE_INT:
		if (t->has_constant)
			return gen_printf(
			    "u%d = %#" PRIx64, t->width, t->constant);
		return gen_printf("u%d", t->width);
	case TYPE_BYTES: return gen_printf("bytes%s", range_words(&t->bound));
	case TYPE_REST: return gen_printf("rest%s", range_words(&t->bound));
	case TYPE_LIST:
		return gen_printf(
		    "list %s%s", t->list.text, range_words(&t->bound));
	case TYPE_ARRAY:
		return gen_printf("array%s of %s", range_words(&t->bound),
		    type_words(t->element));
	case TYPE_ATTRS:
		return gen_printf("attrs %s",
		    t->select != NULL ? select_words(t->select)
				      : t->attrs.text);
	case TYPE_SELECT: return select_words(t->select);
	}
	return "";
}

static void
list_field(FILE *out, const struct field *f)
{
	static const char *const words[] = {
	    "zero", "nonzero", "lenient", "chain", "total", "ascending"};
	const bool set[] = {
	    f->zero, f->nonzero, f->lenient, f->chain, f->total, f->ascending};

	fprintf(out, "    %-11s %s", f->name.text, type_words(&f->type));
	if (f->enum_select != NULL)
		fprintf(out, " enum %s", select_words(f->enum_select));
	else if (f->has_enum || f->has_bits)
		fprintf(out, " %s %s", f->has_enum ? "enum" : "bits",
		    path_words(&f->path));
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
		if (set[i])
			fprintf(out, " %s", words[i]);
	if (f->has_range)
		fprintf(out, " in %s", range_words(&f->range));
	if (f->size_of.text != NULL)
		fprintf(out, " size of %s", f->size_of.text);
	if (f->count_of.text != NULL)
		fprintf(out, " count of %s", f->count_of.text);
	if (f->otherwise.kind != OUTCOME_NONE)
		fprintf(out, " else %s",
		    f->otherwise.notify.text != NULL ? f->otherwise.notify.text
						     : "drop");
	fprintf(out, "\n");
}

static void
list_layout(FILE *out, const struct layout *l)
{
	static const char *const kinds[] = {
	    [LAYOUT_PLAIN] = "layout",
	    [LAYOUT_PAYLOAD] = "payload",
	    [LAYOUT_SUB] = "sub",
	};

	fprintf(out, "%s %s", kinds[l->kind], l->h.name.text);
	if (l->kind != LAYOUT_PLAIN)
		fprintf(out, " (%" PRIu64 ")", l->number);
	fprintf(out, "\n");
	for (size_t i = 0; i < l->fields.n; i++)
		list_field(out, &l->fields.v[i]);
	fprintf(out, "\n");
}

static void
list_attribute(FILE *out, const struct dictionary *d, const struct attribute *a)
{
	fprintf(out, "    %2" PRIu64 " %-14s %s", a->number, a->name.text,
	    a->class == ATTR_BASIC ? "basic" : "variable");
	if (a->has_enum)
		fprintf(out, " enum %s", path_words(&a->path));
	if (a->has_range)
		fprintf(out, " in %s", range_words(&a->range));
	if (a->has_uint || a->has_bytes)
		fprintf(out, " %s%s", a->has_uint ? "uint" : "bytes",
		    range_words(&a->bound));
	if (a->required)
		fprintf(out, " required");
	if (a->repeats)
		fprintf(out, " repeats");
	if (a->follows.text != NULL)
		fprintf(
		    out, " follows %s", d->attrs.v[a->follows_attr].name.text);
	if (a->has_default)
		fprintf(out, " default %" PRIu64, a->fallback);
	fprintf(out, "\n");
}

void
table_layouts(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->dictionaries.n; i++) {
		const struct dictionary *d = s->dictionaries.v[i];

		fprintf(out, "dictionary %s\n", d->h.name.text);
		for (size_t k = 0; k < d->attrs.n; k++)
			list_attribute(out, d, &d->attrs.v[k]);
		fprintf(out, "\n");
	}
	for (size_t i = 0; i < s->layouts.n; i++)
		list_layout(out, s->layouts.v[i]);
	for (size_t i = 0; i < s->vendors.n; i++) {
		const struct vendor *v = s->vendors.v[i];

		fprintf(out, "vendor %s ", v->name.text);
		for (size_t k = 0; k < v->bytes.n; k++)
			fprintf(out, "%02x", v->bytes.v[k]);
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
}

/* ---- algorithms, policies, limits ---------------------------------------- */

void
table_algs(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->algs.n; i++) {
		const struct alg *a = s->algs.v[i];

		fprintf(
		    out, "%-6s %-9s", alg_class_name(a->class), a->h.name.text);
		for (size_t k = 0; k < a->columns.n; k++) {
			const struct alg_column *c = &a->columns.v[k];

			fprintf(out, " %s", c->name.text);
			for (size_t v = 0; v < c->numbers.n; v++)
				fprintf(out, "%c%" PRIu64, v > 0 ? ',' : '=',
				    c->numbers.v[v]);
			if (c->word != NULL)
				fprintf(out, "=%s", c->word);
		}
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
}

static void
list_names(FILE *out, const char *before, const name_vec *names)
{
	for (size_t i = 0; i < names->n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : before, names->v[i].text);
}

static void
list_row(FILE *out, const struct policy_row *r)
{
	static const char *const kinds[] = {
	    [ROW_ISAKMP] = "isakmp",
	    [ROW_ESP] = "esp",
	    [ROW_AH] = "ah",
	};

	fprintf(out, "    %s", kinds[r->kind]);
	if (r->cipher.text != NULL)
		fprintf(out, " %s", r->cipher.text);
	for (size_t i = 0; i < r->key_bits.n; i++)
		fprintf(
		    out, "%s%" PRIu64, i > 0 ? ", " : " ", r->key_bits.v[i]);
	list_names(out, r->kind == ROW_AH ? " " : " with ", &r->hashes);
	list_names(out, " group ", &r->groups);
	fprintf(out, "\n");
}

void
table_policies(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->policies.n; i++) {
		const struct policy *p = s->policies.v[i];

		fprintf(out, "policy %s%s\n", p->h.name.text,
		    p->is_default ? " default" : "");
		for (size_t k = 0; k < p->rows.n; k++)
			list_row(out, &p->rows.v[k]);
		for (size_t k = 0; k < p->words.n; k++) {
			fprintf(out, "    %s", p->words.v[k].key.text);
			list_names(out, " ", &p->words.v[k].words);
			fprintf(out, "\n");
		}
		fprintf(out, "\n");
	}
	for (size_t i = 0; i < s->limits.n; i++) {
		for (size_t k = 0; k < s->limits.v[i]->limits.n; k++)
			fprintf(out, "limit %s = %" PRIu64 "\n",
			    s->limits.v[i]->limits.v[k].name.text,
			    s->limits.v[i]->limits.v[k].value);
		fprintf(out, "\n");
	}
}

/* ---- options ------------------------------------------------------------- */

static void
list_option(FILE *out, size_t i, const struct option *o)
{
	fprintf(out, "    %2zu --%s", i, o->name.text);
	if (emit_metavar(o) != NULL)
		fprintf(out, " %s", emit_metavar(o));
	if (o->alias.text != NULL)
		fprintf(out, " alias %s", o->alias.text);
	if (o->kind == OPTION_BIT || o->kind == OPTION_MASK)
		fprintf(out, " %s %s %#" PRIx64,
		    o->kind == OPTION_BIT ? "bit of" : "mask of",
		    o->path.enum_block->h.name.text, o->bit);
	if (o->has_range)
		fprintf(out, " in %s", range_words(&o->range));
	if (o->has_default && o->default_word != NULL)
		fprintf(out, " default %s", o->default_word);
	else if (o->has_default)
		fprintf(out, " default %" PRIu64, o->default_number);
	fprintf(out, "%s%s%s", o->end ? " end" : "",
	    o->repeats ? " repeats" : "", o->local ? " local" : "");
	list_names(out, " in ", &o->in);
	if (o->selects.text != NULL)
		fprintf(out, " selects %s", o->selects.text);
	fprintf(out, "\n");
}

void
table_programs(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->programs.n; i++) {
		const struct program *p = s->programs.v[i];

		fprintf(out, "program %s\n", p->h.name.text);
		for (size_t k = 0; k < p->forms.n; k++) {
			fprintf(out, "    form %s = %s (%" PRIu64 ")",
			    p->forms.v[k].name.text, p->forms.v[k].op.text,
			    p->forms.v[k].op_value);
			list_names(out, " needs ", &p->forms.v[k].needs);
			fprintf(out, "\n");
		}
		for (size_t k = 0; k < p->options.n; k++)
			list_option(out, k, &p->options.v[k]);
		list_names(out, "    refused ", &p->refused);
		fprintf(out, "\n\n");
	}
}
