/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line parser, over a table of its own that has every kind. */
#include "engine/base/option.h"

#include "test/unit/unit.h"

enum {
	NAME,
	HOST,
	CLIENT,
	TO,
	PSK,
	ENCRYPT,
	LIFE,
	POLICY,
	DELETE,
	INITIATE,
	RAW,
	CRYPT,
	ALL,
	NONE,
	FILE_,
	KEY,
	HELP,
	N_OPTIONS
};
enum { F_CONN, F_DELETE, F_INITIATE, F_DEBUG, N_FORMS };
#define IN(f) (1u << (f))

static const struct enum_item word_items[] = {
    {1, "RAW", NULL}, {2, "CRYPT", NULL}, {4, "PRIVATE", NULL}};
static const struct enum_def debug_word = {"debug", true, word_items, 3};
static const struct enum_def goal_word = {"goal", true, word_items, 3};
static const char *const policies[] = {"classic", "modern", NULL};

#define DEBUG_OPTION(n, a, k, b)                                           \
	{                                                                  \
		.name = n, .alias = a, .help = "Show.", .kind = k,         \
		.repeats = true, .forms = IN(F_DEBUG), .selects = F_DEBUG, \
		.bit = b, .word = &debug_word                              \
	}

static const struct option_def options[N_OPTIONS] = {
    [NAME] = {.name = "name",
	.help = "Name.",
	.metavar = "connection-name",
	.kind = OPTION_STRING,
	.min = 1,
	.max = 8,
	.selects = 0xff,
	.forms = IN(F_CONN) | IN(F_DELETE) | IN(F_INITIATE)},
    [HOST] = {.name = "host",
	.help = "Host.",
	.metavar = "ip-address",
	.kind = OPTION_ADDRESS,
	.end = true,
	.selects = 0xff,
	.forms = IN(F_CONN)},
    [CLIENT] = {.name = "client",
	.help = "Subnet.",
	.metavar = "subnet",
	.kind = OPTION_SUBNET,
	.end = true,
	.selects = 0xff,
	.forms = IN(F_CONN)},
    [TO] = {.name = "to",
	.help = "Separates the ends.",
	.kind = OPTION_SEPARATOR,
	.forms = IN(F_CONN),
	.selects = F_CONN},
    [PSK] = {.name = "psk",
	.help = "Secret.",
	.kind = OPTION_BIT,
	.bit = 1,
	.word = &goal_word,
	.forms = IN(F_CONN),
	.selects = 0xff},
    [ENCRYPT] = {.name = "encrypt",
	.help = "ESP.",
	.kind = OPTION_BIT,
	.bit = 2,
	.word = &goal_word,
	.forms = IN(F_CONN),
	.selects = 0xff},
    [LIFE] = {.name = "life",
	.help = "Life.",
	.metavar = "seconds",
	.kind = OPTION_SECONDS,
	.min = 1,
	.max = 86400,
	.forms = IN(F_CONN),
	.selects = 0xff,
	.has_default = true,
	.default_number = 3600},
    [POLICY] = {.name = "policy",
	.help = "Proposals.",
	.metavar = "policy",
	.kind = OPTION_CHOICE,
	.choices = policies,
	.forms = IN(F_CONN),
	.selects = 0xff,
	.has_default = true,
	.default_number = 0},
    [DELETE] = {.name = "delete",
	.help = "Delete.",
	.kind = OPTION_FLAG,
	.forms = IN(F_DELETE) | IN(F_CONN),
	.selects = F_DELETE},
    [INITIATE] = {.name = "initiate",
	.help = "Start.",
	.kind = OPTION_FLAG,
	.forms = IN(F_INITIATE),
	.selects = F_INITIATE},
    [RAW] = DEBUG_OPTION("debug-raw", "debugraw", OPTION_BIT, 1),
    [CRYPT] = DEBUG_OPTION("debug-crypt", "debugcrypt", OPTION_BIT, 2),
    [ALL] = DEBUG_OPTION("debug-all", "debugall", OPTION_MASK, 3),
    [NONE] = DEBUG_OPTION("debug-none", "debugnone", OPTION_MASK, 0),
    [FILE_] = {.name = "file",
	.help = "File.",
	.metavar = "path",
	.kind = OPTION_PATH,
	.local = true,
	.selects = 0xff,
	.has_default = true,
	.default_string = "/var/run/x"},
    [KEY] = {.name = "key",
	.help = "Key.",
	.metavar = "data",
	.kind = OPTION_DATA,
	.min = 1,
	.max = 4,
	.local = true,
	.selects = 0xff},
    [HELP] = {.name = "help",
	.help = "Usage.",
	.kind = OPTION_FLAG,
	.local = true,
	.selects = 0xff},
};
static const uint8_t needs_conn[] = {NAME, HOST, TO};
static const uint8_t needs_name[] = {NAME};
static const struct form_def forms[N_FORMS] = {
    [F_CONN] = {"connection", "Describe.", 1, needs_conn, 3},
    [F_DELETE] = {"delete", "Delete.", 2, needs_name, 1},
    [F_INITIATE] = {"initiate", "Start.", 6, needs_name, 1},
    [F_DEBUG] = {"debug", "Debug.", 8, NULL, 0},
};
static const char *const refused[] = {"rsasig", "lifeless", NULL};
static const struct program_def program = {
    "prog", "a program", forms, N_FORMS, options, N_OPTIONS, refused};

