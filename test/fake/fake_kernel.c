/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of fake_kernel.h: SAs, policies, and hard questions. */
#include "test/fake/fake_kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"

enum { SPI_MIN = 0x100, CPI_MAX = 0xffff, WINDOW_MIN = 32, NO_ALG = 0xff };

void
fake_kernel_init(struct fake_kernel *k)
{
	*k = (struct fake_kernel){0};
	list_init(&k->sas);
	list_init(&k->policies);
}

static void
sa_free(struct fake_kernel *k, struct fake_sa *s)
{
	list_remove(&s->node);
	secret_free(&s->cipher_key);
	secret_free(&s->auth_key);
	free(s);
	k->n_sas--;
}

static void
policy_free(struct fake_kernel *k, struct fake_policy *p)
{
	list_remove(&p->node);
	free(p);
	k->n_policies--;
}

void
fake_kernel_flush(struct fake_kernel *k)
{
	LIST_EACH_REMOVABLE(n, &k->sas)
		sa_free(k, container_of(n, struct fake_sa, node));
	LIST_EACH_REMOVABLE(n, &k->policies)
		policy_free(k, container_of(n, struct fake_policy, node));
}

void
fake_kernel_fini(struct fake_kernel *k)
{
	fake_kernel_flush(k);
}

/* ---- refusing ---- */

static int __attribute__((format(printf, 4, 5)))
refuse(struct fake_kernel *k, struct text *why, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(k->complaint, sizeof(k->complaint), fmt, ap);
	va_end(ap);
	k->complaints++;
	if (why != NULL)
		text_add(why, "%s", k->complaint);
	return -error;
}

static struct fake_sa *
find_sa(const struct fake_kernel *k, const struct addr *dst, uint8_t protocol,
    uint32_t spi)
{
	LIST_EACH(n, &k->sas) {
		struct fake_sa *s = container_of(n, struct fake_sa, node);

		if (s->sa.spi == spi && s->sa.protocol == protocol &&
		    addr_equal(&s->sa.dst, dst))
			return s;
	}
	return NULL;
}

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
bad_keys(const struct kernel_sa *sa)
{
	if (sa->protocol == PROTOCOL_ESP && sa->cipher >= N_CIPHERS)
		return "ESP without a cipher";
	if (sa->protocol == PROTOCOL_AH && sa->cipher != NO_ALG)
		return "AH with a cipher";
	if (sa->protocol == PROTOCOL_AH && sa->auth >= N_HASHES)
		return "AH without authentication";
	if (sa->cipher == NO_ALG ? sa->cipher_key.n != 0
				 : !is_cipher_key(sa->cipher, sa->cipher_key))
		return "wrong length of the cipher's key";
	if (sa->auth == NO_ALG ? sa->auth_key.n != 0
			       : sa->auth_key.n != alg_hashes[sa->auth].size)
		return "wrong length of the authentication key";
	return NULL;
}

static const char *
bad_sa(const struct kernel_sa *sa)
{
	if (sa->protocol != PROTOCOL_ESP && sa->protocol != PROTOCOL_AH &&
	    sa->protocol != PROTOCOL_IPCOMP)
		return "unknown protocol";
	if (sa->spi < SPI_MIN ||
	    (sa->protocol == PROTOCOL_IPCOMP && sa->spi > CPI_MAX))
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
	return bad_keys(sa);
}

static const char *
bad_policy(const struct kernel_policy *p)
{
	if (p->src.a.family == ADDR_NONE || p->src.a.family != p->dst.a.family)
		return "selectors of different families";
	if (p->action == KERNEL_PASS || p->action == KERNEL_DROP)
		return p->n_tmpl == 0 ? NULL : "templates on pass or drop";
	if (p->n_tmpl == 0 || p->n_tmpl > 3)
		return "no templates, or too many";
	for (unsigned i = 0; i < p->n_tmpl; i++)
		if (p->tmpl[i].reqid == 0)
			return "template without reqid";
	return NULL;
}

