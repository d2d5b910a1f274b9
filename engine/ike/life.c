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

uint32_t
life_length_s(const struct life *l)
{
	bool agreed_counts = l->dontrekey && l->phase == 1;

	if (l->negotiated_s == 0)
		return l->configured_s;
	return agreed_counts || l->negotiated_s < l->configured_s
	    ? l->negotiated_s
	    : l->configured_s;
}

/* Who replaces it, if there is time. */
static enum life_renewal
renewal(const struct life *l, enum role role)
{
	bool agreed =
	    l->negotiated_s != 0 && life_length_s(l) == l->negotiated_s;

	if (!l->dontrekey || !agreed)
		return LIFE_REPLACED;
	return role == ROLE_INITIATOR ? LIFE_REPLACED_IF_USED
				      : LIFE_NOT_REPLACED;
}

struct life_plan
life_plan(const struct life *l, enum role role, uint32_t random)
{
	uint64_t margin = margin_ms(l, role, random);
	uint64_t idle = (uint64_t)l->margin_s * 1000;
	struct life_plan plan = {
	    .expire_ms = (uint64_t)life_length_s(l) * 1000,
	};

	if (plan.expire_ms <= margin)
		return plan;
	plan.renewal = renewal(l, role);
	plan.replace_ms = plan.expire_ms - margin;
	if (plan.replace_ms > idle)
		plan.sample_ms = plan.replace_ms - idle;
	return plan;
}

uint64_t
life_margin_max_s(uint32_t margin_s, uint32_t fuzz_pct)
{
	return (uint64_t)margin_s * (100 + (uint64_t)fuzz_pct) / 100;
}
