/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole pluto without daemon on a fake host: ike with an interface, secrets
 * and connections, commanded by whack's command lines.
 */
#ifndef TEST_FAKE_PEER_H
#define TEST_FAKE_PEER_H

#include "engine/ike/ike.h"
#include "test/fake/fake.h"

struct fake_peer {
	struct fake_host *host;
	struct kernel kernel;
	struct ike *ike;      /* NULL: not running */
	uint32_t last_client; /* whacks so far */
};

/* Begin to run, listening; secrets is the text of an ipsec.secrets(5). */
void
fake_peer_start(struct fake_peer *p, struct fake_host *h, const char *secrets);
/* Stop without telling anybody, as a crash would; the kernel stays as it is. */
void fake_peer_stop(struct fake_peer *p);
/* Read other secrets. */
void fake_peer_secrets(struct fake_peer *p, const char *secrets);
/*
 * Do what a whack command line (words between blanks, without "whack") asks.
 * Returns the number of this whack.  A line that whack itself would refuse
 * ends the program: the test is wrong.
 */
uint32_t fake_peer_whack(struct fake_peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* whack has been let go. */
bool fake_peer_done(const struct fake_peer *p, uint32_t client);
/* Its exit status so far, as rulings D17 has it. */
int fake_peer_status(const struct fake_peer *p, uint32_t client);
/* Its numbered lines without comments and copies of the log: "104 106 …". */
void
fake_peer_codes(const struct fake_peer *p, uint32_t client, struct text *out);
/* How many exchanges of this type are established. */
unsigned fake_peer_count(const struct fake_peer *p, enum xchg_id id);
/* Just so many ISAKMP SAs and Quick Modes are established. */
bool fake_peer_is_up(
    const struct fake_peer *p, unsigned isakmp, unsigned quick_modes);

/* Two with one connection "t": left at 10.77.0.1, right at 10.77.0.2. */
struct fake_pair {
	struct fake_world *world;
	struct fake_peer left, right;
};

/* Start both with these secrets; they know no connection. */
void fake_pair_start(struct fake_pair *p, uint64_t seed,
    const char *secrets_left, const char *secrets_right);
/*
 * The same with a secret of both and the connection "t".  options: of the
 * connection, behind --host and its like.  With --tunnel the ends are for
 * 10.1.0.0/16 and 10.2.0.0/16.
 */
void fake_pair_begin(struct fake_pair *p, uint64_t seed, const char *options);
void fake_pair_load(struct fake_peer *p, const char *options);
/* The same for a right one that does not know the left one's address. */
void fake_pair_load_warrior(struct fake_peer *p, const char *options);
/* Stop both and free the world. */
void fake_pair_end(struct fake_pair *p);
/* The fate of a packet between the two clients (or hosts). */
enum fake_fate fake_pair_packet(
    struct fake_pair *p, bool from_left, const char *options, struct text *why);
/* What its fate would be: nothing changes. */
enum fake_fate fake_pair_probe(const struct fake_pair *p, bool from_left,
    const char *options, struct text *why);

#endif
