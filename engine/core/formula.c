/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evaluates the spec's formulas: prf and hash of terms, the two ways of
 * RFC 2409 to make more octets than one prf gives (5.5 and appendix B), and
 * signatures, whose keys and arithmetic are ike's.
 */
#include "engine/core/internal.h"

#include <string.h>

enum { MAX_TERMS = 16 };

/* What terms are read from. */
struct eval {
	const struct xchg *x;
	const struct formula_def *f;
	struct span after;
	const struct keymat *keymat; /* of PROTOCOL and SPI; NULL if none */
};

/* Terms as octets.  part[0] is free for the block that is fed back. */
struct operands {
	struct span part[1 + MAX_TERMS];
	size_t n; /* with part[0] */
	struct secret key;
	uint8_t small[1 + MAX_TERMS][4]; /* of terms that are numbers */
};

static struct span
number_octets(uint8_t small[4], uint32_t v, size_t n)
{
	struct wr w = wr_of(small, 4);

	wr_u32(&w, v);
	return span_from(wr_span(&w), 4 - n);
}

static struct span
spi_octets(uint8_t small[4], const struct keymat *k)
{
	return number_octets(small, k->spi, k->spi_len <= 4 ? k->spi_len : 4);
}

/* False: the term has no value. */
static bool
term_octets(const struct eval *ev, const struct term_def *t, uint8_t small[4],
    struct span *out)
{
	const struct xchg *x = ev->x;

	switch ((enum term_kind)t->kind) {
	case TERM_SLOT:
		*out = xchg_slot(x, t->arg, 0);
		return xchg_slot_count(x, t->arg) > 0;
	case TERM_FIELD:
		*out = t->get(xchg_slot(x, t->arg, 0));
		return xchg_slot_count(x, t->arg) > 0;
	case TERM_KEPT: *out = xchg_kept(x, t->arg); return out->n > 0;
	case TERM_NUMBER: *out = number_octets(small, t->arg, 1); return true;
	case TERM_CKY_I: *out = xchg_icookie(x); return true;
	case TERM_CKY_R: *out = xchg_rcookie(x); return true;
	case TERM_MSGID: *out = number_octets(small, x->msgid, 4); return true;
	case TERM_PROTOCOL:
		if (ev->keymat != NULL)
			*out = number_octets(small, ev->keymat->protocol, 1);
		return ev->keymat != NULL;
	case TERM_SPI:
		if (ev->keymat != NULL)
			*out = spi_octets(small, ev->keymat);
		return ev->keymat != NULL;
	case TERM_OWN_KEY: *out = SPAN_NONE; return true;
	case TERM_AFTER: *out = ev->after; return true;
	}
	return false;
}

static bool
join(struct secret *out, const struct span *v, size_t n)
{
	struct wr w;
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += v[i].n;
	if (!secret_new(out, size))
		return false;
	w = wr_of(out->p, size);
	for (size_t i = 0; i < n; i++)
		wr_bytes(&w, v[i]);
	return true;
}

/* All terms, those of the key joined.  operands_fini() in any case. */
static bool
read_terms(const struct eval *ev, struct operands *o)
{
	const struct xchg_def *def = ev->x->def;
	const struct formula_def *f = ev->f;
	struct span all[MAX_TERMS];

	o->key = (struct secret){NULL, 0};
	o->part[0] = SPAN_NONE;
	o->n = 1;
	if (f->n_terms > MAX_TERMS || f->n_key > f->n_terms)
		return false;
	for (unsigned i = 0; i < f->n_terms; i++) {
		if (!term_octets(
			ev, &def->terms[f->term + i], o->small[i], &all[i])) {
			xchg_log(ev->x, LEVEL_ERR,
			    "internal error: formula "
			    "%s (%s:%u): term %u has no value",
			    f->name, def->file, f->line, i + 1);
			return false;
		}
		if (i >= f->n_key)
			o->part[o->n++] = all[i];
	}
	return join(&o->key, all, f->n_key);
}

static void
operands_fini(struct operands *o)
{
	secret_free(&o->key);
}

/*
 * need octets from prf(key, terms), then again and again with the last block
 * fed back: alone (RFC 2409 appendix B), or followed by the terms (5.5).
 */
static bool
expand(const struct eval *ev, struct operands *o, bool repeat, uint8_t *out,
    size_t need)
{
	const struct suite_ops *ops = ev->x->engine->env->suite;
	uint8_t hash = xchg_suite(ev->x)->hash;
	size_t size = ops->hash_size(hash), n = o->n;
	uint8_t block[2][MAX_HASH];
	bool ok = size > 0 && size <= MAX_HASH;

	for (unsigned i = 0; ok && need > 0; i ^= 1) {
		size_t take = need < size ? need : size;

		ok = ops->prf(hash, secret_span(&o->key), o->part, n, block[i]);
		if (!ok)
			break;
		memcpy(out, block[i], take);
		out += take;
		need -= take;
		o->part[0] = span_of(block[i], size);
		n = repeat ? o->n : 1;
	}
	wipe(block, sizeof(block));
	return ok;
}

