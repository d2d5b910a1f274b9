/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * showhostkey: the public half of a private key in ipsec.secrets, in the forms
 * in which others need it.  Secrets are read as pluto reads them.
 */
#include <stdlib.h>

#include "engine/crypto/crypto.h"
#include "engine/daemon/secretsfile.h"
#include "gen/control.gen.h"
#include "tools/tool.h"

enum {
	KEY_FLAGS = 0x4200,   /* RFC 2535 3.1.2: of a host, not for DNSSEC */
	KEY_PROTOCOL = 4,     /* RFC 2535 3.1.3: IPsec */
	KEY_RSA = 1,          /* RFC 2537 */
	IPSECKEY_RSA = 2,     /* RFC 4025 2.4 */
	TXT_STRING_MAX = 255, /* RFC 1035 3.3 */
	WHY_MAX = 4096
};

static const struct tool tool = {
    &showhostkey_program,
    SHOWHOSTKEY_HELP,
    SHOWHOSTKEY_VERSION,
};

/* ---- forms ------------------------------------------------------------- */

/* Prints the key, which is there in base 64.  False: why says what is wrong. */
typedef bool
form_fn(const struct option_line *l, const char *key, struct text *why);

static bool
print_pubkeyrsa(const struct option_line *l, const char *key, struct text *why)
{
	(void)l;
	(void)why;
	printf("0s%s\n", key);
	return true;
}

static bool
print_left(const struct option_line *l, const char *key, struct text *why)
{
	(void)l;
	(void)why;
	printf("\tleftrsasigkey=0s%s\n", key);
	return true;
}

static bool
print_right(const struct option_line *l, const char *key, struct text *why)
{
	(void)l;
	(void)why;
	printf("\trightrsasigkey=0s%s\n", key);
	return true;
}

static bool
print_key(const struct option_line *l, const char *key, struct text *why)
{
	(void)l;
	(void)why;
	printf(
	    "\tIN\tKEY\t%d %d %d %s\n", KEY_FLAGS, KEY_PROTOCOL, KEY_RSA, key);
	return true;
}

/* One text in as many strings as it takes (RFC 4322 section 3.1). */
static bool
print_txt(const struct option_line *l, const char *key, struct text *why)
{
	const char *gateway = option_string(l, SHOWHOSTKEY_TXT);
	struct ident id;
	struct addr a;
	TEXT(wrong, 400);
	TEXT(text, TOOL_KEY_MAX + 400);

	if (!ident_parse(&id, span_str(gateway), &wrong) ||
	    (!ident_addr(&id, &a) && gateway[0] != '@')) {
		text_add(why,
		    "--txt needs the gateway as an IP address or "
		    "@FQDN, found ");
		text_quoted(why, span_str(gateway), 64);
		return false;
	}
	text_add(&text, "X-IPsec-Server(%lu)=%s %s",
	    (unsigned long)option_number(l, SHOWHOSTKEY_PRECEDENCE), gateway,
	    key);
	printf("\tIN\tTXT\t");
	for (size_t i = 0; i < text.n; i += TXT_STRING_MAX)
		printf(
		    "%s\"%.*s\"", i > 0 ? " " : "", TXT_STRING_MAX, text.p + i);
	printf("\n");
	return true;
}

static bool
print_ipseckey(const struct option_line *l, const char *key, struct text *why)
{
	const char *gateway = option_string(l, SHOWHOSTKEY_GATEWAY);
	struct addr a;
	int type = 0; /* RFC 4025 2.3: no gateway */

	if (gateway != NULL) {
		if (!addr_parse(&a, gateway)) {
			text_add(why, "--gateway needs an IP address, found ");
			text_quoted(why, span_str(gateway), 64);
			return false;
		}
		type = a.family == ADDR_V4 ? 1 : 2;
	}
	printf("\tIN\tIPSECKEY\t%lu %d %d %s %s\n",
	    (unsigned long)option_number(l, SHOWHOSTKEY_PRECEDENCE), type,
	    IPSECKEY_RSA, gateway != NULL ? gateway : ".", key);
	return true;
}

/* NULL: more than one form was asked for. */
static form_fn *
find_form(const struct option_line *l, struct text *why)
{
	static const struct {
		uint8_t option;
		form_fn *print;
	} forms[] = {
	    {SHOWHOSTKEY_PUBKEYRSA, print_pubkeyrsa},
	    {SHOWHOSTKEY_LEFT, print_left},
	    {SHOWHOSTKEY_RIGHT, print_right},
	    {SHOWHOSTKEY_KEY, print_key},
	    {SHOWHOSTKEY_TXT, print_txt},
	    {SHOWHOSTKEY_IPSECKEY, print_ipseckey},
	};
	form_fn *found = NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!option_given(l, forms[i].option))
			continue;
		if (found != NULL) {
			text_add(why,
			    "expected one form of the key, found "
			    "several: one of --pubkeyrsa, --left, --right, "
			    "--key, --txt, --ipseckey");
			return NULL;
		}
		found = forms[i].print;
	}
	return found != NULL ? found : print_pubkeyrsa;
}

