/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: the input is a row of messages as whack would send them,
 * each with its own length, to a pluto whose peer does not answer.  Every
 * whack is released exactly once, and nothing is left of it.
 */
#include <stdlib.h>

#include "gen/enums.gen.h"
#include "test/fuzz/fuzz.h"
#include "test/fake/peer.h"

enum {
	MESSAGES_MAX = 24,
	LENGTH_AT = 4,           /* of layout ctl_msg */
	BETWEEN_MS = 3000,       /* from one message to the next */
	ALL_OVER_MS = 400 * 1000 /* by then an attempt has been given up */
};

/* As many octets as the message in front says that it has, or all. */
static struct span
next_message(struct span *in)
{
	struct cur c = cur_of(span_from(*in, LENGTH_AT));
	uint32_t n = cur_u32(&c);
	struct span one;

	if (c.err != 0 || n == 0)
		n = UINT32_MAX;
	one = span_head(*in, n);
	*in = span_from(*in, one.n);
	return one;
}

static unsigned
times_done(const struct fake_host *h, uint32_t client)
{
	unsigned n = 0;

	for (const struct fake_line *l = h->lines; l != NULL; l = l->next) {
		FUZZ_CHECK(l->client != client || l->done || n == 0);
		n += l->client == client && l->done;
	}
	return n;
}

/* The number of whacks that have been served. */
static uint32_t
serve_all(struct fake_peer *p, struct span in)
{
	uint32_t client = 0;

	while (in.n > 0 && client < MESSAGES_MAX) {
		struct span message = next_message(&in);
		struct request r;
		TEXT(why, 400);

		if (!request_decode(&r, message, &why)) {
			FUZZ_CHECK(why.n > 0);
			continue;
		}
		ike_request(p->ike, &r, ++client);
		fake_run(p->host->world, BETWEEN_MS);
	}
	return client;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fake_world *w = fake_world_new(1);
	struct fake_host *h = fake_host_new(w, "west", "192.0.2.1");
	struct engine_stats stats;
	struct fake_peer p;
	uint32_t clients;

	w->verbose = getenv("FUZZ_VERBOSE") != NULL;
	fake_peer_start(&p, h, ": PSK \"known\"\n");
	clients = serve_all(&p, span_of(data, n));
	fake_run(w, ALL_OVER_MS);
	for (uint32_t i = 1; i <= clients; i++)
		FUZZ_CHECK(times_done(h, i) == 1);
	ike_shutdown(p.ike);
	fake_run(w, ALL_OVER_MS);
	engine_stats(ike_engine(p.ike), &stats);
	FUZZ_CHECK(stats.exchanges == 0 && stats.jobs == 0 && stats.slots == 0);
	FUZZ_CHECK(h->kernel.n_sas == 0 && h->kernel.n_policies == 0);
	FUZZ_CHECK(h->kernel.complaints == 0);
	fake_peer_stop(&p);
	fake_world_free(w);
	return 0;
}
