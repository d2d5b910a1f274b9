/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container of connections, with an index for each question that is
 * asked about them: by name (whack), by number (exchanges), by the two hosts
 * in any order (messages), by the two clients (the kernel).
 */
#include "engine/ike/connection.h"

#include <stdlib.h>
#include <string.h>

#include "gen/enums.gen.h"

enum {
	IKE_PORT = 500,
	/* Requests of others, in the kernel's SA table, have small numbers. */
	REQID_FIRST = 0x50000000,
	NUMBER_MAX = 0xffffff
};

struct conns {
	struct list_node all;
	struct hash_table by_name, by_number, by_hosts, by_clients, by_route;
	uint32_t reqid_first;
	uint32_t last_number;
	size_t n;
};

static uint32_t
name_hash(const char *name)
{
	return hash_bytes(HASH_START, span_str(name));
}

/* The same whichever comes first. */
static uint32_t
hosts_hash(const struct addr *a, const struct addr *b)
{
	return addr_hash(a) + addr_hash(b);
}

static uint32_t
client_hash(const struct end *e)
{
	struct subnet s = end_client(e);

	return hash_bytes(addr_hash(&s.a), span_of(&s.bits, sizeof(s.bits)));
}

/* As with the hosts. */
static uint32_t
clients_hash(const struct connection *c)
{
	return client_hash(&c->ends[0]) + client_hash(&c->ends[1]);
}

struct conns *
conns_new(void)
{
	struct conns *cs = calloc(1, sizeof(*cs));

	if (cs != NULL) {
		list_init(&cs->all);
		cs->reqid_first = REQID_FIRST;
	}
	return cs;
}

void
conns_set_reqids(struct conns *cs, uint32_t first)
{
	cs->reqid_first = first;
}

void
conns_reqids(const struct conns *cs, uint32_t *first, uint32_t *last)
{
	*first = cs->reqid_first;
	*last = cs->reqid_first + NUMBER_MAX;
}

void
conns_free(struct conns *cs)
{
	if (cs == NULL)
		return;
	while (!list_empty(&cs->all))
		conns_remove(cs,
		    container_of(list_first(&cs->all), struct connection, all));
	free(cs);
}

size_t
conns_count(const struct conns *cs)
{
	return cs->n;
}

struct connection *
conn_new(void)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	list_init(&c->all);
	list_init(&c->sas);
	list_init(&c->holders);
	list_init(&c->instances);
	list_init(&c->sibling);
	return c;
}

void
conn_free(struct connection *c)
{
	if (c == NULL)
		return;
	free(c->label);
	free(c->settler);
	free(c->ends[0].updown);
	free(c->ends[1].updown);
	free(c);
}

static void
unindex(struct conns *cs, struct connection *c)
{
	hash_table_remove(&cs->by_name, &c->by_name);
	hash_table_remove(&cs->by_number, &c->by_number);
	hash_table_remove(&cs->by_hosts, &c->by_hosts);
	hash_table_remove(&cs->by_clients, &c->by_clients);
	hash_table_remove(&cs->by_route, &c->by_route);
}

/* "rw", "rw"[1] 192.0.2.1 */
static char *
label_of(const struct connection *c)
{
	TEXT(t, CONN_LABEL_MAX);

	text_add(&t, "\"%s\"", c->name);
	if (c->template == NULL)
		return strdup(t.p);
	text_add(&t, "[%lu] ", (unsigned long)c->template->last_instance);
	addr_print(&t, &conn_that(c)->host);
	return strdup(t.p);
}

/* Who has the name is the template; its instances stand behind it. */
static void
enlist(struct conns *cs, struct connection *c)
{
	struct connection *t = c->template;
	const struct list_node *last;

	if (t == NULL) {
		list_append(&cs->all, &c->all);
		return;
	}
	last = list_empty(&t->instances)
	    ? &t->all
	    : &container_of(t->instances.prev, struct connection, sibling)->all;
	list_append(last->next, &c->all);
	list_append(&t->instances, &c->sibling);
}

/* Strangers can use numbers up, by instances that come to nothing: after some
 * million we begin anew. */
static uint32_t
next_number(struct conns *cs)
{
	do
		cs->last_number = cs->last_number % NUMBER_MAX + 1;
	while (conn_by_number(cs, cs->last_number) != NULL);
	return cs->last_number;
}

bool
conns_add_take(struct conns *cs, struct connection *c)
{
	bool named = c->template == NULL;

	c->number = next_number(cs);
	c->reqid = cs->reqid_first + c->number;
	c->label = label_of(c);
	if (c->label == NULL ||
	    (named &&
		!hash_table_insert(
		    &cs->by_name, &c->by_name, name_hash(c->name))) ||
	    !hash_table_insert(&cs->by_number, &c->by_number, c->number) ||
	    !hash_table_insert(&cs->by_hosts, &c->by_hosts,
		hosts_hash(&c->ends[0].host, &c->ends[1].host)) ||
	    !hash_table_insert(
		&cs->by_clients, &c->by_clients, clients_hash(c))) {
		unindex(cs, c);
		conn_free(c);
		return false;
	}
	cs->n++;
	enlist(cs, c);
	return true;
}

