/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container of connections, and how a connection is shown. */
#include "engine/ike/connection.h"
#include "test/unit/unit.h"

static struct addr
addr(const char *s)
{
	struct addr a = {0};

	CU_ASSERT_TRUE(addr_parse(&a, s));
	return a;
}

static struct connection *
described(const char *name, const char *left, const char *right)
{
	struct connection *c = conn_new();

	if (c == NULL)
		abort();
	snprintf(c->name, sizeof(c->name), "%s", name);
	for (int i = 0; i < 2; i++) {
		c->ends[i].host = addr(i == 0 ? left : right);
		c->ends[i].id = ident_of_addr(&c->ends[i].host);
		c->ends[i].ikeport = 500;
	}
	return c;
}

static struct connection *
added(struct conns *cs, const char *name, const char *left, const char *right)
{
	struct connection *c = described(name, left, right);

	CU_ASSERT_TRUE(conns_add_take(cs, c));
	return c;
}

static void
test_conns_find_by_name_number_and_reqid(void)
{
	struct conns *cs = conns_new();
	struct connection *a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	struct connection *b = added(cs, "b", "192.0.2.1", "192.0.2.3");

	CU_ASSERT_PTR_EQUAL(conn_by_name(cs, "a"), a);
	CU_ASSERT_PTR_EQUAL(conn_by_name(cs, "b"), b);
	CU_ASSERT_PTR_NULL(conn_by_name(cs, "A"));
	CU_ASSERT_PTR_EQUAL(conn_by_number(cs, b->number), b);
	CU_ASSERT_PTR_NULL(conn_by_number(cs, 0));
	CU_ASSERT_PTR_EQUAL(conn_by_reqid(cs, a->reqid), a);
	CU_ASSERT_PTR_NULL(conn_by_reqid(cs, 1));
	CU_ASSERT_NOT_EQUAL(a->reqid, b->reqid);
	conns_free(cs);
}

static void
test_conns_keep_the_order_of_loading(void)
{
	struct conns *cs = conns_new();
	struct connection *a = added(cs, "z", "192.0.2.1", "192.0.2.2");
	struct connection *b = added(cs, "a", "192.0.2.1", "192.0.2.3");

	CU_ASSERT_EQUAL(conns_count(cs), 2);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, NULL), a);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, a), b);
	CU_ASSERT_PTR_NULL(conn_next(cs, b));
	conns_free(cs);
}

static struct connection *
added_template(struct conns *cs, const char *name, const char *id)
{
	struct connection *c = described(name, "192.0.2.1", "0.0.0.0");
	TEXT(why, 100);

	c->oriented = true;
	c->ends[1].id_given = id != NULL;
	if (id != NULL)
		CU_ASSERT_TRUE(ident_parse(&c->ends[1].id, span_str(id), &why));
	CU_ASSERT_TRUE(conns_add_take(cs, c));
	return c;
}

static struct connection *
instance(struct conns *cs, struct connection *template, const char *peer)
{
	struct addr a = addr(peer);
	struct connection *c = conns_instantiate(cs, template, &a);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static void
test_conns_make_one_instance_for_each_peer(void)
{
	struct conns *cs = conns_new();
	struct connection *rw = added_template(cs, "rw", NULL);
	struct connection *a = instance(cs, rw, "192.0.2.7");
	struct connection *b = instance(cs, rw, "192.0.2.8");
	struct addr us = addr("192.0.2.1"), peer = addr("192.0.2.8");

	CU_ASSERT_STRING_EQUAL(rw->label, "\"rw\"");
	CU_ASSERT_STRING_EQUAL(a->label, "\"rw\"[1] 192.0.2.7");
	CU_ASSERT_STRING_EQUAL(b->label, "\"rw\"[2] 192.0.2.8");
	CU_ASSERT_TRUE(conn_is_template(rw) && !conn_is_template(a));
	CU_ASSERT_PTR_EQUAL(instance(cs, rw, "192.0.2.7"), a);
	CU_ASSERT_PTR_EQUAL(conn_by_name(cs, "rw"), rw);
	CU_ASSERT_PTR_EQUAL(conn_by_number(cs, b->number), b);
	CU_ASSERT_PTR_EQUAL(conn_by_hosts(cs, &us, &peer, NULL), b);
	CU_ASSERT_NOT_EQUAL(a->reqid, b->reqid);
	CU_ASSERT_TRUE(conn_is_of(a, rw->number) && conn_is_of(a, a->number));
	CU_ASSERT_FALSE(conn_is_of(rw, a->number));
	conns_remove(cs, a);
	CU_ASSERT_STRING_EQUAL(
	    instance(cs, rw, "192.0.2.7")->label, "\"rw\"[3] 192.0.2.7");
	conns_free(cs);
}

static void
test_conns_instances_go_with_their_template(void)
{
	struct conns *cs = conns_new();
	struct connection *rw = added_template(cs, "rw", NULL);
	struct connection *other = added(cs, "o", "192.0.2.1", "192.0.2.2");
	struct connection *a = instance(cs, rw, "192.0.2.7");
	struct connection *b = instance(cs, rw, "192.0.2.8");

	CU_ASSERT_PTR_EQUAL(conn_next(cs, NULL), rw);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, rw), a);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, a), b);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, b), other);
	conns_remove(cs, rw);
	CU_ASSERT_EQUAL(conns_count(cs), 1);
	CU_ASSERT_PTR_EQUAL(conn_next(cs, NULL), other);
	conns_free(cs);
}

