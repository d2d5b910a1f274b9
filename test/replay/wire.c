/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams kept, with their seals.  Looks into the engine for the keys. */
#include "test/replay/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/internal.h"
#include "engine/ike/suite.h"

enum { MSGID_AT = 20 };

/* ---- the seal of what is about to be sent ---- */

static void
seal_free(struct seal *s)
{
	octets_free(&s->key);
	octets_free(&s->iv);
	for (unsigned i = 0; i < SEAL_TERMS; i++)
		octets_free(&s->terms[i]);
}

/* The exchange that runs this op.  engine_next() would stop at one that is just
 * going. */
static struct xchg *
running(const struct engine *e, const struct xchg_def *def, uint8_t role,
    unsigned op)
{
	LIST_EACH(n, &e->all) {
		struct xchg *x = container_of(n, struct xchg, all);

		if (x->def == def && x->role == role && x->scratch != NULL &&
		    x->scratch->open && !x->scratch->waiting &&
		    x->scratch->pc == op + 1)
			return x;
	}
	return NULL;
}

static void
take_term(const struct xchg *x, const struct term_def *t, struct octets *out)
{
	uint8_t octet = t->arg, number[4];
	struct wr w = wr_of(number, sizeof(number));

	switch ((enum term_kind)t->kind) {
	case TERM_SLOT: octets_set(out, xchg_slot(x, t->arg, 0)); break;
	case TERM_FIELD:
		octets_set(out, t->get(xchg_slot(x, t->arg, 0)));
		break;
	case TERM_KEPT: octets_set(out, xchg_kept(x, t->arg)); break;
	case TERM_NUMBER: octets_set(out, span_of(&octet, 1)); break;
	case TERM_CKY_I: octets_set(out, xchg_icookie(x)); break;
	case TERM_CKY_R: octets_set(out, xchg_rcookie(x)); break;
	case TERM_MSGID:
		wr_u32(&w, xchg_msgid(x));
		octets_set(out, wr_span(&w));
		break;
	case TERM_PROTOCOL: /* KEYMAT only */
	case TERM_SPI:
	case TERM_OWN_KEY: /* signatures only */
	case TERM_AFTER: /* from the message, when it is hashed */ break;
	}
}

/* The formula of the message's HASH payload, if it has one. */
static void
take_formula(struct seal *s, const struct xchg *x)
{
	const struct xchg_def *def = s->def;

	for (unsigned i = 0; i < s->row->n_items; i++) {
		const struct item_def *item = &def->items[s->row->item + i];

		if (item->payload == PAYLOAD_HASH)
			s->hash_slot = item->slot;
	}
	for (unsigned i = 0; i < def->n_formulas; i++) {
		const struct formula_def *f = &def->formulas[i];

		if (f->slot != s->hash_slot || f->n_terms > SEAL_TERMS)
			continue;
		s->formula = f;
		for (unsigned k = 0; k < f->n_terms; k++)
			take_term(x, &def->terms[f->term + k], &s->terms[k]);
	}
}

static void
take_seal(struct seal *s, const struct xchg *x, const struct msg_def *row)
{
	const struct suite *suite = xchg_suite(x);

	*s = (struct seal){
	    .def = x->def,
	    .row = row,
	    .cipher = suite->cipher,
	    .hash = suite->hash,
	    .hash_slot = TABLE_NONE,
	};
	if (!row->encrypted)
		return;
	octets_set(&s->key, xchg_kept(x, x->def->enc_key));
	octets_set(&s->iv, xchg_slot(x, x->def->iv, 0));
	take_formula(s, x);
}

/* As env.trace: also the fake's own business, which is coverage. */
static void
trace(void *ctx, const struct xchg_def *def, uint8_t role, enum trace what,
    unsigned index)
{
	struct fake_host *h = ctx;
	struct wire *w = h->world->tap_ctx;
	const struct op_def *op = &def->ops[index];
	struct xchg *x;

	coverage_note(h->world->coverage, def, role, what, index);
	if (what != TRACE_OP || op->code != OP_SEND || h->engine == NULL)
		return;
	x = running(h->engine, def, role, index);
	if (x == NULL)
		return;
	if (w->has_next)
		seal_free(&w->next);
	take_seal(&w->next, x, &def->msgs[op->arg]);
	w->has_next = true;
}

/* ---- what is sent ---- */

static const struct sent *
sent_before(const struct wire *w, const struct sent *d)
{
	const struct sent *o = w->first;

	while (o != NULL &&
	    !(o->from_peer == d->from_peer &&
		span_equal(octets_span(&o->bytes), octets_span(&d->bytes))))
		o = o->next;
	return o;
}

