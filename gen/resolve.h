/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the resolver share: scopes, in which names are declared
 * and looked up, and the scopes of the whole spec.  The order of a scope is
 * that of the vector it stands for, so a name's place is the index of what it
 * names.
 */
#ifndef GEN_RESOLVE_H
#define GEN_RESOLVE_H

#include "gen/model.h"

enum { NOT_FOUND = -1 };

struct scope {
	const char *what; /* "a slot", for messages */
	name_vec names;
};

/* Append; E101 if the name is there already. */
void scope_declare(struct scope *s, struct name name);
/* Append without looking, for what several things may share. */
void scope_add(struct scope *s, struct name name);
/* Index or NOT_FOUND. */
long scope_find(const struct scope *s, const char *text);
/* The same; E101 with the nearest spelling if there is none. */
long scope_get(const struct scope *s, struct name name);

struct resolver {
	struct spec *spec;
	struct scope enums, layouts, dictionaries, policies, groups;
	struct scope algs[3]; /* by enum alg_class */
	size_t *alg_index[3]; /* place in spec.algs of each */
};

/* Items of an enum. */
struct scope resolve_enum_scope(const struct enum_block *e);
/* What may be written for a value of the path: items or algorithms. */
struct scope
resolve_path_scope(const struct resolver *r, const struct path *path);
/* The value of item number i of that scope. */
uint64_t
resolve_path_value(const struct resolver *r, const struct path *path, long i);
/* 'enum notify' or 'enum cipher.oakley' */
void resolve_enum_path(const struct resolver *r, struct path *path);
/* The notify of an outcome, if it has one. */
void resolve_outcome(const struct resolver *r, struct outcome *o);
/* The block of that name and kind; NULL after E101. */
const struct enum_block *
resolve_enum(const struct resolver *r, struct name name, bool bits);
struct layout *resolve_layout(const struct resolver *r, struct name name);
const struct alg *
resolve_alg(const struct resolver *r, enum alg_class class, struct name name);
const char *resolve_layout_kind(enum layout_kind kind);

void resolve_layouts(const struct resolver *r);
void resolve_policies(const struct resolver *r);
void resolve_programs(const struct resolver *r);
void resolve_exchanges(const struct resolver *r);
/* ---- within exchanges ------------------------------------------------- */

/* One exchange and the scopes of its names. */
struct work {
	const struct resolver *r;
	struct exchange *x;
	struct scope slots, variants, messages;
	struct scope kept; /* by every phase 1 exchange */
};

/* The mask of a '[variant]'; all ones without one. */
uint32_t resolve_variant_mask(const struct work *w, struct name variant);
/* The slot of that name, which must be a payload's; NOT_FOUND after E101. */
long resolve_message_slot(const struct work *w, struct name name);
/* E101 if the names of two with overlapping variants are the same. */
void resolve_overlap(const char *what, struct name name, struct name first);
void resolve_formulas(const struct work *w);
void resolve_roles(const struct work *w);

/* E102: names that the generated C cannot have. */
void resolve_identifiers(const struct spec *s);

#endif
