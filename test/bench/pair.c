/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world of pair.h: callbacks that do as little as possible. */
#include "test/bench/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/crypto/random.h"
#include "engine/ike/suite.h"

enum { EVENT_MS = 1 /* virtual time that each event takes */ };

struct pair_event {
	struct pair_event *next;
	struct pair_side *to;
	struct job *job; /* NULL: a datagram, or */
	bool script;     /* the end of a script */
	struct path path;
	size_t n;
	uint8_t bytes[];
};

static struct meter_at
enter(unsigned side, enum work work)
{
	return meter_enter((struct meter_at){side, work});
}

/* ---- primitives: they have no context, so the meter knows the side ------- */

static unsigned
current_side(void)
{
	struct meter_at now = enter(0, WORK_HARNESS);

	(void)meter_enter(now);
	return now.side;
}

#define AS_CRYPTO(call)                                                   \
	do {                                                              \
		struct meter_at was = enter(current_side(), WORK_CRYPTO); \
		bool ok = suite_ops()->call;                              \
                                                                          \
		(void)meter_enter(was);                                   \
		return ok;                                                \
	} while (0)

static size_t
bench_hash_size(uint8_t hash)
{
	return suite_ops()->hash_size(hash);
}

static bool
bench_hash(uint8_t hash, const struct span *parts, size_t n, uint8_t *out)
{
	AS_CRYPTO(hash(hash, parts, n, out));
}

static bool
bench_prf(uint8_t hash, struct span key, const struct span *parts, size_t n,
    uint8_t *out)
{
	AS_CRYPTO(prf(hash, key, parts, n, out));
}

static bool
bench_encrypt(
    uint8_t cipher, struct span key, uint8_t *iv, uint8_t *data, size_t n)
{
	AS_CRYPTO(encrypt(cipher, key, iv, data, n));
}

static bool
bench_decrypt(
    uint8_t cipher, struct span key, uint8_t *iv, uint8_t *data, size_t n)
{
	AS_CRYPTO(decrypt(cipher, key, iv, data, n));
}

static const struct suite_ops bench_suite = {
    .hash_size = bench_hash_size,
    .hash = bench_hash,
    .prf = bench_prf,
    .encrypt = bench_encrypt,
    .decrypt = bench_decrypt,
};

/* ---- struct env ---------------------------------------------------------- */

static uint64_t
env_now_ms(void *ctx)
{
	const struct pair_side *s = ctx;

	return s->pair->now_ms;
}

static bool
env_random(void *ctx, uint8_t *p, size_t n)
{
	const struct pair_side *s = ctx;
	struct meter_at was = enter(s->which, WORK_CRYPTO);
	bool ok = random_key(p, n);

	(void)meter_enter(was);
	return ok;
}

static struct pair_event *
event_new(struct pair_side *to, struct span bytes)
{
	struct pair *p = to->pair;
	struct pair_event *ev = fake_need(calloc(1, sizeof(*ev) + bytes.n));

	ev->to = to;
	ev->n = bytes.n;
	if (bytes.n > 0)
		memcpy(ev->bytes, bytes.p, bytes.n);
	*p->last = ev;
	p->last = &ev->next;
	return ev;
}

static bool
env_send(void *ctx, const struct path *path, struct span datagram)
{
	struct pair_side *s = ctx;
	struct pair *p = s->pair;
	struct meter_at was = enter(s->which, WORK_HARNESS);

	if (p->take != NULL)
		p->take(p->take_ctx, path, datagram);
	else
		event_new(&p->sides[1 - s->which], datagram)->path =
		    (struct path){path->remote, path->local};
	(void)meter_enter(was);
	return true;
}

static bool
env_job_start(void *ctx, struct job *j)
{
	struct pair_side *s = ctx;
	struct meter_at was = enter(s->which, WORK_HARNESS);

	event_new(s, SPAN_NONE)->job = j;
	(void)meter_enter(was);
	return true;
}

/* Scripts do nothing, and are not counted. */
static bool
env_script_start(void *ctx, const struct script *script, struct text *why)
{
	struct pair_side *s = ctx;
	struct meter_at was = enter(s->which, WORK_HARNESS);

	(void)script;
	(void)why;
	event_new(s, SPAN_NONE)->script = true;
	(void)meter_enter(was);
	return true;
}

static void
env_log(void *ctx, enum level level, uint32_t debug, const char *text)
{
	(void)ctx;
	(void)level;
	(void)debug;
	(void)text;
}

static bool
env_debugging(void *ctx, uint32_t debug)
{
	(void)ctx;
	(void)debug;
	return false;
}

static void
env_whack(void *ctx, uint32_t client, unsigned code, const char *text)
{
	struct pair_side *s = ctx;
	struct meter_at was = enter(s->which, WORK_HARNESS);

	(void)client;
	if (code == RC_SUCCESS && strstr(text, "IPsec SA") != NULL)
		s->pair->established++;
	(void)meter_enter(was);
}

static void
env_whack_done(void *ctx, uint32_t client)
{
	(void)ctx;
	(void)client;
}

