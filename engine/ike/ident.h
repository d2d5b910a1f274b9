/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identities: RFC 2407 4.6.2 ID payloads and their spellings. */
#ifndef ENGINE_IKE_IDENT_H
#define ENGINE_IKE_IDENT_H

#include "engine/base/addr.h"

/* type is enum id_type, 0: not set.  Plain bytes: address in network order, or
 * text without terminator.  FQDN without its '@'. */
struct ident {
	uint8_t type;
	uint8_t n;
	uint8_t data[255];
};

struct ident ident_of_addr(const struct addr *a);
/* "1.2.3.4", "fd00::1", "@name", "user@name".  False: *why says what is
 * wrong. */
NODISCARD bool
ident_parse(struct ident *id, struct span text, struct text *why);
/* From an ID payload's type and data; false: not an identity that can be
 * compared (subnets, ranges, unknown types). */
NODISCARD bool
ident_from_payload(struct ident *id, uint8_t type, struct span data);
struct span ident_span(const struct ident *id); /* borrowed */
/* FQDN and the name part of user@FQDN compare without case. */
bool ident_equal(const struct ident *a, const struct ident *b);
/* The same for identities that are equal. */
uint32_t ident_hash(const struct ident *id);
/* As whack takes it: 1.2.3.4, @name, user@name; a key ID as @# and hexadecimal.
 * Peer-chosen text is escaped. */
void ident_print(struct text *t, const struct ident *id);
/* The address, for ADDR types; false otherwise. */
NODISCARD bool ident_addr(const struct ident *id, struct addr *a);

#endif
