/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold at every moment of the simulated hour. */
#include "test/sim/life.h"

#include <string.h>

#include "engine/ike/neg.h"

static const char *
name_of(const struct life_end *e)
{
	return e->peer->host->name;
}

/* It sends in the clear, whatever the other end says to that. */
static bool
leaks(const struct life *l, unsigned conn, unsigned end)
{
	const struct addr *inner = l->inner[conn];

	return fake_probe(&l->end[end].peer->host->kernel, &l->nowhere,
		   &inner[end], &inner[1 - end], NULL) == FAKE_PLAIN;
}

/* ---- the kernel's tables ---- */

/* The newest SA in the kernel for what a template says; NULL. */
static const struct kernel_sa *
newest_sa(const struct fake_kernel *k, const struct kernel_tmpl *t)
{
	const struct kernel_sa *found = NULL;

	LIST_EACH(n, &k->sas) {
		const struct kernel_sa *sa =
		    &container_of(n, struct fake_sa, node)->sa;

		if (sa->reqid == t->reqid && sa->protocol == t->protocol &&
		    addr_equal(&sa->dst, &t->dst))
			found = sa;
	}
	return found;
}

static bool
has_outbound_policy(const struct fake_kernel *k, uint32_t reqid)
{
	LIST_EACH(n, &k->policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		if (p->dir == KERNEL_OUT && p->tmpl[0].reqid == reqid)
			return true;
	}
	return false;
}

/* Where there is an SA to send with, a policy catches what it is for. */
static void
check_sas(struct life *l, const struct life_end *e)
{
	const struct fake_host *h = e->peer->host;

	LIST_EACH(n, &h->kernel.sas) {
		const struct kernel_sa *sa =
		    &container_of(n, struct fake_sa, node)->sa;

		if (addr_equal(&sa->src, &h->at.a) &&
		    !has_outbound_policy(&h->kernel, sa->reqid))
			sim_fail(&l->run,
			    "%s: sends in the clear beside SA 0x%08lx",
			    name_of(e), (unsigned long)sa->spi);
	}
}

/* Each template that names an SA names the newest; while scripts of its end run
 * the kernel may be faster. */
static void
check_policy(
    struct life *l, const struct life_end *e, const struct kernel_policy *p)
{
	const struct fake_kernel *k = &e->peer->host->kernel;

	for (unsigned i = 0; i < p->n_tmpl; i++) {
		const struct kernel_sa *sa = newest_sa(k, &p->tmpl[i]);

		if (p->tmpl[i].spi != 0 && sa == NULL && ike_busy(e->peer->ike))
			continue;
		if (p->tmpl[i].spi != 0 &&
		    (sa == NULL || sa->spi != p->tmpl[i].spi))
			sim_fail(&l->run,
			    "%s: the policy sends with SA 0x%08lx, the newest "
			    "is 0x%08lx",
			    name_of(e), (unsigned long)p->tmpl[i].spi,
			    sa == NULL ? 0ul : (unsigned long)sa->spi);
	}
}

/* One connection: one outbound policy at most. */
static void
check_policies(struct life *l, const struct life_end *e)
{
	unsigned n_out = 0;

	LIST_EACH(n, &e->peer->host->kernel.policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		if (p->dir != KERNEL_OUT)
			continue;
		n_out++;
		check_policy(l, e, p);
	}
	if (n_out > l->n_conns)
		sim_fail(
		    &l->run, "%s: %u outbound policies", name_of(e), n_out);
}

/* Its tables are not damaged, and what is to be done now has been done. */
static bool
is_settled(const struct life *l, const struct life_end *e)
{
	uint64_t now_ms = l->run.world->now_ms;

	return e->peer->ike != NULL && !e->held_up && now_ms >= e->grace_ms &&
	    engine_next_ms(e->peer->host->engine) > now_ms &&
	    ike_next_ms(e->peer->ike) > now_ms;
}

/* gaps: packets may have passed since the last look. */
static void
check_promises(struct life *l, unsigned end, bool gaps)
{
	const struct life_end *e = &l->end[end];

	for (unsigned i = 0; i < l->n_conns; i++) {
		const struct life_conn *c = &e->conn[i];

		if ((c->routed || c->wanted) && (gaps || leaks(l, i, end)))
			sim_fail(&l->run,
			    "%s: sends in the clear though \"%s\" is %s",
			    name_of(e), c->name,
			    c->routed ? "routed" : "wanted");
	}
}

