/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One case of a scenario: two plutos, 'us' (10.77.0.1, the one under test) and
 * 'peer' (10.77.0.2), with the script in place of the network; and what must
 * be true at its end, whatever the script did.
 */
#ifndef TEST_REPLAY_STAGE_H
#define TEST_REPLAY_STAGE_H

#include "test/fake/peer.h"
#include "test/replay/script.h"
#include "test/replay/wire.h"

enum end { END_US, END_PEER, N_ENDS };
enum { SETTLE_MS = 50, PATIENCE_MS = 1000 };

struct stage {
	struct fake_world *world;
	struct fake_peer end[N_ENDS];
	struct wire wire;
	uint32_t client[N_ENDS]; /* whack of the last start or terminate */
	uint64_t
	    firsts[N_ENDS]; /* datagrams with no responder's cookie, received */
	uint64_t fail_at;   /* this allocation fails; 0: none does */
	/* Scripts that a statement has taken note of. */
	unsigned scripts_seen[N_ENDS];
	bool skip;     /* the case does not apply */
	char why[600]; /* what went wrong */
};

void stage_begin(struct stage *s, bool verbose);
/* Everything ends; false: something is left, s->why says what.  must: unseen
 * datagrams and waiting whacks are wrong too. */
NODISCARD bool stage_end(struct stage *s, bool must);
/* Stop and free all. */
void stage_free(struct stage *s);

/* Sets s->why; returns false. */
bool stage_fail(struct stage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* By name; N_ENDS: it is none. */
enum end stage_find_end(const char *name);
/* A datagram arrives.  False: it caused what no datagram may cause. */
NODISCARD bool stage_inject(struct stage *s, enum end to,
    const struct endpoint *from, struct span datagram);
/* Updown scripts that take no time end before the next statement. */
void stage_end_scripts(struct stage *s);
/* A number for everything of an end that a refused message must not change. */
uint64_t stage_fingerprint(const struct stage *s, enum end end);

/* The newest datagram of this name that was held; NULL: there is none. */
struct sent *stage_held(struct stage *s, const char *name);
/* Hold and deliver what goes behind this message, to the end of Quick Mode. */
NODISCARD bool stage_pass_behind(struct stage *s, const char *name);

/* One statement (play.c).  False: s->why says what was expected and what
 * came. */
NODISCARD bool stage_play(struct stage *s, struct words *w);
/* The statements about false messages (attack.c).  known: it is one of them. */
NODISCARD bool stage_attack(struct stage *s, struct words *w, bool *known);
/* The statements that only look (look.c).  known: it is one of them. */
NODISCARD bool stage_look(struct stage *s, struct words *w, bool *known);

#endif
