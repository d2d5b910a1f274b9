/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statements that make something happen, but for false messages (attack.c)
 * and looks (look.c).  A datagram that a host sends
 * waits until the script does something with it; time passes only where a
 * statement says so, or where one waits for a datagram (a second at most).
 *
 *   conn [us|peer] OPTIONS      connection "t" between both, at both ends
 *   secrets END TEXT            an ipsec.secrets(5) line in place of the usual
 *   rsa END KEY                 it has this key of test/vectors/rsa.c, too, and
 *                               the other knows the public half of it
 *   whack END WORDS             a command line of whack
 *   start END, terminate END    connection "t"
 *   hold MESSAGE [again [at T]] it is sent next; 'again': as a repetition,
 *                               T after the first time, or up to 50 ms later
 *   pass MESSAGE…               hold and deliver each
 *   upto MESSAGE                pass what goes before it and hold it
 *   deliver MESSAGE [COUNT]     one that was held
 *   octets END OCTETS           arrive at END, from the other's address
 *   wait T                      "10s" or "500ms"
 *   jobs END slow T|none|normal computations take T longer; cannot start
 *   kernel-fails END N          the N-th request from now
 *   kernel-lacks END PROTOCOL   there is none such: AH ESP IPCOMP
 *   purge END sas|policies|all  somebody else deletes them
 *   scripts END slow T|fail STATUS|none|normal
 *                               updown takes T, exits so, cannot be started
 *   crash END, restart END      as a reboot; connections must be loaded anew
 *   applies MESSAGE #N          else the case does not count: it has no N-th
 *                               payload
 *   oom                         with --oom, from here on an allocation fails
 */
#include "test/replay/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/enums.gen.h"
#include "test/fake/keys.h"
#include "test/replay/alloc.h"
#include "test/replay/forge.h"

enum { COMMAND_MAX = 1024 };

static const char *const sequence[] = {
    "MI1", "MR1", "MI2", "MR2", "MI3", "MR3", "QI1", "QR1", "QI2", NULL};
static const char usual_secrets[] = ": PSK \"a secret of both\"\n";

/* "10s", "500ms" */
static bool
duration(struct stage *s, const char *text, uint64_t *ms)
{
	char *end;

	*ms = strtoull(text, &end, 10);
	if (end != text && strcmp(end, "s") == 0)
		*ms *= 1000;
	else if (end == text || strcmp(end, "ms") != 0)
		return stage_fail(
		    s, "'%s' is no time such as 10s or 500ms", text);
	return true;
}

static bool
end_named(struct stage *s, const char *name, enum end *end)
{
	*end = stage_find_end(name);
	return *end != N_ENDS ||
	    stage_fail(s, "'%s' is neither us nor peer", name);
}

/* The words from i on, with a blank between them. */
static void
join(const struct words *w, unsigned i, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (; i < w->n && n < size; i++)
		n += (size_t)snprintf(
		    buf + n, size - n, "%s%s", n > 0 ? " " : "", w->v[i]);
}

/* ---- commands ---- */

static void
load(struct stage *s, enum end end, const char *options)
{
	bool tunnel = strstr(options, "--tunnel") != NULL;

	(void)fake_peer_whack(&s->end[end],
	    "--name t --host 10.77.0.1%s "
	    "--to --host 10.77.0.2%s %s",
	    tunnel ? " --client 10.1.0.0/16" : "",
	    tunnel ? " --client 10.2.0.0/16" : "", options);
}

static bool
play_conn(struct stage *s, struct words *w)
{
	enum end only = stage_find_end(w->v[1]);
	char options[COMMAND_MAX];

	join(w, only == N_ENDS ? 1 : 2, options, sizeof(options));
	for (enum end i = END_US; i < N_ENDS; i++)
		if (only == N_ENDS || only == i)
			load(s, i, options);
	return true;
}

static bool
play_secrets(struct stage *s, struct words *w)
{
	enum end end;
	char text[COMMAND_MAX];
	size_t n;

	if (!end_named(s, w->v[1], &end))
		return false;
	join(w, 2, text, sizeof(text) - 1);
	n = strlen(text);
	text[n] = '\n';
	text[n + 1] = '\0';
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'') /* a script's own quotes make one word */
			*p = '"';
	fake_peer_secrets(&s->end[end], text);
	return true;
}

