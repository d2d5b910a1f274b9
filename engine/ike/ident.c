/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities as values: read from whack's and the secrets file's text, taken
 * from ID payloads, compared, printed.
 */
#include "engine/ike/ident.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/hash.h"
#include "gen/enums.gen.h"

enum { ADDR_TEXT_MAX = 64 };

static bool
ident_set(struct ident *id, uint8_t type, struct span data)
{
	if (data.n == 0 || data.n > sizeof(id->data))
		return false;
	*id = (struct ident){.type = type, .n = (uint8_t)data.n};
	memcpy(id->data, data.p, data.n);
	return true;
}

struct ident
ident_of_addr(const struct addr *a)
{
	struct ident id = {0};
	bool v4 = a->family == ADDR_V4;

	if (a->family == ADDR_NONE ||
	    !ident_set(
		&id, v4 ? ID_TYPE_IPV4_ADDR : ID_TYPE_IPV6_ADDR, addr_span(a)))
		id.type = 0;
	return id;
}

/* Letters, digits and whatever else is visible and no quote or backslash. */
static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("\"'\\@", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

static bool
addr_of_text(struct addr *a, struct span text)
{
	char buf[ADDR_TEXT_MAX];

	if (text.n == 0 || text.n >= sizeof(buf) || text.p[0] == '%')
		return false;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	return strlen(buf) == text.n && addr_parse(a, buf);
}

/* The name behind the only '@'; SPAN_NONE when there is none. */
static struct span
domain_of(struct span text)
{
	const uint8_t *at = text.n > 0 ? memchr(text.p, '@', text.n) : NULL;

	return at == NULL ? SPAN_NONE
			  : span_from(text, (size_t)(at - text.p) + 1);
}

bool
ident_parse(struct ident *id, struct span text, struct text *why)
{
	struct span domain = domain_of(text);
	struct span user = span_head(text, text.n - domain.n - 1);
	struct addr a;

	if (domain.n > 0 && is_name(domain)) {
		if (user.n == 0 && ident_set(id, ID_TYPE_FQDN, domain))
			return true;
		if (is_name(user) && ident_set(id, ID_TYPE_USER_FQDN, text))
			return true;
	}
	if (addr_of_text(&a, text)) {
		*id = ident_of_addr(&a);
		return true;
	}
	text_add(why,
	    "expected an IP address, @FQDN or user@FQDN of at most "
	    "%zu octets, found ",
	    sizeof(id->data));
	text_quoted(why, text, 80);
	return false;
}

bool
ident_from_payload(struct ident *id, uint8_t type, struct span data)
{
	switch (type) {
	case ID_TYPE_IPV4_ADDR: return data.n == 4 && ident_set(id, type, data);
	case ID_TYPE_IPV6_ADDR:
		return data.n == 16 && ident_set(id, type, data);
	case ID_TYPE_FQDN:
	case ID_TYPE_USER_FQDN:
	case ID_TYPE_KEY_ID: return ident_set(id, type, data);
	default: /* a registry's number: subnets, ranges, names of X.500 */
		return false;
	}
}

struct span
ident_span(const struct ident *id)
{
	return span_of(id->data, id->n);
}

static bool
same_name(struct span a, struct span b)
{
	return a.n == b.n &&
	    (a.n == 0 ||
		strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

/* What is before the name that domain_of() finds compares exactly. */
static bool
same_user(struct span a, struct span b)
{
	struct span da = domain_of(a), db = domain_of(b);

	return same_name(da, db) && a.n == b.n &&
	    span_equal(span_head(a, a.n - da.n), span_head(b, b.n - db.n));
}

bool
ident_equal(const struct ident *a, const struct ident *b)
{
	struct span sa = ident_span(a), sb = ident_span(b);

	if (a->type != b->type || a->type == 0)
		return false;
	if (a->type == ID_TYPE_FQDN)
		return same_name(sa, sb);
	if (a->type == ID_TYPE_USER_FQDN)
		return same_user(sa, sb);
	return span_equal(sa, sb);
}

uint32_t
ident_hash(const struct ident *id)
{
	uint32_t h = hash_bytes(HASH_START, span_of(&id->type, 1));

	for (size_t i = 0; i < id->n; i++) {
		uint8_t c = (uint8_t)tolower(id->data[i]);

		h = hash_bytes(h, span_of(&c, 1));
	}
	return h;
}

static void
print_name(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.n && !t->cut; i++) {
		bool plain = s.p[i] > ' ' && s.p[i] <= '~' &&
		    strchr("\"'\\", s.p[i]) == NULL;

		text_add(t, plain ? "%c" : "\\x%02x", s.p[i]);
	}
}

void
ident_print(struct text *t, const struct ident *id)
{
	struct addr a;

	if (ident_addr(id, &a)) {
		addr_print(t, &a);
	} else if (id->type == ID_TYPE_KEY_ID) {
		text_add(t, "@#");
		text_hex(t, ident_span(id));
	} else if (id->type == 0) {
		text_add(t, "(none)");
	} else {
		text_add(t, id->type == ID_TYPE_FQDN ? "@" : "");
		print_name(t, ident_span(id));
	}
}

bool
ident_addr(const struct ident *id, struct addr *a)
{
	return (id->type == ID_TYPE_IPV4_ADDR ||
		   id->type == ID_TYPE_IPV6_ADDR) &&
	    addr_from_span(a, ident_span(id));
}
