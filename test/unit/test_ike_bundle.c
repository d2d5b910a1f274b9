/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AH, ESP and IPComp, alone and together: what two plutos put into their
 * kernels for each of them, and what one will not do.  What else can be wrong
 * with an offer or an answer is played by test/replay/bundle.rpl.
 */
#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"
#include "test/unit/unit.h"

enum { SET_MAX = 3 };

/* What is asked for, and the protocols that it means, outermost first. */
struct kind {
	const char *options;
	size_t n;
	uint8_t protocols[SET_MAX];
};

#define AH PROTOCOL_AH
#define ESP PROTOCOL_ESP
#define IPCOMP PROTOCOL_IPCOMP

static const struct kind kinds[] = {
    {"--encrypt", 1, {ESP}},
    {"--authenticate", 1, {AH}},
    {"--encrypt --authenticate", 2, {AH, ESP}},
    {"--encrypt --compress", 2, {ESP, IPCOMP}},
    {"--authenticate --compress", 2, {AH, IPCOMP}},
    {"--encrypt --authenticate --compress", 3, {AH, ESP, IPCOMP}},
};

static void
begin(struct fake_pair *p, const struct kind *kind, const char *more)
{
	TEXT(options, 200);

	text_add(&options, "--psk %s %s", kind->options, more);
	fake_pair_begin(p, 1, options.p);
}

static int
initiate(struct fake_pair *p)
{
	uint32_t client = pair_initiate(p, "t");

	CU_ASSERT_TRUE(fake_peer_done(&p->left, client));
	return fake_peer_status(&p->left, client);
}

static void
check_packets(struct fake_pair *p, const char *options)
{
	for (int from_left = 0; from_left < 2; from_left++) {
		TEXT(why, 200);

		CU_ASSERT_EQUAL(
		    fake_pair_packet(p, from_left != 0, options, &why),
		    FAKE_PROTECTED);
		if (why.n > 0)
			fprintf(stderr, "%s: %s\n", options, why.p);
	}
}

/* ---- what is in the kernel ----------------------------------------------- */

/* SAs of one direction and protocol. */
static const struct kernel_sa *
find(const struct fake_peer *p, enum kernel_dir dir, uint8_t protocol)
{
	LIST_EACH(n, &p->host->kernel.sas) {
		const struct kernel_sa *sa =
		    &container_of(n, struct fake_sa, node)->sa;

		if (sa->dir == dir && sa->protocol == protocol)
			return sa;
	}
	return NULL;
}

/* Just the innermost of a tunnel is one; what is around it takes what comes,
 * and between two hosts each takes theirs only. */
static void
check_sas(const struct fake_peer *p, const struct kind *kind, bool tunnel)
{
	CU_ASSERT_EQUAL(p->host->kernel.n_sas, 2 * kind->n);
	for (unsigned dir = KERNEL_IN; dir <= KERNEL_OUT; dir++)
		for (size_t i = 0; i < kind->n; i++) {
			const struct kernel_sa *sa =
			    find(p, (enum kernel_dir)dir, kind->protocols[i]);
			bool innermost = i + 1 == kind->n;

			CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
			CU_ASSERT_EQUAL(sa->mode,
			    tunnel && innermost ? KERNEL_TUNNEL
						: KERNEL_TRANSPORT);
			CU_ASSERT_EQUAL(sa->src_sel.bits, tunnel ? 0 : 32);
			CU_ASSERT_EQUAL(sa->dst_sel.bits, tunnel ? 0 : 32);
			if (sa->protocol == PROTOCOL_IPCOMP)
				CU_ASSERT_TRUE(
				    sa->spi >= 0x100 && sa->spi <= 0xefff);
		}
}

/* conf. 115, 139, 140, 141 */
static void
test_ike_bundle_of_every_kind_carries_packets(void)
{
	static const char *const modes[] = {
	    "", "--tunnel", "--tunnel --pfs", "--policy modern"};

	for (size_t i = 0; i < COUNT(kinds) * COUNT(modes); i++) {
		const struct kind *kind = &kinds[i / COUNT(modes)];
		const char *mode = modes[i % COUNT(modes)];
		struct fake_pair p;

		begin(&p, kind, mode);
		CU_ASSERT_EQUAL(initiate(&p), 0);
		check_packets(&p, mode);
		check_sas(&p.left, kind, strstr(mode, "--tunnel") != NULL);
		check_sas(&p.right, kind, strstr(mode, "--tunnel") != NULL);
		fake_peer_whack(&p.left, "--delete --name t");
		fake_run(p.world, SOON_MS);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_policies, 0);
		pair_end(&p);
	}
}

