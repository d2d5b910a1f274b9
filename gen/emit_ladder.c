/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --ladder: the messages of an exchange between its two roles, as the RFCs
 * draw them, one drawing for each variant and way to begin.  It is found by
 * walking the tables, so it shows what they do when nothing is lost.
 */
#include "gen/emit_table.h"

#include <string.h>

enum { INNER = 58, STEPS_MAX = 64 };

/* Where both roles are while the ladder is walked. */
struct walk {
	FILE *out;
	const struct low_exchange *lx;
	const char *indent;
	unsigned mask; /* of the variant drawn */
	size_t state[2];
};

static const struct low_state *
state_of(const struct walk *w, enum role role)
{
	return &w->lx->states[role].v[w->state[role]];
}

static void
draw_states(const struct walk *w)
{
	fprintf(w->out, "%s%-*s%s\n", w->indent, INNER + 3,
	    state_of(w, ROLE_I)->state->name.text,
	    state_of(w, ROLE_R)->state->name.text);
}

static void
draw_line(const struct walk *w, const char *text, size_t n)
{
	fprintf(w->out, "%s   |%-*.*s|\n", w->indent, INNER, (int)n, text);
}

/* The items of a message, on as many lines as they need. */
static void
draw_message(const struct walk *w, const struct message *m)
{
	const char *text =
	    gen_printf("  %s  %s", m->name.text, table_items(w->lx->x, m));
	const char *margin =
	    gen_printf("  %*s  ", (int)strlen(m->name.text), "");
	char arrow[INNER + 1];

	while (strlen(text) > INNER - 2) {
		size_t n = INNER - 2;

		while (n > 0 && text[n] != ' ')
			n--;
		draw_line(w, text, n);
		text = gen_printf("%s%s", margin, text + n + 1);
	}
	draw_line(w, text, strlen(text));
	memset(arrow, '-', INNER);
	arrow[m->from == ROLE_I ? INNER - 1 : 0] =
	    m->from == ROLE_I ? '>' : '<';
	arrow[INNER] = '\0';
	draw_line(w, arrow, INNER);
}

/* Take an edge: the message it sends (NULL if none), and its new state. */
static const struct message *
take_edge(struct walk *w, enum role role, const struct low_edge *e)
{
	const struct message *sent = NULL;

	for (size_t i = e->op; i < e->op + e->n_ops; i++) {
		const struct low_op *op = &w->lx->ops.v[i];

		if ((op->variants & w->mask) == 0)
			continue;
		if (op->code == LOW_SEND)
			sent = &w->lx->x->messages.v[op->arg];
		if (op->code == LOW_GOTO)
			w->state[role] = op->arg;
	}
	return sent;
}

static const struct low_edge *
find_receiver(const struct walk *w, enum role role, const struct message *m)
{
	const struct low_state *s = state_of(w, role);

	for (size_t i = s->edge; i < s->edge + s->n_edges; i++) {
		const struct low_edge *e = &w->lx->edges.v[i];

		if (e->edge->event == EDGE_RECV &&
		    &w->lx->x->messages.v[e->arg] == m)
			return e;
	}
	return NULL;
}

static void
draw_from(struct walk *w, const struct low_edge *first)
{
	enum role role = ROLE_I;
	const struct low_edge *e = first;

	w->state[ROLE_I] = w->state[ROLE_R] = 0;
	fprintf(w->out, "%s%-*s%s\n", w->indent, INNER + 3, "initiator",
	    "responder");
	for (int step = 0; e != NULL && step < STEPS_MAX; step++) {
		const struct message *m;

		draw_states(w);
		m = take_edge(w, role, e);
		if (m == NULL)
			break;
		draw_message(w, m);
		role = role == ROLE_I ? ROLE_R : ROLE_I;
		e = find_receiver(w, role, m);
	}
	draw_states(w);
	fprintf(w->out, "\n");
}

static void
draw_variant(struct walk *w, const char *variant)
{
	const struct low_state *s = &w->lx->states[ROLE_I].v[0];

	for (size_t i = s->edge; i < s->edge + s->n_edges; i++) {
		const struct low_edge *e = &w->lx->edges.v[i];

		if (e->edge->event != EDGE_LOCAL)
			continue;
		fprintf(w->out, "%s%s%s%s, %s\n\n", w->indent,
		    w->lx->x->h.name.text, *variant ? " " : "", variant,
		    table_event(e->edge));
		draw_from(w, e);
	}
}

void
table_ladders(FILE *out, const struct low_exchange *lx, const char *indent)
{
	struct walk w = {out, lx, indent, LOW_ALL, {0, 0}};

	if (lx->states[ROLE_I].n == 0 || lx->states[ROLE_R].n == 0)
		return;
	if (lx->x->variants.n == 0)
		draw_variant(&w, "");
	for (size_t i = 0; i < lx->x->variants.n; i++) {
		w.mask = 1U << i;
		draw_variant(
		    &w, gen_printf("[%s]", lx->x->variants.v[i].name.text));
	}
}

bool
emit_ladder(FILE *out, const struct spec *s, const char *exchange)
{
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);

	for (size_t i = 0; i < low->exchanges.n; i++) {
		if (strcmp(low->exchanges.v[i]->x->h.name.text, exchange) != 0)
			continue;
		table_ladders(out, low->exchanges.v[i], "");
		return true;
	}
	return false;
}
