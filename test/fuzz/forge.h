/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer who knows all keys and does not keep the rules: what an engine is
 * about to encrypt is changed, and the hash that authenticates it made good
 * again.
 */
#ifndef TEST_FUZZ_FORGE_H
#define TEST_FUZZ_FORGE_H

#include "engine/core/env.h"

/* One octet of what the next encrypted message's hash protects; of the whole
 * message if there is no such hash. */
struct forgery {
	uint16_t at; /* modulo the length */
	uint8_t xor_with, and_with;
};

/* The primitives, with this in between; static storage. */
const struct suite_ops *forge_suite_ops(void);
/* Ask for a change of the next message that is encrypted, by whichever engine;
 * further changes of the same message may follow. */
void forge_next(struct forgery f);
/* Forget what was asked for, and what was seen. */
void forge_reset(void);
/* Whether any message was changed since then. */
bool forge_happened(void);

#endif
