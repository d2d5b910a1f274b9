/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: descriptors and what to do when they are ready. */
#ifndef ENGINE_DAEMON_LOOP_H
#define ENGINE_DAEMON_LOOP_H

#include <sys/epoll.h>

#include "engine/base/span.h"

enum { LOOP_BATCH = 32 }; /* events taken from the kernel at once */

/* A descriptor in the loop; part of the struct that owns it. */
struct source {
	int fd;
	/* events is a mask of EPOLLIN … .  May add and remove any source. */
	void (*ready)(struct source *s, uint32_t events);
};

struct loop {
	int epoll;
	int n, at; /* of events: taken, next to be handled */
	struct epoll_event events[LOOP_BATCH];
};

/* 0 or -errno, as all of these. */
NODISCARD int loop_init(struct loop *l);
void loop_fini(struct loop *l);
/* s stays the caller's and must stay where it is until loop_remove(). */
NODISCARD int loop_add(struct loop *l, struct source *s, uint32_t events);
NODISCARD int loop_change(struct loop *l, struct source *s, uint32_t events);
/* Before s->fd is closed.  s may be freed at once, even while it is handled. */
void loop_remove(struct loop *l, struct source *s);
/*
 * Wait until something is ready or the clock reaches until_ms (UINT64_MAX: as
 * long as it takes), and call what is ready.
 */
NODISCARD int loop_wait(struct loop *l, uint64_t until_ms);
/* The loop's clock: monotonic milliseconds. */
uint64_t loop_now_ms(void);

#endif
