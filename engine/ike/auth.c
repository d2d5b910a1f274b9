/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who we say that we are, who the peer must be, and the keys that prove it.
 */
#include <string.h>

#include "engine/ike/neg.h"
#include "engine/ike/pubkey.h"

enum { IKE_UDP = 17, IKE_PORT = 500 };

uint32_t
auth_way(uint16_t method)
{
	switch (method) {
	case OAKLEY_AUTH_PSK: return GOAL_PSK;
	case OAKLEY_AUTH_RSA_SIG: return GOAL_RSASIG;
	default: return 0; /* a registry's number */
	}
}

struct span
auth_psk(const struct ike *k, const struct connection *c,
    struct secret_place *place, bool *conflict)
{
	return secrets_psk(k->secrets, &conn_this(c)->id, conn_peer_key_id(c),
	    place, conflict);
}

struct rsa_private *
auth_rsa(const struct ike *k, const struct connection *c,
    struct secret_place *place, bool *conflict)
{
	return secrets_rsa(k->secrets, &conn_this(c)->id, conn_peer_key_id(c),
	    place, conflict);
}

/* A Road Warrior may turn out to be somebody else than its connection says. */
static bool
has_public_key(const struct ike *k, const struct connection *c)
{
	return c->template != NULL || conn_is_template(c) ||
	    pubkey_next(k->pubkeys, &conn_that(c)->id, NULL) != NULL;
}

uint32_t
auth_ways(const struct ike *k, const struct connection *c)
{
	uint32_t ways = 0;
	bool conflict;

	if ((c->goal & GOAL_PSK) != 0 && auth_psk(k, c, NULL, &conflict).n > 0)
		ways |= GOAL_PSK;
	if ((c->goal & GOAL_RSASIG) != 0 &&
	    auth_rsa(k, c, NULL, &conflict) != NULL && has_public_key(k, c))
		ways |= GOAL_RSASIG;
	return ways;
}

/* ---- what is missing --------------------------------------------------- */

static size_t
secrets_loaded(const struct xchg *x)
{
	const struct secrets *s = ike_of(x)->secrets;

	return s == NULL ? 0 : secrets_count(s);
}

/* As an index of ipsec.secrets. */
static void
print_key_id(struct text *t, const struct ident *id)
{
	struct addr a;

	if (ident_addr(id, &a) && addr_is_any(&a))
		text_add(t, a.family == ADDR_V4 ? "%%any" : "%%any6");
	else
		ident_print(t, id);
}

static void
log_no_secret(const struct xchg *x, const struct connection *c)
{
	TEXT(us, 300);
	TEXT(peer, 300);

	ident_print(&us, &conn_this(c)->id);
	print_key_id(&peer, conn_peer_key_id(c));
	xchg_log_limited(x,
	    "no preshared secret for %s and %s among the %zu "
	    "entries loaded: add '%s %s : PSK \"...\"' to ipsec.secrets and "
	    "run whack --listen",
	    us.p, peer.p, secrets_loaded(x), us.p, peer.p);
}

static void
log_no_key(const struct xchg *x, const struct connection *c)
{
	bool conflict;
	TEXT(us, 300);
	TEXT(peer, 300);

	ident_print(&us, &conn_this(c)->id);
	print_key_id(&peer, conn_peer_key_id(c));
	if (auth_rsa(ike_of(x), c, NULL, &conflict) == NULL)
		xchg_log_limited(x,
		    "no private RSA key for %s among the %zu "
		    "entries loaded: add one (': RSA {...}', as rsasigkey "
		    "makes it) to ipsec.secrets and run whack --listen",
		    us.p, secrets_loaded(x));
	else
		xchg_log_limited(x,
		    "no public RSA key of %s among the %zu "
		    "known: tell it by whack --keyid %s --pubkeyrsa 0s...",
		    peer.p, pubkeys_count(ike_of(x)->pubkeys), peer.p);
}

/* The keys for one of the ways that the connection allows are there. */
bool
guard_can_authenticate(const struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);

	(void)m;
	if (c == NULL)
		return false;
	if (auth_ways(ike_of(x), c) != 0)
		return true;
	if ((c->goal & GOAL_PSK) != 0)
		log_no_secret(x, c);
	if ((c->goal & GOAL_RSASIG) != 0)
		log_no_key(x, c);
	return false;
}

/* ---- identities and secrets -------------------------------------------- */

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
		xchg_log_limited(x,
		    "several secrets fit equally well and "
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

static enum slot
peer_slot(const struct xchg *x)
{
	return xchg_role(x) == ROLE_INITIATOR ? SLOT_IDIR : SLOT_IDII;
}

bool
auth_peer(const struct xchg *x, struct ident *id)
{
	struct pl_id pl;
	uint16_t notify;

	return dec_id(xchg_slot(x, peer_slot(x), 0), &pl, &notify) &&
	    ident_from_payload(id, pl.type, pl.data);
}

/* About what the peer says of itself: as long as it has proven nothing, no more
 * often than strangers may. */
static void
log_claim(const struct xchg *x, enum level level, const char *text)
{
	if (xchg_authenticated(x))
		xchg_log(x, level, "%s", text);
	else
		xchg_log_limited(x, "%s", text);
}

/* RFC 2407 4.6.2: in phase 1 the selector is all, or IKE itself. */
static bool
has_ike_selector(const struct pl_id *id)
{
	return (id->protocol == 0 && id->port == 0) ||
	    (id->protocol == IKE_UDP && id->port == IKE_PORT);
}

bool
auth_peer_identity(const struct xchg *x, struct ident *id)
{
	struct pl_id pl;
	uint16_t notify;
	TEXT(line, 1200);

	if (!dec_id(xchg_slot(x, peer_slot(x), 0), &pl, &notify))
		return false;
	if (!has_ike_selector(&pl)) {
		text_add(&line,
		    "the peer's ID payload must have protocol/port 0/0 or "
		    "17/500 (RFC 2407 4.6.2), it has %u/%u",
		    pl.protocol, pl.port);
		log_claim(x, LEVEL_WARN, line.p);
		return false;
	}
	if (!auth_peer(x, id)) {
		text_add(&line, "the peer's ID is of type ID_");
		enum_print(&line, &enum_id_type, pl.type);
		text_add(&line,
		    ", which is not supported as the identity of a host");
		log_claim(x, LEVEL_WARN, line.p);
		return false;
	}
	text_add(&line, "Peer ID is ID_");
	enum_print(&line, &enum_id_type, pl.type);
	text_add(&line, ": '");
	ident_print(&line, id);
	text_add(&line, "'");
	log_claim(x, LEVEL_INFO, line.p);
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
	xchg_log(x, LEVEL_WARN,
	    "the peer says that it is '%s', but this "
	    "connection is with '%s' (--id or --host of its end)",
	    is.p, should.p);
}

/* As initiator: the peer is who the connection says. */
bool
guard_peer_id_expected(const struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	struct ident id;

	(void)m;
	if (c == NULL || !auth_peer_identity(x, &id))
		return false;
	if (ident_equal(&id, &conn_that(c)->id))
		return true;
	log_unexpected(x, &id, &conn_that(c)->id);
	return false;
}
