/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An hour in the life of one or two connections between two peers: what the
 * files of this simulation share.
 */
#ifndef TEST_SIM_LIFE_H
#define TEST_SIM_LIFE_H

#include "test/fake/peer.h"
#include "test/sim/sim.h"

enum {
	LIFE_KEYS = 4,
	LIFE_CONNS = 2,
	/* What somebody else has flushed is back by then, when no script is in
	 * the way. */
	LIFE_REPAIR_MS = 2000
};

/* Addresses of one way to nest the families, left and right. */
struct life_net {
	const char *flags;
	const char *host[2];
	const char *client[2]; /* NULL: the hosts themselves */
	const char *inner[2];  /* the packets' addresses */
	/* left of another connection to the same client; NULL: there is none */
	const char *client2, *inner2;
};

/* What its scripts have done to a machine: "up" and "route" for each pair of
 * clients and each client of the peer's. */
enum life_known { LIFE_NO, LIFE_YES, LIFE_MAYBE };
struct life_mark {
	char key[120];
	enum life_known is;
};
struct life_marks {
	struct life_mark up[LIFE_KEYS], route[LIFE_KEYS];
	const struct fake_script *seen; /* the last one that was looked at */
};

/* What is promised of a connection at one end. */
struct life_conn {
	const char *name;
	bool routed, wanted; /* whack --route, --initiate succeeded */
	/* The whack that does or undoes that, while its answer is awaited. */
	uint32_t routing, unrouting, initiating;
	bool was_routed, was_wanted; /* before that */
};

struct life_end {
	struct fake_peer *peer;
	char options[300]; /* of the connections, as this end has them */
	bool dontrekey;    /* what is initiated ends some day */
	struct life_conn conn[LIFE_CONNS];
	bool held_up;         /* scripts run since its tables were damaged */
	bool was_busy;        /* with scripts, at the last look */
	uint64_t grace_ms;    /* they may be damaged until then */
	unsigned gaps;        /* of its kernel, until the last look */
	uint64_t back_ms;     /* it is down until then; 0: it is not */
	uint32_t client_base; /* whacks of earlier lives */
	uint32_t script_ms, script_fails; /* the longest; in hundred */
	struct life *life;
	struct life_marks marks;
};

struct life {
	struct sim_run run;
	struct fake_pair pair;
	struct life_end end[2];
	const struct life_net *net;
	unsigned n_conns;
	struct addr inner[LIFE_CONNS][2]; /* by connection and end */
	bool warrior;               /* right does not know left's address */
	bool for_ever;              /* --keyingtries 0 */
	bool lacks_ipcomp;          /* both kernels do */
	uint32_t restless;          /* whacks and accidents in hundred ticks */
	struct fake_kernel nowhere; /* that of a machine without IPsec */
};

/* ---- life_check.c ---- */

/* After every event. */
void life_watch(void *ctx, struct fake_world *w);
/* A packet of a connection from this end. */
enum fake_fate
life_send(struct life *l, unsigned conn, unsigned end, struct text *why);
/* Nothing is left at this end after --shutdown. */
void life_check_nothing_left(struct life *l, unsigned end);

/* ---- life_script.c ---- */

/* The scripts that have ended since the last look. */
void life_check_scripts(struct life *l, struct life_end *e);
/* The machine's routes and rules are as if there had been no script. */
void life_check_undone(struct life *l, const struct life_end *e);

#endif
