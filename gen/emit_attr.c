/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attr.gen.[ch]: for each dictionary a struct with the attributes of one
 * transform, a decoder that says which attribute makes the transform unusable
 * and why, an encoder and a printer.  A broken structure fails the message; an
 * unsuitable attribute only costs its transform, RFC 2408 5.6.
 */
#include "gen/emit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAIRS = 4, MOST_NUMBER = 31 /* 'has' is a mask of 32 bits */ };

static int
compare_numbers(const void *a, const void *b)
{
	const struct attribute *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

/* The attributes by ascending number. */
static const struct attribute **
by_number(const struct dictionary *d)
{
	const struct attribute **v = gen_alloc((d->attrs.n + 1) * sizeof *v);

	for (size_t i = 0; i < d->attrs.n; i++)
		v[i] = &d->attrs.v[i];
	qsort(v, d->attrs.n, sizeof *v, compare_numbers);
	return v;
}

static void
check_numbers_fit(const struct dictionary *d)
{
	for (size_t i = 0; i < d->attrs.n; i++)
		if (d->attrs.v[i].number > MOST_NUMBER)
			diag_at("E301", d->attrs.v[i].number_pos,
			    "attribute numbers above %d have no code",
			    MOST_NUMBER);
}

static const char *
dictionary_name(const struct dictionary *d)
{
	return emit_lower(d->h.name.text);
}

static const char *
attr_enumerator(const struct dictionary *d, const struct attribute *a)
{
	return gen_printf(
	    "AT_%s_%s", emit_upper(d->h.name.text), emit_upper(a->name.text));
}

static const char *
has_bit(const struct dictionary *d, const struct attribute *a)
{
	return gen_printf("1U << %s", attr_enumerator(d, a));
}

static const char *
value_type(const struct attribute *a)
{
	if (a->has_bytes)
		return "struct span";
	return a->class == ATTR_BASIC ? "uint16_t" : "uint32_t";
}

/* The attribute that follows this one; NULL if none does. */
static const struct attribute *
follower(const struct dictionary *d, const struct attribute *a)
{
	for (size_t i = 0; i < d->attrs.n; i++)
		if (d->attrs.v[i].follows.text != NULL &&
		    &d->attrs.v[d->attrs.v[i].follows_attr] == a)
			return &d->attrs.v[i];
	return NULL;
}

/* LIFE_TYPE and LIFE_DURATION are life[].type and life[].duration. */
struct pair {
	const struct attribute *first, *second;
	const char *list, *first_member, *second_member;
};

static struct pair
pair_of(const struct attribute *first, const struct attribute *second)
{
	const char *a = emit_lower(first->name.text);
	const char *b = emit_lower(second->name.text);
	const char *bar = strrchr(a, '_');
	size_t n = bar != NULL ? (size_t)(bar - a) : 0;

	if (n == 0 || strncmp(a, b, n + 1) != 0)
		return (struct pair){first, second, a, a, b};
	return (struct pair){
	    first, second, gen_strndup(a, n), a + n + 1, b + n + 1};
}

static void
emit_attr_member(
    FILE *out, const struct dictionary *d, const struct attribute *a)
{
	const struct attribute *second = follower(d, a);
	struct pair p;

	if (a->follows.text != NULL)
		return;
	if (second == NULL) {
		fprintf(
		    out, "\t%s %s;", value_type(a), emit_lower(a->name.text));
		if (a->has_enum)
			fprintf(out, " /* enum %s */",
			    emit_path_enum(&a->path) + 5);
		fprintf(out, "\n");
		return;
	}
	p = pair_of(a, second);
	fprintf(out,
	    "\tstruct {\n\t\t%s %s;\n\t\t%s %s;\n\t} %s[%d];\n"
	    "\tuint8_t n_%s;\n",
	    value_type(a), p.first_member, value_type(second), p.second_member,
	    p.list, MAX_PAIRS, p.list);
}

/* Defaults by name, for code that must know one when nothing was sent. */
static void
emit_fallbacks(FILE *out, const struct dictionary *d)
{
	for (size_t i = 0; i < d->attrs.n; i++)
		if (d->attrs.v[i].has_default)
			fprintf(out, "enum { %s_DEFAULT = %" PRIu64 " };\n",
			    attr_enumerator(d, &d->attrs.v[i]),
			    d->attrs.v[i].fallback);
}

static void
emit_dictionary_h(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	emit_doc(out, "", d->h.doc);
	fprintf(out, "/* %s */\nenum at_%s_number {\n", emit_refs(&d->h.refs),
	    name);
	for (size_t i = 0; i < d->attrs.n; i++)
		fprintf(out, "\t%s = %" PRIu64 "%s\n",
		    attr_enumerator(d, &d->attrs.v[i]), d->attrs.v[i].number,
		    i + 1 < d->attrs.n ? "," : "");
	fprintf(out, "};\nextern const struct enum_def enum_at_%s;\n", name);
	emit_fallbacks(out, d);
	fprintf(out,
	    "struct at_%s {\n"
	    "\tuint32_t has; /* bit 1U << AT_*: was sent, is to be sent */\n",
	    name);
	for (size_t i = 0; i < d->attrs.n; i++)
		emit_attr_member(out, d, &d->attrs.v[i]);
	fprintf(out,
	    "\tuint16_t bad;    /* first unusable attribute; 0 none, "
	    "0xffff number 0 */\n"
	    "\tconst char *why; /* what is wrong with it */\n};\n");
	fprintf(out,
	    "NODISCARD bool dec_at_%s(struct span attrs, struct at_%s *v);\n"
	    "void enc_at_%s(struct wr *w, const struct at_%s *v);\n"
	    "void dump_at_%s(struct text *t, struct span attrs);\n\n",
	    name, name, name, name, name);
}

void
emit_attr_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {
	    "engine/base/codec.h", "engine/base/enums.h", NULL};
	struct spec o = emit_order(s);

	emit_head_h(
	    out, &o, "GEN_ATTR_GEN_H", "Attributes of transforms.", includes);
	fprintf(out,
	    "/*\n"
	    " * dec_at_*: false only if the octets are no attributes at "
	    "all.  Else look at\n"
	    " *     v->bad: the transform cannot be used when it is not 0."
	    "  Where the spec\n"
	    " *     has a default it is filled in, and 'has' stays clear.\n"
	    " * enc_at_*: those that 'has' names, by ascending number.\n"
	    " * dump_at_*: NAME=value for each attribute as sent.\n"
	    " */\n\n");
	for (size_t i = 0; i < o.dictionaries.n; i++)
		emit_dictionary_h(out, o.dictionaries.v[i]);
	fprintf(out, "#endif\n");
}

