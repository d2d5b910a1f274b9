/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an exchange has negotiated, as the kernel's SAs and policies.  Nothing
 * here talks to the kernel.
 */
#include "engine/ike/neg.h"

enum {
	REPLAY_WINDOW = 32,     /* packets */
	HARD_SLACK_S = 30,      /* the kernel's limit behind our own clock's */
	PRIORITY_LOWEST = 4096, /* for 0.0.0.0/0; smaller wins */
	PRIORITY_PER_BIT = 8
};

/* Cipher key first, then authentication key (RFC 2401 4.4.3 by way of
 * RFC 2409 5.5). */
static bool
split_keymat(const struct xchg *x, size_t i, const struct neg_sa *sa,
    struct kernel_sa *out)
{
	const struct keymat *km = xchg_keymat(x, i);
	size_t key = sa->key_bits / 8u;

	if (km == NULL || km->key.n < key)
		return false;
	out->cipher_key = span_head(secret_span(&km->key), key);
	out->auth_key = span_from(secret_span(&km->key), key);
	return out->auth_key.n == alg_hashes[sa->hash].size;
}

bool
sadb_sa(
    const struct xchg *x, size_t i, enum kernel_dir dir, struct kernel_sa *out)
{
	const struct neg *neg = neg_of(x);
	const struct neg_sa *sa = &neg->sas[i];
	const struct path *path = xchg_path(x);
	bool in = dir == KERNEL_IN;

	*out = (struct kernel_sa){
	    .protocol = sa->protocol,
	    .mode = sa->mode,
	    .dir = (uint8_t)dir,
	    .spi = in ? sa->spi_in : sa->spi_out,
	    .src = in ? path->remote.a : path->local.a,
	    .dst = in ? path->local.a : path->remote.a,
	    .reqid = neg_conn(x)->reqid,
	    .cipher = sa->cipher,
	    .auth = sa->hash,
	    .replay_window = REPLAY_WINDOW,
	    .hard_s = neg->life_s == 0 ? 0 : neg->life_s + HARD_SLACK_S,
	    .src_sel = in ? neg->theirs : neg->ours,
	    .dst_sel = in ? neg->ours : neg->theirs,
	};
	return split_keymat(x, 2 * i + (in ? 0 : 1), sa, out);
}

void
sadb_policy(const struct xchg *x, enum kernel_dir dir, struct kernel_policy *p)
{
	const struct neg *neg = neg_of(x);
	const struct path *path = xchg_path(x);
	bool in = dir == KERNEL_IN;
	uint32_t bits = (uint32_t)neg->ours.bits + neg->theirs.bits;

	*p = (struct kernel_policy){
	    .dir = (uint8_t)dir,
	    .action = KERNEL_PROTECT,
	    .src = in ? neg->theirs : neg->ours,
	    .dst = in ? neg->ours : neg->theirs,
	    .priority = PRIORITY_LOWEST - PRIORITY_PER_BIT * bits,
	    .n_tmpl = neg->n_sas,
	};
	for (size_t i = 0; i < neg->n_sas; i++)
		p->tmpl[i] = (struct kernel_tmpl){
		    .protocol = neg->sas[i].protocol,
		    .mode = neg->sas[i].mode,
		    .spi = in ? 0 : neg->sas[i].spi_out,
		    .reqid = neg_conn(x)->reqid,
		    .src = in ? path->remote.a : path->local.a,
		    .dst = in ? path->local.a : path->remote.a,
		};
}