/* Split at blanks, parse, choose the form; what went wrong is in why. */
static bool
parse(struct option_line *l, const char *words, struct text *why)
{
	static char buf[2000];
	static char *argv[90];
	size_t n = 0;

	snprintf(buf, sizeof(buf), "prog %s", words);
	for (char *w = strtok(buf, " "); w != NULL; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	return option_parse(l, &program, argv, why) &&
	    option_choose_form(l, why);
}

/* A command line, and what must be said of it. */
static const struct {
	const char *words, *why;
} refused_lines[] = {
    {"",
	"nothing to do; expected one of --to, --delete, "
	"--initiate, --debug-raw"},
    {"--name x",
	"--name does not say what to do; expected one of "
	"--to, --delete, --initiate, --debug-raw"},
    {"--nonsense",
	"--nonsense is not an option of prog; "
	"prog --help lists them"},
    {"--debug-",
	"--debug- is ambiguous: --debug-raw, "
	"--debug-crypt, --debug-all, --debug-none"},
    {"--li 5", "--li is ambiguous: --life, --lifeless"},
    {"--rsasig",
	"--rsasig is part of the manual page but not "
	"supported by this version"},
    {"--rsa",
	"--rsa (--rsasig) is part of the manual page but "
	"not supported by this version"},
    {"--psk --psk", "--psk is given twice"},
    {"--host a --host b --to",
	"--host is given twice for the left "
	"end; --to separates the ends"},
    {"--to --host a --host b",
	"--host is given twice for the "
	"right end; --to separates the ends"},
    {"--to --to", "--to is given twice"},
    {"--psk=1", "--psk takes no value, found \"=1\""},
    {"--name", "--name needs a value: --name connection-name"},
    {"--name=", "--name must have 1..8 characters, this has 0"},
    {"--name 123456789",
	"--name must have 1..8 characters, this "
	"has 9"},
    {"--life 12x", "--life needs a number, found '12x'"},
    {"--life -1", "--life needs a number, found '-1'"},
    {"--life=", "--life needs a number, found ''"},
    {"--life 0", "--life 0 is not in 1..86400"},
    {"--life 86401", "--life 86401 is not in 1..86400"},
    {"--life 4294967296", "--life 4294967296 is too large"},
    {"--life 99999999999999999999999",
	"--life "
	"99999999999999999999999 is too large"},
    {"--policy old",
	"--policy must be classic or modern, found "
	"'old'"},
    {"word",
	"expected an option that begins with --, found "
	"'word'"},
    {"--psk word",
	"expected an option that begins with --, found "
	"'word'"},
    {"--to word",
	"expected an option that begins with --, found "
	"'word'"},
    {"--", "expected an option that begins with --, found '--'"},
    {"-x", "expected an option that begins with --, found '-x'"},
    {"--initiate a b",
	"expected an option that begins with --, "
	"found 'b'"},
    {"--initiate", "initiate needs --name"},
    {"--initiate --psk --name x",
	"--psk does not belong to "
	"--initiate (form initiate)"},
    {"--initiate --delete --name x",
	"--initiate and --delete "
	"cannot be given together"},
    {"--name x --host a --to",
	"connection needs --host for each "
	"end; the right end lacks it"},
    {"--name x --to --host a",
	"connection needs --host for each "
	"end; the left end lacks it"},
    {"--to --host a", "connection needs --name"},
};

static void
test_option_lines_that_are_refused_say_why(void)
{
	for (size_t i = 0; i < COUNT(refused_lines); i++) {
		struct option_line l;
		TEXT(why, 400);

		CU_ASSERT_FALSE(parse(&l, refused_lines[i].words, &why));
		CU_ASSERT_STRING_EQUAL(why.p, refused_lines[i].why);
		if (strcmp(why.p, refused_lines[i].why) != 0)
			fprintf(
			    stderr, "%s: %s\n", refused_lines[i].words, why.p);
	}
}

static void
test_option_forms_are_chosen(void)
{
	static const struct {
		const char *words;
		uint8_t form;
	} t[] = {
	    {"--initiate --name x", F_INITIATE},
	    {"--initiate x", F_INITIATE},
	    {"--init --na=x --file /f", F_INITIATE},
	    {"--delete --name x", F_DELETE},
	    {"--delete x", F_DELETE},
	    {"--name x --host a --to --host b --delete", F_CONN},
	    {"--delete --name x --host a --to --host b --psk", F_CONN},
	    {"--debugraw", F_DEBUG},
	    {"--debug-raw --debug-raw --debug-all", F_DEBUG},
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct option_line l;
		TEXT(why, 400);

		CU_ASSERT_TRUE(parse(&l, t[i].words, &why));
		CU_ASSERT_EQUAL(l.form, t[i].form);
		CU_ASSERT_STRING_EQUAL(why.p, "");
	}
}

static void
test_option_values_belong_to_their_end(void)
{
	struct option_line l;
	TEXT(why, 400);

	CU_ASSERT_TRUE_FATAL(parse(&l,
	    "--name n --host a --client c --to "
	    "--host b --policy modern --life=7 --psk",
	    &why));
	CU_ASSERT_STRING_EQUAL(
	    option_get(&l, HOST, OPTION_SIDE_LEFT)->text, "a");
	CU_ASSERT_STRING_EQUAL(
	    option_get(&l, HOST, OPTION_SIDE_RIGHT)->text, "b");
	CU_ASSERT_STRING_EQUAL(
	    option_get(&l, CLIENT, OPTION_SIDE_LEFT)->text, "c");
	CU_ASSERT_PTR_NULL(option_get(&l, CLIENT, OPTION_SIDE_RIGHT));
	CU_ASSERT_EQUAL(option_number(&l, POLICY), 1);
	CU_ASSERT_EQUAL(option_number(&l, LIFE), 7);
	CU_ASSERT_STRING_EQUAL(option_string(&l, NAME), "n");
	CU_ASSERT_TRUE(option_given(&l, PSK));
	CU_ASSERT_FALSE(option_given(&l, ENCRYPT));
}

static void
test_option_defaults_stand_in(void)
{
	struct option_line l;
	TEXT(why, 400);

	CU_ASSERT_TRUE_FATAL(parse(&l, "--initiate x", &why));
	CU_ASSERT_EQUAL(option_number(&l, LIFE), 3600);
	CU_ASSERT_EQUAL(option_number(&l, POLICY), 0);
	CU_ASSERT_STRING_EQUAL(option_string(&l, FILE_), "/var/run/x");
}

static void
test_option_bits_are_taken_in_order(void)
{
	static const struct {
		const char *words;
		uint32_t bits;
	} t[] = {
	    {"--debug-raw", 1},
	    {"--debug-raw --debug-crypt", 3},
	    {"--debug-all", 3},
	    {"--debug-none --debug-crypt", 2},
	    {"--debug-crypt --debug-none", 0},
	};
	struct option_line l;
	uint32_t bits;
	TEXT(why, 400);

	for (size_t i = 0; i < COUNT(t); i++) {
		CU_ASSERT_TRUE_FATAL(parse(&l, t[i].words, &why));
		CU_ASSERT_TRUE(option_bits(&l, &debug_word, &bits));
		CU_ASSERT_EQUAL(bits, t[i].bits);
	}
	CU_ASSERT_FALSE(option_bits(&l, &goal_word, &bits));
	CU_ASSERT_EQUAL(bits, 0);
}

static void
test_option_parse_alone_does_not_ask_for_a_form(void)
{
	char *argv[] = {(char[]){"prog"}, (char[]){"--help"}, NULL};
	struct option_line l;
	TEXT(why, 400);

	CU_ASSERT_TRUE(option_parse(&l, &program, argv, &why));
	CU_ASSERT_TRUE(option_given(&l, HELP));
	CU_ASSERT_TRUE(option_parse(&l, &program, argv + 2, &why));
	CU_ASSERT_EQUAL(l.n, 0);
}

static void
test_option_too_many_are_refused(void)
{
	struct option_line l;
	char words[2000] = "";
	TEXT(why, 400);

	for (size_t i = 0; i < OPTION_MAX; i++)
		strcat(words, "--debug-raw ");
	CU_ASSERT_TRUE(parse(&l, words, &why));
	strcat(words, "--debug-raw");
	CU_ASSERT_FALSE(parse(&l, words, &why));
	CU_ASSERT_STRING_EQUAL(why.p, "there are more than 64 options");
}

static void
test_option_value_check_knows_each_kind(void)
{
	static const struct {
		size_t option;
		const char *hex;
		bool ok;
		uint32_t number;
	} t[] = {
	    {DELETE, "01", true, 1},
	    {DELETE, "00", false, 0},
	    {DELETE, "", false, 0},
	    {DELETE, "0101", false, 0},
	    {TO, "", true, 0},
	    {TO, "01", false, 0},
	    {CRYPT, "01", true, 2},
	    {ALL, "01", true, 3},
	    {ALL, "02", false, 0},
	    {LIFE, "00000001", true, 1},
	    {LIFE, "00000000", false, 0},
	    {LIFE, "00015180", true, 86400},
	    {LIFE, "00015181", false, 0},
	    {LIFE, "ffffffff", false, 0},
	    {LIFE, "0001", false, 0},
	    {LIFE, "0000000001", false, 0},
	    {POLICY, "00000001", true, 1},
	    {POLICY, "00000002", false, 0},
	    {POLICY, "01", false, 0},
	    {NAME, "6162", true, 0},
	    {NAME, "", false, 0},
	    {NAME, "616263646566676869", false, 0},
	    {NAME, "610062", false, 0},
	    {NAME, "610a", false, 0},
	    {NAME, "7f", false, 0},
	    {FILE_, "", true, 0},
	    {HOST, "0a000001", true, 0},
	    {HOST, "0a0000", false, 0},
	    {HOST, "fd000000 00000000 00000000 00000001", true, 0},
	    {HOST, "", false, 0},
	    {CLIENT, "0a000000 18", true, 0},
	    {CLIENT, "0a000001 18", false, 0},
	    {CLIENT, "0a000001 20", true, 0},
	    {CLIENT, "0a000001 21", false, 0},
	    {CLIENT, "00000000 00", true, 0},
	    {CLIENT, "0a000000", false, 0},
	    {CLIENT, "fd000000 00000000 00000000 00000000 08", true, 0},
	    {CLIENT, "fd000000 00000000 00000000 00000000 81", false, 0},
	    {KEY, "00", true, 0},
	    {KEY, "0a0d7fff", true, 0},
	    {KEY, "", false, 0},
	    {KEY, "0001020304", false, 0},
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		uint8_t buf[32];
		uint32_t number;
		TEXT(why, 200);
		bool ok = option_value_check(&options[t[i].option],
		    unit_hex(t[i].hex, buf, sizeof(buf)), &number, &why);

		CU_ASSERT_EQUAL(ok, t[i].ok);
		CU_ASSERT_EQUAL(why.n > 0, !t[i].ok);
		if (ok)
			CU_ASSERT_EQUAL(number, t[i].number);
		if (ok != t[i].ok)
			fprintf(stderr, "%s: %s\n", t[i].hex, why.p);
	}
}

static void
test_option_help_names_every_option_within_80_columns(void)
{
	static char page[8192];
	FILE *out = fmemopen(page, sizeof(page), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	option_help(&program, out);
	fclose(out);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		char head[40];

		snprintf(head, sizeof(head), "\n  --%s", options[i].name);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, head));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(page,
	    "prog --name connection-name "
	    "--host ip-address [--client subnet] --to"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "Default: 3600\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "One of: classic modern"));
	for (char *line = strtok(page, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		CU_ASSERT_TRUE(strlen(line) < 80);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_option_lines_that_are_refused_say_why),
	    UNIT_TEST(test_option_forms_are_chosen),
	    UNIT_TEST(test_option_values_belong_to_their_end),
	    UNIT_TEST(test_option_defaults_stand_in),
	    UNIT_TEST(test_option_bits_are_taken_in_order),
	    UNIT_TEST(test_option_parse_alone_does_not_ask_for_a_form),
	    UNIT_TEST(test_option_too_many_are_refused),
	    UNIT_TEST(test_option_value_check_knows_each_kind),
	    UNIT_TEST(test_option_help_names_every_option_within_80_columns),
	};

	return unit_run("option", tests, COUNT(tests));
}
