/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of test_netkey: what netkey tells of the kernel's tables, of what the
 * kernel can do, and of what others change in them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/enums.gen.h"
#include "test/kernel/netkey_bench.h"

/* What kernel.list told. */
struct seen {
	size_t n;
	struct kernel_seen last[8];
	size_t sas, larval, policies;
	uint64_t spi_sum;
	bool mixed; /* an SA behind a policy */
};

/* kernel_seen_fn */
static void
remember(void *arg, const struct kernel_seen *seen)
{
	struct seen *s = arg;

	s->last[s->n++ % 8] = *seen;
	s->mixed =
	    s->mixed || (seen->kind != KERNEL_SEEN_POLICY && s->policies > 0);
	s->sas += seen->kind == KERNEL_SEEN_SA;
	s->larval += seen->kind == KERNEL_SEEN_LARVAL;
	s->policies += seen->kind == KERNEL_SEEN_POLICY;
	s->spi_sum += seen->spi;
}

static struct seen
list(struct bench *t, uint32_t first, uint32_t last)
{
	struct seen s = {.n = 0};
	TEXT(why, 512);
	int r = t->k.list(t->k.ctx, first, last, remember, &s, &why);

	bench_check(
	    t, r == 0, "list reqids %u..%u: %d %s", first, last, r, why.p);
	return s;
}

static bool
same_policy(const struct kernel_policy *a, const struct kernel_policy *b)
{
	return a->dir == b->dir && a->action == b->action &&
	    subnet_equal(&a->src, &b->src) && subnet_equal(&a->dst, &b->dst) &&
	    a->priority == b->priority && a->n_tmpl == b->n_tmpl &&
	    a->tmpl[0].protocol == b->tmpl[0].protocol &&
	    a->tmpl[0].mode == b->tmpl[0].mode &&
	    a->tmpl[0].spi == b->tmpl[0].spi &&
	    a->tmpl[0].reqid == b->tmpl[0].reqid &&
	    addr_equal(&a->tmpl[0].src, &b->tmpl[0].src) &&
	    addr_equal(&a->tmpl[0].dst, &b->tmpl[0].dst);
}

static void
test_list_tells_what_can_be_deleted(struct bench *t)
{
	struct kernel_sa sas[] = {
	    sample_esp(0x1001, RIGHT, LEFT), sample_esp(0x2002, LEFT, RIGHT)};
	struct kernel_policy ps[] = {sample_tunnel_out(), sample_tunnel_in()};
	struct seen s;
	TEXT(why, 512);

	ps[0].tmpl[0].spi = 0x2002;
	bench_check(t, bench_installs(t, 0, sas, 2, ps, 2, &why),
	    "two SAs and policies");
	s = list(t, REQID, REQID);
	bench_check(t, s.sas == 2 && s.policies == 2 && s.n == 4 && !s.mixed,
	    "two SAs, then two policies: 'fwd' goes with 'in'");
	bench_check(t, s.spi_sum == 0x3003, "the SPIs are theirs");
	for (size_t i = 0; i < 4; i++) {
		struct kernel_seen *one = &s.last[i];
		int r = one->kind == KERNEL_SEEN_POLICY
		    ? t->k.delete_policy(t->k.ctx, &one->policy, &why)
		    : t->k.delete_sa(
			  t->k.ctx, &one->dst, one->protocol, one->spi, &why);

		bench_check(
		    t, r == 0 && one->reqid == REQID, "delete what %zu is", i);
		if (one->kind == KERNEL_SEEN_POLICY)
			bench_check(t,
			    same_policy(&one->policy,
				&ps[one->policy.dir == KERNEL_IN]),
			    "the policy is as it went in");
	}
	bench_check_nothing_left(t, "deleting what was listed");
}

static void
test_list_is_of_some_reqids(struct bench *t)
{
	struct kernel_sa sas[] = {sample_esp(0x1001, RIGHT, LEFT),
	    sample_esp(0x1002, RIGHT, LEFT), sample_esp(0x1003, RIGHT, LEFT)};
	struct kernel_policy pass =
	    sample_policy(KERNEL_OUT, KERNEL_PASS, "10.78.1.0/24", RIGHT "/32");
	struct seen s;
	TEXT(why, 512);

	sas[1].reqid = REQID + 1;
	sas[2].reqid = REQID + 2;
	bench_check(t, bench_installs(t, 0, sas, 3, &pass, 1, &why),
	    "three SAs, and a policy without one");
	s = list(t, REQID + 1, REQID + 2);
	bench_check(t, s.sas == 2 && s.spi_sum == 0x2005 && s.policies == 0,
	    "two of them");
	s = list(t, REQID + 3, UINT32_MAX);
	bench_check(t, s.n == 0, "none");
	bench_flush();
}

