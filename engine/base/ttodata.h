/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text forms of binary data in ipsec.secrets and in whack's options: 0x
 * with hexadecimal, 0s with base 64, 0t with the text itself.
 */
#ifndef ENGINE_BASE_TTODATA_H
#define ENGINE_BASE_TTODATA_H

#include "engine/base/secret.h"
#include "engine/base/text.h"

/*
 * The octets that text stands for, at least one.  '_' between hexadecimal or
 * base 64 digits is skipped; padding of base 64 may be left out.  False: not
 * such a form, or no memory; *out is empty.
 */
NODISCARD bool ttodata(struct secret *out, struct span text);
/* Base 64 with its padding (RFC 4648 section 4), without the 0s. */
void text_base64(struct text *t, struct span s);

#endif
