/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netkey against a real kernel.  Runs as root on one side of lib.sh's topology;
 * results are TAP lines.  What netkey set up is looked up with iproute2, which
 * shares no code with it.
 *
 * test_netkey                 all tests, on the left side
 * test_netkey link SIDE WHAT  set up one end of a link, for pings (netkey.sh)
 * test_netkey trap            set up a trap on the left side
 * test_netkey used WHAT       true when three pings went through it either way
 * test_netkey down            take it down
 *
 * WHAT is "PROTOCOLS MODE OUTER INNER", as link_up() says.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "test/kernel/netkey_bench.h"

#define NONE 0xff

static void
test_install_sets_up_a_tunnel(struct bench *t)
{
	struct kernel_sa sas[] = {
	    sample_esp(0x1001, RIGHT, LEFT), sample_esp(0x2002, LEFT, RIGHT)};
	struct kernel_policy ps[] = {sample_tunnel_out(), sample_tunnel_in()};
	struct kernel_usage use = {.bytes = 1};
	struct addr left = sample_addr(LEFT);
	TEXT(why, 512);

	bench_check(t, bench_installs(t, 0, sas, 2, ps, 2, &why),
	    "two SAs and policies");
	bench_check_output(t, "the inbound SA is as asked for",
	    "ip xfrm state get src " RIGHT " dst " LEFT " proto esp spi 0x1001",
	    WORDS("reqid 16385 mode tunnel", "replay-window 32",
		"auth-trunc hmac(sha1) "
		"0x0102030405060708090a0b0c0d0e0f1011121314 96",
		"enc cbc(des3_ede) "
		"0x0102030405060708090a0b0c0d0e0f10"
		"1112131415161718"));
	bench_check_output(t, "its lifetimes are unlimited", "ip -s xfrm state",
	    WORDS("limit: soft (INF)(bytes), hard (INF)(bytes)",
		"expire add: soft 0(sec), hard 0(sec)"));
	bench_check_output(t, "the three policies are as asked for",
	    "ip -s xfrm policy",
	    WORDS("src 10.78.1.0/24 dst 10.78.2.0/24", "dir out", "dir in",
		"dir fwd", "priority 2000", "action allow",
		"tmpl src " RIGHT " dst " LEFT, "tmpl src " LEFT " dst " RIGHT,
		"reqid 16385", "mode tunnel"));
	bench_check(t,
	    t->k.usage(t->k.ctx, &left, PROTOCOL_ESP, 0x1001, &use) == 0 &&
		use.bytes == 0 && use.packets == 0 && use.use_time_s == 0,
	    "a new SA is unused");
	for (size_t i = 0; i < 2; i++) {
		bench_check(t, t->k.delete_policy(t->k.ctx, &ps[i], &why) == 0,
		    "delete policy %zu", i);
		bench_check(t,
		    t->k.delete_sa(t->k.ctx, &sas[i].dst, PROTOCOL_ESP,
			sas[i].spi, &why) == 0,
		    "delete SA %zu", i);
	}
	bench_check_nothing_left(t, "deleting");
}

static void
test_absent_is_no_error_to_delete(struct bench *t)
{
	struct kernel_policy p = sample_tunnel_in();
	struct addr left = sample_addr(LEFT);
	struct kernel_usage use;

	bench_check(t,
	    t->k.delete_sa(t->k.ctx, &left, PROTOCOL_ESP, 0x7777, NULL) == 0,
	    "delete an SA that is not there");
	bench_check(t, t->k.delete_policy(t->k.ctx, &p, NULL) == 0,
	    "delete policies that are not there");
	bench_check(t,
	    t->k.usage(t->k.ctx, &left, PROTOCOL_ESP, 0x7777, &use) == -ESRCH,
	    "usage of an SA that is not there is ESRCH");
}

