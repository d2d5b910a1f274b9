/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world of fake.h.  One list of events, in order of time. */
#include "test/fake/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ike/suite.h"

/* ---- events ---- */

void *
fake_need(void *p)
{
	if (p != NULL)
		return p;
	fprintf(stderr, "out of memory\n");
	exit(EXIT_FAILURE);
}

struct fake_event *
fake_event_new(struct fake_host *h, uint64_t after_ms,
    void (*happen)(struct fake_event *ev), struct span bytes)
{
	struct fake_world *w = h->world;
	struct fake_event *ev = fake_need(calloc(1, sizeof(*ev)));
	struct fake_event **at = &w->events;

	ev->at_ms = w->now_ms + after_ms;
	ev->host = h;
	ev->happen = happen;
	ev->n = bytes.n;
	ev->bytes = fake_need(malloc(bytes.n > 0 ? bytes.n : 1));
	if (bytes.n > 0)
		memcpy(ev->bytes, bytes.p, bytes.n);
	while (*at != NULL && (*at)->at_ms <= ev->at_ms)
		at = &(*at)->next;
	ev->next = *at;
	*at = ev;
	return ev;
}

static void
event_free(struct fake_event *ev)
{
	free(ev->bytes);
	free(ev);
}

/* Without the engine's knowledge: it has been or is about to be freed. */
static void
event_discard(struct fake_event *ev)
{
	if (ev->job != NULL)
		ev->job->cleanup(ev->job);
	if (ev->script != NULL)
		fake_script_abandon(ev->script, ev->host);
	event_free(ev);
}

static void
datagram_arrives(struct fake_event *ev)
{
	if (ev->host->engine != NULL)
		fake_inject(ev->host, &ev->from, span_of(ev->bytes, ev->n));
}

static void
job_ends(struct fake_event *ev)
{
	ev->job->work(ev->job);
	engine_job_done(ev->host->engine, ev->job);
}

static void
kernel_speaks(struct fake_event *ev)
{
	struct kernel_event what;

	memcpy(&what, ev->bytes, sizeof(what));
	if (ev->host->ike != NULL)
		ike_kernel_event(ev->host->ike, &what);
}

/* As fake_kernel.tell. */
static void
kernel_tells(void *ctx, const struct kernel_event *ev)
{
	fake_event_new(
	    ctx, 0, kernel_speaks, span_of((const uint8_t *)ev, sizeof(*ev)));
}

/* ---- the network ---- */

uint32_t
fake_between(struct rng *r, uint32_t min, uint32_t max)
{
	return min >= max ? min : min + rng_below(r, max - min + 1);
}

static bool
happens(struct fake_world *w, uint32_t per_mille)
{
	return per_mille > 0 && rng_below(&w->rng, 1000) < per_mille;
}

static struct fake_host *
host_at(struct fake_world *w, const struct endpoint *at)
{
	for (unsigned i = 0; i < w->n_hosts; i++)
		if (endpoint_equal(&w->hosts[i]->at, at))
			return w->hosts[i];
	return NULL;
}

static void
travel(struct fake_world *w, struct fake_host *to, const struct path *path,
    struct span datagram)
{
	struct fake_event *ev = fake_event_new(to,
	    fake_between(
		&w->rng, w->faults.delay_min_ms, w->faults.delay_max_ms),
	    datagram_arrives, datagram);

	ev->from = path->local;
	if (ev->n > 0 && happens(w, w->faults.damage))
		ev->bytes[rng_below(&w->rng, (uint32_t)ev->n)] ^=
		    (uint8_t)(1u << rng_below(&w->rng, 8));
}

void
fake_wire(struct fake_world *w, const struct path *path, struct span datagram)
{
	struct fake_host *to = host_at(w, &path->remote);

	if (to == NULL || happens(w, w->faults.loss))
		return;
	travel(w, to, path, datagram);
	if (happens(w, w->faults.repeat))
		travel(w, to, path, datagram);
}

void
fake_inject(
    struct fake_host *h, const struct endpoint *from, struct span datagram)
{
	struct path path = {.local = h->at, .remote = *from};
	uint8_t *copy = fake_need(malloc(datagram.n > 0 ? datagram.n : 1));

	/* exactly as long as the datagram, for address sanitizers */
	if (datagram.n > 0)
		memcpy(copy, datagram.p, datagram.n);
	h->received++;
	engine_receive(h->engine, &path, copy, datagram.n);
	free(copy);
}

/* ---- struct env ---- */

static uint64_t
env_now_ms(void *ctx)
{
	const struct fake_host *h = ctx;

	return h->world->now_ms;
}

