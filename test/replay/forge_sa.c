/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An SA payload as a tree that can be changed and written again. */
#include "test/replay/forge_sa.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen/layout.gen.h"
#include "test/fake/fake.h"

enum { PROPOSALS_MAX = 20, TRANSFORMS_MAX = 80, SA_MAX = 8000 };
enum { ATTR_BASIC = 0x8000 };

struct transform {
	uint8_t number, id;
	uint16_t reserved;
	struct octets attrs;
	unsigned proposal; /* index of what it belongs to */
	unsigned copies;
};
struct proposal {
	uint8_t number, protocol;
	struct octets spi;
	long ntrans; /* -1: as many as there are */
	unsigned copies;
};
struct tree {
	uint8_t head[8]; /* DOI, situation */
	struct proposal p[PROPOSALS_MAX];
	struct transform t[TRANSFORMS_MAX];
	unsigned n_p, n_t;
};

/* What an edit says: where, which field, which value. */
struct edit {
	bool transform;
	unsigned index; /* from 1; 0: all */
	char field[16];
	bool more; /* += */
	const char *value;
};

static void
tree_free(struct tree *t)
{
	for (unsigned i = 0; i < t->n_p; i++)
		octets_free(&t->p[i].spi);
	for (unsigned i = 0; i < t->n_t; i++)
		octets_free(&t->t[i].attrs);
}

static bool
read_transforms(struct tree *t, const struct pl_p *p)
{
	struct pl_t_it it;

	for (pl_t_first(&it, p->transforms, p->protocol); it.ok;
	     pl_t_next(&it)) {
		struct transform *to = &t->t[t->n_t];

		if (t->n_t == TRANSFORMS_MAX)
			return false;
		t->n_t++;
		*to = (struct transform){.number = it.item.number,
		    .id = it.item.id,
		    .proposal = t->n_p,
		    .copies = 1};
		octets_set(&to->attrs, it.item.attrs);
	}
	return true;
}

static bool
tree_read(struct tree *t, struct span body)
{
	struct pl_sa sa;
	struct pl_p_it it;
	uint16_t notify;

	*t = (struct tree){.n_p = 0};
	if (!dec_sa(body, &sa, &notify))
		return false;
	memcpy(t->head, body.p, sizeof(t->head));
	for (pl_p_first(&it, sa.proposals); it.ok; pl_p_next(&it)) {
		struct proposal *to = &t->p[t->n_p];

		if (t->n_p == PROPOSALS_MAX || !read_transforms(t, &it.item))
			return false;
		t->n_p++;
		*to = (struct proposal){.number = it.item.number,
		    .protocol = it.item.protocol,
		    .ntrans = -1,
		    .copies = 1};
		octets_set(&to->spi, it.item.spi);
	}
	return true;
}

/* ---- writing ---- */

static void
write_transform(struct wr *w, const struct transform *t, size_t *last)
{
	for (unsigned i = 0; i < t->copies; i++) {
		if (*last != 0)
			wr_patch_u8(w, *last, PAYLOAD_T);
		*last = wr_frame_begin(w, PAYLOAD_NONE);
		wr_u8(w, t->number);
		wr_u8(w, t->id);
		wr_u16(w, t->reserved);
		wr_bytes(w, octets_span(&t->attrs));
		wr_frame_end(w, *last);
	}
}

static void
write_proposal(struct wr *w, const struct tree *t, unsigned index)
{
	const struct proposal *p = &t->p[index];
	unsigned n = 0;
	size_t last = 0;

	for (unsigned i = 0; i < t->n_t; i++)
		n += t->t[i].proposal == index ? t->t[i].copies : 0;
	wr_u8(w, p->number);
	wr_u8(w, p->protocol);
	wr_u8(w, (uint8_t)p->spi.n);
	wr_u8(w, (uint8_t)(p->ntrans < 0 ? (long)n : p->ntrans));
	wr_bytes(w, octets_span(&p->spi));
	for (unsigned i = 0; i < t->n_t; i++)
		if (t->t[i].proposal == index)
			write_transform(w, &t->t[i], &last);
}

