/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pluto's command line says, ready for use. */
#ifndef ENGINE_DAEMON_SETTINGS_H
#define ENGINE_DAEMON_SETTINGS_H

#include <limits.h>

#include "engine/base/option.h"

struct settings {
	bool nofork, stderrlog, uniqueids;
	const char *myid; /* an identity as text; NULL: not set */
	uint16_t port;
	uint32_t debug;      /* mask of enum debug */
	char lock[PATH_MAX]; /* absolute, as pluto leaves its folder */
	char socket[PATH_MAX];
	char journal[PATH_MAX];
	char secrets[PATH_MAX];             /* a pattern */
	size_t n_interfaces;                /* 0: all */
	const char *interfaces[OPTION_MAX]; /* borrowed from argv */
};

/* l is of pluto_program.  False: why. */
NODISCARD bool settings_read(
    struct settings *s, const struct option_line *l, struct text *why);
/* Whether --interface lets this one be used. */
bool settings_has_interface(const struct settings *s, const char *name);

#endif
