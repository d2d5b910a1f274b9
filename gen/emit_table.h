/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's own words for parts of the compiled model, for people. */
#ifndef GEN_EMIT_TABLE_H
#define GEN_EMIT_TABLE_H

#include "gen/emit.h"
#include "gen/lower.h"

/* " else reject NO_PROPOSAL_CHOSEN"; "" without outcome. */
const char *table_outcome(const struct outcome *o);
/* "[psk]", "[psk sig]"; "" for every variant. */
const char *table_variants(const struct exchange *x, unsigned mask);
/* "HDR*, <HASH_1, SAi>, Ni, [KEi], NOTEi{0..8}" */
const char *table_items(const struct exchange *x, const struct message *m);
/* "prf(SKEYID, DH | CKY_I | 0)" */
const char *table_formula(const struct formula *f);
/* "70s", "500ms" */
const char *table_time(uint64_t ms);
/* "on recv MR1" */
const char *table_event(const struct edge *e);

/*
 * A ladder of each variant, and of each way to begin, on the lines of 'out';
 * each line starts with the indent.  gen/emit_ladder.c.
 */
void
table_ladders(FILE *out, const struct low_exchange *lx, const char *indent);

/* Everything but exchanges; gen/emit_table_data.c. */
void table_registries(FILE *out, const struct spec *s);
void table_layouts(FILE *out, const struct spec *s);
void table_algs(FILE *out, const struct spec *s);
void table_policies(FILE *out, const struct spec *s);
void table_programs(FILE *out, const struct spec *s);

#endif
