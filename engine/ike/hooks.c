/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine reports about exchanges, put into words for the log and for
 * the whack that waits.  Exchanges and states are known here only by what
 * their tables say.
 */
#include <ctype.h>

#include "engine/base/codec.h"
#include "engine/ike/neg.h"

/* ---- words ------------------------------------------------------------- */

/* "main_mode" as "Main Mode" */
static void
print_exchange(struct text *t, const struct xchg_def *def)
{
	bool begin = true;

	for (const char *p = def->name; *p != '\0'; p++) {
		if (*p == '_')
			text_add(t, " ");
		else
			text_add(
			    t, "%c", begin ? toupper((unsigned char)*p) : *p);
		begin = *p == '_';
	}
}

void
neg_print_spis(struct text *t, const struct neg *neg)
{
	for (size_t i = 0; i < neg->n_sas; i++) {
		text_add(t, i == 0 ? " {" : " ");
		enum_print(t, &enum_protocol, neg->sas[i].protocol);
		text_add(t, "=>0x%08lx <0x%08lx",
		    (unsigned long)neg->sas[i].spi_out,
		    (unsigned long)neg->sas[i].spi_in);
	}
	if (neg->n_sas > 0)
		text_add(t, "}");
}

/* Goes in front of every line about x; nothing while its connection is not
 * known, which leaves the packet's source in its place. */
static uint32_t
prefix(const struct xchg *x, struct text *t)
{
	const struct xchg *sa = xchg_parent(x);
	const struct connection *c = neg_conn(x);
	uint32_t serial = xchg_serial(x);

	if (c == NULL && sa != NULL)
		c = neg_conn(sa);
	if (serial == 0 && sa != NULL)
		serial = xchg_serial(sa);
	if (c == NULL)
		return neg_of(x)->client;
	text_add(t, "%s", c->label);
	if (serial != 0)
		text_add(t, " #%lu", (unsigned long)serial);
	return neg_of(x)->client;
}

/* ---- progress ---------------------------------------------------------- */

static void
tell_initiated(struct xchg *x)
{
	const struct neg *neg = neg_of(x);
	const struct xchg *sa = xchg_parent(x);
	const struct xchg *old = engine_find(xchg_engine(x), neg->replaces);
	TEXT(line, 200);

	print_exchange(&line, xchg_def(x));
	if (sa != NULL) {
		text_add(&line, " ");
		bits_print(&line, &enum_goal, neg->goal);
	}
	if (old != NULL)
		text_add(
		    &line, " to replace #%lu", (unsigned long)xchg_serial(old));
	if (sa != NULL)
		text_add(&line, " {using isakmp#%lu}",
		    (unsigned long)xchg_serial(sa));
	xchg_log(x, LEVEL_INFO, "initiating %s", line.p);
}

static void
tell_progress(struct xchg *x, const struct edge_def *edge)
{
	const struct state_def *s = xchg_state(x);
	TEXT(story, 300);

	text_add(&story, "%s", edge->event == EV_LOCAL ? "initiate" : s->story);
	if (s->final) {
		neg_print_spis(&story, neg_of(x));
		xchg_log(x, LEVEL_INFO, "%s", story.p);
	}
	xchg_tell(x, s->final ? RC_SUCCESS : RC_NEW_STATE + s->number,
	    "STATE_%s: %s", s->name, story.p);
}

/* The ISAKMP SA is there: on with what it was made for. */
static void
isakmp_ready(struct xchg *x)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	struct neg how = *neg_of(x);

	if (c != NULL && how.initiate_phase2) {
		struct neg phase2 = {
		    .client = how.client,
		    .attempt = how.attempt,
		    .goal = how.goal,
		    .replaces = how.replaces,
		    .initiate_phase2 = true,
		};

		if (neg_initiate(k, c, &phase2))
			neg_of(x)->client = 0; /* it waits for that now */
	}
	neg_release_whack(x);
	pending_start(k, xchg_number(x));
}

static void
entered(struct xchg *x, const struct edge_def *edge)
{
	const struct state_def *s = xchg_state(x);

	neg_hold_settle(x);
	if (s->gone || edge->event == EV_TIMER)
		return;
	if (edge->event == EV_LOCAL)
		tell_initiated(x);
	tell_progress(x, edge);
	if (neg_of(x)->asynchronous)
		neg_release_whack(x);
	if (!s->final)
		return;
	if (xchg_def(x)->phase == 1) {
		isakmp_ready(x);
		return;
	}
	neg_release_whack(x);
	pending_continue(ike_of(x));
}

static void
retransmitted(struct xchg *x, unsigned n, uint32_t next_ms)
{
	(void)n;
	xchg_tell(x, RC_RETRANSMISSION,
	    "STATE_%s: retransmission; will wait "
	    "%lus for response",
	    xchg_state(x)->name, (unsigned long)next_ms / 1000);
}

/* ---- failure ----------------------------------------------------------- */

/* Encrypted messages have begun, and nothing shows yet that both ends have
 * the same key. */
static bool
key_unconfirmed(const struct xchg *x)
{
	return xchg_def(x)->phase == 1 && !xchg_authenticated(x) &&
	    xchg_slot_count(x, SLOT_ENC_KEY) > 0;
}

