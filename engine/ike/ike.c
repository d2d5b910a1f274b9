/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root of IKE's policy: what the daemon sets in it, and what every file of
 * this directory asks of it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/codec.h"
#include "engine/ike/neg.h"
#include "engine/ike/pubkey.h"

enum { LINE_MAX_LEN = 1024, COOKIE_LEN = 8, COOKIE_SECRET_MS = 3600 * 1000 };

struct ike *
ike_new(const struct env *env, const struct kernel *kernel)
{
	struct ike *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->env = env;
	k->kernel = kernel;
	list_init(&k->pending);
	list_init(&k->tasks);
	k->conns = conns_new();
	k->pubkeys = pubkeys_new();
	k->engine = engine_new(env, kernel, &ike_hooks, k);
	if (k->conns != NULL && k->pubkeys != NULL && k->engine != NULL)
		return k;
	ike_free(k);
	return NULL;
}

/* Without a word to anybody, and without scripts. */
static void
end_all(struct ike *k)
{
	struct xchg *x;
	struct connection *c = NULL;

	ike_abandon(k);
	while ((x = engine_next(k->engine, NULL)) != NULL)
		engine_delete(k->engine, xchg_number(x));
	while ((c = conn_next(k->conns, c)) != NULL)
		route_undo(k, c);
	engine_free(k->engine);
}

void
ike_free(struct ike *k)
{
	if (k == NULL)
		return;
	ike_set_deaf(k); /* nothing starts any more */
	if (k->engine != NULL)
		end_all(k);
	pending_forget(k, 0, "pluto ends");
	conns_free(k->conns);
	heap_fini(&k->retries);
	secrets_free(k->secrets);
	pubkeys_free(k->pubkeys);
	free(k->interfaces);
	wipe(k->cookie_secret, sizeof(k->cookie_secret));
	free(k);
}

struct engine *
ike_engine(const struct ike *k)
{
	return k->engine;
}

/* An address is not ours any more, or is on another interface: what there is
 * for this connection, or will be when a negotiation is done, is for the old
 * one. */
static bool
has_moved(const struct ike *k, const struct connection *c)
{
	struct connection now = *c;

	if (!c->routed && !c->trapped && list_empty(&c->sas) && c->users == 0 &&
	    c->holds == 0)
		return false;
	conn_orient(k, &now);
	return now.oriented != c->oriented || now.ours != c->ours ||
	    strcmp(now.interface, c->interface) != 0;
}

/* It is oriented anew when nothing is left of it. */
static void
leave(struct ike *k, uint32_t number)
{
	struct connection *c = conn_by_number(k->conns, number);

	if (c == NULL || c->doomed)
		return;
	ike_say(k, 0, RC_LOG_SERIOUS,
	    "%s: our address is gone, or on another interface: its SAs and "
	    "routes end",
	    c->label);
	c->leaving = true;
	conn_hold(c);
	neg_end_all(k, number, "our address is gone");
	route_undo(k, c);
	conn_let_go(k, c);
}

/* Which end of each connection is ours now.  Ending one may end others: the
 * numbers of those that have to go first. */
static void
orient_all(struct ike *k, uint32_t *leaving)
{
	struct connection *c = NULL;
	size_t n = 0;

	while ((c = conn_next(k->conns, c)) != NULL)
		if (has_moved(k, c))
			leaving[n++] = c->number;
		else if (!c->doomed)
			conn_orient(k, c);
	for (size_t i = 0; i < n; i++)
		leave(k, leaving[i]);
}

void
ike_set_interfaces(struct ike *k, const struct ike_interface *v, size_t n)
{
	struct ike_interface *copy = calloc(n > 0 ? n : 1, sizeof(*copy));
	uint32_t *leaving = calloc(conns_count(k->conns) + 1, sizeof(*leaving));
	struct connection *c = NULL;

	if (copy == NULL || leaving == NULL) {
		ike_say(k, 0, RC_LOG_SERIOUS,
		    "out of memory: the interfaces "
		    "stay as they were");
		free(copy);
		free(leaving);
		return;
	}
	if (n > 0)
		memcpy(copy, v, n * sizeof(*copy));
	free(k->interfaces);
	k->interfaces = copy;
	k->n_interfaces = n;
	k->listening = true;
	orient_all(k, leaving);
	free(leaving);
	while ((c = conn_next(k->conns, c)) != NULL)
		if (c->template == NULL)
			conn_warn_secrets(k, c, 0);
}

void
ike_set_deaf(struct ike *k)
{
	k->listening = false;
}

bool
ike_listening(const struct ike *k)
{
	return k->listening;
}

