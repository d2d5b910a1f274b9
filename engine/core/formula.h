/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formulas: the key and hash computations of RFC 2409, as the spec gives them.
 */
#ifndef ENGINE_CORE_FORMULA_H
#define ENGINE_CORE_FORMULA_H

#include "engine/core/xchg.h"

/* Evaluate formula f and write its slot (pending).  after: the bytes that
 * TERM_AFTER stands for.  ST_FAIL: an input is missing or a primitive failed.
 * ST_PENDING: a signature is being made, and will be in the slot. */
enum status formula_compute(struct xchg *x, unsigned f, struct span after);
/* Evaluate and compare, in constant time, with what the message brought in the
 * formula's slot; or check the signature there, which may be ST_PENDING. */
enum status formula_verify(struct xchg *x, unsigned f, struct span after);

#endif
