/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E301 to E303: numbers of enums, attributes, states and options are within
 * what carries them, and each is there once.  Algorithms (E304) are in
 * check_algs.c.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "gen/alg.h"
#include "gen/check_algs.h"
#include "gen/specc.h"

enum {
	BASIC_MAX = 65535,     /* RFC 2408 3.3: a basic value has 2 octets */
	ATTRIBUTE_MAX = 32767, /* and a number 15 bits */
	UINT_OCTETS_MAX = 4,   /* what decoders keep of a variable number */
	OCTET_MAX = 255
};

static bool
in_range(uint64_t n, struct range r)
{
	return n >= r.lo && n <= r.hi;
}

/* Numbers seen so far, to find the second of a kind. */
struct number {
	uint64_t value;
	struct pos pos;
};
typedef VEC(struct number) number_vec;

static void
check_unique(number_vec *seen, uint64_t value, struct pos pos, const char *what)
{
	struct number *n;
	size_t i;

	for (i = 0; i < seen->n; i++)
		if (seen->v[i].value == value) {
			diag_note_at(
			    diag_at("E301", pos, "%s %" PRIu64 " is taken",
				what, value),
			    seen->v[i].pos, "first used here");
			break;
		}
	n = VEC_PUSH(seen);
	n->value = value;
	n->pos = pos;
}

static void
check_most(uint64_t value, uint64_t most, struct pos pos, const char *what)
{
	if (value > most)
		diag_at("E301", pos, "%s %" PRIu64 " is more than %" PRIu64,
		    what, value, most);
}

/* ---- E301: enums ------------------------------------------------------ */

static void
check_item_value(const struct enum_block *e, const struct enum_item *item)
{
	uint64_t most = ((uint64_t)1 << e->width) - 1;
	size_t i;

	check_most(item->value, most, item->value_pos, "value");
	if (e->bits &&
	    (item->value == 0 || (item->value & (item->value - 1)) != 0))
		diag_at("E301", item->value_pos,
		    "%" PRIu64 " is not a single "
		    "bit",
		    item->value);
	for (i = 0; i < e->reserved.n; i++)
		if (in_range(item->value, e->reserved.v[i]))
			diag_note_at(diag_at("E301", item->value_pos,
					 "value %" PRIu64 " of '%s' is "
					 "reserved",
					 item->value, item->name.text),
			    e->reserved.v[i].pos, "reserved here");
}

/* Of reserved and private ranges together. */
static void
check_ranges(const struct enum_block *e)
{
	uint64_t most = ((uint64_t)1 << e->width) - 1;
	range_vec all = {NULL, 0, 0};
	size_t i, j;

	for (i = 0; i < e->reserved.n; i++)
		*VEC_PUSH(&all) = e->reserved.v[i];
	for (i = 0; i < e->private_use.n; i++)
		*VEC_PUSH(&all) = e->private_use.v[i];
	for (i = 0; i < all.n; i++) {
		struct range r = all.v[i];

		check_most(r.hi, most, r.pos, "value");
		if (r.lo > r.hi)
			diag_at("E202", r.pos, "the range is reversed");
		for (j = 0; j < i; j++)
			if (r.lo <= all.v[j].hi && all.v[j].lo <= r.hi)
				diag_note_at(diag_at("E301", r.pos,
						 "the range overlaps "
						 "another"),
				    all.v[j].pos, "this one");
	}
}

static void
check_enum(const struct enum_block *e)
{
	number_vec seen = {NULL, 0, 0};
	size_t i;

	for (i = 0; i < e->items.n; i++) {
		check_unique(&seen, e->items.v[i].value,
		    e->items.v[i].value_pos, "value");
		check_item_value(e, &e->items.v[i]);
	}
	check_ranges(e);
}

/* ---- E301: other numbers ---------------------------------------------- */

static void
check_constants(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->fields.n; i++) {
		const struct field *f = &l->fields.v[i];

		if (f->type.kind == TYPE_INT && f->type.has_constant)
			check_most(f->type.constant,
			    ((uint64_t)1 << f->type.width) - 1, f->type.pos,
			    "constant");
	}
}

static void
check_terms(const struct exchange *x)
{
	size_t i, j;

	for (i = 0; i < x->formulas.n; i++)
		for (j = 0; j < x->formulas.v[i].terms.n; j++) {
			const struct term *t = &x->formulas.v[i].terms.v[j];

			if (t->is_number)
				check_most(
				    t->number, OCTET_MAX, t->pos, "octet");
		}
}

/* Whack's codes are 100 + the number, and those from 200 are notifications. */
static void
check_states(const struct exchange *x, number_vec *seen)
{
	size_t role, i;

	for (role = 0; role < 2; role++)
		for (i = 0; i < x->role[role].states.n; i++) {
			const struct state *s = &x->role[role].states.v[i];

			if (!s->has_number)
				continue;
			check_unique(
			    seen, s->number, s->number_pos, "state number");
			check_most(
			    s->number, 99, s->number_pos, "state number");
		}
}

static void
check_exchanges(const struct spec *s)
{
	number_vec types = {NULL, 0, 0}, states = {NULL, 0, 0};
	size_t i;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		check_unique(&types, x->number, x->number_pos, "exchange type");
		check_most(
		    x->number, OCTET_MAX, x->number_pos, "exchange type");
		check_terms(x);
		check_states(x, &states);
	}
}

static void
check_limits(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->limits.n; i++)
		for (j = 0; j < s->limits.v[i]->limits.n; j++)
			check_most(s->limits.v[i]->limits.v[j].value, INT_MAX,
			    s->limits.v[i]->limits.v[j].value_pos, "limit");
}

