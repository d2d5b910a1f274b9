/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two plutos whose gateways, or clients, or both have IPv6 addresses. */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

#define WAY "--psk --encrypt "
#define NET6_LEFT " --client fd01::/64"
#define NET6_RIGHT " --client fd02::/64"
#define NET4_LEFT " --client 10.1.0.0/16"
#define NET4_RIGHT " --client 10.2.0.0/16"

static struct addr
addr(const char *s)
{
	struct addr a;

	if (!addr_parse(&a, s))
		abort();
	return a;
}

static bool
is_protected(struct fake_pair *p, const char *left, const char *right)
{
	struct addr l = addr(left), r = addr(right);
	struct fake_kernel *lk = &p->left.host->kernel;
	struct fake_kernel *rk = &p->right.host->kernel;

	return fake_packet(lk, rk, &l, &r, NULL) == FAKE_PROTECTED &&
	    fake_packet(rk, lk, &r, &l, NULL) == FAKE_PROTECTED;
}

static void
test_ike_ipv6_in_all_combinations(void)
{
	static const struct {
		const char *gateways[2], *packet[2], *description;
	} cases[] = {
	    {{"fd77::1", "fd77::2"}, {"fd77::1", "fd77::2"},
		WAY "--ipv6 --host fd77::1 --to --host fd77::2"},
	    {{"fd77::1", "fd77::2"}, {"fd01::5", "fd02::6"},
		WAY "--host fd77::1" NET6_LEFT " --to --host fd77::2" NET6_RIGHT
		    " --ipv6"},
	    {{"fd77::1", "fd77::2"}, {"10.1.0.5", "10.2.0.6"},
		WAY "--host fd77::1" NET4_LEFT " --to --host fd77::2" NET4_RIGHT
		    " --ipv6 --tunnelipv4"},
	    {{"10.77.0.1", "10.77.0.2"}, {"fd01::5", "fd02::6"},
		WAY "--host 10.77.0.1" NET6_LEFT
		    " --to --host 10.77.0.2" NET6_RIGHT " --tunnelipv6"},
	    /* The flag about clients says nothing where there are none. */
	    {{"10.77.0.1", "10.77.0.2"}, {"10.77.0.1", "10.77.0.2"},
		WAY "--host 10.77.0.1 --to --host 10.77.0.2 --tunnelipv6"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fake_pair p;

		pair_begin_at(
		    &p, cases[i].gateways[0], cases[i].gateways[1], ALL_SECRET);
		pair_load(&p, cases[i].description);
		(void)pair_initiate(&p, "t");
		pair_check_up(&p, 1, 1);
		CU_ASSERT_TRUE(
		    is_protected(&p, cases[i].packet[0], cases[i].packet[1]));
		pair_whack(&p, "--terminate --name t");
		fake_run(p.world, SOON_MS);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
		pair_end(&p);
	}
}

/* %any6 is whose address is not known; %any is for IPv4. */
static void
test_ike_ipv6_road_warrior(void)
{
	struct fake_pair p;

	pair_begin_at(&p, "fd77::1", "fd77::2",
	    "fd77::1 %any : PSK \"other\"\nfd77::1 %any6 : PSK \"hush\"\n"
	    "fd77::2 fd77::1 : PSK \"hush\"\n");
	fake_peer_whack(&p.left,
	    "--name rw --psk --encrypt --ipv6 --host fd77::1" NET6_LEFT
	    " --to --host %%any");
	fake_peer_whack(&p.right,
	    "--name rw --psk --encrypt --ipv6 --host fd77::1" NET6_LEFT
	    " --to --host fd77::2");
	fake_peer_whack(&p.right, "--initiate --name rw");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "\"rw\"[1] fd77::2 #"));
	CU_ASSERT_TRUE(is_protected(&p, "fd01::5", "fd77::2"));
	pair_end(&p);
}

/* The right end of one that is of IPv4 is nobody's at an IPv6 address. */
static void
test_ike_ipv6_any_is_of_one_family(void)
{
	struct fake_pair p;

	pair_begin_at(&p, "fd77::1", "fd77::2", ALL_SECRET);
	fake_peer_whack(
	    &p.left, "--name rw --psk --host 10.77.0.1 --to --host %%any");
	fake_peer_whack(&p.right,
	    "--name t --psk --ipv6 --host fd77::1 --to --host fd77::2");
	fake_peer_whack(&p.right, "--initiate --name t --asynchronous");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "\"rw\"[1]"));
	pair_end(&p);
}

/* What whack would not send: pluto looks again. */
static void
test_ike_ipv6_mixed_families_are_refused(void)
{
	static const char *const cases[][2] = {
	    {"--host 10.77.0.1" NET6_LEFT " --to --host 10.77.0.2 --tunnelipv6",
		"the end without --client has the address of its host for one, "
		"and both must be of one family"},
	    {"--host fd77::1 --to --host fd77::2" NET4_RIGHT
	     " --ipv6 --tunnelipv4",
		"both must be of one family"},
	    {"--host fe80::1 --to --host fd77::2 --ipv6",
		"a link-local address (fe80::/10) does not say on which link"},
	    {"--host ff02::1 --to --host fd77::2 --ipv6",
		"expected the address of one host, found one of many"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fake_pair p;

		pair_begin_at(&p, "fd77::1", "fd77::2", ALL_SECRET);
		fake_peer_whack(
		    &p.left, "--name t --psk --encrypt %s", cases[i][0]);
		if (fake_find(p.left.host, cases[i][1]) == NULL) {
			fprintf(stderr, "nothing says '%s'\n", cases[i][1]);
			CU_FAIL("the text is missing");
		}
		CU_ASSERT_PTR_NULL(fake_find(p.left.host, "added connection"));
		pair_end(&p);
	}
}

static void
test_ike_ipv6_old_notation(void)
{
	struct fake_pair p;

	pair_begin_at(&p, "fd77::1", "fd77::2", ALL_SECRET);
	fake_peer_whack(&p.left,
	    "--name t --psk --ipv6 --host fd77::1 --to --host :: --nexthop ::");
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host,
	    ":: is an old notation, taken as %any for --host and as %direct"));
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, "added connection"));
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_ipv6_in_all_combinations),
	    UNIT_TEST(test_ike_ipv6_road_warrior),
	    UNIT_TEST(test_ike_ipv6_any_is_of_one_family),
	    UNIT_TEST(test_ike_ipv6_mixed_families_are_refused),
	    UNIT_TEST(test_ike_ipv6_old_notation),
	};

	return unit_run("ike_ipv6", tests, COUNT(tests));
}
