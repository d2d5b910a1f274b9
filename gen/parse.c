/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser's frame: files and what they use, the items of a file, errors
 * and recovery, and the productions common to all blocks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gen/parse.h"
#include "gen/specc.h"

/* ---- tokens ----------------------------------------------------------- */

static const struct token *
current(const struct parser *p)
{
	return &p->tokens.v[p->at];
}

const struct token *
parse_ahead(const struct parser *p)
{
	return current(p)->kind == TOKEN_END ? current(p) : current(p) + 1;
}

bool
parse_at_kind(const struct parser *p, enum token_kind kind)
{
	return !p->panic && current(p)->kind == kind;
}

bool
parse_at(const struct parser *p, const char *text)
{
	return (parse_at_kind(p, TOKEN_WORD) ||
		   parse_at_kind(p, TOKEN_PUNCT)) &&
	    strcmp(current(p)->text, text) == 0;
}

struct pos
parse_here(const struct parser *p)
{
	return current(p)->pos;
}

const char *
parse_doc(const struct parser *p)
{
	return current(p)->doc;
}

static const struct token *
advance(struct parser *p)
{
	const struct token *t = current(p);

	if (t->kind != TOKEN_END)
		p->at++;
	return t;
}

bool
parse_accept(struct parser *p, const char *text)
{
	if (!parse_at(p, text))
		return false;
	advance(p);
	return true;
}

static const char *
describe(const struct token *t)
{
	switch (t->kind) {
	case TOKEN_END: return "the end of the file";
	case TOKEN_STRING: return gen_printf("the string \"%s\"", t->text);
	case TOKEN_HEX: return gen_printf("the bytes x\"%s\"", t->text);
	case TOKEN_WORD:
	case TOKEN_NUMBER:
	case TOKEN_TIME:
	case TOKEN_PUNCT: return gen_printf("'%s'", t->text);
	}
	return "";
}

void
parse_fail(struct parser *p, const char *what)
{
	if (!p->panic)
		diag_at("E100", parse_here(p), "expected %s, found %s", what,
		    describe(current(p)));
	p->panic = true;
}

bool
parse_expect(struct parser *p, const char *text)
{
	if (parse_accept(p, text))
		return true;
	parse_fail(p, gen_printf("'%s'", text));
	return false;
}

void
parse_once(const struct parser *p, bool before)
{
	const struct token *word = current(p) - 1;

	if (before)
		diag_at("E101", word->pos, "'%s' is said twice", word->text);
}

bool
parse_word(struct parser *p, const struct parse_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!parse_accept(p, words[i].word))
			continue;
		parse_once(p, *words[i].set);
		*words[i].set = true;
		return true;
	}
	return false;
}

void
parse_end(struct parser *p, const char *what)
{
	if (!parse_accept(p, ";"))
		parse_fail(p, gen_printf("%s or ';'", what));
}

/* The next token if it is of the kind; otherwise fails and returns NULL. */
static const struct token *
take(struct parser *p, enum token_kind kind, const char *what)
{
	if (parse_at_kind(p, kind))
		return advance(p);
	parse_fail(p, what);
	return NULL;
}

static struct name
take_name(struct parser *p, enum token_kind kind, const char *what)
{
	struct name name = {"", parse_here(p)};
	const struct token *t = take(p, kind, what);

	if (t != NULL)
		name.text = t->text;
	return name;
}

struct name
parse_name(struct parser *p, const char *what)
{
	return take_name(p, TOKEN_WORD, what);
}

struct name
parse_quoted_name(struct parser *p, const char *what)
{
	return take_name(p, TOKEN_STRING, what);
}

const char *
parse_string(struct parser *p, const char *what)
{
	return parse_quoted_name(p, what).text;
}

static uint64_t
take_number(
    struct parser *p, enum token_kind kind, const char *what, struct pos *pos)
{
	const struct token *t;

	if (pos != NULL)
		*pos = parse_here(p);
	t = take(p, kind, what);
	return t != NULL ? t->number : 0;
}

uint64_t
parse_number(struct parser *p, const char *what, struct pos *pos)
{
	return take_number(p, TOKEN_NUMBER, what, pos);
}

uint64_t
parse_time(struct parser *p, const char *what, struct pos *pos)
{
	return take_number(p, TOKEN_TIME, what, pos);
}

