/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of IPsec SAs: what is offered in Quick Mode, which offer is
 * chosen, and which keys that needs (RFC 2407 4.4 and 4.5, RFC 2409 5.5).
 */
#include "engine/ike/neg.h"

enum {
	OFFER_ROWS_MAX = 32,
	OFFER_ATTRS_MAX = 48,
	LIFE_MAX_S = 86400, /* rulings D2 */
	SPI_OCTETS = 4,
	PEER_SPI_LOWEST = 0x100, /* those below are reserved, RFC 2406 2.1 */
	ALG_NONE = 0xff
};

static struct span
spi_span(uint8_t out[SPI_OCTETS], uint32_t spi)
{
	struct wr w = wr_of(out, SPI_OCTETS);

	wr_u32(&w, spi);
	return wr_span(&w);
}

static bool
wants_tunnel(const struct neg *neg)
{
	return (neg->goal & GOAL_TUNNEL) != 0;
}

static uint8_t
isakmp_group(const struct xchg *x)
{
	return xchg_suite(xchg_parent(x))->group;
}

/* ---- as initiator ------------------------------------------------------ */

static void
offer_row(
    struct at_ipsec *at, const struct policy_esp *row, const struct xchg *x)
{
	const struct neg *neg = neg_of(x);

	*at = (struct at_ipsec){0};
	at->has = 1u << AT_IPSEC_ENCAPSULATION | 1u << AT_IPSEC_AUTHENTICATION |
	    1u << AT_IPSEC_LIFE_TYPE;
	at->encapsulation =
	    wants_tunnel(neg) ? ENCAPSULATION_TUNNEL : ENCAPSULATION_TRANSPORT;
	at->authentication = alg_hashes[row->hash].ipsec;
	if (!alg_ciphers[row->cipher].fixed_key) {
		at->has |= 1u << AT_IPSEC_KEY_LENGTH;
		at->key_length = row->key_bits;
	}
	if ((neg->goal & GOAL_PFS) != 0) {
		at->has |= 1u << AT_IPSEC_GROUP;
		at->group = alg_groups[isakmp_group(x)].oakley;
	}
	at->n_life = 1;
	at->life[0].type = LIFE_TYPE_SECONDS;
	at->life[0].duration = neg_conn(x)->ipsec_life_s;
}

static bool
write_esp_offer(struct xchg *x, uint32_t spi, struct wr *w)
{
	const struct policy_def *policy = neg_policy(x);
	struct proposal_row rows[OFFER_ROWS_MAX];
	uint8_t attrs[OFFER_ROWS_MAX * OFFER_ATTRS_MAX], octets[SPI_OCTETS];
	struct pl_p p = {
	    .number = 1,
	    .protocol = PROTOCOL_ESP,
	    .spi = spi_span(octets, spi),
	};
	size_t n;

	if (policy->n_esp > OFFER_ROWS_MAX)
		return false;
	for (n = 0; n < policy->n_esp; n++) {
		struct wr wa =
		    wr_of(attrs + n * OFFER_ATTRS_MAX, OFFER_ATTRS_MAX);
		struct at_ipsec at;

		offer_row(&at, &policy->esp[n], x);
		enc_at_ipsec(&wa, &at);
		rows[n] = (struct proposal_row){
		    .number = (uint8_t)(n + 1),
		    .id = (uint8_t)alg_ciphers[policy->esp[n].cipher].esp,
		    .attrs = wr_span(&wa),
		};
	}
	return proposal_write(w, &p, rows, n);
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
	uint8_t body[4300];
	struct wr w = wr_of(body, sizeof(body));
	uint32_t spi;

	(void)m;
	if (c == NULL || xchg_parent(x) == NULL)
		return ST_FAIL;
	spi = spi_new(ike_of(x), PROTOCOL_ESP, xchg_number(x));
	if (spi == 0)
		return ST_FAIL;
	neg->n_sas = 1;
	neg->sas[0] = (struct neg_sa){
	    .protocol = PROTOCOL_ESP,
	    .spi_in = spi,
	};
	neg->ours = end_client(conn_this(c));
	neg->theirs = end_client(conn_that(c));
	if ((neg->goal & GOAL_PFS) != 0) {
		pfs.group = isakmp_group(x);
		xchg_set_suite(x, &pfs);
	}
	if (!write_esp_offer(x, spi, &w) ||
	    !xchg_slot_set(x, xchg_target(x, 0), wr_span(&w)))
		return ST_FAIL;
	if (!set_client_id(x, xchg_target(x, 1), &neg->ours) ||
	    !set_client_id(x, xchg_target(x, 2), &neg->theirs))
		return ST_FAIL;
	return ST_OK;
}

