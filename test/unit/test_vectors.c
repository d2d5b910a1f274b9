/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded exchanges of other daemons, followed with nothing but engine/crypto
 * and RFC 2409 written down by hand: a second opinion beside the engine's own
 * codecs and formulas, which are tested against the same recordings.
 */
#include "test/vectors/captures.h"

#include "engine/crypto/cipher.h"
#include "engine/crypto/prf.h"
#include "test/unit/unit.h"

enum {
	MAX_IKE = 13,
	MAX_SIZE = 512,
	SA = 1,
	KE = 4,
	ID = 5,
	HASH = 8,
	NONCE = 10,
	DELETE = 12,
	MAIN_MODE = 2,
	QUICK_MODE = 32,
	INFORMATIONAL = 5,
	ESP = 3,
};

struct message {
	uint8_t buf[MAX_SIZE];
	struct span id;       /* message id, four octets */
	uint8_t first;        /* type of the first payload */
	struct span payloads; /* decrypted, without padding */
};

/* One recording, decrypted.  The spans point into m. */
struct session {
	const struct capture *c;
	const struct hash_impl *h;
	const struct cipher_impl *e;
	struct message m[MAX_IKE];
	struct span icookie, rcookie;
	struct span ki, kr, ni, nr;     /* KE and nonce bodies of Main Mode */
	uint8_t iv[HASH_MAX_SIZE];      /* for ike[4] */
	uint8_t last[CIPHER_MAX_BLOCK]; /* of Main Mode's ciphertext */
};

/*
 * The n-th body of a type; SPAN_NONE if there is none.  *length, unless NULL,
 * becomes that of all payloads.
 */
static struct span
payload(const struct message *m, uint8_t type, int n, size_t *length)
{
	struct cur c = cur_of(m->payloads);
	struct span found = SPAN_NONE;
	uint8_t at = m->first;

	while (at != 0 && c.err == 0) {
		uint8_t next = cur_u8(&c);
		struct span body;

		(void)cur_u8(&c);
		body = cur_bytes(&c, (size_t)(uint16_t)(cur_u16(&c) - 4));
		if (at == type && n-- == 0)
			found = body;
		at = next;
	}
	CU_ASSERT_EQUAL(c.err, 0);
	if (length != NULL)
		*length = m->payloads.n - cur_left(&c);
	return found;
}

static void
prf(const struct session *s, struct span key, const struct span *parts,
    size_t n, uint8_t *out)
{
	CU_ASSERT_TRUE(hmac_run(s->h, key, parts, n, out));
}

/* Decrypt and cut off the padding. */
static void
decrypt(struct session *s, struct message *m, uint8_t *iv)
{
	uint8_t key_buf[32];
	struct span key = unit_hex(s->c->enc_key, key_buf, sizeof(key_buf));
	size_t n = 0;

	CU_ASSERT_TRUE(
	    cipher_decrypt(s->e, key, iv, m->buf + 28, m->payloads.n));
	(void)payload(m, 0, 0, &n);
	CU_ASSERT_TRUE(m->payloads.n - n < 2 * cipher_block(s->e));
	m->payloads = span_head(m->payloads, n);
}

/* RFC 2409 appendix B: a Quick Mode's or Informational's first IV. */
static void
second_iv(const struct session *s, const struct message *m, uint8_t *iv)
{
	struct span parts[] = {span_of(s->last, cipher_block(s->e)), m->id};

	CU_ASSERT_TRUE(hash_run(s->h, parts, 2, iv));
}

static void
read_message(struct message *m, const char *hex, uint8_t exchange, bool crypt)
{
	struct span all = unit_hex(hex, m->buf, sizeof(m->buf));

	CU_ASSERT_TRUE_FATAL(all.n > 28);
	CU_ASSERT_EQUAL(all.p[18], exchange);
	CU_ASSERT_EQUAL(all.p[19], crypt ? 1 : 0);
	CU_ASSERT_EQUAL((size_t)all.p[26] << 8 | all.p[27], all.n);
	m->first = all.p[16];
	m->id = span_head(span_from(all, 20), 4);
	m->payloads = span_from(all, 28);
}

