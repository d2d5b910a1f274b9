/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E601 and E603-E605: what holds on every path.  Nothing is used before it
 * is set, nothing is believed before it is verified, and nobody can make us
 * do harm by a forged message.  E602 and E606 are in check_formula.c.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/diag.h"
#include "gen/specc.h"
#include "gen/vec.h"

/* ---- E601: set before used --------------------------------------------- */

/* The message by which the peer alone sends this slot, NULL if we might set
 * it ourselves. */
static const struct message *
peers_message(const struct walk *w, size_t slot)
{
	const struct message *found = NULL;
	size_t i;

	for (i = 0; i < w->x->messages.n; i++) {
		const struct message *m = &w->x->messages.v[i];

		if (message_item(m, slot) == NULL)
			continue;
		if (m->from == w->role)
			return NULL;
		if (found == NULL)
			found = m;
	}
	return found;
}

/* What to write so that the slot is set before op. */
static const char *
set_hint(const struct walk *w, size_t slot, int line)
{
	const char *name = w->x->slots.v[slot].name.text;
	const struct message *m = peers_message(w, slot);

	if (m != NULL)
		return gen_printf("do this after '%s', which brings '%s', was "
				  "received",
		    m->name.text, name);
	if (exchange_has_formula(w->x, slot))
		return gen_printf(
		    "add 'compute %s;' before line %d", name, line);
	return gen_printf("add 'derive … -> %s;' before line %d", name, line);
}

/*
 * The place that is visited needs a slot.  If it is not set, complain (the
 * text says who needs which) and go on as if it were, so that one
 * mistake gives one message.
 */
static void
need_slot(struct walk *w, size_t slot, struct pos at, const char *text,
    struct pos needed_at)
{
	struct finding *f;

	if (walk_is_set(w, slot))
		return;
	w->facts.set |= SLOT_BIT(slot);
	w->facts.maybe |= SLOT_BIT(slot);
	f = walk_find(w, "E601", at, "%s, which is not set on this path", text);
	if (f == NULL)
		return;
	f->note = "required here";
	f->note_at = needed_at;
	f->hint = set_hint(w, slot, at.line);
}

static void
flow_keys(struct walk *w, struct pos at, const struct message *row)
{
	static const char *const keys[] = {"ENC_KEY", "IV"};
	size_t i;

	for (i = 0; row->encrypted && w->x->phase == 1 && i < 2; i++) {
		size_t slot = exchange_slot(w->x, keys[i]);

		if (slot != CHECK_NONE &&
		    message_lacks(w->x, row, slot) == CHECK_NONE) /* or E402 */
			need_slot(w, slot, at,
			    gen_printf("%s is encrypted and needs '%s'",
				row->name.text, keys[i]),
			    row->hdr_pos);
	}
}

static void
flow_recv(struct walk *w)
{
	flow_keys(w, w->edge->arg.pos, w->row);
}

static void
flow_send(struct walk *w, const struct op *op, const struct message *row)
{
	struct pos at = op->args.v[0].pos;
	size_t i;

	flow_keys(w, at, row);
	for (i = 0; i < row->items.n; i++) {
		const struct item *item = &row->items.v[i];

		if (item->min > 0)
			need_slot(w, item->slot, at,
			    gen_printf("%s needs slot '%s'", row->name.text,
				item->name.text),
			    item->name.pos);
	}
}

/* The message that this edge sends next after op, NULL if none. */
static const struct message *
next_sent(const struct walk *w, const struct op *op)
{
	const struct op *end = w->edge->ops.v + w->edge->ops.n;

	for (op++; op < end; op++)
		if (op->kind == OPK_SEND && (op->variants & w->world) != 0)
			return exchange_row(w->x, op->message_first, w->world);
	return NULL;
}

/* What is computed or sent must exist in every world in which the exchange is
 * to get anywhere. */
static void
flow_exists(struct walk *w, const struct op *op)
{
	struct finding *f;
	size_t i;

	for (i = 0; i < op->args.n; i++) {
		bool exists = true;

		if (op->kind == OPK_COMPUTE || op->kind == OPK_VERIFY)
			exists = exchange_formula(w->x, op->formula_slots.v[i],
				     w->world) != NULL;
		else if (op->kind == OPK_SEND)
			exists = exchange_row(
				     w->x, op->message_first, w->world) != NULL;
		if (exists || world_is_foreign(w->x, w->world))
			continue;
		f = walk_find(w, "E601", op->args.v[i].pos,
		    "there is no form of '%s' to %s", op->args.v[i].text,
		    op->word.text);
		if (f != NULL)
			f->hint = "declare one for that variant, or write a "
				  "'[variant]' before the op";
	}
}

