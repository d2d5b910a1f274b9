/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection as whack describes it, and all that can be wrong with the
 * description.  Nothing here knows of other connections.
 */
#include <string.h>

#include "engine/ike/life.h"
#include "engine/ike/load.h"
#include "gen/algs.gen.h"
#include "gen/policy.gen.h"

/* ---- from the request -------------------------------------------------- */

static bool
refuse(struct refusal *why, unsigned code, const char *text)
{
	why->code = code;
	text_add(&why->text, "%s", text);
	return false;
}

static void
take_subnet(struct subnet *s, struct span bytes)
{
	if (bytes.n > 0 && addr_from_span(&s->a, span_head(bytes, bytes.n - 1)))
		s->bits = bytes.p[bytes.n - 1];
}

static bool
has_flag(const struct request *r, enum whack_option o)
{
	return r->v[CTL_END_NONE][o].set;
}

static enum addr_family
host_family(const struct request *r)
{
	return has_flag(r, WHACK_IPV6) ? ADDR_V6 : ADDR_V4;
}

/* Of the clients; without a flag it follows the hosts. */
static enum addr_family
tunnel_family(const struct request *r)
{
	if (has_flag(r, WHACK_TUNNELIPV6))
		return ADDR_V6;
	return has_flag(r, WHACK_TUNNELIPV4) ? ADDR_V4 : host_family(r);
}

/* "This host", 0.0.0.0 or ::, is an old name of %any (rulings D10). */
static bool
take_host(struct end *e, const struct request *r, struct span bytes,
    bool *old_notation)
{
	if (bytes.n == 1 && bytes.p[0] == OPTION_ANY) {
		e->host = (struct addr){.family = (uint8_t)host_family(r)};
		return true;
	}
	if (!addr_from_span(&e->host, bytes))
		return false;
	*old_notation = *old_notation || addr_is_any(&e->host);
	return true;
}

/* Without one, and by the same old name (rulings D10): the peer. */
static bool
take_nexthop(struct end *e, const struct request_value *v, bool *old_notation)
{
	if (!v->set)
		return true;
	if (!addr_from_span(&e->nexthop, v->bytes))
		return false;
	if (addr_is_any(&e->nexthop)) {
		e->nexthop = (struct addr){0};
		*old_notation = true;
	}
	return true;
}

static bool
take_id(struct end *e, const struct request_value *v, struct refusal *why)
{
	e->id = ident_of_addr(&e->host);
	e->id_given = v->set;
	e->id_is_myid = v->set && span_equal(v->bytes, span_str("%myid"));
	if (e->id_is_myid)
		e->id = (struct ident){0}; /* conn_take_myid() fills it in */
	else if (v->set && !ident_parse(&e->id, v->bytes, &why->text)) {
		why->code = RC_BADID;
		return false;
	}
	return true;
}

/* A zero octet, which whack cannot send, ends it. */
static bool
take_updown(struct end *e, const struct request_value *v)
{
	if (!v->set)
		return true;
	e->updown = strndup((const char *)v->bytes.p, v->bytes.n);
	return e->updown != NULL;
}

static bool
take_end(struct connection *c, const struct request *r, enum ctl_end which,
    struct refusal *why)
{
	const struct request_value *v = r->v[which];
	struct end *e = &c->ends[which - CTL_END_LEFT];

	if (!take_host(e, r, v[WHACK_HOST].bytes, &c->old_notation))
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--host: expected an IP address or %any");
	e->ikeport = (uint16_t)request_number(r, which, WHACK_IKEPORT);
	if (!take_id(e, &v[WHACK_ID], why))
		return false;
	if (!take_nexthop(e, &v[WHACK_NEXTHOP], &c->old_notation))
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--nexthop: expected "
		    "an IP address or %direct");
	if (!take_updown(e, &v[WHACK_UPDOWN]))
		return refuse(why, RC_INTERNALERR, "out of memory");
	e->has_client = v[WHACK_CLIENT].set;
	if (e->has_client)
		take_subnet(&e->client, v[WHACK_CLIENT].bytes);
	return true;
}

static bool
take_name(struct connection *c, struct span name, struct refusal *why)
{
	if (name.n == 0 || name.n > CONN_NAME_MAX)
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--name: expected 1 to 64 characters");
	memcpy(c->name, name.p, name.n);
	return true;
}

