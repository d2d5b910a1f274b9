/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipsec.secrets: any octets are a file, which may include itself, and whose
 * secrets are then looked for.
 */
#include <string.h>

#include "engine/ike/secrets.h"
#include "test/fuzz/fuzz.h"

enum { INCLUDES_MAX = 8 };

struct reading {
	struct span text;
	unsigned includes, complaints;
};

static const struct secrets_source *
source_of(struct reading *r, struct secrets_source *s);

static bool
include(void *ctx, struct secrets *s, const char *pattern, const char *from,
    unsigned depth)
{
	struct reading *r = ctx;
	struct secrets_source source;

	FUZZ_CHECK(from != NULL && depth > 0 && depth <= 10);
	if (r->includes >= INCLUDES_MAX || strlen(pattern) % 4 == 3)
		return false;
	r->includes++;
	(void)secrets_add(s, r->text, pattern, depth, source_of(r, &source));
	return true;
}

static bool
resolve(void *ctx, const char *name, struct addr *out)
{
	(void)ctx;
	return name[0] == 'h' && addr_parse(out, "192.0.2.7");
}

static void
complain(void *ctx, const char *text)
{
	struct reading *r = ctx;

	FUZZ_CHECK(strchr(text, ':') != NULL && strchr(text, '\n') == NULL);
	r->complaints++;
}

/* Names the line, too, and is one line. */
static void
warn(void *ctx, const char *text)
{
	(void)ctx;
	FUZZ_CHECK(strchr(text, ':') != NULL && strchr(text, '\n') == NULL);
}

static const struct secrets_source *
source_of(struct reading *r, struct secrets_source *s)
{
	*s = (struct secrets_source){
	    .ctx = r,
	    .include = include,
	    .resolve = resolve,
	    .complain = complain,
	    .warn = warn,
	};
	return s;
}

static void
look_up(const struct secrets *s, const char *us, const char *peer)
{
	struct ident a, b;
	struct secret_place place = {0};
	struct rsa_private *rsa;
	struct span psk;
	bool conflict;
	TEXT(why, 200);

	FUZZ_CHECK(ident_parse(&a, span_str(us), &why));
	FUZZ_CHECK(ident_parse(&b, span_str(peer), &why));
	psk = secrets_psk(s, &a, &b, &place, &conflict);
	FUZZ_CHECK((psk.n == 0) == (psk.p == NULL));
	FUZZ_CHECK(psk.n == 0 ||
	    (place.file != NULL && place.line > 0 && place.indices != NULL));
	FUZZ_CHECK(psk.n != 0 || !conflict);
	rsa = secrets_rsa(s, &a, &b, &place, &conflict);
	FUZZ_CHECK(rsa != NULL || !conflict);
	FUZZ_CHECK(rsa == NULL || rsa_bits(rsa) >= RSA_MIN_BITS);
}

/* Every RSA key of the file works. */
static void
use_keys(const struct secrets *s)
{
	struct rsa_private *key;
	size_t at = 0;

	while ((key = secrets_rsa_next(s, &at, NULL)) != NULL) {
		struct span hash = SPAN_LIT("twenty octets of it.");
		struct secret sig;

		FUZZ_CHECK(rsa_sign(key, hash, &sig));
		FUZZ_CHECK(rsa_verify(
		    rsa_private_public(key), hash, secret_span(&sig)));
		secret_free(&sig);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct reading r = {.text = span_of(data, n)};
	struct secrets_source source;
	struct secrets *s = secrets_new();
	unsigned bad;

	if (s == NULL)
		return 0;
	bad = secrets_add(s, r.text, "secrets", 0, source_of(&r, &source));
	FUZZ_CHECK(bad <= r.complaints);
	look_up(s, "192.0.2.1", "192.0.2.2");
	look_up(s, "@west.example", "192.0.2.7");
	look_up(s, "root@west.example", "fd00::2");
	use_keys(s);
	secrets_free(s);
	return 0;
}
