/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in memory that is stricter than the real one: it refuses what Linux
 * would let pass but no daemon should ask for, and remembers why.  Packets can
 * be sent from one to another, to see whether both ends agree.
 */
#ifndef TEST_FAKE_FAKE_KERNEL_H
#define TEST_FAKE_FAKE_KERNEL_H

#include "engine/base/list.h"
#include "engine/base/secret.h"
#include "engine/core/kernel.h"

struct fake_sa {
	struct list_node node;
	struct kernel_sa sa; /* its keys are those here */
	struct secret cipher_key, auth_key;
	uint64_t packets;
};
struct fake_policy {
	struct list_node node;
	struct kernel_policy p;
};

struct fake_kernel {
	struct list_node sas, policies; /* oldest first */
	unsigned n_sas, n_policies;
	unsigned calls;      /* of install() so far */
	unsigned fail_call;  /* this one fails, counted from 1; 0: none */
	unsigned complaints; /* requests that no correct daemon makes */
	char complaint[200]; /* the last one */
};

void fake_kernel_init(struct fake_kernel *k);
void fake_kernel_fini(struct fake_kernel *k);
/* As a reboot would: nothing is left. */
void fake_kernel_flush(struct fake_kernel *k);
/* The door to it; valid as long as k. */
struct kernel fake_kernel_door(struct fake_kernel *k);

enum fake_fate {
	FAKE_PLAIN,     /* arrives as it is */
	FAKE_PROTECTED, /* arrives through SAs on which both ends agree */
	FAKE_DROPPED
};
/* What becomes of a packet; why says who dropped it and for what reason. */
enum fake_fate fake_packet(struct fake_kernel *from, struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why);

#endif