/* ---- keys -------------------------------------------------------------- */

static void
list_keys(const struct secrets *s, struct text *why)
{
	const struct rsa_private *key;
	struct secret_place place;
	char name[RSA_NAME_SIZE];
	size_t at = 0;

	while ((key = secrets_rsa_next(s, &at, &place)) != NULL)
		text_add(why, "\n  %s:%u: %s, %zu bits, for %s", place.file,
		    place.line, rsa_public_name(rsa_private_public(key), name),
		    rsa_bits(key),
		    place.indices[0] != '\0' ? place.indices : "all");
}

/* The key of all entries, if they have the same one. */
static const struct rsa_private *
only_key(const struct secrets *s, struct text *why)
{
	size_t at = 0;
	const struct rsa_private *key, *first = secrets_rsa_next(s, &at, NULL);

	while ((key = secrets_rsa_next(s, &at, NULL)) != NULL) {
		if (rsa_public_equal(
			rsa_private_public(first), rsa_private_public(key)))
			continue;
		text_add(why,
		    "there are several RSA keys; choose one by "
		    "--id:");
		list_keys(s, why);
		return NULL;
	}
	return first;
}

/* The key of this identity, whoever the peer is. */
static const struct rsa_private *
key_of(const struct secrets *s, const char *id, struct text *why)
{
	const struct rsa_private *key;
	struct ident us, anybody = {0};
	bool conflict;
	TEXT(wrong, 400);

	if (!ident_parse(&us, span_str(id), &wrong)) {
		text_add(why,
		    "--id must be an IP address, @FQDN or user@FQDN, "
		    "found ");
		text_quoted(why, span_str(id), 64);
		return NULL;
	}
	key = secrets_rsa(s, &us, &anybody, NULL, &conflict);
	if (conflict) {
		text_add(why, "several different RSA keys fit %s:", id);
		list_keys(s, why);
		return NULL;
	}
	if (key == NULL) {
		text_add(why, "no RSA key fits %s; the file has:", id);
		list_keys(s, why);
	}
	return key;
}

static const struct rsa_private *
find_key(const struct option_line *l, const struct secrets *s, struct text *why)
{
	const char *id = option_string(l, SHOWHOSTKEY_ID);
	size_t at = 0;

	if (secrets_rsa_next(s, &at, NULL) == NULL) {
		text_add(why, "no RSA key in %s; rsasigkey makes one",
		    option_string(l, SHOWHOSTKEY_FILE));
		return NULL;
	}
	return id != NULL ? key_of(s, id, why) : only_key(s, why);
}

/* ---- the program ------------------------------------------------------- */

static void
say(void *ctx, enum level level, const char *text)
{
	(void)ctx;
	if (level == LEVEL_ERR || level == LEVEL_WARN)
		tool_complain(&tool, text);
}

static bool
show(const struct option_line *l, struct text *why)
{
	form_fn *form = find_form(l, why);
	struct secrets *s = form != NULL ? secrets_new() : NULL;
	const struct rsa_private *key;
	bool ok = false;
	TEXT(text, TOOL_KEY_MAX);

	if (s == NULL) {
		if (form != NULL)
			text_add(why, "no memory");
		return false;
	}
	secretsfile_load(s, option_string(l, SHOWHOSTKEY_FILE), say, NULL);
	key = find_key(l, s, why);
	if (key != NULL) {
		tool_judge(&tool, rsa_bits(key));
		tool_key(&text, rsa_private_public(key));
		ok = form(l, text.p, why);
	}
	secrets_free(s);
	if (ok && (fflush(stdout) != 0 || ferror(stdout))) {
		text_add(why, "the key cannot be written to standard output");
		return false;
	}
	return ok;
}

int
main(int argc, char **argv)
{
	struct option_line l;
	int status;
	bool ok;
	TEXT(why, WHY_MAX);

	(void)argc;
	if (!tool_begin(&tool, &l, argv, &status))
		return status;
	ok = crypto_init(&why);
	if (ok) {
		ok = show(&l, &why);
		crypto_fini();
	}
	if (!ok)
		tool_complain(&tool, why.p);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
