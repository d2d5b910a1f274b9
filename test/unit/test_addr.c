/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and subnets: what is read, what is refused, how it is printed. */
#include "engine/base/addr.h"

#include "test/unit/unit.h"

static struct addr
addr(const char *s)
{
	struct addr a = {.family = ADDR_NONE};

	CU_ASSERT_TRUE(addr_parse(&a, s));
	return a;
}

static struct subnet
subnet(const char *s)
{
	struct subnet n = {{.family = ADDR_NONE}, 0};

	CU_ASSERT_TRUE(subnet_parse(&n, s));
	return n;
}

static void
test_addr_parse_and_print_agree(void)
{
	static const char *const cases[][2] = {
	    {"192.0.2.1", "192.0.2.1"},
	    {"0.0.0.0", "0.0.0.0"},
	    {"%any", "0.0.0.0"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"100.9.10.99", "100.9.10.99"},
	    {"2001:DB8:0:0::1", "2001:db8::1"},
	    {"::", "::"},
	    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr a = addr(cases[i][0]);
		TEXT(t, 64);

		addr_print(&t, &a);
		CU_ASSERT_STRING_EQUAL(t.p, cases[i][1]);
	}
}

static void
test_addr_parse_refuses_what_is_no_address(void)
{
	static const char *const cases[] = {"", "1.2.3", "1.2.3.4.5",
	    "1.2.3.256", "host", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/24", ":",
	    "2001:db8", "1::2::3", "%none", "0x7f.0.0.1"};
	struct addr a = addr("192.0.2.1");

	for (size_t i = 0; i < COUNT(cases); i++)
		CU_ASSERT_FALSE(addr_parse(&a, cases[i]));
	CU_ASSERT_EQUAL(a.b[0], 192);
}

static void
test_addr_span_has_the_family_s_length(void)
{
	struct addr a = addr("192.0.2.1"), b = addr("2001:db8::1"), r,
		    none = {.family = ADDR_NONE};

	CU_ASSERT_TRUE(unit_is_hex(addr_span(&a), "c0000201"));
	CU_ASSERT_EQUAL(addr_span(&b).n, 16);
	CU_ASSERT_EQUAL(addr_span(&none).n, 0);
	CU_ASSERT_EQUAL(addr_bits(&a), 32);
	CU_ASSERT_EQUAL(addr_bits(&b), 128);
	CU_ASSERT_TRUE(addr_from_span(&r, addr_span(&a)));
	CU_ASSERT_TRUE(addr_equal(&r, &a));
	CU_ASSERT_TRUE(addr_from_span(&r, addr_span(&b)));
	CU_ASSERT_TRUE(addr_equal(&r, &b));
	CU_ASSERT_FALSE(addr_from_span(&r, SPAN_LIT("12345")));
	CU_ASSERT_FALSE(addr_from_span(&r, SPAN_NONE));
}

static void
test_addr_equal_and_hash_see_family_and_octets(void)
{
	struct addr a = addr("192.0.2.1"), b = addr("192.0.2.1"),
		    c = addr("192.0.2.2"), zero4 = addr("0.0.0.0"),
		    zero6 = addr("::");

	CU_ASSERT_TRUE(addr_equal(&a, &b));
	CU_ASSERT_FALSE(addr_equal(&a, &c));
	CU_ASSERT_FALSE(addr_equal(&zero4, &zero6));
	CU_ASSERT_EQUAL(addr_hash(&a), addr_hash(&b));
	CU_ASSERT_NOT_EQUAL(addr_hash(&a), addr_hash(&c));
}

static void
test_addr_kinds(void)
{
	enum { ANY = 1, MULTICAST = 2, LINK_LOCAL = 4 };
	static const struct {
		const char *s;
		unsigned kinds;
	} cases[] = {{"0.0.0.0", ANY}, {"::", ANY}, {"0.0.0.1", 0}, {"::1", 0},
	    {"223.255.255.255", 0}, {"224.0.0.0", MULTICAST},
	    {"239.255.255.255", MULTICAST}, {"240.0.0.0", 0},
	    {"255.255.255.255", MULTICAST}, {"255.255.255.254", 0},
	    {"ff02::1", MULTICAST}, {"fe80::1", LINK_LOCAL},
	    {"febf::1", LINK_LOCAL}, {"fec0::1", 0}, {"254.128.0.1", 0}};
	struct addr none = {.family = ADDR_NONE};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr a = addr(cases[i].s);

		CU_ASSERT_EQUAL(addr_is_any(&a), (cases[i].kinds & ANY) != 0);
		CU_ASSERT_EQUAL(
		    addr_is_multicast(&a), (cases[i].kinds & MULTICAST) != 0);
		CU_ASSERT_EQUAL(
		    addr_is_link_local(&a), (cases[i].kinds & LINK_LOCAL) != 0);
	}
	CU_ASSERT_FALSE(addr_is_any(&none));
	CU_ASSERT_FALSE(addr_is_multicast(&none));
}

