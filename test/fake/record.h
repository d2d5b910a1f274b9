/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two peers sent to each other, in order; any of it may get lost. */
#ifndef TEST_FAKE_RECORD_H
#define TEST_FAKE_RECORD_H

#include "test/fake/peer.h"

enum { RECORD_MAX = 64, RECORD_OCTETS = 1024 };

struct datagram {
	struct path path;
	size_t n;
	uint8_t bytes[RECORD_OCTETS];
};
struct record {
	size_t n;
	bool cut;    /* nothing arrives any more */
	size_t lose; /* this one, counted from 1, does not arrive */
	struct datagram v[RECORD_MAX];
};

/* A pair (fake_pair_begin) whose datagrams are recorded in r. */
void record_begin(struct record *r, struct fake_pair *p, const char *options);
/* The i-th datagram from 0; SPAN_NONE if there is none. */
struct span record_span(const struct record *r, size_t i);
/* It arrives once more where it was sent to. */
void record_again(const struct record *r, struct fake_pair *p, size_t i);
/* Let time pass until n have been sent; false: they never are. */
NODISCARD bool
record_run_to(const struct record *r, struct fake_pair *p, size_t n);

struct engine_stats fake_peer_stats(const struct fake_peer *p);
/* No exchange, value or job is left. */
bool fake_peer_empty(const struct fake_peer *p);
/* The newest exchange, or NULL; and the name of its state, "" for none. */
struct xchg *fake_peer_newest(const struct fake_peer *p);
const char *fake_peer_state(const struct fake_peer *p);

#endif
