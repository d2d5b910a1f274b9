/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of a scenario: every datagram sent is kept, under the name that
 * its message has in the spec, with what its sender protected it by, so that
 * a forgery can be made of it.
 */
#ifndef TEST_REPLAY_WIRE_H
#define TEST_REPLAY_WIRE_H

#include "engine/core/env.h"
#include "test/fake/fake.h"
#include "test/replay/octets.h"

enum { SEAL_TERMS = 16 };

/* How a message is protected, as its sender knew. */
struct seal {
	const struct xchg_def *def; /* NULL: made by no row of the spec */
	const struct msg_def *row;
	uint8_t cipher, hash;
	struct octets key, iv; /* of HDR* */
	uint8_t hash_slot;     /* TABLE_NONE: it has no HASH payload */
	const struct formula_def *formula; /* of that payload */
	struct octets terms[SEAL_TERMS];   /* its terms' values */
};

struct sent {
	struct sent *next;
	char name[20];    /* as scenarios call it */
	bool from_peer;   /* else from us */
	struct path path; /* as the sender sees it */
	uint64_t at_ms,
	    first_ms; /* of this, and of the first with these octets */
	bool again;   /* the same octets were sent before */
	bool seen;    /* a statement has taken note of it */
	struct seal seal;
	struct octets bytes;
};

struct wire {
	struct fake_host *us, *peer;
	struct sent *first, *last;
	struct seal next; /* of the message that is about to be sent */
	bool has_next;
};

/* Take over the network of these two hosts; w stays where it is. */
void wire_begin(struct wire *w, struct fake_host *us, struct fake_host *peer);
void wire_end(struct wire *w);
/* The oldest datagram that no statement has taken note of; NULL. */
struct sent *wire_unseen(const struct wire *w);
/* The newest one of this name that a statement has seen; NULL. */
struct sent *wire_find(const struct wire *w, const char *name);
/* The plaintext of its payloads, with padding. */
void wire_open(const struct sent *d, struct octets *plain);
/* The sender of d, if its engine lives, goes on as if it had sent this forgery
 * of it: the next message of the chain is encrypted behind it. */
void wire_adopt(
    const struct sent *d, struct span forgery, const struct engine *sender);

#endif
