/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whack's requests about connections and states, carried out. */
#include <stdlib.h>
#include <string.h>

#include "engine/ike/load.h"
#include "engine/ike/neg.h"
#include "engine/ike/pubkey.h"

/* A request is over; whack may go. */
static void
done(const struct ike *k, uint32_t client)
{
	k->env->whack_done(k->env->ctx, client);
}

/* The connection that the request names; NULL: there is none, whack knows. */
static struct connection *
named(const struct ike *k, const struct request *r, uint32_t client)
{
	struct span name = r->v[CTL_END_NONE][WHACK_NAME].bytes;
	char text[CONN_NAME_MAX + 1] = "";
	struct connection *c;

	if (name.n > 0 && name.n <= CONN_NAME_MAX)
		memcpy(text, name.p, name.n);
	c = conn_by_name(k->conns, text);
	if (c == NULL)
		ike_say(k, client, RC_UNKNOWN_NAME,
		    "no connection named \"%s\"", text);
	return c;
}

/* ---- connections ------------------------------------------------------- */

static void
remove_connection(struct ike *k, struct connection *c, uint32_t client)
{
	ike_say(k, client, RC_LOG, "%s: deleting connection", c->label);
	conn_hold(c);
	conns_doom(k->conns, c);
	neg_end_all(k, c->number, "its connection is deleted");
	route_undo(k, c);
	conn_let_go(k, c);
}

/* Make room for a new connection of this name.  False: whack knows. */
static bool
make_room(struct ike *k, const char *name, bool replace, uint32_t client)
{
	struct connection *old = conn_by_name(k->conns, name);

	if (old == NULL)
		return true;
	if (!replace) {
		ike_say(k, client, RC_DUPNAME,
		    "attempt to redefine connection "
		    "\"%s\"; --delete replaces it",
		    name);
		return false;
	}
	remove_connection(k, old, client);
	return true;
}

static void
warn(const struct ike *k, const struct connection *c, uint32_t client)
{
	for (int w = LOAD_OLD_NOTATION; w <= LOAD_LEGACY; w++) {
		TEXT(line, 500);

		if (load_warning(c, (enum load_warning)w, &line))
			ike_say(k, w == LOAD_LEGACY ? 0 : client, RC_LOG,
			    "%s: %s", c->label, line.p);
	}
}

static void
add_connection(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = conn_new();
	struct refusal why = {0};
	char buf[600];

	if (c == NULL) {
		ike_say(k, client, RC_INTERNALERR, "out of memory");
		return;
	}
	why.text = text_of(buf, sizeof(buf));
	if (!load_connection(c, r, &why)) {
		ike_say(k, client, why.code, "\"%s\": %s", c->name, why.text.p);
		conn_free(c);
		return;
	}
	if (!make_room(
		k, c->name, r->v[CTL_END_NONE][WHACK_DELETE].set, client)) {
		conn_free(c);
		return;
	}
	conn_orient(k, c);
	conn_take_myid(c, &k->myid);
	if (!conns_add_take(k->conns, c)) {
		ike_say(k, client, RC_INTERNALERR, "out of memory");
		return;
	}
	warn(k, c, client);
	conn_warn_secrets(k, c, client);
	ike_say(
	    k, client, RC_LOG, "added connection description \"%s\"", c->name);
}

static void
delete_connection(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = named(k, r, client);

	if (c != NULL)
		remove_connection(k, c, client);
}

static void
set_myid(struct ike *k, const struct request *r, uint32_t client)
{
	TEXT(text, 700);

	if (!ike_set_myid(k, r->v[CTL_END_NONE][WHACK_MYID].bytes, &text)) {
		ike_say(k, client, RC_BADID, "--myid: %s", text.p);
		return;
	}
	ike_print_myid(k, &text);
	ike_say(k, client, RC_LOG, "%s", text.p);
}

/* ---- public keys ------------------------------------------------------- */

