/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recording of record.h, and looks at what the peers have. */
#include "test/fake/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 100000 };

static bool
tap(void *ctx, const struct path *path, struct span datagram)
{
	struct record *r = ctx;
	struct datagram *d = &r->v[r->n];

	if (r->n == RECORD_MAX || datagram.n > sizeof(d->bytes)) {
		fprintf(stderr, "record: too many or too long datagrams\n");
		exit(EXIT_FAILURE);
	}
	d->path = *path;
	d->n = datagram.n;
	memcpy(d->bytes, datagram.p, datagram.n);
	r->n++;
	return r->cut || r->n == r->lose;
}

void
record_begin(struct record *r, struct fake_pair *p, const char *options)
{
	*r = (struct record){0};
	fake_pair_begin(p, 1, options);
	p->world->tap = tap;
	p->world->tap_ctx = r;
}

struct span
record_span(const struct record *r, size_t i)
{
	return i < r->n ? span_of(r->v[i].bytes, r->v[i].n) : SPAN_NONE;
}

void
record_again(const struct record *r, struct fake_pair *p, size_t i)
{
	bool to_left = endpoint_equal(&r->v[i].path.remote, &p->left.host->at);

	fake_inject(to_left ? p->left.host : p->right.host, &r->v[i].path.local,
	    record_span(r, i));
}

bool
record_run_to(const struct record *r, struct fake_pair *p, size_t n)
{
	while (r->n < n && fake_step(p->world, PATIENCE_MS))
		;
	return r->n == n;
}

struct engine_stats
fake_peer_stats(const struct fake_peer *p)
{
	struct engine_stats s;

	engine_stats(p->host->engine, &s);
	return s;
}

bool
fake_peer_empty(const struct fake_peer *p)
{
	struct engine_stats s = fake_peer_stats(p);

	return s.exchanges == 0 && s.slots == 0 && s.jobs == 0 &&
	    s.half_open == 0;
}

struct xchg *
fake_peer_newest(const struct fake_peer *p)
{
	struct xchg *x = NULL, *next = NULL;

	while ((next = engine_next(p->host->engine, next)) != NULL)
		x = next;
	return x;
}

const char *
fake_peer_state(const struct fake_peer *p)
{
	const struct xchg *x = fake_peer_newest(p);

	return x == NULL ? "" : xchg_state(x)->name;
}
