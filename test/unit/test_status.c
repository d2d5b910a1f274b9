/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whack --status line by line, for each kind of connection and in each state
 * that it tells of.  SPIs are random: here all of them are "SPI".
 */
#include "engine/ike/neg.h"
#include "test/unit/warrior.h"

#define LIVES "--ipseclifetime 3600 --rekeymargin 600 --rekeyfuzz 0 "
#define LIVES_SAID                                                  \
	"ike_life: 10800s; ipsec_life: 3600s; rekey_margin: 600s; " \
	"rekey_fuzz: 0%; keyingtries: 3\n"
#define NETS                                          \
	"--host 10.77.0.1 --client 10.1.0.0/16 --to " \
	"--host 10.77.0.2 --client 10.2.0.0/16 "
#define NETS_SAID "10.1.0.0/16===10.77.0.1...10.77.0.2===10.2.0.0/16"

enum { REPORT_MAX = 8000 };

/* "esp.481f5da1@" becomes "esp.SPI@". */
static void
add_line(struct text *t, const char *line)
{
	while (*line != '\0') {
		size_t n = 0;

		if (*line == '.')
			n = strspn(line + 1, "0123456789abcdef");
		if (n > 0 && line[1 + n] == '@') {
			text_add(t, ".SPI");
			line += 1 + n;
		} else {
			text_add(t, "%c", *line++);
		}
	}
	text_add(t, "\n");
}

static void
check_report(struct fake_peer *p, const char *should)
{
	uint32_t client = fake_peer_whack(p, "--status");
	TEXT(is, REPORT_MAX);

	CU_ASSERT_TRUE(fake_peer_done(p, client));
	for (const struct fake_line *l = p->host->lines; l != NULL; l = l->next)
		if (l->client == client && !l->done) {
			CU_ASSERT_EQUAL(l->code, RC_COMMENT);
			add_line(&is, l->text);
		}
	if (strcmp(is.p, should) == 0)
		return;
	fprintf(stderr, "the report is\n%sand should be\n%s", is.p, should);
	CU_FAIL("another report");
}

/* Both ends have "t" and the left one brings it up. */
static void
begin(struct fake_pair *p, const char *options)
{
	pair_begin_with(p, options);
	(void)pair_initiate(p, "t");
}

/* ---- connections without SAs ------------------------------------------- */

static void
test_status_of_nothing(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	check_report(&p.left, "");
	pair_end(&p);
}

