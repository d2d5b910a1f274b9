/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Productions of the blocks that describe bytes and numbers: enums, layouts,
 * dictionaries, algorithms and vendor ids.
 */
#include <ctype.h>
#include <string.h>

#include "gen/parse.h"
#include "gen/specc.h"

static int
parse_width(struct parser *p)
{
	if (parse_accept(p, "u8"))
		return 8;
	if (parse_accept(p, "u16"))
		return 16;
	if (parse_accept(p, "u32"))
		return 32;
	parse_fail(p, "'u8', 'u16' or 'u32'");
	return 0;
}

/* ---- enums ------------------------------------------------------------ */

static void
parse_ranges(struct parser *p, range_vec *ranges)
{
	*VEC_PUSH(ranges) = parse_range(p);
	parse_expect(p, ";");
}

static void
parse_enum_item(struct parser *p, struct enum_block *e)
{
	bool named = strcmp(parse_ahead(p)->text, "=") == 0;
	struct enum_item *item;

	if (!named && parse_accept(p, "reserved")) {
		parse_ranges(p, &e->reserved);
		return;
	}
	if (!named && parse_accept(p, "private")) {
		parse_ranges(p, &e->private_use);
		return;
	}
	item = VEC_PUSH(&e->items);
	item->name = parse_name(p, "a name, 'reserved' or 'private'");
	parse_expect(p, "=");
	item->value = parse_number(p, "a number", &item->value_pos);
	if (parse_at_kind(p, TOKEN_STRING))
		item->text = parse_string(p, "a text");
	parse_end(p, "a text");
}

void
parse_enum(struct parser *p, const char *doc, bool bits)
{
	struct enum_block *e = gen_alloc(sizeof *e);
	struct pos open;

	*VEC_PUSH(&p->spec->enums) = e;
	e->bits = bits;
	e->h.doc = doc;
	e->h.name = parse_name(p, "the name of the enum");
	parse_expect(p, ":");
	e->width = parse_width(p);
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		if (!parse_ref(p, &e->h.refs))
			parse_enum_item(p, e);
}

/* ---- types ------------------------------------------------------------ */

static struct type parse_type(struct parser *p);

/* by path { ID {, ID} => type | path ; } */
static struct select *
parse_select(struct parser *p, bool of_types)
{
	struct select *s = gen_alloc(sizeof *s);
	struct pos open;

	s->pos = parse_here(p);
	parse_expect(p, "by");
	s->by = parse_path(p, "the field that decides");
	if (!parse_open(p, &open))
		return s;
	while (parse_more(p, open)) {
		struct select_case *c = VEC_PUSH(&s->cases);

		parse_names(p, &c->items, "an item of the enum");
		parse_expect(p, "=>");
		if (of_types) {
			c->type = gen_alloc(sizeof *c->type);
			*c->type = parse_type(p);
		} else {
			c->path = parse_path(p, "a name");
		}
		parse_expect(p, ";");
	}
	return s;
}

static void
parse_int_type(struct parser *p, struct type *t)
{
	t->kind = TYPE_INT;
	t->width = parse_width(p);
	if (parse_accept(p, "=")) {
		t->has_constant = true;
		t->constant = parse_number(p, "the constant", NULL);
	}
}

static void
parse_array_type(struct parser *p, struct type *t)
{
	t->kind = TYPE_ARRAY;
	t->bound = parse_bound(p);
	parse_expect(p, "of");
	t->element = gen_alloc(sizeof *t->element);
	*t->element = parse_type(p);
}

static void
parse_attrs_type(struct parser *p, struct type *t)
{
	t->kind = TYPE_ATTRS;
	if (parse_at(p, "by"))
		t->select = parse_select(p, false);
	else
		t->attrs = parse_name(p, "a dictionary or 'by'");
}

static struct type
parse_type(struct parser *p)
{
	struct type t = {.pos = parse_here(p)};

	if (parse_at(p, "u8") || parse_at(p, "u16") || parse_at(p, "u32")) {
		parse_int_type(p, &t);
	} else if (parse_accept(p, "bytes")) {
		t.kind = TYPE_BYTES;
		t.bound = parse_bound(p);
	} else if (parse_accept(p, "rest")) {
		t.kind = TYPE_REST;
		t.bound = parse_bound(p);
	} else if (parse_accept(p, "list")) {
		t.kind = TYPE_LIST;
		t.list = parse_name(p, "a sub or layout");
		t.bound = parse_bound(p);
	} else if (parse_accept(p, "array")) {
		parse_array_type(p, &t);
	} else if (parse_accept(p, "attrs")) {
		parse_attrs_type(p, &t);
	} else if (parse_at(p, "by")) {
		t.kind = TYPE_SELECT;
		t.select = parse_select(p, true);
	} else {
		parse_fail(p,
		    "a type (u8, u16, u32, bytes, rest, list, array, "
		    "attrs or by)");
	}
	return t;
}