static bool
play_rsa(struct stage *s, struct words *w)
{
	enum rsa_vector_name key = 0;
	enum end end;
	char name[COMMAND_MAX];
	TEXT(entries, FAKE_RSA_ENTRY);
	TEXT(blob, FAKE_RSA_BLOB);

	if (!end_named(s, w->v[1], &end))
		return false;
	join(w, 2, name, sizeof(name));
	while (key < RSA_VECTORS && strcmp(rsa_vectors[key].name, name) != 0)
		key++;
	if (key == RSA_VECTORS)
		return stage_fail(s, "there is no RSA key '%s'", name);
	text_add(&entries, "%s", usual_secrets);
	fake_rsa_entry(&entries, "", key);
	fake_peer_secrets(&s->end[end], entries.p);
	fake_rsa_blob(&blob, key);
	(void)fake_peer_whack(&s->end[end == END_US ? END_PEER : END_US],
	    "--keyid 10.77.0.%d --pubkeyrsa %s", end == END_US ? 1 : 2, blob.p);
	return true;
}

static bool
play_whack(struct stage *s, struct words *w)
{
	enum end end;
	char command[COMMAND_MAX];

	if (!end_named(s, w->v[1], &end))
		return false;
	join(w, 2, command, sizeof(command));
	s->client[end] = fake_peer_whack(&s->end[end], "%s", command);
	return true;
}

static bool
command(struct stage *s, struct words *w, const char *what)
{
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	s->client[end] = fake_peer_whack(&s->end[end], "--name t %s", what);
	return true;
}

static bool
play_start(struct stage *s, struct words *w)
{
	return command(s, w, "--initiate");
}

static bool
play_terminate(struct stage *s, struct words *w)
{
	return command(s, w, "--terminate");
}

/* ---- the true messages ---- */

/* The next datagram, within that time; NULL. */
static struct sent *
next_sent(struct stage *s, uint64_t limit_ms)
{
	uint64_t end = s->world->now_ms + limit_ms;
	struct sent *d;

	while ((d = wire_unseen(&s->wire)) == NULL && s->world->now_ms < end &&
	    fake_step(s->world, end - s->world->now_ms))
		;
	return d;
}

static bool
hold(struct stage *s, const char *name, bool again, uint64_t at_ms,
    struct sent **out)
{
	struct sent *d = next_sent(s, at_ms + PATIENCE_MS);

	if (d == NULL)
		return stage_fail(s, "%s should be sent, nothing is", name);
	d->seen = true;
	if (strcmp(d->name, name) != 0)
		return stage_fail(s, "%s should be sent, %s is, by %s", name,
		    d->name, d->from_peer ? "peer" : "us");
	if (d->again != again)
		return stage_fail(s, "%s is sent %s", name,
		    d->again ? "once more" : "for the first time");
	if (at_ms != 0 &&
	    (d->at_ms - d->first_ms < at_ms ||
		d->at_ms - d->first_ms > at_ms + SETTLE_MS))
		return stage_fail(s, "%s is sent again after %lu ms", name,
		    (unsigned long)(d->at_ms - d->first_ms));
	*out = d;
	return true;
}

static bool
play_hold(struct stage *s, struct words *w)
{
	bool again = w->n > 2 && strcmp(w->v[2], "again") == 0;
	uint64_t at_ms = 0;
	struct sent *d;

	if (w->n > 2 && !again)
		return stage_fail(s, "'%s' should be 'again'", w->v[2]);
	if (w->n == 5 && !duration(s, w->v[4], &at_ms))
		return false;
	return hold(s, w->v[1], again, at_ms, &d);
}

static bool
deliver(struct stage *s, const struct sent *d)
{
	return stage_inject(s, d->from_peer ? END_US : END_PEER, &d->path.local,
	    octets_span(&d->bytes));
}

static bool
pass(struct stage *s, const char *name)
{
	struct sent *d;

	return hold(s, name, false, 0, &d) && deliver(s, d);
}

