/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about the table of algorithms, which every stage asks. */
#ifndef GEN_ALG_H
#define GEN_ALG_H

#include "gen/model.h"

/* "cipher", "hash", "group" */
const char *alg_class_name(enum alg_class class);
/* The column of that name, or NULL. */
const struct alg_column *alg_column(const struct alg *a, const char *name);
/* The first number in that column; 0 if there is none. */
uint64_t alg_column_number(const struct alg *a, const char *name);
/* Does an algorithm have value in the column that the path names? */
bool
alg_column_has(const struct spec *s, const struct path *path, uint64_t value);

#endif
