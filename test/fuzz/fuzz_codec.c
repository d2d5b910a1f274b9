/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated codecs: the first octet chooses one, the others are what it
 * decodes.  What it accepts can be printed, and encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/attr.gen.h"
#include "gen/layout.gen.h"
#include "test/fuzz/fuzz.h"

enum { OCTETS_MAX = 70000 };

#define CODEC(x)                                                               \
	static bool                                                            \
	run_##x(struct span in, struct wr *w, struct text *t)                  \
	{                                                                      \
		struct pl_##x v;                                               \
		uint16_t notify;                                               \
                                                                               \
		if (!dec_##x(in, &v, &notify))                                 \
			return false;                                          \
		FUZZ_CHECK(notify == 0);                                       \
		dump_##x(t, &v);                                               \
		enc_##x(w, &v);                                                \
		return true;                                                   \
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
#define DICTIONARY(x)                                                          \
	static bool                                                            \
	run_##x(struct span in, struct wr *w, struct text *t)                  \
	{                                                                      \
		uint8_t first[256], second[256];                               \
		struct wr a = wr_of(first, sizeof(first));                     \
		struct wr b = wr_of(second, sizeof(second));                   \
		struct x v, again;                                             \
                                                                               \
		if (!dec_##x(in, &v))                                          \
			return false;                                          \
		dump_##x(t, in);                                               \
		FUZZ_CHECK((v.bad == 0) == (v.why == NULL));                   \
		if (v.bad != 0)                                                \
			return false;                                          \
		enc_##x(&a, &v);                                               \
		FUZZ_CHECK(dec_##x(wr_span(&a), &again) && again.bad == 0);    \
		FUZZ_CHECK((again.has & v.has) == v.has);                      \
		enc_##x(&b, &again);                                           \
		FUZZ_CHECK(!a.full && span_equal(wr_span(&a), wr_span(&b)));   \
		wr_bytes(w, in);                                               \
		return true;                                                   \
	}

DICTIONARY(at_oakley)
DICTIONARY(at_ipsec)

static const struct codec {
	const char *payload; /* name in payload_defs[], or NULL */
	bool (*run)(struct span in, struct wr *w, struct text *t);
} codecs[] = {
	{NULL, run_ctl_item}, {NULL, run_ctl_msg}, {NULL, run_isakmp_hdr},
	{NULL, run_generic_hdr}, {"SA", run_sa}, {NULL, run_p}, {NULL, run_t},
	{"KE", run_ke}, {"HASH", run_hash}, {"SIG", run_sig},
	{"NONCE", run_nonce}, {"VID", run_vid}, {"CERT", run_cert},
	{"CR", run_cr}, {"ID", run_id}, {"N", run_n}, {"D", run_d},
	{NULL, run_at_oakley}, {NULL, run_at_ipsec},
};
enum { N_CODECS = sizeof(codecs) / sizeof(codecs[0]) };

/* A new payload of the spec must find its way into the list above. */
static void
check_complete(void)
{
	for (size_t i = 0; i < N_PAYLOADS; i++) {
		size_t n = 0;

		for (size_t j = 0; j < N_CODECS; j++)
			n += codecs[j].payload != NULL &&
			    strcmp(codecs[j].payload, payload_defs[i].name) ==
			    0;
		FUZZ_CHECK(n == 1);
	}
}

/* What messages are checked with agrees with the decoder. */
static void
check_payload(const char *name, struct span in, bool accepted)
{
	for (size_t i = 0; i < N_PAYLOADS; i++) {
		uint16_t notify;
		TEXT(t, 64);

		if (strcmp(name, payload_defs[i].name) != 0)
			continue;
		FUZZ_CHECK(payload_defs[i].check(in, &notify) == accepted);
		FUZZ_CHECK(payload_find(payload_defs[i].number) ==
		    &payload_defs[i]);
		payload_defs[i].dump(&t, in);
	}
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

	check_complete();
	out = malloc(OCTETS_MAX);
	if (n == 0 || n > OCTETS_MAX || out == NULL) {
		free(out);
		return 0;
	}
	codec = &codecs[data[0] % N_CODECS];
	w = wr_of(out, OCTETS_MAX);
	accepted = codec->run(in, &w, &t);
	if (accepted) {
		FUZZ_CHECK(!w.full);
		FUZZ_CHECK(strchr(t.p, '\n') == NULL);
		if (codec->run != run_isakmp_hdr &&
		    codec->run != run_generic_hdr)
			FUZZ_CHECK(span_equal(wr_span(&w), in));
	}
	if (codec->payload != NULL)
		check_payload(codec->payload, in, accepted);
	free(out);
	return 0;
}
