/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where updown scripts run.  Output comes through a pipe and the shell's end
 * through a pidfd, both in the loop, so that pluto goes on meanwhile; that only
 * one script runs, and what must wait for it, is decided in engine/ike.
 */
#include "engine/daemon/script.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/container.h"

enum {
	READ_SIZE = 4096,
	PIPE_SIZE = 65536, /* what the script can have left in the pipe */
	INHERITED = 2      /* variables, beside PATH */
};

/* Of our own environment these are the script's as well. */
static const char *const inherited[INHERITED] = {
    "IPSEC_EXECDIR=", "IPSEC_LIBDIR="};
static const char safe_path[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct scripts {
	struct loop *loop;
	struct scripts_user user;
	uint32_t limit_ms;
	char path[PATH_MAX + 100]; /* "PATH=..." */
	/* The script that runs; its shell leads the process group. */
	pid_t pid;                 /* 0: none */
	struct source output, end; /* fd -1: closed */
	uint64_t due_ms;
	bool late;
	size_t lines, n;
	bool cut; /* the line is longer than the n octets that are there */
	char line[SCRIPT_LINE_MAX + sizeof("...")];
};

/* ---- output ----------------------------------------------------------- */

static void
end_line(struct scripts *s)
{
	if (s->cut)
		for (int i = 0; i < 3; i++)
			s->line[s->n++] = '.';
	s->line[s->n] = '\0';
	s->n = 0;
	s->cut = false;
	if (s->lines++ < SCRIPT_LINES_MAX)
		s->user.line(s->user.ctx, s->line);
}

static void
take_char(struct scripts *s, char c)
{
	if (c == '\n')
		end_line(s);
	else if (s->n == SCRIPT_LINE_MAX)
		s->cut = true;
	else if (c != '\0')
		s->line[s->n++] = c;
}

static void
unwatch(struct scripts *s, struct source *source)
{
	if (source->fd < 0)
		return;
	loop_remove(s->loop, source);
	close(source->fd);
	source->fd = -1;
}

/* How many octets were there; 0: none now. */
static size_t
read_some(struct scripts *s)
{
	char buf[READ_SIZE];
	ssize_t n = read(s->output.fd, buf, sizeof(buf));

	if (n == 0)
		unwatch(s, &s->output);
	for (ssize_t i = 0; i < n; i++)
		take_char(s, buf[i]);
	return n > 0 ? (size_t)n : 0;
}

static void
output_ready(struct source *source, uint32_t events)
{
	(void)events;
	(void)read_some(container_of(source, struct scripts, output));
}

/* What the shell wrote before its end, and no more: something that it left in
 * the background may go on writing for ever. */
static void
read_rest(struct scripts *s)
{
	size_t left = PIPE_SIZE, n = 1;
	TEXT(t, 80);

	while (s->output.fd >= 0 && left > 0 && n > 0) {
		n = read_some(s);
		left -= n < left ? n : left;
	}
	if (s->n > 0)
		end_line(s);
	if (s->lines <= SCRIPT_LINES_MAX)
		return;
	text_add(
	    &t, "... and %zu more lines", s->lines - (size_t)SCRIPT_LINES_MAX);
	s->user.line(s->user.ctx, t.p);
}

/* ---- the end ---------------------------------------------------------- */

/* It has ended, or is about to; its status, as of waitpid(). */
static int
reap(struct scripts *s)
{
	int status = -1;

	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	s->pid = 0;
	return status;
}

static void
shell_ended(struct source *source, uint32_t events)
{
	struct scripts *s = container_of(source, struct scripts, end);
	int status = reap(s);

	(void)events;
	read_rest(s);
	unwatch(s, &s->output);
	unwatch(s, &s->end);
	if (s->late)
		s->user.done(s->user.ctx, SCRIPT_LATE, SIGKILL);
	else if (WIFEXITED(status))
		s->user.done(s->user.ctx, SCRIPT_EXITED, WEXITSTATUS(status));
	else
		s->user.done(s->user.ctx, SCRIPT_SIGNALLED, WTERMSIG(status));
}

uint64_t
scripts_next_ms(const struct scripts *s)
{
	return s->pid != 0 && !s->late ? s->due_ms : UINT64_MAX;
}

void
scripts_tick(struct scripts *s)
{
	if (loop_now_ms() < scripts_next_ms(s))
		return;
	s->late = true;
	(void)kill(-s->pid, SIGKILL);
}

/* ---- starting --------------------------------------------------------- */

/* The whole "NAME=value" of ours that begins like this; NULL: not set. */
static char *
own_variable(const char *start)
{
	for (char **v = environ; v != NULL && *v != NULL; v++)
		if (strncmp(*v, start, strlen(start)) == 0)
			return *v;
	return NULL;
}

/* For execve(), from malloc(); its strings are borrowed.  NULL: no memory. */
static char **
make_environment(struct scripts *s, const char *const *given)
{
	size_t n = 0, at = 0;
	char **out;

	while (given[n] != NULL)
		n++;
	out = calloc(n + INHERITED + 2, sizeof(*out));
	if (out == NULL)
		return NULL;
	out[at++] = s->path;
	for (size_t i = 0; i < INHERITED; i++)
		if ((out[at] = own_variable(inherited[i])) != NULL)
			at++;
	memcpy(out + at, given, n * sizeof(*out));
	return out;
}

/* Both ends of a new pipe; only ours, the first, does not wait. */
static int
make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	close(fds[0]);
	close(fds[1]);
	return -EINVAL;
}

