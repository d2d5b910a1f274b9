/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floods a running pluto: damaged copies of seed datagrams to its UDP port,
 * and of seed requests to its control socket.  What counts is that the daemon
 * lives; whoever started it looks at that.  Every run is repeated by its seed.
 *
 * usage: flood SECONDS SEED FROM TO SOCKET REQUESTS...
 *
 * FROM and TO are IPv4 addresses; both ends use port 500.  REQUESTS are seed
 * files of fuzz_request.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/span.h"
#include "gen/enums.gen.h"
#include "test/fake/rng.h"
#include "test/vectors/captures.h"

enum {
	SEED_MAX = 4096, /* octets */
	SEEDS_MAX = 64,
	DAMAGES_MAX = 6,    /* to one copy */
	BURST = 64,         /* datagrams for each request */
	OFFSET_CTL_OP = 8,  /* in the layout ctl_msg */
	HEADER_OCTETS = 28, /* RFC 2408 3.1 */
	HEADER_LENGTH_AT = 24
};

struct seed {
	uint8_t bytes[SEED_MAX];
	size_t n;
};
struct seeds {
	struct seed v[SEEDS_MAX];
	size_t n;
};

/* What would stop the daemon lawfully does not count as a way to kill it. */
static bool
is_shutdown(const struct seed *s)
{
	return s->n > OFFSET_CTL_OP &&
	    s->bytes[OFFSET_CTL_OP] == CTL_OP_SHUTDOWN;
}

static void
add_seed(struct seeds *s, struct span octets)
{
	struct seed *one = &s->v[s->n];

	if (s->n == SEEDS_MAX || octets.n == 0 || octets.n > SEED_MAX)
		return;
	memcpy(one->bytes, octets.p, octets.n);
	one->n = octets.n;
	s->n++;
}

/* Recorded exchanges of other daemons. */
static void
load_datagrams(struct seeds *s)
{
	for (size_t i = 0; i < CAPTURES; i++)
		for (size_t j = 0; j < captures[i].n_ike; j++) {
			const char *hex = captures[i].ike[j].hex;
			uint8_t buf[SEED_MAX];
			size_t n = 0;

			for (; hex[2 * n] != '\0' && n < sizeof(buf); n++) {
				char two[] = {hex[2 * n], hex[2 * n + 1], 0};

				buf[n] = (uint8_t)strtoul(two, NULL, 16);
			}
			add_seed(s, span_of(buf, n));
		}
}

/* A seed file of fuzz_request: messages, each with its length in it. */
static bool
load_requests(struct seeds *s, const char *path)
{
	uint8_t buf[4 * SEED_MAX];
	FILE *f = fopen(path, "rb");
	struct cur c;

	if (f == NULL) {
		perror(path);
		return false;
	}
	c = cur_of(span_of(buf, fread(buf, 1, sizeof(buf), f)));
	fclose(f);
	while (cur_left(&c) > OFFSET_CTL_OP) {
		struct cur peek = c;
		uint32_t length;

		(void)cur_u32(&peek);
		length = cur_u32(&peek);
		add_seed(s, cur_bytes(&c, length));
	}
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
		case 0: s->bytes[at] ^= (uint8_t)(1u << rng_below(r, 8)); break;
		case 1: s->bytes[at] = (uint8_t)rng_below(r, 256); break;
		case 2:
			s->bytes[at] = edges[rng_below(r, sizeof(edges))];
			break;
		case 3: s->n = at + 1; break;
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
	struct wr w;

	if (s->n < HEADER_OCTETS || rng_below(r, 2) == 0)
		return;
	w = wr_of(s->bytes + HEADER_LENGTH_AT, sizeof(uint32_t));
	wr_u32(&w, (uint32_t)s->n);
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
send_request(
    struct rng *r, const struct seeds *seeds, const struct sockaddr_un *to)
{
	struct seed s = seeds->v[rng_below(r, (uint32_t)seeds->n)];
	struct timeval limit = {0, 20000};
	char answer[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return;
	damage(r, &s);
	if (is_shutdown(&s)) {
		close(fd);
		return;
	}
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
udp_between(const char *from, const char *to)
{
	struct sockaddr_in ends[2];
	const char *const names[2] = {from, to};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 2; i++) {
		ends[i] = (struct sockaddr_in){
		    .sin_family = AF_INET,
		    .sin_port = htons(500),
		};
		if (inet_pton(AF_INET, names[i], &ends[i].sin_addr) != 1)
			return -1;
	}
	if (bind(fd, (struct sockaddr *)&ends[0], sizeof(ends[0])) != 0 ||
	    connect(fd, (struct sockaddr *)&ends[1], sizeof(ends[1])) != 0) {
		perror(from);
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
	int udp;

	if (argc < 7 || seeds == NULL ||
	    strlen(argv[5]) >= sizeof(ctl.sun_path)) {
		fprintf(stderr,
		    "usage: flood SECONDS SEED FROM TO SOCKET "
		    "REQUESTS...\n");
		return 2;
	}
	memcpy(ctl.sun_path, argv[5], strlen(argv[5]) + 1);
	load_datagrams(&seeds[0]);
	for (int i = 6; i < argc; i++)
		if (!load_requests(&seeds[1], argv[i]))
			return 1;
	udp = udp_between(argv[3], argv[4]);
	if (udp < 0 || seeds[0].n == 0 || seeds[1].n == 0)
		return 1;
	rng_seed(&r, strtoull(argv[2], NULL, 10));
	flood(&r, seeds, udp, &ctl, (unsigned)strtoul(argv[1], NULL, 10));
	free(seeds);
	return 0;
}
