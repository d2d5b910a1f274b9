/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floods a running pluto: damaged copies of seed datagrams to its UDP port,
 * and of seed requests to its control socket.  What counts is that the daemon
 * lives; whoever started it looks at that.  Every run is repeated by its seed.
 *
 * usage: flood SECONDS SEED ADDRESS PORT SOCKET DATAGRAM... -- REQUEST...
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/span.h"
#include "test/fake/rng.h"

enum { SEED_MAX = 4096, SEEDS_MAX = 64, DAMAGES_MAX = 6, BURST = 64 };

struct seed {
	uint8_t bytes[SEED_MAX];
	size_t n;
};
struct seeds {
	struct seed v[SEEDS_MAX];
	size_t n;
};

static bool
load(struct seeds *s, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct seed *one = &s->v[s->n];

	if (f == NULL || s->n == SEEDS_MAX) {
		perror(path);
		return false;
	}
	one->n = fread(one->bytes, 1, sizeof(one->bytes), f);
	fclose(f);
	if (one->n > 0)
		s->n++;
	return true;
}

/* Flip, overwrite, cut or lengthen, a few times. */
static void
damage(struct rng *r, struct seed *s)
{
	static const uint8_t edges[] = {0, 1, 2, 4, 0x7f, 0x80, 0xff};

	for (uint32_t i = rng_below(r, DAMAGES_MAX); i > 0; i--) {
		uint32_t at = rng_below(r, (uint32_t)s->n);

		switch (rng_below(r, 5)) {
		case 0:
			s->bytes[at] ^= (uint8_t)(1u << rng_below(r, 8));
			break;
		case 1:
			s->bytes[at] = (uint8_t)rng_below(r, 256);
			break;
		case 2:
			s->bytes[at] = edges[rng_below(r, sizeof(edges))];
			break;
		case 3:
			s->n = at + 1;
			break;
		default:
			if (s->n < SEED_MAX)
				s->bytes[s->n++] = (uint8_t)rng_below(r, 256);
			break;
		}
	}
}

/* Half of them with a header length that is right, or nothing gets further. */
static void
mend_length(struct rng *r, struct seed *s)
{
	struct wr w = wr_of(s->bytes, s->n);

	if (s->n < 28 || rng_below(r, 2) == 0)
		return;
	wr_zero(&w, 0);
	w.p = w.start + 28;
	wr_patch_u32(&w, 24, (uint32_t)s->n);
}

static void
send_datagrams(struct rng *r, const struct seeds *seeds, int fd)
{
	for (unsigned i = 0; i < BURST; i++) {
		struct seed s = seeds->v[rng_below(r, (uint32_t)seeds->n)];

		damage(r, &s);
		mend_length(r, &s);
		/* a full buffer or an ICMP error is part of the game */
		(void)!send(fd, s.bytes, s.n, MSG_DONTWAIT);
	}
}

/* One request; the answer is read only now and then. */
static void
send_request(struct rng *r, const struct seeds *seeds,
    const struct sockaddr_un *to)
{
	struct seed s = seeds->v[rng_below(r, (uint32_t)seeds->n)];
	struct timeval limit = {0, 200000};
	char answer[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return;
	damage(r, &s);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0) {
		(void)!send(fd, s.bytes, s.n, MSG_NOSIGNAL);
		if (rng_below(r, 4) == 0)
			shutdown(fd, SHUT_WR);
		if (rng_below(r, 2) == 0)
			(void)!recv(fd, answer, sizeof(answer), 0);
	}
	close(fd);
}

static void
flood(struct rng *r, const struct seeds seeds[2], int udp,
    const struct sockaddr_un *ctl, unsigned seconds)
{
	time_t end = time(NULL) + (time_t)seconds;
	unsigned long datagrams = 0, requests = 0;

	while (time(NULL) < end) {
		send_datagrams(r, &seeds[0], udp);
		datagrams += BURST;
		send_request(r, &seeds[1], ctl);
		requests++;
	}
	printf("%lu datagrams and %lu requests sent\n", datagrams, requests);
}

static int
udp_to(const char *address, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror(address);
		return -1;
	}
	return fd;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un ctl = {.sun_family = AF_UNIX};
	struct seeds *seeds = calloc(2, sizeof(*seeds));
	struct rng r;
	unsigned kind = 0;
	int udp;

	if (argc < 8 || seeds == NULL ||
	    strlen(argv[5]) >= sizeof(ctl.sun_path)) {
		fprintf(stderr, "usage: flood SECONDS SEED ADDRESS PORT SOCKET "
		    "DATAGRAM... -- REQUEST...\n");
		return 2;
	}
	memcpy(ctl.sun_path, argv[5], strlen(argv[5]) + 1);
	for (int i = 6; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			kind = 1;
		else if (!load(&seeds[kind], argv[i]))
			return 1;
	}
	udp = udp_to(argv[3], argv[4]);
	if (udp < 0 || seeds[0].n == 0 || seeds[1].n == 0)
		return 1;
	rng_seed(&r, strtoull(argv[2], NULL, 10));
	flood(&r, seeds, udp, &ctl, (unsigned)strtoul(argv[1], NULL, 10));
	free(seeds);
	return 0;
}