static bool
tree_write(const struct tree *t, struct octets *body)
{
	uint8_t buf[SA_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t mark, last = 0;

	wr_bytes(&w, span_of(t->head, sizeof(t->head)));
	for (unsigned i = 0; i < t->n_p; i++)
		for (unsigned k = 0; k < t->p[i].copies; k++) {
			if (last != 0)
				wr_patch_u8(&w, last, PAYLOAD_P);
			last = mark = wr_frame_begin(&w, PAYLOAD_NONE);
			write_proposal(&w, t, i);
			wr_frame_end(&w, mark);
		}
	octets_set(body, wr_span(&w));
	return !w.full;
}

/* ---- attributes ---- */

static bool
number_of(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	*out = strtoul(text, &end, 0);
	return end != text && *end == '\0' && *out <= max;
}

static bool
attr_octets(unsigned number, const char *value, struct octets *out)
{
	uint8_t head[4];
	struct wr w = wr_of(head, sizeof(head));
	struct octets v = {NULL, 0};
	unsigned long n;
	bool ok = true;

	if (strncmp(value, "v:", 2) == 0) {
		ok = octets_parse(&v, value + 2, 0);
		wr_u16(&w, (uint16_t)number);
		wr_u16(&w, (uint16_t)v.n);
	} else {
		ok = number_of(value, UINT16_MAX, &n);
		wr_u16(&w, (uint16_t)(ATTR_BASIC | number));
		wr_u16(&w, (uint16_t)n);
	}
	octets_append(out, wr_span(&w));
	octets_append(out, octets_span(&v));
	octets_free(&v);
	return ok;
}

/* Copies attributes; the one with this number is left out and replaced. */
static bool
set_attr(struct octets *attrs, unsigned number, const char *value, bool more)
{
	struct cur c = cur_of(octets_span(attrs));
	struct octets out = {NULL, 0};
	bool done = strcmp(value, "none") == 0, ok = true;

	for (;;) {
		const uint8_t *start = c.p;
		struct attr a;

		if (!attr_next(&c, &a))
			break;
		if (more || a.number != number)
			octets_append(
			    &out, span_of(start, (size_t)(c.p - start)));
		else if (!done)
			ok = done = attr_octets(number, value, &out);
	}
	if (!done)
		ok = attr_octets(number, value, &out);
	octets_free(attrs);
	*attrs = out;
	return ok;
}

/* ---- edits ---- */

static bool
edit_parse(struct edit *e, const char *text)
{
	const char *dot = strchr(text, '.'), *eq = strchr(text, '=');
	size_t n;

	if ((*text != 'P' && *text != 'T') || dot == NULL || eq == NULL ||
	    eq < dot)
		return false;
	for (const char *p = text + 1; p < dot; p++)
		if (!isdigit((unsigned char)*p))
			return false;
	e->transform = *text == 'T';
	e->index = (unsigned)strtoul(text + 1, NULL, 10);
	e->more = eq[-1] == '+';
	e->value = eq + 1;
	n = (size_t)(eq - dot) - 1 - (e->more ? 1 : 0);
	if (n >= sizeof(e->field))
		return false;
	memcpy(e->field, dot + 1, n);
	e->field[n] = '\0';
	return true;
}

static bool
edit_proposal(struct proposal *p, const struct edit *e)
{
	unsigned long v = 0;
	bool number = number_of(e->value, UINT8_MAX, &v);

	if (strcmp(e->field, "omit") == 0)
		p->copies = 0;
	else if (strcmp(e->field, "dup") == 0)
		p->copies = 2;
	else if (strcmp(e->field, "spi") == 0)
		return octets_free(&p->spi), octets_parse(&p->spi, e->value, 0);
	else if (strcmp(e->field, "number") == 0)
		p->number = (uint8_t)v;
	else if (strcmp(e->field, "protocol") == 0)
		p->protocol = (uint8_t)v;
	else if (strcmp(e->field, "ntrans") == 0)
		p->ntrans = (long)v;
	else
		return false;
	return number || p->copies != 1;
}

static bool
edit_transform(struct transform *t, const struct edit *e)
{
	unsigned long v = 0, attr = 0;
	bool number = number_of(e->value, UINT16_MAX, &v);

	if (strcmp(e->field, "omit") == 0)
		t->copies = 0;
	else if (strcmp(e->field, "dup") == 0)
		t->copies = 2;
	else if (strcmp(e->field, "attrs") == 0)
		return octets_free(&t->attrs),
		       octets_parse(&t->attrs, e->value, 0);
	else if (strcmp(e->field, "number") == 0)
		t->number = (uint8_t)v;
	else if (strcmp(e->field, "id") == 0)
		t->id = (uint8_t)v;
	else if (strcmp(e->field, "reserved") == 0)
		t->reserved = (uint16_t)v;
	else if (e->field[0] == 'a' && number_of(e->field + 1, 0x7fff, &attr))
		return set_attr(&t->attrs, (unsigned)attr, e->value, e->more);
	else
		return false;
	return number || t->copies != 1;
}

static bool
edit_tree(struct tree *t, const struct edit *e)
{
	unsigned n = e->transform ? t->n_t : t->n_p;

	if (e->index > n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (e->index != 0 && e->index != i + 1)
			continue;
		if (e->transform ? !edit_transform(&t->t[i], e)
				 : !edit_proposal(&t->p[i], e))
			return false;
	}
	return true;
}

bool
forge_sa_is(const char *text)
{
	struct edit e;

	return edit_parse(&e, text);
}

bool
forge_sa(struct octets *body, const char *text)
{
	struct tree *t = fake_need(calloc(1, sizeof(*t)));
	struct edit e;
	bool ok;

	ok = edit_parse(&e, text) && tree_read(t, octets_span(body)) &&
	    edit_tree(t, &e) && tree_write(t, body);
	tree_free(t);
	free(t);
	return ok;
}
