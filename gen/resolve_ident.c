/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E102: names of a spec that the generated C cannot have.  Most names get a
 * prefix and go to upper case there, so two that differ here may be one in C;
 * some go to lower case as members of structs, where keywords are in the way.
 */
#include <ctype.h>
#include <string.h>

#include "gen/alg.h"
#include "gen/resolve.h"
#include "gen/specc.h"

/* ---- constants: PREFIX_NAME ------------------------------------------- */

struct constant {
	const char *ident, *prefix;
	struct name name;
};
typedef VEC(struct constant) constant_vec;

static char *
change_case(const char *s, int (*convert)(int))
{
	char *copy = gen_strndup(s, strlen(s)), *p;

	for (p = copy; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)convert((unsigned char)*p);
	return copy;
}

/* One name twice in one place, which the scopes have reported. */
static bool
declared_twice(const struct constant *c, const char *prefix, struct name name)
{
	return strcmp(c->prefix, prefix) == 0 &&
	    strcmp(c->name.text, name.text) == 0;
}

static void
add_constant(constant_vec *all, const char *prefix, struct name name)
{
	const char *ident =
	    change_case(gen_printf("%s_%s", prefix, name.text), toupper);
	struct constant *c;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strcmp(all->v[i].ident, ident) == 0)
			break;
	if (i < all->n && !declared_twice(&all->v[i], prefix, name))
		diag_note_at(diag_at("E102", name.pos,
				 "'%s' becomes %s in C, and there is one",
				 name.text, ident),
		    all->v[i].name.pos, "from here");
	c = VEC_PUSH(all);
	c->ident = ident;
	c->prefix = prefix;
	c->name = name;
}

/* A name that several exchanges may have in common. */
static void
add_shared(
    constant_vec *all, struct scope *seen, const char *prefix, struct name name)
{
	if (scope_find(seen, name.text) != NOT_FOUND)
		return;
	scope_add(seen, name);
	add_constant(all, prefix, name);
}

static void
add_enums(constant_vec *all, const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->enums.n; i++)
		for (j = 0; j < s->enums.v[i]->items.n; j++)
			add_constant(all, s->enums.v[i]->h.name.text,
			    s->enums.v[i]->items.v[j].name);
	for (i = 0; i < s->layouts.n; i++)
		if (s->layouts.v[i]->kind != LAYOUT_PLAIN)
			add_constant(all, "payload", s->layouts.v[i]->h.name);
	for (i = 0; i < s->dictionaries.n; i++)
		for (j = 0; j < s->dictionaries.v[i]->attrs.n; j++)
			add_constant(all,
			    gen_printf(
				"at_%s", s->dictionaries.v[i]->h.name.text),
			    s->dictionaries.v[i]->attrs.v[j].name);
}

static void
add_config(constant_vec *all, const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->algs.n; i++)
		add_constant(all, alg_class_name(s->algs.v[i]->class),
		    s->algs.v[i]->h.name);
	for (i = 0; i < s->policies.n; i++)
		add_constant(all, "policy", s->policies.v[i]->h.name);
	for (i = 0; i < s->limits.n; i++)
		for (j = 0; j < s->limits.v[i]->limits.n; j++)
			add_constant(
			    all, "limit", s->limits.v[i]->limits.v[j].name);
	for (i = 0; i < s->programs.n; i++)
		for (j = 0; j < s->programs.v[i]->options.n; j++)
			add_constant(all, s->programs.v[i]->h.name.text,
			    s->programs.v[i]->options.v[j].name);
}

static void
add_events(constant_vec *all, struct scope *local, struct scope *timer,
    const struct role_block *role)
{
	size_t i, j;

	for (i = 0; i < role->states.n; i++)
		for (j = 0; j < role->states.v[i].edges.n; j++) {
			const struct edge *e = &role->states.v[i].edges.v[j];

			if (e->event == EDGE_LOCAL)
				add_shared(all, local, "local", e->arg);
			else if (e->event == EDGE_TIMER)
				add_shared(all, timer, "timer", e->arg);
		}
}

static void
add_exchanges(constant_vec *all, const struct spec *s)
{
	struct scope slots = {"", {NULL, 0, 0}};
	struct scope local = slots, timer = slots;
	size_t i, j;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		add_constant(all, "xchg", x->h.name);
		for (j = 0; j < x->slots.n; j++)
			add_shared(all, &slots, "slot", x->slots.v[j].name);
		add_events(all, &local, &timer, &x->role[ROLE_I]);
		add_events(all, &local, &timer, &x->role[ROLE_R]);
	}
}

/* ---- members of structs and tags -------------------------------------- */

static const char *const keywords[] = {"auto", "bool", "break", "case", "char",
    "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "false", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct",
    "switch", "true", "typedef", "union", "unsigned", "void", "volatile",
    "while", NULL};
/* What the generated structs have besides the members from the spec. */
static const char *const payload_members[] = {"body", NULL};
static const char *const attribute_members[] = {"has", "bad", "why", NULL};
static const char *const no_members[] = {NULL};

static bool
among(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static void
check_member(struct name name, const char *const *taken)
{
	const char *ident = change_case(name.text, tolower);

	if (among(keywords, ident))
		diag_at("E102", name.pos, "'%s' is a keyword of C", ident);
	else if (among(taken, ident))
		diag_at("E102", name.pos,
		    "'%s' is a member that is generated "
		    "anyway",
		    ident);
}

static void
check_members(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->enums.n; i++)
		check_member(s->enums.v[i]->h.name, no_members);
	for (i = 0; i < s->layouts.n; i++) {
		const struct layout *l = s->layouts.v[i];
		bool plain = l->kind == LAYOUT_PLAIN;

		for (j = 0; j < l->fields.n; j++)
			check_member(l->fields.v[j].name,
			    plain ? no_members : payload_members);
	}
	for (i = 0; i < s->dictionaries.n; i++)
		for (j = 0; j < s->dictionaries.v[i]->attrs.n; j++)
			check_member(s->dictionaries.v[i]->attrs.v[j].name,
			    attribute_members);
}

void
resolve_identifiers(const struct spec *s)
{
	constant_vec all = {NULL, 0, 0};

	add_enums(&all, s);
	add_config(&all, s);
	add_exchanges(&all, s);
	check_members(s);
}