/* ---- one transform, held against the policy ---------------------------- */

static const struct policy_esp *
esp_row(const struct policy_def *policy, const struct pl_t *t,
    const struct at_ipsec *at)
{
	bool key_said = (at->has & 1u << AT_IPSEC_KEY_LENGTH) != 0;

	for (unsigned i = 0; i < policy->n_esp; i++) {
		const struct policy_esp *row = &policy->esp[i];
		const struct alg_cipher *c = &alg_ciphers[row->cipher];

		if (t->id == c->esp && key_said == !c->fixed_key &&
		    (!key_said || at->key_length == row->key_bits) &&
		    at->authentication == alg_hashes[row->hash].ipsec)
			return row;
	}
	return NULL;
}

static bool
group_allowed(const struct policy_def *policy, uint32_t number)
{
	for (unsigned i = 0; i < policy->n_isakmp; i++)
		if (alg_groups[policy->isakmp[i].group].oakley == number)
			return true;
	return false;
}

/* NULL: acceptable.  Encapsulation that is not said means transport mode
 * between two hosts and is refused otherwise. */
static const char *
mode_misfit(const struct neg *neg, const struct at_ipsec *at)
{
	bool said = (at->has & 1u << AT_IPSEC_ENCAPSULATION) != 0;
	bool tunnel = wants_tunnel(neg);

	if (!said)
		return tunnel ? "it says no encapsulation mode, we want tunnel"
			      : NULL;
	if (at->encapsulation != ENCAPSULATION_TUNNEL &&
	    at->encapsulation != ENCAPSULATION_TRANSPORT)
		return "UDP encapsulation is not supported";
	if ((at->encapsulation == ENCAPSULATION_TUNNEL) != tunnel)
		return tunnel ? "it is for transport mode, we want tunnel"
			      : "it is for tunnel mode, we want transport";
	return NULL;
}

static const char *
life_misfit(const struct at_ipsec *at)
{
	for (unsigned i = 0; i < at->n_life; i++)
		if (at->life[i].type == LIFE_TYPE_SECONDS &&
		    at->life[i].duration > LIFE_MAX_S)
			return "its lifetime exceeds our maximum of 86400 s";
	return NULL;
}

static const char *
group_misfit(const struct xchg *x, const struct at_ipsec *at)
{
	bool said = (at->has & 1u << AT_IPSEC_GROUP) != 0;

	if (!said)
		return (neg_of(x)->goal & GOAL_PFS) != 0
		    ? "it has no group, but this connection demands PFS"
		    : NULL;
	return group_allowed(neg_policy(x), at->group)
	    ? NULL
	    : "our policy does not have its PFS group";
}

/* Why this transform is not acceptable; NULL when it is, with its row. */
static const char *
transform_misfit(const struct xchg *x, const struct pl_t *t,
    struct at_ipsec *at, const struct policy_esp **row)
{
	const char *why;

	if (!dec_at_ipsec(t->attrs, at))
		return "its attributes are malformed";
	if (at->bad != 0)
		return at->why;
	if ((at->has & 1u << AT_IPSEC_AUTHENTICATION) == 0)
		return "ESP without authentication is refused";
	*row = esp_row(neg_policy(x), t, at);
	if (*row == NULL)
		return "cipher, key length and hash are no row of our policy";
	if ((why = mode_misfit(neg_of(x), at)) != NULL ||
	    (why = life_misfit(at)) != NULL)
		return why;
	return group_misfit(x, at);
}

