/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files behind route.c share: a connection's SAs as they are in the
 * kernel, the tasks that change them in turn, and the scripts in between.
 */
#ifndef ENGINE_IKE_ROUTE_H
#define ENGINE_IKE_ROUTE_H

#include "engine/ike/neg.h"

/* ---- install.c: the kernel's side -------------------------------------- */

/* The SAs of one exchange in the kernel, on a connection's list: whose outbound
 * SAs came last is last.  They may be there for longer than the exchange. */
struct installed {
	struct list_node node;
	uint64_t xchg;
	bool in, out; /* directions that are there */
	bool ended;   /* to be taken away */
	uint8_t seen; /* SAs that the kernel has; resync.c's own */
	uint8_t n;
	struct neg_sa sas[];
};

/* That of an exchange; NULL: none. */
struct installed *installed_of(const struct connection *c, uint64_t xchg);
/* The newest with outbound SAs that are to stay; NULL. */
struct installed *installed_sender(const struct connection *c);
/* c has SAs that are to stay. */
bool installed_any(const struct connection *c);
/* Put the SAs of x in the directions of a mask (1 << enum kernel_dir) into the
 * kernel, with their policies, all or nothing.  False: said. */
NODISCARD bool
installed_add(struct xchg *x, struct connection *c, unsigned dirs);
/* Catch c's packets, unless there is an outbound policy.  False: said. */
NODISCARD bool
installed_trap(const struct ike *k, struct connection *c, uint32_t client);
/* Take away what has ended, after its policies; trap: one that catches takes
 * the place of the last outbound one. */
void installed_clear(struct ike *k, struct connection *c, bool trap);
/* The policies that should be there. */
void installed_restore(const struct ike *k, const struct connection *c);

/* ---- updown.c ----------------------------------------------------------- */

enum verb {
	VERB_NONE,
	VERB_PREPARE,
	VERB_ROUTE,
	VERB_UP,
	VERB_DOWN,
	VERB_UNROUTE
};

/* "up-client-v6" */
void
updown_print_verb(struct text *t, const struct connection *c, enum verb verb);
/* Start the script of c's own end.  False: *why says why not. */
NODISCARD bool updown_start(const struct ike *k, const struct connection *c,
    enum verb verb, struct text *why);

/* ---- route.c: what there is to do --------------------------------------- */

enum task_outcome {
	TASK_ON,    /* next step */
	TASK_FAILS, /* said; what was done is undone */
	TASK_AGAIN  /* others first, then from the beginning */
};

/* First, if it is needed, the script; when that has ended well, or anyhow if it
 * was one of those on the way down, act.  Neither: there are no more steps. */
struct step {
	bool (*needed)(const struct ike *k, const struct task *t);
	enum verb verb;
	enum task_outcome (*act)(struct ike *k, struct task *t);
};

/* One change of the kernel and of routes. */
struct task {
	struct list_node node;
	struct connection *c;     /* held; NULL: whack alone waits */
	const struct step *steps; /* those that are left */
	const struct step *first; /* of all of them */
	bool was_routed;          /* c was, at the beginning */
	bool forced;              /* c shall not stay routed, wanted or not */
	bool failed;
	bool scripted;      /* the script of the step that acts has run */
	unsigned again;     /* how often it made room for others */
	uint32_t client;    /* whack that waits for it; 0 */
	uint64_t script_ms; /* when its script began, while that runs */
	/* of an exchange's install */
	uint64_t xchg; /* 0: no exchange waits */
	unsigned dirs; /* see installed_add() */
	struct job job;
	bool awaited; /* the exchange is suspended; else who asked looks at */
	bool over;    /* this */
};

/* What is too much goes: the steps of a task that has failed. */
extern const struct step route_steps_down[];

/* ---- route_room.c ------------------------------------------------------- */

/* task's act: what stands in the way of t's connection makes room, if it may
 * be asked to. */
enum task_outcome route_make_room(struct ike *k, struct task *t);

/* ---- route_task.c: in turn ----------------------------------------------- */

/* NULL: no memory. */
struct task *task_new(struct connection *c, const struct step *steps);
/* The steps of c's settler are taken now, or when its turn comes, if it may have
 * something to do; and once more, if that is asked for while it is under way.
 * The first of them clears c->settling. */
void task_settle(struct ike *k, struct connection *c, const struct step *steps);
/* It is done now, or when its turn comes. */
void task_take(struct ike *k, struct task *t);
/* The same for a task of an exchange, from one of its ops. */
enum status task_take_for(struct xchg *x, struct task *t);
/* Who is told of what t does: whack's number. */
uint32_t task_teller(const struct ike *k, const struct task *t);

#endif