static void
test_every_algorithm_is_in_the_kernel(struct bench *t)
{
	for (uint8_t c = 0; c < N_CIPHERS; c++) {
		for (uint8_t h = 0; h < N_HASHES; h++) {
			size_t n = alg_ciphers[c].n_keys;
			struct kernel_sa sa =
			    sample_esp(0x3000u + c * 16u + h, LEFT, RIGHT);
			TEXT(why, 512);

			sa.cipher = c;
			sa.cipher_key =
			    sample_key(alg_ciphers[c].key[n - 1] / 8u);
			sa.auth = h;
			sa.auth_key = sample_key(alg_hashes[h].size);
			bench_check(t,
			    bench_installs(t, 0, &sa, 1, NULL, 0, &why),
			    "%s with %s", alg_ciphers[c].name,
			    alg_hashes[h].name);
		}
	}
	bench_check_output(t, "SHA2 is cut to half its length", "ip xfrm state",
	    WORDS("hmac(sha256) 0x0102030405060708090a0b0c0d0e0f10"
		  "1112131415161718191a1b1c1d1e1f20 128",
		"3132333435363738393a3b3c3d3e3f40 256"));
	bench_flush();
}

static void
test_ah_ipcomp_and_transport(struct bench *t)
{
	struct kernel_sa ah = sample_esp(0x4001, LEFT, RIGHT);
	struct kernel_sa comp = sample_esp(0x1234, LEFT, RIGHT);
	TEXT(why, 512);

	ah.protocol = PROTOCOL_AH;
	ah.cipher = NONE;
	ah.mode = KERNEL_TRANSPORT;
	ah.src_sel = sample_subnet(LEFT "/32");
	ah.dst_sel = sample_subnet(RIGHT "/32");
	ah.replay_window = 64;
	bench_check(t, bench_installs(t, 0, &ah, 1, NULL, 0, &why),
	    "AH, transport mode");
	bench_check_output(t,
	    "it has its selector, the larger window, and no padding",
	    "ip xfrm state list proto ah",
	    WORDS("mode transport", "flag align4",
		"sel src " LEFT "/32 dst " RIGHT "/32", "replay_window 64"));
	comp.protocol = PROTOCOL_IPCOMP;
	comp.cipher = comp.auth = NONE;
	bench_check(t, bench_installs(t, 0, &comp, 1, NULL, 0, &why), "IPCOMP");
	bench_check_output(t, "it compresses", "ip xfrm state list proto comp",
	    WORDS("comp deflate"));
	bench_flush();
}

static void
test_ipv6_inside_ipv4(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x4102, LEFT, RIGHT);
	struct kernel_policy p =
	    sample_with_tmpl(sample_policy(KERNEL_OUT, KERNEL_PROTECT,
				 "fd78:1::/64", "fd78:2::/64"),
		KERNEL_TUNNEL, LEFT, RIGHT);
	TEXT(why, 512);

	bench_check(
	    t, bench_installs(t, 0, &sa, 1, &p, 1, &why), "IPv6 inside IPv4");
	bench_check_output(t, "its policy is IPv6", "ip -6 xfrm policy",
	    WORDS("src fd78:1::/64 dst fd78:2::/64",
		"tmpl src " LEFT " dst " RIGHT));
	bench_flush();
}

static void
test_wrong_keys_are_explained(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x5001, LEFT, RIGHT);
	TEXT(cipher, 512);
	TEXT(auth, 512);

	sa.cipher_key = sample_key(16);
	bench_check(t, bench_installs(t, -EINVAL, &sa, 1, NULL, 0, &cipher),
	    "3DES with a short key is refused");
	bench_check_why(t, "it says what it takes", &cipher,
	    WORDS("cannot add ESP SA 0x00005001 " LEFT " -> " RIGHT, "128 bits",
		"3DES_CBC takes 192"));
	sa.cipher_key = sample_key(24);
	sa.auth_key = sample_key(16);
	bench_check(t, bench_installs(t, -EINVAL, &sa, 1, NULL, 0, &auth),
	    "SHA1 with a short key is refused");
	bench_check_why(
	    t, "it says what it takes", &auth, WORDS("SHA1 takes 160"));
	bench_check_nothing_left(t, "wrong keys");
}

