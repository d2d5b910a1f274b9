/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of the ISAKMP SA: what is offered, which offer is chosen, and
 * what the choice means (RFC 2409 4 and appendix A).
 */
#include "engine/ike/neg.h"

enum {
	OFFER_ROWS_MAX = 64,
	OFFER_ATTRS_MAX = 64,
	LIFE_MAX_S = 86400, /* rulings D1 */
	EXPLAIN_ROWS_MAX = 8
};

/* What is offered, most wanted first. */
static const uint16_t methods[] = {OAKLEY_AUTH_RSA_SIG, OAKLEY_AUTH_PSK};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

/* What of an offered transform does not fit a row of the policy. */
enum miss {
	MISS_CIPHER = 0x01,
	MISS_HASH = 0x02,
	MISS_AUTH = 0x04,
	MISS_GROUP = 0x08,
	MISS_LIFE = 0x10
};

static const struct enum_item miss_items[] = {
    {MISS_CIPHER, "cipher", NULL},
    {MISS_HASH, "hash", NULL},
    {MISS_AUTH, "authentication method", NULL},
    {MISS_GROUP, "group", NULL},
    {MISS_LIFE, "lifetime", NULL},
};
static const struct enum_def miss_names = {
    .name = "miss",
    .bits = true,
    .items = miss_items,
    .n = sizeof(miss_items) / sizeof(miss_items[0]),
};

/* Transforms under construction. */
struct offer {
	struct proposal_row rows[OFFER_ROWS_MAX];
	uint8_t attrs[OFFER_ROWS_MAX][OFFER_ATTRS_MAX];
	size_t n;
};

/* How x may authenticate if its connection is c. */
static uint32_t
ways_of(const struct xchg *x, const struct connection *c)
{
	return c == NULL ? 0 : auth_ways(ike_of(x), c);
}

static void
offer_row(struct at_oakley *at, const struct policy_isakmp *row,
    uint16_t method, uint32_t life_s)
{
	const struct alg_cipher *cipher = &alg_ciphers[row->cipher];

	*at = (struct at_oakley){0};
	at->has = 1u << AT_OAKLEY_ENCRYPTION | 1u << AT_OAKLEY_HASH |
	    1u << AT_OAKLEY_AUTH | 1u << AT_OAKLEY_GROUP |
	    1u << AT_OAKLEY_LIFE_TYPE;
	at->encryption = cipher->oakley;
	at->hash = alg_hashes[row->hash].oakley;
	at->auth = method;
	at->group = alg_groups[row->group].oakley;
	if (!cipher->fixed_key) {
		at->has |= 1u << AT_OAKLEY_KEY_LENGTH;
		at->key_length = row->key_bits;
	}
	at->n_life = 1;
	at->life[0].type = LIFE_TYPE_SECONDS;
	at->life[0].duration = life_s;
}

/* The transforms of one method behind those of others.  False: too many. */
static bool
offer_rows(struct offer *o, const struct connection *c, uint16_t method)
{
	const struct policy_def *policy = &policy_defs[c->policy];

	for (unsigned i = 0; i < policy->n_isakmp; i++) {
		struct wr w = wr_of(o->attrs[o->n], OFFER_ATTRS_MAX);
		struct at_oakley at;

		if (o->n == OFFER_ROWS_MAX)
			return false;
		offer_row(&at, &policy->isakmp[i], method, c->ike_life_s);
		enc_at_oakley(&w, &at);
		o->rows[o->n] = (struct proposal_row){
		    .number = (uint8_t)(o->n + 1),
		    .id = ISAKMP_TRANSFORM_KEY_IKE,
		    .attrs = wr_span(&w),
		};
		o->n++;
	}
	return true;
}

/* Some peers look at the method of the first transform only, and are silent if
 * it is not theirs.  So what served last comes first, and each further attempt
 * begins with another. */
static size_t
first_method(const struct xchg *x, const struct connection *c)
{
	size_t first = neg_of(x)->attempt - 1;

	for (size_t i = 0; i < METHODS; i++)
		if (auth_way(methods[i]) == c->way)
			first += i;
	return first % METHODS;
}

/* One proposal: for each way in which we can authenticate, a transform for
 * each row of the connection's policy. */
