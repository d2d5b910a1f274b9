/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: copies of what came in, and the making of what goes out, by the
 * rows of the spec (RFC 2408 3.1, 3.2; encryption: RFC 2409 5, appendix B).
 */
#include "engine/core/internal.h"

#include <stdlib.h>
#include <string.h>

struct msg *
msg_new(const struct path *path, const struct pl_isakmp_hdr *hdr,
    struct span datagram)
{
	struct msg *m = malloc(sizeof(*m) + datagram.n);

	if (m == NULL)
		return NULL;
	m->n = datagram.n;
	memcpy(m->bytes, datagram.p, datagram.n);
	m->path = *path;
	m->def = NULL;
	m->hdr = *hdr;
	m->hdr.icookie = span_of(m->bytes, COOKIE_LEN);
	m->hdr.rcookie = span_of(m->bytes + COOKIE_LEN, COOKIE_LEN);
	m->chain = SPAN_NONE;
	m->n_payloads = 0;
	return m;
}

void
msg_free(struct msg *m)
{
	if (m == NULL)
		return;
	wipe(m->bytes, m->n); /* decrypted */
	free(m);
}

struct span
msg_after(const struct msg *m, uint8_t slot)
{
	for (unsigned i = 0; i < m->n_payloads; i++) {
		const struct payload_at *at = &m->payloads[i];

		if (at->slot == slot)
			return span_from(m->chain,
			    (size_t)(at->body.p + at->body.n - m->chain.p));
	}
	return SPAN_NONE;
}

/* ---- what a row allows ---- */

static bool
group_fits(const struct xchg_def *def, const struct msg_def *row,
    const uint16_t *count, unsigned i)
{
	const struct item_def *items = &def->items[row->item];

	for (unsigned k = 0; k < row->n_items; k++)
		if (items[k].group == items[i].group &&
		    (count[k] > 0) != (count[i] > 0))
			return false;
	return true;
}

bool
msg_counts_fit(const struct xchg_def *def, const struct msg_def *row,
    const uint16_t *count, struct text *why)
{
	for (unsigned i = 0; i < row->n_items; i++) {
		const struct item_def *item = &def->items[row->item + i];
		const char *name = slot_defs[item->slot].name;

		if (count[i] < item->min || count[i] > item->max) {
			text_add(why,
			    "message %s takes %u to %u payloads %s, "
			    "not %u",
			    row->name, item->min, item->max, name, count[i]);
			return false;
		}
		if (item->group != 0 && !group_fits(def, row, count, i)) {
			text_add(why,
			    "message %s takes %s only with the "
			    "others of its group",
			    row->name, name);
			return false;
		}
	}
	return true;
}

/* ---- encoding ---- */

static void
show_payload(const struct xchg *x, const struct msg_def *row,
    const struct item_def *item, struct span body)
{
	const struct payload_def *p = payload_find(item->payload);
	TEXT(t, 1024);

	if (p == NULL || !engine_debugging(x->engine, DEBUG_EMITTING))
		return;
	p->dump(&t, body);
	xchg_debug(x, DEBUG_EMITTING, "%s: %s (%s): %s", row->name,
	    slot_defs[item->slot].name, p->name, t.p);
}

/*
 * Write the payloads of the row's items from 'first' on, chained.  Returns the
 * number of the first payload, PAYLOAD_NONE if there is none.
 */
static uint8_t
encode_items(const struct xchg *x, const struct msg_def *row, unsigned first,
    struct wr *w)
{
	size_t last = 0;
	uint8_t head = PAYLOAD_NONE;

	for (unsigned i = first; i < row->n_items; i++) {
		const struct item_def *item = &x->def->items[row->item + i];

		for (size_t k = 0; k < xchg_slot_count(x, item->slot); k++) {
			struct span body = xchg_slot(x, item->slot, k);
			size_t mark = wr_frame_begin(w, PAYLOAD_NONE);

			wr_bytes(w, body);
			wr_frame_end(w, mark);
			if (head == PAYLOAD_NONE)
				head = item->payload;
			else
				wr_patch_u8(w, last, item->payload);
			last = mark;
			show_payload(x, row, item, body);
		}
	}
	return head;
}