static void
test_status_of_what_is_only_loaded(void)
{
	struct fake_pair p;

	pair_begin(&p, SECRET, SECRET);
	fake_peer_whack(&p.left,
	    "--name t --psk --authenticate --encrypt --compress --pfs "
	    "--disablearrivalcheck --dontrekey " LIVES
	    "--host 10.77.0.1 --id @left --nexthop 10.77.0.254 --updown true"
	    " --to --host 10.77.0.2 --client 10.2.0.0/16 --updown false");
	fake_peer_whack(&p.left,
	    "--name far --psk --encrypt --keyingtries 0 "
	    "--host 192.0.2.1 --to --host 192.0.2.2");
	check_report(&p.left,
	    "\"t\": "
	    "10.77.0.1[@left]---10.77.0.254...10.77.0.2===10.2.0.0/16; "
	    "unrouted; eroute owner: #0\n"
	    "\"t\":   " LIVES_SAID "\"t\":   policy: "
	    "PSK+ENCRYPT+AUTHENTICATE+COMPRESS+TUNNEL+PFS+DISABLEARRIVALCHECK+"
	    "DONTREKEY; "
	    "prio: 32,16; interface: eth0; proposals: classic\n"
	    "\"t\":   updown: 'true'\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    "\"far\": 192.0.2.1...192.0.2.2; unoriented; eroute owner: "
	    "#0\n"
	    "\"far\":   ike_life: 10800s; ipsec_life: 3600s; "
	    "rekey_margin: 540s; rekey_fuzz: 100%; keyingtries: 0\n"
	    "\"far\":   policy: PSK+ENCRYPT; prio: 32,32; interface: ; "
	    "proposals: classic\n"
	    "\"far\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    " \n");
	pair_end(&p);
}

static void
test_status_of_a_tunnel(void)
{
	struct fake_pair p;

	begin(&p, "--psk --encrypt --pfs " LIVES NETS);
	CU_ASSERT_EQUAL(
	    fake_pair_packet(&p, true, "--tunnel", NULL), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(
	    fake_pair_packet(&p, true, "--tunnel", NULL), FAKE_PROTECTED);
	CU_ASSERT_EQUAL(
	    fake_pair_packet(&p, false, "--tunnel", NULL), FAKE_PROTECTED);
	fake_run(p.world, 7000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; erouted; eroute owner: #2\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+PFS+UP; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; \n"
	    " \n"
	    "#2: \"t\" STATE_QUICK_I2 (sent QI2, IPsec SA "
	    "established); EVENT_SA_REPLACE in 2990s; newest IPSEC; "
	    "eroute owner; isakmp#1; idle\n"
	    "#2: \"t\" esp.SPI@10.77.0.2 esp.SPI@10.77.0.1; out 200 "
	    "bytes, 2 packets; in 100 bytes, 1 packets; used 7s ago\n"
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10190s; newest ISAKMP; idle\n"
	    " \n");
	check_report(&p.right,
	    "\"t\": 10.2.0.0/16===10.77.0.2...10.77.0.1===10.1.0.0/16; "
	    "erouted; eroute owner: #2\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+PFS; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; \n"
	    " \n"
	    "#2: \"t\" STATE_QUICK_R2 (IPsec SA established); "
	    "EVENT_SA_REPLACE in 3290s; newest IPSEC; eroute owner; "
	    "isakmp#1; idle\n"
	    "#2: \"t\" esp.SPI@10.77.0.1 esp.SPI@10.77.0.2; out 100 "
	    "bytes, 1 packets; in 200 bytes, 2 packets; used 7s ago\n"
	    "#1: \"t\" STATE_MAIN_R3 (sent MR3, ISAKMP SA "
	    "established); EVENT_SA_REPLACE in 10490s; newest ISAKMP; "
	    "idle\n"
	    " \n");
	pair_end(&p);
}

static void
test_status_of_transport_mode_and_another_port(void)
{
	struct fake_pair p = {.world = fake_world_new(1)};
	struct fake_host *right;

	right = fake_host_new(p.world, "right", "10.77.0.2");
	right->at.port = 1500;
	fake_peer_start(
	    &p.left, fake_host_new(p.world, "left", "10.77.0.1"), SECRET);
	fake_peer_start(&p.right, right, SECRET);
	pair_load(&p, "--psk --authenticate " LIVES HOSTS " --ikeport 1500");
	(void)pair_initiate(&p, "t");
	check_report(&p.left,
	    "\"t\": 10.77.0.1...10.77.0.2:1500; erouted; eroute owner: "
	    "#2\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+AUTHENTICATE+UP; prio: 32,32; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; \n"
	    " \n"
	    "#2: \"t\":1500 STATE_QUICK_I2 (sent QI2, IPsec SA "
	    "established); EVENT_SA_REPLACE in 2997s; newest IPSEC; "
	    "eroute owner; isakmp#1; idle\n"
	    "#2: \"t\":1500 ah.SPI@10.77.0.2 ah.SPI@10.77.0.1; out 0 "
	    "bytes, 0 packets; in 0 bytes, 0 packets\n"
	    "#1: \"t\":1500 STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10197s; newest ISAKMP; idle\n"
	    " \n");
	pair_end(&p);
}

static void
test_status_of_a_bundle(void)
{
	struct fake_pair p;

	begin(&p, "--psk --encrypt --authenticate --compress " LIVES NETS);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; erouted; eroute owner: #2\n"
	    "\"t\":   " LIVES_SAID "\"t\":   policy: "
	    "PSK+ENCRYPT+AUTHENTICATE+COMPRESS+TUNNEL+UP; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; \n"
	    " \n"
	    "#2: \"t\" STATE_QUICK_I2 (sent QI2, IPsec SA "
	    "established); EVENT_SA_REPLACE in 2997s; newest IPSEC; "
	    "eroute owner; isakmp#1; idle\n"
	    "#2: \"t\" ah.SPI@10.77.0.2 esp.SPI@10.77.0.2 "
	    "comp.SPI@10.77.0.2 ah.SPI@10.77.0.1 esp.SPI@10.77.0.1 "
	    "comp.SPI@10.77.0.1; out 0 bytes, 0 packets; in 0 bytes, 0 "
	    "packets\n"
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10197s; newest ISAKMP; idle\n"
	    " \n");
	pair_end(&p);
}

/* ---- shunts ------------------------------------------------------------ */

static void
test_status_of_a_trap(void)
{
	struct fake_pair p;

	pair_begin_with(&p, "--psk --encrypt " LIVES NETS);
	fake_peer_whack(&p.left, "--route --name t");
	fake_run(p.world, SOON_MS);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; prospective erouted; eroute owner: #0\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    " \n"
	    "10.1.0.0/16 -> 10.2.0.0/16 => %trap; \"t\"; routed by "
	    "whack --route\n"
	    " \n");
	/* a packet wants it: held until it is up */
	(void)fake_pair_packet(&p, true, "--tunnel", NULL);
	fake_run(p.world, 5);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; erouted HOLD; eroute owner: #0\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    " \n"
	    "#1: \"t\" STATE_MAIN_I1 (sent MI1, expecting MR1); "
	    "EVENT_RETRANSMIT in 9s; idle\n"
	    " \n"
	    "10.1.0.0/16 -> 10.2.0.0/16 => %hold; \"t\"; its IPsec SA "
	    "is being negotiated\n"
	    " \n");
	pair_end(&p);
}