enum status
derive_offer_phase1(struct xchg *x, const struct msg *m)
{
	const struct connection *c = neg_conn(x);
	struct pl_p p = {.number = 1, .protocol = PROTOCOL_ISAKMP};
	struct offer o = {.n = 0};
	uint8_t body[4300];
	struct wr w = wr_of(body, sizeof(body));
	uint32_t ways;
	size_t first;

	(void)m;
	if (c == NULL)
		return ST_FAIL;
	ways = ways_of(x, c);
	if ((ways & neg_of(x)->goal) != 0) /* of the SA that it replaces */
		ways &= neg_of(x)->goal;
	first = first_method(x, c);
	for (size_t i = 0; i < METHODS; i++) {
		uint16_t method = methods[(first + i) % METHODS];

		if ((auth_way(method) & ways) != 0 &&
		    !offer_rows(&o, c, method))
			return ST_FAIL;
	}
	if (!proposal_write(&w, &p, o.rows, o.n) ||
	    !xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)))
		return ST_FAIL;
	return ST_OK;
}

/* Which key size the transform asks for; 0: one that the cipher has not. */
static uint16_t
key_bits_of(const struct at_oakley *at, const struct alg_cipher *cipher)
{
	bool said = (at->has & 1u << AT_OAKLEY_KEY_LENGTH) != 0;

	if (cipher->fixed_key)
		return said ? 0 : cipher->key[0];
	return said ? at->key_length : 0;
}

static unsigned
row_misses(
    const struct at_oakley *at, const struct policy_isakmp *row, uint32_t ways)
{
	const struct alg_cipher *cipher = &alg_ciphers[row->cipher];
	unsigned miss = 0;

	if (at->encryption != cipher->oakley ||
	    key_bits_of(at, cipher) != row->key_bits)
		miss |= MISS_CIPHER;
	if (at->hash != alg_hashes[row->hash].oakley)
		miss |= MISS_HASH;
	if ((auth_way(at->auth) & ways) == 0)
		miss |= MISS_AUTH;
	if (at->group != alg_groups[row->group].oakley)
		miss |= MISS_GROUP;
	for (unsigned i = 0; i < at->n_life; i++)
		if (at->life[i].type == LIFE_TYPE_SECONDS &&
		    at->life[i].duration > LIFE_MAX_S)
			miss |= MISS_LIFE;
	return miss;
}

static unsigned
count_bits(unsigned v)
{
	unsigned n = 0;

	for (; v != 0; v &= v - 1)
		n++;
	return n;
}

/* The row of the policy that the transform fits best; what it misses there. */
static unsigned
best_row(const struct at_oakley *at, const struct policy_def *policy,
    uint32_t ways, const struct policy_isakmp **best)
{
	unsigned least = ~0u;

	for (unsigned i = 0; i < policy->n_isakmp; i++) {
		unsigned miss = row_misses(at, &policy->isakmp[i], ways);

		if (least == ~0u || count_bits(miss) < count_bits(least)) {
			least = miss;
			*best = &policy->isakmp[i];
		}
	}
	return least;
}

static void
take_transform(
    struct xchg *x, const struct at_oakley *at, const struct policy_isakmp *row)
{
	struct suite s = {
	    .set = true,
	    .cipher = row->cipher,
	    .hash = row->hash,
	    .group = row->group,
	    .key_bits = row->key_bits,
	};
	struct neg *neg = neg_of(x);

	for (unsigned i = 0; i < at->n_life; i++) {
		if (at->life[i].type == LIFE_TYPE_SECONDS)
			neg->life_s = at->life[i].duration;
		else
			neg->life_kb = at->life[i].duration;
	}
	neg->way = auth_way(at->auth);
	xchg_set_suite(x, &s);
}

static void
print_transform(struct text *t, const struct at_oakley *at)
{
	const struct alg_cipher *c = cipher_by_oakley(at->encryption);
	const struct alg_hash *h = hash_by_oakley(at->hash);
	const struct alg_group *g = group_by_oakley(at->group);

	if (c != NULL)
		text_add(t, "%s", c->name);
	else
		text_add(t, "cipher %u", at->encryption);
	if ((at->has & 1u << AT_OAKLEY_KEY_LENGTH) != 0)
		text_add(t, "/%u", at->key_length);
	if (h != NULL)
		text_add(t, " %s ", h->name);
	else
		text_add(t, " hash %u ", at->hash);
	enum_print(t, &enum_oakley_auth, at->auth);
	if (g != NULL)
		text_add(t, " %s", g->name);
	else
		text_add(t, " group %u", at->group);
}

