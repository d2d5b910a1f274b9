/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See sim.h.  A failing seed says the command that shows it again, line by
 * line.
 */
#include "test/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ike/neg.h"

void
sim_begin(
    struct sim_run *r, uint64_t seed, bool verbose, struct coverage *coverage)
{
	*r = (struct sim_run){.world = fake_world_new(seed)};
	r->world->verbose = verbose;
	r->world->coverage = coverage;
	rng_seed(&r->rng, ~seed);
}

bool
sim_chance(struct sim_run *r, uint32_t percent)
{
	return rng_below(&r->rng, 100) < percent;
}

uint32_t
sim_range(struct sim_run *r, uint32_t min, uint32_t max)
{
	return min + rng_below(&r->rng, max - min + 1);
}

void
sim_fail(struct sim_run *r, const char *fmt, ...)
{
	struct text t;
	va_list ap;

	if (r->bad[0] != '\0')
		return;
	t = text_of(r->bad, sizeof(r->bad));
	text_add(&t, "at %.3f s: ", (double)r->world->now_ms / SECOND);
	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	if (r->world->verbose)
		fprintf(stderr, "FAILED %s\n", r->bad);
}

void
sim_check_nothing_left(struct sim_run *r, const struct fake_peer *p,
    size_t connections, uint32_t client)
{
	const char *name = p->host->name;
	const struct fake_kernel *k = &p->host->kernel;
	struct engine_stats st;

	engine_stats(p->host->engine, &st);
	if (st.exchanges + st.half_open + st.jobs + st.slots != 0)
		sim_fail(r,
		    "%s: left after shutdown: %zu exchanges, %zu half "
		    "open, %zu jobs, %zu slot values",
		    name, st.exchanges, st.half_open, st.jobs, st.slots);
	if (k->n_sas + k->n_policies + k->n_larvals != 0)
		sim_fail(r,
		    "%s: left after shutdown: %u SAs, %u larval ones, %u "
		    "policies",
		    name, k->n_sas, k->n_larvals, k->n_policies);
	if (ike_busy(p->ike))
		sim_fail(r, "%s: still busy after shutdown", name);
	if (conns_count(p->ike->conns) != connections)
		sim_fail(r, "%s: %zu connections after shutdown", name,
		    conns_count(p->ike->conns));
	while (++client <= p->last_client)
		if (!fake_peer_done(p, client))
			sim_fail(r, "%s: whack %u still waits after shutdown",
			    name, (unsigned)client);
}

bool
sim_report(const struct sim_run *r, uint64_t seed, const char *program)
{
	if (r->bad[0] == '\0')
		return true;
	printf("seed %llu: %s\n    again: build/test/sim/%s --seed %llu -v\n",
	    (unsigned long long)seed, r->bad, program,
	    (unsigned long long)seed);
	return false;
}

static int
usage(const char *name)
{
	fprintf(stderr, "usage: %s [--seed FIRST] [--count N] [-v]\n", name);
	return 2;
}

int
sim_main(int argc, char **argv, const char *name, sim_fn *simulate)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	unsigned long long first = 1, count = 1, failed = 0;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
			count = strtoull(argv[++i], NULL, 10);
		else
			return usage(name);
	}
	if (coverage == NULL)
		return 2;
	for (unsigned long long i = 0; i < count; i++)
		failed += !simulate(first + i, verbose, coverage);
	coverage_save(coverage);
	free(coverage);
	printf("%s: %llu passed, %llu failed\n", name, count - failed, failed);
	return failed == 0 ? 0 : 1;
}
