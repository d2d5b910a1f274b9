/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections: what may be negotiated with whom.  Found by name, by number
 * (exchanges hold the number, never a pointer), and by the pair of hosts.
 *
 * A connection whose peer is %any (a Road Warrior) is a template: nothing is
 * negotiated with it, but with an instance, its copy with the address of one
 * peer filled in, which lives as long as an exchange holds it.
 */
#ifndef ENGINE_IKE_CONNECTION_H
#define ENGINE_IKE_CONNECTION_H

#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/ike/ident.h"
#include "engine/ike/retry.h"

enum { CONN_NAME_MAX = 64, CONN_LABEL_MAX = CONN_NAME_MAX + 64 };

/* One end, as whack described it. */
struct end {
	struct addr host; /* 0.0.0.0: %any */
	struct ident id;  /* type 0: %myid while that is not set */
	bool id_given;    /* by --id; otherwise it follows host */
	bool id_is_myid;  /* --id %myid */
	uint16_t ikeport;
	struct addr nexthop;  /* family 0: the peer (%direct) */
	struct subnet client; /* the host itself when !has_client */
	bool has_client;
	char *updown; /* command, owned; NULL: the default one */
};

struct installed;
struct task;

struct connection {
	struct list_node all; /* in order of loading */
	struct hash_node by_name, by_number, by_hosts, by_clients, by_route;
	uint32_t number; /* not used again for a very long time */
	char name[CONN_NAME_MAX + 1];
	/* For messages, quotes included: "rw", of an instance "rw"[1] 192.0.2.1 */
	char *label;        /* owned */
	struct end ends[2]; /* left, right */
	bool oriented;
	uint8_t ours;       /* index of our end, when oriented */
	char interface[16]; /* that carries our host address */
	uint32_t goal;      /* mask of enum goal */
	uint8_t policy;     /* enum policy_id */
	uint32_t ike_life_s, ipsec_life_s, margin_s, fuzz_pct;
	uint32_t tries;         /* 0: for ever */
	uint32_t reqid;         /* for its SAs and policies */
	uint64_t newest_isakmp; /* exchange numbers; 0 none */
	uint64_t newest_ipsec;
	uint64_t eroute_owner; /* whose SAs the outbound policy names */
	/* What is there for it in the kernel and by its scripts; route.c alone
	 * changes it. */
	struct list_node sas;           /* struct installed, newest last */
	const struct installed *sender; /* of the outbound policy; NULL: none */
	bool trapped;  /* the outbound policy catches packets: no SA yet */
	bool checked;  /* there is an inbound policy */
	bool routed;   /* it has its share of the route */
	bool up;       /* its pair of clients is up */
	bool kept;     /* by whack --route: routed without SAs, too */
	bool settling; /* what is too much waits for its turn to go */
	/* Which takes this task, owned, there when there may be something: what
	 * ends needs no memory. */
	struct task *settler;
	uint8_t seen;    /* policies that the kernel has; resync.c's own */
	uint64_t keying; /* our Main Mode in progress for it; 0 none */
	uint64_t quick;  /* our last Quick Mode; 0 none */
	struct list_node holders; /* exchanges that hold it, see neg_hold() */
	uint32_t users;           /* how many they are */
	uint32_t holds;           /* others that need it, see conn_hold() */
	/* whack has deleted it: it has no name any more, and is there until its
	 * scripts have run. */
	bool doomed;
	bool leaving;       /* its address is ours no more: the same */
	bool proven;        /* its peer has authenticated itself */
	uint32_t way;       /* in which that was done last, a goal bit; 0 */
	bool ipcomp_missed; /* that the kernel has no IPComp was said */
	bool old_notation;  /* described with 0.0.0.0 for %any */
	struct retry retry; /* when it is tried again */
	struct connection *template; /* of an instance; NULL otherwise */
	struct list_node instances;  /* of a template */
	struct list_node sibling;    /* of an instance, on that list */
	uint32_t last_instance;      /* number of the template's newest */
};

struct conns;

