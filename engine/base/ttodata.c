/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as text and back; see the header.  Knows nothing of who needs it. */
#include "engine/base/ttodata.h"

#include <string.h>
#include <strings.h>

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
has_prefix(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && strncasecmp((const char *)s.p, prefix, n) == 0;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
base64_digit(uint8_t c)
{
	const char *d = c == '\0' ? NULL : strchr(base64_digits, c);

	return d == NULL ? -1 : (int)(d - base64_digits);
}

/*
 * Digits of so many bits each into octets, as many as there are; '_' between
 * them is skipped.  Leftover bits must be fewer than a digit and zero.
 */
static bool
digits_to_octets(struct secret *out, struct span text, unsigned bits,
    int (*digit)(uint8_t c))
{
	uint32_t acc = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		int d = digit(text.p[i]);

		if (d < 0 && text.p[i] == '_')
			continue;
		if (d < 0)
			return false;
		acc = acc << bits | (uint32_t)d;
		have += bits;
		if (have >= 8) {
			have -= 8;
			out->p[n++] = (uint8_t)(acc >> have);
			acc &= (1u << have) - 1;
		}
	}
	out->n = n;
	return have < bits && acc == 0;
}

/* Base 64 without its padding, which must fill up the last four digits. */
static bool
strip_padding(struct span *text)
{
	size_t n = text->n;

	while (n > 0 && text->n - n < 2 && text->p[n - 1] == '=')
		n--;
	if (n < text->n && text->n % 4 != 0)
		return false;
	text->n = n;
	return true;
}

bool
ttodata(struct secret *out, struct span text)
{
	struct span digits = span_from(text, 2);
	size_t room;
	bool ok = false;

	*out = (struct secret){NULL, 0};
	if (digits.n == 0 || !secret_new(out, digits.n))
		return false;
	room = out->n;
	if (has_prefix(text, "0t")) {
		memcpy(out->p, digits.p, digits.n);
		ok = true;
	} else if (has_prefix(text, "0x")) {
		ok = digits_to_octets(out, digits, 4, hex_digit);
	} else if (has_prefix(text, "0s")) {
		ok = strip_padding(&digits) &&
		    digits_to_octets(out, digits, 6, base64_digit);
	}
	if (ok && out->n > 0)
		return true;
	out->n = room;
	secret_free(out);
	return false;
}

/* Up to three octets as four digits. */
static void
add_four(struct text *t, struct span s)
{
	uint32_t acc = 0;
	char digits[5] = "====";

	for (unsigned i = 0; i < 3; i++)
		acc = acc << 8 | (i < s.n ? s.p[i] : 0);
	for (unsigned i = 0; i <= s.n; i++)
		digits[i] = base64_digits[acc >> (18 - 6 * i) & 0x3f];
	text_add(t, "%s", digits);
}

void
text_base64(struct text *t, struct span s)
{
	for (; s.n > 0; s = span_from(s, 3))
		add_four(t, span_head(s, 3));
}
