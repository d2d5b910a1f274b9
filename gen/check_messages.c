/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E401-E405: what can be said about messages and rules without looking at
 * the states, except for E401, which asks which messages meet in one state.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/diag.h"
#include "gen/specc.h"

/* ---- E401: messages of one state can be told apart --------------------- */

/* How many payloads of the type of this slot a message may have. */
static struct range
payload_count(const struct exchange *x, const struct message *m,
    const struct layout *payload)
{
	struct range count = {0, 0, m->name.pos};
	size_t i;

	for (i = 0; i < m->items.n; i++) {
		const struct item *item = &m->items.v[i];

		if (x->slots.v[item->slot].payload != payload)
			continue;
		count.lo += item->min;
		count.hi += item->max;
	}
	return count;
}

/* Is there a payload of which a always has more than b can have? */
static bool
has_more(
    const struct exchange *x, const struct message *a, const struct message *b)
{
	size_t i;

	for (i = 0; i < a->items.n; i++) {
		const struct layout *payload =
		    x->slots.v[a->items.v[i].slot].payload;

		if (payload_count(x, a, payload).lo >
		    payload_count(x, b, payload).hi)
			return true;
	}
	return false;
}

/* Is there a world in which both rows exist? */
static bool
rows_meet(
    const struct exchange *x, const struct message *a, const struct message *b)
{
	world_vec worlds = exchange_worlds(x);
	size_t i;

	for (i = 0; i < worlds.n; i++)
		if ((a->variants & worlds.v[i]) != 0 &&
		    (b->variants & worlds.v[i]) != 0)
			return true;
	return false;
}

static void
check_pair_of_rows(const struct exchange *x, const struct state *s,
    const struct message *a, const struct message *b)
{
	struct diag *d;

	if (!rows_meet(x, a, b) || has_more(x, a, b) || has_more(x, b, a))
		return;
	d = diag_at("E401", b->name.pos,
	    "'%s' cannot be told from '%s', which '%s' also receives",
	    b->name.text, a->name.text, s->name.text);
	diag_note_at(d, a->name.pos, "'%s' is here", a->name.text);
	diag_hint(d,
	    "let one of them require a payload that the other never "
	    "has");
}

static bool
state_receives(const struct state *s, const struct message *m)
{
	size_t i;

	for (i = 0; i < s->edges.n; i++)
		if (s->edges.v[i].event == EDGE_RECV &&
		    strcmp(s->edges.v[i].arg.text, m->name.text) == 0)
			return true;
	return false;
}

static void
check_state_messages(const struct exchange *x, const struct state *s)
{
	size_t i, k;

	for (i = 0; i < x->messages.n; i++) {
		const struct message *b = &x->messages.v[i];

		for (k = 0; k < i && state_receives(s, b); k++) {
			const struct message *a = &x->messages.v[k];

			if (strcmp(a->name.text, b->name.text) != 0 &&
			    state_receives(s, a))
				check_pair_of_rows(x, s, a, b);
		}
	}
}

static void
check_distinguishable(const struct exchange *x)
{
	int role;
	size_t i;

	for (role = 0; role < 2; role++)
		for (i = 0; i < x->role[role].states.n; i++)
			check_state_messages(x, &x->role[role].states.v[i]);
}

/* ---- E402: what is in the clear, and what cannot be encrypted yet ------ */

static void
check_clear(const struct exchange *x, const struct message *m)
{
	static const char *const secret[] = {"ID", "HASH", "SIG"};
	size_t i, k;

	if (x->phase != 1) {
		diag_hint(diag_at("E402", m->hdr_pos,
			      "'%s' of phase %d is not encrypted", m->name.text,
			      (int)x->phase),
		    "write 'HDR*'");
		return;
	}
	for (i = 0; i < m->items.n; i++) {
		const struct slot *s = &x->slots.v[m->items.v[i].slot];

		for (k = 0; k < sizeof secret / sizeof secret[0]; k++)
			if (slot_carries(s, secret[k]))
				diag_hint(
				    diag_at("E402", m->items.v[i].name.pos,
					"'%s' is not encrypted, but "
					"carries the %s payload '%s'",
					m->name.text, secret[k], s->name.text),
				    "write 'HDR*', or send '%s' in a "
				    "later message",
				    s->name.text);
	}
}

/* An encrypted message of phase 1: could 'key' exist when it is sent?  False
 * after a complaint; the next message would only repeat it. */
