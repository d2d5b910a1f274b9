/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live exchanges: two plutos with one connection, and an input that says what
 * happens to their messages, their commands and themselves.  The first octet
 * is how they are configured; then steps follow, each with its operands.
 *
 * Whatever happens: nobody gets an SA without the peer's secret, the kernel is
 * never asked for nonsense, peers that keep the rules agree on keys, and when
 * both have forgotten the connection nothing is left.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/enums.gen.h"
#include "test/fake/keys.h"
#include "test/fake/peer.h"
#include "test/fuzz/forge.h"
#include "test/fuzz/fuzz.h"

/* Of the first octet. */
enum {
	SET_OTHER_SECRET = 0x01, /* of the second host, and other keys */
	SET_MODERN = 0x02,
	SET_PFS = 0x04,
	SET_TRANSPORT = 0x08,
	SET_OTHER_CLIENT = 0x10, /* they do not fit together */
	SET_NAMES = 0x20,        /* as identities */
	SET_SHORT_LIFE = 0x40,
	SET_SIGNATURES = 0x80
};
/* What a step does; its operands. */
enum step {
	STEP_NEXT,    /* let the next thing happen */
	STEP_WAIT,    /* u8: 2^n ms */
	STEP_LOSE,    /* the next datagram */
	STEP_REPEAT,  /* the next datagram */
	STEP_DAMAGE,  /* the next datagram; u16 where, u8 what */
	STEP_CUT,     /* the next datagram; u16 length */
	STEP_DELAY,   /* the next datagram; u8: 100 ms */
	STEP_FORGE,   /* the next encrypted message: u16 where, u8 what */
	STEP_SET,     /* the same, to a value */
	STEP_REPLAY,  /* u8: which of the last datagrams comes again */
	STEP_REFLECT, /* u8: the same, to its sender */
	STEP_WHACK,   /* u8: whom and what */
	STEP_CRASH,   /* u8: who is gone and begins anew */
	STEP_KERNEL,  /* u8: whose, and what it reports */
	STEP_REFUSE,  /* u8: whose kernel refuses the next request */
	N_STEPS
};
enum {
	STEPS_MAX = 250,
	PLAY_MAX_MS = 1000 * 1000,
	NEXT_LIMIT_MS = 60 * 1000,
	WAIT_LOG_MAX = 18,
	HISTORY = 32,
	ALL_OVER_MS = 200 * 1000
};

struct past {
	struct path path;
	size_t n;
	uint8_t *octets; /* owned */
};
struct game {
	struct fake_world *world;
	struct fake_peer peers[2];
	uint8_t set;
	bool crashed;
	/* what the next datagram meets */
	bool lose, repeat, damage, cut;
	uint16_t damage_at, cut_to;
	uint8_t damage_by;
	uint32_t delay_ms;
	struct past past[HISTORY];
	unsigned n_past;
};

/* ---- configuration ------------------------------------------------------- */

static void
load(struct game *g, unsigned who)
{
	bool transport = (g->set & SET_TRANSPORT) != 0;
	bool names = (g->set & SET_NAMES) != 0;
	const char *east = transport ? ""
	    : who == 1 && (g->set & SET_OTHER_CLIENT) != 0
	    ? "--client 10.3.0.0/16"
	    : "--client 10.2.0.0/16";

	(void)fake_peer_whack(&g->peers[who],
	    "--name t --host 192.0.2.1 %s %s "
	    "--to --host 192.0.2.2 %s %s %s --encrypt --keyingtries 2 "
	    "--policy %s %s %s",
	    transport ? "" : "--client 10.1.0.0/16",
	    names ? "--id @west.example" : "", east,
	    names ? "--id @east.example" : "",
	    (g->set & SET_SIGNATURES) != 0 ? "--rsasig" : "--psk",
	    (g->set & SET_MODERN) != 0 ? "modern --authenticate --compress"
				       : "classic",
	    (g->set & SET_PFS) != 0 ? "--pfs" : "",
	    (g->set & SET_SHORT_LIFE) != 0
		? "--ikelifetime 120 --ipseclifetime 60 --rekeymargin 20"
		: "");
}

