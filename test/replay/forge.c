/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a datagram apart, has it edited, puts it together. */
#include "test/replay/forge.h"

#include <stdlib.h>
#include <string.h>

#include "engine/ike/suite.h"
#include "gen/layout.gen.h"
#include "test/replay/forgery.h"

enum { HDR_LEN = 28, BLOCK_MAX = 16, HASH_MAX = 64, DATAGRAM_MAX = 70000 };

static void
forgery_free(struct forgery *f)
{
	for (unsigned i = 0; i < f->n; i++)
		octets_free(&f->piece[i].body);
	for (unsigned i = 0; i < f->n_raw; i++)
		octets_free(&f->raw[i].v);
	octets_free(&f->icookie);
	octets_free(&f->rcookie);
	octets_free(&f->pad);
	octets_free(&f->tail);
	free(f);
}

/* ---- taking apart ---- */

/* The slots that the payloads fill, in the order in which they were sent. */
static void
assign_slots(struct forgery *f)
{
	const struct seal *s = &f->d->seal;
	unsigned item = 0, n = s->def == NULL ? 0 : s->row->n_items;

	for (unsigned i = 0; i < f->n; i++) {
		const struct item_def *it = NULL;

		f->piece[i].slot = TABLE_NONE;
		for (; it == NULL && item < n; item++)
			if (s->def->items[s->row->item + item].payload ==
			    f->piece[i].type)
				it = &s->def->items[s->row->item + item];
		if (it == NULL)
			return;
		f->piece[i].slot = it->slot;
		if (it->max > 1)
			item--; /* there may be more of it */
	}
}

static void
split(struct forgery *f, uint8_t type, struct span plain)
{
	struct cur c = cur_of(plain);

	while (type != PAYLOAD_NONE && f->n < PIECES_MAX) {
		struct piece *p = &f->piece[f->n];
		uint8_t next = cur_u8(&c);
		uint16_t length;

		(void)cur_u8(&c);
		length = cur_u16(&c);
		if (c.err != 0 || length < GENERIC_LEN)
			return;
		*p = (struct piece){
		    .type = type, .next = NATURAL, .length = NATURAL};
		octets_set(
		    &p->body, cur_bytes(&c, (size_t)length - GENERIC_LEN));
		f->n++;
		type = next;
	}
}

static struct forgery *
take_apart(const struct sent *d)
{
	struct forgery *f = fake_need(calloc(1, sizeof(*f)));
	struct cur c = cur_of(octets_span(&d->bytes));
	struct octets plain = {NULL, 0};
	uint8_t type;

	f->d = d;
	octets_set(&f->icookie, cur_bytes(&c, 8));
	octets_set(&f->rcookie, cur_bytes(&c, 8));
	type = cur_u8(&c);
	f->version = cur_u8(&c);
	f->xchg = cur_u8(&c);
	f->flags = cur_u8(&c);
	f->msgid = cur_u32(&c);
	f->next = f->length = f->cut = NATURAL;
	f->from = d->path.local;
	wire_open(d, &plain);
	split(f, type, octets_span(&plain));
	octets_free(&plain);
	assign_slots(f);
	return f;
}

unsigned
forge_count(const struct sent *d)
{
	struct forgery *f = take_apart(d);
	unsigned n = f->n;

	forgery_free(f);
	return n;
}

bool
forge_spi(const struct sent *d, unsigned n, struct octets *out)
{
	struct forgery *f = take_apart(d);
	struct pl_sa sa;
	struct pl_p_it it;
	uint16_t notify;
	bool found = false;

	for (unsigned i = 0; i < f->n; i++) {
		if (f->piece[i].type != PAYLOAD_SA ||
		    !dec_sa(octets_span(&f->piece[i].body), &sa, &notify))
			continue;
		for (pl_p_first(&it, sa.proposals); it.ok; pl_p_next(&it)) {
			if (--n != 0)
				continue;
			octets_set(out, it.item.spi);
			found = true;
		}
	}
	forgery_free(f);
	return found;
}

/* ---- putting together ---- */

static void
write_pieces(const struct forgery *f, struct wr *w, unsigned first)
{
	for (unsigned i = first; i < f->n; i++) {
		const struct piece *p = &f->piece[i];
		uint8_t next =
		    i + 1 < f->n ? f->piece[i + 1].type : PAYLOAD_NONE;

		wr_u8(w, p->next == NATURAL ? next : (uint8_t)p->next);
		wr_u8(w, p->reserved);
		wr_u16(w,
		    (uint16_t)(p->length == NATURAL
			    ? (long)p->body.n + GENERIC_LEN
			    : p->length));
		wr_bytes(w, octets_span(&p->body));
	}
}

