/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row coverage: marks, their file, and the report. */
#include "test/fake/coverage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_words[COVERAGE_KINDS] = {
    [TRACE_STATE] = "state",
    [TRACE_EDGE] = "edge",
    [TRACE_OP] = "op",
};
static const char *const role_words[2] = {
    [ROLE_INITIATOR] = "initiator",
    [ROLE_RESPONDER] = "responder",
};

void
coverage_note(struct coverage *c, const struct xchg_def *def, uint8_t role,
    enum trace what, unsigned index)
{
	if (index < COVERAGE_ROWS)
		c->ran[def->index][role][what][index] = true;
}

/* ---- the file ---- */

static void
write_kind(
    FILE *f, const struct coverage *c, unsigned x, unsigned r, unsigned k)
{
	for (unsigned i = 0; i < COVERAGE_ROWS; i++)
		if (c->ran[x][r][k][i])
			fprintf(f, "%s %s %s %u\n", xchg_defs[x].name,
			    role_words[r], kind_words[k], i);
}

static void
write_marks(FILE *f, const struct coverage *c)
{
	for (unsigned x = 0; x < N_XCHGS; x++)
		for (unsigned r = 0; r < 2; r++)
			for (unsigned k = 0; k < COVERAGE_KINDS; k++)
				write_kind(f, c, x, r, k);
}

static int
word_index(const char *const *words, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static void
read_mark(struct coverage *c, const char *exchange, const char *role,
    const char *kind, unsigned index)
{
	int r = word_index(role_words, 2, role);
	int k = word_index(kind_words, COVERAGE_KINDS, kind);

	for (unsigned x = 0; x < N_XCHGS; x++)
		if (strcmp(xchg_defs[x].name, exchange) == 0 && r >= 0 &&
		    k >= 0 && index < COVERAGE_ROWS)
			c->ran[x][r][k][index] = true;
}

static void
read_marks(FILE *f, struct coverage *c)
{
	char exchange[64], role[16], kind[16];
	unsigned index;

	while (
	    fscanf(f, "%63s %15s %15s %u", exchange, role, kind, &index) == 4)
		read_mark(c, exchange, role, kind, index);
}

bool
coverage_load(struct coverage *c, const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return false;
	read_marks(f, c);
	fclose(f);
	return true;
}

/* Several programs may end at once: each locks, reads, adds, writes. */
void
coverage_save(const struct coverage *c)
{
	const char *path = getenv("PLUTO_COVERAGE");
	struct coverage all = *c;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT, 0666);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r+");

	if (f == NULL)
		return;
	if (fcntl(fd, F_SETLKW, &lock) == 0) {
		read_marks(f, &all);
		rewind(f);
		write_marks(f, &all);
	}
	fclose(f);
}

/* ---- the report ---- */

struct report {
	const struct coverage *c;
	FILE *out;
	unsigned rows, missed;
};

/* Row index of a kind; line and name for the reader. */
struct row {
	enum trace kind;
	unsigned index, line;
	const char *name;
};

static void
report_row(struct report *t, const struct xchg_def *def, unsigned r,
    const struct row *row)
{
	t->rows++;
	if (t->c->ran[def->index][r][row->kind][row->index])
		return;
	t->missed++;
	fprintf(t->out, "not run: %s:%u: %s %s %s\n", def->file, row->line,
	    role_words[r], kind_words[row->kind], row->name);
}

static void
report_edge(
    struct report *t, const struct xchg_def *def, unsigned r, unsigned e)
{
	static const char *const events[] = {
	    [EV_RECV] = "on recv",
	    [EV_LOCAL] = "on local",
	    [EV_TIMER] = "on timer",
	};
	const struct edge_def *edge = &def->edges[e];

	report_row(t, def, r,
	    &(struct row){TRACE_EDGE, e, edge->line, events[edge->event]});
	for (unsigned i = edge->op; i < edge->op + (unsigned)edge->n_ops; i++)
		report_row(t, def, r,
		    &(struct row){
			TRACE_OP, i, def->ops[i].line, def->ops[i].name});
}

static void
report_role(struct report *t, const struct xchg_def *def, unsigned r)
{
	for (unsigned s = 0; s < def->role[r].n_states; s++) {
		const struct state_def *state = &def->role[r].states[s];

		/* exchanges begin in their initial state, never enter it */
		if (!state->initial)
			report_row(t, def, r,
			    &(struct row){
				TRACE_STATE, s, state->line, state->name});
		for (unsigned e = 0; e < state->n_edges; e++)
			report_edge(t, def, r, state->edge + e);
	}
}

unsigned
coverage_report(const struct coverage *c, FILE *out)
{
	struct report t = {c, out, 0, 0};

	for (unsigned x = 0; x < N_XCHGS; x++)
		for (unsigned r = 0; r < 2; r++)
			report_role(&t, &xchg_defs[x], r);
	fprintf(out, "coverage: %u passed, %u failed\n", t.rows - t.missed,
	    t.missed);
	return t.missed;
}