/* A tunnel for clients of the other family: what is around the innermost takes
 * packets of theirs, which no selector of the gateways' family could name. */
static void
test_ike_bundle_of_every_kind_tunnels_the_other_family(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct fake_pair p;
		struct addr left, right;
		TEXT(options, 300);

		text_add(&options,
		    "--psk %s --tunnelipv6 --host 10.77.0.1 --client "
		    "fd78:1::/64 --to --host 10.77.0.2 --client fd78:2::/64",
		    kinds[i].options);
		CU_ASSERT_TRUE_FATAL(addr_parse(&left, "fd78:1::1"));
		CU_ASSERT_TRUE_FATAL(addr_parse(&right, "fd78:2::1"));
		pair_begin_with(&p, options.p);
		CU_ASSERT_EQUAL(initiate(&p), 0);
		check_sas(&p.left, &kinds[i], true);
		CU_ASSERT_EQUAL(fake_packet(&p.left.host->kernel,
				    &p.right.host->kernel, &left, &right, NULL),
		    FAKE_PROTECTED);
		LIST_EACH(n, &p.left.host->kernel.sas) {
			const struct kernel_sa *sa =
			    &container_of(n, struct fake_sa, node)->sa;

			CU_ASSERT_EQUAL(sa->src_sel.a.family, ADDR_V6);
		}
		pair_end(&p);
	}
}

/* conf. 104 */
static void
test_ike_bundle_keys_are_each_protocols_own(void)
{
	const struct kind *all = &kinds[COUNT(kinds) - 1];
	const struct kernel_sa *ah, *esp, *ipcomp;
	struct fake_pair p;

	begin(&p, all, "--tunnel");
	CU_ASSERT_EQUAL(initiate(&p), 0);
	ah = find(&p.left, KERNEL_OUT, PROTOCOL_AH);
	esp = find(&p.left, KERNEL_OUT, PROTOCOL_ESP);
	ipcomp = find(&p.left, KERNEL_OUT, PROTOCOL_IPCOMP);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ah);
	CU_ASSERT_PTR_NOT_NULL_FATAL(esp);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ipcomp);
	CU_ASSERT_EQUAL(ah->cipher_key.n, 0);
	CU_ASSERT_EQUAL(ah->auth_key.n, 20);
	CU_ASSERT_EQUAL(esp->cipher_key.n, 24);
	CU_ASSERT_EQUAL(esp->auth_key.n, 20);
	CU_ASSERT_FALSE(span_equal(ah->auth_key, esp->auth_key));
	CU_ASSERT_EQUAL(ipcomp->cipher_key.n + ipcomp->auth_key.n, 0);
	pair_end(&p);
}

/* conf. 138: the replacement is of the kind that was negotiated, as one that
 * the responder begins shows, which would have asked for more. */
static void
test_ike_bundle_is_replaced_by_its_like(void)
{
	struct fake_pair p;
	struct xchg *old;

	fake_pair_begin(&p, 1, "--psk --authenticate --tunnel");
	fake_peer_whack(&p.left, "--delete --name t");
	fake_pair_load(&p.left, "--psk --encrypt --tunnel");
	CU_ASSERT_EQUAL(initiate(&p), 0);
	old = engine_find_serial(ike_engine(p.right.ike), 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(old);
	CU_ASSERT_EQUAL(neg_of(old)->goal & (GOAL_ENCRYPT | GOAL_AUTHENTICATE),
	    GOAL_ENCRYPT);
	xchg_set_timer(old, TIMER_REPLACE, 1);
	fake_run(p.world, SOON_MS);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.right, 1, 2));
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 4);
	CU_ASSERT_PTR_NULL(find(&p.right, KERNEL_OUT, PROTOCOL_AH));
	check_packets(&p, "--tunnel");
	pair_end(&p);
}

/* conf. 124: one Delete for AH and one for ESP, none for IPComp; either would
 * do, and the second does no harm. */
static void
test_ike_bundle_ends_as_a_whole(void)
{
	const struct kind *all = &kinds[COUNT(kinds) - 1];
	struct fake_pair p;

	begin(&p, all, "--tunnel --policy modern");
	CU_ASSERT_EQUAL(initiate(&p), 0);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 6);
	fake_peer_whack(&p.left, "--terminate --name t");
	fake_run(p.world, SOON_MS);
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
	CU_ASSERT_EQUAL(
	    fake_count(p.right.host, "received Delete for AH SPI"), 1);
	CU_ASSERT_EQUAL(
	    fake_count(p.right.host, "received Delete for ESP SPI"), 1);
	CU_ASSERT_EQUAL(
	    fake_count(p.right.host, "received Delete for IPCOMP"), 0);
	pair_end(&p);
}

