/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as values.  Only here are they read from text and written to it;
 * sockaddr is the daemon's business, xfrm_address_t netkey's.
 */
#include "engine/base/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include "engine/base/hash.h"

size_t
addr_len(const struct addr *a)
{
	return addr_bits(a) / 8;
}

uint8_t
addr_bits(const struct addr *a)
{
	if (a->family == ADDR_V4)
		return 32;
	return a->family == ADDR_V6 ? 128 : 0;
}

struct span
addr_span(const struct addr *a)
{
	return span_of(a->b, addr_len(a));
}

bool
addr_from_span(struct addr *a, struct span s)
{
	if (s.n != 4 && s.n != 16)
		return false;
	*a = (struct addr){.family = s.n == 4 ? ADDR_V4 : ADDR_V6};
	memcpy(a->b, s.p, s.n);
	return true;
}

bool
addr_parse(struct addr *a, const char *s)
{
	struct addr r = {.family = ADDR_V4};

	if (strcmp(s, "%any") != 0 && inet_pton(AF_INET, s, r.b) != 1) {
		r.family = ADDR_V6;
		if (inet_pton(AF_INET6, s, r.b) != 1)
			return false;
	}
	*a = r;
	return true;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && span_equal(addr_span(a), addr_span(b));
}

bool
addr_is_any(const struct addr *a)
{
	static const struct addr zero;

	return a->family != ADDR_NONE && memcmp(a->b, zero.b, addr_len(a)) == 0;
}

bool
addr_is_multicast(const struct addr *a)
{
	static const struct addr broadcast = {ADDR_V4, {255, 255, 255, 255}};

	if (a->family == ADDR_V4)
		return a->b[0] >> 4 == 0xe || addr_equal(a, &broadcast);
	return a->family == ADDR_V6 && a->b[0] == 0xff;
}

bool
addr_is_link_local(const struct addr *a)
{
	return a->family == ADDR_V6 && a->b[0] == 0xfe && a->b[1] >> 6 == 2;
}

/* Every line of the log and every script has some: not by printf(3). */
static void
v4_print(struct text *t, const uint8_t octets[4])
{
	char buf[INET_ADDRSTRLEN], *p = buf;

	for (int i = 0; i < 4; i++) {
		unsigned v = octets[i];

		if (i > 0)
			*p++ = '.';
		if (v >= 100)
			*p++ = (char)('0' + v / 100);
		if (v >= 10)
			*p++ = (char)('0' + v / 10 % 10);
		*p++ = (char)('0' + v % 10);
	}
	*p = '\0';
	text_put(t, buf);
}

void
addr_print(struct text *t, const struct addr *a)
{
	char buf[INET6_ADDRSTRLEN];

	if (a->family == ADDR_NONE)
		text_put(t, "%none");
	else if (a->family == ADDR_V4)
		v4_print(t, a->b);
	else if (inet_ntop(AF_INET6, a->b, buf, sizeof(buf)) != NULL)
		text_put(t, buf);
}

uint32_t
addr_hash(const struct addr *a)
{
	return hash_bytes(HASH_START, addr_span(a));
}

/* What octet i of a mask with so many leading ones is. */
static uint8_t
mask_octet(size_t bits, size_t i)
{
	if (bits <= 8 * i)
		return 0;
	if (bits >= 8 * i + 8)
		return 0xff;
	return (uint8_t) ~(0xffu >> bits % 8);
}

static bool
host_bits_zero(const struct subnet *s)
{
	for (size_t i = 0; i < addr_len(&s->a); i++)
		if ((s->a.b[i] & ~mask_octet(s->bits, i)) != 0)
			return false;
	return true;
}

/* 0..max in decimal without sign or blanks, at most three digits. */
static bool
prefix_parse(uint8_t *bits, const char *s, uint8_t max)
{
	unsigned v = 0;
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 3 || s[n] != '\0')
		return false;
	for (; *s != '\0'; s++)
		v = v * 10 + (unsigned)(*s - '0');
	*bits = (uint8_t)v;
	return v <= max;
}

bool
subnet_parse(struct subnet *s, const char *text)
{
	const char *slash = strchr(text, '/');
	char head[INET6_ADDRSTRLEN];
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct subnet r;
	struct addr mask;

	if (n >= sizeof(head))
		return false;
	memcpy(head, text, n);
	head[n] = '\0';
	if (!addr_parse(&r.a, head))
		return false;
	if (slash == NULL) {
		*s = subnet_host(&r.a);
		return true;
	}
	if (!prefix_parse(&r.bits, slash + 1, addr_bits(&r.a)))
		return addr_parse(&mask, slash + 1) &&
		    subnet_from_mask(s, &r.a, &mask);
	if (!host_bits_zero(&r))
		return false;
	*s = r;
	return true;
}

struct subnet
subnet_host(const struct addr *a)
{
	return (struct subnet){*a, addr_bits(a)};
}

bool
subnet_equal(const struct subnet *a, const struct subnet *b)
{
	return a->bits == b->bits && addr_equal(&a->a, &b->a);
}

bool
subnet_contains(const struct subnet *s, const struct addr *a)
{
	if (s->a.family != a->family || a->family == ADDR_NONE)
		return false;
	for (size_t i = 0; i < addr_len(a); i++)
		if (((s->a.b[i] ^ a->b[i]) & mask_octet(s->bits, i)) != 0)
			return false;
	return true;
}

bool
subnet_is_host(const struct subnet *s)
{
	return s->a.family != ADDR_NONE && s->bits == addr_bits(&s->a);
}

bool
subnet_from_mask(
    struct subnet *s, const struct addr *a, const struct addr *mask)
{
	struct subnet r = {*a, 0};
	struct addr exact;

	if (a->family != mask->family || a->family == ADDR_NONE)
		return false;
	while (r.bits < addr_bits(mask) &&
	    (mask->b[r.bits / 8] & 0x80 >> r.bits % 8) != 0)
		r.bits++;
	subnet_mask(&r, &exact);
	if (!addr_equal(mask, &exact) || !host_bits_zero(&r))
		return false;
	*s = r;
	return true;
}

void
subnet_mask(const struct subnet *s, struct addr *mask)
{
	*mask = (struct addr){.family = s->a.family};
	for (size_t i = 0; i < addr_len(&s->a); i++)
		mask->b[i] = mask_octet(s->bits, i);
}

void
subnet_print(struct text *t, const struct subnet *s)
{
	addr_print(t, &s->a);
	text_add(t, "/%u", s->bits);
}

bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->a, &b->a);
}

void
endpoint_print(struct text *t, const struct endpoint *e)
{
	bool v6 = e->a.family == ADDR_V6;

	text_add(t, v6 ? "[" : "");
	addr_print(t, &e->a);
	text_add(t, v6 ? "]:%u" : ":%u", e->port);
}