/* While the scripts of --route and --unroute run it is neither. */
static void
test_status_of_a_trap_that_comes_or_goes(void)
{
	static const struct {
		const char *command, *verb;
	} cases[] = {{"--route --name t", "prepare-client"},
	    {"--unroute --name t", "unroute-client"}};
	struct fake_pair p;
	TEXT(report, 1000);

	pair_begin_with(&p, "--psk --encrypt " LIVES NETS);
	p.left.host->script_min_ms = p.left.host->script_max_ms = 10000;
	for (size_t i = 0; i < COUNT(cases); i++) {
		fake_peer_whack(&p.left, "%s", cases[i].command);
		fake_run(p.world, 5000);
		report = text_of(report_buf, sizeof(report_buf));
		text_add(&report, "%s\"t\": %s%s",
		    "\"t\": " NETS_SAID
		    "; prospective erouted; eroute owner: #0\n"
		    "\"t\":   " LIVES_SAID
		    "\"t\":   policy: PSK+ENCRYPT+TUNNEL; prio: 16,16; "
		    "interface: eth0; proposals: classic\n"
		    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
		    " \n"
		    "10.1.0.0/16 -> 10.2.0.0/16 => %trap; \"t\"; its routing "
		    "is being changed\n"
		    " \n",
		    cases[i].verb,
		    " command has been running for 5s\n"
		    " \n");
		check_report(&p.left, report.p);
		fake_run(p.world, 20000);
	}
	pair_end(&p);
}

static void
test_status_of_what_waits_for_its_next_attempt(void)
{
	struct fake_pair p;

	begin(&p, "--psk --encrypt --policy modern " LIVES NETS);
	fake_peer_whack(&p.right, "--deletestate 2");
	fake_run(p.world, 4000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; prospective erouted; eroute owner: #0\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+UP; prio: 16,16; "
	    "interface: eth0; proposals: modern\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #0; \n"
	    "\"t\":   keying attempt 1 of 3 begins in 6s\n"
	    " \n"
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10193s; newest ISAKMP; idle\n"
	    " \n"
	    "10.1.0.0/16 -> 10.2.0.0/16 => %trap; \"t\"; wanted, and "
	    "has no IPsec SA\n"
	    " \n");
	pair_end(&p);
}

