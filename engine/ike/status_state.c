/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whack --status: every exchange, and the IPsec SAs that it is. */
#include <ctype.h>
#include <stdlib.h>

#include "engine/ike/status.h"

enum { IKE_PORT = 500 };

/* "#2: "t"", and the peer's port if it is not the usual one. */
static void
print_whose(struct text *t, const struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	uint16_t port = xchg_path(x)->remote.port;

	text_add(t, "#%lu: %s", (unsigned long)xchg_serial(x),
	    c == NULL ? "\"\"" : c->label);
	if (port != IKE_PORT)
		text_add(t, ":%u", port);
}

/* The next thing that happens by itself. */
static void
print_event(struct text *t, const struct xchg *x)
{
	bool if_used = neg_of(x)->only_if_used;
	bool waits = xchg_suspended(x) != NULL; /* and repeats nothing */
	const struct {
		const char *name;
		uint64_t left_ms;
	} events[] = {
	    {"EVENT_RETRANSMIT", waits ? UINT64_MAX : xchg_retransmit_left(x)},
	    {"EVENT_SO_DISCARD", xchg_deadline_left(x)},
	    {if_used ? "EVENT_SA_REPLACE_IF_USED" : "EVENT_SA_REPLACE",
		xchg_timer_left(x, TIMER_REPLACE)},
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

/* What it is to its connection. */
static void
print_place(struct text *t, const struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	uint64_t number = xchg_number(x);

	if (c == NULL)
		return;
	if (c->newest_isakmp == number)
		text_add(t, "; newest ISAKMP");
	if (c->newest_ipsec == number)
		text_add(t, "; newest IPSEC");
	if (c->eroute_owner == number)
		text_add(t, "; eroute owner");
}

/* An effect that takes time waits for scripts, all others are computations. */
static const char *
activity(const struct xchg *x)
{
	const struct op_def *op = xchg_suspended(x);

	if (op == NULL)
		return "idle";
	return op->code == OP_EFFECT ? "waiting for updown" : "computing";
}

static void
put_state(const struct report *r, const struct xchg *x)
{
	TEXT(t, STATUS_LINE);

	print_whose(&t, x);
	text_add(
	    &t, " STATE_%s (%s)", xchg_state(x)->name, xchg_state(x)->story);
	print_event(&t, x);
	print_place(&t, x);
	if (xchg_def(x)->phase == 2 && xchg_parent(x) != NULL)
		text_add(&t, "; isakmp#%lu",
		    (unsigned long)xchg_serial(xchg_parent(x)));
	text_add(&t, "; %s", activity(x));
	status_put(r, &t);
}

/* ---- IPsec SAs --------------------------------------------------------- */

/* " esp.481f5da1@10.77.0.2" */
static void
print_said(
    struct text *t, uint8_t protocol, uint32_t spi, const struct addr *dst)
{
	TEXT(name, 16);

	text_add(t, " ");
	if (protocol == PROTOCOL_IPCOMP)
		text_add(&name, "comp");
	else
		enum_print(&name, &enum_protocol, protocol);
	for (const char *p = name.p; *p != '\0'; p++)
		text_add(t, "%c", tolower((unsigned char)*p));
	text_add(t, ".%lx@", (unsigned long)spi);
	addr_print(t, dst);
}

/* The outermost SA of a bundle counts what all of them have carried. */
static void
print_usage(struct text *t, const struct report *r, const struct neg_sa *sa,
    const struct path *path)
{
	const struct kernel *kernel = r->k->kernel;
	struct kernel_usage out, in;
	uint64_t idle_s;

	if (kernel->usage(kernel->ctx, &path->remote.a, sa->protocol,
		sa->spi_out, &out) != 0 ||
	    kernel->usage(kernel->ctx, &path->local.a, sa->protocol, sa->spi_in,
		&in) != 0)
		return;
	text_add(t,
	    "; out %llu bytes, %llu packets; in %llu bytes, %llu packets",
	    (unsigned long long)out.bytes, (unsigned long long)out.packets,
	    (unsigned long long)in.bytes, (unsigned long long)in.packets);
	idle_s = out.idle_s < in.idle_s ? out.idle_s : in.idle_s;
	if (idle_s != UINT64_MAX)
		text_add(t, "; used %llus ago", (unsigned long long)idle_s);
}

static void
put_sas(const struct report *r, const struct xchg *x)
{
	const struct path *path = xchg_path(x);
	const struct neg *neg = neg_of(x);
	TEXT(t, STATUS_LINE);

	print_whose(&t, x);
	for (size_t i = 0; i < neg->n_sas; i++)
		print_said(&t, neg->sas[i].protocol, neg->sas[i].spi_out,
		    &path->remote.a);
	for (size_t i = 0; i < neg->n_sas; i++)
		print_said(&t, neg->sas[i].protocol, neg->sas[i].spi_in,
		    &path->local.a);
	print_usage(&t, r, &neg->sas[0], path);
	status_put(r, &t);
}

/* ---- all of them ------------------------------------------------------- */

void
status_put_states(const struct report *r)
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
		status_put_blank(r);
	free(v);
}
