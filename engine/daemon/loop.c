/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one loop of the one thread that owns all state.  Nothing that it calls
 * may block; what takes time goes to the workers.
 */
#include "engine/daemon/loop.h"

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

int
loop_init(struct loop *l)
{
	*l = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	return l->epoll < 0 ? -errno : 0;
}

void
loop_fini(struct loop *l)
{
	if (l->epoll >= 0)
		close(l->epoll);
	l->epoll = -1;
}

static int
control(struct loop *l, int what, struct source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data = {.ptr = s}};

	return epoll_ctl(l->epoll, what, s->fd, &ev) < 0 ? -errno : 0;
}

int
loop_add(struct loop *l, struct source *s, uint32_t events)
{
	return control(l, EPOLL_CTL_ADD, s, events);
}

int
loop_change(struct loop *l, struct source *s, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, s, events);
}

void
loop_remove(struct loop *l, struct source *s)
{
	(void)control(l, EPOLL_CTL_DEL, s, 0);
	for (int i = l->at; i < l->n; i++)
		if (l->events[i].data.ptr == s)
			l->events[i].data.ptr = NULL;
}

uint64_t
loop_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* For epoll_wait(): -1 for ever. */
static int
timeout_until(uint64_t until_ms)
{
	uint64_t now = loop_now_ms();

	if (until_ms == UINT64_MAX)
		return -1;
	if (until_ms <= now)
		return 0;
	return until_ms - now > INT_MAX ? INT_MAX : (int)(until_ms - now);
}

int
loop_wait(struct loop *l, uint64_t until_ms)
{
	l->at = 0;
	l->n = epoll_wait(
	    l->epoll, l->events, LOOP_BATCH, timeout_until(until_ms));
	if (l->n < 0)
		return errno == EINTR ? 0 : -errno;
	while (l->at < l->n) {
		struct epoll_event *ev = &l->events[l->at++];
		struct source *s = ev->data.ptr;

		if (s != NULL)
			s->ready(s, ev->events);
	}
	return 0;
}
