/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of whack --status share: its lines go to one whack. */
#ifndef ENGINE_IKE_STATUS_H
#define ENGINE_IKE_STATUS_H

#include "engine/ike/neg.h"

enum { STATUS_LINE = 1400 };

struct report {
	struct ike *k;
	uint32_t client;
};

/* One line, and the empty one between two parts. */
void status_put(const struct report *r, const struct text *t);
void status_put_blank(const struct report *r);

/* ---- status_state.c: every exchange, the newest first ------------------- */

void status_put_states(const struct report *r);

/* ---- status_route.c: what the kernel and scripts do without an exchange -- */

/* "erouted", "prospective erouted" ... */
const char *status_routing(const struct ike *k, const struct connection *c);
/* The policies that catch packets, and the script that runs. */
void status_put_shunts(const struct report *r);
void status_put_script(const struct report *r);

#endif
