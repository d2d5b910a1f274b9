/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.gen.[ch]: the tables of engine/core/table.h for every exchange,
 * printed from the lowered form.  This file has the machine: indices, ops,
 * edges, states, and what holds it all together.  Names instead of numbers
 * wherever there is one, so that the generated file can be read beside the
 * spec.
 */
#include "gen/emit_exchange.h"

#include <inttypes.h>

/* ---- header -------------------------------------------------------------- */

static void
emit_events(FILE *out, const char *tag, const char *prefix,
    const char *const *names, size_t n)
{
	fprintf(out, "enum %s {\n", tag);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "\t%s,\n", emit_enumerator(prefix, names[i]));
	fprintf(out, "\tN_%sS\n};\n\n", emit_upper(tag));
}

void
emit_exchange_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/core/table.h", NULL};
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	emit_head_h(out, &o, "GEN_EXCHANGE_GEN_H",
	    "Exchanges as tables for engine/core.", includes);
	fprintf(out,
	    "/* Payloads and values of all exchanges. */\n"
	    "enum slot {\n");
	for (size_t i = 0; i < low->slots.n; i++)
		fprintf(out, "\t%s,\n", xchg_slot(low, i));
	fprintf(out,
	    "\tN_SLOTS\n};\n"
	    "extern const struct slot_def slot_defs[N_SLOTS + 1];\n\n");
	emit_events(out, "local_event", "local", low->locals.v, low->locals.n);
	emit_events(out, "timer_event", "timer", low->timers.v, low->timers.n);
	fprintf(out, "enum xchg_id {\n");
	for (size_t i = 0; i < low->exchanges.n; i++)
		fprintf(out, "\t%s,\n",
		    emit_enumerator(
			"xchg", low->exchanges.v[i]->x->h.name.text));
	fprintf(out,
	    "\tN_XCHGS\n};\n"
	    "extern const struct xchg_def xchg_defs[N_XCHGS + 1];\n\n"
	    "#endif\n");
}

/* ---- indices that the tables of one exchange use ------------------------- */

static void
emit_state_indices(const struct xchg_job *j, enum role role)
{
	fprintf(j->out, "enum {\n");
	for (size_t i = 0; i < j->lx->states[role].n; i++)
		fprintf(j->out, "\t%s,\n", xchg_state(j, role, i));
	fprintf(
	    j->out, "\tN_%s_%s\n};\n", j->upper, role == ROLE_I ? "I" : "R");
}

static void
emit_indices(const struct xchg_job *j)
{
	fprintf(j->out, "enum {\n");
	for (size_t i = 0; i < j->x->messages.n; i++)
		fprintf(j->out, "\t%s,\n", xchg_message(j, i));
	fprintf(j->out, "\tN_%s_MSGS\n};\nenum {\n", j->upper);
	for (size_t i = 0; i < j->x->formulas.n; i++)
		fprintf(j->out, "\t%s,\n", xchg_formula(j, i));
	fprintf(j->out, "\tN_%s_FORMULAS\n};\n", j->upper);
	emit_state_indices(j, ROLE_I);
	emit_state_indices(j, ROLE_R);
	fprintf(j->out, "\n");
}

/* ---- ops, edges, states -------------------------------------------------- */

static const char *
op_arg(const struct xchg_job *j, enum role role, const struct low_op *op)
{
	switch (op->code) {
	case LOW_COMPUTE:
	case LOW_VERIFY: return xchg_formula(j, op->arg);
	case LOW_SEND: return xchg_message(j, op->arg);
	case LOW_GOTO: return xchg_state(j, role, op->arg);
	case LOW_RULE: return gen_printf("%zu", op->arg);
	case LOW_REQUIRE:
	case LOW_DERIVE:
	case LOW_EFFECT: return NULL;
	}
	return NULL;
}

static const char *
outcome_text(const struct outcome *o)
{
	switch (o->kind) {
	case OUTCOME_DROP: return "OUT_DROP";
	case OUTCOME_REJECT: return "OUT_REJECT";
	case OUTCOME_NONE:
	case OUTCOME_ABORT: return "OUT_ABORT";
	}
	return NULL;
}

