/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets of the test's own.  Without memory the program ends. */
#include "test/replay/octets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ike/suite.h"
#include "gen/algs.gen.h"
#include "test/fake/fake.h"

enum { COUNT_MAX = 70000 };

void
octets_free(struct octets *o)
{
	free(o->p);
	*o = (struct octets){NULL, 0};
}

void
octets_resize(struct octets *o, size_t n)
{
	uint8_t *p = fake_need(realloc(o->p, n > 0 ? n : 1));

	if (n > o->n)
		memset(p + o->n, 0, n - o->n);
	o->p = p;
	o->n = n;
}

void
octets_append(struct octets *o, struct span s)
{
	size_t at = o->n;

	octets_resize(o, at + s.n);
	if (s.n > 0)
		memcpy(o->p + at, s.p, s.n);
}

void
octets_set(struct octets *o, struct span s)
{
	octets_free(o);
	octets_append(o, s);
}

struct span
octets_span(const struct octets *o)
{
	return span_of(o->p, o->n);
}

bool
octets_patch(struct octets *to, size_t at, struct span v, bool flip)
{
	if (v.n == 0 || at > to->n || v.n > to->n - at)
		return false;
	for (size_t i = 0; i < v.n; i++)
		to->p[at + i] = flip ? to->p[at + i] ^ v.p[i] : v.p[i];
	return true;
}

/* ---- notation ---- */

static bool
append_hex(struct octets *o, const char *text, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		char pair[3] = {text[i], text[i + 1], '\0'};
		uint8_t v;

		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]))
			return false;
		v = (uint8_t)strtoul(pair, NULL, 16);
		octets_append(o, span_of(&v, 1));
	}
	return n > 0 && n % 2 == 0;
}

/* The prime of the group of this size, plus 'add', which is -1, 0 or 1; no
 * prime here ends in an octet that this carries over. */
static bool
append_prime(struct octets *o, size_t like, int add)
{
	for (uint8_t g = 0; g < N_GROUPS; g++) {
		if (alg_groups[g].bits != like * 8)
			continue;
		octets_append(o, suite_group(g).prime);
		if (add > 0) { /* ff…ff + 1 at the end carries */
			size_t i = o->n;

			while (++o->p[--i] == 0)
				;
		} else if (add < 0) {
			o->p[o->n - 1]--;
		}
		return true;
	}
	return false;
}

static bool
append_part(struct octets *o, const char *text, size_t n, size_t like)
{
	if (n == 1 && *text == 'p')
		return append_prime(o, like, 0);
	if (n == 3 && memcmp(text, "p-1", n) == 0)
		return append_prime(o, like, -1);
	if (n == 3 && memcmp(text, "p.1", n) == 0)
		return append_prime(o, like, 1);
	return append_hex(o, text, n);
}

bool
octets_parse(struct octets *o, const char *text, size_t like)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "*+");
		unsigned long count = 1;
		const char *part = text;

		text += n;
		if (*text == '*') {
			char *end;

			count = strtoul(text + 1, &end, 10);
			text = end;
		}
		if (count > COUNT_MAX || (*text != '\0' && *text != '+'))
			return false;
		for (unsigned long i = 0; i < count; i++)
			if (!append_part(o, part, n, like))
				return false;
		text += *text == '+';
	}
	return true;
}
