/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole pluto on a host of the fake world, without the daemon around it, and
 * whack's command line to tell it what to do.
 */
#ifndef TEST_PLUTO_PLUTO_H
#define TEST_PLUTO_PLUTO_H

#include "engine/ike/ike.h"
#include "test/fake/fake.h"

struct pluto {
	struct fake_host *host;
	struct kernel kernel;
	struct ike *ike;
};

/*
 * Start on h: its address is the only interface, listened on at once; secrets
 * is the text of ipsec.secrets.  Ends the program without memory.
 */
void pluto_start(struct pluto *p, struct fake_host *h, const char *secrets);
/* As by kill -9: nobody is told, and the kernel keeps what it has. */
void pluto_stop(struct pluto *p);
/*
 * Carry out a whack command line, without the program's name and with single
 * blanks between its words, for the whack of that number.  A command line that
 * whack itself would refuse ends the program.
 */
void pluto_whack(struct pluto *p, uint32_t client, const char *line);

#endif
