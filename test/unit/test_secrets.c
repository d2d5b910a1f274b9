/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipsec.secrets: every form of entry, every complaint, and who gets which. */
#include "engine/ike/secrets.h"
#include "test/unit/unit.h"

/* What the parser asked for and complained of. */
struct world {
	struct secrets *secrets;
	char complaints[4096], warnings[4096];
	unsigned resolved, included;
	unsigned deepest;
};

static bool include(void *ctx, struct secrets *s, const char *pattern,
    const char *from, unsigned depth);

static bool
resolve(void *ctx, const char *name, struct addr *out)
{
	struct world *w = ctx;

	w->resolved++;
	return strcmp(name, "gw.example") == 0 && addr_parse(out, "192.0.2.9");
}

static void
add_line(char *to, size_t size, const char *text)
{
	size_t n = strlen(to);

	snprintf(to + n, size - n, "%s\n", text);
}

static void
complain(void *ctx, const char *text)
{
	struct world *w = ctx;

	add_line(w->complaints, sizeof(w->complaints), text);
}

static void
warn(void *ctx, const char *text)
{
	struct world *w = ctx;

	add_line(w->warnings, sizeof(w->warnings), text);
}

static struct secrets_source
source_of(struct world *w)
{
	return (struct secrets_source){w, include, resolve, complain, warn};
}

/* "self" includes itself, "more" is a good file, others are not there. */
static bool
include(void *ctx, struct secrets *s, const char *pattern, const char *from,
    unsigned depth)
{
	struct world *w = ctx;
	const struct secrets_source source = source_of(w);

	CU_ASSERT_TRUE(from[0] != '\0');
	w->included++;
	if (depth > w->deepest)
		w->deepest = depth;
	if (strcmp(pattern, "self") == 0)
		return secrets_add(s, SPAN_LIT("include self\n"), "self", depth,
			   &source) <= 1;
	return strcmp(pattern, "more") == 0 &&
	    secrets_add(s, SPAN_LIT("192.0.2.3 : PSK \"included\"\n"), "more",
		depth, &source) == 0;
}

static unsigned
load(struct world *w, struct span text)
{
	const struct secrets_source source = source_of(w);

	*w = (struct world){.secrets = secrets_new()};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->secrets);
	return secrets_add(w->secrets, text, "f", 0, &source);
}

static struct ident
id(const char *s)
{
	struct ident i = {0};
	TEXT(why, 400);

	CU_ASSERT_TRUE(ident_parse(&i, span_str(s), &why));
	return i;
}

static struct span
psk(const struct world *w, const char *us, const char *peer)
{
	struct ident a = id(us), b = id(peer);
	bool conflict;

	return secrets_psk(w->secrets, &a, &b, NULL, &conflict);
}

static bool
is(struct span s, const char *text)
{
	return span_equal(s, span_str(text));
}