/* ---- decoding ------------------------------------------------------------ */

static void
emit_refusal(FILE *out, const char *condition, const char *why)
{
	fprintf(out, "\tif (%s)\n\t\treturn \"%s\";\n", condition, why);
}

static void
emit_value_range(FILE *out, const struct attribute *a)
{
	const char *low = "";

	if (!a->has_range)
		return;
	if (a->range.lo > 0)
		low = gen_printf("a->value < %" PRIu64 " || ", a->range.lo);
	emit_refusal(out, gen_printf("%sa->value > %" PRIu64, low, a->range.hi),
	    "value is out of range");
}

/* Form, length and value of one attribute. */
static void
emit_value_checks(FILE *out, const struct attribute *a)
{
	if (a->class == ATTR_BASIC)
		emit_refusal(out, "!a->basic", "must be sent in basic form");
	if (a->has_uint || a->has_bytes)
		emit_refusal(out,
		    gen_printf("!a->basic && (a->bytes.n < %" PRIu64
			       " || a->bytes.n > %" PRIu64 ")",
			a->bound.lo, a->bound.hi),
		    "length is out of range");
	if (a->has_enum)
		emit_refusal(out,
		    gen_printf(
			"!enum_valid(&%s, a->value)", emit_path_enum(&a->path)),
		    "value is not known");
	emit_value_range(out, a);
}

