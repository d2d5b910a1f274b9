/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an updown script is told (the manual page's interface 1.1, rulings D9
 * and D16).  All of it is printed by us, from what we have parsed, and an
 * identity only of characters that no shell takes for anything else: nothing
 * that a peer chose reaches a script as it came (NEG-21, NEG-54).
 */
#include <ctype.h>
#include <string.h>

#include "engine/ike/route.h"

#define DEFAULT_COMMAND "ipsec _updown"

enum { VALUE_MAX = 1200 };

/* ---- verbs ------------------------------------------------------------- */

static const char *const verb_names[] = {
    [VERB_NONE] = "none",
    [VERB_PREPARE] = "prepare",
    [VERB_ROUTE] = "route",
    [VERB_UP] = "up",
    [VERB_DOWN] = "down",
    [VERB_UNROUTE] = "unroute",
};

void
updown_print_verb(struct text *t, const struct connection *c, enum verb verb)
{
	const struct end *this = conn_this(c);
	struct subnet client = end_client(this);
	struct subnet host = subnet_host(&this->host);

	text_add(t, "%s-%s%s", verb_names[verb],
	    subnet_equal(&client, &host) ? "host" : "client",
	    this->host.family == ADDR_V6 ? "-v6" : "");
}

/* ---- variables of an end ----------------------------------------------- */

static void
print_host(struct text *t, const struct end *e)
{
	addr_print(t, &e->host);
}

/* A backslash begins an escape of ident_print()'s. */
static bool
is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr("@._:/-\\", c) != NULL;
}

static void
print_id(struct text *t, const struct end *e)
{
	TEXT(id, VALUE_MAX);

	ident_print(&id, &e->id);
	for (const char *p = id.p; *p != '\0'; p++) {
		if (is_plain(*p))
			text_put(t, (const char[]){*p, '\0'});
		else
			text_add(t, "\\x%02x", (unsigned char)*p);
	}
}

static void
print_client(struct text *t, const struct end *e)
{
	struct subnet s = end_client(e);

	addr_print(t, &s.a);
	text_add(t, "/%u", s.bits);
}

static void
print_net(struct text *t, const struct end *e)
{
	struct subnet s = end_client(e);

	addr_print(t, &s.a);
}

static void
print_mask(struct text *t, const struct end *e)
{
	struct subnet s = end_client(e);
	struct addr mask;

	subnet_mask(&s, &mask);
	addr_print(t, &mask);
}

/* All protocols and ports. */
static void
print_all(struct text *t, const struct end *e)
{
	(void)e;
	text_put(t, "0");
}

static const struct {
	const char *ours, *theirs;
	void (*print)(struct text *t, const struct end *e);
} of_end[] = {
    {"PLUTO_ME", "PLUTO_PEER", print_host},
    {"PLUTO_MY_ID", "PLUTO_PEER_ID", print_id},
    {"PLUTO_MY_CLIENT", "PLUTO_PEER_CLIENT", print_client},
    {"PLUTO_MY_CLIENT_NET", "PLUTO_PEER_CLIENT_NET", print_net},
    {"PLUTO_MY_CLIENT_MASK", "PLUTO_PEER_CLIENT_MASK", print_mask},
    {"PLUTO_MY_PORT", "PLUTO_PEER_PORT", print_all},
    {"PLUTO_MY_PROTOCOL", "PLUTO_PEER_PROTOCOL", print_all},
};

/* ---- the script -------------------------------------------------------- */

enum { N_OF_END = sizeof(of_end) / sizeof(of_end[0]), N_VARIABLES = 5 };

struct environment {
	size_t n;
	char buf[2 * N_OF_END + N_VARIABLES][VALUE_MAX];
	const char *v[2 * N_OF_END + N_VARIABLES + 1];
};

/* The next variable, with its name and '='. */
static struct text
next(struct environment *e, const char *name)
{
	char *buf = e->buf[e->n];
	struct text t = text_of(buf, VALUE_MAX);

	e->v[e->n++] = buf;
	text_put(&t, name);
	text_put(&t, "=");
	return t;
}

static void
describe(struct environment *e, const struct connection *c, enum verb verb)
{
	struct text t = next(e, "PLUTO_VERSION");

	text_put(&t, "1.1");
	t = next(e, "PLUTO_VERB");
	updown_print_verb(&t, c, verb);
	t = next(e, "PLUTO_CONNECTION");
	text_put(&t, c->name);
	t = next(e, "PLUTO_NEXT_HOP");
	addr_print(&t, conn_nexthop(c));
	t = next(e, "PLUTO_INTERFACE");
	text_put(&t, c->interface);
	for (size_t i = 0; i < N_OF_END; i++) {
		t = next(e, of_end[i].ours);
		of_end[i].print(&t, conn_this(c));
		t = next(e, of_end[i].theirs);
		of_end[i].print(&t, conn_that(c));
	}
	e->v[e->n] = NULL;
}

bool
updown_start(const struct ike *k, const struct connection *c, enum verb verb,
    struct text *why)
{
	struct environment e;
	const char *command = conn_this(c)->updown;
	struct script s = {
	    .command = command != NULL ? command : DEFAULT_COMMAND,
	    .environment = e.v,
	};

	e.n = 0; /* its buffers need no zeros */
	describe(&e, c, verb);
	return k->env->script_start(k->env->ctx, &s, why);
}
