/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages of specc, in the order in which main runs them:
 * parse -> resolve -> check -> emit.  A stage runs only when the one before
 * it reported no error, except that all checks run together.
 */
#ifndef GEN_SPECC_H
#define GEN_SPECC_H

#include <stdio.h>

#include "gen/diag.h"
#include "gen/model.h"
#include "gen/vec.h"

/* Read and parse path and, before it, every file it uses (once each, relative
 * to the using file).  Errors go to diag. */
void parse_file(struct spec *s, const char *path);

/* Link every name to what it names (E101, E102) and fill in the resolved
 * fields of the model. */
void resolve_spec(struct spec *s);

/* The families of checks; each reports through diag. */
void check_names(const struct spec *s);    /* W103 W104 (E101, E102: resolve) */
void check_layouts(const struct spec *s);  /* E201-E206 */
void check_numbers(const struct spec *s);  /* E301-E304 */
void check_messages(const struct spec *s); /* E401-E405 */
void check_machine(const struct spec *s);  /* E501-E507 */
void check_flow(const struct spec *s);     /* E601-E606 */
void check_pair(const struct spec *s);     /* E701-E703 */

/* Resolve, then all checks; true if there was no error. */
bool compile_spec(struct spec *s);

/* The files that are written, in this order; then a row of NULLs. */
extern const struct output {
	const char *file;
	void (*emit)(FILE *out, const struct spec *s);
} outputs[];

/* One generated file each; out is open for writing. */
void emit_enums_h(FILE *out, const struct spec *s);
void emit_enums_c(FILE *out, const struct spec *s);
void emit_layout_h(FILE *out, const struct spec *s);
void emit_layout_c(FILE *out, const struct spec *s);
void emit_attr_h(FILE *out, const struct spec *s);
void emit_attr_c(FILE *out, const struct spec *s);
void emit_algs_h(FILE *out, const struct spec *s);
void emit_algs_c(FILE *out, const struct spec *s);
void emit_policy_h(FILE *out, const struct spec *s);
void emit_policy_c(FILE *out, const struct spec *s);
void emit_exchange_h(FILE *out, const struct spec *s);
void emit_exchange_c(FILE *out, const struct spec *s);
void emit_actions_h(FILE *out, const struct spec *s);
void emit_control_h(FILE *out, const struct spec *s);
void emit_control_c(FILE *out, const struct spec *s);

/* Views for people: --table, --ladder EXCHANGE, --dot EXCHANGE, --man PAGE. */
void emit_table(FILE *out, const struct spec *s);
bool emit_ladder(FILE *out, const struct spec *s, const char *exchange);
bool emit_dot(FILE *out, const struct spec *s, const char *exchange);
bool emit_man(FILE *out, const struct spec *s, const char *page);

#endif
