/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes and traps, the order of their scripts (rulings D29), and who gets them
 * when two want the same: two plutos, and gateways with Road Warriors.
 */
#include "engine/ike/route.h"
#include "test/unit/route.h"

/* ---- sequences ----------------------------------------------------------- */

static void
test_route_scripts_of_a_life(void)
{
	static const struct {
		const char *options, *up, *down;
	} cases[] = {
	    {TUNNEL, "prepare-client route-client up-client ",
		"down-client unroute-client "},
	    {"--psk --encrypt " HOSTS, "prepare-host route-host up-host ",
		"down-host unroute-host "},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fake_pair p;

		pair_begin_with(&p, cases[i].options);
		whack(&p, &p.left, "--initiate --name t");
		scripts_ran(&p.left, cases[i].up);
		scripts_ran(&p.right, cases[i].up);
		whack(&p, &p.left, "--initiate --name t");
		scripts_ran(&p.left, "");
		CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
		whack(&p, &p.left, "--terminate --name t");
		whack(&p, &p.right, "--terminate --name t");
		scripts_ran(&p.left, cases[i].down);
		scripts_ran(&p.right, cases[i].down);
		is_empty(&p.left, 1);
		is_empty(&p.right, 1);
		pair_end(&p);
	}
}

static void
test_route_gateways_of_ipv6_have_verbs_of_their_own(void)
{
	struct fake_pair p;

	pair_begin_at(&p, "fd00::1", "fd00::2", ALL_SECRET);
	pair_load(
	    &p, "--psk --encrypt --ipv6 --host fd00::1 --to --host fd00::2");
	whack(&p, &p.left, "--initiate --name t");
	scripts_ran(&p.left, "prepare-host-v6 route-host-v6 up-host-v6 ");
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "down-host-v6 unroute-host-v6 ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

static void
test_route_is_shared_until_the_last_one_leaves(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	load_second(&p);
	whack(&p, &p.left, "--initiate --name t");
	scripts_ran(&p.left, "prepare-client route-client up-client ");
	whack(&p, &p.left, "--initiate --name u");
	scripts_ran(&p.left, "up-client ");
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "down-client ");
	whack(&p, &p.left, "--terminate --name u");
	scripts_ran(&p.left, "down-client unroute-client ");
	is_empty(&p.left, 2);
	pair_end(&p);
}

static void
test_route_is_taken_over_by_a_warrior_that_moved(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR "--client 10.7.0.0/16");
	scene_come(&s, &s.ann, "--client 10.7.0.0/16");
	scripts_ran(&s.gateway, "prepare-client route-client up-client ");
	scene_come(&s, &s.bob, "--client 10.7.0.0/16");
	scripts_ran(&s.gateway,
	    "down-client unroute-client "
	    "prepare-client route-client up-client ");
	CU_ASSERT_EQUAL(scene_connections(&s), 2);
	CU_ASSERT_TRUE(fake_peer_is_up(&s.gateway, 1, 1));
	fake_peer_whack(&s.gateway, "--delete --name w");
	fake_run(s.world, SOON_MS);
	scripts_ran(&s.gateway, "down-client unroute-client ");
	is_empty(&s.gateway, 0);
	scene_end(&s);
}

/* ---- traps ------------------------------------------------------------- */

/* fake_world.watch: what is routed is not for everybody's eyes. */
static void
nothing_in_the_clear(void *ctx, struct fake_world *w)
{
	struct fake_pair *p = ctx;
	struct addr left, right;

	(void)w;
	CU_ASSERT_TRUE_FATAL(
	    addr_parse(&left, "10.1.1.1") && addr_parse(&right, "10.2.2.1"));
	CU_ASSERT_NOT_EQUAL(fake_probe(&p->left.host->kernel,
				&p->right.host->kernel, &left, &right, NULL),
	    FAKE_PLAIN);
}

