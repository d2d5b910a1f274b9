/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one renderer of diagnostics.  Every stage of the compiler only collects;
 * main prints at the end, so that order does not depend on the order in which
 * checks happen to run.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen/diag.h"
#include "gen/vec.h"

enum { DIAG_MAX_SHOWN = 20 };

struct diag_text {
	struct pos at; /* src NULL: no place */
	const char *text;
};
struct diag {
	const char *id;
	struct diag_text what;
	VEC(struct diag_text) notes;
	const char *hint;
	size_t seq;
};

/* The sink of the whole run, as a log would be: the one mutable object of
 * file scope in the compiler. */
static struct {
	VEC(struct diag *) all;
	unsigned errors, warnings;
	bool werror;
} sink;

struct diag *
diag_at(const char *id, struct pos at, const char *fmt, ...)
{
	struct diag *d = gen_alloc(sizeof *d);
	va_list ap;

	d->id = id;
	d->what.at = at;
	va_start(ap, fmt);
	d->what.text = gen_vprintf(fmt, ap);
	va_end(ap);
	d->seq = sink.all.n;
	*VEC_PUSH(&sink.all) = d;
	if (id[0] == 'W')
		sink.warnings++;
	else
		sink.errors++;
	return d;
}

void
diag_note_at(struct diag *d, struct pos at, const char *fmt, ...)
{
	struct diag_text *note = VEC_PUSH(&d->notes);
	va_list ap;

	note->at = at;
	va_start(ap, fmt);
	note->text = gen_vprintf(fmt, ap);
	va_end(ap);
}

void
diag_note(struct diag *d, const char *fmt, ...)
{
	struct diag_text *note = VEC_PUSH(&d->notes);
	va_list ap;

	va_start(ap, fmt);
	note->text = gen_vprintf(fmt, ap);
	va_end(ap);
}

void
diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->hint = gen_vprintf(fmt, ap);
	va_end(ap);
}

void
diag_werror(void)
{
	sink.werror = true;
}

unsigned
diag_errors(void)
{
	return sink.errors + (sink.werror ? sink.warnings : 0);
}

static int
compare_int(int a, int b)
{
	return (a > b) - (a < b);
}

static int
compare_pos(struct pos a, struct pos b)
{
	if (a.src != b.src)
		return a.src == NULL ? -1
		    : b.src == NULL  ? 1
				     : compare_int(a.src->order, b.src->order);
	if (a.line != b.line)
		return compare_int(a.line, b.line);
	return compare_int(a.col, b.col);
}

static int
compare_diag(const void *a, const void *b)
{
	const struct diag *x = *(struct diag *const *)a;
	const struct diag *y = *(struct diag *const *)b;
	int r = compare_pos(x->what.at, y->what.at);

	return r != 0 ? r : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Columns are shown as in an editor: a tab goes to the next multiple of 8. */
static int
next_column(int col, char c)
{
	return c == '\t' ? (col / 8 + 1) * 8 : col + 1;
}

/* The source line with tabs expanded, then a caret under the token. */
static void
print_excerpt(FILE *out, struct pos at)
{
	const char *p = at.src->text, *end = p + at.src->n;
	int i, shown = 0, caret = 0, tail = at.len;

	for (i = 1; i < at.line; i++)
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	fprintf(out, "%6d | ", at.line);
	for (i = 1; p < end && *p != '\n'; i++, p++) {
		int next = next_column(shown, *p);

		if (i == at.col)
			caret = shown;
		if (*p == '\t')
			fprintf(out, "%*s", next - shown, "");
		else
			fputc(*p, out);
		shown = next;
	}
	if (i <= at.col)
		caret = shown;
	fprintf(out, "\n       | %*s^", caret, "");
	while (--tail > 0)
		fputc('~', out);
	fputc('\n', out);
}

struct look {
	const char *word, *on, *off; /* "error", terminal sequences or "" */
};

static void
print_text(
    FILE *out, struct look look, const struct diag_text *t, const char *id)
{
	if (t->at.src != NULL)
		fprintf(
		    out, "%s:%d:%d: ", t->at.src->path, t->at.line, t->at.col);
	else if (id != NULL)
		fputs("specc: ", out);
	fprintf(out, "%s%s:%s %s", look.on, look.word, look.off, t->text);
	if (id != NULL)
		fprintf(out, " [%s]", id);
	fputc('\n', out);
	if (t->at.src != NULL)
		print_excerpt(out, t->at);
}

static void
print_one(FILE *out, const struct diag *d, bool colour)
{
	bool error = d->id[0] != 'W' || sink.werror;
	struct look look = {error ? "error" : "warning",
	    !colour     ? ""
		: error ? "\033[1;31m"
			: "\033[1;35m",
	    colour ? "\033[0m" : ""};
	struct look note = {"note", "", ""};
	size_t i;

	print_text(out, look, &d->what, d->id);
	for (i = 0; i < d->notes.n; i++)
		print_text(out, note, &d->notes.v[i], NULL);
	if (d->hint != NULL)
		fprintf(out, "hint: %s\n", d->hint);
}

void
diag_print(FILE *out, bool colour)
{
	size_t i;

	if (sink.all.n > 0)
		qsort(sink.all.v, sink.all.n, sizeof *sink.all.v, compare_diag);
	for (i = 0; i < sink.all.n && i < DIAG_MAX_SHOWN; i++)
		print_one(out, sink.all.v[i], colour);
	if (i < sink.all.n)
		fprintf(out, "specc: and %zu more\n", sink.all.n - i);
}

void
diag_reset(void)
{
	memset(&sink, 0, sizeof sink);
}
