/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Updown scripts of a fake host: they take virtual time and are remembered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/fake/event.h"

enum { VARIABLES_MAX = 64, KILLED = 9 };

static const char *
copy_of(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(fake_need(malloc(n)), s, n);
}

static const char *const *
copy_environment(const char *const *from)
{
	const char **to = fake_need(calloc(VARIABLES_MAX + 1, sizeof(*to)));

	for (unsigned i = 0; from[i] != NULL && i < VARIABLES_MAX; i++)
		to[i] = copy_of(from[i]);
	return to;
}

const char *
fake_script_value(const struct fake_script *s, const char *name)
{
	size_t n = strlen(name);

	for (unsigned i = 0; s->environment[i] != NULL; i++)
		if (strncmp(s->environment[i], name, n) == 0 &&
		    s->environment[i][n] == '=')
			return s->environment[i] + n + 1;
	return NULL;
}

static void
finish(struct fake_script *s, struct fake_host *h)
{
	s->ended_ms = h->world->now_ms;
	h->kernel.script = NULL;
}

void
fake_script_abandon(struct fake_script *s, struct fake_host *h)
{
	s->how = SCRIPT_SIGNALLED;
	s->number = KILLED;
	finish(s, h);
}

static void
script_ends(struct fake_event *ev)
{
	struct fake_script *s = ev->script;
	struct fake_host *h = ev->host;

	finish(s, h);
	ike_script_done(h->ike, s->how, s->number);
}

static struct fake_script *
script_new(struct fake_host *h, const struct script *from)
{
	struct fake_script *s = fake_need(calloc(1, sizeof(*s)));

	s->command = copy_of(from->command);
	s->environment = copy_environment(from->environment);
	s->verb = fake_script_value(s, "PLUTO_VERB");
	if (s->verb == NULL)
		s->verb = "";
	s->started_ms = h->world->now_ms;
	s->how = SCRIPT_EXITED;
	s->number = h->script_status;
	if (h->last_script == NULL)
		h->scripts = s;
	else
		h->last_script->next = s;
	h->last_script = s;
	return s;
}

bool
fake_script_start(void *ctx, const struct script *from, struct text *why)
{
	struct fake_host *h = ctx;
	struct fake_world *w = h->world;
	struct fake_script *s;

	if (h->no_scripts) {
		text_add(why, "told to refuse");
		return false;
	}
	if (h->kernel.script != NULL) {
		(void)snprintf(h->kernel.complaint, sizeof(h->kernel.complaint),
		    "a script starts while %s runs", h->kernel.script);
		h->kernel.complaints++;
	}
	s = script_new(h, from);
	if (h->script_result != NULL)
		h->script_result(h->script_ctx, s);
	h->kernel.script = s->verb;
	fake_event_new(h,
	    fake_between(&w->rng, h->script_min_ms, h->script_max_ms),
	    script_ends, SPAN_NONE)
	    ->script = s;
	if (w->verbose)
		fprintf(stderr, "%8.3f %-5s script %s\n",
		    (double)w->now_ms / 1000, h->name, s->verb);
	return true;
}

/* ---- looking at them ---- */

const struct fake_script *
fake_script_find(const struct fake_host *h, const char *verb)
{
	const struct fake_script *found = NULL;

	for (const struct fake_script *s = h->scripts; s != NULL; s = s->next)
		if (verb[0] == '\0' || strcmp(s->verb, verb) == 0)
			found = s;
	return found;
}

void
fake_script_verbs(const struct fake_host *h, struct text *out)
{
	for (const struct fake_script *s = h->scripts; s != NULL; s = s->next)
		text_add(out, "%s ", s->verb);
}

static void
script_free(struct fake_script *s)
{
	for (unsigned i = 0; s->environment[i] != NULL; i++)
		free((char *)(uintptr_t)s->environment[i]);
	free((char **)(uintptr_t)s->environment);
	free((char *)(uintptr_t)s->command);
	free(s);
}

/* One that runs stays. */
void
fake_forget_scripts(struct fake_host *h)
{
	struct fake_script **at = &h->scripts;

	h->last_script = NULL;
	while (*at != NULL) {
		struct fake_script *s = *at;

		if (s->ended_ms == 0) {
			h->last_script = s;
			at = &s->next;
			continue;
		}
		*at = s->next;
		script_free(s);
	}
}