/* RFC 2409 5.5: a key for each SA that is wanted. */
static bool
stretch(struct xchg *x, struct eval *ev)
{
	for (size_t i = 0; i < xchg_keymat_count(x); i++) {
		struct keymat *k = &x->scratch->keymat[i];
		struct operands o;
		bool ok;

		ev->keymat = k;
		secret_free(&k->key);
		ok = read_terms(ev, &o) && secret_new(&k->key, k->need) &&
		    expand(ev, &o, true, k->key.p, k->need);
		operands_fini(&o);
		if (!ok)
			return false;
	}
	return xchg_keymat_count(x) > 0;
}

/* RFC 2409 appendix B: long enough for the cipher. */
static bool
chain(const struct eval *ev, struct operands *o, struct secret *out)
{
	const struct suite *s = xchg_suite(ev->x);
	size_t need = s->key_bits / 8;

	if (need <= o->key.n)
		return secret_dup(out, span_head(secret_span(&o->key), need));
	return secret_new(out, need) && expand(ev, o, false, out->p, need);
}

static bool
one_block(const struct eval *ev, const struct operands *o, struct secret *out)
{
	const struct suite_ops *ops = ev->x->engine->env->suite;
	uint8_t hash = xchg_suite(ev->x)->hash;
	size_t size = ops->hash_size(hash);

	if (size == 0 || size > MAX_HASH || !secret_new(out, size))
		return false;
	if (ev->f->fn == FN_HASH)
		return ops->hash(hash, o->part, o->n, out->p);
	return ops->prf(hash, secret_span(&o->key), o->part, o->n, out->p);
}

static bool
apply(const struct eval *ev, struct operands *o, struct secret *out)
{
	switch ((enum formula_fn)ev->f->fn) {
	case FN_PRF:
	case FN_HASH: return one_block(ev, o, out);
	case FN_CHAIN: return chain(ev, o, out);
	case FN_STRETCH:     /* not one value: stretch() */
	case FN_SIGN: break; /* not ours to do: by_key() */
	}
	return false;
}

static bool
evaluate(const struct eval *ev, struct secret *out)
{
	struct operands o;
	bool ok;

	if (!xchg_suite(ev->x)->set)
		return false;
	ok = read_terms(ev, &o) && apply(ev, &o, out);
	operands_fini(&o);
	return ok;
}

/* Sign the data, or check the signature that is in the slot. */
static enum status
by_key(struct xchg *x, const struct eval *ev, bool check)
{
	const struct hooks *hooks = x->engine->hooks;
	uint8_t slot = ev->f->slot;
	struct secret data = {NULL, 0};
	enum status st = ST_FAIL;
	struct operands o;

	if (read_terms(ev, &o) && join(&data, o.part, o.n))
		st = check ? hooks->verify(
				 x, secret_span(&data), xchg_slot(x, slot, 0))
			   : hooks->sign(x, secret_span(&data), slot);
	operands_fini(&o);
	secret_free(&data);
	return st;
}

/* An IV is as long as the cipher's block (RFC 2409 appendix B). */
static struct span
fit_slot(const struct xchg *x, const struct formula_def *f, struct span v)
{
	return f->slot == x->def->iv
	    ? span_head(v, alg_ciphers[xchg_suite(x)->cipher].block)
	    : v;
}

static void
show(const struct xchg *x, const struct formula_def *f, struct span v)
{
	TEXT(t, 2 * MAX_HASH + 8);

	if (!engine_debugging(x->engine, DEBUG_CRYPT))
		return;
	if (engine_debugging(x->engine, DEBUG_PRIVATE))
		text_hex(&t, v);
	else
		text_add(&t, "%zu octets", v.n);
	xchg_debug(x, DEBUG_CRYPT, "computed %s: %s", f->name, t.p);
}

enum status
formula_compute(struct xchg *x, unsigned f, struct span after)
{
	struct eval ev = {x, &x->def->formulas[f], after, NULL};
	struct secret out = {NULL, 0};
	bool ok;

	if (ev.f->fn == FN_STRETCH)
		return stretch(x, &ev) ? ST_OK : ST_FAIL;
	if (ev.f->fn == FN_SIGN)
		return by_key(x, &ev, false);
	ok = evaluate(&ev, &out);
	if (ok) {
		struct span v = fit_slot(x, ev.f, secret_span(&out));

		show(x, ev.f, v);
		ok = xchg_slot_set(x, ev.f->slot, v);
	}
	secret_free(&out);
	return ok ? ST_OK : ST_FAIL;
}

enum status
formula_verify(struct xchg *x, unsigned f, struct span after)
{
	struct eval ev = {x, &x->def->formulas[f], after, NULL};
	struct secret out = {NULL, 0};
	bool ok;

	if (ev.f->fn == FN_SIGN)
		return by_key(x, &ev, true);
	ok = evaluate(&ev, &out) &&
	    secret_equal(secret_span(&out), xchg_slot(x, ev.f->slot, 0));
	secret_free(&out);
	xchg_debug(x, DEBUG_CRYPT, "%s %s", ev.f->name,
	    ok ? "matches" : "does not match");
	return ok ? ST_OK : ST_FAIL;
}
