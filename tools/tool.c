/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines, complaints and keys of the tools. */
#include "tools/tool.h"

#include <stdlib.h>

#include "engine/base/ttodata.h"
#include "engine/base/version.h"

void
tool_complain(const struct tool *t, const char *why)
{
	fprintf(stderr, "%s: %s\n", t->program->name, why);
}

void
tool_judge(const struct tool *t, size_t bits)
{
	if (bits < RSA_SAFE_BITS)
		tool_complain(
		    t, "warning: a key of less than 2048 bits is weak");
}

bool
tool_begin(
    const struct tool *t, struct option_line *l, char *const *argv, int *status)
{
	TEXT(why, 1024);

	*status = EXIT_FAILURE;
	if (!option_parse(l, t->program, argv, &why)) {
		tool_complain(t, why.p);
		return false;
	}
	*status = EXIT_SUCCESS;
	if (option_given(l, t->help)) {
		option_help(t->program, stdout);
		return false;
	}
	if (option_given(l, t->version)) {
		printf("%s %s\n", t->program->name, PLUTO_VERSION_TEXT);
		return false;
	}
	return true;
}

void
tool_key(struct text *t, const struct rsa_public *key)
{
	uint8_t blob[RSA_BLOB_MAX];
	struct wr w = wr_of(blob, sizeof(blob));

	rsa_public_blob(key, &w);
	text_base64(t, wr_span(&w));
}
