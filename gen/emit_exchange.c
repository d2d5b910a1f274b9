/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.gen.[ch]: the tables of engine/core/table.h for every exchange,
 * printed from the lowered form.  Names instead of numbers wherever there is
 * one, so that the generated file can be read beside the spec.
 */
#include "gen/emit.h"
#include "gen/lower.h"

#include <inttypes.h>
#include <string.h>

/* What all functions below need. */
struct job {
	FILE *out;
	const struct lowered *low;
	const struct low_exchange *lx;
	const struct exchange *x;
	const char *name;  /* main_mode */
	const char *upper; /* MAIN_MODE */
};

static const char *
slot_enumerator(const struct lowered *low, size_t slot)
{
	if (slot == LOW_NONE)
		return "TABLE_NONE";
	return emit_enumerator("slot", low->slots.v[slot].name);
}

static const char *
own_slot(const struct job *j, size_t i)
{
	return emit_enumerator("slot", j->x->slots.v[i].name.text);
}

static const char *
variants_text(unsigned mask)
{
	return mask == LOW_ALL ? "VARIANT_ALL" : gen_printf("0x%02x", mask);
}

/* MAIN_MODE_MI3; with a variant also MAIN_MODE_MI3_PSK. */
static const char *
indexed_name(const struct job *j, const char *kind, const struct name *name,
	     const struct name *variant)
{
	if (variant != NULL && variant->text != NULL)
		return gen_printf("%s_%s_%s_%s", j->upper, kind,
				  emit_upper(name->text),
				  emit_upper(variant->text));
	return gen_printf("%s_%s_%s", j->upper, kind, emit_upper(name->text));
}

static const char *
message_name(const struct job *j, size_t i)
{
	const struct message *m = &j->x->messages.v[i];

	return indexed_name(j, "MSG", &m->name, &m->variant);
}

static const char *
formula_name(const struct job *j, size_t i)
{
	const struct formula *f = &j->x->formulas.v[i];

	return indexed_name(j, "FORMULA", &f->name, &f->variant);
}

static const char *
state_name(const struct job *j, enum role role, size_t i)
{
	return indexed_name(j, role == ROLE_I ? "I" : "R",
			    &j->lx->states[role].v[i].state->name, NULL);
}

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
	fprintf(out, "/* Payloads and values of all exchanges. */\n"
		     "enum slot {\n");
	for (size_t i = 0; i < low->slots.n; i++)
		fprintf(out, "\t%s,\n", slot_enumerator(low, i));
	fprintf(out, "\tN_SLOTS\n};\n"
		     "extern const struct slot_def slot_defs[N_SLOTS + 1];\n\n");
	emit_events(out, "local_event", "local", low->locals.v, low->locals.n);
	emit_events(out, "timer_event", "timer", low->timers.v, low->timers.n);
	fprintf(out, "enum xchg_id {\n");
	for (size_t i = 0; i < low->exchanges.n; i++)
		fprintf(out, "\t%s,\n",
			emit_enumerator("xchg",
					low->exchanges.v[i]->x->h.name.text));
	fprintf(out, "\tN_XCHGS\n};\n"
		     "extern const struct xchg_def xchg_defs[N_XCHGS + 1];\n\n"
		     "#endif\n");
}

/* ---- indices that the tables of one exchange use -------------------------- */

static void
emit_state_indices(const struct job *j, enum role role)
{
	fprintf(j->out, "enum {\n");
	for (size_t i = 0; i < j->lx->states[role].n; i++)
		fprintf(j->out, "\t%s,\n", state_name(j, role, i));
	fprintf(j->out, "\tN_%s_%s\n};\n", j->upper, role == ROLE_I ? "I" : "R");
}

