/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in policies and in programs: algorithms, forms, bits, and the groups
 * of options that are copied into the programs that include them.
 */
#include <string.h>

#include "gen/resolve.h"
#include "gen/specc.h"

/* ---- policies --------------------------------------------------------- */

static void
resolve_row(const struct resolver *r, struct policy_row *row)
{
	size_t i;

	if (row->cipher.text != NULL)
		row->cipher_alg = resolve_alg(r, ALG_CIPHER, row->cipher);
	for (i = 0; i < row->hashes.n; i++)
		*VEC_PUSH(&row->hash_algs) =
		    resolve_alg(r, ALG_HASH, row->hashes.v[i]);
	for (i = 0; i < row->groups.n; i++)
		*VEC_PUSH(&row->group_algs) =
		    resolve_alg(r, ALG_GROUP, row->groups.v[i]);
}

static struct scope
words_scope(const char *what, const char *const *words)
{
	struct scope s = {what, {NULL, 0, 0}};

	for (; *words != NULL; words++)
		scope_add(&s, (struct name){*words, {NULL, 0, 0, 0}});
	return s;
}

/* notify none | errors; send_delete and obey_delete none | ipsec, isakmp */
static void
resolve_words(const struct policy *policy)
{
	static const char *const keys[] = {
	    "notify", "send_delete", "obey_delete", NULL};
	static const char *const notify[] = {"none", "errors", NULL};
	static const char *const deletes[] = {"none", "ipsec", "isakmp", NULL};
	struct scope known = words_scope("a word of a policy", keys), values;
	struct scope seen = {"a word", {NULL, 0, 0}};
	size_t i, j;
	long key;

	for (i = 0; i < policy->words.n; i++) {
		const struct policy_word *w = &policy->words.v[i];

		scope_declare(&seen, w->key);
		key = scope_get(&known, w->key);
		if (key == NOT_FOUND)
			continue;
		values = words_scope(
		    "a value of this word", key == 0 ? notify : deletes);
		for (j = 0; j < w->words.n; j++)
			scope_get(&values, w->words.v[j]);
	}
}

/* There is one default, if there are policies at all. */
static void
resolve_default_policy(const struct spec *s)
{
	const struct policy *first = NULL;
	size_t i;

	for (i = 0; i < s->policies.n; i++) {
		const struct policy *policy = s->policies.v[i];

		if (!policy->is_default)
			continue;
		if (first != NULL)
			diag_note_at(diag_at("E101", policy->default_pos,
					 "there is a default policy "
					 "already"),
			    first->default_pos, "first declared here");
		else
			first = policy;
	}
	if (first == NULL && s->policies.n > 0)
		diag_hint(diag_at("E101", s->policies.v[0]->h.name.pos,
			      "no policy is the default"),
		    "write 'default;' in one of them");
}

void
resolve_policies(const struct resolver *r)
{
	const struct spec *s = r->spec;
	size_t i, j;

	for (i = 0; i < s->policies.n; i++) {
		for (j = 0; j < s->policies.v[i]->rows.n; j++)
			resolve_row(r, &s->policies.v[i]->rows.v[j]);
		resolve_words(s->policies.v[i]);
	}
	resolve_default_policy(s);
}

/* ---- options ---------------------------------------------------------- */

/* debug.RAW: a bit of a bits block */
static void
resolve_bit(const struct resolver *r, struct option *o)
{
	const struct enum_block *e = resolve_enum(r, o->path.first, true);
	struct scope items;
	long i;

	o->path.kind = PATH_ENUM;
	o->path.enum_block = e;
	if (e == NULL || o->kind == OPTION_MASK)
		return;
	if (o->path.second.text == NULL) {
		diag_at("E101", o->path.first.pos,
		    "a bit is written as "
		    "%s.NAME",
		    o->path.first.text);
		return;
	}
	items = resolve_enum_scope(e);
	i = scope_get(&items, o->path.second);
	if (i != NOT_FOUND)
		o->bit = e->items.v[i].value;
}

