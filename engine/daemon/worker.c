/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool of threads between two queues.  A worker calls job->work and touches
 * nothing else; finished jobs come back through an eventfd.
 */
#include "engine/daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WORKERS_MAX = 64 };

/* First in, first out, through job->next. */
struct queue {
	struct job *head, *tail;
};

struct workers {
	struct loop *loop;
	struct source ready; /* an eventfd: 'finished' is not empty */
	worker_done_fn *done;
	void *ctx;
	pthread_mutex_t lock; /* of the members below */
	pthread_cond_t work;  /* 'waiting' is not empty, or stop */
	struct queue waiting, finished;
	unsigned idle; /* threads that wait for work */
	bool stop;
	unsigned n, n_max; /* loop only */
	pthread_t threads[WORKERS_MAX];
};

static void
queue_put(struct queue *q, struct job *j)
{
	j->next = NULL;
	if (q->head == NULL)
		q->head = j;
	else
		q->tail->next = j;
	q->tail = j;
}

static struct job *
queue_get(struct queue *q)
{
	struct job *j = q->head;

	if (j != NULL)
		q->head = j->next;
	return j;
}

/* Called and returns locked. */
static void
work_on(struct workers *w, struct job *j)
{
	static const uint64_t one = 1;
	ssize_t n;

	pthread_mutex_unlock(&w->lock);
	j->work(j);
	pthread_mutex_lock(&w->lock);
	queue_put(&w->finished, j);
	/* Fails only when the count is full, and then the loop wakes anyway. */
	n = write(w->ready.fd, &one, sizeof(one));
	(void)n;
}

static void *
worker_main(void *ctx)
{
	struct workers *w = ctx;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		struct job *j = queue_get(&w->waiting);

		if (j != NULL) {
			work_on(w, j);
			continue;
		}
		w->idle++;
		pthread_cond_wait(&w->work, &w->lock);
		w->idle--;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are the loop's: no worker takes one. */
static void
start_thread(struct workers *w)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&w->threads[w->n], NULL, worker_main, w) == 0)
		w->n++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
jobs_finished(struct source *s, uint32_t events)
{
	struct workers *w = container_of(s, struct workers, ready);
	struct job *j;
	uint64_t count;
	ssize_t n = read(s->fd, &count, sizeof(count));

	(void)n; /* nothing to read: somebody was faster, fine */
	(void)events;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		j = queue_get(&w->finished);
		pthread_mutex_unlock(&w->lock);
		if (j == NULL)
			return;
		w->done(w->ctx, j);
	}
}

struct workers *
workers_new(struct loop *l, unsigned n_max, worker_done_fn *done, void *ctx)
{
	struct workers *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->loop = l;
	w->done = done;
	w->ctx = ctx;
	w->n_max = n_max > WORKERS_MAX ? WORKERS_MAX : n_max;
	w->ready.ready = jobs_finished;
	w->ready.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	if (w->ready.fd >= 0 && loop_add(l, &w->ready, EPOLLIN) == 0)
		return w;
	workers_free(w);
	return NULL;
}

static void
cleanup_all(struct queue *q)
{
	struct job *j;

	while ((j = queue_get(q)) != NULL)
		j->cleanup(j);
}

void
workers_free(struct workers *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	cleanup_all(&w->waiting);
	cleanup_all(&w->finished);
	if (w->ready.fd >= 0) {
		loop_remove(w->loop, &w->ready);
		close(w->ready.fd);
	}
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

bool
workers_start(struct workers *w, struct job *j)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->idle == 0 || w->waiting.head != NULL;
	pthread_mutex_unlock(&w->lock);
	if (busy && w->n < w->n_max)
		start_thread(w);
	if (w->n == 0)
		return false;
	pthread_mutex_lock(&w->lock);
	queue_put(&w->waiting, j);
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return true;
}

unsigned
workers_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)n;
}
