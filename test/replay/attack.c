/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statements about messages that are not, or not quite, what was sent.
 *
 *   forge MESSAGE [EDITS]       deliver what is made of one held (forge.h)
 *   finish MESSAGE [EDITS]      the same, and pass what goes behind it; its
 *                               sender goes on as if that had been its own
 *   refuse MESSAGE [EDITS]      deliver it; the receiver stays as it was
 *   refuse-cuts MESSAGE         likewise its first 0, 1, 2 … octets, with the
 *                               header's length as it was and adapted
 *   refuse-flips MESSAGE FROM   likewise with each octet behind FROM changed
 *   flood MESSAGE COUNT         so many, each with an initiator's cookie of its
 *                               own; the answers count as held
 *   has MESSAGE [EDITS]         as it was sent it is what the edits would make
 *                               of it: lengths, padding and reserved octets
 *                               right, and the fields named as they say
 *
 * In edits {QR1} stands for the SPI in the SA payload of that message, {QR1:2}
 * for that of its second proposal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/replay/forge.h"
#include "test/replay/stage.h"

enum { HEADER_LEN = 28, LENGTH_AT = 24 };

static enum end
sender_of(const struct sent *d)
{
	return d->from_peer ? END_PEER : END_US;
}

static enum end
receiver_of(const struct sent *d)
{
	return d->from_peer ? END_US : END_PEER;
}

/* "{QR1}", or "{QR1:2}" for its second proposal, stands for the SPI there.
 * What is behind it; NULL: there is no such SPI. */
static const char *
add_spi(struct stage *s, const char *from, struct text *to)
{
	size_t n = strcspn(from, "}"), name = strcspn(from, ":}");
	unsigned long proposal = 1;
	struct octets spi = {NULL, 0};
	const struct sent *d;
	char message[20];
	bool ok;

	(void)snprintf(
	    message, sizeof(message), "%.*s", (int)name - 1, from + 1);
	if (from[name] == ':')
		proposal = strtoul(from + name + 1, NULL, 10);
	d = from[n] == '}' ? stage_held(s, message) : NULL;
	ok = d != NULL && forge_spi(d, (unsigned)proposal, &spi);
	text_hex(to, octets_span(&spi));
	octets_free(&spi);
	return ok ? from + n + 1 : NULL;
}

/* A word with its SPIs put in, behind the others in 'to'; NULL. */
static char *
with_spis(struct stage *s, const char *word, struct text *to)
{
	char *begin = to->p + to->n;

	while (word != NULL && *word != '\0')
		if (*word == '{')
			word = add_spi(s, word, to);
		else
			text_add(to, "%c", *word++);
	/* the next word begins behind this one's zero */
	*to = text_of(to->p + to->n + 1, to->size - to->n - 1);
	return word == NULL ? NULL : begin;
}

/* The forgery that a statement's words ask for; NULL: they are wrong. */
static const struct sent *
forged(
    struct stage *s, struct words *w, struct octets *out, struct endpoint *from)
{
	const struct sent *d = stage_held(s, w->v[1]);
	char *edits[SCRIPT_WORDS];
	TEXT(words, 2 * sizeof(w->text));
	TEXT(why, 300);

	for (unsigned i = 2; i < w->n; i++) {
		edits[i - 2] = with_spis(s, w->v[i], &words);
		if (edits[i - 2] == NULL) {
			(void)stage_fail(s, "no SPI for '%s'", w->v[i]);
			return NULL;
		}
	}
	if (d == NULL || forge(d, edits, w->n - 2, out, from, &why))
		return d;
	(void)stage_fail(s, "%s", why.p);
	return NULL;
}

static bool
play_forge(struct stage *s, struct words *w)
{
	struct octets out = {NULL, 0};
	struct endpoint from;
	const struct sent *d = forged(s, w, &out, &from);
	bool ok = d != NULL &&
	    stage_inject(s, receiver_of(d), &from, octets_span(&out));

	octets_free(&out);
	return ok;
}

static bool
play_finish(struct stage *s, struct words *w)
{
	struct octets out = {NULL, 0};
	struct endpoint from;
	const struct sent *d = forged(s, w, &out, &from);
	bool ok = d != NULL;

	if (ok)
		wire_adopt(
		    d, octets_span(&out), s->end[sender_of(d)].host->engine);
	ok = ok && stage_inject(s, receiver_of(d), &from, octets_span(&out));
	octets_free(&out);
	return ok && stage_pass_behind(s, w->v[1]);
}

