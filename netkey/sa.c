/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs as XFRM messages.  SPIs and reqids are the caller's: chosen at random
 * and kept unique by the engine, since the kernel's own allocation gets slower
 * with every SA there is.
 */
#include <string.h>
#include <time.h>

#include "gen/algs.gen.h"
#include "gen/enums.gen.h"
#include "netkey/xfrm.h"

#define ALG_NONE 0xff
#define LEGACY_WINDOW_MAX 32 /* packets in struct xfrm_usersa_info's bitmap */
#define WINDOW_MAX 4096      /* packets; XFRMA_REPLAY_ESN_MAX bits */

static const struct alg_cipher *
sa_cipher(const struct kernel_sa *sa)
{
	return sa->cipher < N_CIPHERS ? &alg_ciphers[sa->cipher] : NULL;
}

static const struct alg_hash *
sa_auth(const struct kernel_sa *sa)
{
	return sa->auth < N_HASHES ? &alg_hashes[sa->auth] : NULL;
}

static void
protocol_print(struct text *t, uint8_t protocol)
{
	enum_print(t, &enum_protocol, protocol);
}

void
sa_name_print(
    struct text *t, const struct addr *dst, uint8_t protocol, uint32_t spi)
{
	protocol_print(t, protocol);
	text_add(t, " SA 0x%08x to ", spi);
	addr_print(t, dst);
}

void
sa_print(struct text *t, const struct kernel_sa *sa)
{
	const struct alg_cipher *c = sa_cipher(sa);
	const struct alg_hash *h = sa_auth(sa);

	protocol_print(t, sa->protocol);
	text_add(t, " SA 0x%08x ", sa->spi);
	addr_print(t, &sa->src);
	text_add(t, " -> ");
	addr_print(t, &sa->dst);
	text_add(t, " (%s, %s mode",
	    sa->dir == KERNEL_IN ? "inbound" : "outbound",
	    sa->mode == KERNEL_TUNNEL ? "tunnel" : "transport");
	if (c != NULL)
		text_add(t, ", %s-%zu", c->name, sa->cipher_key.n * 8);
	if (h != NULL)
		text_add(t, ", %s", h->name);
	text_add(t, ", reqid %u)", sa->reqid);
}

/* The lengths that a cipher takes, as "128, 192, 256". */
static void
key_lengths_print(struct text *t, const struct alg_cipher *c)
{
	for (size_t i = 0; i < c->n_keys; i++)
		text_add(t, "%s%u", i > 0 ? ", " : "", c->key[i]);
}

static bool
cipher_key_fits(const struct alg_cipher *c, size_t octets)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		if (octets * 8 == c->key[i])
			return true;
	}
	return false;
}

static bool
sa_check_cipher(const struct kernel_sa *sa, struct text *why)
{
	const struct alg_cipher *c = sa_cipher(sa);

	if (sa->protocol != PROTOCOL_ESP) {
		if (sa->cipher == ALG_NONE)
			return true;
		text_add(why, "only ESP has a cipher");
		return false;
	}
	if (c == NULL) {
		text_add(
		    why, "ESP needs a cipher, number %u is none", sa->cipher);
		return false;
	}
	if (cipher_key_fits(c, sa->cipher_key.n))
		return true;
	text_add(why, "a key of %zu bits, but %s takes ", sa->cipher_key.n * 8,
	    c->name);
	key_lengths_print(why, c);
	return false;
}

static bool
sa_check_auth(const struct kernel_sa *sa, struct text *why)
{
	const struct alg_hash *h = sa_auth(sa);
	bool wanted = sa->protocol == PROTOCOL_AH || sa->auth != ALG_NONE;

	if (!wanted)
		return true;
	if (sa->protocol == PROTOCOL_IPCOMP || h == NULL) {
		text_add(
		    why, "authentication by algorithm number %u", sa->auth);
		return false;
	}
	if (sa->auth_key.n == h->size)
		return true;
	text_add(why, "an authentication key of %zu bits, but %s takes %u",
	    sa->auth_key.n * 8, h->name, h->size * 8u);
	return false;
}

bool
sa_check(const struct kernel_sa *sa, struct text *why)
{
	TEXT(fault, 160);

	if (xfrm_proto(sa->protocol) == 0)
		text_add(&fault, "protocol number %u", sa->protocol);
	else if (addr_len(&sa->src) == 0 || sa->src.family != sa->dst.family)
		text_add(&fault,
		    "two gateways of one address family "
		    "are needed");
	else if (sa->replay_window > WINDOW_MAX)
		text_add(&fault, "a replay window of %u packets, at most %u",
		    sa->replay_window, WINDOW_MAX);
	else if (sa_check_cipher(sa, &fault) && sa_check_auth(sa, &fault))
		return true;
	text_add(why, "cannot add ");
	sa_print(why, sa);
	text_add(why, ": %s", fault.p);
	return false;
}

static void
put_cipher(struct batch *b, const struct kernel_sa *sa)
{
	struct xfrm_algo alg;

	memset(&alg, 0, sizeof(alg));
	strncpy(alg.alg_name, sa_cipher(sa)->xfrm, sizeof(alg.alg_name) - 1);
	alg.alg_key_len = (unsigned)sa->cipher_key.n * 8;
	batch_attr_parts(
	    b, XFRMA_ALG_CRYPT, span_of(&alg, sizeof(alg)), sa->cipher_key);
}

