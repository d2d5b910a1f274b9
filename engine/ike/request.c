/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the octets of the control socket to a request whose every value is
 * known to be of its option's kind and range.  The option table of whack is
 * the only authority: what whack would not send, pluto does not take.
 */
#include "engine/ike/request.h"

#include "gen/layout.gen.h"

static const struct form_def *
form_of(uint8_t op, unsigned *index)
{
	for (unsigned i = 0; i < whack_program.n_forms; i++) {
		if (whack_program.forms[i].op != op)
			continue;
		*index = i;
		return &whack_program.forms[i];
	}
	return NULL;
}

static void
put_bits(struct request *r, const struct option_def *o, uint32_t bits)
{
	if (o->word == &enum_debug) {
		r->debug_given = true;
		if (o->kind == OPTION_MASK)
			r->bits_debug = bits;
		else
			r->bits_debug |= bits;
	} else if (o->word == &enum_goal) {
		r->bits_goal |= bits;
	}
}

/* Why this option may not be here; NULL when it may. */
static const char *
misplaced(const struct request *r, const struct option_def *o, unsigned form,
    const struct pl_ctl_item *item)
{
	if (o->local || o->kind == OPTION_SEPARATOR)
		return "is not for pluto";
	if ((o->forms & 1u << form) == 0)
		return "does not belong to this request";
	if (o->end != (item->end != CTL_END_NONE))
		return o->end ? "must say which end it is of"
			      : "is not of an end";
	if (r->v[item->end][item->option].set && !o->repeats)
		return "comes twice";
	return NULL;
}

static bool
take_item(struct request *r, const struct pl_ctl_item *item, unsigned form,
    struct text *why)
{
	const struct option_def *o;
	struct request_value *v;
	const char *misfit;

	if (item->option >= whack_program.n_options) {
		text_add(why,
		    "expected an option below %u, found number %u: "
		    "are whack and pluto of the same version?",
		    whack_program.n_options, item->option);
		return false;
	}
	o = &whack_program.options[item->option];
	misfit = misplaced(r, o, form, item);
	if (misfit != NULL) {
		text_add(why, "option --%s %s", o->name, misfit);
		return false;
	}
	v = &r->v[item->end][item->option];
	if (!option_value_check(o, item->value, &v->number, why))
		return false;
	v->set = true;
	v->bytes = item->value;
	put_bits(r, o, v->number);
	return true;
}

/* An option of an end is needed for both; the separator is not sent. */
static bool
has_needed(const struct request *r, uint8_t option)
{
	const struct option_def *o = &whack_program.options[option];

	if (o->kind == OPTION_SEPARATOR)
		return true;
	if (!o->end)
		return r->v[CTL_END_NONE][option].set;
	return r->v[CTL_END_LEFT][option].set &&
	    r->v[CTL_END_RIGHT][option].set;
}

static bool
has_all_needed(
    const struct request *r, const struct form_def *form, struct text *why)
{
	for (unsigned i = 0; i < form->n_needs; i++) {
		const struct option_def *o =
		    &whack_program.options[form->needs[i]];

		if (has_needed(r, form->needs[i]))
			continue;
		text_add(why, "form %s: expected --%s%s, which is missing",
		    form->name, o->name, o->end ? " for both ends" : "");
		return false;
	}
	return true;
}

bool
request_decode(struct request *r, struct span bytes, struct text *why)
{
	const struct form_def *form;
	struct pl_ctl_msg msg;
	struct pl_ctl_item_it it;
	uint16_t notify;
	unsigned index = 0;

	*r = (struct request){0};
	if (!dec_ctl_msg(bytes, &msg, &notify)) {
		text_add(why,
		    "expected a control message, found %zu octets "
		    "that are none: are whack and pluto of the same version?",
		    bytes.n);
		return false;
	}
	r->op = msg.op;
	form = form_of(msg.op, &index);
	if (form == NULL) {
		text_add(why, "no form of whack makes request %u", msg.op);
		return false;
	}
	for (pl_ctl_item_first(&it, msg.items); it.ok; pl_ctl_item_next(&it))
		if (!take_item(r, &it.item, index, why))
			return false;
	return has_all_needed(r, form, why);
}

uint32_t
request_number(const struct request *r, enum ctl_end end, enum whack_option o)
{
	const struct request_value *v = &r->v[end][o];

	return v->set ? v->number : whack_program.options[o].default_number;
}
