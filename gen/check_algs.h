/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of algorithms, for the checks of numbers. */
#ifndef GEN_CHECK_ALGS_H
#define GEN_CHECK_ALGS_H

#include "gen/model.h"

/* Is value in the column that the path names? */
bool alg_column_has(const struct spec *s, const struct path *path,
		    uint64_t value);
/* E304: algorithms, and the rows of policies that combine them. */
void check_algs(const struct spec *s);

#endif
