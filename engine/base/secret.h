/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned bytes that are wiped when they go: keys, shared secrets, nonces that
 * enter keys.  Compared in constant time; never logged.
 */
#ifndef ENGINE_BASE_SECRET_H
#define ENGINE_BASE_SECRET_H

#include "engine/base/span.h"

/* Owns n octets at p; p is NULL exactly when n is 0 and nothing is owned. */
struct secret {
	uint8_t *p;
	size_t n;
};

/* n zero octets.  False: no memory, *s is empty. n may be 0. */
NODISCARD bool secret_new(struct secret *s, size_t n);
/* A copy of s.  False: no memory. */
NODISCARD bool secret_dup(struct secret *s, struct span from);
/* Wipe and release; leaves it empty.  Safe on an empty one. */
void secret_free(struct secret *s);
struct span secret_span(const struct secret *s);
/*
 * Constant time in the contents; false at once when lengths differ or both are
 * empty.
 */
NODISCARD bool secret_equal(struct span a, struct span b);
/* Overwrite memory in a way that the compiler keeps. */
void wipe(void *p, size_t n);

#endif
