/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Updown scripts: one at a time, beside the loop. */
#ifndef ENGINE_DAEMON_SCRIPT_H
#define ENGINE_DAEMON_SCRIPT_H

#include "engine/base/text.h"
#include "engine/daemon/loop.h"
#include "engine/ike/ike.h"

struct scripts;

/* Who is told, in the loop: see ike_script_line() and ike_script_done(). */
struct scripts_user {
	void *ctx;
	void (*line)(void *ctx, const char *text);
	/* Another script may be started from here. */
	void (*done)(void *ctx, enum script_end how, int number);
};

enum {
	SCRIPT_LINE_MAX = 400, /* octets of a line; the rest is "..." */
	SCRIPT_LINES_MAX = 200 /* of one script; then they are only counted */
};

/*
 * A script gets limit_ms, and is then killed with all of its process group.
 * user is copied.  NULL: no memory.
 */
struct scripts *
scripts_new(struct loop *l, const struct scripts_user *user, uint32_t limit_ms);
/* As scripts_stop(), too. */
void scripts_free(struct scripts *s);
/*
 * Run sh -c with the command, in a process group of its own, default signals,
 * no descriptor but 0 to 2, and as environment what is given behind PATH,
 * IPSEC_EXECDIR and IPSEC_LIBDIR; the first folder of PATH is that of our
 * programs.  The end is the shell's: what it left in the background runs on,
 * but is not heard any more.  False: it does not run; *why says why.
 */
NODISCARD bool
scripts_start(struct scripts *s, const struct script *script, struct text *why);
/* Kill the script that runs, if one does, and tell nobody. */
void scripts_stop(struct scripts *s);
/* When scripts_tick() is next needed, by the loop's clock; UINT64_MAX: no need.
 * It kills who is late. */
uint64_t scripts_next_ms(const struct scripts *s);
void scripts_tick(struct scripts *s);

#endif
