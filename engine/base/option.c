/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser that interprets the option tables.  It knows no option by name;
 * whatever it says of one it takes from the table, so that the parser, --help
 * and the manual cannot disagree.
 */
#include "engine/base/option.h"

#include <string.h>

static const char *const side_names[] = {
    [OPTION_SIDE_NONE] = "connection",
    [OPTION_SIDE_LEFT] = "left end",
    [OPTION_SIDE_RIGHT] = "right end",
};

/* Where option_parse() is. */
struct parser {
	struct option_line *line;
	char *const *argv; /* the next word */
	uint8_t side;      /* enum option_side of the end being described */
	struct text *why;
};

/* An option as the table has it, and as it was written. */
struct found {
	const struct option_def *def;
	const char *refused; /* one that is not built, instead of def */
};

/* ---- names ------------------------------------------------------------ */

/* The n characters of name are all of full or, with prefix, begin it. */
static bool
name_fits(const char *full, const char *name, size_t n, bool prefix)
{
	return full != NULL && strncmp(full, name, n) == 0 &&
	    (prefix || full[n] == '\0');
}

/* All spellings that fit; their number, the last one in *f, and in *list. */
static unsigned
name_candidates(const struct program_def *p, const char *name, size_t n,
    bool prefix, struct found *f, struct text *list)
{
	unsigned hits = 0;

	for (size_t i = 0; i < p->n_options; i++) {
		const struct option_def *o = &p->options[i];
		bool plain = name_fits(o->name, name, n, prefix);

		if (!plain && !name_fits(o->alias, name, n, prefix))
			continue;
		*f = (struct found){o, NULL};
		text_add(list, "%s--%s", hits++ == 0 ? "" : ", ",
		    plain ? o->name : o->alias);
	}
	for (size_t i = 0; p->refused[i] != NULL; i++) {
		if (!name_fits(p->refused[i], name, n, prefix))
			continue;
		*f = (struct found){NULL, p->refused[i]};
		text_add(
		    list, "%s--%s", hits++ == 0 ? "" : ", ", p->refused[i]);
	}
	return hits;
}

/* The option that the first n characters of name, without dashes, stand for. */
static const struct option_def *
name_find(
    const struct program_def *p, const char *name, size_t n, struct text *why)
{
	struct found f = {NULL, NULL};
	TEXT(list, 400);
	unsigned hits = name_candidates(p, name, n, false, &f, &list);

	if (hits == 0)
		hits = name_candidates(p, name, n, true, &f, &list);
	if (hits == 1 && f.def != NULL)
		return f.def;
	text_add(why, "--%.*s ", (int)(n > 64 ? 64 : n), name);
	if (hits == 0)
		text_add(why, "is not an option of %s; %s --help lists them",
		    p->name, p->name);
	else if (hits > 1)
		text_add(why, "is ambiguous: %s", list.p);
	else if (strlen(f.refused) == n)
		text_add(why,
		    "is part of the manual page but not supported by "
		    "this version");
	else
		text_add(why,
		    "(--%s) is part of the manual page but not "
		    "supported by this version",
		    f.refused);
	return NULL;
}

/* ---- the command line ------------------------------------------------- */

/* A value behind '=' or as the next word; NULL: not given or not allowed. */
static bool
value_text(struct parser *p, const struct option_def *o, const char *equals,
    const char **text)
{
	*text = NULL;
	if (o->metavar == NULL) {
		if (equals != NULL)
			text_add(p->why, "--%s takes no value, found \"%.64s\"",
			    o->name, equals);
		return equals == NULL;
	}
	*text = equals != NULL ? equals + 1 : *p->argv;
	if (*text == NULL) {
		text_add(p->why, "--%s needs a value: --%s %s", o->name,
		    o->name, o->metavar);
		return false;
	}
	if (equals == NULL)
		p->argv++;
	return true;
}

static bool
check_repeat(struct parser *p, const struct option_def *o, uint8_t side)
{
	uint8_t index = (uint8_t)(o - p->line->program->options);

	if (o->repeats || option_get(p->line, index, side) == NULL)
		return true;
	text_add(p->why, "--%s is given twice", o->name);
	if (o->end)
		text_add(p->why, " for the %s; --to separates the ends",
		    side_names[side]);
	return false;
}

static bool
add_value(struct parser *p, const struct option_def *o, const char *text)
{
	struct option_line *l = p->line;
	uint8_t side = o->end ? p->side : OPTION_SIDE_NONE;
	struct option_value *v = &l->v[l->n];

	if (!check_repeat(p, o, side))
		return false;
	if (l->n == OPTION_MAX) {
		text_add(p->why, "there are more than %d options", OPTION_MAX);
		return false;
	}
	*v = (struct option_value){
	    .option = (uint8_t)(o - l->program->options),
	    .side = side,
	    .text = text,
	};
	if (!option_value_parse(o, v, p->why))
		return false;
	l->n++;
	if (o->kind == OPTION_SEPARATOR)
		p->side = OPTION_SIDE_RIGHT;
	return true;
}

/* "--initiate hq": the word is what the form needs first (rulings D8). */
static bool
bare_word(struct parser *p, const char *word)
{
	const struct option_line *l = p->line;
	const struct option_def *o;
	const struct form_def *f;

	if (l->n > 0) {
		o = &l->program->options[l->v[l->n - 1].option];
		f = &l->program->forms[o->selects];
		if (o->kind == OPTION_FLAG && o->selects != OPTION_NO_FORM &&
		    f->n_needs > 0)
			return add_value(
			    p, &l->program->options[f->needs[0]], word);
	}
	text_add(p->why, "expected an option that begins with --, found ");
	text_quoted(p->why, span_str(word), 64);
	return false;
}

