/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Productions of an exchange: variants, slots, messages, rules, formulas, and
 * the state machines of the two roles.
 */
#include <string.h>

#include "gen/parse.h"
#include "gen/specc.h"

/* [ "[" ID "]" ] */
static struct name
parse_variant_tag(struct parser *p)
{
	struct name name = {NULL, parse_here(p)};

	if (parse_accept(p, "[")) {
		name = parse_name(p, "a variant");
		parse_expect(p, "]");
	}
	return name;
}

/* else drop | else reject ID | else abort [ID] */
static void
parse_outcome(struct parser *p, struct outcome *o)
{
	o->pos = parse_here(p);
	if (parse_accept(p, "drop")) {
		o->kind = OUTCOME_DROP;
	} else if (parse_accept(p, "reject")) {
		o->kind = OUTCOME_REJECT;
		o->notify = parse_name(p, "a notify");
	} else if (parse_accept(p, "abort")) {
		o->kind = OUTCOME_ABORT;
		if (parse_at_kind(p, TOKEN_WORD))
			o->notify = parse_name(p, "a notify");
	} else if (parse_at_kind(p, TOKEN_WORD)) {
		diag_hint(diag_at("E504", o->pos, "'%s' is not an outcome",
			      parse_name(p, "an outcome").text),
		    "write 'else drop', 'else reject NOTIFY' or "
		    "'else abort'");
	} else {
		parse_fail(p, "'drop', 'reject' or 'abort'");
	}
}

/* ---- declarations ----------------------------------------------------- */

static void
parse_variant(struct parser *p, struct exchange *x)
{
	struct variant *v = VEC_PUSH(&x->variants);
	struct pos open;

	v->name = parse_name(p, "the name of the variant");
	parse_expect(p, "when");
	v->on = parse_path(p, "a slot and attribute, as in SAr.AUTH");
	if (parse_accept(p, "in")) {
		v->test = VARIANT_IN;
		if (parse_open(p, &open))
			parse_names(p, &v->items, "an item of the enum");
		parse_expect(p, "}");
	} else if (parse_accept(p, "present")) {
		v->test = VARIANT_PRESENT;
	} else if (parse_accept(p, "absent")) {
		v->test = VARIANT_ABSENT;
	} else {
		parse_fail(p, "'in', 'present' or 'absent'");
	}
	parse_expect(p, ";");
}

static void
add_slots(struct exchange *x, const name_vec *names, enum slot_kind kind,
    struct name type)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		struct slot *s = VEC_PUSH(&x->slots);

		s->name = names->v[i];
		s->kind = kind;
		s->type = type;
	}
}

/* slots { { ID {, ID} : ID ; } } */
static void
parse_slots(struct parser *p, struct exchange *x)
{
	struct pos open;

	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open)) {
		name_vec names = {NULL, 0, 0};

		parse_names(p, &names, "a slot");
		parse_expect(p, ":");
		add_slots(x, &names, SLOT_PAYLOAD, parse_name(p, "a payload"));
		parse_expect(p, ";");
	}
}

/* values { ID {, ID} } */
static void
parse_values(struct parser *p, struct exchange *x)
{
	name_vec names = {NULL, 0, 0};
	struct pos open;

	if (!parse_open(p, &open))
		return;
	parse_names(p, &names, "a value");
	add_slots(x, &names, SLOT_VALUE, (struct name){NULL, open});
	parse_expect(p, "}");
}

static void
parse_keep(struct parser *p, struct exchange *x)
{
	parse_names(p, &x->keep, "a value or formula");
	parse_expect(p, ";");
}

/* ---- messages and rules ----------------------------------------------- */

static enum role
parse_party(struct parser *p, struct pos *pos)
{
	*pos = parse_here(p);
	if (parse_accept(p, "I"))
		return ROLE_I;
	if (!parse_accept(p, "R"))
		parse_fail(p, "'I' or 'R'");
	return ROLE_R;
}