/* ---- layouts ---------------------------------------------------------- */

static void
parse_field_enum(struct parser *p, struct field *f)
{
	f->has_enum = true;
	if (parse_at(p, "by"))
		f->enum_select = parse_select(p, false);
	else
		f->path = parse_path(p, "an enum or 'by'");
}

static void
parse_field_else(struct parser *p, struct field *f)
{
	f->otherwise.pos = parse_here(p);
	if (parse_accept(p, "drop")) {
		f->otherwise.kind = OUTCOME_DROP;
	} else {
		f->otherwise.kind = OUTCOME_REJECT;
		f->otherwise.notify = parse_name(p, "'drop' or a notify");
	}
}

/* One property with operands, if one is next. */
static bool
parse_field_clause(struct parser *p, struct field *f)
{
	if (parse_accept(p, "enum")) {
		parse_once(p, f->has_enum);
		parse_field_enum(p, f);
	} else if (parse_accept(p, "bits")) {
		parse_once(p, f->has_bits);
		f->has_bits = true;
		f->path.first = parse_name(p, "a bits block");
	} else if (parse_accept(p, "in")) {
		parse_once(p, f->has_range);
		f->has_range = true;
		f->range = parse_range(p);
	} else if (parse_accept(p, "size")) {
		parse_once(p, f->size_of.text != NULL);
		parse_expect(p, "of");
		f->size_of = parse_name(p, "a field");
	} else if (parse_accept(p, "count")) {
		parse_once(p, f->count_of.text != NULL);
		parse_expect(p, "of");
		f->count_of = parse_name(p, "a field");
	} else if (parse_accept(p, "else")) {
		parse_once(p, f->otherwise.kind != OUTCOME_NONE);
		parse_field_else(p, f);
	} else {
		return false;
	}
	return true;
}

/* One property that is a single word, if one is next. */
static bool
parse_field_word(struct parser *p, struct field *f)
{
	const struct parse_word words[] = {
	    {"zero", &f->zero},
	    {"nonzero", &f->nonzero},
	    {"lenient", &f->lenient},
	    {"chain", &f->chain},
	    {"total", &f->total},
	    {"ascending", &f->ascending},
	};

	return parse_word(p, words, sizeof words / sizeof words[0]);
}

static void
parse_field(struct parser *p, struct layout *l)
{
	struct field *f = VEC_PUSH(&l->fields);

	f->doc = parse_doc(p);
	f->name = parse_name(p, "a field");
	parse_expect(p, ":");
	f->type = parse_type(p);
	while (parse_field_word(p, f) || parse_field_clause(p, f))
		;
	parse_end(p, "a property of the field");
}

void
parse_layout(struct parser *p, const char *doc, enum layout_kind kind)
{
	struct layout *l = gen_alloc(sizeof *l);
	struct pos open;

	*VEC_PUSH(&p->spec->layouts) = l;
	l->kind = kind;
	l->h.doc = doc;
	l->h.name = parse_name(p, "the name of the layout");
	if (kind != LAYOUT_PLAIN) {
		parse_expect(p, "(");
		l->number =
		    parse_number(p, "the payload's number", &l->number_pos);
		parse_expect(p, ")");
	}
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		if (!parse_ref(p, &l->h.refs))
			parse_field(p, l);
}

/* ---- dictionaries ----------------------------------------------------- */

static bool
parse_attr_word(struct parser *p, struct attribute *a)
{
	const struct parse_word words[] = {
	    {"required", &a->required},
	    {"repeats", &a->repeats},
	};

	return parse_word(p, words, sizeof words / sizeof words[0]);
}

