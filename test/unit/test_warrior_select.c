/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connection a responder takes, case by case: from the addresses of the
 * first message, the identity in the third, and the clients of Quick Mode; or
 * why none (conf. 83, 84, 87, 100, 112).
 */
#include "test/fake/keys.h"
#include "test/unit/warrior.h"

/* Connections of the gateway: for anybody, and for one address. */
#define ALL_OF(name, us, peer, more)                                \
	"--name " name " --encrypt --tunnel --host " GATEWAY " " us \
	" --to " peer " " more "\n"
#define PSK_OF(name, us, peer, more) ALL_OF(name, us, peer, "--psk " more)
#define NET "--client 10.2.0.0/16"
#define NET3 "--client 10.3.0.0/16"
#define ANY(name, id) PSK_OF(name, NET, "--host %any " id, "")
#define FIX(name, id) PSK_OF(name, NET, "--host 10.77.0.7 " id, "")
#define FAR(name, id) PSK_OF(name, NET, "--host 10.77.0.9 " id, "")
#define HOME "--client 10.7.0.0/16"
#define MODERN "--policy modern"

struct row {
	int line;
	const char *conns;          /* of the gateway */
	const char *peer;           /* the peer's own end, and more */
	const char *isakmp, *ipsec; /* whose SAs; "": there is none */
	const char *says; /* the gateway's log; NULL: nothing in particular */
	const char *gateway; /* what the peer asks for; NULL: NET */
	const char *secrets; /* of the gateway; NULL: one for all */
};

/* Both SAs of one connection; nothing up, because; and so on. */
#define UP(conns, peer, sa) SAID(conns, peer, sa, NULL)
#define SAID(conns, peer, sa, says)                             \
	{                                                       \
		__LINE__, conns, peer, sa, sa, says, NULL, NULL \
	}
#define UP_WITH(secrets, conns, peer, sa)                          \
	{                                                          \
		__LINE__, conns, peer, sa, sa, NULL, NULL, secrets \
	}
#define REFUSED(conns, peer, says) REFUSED_WITH(NULL, conns, peer, says)
#define REFUSED_WITH(secrets, conns, peer, says)                   \
	{                                                          \
		__LINE__, conns, peer, "", "", says, NULL, secrets \
	}
#define BOTH(conns, peer, isakmp, ipsec)                               \
	{                                                              \
		__LINE__, conns, peer, isakmp, ipsec, NULL, NULL, NULL \
	}
#define NO_QUICK(conns, peer, isakmp, says)                         \
	{                                                           \
		__LINE__, conns, peer, isakmp, "", says, NULL, NULL \
	}

#define W1 "\"w\"[1] 10.77.0.7"
#define A1 "\"a\"[1] 10.77.0.7"
#define B1 "\"b\"[1] 10.77.0.7"

static const struct row by_addresses[] = {
    REFUSED("", "", ": none is loaded"),
    UP(FIX("f", ""), "", "\"f\""),
    REFUSED(FAR("f", ""), "", "; \"f\": its peer is 10.77.0.9"),
    UP(ANY("w", ""), "", W1),
    UP(FIX("f", "") ANY("w", ""), "", "\"f\""),
    UP(ANY("w", "") FIX("f", ""), "", "\"f\""),
    UP(FAR("f", "") ANY("w", ""), "", W1),
    UP(ANY("a", "") ANY("b", ""), "", A1),
    UP(PSK_OF("a", NET, "--host %any", MODERN) ANY("b", ""), "", B1),
    UP(PSK_OF("a", NET, "--host %any", MODERN) ANY("b", ""), MODERN, A1),
    /* an address that is known is not everybody's */
    REFUSED(PSK_OF("f", NET, "--host 10.77.0.7", MODERN) ANY("w", ""), "",
	"no proposal chosen"),
    REFUSED(PSK_OF("w", NET, "--host %any", MODERN), "",
	"\"w\"[1] 10.77.0.7 #1: no proposal chosen"),
    REFUSED("--name w --psk --encrypt --host 192.0.2.1 --to --host %any\n", "",
	"; \"w\": neither end is ours"),
    UP("--name w --psk --encrypt --host 192.0.2.1 --to --host %any\n" ANY(
	   "b", ""),
	"", B1),
    REFUSED(PSK_OF("w", "--id %myid " NET, "--host %any", ""), "",
	"; \"w\": its %myid is not set"),
    UP(PSK_OF("w", "--id %myid " NET, "--host %any", "") ANY("b", ""), "", B1),
    UP(PSK_OF("w", NET, "--host %any", "--delete"), "", W1),
    SAID(PSK_OF("w", NET, "--host 0.0.0.0", ""), "", W1,
	"0.0.0.0 is an old notation"),
};

