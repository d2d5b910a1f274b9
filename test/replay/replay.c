/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays scenario files: two plutos in a fake world, with the script between
 * them as the network.  script.h has the files' form, play.c, attack.c and
 * look.c the statements, forge.h the forgeries.
 *
 * usage: replay [-v] [--oom | --wrong] [--line N] FILE...
 *        replay --list FILE...
 *
 * -v shows both ends' logs; --line plays only the scenario that begins there.
 * --oom plays the scenarios with a line "oom" again and again, each time with
 * another allocation that fails; then the script's own expectations do not
 * count, but nothing may crash, leak or be left.
 * --wrong plays scenarios that must fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/replay/alloc.h"
#include "test/replay/stage.h"

enum { OOM_MAX = 100000 };

struct run {
	bool verbose, oom, list, wrong;
	unsigned long line; /* 0: all */
	unsigned passed, failed;
};

static void
complain(const struct scenario *sc, const struct script_case *c,
    const struct script_line *line, const struct stage *s)
{
	char values[400];

	script_print_case(sc, c, values, sizeof(values));
	printf("%s:%u: FAIL: %s [%s%s", sc->file,
	    line == NULL ? sc->number : line->number, s->why, sc->title,
	    values);
	if (s->fail_at != 0)
		printf(", allocation %lu fails", (unsigned long)s->fail_at);
	if (line != NULL)
		printf("] in: %s\n", line->text);
	else
		printf("]\n");
}

/* The script.  The line that failed, or NULL. */
static const struct script_line *
perform(struct stage *s, const struct scenario *sc, const struct script_case *c)
{
	for (unsigned i = 0; i < sc->n_lines && !s->skip; i++) {
		const struct script_line *line = &sc->lines[i];
		struct words w;

		if (!script_words(sc, c, line, &w)) {
			(void)stage_fail(s, "too long, or an unknown $name");
			return line;
		}
		if (!stage_play(s, &w))
			return line;
	}
	return NULL;
}

/*
 * One case; fail_at: the allocation behind "oom" that fails, 0 none.  Returns
 * whether it is to be counted, and in *ok whether it passed.
 */
static bool
play_case(const struct run *r, const struct scenario *sc,
    const struct script_case *c, uint64_t fail_at, bool *ok)
{
	const struct script_line *bad;
	struct stage s = {.fail_at = fail_at};
	long live = alloc_live();
	bool skip;

	stage_begin(&s, r->verbose);
	bad = perform(&s, sc, c);
	skip = s.skip;
	if (bad != NULL && fail_at != 0)
		bad = NULL; /* what is expected without memory is not said */
	*ok = bad == NULL;
	if (*ok)
		*ok = stage_end(&s, !skip && fail_at == 0);
	stage_free(&s);
	if (*ok && alloc_live() != live)
		*ok = stage_fail(&s, "%ld blocks of memory are not freed",
		    alloc_live() - live);
	if (!*ok && !r->wrong)
		complain(sc, c, bad, &s);
	return !skip || !*ok;
}

static void
count(struct run *r, const struct scenario *sc, bool ok)
{
	if (ok && r->wrong)
		printf("%s:%u: FAIL: this should fail: %s\n", sc->file,
		    sc->number, sc->title);
	if (ok != r->wrong)
		r->passed++;
	else
		r->failed++;
}

static void
play_without_memory(
    struct run *r, const struct scenario *sc, const struct script_case *c)
{
	uint64_t n = 1;
	bool ok;

	do {
		(void)play_case(r, sc, c, n, &ok);
		count(r, sc, ok);
	} while (alloc_has_failed() && ok && ++n < OOM_MAX);
}

static void
play_scenario(struct run *r, const struct scenario *sc)
{
	struct script_case c = {{0}};
	bool ok;

	if ((r->line != 0 && r->line != sc->number) || (r->oom && !sc->oom))
		return;
	do {
		if (r->oom)
			play_without_memory(r, sc, &c);
		else if (play_case(r, sc, &c, 0, &ok))
			count(r, sc, ok);
	} while (script_next_case(sc, &c));
}

static void
play_file(struct run *r, const char *file)
{
	struct script_file *script = script_read(file);

	if (script == NULL) {
		r->failed++;
		return;
	}
	for (const struct scenario *sc = script->first; sc != NULL;
	     sc = sc->next) {
		if (r->list)
			printf("%s:%u: %s: %s\n", sc->file, sc->number,
			    sc->title, sc->covers);
		else
			play_scenario(r, sc);
	}
	script_free(script);
}

int
main(int argc, char **argv)
{
	struct run r = {.verbose = false};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			r.verbose = true;
		else if (strcmp(argv[i], "--oom") == 0)
			r.oom = true;
		else if (strcmp(argv[i], "--wrong") == 0)
			r.wrong = true;
		else if (strcmp(argv[i], "--list") == 0)
			r.list = true;
		else if (strcmp(argv[i], "--line") == 0 && i + 1 < argc)
			r.line = strtoul(argv[++i], NULL, 10);
		else
			play_file(&r, argv[i]);
	}
	if (!r.list)
		printf("replay%s: %u passed, %u failed\n",
		    r.oom         ? " without memory"
			: r.wrong ? " of mistakes"
				  : "",
		    r.passed, r.failed);
	return r.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