static bool
play_flood(struct stage *s, struct words *w)
{
	const struct sent *d = stage_held(s, w->v[1]);
	unsigned long n = strtoul(w->v[2], NULL, 10);
	struct octets out = {NULL, 0};
	struct sent *answer;
	bool ok = d != NULL;

	for (uint32_t i = 1; ok && i <= n; i++) {
		struct wr cookie;

		octets_set(&out, octets_span(&d->bytes));
		cookie = wr_of(out.p, out.n);
		wr_u32(&cookie, i);
		wr_u32(&cookie, ~i);
		ok = stage_inject(
		    s, receiver_of(d), &d->path.local, octets_span(&out));
		while ((answer = wire_unseen(&s->wire)) != NULL)
			answer->seen = true;
	}
	octets_free(&out);
	return ok;
}

static bool
play_has(struct stage *s, struct words *w)
{
	struct octets out = {NULL, 0};
	struct endpoint from;
	const struct sent *d = forged(s, w, &out, &from);
	bool ok = d != NULL;

	if (ok && !span_equal(octets_span(&out), octets_span(&d->bytes)))
		ok = stage_fail(s, "%s is not so", d->name);
	octets_free(&out);
	return ok;
}

/* ---- refused ---- */

/* Let computations end, and no more time pass than they take. */
static void
settle(struct stage *s, enum end end)
{
	uint64_t last_ms = s->world->now_ms + SETTLE_MS;
	struct engine_stats stats;

	do
		engine_stats(s->end[end].host->engine, &stats);
	while (stats.jobs > 0 && s->world->now_ms < last_ms &&
	    fake_step(s->world, last_ms - s->world->now_ms));
}

/* The receiver must be as it was. */
static bool
refuse(struct stage *s, const struct sent *d, const struct endpoint *from,
    struct span datagram)
{
	enum end to = receiver_of(d);
	const char *does = NULL;
	uint64_t before, sent;

	settle(s, to);
	before = stage_fingerprint(s, to);
	sent = s->end[to].host->sent;
	if (!stage_inject(s, to, from, datagram))
		return false;
	settle(s, to);
	if (s->end[to].host->sent != sent)
		does = "is answered";
	else if (stage_fingerprint(s, to) != before)
		does = "changes something";
	return does == NULL ||
	    stage_fail(
		s, "what must be refused (%zu octets) %s", datagram.n, does);
}

static bool
play_refuse(struct stage *s, struct words *w)
{
	struct octets out = {NULL, 0};
	struct endpoint from;
	const struct sent *d = forged(s, w, &out, &from);
	bool ok = d != NULL && refuse(s, d, &from, octets_span(&out));

	octets_free(&out);
	return ok;
}

static void
adapt_length(struct octets *o)
{
	struct wr w = wr_of(o->p, o->n);

	if (o->n < HEADER_LEN)
		return;
	wr_bytes(&w, span_of(o->p, o->n));
	wr_patch_u32(&w, LENGTH_AT, (uint32_t)o->n);
}

static bool
play_refuse_cuts(struct stage *s, struct words *w)
{
	const struct sent *d = stage_held(s, w->v[1]);
	bool ok = d != NULL;

	for (size_t n = 0; ok && n < d->bytes.n; n++) {
		struct octets cut = {NULL, 0};

		octets_set(&cut, span_head(octets_span(&d->bytes), n));
		ok = refuse(s, d, &d->path.local, octets_span(&cut));
		adapt_length(&cut);
		ok = ok && refuse(s, d, &d->path.local, octets_span(&cut));
		octets_free(&cut);
	}
	return ok;
}

static bool
play_refuse_flips(struct stage *s, struct words *w)
{
	const struct sent *d = stage_held(s, w->v[1]);
	bool ok = d != NULL;
	size_t i = strtoul(w->v[2], NULL, 10);

	for (; ok && i < d->bytes.n; i++) {
		struct octets bad = {NULL, 0};

		octets_set(&bad, octets_span(&d->bytes));
		bad.p[i] ^= (uint8_t)(1u << i % 8);
		ok = refuse(s, d, &d->path.local, octets_span(&bad));
		octets_free(&bad);
		if (!ok) {
			char why[sizeof(s->why)];

			memcpy(why, s->why, sizeof(why));
			return stage_fail(s, "octet %zu: %.400s", i, why);
		}
	}
	return ok;
}

/* ---- all of them ---- */

static const struct verb {
	const char *name;
	unsigned least; /* words */
	bool (*play)(struct stage *s, struct words *w);
} verbs[] = {
    {"forge", 2, play_forge},
    {"finish", 2, play_finish},
    {"flood", 3, play_flood},
    {"has", 2, play_has},
    {"refuse", 2, play_refuse},
    {"refuse-cuts", 2, play_refuse_cuts},
    {"refuse-flips", 3, play_refuse_flips},
};

bool
stage_attack(struct stage *s, struct words *w, bool *known)
{
	const struct verb *v = NULL;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, w->v[0]) == 0)
			v = &verbs[i];
	*known = v != NULL;
	if (v == NULL)
		return false;
	return w->n >= v->least
	    ? v->play(s, w)
	    : stage_fail(s, "'%s' wants more words", v->name);
}
