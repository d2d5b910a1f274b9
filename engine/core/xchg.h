/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An exchange: one run of one of the spec's exchanges with one peer, and, once
 * it is final, the SA that it made.  Actions and guards see it through this
 * header only.
 *
 * Slots, suite, variant and user data have a committed and a pending copy.
 * Everything an edge writes is pending until its 'goto' commits it; 'drop' and
 * 'reject' throw it away.  All reads see pending before committed.
 */
#ifndef ENGINE_CORE_XCHG_H
#define ENGINE_CORE_XCHG_H

#include "engine/base/addr.h"
#include "engine/base/secret.h"
#include "engine/core/env.h"
#include "engine/core/table.h"
#include "gen/exchange.gen.h"

struct engine;
struct job;

/* The algorithms of the ISAKMP SA (RFC 2409 4); group of phase 2 is the PFS
 * group. */
struct suite {
	bool set;
	/* enum cipher_alg, hash_alg, group_alg; 0xff none */
	uint8_t cipher, hash, group;
	uint16_t key_bits;
};

/* Keying material wanted for one SA in one direction; made by FN_STRETCH. */
struct keymat {
	uint8_t protocol;  /* enum protocol */
	uint32_t spi;      /* of the SA's destination, host order */
	uint8_t spi_len;   /* 4; 2 for a CPI */
	uint16_t need;     /* octets */
	struct secret key; /* owned by the exchange */
};

/* ---- who and where ---------------------------------------------------- */

struct engine *xchg_engine(const struct xchg *x);
/* Never reused; for jobs and tables. */
uint64_t xchg_number(const struct xchg *x);
/* #n of logs and whack; 0 for oneway exchanges. */
uint32_t xchg_serial(const struct xchg *x);
const struct xchg_def *xchg_def(const struct xchg *x);
enum role xchg_role(const struct xchg *x);
const struct state_def *xchg_state(const struct xchg *x);
/* The ISAKMP SA that protects a phase 2 exchange; NULL in phase 1. */
struct xchg *xchg_parent(const struct xchg *x);
const struct path *xchg_path(const struct xchg *x);
struct span xchg_icookie(const struct xchg *x);
struct span xchg_rcookie(const struct xchg *x);
uint32_t xchg_msgid(const struct xchg *x);
/* Final, and not gone: it is an SA. */
bool xchg_established(const struct xchg *x);
/* Some verify has succeeded on the path to its state. */
bool xchg_authenticated(const struct xchg *x);
/* The op at which its edge waits for a job; NULL: it does not. */
const struct op_def *xchg_suspended(const struct xchg *x);
/* Of phase 1, as responder from its first answer on, not authenticated yet:
 * counts against the half-open limits. */
bool xchg_half_open(const struct xchg *x);

/* ike's own data about the exchange: plain bytes (engine hooks.user_size),
 * zero at first, copied at the start of an edge and back at goto.  No owned
 * pointers in it. */
void *xchg_user(const struct xchg *x);

/* ---- slots ------------------------------------------------------------ */

/* Number of payloads or values in a slot; 0: not set. */
size_t xchg_slot_count(const struct xchg *x, enum slot slot);
/* The i-th payload body or value; SPAN_NONE if there is none.  Valid until the
 * slot is written or the edge ends. */
struct span xchg_slot(const struct xchg *x, enum slot slot, size_t i);
/* Append a copy (a payload slot that may repeat); false: no memory. */
NODISCARD bool xchg_slot_add(struct xchg *x, enum slot slot, struct span body);
/* Replace by one copy. */
NODISCARD bool xchg_slot_set(struct xchg *x, enum slot slot, struct span body);
/* Kept by this SA (phase 1) or its parent (phase 2). */
struct span xchg_kept(const struct xchg *x, enum slot slot);
/* The i-th target of the running derive op ('-> KEi, DH_PRIVATE'); N_SLOTS if
 * none. */
enum slot xchg_target(const struct xchg *x, size_t i);

/* ---- suite and keys --------------------------------------------------- */

/* In effect: own in phase 1, the parent's cipher and hash in phase 2. */
const struct suite *xchg_suite(const struct xchg *x);
/* Pending; in phase 2 the group only. */
void xchg_set_suite(struct xchg *x, const struct suite *s);
/* Ask for keying material; FN_STRETCH makes it.  At most 8.  Cleared when the
 * exchange becomes final. */
NODISCARD bool xchg_want_keymat(struct xchg *x, uint8_t protocol, uint32_t spi,
    uint8_t spi_len, uint16_t need);
size_t xchg_keymat_count(const struct xchg *x);
const struct keymat *xchg_keymat(const struct xchg *x, size_t i);
/* True if the message ID was not used before under the ISAKMP SA (for guards);
 * it is recorded when the edge commits. */
bool xchg_msgid_fresh(const struct xchg *x);

/* ---- doing ------------------------------------------------------------ */

/* From an action: start the job and return its result (ST_PENDING or ST_FAIL;
 * cleanup has run in the latter case).  The job's number and ticket are set
 * here. */
enum status xchg_start_job(struct xchg *x, struct job *j);
/* The same for a job that is somebody's turn to come: no thread works at it,
 * whoever holds it calls engine_job_done() when the time is there. */
enum status xchg_await_job(struct xchg *x, struct job *j);
/* Arm the timer that raises EV_TIMER 'event' after_ms from now; replaces an
 * earlier one of the same event.  Pending like the rest: set at goto. */
void xchg_set_timer(struct xchg *x, enum timer_event event, uint64_t after_ms);
/* Milliseconds until the timer, or UINT64_MAX. */
uint64_t xchg_timer_left(const struct xchg *x, enum timer_event event);
/* Milliseconds until something is resent or given up, for status. */
uint64_t xchg_retransmit_left(const struct xchg *x);
uint64_t xchg_deadline_left(const struct xchg *x);

/* ---- messages (const struct msg *m of guards and actions) -------------- */

/* NULL m: the edge was not started by a message. */
const struct path *msg_path(const struct msg *m);
/* Name of the message, as in the spec. */
const char *msg_name(const struct msg *m);

/* ---- logging: "conn" #n: text ------------------------------------------ */

/* To the log and, level INFO and above, to the whack that waits for this
 * exchange, as code LOG (2), or LOG_SERIOUS (3) for WARN and ERR. */
void xchg_log(const struct xchg *x, enum level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a whack code of one's own. */
void xchg_tell(const struct xchg *x, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void xchg_debug(const struct xchg *x, uint32_t class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Of unauthenticated origin: rate-limited over all (LIMIT_LOG_PER_SECOND), with
 * a count of what was suppressed. */
void xchg_log_limited(const struct xchg *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
