/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E202: bounds that nothing, or not everything within them, can meet.  E203:
 * layouts that could be longer than their length field can say.
 */
#include <inttypes.h>

#include "gen/check_extent.h"
#include "gen/emit_layout.h"
#include "gen/specc.h"

enum {
	HEADER_SIZE = 4,   /* generic header of payloads and subs */
	LENGTH_MAX = 65535 /* of anything that goes into a datagram */
};

static uint64_t
width_max(int width)
{
	return ((uint64_t)1 << width) - 1;
}

/* ---- E202: bounds ----------------------------------------------------- */

static void
check_range(struct range r, const char *what)
{
	if (r.lo > r.hi)
		diag_hint(diag_at("E202", r.pos, "the %s is reversed", what),
		    "write %" PRIu64 "..%" PRIu64, r.hi, r.lo);
	else if (r.hi == 0)
		diag_at("E202", r.pos, "the %s is empty", what);
}

static void
check_fits(struct range r, const struct field *measure)
{
	uint64_t most;

	if (measure == NULL || measure->type.kind != TYPE_INT)
		return;
	most = width_max(measure->type.width);
	if (r.hi > most)
		diag_note_at(diag_at("E202", r.pos,
				 "%" PRIu64 " is more than "
				 "'%s' can express, which is %" PRIu64,
				 r.hi, measure->name.text, most),
		    measure->name.pos, "declared here");
}

/* What an arm or an array may be of; E201 if it is something else. */
static void
check_bytes(const struct type *t, const struct field *measure)
{
	if (t->kind != TYPE_BYTES && t->kind != TYPE_REST)
		return;
	check_range(t->bound, "bound");
	check_fits(t->bound, measure);
}

static void
check_arm_bounds(const struct select *s)
{
	size_t i;

	for (i = 0; i < s->cases.n; i++)
		check_bytes(s->cases.v[i].type, NULL);
}

static void
check_bounds(const struct layout *l, size_t i)
{
	const struct field *f = &l->fields.v[i];
	const struct type *t = &f->type;

	switch (t->kind) {
	case TYPE_INT:
		if (f->has_range) {
			check_range(f->range, "range");
			check_fits(f->range, f);
		}
		break;
	case TYPE_BYTES:
	case TYPE_REST: check_bytes(t, layout_size_field(l, i)); break;
	case TYPE_LIST:
		check_range(t->bound, "bound");
		check_fits(t->bound, layout_count_field(l, i));
		break;
	case TYPE_ARRAY:
		check_range(t->bound, "bound");
		check_fits(t->bound, layout_count_field(l, i));
		check_bytes(t->element, layout_size_field(l, i));
		break;
	case TYPE_ATTRS: break;
	case TYPE_SELECT: check_arm_bounds(t->select); break;
	}
}

/* Counts of payloads in messages, and what options accept. */
static void
check_other_ranges(const struct spec *s)
{
	size_t i, j, k;

	for (i = 0; i < s->exchanges.n; i++)
		for (j = 0; j < s->exchanges.v[i]->messages.n; j++) {
			const struct message *m =
			    &s->exchanges.v[i]->messages.v[j];

			for (k = 0; k < m->items.n; k++)
				check_range((struct range){m->items.v[k].min,
						m->items.v[k].max,
						m->items.v[k].range_pos},
				    "count");
		}
	for (i = 0; i < s->programs.n; i++)
		for (j = 0; j < s->programs.v[i]->options.n; j++)
			if (s->programs.v[i]->options.v[j].has_range)
				check_range(
				    s->programs.v[i]->options.v[j].range,
				    "range");
}

/* ---- E203: length of the whole ---------------------------------------- */

static uint64_t
clamp(uint64_t n)
{
	return n < UINT32_MAX ? n : UINT32_MAX;
}

static struct extent
times(struct range count, struct extent each)
{
	return (struct extent){clamp(clamp(count.lo) * each.min),
	    clamp(clamp(count.hi) * each.max)};
}

static struct extent type_extent(const struct type *t, int depth);
static struct extent depth_extent(const struct layout *l, int depth);

static struct extent
select_extent(const struct select *s, int depth)
{
	struct extent all = {UINT32_MAX, 0}, one;
	size_t i;

	for (i = 0; i < s->cases.n; i++) {
		one = type_extent(s->cases.v[i].type, depth);
		all.min = one.min < all.min ? one.min : all.min;
		all.max = one.max > all.max ? one.max : all.max;
	}
	return all;
}

static struct extent
list_extent(const struct type *t, int depth)
{
	struct extent one = depth_extent(t->list_layout, depth - 1);
	uint64_t n;

	if (t->list_layout->kind != LAYOUT_PLAIN)
		one.min += HEADER_SIZE;
	n = clamp(clamp(t->bound.lo) * one.min);
	return (struct extent){n, n};
}

static struct extent
type_extent(const struct type *t, int depth)
{
	uint64_t n;

	switch (t->kind) {
	case TYPE_INT: n = (uint64_t)t->width / 8; return (struct extent){n, n};
	case TYPE_BYTES:
	case TYPE_REST:
		return (struct extent){clamp(t->bound.lo), clamp(t->bound.hi)};
	case TYPE_LIST: return list_extent(t, depth);
	case TYPE_ARRAY: return times(t->bound, type_extent(t->element, depth));
	case TYPE_ATTRS: break;
	case TYPE_SELECT: return select_extent(t->select, depth);
	}
	return (struct extent){0, 0};
}

static struct extent
depth_extent(const struct layout *l, int depth)
{
	struct extent all = {0, 0}, one;
	size_t i;

	for (i = 0; depth > 0 && i < l->fields.n; i++) {
		one = type_extent(&l->fields.v[i].type, depth);
		all.min = clamp(all.min + one.min);
		all.max = clamp(all.max + one.max);
	}
	return all;
}

struct extent
layout_extent(const struct layout *l)
{
	return depth_extent(l, EXTENT_DEPTH);
}

uint64_t
layout_limit(const struct layout *l)
{
	const struct field *total = layout_total_field(l);

	if (l->kind != LAYOUT_PLAIN)
		return LENGTH_MAX - HEADER_SIZE;
	if (total != NULL && total->has_range)
		return total->range.hi;
	return LENGTH_MAX;
}

static void
check_extent(const struct layout *l)
{
	struct extent e = layout_extent(l);
	const struct field *total = layout_total_field(l);
	uint64_t limit = layout_limit(l);
	struct diag *d = NULL;

	if (e.max > limit)
		d = diag_at("E203", l->h.name.pos,
		    "'%s' can have %" PRIu64
		    " octets, and its length can say %" PRIu64,
		    l->h.name.text, e.max, limit);
	else if (total != NULL && total->has_range && total->range.lo < e.min)
		d = diag_at("E203", l->h.name.pos,
		    "'%s' has %" PRIu64
		    " octets at least, and its length is allowed to "
		    "say %" PRIu64,
		    l->h.name.text, e.min, total->range.lo);
	if (d != NULL && total != NULL && total->has_range)
		diag_note_at(d, total->range.pos, "allowed here");
}

void
check_extents(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->layouts.n; i++) {
		for (j = 0; j < s->layouts.v[i]->fields.n; j++)
			check_bounds(s->layouts.v[i], j);
		check_extent(s->layouts.v[i]);
	}
	check_other_ranges(s);
}
