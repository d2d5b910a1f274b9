/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that are wanted and do not come up, or go down: when they are
 * tried again, how often, and what ends it.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

/* The left one takes the right one for somebody else, and says so when it knows
 * better: its negotiations are refused at the end of Main Mode. */
static void
begin_refused(struct fake_pair *p, const char *name, const char *options)
{
	if (p->world == NULL)
		fake_pair_start(p, 1, ALL_SECRET, ALL_SECRET);
	fake_peer_whack(&p->left,
	    "--name %s --psk --encrypt --host 10.77.0.1 --to "
	    "--host 10.77.0.2 --id @other %s",
	    name, options);
	fake_peer_whack(&p->right,
	    "--name %s --psk --encrypt --host 10.77.0.1 --to "
	    "--host 10.77.0.2",
	    name);
}

/* Lines of the left one's log, without whack's copies. */
static unsigned
logged(const struct fake_pair *p, const char *text)
{
	unsigned n = 0;

	for (const struct fake_line *l = p->left.host->lines; l != NULL;
	     l = l->next)
		n += l->client == 0 && strstr(l->text, text) != NULL;
	return n;
}

static unsigned
main_modes(const struct fake_pair *p)
{
	return logged(p, "initiating Main Mode");
}

/* ---- as often as --keyingtries says ------------------------------------ */

static void
test_ike_retry_of_what_is_refused_is_less_and_less_often(void)
{
	static const unsigned delays_s[] = {10, 20, 40, 80, 160, 300, 300};
	struct fake_pair p = {0};
	uint32_t client;

	begin_refused(&p, "t", "--keyingtries 0");
	client = pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client),
	    RC_NOTIFICATION + NOTIFY_INVALID_ID_INFORMATION);
	for (unsigned i = 0; i < COUNT(delays_s); i++) {
		TEXT(line, 100);

		text_add(&line,
		    "\"t\": keying attempt %u of any number begins in %u s",
		    i + 2, delays_s[i]);
		CU_ASSERT_EQUAL(main_modes(&p), i + 1);
		CU_ASSERT_EQUAL(logged(&p, line.p), 1);
		fake_run(p.world, (uint64_t)delays_s[i] * 1000 - SOON_MS);
		CU_ASSERT_EQUAL(main_modes(&p), i + 1);
		fake_run(p.world, SOON_MS);
	}
	pair_end(&p);
}

static void
test_ike_retry_ends_with_the_last_attempt(void)
{
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 3");
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 3);
	CU_ASSERT_EQUAL(
	    logged(&p, "\"t\": given up after 3 keying attempts"), 1);
	CU_ASSERT_EQUAL(ike_next_ms(p.left.ike), UINT64_MAX);
	pair_end(&p);
}

static void
test_ike_retry_counts_silence_and_refusals_together(void)
{
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 3");
	p.world->faults.loss = 1000;
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 71 * 1000); /* the second attempt is in progress */
	p.world->faults.loss = 0;
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 3);
	CU_ASSERT_EQUAL(logged(&p, "keying attempt 3 of 3 begins in 10 s"), 1);
	pair_end(&p);
}

/* Those that wait for the same Main Mode are wanted, too. */
static void
test_ike_retry_is_for_those_that_waited_as_well(void)
{
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 2");
	begin_refused(&p, "u", "--keyingtries 2");
	fake_peer_whack(&p.left, "--initiate --name t");
	(void)pair_initiate(&p, "u");
	CU_ASSERT_EQUAL(main_modes(&p), 1);
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 2);
	CU_ASSERT_EQUAL(logged(&p, "\"t\": given up after 2 keying"), 1);
	CU_ASSERT_EQUAL(logged(&p, "\"u\": given up after 2 keying"), 1);
	pair_end(&p);
}

