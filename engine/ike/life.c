/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lifetime of SAs as arithmetic; no SA is needed for it. */
#include "engine/ike/life.h"

enum { RANDOM_BITS = 24 }; /* more would overflow the product */

static uint64_t
margin_ms(const struct life *l, enum role role, uint32_t random)
{
	uint64_t margin = (uint64_t)l->margin_s * 1000;
	uint64_t fuzz = margin * l->fuzz_pct / 100;

	if (role == ROLE_RESPONDER)
		return (uint64_t)(l->margin_s / 2) * 1000;
	return margin + (fuzz * (random >> (32 - RANDOM_BITS)) >> RANDOM_BITS);
}

struct life_plan
life_plan(const struct life *l, enum role role, uint32_t random)
{
	uint32_t life_s = l->configured_s;
	uint64_t margin = margin_ms(l, role, random);
	struct life_plan plan;

	if (l->negotiated_s != 0 && l->negotiated_s < life_s)
		life_s = l->negotiated_s;
	plan.expire_ms = (uint64_t)life_s * 1000;
	plan.replace = plan.expire_ms > margin;
	plan.replace_ms = plan.replace ? plan.expire_ms - margin : 0;
	return plan;
}

uint64_t
life_margin_max_s(uint32_t margin_s, uint32_t fuzz_pct)
{
	return (uint64_t)margin_s * (100 + (uint64_t)fuzz_pct) / 100;
}
