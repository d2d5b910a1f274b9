/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IKE's sockets, on the loopback interface. */
#include "engine/daemon/udp.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen/policy.gen.h"
#include "netkey/netkey.h"
#include "test/unit/unit.h"

/* In place of netkey's, which needs root: there is no policy to bypass. */
int
netkey_bypass(int fd, enum addr_family family, struct text *why)
{
	(void)fd;
	(void)family;
	(void)why;
	return 0;
}

/* Our sockets at 127.0.0.1 and .2, and a peer at 127.0.0.3. */
struct world {
	struct loop loop;
	struct udp *udp;
	uint16_t port;
	int peer;
	struct endpoint peer_at;
	unsigned n_received, n_troubles;
	struct path path; /* of the last datagram or trouble */
	size_t length;
	char trouble[400];
	struct text said;
	char said_buf[1000];
};

static void
received(void *ctx, const struct path *path, uint8_t *data, size_t n)
{
	struct world *w = ctx;

	w->n_received++;
	w->path = *path;
	w->length = n;
	if (n > 0)
		data[0] ^= 0xff; /* it is scratch */
}

static void
trouble(void *ctx, const struct path *path, const char *text)
{
	struct world *w = ctx;

	w->n_troubles++;
	w->path = *path;
	snprintf(w->trouble, sizeof(w->trouble), "%s", text);
}

static void
say(void *ctx, enum level level, const char *text)
{
	struct world *w = ctx;

	text_add(&w->said, "%s%s\n", level == LEVEL_INFO ? "" : "! ", text);
}

static struct addr
host(const char *s)
{
	struct addr a;

	if (!addr_parse(&a, s))
		exit(EXIT_FAILURE);
	return a;
}

/* A socket bound to this address, and the port that the kernel chose. */
static int
socket_at(const char *s, uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t n = sizeof(sin);
	struct addr a = host(s);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&sin.sin_addr, a.b, sizeof(sin.sin_addr));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) < 0)
		exit(EXIT_FAILURE);
	*port = ntohs(sin.sin_port);
	return fd;
}

static struct ike_interface
iface(const struct world *w, const char *name, const char *a)
{
	struct ike_interface i = {.a = host(a), .port = w->port};

	snprintf(i.name, sizeof(i.name), "%s", name);
	return i;
}

static void
world_open(struct world *w)
{
	const struct udp_user user = {w, received, trouble};
	struct ike_interface v[2];
	size_t n = 2;
	int fd;

	*w = (struct world){.n_received = 0};
	w->said = text_of(w->said_buf, sizeof(w->said_buf));
	CU_ASSERT_EQUAL_FATAL(loop_init(&w->loop), 0);
	w->udp = udp_new(&w->loop, &user);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->udp);
	w->peer_at.a = host("127.0.0.3");
	w->peer = socket_at("127.0.0.3", &w->peer_at.port);
	fd = socket_at("127.0.0.1", &w->port); /* a port that is free */
	close(fd);
	v[0] = iface(w, "a", "127.0.0.1");
	v[1] = iface(w, "b", "127.0.0.2");
	udp_update(w->udp, v, &n, say, w);
	CU_ASSERT_EQUAL_FATAL(n, 2);
}

static void
world_close(struct world *w)
{
	udp_free(w->udp);
	close(w->peer);
	loop_fini(&w->loop);
}

static void
turn(struct world *w)
{
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(loop_wait(&w->loop, loop_now_ms() + 2), 0);
}

/* The peer sends n octets to one of our addresses. */
static void
peer_sends(struct world *w, const char *to, size_t n)
{
	static uint8_t data[2 * LIMIT_DATAGRAM];
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_port = htons(w->port)};
	struct addr a = host(to);

	memcpy(&sin.sin_addr, a.b, sizeof(sin.sin_addr));
	CU_ASSERT_EQUAL(
	    sendto(w->peer, data, n, 0, (struct sockaddr *)&sin, sizeof(sin)),
	    (ssize_t)n);
	turn(w);
}

static void
test_udp_receives_with_both_ends_of_the_path(void)
{
	struct world w;
	struct endpoint local;

	world_open(&w);
	peer_sends(&w, "127.0.0.2", 100);
	local = (struct endpoint){host("127.0.0.2"), w.port};
	CU_ASSERT_EQUAL(w.n_received, 1);
	CU_ASSERT_EQUAL(w.length, 100);
	CU_ASSERT_TRUE(endpoint_equal(&w.path.local, &local));
	CU_ASSERT_TRUE(endpoint_equal(&w.path.remote, &w.peer_at));
	peer_sends(&w, "127.0.0.1", 0);
	CU_ASSERT_EQUAL(w.n_received, 2);
	CU_ASSERT_EQUAL(w.length, 0);
	world_close(&w);
}

