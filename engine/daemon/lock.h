/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock and pid file: one pluto for each --ctlbase. */
#ifndef ENGINE_DAEMON_LOCK_H
#define ENGINE_DAEMON_LOCK_H

#include <sys/types.h>

#include "engine/base/text.h"

/*
 * Create the file, which must not exist, and write this process's number into
 * it.  0, or -errno with why; -EEXIST: somebody has the lock, and why says who,
 * whether it still runs, and what to do.
 */
NODISCARD int lock_take(const char *path, struct text *why);
/* Remove the file that lock_take() made. */
void lock_release(const char *path);

#endif
