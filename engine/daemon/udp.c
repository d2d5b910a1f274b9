/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams in and out.  A socket is bound to each of our addresses, so that
 * answers leave from the address that was asked, and bypasses IPsec, so that
 * no policy of ours can catch IKE itself.  ICMP errors are read from the
 * sockets' error queues and explained; they are never believed.
 */
#include "engine/daemon/udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen/policy.gen.h"
#include "netkey/netkey.h"

enum {
	BATCH = 16,              /* datagrams taken from the kernel at once */
	ERRORS = 16,             /* errors explained per wake-up */
	RECEIVE_BUFFER = 1 << 20 /* octets in the kernel */
};

/* Of either family. */
union sockaddr_ip {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct udp_socket {
	struct list_node node;
	struct source source;
	struct udp *udp;
	struct ike_interface iface;
	bool wanted;
};

struct udp {
	struct loop *loop;
	struct udp_user user;
	struct list_node sockets;
	bool deaf;
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	union sockaddr_ip from[BATCH];
	uint8_t data[BATCH][LIMIT_DATAGRAM];
};

/* ---- addresses -------------------------------------------------------- */

/* Returns its length. */
static socklen_t
sockaddr_of(union sockaddr_ip *s, const struct endpoint *e)
{
	*s = (union sockaddr_ip){.v6 = {.sin6_family = AF_INET6}};
	if (e->a.family == ADDR_V6) {
		s->v6.sin6_port = htons(e->port);
		memcpy(&s->v6.sin6_addr, e->a.b, sizeof(s->v6.sin6_addr));
		return sizeof(s->v6);
	}
	s->v4.sin_family = AF_INET;
	s->v4.sin_port = htons(e->port);
	memcpy(&s->v4.sin_addr, e->a.b, sizeof(s->v4.sin_addr));
	return sizeof(s->v4);
}

static struct endpoint
endpoint_of(const union sockaddr_ip *s)
{
	struct endpoint e = {.port = 0};

	if (s->any.sa_family == AF_INET6) {
		e.a.family = ADDR_V6;
		e.port = ntohs(s->v6.sin6_port);
		memcpy(e.a.b, &s->v6.sin6_addr, sizeof(s->v6.sin6_addr));
	} else if (s->any.sa_family == AF_INET) {
		e.a.family = ADDR_V4;
		e.port = ntohs(s->v4.sin_port);
		memcpy(e.a.b, &s->v4.sin_addr, sizeof(s->v4.sin_addr));
	}
	return e;
}

static struct endpoint
local_of(const struct udp_socket *s)
{
	return (struct endpoint){s->iface.a, s->iface.port};
}

/* ---- errors ----------------------------------------------------------- */

static const char *
unreachable_text(uint8_t code)
{
	switch (code) {
	case ICMP_NET_UNREACH: return "network unreachable";
	case ICMP_HOST_UNREACH: return "host unreachable";
	case ICMP_PROT_UNREACH: return "protocol unreachable";
	case ICMP_PORT_UNREACH:
		return "port unreachable; does an IKE daemon run there, and "
		       "on this port?";
	case ICMP_FRAG_NEEDED: return "fragmentation needed";
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED: return "forbidden by a filter on the way";
	default: return "destination unreachable";
	}
}

static const char *
unreachable6_text(uint8_t code)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE: return "no route to the destination";
	case ICMP6_DST_UNREACH_ADMIN: return "forbidden by a filter on the way";
	case ICMP6_DST_UNREACH_ADDR: return "address unreachable";
	case ICMP6_DST_UNREACH_NOPORT:
		return unreachable_text(ICMP_PORT_UNREACH);
	default: return "destination unreachable";
	}
}

