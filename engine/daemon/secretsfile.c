/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of secrets.  Runs in a worker, because host names in them are
 * looked up at once, and because nobody knows how slow a disk is.
 */
#include "engine/daemon/secretsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	void (*say)(void *ctx, enum level level, const char *text);
	void *ctx;
	struct secrets_source source;
};

static void say(const struct reader *r, enum level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(const struct reader *r, enum level level, const char *fmt, ...)
{
	TEXT(t, 2 * PATH_MAX);
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	r->say(r->ctx, level, t.p);
}

/* ---- one file ---------------------------------------------------------- */

/* Fill s, whose size is the file's.  0 or -errno. */
static int
read_octets(int fd, struct secret *s)
{
	size_t n = 0;

	while (n < s->n) {
		ssize_t got = read(fd, s->p + n, s->n - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		n += (size_t)got;
	}
	return 0;
}

/* Something is wrong with the file as such; NULL: it may be read. */
static const char *
unreadable(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file";
	if (st->st_size > SECRETS_FILE_MAX)
		return "it is too large for a file of secrets";
	return NULL;
}

static void
read_open_file(const struct reader *r, struct secrets *s, const char *path,
    unsigned depth, int fd)
{
	struct secret text = {NULL, 0};
	const char *problem;
	struct stat st;
	int error;

	problem = fstat(fd, &st) < 0 ? strerror(errno) : unreadable(&st);
	if (problem == NULL && !secret_new(&text, (size_t)st.st_size))
		problem = "no memory";
	if (problem == NULL) {
		error = read_octets(fd, &text);
		problem = error < 0 ? strerror(-error) : NULL;
	}
	if (problem != NULL) {
		say(r, LEVEL_ERR, "cannot read secrets from \"%s\": %s", path,
		    problem);
	} else {
		say(r, LEVEL_INFO, "loading secrets from \"%s\"", path);
		if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
			say(r, LEVEL_WARN,
			    "\"%s\" is open to others than its "
			    "owner (mode %04o): chmod 600 it",
			    path, (unsigned)st.st_mode & 07777);
		(void)secrets_add(
		    s, secret_span(&text), path, depth, &r->source);
	}
	secret_free(&text);
}

static void
read_file(
    const struct reader *r, struct secrets *s, const char *path, unsigned depth)
{
	/* Non-blocking: a pipe put there must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		say(r, LEVEL_ERR, "cannot open \"%s\" for secrets: %s", path,
		    strerror(errno));
		return;
	}
	read_open_file(r, s, path, depth, fd);
	close(fd);
}

/* ---- patterns and includes --------------------------------------------- */

/* False: there is nothing that it could mean. */
static bool
read_pattern(const struct reader *r, struct secrets *s, const char *pattern,
    unsigned depth)
{
	glob_t g;
	int error = glob(pattern, 0, NULL, &g);

	if (error == GLOB_NOMATCH)
		return false;
	if (error != 0) {
		say(r, LEVEL_ERR, "cannot look for \"%s\": no memory", pattern);
		return true;
	}
	for (size_t i = 0; i < g.gl_pathc; i++)
		read_file(r, s, g.gl_pathv[i], depth);
	globfree(&g);
	return true;
}

/* Relative names are relative to the folder of the including file. */
static bool
include(void *ctx, struct secrets *s, const char *pattern, const char *from,
    unsigned depth)
{
	const char *slash = strrchr(from, '/');
	TEXT(path, PATH_MAX);

	if (pattern[0] != '/' && slash != NULL)
		text_add(&path, "%.*s", (int)(slash - from + 1), from);
	text_add(&path, "%s", pattern);
	return !path.cut && read_pattern(ctx, s, path.p, depth);
}

static bool
resolve(void *ctx, const char *name, struct addr *out)
{
	const struct addrinfo hints = {
	    .ai_family = AF_INET,
	    .ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *list;
	struct sockaddr_in sin;

	(void)ctx;
	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	memcpy(&sin, list->ai_addr, sizeof(sin));
	freeaddrinfo(list);
	return addr_from_span(
	    out, span_of(&sin.sin_addr, sizeof(sin.sin_addr)));
}

static void
complain(void *ctx, const char *text)
{
	const struct reader *r = ctx;

	r->say(r->ctx, LEVEL_WARN, text);
}

/* Nothing failed: it does not change whack's exit status. */
static void
warn(void *ctx, const char *text)
{
	const struct reader *r = ctx;

	say(r, LEVEL_INFO, "warning: %s", text);
}

void
secretsfile_load(struct secrets *s, const char *pattern,
    void (*say_fn)(void *ctx, enum level level, const char *text), void *ctx)
{
	struct reader r = {say_fn, ctx,
	    {.include = include,
		.resolve = resolve,
		.complain = complain,
		.warn = warn}};

	r.source.ctx = &r;
	if (!read_pattern(&r, s, pattern, 0))
		say(&r, LEVEL_ERR,
		    "no secrets: there is no file \"%s\"; "
		    "connections with preshared secrets need it: make it and "
		    "whack --listen again",
		    pattern);
}
