/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Name tables of the registries, filled in by generated code. */
#ifndef ENGINE_BASE_ENUMS_H
#define ENGINE_BASE_ENUMS_H

#include "engine/base/text.h"

struct enum_item {
	uint32_t value;
	const char *name; /* as in the spec */
	const char *text; /* human words, or NULL */
};
struct enum_def {
	const char *name;
	bool bits;
	const struct enum_item *items; /* ascending by value */
	size_t n;
};

/* NULL when not listed. */
const struct enum_item *enum_find(const struct enum_def *d, uint32_t value);
/* Case-insensitive.  NULL when not listed. */
const struct enum_item *
enum_by_name(const struct enum_def *d, const char *name);
bool enum_valid(const struct enum_def *d, uint32_t value);
/* Every set bit of value is listed. */
bool bits_valid(const struct enum_def *d, uint32_t value);
/* The name, or the number when it has none. */
void enum_print(struct text *t, const struct enum_def *d, uint32_t value);
/* Names of set bits joined by '+' in the order of the table; "none" for 0. */
void bits_print(struct text *t, const struct enum_def *d, uint32_t value);

#endif
