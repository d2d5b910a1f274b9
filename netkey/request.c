/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink requests.  The kernel executes a batch and queues its answers while
 * we are in send(), so reading them never waits.  Only the last request asks
 * for an acknowledgement: errors are answered anyway, and this saves a read for
 * each of the others.
 */
#include "netkey/request.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/secret.h"

#define RECEIVE_OCTETS 16384 /* the kernel fills parts of a list up to this */

/* Netlink pads everything to four octets. */
static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

int
channel_open(int family, uint32_t groups)
{
	struct sockaddr_nl self = {
	    .nl_family = AF_NETLINK, .nl_groups = groups};
	int on = 1;
	int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, family);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	/* Both only make answers better; kernels without them do. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

int
channel_port(int fd, uint32_t *port)
{
	struct sockaddr_nl self;
	socklen_t n = sizeof(self);

	if (getsockname(fd, (struct sockaddr *)&self, &n) < 0)
		return -errno;
	*port = self.nl_pid;
	return 0;
}

ssize_t
channel_receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from;
	struct iovec iov = {buf, size};
	struct msghdr msg;
	ssize_t n;

	do {
		msg = (struct msghdr){.msg_name = &from,
		    .msg_namelen = sizeof(from),
		    .msg_iov = &iov,
		    .msg_iovlen = 1};
		n = recvmsg(fd, &msg, 0);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return -errno;
	if ((msg.msg_flags & MSG_TRUNC) != 0)
		return -EMSGSIZE;
	return n;
}

void
batch_init(struct batch *b)
{
	b->n = 0;
	b->full = false;
	b->used = 0;
	b->last = NULL;
}

static size_t
batch_length(const struct batch *b)
{
	return b->used + (b->last != NULL ? b->last->nlmsg_len : 0);
}

void
batch_add(struct batch *b, uint16_t type, uint16_t flags, struct span fixed)
{
	size_t at = batch_length(b);

	if (b->n == BATCH_MAX ||
	    sizeof(b->bytes) - at < sizeof(*b->last) + padded(fixed.n))
		b->full = true;
	if (b->full)
		return;
	b->used = at;
	b->last = mnl_nlmsg_put_header(b->bytes + at);
	b->last->nlmsg_type = type;
	b->last->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memcpy(mnl_nlmsg_put_extra_header(b->last, fixed.n), fixed.p, fixed.n);
	b->answers[b->n] = (struct answer){.error = 0};
	b->n++;
}

void
batch_attr(struct batch *b, uint16_t type, struct span value)
{
	batch_attr_parts(b, type, value, SPAN_NONE);
}

void
batch_attr_parts(
    struct batch *b, uint16_t type, struct span head, struct span tail)
{
	size_t n = head.n + tail.n;
	struct nlattr a = {.nla_type = type};
	uint8_t *p;

	if (sizeof(b->bytes) - batch_length(b) < sizeof(a) + padded(n))
		b->full = true;
	if (b->full)
		return;
	a.nla_len = (uint16_t)(sizeof(a) + n);
	p = mnl_nlmsg_put_extra_header(b->last, a.nla_len); /* zeroed */
	memcpy(p, &a, sizeof(a));
	memcpy(p + sizeof(a), head.p, head.n);
	if (tail.n > 0)
		memcpy(p + sizeof(a) + head.n, tail.p, tail.n);
}

/*
 * Number the requests, and have the last one acknowledged.  What the kernel
 * tells others about the outcome names the port that the request names.
 */
static void
batch_number(struct batch *b, uint32_t first, uint32_t port)
{
	struct nlmsghdr *h;

	for (size_t at = 0; at < batch_length(b); at += h->nlmsg_len) {
		h = (struct nlmsghdr *)(b->bytes + at);
		h->nlmsg_seq = first++;
		h->nlmsg_pid = port;
	}
	b->last->nlmsg_flags |= NLM_F_ACK;
}

/* An NLMSG_ERROR: errno, the request's header, then perhaps attributes. */
static void
answer_read(struct answer *a, const struct nlmsghdr *h)
{
	struct span body =
	    span_of(mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));
	struct nlmsgerr e;
	struct span said;

	if (!span_struct(&body, &e, sizeof(e))) {
		a->error = -EPROTO;
		return;
	}
	a->error = e.error;
	if ((h->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;
	if ((h->nlmsg_flags & NLM_F_CAPPED) == 0) /* all of the request */
		body = span_from(body, e.msg.nlmsg_len - sizeof(e.msg));
	said = attr_find(body, NLMSGERR_ATTR_MSG);
	snprintf(a->text, sizeof(a->text), "%.*s", (int)said.n,
	    said.n > 0 ? (const char *)said.p : "");
}

/* One datagram of answers.  True when the last request has been answered. */
static bool
batch_answers(struct batch *b, uint32_t first, const uint8_t *p, size_t n,
    reply_fn *fn, void *ctx)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)p;
	int left = (int)n;
	bool done = false;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		size_t i = h->nlmsg_seq - first;

		if (i >= b->n)
			continue; /* of an earlier batch that was given up */
		if (h->nlmsg_type == NLMSG_ERROR) {
			answer_read(&b->answers[i], h);
			done = done || i == b->n - 1;
		} else if (fn != NULL) {
			fn(ctx, i, h->nlmsg_type,
			    span_of(mnl_nlmsg_get_payload(h),
				mnl_nlmsg_get_payload_len(h)));
		}
	}
	return done;
}

