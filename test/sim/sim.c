/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two peers in a bad world.  A seed decides everything: what the connection
 * asks for, how many datagrams are lost, repeated, delayed and damaged, when an
 * end reboots, when its kernel or its workers refuse, when somebody at whack
 * changes his mind, and what strangers send.  After every event the invariants
 * are checked; then the world calms down, the tunnel must come up, and after
 * the shutdown nothing may be left.
 */
#include "test/sim/sim.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/codec.h"
#include "engine/ike/neg.h"
#include "test/fake/keys.h"
#include "test/fake/peer.h"

enum {
	IKE_LIFE_S = 600,
	CALM_S = 2 * IKE_LIFE_S, /* no SA of the bad times survives that */
	SHUTDOWN_S = 300,
	STRANGER_PORT = 4999
};

struct sim {
	struct sim_run run;
	struct fake_pair pair;
	char options[160];
	bool secrets_differ; /* and so do the RSA keys from what is known */
	bool signs;          /* RSA signatures are chosen, or may be */
	bool warrior;        /* right does not know left's address */
	struct endpoint strangers[2]; /* at each end's address, other port */
	uint64_t stranger_in, stranger_out;
	size_t first_n; /* a first message, for strangers */
	uint8_t first[2048];
	uint32_t client_base[2]; /* whacks of earlier lives */
};

static struct fake_peer *
peer(struct sim *s, unsigned end)
{
	return end == 0 ? &s->pair.left : &s->pair.right;
}

/* ---- invariants ---- */

/* No SA without authentication; and with different secrets no SA at all. */
static void
check_exchanges(struct sim *s, const struct fake_peer *p)
{
	const struct xchg *x = engine_next(p->host->engine, NULL);
	unsigned phase2 = 0;

	for (; x != NULL; x = engine_next(p->host->engine, x)) {
		bool up = xchg_established(x);

		phase2 += xchg_def(x)->phase == 2;
		if (up && !xchg_authenticated(x))
			sim_fail(&s->run,
			    "%s: #%u is up without authentication",
			    p->host->name, (unsigned)xchg_serial(x));
		if (up && s->secrets_differ)
			sim_fail(&s->run,
			    "%s: #%u is up though the secrets differ",
			    p->host->name, (unsigned)xchg_serial(x));
	}
	/* unless a script has to run before they go */
	if (p->host->kernel.n_sas > 0 && phase2 == 0 && !ike_busy(p->ike))
		sim_fail(&s->run, "%s: %u SAs in the kernel and no exchange",
		    p->host->name, p->host->kernel.n_sas);
}

/* Exchanges are for connections that are there, and each is counted by its own;
 * with a template nothing is negotiated, and an instance is held. */
static void
check_connections(struct sim *s, const struct fake_peer *p)
{
	const struct xchg *x = NULL;
	const struct connection *c = NULL;
	uint32_t held = 0;

	while ((x = engine_next(p->host->engine, x)) != NULL) {
		c = neg_conn(x);
		if (c == NULL || conn_is_template(c))
			sim_fail(&s->run, "%s: #%u is for no connection",
			    p->host->name, (unsigned)xchg_serial(x));
		held += (uint32_t)(neg_of(x)->held != 0) +
		    (uint32_t)(neg_of(x)->taken != 0);
	}
	c = NULL;
	while ((c = conn_next(p->ike->conns, c)) != NULL) {
		held -= c->users;
		if (c->template != NULL && c->users + c->holds == 0)
			sim_fail(&s->run, "%s: nobody holds %s", p->host->name,
			    c->label);
	}
	if (held != 0)
		sim_fail(&s->run,
		    "%s: connections do not count their exchanges",
		    p->host->name);
}

/* Both ends agree on keys and selectors, or neither sends. */
static void
check_packets(struct sim *s)
{
	for (unsigned i = 0; i < 2; i++) {
		TEXT(why, 200);

		(void)fake_pair_probe(&s->pair, i == 0, s->options, &why);
		if (strstr(why.p, "differ") != NULL ||
		    strstr(why.p, "names an SA") != NULL ||
		    strstr(why.p, "wants another") != NULL)
			sim_fail(&s->run, "packet from %s: %s",
			    i == 0 ? "left" : "right", why.p);
	}
}

static void
check_peer(struct sim *s, const struct fake_peer *p)
{
	if (p->host->kernel.complaints > 0)
		sim_fail(&s->run, "%s: the kernel complains: %s", p->host->name,
		    p->host->kernel.complaint);
	if (p->host->engine == NULL)
		return;
	check_exchanges(s, p);
	check_connections(s, p);
}

static void
watch(void *ctx, struct fake_world *w)
{
	struct sim *s = ctx;

	(void)w;
	check_peer(s, &s->pair.left);
	check_peer(s, &s->pair.right);
	check_packets(s);
}

