/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of ipsec.secrets out of the scanner's tokens.  Nothing from behind
 * the colon is ever shown in a complaint, nor looked up as a host name; and
 * since the colon may have been forgotten, indices are looked at only when it
 * has been seen.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/ttodata.h"
#include "engine/ike/secrets_store.h"

enum { WORD_MAX = 255 };

bool
secrets_is_word(struct span s, const char *word)
{
	return s.n == strlen(word) &&
	    strncasecmp((const char *)s.p, word, s.n) == 0;
}

static bool
has_prefix(struct span s, const char *prefix)
{
	return secrets_is_word(span_head(s, strlen(prefix)), prefix);
}

static void
complain(struct secrets_parser *p, unsigned line, const char *text)
{
	TEXT(out, 1024);

	text_add(&out, "%s:%u: %s", p->file, line, text);
	p->from->complain(p->from->ctx, out.p);
}

void
secrets_warn(const struct secrets_parser *p, const char *text)
{
	TEXT(out, 1024);

	if (p->from->warn == NULL)
		return;
	text_add(&out, "%s:%u: %s", p->file, p->begun, text);
	p->from->warn(p->from->ctx, out.p);
}

void
secrets_fail(struct secrets_parser *p, const char *text)
{
	complain(p, p->line, text);
	p->bad++;
	p->at = SECRETS_SKIP;
}

/* ---- indices ----------------------------------------------------------- */

static bool
add_ident(struct secret_entry *e, const struct ident *id)
{
	struct ident *ids = realloc(e->ids, (e->n_ids + 1) * sizeof(*ids));

	if (ids == NULL)
		return false;
	ids[e->n_ids] = *id;
	e->ids = ids;
	e->n_ids++;
	return true;
}

