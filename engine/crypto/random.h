/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpredictable octets from the library's generator. */
#ifndef ENGINE_CRYPTO_RANDOM_H
#define ENGINE_CRYPTO_RANDOM_H

#include "engine/base/span.h"

/*
 * Fill p.  random_nonce: values that go over the wire, such as nonces, cookies
 * and SPIs; random_key: values that must stay secret.  False: the generator
 * failed, and p must not be used.  Both may be called from any thread.
 */
NODISCARD bool random_nonce(uint8_t *p, size_t n);
NODISCARD bool random_key(uint8_t *p, size_t n);

#endif
