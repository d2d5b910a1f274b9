/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a datagram: is its header sane, which exchange is it for, is that
 * busy, is it a repeat; then decoding, and the edge that it starts.  What finds
 * no exchange costs at most one line of the log.
 */
#include "engine/core/internal.h"

#include <string.h>

#include "engine/base/codec.h"

struct arrival {
	struct engine *e;
	const struct path *path;
	struct pl_isakmp_hdr hdr; /* its spans are in datagram */
	struct span datagram;
};

/* ---- for an exchange ---- */

/* RFC 2408 5.1: the peer has not seen our answer.  Ours may be lost again. */
static void
answer_repeat(struct xchg *x)
{
	if (xchg_busy(x) || x->resends >= xchg_state(x)->resend_n) {
		xchg_debug(x, DEBUG_CONTROL,
		    "the peer repeats its last "
		    "message; nothing is sent");
		return;
	}
	x->resends++;
	xchg_debug(x, DEBUG_CONTROL,
	    "the peer repeats its last message; "
	    "so do we, %u of %u",
	    x->resends, xchg_state(x)->resend_n);
	xchg_repeat(x);
}

static bool
same(const uint8_t a[DIGEST_LEN], const uint8_t b[DIGEST_LEN])
{
	return span_equal(span_of(a, DIGEST_LEN), span_of(b, DIGEST_LEN));
}

static bool
is_repeat(const struct xchg *x, const struct msg *m)
{
	return x->has_digest && same(x->digest, m->digest);
}

/*
 * Only the first message of phase 1 goes without the responder's cookie: who
 * sends another has not shown that it sees our answers (RFC 2408 2.5.3), and
 * an answer without cookie is none.  What has been in the mailbox came when
 * ours, as initiator, may not have been known yet.
 */
static bool
lacks_cookie(const struct xchg *x, const struct msg *m)
{
	struct span bound = span_of(x->rcookie, COOKIE_LEN);

	if (x->def->phase != 1 || !x->committed)
		return false;
	return codec_is_zero(m->hdr.rcookie) ||
	    (!codec_is_zero(bound) && !span_equal(bound, m->hdr.rcookie));
}

static void
refuse_first(struct xchg *x)
{
	x->engine->stats.dropped++;
	xchg_log_limited(x,
	    "message in state %s dropped: it lacks the "
	    "responder's cookie",
	    xchg_state(x)->name);
}

/* The exchange waits for a job: keep one message, the first. */
static void
post(struct xchg *x, struct msg *m)
{
	struct scratch *s = x->scratch;

	if (s->mail != NULL ||
	    (s->msg != NULL && same(s->msg->digest, m->digest))) {
		xchg_debug(x, DEBUG_CONTROL, "busy: message dropped");
		msg_free(m);
		return;
	}
	xchg_debug(x, DEBUG_CONTROL, "busy: message waits");
	s->mail = m;
}

static void
refuse(struct xchg *x, const char *why)
{
	x->engine->stats.dropped++;
	xchg_log_limited(
	    x, "message in state %s dropped: %s", xchg_state(x)->name, why);
	x->engine->hooks->refused(x, NULL, why);
	if (!x->dead)
		xchg_rollback(x);
}

void
dispatch_to(struct xchg *x, struct msg *m)
{
	const struct edge_def *edge;
	TEXT(why, 300);

	if (is_repeat(x, m)) {
		answer_repeat(x);
		msg_free(m);
		return;
	}
	if (lacks_cookie(x, m)) {
		refuse_first(x);
		msg_free(m);
		return;
	}
	if (xchg_busy(x)) {
		post(x, m);
		return;
	}
	if (!xchg_begin(x, m)) {
		msg_free(m);
		if (!x->committed)
			xchg_bury(x);
		return;
	}
	edge = msg_accept(x, m, &why);
	if (edge == NULL)
		refuse(x, why.p);
	else
		xchg_run(x, edge);
}

static bool
deliver(struct xchg *x, const struct arrival *a)
{
	const struct suite_ops *ops = a->e->env->suite;
	struct msg *m = msg_new(a->path, &a->hdr, a->datagram);

	if (m == NULL ||
	    !ops->hash(HASH_SHA2_256, &a->datagram, 1, m->digest)) {
		msg_free(m);
		if (!x->committed && !xchg_busy(x))
			xchg_bury(x);
		return false;
	}
	dispatch_to(x, m);
	return true;
}

