/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tables compared with what should be in them: when events were
 * lost or somebody else has deleted something, and once at the beginning, for
 * what a predecessor has left.  Only our own block of reqids is looked at.
 */
#include <stdlib.h>

#include "engine/ike/route.h"

enum {
	BURST_MS = 100,  /* more of the same is likely to follow */
	PAUSE_MS = 1000, /* between comparisons, for events that were lost */
	SHARE = 10 /* of the time, at most one part goes into comparisons */
};

/* ---- what is there ----------------------------------------------------- */

struct tables {
	struct kernel_seen *v;
	size_t n, room;
	bool cut; /* no memory for more */
};

/* kernel_seen_fn */
static void
take(void *arg, const struct kernel_seen *seen)
{
	struct tables *t = arg;

	if (t->n == t->room) {
		size_t room = t->room == 0 ? 64 : 2 * t->room;
		struct kernel_seen *v = realloc(t->v, room * sizeof(*v));

		if (v == NULL) {
			t->cut = true;
			return;
		}
		t->v = v;
		t->room = room;
	}
	t->v[t->n++] = *seen;
}

/* False: said.  Otherwise free t->v. */
static bool
read_tables(const struct ike *k, struct tables *t)
{
	uint32_t first, last;
	TEXT(why, 400);

	*t = (struct tables){0};
	conns_reqids(k->conns, &first, &last);
	if (k->kernel->list(k->kernel->ctx, first, last, take, t, &why) == 0 &&
	    !t->cut)
		return true;
	ike_say(k, 0, RC_LOG_SERIOUS,
	    "cannot look at the kernel's tables of SAs and policies: %s",
	    t->cut ? "out of memory" : why.p);
	free(t->v);
	return false;
}

static void
remove_sa(const struct ike *k, const struct kernel_seen *seen)
{
	TEXT(why, 400);

	if (k->kernel->delete_sa(k->kernel->ctx, &seen->dst, seen->protocol,
		seen->spi, &why) != 0)
		ike_say(k, 0, RC_LOG_SERIOUS, "the kernel refused: %s", why.p);
}

static void
remove_policy(const struct ike *k, const struct kernel_seen *seen)
{
	TEXT(why, 400);

	if (k->kernel->delete_policy(k->kernel->ctx, &seen->policy, &why) != 0)
		ike_say(k, 0, RC_LOG_SERIOUS, "the kernel refused: %s", why.p);
}

/* ---- a predecessor's --------------------------------------------------- */

void
ike_clear_leftovers(struct ike *k)
{
	unsigned long sas = 0, policies = 0;
	struct tables t;

	if (!read_tables(k, &t))
		return;
	/* SAs first: what a policy has caught must not pass in the clear */
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].kind == KERNEL_SEEN_SA) {
			remove_sa(k, &t.v[i]);
			sas++;
		}
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].kind == KERNEL_SEEN_POLICY) {
			remove_policy(k, &t.v[i]);
			policies++;
		}
	free(t.v);
	if (sas + policies > 0)
		ike_say(k, 0, RC_LOG,
		    "cleared what a predecessor has left in the kernel: %lu "
		    "SAs, %lu policies",
		    sas, policies);
}

/* ---- marks ------------------------------------------------------------- */

static void
clear_marks(struct ike *k)
{
	struct connection *c = NULL;

	while ((c = conn_next(k->conns, c)) != NULL) {
		c->seen = 0;
		LIST_EACH(n, &c->sas)
			container_of(n, struct installed, node)->seen = 0;
	}
}

/* The bit of a mark for the i-th SA of a direction. */
static uint8_t
mark(enum kernel_dir dir, size_t i)
{
	return (uint8_t)(1u << (2 * i + (unsigned)dir));
}

/* Those of sas that the kernel should have. */
static uint8_t
all_marks(const struct installed *sas)
{
	uint8_t all = 0;

	for (size_t i = 0; i < sas->n; i++) {
		if (sas->in)
			all |= mark(KERNEL_IN, i);
		if (sas->out)
			all |= mark(KERNEL_OUT, i);
	}
	return all;
}

/* Which of sas it is; 0: none. */
static uint8_t
mark_of(const struct connection *c, const struct installed *sas,
    const struct kernel_seen *seen)
{
	for (size_t i = 0; i < sas->n; i++) {
		const struct neg_sa *sa = &sas->sas[i];

		if (sa->protocol != seen->protocol)
			continue;
		if (sas->in && sa->spi_in == seen->spi &&
		    addr_equal(&conn_this(c)->host, &seen->dst))
			return mark(KERNEL_IN, i);
		if (sas->out && sa->spi_out == seen->spi &&
		    addr_equal(&conn_that(c)->host, &seen->dst))
			return mark(KERNEL_OUT, i);
	}
	return 0;
}

/* The SA is there as it should be.  False: nobody needs it. */
static bool
mark_sa(struct connection *c, const struct kernel_seen *seen)
{
	LIST_EACH(n, &c->sas) {
		struct installed *sas = container_of(n, struct installed, node);
		uint8_t bit = mark_of(c, sas, seen);

		sas->seen |= bit;
		if (bit != 0)
			return true;
	}
	return false;
}

/* The directions in which c should have policies. */
static uint8_t
wanted_policies(const struct connection *c)
{
	uint8_t wanted = 0;

	if (c->checked)
		wanted |= 1u << KERNEL_IN;
	if (c->sender != NULL || c->trapped)
		wanted |= 1u << KERNEL_OUT;
	return wanted;
}

