/*
 * net - connections: names, TCP and TLS, in straight-line code
 *
 * Opening and closing, and bytes that come and go before a deadline.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

int
net_say(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, NET_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

struct net *
net_new(struct co_loop *loop)
{
	struct net *net = xalloc(sizeof(*net));

	signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is an error of write(), no more */
	net->loop = loop;
	net->dns = net_dns_new(loop);
	net->tls = net_tls_new();
	TAILQ_INIT(&net->queue);
	TAILQ_INIT(&net->begun);
	return net;
}

void
net_free(struct net *net)
{
	if (net->connecting != 0)
		log_panic("somebody still connects");
	net_dns_free(net->dns);
	net_tls_free(net->tls);
	free(net);
}

void
net_refresh(struct net *net)
{
	net_dns_forget(net->dns);
	net_tls_forget(net->tls);
}

/* Taking turns: at most NET_MAX_CONNECTING at once, NET_MAX_PER_HOST of them to one host, in the
 * order of their coming as far as their hosts allow. Whoever may begin has begun. */

static bool
may_begin(const struct net *net, const struct net_turn *turn)
{
	const struct net_turn *other;
	size_t same = 0;

	if (net->connecting >= NET_MAX_CONNECTING)
		return false;
	TAILQ_FOREACH(other, &net->begun, link)
	same += strcmp(other->to->host, turn->to->host) == 0 &&
		strcmp(other->to->port, turn->to->port) == 0;
	return same < NET_MAX_PER_HOST;
}

static void
begin(struct net *net, struct net_turn *turn)
{
	TAILQ_INSERT_TAIL(&net->begun, turn, link);
	net->connecting++;
	turn->come = true;
}

static int
take_turn(struct net *net, struct net_turn *me)
{
	if (may_begin(net, me)) {
		begin(net, me);
		return 0;
	}
	TAILQ_INSERT_TAIL(&net->queue, me, link);
	while (!me->come && co_block(net->loop, -1) != CO_CANCELED)
		continue;
	if (me->come)
		return 0;
	TAILQ_REMOVE(&net->queue, me, link);
	return -1;
}

static void
give_turn(struct net *net, struct net_turn *me)
{
	struct net_turn *next;

	TAILQ_REMOVE(&net->begun, me, link);
	net->connecting--;
	TAILQ_FOREACH(next, &net->queue, link)
	if (may_begin(net, next))
		break;
	if (next == NULL)
		return;
	TAILQ_REMOVE(&net->queue, next, link);
	begin(net, next);
	co_wake(next->co);
}

int
net_resolve(struct net *net, const char *host, double seconds, struct buf *out, char *error)
{
	struct net_addresses list;

	if (net_dns_resolve(net->dns, host, co_clock() + seconds, &list, error) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		bool six = list.at[i].any.sa_family == AF_INET6;
		char text[NET_PEER_SIZE];

		buf_addf(out, "%s%s%s%s", i > 0 ? "," : "", six ? "[" : "",
			 net_address_text(&list.at[i], text), six ? "]" : "");
	}
	return 0;
}

/* Connections */

