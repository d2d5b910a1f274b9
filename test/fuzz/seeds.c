/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the seeds of the fuzz targets that read octets: requests as whack
 * makes them, payloads and datagrams of recorded exchanges.  `make fuzz-seeds`
 * runs it; what it writes is committed, so that a seed stays what it was.
 *
 * usage: seeds FOLDER
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/control.gen.h"
#include "gen/enums.gen.h"
#include "gen/layout.gen.h"
#include "test/vectors/captures.h"
#include "whack/whack.h"

enum { SEED_MAX = 16384, WORDS_MAX = 64 };

static void
write_seed(const char *folder, const char *target, const char *name,
    struct span octets)
{
	FILE *f;
	TEXT(path, 1000);

	text_add(&path, "%s/%s/%s", folder, target, name);
	f = fopen(path.p, "wb");
	if (f == NULL || fwrite(octets.p, 1, octets.n, f) != octets.n ||
	    fclose(f) != 0) {
		fprintf(stderr, "seeds: %s: %s\n", path.p, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static struct span
from_hex(const char *hex, uint8_t *buf, size_t size)
{
	struct wr w = wr_of(buf, size);
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		wr_u8(&w, (uint8_t)v);
	return wr_span(&w);
}

/* ---- the control socket -------------------------------------------------- */

static void
add_request(struct wr *w, const char *command)
{
	static uint8_t buf[REQUEST_MAX];
	struct wr one = wr_of(buf, sizeof(buf));
	char copy[1000], *argv[WORDS_MAX] = {copy};
	struct option_line line;
	size_t n = 1;
	TEXT(why, 400);

	(void)snprintf(copy, sizeof(copy), "%s", command);
	for (char *p = copy; *p != '\0' && n < WORDS_MAX - 1;) {
		argv[n++] = p;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
	if (!option_parse(&line, &whack_program, argv, &why) ||
	    !option_choose_form(&line, &why) ||
	    !request_build(&one, &line, &why)) {
		fprintf(stderr, "seeds: %s: %s\n", command, why.p);
		exit(EXIT_FAILURE);
	}
	wr_bytes(w, wr_span(&one));
}

/* Requests that follow each other, one a line. */
static void
request_seed(const char *folder, const char *name, const char *const *lines)
{
	uint8_t buf[SEED_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	for (; *lines != NULL; lines++)
		add_request(&w, *lines);
	write_seed(folder, "fuzz_request", name, wr_span(&w));
}

#define TUNNEL                                            \
	"--name t --host 192.0.2.1 --client 10.1.0.0/16 " \
	"--to --host 192.0.2.2 --client 10.2.0.0/16 --psk --encrypt "
/* Of 1024 bits, for --keyid. */
#define KEY                                                            \
	"0sAwEAAco4nX54VFoAtdQMdiuozGALaZMYhAELTN2QAetD0ALkKAdLlL51VP" \
	"BdjSugof933MESAJ5MJC3UAgT+1uH0unTnBwwYQzRSuEh43Qyg2nz9VYHDum" \
	"5MUi8hfsDTbfCEL2NwM5PQM1j5FldCAfsbadZ5yghz7h4kpM3gCzYPX2Ln"
#define REQUESTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
request_seeds(const char *folder)
{
	request_seed(folder, "load-and-delete",
	    REQUESTS(TUNNEL, TUNNEL "--pfs --delete", "--status",
		"--name t --delete", "--name t --delete"));
	request_seed(folder, "initiate",
	    REQUESTS(TUNNEL, "--name t --initiate", "--name t --initiate",
		"--status", "--deletestate 1", "--name t --terminate"));
	request_seed(folder, "no-wait",
	    REQUESTS(TUNNEL "--keyingtries 0",
		"--name t --initiate --asynchronous", "--name t --delete"));
	request_seed(folder, "everything",
	    REQUESTS(
		"--name all --host 192.0.2.1 --id @west.example --ikeport 500 "
		"--nexthop 192.0.2.254 --to --host 192.0.2.3 --id "
		"root@east.example "
		"--ikeport 4500 --nexthop %direct --psk --encrypt --tunnel "
		"--pfs "
		"--ipv4 --tunnelipv4 --ikelifetime 3600 --ipseclifetime 1800 "
		"--rekeymargin 60 --rekeyfuzz 0 --keyingtries 1 --policy "
		"modern",
		"--name all --initiate", "--debug-all --name all", "--status"));
	request_seed(folder, "elsewhere",
	    REQUESTS(
		"--name e --host 198.51.100.1 --to --host 198.51.100.2 --psk "
		"--encrypt",
		"--name e --initiate", "--listen", "--unlisten",
		"--name x --initiate", "--shutdown", "--deletestate 99"));
	request_seed(folder, "second-whack-waits",
	    REQUESTS(TUNNEL "--keyingtries 0", "--name t --initiate",
		"--name t --initiate"));
	request_seed(folder, "keys",
	    REQUESTS(TUNNEL "--rsasig", "--keyid 192.0.2.2 --pubkeyrsa " KEY,
		"--keyid 192.0.2.2 --addkey --pubkeyrsa " KEY,
		"--keyid @east --pubkeyrsa 0x0103ff", "--keyid @east",
		"--status", "--name t --initiate"));
	request_seed(folder, "itself",
	    REQUESTS("--name i --host 192.0.2.1 --to --host 192.0.2.2 --psk",
		"--name i --initiate", "--name i --terminate"));
}

/* ---- recorded exchanges -------------------------------------------------- */

static void
codec_seed(
    const char *folder, const char *name, uint8_t codec, struct span body)
{
	uint8_t buf[SEED_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	wr_u8(&w, codec);
	wr_bytes(&w, body);
	write_seed(folder, "fuzz_codec", name, wr_span(&w));
}

/* Codecs of which no recording in the clear has an example; the numbers from
 * 0x80 on are fuzz_codec's own. */
static void
other_codec_seeds(const char *folder, struct span header)
{
	uint8_t buf[REQUEST_MAX / 16];
	struct wr w = wr_of(buf, sizeof(buf));

	codec_seed(folder, "id-subnet", PAYLOAD_ID,
	    SPAN_LIT("\4\0\0\0\12\1\0\0\377\377\0\0"));
	codec_seed(folder, "id-user", PAYLOAD_ID,
	    SPAN_LIT("\3\21\1\364root@west.example"));
	codec_seed(
	    folder, "notify", PAYLOAD_N, SPAN_LIT("\0\0\0\1\3\4\0\16abcdtext"));
	codec_seed(
	    folder, "delete", PAYLOAD_D, SPAN_LIT("\0\0\0\1\3\4\0\2abcdefgh"));
	codec_seed(folder, "cert-request", PAYLOAD_CR, SPAN_LIT("\4name"));
	codec_seed(folder, "isakmp-header", 0x80, header);
	codec_seed(folder, "generic-header", 0x81, SPAN_LIT("\5\0\0\4"));
	codec_seed(folder, "oakley", 0x82,
	    SPAN_LIT("\200\1\0\5\200\2\0\2"
		     "\200\3\0\1\200\4\0\5\200\13\0\1\0\14\0\4\0\0\160\200"));
	codec_seed(folder, "ipsec", 0x83,
	    SPAN_LIT("\200\1\0\1\200\2\16\20"
		     "\200\4\0\1\200\5\0\2\200\6\0\200"));
	codec_seed(folder, "item", 0x84, SPAN_LIT("\0\7\0\1one"));
	add_request(&w, TUNNEL);
	codec_seed(folder, "request", 0x85, wr_span(&w));
}

/* Each payload of a message in the clear. */
static void
payload_seeds(const char *folder, const char *name, struct span datagram)
{
	uint8_t next = datagram.p[OFFSET_ISAKMP_HDR_NEXT];
	struct cur c = cur_of(span_from(datagram, SIZE_ISAKMP_HDR));

	for (unsigned i = 0; next != PAYLOAD_NONE && c.err == 0; i++) {
		uint8_t number = next;
		struct span body;
		TEXT(seed, 100);

		text_add(&seed, "%s-%u-", name, i);
		enum_print(&seed, &enum_payload, number);
		next = cur_u8(&c);
		(void)cur_u8(&c);
		body = cur_bytes(&c, (size_t)(cur_u16(&c) - 4));
		/* one of each kind and peer is enough */
		if (number != PAYLOAD_VID || i < 3)
			codec_seed(folder, seed.p, number, body);
	}
}

/*
 * As fuzz_datagram takes it: flags, length, octets.  0x08: our cookies are put
 * in; 0x30: 200 ms pass.
 */
static void
add_datagram(struct wr *w, uint8_t flags, struct span datagram)
{
	wr_u8(w, flags);
	wr_u16(w, (uint16_t)datagram.n);
	wr_bytes(w, datagram);
}

static void
capture_seeds(const char *folder, const struct capture *c)
{
	uint8_t buf[SEED_MAX], one[4096];
	struct wr w = wr_of(buf, sizeof(buf));
	bool begun = false;

	for (size_t i = 0; i < c->n_ike; i++) {
		struct span d = from_hex(c->ike[i].hex, one, sizeof(one));
		TEXT(name, 100);

		text_add(&name, "%.10s-%zu", c->name, i);
		if (i < 4)
			payload_seeds(folder, name.p, d);
		if (!c->ike[i].from_initiator)
			continue;
		add_datagram(&w, begun ? 0x38 : 0x30, d);
		begun = true;
	}
	write_seed(folder, "fuzz_datagram", c->name, wr_span(&w));
}

/* We begin, and the recorded responder answers. */
static void
answer_seed(const char *folder, const struct capture *c)
{
	uint8_t buf[SEED_MAX], one[4096];
	struct wr w = wr_of(buf, sizeof(buf));

	add_datagram(&w, 0x10, SPAN_NONE);
	for (size_t i = 0; i < c->n_ike; i++)
		if (!c->ike[i].from_initiator)
			add_datagram(&w, 0x38,
			    from_hex(c->ike[i].hex, one, sizeof(one)));
	write_seed(folder, "fuzz_datagram", "answers", wr_span(&w));
}

int
main(int argc, char **argv)
{
	uint8_t first[4096];

	if (argc != 2) {
		fprintf(stderr, "usage: seeds FOLDER\n");
		return EXIT_FAILURE;
	}
	request_seeds(argv[1]);
	for (size_t i = 0; i < CAPTURES; i++)
		capture_seeds(argv[1], &captures[i]);
	answer_seed(argv[1], &captures[0]);
	other_codec_seeds(argv[1],
	    span_head(from_hex(captures[0].ike[0].hex, first, sizeof(first)),
		SIZE_ISAKMP_HDR));
	return EXIT_SUCCESS;
}
