/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a datagram to pending slots: decrypt with a tentative IV, split into
 * payloads, check each, find the row of the spec that they fit.  Everything
 * that is refused here is refused with a reason and without a trace.
 */
#include "engine/core/internal.h"

#include <string.h>

enum { MAX_PADDING = 255, GENERIC_LEN = 4 };

static void
payload_name(struct text *t, uint8_t number)
{
	enum_print(t, &enum_payload, number);
}

/* ---- decryption ---- */

/* RFC 2409 appendix B.  The IV stays pending until the edge commits. */
static bool
decrypt(struct xchg *x, struct msg *m, struct text *why)
{
	const struct suite *s = xchg_suite(x);
	struct span key = SPAN_NONE, iv = SPAN_NONE;
	uint8_t work[MAX_BLOCK];
	size_t n = m->n - HEADER_LEN;

	if (x->def->iv != TABLE_NONE) {
		key = xchg_kept(x, x->def->enc_key);
		iv = xchg_slot(x, x->def->iv, 0);
	}
	if (!s->set || key.n == 0 || iv.n == 0 || iv.n > sizeof(work)) {
		text_add(why, "it is encrypted, but there is no key yet");
		return false;
	}
	if (n == 0 || n % iv.n != 0) {
		text_add(why,
		    "%zu encrypted octets are no multiple of the "
		    "cipher's block of %zu",
		    n, iv.n);
		return false;
	}
	memcpy(work, iv.p, iv.n);
	n = iv.n;
	if (!x->engine->env->suite->decrypt(s->cipher, key, work,
		m->bytes + HEADER_LEN, m->n - HEADER_LEN) ||
	    !xchg_slot_set(x, x->def->iv, span_of(work, n))) {
		text_add(why, "it could not be decrypted");
		return false;
	}
	return true;
}

/* ---- splitting (RFC 2408 3.2, 5.3) ---- */

/* One generic header and its body; number becomes that of the next payload. */
static bool
split_one(struct msg *m, struct cur *c, uint8_t *number, struct text *why)
{
	struct payload_at *at = &m->payloads[m->n_payloads];
	uint8_t next = cur_u8(c), reserved = cur_u8(c);
	uint16_t length = cur_u16(c);

	at->number = *number;
	at->slot = TABLE_NONE;
	if (c->err != 0 || length < GENERIC_LEN ||
	    length - GENERIC_LEN > (int)cur_left(c)) {
		text_add(why, "payload %u (", m->n_payloads + 1u);
		payload_name(why, *number);
		text_add(why,
		    ") does not fit: its length is %u, there are "
		    "%zu octets left",
		    length, cur_left(c));
		return false;
	}
	if (reserved != 0) {
		text_add(why, "the reserved octet of payload %u is %u, not 0",
		    m->n_payloads + 1u, reserved);
		return false;
	}
	at->body = cur_bytes(c, (size_t)length - GENERIC_LEN);
	m->n_payloads++;
	*number = next;
	return true;
}

bool
msg_split(struct msg *m, struct span chain, size_t slack, struct text *why)
{
	struct cur c = cur_of(chain);
	uint8_t number = m->hdr.next;

	while (number != PAYLOAD_NONE) {
		if (m->n_payloads == MAX_PAYLOADS) {
			text_add(why, "it has more than %u payloads",
			    (unsigned)MAX_PAYLOADS);
			return false;
		}
		if (!split_one(m, &c, &number, why))
			return false;
	}
	if (cur_left(&c) > slack) {
		text_add(
		    why, "%zu octets follow the last payload", cur_left(&c));
		return false;
	}
	m->chain = span_head(chain, chain.n - cur_left(&c));
	return true;
}

static void
show_payload(
    const struct xchg *x, const struct payload_def *p, struct span body)
{
	TEXT(t, 1024);

	if (!engine_debugging(x->engine, DEBUG_PARSING))
		return;
	p->dump(&t, body);
	xchg_debug(x, DEBUG_PARSING, "payload %s: %s", p->name, t.p);
}

/* Every payload on its own, lists and attributes included. */
static bool
check_payloads(const struct xchg *x, const struct msg *m, struct text *why)
{
	for (unsigned i = 0; i < m->n_payloads; i++) {
		const struct payload_at *at = &m->payloads[i];
		const struct payload_def *p = payload_find(at->number);
		uint16_t notify = 0;

		if (p == NULL) {
			text_add(why, "payload %u is of unknown type %u", i + 1,
			    at->number);
			return false;
		}
		if (!p->check(at->body, &notify)) {
			text_add(why, "payload %u (%s) is malformed: ", i + 1,
			    p->name);
			enum_print(why, &enum_notify, notify);
			return false;
		}
		show_payload(x, p, at->body);
	}
	return true;
}

/* ---- the row that fits ---- */

