/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon: everything that it is made of, and what its files share. */
#ifndef ENGINE_DAEMON_DAEMON_H
#define ENGINE_DAEMON_DAEMON_H

#include "engine/daemon/ctl.h"
#include "engine/daemon/journal.h"
#include "engine/daemon/log.h"
#include "engine/daemon/loop.h"
#include "engine/daemon/script.h"
#include "engine/daemon/settings.h"
#include "engine/daemon/udp.h"
#include "engine/daemon/worker.h"
#include "engine/ike/ike.h"
#include "netkey/netkey.h"

/* Made by main() and handed down; a part that is not there yet is NULL. */
struct pluto {
	const struct settings *settings;
	uint32_t debug;      /* mask of enum debug, as whack set it last */
	bool stop;           /* shut down */
	bool hurry;          /* and do not wait for scripts */
	uint32_t stopped_by; /* the whack that asked for it; 0: a signal */
	bool locked;         /* the lock file is ours */
	bool has_suite;      /* the crypto library is there */
	struct loop loop;
	struct source signals, kernel_events;
	struct netkey *netkey;
	struct kernel kernel;
	struct env env;
	struct ike *ike;
	struct udp *udp;
	struct ctl *ctl;
	struct workers *workers; /* the engine's jobs */
	struct workers *loader;  /* reads secrets */
	struct scripts *scripts; /* updown */
	struct journal *journal; /* what they have done */
};

/* ---- env.c ------------------------------------------------------------ */

/* Bind p->env to clock, sockets, workers, log and whacks of p. */
void env_bind(struct pluto *p);
/* One line to the log and, as LOG or LOG_SERIOUS, to this whack (0: none). */
void pluto_say(struct pluto *p, uint32_t client, enum level level,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- listen.c --------------------------------------------------------- */

/*
 * --listen: read the secrets, off the loop, then look at the interfaces, and
 * from then on listen.  The client, if not 0, is told and done then.
 */
void listen_start(struct pluto *p, uint32_t client);
/* --unlisten. */
void listen_stop(struct pluto *p, uint32_t client);
/* A job of p->loader has been done. */
void listen_loaded(struct pluto *p, struct job *j);

/* ---- command.c -------------------------------------------------------- */

/* Carry out what this whack asks. */
void command_run(struct pluto *p, uint32_t client, struct span bytes);

#endif
