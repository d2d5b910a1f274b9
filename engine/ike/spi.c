/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPIs: ours are random and unique in this daemon, so that no request to the
 * kernel is needed to allocate them; the peer's are remembered beside them.
 * Each protocol has its own: IPComp has CPIs of 16 bits (RFC 3173 4.1).
 */
#include <stdlib.h>

#include "engine/ike/neg.h"

enum {
	SPI_OCTETS = 4,
	CPI_OCTETS = 2,
	PEER_SPI_LOWEST = 0x100, /* those below are reserved, RFC 2406 2.1 */
	SPI_LOWEST = 0x1000,  /* those below are for IANA and manual keying */
	CPI_LOWEST = 0x100,   /* those below are well-known, */
	CPI_HIGHEST = 0xefff, /* those above for private use: RFC 3173 3.3 */
	SPI_ATTEMPTS = 16
};

struct spi_entry {
	struct hash_node by_own, by_peers, by_xchg;
	uint8_t protocol;
	uint32_t own, peers; /* peers: 0 until known */
	struct addr peer;
	uint64_t xchg;
};

struct span
spi_write(uint8_t out[4], const struct neg_sa *sa)
{
	struct wr w = wr_of(out, SPI_OCTETS);

	if (sa->protocol == PROTOCOL_IPCOMP)
		wr_u16(&w, (uint16_t)sa->spi_in);
	else
		wr_u32(&w, sa->spi_in);
	return wr_span(&w);
}

static uint32_t
cpi_read(struct span octets)
{
	struct cur c = cur_of(octets);
	uint32_t cpi;

	if (octets.n != SPI_OCTETS && octets.n != CPI_OCTETS)
		return 0;
	cpi = octets.n == CPI_OCTETS ? cur_u16(&c) : cur_u32(&c);
	return cpi == IPCOMP_TRANSFORM_DEFLATE ||
		(cpi >= CPI_LOWEST && cpi <= CPI_HIGHEST)
	    ? cpi
	    : 0;
}

uint32_t
spi_read(uint8_t protocol, struct span octets)
{
	struct cur c = cur_of(octets);
	uint32_t spi;

	if (protocol == PROTOCOL_IPCOMP)
		return cpi_read(octets);
	if (octets.n != SPI_OCTETS)
		return 0;
	spi = cur_u32(&c);
	return spi >= PEER_SPI_LOWEST ? spi : 0;
}

static struct spi_entry *
spi_find(const struct ike *k, uint8_t protocol, uint32_t own)
{
	struct hash_node *n = hash_table_first(&k->spis, own);

	for (; n != NULL; n = hash_table_next(n)) {
		struct spi_entry *e = container_of(n, struct spi_entry, by_own);

		if (e->own == own && e->protocol == protocol)
			return e;
	}
	return NULL;
}

static bool
spi_suits(uint8_t protocol, uint32_t spi)
{
	if (protocol == PROTOCOL_IPCOMP)
		return spi >= CPI_LOWEST && spi <= CPI_HIGHEST;
	return spi >= SPI_LOWEST;
}

static uint32_t
spi_draw(const struct ike *k, uint8_t protocol)
{
	for (int i = 0; i < SPI_ATTEMPTS; i++) {
		uint8_t b[4];
		struct cur c = cur_of(span_of(b, sizeof(b)));
		uint32_t spi;

		if (!k->env->random(k->env->ctx, b, sizeof(b)))
			return 0;
		spi = protocol == PROTOCOL_IPCOMP ? cur_u16(&c) : cur_u32(&c);
		if (spi_suits(protocol, spi) &&
		    spi_find(k, protocol, spi) == NULL)
			return spi;
	}
	return 0;
}

uint32_t
spi_new(struct ike *k, uint8_t protocol, uint64_t xchg)
{
	struct spi_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return 0;
	e->protocol = protocol;
	e->own = spi_draw(k, protocol);
	e->xchg = xchg;
	if (e->own == 0 || !hash_table_insert(&k->spis, &e->by_own, e->own)) {
		free(e);
		return 0;
	}
	if (!hash_table_insert(&k->spi_xchgs, &e->by_xchg, (uint32_t)xchg)) {
		hash_table_remove(&k->spis, &e->by_own);
		free(e);
		return 0;
	}
	return e->own;
}

static struct spi_entry *
spi_of_xchg(const struct ike *k, uint64_t xchg)
{
	struct hash_node *n = hash_table_first(&k->spi_xchgs, (uint32_t)xchg);

	for (; n != NULL; n = hash_table_next(n)) {
		struct spi_entry *e =
		    container_of(n, struct spi_entry, by_xchg);

		if (e->xchg == xchg)
			return e;
	}
	return NULL;
}

void
spi_free_all(struct ike *k, uint64_t xchg)
{
	struct spi_entry *e;

	while ((e = spi_of_xchg(k, xchg)) != NULL) {
		hash_table_remove(&k->spis, &e->by_own);
		hash_table_remove(&k->spi_xchgs, &e->by_xchg);
		if (e->peers != 0)
			hash_table_remove(&k->peer_spis, &e->by_peers);
		free(e);
	}
}

uint64_t
spi_owner(const struct ike *k, uint8_t protocol, uint32_t spi)
{
	const struct spi_entry *e = spi_find(k, protocol, spi);

	return e == NULL ? 0 : e->xchg;
}

void
spi_pair(struct ike *k, const struct neg_sa *sa, const struct addr *peer)
{
	struct spi_entry *e = spi_find(k, sa->protocol, sa->spi_in);

	if (e == NULL || e->peers != 0)
		return;
	e->peer = *peer;
	if (hash_table_insert(&k->peer_spis, &e->by_peers, sa->spi_out))
		e->peers = sa->spi_out;
}

uint64_t
spi_sender(const struct ike *k, uint8_t protocol, uint32_t peers,
    const struct addr *peer)
{
	struct hash_node *n = hash_table_first(&k->peer_spis, peers);

	for (; n != NULL; n = hash_table_next(n)) {
		struct spi_entry *e =
		    container_of(n, struct spi_entry, by_peers);

		if (e->peers == peers && e->protocol == protocol &&
		    addr_equal(&e->peer, peer))
			return e->xchg;
	}
	return 0;
}
