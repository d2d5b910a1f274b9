/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE's policy: connections, secrets, negotiation, SAs.  This is what the
 * daemon (or a test) sees of it; what ike's own files share is in neg.h.
 */
#ifndef ENGINE_IKE_IKE_H
#define ENGINE_IKE_IKE_H

#include "engine/core/engine.h"
#include "engine/ike/request.h"
#include "engine/ike/secrets.h"

struct ike;

/* One of our addresses on which IKE messages are received. */
struct ike_interface {
	char name[16];
	struct addr a;
	uint16_t port;
};

/* env and kernel must outlive it.  env->suite is suite_ops() of suite.h in the
 * daemon.  NULL: no memory. */
struct ike *ike_new(const struct env *env, const struct kernel *kernel);
/* Deletes all exchanges without telling anybody, and frees. */
void ike_free(struct ike *k);
struct engine *ike_engine(const struct ike *k);

/* --listen: these are the interfaces now; connections are oriented anew. */
void ike_set_interfaces(struct ike *k, const struct ike_interface *v, size_t n);
/* --unlisten. */
void ike_set_deaf(struct ike *k);
bool ike_listening(const struct ike *k);
/* Takes ownership of s. */
void ike_set_secrets_take(struct ike *k, struct secrets *s);

/* --myid: what %myid stands for from now on; SAs that are up stay.  False: *why
 * says what is wrong with it. */
NODISCARD bool ike_set_myid(struct ike *k, struct span id, struct text *why);
/* "%myid = (none)" */
void ike_print_myid(const struct ike *k, struct text *t);
/* Before connections are loaded: reqids are of a block of our own, which
 * follows from the path of the control socket, so that a successor knows its
 * predecessor's. */
void ike_set_reqids(struct ike *k, const char *ctlbase);
/* --uniqueids: a new ISAKMP SA ends the SAs with the same peer elsewhere. */
void ike_set_uniqueids(struct ike *k, bool on);

/*
 * Carry out a request: CONNECTION, DELETE, DELETESTATE, ROUTE, UNROUTE,
 * INITIATE, TERMINATE, KEYID, MYID, STATUS.  Lines go to env->whack(client);
 * env->whack_done(client) ends it, at once or when the negotiation ends and all
 * scripts have run.
 */
void ike_request(struct ike *k, const struct request *r, uint32_t client);
/* whack went away: forget its number. */
void ike_client_gone(struct ike *k, uint32_t client);

/* What ike itself waits for, beside the engine: when ike_tick() is next needed,
 * in the env's milliseconds; UINT64_MAX: never. */
uint64_t ike_next_ms(const struct ike *k);
void ike_tick(struct ike *k);

/* An updown script that takes longer is killed (rulings D18). */
enum { SCRIPT_LIMIT_MS = 60000 };

/* How an updown script ended. */
enum script_end { SCRIPT_EXITED, SCRIPT_SIGNALLED, SCRIPT_LATE };
/* "exited with status 5"; number: exit status, or signal. */
void script_end_print(struct text *t, enum script_end how, int number);
/* One line of the running script's output, without newline, for the log. */
void ike_script_line(struct ike *k, const char *text);
/* number: exit status, or signal.  LATE: it took too long and was killed. */
void ike_script_done(struct ike *k, enum script_end how, int number);
/* A script runs, or changes of kernel and routes wait for their turn; after
 * ike_shutdown() the daemon stays until that is over. */
bool ike_busy(const struct ike *k);
/* Wait for no script, and run none, from now on: what waits is done at once.
 * The script that runs is the caller's to end; nothing more of it is told. */
void ike_abandon(struct ike *k);

/* Once, after ike_set_reqids(): what a predecessor has left in the kernel under
 * our reqids goes, and nothing else. */
void ike_clear_leftovers(struct ike *k);
void ike_kernel_event(struct ike *k, const struct kernel_event *ev);
/* --shutdown, SIGTERM: delete all SAs, with a Delete for each (rulings D3). */
void ike_shutdown(struct ike *k);

#endif
