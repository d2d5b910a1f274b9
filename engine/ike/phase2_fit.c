/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle of Quick Mode, held against what the connection asks for: what the
 * responder may choose of an offer, and what the initiator may be answered.
 * Each thing that does not fit is a reason in the log.
 *
 * Modes.  A bundle is one tunnel when its innermost protocol is in tunnel mode,
 * whether the others repeat that, as most daemons do, or say transport mode,
 * which they strictly are: the packets are the same.
 */
#include "engine/ike/phase2.h"

enum { LIFE_MAX_S = 86400 /* rulings D2 */ };

/* ---- bundles ----------------------------------------------------------- */

bool
bundle_next(struct bundle *b, struct pl_p_it *it)
{
	if (!it->ok)
		return false;
	b->number = it->item.number;
	for (b->n = 0; it->ok && it->item.number == b->number; pl_p_next(it)) {
		if (b->n < BUNDLE_MAX)
			b->p[b->n] = it->item;
		b->n++;
	}
	return true;
}

static bool
bundle_has(const struct bundle *b, uint8_t protocol)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->p[i].protocol == protocol)
			return true;
	return false;
}

/* No other protocol of the bundle is applied before this one: their order is
 * that of their numbers, AH being outermost. */
static bool
is_innermost(const struct bundle *b, uint8_t protocol)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->p[i].protocol > protocol)
			return false;
	return true;
}

/* ---- reasons ----------------------------------------------------------- */

/* t NULL: the whole bundle; p NULL: all of its protocols. */
static void
pass_over(const struct xchg *x, const struct bundle *b, const struct pl_p *p,
    const struct pl_t *t, const char *why)
{
	TEXT(what, 80);

	text_add(&what, "proposal %u", b->number);
	if (p != NULL && b->n > 1) {
		text_add(&what, " ");
		enum_print(&what, &enum_protocol, p->protocol);
	}
	if (t != NULL)
		text_add(&what, " transform %u", t->number);
	if (xchg_role(x) == ROLE_RESPONDER)
		xchg_log_limited(x, "%s passed over: %s", what.p, why);
	else
		xchg_log(x, LEVEL_WARN,
		    "%s that the responder chose cannot be used: %s", what.p,
		    why);
}

/* ---- one transform ----------------------------------------------------- */

static bool
says(const struct at_ipsec *at, enum at_ipsec_number attribute)
{
	return (at->has & 1u << attribute) != 0;
}

static const char *
esp_misfit(const struct xchg *x, const struct bundle *b, const struct pl_t *t,
    const struct at_ipsec *at, struct neg_sa *sa)
{
	const struct policy_def *policy = neg_policy(x);
	bool key = says(at, AT_IPSEC_KEY_LENGTH);
	bool authentication = says(at, AT_IPSEC_AUTHENTICATION);

	if (!authentication && !bundle_has(b, PROTOCOL_AH))
		return "ESP without authentication is refused";
	for (unsigned i = 0; i < policy->n_esp; i++) {
		const struct policy_esp *row = &policy->esp[i];
		const struct alg_cipher *c = &alg_ciphers[row->cipher];

		if (t->id != c->esp || key == c->fixed_key ||
		    (key && at->key_length != row->key_bits))
			continue;
		if (authentication &&
		    at->authentication != alg_hashes[row->hash].ipsec)
			continue;
		sa->cipher = row->cipher;
		sa->key_bits = row->key_bits;
		sa->hash = authentication ? row->hash : ALG_NONE;
		return NULL;
	}
	return "cipher, key length and hash are no row of our policy";
}

/* RFC 2407 4.4.3: the transform and its attribute name the same algorithm. */
static const char *
ah_misfit(const struct xchg *x, const struct pl_t *t, const struct at_ipsec *at,
    struct neg_sa *sa)
{
	const struct policy_def *policy = neg_policy(x);

	if (!says(at, AT_IPSEC_AUTHENTICATION))
		return "AH lacks its authentication algorithm";
	if (says(at, AT_IPSEC_KEY_LENGTH))
		return "AH has no key length";
	for (unsigned i = 0; i < policy->n_ah; i++) {
		const struct alg_hash *hash = &alg_hashes[policy->ah[i].hash];

		if (t->id == hash->ah && at->authentication == hash->ipsec) {
			sa->hash = policy->ah[i].hash;
			return NULL;
		}
	}
	return "its hash is no row of our policy";
}

