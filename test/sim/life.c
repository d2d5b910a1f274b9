/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An hour in the life of one or two connections between two peers.  A seed
 * decides everything: protocols, families, lifetimes, what the network does to
 * the datagrams, how slow the scripts are and how often they fail, what is
 * asked of either end by whack, when one crashes or has its kernel's tables
 * flushed, and when packets are sent.  After every event the invariants of
 * life_check.c are checked; then the world calms down, the tunnel must come up
 * by a packet that meets a trap, and after the shutdown nothing may be left.
 */
#include "test/sim/life.h"

#include <stdio.h>
#include <string.h>

#include "engine/ike/neg.h"

enum {
	HOUR_S = 3600,
	CALM_S = 1000, /* longer than any SA of before lives */
	PATIENCE_S = 300,
	LATE_MS = 60000 /* rulings D18 */
};

static const struct life_net nets[] = {
    {"", {"10.77.0.1", "10.77.0.2"}, {NULL, NULL}, {"10.77.0.1", "10.77.0.2"},
	NULL, NULL},
    {"", {"10.77.0.1", "10.77.0.2"}, {"10.1.0.0/16", "10.2.0.0/16"},
	{"10.1.0.1", "10.2.0.1"}, "10.3.0.0/16", "10.3.0.1"},
    {"--ipv6 ", {"fd00:77::1", "fd00:77::2"}, {NULL, NULL},
	{"fd00:77::1", "fd00:77::2"}, NULL, NULL},
    {"--ipv6 ", {"fd00:77::1", "fd00:77::2"}, {"fd00:1::/64", "fd00:2::/64"},
	{"fd00:1::1", "fd00:2::1"}, "fd00:3::/64", "fd00:3::1"},
    {"--tunnelipv6 ", {"10.77.0.1", "10.77.0.2"},
	{"fd00:1::/64", "fd00:2::/64"}, {"fd00:1::1", "fd00:2::1"},
	"fd00:3::/64", "fd00:3::1"},
    {"--ipv6 --tunnelipv4 ", {"fd00:77::1", "fd00:77::2"},
	{"10.1.0.0/16", "10.2.0.0/16"}, {"10.1.0.1", "10.2.0.1"}, "10.3.0.0/16",
	"10.3.0.1"},
};
enum { N_NETS = sizeof(nets) / sizeof(nets[0]) };

static bool
chance(struct life *l, uint32_t percent)
{
	return sim_chance(&l->run, percent);
}

static uint32_t
range(struct life *l, uint32_t min, uint32_t max)
{
	return sim_range(&l->run, min, max);
}

static bool
failed(const struct life *l)
{
	return l->run.bad[0] != '\0';
}

static uint64_t
now_ms(const struct life *l)
{
	return l->run.world->now_ms;
}

/* ---- what a seed decides ---- */

static void
choose_goal(struct life *l, struct text *t)
{
	static const char *const protocols[] = {"--encrypt", "--encrypt",
	    "--authenticate", "--encrypt --authenticate"};

	text_add(t, "--psk %s", protocols[range(l, 0, 3)]);
	if (chance(l, 25))
		text_add(t, " --compress");
	if (chance(l, 4))
		text_add(t, " --pfs");
	if (chance(l, 10))
		text_add(t, " --disablearrivalcheck");
	if (chance(l, 10))
		text_add(t, " --policy modern");
	if (l->net->client[0] != NULL || chance(l, 50))
		text_add(t, " --tunnel");
}