static const struct row by_secrets[] = {
    UP_WITH(GATEWAY " %any : PSK \"hush\"\n", ANY("w", ""), "", W1),
    UP_WITH(GATEWAY " 0.0.0.0 : PSK \"hush\"\n", ANY("w", ""), "", W1),
    UP_WITH(GATEWAY " : PSK \"hush\"\n", ANY("w", ""), "", W1),
    /* the configuration cannot know the address */
    REFUSED_WITH(GATEWAY " 10.77.0.7 : PSK \"hush\"\n", ANY("w", ""), "",
	"no preshared secret for " GATEWAY " and %any"),
    UP_WITH(GATEWAY " 10.77.0.7 : PSK \"hush\"\n", FIX("f", ""), "", "\"f\""),
    REFUSED_WITH(GATEWAY " %any6 : PSK \"hush\"\n", ANY("w", ""), "",
	"no preshared secret for " GATEWAY " and %any"),
    REFUSED_WITH("192.0.2.1 %any : PSK \"hush\"\n", ANY("w", ""), "",
	"no preshared secret"),
    UP_WITH(GATEWAY " @joe : PSK \"hush\"\n", ANY("w", "--id @joe"),
	"--id @joe", W1),
    REFUSED_WITH(GATEWAY " %any : PSK \"hush\"\n", ANY("w", "--id @joe"),
	"--id @joe", "no preshared secret for " GATEWAY " and @joe"),
    UP_WITH(GATEWAY " %any @joe @ann : PSK \"hush\"\n", ANY("w", "--id @joe"),
	"--id @joe", W1),
    UP_WITH(GATEWAY " %any : PSK \"hush\"\n" GATEWAY
		    " 10.77.0.7 : PSK \"no\"\n",
	ANY("w", ""), "", W1),
    /* with its secret before without */
    UP_WITH(GATEWAY " %any : PSK \"hush\"\n",
	ANY("a", "--id @ann") ANY("b", ""), "", B1),
    UP_WITH(GATEWAY " @ann : PSK \"hush\"\n",
	ANY("a", "--id @ann") ANY("b", ""), "--id @ann", A1),
};

