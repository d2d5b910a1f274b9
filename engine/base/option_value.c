/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of options, as text on a command line and as octets on the control
 * socket.  Both are held to the same ranges, here.
 */
#include <string.h>

#include "engine/base/addr.h"
#include "engine/base/option.h"

static size_t
choice_count(const struct option_def *o)
{
	size_t n = 0;

	while (o->choices[n] != NULL)
		n++;
	return n;
}

static void
choices_print(struct text *t, const struct option_def *o)
{
	for (size_t i = 0; o->choices[i] != NULL; i++)
		text_add(t, "%s%s", i == 0 ? "" : " or ", o->choices[i]);
}

/* A range of 0..0 in the table is no limit. */
static bool
number_check(const struct option_def *o, uint32_t number, struct text *why)
{
	uint32_t max = o->max == 0 ? UINT32_MAX : o->max;

	if (number >= o->min && number <= max)
		return true;
	text_add(why, "--%s %lu is not in %lu..%lu", o->name,
	    (unsigned long)number, (unsigned long)o->min, (unsigned long)max);
	return false;
}

static bool
string_check(const struct option_def *o, struct span s, struct text *why)
{
	if (s.n < o->min || (o->max != 0 && s.n > o->max)) {
		text_add(why,
		    "--%s must have %lu..%lu characters, this has %zu", o->name,
		    (unsigned long)o->min, (unsigned long)o->max, s.n);
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= ' ' && s.p[i] != 0x7f)
			continue;
		text_add(why, "--%s ", o->name);
		text_quoted(why, s, 64);
		text_add(why, " contains a control character");
		return false;
	}
	return true;
}

static bool
data_check(const struct option_def *o, struct span s, struct text *why)
{
	if (s.n >= o->min && (o->max == 0 || s.n <= o->max))
		return true;
	text_add(why, "--%s must have %lu..%lu octets, this has %zu", o->name,
	    (unsigned long)o->min, (unsigned long)o->max, s.n);
	return false;
}

static bool
length_check(
    const struct option_def *o, size_t n, size_t a, size_t b, struct text *why)
{
	if (n == a || n == b)
		return true;
	text_add(why, "the value of --%s must have %zu", o->name, a);
	if (a != b)
		text_add(why, " or %zu", b);
	text_add(why, " octets, this has %zu", n);
	return false;
}

static bool
flag_check(const struct option_def *o, struct span bytes, struct text *why)
{
	if (!length_check(o, bytes.n, 1, 1, why))
		return false;
	if (bytes.p[0] != 1)
		text_add(why, "the value of --%s must be 1, this is %u",
		    o->name, bytes.p[0]);
	return bytes.p[0] == 1;
}

static bool
address_check(const struct option_def *o, struct span bytes, struct text *why)
{
	return (bytes.n == 1 && bytes.p[0] == OPTION_ANY) ||
	    length_check(o, bytes.n, 4, 16, why);
}

static bool
subnet_check(const struct option_def *o, struct span bytes, struct text *why)
{
	struct subnet s;
	struct addr mask;

	if (!length_check(o, bytes.n, 5, 17, why))
		return false;
	s.bits = bytes.p[bytes.n - 1];
	if (addr_from_span(&s.a, span_head(bytes, bytes.n - 1)) &&
	    s.bits <= addr_bits(&s.a)) {
		subnet_mask(&s, &mask);
		if (subnet_from_mask(&s, &s.a, &mask))
			return true;
	}
	text_add(why,
	    "the value of --%s is not a subnet: prefix length %u is "
	    "too long or leaves host bits",
	    o->name, bytes.p[bytes.n - 1]);
	return false;
}

bool
option_value_check(const struct option_def *o, struct span bytes,
    uint32_t *number, struct text *why)
{
	struct cur c = cur_of(bytes);

	*number = 0;
	switch ((enum option_kind)o->kind) {
	case OPTION_FLAG: *number = 1; return flag_check(o, bytes, why);
	case OPTION_SEPARATOR: return length_check(o, bytes.n, 0, 0, why);
	case OPTION_BIT:
	case OPTION_MASK: *number = o->bit; return flag_check(o, bytes, why);
	case OPTION_NUMBER:
	case OPTION_SECONDS:
		*number = cur_u32(&c);
		return length_check(o, bytes.n, 4, 4, why) &&
		    number_check(o, *number, why);
	case OPTION_CHOICE:
		*number = cur_u32(&c);
		if (!length_check(o, bytes.n, 4, 4, why))
			return false;
		if (*number >= choice_count(o))
			text_add(why, "--%s has no choice %lu", o->name,
			    (unsigned long)*number);
		return *number < choice_count(o);
	case OPTION_STRING:
	case OPTION_IDENTITY:
	case OPTION_PATH: return string_check(o, bytes, why);
	case OPTION_DATA: return data_check(o, bytes, why);
	case OPTION_ADDRESS: return address_check(o, bytes, why);
	case OPTION_SUBNET: return subnet_check(o, bytes, why);
	}
	return false;
}

/* Decimal digits only. */
static bool
number_parse(const struct option_def *o, const char *s, uint32_t *number,
    struct text *why)
{
	uint64_t v = 0;
	size_t n = strspn(s, "0123456789");

	if (n == 0 || s[n] != '\0') {
		text_add(why, "--%s needs a number, found ", o->name);
		text_quoted(why, span_str(s), 64);
		return false;
	}
	for (size_t i = 0; i < n && v <= UINT32_MAX; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	*number = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	if (v > UINT32_MAX) {
		text_add(why, "--%s %s is too large", o->name, s);
		return false;
	}
	return number_check(o, *number, why);
}

static bool
choice_parse(const struct option_def *o, const char *s, uint32_t *number,
    struct text *why)
{
	for (uint32_t i = 0; o->choices[i] != NULL; i++) {
		*number = i;
		if (strcmp(o->choices[i], s) == 0)
			return true;
	}
	text_add(why, "--%s must be ", o->name);
	choices_print(why, o);
	text_add(why, ", found ");
	text_quoted(why, span_str(s), 64);
	return false;
}

bool
option_value_parse(
    const struct option_def *o, struct option_value *v, struct text *why)
{
	switch ((enum option_kind)o->kind) {
	case OPTION_NUMBER:
	case OPTION_SECONDS: return number_parse(o, v->text, &v->number, why);
	case OPTION_CHOICE: return choice_parse(o, v->text, &v->number, why);
	case OPTION_STRING:
	case OPTION_IDENTITY:
	case OPTION_PATH: return string_check(o, span_str(v->text), why);
	case OPTION_FLAG:
	case OPTION_BIT:
	case OPTION_MASK:
	case OPTION_DATA:
	case OPTION_ADDRESS:
	case OPTION_SUBNET:
	case OPTION_SEPARATOR: return true;
	}
	return false;
}
