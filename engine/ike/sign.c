/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures (RFC 2409 5.1): ours is made by a job beside the loop; the peer's
 * is held against every public key of the identity that it claims, at once
 * when that costs less than a job.
 */
#include <stdlib.h>

#include "engine/ike/neg.h"
#include "engine/ike/pubkey.h"

enum {
	/* One verification costs 22 us with such a key, a job at least 6. */
	CHEAP_BITS = 2048,
	CHEAP_EXPONENT_OCTETS = 3
};

/* ---- ours -------------------------------------------------------------- */

struct sign_job {
	struct job job;
	struct rsa_private *key; /* counted */
	struct secret hash, signature;
	enum slot to;
};

static struct sign_job *
sign_job_of(struct job *j)
{
	return container_of(j, struct sign_job, job);
}

static void
sign_work(struct job *j)
{
	struct sign_job *s = sign_job_of(j);

	if (!rsa_sign(s->key, secret_span(&s->hash), &s->signature))
		secret_free(&s->signature);
}

static enum status
sign_done(struct job *j, struct xchg *x)
{
	struct sign_job *s = sign_job_of(j);

	if (s->signature.n > 0)
		return xchg_slot_set(x, s->to, secret_span(&s->signature))
		    ? ST_OK
		    : ST_FAIL;
	xchg_log(x, LEVEL_ERR, "signing with our RSA key failed");
	return ST_FAIL;
}

static void
sign_cleanup(struct job *j)
{
	struct sign_job *s = sign_job_of(j);

	rsa_private_put(s->key);
	secret_free(&s->hash);
	secret_free(&s->signature);
	free(s);
}

/* The key to sign with, borrowed; NULL: logged. */
static struct rsa_private *
own_key(const struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	struct secret_place place = {"", 0, ""};
	struct rsa_private *key = NULL;
	bool conflict = false;

	if (c != NULL)
		key = auth_rsa(ike_of(x), c, &place, &conflict);
	if (key == NULL)
		xchg_log(x, LEVEL_WARN,
		    "our private RSA key is not in "
		    "ipsec.secrets any more");
	else if (conflict)
		xchg_log_limited(x,
		    "several RSA keys fit equally well and "
		    "differ; the one of %s:%u, index \"%s\", is used",
		    place.file, place.line, place.indices);
	return key;
}

enum status
sign_make(struct xchg *x, struct span data, enum slot slot)
{
	struct rsa_private *key = own_key(x);
	struct sign_job *s = key == NULL ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return ST_FAIL;
	s->job = (struct job){
	    .work = sign_work,
	    .done = sign_done,
	    .cleanup = sign_cleanup,
	};
	s->key = rsa_private_get(key);
	s->to = slot;
	if (!secret_dup(&s->hash, data)) {
		sign_cleanup(&s->job);
		return ST_FAIL;
	}
	return xchg_start_job(x, &s->job);
}

/* ---- the peer's -------------------------------------------------------- */

struct check_job {
	struct job job;
	struct ident peer;
	struct secret hash, signature;
	size_t n, good; /* keys; index of the one that fits, n if none */
	struct rsa_public *keys[PUBKEYS_PER_IDENT]; /* counted */
};

static struct check_job *
check_job_of(struct job *j)
{
	return container_of(j, struct check_job, job);
}

static void
check_work(struct job *j)
{
	struct check_job *v = check_job_of(j);

	for (v->good = 0; v->good < v->n; v->good++)
		if (rsa_verify(v->keys[v->good], secret_span(&v->hash),
			secret_span(&v->signature)))
			return;
}

/* Why the peer is not believed: to a whack that waits, or to the log. */
static void
tell_refusal(const struct xchg *x, unsigned code, const char *text)
{
	if (xchg_role(x) == ROLE_INITIATOR)
		xchg_tell(x, code, "%s", text);
	else
		xchg_log_limited(x, "%s", text);
}

static void
tell_no_key(const struct xchg *x, const struct ident *peer)
{
	TEXT(line, 900);
	TEXT(id, 300);

	ident_print(&id, peer);
	text_add(&line,
	    "no public RSA key of %s is known, so its signature "
	    "cannot be checked: tell it by whack --keyid %s --pubkeyrsa 0s...",
	    id.p, id.p);
	tell_refusal(x, RC_NOKEY, line.p);
}

static void
tell_no_fit(const struct xchg *x, const struct check_job *v)
{
	TEXT(line, 1400);

	text_add(&line, "the signature of ");
	ident_print(&line, &v->peer);
	text_add(&line, " (%zu octets) was made by none of its public keys:",
	    v->signature.n);
	for (size_t i = 0; i < v->n; i++) {
		text_add(&line, i == 0 ? " " : ", ");
		pubkey_print(&line, v->keys[i]);
	}
	tell_refusal(x, RC_AUTHFAILED, line.p);
}

static enum status
check_done(struct job *j, struct xchg *x)
{
	const struct check_job *v = check_job_of(j);
	TEXT(key, 80);
	TEXT(id, 300);

	if (v->good == v->n) {
		tell_no_fit(x, v);
		return ST_FAIL;
	}
	ident_print(&id, &v->peer);
	pubkey_print(&key, v->keys[v->good]);
	xchg_log(
	    x, LEVEL_INFO, "the signature of %s is good (%s)", id.p, key.p);
	return ST_OK;
}

static void
check_cleanup(struct job *j)
{
	struct check_job *v = check_job_of(j);

	for (size_t i = 0; i < v->n; i++)
		rsa_public_put(v->keys[i]);
	secret_free(&v->hash);
	secret_free(&v->signature);
	free(v);
}

static void
take_keys(struct check_job *v, const struct pubkeys *from)
{
	const struct pubkey *p = NULL;

	while (v->n < PUBKEYS_PER_IDENT &&
	    (p = pubkey_next(from, &v->peer, p)) != NULL)
		v->keys[v->n++] = rsa_public_get(p->key);
}

static bool
is_cheap(const struct check_job *v)
{
	return v->n == 1 && rsa_public_bits(v->keys[0]) <= CHEAP_BITS &&
	    rsa_public_exponent(v->keys[0]).n <= CHEAP_EXPONENT_OCTETS;
}

static enum status
check_now(struct xchg *x, struct check_job *v)
{
	enum status st;

	check_work(&v->job);
	st = check_done(&v->job, x);
	check_cleanup(&v->job);
	return st;
}

/* Raw keys are all that is used; certificates are not even looked at. */
static void
note_certificates(const struct xchg *x)
{
	size_t n = xchg_slot_count(
	    x, xchg_role(x) == ROLE_INITIATOR ? SLOT_CERTR : SLOT_CERTI);

	if (n > 0)
		xchg_log_limited(x,
		    "%zu CERT payload%s ignored: the peer's "
		    "public keys are those that whack --keyid has told",
		    n, n == 1 ? "" : "s");
}

enum status
sign_check(struct xchg *x, struct span data, struct span signature)
{
	struct check_job *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return ST_FAIL;
	v->job = (struct job){
	    .work = check_work,
	    .done = check_done,
	    .cleanup = check_cleanup,
	};
	note_certificates(x);
	if (!auth_peer(x, &v->peer) || !secret_dup(&v->hash, data) ||
	    !secret_dup(&v->signature, signature)) {
		check_cleanup(&v->job);
		return ST_FAIL;
	}
	take_keys(v, ike_of(x)->pubkeys);
	if (v->n == 0) {
		tell_no_key(x, &v->peer);
		check_cleanup(&v->job);
		return ST_FAIL;
	}
	return is_cheap(v) ? check_now(x, v) : xchg_start_job(x, &v->job);
}
