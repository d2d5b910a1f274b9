/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of exchange.gen.c that says what is sent and computed: messages,
 * formulas, rules, variants.
 */
#include "gen/emit_exchange.h"

#include <inttypes.h>
#include <string.h>

const char *
xchg_slot(const struct lowered *low, size_t slot)
{
	if (slot == LOW_NONE)
		return "TABLE_NONE";
	return emit_enumerator("slot", low->slots.v[slot].name);
}

const char *
xchg_own_slot(const struct xchg_job *j, size_t i)
{
	return emit_enumerator("slot", j->x->slots.v[i].name.text);
}

const char *
xchg_variants(unsigned mask)
{
	return mask == LOW_ALL ? "VARIANT_ALL" : gen_printf("0x%02x", mask);
}

/* MAIN_MODE_MI3; with a variant also MAIN_MODE_MI3_PSK. */
static const char *
indexed_name(const struct xchg_job *j, const char *kind,
    const struct name *name, const struct name *variant)
{
	if (variant != NULL && variant->text != NULL)
		return gen_printf("%s_%s_%s_%s", j->upper, kind,
		    emit_upper(name->text), emit_upper(variant->text));
	return gen_printf("%s_%s_%s", j->upper, kind, emit_upper(name->text));
}

const char *
xchg_message(const struct xchg_job *j, size_t i)
{
	const struct message *m = &j->x->messages.v[i];

	return indexed_name(j, "MSG", &m->name, &m->variant);
}

const char *
xchg_formula(const struct xchg_job *j, size_t i)
{
	const struct formula *f = &j->x->formulas.v[i];

	return indexed_name(j, "FORMULA", &f->name, &f->variant);
}

const char *
xchg_state(const struct xchg_job *j, enum role role, size_t i)
{
	return indexed_name(j, role == ROLE_I ? "I" : "R",
	    &j->lx->states[role].v[i].state->name, NULL);
}

/* ---- messages ------------------------------------------------------------ */

static const char *
payload_enumerator(const struct exchange *x, size_t slot)
{
	return emit_enumerator(
	    "payload", x->slots.v[slot].payload->h.name.text);
}

static void
emit_items(const struct xchg_job *j)
{
	fprintf(
	    j->out, "static const struct item_def %s_items[] = {\n", j->name);
	for (size_t i = 0; i < j->x->messages.n; i++) {
		const struct message *m = &j->x->messages.v[i];

		fprintf(j->out, "\t/* %s */\n", m->name.text);
		for (size_t k = 0; k < m->items.n; k++) {
			const struct item *t = &m->items.v[k];

			fprintf(j->out,
			    "\t{%s, %s, %" PRIu64 ", %" PRIu64 ", %d, %s},\n",
			    xchg_own_slot(j, t->slot),
			    payload_enumerator(j->x, t->slot), t->min, t->max,
			    t->group, t->leading ? "true" : "false");
		}
	}
	fprintf(j->out, "};\n\n");
}

void
emit_messages(const struct xchg_job *j)
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
		    xchg_message(j, i), m->name.text,
		    xchg_variants(lower_mask(m->variants)),
		    m->from == ROLE_I ? "ROLE_INITIATOR" : "ROLE_RESPONDER",
		    m->encrypted ? "true" : "false", item, m->items.n,
		    m->name.pos.line);
		item += m->items.n;
	}
	fprintf(j->out, "};\n\n");
}

/* ---- formulas ------------------------------------------------------------ */

static const char *
getter_name(const struct exchange *x, const struct term *t)
{
	return gen_printf("get_%s_%s",
	    emit_lower(x->slots.v[t->slot].payload->h.name.text),
	    emit_lower(t->payload_field->name.text));
}

static const char *
term_text(const struct xchg_job *j, const struct term *t)
{
	static const char *const kinds[] = {
	    [TERM_CKY_I] = "CKY_I",
	    [TERM_CKY_R] = "CKY_R",
	    [TERM_MSGID] = "MSGID",
	    [TERM_PROTOCOL] = "PROTOCOL",
	    [TERM_SPI] = "SPI",
	    [TERM_OWN_KEY] = "OWN_KEY",
	    [TERM_KEPT] = "KEPT",
	    [TERM_AFTER] = "AFTER",
	    [TERM_SLOT] = "SLOT",
	    [TERM_NUMBER] = "NUMBER",
	};
	const char *slot;

	switch (t->kind) {
	case TERM_SLOT:
	case TERM_KEPT:
	case TERM_AFTER:
		slot = xchg_slot(j->low, lower_term_slot(j->low, j->x, t));
		if (t->kind == TERM_SLOT && t->payload_field != NULL)
			return gen_printf(
			    "{TERM_FIELD, %s, %s}", slot, getter_name(j->x, t));
		return gen_printf("{TERM_%s, %s, NULL}", kinds[t->kind], slot);
	case TERM_NUMBER:
		return gen_printf(
		    "{TERM_NUMBER, %" PRIu64 ", NULL}", t->number);
	case TERM_CKY_I:
	case TERM_CKY_R:
	case TERM_MSGID:
	case TERM_PROTOCOL:
	case TERM_SPI:
	case TERM_OWN_KEY:
		return gen_printf("{TERM_%s, 0, NULL}", kinds[t->kind]);
	}
	return NULL;
}

