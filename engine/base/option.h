/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a program as data, filled in by generated code, and the parser
 * that interprets them: whack's and pluto's command lines, their --help, and
 * the checking of values that arrive on the control socket.
 */
#ifndef ENGINE_BASE_OPTION_H
#define ENGINE_BASE_OPTION_H

#include <stdio.h>

#include "engine/base/enums.h"
#include "engine/base/span.h"
#include "engine/base/text.h"

enum option_kind {
	OPTION_FLAG, /* no value */
	OPTION_BIT,  /* sets 'bit' in the word named by 'word' */
	OPTION_MASK, /* sets that whole word to 'bit' */
	OPTION_STRING,
	OPTION_NUMBER,
	OPTION_SECONDS,
	OPTION_ADDRESS, /* whack resolves names; travels as 4 or 16 octets, %any
	                    as one octet OPTION_ANY */
	OPTION_SUBNET,  /* address and prefix length */
	OPTION_IDENTITY, /* text */
	OPTION_PATH,
	OPTION_DATA,     /* octets; on the command line as 0x, 0s or 0t */
	OPTION_CHOICE,   /* one of 'choices'; travels as its index */
	OPTION_SEPARATOR /* between the left and the right end */
};

struct option_def {
	const char *name;    /* without the dashes */
	const char *alias;   /* another spelling, or NULL */
	const char *help;    /* sentences */
	const char *metavar; /* for the value, in --help; NULL: takes none */
	uint8_t kind;        /* enum option_kind */
	bool end;            /* belongs to the end being described */
	bool repeats;        /* may be given more than once */
	bool local;          /* not sent to pluto */
	uint16_t forms;      /* mask of the forms that take it */
	uint8_t selects;     /* form that it selects, or 0xff */
	uint32_t min, max;   /* numbers: value; strings, data: octets */
	uint32_t bit;
	const struct enum_def *word; /* BIT, MASK */
	const char *const *choices;  /* CHOICE: NULL-terminated */
	bool has_default;
	uint32_t default_number; /* CHOICE: index */
	const char *default_string;
};
struct form_def {
	const char *name;
	const char *help;
	uint8_t op;           /* enum ctl_op */
	const uint8_t *needs; /* options, by index */
	uint8_t n_needs;
};
struct program_def {
	const char *name, *title;
	/* Bit i of option_def.forms is forms[i]. */
	const struct form_def *forms;
	uint8_t n_forms;
	const struct option_def *options;
	uint8_t n_options;
	/* Options of the manual page that are not built; NULL-terminated. */
	const char *const *refused;
};

enum { OPTION_ANY = 1 }; /* the octet that %any travels as */

/* Which end an option describes; the numbers of enum ctl_end. */
enum option_side { OPTION_SIDE_NONE, OPTION_SIDE_LEFT, OPTION_SIDE_RIGHT };

enum {
	OPTION_MAX = 64, /* on one command line; items in one request */
	OPTION_NO_FORM = 0xff
};

/* An option as it was given. */
struct option_value {
	uint8_t option;   /* index in program_def.options */
	uint8_t side;     /* enum option_side */
	const char *text; /* borrowed from argv; NULL: takes no value */
	uint32_t number;  /* NUMBER, SECONDS: value; CHOICE: index */
};
/* A command line, in its order. */
struct option_line {
	const struct program_def *program;
	uint8_t form; /* index in program_def.forms, or OPTION_NO_FORM */
	uint8_t n;
	struct option_value v[OPTION_MAX];
};

/*
 * Read the words of argv after the first one, up to NULL: GNU long options,
 * unique prefixes, --option=value (rulings D26), and a bare word right behind
 * an option that selects a form stands for what that form needs first (D8).
 * False: why says what was expected and what came.
 */
NODISCARD bool option_parse(struct option_line *l, const struct program_def *p,
    char *const *argv, struct text *why);
/*
 * Decide which form the options make up, and check that each of them belongs
 * to it and that none is missing.  A program without forms has nothing to
 * decide.  False: why explains.
 */
NODISCARD bool option_choose_form(struct option_line *l, struct text *why);
/* The first value given for that side, or NULL. */
const struct option_value *
option_get(const struct option_line *l, uint8_t option, enum option_side side);
bool option_given(const struct option_line *l, uint8_t option);
/* Of an option without sides: what was given, or else its default. */
uint32_t option_number(const struct option_line *l, uint8_t option);
const char *option_string(const struct option_line *l, uint8_t option);
/*
 * The word that the BIT and MASK options for it make, in their order: a mask
 * sets it, a bit adds to it.  False: none was given, *bits is 0.
 */
NODISCARD bool option_bits(
    const struct option_line *l, const struct enum_def *word, uint32_t *bits);

/*
 * Check v->text, as far as that needs nobody to look up names, and fill in
 * v->number.  False: why says what was expected and what came.
 */
NODISCARD bool option_value_parse(
    const struct option_def *o, struct option_value *v, struct text *why);
/*
 * Whether bytes are a value of this option, as they travel in a ctl_item:
 * numbers and choices in four octets, flags one octet of 1, addresses 4 or 16
 * octets or 1 for %any, subnets an address and a prefix length, text and data
 * as they are; a separator has none and does not travel.  *number is the
 * number; for BIT and MASK the option's bit, for a flag 1, otherwise 0.
 * False: why says what was expected and what came.
 */
NODISCARD bool option_value_check(const struct option_def *o, struct span bytes,
    uint32_t *number, struct text *why);

/* Usage of all forms and what each option is for. */
void option_help(const struct program_def *p, FILE *out);

#endif
