/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The request that a command line stands for, written by generated encoders. */
#include "whack/whack.h"

#include <string.h>

#include "gen/control.gen.h"
#include "gen/enums.gen.h"
#include "gen/layout.gen.h"

enum { VALUE_MAX = 4096 }; /* octets, as the layout ctl_item says */

_Static_assert((int)CTL_END_LEFT == (int)OPTION_SIDE_LEFT &&
	(int)CTL_END_RIGHT == (int)OPTION_SIDE_RIGHT,
    "sides of a command line and ends of a request are numbered alike");

/*
 * Every item says which end it is of, so --to has said its all; %direct is the
 * default (rulings D10).
 */
static bool
is_sent(const struct option_line *l, const struct option_value *v)
{
	const struct option_def *o = &l->program->options[v->option];

	if (v->option == WHACK_NEXTHOP && strcmp(v->text, "%direct") == 0)
		return false;
	return !o->local && o->kind != OPTION_SEPARATOR;
}

static bool
add_item(struct wr *w, const struct option_line *l,
    const struct option_value *v, struct text *why)
{
	const struct option_def *o = &l->program->options[v->option];
	uint8_t buf[VALUE_MAX];
	struct wr value = wr_of(buf, sizeof(buf));
	struct pl_ctl_item item = {.option = v->option, .end = v->side};
	uint32_t number;

	if (!value_encode(&value, l, v, why))
		return false;
	if (value.full) {
		text_add(why,
		    "the value of --%s is too long: at most %d "
		    "octets can be sent",
		    o->name, VALUE_MAX);
		return false;
	}
	item.value = wr_span(&value);
	if (!option_value_check(o, item.value, &number, why))
		return false;
	enc_ctl_item(w, &item);
	return true;
}

/* Of two families only one can be meant. */
static bool
check_families(const struct option_line *l, struct text *why)
{
	static const uint8_t pairs[][2] = {
	    {WHACK_IPV4, WHACK_IPV6}, {WHACK_TUNNELIPV4, WHACK_TUNNELIPV6}};

	for (size_t i = 0; i < 2; i++) {
		if (!option_given(l, pairs[i][0]) ||
		    !option_given(l, pairs[i][1]))
			continue;
		text_add(why,
		    "--%s and --%s exclude each other: addresses of one kind "
		    "are of one family",
		    l->program->options[pairs[i][0]].name,
		    l->program->options[pairs[i][1]].name);
		return false;
	}
	return true;
}

bool
request_build(struct wr *w, const struct option_line *l, struct text *why)
{
	uint8_t buf[REQUEST_MAX];
	struct wr items = wr_of(buf, sizeof(buf));
	struct pl_ctl_msg msg = {.op = l->program->forms[l->form].op};

	if (!check_families(l, why))
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (is_sent(l, &l->v[i]) && !add_item(&items, l, &l->v[i], why))
			return false;
	msg.items = wr_span(&items);
	if (!items.full)
		enc_ctl_msg(w, &msg);
	if (items.full || w->full)
		text_add(why,
		    "the request is too long: pluto takes at most %d "
		    "octets",
		    REQUEST_MAX);
	return !items.full && !w->full;
}