static void
emit_terms(const struct xchg_job *j)
{
	fprintf(
	    j->out, "static const struct term_def %s_terms[] = {\n", j->name);
	for (size_t i = 0; i < j->x->formulas.n; i++) {
		const struct formula *f = &j->x->formulas.v[i];

		fprintf(j->out, "\t/* %s */\n", f->name.text);
		for (size_t k = 0; k < f->terms.n; k++)
			fprintf(
			    j->out, "\t%s,\n", term_text(j, &f->terms.v[k]));
	}
	fprintf(j->out, "};\n\n");
}

void
emit_formulas(const struct xchg_job *j)
{
	static const char *const functions[] = {
	    [FN_PRF] = "FN_PRF",
	    [FN_HASH] = "FN_HASH",
	    [FN_CHAIN] = "FN_CHAIN",
	    [FN_STRETCH] = "FN_STRETCH",
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
		    "\t\t.n_terms = %zu,\n\t\t.n_key = %zu,\n\t\t.line = "
		    "%d,\n\t},\n",
		    xchg_formula(j, i), f->name.text,
		    xchg_variants(lower_mask(f->variants)),
		    functions[f->fn_kind], xchg_own_slot(j, f->slot), term,
		    f->terms.n, f->n_key, f->name.pos.line);
		term += f->terms.n;
	}
	fprintf(j->out, "};\n\n");
}

/* ---- rules and variants -------------------------------------------------- */

void
emit_rules(const struct xchg_job *j)
{
	if (j->x->rules.n == 0)
		return;
	fprintf(
	    j->out, "static const struct rule_def %s_rules[] = {\n", j->name);
	for (size_t i = 0; i < j->x->rules.n; i++) {
		const struct rule *r = &j->x->rules.v[i];

		fprintf(j->out, "\t{.line = %d, .kind = %s, .variants = %s,\n",
		    r->pos.line, r->kind == RULE_IFF ? "RULE_IFF" : "RULE_ECHO",
		    r->kind == RULE_IFF ? xchg_variants(lower_mask(r->variants))
					: "VARIANT_ALL");
		fprintf(j->out, "\t .slots = {");
		for (size_t k = 0; k < 4; k++)
			fprintf(j->out, "%s%s", k > 0 ? ", " : "",
			    k < r->slot_ids.n
				? xchg_own_slot(j, r->slot_ids.v[k])
				: "TABLE_NONE");
		fprintf(j->out, "}},\n");
	}
	fprintf(j->out, "};\n\n");
}

void
emit_variants(const struct xchg_job *j)
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

		fprintf(j->out, "\t{\"%s\", %s, %s, %" PRIu64 ", %zu, {",
		    v->name.text, xchg_own_slot(j, v->slot), tests[v->test],
		    v->attr->number, v->values.n);
		for (size_t k = 0; k < v->values.n; k++)
			fprintf(j->out, "%s%" PRIu64, k > 0 ? ", " : "",
			    v->values.v[k]);
		fprintf(j->out, "%s}},\n", v->values.n == 0 ? "0" : "");
	}
	fprintf(j->out, "};\n\n");
}

/* The field of a payload for a term like KEi.data; once for each field. */
static void
emit_getter(
    FILE *out, const struct exchange *x, const struct term *t, name_vec *seen)
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

void
emit_getters(FILE *out, const struct lowered *low)
{
	name_vec seen = {0};

	for (size_t i = 0; i < low->exchanges.n; i++) {
		const struct exchange *x = low->exchanges.v[i]->x;

		for (size_t k = 0; k < x->formulas.n; k++)
			for (size_t t = 0; t < x->formulas.v[k].terms.n; t++)
				emit_getter(out, x,
				    &x->formulas.v[k].terms.v[t], &seen);
	}
}