static bool
env_random(void *ctx, uint8_t *p, size_t n)
{
	struct fake_host *h = ctx;

	rng_fill(&h->rng, p, n);
	return true;
}

static bool
env_send(void *ctx, const struct path *path, struct span datagram)
{
	struct fake_host *h = ctx;
	struct fake_world *w = h->world;

	h->sent++;
	if (w->tap == NULL || !w->tap(w->tap_ctx, path, datagram))
		fake_wire(w, path, datagram);
	return true;
}

static bool
env_job_start(void *ctx, struct job *j)
{
	struct fake_host *h = ctx;
	struct fake_world *w = h->world;

	if (h->no_jobs)
		return false;
	fake_event_new(h,
	    h->job_extra_ms +
		fake_between(&w->rng, w->job_min_ms, w->job_max_ms),
	    job_ends, SPAN_NONE)
	    ->job = j;
	return true;
}

static struct fake_line *
line_new(struct fake_host *h, const char *text)
{
	size_t n = strlen(text) + 1;
	struct fake_line *line = fake_need(calloc(1, sizeof(*line) + n));

	memcpy(line->text, text, n);
	line->at_ms = h->world->now_ms;
	if (h->last_line == NULL)
		h->lines = line;
	else
		h->last_line->next = line;
	h->last_line = line;
	return line;
}

static void
env_log(void *ctx, enum level level, uint32_t debug, const char *text)
{
	static const char *const words[] = {"err", "warn", "info", "debug"};
	struct fake_host *h = ctx;
	struct fake_line *line = line_new(h, text);

	line->level = level;
	line->debug = debug;
	if (h->world->verbose)
		fprintf(stderr, "%8.3f %-5s %-5s %s\n",
		    (double)h->world->now_ms / 1000, h->name, words[level],
		    text);
}

static bool
env_debugging(void *ctx, uint32_t debug)
{
	const struct fake_host *h = ctx;

	return (h->debug & debug) != 0;
}

static void
env_whack(void *ctx, uint32_t client, unsigned code, const char *text)
{
	struct fake_host *h = ctx;
	struct fake_line *line = line_new(h, text);

	line->level = LEVEL_INFO;
	line->client = client;
	line->code = code;
	if (h->world->verbose)
		fprintf(stderr, "%8.3f %-5s whack %u: %03u %s\n",
		    (double)h->world->now_ms / 1000, h->name, (unsigned)client,
		    code, text);
}

static void
env_whack_done(void *ctx, uint32_t client)
{
	struct fake_line *line = line_new(ctx, "");

	line->client = client;
	line->done = true;
}

static void
env_trace(void *ctx, const struct xchg_def *def, uint8_t role, enum trace what,
    unsigned index)
{
	struct fake_host *h = ctx;

	coverage_note(h->world->coverage, def, role, what, index);
}

static const struct env env_template = {
    .now_ms = env_now_ms,
    .random = env_random,
    .send = env_send,
    .job_start = env_job_start,
    .script_start = fake_script_start,
    .log = env_log,
    .debugging = env_debugging,
    .whack = env_whack,
    .whack_done = env_whack_done,
    .trace = env_trace,
};

/* ---- making and freeing ---- */

struct fake_world *
fake_world_new(uint64_t seed)
{
	struct fake_world *w = fake_need(calloc(1, sizeof(*w)));
	TEXT(why, 200);

	if (!suite_init(&why)) {
		fprintf(stderr, "fake: %s\n", why.p);
		exit(EXIT_FAILURE);
	}
	w->seed = seed;
	w->coverage = &w->own_coverage;
	w->now_ms = 1000000;
	rng_seed(&w->rng, seed);
	w->faults.delay_min_ms = w->faults.delay_max_ms = 10;
	w->job_min_ms = w->job_max_ms = 5;
	return w;
}

struct fake_host *
fake_host_new(struct fake_world *w, const char *name, const char *address)
{
	struct fake_host *h = fake_need(calloc(1, sizeof(*h)));

	if (w->n_hosts == FAKE_HOSTS || !addr_parse(&h->at.a, address)) {
		fprintf(stderr, "fake: no host %s at %s\n", name, address);
		exit(EXIT_FAILURE);
	}
	h->world = w;
	h->at.port = FAKE_PORT;
	(void)snprintf(h->name, sizeof(h->name), "%s", name);
	h->env = env_template;
	h->env.ctx = h;
	h->env.suite = suite_ops();
	rng_seed(&h->rng, w->seed ^ (uint64_t)(w->n_hosts + 1) << 56);
	fake_kernel_init(&h->kernel);
	h->kernel.now_ms = &w->now_ms;
	h->kernel.tell = kernel_tells;
	h->kernel.tell_ctx = h;
	w->hosts[w->n_hosts++] = h;
	return h;
}

