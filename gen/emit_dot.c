/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dot: the states of both roles for graphviz. */
#include "gen/emit_table.h"

#include <string.h>

static void
draw_state(FILE *out, const char *role, const struct low_state *l)
{
	const char *story = emit_string(l->state->story);

	fprintf(out, "\t\t\"%s %s\" [label=\"%s\\n%.*s\"%s];\n", role,
	    l->state->name.text, l->state->name.text, (int)strlen(story) - 2,
	    story + 1, l->state->final ? ", peripheries=2" : "");
}

/* "recv MR1 / MI2": the event, and what is sent. */
static void
draw_edge(FILE *out, const struct low_exchange *lx, enum role role,
    const struct low_state *from, const struct low_edge *e)
{
	const char *side = role == ROLE_I ? "i" : "r";
	const char *label = table_event(e->edge) + strlen("on ");

	for (size_t i = e->op; i < e->op + e->n_ops; i++) {
		const struct low_op *op = &lx->ops.v[i];

		if (op->code == LOW_SEND && strstr(label, op->name) == NULL)
			label = gen_printf("%s / %s", label, op->name);
		if (op->code == LOW_GOTO)
			fprintf(out,
			    "\t\t\"%s %s\" -> \"%s %s\" [label=\"%s\"];\n",
			    side, from->state->name.text, side,
			    lx->states[role].v[op->arg].state->name.text,
			    label);
	}
}

static void
draw_role(FILE *out, const struct low_exchange *lx, enum role role)
{
	const char *side = role == ROLE_I ? "i" : "r";

	fprintf(out, "\tsubgraph cluster_%s {\n\t\tlabel=\"%s\";\n", side,
	    role == ROLE_I ? "initiator" : "responder");
	for (size_t i = 0; i < lx->states[role].n; i++)
		draw_state(out, side, &lx->states[role].v[i]);
	for (size_t i = 0; i < lx->states[role].n; i++) {
		const struct low_state *l = &lx->states[role].v[i];

		for (size_t k = 0; k < l->n_edges; k++)
			draw_edge(out, lx, role, l, &lx->edges.v[l->edge + k]);
	}
	fprintf(out, "\t}\n");
}

bool
emit_dot(FILE *out, const struct spec *s, const char *exchange)
{
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	for (size_t i = 0; i < low->exchanges.n; i++) {
		const struct low_exchange *lx = low->exchanges.v[i];

		if (strcmp(lx->x->h.name.text, exchange) != 0)
			continue;
		fprintf(out, "digraph %s {\n\tnode [shape=box];\n", exchange);
		draw_role(out, lx, ROLE_I);
		draw_role(out, lx, ROLE_R);
		fprintf(out, "}\n");
		return true;
	}
	return false;
}
