/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --table: all compiled tables as text, without line numbers, so that the
 * listing changes only when a change to the spec has an effect.  This file
 * has the exchanges, as they were lowered.
 */
#include "gen/emit_table.h"

#include <inttypes.h>

const char *
table_outcome(const struct outcome *o)
{
	static const char *const words[] = {
	    [OUTCOME_NONE] = "",
	    [OUTCOME_DROP] = " else drop",
	    [OUTCOME_REJECT] = " else reject",
	    [OUTCOME_ABORT] = " else abort",
	};

	if (o->notify.text == NULL)
		return words[o->kind];
	return gen_printf("%s %s", words[o->kind], o->notify.text);
}

const char *
table_variants(const struct exchange *x, unsigned mask)
{
	const char *text = "";

	if (mask == LOW_ALL)
		return "";
	for (size_t i = 0; i < x->variants.n; i++)
		if (mask & 1U << i)
			text = gen_printf("%s%s%s", text, *text ? " " : "",
			    x->variants.v[i].name.text);
	return gen_printf("[%s]", text);
}

const char *
table_time(uint64_t ms)
{
	if (ms % 1000 == 0)
		return gen_printf("%" PRIu64 "s", ms / 1000);
	return gen_printf("%" PRIu64 "ms", ms);
}

const char *
table_event(const struct edge *e)
{
	static const char *const words[] = {
	    [EDGE_RECV] = "recv",
	    [EDGE_LOCAL] = "local",
	    [EDGE_TIMER] = "timer",
	};

	return gen_printf("on %s %s", words[e->event], e->arg.text);
}

/* Does the i-th item stand in the same brackets as the one before it? */
static bool
joins(const struct message *m, size_t i)
{
	return i > 0 && m->items.v[i].leading == m->items.v[i - 1].leading &&
	    m->items.v[i].group == m->items.v[i - 1].group &&
	    (m->items.v[i].leading || m->items.v[i].group != 0);
}

const char *
table_items(const struct exchange *x, const struct message *m)
{
	const char *text = m->encrypted ? "HDR*" : "HDR";

	for (size_t i = 0; i < m->items.n; i++) {
		const struct item *t = &m->items.v[i];
		bool opens = !joins(m, i);
		bool closes = i + 1 == m->items.n || !joins(m, i + 1);
		const char *name = x->slots.v[t->slot].name.text;

		if (t->leading)
			name = gen_printf("%s%s%s", opens ? "<" : "", name,
			    closes ? ">" : "");
		else if (t->group != 0)
			name = gen_printf("%s%s%s", opens ? "[" : "", name,
			    closes ? "]" : "");
		else if (t->min != 1 || t->max != 1)
			name = gen_printf("%s{%" PRIu64 "..%" PRIu64 "}", name,
			    t->min, t->max);
		text = gen_printf("%s, %s", text, name);
	}
	return text;
}

static const char *
term_words(const struct term *t)
{
	if (t->is_number)
		return gen_printf("%" PRIu64, t->number);
	if (t->field.text != NULL)
		return gen_printf("%s.%s", t->base.text, t->field.text);
	return gen_printf("%s%s", t->after ? "after " : "", t->base.text);
}

const char *
table_formula(const struct formula *f)
{
	const char *text = gen_printf("%s(", f->fn.text);

	for (size_t i = 0; i < f->terms.n; i++)
		text = gen_printf("%s%s%s", text,
		    i == 0              ? ""
			: i == f->n_key ? ", "
					: " | ",
		    term_words(&f->terms.v[i]));
	return gen_printf("%s)", text);
}

/* ---- one exchange -------------------------------------------------------- */

static void
list_slots(FILE *out, const struct exchange *x, const char *title, bool kept)
{
	struct wrap w = {out, "        ", 0};

	fprintf(out, "    %s", title);
	w.column = 9;
	for (size_t i = 0; i < x->slots.n; i++) {
		const struct slot *s = &x->slots.v[i];

		if (kept && !s->kept)
			continue;
		wrap_add(&w,
		    !kept && s->payload != NULL
			? gen_printf(
			      "%s:%s", s->name.text, s->payload->h.name.text)
			: s->name.text);
	}
	fprintf(out, "\n");
}

static void
list_variants(FILE *out, const struct exchange *x)
{
	static const char *const tests[] = {
	    [VARIANT_IN] = "in",
	    [VARIANT_PRESENT] = "present",
	    [VARIANT_ABSENT] = "absent",
	};

	for (size_t i = 0; i < x->variants.n; i++) {
		const struct variant *v = &x->variants.v[i];

		fprintf(out, "    variant %s: attribute %" PRIu64 " of %s %s",
		    v->name.text, v->attr->number,
		    x->slots.v[v->slot].name.text, tests[v->test]);
		for (size_t k = 0; k < v->values.n; k++)
			fprintf(out, " %" PRIu64, v->values.v[k]);
		fprintf(out, "\n");
	}
}

