/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the words of the command line to the octets of a request.  This is
 * where host names are looked up, so that pluto never has to.
 */
#include "whack/whack.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/addr.h"
#include "engine/base/ttodata.h"
#include "gen/control.gen.h"

/* An option whose value is being written. */
struct field {
	const struct option_def *o;
	const char *text;
	enum addr_family family; /* that it must be of */
};

/* The flags hold for all of the line, wherever in it they are. */
static enum addr_family
family_of(const struct option_line *l, uint8_t option)
{
	bool v6 = option_given(l, WHACK_IPV6);

	if (option == WHACK_CLIENT &&
	    (option_given(l, WHACK_TUNNELIPV4) ||
		option_given(l, WHACK_TUNNELIPV6)))
		v6 = option_given(l, WHACK_TUNNELIPV6);
	return v6 ? ADDR_V6 : ADDR_V4;
}

/* What would make the other family right. */
static void
add_family_hint(struct text *why, const struct field *f)
{
	bool v6 = f->family == ADDR_V6;

	if (f->o == &whack_program.options[WHACK_CLIENT])
		text_add(why,
		    "; all --client of a connection are of one family: that "
		    "of the hosts, or IPv4 with --tunnelipv4 and IPv6 with "
		    "--tunnelipv6");
	else
		text_add(why,
		    "; all --host and --nexthop of a connection are of one "
		    "family, IPv%s --ipv6",
		    v6 ? "6 because of" : "4 without");
}

static bool
lookup(
    struct addr *a, const struct field *f, const char *name, const char **error)
{
	const struct addrinfo hints = {
	    .ai_family = f->family == ADDR_V6 ? AF_INET6 : AF_INET,
	    .ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *list;
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;
	struct span found;
	int r = getaddrinfo(name, NULL, &hints, &list);

	if (r != 0) {
		*error = gai_strerror(r);
		return false;
	}
	if (f->family == ADDR_V6) {
		memcpy(&sin6, list->ai_addr, sizeof(sin6));
		found = span_of(&sin6.sin6_addr, sizeof(sin6.sin6_addr));
	} else {
		memcpy(&sin, list->ai_addr, sizeof(sin));
		found = span_of(&sin.sin_addr, sizeof(sin.sin_addr));
	}
	freeaddrinfo(list);
	*error = "the answer is not an address";
	return addr_from_span(a, found);
}

/* A numeric address, or a name that has one, of the right family. */
static bool
resolve(
    struct addr *a, const struct field *f, const char *name, struct text *why)
{
	const char *error = NULL;
	bool numeric = addr_parse(a, name);

	if (numeric ? a->family == f->family : lookup(a, f, name, &error))
		return true;
	text_add(why, "--%s needs an IPv%d address or a host name, found ",
	    f->o->name, f->family);
	text_quoted(why, span_str(name), 64);
	if (!numeric) {
		text_add(why, ": %s", error);
		return false;
	}
	text_add(why, ", which is IPv%d", a->family);
	add_family_hint(why, f);
	return false;
}

/* A subnet whose network may be a name from networks or hosts. */
static bool
resolve_subnet(struct subnet *s, const struct field *f, struct text *why)
{
	const char *slash = strchr(f->text, '/');
	size_t n = slash != NULL ? (size_t)(slash - f->text) : strlen(f->text);
	struct addr a;
	TEXT(numeric, 128);
	TEXT(name, 256);

	if (subnet_parse(s, f->text) && s->a.family == f->family)
		return true;
	text_add(&name, "%.*s", (int)n, f->text);
	if (!resolve(&a, f, name.p, why))
		return false;
	addr_print(&numeric, &a);
	text_add(&numeric, "%s", f->text + n);
	if (subnet_parse(s, numeric.p))
		return true;
	text_add(why,
	    "--%s needs an IPv%d subnet as in %s, without host bits, found ",
	    f->o->name, f->family,
	    f->family == ADDR_V6 ? "fd00:1::/64" : "10.1.0.0/16");
	text_quoted(why, span_str(f->text), 64);
	return false;
}

/* What has no '@' is an address or a name of one; text with '@' stays, and
 * words like %myid.  An address may be of either family. */
static bool
encode_identity(struct wr *w, const struct field *f, struct text *why)
{
	const char *text = f->text;
	struct addr a;
	TEXT(numeric, 64);

	if (text[0] != '%' && strchr(text, '@') == NULL &&
	    !addr_parse(&a, text)) {
		if (!resolve(&a, f, text, why))
			return false;
		addr_print(&numeric, &a);
		text = numeric.p;
	}
	wr_bytes(w, span_str(text));
	return true;
}

static bool
encode_address(struct wr *w, const struct field *f, struct text *why)
{
	struct addr a;

	if (strcmp(f->text, "%any") == 0) {
		wr_u8(w, OPTION_ANY);
		return true;
	}
	if (!resolve(&a, f, f->text, why))
		return false;
	wr_bytes(w, addr_span(&a));
	return true;
}

static bool
encode_subnet(struct wr *w, const struct field *f, struct text *why)
{
	struct subnet s;

	if (!resolve_subnet(&s, f, why))
		return false;
	wr_bytes(w, addr_span(&s.a));
	wr_u8(w, s.bits);
	return true;
}

static bool
encode_data(struct wr *w, const struct field *f, struct text *why)
{
	struct secret octets;

	if (!ttodata(&octets, span_str(f->text))) {
		text_add(why,
		    "--%s needs data as 0x and hexadecimal, 0s and "
		    "base 64, or 0t and text, found ",
		    f->o->name);
		text_quoted(why, span_str(f->text), 32);
		return false;
	}
	wr_bytes(w, secret_span(&octets));
	secret_free(&octets);
	return true;
}

bool
value_encode(struct wr *w, const struct option_line *l,
    const struct option_value *v, struct text *why)
{
	const struct field f = {
	    &l->program->options[v->option], v->text, family_of(l, v->option)};

	switch ((enum option_kind)f.o->kind) {
	case OPTION_FLAG:
	case OPTION_BIT:
	case OPTION_MASK: wr_u8(w, 1); return true;
	case OPTION_SEPARATOR: return true; /* carries nothing */
	case OPTION_NUMBER:
	case OPTION_SECONDS:
	case OPTION_CHOICE: wr_u32(w, v->number); return true;
	case OPTION_STRING:
	case OPTION_PATH: wr_bytes(w, span_str(v->text)); return true;
	case OPTION_IDENTITY: return encode_identity(w, &f, why);
	case OPTION_DATA: return encode_data(w, &f, why);
	case OPTION_ADDRESS: return encode_address(w, &f, why);
	case OPTION_SUBNET: return encode_subnet(w, &f, why);
	}
	return false;
}
