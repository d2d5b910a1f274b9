/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets that a scenario's machinery owns, and the notation for them. */
#ifndef TEST_REPLAY_OCTETS_H
#define TEST_REPLAY_OCTETS_H

#include "engine/base/span.h"

struct octets {
	uint8_t *p; /* NULL when n is 0 */
	size_t n;
};

void octets_free(struct octets *o);
void octets_set(struct octets *o, struct span s);
void octets_append(struct octets *o, struct span s);
/* n octets; what is new is zero. */
void octets_resize(struct octets *o, size_t n);
/* Put v in place of what is at that offset, or xor it; false: there is less. */
NODISCARD bool
octets_patch(struct octets *to, size_t at, struct span v, bool flip);
struct span octets_span(const struct octets *o);
/*
 * Append what text says: parts joined by '+', each in hexadecimal or 'p',
 * 'p-1', 'p.1' (one less, one more) for the prime of 'like' octets, each with
 * "*count" behind it if it is repeated.  False: it is nothing of this.
 */
NODISCARD bool octets_parse(struct octets *o, const char *text, size_t like);

#endif
