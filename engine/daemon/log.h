/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where pluto's log goes: syslog(3), or standard error. */
#ifndef ENGINE_DAEMON_LOG_H
#define ENGINE_DAEMON_LOG_H

#include "engine/core/env.h"

enum { LOG_LINE_MAX = 4096 }; /* octets; longer lines are cut */

/*
 * To standard error with the time, or to syslog(3) with facility authpriv.
 * Before the first call lines go to standard error.
 */
void log_open(bool to_stderr);
/* One line; 'text' needs no newline.  Debugging output gets "| " in front. */
void log_line(enum level level, const char *text);
void log_say(enum level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Append s with everything but printable ASCII as \xNN, so that whatever got
 * into a line stays on that line.
 */
void log_clean(struct text *t, const char *s);

#endif
