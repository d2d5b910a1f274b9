/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E701 and E702: do the two roles fit together?  Both are answered by walking
 * the product of the two machines, in every world, breadth first.
 *
 * The model.  A joint state is the state of each role, the last message that
 * each took and sent, and what is on its way in each direction, in order.
 * Guards hold and actions succeed: what is left is who waits for what.
 *
 * - Local and timer events happen at any time in states that are not final;
 *   what happens to an established SA is not part of the negotiation.
 * - The first message on its way is delivered.  If the state has an edge for
 *   it, the edge runs to its end.  If not, and it repeats the last message
 *   that was taken, the state's 'resend' answers.  Otherwise it is ignored;
 *   in a walk without faults that is E701, if an op sent it.
 * - With a fault to spare, it may also be lost, or delivered and yet stay on
 *   its way (a duplicate).  One such fault happens in a walk.
 * - Timers are slow: only when nothing is on its way does a state that is not
 *   final send its 'retransmit' again.  How often does not matter for one
 *   fault, as long as it is not never.
 *
 * E702: when nothing is on its way and one role is final, the other can still
 * become final.  When none is, both give up at their deadlines, and nothing
 * is left.  The receiver of a oneway exchange does not answer, so that loss
 * goes unnoticed there, and E702 does not apply.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/diag.h"
#include "gen/specc.h"
#include "gen/vec.h"

enum { ON_THE_WAY = 4 };

struct letter {
	size_t message;      /* first row of its name */
	const struct op *op; /* that sent it; NULL: sent again */
};
struct joint {
	/* By role. */
	size_t state[2];
	size_t taken[2], sent[2];           /* last message, or CHECK_NONE */
	struct letter queue[2][ON_THE_WAY]; /* on the way to the role */
	size_t queued[2];

	unsigned faults;   /* that may still happen */
	const char *fault; /* that happened; NULL */

	/* How we got here. */
	size_t from; /* CHECK_NONE: the start */
	const char *event;
	bool good; /* both final, or can become so */
};
struct hop {
	size_t from, to;
};
struct pair {
	const struct exchange *x;
	uint32_t world;
	size_t at; /* joint that is being left */
	VEC(struct joint) joints;
	VEC(struct hop) hops;
	VEC(const void *) reported; /* ops and states, over all worlds */
};

static const struct state *
joint_state(const struct pair *p, const struct joint *j, enum role role)
{
	return &p->x->role[role].states.v[j->state[role]];
}

static bool
joint_final(const struct pair *p, const struct joint *j, enum role role)
{
	return joint_state(p, j, role)->final;
}

static bool
joint_quiet(const struct joint *j)
{
	return j->queued[ROLE_I] == 0 && j->queued[ROLE_R] == 0;
}

/* ---- the product ------------------------------------------------------- */

static bool
same_side(const struct joint *a, const struct joint *b, enum role role)
{
	size_t i;

	if (a->state[role] != b->state[role] ||
	    a->taken[role] != b->taken[role] ||
	    a->sent[role] != b->sent[role] ||
	    a->queued[role] != b->queued[role])
		return false;
	for (i = 0; i < a->queued[role]; i++)
		if (a->queue[role][i].message != b->queue[role][i].message ||
		    a->queue[role][i].op != b->queue[role][i].op)
			return false;
	return true;
}

/* Go on to next, which may be known already. */
static void
pair_hop(struct pair *p, const struct joint *next, const char *event)
{
	struct joint *j;
	size_t i;

	for (i = 0; i < p->joints.n; i++) {
		j = &p->joints.v[i];
		if (j->faults == next->faults && same_side(j, next, ROLE_I) &&
		    same_side(j, next, ROLE_R))
			break;
	}
	*VEC_PUSH(&p->hops) = (struct hop){p->at, i};
	if (i < p->joints.n)
		return;
	j = VEC_PUSH(&p->joints);
	*j = *next;
	j->from = p->at;
	j->event = event;
}

/* What finds no room is lost; it takes more faults than one to need it. */
static void
post(
    const struct pair *p, struct joint *j, enum role from, struct letter letter)
{
	enum role to = role_peer(from);

	if (exchange_row(p->x, letter.message, p->world) == NULL)
		return;
	j->sent[from] = letter.message;
	if (j->queued[to] < ON_THE_WAY)
		j->queue[to][j->queued[to]++] = letter;
}

/* Run an edge to its end.  False if it cannot get there in this world. */
static bool
run_edge(
    const struct pair *p, struct joint *j, enum role role, const struct edge *e)
{
	size_t i, k;

	for (i = 0; i < e->ops.n; i++) {
		const struct op *op = &e->ops.v[i];

		if ((op->variants & p->world) == 0)
			continue;
		if (op->kind == OPK_SEND)
			post(
			    p, j, role, (struct letter){op->message_first, op});
		for (k = 0; op->kind == OPK_COMPUTE && k < op->formula_slots.n;
		     k++)
			if (exchange_formula(
				p->x, op->formula_slots.v[k], p->world) == NULL)
				return false;
	}
	j->state[role] = edge_target(e);
	return true;
}