static const struct row by_identity[] = {
    REFUSED(ANY("w", ""), "--id @joe",
	"the peer says that it is '@joe', and no connection that could be used "
	"here is with it; \"w\"[1] 10.77.0.7: its peer is '10.77.0.7'"),
    UP(ANY("w", "--id @joe"), "--id @joe", W1),
    UP(ANY("w", "--id @joe"), "--id @JOE", W1),
    REFUSED(
	ANY("w", "--id @joe"), "", "\"w\"[1] 10.77.0.7: its peer is '@joe'"),
    SAID(ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @bob", B1,
	"switching from \"a\"[1] 10.77.0.7 to \"b\", whose peer this is"),
    UP(ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @ann", A1),
    SAID(ANY("a", "--id @ann") ANY("b", ""), "", B1, "switching from \"a\""),
    REFUSED(ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @cid",
	"; \"b\": its peer is '@bob'"),
    REFUSED_WITH(GATEWAY " @ann : PSK \"hush\"\n" GATEWAY
			 " @bob : PSK \"no\"\n",
	ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @bob",
	"; \"b\": its preshared secret is another, or none"),
    REFUSED_WITH(GATEWAY " @ann : PSK \"hush\"\n",
	ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @bob",
	"; \"b\": its preshared secret is another, or none"),
    REFUSED(ANY("a", "--id @ann")
		PSK_OF("b", NET, "--host %any --id @bob", MODERN),
	"--id @bob", "; \"b\": its policy is another"),
    REFUSED(ANY("a", "--id @ann")
		PSK_OF("b", "--id %myid " NET, "--host %any --id @bob", ""),
	"--id @bob", "; \"b\": its %myid is not set"),
    SAID(FIX("f", "--id @fred") ANY("w", "--id @joe"), "--id @joe", W1,
	"switching from \"f\" to \"w\""),
    REFUSED(FIX("f", "") ANY("w", "--id @joe"), "--id @ann",
	"; \"f\": its peer is '10.77.0.7'; \"w\": its peer is '@joe'"),
    SAID(FIX("g", "--id @gus") FIX("f", "--id @joe"), "--id @joe", "\"f\"",
	"switching from \"g\" to \"f\""),
    UP(ANY("a", "--id @joe") ANY("b", "--id @joe"), "--id @joe", A1),
    UP(ANY("w", "--id @joe") FIX("f", "--id @joe"), "--id @joe", "\"f\""),
    UP(FIX("g", "--id @gus") ANY("a", "--id @joe") FIX("f", "--id @joe"),
	"--id @joe", "\"f\""),
    UP(FIX("g", "--id @gus") ANY("a", "--id @joe") ANY("b", "--id @joe"),
	"--id @joe", A1),
    REFUSED(FAR("f", "--id @joe") ANY("w", ""), "--id @joe",
	"\"w\"[1] 10.77.0.7: its peer is '10.77.0.7'"),
    UP(ANY("w", "--id joe@example.com"), "--id joe@example.com", W1),
    UP(ANY("w", "--id joe@example.com"), "--id joe@EXAMPLE.com", W1),
    REFUSED(ANY("w", "--id joe@example.com"), "--id Joe@example.com",
	"its peer is 'joe@example.com'"),
    REFUSED(ANY("w", "--id joe@example.com"), "--id @example.com",
	"its peer is 'joe@example.com'"),
    SAID(ANY("w", "--id fd77::7"), "--id fd77::7", W1,
	"Peer ID is ID_IPV6_ADDR: 'fd77::7'"),
    REFUSED(ANY("w", "--id fd77::7"), "--id fd77::8", "its peer is 'fd77::7'"),
    UP(ANY("w", "--id 192.0.2.7"), "--id 192.0.2.7", W1),
    REFUSED(ANY("w", "--id 192.0.2.7"), "", "its peer is '192.0.2.7'"),
    REFUSED(ANY("w", ""), "--id 192.0.2.7", "its peer is '10.77.0.7'"),
    UP(ANY("w", ""), "--id 10.77.0.7", W1),
};

#define ANY_HOME(name, id) PSK_OF(name, NET, "--host %any " HOME " " id, "")

static const struct row by_clients[] = {
    NO_QUICK(FIX("f", "")
		 ALL_OF("g", NET, "--host 10.77.0.7 " HOME, "--rsasig"),
	HOME, "\"f\"", "; \"g\": it does not have --psk"),
    UP(ANY_HOME("w", ""), HOME, W1),
    NO_QUICK(ANY("w", ""), HOME, W1,
	"no connection is known for 10.2.0.0/16===10.77.0.2...10.77.0.7==="
	"10.7.0.0/16; nearest is \"w\"[1] 10.77.0.7; its client is "
	"10.77.0.7/32 "
	"there, the peer asks for 10.7.0.0/16"),
    NO_QUICK(ANY_HOME("w", ""), "", W1,
	"its client is 10.7.0.0/16 there, the peer asks for 10.77.0.7/32"),
    NO_QUICK(ANY_HOME("w", ""), "--client 10.7.0.0/24", W1,
	"its client is 10.7.0.0/16 there, the peer asks for 10.7.0.0/24"),
    {__LINE__, ANY_HOME("w", ""), HOME, W1, "",
	"our client is 10.2.0.0/16 there, the peer asks for 10.3.0.0/16", NET3,
	NULL},
    BOTH(ANY("a", "") ANY_HOME("b", ""), HOME, A1, B1),
    BOTH(ANY("a", "--id @joe") ANY_HOME("b", "--id @joe"), "--id @joe " HOME,
	A1, B1),
    NO_QUICK(ANY("a", "") ANY_HOME("b", "--id @bob"), HOME, A1,
	"; \"b\": its peer is another"),
    NO_QUICK(ANY("a", "--id @joe") ANY_HOME("b", ""), "--id @joe " HOME, A1,
	"; \"b\": its peer is another"),
    NO_QUICK(ANY("a", "") PSK_OF("b", NET, "--host %any " HOME, MODERN), HOME,
	A1, "; \"b\": its policy is another"),
    NO_QUICK(ANY("a", "")
		 PSK_OF("b", "--id @other " NET, "--host %any " HOME, ""),
	HOME, A1, "; \"b\": our identity there is another"),
    NO_QUICK(ANY("a", "")
		 PSK_OF("b", "--id %myid " NET, "--host %any " HOME, ""),
	HOME, A1, "; \"b\": its %myid is not set"),
    {__LINE__, ANY("a", "") PSK_OF("b", NET3, "--host %any", ""), "", A1, B1,
	NULL, NET3, NULL},
    BOTH(FIX("f", "") ANY_HOME("b", ""), HOME, "\"f\"", B1),
    BOTH(FIX("f", "") PSK_OF("g", NET, "--host 10.77.0.7 " HOME, "")
	     ANY_HOME("b", ""),
	HOME, "\"f\"", "\"g\""),
    BOTH(FIX("f", "") ANY_HOME("b", "")
	     PSK_OF("g", NET, "--host 10.77.0.7 " HOME, ""),
	HOME, "\"f\"", "\"g\""),
    NO_QUICK(
	FAR("f", "") ANY("a", ""), HOME, A1, "nearest is \"a\"[1] 10.77.0.7"),
    /* the ISAKMP SA's own goes before older ones with the same clients */
    UP(ANY("a", "--id @ann") ANY("b", "--id @bob"), "--id @bob", B1),
    BOTH(PSK_OF("a", NET3, "--host %any --id @bob", "") ANY("b", "--id @bob")
	     ANY("c", "--id @bob"),
	"--id @bob", A1, B1),
    {__LINE__, "--name w --psk --host " GATEWAY " --to --host %any\n", "", W1,
	"",
	"\"w\"[1] 10.77.0.7 has no --encrypt or --authenticate and so an "
	"ISAKMP SA only",
	"", NULL},
    {__LINE__,
	"--name w --psk --encrypt --tunnel --host " GATEWAY
	" --to --host %any\n",
	"", W1, W1, NULL, "", NULL},
};

/* With signatures the identity says which key must fit; the peer's is known as
 * that of @joe. */
#define RSA_OF(name, id) ALL_OF(name, NET, "--host %any " id, "--rsasig")
#define RSA_PEER "--rsasig --id @joe"

static const struct row by_signature[] = {
    UP(RSA_OF("w", "--id @joe"), RSA_PEER, W1),
    SAID(RSA_OF("a", "--id @ann") RSA_OF("b", "--id @joe"), RSA_PEER, B1,
	"switching from \"a\"[1] 10.77.0.7 to \"b\""),
    REFUSED(RSA_OF("w", ""), RSA_PEER,
	"\"w\"[1] 10.77.0.7: its peer is '10.77.0.7'"),
    REFUSED(RSA_OF("a", "--id @ann") RSA_OF("b", "--id @bob"),
	"--rsasig --id @bob", "no public RSA key of @bob is known"),
    UP(ANY("a", "--id @joe") RSA_OF("b", "--id @joe"), RSA_PEER, B1),
    REFUSED(RSA_OF("a", "--id @ann") ANY("b", "--id @joe"), RSA_PEER,
	"; \"b\": it does not have --rsasig"),
    UP(RSA_OF("a", "--id @joe") ANY("b", "--id @joe"), "--id @joe", B1),
};

/* ---- one case ---------------------------------------------------------- */

struct meeting {
	struct fake_world *world;
	struct fake_peer gateway, peer;
};

static void
tell_key(struct fake_peer *p, const char *id, enum rsa_vector_name key)
{
	TEXT(blob, FAKE_RSA_BLOB);

	fake_rsa_blob(&blob, key);
	fake_peer_whack(p, "--keyid %s --pubkeyrsa %s", id, blob.p);
}

static void
start(struct fake_peer *p, struct fake_host *h, const char *secrets,
    enum rsa_vector_name key)
{
	TEXT(text, FAKE_RSA_ENTRY + 1000);

	text_add(&text, "%s", secrets);
	fake_rsa_entry(&text, "", key);
	fake_peer_start(p, h, text.p);
}

static void
begin(struct meeting *s, const struct row *r)
{
	bool rsa = strstr(r->peer, "--rsasig") != NULL;

	s->world = fake_world_new(1);
	start(&s->gateway, fake_host_new(s->world, "gateway", GATEWAY),
	    r->secrets != NULL ? r->secrets : ALL_SECRET, RSA_VECTOR_1024_A);
	start(&s->peer, fake_host_new(s->world, "peer", "10.77.0.7"),
	    ALL_SECRET, RSA_VECTOR_1024_B);
	tell_key(&s->gateway, "@joe", RSA_VECTOR_1024_B);
	tell_key(&s->peer, GATEWAY, RSA_VECTOR_1024_A);
	warrior_load(&s->gateway, r->conns);
	fake_peer_whack(&s->peer,
	    "--name p %s --encrypt --tunnel --host 10.77.0.7 %s --to "
	    "--host " GATEWAY " %s --keyingtries 1",
	    rsa ? "" : "--psk", r->peer, r->gateway != NULL ? r->gateway : NET);
}

static void
check_label(const struct row *r, const char *expected, const char *found)
{
	if (strcmp(expected, found) == 0)
		return;
	fprintf(stderr, "line %d: expected SA of '%s', found '%s'\n", r->line,
	    expected, found);
	CU_FAIL("another connection was taken");
}

static void
print_log(const struct fake_host *h)
{
	for (const struct fake_line *l = h->lines; l != NULL; l = l->next)
		fprintf(stderr, "\t%s\n", l->text);
}

static void
end(struct meeting *s)
{
	peer_check_behaved(&s->gateway);
	peer_check_behaved(&s->peer);
	ike_shutdown(s->gateway.ike);
	fake_run(s->world, 0);
	CU_ASSERT_EQUAL(peer_exchanges(&s->gateway), 0);
	CU_ASSERT_EQUAL(s->gateway.host->kernel.n_policies, 0);
	for (const struct connection *c =
		 conn_next(s->gateway.ike->conns, NULL);
	     c != NULL; c = conn_next(s->gateway.ike->conns, c))
		CU_ASSERT_TRUE(c->template == NULL && c->users == 0);
	fake_peer_stop(&s->gateway);
	fake_peer_stop(&s->peer);
	fake_world_free(s->world);
}

static void
play(const struct row *rows, size_t n)
{
	for (const struct row *r = rows; r < rows + n; r++) {
		struct meeting s;

		begin(&s, r);
		fake_peer_whack(&s.peer, "--initiate --name p");
		fake_run(s.world, SOON_MS);
		check_label(
		    r, r->isakmp, warrior_label(&s.gateway, XCHG_MAIN_MODE));
		check_label(
		    r, r->ipsec, warrior_label(&s.gateway, XCHG_QUICK_MODE));
		if (r->says != NULL &&
		    fake_find(s.gateway.host, r->says) == NULL) {
			fprintf(stderr, "line %d: nothing says '%s'\n", r->line,
			    r->says);
			print_log(s.gateway.host);
			CU_FAIL("the text is missing");
		}
		fake_run(s.world, 80 * 1000);
		end(&s);
	}
}

static void
test_warrior_is_found_by_addresses(void)
{
	play(by_addresses, COUNT(by_addresses));
}

static void
test_warrior_secret_is_that_of_any(void)
{
	play(by_secrets, COUNT(by_secrets));
}

static void
test_warrior_is_found_by_identity(void)
{
	play(by_identity, COUNT(by_identity));
}

static void
test_warrior_is_found_by_clients(void)
{
	play(by_clients, COUNT(by_clients));
}

static void
test_warrior_is_found_by_who_signs(void)
{
	play(by_signature, COUNT(by_signature));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_warrior_is_found_by_addresses),
	    UNIT_TEST(test_warrior_secret_is_that_of_any),
	    UNIT_TEST(test_warrior_is_found_by_identity),
	    UNIT_TEST(test_warrior_is_found_by_clients),
	    UNIT_TEST(test_warrior_is_found_by_who_signs),
	};

	return unit_run("warrior_select", tests, COUNT(tests));
}
