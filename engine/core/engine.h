/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: all exchanges of one daemon, and what the daemon (or a test)
 * calls to make it go.  Single-threaded; nothing here blocks.
 */
#ifndef ENGINE_CORE_ENGINE_H
#define ENGINE_CORE_ENGINE_H

#include "engine/core/env.h"
#include "engine/core/job.h"
#include "engine/core/kernel.h"
#include "engine/core/xchg.h"

/*
 * What the engine tells ike, which it must not include.  x is valid for the
 * call.
 */
struct hooks {
	size_t user_size; /* of xchg_user(), at most 512 octets */
	/* A fresh cookie for this peer: never zero, not guessable (RFC 2408
	 * 2.5.3). */
	bool (*cookie)(
	    struct engine *e, const struct path *path, uint8_t out[8]);
	/* May a message start a new exchange as responder?  For phase 2 the
	 * parent. */
	bool (*may_respond)(struct engine *e, const struct xchg_def *def,
	    const struct xchg *parent, const struct path *path);
	/* A goto was committed; progress lines for whack.  'event' started the
	 * edge. */
	void (*entered)(struct xchg *x, const struct edge_def *edge);
	/* A received message did not decode, or an op refused it; op NULL:
	 * decoding, and why says what.  For explanations: the engine logs the
	 * plain fact. */
	void (*refused)(
	    struct xchg *x, const struct op_def *op, const char *why);
	/* The exchange fails: deadline passed, or in its initial state it
	 * cannot begin (op NULL), or an op with abort.  x is deleted
	 * afterwards.  Not called when x goes away in order. */
	void (*failed)(
	    struct xchg *x, const struct op_def *op, const char *why);
	/* x is about to be freed, for whatever reason; user data is pending's
	 * if an edge was running. */
	void (*deleted)(struct xchg *x);
	/* A retransmission went out; n-th, next in next_ms. */
	void (*retransmitted)(struct xchg *x, unsigned n, uint32_t next_ms);
	/* Put '"conn" #n' in front of a line; which whack gets it (0 none). */
	uint32_t (*prefix)(const struct xchg *x, struct text *t);
	/* May error notifications be sent to this peer? (policy) */
	bool (*may_notify)(const struct xchg *x);
	/* Sign data (a hash, RFC 2409 5.1) with our private key and put the
	 * signature into the slot; ST_PENDING: a job will have done so. */
	enum status (*sign)(struct xchg *x, struct span data, enum slot slot);
	/* Is this the peer's signature over data?  ST_PENDING: a job will
	 * say. */
	enum status (*verify)(
	    struct xchg *x, struct span data, struct span signature);
	/* Tell the peer of phase 2 exchange x, under its ISAKMP SA, why x
	 * refused something: start a protected Informational with
	 * LOCAL_NOTIFY. */
	void (*start_notify)(struct xchg *x, uint16_t notify);
};

/*
 * env, kernel and hooks must outlive the engine.  user is ike's, for
 * engine_user().  NULL: no memory.
 */
struct engine *engine_new(const struct env *env, const struct kernel *kernel,
    const struct hooks *hooks, void *user);
/* Deletes every exchange (hooks.deleted is called) and frees all. */
void engine_free(struct engine *e);
void *engine_user(const struct engine *e);
const struct env *engine_env(const struct engine *e);
const struct kernel *engine_kernel(const struct engine *e);

/* One datagram has arrived.  data is scratch that may be decrypted in place. */
void engine_receive(
    struct engine *e, const struct path *path, uint8_t *data, size_t n);
/* Everything that is due at the env's clock. */
void engine_tick(struct engine *e);
/* When engine_tick() is next needed, in the env's milliseconds; UINT64_MAX
 * never. */
uint64_t engine_next_ms(const struct engine *e);
/* A job's work has been done. */
void engine_job_done(struct engine *e, struct job *j);

/*
 * Start an exchange as initiator.  'local' is the event that its initial state
 * handles.  parent: the ISAKMP SA, for phase 2.  user: initial user data
 * (user_size octets).  Returns the exchange's number, or 0 when it could not be
 * made or ended at once (hooks.failed or the log has said why), or is over
 * already (oneway).  path may be NULL in phase 2: it is the parent's.
 */
uint64_t engine_start(struct engine *e, enum xchg_id id, enum local_event local,
    const struct path *path, struct xchg *parent, const void *user);
/* Can exchanges of phase 2 be started under this ISAKMP SA?  It is up, and not
 * all of its message IDs are used up. */
bool engine_serves(const struct xchg *isakmp);
/* Fewer exchanges are in progress under it than ours may be: half of the
 * limit, so that the peer can begin some, too. */
bool engine_has_room(const struct xchg *isakmp);
/* Raise a local event in an exchange that may handle it; false if its state
 * does not or an edge is suspended.  x may be gone afterwards. */
bool engine_local(struct engine *e, uint64_t number, enum local_event local);
/* Delete without any edge; no message is sent.  Phase 2 exchanges in progress
 * under a deleted ISAKMP SA go with it; established IPsec SAs stay. */
void engine_delete(struct engine *e, uint64_t number);

struct xchg *engine_find(const struct engine *e, uint64_t number);
struct xchg *engine_find_serial(const struct engine *e, uint32_t serial);
/* All exchanges, oldest first; NULL starts and ends.  After anything that may
 * have deleted an exchange, begin anew. */
struct xchg *engine_next(const struct engine *e, const struct xchg *after);

struct engine_stats {
	size_t exchanges, half_open, jobs;
	size_t slots; /* slot values held, pending ones included */
	uint64_t datagrams_in, datagrams_out, dropped;
};
void engine_stats(const struct engine *e, struct engine_stats *out);
/* Half-open exchanges (xchg_half_open) with this remote address. */
size_t engine_half_open_from(const struct engine *e, const struct addr *a);

/* Log without an exchange: "packet from A:P: text", rate-limited as above. */
void engine_log_packet(struct engine *e, const struct path *path,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for a text that costs something: print is called only if the line is
 * not suppressed. */
void engine_explain_packet(struct engine *e, const struct path *path,
    void (*print)(struct text *t, const void *ctx), const void *ctx);

#endif
