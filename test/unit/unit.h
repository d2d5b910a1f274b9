/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test program shares: it lists its tests in a table and calls
 * unit_run() from main().  Output is one line, and one more per failure.
 */
#ifndef TEST_UNIT_UNIT_H
#define TEST_UNIT_UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/span.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct unit_test {
	const char *name;
	void (*run)(void);
};

/* clang-format off */
#define UNIT_TEST(f) {#f, f}
/* clang-format on */

/* Tests of running out of memory ask for more than there can be. */
const char *__asan_default_options(void);
__attribute__((weak)) const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static inline int
unit_problem(const char *name)
{
	fprintf(stderr, "%s: CUnit: %s\n", name, CU_get_error_msg());
	return EXIT_FAILURE;
}

static inline void
unit_print_failures(const char *name)
{
	for (const CU_FailureRecord *f = CU_get_failure_list(); f != NULL;
	     f = f->pNext)
		fprintf(stderr, "%s: %s:%u: %s: %s\n", name, f->strFileName,
		    f->uiLineNumber, f->pTest != NULL ? f->pTest->pName : "",
		    f->strCondition);
}

/* Run all; the result is main()'s. */
static inline int
unit_run(const char *name, const struct unit_test *tests, size_t n)
{
	CU_pSuite suite;
	unsigned failed, run;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return unit_problem(name);
	suite = CU_add_suite(name, NULL, NULL);
	for (size_t i = 0; suite != NULL && i < n; i++)
		if (CU_add_test(suite, tests[i].name, tests[i].run) == NULL)
			return unit_problem(name);
	if (suite == NULL || CU_run_all_tests() != CUE_SUCCESS)
		return unit_problem(name);
	unit_print_failures(name);
	run = CU_get_number_of_tests_run();
	failed = CU_get_number_of_tests_failed();
	printf("%s: %u passed, %u failed\n", name, run - failed, failed);
	CU_cleanup_registry();
	return run == n && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Octets written in hexadecimal, blanks ignored, into a buffer that is large
 * enough; a mistake in the test ends the program.
 */
static inline struct span
unit_hex(const char *hex, uint8_t *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		const char *d = strchr(digits, *hex);

		if (*hex == ' ')
			continue;
		if (d == NULL || n / 2 >= size) {
			fprintf(stderr, "bad test vector at '%s'\n", hex);
			exit(EXIT_FAILURE);
		}
		if (n % 2 == 0)
			buf[n / 2] = 0;
		buf[n / 2] = (uint8_t)(buf[n / 2] << 4 | (d - digits));
		n++;
	}
	return span_of(buf, n / 2);
}

/* Whether s is what hex says. */
static inline bool
unit_is_hex(struct span s, const char *hex)
{
	uint8_t buf[1024];

	return span_equal(s, unit_hex(hex, buf, sizeof(buf)));
}

#endif
