/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From whack's description of a connection to one that may be used. */
#ifndef ENGINE_IKE_LOAD_H
#define ENGINE_IKE_LOAD_H

#include "engine/ike/connection.h"
#include "engine/ike/request.h"

/* Why a description is refused. */
struct refusal {
	unsigned code; /* enum rc */
	struct text text;
};

/* Fill in c, all zero, from a CONNECTION request.  False: *why says what is
 * wrong with it. */
NODISCARD bool load_connection(
    struct connection *c, const struct request *r, struct refusal *why);
/* What its user should know although it is accepted. */
enum load_warning {
	LOAD_OLD_NOTATION, /* of %any or %direct (rulings D10) */
	LOAD_MYID,         /* it has --id %myid, which is not set */
	LOAD_IKE_LIFE,     /* no sure time to replace its ISAKMP SAs */
	LOAD_IPSEC_LIFE,   /* or its IPsec SAs (rulings D24) */
	LOAD_LEGACY        /* its policy has algorithms that are out of date */
};
/* False: there is nothing to say about that. */
NODISCARD bool
load_warning(const struct connection *c, enum load_warning w, struct text *t);

#endif
