/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long layouts can be: for the checks of layouts. */
#ifndef GEN_CHECK_EXTENT_H
#define GEN_CHECK_EXTENT_H

#include "gen/model.h"

/* Lists in lists are followed this deep; one in itself is E205. */
enum { EXTENT_DEPTH = 16 };

/* Octets; what is in lists counts with its least only, since the length of
 * the whole limits how much of it there is. */
struct extent {
	uint64_t min, max;
};

/* Of all fields, without a generic header. */
struct extent layout_extent(const struct layout *l);
/* The most octets that the fields of a layout may have together. */
uint64_t layout_limit(const struct layout *l);
/* E202 and E203. */
void check_extents(const struct spec *s);

#endif
