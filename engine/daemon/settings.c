/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to what the daemon wants to know of it. */
#include "engine/daemon/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/ike/ident.h"
#include "gen/control.gen.h"
#include "gen/enums.gen.h"

/* base + suffix, from the root: the daemon does not stay in its folder. */
static bool
absolute(char *out, const char *base, const char *suffix, struct text *why)
{
	struct text t = text_of(out, PATH_MAX);
	char folder[PATH_MAX];

	if (base[0] != '/' && getcwd(folder, sizeof(folder)) == NULL) {
		text_add(why,
		    "\"%s\" is relative to a folder that cannot be "
		    "named: %s",
		    base, strerror(errno));
		return false;
	}
	if (base[0] != '/')
		text_add(&t, "%s/", strcmp(folder, "/") == 0 ? "" : folder);
	text_add(&t, "%s%s", base, suffix);
	if (t.cut)
		text_add(why, "the path \"%.64s...\" is too long", base);
	return !t.cut;
}

static void
read_interfaces(struct settings *s, const struct option_line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].option == PLUTO_INTERFACE)
			s->interfaces[s->n_interfaces++] = l->v[i].text;
}

/* False: it is no identity. */
static bool
read_myid(struct settings *s, const struct option_line *l, struct text *why)
{
	const char *said = option_string(l, PLUTO_MYID);
	struct ident id;
	TEXT(bad, 500);

	s->myid = said != NULL ? said : getenv("IPSECmyid");
	if (s->myid == NULL || ident_parse(&id, span_str(s->myid), &bad))
		return true;
	text_add(why, "%s: %s", said != NULL ? "--myid" : "IPSECmyid", bad.p);
	return false;
}

bool
settings_read(struct settings *s, const struct option_line *l, struct text *why)
{
	const char *base = option_string(l, PLUTO_CTLBASE);

	*s = (struct settings){
	    .nofork = option_given(l, PLUTO_NOFORK),
	    .stderrlog = option_given(l, PLUTO_STDERRLOG),
	    .uniqueids = option_given(l, PLUTO_UNIQUEIDS),
	    .port = (uint16_t)option_number(l, PLUTO_IKEPORT),
	};
	if (!option_bits(l, &enum_debug, &s->debug))
		s->debug = 0;
	read_interfaces(s, l);
	return read_myid(s, l, why) && absolute(s->lock, base, ".pid", why) &&
	    absolute(s->socket, base, ".ctl", why) &&
	    absolute(s->journal, base, ".updown", why) &&
	    absolute(s->secrets, option_string(l, PLUTO_SECRETSFILE), "", why);
}

bool
settings_has_interface(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->n_interfaces; i++)
		if (strcmp(s->interfaces[i], name) == 0)
			return true;
	return s->n_interfaces == 0;
}
