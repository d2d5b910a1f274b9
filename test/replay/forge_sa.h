/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits inside an SA payload:
 *
 *   P1.FIELD=NUMBER   number protocol ntrans (of the first proposal)
 *   P1.spi=OCTETS
 *   T2.FIELD=NUMBER   number id reserved (of the second transform of all)
 *   T2.aN=VALUE       attribute N: a number, "v:OCTETS" in variable form or
 *                     "none"
 *   T2.aN+=VALUE      one more of them, at the end
 *   T2.attrs=OCTETS   all attributes
 *   P1.omit= T1.omit= P1.dup= T1.dup=
 *
 * Without an index all proposals or transforms are meant.
 */
#ifndef TEST_REPLAY_FORGE_SA_H
#define TEST_REPLAY_FORGE_SA_H

#include "test/replay/octets.h"

/* Does this word edit an SA payload? */
bool forge_sa_is(const char *edit);
/* False: no such place, or no such value. */
NODISCARD bool forge_sa(struct octets *body, const char *edit);

#endif