/* ---- who is content with what -------------------------------------------- */

/* An initiator and a responder; reason NULL: they agree. */
static const struct {
	const char *left, *right;
	size_t sas;
	const char *reason;
} pairs[] = {
    /* --authenticate: AH, or ESP with authentication */
    {"--encrypt", "--authenticate", 1, NULL},
    {"--authenticate --encrypt", "--authenticate", 2, NULL},
    {"--encrypt", "--authenticate --encrypt", 1, NULL},
    /* --encrypt: ESP, whatever is around it */
    {"--authenticate --encrypt", "--encrypt", 2, NULL},
    {"--authenticate", "--encrypt", 0,
	"it has no ESP, and this connection has --encrypt"},
    {"--authenticate", "--encrypt --authenticate", 0,
	"it has no ESP, and this connection has --encrypt"},
    /* conf. 144 */
    {"--encrypt --compress", "--encrypt", 0,
	"it has IPComp, and this connection no --compress"},
    {"--encrypt", "--encrypt --compress", 1, NULL},
    {"--encrypt", "--encrypt --tunnel", 0,
	"it is for transport mode, we want tunnel"},
    {"--authenticate --encrypt --compress --tunnel",
	"--authenticate --encrypt --compress", 0,
	"it is for tunnel mode, we want transport"},
    {"--authenticate --policy modern", "--authenticate --policy modern", 1,
	NULL},
};

static void
load_plain(struct fake_peer *p, const char *options)
{
	fake_peer_whack(p, "--name t --psk --keyingtries 1 %s " HOSTS, options);
}

static void
test_ike_bundle_fits_what_the_responder_asks_for(void)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct fake_pair p;

		pair_begin(&p, SECRET, SECRET);
		load_plain(&p.left, pairs[i].left);
		load_plain(&p.right, pairs[i].right);
		(void)pair_initiate(&p, "t");
		CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 2 * pairs[i].sas);
		CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 2 * pairs[i].sas);
		if (pairs[i].reason == NULL)
			check_packets(&p, "");
		else if (fake_find(p.right.host, pairs[i].reason) == NULL)
			CU_FAIL("the reason is missing");
		pair_end(&p);
	}
}

/* ---- a kernel without IPComp --------------------------------------------- */

/* conf. 145 */
static void
test_ike_bundle_is_offered_without_what_the_kernel_lacks(void)
{
	static const char *const said = "--compress is ignored";
	struct fake_pair p;

	fake_pair_begin(&p, 1, "--psk --encrypt --compress --tunnel");
	p.left.host->kernel.lacks = 1u << PROTOCOL_IPCOMP;
	CU_ASSERT_EQUAL(initiate(&p), 0);
	CU_ASSERT_EQUAL(initiate(&p), 0);
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 4);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.left.host, said));
	/* to the log and to the first whack */
	CU_ASSERT_EQUAL(fake_count(p.left.host, said), 2);
	check_packets(&p, "--tunnel");
	pair_end(&p);
}

static void
test_ike_bundle_without_ipcomp_in_the_kernel_is_refused(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, "--psk --encrypt --compress --keyingtries 1");
	p.right.host->kernel.lacks = 1u << PROTOCOL_IPCOMP;
	(void)pair_initiate(&p, "t");
	CU_ASSERT_EQUAL(p.right.host->kernel.n_sas, 0);
	CU_ASSERT_PTR_NOT_NULL(fake_find(p.right.host,
	    "proposal 1 passed over: it has IPComp, which the kernel has not"));
	pair_end(&p);
}

/* ---- descriptions -------------------------------------------------------- */

static void
test_ike_bundle_descriptions_that_make_no_sense_are_refused(void)
{
	static const struct pair_refusal cases[] = {
	    {"--psk --compress " HOSTS, RC_BADWHACKMESSAGE,
		"--compress alone protects nothing"},
	    {"--psk --compress --pfs --tunnel " HOSTS, RC_BADWHACKMESSAGE,
		"--compress alone protects nothing"},
	    {"--psk --tunnel " HOSTS, RC_BADWHACKMESSAGE,
		"they need --encrypt or --authenticate"},
	    {"--psk --compress " CLIENTS, RC_BADWHACKMESSAGE,
		"--client without --encrypt or --authenticate"},
	};

	pair_check_refusals(cases, COUNT(cases));
}

