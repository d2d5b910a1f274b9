/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undoing what the updown scripts of a predecessor have done. */
#ifndef ENGINE_DAEMON_UNDO_H
#define ENGINE_DAEMON_UNDO_H

#include "engine/daemon/journal.h"
#include "engine/daemon/loop.h"

/*
 * Run, the newest first, what undoes all that is noted, and forget it.  Output
 * and ends are logged.  False: *stop has become true; the script that ran was
 * killed, and the rest is still noted.
 */
NODISCARD bool
undo_leftovers(struct journal *j, struct loop *l, const bool *stop);

#endif
