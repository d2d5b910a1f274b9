/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thing after the other (rulings D18): the queue of the tasks that change
 * the kernel, and the script for which all of them wait.  What the steps of a
 * task are is not known here.
 */
#include <ctype.h>
#include <stdlib.h>

#include "engine/ike/route.h"

enum { AGAIN_MAX = 16 };

static void
begin(struct task *t, struct connection *c, const struct step *steps)
{
	*t = (struct task){.c = c, .first = steps, .steps = steps};
	list_init(&t->node);
	if (c != NULL)
		conn_hold(c);
}

/* What is done for c will have to be undone.  False: no memory. */
static bool
has_settler(struct connection *c)
{
	if (c->settler != NULL)
		return true;
	c->settler = calloc(1, sizeof(*c->settler));
	if (c->settler != NULL)
		list_init(&c->settler->node);
	return c->settler != NULL;
}

struct task *
task_new(struct connection *c, const struct step *steps)
{
	struct task *t =
	    c == NULL || has_settler(c) ? calloc(1, sizeof(*t)) : NULL;

	if (t != NULL)
		begin(t, c, steps);
	return t;
}

/* ---- ends ---------------------------------------------------------------- */

static enum status
result(const struct task *t)
{
	return t->failed ? ST_FAIL : ST_OK;
}

static enum status
job_done(struct job *j, struct xchg *x)
{
	(void)x;
	return result(container_of(j, struct task, job));
}

static void
job_cleanup(struct job *j)
{
	free(container_of(j, struct task, job));
}

static void
finish(struct ike *k, struct task *t)
{
	struct connection *c = t->c;

	list_remove(&t->node);
	if (t->client != 0)
		k->env->whack_done(k->env->ctx, t->client);
	if (t->awaited)
		engine_job_done(k->engine, &t->job);
	else if (t->xchg != 0)
		t->over = true;
	else if (c == NULL || t != c->settler)
		free(t);
	else if (c->settling)
		task_settle(k, c, t->first);
	if (c != NULL)
		conn_let_go(k, c);
}

static void
fail(struct task *t)
{
	struct installed *sas = installed_of(t->c, t->xchg);

	if (t->steps == t->first)
		t->was_routed = true; /* if it is: this task has done nothing */
	t->failed = true;
	if (sas != NULL)
		sas->ended = true;
	t->steps = route_steps_down;
}

/* The exchange that asked for it is no more. */
static bool
is_orphan(const struct ike *k, const struct task *t)
{
	if (t->xchg == 0 || t->failed)
		return false;
	if (k->abandoned)
		engine_delete(k->engine, t->xchg);
	return engine_find(k->engine, t->xchg) == NULL;
}

/* ---- steps --------------------------------------------------------------- */

/* On the way down things go on, come what may. */
static bool
must_succeed(enum verb verb)
{
	return verb != VERB_DOWN && verb != VERB_UNROUTE;
}

/* What whack is told when the script of this step fails. */
static enum rc
failure_code(const struct task *t)
{
	return must_succeed(t->steps->verb) ? RC_ROUTE : RC_LOG_SERIOUS;
}

/* Others first: what this task asked them to do is behind it. */
static enum task_outcome
begin_again(struct ike *k, struct task *t)
{
	if (++t->again > AGAIN_MAX) {
		ike_say(k, task_teller(k, t), RC_ROUTE,
		    "%s: others take its route again and again; given up",
		    t->c->label);
		return TASK_FAILS;
	}
	t->steps = t->first;
	list_remove(&t->node);
	list_append(&k->tasks, &t->node);
	return TASK_AGAIN;
}

static void
act(struct ike *k, struct task *t, bool script_ok)
{
	const struct step *s = t->steps;
	enum task_outcome outcome = TASK_ON;

	if (!script_ok && must_succeed(s->verb))
		outcome = TASK_FAILS;
	else if (s->act != NULL)
		outcome = s->act(k, t);
	if (outcome == TASK_AGAIN)
		outcome = begin_again(k, t);
	if (outcome == TASK_FAILS)
		fail(t);
	else if (outcome == TASK_ON)
		t->steps++;
}

static void
debug_script(const struct ike *k, const struct task *t, const char *what)
{
	const struct env *env = k->env;
	TEXT(line, 200);

	if (!env->debugging(env->ctx, DEBUG_KERNEL))
		return;
	text_add(&line, "%s: ", t->c->label);
	updown_print_verb(&line, t->c, t->steps->verb);
	text_add(&line, " %s", what);
	env->log(env->ctx, LEVEL_DEBUG, DEBUG_KERNEL, line.p);
}

static bool
start_script(struct ike *k, struct task *t)
{
	TEXT(verb, 40);
	TEXT(why, 300);

	if (updown_start(k, t->c, t->steps->verb, &why)) {
		k->scripting = t;
		t->script_ms = k->env->now_ms(k->env->ctx);
		debug_script(k, t, "command begins");
		return true;
	}
	updown_print_verb(&verb, t->c, t->steps->verb);
	ike_say(k, task_teller(k, t), failure_code(t),
	    "%s: %s command could not be started: %s", t->c->label, verb.p,
	    why.p);
	return false;
}

