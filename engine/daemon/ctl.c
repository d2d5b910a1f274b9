/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door for whack.  Only root and the user that pluto runs as may come in;
 * each client gets a bounded time to say one thing, and a bounded buffer for
 * the answer, so that none of them can stop the loop or fill the memory.
 */
#include "engine/daemon/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <poll.h>
#include <unistd.h>

#include "engine/base/list.h"
#include "engine/daemon/log.h"
#include "gen/enums.gen.h"

enum {
	HEAD = 8,            /* octets up to and with ctl_msg.length */
	LENGTH_AT = 4,       /* where it stands */
	FLUSH_AT = 64 << 10, /* octets waiting that are worth a write */
	CLOSING_MS = 1000    /* at the end, for all clients together */
};

struct client {
	struct list_node node;
	struct source source;
	struct ctl *ctl;
	uint32_t number;
	enum { CLIENT_ASKS, CLIENT_WAITS, CLIENT_LEAVES } state;
	bool broken;          /* cannot be written to any more */
	bool wants_out;       /* EPOLLOUT is asked for */
	uint64_t deadline_ms; /* while it asks */
	uint8_t *out;         /* owned; [sent, n) is waiting */
	size_t sent, n, size;
	size_t n_in;
	uint8_t in[CTL_REQUEST_MAX];
};

struct ctl {
	struct loop *loop;
	struct source source; /* listens */
	struct ctl_user user;
	struct list_node clients; /* oldest first */
	size_t n_clients;
	uint32_t last;
	int spare; /* a descriptor to give up when there is no other */
	struct sockaddr_un at;
};

/* ---- output ----------------------------------------------------------- */

/* Nothing more can be written: the loop will see that it hangs up. */
static void
client_break(struct client *cl)
{
	cl->broken = true;
	cl->sent = cl->n = 0;
	(void)shutdown(cl->source.fd, SHUT_RDWR);
}