static void
emit_indices(const struct job *j)
{
	fprintf(j->out, "enum {\n");
	for (size_t i = 0; i < j->x->messages.n; i++)
		fprintf(j->out, "\t%s,\n", message_name(j, i));
	fprintf(j->out, "\tN_%s_MSGS\n};\nenum {\n", j->upper);
	for (size_t i = 0; i < j->x->formulas.n; i++)
		fprintf(j->out, "\t%s,\n", formula_name(j, i));
	fprintf(j->out, "\tN_%s_FORMULAS\n};\n", j->upper);
	emit_state_indices(j, ROLE_I);
	emit_state_indices(j, ROLE_R);
	fprintf(j->out, "\n");
}

/* ---- ops, edges, states ---------------------------------------------------- */

static const char *
op_arg(const struct job *j, enum role role, const struct low_op *op)
{
	switch (op->code) {
	case LOW_COMPUTE:
	case LOW_VERIFY:
		return formula_name(j, op->arg);
	case LOW_SEND:
		return message_name(j, op->arg);
	case LOW_GOTO:
		return state_name(j, role, op->arg);
	case LOW_RULE:
		return gen_printf("%zu", op->arg);
	case LOW_REQUIRE:
	case LOW_DERIVE:
	case LOW_EFFECT:
		return NULL;
	}
	return NULL;
}

static const char *
outcome_text(const struct outcome *o)
{
	switch (o->kind) {
	case OUTCOME_DROP:
		return "OUT_DROP";
	case OUTCOME_REJECT:
		return "OUT_REJECT";
	case OUTCOME_NONE:
	case OUTCOME_ABORT:
		return "OUT_ABORT";
	}
	return NULL;
}

static void
emit_op_function(const struct job *j, const struct low_op *op)
{
	if (op->code == LOW_REQUIRE)
		fprintf(j->out, "\t .fn.guard = guard_%s,\n",
			emit_lower(op->name));
	if (op->code == LOW_DERIVE || op->code == LOW_EFFECT)
		fprintf(j->out, "\t .fn.action = %s_%s,\n",
			lower_code_name(op->code), emit_lower(op->name));
}

