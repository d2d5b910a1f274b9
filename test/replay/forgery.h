/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A datagram in parts, between forge.c, which makes it, and forge_edit.c. */
#ifndef TEST_REPLAY_FORGERY_H
#define TEST_REPLAY_FORGERY_H

#include "test/replay/wire.h"

enum { PIECES_MAX = 100, RAW_MAX = 8, NATURAL = -1, GENERIC_LEN = 4 };

/* One payload. */
struct piece {
	uint8_t type, slot, reserved;
	long next, length; /* NATURAL: what is right */
	struct octets body;
};

/* Octets put, or xored, somewhere. */
struct patch {
	size_t at;
	bool flip;
	struct octets v;
};

struct forgery {
	const struct sent *d;
	struct octets icookie, rcookie;
	uint8_t version, xchg, flags;
	uint32_t msgid;
	long next, length;
	bool relative; /* length is to be added to the true one */
	struct piece piece[PIECES_MAX];
	unsigned n;
	bool rehash, clear;
	struct octets pad, tail;
	long cut;
	struct patch raw[RAW_MAX];
	unsigned n_raw;
	struct endpoint from;
};

/* Apply one edit (forge.h).  False: it is none, or nothing to apply it to. */
NODISCARD bool forgery_edit(struct forgery *f, const char *text);

#endif
