/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log.  The engine formats lines and says how grave they are; here they
 * are made harmless and handed to whoever keeps them.
 */
#include "engine/daemon/log.h"

#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* The log's sink: one of the two mutable globals that the style allows. */
static bool log_to_syslog;

void
log_open(bool to_stderr)
{
	log_to_syslog = !to_stderr;
	if (log_to_syslog)
		openlog("pluto", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
}

void
log_clean(struct text *t, const char *s)
{
	for (; *s != '\0' && !t->cut; s++)
		text_add(t, *s >= ' ' && *s <= '~' ? "%c" : "\\x%02x",
		    (unsigned char)*s);
}

static int
priority(enum level level)
{
	switch (level) {
	case LEVEL_ERR: return LOG_ERR;
	case LEVEL_WARN: return LOG_WARNING;
	case LEVEL_INFO: return LOG_INFO;
	case LEVEL_DEBUG: return LOG_DEBUG;
	}
	return LOG_ERR;
}

/* 2026-11-23 15:49:13.042, local time as syslog has it. */
static void
add_time(struct text *t)
{
	char buf[32];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) == NULL ||
	    strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	text_add(t, "%s.%03d ", buf, (int)(now.tv_nsec / 1000000));
}

void
log_line(enum level level, const char *text)
{
	TEXT(t, LOG_LINE_MAX);
	ssize_t n;

	if (!log_to_syslog)
		add_time(&t);
	if (level == LEVEL_DEBUG)
		text_add(&t, "| ");
	log_clean(&t, text);
	if (log_to_syslog) {
		syslog(priority(level), "%s", t.p);
		return;
	}
	/* The terminating zero becomes the newline: one line, one write. */
	t.p[t.n] = '\n';
	n = write(STDERR_FILENO, t.p, t.n + 1);
	(void)n; /* nobody is left to tell */
}

void
log_say(enum level level, const char *fmt, ...)
{
	TEXT(t, LOG_LINE_MAX);
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	log_line(level, t.p);
}
