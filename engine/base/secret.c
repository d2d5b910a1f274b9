/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key material: the only memory that is overwritten before it is given back. */
#include "engine/base/secret.h"

#include <stdlib.h>
#include <string.h>

bool
secret_new(struct secret *s, size_t n)
{
	s->p = n > 0 ? calloc(1, n) : NULL;
	s->n = s->p != NULL ? n : 0;
	return s->n == n;
}

bool
secret_dup(struct secret *s, struct span from)
{
	if (!secret_new(s, from.n))
		return false;
	if (from.n > 0)
		memcpy(s->p, from.p, from.n);
	return true;
}

void
secret_free(struct secret *s)
{
	wipe(s->p, s->n);
	free(s->p);
	*s = (struct secret){NULL, 0};
}

struct span
secret_span(const struct secret *s)
{
	return span_of(s->p, s->n);
}

bool
secret_equal(struct span a, struct span b)
{
	/* volatile: the loop must not learn to stop at the first difference */
	volatile uint8_t differs = 0;

	if (a.n != b.n || a.n == 0)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differs = (uint8_t)(differs | (a.p[i] ^ b.p[i]));
	return differs == 0;
}

void
wipe(void *p, size_t n)
{
	if (n == 0)
		return;
	memset(p, 0, n);
	/* the memory counts as read here, so the memset is not a dead store */
	__asm__ volatile("" : : "r"(p) : "memory");
}
