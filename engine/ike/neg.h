/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ike's files share: the root object, the data that ike hangs on every
 * exchange, and the functions that one file offers the others.
 */
#ifndef ENGINE_IKE_NEG_H
#define ENGINE_IKE_NEG_H

#include "engine/core/engine.h"
#include "engine/ike/connection.h"
#include "engine/ike/ike.h"
#include "gen/actions.gen.h"
#include "gen/algs.gen.h"
#include "gen/attr.gen.h"
#include "gen/control.gen.h"
#include "gen/enums.gen.h"
#include "gen/layout.gen.h"
#include "gen/policy.gen.h"

/* One protocol of an IPsec SA, both directions. */
struct neg_sa {
	uint8_t protocol; /* enum protocol */
	uint8_t cipher;   /* enum cipher_alg; 0xff none */
	uint8_t hash;     /* enum hash_alg; 0xff none */
	uint8_t mode;     /* enum kernel_mode */
	uint16_t key_bits;
	uint32_t spi_in, spi_out; /* ours and the peer's, host order */
};

/*
 * ike's data of an exchange (xchg_user): plain bytes that the engine copies and
 * rolls back.
 */
struct neg {
	uint32_t conn;        /* connection number; 0 none yet */
	uint32_t held;        /* the connection that counts it, and the one */
	uint32_t taken;       /* that will at the edge's end; see neg_hold() */
	uint32_t client;      /* whack that waits for it; 0 none */
	uint32_t attempt;     /* of keyingtries, from 1 */
	uint32_t goal;        /* what is asked for; a replacement takes it from
	                       the old SA */
	uint64_t replaces;    /* number of the SA to be replaced; 0 */
	bool initiate_phase2; /* then go on with Quick Mode */
	bool asynchronous;    /* release whack when the first message is out */
	uint32_t life_s;      /* negotiated lifetime, 0 none said */
	uint32_t life_kb;     /* noted, not enforced */
	bool only_if_used;    /* --dontrekey: not replaced without traffic */
	uint64_t sampled;     /* the IPsec SA whose packets were counted */
	uint64_t sampled_packets;
	bool established; /* isakmp_sa_up or ipsec_sa_up has run */
	bool over;        /* it failed or was ended: not to be begun anew */
	bool psk_known;   /* a secret was found: for D23's explanation */
	uint32_t way;     /* of authentication: GOAL_PSK or GOAL_RSASIG */
	/* Quick Mode */
	uint8_t n_sas;
	struct neg_sa sas[3];       /* the outermost first: AH, ESP, IPComp */
	struct subnet ours, theirs; /* clients in effect */
	/* list_of_spis, note_body: what an Informational is about */
	uint64_t about;  /* number of the exchange that ends */
	bool peer_knows; /* the peer deleted it: no Delete goes back */
	bool lost;       /* it is gone from the kernel: see resync.c */
	uint16_t notify;
};

struct ike {
	const struct env *env;
	const struct kernel *kernel;
	struct engine *engine;
	struct conns *conns;
	struct secrets *secrets;
	struct pubkeys *pubkeys;
	struct ike_interface *interfaces;
	size_t n_interfaces;
	bool listening;
	struct hash_table spis, peer_spis, spi_xchgs; /* SPIs in use; spi.c */
	uint8_t cookie_secret[32];
	uint64_t cookie_secret_ms; /* when it was made; renewed hourly */
	uint64_t cookie_count;
	struct list_node pending; /* struct pending: wait for a Main Mode */
	struct list_node tasks;   /* struct task: change the kernel in turn */
	struct task *scripting;   /* whose script runs; NULL: none does */
	bool in_tasks;            /* somebody is carrying them out */
	bool abandoned;           /* no script is run any more */
	uint64_t failures;    /* negotiations that failed, and were explained */
	struct heap retries;  /* struct retry of connections that wait */
	bool resync_due;      /* the kernel's tables are to be compared */
	uint64_t resync_ms;   /* with ours then; resync.c */
	uint64_t resynced_ms; /* when that was done last, */
	uint64_t resync_took_ms; /* and how long it took */
	struct ident myid;       /* %myid; type 0: not set */
	bool uniqueids;          /* --uniqueids */
};

