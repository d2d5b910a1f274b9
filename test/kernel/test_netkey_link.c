/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of test_netkey: both ends of a link of one or more SAs in each
 * direction, for pings through it (netkey.sh).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "test/kernel/netkey_bench.h"

#define NONE 0xff
#define LAYERS 3
#define PINGS 3

/* What is asked for, seen from the left side. */
struct cell {
	size_t n;
	uint8_t protocol[LAYERS]; /* innermost first */
	enum kernel_mode mode;
	struct addr gateway[2];  /* left, right */
	struct subnet client[2]; /* inside */
};

static const struct {
	const char *name;
	uint8_t protocol;
} names[] = {
    {"ah", PROTOCOL_AH},
    {"esp", PROTOCOL_ESP},
    {"comp", PROTOCOL_IPCOMP},
};

/* "ah+esp": innermost first, it ends behind the last one. */
static void
read_protocols(struct cell *c, const char *text)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(text, names[i].name) != NULL)
			c->protocol[c->n++] = names[i].protocol;
	for (size_t i = 0; i < c->n / 2; i++) {
		uint8_t outer = c->protocol[i];

		c->protocol[i] = c->protocol[c->n - 1 - i];
		c->protocol[c->n - 1 - i] = outer;
	}
}

static struct cell
cell_of(const char *const *what)
{
	bool v6 = *what[2] == '6', inner6 = *what[3] == '6';
	struct cell c = {.mode = strcmp(what[1], "tunnel") == 0
		? KERNEL_TUNNEL
		: KERNEL_TRANSPORT};

	read_protocols(&c, what[0]);
	c.gateway[0] = sample_addr(v6 ? "fd77::1" : LEFT);
	c.gateway[1] = sample_addr(v6 ? "fd77::2" : RIGHT);
	for (size_t i = 0; i < 2; i++)
		c.client[i] = subnet_host(&c.gateway[i]);
	if (c.mode == KERNEL_TUNNEL) {
		c.client[0] =
		    sample_subnet(inner6 ? "fd78:1::/64" : "10.78.1.0/24");
		c.client[1] =
		    sample_subnet(inner6 ? "fd78:2::/64" : "10.78.2.0/24");
	}
	return c;
}

/* Only the innermost SA has the mode; around it there is transport mode. */
static enum kernel_mode
layer_mode(const struct cell *c, size_t layer)
{
	return layer == 0 ? c->mode : KERNEL_TRANSPORT;
}

/* Away from side 'from', 0 or 1. */
static uint32_t
layer_spi(size_t layer, size_t from)
{
	return (uint32_t)(0x1000 * (from + 1) + layer);
}

static struct kernel_sa
layer_sa(const struct cell *c, size_t layer, size_t from, bool outbound)
{
	struct kernel_sa sa = {
	    .protocol = c->protocol[layer],
	    .mode = (uint8_t)layer_mode(c, layer),
	    .dir = outbound ? KERNEL_OUT : KERNEL_IN,
	    .spi = layer_spi(layer, from),
	    .src = c->gateway[from],
	    .dst = c->gateway[1 - from],
	    .reqid = REQID,
	    .cipher = NONE,
	    .auth = NONE,
	    .replay_window = 32,
	    .src_sel = c->client[from],
	    .dst_sel = c->client[1 - from],
	};

	if (sa.protocol == PROTOCOL_ESP) {
		sa.cipher = CIPHER_AES_CBC;
		sa.cipher_key = sample_key(32);
	}
	if (sa.protocol != PROTOCOL_IPCOMP) {
		sa.auth = HASH_SHA2_256;
		sa.auth_key = sample_key(32);
	}
	return sa;
}

