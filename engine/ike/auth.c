/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who we say that we are, who the peer must be, and the secret that proves it.
 */
#include <string.h>

#include "engine/ike/neg.h"

enum { IKE_UDP = 17, IKE_PORT = 500 };

struct span
auth_psk(const struct ike *k, const struct connection *c,
    struct secret_place *place, bool *conflict)
{
	return secrets_psk(k->secrets, &conn_this(c)->id, &conn_that(c)->id,
	    place, conflict);
}

static void
log_no_secret(const struct xchg *x, const struct connection *c)
{
	TEXT(us, 300);
	TEXT(peer, 300);

	ident_print(&us, &conn_this(c)->id);
	ident_print(&peer, &conn_that(c)->id);
	xchg_log_limited(x, "no preshared secret for %s and %s among the %zu "
	    "loaded: add '%s %s : PSK \"...\"' to ipsec.secrets and run whack "
	    "--listen", us.p, peer.p, ike_of(x)->secrets == NULL ?
	    0 : secrets_count(ike_of(x)->secrets), us.p, peer.p);
}

/* A secret for the connection's two ends is there. */
bool
guard_can_authenticate(const struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	bool conflict;

	(void)m;
	if (c == NULL)
		return false;
	if (auth_psk(ike_of(x), c, NULL, &conflict).n > 0)
		return true;
	log_no_secret(x, c);
	return false;
}

/* -> PSK */
enum status
derive_preshared_key(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	struct secret_place place = {"", 0, ""};
	struct span psk;
	bool conflict;

	(void)m;
	if (c == NULL)
		return ST_FAIL;
	psk = auth_psk(ike_of(x), c, &place, &conflict);
	if (psk.n == 0) {
		log_no_secret(x, c);
		return ST_FAIL;
	}
	if (conflict)
		xchg_log_limited(x, "several secrets fit equally well and "
		    "differ; the one of %s:%u, index \"%s\", is used",
		    place.file, place.line, place.indices);
	neg_of(x)->psk_known = true;
	return xchg_slot_set(x, xchg_target(x, 0), psk) ? ST_OK : ST_FAIL;
}

/* -> IDii or IDir, RFC 2407 4.6.2: protocol and port are zero in phase 1. */
enum status
derive_own_identity(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	uint8_t body[300];
	struct wr w = wr_of(body, sizeof(body));
	struct pl_id id = {0};

	(void)m;
	if (c == NULL)
		return ST_FAIL;
	id.type = conn_this(c)->id.type;
	id.data = ident_span(&conn_this(c)->id);
	enc_id(&w, &id);
	if (w.full || !xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)))
		return ST_FAIL;
	return ST_OK;
}

/* The identity that the peer claims in this slot.  False: logged. */
static bool
peer_identity(const struct xchg *x, enum slot slot, struct ident *id)
{
	struct pl_id pl;
	uint16_t notify;
	TEXT(type, 40);
	TEXT(text, 1100);

	if (!dec_id(xchg_slot(x, slot, 0), &pl, &notify))
		return false;
	enum_print(&type, &enum_id_type, pl.type);
	if (!(pl.protocol == 0 && pl.port == 0) &&
	    !(pl.protocol == IKE_UDP && pl.port == IKE_PORT)) {
		xchg_log(x, LEVEL_WARN, "the peer's ID payload must have "
		    "protocol/port 0/0 or 17/500 (RFC 2407 4.6.2), it has "
		    "%u/%u", pl.protocol, pl.port);
		return false;
	}
	if (!ident_from_payload(id, pl.type, pl.data)) {
		xchg_log(x, LEVEL_WARN, "the peer's ID is of type ID_%s, which "
		    "is not supported as the identity of a host", type.p);
		return false;
	}
	ident_print(&text, id);
	xchg_log(x, LEVEL_INFO, "Peer ID is ID_%s: '%s'", type.p, text.p);
	return true;
}

static void
log_unexpected(const struct xchg *x, const struct ident *came,
    const struct ident *expected)
{
	TEXT(is, 1100);
	TEXT(should, 300);

	ident_print(&is, came);
	ident_print(&should, expected);
	xchg_log(x, LEVEL_WARN, "the peer says that it is '%s', but this "
	    "connection is with '%s' (--id or --host of its end)", is.p,
	    should.p);
}

/* As initiator: the peer is who the connection says. */
bool
guard_peer_id_expected(const struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	struct ident id;

	(void)m;
	if (c == NULL || !peer_identity(x, SLOT_IDIR, &id))
		return false;
	if (ident_equal(&id, &conn_that(c)->id))
		return true;
	log_unexpected(x, &id, &conn_that(c)->id);
	return false;
}

/* The peer has proved that it knows the secret of 'from'; 'to' may take over
 * if that is its secret too, and if it would have negotiated alike. */
static bool
may_switch(const struct ike *k, const struct connection *from,
    const struct connection *to)
{
	bool conflict;

	return to->oriented && to->policy == from->policy &&
	    addr_equal(&conn_this(to)->host, &conn_this(from)->host) &&
	    secret_equal(auth_psk(k, from, NULL, &conflict),
	    auth_psk(k, to, NULL, &conflict));
}

/* The oldest connection between these hosts whose peer has this identity. */
static const struct connection *
connection_of_peer(const struct ike *k, const struct connection *c,
    const struct ident *id)
{
	const struct connection *best = NULL, *o = NULL;

	if (ident_equal(id, &conn_that(c)->id))
		return c;
	while ((o = conn_by_hosts(k->conns, &conn_this(c)->host,
	    &conn_that(c)->host, o)) != NULL)
		if (may_switch(k, c, o) && ident_equal(id, &conn_that(o)->id) &&
		    (best == NULL || o->number < best->number))
			best = o;
	return best;
}

/* As responder: the connection was guessed by the addresses; now that the
 * peer has said and proved who it is, take the one that is meant. */
enum status
derive_refine_connection(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x), *refined;
	struct ident id;

	(void)m;
	if (c == NULL || !peer_identity(x, SLOT_IDII, &id))
		return ST_FAIL;
	refined = connection_of_peer(ike_of(x), c, &id);
	if (refined == NULL) {
		log_unexpected(x, &id, &conn_that(c)->id);
		return ST_FAIL;
	}
	if (refined != c)
		xchg_log(x, LEVEL_INFO, "switching from \"%s\" to \"%s\", "
		    "whose peer this is", c->name, refined->name);
	neg_of(x)->conn = refined->number;
	neg_of(x)->goal = refined->goal;
	return ST_OK;
}
