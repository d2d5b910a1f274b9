/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two plutos that are connected by nothing: a datagram is handed over at once,
 * a job is done at once, the kernel says yes, the log is thrown away.  What is
 * left is what they themselves cost.  The initiator has many addresses, so that
 * it can have many tunnels that share nothing.
 */
#ifndef TEST_BENCH_PAIR_H
#define TEST_BENCH_PAIR_H

#include "engine/ike/ike.h"
#include "test/bench/meter.h"
#include "test/fake/peer.h"

struct pair;
struct pair_event;

struct pair_side {
	struct pair *pair;
	unsigned which; /* 0 initiator, 1 responder */
	struct env env;
	struct kernel kernel;
	struct fake_peer peer; /* without a host: for its whack */
};
struct pair {
	struct pair_side sides[2];
	uint64_t now_ms;
	struct pair_event *first, **last; /* under way */
	unsigned established; /* IPsec SAs, told by whack's last code */
	/* When set, datagrams go here instead. */
	void (*take)(void *ctx, const struct path *path, struct span datagram);
	void *take_ctx;
};

/* Room for so many tunnels.  Ends the program without memory. */
struct pair *pair_new(unsigned tunnels);
void pair_free(struct pair *p);
/* The i-th connection, at both ends; more are the words at its end. */
void pair_load(struct pair *p, unsigned i, const char *more);
/* Bring it up; a tunnel that does not come up ends the program. */
void pair_tunnel(struct pair *p, unsigned i);
/* Begin only: what is sent is under way. */
void pair_initiate(struct pair *p, unsigned i);
/* Let everything happen that is under way. */
void pair_settle(struct pair *p);
/* A datagram arrives at a side. */
void pair_receive(struct pair *p, unsigned side, const struct path *path,
    struct span datagram);
/* Address of the initiator's i-th tunnel. */
struct addr pair_address(unsigned i);

#endif
