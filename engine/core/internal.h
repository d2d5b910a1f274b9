/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of engine/core share and nobody else sees: the structs behind
 * the public names, and the functions that one file offers the others.
 *
 * A datagram becomes a struct msg (message.c), finds its exchange (dispatch.c,
 * index.c), fills pending slots (decode.c, slots.c) and starts an edge, whose
 * ops run until it ends, fails or waits (xchg.c, job.c).  Everything that an
 * edge writes is in struct scratch until its 'goto' moves it to struct xchg.
 */
#ifndef ENGINE_CORE_INTERNAL_H
#define ENGINE_CORE_INTERNAL_H

#include "engine/base/hash.h"
#include "engine/base/heap.h"
#include "engine/base/list.h"
#include "engine/core/engine.h"
#include "engine/core/formula.h"
#include "engine/core/xchg.h"
#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "gen/layout.gen.h"
#include "gen/policy.gen.h"

enum {
	COOKIE_LEN = 8,
	HEADER_LEN = 28,     /* RFC 2408 3.1 */
	HEADER_NEXT_AT = 16, /* offsets in it */
	HEADER_LENGTH_AT = 24,
	MAX_PAYLOADS = 64, /* in one message */
	MAX_ITEMS = 32,    /* in one message row of the spec */
	MAX_BLOCK = 16,    /* octets of a cipher block */
	MAX_HASH = 64,     /* octets of a hash */
	MAX_KEYMAT = 8,
	DIGEST_LEN = 32,
	NOTIFY_BUCKETS = 256
};

#define NEVER UINT64_MAX

/* One payload body or value; wiped when it goes. */
struct value {
	struct value *next;
	size_t n;
	uint8_t slot;
	uint8_t bytes[];
};

/* One layer of slots: for those in 'set' its values count, even if none. */
struct slots {
	struct value *first; /* in the order in which they were added */
	uint64_t set;
};

struct payload_at {
	uint8_t number;
	uint8_t slot;     /* TABLE_NONE until it is assigned */
	struct span body; /* in msg.bytes */
};

/* A received message: a copy of the datagram, decrypted in place. */
struct msg {
	struct path path;
	const struct msg_def *def; /* NULL until it fits a row */
	struct pl_isakmp_hdr hdr;
	uint8_t digest[DIGEST_LEN]; /* of the datagram as it came */
	struct span chain;          /* payloads without header and padding */
	uint8_t n_payloads;
	struct payload_at payloads[MAX_PAYLOADS];
	size_t n;
	uint8_t bytes[];
};

/* What exists only while an exchange is being negotiated or an edge runs. */
struct scratch {
	/* pending: an edge writes here, goto commits */
	struct slots slots;
	struct suite suite;
	uint8_t variants;
	bool authenticated;
	bool binds; /* the responder's cookie was in the message */
	uint8_t rcookie[COOKIE_LEN];
	uint64_t timers[N_TIMER_EVENTS]; /* due then; 0: as before */
	/* the running edge */
	bool open; /* an edge, or the decoding for it, is in progress */
	const struct edge_def *edge;
	const struct op_def *op;
	unsigned pc, end; /* next op, and behind the last one */
	struct msg *msg;  /* owned; what started the edge, or NULL */
	bool waiting;     /* suspended at op */
	uint64_t ticket;  /* of the last job started */
	struct msg *mail; /* owned; came while suspended */
	/* from edge to edge until final; entries above 'kept' are pending */
	struct keymat keymat[MAX_KEYMAT];
	uint8_t n_keymat, kept_keymat;
	_Alignas(max_align_t) uint8_t user[]; /* engine's hooks.user_size */
};

/* What an exchange may be waiting for; the first are checked first. */
enum due { DUE_DEADLINE, DUE_JOB, DUE_RETRANSMIT, DUE_EVENT };
enum { N_DUE = DUE_EVENT + N_TIMER_EVENTS };