/* What waits for an ISAKMP SA must not keep an IPsec SA from being wanted. */
static void
test_ike_retry_one_for_an_ipsec_sa_joins_one_for_an_isakmp_sa(void)
{
	struct neg how = {.attempt = 1};
	struct fake_pair p;
	struct connection *c;

	fake_pair_begin(&p, 1, NET_TO_NET);
	c = conn_by_name(p.left.ike->conns, "t");
	c->goal |= GOAL_UP;
	retry_failed(p.left.ike, c, &how);
	CU_ASSERT_FALSE(c->retry.initiate_phase2);
	how.initiate_phase2 = true;
	retry_failed(p.left.ike, c, &how);
	fake_run(p.world, 15 * 1000);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(logged(&p, "begins in"), 1);
	pair_end(&p);
}

/* ---- what ends it ------------------------------------------------------ */

static void
check_stops(const char *command)
{
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 0");
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(ike_next_ms(p.left.ike) != UINT64_MAX);
	fake_peer_whack(&p.left, "%s", command);
	CU_ASSERT_EQUAL(ike_next_ms(p.left.ike), UINT64_MAX);
	fake_run(p.world, DAY_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 1);
	pair_end(&p);
}

static void
test_ike_retry_stops_with_terminate_and_delete(void)
{
	check_stops("--terminate --name t");
	check_stops("--delete --name t");
}

static void
test_ike_retry_begins_no_second_negotiation(void)
{
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 0");
	(void)pair_initiate(&p, "t");
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 9 * 1000);
	CU_ASSERT_EQUAL(main_modes(&p), 2);
	pair_end(&p);
}

static void
test_ike_retry_rests_while_nobody_listens(void)
{
	struct ike_interface face = {.name = "eth0"};
	struct fake_pair p = {0};

	begin_refused(&p, "t", "--keyingtries 0");
	(void)pair_initiate(&p, "t");
	ike_set_deaf(p.left.ike);
	CU_ASSERT_EQUAL(ike_next_ms(p.left.ike), UINT64_MAX);
	fake_run(p.world, MINUTE_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 1);
	face.a = p.left.host->at.a;
	face.port = p.left.host->at.port;
	ike_set_interfaces(p.left.ike, &face, 1);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(main_modes(&p), 2);
	pair_end(&p);
}

/* Traffic need not wait for minutes. */
static void
test_ike_retry_comes_sooner_if_packets_wait(void)
{
	struct fake_pair p = {0};
	unsigned before;

	begin_refused(&p, "t", "--keyingtries 0");
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, SOON_MS);
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 11 * MINUTE_MS);
	before = main_modes(&p);
	CU_ASSERT_TRUE(
	    ike_next_ms(p.left.ike) > p.world->now_ms + 2 * MINUTE_MS);
	CU_ASSERT_EQUAL(fake_pair_packet(&p, true, "", NULL), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(main_modes(&p), before);
	fake_run(p.world, 10 * 1000);
	CU_ASSERT_EQUAL(main_modes(&p), before + 1);
	pair_end(&p);
}

/* ---- SAs that end without a replacement -------------------------------- */

#define MODERN NET_TO_NET " --policy modern"

/* conf. 126 */
static void
test_ike_retry_a_wanted_sa_that_the_peer_deleted_is_replaced(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, MODERN);
	fake_peer_whack(&p.right, "--terminate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	CU_ASSERT_EQUAL(logged(&p, "keying attempt 1 of 3 begins in 10 s"), 1);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, 10 * 1000);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

static void
test_ike_retry_what_nobody_wants_stays_down(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, MODERN);
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, MINUTE_MS);
	pair_check_up(&p, 0, 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_policies, 0);
	pair_end(&p);
}

/* What --initiate wanted is wanted until --terminate. */
static void
test_ike_retry_follows_deletestate(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, MODERN);
	fake_peer_whack(&p.left, "--deletestate 2");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, 10 * 1000);
	pair_check_up(&p, 1, 1);
	pair_end(&p);
}

