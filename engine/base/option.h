/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a program as data, filled in by generated code, and the parser
 * that interprets them: whack's and pluto's command lines, their --help, and
 * the checking of values that arrive on the control socket.
 */
#ifndef ENGINE_BASE_OPTION_H
#define ENGINE_BASE_OPTION_H

#include "engine/base/enums.h"
#include "engine/base/span.h"
#include "engine/base/text.h"

enum option_kind {
	OPTION_FLAG,     /* no value */
	OPTION_BIT,      /* sets 'bit' in the word named by 'word' */
	OPTION_MASK,     /* sets that whole word to 'bit' */
	OPTION_STRING,
	OPTION_NUMBER,
	OPTION_SECONDS,
	OPTION_ADDRESS,  /* whack resolves names; travels as 4 or 16 octets */
	OPTION_SUBNET,   /* address and prefix length */
	OPTION_IDENTITY, /* text */
	OPTION_PATH,
	OPTION_CHOICE,   /* one of 'choices'; travels as its index */
	OPTION_SEPARATOR /* between the left and the right end */
};

struct option_def {
	const char *name;    /* without the dashes */
	const char *alias;   /* another spelling, or NULL */
	const char *help;    /* sentences */
	const char *metavar; /* what stands for the value in --help; NULL: none taken */
	uint8_t kind;        /* enum option_kind */
	bool end;            /* belongs to the end being described */
	bool repeats;        /* may be given more than once */
	bool local;          /* not sent to pluto */
	uint16_t forms;      /* mask of the forms that take it */
	uint8_t selects;     /* form that it selects, or 0xff */
	uint32_t min, max;   /* numbers: value; strings: octets */
	uint32_t bit;
	const struct enum_def *word;    /* BIT, MASK */
	const char *const *choices;     /* CHOICE: NULL-terminated */
	bool has_default;
	uint32_t default_number;        /* CHOICE: index */
	const char *default_string;
};
struct form_def {
	const char *name;
	const char *help;
	uint8_t op;             /* enum ctl_op */
	const uint8_t *needs;   /* options, by index */
	uint8_t n_needs;
};
struct program_def {
	const char *name, *title;
	const struct form_def *forms; /* bit i of option_def.forms is forms[i] */
	uint8_t n_forms;
	const struct option_def *options;
	uint8_t n_options;
	const char *const *refused; /* options of the manual page not built; NULL-terminated */
};

#endif