/* A state repeats a message that it knows by name. */
static void
post_again(const struct pair *p, struct joint *j, enum role from,
    const struct name *message)
{
	size_t first = exchange_message(p->x, message->text);

	post(p, j, from, (struct letter){first, NULL});
}

static const struct edge *
receiving_edge(const struct state *s, size_t message)
{
	size_t i;

	for (i = 0; i < s->edges.n; i++)
		if (s->edges.v[i].event == EDGE_RECV &&
		    s->edges.v[i].message_first == message)
			return &s->edges.v[i];
	return NULL;
}

/* ---- what is wrong ----------------------------------------------------- */

static bool
is_reported(struct pair *p, const void *what)
{
	size_t i;

	for (i = 0; i < p->reported.n; i++)
		if (p->reported.v[i] == what)
			return true;
	*VEC_PUSH(&p->reported) = what;
	return false;
}

static const char *
path_to(const struct pair *p, size_t joint)
{
	const struct joint *j = &p->joints.v[joint];

	if (j->from == CHECK_NONE)
		return NULL;
	if (p->joints.v[j->from].from == CHECK_NONE)
		return j->event;
	return gen_printf("%s, %s", path_to(p, j->from), j->event);
}

static void
note_path(const struct pair *p, struct diag *d, size_t joint, const char *last)
{
	if (p->x->variants.n > 0)
		diag_note(d, "path: %s%s, when %s", path_to(p, joint), last,
		    world_text(p->x, p->world));
	else
		diag_note(d, "path: %s%s", path_to(p, joint), last);
}

/* E701: nobody waits for this letter. */
static void
report_unexpected(struct pair *p, const struct joint *j, enum role role,
    const struct letter *letter)
{
	const struct state *s = joint_state(p, j, role);
	const char *message = p->x->messages.v[letter->message].name.text;
	struct diag *d;

	if (is_reported(p, letter->op))
		return;
	d = diag_at("E701", letter->op->args.v[0].pos,
	    "'%s' reaches the %s in '%s', which has no edge for it", message,
	    role_name(role), s->name.text);
	diag_note_at(d, s->name.pos, "the %s is then here", role_name(role));
	note_path(p, d, p->at, gen_printf(", %s", message));
	diag_hint(d, "add 'on recv %s { … }' to '%s'", message, s->name.text);
}

/* What would have helped: that the state that waits asks, or the final one
 * answers. */
static void
hint_repeat(const struct pair *p, struct diag *d, const struct joint *j,
    enum role waiting)
{
	enum role done = role_peer(waiting);
	const struct state *w = joint_state(p, j, waiting);
	const struct state *f = joint_state(p, j, done);

	if (!w->has_retransmit && j->sent[waiting] != CHECK_NONE)
		diag_hint(d,
		    "add 'retransmit %s every 10s doubling times 2;' "
		    "to '%s'",
		    p->x->messages.v[j->sent[waiting]].name.text, w->name.text);
	else if (!f->has_resend && j->sent[done] != CHECK_NONE)
		diag_hint(d, "add 'resend %s on duplicate times 2;' to '%s'",
		    p->x->messages.v[j->sent[done]].name.text, f->name.text);
}

/* E702: one role is final and the other can no longer become it. */
static void
report_half(struct pair *p, size_t joint, enum role waiting)
{
	const struct joint *j = &p->joints.v[joint];
	const struct state *w = joint_state(p, j, waiting);
	const struct state *f = joint_state(p, j, role_peer(waiting));
	struct diag *d;

	if (is_reported(p, f))
		return;
	d = diag_at("E702", f->name.pos,
	    "'%s' is final, but the peer waits in '%s' until it gives "
	    "up, if %s",
	    f->name.text, w->name.text, j->fault);
	diag_note_at(d, w->name.pos, "the peer is here");
	note_path(p, d, joint, "");
	hint_repeat(p, d, j, waiting);
}

/* ---- events ------------------------------------------------------------ */

static void
spontaneous(struct pair *p, const struct joint *j, enum role role)
{
	const struct state *s = joint_state(p, j, role);
	size_t i;

	for (i = 0; !s->final && i < s->edges.n; i++) {
		const struct edge *e = &s->edges.v[i];
		struct joint next = *j;

		if (e->event != EDGE_RECV && run_edge(p, &next, role, e))
			pair_hop(p, &next, e->arg.text);
	}
}

/* The letter is off its way and the role has it. */
static void
deliver(struct pair *p, struct joint next, enum role role,
    const struct letter *letter, const char *event)
{
	const struct state *s = joint_state(p, &next, role);
	const struct edge *e = receiving_edge(s, letter->message);
	const bool repeat = next.taken[role] == letter->message;

	if (e != NULL) {
		next.taken[role] = letter->message;
		if (!run_edge(p, &next, role, e))
			return;
	} else if (repeat && s->has_resend && s->resend_times > 0) {
		post_again(p, &next, role, &s->resend);
	} else if (next.faults == 0 && next.fault == NULL &&
	    letter->op != NULL) {
		report_unexpected(p, &next, role, letter);
	}
	pair_hop(p, &next, event);
}

