/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a connection has in the kernel: the SAs of its exchanges, and the
 * policies that send traffic through them or catch it.
 *
 * All SAs of a connection share its reqid, so that inbound policies accept an
 * old SA beside its replacement.  The outbound policy names the newest SA's
 * SPI: sending moves to it at once and as a whole, and back when it goes first.
 * A policy is replaced by the next one and never taken away before, so that no
 * packet passes in between.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/ike/route.h"

enum { REPLACE_TRIES = 2, POLICIES_MAX = 3 };

struct installed *
installed_of(const struct connection *c, uint64_t xchg)
{
	LIST_EACH(n, &c->sas) {
		struct installed *sas = container_of(n, struct installed, node);

		if (sas->xchg == xchg)
			return sas;
	}
	return NULL;
}

struct installed *
installed_sender(const struct connection *c)
{
	struct installed *found = NULL;

	LIST_EACH(n, &c->sas) {
		struct installed *sas = container_of(n, struct installed, node);

		if (sas->out && !sas->ended)
			found = sas;
	}
	return found;
}

static const struct installed *
newest_inbound(const struct connection *c)
{
	const struct installed *found = NULL;

	LIST_EACH(n, &c->sas) {
		const struct installed *sas =
		    container_of(n, struct installed, node);

		if (sas->in && (!sas->ended || found == NULL))
			found = sas;
	}
	return found;
}

static bool
any_inbound(const struct connection *c)
{
	const struct installed *sas = newest_inbound(c);

	return sas != NULL && !sas->ended;
}

bool
installed_any(const struct connection *c)
{
	return any_inbound(c) || installed_sender(c) != NULL;
}

/* ---- in ---------------------------------------------------------------- */

static struct installed *
installed_new(struct xchg *x, struct connection *c)
{
	const struct neg *neg = neg_of(x);
	size_t octets = neg->n_sas * sizeof(neg->sas[0]);
	struct installed *sas = calloc(1, sizeof(*sas) + octets);

	if (sas == NULL)
		return NULL;
	list_append(&c->sas, &sas->node);
	sas->xchg = xchg_number(x);
	sas->n = neg->n_sas;
	memcpy(sas->sas, neg->sas, octets);
	return sas;
}

static void
installed_free(struct installed *sas)
{
	list_remove(&sas->node);
	free(sas);
}

/* --disablearrivalcheck: packets from the tunnel may have any addresses. */
static bool
is_unchecked(const struct connection *c, const struct installed *sas)
{
	bool tunnel = false;

	for (size_t i = 0; i < sas->n; i++)
		tunnel = tunnel || sas->sas[i].mode == KERNEL_TUNNEL;
	return tunnel && (c->goal & GOAL_DISABLEARRIVALCHECK) != 0;
}

/*
 * The policies of sas in the directions of a mask.  Linux lets nothing out of a
 * tunnel that no inbound policy is about; so what is not to be checked has one
 * that asks for nothing, and one for all other addresses, of which there is one
 * in the kernel, for the newest connection that wants it.
 */
static size_t
policies_of(const struct connection *c, const struct installed *sas,
    unsigned dirs, struct kernel_policy out[POLICIES_MAX])
{
	size_t n = 0;

	if ((dirs & 1u << KERNEL_OUT) != 0)
		sadb_policy(c, sas->sas, sas->n, KERNEL_OUT, &out[n++]);
	if ((dirs & 1u << KERNEL_IN) == 0)
		return n;
	sadb_policy(c, sas->sas, sas->n, KERNEL_IN, &out[n]);
	if (!is_unchecked(c, sas))
		return n + 1;
	out[n].optional = true;
	sadb_anywhere(&out[n], &out[n + 1]);
	return n + 2;
}

/* The SAs of x in the directions of a mask.  False: no keys for them. */
static bool
sas_of(const struct xchg *x, unsigned dirs, struct kernel_sa *out, size_t *n)
{
	*n = 0;
	for (unsigned dir = KERNEL_IN; dir <= KERNEL_OUT; dir++)
		for (size_t i = 0; i < neg_of(x)->n_sas; i++)
			if ((dirs & 1u << dir) != 0 &&
			    !sadb_sa(x, i, (enum kernel_dir)dir, &out[(*n)++]))
				return false;
	return true;
}