void
fake_host_stop(struct fake_host *h)
{
	struct fake_event **at = &h->world->events;

	h->engine = NULL;
	h->ike = NULL;
	while (*at != NULL) {
		struct fake_event *ev = *at;

		if (ev->host != h || ev->happen == datagram_arrives) {
			at = &ev->next;
			continue;
		}
		*at = ev->next;
		event_discard(ev);
	}
}

void
fake_world_free(struct fake_world *w)
{
	while (w->events != NULL) {
		struct fake_event *ev = w->events;

		w->events = ev->next;
		event_discard(ev);
	}
	for (unsigned i = 0; i < w->n_hosts; i++) {
		fake_forget_lines(w->hosts[i]);
		fake_forget_scripts(w->hosts[i]);
		fake_kernel_fini(&w->hosts[i]->kernel);
		free(w->hosts[i]);
	}
	if (w->coverage == &w->own_coverage)
		coverage_save(w->coverage);
	free(w);
}

/* ---- time ---- */

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When a host's timers are due: engine, ike or kernel. */
static uint64_t
next_of(const struct fake_host *h)
{
	uint64_t at = fake_kernel_next_ms(&h->kernel);

	if (h->engine != NULL)
		at = sooner(at, engine_next_ms(h->engine));
	if (h->ike != NULL)
		at = sooner(at, ike_next_ms(h->ike));
	return at;
}

/* The host whose timers are due first, and when. */
static struct fake_host *
next_timer(const struct fake_world *w, uint64_t *at_ms)
{
	struct fake_host *first = NULL;

	*at_ms = UINT64_MAX;
	for (unsigned i = 0; i < w->n_hosts; i++) {
		uint64_t at = next_of(w->hosts[i]);

		if (at < *at_ms) {
			*at_ms = at;
			first = w->hosts[i];
		}
	}
	return first;
}

static void
tick(struct fake_host *h)
{
	uint64_t now_ms = h->world->now_ms;

	if (fake_kernel_next_ms(&h->kernel) <= now_ms)
		fake_kernel_tick(&h->kernel);
	else if (h->engine != NULL && engine_next_ms(h->engine) <= now_ms)
		engine_tick(h->engine);
	else
		ike_tick(h->ike);
}

static void
advance(struct fake_world *w, uint64_t at_ms)
{
	if (at_ms > w->now_ms)
		w->now_ms = at_ms;
}

static void
happen(struct fake_world *w, struct fake_event *ev)
{
	advance(w, ev->at_ms);
	w->events = ev->next;
	fake_kernel_turn(&ev->host->kernel);
	ev->happen(ev);
	event_free(ev);
}

/* What kernels say is heard at once. */
static void
hear(struct fake_world *w)
{
	while (w->events != NULL && w->events->happen == kernel_speaks &&
	    w->events->at_ms <= w->now_ms)
		happen(w, w->events);
}

bool
fake_step(struct fake_world *w, uint64_t limit_ms)
{
	struct fake_event *ev = w->events;
	uint64_t end = w->now_ms + limit_ms, timer_ms;
	struct fake_host *h = next_timer(w, &timer_ms);
	uint64_t event_ms = ev == NULL ? UINT64_MAX : ev->at_ms;

	if (event_ms > end && timer_ms > end) {
		w->now_ms = end;
		return false;
	}
	if (event_ms <= timer_ms) {
		happen(w, ev);
	} else {
		advance(w, timer_ms);
		fake_kernel_turn(&h->kernel);
		tick(h);
	}
	hear(w);
	if (w->watch != NULL)
		w->watch(w->watch_ctx, w);
	return true;
}

void
fake_run(struct fake_world *w, uint64_t ms)
{
	uint64_t end = w->now_ms + ms;

	while (fake_step(w, end - w->now_ms))
		;
}

/* ---- lines ---- */

const struct fake_line *
fake_find(const struct fake_host *h, const char *text)
{
	const struct fake_line *line = h->lines;

	while (line != NULL && strstr(line->text, text) == NULL)
		line = line->next;
	return line;
}

unsigned
fake_count(const struct fake_host *h, const char *text)
{
	unsigned n = 0;

	for (const struct fake_line *l = h->lines; l != NULL; l = l->next)
		n += strstr(l->text, text) != NULL;
	return n;
}

void
fake_forget_lines(struct fake_host *h)
{
	while (h->lines != NULL) {
		struct fake_line *line = h->lines;

		h->lines = line->next;
		free(line);
	}
	h->last_line = NULL;
}
