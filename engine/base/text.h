/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded string under construction, for log lines and status. */
#ifndef ENGINE_BASE_TEXT_H
#define ENGINE_BASE_TEXT_H

#include <stdarg.h>

#include "engine/base/span.h"

/* Always zero-terminated; when something does not fit it ends in "...". */
struct text {
	char *p;
	size_t size, n;
	bool cut;
};

#define TEXT(name, size)       \
	char name##_buf[size]; \
	struct text name = text_of(name##_buf, size)

struct text text_of(char *buf, size_t size);
void text_add(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_vadd(struct text *t, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* The same as text_add(t, "%s", s), at a fraction of its price. */
void text_put(struct text *t, const char *s);
/* Lower-case hexadecimal, no separators. */
void text_hex(struct text *t, struct span s);
/*
 * Bytes that a peer chose: printable ASCII as it is, everything else, quotes
 * and backslash as \xNN, in single quotes.  At most 'max' input octets.
 */
void text_quoted(struct text *t, struct span s, size_t max);

#endif
