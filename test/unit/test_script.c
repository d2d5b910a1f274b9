/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Updown scripts, with this machine's own shell. */
#include "engine/daemon/script.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit/unit.h"

enum { PATIENCE_MS = 10000 };

/* The loop, the scripts, and what was heard of the one that ran. */
struct world {
	struct loop loop;
	struct scripts *scripts;
	char output[100000]; /* lines, each with a newline */
	size_t lines, n;
	unsigned ends;
	enum script_end how;
	int number;
	const char *next; /* to be started when one has ended */
};

static const char *const nothing[] = {NULL};

static void
heard(void *ctx, const char *text)
{
	struct world *w = ctx;
	int n =
	    snprintf(w->output + w->n, sizeof(w->output) - w->n, "%s\n", text);

	w->n += (size_t)n;
	w->lines++;
	CU_ASSERT_FATAL(w->n < sizeof(w->output));
}

static void
ended(void *ctx, enum script_end how, int number)
{
	struct world *w = ctx;
	struct script next = {w->next, nothing};
	TEXT(why, 200);

	w->ends++;
	w->how = how;
	w->number = number;
	w->next = NULL;
	if (next.command != NULL)
		CU_ASSERT_TRUE(scripts_start(w->scripts, &next, &why));
}

static void
world_init(struct world *w, uint32_t limit_ms)
{
	struct scripts_user user = {w, heard, ended};

	memset(w, 0, sizeof(*w));
	CU_ASSERT_EQUAL_FATAL(loop_init(&w->loop), 0);
	w->scripts = scripts_new(&w->loop, &user, limit_ms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->scripts);
}

/* No child is left, dead or alive. */
static void
world_fini(struct world *w)
{
	scripts_free(w->scripts);
	loop_fini(&w->loop);
	CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
	CU_ASSERT_EQUAL(errno, ECHILD);
}

static void
world_start(struct world *w, const char *command, const char *const *given)
{
	struct script s = {command, given};
	TEXT(why, 200);

	CU_ASSERT_TRUE_FATAL(scripts_start(w->scripts, &s, &why));
	CU_ASSERT_EQUAL(w->ends, 0);
	CU_ASSERT_EQUAL(w->lines, 0);
}

/* Until so many scripts have ended. */
static void
world_wait(struct world *w, unsigned ends)
{
	uint64_t until = loop_now_ms() + PATIENCE_MS;

	while (w->ends < ends && loop_now_ms() < until) {
		uint64_t due = scripts_next_ms(w->scripts);

		CU_ASSERT_EQUAL(
		    loop_wait(&w->loop, due < until ? due : until), 0);
		scripts_tick(w->scripts);
	}
	CU_ASSERT_EQUAL(w->ends, ends);
}

static void
world_run(struct world *w, const char *command)
{
	world_init(w, PATIENCE_MS);
	world_start(w, command, nothing);
	world_wait(w, 1);
	world_fini(w);
}

/* What a script left is ours to reap; see main(). */
static void
orphan_dies_of(int pid, int sig)
{
	int status = 0;

	CU_ASSERT_TRUE_FATAL(pid > 1);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == sig);
}

static size_t
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static struct world w;

static void
test_script_ends_with_its_status(void)
{
	world_run(&w, "exit 0");
	CU_ASSERT_EQUAL(w.how, SCRIPT_EXITED);
	CU_ASSERT_EQUAL(w.number, 0);
	CU_ASSERT_EQUAL(w.lines, 0);
	world_run(&w, "exit 37");
	CU_ASSERT_EQUAL(w.how, SCRIPT_EXITED);
	CU_ASSERT_EQUAL(w.number, 37);
	world_run(&w, "kill -TERM $$");
	CU_ASSERT_EQUAL(w.how, SCRIPT_SIGNALLED);
	CU_ASSERT_EQUAL(w.number, SIGTERM);
	world_run(&w, "no_such_program_anywhere");
	CU_ASSERT_EQUAL(w.how, SCRIPT_EXITED);
	CU_ASSERT_EQUAL(w.number, 127);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.output, "not found"));
}

static void
test_script_output_and_errors_come_line_by_line_in_order(void)
{
	world_run(&w, "echo one; echo two >&2; printf '\\nfo\\000ur'; exit 3");
	CU_ASSERT_STRING_EQUAL(w.output, "one\ntwo\n\nfour\n");
	CU_ASSERT_EQUAL(w.lines, 4);
	CU_ASSERT_EQUAL(w.number, 3);
}

static void
test_script_may_close_its_output_and_go_on(void)
{
	world_run(&w, "echo bye; exec >&- 2>&-; sleep 0.1; exit 4");
	CU_ASSERT_STRING_EQUAL(w.output, "bye\n");
	CU_ASSERT_EQUAL(w.number, 4);
}

