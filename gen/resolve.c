/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver's frame: scopes with their errors, the scopes of the whole
 * spec, and what layouts, exchanges and programs all refer to: enums, columns
 * of the algorithm table, and notifies.
 */
#include <ctype.h>
#include <string.h>

#include "gen/alg.h"
#include "gen/resolve.h"
#include "gen/specc.h"

/* ---- scopes ----------------------------------------------------------- */

long
scope_find(const struct scope *s, const char *text)
{
	size_t i;

	for (i = 0; i < s->names.n; i++)
		if (strcmp(s->names.v[i].text, text) == 0)
			return (long)i;
	return NOT_FOUND;
}

void
scope_add(struct scope *s, struct name name)
{
	*VEC_PUSH(&s->names) = name;
}

void
scope_declare(struct scope *s, struct name name)
{
	long i = scope_find(s, name.text);

	if (i != NOT_FOUND)
		diag_note_at(
		    diag_at("E101", name.pos, "there is %s '%s' already",
			s->what, name.text),
		    s->names.v[i].pos, "first declared here");
	scope_add(s, name);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, delete or replace; case does not count. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t n = strlen(b), i, j, diagonal, above;
	size_t *row = gen_alloc((n + 1) * sizeof *row);

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			above = row[j];
			if (tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[j - 1]))
				diagonal++;
			row[j] = least(diagonal, least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[n];
}

/* The name that was probably meant; NULL if none is close. */
static const char *
nearest(const struct scope *s, const char *text)
{
	size_t best = least(strlen(text) / 2, 3) + 1, i, d;
	const char *found = NULL;

	for (i = 0; i < s->names.n; i++) {
		d = edit_distance(text, s->names.v[i].text);
		if (d < best) {
			best = d;
			found = s->names.v[i].text;
		}
	}
	return found;
}

long
scope_get(const struct scope *s, struct name name)
{
	long i = scope_find(s, name.text);
	const char *meant;
	struct diag *d;

	if (i != NOT_FOUND)
		return i;
	d = diag_at("E101", name.pos, "'%s' is not %s", name.text, s->what);
	meant = nearest(s, name.text);
	if (meant != NULL)
		diag_hint(d, "did you mean '%s'?", meant);
	return NOT_FOUND;
}

/* ---- blocks ----------------------------------------------------------- */

const char *
resolve_layout_kind(enum layout_kind kind)
{
	switch (kind) {
	case LAYOUT_PLAIN: return "layout";
	case LAYOUT_PAYLOAD: return "payload";
	case LAYOUT_SUB: return "sub";
	}
	return "";
}

struct scope
resolve_enum_scope(const struct enum_block *e)
{
	struct scope s = {
	    gen_printf("an item of '%s'", e->h.name.text), {NULL, 0, 0}};
	size_t i;

	for (i = 0; i < e->items.n; i++)
		scope_add(&s, e->items.v[i].name);
	return s;
}

const struct enum_block *
resolve_enum(const struct resolver *r, struct name name, bool bits)
{
	long i = scope_get(&r->enums, name);
	const struct enum_block *e;

	if (i == NOT_FOUND)
		return NULL;
	e = r->spec->enums.v[i];
	if (e->bits == bits)
		return e;
	diag_note_at(diag_at("E101", name.pos, "'%s' is %s, here goes %s",
			 name.text, bits ? "an enum" : "a bits block",
			 bits ? "a bits block" : "an enum"),
	    e->h.name.pos, "declared here");
	return NULL;
}

struct layout *
resolve_layout(const struct resolver *r, struct name name)
{
	long i = scope_get(&r->layouts, name);

	return i == NOT_FOUND ? NULL : r->spec->layouts.v[i];
}

const struct alg *
resolve_alg(const struct resolver *r, enum alg_class class, struct name name)
{
	long i = scope_get(&r->algs[class], name);

	return i == NOT_FOUND ? NULL : r->spec->algs.v[r->alg_index[class][i]];
}

/* ---- paths to numbers ------------------------------------------------- */

/* cipher.oakley: every column with a single number will do. */
static void
resolve_column(const struct resolver *r, struct path *path, enum alg_class c)
{
	struct scope columns = {
	    gen_printf("a column of %s with one number", alg_class_name(c)),
	    {NULL, 0, 0}};
	size_t i, j;

	for (i = 0; i < r->algs[c].names.n; i++) {
		const struct alg *a = r->spec->algs.v[r->alg_index[c][i]];

		for (j = 0; j < a->columns.n; j++)
			if (a->columns.v[j].numbers.n == 1)
				scope_add(&columns, a->columns.v[j].name);
	}
	path->kind = PATH_COLUMN;
	scope_get(&columns, path->second);
}

/* The class that a path to a column names; ALG_GROUP + 1 if none. */
static enum alg_class
path_class(const struct path *path)
{
	enum alg_class c;

	for (c = ALG_CIPHER; c <= ALG_GROUP; c++)
		if (strcmp(path->first.text, alg_class_name(c)) == 0)
			break;
	return c;
}