static const char *
ipcomp_misfit(const struct pl_t *t, const struct at_ipsec *at)
{
	if (t->id != IPCOMP_TRANSFORM_DEFLATE)
		return "DEFLATE is the only compression that we have";
	if (says(at, AT_IPSEC_AUTHENTICATION) || says(at, AT_IPSEC_KEY_LENGTH))
		return "IPComp has no authentication and no key";
	return NULL;
}

/* NULL: acceptable.  Encapsulation that is not said means transport mode
 * between two hosts and is refused otherwise. */
static const char *
mode_misfit(const struct xchg *x, bool innermost, const struct at_ipsec *at)
{
	bool wanted = (neg_of(x)->goal & GOAL_TUNNEL) != 0;
	bool tunnel = at->encapsulation == ENCAPSULATION_TUNNEL;

	if (!says(at, AT_IPSEC_ENCAPSULATION))
		return wanted ? "it says no encapsulation mode, we want tunnel"
			      : NULL;
	if (!tunnel && at->encapsulation != ENCAPSULATION_TRANSPORT)
		return "UDP encapsulation is not supported";
	if (tunnel && !wanted)
		return "it is for tunnel mode, we want transport";
	if (!tunnel && wanted && innermost)
		return "it is for transport mode, we want tunnel";
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

/* Why this transform is not acceptable; NULL when it is, with its meaning. */
static const char *
transform_misfit(const struct xchg *x, const struct bundle *b,
    const struct pl_t *t, struct at_ipsec *at, struct neg_sa *sa)
{
	const char *why = NULL;

	if (!dec_at_ipsec(t->attrs, at))
		return "its attributes are malformed";
	if (at->bad != 0)
		return at->why;
	switch (sa->protocol) {
	case PROTOCOL_AH: why = ah_misfit(x, t, at, sa); break;
	case PROTOCOL_ESP: why = esp_misfit(x, b, t, at, sa); break;
	case PROTOCOL_IPCOMP: why = ipcomp_misfit(t, at); break;
	}
	if (why == NULL)
		why = mode_misfit(x, is_innermost(b, sa->protocol), at);
	return why != NULL ? why : life_misfit(at);
}

/* ---- a bundle as a whole ----------------------------------------------- */

/* RFC 2409 5.5: every transform of every proposal names the same PFS group or
 * none.  That of the first says whether there is a KE payload. */
static uint32_t
first_group(const struct pl_sa *sa)
{
	struct pl_p_it p;
	struct pl_t_it t;
	uint32_t group;

	pl_p_first(&p, sa->proposals);
	pl_t_first(&t, p.item.transforms, p.item.protocol);
	return t.ok && at_find(t.item.attrs, AT_IPSEC_GROUP, &group) ? group
								     : 0;
}

static bool
groups_agree(const struct bundle *b, uint32_t group)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct pl_p *p = &b->p[i];
		struct pl_t_it t;
		uint32_t own;

		for (pl_t_first(&t, p->transforms, p->protocol); t.ok;
		     pl_t_next(&t)) {
			if (!at_find(t.item.attrs, AT_IPSEC_GROUP, &own))
				own =
				    p->protocol == PROTOCOL_IPCOMP ? group : 0;
			if (own != group)
				return false;
		}
	}
	return true;
}

static const char *
group_misfit(const struct xchg *x, const struct pl_sa *sa,
    const struct bundle *b, const struct alg_group **group)
{
	const struct policy_def *policy = neg_policy(x);
	uint32_t number = first_group(sa);

	*group = NULL;
	if (!groups_agree(b, number))
		return "its transforms do not all name the PFS group of the "
		       "first";
	if (number == 0)
		return (neg_of(x)->goal & GOAL_PFS) != 0
		    ? "it has no group, but this connection demands PFS"
		    : NULL;
	for (unsigned i = 0; i < policy->n_isakmp; i++) {
		*group = &alg_groups[policy->isakmp[i].group];
		if ((*group)->oakley == number)
			return NULL;
	}
	return "our policy does not have its PFS group";
}

