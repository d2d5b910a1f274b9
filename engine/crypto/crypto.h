/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start and end of the crypto library. */
#ifndef ENGINE_CRYPTO_CRYPTO_H
#define ENGINE_CRYPTO_CRYPTO_H

#include "engine/base/text.h"

/*
 * Once, before any other thread and any other function of engine/crypto: start
 * the libraries, and compare every primitive with a published answer.  False:
 * 'why' says which one failed and what to do; nothing may be used.
 */
NODISCARD bool crypto_init(struct text *why);
/* After the last use, when crypto_init() succeeded. */
void crypto_fini(void);

#endif
