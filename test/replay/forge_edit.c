/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words of a script change in a forgery; forge.h lists them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/layout.gen.h"
#include "test/replay/forge_sa.h"
#include "test/replay/forgery.h"

/* An edit's left side, operator and right side. */
struct edit {
	char left[40];
	char op; /* '=', '+' for "+=", '^' for "^=" */
	const char *value;
};

/* ---- names of payloads ---- */

static bool
number_of(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 0);
	return end != text && *end == '\0';
}

/* A payload's type by name or number; -1. */
static long
type_of(const char *name)
{
	const struct enum_item *item = enum_by_name(&enum_payload, name);
	long number;

	if (item != NULL)
		return (long)item->value;
	return number_of(name, &number) ? number : -1;
}

/* The piece that NAME, NAME:2 or #3 means; NULL: there is none. */
static struct piece *
piece_of(struct forgery *f, const char *name)
{
	size_t n = strcspn(name, ":");
	unsigned long want =
	    name[n] == '\0' ? 1 : strtoul(name + n + 1, NULL, 10);
	char word[20];
	long type;

	if (*name == '#') {
		want = strtoul(name + 1, NULL, 10);
		return want >= 1 && want <= f->n ? &f->piece[want - 1] : NULL;
	}
	(void)snprintf(word, sizeof(word), "%.*s", (int)n, name);
	type = type_of(word);
	for (unsigned i = 0; i < f->n; i++)
		if (f->piece[i].type == type && --want == 0)
			return &f->piece[i];
	return NULL;
}

/* ---- edits of the order ---- */

static void
insert(struct forgery *f, unsigned at, struct piece p)
{
	if (f->n == PIECES_MAX) {
		octets_free(&p.body);
		return;
	}
	memmove(&f->piece[at + 1], &f->piece[at],
	    (f->n - at) * sizeof(f->piece[0]));
	f->piece[at] = p;
	f->n++;
}

static struct piece
take_out(struct forgery *f, struct piece *p)
{
	struct piece out = *p;
	unsigned at = (unsigned)(p - f->piece);

	f->n--;
	memmove(p, p + 1, (f->n - at) * sizeof(*p));
	return out;
}

static bool
add_piece(struct forgery *f, const char *type, const char *value)
{
	struct piece p = {.type = (uint8_t)type_of(type),
	    .slot = TABLE_NONE,
	    .next = NATURAL,
	    .length = NATURAL};

	if (!octets_parse(&p.body, value, 0)) {
		octets_free(&p.body);
		return false;
	}
	insert(f, f->n, p);
	return true;
}

/* omit: dup: front: back: */
static bool
edit_order(struct forgery *f, const char *verb, const char *name)
{
	struct piece *p = piece_of(f, name), copy;
	bool front = strcmp(verb, "front") == 0;

	if (p == NULL)
		return false;
	if (strcmp(verb, "dup") == 0) {
		copy = *p;
		copy.body = (struct octets){NULL, 0};
		octets_set(&copy.body, octets_span(&p->body));
		insert(f, (unsigned)(p - f->piece) + 1, copy);
		return true;
	}
	copy = take_out(f, p);
	if (strcmp(verb, "omit") == 0) {
		octets_free(&copy.body);
		return true;
	}
	insert(f, front ? 0 : f->n, copy);
	return front || strcmp(verb, "back") == 0;
}

/* The verb of "verb:…"; NULL: it is no edit of the order. */
static const char *
order_verb(const char *left)
{
	static const char *const verbs[] = {
	    "add", "omit", "dup", "front", "back"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t n = strlen(verbs[i]);

		if (strncmp(left, verbs[i], n) == 0 && left[n] == ':')
			return verbs[i];
	}
	return NULL;
}

/* ---- edits of one payload ---- */

static bool
edit_field(struct piece *p, const char *field, const char *value)
{
	long v, full = (long)p->body.n + GENERIC_LEN;

	if (!number_of(value, &v))
		return false;
	if (strcmp(field, "type") == 0)
		p->type = (uint8_t)v;
	else if (strcmp(field, "next") == 0)
		p->next = v;
	else if (strcmp(field, "reserved") == 0)
		p->reserved = (uint8_t)v;
	else if (strcmp(field, "length") == 0)
		p->length = *value == '+' || *value == '-' ? full + v : v;
	else if (strcmp(field, "size") == 0)
		octets_resize(&p->body, (size_t)v);
	else
		return false;
	return true;
}

/* raw@N=… raw@N^=… */
static bool
edit_raw(struct forgery *f, const struct edit *e, size_t at)
{
	struct patch *p = &f->raw[f->n_raw];

	if (f->n_raw == RAW_MAX)
		return false;
	*p = (struct patch){.at = at, .flip = e->op == '^'};
	f->n_raw++;
	return octets_parse(&p->v, e->value, 0);
}