/* ---- everywhere ------------------------------------------------------- */

struct ike *ike_of(const struct xchg *x);
struct neg *neg_of(const struct xchg *x);
/* The exchange's connection; NULL if it is gone or not known yet. */
struct connection *neg_conn(const struct xchg *x);
/* The policy row of the connection, or of the ISAKMP SA's while x has none of
 * its own; classic when there is neither. */
const struct policy_def *neg_policy(const struct xchg *x);

/* ---- ike.c ------------------------------------------------------------ */

/* A line about no exchange: to the log, and to this whack unless it is 0. */
void ike_say(const struct ike *k, uint32_t client, unsigned code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The exchange lets its whack go, if one waits for it. */
void neg_release_whack(struct xchg *x);
/* A cookie for this peer, see struct hooks. */
bool ike_cookie(struct engine *e, const struct path *path, uint8_t out[8]);

/* ---- hooks.c ---------------------------------------------------------- */

extern const struct hooks ike_hooks;
/* " {ESP=>0x481f5da1 <0x0dad7e39}"; nothing for an SA without SPIs. */
void neg_print_spis(struct text *t, const struct neg *neg);

/* ---- orient.c --------------------------------------------------------- */

/* Find out which end of the connection is ours. */
void conn_orient(const struct ike *k, struct connection *c);
/* Why it is not oriented, and what to do. */
void conn_explain_orientation(
    struct text *t, const struct ike *k, const struct connection *c);

/* ---- phase1.c --------------------------------------------------------- */

/* What MI1 offers has a transform of the connection's policy. */
bool phase1_fits(const struct xchg *x, const struct connection *c);

/* ---- instance.c ------------------------------------------------------- */

/*
 * From now on x negotiates, or is an SA of, c.  An instance lives as long as
 * some exchange holds it: this hold counts at once, so that c is there when a
 * job is done; what x had before is let go when the edge commits, and kept when
 * the edge is thrown away.  False: no memory.
 */
NODISCARD bool neg_hold(struct xchg *x, struct connection *c);
/* The exchange of c with the lowest number above 'after'; NULL: there is none
 * any more.  Exchanges may end between two calls. */
struct xchg *
neg_next_of(const struct ike *k, const struct connection *c, uint64_t after);
/* c is needed for something else than an exchange, and stays until it is let
 * go. */
void conn_hold(struct connection *c);
void conn_let_go(struct ike *k, struct connection *c);
/* The edge has committed. */
void neg_hold_settle(struct xchg *x);
/* The edge is about to be thrown away: x is for what it was for before. */
void neg_hold_undo(struct xchg *x);
/* The same for c or, if it is a template, its instance for x's peer; what is
 * asked for is what c asks for.  False: no memory. */
NODISCARD bool neg_hold_for_peer(struct xchg *x, struct connection *c);
/* x goes. */
void neg_let_go(struct xchg *x);
/* The peer of c has authenticated itself, from where x has it. */
void conn_prove(const struct xchg *x, struct connection *c);
/* End the SAs with c's peer at other addresses. */
void conn_end_elsewhere(struct xchg *x, const struct connection *c);
/* Rulings D12: the first older Road Warrior connection whose preshared secret
 * is another than c's is named. */
void conn_warn_secrets(
    const struct ike *k, const struct connection *c, uint32_t client);

/* ---- select.c --------------------------------------------------------- */

enum { SELECT_NAMED_MAX = 4 }; /* connections that an explanation names */

/* The connections that a peer on this path may be meant by: those between the
 * two addresses, instances included, and then those with %any for the peer's;
 * NULL starts and ends. */
struct connection *select_next(const struct conns *cs, const struct path *path,
    const struct connection *after);
/* What keeps a candidate from being used at all; NULL: nothing. */
const char *select_unusable(const struct connection *c);
/* Whether peers of a connection may have authenticated themselves in this way
 * (a goal bit); NULL: they may. */
const char *select_way_misfit(const struct connection *c, uint32_t way);
/* "; "rw": why" */
void select_print_passed_over(
    struct text *t, const struct connection *c, const char *why);

/* ---- clients.c -------------------------------------------------------- */

/* "10.1.1.0/24===10.77.0.1...10.77.0.2===10.2.2.0/24" */
void select_print_clients(struct text *t, const struct path *path,
    const struct subnet *ours, const struct subnet *theirs);

/* ---- auth.c ----------------------------------------------------------- */

/* The goal bit of a method of authentication; 0: not one of ours. */
uint32_t auth_way(uint16_t method);
/* The ways that the connection allows and for which all keys are there: the
 * secret, or our private and the peer's public key.  A mask of goal bits. */
uint32_t auth_ways(const struct ike *k, const struct connection *c);
/* Our private key for a connection, borrowed; NULL: none.  place and conflict
 * as in secrets_rsa(). */
struct rsa_private *auth_rsa(const struct ike *k, const struct connection *c,
    struct secret_place *place, bool *conflict);
/* Who the peer of Main Mode x says that it is; false: nobody that can be
 * compared. */
NODISCARD bool auth_peer(const struct xchg *x, struct ident *id);
/* The same with lines of the log: who it is, or what is wrong with that. */
NODISCARD bool auth_peer_identity(const struct xchg *x, struct ident *id);

/* The preshared secret of a connection's two identities; SPAN_NONE: none.
 * place and conflict as in secrets_psk(). */
struct span auth_psk(const struct ike *k, const struct connection *c,
    struct secret_place *place, bool *conflict);

/* ---- sign.c ----------------------------------------------------------- */

/* See struct hooks. */
enum status sign_make(struct xchg *x, struct span data, enum slot slot);
enum status sign_check(struct xchg *x, struct span data, struct span signature);

/* ---- pending.c -------------------------------------------------------- */

/* Remember what is to be negotiated when this Main Mode is done, or has room
 * as an ISAKMP SA.  False: no memory. */
NODISCARD bool
pending_add(struct ike *k, uint64_t main_mode, const struct neg *how);
/* Something waits for this connection. */
bool pending_has(const struct ike *k, uint32_t conn);
/* It is done: start what waited for it, as far as there is room under it. */
void pending_start(struct ike *k, uint64_t main_mode);
/* Exchanges have ended: start what waited for its turn under its ISAKMP SA. */
void pending_continue(struct ike *k);
/* It failed and is tried again: what waits goes on waiting, for its own next
 * attempt; but no whack does. */
void pending_release(struct ike *k, uint64_t main_mode, unsigned code);
/* It failed for good: whack is told so, with this code. */
void pending_fail(struct ike *k, uint64_t main_mode, unsigned code);
/* Forget what a connection or its instances (0: all) wait for, a further
 * attempt included, whack being told why; or whom, as it is gone. */
void pending_forget(struct ike *k, uint32_t conn, const char *why);
void pending_forget_client(struct ike *k, uint32_t client);

/* ---- status.c --------------------------------------------------------- */

/* All connections and exchanges, to this whack. */
void status_report(struct ike *k, uint32_t client);

/* ---- start.c ---------------------------------------------------------- */

/* The newest ISAKMP SA that serves c, or NULL. */
struct xchg *neg_serving_sa(const struct ike *k, const struct connection *c);
/* c has a newer SA, of this phase, than the one that is to be replaced. */
bool neg_is_served(const struct ike *k, const struct connection *c,
    uint64_t replaces, bool phase2);
/* Start Main Mode or, under an ISAKMP SA that serves, Quick Mode for c; unless
 * what it is to replace has been replaced.  replaces: see struct neg; goal:
 * what to ask for.  False: could not start; whack and log have been told. */
bool neg_initiate(struct ike *k, struct connection *c, const struct neg *how);
/* A negotiation of ours that will give c an IPsec SA is in progress or
 * waits. */
bool neg_on_its_way(const struct ike *k, const struct connection *c);
/* An exchange that we began failed by silence: try again if its connection
 * allows.  True: another attempt goes on. */
NODISCARD bool neg_try_again(struct xchg *x);
/* A Quick Mode of ours goes because its ISAKMP SA does, through no fault of
 * its own: begin it anew under another. */
void neg_begin_anew(struct xchg *x);

/* ---- lifecycle.c ------------------------------------------------------ */

/* How long x, which is or will be an SA, is to live, in seconds. */
uint32_t neg_length_s(const struct xchg *x);
/* The peer keeps this SA for so long only: so do we (never for longer). */
void neg_shorten(struct xchg *x, uint32_t life_s);

/* ---- ends.c ----------------------------------------------------------- */

/* The SA ends now: tell the peer if policy says so, and delete it.  Whether its
 * connection is wanted does not change. */
void neg_end_state(struct xchg *x, const char *why);
/* The same, and nothing follows from a wish for it. */
void neg_end(struct xchg *x, const char *why);
/* The IPsec SAs of this connection and its instances, and what will give it
 * some, end. */
void neg_end_ipsec(struct ike *k, uint32_t conn, const char *why);
/* Everything of this connection and its instances (0: of all) ends, IPsec SAs
 * first. */
void neg_end_all(struct ike *k, uint32_t conn, const char *why);

/* ---- retry.c ---------------------------------------------------------- */

/* "keying attempt 2 of 3" */
void retry_print_attempt(
    struct text *t, const struct connection *c, uint32_t attempt);
/* A negotiation of ours for c failed for good: another attempt follows if c
 * is wanted, or an SA that lives is to be replaced, and attempts are left;
 * said. */
void retry_failed(struct ike *k, struct connection *c, const struct neg *how);
/* An SA goes: if its connection is wanted and has no other, likewise. */
void retry_lost(struct xchg *x);
/* It is begun now by other means. */
void retry_cancel(struct ike *k, struct connection *c);
/* It is up. */
void retry_done(struct ike *k, struct connection *c);
/* It, and its instances (0: all), are not tried again. */
void retry_stop(struct ike *k, uint32_t conn);
/* Packets want it.  True: an attempt waits, and comes soon now. */
bool retry_hasten(struct ike *k, struct connection *c);
/* See ike_next_ms() and ike_tick(). */
uint64_t retry_next_ms(const struct ike *k);
void retry_run(struct ike *k);

/* ---- events.c --------------------------------------------------------- */

/* A packet of c's clients ("1.2.3.4 -> 5.6.7.8") wants an SA. */
void neg_acquire(struct ike *k, struct connection *c, const char *packet);

/* ---- resync.c --------------------------------------------------------- */

/* Compare the kernel's tables with ours then; events were lost, or somebody
 * else has deleted something: soon. */
void resync_want(struct ike *k, uint64_t after_ms);
void resync_lost(struct ike *k);
void resync_flushed(struct ike *k);
/* See ike_next_ms() and ike_tick(). */
uint64_t resync_next_ms(const struct ike *k);
void resync_run(struct ike *k);

/* ---- spi.c ------------------------------------------------------------ */

/* Our SPI as octets: four, or two for a CPI. */
struct span spi_write(uint8_t out[4], const struct neg_sa *sa);
/* An SPI that a peer sent; a CPI has two octets, or four with leading zeros
 * (RFC 3173 4.1).  0: it is none, or a reserved one.  The well-known CPI of the
 * only algorithm that we have is fine. */
uint32_t spi_read(uint8_t protocol, struct span octets);
/* A random SPI of our own, 0x1000 and up, or for IPComp a CPI in 0x100..0xefff,
 * not in use (rulings D13); 0: no memory, no randomness, or none free. */
uint32_t spi_new(struct ike *k, uint8_t protocol, uint64_t xchg);
/* When an exchange goes, in whatever state: its SPIs are free again. */
void spi_free_all(struct ike *k, uint64_t xchg);
/* The exchange whose inbound SPI this is; 0 none. */
uint64_t spi_owner(const struct ike *k, uint8_t protocol, uint32_t spi);
/* The peer's SPI that goes with our own, so that its Deletes find the SA. */
void spi_pair(struct ike *k, const struct neg_sa *sa, const struct addr *peer);
/* The exchange that sends to this peer with this SPI; 0 none. */
uint64_t spi_sender(const struct ike *k, uint8_t protocol, uint32_t peers,
    const struct addr *peer);

/* ---- proposal.c ------------------------------------------------------- */

/* One transform under construction or found. */
struct proposal_row {
	uint8_t number, id;
	struct span attrs;
};
/* One proposal with its transforms. */
struct proposal {
	const struct pl_p *p;
	const struct proposal_row *rows;
	size_t n;
};
/* A whole SA payload body with these proposals.  False: it does not fit the
 * writer. */
NODISCARD bool
proposals_write(struct wr *w, const struct proposal *v, size_t n);
/* The same with one proposal, whose transforms are rows. */
NODISCARD bool proposal_write(struct wr *w, const struct pl_p *p,
    const struct proposal_row *rows, size_t n);

/* ---- sadb.c ----------------------------------------------------------- */

/* Keying material that an SA needs, in octets. */
uint16_t sadb_key_octets(const struct neg_sa *sa);
/* SA i of x in one direction, as the kernel wants it; its keys are borrowed
 * from x.  False: there is no keying material for it (any more). */
NODISCARD bool sadb_sa(
    const struct xchg *x, size_t i, enum kernel_dir dir, struct kernel_sa *out);
/* The policy of one direction that these SAs of c's fulfil. */
void sadb_policy(const struct connection *c, const struct neg_sa *sas,
    uint8_t n, enum kernel_dir dir, struct kernel_policy *p);

/* The inbound policy 'in' for packets between any addresses. */
void sadb_anywhere(const struct kernel_policy *in, struct kernel_policy *out);
/* The policy that catches the packets of c's clients until there is an SA. */
void sadb_trap(const struct connection *c, struct kernel_policy *p);

/* ---- route.c ---------------------------------------------------------- */

/*
 * Rulings D18: SAs, policies and routes change in turn, and never while a
 * script runs.  What is asked for here is done at once if nothing else is under
 * way, and otherwise when its turn comes.
 */

/* x goes, or its SAs shall: they leave the kernel, with what nobody else needs
 * of policies and routes; its SPIs are free when they have.  Safe to repeat. */
void route_end(struct xchg *x);
/* c does not stay routed when it has no SAs any more, and is not wanted up. */
void route_undo(struct ike *k, struct connection *c);
/* Undo what c has too much, as it may not be wanted up any more. */
void route_settle(struct ike *k, struct connection *c);
/* Somebody has changed the kernel's policies: put back those of c.  Not while a
 * script runs (rulings D18). */
void route_restore(struct ike *k, struct connection *c);
/* Another connection with IPsec SAs that stand in the way of c's; NULL. */
const struct connection *
route_obstacle(const struct ike *k, const struct connection *c);
/* Which, why, and what to do. */
void route_explain_obstacle(struct text *t, const struct connection *c,
    const struct connection *obstacle);
/* --route and --unroute: c is oriented and no template; whack is let go when
 * it is done. */
void route_request(struct ike *k, struct connection *c, uint32_t client);
void unroute_request(struct ike *k, struct connection *c, uint32_t client);
/* Let whack go when all that has been asked for before is done. */
void route_release_whack(struct ike *k, uint32_t client);
/* whack went away. */
void route_forget_client(struct ike *k, uint32_t client);

/* ---- info.c ----------------------------------------------------------- */

/* x is about to go without having come to its SAs; if it has answered, the peer
 * may have some and is sent a Delete for them. */
void info_withdraw(struct xchg *x);
/* Send an error notification under the exchange's ISAKMP SA. */
void info_notify(struct xchg *x, uint16_t notify);
/* What a notification of x's responder says about the lifetime of x's SA, in
 * seconds; 0: nothing. */
uint32_t info_lifetime_s(const struct xchg *x, const struct pl_n *note);

#endif
