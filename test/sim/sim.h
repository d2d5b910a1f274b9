/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulations share: a run that a seed decides, the first invariant
 * that fails in it, and a program that makes many such runs.
 */
#ifndef TEST_SIM_SIM_H
#define TEST_SIM_SIM_H

#include "test/fake/peer.h"

enum { SECOND = 1000 }; /* ms */

struct sim_run {
	struct fake_world *world;
	struct rng rng;
	char bad[400]; /* the first invariant that failed */
};

/* A new world. */
void sim_begin(
    struct sim_run *r, uint64_t seed, bool verbose, struct coverage *coverage);
bool sim_chance(struct sim_run *r, uint32_t percent);
/* min .. max */
uint32_t sim_range(struct sim_run *r, uint32_t min, uint32_t max);
/* An invariant fails; only the first counts. */
void sim_fail(struct sim_run *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* After a shutdown: descriptions of connections and nothing else, and none of
 * its whacks behind that number waits. */
void sim_check_nothing_left(struct sim_run *r, const struct fake_peer *p,
    size_t connections, uint32_t client);
/* Says what failed, if anything did; then true. */
bool sim_report(const struct sim_run *r, uint64_t seed, const char *program);

/* True: no invariant failed. */
typedef bool sim_fn(uint64_t seed, bool verbose, struct coverage *coverage);
/* main() of the program build/test/sim/NAME. */
int sim_main(int argc, char **argv, const char *name, sim_fn *simulate);

#endif
