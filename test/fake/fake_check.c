/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hard questions of fake_kernel.h about one SA and one policy. */
#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "test/fake/fake_kernel.h"

enum { SPI_MIN = 0x100, CPI_MAX = 0xffff, WINDOW_MIN = 32, NO_ALG = 0xff };

static bool
is_cipher_key(uint8_t cipher, struct span key)
{
	const struct alg_cipher *c = &alg_ciphers[cipher];

	for (unsigned i = 0; i < c->n_keys; i++)
		if (key.n * 8 == c->key[i])
			return true;
	return false;
}

static const char *
bad_algorithms(const struct kernel_sa *sa)
{
	if (sa->protocol == PROTOCOL_ESP && sa->cipher >= N_CIPHERS)
		return "ESP without a cipher";
	if (sa->protocol != PROTOCOL_ESP && sa->cipher != NO_ALG)
		return "AH or IPCOMP with a cipher";
	if (sa->protocol == PROTOCOL_AH && sa->auth >= N_HASHES)
		return "AH without authentication";
	if (sa->protocol == PROTOCOL_IPCOMP && sa->auth != NO_ALG)
		return "IPCOMP with authentication";
	return NULL;
}

static const char *
bad_keys(const struct kernel_sa *sa)
{
	if (sa->cipher == NO_ALG ? sa->cipher_key.n != 0
				 : !is_cipher_key(sa->cipher, sa->cipher_key))
		return "wrong length of the cipher's key";
	if (sa->auth == NO_ALG ? sa->auth_key.n != 0
			       : sa->auth_key.n != alg_hashes[sa->auth].size)
		return "wrong length of the authentication key";
	return NULL;
}

/* An SA in transport mode carries packets between its gateways only; or, around
 * a tunnel, whatever comes from there. */
static bool
selects(const struct kernel_sa *sa)
{
	return sa->mode == KERNEL_TUNNEL ||
	    (sa->src_sel.a.family != ADDR_NONE && sa->src_sel.bits == 0 &&
		sa->dst_sel.bits == 0) ||
	    (subnet_contains(&sa->src_sel, &sa->src) &&
		subnet_contains(&sa->dst_sel, &sa->dst));
}

/* Of the well-known CPIs peers may use that of DEFLATE. */
static bool
reserved(const struct kernel_sa *sa)
{
	if (sa->protocol != PROTOCOL_IPCOMP)
		return sa->spi < SPI_MIN;
	return sa->spi > CPI_MAX ||
	    (sa->spi < SPI_MIN && sa->spi != IPCOMP_TRANSFORM_DEFLATE);
}

const char *
fake_kernel_bad_sa(const struct kernel_sa *sa)
{
	const char *bad = bad_algorithms(sa);

	if (sa->protocol != PROTOCOL_ESP && sa->protocol != PROTOCOL_AH &&
	    sa->protocol != PROTOCOL_IPCOMP)
		return "unknown protocol";
	if (reserved(sa))
		return "reserved SPI";
	if (sa->reqid == 0)
		return "no reqid";
	if (sa->replay_window < WINDOW_MIN)
		return "replay window too small";
	if (sa->src.family == ADDR_NONE || sa->src.family != sa->dst.family ||
	    addr_is_any(&sa->src) || addr_is_any(&sa->dst))
		return "no proper gateways";
	if (sa->soft_s > sa->hard_s && sa->hard_s != 0)
		return "soft lifetime behind the hard one";
	if (!selects(sa))
		return "in transport mode for others than its gateways";
	return bad != NULL ? bad : bad_keys(sa);
}

/* The i-th template gets packets of this family. */
static const char *
bad_template(const struct kernel_policy *p, unsigned i, uint8_t family)
{
	static const uint8_t rank[] = {
	    [PROTOCOL_IPCOMP] = 1, [PROTOCOL_ESP] = 2, [PROTOCOL_AH] = 3};
	const struct kernel_tmpl *t = &p->tmpl[i];

	if (t->protocol >= sizeof(rank) || rank[t->protocol] == 0)
		return "template of an unknown protocol";
	if (i > 0 && rank[t->protocol] <= rank[p->tmpl[i - 1].protocol])
		return "IPCOMP comes first, then ESP, then AH";
	if (t->reqid == 0 || t->reqid != p->tmpl[0].reqid)
		return "template without the reqid of its bundle";
	if (t->src.family == ADDR_NONE || t->src.family != t->dst.family)
		return "template without proper gateways";
	if (t->mode == KERNEL_TUNNEL)
		return i == 0 ? NULL : "a tunnel in a tunnel";
	if (t->src.family != family)
		return "transport mode cannot change the family";
	if (i > 0 && !addr_equal(&t->dst, &p->tmpl[0].dst))
		return "a bundle for several gateways";
	return NULL;
}

const char *
fake_kernel_bad_policy(const struct kernel_policy *p)
{
	uint8_t family = p->src.a.family;
	const char *bad = NULL;

	if (family == ADDR_NONE || family != p->dst.a.family)
		return "selectors of different families";
	if (p->action == KERNEL_PASS || p->action == KERNEL_DROP)
		return p->n_tmpl == 0 ? NULL : "templates on pass or drop";
	if (p->n_tmpl == 0 || p->n_tmpl > 3)
		return "no templates, or too many";
	if (p->action == KERNEL_TRAP && p->dir == KERNEL_IN)
		return "an inbound trap";
	for (unsigned i = 0; bad == NULL && i < p->n_tmpl; i++) {
		bad = bad_template(p, i, family);
		family = p->tmpl[i].src.family;
	}
	return bad;
}
