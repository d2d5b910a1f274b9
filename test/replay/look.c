/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statements that look at what has happened.
 *
 *   nothing                     no datagram waits, and none comes in 50 ms
 *   states END STATE… | none    of all its exchanges, oldest first
 *   kernel END SAS POLICIES     how many there are
 *   kernel-life END SECONDS     hard limit of the newest SA
 *   packet END plain|protected|dropped  what becomes of one from END's client
 *   verbs END VERB… | none      of the updown scripts that have begun since
 *                               this was asked last
 *   variable END NAME VALUE     of the last script's environment
 *   keeps END #N VALUE… | none  slots that exchange #N still has
 *   codes END CODE…             of the last whack: without comments and log
 *   exit END STATUS|waiting     of the last whack
 *   log END TEXT                a line of log or whack contains it
 *   nolog END TEXT              none does
 */
#include "test/replay/stage.h"

#include <stdlib.h>
#include <string.h>

static const char usual_options[] = "--tunnel";

static bool
look_nothing(struct stage *s, enum end end, struct words *w)
{
	const struct sent *d;

	(void)end;
	(void)w;
	fake_run(s->world, SETTLE_MS);
	d = wire_unseen(&s->wire);
	return d == NULL ||
	    stage_fail(
		s, "%s has sent %s", d->from_peer ? "peer" : "us", d->name);
}

/* "a b c" is what the words from i on say. */
static bool
compare(struct stage *s, const char *is, const struct words *w, unsigned i)
{
	TEXT(should, 1000);

	for (; i < w->n; i++)
		text_add(&should, "%s%s", should.n > 0 ? " " : "", w->v[i]);
	return strcmp(is, should.p) == 0 ||
	    stage_fail(s,
		"it is '%s', not "
		"'%s'",
		is, should.p);
}

static bool
look_states(struct stage *s, enum end end, struct words *w)
{
	const struct engine *e = s->end[end].host->engine;
	TEXT(is, 1000);

	for (const struct xchg *x = engine_next(e, NULL); x != NULL;
	     x = engine_next(e, x))
		text_add(&is, "%s%s", is.n > 0 ? " " : "", xchg_state(x)->name);
	if (is.n == 0)
		text_add(&is, "none");
	return compare(s, is.p, w, 2);
}

static bool
look_kernel(struct stage *s, enum end end, struct words *w)
{
	const struct fake_kernel *k = &s->end[end].host->kernel;
	TEXT(is, 40);

	text_add(&is, "%u %u", k->n_sas, k->n_policies);
	return compare(s, is.p, w, 2);
}

static bool
look_kernel_life(struct stage *s, enum end end, struct words *w)
{
	const struct fake_kernel *k = &s->end[end].host->kernel;
	TEXT(is, 40);

	if (k->n_sas > 0)
		text_add(&is, "%lu",
		    (unsigned long)container_of(
			k->sas.prev, struct fake_sa, node)
			->sa.hard_s);
	return compare(s, is.p, w, 2);
}

static bool
look_packet(struct stage *s, enum end end, struct words *w)
{
	static const char *const fates[] = {
	    [FAKE_PLAIN] = "plain",
	    [FAKE_PROTECTED] = "protected",
	    [FAKE_DROPPED] = "dropped",
	};
	struct fake_pair pair = {s->world, s->end[END_US], s->end[END_PEER]};
	bool tunnel = w->n < 4;
	enum fake_fate fate;
	TEXT(why, 200);

	fate = fake_pair_packet(
	    &pair, end == END_US, tunnel ? usual_options : "", &why);
	return strcmp(fates[fate], w->v[2]) == 0 ||
	    stage_fail(s,
		"it is %s "
		"(%s)",
		fates[fate], why.p);
}

static bool
look_verbs(struct stage *s, enum end end, struct words *w)
{
	unsigned n = 0;
	TEXT(is, 1000);

	for (const struct fake_script *f = s->end[end].host->scripts; f != NULL;
	     f = f->next)
		if (n++ >= s->scripts_seen[end])
			text_add(&is, "%s%s", is.n > 0 ? " " : "", f->verb);
	s->scripts_seen[end] = n;
	if (is.n == 0)
		text_add(&is, "none");
	return compare(s, is.p, w, 2);
}

static bool
look_variable(struct stage *s, enum end end, struct words *w)
{
	const struct fake_script *f = s->end[end].host->last_script;
	const char *is = f == NULL ? NULL : fake_script_value(f, w->v[2]);

	if (is == NULL)
		return stage_fail(s, "no script has a %s", w->v[2]);
	return compare(s, is, w, 3);
}

static bool
look_keeps(struct stage *s, enum end end, struct words *w)
{
	const struct xchg *x = engine_find_serial(
	    s->end[end].host->engine, (uint32_t)strtoul(w->v[2] + 1, NULL, 10));
	TEXT(is, 1000);

	if (x == NULL)
		return stage_fail(s, "there is no %s", w->v[2]);
	for (enum slot slot = 0; slot < N_SLOTS; slot++)
		if (xchg_slot_count(x, slot) > 0)
			text_add(&is, "%s%s", is.n > 0 ? " " : "",
			    slot_defs[slot].name);
	if (is.n == 0)
		text_add(&is, "none");
	return compare(s, is.p, w, 3);
}

static bool
look_codes(struct stage *s, enum end end, struct words *w)
{
	TEXT(is, 1000);

	fake_peer_codes(&s->end[end], s->client[end], &is);
	return compare(s, is.p, w, 2);
}

static bool
look_exit(struct stage *s, enum end end, struct words *w)
{
	TEXT(is, 40);

	if (!fake_peer_done(&s->end[end], s->client[end]))
		text_add(&is, "waiting");
	else
		text_add(
		    &is, "%d", fake_peer_status(&s->end[end], s->client[end]));
	return compare(s, is.p, w, 2);
}

static bool
look_log(struct stage *s, enum end end, struct words *w)
{
	return fake_find(s->end[end].host, w->v[2]) != NULL ||
	    stage_fail(s, "no line of %s has it", w->v[1]);
}

static bool
look_nolog(struct stage *s, enum end end, struct words *w)
{
	const struct fake_line *l = fake_find(s->end[end].host, w->v[2]);

	return l == NULL || stage_fail(s, "%s says: %s", w->v[1], l->text);
}

static const struct verb {
	const char *name;
	unsigned least;
	bool (*look)(struct stage *s, enum end end, struct words *w);
} verbs[] = {
    {"nothing", 1, look_nothing},
    {"states", 3, look_states},
    {"kernel", 4, look_kernel},
    {"kernel-life", 3, look_kernel_life},
    {"packet", 3, look_packet},
    {"verbs", 3, look_verbs},
    {"variable", 4, look_variable},
    {"keeps", 4, look_keeps},
    {"codes", 3, look_codes},
    {"exit", 3, look_exit},
    {"log", 3, look_log},
    {"nolog", 3, look_nolog},
};

bool
stage_look(struct stage *s, struct words *w, bool *known)
{
	const struct verb *v = NULL;
	enum end end = END_US;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, w->v[0]) == 0)
			v = &verbs[i];
	*known = v != NULL;
	if (v == NULL)
		return false;
	if (w->n < v->least)
		return stage_fail(s, "'%s' wants more words", v->name);
	if (v->least > 1)
		end = stage_find_end(w->v[1]);
	if (end == N_ENDS)
		return stage_fail(s, "'%s' is neither us nor peer", w->v[1]);
	return v->look(s, end, w);
}
