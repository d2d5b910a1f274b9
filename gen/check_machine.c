/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E501-E505, W506: the shape of the two state machines of an exchange.  All
 * but E505's last part look at states and edges only.  E507 is in
 * check_variant.c.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/diag.h"
#include "gen/specc.h"
#include "gen/vec.h"

/* ---- E501: initial, final, reachable ----------------------------------- */

static void
check_initial(const struct exchange *x, enum role role)
{
	const struct role_block *r = &x->role[role];
	const struct state *first = NULL;
	size_t i;

	for (i = 0; i < r->states.n; i++) {
		const struct state *s = &r->states.v[i];

		if (!s->initial)
			continue;
		if (first != NULL) {
			struct diag *d = diag_at("E501", s->name.pos,
			    "'%s' is a second initial "
			    "state of the %s",
			    s->name.text, role_name(role));

			diag_note_at(d, first->name.pos, "the first is here");
			diag_hint(d, "remove the word 'initial' from one");
			return;
		}
		first = s;
	}
	if (first == NULL)
		diag_hint(diag_at("E501", r->pos, "the %s has no initial state",
			      role_name(role)),
		    "write 'initial' behind the story of one state");
}

/* Mark, in reached[], every state that can be reached from one marked. */
static void
spread_forward(const struct role_block *r, bool *reached)
{
	bool more = true;
	size_t i, k;

	while (more) {
		more = false;
		for (i = 0; i < r->states.n; i++) {
			const struct state *s = &r->states.v[i];

			for (k = 0; reached[i] && k < s->edges.n; k++) {
				size_t to = edge_target(&s->edges.v[k]);

				if (to == CHECK_NONE || reached[to])
					continue;
				reached[to] = true;
				more = true;
			}
		}
	}
}

static void
check_reachable(const struct role_block *r, size_t initial)
{
	bool *reached = gen_alloc(r->states.n * sizeof *reached);
	size_t i;

	reached[initial] = true;
	spread_forward(r, reached);
	for (i = 0; i < r->states.n; i++)
		if (!reached[i])
			diag_hint(diag_at("E501", r->states.v[i].name.pos,
				      "'%s' cannot be reached from '%s'",
				      r->states.v[i].name.text,
				      r->states.v[initial].name.text),
			    "add an edge with 'goto %s;', or remove the "
			    "state",
			    r->states.v[i].name.text);
}

/* Can a final state be reached from state i, or one without edges, of which
 * E503 tells? */
static bool
has_way_out(const struct role_block *r, size_t from)
{
	bool *reached = gen_alloc(r->states.n * sizeof *reached);
	size_t i;

	reached[from] = true;
	spread_forward(r, reached);
	for (i = 0; i < r->states.n; i++)
		if (reached[i] &&
		    (r->states.v[i].final || r->states.v[i].edges.n == 0))
			return true;
	return false;
}

static void
check_reach(const struct exchange *x, enum role role)
{
	const struct role_block *r = &x->role[role];
	size_t initial = role_initial(r);
	size_t i;

	if (!r->present) {
		diag_hint(diag_at("E501", x->h.name.pos, "'%s' has no %s",
			      x->h.name.text, role_name(role)),
		    "add '%s { … }'", role_name(role));
		return;
	}
	check_initial(x, role);
	if (!role_has_final(r)) {
		diag_hint(diag_at("E501", r->pos, "the %s has no final state",
			      role_name(role)),
		    "write 'final' behind the story of its last state");
		return;
	}
	if (initial == CHECK_NONE || !exchange_walkable(x))
		return;
	check_reachable(r, initial);
	for (i = 0; i < r->states.n; i++)
		if (!has_way_out(r, i))
			diag_hint(diag_at("E501", r->states.v[i].name.pos,
				      "no final state can be reached from "
				      "'%s'",
				      r->states.v[i].name.text),
			    "let one of its edges lead on");
}

/* ---- E502: one edge for one event -------------------------------------- */

static void
check_deterministic(const struct state *s)
{
	static const char *const events[] = {"recv", "local", "timer"};
	size_t i, k;

	for (i = 0; i < s->edges.n; i++) {
		const struct edge *b = &s->edges.v[i];

		for (k = 0; k < i; k++) {
			const struct edge *a = &s->edges.v[k];
			struct diag *d;

			if (a->event != b->event ||
			    strcmp(a->arg.text, b->arg.text) != 0)
				continue;
			d = diag_at("E502", b->arg.pos,
			    "'%s' has a second edge on %s %s", s->name.text,
			    events[b->event], b->arg.text);
			diag_note_at(d, a->arg.pos, "the first is here");
			diag_hint(d,
			    "join the two, with '[variant]' before "
			    "the ops that differ");
			break;
		}
	}
}

