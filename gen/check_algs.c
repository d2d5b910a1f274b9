/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E304: every algorithm has the columns of its class, and every row of a
 * policy combines algorithms that have a number for its use.  (That groups
 * are of primes is computed where their octets are.)
 */
#include <inttypes.h>
#include <string.h>

#include "gen/alg.h"
#include "gen/check_algs.h"
#include "gen/specc.h"

enum column_kind { COLUMN_NUMBER, COLUMN_NUMBERS, COLUMN_WORD, COLUMN_FLAG };

enum need {
	NEED_NEVER,
	NEED_ALWAYS,
	NEED_IPSEC /* of an algorithm with a number for IPsec SAs */
};

/* What may and what must be said about an algorithm. */
static const struct column_rule {
	enum alg_class class;
	const char *name;
	enum column_kind kind;
	enum need need;
	bool unique; /* a number of a registry */
	uint64_t most;
} rules[] = {
    {ALG_CIPHER, "oakley", COLUMN_NUMBER, NEED_NEVER, true, 65535},
    {ALG_CIPHER, "esp", COLUMN_NUMBER, NEED_NEVER, true, 255},
    {ALG_CIPHER, "block", COLUMN_NUMBER, NEED_ALWAYS, false, 65535},
    {ALG_CIPHER, "key", COLUMN_NUMBERS, NEED_ALWAYS, false, 65535},
    {ALG_CIPHER, "lib", COLUMN_WORD, NEED_ALWAYS, false, 0},
    {ALG_CIPHER, "xfrm", COLUMN_WORD, NEED_IPSEC, false, 0},
    {ALG_CIPHER, "legacy", COLUMN_FLAG, NEED_NEVER, false, 0},
    {ALG_HASH, "oakley", COLUMN_NUMBER, NEED_NEVER, true, 65535},
    {ALG_HASH, "ah", COLUMN_NUMBER, NEED_NEVER, true, 255},
    {ALG_HASH, "ipsec", COLUMN_NUMBER, NEED_NEVER, true, 65535},
    {ALG_HASH, "size", COLUMN_NUMBER, NEED_ALWAYS, false, 65535},
    {ALG_HASH, "icv", COLUMN_NUMBER, NEED_IPSEC, false, 65535},
    {ALG_HASH, "lib", COLUMN_WORD, NEED_ALWAYS, false, 0},
    {ALG_HASH, "xfrm", COLUMN_WORD, NEED_IPSEC, false, 0},
    {ALG_HASH, "legacy", COLUMN_FLAG, NEED_NEVER, false, 0},
    {ALG_GROUP, "oakley", COLUMN_NUMBER, NEED_ALWAYS, true, 65535},
    {ALG_GROUP, "bits", COLUMN_NUMBER, NEED_ALWAYS, false, 65535},
    {ALG_GROUP, "generator", COLUMN_NUMBER, NEED_ALWAYS, false, 65535},
    {ALG_GROUP, "pi", COLUMN_NUMBER, NEED_ALWAYS, false, UINT32_MAX},
    {ALG_GROUP, "exponent", COLUMN_NUMBER, NEED_ALWAYS, false, 65535},
    {ALG_GROUP, "legacy", COLUMN_FLAG, NEED_NEVER, false, 0},
};
#define N_RULES (sizeof rules / sizeof rules[0])

/* ---- columns ---------------------------------------------------------- */

static bool
kind_is(const struct alg_column *c, enum column_kind kind)
{
	switch (kind) {
	case COLUMN_NUMBER: return c->numbers.n == 1;
	case COLUMN_NUMBERS: return c->numbers.n > 0;
	case COLUMN_WORD: return c->word != NULL;
	case COLUMN_FLAG: return c->numbers.n == 0 && c->word == NULL;
	}
	return false;
}

static const char *
kind_text(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_NUMBER: return "one number";
	case COLUMN_NUMBERS: return "numbers";
	case COLUMN_WORD: return "a word";
	case COLUMN_FLAG: return "no value";
	}
	return "";
}

static void
check_values(const struct alg_column *c, const struct column_rule *rule)
{
	bool keys = rule->kind == COLUMN_NUMBERS;
	size_t i;

	for (i = 0; i < c->numbers.n; i++) {
		uint64_t n = c->numbers.v[i];

		if (n == 0)
			diag_at("E304", c->pos, "'%s' must be positive",
			    rule->name);
		else if (n > rule->most)
			diag_at("E304", c->pos,
			    "%s %" PRIu64 " is more than %" PRIu64, rule->name,
			    n, rule->most);
		else if (keys && n % 8 != 0)
			diag_at("E304", c->pos,
			    "a %s of %" PRIu64 " bits is "
			    "not a number of octets",
			    rule->name, n);
	}
}

