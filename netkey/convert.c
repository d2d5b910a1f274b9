/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's addresses and numbers as XFRM's, and back. */
#include <string.h>

#include "gen/enums.gen.h"
#include "netkey/xfrm.h"

uint16_t
xfrm_family(const struct addr *a)
{
	switch (addr_len(a)) {
	case 4: return AF_INET;
	case 16: return AF_INET6;
	}
	return AF_UNSPEC;
}

xfrm_address_t
xfrm_addr(const struct addr *a)
{
	xfrm_address_t x;

	memset(&x, 0, sizeof(x));
	memcpy(&x, a->b, addr_len(a));
	return x;
}

struct addr
addr_of_xfrm(const xfrm_address_t *x, uint16_t family)
{
	struct addr a = {.family = ADDR_NONE};

	if (family == AF_INET)
		a.family = ADDR_V4;
	else if (family == AF_INET6)
		a.family = ADDR_V6;
	memcpy(a.b, x, addr_len(&a));
	return a;
}

struct xfrm_selector
xfrm_sel(const struct subnet *src, const struct subnet *dst)
{
	struct xfrm_selector s;

	memset(&s, 0, sizeof(s));
	s.saddr = xfrm_addr(&src->a);
	s.daddr = xfrm_addr(&dst->a);
	s.prefixlen_s = src->bits;
	s.prefixlen_d = dst->bits;
	s.family = xfrm_family(&src->a);
	return s;
}

static const struct {
	uint8_t protocol, proto;
} protocols[N_XFRM_PROTOCOLS] = {
    {PROTOCOL_AH, IPPROTO_AH},
    {PROTOCOL_ESP, IPPROTO_ESP},
    {PROTOCOL_IPCOMP, IPPROTO_COMP},
};

bool
xfrm_proto_index(uint8_t protocol, size_t *index)
{
	for (size_t i = 0; i < N_XFRM_PROTOCOLS; i++) {
		if (protocols[i].protocol != protocol)
			continue;
		*index = i;
		return true;
	}
	return false;
}

uint8_t
xfrm_proto(uint8_t protocol)
{
	size_t i;

	return xfrm_proto_index(protocol, &i) ? protocols[i].proto : 0;
}

uint8_t
protocol_of_xfrm(uint8_t proto)
{
	for (size_t i = 0; i < N_XFRM_PROTOCOLS; i++) {
		if (protocols[i].proto == proto)
			return protocols[i].protocol;
	}
	return 0;
}

struct xfrm_lifetime_cfg
xfrm_forever(void)
{
	return (struct xfrm_lifetime_cfg){
	    .soft_byte_limit = XFRM_INF,
	    .hard_byte_limit = XFRM_INF,
	    .soft_packet_limit = XFRM_INF,
	    .hard_packet_limit = XFRM_INF,
	};
}
