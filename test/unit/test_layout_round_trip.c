/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated codecs of everything on the wire: what is valid survives a
 * round trip octet by octet, what is cut is refused or is valid itself, and
 * no encoder writes behind its buffer.  Bodies are built here by hand, not by
 * the encoders under test.
 */
#include "gen/layout.gen.h"
#include "test/unit/unit.h"

enum { ROUNDS = 300, BODY_MAX = 9000 };

/* ---- bodies at random, but always the same ------------------------------- */

struct dice {
	uint32_t state;
};

/* lo..hi */
static uint32_t
dice_roll(struct dice *d, uint32_t lo, uint32_t hi)
{
	d->state = d->state * 1664525U + 1013904223U;
	return lo + (d->state >> 8) % (hi - lo + 1);
}

static void
put_random(struct wr *w, struct dice *d, size_t n)
{
	while (n-- > 0)
		wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
}

static uint32_t
any_item(struct dice *d, const struct enum_def *e)
{
	return e->items[dice_roll(d, 0, (uint32_t)e->n - 1)].value;
}

static void
make_attrs(struct wr *w, struct dice *d)
{
	for (uint32_t n = dice_roll(d, 0, 5); n > 0; n--) {
		uint16_t number = (uint16_t)dice_roll(d, 0, 0x7fff);
		uint16_t length = (uint16_t)dice_roll(d, 0, 9);

		if (dice_roll(d, 0, 1) == 0) {
			wr_u16(w, number | 0x8000);
			wr_u16(w, (uint16_t)dice_roll(d, 0, 0xffff));
			continue;
		}
		wr_u16(w, number);
		wr_u16(w, length);
		put_random(w, d, length);
	}
}

static void
make_t(struct wr *w, struct dice *d)
{
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u16(w, 0);
	make_attrs(w, d);
}

static void
make_p(struct wr *w, struct dice *d)
{
	uint8_t spi = (uint8_t)dice_roll(d, 0, 16);
	uint8_t transforms = (uint8_t)dice_roll(d, 1, 6);

	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u8(w, (uint8_t)any_item(d, &enum_protocol));
	wr_u8(w, spi);
	wr_u8(w, transforms);
	put_random(w, d, spi);
	for (uint8_t i = 0; i < transforms; i++) {
		size_t mark = wr_frame_begin(
		    w, i + 1 < transforms ? PAYLOAD_T : PAYLOAD_NONE);

		wr_u8(w, i); /* number: ascending */
		wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
		wr_u16(w, 0);
		make_attrs(w, d);
		wr_frame_end(w, mark);
	}
}

static void
make_sa(struct wr *w, struct dice *d)
{
	uint32_t n = dice_roll(d, 1, 16);

	wr_u32(w, any_item(d, &enum_doi));
	wr_u32(w, dice_roll(d, 0, 7));
	for (uint32_t i = 0; i < n; i++) {
		size_t mark =
		    wr_frame_begin(w, i + 1 < n ? PAYLOAD_P : PAYLOAD_NONE);
		size_t number = wr_span(w).n;

		make_p(w, d);
		wr_patch_u8(w, number, (uint8_t)(i / 2));
		wr_frame_end(w, mark);
	}
}

static void
make_id(struct wr *w, struct dice *d)
{
	static const struct {
		uint8_t type;
		uint16_t least, most;
	} rows[] = {
	    {ID_TYPE_IPV4_ADDR, 4, 4},
	    {ID_TYPE_FQDN, 1, 255},
	    {ID_TYPE_USER_FQDN, 1, 255},
	    {ID_TYPE_IPV4_ADDR_SUBNET, 8, 8},
	    {ID_TYPE_IPV6_ADDR, 16, 16},
	    {ID_TYPE_IPV6_ADDR_SUBNET, 32, 32},
	    {ID_TYPE_IPV4_ADDR_RANGE, 8, 8},
	    {ID_TYPE_IPV6_ADDR_RANGE, 32, 32},
	    {ID_TYPE_DER_ASN1_DN, 1, 4096},
	    {ID_TYPE_DER_ASN1_GN, 1, 4096},
	    {ID_TYPE_KEY_ID, 1, 255},
	};
	uint32_t i = dice_roll(d, 0, COUNT(rows) - 1);

	wr_u8(w, rows[i].type);
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u16(w, (uint16_t)dice_roll(d, 0, 0xffff));
	put_random(w, d, dice_roll(d, rows[i].least, rows[i].most));
}