/* Rulings D23: the first encrypted message is how different secrets show. */
static void
explain_secret(struct xchg *x)
{
	const struct connection *c = neg_conn(x);
	struct secret_place place = {"", 0, ""};
	bool conflict;

	if (c == NULL || auth_psk(ike_of(x), c, &place, &conflict).n == 0)
		return;
	xchg_log_limited(x,
	    "probable authentication failure (mismatch of "
	    "preshared secrets?): malformed payload in packet; our secret is "
	    "that of %s:%u, index \"%s\": compare it with the peer's",
	    place.file, place.line, place.indices);
}

static void
refused(struct xchg *x, const struct op_def *op, const char *why)
{
	(void)why; /* the engine has logged it */
	if (neg_of(x)->psk_known && key_unconfirmed(x) &&
	    (op == NULL || op->code == OP_VERIFY))
		explain_secret(x);
	neg_hold_undo(x);
}

/* Why the peer may have been silent. */
static const char *
cause_of_silence(const struct xchg *x)
{
	if (xchg_role(x) != ROLE_INITIATOR)
		return "";
	if (xchg_def(x)->phase != 1)
		return "  No acceptable response to our first Quick Mode "
		       "message: perhaps peer likes no proposal";
	if (key_unconfirmed(x))
		return "  Possible authentication failure: no acceptable "
		       "response to our first encrypted message";
	if (codec_is_zero(xchg_rcookie(x)))
		return "  No response (or no acceptable response) to our "
		       "first IKE message";
	return "";
}

static void
tell_silence(struct xchg *x)
{
	const struct state_def *s = xchg_state(x);
	const struct op_def *op = xchg_suspended(x);

	if (op != NULL) /* the peer was not, then */
		xchg_tell(x, RC_NORETRANSMISSION,
		    "STATE_%s: %s is not done after %lus; given up", s->name,
		    op->name, (unsigned long)s->deadline_ms / 1000);
	else if (s->retransmit_n > 0)
		xchg_tell(x, RC_NORETRANSMISSION,
		    "max number of "
		    "retransmissions (%u) reached STATE_%s.%s",
		    s->retransmit_n, s->name, cause_of_silence(x));
	else
		xchg_log_limited(x,
		    "STATE_%s: the peer was silent for %lus; "
		    "given up",
		    s->name, (unsigned long)s->deadline_ms / 1000);
}

static void
tell_abort(struct xchg *x, const struct op_def *op, const char *why)
{
	const char *state = xchg_state(x)->name;
	TEXT(notify, 64);

	if (op->notify == 0) {
		xchg_tell(x, RC_FATAL, "STATE_%s: negotiation failed: %s",
		    state, why);
		return;
	}
	enum_print(&notify, &enum_notify, op->notify);
	xchg_tell(x, RC_NOTIFICATION + op->notify,
	    "STATE_%s: negotiation "
	    "failed with %s: %s",
	    state, notify.p, why);
}

static void
failed(struct xchg *x, const struct op_def *op, const char *why)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	uint64_t number = xchg_number(x);
	bool silence = op == NULL && !xchg_state(x)->initial;

	k->failures++;
	neg_of(x)->over = true;
	if (silence)
		tell_silence(x);
	else if (op == NULL) /* no message has gone out */
		xchg_tell(
		    x, RC_INTERNALERR, "negotiation cannot begin: %s", why);
	else
		tell_abort(x, op, why);
	info_withdraw(x);
	if (!silence || !neg_try_again(x)) {
		if (c != NULL && xchg_role(x) == ROLE_INITIATOR)
			retry_failed(k, c, neg_of(x));
		pending_fail(
		    k, number, silence ? RC_NORETRANSMISSION : RC_FATAL);
	}
	neg_release_whack(x);
}

static void
forget_number(uint64_t *p, uint64_t number)
{
	if (*p == number)
		*p = 0;
}

static void
deleted(struct xchg *x)
{
	struct ike *k = ike_of(x);
	struct connection *c = neg_conn(x);
	uint64_t number = xchg_number(x);

	route_end(x);
	if (c != NULL) {
		forget_number(&c->newest_isakmp, number);
		forget_number(&c->newest_ipsec, number);
		forget_number(&c->eroute_owner, number);
		forget_number(&c->keying, number);
		forget_number(&c->quick, number);
	}
	neg_begin_anew(x);
	retry_lost(x);
	neg_release_whack(x);
	pending_start(k, number); /* with a Main Mode of their own */
	pending_continue(k);
	neg_let_go(x);
}

/* ---- questions --------------------------------------------------------- */

static bool
may_respond(struct engine *e, const struct xchg_def *def,
    const struct xchg *parent, const struct path *path)
{
	const struct ike *k = engine_user(e);

	(void)path;
	return k->listening && (def->phase == 1) == (parent == NULL);
}

static bool
may_notify(const struct xchg *x)
{
	const struct xchg *sa = xchg_parent(x);

	/* a Quick Mode that is refused may not have a connection yet */
	if (sa != NULL && neg_conn(x) == NULL)
		x = sa;
	return neg_policy(x)->notify_errors;
}

const struct hooks ike_hooks = {
    .user_size = sizeof(struct neg),
    .cookie = ike_cookie,
    .may_respond = may_respond,
    .entered = entered,
    .refused = refused,
    .failed = failed,
    .deleted = deleted,
    .retransmitted = retransmitted,
    .prefix = prefix,
    .may_notify = may_notify,
    .sign = sign_make,
    .verify = sign_check,
    .start_notify = info_notify,
};