static void
test_subnet_parse_and_print_agree(void)
{
	static const char *const cases[][2] = {
	    {"192.0.2.0/24", "192.0.2.0/24"},
	    {"0.0.0.0/0", "0.0.0.0/0"},
	    {"192.0.2.7", "192.0.2.7/32"},
	    {"10.0.0.0/255.0.0.0", "10.0.0.0/8"},
	    {"192.0.2.128/25", "192.0.2.128/25"},
	    {"::/0", "::/0"},
	    {"192.0.2.7/255.255.255.255", "192.0.2.7/32"},
	    {"0.0.0.0/0.0.0.0", "0.0.0.0/0"},
	    {"2001:db8::/32", "2001:db8::/32"},
	    {"2001:db8::1", "2001:db8::1/128"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subnet s = subnet(cases[i][0]);
		TEXT(t, 64);

		subnet_print(&t, &s);
		CU_ASSERT_STRING_EQUAL(t.p, cases[i][1]);
	}
}

static void
test_subnet_parse_refuses_bad_prefixes_and_host_bits(void)
{
	static const char *const cases[] = {"192.0.2.1/24", "192.0.2.0/33",
	    "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+24", "192.0.2.0/24x",
	    "192.0.2.0/0x18", "192.0.2.0/4294967320", "192.0.2.0/255.0.255.0",
	    "192.0.2.1/255.255.255.0", "/24", "", "192.0.2.0/24/24",
	    "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/ffff::",
	    "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/1"};
	struct subnet s = subnet("192.0.2.0/24");

	for (size_t i = 0; i < COUNT(cases); i++)
		CU_ASSERT_FALSE(subnet_parse(&s, cases[i]));
	CU_ASSERT_EQUAL(s.bits, 24);
}

static void
test_subnet_contains_its_addresses_only(void)
{
	static const struct {
		const char *subnet, *addr;
		bool in;
	} cases[] = {{"192.0.2.128/25", "192.0.2.128", true},
	    {"192.0.2.128/25", "192.0.2.255", true},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"192.0.2.128/25", "192.0.3.128", false},
	    {"0.0.0.0/0", "255.255.255.255", true}, {"0.0.0.0/0", "::", false},
	    {"192.0.2.1/32", "192.0.2.1", true},
	    {"192.0.2.1/32", "192.0.2.0", false},
	    {"2001:db8::/33", "2001:db8:7fff::1", true},
	    {"2001:db8::/33", "2001:db8:8000::1", false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subnet s = subnet(cases[i].subnet);
		struct addr a = addr(cases[i].addr);

		CU_ASSERT_EQUAL(subnet_contains(&s, &a), cases[i].in);
	}
}

static void
test_subnet_mask_round_trip(void)
{
	for (uint8_t bits = 0; bits <= 32; bits++) {
		struct subnet s = {addr("0.0.0.0"), bits}, r;
		struct addr mask;

		subnet_mask(&s, &mask);
		CU_ASSERT_TRUE(subnet_from_mask(&r, &s.a, &mask));
		CU_ASSERT_TRUE(subnet_equal(&r, &s));
	}
}

static void
test_subnet_from_mask_refuses_holes_and_mixtures(void)
{
	static const char *const cases[][2] = {{"10.0.0.0", "255.0.255.0"},
	    {"10.0.0.0", "0.255.255.255"}, {"10.0.0.1", "255.255.255.0"},
	    {"10.0.0.0", "ffff::"}, {"0.0.0.0", "0.0.0.1"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr a = addr(cases[i][0]), mask = addr(cases[i][1]);
		struct subnet s;

		CU_ASSERT_FALSE(subnet_from_mask(&s, &a, &mask));
	}
}

static void
test_subnet_host_is_one_address(void)
{
	struct addr a = addr("192.0.2.7");
	struct subnet s = subnet_host(&a), net = subnet("192.0.2.0/24"),
		      none = {{.family = ADDR_NONE}, 0};

	CU_ASSERT_TRUE(subnet_is_host(&s));
	CU_ASSERT_FALSE(subnet_is_host(&net));
	CU_ASSERT_FALSE(subnet_is_host(&none));
	CU_ASSERT_FALSE(subnet_equal(&s, &net));
}

static void
test_endpoint_print_brackets_v6(void)
{
	struct endpoint a = {addr("192.0.2.1"), 500},
			b = {addr("2001:db8::1"), 65535},
			c = {addr("192.0.2.1"), 4500};
	TEXT(t, 80);

	endpoint_print(&t, &a);
	text_add(&t, " ");
	endpoint_print(&t, &b);
	CU_ASSERT_STRING_EQUAL(t.p, "192.0.2.1:500 [2001:db8::1]:65535");
	CU_ASSERT_TRUE(endpoint_equal(&a, &a));
	CU_ASSERT_FALSE(endpoint_equal(&a, &b));
	CU_ASSERT_FALSE(endpoint_equal(&a, &c));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_addr_parse_and_print_agree),
	    UNIT_TEST(test_addr_parse_refuses_what_is_no_address),
	    UNIT_TEST(test_addr_span_has_the_family_s_length),
	    UNIT_TEST(test_addr_equal_and_hash_see_family_and_octets),
	    UNIT_TEST(test_addr_kinds),
	    UNIT_TEST(test_subnet_parse_and_print_agree),
	    UNIT_TEST(test_subnet_parse_refuses_bad_prefixes_and_host_bits),
	    UNIT_TEST(test_subnet_contains_its_addresses_only),
	    UNIT_TEST(test_subnet_mask_round_trip),
	    UNIT_TEST(test_subnet_from_mask_refuses_holes_and_mixtures),
	    UNIT_TEST(test_subnet_host_is_one_address),
	    UNIT_TEST(test_endpoint_print_brackets_v6),
	};

	return unit_run("addr", tests, COUNT(tests));
}
