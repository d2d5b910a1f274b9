/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens by itself: the kernel reports traffic that wants an SA, and SAs
 * that end; and the clock brings further attempts.
 */
#include "engine/ike/neg.h"

static void
acquire(struct ike *k, const struct kernel_event *ev)
{
	struct connection *c = conn_by_reqid(k->conns, ev->reqid);
	struct neg how = {.initiate_phase2 = true};
	TEXT(packet, 150);

	addr_print(&packet, &ev->src);
	text_add(&packet, " -> ");
	addr_print(&packet, &ev->dst);
	if (c == NULL) {
		ike_say(k, 0, RC_LOG,
		    "the kernel wants an SA for %s, reqid "
		    "%lu, which is no connection of ours; ignored",
		    packet.p, (unsigned long)ev->reqid);
		return;
	}
	if (neg_on_its_way(k, c) || retry_hasten(k, c))
		return;
	ike_say(k, 0, RC_LOG, "%s: initiating for the packet %s", c->label,
	    packet.p);
	how.goal = c->goal;
	(void)neg_initiate(k, c, &how);
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
	case KERNEL_FLUSHED:
	case KERNEL_LOST:
		ike_say(k, 0, RC_LOG_SERIOUS,
		    "the kernel had more events than "
		    "we could read: some requests for SAs and reports of "
		    "their end are lost; our own timers go on");
		return;
	}
}

uint64_t
ike_next_ms(const struct ike *k)
{
	return retry_next_ms(k);
}

void
ike_tick(struct ike *k)
{
	retry_run(k);
}
