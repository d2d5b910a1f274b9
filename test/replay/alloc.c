/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts; malloc() takes no context, so these are the test's only globals. */
#include "test/replay/alloc.h"

#include <stdlib.h>
#include <string.h>

static long live;
static uint64_t until_failure;
static bool failed;

static bool
refused(void)
{
	if (until_failure == 0 || --until_failure > 0)
		return false;
	failed = true;
	return true;
}

static void *
counted(void *p)
{
	live += p != NULL;
	return p;
}

void *
alloc_malloc(size_t n)
{
	return refused() ? NULL : counted(malloc(n));
}

void *
alloc_calloc(size_t n, size_t size)
{
	return refused() ? NULL : counted(calloc(n, size));
}

void *
alloc_realloc(void *p, size_t n)
{
	void *q = refused() ? NULL : realloc(p, n);

	live += p == NULL && q != NULL;
	return q;
}

void
alloc_free(void *p)
{
	live -= p != NULL;
	free(p);
}

char *
alloc_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = alloc_malloc(n);

	return p == NULL ? NULL : memcpy(p, s, n);
}

long
alloc_live(void)
{
	return live;
}

void
alloc_fail_at(uint64_t n)
{
	until_failure = n;
	if (n != 0)
		failed = false;
}

bool
alloc_has_failed(void)
{
	return failed;
}
