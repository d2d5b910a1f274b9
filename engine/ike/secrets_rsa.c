/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA keys in ipsec.secrets: the eight numbers between braces, by name and in
 * a fixed order.  Whether they are those of one key is the crypto library's to
 * say.
 */
#include "engine/base/ttodata.h"
#include "engine/ike/secrets_store.h"

bool
secrets_in_rsa(const struct secrets_parser *p)
{
	return p->at == SECRETS_RSA || p->at == SECRETS_NAME ||
	    p->at == SECRETS_COLON_OF_NAME || p->at == SECRETS_NUMBER;
}

static const char *
next_name(const struct secrets_parser *p)
{
	return rsa_field_name((enum rsa_field)p->n_numbers);
}

void
secrets_rsa_expected(const struct secrets_parser *p, struct text *t)
{
	if (p->at == SECRETS_RSA)
		text_add(t, "'{' between white space");
	else if (p->at == SECRETS_NUMBER)
		text_add(t, "the number %s as data that begins with 0x or 0s",
		    next_name(p));
	else if (p->n_numbers < RSA_FIELDS)
		text_add(t, "'%s:'", next_name(p));
	else
		text_add(t, "'}' behind the last number");
}

void
secrets_rsa_fini(struct secrets_parser *p)
{
	for (size_t i = 0; i < RSA_FIELDS; i++)
		secret_free(&p->numbers[i]);
	p->n_numbers = 0;
}

/* The closing brace. */
static void
take_rsa(struct secrets_parser *p)
{
	struct rsa_fields f;
	TEXT(why, 400);

	for (size_t i = 0; i < RSA_FIELDS; i++)
		f.v[i] = secret_span(&p->numbers[i]);
	p->entry.rsa = rsa_private_new(&f, &why);
	if (p->entry.rsa == NULL) {
		secrets_fail(p, why.p);
		return;
	}
	if (rsa_bits(p->entry.rsa) < RSA_SAFE_BITS)
		secrets_warn(p,
		    "this RSA key is weak: it has less than 2048 "
		    "bits; make a new one with rsasigkey");
	secrets_take_entry(p);
}

/* Is this the token that is due?  p->numbers gets what it brings. */
static bool
is_due(struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	if (p->at == SECRETS_COLON_OF_NAME)
		return kind == SECRETS_COLON;
	if (kind != SECRETS_WORD)
		return false;
	if (p->at == SECRETS_RSA)
		return span_equal(text, SPAN_LIT("{"));
	if (p->at == SECRETS_NUMBER)
		return ttodata(&p->numbers[p->n_numbers], text);
	return p->n_numbers < RSA_FIELDS ? secrets_is_word(text, next_name(p))
					 : span_equal(text, SPAN_LIT("}"));
}

void
secrets_rsa_token(
    struct secrets_parser *p, enum secrets_token kind, struct span text)
{
	TEXT(why, 200);

	if (!is_due(p, kind, text)) {
		text_add(&why, "expected ");
		secrets_rsa_expected(p, &why);
		text_add(&why, ", found something else (not shown)");
		secrets_fail(p, why.p);
	} else if (p->at == SECRETS_COLON_OF_NAME) {
		p->at = SECRETS_NUMBER;
	} else if (p->at == SECRETS_NUMBER) {
		p->n_numbers++;
		p->at = SECRETS_NAME;
	} else if (p->at == SECRETS_RSA) {
		p->at = SECRETS_NAME;
	} else if (p->n_numbers < RSA_FIELDS) {
		p->at = SECRETS_COLON_OF_NAME;
	} else {
		take_rsa(p);
	}
}