/* One entry; NULL: none for this pair. */
static void
test_secrets_forms_of_an_entry(void)
{
	static const struct {
		const char *file, *us, *peer, *expected;
	} cases[] = {
	    /* keys */
	    {": PSK \"x y#z\"", "1.1.1.1", "2.2.2.2", "x y#z"},
	    {": psk \"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {": \"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {"\"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {"1.1.1.1 \"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {": PSK 0x616263", "1.1.1.1", "2.2.2.2", "abc"},
	    {": PSK 0X61_62_6A", "1.1.1.1", "2.2.2.2", "abj"},
	    {": PSK 0sYWJj", "1.1.1.1", "2.2.2.2", "abc"},
	    {": PSK 0sYWI=", "1.1.1.1", "2.2.2.2", "ab"},
	    {": PSK 0sYQ==", "1.1.1.1", "2.2.2.2", "a"},
	    {": PSK 0tabc \"# :x", "1.1.1.1", "2.2.2.2", "abc \"# :x"},
	    {": PSK 0tabc \n", "1.1.1.1", "2.2.2.2", "abc "},
	    {": PSK 0tabc\r\n", "1.1.1.1", "2.2.2.2", "abc"},
	    {": 0tx", "1.1.1.1", "2.2.2.2", "x"},
	    /* layout */
	    {"# c\n\n: PSK # c\n\n# c\n  \"x\" # c\n", "1.1.1.1", "2.2.2.2",
		"x"},
	    {"1.1.1.1\n\t2.2.2.2\n\t:\n\tPSK\n\t\"x\"\n", "1.1.1.1", "2.2.2.2",
		"x"},
	    {"1.1.1.1: PSK \"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {"1.1.1.1:\n \"x\"", "1.1.1.1", "2.2.2.2", "x"},
	    {": PSK \"x\"\r\n", "1.1.1.1", "2.2.2.2", "x"},
	    /* indices */
	    {"@a.b @c : \"x\"", "@A.b", "@C", "x"},
	    {"u@a.b : \"x\"", "u@a.b", "2.2.2.2", "x"},
	    {"2001:db8::1 fe80:: : \"x\"", "2001:db8::1", "fe80::", "x"},
	    {"2001:db8::1: \"x\"", "2001:db8::1", "fe80::", "x"},
	    {"gw.example : \"x\"", "192.0.2.9", "2.2.2.2", "x"},
	    /* the choice */
	    {"1.1.1.1 : \"x\"", "2.2.2.2", "1.1.1.1", NULL},
	    {"1.1.1.1 2.2.2.2 : \"x\"", "2.2.2.2", "1.1.1.1", "x"},
	    {"1.1.1.1 2.2.2.2 : \"x\"", "1.1.1.1", "3.3.3.3", NULL},
	    {"1.1.1.1 %any : \"x\"", "1.1.1.1", "3.3.3.3", "x"},
	    {"1.1.1.1 0.0.0.0 : \"x\"", "1.1.1.1", "3.3.3.3", "x"},
	    {"1.1.1.1 %any : \"x\"", "1.1.1.1", "@name", NULL},
	    {"1.1.1.1 %any : \"x\"", "1.1.1.1", "fe80::1", NULL},
	    {"1.1.1.1 %any6 : \"x\"", "1.1.1.1", "fe80::1", "x"},
	    {"1.1.1.1 :: : \"x\"", "1.1.1.1", "fe80::1", "x"},
	    {"%any : \"x\"", "1.1.1.1", "2.2.2.2", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w;
		struct span key;

		CU_ASSERT_EQUAL(load(&w, span_str(cases[i].file)), 0);
		CU_ASSERT_STRING_EQUAL(w.complaints, "");
		CU_ASSERT_EQUAL(secrets_count(w.secrets), 1);
		key = psk(&w, cases[i].us, cases[i].peer);
		if (cases[i].expected == NULL)
			CU_ASSERT_EQUAL(key.n, 0);
		if (cases[i].expected != NULL && !is(key, cases[i].expected)) {
			fprintf(stderr, "entry: %s\n", cases[i].file);
			CU_ASSERT_TRUE(is(key, cases[i].expected));
		}
		secrets_free(w.secrets);
	}
}

/* One bad entry between two good ones, which stay. */
static void
test_secrets_complaints_name_line_and_expectation(void)
{
	static const struct {
		const char *entry, *complaint;
	} cases[] = {
	    {"1.1.1.1", "f:2: expected ':' and a key"},
	    {"1.1.1.1 :", "f:2: expected a key"},
	    {": PSK", "f:2: expected a key"},
	    {"1.1.1.1 PSK \"x\"", "f:2: expected ':' before the kind"},
	    {": PSK \"x", "f:2: expected a closing quote"},
	    {"1.1.1.1 \"x", "f:2: expected a closing quote"},
	    {": PSK \"\"", "f:2: expected a preshared secret"},
	    {": PSK hush", "(not shown)"},
	    {": hush", "(not shown)"},
	    {": PIN \"hush\"", "(not shown)"},
	    {": PSK \"x\" hush", "f:2: expected the end of the entry"},
	    {": PSK 0x61626", "(not shown)"},
	    {": PSK 0x6g", "(not shown)"},
	    {": PSK 0x", "(not shown)"},
	    {": PSK 0sY", "(not shown)"},
	    {": PSK 0sYWJj=", "(not shown)"},
	    {": PSK 0sYWJ", "(not shown)"},
	    {": PSK 0t", "(not shown)"},
	    {"no.such.host : \"x\"", "found 'no.such.host'"},
	    {"@a@b : \"x\"", "found '@a@b'"},
	    {"%some : \"x\"", "found '%some'"},
	    {"1.1.1.1\n: \"x\"", "f:2: expected ':' and a key"},
	    {"include", "f:2: expected the name of the file"},
	    {"include \"more\"", "f:2: expected the name of the file"},
	    {"include absent", "found none for 'absent'"},
	    {"include more hush", "f:2: expected the end"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w;
		char file[200];

		snprintf(file, sizeof(file),
		    "3.3.3.3 : \"first\"\n%s\n"
		    "4.4.4.4 : \"last\"\n",
		    cases[i].entry);
		CU_ASSERT_EQUAL(load(&w, span_str(file)), 1);
		if (strstr(w.complaints, cases[i].complaint) == NULL) {
			fprintf(stderr, "entry: %s\n got: %s", cases[i].entry,
			    w.complaints);
			CU_FAIL("another complaint");
		}
		CU_ASSERT_PTR_NULL(strstr(w.complaints, "hush"));
		CU_ASSERT_TRUE(is(psk(&w, "3.3.3.3", "5.5.5.5"), "first"));
		CU_ASSERT_TRUE(is(psk(&w, "4.4.4.4", "5.5.5.5"), "last"));
		secrets_free(w.secrets);
	}
}

static void
test_secrets_indented_text_needs_an_entry(void)
{
	struct world w;

	CU_ASSERT_EQUAL(load(&w, SPAN_LIT("  1.1.1.1 : \"x\"\n: \"y\"\n")), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.complaints, "f:1: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.complaints, "first column"));
	CU_ASSERT_EQUAL(secrets_count(w.secrets), 1);
	secrets_free(w.secrets);
}

/* A secret whose colon was forgotten looks like a host name. */
static void
test_secrets_look_up_nothing_without_a_colon(void)
{
	struct world w;

	CU_ASSERT_EQUAL(load(&w, SPAN_LIT("1.1.1.1 hush\n")), 1);
	CU_ASSERT_EQUAL(w.resolved, 0);
	CU_ASSERT_PTR_NULL(strstr(w.complaints, "hush"));
	secrets_free(w.secrets);
}

static void
test_secrets_include_adds_entries(void)
{
	struct world w;

	CU_ASSERT_EQUAL(load(&w, SPAN_LIT("include more\n: \"x\"\n")), 0);
	CU_ASSERT_EQUAL(secrets_count(w.secrets), 2);
	CU_ASSERT_EQUAL(w.deepest, 1);
	CU_ASSERT_TRUE(is(psk(&w, "192.0.2.3", "1.1.1.1"), "included"));
	secrets_free(w.secrets);
}

static void
test_secrets_include_of_itself_ends(void)
{
	struct world w;

	CU_ASSERT_EQUAL(load(&w, SPAN_LIT("include self\n: \"x\"\n")), 0);
	CU_ASSERT_EQUAL(w.deepest, 10);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.complaints, "at most 10 levels"));
	CU_ASSERT_EQUAL(secrets_count(w.secrets), 1);
	secrets_free(w.secrets);
}

static void
test_secrets_most_specific_wins_in_any_order(void)
{
	static const char *const lines[] = {
	    ": \"all\"\n",
	    "1.1.1.1 : \"us\"\n",
	    "1.1.1.1 %any : \"any\"\n",
	    "1.1.1.1 2.2.2.2 : \"both\"\n",
	};
	char file[200] = "";

	for (size_t first = 0; first < COUNT(lines); first++) {
		struct world w;

		file[0] = '\0';
		for (size_t i = 0; i < COUNT(lines); i++)
			strcat(file, lines[(first + i) % COUNT(lines)]);
		CU_ASSERT_EQUAL(load(&w, span_str(file)), 0);
		CU_ASSERT_TRUE(is(psk(&w, "1.1.1.1", "2.2.2.2"), "both"));
		CU_ASSERT_TRUE(is(psk(&w, "1.1.1.1", "3.3.3.3"), "any"));
		CU_ASSERT_TRUE(is(psk(&w, "1.1.1.1", "@x"), "us"));
		CU_ASSERT_TRUE(is(psk(&w, "3.3.3.3", "2.2.2.2"), "all"));
		secrets_free(w.secrets);
	}
}

static void
test_secrets_equals_that_differ_conflict(void)
{
	struct ident us = id("1.1.1.1"), peer = id("2.2.2.2");
	struct secret_place place;
	struct world w;
	bool conflict;

	CU_ASSERT_EQUAL(load(&w,
			    SPAN_LIT("# c\n1.1.1.1 2.2.2.2 : \"a\"\n"
				     "2.2.2.2 1.1.1.1 : \"b\"\n: \"c\"\n")),
	    0);
	CU_ASSERT_TRUE(
	    is(secrets_psk(w.secrets, &us, &peer, &place, &conflict), "a"));
	CU_ASSERT_TRUE(conflict);
	CU_ASSERT_STRING_EQUAL(place.file, "f");
	CU_ASSERT_EQUAL(place.line, 2);
	CU_ASSERT_STRING_EQUAL(place.indices, "1.1.1.1 2.2.2.2");
	secrets_free(w.secrets);

	CU_ASSERT_EQUAL(load(&w,
			    SPAN_LIT("1.1.1.1 2.2.2.2 : \"a\"\n"
				     "2.2.2.2 1.1.1.1 : \"a\"\n")),
	    0);
	CU_ASSERT_TRUE(
	    is(secrets_psk(w.secrets, &us, &peer, NULL, &conflict), "a"));
	CU_ASSERT_FALSE(conflict);
	secrets_free(w.secrets);
}

static void
test_secrets_none_without_a_file(void)
{
	struct ident us = id("1.1.1.1");
	bool conflict;

	CU_ASSERT_EQUAL(secrets_psk(NULL, &us, &us, NULL, &conflict).n, 0);
	CU_ASSERT_FALSE(conflict);
	secrets_free(NULL);
}

/* The section EXAMPLES of the manual page, which is what users copy. */
static size_t
read_examples(char *out, size_t size)
{
	FILE *f = fopen("man/ipsec.secrets.5", "r");
	bool section = false, inside = false;
	char line[200];
	size_t n = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, ".Sh", 3) == 0)
			section = strcmp(line, ".Sh EXAMPLES\n") == 0;
		else if (section && strncmp(line, ".Bd", 3) == 0)
			inside = true;
		else if (strncmp(line, ".Ed", 3) == 0)
			inside = false;
		else if (section && inside)
			n += (size_t)snprintf(out + n, size - n, "%s", line);
	}
	if (f != NULL)
		fclose(f);
	return n;
}

