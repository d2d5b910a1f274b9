/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exchanges as flat tables: the shape of engine/core/table.h, still with
 * pointers into the model instead of names in C.  Both the C tables and the
 * table listing are printed from this, so that the listing shows what runs.
 */
#ifndef GEN_LOWER_H
#define GEN_LOWER_H

#include "gen/model.h"

enum { LOW_NONE = 0xff, LOW_ALL = 0xff };

/* The ops of table.h: those of the spec, and the rule. */
enum low_code {
	LOW_REQUIRE,
	LOW_DERIVE,
	LOW_COMPUTE,
	LOW_VERIFY,
	LOW_EFFECT,
	LOW_SEND,
	LOW_GOTO,
	LOW_RULE
};
struct low_op {
	enum low_code code;
	const char *name;  /* as in the spec */
	unsigned variants; /* mask, LOW_ALL for every variant */
	const struct outcome *otherwise;
	size_t arg;   /* formula, message, state or rule by index, per code */
	size_t to[3]; /* DERIVE: slots; LOW_NONE after */
	size_t after; /* COMPUTE: message; LOW_NONE */
	uint64_t within_ms;
	struct pos pos;
};
struct low_edge {
	const struct edge *edge;
	size_t arg;       /* message, local event or timer event */
	size_t op, n_ops; /* slice of ops */
};
struct low_state {
	const struct state *state;
	size_t edge, n_edges; /* slice of edges */
	bool gone;
};
struct low_exchange {
	const struct exchange *x;
	VEC(struct low_op) ops;
	VEC(struct low_edge) edges;
	VEC(struct low_state) states[2]; /* the initial one first */
	uint64_t uses, keep;             /* masks of slots */
	size_t iv, enc_key;              /* slots; LOW_NONE */
	size_t iv_formula;               /* formula; LOW_NONE */
};

/* A slot of any exchange; those of one name in upper case are one. */
struct low_slot {
	const char *name;             /* as first spelt */
	const struct layout *payload; /* NULL: a value */
};
struct lowered {
	VEC(struct low_slot) slots;
	VEC(const char *) locals, timers; /* events, in order of appearance */
	VEC(struct low_exchange *) exchanges;
};

struct lowered *lower_spec(const struct spec *s);

/* Report (E100) what is more than the tables of the engine have room for. */
void lower_check_limits(const struct lowered *low);

/* Index in lowered.slots of a name; LOW_NONE if it is no slot. */
size_t lower_slot(const struct lowered *low, const char *name);
/* The slot that a term means: its own or a kept one. */
size_t lower_term_slot(
    const struct lowered *low, const struct exchange *x, const struct term *t);
unsigned lower_mask(uint32_t variants);
/* "require", … as table.h calls them. */
const char *lower_code_name(enum low_code code);

#endif