/* A stranger never proves that it receives what is sent to it: it gets at most
 * one datagram for each of its own. */
static bool
tap(void *ctx, const struct path *path, struct span datagram)
{
	struct sim *s = ctx;

	if (datagram.n <= sizeof(s->first) && datagram.n > 16 &&
	    codec_is_zero(span_of(datagram.p + 8, 8))) {
		s->first_n = datagram.n;
		memcpy(s->first, datagram.p, datagram.n);
	}
	if (path->remote.port != STRANGER_PORT)
		return false;
	if (++s->stranger_out > s->stranger_in)
		sim_fail(&s->run, "%u datagrams to strangers for %u of theirs",
		    (unsigned)s->stranger_out, (unsigned)s->stranger_in);
	return true;
}

/* ---- the bad times ---- */

static void
choose_options(struct sim *s)
{
	static const char *const kinds[] = {
	    "--encrypt --tunnel",
	    "--encrypt --tunnel --pfs",
	    "--encrypt",
	    "--encrypt --pfs",
	};
	static const char *const ways[] = {"--rsasig", "--psk --rsasig"};
	const char *way = "--psk";

	s->warrior = sim_chance(&s->run, 20);
	s->signs = sim_chance(&s->run, 15);
	if (s->signs)
		way = ways[rng_below(&s->run.rng, 2)];
	(void)snprintf(s->options, sizeof(s->options),
	    "%s %s%s --ikelifetime %d "
	    "--ipseclifetime %u --rekeymargin 60 --rekeyfuzz 50 "
	    "--keyingtries %u",
	    way, kinds[rng_below(&s->run.rng, 4)],
	    sim_chance(&s->run, 3) ? " --policy modern" : "", IKE_LIFE_S,
	    (unsigned)sim_range(&s->run, 300, 900),
	    (unsigned)sim_range(&s->run, 0, 3));
}

static void
choose_faults(struct sim *s)
{
	struct fake_world *w = s->pair.world;

	if (sim_chance(&s->run, 60))
		w->faults.loss = rng_below(&s->run.rng, 400);
	if (sim_chance(&s->run, 50))
		w->faults.repeat = rng_below(&s->run.rng, 300);
	if (sim_chance(&s->run, 40))
		w->faults.damage = rng_below(&s->run.rng, 200);
	if (sim_chance(&s->run, 40)) {
		w->faults.delay_min_ms = 0;
		w->faults.delay_max_ms = sim_range(&s->run, 50, 20000);
	}
	if (sim_chance(&s->run, 30))
		w->job_max_ms = sim_range(&s->run, 5, 12000);
	for (unsigned i = 0; i < 2; i++)
		if (sim_chance(&s->run, 10))
			peer(s, i)->host->kernel.fail_call =
			    sim_range(&s->run, 1, 4);
}

/* Short ones, since this takes many signatures. */
static enum rsa_vector_name
key_of(unsigned end)
{
	return end == 0 ? RSA_VECTOR_1024_A : RSA_VECTOR_1024_E3;
}

static void
load(struct sim *s, unsigned end)
{
	if (s->warrior && end == 1)
		fake_pair_load_warrior(&s->pair.right, s->options);
	else
		fake_pair_load(peer(s, end), s->options);
}

static void
start(struct sim *s, unsigned end)
{
	struct fake_host *h = peer(s, end)->host;
	bool other = s->secrets_differ && end == 1;
	TEXT(secrets, FAKE_RSA_ENTRY);
	TEXT(blob, FAKE_RSA_BLOB);

	text_add(
	    &secrets, ": PSK \"%s\"\n", other ? "another one" : "the same");
	if (s->signs) {
		fake_rsa_entry(
		    &secrets, "", other ? RSA_VECTOR_1024_B : key_of(end));
		fake_rsa_blob(
		    &blob, other ? RSA_VECTOR_1024_B : key_of(1 - end));
	}
	fake_peer_start(peer(s, end), h, secrets.p);
	if (s->signs)
		(void)fake_peer_whack(peer(s, end),
		    "--keyid 10.77.0.%u --pubkeyrsa %s", 2 - end, blob.p);
	load(s, end);
}

static void
reboot(struct sim *s, unsigned end)
{
	struct fake_peer *p = peer(s, end);

	fake_peer_stop(p);
	fake_kernel_flush(&p->host->kernel);
	s->client_base[end] = p->last_client;
	start(s, end);
}

