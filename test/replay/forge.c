/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a datagram apart, applies edits, puts it together. */
#include "test/replay/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ike/suite.h"
#include "gen/layout.gen.h"
#include "test/replay/forge_sa.h"

enum {
	PIECES_MAX = 100,
	RAW_MAX = 8,
	NATURAL = -1,
	HDR_LEN = 28,
	GENERIC_LEN = 4,
	BLOCK_MAX = 16,
	HASH_MAX = 64,
	DATAGRAM_MAX = 70000
};

/* One payload. */
struct piece {
	uint8_t type, slot, reserved;
	long next, length; /* NATURAL: what is right */
	struct octets body;
};

/* Octets put, or xored, somewhere. */
struct patch {
	size_t at;
	bool flip;
	struct octets v;
};

struct forgery {
	const struct sent *d;
	struct octets icookie, rcookie;
	uint8_t version, xchg, flags;
	uint32_t msgid;
	long next, length;
	bool relative; /* length is to be added to the true one */
	struct piece piece[PIECES_MAX];
	unsigned n;
	bool rehash, clear;
	struct octets pad, tail;
	long cut;
	struct patch raw[RAW_MAX];
	unsigned n_raw;
	struct endpoint from;
};

/* An edit's left side, operator and right side. */
struct edit {
	char left[40];
	char op; /* '=', '+' for "+=", '^' for "^=" */
	const char *value;
};

static void *
need(void *p)
{
	if (p != NULL)
		return p;
	fprintf(stderr, "replay: out of memory\n");
	exit(EXIT_FAILURE);
}

static void
forgery_free(struct forgery *f)
{
	for (unsigned i = 0; i < f->n; i++)
		octets_free(&f->piece[i].body);
	for (unsigned i = 0; i < f->n_raw; i++)
		octets_free(&f->raw[i].v);
	octets_free(&f->icookie);
	octets_free(&f->rcookie);
	octets_free(&f->pad);
	octets_free(&f->tail);
	free(f);
}

/* ---- taking apart ---- */

/* The slots that the payloads fill, in the order in which they were sent. */
static void
assign_slots(struct forgery *f)
{
	const struct seal *s = &f->d->seal;
	unsigned item = 0, n = s->def == NULL ? 0 : s->row->n_items;

	for (unsigned i = 0; i < f->n; i++) {
		const struct item_def *it = NULL;

		f->piece[i].slot = TABLE_NONE;
		for (; it == NULL && item < n; item++)
			if (s->def->items[s->row->item + item].payload ==
			    f->piece[i].type)
				it = &s->def->items[s->row->item + item];
		if (it == NULL)
			return;
		f->piece[i].slot = it->slot;
		if (it->max > 1)
			item--; /* there may be more of it */
	}
}

static void
split(struct forgery *f, uint8_t type, struct span plain)
{
	struct cur c = cur_of(plain);

	while (type != PAYLOAD_NONE && f->n < PIECES_MAX) {
		struct piece *p = &f->piece[f->n];
		uint8_t next = cur_u8(&c);
		uint16_t length;

		(void)cur_u8(&c);
		length = cur_u16(&c);
		if (c.err != 0 || length < GENERIC_LEN)
			return;
		*p = (struct piece){
		    .type = type, .next = NATURAL, .length = NATURAL};
		octets_set(
		    &p->body, cur_bytes(&c, (size_t)length - GENERIC_LEN));
		f->n++;
		type = next;
	}
}

static struct forgery *
take_apart(const struct sent *d)
{
	struct forgery *f = need(calloc(1, sizeof(*f)));
	struct cur c = cur_of(octets_span(&d->bytes));
	struct octets plain = {NULL, 0};
	uint8_t type;

	f->d = d;
	octets_set(&f->icookie, cur_bytes(&c, 8));
	octets_set(&f->rcookie, cur_bytes(&c, 8));
	type = cur_u8(&c);
	f->version = cur_u8(&c);
	f->xchg = cur_u8(&c);
	f->flags = cur_u8(&c);
	f->msgid = cur_u32(&c);
	f->next = f->length = f->cut = NATURAL;
	f->from = d->path.local;
	wire_open(d, &plain);
	split(f, type, octets_span(&plain));
	octets_free(&plain);
	assign_slots(f);
	return f;
}

unsigned
forge_count(const struct sent *d)
{
	struct forgery *f = take_apart(d);
	unsigned n = f->n;

	forgery_free(f);
	return n;
}

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

