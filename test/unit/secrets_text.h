/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of ipsec.secrets, with the keys of test/vectors/rsa.h, and its parts. */
#ifndef TEST_UNIT_SECRETS_TEXT_H
#define TEST_UNIT_SECRETS_TEXT_H

#include "engine/ike/secrets.h"
#include "test/unit/unit.h"
#include "test/vectors/rsa.h"

enum { SECRETS_TEXT_MAX = 32768 };

/* What was complained of and warned of. */
struct said {
	char complaints[4096], warnings[4096];
};

static inline void
said_add(char *to, const char *text)
{
	size_t n = strlen(to);

	snprintf(to + n, 4096 - n, "%s\n", text);
}

static inline void
said_complaint(void *ctx, const char *text)
{
	said_add(((struct said *)ctx)->complaints, text);
}

static inline void
said_warning(void *ctx, const char *text)
{
	said_add(((struct said *)ctx)->warnings, text);
}

static inline bool
said_no_host(void *ctx, const char *name, struct addr *out)
{
	(void)ctx;
	(void)name;
	(void)out;
	return false;
}

/* "RSA { … }" with the numbers in hexadecimal. */
static inline void
secrets_text_rsa(struct text *t, enum rsa_vector_name name)
{
	text_add(t, "RSA\t{\n");
	for (size_t i = 0; i < RSA_FIELDS; i++)
		text_add(t, "\t%s: 0x%s\n", rsa_field_name((enum rsa_field)i),
		    rsa_vectors[name].field[i]);
	text_add(t, "\t}");
}

/* The lines of a file; <A> to <C> in them stand for keys of 1024 bits. */
static inline void
secrets_text_expand(struct text *t, const char *lines)
{
	static const enum rsa_vector_name keys[] = {
	    RSA_VECTOR_1024_A,
	    RSA_VECTOR_1024_B,
	    RSA_VECTOR_1024_E3,
	};

	for (; *lines != '\0'; lines++) {
		if (lines[0] != '<') {
			text_add(t, "%c", lines[0]);
			continue;
		}
		secrets_text_rsa(t, keys[lines[1] - 'A']);
		lines += 2;
	}
}

/* Parse it as file "f"; no host name is known, nothing included. */
static inline struct secrets *
secrets_text_load(const char *lines, struct said *said, unsigned *bad)
{
	const struct secrets_source from = {
	    .ctx = said,
	    .resolve = said_no_host,
	    .complain = said_complaint,
	    .warn = said_warning,
	};
	struct secrets *s = secrets_new();
	static char buf[SECRETS_TEXT_MAX];
	struct text t = text_of(buf, sizeof(buf));

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	*said = (struct said){{0}, {0}};
	secrets_text_expand(&t, lines);
	CU_ASSERT_FALSE_FATAL(t.cut);
	*bad = secrets_add(s, span_str(t.p), "f", 0, &from);
	return s;
}

/* As in a file, or "any": nobody known. */
static inline struct ident
secrets_text_ident(const char *s)
{
	struct ident i = {0};
	TEXT(why, 400);

	if (strcmp(s, "any") != 0)
		CU_ASSERT_TRUE(ident_parse(&i, span_str(s), &why));
	return i;
}

#endif