/* ---- blocks and recovery ---------------------------------------------- */

/* Is the current '}' inside of an item, as in 'NOTE{0..8},'? */
static bool
at_inner_brace(const struct parser *p)
{
	const char *next = parse_ahead(p)->text;

	return strcmp(next, ",") == 0 || strcmp(next, ";") == 0;
}

/*
 * To the end of the item that has the error: behind its ';' or behind the
 * block that ends it, but not behind the '}' of the enclosing block.
 */
static void
recover(struct parser *p)
{
	int depth = 0;

	p->panic = false;
	while (!parse_at_kind(p, TOKEN_END)) {
		bool inner = at_inner_brace(p);
		int line = parse_here(p).line;

		if (parse_at(p, "}") && depth == 0 && !inner)
			return;
		if (parse_at(p, "{"))
			depth++;
		if (parse_at(p, "}")) {
			depth -= depth > 0 ? 1 : 0;
			advance(p);
			if (depth == 0 && parse_here(p).line != line)
				return;
		} else if (strcmp(advance(p)->text, ";") == 0 && depth == 0) {
			return;
		}
	}
}

bool
parse_open(struct parser *p, struct pos *open)
{
	*open = parse_here(p);
	return parse_expect(p, "{");
}

bool
parse_more(struct parser *p, struct pos open)
{
	bool panic = p->panic;

	if (panic)
		recover(p);
	if (parse_accept(p, "}"))
		return false;
	if (!parse_at_kind(p, TOKEN_END))
		return true;
	if (!panic)
		diag_note_at(diag_at("E100", parse_here(p),
				 "expected '}', "
				 "found the end of the file"),
		    open, "to close this block");
	p->panic = true;
	return false;
}

/* ---- common productions ----------------------------------------------- */

/* rfc NUM [STRING] ; | manual STRING ; */
bool
parse_ref(struct parser *p, ref_vec *refs)
{
	bool rfc = parse_at(p, "rfc") && parse_ahead(p)->kind == TOKEN_NUMBER;
	bool manual =
	    parse_at(p, "manual") && parse_ahead(p)->kind == TOKEN_STRING;
	struct ref *r;

	if (!rfc && !manual)
		return false;
	r = VEC_PUSH(refs);
	r->pos = advance(p)->pos;
	r->section = "";
	if (rfc) {
		struct pos pos;
		uint64_t n = parse_number(p, "the number of an RFC", &pos);

		if (n == 0 || n > 65535)
			diag_at("E100", pos, "there is no RFC %s",
			    p->tokens.v[p->at - 1].text);
		r->rfc = (int)(n & 0xffff);
	}
	if (manual || parse_at_kind(p, TOKEN_STRING))
		r->section = parse_string(p, "a section");
	parse_expect(p, ";");
	return true;
}

void
parse_names(struct parser *p, name_vec *names, const char *what)
{
	do
		*VEC_PUSH(names) = parse_name(p, what);
	while (parse_accept(p, ","));
}

void
parse_quoted_names(struct parser *p, name_vec *names, const char *what)
{
	do
		*VEC_PUSH(names) = parse_quoted_name(p, what);
	while (parse_accept(p, ","));
}

struct range
parse_range(struct parser *p)
{
	struct range r;
	struct pos end;

	r.lo = r.hi = parse_number(p, "a number", &r.pos);
	if (parse_accept(p, "..")) {
		r.hi = parse_number(p, "the upper end of the range", &end);
		if (end.line == r.pos.line)
			r.pos.len = end.col + end.len - r.pos.col;
	}
	return r;
}

struct range
parse_bound(struct parser *p)
{
	struct range r = {0, 0, parse_here(p)};

	if (parse_expect(p, "[")) {
		r = parse_range(p);
		parse_expect(p, "]");
	}
	return r;
}

struct path
parse_path(struct parser *p, const char *what)
{
	struct path path = {.first = parse_name(p, what)};

	if (parse_accept(p, "."))
		path.second = parse_name(p, "a name after '.'");
	return path;
}

/* ---- files ------------------------------------------------------------ */

static void parse_source(struct spec *s, const char *path, struct pos from);