static void
emit_op_function(const struct xchg_job *j, const struct low_op *op)
{
	if (op->code == LOW_REQUIRE)
		fprintf(
		    j->out, "\t .fn.guard = guard_%s,\n", emit_lower(op->name));
	if (op->code == LOW_DERIVE || op->code == LOW_EFFECT)
		fprintf(j->out, "\t .fn.action = %s_%s,\n",
		    lower_code_name(op->code), emit_lower(op->name));
}

static void
emit_op(const struct xchg_job *j, enum role role, const struct low_op *op)
{
	const char *arg = op_arg(j, role, op);

	fprintf(j->out, "\t{.line = %d, .code = OP_%s, .name = \"%s\",\n",
	    op->pos.line, emit_upper(lower_code_name(op->code)), op->name);
	fprintf(j->out, "\t .variants = %s, .outcome = %s,",
	    xchg_variants(op->variants), outcome_text(op->otherwise));
	if (op->otherwise->notify.text != NULL)
		fprintf(
		    j->out, "\n\t .notify = %s,", emit_notify(op->otherwise));
	fprintf(j->out, "\n");
	if (arg != NULL)
		fprintf(j->out, "\t .arg = %s,\n", arg);
	emit_op_function(j, op);
	if (op->within_ms > 0)
		fprintf(
		    j->out, "\t .within_ms = %" PRIu64 ",\n", op->within_ms);
	fprintf(j->out, "\t .to = {%s, %s, %s}, .after = %s},\n",
	    xchg_slot(j->low, op->to[0]), xchg_slot(j->low, op->to[1]),
	    xchg_slot(j->low, op->to[2]),
	    op->after == LOW_NONE ? "TABLE_NONE" : xchg_message(j, op->after));
}

static const char *
event_words(const struct edge *e)
{
	static const char *const events[] = {
	    [EDGE_RECV] = "recv",
	    [EDGE_LOCAL] = "local",
	    [EDGE_TIMER] = "timer",
	};

	return gen_printf("on %s %s", events[e->event], e->arg.text);
}

static void
emit_state_ops(
    const struct xchg_job *j, enum role role, const struct low_state *s)
{
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct low_edge *e = &j->lx->edges.v[s->edge + i];

		if (i > 0 && e->op == j->lx->edges.v[s->edge + i - 1].op)
			continue;
		fprintf(j->out, "\t/* %s  %s, %s */\n",
		    emit_place(e->edge->pos), s->state->name.text,
		    event_words(e->edge));
		for (size_t k = 0; k < e->n_ops; k++)
			emit_op(j, role, &j->lx->ops.v[e->op + k]);
	}
}

static void
emit_ops(const struct xchg_job *j)
{
	fprintf(j->out, "static const struct op_def %s_ops[] = {\n", j->name);
	for (enum role role = ROLE_I; role <= ROLE_R; role++)
		for (size_t i = 0; i < j->lx->states[role].n; i++)
			emit_state_ops(j, role, &j->lx->states[role].v[i]);
	fprintf(j->out, "};\n\n");
}

static const char *
edge_arg(const struct xchg_job *j, const struct low_edge *e)
{
	switch (e->edge->event) {
	case EDGE_RECV: return xchg_message(j, e->arg);
	case EDGE_LOCAL:
		return emit_enumerator("local", j->low->locals.v[e->arg]);
	case EDGE_TIMER:
		return emit_enumerator("timer", j->low->timers.v[e->arg]);
	}
	return NULL;
}