/* The peer's identity, and the one under which its keys are looked for. */
static void
test_conns_identities_of_instances(void)
{
	static const struct {
		const char *given, *peer, *key;
	} rows[] = {
	    {NULL, "192.0.2.7", "0.0.0.0"},
	    {"@joe", "@joe", "@joe"},
	    {"192.0.2.9", "192.0.2.9", "192.0.2.9"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conns *cs = conns_new();
		struct connection *rw = added_template(cs, "rw", rows[i].given);
		struct connection *c = instance(cs, rw, "192.0.2.7");
		struct ident id = conn_peer_id(rw, &c->ends[1].host);
		TEXT(peer, 100);
		TEXT(key, 100);

		ident_print(&peer, &c->ends[1].id);
		ident_print(&key, conn_peer_key_id(c));
		CU_ASSERT_STRING_EQUAL(peer.p, rows[i].peer);
		CU_ASSERT_STRING_EQUAL(key.p, rows[i].key);
		CU_ASSERT_TRUE(ident_equal(&id, &c->ends[1].id));
		CU_ASSERT_TRUE(
		    ident_equal(conn_peer_key_id(rw), conn_peer_key_id(c)));
		conns_free(cs);
	}
}

static void
test_conns_numbers_are_not_used_again(void)
{
	struct conns *cs = conns_new();
	struct connection *a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	uint32_t number = a->number;

	conns_remove(cs, a);
	CU_ASSERT_EQUAL(conns_count(cs), 0);
	CU_ASSERT_PTR_NULL(conn_by_name(cs, "a"));
	CU_ASSERT_PTR_NULL(conn_by_number(cs, number));
	a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	CU_ASSERT_NOT_EQUAL(a->number, number);
	conns_free(cs);
}

static void
test_conn_by_hosts_takes_either_order(void)
{
	struct addr one = addr("192.0.2.1"), two = addr("192.0.2.2");
	struct addr three = addr("192.0.2.3");
	struct conns *cs = conns_new();
	const struct connection *c = NULL;
	unsigned n = 0;

	added(cs, "a", "192.0.2.1", "192.0.2.2");
	added(cs, "b", "192.0.2.2", "192.0.2.1");
	added(cs, "c", "192.0.2.1", "192.0.2.3");
	while ((c = conn_by_hosts(cs, &one, &two, c)) != NULL)
		n++;
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_PTR_NOT_NULL(conn_by_hosts(cs, &three, &one, NULL));
	CU_ASSERT_PTR_NULL(conn_by_hosts(cs, &three, &two, NULL));
	conns_free(cs);
}

static void
test_conns_hold_ten_thousand(void)
{
	enum { N = 10000 };
	struct conns *cs = conns_new();
	char name[20];

	for (int i = 0; i < N; i++) {
		char host[20];

		snprintf(name, sizeof(name), "c%d", i);
		snprintf(host, sizeof(host), "10.1.%d.%d", i / 256, i % 256);
		added(cs, name, "192.0.2.1", host);
	}
	CU_ASSERT_EQUAL(conns_count(cs), N);
	for (int i = 0; i < N; i++) {
		const struct connection *c;

		snprintf(name, sizeof(name), "c%d", i);
		c = conn_by_name(cs, name);
		CU_ASSERT_TRUE(c != NULL &&
		    conn_by_hosts(
			cs, &c->ends[1].host, &c->ends[0].host, NULL) == c);
	}
	conns_free(cs);
}

static void
shows(const struct connection *c, const char *expected)
{
	TEXT(t, 300);

	conn_print_topology(&t, c);
	CU_ASSERT_STRING_EQUAL(t.p, expected);
}

static void
test_conn_print_topology_shows_what_differs_from_the_default(void)
{
	struct connection *c = described("t", "10.77.0.1", "10.77.0.2");
	TEXT(why, 100);

	shows(c, "10.77.0.1...10.77.0.2");
	c->ours = 1;
	shows(c, "10.77.0.2...10.77.0.1");
	c->ours = 0;
	c->ends[0].has_client = c->ends[1].has_client = true;
	CU_ASSERT_TRUE(subnet_parse(&c->ends[0].client, "10.1.1.0/24"));
	CU_ASSERT_TRUE(subnet_parse(&c->ends[1].client, "10.2.2.0/24"));
	shows(c, "10.1.1.0/24===10.77.0.1...10.77.0.2===10.2.2.0/24");
	CU_ASSERT_TRUE(ident_parse(&c->ends[0].id, SPAN_LIT("@left"), &why));
	c->ends[1].ikeport = 4501;
	c->ends[0].nexthop = addr("10.77.0.254");
	c->ends[1].nexthop = c->ends[0].host;
	shows(c,
	    "10.1.1.0/24===10.77.0.1[@left]---10.77.0.254..."
	    "10.77.0.2:4501===10.2.2.0/24");
	conn_free(c);
}

static void
test_end_client_is_the_host_unless_given(void)
{
	struct connection *c = described("t", "10.77.0.1", "10.77.0.2");
	struct subnet host = subnet_host(&c->ends[0].host);
	struct subnet client = end_client(&c->ends[0]);

	CU_ASSERT_TRUE(subnet_equal(&client, &host));
	c->ends[0].has_client = true;
	CU_ASSERT_TRUE(subnet_parse(&c->ends[0].client, "10.1.1.0/24"));
	client = end_client(&c->ends[0]);
	CU_ASSERT_TRUE(subnet_equal(&client, &c->ends[0].client));
	conn_free(c);
}

static void
test_conns_reqids_are_of_a_block(void)
{
	struct conns *cs = conns_new();
	struct connection *a;
	uint32_t first, last;

	conns_set_reqids(cs, 0x57000000);
	conns_reqids(cs, &first, &last);
	CU_ASSERT_EQUAL(first, 0x57000000);
	CU_ASSERT_EQUAL(last, 0x57ffffff);
	a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	CU_ASSERT_TRUE(a->reqid > first && a->reqid <= last);
	CU_ASSERT_PTR_EQUAL(conn_by_reqid(cs, a->reqid), a);
	CU_ASSERT_PTR_NULL(conn_by_reqid(cs, a->reqid - 0x1000000));
	CU_ASSERT_PTR_NULL(conn_by_reqid(cs, a->reqid + 0x1000000));
	conns_free(cs);
}

static void
test_conns_routed_to_one_client_are_found(void)
{
	struct conns *cs = conns_new();
	struct connection *a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	struct connection *b = added(cs, "b", "192.0.2.4", "192.0.2.2");
	struct connection *c = added(cs, "c", "192.0.2.1", "192.0.2.3");

	CU_ASSERT_PTR_NULL(conn_next_routed(cs, a, NULL));
	CU_ASSERT_TRUE(conns_set_routed(cs, a, true));
	CU_ASSERT_TRUE(conns_set_routed(cs, a, true));
	CU_ASSERT_TRUE(conns_set_routed(cs, c, true));
	CU_ASSERT_PTR_NULL(conn_next_routed(cs, a, NULL));
	CU_ASSERT_PTR_EQUAL(conn_next_routed(cs, b, NULL), a);
	CU_ASSERT_PTR_NULL(conn_next_routed(cs, b, a));
	CU_ASSERT_TRUE(conns_set_routed(cs, a, false));
	CU_ASSERT_PTR_NULL(conn_next_routed(cs, b, NULL));
	conns_free(cs);
}

static void
test_conns_doomed_one_has_a_number_only(void)
{
	struct conns *cs = conns_new();
	struct connection *a = added(cs, "a", "192.0.2.1", "192.0.2.2");
	struct connection *b;

	a->oriented = true;
	CU_ASSERT_TRUE(conn_is_usable(a));
	conns_doom(cs, a);
	CU_ASSERT_FALSE(conn_is_usable(a));
	CU_ASSERT_PTR_NULL(conn_by_name(cs, "a"));
	CU_ASSERT_PTR_NULL(
	    conn_by_hosts(cs, &a->ends[0].host, &a->ends[1].host, NULL));
	CU_ASSERT_PTR_EQUAL(conn_by_number(cs, a->number), a);
	b = added(cs, "a", "192.0.2.1", "192.0.2.2");
	CU_ASSERT_PTR_EQUAL(conn_by_name(cs, "a"), b);
	conns_remove(cs, a);
	CU_ASSERT_PTR_EQUAL(conn_by_name(cs, "a"), b);
	conns_free(cs);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_conns_find_by_name_number_and_reqid),
	    UNIT_TEST(test_conns_keep_the_order_of_loading),
	    UNIT_TEST(test_conns_make_one_instance_for_each_peer),
	    UNIT_TEST(test_conns_instances_go_with_their_template),
	    UNIT_TEST(test_conns_identities_of_instances),
	    UNIT_TEST(test_conns_numbers_are_not_used_again),
	    UNIT_TEST(test_conn_by_hosts_takes_either_order),
	    UNIT_TEST(test_conns_hold_ten_thousand),
	    UNIT_TEST(
		test_conn_print_topology_shows_what_differs_from_the_default),
	    UNIT_TEST(test_end_client_is_the_host_unless_given),
	    UNIT_TEST(test_conns_reqids_are_of_a_block),
	    UNIT_TEST(test_conns_routed_to_one_client_are_found),
	    UNIT_TEST(test_conns_doomed_one_has_a_number_only),
	};

	return unit_run("connection", tests, COUNT(tests));
}
