/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whack request, decoded and checked against the option table.  Used on both
 * sides: whack builds one from its command line and encodes it, pluto decodes.
 */
#ifndef ENGINE_IKE_REQUEST_H
#define ENGINE_IKE_REQUEST_H

#include "engine/base/option.h"
#include "gen/control.gen.h"
#include "gen/enums.gen.h"

struct request_value {
	bool set;
	uint32_t number;   /* numbers, choices, masks */
	struct span bytes; /* strings, addresses, subnets; borrowed from the
	                      datagram */
};
struct request {
	uint8_t op; /* enum ctl_op */
	/* [0]: not of an end; [1] left, [2] right (enum ctl_end) */
	struct request_value v[3][N_WHACK_OPTIONS];
	uint32_t bits_goal;  /* OR of OPTION_BITs of goal */
	uint32_t bits_debug; /* and of debug */
	bool debug_given;
};

/*
 * Decode one whole message as it came from the socket.  False: *why says what
 * was expected and what came (RC_BADWHACKMESSAGE).  r borrows from bytes.
 */
NODISCARD bool
request_decode(struct request *r, struct span bytes, struct text *why);
/* The number given, or the option's default. */
uint32_t
request_number(const struct request *r, enum ctl_end end, enum whack_option o);

#endif
