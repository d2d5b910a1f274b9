/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine and IKE's policy in a fake host; requests by whack's own code. */
#include "test/pluto/pluto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/control.gen.h"
#include "whack/whack.h"

enum { WORDS_MAX = 100, LINE_MAX_LEN = 2000 };

static _Noreturn void
fatal(const char *doing, const char *why)
{
	fprintf(stderr, "pluto: cannot %s: %s\n", doing, why);
	exit(EXIT_FAILURE);
}

/* ---- secrets ------------------------------------------------------------- */

static bool
no_include(void *ctx, struct secrets *s, const char *pattern, const char *from,
    unsigned depth)
{
	(void)ctx;
	(void)s;
	(void)pattern;
	(void)from;
	(void)depth;
	return false;
}

static bool
no_names(void *ctx, const char *name, struct addr *out)
{
	(void)ctx;
	(void)name;
	(void)out;
	return false;
}

static void
complain(void *ctx, const char *text)
{
	(void)ctx;
	fatal("read the secrets", text);
}

static void
set_secrets(struct pluto *p, const char *text)
{
	static const struct secrets_source source = {
		.include = no_include, .resolve = no_names,
		.complain = complain,
	};
	struct secrets *s = secrets_new();

	if (s == NULL)
		fatal("read the secrets", "out of memory");
	(void)secrets_add(s, span_str(text), "ipsec.secrets", 0, &source);
	ike_set_secrets_take(p->ike, s);
}

/* ---- life ---------------------------------------------------------------- */

void
pluto_start(struct pluto *p, struct fake_host *h, const char *secrets)
{
	struct ike_interface only = {.name = "fake0", .port = FAKE_PORT};

	only.a = h->at.a;
	p->host = h;
	p->kernel = fake_kernel_door(&h->kernel);
	p->ike = ike_new(&h->env, &p->kernel);
	if (p->ike == NULL)
		fatal("start", "out of memory");
	h->engine = ike_engine(p->ike);
	ike_set_interfaces(p->ike, &only, 1);
	set_secrets(p, secrets);
}

void
pluto_stop(struct pluto *p)
{
	fake_host_stop(p->host);
	ike_free(p->ike);
	p->ike = NULL;
}

/* ---- whack --------------------------------------------------------------- */

/* Words to argv, whose first one is whack's name. */
static void
split(char *line, char **argv)
{
	size_t n = 0;

	argv[n++] = line; /* the parser looks behind it only */
	for (char *p = line; *p != '\0' && n < WORDS_MAX;) {
		argv[n++] = p;
		p += strcspn(p, " ");
		if (*p == ' ')
			*p++ = '\0';
	}
	argv[n] = NULL;
}

/* What whack would send. */
static struct span
request_octets(const char *line, uint8_t *buf, struct text *why)
{
	char copy[LINE_MAX_LEN], *argv[WORDS_MAX + 1];
	struct option_line l;
	struct wr w = wr_of(buf, REQUEST_MAX);

	(void)snprintf(copy, sizeof(copy), "%s", line);
	split(copy, argv);
	if (!option_parse(&l, &whack_program, argv, why) ||
	    !option_choose_form(&l, why) || !request_build(&w, &l, why))
		fatal(line, why->p);
	return wr_span(&w);
}

void
pluto_whack(struct pluto *p, uint32_t client, const char *line)
{
	uint8_t buf[REQUEST_MAX];
	struct request r;
	TEXT(why, 400);

	if (!request_decode(&r, request_octets(line, buf, &why), &why))
		fatal(line, why.p);
	ike_request(p->ike, &r, client);
}
