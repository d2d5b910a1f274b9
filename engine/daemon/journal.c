/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes and rules of the packet filter are made by scripts, and only scripts
 * know how to get rid of them.  So that a pluto that was killed leaves nothing,
 * its successor runs what the dead one would have run: commands and variables
 * are in a file as long as there is something to be undone.
 *
 * The file is a title and then records (engine/daemon/record.h).
 */
#include "engine/daemon/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/daemon/log.h"

/* Octets undone, before the file is written anew. */
enum { DEAD_MAX = 1 << 20 };

static const char title[] = "pluto updown journal 1"; /* and its zero */

struct journal {
	char path[PATH_MAX], new_path[PATH_MAX + sizeof(".new")];
	int fd;                   /* -1: there is no file */
	off_t size, dead;         /* of the file; of what is undone */
	bool stale;               /* the file does not have everything */
	bool complained;          /* and that was logged */
	struct list_node records; /* oldest first */
	struct record *running;   /* if it does something, one of those */
};

/* ---- writing the file --------------------------------------------------- */

static void
complain(struct journal *j, const char *what)
{
	int error = errno;

	if (!j->complained)
		log_say(LEVEL_WARN,
		    "cannot %s \"%s\": %s; if this pluto is killed, what "
		    "updown commands have done may stay",
		    what, j->path, strerror(error));
	j->complained = true;
}

/* False: errno. */
static bool
write_at(int fd, const void *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p = (const char *)p + done;
		n -= (size_t)done;
		at += done;
	}
	return true;
}

static bool
write_all(const struct journal *j, int fd)
{
	off_t at = sizeof(title);

	if (!write_at(fd, title, sizeof(title), 0))
		return false;
	LIST_EACH(n, &j->records) {
		const struct record *r = container_of(n, struct record, node);

		if (!write_at(fd, r->bytes, r->n, at))
			return false;
		at += (off_t)r->n;
	}
	return true;
}

/* This file has all records now, and nothing else. */
static void
use_file(struct journal *j, int fd)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = fd;
	j->size = sizeof(title);
	j->dead = 0;
	LIST_EACH(n, &j->records) {
		struct record *r = container_of(n, struct record, node);

		r->at = j->size;
		j->size += (off_t)r->n;
	}
}

/* The first time under its name; then beside it, so that there is always a
 * whole one.  False: errno, and all is as before. */
static bool
write_anew(struct journal *j)
{
	const char *path = j->fd < 0 ? j->path : j->new_path;
	int fd, error;

	if (j->fd >= 0)
		(void)unlink(path);
	fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	if (write_all(j, fd) &&
	    (path == j->path || rename(path, j->path) == 0)) {
		use_file(j, fd);
		return true;
	}
	error = errno;
	close(fd);
	(void)unlink(path);
	errno = error;
	return false;
}

/* False: errno, and the file is as before. */
static bool
append(struct journal *j, struct record *r)
{
	int error;

	if (!write_at(j->fd, r->bytes, r->n, j->size)) {
		error = errno;
		if (ftruncate(j->fd, j->size) < 0)
			log_say(LEVEL_WARN, "cannot shorten \"%s\": %s",
			    j->path, strerror(errno));
		errno = error;
		return false;
	}
	r->at = j->size;
	j->size += (off_t)r->n;
	return true;
}

static void
add(struct journal *j, struct record *r)
{
	bool anew = j->fd < 0 || j->stale ||
	    (j->dead > DEAD_MAX && j->dead > j->size / 2);

	list_append(&j->records, &r->node);
	j->stale = anew ? !write_anew(j) : !append(j, r);
	if (j->stale)
		complain(j, "note in");
	else
		j->complained = false;
}

static void
drop_file(struct journal *j)
{
	if (j->fd < 0)
		return;
	close(j->fd);
	j->fd = -1;
	j->stale = false;
	if (unlink(j->path) < 0 && errno != ENOENT)
		complain(j, "remove");
}

/* It is undone; r is gone. */
static void
take_back(struct journal *j, struct record *r)
{
	list_remove(&r->node);
	if (list_empty(&j->records)) {
		drop_file(j);
	} else if (j->fd >= 0 && r->at > 0) {
		j->dead += (off_t)r->n;
		if (!write_at(j->fd, "-", 1, r->at)) {
			j->stale = true;
			complain(j, "note in");
		}
	}
	free(r);
}

/* All that r undoes. */
static void
take_back_same(struct journal *j, const struct record *r)
{
	LIST_EACH_REMOVABLE(n, &j->records) {
		struct record *o = container_of(n, struct record, node);

		if (record_same_thing(o, r))
			take_back(j, o);
	}
}

/* ---- reading the file --------------------------------------------------- */

static void
forget_all(struct journal *j)
{
	LIST_EACH_REMOVABLE(n, &j->records) {
		struct record *r = container_of(n, struct record, node);

		list_remove(&r->node);
		free(r);
	}
}