static void
emit_edges(const struct xchg_job *j)
{
	static const char *const events[] = {
	    [EDGE_RECV] = "EV_RECV",
	    [EDGE_LOCAL] = "EV_LOCAL",
	    [EDGE_TIMER] = "EV_TIMER",
	};

	fprintf(
	    j->out, "static const struct edge_def %s_edges[] = {\n", j->name);
	for (size_t i = 0; i < j->lx->edges.n; i++) {
		const struct low_edge *e = &j->lx->edges.v[i];

		fprintf(j->out,
		    "\t{.line = %d, .event = %s, .arg = %s,\n"
		    "\t .op = %zu, .n_ops = %zu},\n",
		    e->edge->pos.line, events[e->edge->event], edge_arg(j, e),
		    e->op, e->n_ops);
	}
	fprintf(j->out, "};\n\n");
}

static void
emit_state(const struct xchg_job *j, enum role role, size_t i)
{
	const struct low_state *l = &j->lx->states[role].v[i];
	const struct state *s = l->state;

	fprintf(j->out, "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.story = %s,\n",
	    xchg_state(j, role, i), s->name.text, emit_string(s->story));
	fprintf(j->out, "\t\t.number = %" PRIu64 ",\n", s->number);
	fprintf(j->out, "\t\t.edge = %zu,\n\t\t.n_edges = %zu,\n", l->edge,
	    l->n_edges);
	if (s->has_retransmit)
		fprintf(j->out,
		    "\t\t.retransmit_ms = %" PRIu64
		    ", /* doubles */\n\t\t.retransmit_n = %" PRIu64 ",\n",
		    s->every_ms, s->times);
	if (s->has_resend)
		fprintf(
		    j->out, "\t\t.resend_n = %" PRIu64 ",\n", s->resend_times);
	if (s->has_deadline)
		fprintf(j->out, "\t\t.deadline_ms = %" PRIu64 ",\n",
		    s->deadline_ms);
	if (s->initial)
		fprintf(j->out, "\t\t.initial = true,\n");
	if (s->final)
		fprintf(j->out, "\t\t.final = true,\n");
	if (l->gone)
		fprintf(j->out, "\t\t.gone = true,\n");
	fprintf(j->out, "\t\t.line = %d,\n\t},\n", s->name.pos.line);
}

static void
emit_states(const struct xchg_job *j, enum role role)
{
	if (j->lx->states[role].n == 0)
		return;
	fprintf(j->out, "static const struct state_def %s_%s[] = {\n", j->name,
	    role == ROLE_I ? "initiator" : "responder");
	for (size_t i = 0; i < j->lx->states[role].n; i++)
		emit_state(j, role, i);
	fprintf(j->out, "};\n\n");
}

/* ---- the exchange itself ------------------------------------------------- */

/* A reference to an optional table. */
static void
emit_table_ref(const struct xchg_job *j, const char *member, size_t n)
{
	if (n > 0)
		fprintf(j->out, "\t\t.%s = %s_%s,\n\t\t.n_%s = %zu,\n", member,
		    j->name, member, member, n);
}

static void
emit_slot_mask(const struct xchg_job *j, const char *member, uint64_t mask)
{
	struct wrap w = {j->out, "\t\t\t", 16};

	if (mask == 0)
		return;
	fprintf(j->out, "\t\t.%s =\n\t\t\t", member);
	w.column = 24;
	for (size_t i = 0; i < j->low->slots.n; i++) {
		bool last = mask >> i == 1;

		if (mask & UINT64_C(1) << i)
			wrap_add(&w,
			    gen_printf("UINT64_C(1) << %s%s",
				xchg_slot(j->low, i), last ? "," : " |"));
	}
	fprintf(j->out, "\n");
}

static void
emit_roles(const struct xchg_job *j)
{
	fprintf(j->out, "\t\t.role = {\n");
	for (enum role role = ROLE_I; role <= ROLE_R; role++)
		if (j->lx->states[role].n > 0)
			fprintf(j->out, "\t\t\t[%s] = {%s_%s, N_%s_%s},\n",
			    role == ROLE_I ? "ROLE_INITIATOR"
					   : "ROLE_RESPONDER",
			    j->name, role == ROLE_I ? "initiator" : "responder",
			    j->upper, role == ROLE_I ? "I" : "R");
	fprintf(j->out, "\t\t},\n");
}

