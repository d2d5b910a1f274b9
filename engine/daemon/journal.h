/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What updown scripts have done and not undone, for after a sudden death. */
#ifndef ENGINE_DAEMON_JOURNAL_H
#define ENGINE_DAEMON_JOURNAL_H

#include "engine/daemon/record.h"

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
/* What was last done of what is noted; NULL: nothing is. */
const struct record *journal_newest(const struct journal *j);
size_t journal_count(const struct journal *j);
/* That one, which there is, has been undone. */
void journal_take_newest_back(struct journal *j);

#endif