static void
proceed(struct ike *k, struct task *t)
{
	const struct step *s = t->steps;

	if (is_orphan(k, t))
		fail(t);
	else if (s->act == NULL && s->verb == VERB_NONE)
		finish(k, t);
	else if (s->verb == VERB_NONE || k->abandoned || !s->needed(k, t))
		act(k, t, true);
	else if (!start_script(k, t))
		act(k, t, false);
}

static void
run(struct ike *k)
{
	if (k->in_tasks)
		return;
	k->in_tasks = true;
	while (k->scripting == NULL && !list_empty(&k->tasks)) {
		if (!k->abandoned)
			resync_run(k); /* others may have used the time */
		proceed(
		    k, container_of(list_first(&k->tasks), struct task, node));
	}
	k->in_tasks = false;
}

void
task_take(struct ike *k, struct task *t)
{
	list_append(&k->tasks, &t->node);
	run(k);
}

void
task_settle(struct ike *k, struct connection *c, const struct step *steps)
{
	struct task *t = c->settler;

	if (t == NULL) /* nothing has been done for it */
		return;
	c->settling = true;
	if (!list_empty(&t->node)) /* it is under way */
		return;
	begin(t, c, steps);
	task_take(k, t);
}

enum status
task_take_for(struct xchg *x, struct task *t)
{
	enum status st;

	t->xchg = xchg_number(x);
	t->job.done = job_done;
	t->job.cleanup = job_cleanup;
	task_take(ike_of(x), t);
	if (!t->over) {
		t->awaited = true;
		return xchg_await_job(x, &t->job);
	}
	st = result(t);
	free(t);
	return st;
}

/* ---- the script ----------------------------------------------------------- */

uint32_t
task_teller(const struct ike *k, const struct task *t)
{
	const struct xchg *x = engine_find(k->engine, t->xchg);

	if (t->client != 0)
		return t->client;
	if (x != NULL)
		return neg_of(x)->client;
	LIST_EACH(n, &k->tasks) {
		const struct task *o = container_of(n, struct task, node);

		if (o->c == NULL)
			return o->client;
	}
	return 0;
}

static void
go_on(struct ike *k, bool script_ok)
{
	struct task *t = k->scripting;

	k->scripting = NULL;
	k->in_tasks = true;
	t->scripted = true;
	act(k, t, script_ok);
	t->scripted = false;
	k->in_tasks = false;
	run(k);
}

void
ike_script_line(struct ike *k, const char *text)
{
	const struct task *t = k->scripting;
	TEXT(verb, 40);
	TEXT(line, 500);

	if (t == NULL)
		return;
	updown_print_verb(&verb, t->c, t->steps->verb);
	for (const char *p = text; *p != '\0' && !line.cut; p++)
		text_add(&line, isprint((unsigned char)*p) ? "%c" : "\\x%02x",
		    (unsigned char)*p);
	ike_say(k, task_teller(k, t), RC_LOG, "%s: %s output: %s", t->c->label,
	    verb.p, line.p);
}

void
script_end_print(struct text *t, enum script_end how, int number)
{
	switch (how) {
	case SCRIPT_EXITED:
		text_add(t, "exited with status %d", number);
		return;
	case SCRIPT_SIGNALLED:
		text_add(t, "was killed by signal %d", number);
		return;
	case SCRIPT_LATE:
		text_add(t, "did not end within %d s and was killed",
		    SCRIPT_LIMIT_MS / 1000);
		return;
	}
}

void
ike_script_done(struct ike *k, enum script_end how, int number)
{
	const struct task *t = k->scripting;
	bool ok = how == SCRIPT_EXITED && number == 0;
	TEXT(verb, 40);
	TEXT(end, 80);
	TEXT(took, 120);

	if (t == NULL)
		return;
	updown_print_verb(&verb, t->c, t->steps->verb);
	script_end_print(&end, how, number);
	text_add(&took, "command %s after %llu ms", end.p,
	    (unsigned long long)(k->env->now_ms(k->env->ctx) - t->script_ms));
	debug_script(k, t, took.p);
	if (!ok)
		ike_say(k, task_teller(k, t), failure_code(t),
		    "%s: %s command %s", t->c->label, verb.p, end.p);
	go_on(k, ok);
}

bool
ike_busy(const struct ike *k)
{
	return !list_empty(&k->tasks);
}

void
ike_abandon(struct ike *k)
{
	k->abandoned = true;
	if (k->scripting != NULL)
		go_on(k, true);
}

void
route_release_whack(struct ike *k, uint32_t client)
{
	static const struct step nothing[] = {{NULL, VERB_NONE, NULL}};
	struct task *t = NULL;

	if (ike_busy(k))
		t = task_new(NULL, nothing);
	if (t == NULL) {
		k->env->whack_done(k->env->ctx, client);
		return;
	}
	t->client = client;
	task_take(k, t);
}

void
route_forget_client(struct ike *k, uint32_t client)
{
	LIST_EACH(n, &k->tasks) {
		struct task *t = container_of(n, struct task, node);

		if (t->client == client)
			t->client = 0;
	}
}