/* Main Mode in the clear, and the IV of its encrypted part. */
static void
open_main_mode(struct session *s)
{
	struct span ke[2];

	s->icookie = span_of(s->m[1].buf, 8);
	s->rcookie = span_of(s->m[1].buf + 8, 8);
	s->ki = payload(&s->m[2], KE, 0, NULL);
	s->kr = payload(&s->m[3], KE, 0, NULL);
	s->ni = payload(&s->m[2], NONCE, 0, NULL);
	s->nr = payload(&s->m[3], NONCE, 0, NULL);
	ke[0] = s->ki;
	ke[1] = s->kr;
	CU_ASSERT_TRUE(hash_run(s->h, ke, 2, s->iv));
}

/* Read and decrypt everything. */
static void
session_open(struct session *s, const struct capture *c)
{
	uint8_t iv[HASH_MAX_SIZE];

	memset(s, 0, sizeof(*s));
	s->c = c;
	s->h = hash_find(c->hash);
	s->e = cipher_find(c->cipher);
	CU_ASSERT_TRUE_FATAL(s->h != NULL && s->e != NULL);
	CU_ASSERT_TRUE_FATAL(c->n_ike > 9 && c->n_ike <= MAX_IKE);
	for (size_t i = 0; i < c->n_ike; i++)
		read_message(&s->m[i], c->ike[i].hex,
		    i < 6       ? MAIN_MODE
			: i < 9 ? QUICK_MODE
				: INFORMATIONAL,
		    i >= 4);
	open_main_mode(s);
	memcpy(iv, s->iv, sizeof(iv));
	decrypt(s, &s->m[4], iv);
	decrypt(s, &s->m[5], iv);
	memcpy(s->last, iv, cipher_block(s->e));
	second_iv(s, &s->m[6], iv);
	for (size_t i = 6; i < 9; i++)
		decrypt(s, &s->m[i], iv);
	for (size_t i = 9; i < c->n_ike; i++) {
		second_iv(s, &s->m[i], iv);
		decrypt(s, &s->m[i], iv);
	}
}

/* Compare with the HASH payload of a message. */
static void
check_hash(const struct session *s, const struct message *m, struct span key,
    const struct span *parts, size_t n)
{
	uint8_t out[HASH_MAX_SIZE];

	prf(s, key, parts, n, out);
	CU_ASSERT_TRUE(span_equal(
	    payload(m, HASH, 0, NULL), span_of(out, hash_size(s->h))));
}

/* RFC 2409 section 5: SKEYID = prf(pre-shared-key, Ni_b | Nr_b). */
static void
test_vectors_skeyid(void)
{
	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;
		uint8_t out[HASH_MAX_SIZE];

		session_open(&s, &captures[i]);
		prf(&s, span_str(s.c->psk), (struct span[]){s.ni, s.nr}, 2,
		    out);
		CU_ASSERT_TRUE(
		    unit_is_hex(span_of(out, hash_size(s.h)), s.c->skeyid));
	}
}

/*
 * RFC 2409 section 5: SKEYID_d, _a and _e = prf(SKEYID, previous | g^xy |
 * CKY-I | CKY-R | 0, 1 or 2).
 */
static void
test_vectors_skeyid_d_a_e(void)
{
	size_t compared = 0;

	for (size_t i = 0; i < CAPTURES; i++) {
		const struct capture *c = &captures[i];
		const char *const want[] = {
		    c->skeyid_d, c->skeyid_a, c->skeyid_e};
		struct session s;
		uint8_t key[HASH_MAX_SIZE], g_xy[MAX_SIZE], out[HASH_MAX_SIZE];
		struct span previous = SPAN_NONE;

		if (c->g_xy == NULL)
			continue;
		session_open(&s, c);
		for (uint8_t n = 0; n < 3; n++) {
			prf(&s, unit_hex(c->skeyid, key, sizeof(key)),
			    (struct span[]){previous,
				unit_hex(c->g_xy, g_xy, sizeof(g_xy)),
				s.icookie, s.rcookie, span_of(&n, 1)},
			    5, out);
			previous = span_of(out, hash_size(s.h));
			CU_ASSERT_TRUE(unit_is_hex(previous, want[n]));
			compared++;
		}
	}
	CU_ASSERT_EQUAL(compared, 6);
}

