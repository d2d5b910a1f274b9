/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Productions of the blocks that a user sees: policies, limits, and the
 * programs' options.
 */
#include "gen/parse.h"
#include "gen/specc.h"

/* ---- policies and limits ---------------------------------------------- */

/* cipher {key ","} : '3DES_CBC' or 'AES_CBC 256, 192, 128' */
static void
parse_row_cipher(struct parser *p, struct policy_row *row)
{
	row->cipher = parse_name(p, "a cipher");
	if (!parse_at_kind(p, TOKEN_NUMBER))
		return;
	do
		*VEC_PUSH(&row->key_bits) =
		    parse_number(p, "a key's bits", NULL);
	while (parse_accept(p, ","));
}

static bool
parse_policy_row(struct parser *p, struct policy *policy)
{
	struct policy_row row = {.pos = parse_here(p)};

	if (parse_accept(p, "isakmp"))
		row.kind = ROW_ISAKMP;
	else if (parse_accept(p, "esp"))
		row.kind = ROW_ESP;
	else if (parse_accept(p, "ah"))
		row.kind = ROW_AH;
	else
		return false;
	if (row.kind != ROW_AH) {
		parse_row_cipher(p, &row);
		parse_expect(p, "with");
	}
	parse_names(p, &row.hashes, "a hash");
	if (row.kind == ROW_ISAKMP && parse_expect(p, "group"))
		parse_names(p, &row.groups, "a group");
	parse_expect(p, ";");
	*VEC_PUSH(&policy->rows) = row;
	return true;
}

static void
parse_policy_word(struct parser *p, struct policy *policy)
{
	struct policy_word *w = VEC_PUSH(&policy->words);

	w->key = parse_name(p, "a row or a word of the policy");
	parse_names(p, &w->words, "a word");
	parse_expect(p, ";");
}

void
parse_policy(struct parser *p, const char *doc)
{
	struct policy *policy = gen_alloc(sizeof *policy);
	struct pos open, at;

	*VEC_PUSH(&p->spec->policies) = policy;
	policy->h.doc = doc;
	policy->h.name = parse_name(p, "the name of the policy");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open)) {
		at = parse_here(p);
		if (parse_ref(p, &policy->h.refs) ||
		    parse_policy_row(p, policy))
			continue;
		if (parse_accept(p, "default")) {
			parse_once(p, policy->is_default);
			policy->is_default = true;
			policy->default_pos = at;
			parse_expect(p, ";");
		} else {
			parse_policy_word(p, policy);
		}
	}
}

static void
parse_limit(struct parser *p, struct limits *limits)
{
	struct limit *l = VEC_PUSH(&limits->limits);

	l->doc = parse_doc(p);
	l->name = parse_name(p, "a limit");
	parse_expect(p, "=");
	l->value = parse_number(p, "a number", &l->value_pos);
	parse_expect(p, ";");
}

void
parse_limits(struct parser *p, const char *doc, struct pos keyword)
{
	struct limits *limits = gen_alloc(sizeof *limits);
	struct pos open;

	*VEC_PUSH(&p->spec->limits) = limits;
	limits->h.doc = doc;
	limits->h.name = (struct name){"limits", keyword};
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		if (!parse_ref(p, &limits->h.refs))
			parse_limit(p, limits);
}

/* ---- options ---------------------------------------------------------- */

/* Kinds without operands. */
static bool
parse_plain_kind(struct parser *p, struct option *o)
{
	static const struct {
		const char *word;
		enum option_kind kind;
	} kinds[] = {
	    {"flag", OPTION_FLAG},
	    {"address", OPTION_ADDRESS},
	    {"subnet", OPTION_SUBNET},
	    {"identity", OPTION_IDENTITY},
	    {"path", OPTION_PATH},
	    {"separator", OPTION_SEPARATOR},
	};
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (parse_accept(p, kinds[i].word)) {
			o->kind = kinds[i].kind;
			return true;
		}
	return false;
}

/* Kinds with a range in brackets. */
static bool
parse_ranged_kind(struct parser *p, struct option *o)
{
	if (parse_accept(p, "string"))
		o->kind = OPTION_STRING;
	else if (parse_accept(p, "number"))
		o->kind = OPTION_NUMBER;
	else if (parse_accept(p, "seconds"))
		o->kind = OPTION_SECONDS;
	else if (parse_accept(p, "data"))
		o->kind = OPTION_DATA;
	else
		return false;
	o->has_range = true;
	o->range = parse_bound(p);
	return true;
}

