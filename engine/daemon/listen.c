/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --listen and --unlisten.  The secrets are read first, by a thread of their
 * own; only when they are there are interfaces opened and connections
 * oriented, so that no peer meets a pluto that has not read its secrets.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/daemon/daemon.h"
#include "engine/daemon/secretsfile.h"
#include "gen/enums.gen.h"

/* A line kept for the loop, which alone may log and talk to whacks. */
struct kept_line {
	struct list_node node;
	enum level level;
	char text[];
};

/* One --listen, while the secrets are read. */
struct load {
	struct job job;
	uint32_t client;
	const char *pattern; /* of settings */
	struct secrets *secrets;
	struct list_node lines;
};

static void
load_say(void *ctx, enum level level, const char *text)
{
	struct load *l = ctx;
	size_t n = strlen(text) + 1;
	struct kept_line *line = malloc(sizeof(*line) + n);

	if (line == NULL)
		return;
	line->level = level;
	memcpy(line->text, text, n);
	list_append(&l->lines, &line->node);
}

static void
load_work(struct job *j)
{
	struct load *l = container_of(j, struct load, job);

	secretsfile_load(l->secrets, l->pattern, load_say, l);
}

static void
load_cleanup(struct job *j)
{
	struct load *l = container_of(j, struct load, job);

	LIST_EACH_REMOVABLE(n, &l->lines)
		free(container_of(n, struct kept_line, node));
	secrets_free(l->secrets);
	free(l);
}

static void
refuse(struct pluto *p, uint32_t client, const char *text)
{
	pluto_say(p, client, LEVEL_ERR, "cannot listen: %s", text);
	ctl_line(p->ctl, client, RC_INTERNALERR, text);
	ctl_done(p->ctl, client);
}

void
listen_start(struct pluto *p, uint32_t client)
{
	struct load *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		refuse(p, client, "no memory");
		return;
	}
	list_init(&l->lines);
	l->job.work = load_work;
	l->job.cleanup = load_cleanup;
	l->client = client;
	l->pattern = p->settings->secrets;
	l->secrets = secrets_new();
	if (l->secrets != NULL && workers_start(p->loader, &l->job))
		return;
	load_cleanup(&l->job);
	refuse(p, client, "no memory, or no thread for reading secrets");
}

/* ---- interfaces ------------------------------------------------------- */

/* One --listen, while the interfaces are looked at. */
struct say_to {
	struct pluto *p;
	uint32_t client;
};

static void
udp_say(void *ctx, enum level level, const char *text)
{
	const struct say_to *to = ctx;

	pluto_say(to->p, to->client, level, "%s", text);
}

/* Those on an interface that --interface lets through. */
static size_t
choose_interfaces(const struct pluto *p, const struct netkey_iface *list,
    size_t n, struct ike_interface *out)
{
	size_t chosen = 0;

	for (size_t i = 0; i < n; i++) {
		struct ike_interface *o = &out[chosen];

		if (!settings_has_interface(p->settings, list[i].name))
			continue;
		*o = (struct ike_interface){
		    .a = list[i].addr, .port = p->settings->port};
		memcpy(o->name, list[i].name, sizeof(o->name));
		chosen++;
	}
	return chosen;
}

/* --interface may name what is not there. */
static void
miss_interfaces(
    struct pluto *p, uint32_t client, const struct ike_interface *v, size_t n)
{
	for (size_t i = 0; i < p->settings->n_interfaces; i++) {
		const char *name = p->settings->interfaces[i];
		bool found = false;

		for (size_t k = 0; k < n; k++)
			found = found || strcmp(v[k].name, name) == 0;
		if (!found)
			pluto_say(p, client, LEVEL_WARN,
			    "interface %s, named "
			    "by --interface, is not up or has no address",
			    name);
	}
}

/* Listen on what there is.  False: the kernel would not say. */
static bool
update_interfaces(struct pluto *p, uint32_t client)
{
	struct say_to to = {p, client};
	struct netkey_iface *list;
	struct ike_interface *v;
	size_t n;
	TEXT(why, 400);

	if (netkey_ifaces(&list, &n, &why) < 0) {
		pluto_say(p, client, LEVEL_ERR, "%s", why.p);
		return false;
	}
	v = calloc(n + 1, sizeof(*v));
	if (v != NULL)
		n = choose_interfaces(p, list, n, v);
	free(list);
	if (v == NULL)
		return false;
	miss_interfaces(p, client, v, n);
	udp_update(p->udp, v, &n, udp_say, &to);
	ike_set_interfaces(p->ike, v, n);
	free(v);
	udp_set_deaf(p->udp, false);
	if (n == 0)
		pluto_say(p, client, LEVEL_WARN,
		    "no public interfaces found: no IKE message can arrive; "
		    "repeat whack --listen when there is one");
	else
		pluto_say(p, client, LEVEL_INFO, "listening for IKE messages");
	return true;
}

/* ---- the outcome ------------------------------------------------------- */

static void
say_lines(struct pluto *p, const struct load *l)
{
	LIST_EACH(n, &l->lines) {
		const struct kept_line *line =
		    container_of(n, struct kept_line, node);

		pluto_say(p, l->client, line->level, "%s", line->text);
	}
}

void
listen_loaded(struct pluto *p, struct job *j)
{
	struct load *l = container_of(j, struct load, job);

	if (ike_listening(p->ike))
		pluto_say(p, l->client, LEVEL_INFO, "forgetting secrets");
	say_lines(p, l);
	ike_set_secrets_take(p->ike, l->secrets);
	l->secrets = NULL;
	if (!update_interfaces(p, l->client))
		ctl_line(p->ctl, l->client, RC_INTERNALERR,
		    "cannot listen: the interfaces are not known");
	ctl_done(p->ctl, l->client);
	load_cleanup(j);
}

void
listen_stop(struct pluto *p, uint32_t client)
{
	pluto_say(
	    p, client, LEVEL_INFO, "no longer listening for IKE messages");
	udp_set_deaf(p->udp, true);
	ike_set_deaf(p->ike);
	ctl_done(p->ctl, client);
}
