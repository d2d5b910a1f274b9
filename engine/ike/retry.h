/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection's next keying attempt, when that has to wait.  Part of struct
 * connection; what happens to it is in retry.c.
 */
#ifndef ENGINE_IKE_RETRY_H
#define ENGINE_IKE_RETRY_H

#include "engine/base/heap.h"

/* All zero: nothing waits. */
struct retry {
	struct heap_node due;
	uint32_t attempt;  /* of keyingtries, that will begin */
	uint32_t refusals; /* attempts that failed since an SA was up */
	uint64_t replaces; /* see struct neg */
	bool initiate_phase2;
	bool given_up; /* all attempts have failed: traffic or whack may
	                * begin anew */
};

#endif