static void
take_numbers(struct connection *c, const struct request *r)
{
	c->goal = r->bits_goal;
	if (c->ends[0].has_client || c->ends[1].has_client)
		c->goal |= GOAL_TUNNEL; /* rulings D28 */
	c->policy = (uint8_t)request_number(r, CTL_END_NONE, WHACK_POLICY);
	c->ike_life_s = request_number(r, CTL_END_NONE, WHACK_IKELIFETIME);
	c->ipsec_life_s = request_number(r, CTL_END_NONE, WHACK_IPSECLIFETIME);
	c->margin_s = request_number(r, CTL_END_NONE, WHACK_REKEYMARGIN);
	c->fuzz_pct = request_number(r, CTL_END_NONE, WHACK_REKEYFUZZ);
	c->tries = request_number(r, CTL_END_NONE, WHACK_KEYINGTRIES);
}

/* ---- checks ------------------------------------------------------------ */

/* Each kind of address is of one family, which the flags say. */
static bool
check_families(
    const struct request *r, const struct end *e, struct refusal *why)
{
	if (e->host.family != host_family(r))
		return refuse(why, RC_CLASH,
		    "--host: all of a connection are IPv6 with --ipv6, and "
		    "otherwise IPv4");
	if (e->nexthop.family != ADDR_NONE &&
	    e->nexthop.family != e->host.family)
		return refuse(why, RC_CLASH,
		    "--nexthop and --host must be of "
		    "the same address family");
	if (e->has_client && e->client.a.family != tunnel_family(r))
		return refuse(why, RC_CLASH,
		    "--client: all of a connection are IPv6 with --tunnelipv6, "
		    "IPv4 with --tunnelipv4, and otherwise of the family of "
		    "the hosts");
	return true;
}

static bool
check_end(const struct end *e, struct refusal *why)
{
	if (addr_is_multicast(&e->host))
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--host: expected the "
		    "address of one host, found one of many");
	if (addr_is_link_local(&e->host))
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--host: a link-local address (fe80::/10) does not say on "
		    "which link the host is");
	return true;
}

static bool
check_pair(const struct connection *c, struct refusal *why)
{
	const struct end *left = &c->ends[0], *right = &c->ends[1];
	struct subnet a = end_client(left), b = end_client(right);

	if (addr_is_any(&left->host) && addr_is_any(&right->host))
		return refuse(why, RC_ORIENT,
		    "both ends have --host %any: one "
		    "of them must be an address of this host");
	if (addr_equal(&left->host, &right->host))
		return refuse(why, RC_CLASH,
		    "both ends have the same --host: a connection is between "
		    "two hosts");
	if (a.a.family != b.a.family)
		return refuse(why, RC_CLASH,
		    "the end without --client has the address of its host for "
		    "one, and both must be of one family: give both a --client "
		    "(--tunnelipv4, --tunnelipv6)");
	if (subnet_equal(&a, &b))
		return refuse(why, RC_CLASH,
		    "both ends have the same "
		    "--client: where should its packets go?");
	return true;
}

static bool
check_goal(const struct connection *c, struct refusal *why)
{
	if ((c->goal & (GOAL_PSK | GOAL_RSASIG)) == 0)
		return refuse(why, RC_BADWHACKMESSAGE,
		    "at least one way of "
		    "authentication is needed: add --psk (and the secret to "
		    "ipsec.secrets), or --rsasig (and our private key to "
		    "ipsec.secrets, and the peer's public one by --keyid)");
	if (conn_is_for_ipsec(c))
		return true;
	if (c->ends[0].has_client || c->ends[1].has_client)
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--client without --encrypt or --authenticate: such a "
		    "connection has only an ISAKMP SA, which carries no "
		    "traffic");
	if ((c->goal & GOAL_COMPRESS) != 0)
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--compress alone protects nothing: it needs --encrypt "
		    "or --authenticate");
	if ((c->goal & (GOAL_TUNNEL | GOAL_PFS | GOAL_DISABLEARRIVALCHECK)) !=
	    0)
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--tunnel, --pfs and --disablearrivalcheck describe an "
		    "IPsec SA: they need --encrypt or --authenticate");
	return true;
}

