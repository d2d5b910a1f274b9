/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What generated codecs are made of: the steps that a decoder or encoder
 * written by specc is a straight line of.  Nobody else needs them, except
 * for the reader of SA attributes at the end.
 */
#ifndef ENGINE_BASE_CODEC_H
#define ENGINE_BASE_CODEC_H

#include "engine/base/span.h"
#include "engine/base/text.h"

enum {
	CODEC_MALFORMED = 16, /* PAYLOAD-MALFORMED, RFC 2408 3.14.1 */
	CODEC_DROP = 0xffff   /* in cur.err: the spec says 'drop', no notify */
};

/* Fail with notify unless ok. */
void codec_check(struct cur *c, bool ok, uint16_t notify);
/* Take n octets; fail with notify if there are fewer, or n is not min..max. */
struct span
codec_bytes(struct cur *c, size_t n, size_t min, size_t max, uint16_t notify);
bool codec_is_zero(struct span s);
/*
 * The outcome of a decoder: *notify is 0 or the notify number of the first
 * failure; for 'drop' it is 0 and the result false.
 */
bool codec_end(const struct cur *c, uint16_t *notify);
/* Make the failure of an inner decoder, as it came from codec_end, one of c. */
void codec_fail_inner(struct cur *c, uint16_t notify);

/*
 * The body of the next element in a list of payloads that all have this
 * number: each generic header names the number, the last one 0 (RFC 2408 3.5,
 * 3.6).  Fails with notify, or with PAYLOAD-MALFORMED for a reserved octet
 * that is not zero.
 */
struct span codec_frame(struct cur *c, uint8_t number, uint16_t notify);
/*
 * The next element in a list of layouts that carry their own length: 'width'
 * bits at this offset, counting the whole element.
 */
struct span
codec_element(struct cur *c, size_t offset, unsigned width, uint16_t notify);

/* How many elements a list has, for the encoder. */
size_t codec_frame_count(struct span list);
size_t codec_element_count(struct span list, size_t offset, unsigned width);
/* Write s; what is not min..max octets does not fit. */
void codec_put(struct wr *w, struct span s, size_t min, size_t max);
/*
 * Write into the 'width' bits at mark + offset how many octets were written
 * since mark; more than max do not fit.
 */
void codec_put_total(
    struct wr *w, size_t mark, size_t offset, unsigned width, size_t max);
/* Hexadecimal, at most 32 octets of it. */
void codec_dump(struct text *t, struct span s);

/* One attribute, RFC 2408 3.3. */
struct attr {
	uint16_t number;
	bool basic;        /* came as TV: the value itself in two octets */
	struct span bytes; /* the value as sent */
	uint32_t value;    /* as a number; UINT32_MAX if longer than 4 octets */
};

/* False at the end or when what follows is no attribute; then c->err is set. */
bool attr_next(struct cur *c, struct attr *a);
/* Everything up to the end consists of attributes, else fail with notify. */
void attr_check_all(struct cur *c, uint16_t notify);
/* The value of the first attribute with this number; false if there is none. */
NODISCARD bool at_find(struct span attrs, uint16_t number, uint32_t *value);
/* Write a number: in basic form if it fits two octets, else in four octets. */
void attr_put(struct wr *w, uint16_t number, uint32_t value);
/* Write octets in variable form. */
void attr_put_bytes(struct wr *w, uint16_t number, struct span s);

#endif
