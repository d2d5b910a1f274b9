/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose work is being done: by side, and cryptography apart from the rest.
 * Two measures: processor time by side, and, under callgrind, the instructions
 * of one kind of work of one side.
 */
#ifndef TEST_BENCH_METER_H
#define TEST_BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>

enum work {
	WORK_HARNESS, /* the world around: counted for nobody */
	WORK_ENGINE,
	WORK_CRYPTO /* hashes, ciphers, exponentiations, random octets */
};

struct meter_at {
	unsigned side; /* 0 initiator, 1 responder */
	enum work work;
};

/* Count instructions of exactly this from meter_begin() on; only under
 * callgrind with --collect-atstart=no. */
void meter_watch(struct meter_at what);
/* Counting is on (or off) from here; what was counted before is forgotten. */
void meter_begin(void);
void meter_end(void);
/* Now this is being done; returns what was, to be given back afterwards. */
struct meter_at meter_enter(struct meter_at now);
/* Processor time of a side's engine and cryptography since meter_begin(). */
double meter_seconds(unsigned side);
/* Processor time of this process so far. */
double meter_now(void);

#endif