static void
test_secrets_examples_of_the_manual(void)
{
	char examples[4096];
	struct world w;
	size_t n = read_examples(examples, sizeof(examples));

	CU_ASSERT_TRUE_FATAL(n > 0 && n < sizeof(examples));
	CU_ASSERT_EQUAL(load(&w, span_of(examples, n)), 0);
	CU_ASSERT_STRING_EQUAL(w.complaints, "");
	CU_ASSERT_STRING_EQUAL(w.warnings, "");
	CU_ASSERT_EQUAL(secrets_count(w.secrets), 3);
	CU_ASSERT_EQUAL(psk(&w, "@branch.example", "@hq.example").n, 16);
	CU_ASSERT_EQUAL(psk(&w, "192.0.2.1", "203.0.113.9").n, 32);
	CU_ASSERT_TRUE(is(psk(&w, "198.51.100.7", "192.0.2.1"),
	    "not the one that everybody copies"));
	secrets_free(w.secrets);
}

static void
test_secrets_many_indices_are_refused(void)
{
	static char file[9000];
	struct world w;

	memset(file, 'a', 8000);
	for (size_t i = 8; i < 8000; i += 9)
		file[i] = ' ';
	strcpy(file + 8000, " : \"x\"\n");
	CU_ASSERT_EQUAL(load(&w, span_str(file)), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.complaints, "fewer indices"));
	CU_ASSERT_EQUAL(secrets_count(w.secrets), 0);
	secrets_free(w.secrets);
}

