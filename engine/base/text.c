/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings for people.  Nothing here allocates, and nothing fails: it cuts. */
#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

struct text
text_of(char *buf, size_t size)
{
	if (size > 0)
		buf[0] = '\0';
	return (struct text){buf, size, 0, size == 0};
}

/* Mark that something is missing, in place of the last characters. */
static void
text_cut(struct text *t)
{
	static const char dots[] = "...";
	size_t n = sizeof(dots) < t->size ? sizeof(dots) : t->size;

	t->cut = true;
	t->n = t->size - 1;
	memcpy(t->p + t->size - n, dots + sizeof(dots) - n, n);
}

void
text_vadd(struct text *t, const char *fmt, va_list ap)
{
	int n;

	if (t->cut)
		return;
	n = vsnprintf(t->p + t->n, t->size - t->n, fmt, ap);
	if (n < 0)
		t->p[t->n] = '\0';
	else if ((size_t)n >= t->size - t->n)
		text_cut(t);
	else
		t->n += (size_t)n;
}

void
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vadd(t, fmt, ap);
	va_end(ap);
}

void
text_put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->cut)
		return;
	if (n >= t->size - t->n) {
		text_add(t, "%s", s);
		return;
	}
	memcpy(t->p + t->n, s, n + 1);
	t->n += n;
}

void
text_hex(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.n && !t->cut; i++)
		text_add(t, "%02x", s.p[i]);
}

static bool
is_plain(uint8_t c)
{
	return c >= ' ' && c <= '~' && c != '\\' && c != '\'' && c != '"';
}

void
text_quoted(struct text *t, struct span s, size_t max)
{
	struct span shown = span_head(s, max);

	text_add(t, "'");
	for (size_t i = 0; i < shown.n && !t->cut; i++)
		text_add(
		    t, is_plain(shown.p[i]) ? "%c" : "\\x%02x", shown.p[i]);
	text_add(t, shown.n < s.n ? "'..." : "'");
}
