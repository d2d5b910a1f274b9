/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage is set, and cleared; what must hold at the end of every case. */
#include "test/replay/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/internal.h"
#include "test/replay/alloc.h"

enum {
	LIMIT_OUT = 1,          /* datagrams for one that is not verified */
	END_PATIENCE_MS = 20000 /* for computations on their way */
};

static const char *const end_names[N_ENDS] = {"us", "peer"};
/* All that may be in an updown script's environment. */
static const char script_octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789_=@.:/-\\";
static const char secrets[] = ": PSK \"a secret of both\"\n";

bool
stage_fail(struct stage *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return false;
}

enum end
stage_find_end(const char *name)
{
	enum end end = END_US;

	while (end < N_ENDS && strcmp(name, end_names[end]) != 0)
		end++;
	return end;
}

void
stage_begin(struct stage *s, bool verbose)
{
	struct fake_host *us, *peer;

	s->world = fake_world_new(1);
	s->world->verbose = verbose;
	us = fake_host_new(s->world, "us", "10.77.0.1");
	peer = fake_host_new(s->world, "peer", "10.77.0.2");
	wire_begin(&s->wire, us, peer);
	fake_peer_start(&s->end[END_US], us, secrets);
	fake_peer_start(&s->end[END_PEER], peer, secrets);
}

void
stage_free(struct stage *s)
{
	for (enum end i = END_US; i < N_ENDS; i++)
		if (s->end[i].ike != NULL)
			fake_peer_stop(&s->end[i]);
	wire_end(&s->wire);
	fake_world_free(s->world);
}

/* ---- a datagram arrives ---- */

/* The receiver has authenticated the peer of the SA that has these cookies. */
static bool
is_verified(const struct fake_host *h, struct span datagram)
{
	const struct xchg *x = engine_next(h->engine, NULL);

	while (x != NULL &&
	    !(xchg_authenticated(x) &&
		span_equal(xchg_icookie(x), span_head(datagram, COOKIE_LEN))))
		x = engine_next(h->engine, x);
	return x != NULL;
}

static bool
is_first(struct span datagram)
{
	struct span rcookie =
	    span_head(span_from(datagram, COOKIE_LEN), COOKIE_LEN);

	return rcookie.n == COOKIE_LEN && codec_is_zero(rcookie);
}

void
stage_end_scripts(struct stage *s)
{
	const struct fake_host *us = s->end[END_US].host;
	const struct fake_host *peer = s->end[END_PEER].host;

	while ((us->kernel.script != NULL || peer->kernel.script != NULL) &&
	    fake_step(s->world, 0))
		;
}

bool
stage_inject(struct stage *s, enum end to, const struct endpoint *from,
    struct span datagram)
{
	struct fake_host *h = s->end[to].host;
	uint64_t sent = h->sent;
	bool verified;

	if (h->engine == NULL)
		return true;
	verified = is_verified(h, datagram);
	s->firsts[to] += is_first(datagram);
	fake_kernel_turn(&h->kernel);
	fake_inject(h, from, datagram);
	stage_end_scripts(s);
	verified = verified || is_verified(h, datagram);
	if (verified || h->sent - sent <= LIMIT_OUT)
		return true;
	return stage_fail(s,
	    "one datagram from an unverified source made %s "
	    "send %lu",
	    h->name, (unsigned long)(h->sent - sent));
}

/* ---- what must not change ---- */

/* FNV-1a */
static void
mix(uint64_t *h, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		*h = (*h ^ s.p[i]) * 0x100000001b3u;
}

static void
mix_number(uint64_t *h, uint64_t v)
{
	mix(h, span_of(&v, sizeof(v)));
}

static void
mix_exchange(uint64_t *h, const struct xchg *x)
{
	const struct scratch *scratch = x->scratch;

	mix_number(h, x->number);
	mix_number(h, (uint64_t)x->state << 32 | x->variants);
	mix_number(h, (uint64_t)x->retransmits << 32 | x->resends);
	mix_number(h, x->authenticated);
	mix(h, span_of(x->rcookie, COOKIE_LEN));
	mix(h, span_of(x->digest, DIGEST_LEN));
	mix(h, secret_span(&x->last_sent));
	mix(h, span_of(x->user, x->engine->hooks->user_size));
	mix(h, span_of(x->due, sizeof(x->due)));
	mix_number(h, x->msgids.n);
	mix_number(h, x->in_progress);
	for (const struct value *v = x->slots.first; v != NULL; v = v->next) {
		mix_number(h, v->slot);
		mix(h, span_of(v->bytes, v->n));
	}
	if (scratch != NULL)
		mix_number(
		    h, (uint64_t)scratch->open << 32 | scratch->n_keymat);
}

uint64_t
stage_fingerprint(const struct stage *s, enum end end)
{
	const struct fake_host *host = s->end[end].host;
	uint64_t h = 0xcbf29ce484222325u;
	struct engine_stats stats;

	engine_stats(host->engine, &stats);
	mix_number(&h, stats.exchanges);
	mix_number(&h, stats.half_open);
	mix_number(&h, stats.jobs);
	mix_number(&h, stats.slots);
	mix_number(&h, host->sent);
	mix_number(&h, host->kernel.n_sas);
	mix_number(&h, host->kernel.n_policies);
	for (const struct xchg *x = engine_next(host->engine, NULL); x != NULL;
	     x = engine_next(host->engine, x))
		mix_exchange(&h, x);
	return h;
}

