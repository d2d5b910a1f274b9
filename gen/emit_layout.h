/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emitters of layout.gen.h and layout.gen.c ask of a layout, and the
 * text that they share.
 */
#ifndef GEN_EMIT_LAYOUT_H
#define GEN_EMIT_LAYOUT_H

#include "gen/emit.h"

/* Neither a constant nor a field that must be zero: those are not in C. */
bool layout_is_member(const struct field *f);
/* uintN_t or struct span. */
const char *layout_c_type(const struct field *f);
/* The field that is 'size of' (or 'count of') field i; NULL if none. */
const struct field *layout_size_field(const struct layout *l, size_t i);
const struct field *layout_count_field(const struct layout *l, size_t i);
const struct field *layout_total_field(const struct layout *l);
/* Octets in front of field i when all of them are fixed; else false. */
bool layout_offset(const struct layout *l, size_t i, uint64_t *offset);
/* Octets of the whole when all fields are fixed; else false. */
bool layout_fixed_size(const struct layout *l, uint64_t *size);

/*
 * The fields of the enclosing layout that decide about fields of this one
 * (P.protocol), each once; they become parameters of its decoder.
 */
typedef VEC(const struct field *) field_vec;
field_vec layout_contexts(const struct layout *l);
/* "bool dec_t(struct span body, uint8_t protocol, …)", with that verb and that
 * separator behind 'bool'. */
const char *layout_dec_prototype(
    const struct layout *l, const char *verb, const char *separator);

/*
 * "switch (v->protocol) {" over the field that decides a 'by', of this layout
 * or of the enclosing one: those are copied in.  Then, for each case, its
 * labels: "case PROTOCOL_AH:".
 */
void
emit_layout_switch(FILE *out, const struct layout *l, const struct select *sel);
void emit_layout_case(FILE *out, const struct layout *l,
    const struct select *sel, const struct select_case *k);

/* "0, 16": at which octet an element says its length, and in how many bits. */
const char *layout_length_place(const struct layout *l);

/* gen/emit_layout_enc.c */
void emit_layout_enc(FILE *out, const struct layout *l);
void emit_layout_dump(FILE *out, const struct layout *l);
/* Decoder with its helpers; gen/emit_layout_dec.c. */
void emit_layout_dec(FILE *out, const struct layout *l);
/* For iterators: a decoder that leaves lists and attributes inside as they are,
 * where there are any.  Returns the verb in its name. */
const char *emit_layout_part(FILE *out, const struct layout *l);

#endif
