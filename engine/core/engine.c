/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of the engine and of its exchanges: making, starting, deleting,
 * freeing.  An exchange that ends is taken out of everything at once but freed
 * only when the outermost call into the engine returns, so that whoever is in
 * the middle of it may go on looking at it.
 */
#include "engine/core/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MSGID_TRIES = 32 };

struct engine *
engine_new(const struct env *env, const struct kernel *kernel,
    const struct hooks *hooks, void *user)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->env = env;
	e->kernel = kernel;
	e->hooks = hooks;
	e->user = user;
	list_init(&e->all);
	if (!env->random(env->ctx, (uint8_t *)&e->seed, sizeof(e->seed))) {
		free(e);
		return NULL;
	}
	return e;
}

void
engine_free(struct engine *e)
{
	struct list_node *n;

	if (e == NULL)
		return;
	engine_enter(e);
	while ((n = list_first(&e->all)) != NULL)
		xchg_bury(container_of(n, struct xchg, all));
	engine_leave(e);
	hash_table_fini(&e->by_number);
	hash_table_fini(&e->by_serial);
	hash_table_fini(&e->by_cookie);
	hash_table_fini(&e->by_msgid);
	hash_table_fini(&e->sources);
	heap_fini(&e->timers);
	free(e);
}

void *
engine_user(const struct engine *e)
{
	return e->user;
}

const struct env *
engine_env(const struct engine *e)
{
	return e->env;
}

const struct kernel *
engine_kernel(const struct engine *e)
{
	return e->kernel;
}

void
engine_stats(const struct engine *e, struct engine_stats *out)
{
	*out = e->stats;
}

struct xchg *
engine_next(const struct engine *e, const struct xchg *after)
{
	const struct list_node *n = after == NULL ? &e->all : &after->all;

	if (after != NULL && after->dead)
		return NULL;
	return n->next == &e->all ? NULL
				  : container_of(n->next, struct xchg, all);
}

const struct xchg_def *
engine_find_def(uint8_t number, uint8_t phase)
{
	for (unsigned i = 0; i < N_XCHGS; i++)
		if (xchg_defs[i].number == number &&
		    xchg_defs[i].phase == phase)
			return &xchg_defs[i];
	return NULL;
}

static bool
starts_on(const struct xchg_def *def, enum local_event local)
{
	const struct state_def *s = &def->role[ROLE_INITIATOR].states[0];

	for (unsigned i = 0; i < s->n_edges; i++) {
		const struct edge_def *edge = &def->edges[s->edge + i];

		if (edge->event == EV_LOCAL && edge->arg == local)
			return true;
	}
	return false;
}

const struct xchg_def *
engine_notify_def(void)
{
	for (unsigned i = 0; i < N_XCHGS; i++)
		if (xchg_defs[i].oneway &&
		    starts_on(&xchg_defs[i], LOCAL_NOTIFY))
			return &xchg_defs[i];
	return NULL;
}

/* ---- making ---- */

bool
xchg_open_scratch(struct xchg *x)
{
	if (x->scratch != NULL)
		return true;
	x->scratch =
	    calloc(1, sizeof(*x->scratch) + x->engine->hooks->user_size);
	return x->scratch != NULL;
}

void
xchg_free_scratch(struct xchg *x)
{
	struct scratch *s = x->scratch;

	if (s == NULL)
		return;
	slots_drop(x, &s->slots, UINT64_MAX);
	for (unsigned i = 0; i < s->n_keymat; i++)
		secret_free(&s->keymat[i].key);
	msg_free(s->msg);
	msg_free(s->mail);
	wipe(s, sizeof(*s) + x->engine->hooks->user_size);
	free(s);
	x->scratch = NULL;
}

static void
xchg_free(struct xchg *x)
{
	xchg_free_scratch(x);
	slots_drop(x, &x->slots, UINT64_MAX);
	secret_free(&x->last_sent);
	free(x->msgids.v);
	wipe(x, sizeof(*x) + x->engine->hooks->user_size);
	free(x);
}