static void
test_secrets_of_many_peers_are_told_apart(void)
{
	enum { PEERS = 3000, TEXT_MAX = 64 };
	struct world w;
	char *text = malloc(PEERS * TEXT_MAX);
	size_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (unsigned i = 0; i < PEERS; i++)
		n += (size_t)snprintf(text + n, TEXT_MAX,
		    "@Us @Peer%u : PSK \"secret %u\"\n", i, i);
	CU_ASSERT_EQUAL(load(&w, span_of(text, n)), 0);
	for (unsigned i = 0; i < PEERS; i++) {
		char peer[TEXT_MAX], secret[TEXT_MAX];

		snprintf(peer, sizeof(peer), "@pEER%u", i);
		snprintf(secret, sizeof(secret), "secret %u", i);
		CU_ASSERT_TRUE(
		    span_equal(psk(&w, "@us", peer), span_str(secret)));
	}
	CU_ASSERT_EQUAL(psk(&w, "@us", "@peer3000").n, 0);
	secrets_free(w.secrets);
	free(text);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_secrets_forms_of_an_entry),
	    UNIT_TEST(test_secrets_complaints_name_line_and_expectation),
	    UNIT_TEST(test_secrets_indented_text_needs_an_entry),
	    UNIT_TEST(test_secrets_look_up_nothing_without_a_colon),
	    UNIT_TEST(test_secrets_include_adds_entries),
	    UNIT_TEST(test_secrets_include_of_itself_ends),
	    UNIT_TEST(test_secrets_most_specific_wins_in_any_order),
	    UNIT_TEST(test_secrets_equals_that_differ_conflict),
	    UNIT_TEST(test_secrets_none_without_a_file),
	    UNIT_TEST(test_secrets_examples_of_the_manual),
	    UNIT_TEST(test_secrets_many_indices_are_refused),
	    UNIT_TEST(test_secrets_of_many_peers_are_told_apart),
	};

	return unit_run("secrets", tests, COUNT(tests));
}