/* ---- E503: completeness ------------------------------------------------ */

/* Whoever sends finds a receiver, whoever waits finds a sender. */
static void
check_both_ends(const struct exchange *x, const struct message *m)
{
	enum role peer = role_peer(m->from);
	const struct op *send = role_sends(&x->role[m->from], m->name.text);
	const struct edge *recv = role_receives(&x->role[peer], m->name.text);
	struct diag *d;

	if (send != NULL && recv == NULL) {
		d = diag_at("E503", m->name.pos,
		    "'%s' is sent, but no state of the %s receives it",
		    m->name.text, role_name(peer));
		diag_note_at(d, send->args.v[0].pos, "sent here");
		diag_hint(d,
		    "add 'on recv %s { … }' to the state of the %s "
		    "that waits for it",
		    m->name.text, role_name(peer));
	} else if (send == NULL && recv != NULL) {
		d = diag_at("E503", recv->arg.pos,
		    "the %s waits for '%s', which the %s never sends",
		    role_name(peer), m->name.text, role_name(m->from));
		diag_note_at(d, m->name.pos, "the message is here");
		diag_hint(d, "add 'send %s;' to an edge of the %s",
		    m->name.text, role_name(m->from));
	}
}

static void
check_complete(const struct exchange *x)
{
	size_t i;

	if (!x->role[ROLE_I].present || !x->role[ROLE_R].present)
		return;
	for (i = 0; i < x->messages.n; i++) {
		if (exchange_message(x, x->messages.v[i].name.text) == i)
			check_both_ends(x, &x->messages.v[i]);
	}
}

static void
check_not_stuck(const struct state *s)
{
	if (s->final || s->edges.n > 0)
		return;
	diag_hint(diag_at("E503", s->name.pos,
		      "'%s' is not final, but has no edge", s->name.text),
	    "add 'on recv MESSAGE { … }', or make it final");
}

/* ---- E504: the ops of an edge ------------------------------------------ */

static const struct op *
edge_find_goto(const struct edge *e)
{
	size_t i;

	for (i = 0; i < e->ops.n; i++)
		if (e->ops.v[i].kind == OPK_GOTO)
			return &e->ops.v[i];
	return NULL;
}

static void
check_goto(const struct edge *e)
{
	const struct op *last = edge_find_goto(e);
	struct diag *d;

	if (last == NULL) {
		diag_hint(diag_at("E504", e->arg.pos,
			      "the edge on '%s' does not end with 'goto'",
			      e->arg.text),
		    "add 'goto STATE;' as its last op");
		return;
	}
	if (last->variant.text != NULL)
		diag_hint(diag_at("E504", last->variant.pos,
			      "'goto' depends on a variant, so that in "
			      "others the edge does not end"),
		    "write 'goto %s;' without '[%s]'", last->args.v[0].text,
		    last->variant.text);
	if (last->otherwise.kind != OUTCOME_NONE)
		diag_hint(
		    diag_at("E504", last->otherwise.pos, "'goto' cannot fail"),
		    "write 'goto %s;'", last->args.v[0].text);
	if (last + 1 == e->ops.v + e->ops.n)
		return;
	d = diag_at("E504", last[1].word.pos, "'%s' after 'goto' never runs",
	    last[1].word.text);
	diag_note_at(d, last->pos, "the edge ends here");
	diag_hint(d, "move it before the 'goto'");
}

static void
check_outcomes(const struct edge *e)
{
	size_t i;

	for (i = 0; i < e->ops.n; i++) {
		const struct op *op = &e->ops.v[i];

		if ((op->kind == OPK_REQUIRE || op->kind == OPK_VERIFY) &&
		    op->otherwise.kind == OUTCOME_NONE)
			diag_hint(diag_at("E504", op->word.pos,
				      "'%s %s' does not say what happens "
				      "when it fails",
				      op->word.text, op->args.v[0].text),
			    "add 'else drop', 'else reject NOTIFY' or "
			    "'else abort'");
	}
}

/* ---- E505, W506: timers ------------------------------------------------ */

static void
check_deadline(const struct state *s)
{
	if (s->initial || s->final || s->has_deadline)
		return;
	diag_hint(diag_at("E505", s->name.pos, "'%s' can wait for ever",
		      s->name.text),
	    "add 'deadline 70s abort;'");
}

