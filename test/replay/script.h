/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of scenarios (*.rpl).  A line is a comment, with '#' in front, or
 * words between blanks; "several words" count as one.
 *
 *   scenario TITLE        begins one; the statements behind it are its script
 *   covers NUMBER…        statements of the conformance list, and negative
 *                         tests (NEG-nn), that it holds us to
 *   each $NAME VALUE…     it is played once for each value, which takes the
 *                         place of $NAME in its statements; 3..9 is seven
 *                         values; several of these lines: all combinations;
 *                         $$ is a $ in any case
 *
 * The statements are listed in play.c, attack.c and look.c.
 */
#ifndef TEST_REPLAY_SCRIPT_H
#define TEST_REPLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_WORDS = 40, SCRIPT_EACH = 6 };

/* One statement. */
struct script_line {
	unsigned number; /* in the file, from 1 */
	char *text;
};

/* "each $name value value …": the scenario is run once for each value. */
struct script_each {
	char name[16]; /* without '$' */
	char **values;
	unsigned n;
};

struct scenario {
	struct scenario *next;
	const char *file; /* of the script */
	unsigned number;  /* line where it begins */
	char *title;
	char *covers; /* numbers of statements and negative tests, or "" */
	bool oom;     /* it has a line "oom" */
	struct script_each each[SCRIPT_EACH];
	unsigned n_each;
	struct script_line *lines;
	unsigned n_lines;
};

struct script_file {
	char *file;
	struct scenario *first, *last;
};

/* NULL: said on standard error. */
struct script_file *script_read(const char *file);
void script_free(struct script_file *s);

/* Which values the each lines have; all zero is the first case. */
struct script_case {
	unsigned at[SCRIPT_EACH];
};
/* The next combination; false: there are no more. */
bool script_next_case(const struct scenario *s, struct script_case *c);
/* " $m=MI1 $n=3", for messages; nothing for a scenario without each. */
void script_print_case(const struct scenario *s, const struct script_case *c,
    char *buf, size_t size);

/* A statement's words, with values put in. */
struct words {
	char *v[SCRIPT_WORDS];
	unsigned n;
	char text[4096];
};
/* False: too many or too long, or an unknown $name. */
bool script_words(const struct scenario *s, const struct script_case *c,
    const struct script_line *line, struct words *w);

#endif
