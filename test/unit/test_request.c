/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests from the control socket: what is taken and what is refused. */
#include "engine/ike/request.h"
#include "gen/layout.gen.h"
#include "gen/policy.gen.h"
#include "test/unit/unit.h"

struct item {
	enum whack_option option;
	enum ctl_end end;
	const char *hex;
};

/* "t1", 10.77.0.1, 10.77.0.2 */
/* clang-format off */
#define NAME {WHACK_NAME, CTL_END_NONE, "7431"}
#define LEFT {WHACK_HOST, CTL_END_LEFT, "0a4d0001"}
#define RIGHT {WHACK_HOST, CTL_END_RIGHT, "0a4d0002"}
/* clang-format on */

static struct span
encode(uint8_t op, const struct item *items, size_t n, uint8_t out[4096])
{
	uint8_t list[4096], value[200];
	struct wr l = wr_of(list, sizeof(list)), w = wr_of(out, 4096);
	struct pl_ctl_msg msg = {.op = op};

	for (size_t i = 0; i < n; i++) {
		struct pl_ctl_item item = {
		    .option = (uint8_t)items[i].option,
		    .end = (uint8_t)items[i].end,
		    .value = unit_hex(items[i].hex, value, sizeof(value)),
		};

		enc_ctl_item(&l, &item);
	}
	msg.items = wr_span(&l);
	enc_ctl_msg(&w, &msg);
	CU_ASSERT_FALSE(w.full);
	return wr_span(&w);
}

/* Decodes what must be right; *r points into buf. */
static void
decode(struct request *r, uint8_t op, const struct item *items, size_t n,
    uint8_t buf[4096])
{
	TEXT(why, 500);

	CU_ASSERT_TRUE(request_decode(r, encode(op, items, n, buf), &why));
	CU_ASSERT_STRING_EQUAL(why.p, "");
}

/* NULL: accepted; else a part of the reason. */
static void
decides(uint8_t op, const struct item *items, size_t n, const char *reason)
{
	uint8_t buf[4096];
	struct request r;
	bool ok;
	TEXT(why, 500);

	ok = request_decode(&r, encode(op, items, n, buf), &why);
	CU_ASSERT_EQUAL(ok, reason == NULL);
	if (reason != NULL && strstr(why.p, reason) == NULL) {
		fprintf(stderr, "got: %s\nnot: %s\n", why.p, reason);
		CU_FAIL("another reason");
	}
}

static void
test_request_connection_is_taken_apart(void)
{
	static const struct item items[] = {
	    NAME,
	    LEFT,
	    RIGHT,
	    {WHACK_CLIENT, CTL_END_LEFT, "0a01010018"},
	    {WHACK_ID, CTL_END_RIGHT, "40676f"},
	    {WHACK_IKEPORT, CTL_END_RIGHT, "00001194"},
	    {WHACK_PSK, CTL_END_NONE, "01"},
	    {WHACK_ENCRYPT, CTL_END_NONE, "01"},
	    {WHACK_IKELIFETIME, CTL_END_NONE, "00000384"},
	    {WHACK_POLICY, CTL_END_NONE, "00000001"},
	};
	uint8_t buf[4096];
	struct request r;

	decode(&r, CTL_OP_CONNECTION, items, COUNT(items), buf);
	CU_ASSERT_EQUAL(r.op, CTL_OP_CONNECTION);
	CU_ASSERT_TRUE(span_equal(r.v[0][WHACK_NAME].bytes, SPAN_LIT("t1")));
	CU_ASSERT_TRUE(
	    unit_is_hex(r.v[CTL_END_RIGHT][WHACK_HOST].bytes, "0a4d0002"));
	CU_ASSERT_TRUE(r.v[CTL_END_LEFT][WHACK_CLIENT].set);
	CU_ASSERT_FALSE(r.v[CTL_END_RIGHT][WHACK_CLIENT].set);
	CU_ASSERT_EQUAL(r.bits_goal, GOAL_PSK | GOAL_ENCRYPT);
	CU_ASSERT_FALSE(r.debug_given);
}

