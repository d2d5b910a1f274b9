/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct env, through which the engine sees the world, bound to the world. */
#include "engine/crypto/random.h"
#include "engine/daemon/daemon.h"
#include "engine/ike/suite.h"
#include "gen/enums.gen.h"

static uint64_t
env_now_ms(void *ctx)
{
	(void)ctx;
	return loop_now_ms();
}

/* The engine does not say what for, so every octet is worth a key's. */
static bool
env_random(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	return random_key(p, n);
}

static bool
env_send(void *ctx, const struct path *path, struct span datagram)
{
	struct pluto *p = ctx;

	return udp_send(p->udp, path, datagram);
}

static bool
env_job_start(void *ctx, struct job *j)
{
	struct pluto *p = ctx;

	return workers_start(p->workers, j);
}

static bool
env_script_start(void *ctx, const struct script *s, struct text *why)
{
	struct pluto *p = ctx;

	journal_begin(p->journal, s);
	if (scripts_start(p->scripts, s, why))
		return true;
	journal_cancel(p->journal);
	return false;
}

static void
env_log(void *ctx, enum level level, uint32_t debug, const char *text)
{
	(void)ctx;
	(void)debug;
	log_line(level, text);
}

static bool
env_debugging(void *ctx, uint32_t debug)
{
	const struct pluto *p = ctx;

	return (p->debug & debug) != 0;
}

static void
env_whack(void *ctx, uint32_t client, unsigned code, const char *text)
{
	struct pluto *p = ctx;

	ctl_line(p->ctl, client, code, text);
}

static void
env_whack_done(void *ctx, uint32_t client)
{
	struct pluto *p = ctx;

	ctl_done(p->ctl, client);
}

void
env_bind(struct pluto *p)
{
	p->env = (struct env){
	    .ctx = p,
	    .suite = suite_ops(),
	    .now_ms = env_now_ms,
	    .random = env_random,
	    .send = env_send,
	    .job_start = env_job_start,
	    .script_start = env_script_start,
	    .log = env_log,
	    .debugging = env_debugging,
	    .whack = env_whack,
	    .whack_done = env_whack_done,
	};
}

void
pluto_say(
    struct pluto *p, uint32_t client, enum level level, const char *fmt, ...)
{
	TEXT(t, LOG_LINE_MAX);
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	log_line(level, t.p);
	ctl_line(
	    p->ctl, client, level == LEVEL_INFO ? RC_LOG : RC_LOG_SERIOUS, t.p);
}
