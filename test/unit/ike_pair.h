/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two plutos and the connection "t" between them, for tests of what whack's
 * users see: the left one is at 10.77.0.1, the right one at 10.77.0.2.
 */
#ifndef TEST_UNIT_IKE_PAIR_H
#define TEST_UNIT_IKE_PAIR_H

#include "engine/ike/neg.h"
#include "test/fake/peer.h"
#include "test/unit/unit.h"

#define HOSTS "--host 10.77.0.1 --to --host 10.77.0.2"
#define CLIENTS                                       \
	"--host 10.77.0.1 --client 10.1.1.0/24 --to " \
	"--host 10.77.0.2 --client 10.2.2.0/24"
#define TUNNEL "--psk --encrypt --pfs " CLIENTS
#define SECRET "10.77.0.1 10.77.0.2 : PSK \"hush\"\n"
#define ALL_SECRET ": PSK \"hush\"\n" /* whoever asks */
/* For fake_pair_begin(), which adds hosts and clients. */
#define NET_TO_NET "--psk --encrypt --tunnel"

enum {
	SOON_MS = 3000,
	MINUTE_MS = 60000,
	HOUR_MS = 3600 * 1000,
	DAY_MS = 24 * HOUR_MS
};

/* Start both with these secrets; they know no connection. */
static inline void
pair_begin(struct fake_pair *p, const char *left, const char *right)
{
	fake_pair_start(p, 1, left, right);
}

/* Start both at these addresses, with the same secrets. */
static inline void
pair_begin_at(struct fake_pair *p, const char *left, const char *right,
    const char *secrets)
{
	*p = (struct fake_pair){.world = fake_world_new(1)};
	fake_peer_start(
	    &p->left, fake_host_new(p->world, "left", left), secrets);
	fake_peer_start(
	    &p->right, fake_host_new(p->world, "right", right), secrets);
}

/* Both get the same command. */
static inline void
pair_whack(struct fake_pair *p, const char *command)
{
	fake_peer_whack(&p->left, "%s", command);
	fake_peer_whack(&p->right, "%s", command);
}

/* The same connection "t" at both ends. */
static inline void
pair_load(struct fake_pair *p, const char *options)
{
	fake_peer_whack(&p->left, "--name t %s", options);
	fake_peer_whack(&p->right, "--name t %s", options);
}

/* Start both with such a connection and a secret. */
static inline void
pair_begin_with(struct fake_pair *p, const char *options)
{
	pair_begin(p, SECRET, SECRET);
	pair_load(p, options);
}

/* Some seconds for a connection of the left one's to come up; returns whack. */
static inline uint32_t
pair_initiate(struct fake_pair *p, const char *name)
{
	uint32_t client =
	    fake_peer_whack(&p->left, "--initiate --name %s", name);

	fake_run(p->world, SOON_MS);
	return client;
}

static inline void
pair_check_up(const struct fake_pair *p, unsigned isakmp, unsigned quick_modes)
{
	CU_ASSERT_TRUE(fake_peer_is_up(&p->left, isakmp, quick_modes));
	CU_ASSERT_TRUE(fake_peer_is_up(&p->right, isakmp, quick_modes));
}

/* Start both; the left one brings up the tunnel "t". */
static inline void
pair_begin_up(struct fake_pair *p)
{
	pair_begin_with(p, TUNNEL);
	(void)pair_initiate(p, "t");
}

/* The same with these options, which fake_pair_begin() completes. */
static inline void
pair_begin_up_with(struct fake_pair *p, const char *options)
{
	fake_pair_begin(p, 1, options);
	(void)pair_initiate(p, "t");
	pair_check_up(p, 1, 1);
}

/* The fate of a packet from the left network to the right one. */
static inline enum fake_fate
pair_packet(struct fake_pair *p)
{
	return fake_pair_packet(p, true, NET_TO_NET, NULL);
}

static inline void
peer_check_behaved(const struct fake_peer *p)
{
	CU_ASSERT_EQUAL(p->host->kernel.complaints, 0);
	CU_ASSERT_STRING_EQUAL(p->host->kernel.complaint, "");
	CU_ASSERT_EQUAL(fake_count(p->host, "hush"), 0);
	CU_ASSERT_EQUAL(fake_count(p->host, "a secret of both"), 0);
}

/* Stop both: neither misused its kernel nor said a secret. */
static inline void
pair_end(struct fake_pair *p)
{
	peer_check_behaved(&p->left);
	peer_check_behaved(&p->right);
	fake_pair_end(p);
}

/* How many exchanges there are, established or not. */
static inline size_t
peer_exchanges(const struct fake_peer *p)
{
	struct engine_stats stats;

	engine_stats(ike_engine(p->ike), &stats);
	return stats.exchanges;
}

/* A whack whose exit status and words are known; scripts take no time. */
static inline void
peer_answers(
    struct fake_peer *p, const char *command, int status, const char *text)
{
	uint32_t client = fake_peer_whack(p, "%s", command);

	fake_run(p->host->world, 0);
	CU_ASSERT_TRUE(fake_peer_done(p, client));
	CU_ASSERT_EQUAL(fake_peer_status(p, client), status);
	if (fake_find(p->host, text) == NULL) {
		fprintf(stderr, "%s: no line has '%s'\n", command, text);
		CU_FAIL("the text is missing");
	}
}

/* What makes no connection of the name "t", and what whack is told. */
struct pair_refusal {
	const char *options;
	int status;
	const char *text;
};

static inline void
pair_check_refusals(const struct pair_refusal *cases, size_t n)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	for (size_t i = 0; i < n; i++) {
		TEXT(command, 300);

		text_add(&command, "--name t %s", cases[i].options);
		peer_answers(
		    &p.left, command.p, cases[i].status, cases[i].text);
		CU_ASSERT_EQUAL(conns_count(p.left.ike->conns), 0);
	}
	pair_end(&p);
}

#endif