bool
load_connection(
    struct connection *c, const struct request *r, struct refusal *why)
{
	if (!take_name(c, r->v[CTL_END_NONE][WHACK_NAME].bytes, why) ||
	    !take_end(c, r, CTL_END_LEFT, why) ||
	    !take_end(c, r, CTL_END_RIGHT, why))
		return false;
	if ((has_flag(r, WHACK_IPV4) && has_flag(r, WHACK_IPV6)) ||
	    (has_flag(r, WHACK_TUNNELIPV4) && has_flag(r, WHACK_TUNNELIPV6)))
		return refuse(why, RC_BADWHACKMESSAGE,
		    "--ipv4 and --ipv6 exclude each other, and so do "
		    "--tunnelipv4 and --tunnelipv6");
	take_numbers(c, r);
	if (c->policy >= N_POLICIES)
		return refuse(why, RC_BADWHACKMESSAGE, "--policy: unknown");
	return check_families(r, &c->ends[0], why) &&
	    check_families(r, &c->ends[1], why) &&
	    check_end(&c->ends[0], why) && check_end(&c->ends[1], why) &&
	    check_pair(c, why) && check_goal(c, why);
}

/* ---- warnings ---------------------------------------------------------- */

/* Rulings D24: accepted, but say which window is left. */
static bool
warn_life(const struct connection *c, const char *option, uint32_t life_s,
    struct text *t)
{
	uint64_t most = life_margin_max_s(c->margin_s, c->fuzz_pct);

	if (life_s > most || (c->goal & GOAL_DONTREKEY) != 0)
		return false;
	text_add(t,
	    "warning: --%s %lu does not exceed the rekey margin of "
	    "%lu..%llu s (--rekeymargin %lu, --rekeyfuzz %lu%%): ",
	    option, (unsigned long)life_s, (unsigned long)c->margin_s,
	    (unsigned long long)most, (unsigned long)c->margin_s,
	    (unsigned long)c->fuzz_pct);
	if (life_s > c->margin_s)
		text_add(t,
		    "replacement begins 0..%lu s after the SA is up, "
		    "or never",
		    (unsigned long)(life_s - c->margin_s));
	else
		text_add(t, "SAs expire without replacement%s",
		    life_s > c->margin_s / 2 ? " if we began them" : "");
	return true;
}

static bool
warn_myid(const struct connection *c, struct text *t)
{
	if (c->ends[0].id.type != 0 && c->ends[1].id.type != 0)
		return false;
	text_add(t,
	    "warning: %%myid is not set: this connection cannot be "
	    "used until whack --myid ID says what it stands for");
	return true;
}

static void
add_name(struct text *t, bool wanted, const char *name)
{
	if (wanted)
		text_add(t, "%s%s", t->n > 0 ? ", " : "", name);
}

static bool
warn_legacy(const struct connection *c, struct text *t)
{
	const struct policy_def *policy = &policy_defs[c->policy];
	bool ciphers[N_CIPHERS] = {0}, hashes[N_HASHES] = {0};
	bool groups[N_GROUPS] = {0};
	TEXT(names, 200);

	for (unsigned i = 0; i < policy->n_isakmp; i++) {
		ciphers[policy->isakmp[i].cipher] = true;
		hashes[policy->isakmp[i].hash] = true;
		groups[policy->isakmp[i].group] = true;
	}
	for (unsigned i = 0; i < N_CIPHERS; i++)
		add_name(&names, ciphers[i] && alg_ciphers[i].legacy,
		    alg_ciphers[i].name);
	for (unsigned i = 0; i < N_HASHES; i++)
		add_name(&names, hashes[i] && alg_hashes[i].legacy,
		    alg_hashes[i].name);
	for (unsigned i = 0; i < N_GROUPS; i++)
		add_name(&names, groups[i] && alg_groups[i].legacy,
		    alg_groups[i].name);
	if (names.n == 0)
		return false;
	text_add(t, "policy %s accepts algorithms that are out of date: %s",
	    policy->name, names.p);
	return true;
}

bool
load_warning(const struct connection *c, enum load_warning w, struct text *t)
{
	switch (w) {
	case LOAD_OLD_NOTATION:
		if (c->old_notation)
			text_add(t,
			    "%s is an old notation, taken as %%any "
			    "for --host and as %%direct for --nexthop",
			    c->ends[0].host.family == ADDR_V6 ? "::"
							      : "0.0.0.0");
		return c->old_notation;
	case LOAD_MYID: return warn_myid(c, t);
	case LOAD_IKE_LIFE:
		return warn_life(c, "ikelifetime", c->ike_life_s, t);
	case LOAD_IPSEC_LIFE:
		return conn_is_for_ipsec(c) &&
		    warn_life(c, "ipseclifetime", c->ipsec_life_s, t);
	case LOAD_LEGACY: return warn_legacy(c, t);
	}
	return false;
}
