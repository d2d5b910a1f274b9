/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What handshakes, tunnels and strangers cost, without sockets and kernel.
 * Each call makes one measurement and prints numbers; test/bench/run puts them
 * into tables beside their targets.
 *
 * usage: bench time POLICY N           us of each side for a handshake
 *        bench count SIDE WORK POLICY  N handshakes under callgrind
 *        bench memory N                octets of each side for a tunnel
 *        bench flat FEW MANY           us for a handshake with so many tunnels
 *        bench flood N                 us for a first message, by its kind; N
 *                                      is more than the limit of half-open ones
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/layout.gen.h"
#include "gen/policy.gen.h"
#include "test/bench/pair.h"

enum { COUNTED = 10, WARM_UP = 3, FLAT_TRIES = 60 };

static unsigned
number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static struct pair *
loaded(unsigned n, const char *policy)
{
	struct pair *p = pair_new(n);
	TEXT(more, 100);

	text_add(&more, "--tunnel --policy %s", policy);
	for (unsigned i = 0; i < n; i++)
		pair_load(p, i, more.p);
	return p;
}

/* The first ones load code and tables; then n are measured. */
static void
measure_handshakes(struct pair *p, unsigned n)
{
	for (unsigned i = 0; i < WARM_UP; i++)
		pair_tunnel(p, i);
	meter_begin();
	for (unsigned i = WARM_UP; i < WARM_UP + n; i++)
		pair_tunnel(p, i);
	meter_end();
}

static void
bench_time(char **argv)
{
	unsigned n = number(argv[1]);
	struct pair *p = loaded(WARM_UP + n, argv[0]);

	measure_handshakes(p, n);
	printf("%.1f %.1f\n", meter_seconds(0) * 1e6 / n,
	    meter_seconds(1) * 1e6 / n);
	pair_free(p);
}

static void
bench_count(char **argv)
{
	struct meter_at what = {number(argv[0]), WORK_ENGINE};
	struct pair *p = loaded(WARM_UP + COUNTED, argv[2]);

	if (strcmp(argv[1], "crypto") == 0)
		what.work = WORK_CRYPTO;
	meter_watch(what);
	measure_handshakes(p, COUNTED);
	printf("%d\n", COUNTED);
	pair_free(p);
}

static void
bench_memory(char **argv)
{
	unsigned n = number(argv[0]);
	struct pair *p = pair_new(n + WARM_UP);
	struct mallinfo2 before, loaded_only, after;

	for (unsigned i = 0; i < WARM_UP; i++) {
		pair_load(p, n + i, "--tunnel");
		pair_tunnel(p, n + i);
	}
	before = mallinfo2();
	for (unsigned i = 0; i < n; i++)
		pair_load(p, i, "--tunnel");
	loaded_only = mallinfo2();
	for (unsigned i = 0; i < n; i++)
		pair_tunnel(p, i);
	after = mallinfo2();
	printf("%zu %zu\n", (loaded_only.uordblks - before.uordblks) / n / 2,
	    (after.uordblks - before.uordblks) / n / 2);
	pair_free(p);
}

/* us of both sides for a handshake, when so many tunnels are up. */
static double
with_tunnels(unsigned n)
{
	struct pair *p = loaded(n + FLAT_TRIES, "classic");
	double us;

	for (unsigned i = 0; i < n; i++)
		pair_tunnel(p, i);
	meter_begin();
	for (unsigned i = n; i < n + FLAT_TRIES; i++)
		pair_tunnel(p, i);
	meter_end();
	us = (meter_seconds(0) + meter_seconds(1)) * 1e6 / FLAT_TRIES;
	pair_free(p);
	return us;
}

static void
bench_flat(char **argv)
{
	for (; *argv != NULL; argv++)
		printf("%.1f ", with_tunnels(number(*argv)));
	printf("\n");
}

/* ---- strangers ----------------------------------------------------------- */

struct flood {
	struct pair *pair;
	struct path path;    /* as the responder sees it */
	uint8_t first[4096]; /* a first message as it should be */
	size_t n;
};

static void
keep_first(void *ctx, const struct path *path, struct span datagram)
{
	struct flood *f = ctx;

	if (f->n != 0 || datagram.n > sizeof(f->first))
		return;
	f->path = (struct path){path->remote, path->local};
	memcpy(f->first, datagram.p, datagram.n);
	f->n = datagram.n;
}

typedef void spoil_fn(struct flood *f, uint8_t *octets, struct path *path);

/* n datagrams, each from an address and with a cookie of its own.  One clock
 * for all: to read it costs more than some of them. */
static double
flood_us(struct flood *f, unsigned n, spoil_fn *spoil)
{
	double seconds = -meter_now();

	for (unsigned i = 0; i < n; i++) {
		struct path path = f->path;
		uint8_t octets[sizeof(f->first)];
		struct wr w = wr_of(octets, sizeof(octets));

		wr_bytes(&w, span_of(f->first, f->n));
		wr_patch_u32(&w, 0, i + 1);
		path.remote.a = pair_address(i);
		spoil(f, octets, &path);
		f->pair->now_ms += i % 8 == 0;
		pair_receive(f->pair, 1, &path, span_of(octets, f->n));
	}
	seconds += meter_now();
	return seconds * 1e6 / n;
}

static void
spoil_nothing(struct flood *f, uint8_t *octets, struct path *path)
{
	(void)f;
	(void)octets;
	(void)path;
}

static void
spoil_source(struct flood *f, uint8_t *octets, struct path *path)
{
	(void)f;
	(void)octets;
	path->remote.a.b[0] = 11;
}

static void
spoil_header(struct flood *f, uint8_t *octets, struct path *path)
{
	(void)f;
	(void)path;
	octets[OFFSET_ISAKMP_HDR_LENGTH + 3] ^= 1;
}

static void
spoil_payloads(struct flood *f, uint8_t *octets, struct path *path)
{
	(void)path;
	memset(octets + SIZE_ISAKMP_HDR, 0xa5, f->n - SIZE_ISAKMP_HDR);
}

static void
spoil_cookies(struct flood *f, uint8_t *octets, struct path *path)
{
	(void)f;
	(void)path;
	octets[8] = 1; /* the responder's: no such exchange */
}

static void
bench_flood(char **argv)
{
	static const struct {
		const char *what;
		spoil_fn *spoil;
	} kinds[] = {
	    {"bad header", spoil_header},
	    {"unknown cookies", spoil_cookies},
	    {"unknown address", spoil_source},
	    {"bad payloads", spoil_payloads},
	    {"good, over the limit", spoil_nothing},
	};
	unsigned n = number(argv[0]);
	struct flood f = {.pair = loaded(n, "classic")};

	f.pair->take = keep_first;
	f.pair->take_ctx = &f;
	pair_initiate(f.pair, 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		double us;

		if (kinds[i].spoil == spoil_nothing) {
			us = flood_us(&f, LIMIT_HALF_OPEN, spoil_nothing);
			printf("%.2f good, and answered\n", us);
		}
		us = flood_us(&f, n, kinds[i].spoil);
		printf("%.2f %s\n", us, kinds[i].what);
	}
	pair_free(f.pair);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int operands;
		void (*run)(char **argv);
	} modes[] = {
	    {"time", 2, bench_time},
	    {"count", 3, bench_count},
	    {"memory", 1, bench_memory},
	    {"flat", 2, bench_flat},
	    {"flood", 1, bench_flood},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc != modes[i].operands + 2 ||
		    strcmp(argv[1], modes[i].name) != 0)
			continue;
		modes[i].run(argv + 2);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "usage: see test/bench/bench.c\n");
	return EXIT_FAILURE;
}