/* Write what the socket takes now. */
static void
client_flush(struct client *cl)
{
	while (cl->sent < cl->n) {
		ssize_t n = send(cl->source.fd, cl->out + cl->sent,
		    cl->n - cl->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			client_break(cl);
		if (n < 0)
			return;
		cl->sent += (size_t)n;
	}
	cl->sent = cl->n = 0;
}

/* Make room for n more octets. */
static bool
client_reserve(struct client *cl, size_t n)
{
	size_t size = cl->size == 0 ? 4096 : cl->size;
	uint8_t *p;

	if (cl->sent > 0) {
		memmove(cl->out, cl->out + cl->sent, cl->n - cl->sent);
		cl->n -= cl->sent;
		cl->sent = 0;
	}
	if (cl->n + n > CTL_OUT_MAX)
		return false;
	while (size < cl->n + n)
		size *= 2;
	if (size == cl->size)
		return true;
	p = realloc(cl->out, size);
	if (p == NULL)
		return false;
	cl->out = p;
	cl->size = size;
	return true;
}

static void
client_write(struct client *cl, struct span s)
{
	if (cl->broken)
		return;
	if (cl->n + s.n > cl->size && !client_reserve(cl, s.n)) {
		log_say(LEVEL_WARN,
		    "whack does not read: gave up on it with "
		    "%zu octets waiting",
		    cl->n - cl->sent);
		client_break(cl);
		return;
	}
	memcpy(cl->out + cl->n, s.p, s.n);
	cl->n += s.n;
	if (cl->n - cl->sent >= FLUSH_AT)
		client_flush(cl);
}

static void
client_line(struct client *cl, unsigned code, const char *text)
{
	TEXT(t, LOG_LINE_MAX);

	text_add(&t, "%03u ", code);
	log_clean(&t, text);
	t.p[t.n] = '\n';
	client_write(cl, span_of(t.p, t.n + 1));
}

/* ---- clients ---------------------------------------------------------- */

static void
client_free(struct client *cl)
{
	list_remove(&cl->node);
	loop_remove(cl->ctl->loop, &cl->source);
	close(cl->source.fd);
	cl->ctl->n_clients--;
	free(cl->out);
	free(cl);
}

static struct client *
client_find(const struct ctl *c, uint32_t number)
{
	LIST_EACH(n, &c->clients) {
		struct client *cl = container_of(n, struct client, node);

		if (cl->number == number)
			return cl;
	}
	return NULL;
}

/* It hung up, or broke the rules. */
static void
client_gone(struct client *cl)
{
	struct ctl *c = cl->ctl;
	uint32_t number = cl->number;
	bool waited = cl->state == CLIENT_WAITS;

	client_free(cl);
	if (waited)
		c->user.gone(c->user.ctx, number);
}

/* How many octets the request has, as far as can be told. */
static size_t
request_length(const struct client *cl)
{
	struct cur c = cur_of(span_of(cl->in, cl->n_in));
	uint32_t length;

	if (cl->n_in < HEAD)
		return HEAD;
	(void)cur_bytes(&c, LENGTH_AT);
	length = cur_u32(&c);
	/* What cannot be right goes to the decoder as it is, which says so. */
	return length < HEAD || length > CTL_REQUEST_MAX ? cl->n_in : length;
}

static void
client_read(struct client *cl)
{
	struct ctl *c = cl->ctl;
	ssize_t n;

	n = recv(cl->source.fd, cl->in + cl->n_in, sizeof(cl->in) - cl->n_in,
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* One request each: a waiting client has nothing more to say. */
	if (n <= 0 || cl->state != CLIENT_ASKS) {
		client_gone(cl);
		return;
	}
	cl->n_in += (size_t)n;
	if (cl->n_in < request_length(cl))
		return;
	cl->state = CLIENT_WAITS;
	c->user.request(c->user.ctx, cl->number, span_of(cl->in, cl->n_in));
}

static void
client_ready(struct source *s, uint32_t events)
{
	struct client *cl = container_of(s, struct client, source);

	if (cl->broken || (events & (EPOLLHUP | EPOLLERR)) != 0)
		client_gone(cl);
	else if ((events & EPOLLIN) != 0)
		client_read(cl);
	/* EPOLLOUT: ctl_tick() writes. */
}

/* ---- coming in -------------------------------------------------------- */

static bool
may_command(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		return false;
	if (who.uid == 0 || who.uid == geteuid())
		return true;
	log_say(LEVEL_WARN,
	    "refused a whack of user %lu (process %ld): only "
	    "root may command pluto",
	    (unsigned long)who.uid, (long)who.pid);
	return false;
}

/* A line for somebody who gets no more than that. */
static void
turn_away(int fd, const char *text)
{
	TEXT(t, 160);

	text_add(&t, "%03d %s\n", RC_BADWHACKMESSAGE, text);
	(void)send(fd, t.p, t.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void
client_new(struct ctl *c, int fd)
{
	struct client *cl;

	if (!may_command(fd)) {
		turn_away(fd, "only root may command pluto");
		return;
	}
	cl = c->n_clients < CTL_CLIENTS_MAX ? malloc(sizeof(*cl)) : NULL;
	if (cl == NULL) {
		turn_away(fd, "pluto has too many whacks to answer already");
		return;
	}
	memset(cl, 0, offsetof(struct client, in));
	cl->ctl = c;
	cl->source = (struct source){fd, client_ready};
	cl->number = ++c->last == 0 ? ++c->last : c->last;
	cl->deadline_ms = loop_now_ms() + CTL_REQUEST_MS;
	list_append(&c->clients, &cl->node);
	c->n_clients++;
	if (loop_add(c->loop, &cl->source, EPOLLIN) < 0)
		client_gone(cl);
}

/*
 * No descriptor is left.  Without taking it out of the queue the loop would
 * turn for ever over the one who knocks, so the spare one goes for that.
 */
static void
turn_away_without_descriptor(struct ctl *c)
{
	int fd;

	close(c->spare);
	fd = accept4(c->source.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		turn_away(fd, "pluto has no file descriptors left");
	c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_say(LEVEL_ERR, "no file descriptors left: turned a whack away");
}

static void
listener_ready(struct source *s, uint32_t events)
{
	struct ctl *c = container_of(s, struct ctl, source);
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		client_new(c, fd);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away_without_descriptor(c);
}

/* ---- opening and closing ---------------------------------------------- */

/* Make way for the socket.  0 or -errno with why. */
static int
remove_stale(const char *path, struct text *why)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return 0; /* if it is not absent, bind() says what is wrong */
	if (!S_ISSOCK(st.st_mode)) {
		text_add(why,
		    "\"%s\" is in the way: it should be the control "
		    "socket but is something else; remove it or choose another "
		    "--ctlbase",
		    path);
		return -EEXIST;
	}
	r = unlink(path) < 0 ? -errno : 0;
	if (r < 0)
		text_add(why, "cannot replace the socket \"%s\": %s", path,
		    strerror(-r));
	return r;
}

/* A listening descriptor, or -1 with why. */
static int
listen_at(const struct sockaddr_un *at, struct text *why)
{
	mode_t before;
	int fd, r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	before = umask(0177);
	r = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)at, sizeof(*at));
	(void)umask(before);
	if (r == 0)
		r = listen(fd, CTL_CLIENTS_MAX);
	if (r == 0)
		return fd;
	text_add(why, "cannot make the control socket \"%s\": %s", at->sun_path,
	    strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct ctl *
ctl_open(struct loop *l, const char *path, const struct ctl_user *user,
    struct text *why)
{
	struct ctl *c = calloc(1, sizeof(*c));

	if (c == NULL || strlen(path) >= sizeof(c->at.sun_path)) {
		text_add(why, "cannot make the control socket \"%s\": %s", path,
		    c == NULL ? "no memory" : "the name is too long");
		free(c);
		return NULL;
	}
	c->loop = l;
	c->user = *user;
	c->source.ready = listener_ready;
	c->at.sun_family = AF_UNIX;
	memcpy(c->at.sun_path, path, strlen(path));
	list_init(&c->clients);
	c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	c->source.fd =
	    remove_stale(path, why) < 0 ? -1 : listen_at(&c->at, why);
	if (c->source.fd >= 0 && loop_add(l, &c->source, EPOLLIN) == 0)
		return c;
	if (c->source.fd >= 0) {
		text_add(why, "cannot wait for whacks");
		(void)unlink(path);
		close(c->source.fd);
	}
	close(c->spare);
	free(c);
	return NULL;
}

/* Wait a little for one client to take what it has been told. */
static void
client_drain(struct client *cl, uint64_t until_ms)
{
	client_flush(cl);
	while (cl->sent < cl->n && loop_now_ms() < until_ms) {
		struct pollfd p = {.fd = cl->source.fd, .events = POLLOUT};

		(void)poll(&p, 1, 50);
		client_flush(cl);
	}
}

void
ctl_hide(struct ctl *c)
{
	(void)unlink(c->at.sun_path);
}

void
ctl_close(struct ctl *c)
{
	uint64_t until_ms = loop_now_ms() + CLOSING_MS;

	if (c == NULL)
		return;
	loop_remove(c->loop, &c->source);
	close(c->source.fd);
	LIST_EACH_REMOVABLE(n, &c->clients) {
		struct client *cl = container_of(n, struct client, node);

		client_drain(cl, until_ms);
		client_free(cl);
	}
	close(c->spare);
	free(c);
}

/* ---- what the rest of pluto says --------------------------------------- */

void
ctl_line(struct ctl *c, uint32_t client, unsigned code, const char *text)
{
	struct client *cl = client_find(c, client);

	if (cl != NULL)
		client_line(cl, code, text);
}

void
ctl_done(struct ctl *c, uint32_t client)
{
	struct client *cl = client_find(c, client);

	if (cl != NULL)
		cl->state = CLIENT_LEAVES;
}

/* Ask to be told when more can be written, exactly while there is more. */
static void
client_watch_out(struct client *cl)
{
	bool want = cl->sent < cl->n;

	if (want == cl->wants_out)
		return;
	cl->wants_out = want;
	if (loop_change(cl->ctl->loop, &cl->source,
		want ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0)
		client_break(cl);
}

void
ctl_tick(struct ctl *c)
{
	uint64_t now = loop_now_ms();

	LIST_EACH_REMOVABLE(n, &c->clients) {
		struct client *cl = container_of(n, struct client, node);

		if (cl->state == CLIENT_ASKS && now >= cl->deadline_ms) {
			client_line(cl, RC_BADWHACKMESSAGE,
			    "gave up waiting "
			    "for the rest of the request");
			cl->state = CLIENT_LEAVES;
		}
		client_flush(cl);
		if (cl->state == CLIENT_LEAVES && cl->sent == cl->n)
			client_free(cl);
		else
			client_watch_out(cl);
	}
}

uint64_t
ctl_next_ms(const struct ctl *c)
{
	/* The oldest that still asks is the first to be late. */
	LIST_EACH(n, &c->clients) {
		const struct client *cl = container_of(n, struct client, node);

		if (cl->state == CLIENT_ASKS)
			return cl->deadline_ms;
	}
	return UINT64_MAX;
}