struct xchg {
	struct engine *engine;
	const struct xchg_def *def;
	struct list_node all;
	struct hash_node by_number, by_serial;
	struct hash_node by_wire; /* cookie and peer, or message ID */
	struct heap_node timer;
	uint64_t number;
	uint32_t serial;
	uint8_t role, state;
	uint8_t variants;    /* those that may hold */
	uint8_t retransmits; /* of the last message, so far */
	uint8_t resends;
	bool committed; /* has left its initial state */
	bool authenticated;
	bool dead;    /* to be freed when the engine's call ends */
	bool counted; /* in engine.sources */
	bool has_digest;
	uint8_t icookie[COOKIE_LEN], rcookie[COOKIE_LEN];
	uint32_t msgid;
	struct path path;
	struct xchg *parent; /* phase 2, while that SA lives */
	struct list_node sibling;
	struct list_node children; /* phase 1 */
	unsigned in_progress;      /* children that are not final */
	struct { /* message IDs used under this ISAKMP SA: open addressing */
		uint32_t *v;
		uint32_t n, room;
	} msgids;
	struct suite suite;
	struct slots slots;
	struct secret last_sent;    /* datagram to repeat */
	uint8_t digest[DIGEST_LEN]; /* of the last accepted datagram */
	uint64_t due[N_DUE];
	struct scratch *scratch;
	struct xchg *grave; /* next in engine.graveyard */
	_Alignas(max_align_t) uint8_t user[];
};

/* So many a second. */
struct limiter {
	uint64_t since_ms;
	uint32_t used, refused;
};

/* A remote address with half-open exchanges. */
struct source {
	struct hash_node node;
	struct addr a;
	size_t half_open;
};

struct engine {
	const struct env *env;
	const struct kernel *kernel;
	const struct hooks *hooks;
	void *user;
	uint32_t seed;  /* of the hash tables */
	unsigned depth; /* of public calls within each other */
	struct list_node all;
	struct xchg *graveyard;
	struct hash_table by_number, by_serial, by_cookie, by_msgid, sources;
	struct heap timers;
	uint64_t last_number, last_ticket;
	uint32_t last_serial;
	struct engine_stats stats;
	struct limiter log_limit;
	struct limiter notify_limit[NOTIFY_BUCKETS];
};

/* ---- engine.c ---- */

/* Around every public call: exchanges that die in it are freed at its end. */
void engine_enter(struct engine *e);
void engine_leave(struct engine *e);
/*
 * A new exchange in its initial state, with a scratch; found by number only,
 * until index_add_wire().  In phase 2 path is the parent's.  NULL: no memory.
 */
struct xchg *xchg_new(struct engine *e, const struct xchg_def *def,
    enum role role, const struct path *path, struct xchg *parent);
/* Take x, and what is in progress under it, out of everything; it is freed at
 * the end of the engine's call.  hooks.deleted is called. */
void xchg_bury(struct xchg *x);
/* False: no memory. */
NODISCARD bool xchg_open_scratch(struct xchg *x);
void xchg_free_scratch(struct xchg *x);
/* The exchange type's definition for a phase; NULL. */
const struct xchg_def *engine_find_def(uint8_t number, uint8_t phase);
/* The protected Informational's definition: oneway with a 'notify'; NULL. */
const struct xchg_def *engine_notify_def(void);

/* ---- index.c ---- */

NODISCARD bool index_add(struct xchg *x);      /* number, serial */
NODISCARD bool index_add_wire(struct xchg *x); /* cookies or message ID */
void index_remove(struct xchg *x);
/*
 * Phase 1: the exchange with exactly these cookies and this peer; or, as
 * initiator, one that has not seen the responder's cookie yet; or, when
 * rcookie is zero, the responder that this first message belongs to.
 */
struct xchg *index_find_cookies(struct engine *e, struct span icookie,
    struct span rcookie, const struct endpoint *remote);
struct xchg *
index_find_msgid(struct engine *e, const struct xchg *parent, uint32_t msgid);
/* Keep engine.sources and stats.half_open true after a change of x. */
NODISCARD bool index_count_half_open(struct xchg *x);
void index_uncount_half_open(struct xchg *x);
/* Message IDs used up under an ISAKMP SA. */
bool msgids_has(const struct xchg *parent, uint32_t msgid);
/* False: no memory or LIMIT_MESSAGE_IDS_PER_SA. */
NODISCARD bool msgids_add(struct xchg *parent, uint32_t msgid);

/* ---- slots.c ---- */

