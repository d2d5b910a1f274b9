/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The heart: runs the ops of an edge one after the other.  Whatever they write
 * is pending; 'goto' commits it, a failing op throws it away or ends the
 * exchange, as its outcome in the spec says.  Nothing here knows which
 * exchange or state it is in.
 */
#include "engine/core/internal.h"

#include <string.h>

static const char *const op_words[] = {
    [OP_REQUIRE] = "require",
    [OP_DERIVE] = "derive",
    [OP_COMPUTE] = "compute",
    [OP_VERIFY] = "verify",
    [OP_EFFECT] = "effect",
    [OP_SEND] = "send",
    [OP_GOTO] = "goto",
    [OP_RULE] = "rule",
};

static void
trace(const struct xchg *x, enum trace what, unsigned index)
{
	const struct env *env = x->engine->env;

	if (env->trace != NULL)
		env->trace(env->ctx, x->def, x->role, what, index);
}

bool
xchg_busy(const struct xchg *x)
{
	/* the second: hooks are being told how it ended */
	return x->scratch != NULL &&
	    (x->scratch->open || x->scratch->edge != NULL);
}

const struct edge_def *
xchg_edge(const struct xchg *x, enum event event, unsigned arg)
{
	const struct state_def *s = xchg_state(x);

	for (unsigned i = 0; i < s->n_edges; i++) {
		const struct edge_def *edge = &x->def->edges[s->edge + i];

		if (edge->event == event && edge->arg == arg)
			return edge;
	}
	return NULL;
}

/* ---- begin and end of an edge ---- */

bool
xchg_begin(struct xchg *x, struct msg *m)
{
	struct scratch *s;

	if (!xchg_open_scratch(x)) {
		xchg_log(x, LEVEL_ERR,
		    "out of memory: an event in state %s "
		    "is lost",
		    xchg_state(x)->name);
		return false;
	}
	s = x->scratch;
	s->open = true;
	s->msg = m;
	s->suite = x->suite;
	s->variants = x->variants;
	s->authenticated = x->authenticated;
	s->binds = false;
	memset(s->timers, 0, sizeof(s->timers));
	memcpy(s->user, x->user, x->engine->hooks->user_size);
	return true;
}

/* The edge is over, x is alive: clean up, and open the mailbox. */
static void
close_edge(struct xchg *x)
{
	struct scratch *s = x->scratch;
	struct msg *mail = s->mail;

	msg_free(s->msg);
	s->msg = s->mail = NULL;
	s->edge = NULL;
	s->op = NULL;
	s->open = s->waiting = false;
	x->due[DUE_JOB] = NEVER;
	if (xchg_state(x)->final)
		xchg_free_scratch(x);
	timer_update(x);
	if (mail != NULL)
		dispatch_to(x, mail);
}

static void
forget_new_keymat(struct scratch *s)
{
	while (s->n_keymat > s->kept_keymat)
		secret_free(&s->keymat[--s->n_keymat].key);
}

void
xchg_rollback(struct xchg *x)
{
	if (!x->committed) {
		xchg_bury(x);
		return;
	}
	slots_drop(x, &x->scratch->slots, UINT64_MAX);
	forget_new_keymat(x->scratch);
	close_edge(x);
}

/* A first goto is where an exchange begins to count. */
static bool
register_first(struct xchg *x)
{
	if (x->committed || x->role == ROLE_INITIATOR)
		return true;
	return x->def->phase == 1 ? index_count_half_open(x)
				  : msgids_add(x->parent, x->msgid);
}

static void
commit_scratch(struct xchg *x)
{
	struct scratch *s = x->scratch;

	slots_commit(x);
	x->suite = s->suite;
	x->variants = s->variants;
	x->authenticated = s->authenticated;
	s->kept_keymat = s->n_keymat;
	memcpy(x->user, s->user, x->engine->hooks->user_size);
	for (unsigned i = 0; i < N_TIMER_EVENTS; i++)
		if (s->timers[i] != 0)
			x->due[DUE_EVENT + i] = s->timers[i];
	if (s->binds)
		memcpy(x->rcookie, s->rcookie, COOKIE_LEN);
	if (s->msg != NULL) {
		memcpy(x->digest, s->msg->digest, DIGEST_LEN);
		x->has_digest = true;
		x->resends = 0;
	}
}