static void
emit_op(const struct job *j, enum role role, const struct low_op *op)
{
	const char *arg = op_arg(j, role, op);

	fprintf(j->out, "\t{.line = %d, .code = OP_%s, .name = \"%s\",\n",
		op->pos.line, emit_upper(lower_code_name(op->code)), op->name);
	fprintf(j->out, "\t .variants = %s, .outcome = %s,",
		variants_text(op->variants), outcome_text(op->otherwise));
	if (op->otherwise->notify.text != NULL)
		fprintf(j->out, "\n\t .notify = %s,",
			emit_notify(op->otherwise));
	fprintf(j->out, "\n");
	if (arg != NULL)
		fprintf(j->out, "\t .arg = %s,\n", arg);
	emit_op_function(j, op);
	if (op->within_ms > 0)
		fprintf(j->out, "\t .within_ms = %" PRIu64 ",\n",
			op->within_ms);
	fprintf(j->out, "\t .to = {%s, %s, %s},\n",
		slot_enumerator(j->low, op->to[0]),
		slot_enumerator(j->low, op->to[1]),
		slot_enumerator(j->low, op->to[2]));
	fprintf(j->out, "\t .after = %s},\n",
		op->after == LOW_NONE ? "TABLE_NONE"
				      : message_name(j, op->after));
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
emit_state_ops(const struct job *j, enum role role, const struct low_state *s)
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
emit_ops(const struct job *j)
{
	fprintf(j->out, "static const struct op_def %s_ops[] = {\n", j->name);
	for (enum role role = ROLE_I; role <= ROLE_R; role++)
		for (size_t i = 0; i < j->lx->states[role].n; i++)
			emit_state_ops(j, role, &j->lx->states[role].v[i]);
	fprintf(j->out, "};\n\n");
}

static const char *
edge_arg(const struct job *j, const struct low_edge *e)
{
	switch (e->edge->event) {
	case EDGE_RECV:
		return message_name(j, e->arg);
	case EDGE_LOCAL:
		return emit_enumerator("local", j->low->locals.v[e->arg]);
	case EDGE_TIMER:
		return emit_enumerator("timer", j->low->timers.v[e->arg]);
	}
	return NULL;
}

static void
emit_edges(const struct job *j)
{
	static const char *const events[] = {
		[EDGE_RECV] = "EV_RECV",
		[EDGE_LOCAL] = "EV_LOCAL",
		[EDGE_TIMER] = "EV_TIMER",
	};

	fprintf(j->out, "static const struct edge_def %s_edges[] = {\n",
		j->name);
	for (size_t i = 0; i < j->lx->edges.n; i++) {
		const struct low_edge *e = &j->lx->edges.v[i];

		fprintf(j->out,
			"\t{.line = %d, .event = %s, .arg = %s,\n"
			"\t .op = %zu, .n_ops = %zu},\n",
			e->edge->pos.line, events[e->edge->event],
			edge_arg(j, e), e->op, e->n_ops);
	}
	fprintf(j->out, "};\n\n");
}

static void
emit_state(const struct job *j, enum role role, size_t i)
{
	const struct low_state *l = &j->lx->states[role].v[i];
	const struct state *s = l->state;

	fprintf(j->out, "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.story = %s,\n",
		state_name(j, role, i), s->name.text, emit_string(s->story));
	fprintf(j->out, "\t\t.number = %" PRIu64 ",\n", s->number);
	fprintf(j->out, "\t\t.edge = %zu,\n\t\t.n_edges = %zu,\n", l->edge,
		l->n_edges);
	if (s->has_retransmit)
		fprintf(j->out,
			"\t\t.retransmit_ms = %" PRIu64
			", /* doubles */\n\t\t.retransmit_n = %" PRIu64 ",\n",
			s->every_ms, s->times);
	if (s->has_resend)
		fprintf(j->out, "\t\t.resend_n = %" PRIu64 ",\n",
			s->resend_times);
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
emit_states(const struct job *j, enum role role)
{
	if (j->lx->states[role].n == 0)
		return;
	fprintf(j->out, "static const struct state_def %s_%s[] = {\n", j->name,
		role == ROLE_I ? "initiator" : "responder");
	for (size_t i = 0; i < j->lx->states[role].n; i++)
		emit_state(j, role, i);
	fprintf(j->out, "};\n\n");
}

/* ---- messages --------------------------------------------------------------- */

static void
emit_items(const struct job *j)
{
	fprintf(j->out, "static const struct item_def %s_items[] = {\n",
		j->name);
	for (size_t i = 0; i < j->x->messages.n; i++) {
		const struct message *m = &j->x->messages.v[i];

		fprintf(j->out, "\t/* %s */\n", m->name.text);
		for (size_t k = 0; k < m->items.n; k++) {
			const struct item *t = &m->items.v[k];

			fprintf(j->out,
				"\t{%s, %" PRIu64 ", %" PRIu64 ", %" PRIu64
				", %d, %s},\n",
				own_slot(j, t->slot),
				j->x->slots.v[t->slot].payload->number, t->min,
				t->max, t->group, t->leading ? "true" : "false");
		}
	}
	fprintf(j->out, "};\n\n");
}

static void
emit_messages(const struct job *j)
{
	size_t item = 0;

	emit_items(j);
	fprintf(j->out, "static const struct msg_def %s_msgs[] = {\n", j->name);
	for (size_t i = 0; i < j->x->messages.n; i++) {
		const struct message *m = &j->x->messages.v[i];

		fprintf(j->out,
			"\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.variants = %s,\n"
			"\t\t.from = %s,\n\t\t.encrypted = %s,\n"
			"\t\t.item = %zu,\n\t\t.n_items = %zu,\n"
			"\t\t.line = %d,\n\t},\n",
			message_name(j, i), m->name.text,
			variants_text(lower_mask(m->variants)),
			m->from == ROLE_I ? "ROLE_INITIATOR" : "ROLE_RESPONDER",
			m->encrypted ? "true" : "false", item, m->items.n,
			m->name.pos.line);
		item += m->items.n;
	}
	fprintf(j->out, "};\n\n");
}

/* ---- formulas ---------------------------------------------------------------- */

static const char *
getter_name(const struct exchange *x, const struct term *t)
{
	return gen_printf(
		"get_%s_%s",
		emit_lower(x->slots.v[t->slot].payload->h.name.text),
		emit_lower(t->payload_field->name.text));
}

static const char *
term_text(const struct job *j, const struct term *t)
{
	static const char *const kinds[] = {
		[TERM_CKY_I] = "CKY_I",	      [TERM_CKY_R] = "CKY_R",
		[TERM_MSGID] = "MSGID",	      [TERM_PROTOCOL] = "PROTOCOL",
		[TERM_SPI] = "SPI",	      [TERM_KEPT] = "KEPT",
		[TERM_AFTER] = "AFTER",	      [TERM_SLOT] = "SLOT",
		[TERM_NUMBER] = "NUMBER",
	};
	const char *slot;

	switch (t->kind) {
	case TERM_SLOT:
	case TERM_KEPT:
	case TERM_AFTER:
		slot = slot_enumerator(j->low,
				       lower_term_slot(j->low, j->x, t));
		if (t->kind == TERM_SLOT && t->payload_field != NULL)
			return gen_printf("{TERM_FIELD, %s, %s}", slot,
					  getter_name(j->x, t));
		return gen_printf("{TERM_%s, %s, NULL}", kinds[t->kind], slot);
	case TERM_NUMBER:
		return gen_printf("{TERM_NUMBER, %" PRIu64 ", NULL}",
				  t->number);
	case TERM_CKY_I:
	case TERM_CKY_R:
	case TERM_MSGID:
	case TERM_PROTOCOL:
	case TERM_SPI:
		return gen_printf("{TERM_%s, 0, NULL}", kinds[t->kind]);
	}
	return NULL;
}

static void
emit_terms(const struct job *j)
{
	fprintf(j->out, "static const struct term_def %s_terms[] = {\n",
		j->name);
	for (size_t i = 0; i < j->x->formulas.n; i++) {
		const struct formula *f = &j->x->formulas.v[i];

		fprintf(j->out, "\t/* %s */\n", f->name.text);
		for (size_t k = 0; k < f->terms.n; k++)
			fprintf(j->out, "\t%s,\n",
				term_text(j, &f->terms.v[k]));
	}
	fprintf(j->out, "};\n\n");
}

static void
emit_formulas(const struct job *j)
{
	static const char *const functions[] = {
		[FN_PRF] = "FN_PRF",	     [FN_HASH] = "FN_HASH",
		[FN_CHAIN] = "FN_CHAIN",     [FN_STRETCH] = "FN_STRETCH",
		[FN_SIGN] = "FN_SIGN",
	};
	size_t term = 0;

	if (j->x->formulas.n == 0)
		return;
	emit_terms(j);
	fprintf(j->out, "static const struct formula_def %s_formulas[] = {\n",
		j->name);
	for (size_t i = 0; i < j->x->formulas.n; i++) {
		const struct formula *f = &j->x->formulas.v[i];

		fprintf(j->out,
			"\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.variants = %s,\n"
			"\t\t.fn = %s,\n\t\t.slot = %s,\n\t\t.term = %zu,\n"
			"\t\t.n_terms = %zu,\n\t\t.line = %d,\n\t},\n",
			formula_name(j, i), f->name.text,
			variants_text(lower_mask(f->variants)),
			functions[f->fn_kind], own_slot(j, f->slot), term,
			f->terms.n, f->name.pos.line);
		term += f->terms.n;
	}
	fprintf(j->out, "};\n\n");
}

/* ---- rules and variants -------------------------------------------------------- */

static void
emit_rules(const struct job *j)
{
	if (j->x->rules.n == 0)
		return;
	fprintf(j->out, "static const struct rule_def %s_rules[] = {\n",
		j->name);
	for (size_t i = 0; i < j->x->rules.n; i++) {
		const struct rule *r = &j->x->rules.v[i];

		fprintf(j->out, "\t{.line = %d, .kind = %s, .variants = %s,\n",
			r->pos.line,
			r->kind == RULE_IFF ? "RULE_IFF" : "RULE_ECHO",
			r->kind == RULE_IFF
				? variants_text(lower_mask(r->variants))
				: "VARIANT_ALL");
		fprintf(j->out, "\t .slots = {");
		for (size_t k = 0; k < 4; k++)
			fprintf(j->out, "%s%s", k > 0 ? ", " : "",
				k < r->slot_ids.n ? own_slot(j, r->slot_ids.v[k])
						  : "TABLE_NONE");
		fprintf(j->out, "}},\n");
	}
	fprintf(j->out, "};\n\n");
}

static void
emit_variants(const struct job *j)
{
	static const char *const tests[] = {
		[VARIANT_IN] = "VARIANT_IN",
		[VARIANT_PRESENT] = "VARIANT_PRESENT",
		[VARIANT_ABSENT] = "VARIANT_ABSENT",
	};

	if (j->x->variants.n == 0)
		return;
	fprintf(j->out, "static const struct variant_def %s_variants[] = {\n",
		j->name);
	for (size_t i = 0; i < j->x->variants.n; i++) {
		const struct variant *v = &j->x->variants.v[i];

		fprintf(j->out,
			"\t{\"%s\", %s, %s, %" PRIu64 ", %zu, {",
			v->name.text, own_slot(j, v->slot), tests[v->test],
			v->attr->number, v->values.n);
		for (size_t k = 0; k < v->values.n; k++)
			fprintf(j->out, "%s%" PRIu64, k > 0 ? ", " : "",
				v->values.v[k]);
		fprintf(j->out, "%s}},\n", v->values.n == 0 ? "0" : "");
	}
	fprintf(j->out, "};\n\n");
}

/* ---- the exchange itself ---------------------------------------------------------- */

/* A reference to an optional table. */
static void
emit_table_ref(const struct job *j, const char *member, size_t n)
{
	if (n > 0)
		fprintf(j->out, "\t\t.%s = %s_%s,\n\t\t.n_%s = %zu,\n", member,
			j->name, member, member, n);
}

static void
emit_slot_mask(const struct job *j, const char *member, uint64_t mask)
{
	struct wrap w = {j->out, "\t\t\t", 16};

	if (mask == 0)
		return;
	fprintf(j->out, "\t\t.%s =\n\t\t\t", member);
	w.column = 24;
	for (size_t i = 0; i < j->low->slots.n; i++) {
		bool last = mask >> i == 1;

		if (mask & UINT64_C(1) << i)
			wrap_add(&w, gen_printf("UINT64_C(1) << %s%s",
						slot_enumerator(j->low, i),
						last ? "," : " |"));
	}
	fprintf(j->out, "\n");
}

static void
emit_roles(const struct job *j)
{
	fprintf(j->out, "\t\t.role = {\n");
	for (enum role role = ROLE_I; role <= ROLE_R; role++)
		if (j->lx->states[role].n > 0)
			fprintf(j->out, "\t\t\t[%s] = {%s_%s, N_%s_%s},\n",
				role == ROLE_I ? "ROLE_INITIATOR"
					       : "ROLE_RESPONDER",
				j->name,
				role == ROLE_I ? "initiator" : "responder",
				j->upper, role == ROLE_I ? "I" : "R");
	fprintf(j->out, "\t\t},\n");
}

static void
emit_definition(const struct job *j)
{
	const struct low_exchange *lx = j->lx;
	const char *id = emit_enumerator("xchg", j->x->h.name.text);

	fprintf(j->out,
		"\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.file = %s,\n"
		"\t\t.number = %" PRIu64 ",\n\t\t.phase = %" PRIu64 ",\n"
		"\t\t.index = %s,\n\t\t.oneway = %s,\n",
		id, j->x->h.name.text,
		emit_string(j->x->h.name.pos.src->path), j->x->number,
		j->x->phase, id, j->x->oneway ? "true" : "false");
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
		slot_enumerator(j->low, lx->iv),
		slot_enumerator(j->low, lx->enc_key),
		lx->iv_formula == LOW_NONE ? "TABLE_NONE"
					   : formula_name(j, lx->iv_formula));
	emit_slot_mask(j, "uses", lx->uses);
	emit_slot_mask(j, "keep", lx->keep);
	fprintf(j->out, "\t},\n");
}

/* ---- file ------------------------------------------------------------------------ */

static struct job
job_of(FILE *out, const struct lowered *low, size_t i)
{
	const struct low_exchange *lx = low->exchanges.v[i];

	return (struct job){out,
			    low,
			    lx,
			    lx->x,
			    emit_lower(lx->x->h.name.text),
			    emit_upper(lx->x->h.name.text)};
}

static void
emit_slot_table(FILE *out, const struct lowered *low)
{
	fprintf(out, "const struct slot_def slot_defs[N_SLOTS + 1] = {\n");
	for (size_t i = 0; i < low->slots.n; i++) {
		const struct low_slot *s = &low->slots.v[i];

		fprintf(out, "\t[%s] = {\"%s\", %s},\n",
			slot_enumerator(low, i), s->name,
			s->payload != NULL
				? emit_enumerator("payload",
						  s->payload->h.name.text)
				: "0");
	}
	fprintf(out, "\t[N_SLOTS] = {NULL, 0},\n};\n\n");
}

/* The field of a payload for a term like KEi.data; once for each field. */
static void
emit_getter(FILE *out, const struct exchange *x, const struct term *t,
	    name_vec *seen)
{
	const char *name, *payload;

	if (t->kind != TERM_SLOT || t->payload_field == NULL)
		return;
	name = getter_name(x, t);
	for (size_t i = 0; i < seen->n; i++)
		if (strcmp(seen->v[i].text, name) == 0)
			return;
	VEC_PUSH(seen)->text = name;
	payload = emit_lower(x->slots.v[t->slot].payload->h.name.text);
	fprintf(out,
		"static struct span\n%s(struct span body)\n{\n"
		"\tstruct pl_%s v;\n\tuint16_t notify;\n\n"
		"\treturn dec_%s(body, &v, &notify) ? v.%s : SPAN_NONE;\n}\n\n",
		name, payload, payload, t->payload_field->name.text);
}

static void
emit_getters(FILE *out, const struct lowered *low)
{
	name_vec seen = {0};

	for (size_t i = 0; i < low->exchanges.n; i++) {
		const struct exchange *x = low->exchanges.v[i]->x;

		for (size_t k = 0; k < x->formulas.n; k++)
			for (size_t t = 0; t < x->formulas.v[k].terms.n; t++)
				emit_getter(out, x,
					    &x->formulas.v[k].terms.v[t],
					    &seen);
	}
}

void
emit_exchange_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {
		"gen/actions.gen.h", "gen/enums.gen.h", "gen/exchange.gen.h",
		"gen/layout.gen.h", NULL};
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	emit_head_c(out, &o, "Exchanges as tables for engine/core.", includes);
	emit_slot_table(out, low);
	emit_getters(out, low);
	for (size_t i = 0; i < low->exchanges.n; i++) {
		struct job j = job_of(out, low, i);

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
	fprintf(out, "/* ---- all ---- */\n\n"
		     "const struct xchg_def xchg_defs[N_XCHGS + 1] = {\n");
	for (size_t i = 0; i < low->exchanges.n; i++) {
		struct job j = job_of(out, low, i);

		emit_definition(&j);
	}
	fprintf(out, "\t[N_XCHGS] = {.name = NULL},\n};\n");
}
