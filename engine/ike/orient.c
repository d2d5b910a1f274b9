/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which end of a connection we are: the one whose host address is that of an
 * interface on which we listen.
 */
#include <string.h>

#include "engine/ike/neg.h"

enum { SHOWN_MAX = 16 }; /* interfaces in an explanation */

static const struct ike_interface *
interface_of(const struct ike *k, const struct addr *host)
{
	for (size_t i = 0; i < k->n_interfaces; i++)
		if (addr_equal(&k->interfaces[i].a, host))
			return &k->interfaces[i];
	return NULL;
}

void
conn_orient(const struct ike *k, struct connection *c)
{
	const struct ike_interface *left = interface_of(k, &c->ends[0].host);
	const struct ike_interface *right = interface_of(k, &c->ends[1].host);

	c->oriented = (left != NULL) != (right != NULL);
	c->ours = right != NULL && left == NULL;
	c->interface[0] = '\0';
	if (c->oriented)
		memcpy(c->interface, (left != NULL ? left : right)->name,
		    sizeof(c->interface));
}

/* No use to others: RFC 1918, RFC 4193, and the loopback interface. */
static bool
is_private(const struct addr *a)
{
	static const struct addr loopback = {ADDR_V6, {[15] = 1}};

	if (a->family == ADDR_V6)
		return a->b[0] >> 1 == 0xfc >> 1 || addr_equal(a, &loopback);
	return a->b[0] == 10 || (a->b[0] == 172 && a->b[1] >> 4 == 1) ||
	    (a->b[0] == 192 && a->b[1] == 168) || a->b[0] == 127;
}

/* All of ours that are of this family, if there are any. */
static bool
all_private(const struct ike *k, uint8_t family)
{
	bool some = false;

	for (size_t i = 0; i < k->n_interfaces; i++) {
		const struct addr *a = &k->interfaces[i].a;

		if (a->family == family && !is_private(a))
			return false;
		some = some || a->family == family;
	}
	return some;
}

static void
print_interfaces(struct text *t, const struct ike *k)
{
	for (size_t i = 0; i < k->n_interfaces && i < SHOWN_MAX; i++) {
		text_add(t, i == 0 ? " " : ", ");
		addr_print(t, &k->interfaces[i].a);
		text_add(t, " (%s)", k->interfaces[i].name);
	}
	if (k->n_interfaces > SHOWN_MAX)
		text_add(t, " and %zu more", k->n_interfaces - SHOWN_MAX);
	if (k->n_interfaces == 0)
		text_add(t, " none");
}

void
conn_explain_orientation(
    struct text *t, const struct ike *k, const struct connection *c)
{
	const struct addr *left = &c->ends[0].host, *right = &c->ends[1].host;
	bool both = interface_of(k, left) != NULL;

	if (c->doomed || c->leaving) {
		text_add(t, "it is about to go, when its scripts have run");
		return;
	}
	text_add(t,
	    both ? "both ends are our own addresses: "
		 : "neither end is one of our addresses: ");
	text_add(t, "left ");
	addr_print(t, left);
	text_add(t, ", right ");
	addr_print(t, right);
	text_add(t, "; our addresses at the last --listen:");
	print_interfaces(t, k);
	if (both)
		text_add(t, ".  A connection needs a peer on another host");
	else if (all_private(k, left->family) &&
	    !(is_private(left) && is_private(right)))
		text_add(t,
		    ".  Behind NAT an end must have the private "
		    "address of this host, not the public one");
	else
		text_add(t,
		    ".  If the interface came up later, run whack "
		    "--listen again");
}
