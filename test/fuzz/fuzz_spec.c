/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler: any octets are a spec file, standing among the real ones and
 * those of test/spec, so that they may use these.  What it refuses has a
 * message; what it accepts is written in every form.
 *
 * The compiler never frees, so its allocations are tracked here (the linker's
 * --wrap leads them to this file) and released after each input.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "gen/specc.h"
#include "test/fuzz/fuzz.h"

enum { INPUT_MAX = 8192 };

/* ---- memory -------------------------------------------------------------- */

void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

/* The compiler has no place to carry this through. */
static struct {
	bool on;
	void **v;
	size_t n, room;
} tracked;

static void *
track(void *p)
{
	if (!tracked.on || p == NULL)
		return p;
	if (tracked.n == tracked.room) {
		tracked.room = tracked.room == 0 ? 4096 : 2 * tracked.room;
		tracked.v = __real_realloc(
		    tracked.v, tracked.room * sizeof(*tracked.v));
		if (tracked.v == NULL)
			abort();
	}
	tracked.v[tracked.n++] = p;
	return p;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return track(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	size_t i = tracked.n;

	if (!tracked.on || p == NULL)
		return track(__real_realloc(p, size));
	while (i > 0 && tracked.v[i - 1] != p)
		i--;
	p = __real_realloc(p, size);
	if (i > 0 && p != NULL)
		tracked.v[i - 1] = p;
	return p;
}

static void
release_all(void)
{
	tracked.on = false;
	for (size_t i = 0; i < tracked.n; i++)
		free(tracked.v[i]);
	tracked.n = 0;
}

/* ---- files --------------------------------------------------------------- */

/* Where the input lies, for the life of the process that made it. */
static char folder[] = "/tmp/fuzz_spec.XXXXXX";
static pid_t maker;

static void
remove_folder(void)
{
	DIR *d = maker == getpid() ? opendir(folder) : NULL;
	const struct dirent *e;
	TEXT(path, 600);

	while (d != NULL && (e = readdir(d)) != NULL) {
		path = text_of(path_buf, sizeof(path_buf));
		text_add(&path, "%s/%s", folder, e->d_name);
		(void)unlink(path.p);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(folder);
}

/* A link in our folder to each spec of another one whose name begins so. */
static void
link_specs(const char *from, const char *prefix)
{
	DIR *d = opendir(from);
	const struct dirent *e;
	char root[1024];

	FUZZ_CHECK(d != NULL && getcwd(root, sizeof(root)) != NULL);
	while ((e = readdir(d)) != NULL) {
		TEXT(target, 2048);
		TEXT(path, 600);

		if (strstr(e->d_name, ".spec") == NULL ||
		    strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		text_add(&target, "%s/%s/%s", root, from, e->d_name);
		text_add(&path, "%s/%s", folder, e->d_name);
		FUZZ_CHECK(symlink(target.p, path.p) == 0);
	}
	closedir(d);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	FUZZ_CHECK(mkdtemp(folder) != NULL);
	maker = getpid();
	FUZZ_CHECK(atexit(remove_folder) == 0);
	link_specs("spec", "");
	link_specs("test/spec", "ok-");
	return 0;
}

/* Write the input; its path, which must live as long as the spec. */
static const char *
write_input(const uint8_t *data, size_t n)
{
	static char path[sizeof(folder) + 16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/input", folder);
	f = fopen(path, "wb");
	FUZZ_CHECK(f != NULL);
	FUZZ_CHECK(fwrite(data, 1, n, f) == n);
	FUZZ_CHECK(fclose(f) == 0);
	return path;
}

/* ---- the compiler -------------------------------------------------------- */

static void
emit_all(FILE *out, const struct spec *s)
{
	for (size_t i = 0; outputs[i].file != NULL; i++)
		outputs[i].emit(out, s);
	emit_table(out, s);
	for (size_t i = 0; i < s->exchanges.n; i++) {
		const char *name = s->exchanges.v[i]->h.name.text;

		FUZZ_CHECK(emit_ladder(out, s, name));
		FUZZ_CHECK(emit_dot(out, s, name));
	}
}

static void
compile(const char *path)
{
	struct spec s = {.sources = {NULL, 0, 0}};
	FILE *null = fopen("/dev/null", "w");
	bool ok;

	FUZZ_CHECK(null != NULL);
	diag_reset();
	tracked.on = true;
	parse_file(&s, path);
	ok = diag_errors() == 0 && compile_spec(&s);
	FUZZ_CHECK(ok == (diag_errors() == 0));
	if (ok)
		emit_all(null, &s);
	diag_print(null, false);
	diag_reset();
	release_all();
	fclose(null);
}

/* Whoever runs the compiler chooses what it reads; the fuzzer shall only have
 * the files of our folder, and no devices. */
static bool
leaves_folder(struct span in)
{
	for (; in.n >= 3; in = span_from(in, 1))
		if (span_equal(span_head(in, 3), SPAN_LIT("../")) ||
		    span_equal(span_head(in, 2), SPAN_LIT("\"/")))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n > INPUT_MAX || leaves_folder(span_of(data, n)))
		return 0;
	compile(write_input(data, n));
	return 0;
}
