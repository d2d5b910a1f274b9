/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as text: the three forms, what is none of them, and base 64 back. */
#include "engine/base/ttodata.h"

#include "test/unit/unit.h"

static void
test_ttodata_reads_every_form(void)
{
	static const struct {
		const char *text, *octets;
	} cases[] = {
	    {"0x616263", "abc"},
	    {"0X61_62_63", "abc"},
	    {"0x6A6b", "jk"},
	    {"0sYWJj", "abc"},
	    {"0SYWJj", "abc"},
	    {"0sYWI=", "ab"},
	    {"0sYWI", "ab"},
	    {"0sYQ==", "a"},
	    {"0sYQ", "a"},
	    {"0sYW_Jj", "abc"},
	    {"0s+/+/", "\xfb\xff\xbf"},
	    {"0tabc", "abc"},
	    {"0ta b\"c", "a b\"c"},
	    {"0t0x61", "0x61"},
	    {"0Tx", "x"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret out;

		CU_ASSERT_TRUE_FATAL(ttodata(&out, span_str(cases[i].text)));
		CU_ASSERT_TRUE(
		    span_equal(secret_span(&out), span_str(cases[i].octets)));
		secret_free(&out);
	}
}

static void
test_ttodata_refuses_the_rest(void)
{
	static const char *const cases[] = {
	    "",
	    "0",
	    "0x",
	    "0s",
	    "0t",
	    "abc",
	    "0y61",
	    "x61",
	    "0x6",
	    "0x616",
	    "0x6g",
	    "0x61 62",
	    "0x_",
	    "0s_",
	    "0s=",
	    "0s==",
	    "0s====",
	    "0sYWJj=",
	    "0sYQ=",
	    "0sYQ===",
	    "0sYR",
	    "0sYWJ",
	    "0sY",
	    "0sYW=I",
	    "0sYW-j",
	    "0sYW.j",
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret out;

		CU_ASSERT_FALSE(ttodata(&out, span_str(cases[i])));
		CU_ASSERT_PTR_NULL(out.p);
		CU_ASSERT_EQUAL(out.n, 0);
	}
}

/* RFC 4648 section 10. */
static void
test_text_base64_is_that_of_rfc_4648(void)
{
	static const struct {
		const char *octets, *text;
	} cases[] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		TEXT(t, 40);

		text_base64(&t, span_str(cases[i].octets));
		CU_ASSERT_STRING_EQUAL(t.p, cases[i].text);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ttodata_reads_every_form),
	    UNIT_TEST(test_ttodata_refuses_the_rest),
	    UNIT_TEST(test_text_base64_is_that_of_rfc_4648),
	};

	return unit_run("test_ttodata", tests, COUNT(tests));
}
