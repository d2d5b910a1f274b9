/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line tools in this folder have in common. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include "engine/base/option.h"
#include "engine/crypto/rsa.h"

enum { TOOL_KEY_MAX = (RSA_BLOB_MAX + 2) / 3 * 4 + 1 }; /* tool_key()'s text */

/* A program and where its table has --help and --version. */
struct tool {
	const struct program_def *program;
	uint8_t help, version;
};

/*
 * Read the command line.  True: go on.  False: all is done, and *status is the
 * program's.
 */
NODISCARD bool tool_begin(const struct tool *t, struct option_line *l,
    char *const *argv, int *status);
/* A problem, on standard error behind the program's name. */
void tool_complain(const struct tool *t, const char *why);
/* A warning when a key of so many bits is weak. */
void tool_judge(const struct tool *t, size_t bits);
/* A public key as RFC 3110 has it, in base 64. */
void tool_key(struct text *t, const struct rsa_public *key);

#endif
