/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of IKE: one for each of our addresses. */
#ifndef ENGINE_DAEMON_UDP_H
#define ENGINE_DAEMON_UDP_H

#include "engine/base/list.h"
#include "engine/daemon/loop.h"
#include "engine/ike/ike.h"

struct udp;

/* Who is told. */
struct udp_user {
	void *ctx;
	/* A datagram; data is scratch. */
	void (*received)(
	    void *ctx, const struct path *path, uint8_t *data, size_t n);
	/* Something about a datagram from or to this peer; unauthenticated. */
	void (*trouble)(void *ctx, const struct path *path, const char *text);
};

typedef void udp_say_fn(void *ctx, enum level level, const char *text);

/* user is copied.  NULL: no memory. */
struct udp *udp_new(struct loop *l, const struct udp_user *user);
void udp_free(struct udp *u);
/*
 * From now on these and no other sockets: those that are not listed are
 * closed, new ones opened.  Of v stay those that are open, *n of them.  say()
 * gets a line for each change and each failure.
 */
void udp_update(struct udp *u, struct ike_interface *v, size_t *n,
    udp_say_fn *say, void *ctx);
/* The socket after this one, NULL starts and ends: which address it has. */
const struct ike_interface *
udp_next(const struct udp *u, const struct ike_interface *after);
/* Drop what arrives (or stop doing so); sending goes on. */
void udp_set_deaf(struct udp *u, bool deaf);
/* False: it was not sent, and user->trouble knows why. */
bool udp_send(struct udp *u, const struct path *path, struct span datagram);

#endif
