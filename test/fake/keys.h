/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RSA keys of test/vectors as people and whack write them. */
#ifndef TEST_FAKE_KEYS_H
#define TEST_FAKE_KEYS_H

#include "engine/base/text.h"
#include "test/vectors/rsa.h"

enum { FAKE_RSA_ENTRY = 6000, FAKE_RSA_BLOB = 800 }; /* octets of text */

/* Append an entry of ipsec.secrets: the private key, for these indices. */
void
fake_rsa_entry(struct text *t, const char *indices, enum rsa_vector_name key);
/* Append its public half, as for --pubkeyrsa. */
void fake_rsa_blob(struct text *t, enum rsa_vector_name key);

#endif
