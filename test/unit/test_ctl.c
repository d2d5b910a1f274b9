/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: requests whole and in pieces, lines back, clients that
 * are late, slow, gone, or too many.
 */
#include "engine/daemon/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/daemon/log.h"
#include "test/unit/unit.h"

/* A server in a folder of its own, and what it was told. */
struct world {
	struct loop loop;
	struct ctl *ctl;
	char folder[32], path[64];
	unsigned requests, gones;
	uint32_t last, last_gone;
	size_t request_n;
	bool answer; /* at once: an echo of the length, then done */
};

static void
on_request(void *ctx, uint32_t client, struct span bytes)
{
	struct world *w = ctx;
	TEXT(t, 40);

	w->requests++;
	w->last = client;
	w->request_n = bytes.n;
	if (!w->answer)
		return;
	text_add(&t, "%zu octets", bytes.n);
	ctl_line(w->ctl, client, 2, t.p);
	ctl_done(w->ctl, client);
}

static void
on_gone(void *ctx, uint32_t client)
{
	struct world *w = ctx;

	w->gones++;
	w->last_gone = client;
}

static void
world_open(struct world *w)
{
	const struct ctl_user user = {w, on_request, on_gone};
	TEXT(why, 300);

	*w = (struct world){.answer = true};
	strcpy(w->folder, "/tmp/test_ctl.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/p.ctl", w->folder);
	CU_ASSERT_EQUAL_FATAL(loop_init(&w->loop), 0);
	w->ctl = ctl_open(&w->loop, w->path, &user, &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->ctl);
}

static void
world_close(struct world *w)
{
	ctl_hide(w->ctl);
	ctl_close(w->ctl);
	loop_fini(&w->loop);
	CU_ASSERT_EQUAL(rmdir(w->folder), 0);
}

/* A few turns of the loop. */
static void
turn(struct world *w)
{
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(loop_wait(&w->loop, loop_now_ms() + 2), 0);
		ctl_tick(w->ctl);
	}
}

static int
connect_to(const struct world *w)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, w->path);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A request of n octets, as far as the door looks at it. */
static struct span
request_of(uint8_t *buf, uint32_t n)
{
	struct wr w = wr_of(buf, n);

	wr_u32(&w, 0x504c5431);
	wr_u32(&w, n);
	wr_zero(&w, n - 8);
	return wr_span(&w);
}