/* What a state of this kind does not need goes. */
static void
shed(struct xchg *x, bool was_final)
{
	const struct state_def *s = xchg_state(x);

	if (x->authenticated)
		index_uncount_half_open(x);
	if (s->retransmit_n == 0 && s->resend_n == 0)
		secret_free(&x->last_sent);
	if (!s->final)
		return;
	slots_drop(x, &x->slots, ~x->def->keep);
	x->scratch->kept_keymat = 0;
	forget_new_keymat(x->scratch);
	if (!was_final && x->parent != NULL)
		x->parent->in_progress--;
}

static void
commit(struct xchg *x, const struct op_def *op)
{
	const struct edge_def *edge = x->scratch->edge;
	bool was_final = xchg_state(x)->final;

	if (!register_first(x)) {
		xchg_fail(x, op, "out of memory, or of message IDs");
		return;
	}
	commit_scratch(x);
	x->committed = true;
	x->state = op->arg;
	x->scratch->open = false;
	shed(x, was_final);
	timer_enter_state(x);
	trace(x, TRACE_STATE, x->state);
	xchg_debug(x, DEBUG_CONTROL, "entered state %s (%s)",
	    xchg_state(x)->name, xchg_state(x)->story);
	x->engine->hooks->entered(x, edge);
	if (!x->dead && xchg_state(x)->gone)
		xchg_bury(x);
	if (!x->dead)
		close_edge(x);
}

void
xchg_fail(struct xchg *x, const struct op_def *op, const char *why)
{
	if (x->dead)
		return;
	xchg_debug(x, DEBUG_LIFECYCLE, "exchange fails: %s", why);
	x->engine->hooks->failed(x, op, why);
	xchg_bury(x);
}

/* ---- ops ---- */

static bool
slot_unchanged(const struct xchg *x, uint8_t slot)
{
	size_t n = xchg_slot_count(x, slot);

	if (n != slots_committed_count(x, slot))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!span_equal(
			xchg_slot(x, slot, i), slots_committed(x, slot, i)))
			return false;
	return true;
}

static bool
rule_holds(const struct xchg *x, const struct rule_def *rule)
{
	bool wanted = (rule->variants & x->scratch->variants) != 0;

	for (unsigned i = 0; i < sizeof(rule->slots); i++) {
		uint8_t slot = rule->slots[i];

		if (slot == TABLE_NONE)
			break;
		if (rule->kind == RULE_ECHO && !slot_unchanged(x, slot))
			return false;
		if (rule->kind == RULE_IFF &&
		    (xchg_slot_count(x, slot) > 0) != wanted)
			return false;
	}
	return true;
}

/* The slot behind which a formula's 'after' begins; TABLE_NONE. */
static uint8_t
after_slot(const struct xchg_def *def, unsigned formula)
{
	const struct formula_def *f = &def->formulas[formula];

	for (unsigned i = 0; i < f->n_terms; i++)
		if (def->terms[f->term + i].kind == TERM_AFTER)
			return def->terms[f->term + i].arg;
	return TABLE_NONE;
}

static enum status
compute(struct xchg *x, const struct op_def *op)
{
	uint8_t buf[LIMIT_DATAGRAM];
	struct wr w = wr_of(buf, sizeof(buf));

	if (op->after != TABLE_NONE &&
	    !msg_encode_after(x, op->after, after_slot(x->def, op->arg), &w))
		return ST_FAIL;
	return formula_compute(x, op->arg, wr_span(&w));
}

static enum status
verify(struct xchg *x, const struct op_def *op)
{
	struct span after = SPAN_NONE;

	if (x->scratch->msg != NULL)
		after = msg_after(x->scratch->msg, after_slot(x->def, op->arg));
	return formula_verify(x, op->arg, after);
}

static enum status
run_op(struct xchg *x, const struct op_def *op)
{
	const struct msg *m = x->scratch->msg;

	switch ((enum op_code)op->code) {
	case OP_REQUIRE: return op->fn.guard(x, m) ? ST_OK : ST_FAIL;
	case OP_DERIVE:
	case OP_EFFECT: return op->fn.action(x, m);
	case OP_COMPUTE: return compute(x, op);
	case OP_VERIFY: return verify(x, op);
	case OP_SEND: return msg_send(x, op->arg);
	case OP_RULE:
		return rule_holds(x, &x->def->rules[op->arg]) ? ST_OK : ST_FAIL;
	case OP_GOTO: break; /* commit() */
	}
	return ST_FAIL;
}

/* ---- what becomes of an op ---- */

