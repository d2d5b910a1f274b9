/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script and its variables in one piece of memory, as the journal keeps them,
 * and what of them says which scripts undo each other.
 */
#include "engine/daemon/record.h"

#include <stdlib.h>
#include <string.h>

/* What undoes a verb, and the variables by which it finds what was done:
 * another connection may undo what it shares. */
static const struct record_kind kinds[] = {
    {"route", "unroute", {"PLUTO_PEER_CLIENT", "PLUTO_PEER_CLIENT"}},
    {"up", "down", {"PLUTO_PEER_CLIENT", "PLUTO_MY_CLIENT"}},
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *
record_command(const struct record *r)
{
	return r->bytes + 1;
}

const char *
record_next(const struct record *r, const char *v)
{
	if (v == NULL)
		v = record_command(r);
	v += strlen(v) + 1;
	return *v != '\0' ? v : NULL;
}

const char *
record_variable(const struct record *r, const char *name)
{
	size_t n = strlen(name);
	const char *v = NULL;

	while ((v = record_next(r, v)) != NULL)
		if (strncmp(v, name, n) == 0 && v[n] == '=')
			return v + n + 1;
	return NULL;
}

size_t
record_length(const char *p, size_t left)
{
	size_t at = 1; /* behind '+' or '-' */

	for (bool first = true; at < left; first = false) {
		const char *end = memchr(p + at, '\0', left - at);
		bool empty = end == p + at;

		if (end == NULL)
			return 0;
		at = (size_t)(end - p) + 1;
		if (empty && !first)
			return at;
	}
	return 0;
}

static bool
verb_is(const char *verb, const char *name)
{
	size_t n = strlen(name);

	return strncmp(verb, name, n) == 0 && verb[n] == '-';
}

bool
record_find_kind(struct record *r)
{
	const char *verb = record_variable(r, "PLUTO_VERB");

	for (size_t i = 0; verb != NULL && i < N_KINDS; i++) {
		r->kind = &kinds[i];
		r->undoes = verb_is(verb, kinds[i].undoes);
		if (r->undoes || verb_is(verb, kinds[i].does))
			return record_variable(r, kinds[i].keys[0]) != NULL &&
			    record_variable(r, kinds[i].keys[1]) != NULL;
	}
	return false;
}

bool
record_same_thing(const struct record *a, const struct record *b)
{
	for (size_t i = 0; a->kind == b->kind && i < 2; i++) {
		const char *key = a->kind->keys[i];

		if (strcmp(record_variable(a, key), record_variable(b, key)) !=
		    0)
			return false;
	}
	return a->kind == b->kind;
}

struct record *
record_new(size_t n)
{
	struct record *r = calloc(1, sizeof(*r) + n);

	if (r == NULL)
		return NULL;
	list_init(&r->node);
	r->n = n;
	return r;
}

struct record *
record_of_script(const struct script *s)
{
	size_t n = strlen(s->command) + 3, at = 1; /* behind the '+' */
	struct record *r;

	for (const char *const *v = s->environment; *v != NULL; v++)
		n += strlen(*v) + 1;
	r = record_new(n);
	if (r == NULL)
		return NULL;
	r->bytes[0] = '+';
	memcpy(r->bytes + at, s->command, strlen(s->command));
	at += strlen(s->command) + 1;
	for (const char *const *v = s->environment; *v != NULL; v++) {
		memcpy(r->bytes + at, *v, strlen(*v));
		at += strlen(*v) + 1;
	}
	return r;
}
