/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whack's files share.  main.c says what happens in which order. */
#ifndef WHACK_WHACK_H
#define WHACK_WHACK_H

#include "engine/base/option.h"

enum { REQUEST_MAX = 65535 }; /* octets, as the layout ctl_msg says */

/*
 * Write the ctl_msg that the command line stands for.  Names of hosts are
 * resolved here, at once (rulings D22).  False: why says what was expected.
 */
NODISCARD bool
request_build(struct wr *w, const struct option_line *l, struct text *why);

/*
 * The value of one of the line's options as it travels (option_value_check() in
 * engine/base/option.h).  Addresses must be of the family that the line's flags
 * say, wherever these are.  False: why says what is wrong with it.
 */
NODISCARD bool value_encode(struct wr *w, const struct option_line *l,
    const struct option_value *v, struct text *why);

/*
 * Send a request to the pluto whose control socket is ctlbase.ctl, and copy
 * its lines to standard output until it closes.  Returns the exit status that
 * they stand for (rulings D17), or -1 with why.
 */
int talk(const char *ctlbase, struct span request, struct text *why);

/*
 * Count a line into the exit status: the number in front of it, unless it is
 * that of a comment or a log line.  A line without a number does not count.
 */
void talk_status(int *status, const char *line, size_t n);

#endif
