/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diffie-Hellman and nonces: the derive actions that make them, and the guard
 * on the peer's public value.  The exponentiations run as jobs, beside the
 * loop.
 */
#include <stdlib.h>

#include "engine/ike/neg.h"
#include "engine/ike/suite.h"

enum { NONCE_OCTETS = 32 }; /* RFC 2409 5 allows 8..256 */

/* One exponentiation, with all that it needs and nothing of the exchange. */
struct dh_job {
	struct job job;
	struct dh_group group;
	struct secret private_value;
	struct secret peer; /* empty: g is raised */
	struct secret result;
	enum slot to;
	bool ok;
};

static struct dh_job *
dh_job_of(struct job *j)
{
	return container_of(j, struct dh_job, job);
}

static void
dh_work(struct job *j)
{
	struct dh_job *d = dh_job_of(j);
	struct span x = secret_span(&d->private_value);

	d->ok = d->peer.n == 0
	    ? dh_public(&d->group, x, &d->result)
	    : dh_shared(&d->group, x, secret_span(&d->peer), &d->result);
}

static enum status
dh_done(struct job *j, struct xchg *x)
{
	struct dh_job *d = dh_job_of(j);

	if (d->ok && xchg_slot_set(x, d->to, secret_span(&d->result)))
		return ST_OK;
	xchg_log(x, LEVEL_ERR, "Diffie-Hellman failed: no memory");
	return ST_FAIL;
}

static void
dh_cleanup(struct job *j)
{
	struct dh_job *d = dh_job_of(j);

	secret_free(&d->private_value);
	secret_free(&d->peer);
	secret_free(&d->result);
	free(d);
}

/* Raise 'peer', or g when it is empty, to the private value and put it into
 * 'to'. */
static enum status
dh_start(
    struct xchg *x, struct span private_value, struct span peer, enum slot to)
{
	struct dh_job *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ST_FAIL;
	d->job = (struct job){
	    .work = dh_work,
	    .done = dh_done,
	    .cleanup = dh_cleanup,
	};
	d->group = suite_group(xchg_suite(x)->group);
	d->to = to;
	if (!secret_dup(&d->private_value, private_value) ||
	    !secret_dup(&d->peer, peer)) {
		dh_cleanup(&d->job);
		return ST_FAIL;
	}
	return xchg_start_job(x, &d->job);
}

static enum slot
peer_ke(const struct xchg *x)
{
	return xchg_role(x) == ROLE_INITIATOR ? SLOT_KER : SLOT_KEI;
}

/* The peer's public value: as long as the group's prime, and 1 < y < p-1. */
bool
guard_ke_fits_group(const struct xchg *x, const struct msg *m)
{
	uint8_t id = xchg_suite(x)->group;
	struct span y = xchg_slot(x, peer_ke(x), 0);
	struct dh_group g;

	(void)m;
	if (id >= N_GROUPS)
		return false;
	g = suite_group(id);
	if (dh_public_ok(&g, y))
		return true;
	xchg_log_limited(x,
	    "the peer's Diffie-Hellman value (%zu octets) is "
	    "no public value of group %s (%zu octets, 1 < y < p-1)",
	    y.n, alg_groups[id].name, g.prime.n);
	return false;
}

/* -> KE, DH_PRIVATE */
enum status
derive_dh_keypair(struct xchg *x, const struct msg *m)
{
	uint8_t id = xchg_suite(x)->group;
	const struct env *env = engine_env(xchg_engine(x));
	enum slot to_private = xchg_target(x, 1);
	uint8_t exponent[64];
	size_t n;
	bool ok;

	(void)m;
	if (id >= N_GROUPS)
		return ST_FAIL;
	n = alg_groups[id].exponent_bits / 8;
	if (n > sizeof(exponent) || !env->random(env->ctx, exponent, n))
		return ST_FAIL;
	exponent[0] |= 0x80;
	ok = xchg_slot_set(x, to_private, span_of(exponent, n));
	wipe(exponent, sizeof(exponent));
	if (!ok)
		return ST_FAIL;
	return dh_start(
	    x, xchg_slot(x, to_private, 0), SPAN_NONE, xchg_target(x, 0));
}

/* -> DH */
enum status
derive_dh_secret(struct xchg *x, const struct msg *m)
{
	(void)m;
	if (xchg_suite(x)->group >= N_GROUPS)
		return ST_FAIL;
	return dh_start(x, xchg_slot(x, SLOT_DH_PRIVATE, 0),
	    xchg_slot(x, peer_ke(x), 0), xchg_target(x, 0));
}

/* -> Ni or Nr */
enum status
derive_own_nonce(struct xchg *x, const struct msg *m)
{
	const struct env *env = engine_env(xchg_engine(x));
	uint8_t nonce[NONCE_OCTETS];

	(void)m;
	if (!env->random(env->ctx, nonce, sizeof(nonce)) ||
	    !xchg_slot_set(x, xchg_target(x, 0), span_of(nonce, sizeof(nonce))))
		return ST_FAIL;
	return ST_OK;
}
