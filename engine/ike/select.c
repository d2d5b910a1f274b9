/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As responder: which connection a message belongs to, and when there is none,
 * which one it almost was.
 */
#include "engine/ike/neg.h"

enum {
	CONSIDERED_MAX = 256, /* connections that an explanation looks at */
	NAMED_MAX = 4         /* and names */
};

/* Neither limit counts the exchange that asks. */
bool
guard_below_half_open_limit(const struct xchg *x, const struct msg *m)
{
	struct engine *e = xchg_engine(x);
	struct engine_stats stats;

	engine_stats(e, &stats);
	if (stats.half_open >= LIMIT_HALF_OPEN) {
		engine_log_packet(e, msg_path(m), "refused: %zu negotiations "
		    "are waiting for their peers, the limit is %u",
		    stats.half_open, LIMIT_HALF_OPEN);
		return false;
	}
	if (engine_half_open_from(e, &msg_path(m)->remote.a) >=
	    LIMIT_HALF_OPEN_PER_SOURCE) {
		engine_log_packet(e, msg_path(m), "refused: this address has "
		    "as many unfinished negotiations as the limit of %u allows",
		    LIMIT_HALF_OPEN_PER_SOURCE);
		return false;
	}
	return true;
}

/* ---- by addresses ------------------------------------------------------ */

static bool
is_between(const struct connection *c, const struct path *path)
{
	return c->oriented &&
	    addr_equal(&conn_this(c)->host, &path->local.a) &&
	    addr_equal(&conn_that(c)->host, &path->remote.a);
}

/* What keeps a connection from being used for this path. */
static void
print_difference(struct text *t, const struct connection *c,
    const struct path *path)
{
	text_add(t, "; \"%s\": ", c->name);
	if (!c->oriented) {
		text_add(t, "neither end is ours");
	} else if (!addr_equal(&conn_that(c)->host, &path->remote.a)) {
		text_add(t, "its peer is ");
		addr_print(t, &conn_that(c)->host);
	} else {
		text_add(t, "our address there is ");
		addr_print(t, &conn_this(c)->host);
	}
}

static void
explain_no_connection(struct text *t, const void *ctx)
{
	const struct xchg *x = ctx;
	const struct ike *k = ike_of(x);
	const struct path *path = xchg_path(x);
	const struct connection *c = NULL;
	unsigned considered = 0, named = 0;

	text_add(t, "no connection is known between us (");
	addr_print(t, &path->local.a);
	text_add(t, ") and ");
	addr_print(t, &path->remote.a);
	while (considered++ < CONSIDERED_MAX && named < NAMED_MAX &&
	    (c = conn_next(k->conns, c)) != NULL) {
		print_difference(t, c, path);
		named++;
	}
	if (named < conns_count(k->conns))
		text_add(t, "; and %zu more", conns_count(k->conns) - named);
	else if (named == 0)
		text_add(t, ": none is loaded");
}

static bool
has_same_ids(const struct connection *a, const struct connection *b)
{
	return ident_equal(&conn_this(a)->id, &conn_this(b)->id) &&
	    ident_equal(&conn_that(a)->id, &conn_that(b)->id);
}

/* Can an offer fit the one and not the other? */
static bool
differ_in_offer(const struct connection *a, const struct connection *b)
{
	uint32_t differ = a->goal ^ b->goal;

	return a->policy != b->policy ||
	    (differ & (GOAL_PSK | GOAL_RSASIG)) != 0;
}

/* Whose policy has an offered transform goes before others, then with its keys
 * there before without, then the older before the younger. */
static bool
is_better(const struct xchg *x, const struct connection *c,
    const struct connection *than)
{
	const struct ike *k = ike_of(x);
	bool fits, keys;

	if (than == NULL)
		return true;
	if (differ_in_offer(c, than)) {
		fits = phase1_fits(x, c);
		if (fits != phase1_fits(x, than))
			return fits;
	}
	if (!has_same_ids(c, than)) {
		keys = auth_ways(k, c) != 0;
		if (keys != (auth_ways(k, than) != 0))
			return keys;
	}
	return c->number < than->number;
}

/* A connection between the two addresses: in Main Mode the responder knows
 * only those and the offer before it must choose (RFC 2409 5.4). */
enum status
derive_find_connection(struct xchg *x, const struct msg *m)
{
	const struct path *path = xchg_path(x);
	const struct connection *best = NULL, *c = NULL;

	(void)m;
	while ((c = conn_by_hosts(ike_of(x)->conns, &path->local.a,
	    &path->remote.a, c)) != NULL)
		if (is_between(c, path) && is_better(x, c, best))
			best = c;
	if (best == NULL) {
		engine_explain_packet(xchg_engine(x), path,
		    explain_no_connection, x);
		return ST_FAIL;
	}
	neg_of(x)->conn = best->number;
	neg_of(x)->goal = best->goal;
	return ST_OK;
}

/* ---- by clients -------------------------------------------------------- */

void
select_print_clients(struct text *t, const struct path *path,
    const struct subnet *ours, const struct subnet *theirs)
{
	struct subnet us = subnet_host(&path->local.a);
	struct subnet peer = subnet_host(&path->remote.a);

	if (!subnet_equal(ours, &us)) {
		subnet_print(t, ours);
		text_add(t, "===");
	}
	addr_print(t, &path->local.a);
	text_add(t, "...");
	addr_print(t, &path->remote.a);
	if (!subnet_equal(theirs, &peer)) {
		text_add(t, "===");
		subnet_print(t, theirs);
	}
}