/* Letters, digits, hyphens and dots: worth asking the resolver. */
static bool
is_host_name(const char *s)
{
	return s[0] != '-' &&
	    s[strspn(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] == '\0';
}

static bool
host_ident(const struct secrets_parser *p, const char *name, struct ident *id)
{
	struct addr a;

	if (!is_host_name(name) || !p->from->resolve(p->from->ctx, name, &a))
		return false;
	*id = ident_of_addr(&a);
	return true;
}

/* One index as written.  False: complained. */
static bool
take_index(struct secrets_parser *p, const char *word)
{
	struct secret_entry *e = &p->entry;
	struct ident id;
	struct addr a = {0};
	TEXT(why, 200);

	if (strcmp(word, "%any6") == 0) {
		e->any6 = true;
		return true;
	}
	if (strcmp(word, "%any") == 0) {
		e->any4 = true;
		return true;
	}
	if (!ident_parse(&id, span_str(word), &why) &&
	    !host_ident(p, word, &id)) {
		TEXT(text, 600);

		text_add(&text,
		    "expected an index (IP address, @FQDN, "
		    "user@FQDN, %%any, %%any6 or a host name that can be "
		    "looked up), found ");
		text_quoted(&text, span_str(word), 80);
		secrets_fail(p, text.p);
		return false;
	}
	if (ident_addr(&id, &a) && addr_is_any(&a)) {
		*(a.family == ADDR_V4 ? &e->any4 : &e->any6) = true;
		return true;
	}
	if (add_ident(e, &id))
		return true;
	secrets_fail(p, "out of memory");
	return false;
}

/* All indices, now that the colon says that they are some. */
static bool
take_indices(struct secrets_parser *p)
{
	const char *s = p->words.p;

	if (p->words.cut) {
		secrets_fail(p,
		    "expected fewer indices: at most 4000 octets "
		    "in one entry");
		return false;
	}
	while (*s != '\0') {
		char word[WORD_MAX + 1];
		size_t n = strcspn(s, " ");

		if (n > WORD_MAX) {
			secrets_fail(p,
			    "expected an index of at most 255 "
			    "octets, found a longer one");
			return false;
		}
		memcpy(word, s, n);
		word[n] = '\0';
		if (!take_index(p, word))
			return false;
		s += n + (s[n] == ' ');
	}
	return true;
}

static void
index_token(struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	switch (kind) {
	case SECRETS_WORD:
		if (secrets_is_word(text, "PSK") ||
		    secrets_is_word(text, "RSA"))
			secrets_fail(p, "expected ':' before the kind of key");
		else if (memchr(text.p, '\0', text.n) != NULL)
			secrets_fail(p, "expected text, found a zero octet");
		else
			text_add(&p->words, "%s%.*s", p->words.n > 0 ? " " : "",
			    (int)text.n, (const char *)text.p);
		return;
	case SECRETS_COLON:
		if (take_indices(p))
			p->at = SECRETS_KEY;
		return;
	case SECRETS_STRING: /* old form: the colon is left out */
	case SECRETS_UNCLOSED:
		if (!take_indices(p))
			return;
		p->at = SECRETS_PSK;
		secrets_token(p, kind, text, false);
		return;
	}
}

/* ---- keys -------------------------------------------------------------- */

static bool
store_entry(struct secrets *s, struct secret_entry *e)
{
	struct secret_entry *v = s->v;

	if (s->n == s->room) {
		size_t room = s->room == 0 ? 8 : s->room * 2;

		v = realloc(v, room * sizeof(*v));
		if (v == NULL)
			return false;
		s->v = v;
		s->room = room;
	}
	v[s->n++] = *e;
	if (!secrets_index_last(s)) {
		*e = v[--s->n]; /* it is the caller's again */
		return false;
	}
	*e = (struct secret_entry){0};
	return true;
}

void
secrets_take_entry(struct secrets_parser *p)
{
	struct secret_entry *e = &p->entry;

	e->line = p->begun;
	e->file = strdup(p->file);
	e->indices = strdup(p->words.p);
	if (e->file == NULL || e->indices == NULL || !store_entry(p->to, e))
		secrets_fail(p, "out of memory");
	else
		p->at = SECRETS_END;
}

static void
take_psk(struct secrets_parser *p)
{
	if (secrets_strength(secret_span(&p->entry.key)) < SECRETS_SAFE_BITS)
		secrets_warn(p,
		    "this preshared secret is weak: by its length "
		    "and its kinds of characters it has less than 80 bits, and "
		    "who meddles with one negotiation can try them all at "
		    "home; take 20 random characters or more");
	secrets_take_entry(p);
}

static void
data_token(struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	struct secret *key = &p->entry.key;

	if (kind == SECRETS_UNCLOSED)
		secrets_fail(p,
		    "expected a closing quote on the same line, "
		    "found its end");
	else if (kind == SECRETS_STRING && text.n == 0)
		secrets_fail(p,
		    "expected a preshared secret, found an empty "
		    "string");
	else if (kind == SECRETS_STRING
		? secret_dup(key, text)
		: kind == SECRETS_WORD && ttodata(key, text))
		take_psk(p);
	else
		secrets_fail(p,
		    "expected the secret as a quoted string, or as "
		    "data that begins with 0x, 0s or 0t; found something "
		    "else (not shown)");
}

static void
key_token(struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	if (kind == SECRETS_WORD && secrets_is_word(text, "PSK")) {
		p->at = SECRETS_PSK;
	} else if (kind == SECRETS_WORD && secrets_is_word(text, "RSA")) {
		p->at = SECRETS_RSA;
	} else {
		data_token(p, kind, text);
	}
}

/* ---- entries ----------------------------------------------------------- */

static void
include_token(
    struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	char pattern[WORD_MAX + 1];

	p->at = SECRETS_END;
	if (kind != SECRETS_WORD || text.n > WORD_MAX ||
	    memchr(text.p, '\0', text.n) != NULL) {
		secrets_fail(p,
		    "expected the name of the file to include, "
		    "without quotes and white space");
		return;
	}
	if (p->depth >= SECRETS_DEPTH_MAX) {
		secrets_fail(p,
		    "expected at most 10 levels of include: does a "
		    "file include itself?");
		return;
	}
	memcpy(pattern, text.p, text.n);
	pattern[text.n] = '\0';
	if (!p->from->include(
		p->from->ctx, p->to, pattern, p->file, p->depth + 1)) {
		TEXT(why, 400);

		text_add(&why,
		    "expected readable files to include, "
		    "found none for ");
		text_quoted(&why, text, WORD_MAX);
		secrets_fail(p, why.p);
	}
}

/* What a token would have to bring next; nothing: the entry may end here. */
static void
say_expected(const struct secrets_parser *p, struct text *t)
{
	switch (p->at) {
	case SECRETS_INDICES: text_add(t, "':' and a key"); return;
	case SECRETS_KEY:
	case SECRETS_PSK: text_add(t, "a key"); return;
	case SECRETS_RSA:
	case SECRETS_NAME:
	case SECRETS_COLON_OF_NAME:
	case SECRETS_NUMBER: secrets_rsa_expected(p, t); return;
	case SECRETS_INCLUDE:
		text_add(t, "the name of the file to include");
		return;
	case SECRETS_OUTSIDE:
	case SECRETS_END:
	case SECRETS_SKIP: return;
	}
}

static void
finish_entry(struct secrets_parser *p)
{
	TEXT(missing, 120);
	TEXT(text, 240);

	say_expected(p, &missing);
	if (missing.n > 0) {
		text_add(&text,
		    "expected %s, found the end of the entry "
		    "(are its further lines indented?)",
		    missing.p);
		complain(p, p->begun, text.p);
		p->bad++;
	}
	secret_entry_fini(&p->entry);
	secrets_rsa_fini(p);
}

/* True: the token was the word include. */
static bool
begin_entry(struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	finish_entry(p);
	p->words = text_of(p->words_buf, sizeof(p->words_buf));
	p->begun = p->line;
	p->at = SECRETS_INDICES;
	if (kind != SECRETS_WORD || !span_equal(text, SPAN_LIT("include")))
		return false;
	p->at = SECRETS_INCLUDE;
	return true;
}

void
secrets_token(struct secrets_parser *p, enum secrets_token kind,
    struct span text, bool first_column)
{
	if (first_column && secrets_in_rsa(p) &&
	    span_equal(text, SPAN_LIT("}"))) {
		secrets_fail(p,
		    "expected the closing brace of an RSA "
		    "key to be indented, found it in the first column");
		return;
	}
	if (first_column && begin_entry(p, kind, text))
		return;
	switch (p->at) {
	case SECRETS_OUTSIDE:
		secrets_fail(p,
		    "expected an entry or include in the first "
		    "column, found indented text");
		return;
	case SECRETS_INDICES: index_token(p, kind, text); return;
	case SECRETS_KEY: key_token(p, kind, text); return;
	case SECRETS_PSK: data_token(p, kind, text); return;
	case SECRETS_RSA:
	case SECRETS_NAME:
	case SECRETS_COLON_OF_NAME:
	case SECRETS_NUMBER: secrets_rsa_token(p, kind, text); return;
	case SECRETS_INCLUDE: include_token(p, kind, text); return;
	case SECRETS_END:
		secrets_fail(p,
		    "expected the end of the entry behind its key, "
		    "found something else (not shown)");
		return;
	case SECRETS_SKIP: return;
	}
}

bool
secrets_wants_line(const struct secrets_parser *p, struct span word)
{
	return (p->at == SECRETS_KEY || p->at == SECRETS_PSK ||
		   p->at == SECRETS_NUMBER) &&
	    has_prefix(word, "0t");
}

void
secrets_finish(struct secrets_parser *p)
{
	finish_entry(p);
}