/* A first message of somebody who cannot read the answer, or any nonsense. */
static void
stranger(struct sim *s, unsigned end)
{
	uint8_t buf[sizeof(s->first)];
	size_t n = s->first_n;
	struct fake_host *h = peer(s, end)->host;

	if (n == 0 || sim_chance(&s->run, 30)) {
		n = sim_range(&s->run, 0, 200);
		rng_fill(&s->run.rng, buf, n);
	} else {
		memcpy(buf, s->first, n);
		rng_fill(&s->run.rng, buf, 8);
		if (sim_chance(&s->run, 30))
			buf[rng_below(&s->run.rng, (uint32_t)n)] ^= 1;
	}
	for (unsigned times = sim_range(&s->run, 1, 4); times > 0; times--) {
		s->stranger_in++;
		fake_inject(h, &s->strangers[1 - end], span_of(buf, n));
	}
}

static void
act(struct sim *s)
{
	unsigned end = rng_below(&s->run.rng, 2);
	struct fake_peer *p = peer(s, end);
	uint32_t what = rng_below(&s->run.rng, 100);

	if (what < 45)
		(void)fake_peer_whack(p, "--name t --initiate");
	else if (what < 55)
		(void)fake_peer_whack(p, "--name t --terminate");
	else if (what < 60)
		load(s, end); /* it exists: refused */
	else if (what < 65) {
		(void)fake_peer_whack(p, "--name t --delete");
		load(s, end);
	} else if (what < 75)
		reboot(s, end);
	else if (what < 80)
		p->host->no_jobs = !p->host->no_jobs;
	else if (what < 90)
		stranger(s, end);
	else
		(void)fake_peer_whack(p, "--status");
}

static void
bad_times(struct sim *s)
{
	uint64_t end = s->pair.world->now_ms +
	    (uint64_t)sim_range(&s->run, 60, 1500) * SECOND;

	choose_faults(s);
	while (s->pair.world->now_ms < end && s->run.bad[0] == '\0') {
		act(s);
		fake_run(s->pair.world,
		    sim_range(&s->run, 1,
			sim_chance(&s->run, 50) ? 2000 : 120 * SECOND));
	}
}

/* ---- the end ---- */

static void
calm(struct sim *s)
{
	struct fake_world *w = s->pair.world;

	w->faults =
	    (struct fake_faults){.delay_min_ms = 10, .delay_max_ms = 10};
	w->job_max_ms = w->job_min_ms;
	for (unsigned i = 0; i < 2; i++) {
		peer(s, i)->host->no_jobs = false;
		peer(s, i)->host->kernel.fail_call = 0;
	}
	fake_run(w, (uint64_t)CALM_S * SECOND);
}

static void
check_tunnel(struct sim *s)
{
	enum fake_fate want = s->secrets_differ ? FAKE_PLAIN : FAKE_PROTECTED;

	(void)fake_peer_whack(&s->pair.left, "--name t --initiate");
	fake_run(s->pair.world, 60 * SECOND);
	for (unsigned i = 0; i < 2; i++) {
		TEXT(why, 200);

		if (fake_pair_packet(&s->pair, i == 0, s->options, &why) !=
		    want)
			sim_fail(&s->run,
			    "in the end, packets from %s do not go %s: %s",
			    i == 0 ? "left" : "right",
			    want == FAKE_PLAIN ? "in the clear" : "protected",
			    why.p);
	}
}

static void
shut_down(struct sim *s)
{
	ike_shutdown(s->pair.left.ike);
	ike_shutdown(s->pair.right.ike);
	fake_run(s->pair.world, (uint64_t)SHUTDOWN_S * SECOND);
	for (unsigned i = 0; i < 2; i++)
		sim_check_nothing_left(
		    &s->run, peer(s, i), 1, s->client_base[i]);
}

static bool
simulate(uint64_t seed, bool verbose, struct coverage *coverage)
{
	struct sim s = {0};
	struct fake_world *w;

	sim_begin(&s.run, seed, verbose, coverage);
	w = s.pair.world = s.run.world;
	w->tap = tap;
	w->watch = watch;
	w->tap_ctx = w->watch_ctx = &s;
	choose_options(&s);
	s.secrets_differ = sim_chance(&s.run, 5);
	s.pair.left.host = fake_host_new(w, "left", "10.77.0.1");
	s.pair.right.host = fake_host_new(w, "right", "10.77.0.2");
	for (unsigned i = 0; i < 2; i++) {
		s.strangers[i] = peer(&s, i)->host->at;
		s.strangers[i].port = STRANGER_PORT;
		start(&s, i);
	}
	bad_times(&s);
	if (s.run.bad[0] == '\0')
		calm(&s);
	if (s.run.bad[0] == '\0')
		check_tunnel(&s);
	if (s.run.bad[0] == '\0')
		shut_down(&s);
	fake_pair_end(&s.pair);
	return sim_report(&s.run, seed, "sim");
}

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, "sim", simulate);
}