static void
test_duplicate_spi_undoes_the_batch(struct bench *t)
{
	struct kernel_sa first = sample_esp(0x6001, LEFT, RIGHT);
	struct kernel_sa sas[] = {sample_esp(0x6002, RIGHT, LEFT), first,
	    sample_esp(0x6003, LEFT, RIGHT)};
	struct kernel_policy ps[] = {sample_tunnel_out()};
	TEXT(why, 512);

	bench_check(
	    t, bench_installs(t, 0, &first, 1, NULL, 0, &why), "one SA");
	bench_check(t, bench_installs(t, -EEXIST, sas, 3, ps, 1, &why),
	    "the same SPI again is refused");
	bench_check_why(t, "it says which", &why,
	    WORDS("ESP SA 0x00006001", "outbound", "3DES_CBC-192",
		"File exists", "ip xfrm state"));
	bench_check(t,
	    t->k.delete_sa(t->k.ctx, &first.dst, PROTOCOL_ESP, 0x6001, NULL) ==
		0,
	    "the first one is still there");
	bench_check_nothing_left(t, "a refused batch");
}

static void
test_refused_policy_restores_the_old_ones(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x6101, LEFT, RIGHT);
	struct kernel_policy old = sample_tunnel_out();
	struct kernel_policy ps[] = {
	    sample_tunnel_in(), sample_tunnel_out(), sample_tunnel_out()};
	TEXT(why, 512);

	old.action = KERNEL_TRAP;
	bench_check(t, bench_installs(t, 0, NULL, 0, &old, 1, &why), "a trap");
	ps[1].priority = 77;
	ps[2].dst = sample_subnet("10.99.0.0/16");
	ps[2].tmpl[0].protocol = 77;
	bench_check(t, bench_installs(t, -EINVAL, &sa, 1, ps, 3, &why),
	    "a policy with an unknown protocol is refused");
	bench_check_why(t, "it says which, and what the kernel answered", &why,
	    WORDS("cannot set up outbound policy 10.78.1.0/24 -> "
		  "10.99.0.0/16",
		"Invalid argument"));
	bench_check_output(t, "the trap is there again", "ip xfrm policy",
	    WORDS("dir out priority 2000"));
	bench_check(t, t->k.delete_policy(t->k.ctx, &old, &why) == 0,
	    "delete the trap");
	bench_check_nothing_left(t, "a refused policy");
}

static void
test_replacing_a_policy_is_no_error(struct bench *t)
{
	struct kernel_policy p = sample_tunnel_in();
	TEXT(why, 512);

	bench_check(
	    t, bench_installs(t, 0, NULL, 0, &p, 1, &why), "set up a policy");
	p.priority = 99;
	bench_check(
	    t, bench_installs(t, 0, NULL, 0, &p, 1, &why), "set it up again");
	bench_check_output(t, "the second is there", "ip xfrm policy",
	    WORDS("dir in priority 99", "dir fwd priority 99"));
	bench_check(
	    t, t->k.delete_policy(t->k.ctx, &p, &why) == 0, "delete it");
	bench_check_nothing_left(t, "replacing and deleting");
}

/* Wait for an event of this kind. */
static bool
wait_event(
    struct bench *t, enum kernel_event_kind kind, struct kernel_event *ev)
{
	struct pollfd p = {netkey_event_fd(t->nk), POLLIN, 0};

	for (int i = 0; i < 50; i++) {
		while (netkey_event(t->nk, ev)) {
			if (ev->kind == kind)
				return true;
		}
		poll(&p, 1, 100);
	}
	return false;
}

static void
test_trap_reports_a_packet(struct bench *t)
{
	struct kernel_policy trap = sample_tunnel_out();
	struct kernel_event ev = {.kind = KERNEL_LOST};
	struct addr from = sample_addr("10.78.1.1"),
		    to = sample_addr("10.78.2.1");
	char out[512];
	TEXT(why, 512);

	trap.action = KERNEL_TRAP;
	bench_check(t, bench_installs(t, 0, NULL, 0, &trap, 1, &why), "a trap");
	bench_command(
	    out, sizeof(out), "ping -c 1 -W 1 -I 10.78.1.1 10.78.2.1 2>&1");
	if (bench_check(
		t, wait_event(t, KERNEL_ACQUIRE, &ev), "a ping reports"))
		bench_check(t,
		    addr_equal(&ev.src, &from) && addr_equal(&ev.dst, &to) &&
			ev.reqid == REQID && ev.ip_protocol == IPPROTO_ICMP,
		    "it says from where to where, and for which trap");
	bench_flush();
}