static bool
subnet_of_id(struct subnet *s, const struct pl_id *id)
{
	struct addr a, mask;
	size_t half = id->data.n / 2;

	switch (id->type) {
	case ID_TYPE_IPV4_ADDR:
	case ID_TYPE_IPV6_ADDR:
		if (!addr_from_span(&a, id->data))
			return false;
		*s = subnet_host(&a);
		return true;
	case ID_TYPE_IPV4_ADDR_SUBNET:
	case ID_TYPE_IPV6_ADDR_SUBNET:
		return addr_from_span(&a, span_head(id->data, half)) &&
		    addr_from_span(&mask, span_from(id->data, half)) &&
		    subnet_from_mask(s, &a, &mask);
	default: /* a registry's number: ranges, names */
		return false;
	}
}

/* The client that an ID payload describes; without one, the host. */
static bool
client_of(const struct xchg *x, enum slot slot, const struct addr *host,
    struct subnet *s)
{
	struct pl_id id;
	uint16_t notify;
	TEXT(type, 40);

	if (xchg_slot_count(x, slot) == 0) {
		*s = subnet_host(host);
		return true;
	}
	if (!dec_id(xchg_slot(x, slot, 0), &id, &notify))
		return false;
	if (id.protocol != 0 || id.port != 0) {
		xchg_log_limited(x, "the peer wants an IPsec SA for "
		    "protocol %u port %u only, which is not supported: its "
		    "client must cover all protocols and ports", id.protocol,
		    id.port);
		return false;
	}
	if (subnet_of_id(s, &id))
		return true;
	enum_print(&type, &enum_id_type, id.type);
	xchg_log_limited(x, "the peer's client of type ID_%s is no address "
	    "or subnet (with host bits of zero) that we can use", type.p);
	return false;
}

/* Between the same identities as the ISAKMP SA's connection, and content with
 * what protects that. */
static bool
has_same_ends(const struct connection *c, const struct connection *isakmp)
{
	return c->oriented && c->policy == isakmp->policy &&
	    addr_equal(&conn_this(c)->host, &conn_this(isakmp)->host) &&
	    has_same_ids(c, isakmp);
}

/* How many of the two clients are those of the connection. */
static unsigned
clients_equal(const struct connection *c, const struct neg *wanted)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));

	return (unsigned)subnet_equal(&ours, &wanted->ours) +
	    (unsigned)subnet_equal(&theirs, &wanted->theirs);
}

/* The connection with the clients of 'wanted', or else the nearest one. */
static const struct connection *
nearest(const struct ike *k, const struct connection *isakmp,
    const struct neg *wanted)
{
	const struct connection *best = NULL, *c = NULL;

	while ((c = conn_by_hosts(k->conns, &conn_this(isakmp)->host,
	    &conn_that(isakmp)->host, c)) != NULL) {
		unsigned fit, best_fit;

		if (!has_same_ends(c, isakmp))
			continue;
		fit = clients_equal(c, wanted);
		best_fit = best == NULL ? 0 : clients_equal(best, wanted);
		if (best == NULL || fit > best_fit ||
		    (fit == best_fit && c->number < best->number))
			best = c;
	}
	return best;
}

static void
print_client_difference(struct text *t, const char *whose,
    const struct subnet *here, const struct subnet *asked)
{
	if (subnet_equal(here, asked))
		return;
	text_add(t, "; %s client is ", whose);
	subnet_print(t, here);
	text_add(t, " there, the peer asks for ");
	subnet_print(t, asked);
}

static void
explain_no_client(const struct xchg *x, const struct connection *near,
    const struct neg *wanted)
{
	TEXT(asked, 200);
	TEXT(differs, 400);

	select_print_clients(&asked, xchg_path(x), &wanted->ours,
	    &wanted->theirs);
	if (near != NULL) {
		struct subnet ours = end_client(conn_this(near));
		struct subnet theirs = end_client(conn_that(near));

		text_add(&differs, "; nearest is \"%s\"", near->name);
		print_client_difference(&differs, "our", &ours, &wanted->ours);
		print_client_difference(&differs, "its", &theirs,
		    &wanted->theirs);
	}
	xchg_log_limited(x, "cannot respond to IPsec SA request because no "
	    "connection is known for %s%s", asked.p, differs.p);
}

/* RFC 2409 5.5: IDci is the initiator's client, IDcr ours. */
enum status
derive_find_client_connection(struct xchg *x, const struct msg *m)
{
	const struct path *path = xchg_path(x);
	const struct xchg *sa = xchg_parent(x);
	const struct connection *isakmp = sa == NULL ? NULL : neg_conn(sa);
	const struct connection *c;
	struct neg *neg = neg_of(x);

	(void)m;
	if (isakmp == NULL || !isakmp->oriented ||
	    !client_of(x, SLOT_IDCI, &path->remote.a, &neg->theirs) ||
	    !client_of(x, SLOT_IDCR, &path->local.a, &neg->ours))
		return ST_FAIL;
	c = nearest(ike_of(x), isakmp, neg);
	if (c == NULL || clients_equal(c, neg) < 2) {
		explain_no_client(x, c, neg);
		return ST_FAIL;
	}
	if ((c->goal & GOAL_ENCRYPT) == 0) {
		xchg_log_limited(x, "cannot respond to IPsec SA request: "
		    "\"%s\" has no --encrypt and so an ISAKMP SA only",
		    c->name);
		return ST_FAIL;
	}
	neg->conn = c->number;
	neg->goal = c->goal;
	return ST_OK;
}