/* ---- the end ---- */

/* An unverified source gets no more MR1 than it sent MI1 (NEG-40). */
static bool
answers_are_bounded(struct stage *s)
{
	uint64_t answers[N_ENDS] = {0};

	for (const struct sent *d = s->wire.first; d != NULL; d = d->next)
		if (strcmp(d->name, "MR1") == 0)
			answers[d->from_peer ? END_PEER : END_US]++;
	for (enum end i = END_US; i < N_ENDS; i++)
		if (answers[i] > s->firsts[i])
			return stage_fail(s,
			    "%s answered %lu first messages "
			    "%lu times",
			    end_names[i], (unsigned long)s->firsts[i],
			    (unsigned long)answers[i]);
	return true;
}

/* How often, net, scripts with one verb have undone what those with the other
 * did; a failed one has done nothing. */
static int
undone(const struct fake_host *h, const char *undo, const char *what)
{
	int n = 0;

	for (const struct fake_script *f = h->scripts; f != NULL; f = f->next) {
		if (strncmp(f->verb, undo, strlen(undo)) == 0)
			n++;
		else if (f->number == 0 &&
		    strncmp(f->verb, what, strlen(what)) == 0)
			n--;
	}
	return n;
}

/* No text of a peer's reaches a log or a shell as it came (NEG-21, NEG-54). */
static bool
texts_are_plain(struct stage *s, enum end end)
{
	const struct fake_host *h = s->end[end].host;

	for (const struct fake_line *l = h->lines; l != NULL; l = l->next)
		for (const char *p = l->text; *p != '\0'; p++)
			if (*p < ' ' || *p > '~')
				return stage_fail(s,
				    "a line of %s has the octet 0x%02x",
				    end_names[end], (unsigned char)*p);
	for (const struct fake_script *f = h->scripts; f != NULL; f = f->next)
		for (unsigned i = 0; f->environment[i] != NULL; i++)
			if (strspn(f->environment[i], script_octets) !=
			    strlen(f->environment[i]))
				return stage_fail(s,
				    "a script of %s is told %.300s",
				    end_names[end], f->environment[i]);
	return true;
}

static bool
scripts_are_even(struct stage *s, enum end end)
{
	const struct fake_host *h = s->end[end].host;

	if (undone(h, "down-", "up-") == 0 &&
	    undone(h, "unroute-", "route-") == 0)
		return true;
	return stage_fail(
	    s, "updown scripts of %s leave something behind", end_names[end]);
}

static bool
nothing_left(struct stage *s, enum end end)
{
	const struct fake_peer *p = &s->end[end];
	const struct fake_kernel *k = &p->host->kernel;
	struct engine_stats stats;

	engine_stats(p->host->engine, &stats);
	if (stats.exchanges != 0 || stats.half_open != 0 || stats.jobs != 0 ||
	    stats.slots != 0)
		return stage_fail(s,
		    "%s keeps %zu exchanges (%zu half open), "
		    "%zu jobs and %zu slots after the end",
		    end_names[end], stats.exchanges, stats.half_open,
		    stats.jobs, stats.slots);
	if (!texts_are_plain(s, end))
		return false;
	if (k->script != NULL)
		return stage_fail(
		    s, "a script of %s does not end", end_names[end]);
	if (k->n_sas != 0 || k->n_policies != 0)
		return stage_fail(s,
		    "the kernel of %s keeps %u SAs and %u "
		    "policies after the end",
		    end_names[end], k->n_sas, k->n_policies);
	if (k->complaints != 0)
		return stage_fail(s,
		    "the kernel of %s was asked what no "
		    "daemon should ask: %s",
		    end_names[end], k->complaint);
	for (uint32_t c = 1; c <= p->last_client; c++)
		if (!fake_peer_done(p, c))
			return stage_fail(s, "whack %u of %s waits for ever",
			    (unsigned)c, end_names[end]);
	return true;
}

static bool
all_expected(struct stage *s)
{
	const struct sent *d;

	fake_run(s->world, SETTLE_MS);
	d = wire_unseen(&s->wire);
	if (d == NULL)
		return true;
	return stage_fail(s,
	    "at the end %s has sent %s, which no statement "
	    "expects",
	    end_names[d->from_peer ? END_PEER : END_US], d->name);
}

bool
stage_end(struct stage *s, bool must)
{
	bool ok = !must || all_expected(s);

	alloc_fail_at(0);
	for (enum end i = END_US; i < N_ENDS; i++) {
		s->end[i].host->script_min_ms = 0;
		s->end[i].host->script_max_ms = 0;
	}
	for (enum end i = END_US; i < N_ENDS; i++)
		if (s->end[i].ike != NULL)
			ike_shutdown(s->end[i].ike);
	fake_run(s->world, END_PATIENCE_MS);
	ok = ok && answers_are_bounded(s);
	for (enum end i = END_US; i < N_ENDS; i++)
		ok = ok &&
		    (s->end[i].ike == NULL ||
			(nothing_left(s, i) &&
			    (!must || scripts_are_even(s, i))));
	return ok;
}