/* Between c's clients: the one for all addresses (--disablearrivalcheck) says
 * nothing about c's own. */
static bool
is_between_clients(const struct connection *c, const struct kernel_policy *p)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	bool in = p->dir == KERNEL_IN;

	return subnet_equal(&p->src, in ? &theirs : &ours) &&
	    subnet_equal(&p->dst, in ? &ours : &theirs);
}

static bool
mark_policy(struct connection *c, const struct kernel_seen *seen)
{
	uint8_t bit = (uint8_t)(1u << seen->policy.dir);

	if (is_between_clients(c, &seen->policy))
		c->seen |= bit;
	return (wanted_policies(c) & bit) != 0;
}

/* ---- compared ---------------------------------------------------------- */

/* What is there and should not be goes; packets that wait get their SA. */
static void
take_stock(struct ike *k, const struct tables *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct kernel_seen *seen = &t->v[i];
		struct connection *c = conn_by_reqid(k->conns, seen->reqid);

		switch ((enum kernel_seen_kind)seen->kind) {
		case KERNEL_SEEN_SA:
			if (c == NULL || !mark_sa(c, seen))
				remove_sa(k, seen);
			break;
		case KERNEL_SEEN_POLICY:
			if (c == NULL || !mark_policy(c, seen))
				remove_policy(k, seen);
			break;
		case KERNEL_SEEN_LARVAL:
			if (c != NULL && c->sender == NULL)
				neg_acquire(k, c, "that was caught earlier");
			break;
		}
	}
}

/* The oldest of c's whose SAs are not all in the kernel any more. */
static struct installed *
first_lost(const struct connection *c)
{
	LIST_EACH(n, &c->sas) {
		struct installed *sas = container_of(n, struct installed, node);

		if (!sas->ended && (all_marks(sas) & ~sas->seen) != 0)
			return sas;
	}
	return NULL;
}

/* Exchanges without their SAs end, oldest first, so that nothing falls back to
 * one.  True: c must be looked at again. */
static bool
end_lost(struct ike *k, struct connection *c)
{
	struct installed *sas;
	bool again = false;

	while ((sas = first_lost(c)) != NULL) {
		struct xchg *x = engine_find(k->engine, sas->xchg);

		sas->seen = all_marks(sas);
		if (x != NULL && neg_of(x)->established) {
			neg_of(x)->lost = true;
			neg_end_state(x, "its SAs are gone from the kernel");
		} else if (x != NULL) {
			again = true; /* so that the peer can be told then */
		}
	}
	return again;
}

/* Policies first, of all connections: what ends may have scripts to run, and
 * packets would pass until then. */
static void
put_back_policies(struct ike *k)
{
	struct connection *c = NULL;

	while ((c = conn_next(k->conns, c)) != NULL) {
		if ((wanted_policies(c) & ~c->seen) == 0)
			continue;
		ike_say(k, 0, RC_LOG_SERIOUS,
		    "%s: policies are gone from the kernel; put back",
		    c->label);
		route_restore(k, c);
	}
}

static void
resync(struct ike *k)
{
	struct connection *c, *next;
	struct tables t;
	bool again = false;

	if (!read_tables(k, &t))
		return;
	clear_marks(k);
	take_stock(k, &t);
	free(t.v);
	put_back_policies(k);
	for (c = conn_next(k->conns, NULL); c != NULL; c = next) {
		conn_hold(c); /* an instance ends with its last SA */
		again = end_lost(k, c) || again;
		next = conn_next(k->conns, c);
		conn_let_go(k, c);
	}
	if (again)
		resync_want(k, PAUSE_MS);
}

/* ---- when -------------------------------------------------------------- */

void
resync_want(struct ike *k, uint64_t after_ms)
{
	uint64_t at = k->env->now_ms(k->env->ctx) + after_ms;

	if (!k->resync_due || at < k->resync_ms)
		k->resync_ms = at;
	k->resync_due = true;
}

/* Not before after_ms, and after so much rest since the last time. */
static void
want_after_rest(struct ike *k, uint64_t after_ms, uint64_t rest_ms)
{
	uint64_t now = k->env->now_ms(k->env->ctx), next;

	if (rest_ms < SHARE * k->resync_took_ms)
		rest_ms = SHARE * k->resync_took_ms;
	next = k->resynced_ms + rest_ms;
	resync_want(k, next > now + after_ms ? next - now : after_ms);
}

void
resync_lost(struct ike *k)
{
	want_after_rest(k, BURST_MS, PAUSE_MS);
}

void
resync_flushed(struct ike *k)
{
	want_after_rest(k, 0, BURST_MS);
}

/* Rulings D18: while a script runs nothing is changed; then route_task.c asks
 * again, before the next one. */
uint64_t
resync_next_ms(const struct ike *k)
{
	return k->resync_due && k->scripting == NULL ? k->resync_ms
						     : UINT64_MAX;
}

void
resync_run(struct ike *k)
{
	uint64_t now = k->env->now_ms(k->env->ctx);

	if (resync_next_ms(k) > now)
		return;
	k->resync_due = false;
	resync(k);
	k->resynced_ms = k->env->now_ms(k->env->ctx);
	k->resync_took_ms = k->resynced_ms - now;
}