static void
make_n(struct wr *w, struct dice *d)
{
	uint8_t spi = (uint8_t)dice_roll(d, 0, 16);

	wr_u32(w, any_item(d, &enum_doi));
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u8(w, spi);
	wr_u16(w, (uint16_t)dice_roll(d, 0, 0xffff));
	put_random(w, d, spi);
	put_random(w, d, dice_roll(d, 0, 1024));
}

static void
make_d(struct wr *w, struct dice *d)
{
	uint8_t size = (uint8_t)dice_roll(d, 2, 16);
	uint16_t n = (uint16_t)dice_roll(d, 1, 64);

	wr_u32(w, any_item(d, &enum_doi));
	wr_u8(w, (uint8_t)any_item(d, &enum_protocol));
	wr_u8(w, size);
	wr_u16(w, n);
	put_random(w, d, (size_t)size * n);
}

static void
make_isakmp_hdr(struct wr *w, struct dice *d)
{
	wr_u8(w, (uint8_t)dice_roll(d, 1, 255));
	put_random(w, d, 15);
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u8(w, 0x10);
	wr_u8(w, (uint8_t)any_item(d, &enum_exchange_type));
	wr_u8(w, (uint8_t)dice_roll(d, 0, 7));
	put_random(w, d, 4);
	wr_u32(w, SIZE_ISAKMP_HDR);
}

static void
make_ctl_item(struct wr *w, struct dice *d)
{
	uint16_t value = (uint16_t)dice_roll(d, 0, 400);

	wr_u16(w, (uint16_t)(4 + value));
	wr_u8(w, (uint8_t)dice_roll(d, 0, 255));
	wr_u8(w, (uint8_t)any_item(d, &enum_ctl_end));
	put_random(w, d, value);
}

static void
make_ctl_msg(struct wr *w, struct dice *d)
{
	wr_u32(w, 0x504c5431);
	wr_u32(w, 0);
	wr_u8(w, (uint8_t)any_item(d, &enum_ctl_op));
	wr_zero(w, 3);
	for (uint32_t n = dice_roll(d, 0, 20); n > 0; n--)
		make_ctl_item(w, d);
	wr_patch_u32(w, 4, (uint32_t)wr_span(w).n);
}

/* Payloads that are a number of octets, behind 'head' fixed ones. */
#define MAKE_OCTETS(x, head, least, most)                           \
	static void make_##x(struct wr *w, struct dice *d)          \
	{                                                           \
		put_random(w, d, head + dice_roll(d, least, most)); \
	}

MAKE_OCTETS(ke, 0, 16, 1024)
MAKE_OCTETS(hash, 0, 16, 64)
MAKE_OCTETS(sig, 0, 64, 1024)
MAKE_OCTETS(nonce, 0, 8, 256)
MAKE_OCTETS(vid, 0, 0, 1024)
MAKE_OCTETS(cert, 1, 0, 8192)
MAKE_OCTETS(cr, 1, 0, 2048)

/* ---- round trips --------------------------------------------------------- */

struct codec {
	const char *name;
	void (*make)(struct wr *w, struct dice *d);
	/* Decode and encode again; false: *notify says why not. */
	bool (*again)(struct span in, struct wr *w, uint16_t *notify);
};

