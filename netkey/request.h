/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking to one netlink family of the kernel: several requests in one send,
 * the answer to each of them, and lists.  Nothing here knows of IPsec.
 */
#ifndef NETKEY_REQUEST_H
#define NETKEY_REQUEST_H

#include <linux/netlink.h>
#include <sys/types.h>

#include "engine/base/text.h"

#define BATCH_MAX 16 /* requests in a batch */
#define BATCH_OCTETS 16384
#define ANSWER_TEXT 120

/* A netlink socket for requests. */
struct channel {
	int fd;
	uint32_t port; /* how the kernel calls whoever sends from here */
	uint32_t seq;  /* of the last request */
};

/* What the kernel said to one request. */
struct answer {
	int error;              /* 0 or -errno */
	char text[ANSWER_TEXT]; /* extended acknowledgement; may be empty */
};

/*
 * Requests under construction.  Adding one too many, or one too long, makes
 * the whole batch fail with -E2BIG when it is run.
 */
struct batch {
	size_t n;
	bool full;
	size_t used; /* octets of bytes, without the last request */
	struct nlmsghdr *last;
	struct answer answers[BATCH_MAX]; /* after batch_run() */
	_Alignas(8) uint8_t bytes[BATCH_OCTETS];
};

/* A reply to request 'index' of a batch, other than an acknowledgement. */
typedef void reply_fn(void *ctx, size_t index, uint16_t type, struct span body);

/*
 * A socket of the family NETLINK_*.  'groups' is the bit mask of multicast
 * groups to join, 0 for requests.  Non-blocking.  Returns the descriptor or
 * -errno.
 */
NODISCARD int channel_open(int family, uint32_t groups);
/* The port that the kernel gave a socket.  0 or -errno. */
NODISCARD int channel_port(int fd, uint32_t *port);
/*
 * One datagram from the kernel; what anybody else sent is skipped.  Returns its
 * length or -errno; -EAGAIN when there is none, -EMSGSIZE when cut.
 */
NODISCARD ssize_t channel_receive(int fd, void *buf, size_t size);

/* Empties it. */
void batch_init(struct batch *b);
/* Begin a request of this type; fixed is the structure after its header. */
void
batch_add(struct batch *b, uint16_t type, uint16_t flags, struct span fixed);
/* Append an attribute to the request begun last. */
void batch_attr(struct batch *b, uint16_t type, struct span value);
/* The same with a value in two parts: a structure and what follows it. */
void batch_attr_parts(
    struct batch *b, uint16_t type, struct span head, struct span tail);
/*
 * Send all, and collect the answers.  Returns 0 when the kernel answered,
 * whatever it said to each; -errno when the exchange itself failed, and then
 * nothing is known.  Wipes the requests, which may hold keys.  A failed
 * request does not keep the kernel from executing those after it.
 */
NODISCARD int
batch_run(struct batch *b, struct channel *c, reply_fn *fn, void *ctx);
/* Index of the first request that failed, or b->n. */
size_t batch_first_failure(const struct batch *b);

/*
 * The kernel's list of objects; fn is called for each, with index 0.  On
 * failure it may have been called for some.  Returns 0 or -errno.
 */
NODISCARD int channel_list(struct channel *c, uint16_t type, struct span fixed,
    reply_fn *fn, void *ctx);

/* The first attribute of this type among attrs; SPAN_NONE if there is none. */
struct span attr_find(struct span attrs, uint16_t type);
/*
 * Copy the structure at the start of s, of n octets, to 'to', and leave in s
 * what comes after it.  False if s is shorter.
 */
NODISCARD bool span_struct(struct span *s, void *to, size_t n);

/* "the kernel answered ...": errno's text, the kernel's own, and a hint. */
void answer_print(struct text *t, const struct answer *a);

#endif
