/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A script that was run, as octets: what the journal is made of. */
#ifndef ENGINE_DAEMON_RECORD_H
#define ENGINE_DAEMON_RECORD_H

#include <sys/types.h>

#include "engine/base/list.h"
#include "engine/core/env.h"

/* route and unroute, or up and down. */
struct record_kind {
	const char *does, *undoes; /* verbs without "-host" or "-client" */
	const char *keys[2];       /* variables that say what was done */
};

/* From malloc(). */
struct record {
	struct list_node node;
	const struct record_kind *kind;
	bool undoes; /* or else it does */
	off_t at;    /* in the file; 0: it is not there */
	size_t n;
	/* '+' or, if it has been undone, '-'; the command; the variables; an
	 * empty string.  All strings end with a zero octet. */
	char bytes[];
};

/* With room for n octets, which are 0.  NULL: no memory. */
struct record *record_new(size_t n);
/* NULL: no memory. */
struct record *record_of_script(const struct script *s);
/* The octets of the complete record that is at p; 0: it is not complete. */
size_t record_length(const char *p, size_t left);
/* Look at the verb.  False: it is nothing that does or undoes. */
NODISCARD bool record_find_kind(struct record *r);

const char *record_command(const struct record *r);
/* The variable, a whole "NAME=value", after v, which is NULL for the first of
 * them; NULL: there is no more. */
const char *record_next(const struct record *r, const char *v);
/* The value; NULL: it has no such variable. */
const char *record_variable(const struct record *r, const char *name);
/* Whether both are about the same route, or the same pair of clients. */
bool record_same_thing(const struct record *a, const struct record *b);

#endif
