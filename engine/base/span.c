/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only pointer arithmetic on packet bytes.  Lengths are compared with what
 * is left before a pointer moves, and null pointers never move at all.
 */
#include "engine/base/span.h"

#include <string.h>

enum { NOTIFY_MALFORMED = 16 }; /* PAYLOAD-MALFORMED, RFC 2408 3.14.1 */

struct span
span_of(const void *p, size_t n)
{
	return (struct span){p, n};
}

struct span
span_str(const char *s)
{
	return span_of(s, strlen(s));
}

bool
span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct span
span_from(struct span s, size_t offset)
{
	if (offset >= s.n)
		return SPAN_NONE;
	return span_of(s.p + offset, s.n - offset);
}

struct span
span_head(struct span s, size_t n)
{
	return span_of(s.p, n < s.n ? n : s.n);
}

struct cur
cur_of(struct span s)
{
	return (struct cur){s.p, s.n > 0 ? s.p + s.n : s.p, 0};
}

size_t
cur_left(const struct cur *c)
{
	return c->p == c->end ? 0 : (size_t)(c->end - c->p);
}

struct span
cur_rest(const struct cur *c)
{
	return span_of(c->p, cur_left(c));
}

/* Nothing is left after a failure, so that loops over the input end. */
void
cur_fail(struct cur *c, uint16_t notify)
{
	if (c->err == 0)
		c->err = notify != 0 ? notify : NOTIFY_MALFORMED;
	c->p = c->end;
}

struct span
cur_bytes(struct cur *c, size_t n)
{
	struct span s = span_of(c->p, n);

	if (c->err != 0 || n > cur_left(c)) {
		cur_fail(c, NOTIFY_MALFORMED);
		return SPAN_NONE;
	}
	if (n > 0)
		c->p += n;
	return s;
}

/* n octets, most significant first; 0 after a failure. */
static uint32_t
cur_number(struct cur *c, size_t n)
{
	struct span s = cur_bytes(c, n);
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t
cur_u8(struct cur *c)
{
	return (uint8_t)cur_number(c, 1);
}

uint16_t
cur_u16(struct cur *c)
{
	return (uint16_t)cur_number(c, 2);
}

uint32_t
cur_u32(struct cur *c)
{
	return cur_number(c, 4);
}

struct span
cur_take_rest(struct cur *c, size_t min, size_t max, uint16_t notify)
{
	size_t n = cur_left(c);

	if (n < min || n > max) {
		cur_fail(c, notify);
		return SPAN_NONE;
	}
	return cur_bytes(c, n);
}

struct wr
wr_of(void *buf, size_t size)
{
	uint8_t *p = buf;

	return (struct wr){p, p, size > 0 ? p + size : p, false};
}

struct span
wr_span(const struct wr *w)
{
	if (w->full || w->p == w->start)
		return SPAN_NONE;
	return span_of(w->start, (size_t)(w->p - w->start));
}

/* Room for n more octets, or NULL; n > 0. */
static uint8_t *
wr_room(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->full || p == w->end || n > (size_t)(w->end - p)) {
		w->full = true;
		return NULL;
	}
	w->p += n;
	return p;
}

static void
put_number(uint8_t *p, uint32_t v, size_t n)
{
	while (n > 0) {
		p[--n] = (uint8_t)v;
		v >>= 8;
	}
}

static void
wr_number(struct wr *w, uint32_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p != NULL)
		put_number(p, v, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_number(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	wr_number(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	wr_number(w, v, 4);
}

void
wr_bytes(struct wr *w, struct span s)
{
	uint8_t *p = s.n > 0 ? wr_room(w, s.n) : NULL;

	if (p != NULL)
		memcpy(p, s.p, s.n);
}

void
wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = n > 0 ? wr_room(w, n) : NULL;

	if (p != NULL)
		memset(p, 0, n);
}

size_t
wr_frame_begin(struct wr *w, uint8_t next)
{
	size_t mark = wr_span(w).n;

	wr_u8(w, next);
	wr_u8(w, 0);
	wr_u16(w, 0);
	return mark;
}

void
wr_frame_end(struct wr *w, size_t mark)
{
	size_t n = wr_span(w).n;

	if (n < mark || n - mark > UINT16_MAX)
		w->full = true;
	wr_patch_u16(w, mark + 2, (uint16_t)(n - mark));
}

static void
wr_patch(struct wr *w, size_t offset, uint32_t v, size_t n)
{
	size_t written = wr_span(w).n;

	if (offset > written || n > written - offset)
		w->full = true;
	else
		put_number(w->start + offset, v, n);
}

void
wr_patch_u8(struct wr *w, size_t offset, uint8_t v)
{
	wr_patch(w, offset, v, 1);
}

void
wr_patch_u16(struct wr *w, size_t offset, uint16_t v)
{
	wr_patch(w, offset, v, 2);
}

void
wr_patch_u32(struct wr *w, size_t offset, uint32_t v)
{
	wr_patch(w, offset, v, 4);
}