static struct kernel_policy
cell_policy(const struct cell *c, size_t from, bool outbound)
{
	struct kernel_policy p = {
	    .dir = outbound ? KERNEL_OUT : KERNEL_IN,
	    .action = KERNEL_PROTECT,
	    .src = c->client[from],
	    .dst = c->client[1 - from],
	    .priority = 2000,
	    .n_tmpl = (uint8_t)c->n,
	};

	for (size_t i = 0; i < c->n; i++)
		p.tmpl[i] = (struct kernel_tmpl){
		    .protocol = c->protocol[i],
		    .mode = (uint8_t)layer_mode(c, i),
		    .spi = outbound ? layer_spi(i, from) : 0,
		    .reqid = REQID,
		    .src = c->gateway[from],
		    .dst = c->gateway[1 - from],
		};
	return p;
}

int
link_up(struct bench *t, bool left, const char *const *what)
{
	struct cell c = cell_of(what);
	size_t us = left ? 0 : 1;
	struct kernel_sa sas[2 * LAYERS];
	struct kernel_policy ps[] = {
	    cell_policy(&c, us, true), cell_policy(&c, 1 - us, false)};
	TEXT(why, 512);

	for (size_t i = 0; i < c.n; i++) {
		sas[2 * i] = layer_sa(&c, i, us, true);
		sas[2 * i + 1] = layer_sa(&c, i, 1 - us, false);
	}
	return bench_installs(t, 0, sas, 2 * c.n, ps, 2, &why) ? 0 : 1;
}

int
link_trap(struct bench *t)
{
	static const char *const what[] = {"esp", "transport", "6", "6"};
	struct cell c = cell_of(what);
	struct kernel_policy p = cell_policy(&c, 0, true);
	TEXT(why, 512);

	p.action = KERNEL_TRAP;
	p.tmpl[0].spi = 0;
	return bench_installs(t, 0, NULL, 0, &p, 1, &why) ? 0 : 1;
}

int
link_used(struct bench *t, const char *const *what)
{
	struct cell c = cell_of(what);
	uint64_t now = (uint64_t)time(NULL);
	int unused = 0;

	for (size_t i = 0; i < 2 * c.n; i++) {
		size_t from = i % 2;
		struct kernel_usage use = {.packets = 0};
		int r = t->k.usage(t->k.ctx, &c.gateway[1 - from],
		    c.protocol[i / 2], layer_spi(i / 2, from), &use);

		printf("protocol %u from side %zu: %d, %" PRIu64
		       " octets, %" PRIu64 " packets, used at %" PRIu64
		       ", now %" PRIu64 "\n",
		    c.protocol[i / 2], from, r, use.bytes, use.packets,
		    use.use_time_s, now);
		unused += r != 0 || use.packets != PINGS ||
		    use.bytes < PINGS * 84 || use.use_time_s > now ||
		    use.use_time_s + 60 < now;
	}
	return unused == 0 ? 0 : 1;
}

/* What there is to be deleted; a list must not be changed from within. */
struct found {
	size_t n;
	struct kernel_seen v[2 * LAYERS + 2];
};

/* kernel_seen_fn */
static void
find(void *arg, const struct kernel_seen *seen)
{
	struct found *f = arg;

	if (f->n == sizeof(f->v) / sizeof(f->v[0]))
		abort();
	f->v[f->n++] = *seen;
}

int
link_down(struct bench *t)
{
	struct found f = {.n = 0};
	TEXT(why, 512);
	int r = t->k.list(t->k.ctx, REQID, REQID, find, &f, &why);

	for (size_t i = 0; i < f.n && r == 0; i++) {
		const struct kernel_seen *s = &f.v[i];

		if (s->kind == KERNEL_SEEN_LARVAL)
			continue;
		if (s->kind == KERNEL_SEEN_POLICY)
			r = t->k.delete_policy(t->k.ctx, &s->policy, &why);
		else
			r = t->k.delete_sa(
			    t->k.ctx, &s->dst, s->protocol, s->spi, &why);
	}
	printf("%zu found, %s\n", f.n, why.p);
	return r == 0 && f.n > 0 ? 0 : 1;
}