static void
refuse(struct journal *j, const char *reason)
{
	forget_all(j);
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	j->complained = true;
	log_say(LEVEL_WARN,
	    "\"%s\" is not used: %s; what updown commands do is noted nowhere "
	    "until it is removed",
	    j->path, reason);
}

/* NULL: it is. */
static const char *
not_trusted(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file";
	if (st->st_uid != geteuid())
		return "it belongs to another user";
	if ((st->st_mode & 07777 & ~(mode_t)0600) != 0)
		return "its mode allows more than reading and writing by its "
		       "owner";
	return st->st_nlink == 1 ? NULL : "it has several names";
}

/* NULL: fine. */
static const char *
take_records(struct journal *j, const char *p, size_t n)
{
	size_t at = sizeof(title), length;

	while (at < n && (length = record_length(p + at, n - at)) > 0) {
		struct record *r = record_new(length);

		if (r == NULL)
			return "there is no memory to read it";
		memcpy(r->bytes, p + at, length);
		list_append(&j->records, &r->node);
		if (!record_find_kind(r) || r->undoes ||
		    strchr("+-", p[at]) == NULL)
			return "it has something else than updown commands";
		r->at = (off_t)at;
		at += length;
		if (r->bytes[0] != '-')
			continue;
		list_remove(&r->node);
		free(r);
		j->dead += (off_t)length;
	}
	if (at < n)
		log_say(LEVEL_WARN,
		    "the last record of \"%s\" is not complete, and ignored",
		    j->path);
	j->size = (off_t)at;
	return NULL;
}

/* NULL: fine. */
static const char *
take_text(struct journal *j, const char *p, size_t n)
{
	if (n < sizeof(title) && memcmp(p, title, n) == 0)
		return NULL; /* its author did not get further */
	if (n < sizeof(title) || memcmp(p, title, sizeof(title)) != 0)
		return "it was not written by pluto, or by another version";
	return take_records(j, p, n);
}

/* n octets of it.  NULL: fine. */
static const char *
read_file(struct journal *j, size_t n)
{
	char *p = malloc(n + 1);
	const char *reason = "it cannot be read";
	size_t at = 0;
	ssize_t got = 1;

	if (p == NULL)
		return "there is no memory to read it";
	while (at < n && got > 0) {
		got = pread(j->fd, p + at, n - at, (off_t)at);
		at += got > 0 ? (size_t)got : 0;
	}
	if (at == n)
		reason = take_text(j, p, n);
	free(p);
	return reason;
}

static void
load(struct journal *j)
{
	const char *reason;
	struct stat st;

	j->fd = open(j->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (j->fd < 0) {
		if (errno != ENOENT)
			refuse(j, strerror(errno));
		return;
	}
	if (fstat(j->fd, &st) < 0) {
		refuse(j, strerror(errno));
		return;
	}
	reason = not_trusted(&st);
	if (reason == NULL)
		reason = read_file(j, (size_t)st.st_size);
	if (reason != NULL)
		refuse(j, reason);
	else if (list_empty(&j->records))
		drop_file(j);
	else if (ftruncate(j->fd, j->size) < 0)
		complain(j, "shorten");
}

/* ---- what the daemon tells ---------------------------------------------- */

struct journal *
journal_open(const char *path)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	snprintf(j->path, sizeof(j->path), "%s", path);
	snprintf(j->new_path, sizeof(j->new_path), "%s.new", j->path);
	list_init(&j->records);
	load(j);
	return j;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->running != NULL && j->running->undoes)
		free(j->running);
	forget_all(j);
	if (j->fd >= 0)
		close(j->fd);
	free(j);
}

void
journal_begin(struct journal *j, const struct script *s)
{
	struct record *r = record_of_script(s);

	if (r == NULL) {
		errno = ENOMEM;
		complain(j, "note in");
	} else if (!record_find_kind(r)) {
		free(r);
	} else {
		j->running = r;
		if (!r->undoes)
			add(j, r);
	}
}

void
journal_cancel(struct journal *j)
{
	struct record *r = j->running;

	j->running = NULL;
	if (r != NULL && r->undoes)
		free(r);
	else if (r != NULL)
		take_back(j, r);
}

void
journal_end(struct journal *j, bool ok)
{
	struct record *r = j->running;

	if (r != NULL && !r->undoes && ok)
		j->running = NULL;
	else if (r != NULL && r->undoes)
		take_back_same(j, r);
	journal_cancel(j);
}

const struct record *
journal_newest(const struct journal *j)
{
	return list_empty(&j->records)
	    ? NULL
	    : container_of(j->records.prev, struct record, node);
}

size_t
journal_count(const struct journal *j)
{
	size_t total = 0;

	LIST_EACH(n, &j->records)
		total++;
	return total;
}

void
journal_take_newest_back(struct journal *j)
{
	take_back(j, container_of(j->records.prev, struct record, node));
}