/* Who says what, of one entry of the error queue. */
static void
explain_error(struct text *t, const struct sock_extended_err *e,
    const union sockaddr_ip *offender)
{
	struct endpoint from = endpoint_of(offender);
	bool v6 = e->ee_origin == SO_EE_ORIGIN_ICMP6;

	text_add(t, "%s", strerror((int)e->ee_errno));
	if (!v6 && e->ee_origin != SO_EE_ORIGIN_ICMP) {
		text_add(t, ": found by this machine's kernel");
		return;
	}
	text_add(t, ": ICMP%s type %u code %u from ", v6 ? "v6" : "",
	    e->ee_type, e->ee_code);
	addr_print(t, &from.a);
	text_add(t, " (unauthenticated)");
	if (v6 && e->ee_type == ICMP6_DST_UNREACH)
		text_add(t, ": %s", unreachable6_text(e->ee_code));
	else if (!v6 && e->ee_type == ICMP_DEST_UNREACH)
		text_add(t, ": %s", unreachable_text(e->ee_code));
}

/* An error with its offender's address, which follows it. */
static bool
read_error(const struct cmsghdr *c, struct sock_extended_err *e,
    union sockaddr_ip *offender)
{
	bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
	bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
	size_t size = v6 ? sizeof(offender->v6) : sizeof(offender->v4);

	if ((!v4 && !v6) || c->cmsg_len < CMSG_LEN(sizeof(*e) + size))
		return false;
	memcpy(e, CMSG_DATA(c), sizeof(*e));
	memcpy(offender, CMSG_DATA(c) + sizeof(*e), size);
	return true;
}

