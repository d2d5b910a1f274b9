/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identities: what is read, compared and printed, and what is refused. */
#include "engine/ike/ident.h"
#include "gen/enums.gen.h"
#include "test/unit/unit.h"

static struct ident
parsed(const char *s)
{
	struct ident id = {0};
	TEXT(why, 400);

	CU_ASSERT_TRUE(ident_parse(&id, span_str(s), &why));
	CU_ASSERT_EQUAL(why.n, 0);
	return id;
}

static void
test_ident_parse_reads_every_form(void)
{
	static const struct {
		const char *text;
		uint8_t type;
		const char *hex;
	} cases[] = {
	    {"192.0.2.1", ID_TYPE_IPV4_ADDR, "c0000201"},
	    {"2001:db8::1", ID_TYPE_IPV6_ADDR,
		"20010db8000000000000000000000001"},
	    {"@gw.example", ID_TYPE_FQDN, "67772e6578616d706c65"},
	    {"@a", ID_TYPE_FQDN, "61"},
	    {"u@b.c", ID_TYPE_USER_FQDN, "7540622e63"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ident id = parsed(cases[i].text);
		TEXT(printed, 200);

		CU_ASSERT_EQUAL(id.type, cases[i].type);
		CU_ASSERT_TRUE(unit_is_hex(ident_span(&id), cases[i].hex));
		ident_print(&printed, &id);
		CU_ASSERT_STRING_EQUAL(printed.p, cases[i].text);
	}
}

static void
test_ident_parse_refuses_and_says_what_it_found(void)
{
	static const char *const bad[] = {
	    "",
	    "@",
	    "gateway",
	    "%any",
	    "1.2.3",
	    "1.2.3.4.5",
	    "a@",
	    "a@b@c",
	    "@a b",
	    "@\"x\"",
	    "@a\\b",
	    "u ser@b",
	    "@a\tb",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ident id;
		TEXT(why, 400);

		CU_ASSERT_FALSE(ident_parse(&id, span_str(bad[i]), &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "expected an IP address"));
		CU_ASSERT_PTR_NOT_NULL(strstr(why.p, "found '"));
	}
}

static void
test_ident_parse_limits_the_length(void)
{
	char name[300];
	struct ident id;
	TEXT(why, 400);

	memset(name, 'a', sizeof(name));
	name[0] = '@';
	CU_ASSERT_TRUE(ident_parse(&id, span_of(name, 256), &why));
	CU_ASSERT_EQUAL(id.n, 255);
	CU_ASSERT_FALSE(ident_parse(&id, span_of(name, 257), &why));
}

static void
test_ident_equal_ignores_case_in_domains_only(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
	    {"@GW.example", "@gw.EXAMPLE", true},
	    {"@gw.example", "@gw.example.", false},
	    {"u@GW.example", "u@gw.example", true},
	    {"U@gw.example", "u@gw.example", false},
	    {"@gw.example", "u@gw.example", false},
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"0.0.0.0", "::", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ident a = parsed(cases[i].a), b = parsed(cases[i].b);

		CU_ASSERT_EQUAL(ident_equal(&a, &b), cases[i].equal);
		CU_ASSERT_EQUAL(ident_equal(&b, &a), cases[i].equal);
	}
}

static void
test_ident_equal_is_false_when_nothing_is_set(void)
{
	struct ident none = {0};

	CU_ASSERT_FALSE(ident_equal(&none, &none));
}

static void
test_ident_from_payload_takes_hosts_only(void)
{
	static const struct {
		uint8_t type;
		size_t n;
		bool ok;
	} cases[] = {
	    {ID_TYPE_IPV4_ADDR, 4, true},
	    {ID_TYPE_IPV4_ADDR, 5, false},
	    {ID_TYPE_IPV6_ADDR, 16, true},
	    {ID_TYPE_IPV6_ADDR, 4, false},
	    {ID_TYPE_FQDN, 3, true},
	    {ID_TYPE_FQDN, 0, false},
	    {ID_TYPE_FQDN, 256, false},
	    {ID_TYPE_USER_FQDN, 3, true},
	    {ID_TYPE_KEY_ID, 3, true},
	    {ID_TYPE_IPV4_ADDR_SUBNET, 8, false},
	    {ID_TYPE_IPV4_ADDR_RANGE, 8, false},
	    {ID_TYPE_DER_ASN1_DN, 8, false},
	    {200, 4, false},
	};
	uint8_t bytes[256];
	struct ident id;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT(cases); i++)
		CU_ASSERT_EQUAL(ident_from_payload(&id, cases[i].type,
				    span_of(bytes, cases[i].n)),
		    cases[i].ok);
}

static void
test_ident_print_escapes_what_a_peer_chose(void)
{
	struct ident id;
	TEXT(t, 100);

	CU_ASSERT_TRUE(
	    ident_from_payload(&id, ID_TYPE_FQDN, SPAN_LIT("a\n\"b")));
	ident_print(&t, &id);
	CU_ASSERT_STRING_EQUAL(t.p, "@a\\x0a\\x22b");
}

static void
test_ident_addr_is_there_for_addresses_only(void)
{
	struct ident name = parsed("@gw"), v6 = parsed("2001:db8::1");
	struct addr a;

	CU_ASSERT_FALSE(ident_addr(&name, &a));
	CU_ASSERT_TRUE(ident_addr(&v6, &a));
	CU_ASSERT_EQUAL(a.family, ADDR_V6);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ident_parse_reads_every_form),
	    UNIT_TEST(test_ident_parse_refuses_and_says_what_it_found),
	    UNIT_TEST(test_ident_parse_limits_the_length),
	    UNIT_TEST(test_ident_equal_ignores_case_in_domains_only),
	    UNIT_TEST(test_ident_equal_is_false_when_nothing_is_set),
	    UNIT_TEST(test_ident_from_payload_takes_hosts_only),
	    UNIT_TEST(test_ident_print_escapes_what_a_peer_chose),
	    UNIT_TEST(test_ident_addr_is_there_for_addresses_only),
	};

	return unit_run("ident", tests, COUNT(tests));
}