/* Each end has lifetimes of its own. */
static void
choose_options(struct life *l, struct life_end *e, const char *goal)
{
	uint32_t life_s = range(l, 60, 300);

	e->dontrekey = chance(l, 10);
	(void)snprintf(e->options, sizeof(e->options),
	    "%s --ikelifetime %u --ipseclifetime %u --rekeymargin %u "
	    "--rekeyfuzz %u --keyingtries %u%s",
	    goal, (unsigned)range(l, 300, 900), (unsigned)life_s,
	    (unsigned)range(l, 5, life_s / 4), (unsigned)range(l, 0, 100),
	    l->for_ever ? 0u : (unsigned)range(l, 1, 3),
	    e->dontrekey ? " --dontrekey" : "");
	e->script_ms = (uint32_t[]){0, 100, 5000, 20000}[range(l, 0, 3)];
	e->script_fails = chance(l, 30) ? range(l, 1, 20) : 0;
	if (l->lacks_ipcomp)
		e->peer->host->kernel.lacks = 1u << PROTOCOL_IPCOMP;
}

static void
choose_faults(struct life *l)
{
	struct fake_faults *f = &l->run.world->faults;

	*f = (struct fake_faults){.delay_min_ms = 10, .delay_max_ms = 10};
	if (chance(l, 50))
		f->loss = range(l, 0, 300);
	if (chance(l, 30))
		f->repeat = range(l, 0, 200);
	if (chance(l, 10))
		f->damage = range(l, 0, 100);
	if (chance(l, 30))
		f->delay_max_ms = range(l, 50, 5000);
	l->run.world->job_max_ms = chance(l, 20) ? range(l, 5, 3000) : 5;
}

/* How long a script takes and how it ends. */
static void
script_result(void *ctx, struct fake_script *s)
{
	struct life_end *e = ctx;
	struct fake_host *h = e->peer->host;

	h->script_min_ms = 0;
	h->script_max_ms = e->script_ms;
	if (!chance(e->life, e->script_fails))
		return;
	s->number = 1;
	if (!chance(e->life, 10))
		return;
	s->how = SCRIPT_LATE;
	h->script_min_ms = h->script_max_ms = LATE_MS;
}

/* ---- an end's lives ---- */

static void
load(struct life *l, unsigned conn, unsigned end)
{
	const struct life_net *n = l->net;
	struct life_end *e = &l->end[end];
	TEXT(line, 600);

	text_add(&line, "--name %s %s", e->conn[conn].name, n->flags);
	for (unsigned i = 0; i < 2; i++) {
		text_add(&line, "%s--host %s", i == 0 ? "" : " --to ",
		    l->warrior && end == 1 && i == 0 ? "%any" : n->host[i]);
		if (n->client[i] != NULL)
			text_add(&line, " --client %s",
			    conn == 1 && i == 0 ? n->client2 : n->client[i]);
	}
	(void)fake_peer_whack(e->peer, "%s %s", line.p, e->options);
}

/* Nothing is promised any more. */
static void
forget(struct life_conn *c)
{
	*c = (struct life_conn){.name = c->name};
}

static void
start(struct life *l, unsigned end)
{
	struct life_end *e = &l->end[end];
	const struct fake_kernel *k = &e->peer->host->kernel;

	e->back_ms = 0;
	e->client_base = e->peer->last_client;
	fake_peer_start(e->peer, e->peer->host, ": PSK \"of both\"\n");
	ike_clear_leftovers(e->peer->ike);
	if (k->n_sas + k->n_policies > 0)
		sim_fail(&l->run,
		    "%s: a predecessor's %u SAs and %u policies are not "
		    "cleared",
		    e->peer->host->name, k->n_sas, k->n_policies);
	for (unsigned i = 0; i < l->n_conns; i++)
		load(l, i, end);
}

static void
stop(struct life *l, struct life_end *e)
{
	fake_peer_stop(e->peer);
	for (unsigned i = 0; i < l->n_conns; i++)
		forget(&e->conn[i]);
	e->held_up = false;
	e->marks = (struct life_marks){.seen = e->peer->host->last_script};
	e->back_ms = now_ms(l) + (uint64_t)range(l, 0, 100) * SECOND;
}

static void
relisten(struct life_end *e)
{
	struct ike_interface face = {
	    .a = e->peer->host->at.a, .port = e->peer->host->at.port};

	(void)snprintf(face.name, sizeof(face.name), "eth0");
	ike_set_interfaces(e->peer->ike, &face, 1);
}