static void
list_messages(FILE *out, const struct exchange *x)
{
	for (size_t i = 0; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];

		fprintf(out, "    message %s%s %s: %s\n", m->name.text,
		    table_variants(x, lower_mask(m->variants)),
		    m->from == ROLE_I ? "I->R" : "R->I", table_items(x, m));
	}
	for (size_t i = 0; i < x->formulas.n; i++)
		fprintf(out, "    formula %s%s = %s\n",
		    x->formulas.v[i].name.text,
		    table_variants(x, lower_mask(x->formulas.v[i].variants)),
		    table_formula(&x->formulas.v[i]));
}

static void
list_rules(FILE *out, const struct exchange *x)
{
	for (size_t i = 0; i < x->rules.n; i++) {
		const struct rule *r = &x->rules.v[i];

		fprintf(out, "    rule %zu:", i);
		for (size_t k = 0; k < r->slots.n; k++)
			fprintf(out, " %s", r->slots.v[k].text);
		fprintf(out, " in %s %s %s%s\n", r->message.text,
		    r->kind == RULE_IFF ? "iff" : "echo", r->other.text,
		    table_outcome(&r->otherwise));
	}
}

static void
list_op(FILE *out, const struct lowered *low, const struct exchange *x,
    const struct low_op *op)
{
	fprintf(out, "            %s%s %s", lower_code_name(op->code),
	    table_variants(x, op->variants), op->name);
	if (op->code == LOW_RULE)
		fprintf(out, " (%zu)", op->arg);
	for (size_t i = 0; i < 3 && op->to[i] != LOW_NONE; i++)
		fprintf(out, "%s %s", i == 0 ? " ->" : "",
		    low->slots.v[op->to[i]].name);
	if (op->after != LOW_NONE)
		fprintf(out, " over %s", x->messages.v[op->after].name.text);
	if (op->within_ms > 0)
		fprintf(out, " within %s", table_time(op->within_ms));
	fprintf(out, "%s\n", table_outcome(op->otherwise));
}

static void
list_state_head(FILE *out, const struct low_state *l)
{
	const struct state *s = l->state;

	fprintf(out, "        state %s", s->name.text);
	if (s->has_number)
		fprintf(out, " (%" PRIu64 ")", s->number);
	fprintf(out, " \"%s\"%s%s%s\n", s->story, s->initial ? " initial" : "",
	    s->final ? " final" : "", l->gone ? " gone" : "");
	if (s->has_retransmit)
		fprintf(out,
		    "            retransmit %s every %s doubling times "
		    "%" PRIu64 "\n",
		    s->retransmit.text, table_time(s->every_ms), s->times);
	if (s->has_resend)
		fprintf(out,
		    "            resend %s on duplicate times %" PRIu64 "\n",
		    s->resend.text, s->resend_times);
	if (s->has_deadline)
		fprintf(out, "            deadline %s\n",
		    table_time(s->deadline_ms));
}

static void
list_state(FILE *out, const struct lowered *low, const struct low_exchange *lx,
    const struct low_state *l)
{
	list_state_head(out, l);
	for (size_t i = 0; i < l->n_edges; i++) {
		const struct low_edge *e = &lx->edges.v[l->edge + i];

		fprintf(out, "          %s", table_event(e->edge));
		if (e->edge->event == EDGE_RECV)
			fprintf(out, "%s",
			    table_variants(lx->x,
				lower_mask(
				    lx->x->messages.v[e->arg].variants)));
		fprintf(out, "\n");
		for (size_t k = 0; k < e->n_ops; k++)
			list_op(out, low, lx->x, &lx->ops.v[e->op + k]);
	}
}

static void
list_role(FILE *out, const struct lowered *low, const struct low_exchange *lx,
    enum role role)
{
	fprintf(out, "    %s\n", role == ROLE_I ? "initiator" : "responder");
	for (size_t i = 0; i < lx->states[role].n; i++)
		list_state(out, low, lx, &lx->states[role].v[i]);
}

static void
list_exchange(
    FILE *out, const struct lowered *low, const struct low_exchange *lx)
{
	const struct exchange *x = lx->x;

	fprintf(out, "exchange %s (%" PRIu64 ") phase %" PRIu64 "%s\n",
	    x->h.name.text, x->number, x->phase, x->oneway ? " oneway" : "");
	list_slots(out, x, "slots", false);
	if (lx->keep != 0)
		list_slots(out, x, "keep ", true);
	list_variants(out, x);
	list_messages(out, x);
	list_rules(out, x);
	list_role(out, low, lx, ROLE_I);
	list_role(out, low, lx, ROLE_R);
	fprintf(out, "\n");
}

void
emit_table(FILE *out, const struct spec *s)
{
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	table_registries(out, &o);
	table_layouts(out, &o);
	table_algs(out, &o);
	table_policies(out, &o);
	table_programs(out, &o);
	for (size_t i = 0; i < low->exchanges.n; i++)
		list_exchange(out, low, low->exchanges.v[i]);
}
