/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whack --status: what is known of every connection and every exchange. */
#include <ctype.h>
#include <stdlib.h>

#include "engine/ike/neg.h"
#include "engine/ike/pubkey.h"

enum { LINE_LEN = 1400 };

/* Lines go to one whack only, not to the log. */
struct report {
	struct ike *k;
	uint32_t client;
};

static void
put(const struct report *r, const struct text *t)
{
	r->k->env->whack(r->k->env->ctx, r->client, RC_COMMENT, t->p);
}

static void
put_blank(const struct report *r)
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
	TEXT(t, LINE_LEN);

	text_add(&t, "%s: ", c->label);
	conn_print_topology(&t, c);
	text_add(&t, "; %s; eroute owner: #%lu",
	    !c->oriented               ? "unoriented"
		: c->eroute_owner != 0 ? "erouted"
				       : "unrouted",
	    serial_of(r->k, c->eroute_owner));
	put(r, &t);
}

static void
put_lifetimes(const struct report *r, const struct connection *c)
{
	TEXT(t, LINE_LEN);

	text_add(&t,
	    "%s:   ike_life: %lus; ipsec_life: %lus; "
	    "rekey_margin: %lus; rekey_fuzz: %lu%%; keyingtries: %lu",
	    c->label, (unsigned long)c->ike_life_s,
	    (unsigned long)c->ipsec_life_s, (unsigned long)c->margin_s,
	    (unsigned long)c->fuzz_pct, (unsigned long)c->tries);
	put(r, &t);
}

static void
put_policy(const struct report *r, const struct connection *c)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	TEXT(t, LINE_LEN);

	text_add(&t, "%s:   policy: ", c->label);
	bits_print(&t, &enum_goal, c->goal);
	text_add(&t, "; prio: %u,%u; interface: %s; proposals: %s", ours.bits,
	    theirs.bits, c->interface, policy_defs[c->policy].name);
	put(r, &t);
}

static void
put_connection(const struct report *r, const struct connection *c)
{
	TEXT(t, LINE_LEN);

	put_topology(r, c);
	put_lifetimes(r, c);
	put_policy(r, c);
	text_add(&t,
	    "%s:   newest ISAKMP SA: #%lu; newest IPsec SA: "
	    "#%lu; ",
	    c->label, serial_of(r->k, c->newest_isakmp),
	    serial_of(r->k, c->newest_ipsec));
	put(r, &t);
}

/* ---- public keys ------------------------------------------------------- */

static void
put_keys(const struct report *r)
{
	const struct pubkey *p = NULL;

	while ((p = pubkey_next(r->k->pubkeys, NULL, p)) != NULL) {
		TEXT(t, LINE_LEN);

		text_add(&t, "public key of ");
		ident_print(&t, &p->ident);
		text_add(&t, ": ");
		pubkey_print(&t, p->key);
		put(r, &t);
	}
	if (pubkeys_count(r->k->pubkeys) > 0)
		put_blank(r);
}

/* ---- exchanges --------------------------------------------------------- */

/* The next thing that happens by itself. */
static void
print_event(struct text *t, const struct xchg *x)
{
	const struct {
		const char *name;
		uint64_t left_ms;
	} events[] = {
	    {"EVENT_RETRANSMIT", xchg_retransmit_left(x)},
	    {"EVENT_SO_DISCARD", xchg_deadline_left(x)},
	    {"EVENT_SA_REPLACE", xchg_timer_left(x, TIMER_REPLACE)},
	    {"EVENT_SA_EXPIRE", xchg_timer_left(x, TIMER_EXPIRE)},
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].left_ms == UINT64_MAX)
			continue;
		text_add(t, "; %s in %llus", events[i].name,
		    (unsigned long long)events[i].left_ms / 1000);
		return;
	}
}

static void
put_state(const struct report *r, const struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	uint64_t number = xchg_number(x);
	TEXT(t, LINE_LEN);

	text_add(&t, "#%lu: %s STATE_%s (%s)", (unsigned long)xchg_serial(x),
	    c == NULL ? "\"\"" : c->label, xchg_state(x)->name,
	    xchg_state(x)->story);
	print_event(&t, x);
	if (c != NULL && c->newest_isakmp == number)
		text_add(&t, "; newest ISAKMP");
	if (c != NULL && c->newest_ipsec == number)
		text_add(&t, "; newest IPSEC");
	if (c != NULL && c->eroute_owner == number)
		text_add(&t, "; eroute owner");
	if (neg_of(x)->n_sas > 0 && xchg_parent(x) != NULL)
		text_add(&t, "; isakmp#%lu",
		    (unsigned long)xchg_serial(xchg_parent(x)));
	put(r, &t);
}

/* "esp.481f5da1@10.77.0.2" */
static void
print_said(
    struct text *t, uint8_t protocol, uint32_t spi, const struct addr *dst)
{
	TEXT(name, 16);

	enum_print(&name, &enum_protocol, protocol);
	text_add(t, " ");
	for (const char *p = name.p; *p != '\0'; p++)
		text_add(t, "%c", tolower((unsigned char)*p));
	text_add(t, ".%lx@", (unsigned long)spi);
	addr_print(t, dst);
}

static void
print_usage(struct text *t, const struct report *r, const struct neg_sa *sa,
    const struct path *path)
{
	const struct kernel *kernel = r->k->kernel;
	struct kernel_usage out, in;

	if (kernel->usage(kernel->ctx, &path->remote.a, sa->protocol,
		sa->spi_out, &out) == 0 &&
	    kernel->usage(kernel->ctx, &path->local.a, sa->protocol, sa->spi_in,
		&in) == 0)
		text_add(t, "; %llu bytes out, %llu bytes in",
		    (unsigned long long)out.bytes,
		    (unsigned long long)in.bytes);
}

static void
put_sas(const struct report *r, const struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	const struct path *path = xchg_path(x);
	const struct neg *neg = neg_of(x);
	TEXT(t, LINE_LEN);

	text_add(&t, "#%lu: %s", (unsigned long)xchg_serial(x),
	    c == NULL ? "\"\"" : c->label);
	for (size_t i = 0; i < neg->n_sas; i++) {
		print_said(&t, neg->sas[i].protocol, neg->sas[i].spi_out,
		    &path->remote.a);
		print_said(&t, neg->sas[i].protocol, neg->sas[i].spi_in,
		    &path->local.a);
		print_usage(&t, r, &neg->sas[i], path);
	}
	put(r, &t);
}

/* The newest first. */
static void
put_exchanges(const struct report *r)
{
	struct engine_stats stats;
	const struct xchg **v, *x = NULL;
	size_t n = 0;

	engine_stats(r->k->engine, &stats);
	v = calloc(stats.exchanges + 1, sizeof(*v));
	while (v != NULL && n < stats.exchanges &&
	    (x = engine_next(r->k->engine, x)) != NULL)
		v[n++] = x;
	for (size_t i = n; i > 0; i--) {
		put_state(r, v[i - 1]);
		if (neg_of(v[i - 1])->established &&
		    neg_of(v[i - 1])->n_sas > 0)
			put_sas(r, v[i - 1]);
	}
	if (n > 0)
		put_blank(r);
	free(v);
}

void
status_report(struct ike *k, uint32_t client)
{
	const struct report r = {k, client};
	const struct connection *c = NULL;

	while ((c = conn_next(k->conns, c)) != NULL)
		put_connection(&r, c);
	if (conns_count(k->conns) > 0)
		put_blank(&r);
	put_keys(&r);
	put_exchanges(&r);
}