/* ---- E302: attributes and defaults ------------------------------------ */

static void
check_basic(const struct attribute *a)
{
	if (a->has_uint || a->has_bytes)
		diag_hint(diag_at("E302", a->bound.pos,
			      "'%s' is basic and "
			      "always has 16 bits",
			      a->name.text),
		    "write 'variable', or 'in LOW..HIGH'");
	else if (!a->has_enum && !a->has_range)
		diag_hint(diag_at("E302", a->name.pos,
			      "'%s' does not say "
			      "which values it has",
			      a->name.text),
		    "write 'enum NAME' or 'in LOW..HIGH'");
	if (a->has_range && a->range.hi > BASIC_MAX)
		diag_at("E302", a->range.pos,
		    "'%s' is basic and has at most "
		    "%d",
		    a->name.text, BASIC_MAX);
	if (a->has_enum && a->path.kind == PATH_ENUM &&
	    a->path.enum_block->width > 16)
		diag_note_at(diag_at("E302", a->path.first.pos,
				 "'%s' is basic "
				 "and has 16 bits",
				 a->name.text),
		    a->path.enum_block->h.name.pos, "this enum has more");
}

static void
check_variable(const struct attribute *a)
{
	if (!a->has_uint && !a->has_bytes)
		diag_hint(diag_at("E302", a->name.pos,
			      "'%s' does not say how "
			      "long it is",
			      a->name.text),
		    "write 'uint[1..4]' or 'bytes[LOW..HIGH]'");
	else if (a->bound.lo == 0 || a->bound.lo > a->bound.hi)
		diag_at("E202", a->bound.pos, "the bound is empty or reversed");
	else if (a->has_uint && a->bound.hi > UINT_OCTETS_MAX)
		diag_at("E302", a->bound.pos, "a number has at most %d octets",
		    UINT_OCTETS_MAX);
}

static bool
enum_has(const struct spec *s, const struct path *path, uint64_t value)
{
	const struct enum_block *e = path->enum_block;
	size_t i;

	if (path->kind == PATH_COLUMN)
		return alg_column_has(s, path, value);
	for (i = 0; i < e->items.n; i++)
		if (e->items.v[i].value == value)
			return true;
	return false;
}

static void
check_fallback(const struct spec *s, const struct attribute *a)
{
	uint64_t n = a->fallback;

	if (!a->has_default)
		return;
	if ((a->has_range && !in_range(n, a->range)) ||
	    (a->has_uint && a->bound.hi < 8 && n >> (8 * a->bound.hi) != 0) ||
	    a->has_bytes)
		diag_at("E302", a->fallback_pos,
		    "default %" PRIu64 " is not a "
		    "value that '%s' can have",
		    n, a->name.text);
	if (a->has_enum && !enum_has(s, &a->path, n))
		diag_note_at(
		    diag_at("E302", a->fallback_pos,
			"default %" PRIu64 " is not a value of the enum", n),
		    a->path.first.pos, "given here");
}

static void
check_option(const struct option *o)
{
	if (o->has_default && o->default_word == NULL && o->has_range &&
	    !in_range(o->default_number, o->range))
		diag_note_at(
		    diag_at("E302", o->default_pos,
			"default %" PRIu64 " of '%s' is outside of its range",
			o->default_number, o->name.text),
		    o->range.pos, "given here");
	if (o->kind != OPTION_STRING && o->has_range &&
	    o->range.hi > UINT32_MAX)
		diag_at("E302", o->range.pos, "a number has 32 bits");
}

/* ---- E303 ------------------------------------------------------------- */

static void
check_presence(const struct dictionary *d, const struct attribute *a)
{
	const struct attribute *first = &d->attrs.v[a->follows_attr];

	if (a->required && a->has_default)
		diag_hint(diag_at("E303", a->fallback_pos,
			      "'%s' is required "
			      "and needs no default",
			      a->name.text),
		    "remove 'required' or 'default'");
	if (a->follows.text != NULL && !first->repeats)
		diag_note_at(diag_at("E303", a->follows.pos,
				 "'%s' follows "
				 "'%s', which is not marked 'repeats'",
				 a->name.text, first->name.text),
		    first->name.pos, "declared here");
}

static void
check_dictionary(const struct spec *s, const struct dictionary *d)
{
	number_vec seen = {NULL, 0, 0};
	size_t i;

	for (i = 0; i < d->attrs.n; i++) {
		const struct attribute *a = &d->attrs.v[i];

		check_unique(&seen, a->number, a->number_pos, "attribute");
		check_most(
		    a->number, ATTRIBUTE_MAX, a->number_pos, "attribute");
		if (a->has_range && a->range.lo > a->range.hi)
			diag_at("E202", a->range.pos, "the range is reversed");
		if (a->class == ATTR_BASIC)
			check_basic(a);
		else
			check_variable(a);
		check_fallback(s, a);
		check_presence(d, a);
	}
}

void
check_numbers(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->enums.n; i++)
		check_enum(s->enums.v[i]);
	for (i = 0; i < s->layouts.n; i++)
		check_constants(s->layouts.v[i]);
	for (i = 0; i < s->dictionaries.n; i++)
		check_dictionary(s, s->dictionaries.v[i]);
	check_exchanges(s);
	check_limits(s);
	for (i = 0; i < s->programs.n; i++)
		for (j = 0; j < s->programs.v[i]->options.n; j++)
			check_option(&s->programs.v[i]->options.v[j]);
	check_algs(s);
}