static void
test_udp_drops_what_is_too_long(void)
{
	struct world w;

	world_open(&w);
	peer_sends(&w, "127.0.0.1", LIMIT_DATAGRAM);
	CU_ASSERT_EQUAL(w.n_received, 1);
	CU_ASSERT_EQUAL(w.length, LIMIT_DATAGRAM);
	peer_sends(&w, "127.0.0.1", LIMIT_DATAGRAM + 1);
	CU_ASSERT_EQUAL(w.n_received, 1);
	CU_ASSERT_EQUAL(w.n_troubles, 1);
	CU_ASSERT_STRING_EQUAL(w.trouble, "dropped: longer than 8192 octets");
	world_close(&w);
}

static void
test_udp_that_is_deaf_drops_but_sends(void)
{
	struct world w;
	struct path path;
	char c;

	world_open(&w);
	udp_set_deaf(w.udp, true);
	peer_sends(&w, "127.0.0.1", 10);
	CU_ASSERT_EQUAL(w.n_received, 0);
	path = (struct path){{host("127.0.0.1"), w.port}, w.peer_at};
	CU_ASSERT_TRUE(udp_send(w.udp, &path, SPAN_LIT("x")));
	CU_ASSERT_EQUAL(recv(w.peer, &c, 1, MSG_DONTWAIT), 1);
	udp_set_deaf(w.udp, false);
	turn(&w);
	CU_ASSERT_EQUAL(w.n_received, 0);
	peer_sends(&w, "127.0.0.1", 10);
	CU_ASSERT_EQUAL(w.n_received, 1);
	world_close(&w);
}

static void
test_udp_sends_from_the_address_asked_for(void)
{
	struct world w;
	struct path path;
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	char buf[10];

	world_open(&w);
	path = (struct path){{host("127.0.0.2"), w.port}, w.peer_at};
	CU_ASSERT_TRUE(udp_send(w.udp, &path, SPAN_LIT("hello")));
	CU_ASSERT_EQUAL(recvfrom(w.peer, buf, sizeof(buf), MSG_DONTWAIT,
			    (struct sockaddr *)&from, &n),
	    5);
	CU_ASSERT_EQUAL(ntohl(from.sin_addr.s_addr), 0x7f000002);
	CU_ASSERT_EQUAL(ntohs(from.sin_port), w.port);
	world_close(&w);
}

static void
test_udp_send_from_nowhere_fails_and_says_so(void)
{
	struct world w;
	struct path path;

	world_open(&w);
	path = (struct path){{host("127.0.0.9"), w.port}, w.peer_at};
	CU_ASSERT_FALSE(udp_send(w.udp, &path, SPAN_LIT("x")));
	CU_ASSERT_EQUAL(w.n_troubles, 1);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(w.trouble, "is not one of our sockets any more"));
	world_close(&w);
}

/* The error of one datagram must not swallow the next one. */
static void
test_udp_explains_icmp_and_goes_on(void)
{
	struct world w;
	struct path closed, open;
	uint16_t port;
	char c;

	world_open(&w);
	close(socket_at("127.0.0.4", &port));
	closed = (struct path){
	    {host("127.0.0.1"), w.port}, {host("127.0.0.4"), port}};
	open = (struct path){{host("127.0.0.1"), w.port}, w.peer_at};
	CU_ASSERT_TRUE(udp_send(w.udp, &closed, SPAN_LIT("x")));
	CU_ASSERT_TRUE(udp_send(w.udp, &open, SPAN_LIT("x")));
	CU_ASSERT_EQUAL(recv(w.peer, &c, 1, MSG_DONTWAIT), 1);
	turn(&w);
	CU_ASSERT_EQUAL(w.n_troubles, 1);
	CU_ASSERT_TRUE(endpoint_equal(&w.path.remote, &closed.remote));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.trouble,
	    "Connection refused: ICMP "
	    "type 3 code 3 from 127.0.0.4 (unauthenticated): port "
	    "unreachable"));
	CU_ASSERT_TRUE(udp_send(w.udp, &closed, SPAN_LIT("x")));
	turn(&w);
	CU_ASSERT_EQUAL(w.n_troubles, 2);
	peer_sends(&w, "127.0.0.1", 10);
	CU_ASSERT_EQUAL(w.n_received, 1);
	world_close(&w);
}

static void
test_udp_update_opens_keeps_and_closes(void)
{
	struct world w;
	struct ike_interface v[4];
	const struct ike_interface *i;
	size_t n = 4;
	TEXT(want, 1000);

	world_open(&w);
	w.said = text_of(w.said_buf, sizeof(w.said_buf));
	v[0] = iface(&w, "b", "127.0.0.2");
	v[1] = iface(&w, "c", "127.0.0.5");
	v[2] = iface(&w, "d", "127.0.0.5");
	v[3] = iface(&w, "e", "192.0.2.99");
	udp_update(w.udp, v, &n, say, &w);
	text_add(&want,
	    "adding interface c 127.0.0.5:%u\n"
	    "! ignoring interface d 127.0.0.5:%u: interface c has this address "
	    "too; --interface chooses\n"
	    "! cannot use interface e 192.0.2.99:%u: cannot bind: Cannot "
	    "assign requested address\n"
	    "shutting down interface a 127.0.0.1:%u: the address is gone or "
	    "not considered\n",
	    w.port, w.port, w.port, w.port);
	CU_ASSERT_STRING_EQUAL(w.said.p, want.p);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_STRING_EQUAL(v[1].name, "c");
	i = udp_next(w.udp, NULL);
	CU_ASSERT_STRING_EQUAL(i->name, "b");
	i = udp_next(w.udp, i);
	CU_ASSERT_STRING_EQUAL(i->name, "c");
	CU_ASSERT_PTR_NULL(udp_next(w.udp, i));
	n = 0;
	udp_update(w.udp, v, &n, say, &w);
	CU_ASSERT_PTR_NULL(udp_next(w.udp, NULL));
	world_close(&w);
}