/* use STRING ; with the path relative to the directory of this file */
static void
parse_use(struct parser *p)
{
	struct pos at = parse_here(p);
	const char *file = parse_string(p, "the name of a file");
	const char *here = at.src->path, *slash = strrchr(here, '/');
	int dir = slash == NULL || *file == '/' ? 0 : (int)(slash - here) + 1;

	if (!p->panic)
		parse_source(
		    p->spec, gen_printf("%.*s%s", dir, here, file), at);
	parse_expect(p, ";");
}

static void
parse_item(struct parser *p)
{
	const char *doc = parse_doc(p);
	struct pos at = parse_here(p);

	if (parse_accept(p, "use"))
		parse_use(p);
	else if (parse_accept(p, "enum"))
		parse_enum(p, doc, false);
	else if (parse_accept(p, "bits"))
		parse_enum(p, doc, true);
	else if (parse_accept(p, "layout"))
		parse_layout(p, doc, LAYOUT_PLAIN);
	else if (parse_accept(p, "payload"))
		parse_layout(p, doc, LAYOUT_PAYLOAD);
	else if (parse_accept(p, "sub"))
		parse_layout(p, doc, LAYOUT_SUB);
	else if (parse_accept(p, "dictionary"))
		parse_dictionary(p, doc);
	else if (parse_accept(p, "cipher"))
		parse_alg(p, doc, ALG_CIPHER);
	else if (parse_accept(p, "hash"))
		parse_alg(p, doc, ALG_HASH);
	else if (parse_accept(p, "group"))
		parse_alg(p, doc, ALG_GROUP);
	else if (parse_accept(p, "vendor"))
		parse_vendor(p, doc);
	else if (parse_accept(p, "policy"))
		parse_policy(p, doc);
	else if (parse_accept(p, "limits"))
		parse_limits(p, doc, at);
	else if (parse_accept(p, "options"))
		parse_option_group(p, doc);
	else if (parse_accept(p, "program"))
		parse_program(p, doc);
	else if (parse_accept(p, "exchange"))
		parse_exchange(p, doc);
	else
		parse_fail(p,
		    "an item such as 'enum', 'payload' or "
		    "'exchange'");
}

/* All of f in memory of its own, with a NUL behind it; NULL if it fails. */
static char *
slurp(FILE *f, size_t *n)
{
	VEC(char) text = {NULL, 0, 0};
	int c;

	while ((c = getc(f)) != EOF)
		*VEC_PUSH(&text) = (char)c;
	*n = text.n;
	VEC_PUSH(&text);
	return ferror(f) ? NULL : text.v;
}

static bool
source_known(const struct spec *s, const struct source *src)
{
	size_t i;

	for (i = 0; i < s->sources.n; i++)
		if (s->sources.v[i]->device == src->device &&
		    s->sources.v[i]->inode == src->inode)
			return true;
	return false;
}

/* A new source of the spec; NULL if it cannot be read or is there already. */
static struct source *
source_read(struct spec *s, const char *path, struct pos from)
{
	struct source *src = gen_alloc(sizeof *src);
	FILE *f = fopen(path, "r");
	struct stat st;

	src->path = path;
	src->order = (int)s->sources.n;
	if (f != NULL && fstat(fileno(f), &st) == 0) {
		src->device = (uint64_t)st.st_dev;
		src->inode = (uint64_t)st.st_ino;
		if (source_known(s, src)) {
			fclose(f);
			return NULL;
		}
		src->text = slurp(f, &src->n);
	}
	if (src->text == NULL)
		diag_at("E100", from, "cannot read '%s': %s", path,
		    strerror(errno));
	else
		*VEC_PUSH(&s->sources) = src;
	if (f != NULL)
		fclose(f);
	return src->text != NULL ? src : NULL;
}

static void
parse_source(struct spec *s, const char *path, struct pos from)
{
	struct parser p = {.spec = s};
	const struct source *src = source_read(s, path, from);

	if (src == NULL)
		return;
	lex_source(&p.tokens, src);
	while (!parse_at_kind(&p, TOKEN_END)) {
		parse_item(&p);
		if (p.panic) {
			recover(&p);
			parse_accept(&p, "}");
		}
	}
}

void
parse_file(struct spec *s, const char *path)
{
	parse_source(s, path, (struct pos){NULL, 0, 0, 0});
}
