/*
 * net_race - which address of a host answers first (RFC 8305, "happy eyeballs")
 *
 * One address that is silent must not cost its whole timeout while another would answer at once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"

#define MAX_FAILURES_TOLD 4
#define GOES_ON (-2) /* nobody has won yet; neither a socket nor CO_CANCELED */

bool
net_is_loopback(const union net_address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address->any.sa_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(v6) ||
	       (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
}

const char *
net_address_text(const union net_address *address, char *text)
{
	const void *bytes = address->any.sa_family == AF_INET
				    ? (const void *)&address->v4.sin_addr
				    : (const void *)&address->v6.sin6_addr;

	if (inet_ntop(address->any.sa_family, bytes, text, NET_PEER_SIZE) == NULL)
		snprintf(text, NET_PEER_SIZE, "an unknown address");
	return text;
}

struct race {
	struct net *net;
	const char *where;
	struct net_addresses *addresses;
	int fd[NET_MAX_ADDRESSES];      /* -1 = not running */
	int failure[NET_MAX_ADDRESSES]; /* errno of a connect that failed; 0 = did not (yet) */
	size_t started;
	double next; /* when the next address may start */
	double end;
};

void
net_interleave(struct net_addresses *list)
{
	struct net_addresses old = *list;
	size_t at[2] = { 0, 0 }; /* next of the first family, of the other */
	sa_family_t first = old.at[0].any.sa_family;

	for (size_t i = 0, turn = 0; i < old.count; turn = !turn) {
		size_t *next = &at[turn];

		while (*next < old.count && (old.at[*next].any.sa_family != first) != (turn == 1))
			++*next;
		if (*next < old.count)
			list->at[i++] = old.at[(*next)++];
	}
}

static void
keep_loopback(struct net_addresses *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (net_is_loopback(&list->at[i]))
			list->at[kept++] = list->at[i];
	list->count = kept;
}

static void
set_port(struct net_addresses *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i].any.sa_family == AF_INET)
			list->at[i].v4.sin_port = htons(port);
		else
			list->at[i].v6.sin6_port = htons(port);
	}
}

static socklen_t
address_size(const union net_address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
}

/* Half of a connection may vanish without a word, most of all while nobody speaks in IDLE. */
static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, NET_KEEPALIVE_IDLE },
		{ IPPROTO_TCP, TCP_KEEPINTVL, NET_KEEPALIVE_PAUSE },
		{ IPPROTO_TCP, TCP_KEEPCNT, NET_KEEPALIVE_TRIES },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			   sizeof(options[i].value));
}

static void
start_next(struct race *race)
{
	size_t i = race->started++;
	const union net_address *to = &race->addresses->at[i];
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	race->next = co_clock() + NET_STAGGER;
	race->fd[i] = fd;
	race->failure[i] = 0;
	if (fd >= 0) {
		set_options(fd);
		if (connect(fd, &to->any, address_size(to)) == 0 || errno == EINPROGRESS)
			return;
	}
	race->failure[i] = errno;
	if (fd >= 0)
		close(fd);
	race->fd[i] = -1;
	race->next = 0;
}

/* The address has answered. Returns its socket, or -1 when it said no. */
static int
finish(struct race *race, size_t i)
{
	int fd = race->fd[i];
	socklen_t size = sizeof(race->failure[i]);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &race->failure[i], &size) != 0)
		race->failure[i] = errno;
	race->fd[i] = -1;
	if (race->failure[i] == 0)
		return fd;
	close(fd);
	race->next = 0;
	return -1;
}

/* Waits for those that run, until the next may start. A connected socket, CO_CANCELED or GOES_ON.
 */
static int
watch_race(struct race *race)
{
	struct co_poll poll[NET_MAX_ADDRESSES];
	size_t index[NET_MAX_ADDRESSES];
	size_t count = 0;
	double until = race->started < race->addresses->count && race->next < race->end ? race->next
											: race->end;
	double left = until - co_clock();

	for (size_t i = 0; i < race->started; i++) {
		if (race->fd[i] < 0)
			continue;
		poll[count] = (struct co_poll){ race->fd[i], CO_WRITE, 0 };
		index[count++] = i;
	}
	if (co_wait_any(race->net->loop, poll, count, left > 0 ? left : 0) == CO_CANCELED)
		return CO_CANCELED;
	for (size_t i = 0; i < count; i++) {
		int fd = poll[i].revents == 0 ? -1 : finish(race, index[i]);

		if (fd >= 0)
			return fd;
	}
	return GOES_ON;
}

