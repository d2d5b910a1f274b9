/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says which rows of the compiled tables no test has run, from the file that
 * the tests wrote (test/fake/coverage.h).
 */
#include "test/fake/coverage.h"

#include <stdlib.h>

int
main(int argc, char **argv)
{
	struct coverage *c = calloc(1, sizeof(*c));
	unsigned missed;

	if (argc != 2 || c == NULL) {
		fprintf(stderr, "usage: coverage FILE\n");
		return 2;
	}
	if (!coverage_load(c, argv[1])) {
		fprintf(stderr,
		    "coverage: cannot read %s; tests write it when "
		    "PLUTO_COVERAGE names it\n",
		    argv[1]);
		return 2;
	}
	missed = coverage_report(c, stdout);
	free(c);
	return missed == 0 ? 0 : 1;
}
