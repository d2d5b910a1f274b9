/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups in the generated name tables. */
#include "engine/base/enums.h"

#include <strings.h>

const struct enum_item *
enum_find(const struct enum_def *d, uint32_t value)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->items[mid].value == value)
			return &d->items[mid];
		if (d->items[mid].value < value)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct enum_item *
enum_by_name(const struct enum_def *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcasecmp(d->items[i].name, name) == 0)
			return &d->items[i];
	return NULL;
}

bool
enum_valid(const struct enum_def *d, uint32_t value)
{
	return enum_find(d, value) != NULL;
}

bool
bits_valid(const struct enum_def *d, uint32_t value)
{
	for (size_t i = 0; i < d->n; i++)
		value &= ~d->items[i].value;
	return value == 0;
}

void
enum_print(struct text *t, const struct enum_def *d, uint32_t value)
{
	const struct enum_item *item = enum_find(d, value);

	if (item != NULL)
		text_add(t, "%s", item->name);
	else
		text_add(t, "%lu", (unsigned long)value);
}

void
bits_print(struct text *t, const struct enum_def *d, uint32_t value)
{
	const char *plus = "";

	if (value == 0)
		text_add(t, "none");
	for (size_t i = 0; i < d->n; i++) {
		if ((value & d->items[i].value) == 0)
			continue;
		text_add(t, "%s%s", plus, d->items[i].name);
		plus = "+";
		value &= ~d->items[i].value;
	}
	if (value != 0)
		text_add(t, "%s0x%lx", plus, (unsigned long)value);
}
