/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three exchanges between other IKE daemons on a real network, with the secrets
 * that they logged: Main Mode with a preshared key, one Quick Mode for a
 * tunnel, ESP, and the Deletes at the end.  Our formulas must arrive at the
 * same keys and accept the same hashes.
 *
 * Every string of bytes is in lower-case hexadecimal.
 */
#ifndef TEST_VECTORS_CAPTURES_H
#define TEST_VECTORS_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>

/* What a UDP datagram on port 500 carried, or an ESP packet from its SPI on. */
struct capture_packet {
	bool from_initiator;
	const char *hex;
};

struct capture {
	const char *name;
	const char *cipher, *hash; /* 'lib' names of spec/alg.spec */
	const char *group;         /* name in spec/alg.spec */
	const char *psk;           /* plain text */
	/*
	 * In the order of the wire: ike[0..5] are Main Mode, ike[6..8] Quick
	 * Mode, the rest Informational exchanges, each with its own message id.
	 */
	const struct capture_packet *ike;
	size_t n_ike;
	/*
	 * The first packet of each direction.  The cipher is 3DES-CBC; the ICV
	 * is the first 12 octets of the HMAC that Quick Mode negotiated, which
	 * is the capture's 'hash' too.
	 */
	const struct capture_packet *esp;
	size_t n_esp;
	/* What the daemons logged; g_xy and iv are NULL if they did not. */
	const char *g_xy;
	const char *skeyid, *skeyid_d, *skeyid_a, *skeyid_e;
	const char *enc_key; /* RFC 2409 appendix B, "Ka" */
	const char *iv;      /* of ike[4] */
};

enum { CAPTURES = 3 };
extern const struct capture captures[CAPTURES];

#endif