/* RFC 2409 appendix B, conf. 80: Ka = K1 | K2 .., K1 = prf(SKEYID_e, 0). */
static void
test_vectors_encryption_key(void)
{
	for (size_t i = 0; i < CAPTURES; i++) {
		const struct capture *c = &captures[i];
		struct session s;
		uint8_t e[HASH_MAX_SIZE], ka[2 * HASH_MAX_SIZE], zero = 0;
		struct span key = unit_hex(c->skeyid_e, e, sizeof(e));
		struct span last = span_of(&zero, 1);

		session_open(&s, c);
		CU_ASSERT_TRUE(key.n < 24);
		prf(&s, key, &last, 1, ka);
		last = span_of(ka, hash_size(s.h));
		prf(&s, key, &last, 1, ka + last.n);
		CU_ASSERT_TRUE(unit_is_hex(span_of(ka, 24), c->enc_key));
	}
}

/* RFC 2409 appendix B: the first IV = hash(g^xi | g^xr). */
static void
test_vectors_first_iv(void)
{
	size_t compared = 0;

	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;

		if (captures[i].iv == NULL)
			continue;
		session_open(&s, &captures[i]);
		CU_ASSERT_TRUE(unit_is_hex(
		    span_of(s.iv, cipher_block(s.e)), captures[i].iv));
		compared++;
	}
	CU_ASSERT_EQUAL(compared, 2);
}

/*
 * RFC 2409 section 5: HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b
 * | IDii_b), and HASH_R with the roles exchanged but the same SAi_b.
 */
static void
test_vectors_main_mode_hashes(void)
{
	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;
		uint8_t buf[HASH_MAX_SIZE];
		struct span skeyid =
				unit_hex(captures[i].skeyid, buf, sizeof(buf)),
			    sa;

		session_open(&s, &captures[i]);
		sa = payload(&s.m[0], SA, 0, NULL);
		check_hash(&s, &s.m[4], skeyid,
		    (struct span[]){s.ki, s.kr, s.icookie, s.rcookie, sa,
			payload(&s.m[4], ID, 0, NULL)},
		    6);
		check_hash(&s, &s.m[5], skeyid,
		    (struct span[]){s.kr, s.ki, s.rcookie, s.icookie, sa,
			payload(&s.m[5], ID, 0, NULL)},
		    6);
	}
}

/* All that follows the HASH payload, which comes first. */
static struct span
after_hash(const struct session *s, const struct message *m)
{
	return span_from(m->payloads, 4 + hash_size(s->h));
}

/* RFC 2409 section 5.5, HASH(1), HASH(2) and HASH(3). */
static void
test_vectors_quick_mode_hashes(void)
{
	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;
		const struct message *q = &s.m[6];
		uint8_t buf[HASH_MAX_SIZE];
		struct span skeyid_a = unit_hex(
				captures[i].skeyid_a, buf, sizeof(buf)),
			    ni, nr;

		session_open(&s, &captures[i]);
		ni = payload(&q[0], NONCE, 0, NULL);
		nr = payload(&q[1], NONCE, 0, NULL);
		CU_ASSERT_TRUE(ni.n >= 8 && nr.n >= 8);
		check_hash(&s, &q[0], skeyid_a,
		    (struct span[]){q[0].id, after_hash(&s, &q[0])}, 2);
		check_hash(&s, &q[1], skeyid_a,
		    (struct span[]){q[0].id, ni, after_hash(&s, &q[1])}, 3);
		check_hash(&s, &q[2], skeyid_a,
		    (struct span[]){SPAN_LIT("\0"), q[0].id, ni, nr}, 4);
	}
}

/* RFC 2409 section 5.7: HASH(1) = prf(SKEYID_a, M-ID | N/D). */
static void
test_vectors_informational_hashes(void)
{
	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;
		uint8_t buf[HASH_MAX_SIZE];
		struct span skeyid_a =
		    unit_hex(captures[i].skeyid_a, buf, sizeof(buf));

		session_open(&s, &captures[i]);
		for (size_t k = 9; k < captures[i].n_ike; k++) {
			const struct message *m = &s.m[k];

			CU_ASSERT_TRUE(payload(m, DELETE, 0, NULL).n > 0);
			check_hash(&s, m, skeyid_a,
			    (struct span[]){m->id, after_hash(&s, m)}, 2);
		}
	}
}

