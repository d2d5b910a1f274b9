/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door to everything else: clock, random, datagrams, jobs, log, whack and
 * the cryptographic primitives.  The daemon binds it to sockets, threads and
 * libraries; the tests to a virtual clock, a lossy network and a seed.
 */
#ifndef ENGINE_CORE_ENV_H
#define ENGINE_CORE_ENV_H

#include "engine/base/addr.h"
#include "engine/base/secret.h"
#include "engine/core/job.h"
#include "engine/core/table.h"

/* err: we are broken; warn: peer or administrator should act; info: SAs up and
 * down; debug: by class */
enum level { LEVEL_ERR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

/* What env.trace is told of; 'index' is that of the state, edge or op. */
enum trace { TRACE_STATE, TRACE_EDGE, TRACE_OP };

/* Both ends of a datagram. */
struct path {
	struct endpoint local, remote;
};

/*
 * Primitives by the numbers of the generated tables (enum hash_alg, enum
 * cipher_alg).  False: not available or it failed; the exchange ends.
 */
struct suite_ops {
	size_t (*hash_size)(uint8_t hash);
	bool (*hash)(
	    uint8_t hash, const struct span *parts, size_t n, uint8_t *out);
	bool (*prf)(uint8_t hash, struct span key, const struct span *parts,
	    size_t n, uint8_t *out);
	/* In place; n a multiple of the block; iv becomes the last ciphertext
	 * block. */
	bool (*encrypt)(uint8_t cipher, struct span key, uint8_t *iv,
	    uint8_t *data, size_t n);
	bool (*decrypt)(uint8_t cipher, struct span key, uint8_t *iv,
	    uint8_t *data, size_t n);
};

/* A command of updown. */
struct script {
	const char *command; /* for sh -c */
	/* "NAME=value", NULL ends: all that it gets beside PATH, IPSEC_EXECDIR
	 * and IPSEC_LIBDIR */
	const char *const *environment;
};

struct env {
	void *ctx;
	const struct suite_ops *suite;
	/* Monotonic milliseconds. */
	uint64_t (*now_ms)(void *ctx);
	bool (*random)(void *ctx, uint8_t *p, size_t n);
	/* False: could not be sent (logged by the callee); treated as lost. */
	bool (*send)(void *ctx, const struct path *path, struct span datagram);
	/* Run j->work somewhere, then engine_job_done() in the loop.  False:
	 * no. */
	bool (*job_start)(void *ctx, struct job *j);
	/* Run a script, borrowed for the call; one at a time.  Its output
	 * then comes to ike_script_line(), its end to ike_script_done(),
	 * never before this returns.  False: it could not be started; *why
	 * says why. */
	bool (*script_start)(
	    void *ctx, const struct script *s, struct text *why);
	/* One log line; text has no newline.  'debug' is the class (enum debug)
	 * or 0. */
	void (*log)(
	    void *ctx, enum level level, uint32_t debug, const char *text);
	/* True when debugging output of the class is wanted; checked before
	 * formatting. */
	bool (*debugging)(void *ctx, uint32_t debug);
	/* One line to the whack numbered 'client' (see engine/ike/whack.h). */
	void (*whack)(
	    void *ctx, uint32_t client, unsigned code, const char *text);
	/* The engine is done with this whack: close it. */
	void (*whack_done)(void *ctx, uint32_t client);
	/* Told of every state entered, edge begun and op run; NULL: nobody
	 * asks. */
	void (*trace)(void *ctx, const struct xchg_def *def, uint8_t role,
	    enum trace what, unsigned index);
};

#endif