/* Which key signs, or is thought to. */
static enum rsa_vector_name
key_of(unsigned who)
{
	return who == 0 ? RSA_VECTOR_1024_A : RSA_VECTOR_1024_E3;
}

static void
start(struct game *g, unsigned who)
{
	bool other = who == 1 && (g->set & SET_OTHER_SECRET) != 0;
	bool names = (g->set & SET_NAMES) != 0;
	TEXT(secrets, FAKE_RSA_ENTRY);
	TEXT(blob, FAKE_RSA_BLOB);

	if ((g->set & SET_SIGNATURES) == 0) {
		fake_peer_start(&g->peers[who], g->world->hosts[who],
		    other ? ": PSK \"another\"\n" : ": PSK \"secret\"\n");
		load(g, who);
		return;
	}
	fake_rsa_entry(&secrets, "", other ? RSA_VECTOR_1024_B : key_of(who));
	fake_rsa_blob(&blob, other ? RSA_VECTOR_1024_B : key_of(1 - who));
	fake_peer_start(&g->peers[who], g->world->hosts[who], secrets.p);
	(void)fake_peer_whack(&g->peers[who], "--keyid %s --pubkeyrsa %s",
	    names ? (who == 0 ? "@east.example" : "@west.example")
		  : (who == 0 ? "192.0.2.2" : "192.0.2.1"),
	    blob.p);
	load(g, who);
}

/* ---- invariants ---------------------------------------------------------- */

static void
check_unauthenticated(const struct fake_peer *p)
{
	const struct xchg *x = NULL;

	FUZZ_CHECK(p->host->kernel.calls == 0);
	while (p->ike != NULL && (x = engine_next(p->host->engine, x)) != NULL)
		FUZZ_CHECK(!xchg_authenticated(x) && xchg_parent(x) == NULL);
}

/* Keys of honest peers are the same as soon as both have them. */
static void
check_agreement(struct game *g, unsigned from)
{
	bool transport = (g->set & SET_TRANSPORT) != 0;
	struct addr a[2];
	TEXT(why, 200);

	FUZZ_CHECK(addr_parse(&a[0], transport ? "192.0.2.1" : "10.1.0.1"));
	FUZZ_CHECK(addr_parse(&a[1], transport ? "192.0.2.2" : "10.2.0.1"));
	if (fake_packet(&g->peers[from].host->kernel,
		&g->peers[1 - from].host->kernel, &a[from], &a[1 - from],
		&why) == FAKE_DROPPED)
		FUZZ_CHECK(strstr(why.p, "differ") == NULL);
}

/* A peer who forges may choose one SPI for two negotiations at a time. */
static void
check_kernel(const struct fake_kernel *k)
{
	FUZZ_CHECK(k->complaints == 0 ||
	    (forge_happened() && strstr(k->complaint, "exists") != NULL));
}

static void
watch(void *ctx, struct fake_world *w)
{
	struct game *g = ctx;

	(void)w;
	for (unsigned i = 0; i < 2; i++) {
		check_kernel(&g->peers[i].host->kernel);
		if ((g->set & SET_OTHER_SECRET) != 0)
			check_unauthenticated(&g->peers[i]);
		else if (!forge_happened())
			check_agreement(g, i);
	}
}

static void
check_nothing_left(const struct fake_peer *p)
{
	struct engine_stats stats;

	engine_stats(p->host->engine, &stats);
	FUZZ_CHECK(stats.exchanges == 0 && stats.half_open == 0);
	FUZZ_CHECK(stats.jobs == 0 && stats.slots == 0);
	FUZZ_CHECK(p->host->kernel.n_sas == 0);
	FUZZ_CHECK(p->host->kernel.n_policies == 0);
}

/* ---- the network --------------------------------------------------------- */

