/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pluto in a fake world; whack's own code makes its requests. */
#include "test/fake/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whack/whack.h"

enum { WORDS_MAX = 64, COMMAND_MAX = 2048 };

static void
complain(void *ctx, const char *text)
{
	const struct fake_peer *p = ctx;

	p->host->env.log(p->host, LEVEL_WARN, 0, text);
}

void
fake_peer_secrets(struct fake_peer *p, const char *text)
{
	struct secrets_source from = {.ctx = p, .complain = complain};
	struct secrets *s = secrets_new();

	if (s == NULL)
		exit(EXIT_FAILURE);
	(void)secrets_add(s, span_str(text), "test.secrets", 0, &from);
	ike_set_secrets_take(p->ike, s);
}

void
fake_peer_start(struct fake_peer *p, struct fake_host *h, const char *secrets)
{
	struct ike_interface face = {.a = h->at.a, .port = h->at.port};

	p->host = h;
	p->kernel = fake_kernel_door(&h->kernel);
	p->ike = ike_new(&h->env, &p->kernel);
	if (p->ike == NULL) {
		fprintf(stderr, "fake: %s does not start\n", h->name);
		exit(EXIT_FAILURE);
	}
	(void)snprintf(face.name, sizeof(face.name), "eth0");
	h->engine = ike_engine(p->ike);
	h->ike = p->ike;
	fake_peer_secrets(p, secrets);
	ike_set_interfaces(p->ike, &face, 1);
}

void
fake_peer_stop(struct fake_peer *p)
{
	fake_host_stop(p->host);
	fake_kernel_cut(&p->host->kernel, true);
	ike_free(p->ike);
	fake_kernel_cut(&p->host->kernel, false);
	p->ike = NULL;
}

/* ---- whack ---- */

/* The request's octets; whack's own complaints end the test. */
static struct span
build(char *command, uint8_t *buf, size_t size)
{
	char *argv[WORDS_MAX + 1] = {"whack"};
	struct option_line line;
	struct wr w = wr_of(buf, size);
	size_t n = 1;
	TEXT(why, 400);

	for (char *word = command; n < WORDS_MAX;) {
		word += strspn(word, " ");
		if (*word == '\0')
			break;
		argv[n++] = word;
		word += strcspn(word, " ");
		if (*word != '\0')
			*word++ = '\0';
	}
	if (option_parse(&line, &whack_program, argv, &why) &&
	    option_choose_form(&line, &why) && request_build(&w, &line, &why))
		return wr_span(&w);
	fprintf(stderr, "fake: whack refuses: %s\n", why.p);
	exit(EXIT_FAILURE);
}

uint32_t
fake_peer_whack(struct fake_peer *p, const char *fmt, ...)
{
	static const size_t size = REQUEST_MAX;
	uint32_t client = ++p->last_client;
	uint8_t *buf = malloc(size);
	struct request r;
	TEXT(command, COMMAND_MAX);
	TEXT(why, 400);
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&command, fmt, ap);
	va_end(ap);
	if (buf == NULL || command.cut ||
	    !request_decode(&r, build(command.p, buf, size), &why)) {
		fprintf(stderr, "fake: bad request: %s\n", why.p);
		exit(EXIT_FAILURE);
	}
	if (p->host != NULL)
		fake_kernel_turn(&p->host->kernel);
	ike_request(p->ike, &r, client);
	free(buf);
	return client;
}

bool
fake_peer_done(const struct fake_peer *p, uint32_t client)
{
	const struct fake_line *l = p->host->lines;

	while (l != NULL && !(l->client == client && l->done))
		l = l->next;
	return l != NULL;
}

int
fake_peer_status(const struct fake_peer *p, uint32_t client)
{
	int status = 0;

	for (const struct fake_line *l = p->host->lines; l != NULL;
	     l = l->next) {
		if (l->client != client || l->done || l->code == RC_COMMENT ||
		    l->code == RC_LOG)
			continue;
		status = l->code == RC_SUCCESS ? 0 : (int)l->code;
	}
	return status;
}