/* 0 or -errno. */
static int
spawn(pid_t *pid, const char *command, char **environment, int output)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int r;

	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&files) != 0)
		return -ENOMEM;
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	r = posix_spawn_file_actions_addopen(
	    &files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
		    &files, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
		    &files, output, STDERR_FILENO);
	if (r == 0) /* also what whoever started pluto left open */
		r = posix_spawn_file_actions_addclosefrom_np(
		    &files, STDERR_FILENO + 1);
	if (r == 0)
		r = posix_spawn(
		    pid, "/bin/sh", &files, &attr, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

/* Wait for its output and its end.  0 or -errno. */
static int
watch(struct scripts *s, int output)
{
	int r = 0;

	s->output.fd = output;
	s->end.fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (s->end.fd < 0)
		r = -errno;
	if (r == 0)
		r = loop_add(s->loop, &s->output, EPOLLIN);
	if (r == 0)
		r = loop_add(s->loop, &s->end, EPOLLIN);
	return r;
}

void
scripts_stop(struct scripts *s)
{
	if (s->pid != 0) {
		(void)kill(-s->pid, SIGKILL);
		(void)reap(s);
	}
	unwatch(s, &s->output);
	unwatch(s, &s->end);
}

/* 0 or -errno. */
static int
start(struct scripts *s, const struct script *script)
{
	char **environment = make_environment(s, script->environment);
	pid_t pid = 0;
	int fds[2], r;

	if (environment == NULL)
		return -ENOMEM;
	r = make_pipe(fds);
	if (r == 0) {
		r = spawn(&pid, script->command, environment, fds[1]);
		close(fds[1]);
		if (r < 0) {
			close(fds[0]);
		} else {
			s->pid = pid;
			r = watch(s, fds[0]);
		}
	}
	free(environment);
	return r;
}

bool
scripts_start(struct scripts *s, const struct script *script, struct text *why)
{
	int r;

	if (s->pid != 0) {
		text_add(why, "another script still runs");
		return false;
	}
	s->late = s->cut = false;
	s->lines = s->n = 0;
	s->due_ms = loop_now_ms() + s->limit_ms;
	r = start(s, script);
	if (r == 0)
		return true;
	scripts_stop(s);
	text_add(why, "%s%s", strerror(-r),
	    r == -ENOSYS ? " (pidfd_open() needs Linux 5.3)" : "");
	return false;
}

/* ---- all of it -------------------------------------------------------- */

/* The folder of our programs in front: that is where "ipsec" is. */
static void
make_path(struct scripts *s)
{
	struct text t = text_of(s->path, sizeof(s->path));
	const char *folder = getenv("IPSEC_EXECDIR");
	char exe[PATH_MAX];
	ssize_t n;

	if (folder == NULL || folder[0] == '\0') {
		n = readlink("/proc/self/exe", exe, sizeof(exe));
		while (n > 0 && exe[n - 1] != '/')
			n--;
		exe[n > 1 ? n - 1 : 0] = '\0';
		folder = exe;
	}
	text_add(&t, "PATH=");
	/* A relative folder, or two of them, would be anybody's. */
	if (folder[0] == '/' && strchr(folder, ':') == NULL)
		text_add(&t, "%s:", folder);
	text_add(&t, "%s", safe_path);
}

struct scripts *
scripts_new(struct loop *l, const struct scripts_user *user, uint32_t limit_ms)
{
	struct sigaction wait_for = {.sa_handler = SIG_DFL};
	struct scripts *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->loop = l;
	s->user = *user;
	s->limit_ms = limit_ms;
	s->output = (struct source){-1, output_ready};
	s->end = (struct source){-1, shell_ended};
	make_path(s);
	/* Where it was ignored nobody would hear of an exit status. */
	sigaction(SIGCHLD, &wait_for, NULL);
	return s;
}

void
scripts_free(struct scripts *s)
{
	if (s == NULL)
		return;
	scripts_stop(s);
	free(s);
}