static struct connection *
instance_of(const struct conns *cs, const struct connection *template,
    const struct addr *peer)
{
	struct connection *c = NULL;

	while ((c = conn_by_hosts(cs, &conn_this(template)->host, peer, c)) !=
	    NULL)
		if (c->template == template)
			return c;
	return NULL;
}

/* The template's description, with the peer filled in.  False: no memory. */
static bool
describe_instance(
    struct connection *c, struct connection *template, const struct addr *peer)
{
	struct end *that = &c->ends[1 - template->ours];
	const char *updown = conn_this(template)->updown;

	memcpy(c->name, template->name, sizeof(c->name));
	memcpy(c->ends, template->ends, sizeof(c->ends));
	c->ends[0].updown = c->ends[1].updown = NULL;
	memcpy(c->interface, template->interface, sizeof(c->interface));
	that->id = conn_peer_id(template, peer);
	that->host = *peer;
	c->oriented = true;
	c->ours = template->ours;
	c->goal = template->goal;
	c->policy = template->policy;
	c->ike_life_s = template->ike_life_s;
	c->ipsec_life_s = template->ipsec_life_s;
	c->margin_s = template->margin_s;
	c->fuzz_pct = template->fuzz_pct;
	c->tries = template->tries;
	c->template = template;
	if (updown == NULL)
		return true;
	c->ends[c->ours].updown = strdup(updown);
	return c->ends[c->ours].updown != NULL;
}

struct connection *
conns_instantiate(
    struct conns *cs, struct connection *template, const struct addr *peer)
{
	struct connection *c = instance_of(cs, template, peer);

	if (c != NULL)
		return c;
	c = conn_new();
	if (c == NULL)
		return NULL;
	if (!describe_instance(c, template, peer)) {
		conn_free(c);
		return NULL;
	}
	template->last_instance++;
	return conns_add_take(cs, c) ? c : NULL;
}

void
conns_remove(struct conns *cs, struct connection *c)
{
	while (!list_empty(&c->instances))
		conns_remove(cs,
		    container_of(
			list_first(&c->instances), struct connection, sibling));
	unindex(cs, c);
	list_remove(&c->all);
	list_remove(&c->sibling);
	cs->n--;
	conn_free(c);
}

void
conns_doom(struct conns *cs, struct connection *c)
{
	c->doomed = true;
	hash_table_remove(&cs->by_name, &c->by_name);
	hash_table_remove(&cs->by_hosts, &c->by_hosts);
	LIST_EACH(n, &c->instances)
		conns_doom(cs, container_of(n, struct connection, sibling));
}

bool
conns_set_routed(struct conns *cs, struct connection *c, bool routed)
{
	bool was_routed = c->routed;

	c->routed = routed;
	if (routed && !was_routed)
		return hash_table_insert(
		    &cs->by_route, &c->by_route, client_hash(conn_that(c)));
	if (!routed)
		hash_table_remove(&cs->by_route, &c->by_route);
	return true;
}

bool
conn_is_for_ipsec(const struct connection *c)
{
	return (c->goal & (GOAL_ENCRYPT | GOAL_AUTHENTICATE)) != 0;
}

const struct end *
conn_this(const struct connection *c)
{
	return &c->ends[c->ours];
}

const struct end *
conn_that(const struct connection *c)
{
	return &c->ends[1 - c->ours];
}

bool
conn_is_template(const struct connection *c)
{
	return addr_is_any(&c->ends[0].host) || addr_is_any(&c->ends[1].host);
}

bool
conn_is_usable(const struct connection *c)
{
	return c->oriented && !c->doomed && !c->leaving &&
	    c->ends[0].id.type != 0 && c->ends[1].id.type != 0;
}

bool
conn_is_of(const struct connection *c, uint32_t number)
{
	return number == 0 || c->number == number ||
	    (c->template != NULL && c->template->number == number);
}

void
conn_take_myid(struct connection *c, const struct ident *myid)
{
	for (int i = 0; i < 2; i++)
		if (c->ends[i].id_is_myid)
			c->ends[i].id = *myid;
}

bool
conn_same_ids(const struct connection *a, const struct connection *b)
{
	return ident_equal(&conn_this(a)->id, &conn_this(b)->id) &&
	    ident_equal(&conn_that(a)->id, &conn_that(b)->id);
}

struct ident
conn_peer_id(const struct connection *c, const struct addr *peer)
{
	const struct end *that = conn_that(c);

	return addr_is_any(&that->host) && !that->id_given ? ident_of_addr(peer)
							   : that->id;
}

const struct ident *
conn_peer_key_id(const struct connection *c)
{
	return &conn_that(c->template != NULL ? c->template : c)->id;
}