struct conns *conns_new(void); /* NULL: no memory */
/* Before there are connections: their reqids are first + 1 .. last. */
void conns_set_reqids(struct conns *cs, uint32_t first);
void conns_reqids(const struct conns *cs, uint32_t *first, uint32_t *last);
/* Frees the connections too.  Exchanges must be gone. */
void conns_free(struct conns *cs);
size_t conns_count(const struct conns *cs);
/* A connection that is in no container yet; NULL: no memory. */
struct connection *conn_new(void);
void conn_free(struct connection *c);
/*
 * Add a connection from conn_new() and give it its number, reqid and label.
 * Its name must be new; name and hosts may not change any more.  False: no
 * memory, and c is freed.
 */
NODISCARD bool conns_add_take(struct conns *cs, struct connection *c);
/* The instance of a template, which is oriented, for this peer: the one that is
 * there, or a new one.  NULL: no memory. */
struct connection *conns_instantiate(
    struct conns *cs, struct connection *template, const struct addr *peer);
/* Take it and its instances out and free them. */
void conns_remove(struct conns *cs, struct connection *c);
/* Its name may be another's now, and no message is for it or its instances. */
void conns_doom(struct conns *cs, struct connection *c);
/* Whether it has its share of a route, to be found by conn_next_routed().
 * False: no memory; it is routed and cannot be found. */
NODISCARD bool
conns_set_routed(struct conns *cs, struct connection *c, bool routed);

/* It is for IPsec SAs, and not for an ISAKMP SA only. */
bool conn_is_for_ipsec(const struct connection *c);
/* Ours and the peer's; the connection is oriented. */
const struct end *conn_this(const struct connection *c);
const struct end *conn_that(const struct connection *c);
bool conn_is_template(const struct connection *c);
/* Messages can be for it: it is oriented, who its ends are is known, and it is
 * not about to go. */
bool conn_is_usable(const struct connection *c);
/* It has this number, or is an instance of the template that has; 0: any. */
bool conn_is_of(const struct connection *c, uint32_t number);
/* What %myid stands for now (type 0: nothing) goes where --id %myid was said. */
void conn_take_myid(struct connection *c, const struct ident *myid);
/* Both ends have the same identities in these, which are oriented. */
bool conn_same_ids(const struct connection *a, const struct connection *b);
/* Who the peer must be if it has this address. */
struct ident conn_peer_id(const struct connection *c, const struct addr *peer);
/* Whose keys the peer must have: its identity, or of a Road Warrior without
 * --id that of 0.0.0.0, which is %any. */
const struct ident *conn_peer_key_id(const struct connection *c);
/* NULL when there is none; never an instance. */
struct connection *conn_by_name(const struct conns *cs, const char *name);
/* NULL when there is none. */
struct connection *conn_by_number(const struct conns *cs, uint32_t number);
struct connection *conn_by_reqid(const struct conns *cs, uint32_t reqid);
/* The connections between these two hosts, in no particular order; NULL starts
 * and ends.  Templates have 0.0.0.0 for one of them. */
struct connection *conn_by_hosts(const struct conns *cs, const struct addr *a,
    const struct addr *b, const struct connection *after);
/* The kernel cannot tell their packets apart. */
bool conn_same_clients(const struct connection *c, const struct connection *o);
/* Another connection whose policies, for the same clients as c's and so the
 * same to the kernel, are in the kernel; NULL. */
struct connection *
conn_rival(const struct conns *cs, const struct connection *c);
/* The other connections that are routed to the client subnet of c's peer; NULL
 * starts and ends. */
struct connection *conn_next_routed(const struct conns *cs,
    const struct connection *c, const struct connection *after);
/* Where packets for the peer's client are sent. */
const struct addr *conn_nexthop(const struct connection *c);
/* In the order of loading, instances behind their template; NULL starts and
 * ends. */
struct connection *
conn_next(const struct conns *cs, const struct connection *after);
/* Connection client subnets in effect: the end's client or its host. */
struct subnet end_client(const struct end *e);
/* "10.1.1.0/24===10.77.0.1[@left]...%any===10.2.2.0/24", our end first. */
void conn_print_topology(struct text *t, const struct connection *c);

#endif