/* ---- a new exchange as responder ---- */

static bool
sa_has_room(const struct xchg *parent)
{
	if (parent->in_progress < LIMIT_EXCHANGES_PER_SA &&
	    parent->msgids.n < LIMIT_MESSAGE_IDS_PER_SA)
		return true;
	xchg_log_limited(parent,
	    "new exchange refused: %u are in progress "
	    "under this ISAKMP SA (limit %u), %u message IDs are used up "
	    "(limit %u)",
	    parent->in_progress, (unsigned)LIMIT_EXCHANGES_PER_SA,
	    (unsigned)parent->msgids.n, (unsigned)LIMIT_MESSAGE_IDS_PER_SA);
	return false;
}

/* What the first message's header, and our cookie, say about the exchange. */
static bool
take_header(struct xchg *x, const struct arrival *a)
{
	x->msgid = a->hdr.msgid;
	if (x->def->phase == 2)
		return index_add_wire(x) && xchg_compute_iv(x);
	memcpy(x->icookie, a->hdr.icookie.p, COOKIE_LEN);
	return a->e->hooks->cookie(a->e, a->path, x->rcookie) &&
	    index_add_wire(x);
}

static struct xchg *
respond(
    const struct arrival *a, const struct xchg_def *def, struct xchg *parent)
{
	struct xchg *x;

	if (parent != NULL && !sa_has_room(parent))
		return NULL;
	if (!a->e->hooks->may_respond(a->e, def, parent, a->path))
		return NULL;
	x = xchg_new(a->e, def, ROLE_RESPONDER, a->path, parent);
	if (x != NULL && !take_header(x, a)) {
		xchg_bury(x);
		x = NULL;
	}
	if (x == NULL)
		engine_log_packet(a->e, a->path,
		    "no memory or no randomness "
		    "for a new %s exchange",
		    def->name);
	return x;
}

/* ---- which exchange ---- */

static bool
drop(const struct arrival *a, const char *why)
{
	engine_log_packet(a->e, a->path, "dropped: %s", why);
	return false;
}

/* To the exchange x; to one that it begins, if x is NULL. */
static bool
deliver_or_begin(struct xchg *x, const struct arrival *a,
    const struct xchg_def *def, struct xchg *parent)
{
	if (x == NULL)
		x = respond(a, def, parent);
	if (x == NULL)
		return false;
	if (x->def->number != def->number)
		return drop(a,
		    "its exchange type differs from that of the "
		    "exchange it belongs to");
	return deliver(x, a);
}

static bool
receive_phase1(const struct arrival *a, const struct xchg_def *def)
{
	bool first = codec_is_zero(a->hdr.rcookie);
	struct xchg *x = index_find_cookies(
	    a->e, a->hdr.icookie, a->hdr.rcookie, &a->path->remote);

	if (x == NULL && !first)
		return drop(a, "no exchange with this peer has these cookies");
	if (x == NULL && (a->hdr.flags & HDR_FLAG_ENCRYPT) != 0)
		return drop(a, "a first message cannot be encrypted");
	return deliver_or_begin(x, a, def, NULL);
}

static bool
receive_phase2(const struct arrival *a, const struct xchg_def *def)
{
	struct xchg *parent, *x;

	parent = codec_is_zero(a->hdr.rcookie)
	    ? NULL
	    : index_find_cookies(
		  a->e, a->hdr.icookie, a->hdr.rcookie, &a->path->remote);
	if (parent == NULL || !xchg_established(parent) ||
	    !parent->authenticated)
		return drop(a,
		    "no established ISAKMP SA with this peer has "
		    "these cookies");
	x = index_find_msgid(a->e, parent, a->hdr.msgid);
	return deliver_or_begin(x, a, def, parent);
}

/* ---- notifications in the clear (RFC 2409 5.7) ---- */

/* What a hint is about; NULL: no exchange of ours. */
static void
log_hint(const struct arrival *a, const char *what)
{
	struct xchg *x = index_find_cookies(
	    a->e, a->hdr.icookie, a->hdr.rcookie, &a->path->remote);

	if (x != NULL)
		xchg_log_limited(x,
		    "an unprotected message from the peer, "
		    "which may be forged and changes nothing, says: %s",
		    what);
	else
		engine_log_packet(a->e, a->path,
		    "unprotected Informational "
		    "message ignored; it says: %s",
		    what);
}