static enum fake_fate
send(struct fake_pair *p)
{
	struct addr left, right;

	CU_ASSERT_TRUE_FATAL(
	    addr_parse(&left, "10.1.1.1") && addr_parse(&right, "10.2.2.1"));
	return fake_packet(
	    &p->left.host->kernel, &p->right.host->kernel, &left, &right, NULL);
}

static void
test_route_traps_a_packet_and_lets_it_pass_when_the_sa_is_up(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	scripts_ran(&p.left, "prepare-client route-client ");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	p.world->watch = nothing_in_the_clear;
	p.world->watch_ctx = &p;
	CU_ASSERT_EQUAL(send(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(send(&p), FAKE_PROTECTED);
	scripts_ran(&p.left, "up-client ");
	/* in use: it stays */
	peer_answers(&p.left, "--unroute --name t", RC_RTBUSY,
	    "\"t\": cannot unroute: IPsec SA #2 uses the route");
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "down-client ");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	fake_peer_whack(&p.right, "--terminate --name t");
	fake_run(p.world, SOON_MS);
	/* the next packet begins anew */
	CU_ASSERT_EQUAL(send(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(send(&p), FAKE_PROTECTED);
	whack(&p, &p.left, "--terminate --name t");
	p.world->watch = NULL;
	fake_forget_scripts(p.left.host);
	peer_answers(&p.left, "--unroute --name t", 0, "\"t\": unrouted");
	scripts_ran(&p.left, "unroute-client ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

static void
test_route_twice_is_once(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	scripts_ran(&p.left, "prepare-client route-client ");
	peer_answers(&p.left, "--unroute --name t", 0, "\"t\": unrouted");
	peer_answers(&p.left, "--unroute --name t", 0, "\"t\": unrouted");
	scripts_ran(&p.left, "unroute-client ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

static void
test_route_while_up_keeps_the_route_afterwards(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	fake_forget_scripts(p.left.host);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "down-client ");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	whack(&p, &p.left, "--delete --name t");
	scripts_ran(&p.left, "unroute-client ");
	is_empty(&p.left, 0);
	pair_end(&p);
}

static void
test_route_failure_leaves_no_trap(void)
{
	static const char *const ran[] = {
	    "prepare-client ", "prepare-client route-client "};
	struct failure failures[] = {
	    {"prepare-client", SCRIPT_EXITED, 1},
	    {"route-client", SCRIPT_EXITED, 1},
	};

	for (size_t i = 0; i < COUNT(failures); i++) {
		struct fake_pair p;

		pair_begin_with(&p, TUNNEL);
		p.left.host->script_result = fails;
		p.left.host->script_ctx = &failures[i];
		peer_answers(&p.left, "--route --name t", RC_ROUTE,
		    "command exited with status 1");
		scripts_ran(&p.left, ran[i]);
		is_empty(&p.left, 1);
		pair_end(&p);
	}
}

static void
test_route_is_refused_with_the_reason(void)
{
	static const struct {
		const char *load, *command, *text;
		int status;
	} cases[] = {
	    {"--name x --psk --encrypt --host 10.9.0.1 --to --host 10.9.0.2",
		"--route --name x", "\"x\": ", RC_ORIENT},
	    {"--name w --psk --encrypt --host 10.77.0.1 --to --host %any",
		"--route --name w", "the peer's address is not known",
		RC_NOPEERIP},
	    {"--name i --psk --host 10.77.0.1 --to --host 10.77.0.2",
		"--route --name i", "neither --encrypt nor", RC_ROUTE},
	    {"--name y --psk --encrypt " HOSTS, "--route --name z",
		"no connection named", RC_UNKNOWN_NAME},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fake_pair p;

		pair_begin_with(&p, TUNNEL);
		fake_peer_whack(&p.left, "%s", cases[i].load);
		peer_answers(
		    &p.left, cases[i].command, cases[i].status, cases[i].text);
		ike_set_deaf(p.left.ike);
		peer_answers(&p.left, "--route --name t", RC_DEAF,
		    "need --listen before --route");
		scripts_ran(&p.left, "");
		pair_end(&p);
	}
}

/* Who is wanted is caught when its SA is gone, until it is not wanted. */
static void
test_route_stays_while_the_connection_is_wanted(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	fake_forget_scripts(p.left.host);
	p.world->watch = nothing_in_the_clear;
	p.world->watch_ctx = &p;
	fake_peer_whack(&p.left, "--deletestate 2");
	fake_run(p.world, 100);
	scripts_ran(&p.left, "down-client ");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	p.world->watch = NULL;
	whack(&p, &p.left, "--terminate --name t");
	scripts_ran(&p.left, "unroute-client ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

/* ---- conflicts --------------------------------------------------------- */

#define OTHER_WAY                                    \
	"--host 10.77.0.1 --client 10.1.3.0/24 "     \
	"--nexthop 10.77.0.9 --to --host 10.77.0.3 " \
	"--client 10.2.2.0/24"

static void
test_route_without_sas_makes_room_for_another_way(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	fake_peer_whack(&p.left, "--name u --psk --encrypt " OTHER_WAY);
	peer_answers(&p.left, "--route --name u", 0, "\"u\": routed");
	peer_answers(&p.left, "--route --name t", 0,
	    "\"u\": its route makes room for \"t\"");
	scripts_ran(&p.left,
	    "prepare-client route-client unroute-client "
	    "prepare-client route-client ");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	whack(&p, &p.left, "--initiate --name t");
	peer_answers(&p.left, "--route --name u", RC_ROUTE,
	    "cannot send this traffic through \"u\": connection \"t\" has "
	    "IPsec SAs and sends packets for 10.2.2.0/24 another way; whack "
	    "--terminate it first");
	peer_answers(&p.left, "--initiate --name u", RC_ROUTE,
	    "\"u\": connection \"t\" has IPsec SAs and sends");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	pair_end(&p);
}

/* All of them at once, however many. */
static void
test_route_makes_room_of_many(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	for (unsigned i = 0; i < 40; i++) {
		fake_peer_whack(&p.left,
		    "--name u%u --psk --encrypt --host 10.77.0.1 --client "
		    "10.3.%u.0/24 --nexthop 10.77.0.9 --to --host 10.77.0.3 "
		    "--client 10.2.2.0/24",
		    i, i);
		fake_peer_whack(&p.left, "--route --name u%u", i);
	}
	fake_run(p.world, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 40);
	fake_forget_scripts(p.left.host);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	scripts_ran(&p.left, "unroute-client prepare-client route-client ");
	pair_end(&p);
}

/* Who is refused takes nobody's place. */
static void
test_route_that_is_refused_leaves_the_others(void)
{
	static const char sas[] =
	    "--name v --psk --encrypt --host 10.77.0.1 --client 10.1.4.0/24 "
	    "--nexthop 10.77.0.9 --to --host 10.77.0.2 --client 10.2.2.0/24";
	static const char trap[] =
	    "--name %s --psk --encrypt --host 10.77.0.1 --client %s "
	    "--nexthop 10.77.0.9 --to --host 10.77.0.3 --client 10.2.2.0/24";
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	fake_peer_whack(&p.left, "%s", sas);
	fake_peer_whack(&p.right, "%s", sas);
	fake_peer_whack(&p.left, trap, "first", "10.1.5.0/24");
	fake_peer_whack(&p.left, trap, "last", "10.1.6.0/24");
	whack(&p, &p.left, "--route --name first");
	whack(&p, &p.left, "--initiate --name v");
	whack(&p, &p.left, "--route --name last");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 4);
	peer_answers(&p.left, "--route --name t", RC_ROUTE,
	    "connection \"v\" has IPsec SAs");
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 4);
	CU_ASSERT_EQUAL(fake_count(p.left.host, "makes room"), 0);
	pair_end(&p);
}

static void
test_route_same_clients_go_to_who_has_an_sa(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	fake_peer_whack(&p.left, "--name u --psk --encrypt " CLIENTS);
	peer_answers(&p.left, "--route --name u", 0, "\"u\": routed");
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 2);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "\"u\": its route makes room for \"t\""));
	peer_answers(&p.left, "--route --name u", RC_ROUTE,
	    "connection \"t\" has IPsec SAs for the same clients");
	whack(&p, &p.left, "--terminate --name t");
	is_empty(&p.left, 2);
	pair_end(&p);
}

/* ---- interfaces -------------------------------------------------------- */

static void
listen_on(struct fake_peer *p, const char *name, bool there)
{
	struct ike_interface face = {.a = p->host->at.a, .port = FAKE_PORT};

	(void)snprintf(face.name, sizeof(face.name), "%s", name);
	ike_set_interfaces(p->ike, &face, there ? 1 : 0);
	fake_run(p->host->world, 0);
}

/* Until its scripts have run it is for nothing else. */
static void
test_route_cannot_be_asked_for_while_the_interface_goes(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	p.left.host->script_min_ms = p.left.host->script_max_ms = 1000;
	listen_on(&p.left, "eth1", true);
	peer_answers(
	    &p.left, "--route --name t", RC_ORIENT, "\"t\": it is about to go");
	peer_answers(&p.left, "--initiate --name t", RC_ORIENT, "\"t\": ");
	fake_peer_whack(&p.right, "--initiate --name t");
	fake_run(p.world, 500);
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "\"t\": it is about to go"));
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	fake_run(p.world, 60 * 1000);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_STRING_EQUAL(
	    conn_by_name(p.left.ike->conns, "t")->interface, "eth1");
	pair_end(&p);
}

static void
test_route_goes_with_its_interface(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	listen_on(&p.left, "eth0", true);
	scripts_ran(&p.left, "prepare-client route-client ");
	listen_on(&p.left, "eth0", false);
	scripts_ran(&p.left, "unroute-client ");
	CU_ASSERT_PTR_NOT_NULL(
	    fake_find(p.left.host, "\"t\": our address is gone"));
	is_empty(&p.left, 1);
	CU_ASSERT_FALSE(conn_by_name(p.left.ike->conns, "t")->oriented);
	listen_on(&p.left, "eth1", true);
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_STRING_EQUAL(
	    fake_script_value(
		fake_script_find(p.left.host, "up-client"), "PLUTO_INTERFACE"),
	    "eth1");
	fake_forget_scripts(p.left.host);
	listen_on(&p.left, "eth2", true);
	scripts_ran(&p.left, "down-client unroute-client ");
	is_empty(&p.left, 1);
	pair_end(&p);
}

/* What is still negotiated would be for an address that is not ours. */
static void
test_route_negotiation_ends_when_the_interface_goes(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	p.right.host->job_extra_ms = 1000;
	fake_peer_whack(&p.left, "--initiate --name t");
	for (int i = 0; i < 100 && peer_exchanges(&p.right) < 2; i++)
		fake_run(p.world, 100);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 0));
	listen_on(&p.right, "eth0", false);
	fake_run(p.world, LATE_MS);
	is_empty(&p.right, 1);
	scripts_ran(&p.right, "");
	pair_end(&p);
}

