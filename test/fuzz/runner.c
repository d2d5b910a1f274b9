/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target as an ordinary test: every file of a folder is one input.  Each
 * runs in a process of its own, so that one that dies does not hide the others
 * and is named.
 *
 * usage: fuzz_x FOLDER|FILE...
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "test/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20, SECONDS_MAX = 60 };

struct tally {
	unsigned passed, failed;
};

#pragma weak LLVMFuzzerInitialize

static int
run_input(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t n;

	if (f == NULL || data == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	/* An exact size, so that a sanitizer sees a read past the end. */
	data = realloc(data, n > 0 ? n : 1);
	if (data == NULL)
		return EXIT_FAILURE;
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return EXIT_SUCCESS;
}

static void
run_file(struct tally *t, const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(SECONDS_MAX);
		exit(run_input(path)); /* leaks are looked for at exit */
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0) {
		t->passed++;
		return;
	}
	t->failed++;
	fprintf(stderr, "FAIL %s (wait status 0x%x)\n", path, status);
}

static void run_path(struct tally *t, const char *path);

static void
run_folder(struct tally *t, const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		TEXT(path, 4096);

		text_add(&path, "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && !path.cut)
			run_path(t, path.p);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
run_path(struct tally *t, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		run_folder(t, path);
	else
		run_file(t, path);
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct tally t = {0, 0};

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		run_path(&t, argv[i]);
	printf("%s: %u passed, %u failed\n", name == NULL ? argv[0] : name + 1,
	    t.passed, t.failed);
	return t.failed == 0 && t.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
