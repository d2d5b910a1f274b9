/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversation with pluto: one request, then its lines until it closes. */
#include "whack/whack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gen/enums.gen.h"

enum { LINE_HEAD = 4, EXIT_MAX = 255 };

/* Pluto's lines on their way to standard output. */
struct reader {
	int status;
	size_t n; /* of the line being read, so far */
	char head[LINE_HEAD];
};

void
talk_status(int *status, const char *line, size_t n)
{
	int code = 0;

	if (n < LINE_HEAD || line[LINE_HEAD - 1] != ' ')
		return;
	for (size_t i = 0; i < LINE_HEAD - 1; i++) {
		if (line[i] < '0' || line[i] > '9')
			return;
		code = code * 10 + (line[i] - '0');
	}
	if (code == RC_COMMENT || code == RC_LOG)
		return;
	if (code == RC_SUCCESS)
		code = 0;
	*status = code > EXIT_MAX ? EXIT_MAX : code;
}

static void
read_octet(struct reader *r, char c)
{
	if (c == '\n') {
		talk_status(
		    &r->status, r->head, r->n < LINE_HEAD ? r->n : LINE_HEAD);
		r->n = 0;
	} else if (r->n++ < LINE_HEAD) {
		r->head[r->n - 1] = c;
	}
}

static int
connect_to(const char *path, struct text *why)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		text_add(why,
		    "the name of the control socket is longer than "
		    "%zu characters: \"%s\"",
		    sizeof(sun.sun_path) - 1, path);
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	text_add(why, "cannot connect to \"%s\": %s", path, strerror(errno));
	if (errno == ENOENT || errno == ECONNREFUSED)
		text_add(why, "; is pluto running, and with this --ctlbase?");
	else if (errno == EACCES || errno == EPERM)
		text_add(why, "; only root may command pluto");
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
send_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			s = span_from(s, (size_t)n);
	}
	return true;
}

/* Copy what comes; false when reading failed before the end. */
static bool
copy_lines(int fd, struct reader *r)
{
	char buf[4096];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		fwrite(buf, 1, (size_t)n, stdout);
		fflush(stdout);
		for (ssize_t i = 0; i < n; i++)
			read_octet(r, buf[i]);
	}
}

int
talk(const char *ctlbase, struct span request, struct text *why)
{
	struct reader r = {.status = 0};
	TEXT(path, 4096);
	int fd, error;
	bool ok;

	text_add(&path, "%s.ctl", ctlbase);
	fd = connect_to(path.p, why);
	if (fd < 0)
		return -1;
	ok = send_all(fd, request);
	error = errno;
	if (!copy_lines(fd, &r) && ok) {
		ok = false;
		error = errno;
	}
	close(fd);
	if (ferror(stdout)) {
		text_add(
		    why, "cannot write to standard output what pluto says");
		return -1;
	}
	/* Pluto may refuse before it has read all: its lines say why. */
	if (ok || r.status != 0)
		return r.status;
	text_add(why, "pluto at \"%s\" broke off the conversation: %s", path.p,
	    strerror(error));
	return -1;
}