static char *printed(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *
printed(const char *format, ...)
{
	char text[NET_ERROR_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return xstrdup(text);
}

/* Who is at the other end. */
static void
find_peer(struct net_conn *conn, union net_address *peer)
{
	char text[NET_PEER_SIZE];
	socklen_t size = sizeof(*peer);

	memset(peer, 0, sizeof(*peer));
	if (getpeername(conn->fd, &peer->any, &size) != 0)
		peer->any.sa_family = AF_UNSPEC;
	net_address_text(peer, text);
	snprintf(conn->peer, sizeof(conn->peer), "%.45s port %u", text, ntohs(peer->v4.sin_port));
}

static struct net_conn *
conn_new(struct net *net, const struct net_options *options)
{
	struct net_conn *conn = xalloc(sizeof(*conn));
	const char *name = options->tls_name[0] != '\0' ? options->tls_name : options->host;

	conn->net = net;
	conn->fd = -1;
	conn->where = printed("%.100s port %.10s", options->host, options->port);
	conn->name = xstrdup(name);
	conn->tls_timeout = options->tls_timeout;
	conn->progress_timeout = options->progress_timeout;
	conn->deadline = -1;
	conn->ahead = NET_AGAIN;
	return conn;
}

/* All that net_connect() does while it has its turn. */
static int
conn_open(struct net_conn *conn, const struct net_options *options, char *error)
{
	struct net *net = conn->net;
	union net_address peer;

	if (options->security != NET_PLAIN) {
		conn->credentials = net_tls_take(net->tls, options->ca_file, error);
		if (conn->credentials == NULL)
			return -1;
	}
	conn->fd = net_race(net, options, conn->where, error);
	if (conn->fd < 0)
		return -1;
	find_peer(conn, &peer);
	if (options->security == NET_PLAIN && !net_is_loopback(&peer))
		return net_say(error, "%s: not loopback: use TLS", conn->peer);
	return options->security == NET_TLS ? net_tls_handshake(conn, error) : 0;
}

struct net_conn *
net_connect(struct net *net, const struct net_options *options, char *error)
{
	struct net_turn me = { .to = options, .co = co_self(net->loop) };
	struct net_conn *conn;
	int opened;

	error[0] = '\0';
	if (take_turn(net, &me) != 0) {
		net_say(error, "%.100s port %.10s: canceled", options->host, options->port);
		return NULL;
	}
	conn = conn_new(net, options);
	opened = conn_open(conn, options, error);
	give_turn(net, &me);
	if (opened == 0)
		return conn;
	net_close(conn);
	return NULL;
}

int
net_starttls(struct net_conn *conn, char *error)
{
	error[0] = '\0';
	if (conn->credentials == NULL || conn->session != NULL)
		return net_say(error, "%s: TLS cannot be started on this connection", conn->where);
	if (net_tls_handshake(conn, error) == 0)
		return 0;
	return net_say(conn->error, "%s", error);
}

void
net_close(struct net_conn *conn)
{
	if (conn == NULL)
		return;
	net_tls_end(conn);
	if (conn->fd >= 0)
		close(conn->fd);
	net_tls_give(conn->credentials);
	free(conn->where);
	free(conn->name);
	free(conn);
}

/* Bytes */

void
net_set_deadline(struct net_conn *conn, double seconds)
{
	conn->deadline = seconds < 0 ? -1 : co_clock() + seconds;
}

/* Before each try: 0 when bytes may move, -1 with conn->error. */
static int
may_go_on(struct net_conn *conn)
{
	if (conn->broken)
		return -1; /* conn->error still says why */
	conn->error[0] = '\0';
	if (co_breathe(conn->net->loop) == CO_CANCELED)
		return net_say(conn->error, "%s: canceled", conn->where);
	if (conn->deadline >= 0 && co_clock() >= conn->deadline)
		return net_say(conn->error, "%s: not finished by the deadline", conn->where);
	return 0;
}

/* After NET_AGAIN: positive when another try is worth it, CO_TIMEOUT or CO_CANCELED. */
static int
again(struct net_conn *conn, double timeout)
{
	struct co_loop *loop = conn->net->loop;

	if (conn->want != 0)
		return co_wait(loop, conn->fd, conn->want, timeout);
	return co_breathe(loop) == 0 ? 1 : CO_CANCELED;
}

/* The same within the limits of a read or a write: 0, or -1 with conn->error. */
static int
await(struct net_conn *conn)
{
	double left = conn->deadline - co_clock();
	double most = conn->progress_timeout;
	int ready;

	if (conn->deadline >= 0 && left < most)
		most = left > 0 ? left : 0;
	ready = again(conn, most);
	if (ready > 0)
		return 0;
	if (ready == CO_CANCELED)
		return net_say(conn->error, "%s: canceled", conn->where);
	if (conn->deadline >= 0 && co_clock() >= conn->deadline)
		return net_say(conn->error, "%s: not finished by the deadline", conn->where);
	return net_say(conn->error, "%s: the server %s nothing for %g s", conn->where,
		       conn->want == CO_READ ? "sent" : "took", conn->progress_timeout);
}

/* What a system call on the socket returned, as the functions of net_tls would say it. */
static ssize_t
plain_result(struct net_conn *conn, ssize_t moved, int want)
{
	if (moved >= 0)
		return moved;
	conn->want = errno == EINTR ? 0 : want;
	if (errno == EAGAIN || errno == EINTR)
		return NET_AGAIN;
	conn->broken = true;
	return net_say(conn->error, "%s: the connection broke: %s", conn->where, strerror(errno));
}

static ssize_t
receive(struct net_conn *conn, void *data, size_t size)
{
	if (conn->session != NULL)
		return net_tls_receive(conn, data, size);
	return plain_result(conn, recv(conn->fd, data, size, 0), CO_READ);
}

static ssize_t
send_some(struct net_conn *conn, const void *data, size_t size)
{
	if (conn->session != NULL)
		return net_tls_send(conn, data, size);
	return plain_result(conn, send(conn->fd, data, size, MSG_NOSIGNAL), CO_WRITE);
}

/* Hands out what net_wait_readable() read ahead, and what is there beside it. */
static ssize_t
take_ahead(struct net_conn *conn, char *data, size_t size)
{
	ssize_t more = 0;

	if (conn->ahead <= 0)
		return conn->ahead; /* the end stays the end */
	data[0] = conn->ahead_byte;
	conn->ahead = NET_AGAIN;
	if (size > 1 && gnutls_record_check_pending(conn->session) > 0)
		more = net_tls_receive(conn, data + 1, size - 1);
	return more > 0 ? 1 + more : 1;
}

ssize_t
net_read(struct net_conn *conn, void *data, size_t size)
{
	ssize_t got;

	if (size == 0)
		return 0;
	do {
		if (may_go_on(conn) != 0)
			return -1;
		if (conn->ahead != NET_AGAIN)
			return take_ahead(conn, data, size);
		got = receive(conn, data, size);
	} while (got == NET_AGAIN && await(conn) == 0);
	if (got == 0)
		conn->ahead = 0; /* GnuTLS would answer a second time with an error */
	return got == NET_AGAIN ? -1 : got;
}

ssize_t
net_write(struct net_conn *conn, const void *data, size_t size)
{
	ssize_t sent;

	if (size == 0)
		return 0;
	do {
		if (may_go_on(conn) != 0)
			return -1;
		sent = send_some(conn, data, size);
	} while (sent == NET_AGAIN && await(conn) == 0);
	if (sent != NET_AGAIN)
		return sent;
	conn->broken = true; /* half a TLS record may be out */
	return -1;
}

/* A record may be on its way that brings no data (TLS 1.3 sends tickets): only reading can tell. */
static bool
read_ahead(struct net_conn *conn)
{
	if (conn->ahead == NET_AGAIN)
		conn->ahead = net_tls_receive(conn, &conn->ahead_byte, 1);
	return conn->ahead != NET_AGAIN;
}

int
net_wait_readable(struct net_conn *conn, double timeout)
{
	struct co_loop *loop = conn->net->loop;
	double end = co_clock() + timeout;
	int ready = 1;

	if (co_canceled(co_self(loop)))
		return CO_CANCELED;
	if (conn->broken)
		return 1; /* a read fails at once */
	if (conn->session == NULL) {
		ready = co_wait_or_wake(loop, conn->fd, CO_READ, timeout);
		return ready > 0 ? 1 : ready;
	}
	while (ready > 0) {
		double left = end - co_clock();

		if (read_ahead(conn))
			return 1;
		left = timeout < 0 ? -1 : left > 0 ? left : 0;
		ready = conn->want == 0 ? again(conn, left)
					: co_wait_or_wake(loop, conn->fd, conn->want, left);
	}
	return ready;
}

bool
net_is_tls(const struct net_conn *conn)
{
	return conn->secure;
}

const char *
net_peer(const struct net_conn *conn)
{
	return conn->peer;
}

const char *
net_error(const struct net_conn *conn)
{
	return conn->error;
}

struct co_loop *
net_loop(struct net_conn *conn)
{
	return conn->net->loop;
}

struct co_loop *
net_own_loop(const struct net *net)
{
	return net->loop;
}