/* ---- what whack asks for ---- */

static uint32_t
ask(const struct life_end *e, const struct life_conn *c, const char *what)
{
	return fake_peer_whack(e->peer, "--name %s --%s", c->name, what);
}

static void
ask_route(struct life_end *e, struct life_conn *c)
{
	c->routing = ask(e, c, "route");
}

static void
ask_unroute(struct life_end *e, struct life_conn *c)
{
	c->was_routed = c->routed;
	c->was_wanted = c->wanted;
	c->routed = c->wanted = false;
	c->initiating = 0;
	c->unrouting = ask(e, c, "unroute");
}

static void
ask_initiate(struct life_end *e, struct life_conn *c)
{
	c->initiating = ask(e, c, "initiate");
}

static void
ask_terminate(struct life_end *e, struct life_conn *c)
{
	c->wanted = c->was_wanted = false;
	c->initiating = 0;
	(void)ask(e, c, "terminate");
}

static void
ask_delete(struct life *l, unsigned conn, unsigned end)
{
	struct life_conn *c = &l->end[end].conn[conn];

	forget(c);
	(void)ask(&l->end[end], c, "delete");
	load(l, conn, end);
}

static void
ask_deletestate(struct life *l, struct life_end *e)
{
	const struct xchg *x = engine_next(e->peer->host->engine, NULL);

	for (uint32_t i = range(l, 0, 8); i > 0 && x != NULL; i--)
		x = engine_next(e->peer->host->engine, x);
	if (x != NULL)
		(void)fake_peer_whack(
		    e->peer, "--deletestate %u", (unsigned)xchg_serial(x));
}

/* True: whack has its answer, and is forgotten; *status is its exit status. */
static bool
answered(const struct life_end *e, uint32_t *client, int *status)
{
	if (*client == 0 || !fake_peer_done(e->peer, *client))
		return false;
	*status = fake_peer_status(e->peer, *client);
	*client = 0;
	return true;
}

static void
take_answers(const struct life_end *e, struct life_conn *c)
{
	int status;

	if (answered(e, &c->routing, &status) && status == 0)
		c->routed = true;
	if (answered(e, &c->initiating, &status) && status == 0)
		c->wanted = !e->dontrekey;
	if (answered(e, &c->unrouting, &status) && status != 0) {
		c->routed = c->was_routed;
		c->wanted = c->was_wanted;
	}
}

static void
take_all_answers(struct life *l)
{
	for (unsigned i = 0; i < l->n_conns; i++) {
		take_answers(&l->end[0], &l->end[0].conn[i]);
		take_answers(&l->end[1], &l->end[1].conn[i]);
	}
}

/* A packet of any connection from this end. */
static void
send_one(struct life *l, unsigned end)
{
	(void)life_send(l, range(l, 0, l->n_conns - 1), end, NULL);
}

/* ---- accidents ---- */

static void
purge(struct life *l, struct life_end *e)
{
	e->held_up = ike_busy(e->peer->ike);
	e->grace_ms = now_ms(l) + LIFE_REPAIR_MS;
	fake_kernel_turn(&e->peer->host->kernel);
	fake_kernel_purge(&e->peer->host->kernel, chance(l, 70), chance(l, 70));
}

/* For a while nobody reads the kernel's events. */
static void
overrun(struct life *l, struct life_end *e)
{
	fake_kernel_overrun(&e->peer->host->kernel, true);
	for (uint32_t i = range(l, 1, 5); i > 0; i--) {
		send_one(l, 0);
		send_one(l, 1);
		fake_run(l->run.world, range(l, 1, 10 * SECOND));
	}
	fake_kernel_overrun(&e->peer->host->kernel, false);
}