static void
parse_option_kind(struct parser *p, struct option *o)
{
	if (parse_plain_kind(p, o) || parse_ranged_kind(p, o))
		return;
	if (parse_accept(p, "bit")) {
		o->kind = OPTION_BIT;
		o->path = parse_path(p, "a bit, as in debug.RAW");
	} else if (parse_accept(p, "mask")) {
		o->kind = OPTION_MASK;
		o->path.first = parse_name(p, "a bits block");
		o->bit = parse_number(p, "the mask", NULL);
	} else if (parse_accept(p, "choice")) {
		o->kind = OPTION_CHOICE;
		o->choice = parse_name(p, "'policy'");
	} else {
		parse_fail(p,
		    "a kind of option (flag, bit, mask, string, "
		    "number, seconds, data, address, subnet, "
		    "identity, path, choice or separator)");
	}
}

static void
parse_option_default(struct parser *p, struct option *o)
{
	o->has_default = true;
	o->default_pos = parse_here(p);
	if (parse_at_kind(p, TOKEN_STRING))
		o->default_word = parse_string(p, "a default");
	else
		o->default_number =
		    parse_number(p, "a number or a string", NULL);
}

/* One property that is a single word, if one is next. */
static bool
parse_option_word(struct parser *p, struct option *o)
{
	const struct parse_word words[] = {
	    {"end", &o->end},
	    {"repeats", &o->repeats},
	    {"local", &o->local},
	};

	return parse_word(p, words, sizeof words / sizeof words[0]);
}

/* One property with operands, if one is next. */
static bool
parse_option_clause(struct parser *p, struct option *o)
{
	if (parse_accept(p, "in")) {
		parse_once(p, o->in.n > 0);
		parse_names(p, &o->in, "a form");
	} else if (parse_accept(p, "selects")) {
		parse_once(p, o->selects.text != NULL);
		o->selects = parse_name(p, "a form");
	} else if (parse_accept(p, "alias")) {
		parse_once(p, o->alias.text != NULL);
		o->alias = parse_quoted_name(p, "an option in quotes");
	} else if (parse_accept(p, "default")) {
		parse_once(p, o->has_default);
		parse_option_default(p, o);
	} else {
		return false;
	}
	return true;
}

static void
parse_option(struct parser *p, option_vec *options, const char *doc)
{
	struct option *o = VEC_PUSH(options);

	o->doc = doc;
	o->name = parse_quoted_name(p, "the option in quotes");
	parse_option_kind(p, o);
	if (parse_at_kind(p, TOKEN_STRING))
		o->metavar = parse_string(p, "a metavariable");
	while (parse_option_word(p, o) || parse_option_clause(p, o))
		;
	parse_end(p, "a property of the option");
}

void
parse_option_group(struct parser *p, const char *doc)
{
	struct option_group *g = gen_alloc(sizeof *g);
	struct pos open;

	*VEC_PUSH(&p->spec->option_groups) = g;
	g->h.doc = doc;
	g->h.name = parse_name(p, "the name of the group");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open)) {
		const char *about = parse_doc(p);

		if (parse_ref(p, &g->h.refs))
			continue;
		if (parse_expect(p, "option"))
			parse_option(p, &g->options, about);
	}
}

/* ---- programs --------------------------------------------------------- */

static void
parse_form(struct parser *p, struct program *program, const char *doc)
{
	struct form *f = VEC_PUSH(&program->forms);

	f->doc = doc;
	f->name = parse_name(p, "the name of the form");
	parse_expect(p, "=");
	f->op = parse_name(p, "an item of the enum 'ctl_op'");
	if (parse_accept(p, "needs"))
		parse_quoted_names(p, &f->needs, "an option in quotes");
	parse_end(p, "'needs'");
}

static void
parse_program_item(struct parser *p, struct program *program)
{
	const char *doc = parse_doc(p);

	if (parse_ref(p, &program->h.refs))
		return;
	if (parse_accept(p, "form")) {
		parse_form(p, program, doc);
	} else if (parse_accept(p, "option")) {
		parse_option(p, &program->options, doc);
	} else if (parse_accept(p, "include")) {
		*VEC_PUSH(&program->includes) = parse_name(p, "a group");
		parse_expect(p, ";");
	} else if (parse_accept(p, "refused")) {
		parse_quoted_names(p, &program->refused, "an option in quotes");
		parse_expect(p, ";");
	} else {
		parse_fail(p, "'form', 'option', 'include' or 'refused'");
	}
}

void
parse_program(struct parser *p, const char *doc)
{
	struct program *program = gen_alloc(sizeof *program);
	struct pos open;

	*VEC_PUSH(&p->spec->programs) = program;
	program->h.doc = doc;
	program->h.name = parse_name(p, "the name of the program");
	program->title = parse_string(p, "its title");
	if (!parse_open(p, &open))
		return;
	while (parse_more(p, open))
		parse_program_item(p, program);
}