/* Retransmission k goes out every * (2^k - 1) after the first sending. */
static void
check_last_retransmission(const struct state *s)
{
	uint64_t at = 0, next = s->every_ms, k;
	struct diag *d;

	if (!s->has_retransmit || !s->has_deadline || s->every_ms == 0)
		return;
	for (k = 1; k <= s->times && at < s->deadline_ms; k++) {
		at += next;
		next *= 2;
	}
	if (at < s->deadline_ms)
		return;
	d = diag_at("W506", s->times_pos,
	    "retransmission %d would be sent at %.4gs, %s the %.4gs "
	    "deadline",
	    (int)(k - 1), (double)at / 1000,
	    at == s->deadline_ms ? "at" : "after",
	    (double)s->deadline_ms / 1000);
	diag_note_at(d, s->deadline_pos, "the deadline is here");
	if (k > 2)
		diag_hint(
		    d, "write 'times %d', or a later deadline", (int)(k - 2));
	else
		diag_hint(d, "write a later deadline");
}

/* A state entered by sending repeats what was sent, until it is answered. */
static void
find_no_repeat(struct walk *w, const struct state *to)
{
	const char *sent, *how;
	struct finding *f;

	if (!w->sent_here || to->final || to->has_retransmit ||
	    (w->role == ROLE_R && to->has_resend))
		return;
	sent = w->x->messages.v[w->facts.sent].name.text;
	how = w->role == ROLE_I ? "retransmit" : "retransmit or resend";
	f = walk_find(w, "E505", to->name.pos,
	    "'%s' is entered by sending '%s', but does not %s it",
	    to->name.text, sent, how);
	if (f != NULL)
		f->hint = gen_printf(w->role == ROLE_I
			? "add 'retransmit %s every 10s doubling times 2;'"
			: "add 'resend %s on duplicate times 2;'",
		    sent);
}

/* What a state repeats is what was sent last on the way to it, where that
 * message exists. */
static void
find_wrong_repeat(struct walk *w, const struct name *repeated)
{
	const char *sent = w->facts.sent == CHECK_NONE
	    ? "nothing"
	    : w->x->messages.v[w->facts.sent].name.text;
	struct finding *f;

	if (strcmp(sent, repeated->text) == 0 ||
	    exchange_row(
		w->x, exchange_message(w->x, repeated->text), w->world) == NULL)
		return;
	f = walk_find(w, "E505", repeated->pos,
	    "'%s' would be repeated, but the last message sent is %s",
	    repeated->text, sent);
	if (f != NULL && w->facts.sent != CHECK_NONE)
		f->hint = gen_printf("write '%s'", sent);
}

static void
find_never(struct walk *w, struct pos at, const struct name *repeated)
{
	struct finding *f = walk_find(
	    w, "E505", at, "'%s' would never be repeated", repeated->text);

	if (f != NULL)
		f->hint = "write 'times 2', with a time that is not 0";
}

static void
enter_state(struct walk *w, const struct op *op, const struct state *to)
{
	(void)op;
	find_no_repeat(w, to);
	if (to->has_retransmit)
		find_wrong_repeat(w, &to->retransmit);
	if (to->has_retransmit && (to->times == 0 || to->every_ms == 0))
		find_never(w, to->times_pos, &to->retransmit);
	if (to->has_resend)
		find_wrong_repeat(w, &to->resend);
	if (to->has_resend && to->resend_times == 0)
		find_never(w, to->resend_pos, &to->resend);
}

static const struct visitor repeats = {.enter = enter_state};

bool
exchange_repeats(const struct exchange *x)
{
	return !walk_finds(x, &repeats);
}

/* ---- all --------------------------------------------------------------- */

static void
check_state(const struct state *s)
{
	size_t i;

	check_deterministic(s);
	check_not_stuck(s);
	for (i = 0; i < s->edges.n; i++) {
		check_goto(&s->edges.v[i]);
		check_outcomes(&s->edges.v[i]);
	}
	check_deadline(s);
	check_last_retransmission(s);
}

void
check_machine(const struct spec *s)
{
	size_t i, k;
	int role;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		check_complete(x);
		for (role = ROLE_I; role <= ROLE_R; role++) {
			check_reach(x, (enum role)role);
			for (k = 0; k < x->role[role].states.n; k++)
				check_state(&x->role[role].states.v[k]);
		}
		walk_exchange(x, &repeats);
		check_variants(x);
	}
}
