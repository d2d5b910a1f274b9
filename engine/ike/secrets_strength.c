/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How hard a preshared secret is to guess at best.  Who stands between the ends
 * of one negotiation can afterwards try secrets without asking anybody (RFC
 * 2409 section 5.4), so that short ones deserve a warning.
 */
#include "engine/ike/secrets.h"

enum kind { KIND_DIGIT, KIND_LOWER, KIND_UPPER, KIND_SIGN, KIND_OTHER, KINDS };

static enum kind
kind_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return KIND_DIGIT;
	if (c >= 'a' && c <= 'z')
		return KIND_LOWER;
	if (c >= 'A' && c <= 'Z')
		return KIND_UPPER;
	return c >= ' ' && c < 0x7f ? KIND_SIGN : KIND_OTHER;
}

/* Goes on like the two before it, as in "111" and "abc". */
static bool
is_sequel(struct span key, size_t i)
{
	return i >= 2 && key.p[i] - key.p[i - 1] == key.p[i - 1] - key.p[i - 2];
}

/* Eight times the logarithm to base 2, rounded down; n is 1..255. */
static unsigned
log2_times_8(unsigned n)
{
	uint64_t power = 1;
	unsigned bits = 0;

	for (unsigned i = 0; i < 8; i++)
		power *= n;
	while (power >>= 1)
		bits++;
	return bits;
}

unsigned
secrets_strength(struct span key)
{
	static const unsigned sizes[KINDS] = {10, 26, 26, 33, 160};
	bool seen[KINDS] = {false};
	unsigned alphabet = 0;
	size_t n = 0;

	for (size_t i = 0; i < key.n; i++) {
		enum kind k = kind_of(key.p[i]);

		if (!seen[k])
			alphabet += sizes[k];
		seen[k] = true;
		n += !is_sequel(key, i);
	}
	return alphabet == 0 ? 0 : (unsigned)(n * log2_times_8(alphabet) / 8);
}
