/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's native IPsec stack (NETKEY, also called XFRM) behind the door of
 * engine/core/kernel.h, and what the daemon's loop needs beside it: the
 * descriptor of its events, our interfaces, and sockets that bypass IPsec.
 */
#ifndef NETKEY_NETKEY_H
#define NETKEY_NETKEY_H

#include "engine/core/kernel.h"

struct netkey;

/*
 * Opens the sockets to the kernel.  NULL: *why says what is missing.  Owned by
 * the caller.
 */
NODISCARD struct netkey *netkey_open(struct text *why);
/* Leaves SAs and policies as they are: they are the engine's to delete. */
void netkey_close(struct netkey *nk);
/* The door; valid as long as nk. */
struct kernel netkey_kernel(struct netkey *nk);

/* Readable when there is an event. */
int netkey_event_fd(const struct netkey *nk);
/*
 * Take one event.  False: there is none now.  After KERNEL_LOST go on reading;
 * what was lost shows in kernel.list.  What is changed through nk itself is no
 * event.
 */
NODISCARD bool netkey_event(struct netkey *nk, struct kernel_event *ev);

/* An address of this machine's. */
struct netkey_iface {
	struct addr addr;
	char name[16]; /* of the interface */
	bool loopback;
};
/*
 * The addresses of all interfaces that are up, without IPv6 link-local ones, in
 * the kernel's order.  *list is the caller's to free(); NULL when empty.  0 or
 * -errno with *why.
 */
NODISCARD int
netkey_ifaces(struct netkey_iface **list, size_t *n, struct text *why);

/*
 * Have what this UDP socket sends and receives pass by all policies: for IKE
 * itself.  0 or -errno with *why.
 */
NODISCARD int netkey_bypass(int fd, enum addr_family family, struct text *why);

#endif
