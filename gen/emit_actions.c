/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actions.gen.h: a prototype for each guard and action that the spec names,
 * so that a missing one is a link error.  The comment says where it is used
 * and which slots it sets there.
 */
#include "gen/emit.h"
#include "gen/lower.h"

#include <string.h>

struct action {
	enum low_code code;
	const char *name;
	VEC(const char *) uses; /* "spec/main.spec:61 sets SAi" */
};
typedef VEC(struct action) action_vec;

static struct action *
find_action(action_vec *all, const struct low_op *op)
{
	struct action *a;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].code == op->code &&
		    strcmp(all->v[i].name, op->name) == 0)
			return &all->v[i];
	a = VEC_PUSH(all);
	a->code = op->code;
	a->name = op->name;
	return a;
}

static void
add_use(action_vec *all, const struct lowered *low, const struct low_op *op)
{
	const char *use = emit_place(op->pos), *comma = " sets ";

	if (op->code != LOW_REQUIRE && op->code != LOW_DERIVE &&
	    op->code != LOW_EFFECT)
		return;
	for (size_t i = 0; i < 3 && op->to[i] != LOW_NONE; i++) {
		use = gen_printf(
		    "%s%s%s", use, comma, low->slots.v[op->to[i]].name);
		comma = " ";
	}
	if (op->within_ms > 0)
		use = gen_printf("%s, may wait", use);
	*VEC_PUSH(&find_action(all, op)->uses) = use;
}

static void
emit_action(FILE *out, const struct action *a)
{
	struct wrap w = {out, " * ", 0};

	fprintf(out, "/*\n * ");
	w.column = 3;
	for (size_t i = 0; i < a->uses.n; i++)
		wrap_add(&w,
		    gen_printf(
			"%s%s", a->uses.v[i], i + 1 < a->uses.n ? ";" : ""));
	fprintf(out, "\n */\n");
	if (a->code == LOW_REQUIRE)
		fprintf(out, "guard_fn guard_%s;\n", emit_lower(a->name));
	else
		fprintf(out, "action_fn %s_%s;\n", lower_code_name(a->code),
		    emit_lower(a->name));
}

void
emit_actions_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/core/table.h", NULL};
	struct spec o = emit_order(s);
	const struct lowered *low = lower_spec(&o);
	action_vec all = {0};

	for (size_t i = 0; i < low->exchanges.n; i++)
		for (size_t k = 0; k < low->exchanges.v[i]->ops.n; k++)
			add_use(&all, low, &low->exchanges.v[i]->ops.v[k]);
	emit_head_h(out, &o, "GEN_ACTIONS_GEN_H",
	    "Guards and actions that the spec names; engine/ike has "
	    "them.",
	    includes);
	for (size_t i = 0; i < all.n; i++)
		emit_action(out, &all.v[i]);
	fprintf(out, "\n#endif\n");
}
