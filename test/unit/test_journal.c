/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of updown scripts, and what is undone from it. */
#include "engine/daemon/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon/undo.h"
#include "test/unit/unit.h"

enum { TITLE_SIZE = 23 };

static char folder[] = "/tmp/test_journal.XXXXXX";
static char path[64], ran[64], logged[64];
static struct journal *j;

/* ---- what happens to a pluto -------------------------------------------- */

static void
born(void)
{
	j = journal_open(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
}

/* With or without notice, it is the same to the file. */
static void
dies(void)
{
	journal_close(j);
	j = NULL;
}

static void
starts(const char *verb, const char *connection, const char *ours,
    const char *theirs)
{
	char v[4][100], command[200];
	const char *const environment[] = {v[0], v[1], v[2], v[3], NULL};
	struct script s = {command, environment};

	snprintf(v[0], sizeof(v[0]), "PLUTO_CONNECTION=%s", connection);
	snprintf(v[1], sizeof(v[1]), "PLUTO_VERB=%s", verb);
	snprintf(v[2], sizeof(v[2]), "PLUTO_MY_CLIENT=%s", ours);
	snprintf(v[3], sizeof(v[3]), "PLUTO_PEER_CLIENT=%s", theirs);
	snprintf(command, sizeof(command),
	    "echo \"$PLUTO_VERB $PLUTO_CONNECTION $PLUTO_MY_CLIENT "
	    "$PLUTO_PEER_CLIENT\" >>%s; echo said; exit 3",
	    ran);
	journal_begin(j, &s);
}

static void
runs(const char *verb, const char *connection, const char *ours,
    const char *theirs)
{
	starts(verb, connection, ours, theirs);
	journal_end(j, true);
}

/* ---- files --------------------------------------------------------------- */

static size_t
read_file(const char *name, char *buf, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	CU_ASSERT_TRUE_FATAL(n >= 0);
	buf[n] = '\0';
	if (fd >= 0)
		close(fd);
	return (size_t)n;
}

static void
write_file(const char *text, size_t n)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CU_ASSERT_EQUAL(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static bool
there_is_a_file(void)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The size; 0: there is none. */
static off_t
file_size(void)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Whatever is logged while this runs can be asked for by was_logged(). */
static void
quietly(void (*act)(void))
{
	int fd = open(logged, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	int before = dup(STDERR_FILENO);

	CU_ASSERT_TRUE_FATAL(fd >= 0 && before >= 0);
	dup2(fd, STDERR_FILENO);
	close(fd);
	act();
	dup2(before, STDERR_FILENO);
	close(before);
}

static bool
was_logged(const char *text)
{
	char buf[8000];

	(void)read_file(logged, buf, sizeof(buf));
	return strstr(buf, text) != NULL;
}

/* ---- undoing ----------------------------------------------------------- */

static bool stop, undone;

static void
undo(void)
{
	struct loop l;

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	born();
	undone = undo_leftovers(j, &l, &stop);
	loop_fini(&l);
}

/* Of a new pluto: what it has run. */
static void
undoes(const char *want)
{
	char buf[2000];

	(void)unlink(ran);
	quietly(undo);
	CU_ASSERT_TRUE(undone);
	CU_ASSERT_FALSE(there_is_a_file());
	dies();
	(void)read_file(ran, buf, sizeof(buf));
	CU_ASSERT_STRING_EQUAL(buf, want);
}

/* ---- tests ------------------------------------------------------------- */

static void
test_journal_undoes_the_newest_first(void)
{
	struct stat st;

	born();
	CU_ASSERT_FALSE(there_is_a_file());
	runs("prepare-client", "a", "10.1/16", "10.2/16");
	CU_ASSERT_FALSE(there_is_a_file());
	runs("route-client", "a", "10.1/16", "10.2/16");
	runs("up-client", "a", "10.1/16", "10.2/16");
	runs("route-host-v6", "it's \"b\";\n$x", "fd00::1/128", "fd00::2/128");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	dies();
	undoes("unroute-host-v6 it's \"b\";\n$x fd00::1/128 fd00::2/128\n"
	       "down-client a 10.1/16 10.2/16\n"
	       "unroute-client a 10.1/16 10.2/16\n");
	CU_ASSERT_TRUE(was_logged("running 3 to undo it"));
	CU_ASSERT_TRUE(was_logged("\"a\": down-client output: said"));
	CU_ASSERT_TRUE(
	    was_logged("\"a\": down-client command exited with status 3"));
	undoes("");
}

static void
test_journal_is_gone_when_all_is_undone(void)
{
	born();
	runs("route-client", "a", "o", "t");
	runs("up-client", "a", "o", "t");
	runs("down-client", "a", "o", "t");
	CU_ASSERT_TRUE(there_is_a_file());
	starts("unroute-client", "a", "o", "t");
	CU_ASSERT_TRUE(there_is_a_file());
	journal_end(j, false);
	CU_ASSERT_FALSE(there_is_a_file());
	runs("route-client", "b", "o", "t");
	dies();
	undoes("unroute-client b o t\n");
}

static void
test_journal_route_is_undone_by_another_connection(void)
{
	born();
	runs("route-client", "a", "10.1/16", "10.9/16");
	runs("up-client", "a", "10.1/16", "10.9/16");
	runs("up-client", "b", "10.2/16", "10.9/16");
	runs("down-client", "a", "10.1/16", "10.9/16");
	dies();
	born();
	runs("unroute-client", "b", "10.2/16", "10.9/16");
	dies();
	undoes("down-client b 10.2/16 10.9/16\n");
}

static void
test_journal_only_a_success_counts_and_what_still_ran(void)
{
	born();
	starts("route-client", "failed", "o", "t1");
	journal_end(j, false);
	starts("up-client", "not-started", "o", "t2");
	journal_cancel(j);
	CU_ASSERT_FALSE(there_is_a_file());
	runs("route-client", "stays", "o", "t3");
	starts("unroute-client", "not-started", "o", "t3");
	journal_cancel(j);
	runs("route-client", "undoing", "o", "t4");
	starts("unroute-client", "undoing", "o", "t4");
	dies();
	born();
	starts("route-client", "doing", "o", "t5");
	dies();
	undoes("unroute-client doing o t5\n"
	       "unroute-client undoing o t4\n"
	       "unroute-client stays o t3\n");
}

static void
test_journal_cut_anywhere_keeps_what_is_whole(void)
{
	char whole[2000], want[200];
	size_t n, one;

	born();
	runs("route-client", "a", "o", "t");
	one = (size_t)file_size();
	runs("up-client", "a", "o", "t");
	dies();
	n = read_file(path, whole, sizeof(whole));
	CU_ASSERT_TRUE_FATAL(n > one);
	for (size_t cut = 0; cut <= n; cut++) {
		write_file(whole, cut);
		quietly(born);
		CU_ASSERT_EQUAL(
		    journal_count(j), (size_t)(cut >= one) + (cut == n));
		CU_ASSERT_EQUAL(was_logged("not complete"),
		    cut > TITLE_SIZE && cut != one && cut != n);
		dies();
		CU_ASSERT_EQUAL(file_size(),
		    (off_t)(cut == n     ? n
			    : cut >= one ? one
					 : 0));
	}
	write_file(whole, n - 1);
	quietly(born);
	runs("up-client", "c", "o", "t");
	dies();
	snprintf(
	    want, sizeof(want), "down-client c o t\nunroute-client a o t\n");
	undoes(want);
}

/* It is not used, and as it was afterwards. */
static void
is_refused(const char *reason)
{
	off_t before = file_size();

	quietly(born);
	CU_ASSERT_EQUAL(journal_count(j), 0);
	CU_ASSERT_TRUE(was_logged(reason));
	runs("route-client", "a", "o", "t");
	runs("up-client", "a", "o", "t");
	runs("unroute-client", "a", "o", "t");
	runs("down-client", "a", "o", "t");
	dies();
	CU_ASSERT_TRUE(there_is_a_file());
	CU_ASSERT_EQUAL(file_size(), before);
	/* When it is out of the way all is as usual. */
	CU_ASSERT_EQUAL(remove(path), 0);
}

static void
test_journal_refuses_what_is_none(void)
{
#define TITLE "pluto updown journal 1\0"
#define ENDS "\0PLUTO_MY_CLIENT=o\0PLUTO_PEER_CLIENT=t\0\0"
	static const struct span bad[] = {
	    SPAN_INIT("x"),
	    SPAN_INIT("pluto updown journal 2\0"),
	    SPAN_INIT("#!/bin/sh\nrm -rf / --no-preserve-root\n"),
	    SPAN_INIT(TITLE "+true\0\0"),
	    SPAN_INIT(TITLE "!true\0PLUTO_VERB=up-host" ENDS),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=uproot-host" ENDS),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=prepare-host" ENDS),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=down-host" ENDS),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=up" ENDS),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=up-host\0PLUTO_MY_CLIENT=o\0\0"),
	    SPAN_INIT(TITLE "+true\0PLUTO_VERB=up-host" ENDS "+x\0y\0\0"),
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		write_file((const char *)bad[i].p, bad[i].n);
		is_refused("is not used: it ");
	}
	write_file(TITLE "+exit\0PLUTO_VERB=up-host" ENDS,
	    sizeof(TITLE "+exit\0PLUTO_VERB=up-host" ENDS) - 1);
	born();
	CU_ASSERT_EQUAL(journal_count(j), 1);
	dies();
	CU_ASSERT_EQUAL(unlink(path), 0);
}

static void
test_journal_refuses_what_others_could_have_written(void)
{
	static const mode_t modes[] = {0640, 0602, 0700, 0604, 04600};
	char other[80];

	for (size_t i = 0; i < COUNT(modes); i++) {
		born();
		runs("route-client", "a", "o", "t");
		dies();
		CU_ASSERT_EQUAL(chmod(path, modes[i]), 0);
		is_refused("its mode allows more");
	}
	snprintf(other, sizeof(other), "%s/other", folder);
	born();
	runs("route-client", "a", "o", "t");
	dies();
	CU_ASSERT_EQUAL(link(path, other), 0);
	is_refused("several names");
	CU_ASSERT_EQUAL(symlink(other, path), 0);
	is_refused("Too many levels of symbolic links");
	CU_ASSERT_EQUAL(unlink(other), 0);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	is_refused("is not used: ");
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	is_refused("not a regular file");
	if (geteuid() != 0)
		return; /* only root can give it away */
	born();
	runs("route-client", "a", "o", "t");
	dies();
	CU_ASSERT_EQUAL(chown(path, 65534, 65534), 0);
	is_refused("belongs to another user");
}

/* The limit stands for a full disk. */
static void
limit_files(rlim_t octets)
{
	struct rlimit limit;

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = octets;
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
fill_up(void)
{
	runs("route-client", "b", "o", "t2");
	runs("route-client", "c", "o", "t3");
}

static void
test_journal_on_a_full_disk_complains_once_and_recovers(void)
{
	off_t one;
	char buf[8000], *first;

	signal(SIGXFSZ, SIG_IGN);
	born();
	runs("route-client", "a", "o", "t1");
	one = file_size();
	/* Larger than the log of this test, in the middle of a record. */
	limit_files((rlim_t)one + 180);
	quietly(fill_up);
	limit_files(RLIM_INFINITY);
	CU_ASSERT_EQUAL(file_size(), one);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	(void)read_file(logged, buf, sizeof(buf));
	first = strstr(buf, "cannot note in");
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NULL(strstr(first + 1, "cannot note in"));
	runs("unroute-client", "b", "o", "t2");
	runs("route-client", "d", "o", "t4");
	dies();
	undoes("unroute-client d o t4\nunroute-client c o t3\n"
	       "unroute-client a o t1\n");
}

static void
test_journal_does_not_grow_for_ever(void)
{
	off_t largest = 0;
	char name[24];

	born();
	runs("route-client", "first", "o", "t");
	for (int i = 0; i < 12000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		runs("route-client", "x", "o", name);
		runs("unroute-client", "x", "o", name);
		if (file_size() > largest)
			largest = file_size();
	}
	CU_ASSERT_TRUE(largest > 1 << 20);
	CU_ASSERT_TRUE(largest < (1 << 20) + 2000);
	runs("up-client", "last", "o", "t");
	dies();
	undoes("down-client last o t\nunroute-client first o t\n");
}

static void
test_journal_undoing_ends_when_asked(void)
{
	char buf[200];

	born();
	runs("route-client", "a", "o", "t");
	dies();
	stop = true;
	(void)unlink(ran);
	quietly(undo);
	stop = false;
	CU_ASSERT_FALSE(undone);
	CU_ASSERT_EQUAL(journal_count(j), 1);
	dies();
	CU_ASSERT_EQUAL(read_file(ran, buf, sizeof(buf)), 0);
	undoes("unroute-client a o t\n");
}

static void
test_journal_without_folder_is_none(void)
{
	char before[64];

	memcpy(before, path, sizeof(path));
	snprintf(path, sizeof(path), "%s/no/file", folder);
	born();
	quietly(fill_up);
	CU_ASSERT_TRUE(was_logged("No such file or directory"));
	CU_ASSERT_EQUAL(journal_count(j), 2);
	dies();
	memcpy(path, before, sizeof(path));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_journal_undoes_the_newest_first),
	    UNIT_TEST(test_journal_is_gone_when_all_is_undone),
	    UNIT_TEST(test_journal_route_is_undone_by_another_connection),
	    UNIT_TEST(test_journal_only_a_success_counts_and_what_still_ran),
	    UNIT_TEST(test_journal_cut_anywhere_keeps_what_is_whole),
	    UNIT_TEST(test_journal_refuses_what_is_none),
	    UNIT_TEST(test_journal_refuses_what_others_could_have_written),
	    UNIT_TEST(test_journal_on_a_full_disk_complains_once_and_recovers),
	    UNIT_TEST(test_journal_does_not_grow_for_ever),
	    UNIT_TEST(test_journal_undoing_ends_when_asked),
	    UNIT_TEST(test_journal_without_folder_is_none),
	};
	int result;

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/p.updown", folder);
	snprintf(ran, sizeof(ran), "%s/ran", folder);
	snprintf(logged, sizeof(logged), "%s/log", folder);
	result = unit_run("journal", tests, COUNT(tests));
	(void)unlink(ran);
	(void)unlink(logged);
	if (rmdir(folder) < 0) {
		perror("journal: something is left");
		return EXIT_FAILURE;
	}
	return result;
}
