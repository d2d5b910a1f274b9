/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated codecs: the first octet is a payload's number or one of those
 * in the list below, the others are what its codec decodes.  What it accepts
 * can be printed, and encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/attr.gen.h"
#include "gen/layout.gen.h"
#include "test/fuzz/fuzz.h"

enum { OCTETS_MAX = 70000 };

#define CODEC(x)                                                          \
	static bool run_##x(struct span in, struct wr *w, struct text *t) \
	{                                                                 \
		struct pl_##x v;                                          \
		uint16_t notify;                                          \
                                                                          \
		if (!dec_##x(in, &v, &notify))                            \
			return false;                                     \
		FUZZ_CHECK(notify == 0);                                  \
		dump_##x(t, &v);                                          \
		enc_##x(w, &v);                                           \
		return true;                                              \
	}

CODEC(ctl_item)
CODEC(ctl_msg)
CODEC(isakmp_hdr)
CODEC(generic_hdr)
CODEC(sa)
CODEC(p)
CODEC(ke)
CODEC(hash)
CODEC(sig)
CODEC(nonce)
CODEC(vid)
CODEC(cert)
CODEC(cr)
CODEC(id)
CODEC(n)
CODEC(d)

static bool
run_t(struct span in, struct wr *w, struct text *t)
{
	uint8_t protocol = in.n > 0 ? in.p[0] : 0;
	struct pl_t v;
	uint16_t notify;

	in = span_from(in, 1);
	if (!dec_t(in, protocol, &v, &notify))
		return false;
	dump_t(t, &v);
	wr_u8(w, protocol);
	enc_t(w, &v);
	return true;
}

/* Attributes may come in several forms, and defaults are filled in: what we
 * write ourselves comes back as it was. */
#define DICTIONARY(x)                                                        \
	static bool run_##x(struct span in, struct wr *w, struct text *t)    \
	{                                                                    \
		uint8_t first[256], second[256];                             \
		struct wr a = wr_of(first, sizeof(first));                   \
		struct wr b = wr_of(second, sizeof(second));                 \
		struct x v, again;                                           \
                                                                             \
		if (!dec_##x(in, &v))                                        \
			return false;                                        \
		dump_##x(t, in);                                             \
		FUZZ_CHECK((v.bad == 0) == (v.why == NULL));                 \
		if (v.bad != 0)                                              \
			return false;                                        \
		enc_##x(&a, &v);                                             \
		FUZZ_CHECK(dec_##x(wr_span(&a), &again) && again.bad == 0);  \
		FUZZ_CHECK((again.has & v.has) == v.has);                    \
		enc_##x(&b, &again);                                         \
		FUZZ_CHECK(!a.full && span_equal(wr_span(&a), wr_span(&b))); \
		wr_bytes(w, in);                                             \
		return true;                                                 \
	}

DICTIONARY(at_oakley)
DICTIONARY(at_ipsec)

static const struct codec {
	uint8_t number; /* of the payload, or from 0x80 on */
	bool (*run)(struct span in, struct wr *w, struct text *t);
} codecs[] = {
    {PAYLOAD_SA, run_sa},
    {PAYLOAD_P, run_p},
    {PAYLOAD_T, run_t},
    {PAYLOAD_KE, run_ke},
    {PAYLOAD_ID, run_id},
    {PAYLOAD_CERT, run_cert},
    {PAYLOAD_CR, run_cr},
    {PAYLOAD_HASH, run_hash},
    {PAYLOAD_SIG, run_sig},
    {PAYLOAD_NONCE, run_nonce},
    {PAYLOAD_N, run_n},
    {PAYLOAD_D, run_d},
    {PAYLOAD_VID, run_vid},
    {0x80, run_isakmp_hdr},
    {0x81, run_generic_hdr},
    {0x82, run_at_oakley},
    {0x83, run_at_ipsec},
    {0x84, run_ctl_item},
    {0x85, run_ctl_msg},
};
enum { N_CODECS = sizeof(codecs) / sizeof(codecs[0]) };

static const struct codec *
find_codec(uint8_t number)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (codecs[i].number == number)
			return &codecs[i];
	return NULL;
}

/* What messages are checked with agrees with the decoder. */
static void
check_payload(uint8_t number, struct span in, bool accepted)
{
	const struct payload_def *def = payload_find(number);
	uint16_t notify;
	TEXT(t, 64);

	if (def == NULL)
		return;
	FUZZ_CHECK(def->check(in, &notify) == accepted);
	def->dump(&t, in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = span_from(span_of(data, n), 1);
	const struct codec *codec;
	uint8_t *out;
	struct wr w;
	bool accepted;
	TEXT(t, 4096);

	/* A new payload of the spec must find its way into the list. */
	for (size_t i = 0; i < N_PAYLOADS; i++)
		FUZZ_CHECK(find_codec(payload_defs[i].number) != NULL);
	codec = n == 0 ? NULL : find_codec(data[0]);
	out = codec == NULL || n > OCTETS_MAX ? NULL : malloc(OCTETS_MAX);
	if (out == NULL)
		return 0;
	w = wr_of(out, OCTETS_MAX);
	accepted = codec->run(in, &w, &t);
	if (accepted) {
		FUZZ_CHECK(!w.full && strchr(t.p, '\n') == NULL);
		/* Lone headers say the length of what they stand before. */
		if (codec->run != run_isakmp_hdr &&
		    codec->run != run_generic_hdr)
			FUZZ_CHECK(span_equal(wr_span(&w), in));
	}
	check_payload(codec->number, in, accepted);
	free(out);
	return 0;
}
