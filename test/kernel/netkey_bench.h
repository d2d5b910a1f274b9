/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bench of test_netkey.c: TAP lines, a look at the kernel with iproute2,
 * and SAs and policies as samples.  Addresses are those of lib.sh's topology.
 */
#ifndef TEST_KERNEL_NETKEY_BENCH_H
#define TEST_KERNEL_NETKEY_BENCH_H

#include "netkey/netkey.h"

#define LEFT "10.77.0.1"
#define RIGHT "10.77.0.2"
#define REQID 16385

/* A list of strings that ends with NULL. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct bench {
	struct netkey *nk;
	struct kernel k;
	unsigned n, failed; /* TAP lines */
};

/* One TAP line.  Returns good. */
bool bench_check(struct bench *t, bool good, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Run a command; its output is cut to the buffer. */
void bench_command(char *buf, size_t size, const char *cmd);
/* The output of cmd contains each of the words. */
void bench_check_output(struct bench *t, const char *what, const char *cmd,
    const char *const *words);
/* An explanation is whole and contains each of the words. */
void bench_check_why(struct bench *t, const char *what, const struct text *why,
    const char *const *words);
/* The kernel has neither SAs nor policies. */
void bench_check_nothing_left(struct bench *t, const char *after);
/* Take away all SAs and policies. */
void bench_flush(void);
/*
 * The kernel's install(); prints its explanation and returns false when the
 * result is not the expected one.
 */
bool bench_installs(struct bench *t, int expected, const struct kernel_sa *sas,
    size_t n_sas, const struct kernel_policy *ps, size_t n_ps,
    struct text *why);

/* Of test_netkey_tables.c. */
void tests_of_tables(struct bench *t);
/*
 * Of test_netkey_link.c.  One end of a link through which netkey.sh pings:
 * 'what' is as "ah+esp+comp tunnel 4 6", protocols outermost first, mode,
 * family of the gateways, family inside.  0, or 1 with a line that says why.
 */
int link_up(struct bench *t, bool left, const char *const *what);
/* A trap on the left for what goes to the right gateway, in IPv6. */
int link_trap(struct bench *t);
/* After three pings: each SA of that link has carried them, just now. */
int link_used(struct bench *t, const char *const *what);
/* Take it down by what kernel.list tells. */
int link_down(struct bench *t);

/* What these strings say; a mistake in them aborts. */
struct addr sample_addr(const char *s);
struct subnet sample_subnet(const char *s);
/* The octets 1, 2, 3, ..., at most 64 of them. */
struct span sample_key(size_t octets);
/* One direction of an ESP tunnel, 3DES with SHA1. */
struct kernel_sa sample_esp(uint32_t spi, const char *src, const char *dst);
/* A policy between two subnets, without templates. */
struct kernel_policy sample_policy(enum kernel_dir dir,
    enum kernel_action action, const char *src, const char *dst);
/* The same policy with an ESP template between two gateways more. */
struct kernel_policy sample_with_tmpl(struct kernel_policy p,
    enum kernel_mode mode, const char *src, const char *dst);
/* The policies of a tunnel from 10.78.1.0/24, behind LEFT, to 10.78.2.0/24. */
struct kernel_policy sample_tunnel_out(void);
struct kernel_policy sample_tunnel_in(void);

#endif
