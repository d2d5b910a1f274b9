/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files about Quick Mode's SA payloads share: bundles, and how one is
 * held against a connection, whichever side we are on.
 */
#ifndef ENGINE_IKE_PHASE2_H
#define ENGINE_IKE_PHASE2_H

#include "engine/ike/neg.h"

enum {
	ALG_NONE = 0xff, /* of neg_sa and suite */
	BUNDLE_MAX = 3   /* AH around ESP around IPComp */
};

/* The proposals of one number: all are taken, or none (RFC 2408 4.2). */
struct bundle {
	uint8_t number;
	uint8_t n; /* may be more than BUNDLE_MAX, the first ones are kept */
	struct pl_p p[BUNDLE_MAX];
};

/* What is taken of a bundle: of each proposal one transform, and what that
 * means, without our own SPI. */
struct choice {
	struct pl_t t[BUNDLE_MAX];
	struct at_ipsec at[BUNDLE_MAX];
	struct neg_sa sa[BUNDLE_MAX];
	const struct alg_group *group; /* of PFS; NULL: none */
};

/* The bundle at which the iterator stands, which moves behind it.  False: it
 * stood at the end. */
NODISCARD bool bundle_next(struct bundle *b, struct pl_p_it *it);

/*
 * The first acceptable transform of each protocol of b, which is one bundle of
 * this SA payload.  False: it cannot be taken, and the log has every reason.
 */
NODISCARD bool bundle_fit(const struct xchg *x, const struct pl_sa *sa,
    const struct bundle *b, struct choice *c);

/* The kernel has IPComp for x's peer.  False: *why says what it answered. */
NODISCARD bool phase2_compresses(const struct xchg *x, struct text *why);

#endif
