/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the compiler and the engine: the shape of the tables
 * that specc writes from the spec and that the engine interprets.  Nothing
 * here is specific to an exchange.  All tables are constant.
 */
#ifndef ENGINE_CORE_TABLE_H
#define ENGINE_CORE_TABLE_H

#include "engine/base/span.h"
#include "engine/base/text.h"

struct xchg;
struct msg;

enum role { ROLE_INITIATOR, ROLE_RESPONDER };
enum event { EV_RECV, EV_LOCAL, EV_TIMER };
enum outcome { OUT_DROP, OUT_REJECT, OUT_ABORT };
enum status { ST_OK, ST_FAIL, ST_PENDING };
enum op_code {
	OP_REQUIRE,
	OP_DERIVE,
	OP_COMPUTE,
	OP_VERIFY,
	OP_EFFECT,
	OP_SEND,
	OP_GOTO,
	OP_RULE /* a 'rule' of the spec, placed by the compiler */
};

/* Stands for "no slot", "no formula", "no message" in uint8_t fields. */
#define TABLE_NONE 0xff
/* Variant mask: every variant. */
#define VARIANT_ALL 0xff

/* True means go on.  Reads only. */
typedef bool guard_fn(const struct xchg *x, const struct msg *m);
/*
 * Writes pending slots (derive) or changes the world (effect).  ST_PENDING
 * only where the op has a limit ('within'): then a job reports later and the
 * edge goes on after this op.
 */
typedef enum status action_fn(struct xchg *x, const struct msg *m);

struct op_def {
	uint8_t code;     /* enum op_code */
	uint8_t variants; /* mask */
	uint8_t outcome;  /* enum outcome when the op fails */
	/* COMPUTE, VERIFY: formula; SEND: message; GOTO: state; RULE: rule */
	uint8_t arg;
	/* DERIVE: target slots in the spec's order, TABLE_NONE after */
	uint8_t to[3];
	/* COMPUTE: the message whose rest 'after' covers, or TABLE_NONE */
	uint8_t after;
	uint16_t notify;    /* sent by REJECT and ABORT; 0 none */
	uint16_t line;      /* in the spec's file */
	uint32_t within_ms; /* > 0: may be ST_PENDING for that long */
	union {
		guard_fn *guard;   /* REQUIRE */
		action_fn *action; /* DERIVE, EFFECT */
	} fn;
	const char *name; /* as in the spec: action, formula, message, state */
};

struct edge_def {
	uint8_t event; /* enum event */
	/* RECV: message; LOCAL, TIMER: enum local_event, timer_event */
	uint8_t arg;
	uint16_t op, n_ops; /* slice of xchg_def.ops */
	uint16_t line;
};

struct state_def {
	const char *name, *story;
	uint16_t number;        /* of whack's 100+n; 0 none */
	uint16_t edge, n_edges; /* slice of xchg_def.edges */
	uint8_t retransmit_n;   /* of the last message; 0 never */
	uint8_t resend_n;       /* answers to a repeat of the peer's last one */
	bool initial, final;
	bool gone;              /* freed on entry: no edges, no resends */
	uint32_t retransmit_ms; /* first interval; doubles */
	uint32_t deadline_ms;   /* 0 only in final states */
	uint16_t line;
};

/* One payload position of a message. */
struct item_def {
	uint8_t slot;    /* enum slot */
	uint8_t payload; /* payload number */
	uint16_t min, max;
	uint8_t group; /* non-zero: all of the group or none */
	bool leading;  /* fixed position at the front */
};

struct msg_def {
	const char *name;
	uint8_t variants;       /* mask */
	uint8_t from;           /* enum role */
	bool encrypted;         /* HDR* */
	uint16_t item, n_items; /* slice of xchg_def.items */
	uint16_t line;
};

