/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock file and what pluto's command line makes of paths. */
#include "engine/daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon/settings.h"
#include "gen/control.gen.h"
#include "gen/enums.gen.h"
#include "test/unit/unit.h"

static char folder[] = "/tmp/test_lock.XXXXXX";
static char path[64];

static void
write_file(const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
test_lock_take_writes_the_process_number(void)
{
	char buf[32] = "", want[32];
	struct stat st;
	mode_t before = umask(077);
	int fd;
	TEXT(why, 300);

	CU_ASSERT_EQUAL(lock_take(path, &why), 0);
	(void)umask(before);
	fd = open(path, O_RDONLY);
	CU_ASSERT_TRUE(read(fd, buf, sizeof(buf) - 1) > 0);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	close(fd);
	snprintf(want, sizeof(want), "%ld\n", (long)getpid());
	CU_ASSERT_STRING_EQUAL(buf, want);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0644);
	lock_release(path);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

static void
test_lock_says_who_has_it(void)
{
	char text[32];
	pid_t pid = fork();
	TEXT(alive, 300);
	TEXT(dead, 300);

	if (pid == 0)
		_exit(0);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	CU_ASSERT_EQUAL(lock_take(path, &alive), 0);
	CU_ASSERT_EQUAL(lock_take(path, &alive), -EEXIST);
	CU_ASSERT_PTR_NOT_NULL(strstr(alive.p, "holds it and is running"));
	snprintf(text, sizeof(text), "%ld\n", (long)pid);
	write_file(text);
	CU_ASSERT_EQUAL(lock_take(path, &dead), -EEXIST);
	CU_ASSERT_PTR_NOT_NULL(strstr(dead.p, "is not running any more"));
	lock_release(path);
}

static void
test_lock_with_nonsense_in_it_names_no_process(void)
{
	static const char *const contents[] = {
	    "", "x", "0", "-5", "99999999999999999999", "\n"};

	for (size_t i = 0; i < COUNT(contents); i++) {
		TEXT(why, 300);

		write_file(contents[i]);
		CU_ASSERT_EQUAL(lock_take(path, &why), -EEXIST);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "names no process"));
	}
	lock_release(path);
}

static void
test_lock_follows_no_link(void)
{
	char target[80];
	TEXT(why, 300);

	snprintf(target, sizeof(target), "%s/target", folder);
	CU_ASSERT_EQUAL(symlink(target, path), 0);
	CU_ASSERT_EQUAL(lock_take(path, &why), -EEXIST);
	CU_ASSERT_EQUAL(access(target, F_OK), -1);
	CU_ASSERT_EQUAL(unlink(path), 0);
}

static void
test_lock_without_folder_says_so(void)
{
	TEXT(why, 300);

	CU_ASSERT_EQUAL(lock_take("/nonexistent/x.pid", &why), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.p,
	    "cannot create lock file "
	    "\"/nonexistent/x.pid\": No such file or directory"));
}

/* The settings that these words make. */
static bool
settings_of(struct settings *s, char *const *argv, struct text *why)
{
	struct option_line l;

	return option_parse(&l, &pluto_program, argv, why) &&
	    settings_read(s, &l, why);
}

static void
test_settings_have_defaults(void)
{
	static struct settings s;
	char *argv[] = {(char[]){"pluto"}, NULL};
	TEXT(why, 300);

	CU_ASSERT_TRUE(settings_of(&s, argv, &why));
	CU_ASSERT_STRING_EQUAL(s.lock, "/var/run/pluto.pid");
	CU_ASSERT_STRING_EQUAL(s.socket, "/var/run/pluto.ctl");
	CU_ASSERT_STRING_EQUAL(s.journal, "/var/run/pluto.updown");
	CU_ASSERT_STRING_EQUAL(s.secrets, "/etc/ipsec.secrets");
	CU_ASSERT_EQUAL(s.port, 500);
	CU_ASSERT_EQUAL(s.debug, 0);
	CU_ASSERT_FALSE(s.nofork);
	CU_ASSERT_FALSE(s.stderrlog);
	CU_ASSERT_TRUE(settings_has_interface(&s, "any"));
}

static void
test_settings_take_options_and_absolute_paths(void)
{
	static struct settings s;
	char *argv[] = {(char[]){"pluto"}, (char[]){"--nofork"},
	    (char[]){"--stderrlog"}, (char[]){"--interface=eth0"},
	    (char[]){"--interface"}, (char[]){"eth1"},
	    (char[]){"--ikeport=501"}, (char[]){"--debug-raw"},
	    (char[]){"--debug-crypt"}, (char[]){"--ctlbase"}, (char[]){"p"},
	    (char[]){"--secretsfile=s/*"}, NULL};
	TEXT(why, 300);

	CU_ASSERT_EQUAL(chdir("/usr"), 0);
	CU_ASSERT_TRUE(settings_of(&s, argv, &why));
	CU_ASSERT_STRING_EQUAL(s.lock, "/usr/p.pid");
	CU_ASSERT_STRING_EQUAL(s.socket, "/usr/p.ctl");
	CU_ASSERT_STRING_EQUAL(s.journal, "/usr/p.updown");
	CU_ASSERT_STRING_EQUAL(s.secrets, "/usr/s/*");
	CU_ASSERT_EQUAL(s.port, 501);
	CU_ASSERT_EQUAL(s.debug, DEBUG_RAW | DEBUG_CRYPT);
	CU_ASSERT_TRUE(s.nofork && s.stderrlog);
	CU_ASSERT_TRUE(settings_has_interface(&s, "eth0"));
	CU_ASSERT_TRUE(settings_has_interface(&s, "eth1"));
	CU_ASSERT_FALSE(settings_has_interface(&s, "eth"));
	CU_ASSERT_EQUAL(chdir("/"), 0);
	CU_ASSERT_TRUE(settings_of(&s, argv, &why));
	CU_ASSERT_STRING_EQUAL(s.lock, "/p.pid");
}

static void
test_settings_refuse_a_path_that_is_too_long(void)
{
	static struct settings s;
	static char longest[PATH_MAX + 20];
	char *argv[] = {
	    (char[]){"pluto"}, (char[]){"--ctlbase"}, longest, NULL};
	TEXT(why, 300);

	memset(longest, '/', sizeof(longest) - 1);
	CU_ASSERT_FALSE(settings_of(&s, argv, &why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "is too long"));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_lock_take_writes_the_process_number),
	    UNIT_TEST(test_lock_says_who_has_it),
	    UNIT_TEST(test_lock_with_nonsense_in_it_names_no_process),
	    UNIT_TEST(test_lock_follows_no_link),
	    UNIT_TEST(test_lock_without_folder_says_so),
	    UNIT_TEST(test_settings_have_defaults),
	    UNIT_TEST(test_settings_take_options_and_absolute_paths),
	    UNIT_TEST(test_settings_refuse_a_path_that_is_too_long),
	};
	int result;

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/p.pid", folder);
	result = unit_run("lock", tests, COUNT(tests));
	return rmdir(folder) == 0 ? result : EXIT_FAILURE;
}
