/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help, printed from the option tables that the parser interprets. */
#include "engine/base/option.h"

#include <string.h>

enum { HELP_WIDTH = 78 };

/* A paragraph being filled. */
struct fill {
	FILE *out;
	size_t indent; /* of every line but the first */
	size_t column;
	bool blank; /* needed before the next word */
};

/* One word that must not be broken. */
static void
fill_word(struct fill *f, const char *word, size_t n)
{
	if (f->blank && f->column + 1 + n > HELP_WIDTH) {
		fprintf(f->out, "\n%*s", (int)f->indent, "");
		f->column = f->indent;
	} else if (f->blank) {
		fputc(' ', f->out);
		f->column++;
	}
	fwrite(word, 1, n, f->out);
	f->column += n;
	f->blank = true;
}

/* Text broken at blanks and newlines. */
static void
fill_text(struct fill *f, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, " \n");

		if (n > 0)
			fill_word(f, s, n);
		s += n + strspn(s + n, " \n");
	}
}

/* A paragraph that begins on a new line, at its indentation. */
static struct fill
fill_begin(FILE *out, size_t indent)
{
	fprintf(out, "%*s", (int)indent, "");
	return (struct fill){out, indent, indent, false};
}

/* "--option value", in brackets when it may be left out. */
static void
fill_option(struct fill *f, const struct option_def *o, bool needed)
{
	TEXT(t, 160);

	text_add(&t, needed ? "--%s" : "[--%s", o->name);
	if (o->metavar != NULL)
		text_add(&t, " %s", o->metavar);
	text_add(&t, needed ? "" : "]");
	fill_word(f, t.p, t.n);
}

static bool
is_needed(const struct program_def *p, uint8_t form, size_t option)
{
	const struct form_def *f = &p->forms[form];

	for (size_t i = 0; i < f->n_needs; i++)
		if (f->needs[i] == option)
			return true;
	return p->options[option].selects == form &&
	    p->options[option].word == NULL;
}

static void
fill_end(struct fill *f, const struct program_def *p, uint8_t form)
{
	for (size_t i = 0; i < p->n_options; i++)
		if (p->options[i].end && (p->options[i].forms >> form & 1) != 0)
			fill_option(f, &p->options[i], is_needed(p, form, i));
}

/* The options of a form in the order of the table; both ends around --to. */
static void
help_form(const struct program_def *p, uint8_t form, FILE *out)
{
	struct fill f = fill_begin(out, 4);

	f.indent = 8;
	fill_text(&f, p->name);
	for (size_t i = 0; i < p->n_options; i++) {
		const struct option_def *o = &p->options[i];

		if ((o->forms >> form & 1) == 0 || o->end || o->local)
			continue;
		if (o->kind == OPTION_SEPARATOR)
			fill_end(&f, p, form);
		fill_option(&f, o, is_needed(p, form, i));
		if (o->kind == OPTION_SEPARATOR)
			fill_end(&f, p, form);
	}
	fputc('\n', out);
	f = fill_begin(out, 8);
	fill_text(&f, p->forms[form].help);
	fputc('\n', out);
}

/* What every form takes. */
static void
help_local(const struct program_def *p, FILE *out)
{
	struct fill f = fill_begin(out, 4);

	fill_text(&f, "Each of them also takes");
	for (size_t i = 0; i < p->n_options; i++)
		if (p->options[i].local)
			fill_option(&f, &p->options[i], false);
	fputc('\n', out);
}

static void
help_option(const struct option_def *o, FILE *out)
{
	struct fill f;

	fprintf(out, "  --%s%s%s\n", o->name, o->metavar != NULL ? " " : "",
	    o->metavar != NULL ? o->metavar : "");
	f = fill_begin(out, 8);
	fill_text(&f, o->help);
	if (o->choices != NULL) {
		fill_text(&f, "One of:");
		for (size_t i = 0; o->choices[i] != NULL; i++)
			fill_text(&f, o->choices[i]);
	}
	if (o->has_default) {
		TEXT(t, 160);

		if (o->default_string != NULL)
			text_add(&t, "%s", o->default_string);
		else if (o->choices != NULL)
			text_add(&t, "%s", o->choices[o->default_number]);
		else
			text_add(&t, "%lu", (unsigned long)o->default_number);
		fill_text(&f, "Default:");
		fill_word(&f, t.p, t.n);
	}
	fputc('\n', out);
}

void
option_help(const struct program_def *p, FILE *out)
{
	fprintf(out, "%s - %s\n\nUsage:\n", p->name, p->title);
	if (p->n_forms == 0)
		fprintf(out, "    %s [option ...]\n", p->name);
	for (uint8_t f = 0; f < p->n_forms; f++)
		help_form(p, f, out);
	if (p->n_forms > 0)
		help_local(p, out);
	fprintf(out, "\nOptions:\n");
	for (size_t i = 0; i < p->n_options; i++)
		help_option(&p->options[i], out);
}
