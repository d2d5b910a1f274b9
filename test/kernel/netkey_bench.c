/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What netkey_bench.h offers. */
#include "test/kernel/netkey_bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"

static const uint8_t key_bytes[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64};

bool
bench_check(struct bench *t, bool good, const char *fmt, ...)
{
	va_list ap;

	t->n++;
	t->failed += !good;
	printf("%s %u - ", good ? "ok" : "not ok", t->n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	return good;
}

static void
explain(const char *text)
{
	printf("#   %s\n", text);
	fflush(stdout);
}

void
bench_command(char *buf, size_t size, const char *cmd)
{
	FILE *f = popen(cmd, "r");
	size_t n = f != NULL ? fread(buf, 1, size - 1, f) : 0;

	buf[n] = '\0';
	if (f != NULL)
		pclose(f);
}

void
bench_check_output(struct bench *t, const char *what, const char *cmd,
    const char *const *words)
{
	char out[16384];
	bool good = true;

	bench_command(out, sizeof(out), cmd);
	for (; *words != NULL; words++) {
		if (strstr(out, *words) != NULL)
			continue;
		good = false;
		explain(*words);
	}
	if (!bench_check(t, good, "%s", what))
		printf("#   is missing in the output of %s:\n%s\n", cmd, out);
}

void
bench_check_nothing_left(struct bench *t, const char *after)
{
	char out[16384];

	bench_command(out, sizeof(out), "ip xfrm state; ip xfrm policy");
	if (!bench_check(t, out[0] == '\0', "nothing is left after %s", after))
		printf("%s\n", out);
}

void
bench_flush(void)
{
	char out[64];

	bench_command(
	    out, sizeof(out), "ip xfrm state flush; ip xfrm policy flush");
}

struct addr
sample_addr(const char *s)
{
	struct addr a;

	if (!addr_parse(&a, s))
		abort();
	return a;
}

struct subnet
sample_subnet(const char *s)
{
	struct subnet n;

	if (!subnet_parse(&n, s))
		abort();
	return n;
}

struct span
sample_key(size_t octets)
{
	return span_head(span_of(key_bytes, sizeof(key_bytes)), octets);
}

struct kernel_sa
sample_esp(uint32_t spi, const char *src, const char *dst)
{
	return (struct kernel_sa){
	    .protocol = PROTOCOL_ESP,
	    .mode = KERNEL_TUNNEL,
	    .dir = strcmp(dst, LEFT) == 0 ? KERNEL_IN : KERNEL_OUT,
	    .spi = spi,
	    .src = sample_addr(src),
	    .dst = sample_addr(dst),
	    .reqid = REQID,
	    .cipher = CIPHER_3DES_CBC,
	    .auth = HASH_SHA1,
	    .cipher_key = sample_key(24),
	    .auth_key = sample_key(20),
	    .replay_window = 32,
	};
}

struct kernel_policy
sample_policy(enum kernel_dir dir, enum kernel_action action, const char *src,
    const char *dst)
{
	return (struct kernel_policy){
	    .dir = (uint8_t)dir,
	    .action = (uint8_t)action,
	    .src = sample_subnet(src),
	    .dst = sample_subnet(dst),
	    .priority = 2000,
	};
}

struct kernel_policy
sample_with_tmpl(struct kernel_policy p, enum kernel_mode mode, const char *src,
    const char *dst)
{
	p.tmpl[p.n_tmpl++] = (struct kernel_tmpl){
	    .protocol = PROTOCOL_ESP,
	    .mode = (uint8_t)mode,
	    .reqid = REQID,
	    .src = sample_addr(src),
	    .dst = sample_addr(dst),
	};
	return p;
}

struct kernel_policy
sample_tunnel_out(void)
{
	return sample_with_tmpl(sample_policy(KERNEL_OUT, KERNEL_PROTECT,
				    "10.78.1.0/24", "10.78.2.0/24"),
	    KERNEL_TUNNEL, LEFT, RIGHT);
}

struct kernel_policy
sample_tunnel_in(void)
{
	return sample_with_tmpl(sample_policy(KERNEL_IN, KERNEL_PROTECT,
				    "10.78.2.0/24", "10.78.1.0/24"),
	    KERNEL_TUNNEL, RIGHT, LEFT);
}

bool
bench_installs(struct bench *t, int expected, const struct kernel_sa *sas,
    size_t n_sas, const struct kernel_policy *ps, size_t n_ps, struct text *why)
{
	int r = t->k.install(t->k.ctx, sas, n_sas, ps, n_ps, why);

	if (r != expected)
		printf("#   expected %d, got %d: %s\n", expected, r, why->p);
	return r == expected;
}

void
bench_check_why(struct bench *t, const char *what, const struct text *why,
    const char *const *words)
{
	bool good = !why->cut;

	for (; *words != NULL; words++)
		good = good && strstr(why->p, *words) != NULL;
	bench_check(t, good, "%s: %s", what, why->p);
}