/* 'after X': the message that is made or checked must begin with X. */
static void
flow_after(
    struct walk *w, const struct op *op, struct pos at, const struct term *t)
{
	const struct message *m =
	    op->kind == OPK_COMPUTE ? next_sent(w, op) : w->row;
	const struct item *item = m != NULL ? message_item(m, t->slot) : NULL;
	const char *slot = w->x->slots.v[t->slot].name.text;
	struct finding *f;

	if (item != NULL && item->leading)
		return;
	if (op->kind == OPK_COMPUTE)
		f = walk_find(w, "E601", at,
		    "the message sent next does not begin with '%s', "
		    "so nothing is 'after' it",
		    slot);
	else
		f = walk_find(w, "E601", at,
		    "the message received does not begin with '%s', "
		    "so nothing is 'after' it",
		    slot);
	if (f == NULL)
		return;
	f->note = "needed here";
	f->note_at = t->pos;
	if (m != NULL)
		f->hint = gen_printf(
		    "write '<%s>' first in '%s'", slot, m->name.text);
	else
		f->hint = "compute it in the edge that sends the message";
}

/* The effect w->early was too early, as 'op' shows. */
static void
flow_too_early(struct walk *w, const struct op *op)
{
	const struct op *early = w->early;
	struct finding *f;

	w->early = NULL;
	f = walk_find(w, "E604", early->args.v[0].pos,
	    "'effect %s' comes before %s is verified", early->args.v[0].text,
	    w->row != NULL ? w->row->name.text : "anything");
	if (f == NULL)
		return;
	f->note = op->kind == OPK_VERIFY ? "verified only here"
					 : "and not before the edge ends";
	f->note_at = op->word.pos;
	f->hint = "move it behind a 'verify', or use 'derive'";
}

/* A formula is verified against what the message of this edge brought.  False
 * after a complaint. */
static bool
flow_compared(struct walk *w, const struct op *op, size_t i)
{
	size_t slot = op->formula_slots.v[i];
	const char *name = op->args.v[i].text;
	struct finding *f;

	if (w->row != NULL && message_item(w->row, slot) != NULL &&
	    walk_is_set(w, slot) && (w->facts.own & SLOT_BIT(slot)) == 0)
		return true;
	f = walk_find(w, "E601", op->args.v[i].pos,
	    "'%s' does not come with the message of this edge, so "
	    "there is nothing to verify",
	    name);
	if (f != NULL)
		f->hint = gen_printf(
		    "verify a slot that '%s' requires", w->edge->arg.text);
	return false;
}

static void
flow_formula(
    struct walk *w, const struct op *op, size_t i, const struct formula *f)
{
	struct pos at = op->args.v[i].pos;
	size_t k;

	if (op->kind == OPK_VERIFY) {
		if (!flow_compared(w, op, i))
			return;
		if (w->early != NULL && !w->facts.verified)
			flow_too_early(w, op);
	}
	for (k = 0; k < f->terms.n; k++) {
		const struct term *t = &f->terms.v[k];

		if (t->kind == TERM_AFTER)
			flow_after(w, op, at, t);
		if (t->kind == TERM_SLOT)
			need_slot(w, t->slot, at,
			    gen_printf(
				"'%s' needs '%s'", f->name.text, t->base.text),
			    t->pos);
	}
}

/* What the ISAKMP SA keeps must be there when it is up. */
static void
flow_keep(struct walk *w, const struct op *op, const struct state *to)
{
	size_t i;

	for (i = 0; to->final && w->facts.verified && i < w->x->keep.n; i++) {
		const struct name *kept = &w->x->keep.v[i];

		need_slot(w, exchange_slot(w->x, kept->text), op->args.v[0].pos,
		    gen_printf("'%s' keeps '%s'", to->name.text, kept->text),
		    kept->pos);
	}
}

/* The engine computes the IV of a phase 2 exchange before anything is set. */
static void
check_first_iv(const struct exchange *x)
{
	size_t i, k;

	for (i = 0; x->phase == 2 && i < x->formulas.n; i++) {
		const struct formula *f = &x->formulas.v[i];

		for (k = 0; strcmp(f->name.text, "IV") == 0 && k < f->terms.n;
		     k++) {
			const struct term *t = &f->terms.v[k];

			if (t->kind == TERM_MSGID || t->kind == TERM_KEPT ||
			    t->kind == TERM_NUMBER)
				continue;
			diag_hint(diag_at("E601", t->pos,
				      "'IV' is computed when the exchange "
				      "begins, when only what the ISAKMP "
				      "SA keeps is set"),
			    "use 'isakmp.NAME' or MSGID");
		}
	}
}

/* ---- E603: no final state without verification ------------------------- */

/* What to write so that the path is verified: the last message on it that
 * brings something with a formula. */