/* None of the flags: an ISAKMP SA, and that is all. */
static void
test_ike_bundle_without_flags_there_is_none(void)
{
	struct fake_pair p;

	fake_pair_begin(&p, 1, "--psk");
	CU_ASSERT_EQUAL(initiate(&p), 0);
	CU_ASSERT_TRUE(fake_peer_is_up(&p.left, 1, 0));
	CU_ASSERT_EQUAL(p.left.host->kernel.n_sas, 0);
	pair_end(&p);
}

/* ---- SPIs ---------------------------------------------------------------- */

/* conf. 140, 141 */
static void
test_ike_bundle_cpis_as_peers_write_them(void)
{
	static const struct {
		const char *octets;
		uint32_t cpi;
	} cases[] = {
	    {"0100", 0x100},
	    {"efff", 0xefff},
	    {"00000100", 0x100},
	    {"0000efff", 0xefff},
	    {"0002", 2},
	    {"00000002", 2},
	    {"0000", 0},
	    {"0001", 0},
	    {"0003", 0},
	    {"00ff", 0},
	    {"f000", 0},
	    {"ffff", 0},
	    {"00010100", 0},
	    {"01000000", 0},
	    {"", 0},
	    {"01", 0},
	    {"000100", 0},
	    {"0000000100", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t buf[8];

		CU_ASSERT_EQUAL(
		    spi_read(PROTOCOL_IPCOMP,
			unit_hex(cases[i].octets, buf, sizeof(buf))),
		    cases[i].cpi);
	}
}

/* Each protocol has numbers of its own. */
static void
test_ike_bundle_spis_are_their_protocols(void)
{
	struct neg_sa ah = {.protocol = PROTOCOL_AH}, esp, ipcomp;
	struct fake_pair p;
	struct ike *k;
	struct addr peer;

	pair_begin(&p, SECRET, SECRET);
	k = p.left.ike;
	CU_ASSERT_TRUE_FATAL(addr_parse(&peer, "192.0.2.1"));
	ah.spi_in = spi_new(k, PROTOCOL_AH, 1);
	ah.spi_out = 0x1234;
	esp = ah;
	esp.protocol = PROTOCOL_ESP;
	esp.spi_in = spi_new(k, PROTOCOL_ESP, 2);
	ipcomp = ah;
	ipcomp.protocol = PROTOCOL_IPCOMP;
	ipcomp.spi_in = spi_new(k, PROTOCOL_IPCOMP, 3);
	CU_ASSERT_TRUE(ipcomp.spi_in >= 0x100 && ipcomp.spi_in <= 0xefff);
	spi_pair(k, &ah, &peer);
	spi_pair(k, &esp, &peer);
	spi_pair(k, &ipcomp, &peer);
	CU_ASSERT_EQUAL(spi_owner(k, PROTOCOL_ESP, esp.spi_in), 2);
	CU_ASSERT_EQUAL(spi_owner(k, PROTOCOL_AH, esp.spi_in), 0);
	CU_ASSERT_EQUAL(spi_sender(k, PROTOCOL_AH, 0x1234, &peer), 1);
	CU_ASSERT_EQUAL(spi_sender(k, PROTOCOL_ESP, 0x1234, &peer), 2);
	CU_ASSERT_EQUAL(spi_sender(k, PROTOCOL_IPCOMP, 0x1234, &peer), 3);
	for (uint64_t x = 1; x <= 3; x++)
		spi_free_all(k, x);
	CU_ASSERT_EQUAL(spi_sender(k, PROTOCOL_ESP, 0x1234, &peer), 0);
	pair_end(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_ike_bundle_of_every_kind_carries_packets),
	    UNIT_TEST(test_ike_bundle_of_every_kind_tunnels_the_other_family),
	    UNIT_TEST(test_ike_bundle_keys_are_each_protocols_own),
	    UNIT_TEST(test_ike_bundle_is_replaced_by_its_like),
	    UNIT_TEST(test_ike_bundle_ends_as_a_whole),
	    UNIT_TEST(test_ike_bundle_fits_what_the_responder_asks_for),
	    UNIT_TEST(test_ike_bundle_is_offered_without_what_the_kernel_lacks),
	    UNIT_TEST(test_ike_bundle_without_ipcomp_in_the_kernel_is_refused),
	    UNIT_TEST(
		test_ike_bundle_descriptions_that_make_no_sense_are_refused),
	    UNIT_TEST(test_ike_bundle_without_flags_there_is_none),
	    UNIT_TEST(test_ike_bundle_cpis_as_peers_write_them),
	    UNIT_TEST(test_ike_bundle_spis_are_their_protocols),
	};

	return unit_run("ike_bundle", tests, COUNT(tests));
}