/* What a phase 2 exchange has from its ISAKMP SA. */
static void
adopt(struct xchg *x, struct xchg *parent)
{
	x->parent = parent;
	x->path = parent->path;
	x->suite = parent->suite;
	x->suite.group = 0xff;
	memcpy(x->icookie, parent->icookie, COOKIE_LEN);
	memcpy(x->rcookie, parent->rcookie, COOKIE_LEN);
	list_append(&parent->children, &x->sibling);
	parent->in_progress++;
}

static void
abandon(struct xchg *x)
{
	if (x->parent == NULL)
		return;
	if (!xchg_state(x)->final)
		x->parent->in_progress--;
	list_remove(&x->sibling);
	x->parent = NULL;
}

struct xchg *
xchg_new(struct engine *e, const struct xchg_def *def, enum role role,
    const struct path *path, struct xchg *parent)
{
	struct xchg *x = calloc(1, sizeof(*x) + e->hooks->user_size);

	if (x == NULL)
		return NULL;
	x->engine = e;
	x->def = def;
	x->role = (uint8_t)role;
	x->variants = VARIANT_ALL;
	list_init(&x->sibling);
	list_init(&x->children);
	for (unsigned i = 0; i < N_DUE; i++)
		x->due[i] = NEVER;
	if (!xchg_open_scratch(x) || !heap_insert(&e->timers, &x->timer, NEVER))
		goto fail;
	x->number = ++e->last_number;
	x->serial = def->oneway ? 0 : ++e->last_serial;
	if (!index_add(x)) {
		heap_remove(&e->timers, &x->timer);
		goto fail;
	}
	list_append(&e->all, &x->all);
	e->stats.exchanges++;
	if (parent != NULL)
		adopt(x, parent);
	else
		x->path = *path;
	return x;
fail:
	xchg_free(x);
	return NULL;
}

/* ---- ending ---- */

static void
bury_children(struct xchg *x)
{
	LIST_EACH_REMOVABLE(n, &x->children) {
		struct xchg *child = container_of(n, struct xchg, sibling);

		if (xchg_state(child)->final) {
			hash_table_remove(
			    &x->engine->by_msgid, &child->by_wire);
			abandon(child);
		}
	}
	/* A hook may end several: begin anew after each. */
	while (!list_empty(&x->children))
		xchg_bury(container_of(
		    list_first(&x->children), struct xchg, sibling));
}

void
xchg_bury(struct xchg *x)
{
	struct engine *e = x->engine;

	if (x->dead)
		return;
	x->dead = true;
	bury_children(x);
	index_remove(x);
	index_uncount_half_open(x);
	abandon(x);
	list_remove(&x->all);
	heap_remove(&e->timers, &x->timer);
	e->stats.exchanges--;
	/* Nothing came of it: its serial may be had by the next one. */
	if (!x->committed && x->serial != 0 && x->serial == e->last_serial)
		e->last_serial--;
	x->grave = e->graveyard;
	e->graveyard = x;
	xchg_debug(x, DEBUG_LIFECYCLE, "deleting exchange %s in state %s",
	    x->def->name, xchg_state(x)->name);
	e->hooks->deleted(x);
}

void
engine_enter(struct engine *e)
{
	e->depth++;
}

void
engine_leave(struct engine *e)
{
	if (--e->depth > 0)
		return;
	while (e->graveyard != NULL) {
		struct xchg *x = e->graveyard;

		e->graveyard = x->grave;
		xchg_free(x);
	}
}

void
engine_delete(struct engine *e, uint64_t number)
{
	struct xchg *x;

	engine_enter(e);
	x = engine_find(e, number);
	if (x != NULL)
		xchg_bury(x);
	engine_leave(e);
}

/* ---- starting ---- */