/* The key of a --keyid request; NULL: whack knows why. */
static struct rsa_public *
requested_key(
    const struct ike *k, const struct request_value *v, uint32_t client)
{
	struct rsa_public *key;
	TEXT(why, 300);

	if (!v->set) {
		ike_say(k, client, RC_NOKEY,
		    "--keyid without --pubkeyrsa: "
		    "looking for the key in DNS is not supported by this "
		    "version; add --pubkeyrsa 0s...");
		return NULL;
	}
	key = rsa_public_from_blob(v->bytes, &why);
	if (key == NULL)
		ike_say(
		    k, client, RC_BADWHACKMESSAGE, "--pubkeyrsa: %s", why.p);
	else if (rsa_public_bits(key) < RSA_SAFE_BITS)
		ike_say(k, client, RC_LOG_SERIOUS,
		    "warning: an RSA key of %zu "
		    "bits is out of date, use %d or more",
		    rsa_public_bits(key), RSA_SAFE_BITS);
	return key;
}

static void
add_key(struct ike *k, const struct request *r, uint32_t client)
{
	const struct request_value *v = r->v[CTL_END_NONE];
	struct rsa_public *key;
	struct ident id;
	size_t replaced = 0;
	TEXT(why, 300);
	TEXT(line, 400);

	if (!ident_parse(&id, v[WHACK_KEYID].bytes, &why)) {
		ike_say(k, client, RC_BADID, "--keyid: %s", why.p);
		return;
	}
	key = requested_key(k, &v[WHACK_PUBKEYRSA], client);
	if (key == NULL)
		return;
	ident_print(&line, &id);
	text_add(&line, ": added public ");
	pubkey_print(&line, key);
	if (!v[WHACK_ADDKEY].set)
		replaced = pubkey_forget(k->pubkeys, &id);
	if (replaced > 0)
		text_add(&line, " in place of %zu", replaced);
	if (pubkey_add_take(k->pubkeys, &id, key))
		ike_say(k, client, RC_LOG, "%s", line.p);
	else
		ike_say(k, client, RC_INTERNALERR,
		    "no memory for the key, or "
		    "%d keys for this identity already",
		    PUBKEYS_PER_IDENT);
}

/* ---- SAs --------------------------------------------------------------- */

static void
delete_state(struct ike *k, const struct request *r, uint32_t client)
{
	uint32_t serial = request_number(r, CTL_END_NONE, WHACK_DELETESTATE);
	struct xchg *x = engine_find_serial(k->engine, serial);
	TEXT(conn, CONN_LABEL_MAX + 1);

	if (x == NULL) {
		ike_say(k, client, RC_UNKNOWN_NAME, "no state #%lu to delete",
		    (unsigned long)serial);
		return;
	}
	if (neg_conn(x) != NULL)
		text_add(&conn, "%s ", neg_conn(x)->label);
	ike_say(k, client, RC_LOG, "%s#%lu: deleting state (STATE_%s)", conn.p,
	    (unsigned long)serial, xchg_state(x)->name);
	neg_end_state(x, "whack --deletestate");
}

/* False: whack knows what is in the way of --initiate or --route. */
static bool
is_ready(const struct ike *k, const struct connection *c, uint32_t client,
    const char *option)
{
	TEXT(why, 700);

	if (!k->listening) {
		ike_say(
		    k, client, RC_DEAF, "need --listen before --%s", option);
		return false;
	}
	if (c->oriented && !c->leaving)
		return true;
	conn_explain_orientation(&why, k, c);
	ike_say(k, client, RC_ORIENT, "%s: %s", c->label, why.p);
	return false;
}

/* The same: what is there for others. */
static bool
has_room(const struct ike *k, const struct connection *c, uint32_t client)
{
	const struct connection *o =
	    conn_is_for_ipsec(c) ? route_obstacle(k, c) : NULL;
	TEXT(why, 400);

	if (o == NULL)
		return true;
	route_explain_obstacle(&why, c, o);
	ike_say(k, client, RC_ROUTE, "%s: %s", c->label, why.p);
	return false;
}