static void
test_request_number_falls_back_to_the_default(void)
{
	static const struct item items[] = {
	    NAME,
	    LEFT,
	    RIGHT,
	    {WHACK_IKEPORT, CTL_END_RIGHT, "00001194"},
	    {WHACK_IKELIFETIME, CTL_END_NONE, "00000384"},
	};
	uint8_t buf[4096];
	struct request r;

	decode(&r, CTL_OP_CONNECTION, items, COUNT(items), buf);
	CU_ASSERT_EQUAL(request_number(&r, CTL_END_RIGHT, WHACK_IKEPORT), 4500);
	CU_ASSERT_EQUAL(request_number(&r, CTL_END_LEFT, WHACK_IKEPORT), 500);
	CU_ASSERT_EQUAL(
	    request_number(&r, CTL_END_NONE, WHACK_IKELIFETIME), 900);
	CU_ASSERT_EQUAL(
	    request_number(&r, CTL_END_NONE, WHACK_IPSECLIFETIME), 3600);
	CU_ASSERT_EQUAL(request_number(&r, CTL_END_NONE, WHACK_KEYINGTRIES), 3);
	CU_ASSERT_EQUAL(
	    request_number(&r, CTL_END_NONE, WHACK_POLICY), POLICY_CLASSIC);
}

static void
test_request_debug_mask_then_bits(void)
{
	static const struct item items[] = {
	    {WHACK_DEBUG_ALL, CTL_END_NONE, "01"},
	    {WHACK_DEBUG_NONE, CTL_END_NONE, "01"},
	    {WHACK_DEBUG_RAW, CTL_END_NONE, "01"},
	    {WHACK_DEBUG_OPPO, CTL_END_NONE, "01"},
	};
	uint8_t buf[4096];
	struct request r;

	decode(&r, CTL_OP_DEBUG, items, COUNT(items), buf);
	CU_ASSERT_TRUE(r.debug_given);
	CU_ASSERT_EQUAL(r.bits_debug, DEBUG_RAW | DEBUG_OPPO);
}

static void
test_request_keyid_brings_octets(void)
{
	static const struct item items[] = {
	    {WHACK_KEYID, CTL_END_NONE, "40676f"},
	    {WHACK_ADDKEY, CTL_END_NONE, "01"},
	    {WHACK_PUBKEYRSA, CTL_END_NONE, "0103000a"},
	};
	uint8_t buf[4096];
	struct request r;

	decode(&r, CTL_OP_KEYID, items, COUNT(items), buf);
	CU_ASSERT_TRUE(
	    span_equal(r.v[CTL_END_NONE][WHACK_KEYID].bytes, SPAN_LIT("@go")));
	CU_ASSERT_TRUE(r.v[CTL_END_NONE][WHACK_ADDKEY].set);
	CU_ASSERT_TRUE(span_equal(
	    r.v[CTL_END_NONE][WHACK_PUBKEYRSA].bytes, SPAN_LIT("\1\3\0\12")));
}

static void
test_request_forms_without_options(void)
{
	decides(CTL_OP_LISTEN, NULL, 0, NULL);
	decides(CTL_OP_UNLISTEN, NULL, 0, NULL);
	decides(CTL_OP_STATUS, NULL, 0, NULL);
	decides(CTL_OP_SHUTDOWN, NULL, 0, NULL);
}