static bool
parse_attr_clause(struct parser *p, struct attribute *a)
{
	if (parse_accept(p, "enum")) {
		parse_once(p, a->has_enum);
		a->has_enum = true;
		a->path = parse_path(p, "an enum");
	} else if (parse_accept(p, "in")) {
		parse_once(p, a->has_range);
		a->has_range = true;
		a->range = parse_range(p);
	} else if (parse_accept(p, "uint")) {
		parse_once(p, a->has_uint || a->has_bytes);
		a->has_uint = true;
		a->bound = parse_bound(p);
	} else if (parse_accept(p, "bytes")) {
		parse_once(p, a->has_uint || a->has_bytes);
		a->has_bytes = true;
		a->bound = parse_bound(p);
	} else if (parse_accept(p, "follows")) {
		parse_once(p, a->follows.text != NULL);
		a->follows = parse_name(p, "an attribute");
	} else if (parse_accept(p, "default")) {
		parse_once(p, a->has_default);
		a->has_default = true;
		a->fallback = parse_number(p, "a number", &a->fallback_pos);
	} else {
		return false;
	}
	return true;
}

static void
parse_attribute(struct parser *p, struct dictionary *d)
{
	struct attribute *a = VEC_PUSH(&d->attrs);

	a->number = parse_number(p, "an attribute's number", &a->number_pos);
	a->name = parse_name(p, "the attribute's name");
	parse_expect(p, ":");
	if (parse_accept(p, "basic"))
		a->class = ATTR_BASIC;
	else if (parse_accept(p, "variable"))
		a->class = ATTR_VARIABLE;
	else
		parse_fail(p, "'basic' or 'variable'");
	while (parse_attr_word(p, a) || parse_attr_clause(p, a))
		;
	parse_end(p, "a property of the attribute");
}

void
parse_dictionary(struct parser *p, const char *doc)
{
	struct dictionary *d = gen_alloc(sizeof *d);
	struct pos open;

	*VEC_PUSH(&p->spec->dictionaries) = d;
	d->h.doc = doc;
	d->h.name = parse_name(p, "the name of the dictionary");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		if (!parse_ref(p, &d->h.refs))
			parse_attribute(p, d);
}

/* ---- algorithms and vendor ids ---------------------------------------- */

/* ID { NUM , } ; or ID (ID | STRING) ; or a flag: ID ; */
static void
parse_alg_column(struct parser *p, struct alg *a)
{
	struct alg_column *c = VEC_PUSH(&a->columns);

	c->name = parse_name(p, "a column");
	c->pos = parse_here(p);
	if (parse_at_kind(p, TOKEN_WORD)) {
		c->word = parse_name(p, "a word").text;
	} else if (parse_at_kind(p, TOKEN_STRING)) {
		c->word = parse_string(p, "a word");
	} else if (parse_at_kind(p, TOKEN_NUMBER)) {
		do
			*VEC_PUSH(&c->numbers) =
			    parse_number(p, "a number", NULL);
		while (parse_accept(p, ","));
	}
	parse_end(p, "a value");
}

void
parse_alg(struct parser *p, const char *doc, enum alg_class class)
{
	struct alg *a = gen_alloc(sizeof *a);
	struct pos open;

	*VEC_PUSH(&p->spec->algs) = a;
	a->class = class;
	a->h.doc = doc;
	a->h.name = parse_name(p, "the name of the algorithm");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		if (!parse_ref(p, &a->h.refs))
			parse_alg_column(p, a);
}

static uint8_t
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	return (uint8_t)(tolower((unsigned char)c) - 'a' + 10);
}

static void
parse_hex(struct parser *p, struct vendor *v)
{
	struct pos pos = parse_here(p);
	const char *s = p->tokens.v[p->at].text;

	for (s += strspn(s, " "); *s != '\0'; s += strspn(s, " ")) {
		if (!isxdigit((unsigned char)s[0]) ||
		    !isxdigit((unsigned char)s[1])) {
			diag_at("E100", pos,
			    "expected pairs of hex digits, "
			    "found '%.2s'",
			    s);
			break;
		}
		*VEC_PUSH(&v->bytes) =
		    (uint8_t)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
		s += 2;
	}
	p->at++;
}

void
parse_vendor(struct parser *p, const char *doc)
{
	struct vendor *v = gen_alloc(sizeof *v);

	*VEC_PUSH(&p->spec->vendors) = v;
	v->doc = doc;
	v->name = parse_name(p, "the name of the vendor id");
	if (parse_at_kind(p, TOKEN_HEX))
		parse_hex(p, v);
	else
		parse_fail(p, "the bytes, as in x\"00ff\"");
	if (!parse_ref(p, &v->refs))
		parse_fail(p, "'rfc' or 'manual'");
}
