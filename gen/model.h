/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of a spec: what the parser builds, the resolver links, the checks
 * prove things about and the emitters print.  All of it lives until specc
 * exits; nothing is ever freed.  Every named thing carries its position, so
 * that any later stage can point at it.
 *
 * Order in every vector is the order of the source.  Emitters depend on
 * nothing else, so output is identical from run to run.
 */
#ifndef GEN_MODEL_H
#define GEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growable array; VEC_PUSH (gen/vec.h) returns a pointer to a zeroed new
 * element. */
#define VEC(type)               \
	struct {                \
		type *v;        \
		size_t n, room; \
	}

/* One file, whole in memory. */
struct source {
	const char *path;       /* as given on the command line or in 'use' */
	int order;              /* place among all files read, to sort */
	uint64_t device, inode; /* what makes two paths the same file */
	char *text;
	size_t n;
};

/* Where something stands: 1-based line and column (in characters, a tab is
 * one), and how many characters the token has. */
struct pos {
	const struct source *src;
	int line, col, len;
};

/* A name as written. */
struct name {
	const char *text; /* NULL: absent */
	struct pos pos;
};
typedef VEC(struct name) name_vec;

struct ref {
	int rfc;             /* 0: 'manual' */
	const char *section; /* "" when not given */
	struct pos pos;
};
typedef VEC(struct ref) ref_vec;

/* Inclusive. */
struct range {
	uint64_t lo, hi;
	struct pos pos;
};
typedef VEC(struct range) range_vec;

/* What each block begins with. */
struct head {
	struct name name;
	const char *doc; /* '##' text before it, lines joined by \n; NULL */
	ref_vec refs;
};

/* ---- enums ------------------------------------------------------------ */

struct enum_item {
	struct name name;
	uint64_t value;
	struct pos value_pos;
	const char *text; /* optional string after the value */
};
struct enum_block {
	struct head h;
	bool bits;
	int width; /* 8, 16, 32 */
	VEC(struct enum_item) items;
	range_vec reserved, private_use;
};

/* ---- layouts ---------------------------------------------------------- */

enum outcome_kind { OUTCOME_NONE, OUTCOME_DROP, OUTCOME_REJECT, OUTCOME_ABORT };
/* On a field: drop, or the notify to fail with (kind REJECT). */
struct outcome {
	enum outcome_kind kind;
	struct name notify;    /* of enum 'notify'; may be absent for ABORT */
	uint64_t notify_value; /* resolved */
	struct pos pos;
};

/* Where the enum of a field or attribute comes from. */
enum path_kind {
	PATH_ENUM,   /* an enum or bits block */
	PATH_COLUMN, /* class.column of the algorithm table: cipher.oakley */
	PATH_FIELD,  /* earlier field of the same layout */
	PATH_OUTER   /* field of the enclosing sub: P.protocol */
};
struct path {
	struct name first, second; /* second absent for a single word */
	enum path_kind kind;       /* resolved */
	const struct enum_block *enum_block;
	struct layout *outer;
	size_t field; /* index in own layout or in outer */
};

enum type_kind {
	TYPE_INT,
	TYPE_BYTES,
	TYPE_REST,
	TYPE_LIST,
	TYPE_ARRAY,
	TYPE_ATTRS,
	TYPE_SELECT
};
struct type;
/* One arm of a 'by': these enum items mean this type, enum or dictionary. */
struct select_case {
	name_vec items;
	VEC(uint64_t) values; /* resolved, same order */
	struct type *type;    /* when arms are types */
	struct path
	    path; /* when arms are names: enums, columns, dictionaries */
	const struct dictionary *dictionary; /* resolved, in 'attrs by' */
};
struct select {
	struct path by;
	VEC(struct select_case) cases;
	struct pos pos;
};
struct type {
	enum type_kind kind;
	struct pos pos;
	int width;         /* TYPE_INT: 8, 16, 32 */
	bool has_constant; /* TYPE_INT: u8 = 0x10 */
	uint64_t constant;
	struct range bound; /* octets, or elements for LIST and ARRAY */
	struct name
	    list; /* TYPE_LIST: a sub, or a layout with a 'total' field */
	struct layout *list_layout;
	struct type *element; /* TYPE_ARRAY */
	struct name attrs; /* TYPE_ATTRS: dictionary; absent when by select */
	const struct dictionary *dictionary;
	struct select *select; /* TYPE_SELECT, and TYPE_ATTRS by */
};

struct field {
	struct name name;
	const char *doc;
	struct type type;
	bool has_enum, has_bits; /* attr 'enum' or 'bits' */
	struct path path;        /* their path, when not by select */
	struct select *enum_select;
	bool has_range;
	struct range range; /* 'in', or of 'total in' */
	bool zero, nonzero, lenient, chain, total, ascending;
	struct name size_of, count_of;
	size_t size_of_field, count_of_field; /* resolved indices */
	struct outcome otherwise;             /* 'else' */
};
enum layout_kind { LAYOUT_PLAIN, LAYOUT_PAYLOAD, LAYOUT_SUB };
struct layout {
	struct head h;
	enum layout_kind kind;
	uint64_t number; /* payload and sub: next payload value */
	struct pos number_pos;
	VEC(struct field) fields;
};