static void
test_script_line_that_is_too_long_is_cut(void)
{
	world_run(&w, "printf '%0400d\\n%0401d\\n%090000d\\nend\\n' 0 0 0");
	CU_ASSERT_EQUAL(w.lines, 4);
	CU_ASSERT_EQUAL(w.n, 401 + 404 + 404 + 4);
	CU_ASSERT_EQUAL(strcspn(w.output, "\n"), SCRIPT_LINE_MAX);
	CU_ASSERT_STRING_EQUAL(w.output + w.n - 8, "...\nend\n");
}

static void
test_script_that_says_too_much_is_counted(void)
{
	world_run(&w,
	    "i=0; while [ $i -lt 1200 ]; do echo $((i = i + 1));"
	    "done");
	CU_ASSERT_EQUAL(w.lines, SCRIPT_LINES_MAX + 1);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(w.output, "\n200\n... and 1000 more lines\n"));
}

static void
test_script_environment_is_what_is_given(void)
{
	static const char *const given[] = {"PLUTO_VERB=up-host",
	    "PLUTO_CONNECTION=a b'; exit 9; $(exit 9)\"*", "EMPTY=", NULL};
	char exe[4096], want[8192];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	CU_ASSERT_TRUE_FATAL(n > 0);
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	setenv("IPSEC_LIBDIR", "/opt/lib", 1);
	setenv("SECRET", "not for scripts", 1);
	unsetenv("IPSEC_EXECDIR");
	world_init(&w, PATIENCE_MS);
	world_start(&w, "tr '\\0' '\\n' </proc/$$/environ", given);
	world_wait(&w, 1);
	world_fini(&w);
	snprintf(want, sizeof(want),
	    "PATH=%s:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\nIPSEC_LIBDIR=/opt/lib\n%s\n%s\n%s\n",
	    exe, given[0], given[1], given[2]);
	CU_ASSERT_STRING_EQUAL(w.output, want);
	unsetenv("IPSEC_LIBDIR");
}

static void
test_script_finds_programs_of_ipsec_execdir_first(void)
{
	setenv("IPSEC_EXECDIR", "/opt/ipsec", 1);
	world_run(&w, "echo $PATH $IPSEC_EXECDIR");
	CU_ASSERT_EQUAL(strncmp(w.output, "/opt/ipsec:/usr/", 16), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.output, "/bin /opt/ipsec\n"));
	/* None of these may put a folder of the script's own into PATH. */
	setenv("IPSEC_EXECDIR", "/opt:ipsec", 1);
	world_run(&w, "echo $PATH");
	CU_ASSERT_EQUAL(strncmp(w.output, "/usr/local/sbin:", 16), 0);
	setenv("IPSEC_EXECDIR", "opt", 1);
	world_run(&w, "echo $PATH");
	CU_ASSERT_EQUAL(strncmp(w.output, "/usr/local/sbin:", 16), 0);
	unsetenv("IPSEC_EXECDIR");
}

static void
test_script_has_three_descriptors_and_no_input(void)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */

	CU_ASSERT_TRUE_FATAL(leak > 2);
	world_run(&w, "cat; ls /proc/$$/fd; :");
	CU_ASSERT_STRING_EQUAL(w.output, "0\n1\n2\n");
	close(leak);
}

