/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the compiler.  The model lives until exit, so allocation is all
 * there is; running out ends the run with a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/vec.h"

/* Read by AddressSanitizer, if that is linked in: nothing is freed here, so
 * what it would report at exit is no leak. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void *
must(void *p)
{
	if (p == NULL) {
		fputs("specc: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

void *
gen_alloc(size_t n)
{
	return must(calloc(1, n == 0 ? 1 : n));
}

char *
gen_strndup(const char *s, size_t n)
{
	char *copy = gen_alloc(n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *
gen_vprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		fputs("specc: a message cannot be formatted\n", stderr);
		exit(1);
	}
	s = gen_alloc((size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
gen_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = gen_vprintf(fmt, ap);
	va_end(ap);
	return s;
}

void *
gen_grow(void *v, size_t n, size_t *room, size_t size)
{
	if (n == *room) {
		*room = n == 0 ? 8 : 2 * n;
		v = must(realloc(v, *room * size));
	}
	memset((char *)v + n * size, 0, size);
	return v;
}