/* They are there. */
static void
note(struct xchg *x, struct connection *c, struct installed *sas, unsigned dirs)
{
	if ((dirs & 1u << KERNEL_IN) != 0) {
		sas->in = true;
		c->checked = true;
	}
	if ((dirs & 1u << KERNEL_OUT) == 0)
		return;
	sas->out = true;
	list_remove(&sas->node); /* nothing is sent with a newer one */
	list_append(&c->sas, &sas->node);
	c->sender = sas;
	c->trapped = false;
	c->eroute_owner = sas->xchg;
	for (size_t i = 0; i < sas->n; i++)
		spi_pair(ike_of(x), &sas->sas[i], &conn_that(c)->host);
}

bool
installed_add(struct xchg *x, struct connection *c, unsigned dirs)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	struct installed *sas = installed_of(c, xchg_number(x));
	bool fresh = sas == NULL;
	struct kernel_policy policies[POLICIES_MAX];
	struct kernel_sa kernel_sas[6];
	size_t n;
	TEXT(why, 400);

	if (fresh)
		sas = installed_new(x, c);
	if (sas == NULL)
		text_add(&why, "out of memory");
	else if (!sas_of(x, dirs, kernel_sas, &n))
		text_add(&why, "there are no keys for these SAs");
	else if (kernel->install(kernel->ctx, kernel_sas, n, policies,
		     policies_of(c, sas, dirs, policies), &why) == 0) {
		note(x, c, sas, dirs);
		return true;
	}
	xchg_tell(x, RC_LOG_SERIOUS, "the kernel refused: %s", why.p);
	if (fresh && sas != NULL)
		installed_free(sas);
	return false;
}

/* Policies in the place of others.  The kernel refuses them for want of memory
 * alone, which may be there at once: what they replace must not go before.
 * False: said. */
static bool
replace(const struct ike *k, const struct connection *c, uint32_t client,
    const struct kernel_policy *policies, size_t n)
{
	const struct kernel *kernel = k->kernel;
	TEXT(why, 400);

	for (int i = 0; i < REPLACE_TRIES; i++) {
		why = text_of(why_buf, sizeof(why_buf));
		if (kernel->install(kernel->ctx, NULL, 0, policies, n, &why) ==
		    0)
			return true;
	}
	ike_say(k, client, RC_LOG_SERIOUS, "%s: the kernel refused: %s",
	    c->label, why.p);
	return false;
}

/* Put the trap in the place of whatever outbound policy there is. */
static bool catch (const struct ike *k, struct connection *c, uint32_t client)
{
	struct kernel_policy p;

	sadb_trap(c, &p);
	if (!c->trapped)
		c->trapped = replace(k, c, client, &p, 1);
	return c->trapped;
}

bool
installed_trap(const struct ike *k, struct connection *c, uint32_t client)
{
	return c->sender != NULL || catch (k, c, client);
}

/* ---- out --------------------------------------------------------------- */

static void
delete_policy(const struct ike *k, const struct connection *c,
    const struct kernel_policy *p)
{
	TEXT(why, 400);

	if (k->kernel->delete_policy(k->kernel->ctx, p, &why) != 0)
		ike_say(k, 0, RC_LOG_SERIOUS, "%s: the kernel refused: %s",
		    c->label, why.p);
}

static void
delete_sas(const struct ike *k, const struct connection *c,
    const struct installed *sas, enum kernel_dir dir)
{
	bool in = dir == KERNEL_IN;
	const struct end *end = in ? conn_this(c) : conn_that(c);

	if (!(in ? sas->in : sas->out))
		return;
	for (size_t i = 0; i < sas->n; i++) {
		const struct neg_sa *sa = &sas->sas[i];
		TEXT(why, 400);

		if (k->kernel->delete_sa(k->kernel->ctx, &end->host,
			sa->protocol, in ? sa->spi_in : sa->spi_out, &why) != 0)
			ike_say(k, 0, RC_LOG_SERIOUS,
			    "%s: the kernel refused: %s", c->label, why.p);
	}
}

