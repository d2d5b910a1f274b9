/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the scanner of ipsec.secrets (secrets.rl), its parser (secrets_parse.c,
 * secrets_rsa.c) and the choice of a secret (secrets_choose.c) share.
 */
#ifndef ENGINE_IKE_SECRETS_STORE_H
#define ENGINE_IKE_SECRETS_STORE_H

#include "engine/base/hash.h"
#include "engine/ike/secrets.h"

enum {
	SECRETS_DEPTH_MAX = 10,
	SECRETS_WORDS_MAX = 4096,
	SECRETS_SAFE_BITS = 80 /* of a preshared secret */
};

/* Where an entry stands in the index. */
struct secret_node {
	struct hash_node node;
	size_t entry;
};

struct secret_entry {
	struct secret key;       /* of a preshared secret, otherwise empty */
	struct rsa_private *rsa; /* of an RSA key, counted; otherwise NULL */
	struct ident *ids;       /* owned; the indices but for %any and %any6 */
	size_t n_ids;
	bool any4, any6;
	struct secret_node *nodes; /* owned; one for each id, and one more */
	char *file, *indices;      /* owned, for struct secret_place */
	unsigned line;
};
struct secrets {
	struct secret_entry *v;
	size_t n, room;
	struct hash_table index; /* of struct secret_node: secrets_choose.c */
};

/* Make the last entry of v one of those to choose from.  False: no memory. */
NODISCARD bool secrets_index_last(struct secrets *s);
/* Release what an entry owns. */
void secret_entry_fini(struct secret_entry *e);

enum secrets_token {
	SECRETS_WORD,
	SECRETS_STRING, /* without its quotes */
	SECRETS_COLON,
	SECRETS_UNCLOSED /* a quote without its partner */
};

/* One file being read. */
struct secrets_parser {
	struct secrets *to;
	const struct secrets_source *from;
	const char *file;
	unsigned depth, line;
	enum secrets_at {
		SECRETS_OUTSIDE, /* nothing begun yet */
		SECRETS_INDICES, /* before the colon */
		SECRETS_KEY,     /* behind it */
		SECRETS_PSK,     /* behind the word PSK */
		SECRETS_RSA,     /* behind the word RSA */
		SECRETS_NAME,    /* where the next number's name is due */
		SECRETS_COLON_OF_NAME,
		SECRETS_NUMBER,  /* behind that colon */
		SECRETS_INCLUDE, /* behind the word include */
		SECRETS_END,     /* complete: nothing may follow */
		SECRETS_SKIP     /* complained about already */
	} at;
	unsigned begun; /* line on which the entry begins */
	unsigned bad;   /* entries so far */
	char words_buf[SECRETS_WORDS_MAX];
	struct text words; /* indices as written */
	struct secret_entry entry;
	struct secret numbers[RSA_FIELDS]; /* of an RSA key */
	unsigned n_numbers;
};

/* The parser's side.  first_column: the token begins an entry. */
void secrets_token(struct secrets_parser *p, enum secrets_token kind,
    struct span text, bool first_column);
/* Whether this word goes on to the end of its line, as 0t... does. */
bool secrets_wants_line(const struct secrets_parser *p, struct span word);
/* The end of the file. */
void secrets_finish(struct secrets_parser *p);

/* Between the parts of the parser. */
bool secrets_is_word(struct span s, const char *word); /* in any case */
/* The entry is bad; what is left of it is skipped. */
void secrets_fail(struct secrets_parser *p, const char *text);
/* p->entry has its key: it is complete. */
void secrets_take_entry(struct secrets_parser *p);
/* It is weak: text says how. */
void secrets_warn(const struct secrets_parser *p, const char *text);
/* Is the parser behind the word RSA? */
bool secrets_in_rsa(const struct secrets_parser *p);
/* What comes next there, as in "expected …". */
void secrets_rsa_expected(const struct secrets_parser *p, struct text *t);
void secrets_rsa_token(
    struct secrets_parser *p, enum secrets_token kind, struct span text);
/* Forget the numbers. */
void secrets_rsa_fini(struct secrets_parser *p);

#endif
