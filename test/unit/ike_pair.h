/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two plutos and the connection "t" between them, for tests of what whack's
 * users see: the left one is at 10.77.0.1, the right one at 10.77.0.2.
 */
#ifndef TEST_UNIT_IKE_PAIR_H
#define TEST_UNIT_IKE_PAIR_H

#include "test/fake/peer.h"
#include "test/unit/unit.h"

#define HOSTS "--host 10.77.0.1 --to --host 10.77.0.2"
#define CLIENTS                                       \
	"--host 10.77.0.1 --client 10.1.1.0/24 --to " \
	"--host 10.77.0.2 --client 10.2.2.0/24"
#define TUNNEL "--psk --encrypt --pfs " CLIENTS
#define SECRET "10.77.0.1 10.77.0.2 : PSK \"hush\"\n"

enum { SOON_MS = 3000, DAY_MS = 24 * 3600 * 1000 };

/* Start both with these secrets; they know no connection. */
static inline void
pair_begin(struct fake_pair *p, const char *left, const char *right)
{
	fake_pair_start(p, 1, left, right);
}

/* The same connection "t" at both ends. */
static inline void
pair_load(struct fake_pair *p, const char *options)
{
	fake_peer_whack(&p->left, "--name t %s", options);
	fake_peer_whack(&p->right, "--name t %s", options);
}

/* Start both; the left one brings up the tunnel "t". */
static inline void
pair_begin_up(struct fake_pair *p)
{
	pair_begin(p, SECRET, SECRET);
	pair_load(p, TUNNEL);
	fake_peer_whack(&p->left, "--initiate --name t");
	fake_run(p->world, SOON_MS);
}

static inline void
peer_check_behaved(const struct fake_peer *p)
{
	CU_ASSERT_EQUAL(p->host->kernel.complaints, 0);
	CU_ASSERT_STRING_EQUAL(p->host->kernel.complaint, "");
	CU_ASSERT_EQUAL(fake_count(p->host, "hush"), 0);
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

/* One whack whose exit status and last words are known; scripts take no time. */
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

#endif
