/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A gateway with connections for %any, and hosts that come to it, each from an
 * address of its own.
 */
#ifndef TEST_UNIT_WARRIOR_H
#define TEST_UNIT_WARRIOR_H

#include "engine/ike/neg.h"
#include "test/unit/ike_pair.h"

#define GATEWAY "10.77.0.2"
#define ALL_SECRET ": PSK \"hush\"\n"

/* One connection for each line of text. */
static inline void
warrior_load(struct fake_peer *p, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (n > 0)
			fake_peer_whack(p, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* The newest established exchange of this type; NULL. */
static inline struct xchg *
warrior_newest(const struct fake_peer *p, enum xchg_id id)
{
	struct xchg *x = NULL, *found = NULL;

	while ((x = engine_next(ike_engine(p->ike), x)) != NULL)
		if (xchg_def(x) == &xchg_defs[id] && xchg_established(x))
			found = x;
	return found;
}

/* Whose SA that is: "w"[1] 10.77.0.7, or "" when there is none. */
static inline const char *
warrior_label(const struct fake_peer *p, enum xchg_id id)
{
	const struct xchg *x = warrior_newest(p, id);

	return x == NULL || neg_conn(x) == NULL ? "" : neg_conn(x)->label;
}

#endif