/* Its interface goes, with whatever was routed through it, and comes back. */
static void
unplug(struct life *l, struct life_end *e)
{
	for (unsigned i = 0; i < l->n_conns; i++)
		forget(&e->conn[i]);
	ike_set_interfaces(e->peer->ike, NULL, 0);
	fake_run(l->run.world, range(l, 1, 60 * SECOND));
	relisten(e);
}

static void
accident(struct life *l, unsigned end)
{
	struct life_end *e = &l->end[end];
	struct fake_kernel *k = &e->peer->host->kernel;
	uint32_t what = range(l, 0, 99);

	if (what < 20) {
		stop(l, e);
	} else if (what < 35) {
		stop(l, e);
		fake_kernel_flush(&e->peer->host->kernel);
	} else if (what < 60) {
		purge(l, e);
	} else if (what < 75) {
		overrun(l, e);
	} else if (what < 80) {
		unplug(l, e);
	} else if (what < 85) {
		k->fail_call = k->calls + range(l, 1, 3);
	} else {
		choose_faults(l);
	}
}

static void
act(struct life *l)
{
	unsigned end = range(l, 0, 1), conn = range(l, 0, l->n_conns - 1);
	struct life_end *e = &l->end[end];
	struct life_conn *c = &e->conn[conn];
	uint32_t what = range(l, 0, 99);

	if (e->back_ms != 0 || c->routing != 0 || c->unrouting != 0)
		return;
	if (what < 25)
		ask_initiate(e, c);
	else if (what < 40)
		ask_route(e, c);
	else if (what < 50)
		ask_unroute(e, c);
	else if (what < 60)
		ask_terminate(e, c);
	else if (what < 65)
		ask_delete(l, conn, end);
	else if (what < 72)
		ask_deletestate(l, e);
	else if (what < 75)
		relisten(e);
	else if (what < 78)
		(void)fake_peer_whack(e->peer, "--status");
	else
		accident(l, end);
}

/* ---- an hour ---- */

static void
tick(struct life *l)
{
	for (unsigned i = 0; i < 2; i++) {
		struct life_end *e = &l->end[i];

		if (e->back_ms != 0 && now_ms(l) >= e->back_ms)
			start(l, i);
		if (chance(l, 60))
			send_one(l, i);
	}
	take_all_answers(l);
	if (chance(l, l->restless))
		act(l);
	fake_run(l->run.world, range(l, 1, 20 * SECOND));
}

static void
live(struct life *l)
{
	uint64_t end_ms = now_ms(l) + (uint64_t)HOUR_S * SECOND;

	choose_faults(l);
	for (unsigned i = 0; i < l->n_conns; i++) {
		struct life_end *e = &l->end[range(l, 0, 1)];

		if (chance(l, 50))
			ask_route(e, &e->conn[i]);
		if (chance(l, 80))
			ask_initiate(e, &e->conn[i]);
	}
	while (now_ms(l) < end_ms && !failed(l))
		tick(l);
}

/* ---- the end ---- */

static void
calm(struct life *l)
{
	struct fake_world *w = l->run.world;

	w->faults =
	    (struct fake_faults){.delay_min_ms = 10, .delay_max_ms = 10};
	w->job_max_ms = w->job_min_ms;
	for (unsigned i = 0; i < 2; i++) {
		l->end[i].script_ms = l->end[i].script_fails = 0;
		if (l->end[i].back_ms != 0)
			start(l, i);
	}
	fake_run(w, (uint64_t)CALM_S * SECOND);
	take_all_answers(l);
}

static void
check_up(struct life *l, unsigned conn, const char *when)
{
	for (unsigned i = 0; i < 2 && !failed(l); i++) {
		TEXT(why, 200);

		if (life_send(l, conn, i, &why) != FAKE_PROTECTED)
			sim_fail(&l->run,
			    "%s, packets of \"%s\" from %s do not arrive: %s",
			    when, l->end[i].conn[conn].name,
			    l->end[i].peer->host->name, why.p);
	}
}

/* What is wanted for ever is up; or, when somebody has deleted its state, comes
 * up by a packet. */