/* Pass the messages of the sequence from one on, up to another. */
static bool
pass_range(struct stage *s, const char *from, const char *to, bool with_last)
{
	unsigned i = 0;

	while (sequence[i] != NULL && strcmp(sequence[i], from) != 0)
		i++;
	for (; sequence[i] != NULL; i++) {
		bool last = strcmp(sequence[i], to) == 0;

		if ((!last || with_last) && !pass(s, sequence[i]))
			return false;
		if (last)
			return true;
	}
	return stage_fail(s, "there is no %s behind %s", to, from);
}

static bool
play_pass(struct stage *s, struct words *w)
{
	for (unsigned i = 1; i < w->n; i++) {
		char *dots = strstr(w->v[i], "..");

		if (dots == NULL) {
			if (!pass(s, w->v[i]))
				return false;
			continue;
		}
		*dots = '\0';
		if (!pass_range(s, w->v[i], dots + 2, true))
			return false;
	}
	return true;
}

static bool
play_upto(struct stage *s, struct words *w)
{
	struct sent *d;

	return pass_range(s, sequence[0], w->v[1], false) &&
	    hold(s, w->v[1], false, 0, &d);
}

struct sent *
stage_held(struct stage *s, const char *name)
{
	struct sent *d = wire_find(&s->wire, name);

	if (d == NULL)
		(void)stage_fail(s, "no %s was held so far", name);
	return d;
}

static bool
play_deliver(struct stage *s, struct words *w)
{
	unsigned long n = w->n > 2 ? strtoul(w->v[2], NULL, 10) : 1;
	struct sent *d = stage_held(s, w->v[1]);

	while (d != NULL && n > 0 && deliver(s, d))
		n--;
	return d != NULL && n == 0;
}

/* From a message of the sequence on, without it. */
bool
stage_pass_behind(struct stage *s, const char *name)
{
	unsigned i = 0;

	while (sequence[i] != NULL && strcmp(sequence[i], name) != 0)
		i++;
	while (sequence[i] != NULL && sequence[i + 1] != NULL)
		if (!pass(s, sequence[++i]))
			return false;
	return true;
}

static bool
play_octets(struct stage *s, struct words *w)
{
	struct octets o = {NULL, 0};
	enum end end;
	bool ok = end_named(s, w->v[1], &end);

	if (ok && w->n > 2 && !octets_parse(&o, w->v[2], 0))
		ok = stage_fail(s, "'%s' are no octets", w->v[2]);
	ok = ok &&
	    stage_inject(s, end, &s->end[1 - end].host->at, octets_span(&o));
	octets_free(&o);
	return ok;
}

/* ---- time and trouble ---- */

static bool
play_wait(struct stage *s, struct words *w)
{
	uint64_t ms;

	if (!duration(s, w->v[1], &ms))
		return false;
	fake_run(s->world, ms);
	return true;
}

static bool
play_jobs(struct stage *s, struct words *w)
{
	struct fake_host *h;
	enum end end;
	uint64_t ms = 0;

	if (!end_named(s, w->v[1], &end) ||
	    (w->n > 3 && !duration(s, w->v[3], &ms)))
		return false;
	h = s->end[end].host;
	h->no_jobs = strcmp(w->v[2], "none") == 0;
	h->job_extra_ms = (uint32_t)ms;
	return true;
}

static bool
play_kernel_fails(struct stage *s, struct words *w)
{
	struct fake_kernel *k;
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	k = &s->end[end].host->kernel;
	k->fail_call = k->calls + (unsigned)strtoul(w->v[2], NULL, 10);
	return true;
}

static bool
play_kernel_lacks(struct stage *s, struct words *w)
{
	const struct enum_item *p = enum_by_name(&enum_protocol, w->v[2]);
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	if (p == NULL)
		return stage_fail(s, "'%s' is no protocol", w->v[2]);
	s->end[end].host->kernel.lacks |= 1u << p->value;
	return true;
}