/* The item that takes the i-th payload; n_items: none. */
static unsigned
item_for(const struct xchg_def *def, const struct msg_def *row,
    const uint16_t *count, unsigned i, uint8_t number)
{
	const struct item_def *items = &def->items[row->item];

	if (i < row->n_items && items[i].leading)
		return items[i].payload == number ? i : row->n_items;
	for (unsigned k = 0; k < row->n_items; k++)
		if (!items[k].leading && items[k].payload == number &&
		    count[k] < items[k].max)
			return k;
	return row->n_items;
}

static bool
fits_row(const struct xchg_def *def, const struct msg_def *row, struct msg *m,
    struct text *why)
{
	uint16_t count[MAX_ITEMS] = {0};

	*why = text_of(why->p, why->size);
	if (row->n_items > MAX_ITEMS)
		return false;
	for (unsigned i = 0; i < m->n_payloads; i++) {
		struct payload_at *at = &m->payloads[i];
		unsigned k = item_for(def, row, count, i, at->number);

		if (k == row->n_items) {
			text_add(why, "payload %u (", i + 1);
			payload_name(why, at->number);
			text_add(why, ") has no place there in message %s",
			    row->name);
			return false;
		}
		count[k]++;
		at->slot = def->items[row->item + k].slot;
	}
	return msg_counts_fit(def, row, count, why);
}

static const struct msg_def *
expected(const struct xchg *x, const struct edge_def *edge)
{
	const struct msg_def *row = &x->def->msgs[edge->arg];

	return edge->event == EV_RECV &&
		(row->variants & x->scratch->variants) != 0
	    ? row
	    : NULL;
}

/* Does the state expect a message that is (or is not) encrypted? */
static bool
expects(const struct xchg *x, bool encrypted, struct text *why)
{
	const struct state_def *s = xchg_state(x);
	const struct msg_def *other = NULL;

	for (unsigned i = 0; i < s->n_edges; i++) {
		const struct msg_def *row =
		    expected(x, &x->def->edges[s->edge + i]);

		if (row != NULL && row->encrypted == encrypted)
			return true;
		if (row != NULL)
			other = row;
	}
	if (other == NULL)
		text_add(why, "no message is expected in this state");
	else
		text_add(why,
		    "message %s is expected, which must %sbe "
		    "encrypted",
		    other->name, encrypted ? "not " : "");
	return false;
}

static const struct edge_def *
find_edge(const struct xchg *x, struct msg *m, bool encrypted, struct text *why)
{
	const struct state_def *s = xchg_state(x);

	for (unsigned i = 0; i < s->n_edges; i++) {
		const struct edge_def *edge = &x->def->edges[s->edge + i];
		const struct msg_def *row = expected(x, edge);

		if (row != NULL && row->encrypted == encrypted &&
		    fits_row(x->def, row, m, why)) {
			m->def = row;
			return edge;
		}
	}
	return NULL;
}

/* ---- into slots ---- */

/* Slots of the row that the message leaves out are empty, not as before. */
static bool
store(struct xchg *x, const struct msg *m, struct text *why)
{
	uint64_t changed = 0;

	for (unsigned i = 0; i < m->def->n_items; i++) {
		uint8_t slot = x->def->items[m->def->item + i].slot;

		slots_clear(x, slot);
		changed |= UINT64_C(1) << slot;
	}
	for (unsigned i = 0; i < m->n_payloads; i++)
		if (!xchg_slot_add(
			x, m->payloads[i].slot, m->payloads[i].body)) {
			text_add(why, "out of memory");
			return false;
		}
	if (!slots_decide_variants(x, changed)) {
		text_add(
		    why, "its SA payload fits no variant of %s", x->def->name);
		return false;
	}
	return true;
}

/* The responder's cookie comes with the first answer. */
static void
bind_cookie(struct xchg *x, const struct msg *m)
{
	struct scratch *s = x->scratch;

	s->binds = x->role == ROLE_INITIATOR && x->def->phase == 1;
	memcpy(s->rcookie, m->hdr.rcookie.p, COOKIE_LEN);
}

const struct edge_def *
msg_accept(struct xchg *x, struct msg *m, struct text *why)
{
	bool encrypted = (m->hdr.flags & HDR_FLAG_ENCRYPT) != 0;
	const struct edge_def *edge;

	if (!expects(x, encrypted, why) || (encrypted && !decrypt(x, m, why)))
		return NULL;
	if (!msg_split(m, span_of(m->bytes + HEADER_LEN, m->n - HEADER_LEN),
		encrypted ? MAX_PADDING : 0, why) ||
	    !check_payloads(x, m, why))
		return NULL;
	edge = find_edge(x, m, encrypted, why);
	if (edge == NULL || !store(x, m, why))
		return NULL;
	bind_cookie(x, m);
	return edge;
}
