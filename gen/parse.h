/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the parser share: the token stream and the productions
 * that occur in every kind of block.  Recursive descent, one function for each
 * production of the grammar in pluto-spec(5).
 *
 * After an error the parser panics: nothing matches and nothing is consumed
 * or reported until the innermost block skips to the end of the item, so that
 * one mistake gives one message and the next item is parsed as usual.
 */
#ifndef GEN_PARSE_H
#define GEN_PARSE_H

#include "gen/model.h"
#include "gen/token.h"

struct parser {
	struct spec *spec;
	token_vec tokens;
	size_t at;
	bool panic;
};

/* ---- tokens ----------------------------------------------------------- */

/* Is the current token this word or this punctuation? */
bool parse_at(const struct parser *p, const char *text);
bool parse_at_kind(const struct parser *p, enum token_kind kind);
/* The token after the current one. */
const struct token *parse_ahead(const struct parser *p);
/* Where the current token stands, and the '##' lines above it or NULL. */
struct pos parse_here(const struct parser *p);
const char *parse_doc(const struct parser *p);

/* Consume text if it is there. */
bool parse_accept(struct parser *p, const char *text);
/* Consume text, or fail. */
bool parse_expect(struct parser *p, const char *text);
/* Report 'expected <what>, found <the current token>' and panic. */
void parse_fail(struct parser *p, const char *what);

/* E101 if what the word just consumed says was said before. */
void parse_once(const struct parser *p, bool before);
/* One of n properties that are single words, if one is next. */
struct parse_word {
	const char *word;
	bool *set; /* becomes true; E101 if it was */
};
bool parse_word(struct parser *p, const struct parse_word *words, size_t n);

/* Consume one token of the kind and return its value; fail with what was
 * expected.  The text of a failed name is "". */
struct name parse_name(struct parser *p, const char *what);
struct name parse_quoted_name(struct parser *p, const char *what);
const char *parse_string(struct parser *p, const char *what);
uint64_t parse_number(struct parser *p, const char *what, struct pos *pos);
uint64_t parse_time(struct parser *p, const char *what, struct pos *pos);

/* ---- common productions ----------------------------------------------- */

/* '{', remembered in *open; then 'while (parse_more(p, open))' parses one item
 * each time, recovers from its errors, and consumes the '}'. */
bool parse_open(struct parser *p, struct pos *open);
bool parse_more(struct parser *p, struct pos open);

/* A 'rfc' or 'manual' reference, if one is next. */
bool parse_ref(struct parser *p, ref_vec *refs);
/* ID {"," ID}; the same of strings. */
void parse_names(struct parser *p, name_vec *names, const char *what);
void parse_quoted_names(struct parser *p, name_vec *names, const char *what);
/* NUM [".." NUM]; and the same in brackets. */
struct range parse_range(struct parser *p);
struct range parse_bound(struct parser *p);
/* ID ["." ID] */
struct path parse_path(struct parser *p, const char *what);
/* The ';' after properties; what could have stood there instead. */
void parse_end(struct parser *p, const char *what);

/* ---- items of a file, called behind their keyword ---------------------- */

void parse_enum(struct parser *p, const char *doc, bool bits);
void parse_layout(struct parser *p, const char *doc, enum layout_kind kind);
void parse_dictionary(struct parser *p, const char *doc);
void parse_alg(struct parser *p, const char *doc, enum alg_class class);
void parse_vendor(struct parser *p, const char *doc);
void parse_policy(struct parser *p, const char *doc);
void parse_limits(struct parser *p, const char *doc, struct pos keyword);
void parse_option_group(struct parser *p, const char *doc);
void parse_program(struct parser *p, const char *doc);
void parse_exchange(struct parser *p, const char *doc);

#endif
