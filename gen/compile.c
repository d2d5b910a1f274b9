/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the compiler is made of, without its command line: the stages behind the
 * parser, and the list of the files that are written.  Main and the tests that
 * run the compiler inside their own process share it.
 */
#include "gen/specc.h"

bool
compile_spec(struct spec *s)
{
	resolve_spec(s);
	if (diag_errors() > 0)
		return false;
	check_names(s);
	check_layouts(s);
	check_numbers(s);
	check_messages(s);
	check_machine(s);
	check_flow(s);
	check_pair(s);
	return diag_errors() == 0;
}

const struct output outputs[] = {
    {"enums.gen.h", emit_enums_h},
    {"enums.gen.c", emit_enums_c},
    {"layout.gen.h", emit_layout_h},
    {"layout.gen.c", emit_layout_c},
    {"attr.gen.h", emit_attr_h},
    {"attr.gen.c", emit_attr_c},
    {"algs.gen.h", emit_algs_h},
    {"algs.gen.c", emit_algs_c},
    {"policy.gen.h", emit_policy_h},
    {"policy.gen.c", emit_policy_c},
    {"exchange.gen.h", emit_exchange_h},
    {"exchange.gen.c", emit_exchange_c},
    {"actions.gen.h", emit_actions_h},
    {"control.gen.h", emit_control_h},
    {"control.gen.c", emit_control_c},
    {NULL, NULL},
};
