/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pluto: the daemon.  It starts its parts one after the other, runs the loop,
 * and stops them in reverse order.  Exit status: 0 fine, 1 something was
 * wrong, 10 the lock file exists.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/version.h"
#include "engine/crypto/crypto.h"
#include "engine/daemon/daemon.h"
#include "engine/daemon/lock.h"
#include "engine/daemon/undo.h"
#include "engine/ike/suite.h"
#include "gen/control.gen.h"

enum {
	EXIT_LOCKED = 10,
	KERNEL_EVENTS = 64 /* handled per turn of the loop */
};

/* ---- what the parts tell each other ------------------------------------- */

static void
received(void *ctx, const struct path *path, uint8_t *data, size_t n)
{
	struct pluto *p = ctx;

	if (p->stop) /* nobody is to begin anything more */
		return;
	engine_receive(ike_engine(p->ike), path, data, n);
}

static void
trouble(void *ctx, const struct path *path, const char *text)
{
	struct pluto *p = ctx;

	engine_log_packet(ike_engine(p->ike), path, "%s", text);
}

static void
job_done(void *ctx, struct job *j)
{
	struct pluto *p = ctx;

	engine_job_done(ike_engine(p->ike), j);
}

static void
script_line(void *ctx, const char *text)
{
	struct pluto *p = ctx;

	ike_script_line(p->ike, text);
}

static void
script_done(void *ctx, enum script_end how, int number)
{
	struct pluto *p = ctx;

	journal_end(p->journal, how == SCRIPT_EXITED && number == 0);
	ike_script_done(p->ike, how, number);
}

static void
load_done(void *ctx, struct job *j)
{
	struct pluto *p = ctx;

	if (p->stop)
		j->cleanup(j);
	else
		listen_loaded(p, j);
}

static void
request(void *ctx, uint32_t client, struct span bytes)
{
	command_run(ctx, client, bytes);
}

static void
client_gone(void *ctx, uint32_t client)
{
	struct pluto *p = ctx;

	ike_client_gone(p->ike, client);
}

static void
kernel_ready(struct source *s, uint32_t events)
{
	struct pluto *p = container_of(s, struct pluto, kernel_events);
	struct kernel_event ev;

	(void)events;
	for (int i = 0; i < KERNEL_EVENTS && netkey_event(p->netkey, &ev); i++)
		if (!p->stop)
			ike_kernel_event(p->ike, &ev);
}

/* The second time it is not waited for scripts. */
static void
stop_by_signal(struct pluto *p)
{
	p->hurry = p->stop;
	p->stop = true;
}