/* What a term of the HASH payload's formula is now. */
static struct span
term_now(const struct forgery *f, unsigned i, struct wr *after)
{
	const struct seal *s = &f->d->seal;
	const struct term_def *t = &s->def->terms[s->formula->term + i];

	for (unsigned k = 0; k < f->n; k++) {
		if (f->piece[k].slot != t->arg)
			continue;
		if (t->kind == TERM_SLOT)
			return octets_span(&f->piece[k].body);
		if (t->kind == TERM_FIELD)
			return t->get(octets_span(&f->piece[k].body));
		if (t->kind == TERM_AFTER) {
			write_pieces(f, after, k + 1);
			return wr_span(after);
		}
	}
	return octets_span(&s->terms[i]);
}

static bool
rehash(struct forgery *f)
{
	static const size_t room = DATAGRAM_MAX;
	const struct seal *s = &f->d->seal;
	struct span part[SEAL_TERMS];
	uint8_t *buf, out[HASH_MAX];
	struct wr after;
	bool ok;

	if (s->formula == NULL)
		return false;
	buf = fake_need(malloc(room));
	after = wr_of(buf, room);
	for (unsigned i = 0; i < s->formula->n_terms; i++)
		part[i] = term_now(f, i, &after);
	ok = suite_ops()->prf(
	    s->hash, part[0], part + 1, s->formula->n_terms - 1u, out);
	for (unsigned k = 0; ok && k < f->n; k++)
		if (f->piece[k].slot == s->hash_slot)
			octets_set(&f->piece[k].body,
			    span_of(out, suite_ops()->hash_size(s->hash)));
	free(buf);
	return ok;
}

static bool
encrypt(const struct forgery *f, struct wr *w)
{
	const struct seal *s = &f->d->seal;
	size_t block = s->iv.n, n;
	uint8_t iv[BLOCK_MAX];

	if (f->clear || block == 0 || block > sizeof(iv))
		return true;
	wr_bytes(w, octets_span(&f->pad));
	n = wr_span(w).n - HDR_LEN;
	wr_zero(w, (block - n % block) % block);
	memcpy(iv, s->iv.p, block);
	return n == 0 ||
	    (!w->full &&
		suite_ops()->encrypt(s->cipher, octets_span(&s->key), iv,
		    w->start + HDR_LEN, wr_span(w).n - HDR_LEN));
}

static bool
build(const struct forgery *f, struct wr *w)
{
	size_t length;

	wr_bytes(w, octets_span(&f->icookie));
	wr_bytes(w, octets_span(&f->rcookie));
	wr_u8(w,
	    (uint8_t)(f->next != NATURAL ? f->next
		    : f->n > 0           ? f->piece[0].type
					 : PAYLOAD_NONE));
	wr_u8(w, f->version);
	wr_u8(w, f->xchg);
	wr_u8(w, f->flags);
	wr_u32(w, f->msgid);
	wr_u32(w, 0);
	write_pieces(f, w, 0);
	if (w->full || !encrypt(f, w))
		return false;
	length = wr_span(w).n;
	if (f->relative)
		length = (size_t)((long)length + f->length);
	else if (f->length != NATURAL)
		length = (size_t)f->length;
	wr_patch_u32(w, OFFSET_ISAKMP_HDR_LENGTH, (uint32_t)length);
	return true;
}

static bool
finish(const struct forgery *f, struct octets *out)
{
	for (unsigned i = 0; i < f->n_raw; i++)
		if (!octets_patch(out, f->raw[i].at, octets_span(&f->raw[i].v),
			f->raw[i].flip))
			return false;
	if (f->cut != NATURAL && (size_t)f->cut < out->n)
		octets_resize(out, (size_t)f->cut);
	octets_append(out, octets_span(&f->tail));
	return true;
}

/* Edits in their order, then what follows from them. */
static bool
apply(struct forgery *f, char *const *edits, unsigned n, struct text *why)
{
	for (unsigned i = 0; i < n; i++)
		if (!forgery_edit(f, edits[i])) {
			text_add(
			    why, "cannot do '%s' to %s", edits[i], f->d->name);
			return false;
		}
	if (!f->rehash || rehash(f))
		return true;
	text_add(why, "%s has no HASH payload to compute", f->d->name);
	return false;
}

bool
forge(const struct sent *d, char *const *edits, unsigned n, struct octets *out,
    struct endpoint *from, struct text *why)
{
	static const size_t room = DATAGRAM_MAX;
	struct forgery *f = take_apart(d);
	uint8_t *buf = fake_need(malloc(room));
	struct wr w = wr_of(buf, room);
	bool ok = apply(f, edits, n, why);

	if (ok) {
		ok = build(f, &w);
		octets_set(out, wr_span(&w));
		ok = ok && finish(f, out);
		if (!ok)
			text_add(why,
			    "the forged %s does not fit, or an "
			    "edit is behind its end",
			    d->name);
	}
	*from = f->from;
	forgery_free(f);
	free(buf);
	return ok;
}
