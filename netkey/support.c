/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel can do.  It has no list of that; so it is asked for an SA
 * between addresses that nobody has (RFC 5737, RFC 3849), which is taken back.
 * The first request for what is missing looks for a module, which takes long:
 * each question is put once.
 */
#include <errno.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "netkey/xfrm.h"

#define ALG_NONE 0xff
/* Below what we negotiate (rulings D13), and it fits IPCOMP's 16 bits. */
#define SAMPLE_SPI 0x0fff

static const uint8_t sample_key[64];

/*
 * Transport mode, because with IPCOMP's tunnel mode comes an SA of the kernel's
 * own, which stays for a while.  The selector is of no packet.
 */
static struct kernel_sa
sample_sa(uint8_t protocol, uint8_t family)
{
	static const struct addr sample[2][2] = {
	    {{ADDR_V4, {192, 0, 2, 1}}, {ADDR_V4, {192, 0, 2, 2}}},
	    {{ADDR_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
		{ADDR_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 2}}},
	};
	const struct addr *ends = sample[family == ADDR_V6];
	struct kernel_sa sa = {
	    .protocol = protocol,
	    .mode = KERNEL_TRANSPORT,
	    .dir = KERNEL_OUT,
	    .spi = SAMPLE_SPI,
	    .src = ends[0],
	    .dst = ends[1],
	    .cipher = ALG_NONE,
	    .auth = ALG_NONE,
	    .src_sel = subnet_host(&ends[0]),
	    .dst_sel = subnet_host(&ends[1]),
	};

	if (protocol == PROTOCOL_ESP) {
		sa.cipher = CIPHER_AES_CBC;
		sa.cipher_key = span_of(sample_key, 16);
	}
	if (protocol != PROTOCOL_IPCOMP) {
		sa.auth = HASH_SHA1;
		sa.auth_key = span_of(sample_key, alg_hashes[HASH_SHA1].size);
	}
	return sa;
}

/* What the kernel says when it is asked; one that is there already, of somebody
 * else's, stays. */
static struct answer
ask(struct netkey *nk, uint8_t protocol, uint8_t family)
{
	struct kernel_sa sa = sample_sa(protocol, family);
	struct answer a = {.error = 0};
	struct batch b;

	batch_init(&b);
	sa_put(&b, &sa);
	a.error = batch_run(&b, &nk->requests, NULL, NULL);
	if (a.error == 0)
		a = b.answers[0];
	if (a.error == -EEXIST)
		return (struct answer){.error = 0};
	if (a.error < 0)
		return a;
	batch_init(&b);
	sa_put_id(&b, XFRM_MSG_DELSA, &sa.dst, protocol, sa.spi);
	a.error = batch_run(&b, &nk->requests, NULL, NULL);
	return a.error == 0 ? b.answers[0] : a;
}

int
netkey_supports(void *ctx, uint8_t protocol, uint8_t family, struct text *why)
{
	struct netkey *nk = ctx;
	struct support *s;
	size_t i;

	if (!xfrm_proto_index(protocol, &i) ||
	    (family != ADDR_V4 && family != ADDR_V6)) {
		if (why != NULL)
			text_add(why,
			    "protocol %u with address family %u is none of "
			    "IPsec's",
			    protocol, family);
		return -EPROTONOSUPPORT;
	}
	s = &nk->supports[i][family == ADDR_V6];
	if (!s->asked) {
		s->answer = ask(nk, protocol, family);
		s->asked = true;
	}
	if (s->answer.error < 0 && why != NULL) {
		text_add(why, "there can be no SAs of ");
		enum_print(why, &enum_protocol, protocol);
		text_add(why, " over IPv%u: ", family);
		answer_print(why, &s->answer);
	}
	return s->answer.error;
}
