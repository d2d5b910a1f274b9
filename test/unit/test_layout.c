/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated codecs of everything on the wire: each bound of
 * spec/payload.spec refuses with the notify written there, lists are seen
 * element by element, and encoders fill in sizes and counts.
 */
#include "gen/layout.gen.h"
#include "test/unit/unit.h"

enum { BODY_MAX = 9000, NO_NOTIFY = 0 };

/* ---- bounds -------------------------------------------------------------- */

struct refusal {
	const char *what;
	uint8_t payload;
	const char *hex;
	size_t zeros;    /* octets that follow */
	uint16_t notify; /* 0: accepted */
};

#define T0 "00000008 01030000"
#define P0 "00000010 00010001 " T0

static const struct refusal refusals[] = {
    {"least SA", PAYLOAD_SA, "00000001 00000001" P0, 0, NO_NOTIFY},
    {"empty SA", PAYLOAD_SA, "", 0, NOTIFY_PAYLOAD_MALFORMED},
    {"unknown DOI", PAYLOAD_SA, "00000002 00000001" P0, 0,
	NOTIFY_DOI_NOT_SUPPORTED},
    {"unknown situation", PAYLOAD_SA, "00000001 00000008" P0, 0,
	NOTIFY_SITUATION_NOT_SUPPORTED},
    {"no proposal", PAYLOAD_SA, "00000001 00000001", 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"octet behind proposals", PAYLOAD_SA, "00000001 00000001" P0 "00", 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"proposal says another follows", PAYLOAD_SA,
	"00000001 00000001 02000010 00010001" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"proposal is called a KE", PAYLOAD_SA,
	"00000001 00000001 04000010 00010001" T0 P0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"proposal ends the list too early", PAYLOAD_SA, "00000001 00000001" P0 P0,
	0, NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"reserved octet of a proposal", PAYLOAD_SA,
	"00000001 00000001 00010010 00010001" T0, 0, NOTIFY_PAYLOAD_MALFORMED},
    {"proposal shorter than its header", PAYLOAD_SA,
	"00000001 00000001 00000003 00010001" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"proposal longer than the payload", PAYLOAD_SA,
	"00000001 00000001 00000011 00010001" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"numbers go down", PAYLOAD_SA,
	"00000001 00000001 02000010 02010001" T0 "00000010 01010001" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"same number twice is a bundle", PAYLOAD_SA,
	"00000001 00000001 02000010 01020001" T0 "00000010 01030001" T0, 0,
	NO_NOTIFY},
    {"unknown protocol", PAYLOAD_SA, "00000001 00000001 00000010 00050001" T0,
	0, NOTIFY_INVALID_PROTOCOL_ID},
    {"no transform", PAYLOAD_SA, "00000001 00000001 00000008 00010000", 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"one transform less than said", PAYLOAD_SA,
	"00000001 00000001 00000010 00010002" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"one transform more than said", PAYLOAD_SA,
	"00000001 00000001 00000018 00010001 03000008 01030000" T0, 0,
	NOTIFY_BAD_PROPOSAL_SYNTAX},
    {"SPI of 17 octets", PAYLOAD_SA,
	"00000001 00000001 00000021 00011101 00000000 00000000 00000000"
	"00000000 00" T0,
	0, NOTIFY_INVALID_SPI},
    {"SPI of 16 octets", PAYLOAD_SA,
	"00000001 00000001 00000020 00011001 00000000 00000000 00000000"
	"00000000" T0,
	0, NO_NOTIFY},
    {"SPI longer than the proposal", PAYLOAD_SA,
	"00000001 00000001 00000010 00010901" T0, 0, NOTIFY_INVALID_SPI},
    {"second reserved field of a transform", PAYLOAD_SA,
	"00000001 00000001 00000010 00010001 00000008 01030001", 0,
	NOTIFY_PAYLOAD_MALFORMED},
    {"half an attribute", PAYLOAD_SA,
	"00000001 00000001 00000012 00010001 0000000a 01030000 8001", 0,
	NOTIFY_PAYLOAD_MALFORMED},
    {"attribute longer than the transform", PAYLOAD_SA,
	"00000001 00000001 00000014 00010001 0000000c 01030000 00010001", 0,
	NOTIFY_PAYLOAD_MALFORMED},
    {"KE of 15", PAYLOAD_KE, "", 15, NOTIFY_INVALID_KEY_INFORMATION},
    {"KE of 16", PAYLOAD_KE, "", 16, NO_NOTIFY},
    {"KE of 1024", PAYLOAD_KE, "", 1024, NO_NOTIFY},
    {"KE of 1025", PAYLOAD_KE, "", 1025, NOTIFY_INVALID_KEY_INFORMATION},
    {"HASH of 15", PAYLOAD_HASH, "", 15, NOTIFY_INVALID_HASH_INFORMATION},
    {"HASH of 65", PAYLOAD_HASH, "", 65, NOTIFY_INVALID_HASH_INFORMATION},
    {"SIG of 63", PAYLOAD_SIG, "", 63, NOTIFY_INVALID_SIGNATURE},
    {"NONCE of 7", PAYLOAD_NONCE, "", 7, NOTIFY_PAYLOAD_MALFORMED},
    {"NONCE of 8", PAYLOAD_NONCE, "", 8, NO_NOTIFY},
    {"NONCE of 256", PAYLOAD_NONCE, "", 256, NO_NOTIFY},
    {"NONCE of 257", PAYLOAD_NONCE, "", 257, NOTIFY_PAYLOAD_MALFORMED},
    {"VID of 0", PAYLOAD_VID, "", 0, NO_NOTIFY},
    {"VID of 1025", PAYLOAD_VID, "", 1025, NOTIFY_PAYLOAD_MALFORMED},
    {"CERT without encoding", PAYLOAD_CERT, "", 0, NOTIFY_PAYLOAD_MALFORMED},
    {"CERT of unknown encoding", PAYLOAD_CERT, "ff", 1, NO_NOTIFY},
    {"CR of 2049", PAYLOAD_CR, "04", 2049, NOTIFY_PAYLOAD_MALFORMED},
    {"unknown identity", PAYLOAD_ID, "0c000000", 4,
	NOTIFY_INVALID_ID_INFORMATION},
    {"IPv4 of 3", PAYLOAD_ID, "01000000", 3, NOTIFY_INVALID_ID_INFORMATION},
    {"IPv4 of 4", PAYLOAD_ID, "01000000", 4, NO_NOTIFY},
    {"IPv4 of 5", PAYLOAD_ID, "01000000", 5, NOTIFY_INVALID_ID_INFORMATION},
    {"empty FQDN", PAYLOAD_ID, "02000000", 0, NOTIFY_INVALID_ID_INFORMATION},
    {"FQDN of 255", PAYLOAD_ID, "02000000", 255, NO_NOTIFY},
    {"FQDN of 256", PAYLOAD_ID, "02000000", 256, NOTIFY_INVALID_ID_INFORMATION},
    {"N with half a type", PAYLOAD_N, "00000001 010060", 0,
	NOTIFY_PAYLOAD_MALFORMED},
    {"N of unknown DOI", PAYLOAD_N, "00000009 01006002", 0,
	NOTIFY_DOI_NOT_SUPPORTED},
    {"N about unknown things", PAYLOAD_N, "00000001 ff00ffff", 0, NO_NOTIFY},
    {"N with SPI of 17", PAYLOAD_N, "00000001 01116002", 17,
	NOTIFY_INVALID_SPI},
    {"N with SPI that is not there", PAYLOAD_N, "00000001 01046002", 3,
	NOTIFY_INVALID_SPI},
    {"N with data of 1025", PAYLOAD_N, "00000001 01006002", 1025,
	NOTIFY_PAYLOAD_MALFORMED},
    {"D of unknown protocol", PAYLOAD_D, "00000001 09040001", 4,
	NOTIFY_INVALID_PROTOCOL_ID},
    {"D with SPIs of 1", PAYLOAD_D, "00000001 03010001", 1, NOTIFY_INVALID_SPI},
    {"D with SPIs of 17", PAYLOAD_D, "00000001 03110001", 17,
	NOTIFY_INVALID_SPI},
    {"D of nothing", PAYLOAD_D, "00000001 03040000", 0, NOTIFY_INVALID_SPI},
    {"D of 65", PAYLOAD_D, "00000001 03040041", 260, NOTIFY_INVALID_SPI},
    {"D of 64", PAYLOAD_D, "00000001 03040040", 256, NO_NOTIFY},
    {"D one octet short", PAYLOAD_D, "00000001 03040002", 7,
	NOTIFY_INVALID_SPI},
    {"D one octet long", PAYLOAD_D, "00000001 03040002", 9,
	NOTIFY_PAYLOAD_MALFORMED},
};

