/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forward walk on which the flow checks stand: every path of a role, in
 * every world, breadth first so that the path of a complaint is a shortest
 * one.  A node is a state and what is known there; each is visited once.
 */
#include <stdarg.h>
#include <string.h>

#include "gen/check.h"
#include "gen/diag.h"
#include "gen/vec.h"

struct node {
	size_t state;
	struct facts facts;
	const struct step *path;
};

bool
walk_is_set(const struct walk *w, size_t slot)
{
	return (w->facts.set & SLOT_BIT(slot)) != 0;
}

bool
walk_is_oneway_sender(const struct walk *w)
{
	return w->x->oneway && w->role == ROLE_I;
}

/* ---- findings ---------------------------------------------------------- */

/* Remember that this world comes by here. */
static void
walk_visit(struct walk *w, const void *what)
{
	struct site *s;
	size_t i;

	w->site = what;
	for (i = 0; i < w->sites.n; i++) {
		s = &w->sites.v[i];
		if (s->what != what)
			continue;
		if (s->world != w->world)
			s->worlds++;
		s->world = w->world;
		return;
	}
	s = VEC_PUSH(&w->sites);
	*s = (struct site){what, 1, w->world};
}

static const char *
edge_text(const struct step *step)
{
	return gen_printf(
	    "%s -%s->", step->state->name.text, step->edge->arg.text);
}

/* "I0 -initiate-> I1 -MR1->" */
static const char *
path_text(const struct step *step)
{
	if (step->before == NULL)
		return edge_text(step);
	return gen_printf("%s %s", path_text(step->before), edge_text(step));
}

static bool
same_place(struct pos a, struct pos b)
{
	return a.src == b.src && a.line == b.line && a.col == b.col;
}

struct finding *
walk_find(struct walk *w, const char *id, struct pos at, const char *fmt, ...)
{
	struct finding *f;
	const char *text;
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	text = gen_vprintf(fmt, ap);
	va_end(ap);
	for (i = 0; i < w->findings.n; i++) {
		f = &w->findings.v[i];
		if (!same_place(f->at, at) || strcmp(f->id, id) != 0 ||
		    strcmp(f->text, text) != 0)
			continue;
		if (f->world != w->world)
			f->worlds++;
		f->world = w->world;
		return NULL;
	}
	f = VEC_PUSH(&w->findings);
	f->id = id;
	f->at = at;
	f->text = text;
	f->path = path_text(w->path);
	f->when = world_text(w->x, w->world);
	f->site = w->site;
	f->worlds = 1;
	f->world = w->world;
	return f;
}

/* Was it found in every world that comes by its place? */
static bool
found_always(const struct walk *w, const struct finding *f)
{
	size_t i;

	for (i = 0; i < w->sites.n; i++)
		if (w->sites.v[i].what == f->site)
			return w->sites.v[i].worlds == f->worlds;
	return true;
}

static void
walk_report(const struct walk *w)
{
	size_t i;

	for (i = 0; i < w->findings.n; i++) {
		const struct finding *f = &w->findings.v[i];
		struct diag *d;

		if (found_always(w, f))
			d = diag_at(f->id, f->at, "%s", f->text);
		else
			d = diag_at(
			    f->id, f->at, "%s when %s", f->text, f->when);
		if (f->note != NULL)
			diag_note_at(d, f->note_at, "%s", f->note);
		diag_note(d, "path: %s", f->path);
		if (f->hint != NULL)
			diag_hint(d, "%s", f->hint);
	}
}

/* ---- steps ------------------------------------------------------------- */

static bool
same_facts(const struct facts *a, const struct facts *b)
{
	return a->set == b->set && a->maybe == b->maybe && a->own == b->own &&
	    a->sent == b->sent && a->verified == b->verified;
}

