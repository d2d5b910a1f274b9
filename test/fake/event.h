/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will happen in a fake world; only its own files use this. */
#ifndef TEST_FAKE_EVENT_H
#define TEST_FAKE_EVENT_H

#include "test/fake/fake.h"

struct fake_event {
	struct fake_event *next;
	uint64_t at_ms;
	struct fake_host *host; /* where it happens */
	void (*happen)(struct fake_event *ev);
	/* A datagram, and a kernel's event, which reach whoever runs then. */
	struct endpoint from;
	size_t n;
	uint8_t *bytes;
	/* The end of a job or script, which somebody waits for. */
	struct job *job;
	struct fake_script *script;
};

/* bytes are copied. */
struct fake_event *fake_event_new(struct fake_host *h, uint64_t after_ms,
    void (*happen)(struct fake_event *ev), struct span bytes);
uint32_t fake_between(struct rng *r, uint32_t min, uint32_t max);

/* As env.script_start. */
bool fake_script_start(void *ctx, const struct script *s, struct text *why);
/* Nobody waits for its end any more. */
void fake_script_abandon(struct fake_script *s, struct fake_host *h);

#endif
