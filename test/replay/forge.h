/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forgeries: a datagram taken apart, changed by the words of a script, and put
 * together again, hashed and encrypted as its sender would have done it.
 *
 *   rehash                     compute the HASH payload anew
 *   clear                      do not encrypt
 *   hdr.FIELD=NUMBER           next version xchg flags msgid length
 *   hdr.icookie=OCTETS         rcookie likewise
 *   hdr.swap                   each in the place of the other
 *   omit:PAYLOAD dup:PAYLOAD front:PAYLOAD back:PAYLOAD
 *   add:TYPE=OCTETS            a payload behind the others
 *   PAYLOAD.FIELD=NUMBER       type next reserved length size
 *   PAYLOAD=OCTETS PAYLOAD+=OCTETS PAYLOAD@N=OCTETS PAYLOAD@N^=OCTETS
 *   P1.FIELD=… T2.FIELD=…      in the SA payload, see forge_sa.h
 *   pad=OCTETS                 instead of zeros
 *   raw@N=OCTETS raw@N^=OCTETS in the finished datagram
 *   cut=N tail=OCTETS          its first N octets; octets behind it
 *   from=ADDRESS               or ADDRESS:PORT, where it comes from
 *
 * A PAYLOAD is a type's name, NAME:2 for the second of that name, or #3 for
 * the third of all.  Lengths may be relative, as +1.
 */
#ifndef TEST_REPLAY_FORGE_H
#define TEST_REPLAY_FORGE_H

#include "test/replay/wire.h"

/*
 * The datagram d with these edits.  from: as d's sender, unless an edit says
 * otherwise.  False: why names the edit that is wrong.
 */
NODISCARD bool forge(const struct sent *d, char *const *edits, unsigned n,
    struct octets *out, struct endpoint *from, struct text *why);
/* The SPI of the n-th proposal, from 1, of d's SA payload; false: no such. */
NODISCARD bool forge_spi(const struct sent *d, unsigned n, struct octets *out);
/* How many payloads d has. */
unsigned forge_count(const struct sent *d);

#endif
