/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that do what takes time, so that the loop need not. */
#ifndef ENGINE_DAEMON_WORKER_H
#define ENGINE_DAEMON_WORKER_H

#include "engine/base/container.h"
#include "engine/core/job.h"
#include "engine/daemon/loop.h"

struct workers;

/* Called in the loop for each job whose work has been done. */
typedef void worker_done_fn(void *ctx, struct job *j);

/*
 * At most n_max threads, started when there is work for them.  NULL: no memory
 * or no descriptor.
 */
struct workers *
workers_new(struct loop *l, unsigned n_max, worker_done_fn *done, void *ctx);
/*
 * Waits for what is being worked at, drops what is not, and calls the cleanup
 * of every job that has not been handed to 'done'.
 */
void workers_free(struct workers *w);
/* Queue a job.  False: there is no thread and none can be started. */
NODISCARD bool workers_start(struct workers *w, struct job *j);
/* Processors that are there. */
unsigned workers_processors(void);

#endif