/* The SAs of one batch among each other, and with those installed. */
static int
check_sas(struct fake_kernel *k, const struct kernel_sa *sas, size_t n,
    struct text *why)
{
	for (size_t i = 0; i < n; i++) {
		const char *bad = bad_sa(&sas[i]);
		bool twice = find_sa(k, &sas[i].dst, sas[i].protocol,
				 sas[i].spi) != NULL;

		for (size_t j = 0; j < i; j++)
			twice = twice ||
			    (sas[j].spi == sas[i].spi &&
				sas[j].protocol == sas[i].protocol &&
				addr_equal(&sas[j].dst, &sas[i].dst));
		if (bad != NULL)
			return refuse(k, why, EINVAL, "SA 0x%08lx: %s",
			    (unsigned long)sas[i].spi, bad);
		if (twice)
			return refuse(k, why, EEXIST, "SA 0x%08lx exists",
			    (unsigned long)sas[i].spi);
	}
	return 0;
}

/* ---- doing ---- */

static bool
same_selectors(const struct kernel_policy *a, const struct kernel_policy *b)
{
	return a->dir == b->dir && subnet_equal(&a->src, &b->src) &&
	    subnet_equal(&a->dst, &b->dst);
}

static struct fake_policy *
find_policy(const struct fake_kernel *k, const struct kernel_policy *p)
{
	LIST_EACH(n, &k->policies) {
		struct fake_policy *f =
		    container_of(n, struct fake_policy, node);

		if (same_selectors(&f->p, p))
			return f;
	}
	return NULL;
}

static bool
add_sa(struct fake_kernel *k, const struct kernel_sa *sa)
{
	struct fake_sa *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	list_append(&k->sas, &s->node);
	k->n_sas++;
	s->sa = *sa;
	if (!secret_dup(&s->cipher_key, sa->cipher_key) ||
	    !secret_dup(&s->auth_key, sa->auth_key)) {
		sa_free(k, s);
		return false;
	}
	s->sa.cipher_key = secret_span(&s->cipher_key);
	s->sa.auth_key = secret_span(&s->auth_key);
	return true;
}

/* A batch is all or nothing. */
static void
remove_newest(struct fake_kernel *k, size_t n)
{
	while (n-- > 0)
		sa_free(k, container_of(k->sas.prev, struct fake_sa, node));
}

static bool
add_policy(struct fake_kernel *k, const struct kernel_policy *p)
{
	struct fake_policy *f = find_policy(k, p);

	if (f == NULL) {
		f = calloc(1, sizeof(*f));
		if (f == NULL)
			return false;
		list_append(&k->policies, &f->node);
		k->n_policies++;
	}
	f->p = *p;
	return true;
}

static int
kernel_install(void *ctx, const struct kernel_sa *sas, size_t n_sas,
    const struct kernel_policy *policies, size_t n_policies, struct text *why)
{
	struct fake_kernel *k = ctx;
	int r;

	if (++k->calls == k->fail_call) {
		if (why != NULL)
			text_add(why, "told to fail");
		return -ENOBUFS;
	}
	r = check_sas(k, sas, n_sas, why);
	for (size_t i = 0; r == 0 && i < n_policies; i++)
		if (bad_policy(&policies[i]) != NULL)
			r = refuse(k, why, EINVAL, "policy: %s",
			    bad_policy(&policies[i]));
	if (r != 0)
		return r;
	for (size_t i = 0; i < n_sas; i++)
		if (!add_sa(k, &sas[i])) {
			remove_newest(k, i);
			return -ENOMEM;
		}
	for (size_t i = 0; i < n_policies; i++)
		if (!add_policy(k, &policies[i]))
			return -ENOMEM;
	return 0;
}

static int
kernel_delete_sa(void *ctx, const struct addr *dst, uint8_t protocol,
    uint32_t spi, struct text *why)
{
	struct fake_kernel *k = ctx;
	struct fake_sa *s = find_sa(k, dst, protocol, spi);

	(void)why;
	if (s != NULL)
		sa_free(k, s);
	return 0;
}

static int
kernel_delete_policy(void *ctx, const struct kernel_policy *p, struct text *why)
{
	struct fake_kernel *k = ctx;
	struct fake_policy *f = find_policy(k, p);

	(void)why;
	if (f != NULL)
		policy_free(k, f);
	return 0;
}

static int
kernel_usage(void *ctx, const struct addr *dst, uint8_t protocol, uint32_t spi,
    struct kernel_usage *out)
{
	const struct fake_sa *s = find_sa(ctx, dst, protocol, spi);

	if (s == NULL)
		return -ESRCH;
	*out = (struct kernel_usage){.packets = s->packets};
	return 0;
}