static const char *
value_expression(const struct attribute *a)
{
	if (a->has_bytes)
		return "a->bytes";
	return a->class == ATTR_BASIC ? "(uint16_t)a->value" : "a->value";
}

static void
emit_setter_head(
    FILE *out, const struct dictionary *d, const struct attribute *a)
{
	const char *name = dictionary_name(d);

	fprintf(out,
	    "static const char *\n"
	    "%s_%s(struct at_%s *v, const struct attr *a)\n{\n",
	    name, emit_lower(a->name.text), name);
}

static void
emit_setter(FILE *out, const struct dictionary *d, const struct attribute *a)
{
	emit_setter_head(out, d, a);
	emit_refusal(
	    out, gen_printf("v->has & %s", has_bit(d, a)), "is given twice");
	fprintf(out, "\tv->has |= %s;\n", has_bit(d, a));
	emit_value_checks(out, a);
	fprintf(out, "\tv->%s = %s;\n\treturn NULL;\n}\n\n",
	    emit_lower(a->name.text), value_expression(a));
}

/* The bit of the second one is clear while the last pair is without it. */
static void
emit_first_setter(FILE *out, const struct dictionary *d, const struct pair *p)
{
	emit_setter_head(out, d, p->first);
	emit_value_checks(out, p->first);
	if (!p->second->has_default)
		emit_refusal(out,
		    gen_printf("v->n_%s > 0 && !(v->has & %s)", p->list,
			has_bit(d, p->second)),
		    gen_printf(
			"comes again before its %s", p->second->name.text));
	emit_refusal(out, gen_printf("v->n_%s == %d", p->list, MAX_PAIRS),
	    "is given too often");
	fprintf(out,
	    "\tfor (size_t i = 0; i < v->n_%s; i++)\n"
	    "\t\tif (v->%s[i].%s == a->value)\n"
	    "\t\t\treturn \"is given twice\";\n",
	    p->list, p->list, p->first_member);
	fprintf(out, "\tv->has |= %s;\n\tv->has &= ~(%s);\n",
	    has_bit(d, p->first), has_bit(d, p->second));
	fprintf(out, "\tv->%s[v->n_%s].%s = %s;\n", p->list, p->list,
	    p->first_member, value_expression(p->first));
	if (p->second->has_default)
		fprintf(out, "\tv->%s[v->n_%s].%s = %" PRIu64 ";\n", p->list,
		    p->list, p->second_member, p->second->fallback);
	fprintf(out, "\tv->n_%s++;\n\treturn NULL;\n}\n\n", p->list);
}

static void
emit_second_setter(FILE *out, const struct dictionary *d, const struct pair *p)
{
	emit_setter_head(out, d, p->second);
	emit_value_checks(out, p->second);
	emit_refusal(out,
	    gen_printf(
		"v->n_%s == 0 || v->has & %s", p->list, has_bit(d, p->second)),
	    gen_printf("comes without a %s before it", p->first->name.text));
	fprintf(out, "\tv->has |= %s;\n", has_bit(d, p->second));
	fprintf(out, "\tv->%s[v->n_%s - 1].%s = %s;\n\treturn NULL;\n}\n\n",
	    p->list, p->list, p->second_member, value_expression(p->second));
}

static void
emit_setters(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	for (size_t i = 0; i < d->attrs.n; i++) {
		const struct attribute *a = &d->attrs.v[i];
		const struct attribute *second = follower(d, a);
		struct pair p;

		if (second == NULL && a->follows.text == NULL)
			emit_setter(out, d, a);
		if (second == NULL)
			continue;
		p = pair_of(a, second);
		emit_first_setter(out, d, &p);
		emit_second_setter(out, d, &p);
	}
	fprintf(out,
	    "static const char *\n"
	    "set_%s(struct at_%s *v, const struct attr *a)\n{\n"
	    "\tswitch (a->number) {\n",
	    name, name);
	for (size_t i = 0; i < d->attrs.n; i++)
		fprintf(out, "\tcase %s:\n\t\treturn %s_%s(v, a);\n",
		    attr_enumerator(d, &d->attrs.v[i]), name,
		    emit_lower(d->attrs.v[i].name.text));
	fprintf(out, "\tdefault:\n\t\treturn \"is not known\";\n\t}\n}\n\n");
}