bool
msg_encode_after(struct xchg *x, unsigned message, uint8_t slot, struct wr *w)
{
	const struct msg_def *row = &x->def->msgs[message];

	for (unsigned i = 0; i < row->n_items; i++) {
		if (x->def->items[row->item + i].slot != slot)
			continue;
		(void)encode_items(x, row, i + 1, w);
		return !w->full;
	}
	return false;
}

/* The slots have what the row asks for; it is our mistake if not. */
static bool
slots_fit(const struct xchg *x, const struct msg_def *row)
{
	uint16_t count[MAX_ITEMS];
	TEXT(why, 200);

	if (row->n_items > MAX_ITEMS)
		return false;
	for (unsigned i = 0; i < row->n_items; i++)
		count[i] = (uint16_t)xchg_slot_count(
		    x, x->def->items[row->item + i].slot);
	if (msg_counts_fit(x->def, row, count, &why))
		return true;
	xchg_log(x, LEVEL_ERR, "internal error: cannot send %s: %s", row->name,
	    why.p);
	return false;
}

static void
encode(const struct xchg *x, const struct msg_def *row, struct wr *w)
{
	struct pl_isakmp_hdr hdr = {
	    .icookie = xchg_icookie(x),
	    .rcookie = xchg_rcookie(x),
	    .xchg = x->def->number,
	    .flags = row->encrypted ? HDR_FLAG_ENCRYPT : 0,
	    .msgid = x->msgid,
	};
	uint8_t head;

	enc_isakmp_hdr(w, &hdr);
	head = encode_items(x, row, 0, w);
	wr_patch_u8(w, HEADER_NEXT_AT, head);
}

/* Pad and encrypt what follows the header; the last block is the next IV. */
static bool
encrypt(struct xchg *x, struct wr *w)
{
	const struct suite *s = xchg_suite(x);
	struct span key = xchg_kept(x, x->def->enc_key);
	struct span iv = xchg_slot(x, x->def->iv, 0);
	uint8_t work[MAX_BLOCK];
	size_t block, n;

	if (!s->set || iv.n == 0 || iv.n > sizeof(work))
		return false;
	block = iv.n;
	n = wr_span(w).n - HEADER_LEN;
	wr_zero(w, (block - n % block) % block);
	if (w->full)
		return false;
	memcpy(work, iv.p, block);
	return x->engine->env->suite->encrypt(s->cipher, key, work,
		   w->start + HEADER_LEN, wr_span(w).n - HEADER_LEN) &&
	    xchg_slot_set(x, x->def->iv, span_of(work, block));
}

void
xchg_repeat(struct xchg *x)
{
	struct engine *e = x->engine;
	struct span datagram = secret_span(&x->last_sent);
	TEXT(t, 2 * LIMIT_DATAGRAM + 8);

	if (datagram.n == 0)
		return;
	if (engine_debugging(e, DEBUG_RAW)) {
		text_hex(&t, datagram);
		xchg_debug(
		    x, DEBUG_RAW, "sending %zu octets: %s", datagram.n, t.p);
	}
	e->stats.datagrams_out++;
	(void)e->env->send(e->env->ctx, &x->path, datagram);
}

enum status
msg_send(struct xchg *x, unsigned message)
{
	const struct msg_def *row = &x->def->msgs[message];
	uint8_t buf[LIMIT_DATAGRAM];
	struct wr w = wr_of(buf, sizeof(buf));
	bool ok;

	if (!slots_fit(x, row))
		return ST_FAIL;
	encode(x, row, &w);
	ok = !w.full && (!row->encrypted || encrypt(x, &w));
	if (ok) {
		struct span all = wr_span(&w);

		wr_patch_u32(&w, HEADER_LENGTH_AT, (uint32_t)all.n);
		secret_free(&x->last_sent);
		ok = secret_dup(&x->last_sent, wr_span(&w));
	}
	/* plaintext, if encryption failed half-way */
	wipe(w.start, (size_t)(w.p - w.start));
	if (!ok)
		return ST_FAIL;
	xchg_repeat(x);
	return ST_OK;
}
