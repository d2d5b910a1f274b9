/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines: one line each, whatever a peer put into them. */
#include "engine/daemon/log.h"

#include <unistd.h>

#include "test/unit/unit.h"

/* What log_line() writes to standard error. */
static void
capture(char *buf, size_t size, enum level level, const char *text)
{
	int fds[2], before;
	ssize_t n;

	buf[0] = '\0';
	if (pipe(fds) < 0)
		return;
	before = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	log_line(level, text);
	dup2(before, STDERR_FILENO);
	close(before);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fds[0]);
}

/* "2026-11-23 15:49:13.042 " */
enum { TIME_LENGTH = 24 };

static void
test_log_line_has_the_time_in_front(void)
{
	char buf[200];
	int year, month, day, hour, minute, second, ms;

	log_open(true);
	capture(buf, sizeof(buf), LEVEL_INFO, "a line");
	CU_ASSERT_EQUAL(sscanf(buf, "%4d-%2d-%2d %2d:%2d:%2d.%3d", &year,
			    &month, &day, &hour, &minute, &second, &ms),
	    7);
	CU_ASSERT_STRING_EQUAL(buf + TIME_LENGTH, "a line\n");
}

static void
test_log_line_marks_debugging(void)
{
	char buf[200];

	capture(buf, sizeof(buf), LEVEL_DEBUG, "detail");
	CU_ASSERT_STRING_EQUAL(buf + TIME_LENGTH, "| detail\n");
	capture(buf, sizeof(buf), LEVEL_ERR, "grave");
	CU_ASSERT_STRING_EQUAL(buf + TIME_LENGTH, "grave\n");
}

static void
test_log_line_stays_one_line(void)
{
	char buf[200];

	capture(buf, sizeof(buf), LEVEL_WARN, "a\nb\x1b[2J\r\x80%s");
	CU_ASSERT_STRING_EQUAL(
	    buf + TIME_LENGTH, "a\\x0ab\\x1b[2J\\x0d\\x80%s\n");
}

static void
test_log_line_that_is_too_long_is_cut(void)
{
	static char buf[2 * LOG_LINE_MAX], text[2 * LOG_LINE_MAX];

	memset(text, 'x', sizeof(text) - 1);
	capture(buf, sizeof(buf), LEVEL_INFO, text);
	CU_ASSERT_EQUAL(strlen(buf), LOG_LINE_MAX);
	CU_ASSERT_STRING_EQUAL(buf + LOG_LINE_MAX - 5, "x...\n");
}

static void
test_log_clean_keeps_printable_ascii(void)
{
	TEXT(t, 64);

	log_clean(&t, "plain 'quoted' \\ text~");
	CU_ASSERT_STRING_EQUAL(t.p, "plain 'quoted' \\ text~");
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_log_line_has_the_time_in_front),
	    UNIT_TEST(test_log_line_marks_debugging),
	    UNIT_TEST(test_log_line_stays_one_line),
	    UNIT_TEST(test_log_line_that_is_too_long_is_cut),
	    UNIT_TEST(test_log_clean_keeps_printable_ascii),
	};

	return unit_run("log", tests, COUNT(tests));
}