/* The first value of a type, for a pair that is there by default. */
static const char *
least_value(const struct attribute *a)
{
	if (a->has_enum)
		return gen_printf("(%s)%s.items[0].value", value_type(a),
		    emit_path_enum(&a->path));
	return gen_printf("%" PRIu64, a->has_range ? a->range.lo : 0);
}

/* Values of pairs and of single attributes that were not sent. */
static void
emit_fallback(FILE *out, const struct dictionary *d, const struct attribute *a)
{
	struct pair p;

	if (a->follows.text == NULL) {
		fprintf(out,
		    "\tif (!(v->has & %s))\n\t\tv->%s = %" PRIu64 ";\n",
		    has_bit(d, a), emit_lower(a->name.text), a->fallback);
		return;
	}
	p = pair_of(&d->attrs.v[a->follows_attr], a);
	fprintf(out,
	    "\tif (v->n_%s == 0) {\n"
	    "\t\tv->%s[0].%s = %s;\n"
	    "\t\tv->%s[0].%s = %" PRIu64 ";\n"
	    "\t\tv->n_%s = 1;\n\t}\n",
	    p.list, p.list, p.first_member, least_value(p.first), p.list,
	    p.second_member, a->fallback, p.list);
}

static bool
has_finish(const struct dictionary *d)
{
	for (size_t i = 0; i < d->attrs.n; i++)
		if (d->attrs.v[i].required || d->attrs.v[i].has_default ||
		    d->attrs.v[i].follows.text != NULL)
			return true;
	return false;
}

/* After the last attribute: what is missing, and the defaults. */
static void
emit_finish(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	if (!has_finish(d))
		return;
	fprintf(
	    out, "static void\nfinish_%s(struct at_%s *v)\n{\n", name, name);
	for (size_t i = 0; i < d->attrs.n; i++) {
		const struct attribute *a = &d->attrs.v[i];

		if (a->required)
			fprintf(out,
			    "\tif (!(v->has & %s))\n"
			    "\t\trefuse_%s(v, %s, \"is missing\");\n",
			    has_bit(d, a), name, attr_enumerator(d, a));
		if (a->has_default)
			emit_fallback(out, d, a);
		else if (a->follows.text != NULL)
			fprintf(out,
			    "\tif (v->n_%s > 0 && !(v->has & %s))\n"
			    "\t\trefuse_%s(v, %s, \"is missing\");\n",
			    pair_of(&d->attrs.v[a->follows_attr], a).list,
			    has_bit(d, a), name, attr_enumerator(d, a));
	}
	fprintf(out, "}\n\n");
}

static void
emit_decoder(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	fprintf(out,
	    "static void\n"
	    "refuse_%s(struct at_%s *v, uint16_t number, const char *why)\n"
	    "{\n\tif (v->bad != 0)\n\t\treturn;\n"
	    "\tv->bad = number != 0 ? number : UINT16_MAX;\n"
	    "\tv->why = why;\n}\n\n",
	    name, name);
	emit_finish(out, d);
	fprintf(out,
	    "bool\ndec_at_%s(struct span attrs, struct at_%s *v)\n{\n"
	    "\tstruct cur c = cur_of(attrs);\n\tstruct attr a;\n\n"
	    "\t*v = (struct at_%s){0};\n"
	    "\twhile (attr_next(&c, &a)) {\n"
	    "\t\tconst char *why = set_%s(v, &a);\n\n"
	    "\t\tif (why != NULL)\n"
	    "\t\t\trefuse_%s(v, a.number, why);\n\t}\n",
	    name, name, name, name, name);
	if (has_finish(d))
		fprintf(out, "\tfinish_%s(v);\n", name);
	fprintf(out, "\treturn c.err == 0;\n}\n\n");
}

/* ---- encoding and printing ----------------------------------------------- */