/* Take one entry of the error queue.  False: it is empty. */
static bool
take_error(struct udp_socket *s)
{
	union {
		struct cmsghdr align;
		uint8_t b[256];
	} control;
	union sockaddr_ip to, offender;
	struct msghdr m = {.msg_name = &to,
	    .msg_namelen = sizeof(to),
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct path path = {.local = local_of(s)};
	struct sock_extended_err e;

	if (recvmsg(s->source.fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	     c = CMSG_NXTHDR(&m, c)) {
		TEXT(t, 300);

		if (!read_error(c, &e, &offender))
			continue;
		path.remote = endpoint_of(&to);
		text_add(
		    &t, "an IKE message that we sent there was rejected: ");
		explain_error(&t, &e, &offender);
		s->udp->user.trouble(s->udp->user.ctx, &path, t.p);
	}
	return true;
}

static void
take_errors(struct udp_socket *s)
{
	int error;
	socklen_t n = sizeof(error);

	for (int i = 0; i < ERRORS && take_error(s); i++)
		continue;
	/* The pending error that goes with the queue would fail the next
	 * send. */
	(void)getsockopt(s->source.fd, SOL_SOCKET, SO_ERROR, &error, &n);
}

/* ---- receiving -------------------------------------------------------- */

static void
prepare_batch(struct udp *u)
{
	for (size_t i = 0; i < BATCH; i++) {
		u->iov[i] = (struct iovec){u->data[i], sizeof(u->data[i])};
		u->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &u->from[i],
		    .msg_namelen = sizeof(u->from[i]),
		    .msg_iov = &u->iov[i],
		    .msg_iovlen = 1,
		};
	}
}

static void
receive_one(struct udp_socket *s, size_t i)
{
	struct udp *u = s->udp;
	struct path path = {local_of(s), endpoint_of(&u->from[i])};
	TEXT(t, 80);

	if ((u->msgs[i].msg_hdr.msg_flags & MSG_TRUNC) == 0) {
		u->user.received(
		    u->user.ctx, &path, u->data[i], u->msgs[i].msg_len);
		return;
	}
	text_add(&t, "dropped: longer than %d octets", LIMIT_DATAGRAM);
	u->user.trouble(u->user.ctx, &path, t.p);
}

/* One batch per turn, so that no socket starves the others. */
static void
socket_ready(struct source *source, uint32_t events)
{
	struct udp_socket *s = container_of(source, struct udp_socket, source);
	struct udp *u = s->udp;
	int n;

	if ((events & EPOLLERR) != 0)
		take_errors(s);
	prepare_batch(u);
	n = recvmmsg(source->fd, u->msgs, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n && !u->deaf; i++)
		receive_one(s, (size_t)i);
}

/* ---- sending ---------------------------------------------------------- */

static struct udp_socket *
find_socket(const struct udp *u, const struct endpoint *local)
{
	LIST_EACH(n, &u->sockets) {
		struct udp_socket *s = container_of(n, struct udp_socket, node);
		struct endpoint e = local_of(s);

		if (endpoint_equal(&e, local))
			return s;
	}
	return NULL;
}

static int
try_send(
    const struct udp_socket *s, const struct endpoint *remote, struct span d)
{
	union sockaddr_ip to;
	socklen_t size = sockaddr_of(&to, remote);
	ssize_t n;

	do
		n = sendto(s->source.fd, d.p, d.n, MSG_DONTWAIT | MSG_NOSIGNAL,
		    &to.any, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

bool
udp_send(struct udp *u, const struct path *path, struct span datagram)
{
	struct udp_socket *s = find_socket(u, &path->local);
	TEXT(t, 200);
	int r;

	text_add(&t, "cannot send to this peer: ");
	if (s == NULL) {
		endpoint_print(&t, &path->local);
		text_add(&t, " is not one of our sockets any more");
		u->user.trouble(u->user.ctx, path, t.p);
		return false;
	}
	r = try_send(s, &path->remote, datagram);
	if (r < 0) {
		/* It may be the error of an earlier datagram: try again. */
		take_errors(s);
		r = try_send(s, &path->remote, datagram);
	}
	if (r < 0) {
		text_add(&t, "%s", strerror(-r));
		u->user.trouble(u->user.ctx, path, t.p);
	}
	return r == 0;
}

/* ---- opening and closing ---------------------------------------------- */

static int
set_option(int fd, int level, int name, int value)
{
	int r = setsockopt(fd, level, name, &value, sizeof(value));

	return r < 0 ? -errno : 0;
}

/*
 * Errors are explained, and datagrams are fragmented: without these two IKE
 * fails.  Each family has a socket of its own.
 */
static int
set_family_options(int fd, bool v6)
{
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int r = set_option(fd, level, v6 ? IPV6_RECVERR : IP_RECVERR, 1);

	if (r == 0)
		r = set_option(fd, level,
		    v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
		    v6 ? IPV6_PMTUDISC_DONT : IP_PMTUDISC_DONT);
	if (r == 0 && v6)
		r = set_option(fd, level, IPV6_V6ONLY, 1);
	return r;
}

static void
explain_bind(struct text *why, int error, bool v6)
{
	text_add(why, "cannot bind: %s", strerror(-error));
	if (error == -EADDRINUSE)
		text_add(why, "; another IKE daemon has this port");
	else if (error == -EADDRNOTAVAIL && v6)
		text_add(why,
		    "; a new address is checked for duplicates first: run "
		    "whack --listen again in a few seconds");
}

/* 0 or -errno with why. */
static int
set_up(int fd, const struct endpoint *local, struct text *why)
{
	bool v6 = local->a.family == ADDR_V6;
	union sockaddr_ip at;
	socklen_t size = sockaddr_of(&at, local);
	int r;

	/* A small buffer is no reason to stop. */
	if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		(void)set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	r = set_family_options(fd, v6);
	if (r < 0)
		text_add(why, "cannot set up the socket: %s", strerror(-r));
	if (r == 0)
		r = netkey_bypass(fd, v6 ? ADDR_V6 : ADDR_V4, why);
	if (r == 0 && bind(fd, &at.any, size) < 0) {
		r = -errno;
		explain_bind(why, r, v6);
	}
	return r;
}

static void
socket_free(struct udp_socket *s)
{
	list_remove(&s->node);
	loop_remove(s->udp->loop, &s->source);
	if (s->source.fd >= 0)
		close(s->source.fd);
	free(s);
}

/* NULL with why. */
static struct udp_socket *
socket_new(struct udp *u, const struct ike_interface *iface, struct text *why)
{
	struct udp_socket *s = malloc(sizeof(*s));
	struct endpoint local = {iface->a, iface->port};
	int r;

	if (s == NULL) {
		text_add(why, "no memory");
		return NULL;
	}
	*s = (struct udp_socket){.udp = u,
	    .iface = *iface,
	    .wanted = true,
	    .source = {.ready = socket_ready}};
	list_append(&u->sockets, &s->node);
	s->source.fd = socket(iface->a.family == ADDR_V6 ? AF_INET6 : AF_INET,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	r = s->source.fd < 0 ? -errno : 0;
	if (r < 0)
		text_add(why, "cannot make a socket: %s", strerror(-r));
	else
		r = set_up(s->source.fd, &local, why);
	if (r == 0) {
		r = loop_add(u->loop, &s->source, EPOLLIN);
		if (r < 0)
			text_add(why, "cannot wait for it: %s", strerror(-r));
	}
	if (r == 0)
		return s;
	socket_free(s);
	return NULL;
}

/* Who is told of what udp_update() does. */
struct teller {
	udp_say_fn *say;
	void *ctx;
};

static void
say_iface(const struct teller *to, enum level level, const char *what,
    const struct ike_interface *i, const char *why)
{
	struct endpoint e = {i->a, i->port};
	TEXT(t, 400);

	text_add(&t, "%s interface %s ", what, i->name);
	endpoint_print(&t, &e);
	if (*why != '\0')
		text_add(&t, ": %s", why);
	to->say(to->ctx, level, t.p);
}

/* Whether a socket for it is open now. */
static bool
keep_or_open(
    struct udp *u, const struct ike_interface *i, const struct teller *to)
{
	struct endpoint e = {i->a, i->port};
	struct udp_socket *s = find_socket(u, &e);
	TEXT(why, 300);

	if (s != NULL && s->wanted) {
		text_add(&why,
		    "interface %s has this address too; --interface "
		    "chooses",
		    s->iface.name);
		say_iface(to, LEVEL_WARN, "ignoring", i, why.p);
		return false;
	}
	if (s != NULL) {
		s->wanted = true;
		s->iface = *i;
		return true;
	}
	if (socket_new(u, i, &why) == NULL) {
		say_iface(to, LEVEL_WARN, "cannot use", i, why.p);
		return false;
	}
	say_iface(to, LEVEL_INFO, "adding", i, "");
	return true;
}

void
udp_update(struct udp *u, struct ike_interface *v, size_t *n, udp_say_fn *say,
    void *ctx)
{
	struct teller to = {say, ctx};
	size_t kept = 0;

	LIST_EACH(node, &u->sockets)
		container_of(node, struct udp_socket, node)->wanted = false;
	for (size_t i = 0; i < *n; i++)
		if (keep_or_open(u, &v[i], &to))
			v[kept++] = v[i];
	*n = kept;
	LIST_EACH_REMOVABLE(node, &u->sockets) {
		struct udp_socket *s =
		    container_of(node, struct udp_socket, node);

		if (s->wanted)
			continue;
		say_iface(&to, LEVEL_INFO, "shutting down", &s->iface,
		    "the address is gone or not considered");
		socket_free(s);
	}
}

const struct ike_interface *
udp_next(const struct udp *u, const struct ike_interface *after)
{
	const struct list_node *n = u->sockets.next;

	LIST_EACH(m, &u->sockets)
		if (after == &container_of(m, struct udp_socket, node)->iface)
			n = m->next;
	return n == &u->sockets
	    ? NULL
	    : &container_of(n, const struct udp_socket, node)->iface;
}

void
udp_set_deaf(struct udp *u, bool deaf)
{
	u->deaf = deaf;
}

struct udp *
udp_new(struct loop *l, const struct udp_user *user)
{
	struct udp *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->loop = l;
	u->user = *user;
	list_init(&u->sockets);
	return u;
}

void
udp_free(struct udp *u)
{
	if (u == NULL)
		return;
	LIST_EACH_REMOVABLE(n, &u->sockets)
		socket_free(container_of(n, struct udp_socket, node));
	free(u);
}
