/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done, before pluto is there for anybody, about the scripts of one
 * that was killed: they are called as it would have called them on its way
 * down.
 */
#include "engine/daemon/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/daemon/log.h"
#include "engine/daemon/script.h"

enum { VERB_SIZE = 64 };

struct undo {
	struct scripts *scripts;
	const struct record *record;
	char verb[VERB_SIZE]; /* a whole "PLUTO_VERB=..." */
	bool over;
};

static const char *
undo_verb(const struct undo *u)
{
	return strchr(u->verb, '=') + 1;
}

static void
say(const struct undo *u, enum level level, const char *what, const char *more)
{
	const char *name = record_variable(u->record, "PLUTO_CONNECTION");

	log_say(level, "\"%s\": %s %s%s", name != NULL ? name : "",
	    undo_verb(u), what, more);
}

static void
undo_line(void *ctx, const char *text)
{
	say(ctx, LEVEL_INFO, "output: ", text);
}

static void
undo_done(void *ctx, enum script_end how, int number)
{
	struct undo *u = ctx;
	TEXT(end, 80);

	u->over = true;
	if (how == SCRIPT_EXITED && number == 0)
		return;
	script_end_print(&end, how, number);
	say(u, LEVEL_WARN, "command ", end.p);
}

/* As it was, but for the verb; the strings are borrowed.  NULL: no memory. */
static const char **
undo_environment(struct undo *u)
{
	const struct record *r = u->record;
	const char *verb = record_variable(r, "PLUTO_VERB"), *v = NULL;
	const char **out;
	size_t n = 0;

	snprintf(u->verb, sizeof(u->verb), "PLUTO_VERB=%s%s", r->kind->undoes,
	    verb + strlen(r->kind->does));
	while ((v = record_next(r, v)) != NULL)
		n++;
	out = calloc(n + 1, sizeof(*out));
	if (out == NULL)
		return NULL;
	n = 0;
	while ((v = record_next(r, v)) != NULL)
		out[n++] = v + strlen("PLUTO_VERB=") == verb ? u->verb : v;
	return out;
}

/* Whether it could be started. */
static bool
undo_start(struct undo *u)
{
	const char **environment = undo_environment(u);
	struct script s = {record_command(u->record), environment};
	TEXT(why, 300);
	bool ok = false;

	if (environment == NULL)
		text_add(&why, "out of memory");
	else
		ok = scripts_start(u->scripts, &s, &why);
	free(environment);
	if (!ok)
		say(u, LEVEL_WARN, "command could not be started: ", why.p);
	return ok;
}

/* False: it is not over, and was killed. */
static bool
undo_wait(struct undo *u, struct loop *l, const bool *stop)
{
	while (!u->over && !*stop) {
		if (loop_wait(l, scripts_next_ms(u->scripts)) < 0)
			break;
		scripts_tick(u->scripts);
	}
	if (!u->over)
		scripts_stop(u->scripts);
	return u->over;
}

/* Whether it is dealt with. */
static bool
undo_newest(struct journal *j, struct undo *u, struct loop *l, const bool *stop)
{
	if (*stop)
		return false;
	u->record = journal_newest(j);
	u->over = false;
	if (undo_start(u) && !undo_wait(u, l, stop))
		return false;
	journal_take_newest_back(j);
	return true;
}

bool
undo_leftovers(struct journal *j, struct loop *l, const bool *stop)
{
	struct undo u = {.over = false};
	struct scripts_user user = {&u, undo_line, undo_done};
	bool ok = true;

	if (journal_newest(j) == NULL)
		return true;
	u.scripts = scripts_new(l, &user, SCRIPT_LIMIT_MS);
	if (u.scripts == NULL) {
		log_say(
		    LEVEL_ERR, "no memory to undo what a predecessor has left");
		return true;
	}
	log_say(LEVEL_INFO,
	    "a predecessor has left what updown commands have done: running "
	    "%zu to undo it",
	    journal_count(j));
	while (ok && journal_newest(j) != NULL)
		ok = undo_newest(j, &u, l, stop);
	scripts_free(u.scripts);
	return ok;
}
