/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When an SA is replaced and when it expires: arithmetic only, so that it can
 * be tested without one.
 */
#ifndef ENGINE_IKE_LIFE_H
#define ENGINE_IKE_LIFE_H

#include "engine/core/table.h"

/* What a connection says about it, and what was negotiated. */
struct life {
	uint32_t configured_s;
	uint32_t negotiated_s; /* 0: nothing was said, only ours counts */
	uint32_t margin_s, fuzz_pct;
};
/* From the moment at which the SA is up. */
struct life_plan {
	bool replace; /* there is time for it */
	uint64_t replace_ms;
	uint64_t expire_ms;
};

/*
 * The shorter lifetime counts.  The initiator begins margin * (1 + fuzz * U)
 * before the end, U uniform in 0..1 out of 'random'; the responder, which only
 * steps in when the initiator does not, at half the margin.
 */
struct life_plan
life_plan(const struct life *l, enum role role, uint32_t random);
/* The largest margin that the fuzz can make, in seconds. */
uint64_t life_margin_max_s(uint32_t margin_s, uint32_t fuzz_pct);

#endif
