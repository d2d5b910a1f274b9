/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays scenario files: two plutos in a fake world, with the script between
 * them as the network.  See script.h for the files.
 *
 * usage: replay [--list] FILE...
 */
#include "test/replay/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
list(const struct script *script)
{
	for (const struct scenario *s = script->first; s != NULL; s = s->next)
		printf("%s:%u: %s: %s\n", s->file, s->number, s->title,
		    s->covers);
}

int
main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++) {
		struct script *script;

		if (strcmp(argv[i], "--list") == 0)
			continue;
		script = script_read(argv[i]);
		if (script == NULL)
			status = EXIT_FAILURE;
		else
			list(script);
		script_free(script);
	}
	return status;
}