/* NAME=… NAME+=… NAME@N=… NAME@N^=… */
static bool
edit_body(struct forgery *f, struct edit *e)
{
	char *at = strchr(e->left, '@');
	struct patch patch = {.flip = e->op == '^'};
	struct piece *p;
	bool ok;

	if (at != NULL) {
		*at++ = '\0';
		patch.at = strtoul(at, NULL, 0);
	}
	if (at != NULL && strcmp(e->left, "raw") == 0)
		return edit_raw(f, e, patch.at);
	p = piece_of(f, e->left);
	ok = p != NULL && octets_parse(&patch.v, e->value, p->body.n);
	if (ok && at != NULL)
		ok = octets_patch(
		    &p->body, patch.at, octets_span(&patch.v), patch.flip);
	else if (ok && e->op == '+')
		octets_append(&p->body, octets_span(&patch.v));
	else if (ok)
		octets_set(&p->body, octets_span(&patch.v));
	octets_free(&patch.v);
	return ok;
}

/* ---- edits of the whole ---- */

static bool
edit_cookie(struct octets *cookie, const char *value)
{
	octets_free(cookie);
	return octets_parse(cookie, value, 0) && cookie->n == 8;
}

static bool
edit_header(struct forgery *f, const char *field, const char *value)
{
	long v;

	if (strcmp(field, "icookie") == 0)
		return edit_cookie(&f->icookie, value);
	if (strcmp(field, "rcookie") == 0)
		return edit_cookie(&f->rcookie, value);
	if (strcmp(field, "swap") == 0) {
		struct octets icookie = f->icookie;

		f->icookie = f->rcookie;
		f->rcookie = icookie;
		return true;
	}
	if (!number_of(value, &v))
		return false;
	if (strcmp(field, "next") == 0) {
		f->next = v;
	} else if (strcmp(field, "version") == 0) {
		f->version = (uint8_t)v;
	} else if (strcmp(field, "xchg") == 0) {
		f->xchg = (uint8_t)v;
	} else if (strcmp(field, "flags") == 0) {
		f->flags = (uint8_t)v;
	} else if (strcmp(field, "msgid") == 0) {
		f->msgid = (uint32_t)v;
	} else if (strcmp(field, "length") == 0) {
		f->length = v;
		f->relative = *value == '+' || *value == '-';
	} else {
		return false;
	}
	return true;
}

static bool
edit_from(struct forgery *f, const char *value)
{
	size_t n = strcspn(value, ":");
	char address[40];

	(void)snprintf(address, sizeof(address), "%.*s", (int)n, value);
	if (value[n] == ':')
		f->from.port = (uint16_t)strtoul(value + n + 1, NULL, 10);
	return addr_parse(&f->from.a, address);
}

/* What concerns the datagram as a whole.  known: it is of this kind. */
static bool
edit_whole(struct forgery *f, const struct edit *e, bool *known)
{
	*known = true;
	if (strcmp(e->left, "rehash") == 0)
		return f->rehash = true;
	if (strcmp(e->left, "clear") == 0)
		return f->clear = true;
	if (strcmp(e->left, "pad") == 0)
		return octets_parse(&f->pad, e->value, 0);
	if (strcmp(e->left, "tail") == 0)
		return octets_parse(&f->tail, e->value, 0);
	if (strcmp(e->left, "cut") == 0)
		return number_of(e->value, &f->cut) && f->cut >= 0;
	if (strcmp(e->left, "from") == 0)
		return edit_from(f, e->value);
	if (strncmp(e->left, "hdr.", 4) == 0)
		return edit_header(f, e->left + 4, e->value);
	*known = false;
	return false;
}

static bool
edit_parse(struct edit *e, const char *text)
{
	const char *eq = strchr(text, '=');
	size_t n = eq == NULL ? strlen(text) : (size_t)(eq - text);

	e->op = '=';
	e->value = eq == NULL ? "" : eq + 1;
	if (eq != NULL && n > 0 && (eq[-1] == '+' || eq[-1] == '^'))
		e->op = text[--n];
	if (n == 0 || n >= sizeof(e->left))
		return false;
	memcpy(e->left, text, n);
	e->left[n] = '\0';
	return true;
}

bool
forgery_edit(struct forgery *f, const char *text)
{
	struct piece *sa = piece_of(f, "SA"), *p;
	const char *verb;
	struct edit e;
	bool known, ok;
	char *dot;

	if (forge_sa_is(text))
		return sa != NULL && forge_sa(&sa->body, text);
	if (!edit_parse(&e, text))
		return false;
	ok = edit_whole(f, &e, &known);
	if (known)
		return ok;
	verb = order_verb(e.left);
	if (verb != NULL && strcmp(verb, "add") == 0)
		return add_piece(f, e.left + strlen(verb) + 1, e.value);
	if (verb != NULL)
		return edit_order(f, verb, e.left + strlen(verb) + 1);
	dot = strchr(e.left, '.');
	if (dot == NULL)
		return edit_body(f, &e);
	*dot = '\0';
	p = piece_of(f, e.left);
	return p != NULL && edit_field(p, dot + 1, e.value);
}