enum attr_class { ATTR_BASIC, ATTR_VARIABLE };
struct attribute {
	struct name name;
	uint64_t number;
	struct pos number_pos;
	enum attr_class class;
	bool has_enum;
	struct path path;
	bool has_range;
	struct range range;
	bool has_uint, has_bytes;
	struct range bound; /* octets of uint[..] or bytes[..] */
	bool required, repeats;
	struct name follows;
	size_t follows_attr;
	bool has_default;
	uint64_t fallback; /* 'default' */
	struct pos fallback_pos;
};
struct dictionary {
	struct head h;
	VEC(struct attribute) attrs;
};

/* ---- algorithms ------------------------------------------------------- */

enum alg_class { ALG_CIPHER, ALG_HASH, ALG_GROUP };
struct alg_column {
	struct name name;
	VEC(uint64_t) numbers; /* numeric values, in order */
	const char *word;      /* an identifier or string value; NULL */
	struct pos pos;        /* of the first value */
};
struct alg {
	struct head h;
	enum alg_class class;
	VEC(struct alg_column)
	columns; /* a flag has neither numbers nor word */
};

struct vendor {
	struct name name;
	VEC(uint8_t) bytes;
	ref_vec refs;
	const char *doc;
};

/* ---- policies and limits ---------------------------------------------- */

enum policy_row_kind { ROW_ISAKMP, ROW_ESP, ROW_AH };
struct policy_row {
	enum policy_row_kind kind;
	struct pos pos;
	struct name cipher;     /* absent for AH */
	VEC(uint64_t) key_bits; /* empty: the cipher's only size */
	name_vec hashes, groups;
	const struct alg *cipher_alg; /* resolved */
	VEC(const struct alg *) hash_algs;
	VEC(const struct alg *) group_algs;
};
/* notify none|errors; send_delete/obey_delete none|ipsec,isakmp */
struct policy_word {
	struct name key;
	name_vec words;
};
struct policy {
	struct head h;
	bool is_default;
	struct pos default_pos;
	VEC(struct policy_row) rows;
	VEC(struct policy_word) words;
};
struct limit {
	struct name name;
	const char *doc;
	uint64_t value;
	struct pos value_pos;
};
struct limits {
	struct head h; /* name: "limits" */
	VEC(struct limit) limits;
};

/* ---- programs and their options --------------------------------------- */

enum option_kind {
	OPTION_FLAG,
	OPTION_BIT,  /* sets a bit of a bits block: path */
	OPTION_MASK, /* sets a whole bits word to 'mask' */
	OPTION_STRING,
	OPTION_NUMBER,
	OPTION_SECONDS,
	OPTION_ADDRESS,
	OPTION_SUBNET,
	OPTION_IDENTITY,
	OPTION_PATH,
	OPTION_DATA,     /* octets, written as 0x, 0s or 0t */
	OPTION_CHOICE,   /* a name out of a class of blocks: policy */
	OPTION_SEPARATOR /* --to */
};
struct option {
	struct name name; /* text is the string, without quotes */
	const char *doc;
	enum option_kind kind;
	struct path path;   /* BIT: bits.ITEM; MASK: bits */
	uint64_t bit;       /* resolved value of BIT; mask of MASK */
	struct name choice; /* CHOICE: "policy" */
	bool has_range;
	struct range range;  /* STRING, DATA: length; NUMBER, SECONDS: value */
	const char *metavar; /* NULL: kind's own word */
	bool end, repeats, local;
	name_vec in;         /* forms */
	struct name selects; /* form */
	struct name alias;
	bool has_default;
	uint64_t default_number;
	const char *default_word; /* string defaults */
	struct pos default_pos;
};
struct form {
	struct name name;
	const char *doc;
	struct name op; /* of enum ctl_op */
	uint64_t op_value;
	name_vec needs;
};
typedef VEC(struct option) option_vec;
/* 'options ID { … }': shared by programs through 'include ID;' */
struct option_group {
	struct head h;
	option_vec options;
};
struct program {
	struct head h;
	const char *title;
	VEC(struct form) forms;
	option_vec options; /* included groups are copied in where they stand */
	name_vec includes;
	name_vec refused; /* options of the manual page that are not built */
};

/* ---- exchanges -------------------------------------------------------- */

enum role { ROLE_I, ROLE_R };

/* variant ID when SLOT.ATTR in { … } | present | absent */
enum variant_test { VARIANT_IN, VARIANT_PRESENT, VARIANT_ABSENT };
struct variant {
	struct name name;
	struct path on; /* first = slot, second = attribute */
	enum variant_test test;
	name_vec items;
	VEC(uint64_t) values; /* resolved items */
	size_t slot;          /* index in exchange.slots */
	const struct attribute *attr;
};

enum slot_kind {
	SLOT_PAYLOAD, /* declared in slots {} */
	SLOT_VALUE,   /* declared in values {} */
	SLOT_FORMULA  /* named by a formula and not a payload slot */
};
struct slot {
	struct name name;
	enum slot_kind kind;
	struct name type; /* payload */
	const struct layout *payload;
	bool kept; /* named in 'keep' */
	bool used; /* for W103 */
};

