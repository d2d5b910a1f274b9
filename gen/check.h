/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks of exchanges share: look-ups in the model, the worlds that
 * an exchange's variants allow, and a forward walk through one role that
 * tells each check what holds at each point of each path.
 */
#ifndef GEN_CHECK_H
#define GEN_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/model.h"

/* No such slot, message, state. */
#define CHECK_NONE SIZE_MAX
/* Slots of an exchange are bits of a 64 bit set in all walks. */
#define CHECK_MAX_SLOTS 64
#define SLOT_BIT(slot) ((uint64_t)1 << (slot))

/* ---- look-ups ---------------------------------------------------------- */

/* Index of a slot by name, CHECK_NONE if there is none. */
size_t exchange_slot(const struct exchange *x, const char *name);
/* Index of the first row of a message by name. */
size_t exchange_message(const struct exchange *x, const char *name);
/* Is it a slot for payloads of this type? */
bool slot_carries(const struct slot *s, const char *payload);
/* The place of a slot in a message, NULL if it has none. */
const struct item *message_item(const struct message *m, size_t slot);
/* The row of the message that messages.v[first] begins, in this world; NULL
 * if the message does not exist there. */
const struct message *
exchange_row(const struct exchange *x, size_t first, uint32_t world);
/* What sets the slot in this world, NULL if no formula does. */
const struct formula *
exchange_formula(const struct exchange *x, size_t slot, uint32_t world);
/* Is there a formula for the slot in any world? */
bool exchange_has_formula(const struct exchange *x, size_t slot);
/*
 * A payload slot from which 'slot' is computed, through any number of
 * formulas, and which no message declared before m carries; CHECK_NONE if
 * there is none.
 */
size_t
message_lacks(const struct exchange *x, const struct message *m, size_t slot);
/* The first op of the role that sends the message, and the first edge that
 * receives it; NULL if none does. */
const struct op *role_sends(const struct role_block *r, const char *message);
const struct edge *
role_receives(const struct role_block *r, const char *message);
/* "initiator", "responder". */
const char *role_name(enum role role);
enum role role_peer(enum role role);
/* The only initial state, CHECK_NONE if there is none or are several. */
size_t role_initial(const struct role_block *r);
/* Where an edge goes: the state of its 'goto', which must be its last op;
 * CHECK_NONE otherwise. */
size_t edge_target(const struct edge *e);
bool role_has_final(const struct role_block *r);
/* Can the exchange be walked at all?  Each role has one initial state and a
 * final one, and every edge ends with its only 'goto'.  If not, E501 or E504
 * says so. */
bool exchange_walkable(const struct exchange *x);

/* ---- worlds ------------------------------------------------------------ */

/*
 * A world is the set of variants that hold together, as a mask like those of
 * the model.  WORLD_ALWAYS is in all of them, so that what has no variant
 * (mask all ones) exists in all of them.
 */
#define WORLD_ALWAYS 0x80000000U
typedef VEC(uint32_t) world_vec;

/* Every combination of variants that the attributes can bring about. */
world_vec exchange_worlds(const struct exchange *x);
/* Has the peer chosen a value that none of the attribute's variants lists?
 * Nothing that has a variant exists then, and the exchange gets nowhere. */
bool world_is_foreign(const struct exchange *x, uint32_t world);
/* "variant is psk", "no variant holds". */
const char *world_text(const struct exchange *x, uint32_t world);

/* ---- the walk ---------------------------------------------------------- */

/* What is known at one point of one path. */
struct facts {
	uint64_t set;   /* slots that surely have a value */
	uint64_t maybe; /* slots that may have one; 'set' is part of it */
	uint64_t own;   /* slots that this side wrote, not the peer */
	size_t sent;    /* first row of the last message sent, or CHECK_NONE */
	bool verified;  /* what was received last has passed a 'verify' */
};

/* A path, last step first. */
struct step {
	const struct step *before;
	const struct state *state;
	const struct edge *edge;
};