static bool
check_key_exists(
    const struct exchange *x, const struct message *m, const char *key)
{
	size_t slot = exchange_slot(x, key);
	size_t missing;
	struct diag *d;

	if (slot == CHECK_NONE || !exchange_has_formula(x, slot)) {
		diag_hint(diag_at("E402", m->hdr_pos,
			      "'%s' is encrypted, but there is no formula "
			      "for '%s'",
			      m->name.text, key),
		    "add 'formula %s = …;'", key);
		return false;
	}
	missing = message_lacks(x, m, slot);
	if (missing == CHECK_NONE)
		return true;
	d = diag_at("E402", m->hdr_pos,
	    "'%s' is encrypted, but '%s' cannot exist yet", m->name.text, key);
	diag_note_at(d, x->slots.v[missing].name.pos,
	    "it depends on '%s', which no earlier message carries",
	    x->slots.v[missing].name.text);
	diag_hint(d,
	    "write 'HDR', or declare the message that carries '%s' "
	    "before '%s'",
	    x->slots.v[missing].name.text, m->name.text);
	return false;
}

static bool
exchange_keeps(const struct exchange *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->keep.n; i++)
		if (strcmp(x->keep.v[i].text, name) == 0)
			return true;
	return false;
}

/* The first phase 1 exchange that does not keep its key; NULL if all do. */
static const struct exchange *
find_keyless(const struct spec *s)
{
	size_t i;

	for (i = 0; i < s->exchanges.n; i++)
		if (s->exchanges.v[i]->phase == 1 &&
		    !exchange_keeps(s->exchanges.v[i], "ENC_KEY"))
			return s->exchanges.v[i];
	return NULL;
}

/* An encrypted message of phase 2: the key is kept, the IV has a formula.
 * False when not, which is then so for every message. */
static bool
check_kept_key(
    const struct spec *s, const struct exchange *x, const struct message *m)
{
	const struct exchange *without = find_keyless(s);
	size_t iv = exchange_slot(x, "IV");
	struct diag *d;

	if (without != NULL) {
		d = diag_at("E402", m->hdr_pos,
		    "'%s' is encrypted, but '%s' does not keep "
		    "'ENC_KEY'",
		    m->name.text, without->h.name.text);
		diag_note_at(d, without->h.name.pos, "declared here");
		diag_hint(d, "add 'ENC_KEY' to the 'keep' of '%s'",
		    without->h.name.text);
	} else if (iv == CHECK_NONE || !exchange_has_formula(x, iv)) {
		diag_hint(diag_at("E402", m->hdr_pos,
			      "'%s' is encrypted, but there is no formula "
			      "for 'IV'",
			      m->name.text),
		    "add 'formula IV = hash(isakmp.IV | MSGID);'");
	} else {
		return true;
	}
	return false;
}

static void
check_protection(const struct spec *s, const struct exchange *x)
{
	bool keys = true;
	size_t i;

	for (i = 0; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];

		if (!m->encrypted)
			check_clear(x, m);
		else if (keys && x->phase == 1)
			keys = check_key_exists(x, m, "ENC_KEY") &&
			    check_key_exists(x, m, "IV");
		else if (keys)
			keys = check_kept_key(s, x, m);
	}
}

/* ---- E403: phase 2 begins with a hash ---------------------------------- */

static void
check_phase2_hash(const struct exchange *x)
{
	size_t i;

	for (i = 0; x->phase == 2 && i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];
		const struct item *first =
		    m->items.n > 0 ? &m->items.v[0] : NULL;

		if (first == NULL || !first->leading ||
		    !slot_carries(&x->slots.v[first->slot], "HASH"))
			diag_hint(
			    diag_at("E403",
				first != NULL ? first->name.pos : m->name.pos,
				"'%s' does not begin with a HASH "
				"payload, as phase 2 requires",
				m->name.text),
			    "write '<HASH_…>' as its first item");
		else if (!exchange_has_formula(x, first->slot))
			diag_hint(diag_at("E403", first->name.pos,
				      "'%s' begins with '%s', which has no "
				      "formula",
				      m->name.text, first->name.text),
			    "add 'formula %s = "
			    "prf(isakmp.SKEYID_a, …);'",
			    first->name.text);
	}
}

/* ---- E404: order and number of items ----------------------------------- */