/* The slots of '<A, B>' or '[A, B]', behind its opening, as single items. */
static void
parse_item_group(struct parser *p, struct message *m, bool leading, int group)
{
	name_vec names = {NULL, 0, 0};
	size_t i;

	parse_names(p, &names, "a slot");
	parse_expect(p, leading ? ">" : "]");
	for (i = 0; i < names.n; i++) {
		struct item *item = VEC_PUSH(&m->items);

		item->name = names.v[i];
		item->leading = leading;
		item->group = group;
		item->min = group == 0 ? 1 : 0;
		item->max = 1;
		item->range_pos = item->name.pos;
	}
}

/* ID [ "{" range "}" ] */
static void
parse_single_item(struct parser *p, struct message *m)
{
	struct item *item = VEC_PUSH(&m->items);
	struct range range;

	item->name = parse_name(p, "a slot, '<' or '['");
	item->min = item->max = 1;
	item->range_pos = item->name.pos;
	if (parse_accept(p, "{")) {
		range = parse_range(p);
		parse_expect(p, "}");
		item->min = range.lo;
		item->max = range.hi;
		item->range_pos = range.pos;
	}
}

static void
parse_message(struct parser *p, struct exchange *x)
{
	struct message *m = VEC_PUSH(&x->messages);
	int groups = 0;

	m->name = parse_name(p, "the name of the message");
	m->variant = parse_variant_tag(p);
	parse_expect(p, ":");
	m->from = parse_party(p, &m->from_pos);
	parse_expect(p, "->");
	m->to = parse_party(p, &m->to_pos);
	m->hdr_pos = parse_here(p);
	if (parse_accept(p, "HDR*"))
		m->encrypted = true;
	else if (!parse_accept(p, "HDR"))
		parse_fail(p, "'HDR' or 'HDR*'");
	while (parse_accept(p, ",")) {
		if (parse_accept(p, "<"))
			parse_item_group(p, m, true, 0);
		else if (parse_accept(p, "["))
			parse_item_group(p, m, false, ++groups);
		else
			parse_single_item(p, m);
	}
	parse_end(p, "','");
}

/* rule ids in MESSAGE (iff VARIANT | echo MESSAGE) outcome ; */
static void
parse_rule(struct parser *p, struct exchange *x)
{
	struct rule *r = VEC_PUSH(&x->rules);

	r->pos = parse_here(p);
	parse_names(p, &r->slots, "a slot");
	parse_expect(p, "in");
	r->message = parse_name(p, "a message");
	if (parse_accept(p, "iff")) {
		r->kind = RULE_IFF;
		r->other = parse_name(p, "a variant");
	} else if (parse_accept(p, "echo")) {
		r->kind = RULE_ECHO;
		r->other = parse_name(p, "a message");
	} else {
		parse_fail(p, "'iff' or 'echo'");
	}
	if (parse_expect(p, "else"))
		parse_outcome(p, &r->otherwise);
	parse_expect(p, ";");
}

/* ---- formulas --------------------------------------------------------- */

/* NUM | ["after"] ID ["." ID] */
static void
parse_term(struct parser *p, struct formula *f)
{
	struct term *t = VEC_PUSH(&f->terms);

	t->pos = parse_here(p);
	if (parse_at_kind(p, TOKEN_NUMBER)) {
		t->is_number = true;
		t->number = parse_number(p, "a number", NULL);
		return;
	}
	t->after = parse_accept(p, "after");
	t->base = parse_name(p, "a term");
	if (parse_accept(p, "."))
		t->field = parse_name(p, "a field, or 'body'");
}

static void
parse_terms(struct parser *p, struct formula *f)
{
	do
		parse_term(p, f);
	while (parse_accept(p, "|"));
}

/* formula ID [variant] = FN ( [terms ","] terms ) ;  terms = term {"|" term} */
static void
parse_formula(struct parser *p, struct exchange *x)
{
	struct formula *f = VEC_PUSH(&x->formulas);

	f->name = parse_name(p, "the name of the formula");
	f->variant = parse_variant_tag(p);
	parse_expect(p, "=");
	f->fn = parse_name(p, "a function");
	parse_expect(p, "(");
	parse_terms(p, f);
	if (parse_accept(p, ",")) {
		f->n_key = f->terms.n;
		parse_terms(p, f);
	}
	if (!parse_accept(p, ")"))
		parse_fail(p, f->n_key > 0 ? "'|' or ')'" : "'|', ',' or ')'");
	parse_expect(p, ";");
}

