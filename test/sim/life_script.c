/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the verbs of updown balance: route before up, down before unroute,
 * nothing twice.  After a failure nobody knows what a script has done, so what
 * comes next may be either.
 */
#include <stdio.h>
#include <string.h>

#include "test/sim/life.h"

static struct life_mark *
mark_of(struct life *l, struct life_mark *marks, const char *key)
{
	for (unsigned i = 0; i < LIFE_KEYS; i++) {
		struct life_mark *m = &marks[i];

		if (m->key[0] == '\0')
			(void)snprintf(m->key, sizeof(m->key), "%s", key);
		if (strcmp(m->key, key) == 0)
			return m;
	}
	sim_fail(&l->run, "scripts for too many clients: %s", key);
	return &marks[0];
}

static const char *
value(const struct fake_script *s, const char *name)
{
	const char *v = fake_script_value(s, name);

	return v == NULL ? "?" : v;
}

/* 'on' goes from no to yes, or back; a failure leaves it unknown. */
static void
change(struct life *l, const struct life_end *e, const struct fake_script *s,
    struct life_mark *m, bool on)
{
	if (m->is == (on ? LIFE_YES : LIFE_NO))
		sim_fail(&l->run, "%s: script %s for %s, where that is so",
		    e->peer->host->name, s->verb, m->key);
	m->is = on ? LIFE_YES : LIFE_NO;
	if (s->how != SCRIPT_EXITED || s->number != 0)
		m->is = on ? LIFE_MAYBE : LIFE_NO;
}

static bool
is_verb(const struct fake_script *s, const char *verb)
{
	size_t n = strlen(verb);

	return strncmp(s->verb, verb, n) == 0 && s->verb[n] == '-';
}

/* No pair of clients is up whose route is not there. */
static void
check_routed(struct life *l, const struct life_end *e,
    const struct fake_script *s, const struct life_mark *route)
{
	size_t n = strlen(route->key);

	for (unsigned i = 0; route->is == LIFE_NO && i < LIFE_KEYS; i++) {
		const struct life_mark *up = &e->marks.up[i];
		size_t m = strlen(up->key);

		if (up->is == LIFE_YES && m > n && up->key[m - n - 1] == ' ' &&
		    strcmp(up->key + m - n, route->key) == 0)
			sim_fail(&l->run,
			    "%s: after %s, %s is up and not routed",
			    e->peer->host->name, s->verb, up->key);
	}
}

static void
take(struct life *l, struct life_end *e, const struct fake_script *s)
{
	const char *theirs = value(s, "PLUTO_PEER_CLIENT");
	struct life_mark *route = mark_of(l, e->marks.route, theirs);
	struct life_mark *up;
	TEXT(pair, 120);

	text_add(&pair, "%s %s", value(s, "PLUTO_MY_CLIENT"), theirs);
	up = mark_of(l, e->marks.up, pair.p);
	if (is_verb(s, "route"))
		change(l, e, s, route, true);
	else if (is_verb(s, "up"))
		change(l, e, s, up, true);
	else if (is_verb(s, "down"))
		change(l, e, s, up, false);
	else if (is_verb(s, "unroute"))
		change(l, e, s, route, false);
	else if (!is_verb(s, "prepare"))
		sim_fail(&l->run, "%s: script with the verb %s",
		    e->peer->host->name, s->verb);
	check_routed(l, e, s, route);
}

void
life_check_scripts(struct life *l, struct life_end *e)
{
	const struct fake_script *s = e->marks.seen == NULL
	    ? e->peer->host->scripts
	    : e->marks.seen->next;

	for (; s != NULL && s->ended_ms != 0; s = s->next) {
		take(l, e, s);
		e->marks.seen = s;
	}
}

void
life_check_undone(struct life *l, const struct life_end *e)
{
	for (unsigned i = 0; i < LIFE_KEYS; i++) {
		if (e->marks.up[i].is == LIFE_YES)
			sim_fail(&l->run, "%s: left after shutdown: %s is up",
			    e->peer->host->name, e->marks.up[i].key);
		if (e->marks.route[i].is == LIFE_YES)
			sim_fail(&l->run,
			    "%s: left after shutdown: the route for %s",
			    e->peer->host->name, e->marks.route[i].key);
	}
}
