/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: work that leaves the loop and comes back.  A job knows the exchange's
 * number and the ticket of its wait; if either is no longer right when it
 * reports, only its cleanup runs.
 */
#include "engine/core/internal.h"

enum status
xchg_start_job(struct xchg *x, struct job *j)
{
	struct engine *e = x->engine;

	j->xchg = x->number;
	j->ticket = ++e->last_ticket;
	if (!xchg_busy(x) || !e->env->job_start(e->env->ctx, j)) {
		j->cleanup(j);
		return ST_FAIL;
	}
	x->scratch->ticket = j->ticket;
	e->stats.jobs++;
	return ST_PENDING;
}

enum status
xchg_await_job(struct xchg *x, struct job *j)
{
	struct engine *e = x->engine;

	if (!xchg_busy(x))
		return ST_FAIL;
	j->xchg = x->number;
	j->ticket = x->scratch->ticket = ++e->last_ticket;
	e->stats.jobs++;
	return ST_PENDING;
}

static bool
awaits(const struct xchg *x, const struct job *j)
{
	return x != NULL && x->scratch != NULL && x->scratch->waiting &&
	    x->scratch->ticket == j->ticket;
}

void
engine_job_done(struct engine *e, struct job *j)
{
	struct xchg *x;
	enum status st = ST_PENDING;

	engine_enter(e);
	e->stats.jobs--;
	x = engine_find(e, j->xchg);
	if (awaits(x, j))
		st = j->done(j, x);
	else
		x = NULL;
	j->cleanup(j);
	/* ST_PENDING: done has started another job, within the same limit. */
	if (x != NULL && !x->dead && st != ST_PENDING)
		xchg_resume(x, st);
	engine_leave(e);
}
