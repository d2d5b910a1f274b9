/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binds the rows of the algorithm tables to the crypto library. */
#ifndef ENGINE_IKE_SUITE_H
#define ENGINE_IKE_SUITE_H

#include "engine/core/env.h"
#include "engine/crypto/dh.h"

/* The primitives for struct env; static storage. */
const struct suite_ops *suite_ops(void);
/*
 * Initialise the crypto library, test it, and look up every row's algorithm.
 * False: *why names the row or the test that failed.
 */
NODISCARD bool suite_init(struct text *why);
/* Parameters of a group, by enum group_alg. */
struct dh_group suite_group(uint8_t group);

#endif