static void
test_udp_port_in_use_is_explained(void)
{
	struct world w;
	struct ike_interface v[1];
	size_t n = 1;
	uint16_t port;
	int fd;

	world_open(&w);
	fd = socket_at("127.0.0.6", &port);
	v[0] = iface(&w, "f", "127.0.0.6");
	v[0].port = port;
	udp_update(w.udp, v, &n, say, &w);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.said.p,
	    "Address already in use; another IKE daemon has this port"));
	close(fd);
	world_close(&w);
}

/* ---- IPv6 -------------------------------------------------------------- */

/* Like socket_at() at ::1; -1: this machine has no IPv6. */
static int
socket6(uint16_t *port)
{
	struct sockaddr_in6 sin6 = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t n = sizeof(sin6);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin6, &n) < 0)
		return -1;
	*port = ntohs(sin6.sin6_port);
	return fd;
}

/* A world with an interface at ::1 beside the one at 127.0.0.1, on one port,
 * and a peer of its own.  False, after saying so: there is no IPv6. */
static bool
world6_open(struct world *w, struct path *path, int *peer)
{
	struct ike_interface v[2];
	size_t n = 2;

	*peer = socket6(&path->remote.port);
	if (*peer < 0) {
		fprintf(stderr, "udp: IPv6 skipped: there is no ::1 here\n");
		return false;
	}
	world_open(w);
	v[0] = iface(w, "a", "127.0.0.1");
	v[1] = iface(w, "a", "::1");
	udp_update(w->udp, v, &n, say, w);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	path->remote.a = path->local.a = host("::1");
	path->local.port = w->port;
	return true;
}

static void
test_udp_ipv6_sends_and_receives(void)
{
	struct world w;
	struct path path;
	struct sockaddr_in6 to;
	socklen_t n = sizeof(to);
	char buf[10];
	int peer;

	if (!world6_open(&w, &path, &peer))
		return;
	CU_ASSERT_TRUE(udp_send(w.udp, &path, SPAN_LIT("hello")));
	CU_ASSERT_EQUAL(recvfrom(peer, buf, sizeof(buf), MSG_DONTWAIT,
			    (struct sockaddr *)&to, &n),
	    5);
	CU_ASSERT_EQUAL(ntohs(to.sin6_port), w.port);
	CU_ASSERT_EQUAL(sendto(peer, buf, 5, 0, (struct sockaddr *)&to, n), 5);
	turn(&w);
	CU_ASSERT_EQUAL(w.n_received, 1);
	CU_ASSERT_TRUE(endpoint_equal(&w.path.local, &path.local));
	CU_ASSERT_TRUE(endpoint_equal(&w.path.remote, &path.remote));
	peer_sends(&w, "127.0.0.1", 10); /* the other family, the same port */
	CU_ASSERT_EQUAL(w.n_received, 2);
	CU_ASSERT_EQUAL(w.path.local.a.family, ADDR_V4);
	close(peer);
	world_close(&w);
}

static void
test_udp_ipv6_explains_icmp(void)
{
	struct world w;
	struct path path;
	int peer;

	if (!world6_open(&w, &path, &peer))
		return;
	close(peer);
	CU_ASSERT_TRUE(udp_send(w.udp, &path, SPAN_LIT("x")));
	turn(&w);
	CU_ASSERT_EQUAL(w.n_troubles, 1);
	CU_ASSERT_TRUE(endpoint_equal(&w.path.remote, &path.remote));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.trouble,
	    "Connection refused: ICMPv6 type 1 code 4 from ::1 "
	    "(unauthenticated): port unreachable"));
	world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	    UNIT_TEST(test_udp_receives_with_both_ends_of_the_path),
	    UNIT_TEST(test_udp_drops_what_is_too_long),
	    UNIT_TEST(test_udp_that_is_deaf_drops_but_sends),
	    UNIT_TEST(test_udp_sends_from_the_address_asked_for),
	    UNIT_TEST(test_udp_send_from_nowhere_fails_and_says_so),
	    UNIT_TEST(test_udp_explains_icmp_and_goes_on),
	    UNIT_TEST(test_udp_update_opens_keeps_and_closes),
	    UNIT_TEST(test_udp_port_in_use_is_explained),
	    UNIT_TEST(test_udp_ipv6_sends_and_receives),
	    UNIT_TEST(test_udp_ipv6_explains_icmp),
	};

	return unit_run("udp", tests, COUNT(tests));
}