static bool
parse_word(struct parser *p, const char *word)
{
	const struct option_def *o;
	const char *equals, *text;

	if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
		return bare_word(p, word);
	word += 2;
	equals = strchr(word, '=');
	o = name_find(p->line->program, word,
	    equals != NULL ? (size_t)(equals - word) : strlen(word), p->why);
	return o != NULL && value_text(p, o, equals, &text) &&
	    add_value(p, o, text);
}

bool
option_parse(struct option_line *l, const struct program_def *p,
    char *const *argv, struct text *why)
{
	struct parser ps;

	*l = (struct option_line){.program = p, .form = OPTION_NO_FORM};
	ps = (struct parser){l, argv, OPTION_SIDE_LEFT, why};
	if (*ps.argv != NULL)
		ps.argv++;
	while (*ps.argv != NULL)
		if (!parse_word(&ps, *ps.argv++))
			return false;
	return true;
}

/* ---- forms ------------------------------------------------------------ */

/* The first option given that is not part of this form; NULL: all are. */
static const struct option_def *
form_stranger(const struct option_line *l, uint8_t form)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct option_def *o =
		    &l->program->options[l->v[i].option];

		if (!o->local && (o->forms >> form & 1) == 0)
			return o;
	}
	return NULL;
}

/* The first option of the table that selects this form, or NULL. */
static const struct option_def *
form_selector(const struct option_line *l, uint8_t form)
{
	for (size_t i = 0; i < l->program->n_options; i++)
		if (l->program->options[i].selects == form)
			return &l->program->options[i];
	return NULL;
}

static void
explain_no_form(const struct option_line *l, struct text *why)
{
	const struct program_def *p = l->program;
	const char *name = NULL;

	for (size_t i = 0; i < l->n && name == NULL; i++)
		if (!p->options[l->v[i].option].local)
			name = p->options[l->v[i].option].name;
	if (name != NULL)
		text_add(why, "--%s does not say what to do", name);
	else
		text_add(why, "nothing to do");
	text_add(why, "; expected one of");
	for (uint8_t f = 0; f < p->n_forms; f++) {
		const struct option_def *o = form_selector(l, f);

		if (o != NULL)
			text_add(why, "%s --%s", f == 0 ? "" : ",", o->name);
	}
}

static void
explain_mix(const struct option_def *selector, const struct form_def *form,
    const struct option_def *stranger, struct text *why)
{
	if (stranger->selects != OPTION_NO_FORM)
		text_add(why, "--%s and --%s cannot be given together",
		    selector->name, stranger->name);
	else
		text_add(why, "--%s does not belong to --%s (form %s)",
		    stranger->name, selector->name, form->name);
}

static bool
side_missing(const struct option_line *l, uint8_t option, enum option_side side,
    struct text *why)
{
	const struct program_def *p = l->program;

	if (option_get(l, option, side) != NULL)
		return false;
	text_add(why, "%s needs --%s", p->forms[l->form].name,
	    p->options[option].name);
	if (side != OPTION_SIDE_NONE)
		text_add(
		    why, " for each end; the %s lacks it", side_names[side]);
	return true;
}

static bool
check_needs(const struct option_line *l, struct text *why)
{
	const struct form_def *f = &l->program->forms[l->form];

	for (size_t i = 0; i < f->n_needs; i++) {
		uint8_t option = f->needs[i];
		bool missing;

		if (l->program->options[option].end)
			missing =
			    side_missing(l, option, OPTION_SIDE_LEFT, why) ||
			    side_missing(l, option, OPTION_SIDE_RIGHT, why);
		else
			missing =
			    side_missing(l, option, OPTION_SIDE_NONE, why);
		if (missing)
			return false;
	}
	return true;
}

bool
option_choose_form(struct option_line *l, struct text *why)
{
	const struct option_def *o, *first = NULL;

	if (l->program->n_forms == 0)
		return true;
	for (size_t i = 0; i < l->n; i++) {
		o = &l->program->options[l->v[i].option];
		if (o->selects == OPTION_NO_FORM)
			continue;
		if (first == NULL)
			first = o;
		if (form_stranger(l, o->selects) != NULL)
			continue;
		l->form = o->selects;
		return check_needs(l, why);
	}
	if (first == NULL)
		explain_no_form(l, why);
	else
		explain_mix(first, &l->program->forms[first->selects],
		    form_stranger(l, first->selects), why);
	return false;
}

/* ---- reading the result ----------------------------------------------- */

const struct option_value *
option_get(const struct option_line *l, uint8_t option, enum option_side side)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].option == option && l->v[i].side == side)
			return &l->v[i];
	return NULL;
}

bool
option_given(const struct option_line *l, uint8_t option)
{
	return option_get(l, option, OPTION_SIDE_NONE) != NULL;
}

uint32_t
option_number(const struct option_line *l, uint8_t option)
{
	const struct option_value *v = option_get(l, option, OPTION_SIDE_NONE);

	return v != NULL ? v->number
			 : l->program->options[option].default_number;
}

const char *
option_string(const struct option_line *l, uint8_t option)
{
	const struct option_value *v = option_get(l, option, OPTION_SIDE_NONE);

	return v != NULL ? v->text : l->program->options[option].default_string;
}

bool
option_bits(
    const struct option_line *l, const struct enum_def *word, uint32_t *bits)
{
	bool given = false;

	*bits = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct option_def *o =
		    &l->program->options[l->v[i].option];

		if (o->word != word)
			continue;
		given = true;
		if (o->kind == OPTION_MASK)
			*bits = o->bit;
		else
			*bits |= o->bit;
	}
	return given;
}
