/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of fake_kernel.h: its tables, its door, its clock. */
#include "test/fake/fake_kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000, LARVAL_MS = 30 * SECOND };

void
fake_kernel_init(struct fake_kernel *k)
{
	*k = (struct fake_kernel){0};
	list_init(&k->sas);
	list_init(&k->policies);
	list_init(&k->larvals);
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

static void
larval_free(struct fake_kernel *k, struct fake_larval *l)
{
	list_remove(&l->node);
	free(l);
	k->n_larvals--;
}

static void
flush(struct fake_kernel *k, bool sas, bool policies)
{
	LIST_EACH_REMOVABLE(n, &k->sas)
		if (sas)
			sa_free(k, container_of(n, struct fake_sa, node));
	LIST_EACH_REMOVABLE(n, &k->larvals)
		if (sas)
			larval_free(
			    k, container_of(n, struct fake_larval, node));
	LIST_EACH_REMOVABLE(n, &k->policies)
		if (policies)
			policy_free(
			    k, container_of(n, struct fake_policy, node));
}

void
fake_kernel_flush(struct fake_kernel *k)
{
	flush(k, true, true);
}

void
fake_kernel_fini(struct fake_kernel *k)
{
	fake_kernel_flush(k);
}

/* ---- events ---- */

static void
tell(struct fake_kernel *k, const struct kernel_event *ev)
{
	if (k->overrun)
		k->lost = true;
	else if (k->tell != NULL)
		k->tell(k->tell_ctx, ev);
}

void
fake_kernel_purge(struct fake_kernel *k, bool sas, bool policies)
{
	flush(k, sas, policies);
	tell(k, &(struct kernel_event){.kind = KERNEL_FLUSHED});
}

void
fake_kernel_cut(struct fake_kernel *k, bool on)
{
	k->cut = on;
	LIST_EACH(n, &k->sas)
		container_of(n, struct fake_sa, node)->left = true;
}

void
fake_kernel_overrun(struct fake_kernel *k, bool on)
{
	k->overrun = on;
	if (on || !k->lost)
		return;
	k->lost = false;
	tell(k, &(struct kernel_event){.kind = KERNEL_LOST});
}

void
fake_kernel_turn(struct fake_kernel *k)
{
	k->n_gone = 0;
}

/* ---- time ---- */

static uint64_t
now(const struct fake_kernel *k)
{
	return k->now_ms == NULL ? 0 : *k->now_ms;
}

/* A lifetime's end; 0: it has none. */
static uint64_t
end_ms(const struct fake_kernel *k, uint32_t life_s)
{
	return life_s == 0 || k->now_ms == NULL
	    ? UINT64_MAX
	    : *k->now_ms + (uint64_t)life_s * SECOND;
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t
fake_kernel_next_ms(const struct fake_kernel *k)
{
	uint64_t at = UINT64_MAX;

	LIST_EACH(n, &k->sas) {
		const struct fake_sa *s = container_of(n, struct fake_sa, node);

		at = sooner(at, sooner(s->soft_ms, s->hard_ms));
	}
	LIST_EACH(n, &k->larvals)
		at = sooner(
		    at, container_of(n, struct fake_larval, node)->until_ms);
	return at;
}

static void
tell_expiry(struct fake_kernel *k, const struct kernel_sa *sa, bool hard)
{
	tell(k,
	    &(struct kernel_event){.kind = KERNEL_EXPIRE,
		.reqid = sa->reqid,
		.spi = sa->spi,
		.protocol = sa->protocol,
		.sa_dst = sa->dst,
		.hard = hard});
}

void
fake_kernel_tick(struct fake_kernel *k)
{
	LIST_EACH_REMOVABLE(n, &k->sas) {
		struct fake_sa *s = container_of(n, struct fake_sa, node);

		if (s->hard_ms <= now(k)) {
			tell_expiry(k, &s->sa, true);
			sa_free(k, s);
		} else if (s->soft_ms <= now(k)) {
			tell_expiry(k, &s->sa, false);
			s->soft_ms = UINT64_MAX;
		}
	}
	LIST_EACH_REMOVABLE(n, &k->larvals) {
		struct fake_larval *l =
		    container_of(n, struct fake_larval, node);

		if (l->until_ms <= now(k))
			larval_free(k, l);
	}
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

/* Rulings D18; and list() must be over. */
static int
check_quiet(struct fake_kernel *k, const char *what, struct text *why)
{
	if (k->script != NULL)
		return refuse(
		    k, why, EBUSY, "%s while %s runs", what, k->script);
	if (k->listing)
		return refuse(k, why, EBUSY, "%s while listing", what);
	return 0;
}

struct fake_sa *
fake_kernel_sa(const struct fake_kernel *k, const struct addr *dst,
    uint8_t protocol, uint32_t spi)
{
	LIST_EACH(n, &k->sas) {
		struct fake_sa *s = container_of(n, struct fake_sa, node);

		if (s->sa.spi == spi && s->sa.protocol == protocol &&
		    addr_equal(&s->sa.dst, dst))
			return s;
	}
	return NULL;
}

/* One SA beside those installed and those before it in its batch. */
static int
check_sa(struct fake_kernel *k, const struct kernel_sa *sas, size_t i,
    struct text *why)
{
	const struct kernel_sa *sa = &sas[i];
	const char *bad = fake_kernel_bad_sa(sa);
	bool twice = fake_kernel_sa(k, &sa->dst, sa->protocol, sa->spi) != NULL;

	for (size_t j = 0; j < i; j++)
		twice = twice ||
		    (sas[j].spi == sa->spi && sas[j].protocol == sa->protocol &&
			addr_equal(&sas[j].dst, &sa->dst));
	if (bad != NULL)
		return refuse(k, why, EINVAL, "SA 0x%08lx: %s",
		    (unsigned long)sa->spi, bad);
	if (twice)
		return refuse(k, why, EEXIST, "SA 0x%08lx exists",
		    (unsigned long)sa->spi);
	if ((k->lacks & 1u << sa->protocol) == 0)
		return 0;
	if (why != NULL)
		text_add(why, "protocol %u is not there", sa->protocol);
	return -EPROTONOSUPPORT;
}

static bool
uses(const struct kernel_tmpl *t, const struct kernel_sa *sa)
{
	return t->spi != 0 && t->spi == sa->spi &&
	    t->protocol == sa->protocol && addr_equal(&t->dst, &sa->dst);
}

/* A policy that sends with this SA; NULL. */
static const struct kernel_policy *
user_of(const struct fake_kernel *k, const struct kernel_sa *sa)
{
	LIST_EACH(n, &k->policies) {
		const struct kernel_policy *p =
		    &container_of(n, struct fake_policy, node)->p;

		for (unsigned i = 0; i < p->n_tmpl; i++)
			if (p->dir == KERNEL_OUT && uses(&p->tmpl[i], sa))
				return p;
	}
	return NULL;
}

/* After the batch's SAs are in.  One without SAs may put back policies whose
 * SAs somebody else has deleted: they stop packets. */
static int
check_policy(struct fake_kernel *k, const struct kernel_policy *p, bool alone,
    struct text *why)
{
	const char *bad = fake_kernel_bad_policy(p);

	if (bad != NULL)
		return refuse(k, why, EINVAL, "policy: %s", bad);
	for (unsigned i = 0; i < p->n_tmpl; i++)
		if (!alone && p->tmpl[i].spi != 0 &&
		    fake_kernel_sa(k, &p->tmpl[i].dst, p->tmpl[i].protocol,
			p->tmpl[i].spi) == NULL)
			return refuse(k, why, ESRCH,
			    "policy: it names SA 0x%08lx, which is not there",
			    (unsigned long)p->tmpl[i].spi);
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
same_need(const struct kernel_tmpl *t, uint32_t reqid, uint8_t protocol,
    const struct addr *dst)
{
	return t->reqid == reqid && t->protocol == protocol &&
	    addr_equal(&t->dst, dst);
}

/* The SA that larval ones stand for is there. */
static void
forget_larvals(struct fake_kernel *k, const struct kernel_sa *sa)
{
	LIST_EACH_REMOVABLE(n, &k->larvals) {
		struct fake_larval *l =
		    container_of(n, struct fake_larval, node);

		if (same_need(&l->tmpl, sa->reqid, sa->protocol, &sa->dst))
			larval_free(k, l);
	}
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
	s->soft_ms = end_ms(k, sa->soft_s);
	s->hard_ms = end_ms(k, sa->hard_s);
	return true;
}

static void
remove_newest(struct fake_kernel *k, size_t n)
{
	while (n-- > 0)
		sa_free(k, container_of(k->sas.prev, struct fake_sa, node));
}

static int
add_sas(struct fake_kernel *k, const struct kernel_sa *sas, size_t n,
    struct text *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_sa(k, sas, i, why);
	if (r != 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!add_sa(k, &sas[i])) {
			remove_newest(k, i);
			return -ENOMEM;
		}
	return 0;
}

/* A policy that was deleted and is added, not replaced. */
static void
count_gaps(struct fake_kernel *k, const struct kernel_policy *p)
{
	for (unsigned i = 0; i < k->n_gone; i++)
		if (same_selectors(&k->gone[i], p) && p->n_tmpl > 0 &&
		    k->gone[i].tmpl[0].reqid == p->tmpl[0].reqid)
			k->gaps++;
}

static bool
add_policy(struct fake_kernel *k, const struct kernel_policy *p)
{
	struct fake_policy *f = find_policy(k, p);

	if (f == NULL) {
		f = calloc(1, sizeof(*f));
		if (f == NULL)
			return false;
		count_gaps(k, p);
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
	int r = check_quiet(k, "SAs or policies are installed", why);

	if (r != 0 || k->cut)
		return r;
	if (++k->calls == k->fail_call) {
		if (why != NULL)
			text_add(why, "told to fail");
		return -ENOBUFS;
	}
	r = add_sas(k, sas, n_sas, why);
	if (r != 0)
		return r;
	for (size_t i = 0; r == 0 && i < n_policies; i++)
		r = check_policy(k, &policies[i], n_sas == 0, why);
	if (r != 0) {
		remove_newest(k, n_sas);
		return r;
	}
	for (size_t i = 0; i < n_policies; i++)
		if (!add_policy(k, &policies[i]))
			return -ENOMEM;
	for (size_t i = 0; i < n_sas; i++)
		forget_larvals(k, &sas[i]);
	return 0;
}

static int
kernel_delete_sa(void *ctx, const struct addr *dst, uint8_t protocol,
    uint32_t spi, struct text *why)
{
	struct fake_kernel *k = ctx;
	struct fake_sa *s = fake_kernel_sa(k, dst, protocol, spi);
	int r = check_quiet(k, "an SA is deleted", why);

	if (r != 0 || s == NULL || k->cut)
		return r;
	if (!s->left && user_of(k, &s->sa) != NULL)
		r = refuse(k, why, EBUSY,
		    "SA 0x%08lx is deleted and a policy sends with it",
		    (unsigned long)spi);
	sa_free(k, s);
	return r;
}

static int
kernel_delete_policy(void *ctx, const struct kernel_policy *p, struct text *why)
{
	struct fake_kernel *k = ctx;
	struct fake_policy *f = find_policy(k, p);
	int r = check_quiet(k, "a policy is deleted", why);

	if (r != 0 || f == NULL || k->cut)
		return r;
	if (p->dir == KERNEL_OUT && f->p.n_tmpl > 0 && k->n_gone < FAKE_GONE)
		k->gone[k->n_gone++] = f->p;
	policy_free(k, f);
	return 0;
}

static int
kernel_usage(void *ctx, const struct addr *dst, uint8_t protocol, uint32_t spi,
    struct kernel_usage *out)
{
	const struct fake_kernel *k = ctx;
	const struct fake_sa *s = fake_kernel_sa(k, dst, protocol, spi);

	if (s == NULL)
		return -ESRCH;
	*out = s->usage;
	out->idle_s = s->usage.packets == 0
	    ? UINT64_MAX
	    : now(k) / 1000 - s->usage.use_time_s;
	return 0;
}

static int
kernel_supports(void *ctx, uint8_t protocol, uint8_t family, struct text *why)
{
	const struct fake_kernel *k = ctx;

	(void)family;
	if ((k->lacks & 1u << protocol) == 0)
		return 0;
	if (why != NULL)
		text_add(why, "protocol %u is not there", protocol);
	return -EPROTONOSUPPORT;
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
	    .list = fake_kernel_list,
	    .supports = kernel_supports,
	};
}

/* ---- traps ---- */

void
fake_kernel_acquire(struct fake_kernel *k, const struct kernel_tmpl *t,
    const struct addr *src, const struct addr *dst)
{
	struct fake_larval *l;

	LIST_EACH(n, &k->larvals)
		if (same_need(&container_of(n, struct fake_larval, node)->tmpl,
			t->reqid, t->protocol, &t->dst))
			return;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return;
	l->tmpl = *t;
	l->until_ms = now(k) + LARVAL_MS;
	list_append(&k->larvals, &l->node);
	k->n_larvals++;
	tell(k,
	    &(struct kernel_event){.kind = KERNEL_ACQUIRE,
		.src = *src,
		.dst = *dst,
		.ip_protocol = 1,
		.reqid = t->reqid,
		.protocol = t->protocol});
}