/* ---- roles ------------------------------------------------------------ */

static enum op_kind
parse_op_word(struct parser *p)
{
	static const struct {
		const char *word;
		enum op_kind kind;
	} words[] = {
	    {"require", OPK_REQUIRE},
	    {"derive", OPK_DERIVE},
	    {"compute", OPK_COMPUTE},
	    {"verify", OPK_VERIFY},
	    {"effect", OPK_EFFECT},
	    {"send", OPK_SEND},
	    {"goto", OPK_GOTO},
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (parse_accept(p, words[i].word))
			return words[i].kind;
	parse_fail(p,
	    "an op (require, derive, compute, verify, effect, send "
	    "or goto)");
	return OPK_GOTO;
}

static void
parse_op_args(struct parser *p, struct op *op)
{
	switch (op->kind) {
	case OPK_COMPUTE:
	case OPK_VERIFY: parse_names(p, &op->args, "a formula"); break;
	case OPK_DERIVE:
		*VEC_PUSH(&op->args) = parse_name(p, "an action");
		if (parse_accept(p, "->"))
			parse_names(p, &op->to, "a slot or value");
		break;
	case OPK_REQUIRE:
		*VEC_PUSH(&op->args) = parse_name(p, "a guard");
		break;
	case OPK_EFFECT:
		*VEC_PUSH(&op->args) = parse_name(p, "an action");
		break;
	case OPK_SEND: *VEC_PUSH(&op->args) = parse_name(p, "a message"); break;
	case OPK_GOTO: *VEC_PUSH(&op->args) = parse_name(p, "a state"); break;
	}
}

static void
parse_op(struct parser *p, struct edge *e)
{
	struct op *op = VEC_PUSH(&e->ops);

	op->pos = parse_here(p);
	op->variant = parse_variant_tag(p);
	op->word.pos = parse_here(p);
	op->word.text = p->tokens.v[p->at].text;
	op->kind = parse_op_word(p);
	parse_op_args(p, op);
	if (parse_accept(p, "within")) {
		op->has_within = true;
		op->within_ms =
		    parse_time(p, "a time such as 10s", &op->within_pos);
	}
	if (parse_accept(p, "else"))
		parse_outcome(p, &op->otherwise);
	parse_end(p, "'within', 'else'");
}

/* on (recv | local | timer) ID { ops } */
static void
parse_edge(struct parser *p, struct state *s)
{
	struct edge *e = VEC_PUSH(&s->edges);
	struct pos open;

	e->pos = parse_here(p);
	if (parse_accept(p, "recv"))
		e->event = EDGE_RECV;
	else if (parse_accept(p, "local"))
		e->event = EDGE_LOCAL;
	else if (parse_accept(p, "timer"))
		e->event = EDGE_TIMER;
	else
		parse_fail(p, "'recv', 'local' or 'timer'");
	e->arg = parse_name(p, "a message or event");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		parse_op(p, e);
}

/* retransmit ID every TIME doubling times NUM ; */
static void
parse_retransmit(struct parser *p, struct state *s)
{
	parse_once(p, s->has_retransmit);
	s->has_retransmit = true;
	s->retransmit = parse_name(p, "a message");
	parse_expect(p, "every");
	s->every_ms = parse_time(p, "a time such as 10s", NULL);
	parse_expect(p, "doubling");
	parse_expect(p, "times");
	s->times = parse_number(p, "a number", &s->times_pos);
	parse_expect(p, ";");
}

/* resend ID on duplicate times NUM ; */
static void
parse_resend(struct parser *p, struct state *s)
{
	parse_once(p, s->has_resend);
	s->has_resend = true;
	s->resend = parse_name(p, "a message");
	parse_expect(p, "on");
	parse_expect(p, "duplicate");
	parse_expect(p, "times");
	s->resend_times = parse_number(p, "a number", &s->resend_pos);
	parse_expect(p, ";");
}

static void
parse_deadline(struct parser *p, struct state *s)
{
	parse_once(p, s->has_deadline);
	s->has_deadline = true;
	s->deadline_ms = parse_time(p, "a time such as 70s", &s->deadline_pos);
	parse_expect(p, "abort");
	parse_expect(p, ";");
}

static void
parse_state_head(struct parser *p, struct state *s)
{
	s->name = parse_name(p, "the name of the state");
	if (parse_accept(p, "(")) {
		s->has_number = true;
		s->number =
		    parse_number(p, "the state's number", &s->number_pos);
		parse_expect(p, ")");
	}
	s->story = parse_string(p, "the state's story in quotes");
	s->initial = parse_accept(p, "initial");
	s->final_pos = parse_here(p);
	if (!s->initial)
		s->final = parse_accept(p, "final");
}

static void
parse_state(struct parser *p, struct role_block *role, const char *doc)
{
	struct state *s = VEC_PUSH(&role->states);
	struct pos open;

	s->doc = doc;
	parse_state_head(p, s);
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open)) {
		if (parse_accept(p, "retransmit"))
			parse_retransmit(p, s);
		else if (parse_accept(p, "resend"))
			parse_resend(p, s);
		else if (parse_accept(p, "deadline"))
			parse_deadline(p, s);
		else if (parse_accept(p, "on"))
			parse_edge(p, s);
		else
			parse_fail(p,
			    "'on', 'retransmit', 'resend' or "
			    "'deadline'");
	}
}