static void
emit_definition(const struct xchg_job *j)
{
	const struct low_exchange *lx = j->lx;
	const char *id = emit_enumerator("xchg", j->x->h.name.text);

	fprintf(j->out,
	    "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.file = %s,\n"
	    "\t\t.number = %" PRIu64 ",\n\t\t.phase = %" PRIu64 ",\n"
	    "\t\t.index = %s,\n\t\t.oneway = %s,\n",
	    id, j->x->h.name.text, emit_string(j->x->h.name.pos.src->path),
	    j->x->number, j->x->phase, id, j->x->oneway ? "true" : "false");
	emit_roles(j);
	emit_table_ref(j, "edges", lx->edges.n);
	emit_table_ref(j, "ops", lx->ops.n);
	emit_table_ref(j, "msgs", j->x->messages.n);
	fprintf(j->out, "\t\t.items = %s_items,\n", j->name);
	emit_table_ref(j, "formulas", j->x->formulas.n);
	if (j->x->formulas.n > 0)
		fprintf(j->out, "\t\t.terms = %s_terms,\n", j->name);
	emit_table_ref(j, "rules", j->x->rules.n);
	emit_table_ref(j, "variants", j->x->variants.n);
	fprintf(j->out,
	    "\t\t.iv = %s,\n\t\t.enc_key = %s,\n\t\t.iv_formula = %s,\n",
	    xchg_slot(j->low, lx->iv), xchg_slot(j->low, lx->enc_key),
	    lx->iv_formula == LOW_NONE ? "TABLE_NONE"
				       : xchg_formula(j, lx->iv_formula));
	emit_slot_mask(j, "uses", lx->uses);
	emit_slot_mask(j, "keep", lx->keep);
	fprintf(j->out, "\t},\n");
}

/* ---- file ---------------------------------------------------------------- */

static struct xchg_job
job_of(FILE *out, const struct lowered *low, size_t i)
{
	const struct low_exchange *lx = low->exchanges.v[i];

	return (struct xchg_job){out, low, lx, lx->x,
	    emit_lower(lx->x->h.name.text), emit_upper(lx->x->h.name.text)};
}

static void
emit_slot_table(FILE *out, const struct lowered *low)
{
	fprintf(out, "const struct slot_def slot_defs[N_SLOTS + 1] = {\n");
	for (size_t i = 0; i < low->slots.n; i++) {
		const struct low_slot *s = &low->slots.v[i];

		fprintf(out, "\t[%s] = {\"%s\", %s},\n", xchg_slot(low, i),
		    s->name,
		    s->payload != NULL
			? emit_enumerator("payload", s->payload->h.name.text)
			: "0");
	}
	fprintf(out, "\t[N_SLOTS] = {NULL, 0},\n};\n\n");
}

void
emit_exchange_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"gen/actions.gen.h",
	    "gen/enums.gen.h", "gen/exchange.gen.h", "gen/layout.gen.h", NULL};
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	lower_check_limits(low);
	emit_head_c(out, &o, "Exchanges as tables for engine/core.", includes);
	emit_slot_table(out, low);
	emit_getters(out, low);
	for (size_t i = 0; i < low->exchanges.n; i++) {
		struct xchg_job j = job_of(out, low, i);

		fprintf(out, "/* ---- %s ---- */\n\n", j.name);
		emit_indices(&j);
		emit_ops(&j);
		emit_edges(&j);
		emit_states(&j, ROLE_I);
		emit_states(&j, ROLE_R);
		emit_messages(&j);
		emit_formulas(&j);
		emit_rules(&j);
		emit_variants(&j);
	}
	fprintf(out,
	    "/* ---- all ---- */\n\n"
	    "const struct xchg_def xchg_defs[N_XCHGS + 1] = {\n");
	for (size_t i = 0; i < low->exchanges.n; i++) {
		struct xchg_job j = job_of(out, low, i);

		emit_definition(&j);
	}
	fprintf(out, "\t[N_XCHGS] = {.name = NULL},\n};\n");
}