struct walk;
/*
 * What a check wants to see; each may be NULL.  All are called before the
 * thing that they are told of takes effect on the facts, which they may
 * correct so as not to complain twice of one mistake.
 */
struct visitor {
	/* A message arrives; w->row is the row. */
	void (*recv)(struct walk *w);
	/* A rule of the message is tested. */
	void (*rule)(struct walk *w, const struct rule *r);
	void (*op)(struct walk *w, const struct op *op);
	/* The i-th name of a 'compute' or 'verify', with its formula here. */
	void (*formula)(struct walk *w, const struct op *op, size_t i,
	    const struct formula *f);
	void (*send)(
	    struct walk *w, const struct op *op, const struct message *row);
	/* 'goto' commits; w->edge is the edge that ends there. */
	void (*enter)(
	    struct walk *w, const struct op *op, const struct state *to);
};

/* One complaint, held back until it is known in which worlds it is true. */
struct finding {
	const char *id;
	struct pos at;
	const char *text;
	const char *note; /* with note_at; NULL */
	struct pos note_at;
	const char *path;
	const char *hint; /* NULL */
	const char *when; /* the first world that showed it, in words */
	const void *site;
	size_t worlds;  /* in how many it was found */
	uint32_t world; /* the last of them */
};
/* A place that was visited, and in how many worlds. */
struct site {
	const void *what;
	size_t worlds;
	uint32_t world;
};

struct node;
struct walk {
	const struct exchange *x;
	const struct visitor *visitor;
	enum role role;
	uint32_t world;

	/* Where we are. */
	const struct state *state;
	const struct edge *edge;
	const struct message *row; /* received by this edge; NULL */
	const struct step *path;   /* ends with this edge */
	const void *site;
	struct facts facts;
	const struct op *acted; /* first send or effect of this edge; NULL */
	const struct op *early; /* effect of it before any 'verify'; NULL */
	bool sent_here;         /* this edge has sent a message */

	/* Where we have been, and what was found. */
	VEC(struct node) nodes;
	VEC(struct site) sites;
	VEC(struct finding) findings;
};

/*
 * Walk all paths of both roles of an exchange in every world, and report what
 * the visitor found.  Does nothing for an exchange that is not walkable or
 * has more slots than CHECK_MAX_SLOTS.
 *
 * The rules of the walk:
 * - a received message is not verified, whatever came before it;
 * - it sets its slots, the optional ones perhaps; a rule 'iff' then settles
 *   those that it names;
 * - rules are tested after the edge's first 'verify', else at its start;
 * - an op, message or formula that does not exist in the world is skipped,
 *   but 'compute' of one ends the path: the engine will not compute with an
 *   empty slot;
 * - a final state leaves only what the exchange keeps;
 * - a phase 2 exchange begins with its IV computed.
 */
void walk_exchange(const struct exchange *x, const struct visitor *v);
/* The same, but only tell whether there is something to report. */
bool walk_finds(const struct exchange *x, const struct visitor *v);
/*
 * Record a complaint about the current place.  NULL if it is known already
 * from another path or world; otherwise the caller may add note and hint.
 * The path is filled in.
 */
struct finding *walk_find(struct walk *w, const char *id, struct pos at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Is the slot surely set here? */
bool walk_is_set(const struct walk *w, size_t slot);
/* One who has no say: the sender of an exchange that nobody answers. */
bool walk_is_oneway_sender(const struct walk *w);

/* ---- parts of families, for one exchange ------------------------------- */

void check_variants(const struct exchange *x); /* E507 */
/* E505: does every state repeat what it should?  Reports nothing. */
bool exchange_repeats(const struct exchange *x);
/* E602; false after a complaint. */
bool check_formulas(const struct exchange *x);
void check_within(const struct exchange *x);     /* E606 */
void check_sent_rules(const struct exchange *x); /* E703 */

#endif