static void
test_list_tells_of_larval_sas(struct bench *t)
{
	struct kernel_policy trap = sample_tunnel_out();
	char out[512];
	struct seen s;
	TEXT(why, 512);

	trap.action = KERNEL_TRAP;
	bench_check(t, bench_installs(t, 0, NULL, 0, &trap, 1, &why), "a trap");
	bench_command(
	    out, sizeof(out), "ping -c 1 -W 1 -I 10.78.1.1 10.78.2.1 2>&1");
	s = list(t, REQID, REQID);
	bench_check(t, s.larval == 1 && s.sas == 0 && s.policies == 1,
	    "a packet has met the trap");
	bench_check(t,
	    s.last[0].kind == KERNEL_SEEN_LARVAL && s.last[0].spi == 0 &&
		s.last[0].protocol == PROTOCOL_ESP,
	    "its SA has no SPI yet");
	bench_flush();
}

/* In IPv6 a policy of two hosts has parts for neighbour discovery. */
static void
test_neighbour_discovery_goes_with_its_policy(struct bench *t)
{
	struct kernel_policy ps[] = {
	    sample_with_tmpl(sample_policy(KERNEL_OUT, KERNEL_TRAP,
				 "fd77::1/128", "fd77::2/128"),
		KERNEL_TRANSPORT, "fd77::1", "fd77::2"),
	    sample_with_tmpl(sample_policy(KERNEL_IN, KERNEL_PROTECT,
				 "fd77::2/128", "fd77::1/128"),
		KERNEL_TUNNEL, "fd77::2", "fd77::1"),
	};
	struct seen s;
	TEXT(why, 512);

	bench_check(
	    t, bench_installs(t, 0, NULL, 0, ps, 2, &why), "IPv6 hosts");
	bench_check_output(t, "asking and telling come before the others",
	    "ip -6 xfrm policy",
	    WORDS("src fd77::1/128 dst fd77::2/128 proto ipv6-icmp type 135",
		"src fd77::2/128 dst fd77::1/128 proto ipv6-icmp type 136",
		"dir out priority 2000", "dir out priority 1999",
		"dir in priority 1999", "level use"));
	s = list(t, REQID, REQID);
	bench_check(t, s.policies == 2 && s.n == 2, "two policies");
	for (size_t i = 0; i < 2; i++)
		bench_check(t, t->k.delete_policy(t->k.ctx, &ps[i], &why) == 0,
		    "delete policy %zu", i);
	bench_check_nothing_left(t, "deleting");
}

/* Many parts of a list: none may be missing. */
static void
test_list_is_whole_however_long(struct bench *t)
{
	enum { MANY = 10000 };
	struct kernel_sa sa = sample_esp(0, RIGHT, LEFT);
	struct kernel_policy p = sample_tunnel_out();
	size_t failed = 0;
	struct seen s;
	TEXT(why, 512);

	for (uint32_t i = 0; i < MANY; i++) {
		sa.spi = 0x10000 + i;
		p.dst.a.b[1] = (uint8_t)(100 + i / 256);
		p.dst.a.b[2] = (uint8_t)i;
		failed += t->k.install(t->k.ctx, &sa, 1, &p, 1, &why) != 0;
	}
	bench_check(t, failed == 0, "%d SAs and policies", MANY);
	s = list(t, REQID, REQID);
	bench_check(t, s.sas == MANY && s.policies == MANY,
	    "listed %zu SAs and %zu policies", s.sas, s.policies);
	bench_check(t,
	    s.spi_sum ==
		(uint64_t)MANY * 0x10000 + (uint64_t)MANY * (MANY - 1) / 2,
	    "each SA once");
	bench_flush();
}

static void
test_supports_asks_and_leaves_nothing(struct bench *t)
{
	static const uint8_t protocols[] = {
	    PROTOCOL_AH, PROTOCOL_ESP, PROTOCOL_IPCOMP};
	TEXT(why, 512);

	for (size_t i = 0; i < sizeof(protocols); i++) {
		bench_check(t,
		    t->k.supports(t->k.ctx, protocols[i], ADDR_V4, &why) == 0,
		    "protocol %u over IPv4", protocols[i]);
		bench_check(t,
		    t->k.supports(t->k.ctx, protocols[i], ADDR_V6, &why) == 0,
		    "protocol %u over IPv6", protocols[i]);
	}
	bench_check(t, why.n == 0, "there is nothing to explain: %s", why.p);
	bench_check(t, t->k.supports(t->k.ctx, 77, ADDR_V4, &why) < 0,
	    "no other protocol");
	bench_check_why(t, "it says so", &why, WORDS("protocol 77"));
	bench_check_nothing_left(t, "asking");
}

