/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens by itself: the kernel reports traffic that wants an SA, and SAs
 * that end; and the clock brings further attempts.
 */
#include "engine/ike/neg.h"

void
neg_acquire(struct ike *k, struct connection *c, const char *packet)
{
	struct neg how = {.goal = c->goal, .initiate_phase2 = true};

	/* what was caught just before the trap went comes too late */
	if (!k->listening || c->doomed || c->leaving ||
	    (!c->trapped && c->sender == NULL))
		return;
	if (neg_on_its_way(k, c) || retry_hasten(k, c))
		return;
	ike_say(
	    k, 0, RC_LOG, "%s: initiating for the packet %s", c->label, packet);
	(void)neg_initiate(k, c, &how);
}

/* Other daemons' traps are reported to us, too. */
static void
acquire(struct ike *k, const struct kernel_event *ev)
{
	struct connection *c = conn_by_reqid(k->conns, ev->reqid);
	TEXT(packet, 150);

	if (c == NULL)
		return;
	addr_print(&packet, &ev->src);
	text_add(&packet, " -> ");
	addr_print(&packet, &ev->dst);
	neg_acquire(k, c, packet.p);
}

static struct xchg *
owner_of(const struct ike *k, const struct kernel_event *ev)
{
	uint64_t number = spi_owner(k, ev->protocol, ev->spi);
	struct xchg *x = engine_find(k->engine, number);

	if (x == NULL || !addr_equal(&ev->sa_dst, &xchg_path(x)->local.a))
		number = spi_sender(k, ev->protocol, ev->spi, &ev->sa_dst);
	x = engine_find(k->engine, number);
	return x != NULL && xchg_established(x) ? x : NULL;
}

/* Other daemons delete what is theirs; 0: it may be everybody's. */
static void
deleted(struct ike *k, uint32_t reqid)
{
	if (reqid != 0 && conn_by_reqid(k->conns, reqid) == NULL)
		return;
	if (!k->resync_due) /* one line for many events */
		ike_say(k, 0, RC_LOG_SERIOUS,
		    "somebody else deletes SAs or policies in the kernel: "
		    "looking what is left of ours");
	resync_flushed(k);
}

static void
lost(struct ike *k)
{
	if (!k->resync_due) /* packets that meet traps can cause many */
		ike_say(k, 0, RC_LOG_SERIOUS,
		    "the kernel had more events than we could read: looking "
		    "what has come of our SAs");
	resync_lost(k);
}

void
ike_kernel_event(struct ike *k, const struct kernel_event *ev)
{
	struct xchg *x;

	switch ((enum kernel_event_kind)ev->kind) {
	case KERNEL_ACQUIRE: acquire(k, ev); return;
	case KERNEL_EXPIRE:
		x = owner_of(k, ev);
		if (x != NULL)
			xchg_set_timer(
			    x, ev->hard ? TIMER_EXPIRE : TIMER_REPLACE, 0);
		return;
	case KERNEL_FLUSHED: deleted(k, ev->reqid); return;
	case KERNEL_LOST: lost(k); return;
	}
}

uint64_t
ike_next_ms(const struct ike *k)
{
	uint64_t retry = retry_next_ms(k), resync = resync_next_ms(k);

	return retry < resync ? retry : resync;
}

void
ike_tick(struct ike *k)
{
	resync_run(k);
	retry_run(k);
}