void
fake_peer_codes(const struct fake_peer *p, uint32_t client, struct text *out)
{
	for (const struct fake_line *l = p->host->lines; l != NULL; l = l->next)
		if (l->client == client && !l->done && l->code != RC_COMMENT &&
		    l->code != RC_LOG)
			text_add(out, "%s%03u", out->n > 0 ? " " : "", l->code);
}

unsigned
fake_peer_count(const struct fake_peer *p, enum xchg_id id)
{
	unsigned n = 0;

	for (const struct xchg *x = engine_next(p->host->engine, NULL);
	     x != NULL; x = engine_next(p->host->engine, x))
		n += xchg_def(x) == &xchg_defs[id] && xchg_established(x);
	return n;
}

bool
fake_peer_is_up(
    const struct fake_peer *p, unsigned isakmp, unsigned quick_modes)
{
	return fake_peer_count(p, XCHG_MAIN_MODE) == isakmp &&
	    fake_peer_count(p, XCHG_QUICK_MODE) == quick_modes;
}

/* ---- two of them ---- */

static const char pair_secrets[] = ": PSK \"a secret of both\"\n";

static bool
has_clients(const char *options)
{
	return strstr(options, "--tunnel") != NULL;
}

static void
load(struct fake_peer *p, const char *left, const char *options)
{
	bool clients = has_clients(options);

	(void)fake_peer_whack(p,
	    "--name t --host %s%s --to "
	    "--host 10.77.0.2%s %s",
	    left, clients ? " --client 10.1.0.0/16" : "",
	    clients ? " --client 10.2.0.0/16" : "", options);
}

void
fake_pair_load(struct fake_peer *p, const char *options)
{
	load(p, "10.77.0.1", options);
}

void
fake_pair_load_warrior(struct fake_peer *p, const char *options)
{
	load(p, "%any", options);
}

void
fake_pair_start(struct fake_pair *p, uint64_t seed, const char *secrets_left,
    const char *secrets_right)
{
	*p = (struct fake_pair){.world = fake_world_new(seed)};
	fake_peer_start(&p->left, fake_host_new(p->world, "left", "10.77.0.1"),
	    secrets_left);
	fake_peer_start(&p->right,
	    fake_host_new(p->world, "right", "10.77.0.2"), secrets_right);
}

void
fake_pair_begin(struct fake_pair *p, uint64_t seed, const char *options)
{
	fake_pair_start(p, seed, pair_secrets, pair_secrets);
	fake_pair_load(&p->left, options);
	fake_pair_load(&p->right, options);
}

void
fake_pair_end(struct fake_pair *p)
{
	if (p->left.ike != NULL)
		fake_peer_stop(&p->left);
	if (p->right.ike != NULL)
		fake_peer_stop(&p->right);
	fake_world_free(p->world);
}

/* The addresses of a packet between the two clients, or hosts. */
static bool
pair_ends(const char *options, struct addr *left, struct addr *right)
{
	bool clients = has_clients(options);

	return addr_parse(left, clients ? "10.1.0.1" : "10.77.0.1") &&
	    addr_parse(right, clients ? "10.2.0.1" : "10.77.0.2");
}

enum fake_fate
fake_pair_packet(
    struct fake_pair *p, bool from_left, const char *options, struct text *why)
{
	struct fake_kernel *l = &p->left.host->kernel;
	struct fake_kernel *r = &p->right.host->kernel;
	struct addr left, right;

	if (!pair_ends(options, &left, &right))
		return FAKE_DROPPED;
	return from_left ? fake_packet(l, r, &left, &right, why)
			 : fake_packet(r, l, &right, &left, why);
}

enum fake_fate
fake_pair_probe(const struct fake_pair *p, bool from_left, const char *options,
    struct text *why)
{
	const struct fake_kernel *l = &p->left.host->kernel;
	const struct fake_kernel *r = &p->right.host->kernel;
	struct addr left, right;

	if (!pair_ends(options, &left, &right))
		return FAKE_DROPPED;
	return from_left ? fake_probe(l, r, &left, &right, why)
			 : fake_probe(r, l, &right, &left, why);
}
