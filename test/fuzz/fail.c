/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a fuzz target ends when an invariant does not hold. */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
	abort();
}