static const struct env env_template = {
    .suite = &bench_suite,
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

/* ---- a kernel that always says yes --------------------------------------- */

static int
kernel_install(void *ctx, const struct kernel_sa *sas, size_t n_sas,
    const struct kernel_policy *policies, size_t n_policies, struct text *why)
{
	(void)ctx;
	(void)sas;
	(void)n_sas;
	(void)policies;
	(void)n_policies;
	(void)why;
	return 0;
}

static int
kernel_delete_sa(void *ctx, const struct addr *dst, uint8_t protocol,
    uint32_t spi, struct text *why)
{
	(void)ctx;
	(void)dst;
	(void)protocol;
	(void)spi;
	(void)why;
	return 0;
}

static int
kernel_delete_policy(void *ctx, const struct kernel_policy *p, struct text *why)
{
	(void)ctx;
	(void)p;
	(void)why;
	return 0;
}

static int
kernel_usage(void *ctx, const struct addr *dst, uint8_t protocol, uint32_t spi,
    struct kernel_usage *out)
{
	(void)ctx;
	(void)dst;
	(void)protocol;
	(void)spi;
	*out = (struct kernel_usage){0};
	return 0;
}

static const struct kernel yes = {
    .install = kernel_install,
    .delete_sa = kernel_delete_sa,
    .delete_policy = kernel_delete_policy,
    .usage = kernel_usage,
};

/* ---- the pair ------------------------------------------------------------ */

struct addr
pair_address(unsigned i)
{
	uint8_t b[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct addr a = {0};

	if (!addr_from_span(&a, span_of(b, sizeof(b))))
		exit(EXIT_FAILURE);
	return a;
}

static void
side_start(
    struct pair *p, unsigned which, const struct ike_interface *faces, size_t n)
{
	static const struct secrets_source nowhere = {0};
	struct pair_side *s = &p->sides[which];
	struct secrets *secrets = fake_need(secrets_new());

	s->pair = p;
	s->which = which;
	s->env = env_template;
	s->env.ctx = s;
	s->kernel = yes;
	s->peer.ike = fake_need(ike_new(&s->env, &s->kernel));
	(void)secrets_add(
	    secrets, SPAN_LIT(": PSK \"bench\"\n"), "bench", 0, &nowhere);
	ike_set_secrets_take(s->peer.ike, secrets);
	ike_set_interfaces(s->peer.ike, faces, n);
}

struct pair *
pair_new(unsigned tunnels)
{
	struct pair *p = fake_need(calloc(1, sizeof(*p)));
	struct ike_interface *faces =
	    fake_need(calloc(tunnels, sizeof(*faces)));
	struct ike_interface east = {.name = "east", .port = FAKE_PORT};
	TEXT(why, 200);

	if (!suite_init(&why) || !addr_parse(&east.a, "192.0.2.2")) {
		fprintf(stderr, "bench: %s\n", why.p);
		exit(EXIT_FAILURE);
	}
	p->now_ms = 1000000;
	p->last = &p->first;
	for (unsigned i = 0; i < tunnels; i++) {
		faces[i] = (struct ike_interface){
		    .name = "west",
		    .port = FAKE_PORT,
		    .a = pair_address(i),
		};
	}
	side_start(p, 0, faces, tunnels);
	side_start(p, 1, &east, 1);
	free(faces);
	return p;
}

void
pair_free(struct pair *p)
{
	for (unsigned i = 0; i < 2; i++)
		ike_free(p->sides[i].peer.ike);
	while (p->first != NULL) {
		struct pair_event *ev = p->first;

		p->first = ev->next;
		if (ev->job != NULL)
			ev->job->cleanup(ev->job);
		free(ev);
	}
	free(p);
}

void
pair_load(struct pair *p, unsigned i, const char *more)
{
	struct addr a = pair_address(i);
	TEXT(host, 50);

	addr_print(&host, &a);
	for (unsigned k = 0; k < 2; k++)
		(void)fake_peer_whack(&p->sides[k].peer,
		    "--name t%u --host %s "
		    "--to --host 192.0.2.2 --psk --encrypt %s",
		    i, host.p, more);
}

void
pair_receive(struct pair *p, unsigned side, const struct path *path,
    struct span datagram)
{
	struct meter_at was = enter(side, WORK_ENGINE);

	/* scratch, as the engine may want it */
	engine_receive(ike_engine(p->sides[side].peer.ike), path,
	    (uint8_t *)(uintptr_t)datagram.p, datagram.n);
	(void)meter_enter(was);
}

static void
run_job(struct pair_side *s, struct job *j)
{
	struct meter_at was = enter(s->which, WORK_CRYPTO);

	j->work(j);
	(void)enter(s->which, WORK_ENGINE);
	engine_job_done(ike_engine(s->peer.ike), j);
	(void)meter_enter(was);
}

static void
end_script(struct pair_side *s)
{
	struct meter_at was = enter(s->which, WORK_ENGINE);

	ike_script_done(s->peer.ike, SCRIPT_EXITED, 0);
	(void)meter_enter(was);
}

void
pair_settle(struct pair *p)
{
	while (p->first != NULL) {
		struct pair_event *ev = p->first;

		p->first = ev->next;
		if (p->first == NULL)
			p->last = &p->first;
		p->now_ms += EVENT_MS;
		if (ev->job != NULL)
			run_job(ev->to, ev->job);
		else if (ev->script)
			end_script(ev->to);
		else
			pair_receive(p, ev->to->which, &ev->path,
			    span_of(ev->bytes, ev->n));
		free(ev);
	}
}

void
pair_initiate(struct pair *p, unsigned i)
{
	struct request r = {.op = CTL_OP_INITIATE};
	struct meter_at was;
	TEXT(name, 20);

	text_add(&name, "t%u", i);
	r.v[CTL_END_NONE][WHACK_NAME] = (struct request_value){
	    .set = true,
	    .bytes = span_str(name.p),
	};
	was = enter(0, WORK_ENGINE);
	ike_request(p->sides[0].peer.ike, &r, 1);
	(void)meter_enter(was);
}

void
pair_tunnel(struct pair *p, unsigned i)
{
	unsigned before = p->established;

	pair_initiate(p, i);
	pair_settle(p);
	if (p->established == before + 1)
		return;
	fprintf(stderr, "bench: tunnel %u did not come up\n", i);
	exit(EXIT_FAILURE);
}
