/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in memory that is stricter than the real one: it refuses what Linux
 * would let pass but no daemon should ask for, and remembers why.  Packets can
 * be sent from one to another, to see whether both ends agree; what they meet
 * on their way makes events, and so does time.
 */
#ifndef TEST_FAKE_FAKE_KERNEL_H
#define TEST_FAKE_FAKE_KERNEL_H

#include "engine/base/list.h"
#include "engine/base/secret.h"
#include "engine/core/kernel.h"

enum { FAKE_GONE = 8 };

struct fake_sa {
	struct list_node node;
	struct kernel_sa sa; /* its keys are those here */
	struct secret cipher_key, auth_key;
	struct kernel_usage usage;
	uint64_t soft_ms, hard_ms; /* when EXPIRE comes; UINT64_MAX never */
	bool left;                 /* by a daemon that is dead */
};
struct fake_policy {
	struct list_node node;
	struct kernel_policy p;
};
/* A packet met a policy without an SA: no further ACQUIRE until then. */
struct fake_larval {
	struct list_node node;
	struct kernel_tmpl tmpl;
	uint64_t until_ms;
};

struct fake_kernel {
	struct list_node sas, policies, larvals; /* oldest first */
	unsigned n_sas, n_policies, n_larvals;
	unsigned calls;         /* of install() so far */
	unsigned fail_call;     /* this one fails, counted from 1; 0: none */
	unsigned complaints;    /* requests that no correct daemon makes */
	char complaint[200];    /* the last one */
	unsigned lacks;         /* protocols: a mask of 1 << enum protocol */
	const uint64_t *now_ms; /* its clock; NULL: it stands still */
	/* Hears events; NULL: nobody does. */
	void (*tell)(void *ctx, const struct kernel_event *ev);
	void *tell_ctx;
	bool overrun, lost; /* events are lost; some have been */
	const char *script; /* verb of the one that runs; NULL: none does */
	bool listing;       /* list() is at work */
	bool cut;           /* see fake_kernel_cut() */
	/* What happens without a chance for a packet is one turn: outbound
	 * policies that went in this one. */
	unsigned gaps; /* times that one went and came back within a turn */
	unsigned n_gone;
	struct kernel_policy gone[FAKE_GONE];
};

void fake_kernel_init(struct fake_kernel *k);
void fake_kernel_fini(struct fake_kernel *k);
/* As a reboot would: nothing is left, nobody is told. */
void fake_kernel_flush(struct fake_kernel *k);
/* Somebody else deletes these; KERNEL_FLUSHED. */
void fake_kernel_purge(struct fake_kernel *k, bool sas, bool policies);
/* The daemon dies: what it still does at the door has no effect.  And it is
 * dead: the next one may come. */
void fake_kernel_cut(struct fake_kernel *k, bool on);
/* From now on events are lost, or again not: then comes KERNEL_LOST if one
 * was. */
void fake_kernel_overrun(struct fake_kernel *k, bool on);
/* A new turn begins. */
void fake_kernel_turn(struct fake_kernel *k);
/* When fake_kernel_tick() is next needed: an SA or a larval one expires. */
uint64_t fake_kernel_next_ms(const struct fake_kernel *k);
void fake_kernel_tick(struct fake_kernel *k);
/* The door to it; valid as long as k. */
struct kernel fake_kernel_door(struct fake_kernel *k);

/* NULL when there is none. */
struct fake_sa *fake_kernel_sa(const struct fake_kernel *k,
    const struct addr *dst, uint8_t protocol, uint32_t spi);
/* A packet needs an SA for this template: ACQUIRE, and a larval SA; nothing if
 * that is there already. */
void fake_kernel_acquire(struct fake_kernel *k, const struct kernel_tmpl *t,
    const struct addr *src, const struct addr *dst);
/* As kernel.list. */
int fake_kernel_list(void *ctx, uint32_t first, uint32_t last,
    kernel_seen_fn *seen, void *arg, struct text *why);
/* What no daemon should ask for, as a sentence; NULL: nothing is wrong. */
const char *fake_kernel_bad_sa(const struct kernel_sa *sa);
const char *fake_kernel_bad_policy(const struct kernel_policy *p);

enum fake_fate {
	FAKE_PLAIN,     /* arrives as it is */
	FAKE_PROTECTED, /* arrives through SAs on which both ends agree */
	FAKE_DROPPED
};
/* What becomes of a packet; why says who dropped it and for what reason.  It
 * counts, and a trap on its way is sprung. */
enum fake_fate fake_packet(struct fake_kernel *from, struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why);
/* What would become of it: nothing changes. */
enum fake_fate
fake_probe(const struct fake_kernel *from, const struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why);

#endif
