/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an exchange has negotiated, as the kernel's SAs and policies.  Nothing
 * here talks to the kernel.
 */
#include "engine/ike/neg.h"

enum {
	REPLAY_WINDOW = 32, /* packets */
	/* The kernel's limit behind our own clock's, which begins later by an
	 * answer of the peer's and all scripts. */
	HARD_SLACK_S = 300,
	PRIORITY_LOWEST = 4096, /* for 0.0.0.0/0; smaller wins */
	PRIORITY_PER_BIT = 8
};

uint16_t
sadb_key_octets(const struct neg_sa *sa)
{
	unsigned hash = sa->hash < N_HASHES ? alg_hashes[sa->hash].size : 0;

	return (uint16_t)(sa->key_bits / 8u + hash);
}

static const struct keymat *
find_keymat(const struct xchg *x, uint8_t protocol, uint32_t spi)
{
	for (size_t i = 0; i < xchg_keymat_count(x); i++) {
		const struct keymat *km = xchg_keymat(x, i);

		if (km->protocol == protocol && km->spi == spi)
			return km;
	}
	return NULL;
}

/* Cipher key first, then authentication key (RFC 2401 4.4.3 by way of
 * RFC 2409 5.5). */
static bool
take_keys(const struct xchg *x, const struct neg_sa *sa, struct kernel_sa *out)
{
	const struct keymat *km = find_keymat(x, sa->protocol, out->spi);
	size_t need = sadb_key_octets(sa), cipher = sa->key_bits / 8u;

	if (need == 0)
		return true;
	if (km == NULL || km->key.n != need)
		return false;
	out->cipher_key = span_head(secret_span(&km->key), cipher);
	out->auth_key = span_from(secret_span(&km->key), cipher);
	return true;
}

/*
 * Which packets an SA in transport mode is for: those between the clients,
 * which are the hosts themselves.  Around another protocol's tunnel the packets
 * have been selected already: all, in the family of what is inside.
 */
static void
take_selectors(const struct neg *neg, struct kernel_sa *out)
{
	bool in = out->dir == KERNEL_IN;
	bool tunnel = neg->sas[neg->n_sas - 1].mode == KERNEL_TUNNEL;
	struct subnet any = {.a = {.family = neg->ours.a.family}};

	out->src_sel = tunnel ? any : in ? neg->theirs : neg->ours;
	out->dst_sel = tunnel ? any : in ? neg->ours : neg->theirs;
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
	    .hard_s = neg_length_s(x) + HARD_SLACK_S,
	};
	take_selectors(neg, out);
	return take_keys(x, sa, out);
}

/* Between these two clients, as the packets go. */
static struct kernel_policy
policy_between(const struct subnet *src, const struct subnet *dst,
    enum kernel_dir dir, enum kernel_action action)
{
	uint32_t bits = (uint32_t)src->bits + dst->bits;

	return (struct kernel_policy){
	    .dir = (uint8_t)dir,
	    .action = (uint8_t)action,
	    .src = *src,
	    .dst = *dst,
	    .priority = PRIORITY_LOWEST - PRIORITY_PER_BIT * bits,
	};
}

void
sadb_policy(const struct connection *c, const struct neg_sa *sas, uint8_t n,
    enum kernel_dir dir, struct kernel_policy *p)
{
	const struct end *this = conn_this(c), *that = conn_that(c);
	struct subnet ours = end_client(this), theirs = end_client(that);
	bool in = dir == KERNEL_IN;

	*p = policy_between(
	    in ? &theirs : &ours, in ? &ours : &theirs, dir, KERNEL_PROTECT);
	p->n_tmpl = n;
	for (size_t i = 0; i < n; i++) {
		const struct neg_sa *sa = &sas[n - 1u - i];

		p->tmpl[i] = (struct kernel_tmpl){
		    .protocol = sa->protocol,
		    .mode = sa->mode,
		    .spi = in ? 0 : sa->spi_out,
		    .reqid = c->reqid,
		    .src = in ? that->host : this->host,
		    .dst = in ? this->host : that->host,
		};
	}
}

void
sadb_anywhere(const struct kernel_policy *in, struct kernel_policy *out)
{
	*out = *in;
	out->src = out->dst =
	    (struct subnet){.a = {.family = in->src.a.family}};
	out->priority = PRIORITY_LOWEST;
}

/* One template is enough to be asked for SAs: that of the protocol that is
 * there in any case. */
void
sadb_trap(const struct connection *c, struct kernel_policy *p)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	bool encrypt = (c->goal & GOAL_ENCRYPT) != 0;

	*p = policy_between(&ours, &theirs, KERNEL_OUT, KERNEL_TRAP);
	p->n_tmpl = 1;
	p->tmpl[0] = (struct kernel_tmpl){
	    .protocol = encrypt ? PROTOCOL_ESP : PROTOCOL_AH,
	    .mode =
		(c->goal & GOAL_TUNNEL) != 0 ? KERNEL_TUNNEL : KERNEL_TRANSPORT,
	    .reqid = c->reqid,
	    .src = conn_this(c)->host,
	    .dst = conn_that(c)->host,
	};
}
