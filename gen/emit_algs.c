/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * algs.gen.[ch]: a table for each class of algorithms, one row an algorithm,
 * and a lookup by each number under which the algorithm goes over the wire.
 * What the columns are called and become is in emit_columns.
 */
#include "gen/emit.h"
#include "gen/prime.h"

#include <inttypes.h>

static const enum alg_class classes[] = {ALG_CIPHER, ALG_HASH, ALG_GROUP};
enum { N_CLASSES = sizeof classes / sizeof classes[0], MAX_KEYS = 4 };

static const char *
alg_enumerator(const struct alg *a)
{
	return emit_enumerator(alg_class_name(a->class), a->h.name.text);
}

static void
emit_alg_enum(FILE *out, const struct spec *s, enum alg_class class)
{
	const char *name = alg_class_name(class);

	fprintf(out, "enum %s_alg {\n", name);
	for (size_t i = 0; i < s->algs.n; i++)
		if (s->algs.v[i]->class == class)
			fprintf(out, "\t%s, /* %s */\n",
			    alg_enumerator(s->algs.v[i]),
			    emit_refs(&s->algs.v[i]->h.refs));
	fprintf(out, "\tN_%s\n};\n", emit_upper(emit_class_plural(class)));
}

static void
emit_column_member(FILE *out, const struct column *c)
{
	static const char *const types[] = {
	    [COLUMN_REGISTRY] = "uint16_t ",
	    [COLUMN_NUMBER] = "uint16_t ",
	    [COLUMN_KEYS] = "uint16_t ",
	    [COLUMN_WORD] = "const char *",
	    [COLUMN_PRIME] = "struct span ",
	    [COLUMN_FLAG] = "bool ",
	};

	fprintf(out, "\t%s%s", types[c->shape], c->member);
	if (c->shape == COLUMN_KEYS)
		fprintf(out, "[%d]", MAX_KEYS);
	fprintf(out, ";");
	if (c->shape == COLUMN_REGISTRY)
		fprintf(out, " /* %s; 0 none */", c->comment);
	else if (c->comment != NULL)
		fprintf(out, " /* %s */", c->comment);
	fprintf(out, "\n");
	if (c->shape == COLUMN_KEYS)
		fprintf(out,
		    "\tuint8_t n_%ss;\n"
		    "\tbool fixed_%s; /* one size: KEY_LENGTH must be "
		    "absent */\n",
		    c->name, c->name);
}

static void
emit_class_h(FILE *out, const struct spec *s, enum alg_class class)
{
	const char *name = alg_class_name(class);
	const char *plural = emit_class_plural(class);

	emit_alg_enum(out, s, class);
	fprintf(out,
	    "struct alg_%s {\n\tconst char *name;\n"
	    "\tuint8_t id; /* enum %s_alg */\n",
	    name, name);
	for (size_t i = 0; i < emit_n_columns; i++)
		if (emit_columns[i].class == class)
			emit_column_member(out, &emit_columns[i]);
	fprintf(out, "};\n");
	fprintf(out, "extern const struct alg_%s alg_%s[N_%s + 1];\n", name,
	    plural, emit_upper(plural));
	for (size_t i = 0; i < emit_n_columns; i++)
		if (emit_columns[i].class == class &&
		    emit_columns[i].shape == COLUMN_REGISTRY)
			fprintf(out,
			    "const struct alg_%s *%s_by_%s(uint32_t "
			    "number);\n",
			    name, name, emit_columns[i].member);
	fprintf(out, "\n");
}

void
emit_algs_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/base/span.h", NULL};
	struct spec o = emit_order(s);

	emit_head_h(out, &o, "GEN_ALGS_GEN_H",
	    "Algorithms.  Tables end with a row of zeros; lookups "
	    "return NULL for unknown numbers.",
	    includes);
	for (size_t i = 0; i < N_CLASSES; i++)
		emit_class_h(out, &o, classes[i]);
	fprintf(out, "#endif\n");
}

