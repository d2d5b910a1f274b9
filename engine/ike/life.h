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
	uint8_t phase;
	bool dontrekey;
	uint32_t configured_s;
	uint32_t negotiated_s; /* 0: nothing was said, only ours counts */
	uint32_t margin_s, fuzz_pct;
};

/* What the margin begins with. */
enum life_renewal {
	LIFE_NOT_REPLACED, /* no time for it, or the peer's business */
	LIFE_REPLACED,
	LIFE_REPLACED_IF_USED /* if packets have gone since sample_ms */
};
/* From the moment at which the SA is up. */
struct life_plan {
	enum life_renewal renewal;
	uint64_t sample_ms; /* a margin before replace_ms, or 0 */
	uint64_t replace_ms;
	uint64_t expire_ms;
};

/*
 * How long the SA lives, in seconds: the shorter of the two lifetimes.  With
 * --dontrekey nobody may be there to replace an ISAKMP SA early, so that it
 * lives as long as was agreed.
 */
uint32_t life_length_s(const struct life *l);
/*
 * The initiator begins margin * (1 + fuzz * U) before the end, U uniform in
 * 0..1 out of 'random'; the responder, which only steps in when the initiator
 * does not, at half the margin.  With --dontrekey an SA that ends when both
 * know it is replaced by its initiator alone, and only if it is in use.
 */
struct life_plan
life_plan(const struct life *l, enum role role, uint32_t random);
/* The largest margin that the fuzz can make, in seconds. */
uint64_t life_margin_max_s(uint32_t margin_s, uint32_t fuzz_pct);

#endif
