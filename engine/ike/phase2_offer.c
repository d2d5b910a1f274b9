/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As initiator of Quick Mode: the one bundle of protocols that is offered, from
 * what the connection asks for and the rows of its policy (RFC 2407 4.4 and
 * 4.5, RFC 2409 5.5), and the clients that it is for.
 *
 * All protocols of a bundle name the same mode: a tunnel is one tunnel, around
 * the innermost of them.  So do the other IKE daemons on Linux.
 */
#include "engine/ike/phase2.h"

enum {
	OFFER_ROWS_MAX = 32,
	OFFER_ATTRS_MAX = 48,
	OFFER_MAX = 6000 /* octets of the SA payload */
};

/* One protocol of the offer. */
struct offer {
	struct pl_p p;
	uint8_t spi[4];
	size_t n;
	struct proposal_row rows[OFFER_ROWS_MAX];
	uint8_t attrs[OFFER_ROWS_MAX][OFFER_ATTRS_MAX];
};

static uint8_t
isakmp_group(const struct xchg *x)
{
	return xchg_suite(xchg_parent(x))->group;
}

/* What all transforms say.  Which group makes the keys is no matter of IPComp,
 * which has none (RFC 3173 4.1). */
static struct at_ipsec
common_attributes(const struct xchg *x, uint8_t protocol)
{
	uint32_t goal = neg_of(x)->goal;
	struct at_ipsec at = {
	    .has = 1u << AT_IPSEC_ENCAPSULATION | 1u << AT_IPSEC_LIFE_TYPE,
	    .encapsulation = (goal & GOAL_TUNNEL) != 0
		? ENCAPSULATION_TUNNEL
		: ENCAPSULATION_TRANSPORT,
	    .n_life = 1,
	    .life[0] = {LIFE_TYPE_SECONDS, neg_conn(x)->ipsec_life_s},
	};

	if ((goal & GOAL_PFS) != 0 && protocol != PROTOCOL_IPCOMP) {
		at.has |= 1u << AT_IPSEC_GROUP;
		at.group = alg_groups[isakmp_group(x)].oakley;
	}
	return at;
}

/* A transform; more than there is room for makes the offer too long. */
static void
add_row(struct offer *o, uint16_t id, const struct at_ipsec *at)
{
	size_t i = o->n++;
	struct wr w;

	if (i >= OFFER_ROWS_MAX)
		return;
	w = wr_of(o->attrs[i], OFFER_ATTRS_MAX);
	enc_at_ipsec(&w, at);
	o->rows[i] = (struct proposal_row){
	    .number = (uint8_t)(i + 1),
	    .id = (uint8_t)id,
	    .attrs = wr_span(&w),
	};
}

static void
add_esp_row(const struct xchg *x, struct offer *o, const struct policy_esp *row,
    bool authentication)
{
	const struct alg_cipher *cipher = &alg_ciphers[row->cipher];
	struct at_ipsec at = common_attributes(x, PROTOCOL_ESP);

	if (authentication) {
		at.has |= 1u << AT_IPSEC_AUTHENTICATION;
		at.authentication = alg_hashes[row->hash].ipsec;
	}
	if (!cipher->fixed_key) {
		at.has |= 1u << AT_IPSEC_KEY_LENGTH;
		at.key_length = row->key_bits;
	}
	add_row(o, cipher->esp, &at);
}

/* Row i is the first with this cipher and key length. */
static bool
first_of_cipher(const struct policy_def *policy, unsigned i)
{
	const struct policy_esp *row = &policy->esp[i];

	for (unsigned j = 0; j < i; j++)
		if (policy->esp[j].cipher == row->cipher &&
		    policy->esp[j].key_bits == row->key_bits)
			return false;
	return true;
}

/* Under AH, and only there, ESP need not authenticate: offered last, for peers
 * that do not authenticate twice. */
static void
offer_esp(const struct xchg *x, struct offer *o)
{
	const struct policy_def *policy = neg_policy(x);

	for (unsigned i = 0; i < policy->n_esp; i++)
		add_esp_row(x, o, &policy->esp[i], true);
	if ((neg_of(x)->goal & GOAL_AUTHENTICATE) == 0)
		return;
	for (unsigned i = 0; i < policy->n_esp; i++)
		if (first_of_cipher(policy, i))
			add_esp_row(x, o, &policy->esp[i], false);
}

static void
offer_ah(const struct xchg *x, struct offer *o)
{
	const struct policy_def *policy = neg_policy(x);

	for (unsigned i = 0; i < policy->n_ah; i++) {
		const struct alg_hash *hash = &alg_hashes[policy->ah[i].hash];
		struct at_ipsec at = common_attributes(x, PROTOCOL_AH);

		at.has |= 1u << AT_IPSEC_AUTHENTICATION;
		at.authentication = hash->ipsec;
		add_row(o, hash->ah, &at);
	}
}