static void
seal_copy(struct seal *to, const struct seal *from)
{
	*to = *from;
	to->key = to->iv = (struct octets){NULL, 0};
	octets_set(&to->key, octets_span(&from->key));
	octets_set(&to->iv, octets_span(&from->iv));
	for (unsigned i = 0; i < SEAL_TERMS; i++) {
		to->terms[i] = (struct octets){NULL, 0};
		octets_set(&to->terms[i], octets_span(&from->terms[i]));
	}
}

static void
name_it(struct wire *w, struct sent *d)
{
	const struct sent *o = sent_before(w, d);

	if (o != NULL) {
		d->again = true;
		d->first_ms = o->first_ms;
		seal_copy(&d->seal, &o->seal);
		memcpy(d->name, o->name, sizeof(d->name));
	} else if (w->has_next) {
		d->seal = w->next;
		w->has_next = false;
		(void)snprintf(
		    d->name, sizeof(d->name), "%s", d->seal.row->name);
	} else {
		d->seal.hash_slot = TABLE_NONE;
		(void)snprintf(d->name, sizeof(d->name), "CLEAR");
	}
}

static bool
tap(void *ctx, const struct path *path, struct span datagram)
{
	struct wire *w = ctx;
	struct sent *d = fake_need(calloc(1, sizeof(*d)));

	d->path = *path;
	d->from_peer = endpoint_equal(&path->local, &w->peer->at);
	d->at_ms = d->first_ms = w->us->world->now_ms;
	octets_set(&d->bytes, datagram);
	name_it(w, d);
	if (w->last == NULL)
		w->first = d;
	else
		w->last->next = d;
	w->last = d;
	return true;
}

void
wire_begin(struct wire *w, struct fake_host *us, struct fake_host *peer)
{
	*w = (struct wire){.us = us, .peer = peer};
	us->world->tap = tap;
	us->world->tap_ctx = w;
	us->env.trace = trace;
	peer->env.trace = trace;
}

void
wire_end(struct wire *w)
{
	if (w->has_next)
		seal_free(&w->next);
	while (w->first != NULL) {
		struct sent *d = w->first;

		w->first = d->next;
		seal_free(&d->seal);
		octets_free(&d->bytes);
		free(d);
	}
}

struct sent *
wire_unseen(const struct wire *w)
{
	struct sent *d = w->first;

	while (d != NULL && d->seen)
		d = d->next;
	return d;
}

struct sent *
wire_find(const struct wire *w, const char *name)
{
	struct sent *found = NULL;

	for (struct sent *d = w->first; d != NULL; d = d->next)
		if (d->seen && strcmp(d->name, name) == 0)
			found = d;
	return found;
}

void
wire_open(const struct sent *d, struct octets *plain)
{
	const struct seal *s = &d->seal;
	uint8_t iv[MAX_BLOCK] = {0};

	octets_set(plain, span_from(octets_span(&d->bytes), HEADER_LEN));
	if (s->iv.n == 0 || s->iv.n > sizeof(iv) || plain->n == 0)
		return;
	memcpy(iv, s->iv.p, s->iv.n);
	if (!suite_ops()->decrypt(
		s->cipher, octets_span(&s->key), iv, plain->p, plain->n))
		octets_free(plain);
}

/* The sender's exchange. */
static struct xchg *
sender_of(const struct sent *d, const struct engine *e)
{
	struct span icookie = span_head(octets_span(&d->bytes), COOKIE_LEN);
	struct cur c = cur_of(span_from(octets_span(&d->bytes), MSGID_AT));
	uint32_t msgid = cur_u32(&c);
	struct xchg *x = engine_next(e, NULL);

	while (x != NULL &&
	    !(x->def == d->seal.def && x->msgid == msgid &&
		span_equal(xchg_icookie(x), icookie)))
		x = engine_next(e, x);
	return x;
}

void
wire_adopt(
    const struct sent *d, struct span forgery, const struct engine *sender)
{
	size_t block = d->seal.iv.n;
	struct xchg *x =
	    sender == NULL || block == 0 || forgery.n < HEADER_LEN + block
	    ? NULL
	    : sender_of(d, sender);

	if (x == NULL)
		return;
	for (struct value *v = x->slots.first; v != NULL; v = v->next)
		if (v->slot == x->def->iv && v->n == block)
			memcpy(v->bytes, forgery.p + forgery.n - block, block);
}