void
ike_set_secrets_take(struct ike *k, struct secrets *s)
{
	secrets_free(k->secrets);
	k->secrets = s;
}

bool
ike_set_myid(struct ike *k, struct span id, struct text *why)
{
	struct connection *c = NULL;

	if (!ident_parse(&k->myid, id, why))
		return false;
	while ((c = conn_next(k->conns, c)) != NULL)
		conn_take_myid(c, &k->myid);
	return true;
}

void
ike_print_myid(const struct ike *k, struct text *t)
{
	text_add(t, "%%myid = ");
	ident_print(t, &k->myid);
}

void
ike_set_reqids(struct ike *k, const char *ctlbase)
{
	uint32_t hash = hash_bytes(HASH_START, span_str(ctlbase));

	/* 16 blocks: two plutos that live together rarely have the same */
	conns_set_reqids(k->conns, 0x50000000 | (hash >> 28) << 24);
}

void
ike_set_uniqueids(struct ike *k, bool on)
{
	k->uniqueids = on;
}

void
ike_say(
    const struct ike *k, uint32_t client, unsigned code, const char *fmt, ...)
{
	enum level level = code == RC_LOG_SERIOUS ? LEVEL_WARN : LEVEL_INFO;
	TEXT(line, LINE_MAX_LEN);
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&line, fmt, ap);
	va_end(ap);
	k->env->log(k->env->ctx, level, 0, line.p);
	if (client != 0)
		k->env->whack(k->env->ctx, client, code, line.p);
}

/* ---- what hangs on an exchange ----------------------------------------- */

struct ike *
ike_of(const struct xchg *x)
{
	return engine_user(xchg_engine(x));
}

struct neg *
neg_of(const struct xchg *x)
{
	return xchg_user(x);
}

struct connection *
neg_conn(const struct xchg *x)
{
	return conn_by_number(ike_of(x)->conns, neg_of(x)->conn);
}

const struct policy_def *
neg_policy(const struct xchg *x)
{
	const struct xchg *sa = xchg_parent(x);
	const struct connection *c = neg_conn(x);

	if (c == NULL && sa != NULL)
		c = neg_conn(sa);
	return &policy_defs[c != NULL ? c->policy : POLICY_CLASSIC];
}

void
neg_release_whack(struct xchg *x)
{
	struct neg *neg = neg_of(x);
	const struct env *env = ike_of(x)->env;

	if (neg->client == 0)
		return;
	env->whack_done(env->ctx, neg->client);
	neg->client = 0;
}

void
ike_client_gone(struct ike *k, uint32_t client)
{
	struct xchg *x = NULL;

	while ((x = engine_next(k->engine, x)) != NULL)
		if (neg_of(x)->client == client)
			neg_of(x)->client = 0;
	pending_forget_client(k, client);
	route_forget_client(k, client);
}

/* ---- cookies ----------------------------------------------------------- */

static bool
renew_cookie_secret(struct ike *k, uint64_t now_ms)
{
	if (k->cookie_count != 0 &&
	    now_ms - k->cookie_secret_ms < COOKIE_SECRET_MS)
		return true;
	k->cookie_secret_ms = now_ms;
	return k->env->random(
	    k->env->ctx, k->cookie_secret, sizeof(k->cookie_secret));
}

/* RFC 2408 2.5.3: made of a local secret, the peer, and what never repeats. */
bool
ike_cookie(struct engine *e, const struct path *path, uint8_t out[8])
{
	struct ike *k = engine_user(e);
	uint64_t now_ms = k->env->now_ms(k->env->ctx);
	uint8_t once[20], hash[64];
	struct wr w = wr_of(once, sizeof(once));

	if (!renew_cookie_secret(k, now_ms))
		return false;
	k->cookie_count++;
	wr_u32(&w, path->remote.port);
	wr_u32(&w, (uint32_t)(now_ms >> 32));
	wr_u32(&w, (uint32_t)now_ms);
	wr_u32(&w, (uint32_t)(k->cookie_count >> 32));
	wr_u32(&w, (uint32_t)k->cookie_count);
	/* a part of a hash over a secret tells nothing, and strangers make us
	 * compute it: a prf would cost them the same and us twice that */
	if (!k->env->suite->hash(HASH_SHA2_256,
		(struct span[]){
		    span_of(k->cookie_secret, sizeof(k->cookie_secret)),
		    addr_span(&path->remote.a), wr_span(&w)},
		3, hash))
		return false;
	memcpy(out, hash, COOKIE_LEN);
	if (codec_is_zero(span_of(out, COOKIE_LEN)))
		out[0] = 1;
	return true;
}