static void
test_script_has_default_signals_and_its_own_group(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigaction(SIGPIPE, &ignore, &before);
	world_run(&w,
	    "set -- $(cat /proc/$$/stat); [ $5 = $$ ] || echo group;"
	    "exec grep -Ec '^Sig(Blk|Ign).*0000000$' /proc/self/status");
	sigaction(SIGPIPE, &before, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	/* Two, of the C library itself, may be ignored still: 32 and 33. */
	CU_ASSERT_STRING_EQUAL(w.output, "2\n");
}

static void
test_script_that_hangs_is_killed_with_its_children(void)
{
	uint64_t start = loop_now_ms(), took;

	world_init(&w, 1000);
	world_start(
	    &w, "trap '' TERM; sleep 30 & echo $!; exec sleep 30", nothing);
	world_wait(&w, 1);
	took = loop_now_ms() - start;
	CU_ASSERT_EQUAL(w.how, SCRIPT_LATE);
	CU_ASSERT_TRUE(took >= 1000 && took < 8000);
	CU_ASSERT_EQUAL(scripts_next_ms(w.scripts), UINT64_MAX);
	orphan_dies_of(atoi(w.output), SIGKILL);
	world_fini(&w);
}

static void
test_script_that_says_things_for_ever_is_killed_too(void)
{
	world_init(&w, 200);
	world_start(&w, "while :; do echo y; done", nothing);
	world_wait(&w, 1);
	CU_ASSERT_EQUAL(w.how, SCRIPT_LATE);
	CU_ASSERT_TRUE(w.lines <= SCRIPT_LINES_MAX + 1);
	world_fini(&w);
}

static void
test_script_end_does_not_wait_for_the_background(void)
{
	uint64_t start = loop_now_ms();
	int pid;

	world_init(&w, PATIENCE_MS);
	world_start(&w, "sleep 30 & echo $!; exit 5", nothing);
	world_wait(&w, 1);
	CU_ASSERT_TRUE(loop_now_ms() - start < 5000);
	CU_ASSERT_EQUAL(w.how, SCRIPT_EXITED);
	CU_ASSERT_EQUAL(w.number, 5);
	CU_ASSERT_EQUAL(w.lines, 1);
	/* It goes on. */
	pid = atoi(w.output);
	CU_ASSERT_TRUE_FATAL(pid > 1);
	CU_ASSERT_EQUAL(kill(pid, 0), 0);
	kill(pid, SIGTERM);
	orphan_dies_of(pid, SIGTERM);
	world_fini(&w);
}

static void
test_script_background_that_talks_for_ever_is_not_heard(void)
{
	uint64_t start = loop_now_ms();

	world_init(&w, PATIENCE_MS);
	world_start(&w, "(sleep 0.05; exec yes) & echo $!; sleep 0.2", nothing);
	world_wait(&w, 1);
	orphan_dies_of(atoi(w.output), SIGPIPE);
	CU_ASSERT_TRUE(loop_now_ms() - start < 5000);
	CU_ASSERT_EQUAL(w.how, SCRIPT_EXITED);
	world_fini(&w);
}

static void
test_script_waits_for_nothing_when_none_runs(void)
{
	world_init(&w, 200);
	CU_ASSERT_EQUAL(scripts_next_ms(w.scripts), UINT64_MAX);
	scripts_tick(w.scripts);
	world_start(&w, "exec sleep 30", nothing);
	CU_ASSERT_TRUE(scripts_next_ms(w.scripts) <= loop_now_ms() + 200);
	world_fini(&w);
	CU_ASSERT_EQUAL(w.ends, 0);
}

static void
test_script_runs_alone_and_the_next_from_its_end(void)
{
	struct script other = {"echo other", nothing};
	TEXT(why, 200);

	world_init(&w, PATIENCE_MS);
	world_start(&w, "sleep 0.1; echo first", nothing);
	CU_ASSERT_FALSE(scripts_start(w.scripts, &other, &why));
	CU_ASSERT_STRING_EQUAL(why.p, "another script still runs");
	w.next = "echo second; exit 2";
	world_wait(&w, 2);
	CU_ASSERT_STRING_EQUAL(w.output, "first\nsecond\n");
	CU_ASSERT_EQUAL(w.number, 2);
	world_fini(&w);
}

static void
test_script_leaves_no_descriptor(void)
{
	size_t before = open_descriptors();

	for (int i = 0; i < 20; i++)
		world_run(&w, i % 2 == 0 ? "echo x" : "exec >&- 2>&-");
	CU_ASSERT_EQUAL(open_descriptors(), before);
}

/* It takes two, for the pipe, of which one is soon free again. */
static void
test_script_without_descriptors_does_not_run(void)
{
	struct script script = {"exit 0", nothing};
	struct rlimit before, few;
	size_t taken = open_descriptors();
	int lowest;

	world_init(&w, PATIENCE_MS);
	lowest = dup(0);
	close(lowest);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t n = 0; n < 2; n++) {
		TEXT(why, 200);

		few = before;
		few.rlim_cur = (rlim_t)lowest + n;
		CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
		CU_ASSERT_FALSE(scripts_start(w.scripts, &script, &why));
		CU_ASSERT_STRING_EQUAL(why.p, "Too many open files");
	}
	setrlimit(RLIMIT_NOFILE, &before);
	CU_ASSERT_EQUAL(w.ends, 0);
	world_start(&w, "exit 8", nothing);
	world_wait(&w, 1);
	CU_ASSERT_EQUAL(w.number, 8);
	world_fini(&w);
	CU_ASSERT_EQUAL(open_descriptors(), taken);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_script_ends_with_its_status),
	    UNIT_TEST(test_script_output_and_errors_come_line_by_line_in_order),
	    UNIT_TEST(test_script_may_close_its_output_and_go_on),
	    UNIT_TEST(test_script_line_that_is_too_long_is_cut),
	    UNIT_TEST(test_script_that_says_too_much_is_counted),
	    UNIT_TEST(test_script_environment_is_what_is_given),
	    UNIT_TEST(test_script_finds_programs_of_ipsec_execdir_first),
	    UNIT_TEST(test_script_has_three_descriptors_and_no_input),
	    UNIT_TEST(test_script_has_default_signals_and_its_own_group),
	    UNIT_TEST(test_script_that_hangs_is_killed_with_its_children),
	    UNIT_TEST(test_script_that_says_things_for_ever_is_killed_too),
	    UNIT_TEST(test_script_end_does_not_wait_for_the_background),
	    UNIT_TEST(test_script_background_that_talks_for_ever_is_not_heard),
	    UNIT_TEST(test_script_waits_for_nothing_when_none_runs),
	    UNIT_TEST(test_script_runs_alone_and_the_next_from_its_end),
	    UNIT_TEST(test_script_leaves_no_descriptor),
	    UNIT_TEST(test_script_without_descriptors_does_not_run),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return unit_run("script", tests, COUNT(tests));
}
