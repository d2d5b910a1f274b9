/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network: the input is a row of datagrams, from peers and from strangers,
 * to a pluto that has connections and listens.  Nobody who does not know the
 * secret gets an SA, an answer longer than one datagram for each of his, or
 * keeps anything of ours occupied.
 *
 * Each datagram is one octet of flags (below), two of length, and its octets.
 * Length 0: nothing comes; a connection is initiated instead.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/enums.gen.h"
#include "gen/layout.gen.h"
#include "test/fuzz/fuzz.h"
#include "test/fake/peer.h"

enum {
	FROM_MASK = 0x07,   /* whose datagram it is */
	PUT_COOKIES = 0x08, /* those of the last datagram that we sent */
	WAIT_SHIFT = 4,     /* then 0, 50, 100, 200 ... ms pass */
	WAIT_UNIT_MS = 50,
	WAIT_LOG_MAX = 11,
	COOKIES_LEN = 16,
	DATAGRAM_MAX = 2048,
	DATAGRAMS_MAX = 40,
	ALL_OVER_MS = 200 * 1000 /* two deadlines, and something */
};

struct attack {
	struct fake_peer pluto;
	struct fake_host *host;
	bool cookies_known; /* the attacker sees what is sent to him */
	bool initiated;
	uint8_t cookies[COOKIES_LEN];
};

static void
load(struct fake_peer *p)
{
	(void)fake_peer_whack(p,
	    "--name old --host 192.0.2.1 --client 10.1.0.0/16 "
	    "--to --host 192.0.2.2 --client 10.2.0.0/16 --psk --encrypt --pfs "
	    "--keyingtries 1");
	(void)fake_peer_whack(p,
	    "--name new --host 192.0.2.1 --to --host 192.0.2.3 "
	    "--psk --encrypt --policy modern --keyingtries 1");
	(void)fake_peer_whack(p, "%s",
	    "--name anybody --host 192.0.2.1 --to --host %any "
	    "--psk --encrypt");
	(void)fake_peer_whack(p,
	    "--name no-secret --host 192.0.2.1 --to "
	    "--host 192.0.2.4 --psk --encrypt");
}

static struct endpoint
source(uint8_t flags)
{
	static const struct {
		const char *address;
		uint16_t port;
	} sources[FROM_MASK + 1] = {
	    {"192.0.2.2", 500},
	    {"192.0.2.2", 4500},
	    {"192.0.2.3", 500},
	    {"192.0.2.4", 500},
	    {"192.0.2.99", 500},
	    {"192.0.2.1", 500},
	    {"224.0.0.1", 500},
	    {"192.0.2.2", 0},
	};
	struct endpoint e = {.port = sources[flags & FROM_MASK].port};

	FUZZ_CHECK(addr_parse(&e.a, sources[flags & FROM_MASK].address));
	return e;
}

static bool
see_sent(void *ctx, const struct path *path, struct span datagram)
{
	struct attack *a = ctx;

	FUZZ_CHECK(datagram.n >= SIZE_ISAKMP_HDR);
	FUZZ_CHECK(!addr_is_multicast(&path->remote.a));
	memcpy(a->cookies, datagram.p, COOKIES_LEN);
	return true;
}

static void
attack_once(struct attack *a, uint8_t flags, struct span octets)
{
	uint8_t buf[DATAGRAM_MAX];
	struct endpoint from = source(flags);
	uint64_t sent = a->host->sent;

	octets = span_head(octets, sizeof(buf));
	memcpy(buf, octets.p, octets.n);
	if ((flags & PUT_COOKIES) != 0 && octets.n >= COOKIES_LEN) {
		memcpy(buf, a->cookies, COOKIES_LEN);
		a->cookies_known = true;
	}
	fake_inject(a->host, &from, span_of(buf, octets.n));
	FUZZ_CHECK(a->host->sent - sent <= 1);
}

static void
attack_all(struct attack *a, struct cur *c)
{
	for (unsigned i = 0; i < DATAGRAMS_MAX && cur_left(c) >= 3; i++) {
		uint8_t flags = cur_u8(c), wait = flags >> WAIT_SHIFT;
		size_t n = cur_u16(c);

		if (n == 0) {
			a->initiated = true;
			(void)fake_peer_whack(&a->pluto, "--name %s --initiate",
			    (flags & 1) != 0 ? "new" : "old");
		} else {
			n = n < cur_left(c) ? n : cur_left(c);
			attack_once(a, flags, cur_bytes(c, n));
		}
		if (wait > 0)
			fake_run(a->host->world,
			    (uint64_t)WAIT_UNIT_MS
				<< (wait < WAIT_LOG_MAX ? wait : WAIT_LOG_MAX));
	}
}

static void
check_nothing_left(struct attack *a)
{
	struct engine_stats stats;

	engine_stats(ike_engine(a->pluto.ike), &stats);
	FUZZ_CHECK(stats.exchanges == 0 && stats.half_open == 0);
	FUZZ_CHECK(stats.jobs == 0 && stats.slots == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fake_world *w = fake_world_new(2);
	struct attack a = {.host = fake_host_new(w, "west", "192.0.2.1")};
	struct cur c = cur_of(span_of(data, n));

	w->verbose = getenv("FUZZ_VERBOSE") != NULL;
	w->tap = see_sent;
	w->tap_ctx = &a;
	/* What is never answered is at least read. */
	a.host->debug = n % 2 == 0 ? 0 : DEBUG_PARSING | DEBUG_RAW;
	fake_peer_start(&a.pluto, a.host,
	    "192.0.2.1 192.0.2.2: PSK \"old\"\n"
	    "192.0.2.1 192.0.2.3: PSK \"new\"\n");
	load(&a.pluto);
	attack_all(&a, &c);
	fake_run(w, ALL_OVER_MS);
	if (!a.initiated)
		check_nothing_left(&a);
	if (!a.initiated && !a.cookies_known)
		FUZZ_CHECK(a.host->sent <= a.host->received);
	ike_shutdown(a.pluto.ike);
	check_nothing_left(&a);
	FUZZ_CHECK(a.host->kernel.calls == 0);
	fake_peer_stop(&a.pluto);
	fake_world_free(w);
	return 0;
}
