/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads scenario files.  Without memory the program ends. */
#include "test/replay/script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/fake/fake.h"

enum { LINE_MAX_LEN = 4096 };

static char *
copy(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(fake_need(malloc(n)), text, n);
}

static void *
grow(void *v, unsigned n, size_t size)
{
	return fake_need(realloc(v, (n + 1) * size));
}

/* ---- values of an each line ---- */

static void
add_value(struct script_each *e, const char *value)
{
	e->values = grow(e->values, e->n, sizeof(*e->values));
	e->values[e->n++] = copy(value);
}

/* "3..9" stands for all of them. */
static void
add_values(struct script_each *e, const char *word)
{
	unsigned from, to;
	char value[16], rest;

	if (sscanf(word, "%u..%u%c", &from, &to, &rest) != 2) {
		add_value(e, word);
		return;
	}
	for (; from <= to; from++) {
		(void)snprintf(value, sizeof(value), "%u", from);
		add_value(e, value);
	}
}

static bool
add_each(struct scenario *s, char *rest)
{
	struct script_each *e = &s->each[s->n_each];
	char *save = NULL, *word = strtok_r(rest, " \t", &save);

	if (s->n_each == SCRIPT_EACH || word == NULL || *word != '$' ||
	    strlen(word) > sizeof(e->name))
		return false;
	(void)snprintf(e->name, sizeof(e->name), "%s", word + 1);
	s->n_each++;
	while ((word = strtok_r(NULL, " \t", &save)) != NULL)
		add_values(e, word);
	return e->n > 0;
}

/* ---- lines ---- */

static void
begin_scenario(struct script_file *script, unsigned number, const char *title)
{
	struct scenario *s = fake_need(calloc(1, sizeof(*s)));

	s->file = script->file;
	s->number = number;
	s->title = copy(title);
	s->covers = copy("");
	if (script->last == NULL)
		script->first = s;
	else
		script->last->next = s;
	script->last = s;
}

static void
add_covers(struct scenario *s, const char *rest)
{
	size_t n = strlen(s->covers) + strlen(rest) + 2;
	char *all = fake_need(malloc(n));

	(void)snprintf(
	    all, n, "%s%s%s", s->covers, *s->covers != '\0' ? " " : "", rest);
	free(s->covers);
	s->covers = all;
}

static void
add_line(struct scenario *s, unsigned number, const char *text)
{
	s->lines = grow(s->lines, s->n_lines, sizeof(*s->lines));
	s->lines[s->n_lines++] = (struct script_line){number, copy(text)};
}

/* The text behind the word, if the line begins with it; else NULL. */
static char *
behind(char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0 ||
	    (line[n] != '\0' && !isblank((unsigned char)line[n])))
		return NULL;
	return line + n + strspn(line + n, " \t");
}

/* False: it does not belong there. */
static bool
take_line(struct script_file *script, unsigned number, char *line)
{
	struct scenario *s = script->last;
	char *rest = behind(line, "scenario");

	if (rest != NULL) {
		begin_scenario(script, number, rest);
		return *rest != '\0';
	}
	if (s == NULL)
		return false;
	if ((rest = behind(line, "covers")) != NULL) {
		add_covers(s, rest);
		return true;
	}
	if ((rest = behind(line, "each")) != NULL)
		return add_each(s, rest);
	if (behind(line, "oom") != NULL)
		s->oom = true;
	add_line(s, number, line);
	return true;
}

static bool
read_lines(struct script_file *script, FILE *f)
{
	char buf[LINE_MAX_LEN];
	unsigned number = 0;

	while (fgets(buf, sizeof(buf), f) != NULL) {
		char *line = buf + strspn(buf, " \t");
		size_t n = strlen(line);

		number++;
		while (n > 0 && isspace((unsigned char)line[n - 1]))
			line[--n] = '\0';
		if (n == 0 || *line == '#')
			continue;
		if (!take_line(script, number, line)) {
			fprintf(stderr, "%s:%u: not understood here: %s\n",
			    script->file, number, line);
			return false;
		}
	}
	return true;
}

struct script_file *
script_read(const char *file)
{
	struct script_file *s = fake_need(calloc(1, sizeof(*s)));
	FILE *f = fopen(file, "r");
	bool ok = f != NULL;

	s->file = copy(file);
	if (ok) {
		ok = read_lines(s, f);
		fclose(f);
	} else {
		perror(file);
	}
	if (ok)
		return s;
	script_free(s);
	return NULL;
}

/* ---- freeing ---- */

static void
scenario_free(struct scenario *s)
{
	for (unsigned i = 0; i < s->n_each; i++) {
		for (unsigned k = 0; k < s->each[i].n; k++)
			free(s->each[i].values[k]);
		free(s->each[i].values);
	}
	for (unsigned i = 0; i < s->n_lines; i++)
		free(s->lines[i].text);
	free(s->lines);
	free(s->title);
	free(s->covers);
	free(s);
}

void
script_free(struct script_file *script)
{
	if (script == NULL)
		return;
	while (script->first != NULL) {
		struct scenario *s = script->first;

		script->first = s->next;
		scenario_free(s);
	}
	free(script->file);
	free(script);
}

/* ---- cases ---- */

bool
script_next_case(const struct scenario *s, struct script_case *c)
{
	for (unsigned i = s->n_each; i-- > 0;) {
		if (++c->at[i] < s->each[i].n)
			return true;
		c->at[i] = 0;
	}
	return false;
}

void
script_print_case(const struct scenario *s, const struct script_case *c,
    char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < s->n_each && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, " $%s=%s",
		    s->each[i].name, s->each[i].values[c->at[i]]);
}

/* The value of the name that text begins with; NULL: none has this name. */
static const char *
value_of(const struct scenario *s, const struct script_case *c,
    const char *text, size_t *length)
{
	*length = 0;
	while (isalnum((unsigned char)text[*length]))
		++*length;
	for (unsigned i = 0; i < s->n_each; i++)
		if (strlen(s->each[i].name) == *length &&
		    memcmp(s->each[i].name, text, *length) == 0)
			return s->each[i].values[c->at[i]];
	return NULL;
}

static bool
substitute(const struct scenario *s, const struct script_case *c,
    const char *from, char *to, size_t size)
{
	size_t n = 0;

	while (*from != '\0') {
		char one[2] = {*from, '\0'};
		const char *value = one;
		size_t length = 0;

		if (from[0] == '$' && from[1] == '$')
			length = 1;
		else if (*from == '$')
			value = value_of(s, c, from + 1, &length);
		if (value == NULL || n + strlen(value) >= size)
			return false;
		n += (size_t)snprintf(to + n, size - n, "%s", value);
		from += 1 + length;
	}
	to[n] = '\0';
	return true;
}

bool
script_words(const struct scenario *s, const struct script_case *c,
    const struct script_line *line, struct words *w)
{
	char *p = w->text;

	w->n = 0;
	w->text[0] = '\0';
	if (!substitute(s, c, line->text, w->text, sizeof(w->text)))
		return false;
	for (;;) {
		p += strspn(p, " \t");
		if (*p == '\0')
			return true;
		if (w->n == SCRIPT_WORDS)
			return false;
		/* "several words" are one */
		w->v[w->n++] = *p == '"' ? ++p : p;
		p += strcspn(p, p > w->text && p[-1] == '"' ? "\"" : " \t");
		if (*p == '\0')
			return true;
		*p++ = '\0';
	}
}
