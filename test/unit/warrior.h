/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A gateway with connections for %any, and hosts that come to it, each from an
 * address of its own.
 */
#ifndef TEST_UNIT_WARRIOR_H
#define TEST_UNIT_WARRIOR_H

#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

#define GATEWAY "10.77.0.2"
#define ANNS "10.77.0.7"
#define BOBS "10.77.0.8"
#define WARRIOR                                             \
	"--name w --psk --encrypt --tunnel --host " GATEWAY \
	" --client 10.2.0.0/16 --to --host %any "

/* One connection for each line of text. */
static inline void
warrior_load(struct fake_peer *p, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (n > 0)
			fake_peer_whack(p, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* The newest established exchange of this type; NULL. */
static inline struct xchg *
warrior_newest(const struct fake_peer *p, enum xchg_id id)
{
	struct xchg *x = NULL, *found = NULL;

	while ((x = engine_next(ike_engine(p->ike), x)) != NULL)
		if (xchg_def(x) == &xchg_defs[id] && xchg_established(x))
			found = x;
	return found;
}

/* Whose SA that is: "w"[1] 10.77.0.7, or "" when there is none. */
static inline const char *
warrior_label(const struct fake_peer *p, enum xchg_id id)
{
	const struct xchg *x = warrior_newest(p, id);

	return x == NULL || neg_conn(x) == NULL ? "" : neg_conn(x)->label;
}

enum { LATE_MS = 80 * 1000 }; /* unfinished negotiations are over */

/* The gateway, and two peers who may come. */
struct scene {
	struct fake_world *world;
	struct fake_peer gateway, ann, bob;
};

static inline void
scene_begin(struct scene *s, const char *warrior)
{
	*s = (struct scene){.world = fake_world_new(1)};
	fake_peer_start(&s->gateway,
	    fake_host_new(s->world, "gateway", GATEWAY), ALL_SECRET);
	fake_peer_start(
	    &s->ann, fake_host_new(s->world, "ann", ANNS), ALL_SECRET);
	fake_peer_start(
	    &s->bob, fake_host_new(s->world, "bob", BOBS), ALL_SECRET);
	warrior_load(&s->gateway, warrior);
}

static inline void
scene_end_peer(struct fake_peer *p)
{
	peer_check_behaved(p);
	if (p->ike != NULL)
		fake_peer_stop(p);
}

static inline void
scene_end(struct scene *s)
{
	scene_end_peer(&s->gateway);
	scene_end_peer(&s->ann);
	scene_end_peer(&s->bob);
	fake_world_free(s->world);
}

/* A peer's own description of what the gateway has for %any. */
static inline void
scene_describe(struct fake_peer *p, const char *address, const char *options)
{
	fake_peer_whack(p,
	    "--name p --psk --encrypt --tunnel --host %s %s --to "
	    "--host " GATEWAY " --client 10.2.0.0/16",
	    address, options);
}

static inline void
scene_come(struct scene *s, struct fake_peer *p, const char *options)
{
	scene_describe(p, p == &s->ann ? ANNS : BOBS, options);
	fake_peer_whack(p, "--initiate --name p");
	fake_run(s->world, SOON_MS);
}

static inline size_t
scene_connections(const struct scene *s)
{
	return conns_count(s->gateway.ike->conns);
}

static inline bool
scene_says(const struct scene *s, const char *text)
{
	return fake_find(s->gateway.host, text) != NULL;
}

#endif
