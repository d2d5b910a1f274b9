/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics: collected, sorted by position, printed once, at most 20.
 * First line as gcc prints it, so that editors jump; then the source line,
 * a caret under the exact token, notes at other places, and one hint that says
 * what to write.
 */
#ifndef GEN_DIAG_H
#define GEN_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "gen/model.h"

struct diag; /* one message under construction */

/* id is "E101" … or "W506"; a 'W' warns unless diag_werror() was called. The
 * returned message accepts notes and a hint. */
struct diag *diag_at(const char *id, struct pos at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A note at a second place (caret shown there)… */
void diag_note_at(struct diag *d, struct pos at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* …or without a place, such as a path through the states. */
void diag_note(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void diag_hint(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void diag_werror(void);
/* Errors so far (warnings too after diag_werror). */
unsigned diag_errors(void);
/* Print all, sorted by file order, line, column; colour only if asked. */
void diag_print(FILE *out, bool colour);
/* Forget all, for another run in the same process. */
void diag_reset(void);

#endif
