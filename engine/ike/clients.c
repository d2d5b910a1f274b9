/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As responder in phase 2: the connection with the clients that the peer asks
 * for, and when there is none, which one it almost was.
 */
#include "engine/ike/neg.h"

/* ---- what the peer asks for --------------------------------------------- */

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

/* A range that is a subnet: what differs between its ends is the mask's. */
static bool
subnet_of_range(
    struct subnet *s, const struct addr *first, const struct addr *last)
{
	struct addr mask = *first;

	for (size_t i = 0; i < addr_len(first); i++)
		mask.b[i] = (uint8_t)(0xff ^ first->b[i] ^ last->b[i]);
	return subnet_from_mask(s, first, &mask);
}

static bool
subnet_of_id(struct subnet *s, const struct pl_id *id)
{
	struct addr a, last, mask;
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
	case ID_TYPE_IPV4_ADDR_RANGE:
	case ID_TYPE_IPV6_ADDR_RANGE:
		return addr_from_span(&a, span_head(id->data, half)) &&
		    addr_from_span(&last, span_from(id->data, half)) &&
		    subnet_of_range(s, &a, &last);
	default: /* a registry's number: names */ return false;
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
		xchg_log_limited(x,
		    "the peer wants an IPsec SA for "
		    "protocol %u port %u only, which is not supported: its "
		    "client must cover all protocols and ports",
		    id.protocol, id.port);
		return false;
	}
	if (subnet_of_id(s, &id))
		return true;
	enum_print(&type, &enum_id_type, id.type);
	xchg_log_limited(x,
	    "the peer's client of type ID_%s is no address, "
	    "subnet (with host bits of zero) or range that is a subnet",
	    type.p);
	return false;
}

/* ---- candidates -------------------------------------------------------- */

/* Between the same identities as the ISAKMP SA's connection, and content with
 * what protects that.  NULL: it is. */
static const char *
ends_misfit(const struct xchg *x, const struct connection *c,
    const struct connection *isakmp)
{
	struct ident peer;

	if (select_unusable(c) != NULL)
		return select_unusable(c);
	peer = conn_peer_id(c, &xchg_path(x)->remote.a);
	if (!ident_equal(&peer, &conn_that(isakmp)->id))
		return "its peer is another";
	if (!ident_equal(&conn_this(c)->id, &conn_this(isakmp)->id))
		return "our identity there is another";
	if (c->policy != isakmp->policy)
		return "its policy is another";
	return select_way_misfit(c, neg_of(xchg_parent(x))->way);
}

/* The peer's client if it has x's peer's address. */
static struct subnet
their_client(const struct xchg *x, const struct connection *c)
{
	const struct end *that = conn_that(c);

	return that->has_client ? that->client
				: subnet_host(&xchg_path(x)->remote.a);
}

/* How many of the two clients are those of the connection. */
static unsigned
clients_equal(const struct xchg *x, const struct connection *c)
{
	const struct neg *wanted = neg_of(x);
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = their_client(x, c);

	return (unsigned)subnet_equal(&ours, &wanted->ours) +
	    (unsigned)subnet_equal(&theirs, &wanted->theirs);
}

/* c fits as well as the best: one for this address (an instance too) goes
 * before those for %any, then the older. */
static bool
goes_before(const struct connection *c, const struct connection *best)
{
	if (conn_is_template(c) != conn_is_template(best))
		return conn_is_template(best);
	return c->number < best->number;
}

/* The connection with the clients wanted, or else the nearest one. */
static struct connection *
nearest(const struct xchg *x, const struct connection *isakmp)
{
	const struct conns *conns = ike_of(x)->conns;
	struct connection *best = NULL, *c = NULL;

	while ((c = select_next(conns, xchg_path(x), c)) != NULL) {
		unsigned fit, best_fit;

		if (ends_misfit(x, c, isakmp) != NULL)
			continue;
		fit = clients_equal(x, c);
		best_fit = best == NULL ? 0 : clients_equal(x, best);
		if (best == NULL || fit > best_fit ||
		    (fit == best_fit && goes_before(c, best)))
			best = c;
	}
	return best;
}

/* ---- explanations ------------------------------------------------------ */

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
print_nearest(
    struct text *t, const struct xchg *x, const struct connection *near)
{
	const struct neg *wanted = neg_of(x);
	struct subnet ours = end_client(conn_this(near));
	struct subnet theirs = their_client(x, near);

	text_add(t, "; nearest is %s", near->label);
	print_client_difference(t, "our", &ours, &wanted->ours);
	print_client_difference(t, "its", &theirs, &wanted->theirs);
}

static void
print_others(struct text *t, const struct xchg *x,
    const struct connection *near, const struct connection *isakmp)
{
	const struct connection *c = NULL;
	unsigned named = 0;

	while (named < SELECT_NAMED_MAX &&
	    (c = select_next(ike_of(x)->conns, xchg_path(x), c)) != NULL) {
		const char *why = ends_misfit(x, c, isakmp);

		if (c == near || (near != NULL && c == near->template))
			continue;
		select_print_passed_over(
		    t, c, why != NULL ? why : "it is for other clients");
		named++;
	}
}

static void
explain_no_client(const struct xchg *x, const struct connection *near,
    const struct connection *isakmp)
{
	const struct neg *wanted = neg_of(x);
	TEXT(asked, 200);
	TEXT(differs, 900);

	select_print_clients(
	    &asked, xchg_path(x), &wanted->ours, &wanted->theirs);
	if (near != NULL)
		print_nearest(&differs, x, near);
	print_others(&differs, x, near, isakmp);
	xchg_log_limited(x,
	    "cannot respond to IPsec SA request because no "
	    "connection is known for %s%s",
	    asked.p, differs.p);
}

/* ---- the choice -------------------------------------------------------- */

/* RFC 2409 5.5: IDci is the initiator's client, IDcr ours. */
enum status
derive_find_client_connection(struct xchg *x, const struct msg *m)
{
	const struct path *path = xchg_path(x);
	const struct xchg *sa = xchg_parent(x);
	const struct connection *isakmp = sa == NULL ? NULL : neg_conn(sa);
	struct connection *c;
	struct neg *neg = neg_of(x);

	(void)m;
	if (isakmp == NULL || !isakmp->oriented ||
	    !client_of(x, SLOT_IDCI, &path->remote.a, &neg->theirs) ||
	    !client_of(x, SLOT_IDCR, &path->local.a, &neg->ours))
		return ST_FAIL;
	c = nearest(x, isakmp);
	if (c == NULL || clients_equal(x, c) < 2) {
		explain_no_client(x, c, isakmp);
		return ST_FAIL;
	}
	if (!conn_is_for_ipsec(c)) {
		xchg_log_limited(x,
		    "cannot respond to IPsec SA request: %s has no --encrypt "
		    "or --authenticate and so an ISAKMP SA only",
		    c->label);
		return ST_FAIL;
	}
	return neg_hold_for_peer(x, c) ? ST_OK : ST_FAIL;
}
