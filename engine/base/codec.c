/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of generated codecs.  Bounds are decided here and in span.c. */
#include "engine/base/codec.h"

enum {
	FRAME_HEADER = 4,    /* generic header, RFC 2408 3.2 */
	ATTR_BASIC = 0x8000, /* the AF bit, RFC 2408 3.3 */
	DUMP_MAX = 32
};

void
codec_check(struct cur *c, bool ok, uint16_t notify)
{
	if (!ok)
		cur_fail(c, notify);
}

struct span
codec_bytes(struct cur *c, size_t n, size_t min, size_t max, uint16_t notify)
{
	codec_check(c, n >= min && n <= max && n <= cur_left(c), notify);
	return cur_bytes(c, n);
}

bool
codec_is_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

bool
codec_end(const struct cur *c, uint16_t *notify)
{
	*notify = c->err == CODEC_DROP ? 0 : c->err;
	return c->err == 0;
}

void
codec_fail_inner(struct cur *c, uint16_t notify)
{
	cur_fail(c, notify == 0 ? CODEC_DROP : notify);
}

struct span
codec_frame(struct cur *c, uint8_t number, uint16_t notify)
{
	uint8_t next, reserved;
	uint16_t length;
	struct span body;

	codec_check(c, cur_left(c) >= FRAME_HEADER, notify);
	next = cur_u8(c);
	reserved = cur_u8(c);
	length = cur_u16(c);
	codec_check(c, reserved == 0, CODEC_MALFORMED);
	codec_check(c, length >= FRAME_HEADER, notify);
	body = codec_bytes(
	    c, (size_t)length - FRAME_HEADER, 0, UINT16_MAX, notify);
	codec_check(c, next == (cur_left(c) > 0 ? number : 0), notify);
	return c->err == 0 ? body : SPAN_NONE;
}

struct span
codec_element(struct cur *c, size_t offset, unsigned width, uint16_t notify)
{
	struct cur at = cur_of(span_from(cur_rest(c), offset));
	size_t n = width == 8 ? cur_u8(&at)
	    : width == 16     ? cur_u16(&at)
			      : cur_u32(&at);

	codec_check(c, at.err == 0, notify);
	return codec_bytes(c, n, offset + width / 8, SIZE_MAX, notify);
}

size_t
codec_frame_count(struct span list)
{
	struct cur c = cur_of(list);
	size_t n = 0;

	while (cur_left(&c) >= FRAME_HEADER) {
		uint16_t length;

		(void)cur_u16(&c);
		length = cur_u16(&c);
		if (length < FRAME_HEADER)
			break;
		(void)cur_bytes(&c, (size_t)length - FRAME_HEADER);
		n++;
	}
	return n;
}

size_t
codec_element_count(struct span list, size_t offset, unsigned width)
{
	struct cur c = cur_of(list);
	size_t n = 0;

	while (cur_left(&c) > 0) {
		(void)codec_element(&c, offset, width, CODEC_DROP);
		n += c.err == 0;
	}
	return n;
}

void
codec_put(struct wr *w, struct span s, size_t min, size_t max)
{
	if (s.n < min || s.n > max)
		w->full = true;
	wr_bytes(w, s);
}

void
codec_put_total(
    struct wr *w, size_t mark, size_t offset, unsigned width, size_t max)
{
	size_t n = wr_span(w).n;

	if (n < mark || n - mark > max)
		w->full = true;
	else if (width == 8)
		wr_patch_u8(w, mark + offset, (uint8_t)(n - mark));
	else if (width == 16)
		wr_patch_u16(w, mark + offset, (uint16_t)(n - mark));
	else
		wr_patch_u32(w, mark + offset, (uint32_t)(n - mark));
}

void
codec_dump(struct text *t, struct span s)
{
	text_hex(t, span_head(s, DUMP_MAX));
	if (s.n > DUMP_MAX)
		text_add(t, "...(%zu)", s.n);
}

bool
attr_next(struct cur *c, struct attr *a)
{
	uint16_t type, length;
	struct cur value;

	if (cur_left(c) == 0)
		return false;
	type = cur_u16(c);
	a->number = type & (ATTR_BASIC - 1);
	a->basic = (type & ATTR_BASIC) != 0;
	length = a->basic ? 2 : cur_u16(c);
	a->bytes = cur_bytes(c, length);
	value = cur_of(a->bytes);
	a->value = 0;
	while (cur_left(&value) > 0)
		a->value = a->value << 8 | cur_u8(&value);
	if (a->bytes.n > 4)
		a->value = UINT32_MAX;
	return c->err == 0;
}

void
attr_check_all(struct cur *c, uint16_t notify)
{
	struct cur rest = cur_of(cur_rest(c));
	struct attr a;

	while (attr_next(&rest, &a))
		;
	codec_check(c, rest.err == 0, notify);
	if (c->err == 0)
		(void)cur_bytes(c, cur_left(c));
}

bool
at_find(struct span attrs, uint16_t number, uint32_t *value)
{
	struct cur c = cur_of(attrs);
	struct attr a;

	while (attr_next(&c, &a)) {
		if (a.number != number)
			continue;
		*value = a.value;
		return true;
	}
	return false;
}

void
attr_put(struct wr *w, uint16_t number, uint32_t value)
{
	if (value <= UINT16_MAX) {
		wr_u16(w, number | ATTR_BASIC);
		wr_u16(w, (uint16_t)value);
	} else {
		wr_u16(w, number);
		wr_u16(w, 4);
		wr_u32(w, value);
	}
}

void
attr_put_bytes(struct wr *w, uint16_t number, struct span s)
{
	if (s.n > UINT16_MAX)
		w->full = true;
	wr_u16(w, number);
	wr_u16(w, (uint16_t)s.n);
	wr_bytes(w, s);
}