static void
take_transform(struct xchg *x, struct neg_sa *sa, const struct at_ipsec *at,
    const struct policy_esp *row)
{
	struct neg *neg = neg_of(x);
	struct suite pfs = {.set = true, .group = ALG_NONE};

	sa->cipher = row->cipher;
	sa->hash = row->hash;
	sa->key_bits = row->key_bits;
	sa->mode = wants_tunnel(neg) ? KERNEL_TUNNEL : KERNEL_TRANSPORT;
	neg->life_s = AT_IPSEC_LIFE_DURATION_DEFAULT;
	for (unsigned i = 0; i < at->n_life; i++) {
		if (at->life[i].type == LIFE_TYPE_SECONDS)
			neg->life_s = at->life[i].duration;
		else
			neg->life_kb = at->life[i].duration;
	}
	if ((at->has & 1u << AT_IPSEC_GROUP) != 0) {
		pfs.group = group_by_oakley(at->group)->id;
		xchg_set_suite(x, &pfs);
	}
}

static bool
want_keys(struct xchg *x, const struct neg_sa *sa)
{
	uint16_t need =
	    (uint16_t)(sa->key_bits / 8 + alg_hashes[sa->hash].size);

	return xchg_want_keymat(
		   x, sa->protocol, sa->spi_in, SPI_OCTETS, need) &&
	    xchg_want_keymat(x, sa->protocol, sa->spi_out, SPI_OCTETS, need);
}

/* The peer's SPI of an ESP proposal; 0: it is none (conf. 67). */
static uint32_t
peer_spi(const struct pl_p *p)
{
	struct cur c = cur_of(p->spi);
	uint32_t spi;

	if (p->spi.n != SPI_OCTETS)
		return 0;
	spi = cur_u32(&c);
	return spi >= PEER_SPI_LOWEST ? spi : 0;
}

/* Why SAs to the peer cannot have the SPI that it chose; NULL: they can. */
static const char *
spi_misfit(const struct xchg *x, const struct pl_p *p)
{
	uint32_t spi = peer_spi(p);

	if (spi == 0)
		return "its SPI is not of 4 octets and 0x100 or more";
	if (spi_sender(ike_of(x), p->protocol, spi, &xchg_path(x)->remote.a) !=
	    0)
		return "its SPI is that of another SA";
	return NULL;
}

/* An SA payload with a DOI and situation that we have (RFC 2408 5.4). */
static bool
ipsec_sa(const struct xchg *x, enum slot slot, struct pl_sa *sa)
{
	uint16_t notify;

	if (!dec_sa(xchg_slot(x, slot, 0), sa, &notify))
		return false;
	if (sa->doi == DOI_IPSEC && sa->situation == SITUATION_IDENTITY_ONLY)
		return true;
	xchg_log_limited(x,
	    "the SA payload must be under DOI IPSEC (1) "
	    "with situation IDENTITY_ONLY (0x1), it has DOI %lu and situation "
	    "0x%lx",
	    (unsigned long)sa->doi, (unsigned long)sa->situation);
	return false;
}

/* ---- as responder ------------------------------------------------------ */

/* The PFS group that a transform names; 0: none. */
static uint32_t
group_of(const struct pl_t *t)
{
	uint32_t group;

	return at_find(t->attrs, AT_IPSEC_GROUP, &group) ? group : 0;
}

/* RFC 2409 5.5: every transform of every proposal names the same PFS group or
 * none.  That of the first says whether there is a KE payload. */
static bool
groups_agree(const struct pl_p *p, struct span all)
{
	struct pl_p_it first;
	struct pl_t_it one, it;

	pl_p_first(&first, all);
	pl_t_first(&one, first.item.transforms, first.item.protocol);
	for (pl_t_first(&it, p->transforms, p->protocol); it.ok; pl_t_next(&it))
		if (group_of(&it.item) != group_of(&one.item))
			return false;
	return true;
}

/* Why this proposal is passed over as a whole; NULL: look at its transforms. */
static const char *
proposal_misfit(const struct xchg *x, const struct pl_p *p, struct span all)
{
	struct pl_p_it it;
	unsigned same = 0;

	for (pl_p_first(&it, all); it.ok; pl_p_next(&it))
		if (it.item.number == p->number)
			same++;
	if (same > 1)
		return "it is a bundle of several protocols";
	if (p->protocol != PROTOCOL_ESP)
		return "it is not for ESP";
	if (!groups_agree(p, all))
		return "its transforms do not all name the PFS group of the "
		       "first";
	return spi_misfit(x, p);
}

