/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SAs, and what is on its way, ended because somebody wants it. */
#include "engine/ike/neg.h"

void
neg_end_state(struct xchg *x, const char *why)
{
	struct engine *e = xchg_engine(x);
	uint64_t number = xchg_number(x);

	xchg_log(x, LEVEL_INFO, "deleting state (STATE_%s): %s",
	    xchg_state(x)->name, why);
	if (!xchg_established(x)) {
		neg_of(x)->over = true;
		if (neg_of(x)->client != 0)
			xchg_tell(x, RC_FATAL,
			    "STATE_%s: negotiation ended: %s",
			    xchg_state(x)->name, why);
	}
	if (engine_local(e, number, LOCAL_DELETE))
		return;
	info_withdraw(x);
	engine_delete(e, number);
}

void
neg_end(struct xchg *x, const char *why)
{
	neg_of(x)->over = true;
	neg_end_state(x, why);
}

static void
end_of(struct ike *k, struct connection *c, uint8_t phase, const char *why)
{
	struct xchg *x = neg_next_of(k, c, 0);

	while (x != NULL) {
		uint64_t number = xchg_number(x);

		if (xchg_def(x)->phase == phase && !xchg_def(x)->oneway)
			neg_end(x, why);
		x = neg_next_of(k, c, number);
	}
}

/* Instances stand behind their template, and may go with what ends. */
static void
end_phase(struct ike *k, uint32_t conn, uint8_t phase, const char *why)
{
	struct connection *c = conn == 0 ? conn_next(k->conns, NULL)
					 : conn_by_number(k->conns, conn);

	while (c != NULL && conn_is_of(c, conn)) {
		struct connection *next;

		conn_hold(c);
		end_of(k, c, phase, why);
		next = conn_next(k->conns, c);
		conn_let_go(k, c);
		c = next;
	}
}

void
neg_end_ipsec(struct ike *k, uint32_t conn, const char *why)
{
	pending_forget(k, conn, why);
	end_phase(k, conn, 2, why);
}

void
neg_end_all(struct ike *k, uint32_t conn, const char *why)
{
	neg_end_ipsec(k, conn, why);
	end_phase(k, conn, 1, why);
}

void
ike_shutdown(struct ike *k)
{
	struct connection *c = NULL;

	ike_set_deaf(k); /* nothing starts any more */
	neg_end_all(k, 0, "shutting down");
	while ((c = conn_next(k->conns, c)) != NULL)
		route_undo(k, c);
}