static const struct column_rule *
find_rule(const struct alg *a, const char *name)
{
	size_t i;

	for (i = 0; i < N_RULES; i++)
		if (rules[i].class == a->class &&
		    strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static void
check_column(const struct alg *a, const struct alg_column *c)
{
	const struct column_rule *rule = find_rule(a, c->name.text);
	const struct alg_column *first = alg_column(a, c->name.text);

	if (rule == NULL)
		diag_at("E304", c->name.pos,
		    "'%s' is not a column of this "
		    "class",
		    c->name.text);
	else if (first != c)
		diag_note_at(diag_at("E304", c->name.pos,
				 "'%s' is given "
				 "twice",
				 c->name.text),
		    first->name.pos, "first given here");
	else if (!kind_is(c, rule->kind))
		diag_at("E304", c->name.pos, "'%s' takes %s", c->name.text,
		    kind_text(rule->kind));
	else
		check_values(c, rule);
}

static bool
is_needed(const struct alg *a, enum need need)
{
	switch (need) {
	case NEED_NEVER: return false;
	case NEED_ALWAYS: return true;
	case NEED_IPSEC:
		return alg_column(a, "esp") != NULL ||
		    alg_column(a, "ah") != NULL ||
		    alg_column(a, "ipsec") != NULL;
	}
	return false;
}

static void
check_missing(const struct alg *a)
{
	size_t i;

	for (i = 0; i < N_RULES; i++)
		if (rules[i].class == a->class && is_needed(a, rules[i].need) &&
		    alg_column(a, rules[i].name) == NULL)
			diag_at("E304", a->h.name.pos,
			    "'%s' has no column "
			    "'%s'",
			    a->h.name.text, rules[i].name);
}

/* No two of a class have the same number in one registry. */
static void
check_registries(const struct spec *s, size_t at)
{
	const struct alg *a = s->algs.v[at];
	const struct alg_column *c, *other;
	size_t i, j;

	for (i = 0; i < N_RULES; i++) {
		if (rules[i].class != a->class || !rules[i].unique)
			continue;
		c = alg_column(a, rules[i].name);
		for (j = 0; c != NULL && c->numbers.n == 1 && j < at; j++) {
			if (s->algs.v[j]->class != a->class)
				continue;
			other = alg_column(s->algs.v[j], rules[i].name);
			if (other == NULL || other->numbers.n != 1 ||
			    other->numbers.v[0] != c->numbers.v[0])
				continue;
			diag_note_at(
			    diag_at("E304", c->pos, "%s %" PRIu64 " is taken",
				rules[i].name, c->numbers.v[0]),
			    other->pos, "first used here");
		}
	}
}

/* ---- rows of policies ------------------------------------------------- */

static void
need_column(struct name name, const struct alg *a, const char *column)
{
	if (alg_column(a, column) == NULL)
		diag_note_at(diag_at("E304", name.pos,
				 "'%s' has no column "
				 "'%s', which this row needs",
				 name.text, column),
		    a->h.name.pos, "declared here");
}

/* Keys are of sizes that the cipher has, and said if it has several. */
static void
check_row_keys(const struct policy_row *row)
{
	const struct alg_column *sizes = alg_column(row->cipher_alg, "key");
	size_t i, j;

	if (sizes == NULL)
		return;
	if (row->key_bits.n == 0 && sizes->numbers.n > 1)
		diag_hint(diag_at("E304", row->cipher.pos,
			      "'%s' has several "
			      "sizes of keys",
			      row->cipher.text),
		    "write them behind it, the preferred one first");
	for (i = 0; i < row->key_bits.n; i++) {
		for (j = 0; j < sizes->numbers.n &&
		     sizes->numbers.v[j] != row->key_bits.v[i];
		     j++)
			;
		if (j == sizes->numbers.n)
			diag_note_at(diag_at("E304", row->cipher.pos,
					 "'%s' has no key of %" PRIu64 " bits",
					 row->cipher.text, row->key_bits.v[i]),
			    sizes->pos, "declared here");
	}
}

static void
check_row(const struct policy_row *row)
{
	static const struct {
		const char *cipher, *hash;
	} columns[] = {
	    [ROW_ISAKMP] = {"oakley", "oakley"},
	    [ROW_ESP] = {"esp", "ipsec"},
	    [ROW_AH] = {NULL, "ah"},
	};
	size_t i;

	if (row->cipher_alg != NULL) {
		need_column(
		    row->cipher, row->cipher_alg, columns[row->kind].cipher);
		check_row_keys(row);
	}
	for (i = 0; i < row->hashes.n; i++)
		need_column(row->hashes.v[i], row->hash_algs.v[i],
		    columns[row->kind].hash);
	for (i = 0; i < row->groups.n; i++)
		need_column(row->groups.v[i], row->group_algs.v[i], "oakley");
}

void
check_algs(const struct spec *s)
{
	size_t i, j;

	for (i = 0; i < s->algs.n; i++) {
		for (j = 0; j < s->algs.v[i]->columns.n; j++)
			check_column(s->algs.v[i], &s->algs.v[i]->columns.v[j]);
		check_missing(s->algs.v[i]);
		check_registries(s, i);
	}
	for (i = 0; i < s->policies.n; i++)
		for (j = 0; j < s->policies.v[i]->rows.n; j++)
			check_row(&s->policies.v[i]->rows.v[j]);
}