static void
offer_ipcomp(const struct xchg *x, struct offer *o)
{
	struct at_ipsec at = common_attributes(x, PROTOCOL_IPCOMP);

	add_row(o, IPCOMP_TRANSFORM_DEFLATE, &at);
}

/* Whether IPComp is to be offered; that the kernel lacks it is said once. */
static bool
compresses(struct xchg *x)
{
	struct connection *c = neg_conn(x);
	TEXT(why, 200);

	if ((neg_of(x)->goal & GOAL_COMPRESS) == 0)
		return false;
	if (phase2_compresses(x, &why))
		return true;
	if (!c->ipcomp_missed)
		xchg_log(x, LEVEL_WARN,
		    "--compress is ignored, the kernel has no IPComp: %s",
		    why.p);
	c->ipcomp_missed = true;
	return false;
}

/* What an SA of this protocol is called by us from now on. */
static bool
begin_offer(struct xchg *x, struct offer *o, uint8_t protocol)
{
	struct neg *neg = neg_of(x);
	struct neg_sa *sa = &neg->sas[neg->n_sas++];

	o->n = 0;
	*sa = (struct neg_sa){
	    .protocol = protocol,
	    .spi_in = spi_new(ike_of(x), protocol, xchg_number(x)),
	};
	o->p = (struct pl_p){
	    .number = 1,
	    .protocol = protocol,
	    .spi = spi_write(o->spi, sa),
	};
	return sa->spi_in != 0;
}

static bool
write_offer(struct xchg *x, struct wr *w)
{
	static const struct {
		uint8_t protocol;
		uint32_t goal;
		void (*rows)(const struct xchg *x, struct offer *o);
	} kinds[BUNDLE_MAX] = {
	    {PROTOCOL_AH, GOAL_AUTHENTICATE, offer_ah},
	    {PROTOCOL_ESP, GOAL_ENCRYPT, offer_esp},
	    {PROTOCOL_IPCOMP, GOAL_COMPRESS, offer_ipcomp},
	};
	struct offer offers[BUNDLE_MAX];
	struct proposal proposals[BUNDLE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < BUNDLE_MAX; i++) {
		struct offer *o = &offers[n];

		if ((neg_of(x)->goal & kinds[i].goal) == 0)
			continue;
		if (!begin_offer(x, o, kinds[i].protocol))
			return false;
		kinds[i].rows(x, o);
		if (o->n > OFFER_ROWS_MAX)
			return false;
		proposals[n++] = (struct proposal){&o->p, o->rows, o->n};
	}
	return n > 0 && proposals_write(w, proposals, n);
}

/* A client as an ID payload: a subnet, or an address when it is one host. */
static bool
set_client_id(struct xchg *x, enum slot slot, const struct subnet *s)
{
	bool v4 = s->a.family == ADDR_V4, host = subnet_is_host(s);
	uint8_t data[32], body[40];
	struct wr wd = wr_of(data, sizeof(data)), w = wr_of(body, sizeof(body));
	struct pl_id id = {0};
	struct addr mask;

	wr_bytes(&wd, addr_span(&s->a));
	if (host) {
		id.type = v4 ? ID_TYPE_IPV4_ADDR : ID_TYPE_IPV6_ADDR;
	} else {
		id.type =
		    v4 ? ID_TYPE_IPV4_ADDR_SUBNET : ID_TYPE_IPV6_ADDR_SUBNET;
		subnet_mask(s, &mask);
		wr_bytes(&wd, addr_span(&mask));
	}
	id.data = wr_span(&wd);
	enc_id(&w, &id);
	return xchg_slot_set(x, slot, wr_span(&w));
}

/* -> SAi, IDci, IDcr.  RFC 2409 5.5 lets identities be left out between the
 * two hosts themselves; there are peers that answer with them all the same. */
enum status
derive_offer_phase2(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	struct neg *neg = neg_of(x);
	struct suite pfs = {.set = true, .group = ALG_NONE};
	uint8_t body[OFFER_MAX];
	struct wr w = wr_of(body, sizeof(body));

	(void)m;
	if (c == NULL || xchg_parent(x) == NULL)
		return ST_FAIL;
	neg->ours = end_client(conn_this(c));
	neg->theirs = end_client(conn_that(c));
	if (!compresses(x))
		neg->goal &= ~(uint32_t)GOAL_COMPRESS;
	if ((neg->goal & GOAL_PFS) != 0) {
		pfs.group = isakmp_group(x);
		xchg_set_suite(x, &pfs);
	}
	if (!write_offer(x, &w) ||
	    !xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)))
		return ST_FAIL;
	if (!set_client_id(x, xchg_target(x, 1), &neg->ours) ||
	    !set_client_id(x, xchg_target(x, 2), &neg->theirs))
		return ST_FAIL;
	return ST_OK;
}
