/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E703: the rules by which a message is received also hold where it is sent,
 * on every path.  What a message requires of its sender without a rule is
 * E601.
 */
#include <string.h>

#include "gen/check.h"
#include "gen/vec.h"

static void
complain(struct walk *w, const struct op *op, const struct rule *r,
    const char *text, const char *hint)
{
	struct finding *f = walk_find(w, "E703", op->args.v[0].pos, "%s", text);

	if (f == NULL)
		return;
	f->note = "the receiver's rule is here";
	f->note_at = r->pos;
	f->hint = hint;
}

/* iff: the sender has set the slot in exactly these variants. */
static void
check_iff(struct walk *w, const struct op *op, const struct rule *r, size_t i)
{
	const char *slot = r->slots.v[i].text, *message = r->message.text;
	uint64_t bit = SLOT_BIT(r->slot_ids.v[i]);

	if ((r->variants & w->world) != 0 && (w->facts.set & bit) == 0)
		complain(w, op, r,
		    gen_printf("the receiver of '%s' requires '%s', which "
			       "is not set on this path",
			message, slot),
		    gen_printf("add '[%s] derive … -> %s;' before line "
			       "%d",
			r->other.text, slot, op->pos.line));
	if ((r->variants & w->world) == 0 && (w->facts.maybe & bit) != 0)
		complain(w, op, r,
		    gen_printf("the receiver of '%s' refuses '%s', which "
			       "can be set on this path",
			message, slot),
		    gen_printf("write '[%s]' before the op that sets '%s'",
			r->other.text, slot));
}

/* echo: the sender has what it received, and has not changed it. */
static void
check_echo(struct walk *w, const struct op *op, const struct rule *r, size_t i)
{
	const char *slot = r->slots.v[i].text, *message = r->message.text;
	uint64_t bit = SLOT_BIT(r->slot_ids.v[i]);

	if ((w->facts.own & bit) != 0)
		complain(w, op, r,
		    gen_printf("the receiver of '%s' wants '%s' back as "
			       "it was in '%s', but this path sets it anew",
			message, slot, r->other.text),
		    gen_printf("do not set '%s'", slot));
	else if ((w->facts.maybe & bit) == 0)
		complain(w, op, r,
		    gen_printf("the receiver of '%s' wants '%s' back as "
			       "it was in '%s', which was not received",
			message, slot, r->other.text),
		    gen_printf("send '%s' after '%s' was received", message,
			r->other.text));
}

/* Can the rule hold at all?  If not, E405 says so. */
static bool
rule_fits(const struct exchange *x, const struct rule *r,
    const struct message *row, size_t i)
{
	const struct item *item = message_item(row, r->slot_ids.v[i]);
	size_t k;

	if (item == NULL || (r->kind == RULE_IFF && item->min > 0))
		return false;
	for (k = 0; r->kind == RULE_ECHO && k < x->messages.n; k++)
		if (strcmp(x->messages.v[k].name.text, r->other.text) == 0 &&
		    message_item(&x->messages.v[k], r->slot_ids.v[i]) == NULL)
			return false;
	return true;
}

static void
rule_send(struct walk *w, const struct op *op, const struct message *row)
{
	size_t i, k;

	for (i = 0; i < w->x->rules.n; i++) {
		const struct rule *r = &w->x->rules.v[i];

		if (strcmp(r->message.text, row->name.text) != 0)
			continue;
		for (k = 0; k < r->slots.n; k++) {
			if (!rule_fits(w->x, r, row, k))
				continue;
			if (r->kind == RULE_IFF)
				check_iff(w, op, r, k);
			else
				check_echo(w, op, r, k);
		}
	}
}

void
check_sent_rules(const struct exchange *x)
{
	static const struct visitor visitor = {.send = rule_send};

	walk_exchange(x, &visitor);
}
