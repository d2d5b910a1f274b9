/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E507: whatever depends on a variant comes after the slot that decides the
 * variant.  An op may say so itself ('[psk] …'), or use a message, formula or
 * rule that exists in some variants only.
 */
#include "gen/check.h"
#include "gen/vec.h"

/* The first variant of the mask that is not decided here, NULL if all are. */
static const struct variant *
find_undecided(const struct walk *w, uint32_t variants)
{
	size_t i;

	for (i = 0; i < w->x->variants.n && i < 31; i++)
		if ((variants & 1U << i) != 0 &&
		    !walk_is_set(w, w->x->variants.v[i].slot))
			return &w->x->variants.v[i];
	return NULL;
}

/* 'what' stands at 'at' and exists in the variants of the mask only. */
static void
need_decided(struct walk *w, struct pos at, const char *what, uint32_t variants)
{
	const struct variant *v = find_undecided(w, variants);
	const char *slot;
	struct finding *f;

	if (v == NULL)
		return;
	slot = w->x->slots.v[v->slot].name.text;
	w->facts.set |= SLOT_BIT(v->slot); /* complain once on each path */
	f = walk_find(w, "E507", at,
	    "'%s' depends on the variant, but '%s', which decides "
	    "it, is not set on this path",
	    what, slot);
	if (f == NULL)
		return;
	f->note = "the variant is declared here";
	f->note_at = v->name.pos;
	f->hint = gen_printf("move it behind what sets '%s'", slot);
}

static void
variant_recv(struct walk *w)
{
	if (w->row->variant.text != NULL)
		need_decided(
		    w, w->edge->arg.pos, w->row->name.text, w->row->variants);
}

static void
variant_rule(struct walk *w, const struct rule *r)
{
	if (r->kind == RULE_IFF)
		need_decided(w, r->pos, "rule", r->variants);
}

static void
variant_op(struct walk *w, const struct op *op)
{
	if (op->variant.text != NULL)
		need_decided(w, op->variant.pos, op->word.text, op->variants);
}

static void
variant_formula(
    struct walk *w, const struct op *op, size_t i, const struct formula *f)
{
	if (f->variant.text != NULL && op->variant.text == NULL)
		need_decided(w, op->args.v[i].pos, f->name.text, f->variants);
}

static void
variant_send(struct walk *w, const struct op *op, const struct message *row)
{
	if (row->variant.text != NULL && op->variant.text == NULL)
		need_decided(
		    w, op->args.v[0].pos, row->name.text, row->variants);
}

void
check_variants(const struct exchange *x)
{
	static const struct visitor visitor = {
	    .recv = variant_recv,
	    .rule = variant_rule,
	    .op = variant_op,
	    .formula = variant_formula,
	    .send = variant_send,
	};

	walk_exchange(x, &visitor);
}