static void
test_status_of_what_was_given_up(void)
{
	struct fake_pair p;

	begin(&p, "--psk --encrypt --keyingtries 1 " LIVES NETS);
	fake_peer_stop(&p.right);
	fake_kernel_flush(&p.right.host->kernel);
	fake_run(p.world, 3600 * 1000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; prospective erouted; eroute owner: #0\n"
	    "\"t\":   ike_life: 10800s; ipsec_life: 3600s; "
	    "rekey_margin: 600s; rekey_fuzz: 0%; keyingtries: 1\n"
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+UP; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    "\"t\":   given up after keying attempt 1 of 1\n"
	    " \n"
	    "10.1.0.0/16 -> 10.2.0.0/16 => %trap; \"t\"; wanted, and "
	    "has no IPsec SA\n"
	    " \n");
	peer_check_behaved(&p.left);
	fake_pair_end(&p);
}

/* ---- scripts ----------------------------------------------------------- */

static void
test_status_of_a_script(void)
{
	struct fake_pair p;

	pair_begin_with(&p, "--psk --encrypt " LIVES NETS);
	p.left.host->script_min_ms = p.left.host->script_max_ms = 10000;
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 5000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; erouted; eroute owner: #2\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+UP; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #0; \n"
	    " \n"
	    "#2: \"t\" STATE_QUICK_I1 (sent QI1, expecting QR1); "
	    "EVENT_SO_DISCARD in 65s; eroute owner; isakmp#1; waiting "
	    "for updown\n"
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10195s; newest ISAKMP; idle\n"
	    " \n"
	    "\"t\": prepare-client command has been running for 4s\n"
	    " \n");
	fake_run(p.world, 60000);
	pair_end(&p);
}

static void
test_status_of_what_is_being_deleted(void)
{
	struct fake_pair p;

	begin(&p, "--psk --encrypt " LIVES NETS);
	p.left.host->script_min_ms = p.left.host->script_max_ms = 10000;
	fake_peer_whack(&p.left, "--delete --name t");
	fake_run(p.world, 5000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; erouted; eroute owner: #0; being deleted\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL; prio: 16,16; interface: "
	    "eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    " \n"
	    "\"t\": down-client command has been running for 5s\n"
	    " \n");
	fake_run(p.world, 20000);
	check_report(&p.left, "");
	pair_end(&p);
}

static void
test_status_of_a_computation(void)
{
	struct fake_pair p;

	pair_begin_with(&p, "--psk --encrypt " LIVES NETS);
	p.left.host->job_extra_ms = 5000;
	fake_peer_whack(&p.left, "--initiate --name t");
	fake_run(p.world, 2000);
	check_report(&p.left,
	    "\"t\": " NETS_SAID "; unrouted; eroute owner: #0\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+UP; prio: 16,16; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    " \n"
	    "#1: \"t\" STATE_MAIN_I1 (sent MI1, expecting MR1); "
	    "EVENT_SO_DISCARD in 68s; computing\n"
	    " \n");
	pair_end(&p);
}

/* ---- instances, IPv6 --------------------------------------------------- */