/* The SPI of the only proposal of a Quick Mode message's SA. */
static struct span
esp_spi(const struct message *m)
{
	struct span sa = payload(m, SA, 0, NULL);

	CU_ASSERT_TRUE_FATAL(sa.n > 20);
	CU_ASSERT_EQUAL(sa.p[13], ESP);
	CU_ASSERT_EQUAL(sa.p[14], 4);
	return span_head(span_from(sa, 16), 4);
}

/*
 * RFC 2409 section 5.5, without PFS: KEYMAT = K1 | K2 | .., where K1 =
 * prf(SKEYID_d, protocol | SPI | Ni_b | Nr_b), and each further one has the
 * one before in front.  Enough for 3DES and one HMAC key.
 */
static void
keymat(const struct session *s, struct span spi, uint8_t out[4 * HASH_MAX_SIZE])
{
	uint8_t buf[HASH_MAX_SIZE], esp = ESP;
	struct span parts[] = {SPAN_NONE, span_of(&esp, 1), spi,
	    payload(&s->m[6], NONCE, 0, NULL),
	    payload(&s->m[7], NONCE, 0, NULL)};

	for (size_t n = 0; n < 24 + hash_size(s->h); n += hash_size(s->h)) {
		prf(s, unit_hex(s->c->skeyid_d, buf, sizeof(buf)), parts,
		    COUNT(parts), out + n);
		parts[0] = span_of(out + n, hash_size(s->h));
	}
}

/* Its ICV is right, and it holds an IPv4 packet in tunnel mode. */
static void
check_esp(const struct session *s, const struct capture_packet *p)
{
	uint8_t keys[4 * HASH_MAX_SIZE], buf[MAX_SIZE], icv[HASH_MAX_SIZE];
	struct span packet = unit_hex(p->hex, buf, sizeof(buf));
	struct span spi = esp_spi(&s->m[p->from_initiator ? 7 : 6]);
	struct span signed_part;
	size_t n = packet.n - 8 - 8 - 12;

	CU_ASSERT_TRUE_FATAL(packet.n > 8 + 8 + 12);
	CU_ASSERT_TRUE(span_equal(span_head(packet, 4), spi));
	keymat(s, spi, keys);
	signed_part = span_head(packet, packet.n - 12);
	prf(s, span_of(keys + 24, hash_size(s->h)), &signed_part, 1, icv);
	CU_ASSERT_TRUE(
	    span_equal(span_from(packet, packet.n - 12), span_of(icv, 12)));
	CU_ASSERT_TRUE(
	    cipher_decrypt(s->e, span_of(keys, 24), buf + 8, buf + 16, n));
	CU_ASSERT_EQUAL(buf[16], 0x45);      /* IPv4, no options */
	CU_ASSERT_EQUAL(buf[16 + n - 1], 4); /* next header: IPv4 */
}

static void
test_vectors_keymat_opens_esp(void)
{
	size_t opened = 0;

	for (size_t i = 0; i < CAPTURES; i++) {
		struct session s;

		session_open(&s, &captures[i]);
		if (payload(&s.m[6], KE, 0, NULL).n > 0)
			continue; /* PFS: its g(qm)^xy was not logged */
		CU_ASSERT_EQUAL(captures[i].n_esp, 2);
		for (size_t k = 0; k < captures[i].n_esp; k++) {
			check_esp(&s, &captures[i].esp[k]);
			opened++;
		}
	}
	CU_ASSERT_EQUAL(opened, 4);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_vectors_skeyid),
	    UNIT_TEST(test_vectors_skeyid_d_a_e),
	    UNIT_TEST(test_vectors_encryption_key),
	    UNIT_TEST(test_vectors_first_iv),
	    UNIT_TEST(test_vectors_main_mode_hashes),
	    UNIT_TEST(test_vectors_quick_mode_hashes),
	    UNIT_TEST(test_vectors_informational_hashes),
	    UNIT_TEST(test_vectors_keymat_opens_esp),
	};

	return unit_run("vectors", tests, COUNT(tests));
}