#define AGAIN(x)                                                              \
	static bool again_##x(struct span in, struct wr *w, uint16_t *notify) \
	{                                                                     \
		struct pl_##x v;                                              \
                                                                              \
		if (!dec_##x(in, &v, notify))                                 \
			return false;                                         \
		enc_##x(w, &v);                                               \
		return true;                                                  \
	}

AGAIN(isakmp_hdr)
AGAIN(sa)
AGAIN(p)
AGAIN(ke)
AGAIN(hash)
AGAIN(sig)
AGAIN(nonce)
AGAIN(vid)
AGAIN(cert)
AGAIN(cr)
AGAIN(id)
AGAIN(n)
AGAIN(d)
AGAIN(ctl_item)
AGAIN(ctl_msg)

static bool
again_t(struct span in, struct wr *w, uint16_t *notify)
{
	struct pl_t v;

	if (!dec_t(in, PROTOCOL_ESP, &v, notify))
		return false;
	enc_t(w, &v);
	return true;
}

static const struct codec codecs[] = {
    {"isakmp_hdr", make_isakmp_hdr, again_isakmp_hdr},
    {"sa", make_sa, again_sa},
    {"p", make_p, again_p},
    {"t", make_t, again_t},
    {"ke", make_ke, again_ke},
    {"hash", make_hash, again_hash},
    {"sig", make_sig, again_sig},
    {"nonce", make_nonce, again_nonce},
    {"vid", make_vid, again_vid},
    {"cert", make_cert, again_cert},
    {"cr", make_cr, again_cr},
    {"id", make_id, again_id},
    {"n", make_n, again_n},
    {"d", make_d, again_d},
    {"ctl_item", make_ctl_item, again_ctl_item},
    {"ctl_msg", make_ctl_msg, again_ctl_msg},
};

static void
round_trip(const struct codec *c, struct dice *d)
{
	uint8_t in[BODY_MAX], out[BODY_MAX];
	struct wr w = wr_of(in, sizeof in), again = wr_of(out, sizeof out);
	uint16_t notify = 1;
	bool ok;

	c->make(&w, d);
	ok = !w.full && c->again(wr_span(&w), &again, &notify);
	if (!ok)
		fprintf(stderr, "%s: notify %u\n", c->name, (unsigned)notify);
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_EQUAL(notify, 0);
	CU_ASSERT_TRUE(span_equal(wr_span(&w), wr_span(&again)));
}

static void
test_layout_round_trip_returns_valid_bodies(void)
{
	for (size_t i = 0; i < COUNT(codecs); i++) {
		struct dice d = {(uint32_t)i + 1};

		for (int k = 0; k < ROUNDS; k++)
			round_trip(&codecs[i], &d);
	}
}

/* Every shorter body is refused, or is itself a valid one. */
static void
test_layout_round_trip_no_prefix_encodes_to_something_else(void)
{
	for (size_t i = 0; i < COUNT(codecs); i++) {
		uint8_t in[BODY_MAX], out[BODY_MAX];
		struct dice d = {(uint32_t)i + 77};
		struct wr w = wr_of(in, sizeof in);
		size_t n;

		codecs[i].make(&w, &d);
		n = wr_span(&w).n;
		for (size_t k = 0; k < n; k++) {
			/* Exactly as much memory as there are octets. */
			uint8_t *copy = k > 0 ? malloc(k) : NULL;
			struct wr again = wr_of(out, sizeof out);
			uint16_t notify;

			if (k > 0)
				memcpy(copy, in, k);
			if (codecs[i].again(span_of(copy, k), &again, &notify))
				CU_ASSERT_TRUE(span_equal(
				    wr_span(&again), span_of(in, k)));
			free(copy);
		}
	}
}

static void
test_layout_round_trip_encoders_do_not_overrun(void)
{
	for (size_t i = 0; i < COUNT(codecs); i++) {
		uint8_t in[BODY_MAX];
		struct dice d = {(uint32_t)i + 5};
		struct wr w = wr_of(in, sizeof in);

		codecs[i].make(&w, &d);
		for (size_t k = 0; k < wr_span(&w).n; k++) {
			uint8_t *out = malloc(k + 1);
			struct wr again = wr_of(out, k);
			uint16_t notify;

			CU_ASSERT_TRUE(
			    codecs[i].again(wr_span(&w), &again, &notify));
			CU_ASSERT_TRUE(again.full);
			free(out);
		}
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_layout_round_trip_returns_valid_bodies),
	    UNIT_TEST(
		test_layout_round_trip_no_prefix_encodes_to_something_else),
	    UNIT_TEST(test_layout_round_trip_encoders_do_not_overrun),
	};

	return unit_run("layout_round_trip", tests, COUNT(tests));
}
