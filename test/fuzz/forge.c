/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hash of a protected message is a prf whose last operand is what it
 * protects (RFC 2409 5 and 5.5), and it is computed shortly before the message
 * is encrypted.  So the last prf is remembered, found again in the plain text,
 * and computed anew over what was changed.
 */
#include "test/fuzz/forge.h"

#include <string.h>

#include "engine/ike/suite.h"

enum { FORGERIES_MAX = 16, OPERANDS_MAX = 8192, KEY_MAX = 64, RESULT_MAX = 64 };

/* Primitives have no context; one engine at a time calls them. */
static struct {
	struct forgery asked[FORGERIES_MAX];
	size_t n_asked;
	bool happened;
	/* the last prf */
	uint8_t hash, key[KEY_MAX], operands[OPERANDS_MAX];
	uint8_t result[RESULT_MAX];
	size_t n_key, n_operands, n_last, n_result;
} seen;

static void
remember(uint8_t hash, struct span key, const struct span *parts, size_t n,
    const uint8_t *result)
{
	struct wr w = wr_of(seen.operands, sizeof(seen.operands));

	for (size_t i = 0; i < n; i++)
		wr_bytes(&w, parts[i]);
	seen.n_result = 0;
	if (w.full || n == 0 || key.n > sizeof(seen.key))
		return;
	memcpy(seen.key, key.p, key.n);
	seen.hash = hash;
	seen.n_key = key.n;
	seen.n_operands = wr_span(&w).n;
	seen.n_last = parts[n - 1].n;
	seen.n_result = suite_ops()->hash_size(hash);
	memcpy(seen.result, result, seen.n_result);
}

static bool
forge_prf(uint8_t hash, struct span key, const struct span *parts, size_t n,
    uint8_t *out)
{
	bool ok = suite_ops()->prf(hash, key, parts, n, out);

	if (ok)
		remember(hash, key, parts, n, out);
	return ok;
}

/* Where needle lies; NULL: nowhere. */
static uint8_t *
find(uint8_t *data, size_t n, struct span needle)
{
	if (needle.n == 0)
		return NULL;
	for (; n >= needle.n; data++, n--)
		if (memcmp(data, needle.p, needle.n) == 0)
			return data;
	return NULL;
}

static void
change(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < seen.n_asked; i++) {
		const struct forgery *f = &seen.asked[i];
		uint8_t *at = &p[f->at % n];

		*at = (uint8_t)((*at & f->and_with) ^ f->xor_with);
	}
}

static void
forge(uint8_t *data, size_t n)
{
	uint8_t *last = seen.operands + seen.n_operands - seen.n_last;
	uint8_t *protected = find(data, n, span_of(last, seen.n_last));
	uint8_t *result = find(data, n, span_of(seen.result, seen.n_result));
	struct span operands = span_of(seen.operands, seen.n_operands);

	if (protected == NULL || result == NULL) {
		change(data, n);
		return;
	}
	change(protected, seen.n_last);
	memcpy(last, protected, seen.n_last);
	(void)suite_ops()->prf(
	    seen.hash, span_of(seen.key, seen.n_key), &operands, 1, result);
}

static bool
forge_encrypt(
    uint8_t cipher, struct span key, uint8_t *iv, uint8_t *data, size_t n)
{
	if (seen.n_asked > 0 && n > 0) {
		forge(data, n);
		seen.happened = true;
		seen.n_asked = 0;
	}
	return suite_ops()->encrypt(cipher, key, iv, data, n);
}

const struct suite_ops *
forge_suite_ops(void)
{
	static struct suite_ops ops;

	ops = *suite_ops();
	ops.prf = forge_prf;
	ops.encrypt = forge_encrypt;
	return &ops;
}

void
forge_next(struct forgery f)
{
	if (seen.n_asked < FORGERIES_MAX)
		seen.asked[seen.n_asked++] = f;
}

void
forge_reset(void)
{
	memset(&seen, 0, sizeof(seen));
}

bool
forge_happened(void)
{
	return seen.happened;
}
