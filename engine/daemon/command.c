/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whack asks for: the daemon's own share here, the rest to engine/ike. */
#include <ctype.h>

#include "engine/daemon/daemon.h"
#include "engine/ike/request.h"
#include "gen/enums.gen.h"

enum { IKE_PORT = 500 }; /* not worth mentioning */

/* "raw+crypt", or "none". */
static void
print_debug(struct text *t, uint32_t bits)
{
	size_t from = t->n;

	bits_print(t, &enum_debug, bits);
	for (; t->p[from] != '\0'; from++)
		t->p[from] = (char)tolower((unsigned char)t->p[from]);
}

static void
show_interfaces(const struct pluto *p, uint32_t client)
{
	const struct ike_interface *i = NULL;

	while ((i = udp_next(p->udp, i)) != NULL) {
		TEXT(t, 120);

		text_add(&t, "interface %s/%s ", i->name, i->name);
		addr_print(&t, &i->a);
		if (i->port != IKE_PORT)
			text_add(&t, ":%u", i->port);
		ctl_line(p->ctl, client, RC_COMMENT, t.p);
	}
	if (!ike_listening(p->ike))
		ctl_line(p->ctl, client, RC_COMMENT,
		    "not listening: whack --listen starts that");
}

/* Pluto shuts down, which takes as long as scripts do.  False: it does not, or
 * this request may still be made. */
static bool
is_too_late(struct pluto *p, uint32_t client, enum ctl_op op)
{
	if (!p->stop || op == CTL_OP_STATUS || op == CTL_OP_SHUTDOWN)
		return false;
	ctl_line(p->ctl, client, RC_BADWHACKMESSAGE, "pluto is shutting down");
	ctl_done(p->ctl, client);
	return true;
}

/* The daemon's part of --status; engine/ike adds its own and ends it. */
static void
show_status(const struct pluto *p, uint32_t client)
{
	TEXT(myid, 1100);
	TEXT(debug, 200);

	show_interfaces(p, client);
	ike_print_myid(p->ike, &myid);
	ctl_line(p->ctl, client, RC_COMMENT, myid.p);
	text_add(&debug, "debug ");
	print_debug(&debug, p->debug);
	ctl_line(p->ctl, client, RC_COMMENT, debug.p);
	ctl_line(p->ctl, client, RC_COMMENT, " ");
}

static void
set_debug(struct pluto *p, uint32_t client, const struct request *r)
{
	TEXT(t, 200);

	if (r->v[CTL_END_NONE][WHACK_NAME].set) {
		ctl_line(p->ctl, client, RC_BADWHACKMESSAGE,
		    "debugging of a "
		    "single connection is not supported by this version: "
		    "leave --name out");
	} else {
		p->debug = r->bits_debug;
		print_debug(&t, p->debug);
		pluto_say(p, client, LEVEL_INFO, "debugging is now: %s", t.p);
	}
	ctl_done(p->ctl, client);
}

static void
shut_down(struct pluto *p, uint32_t client)
{
	if (!p->stop)
		p->stopped_by = client;
	p->stop = true;
}

void
command_run(struct pluto *p, uint32_t client, struct span bytes)
{
	struct request r;
	TEXT(why, 400);

	if (!request_decode(&r, bytes, &why)) {
		log_say(LEVEL_WARN, "refused a request of whack: %s", why.p);
		ctl_line(p->ctl, client, RC_BADWHACKMESSAGE, why.p);
		ctl_done(p->ctl, client);
		return;
	}
	if (is_too_late(p, client, (enum ctl_op)r.op))
		return;
	switch ((enum ctl_op)r.op) {
	case CTL_OP_LISTEN: listen_start(p, client); return;
	case CTL_OP_UNLISTEN: listen_stop(p, client); return;
	case CTL_OP_DEBUG: set_debug(p, client, &r); return;
	case CTL_OP_SHUTDOWN: shut_down(p, client); return;
	case CTL_OP_STATUS:
		show_status(p, client);
		ike_request(p->ike, &r, client);
		return;
	case CTL_OP_CONNECTION:
	case CTL_OP_DELETE:
	case CTL_OP_DELETESTATE:
	case CTL_OP_INITIATE:
	case CTL_OP_TERMINATE:
	case CTL_OP_ROUTE:
	case CTL_OP_UNROUTE:
	case CTL_OP_KEYID:
	case CTL_OP_MYID: ike_request(p->ike, &r, client); return;
	}
}