static void
check_kernel(struct life *l, unsigned end)
{
	struct life_end *e = &l->end[end];
	const struct fake_kernel *k = &e->peer->host->kernel;
	/* with two connections nobody knows whose policy it was */
	bool gaps = k->gaps > e->gaps && l->n_conns == 1;

	e->gaps = k->gaps;
	if (k->complaints > 0)
		sim_fail(&l->run, "%s: the kernel complains: %s", name_of(e),
		    k->complaint);
	if (!is_settled(l, e))
		return;
	check_policies(l, e);
	check_sas(l, e);
	check_promises(l, end, gaps);
}

/* Both ends agree on keys, or neither sends. */
static void
check_agreement(struct life *l, unsigned conn, unsigned end)
{
	const struct addr *inner = l->inner[conn];
	TEXT(why, 200);

	(void)fake_probe(&l->end[end].peer->host->kernel,
	    &l->end[1 - end].peer->host->kernel, &inner[end], &inner[1 - end],
	    &why);
	if (strstr(why.p, "differ") != NULL ||
	    strstr(why.p, "policy wants") != NULL)
		sim_fail(&l->run, "packet from %s: %s", name_of(&l->end[end]),
		    why.p);
}

/* ---- exchanges ---- */

static bool
has_sa(const struct xchg *x, const struct kernel_sa *sa)
{
	const struct neg *neg = neg_of(x);

	for (size_t i = 0; i < neg->n_sas; i++)
		if (neg->sas[i].protocol == sa->protocol &&
		    (neg->sas[i].spi_in == sa->spi ||
			neg->sas[i].spi_out == sa->spi))
			return true;
	return false;
}

/* An SA is that of an exchange. */
static void
check_owner(
    struct life *l, const struct life_end *e, const struct kernel_sa *sa)
{
	const struct xchg *x = NULL;

	while ((x = engine_next(e->peer->host->engine, x)) != NULL)
		if (xchg_def(x)->phase == 2 && has_sa(x, sa))
			return;
	sim_fail(&l->run, "%s: no exchange has SA 0x%08lx", name_of(e),
	    (unsigned long)sa->spi);
}

static void
check_exchanges(struct life *l, const struct life_end *e)
{
	const struct xchg *x = NULL;

	while ((x = engine_next(e->peer->host->engine, x)) != NULL)
		if (xchg_established(x) && !xchg_authenticated(x))
			sim_fail(&l->run,
			    "%s: #%u is up without authentication", name_of(e),
			    (unsigned)xchg_serial(x));
	if (ike_busy(e->peer->ike) || !is_settled(l, e))
		return;
	LIST_EACH(n, &e->peer->host->kernel.sas)
		check_owner(l, e, &container_of(n, struct fake_sa, node)->sa);
}

/* After damage the time for repair begins when all scripts have run. */
static void
follow_repair(const struct life *l, struct life_end *e)
{
	uint64_t now_ms = l->run.world->now_ms;
	bool busy = e->peer->ike != NULL && ike_busy(e->peer->ike);

	if (e->held_up && (busy || e->was_busy))
		e->grace_ms = now_ms + LIFE_REPAIR_MS;
	else if (now_ms >= e->grace_ms)
		e->held_up = false;
	e->was_busy = busy;
}

static void
check_end(struct life *l, unsigned end)
{
	struct life_end *e = &l->end[end];

	life_check_scripts(l, e);
	check_kernel(l, end);
	for (unsigned i = 0; i < l->n_conns; i++)
		check_agreement(l, i, end);
	follow_repair(l, e);
	if (e->peer->ike != NULL && !e->held_up &&
	    l->run.world->now_ms >= e->grace_ms)
		check_exchanges(l, e);
}

void
life_watch(void *ctx, struct fake_world *w)
{
	struct life *l = ctx;

	(void)w;
	check_end(l, 0);
	check_end(l, 1);
}

enum fake_fate
life_send(struct life *l, unsigned conn, unsigned end, struct text *why)
{
	const struct addr *inner = l->inner[conn];

	return fake_packet(&l->end[end].peer->host->kernel,
	    &l->end[1 - end].peer->host->kernel, &inner[end], &inner[1 - end],
	    why);
}

/* ---- the end ---- */

void
life_check_nothing_left(struct life *l, unsigned end)
{
	const struct life_end *e = &l->end[end];

	sim_check_nothing_left(&l->run, e->peer, l->n_conns, e->client_base);
	life_check_undone(l, e);
}