static void
emit_put(FILE *out, const struct dictionary *d, const struct attribute *a)
{
	const struct attribute *second = follower(d, a);
	struct pair p;

	if (a->follows.text != NULL)
		return;
	if (second == NULL) {
		fprintf(out,
		    "\tif (v->has & %s)\n\t\tattr_put%s(w, %s, v->%s);\n",
		    has_bit(d, a), a->has_bytes ? "_bytes" : "",
		    attr_enumerator(d, a), emit_lower(a->name.text));
		return;
	}
	p = pair_of(a, second);
	fprintf(out,
	    "\tfor (size_t i = 0; v->has & %s && i < v->n_%s; i++) {\n"
	    "\t\tattr_put(w, %s, v->%s[i].%s);\n"
	    "\t\tattr_put(w, %s, v->%s[i].%s);\n\t}\n",
	    has_bit(d, a), p.list, attr_enumerator(d, a), p.list,
	    p.first_member, attr_enumerator(d, second), p.list,
	    p.second_member);
}

static void
emit_encoder(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	fprintf(out,
	    "void\nenc_at_%s(struct wr *w, const struct at_%s *v)\n{\n", name,
	    name);
	for (size_t i = 0; i < d->attrs.n; i++)
		emit_put(out, d, by_number(d)[i]);
	fprintf(out, "}\n\n");
}

static void
emit_printer(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	fprintf(out,
	    "static void\nshow_%s(struct text *t, const struct attr *a)\n"
	    "{\n\tswitch (a->number) {\n",
	    name);
	for (size_t i = 0; i < d->attrs.n; i++)
		if (d->attrs.v[i].has_enum)
			fprintf(out,
			    "\tcase %s:\n"
			    "\t\tenum_print(t, &%s, a->value);\n"
			    "\t\tbreak;\n",
			    attr_enumerator(d, &d->attrs.v[i]),
			    emit_path_enum(&d->attrs.v[i].path));
	fprintf(out,
	    "\tdefault:\n\t\tif (a->bytes.n <= 4)\n"
	    "\t\t\ttext_add(t, \"%%lu\", (unsigned long)a->value);\n"
	    "\t\telse\n\t\t\tcodec_dump(t, a->bytes);\n\t}\n}\n\n");
	fprintf(out,
	    "void\ndump_at_%s(struct text *t, struct span attrs)\n{\n"
	    "\tstruct cur c = cur_of(attrs);\n\tstruct attr a;\n"
	    "\tconst char *comma = \"\";\n\n"
	    "\twhile (attr_next(&c, &a)) {\n"
	    "\t\ttext_add(t, \"%%s\", comma);\n"
	    "\t\tenum_print(t, &enum_at_%s, a.number);\n"
	    "\t\ttext_add(t, \"=\");\n\t\tshow_%s(t, &a);\n"
	    "\t\tcomma = \",\";\n\t}\n}\n\n",
	    name, name, name);
}

static void
emit_name_table(FILE *out, const struct dictionary *d)
{
	const char *name = dictionary_name(d);

	fprintf(out, "static const struct enum_item at_%s_items[] = {\n", name);
	for (size_t i = 0; i < d->attrs.n; i++)
		fprintf(out, "\t{%s, \"%s\", NULL},\n",
		    attr_enumerator(d, by_number(d)[i]),
		    by_number(d)[i]->name.text);
	fprintf(out,
	    "};\nconst struct enum_def enum_at_%s = {\n"
	    "\t.name = \"%s\",\n\t.items = at_%s_items,\n\t.n = %zu,\n"
	    "};\n\n",
	    name, d->h.name.text, name, d->attrs.n);
}

void
emit_attr_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {
	    "gen/attr.gen.h", "gen/enums.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_c(out, &o, "Codecs of attributes.", includes);
	for (size_t i = 0; i < o.dictionaries.n; i++) {
		const struct dictionary *d = o.dictionaries.v[i];

		check_numbers_fit(d);
		emit_name_table(out, d);
		emit_setters(out, d);
		emit_decoder(out, d);
		emit_encoder(out, d);
		emit_printer(out, d);
	}
}