/* What has come, up to size; "" at the end. */
static const char *
receive(int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* A client that has sent a request of 12 octets, which has been seen. */
static int
ask(struct world *w)
{
	uint8_t buf[12];
	int fd = connect_to(w);

	CU_ASSERT_EQUAL(send(fd, request_of(buf, 12).p, 12, 0), 12);
	turn(w);
	return fd;
}

static bool
is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void
test_ctl_hands_over_a_request_and_its_answer(void)
{
	struct world w;
	char line[100];
	int fd;

	world_open(&w);
	fd = ask(&w);
	CU_ASSERT_EQUAL(w.requests, 1);
	CU_ASSERT_EQUAL(w.request_n, 12);
	CU_ASSERT_STRING_EQUAL(
	    receive(fd, line, sizeof(line)), "002 12 octets\n");
	CU_ASSERT_TRUE(is_closed(fd));
	CU_ASSERT_EQUAL(w.gones, 0);
	close(fd);
	world_close(&w);
}

static void
test_ctl_waits_for_the_pieces_of_a_request(void)
{
	struct world w;
	uint8_t buf[100];
	int fd;

	world_open(&w);
	fd = connect_to(&w);
	request_of(buf, 100);
	for (size_t i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(w.requests, 0);
		CU_ASSERT_EQUAL(send(fd, &buf[i], 1, 0), 1);
		CU_ASSERT_EQUAL(loop_wait(&w.loop, loop_now_ms() + 50), 0);
		if (w.requests == 0)
			CU_ASSERT_EQUAL(loop_wait(&w.loop, 0), 0);
	}
	CU_ASSERT_EQUAL(w.requests, 1);
	CU_ASSERT_EQUAL(w.request_n, 100);
	close(fd);
	world_close(&w);
}

static void
test_ctl_passes_nonsense_on_to_the_decoder(void)
{
	static const struct {
		const char *hex;
		size_t n;
	} t[] = {
	    {"504c543100000000", 8}, /* length 0 */
	    {"504c543100010000", 8}, /* length 65536 */
	    {"504c5431ffffffff01", 9},
	    {"504c54310000000c010000000102", 14}, /* more than its length */
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		uint8_t buf[100];
		struct span s = unit_hex(t[i].hex, buf, sizeof(buf));
		int fd;

		world_open(&w);
		fd = connect_to(&w);
		CU_ASSERT_EQUAL(send(fd, s.p, s.n, 0), (ssize_t)s.n);
		turn(&w);
		CU_ASSERT_EQUAL(w.requests, 1);
		CU_ASSERT_EQUAL(w.request_n, t[i].n);
		close(fd);
		world_close(&w);
	}
}

static void
test_ctl_tells_when_a_waiting_client_goes(void)
{
	struct world w;
	int asks, waits;

	world_open(&w);
	w.answer = false;
	asks = connect_to(&w);
	waits = ask(&w);
	CU_ASSERT_EQUAL(w.requests, 1);
	close(asks);
	turn(&w);
	CU_ASSERT_EQUAL(w.gones, 0);
	close(waits);
	turn(&w);
	CU_ASSERT_EQUAL(w.gones, 1);
	CU_ASSERT_EQUAL(w.last_gone, w.last);
	ctl_line(w.ctl, w.last, 2, "too late");
	ctl_done(w.ctl, w.last);
	world_close(&w);
}

static void
test_ctl_sends_home_who_does_not_ask_in_time(void)
{
	struct world w;
	char line[100];
	uint64_t start = loop_now_ms();
	int fd;

	world_open(&w);
	CU_ASSERT_EQUAL(ctl_next_ms(w.ctl), UINT64_MAX);
	fd = connect_to(&w);
	turn(&w);
	CU_ASSERT_TRUE(ctl_next_ms(w.ctl) >= start + CTL_REQUEST_MS);
	while (loop_now_ms() < start + CTL_REQUEST_MS + 100) {
		uint64_t next = ctl_next_ms(w.ctl);

		if (next == UINT64_MAX)
			next = start + CTL_REQUEST_MS + 100;
		CU_ASSERT_EQUAL(loop_wait(&w.loop, next), 0);
		ctl_tick(w.ctl);
	}
	CU_ASSERT_STRING_EQUAL(receive(fd, line, sizeof(line)),
	    "030 gave up waiting for the rest of the request\n");
	CU_ASSERT_TRUE(is_closed(fd));
	CU_ASSERT_EQUAL(w.requests, 0);
	close(fd);
	world_close(&w);
}

static void
test_ctl_keeps_lines_for_a_slow_client(void)
{
	struct world w;
	static char text[1000];
	static char got[4096];
	size_t total = 0;
	int fd;

	world_open(&w);
	w.answer = false;
	fd = ask(&w);
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 5000; i++)
		ctl_line(w.ctl, w.last, 0, text);
	ctl_done(w.ctl, w.last);
	turn(&w);
	for (;;) {
		ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);

		if (n == 0)
			break;
		if (n > 0)
			total += (size_t)n;
		else
			turn(&w);
	}
	CU_ASSERT_EQUAL(total, 5000 * (4 + 999 + 1));
	CU_ASSERT_EQUAL(w.gones, 0);
	close(fd);
	world_close(&w);
}

static void
test_ctl_gives_up_on_a_client_that_never_reads(void)
{
	struct world w;
	static char text[4000];
	int fd;

	world_open(&w);
	w.answer = false;
	fd = ask(&w);
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < CTL_OUT_MAX / 4000 + 200; i++)
		ctl_line(w.ctl, w.last, 0, text);
	turn(&w);
	CU_ASSERT_EQUAL(w.gones, 1);
	close(fd);
	world_close(&w);
}

