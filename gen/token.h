/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens of a spec, between the lexer (gen/lexer.rl) and the parser.  There
 * are no reserved words: what a word means depends on where it stands.
 */
#ifndef GEN_TOKEN_H
#define GEN_TOKEN_H

#include "gen/model.h"

enum token_kind {
	TOKEN_END,    /* after the last one */
	TOKEN_WORD,   /* name or keyword: MAIN_I1, 3DES_CBC */
	TOKEN_NUMBER, /* 70, 0x46 */
	TOKEN_TIME,   /* 500ms, 10s, 9m, 8h; number in milliseconds */
	TOKEN_STRING, /* "text"; text without the quotes */
	TOKEN_HEX,    /* x"00ff"; text between the quotes */
	TOKEN_PUNCT   /* everything else, text as written: { => HDR* */
};
struct token {
	enum token_kind kind;
	struct pos pos;
	const char *text;
	uint64_t number;
	const char *doc; /* '##' lines that end on the line above; NULL */
};
typedef VEC(struct token) token_vec;

/* The tokens of src in order, the last one being TOKEN_END.  What is no token
 * is reported (E100) and left out. */
void lex_source(token_vec *out, const struct source *src);

#endif