static bool
answer(struct xchg *x, const struct pl_p *p, const struct pl_t *t)
{
	struct proposal_row row = {t->number, t->id, t->attrs};
	struct pl_p ours = *p;
	uint8_t octets[SPI_OCTETS], body[512];
	struct wr w = wr_of(body, sizeof(body));

	ours.spi = spi_span(octets, neg_of(x)->sas[0].spi_in);
	return proposal_write(&w, &ours, &row, 1) &&
	    xchg_slot_set(x, xchg_target(x, 0), wr_span(&w));
}

static enum status
take_choice(struct xchg *x, const struct pl_p *p, const struct pl_t *t,
    const struct at_ipsec *at, const struct policy_esp *row)
{
	struct neg *neg = neg_of(x);
	struct neg_sa *sa = &neg->sas[0];

	*sa = (struct neg_sa){
	    .protocol = p->protocol,
	    .spi_in = spi_new(ike_of(x), p->protocol, xchg_number(x)),
	    .spi_out = peer_spi(p),
	};
	if (sa->spi_in == 0)
		return ST_FAIL;
	neg->n_sas = 1;
	take_transform(x, sa, at, row);
	return want_keys(x, sa) && answer(x, p, t) ? ST_OK : ST_FAIL;
}

/* The first acceptable transform of the first acceptable proposal -> SAr. */
enum status
derive_choose_ipsec_transforms(struct xchg *x, const struct msg *m)
{
	struct pl_sa sa;
	struct pl_p_it p;

	(void)m;
	if (!ipsec_sa(x, SLOT_SAI, &sa))
		return ST_FAIL;
	for (pl_p_first(&p, sa.proposals); p.ok; pl_p_next(&p)) {
		const char *why = proposal_misfit(x, &p.item, sa.proposals);
		struct pl_t_it t;

		if (why != NULL) {
			xchg_log_limited(x, "proposal %u passed over: %s",
			    p.item.number, why);
			continue;
		}
		for (pl_t_first(&t, p.item.transforms, p.item.protocol); t.ok;
		     pl_t_next(&t)) {
			const struct policy_esp *row = NULL;
			struct at_ipsec at;

			why = transform_misfit(x, &t.item, &at, &row);
			if (why == NULL)
				return take_choice(
				    x, &p.item, &t.item, &at, row);
			xchg_log_limited(x,
			    "proposal %u transform %u "
			    "passed over: %s",
			    p.item.number, t.item.number, why);
		}
	}
	xchg_log_limited(x,
	    "no IPsec proposal chosen: none offered fits "
	    "policy \"%s\" of this connection",
	    neg_policy(x)->name);
	return ST_FAIL;
}

/* As initiator: the peer's SPI, and what its choice means. */
enum status
derive_chosen_protocols(struct xchg *x, const struct msg *m)
{
	struct neg *neg = neg_of(x);
	const struct policy_esp *row = NULL;
	struct at_ipsec at;
	struct pl_sa sa;
	struct pl_p_it p;
	struct pl_t_it t;
	const char *why;

	(void)m;
	if (!ipsec_sa(x, SLOT_SAR, &sa))
		return ST_FAIL;
	pl_p_first(&p, sa.proposals);
	why = p.ok ? spi_misfit(x, &p.item) : "it is malformed";
	if (why != NULL) {
		xchg_log(x, LEVEL_WARN,
		    "the responder's proposal cannot be "
		    "used: %s",
		    why);
		return ST_FAIL;
	}
	neg->sas[0].spi_out = peer_spi(&p.item);
	pl_t_first(&t, p.item.transforms, p.item.protocol);
	if (!t.ok)
		return ST_FAIL;
	why = transform_misfit(x, &t.item, &at, &row);
	if (why != NULL) {
		xchg_log(x, LEVEL_WARN,
		    "the responder's choice cannot be "
		    "used: %s",
		    why);
		return ST_FAIL;
	}
	take_transform(x, &neg->sas[0], &at, row);
	return want_keys(x, &neg->sas[0]) ? ST_OK : ST_FAIL;
}

bool
guard_msgid_is_new(const struct xchg *x, const struct msg *m)
{
	(void)m;
	return xchg_msgid_fresh(x);
}