static bool
runs(const struct race *race)
{
	for (size_t i = 0; i < race->started; i++)
		if (race->fd[i] >= 0)
			return true;
	return false;
}

/* What connect() says: the fact (before the address), and what to check. */
static const struct {
	int number;
	const char *fact, *remedy;
} connect_failures[] = {
	{ 0, "no answer from", "is a firewall in the way, or the address wrong?" },
	{ ETIMEDOUT, "no answer from", "is a firewall in the way, or the address wrong?" },
	{ ECONNREFUSED, "connection refused by", "is the server running and the port right?" },
	{ ECONNRESET, "connection reset by", "is the server running and the port right?" },
	{ ENETUNREACH, "no route to", "is the network up?" },
	{ EHOSTUNREACH, "no route to", "is the network up and the server on?" },
	{ EADDRNOTAVAIL, "no local address to reach", "is the network up?" },
	{ EACCES, "not allowed to connect to", "see the local firewall" },
	{ EPERM, "not allowed to connect to", "see the local firewall" },
	{ EMFILE, "too many open files to connect to", "raise LimitNOFILE= of the service" },
	{ ENFILE, "the system has too many open files to connect to", "raise fs.file-max" },
};

static size_t
find_failure(int number)
{
	const size_t count = sizeof(connect_failures) / sizeof(connect_failures[0]);
	size_t i = 0;

	while (i < count && connect_failures[i].number != number)
		i++;
	return i < count ? i : 0;
}

static int
say_lost_race(const struct race *race, char *error)
{
	const char *remedy = connect_failures[find_failure(race->failure[0])].remedy;
	struct buf out = BUF_INIT;
	char text[NET_PEER_SIZE];

	for (size_t i = 0; i < race->started && i < MAX_FAILURES_TOLD; i++) {
		size_t row = find_failure(race->failure[i]);

		buf_addf(&out, "%s%s %s", i > 0 ? ", " : "", connect_failures[row].fact,
			 net_address_text(&race->addresses->at[i], text));
		if (race->failure[i] != connect_failures[row].number)
			buf_addf(&out, " (%s)", strerror(race->failure[i]));
	}
	if (race->started > MAX_FAILURES_TOLD)
		buf_addf(&out, " and %zu more addresses failed", race->started - MAX_FAILURES_TOLD);
	net_say(error, "%s: %s; %s", race->where, buf_str(&out), remedy);
	buf_free(&out);
	return -1;
}

/* The socket of the address that answers first, or -1 with error. */
static int
run_race(struct race *race, char *error)
{
	int fd = GOES_ON;

	while (fd == GOES_ON) {
		double now = co_clock();
		bool more = race->started < race->addresses->count;

		if (now >= race->end)
			break;
		if (more && now >= race->next)
			start_next(race);
		else if (more || runs(race))
			fd = watch_race(race);
		else
			break;
	}
	for (size_t i = 0; i < race->started; i++)
		if (race->fd[i] >= 0)
			close(race->fd[i]);
	if (fd == GOES_ON)
		return say_lost_race(race, error);
	if (fd == CO_CANCELED)
		return net_say(error, "%s: canceled", race->where);
	return fd;
}

static int
parse_port(const char *text, uint16_t *out)
{
	char *end;
	unsigned long port;

	errno = 0;
	port = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || port == 0 ||
	    port > UINT16_MAX)
		return -1;
	*out = (uint16_t)port;
	return 0;
}

int
net_race(struct net *net, const struct net_options *options, const char *where, char *error)
{
	struct net_addresses addresses;
	struct race race = { .net = net, .where = where, .addresses = &addresses };
	uint16_t port;

	race.end = co_clock() + options->connect_timeout;
	if (parse_port(options->port, &port) != 0)
		return net_say(error, "%s: a port is a number from 1 to 65535", where);
	if (net_dns_resolve(net->dns, options->host, race.end, &addresses, error) != 0)
		return -1;
	if (options->security == NET_PLAIN)
		keep_loopback(&addresses);
	if (addresses.count == 0) {
		return net_say(error,
			       "%s: not connected: without TLS only loopback addresses "
			       "(127.0.0.1, ::1) are allowed; use TLS",
			       where);
	}
	set_port(&addresses, port);
	net_interleave(&addresses);
	return run_race(&race, error);
}
