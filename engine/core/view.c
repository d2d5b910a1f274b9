/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An exchange as actions, guards and the daemon see it.  Whatever has a pending
 * copy is read from there while an edge is in progress.
 */
#include "engine/core/internal.h"

/* The pending layer, while there is one. */
static struct scratch *
pending(const struct xchg *x)
{
	return x->scratch != NULL && x->scratch->open ? x->scratch : NULL;
}

struct engine *
xchg_engine(const struct xchg *x)
{
	return x->engine;
}

uint64_t
xchg_number(const struct xchg *x)
{
	return x->number;
}

uint32_t
xchg_serial(const struct xchg *x)
{
	return x->serial;
}

const struct xchg_def *
xchg_def(const struct xchg *x)
{
	return x->def;
}

enum role
xchg_role(const struct xchg *x)
{
	return x->role;
}

const struct state_def *
xchg_state(const struct xchg *x)
{
	return &x->def->role[x->role].states[x->state];
}

struct xchg *
xchg_parent(const struct xchg *x)
{
	return x->parent;
}

const struct path *
xchg_path(const struct xchg *x)
{
	return &x->path;
}

struct span
xchg_icookie(const struct xchg *x)
{
	return span_of(x->icookie, COOKIE_LEN);
}

struct span
xchg_rcookie(const struct xchg *x)
{
	const struct scratch *s = pending(x);

	return span_of(
	    s != NULL && s->binds ? s->rcookie : x->rcookie, COOKIE_LEN);
}

uint32_t
xchg_msgid(const struct xchg *x)
{
	return x->msgid;
}

bool
xchg_established(const struct xchg *x)
{
	return xchg_state(x)->final && !xchg_state(x)->gone && !x->dead;
}

bool
xchg_authenticated(const struct xchg *x)
{
	const struct scratch *s = pending(x);

	return s != NULL ? s->authenticated : x->authenticated;
}

bool
xchg_half_open(const struct xchg *x)
{
	return x->counted;
}

const struct op_def *
xchg_suspended(const struct xchg *x)
{
	return x->scratch != NULL && x->scratch->waiting ? x->scratch->op
							 : NULL;
}

void *
xchg_user(const struct xchg *x)
{
	struct scratch *s = pending(x);

	/* The caller's own data: constness of x is about the engine's. */
	return s != NULL ? s->user : (void *)(uintptr_t)x->user;
}

enum slot
xchg_target(const struct xchg *x, size_t i)
{
	const struct scratch *s = pending(x);

	if (s == NULL || s->op == NULL || i >= sizeof(s->op->to) ||
	    s->op->to[i] == TABLE_NONE)
		return N_SLOTS;
	return s->op->to[i];
}

const struct suite *
xchg_suite(const struct xchg *x)
{
	const struct scratch *s = pending(x);

	return s != NULL ? &s->suite : &x->suite;
}

void
xchg_set_suite(struct xchg *x, const struct suite *suite)
{
	struct scratch *s = pending(x);

	if (s == NULL)
		return;
	if (x->def->phase == 1)
		s->suite = *suite;
	else
		s->suite.group = suite->group;
}

bool
xchg_want_keymat(struct xchg *x, uint8_t protocol, uint32_t spi,
    uint8_t spi_len, uint16_t need)
{
	struct scratch *s = pending(x);

	if (s == NULL || s->n_keymat == MAX_KEYMAT)
		return false;
	s->keymat[s->n_keymat++] = (struct keymat){
	    .protocol = protocol,
	    .spi = spi,
	    .spi_len = spi_len,
	    .need = need,
	};
	return true;
}

size_t
xchg_keymat_count(const struct xchg *x)
{
	return x->scratch == NULL ? 0 : x->scratch->n_keymat;
}

const struct keymat *
xchg_keymat(const struct xchg *x, size_t i)
{
	return i < xchg_keymat_count(x) ? &x->scratch->keymat[i] : NULL;
}

bool
xchg_msgid_fresh(const struct xchg *x)
{
	return x->parent != NULL &&
	    (x->role == ROLE_INITIATOR || x->committed ||
		!msgids_has(x->parent, x->msgid));
}

const struct path *
msg_path(const struct msg *m)
{
	return m == NULL ? NULL : &m->path;
}

const char *
msg_name(const struct msg *m)
{
	return m == NULL || m->def == NULL ? "(none)" : m->def->name;
}