static void
walk_arrive(struct walk *w, size_t state)
{
	struct node *n;
	size_t i;

	for (i = 0; i < w->nodes.n; i++)
		if (w->nodes.v[i].state == state &&
		    same_facts(&w->nodes.v[i].facts, &w->facts))
			return;
	n = VEC_PUSH(&w->nodes);
	n->state = state;
	n->facts = w->facts;
	n->path = w->path;
}

static void
facts_write(struct facts *f, size_t slot)
{
	f->set |= SLOT_BIT(slot);
	f->maybe |= SLOT_BIT(slot);
	f->own |= SLOT_BIT(slot);
}

/* The slots that the message brings. */
static void
walk_take_message(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->row->items.n; i++) {
		const struct item *item = &w->row->items.v[i];

		w->facts.maybe |= SLOT_BIT(item->slot);
		w->facts.own &= ~SLOT_BIT(item->slot);
		if (item->min > 0)
			w->facts.set |= SLOT_BIT(item->slot);
	}
}

static void
walk_rule(struct walk *w, const struct rule *r)
{
	size_t i;

	walk_visit(w, r);
	if (w->visitor->rule != NULL)
		w->visitor->rule(w, r);
	for (i = 0; r->kind == RULE_IFF && i < r->slot_ids.n; i++) {
		if ((r->variants & w->world) != 0) {
			w->facts.set |= SLOT_BIT(r->slot_ids.v[i]);
		} else {
			w->facts.set &= ~SLOT_BIT(r->slot_ids.v[i]);
			w->facts.maybe &= ~SLOT_BIT(r->slot_ids.v[i]);
		}
	}
}

/* The rules of the message that this edge received, if any. */
static void
walk_rules(struct walk *w)
{
	size_t i;

	for (i = 0; w->row != NULL && i < w->x->rules.n; i++)
		if (strcmp(w->x->rules.v[i].message.text, w->row->name.text) ==
		    0)
			walk_rule(w, &w->x->rules.v[i]);
}

/* False when the path ends: 'compute' of what has no formula here. */
static bool
walk_formulas(struct walk *w, const struct op *op)
{
	size_t i;

	for (i = 0; i < op->formula_slots.n; i++) {
		size_t slot = op->formula_slots.v[i];
		const struct formula *f =
		    exchange_formula(w->x, slot, w->world);

		if (f == NULL && op->kind == OPK_COMPUTE)
			return false;
		if (f == NULL)
			continue;
		walk_visit(w, &op->args.v[i]);
		if (w->visitor->formula != NULL)
			w->visitor->formula(w, op, i, f);
		if (op->kind == OPK_COMPUTE)
			facts_write(&w->facts, slot);
		else
			w->facts.verified = true;
	}
	return true;
}

static void
walk_send(struct walk *w, const struct op *op)
{
	const struct message *row =
	    exchange_row(w->x, op->message_first, w->world);

	if (row == NULL)
		return;
	walk_visit(w, &op->args.v[0]);
	if (w->visitor->send != NULL)
		w->visitor->send(w, op, row);
	w->facts.sent = op->message_first;
	w->sent_here = true;
}

static void
walk_goto(struct walk *w, const struct op *op)
{
	const struct state *to = &w->x->role[w->role].states.v[op->state];

	walk_visit(w, to);
	if (w->visitor->enter != NULL)
		w->visitor->enter(w, op, to);
	walk_arrive(w, op->state);
}

/* False when the path ends here. */
static bool
walk_op(struct walk *w, const struct op *op)
{
	size_t i;

	walk_visit(w, op);
	if (w->visitor->op != NULL)
		w->visitor->op(w, op);
	if (w->acted == NULL &&
	    (op->kind == OPK_SEND || op->kind == OPK_EFFECT))
		w->acted = op;
	if (w->early == NULL && op->kind == OPK_EFFECT && !w->facts.verified &&
	    !walk_is_oneway_sender(w))
		w->early = op;
	switch (op->kind) {
	case OPK_REQUIRE:
	case OPK_EFFECT: return true;
	case OPK_DERIVE:
		for (i = 0; i < op->to_slots.n; i++)
			facts_write(&w->facts, op->to_slots.v[i]);
		return true;
	case OPK_COMPUTE:
	case OPK_VERIFY: return walk_formulas(w, op);
	case OPK_SEND: walk_send(w, op); return true;
	case OPK_GOTO: walk_goto(w, op); return false;
	}
	return false;
}

