/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which states, edges and ops of the compiled tables have run.  Every fake
 * world adds what it saw to the file that the variable PLUTO_COVERAGE names;
 * test/coverage reads it.
 */
#ifndef TEST_FAKE_COVERAGE_H
#define TEST_FAKE_COVERAGE_H

#include <stdio.h>

#include "engine/core/env.h"
#include "gen/exchange.gen.h"

enum { COVERAGE_ROWS = 512, COVERAGE_KINDS = 3 };

/* A mark for each row of each kind (enum trace).  All zero: nothing ran. */
struct coverage {
	bool ran[N_XCHGS][2][COVERAGE_KINDS][COVERAGE_ROWS];
};

/* As env.trace. */
void coverage_note(struct coverage *c, const struct xchg_def *def, uint8_t role,
    enum trace what, unsigned index);
/* Add to the file, if there is one; lines are "exchange role what index". */
void coverage_save(const struct coverage *c);
/* Read such a file into what is noted.  False: it cannot be read. */
bool coverage_load(struct coverage *c, const char *path);
/* One line for each row that has not run, then how many have (passed) and have
 * not (failed).  Returns the latter. */
unsigned coverage_report(const struct coverage *c, FILE *out);

#endif
