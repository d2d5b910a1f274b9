/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing: the steps by which a connection's SAs, policies and route come and
 * go, each with the script that goes before it (rulings D29).  Steps look at
 * what is there, not at what was asked for, so that the way down is the same
 * from wherever the way up was left.
 */
#include "engine/ike/route.h"

/* ---- what is there -------------------------------------------------------- */

/* Another connection has the same route. */
static bool
shares_route(const struct ike *k, const struct connection *c)
{
	return conn_next_routed(k->conns, c, NULL) != NULL;
}

static bool
needs_route(const struct ike *k, const struct task *t)
{
	return !t->c->routed && !shares_route(k, t->c);
}

static bool
needs_up(const struct ike *k, const struct task *t)
{
	(void)k;
	return !t->c->up;
}

static bool
needs_down(const struct ike *k, const struct task *t)
{
	(void)k;
	return t->c->up && installed_sender(t->c) == NULL;
}

/* Whether it keeps its route without SAs. */
static bool
stays(const struct task *t)
{
	const struct connection *c = t->c;

	if (t->forced || (t->failed && !t->was_routed))
		return false;
	return c->routed && !c->doomed && !c->leaving &&
	    (c->kept || (c->goal & GOAL_UP) != 0);
}

static bool
leaves_route(const struct task *t)
{
	return t->c->routed && installed_sender(t->c) == NULL && !stays(t);
}

static bool
needs_unroute(const struct ike *k, const struct task *t)
{
	return leaves_route(t) && !shares_route(k, t->c);
}

/* ---- acts ------------------------------------------------------------------ */

static enum task_outcome
begin_settling(struct ike *k, struct task *t)
{
	(void)k;
	t->c->settling = false;
	return TASK_ON;
}

static enum task_outcome
install(struct ike *k, struct task *t)
{
	struct xchg *x = engine_find(k->engine, t->xchg);

	return x != NULL && installed_add(x, t->c, t->dirs) ? TASK_ON
							    : TASK_FAILS;
}

static enum task_outcome
catch_packets(struct ike *k, struct task *t)
{
	return installed_trap(k, t->c, t->client) ? TASK_ON : TASK_FAILS;
}

static enum task_outcome
has_route(struct ike *k, struct task *t)
{
	if (conns_set_routed(k->conns, t->c, true))
		return TASK_ON;
	ike_say(k, task_teller(k, t), RC_INTERNALERR, "%s: out of memory",
	    t->c->label);
	return TASK_FAILS;
}

static enum task_outcome
is_up(struct ike *k, struct task *t)
{
	(void)k;
	t->c->up = true;
	return TASK_ON;
}

static enum task_outcome
is_down(struct ike *k, struct task *t)
{
	if (needs_down(k, t))
		t->c->up = false;
	return TASK_ON;
}

static enum task_outcome
leave_route(struct ike *k, struct task *t)
{
	/* the script has taken it away, whatever was asked for meanwhile */
	bool leaves = t->scripted || leaves_route(t);

	return leaves && !conns_set_routed(k->conns, t->c, false) ? TASK_FAILS
								  : TASK_ON;
}

static bool comes_back(const struct ike *k, const struct connection *c);

static enum task_outcome
clear(struct ike *k, struct task *t)
{
	installed_clear(k, t->c, stays(t) || comes_back(k, t->c));
	return TASK_ON;
}

static enum task_outcome
keep(struct ike *k, struct task *t)
{
	t->c->kept = true;
	ike_say(k, t->client, RC_SUCCESS, "%s: routed", t->c->label);
	return TASK_ON;
}

static enum task_outcome
unkeep(struct ike *k, struct task *t)
{
	struct connection *c = t->c;
	const struct installed *sas = installed_sender(c);
	const struct xchg *x =
	    engine_find(k->engine, sas == NULL ? 0 : sas->xchg);

	if (sas != NULL) {
		ike_say(k, t->client, RC_RTBUSY,
		    "%s: cannot unroute: IPsec SA #%lu uses the route; whack "
		    "--terminate ends it",
		    c->label, x == NULL ? 0ul : (unsigned long)xchg_serial(x));
		return TASK_FAILS;
	}
	c->kept = false;
	t->forced = true;
	return TASK_ON;
}

static enum task_outcome
tell_unrouted(struct ike *k, struct task *t)
{
	ike_say(k, t->client, RC_SUCCESS, "%s: unrouted", t->c->label);
	return TASK_ON;
}

/* ---- steps ----------------------------------------------------------------- */

/* clang-format off */
#define STEPS_DOWN                                  \
	{needs_down, VERB_DOWN, is_down},           \
	{needs_unroute, VERB_UNROUTE, leave_route}, \
	{NULL, VERB_NONE, clear}