static void
test_ctl_takes_so_many_clients_and_no_more(void)
{
	struct world w;
	int fds[CTL_CLIENTS_MAX + 1];
	char line[100];

	world_open(&w);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = connect_to(&w);
		CU_ASSERT_TRUE(fds[i] >= 0);
		CU_ASSERT_EQUAL(loop_wait(&w.loop, loop_now_ms() + 50), 0);
	}
	turn(&w);
	CU_ASSERT_STRING_EQUAL(
	    receive(fds[CTL_CLIENTS_MAX], line, sizeof(line)),
	    "030 pluto has too many whacks to answer already\n");
	CU_ASSERT_FALSE(is_closed(fds[0]));
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	turn(&w);
	world_close(&w);
}

/* The loop must neither spin nor forget how to accept. */
static void
test_ctl_survives_without_descriptors(void)
{
	struct world w;
	struct rlimit before, tight;
	char line[100];
	int first, second, spare, fd;

	world_open(&w);
	first = connect_to(&w);
	spare = dup(0);
	close(spare);
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	tight = before;
	tight.rlim_cur = (rlim_t)spare;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &tight), 0);
	turn(&w);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	CU_ASSERT_STRING_EQUAL(receive(first, line, sizeof(line)),
	    "030 pluto has no file descriptors left\n");
	second = connect_to(&w);
	turn(&w);
	fd = dup(0);
	CU_ASSERT_EQUAL(fd, spare + 2);
	CU_ASSERT_FALSE(is_closed(second));
	close(fd);
	close(first);
	close(second);
	turn(&w);
	world_close(&w);
}

static void
test_ctl_socket_is_private_and_replaces_a_stale_one(void)
{
	struct world w;
	struct ctl *again;
	const struct ctl_user user = {&w, on_request, on_gone};
	struct stat st;
	TEXT(why, 300);

	world_open(&w);
	CU_ASSERT_EQUAL(stat(w.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	again = ctl_open(&w.loop, w.path, &user, &why);
	CU_ASSERT_PTR_NOT_NULL(again);
	ctl_close(again);
	world_close(&w);
}

static void
test_ctl_does_not_remove_what_is_no_socket(void)
{
	struct world w;
	const struct ctl_user user = {&w, on_request, on_gone};
	char path[80];
	TEXT(why, 300);

	world_open(&w);
	snprintf(path, sizeof(path), "%s/file", w.folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CU_ASSERT_PTR_NULL(ctl_open(&w.loop, path, &user, &why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "is in the way"));
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(symlink("/dev/null", path), 0);
	CU_ASSERT_PTR_NULL(ctl_open(&w.loop, path, &user, &why));
	CU_ASSERT_EQUAL(unlink(path), 0);
	world_close(&w);
}

static void
test_ctl_close_delivers_what_waits(void)
{
	struct world w;
	char line[100];
	int fd;

	world_open(&w);
	w.answer = false;
	fd = ask(&w);
	ctl_line(w.ctl, w.last, 2, "shutting\ndown");
	world_close(&w);
	CU_ASSERT_STRING_EQUAL(
	    receive(fd, line, sizeof(line)), "002 shutting\\x0adown\n");
	CU_ASSERT_TRUE(is_closed(fd));
	close(fd);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ctl_hands_over_a_request_and_its_answer),
	    UNIT_TEST(test_ctl_waits_for_the_pieces_of_a_request),
	    UNIT_TEST(test_ctl_passes_nonsense_on_to_the_decoder),
	    UNIT_TEST(test_ctl_tells_when_a_waiting_client_goes),
	    UNIT_TEST(test_ctl_sends_home_who_does_not_ask_in_time),
	    UNIT_TEST(test_ctl_keeps_lines_for_a_slow_client),
	    UNIT_TEST(test_ctl_gives_up_on_a_client_that_never_reads),
	    UNIT_TEST(test_ctl_takes_so_many_clients_and_no_more),
	    UNIT_TEST(test_ctl_survives_without_descriptors),
	    UNIT_TEST(test_ctl_socket_is_private_and_replaces_a_stale_one),
	    UNIT_TEST(test_ctl_does_not_remove_what_is_no_socket),
	    UNIT_TEST(test_ctl_close_delivers_what_waits),
	};

	log_open(true);
	return unit_run("ctl", tests, COUNT(tests));
}