static void
resolve_choice(const struct resolver *r, const struct option *o)
{
	static const char *const classes[] = {"policy", NULL};
	struct scope known =
	    words_scope("a class of blocks to choose from", classes);
	struct name fallback = {o->default_word, o->default_pos};

	if (scope_get(&known, o->choice) != NOT_FOUND && fallback.text != NULL)
		scope_get(&r->policies, fallback);
}

static void
resolve_options(const struct resolver *r, const option_vec *options)
{
	size_t i;

	for (i = 0; i < options->n; i++) {
		struct option *o = &options->v[i];

		if (o->kind == OPTION_BIT || o->kind == OPTION_MASK)
			resolve_bit(r, o);
		else if (o->kind == OPTION_CHOICE)
			resolve_choice(r, o);
	}
}

/* ---- programs --------------------------------------------------------- */

static bool
stands_before(struct pos a, struct pos b)
{
	return a.line != b.line ? a.line < b.line : a.col < b.col;
}

/* What an included option says about forms is for programs that have some. */
static struct option
included_option(const struct option *o, const struct program *p)
{
	struct option copy = *o;

	if (p->forms.n == 0) {
		copy.in.n = 0;
		copy.selects.text = NULL;
	}
	return copy;
}

/* Copy each included group in front of the first option behind its 'include';
 * positions tell, as all of a program stands in one file. */
static void
resolve_includes(const struct resolver *r, struct program *p)
{
	option_vec own = p->options, all = {NULL, 0, 0};
	size_t i, j, next = 0;
	long k;

	for (i = 0; i < p->includes.n; i++) {
		for (; next < own.n &&
		     stands_before(own.v[next].name.pos, p->includes.v[i].pos);
		     next++)
			*VEC_PUSH(&all) = own.v[next];
		k = scope_get(&r->groups, p->includes.v[i]);
		for (j = 0; k != NOT_FOUND &&
		     j < r->spec->option_groups.v[k]->options.n;
		     j++)
			*VEC_PUSH(&all) = included_option(
			    &r->spec->option_groups.v[k]->options.v[j], p);
	}
	for (; next < own.n; next++)
		*VEC_PUSH(&all) = own.v[next];
	p->options = all;
}

static void
resolve_forms(
    const struct resolver *r, struct program *p, const struct scope *options)
{
	struct scope forms = {"a form", {NULL, 0, 0}}, ops = forms;
	const struct enum_block *e = NULL;
	size_t i, j;
	long k;

	if (p->forms.n > 0)
		e = resolve_enum(
		    r, (struct name){"ctl_op", p->forms.v[0].op.pos}, false);
	if (e != NULL)
		ops = resolve_enum_scope(e);
	for (i = 0; i < p->forms.n; i++) {
		struct form *f = &p->forms.v[i];

		scope_declare(&forms, f->name);
		k = e != NULL ? scope_get(&ops, f->op) : NOT_FOUND;
		if (k != NOT_FOUND)
			f->op_value = e->items.v[k].value;
		for (j = 0; j < f->needs.n; j++)
			scope_get(options, f->needs.v[j]);
	}
	for (i = 0; i < p->options.n; i++) {
		const struct option *o = &p->options.v[i];

		for (j = 0; j < o->in.n; j++)
			scope_get(&forms, o->in.v[j]);
		if (o->selects.text != NULL)
			scope_get(&forms, o->selects);
	}
}

static void
resolve_program(const struct resolver *r, struct program *p)
{
	struct scope options = {"an option", {NULL, 0, 0}};
	size_t i;

	resolve_options(r, &p->options);
	resolve_includes(r, p);
	for (i = 0; i < p->options.n; i++)
		scope_declare(&options, p->options.v[i].name);
	resolve_forms(r, p, &options);
	for (i = 0; i < p->options.n; i++)
		if (p->options.v[i].alias.text != NULL)
			scope_declare(&options, p->options.v[i].alias);
	for (i = 0; i < p->refused.n; i++)
		scope_declare(&options, p->refused.v[i]);
}

void
resolve_programs(const struct resolver *r)
{
	const struct spec *s = r->spec;
	size_t i;

	for (i = 0; i < s->option_groups.n; i++)
		resolve_options(r, &s->option_groups.v[i]->options);
	for (i = 0; i < s->programs.n; i++)
		resolve_program(r, s->programs.v[i]);
}
