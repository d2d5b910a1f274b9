/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash functions and HMAC (RFC 2104), which is the prf of every negotiated
 * hash (RFC 2409 section 4).  Input comes in parts, so that a formula's
 * operands need no copy into one buffer.  Callable from any thread.
 */
#ifndef ENGINE_CRYPTO_PRF_H
#define ENGINE_CRYPTO_PRF_H

#include "engine/base/span.h"

enum { HASH_MAX_SIZE = 64 }; /* octets of the longest result */

struct hash_impl;

/* By its 'lib' name in the spec; static storage.  NULL: not known. */
const struct hash_impl *hash_find(const char *lib);
/* Octets of a result, at most HASH_MAX_SIZE. */
size_t hash_size(const struct hash_impl *h);
/*
 * Hash n parts one after the other into out, which has hash_size() octets.
 * False: the library refused or has no memory; out is undefined.
 */
NODISCARD bool hash_run(const struct hash_impl *h, const struct span *parts,
    size_t n, uint8_t *out);
/* The same with a key, which may have any length, 0 included. */
NODISCARD bool hmac_run(const struct hash_impl *h, struct span key,
    const struct span *parts, size_t n, uint8_t *out);

#endif