static void
test_sa_reports_its_end(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x7001, RIGHT, LEFT);
	struct kernel_event ev = {.kind = KERNEL_LOST};
	bool same;
	TEXT(why, 512);

	sa.soft_s = 1;
	sa.hard_s = 2;
	bench_check(
	    t, bench_installs(t, 0, &sa, 1, NULL, 0, &why), "a short-lived SA");
	bench_check(
	    t, wait_event(t, KERNEL_EXPIRE, &ev) && !ev.hard, "soft limit");
	same = wait_event(t, KERNEL_EXPIRE, &ev) && ev.hard;
	bench_check(t, same, "hard limit");
	bench_check(t,
	    ev.spi == 0x7001 && ev.protocol == PROTOCOL_ESP &&
		addr_equal(&ev.sa_dst, &sa.dst) && ev.reqid == REQID,
	    "it says which SA");
	bench_check_nothing_left(t, "the hard limit");
}

static void
test_too_many_events_say_so(struct bench *t)
{
	/* Transport mode: each destination wishes for an SA of its own. */
	struct kernel_policy trap =
	    sample_with_tmpl(sample_policy(KERNEL_OUT, KERNEL_TRAP,
				 "10.78.1.1/32", "10.78.0.0/15"),
		KERNEL_TRANSPORT, LEFT, RIGHT);
	struct kernel_event ev = {.kind = KERNEL_ACQUIRE};
	struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned seen = 0, lost = 0;
	char out[512];
	TEXT(why, 512);

	trap.tmpl[0].src = trap.tmpl[0].dst = (struct addr){.family = 0};
	bench_command(
	    out, sizeof(out), "ip route add 10.79.0.0/16 via 10.77.0.2");
	bench_check(
	    t, bench_installs(t, 0, NULL, 0, &trap, 1, &why), "a wide trap");
	inet_pton(AF_INET, "10.78.1.1", &from.sin_addr);
	bench_check(
	    t, bind(s, (struct sockaddr *)&from, sizeof(from)) == 0, "bind");
	to.sin_port = htons(9);
	for (uint32_t i = 0; i < 20000; i++) {
		to.sin_addr.s_addr = htonl(0x0a4f0000 + i);
		(void)!sendto(
		    s, "", 1, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	}
	close(s);
	while (netkey_event(t->nk, &ev)) {
		seen += ev.kind == KERNEL_ACQUIRE;
		lost += ev.kind == KERNEL_LOST;
	}
	bench_check(t, seen >= 1000 && seen < 20000 && lost == 1,
	    "of 20000 events %u came, and %u time(s) it said that some "
	    "were lost",
	    seen, lost);
	bench_flush();
	bench_command(out, sizeof(out), "ip route del 10.79.0.0/16");
}

static bool
can_send(int s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(500)};

	inet_pton(AF_INET, RIGHT, &to.sin_addr);
	return sendto(s, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1;
}

static void
test_bypass_exempts_a_socket(struct bench *t)
{
	struct kernel_policy drop =
	    sample_policy(KERNEL_OUT, KERNEL_DROP, LEFT "/32", RIGHT "/32");
	int plain = socket(AF_INET, SOCK_DGRAM, 0);
	int ike = socket(AF_INET, SOCK_DGRAM, 0);
	int ike6 = socket(AF_INET6, SOCK_DGRAM, 0);
	TEXT(why, 512);

	bench_check(t, netkey_bypass(ike, ADDR_V4, &why) == 0, "bypass, IPv4");
	bench_check(t, netkey_bypass(ike6, ADDR_V6, &why) == 0, "bypass, IPv6");
	bench_check(
	    t, netkey_bypass(-1, ADDR_V4, &why) == -EBADF, "bypass of none");
	bench_check_why(t, "it says so", &why, WORDS("Bad file descriptor"));
	why = text_of(why_buf, sizeof(why_buf));
	bench_check(t, bench_installs(t, 0, NULL, 0, &drop, 1, &why),
	    "drop everything");
	bench_check(t, !can_send(plain), "a plain socket is stopped");
	bench_check(t, can_send(ike), "the exempted one is not");
	close(plain);
	close(ike);
	close(ike6);
	bench_check(
	    t, t->k.delete_policy(t->k.ctx, &drop, &why) == 0, "delete it");
	bench_check_nothing_left(t, "bypass");
}

static void
test_ifaces_are_listed(struct bench *t)
{
	struct netkey_iface *list;
	size_t n;
	struct addr gateway = sample_addr(LEFT),
		    gateway6 = sample_addr("fd77::1");
	struct addr local = sample_addr("127.0.0.1");
	unsigned found = 0;
	TEXT(why, 512);

	bench_check(t, netkey_ifaces(&list, &n, &why) == 0, "list addresses");
	for (size_t i = 0; i < n; i++) {
		const struct netkey_iface *f = &list[i];

		if (addr_equal(&f->addr, &gateway))
			found += strcmp(f->name, "vl") == 0 && !f->loopback;
		if (addr_equal(&f->addr, &gateway6))
			found += strcmp(f->name, "vl") == 0;
		if (addr_equal(&f->addr, &local))
			found += strcmp(f->name, "lo") == 0 && f->loopback;
		if (f->addr.family == ADDR_V6 && f->addr.b[0] == 0xfe)
			found += 100; /* link-local */
	}
	bench_check(t, n == 6 && found == 3, "all six, with their interfaces");
	free(list);
}

static void
test_no_rights_are_explained(struct bench *t)
{
	struct kernel_sa sa = sample_esp(0x8001, LEFT, RIGHT);
	struct netkey *nk;
	TEXT(why, 512);
	TEXT(why_open, 512);

	if (seteuid(65534) < 0)
		abort();
	bench_check(t, bench_installs(t, -EPERM, &sa, 1, NULL, 0, &why),
	    "without rights an SA is refused");
	nk = netkey_open(&why_open);
	bench_check(t, nk == NULL, "without rights it does not open");
	bench_check_why(t, "it says what is needed", &why_open,
	    WORDS("NETKEY", "Operation not permitted", "CAP_NET_ADMIN"));
	if (seteuid(0) < 0)
		abort();
	bench_check_nothing_left(t, "refusals");
}

static int
all_tests(struct bench *t)
{
	static void (*const tests[])(struct bench *) = {
	    test_install_sets_up_a_tunnel,
	    test_absent_is_no_error_to_delete,
	    test_every_algorithm_is_in_the_kernel,
	    test_ah_ipcomp_and_transport,
	    test_ipv6_inside_ipv4,
	    test_wrong_keys_are_explained,
	    test_duplicate_spi_undoes_the_batch,
	    test_refused_policy_restores_the_old_ones,
	    test_replacing_a_policy_is_no_error,
	    test_trap_reports_a_packet,
	    test_sa_reports_its_end,
	    test_too_many_events_say_so,
	    test_bypass_exempts_a_socket,
	    test_ifaces_are_listed,
	    tests_of_tables,
	    test_no_rights_are_explained,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i](t);
	printf("1..%u\n# failed %u\n", t->n, t->failed);
	return t->failed > 0;
}

/* What the words of the command line ask for. */
static int
run(struct bench *t, int argc, const char *const *argv)
{
	if (argc == 1)
		return all_tests(t);
	if (argc == 7 && strcmp(argv[1], "link") == 0)
		return link_up(t, strcmp(argv[2], "left") == 0, argv + 3);
	if (argc == 2 && strcmp(argv[1], "trap") == 0)
		return link_trap(t);
	if (argc == 6 && strcmp(argv[1], "used") == 0)
		return link_used(t, argv + 2);
	if (argc == 2 && strcmp(argv[1], "down") == 0)
		return link_down(t);
	printf("Bail out! usage: see test_netkey.c\n");
	return 1;
}

int
main(int argc, char **argv)
{
	struct bench t = {.nk = NULL};
	TEXT(why, 512);
	int status;

	t.nk = netkey_open(&why);
	if (t.nk == NULL) {
		printf("Bail out! %s\n", why.p);
		return 1;
	}
	t.k = netkey_kernel(t.nk);
	status = run(&t, argc, (const char *const *)argv);
	netkey_close(t.nk);
	return status;
}
