/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for engines under test: a clock that stands still until told, a
 * network that loses, repeats, delays and damages datagrams, random numbers
 * from a seed, jobs and scripts that take virtual time, kernels whose events
 * arrive, and logs kept in memory.  The same seed gives the same run, octet by
 * octet.
 */
#ifndef TEST_FAKE_FAKE_H
#define TEST_FAKE_FAKE_H

#include "engine/core/engine.h"
#include "engine/ike/ike.h"
#include "test/fake/coverage.h"
#include "test/fake/fake_kernel.h"
#include "test/fake/rng.h"

enum { FAKE_HOSTS = 4, FAKE_PORT = 500 };

struct fake_host;
struct fake_world;

/* How often, in thousandths of all datagrams; and how long they travel. */
struct fake_faults {
	uint32_t loss, repeat, damage;
	uint32_t delay_min_ms, delay_max_ms; /* a wide range reorders */
};

struct fake_line {
	struct fake_line *next;
	enum level level;
	uint32_t debug;  /* class, 0 for a log line */
	uint32_t client; /* whack's line: its number; 0 for the log */
	unsigned code;   /* whack's line */
	bool done;       /* whack_done(), no text */
	uint64_t at_ms;
	char text[];
};

/* One run of an updown script. */
struct fake_script {
	struct fake_script *next;
	const char *command, *verb;     /* PLUTO_VERB's value, "" without one */
	const char *const *environment; /* "NAME=value", NULL ends */
	uint64_t started_ms, ended_ms;  /* 0: it still runs */
	enum script_end how;            /* as ike_script_done() is told */
	int number;
};

struct fake_host {
	struct fake_world *world;
	char name[16];
	struct endpoint at;
	struct env env; /* give this to engine or ike */
	struct fake_kernel kernel;
	struct engine *engine; /* set it when there is one; NULL: down */
	struct ike *ike;       /* above the engine; NULL: there is none */
	struct rng rng;        /* for env.random */
	uint32_t debug;        /* classes wanted in the log */
	bool no_jobs;          /* job_start refuses */
	uint32_t job_extra_ms; /* its jobs take so much longer */
	struct fake_line *lines, *last_line;
	/* Scripts: how long one takes, and how it ends: what script_result says
	 * when it is there, otherwise with script_status. */
	bool no_scripts; /* script_start refuses */
	uint32_t script_min_ms, script_max_ms;
	int script_status;
	void (*script_result)(void *ctx, struct fake_script *s);
	void *script_ctx;
	struct fake_script *scripts, *last_script; /* all that ran */
	uint64_t sent, received;                   /* datagrams */
};

/* What a test may look at or take away when a datagram is sent.  True: the
 * network does not see it. */
typedef bool fake_tap(void *ctx, const struct path *path, struct span datagram);

struct fake_event;
struct fake_world {
	uint64_t now_ms;
	uint64_t seed;
	struct rng rng; /* for the network and the jobs */
	struct fake_faults faults;
	uint32_t job_min_ms, job_max_ms;
	struct fake_host *hosts[FAKE_HOSTS];
	unsigned n_hosts;
	struct fake_event *events; /* by time, then by age; event.h */
	fake_tap *tap;
	void *tap_ctx;
	/* After each event or timer, for invariants; NULL: none. */
	void (*watch)(void *ctx, struct fake_world *w);
	void *watch_ctx;
	/* What runs is noted here: own_coverage, which goes to the file when
	 * the world ends, or that of a test of many worlds. */
	struct coverage *coverage;
	struct coverage own_coverage;
	bool verbose; /* every line to standard error as it comes */
};

/* What an allocation gave; without memory the program ends. */
void *fake_need(void *p);

/* No faults, 10 ms on the wire, jobs of 5 ms.  Without memory the program
 * ends. */
struct fake_world *fake_world_new(uint64_t seed);
/* Engines must be gone before; jobs on their way are cleaned up. */
void fake_world_free(struct fake_world *w);
/* A host at this numeric address, port FAKE_PORT. */
struct fake_host *
fake_host_new(struct fake_world *w, const char *name, const char *address);
/* Before an engine is freed: what is under way for it is forgotten, and a
 * script that runs ends unheard. */
void fake_host_stop(struct fake_host *h);

/* A datagram that arrives at h now, from whatever address. */
void fake_inject(
    struct fake_host *h, const struct endpoint *from, struct span datagram);
/* Put a datagram on the wire, faults and all. */
void
fake_wire(struct fake_world *w, const struct path *path, struct span datagram);
/* The next thing that happens, if that is within limit_ms from now; the clock
 * moves there.  False: nothing does; the clock moves by limit_ms. */
bool fake_step(struct fake_world *w, uint64_t limit_ms);
/* Let so much time pass. */
void fake_run(struct fake_world *w, uint64_t ms);

/* The first line of the log or of any whack that contains text; NULL. */
const struct fake_line *fake_find(const struct fake_host *h, const char *text);
unsigned fake_count(const struct fake_host *h, const char *text);
void fake_forget_lines(struct fake_host *h);

/* The newest run with this verb; NULL.  "" finds any. */
const struct fake_script *
fake_script_find(const struct fake_host *h, const char *verb);
/* Its value of a variable; NULL: it has none. */
const char *fake_script_value(const struct fake_script *s, const char *name);
/* The verbs of all runs from the oldest on: "prepare-host route-host ". */
void fake_script_verbs(const struct fake_host *h, struct text *out);
void fake_forget_scripts(struct fake_host *h);

#endif