static void
signal_ready(struct source *s, uint32_t events)
{
	struct pluto *p = container_of(s, struct pluto, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(s->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		log_say(LEVEL_WARN,
		    "ignoring SIGHUP: perhaps whack --listen "
		    "is what you want");
	else
		stop_by_signal(p);
}

/* ---- starting ----------------------------------------------------------- */

/* SIGTERM, SIGINT and SIGHUP come through a descriptor.  0 or -errno. */
static int
start_signals(struct pluto *p)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals.ready = signal_ready;
	p->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals.fd < 0 ? -errno
				 : loop_add(&p->loop, &p->signals, EPOLLIN);
}

static bool
start_loop(struct pluto *p, struct text *why)
{
	int r = loop_init(&p->loop);

	if (r == 0)
		r = start_signals(p);
	if (r < 0)
		text_add(why, "cannot start the event loop: %s", strerror(-r));
	return r == 0;
}

static bool
start_kernel(struct pluto *p, struct text *why)
{
	int r;

	p->netkey = netkey_open(why);
	if (p->netkey == NULL)
		return false;
	p->kernel = netkey_kernel(p->netkey);
	p->kernel_events =
	    (struct source){netkey_event_fd(p->netkey), kernel_ready};
	r = loop_add(&p->loop, &p->kernel_events, EPOLLIN);
	if (r < 0)
		text_add(why, "cannot wait for the kernel's events: %s",
		    strerror(-r));
	return r == 0;
}

/* Scripts first, as on every way down.  False: a signal has come. */
static bool
clear_leftovers(struct pluto *p, struct text *why)
{
	if (!undo_leftovers(p->journal, &p->loop, &p->stop)) {
		text_add(why,
		    "stopped before all was undone that a predecessor has "
		    "left");
		return false;
	}
	ike_clear_leftovers(p->ike);
	return true;
}

static bool
start_engine(struct pluto *p, struct text *why)
{
	const struct udp_user udp_user = {p, received, trouble};
	const struct scripts_user scripts_user = {p, script_line, script_done};

	env_bind(p);
	p->ike = ike_new(&p->env, &p->kernel);
	p->udp = udp_new(&p->loop, &udp_user);
	p->workers = workers_new(&p->loop, workers_processors(), job_done, p);
	p->loader = workers_new(&p->loop, 1, load_done, p);
	p->scripts = scripts_new(&p->loop, &scripts_user, SCRIPT_LIMIT_MS);
	p->journal = journal_open(p->settings->journal);
	if (p->ike == NULL || p->udp == NULL || p->workers == NULL ||
	    p->loader == NULL || p->scripts == NULL || p->journal == NULL) {
		text_add(why, "not enough memory or file descriptors to start");
		return false;
	}
	ike_set_reqids(p->ike, p->settings->socket);
	ike_set_uniqueids(p->ike, p->settings->uniqueids);
	return (p->settings->myid == NULL ||
		   ike_set_myid(p->ike, span_str(p->settings->myid), why)) &&
	    clear_leftovers(p, why);
}

static bool
start_control(struct pluto *p, struct text *why)
{
	const struct ctl_user user = {p, request, client_gone};

	p->ctl = ctl_open(&p->loop, p->settings->socket, &user, why);
	return p->ctl != NULL;
}

/* Where what is run now, and what that says, is to go. */
static void
settle_in(const struct settings *s)
{
	log_open(s->stderrlog);
	if (chdir("/") < 0)
		log_say(LEVEL_WARN, "cannot leave this folder: %s",
		    strerror(errno));
}

/* The exit status; EXIT_SUCCESS: everything runs. */
static int
start(struct pluto *p, struct text *why)
{
	int r = lock_take(p->settings->lock, why);

	if (r < 0)
		return r == -EEXIST ? EXIT_LOCKED : EXIT_FAILURE;
	p->locked = true;
	settle_in(p->settings);
	p->has_suite = suite_init(why);
	if (p->has_suite && start_loop(p, why) && start_kernel(p, why) &&
	    start_engine(p, why) && start_control(p, why))
		return EXIT_SUCCESS;
	return EXIT_FAILURE;
}

/* ---- running and stopping ----------------------------------------------- */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* One turn of the loop: wait, and do what is due.  0 or -errno. */
static int
turn(struct pluto *p)
{
	struct engine *e = ike_engine(p->ike);
	uint64_t due = earlier(engine_next_ms(e), ike_next_ms(p->ike));
	int r;

	due = earlier(due, ctl_next_ms(p->ctl));
	due = earlier(due, scripts_next_ms(p->scripts));
	r = loop_wait(&p->loop, due);
	if (r < 0) {
		log_say(LEVEL_ERR, "cannot wait for events: %s", strerror(-r));
		return r;
	}
	if (engine_next_ms(e) <= loop_now_ms())
		engine_tick(e);
	if (ike_next_ms(p->ike) <= loop_now_ms())
		ike_tick(p->ike);
	scripts_tick(p->scripts);
	ctl_tick(p->ctl);
	return 0;
}

static int
run(struct pluto *p)
{
	while (!p->stop)
		if (turn(p) < 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* The peers hear of it, and everything leaves the kernel, scripts included. */
static void
end_connections(struct pluto *p)
{
	pluto_say(p, p->stopped_by, LEVEL_INFO, "shutting down");
	p->stop = true;
	ike_shutdown(p->ike);
	while (ike_busy(p->ike) && !p->hurry && turn(p) == 0)
		continue;
	if (!ike_busy(p->ike))
		return;
	pluto_say(p, p->stopped_by, LEVEL_WARN,
	    "not waiting for updown scripts: what they have not undone is "
	    "the next pluto's");
	scripts_stop(p->scripts);
	ike_abandon(p->ike);
}

/* In order: connections end, whack sees the files gone, threads end. */
static void
stop(struct pluto *p)
{
	if (p->ctl != NULL) {
		end_connections(p);
		ctl_hide(p->ctl);
	}
	if (p->locked)
		lock_release(p->settings->lock);
	ike_free(p->ike);
	ctl_close(p->ctl);
	udp_free(p->udp);
	workers_free(p->workers);
	workers_free(p->loader);
	scripts_free(p->scripts);
	journal_close(p->journal);
	netkey_close(p->netkey);
	if (p->signals.fd >= 0)
		close(p->signals.fd);
	loop_fini(&p->loop);
	if (p->has_suite)
		crypto_fini();
}

/* ---- the process -------------------------------------------------------- */

/* Descriptors 0 to 2 must be taken, or a log line could go into a socket. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * The child goes on, with the descriptor to report its exit status to, or
 * readiness by 0; the parent leaves with that status.  -1: no fork.
 */
static int
fork_daemon(void)
{
	uint8_t status;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		close(fds[0]);
		(void)setsid();
		return fds[1];
	}
	close(fds[1]);
	do
		n = read(fds[0], &status, 1);
	while (n < 0 && errno == EINTR);
	_exit(n == 1 ? status : EXIT_FAILURE);
}

/* To the parent, unless it died or there was no fork. */
static void
report(int ready_fd, int status)
{
	uint8_t octet = (uint8_t)status;
	ssize_t n;

	if (ready_fd < 0)
		return;
	n = write(ready_fd, &octet, sizeof(octet));
	(void)n;
	close(ready_fd);
}

/* Tell whoever started us that we run, and let go of what is theirs. */
static void
report_ready(const struct settings *s, int ready_fd)
{
	int null;

	log_say(LEVEL_INFO, "starting pluto %s, process %ld",
	    PLUTO_VERSION_TEXT, (long)getpid());
	if (s->nofork) {
		printf("Pluto initialized\n");
		fflush(stdout);
		return;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		if (fd != STDERR_FILENO || !s->stderrlog)
			(void)dup2(null, fd);
	if (null >= 0)
		close(null);
	report(ready_fd, EXIT_SUCCESS);
}

static int
serve(const struct settings *s)
{
	struct pluto p = {.settings = s,
	    .debug = s->debug,
	    .loop = {.epoll = -1},
	    .signals = {.fd = -1}};
	int ready_fd = s->nofork ? -1 : fork_daemon();
	int status = EXIT_FAILURE;
	TEXT(why, 2000);

	if (!s->nofork && ready_fd < 0)
		text_add(&why, "cannot fork: %s", strerror(errno));
	else
		status = start(&p, &why);
	if (status != EXIT_SUCCESS) {
		fprintf(stderr, "pluto: %s\n", why.p);
		stop(&p);
		report(ready_fd, status);
		return status;
	}
	report_ready(s, ready_fd);
	status = run(&p);
	stop(&p);
	return status;
}

int
main(int argc, char **argv)
{
	struct option_line l;
	struct settings s;
	TEXT(why, 1024);

	(void)argc;
	fill_standard_descriptors();
	umask(077);
	if (!option_parse(&l, &pluto_program, argv, &why)) {
		fprintf(stderr, "pluto: %s\n", why.p);
		return EXIT_FAILURE;
	}
	if (option_given(&l, PLUTO_HELP)) {
		option_help(&pluto_program, stdout);
		return EXIT_SUCCESS;
	}
	if (option_given(&l, PLUTO_VERSION)) {
		printf("pluto %s\n", PLUTO_VERSION_TEXT);
		return EXIT_SUCCESS;
	}
	if (!settings_read(&s, &l, &why)) {
		fprintf(stderr, "pluto: %s\n", why.p);
		return EXIT_FAILURE;
	}
	return serve(&s);
}
