/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.gen.[ch]: the options of each program as data for the parser in
 * engine/base/option.h, and their numbers, which travel on the control socket.
 */
#include "gen/emit.h"

#include <inttypes.h>
#include <string.h>

static const char *
program_name(const struct program *p)
{
	return emit_lower(p->h.name.text);
}

static const char *
form_enumerator(const struct program *p, const struct name *form)
{
	return gen_printf(
	    "%s_FORM_%s", emit_upper(p->h.name.text), emit_upper(form->text));
}

static void
emit_program_h(FILE *out, const struct program *p)
{
	const char *upper = emit_upper(p->h.name.text);

	fprintf(out, "enum %s_option {\n", program_name(p));
	for (size_t i = 0; i < p->options.n; i++)
		fprintf(out, "\t%s,\n",
		    emit_enumerator(upper, p->options.v[i].name.text));
	fprintf(out, "\tN_%s_OPTIONS\n};\n", upper);
	if (p->forms.n > 0) {
		fprintf(out, "enum %s_form {\n", program_name(p));
		for (size_t i = 0; i < p->forms.n; i++)
			fprintf(out, "\t%s,\n",
			    form_enumerator(p, &p->forms.v[i].name));
		fprintf(out, "\tN_%s_FORMS\n};\n", upper);
	}
	fprintf(out, "extern const struct program_def %s_program;\n\n",
	    program_name(p));
}

void
emit_control_h(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {"engine/base/option.h", NULL};
	struct spec o = emit_order(s);

	emit_head_h(
	    out, &o, "GEN_CONTROL_GEN_H", "Options of the programs.", includes);
	for (size_t i = 0; i < o.programs.n; i++)
		emit_program_h(out, o.programs.v[i]);
	fprintf(out, "#endif\n");
}

/* What stands for the value in --help when the spec does not say. */
const char *
emit_metavar(const struct option *o)
{
	static const char *const words[] = {
	    [OPTION_FLAG] = NULL,
	    [OPTION_BIT] = NULL,
	    [OPTION_MASK] = NULL,
	    [OPTION_STRING] = "string",
	    [OPTION_NUMBER] = "number",
	    [OPTION_SECONDS] = "seconds",
	    [OPTION_ADDRESS] = "ip-address",
	    [OPTION_SUBNET] = "subnet",
	    [OPTION_IDENTITY] = "id",
	    [OPTION_PATH] = "path",
	    [OPTION_DATA] = "data",
	    [OPTION_CHOICE] = "name",
	    [OPTION_SEPARATOR] = NULL,
	};

	return o->metavar != NULL ? o->metavar : words[o->kind];
}

static const char *
kind_enumerator(enum option_kind kind)
{
	static const char *const names[] = {
	    [OPTION_FLAG] = "OPTION_FLAG",
	    [OPTION_BIT] = "OPTION_BIT",
	    [OPTION_MASK] = "OPTION_MASK",
	    [OPTION_STRING] = "OPTION_STRING",
	    [OPTION_NUMBER] = "OPTION_NUMBER",
	    [OPTION_SECONDS] = "OPTION_SECONDS",
	    [OPTION_ADDRESS] = "OPTION_ADDRESS",
	    [OPTION_SUBNET] = "OPTION_SUBNET",
	    [OPTION_IDENTITY] = "OPTION_IDENTITY",
	    [OPTION_PATH] = "OPTION_PATH",
	    [OPTION_DATA] = "OPTION_DATA",
	    [OPTION_CHOICE] = "OPTION_CHOICE",
	    [OPTION_SEPARATOR] = "OPTION_SEPARATOR",
	};

	return names[kind];
}

/* The forms of an option that has none are all forms. */
static void
emit_forms_mask(FILE *out, const struct program *p, const struct option *o)
{
	struct wrap w = {out, "\t\t\t", 0};

	if (o->in.n == 0 || p->forms.n == 0) {
		fprintf(out, "\t\t.forms = 0xffff,\n");
		return;
	}
	fprintf(out, "\t\t.forms =");
	w.column = 24;
	for (size_t i = 0; i < o->in.n; i++)
		wrap_add(&w,
		    gen_printf("1U << %s%s", form_enumerator(p, &o->in.v[i]),
			i + 1 < o->in.n ? " |" : ","));
	fprintf(out, "\n");
}

static void
emit_default(FILE *out, const struct spec *s, const struct option *o)
{
	uint64_t number = o->default_number;

	if (!o->has_default)
		return;
	for (size_t i = 0; o->kind == OPTION_CHOICE && i < s->policies.n; i++)
		if (strcmp(s->policies.v[i]->h.name.text, o->default_word) == 0)
			number = i;
	fprintf(out,
	    "\t\t.has_default = true,\n\t\t.default_number = %" PRIu64
	    ",\n\t\t.default_string = %s,\n",
	    number, emit_string(o->default_word));
}

static void
emit_value(FILE *out, const struct option *o)
{
	fprintf(out, "\t\t.min = %" PRIu64 "U,\n\t\t.max = %" PRIu64 "U,\n",
	    o->has_range ? o->range.lo : 0,
	    o->has_range ? o->range.hi : UINT32_MAX);
	if (o->kind == OPTION_BIT || o->kind == OPTION_MASK)
		fprintf(out, "\t\t.bit = 0x%" PRIx64 ",\n\t\t.word = &%s,\n",
		    o->bit,
		    gen_printf("enum_%s",
			emit_lower(o->path.enum_block->h.name.text)));
	if (o->kind == OPTION_CHOICE)
		fprintf(out, "\t\t.choices = %s_choices,\n",
		    emit_lower(o->choice.text));
}