static int
channel_send(int fd, const void *p, size_t n)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do {
		sent = sendto(fd, p, n, 0, (const struct sockaddr *)&kernel,
		    sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int
batch_run(struct batch *b, struct channel *c, reply_fn *fn, void *ctx)
{
	_Alignas(8) uint8_t buf[RECEIVE_OCTETS];
	uint32_t first = c->seq + 1;
	ssize_t n;
	int r = 0;

	if (b->full) {
		r = -E2BIG;
	} else if (b->n > 0) {
		batch_number(b, first, c->port);
		c->seq += (uint32_t)b->n;
		r = channel_send(c->fd, b->bytes, batch_length(b));
	}
	wipe(b->bytes, batch_length(b));
	if (r < 0 || b->n == 0)
		return r;
	do {
		n = channel_receive(c->fd, buf, sizeof(buf));
		if (n < 0)
			return n == -EAGAIN ? -EIO : (int)n;
	} while (!batch_answers(b, first, buf, (size_t)n, fn, ctx));
	return 0;
}

size_t
batch_first_failure(const struct batch *b)
{
	size_t i = 0;

	while (i < b->n && b->answers[i].error == 0)
		i++;
	return i;
}

/* One datagram of a list.  1: more to come, 0: that was all, or -errno. */
static int
list_part(const uint8_t *p, size_t n, uint32_t seq, reply_fn *fn, void *ctx)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)p;
	int left = (int)n;
	struct answer a = {.error = 0};
	struct span body;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_seq != seq)
			continue;
		body = span_of(
		    mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));
		if (h->nlmsg_type == NLMSG_DONE) /* with an errno */
			return span_struct(&body, &a.error, sizeof(a.error))
			    ? a.error
			    : 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			answer_read(&a, h);
			return a.error;
		}
		fn(ctx, 0, h->nlmsg_type, body);
	}
	return 1;
}

int
channel_list(struct channel *c, uint16_t type, struct span fixed, reply_fn *fn,
    void *ctx)
{
	_Alignas(8) uint8_t buf[RECEIVE_OCTETS];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	ssize_t n;
	int r;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++c->seq;
	if (fixed.n > 0)
		memcpy(
		    mnl_nlmsg_put_extra_header(h, fixed.n), fixed.p, fixed.n);
	r = channel_send(c->fd, buf, h->nlmsg_len);
	if (r < 0)
		return r;
	do {
		n = channel_receive(c->fd, buf, sizeof(buf));
		if (n < 0)
			return n == -EAGAIN ? -EIO : (int)n;
		r = list_part(buf, (size_t)n, c->seq, fn, ctx);
	} while (r > 0);
	return r;
}

struct span
attr_find(struct span attrs, uint16_t type)
{
	struct nlattr a;
	struct span rest = attrs;

	while (rest.n > 0) {
		struct span one = rest;

		if (!span_struct(&one, &a, sizeof(a)) ||
		    a.nla_len < sizeof(a) || a.nla_len > rest.n)
			return SPAN_NONE;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return span_head(one, a.nla_len - sizeof(a));
		rest = span_from(rest, padded(a.nla_len));
	}
	return SPAN_NONE;
}

bool
span_struct(struct span *s, void *to, size_t n)
{
	if (s->n < n)
		return false;
	memcpy(to, s->p, n);
	*s = span_from(*s, padded(n));
	return true;
}

void
answer_print(struct text *t, const struct answer *a)
{
	static const struct {
		int error;
		const char *hint;
	} hints[] = {
	    {EPERM, "root, or the capability CAP_NET_ADMIN, is needed"},
	    {EPROTONOSUPPORT,
		"it has no such protocol: are the modules "
		"esp4, ah4, ipcomp (esp6 ...) there?"},
	    {EAFNOSUPPORT, "it has no such address family"},
	    {ENOSYS, "it has no such algorithm: is the module there?"},
	    {ENOENT, "it has no such algorithm: is the module there?"},
	    {EEXIST,
		"another program, or an earlier pluto, has set it up: "
		"see 'ip xfrm state' and 'ip xfrm policy'"},
	    {EIO, "it did not answer at all"},
	};

	text_add(t, "the kernel answered '%s'", strerror(-a->error));
	if (a->text[0] != '\0')
		text_add(t, ": %s", a->text);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (hints[i].error == -a->error)
			text_add(t, " (%s)", hints[i].hint);
	}
}
