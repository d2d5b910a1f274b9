/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --man: parts of the manual pages in mdoc, so that they cannot disagree with
 * the programs: "exchanges", "codes", "policies", and "NAME-options"
 * for each program.
 */
#include "gen/emit_table.h"

#include <inttypes.h>
#include <string.h>

/* Text as mdoc: a line for each sentence, no control lines, no escapes. */
static void
man_text(FILE *out, const char *text)
{
	bool fresh = true;

	for (const char *p = text; p != NULL && *p != '\0'; p++) {
		bool ends = *p == '\n' ||
		    (p > text && p[-1] == '.' && *p == ' ' && p[1] == ' ');

		if (fresh && *p == ' ')
			continue;
		if (fresh && (*p == '.' || *p == '\''))
			fputs("\\&", out);
		fresh = ends;
		if (*p == '\\')
			fputs("\\e", out);
		else
			fputc(ends ? '\n' : *p, out);
	}
	if (!fresh)
		fputc('\n', out);
}

/* ---- options ------------------------------------------------------------- */

static void
man_option_head(FILE *out, const struct option *o)
{
	const char *metavar = emit_metavar(o);

	fprintf(out, ".It Fl -%s", o->name.text);
	if (metavar != NULL)
		fprintf(out, " Ar %s", metavar);
	fprintf(out, "\n");
}

static void
man_default(FILE *out, const struct option *o)
{
	if (!o->has_default)
		return;
	if (o->default_word != NULL)
		fprintf(out, "The default is\n.Li %s .\n", o->default_word);
	else
		fprintf(out, "The default is %" PRIu64 "%s.\n",
		    o->default_number,
		    o->kind == OPTION_SECONDS ? " seconds" : "");
}

static void
man_option(FILE *out, const struct option *o)
{
	man_option_head(out, o);
	man_text(out, o->doc);
	man_default(out, o);
	if (o->has_range &&
	    (o->kind == OPTION_NUMBER || o->kind == OPTION_SECONDS))
		fprintf(out, "From %" PRIu64 " to %" PRIu64 ".\n", o->range.lo,
		    o->range.hi);
	if (o->repeats && o->kind != OPTION_BIT && o->kind != OPTION_MASK)
		fprintf(out, "May be given more than once.\n");
}

/* page is the program's name and "-options". */
static bool
man_options(FILE *out, const struct spec *s, const char *page)
{
	for (size_t i = 0; i < s->programs.n; i++) {
		const struct program *p = s->programs.v[i];
		size_t n = strlen(p->h.name.text);

		if (strncmp(page, p->h.name.text, n) != 0 ||
		    strcmp(page + n, "-options") != 0)
			continue;
		fprintf(out, ".Bl -tag -width Ds\n");
		for (size_t k = 0; k < p->options.n; k++)
			man_option(out, &p->options.v[k]);
		fprintf(out, ".El\n");
		return true;
	}
	return false;
}

/* ---- codes --------------------------------------------------------------- */

static bool
man_codes(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->enums.n; i++) {
		const struct enum_block *b = s->enums.v[i];

		if (strcmp(b->h.name.text, "rc") != 0)
			continue;
		fprintf(out, ".Bl -tag -width 200+n -compact\n");
		for (size_t k = 0; k < b->items.n; k++) {
			const struct enum_item *t = &b->items.v[k];

			fprintf(out, ".It Li %" PRIu64 "\n", t->value);
			man_text(out, t->text != NULL ? t->text : t->name.text);
		}
		fprintf(out, ".El\n");
		return true;
	}
	return false;
}

/* ---- policies ------------------------------------------------------------ */

static void
man_names(FILE *out, const char *before, const name_vec *names)
{
	for (size_t i = 0; i < names->n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : before, names->v[i].text);
}

