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

static bool
lookup(struct addr *a, const char *name, const char **error)
{
	const struct addrinfo hints = {
	    .ai_family = AF_INET,
	    .ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *list;
	struct sockaddr_in sin;
	int r = getaddrinfo(name, NULL, &hints, &list);

	if (r != 0) {
		*error = gai_strerror(r);
		return false;
	}
	memcpy(&sin, list->ai_addr, sizeof(sin));
	freeaddrinfo(list);
	*error = "the answer is not an IPv4 address";
	return addr_from_span(a, span_of(&sin.sin_addr, sizeof(sin.sin_addr)));
}

/* A numeric address or a name.  This version's connections are IPv4. */
static bool
resolve(struct addr *a, const struct option_def *o, const char *name,
    struct text *why)
{
	const char *error = "IPv6 is not supported by this version";

	if (addr_parse(a, name) ? a->family == ADDR_V4
				: lookup(a, name, &error))
		return true;
	text_add(
	    why, "--%s needs an IPv4 address or a host name, found ", o->name);
	text_quoted(why, span_str(name), 64);
	text_add(why, ": %s", error);
	return false;
}

/* A subnet whose network may be a name from networks or hosts. */
static bool
resolve_subnet(struct subnet *s, const struct option_def *o, const char *text,
    struct text *why)
{
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct addr a;
	TEXT(numeric, 128);
	TEXT(name, 256);

	if (!subnet_parse(s, text)) {
		text_add(&name, "%.*s", (int)n, text);
		if (!resolve(&a, o, name.p, why))
			return false;
		addr_print(&numeric, &a);
		text_add(&numeric, "%s", text + n);
	}
	if ((numeric.n > 0 && !subnet_parse(s, numeric.p)) ||
	    s->a.family != ADDR_V4) {
		text_add(why,
		    "--%s needs an IPv4 subnet as in 10.1.0.0/16, "
		    "without host bits, found ",
		    o->name);
		text_quoted(why, span_str(text), 64);
		return false;
	}
	return true;
}

/* What has no '@' is an address or a name of one; text with '@' stays, and
 * words like %myid. */
static bool
encode_identity(struct wr *w, const struct option_def *o, const char *text,
    struct text *why)
{
	struct addr a;
	TEXT(numeric, 64);

	if (text[0] != '%' && strchr(text, '@') == NULL &&
	    !addr_parse(&a, text)) {
		if (!resolve(&a, o, text, why))
			return false;
		addr_print(&numeric, &a);
		text = numeric.p;
	}
	wr_bytes(w, span_str(text));
	return true;
}

static bool
encode_address(struct wr *w, const struct option_def *o, const char *text,
    struct text *why)
{
	struct addr a;

	if (strcmp(text, "%any") == 0) {
		wr_u8(w, OPTION_ANY);
		return true;
	}
	if (!resolve(&a, o, text, why))
		return false;
	wr_bytes(w, addr_span(&a));
	return true;
}

static bool
encode_subnet(struct wr *w, const struct option_def *o, const char *text,
    struct text *why)
{
	struct subnet s;

	if (!resolve_subnet(&s, o, text, why))
		return false;
	wr_bytes(w, addr_span(&s.a));
	wr_u8(w, s.bits);
	return true;
}

static bool
encode_data(struct wr *w, const struct option_def *o, const char *text,
    struct text *why)
{
	struct secret octets;

	if (!ttodata(&octets, span_str(text))) {
		text_add(why,
		    "--%s needs data as 0x and hexadecimal, 0s and "
		    "base 64, or 0t and text, found ",
		    o->name);
		text_quoted(why, span_str(text), 32);
		return false;
	}
	wr_bytes(w, secret_span(&octets));
	secret_free(&octets);
	return true;
}

bool
value_encode(struct wr *w, const struct option_def *o,
    const struct option_value *v, struct text *why)
{
	switch ((enum option_kind)o->kind) {
	case OPTION_FLAG:
	case OPTION_BIT:
	case OPTION_MASK: wr_u8(w, 1); return true;
	case OPTION_SEPARATOR: return true; /* carries nothing */
	case OPTION_NUMBER:
	case OPTION_SECONDS:
	case OPTION_CHOICE: wr_u32(w, v->number); return true;
	case OPTION_STRING:
	case OPTION_PATH: wr_bytes(w, span_str(v->text)); return true;
	case OPTION_IDENTITY: return encode_identity(w, o, v->text, why);
	case OPTION_DATA: return encode_data(w, o, v->text, why);
	case OPTION_ADDRESS: return encode_address(w, o, v->text, why);
	case OPTION_SUBNET: return encode_subnet(w, o, v->text, why);
	}
	return false;
}
