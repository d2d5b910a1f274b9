/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rsasigkey: a new RSA key as an entry of ipsec.secrets, with its public half
 * in the comments.  It is written to standard output, and nowhere else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/crypto/crypto.h"
#include "engine/ike/ident.h"
#include "gen/control.gen.h"
#include "tools/tool.h"

static const struct tool tool = {
    &rsasigkey_program,
    RSASIGKEY_HELP,
    RSASIGKEY_VERSION,
};

/* Nobody but the owner should read what is written now. */
static void
warn_of_readers(void)
{
	struct stat st;
	TEXT(why, 200);

	if (fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return;
	text_add(&why,
	    "warning: the private key goes to a file that is open "
	    "to others than its owner (mode %04o): chmod 600 it, and set "
	    "umask 077 before",
	    (unsigned)st.st_mode & 07777);
	tool_complain(&tool, why.p);
}

static void
print_comments(const struct option_line *l, const struct rsa_public *key)
{
	const char *host = option_string(l, RSASIGKEY_HOSTNAME);
	char own[256] = "", when[64] = "";
	time_t now = time(NULL);
	struct tm tm;
	TEXT(text, TOOL_KEY_MAX);

	if (host == NULL && gethostname(own, sizeof(own) - 1) == 0)
		host = own;
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(
		    when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	tool_key(&text, key);
	printf("\t# RSA %zu bits   %s   %s\n"
	       "\t# for signatures only, UNSAFE FOR ENCRYPTION\n"
	       "\t#pubkey=0s%s\n",
	    rsa_public_bits(key), host != NULL ? host : "", when, text.p);
}

static void
print_numbers(const struct rsa_fields *f)
{
	for (size_t i = 0; i < RSA_FIELDS; i++) {
		printf("\t%s: 0x", rsa_field_name((enum rsa_field)i));
		for (size_t k = 0; k < f->v[i].n; k++)
			printf("%02x", f->v[i].p[k]);
		putchar('\n');
	}
}

/* False: standard output takes no more. */
static bool
print_entry(const struct option_line *l, const struct rsa_private *key)
{
	const char *id = option_string(l, RSASIGKEY_ID);

	printf("%s%s: RSA\t{\n", id != NULL ? id : "", id != NULL ? " " : "");
	print_comments(l, rsa_private_public(key));
	print_numbers(rsa_private_fields(key));
	printf("\t}\n# do not change the indenting of that \"}\"\n");
	return fflush(stdout) == 0 && !ferror(stdout);
}

static bool
make_key(const struct option_line *l, struct text *why)
{
	unsigned bits = option_number(l, RSASIGKEY_BITS);
	struct rsa_private *key;
	bool written;

	tool_judge(&tool, bits);
	warn_of_readers();
	key = rsa_generate(bits, why);
	if (key == NULL)
		return false;
	written = print_entry(l, key);
	rsa_private_put(key);
	if (!written)
		text_add(why,
		    "the key cannot be written to standard output; "
		    "do not use the part that was");
	return written;
}

/* What pluto would not read back must not be written. */
static bool
id_is_sound(const struct option_line *l, struct text *why)
{
	const char *id = option_string(l, RSASIGKEY_ID);
	struct ident parsed;
	TEXT(wrong, 400);

	if (id == NULL)
		return true;
	if (id[strcspn(id, " #\"")] == 0 &&
	    ident_parse(&parsed, span_str(id), &wrong))
		return true;
	text_add(why, "--id must be an IP address, @FQDN or user@FQDN, found ");
	text_quoted(why, span_str(id), 64);
	return false;
}

int
main(int argc, char **argv)
{
	struct option_line l;
	int status;
	bool ok;
	TEXT(why, 1024);

	(void)argc;
	if (!tool_begin(&tool, &l, argv, &status))
		return status;
	ok = id_is_sound(&l, &why) && crypto_init(&why);
	if (ok) {
		ok = make_key(&l, &why);
		crypto_fini();
	}
	if (!ok)
		tool_complain(&tool, why.p);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