/* Nothing protects it, so nothing follows from it but a line in the log. */
static bool
take_hint(const struct arrival *a)
{
	struct msg *m = msg_new(a->path, &a->hdr, a->datagram);
	TEXT(what, 300);

	if (m == NULL)
		return false;
	if (!msg_split(
		m, span_from(span_of(m->bytes, m->n), HEADER_LEN), 0, &what))
		m->n_payloads = 0;
	for (unsigned i = 0; i < m->n_payloads; i++) {
		const struct payload_at *at = &m->payloads[i];
		struct pl_n n;
		uint16_t notify;

		if (i > 0)
			text_add(&what, ", ");
		if (at->number == PAYLOAD_N && dec_n(at->body, &n, &notify))
			enum_print(&what, &enum_notify, n.type);
		else
			text_add(&what, "payload %u", at->number);
	}
	log_hint(a, what.p);
	msg_free(m);
	return false;
}

/* ---- the header ---- */

static bool
decode_header(struct arrival *a)
{
	uint16_t notify = 0;
	TEXT(name, 64);

	if (a->datagram.n > LIMIT_DATAGRAM) {
		engine_log_packet(a->e, a->path,
		    "dropped: %zu octets are more "
		    "than the %u that are looked at",
		    a->datagram.n, (unsigned)LIMIT_DATAGRAM);
		return false;
	}
	if (dec_isakmp_hdr(a->datagram, &a->hdr, &notify))
		return true;
	if (notify != 0)
		enum_print(&name, &enum_notify, notify);
	engine_log_packet(a->e, a->path,
	    "dropped: %zu octets without a "
	    "proper ISAKMP header%s%s",
	    a->datagram.n, notify != 0 ? ": " : "", name.p);
	return false;
}

static bool
receive(struct arrival *a)
{
	const struct xchg_def *def, *notify = engine_notify_def();
	bool clear;

	if (!decode_header(a))
		return false;
	clear = (a->hdr.flags & HDR_FLAG_ENCRYPT) == 0;
	if (clear && notify != NULL && a->hdr.xchg == notify->number)
		return take_hint(a);
	/* RFC 2408 3.1: phase 1 has message ID 0, and nothing else has */
	def = engine_find_def(a->hdr.xchg, a->hdr.msgid == 0 ? 1 : 2);
	if (def == NULL) {
		TEXT(name, 40);

		enum_print(&name, &enum_exchange_type, a->hdr.xchg);
		engine_log_packet(a->e, a->path,
		    "dropped: exchange type %s "
		    "with%s a message ID is not supported",
		    name.p, a->hdr.msgid == 0 ? "out" : "");
		return false;
	}
	if ((a->hdr.flags & HDR_FLAG_AUTH_ONLY) != 0)
		return drop(a,
		    "the flag for authentication only is not "
		    "supported");
	if ((a->hdr.flags & HDR_FLAG_COMMIT) != 0)
		engine_log_packet(a->e, a->path, "the commit flag is ignored");
	if (def->phase == 1)
		return receive_phase1(a, def);
	if (clear)
		return drop(a, "a message of this exchange must be encrypted");
	return receive_phase2(a, def);
}

static void
show_datagram(struct engine *e, const struct path *path, struct span datagram)
{
	TEXT(t, 2 * LIMIT_DATAGRAM + 200);

	if (!engine_debugging(e, DEBUG_RAW))
		return;
	text_add(&t, "received %zu octets from ", datagram.n);
	endpoint_print(&t, &path->remote);
	text_add(&t, ": ");
	text_hex(&t, span_head(datagram, LIMIT_DATAGRAM));
	e->env->log(e->env->ctx, LEVEL_DEBUG, DEBUG_RAW, t.p);
}

void
engine_receive(
    struct engine *e, const struct path *path, uint8_t *data, size_t n)
{
	struct arrival a = {.e = e, .path = path, .datagram = span_of(data, n)};

	engine_enter(e);
	e->stats.datagrams_in++;
	show_datagram(e, path, a.datagram);
	if (!receive(&a))
		e->stats.dropped++;
	engine_leave(e);
}
