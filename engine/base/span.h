/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes.  Everything that reads or writes packet bytes goes through the three
 * types here: span (borrowed, read-only), cur (a reader over a span) and wr
 * (a writer into someone's buffer).  Nothing else does pointer arithmetic on
 * packet bytes.  Reader and writer are sticky: after the first failure every
 * further call fails too, so callers check once, at the end.
 */
#ifndef ENGINE_BASE_SPAN_H
#define ENGINE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD __attribute__((warn_unused_result))

/* Borrowed bytes.  Who owns them is said where the span is kept. */
struct span {
	const uint8_t *p;
	size_t n;
};

#define SPAN_NONE ((struct span){NULL, 0})
/* A string literal without its terminating zero. */
#define SPAN_LIT(s) ((struct span){(const uint8_t *)(s), sizeof(s) - 1})
/* The same as the initialiser of a member of a static table. */
/* clang-format off */
#define SPAN_INIT(s) {(const uint8_t *)(s), sizeof(s) - 1}
/* clang-format on */

struct span span_of(const void *p, size_t n);
struct span span_str(const char *s);
/* Not constant time: for public data only.  Secrets: secret_equal(). */
bool span_equal(struct span a, struct span b);
/* The part from offset on; empty when offset is past the end. */
struct span span_from(struct span s, size_t offset);
/* At most the first n octets. */
struct span span_head(struct span s, size_t n);

/*
 * Reader.  err is 0, or the notify number (RFC 2408 3.14.1) of the first
 * failure; p never passes end.
 */
struct cur {
	const uint8_t *p, *end;
	uint16_t err;
};

struct cur cur_of(struct span s);
size_t cur_left(const struct cur *c);
/* Octets not yet read, as a span; reads nothing. */
struct span cur_rest(const struct cur *c);
/*
 * Record a failure; the first one stays.  notify 0 is recorded as
 * PAYLOAD_MALFORMED.
 */
void cur_fail(struct cur *c, uint16_t notify);
/*
 * Read 1, 2 or 4 octets in network order.  At the end of the input: fails with
 * PAYLOAD_MALFORMED and returns 0.
 */
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c);
uint32_t cur_u32(struct cur *c);
/* Take exactly n octets; fails and returns SPAN_NONE if there are fewer. */
struct span cur_bytes(struct cur *c, size_t n);
/*
 * Take all that is left, of which there must be min..max octets; otherwise
 * fails with notify and returns SPAN_NONE.
 */
struct span
cur_take_rest(struct cur *c, size_t min, size_t max, uint16_t notify);

/* Writer into a buffer that someone else owns. */
struct wr {
	uint8_t *start, *p, *end;
	bool full; /* something did not fit; nothing is written any more */
};

struct wr wr_of(void *buf, size_t size);
/* What has been written so far; SPAN_NONE when full. */
struct span wr_span(const struct wr *w);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_bytes(struct wr *w, struct span s);
void wr_zero(struct wr *w, size_t n);
/*
 * Frame a payload, proposal or transform: begin writes a generic header (RFC
 * 2408 3.2) with 'next', and returns its offset; end fills in the length of
 * everything written since.
 */
size_t wr_frame_begin(struct wr *w, uint8_t next);
void wr_frame_end(struct wr *w, size_t mark);
/* Overwrite octets at an offset from the start that were written before. */
void wr_patch_u8(struct wr *w, size_t offset, uint8_t v);
void wr_patch_u16(struct wr *w, size_t offset, uint16_t v);
void wr_patch_u32(struct wr *w, size_t offset, uint32_t v);

#endif