bool
phase2_compresses(const struct xchg *x, struct text *why)
{
	const struct kernel *kernel = ike_of(x)->kernel;

	return kernel->supports(kernel->ctx, PROTOCOL_IPCOMP,
		   xchg_path(x)->remote.a.family, why) == 0;
}

/* conf. 142, 144, 145 */
static const char *
compression_misfit(const struct xchg *x, const struct bundle *b)
{
	TEXT(why, 200);

	if (!bundle_has(b, PROTOCOL_IPCOMP))
		return NULL;
	if (b->n == 1)
		return "IPComp alone protects nothing";
	if ((neg_of(x)->goal & GOAL_COMPRESS) == 0)
		return "it has IPComp, and this connection no --compress";
	return phase2_compresses(x, &why)
	    ? NULL
	    : "it has IPComp, which the kernel has not";
}

static const char *
protocols_misfit(const struct xchg *x, const struct bundle *b)
{
	for (unsigned i = 0; i < b->n && i < BUNDLE_MAX; i++) {
		uint8_t protocol = b->p[i].protocol;

		if (protocol != PROTOCOL_AH && protocol != PROTOCOL_ESP &&
		    protocol != PROTOCOL_IPCOMP)
			return "it is for none of AH, ESP and IPComp";
		for (unsigned j = 0; j < i; j++)
			if (b->p[j].protocol == protocol)
				return "it is a bundle with a protocol twice";
	}
	if (b->n > BUNDLE_MAX)
		return "it is a bundle of more than AH, ESP and IPComp";
	if ((neg_of(x)->goal & GOAL_ENCRYPT) != 0 &&
	    !bundle_has(b, PROTOCOL_ESP))
		return "it has no ESP, and this connection has --encrypt";
	return compression_misfit(x, b);
}

/* Why SAs to the peer cannot have the SPI that it chose; NULL: they can. */
static const char *
spi_misfit(const struct xchg *x, const struct pl_p *p, uint32_t *spi)
{
	*spi = spi_read(p->protocol, p->spi);
	if (*spi == 0)
		return p->protocol == PROTOCOL_IPCOMP
		    ? "its CPI is not of 16 bits and in 0x100..0xefff"
		    : "its SPI is not of 4 octets and 0x100 or more";
	if (spi_sender(ike_of(x), p->protocol, *spi, &xchg_path(x)->remote.a) !=
	    0)
		return "its SPI is that of another SA";
	return NULL;
}

/* The first acceptable transform of protocol i. */
static bool
protocol_fit(
    const struct xchg *x, const struct bundle *b, unsigned i, struct choice *c)
{
	const struct pl_p *p = &b->p[i];
	struct neg_sa *sa = &c->sa[i];
	const char *why;
	struct pl_t_it t;

	*sa = (struct neg_sa){
	    .protocol = p->protocol,
	    .cipher = ALG_NONE,
	    .hash = ALG_NONE,
	    .mode = (neg_of(x)->goal & GOAL_TUNNEL) != 0 &&
		    is_innermost(b, p->protocol)
		? KERNEL_TUNNEL
		: KERNEL_TRANSPORT,
	};
	why = spi_misfit(x, p, &sa->spi_out);
	if (why != NULL) {
		pass_over(x, b, p, NULL, why);
		return false;
	}
	for (pl_t_first(&t, p->transforms, p->protocol); t.ok; pl_t_next(&t)) {
		c->t[i] = t.item;
		why = transform_misfit(x, b, &t.item, &c->at[i], sa);
		if (why == NULL)
			return true;
		pass_over(x, b, p, &t.item, why);
	}
	return false;
}

bool
bundle_fit(const struct xchg *x, const struct pl_sa *sa, const struct bundle *b,
    struct choice *c)
{
	const char *why = protocols_misfit(x, b);

	if (why == NULL)
		why = group_misfit(x, sa, b, &c->group);
	if (why != NULL) {
		pass_over(x, b, NULL, NULL, why);
		return false;
	}
	for (unsigned i = 0; i < b->n; i++)
		if (!protocol_fit(x, b, i, c))
			return false;
	return true;
}