static const char *
outcome_word(const struct op_def *op)
{
	switch ((enum outcome)op->outcome) {
	case OUT_DROP: return "dropped";
	case OUT_REJECT: return "rejected";
	case OUT_ABORT: break;
	}
	return "ends the exchange";
}

static void
fail_op(struct xchg *x, const struct op_def *op)
{
	const struct msg *m = x->scratch->msg;
	TEXT(why, 200);

	text_add(&why, "%s %s failed (%s:%u)", op_words[op->code], op->name,
	    x->def->file, op->line);
	if (m != NULL)
		xchg_log_limited(x, "message %s in state %s %s: %s",
		    msg_name(m), xchg_state(x)->name, outcome_word(op), why.p);
	if (m != NULL && op->outcome != OUT_ABORT)
		x->engine->hooks->refused(x, op, why.p);
	if (m != NULL && op->outcome != OUT_DROP)
		notify_send(x, &m->path, op->notify);
	if (x->dead)
		return;
	if (op->outcome == OUT_ABORT || (m == NULL && !x->committed))
		xchg_fail(x, op, why.p);
	else
		xchg_rollback(x);
}

static void
suspend(struct xchg *x, const struct op_def *op)
{
	x->scratch->waiting = true;
	timer_set(x, DUE_JOB, timer_now(x->engine) + op->within_ms);
}

/* Which slots the op has written. */
static uint64_t
targets(const struct op_def *op)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < sizeof(op->to) / sizeof(op->to[0]); i++)
		if (op->code == OP_DERIVE && op->to[i] != TABLE_NONE)
			mask |= UINT64_C(1) << op->to[i];
	return mask;
}

/* The result of an op.  True: the edge goes on behind it. */
static bool
op_ended(struct xchg *x, const struct op_def *op, enum status st)
{
	if (x->dead)
		return false;
	if (st == ST_PENDING && op->within_ms > 0) {
		suspend(x, op);
		return false;
	}
	if (st == ST_OK && !slots_decide_variants(x, targets(op)))
		st = ST_FAIL;
	if (st == ST_OK && op->code == OP_VERIFY)
		x->scratch->authenticated = true;
	if (st == ST_OK)
		return true;
	fail_op(x, op);
	return false;
}

/* The next op that the variants ask for; NULL at the end of the edge. */
static const struct op_def *
next_op(struct xchg *x)
{
	struct scratch *s = x->scratch;

	while (s->pc < s->end) {
		const struct op_def *op = &x->def->ops[s->pc++];

		if ((op->variants & s->variants) == 0)
			continue;
		trace(x, TRACE_OP, s->pc - 1);
		xchg_debug(x, DEBUG_CONTROL, "%s:%u: %s %s", x->def->file,
		    op->line, op_words[op->code], op->name);
		s->op = op;
		return op;
	}
	return NULL;
}

static void
run(struct xchg *x)
{
	const struct op_def *op;

	while ((op = next_op(x)) != NULL) {
		if (op->code == OP_GOTO) {
			commit(x, op);
			return;
		}
		if (!op_ended(x, op, run_op(x, op)))
			return;
	}
	xchg_rollback(x); /* every edge ends in a goto: not reached */
}

void
xchg_run(struct xchg *x, const struct edge_def *edge)
{
	struct scratch *s = x->scratch;

	s->edge = edge;
	s->pc = edge->op;
	s->end = edge->op + (unsigned)edge->n_ops;
	trace(x, TRACE_EDGE, (unsigned)(edge - x->def->edges));
	run(x);
}

void
xchg_resume(struct xchg *x, enum status st)
{
	struct scratch *s = x->scratch;

	s->waiting = false;
	s->ticket = 0; /* a job that reports later is too late */
	x->due[DUE_JOB] = NEVER;
	if (op_ended(x, s->op, st))
		run(x);
}

bool
xchg_raise(struct xchg *x, enum event event, unsigned arg)
{
	const struct edge_def *edge = xchg_edge(x, event, arg);

	if (edge == NULL || !xchg_begin(x, NULL))
		return false;
	xchg_run(x, edge);
	return true;
}

bool
xchg_compute_iv(struct xchg *x)
{
	if (x->def->iv_formula == TABLE_NONE)
		return true;
	if (!xchg_begin(x, NULL) ||
	    formula_compute(x, x->def->iv_formula, SPAN_NONE) != ST_OK)
		return false;
	slots_commit(x);
	x->scratch->open = false;
	return true;
}