static void
emit_option(FILE *out, const struct spec *s, const struct program *p,
    const struct option *o)
{
	fprintf(out, "\t[%s] = {\n\t\t.name = %s,\n",
	    emit_enumerator(p->h.name.text, o->name.text),
	    emit_string(o->name.text));
	if (o->alias.text != NULL)
		fprintf(out, "\t\t.alias = %s,\n", emit_string(o->alias.text));
	fprintf(out, "\t\t.help = %s,\n\t\t.metavar = %s,\n\t\t.kind = %s,\n",
	    emit_string(o->doc), emit_string(emit_metavar(o)),
	    kind_enumerator(o->kind));
	if (o->end)
		fprintf(out, "\t\t.end = true,\n");
	if (o->repeats)
		fprintf(out, "\t\t.repeats = true,\n");
	if (o->local)
		fprintf(out, "\t\t.local = true,\n");
	emit_forms_mask(out, p, o);
	fprintf(out, "\t\t.selects = %s,\n",
	    o->selects.text != NULL && p->forms.n > 0
		? form_enumerator(p, &o->selects)
		: "0xff");
	emit_value(out, o);
	emit_default(out, s, o);
	fprintf(out, "\t},\n");
}

static void
emit_forms(FILE *out, const struct program *p)
{
	const char *name = program_name(p);

	for (size_t i = 0; i < p->forms.n; i++) {
		const struct form *f = &p->forms.v[i];

		if (f->needs.n == 0)
			continue;
		fprintf(out, "static const uint8_t %s_%s_needs[] = {", name,
		    emit_lower(f->name.text));
		for (size_t k = 0; k < f->needs.n; k++)
			fprintf(out, "%s%s", k > 0 ? ", " : "",
			    emit_enumerator(name, f->needs.v[k].text));
		fprintf(out, "};\n");
	}
	fprintf(out, "\nstatic const struct form_def %s_forms[] = {\n", name);
	for (size_t i = 0; i < p->forms.n; i++) {
		const struct form *f = &p->forms.v[i];

		fprintf(out,
		    "\t[%s] = {\n\t\t.name = \"%s\",\n\t\t.help = %s,\n"
		    "\t\t.op = %s,\n",
		    form_enumerator(p, &f->name), f->name.text,
		    emit_string(f->doc), emit_enumerator("ctl_op", f->op.text));
		if (f->needs.n > 0)
			fprintf(out,
			    "\t\t.needs = %s_%s_needs,\n"
			    "\t\t.n_needs = %zu,\n",
			    name, emit_lower(f->name.text), f->needs.n);
		fprintf(out, "\t},\n");
	}
	fprintf(out, "};\n\n");
}

static void
emit_program_c(FILE *out, const struct spec *s, const struct program *p)
{
	const char *name = program_name(p);

	fprintf(out, "/* ---- %s ---- */\n\n", name);
	if (p->forms.n > 0)
		emit_forms(out, p);
	fprintf(out, "static const struct option_def %s_options[] = {\n", name);
	for (size_t i = 0; i < p->options.n; i++)
		emit_option(out, s, p, &p->options.v[i]);
	fprintf(out, "};\n\nstatic const char *const %s_refused[] = {\n", name);
	for (size_t i = 0; i < p->refused.n; i++)
		fprintf(out, "\t%s,\n", emit_string(p->refused.v[i].text));
	fprintf(out, "\tNULL\n};\n\n");
	fprintf(out,
	    "const struct program_def %s_program = {\n\t.name = \"%s\",\n"
	    "\t.title = %s,\n",
	    name, p->h.name.text, emit_string(p->title));
	if (p->forms.n > 0)
		fprintf(out, "\t.forms = %s_forms,\n\t.n_forms = %zu,\n", name,
		    p->forms.n);
	fprintf(out,
	    "\t.options = %s_options,\n\t.n_options = N_%s_OPTIONS,\n"
	    "\t.refused = %s_refused,\n};\n\n",
	    name, emit_upper(name), name);
}

static bool
has_choice(const struct spec *s)
{
	for (size_t i = 0; i < s->programs.n; i++)
		for (size_t k = 0; k < s->programs.v[i]->options.n; k++)
			if (s->programs.v[i]->options.v[k].kind ==
			    OPTION_CHOICE)
				return true;
	return false;
}

void
emit_control_c(FILE *out, const struct spec *s)
{
	static const char *const includes[] = {
	    "gen/control.gen.h", "gen/enums.gen.h", NULL};
	struct spec o = emit_order(s);

	emit_head_c(out, &o, "Options of the programs.", includes);
	if (has_choice(&o)) {
		fprintf(out, "static const char *const policy_choices[] = {\n");
		for (size_t i = 0; i < o.policies.n; i++)
			fprintf(out, "\t%s,\n",
			    emit_string(o.policies.v[i]->h.name.text));
		fprintf(out, "\tNULL\n};\n\n");
	}
	for (size_t i = 0; i < o.programs.n; i++)
		emit_program_c(out, &o, o.programs.v[i]);
}