static bool
apply_patch(struct octets *to, const struct patch *p)
{
	for (size_t i = 0; i < p->v.n; i++) {
		if (p->at + i >= to->n)
			return false;
		if (p->flip)
			to->p[p->at + i] ^= p->v.p[i];
		else
			to->p[p->at + i] = p->v.p[i];
	}
	return p->v.n > 0;
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
		ok = apply_patch(&p->body, &patch);
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

static bool
edit(struct forgery *f, const char *text)
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

/* ---- putting together ---- */

static void
write_pieces(const struct forgery *f, struct wr *w, unsigned first)
{
	for (unsigned i = first; i < f->n; i++) {
		const struct piece *p = &f->piece[i];
		uint8_t next =
		    i + 1 < f->n ? f->piece[i + 1].type : PAYLOAD_NONE;

		wr_u8(w, p->next == NATURAL ? next : (uint8_t)p->next);
		wr_u8(w, p->reserved);
		wr_u16(w,
		    (uint16_t)(p->length == NATURAL
			    ? (long)p->body.n + GENERIC_LEN
			    : p->length));
		wr_bytes(w, octets_span(&p->body));
	}
}

/* What a term of the HASH payload's formula is now. */
static struct span
term_now(const struct forgery *f, unsigned i, struct wr *after)
{
	const struct seal *s = &f->d->seal;
	const struct term_def *t = &s->def->terms[s->formula->term + i];

	for (unsigned k = 0; k < f->n; k++) {
		if (f->piece[k].slot != t->arg)
			continue;
		if (t->kind == TERM_SLOT)
			return octets_span(&f->piece[k].body);
		if (t->kind == TERM_FIELD)
			return t->get(octets_span(&f->piece[k].body));
		if (t->kind == TERM_AFTER) {
			write_pieces(f, after, k + 1);
			return wr_span(after);
		}
	}
	return octets_span(&s->terms[i]);
}

static bool
rehash(struct forgery *f)
{
	static const size_t room = DATAGRAM_MAX;
	const struct seal *s = &f->d->seal;
	struct span part[SEAL_TERMS];
	uint8_t *buf, out[HASH_MAX];
	struct wr after;
	bool ok;

	if (s->formula == NULL)
		return false;
	buf = need(malloc(room));
	after = wr_of(buf, room);
	for (unsigned i = 0; i < s->formula->n_terms; i++)
		part[i] = term_now(f, i, &after);
	ok = suite_ops()->prf(
	    s->hash, part[0], part + 1, s->formula->n_terms - 1u, out);
	for (unsigned k = 0; ok && k < f->n; k++)
		if (f->piece[k].slot == s->hash_slot)
			octets_set(&f->piece[k].body,
			    span_of(out, suite_ops()->hash_size(s->hash)));
	free(buf);
	return ok;
}

static bool
encrypt(const struct forgery *f, struct wr *w)
{
	const struct seal *s = &f->d->seal;
	size_t block = s->iv.n, n;
	uint8_t iv[BLOCK_MAX];

	if (f->clear || block == 0 || block > sizeof(iv))
		return true;
	wr_bytes(w, octets_span(&f->pad));
	n = wr_span(w).n - HDR_LEN;
	wr_zero(w, (block - n % block) % block);
	memcpy(iv, s->iv.p, block);
	return n == 0 ||
	    (!w->full &&
		suite_ops()->encrypt(s->cipher, octets_span(&s->key), iv,
		    w->start + HDR_LEN, wr_span(w).n - HDR_LEN));
}

static bool
build(const struct forgery *f, struct wr *w)
{
	size_t length;

	wr_bytes(w, octets_span(&f->icookie));
	wr_bytes(w, octets_span(&f->rcookie));
	wr_u8(w,
	    (uint8_t)(f->next != NATURAL ? f->next
		    : f->n > 0           ? f->piece[0].type
					 : PAYLOAD_NONE));
	wr_u8(w, f->version);
	wr_u8(w, f->xchg);
	wr_u8(w, f->flags);
	wr_u32(w, f->msgid);
	wr_u32(w, 0);
	write_pieces(f, w, 0);
	if (w->full || !encrypt(f, w))
		return false;
	length = wr_span(w).n;
	if (f->relative)
		length = (size_t)((long)length + f->length);
	else if (f->length != NATURAL)
		length = (size_t)f->length;
	wr_patch_u32(w, OFFSET_ISAKMP_HDR_LENGTH, (uint32_t)length);
	return true;
}

static bool
finish(const struct forgery *f, struct octets *out)
{
	for (unsigned i = 0; i < f->n_raw; i++)
		if (!apply_patch(out, &f->raw[i]))
			return false;
	if (f->cut != NATURAL && (size_t)f->cut < out->n)
		octets_resize(out, (size_t)f->cut);
	octets_append(out, octets_span(&f->tail));
	return true;
}

/* Edits in their order, then what follows from them. */
static bool
apply(struct forgery *f, char *const *edits, unsigned n, struct text *why)
{
	for (unsigned i = 0; i < n; i++)
		if (!edit(f, edits[i])) {
			text_add(
			    why, "cannot do '%s' to %s", edits[i], f->d->name);
			return false;
		}
	if (!f->rehash || rehash(f))
		return true;
	text_add(why, "%s has no HASH payload to compute", f->d->name);
	return false;
}

bool
forge(const struct sent *d, char *const *edits, unsigned n, struct octets *out,
    struct endpoint *from, struct text *why)
{
	static const size_t room = DATAGRAM_MAX;
	struct forgery *f = take_apart(d);
	uint8_t *buf = need(malloc(room));
	struct wr w = wr_of(buf, room);
	bool ok = apply(f, edits, n, why);

	if (ok) {
		ok = build(f, &w);
		octets_set(out, wr_span(&w));
		ok = ok && finish(f, out);
		if (!ok)
			text_add(why,
			    "the forged %s does not fit, or an "
			    "edit is behind its end",
			    d->name);
	}
	*from = f->from;
	forgery_free(f);
	free(buf);
	return ok;
}