static void
keep(struct game *g, const struct path *path, struct span datagram)
{
	struct past *p = &g->past[g->n_past++ % HISTORY];

	free(p->octets);
	p->octets = malloc(datagram.n);
	p->n = p->octets == NULL ? 0 : datagram.n;
	p->path = *path;
	if (p->n > 0)
		memcpy(p->octets, datagram.p, p->n);
}

static struct fake_faults
one_way(struct game *g)
{
	uint32_t delay = g->delay_ms != 0 ? g->delay_ms : 10;

	return (struct fake_faults){
	    .delay_min_ms = delay,
	    .delay_max_ms = delay,
	};
}

static bool
meet_datagram(void *ctx, const struct path *path, struct span datagram)
{
	struct game *g = ctx;
	struct past *copy;

	keep(g, path, datagram);
	copy = &g->past[(g->n_past - 1) % HISTORY];
	if (g->damage && copy->n > 0)
		copy->octets[g->damage_at % copy->n] ^= g->damage_by;
	if (g->cut)
		copy->n = g->cut_to < copy->n ? g->cut_to : copy->n;
	g->world->faults = one_way(g);
	for (int i = 0; i < (g->lose ? 0 : g->repeat ? 2 : 1); i++)
		fake_wire(g->world, path, span_of(copy->octets, copy->n));
	g->lose = g->repeat = g->damage = g->cut = false;
	g->delay_ms = 0;
	return true;
}

/* An old datagram once more, to whom it went or to whom it came from. */
static void
replay(struct game *g, uint8_t which, bool reflect)
{
	unsigned n = g->n_past < HISTORY ? g->n_past : HISTORY;
	const struct past *p;
	struct fake_host *to;

	if (n == 0)
		return;
	p = &g->past[which % n];
	to = g->peers[endpoint_equal(&p->path.local, &g->peers[0].host->at) ==
			  reflect
		      ? 0
		      : 1]
		 .host;
	fake_inject(to, reflect ? &p->path.remote : &p->path.local,
	    span_of(p->octets, p->n));
}

/* ---- commands ------------------------------------------------------------ */

static void
whack(struct game *g, uint8_t how)
{
	struct fake_peer *p = &g->peers[how & 1];
	const struct xchg *x;

	switch (how >> 1 & 7) {
	case 0:
	case 1: (void)fake_peer_whack(p, "--name t --initiate"); return;
	case 2: (void)fake_peer_whack(p, "--name t --terminate"); return;
	case 3: (void)fake_peer_whack(p, "--name t --delete"); return;
	case 4:
		(void)fake_peer_whack(p, "--name t --delete");
		load(g, how & 1);
		return;
	case 5:
		x = engine_next(p->host->engine, NULL);
		if (x != NULL && xchg_serial(x) != 0)
			(void)fake_peer_whack(
			    p, "--deletestate %u", (unsigned)xchg_serial(x));
		return;
	case 6: (void)fake_peer_whack(p, "--status"); return;
	default:
		(void)fake_peer_whack(p, "--name t --initiate --asynchronous");
		return;
	}
}

static void
crash(struct game *g, uint8_t who)
{
	fake_peer_stop(&g->peers[who & 1]);
	fake_kernel_flush(&g->peers[who & 1].host->kernel);
	start(g, who & 1);
}

/* The kernel says that the first or second of its SAs ends, or is about to. */
static void
expire(struct fake_kernel *k, bool second, bool hard)
{
	struct list_node *n = list_first(&k->sas);
	struct fake_sa *s;

	if (n == NULL)
		return;
	if (second && n->next != &k->sas)
		n = n->next;
	s = container_of(n, struct fake_sa, node);
	*(hard ? &s->hard_ms : &s->soft_ms) = 0;
	fake_kernel_tick(k);
}

static void
kernel_event(struct game *g, uint8_t how)
{
	struct fake_peer *p = &g->peers[how & 1];
	struct kernel_event ev = {
	    .kind = (how & 16) != 0 ? KERNEL_LOST : KERNEL_ACQUIRE,
	    .reqid = how >> 5,
	};

	if ((how & 8) != 0)
		ike_kernel_event(p->ike, &ev);
	else
		expire(&p->host->kernel, (how & 4) != 0, (how & 2) != 0);
}