static void
emit_prime(FILE *out, const struct alg *a)
{
	const struct alg_column *pi = alg_column(a, "pi");
	uint64_t bits = alg_column_number(a, "bits");
	const uint8_t *prime;
	struct wrap w = {out, "\t", 8};

	if (pi == NULL)
		return;
	prime = prime_of_pi(bits, pi->numbers.v[0], pi->pos);
	if (prime == NULL)
		return;
	fprintf(out,
	    "/* 2^%" PRIu64 " - 2^%" PRIu64 " - 1 + 2^64 * (floor(2^%" PRIu64
	    " pi) + %" PRIu64 ") */\n",
	    bits, bits - 64, bits - 130, pi->numbers.v[0]);
	fprintf(out, "static const uint8_t prime_%s[] = {\n\t",
	    emit_lower(a->h.name.text));
	for (uint64_t i = 0; i < bits / 8; i++)
		wrap_add(&w, gen_printf("0x%02x,", prime[i]));
	fprintf(out, "\n};\n\n");
}

static void
emit_keys(FILE *out, const struct alg_column *c)
{
	fprintf(out, "\t\t.key = {");
	for (size_t i = 0; i < c->numbers.n; i++)
		fprintf(out, "%s%" PRIu64, i > 0 ? ", " : "", c->numbers.v[i]);
	fprintf(out, "},\n\t\t.n_keys = %zu,\n\t\t.fixed_key = %s,\n",
	    c->numbers.n, c->numbers.n == 1 ? "true" : "false");
}

static void
emit_cell(FILE *out, const struct alg *a, const struct column *c)
{
	const struct alg_column *value = alg_column(a, c->name);

	if (value == NULL)
		return;
	switch (c->shape) {
	case COLUMN_REGISTRY:
	case COLUMN_NUMBER:
		fprintf(out, "\t\t.%s = %" PRIu64 ",\n", c->member,
		    value->numbers.v[0]);
		return;
	case COLUMN_KEYS: emit_keys(out, value); return;
	case COLUMN_WORD:
		fprintf(out, "\t\t.%s = %s,\n", c->member,
		    emit_string(value->word));
		return;
	case COLUMN_PRIME:
		fprintf(out, "\t\t.prime = {prime_%s, sizeof prime_%s},\n",
		    emit_lower(a->h.name.text), emit_lower(a->h.name.text));
		return;
	case COLUMN_FLAG: fprintf(out, "\t\t.%s = true,\n", c->member); return;
	}
}

static void
emit_rows(FILE *out, const struct spec *s, enum alg_class class)
{
	const char *plural = emit_class_plural(class);

	fprintf(out, "const struct alg_%s alg_%s[N_%s + 1] = {\n",
	    alg_class_name(class), plural, emit_upper(plural));
	for (size_t i = 0; i < s->algs.n; i++) {
		const struct alg *a = s->algs.v[i];

		if (a->class != class)
			continue;
		fprintf(out, "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.id = %s,\n",
		    alg_enumerator(a), a->h.name.text, alg_enumerator(a));
		for (size_t j = 0; j < emit_n_columns; j++)
			if (emit_columns[j].class == class)
				emit_cell(out, a, &emit_columns[j]);
		fprintf(out, "\t},\n");
	}
	fprintf(out, "\t[N_%s] = {.name = NULL},\n};\n\n", emit_upper(plural));
}

static void
emit_lookup(FILE *out, const struct column *c)
{
	const char *name = alg_class_name(c->class);

	fprintf(out,
	    "const struct alg_%s *\n%s_by_%s(uint32_t number)\n{\n"
	    "\tfor (const struct alg_%s *a = alg_%s; a->name != NULL; "
	    "a++)\n"
	    "\t\tif (number != 0 && a->%s == number)\n\t\t\treturn a;\n"
	    "\treturn NULL;\n}\n\n",
	    name, name, c->member, name, emit_class_plural(c->class),
	    c->member);
}

void
emit_algs_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"gen/algs.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_c(out, &o, "The tables of algorithms.", includes);
	for (size_t i = 0; i < o.algs.n; i++)
		if (o.algs.v[i]->class == ALG_GROUP)
			emit_prime(out, o.algs.v[i]);
	for (size_t i = 0; i < N_CLASSES; i++)
		emit_rows(out, &o, classes[i]);
	for (size_t i = 0; i < emit_n_columns; i++)
		if (emit_columns[i].shape == COLUMN_REGISTRY)
			emit_lookup(out, &emit_columns[i]);
}
