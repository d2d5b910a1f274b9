/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots in two layers.  The committed layer is what the last goto left; the
 * pending one is what the running edge has written, and hides the committed
 * values of the slots that it speaks for.
 */
#include "engine/core/internal.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
bit(unsigned slot)
{
	return (uint64_t)1 << slot;
}

static const struct value *
find(const struct slots *s, unsigned slot, size_t i)
{
	const struct value *v = s->first;

	for (; v != NULL; v = v->next)
		if (v->slot == slot && i-- == 0)
			return v;
	return NULL;
}

static size_t
count(const struct slots *s, unsigned slot)
{
	size_t n = 0;

	for (const struct value *v = s->first; v != NULL; v = v->next)
		n += v->slot == slot;
	return n;
}

static struct span
bytes_of(const struct value *v)
{
	return v == NULL ? SPAN_NONE : span_of(v->bytes, v->n);
}

/* The layer that speaks for the slot. */
static const struct slots *
layer(const struct xchg *x, unsigned slot)
{
	if (x->scratch != NULL && (x->scratch->slots.set & bit(slot)) != 0)
		return &x->scratch->slots;
	return &x->slots;
}

size_t
xchg_slot_count(const struct xchg *x, enum slot slot)
{
	return count(layer(x, slot), slot);
}

struct span
xchg_slot(const struct xchg *x, enum slot slot, size_t i)
{
	return bytes_of(find(layer(x, slot), slot, i));
}

struct span
slots_committed(const struct xchg *x, uint8_t slot, size_t i)
{
	return bytes_of(find(&x->slots, slot, i));
}

size_t
slots_committed_count(const struct xchg *x, uint8_t slot)
{
	return count(&x->slots, slot);
}

struct span
xchg_kept(const struct xchg *x, enum slot slot)
{
	if (x->def->phase == 1)
		return xchg_slot(x, slot, 0);
	return x->parent == NULL ? SPAN_NONE
				 : slots_committed(x->parent, (uint8_t)slot, 0);
}

static void
value_free(struct xchg *x, struct value *v)
{
	wipe(v->bytes, v->n);
	free(v);
	x->engine->stats.slots--;
}

void
slots_drop(struct xchg *x, struct slots *s, uint64_t mask)
{
	struct value **at = &s->first;

	while (*at != NULL) {
		struct value *v = *at;

		if ((mask & bit(v->slot)) == 0) {
			at = &v->next;
			continue;
		}
		*at = v->next;
		value_free(x, v);
	}
	s->set &= ~mask;
}

static struct value **
last(struct slots *s)
{
	struct value **at = &s->first;

	while (*at != NULL)
		at = &(*at)->next;
	return at;
}

void
slots_commit(struct xchg *x)
{
	struct slots *pending = &x->scratch->slots;

	slots_drop(x, &x->slots, pending->set);
	*last(&x->slots) = pending->first;
	x->slots.set |= pending->set;
	*pending = (struct slots){NULL, 0};
}

void
slots_clear(struct xchg *x, uint8_t slot)
{
	slots_drop(x, &x->scratch->slots, bit(slot));
	x->scratch->slots.set |= bit(slot);
}

bool
xchg_slot_add(struct xchg *x, enum slot slot, struct span body)
{
	struct value *v;

	if (x->scratch == NULL || !x->scratch->open)
		return false;
	v = malloc(sizeof(*v) + body.n);
	if (v == NULL)
		return false;
	v->next = NULL;
	v->n = body.n;
	v->slot = (uint8_t)slot;
	if (body.n > 0)
		memcpy(v->bytes, body.p, body.n);
	*last(&x->scratch->slots) = v;
	x->scratch->slots.set |= bit(slot);
	x->engine->stats.slots++;
	return true;
}

bool
xchg_slot_set(struct xchg *x, enum slot slot, struct span body)
{
	struct slots old;

	if (x->scratch == NULL || !x->scratch->open)
		return false;
	/* body may be borrowed from the very slot: drop that afterwards */
	old = x->scratch->slots;
	x->scratch->slots.first = NULL;
	if (!xchg_slot_add(x, slot, body)) {
		x->scratch->slots = old;
		return false;
	}
	slots_drop(x, &old, bit(slot));
	*last(&old) = x->scratch->slots.first;
	x->scratch->slots.first = old.first;
	return true;
}

/* The value of an attribute in the first transform of an SA payload. */
static bool
first_attribute(struct span sa_body, uint16_t attr, uint32_t *value)
{
	struct pl_sa sa;
	struct pl_p_it p;
	struct pl_t_it t;
	uint16_t notify;

	if (!dec_sa(sa_body, &sa, &notify))
		return false;
	pl_p_first(&p, sa.proposals);
	if (!p.ok)
		return false;
	pl_t_first(&t, p.item.transforms, p.item.protocol);
	return t.ok && at_find(t.item.attrs, attr, value);
}

static bool
variant_holds(const struct xchg *x, const struct variant_def *v)
{
	uint32_t value = 0;
	bool present =
	    first_attribute(xchg_slot(x, v->slot, 0), v->attr, &value);

	switch ((enum variant_test)v->test) {
	case VARIANT_PRESENT: return present;
	case VARIANT_ABSENT: return !present;
	case VARIANT_IN:
		for (unsigned i = 0; present && i < v->n_values; i++)
			if (v->values[i] == value)
				return true;
		return false;
	}
	return false;
}

bool
slots_decide_variants(struct xchg *x, uint64_t changed)
{
	uint8_t mask = x->scratch->variants, all = 0;

	for (unsigned i = 0; i < x->def->n_variants; i++) {
		const struct variant_def *v = &x->def->variants[i];
		uint8_t one = (uint8_t)(1u << i);

		all |= one;
		if ((changed & bit(v->slot)) == 0)
			continue;
		if (xchg_slot_count(x, v->slot) == 0 || variant_holds(x, v))
			mask |= one;
		else
			mask &= (uint8_t)~one;
	}
	x->scratch->variants = mask;
	return all == 0 || (mask & all) != 0;
}