static void
test_request_refuses_items_that_do_not_belong(void)
{
	static const struct {
		uint8_t op;
		struct item items[5];
		size_t n;
		const char *reason;
	} cases[] = {
	    {CTL_OP_INITIATE, {NAME, NAME}, 2, "--name comes twice"},
	    {CTL_OP_CONNECTION, {NAME, LEFT, LEFT, RIGHT}, 4,
		"--host comes twice"},
	    {CTL_OP_STATUS, {NAME}, 1, "--name does not belong"},
	    {CTL_OP_INITIATE, {NAME, {WHACK_PSK, CTL_END_NONE, "01"}}, 2,
		"--psk does not belong"},
	    {CTL_OP_CONNECTION, {NAME, {WHACK_HOST, CTL_END_NONE, "0a4d0001"}},
		2, "must say which end"},
	    {CTL_OP_CONNECTION, {{WHACK_NAME, CTL_END_LEFT, "7431"}}, 1,
		"is not of an end"},
	    {CTL_OP_CONNECTION, {NAME, {WHACK_TO, CTL_END_NONE, "01"}}, 2,
		"--to is not for pluto"},
	    {CTL_OP_STATUS, {{WHACK_CTLBASE, CTL_END_NONE, "2f78"}}, 1,
		"--ctlbase is not for pluto"},
	    {CTL_OP_STATUS, {{N_WHACK_OPTIONS, CTL_END_NONE, "01"}}, 1,
		"same version"},
	    {CTL_OP_STATUS, {{255, CTL_END_NONE, "01"}}, 1, "same version"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		decides(
		    cases[i].op, cases[i].items, cases[i].n, cases[i].reason);
}

static void
test_request_refuses_values_of_the_wrong_kind_or_range(void)
{
	static const struct item bad[] = {
	    {WHACK_NAME, CTL_END_NONE, ""},
	    {WHACK_NAME, CTL_END_NONE, "410a42"},
	    {WHACK_HOST, CTL_END_LEFT, "0a4d00"},
	    {WHACK_HOST, CTL_END_LEFT, "0a4d000100"},
	    {WHACK_CLIENT, CTL_END_LEFT, "0a010101"},
	    {WHACK_CLIENT, CTL_END_LEFT, "0a01010121"},
	    {WHACK_CLIENT, CTL_END_LEFT, "0a01010118"},
	    {WHACK_IKEPORT, CTL_END_LEFT, "00000000"},
	    {WHACK_IKEPORT, CTL_END_LEFT, "00010000"},
	    {WHACK_IKEPORT, CTL_END_LEFT, "0001"},
	    {WHACK_PSK, CTL_END_NONE, ""},
	    {WHACK_PSK, CTL_END_NONE, "02"},
	    {WHACK_IKELIFETIME, CTL_END_NONE, "00000000"},
	    {WHACK_IKELIFETIME, CTL_END_NONE, "00015181"},
	    {WHACK_POLICY, CTL_END_NONE, "00000002"},
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		decides(CTL_OP_CONNECTION, &bad[i], 1, "--");
}

static void
test_request_names_what_is_missing(void)
{
	static const struct item name[] = {NAME}, one[] = {NAME, RIGHT};

	decides(CTL_OP_INITIATE, NULL, 0, "--name, which is missing");
	decides(CTL_OP_DELETE, NULL, 0, "--name, which is missing");
	decides(CTL_OP_KEYID, NULL, 0, "--keyid, which is missing");
	decides(CTL_OP_CONNECTION, name, COUNT(name), "--host for both ends");
	decides(CTL_OP_CONNECTION, one, COUNT(one), "--host for both ends");
}

/* Whatever is cut off or added, it is refused. */
static void
test_request_refuses_every_other_length(void)
{
	static const struct item items[] = {NAME, LEFT, RIGHT};
	uint8_t buf[4097];
	struct span whole = encode(CTL_OP_CONNECTION, items, COUNT(items), buf);
	struct request r;

	for (size_t n = 0; n <= whole.n + 1; n++) {
		TEXT(why, 500);

		CU_ASSERT_EQUAL(
		    request_decode(&r, span_of(buf, n), &why), n == whole.n);
	}
}

/* What any changed octet makes of it, there is no crash and a reason. */
static void
test_request_survives_every_changed_octet(void)
{
	static const struct item items[] = {NAME, LEFT, RIGHT,
	    {WHACK_CLIENT, CTL_END_LEFT, "0a01010018"},
	    {WHACK_PSK, CTL_END_NONE, "01"}};
	uint8_t buf[4096];
	struct span whole = encode(CTL_OP_CONNECTION, items, COUNT(items), buf);

	for (size_t i = 0; i < whole.n; i++) {
		uint8_t was = buf[i];

		for (unsigned v = 0; v < 256; v++) {
			struct request r;
			TEXT(why, 500);

			buf[i] = (uint8_t)v;
			CU_ASSERT_EQUAL(
			    request_decode(&r, whole, &why), why.n == 0);
		}
		buf[i] = was;
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_request_connection_is_taken_apart),
	    UNIT_TEST(test_request_number_falls_back_to_the_default),
	    UNIT_TEST(test_request_debug_mask_then_bits),
	    UNIT_TEST(test_request_keyid_brings_octets),
	    UNIT_TEST(test_request_forms_without_options),
	    UNIT_TEST(test_request_refuses_items_that_do_not_belong),
	    UNIT_TEST(test_request_refuses_values_of_the_wrong_kind_or_range),
	    UNIT_TEST(test_request_names_what_is_missing),
	    UNIT_TEST(test_request_refuses_every_other_length),
	    UNIT_TEST(test_request_survives_every_changed_octet),
	};

	return unit_run("request", tests, COUNT(tests));
}
