/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutual exclusion of plutos.  The file's existence is the lock, as scripts
 * know it; a file that was left over is the administrator's to remove.
 */
#include "engine/daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number in the file; 0 when there is none. */
static pid_t
read_pid(const char *path)
{
	char buf[24];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	long pid;

	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	pid = strtol(buf, NULL, 10);
	return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

static void
explain_holder(const char *path, struct text *why)
{
	pid_t pid = read_pid(path);

	text_add(why, "lock file \"%s\" already exists", path);
	if (pid == 0)
		text_add(why,
		    " but names no process; if no pluto is starting "
		    "just now, remove the file");
	else if (kill(pid, 0) == 0 || errno == EPERM)
		text_add(why,
		    ": process %ld holds it and is running; stop it "
		    "by whack --shutdown, or give this pluto another --ctlbase",
		    (long)pid);
	else
		text_add(why,
		    ": process %ld, which made it, is not running "
		    "any more; remove the file and start again",
		    (long)pid);
}

/* 0 or -errno. */
static int
write_pid(int fd)
{
	char buf[24];
	int n = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());
	ssize_t written;

	/* Scripts of any user may read it, whatever the umask. */
	if (fchmod(fd, 0644) < 0)
		return -errno;
	written = write(fd, buf, (size_t)n);
	if (written < 0)
		return -errno;
	return written == n ? 0 : -ENOSPC;
}

int
lock_take(const char *path, struct text *why)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0 && errno == EEXIST) {
		explain_holder(path, why);
		return -EEXIST;
	}
	if (fd < 0) {
		r = -errno;
		text_add(why,
		    "cannot create lock file \"%s\": %s; its folder "
		    "must exist and be writable (--ctlbase chooses another)",
		    path, strerror(-r));
		return r;
	}
	r = write_pid(fd);
	close(fd);
	if (r < 0) {
		text_add(why, "cannot write lock file \"%s\": %s", path,
		    strerror(-r));
		lock_release(path);
	}
	return r;
}

void
lock_release(const char *path)
{
	(void)unlink(path);
}
