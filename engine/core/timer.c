/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers.  An exchange may wait for several things but has one place in the
 * engine's heap, by the earliest.  Its node is put there when it is made, so
 * that arming a timer later needs no memory.
 */
#include "engine/core/internal.h"

uint64_t
timer_now(const struct engine *e)
{
	return e->env->now_ms(e->env->ctx);
}

/*
 * While an edge is suspended, only its own limit and the state's deadline
 * count: repetitions pause, and events find the exchange busy.
 */
static bool
counts(const struct xchg *x, unsigned due)
{
	return !xchg_busy(x) || due == DUE_DEADLINE || due == DUE_JOB;
}

/* What is due first; N_DUE: nothing. */
static unsigned
earliest(const struct xchg *x)
{
	unsigned first = N_DUE;

	for (unsigned i = 0; i < N_DUE; i++)
		if (x->due[i] != NEVER && counts(x, i) &&
		    (first == N_DUE || x->due[i] < x->due[first]))
			first = i;
	return first;
}

void
timer_update(struct xchg *x)
{
	unsigned i = earliest(x);

	/* It is in the heap already, so this moves it and cannot fail. */
	if (!x->dead)
		(void)!heap_insert(&x->engine->timers, &x->timer,
		    i == N_DUE ? NEVER : x->due[i]);
}

void
timer_set(struct xchg *x, unsigned due, uint64_t at_ms)
{
	x->due[due] = at_ms;
	timer_update(x);
}

void
timer_enter_state(struct xchg *x)
{
	const struct state_def *s = xchg_state(x);
	uint64_t now = timer_now(x->engine);

	x->retransmits = 0;
	x->due[DUE_RETRANSMIT] = s->retransmit_n > 0 && x->last_sent.n > 0
	    ? now + s->retransmit_ms
	    : NEVER;
	x->due[DUE_DEADLINE] =
	    s->deadline_ms > 0 ? now + s->deadline_ms : NEVER;
	timer_update(x);
}

static void
retransmit(struct xchg *x)
{
	const struct state_def *s = xchg_state(x);
	uint32_t next_ms;

	x->retransmits++;
	next_ms = s->retransmit_ms << x->retransmits;
	x->due[DUE_RETRANSMIT] = x->retransmits < s->retransmit_n
	    ? timer_now(x->engine) + next_ms
	    : NEVER;
	xchg_debug(x, DEBUG_CONTROL, "repeating the last message, %u of %u",
	    x->retransmits, s->retransmit_n);
	xchg_repeat(x);
	x->engine->hooks->retransmitted(x, x->retransmits, next_ms);
}

static void
fire(struct xchg *x, unsigned due)
{
	const struct state_def *s = xchg_state(x);
	TEXT(why, 160);

	if (due != DUE_RETRANSMIT && due < N_DUE)
		x->due[due] = NEVER;
	if (due == DUE_DEADLINE) {
		text_add(&why,
		    "nothing that leads on from state %s (\"%s\") "
		    "came within %u s",
		    s->name, s->story, s->deadline_ms / 1000);
		xchg_fail(x, NULL, why.p);
	} else if (due == DUE_JOB) {
		xchg_debug(
		    x, DEBUG_CONTROL, "%s took too long", x->scratch->op->name);
		xchg_resume(x, ST_FAIL);
	} else if (due == DUE_RETRANSMIT) {
		retransmit(x);
	} else if (!xchg_raise(x, EV_TIMER, due - DUE_EVENT)) {
		xchg_debug(x, DEBUG_CONTROL,
		    "state %s has no use for timer "
		    "event %u",
		    s->name, due - DUE_EVENT);
	}
	timer_update(x);
}

void
engine_tick(struct engine *e)
{
	engine_enter(e);
	for (;;) {
		struct heap_node *n = heap_min(&e->timers);
		struct xchg *x;

		if (n == NULL || n->key > timer_now(e))
			break;
		x = container_of(n, struct xchg, timer);
		fire(x, earliest(x));
	}
	engine_leave(e);
}

uint64_t
engine_next_ms(const struct engine *e)
{
	const struct heap_node *n = heap_min(&e->timers);

	return n == NULL ? NEVER : n->key;
}

void
xchg_set_timer(struct xchg *x, enum timer_event event, uint64_t after_ms)
{
	uint64_t at = timer_now(x->engine) + after_ms;

	if ((unsigned)event >= N_TIMER_EVENTS || at < after_ms)
		return;
	if (x->scratch != NULL && x->scratch->open)
		x->scratch->timers[event] = at;
	else
		timer_set(x, DUE_EVENT + (unsigned)event, at);
}

static uint64_t
left(const struct xchg *x, unsigned due)
{
	uint64_t now = timer_now(x->engine);

	if (x->due[due] == NEVER)
		return NEVER;
	return x->due[due] > now ? x->due[due] - now : 0;
}

uint64_t
xchg_timer_left(const struct xchg *x, enum timer_event event)
{
	return (unsigned)event < N_TIMER_EVENTS
	    ? left(x, DUE_EVENT + (unsigned)event)
	    : NEVER;
}

uint64_t
xchg_retransmit_left(const struct xchg *x)
{
	return left(x, DUE_RETRANSMIT);
}

uint64_t
xchg_deadline_left(const struct xchg *x)
{
	return left(x, DUE_DEADLINE);
}