/* A state that is not up yet is ended, and not begun anew. */
static void
test_ike_retry_is_not_for_a_negotiation_that_deletestate_ended(void)
{
	struct fake_pair p;
	uint32_t client;

	fake_pair_begin(&p, 1, MODERN);
	client = fake_peer_whack(&p.left, "--initiate --name t");
	fake_peer_whack(&p.left, "--deletestate 1");
	CU_ASSERT_TRUE(fake_peer_done(&p.left, client));
	CU_ASSERT_EQUAL(fake_peer_status(&p.left, client), RC_FATAL);
	fake_run(p.world, MINUTE_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 0, 0));
	pair_end(&p);
}

static void
test_ike_retry_the_older_of_two_needs_no_replacement(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, MODERN);
	(void)pair_initiate(&p, "t");
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 2));
	fake_peer_whack(&p.right, "--deletestate 2");
	fake_run(p.world, MINUTE_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(logged(&p, "keying attempt"), 0);
	pair_end(&p);
}

/* The lifetime leaves no time for a replacement: what is wanted begins anew. */
static void
test_ike_retry_follows_an_sa_that_expired_unreplaced(void)
{
	struct fake_pair p;

	pair_begin_up_with(
	    &p, NET_TO_NET " --ipseclifetime 60 --rekeymargin 400");
	fake_run(p.world, 15 * MINUTE_MS);
	CU_ASSERT_TRUE(logged(&p, "its SA is gone") >= 5);
	CU_ASSERT_PTR_NULL(fake_find(p.left.host, "to replace"));
	pair_end(&p);
}

/* The peer has forgotten all: who cannot try again must not go on under the
 * ISAKMP SA of before, either. */
static void
test_ike_retry_silence_in_the_last_attempt_ends_the_isakmp_sa(void)
{
	struct fake_pair p;

	pair_begin_up_with(&p, NET_TO_NET " --keyingtries 1");
	fake_peer_stop(&p.right);
	fake_kernel_flush(&p.right.host->kernel);
	fake_peer_start(&p.right, p.right.host, ALL_SECRET);
	fake_peer_secrets(&p.left, ALL_SECRET);
	fake_pair_load(&p.right, NET_TO_NET);
	fake_peer_whack(&p.left, "--deletestate 2");
	fake_run(p.world, 3 * MINUTE_MS);
	CU_ASSERT_EQUAL(logged(&p, "given up after 1 keying attempts"), 1);
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_DROPPED);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 1));
	CU_ASSERT_EQUAL(pair_packet(&p), FAKE_PROTECTED);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_retry_of_what_is_refused_is_less_and_less_often),
	    UNIT_TEST(test_ike_retry_ends_with_the_last_attempt),
	    UNIT_TEST(test_ike_retry_counts_silence_and_refusals_together),
	    UNIT_TEST(test_ike_retry_is_for_those_that_waited_as_well),
	    UNIT_TEST(
		test_ike_retry_one_for_an_ipsec_sa_joins_one_for_an_isakmp_sa),
	    UNIT_TEST(test_ike_retry_stops_with_terminate_and_delete),
	    UNIT_TEST(test_ike_retry_begins_no_second_negotiation),
	    UNIT_TEST(test_ike_retry_rests_while_nobody_listens),
	    UNIT_TEST(test_ike_retry_comes_sooner_if_packets_wait),
	    UNIT_TEST(
		test_ike_retry_a_wanted_sa_that_the_peer_deleted_is_replaced),
	    UNIT_TEST(test_ike_retry_what_nobody_wants_stays_down),
	    UNIT_TEST(test_ike_retry_follows_deletestate),
	    UNIT_TEST(
		test_ike_retry_is_not_for_a_negotiation_that_deletestate_ended),
	    UNIT_TEST(test_ike_retry_the_older_of_two_needs_no_replacement),
	    UNIT_TEST(test_ike_retry_follows_an_sa_that_expired_unreplaced),
	    UNIT_TEST(
		test_ike_retry_silence_in_the_last_attempt_ends_the_isakmp_sa),
	};

	return unit_run("ike_retry", tests, COUNT(tests));
}
