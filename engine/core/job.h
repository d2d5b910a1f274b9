/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that takes time.  An action fills a job and returns ST_PENDING; 'work'
 * runs off the loop and touches nothing but the job; 'done' runs in the loop,
 * only if the exchange still lives and still waits for this job, and says how
 * the op ended; 'cleanup' always runs, last, in the loop.
 */
#ifndef ENGINE_CORE_JOB_H
#define ENGINE_CORE_JOB_H

#include "engine/core/table.h"

struct job {
	uint64_t xchg;   /* number of the exchange, never a pointer */
	uint64_t ticket; /* which wait of that exchange */
	void (*work)(struct job *j);
	enum status (*done)(struct job *j, struct xchg *x);
	void (*cleanup)(struct job *j); /* frees the job */
	struct job *next;               /* for queues of whoever runs it */
};

#endif