/* A message ID that this ISAKMP SA has not seen (RFC 2408 3.1; conf. 106). */
static bool
choose_msgid(struct xchg *x)
{
	const struct env *env = x->engine->env;

	for (unsigned i = 0; i < MSGID_TRIES; i++) {
		uint8_t b[4];
		struct cur c = cur_of(span_of(b, sizeof(b)));

		if (!env->random(env->ctx, b, sizeof(b)))
			return false;
		x->msgid = cur_u32(&c);
		if (x->msgid != 0 && !msgids_has(x->parent, x->msgid) &&
		    index_find_msgid(x->engine, x->parent, x->msgid) == NULL)
			return msgids_add(x->parent, x->msgid);
	}
	return false;
}

/* What a new initiator's header says. */
static bool
identify(struct xchg *x)
{
	struct engine *e = x->engine;

	if (x->def->phase == 1)
		return e->hooks->cookie(e, &x->path, x->icookie) &&
		    index_add_wire(x);
	return choose_msgid(x) && index_add_wire(x) && xchg_compute_iv(x);
}

static struct xchg *
start(struct engine *e, const struct xchg_def *def, const struct path *path,
    struct xchg *parent, const void *user)
{
	struct xchg *x = xchg_new(e, def, ROLE_INITIATOR, path, parent);

	if (x == NULL)
		return NULL;
	if (user != NULL)
		memcpy(x->user, user, e->hooks->user_size);
	xchg_debug(x, DEBUG_LIFECYCLE, "starting exchange %s", def->name);
	return x;
}

bool
engine_serves(const struct xchg *isakmp)
{
	return xchg_established(isakmp) && isakmp->authenticated &&
	    isakmp->msgids.n < LIMIT_MESSAGE_IDS_PER_SA;
}

bool
engine_has_room(const struct xchg *isakmp)
{
	return isakmp->in_progress < LIMIT_EXCHANGES_PER_SA / 2;
}

/* A phase 2 exchange needs an ISAKMP SA that is up and has IDs left. */
static bool
parent_serves(const struct xchg_def *def, const struct xchg *parent)
{
	if (def->phase == 1)
		return true;
	if (parent == NULL)
		return false;
	if (engine_serves(parent))
		return true;
	if (parent->msgids.n < LIMIT_MESSAGE_IDS_PER_SA)
		xchg_log(parent, LEVEL_ERR,
		    "cannot start %s: this is no "
		    "established ISAKMP SA",
		    def->name);
	else
		xchg_log(parent, LEVEL_WARN,
		    "cannot start %s: all %u message "
		    "IDs of this ISAKMP SA are used up; it must be replaced",
		    def->name, (unsigned)LIMIT_MESSAGE_IDS_PER_SA);
	return false;
}

static void
cannot_begin(struct xchg *x, const char *why)
{
	xchg_log(x, LEVEL_ERR, "cannot begin %s: %s", x->def->name, why);
	xchg_fail(x, NULL, why);
}

uint64_t
engine_start(struct engine *e, enum xchg_id id, enum local_event local,
    const struct path *path, struct xchg *parent, const void *user)
{
	const struct xchg_def *def = &xchg_defs[id];
	uint64_t number = 0;
	struct xchg *x = NULL;

	engine_enter(e);
	if (parent_serves(def, parent))
		x = start(e, def, path, def->phase == 1 ? NULL : parent, user);
	if (x != NULL && !identify(x))
		cannot_begin(x, "no memory or no randomness");
	else if (x != NULL && !xchg_raise(x, EV_LOCAL, local))
		cannot_begin(x, "no memory, or it does not begin so");
	if (x != NULL && !x->dead)
		number = x->number;
	engine_leave(e);
	return number;
}

bool
engine_local(struct engine *e, uint64_t number, enum local_event local)
{
	struct xchg *x;
	bool raised = false;

	engine_enter(e);
	x = engine_find(e, number);
	if (x != NULL && !xchg_busy(x))
		raised = xchg_raise(x, EV_LOCAL, local);
	engine_leave(e);
	return raised;
}
