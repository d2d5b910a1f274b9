/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine with one Main Mode and nothing above it, for tests of what the
 * engine itself makes of an exchange.
 */
#ifndef TEST_UNIT_BARE_H
#define TEST_UNIT_BARE_H

#include "engine/core/internal.h"
#include "test/fake/fake.h"
#include "test/unit/unit.h"

struct bare {
	struct fake_world *world;
	struct engine *engine;
	struct xchg *x; /* the Main Mode */
};

/* The hooks that an engine cannot do without: they do nothing. */
static inline void
bare_deleted(struct xchg *x)
{
	(void)x;
}

static inline uint32_t
bare_prefix(const struct xchg *x, struct text *t)
{
	(void)x;
	(void)t;
	return 0;
}

#define BARE_HOOKS .deleted = bare_deleted, .prefix = bare_prefix

/* user is for the hooks, which the engine keeps. */
static inline void
bare_begin(
    struct bare *b, enum role role, const struct hooks *hooks, void *user)
{
	struct fake_host *h;
	struct path path = {0};

	b->world = fake_world_new(1);
	h = fake_host_new(b->world, "host", "10.77.0.1");
	path.local = path.remote = h->at;
	b->engine = engine_new(&h->env, NULL, hooks, user);
	h->engine = b->engine;
	b->x =
	    xchg_new(b->engine, &xchg_defs[XCHG_MAIN_MODE], role, &path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->x);
}

static inline void
bare_end(struct bare *b)
{
	fake_host_stop(b->world->hosts[0]);
	engine_free(b->engine);
	fake_world_free(b->world);
}

#endif
