/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error notifications: in the clear while there is no ISAKMP SA (RFC 2408
 * 3.14, RFC 2409 5.7), else by a protected exchange of its own.  Never about
 * an Informational, never to many, and not often.
 */
#include "engine/core/internal.h"

enum { NOTIFY_SPACE = 128 };

/* At most LIMIT_NOTIFY_PER_SECOND for the addresses that share a bucket. */
static bool
allowed(struct engine *e, const struct addr *a)
{
	uint32_t at = hash_bytes(e->seed, addr_span(a)) % NOTIFY_BUCKETS;

	return limiter_allow(
	    &e->notify_limit[at], timer_now(e), LIMIT_NOTIFY_PER_SECOND);
}

static bool
random_msgid(struct engine *e, uint32_t *msgid)
{
	uint8_t b[4];
	struct cur c = cur_of(span_of(b, sizeof(b)));

	if (!e->env->random(e->env->ctx, b, sizeof(b)))
		return false;
	*msgid = cur_u32(&c);
	return *msgid != 0;
}

/* The notification is about the SA that these cookies would have named. */
static void
encode(const struct xchg *x, uint8_t number, uint32_t msgid, uint16_t notify,
    struct wr *w)
{
	uint8_t spi[2 * COOKIE_LEN];
	struct wr ws = wr_of(spi, sizeof(spi));
	struct pl_isakmp_hdr hdr = {
	    .icookie = xchg_icookie(x),
	    .rcookie = xchg_rcookie(x),
	    .next = PAYLOAD_N,
	    .xchg = number,
	    .msgid = msgid,
	};
	struct pl_n n = {
	    .doi = DOI_IPSEC,
	    .protocol = PROTOCOL_ISAKMP,
	    .type = notify,
	};
	size_t mark;

	wr_bytes(&ws, hdr.icookie);
	wr_bytes(&ws, hdr.rcookie);
	n.spi = wr_span(&ws);
	enc_isakmp_hdr(w, &hdr);
	mark = wr_frame_begin(w, PAYLOAD_NONE);
	enc_n(w, &n);
	wr_frame_end(w, mark);
	wr_patch_u32(w, HEADER_LENGTH_AT, (uint32_t)wr_span(w).n);
}

static void
send_clear(struct xchg *x, uint16_t notify)
{
	struct engine *e = x->engine;
	const struct xchg_def *def = engine_notify_def();
	uint8_t buf[NOTIFY_SPACE];
	struct wr w = wr_of(buf, sizeof(buf));
	uint32_t msgid;

	if (def == NULL || !random_msgid(e, &msgid))
		return;
	encode(x, def->number, msgid, notify, &w);
	if (w.full)
		return;
	e->stats.datagrams_out++;
	(void)e->env->send(e->env->ctx, &x->path, wr_span(&w));
}

void
notify_send(struct xchg *x, const struct path *path, uint16_t notify)
{
	const struct hooks *hooks = x->engine->hooks;

	if (notify == 0 || x->dead || x->def->oneway ||
	    addr_is_multicast(&path->remote.a) || !hooks->may_notify(x) ||
	    !allowed(x->engine, &path->remote.a))
		return;
	if (x->def->phase == 1)
		send_clear(x, notify);
	else if (x->parent != NULL)
		hooks->start_notify(x, notify);
}