static void
transport(struct pair *p, const struct joint *j, enum role role)
{
	const struct letter letter = j->queue[role][0];
	const char *name = p->x->messages.v[letter.message].name.text;
	struct joint next = *j;

	if (j->queued[role] == 0)
		return;
	next.queued[role]--;
	memmove(&next.queue[role][0], &next.queue[role][1],
	    next.queued[role] * sizeof letter);
	deliver(p, next, role, &letter, name);
	if (j->faults == 0)
		return;
	next.faults--;
	next.fault = gen_printf("one %s is lost", name);
	pair_hop(p, &next, gen_printf("%s lost", name));
	next = *j;
	next.faults--;
	next.fault = gen_printf("one %s comes twice", name);
	deliver(p, next, role, &letter, gen_printf("%s (doubled)", name));
}

static void
retransmit(struct pair *p, const struct joint *j, enum role role)
{
	const struct state *s = joint_state(p, j, role);
	struct joint next = *j;

	if (s->final || !s->has_retransmit || s->times == 0)
		return;
	post_again(p, &next, role, &s->retransmit);
	pair_hop(p, &next,
	    gen_printf("%s repeats %s", s->name.text, s->retransmit.text));
}

static void
pair_walk(struct pair *p, unsigned faults)
{
	struct joint j = {.faults = faults, .from = CHECK_NONE};
	int role;

	for (role = ROLE_I; role <= ROLE_R; role++) {
		j.state[role] = role_initial(&p->x->role[role]);
		j.taken[role] = j.sent[role] = CHECK_NONE;
	}
	p->joints.n = p->hops.n = 0;
	*VEC_PUSH(&p->joints) = j;
	for (p->at = 0; p->at < p->joints.n; p->at++) {
		j = p->joints.v[p->at];
		for (role = ROLE_I; role <= ROLE_R; role++) {
			spontaneous(p, &j, (enum role)role);
			if (!joint_quiet(&j))
				transport(p, &j, (enum role)role);
			else if (faults > 0)
				retransmit(p, &j, (enum role)role);
		}
	}
}

/* ---- verdicts ---------------------------------------------------------- */

/* Mark the joints from which both roles can become final. */
static void
mark_good(struct pair *p)
{
	bool more = true;
	size_t i;

	for (i = 0; i < p->joints.n; i++) {
		struct joint *j = &p->joints.v[i];

		j->good =
		    joint_final(p, j, ROLE_I) && joint_final(p, j, ROLE_R);
	}
	while (more) {
		more = false;
		for (i = p->hops.n; i-- > 0;) {
			const struct hop *h = &p->hops.v[i];

			if (p->joints.v[h->from].good ||
			    !p->joints.v[h->to].good)
				continue;
			p->joints.v[h->from].good = true;
			more = true;
		}
	}
}

static void
report_halves(struct pair *p)
{
	size_t i;

	for (i = 0; i < p->joints.n; i++) {
		const struct joint *j = &p->joints.v[i];

		if (j->good || !joint_quiet(j) || j->fault == NULL ||
		    joint_final(p, j, ROLE_I) == joint_final(p, j, ROLE_R))
			continue;
		report_half(p, i, joint_final(p, j, ROLE_I) ? ROLE_R : ROLE_I);
	}
}

/* Each role works, but they never meet. */
static void
report_never(const struct exchange *x)
{
	diag_hint(diag_at("E702", x->h.name.pos,
		      "the roles of '%s' never become final together, even "
		      "if nothing is lost",
		      x->h.name.text),
	    "compare its ladder with the RFC");
}

static void
check_product(const struct exchange *x)
{
	world_vec worlds = exchange_worlds(x);
	struct pair p = {.x = x};
	bool meet = false;
	size_t i;

	for (i = 0; i < worlds.n; i++) {
		p.world = worlds.v[i];
		pair_walk(&p, 0);
		mark_good(&p);
		meet |= p.joints.v[0].good;
	}
	if (p.reported.n > 0)
		return;
	if (!meet)
		report_never(x);
	if (!meet || x->oneway || !exchange_repeats(x))
		return;
	for (i = 0; i < worlds.n; i++) {
		p.world = worlds.v[i];
		pair_walk(&p, 1);
		mark_good(&p);
		report_halves(&p);
	}
}

/* A message that only one role knows is E503, and nothing more. */
static bool
both_ends_known(const struct exchange *x)
{
	size_t i;

	for (i = 0; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];

		if ((role_sends(&x->role[m->from], m->name.text) == NULL) !=
		    (role_receives(&x->role[m->to], m->name.text) == NULL))
			return false;
	}
	return true;
}

void
check_pair(const struct spec *s)
{
	size_t i;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		if (exchange_walkable(x) && both_ends_known(x))
			check_product(x);
		check_sent_rules(x);
	}
}