/* Say why none fits: how each offered transform differs from what we take. */
static void
explain_refusal(struct xchg *x, const struct pl_p *p)
{
	const struct policy_def *policy = neg_policy(x);
	struct pl_t_it it;
	unsigned n = 0;

	xchg_log_limited(x,
	    "no proposal chosen: none of the %u transforms "
	    "offered fits policy \"%s\" of this connection",
	    p->ntrans, policy->name);
	for (pl_t_first(&it, p->transforms, p->protocol);
	     it.ok && n < EXPLAIN_ROWS_MAX; pl_t_next(&it), n++) {
		const struct policy_isakmp *row = NULL;
		struct at_oakley at;
		TEXT(what, 120);
		TEXT(miss, 120);

		if (!dec_at_oakley(it.item.attrs, &at) || at.bad != 0) {
			xchg_log_limited(x, "  transform %u: attribute %u: %s",
			    it.item.number, at.bad,
			    at.why == NULL ? "malformed" : at.why);
			continue;
		}
		print_transform(&what, &at);
		bits_print(&miss, &miss_names,
		    best_row(&at, policy, ways_of(x, neg_conn(x)), &row));
		xchg_log_limited(x,
		    "  transform %u (%s) differs from our "
		    "nearest row in: %s",
		    it.item.number, what.p, miss.p);
	}
}

/* RFC 2409 5: one proposal, for ISAKMP, of any number of transforms. */
static bool
only_proposal(const struct xchg *x, enum slot slot, struct pl_p *p)
{
	struct pl_sa sa;
	struct pl_p_it it;
	uint16_t notify;

	if (!dec_sa(xchg_slot(x, slot, 0), &sa, &notify))
		return false;
	pl_p_first(&it, sa.proposals);
	*p = it.item;
	if (!it.ok)
		return false;
	pl_p_next(&it);
	if (!it.ok && p->protocol == PROTOCOL_ISAKMP && sa.doi == DOI_IPSEC &&
	    sa.situation == SITUATION_IDENTITY_ONLY)
		return true;
	xchg_log_limited(x,
	    "the SA payload must hold exactly one proposal, "
	    "for ISAKMP, under DOI IPSEC with situation IDENTITY_ONLY");
	return false;
}

/* A transform, and the row of the policy that it fits. */
struct fit {
	struct pl_t t;
	struct at_oakley at;
	const struct policy_isakmp *row;
};

/* The first transform that fits the policy. */
static bool
first_fit(struct fit *f, const struct pl_p *p, const struct policy_def *policy,
    uint32_t ways)
{
	struct pl_t_it it;

	for (pl_t_first(&it, p->transforms, p->protocol); it.ok;
	     pl_t_next(&it)) {
		f->t = it.item;
		if (it.item.id == ISAKMP_TRANSFORM_KEY_IKE &&
		    dec_at_oakley(it.item.attrs, &f->at) && f->at.bad == 0 &&
		    best_row(&f->at, policy, ways, &f->row) == 0)
			return true;
	}
	return false;
}

/* The same by x's connection; taken into suite and neg. */
static bool
take_first_fit(
    struct xchg *x, const struct pl_p *p, uint32_t ways, struct pl_t *chosen)
{
	struct fit f;

	if (!first_fit(&f, p, neg_policy(x), ways))
		return false;
	take_transform(x, &f.at, f.row);
	*chosen = f.t;
	return true;
}

bool
phase1_fits(const struct xchg *x, const struct connection *c)
{
	struct pl_p p;
	struct fit f;

	return only_proposal(x, SLOT_SAI, &p) &&
	    first_fit(&f, &p, &policy_defs[c->policy], ways_of(x, c));
}

/* As responder: the first acceptable transform, its attributes unaltered
 * and its numbers kept (RFC 2408 4.2, RFC 2409 5). */
enum status
derive_choose_isakmp_transform(struct xchg *x, const struct msg *m)
{
	struct pl_p p;
	struct pl_t t = {0};
	struct proposal_row row;
	uint8_t body[512];
	struct wr w = wr_of(body, sizeof(body));

	(void)m;
	if (!only_proposal(x, SLOT_SAI, &p))
		return ST_FAIL;
	if (!take_first_fit(x, &p, ways_of(x, neg_conn(x)), &t)) {
		explain_refusal(x, &p);
		return ST_FAIL;
	}
	row = (struct proposal_row){t.number, t.id, t.attrs};
	if (!proposal_write(&w, &p, &row, 1) ||
	    !xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)))
		return ST_FAIL;
	return ST_OK;
}

/* As initiator: what the responder chose is in effect from now on. */
enum status
derive_chosen_suite(struct xchg *x, const struct msg *m)
{
	struct pl_p p;
	struct pl_t t;

	(void)m;
	if (!only_proposal(x, SLOT_SAR, &p) || p.ntrans != 1 ||
	    !take_first_fit(x, &p, neg_of(x)->goal, &t))
		return ST_FAIL;
	return ST_OK;
}
