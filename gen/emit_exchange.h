/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two emitters of exchange.gen.c share. */
#ifndef GEN_EMIT_EXCHANGE_H
#define GEN_EMIT_EXCHANGE_H

#include "gen/emit.h"
#include "gen/lower.h"

/* One exchange, and what all functions about it need. */
struct xchg_job {
	FILE *out;
	const struct lowered *low;
	const struct low_exchange *lx;
	const struct exchange *x;
	const char *name;  /* main_mode */
	const char *upper; /* MAIN_MODE */
};

/* Names in the generated C. */
const char *xchg_slot(const struct lowered *low, size_t slot);
const char *xchg_own_slot(const struct xchg_job *j, size_t i);
const char *xchg_variants(unsigned mask);
const char *xchg_message(const struct xchg_job *j, size_t i);
const char *xchg_formula(const struct xchg_job *j, size_t i);
const char *xchg_state(const struct xchg_job *j, enum role role, size_t i);

/* gen/emit_exchange_data.c: all but the machine. */
void emit_messages(const struct xchg_job *j);
void emit_formulas(const struct xchg_job *j);
void emit_rules(const struct xchg_job *j);
void emit_variants(const struct xchg_job *j);
/* Functions that cut a field out of a payload, for terms like KEi.data. */
void emit_getters(FILE *out, const struct lowered *low);

#endif