/* ---- steps --------------------------------------------------------------- */

static void
forge_step(struct cur *c, uint8_t and_with)
{
	struct forgery f = {.and_with = and_with};

	f.at = cur_u16(c);
	f.xor_with = cur_u8(c);
	forge_next(f);
}

/* What the next datagram meets. */
static void
fault_step(struct game *g, enum step step, struct cur *c)
{
	if (step == STEP_LOSE) {
		g->lose = true;
	} else if (step == STEP_REPEAT) {
		g->repeat = true;
	} else if (step == STEP_DAMAGE) {
		g->damage = true;
		g->damage_at = cur_u16(c);
		g->damage_by = cur_u8(c);
	} else if (step == STEP_CUT) {
		g->cut = true;
		g->cut_to = cur_u16(c);
	} else {
		g->delay_ms = 100 * (uint32_t)cur_u8(c);
	}
}

static void
take_step(struct game *g, struct cur *c)
{
	enum step step = (enum step)(cur_u8(c) % N_STEPS);

	switch (step) {
	case STEP_NEXT: (void)fake_step(g->world, NEXT_LIMIT_MS); return;
	case STEP_WAIT:
		fake_run(g->world, UINT64_C(1) << cur_u8(c) % WAIT_LOG_MAX);
		return;
	case STEP_LOSE:
	case STEP_REPEAT:
	case STEP_DAMAGE:
	case STEP_CUT:
	case STEP_DELAY: fault_step(g, step, c); return;
	case STEP_FORGE: forge_step(c, 0xff); return;
	case STEP_SET: forge_step(c, 0); return;
	case STEP_REPLAY: replay(g, cur_u8(c), false); return;
	case STEP_REFLECT: replay(g, cur_u8(c), true); return;
	case STEP_WHACK: whack(g, cur_u8(c)); return;
	case STEP_CRASH: crash(g, cur_u8(c)); return;
	case STEP_KERNEL: kernel_event(g, cur_u8(c)); return;
	case STEP_REFUSE: {
		struct fake_kernel *k = &g->peers[cur_u8(c) & 1].host->kernel;

		k->fail_call = k->calls + 1;
		return;
	}
	case N_STEPS: return;
	}
}

static void
play(struct game *g, struct cur *c)
{
	uint64_t end_ms = g->world->now_ms + PLAY_MAX_MS;

	for (unsigned i = 0;
	     i < STEPS_MAX && cur_left(c) > 0 && g->world->now_ms < end_ms;
	     i++) {
		take_step(g, c);
		watch(g, g->world);
	}
}

static void
end_game(struct game *g)
{
	g->lose = g->repeat = g->damage = g->cut = false;
	for (unsigned i = 0; i < 2; i++)
		(void)fake_peer_whack(&g->peers[i], "--name t --delete");
	fake_run(g->world, ALL_OVER_MS);
	for (unsigned i = 0; i < 2; i++) {
		check_nothing_left(&g->peers[i]);
		fake_peer_stop(&g->peers[i]);
	}
	fake_world_free(g->world);
	for (unsigned i = 0; i < HISTORY; i++)
		free(g->past[i].octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cur c = cur_of(span_of(data, n));
	struct game g = {.world = fake_world_new(3), .set = cur_u8(&c)};

	forge_reset();
	g.world->verbose = getenv("FUZZ_VERBOSE") != NULL;
	fake_host_new(g.world, "west", "192.0.2.1")->env.suite =
	    forge_suite_ops();
	fake_host_new(g.world, "east", "192.0.2.2")->env.suite =
	    forge_suite_ops();
	start(&g, 0);
	start(&g, 1);
	g.world->tap = meet_datagram;
	g.world->tap_ctx = &g;
	g.world->watch = watch;
	g.world->watch_ctx = &g;
	play(&g, &c);
	end_game(&g);
	return 0;
}
