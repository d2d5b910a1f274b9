/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of the table of algorithms. */
#ifndef GEN_CHECK_ALGS_H
#define GEN_CHECK_ALGS_H

#include "gen/model.h"

/* E304: algorithms, and the rows of policies that combine them. */
void check_algs(const struct spec *s);

#endif