/* The kernel's own truncation of SHA2_256 is to 96 bits: always say it. */
static void
put_auth(struct batch *b, const struct kernel_sa *sa)
{
	const struct alg_hash *h = sa_auth(sa);
	struct xfrm_algo_auth alg;

	memset(&alg, 0, sizeof(alg));
	strncpy(alg.alg_name, h->xfrm, sizeof(alg.alg_name) - 1);
	alg.alg_key_len = (unsigned)sa->auth_key.n * 8;
	alg.alg_trunc_len = h->icv * 8u;
	batch_attr_parts(
	    b, XFRMA_ALG_AUTH_TRUNC, span_of(&alg, sizeof(alg)), sa->auth_key);
}

/* Of the IPComp algorithms, DEFLATE is the only one in the kernel. */
static void
put_compression(struct batch *b)
{
	struct xfrm_algo alg = {.alg_name = "deflate", .alg_key_len = 0};

	batch_attr(b, XFRMA_ALG_COMP, span_of(&alg, sizeof(alg)));
}

/* A window that the fixed structure's bitmap does not hold. */
static void
put_window(struct batch *b, uint32_t packets)
{
	static const uint32_t bitmap[WINDOW_MAX / 32];
	struct xfrm_replay_state_esn replay;

	memset(&replay, 0, sizeof(replay));
	replay.bmp_len = (packets + 31) / 32;
	replay.replay_window = packets;
	batch_attr_parts(b, XFRMA_REPLAY_ESN_VAL,
	    span_of(&replay, sizeof(replay)),
	    span_of(bitmap, replay.bmp_len * sizeof(bitmap[0])));
}

/*
 * The kernel compares the selector with the innermost packet.  In tunnel mode
 * the policy selects; so it does for transport mode around a tunnel whose
 * inside is of the other family, which no selector of that SA could name.
 */
static void
put_mode(struct xfrm_usersa_info *i, const struct kernel_sa *sa)
{
	bool transport = sa->mode == KERNEL_TRANSPORT;

	i->mode = transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
	if (transport && sa->src_sel.a.family == sa->src.family)
		i->sel = xfrm_sel(&sa->src_sel, &sa->dst_sel);
	else
		i->flags = XFRM_STATE_AF_UNSPEC;
}

static struct xfrm_usersa_info
sa_info(const struct kernel_sa *sa)
{
	struct xfrm_usersa_info i;

	memset(&i, 0, sizeof(i));
	put_mode(&i, sa);
	/* In IPv4 the length of AH is a multiple of 32 bits (RFC 4302 2.2);
	 * without this Linux makes it one of 64. */
	if (sa->protocol == PROTOCOL_AH && sa->dst.family == ADDR_V4)
		i.flags |= XFRM_STATE_ALIGN4;
	i.id.daddr = xfrm_addr(&sa->dst);
	i.id.spi = htonl(sa->spi);
	i.id.proto = xfrm_proto(sa->protocol);
	i.saddr = xfrm_addr(&sa->src);
	i.family = xfrm_family(&sa->dst);
	i.reqid = sa->reqid;
	i.lft = xfrm_forever();
	i.lft.soft_add_expires_seconds = sa->soft_s;
	i.lft.hard_add_expires_seconds = sa->hard_s;
	if (sa->protocol != PROTOCOL_IPCOMP &&
	    sa->replay_window <= LEGACY_WINDOW_MAX)
		i.replay_window = (uint8_t)sa->replay_window;
	return i;
}

void
sa_put(struct batch *b, const struct kernel_sa *sa)
{
	struct xfrm_usersa_info i = sa_info(sa);

	batch_add(b, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL,
	    span_of(&i, sizeof(i)));
	if (sa->protocol == PROTOCOL_IPCOMP) {
		put_compression(b);
		return;
	}
	if (sa->cipher != ALG_NONE)
		put_cipher(b, sa);
	if (sa->auth != ALG_NONE)
		put_auth(b, sa);
	if (sa->replay_window > LEGACY_WINDOW_MAX)
		put_window(b, sa->replay_window);
}

void
sa_put_id(struct batch *b, uint16_t type, const struct addr *dst,
    uint8_t protocol, uint32_t spi)
{
	struct xfrm_usersa_id id;

	memset(&id, 0, sizeof(id));
	id.daddr = xfrm_addr(dst);
	id.spi = htonl(spi);
	id.family = xfrm_family(dst);
	id.proto = xfrm_proto(protocol);
	batch_add(b, type, 0, span_of(&id, sizeof(id)));
}

/* The kernel's clock may be a moment ahead of what we read. */
static uint64_t
seconds_since(uint64_t utc_s)
{
	uint64_t now_s = (uint64_t)time(NULL);

	return now_s < utc_s ? 0 : now_s - utc_s;
}

bool
sa_usage(struct span body, struct kernel_usage *out)
{
	struct xfrm_usersa_info i;
	struct span last;

	if (!span_struct(&body, &i, sizeof(i)))
		return false;
	out->bytes = i.curlft.bytes;
	out->packets = i.curlft.packets;
	out->use_time_s = i.curlft.use_time;
	last = attr_find(body, XFRMA_LASTUSED);
	out->idle_s = UINT64_MAX;
	if (last.n == sizeof(out->use_time_s)) {
		memcpy(&out->use_time_s, last.p, last.n);
		out->idle_s = seconds_since(out->use_time_s);
	}
	return true;
}
