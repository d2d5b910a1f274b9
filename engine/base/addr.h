/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, subnets and UDP endpoints of both families, without sockets. */
#ifndef ENGINE_BASE_ADDR_H
#define ENGINE_BASE_ADDR_H

#include "engine/base/span.h"
#include "engine/base/text.h"

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

/* b holds 4 or 16 octets in network order; the others are zero. */
struct addr {
	uint8_t family; /* enum addr_family; ADDR_NONE: not set */
	uint8_t b[16];
};
/* bits leading ones; host bits of a are zero. */
struct subnet {
	struct addr a;
	uint8_t bits;
};
struct endpoint {
	struct addr a;
	uint16_t port; /* host order */
};

size_t addr_len(const struct addr *a);       /* 0, 4 or 16 octets */
uint8_t addr_bits(const struct addr *a);     /* 0, 32 or 128 */
struct span addr_span(const struct addr *a); /* borrowed from a */
/* 4 or 16 octets.  False otherwise. */
NODISCARD bool addr_from_span(struct addr *a, struct span s);
/* Numeric text only, no names.  "%any" is 0.0.0.0. */
NODISCARD bool addr_parse(struct addr *a, const char *s);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_any(const struct addr *a);        /* 0.0.0.0, :: */
bool addr_is_multicast(const struct addr *a);  /* also 255.255.255.255 */
bool addr_is_link_local(const struct addr *a); /* fe80::/10 */
void addr_print(struct text *t, const struct addr *a);
/* FNV-style hash for tables; not keyed. */
uint32_t addr_hash(const struct addr *a);

/*
 * "a.b.c.d/n", "a.b.c.d/m.m.m.m" (contiguous) or a bare address; host bits
 * must be zero.
 */
NODISCARD bool subnet_parse(struct subnet *s, const char *text);
/* The host itself: /32 or /128. */
struct subnet subnet_host(const struct addr *a);
bool subnet_equal(const struct subnet *a, const struct subnet *b);
bool subnet_contains(const struct subnet *s, const struct addr *a);
bool subnet_is_host(const struct subnet *s);
/*
 * Address and contiguous mask, as ID_IPV4_ADDR_SUBNET has them; false if not
 * contiguous or host bits set.
 */
NODISCARD bool subnet_from_mask(
    struct subnet *s, const struct addr *a, const struct addr *mask);
void subnet_mask(const struct subnet *s, struct addr *mask);
void subnet_print(struct text *t, const struct subnet *s);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/* addr:port, [v6]:port */
void endpoint_print(struct text *t, const struct endpoint *e);

#endif
