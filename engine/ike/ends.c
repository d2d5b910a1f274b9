/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SAs, and what is on its way, ended because somebody wants it. */
#include <stdlib.h>

#include "engine/ike/neg.h"

void
neg_end(struct xchg *x, const char *why)
{
	struct engine *e = xchg_engine(x);
	uint64_t number = xchg_number(x);

	xchg_log(x, LEVEL_INFO, "deleting state (STATE_%s): %s",
	    xchg_state(x)->name, why);
	neg_of(x)->over = true;
	if (!xchg_established(x) && neg_of(x)->client != 0)
		xchg_tell(x, RC_FATAL, "STATE_%s: negotiation ended: %s",
		    xchg_state(x)->name, why);
	if (!engine_local(e, number, LOCAL_DELETE))
		engine_delete(e, number);
}

/* The numbers of all exchanges; NULL: none, or no memory. */
static uint64_t *
snapshot(const struct ike *k, size_t *n)
{
	struct engine_stats stats;
	struct xchg *x = NULL;
	uint64_t *v;

	engine_stats(k->engine, &stats);
	v = calloc(stats.exchanges + 1, sizeof(*v));
	*n = 0;
	while (v != NULL && *n < stats.exchanges &&
	    (x = engine_next(k->engine, x)) != NULL)
		v[(*n)++] = xchg_number(x);
	return v;
}

static bool
is_of(const struct xchg *x, uint32_t conn)
{
	const struct connection *c = neg_conn(x);

	return conn == 0 || (c != NULL && conn_is_of(c, conn));
}

static void
end_phase(struct ike *k, uint32_t conn, uint8_t phase, const char *why)
{
	size_t n;
	uint64_t *v = snapshot(k, &n);

	for (size_t i = 0; v != NULL && i < n; i++) {
		struct xchg *x = engine_find(k->engine, v[i]);

		if (x != NULL && xchg_def(x)->phase == phase &&
		    !xchg_def(x)->oneway && is_of(x, conn))
			neg_end(x, why);
	}
	free(v);
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
