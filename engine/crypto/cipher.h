/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block ciphers in CBC mode, as IKE encrypts its messages (RFC 2409 section 5
 * and appendix B).  Callable from any thread.
 */
#ifndef ENGINE_CRYPTO_CIPHER_H
#define ENGINE_CRYPTO_CIPHER_H

#include "engine/base/span.h"

enum { CIPHER_MAX_BLOCK = 16 }; /* octets */

struct cipher_impl;

/* By its 'lib' name in the spec; static storage.  NULL: not known. */
const struct cipher_impl *cipher_find(const char *lib);
/* Octets of a block and of an IV, at most CIPHER_MAX_BLOCK. */
size_t cipher_block(const struct cipher_impl *c);
/*
 * Encrypt or decrypt n octets in place.  iv has a block's length; it becomes
 * the last block of ciphertext, which is the next message's IV.  False: the
 * key's length is not one of the cipher's or n is not a positive multiple of
 * the block (data and iv are untouched), or the library failed (data is
 * undefined, iv untouched).
 */
NODISCARD bool cipher_encrypt(const struct cipher_impl *c, struct span key,
    uint8_t *iv, uint8_t *data, size_t n);
NODISCARD bool cipher_decrypt(const struct cipher_impl *c, struct span key,
    uint8_t *iv, uint8_t *data, size_t n);

#endif