/* ---- policies ---------------------------------------------------------- */

/* What the left one sends to the right one from this address, whatever its own
 * policies are. */
static enum fake_fate
send_from(struct fake_pair *p, const char *address)
{
	struct connection *c = conn_by_name(p->left.ike->conns, "t");
	struct installed *sas = installed_sender(c);
	struct kernel_policy all;
	struct addr from, to;

	sadb_policy(c, sas->sas, sas->n, KERNEL_OUT, &all);
	all.src = (struct subnet){.a = {.family = ADDR_V4}};
	CU_ASSERT_TRUE_FATAL(
	    addr_parse(&from, address) && addr_parse(&to, "10.2.2.1"));
	CU_ASSERT_EQUAL(
	    p->left.kernel.install(p->left.kernel.ctx, NULL, 0, &all, 1, NULL),
	    0);
	return fake_packet(
	    &p->left.host->kernel, &p->right.host->kernel, &from, &to, NULL);
}

static void
test_route_without_arrival_check_takes_any_addresses(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL);
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_EQUAL(send_from(&p, "10.1.1.9"), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(send_from(&p, "10.8.8.8"), FAKE_DROPPED);
	pair_end(&p);
	pair_begin_with(&p, TUNNEL " --disablearrivalcheck");
	whack(&p, &p.left, "--initiate --name t");
	CU_ASSERT_EQUAL(send_from(&p, "10.1.1.9"), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(send_from(&p, "10.8.8.8"), FAKE_PROTECTED);
	whack(&p, &p.right, "--terminate --name t");
	is_empty(&p.right, 1);
	pair_end(&p);
}

/* Their policy for all addresses is one, and there while any of them is. */
static void
test_route_without_arrival_check_goes_on_without_the_newest(void)
{
	struct fake_pair p;

	pair_begin_with(&p, TUNNEL " --disablearrivalcheck");
	fake_peer_whack(&p.left, "--name u --psk --encrypt " SECOND_NET);
	fake_peer_whack(&p.right,
	    "--name u --psk --encrypt --disablearrivalcheck " SECOND_NET);
	whack(&p, &p.left, "--initiate --name t");
	whack(&p, &p.left, "--initiate --name u");
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 5);
	CU_ASSERT_EQUAL(send_from(&p, "10.1.1.9"), FAKE_PROTECTED);
	whack(&p, &p.right, "--terminate --name u");
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 3);
	CU_ASSERT_EQUAL(send_from(&p, "10.8.8.8"), FAKE_PROTECTED);
	whack(&p, &p.right, "--terminate --name t");
	is_empty(&p.right, 2);
	pair_end(&p);
}

