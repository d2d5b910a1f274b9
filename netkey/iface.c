/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this machine, by rtnetlink: lists of links and addresses. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netkey/netkey.h"
#include "netkey/request.h"

/* An interface that is up. */
struct link {
	int index;
	char name[IFNAMSIZ];
	bool loopback;
};
struct machine {
	struct link *links;
	size_t n_links;
	struct netkey_iface *ifaces;
	size_t n_ifaces;
	bool no_memory;
};

/* Room for one more of 'size' octets in an array of n.  NULL: no memory. */
static void *
grown(void *array, size_t n, size_t size)
{
	/* At the powers of two, double. */
	if ((n & (n - 1)) != 0)
		return array;
	return realloc(array, (n == 0 ? 1 : 2 * n) * size);
}

/* reply_fn */
static void
link_seen(void *ctx, size_t index, uint16_t type, struct span body)
{
	struct machine *m = ctx;
	struct ifinfomsg i;
	struct link *links;
	struct span name;

	(void)index;
	if (type != RTM_NEWLINK || !span_struct(&body, &i, sizeof(i)) ||
	    (i.ifi_flags & IFF_UP) == 0)
		return;
	name = attr_find(body, IFLA_IFNAME);
	links = grown(m->links, m->n_links, sizeof(*links));
	if (links == NULL) {
		m->no_memory = true;
		return;
	}
	m->links = links;
	links += m->n_links++;
	links->index = i.ifi_index;
	links->loopback = (i.ifi_flags & IFF_LOOPBACK) != 0;
	snprintf(links->name, sizeof(links->name), "%.*s", (int)name.n,
	    name.n > 0 ? (const char *)name.p : "");
}

static const struct link *
link_find(const struct machine *m, uint32_t index)
{
	for (size_t i = 0; i < m->n_links; i++) {
		if ((uint32_t)m->links[i].index == index)
			return &m->links[i];
	}
	return NULL;
}

/*
 * reply_fn.  On a point-to-point link IFA_ADDRESS is the far end's address and
 * IFA_LOCAL ours; IPv6 mostly has only the former, as ours.
 */
static void
address_seen(void *ctx, size_t index, uint16_t type, struct span body)
{
	struct machine *m = ctx;
	struct ifaddrmsg i;
	struct addr a;
	struct span s;
	const struct link *l;
	struct netkey_iface *ifaces;

	(void)index;
	if (type != RTM_NEWADDR || !span_struct(&body, &i, sizeof(i)) ||
	    i.ifa_scope == RT_SCOPE_LINK)
		return;
	l = link_find(m, i.ifa_index);
	s = attr_find(body, IFA_LOCAL);
	if (s.n == 0)
		s = attr_find(body, IFA_ADDRESS);
	if (l == NULL || !addr_from_span(&a, s))
		return;
	ifaces = grown(m->ifaces, m->n_ifaces, sizeof(*ifaces));
	if (ifaces == NULL) {
		m->no_memory = true;
		return;
	}
	m->ifaces = ifaces;
	ifaces += m->n_ifaces++;
	*ifaces = (struct netkey_iface){.addr = a, .loopback = l->loopback};
	memcpy(ifaces->name, l->name, sizeof(l->name));
}

/* 0 or -errno. */
static int
machine_read(struct machine *m)
{
	struct channel c = {.fd = channel_open(NETLINK_ROUTE, 0)};
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	struct ifaddrmsg address = {.ifa_family = AF_UNSPEC};
	int r;

	if (c.fd < 0)
		return c.fd;
	r = channel_list(
	    &c, RTM_GETLINK, span_of(&link, sizeof(link)), link_seen, m);
	if (r == 0)
		r = channel_list(&c, RTM_GETADDR,
		    span_of(&address, sizeof(address)), address_seen, m);
	close(c.fd);
	return r == 0 && m->no_memory ? -ENOMEM : r;
}

int
netkey_ifaces(struct netkey_iface **list, size_t *n, struct text *why)
{
	struct machine m = {.links = NULL};
	struct answer a = {.error = machine_read(&m)};

	free(m.links);
	if (a.error < 0) {
		free(m.ifaces);
		m.ifaces = NULL;
		m.n_ifaces = 0;
		text_add(why, "cannot list this machine's addresses: ");
		answer_print(why, &a);
	}
	*list = m.ifaces;
	*n = m.n_ifaces;
	return a.error;
}
