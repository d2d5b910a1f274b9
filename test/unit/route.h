/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of routes and scripts look at. */
#ifndef TEST_UNIT_ROUTE_H
#define TEST_UNIT_ROUTE_H

#include "test/unit/warrior.h"

/* These verbs since the last time, each with a blank behind it. */
static inline void
scripts_ran(struct fake_peer *p, const char *expected)
{
	TEXT(ran, 500);

	fake_script_verbs(p->host, &ran);
	if (strcmp(ran.p, expected) != 0) {
		fprintf(stderr, "%s: expected '%s', ran '%s'\n", p->host->name,
		    expected, ran.p);
		CU_FAIL("other scripts have run");
	}
	fake_forget_scripts(p->host);
}

/* Nothing is left but connections. */
static inline void
is_empty(const struct fake_peer *p, unsigned connections)
{
	CU_ASSERT_EQUAL(p->host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(p->host->kernel.n_policies, 0);
	CU_ASSERT_EQUAL(peer_exchanges(p), 0);
	CU_ASSERT_EQUAL(conns_count(p->ike->conns), connections);
	CU_ASSERT_FALSE(ike_busy(p->ike));
	for (struct connection *c = conn_next(p->ike->conns, NULL); c != NULL;
	     c = conn_next(p->ike->conns, c)) {
		CU_ASSERT_EQUAL(c->users + c->holds, 0);
		CU_ASSERT_FALSE(c->routed || c->up || c->trapped);
	}
}

/* One command, and some seconds. */
static inline void
whack(struct fake_pair *p, struct fake_peer *peer, const char *command)
{
	fake_peer_whack(peer, "%s", command);
	fake_run(p->world, SOON_MS);
}

/* "u" at both ends: another client of ours, the same of the peer's. */
#define SECOND_NET                                    \
	"--host 10.77.0.1 --client 10.1.3.0/24 --to " \
	"--host 10.77.0.2 --client 10.2.2.0/24"

static inline void
load_second(struct fake_pair *p)
{
	pair_whack(p, "--name u --psk --encrypt " SECOND_NET);
}

/* How a script with this verb shall end. */
struct failure {
	const char *verb;
	enum script_end how;
	int number;
};

/* fake_host.script_result */
static inline void
fails(void *ctx, struct fake_script *s)
{
	const struct failure *f = ctx;

	if (strcmp(s->verb, f->verb) != 0)
		return;
	s->how = f->how;
	s->number = f->number;
}

#endif
