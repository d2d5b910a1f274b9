/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.gen.[ch]: the named proposal lists with their rows written out, and
 * the limits.  The leftmost word of a row varies slowest.
 */
#include "gen/emit.h"

#include <inttypes.h>

static const char *
alg_enumerator(const struct alg *a)
{
	return emit_enumerator(alg_class_name(a->class), a->h.name.text);
}

void
emit_policy_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"gen/algs.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_h(out, &o, "GEN_POLICY_GEN_H",
	    "What is offered and accepted, and the limits.", includes);
	fprintf(out,
	    "/* One proposal; key_bits is the cipher's only size where it "
	    "has but one. */\n"
	    "struct policy_isakmp {\n\tuint8_t cipher; /* enum cipher_alg */\n"
	    "\tuint16_t key_bits;\n\tuint8_t hash;  /* enum hash_alg */\n"
	    "\tuint8_t group; /* enum group_alg */\n};\n"
	    "struct policy_esp {\n\tuint8_t cipher;\n\tuint16_t key_bits;\n"
	    "\tuint8_t hash;\n};\n"
	    "struct policy_ah {\n\tuint8_t hash;\n};\n\n");
	fprintf(out, "enum policy_id {\n");
	for (size_t i = 0; i < o.policies.n; i++)
		fprintf(out, "\t%s,\n",
		    emit_enumerator("policy", o.policies.v[i]->h.name.text));
	fprintf(out,
	    "\tN_POLICIES\n};\n"
	    "struct policy_def {\n\tconst char *name;\n\tbool is_default;\n"
	    "\tconst struct policy_isakmp *isakmp; /* in order of "
	    "preference */\n\tuint8_t n_isakmp;\n"
	    "\tconst struct policy_esp *esp;\n\tuint8_t n_esp;\n"
	    "\tconst struct policy_ah *ah;\n\tuint8_t n_ah;\n"
	    "\tbool notify_errors;\n"
	    "\tbool send_delete_ipsec, send_delete_isakmp;\n"
	    "\tbool obey_delete_ipsec, obey_delete_isakmp;\n};\n"
	    "extern const struct policy_def policy_defs[N_POLICIES + 1];\n");
	for (size_t i = 0; i < o.limits.n; i++) {
		const struct limits *l = o.limits.v[i];

		fprintf(out, "\nenum {\n");
		for (size_t k = 0; k < l->limits.n; k++) {
			emit_doc(out, "\t", l->limits.v[k].doc);
			fprintf(out, "\t%s = %" PRIu64 "%s\n",
			    emit_enumerator("limit", l->limits.v[k].name.text),
			    l->limits.v[k].value,
			    k + 1 < l->limits.n ? "," : "");
		}
		fprintf(out, "};\n");
	}
	fprintf(out, "\n#endif\n");
}

/* The key sizes of a row: its own, or all of the cipher's. */
static size_t
n_keys(const struct policy_row *r)
{
	const struct alg_column *key;

	if (r->key_bits.n > 0)
		return r->key_bits.n;
	key = alg_column(r->cipher_alg, "key");
	return key != NULL ? key->numbers.n : 0;
}

static uint64_t
key_of(const struct policy_row *r, size_t i)
{
	if (r->key_bits.n > 0)
		return r->key_bits.v[i];
	return alg_column(r->cipher_alg, "key")->numbers.v[i];
}

/* The combinations of one row, each as "CIPHER_X, 192, HASH_X, GROUP_X". */
static void
expand_row(FILE *out, const struct policy_row *r)
{
	size_t groups = r->kind == ROW_ISAKMP ? r->group_algs.n : 1;

	for (size_t k = 0; k < n_keys(r); k++)
		for (size_t h = 0; h < r->hash_algs.n; h++)
			for (size_t g = 0; g < groups; g++) {
				fprintf(out, "\t{%s, %" PRIu64 ", %s",
				    alg_enumerator(r->cipher_alg), key_of(r, k),
				    alg_enumerator(r->hash_algs.v[h]));
				if (r->kind == ROW_ISAKMP)
					fprintf(out, ", %s",
					    alg_enumerator(r->group_algs.v[g]));
				fprintf(out, "},\n");
			}
}

static size_t
count_rows(const struct policy *p, enum policy_row_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->rows.n; i++) {
		const struct policy_row *r = &p->rows.v[i];

		if (r->kind != kind)
			continue;
		n += (kind == ROW_AH ? 1 : n_keys(r)) * r->hash_algs.n *
		    (kind == ROW_ISAKMP ? r->group_algs.n : 1);
	}
	return n;
}

static void
emit_rows(FILE *out, const struct policy *p, enum policy_row_kind kind,
    const char *tag)
{
	if (count_rows(p, kind) == 0)
		return;
	fprintf(out, "static const struct policy_%s %s_%s[] = {\n", tag,
	    emit_lower(p->h.name.text), tag);
	for (size_t i = 0; i < p->rows.n; i++) {
		const struct policy_row *r = &p->rows.v[i];

		if (r->kind != kind)
			continue;
		fprintf(out, "\t/* %s */\n", emit_place(r->pos));
		if (kind != ROW_AH)
			expand_row(out, r);
		for (size_t h = 0; kind == ROW_AH && h < r->hash_algs.n; h++)
			fprintf(out, "\t{%s},\n",
			    alg_enumerator(r->hash_algs.v[h]));
	}
	fprintf(out, "};\n\n");
}

static void
emit_list_ref(FILE *out, const struct policy *p, enum policy_row_kind kind,
    const char *tag)
{
	size_t n = count_rows(p, kind);

	if (n > 0)
		fprintf(out, "\t\t.%s = %s_%s,\n\t\t.n_%s = %zu,\n", tag,
		    emit_lower(p->h.name.text), tag, tag, n);
}

static void
emit_policy(FILE *out, const struct policy *p)
{
	static const char *const words[][3] = {
	    {"notify", "errors", "notify_errors"},
	    {"send_delete", "ipsec", "send_delete_ipsec"},
	    {"send_delete", "isakmp", "send_delete_isakmp"},
	    {"obey_delete", "ipsec", "obey_delete_ipsec"},
	    {"obey_delete", "isakmp", "obey_delete_isakmp"},
	};

	fprintf(out, "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.is_default = %s,\n",
	    emit_enumerator("policy", p->h.name.text), p->h.name.text,
	    p->is_default ? "true" : "false");
	emit_list_ref(out, p, ROW_ISAKMP, "isakmp");
	emit_list_ref(out, p, ROW_ESP, "esp");
	emit_list_ref(out, p, ROW_AH, "ah");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		fprintf(out, "\t\t.%s = %s,\n", words[i][2],
		    emit_policy_word(p, words[i][0], words[i][1]) ? "true"
								  : "false");
	fprintf(out, "\t},\n");
}

void
emit_policy_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"gen/policy.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_c(out, &o, "The rows of the policies.", includes);
	for (size_t i = 0; i < o.policies.n; i++) {
		emit_rows(out, o.policies.v[i], ROW_ISAKMP, "isakmp");
		emit_rows(out, o.policies.v[i], ROW_ESP, "esp");
		emit_rows(out, o.policies.v[i], ROW_AH, "ah");
	}
	fprintf(
	    out, "const struct policy_def policy_defs[N_POLICIES + 1] = {\n");
	for (size_t i = 0; i < o.policies.n; i++)
		emit_policy(out, o.policies.v[i]);
	fprintf(out, "\t[N_POLICIES] = {.name = NULL},\n};\n");
}
