/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * specc, the compiler of the protocol specification: reads .spec files and
 * writes the C that the daemon and whack are built with.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/specc.h"

enum mode {
	MODE_EMIT,
	MODE_PARSE,
	MODE_CHECK,
	MODE_TABLE,
	MODE_LADDER,
	MODE_DOT,
	MODE_MAN
};
struct args {
	enum mode mode;
	const char *dir;   /* -o */
	const char *topic; /* exchange or page */
	char **files;      /* NULL-terminated */
};

static const struct mode_def {
	const char *name;
	enum mode mode;
	bool takes_topic;
} modes[] = {
    {"--parse", MODE_PARSE, false},
    {"--check", MODE_CHECK, false},
    {"--table", MODE_TABLE, false},
    {"--ladder", MODE_LADDER, true},
    {"--dot", MODE_DOT, true},
    {"--man", MODE_MAN, true},
};

#define N_OF(array) (sizeof(array) / sizeof *(array))

static void
fatal(const char *doing, const char *path)
{
	fprintf(stderr, "specc: cannot %s '%s': %s\n", doing, path,
	    strerror(errno));
	exit(1);
}

static void
usage(void)
{
	fputs("usage: specc [-o DIR] [--Werror] [--parse | --check | --table | "
	      "--ladder EXCHANGE |\n"
	      "             --dot EXCHANGE | --man PAGE] FILE...\n",
	    stderr);
	exit(2);
}

static const struct mode_def *
find_mode(const char *arg)
{
	size_t i;

	for (i = 0; i < N_OF(modes); i++)
		if (strcmp(arg, modes[i].name) == 0)
			return &modes[i];
	return NULL;
}

static struct args
args_parse(char **argv)
{
	struct args a = {MODE_EMIT, ".", NULL, NULL};
	const struct mode_def *mode;

	for (argv++; *argv != NULL && **argv == '-'; argv++) {
		mode = find_mode(*argv);
		if (strcmp(*argv, "--Werror") == 0) {
			diag_werror();
		} else if (strcmp(*argv, "-o") == 0 && argv[1] != NULL) {
			a.dir = *++argv;
		} else if (mode != NULL && a.mode == MODE_EMIT) {
			a.mode = mode->mode;
			if (mode->takes_topic && (a.topic = *++argv) == NULL)
				usage();
		} else {
			usage();
		}
	}
	a.files = argv;
	if (*a.files == NULL)
		usage();
	return a;
}

/* Does the file exist with exactly this text? */
static bool
file_is(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "r");
	size_t i;
	bool same;

	if (f == NULL)
		return false;
	for (i = 0; i < n && getc(f) == (unsigned char)text[i]; i++)
		;
	same = i == n && getc(f) == EOF;
	fclose(f);
	return same;
}

/* A file that would not change keeps its time, so that make rebuilds only
 * what depends on a real change. */
static void
write_file(const char *path, const char *text, size_t n)
{
	FILE *f;

	if (file_is(path, text, n))
		return;
	f = fopen(path, "w");
	if (f == NULL)
		fatal("create", path);
	fwrite(text, 1, n, f);
	if (fclose(f) != 0)
		fatal("write", path);
}

struct text {
	char *s;
	size_t n;
};

static struct text
print_to_memory(const struct output *o, const struct spec *s)
{
	struct text t = {NULL, 0};
	FILE *out = open_memstream(&t.s, &t.n);

	if (out == NULL)
		fatal("prepare", o->file);
	o->emit(out, s);
	if (fclose(out) != 0)
		fatal("prepare", o->file);
	return t;
}

/* All files, or none if an emitter finds something wrong. */
static void
write_outputs(const char *dir, const struct spec *s)
{
	VEC(struct text) texts = {NULL, 0, 0};
	size_t i;

	for (i = 0; outputs[i].file != NULL; i++)
		*VEC_PUSH(&texts) = print_to_memory(&outputs[i], s);
	for (i = 0; diag_errors() == 0 && i < texts.n; i++)
		write_file(gen_printf("%s/%s", dir, outputs[i].file),
		    texts.v[i].s, texts.v[i].n);
}

/* The stages up to what the mode wants; true if there was no error. */
static bool
compile(struct spec *s, const struct args *a)
{
	size_t i;

	for (i = 0; a->files[i] != NULL; i++)
		parse_file(s, a->files[i]);
	if (diag_errors() > 0 || a->mode == MODE_PARSE)
		return diag_errors() == 0;
	return compile_spec(s);
}

/* False if there is no such exchange or page. */
static bool
emit(const struct spec *s, const struct args *a)
{
	switch (a->mode) {
	case MODE_PARSE:
	case MODE_CHECK: return true;
	case MODE_EMIT: write_outputs(a->dir, s); return true;
	case MODE_TABLE: emit_table(stdout, s); return true;
	case MODE_LADDER: return emit_ladder(stdout, s, a->topic);
	case MODE_DOT: return emit_dot(stdout, s, a->topic);
	case MODE_MAN: return emit_man(stdout, s, a->topic);
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct spec s = {.sources = {NULL, 0, 0}};
	struct args a = args_parse(argv);
	bool ok = compile(&s, &a), known = true;

	(void)argc;
	if (ok)
		known = emit(&s, &a);
	diag_print(stderr, isatty(STDERR_FILENO) == 1);
	if (!known) {
		fprintf(stderr, "specc: there is no '%s' to show\n", a.topic);
		return 2;
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		fatal("write", "standard output");
	return diag_errors() > 0 ? 1 : 0;
}
