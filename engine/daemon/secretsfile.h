/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files of secrets: the files are found here, parsed in engine/ike. */
#ifndef ENGINE_DAEMON_SECRETSFILE_H
#define ENGINE_DAEMON_SECRETSFILE_H

#include "engine/core/env.h"
#include "engine/ike/secrets.h"

enum { SECRETS_FILE_MAX = 4 << 20 }; /* octets of one file */

/*
 * Read every file that the pattern matches, and what they include, into s.
 * May block on disks and name servers; touches nothing but its arguments.
 * Everything worth telling goes to say(); nothing stops the other files.
 */
void secretsfile_load(struct secrets *s, const char *pattern,
    void (*say)(void *ctx, enum level level, const char *text), void *ctx);

#endif