/* How many events of a kind there are now, and the reqid of the last one. */
static unsigned
count_events(struct bench *t, enum kernel_event_kind kind, uint32_t *reqid)
{
	struct kernel_event ev;
	unsigned n = 0;

	while (netkey_event(t->nk, &ev)) {
		if (ev.kind != kind)
			continue;
		n++;
		*reqid = ev.reqid;
	}
	return n;
}

static void
test_own_changes_are_no_events(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x1001, RIGHT, LEFT);
	struct kernel_policy p = sample_tunnel_in();
	struct kernel_event ev;
	TEXT(why, 512);

	while (netkey_event(t->nk, &ev))
		continue;
	bench_check(t,
	    bench_installs(t, 0, &sa, 1, &p, 1, &why) &&
		t->k.delete_policy(t->k.ctx, &p, &why) == 0 &&
		t->k.delete_sa(t->k.ctx, &sa.dst, PROTOCOL_ESP, 0x1001, &why) ==
		    0,
	    "set up and delete");
	bench_check(t, !netkey_event(t->nk, &ev), "no event");
}

static void
test_deletions_by_others_are_events(struct bench *t)
{
	static const struct {
		const char *what, *command;
		unsigned n;
		uint32_t reqid;
	} changes[] = {
	    {"an SA",
		"ip xfrm state delete src " RIGHT " dst " LEFT
		" proto esp spi 0x1001",
		1, REQID},
	    {"a policy",
		"ip xfrm policy delete src 10.78.2.0/24 dst 10.78.1.0/24 "
		"dir in",
		1, REQID},
	    {"all SAs", "ip xfrm state flush", 1, 0},
	    {"all policies", "ip xfrm policy flush", 1, 0},
	    {"nothing", "ip xfrm state flush; ip xfrm policy flush", 0, 0},
	};
	struct kernel_sa sas[] = {
	    sample_esp(0x1001, RIGHT, LEFT), sample_esp(0x2002, LEFT, RIGHT)};
	struct kernel_policy ps[] = {sample_tunnel_out(), sample_tunnel_in()};
	TEXT(why, 512);

	bench_check(t, bench_installs(t, 0, sas, 2, ps, 2, &why), "a tunnel");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint32_t reqid = 0;
		unsigned n;
		char out[512];

		bench_command(out, sizeof(out), changes[i].command);
		n = count_events(t, KERNEL_FLUSHED, &reqid);
		bench_check(t, n == changes[i].n && reqid == changes[i].reqid,
		    "somebody deletes %s: %u event(s), reqid %u",
		    changes[i].what, n, reqid);
	}
	bench_check_nothing_left(t, "others' deletions");
}

/* The end of an SA is told once, as that. */
static void
test_hard_limit_is_no_deletion(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x7002, RIGHT, LEFT);
	struct kernel_event ev;
	unsigned expired = 0, flushed = 0;
	TEXT(why, 512);

	sa.hard_s = 1;
	bench_check(
	    t, bench_installs(t, 0, &sa, 1, NULL, 0, &why), "one second");
	sleep(3);
	while (netkey_event(t->nk, &ev)) {
		expired += ev.kind == KERNEL_EXPIRE && ev.hard;
		flushed += ev.kind == KERNEL_FLUSHED;
	}
	bench_check(t, expired == 1 && flushed == 0,
	    "its end is %u expiry and %u deletion(s)", expired, flushed);
	bench_check_nothing_left(t, "the hard limit");
}

void
tests_of_tables(struct bench *t)
{
	static void (*const tests[])(struct bench *) = {
	    test_list_tells_what_can_be_deleted,
	    test_list_is_of_some_reqids,
	    test_list_tells_of_larval_sas,
	    test_neighbour_discovery_goes_with_its_policy,
	    test_list_is_whole_however_long,
	    test_supports_asks_and_leaves_nothing,
	    test_own_changes_are_no_events,
	    test_deletions_by_others_are_events,
	    test_hard_limit_is_no_deletion,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i](t);
}
