/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door to the kernel's IPsec: what the engine asks of netkey (or of the
 * strict fake in tests), and the events that come back.  No XFRM type shows
 * here; algorithms are named by the generated tables.
 */
#ifndef ENGINE_CORE_KERNEL_H
#define ENGINE_CORE_KERNEL_H

#include "engine/base/addr.h"
#include "engine/base/span.h"
#include "engine/base/text.h"

enum kernel_dir { KERNEL_IN, KERNEL_OUT };
enum kernel_mode { KERNEL_TUNNEL, KERNEL_TRANSPORT };

/*
 * One SA.  Protocol numbers are those of ISAKMP (enum protocol): 2 AH, 3 ESP,
 * 4 IPCOMP.
 */
struct kernel_sa {
	uint8_t protocol;
	uint8_t mode;           /* enum kernel_mode */
	uint8_t dir;            /* enum kernel_dir, for messages only */
	uint32_t spi;           /* host order */
	struct addr src, dst;   /* gateways */
	uint32_t reqid;         /* unique per connection instance, not 0 */
	uint8_t cipher;         /* enum cipher_alg; 0xff none */
	uint8_t auth;           /* enum hash_alg; 0xff none */
	struct span cipher_key; /* borrowed from the caller for the call */
	struct span auth_key;
	uint32_t replay_window;         /* packets, 32 or more */
	uint32_t soft_s, hard_s;        /* lifetimes in seconds; 0 none */
	struct subnet src_sel, dst_sel; /* transport mode: selector of the SA */
};

enum kernel_action { KERNEL_PROTECT, KERNEL_TRAP, KERNEL_PASS, KERNEL_DROP };

/*
 * One direction of traffic.  KERNEL_IN stands for the kernel's in and, in
 * tunnel mode, forward policies together.
 */
struct kernel_policy {
	uint8_t dir; /* enum kernel_dir */
	/* enum kernel_action; TRAP is PROTECT without an SA */
	uint8_t action;
	struct subnet src, dst; /* inner traffic, as the packets go */
	uint32_t priority;      /* smaller wins */
	bool optional;          /* IN: packets may come without the SAs, too */
	/* PROTECT and TRAP: outermost transformation last */
	uint8_t n_tmpl;
	struct kernel_tmpl {
		uint8_t protocol, mode;
		uint32_t spi; /* the SA to send with; 0: any of the reqid */
		uint32_t reqid;
		struct addr src, dst; /* tunnel ends */
	} tmpl[3];
};

/* Kernel's own count of an SA. */
struct kernel_usage {
	uint64_t bytes, packets;
	/* Last use, UTC seconds; 0 never.  Linux before 6.2 knows only the
	 * first use: whether an SA is in use shows in whether packets grows. */
	uint64_t use_time_s;
	/* Seconds since the last use; UINT64_MAX: never used, or this kernel
	 * does not tell. */
	uint64_t idle_s;
};

enum kernel_event_kind {
	KERNEL_ACQUIRE, /* a packet met a trap */
	KERNEL_EXPIRE,  /* an SA reached a limit */
	KERNEL_LOST,    /* events were lost: compare tables */
	KERNEL_FLUSHED  /* somebody else deletes SAs or policies: likewise */
};
struct kernel_event {
	uint8_t kind; /* enum kernel_event_kind */
	/* ACQUIRE */
	struct addr src, dst; /* of the packet */
	uint8_t ip_protocol;
	uint16_t src_port, dst_port;
	uint32_t reqid; /* FLUSHED: of what is deleted; 0: all, or none */
	/* EXPIRE */
	uint32_t spi;
	uint8_t protocol;
	struct addr sa_dst;
	bool hard;
};

/* What is in the kernel's tables, as kernel.list tells it. */
enum kernel_seen_kind {
	KERNEL_SEEN_SA,
	KERNEL_SEEN_LARVAL, /* a packet met a trap and no SA has come yet */
	KERNEL_SEEN_POLICY
};
struct kernel_seen {
	uint8_t kind; /* enum kernel_seen_kind */
	uint32_t reqid;
	/* SA; of a larval one spi is 0 */
	uint8_t protocol;
	uint32_t spi;
	struct addr src, dst; /* gateways */
	/* POLICY: enough for delete_policy(), and its action; the kernel knows
	 * no difference between TRAP and PROTECT, and tells PROTECT */
	struct kernel_policy policy;
};
typedef void kernel_seen_fn(void *arg, const struct kernel_seen *seen);

/*
 * Every function returns 0 or -errno; on failure *why (when not NULL) holds a
 * sentence that says what was asked and what the kernel answered.  A batch is
 * all or nothing: on failure nothing of it is left.
 */
struct kernel {
	void *ctx;
	/* Add SAs and add or replace policies, in this order. */
	int (*install)(void *ctx, const struct kernel_sa *sas, size_t n_sas,
	    const struct kernel_policy *policies, size_t n_policies,
	    struct text *why);
	/* Identified by dst, protocol, spi.  Absent ones are no error. */
	int (*delete_sa)(void *ctx, const struct addr *dst, uint8_t protocol,
	    uint32_t spi, struct text *why);
	/* Identified by dir and selectors. */
	int (*delete_policy)(
	    void *ctx, const struct kernel_policy *p, struct text *why);
	int (*usage)(void *ctx, const struct addr *dst, uint8_t protocol,
	    uint32_t spi, struct kernel_usage *out);
	/* All SAs and then all policies whose reqid (a policy's: that of its
	 * first template) is first..last.  Nothing may be changed from seen. */
	int (*list)(void *ctx, uint32_t first, uint32_t last,
	    kernel_seen_fn *seen, void *arg, struct text *why);
	/* SAs of this protocol (enum protocol) can be made between gateways of
	 * this family (enum addr_family): 0; otherwise -errno and why not. */
	int (*supports)(
	    void *ctx, uint8_t protocol, uint8_t family, struct text *why);
};

#endif
