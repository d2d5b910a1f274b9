/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop and the workers beside it. */
#include "engine/daemon/worker.h"

#include <time.h>
#include <unistd.h>

#include "test/unit/unit.h"

enum { JOBS = 200 };

struct sum {
	struct job job;
	unsigned n, result;
	bool cleaned;
};

static unsigned done_count;

static void
sum_work(struct job *j)
{
	struct sum *s = container_of(j, struct sum, job);

	for (unsigned i = 1; i <= s->n; i++)
		s->result += i;
}

static void
sum_cleanup(struct job *j)
{
	container_of(j, struct sum, job)->cleaned = true;
}

static void
sum_done(void *ctx, struct job *j)
{
	(void)ctx;
	(void)j;
	done_count++;
}

static void
sleep_work(struct job *j)
{
	(void)j;
	nanosleep(&(struct timespec){0, 50000000}, NULL);
}

static void
test_workers_do_every_job_and_report_in_the_loop(void)
{
	static struct sum jobs[JOBS];
	struct workers *w;
	struct loop l;
	uint64_t until = loop_now_ms() + 10000;

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	w = workers_new(&l, 4, sum_done, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	done_count = 0;
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i] = (struct sum){
		    .job = {.work = sum_work, .cleanup = sum_cleanup}, .n = i};
		CU_ASSERT_TRUE(workers_start(w, &jobs[i].job));
	}
	while (done_count < JOBS && loop_now_ms() < until)
		CU_ASSERT_EQUAL(loop_wait(&l, until), 0);
	CU_ASSERT_EQUAL(done_count, JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		CU_ASSERT_EQUAL(jobs[i].result, i * (i + 1) / 2);
		CU_ASSERT_FALSE(jobs[i].cleaned);
	}
	workers_free(w);
	loop_fini(&l);
}

static void
test_workers_free_cleans_up_what_is_left(void)
{
	static struct sum jobs[8];
	struct workers *w;
	struct loop l;

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	w = workers_new(&l, 1, sum_done, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	done_count = 0;
	for (unsigned i = 0; i < COUNT(jobs); i++) {
		jobs[i] = (struct sum){
		    .job = {.work = sleep_work, .cleanup = sum_cleanup}};
		CU_ASSERT_TRUE(workers_start(w, &jobs[i].job));
	}
	workers_free(w);
	CU_ASSERT_EQUAL(done_count, 0);
	for (unsigned i = 0; i < COUNT(jobs); i++)
		CU_ASSERT_TRUE(jobs[i].cleaned);
	loop_fini(&l);
}

static void
test_workers_without_a_thread_say_so(void)
{
	struct sum job = {.job = {.work = sum_work, .cleanup = sum_cleanup}};
	struct workers *w;
	struct loop l;

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	w = workers_new(&l, 0, sum_done, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	CU_ASSERT_FALSE(workers_start(w, &job.job));
	workers_free(w);
	CU_ASSERT_FALSE(job.cleaned);
	loop_fini(&l);
}

/* Two pipes that are both ready; whoever comes first removes the other. */
static struct source *pair;
static struct loop *pair_loop;
static unsigned pair_calls;

static void
remove_other(struct source *s, uint32_t events)
{
	(void)events;
	pair_calls++;
	loop_remove(pair_loop, s == &pair[0] ? &pair[1] : &pair[0]);
}

static void
test_loop_forgets_a_source_removed_in_the_same_turn(void)
{
	int fds[2][2];
	struct source both[2];
	struct loop l;

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	pair = both;
	pair_loop = &l;
	pair_calls = 0;
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(pipe(fds[i]), 0);
		both[i] = (struct source){fds[i][0], remove_other};
		CU_ASSERT_EQUAL(write(fds[i][1], "x", 1), 1);
		CU_ASSERT_EQUAL(loop_add(&l, &both[i], EPOLLIN), 0);
	}
	CU_ASSERT_EQUAL(loop_wait(&l, UINT64_MAX), 0);
	CU_ASSERT_EQUAL(pair_calls, 1);
	for (size_t i = 0; i < 2; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
	loop_fini(&l);
}

static void
test_loop_wait_ends_at_its_time(void)
{
	struct loop l;
	uint64_t start = loop_now_ms();

	CU_ASSERT_EQUAL_FATAL(loop_init(&l), 0);
	CU_ASSERT_EQUAL(loop_wait(&l, start + 20), 0);
	CU_ASSERT_TRUE(loop_now_ms() >= start + 20);
	CU_ASSERT_EQUAL(loop_wait(&l, 0), 0);
	loop_fini(&l);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_workers_do_every_job_and_report_in_the_loop),
	    UNIT_TEST(test_workers_free_cleans_up_what_is_left),
	    UNIT_TEST(test_workers_without_a_thread_say_so),
	    UNIT_TEST(test_loop_forgets_a_source_removed_in_the_same_turn),
	    UNIT_TEST(test_loop_wait_ends_at_its_time),
	};

	return unit_run("worker", tests, COUNT(tests));
}
