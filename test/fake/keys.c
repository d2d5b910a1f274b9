/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See the header; the fields' names are those of ipsec.secrets(5). */
#include "test/fake/keys.h"

#include "engine/base/ttodata.h"

static const char *const field_names[RSA_FIELDS] = {
    "Modulus",
    "PublicExponent",
    "PrivateExponent",
    "Prime1",
    "Prime2",
    "Exponent1",
    "Exponent2",
    "Coefficient",
};

void
fake_rsa_entry(struct text *t, const char *indices, enum rsa_vector_name key)
{
	text_add(t, "%s: RSA {\n", indices);
	for (size_t i = 0; i < RSA_FIELDS; i++)
		text_add(t, "\t%s: 0x%s\n", field_names[i],
		    rsa_vectors[key].field[i]);
	text_add(t, "\t}\n");
}

void
fake_rsa_blob(struct text *t, enum rsa_vector_name key)
{
	struct rsa_private *private = rsa_vector_key(key);
	uint8_t blob[RSA_BLOB_MAX];
	struct wr w = wr_of(blob, sizeof(blob));

	rsa_public_blob(rsa_private_public(private), &w);
	text_add(t, "0s");
	text_base64(t, wr_span(&w));
	rsa_private_put(private);
}