static void
check_refusal(const struct refusal *r)
{
	const struct payload_def *d = payload_find(r->payload);
	uint8_t body[BODY_MAX] = {0};
	struct span head = unit_hex(r->hex, body, sizeof body);
	uint16_t notify = 0xffff;
	bool ok;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	memset(body + head.n, 0, r->zeros);
	ok = d->check(span_of(body, head.n + r->zeros), &notify);
	if (ok != (r->notify == NO_NOTIFY) || notify != r->notify)
		fprintf(stderr, "%s: %s, notify %u\n", r->what,
		    ok ? "accepted" : "refused", (unsigned)notify);
	CU_ASSERT_EQUAL(ok, r->notify == NO_NOTIFY);
	CU_ASSERT_EQUAL(notify, r->notify);
}

static void
test_layout_bounds_refuse_with_the_notify_of_the_spec(void)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		check_refusal(&refusals[i]);
}

static void
test_layout_header_is_refused_or_dropped(void)
{
	static const struct {
		size_t at;
		uint8_t octet;
		uint16_t notify;
	} rows[] = {
	    {17, 0x20, NOTIFY_INVALID_MAJOR_VERSION},
	    {17, 0x11, NOTIFY_INVALID_MAJOR_VERSION},
	    {18, 0, NOTIFY_INVALID_EXCHANGE_TYPE},
	    {18, 6, NOTIFY_INVALID_EXCHANGE_TYPE},
	    {19, 0x08, NOTIFY_INVALID_FLAGS},
	    {27, 27, NO_NOTIFY}, /* shorter than the header */
	    {27, 29, NO_NOTIFY}, /* longer than the datagram */
	    {24, 1, NO_NOTIFY},  /* more than 65535 */
	    {0, 0, NO_NOTIFY},   /* cookie is zero */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t buf[SIZE_ISAKMP_HDR];
		struct span hdr = unit_hex(
		    "0100000000000000 0000000000000000 01100200 00000000"
		    "0000001c",
		    buf, sizeof buf);
		struct pl_isakmp_hdr v;
		uint16_t notify = 0xffff;

		CU_ASSERT_TRUE(dec_isakmp_hdr(hdr, &v, &notify));
		buf[rows[i].at] = rows[i].octet;
		CU_ASSERT_FALSE(dec_isakmp_hdr(hdr, &v, &notify));
		CU_ASSERT_EQUAL(notify, rows[i].notify);
	}
}

