/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * W103: what an exchange declares and never uses.  W104: what does not say
 * where it comes from.  (E101 and E102 are found by the resolver.)
 */
#include <string.h>

#include "gen/specc.h"

/* ---- W103 ------------------------------------------------------------- */

static void
unused(struct name name, const char *what)
{
	diag_at("W103", name.pos, "%s '%s' is never used", what, name.text);
}

static void
check_slots_used(const struct exchange *x)
{
	size_t i;

	for (i = 0; i < x->slots.n; i++) {
		const struct slot *s = &x->slots.v[i];

		if (s->kind != SLOT_FORMULA && !s->used)
			unused(
			    s->name, s->kind == SLOT_VALUE ? "value" : "slot");
	}
}

/* The engine computes IV itself when a phase 2 exchange begins. */
static void
check_formulas_used(const struct exchange *x)
{
	size_t i;

	for (i = 0; i < x->formulas.n; i++) {
		const struct formula *f = &x->formulas.v[i];

		if (!f->used &&
		    !(x->phase == 2 && strcmp(f->name.text, "IV") == 0))
			unused(f->name, "formula");
	}
}

/* Calls fn for each edge of both roles. */
static void
for_each_edge(const struct exchange *x,
    void (*fn)(const struct edge *e, void *arg), void *arg)
{
	size_t role, i, j;

	for (role = 0; role < 2; role++)
		for (i = 0; i < x->role[role].states.n; i++) {
			const struct state *s = &x->role[role].states.v[i];

			for (j = 0; j < s->edges.n; j++)
				fn(&s->edges.v[j], arg);
		}
}

static void
mark_messages(const struct edge *e, void *used)
{
	bool *message = used;
	size_t i;

	if (e->event == EDGE_RECV)
		message[e->message_first] = true;
	for (i = 0; i < e->ops.n; i++)
		if (e->ops.v[i].kind == OPK_SEND)
			message[e->ops.v[i].message_first] = true;
}

/* Messages of one name are used together, by the first of them. */
static void
check_messages_used(const struct exchange *x)
{
	bool *used = gen_alloc(x->messages.n);
	size_t i, first;

	for_each_edge(x, mark_messages, used);
	for (i = 0; i < x->messages.n; i++) {
		struct name name = x->messages.v[i].name;

		for (first = 0;
		     strcmp(x->messages.v[first].name.text, name.text) != 0;
		     first++)
			;
		if (first == i && !used[i])
			unused(name, "message");
	}
}

static void
mark_variants(const struct edge *e, void *used)
{
	uint32_t *variants = used;
	size_t i;

	for (i = 0; i < e->ops.n; i++)
		if (e->ops.v[i].variant.text != NULL)
			*variants |= e->ops.v[i].variants;
}

static void
check_variants_used(const struct exchange *x)
{
	uint32_t used = 0;
	size_t i;

	for_each_edge(x, mark_variants, &used);
	for (i = 0; i < x->messages.n; i++)
		if (x->messages.v[i].variant.text != NULL)
			used |= x->messages.v[i].variants;
	for (i = 0; i < x->formulas.n; i++)
		if (x->formulas.v[i].variant.text != NULL)
			used |= x->formulas.v[i].variants;
	for (i = 0; i < x->rules.n; i++)
		if (x->rules.v[i].kind == RULE_IFF)
			used |= x->rules.v[i].variants;
	for (i = 0; i < x->variants.n; i++)
		if ((used & (uint32_t)1 << i) == 0)
			unused(x->variants.v[i].name, "variant");
}

/* ---- W104 ------------------------------------------------------------- */

static void
check_head(const struct head *h)
{
	if (h->refs.n == 0)
		diag_hint(diag_at("W104", h->name.pos,
			      "'%s' does not say "
			      "where it is specified",
			      h->name.text),
		    "write 'rfc NUMBER \"SECTION\";' or "
		    "'manual \"SECTION\";' in the block");
}

static void
check_lenient(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->fields.n; i++) {
		const struct field *f = &l->fields.v[i];

		if (f->lenient && f->doc == NULL)
			diag_hint(diag_at("W104", f->name.pos,
				      "'%s' is lenient and does not say "
				      "why",
				      f->name.text),
			    "write a '##' comment above it");
	}
}

static void
check_heads(const struct spec *s)
{
	size_t i;

	for (i = 0; i < s->enums.n; i++)
		check_head(&s->enums.v[i]->h);
	for (i = 0; i < s->layouts.n; i++)
		check_head(&s->layouts.v[i]->h);
	for (i = 0; i < s->dictionaries.n; i++)
		check_head(&s->dictionaries.v[i]->h);
	for (i = 0; i < s->algs.n; i++)
		check_head(&s->algs.v[i]->h);
	for (i = 0; i < s->policies.n; i++)
		check_head(&s->policies.v[i]->h);
	for (i = 0; i < s->limits.n; i++)
		check_head(&s->limits.v[i]->h);
	for (i = 0; i < s->option_groups.n; i++)
		check_head(&s->option_groups.v[i]->h);
	for (i = 0; i < s->programs.n; i++)
		check_head(&s->programs.v[i]->h);
	for (i = 0; i < s->exchanges.n; i++)
		check_head(&s->exchanges.v[i]->h);
}

void
check_names(const struct spec *s)
{
	size_t i;

	for (i = 0; i < s->exchanges.n; i++) {
		check_slots_used(s->exchanges.v[i]);
		check_formulas_used(s->exchanges.v[i]);
		check_messages_used(s->exchanges.v[i]);
		check_variants_used(s->exchanges.v[i]);
	}
	check_heads(s);
	for (i = 0; i < s->layouts.n; i++)
		check_lenient(s->layouts.v[i]);
}