static const char *
verify_hint(const struct walk *w)
{
	const struct step *step;
	size_t i;

	for (step = w->path; step != NULL; step = step->before) {
		const struct message *m = NULL;

		if (step->edge->event == EDGE_RECV)
			m = exchange_row(
			    w->x, step->edge->message_first, w->world);
		for (i = 0; m != NULL && i < m->items.n; i++) {
			const struct formula *f = exchange_formula(
			    w->x, m->items.v[i].slot, w->world);

			if (f == NULL)
				continue;
			return gen_printf(
			    "add '%sverify %s%s else drop;' to the edge on "
			    "%s in %s",
			    m->variant.text == NULL
				? ""
				: gen_printf("[%s] ", m->variant.text),
			    f->name.text,
			    f->fn_kind == FN_SIGN ? " within 10s" : "",
			    step->edge->arg.text, step->state->name.text);
		}
	}
	return "let a message on this path carry a HASH or SIG payload that "
	       "has a formula, and verify it";
}

static void
flow_enter(struct walk *w, const struct op *op, const struct state *to)
{
	struct finding *f;

	flow_keep(w, op, to);
	if (!to->final && w->early != NULL && !w->facts.verified)
		flow_too_early(w, op);
	if (!to->final || w->facts.verified || walk_is_oneway_sender(w))
		return;
	f = walk_find(w, "E603", to->name.pos,
	    "'%s' can be reached without 'verify'", to->name.text);
	w->facts.verified = true; /* once is enough */
	if (f == NULL)
		return;
	f->path = gen_printf("%s %s", f->path, to->name.text);
	f->hint = verify_hint(w);
}

/* ---- E604: no way back after acting, no acting before verifying -------- */

static void
flow_no_way_back(struct walk *w, const struct outcome *o)
{
	const char *word = o->kind == OUTCOME_DROP ? "drop" : "reject";
	struct finding *f;

	if (w->acted == NULL ||
	    (o->kind != OUTCOME_DROP && o->kind != OUTCOME_REJECT))
		return;
	if (w->acted->kind == OPK_SEND)
		f = walk_find(w, "E604", o->pos,
		    "'%s' after 'send %s' would leave the peer ahead "
		    "of us",
		    word, w->acted->args.v[0].text);
	else
		f = walk_find(w, "E604", o->pos,
		    "'%s' after 'effect %s' cannot undo it", word,
		    w->acted->args.v[0].text);
	if (f == NULL)
		return;
	f->note = w->acted->kind == OPK_SEND ? "sent here" : "done here";
	f->note_at = w->acted->word.pos;
	f->hint = gen_printf("use 'else abort', or move this op before the %s",
	    w->acted->word.text);
}

static void
flow_acting(struct walk *w, const struct op *op)
{
	enum outcome_kind outcome = op->otherwise.kind;
	struct finding *f;

	if (op->kind != OPK_SEND && op->kind != OPK_EFFECT)
		return;
	if (w->acted == NULL &&
	    (outcome == OUTCOME_DROP || outcome == OUTCOME_REJECT)) {
		f = walk_find(w, "E604", op->otherwise.pos,
		    "'%s' can only abort, since nobody knows how "
		    "much of it was done",
		    op->word.text);
		if (f != NULL)
			f->hint = "use 'else abort'";
	}
}

/* ---- E605: a forged message cannot end the exchange -------------------- */

static void
flow_forged(struct walk *w, const char *what, const struct outcome *o)
{
	struct finding *f;

	if (w->edge->event != EDGE_RECV || o->kind != OUTCOME_ABORT)
		return;
	f = walk_find(w, "E605", o->pos,
	    "a forged %s could end the exchange: '%s' aborts before "
	    "the message is verified",
	    w->edge->arg.text, what);
	if (f != NULL)
		f->hint = "use 'else drop'";
}

static void
flow_op(struct walk *w, const struct op *op)
{
	flow_exists(w, op);
	if (op->kind != OPK_GOTO) /* or E504 */
		flow_no_way_back(w, &op->otherwise);
	flow_acting(w, op);
	if (op->kind == OPK_VERIFY ||
	    (op->kind == OPK_REQUIRE && !w->facts.verified))
		flow_forged(w,
		    gen_printf("%s %s", op->word.text, op->args.v[0].text),
		    &op->otherwise);
}

static void
flow_rule(struct walk *w, const struct rule *r)
{
	flow_no_way_back(w, &r->otherwise);
	if (!w->facts.verified)
		flow_forged(w, "rule", &r->otherwise);
}

void
check_flow(const struct spec *s)
{
	static const struct visitor visitor = {
	    .recv = flow_recv,
	    .rule = flow_rule,
	    .op = flow_op,
	    .formula = flow_formula,
	    .send = flow_send,
	    .enter = flow_enter,
	};
	size_t i;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		check_first_iv(x);
		check_within(x);
		if (check_formulas(x))
			walk_exchange(x, &visitor);
	}
}
