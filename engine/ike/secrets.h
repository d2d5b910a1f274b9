/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipsec.secrets: parsed from text that the caller has read, and chosen from by
 * the identities of both ends.
 */
#ifndef ENGINE_IKE_SECRETS_H
#define ENGINE_IKE_SECRETS_H

#include "engine/base/secret.h"
#include "engine/crypto/rsa.h"
#include "engine/ike/ident.h"

struct secrets;

/* What the parser needs from outside: files and names.  No I/O in here. */
struct secrets_source {
	void *ctx;
	/* 'include PATTERN' seen in file 'from': parse each match by
	 * secrets_add(). */
	bool (*include)(void *ctx, struct secrets *s, const char *pattern,
	    const char *from, unsigned depth);
	/* Look a host name up at once; false: unknown. */
	bool (*resolve)(void *ctx, const char *name, struct addr *out);
	/* One problem: "file:line: expected …, found …". */
	void (*complain)(void *ctx, const char *text);
	/* "file:line: …" of a good entry whose key is weak; may be NULL. */
	void (*warn)(void *ctx, const char *text);
};

struct secrets *secrets_new(void);    /* NULL: no memory */
void secrets_free(struct secrets *s); /* wipes */
/*
 * Parse one file's text.  A bad entry is complained about and skipped; the
 * others stay.  depth is the include nesting, at most 10.  Returns the number
 * of bad entries.
 */
unsigned secrets_add(struct secrets *s, struct span text, const char *file,
    unsigned depth, const struct secrets_source *from);
size_t secrets_count(const struct secrets *s);

/* Where an entry stands, for messages; never the secret. */
struct secret_place {
	const char *file;
	unsigned line;
	const char *indices; /* as written; "" when none */
};
/*
 * The preshared secret for us and the peer, by the rules of ipsec.secrets(5):
 * most specific wins; equals that differ give *conflict, the first is used.  A
 * peer whose type is 0 is anybody at an IPv4 address, as %any is.
 * SPAN_NONE: there is none.  *place, if not NULL, says where.
 */
struct span secrets_psk(const struct secrets *s, const struct ident *us,
    const struct ident *peer, struct secret_place *place, bool *conflict);
/*
 * The same for our private RSA key, for which an entry that lists us and others
 * fits, too.  Borrowed; NULL: there is none.
 */
struct rsa_private *secrets_rsa(const struct secrets *s, const struct ident *us,
    const struct ident *peer, struct secret_place *place, bool *conflict);
/*
 * The next RSA key behind *at, which is 0 at first, in the order of the files.
 * Borrowed; NULL: no more.  *place, if not NULL, says where.
 */
struct rsa_private *secrets_rsa_next(
    const struct secrets *s, size_t *at, struct secret_place *place);
/*
 * At most how many bits of unpredictability a preshared secret has, by its
 * length and the kinds of its characters; a word of a dictionary has fewer.
 */
unsigned secrets_strength(struct span key);

#endif