#define STEPS_END {NULL, VERB_NONE, NULL}
/* clang-format on */

const struct step route_steps_down[] = {STEPS_DOWN, STEPS_END};

static const struct step steps_inbound[] = {
    {NULL, VERB_NONE, route_make_room},
    {NULL, VERB_NONE, install},
    STEPS_END,
};

/* The policies first: whatever the scripts take, no packet for the peer's client
 * goes in the clear once its SA is there. */
static const struct step steps_install[] = {
    {NULL, VERB_NONE, route_make_room},
    {NULL, VERB_NONE, install},
    {needs_route, VERB_PREPARE, NULL},
    {needs_route, VERB_ROUTE, has_route},
    {needs_up, VERB_UP, is_up},
    STEPS_END,
};

static const struct step steps_settle[] = {
    {NULL, VERB_NONE, begin_settling},
    STEPS_DOWN,
    STEPS_END,
};

static const struct step steps_route[] = {
    {NULL, VERB_NONE, route_make_room},
    {NULL, VERB_NONE, catch_packets},
    {needs_route, VERB_PREPARE, NULL},
    {needs_route, VERB_ROUTE, has_route},
    {NULL, VERB_NONE, keep},
    STEPS_END,
};

static const struct step steps_unroute[] = {
    {NULL, VERB_NONE, unkeep},
    STEPS_DOWN,
    {NULL, VERB_NONE, tell_unrouted},
    STEPS_END,
};

/* Its SAs or a trap wait for their turn: nothing passes before they are there. */
static bool
comes_back(const struct ike *k, const struct connection *c)
{
	if (c->holds == 1) /* by the task that asks */
		return false;
	LIST_EACH(n, &k->tasks) {
		const struct task *t = container_of(n, struct task, node);

		if (t->c == c && !t->failed &&
		    (t->first == steps_install || t->first == steps_route))
			return true;
	}
	return false;
}

/* ---- what exchanges ask for ------------------------------------------------ */

static enum status
route_install(struct xchg *x, const struct step *steps, unsigned dirs)
{
	struct connection *c = neg_conn(x);
	struct task *t = c == NULL ? NULL : task_new(c, steps);

	if (t == NULL)
		return ST_FAIL;
	t->dirs = dirs;
	return task_take_for(x, t);
}

enum status
effect_install_inbound_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return route_install(x, steps_inbound, 1u << KERNEL_IN);
}

enum status
effect_install_outbound_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return route_install(x, steps_install, 1u << KERNEL_OUT);
}

enum status
effect_install_both_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return route_install(
	    x, steps_install, 1u << KERNEL_IN | 1u << KERNEL_OUT);
}

void
route_end(struct xchg *x)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	struct installed *sas =
	    c == NULL ? NULL : installed_of(c, xchg_number(x));
	const struct installed *next;

	if (sas == NULL) {
		spi_free_all(k, xchg_number(x));
		return;
	}
	if (sas->ended)
		return;
	sas->ended = true;
	next = installed_sender(c);
	if (c->newest_ipsec == xchg_number(x))
		c->newest_ipsec = next == NULL ? 0 : next->xchg;
	route_settle(k, c);
}

enum status
effect_ipsec_sa_down(struct xchg *x, const struct msg *m)
{
	(void)m;
	route_end(x);
	return ST_OK;
}

/* ---- what others ask for --------------------------------------------------- */

/* False: no memory; said. */
static bool
ask(struct ike *k, struct connection *c, const struct step *steps,
    uint32_t client)
{
	struct task *t = task_new(c, steps);

	if (t == NULL) {
		ike_say(k, client, RC_LOG_SERIOUS,
		    "%s: out of memory: its routing stays as it is", c->label);
		return false;
	}
	t->client = client;
	task_take(k, t);
	return true;
}

void
route_settle(struct ike *k, struct connection *c)
{
	task_settle(k, c, steps_settle);
}

void
route_undo(struct ike *k, struct connection *c)
{
	c->kept = false;
	c->goal &= ~(uint32_t)GOAL_UP;
	route_settle(k, c);
}

void
route_restore(struct ike *k, struct connection *c)
{
	installed_restore(k, c);
}

void
route_request(struct ike *k, struct connection *c, uint32_t client)
{
	if (!ask(k, c, steps_route, client))
		k->env->whack_done(k->env->ctx, client);
}

void
unroute_request(struct ike *k, struct connection *c, uint32_t client)
{
	if (!ask(k, c, steps_unroute, client))
		k->env->whack_done(k->env->ctx, client);
}
