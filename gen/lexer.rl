/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lexer: one scan over a whole file in memory.  Comments end here, except
 * that '##' lines are handed to the token below them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/diag.h"
#include "gen/token.h"
#include "gen/vec.h"

struct lexer {
	const struct source *src;
	token_vec *out;
	const char *bol; /* begin of the current line */
	int line;
	const char *doc; /* '##' lines so far, the last on doc_line */
	int doc_line;
};

static struct pos
lex_pos(const struct lexer *lx, const char *from, const char *to)
{
	return (struct pos){ lx->src, lx->line, (int)(from - lx->bol) + 1,
			     (int)(to - from) };
}

/* Text between from and to, which leaves out quotes at the token's ends. */
static struct token *
lex_emit(struct lexer *lx, enum token_kind kind, struct pos pos,
	 const char *from, const char *to)
{
	struct token *t = VEC_PUSH(lx->out);

	t->kind = kind;
	t->pos = pos;
	t->text = gen_strndup(from, (size_t)(to - from));
	if (lx->doc_line + 1 == lx->line)
		t->doc = lx->doc;
	lx->doc = NULL;
	return t;
}

static void
lex_plain(struct lexer *lx, enum token_kind kind, const char *from,
	  const char *to)
{
	lex_emit(lx, kind, lex_pos(lx, from, to), from, to);
}

/* Milliseconds in one unit of a time, 1 for a plain number. */
static uint64_t
unit_of(const char *unit)
{
	if (strcmp(unit, "s") == 0)
		return 1000;
	if (strcmp(unit, "m") == 0)
		return 60 * 1000;
	if (strcmp(unit, "h") == 0)
		return 60 * 60 * 1000;
	return 1;
}

static void
lex_number(struct lexer *lx, enum token_kind kind, const char *from,
	   const char *to)
{
	struct pos pos = lex_pos(lx, from, to);
	struct token *t = lex_emit(lx, kind, pos, from, to);
	int base = strncmp(t->text, "0x", 2) == 0 ? 16 : 10;
	uint64_t unit;
	char *end;

	errno = 0;
	t->number = strtoull(t->text, &end, base);
	unit = unit_of(end);
	if (errno != 0 || t->number > UINT64_MAX / unit)
		diag_at("E100", pos, "number is greater than 2^64 - 1");
	else
		t->number *= unit;
}

static void
lex_doc(struct lexer *lx, const char *from, const char *to)
{
	const char *text = from + (from < to && *from == ' ' ? 1 : 0);
	int n = (int)(to - text);

	if (lx->doc != NULL && lx->doc_line + 1 == lx->line)
		lx->doc = gen_printf("%s\n%.*s", lx->doc, n, text);
	else
		lx->doc = gen_strndup(text, (size_t)n);
	lx->doc_line = lx->line;
}

static void
lex_stray(const struct lexer *lx, const char *from, const char *to)
{
	struct pos pos = lex_pos(lx, from, to);

	if (*from == '"' || *from == 'x')
		diag_at("E100", pos, "string is not closed on its line");
	else if (*from > ' ' && *from < 127)
		diag_at("E100", pos, "stray '%c'", *from);
	else
		diag_at("E100", pos, "stray byte 0x%02x",
			(unsigned)(unsigned char)*from);
}

%%{
	machine spec;

	time = digit+ ( 'ms' | 's' | 'm' | 'h' );

	main := |*
		'\n'	{ lx.line++; lx.bol = te; };
		[ \t\r]+;
		'##' [^\n]*	{ lex_doc(&lx, ts + 2, te); };
		'#' [^\n]*;
		digit+ | '0x' xdigit+
			{ lex_number(&lx, TOKEN_NUMBER, ts, te); };
		time	{ lex_number(&lx, TOKEN_TIME, ts, te); };
		[A-Za-z0-9_]+
			{ lex_plain(&lx, TOKEN_WORD, ts, te); };
		'"' [^"\n]* '"'
			{ lex_emit(&lx, TOKEN_STRING, lex_pos(&lx, ts, te),
				   ts + 1, te - 1); };
		'x"' [^"\n]* '"'
			{ lex_emit(&lx, TOKEN_HEX, lex_pos(&lx, ts, te),
				   ts + 2, te - 1); };
		'HDR*' | '->' | '=>' | '..' | [{}()<>:;,=|.] | '[' | ']'
			{ lex_plain(&lx, TOKEN_PUNCT, ts, te); };
		'x'? '"' [^"\n]*
			{ lex_stray(&lx, ts, te); };
		any	{ lex_stray(&lx, ts, te); };
	*|;
}%%

%% write data noerror nofinal noentry;

/* Ragel's tables are of char, its counters of int. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

void
lex_source(token_vec *out, const struct source *src)
{
	struct lexer lx = { .src = src, .out = out, .bol = src->text,
			    .line = 1, .doc_line = -1 };
	const char *p = src->text, *pe = p + src->n, *eof = pe, *ts, *te;
	int cs, act;

	%% write init;
	%% write exec;
	lex_plain(&lx, TOKEN_END, pe, pe);
}