/* Behind which op the rules are tested: the first 'verify', NULL for none. */
static const struct op *
edge_first_verify(const struct edge *e)
{
	size_t i;

	for (i = 0; i < e->ops.n; i++)
		if (e->ops.v[i].kind == OPK_VERIFY)
			return &e->ops.v[i];
	return NULL;
}

static void
walk_ops(struct walk *w)
{
	const struct op *verify = edge_first_verify(w->edge);
	size_t i;

	if (verify == NULL)
		walk_rules(w);
	for (i = 0; i < w->edge->ops.n; i++) {
		const struct op *op = &w->edge->ops.v[i];

		if ((op->variants & w->world) != 0 && !walk_op(w, op))
			return;
		if (op == verify)
			walk_rules(w);
	}
}

static uint64_t
kept_slots(const struct exchange *x)
{
	uint64_t kept = 0;
	size_t i;

	for (i = 0; i < x->slots.n; i++)
		if (x->slots.v[i].kept)
			kept |= SLOT_BIT(i);
	return kept;
}

static void
walk_edge(struct walk *w, const struct node *n, const struct edge *e)
{
	struct step *step = gen_alloc(sizeof *step);

	w->state = &w->x->role[w->role].states.v[n->state];
	w->edge = e;
	w->facts = n->facts;
	w->row = NULL;
	w->acted = w->early = NULL;
	w->sent_here = false;
	*step = (struct step){n->path, w->state, e};
	w->path = step;
	if (w->state->final) {
		w->facts.set &= kept_slots(w->x);
		w->facts.maybe &= kept_slots(w->x);
	}
	if (e->event == EDGE_RECV) {
		w->row = exchange_row(w->x, e->message_first, w->world);
		if (w->row == NULL)
			return;
		walk_visit(w, e);
		if (w->visitor->recv != NULL)
			w->visitor->recv(w);
		w->facts.verified = false;
		walk_take_message(w);
	}
	walk_ops(w);
}

/* ---- all paths --------------------------------------------------------- */

static void
walk_role(struct walk *w)
{
	size_t iv = exchange_slot(w->x, "IV");
	size_t i, k;

	w->nodes.n = 0;
	w->facts = (struct facts){.sent = CHECK_NONE};
	w->path = NULL;
	if (w->x->phase == 2 && iv != CHECK_NONE)
		facts_write(&w->facts, iv);
	walk_arrive(w, role_initial(&w->x->role[w->role]));
	for (i = 0; i < w->nodes.n; i++) {
		const struct node n = w->nodes.v[i];
		const struct state *s = &w->x->role[w->role].states.v[n.state];

		for (k = 0; k < s->edges.n; k++)
			walk_edge(w, &n, &s->edges.v[k]);
	}
}

static void
walk_worlds(struct walk *w)
{
	world_vec worlds = exchange_worlds(w->x);
	size_t i;

	if (!exchange_walkable(w->x) || w->x->slots.n > CHECK_MAX_SLOTS)
		return;
	for (i = 0; i < worlds.n; i++) {
		w->world = worlds.v[i];
		w->role = ROLE_I;
		walk_role(w);
		w->role = ROLE_R;
		walk_role(w);
	}
}

void
walk_exchange(const struct exchange *x, const struct visitor *v)
{
	struct walk w = {.x = x, .visitor = v};

	walk_worlds(&w);
	walk_report(&w);
}

bool
walk_finds(const struct exchange *x, const struct visitor *v)
{
	struct walk w = {.x = x, .visitor = v};

	walk_worlds(&w);
	return w.findings.n > 0;
}
