/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whack: the control interface of pluto.  It turns its command line into one
 * request, sends it, and prints the lines that come back.  Which options
 * there are and what goes together is in spec/control.spec.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/version.h"
#include "gen/control.gen.h"
#include "whack/whack.h"

/* Problems of whack's own: on standard error, exit status 1. */
static int
complain(const struct option_line *l, const struct text *why)
{
	const char *label = option_string(l, WHACK_LABEL);

	fprintf(stderr, "whack error: %s%s%s\n", label != NULL ? label : "",
	    label != NULL ? " " : "", why->p);
	return EXIT_FAILURE;
}

static int
command(const struct option_line *l)
{
	uint8_t buf[REQUEST_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	int status = -1;
	TEXT(why, 8192);

	if (request_build(&w, l, &why))
		status =
		    talk(option_string(l, WHACK_CTLBASE), wr_span(&w), &why);
	return status >= 0 ? status : complain(l, &why);
}

int
main(int argc, char **argv)
{
	struct option_line l;
	TEXT(why, 1024);

	(void)argc;
	if (!option_parse(&l, &whack_program, argv, &why))
		return complain(&l, &why);
	if (option_given(&l, WHACK_HELP)) {
		option_help(&whack_program, stdout);
		return EXIT_SUCCESS;
	}
	if (option_given(&l, WHACK_VERSION)) {
		printf("whack %s\n", PLUTO_VERSION_TEXT);
		return EXIT_SUCCESS;
	}
	if (!option_choose_form(&l, &why))
		return complain(&l, &why);
	return command(&l);
}
