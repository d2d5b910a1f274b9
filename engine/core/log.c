/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the log, with the exchange's prefix, and to the whack that waits
 * for it.  What an unauthenticated peer can provoke goes through one limiter,
 * which counts what it suppressed and says so with the next line.
 */
#include "engine/core/internal.h"

enum { LINE_MAX_LEN = 2048, WINDOW_MS = 1000 };

bool
limiter_allow(struct limiter *l, uint64_t now_ms, uint32_t per_second)
{
	if (now_ms - l->since_ms >= WINDOW_MS || l->since_ms == 0) {
		l->since_ms = now_ms;
		l->used = 0;
	}
	if (l->used >= per_second) {
		l->refused++;
		return false;
	}
	l->used++;
	return true;
}

bool
engine_debugging(const struct engine *e, uint32_t class)
{
	return e->env->debugging != NULL &&
	    e->env->debugging(e->env->ctx, class);
}

static void
add_packet_prefix(struct text *t, const struct path *path)
{
	text_add(t, "packet from ");
	endpoint_print(t, &path->remote);
	text_add(t, ": ");
}

/* The exchange's own prefix, or where its peer is.  Returns the whack. */
static uint32_t
add_prefix(struct text *t, const struct xchg *x)
{
	uint32_t client = x->engine->hooks->prefix(x, t);

	if (t->n > 0)
		text_add(t, ": ");
	else
		add_packet_prefix(t, &x->path);
	return client;
}

/* code: for whack; 0: what belongs to the level. */
static void __attribute__((format(printf, 4, 0))) log_line(const struct xchg *x,
    enum level level, unsigned code, const char *fmt, va_list ap)
{
	const struct env *env = x->engine->env;
	uint32_t client;
	TEXT(line, LINE_MAX_LEN);

	if (code == 0)
		code = level == LEVEL_INFO ? RC_LOG : RC_LOG_SERIOUS;
	client = add_prefix(&line, x);
	text_vadd(&line, fmt, ap);
	env->log(env->ctx, level, 0, line.p);
	if (client != 0 && level != LEVEL_DEBUG)
		env->whack(env->ctx, client, code, line.p);
}

void
xchg_log(const struct xchg *x, enum level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(x, level, 0, fmt, ap);
	va_end(ap);
}

void
xchg_tell(const struct xchg *x, unsigned code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(x, LEVEL_INFO, code, fmt, ap);
	va_end(ap);
}

void
xchg_debug(const struct xchg *x, uint32_t class, const char *fmt, ...)
{
	const struct env *env = x->engine->env;
	TEXT(line, LINE_MAX_LEN);
	va_list ap;

	if (!engine_debugging(x->engine, class))
		return;
	(void)add_prefix(&line, x);
	va_start(ap, fmt);
	text_vadd(&line, fmt, ap);
	va_end(ap);
	env->log(env->ctx, LEVEL_DEBUG, class, line.p);
}

/* May one more line of unauthenticated origin go out? */
static bool
allowed(struct engine *e)
{
	struct limiter *l = &e->log_limit;
	TEXT(line, 128);

	if (!limiter_allow(l, timer_now(e), LIMIT_LOG_PER_SECOND))
		return false;
	if (l->refused > 0) {
		text_add(&line,
		    "%u lines about unauthenticated messages were "
		    "suppressed",
		    (unsigned)l->refused);
		e->env->log(e->env->ctx, LEVEL_WARN, 0, line.p);
		l->refused = 0;
	}
	return true;
}

void
xchg_log_limited(const struct xchg *x, const char *fmt, ...)
{
	va_list ap;

	if (!allowed(x->engine))
		return;
	va_start(ap, fmt);
	log_line(x, LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
engine_log_packet(
    struct engine *e, const struct path *path, const char *fmt, ...)
{
	TEXT(line, LINE_MAX_LEN);
	va_list ap;

	if (!allowed(e))
		return;
	add_packet_prefix(&line, path);
	va_start(ap, fmt);
	text_vadd(&line, fmt, ap);
	va_end(ap);
	e->env->log(e->env->ctx, LEVEL_INFO, 0, line.p);
}

void
engine_explain_packet(struct engine *e, const struct path *path,
    void (*print)(struct text *t, const void *ctx), const void *ctx)
{
	TEXT(line, LINE_MAX_LEN);

	if (!allowed(e))
		return;
	add_packet_prefix(&line, path);
	print(&line, ctx);
	e->env->log(e->env->ctx, LEVEL_INFO, 0, line.p);
}