static void
check_twice(const struct message *m, size_t at)
{
	const struct item *item = &m->items.v[at];
	size_t i;

	for (i = 0; i < at; i++)
		if (m->items.v[i].slot == item->slot) {
			struct diag *d = diag_at("E404", item->name.pos,
			    "'%s' is twice in '%s'", item->name.text,
			    m->name.text);

			diag_note_at(d, m->items.v[i].name.pos, "first here");
			diag_hint(d, "remove one, or declare a second slot");
			return;
		}
}

static void
check_leading(const struct message *m, size_t at)
{
	const struct item *item = &m->items.v[at];

	if (!item->leading)
		return;
	if (item->min == 0)
		diag_hint(diag_at("E404", item->name.pos,
			      "'%s' leads '%s', but is optional",
			      item->name.text, m->name.text),
		    "move it behind the '>'");
	if (at > 0 && !m->items.v[at - 1].leading)
		diag_hint(diag_at("E404", item->name.pos,
			      "'<%s>' stands behind '%s' and so does not "
			      "lead '%s'",
			      item->name.text, m->items.v[at - 1].name.text,
			      m->name.text),
		    "write the '<…>' first");
}

/* RFC 2408 4.1.1: the SA payload precedes all others. */
static void
check_sa_first(const struct exchange *x, const struct message *m, bool opening)
{
	const struct item *sa = NULL;
	struct pos at = m->name.pos;
	size_t i;

	for (i = 0; i < m->items.n && sa == NULL; i++)
		if (slot_carries(&x->slots.v[m->items.v[i].slot], "SA"))
			sa = &m->items.v[i];
	if (sa == NULL && !opening)
		return;
	if (sa != NULL && sa->leading && sa == &m->items.v[0])
		return;
	if (sa != NULL)
		at = sa->name.pos;
	diag_hint(diag_at("E404", at, "the SA payload is not first in '%s'",
		      m->name.text),
	    "write '<%s>' as its first item",
	    sa != NULL ? sa->name.text : "SAi");
}

static void
check_items(const struct exchange *x)
{
	size_t i, k;

	for (i = 0; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];

		for (k = 0; k < m->items.n; k++) {
			check_twice(m, k);
			check_leading(m, k);
		}
		if (x->phase == 1 && !m->encrypted)
			check_sa_first(x, m, i == 0);
	}
}

/* ---- E405: rules fit their messages ------------------------------------ */

/* Each row of the named message must have the slot; for 'iff' as an option. */
static void
check_rule_slot(const struct exchange *x, const struct rule *r, size_t slot,
    const struct name *message)
{
	const struct name *name = &r->slots.v[slot];
	size_t i;

	for (i = 0; i < x->messages.n; i++) {
		const struct message *m = &x->messages.v[i];
		const struct item *item;
		struct diag *d;

		if (strcmp(m->name.text, message->text) != 0)
			continue;
		item = message_item(m, r->slot_ids.v[slot]);
		if (item == NULL) {
			d = diag_at("E405", name->pos, "'%s' is not in '%s'",
			    name->text, m->name.text);
			diag_note_at(d, m->name.pos, "the message is here");
			diag_hint(d, "write '[%s]' in '%s', or drop the rule",
			    name->text, m->name.text);
		} else if (r->kind == RULE_IFF && item->min > 0) {
			d = diag_at("E405", name->pos,
			    "'%s' is always in '%s', so 'iff %s' "
			    "cannot hold",
			    name->text, m->name.text, r->other.text);
			diag_note_at(d, item->name.pos, "required here");
			diag_hint(d, "write '[%s]' in '%s'", name->text,
			    m->name.text);
		}
	}
}

static void
check_rules(const struct exchange *x)
{
	size_t i, k;

	for (i = 0; i < x->rules.n; i++) {
		const struct rule *r = &x->rules.v[i];

		for (k = 0; k < r->slots.n; k++) {
			check_rule_slot(x, r, k, &r->message);
			if (r->kind == RULE_ECHO)
				check_rule_slot(x, r, k, &r->other);
		}
	}
}

void
check_messages(const struct spec *s)
{
	size_t i;

	for (i = 0; i < s->exchanges.n; i++) {
		const struct exchange *x = s->exchanges.v[i];

		if (x->slots.n > CHECK_MAX_SLOTS) {
			diag_at("E100", x->h.name.pos,
			    "'%s' has %zu slots, values and formulas, the "
			    "tables hold %d",
			    x->h.name.text, x->slots.n, CHECK_MAX_SLOTS);
			continue;
		}
		check_distinguishable(x);
		check_protection(s, x);
		check_phase2_hash(x);
		check_items(x);
		check_rules(x);
	}
}