static void
test_status_of_a_template_and_its_instance(void)
{
	struct scene s;

	scene_begin(&s, WARRIOR LIVES);
	scene_come(&s, &s.ann, LIVES);
	check_report(&s.gateway,
	    "\"w\": 10.2.0.0/16===10.77.0.2...%any; unrouted; eroute "
	    "owner: #0\n"
	    "\"w\":   " LIVES_SAID
	    "\"w\":   policy: PSK+ENCRYPT+TUNNEL; prio: 16,32; "
	    "interface: eth0; proposals: classic\n"
	    "\"w\":   newest ISAKMP SA: #0; newest IPsec SA: #0; \n"
	    "\"w\"[1] 10.77.0.7: 10.2.0.0/16===10.77.0.2...10.77.0.7; "
	    "erouted; eroute owner: #2\n"
	    "\"w\"[1] 10.77.0.7:   " LIVES_SAID
	    "\"w\"[1] 10.77.0.7:   policy: PSK+ENCRYPT+TUNNEL; prio: "
	    "16,32; interface: eth0; proposals: classic\n"
	    "\"w\"[1] 10.77.0.7:   newest ISAKMP SA: #1; newest IPsec "
	    "SA: #2; \n"
	    " \n"
	    "#2: \"w\"[1] 10.77.0.7 STATE_QUICK_R2 (IPsec SA "
	    "established); EVENT_SA_REPLACE in 3297s; newest IPSEC; "
	    "eroute owner; isakmp#1; idle\n"
	    "#2: \"w\"[1] 10.77.0.7 esp.SPI@10.77.0.7 "
	    "esp.SPI@10.77.0.2; out 0 bytes, 0 packets; in 0 bytes, 0 "
	    "packets\n"
	    "#1: \"w\"[1] 10.77.0.7 STATE_MAIN_R3 (sent MR3, ISAKMP SA "
	    "established); EVENT_SA_REPLACE in 10497s; newest ISAKMP; "
	    "idle\n"
	    " \n");
	scene_end(&s);
}

static void
test_status_of_ipv6(void)
{
	struct fake_pair p;

	pair_begin_at(&p, "2001:db8::1", "2001:db8::2", ALL_SECRET);
	pair_load(&p,
	    "--psk --encrypt --ipv6 " LIVES
	    "--host 2001:db8::1 --client 2001:db8:1::/48 --to "
	    "--host 2001:db8::2 --client 2001:db8:2::/48");
	(void)pair_initiate(&p, "t");
	check_report(&p.left,
	    "\"t\": "
	    "2001:db8:1::/48===2001:db8::1...2001:db8::2===2001:db8:2::/48; "
	    "erouted; eroute owner: #2\n"
	    "\"t\":   " LIVES_SAID
	    "\"t\":   policy: PSK+ENCRYPT+TUNNEL+UP; prio: 48,48; "
	    "interface: eth0; proposals: classic\n"
	    "\"t\":   newest ISAKMP SA: #1; newest IPsec SA: #2; \n"
	    " \n"
	    "#2: \"t\" STATE_QUICK_I2 (sent QI2, IPsec SA "
	    "established); EVENT_SA_REPLACE in 2997s; newest IPSEC; "
	    "eroute owner; isakmp#1; idle\n"
	    "#2: \"t\" esp.SPI@2001:db8::2 esp.SPI@2001:db8::1; out 0 "
	    "bytes, 0 packets; in 0 bytes, 0 packets\n"
	    "#1: \"t\" STATE_MAIN_I4 (ISAKMP SA established); "
	    "EVENT_SA_REPLACE in 10197s; newest ISAKMP; idle\n"
	    " \n");
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_status_of_nothing),
	    UNIT_TEST(test_status_of_what_is_only_loaded),
	    UNIT_TEST(test_status_of_a_tunnel),
	    UNIT_TEST(test_status_of_transport_mode_and_another_port),
	    UNIT_TEST(test_status_of_a_bundle),
	    UNIT_TEST(test_status_of_a_trap),
	    UNIT_TEST(test_status_of_a_trap_that_comes_or_goes),
	    UNIT_TEST(test_status_of_what_waits_for_its_next_attempt),
	    UNIT_TEST(test_status_of_what_was_given_up),
	    UNIT_TEST(test_status_of_a_script),
	    UNIT_TEST(test_status_of_what_is_being_deleted),
	    UNIT_TEST(test_status_of_a_computation),
	    UNIT_TEST(test_status_of_a_template_and_its_instance),
	    UNIT_TEST(test_status_of_ipv6),
	};

	return unit_run("status", tests, COUNT(tests));
}