void
resolve_enum_path(const struct resolver *r, struct path *path)
{
	enum alg_class class = path_class(path);

	if (path->second.text == NULL) {
		path->kind = PATH_ENUM;
		path->enum_block = resolve_enum(r, path->first, false);
	} else if (class <= ALG_GROUP) {
		resolve_column(r, path, class);
	} else {
		diag_hint(diag_at("E101", path->first.pos,
			      "there is no class of algorithms '%s'",
			      path->first.text),
		    "write cipher, hash or group");
	}
}

struct scope
resolve_path_scope(const struct resolver *r, const struct path *path)
{
	if (path->kind == PATH_COLUMN)
		return r->algs[path_class(path)];
	return resolve_enum_scope(path->enum_block);
}

uint64_t
resolve_path_value(const struct resolver *r, const struct path *path, long i)
{
	const struct alg_column *c;
	enum alg_class class;

	if (path->kind != PATH_COLUMN)
		return path->enum_block->items.v[i].value;
	class = path_class(path);
	c = alg_column(
	    r->spec->algs.v[r->alg_index[class][i]], path->second.text);
	return c != NULL && c->numbers.n == 1 ? c->numbers.v[0] : 0;
}

void
resolve_outcome(const struct resolver *r, struct outcome *o)
{
	struct name notify = {"notify", o->notify.pos};
	const struct enum_block *e;
	struct scope items;
	long i;

	if (o->notify.text == NULL)
		return;
	e = resolve_enum(r, notify, false);
	if (e == NULL)
		return;
	items = resolve_enum_scope(e);
	i = scope_get(&items, o->notify);
	if (i != NOT_FOUND)
		o->notify_value = e->items.v[i].value;
}

/* ---- the spec --------------------------------------------------------- */

/* One namespace for all blocks that are referred to by their name alone, so
 * that no name means two things. */
static void
declare_block(
    struct scope *blocks, name_vec *kinds, struct name name, const char *kind)
{
	long i = scope_find(blocks, name.text);

	if (i != NOT_FOUND)
		diag_note_at(
		    diag_at("E101", name.pos, "there is %s '%s' already",
			kinds->v[i].text, name.text),
		    blocks->names.v[i].pos, "first declared here");
	scope_add(blocks, name);
	*VEC_PUSH(kinds) = (struct name){kind, name.pos};
}

static void
declare_algs(struct resolver *r)
{
	size_t i;
	enum alg_class c;

	for (c = ALG_CIPHER; c <= ALG_GROUP; c++) {
		r->algs[c].what = gen_printf("a %s", alg_class_name(c));
		r->alg_index[c] =
		    gen_alloc(r->spec->algs.n * sizeof *r->alg_index[c]);
	}
	for (i = 0; i < r->spec->algs.n; i++) {
		c = r->spec->algs.v[i]->class;
		r->alg_index[c][r->algs[c].names.n] = i;
		scope_declare(&r->algs[c], r->spec->algs.v[i]->h.name);
	}
}

#define DECLARE(vec, scope, kind)                                            \
	for (i = 0; i < s->vec.n; i++) {                                     \
		scope_add((scope), s->vec.v[i]->h.name);                     \
		declare_block(&blocks, &kinds, s->vec.v[i]->h.name, (kind)); \
	}

static void
declare_blocks(struct resolver *r)
{
	struct spec *s = r->spec;
	struct scope blocks = {"a block", {NULL, 0, 0}};
	struct scope programs = blocks, exchanges = blocks, vendors = blocks;
	name_vec kinds = {NULL, 0, 0};
	size_t i;

	r->enums.what = "an enum or bits block";
	r->layouts.what = "a layout, payload or sub";
	r->dictionaries.what = "a dictionary";
	r->policies.what = "a policy";
	r->groups.what = "a group of options";
	vendors.what = "a vendor id";
	DECLARE(
	    enums, &r->enums, s->enums.v[i]->bits ? "a bits block" : "an enum");
	DECLARE(layouts, &r->layouts, "a layout");
	DECLARE(dictionaries, &r->dictionaries, "a dictionary");
	DECLARE(policies, &r->policies, "a policy");
	DECLARE(option_groups, &r->groups, "a group of options");
	DECLARE(programs, &programs, "a program");
	DECLARE(exchanges, &exchanges, "an exchange");
	DECLARE(limits, &programs, "a block of");
	for (i = 0; i < s->vendors.n; i++)
		scope_declare(&vendors, s->vendors.v[i]->name);
	declare_algs(r);
}

#undef DECLARE

/* Members of blocks that nothing else refers to by index. */
static void
declare_members(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->enums.n; i++) {
		struct scope items = {"an item", {NULL, 0, 0}};

		for (j = 0; j < s->enums.v[i]->items.n; j++)
			scope_declare(&items, s->enums.v[i]->items.v[j].name);
	}
	for (i = 0; i < s->limits.n; i++) {
		struct scope limits = {"a limit", {NULL, 0, 0}};

		for (j = 0; j < s->limits.v[i]->limits.n; j++)
			scope_declare(
			    &limits, s->limits.v[i]->limits.v[j].name);
	}
}

void
resolve_spec(struct spec *s)
{
	struct resolver r = {.spec = s};

	declare_blocks(&r);
	declare_members(s);
	resolve_layouts(&r);
	resolve_policies(&r);
	resolve_programs(&r);
	resolve_exchanges(&r);
	resolve_identifiers(s);
}