struct connection *
conn_by_name(const struct conns *cs, const char *name)
{
	struct hash_node *n = hash_table_first(&cs->by_name, name_hash(name));

	for (; n != NULL; n = hash_table_next(n)) {
		struct connection *c =
		    container_of(n, struct connection, by_name);

		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

struct connection *
conn_by_number(const struct conns *cs, uint32_t number)
{
	struct hash_node *n = hash_table_first(&cs->by_number, number);

	return n == NULL ? NULL : container_of(n, struct connection, by_number);
}

struct connection *
conn_by_reqid(const struct conns *cs, uint32_t reqid)
{
	uint32_t number = reqid - cs->reqid_first;

	return number > NUMBER_MAX ? NULL : conn_by_number(cs, number);
}

struct connection *
conn_by_hosts(const struct conns *cs, const struct addr *a,
    const struct addr *b, const struct connection *after)
{
	struct hash_node *n = after == NULL
	    ? hash_table_first(&cs->by_hosts, hosts_hash(a, b))
	    : hash_table_next(&after->by_hosts);

	for (; n != NULL; n = hash_table_next(n)) {
		struct connection *c =
		    container_of(n, struct connection, by_hosts);
		const struct addr *left = &c->ends[0].host;
		const struct addr *right = &c->ends[1].host;

		if ((addr_equal(left, a) && addr_equal(right, b)) ||
		    (addr_equal(left, b) && addr_equal(right, a)))
			return c;
	}
	return NULL;
}

static bool
has_policies(const struct connection *c)
{
	return c->trapped || !list_empty(&c->sas);
}

bool
conn_same_clients(const struct connection *c, const struct connection *o)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	struct subnet o_ours = end_client(conn_this(o));
	struct subnet o_theirs = end_client(conn_that(o));

	return subnet_equal(&ours, &o_ours) && subnet_equal(&theirs, &o_theirs);
}

struct connection *
conn_rival(const struct conns *cs, const struct connection *c)
{
	struct hash_node *n =
	    hash_table_first(&cs->by_clients, clients_hash(c));

	for (; n != NULL; n = hash_table_next(n)) {
		struct connection *o =
		    container_of(n, struct connection, by_clients);

		if (o != c && has_policies(o) && conn_same_clients(c, o))
			return o;
	}
	return NULL;
}

struct connection *
conn_next_routed(const struct conns *cs, const struct connection *c,
    const struct connection *after)
{
	struct subnet theirs = end_client(conn_that(c));
	struct hash_node *n = after == NULL
	    ? hash_table_first(&cs->by_route, client_hash(conn_that(c)))
	    : hash_table_next(&after->by_route);

	for (; n != NULL; n = hash_table_next(n)) {
		struct connection *o =
		    container_of(n, struct connection, by_route);
		struct subnet o_theirs = end_client(conn_that(o));

		if (o != c && subnet_equal(&theirs, &o_theirs))
			return o;
	}
	return NULL;
}

const struct addr *
conn_nexthop(const struct connection *c)
{
	const struct end *this = conn_this(c);

	return this->nexthop.family != ADDR_NONE ? &this->nexthop
						 : &conn_that(c)->host;
}

struct connection *
conn_next(const struct conns *cs, const struct connection *after)
{
	const struct list_node *n =
	    after == NULL ? cs->all.next : after->all.next;

	return n == &cs->all ? NULL : container_of(n, struct connection, all);
}

struct subnet
end_client(const struct end *e)
{
	return e->has_client ? e->client : subnet_host(&e->host);
}

/* "10.77.0.1:5500[@left]" */
static void
print_host(struct text *t, const struct end *e)
{
	struct ident by_host = ident_of_addr(&e->host);

	if (addr_is_any(&e->host))
		text_add(t, "%%any");
	else
		addr_print(t, &e->host);
	if (e->ikeport != IKE_PORT)
		text_add(t, ":%u", e->ikeport);
	if (ident_equal(&e->id, &by_host))
		return;
	text_add(t, "%s", e->id_is_myid ? "[%myid=" : "[");
	ident_print(t, &e->id);
	text_add(t, "]");
}

static bool
has_nexthop(const struct end *e, const struct end *other)
{
	return e->nexthop.family != ADDR_NONE &&
	    !addr_equal(&e->nexthop, &other->host);
}

void
conn_print_topology(struct text *t, const struct connection *c)
{
	const struct end *this = conn_this(c), *that = conn_that(c);

	if (this->has_client) {
		subnet_print(t, &this->client);
		text_add(t, "===");
	}
	print_host(t, this);
	if (has_nexthop(this, that)) {
		text_add(t, "---");
		addr_print(t, &this->nexthop);
	}
	text_add(t, "...");
	if (has_nexthop(that, this)) {
		addr_print(t, &that->nexthop);
		text_add(t, "---");
	}
	print_host(t, that);
	if (that->has_client) {
		text_add(t, "===");
		subnet_print(t, &that->client);
	}
}
