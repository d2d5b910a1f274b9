/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a finished negotiation to the kernel: SAs with their keys, and the
 * policies that send traffic through them.
 *
 * All SAs of a connection share its reqid, so that inbound policies accept an
 * old SA beside its replacement.  The outbound policy names the newest SA's
 * SPI: sending moves to it at once and as a whole, and back when it goes first.
 */
#include "engine/ike/neg.h"

/* Install the SAs of the directions dirs (a mask of 1 << enum kernel_dir)
 * with their policies, all or nothing. */
static enum status
install(struct xchg *x, unsigned dirs)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	struct neg *neg = neg_of(x);
	struct connection *c = neg_conn(x);
	struct kernel_sa sas[6];
	struct kernel_policy policies[2];
	size_t n_sas = 0, n_policies = 0;
	TEXT(why, 400);

	if (c == NULL || !conn_make_room(x, c))
		return ST_FAIL;
	for (unsigned dir = KERNEL_IN; dir <= KERNEL_OUT; dir++) {
		if ((dirs & 1u << dir) == 0)
			continue;
		for (size_t i = 0; i < neg->n_sas; i++)
			if (!sadb_sa(x, i, dir, &sas[n_sas++]))
				return ST_FAIL;
		sadb_policy(x, dir, &policies[n_policies++]);
	}
	if (kernel->install(
		kernel->ctx, sas, n_sas, policies, n_policies, &why) != 0) {
		xchg_tell(x, RC_LOG_SERIOUS, "the kernel refused: %s", why.p);
		return ST_FAIL;
	}
	if ((dirs & 1u << KERNEL_IN) != 0) {
		neg->in_kernel = true;
		c->inbound++;
	}
	if ((dirs & 1u << KERNEL_OUT) != 0) {
		neg->out_kernel = true;
		c->eroute_owner = xchg_number(x);
		for (size_t i = 0; i < neg->n_sas; i++)
			spi_pair(ike_of(x), &neg->sas[i],
			    &xchg_path(x)->remote.a);
	}
	return ST_OK;
}

enum status
effect_install_inbound_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return install(x, 1u << KERNEL_IN);
}

enum status
effect_install_outbound_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return install(x, 1u << KERNEL_OUT);
}

enum status
effect_install_both_sas(struct xchg *x, const struct msg *m)
{
	(void)m;
	return install(x, 1u << KERNEL_IN | 1u << KERNEL_OUT);
}

static void
delete_sas(struct xchg *x, enum kernel_dir dir)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	const struct neg *neg = neg_of(x);
	const struct path *path = xchg_path(x);
	bool in = dir == KERNEL_IN;

	for (size_t i = 0; i < neg->n_sas; i++) {
		const struct neg_sa *sa = &neg->sas[i];
		TEXT(why, 400);

		if (kernel->delete_sa(kernel->ctx,
			in ? &path->local.a : &path->remote.a, sa->protocol,
			in ? sa->spi_in : sa->spi_out, &why) != 0)
			xchg_log(
			    x, LEVEL_WARN, "the kernel refused: %s", why.p);
	}
}

static void
delete_policy(struct xchg *x, enum kernel_dir dir)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	struct kernel_policy p;
	TEXT(why, 400);

	sadb_policy(x, dir, &p);
	if (kernel->delete_policy(kernel->ctx, &p, &why) != 0)
		xchg_log(x, LEVEL_WARN, "the kernel refused: %s", why.p);
}

/* The newest other exchange with outbound SAs of this connection; NULL. */
static struct xchg *
next_sender(const struct xchg *x, const struct connection *c)
{
	struct xchg *o = NULL, *found = NULL;

	while ((o = engine_next(xchg_engine(x), o)) != NULL)
		if (o != x && neg_of(o)->conn == c->number &&
		    neg_of(o)->out_kernel)
			found = o;
	return found;
}

/* Send with an older SA from now on.  False: there is none. */
static bool
fall_back(const struct xchg *x, struct connection *c)
{
	const struct kernel *kernel = ike_of(x)->kernel;
	struct xchg *o = next_sender(x, c);
	struct kernel_policy p;
	TEXT(why, 400);

	if (o == NULL)
		return false;
	sadb_policy(o, KERNEL_OUT, &p);
	if (kernel->install(kernel->ctx, NULL, 0, &p, 1, &why) != 0) {
		xchg_log(o, LEVEL_WARN, "the kernel refused: %s", why.p);
		return false;
	}
	xchg_log(o, LEVEL_INFO, "sending with this IPsec SA again");
	c->eroute_owner = c->newest_ipsec = xchg_number(o);
	return true;
}

/* What the kernel shall do without this exchange's SAs, which are there yet. */
static void
leave_policies(struct xchg *x, struct connection *c)
{
	if (neg_of(x)->in_kernel && --c->inbound == 0)
		delete_policy(x, KERNEL_IN);
	if (c->eroute_owner != xchg_number(x))
		return;
	c->eroute_owner = 0;
	if (c->inbound == 0 || !fall_back(x, c))
		delete_policy(x, KERNEL_OUT);
}

void
sa_uninstall(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	struct connection *c = neg_conn(x);

	if (c != NULL)
		leave_policies(x, c);
	if (neg->out_kernel)
		delete_sas(x, KERNEL_OUT);
	if (neg->in_kernel)
		delete_sas(x, KERNEL_IN);
	neg->in_kernel = neg->out_kernel = false;
}

enum status
effect_ipsec_sa_down(struct xchg *x, const struct msg *m)
{
	struct connection *c = neg_conn(x);

	(void)m;
	sa_uninstall(x);
	if (c != NULL && c->newest_ipsec == xchg_number(x))
		c->newest_ipsec = 0;
	return ST_OK;
}