static void
parse_role(struct parser *p, struct role_block *role, struct pos keyword)
{
	struct pos open;

	if (role->present)
		diag_note_at(diag_at("E101", keyword,
				 "the exchange has this role already"),
		    role->pos, "first declared here");
	role->present = true;
	role->pos = keyword;
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open)) {
		const char *doc = parse_doc(p);

		if (parse_expect(p, "state"))
			parse_state(p, role, doc);
	}
}

/* ---- exchanges -------------------------------------------------------- */

static void
parse_exchange_item(struct parser *p, struct exchange *x)
{
	struct pos at = parse_here(p);

	if (parse_ref(p, &x->h.refs))
		return;
	if (parse_accept(p, "variant"))
		parse_variant(p, x);
	else if (parse_accept(p, "slots"))
		parse_slots(p, x);
	else if (parse_accept(p, "values"))
		parse_values(p, x);
	else if (parse_accept(p, "keep"))
		parse_keep(p, x);
	else if (parse_accept(p, "message"))
		parse_message(p, x);
	else if (parse_accept(p, "rule"))
		parse_rule(p, x);
	else if (parse_accept(p, "formula"))
		parse_formula(p, x);
	else if (parse_accept(p, "initiator"))
		parse_role(p, &x->role[ROLE_I], at);
	else if (parse_accept(p, "responder"))
		parse_role(p, &x->role[ROLE_R], at);
	else
		parse_fail(p,
		    "variant, slots, values, keep, message, rule, "
		    "formula, initiator or responder");
}

void
parse_exchange(struct parser *p, const char *doc)
{
	struct exchange *x = gen_alloc(sizeof *x);
	struct pos open, phase;

	*VEC_PUSH(&p->spec->exchanges) = x;
	x->h.doc = doc;
	x->h.name = parse_name(p, "the name of the exchange");
	parse_expect(p, "(");
	x->number = parse_number(p, "the exchange type", &x->number_pos);
	parse_expect(p, ")");
	parse_expect(p, "phase");
	x->phase = parse_number(p, "1 or 2", &phase);
	if (!p->panic && x->phase != 1 && x->phase != 2)
		diag_at("E100", phase, "the phase is 1 or 2, not %llu",
		    (unsigned long long)x->phase);
	x->oneway = parse_accept(p, "oneway");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		parse_exchange_item(p, x);
}