/* Free the values in the slots of mask. */
void slots_drop(struct xchg *x, struct slots *s, uint64_t mask);
/* Pending values take the place of the committed ones. */
void slots_commit(struct xchg *x);
/* In the pending layer: nothing in this slot. */
void slots_clear(struct xchg *x, uint8_t slot);
/* The committed layer only. */
struct span slots_committed(const struct xchg *x, uint8_t slot, size_t i);
size_t slots_committed_count(const struct xchg *x, uint8_t slot);
/* Decide the variants whose SA slot is among those changed (a mask).  False:
 * none may hold any more. */
NODISCARD bool slots_decide_variants(struct xchg *x, uint64_t changed);

/* ---- message.c ---- */

/* A copy of a datagram whose header has been decoded.  NULL: no memory. */
struct msg *msg_new(const struct path *path, const struct pl_isakmp_hdr *hdr,
    struct span datagram);
void msg_free(struct msg *m);
/* What lies behind the payload in a slot; SPAN_NONE if there is none. */
struct span msg_after(const struct msg *m, uint8_t slot);
/* Encode, encrypt, send and keep for repetition (RFC 2409 5, appendix B). */
enum status msg_send(struct xchg *x, unsigned message);
/* Encode what message will have behind a slot's payload; false: it cannot. */
NODISCARD bool
msg_encode_after(struct xchg *x, unsigned message, uint8_t slot, struct wr *w);
/* How many payloads each item has is right for the row: min..max, groups. */
bool msg_counts_fit(const struct xchg_def *def, const struct msg_def *row,
    const uint16_t *count, struct text *why);

/* ---- decode.c ---- */

/*
 * Decrypt and decode m and put its payloads into pending slots.  Returns the
 * edge that it starts; NULL: it is refused, why says what was expected and
 * what came.
 */
const struct edge_def *
msg_accept(struct xchg *x, struct msg *m, struct text *why);
/* Split chain into m->payloads.  slack: octets that may be left over. */
NODISCARD bool
msg_split(struct msg *m, struct span chain, size_t slack, struct text *why);

/* ---- dispatch.c ---- */

/* A message for x, new or from the mailbox.  Takes m. */
void dispatch_to(struct xchg *x, struct msg *m);

/* ---- xchg.c ---- */

/* The edge of x's state for an event; NULL. */
const struct edge_def *
xchg_edge(const struct xchg *x, enum event event, unsigned arg);
/* Make scratch ready for an edge.  Takes m (which may be NULL) if true. */
NODISCARD bool xchg_begin(struct xchg *x, struct msg *m);
/* Run an edge after xchg_begin(); x may be dead afterwards. */
void xchg_run(struct xchg *x, const struct edge_def *edge);
/* Throw everything pending away; an exchange that never left its initial
 * state is buried. */
void xchg_rollback(struct xchg *x);
/* Phase 2: what the first message is encrypted with (RFC 2409 5.5). */
NODISCARD bool xchg_compute_iv(struct xchg *x);
/* Begin and run the edge for an event without message; false: it has none. */
bool xchg_raise(struct xchg *x, enum event event, unsigned arg);
/* The op that x waits for has ended. */
void xchg_resume(struct xchg *x, enum status st);
/* An edge, or decoding for one, is in progress. */
bool xchg_busy(const struct xchg *x);
/* Tell, and bury. */
void xchg_fail(struct xchg *x, const struct op_def *op, const char *why);
/* Put the last message onto the wire again. */
void xchg_repeat(struct xchg *x);

/* ---- notify.c ---- */

/* Send an error notification, if policy, rate and origin allow it. */
void notify_send(struct xchg *x, const struct path *path, uint16_t notify);

/* ---- timer.c ---- */

uint64_t timer_now(const struct engine *e);
void timer_set(struct xchg *x, unsigned due, uint64_t at_ms);
/* Move x to its place among the timers, after any change. */
void timer_update(struct xchg *x);
/* The timers that a state has, on entry. */
void timer_enter_state(struct xchg *x);

/* ---- log.c ---- */

/* One more within this second?  refused counts those that were not. */
bool limiter_allow(struct limiter *l, uint64_t now_ms, uint32_t per_second);
bool engine_debugging(const struct engine *e, uint32_t class);

#endif
