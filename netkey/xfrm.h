/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of netkey share: the engine's types as XFRM's, and requests
 * about SAs and policies for a batch.
 */
#ifndef NETKEY_XFRM_H
#define NETKEY_XFRM_H

#include <netinet/in.h>

#include <linux/xfrm.h>

#include "engine/core/kernel.h"
#include "netkey/request.h"

/* What the kernel said when it was asked for a protocol. */
struct support {
	bool asked;
	struct answer answer;
};
#define N_XFRM_PROTOCOLS 3

struct netkey {
	struct channel requests;
	int events;
	struct support supports[N_XFRM_PROTOCOLS][2]; /* IPv4, IPv6 */
};

/* Both families, and "none": zero. */
uint16_t xfrm_family(const struct addr *a); /* AF_INET, AF_INET6, AF_UNSPEC */
xfrm_address_t xfrm_addr(const struct addr *a);
struct addr addr_of_xfrm(const xfrm_address_t *x, uint16_t family);
/* All ports and protocols between two subnets. */
struct xfrm_selector
xfrm_sel(const struct subnet *src, const struct subnet *dst);
/* IPPROTO_* of an ISAKMP protocol, and back; 0 if there is none. */
uint8_t xfrm_proto(uint8_t protocol);
uint8_t protocol_of_xfrm(uint8_t proto);
/* 0..N_XFRM_PROTOCOLS - 1 for those that have one. */
NODISCARD bool xfrm_proto_index(uint8_t protocol, size_t *index);
/* Without limits: a zero would mean "at once". */
struct xfrm_lifetime_cfg xfrm_forever(void);

/* "ESP SA 0x0000abcd 192.0.2.1 -> 192.0.2.2" and so on. */
void sa_name_print(
    struct text *t, const struct addr *dst, uint8_t protocol, uint32_t spi);
void sa_print(struct text *t, const struct kernel_sa *sa);
/*
 * Check what only we can explain well (algorithms, lengths of keys).  False:
 * *why says what is wrong.
 */
NODISCARD bool sa_check(const struct kernel_sa *sa, struct text *why);
/* sa has passed sa_check(). */
void sa_put(struct batch *b, const struct kernel_sa *sa);
/* XFRM_MSG_DELSA or XFRM_MSG_GETSA. */
void sa_put_id(struct batch *b, uint16_t type, const struct addr *dst,
    uint8_t protocol, uint32_t spi);
/* The answer to XFRM_MSG_GETSA.  False: not one. */
NODISCARD bool sa_usage(struct span body, struct kernel_usage *out);

/*
 * Replace all these policies by those given, or, on failure, none: what was
 * there before is there again.  Returns 0 or -errno with *why.
 */
NODISCARD int policies_replace(struct channel *c,
    const struct kernel_policy *policies, size_t n, struct text *why);
/* Absent ones are no error. */
NODISCARD int policy_delete(
    struct channel *c, const struct kernel_policy *p, struct text *why);
void policy_print(struct text *t, const struct kernel_policy *p);
/* As the kernel describes it, with the attribute XFRMA_TMPL; a trap is told as
 * KERNEL_PROTECT.  Of the templates at most three are kept. */
void policy_read(struct kernel_policy *p, const struct xfrm_userpolicy_info *i,
    struct span tmpls);

/* kernel.list and kernel.supports. */
NODISCARD int netkey_list(void *ctx, uint32_t first, uint32_t last,
    kernel_seen_fn *seen, void *arg, struct text *why);
NODISCARD int
netkey_supports(void *ctx, uint8_t protocol, uint8_t family, struct text *why);

/*
 * Of all that the kernel tells of SAs and policies, let only this through to a
 * socket: a trap was met, an SA reached a limit, and what is deleted by a
 * request that did not come from port 'ours'.  Returns 0 or -errno.
 */
NODISCARD int events_filter(int fd, uint32_t ours);

/*
 * Have policies between networks found by hash from these prefix lengths up,
 * instead of by a search whose price grows with their number.  Of this network
 * namespace, and for all programs in it.  Returns 0 or -errno.
 */
NODISCARD int spd_hash_networks(struct channel *c);

#endif
