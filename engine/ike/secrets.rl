/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner of ipsec.secrets: words, strings, colons and where they stand.
 * A colon is one only before white space, so that it may be part of an IPv6
 * address.  What the tokens mean is secrets_parse.c's business.
 */
#include <string.h>

#include "engine/ike/secrets_store.h"

/* The rest of the line from p on, without the CR of a CR LF. */
static const char *
line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	if (lf == NULL)
		lf = end;
	return lf > p && lf[-1] == '\r' ? lf - 1 : lf;
}

static struct span
between(const char *from, const char *to)
{
	return span_of(from, (size_t)(to - from));
}

%%{
	machine secrets;

	blank = [ \t\r\v\f];
	char = any - blank - [\n":];
	word = (':'* char)+ '::'? | '::';

	main := |*
		'\n'	{ ps.line++; bol = te; };
		blank+;
		'#' [^\n]*;
		word {
			if (secrets_wants_line(&ps, between(ts, te))) {
				te = line_end(te, pe);
				fexec te;
			}
			secrets_token(&ps, SECRETS_WORD, between(ts, te),
			    ts == bol);
		};
		':'	{ secrets_token(&ps, SECRETS_COLON, SPAN_NONE,
			    ts == bol); };
		'"' [^"\n]* '"' {
			secrets_token(&ps, SECRETS_STRING,
			    between(ts + 1, te - 1), ts == bol);
		};
		'"' [^"\n]* {
			secrets_token(&ps, SECRETS_UNCLOSED, SPAN_NONE,
			    ts == bol);
		};
	*|;
}%%

%% write data noerror nofinal noentry;

/* Ragel's tables are of char, its counters of int. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

unsigned
secrets_add(struct secrets *s, struct span text, const char *file,
    unsigned depth, const struct secrets_source *from)
{
	struct secrets_parser ps = {
		.to = s, .from = from, .file = file, .depth = depth, .line = 1,
	};
	const char *p = (const char *)text.p, *pe, *eof, *bol = p, *ts, *te;
	int cs, act;

	if (text.n == 0)
		return 0;
	pe = eof = p + text.n;
	ps.words = text_of(ps.words_buf, sizeof(ps.words_buf));
	%% write init;
	%% write exec;
	(void)act;
	secrets_finish(&ps);
	return ps.bad;
}