static void
check_wanted(struct life *l, unsigned conn)
{
	bool left = l->end[0].conn[conn].wanted;

	if (!left && !l->end[1].conn[conn].wanted)
		return;
	(void)life_send(l, conn, left ? 0 : 1, NULL);
	fake_run(l->run.world, 60 * SECOND);
	check_up(l, conn, "wanted for ever");
}

/* A packet from left meets a trap. */
static void
check_trap(struct life *l, unsigned conn)
{
	uint64_t end_ms = now_ms(l) + (uint64_t)PATIENCE_S * SECOND;
	struct life_end *e = &l->end[0];
	struct life_conn *c = &e->conn[conn];

	ask_route(e, c);
	fake_run(l->run.world, SECOND);
	take_answers(e, c);
	if (!c->routed)
		sim_fail(&l->run, "in the end, --route is refused");
	ask_terminate(e, c);
	fake_run(l->run.world, SECOND);
	while (!failed(l) && now_ms(l) < end_ms &&
	    life_send(l, conn, 0, NULL) != FAKE_PROTECTED)
		fake_run(l->run.world, 5 * SECOND);
	fake_run(l->run.world, SECOND);
	check_up(l, conn, "in the end");
}

static void
shut_down(struct life *l)
{
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned j = 0; j < l->n_conns; j++)
			forget(&l->end[i].conn[j]);
		ike_shutdown(l->end[i].peer->ike);
	}
	fake_run(l->run.world, (uint64_t)PATIENCE_S * SECOND);
	life_check_nothing_left(l, 0);
	life_check_nothing_left(l, 1);
}

static void
set_addresses(struct life *l)
{
	for (unsigned i = 0; i < l->n_conns; i++)
		for (unsigned j = 0; j < 2; j++)
			if (!addr_parse(&l->inner[i][j],
				i == 1 && j == 0 ? l->net->inner2
						 : l->net->inner[j]))
				sim_fail(&l->run, "no address");
}

static void
set_up(struct life *l)
{
	TEXT(goal, 100);

	l->net = &nets[range(l, 0, N_NETS - 1)];
	l->n_conns = l->net->client2 != NULL && chance(l, 30) ? 2 : 1;
	l->warrior = chance(l, 15);
	l->for_ever = chance(l, 30);
	l->lacks_ipcomp = chance(l, 20);
	l->restless = chance(l, 40) ? 1 : range(l, 2, 25);
	set_addresses(l);
	choose_goal(l, &goal);
	l->end[0].peer = &l->pair.left;
	l->end[1].peer = &l->pair.right;
	fake_kernel_init(&l->nowhere);
	for (unsigned i = 0; i < 2; i++) {
		struct life_end *e = &l->end[i];
		struct fake_host *h = fake_host_new(
		    l->run.world, i == 0 ? "left" : "right", l->net->host[i]);

		e->life = l;
		e->peer->host = h;
		h->script_result = script_result;
		h->script_ctx = e;
		e->conn[0].name = "t";
		e->conn[1].name = "u";
		choose_options(l, e, goal.p);
	}
}

static bool
simulate(uint64_t seed, bool verbose, struct coverage *coverage)
{
	struct life l = {0};

	sim_begin(&l.run, seed, verbose, coverage);
	l.pair.world = l.run.world;
	set_up(&l);
	start(&l, 0);
	start(&l, 1);
	l.run.world->watch = life_watch;
	l.run.world->watch_ctx = &l;
	live(&l);
	if (!failed(&l))
		calm(&l);
	for (unsigned i = 0; i < l.n_conns && l.for_ever && !failed(&l); i++)
		check_wanted(&l, i);
	for (unsigned i = 0; i < l.n_conns && !failed(&l); i++)
		check_trap(&l, i);
	if (!failed(&l))
		shut_down(&l);
	fake_kernel_fini(&l.nowhere);
	fake_pair_end(&l.pair);
	return sim_report(&l.run, seed, "life");
}

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, "life", simulate);
}
