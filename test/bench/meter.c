/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The meter of meter.h: one for the process, like the processor. */
#include "test/bench/meter.h"

#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

static struct {
	struct meter_at now, watched;
	bool on, watching, collecting;
	double since; /* when the side's work began */
	double seconds[2];
} meter;

double
meter_now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
collect(bool wanted)
{
	if (wanted == meter.collecting)
		return;
	meter.collecting = wanted;
	CALLGRIND_TOGGLE_COLLECT;
}

static bool
is_watched(void)
{
	return meter.on && meter.watching &&
	    meter.now.side == meter.watched.side &&
	    meter.now.work == meter.watched.work;
}

void
meter_watch(struct meter_at what)
{
	meter.watched = what;
	meter.watching = true;
}

void
meter_begin(void)
{
	memset(meter.seconds, 0, sizeof(meter.seconds));
	meter.on = true;
	collect(is_watched());
}

void
meter_end(void)
{
	meter.on = false;
	collect(false);
}

/* The clock is read only when work passes between the harness and a side, so
 * that reading it does not count. */
static void
count_time(struct meter_at next)
{
	bool was = meter.now.work != WORK_HARNESS;
	bool is = next.work != WORK_HARNESS;

	if (was == is || meter.watching || !meter.on)
		return;
	if (was)
		meter.seconds[meter.now.side] += meter_now() - meter.since;
	meter.since = is ? meter_now() : 0;
}

struct meter_at
meter_enter(struct meter_at next)
{
	struct meter_at was = meter.now;

	count_time(next);
	meter.now = next;
	collect(is_watched());
	return was;
}

double
meter_seconds(unsigned side)
{
	return meter.seconds[side];
}
