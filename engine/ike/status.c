/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whack --status: what is known of every connection and public key; the states
 * and the routes have files of their own.
 */
#include "engine/ike/status.h"

#include "engine/ike/pubkey.h"

void
status_put(const struct report *r, const struct text *t)
{
	r->k->env->whack(r->k->env->ctx, r->client, RC_COMMENT, t->p);
}

void
status_put_blank(const struct report *r)
{
	r->k->env->whack(r->k->env->ctx, r->client, RC_COMMENT, " ");
}

/* The serial number behind an exchange's number; 0 when it is gone. */
static unsigned long
serial_of(const struct ike *k, uint64_t number)
{
	const struct xchg *x = engine_find(k->engine, number);

	return x == NULL ? 0 : xchg_serial(x);
}

/* ---- connections ------------------------------------------------------- */

static void
put_topology(const struct report *r, const struct connection *c)
{
	TEXT(t, STATUS_LINE);

	text_add(&t, "%s: ", c->label);
	conn_print_topology(&t, c);
	text_add(&t, "; %s; eroute owner: #%lu%s", status_routing(r->k, c),
	    serial_of(r->k, c->eroute_owner),
	    c->doomed ? "; being deleted" : "");
	status_put(r, &t);
}

static void
put_lifetimes(const struct report *r, const struct connection *c)
{
	TEXT(t, STATUS_LINE);

	text_add(&t,
	    "%s:   ike_life: %lus; ipsec_life: %lus; "
	    "rekey_margin: %lus; rekey_fuzz: %lu%%; keyingtries: %lu",
	    c->label, (unsigned long)c->ike_life_s,
	    (unsigned long)c->ipsec_life_s, (unsigned long)c->margin_s,
	    (unsigned long)c->fuzz_pct, (unsigned long)c->tries);
	status_put(r, &t);
}

static void
put_policy(const struct report *r, const struct connection *c)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	TEXT(t, STATUS_LINE);

	text_add(&t, "%s:   policy: ", c->label);
	bits_print(&t, &enum_goal, c->goal);
	text_add(&t, "; prio: %u,%u; interface: %s; proposals: %s", ours.bits,
	    theirs.bits, c->interface, policy_defs[c->policy].name);
	status_put(r, &t);
}

static void
put_updown(const struct report *r, const struct connection *c)
{
	const char *command = c->oriented ? conn_this(c)->updown : NULL;
	TEXT(t, STATUS_LINE);

	if (command == NULL)
		return;
	text_add(&t, "%s:   updown: ", c->label);
	text_quoted(&t, span_str(command), STATUS_LINE);
	status_put(r, &t);
}

static void
put_retry(const struct report *r, const struct connection *c)
{
	uint64_t now_ms = r->k->env->now_ms(r->k->env->ctx);
	uint64_t due_ms = c->retry.due.key;
	TEXT(t, STATUS_LINE);

	text_add(&t, "%s:   ", c->label);
	if (c->retry.due.at != 0) {
		due_ms = due_ms < now_ms ? now_ms : due_ms;
		retry_print_attempt(&t, c, c->retry.attempt);
		text_add(&t, " begins in %llus",
		    (unsigned long long)(due_ms - now_ms) / 1000);
	} else if (c->retry.given_up) {
		text_add(&t, "given up after ");
		retry_print_attempt(&t, c, c->tries);
	} else {
		return;
	}
	status_put(r, &t);
}

static void
put_connection(const struct report *r, const struct connection *c)
{
	TEXT(t, STATUS_LINE);

	put_topology(r, c);
	put_lifetimes(r, c);
	put_policy(r, c);
	put_updown(r, c);
	text_add(&t,
	    "%s:   newest ISAKMP SA: #%lu; newest IPsec SA: "
	    "#%lu; ",
	    c->label, serial_of(r->k, c->newest_isakmp),
	    serial_of(r->k, c->newest_ipsec));
	status_put(r, &t);
	put_retry(r, c);
}

/* ---- public keys ------------------------------------------------------- */

static void
put_keys(const struct report *r)
{
	const struct pubkey *p = NULL;

	while ((p = pubkey_next(r->k->pubkeys, NULL, p)) != NULL) {
		TEXT(t, STATUS_LINE);

		text_add(&t, "public key of ");
		ident_print(&t, &p->ident);
		text_add(&t, ": ");
		pubkey_print(&t, p->key);
		status_put(r, &t);
	}
	if (pubkeys_count(r->k->pubkeys) > 0)
		status_put_blank(r);
}

/* ---- all ----------------------------------------------------------------- */

void
status_report(struct ike *k, uint32_t client)
{
	const struct report r = {k, client};
	const struct connection *c = NULL;

	while ((c = conn_next(k->conns, c)) != NULL)
		put_connection(&r, c);
	if (conns_count(k->conns) > 0)
		status_put_blank(&r);
	put_keys(&r);
	status_put_states(&r);
	status_put_shunts(&r);
	status_put_script(&r);
}
