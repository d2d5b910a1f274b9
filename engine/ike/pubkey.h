/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Public keys of peers, by identity: what whack --keyid has said.  An identity
 * may have several, any of which may have made a signature.
 */
#ifndef ENGINE_IKE_PUBKEY_H
#define ENGINE_IKE_PUBKEY_H

#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/crypto/rsa.h"
#include "engine/ike/ident.h"

/* Keys of one identity: each costs time when a signature fits none of them. */
enum { PUBKEYS_PER_IDENT = 16 };

struct pubkey {
	struct list_node all; /* in order of arrival */
	struct hash_node by_ident;
	struct ident ident;
	struct rsa_public *key;
};

struct pubkeys;

struct pubkeys *pubkeys_new(void); /* NULL: no memory */
void pubkeys_free(struct pubkeys *ps);
size_t pubkeys_count(const struct pubkeys *ps);
/*
 * One more key for this identity; one that it has already changes nothing.
 * False: no memory, or it has PUBKEYS_PER_IDENT.  The key is gone then.
 */
NODISCARD bool pubkey_add_take(
    struct pubkeys *ps, const struct ident *id, struct rsa_public *key);
/* Forget the identity's keys; their number. */
size_t pubkey_forget(struct pubkeys *ps, const struct ident *id);
/* The keys of an identity, or of all (id NULL) in order of arrival; NULL
 * starts and ends. */
const struct pubkey *pubkey_next(const struct pubkeys *ps,
    const struct ident *id, const struct pubkey *after);
size_t pubkey_count(const struct pubkeys *ps, const struct ident *id);
/* "2048-bit RSA key AwEAAcXyZ" */
void pubkey_print(struct text *t, const struct rsa_public *key);

#endif