/* True: whack waits for the outcome. */
static bool
initiate(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = named(k, r, client);
	struct neg how = {
	    .client = client,
	    .asynchronous = r->v[CTL_END_NONE][WHACK_ASYNCHRONOUS].set,
	};
	if (c == NULL || !is_ready(k, c, client, "initiate") ||
	    !has_room(k, c, client))
		return false;
	how.goal = c->goal | GOAL_UP;
	how.initiate_phase2 = conn_is_for_ipsec(c);
	if (!neg_initiate(k, c, &how))
		return false;
	c->goal |= GOAL_UP;
	return true;
}

static void
terminate(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = named(k, r, client);

	if (c == NULL)
		return;
	ike_say(k, client, RC_LOG, "%s: terminating SAs using this connection",
	    c->label);
	c->goal &= ~(uint32_t)GOAL_UP;
	conn_hold(c);
	neg_end_all(k, c->number, "whack --terminate");
	route_settle(k, c);
	conn_let_go(k, c);
}

/* ---- routes ------------------------------------------------------------ */

/* True: whack waits for the outcome. */
static bool
route(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = named(k, r, client);

	if (c == NULL || !is_ready(k, c, client, "route"))
		return false;
	if (conn_is_template(c)) {
		ike_say(k, client, RC_NOPEERIP,
		    "%s: cannot route: the peer's address is not known (--host "
		    "%%any)",
		    c->label);
		return false;
	}
	if (!conn_is_for_ipsec(c)) {
		ike_say(k, client, RC_ROUTE,
		    "%s: cannot route: it has neither --encrypt nor "
		    "--authenticate, so no packets are for it",
		    c->label);
		return false;
	}
	route_request(k, c, client);
	return true;
}

static bool
unroute(struct ike *k, const struct request *r, uint32_t client)
{
	struct connection *c = named(k, r, client);

	if (c == NULL)
		return false;
	unroute_request(k, c, client);
	return true;
}

/* What it ends is over when its scripts have run: whack waits for that. */
static bool
ends_something(const struct request *r)
{
	return r->op == CTL_OP_DELETE || r->op == CTL_OP_DELETESTATE ||
	    r->op == CTL_OP_TERMINATE ||
	    (r->op == CTL_OP_CONNECTION &&
		r->v[CTL_END_NONE][WHACK_DELETE].set);
}

/* True: whack is let go later. */
static bool
carry_out(struct ike *k, const struct request *r, uint32_t client)
{
	switch ((enum ctl_op)r->op) {
	case CTL_OP_CONNECTION: add_connection(k, r, client); break;
	case CTL_OP_DELETE: delete_connection(k, r, client); break;
	case CTL_OP_DELETESTATE: delete_state(k, r, client); break;
	case CTL_OP_INITIATE: return initiate(k, r, client);
	case CTL_OP_TERMINATE: terminate(k, r, client); break;
	case CTL_OP_ROUTE: return route(k, r, client);
	case CTL_OP_UNROUTE: return unroute(k, r, client);
	case CTL_OP_MYID: set_myid(k, r, client); break;
	case CTL_OP_KEYID: add_key(k, r, client); break;
	case CTL_OP_STATUS: status_report(k, client); break;
	case CTL_OP_LISTEN:
	case CTL_OP_UNLISTEN:
	case CTL_OP_DEBUG:
	case CTL_OP_SHUTDOWN:
		ike_say(k, client, RC_INTERNALERR,
		    "request %u is not about "
		    "connections and states",
		    r->op);
		break;
	}
	return false;
}

void
ike_request(struct ike *k, const struct request *r, uint32_t client)
{
	if (carry_out(k, r, client))
		return;
	if (ends_something(r))
		route_release_whack(k, client);
	else
		done(k, client);
}