static void
man_row(FILE *out, const struct policy_row *r)
{
	static const char *const kinds[] = {
	    [ROW_ISAKMP] = "ISAKMP",
	    [ROW_ESP] = "ESP",
	    [ROW_AH] = "AH",
	};

	fprintf(out, ".It\n%s:", kinds[r->kind]);
	if (r->cipher.text != NULL)
		fprintf(out, " %s", r->cipher.text);
	for (size_t i = 0; i < r->key_bits.n; i++)
		fprintf(
		    out, "%s%" PRIu64, i > 0 ? ", " : " ", r->key_bits.v[i]);
	man_names(out, r->kind == ROW_AH ? " " : "\nwith ", &r->hashes);
	man_names(out, r->groups.n == 1 ? ", group " : ", groups ", &r->groups);
	fprintf(out, "\n");
}

static bool
man_policies(FILE *out, const struct spec *s)
{
	fprintf(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < s->policies.n; i++) {
		const struct policy *p = s->policies.v[i];

		fprintf(out, ".It Cm %s\n", p->h.name.text);
		man_text(out, p->h.doc);
		fprintf(out, ".Bl -bullet -compact\n");
		for (size_t k = 0; k < p->rows.n; k++)
			man_row(out, &p->rows.v[k]);
		fprintf(out, ".El\n");
		if (emit_policy_word(p, "notify", "errors"))
			fprintf(out, "Errors are notified to the peer.\n");
		for (size_t k = 0; k < p->words.n; k++) {
			if (strcmp(p->words.v[k].key.text, "notify") == 0)
				continue;
			fprintf(out, "%s Delete for:",
			    strcmp(p->words.v[k].key.text, "send_delete") == 0
				? "Sends"
				: "Obeys");
			man_names(out, " ", &p->words.v[k].words);
			fprintf(out, ".\n");
		}
	}
	fprintf(out, ".El\n");
	return true;
}

/* ---- exchanges ----------------------------------------------------------- */

static void
man_state(FILE *out, const struct low_state *l)
{
	const struct state *s = l->state;

	fprintf(out, ".It Li %s", s->name.text);
	if (s->has_number)
		fprintf(out, " Pq %" PRIu64, s->number);
	fprintf(out, "\n%s.\n", s->story);
	if (s->has_retransmit)
		fprintf(out,
		    "%s is sent again after %s, at most %" PRIu64
		    " times, each time after twice as long.\n",
		    s->retransmit.text, table_time(s->every_ms), s->times);
	if (s->has_resend)
		fprintf(out,
		    "A repeat of the peer's message is answered by %s "
		    "again, at most %" PRIu64 " times.\n",
		    s->resend.text, s->resend_times);
	if (s->has_deadline)
		fprintf(
		    out, "Given up after %s.\n", table_time(s->deadline_ms));
}

static void
man_exchange(FILE *out, const struct low_exchange *lx)
{
	fprintf(out, ".Ss %s\n", lx->x->h.name.text);
	man_text(out, lx->x->h.doc);
	fprintf(out, "Exchange type %" PRIu64 ", phase %" PRIu64 "; %s.\n",
	    lx->x->number, lx->x->phase, emit_refs(&lx->x->h.refs));
	fprintf(out, ".Bd -literal\n");
	table_ladders(out, lx, "");
	fprintf(out,
	    ".Ed\n.Pp\nStates, with their numbers in messages:\n"
	    ".Bl -tag -width Ds\n");
	for (enum role role = ROLE_I; role <= ROLE_R; role++)
		for (size_t i = 0; i < lx->states[role].n; i++)
			man_state(out, &lx->states[role].v[i]);
	fprintf(out, ".El\n");
}

static bool
man_exchanges(FILE *out, const struct spec *s)
{
	const struct lowered *low = lower_spec(s);

	for (size_t i = 0; i < low->exchanges.n; i++)
		man_exchange(out, low->exchanges.v[i]);
	return true;
}

bool
emit_man(FILE *out, const struct spec *s, const char *page)
{
	static const struct {
		const char *name;
		bool (*print)(FILE *out, const struct spec *s);
	} pages[] = {
	    {"exchanges", man_exchanges},
	    {"codes", man_codes},
	    {"policies", man_policies},
	};
	struct spec o = emit_order(s);

	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(pages[i].name, page) == 0)
			return pages[i].print(out, &o);
	return man_options(out, &o, page);
}