#define CTL(length, items) "504c5431 " length " 06000000 " items

static void
test_layout_control_messages_are_whole_or_dropped(void)
{
	static const struct {
		const char *hex;
		bool ok;
	} rows[] = {
	    {CTL("0000000c", ""), true},
	    {CTL("00000010", "00040000"), true},
	    {CTL("00000015", "0009010278797a7a79"), true},
	    {CTL("0000001a", "0009010278797a7a79 0005020061"), true},
	    {CTL("0000000d", ""), false},          /* too short */
	    {CTL("0000000b", ""), false},          /* too long */
	    {CTL("00000010", "00050000"), false},  /* item goes on */
	    {CTL("00000010", "00030000"), false},  /* no room for itself */
	    {CTL("00000010", "00000000"), false},  /* never ends */
	    {CTL("00000010", "00040003"), false},  /* third end */
	    {CTL("0000000d", "00"), false},        /* half a length */
	    {"504c5430 0000000c 06000000", false}, /* not ours */
	    {"504c5431 0000000c ff000000", false}, /* unknown op */
	    {"504c5431 0000000c 06000001", false}, /* reserved */
	    {"504c5431 0000000c 060000", false},
	    {"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t buf[64];
		struct pl_ctl_msg v;
		uint16_t notify = 0xffff;

		CU_ASSERT_EQUAL(
		    dec_ctl_msg(
			unit_hex(rows[i].hex, buf, sizeof buf), &v, &notify),
		    rows[i].ok);
		CU_ASSERT_EQUAL(notify, NO_NOTIFY);
	}
}

static void
test_layout_control_items_are_seen_one_by_one(void)
{
	uint8_t buf[64];
	struct span in = unit_hex(CTL("0000001a",
				      "0009010278797a7a79"
				      "0005020061"),
	    buf, sizeof buf);
	struct pl_ctl_msg v;
	struct pl_ctl_item_it it;
	uint16_t notify;

	CU_ASSERT_TRUE_FATAL(dec_ctl_msg(in, &v, &notify));
	pl_ctl_item_first(&it, v.items);
	CU_ASSERT_TRUE(it.ok && it.item.option == 1);
	CU_ASSERT_TRUE(it.item.end == CTL_END_RIGHT);
	CU_ASSERT_TRUE(span_equal(it.item.value, SPAN_LIT("xyzzy")));
	pl_ctl_item_next(&it);
	CU_ASSERT_TRUE(it.ok && it.item.option == 2);
	CU_ASSERT_TRUE(span_equal(it.item.value, SPAN_LIT("a")));
	pl_ctl_item_next(&it);
	CU_ASSERT_FALSE(it.ok);
	CU_ASSERT_EQUAL(codec_element_count(v.items, 0, 16), 2);
	CU_ASSERT_EQUAL(codec_element_count(span_head(v.items, 11), 0, 16), 1);
}

static void
test_layout_header_is_the_head_of_a_whole_datagram(void)
{
	uint8_t buf[64];
	struct span in = unit_hex(
	    "0102030405060708 1112131415161718 01100201 0a0b0c0d 00000020"
	    "00000004",
	    buf, sizeof buf);
	struct pl_isakmp_hdr v;
	uint16_t notify;

	CU_ASSERT_TRUE(dec_isakmp_hdr(in, &v, &notify));
	CU_ASSERT_TRUE(unit_is_hex(v.icookie, "0102030405060708"));
	CU_ASSERT_TRUE(unit_is_hex(v.rcookie, "1112131415161718"));
	CU_ASSERT_EQUAL(v.next, PAYLOAD_SA);
	CU_ASSERT_EQUAL(v.xchg, EXCHANGE_TYPE_MAIN);
	CU_ASSERT_EQUAL(v.flags, HDR_FLAG_ENCRYPT);
	CU_ASSERT_EQUAL(v.msgid, 0x0a0b0c0d);
	CU_ASSERT_EQUAL(v.length, 32);
	CU_ASSERT_FALSE(dec_isakmp_hdr(span_head(in, 31), &v, &notify));
	CU_ASSERT_FALSE(dec_isakmp_hdr(span_head(in, 27), &v, &notify));
	CU_ASSERT_EQUAL(notify, NO_NOTIFY);
}

/* ---- lists, encoders' own fields, tables --------------------------------- */

static void
test_layout_iterators_see_every_element(void)
{
	uint8_t buf[128];
	struct span in = unit_hex(
	    "00000001 00000001 02000018 01010002 03000008 01010000"
	    "00000008 02010000 00000014 02030401 aabbccdd 00000008 070c0000",
	    buf, sizeof buf);
	struct pl_sa sa;
	struct pl_p_it p;
	struct pl_t_it t;
	unsigned seen = 0;
	uint16_t notify;

	CU_ASSERT_TRUE_FATAL(dec_sa(in, &sa, &notify));
	for (pl_p_first(&p, sa.proposals); p.ok; pl_p_next(&p))
		for (pl_t_first(&t, p.item.transforms, p.item.protocol); t.ok;
		     pl_t_next(&t)) {
			seen =
			    seen * 1000 + p.item.number * 100U + t.item.number;
			CU_ASSERT_EQUAL(t.item.protocol, p.item.protocol);
		}
	CU_ASSERT_EQUAL(seen, 101102207);
	pl_p_first(&p, span_head(sa.proposals, 10));
	CU_ASSERT_FALSE(p.ok);
	pl_p_next(&p);
	CU_ASSERT_FALSE(p.ok);
}

static void
test_layout_encoder_writes_sizes_and_counts(void)
{
	uint8_t list[32], out[64];
	struct wr w = wr_of(out, sizeof out);
	struct pl_p p = {
	    .number = 1,
	    .protocol = PROTOCOL_ESP,
	    .spi_size = 99,
	    .ntrans = 99,
	    .spi = SPAN_LIT("abcd"),
	    .transforms = unit_hex(
		"03000008 01030000 00000008 020c0000", list, sizeof list),
	};

	enc_p(&w, &p);
	CU_ASSERT_TRUE(unit_is_hex(wr_span(&w),
	    "01030402 61626364 03000008 01030000"
	    "00000008 020c0000"));
}

static void
test_layout_encoder_refuses_what_the_decoder_would(void)
{
	uint8_t out[2000], data[1025] = {0};
	struct wr w = wr_of(out, sizeof out);
	struct pl_ke ke = {.data = {data, sizeof data}};
	struct pl_isakmp_hdr h = {
	    .icookie = SPAN_LIT("short"), .rcookie = SPAN_LIT("12345678")};
	struct pl_d d = {.doi = DOI_IPSEC,
	    .protocol = PROTOCOL_ESP,
	    .spi_size = 4,
	    .spis = SPAN_LIT("12345")};

	enc_ke(&w, &ke);
	CU_ASSERT_TRUE(w.full);
	w = wr_of(out, sizeof out);
	enc_isakmp_hdr(&w, &h);
	CU_ASSERT_TRUE(w.full);
	w = wr_of(out, sizeof out);
	enc_d(&w, &d);
	CU_ASSERT_TRUE(w.full);
}

static void
test_layout_payloads_are_found_by_number(void)
{
	CU_ASSERT_STRING_EQUAL(payload_find(PAYLOAD_SA)->name, "SA");
	CU_ASSERT_STRING_EQUAL(payload_find(13)->name, "VID");
	CU_ASSERT_PTR_NULL(payload_find(PAYLOAD_NONE));
	CU_ASSERT_PTR_NULL(payload_find(PAYLOAD_P)); /* only in an SA */
	CU_ASSERT_PTR_NULL(payload_find(PAYLOAD_T));
	CU_ASSERT_PTR_NULL(payload_find(255));
	CU_ASSERT_PTR_NULL(payload_defs[N_PAYLOADS].name);
}

static void
test_layout_dump_names_what_it_shows(void)
{
	uint8_t buf[64];
	TEXT(t, 400);

	payload_find(PAYLOAD_SA)
	    ->dump(&t,
		unit_hex("00000001 00000001 00000014 01010001"
			 "0000000c 01010000 80010005",
		    buf, sizeof buf));
	CU_ASSERT_STRING_EQUAL(t.p,
	    "doi=IPSEC situation=IDENTITY_ONLY proposals=[number=1 "
	    "protocol=ISAKMP spi_size=0 ntrans=1 spi= "
	    "transforms=[number=1 id=KEY_IKE "
	    "attrs=ENCRYPTION=3DES_CBC]]");
}

static void
test_layout_vendor_ids_are_known(void)
{
	CU_ASSERT_STRING_EQUAL(vendor_defs[0].name, "DPD");
	CU_ASSERT_TRUE(
	    unit_is_hex(vendor_defs[0].id, "afcad71368a1f1c96b8696fc77570100"));
	CU_ASSERT_PTR_NULL(vendor_defs[N_VENDORS].name);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_layout_bounds_refuse_with_the_notify_of_the_spec),
	    UNIT_TEST(test_layout_header_is_refused_or_dropped),
	    UNIT_TEST(test_layout_control_messages_are_whole_or_dropped),
	    UNIT_TEST(test_layout_control_items_are_seen_one_by_one),
	    UNIT_TEST(test_layout_header_is_the_head_of_a_whole_datagram),
	    UNIT_TEST(test_layout_iterators_see_every_element),
	    UNIT_TEST(test_layout_encoder_writes_sizes_and_counts),
	    UNIT_TEST(test_layout_encoder_refuses_what_the_decoder_would),
	    UNIT_TEST(test_layout_payloads_are_found_by_number),
	    UNIT_TEST(test_layout_dump_names_what_it_shows),
	    UNIT_TEST(test_layout_vendor_ids_are_known),
	};

	return unit_run("layout", tests, COUNT(tests));
}