struct kernel
fake_kernel_door(struct fake_kernel *k)
{
	return (struct kernel){
	    .ctx = k,
	    .install = kernel_install,
	    .delete_sa = kernel_delete_sa,
	    .delete_policy = kernel_delete_policy,
	    .usage = kernel_usage,
	};
}

/* ---- packets ---- */

struct packet {
	const struct addr *src, *dst;
	struct text *why;
};

static const struct kernel_policy *
best_policy(
    const struct fake_kernel *k, enum kernel_dir dir, const struct packet *pkt)
{
	const struct kernel_policy *best = NULL;

	LIST_EACH(n, &k->policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		if (p->dir == dir && subnet_contains(&p->src, pkt->src) &&
		    subnet_contains(&p->dst, pkt->dst) &&
		    (best == NULL || p->priority < best->priority))
			best = p;
	}
	return best;
}

static enum fake_fate
dropped(const struct packet *pkt, const char *who, const char *what)
{
	if (pkt->why != NULL)
		text_add(pkt->why, "%s: %s", who, what);
	return FAKE_DROPPED;
}

/* The newest outbound SA that a template may use. */
static struct fake_sa *
sa_for(const struct fake_kernel *k, const struct kernel_tmpl *t)
{
	struct fake_sa *found = NULL;

	LIST_EACH(n, &k->sas) {
		struct fake_sa *s = container_of(n, struct fake_sa, node);

		if (s->sa.protocol == t->protocol && s->sa.mode == t->mode &&
		    s->sa.reqid == t->reqid &&
		    addr_equal(&s->sa.dst, &t->dst) &&
		    addr_equal(&s->sa.src, &t->src) &&
		    (t->spi == 0 || s->sa.spi == t->spi))
			found = s;
	}
	return found;
}

static bool
same_sa(const struct kernel_sa *a, const struct kernel_sa *b)
{
	return a->cipher == b->cipher && a->auth == b->auth &&
	    a->mode == b->mode && addr_equal(&a->src, &b->src) &&
	    span_equal(a->cipher_key, b->cipher_key) &&
	    span_equal(a->auth_key, b->auth_key);
}

/* One transformation: done at one end, undone at the other. */
static const char *
pass_through(const struct fake_kernel *from, const struct fake_kernel *to,
    const struct kernel_tmpl *out, const struct kernel_tmpl *in)
{
	struct fake_sa *s = sa_for(from, out), *r;

	if (s == NULL)
		return "sender: the policy names an SA that is not there";
	r = find_sa(to, &s->sa.dst, s->sa.protocol, s->sa.spi);
	if (r == NULL)
		return "receiver: it has no such SA";
	if (!same_sa(&s->sa, &r->sa))
		return "receiver: keys or algorithms differ";
	if (r->sa.reqid != in->reqid || r->sa.protocol != in->protocol)
		return "receiver: its policy wants another SA";
	s->packets++;
	r->packets++;
	return NULL;
}

static enum fake_fate
arrive_plain(const struct fake_kernel *to, const struct packet *pkt)
{
	const struct kernel_policy *in = best_policy(to, KERNEL_IN, pkt);

	if (in != NULL && in->action != KERNEL_PASS)
		return dropped(pkt, "receiver",
		    "it accepts this protected "
		    "only");
	return FAKE_PLAIN;
}

enum fake_fate
fake_packet(struct fake_kernel *from, struct fake_kernel *to,
    const struct addr *src, const struct addr *dst, struct text *why)
{
	struct packet pkt = {src, dst, why};
	const struct kernel_policy *out = best_policy(from, KERNEL_OUT, &pkt);
	const struct kernel_policy *in = best_policy(to, KERNEL_IN, &pkt);

	if (out == NULL || out->action == KERNEL_PASS)
		return arrive_plain(to, &pkt);
	if (out->action == KERNEL_DROP || out->action == KERNEL_TRAP)
		return dropped(&pkt, "sender", "its policy");
	if (in == NULL || in->action != KERNEL_PROTECT ||
	    in->n_tmpl != out->n_tmpl)
		return dropped(&pkt, "receiver", "it has no policy for this");
	for (unsigned i = 0; i < out->n_tmpl; i++) {
		const char *bad =
		    pass_through(from, to, &out->tmpl[i], &in->tmpl[i]);

		if (bad != NULL)
			return dropped(&pkt, "packet", bad);
	}
	return FAKE_PROTECTED;
}
