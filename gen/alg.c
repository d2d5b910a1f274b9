/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of algorithms: see alg.h. */
#include "gen/alg.h"

#include <string.h>

const char *alg_class_name(enum alg_class class)
{
	static const char *const names[] = {
	    [ALG_CIPHER] = "cipher",
	    [ALG_HASH] = "hash",
	    [ALG_GROUP] = "group",
	};

	return names[class];
}

const struct alg_column *
alg_column(const struct alg *a, const char *name)
{
	for (size_t i = 0; i < a->columns.n; i++)
		if (strcmp(a->columns.v[i].name.text, name) == 0)
			return &a->columns.v[i];
	return NULL;
}

uint64_t
alg_column_number(const struct alg *a, const char *name)
{
	const struct alg_column *c = alg_column(a, name);

	return c != NULL && c->numbers.n > 0 ? c->numbers.v[0] : 0;
}

bool
alg_column_has(const struct spec *s, const struct path *path, uint64_t value)
{
	for (size_t i = 0; i < s->algs.n; i++) {
		const struct alg *a = s->algs.v[i];
		const struct alg_column *c = alg_column(a, path->second.text);

		if (strcmp(alg_class_name(a->class), path->first.text) == 0 &&
		    c != NULL && c->numbers.n == 1 && c->numbers.v[0] == value)
			return true;
	}
	return false;
}