static bool
play_purge(struct stage *s, struct words *w)
{
	bool all = strcmp(w->v[2], "all") == 0;
	bool sas = all || strcmp(w->v[2], "sas") == 0;
	bool policies = all || strcmp(w->v[2], "policies") == 0;
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	if (!sas && !policies)
		return stage_fail(s, "'%s' cannot be purged", w->v[2]);
	fake_kernel_purge(&s->end[end].host->kernel, sas, policies);
	return true;
}

static bool
play_scripts(struct stage *s, struct words *w)
{
	bool slow = strcmp(w->v[2], "slow") == 0;
	bool fail = strcmp(w->v[2], "fail") == 0;
	struct fake_host *h;
	enum end end;
	uint64_t ms = 0;

	if (!end_named(s, w->v[1], &end))
		return false;
	if ((slow || fail) != (w->n == 4))
		return stage_fail(s, "slow has a time, fail a status");
	if (slow && !duration(s, w->v[3], &ms))
		return false;
	h = s->end[end].host;
	h->no_scripts = strcmp(w->v[2], "none") == 0;
	h->script_min_ms = h->script_max_ms = (uint32_t)ms;
	h->script_status = fail ? atoi(w->v[3]) : 0;
	return true;
}

static bool
play_crash(struct stage *s, struct words *w)
{
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	fake_peer_stop(&s->end[end]);
	fake_kernel_flush(&s->end[end].host->kernel);
	fake_forget_lines(s->end[end].host);
	fake_forget_scripts(s->end[end].host);
	s->end[end].last_client = 0;
	s->scripts_seen[end] = 0;
	return true;
}

static bool
play_restart(struct stage *s, struct words *w)
{
	enum end end;

	if (!end_named(s, w->v[1], &end))
		return false;
	fake_peer_start(&s->end[end], s->end[end].host, usual_secrets);
	return true;
}

static bool
play_applies(struct stage *s, struct words *w)
{
	const struct sent *d = stage_held(s, w->v[1]);

	if (d == NULL)
		return false;
	s->skip = strtoul(w->v[2] + 1, NULL, 10) > forge_count(d);
	return true;
}

static bool
play_oom(struct stage *s, struct words *w)
{
	(void)w;
	alloc_fail_at(s->fail_at);
	return true;
}

/* ---- all of them ---- */

static const struct verb {
	const char *name;
	unsigned least, most; /* words */
	bool (*play)(struct stage *s, struct words *w);
} verbs[] = {
    {"conn", 2, SCRIPT_WORDS, play_conn},
    {"secrets", 2, SCRIPT_WORDS, play_secrets},
    {"rsa", 3, SCRIPT_WORDS, play_rsa},
    {"whack", 3, SCRIPT_WORDS, play_whack},
    {"start", 2, 2, play_start},
    {"terminate", 2, 2, play_terminate},
    {"hold", 2, 5, play_hold},
    {"pass", 2, SCRIPT_WORDS, play_pass},
    {"upto", 2, 2, play_upto},
    {"deliver", 2, 3, play_deliver},
    {"octets", 2, 3, play_octets},
    {"wait", 2, 2, play_wait},
    {"jobs", 3, 4, play_jobs},
    {"kernel-fails", 3, 3, play_kernel_fails},
    {"kernel-lacks", 3, 3, play_kernel_lacks},
    {"purge", 3, 3, play_purge},
    {"scripts", 3, 4, play_scripts},
    {"crash", 2, 2, play_crash},
    {"restart", 2, 2, play_restart},
    {"applies", 3, 3, play_applies},
    {"oom", 1, 1, play_oom},
};

static bool
play(struct stage *s, struct words *w)
{
	bool known, ok = stage_look(s, w, &known);

	if (!known)
		ok = stage_attack(s, w, &known);
	if (known)
		return ok;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->name, w->v[0]) != 0)
			continue;
		if (w->n < v->least || w->n > v->most)
			return stage_fail(s, "'%s' takes %u to %u words",
			    v->name, v->least - 1, v->most - 1);
		return v->play(s, w);
	}
	return stage_fail(s, "there is no statement '%s'", w->v[0]);
}

bool
stage_play(struct stage *s, struct words *w)
{
	bool ok = play(s, w);

	stage_end_scripts(s);
	return ok;
}
