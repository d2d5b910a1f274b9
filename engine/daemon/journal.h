/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What updown scripts have done and not undone, for after a sudden death. */
#ifndef ENGINE_DAEMON_JOURNAL_H
#define ENGINE_DAEMON_JOURNAL_H

#include "engine/core/env.h"
#include "engine/daemon/loop.h"

struct journal;

/*
 * Read what a predecessor has left in this file, if there is one.  A file that
 * is open to others, or no journal, is neither used nor touched; that is
 * logged, as everything that is wrong here.  NULL: no memory.
 */
struct journal *journal_open(const char *path);
/* The file stays if something in it is still to be undone. */
void journal_close(struct journal *j);
/*
 * A script is about to be started.  One that does something (route, up) is
 * noted now, in case we do not live to see its end.  s is borrowed.
 */
void journal_begin(struct journal *j, const struct script *s);
/* It could not be started, so that nothing has changed. */
void journal_cancel(struct journal *j);
/* It has ended; ok: with status 0.  After one that undoes something (unroute,
 * down) it is undone, whatever its status. */
void journal_end(struct journal *j, bool ok);
/*
 * Run, the newest first, what undoes all that is noted, and forget it.  Output
 * and ends are logged.  False: *stop has become true; the script that ran was
 * killed, and the rest is still noted.
 */
NODISCARD bool
journal_undo(struct journal *j, struct loop *l, const bool *stop);

#endif
