/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whack --status: routing, the shunts (outbound policies without an SA), and
 * the script for which everything waits.
 */
#include "engine/ike/route.h"
#include "engine/ike/status.h"

const char *
status_routing(const struct ike *k, const struct connection *c)
{
	if (!c->oriented)
		return "unoriented";
	if (c->sender != NULL)
		return "erouted";
	if (c->trapped)
		return neg_on_its_way(k, c) ? "erouted HOLD"
					    : "prospective erouted";
	return c->routed ? "routed" : "unrouted";
}

static const char *
why_trapped(const struct connection *c)
{
	if (c->kept)
		return "routed by whack --route";
	if ((c->goal & GOAL_UP) != 0)
		return "wanted, and has no IPsec SA";
	return "its routing is being changed";
}

/* "10.1.1.0/24 -> 10.2.2.0/24 => %trap; "t"; routed by whack --route" */
static void
put_shunt(const struct report *r, const struct connection *c)
{
	struct subnet ours = end_client(conn_this(c));
	struct subnet theirs = end_client(conn_that(c));
	bool held = neg_on_its_way(r->k, c);
	TEXT(t, STATUS_LINE);

	subnet_print(&t, &ours);
	text_add(&t, " -> ");
	subnet_print(&t, &theirs);
	text_add(&t, " => %s; %s; %s", held ? "%hold" : "%trap", c->label,
	    held ? "its IPsec SA is being negotiated" : why_trapped(c));
	status_put(r, &t);
}

void
status_put_shunts(const struct report *r)
{
	const struct connection *c = NULL;
	bool any = false;

	while ((c = conn_next(r->k->conns, c)) != NULL) {
		if (!c->trapped)
			continue;
		put_shunt(r, c);
		any = true;
	}
	if (any)
		status_put_blank(r);
}

void
status_put_script(const struct report *r)
{
	const struct env *env = r->k->env;
	const struct task *task = r->k->scripting;
	unsigned waiting = 0;
	TEXT(t, STATUS_LINE);

	if (task == NULL)
		return;
	LIST_EACH(n, &r->k->tasks) {
		const struct task *o = container_of(n, struct task, node);

		waiting += o != task && o->c != NULL;
	}
	text_add(&t, "%s: ", task->c->label);
	updown_print_verb(&t, task->c, task->steps->verb);
	text_add(&t, " command has been running for %llus",
	    (unsigned long long)(env->now_ms(env->ctx) - task->script_ms) /
		1000);
	if (waiting > 0)
		text_add(
		    &t, "; changes of routing that wait for it: %u", waiting);
	status_put(r, &t);
	status_put_blank(r);
}