static void
test_route_restores_what_others_took(void)
{
	struct fake_pair p;
	struct connection *c;

	pair_begin_with(&p, TUNNEL);
	c = conn_by_name(p.left.ike->conns, "t");
	peer_answers(&p.left, "--route --name t", 0, "\"t\": routed");
	fake_kernel_flush(&p.left.host->kernel);
	route_restore(p.left.ike, c);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 1);
	whack(&p, &p.left, "--initiate --name t");
	fake_kernel_purge(&p.left.host->kernel, false, true);
	route_restore(p.left.ike, c);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 2);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_route_scripts_of_a_life),
	    UNIT_TEST(test_route_gateways_of_ipv6_have_verbs_of_their_own),
	    UNIT_TEST(test_route_is_shared_until_the_last_one_leaves),
	    UNIT_TEST(test_route_is_taken_over_by_a_warrior_that_moved),
	    UNIT_TEST(
		test_route_traps_a_packet_and_lets_it_pass_when_the_sa_is_up),
	    UNIT_TEST(test_route_twice_is_once),
	    UNIT_TEST(test_route_while_up_keeps_the_route_afterwards),
	    UNIT_TEST(test_route_failure_leaves_no_trap),
	    UNIT_TEST(test_route_is_refused_with_the_reason),
	    UNIT_TEST(test_route_stays_while_the_connection_is_wanted),
	    UNIT_TEST(test_route_without_sas_makes_room_for_another_way),
	    UNIT_TEST(test_route_makes_room_of_many),
	    UNIT_TEST(test_route_that_is_refused_leaves_the_others),
	    UNIT_TEST(test_route_same_clients_go_to_who_has_an_sa),
	    UNIT_TEST(test_route_goes_with_its_interface),
	    UNIT_TEST(test_route_negotiation_ends_when_the_interface_goes),
	    UNIT_TEST(test_route_cannot_be_asked_for_while_the_interface_goes),
	    UNIT_TEST(test_route_without_arrival_check_takes_any_addresses),
	    UNIT_TEST(
		test_route_without_arrival_check_goes_on_without_the_newest),
	    UNIT_TEST(test_route_restores_what_others_took),
	};

	return unit_run("route", tests, COUNT(tests));
}