enum term_kind {
	TERM_SLOT,   /* own slot: a payload's body, or a value */
	TERM_FIELD,  /* one field of an own payload slot: get() cuts it out */
	TERM_KEPT,   /* a slot kept by the ISAKMP SA */
	TERM_NUMBER, /* one octet: arg */
	TERM_CKY_I,
	TERM_CKY_R,
	TERM_MSGID,    /* four octets */
	TERM_PROTOCOL, /* one octet, of the SA whose keys are made */
	TERM_SPI,      /* of the SA whose keys are made */
	TERM_OWN_KEY,  /* no octets: ike has the key of FN_SIGN */
	TERM_AFTER     /* the message behind slot arg's payload, less padding */
};
struct term_def {
	uint8_t kind;
	uint8_t arg;                          /* slot or number */
	struct span (*get)(struct span body); /* FIELD */
};

enum formula_fn {
	FN_PRF,     /* prf(key | key …, a | b …) */
	FN_HASH,    /* hash(a | b …) */
	FN_CHAIN,   /* cipher key: prf feedback when too short, RFC 2409 B */
	FN_STRETCH, /* KEYMAT, RFC 2409 5.5: once for each wanted SA */
	FN_SIGN     /* sign(own_key, a | …): by hooks.sign and hooks.verify */
};
struct formula_def {
	const char *name;
	uint8_t variants;
	uint8_t fn;   /* enum formula_fn */
	uint8_t slot; /* what it sets or, in verify, is compared with */
	/* Slice of xchg_def.terms: n_key of the key, then those of the data. */
	uint16_t term, n_terms, n_key;
	uint16_t line;
};

enum rule_kind { RULE_IFF, RULE_ECHO };
struct rule_def {
	uint8_t kind;
	uint8_t slots[4]; /* TABLE_NONE after */
	uint8_t variants; /* IFF: slots present exactly in these variants */
	uint16_t line;
	/* ECHO: the received slots equal what is committed, present or absent
	 * alike */
};

enum variant_test { VARIANT_IN, VARIANT_PRESENT, VARIANT_ABSENT };
/*
 * A variant holds when attribute 'attr' of the first transform in SA slot
 * 'slot' passes the test.  Decided as soon as the slot is set.
 */
struct variant_def {
	const char *name;
	uint8_t slot;
	uint8_t test;
	uint16_t attr;
	uint8_t n_values;
	uint16_t values[8];
};

struct role_def {
	const struct state_def *states; /* states[0] is the initial one */
	uint8_t n_states;
};

struct xchg_def {
	const char *name;
	const char *file; /* spec file, for logs */
	uint8_t number;   /* ISAKMP exchange type */
	uint8_t phase;    /* 1 or 2 */
	uint8_t index;    /* in xchg_defs[] */
	bool oneway;
	struct role_def role[2];
	const struct edge_def *edges;
	const struct op_def *ops;
	const struct msg_def *msgs;
	const struct item_def *items;
	const struct formula_def *formulas;
	const struct term_def *terms;
	const struct rule_def *rules;
	const struct variant_def *variants; /* bit i of a mask is variants[i] */
	uint16_t n_edges, n_ops;
	uint8_t n_msgs, n_formulas, n_rules, n_variants;
	uint8_t iv;         /* slot of IV; TABLE_NONE: nothing is encrypted */
	uint8_t enc_key;    /* slot of ENC_KEY: in phase 2 kept, else own */
	uint8_t iv_formula; /* phase 2: computed when the exchange begins */
	uint64_t uses;      /* mask of the slots that it has */
	uint64_t keep;      /* mask of the slots kept when it is final */
};

/* What a slot is.  Numbered alike for all exchanges by 'enum slot'. */
struct slot_def {
	const char *name;
	uint8_t payload; /* payload number; 0: a value, secret */
};

/* A payload type. */
struct payload_def {
	uint8_t number;
	const char *name;
	/* Everything that dec_* checks, nested lists included.  False: *notify
	 * says what. */
	bool (*check)(struct span body, uint16_t *notify);
	void (*dump)(struct text *out, struct span body);
};

#endif
