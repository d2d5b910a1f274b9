/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: whacks come, ask one thing, and read lines. */
#ifndef ENGINE_DAEMON_CTL_H
#define ENGINE_DAEMON_CTL_H

#include "engine/daemon/loop.h"
#include "engine/base/text.h"

struct ctl;

/* Who is told.  A client is a number, never 0 and never used again. */
struct ctl_user {
	void *ctx;
	/* A whole message, or what came instead of one; borrowed. */
	void (*request)(void *ctx, uint32_t client, struct span bytes);
	/* It went away before ctl_done(). */
	void (*gone)(void *ctx, uint32_t client);
};

enum {
	CTL_REQUEST_MAX = 65535, /* octets of a request */
	CTL_OUT_MAX = 32 << 20,  /* octets waiting for one slow client */
	CTL_CLIENTS_MAX = 64,
	CTL_REQUEST_MS = 2000 /* time to send a request in */
};

/*
 * Listen at this path, which is created with mode 0600; a socket left over
 * there is replaced, anything else is not.  The caller holds the lock.  user
 * is copied.  NULL with why.
 */
struct ctl *ctl_open(struct loop *l, const char *path,
    const struct ctl_user *user, struct text *why);
/* Remove the socket's file; clients that are there stay. */
void ctl_hide(struct ctl *c);
/*
 * Give the clients a moment to take what is waiting for them, and close all.
 * After ctl_hide().
 */
void ctl_close(struct ctl *c);
/* One line, "code text".  Does nothing for a client that is not there. */
void ctl_line(struct ctl *c, uint32_t client, unsigned code, const char *text);
/* Close when all lines have gone out. */
void ctl_done(struct ctl *c, uint32_t client);
/* Once in each turn of the loop: write, and send home who is late. */
void ctl_tick(struct ctl *c);
/* When ctl_tick() is next needed, by the loop's clock; UINT64_MAX: no need. */
uint64_t ctl_next_ms(const struct ctl *c);

#endif