enum item_kind { ITEM_ONE, ITEM_COUNTED };
struct item {
	struct name name;
	size_t slot;
	bool leading;      /* in <…> */
	int group;         /* 1, 2, … : member of the n-th [...]; 0 none */
	uint64_t min, max; /* 1..1 plain, 0..1 in a group */
	struct pos range_pos;
};
struct message {
	struct name name;
	struct name variant; /* absent: all */
	uint32_t variants;   /* resolved mask; all ones when absent */
	enum role from;
	struct pos from_pos, to_pos;
	enum role to;
	bool encrypted;
	struct pos hdr_pos;
	VEC(struct item) items;
};

enum rule_kind { RULE_IFF, RULE_ECHO };
struct rule {
	name_vec slots;
	VEC(size_t) slot_ids;
	struct name message,
	    other; /* other: variant for IFF, message for ECHO */
	enum rule_kind kind;
	uint32_t variants; /* IFF */
	struct outcome otherwise;
	struct pos pos;
};

enum term_kind {
	TERM_SLOT, /* slot or value of this exchange; field = body or a field */
	TERM_KEPT, /* value kept by the ISAKMP SA: isakmp.X */
	TERM_NUMBER, /* one octet */
	TERM_CKY_I,
	TERM_CKY_R,
	TERM_MSGID,
	TERM_PROTOCOL,
	TERM_SPI,
	TERM_OWN_KEY, /* the signer's private key; only the key of 'sign' */
	TERM_AFTER    /* bytes of the message after this slot's payload */
};
struct term {
	struct pos pos;
	struct name base,
	    field; /* "Ni" "body"; "isakmp" "IV"; field absent otherwise */
	bool after;
	bool is_number;
	uint64_t number;
	enum term_kind kind; /* resolved */
	size_t slot;         /* SLOT, AFTER */
	const struct field
	    *payload_field; /* SLOT with a field other than body */
};
enum formula_fn { FN_PRF, FN_HASH, FN_CHAIN, FN_STRETCH, FN_SIGN };
struct formula {
	struct name name, variant, fn;
	uint32_t variants;
	enum formula_fn fn_kind;
	VEC(struct term) terms; /* of the key, then of the data */
	size_t n_key;           /* terms before the comma; 0: there is none */
	size_t slot;            /* what it sets */
	bool used;
};

enum op_kind {
	OPK_REQUIRE,
	OPK_DERIVE,
	OPK_COMPUTE,
	OPK_VERIFY,
	OPK_EFFECT,
	OPK_SEND,
	OPK_GOTO
};
struct op {
	enum op_kind kind;
	struct name word;
	struct name variant;
	uint32_t variants;
	name_vec args; /* action, formulas, message or state as written */
	name_vec to;   /* after -> */
	VEC(size_t) to_slots;
	VEC(size_t) formula_slots; /* COMPUTE, VERIFY */
	size_t
	    message_first; /* SEND: index of the first message of that name */
	size_t state;      /* GOTO: index in role */
	bool has_within;
	uint64_t within_ms;
	struct pos within_pos;
	struct outcome otherwise;
	struct pos pos;
};
enum edge_event { EDGE_RECV, EDGE_LOCAL, EDGE_TIMER };
struct edge {
	enum edge_event event;
	struct name arg;
	size_t message_first; /* RECV */
	VEC(struct op) ops;
	struct pos pos;
};
struct state {
	struct name name;
	bool has_number;
	uint64_t number; /* whack's 100+n */
	struct pos number_pos;
	const char *story;
	bool initial, final;
	struct pos final_pos;
	bool has_retransmit;
	struct name retransmit; /* message */
	uint64_t every_ms, times;
	struct pos times_pos;
	bool has_resend;
	struct name resend;
	uint64_t resend_times;
	struct pos resend_pos;
	bool has_deadline;
	uint64_t deadline_ms;
	struct pos deadline_pos;
	VEC(struct edge) edges;
	const char *doc;
};
struct role_block {
	bool present;
	struct pos pos;
	VEC(struct state) states;
};
struct exchange {
	struct head h;
	uint64_t number, phase;
	struct pos number_pos;
	bool oneway;
	VEC(struct variant) variants;
	VEC(struct slot)
	slots; /* payload slots, then values, then formula outputs */
	name_vec keep;
	VEC(struct message)
	messages; /* several of one name differ in variant */
	VEC(struct rule) rules;
	VEC(struct formula) formulas;
	struct role_block role[2]; /* by enum role */
};

struct spec {
	VEC(struct source *) sources;
	VEC(struct enum_block *) enums; /* enums and bits */
	VEC(struct layout *) layouts;
	VEC(struct dictionary *) dictionaries;
	VEC(struct alg *) algs;
	VEC(struct vendor *) vendors;
	VEC(struct policy *) policies;
	VEC(struct limits *) limits;
	VEC(struct option_group *) option_groups;
	VEC(struct program *) programs;
	VEC(struct exchange *) exchanges;
};

#endif