/* Send with these from now on, which are older than those so far. */
static void
fall_back(
    const struct ike *k, struct connection *c, const struct installed *sas)
{
	const struct xchg *x = engine_find(k->engine, sas->xchg);
	unsigned dirs = 1u << KERNEL_OUT | (sas->in ? 1u << KERNEL_IN : 0);
	struct kernel_policy policies[POLICIES_MAX];

	if (!replace(k, c, 0, policies, policies_of(c, sas, dirs, policies)))
		return;
	c->sender = sas;
	c->eroute_owner = sas->xchg;
	if (x != NULL)
		xchg_log(x, LEVEL_INFO, "sending with this IPsec SA again");
}

/* Without SAs to send with. */
static void
leave_outbound(const struct ike *k, struct connection *c, bool trap)
{
	struct kernel_policy p;

	if (c->sender == NULL && !c->trapped)
		return;
	if (trap) {
		if (catch (k, c, 0))
			c->sender = NULL;
	} else {
		sadb_trap(c, &p);
		delete_policy(k, c, &p);
		c->sender = NULL;
		c->trapped = false;
	}
	if (c->sender == NULL)
		c->eroute_owner = 0;
}

/* Another connection has to go without arrival check, and may do so now. */
static bool
hand_over(const struct ike *k, const struct connection *c,
    const struct kernel_policy *anywhere)
{
	struct kernel_policy policies[POLICIES_MAX];
	const struct connection *o = NULL;

	while ((o = conn_next(k->conns, o)) != NULL) {
		const struct installed *sas =
		    o->checked && o != c ? newest_inbound(o) : NULL;

		if (sas == NULL || !is_unchecked(o, sas))
			continue;
		(void)policies_of(o, sas, 1u << KERNEL_IN, policies);
		if (subnet_equal(&policies[1].src, &anywhere->src))
			return replace(k, o, 0, &policies[1], 1);
	}
	return false;
}

static void
leave_inbound(const struct ike *k, struct connection *c)
{
	struct kernel_policy policies[POLICIES_MAX];
	size_t n = policies_of(c, newest_inbound(c), 1u << KERNEL_IN, policies);

	c->checked = false;
	delete_policy(k, c, &policies[0]);
	if (n > 1 && !hand_over(k, c, &policies[1]))
		delete_policy(k, c, &policies[1]);
}

void
installed_clear(struct ike *k, struct connection *c, bool trap)
{
	const struct installed *sender = installed_sender(c);

	if (sender == NULL)
		leave_outbound(k, c, trap);
	else if (c->sender == NULL || c->sender->ended)
		fall_back(k, c, sender);
	if (c->checked && !any_inbound(c))
		leave_inbound(k, c);
	LIST_EACH_REMOVABLE(n, &c->sas) {
		struct installed *sas = container_of(n, struct installed, node);

		/* if no other policy could take its place, it stays */
		if (!sas->ended || sas == c->sender)
			continue;
		delete_sas(k, c, sas, KERNEL_OUT);
		delete_sas(k, c, sas, KERNEL_IN);
		spi_free_all(k, sas->xchg);
		installed_free(sas);
	}
}

/* ---- back again -------------------------------------------------------- */

void
installed_restore(const struct ike *k, const struct connection *c)
{
	struct kernel_policy policies[POLICIES_MAX];
	size_t n = 0;

	if (c->sender != NULL)
		n = policies_of(c, c->sender, 1u << KERNEL_OUT, policies);
	else if (c->trapped)
		sadb_trap(c, &policies[n++]);
	if (c->checked)
		n += policies_of(
		    c, newest_inbound(c), 1u << KERNEL_IN, &policies[n]);
	(void)replace(k, c, 0, policies, n);
}
