/*
 * net_dns - names to addresses: c-ares on the loop, one cache
 *
 * Coroutines that ask for the same name share one question. An answer arrives on the loop's own
 * stack, never on a coroutine's, so that the parser of c-ares has all the stack it may want.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_private.h"

#include <ares.h>
#include <arpa/inet.h>
#include <ev.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "log.h"

#define RESOLV_CONF "/etc/resolv.conf"

struct waiter {
	LIST_ENTRY(waiter) link;
	struct co *co;
};

/* A host that was asked for. */
struct name {
	LIST_ENTRY(name) link;
	struct net_dns *dns;
	char *host;
	bool pending;   /* a question is out */
	int status;     /* ARES_SUCCESS, or why the last question failed */
	double expires; /* when the addresses are to be asked for again */
	struct net_addresses addresses;
	LIST_HEAD(, waiter) waiters;
};

/* A socket of c-ares. */
struct watcher {
	LIST_ENTRY(watcher) link;
	struct ev_io io;
};

struct net_dns {
	struct co_loop *loop;
	ares_channel channel;
	struct timespec configured; /* the time of RESOLV_CONF that the channel was made from */
	char *servers;              /* to ask instead; NULL = those of RESOLV_CONF */
	struct ev_timer timer;      /* c-ares wants to look at its timeouts */
	LIST_HEAD(, watcher) watchers;
	LIST_HEAD(, name) names; /* latest first */
	size_t count, pending;
};

/* c-ares on the loop */

static void
arm(struct net_dns *dns)
{
	struct ev_loop *ev = co_loop_ev(dns->loop);
	struct timeval left;

	ev_timer_stop(ev, &dns->timer);
	if (ares_timeout(dns->channel, NULL, &left) == NULL)
		return;
	ev_now_update(ev);
	ev_timer_set(&dns->timer, (double)left.tv_sec + (double)left.tv_usec / 1e6, 0);
	ev_timer_start(ev, &dns->timer);
}

static void
on_socket(struct ev_loop *ev, struct ev_io *io, int events)
{
	struct net_dns *dns = io->data;
	bool failed = (events & EV_ERROR) != 0;

	(void)ev;
	/* This may free the watcher. */
	ares_process_fd(dns->channel, failed || (events & EV_READ) != 0 ? io->fd : ARES_SOCKET_BAD,
			failed || (events & EV_WRITE) != 0 ? io->fd : ARES_SOCKET_BAD);
	arm(dns);
}

static void
on_timeout(struct ev_loop *ev, struct ev_timer *timer, int events)
{
	struct net_dns *dns = timer->data;

	(void)ev;
	(void)events;
	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(dns);
}

/* c-ares tells what it waits for on a socket; nothing = the socket will be closed. */
static void
on_interest(void *data, ares_socket_t fd, int readable, int writable)
{
	struct net_dns *dns = data;
	struct ev_loop *ev = co_loop_ev(dns->loop);
	int events = (readable != 0 ? EV_READ : 0) | (writable != 0 ? EV_WRITE : 0);
	struct watcher *at;

	LIST_FOREACH(at, &dns->watchers, link)
	if (at->io.fd == fd)
		break;
	if (at == NULL && events == 0)
		return;
	if (at == NULL) {
		at = xalloc(sizeof(*at));
		ev_io_init(&at->io, on_socket, fd, events);
		at->io.data = dns;
		LIST_INSERT_HEAD(&dns->watchers, at, link);
	}
	ev_io_stop(ev, &at->io);
	if (events == 0) {
		LIST_REMOVE(at, link);
		free(at);
		return;
	}
	ev_io_set(&at->io, fd, events);
	ev_io_start(ev, &at->io);
}

static struct timespec
resolv_conf_time(void)
{
	struct stat st;

	return stat(RESOLV_CONF, &st) == 0 ? st.st_mtim : (struct timespec){ 0, 0 };
}

static void
open_channel(struct net_dns *dns)
{
	struct ares_options options = {
		.timeout = NET_DNS_TIMEOUT_MS,
		.tries = NET_DNS_TRIES,
		.sock_state_cb = on_interest,
		.sock_state_cb_data = dns,
	};
	int status;

	dns->configured = resolv_conf_time();
	status = ares_init_options(&dns->channel, &options,
				   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS && dns->servers != NULL)
		status = ares_set_servers_ports_csv(dns->channel, dns->servers);
	if (status != ARES_SUCCESS)
		log_fatal(EX_OSERR, "cannot set up the resolver: %s; see " RESOLV_CONF,
			  ares_strerror(status));
}

/* c-ares reads its configuration once; a laptop or a machine that boots changes it later. */
static void
refresh_channel(struct net_dns *dns)
{
	struct timespec now = resolv_conf_time();

	if (dns->pending > 0 ||
	    (now.tv_sec == dns->configured.tv_sec && now.tv_nsec == dns->configured.tv_nsec))
		return;
	ares_destroy(dns->channel);
	open_channel(dns);
}

struct net_dns *
net_dns_new(struct co_loop *loop)
{
	struct net_dns *dns = xalloc(sizeof(*dns));
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status != ARES_SUCCESS)
		log_fatal(EX_OSERR, "cannot set up the resolver: %s", ares_strerror(status));
	dns->loop = loop;
	LIST_INIT(&dns->watchers);
	LIST_INIT(&dns->names);
	ev_timer_init(&dns->timer, on_timeout, 0, 0);
	dns->timer.data = dns;
	open_channel(dns);
	return dns;
}

/* Names */

static void
drop(struct name *name)
{
	LIST_REMOVE(name, link);
	name->dns->count--;
	free(name->host);
	free(name);
}

static bool
in_use(const struct name *name)
{
	return name->pending || !LIST_EMPTY(&name->waiters);
}

void
net_dns_forget(struct net_dns *dns)
{
	struct name *next;

	for (struct name *name = LIST_FIRST(&dns->names); name != NULL; name = next) {
		next = LIST_NEXT(name, link);
		if (!in_use(name))
			drop(name);
	}
}

void
net_dns_free(struct net_dns *dns)
{
	ares_destroy(dns->channel); /* answers what is pending */
	ev_timer_stop(co_loop_ev(dns->loop), &dns->timer);
	net_dns_forget(dns);
	if (dns->count != 0)
		log_panic("somebody still waits for an answer of DNS");
	free(dns->servers);
	free(dns);
	ares_library_cleanup();
}

void
net_dns_use_servers(struct net_dns *dns, const char *servers)
{
	free(dns->servers);
	dns->servers = xstrdup(servers);
	ares_destroy(dns->channel);
	open_channel(dns);
}

size_t
net_dns_count(const struct net_dns *dns)
{
	return dns->count;
}

/* Makes room for one more name: the oldest that nobody waits for goes. */
static void
make_room(struct net_dns *dns)
{
	struct name *oldest = NULL, *name;

	if (dns->count < NET_CACHE_NAMES)
		return;
	LIST_FOREACH(name, &dns->names, link)
	if (!in_use(name))
		oldest = name;
	if (oldest != NULL)
		drop(oldest);
}

static struct name *
find_name(struct net_dns *dns, const char *host)
{
	struct name *name;

	LIST_FOREACH(name, &dns->names, link)
	if (strcasecmp(name->host, host) == 0)
		return name;
	make_room(dns);
	name = xalloc(sizeof(*name));
	name->dns = dns;
	name->host = xstrdup(host);
	LIST_INIT(&name->waiters);
	LIST_INSERT_HEAD(&dns->names, name, link);
	dns->count++;
	return name;
}

static void
add_address(struct net_addresses *list, const struct sockaddr *from)
{
	union net_address *to = &list->at[list->count];

	if (list->count == NET_MAX_ADDRESSES)
		return;
	if (from->sa_family == AF_INET)
		memcpy(&to->v4, from, sizeof(to->v4));
	else if (from->sa_family == AF_INET6)
		memcpy(&to->v6, from, sizeof(to->v6));
	else
		return;
	list->count++;
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *answer)
{
	struct name *name = arg;
	struct waiter *waiter;

	(void)timeouts;
	name->pending = false;
	name->dns->pending--;
	name->status = status;
	name->addresses.count = 0;
	if (status == ARES_SUCCESS) {
		for (struct ares_addrinfo_node *at = answer->nodes; at != NULL; at = at->ai_next)
			add_address(&name->addresses, at->ai_addr);
		if (name->addresses.count == 0)
			name->status = ARES_ENODATA;
		ares_freeaddrinfo(answer);
	}
	/* A failure is told to those who wait for it, the next one asks again. */
	name->expires = co_clock() + (name->status == ARES_SUCCESS ? NET_CACHE_SECONDS : 0);
	LIST_FOREACH(waiter, &name->waiters, link)
	co_wake(waiter->co);
}

static void
ask(struct name *name)
{
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
						   .ai_socktype = SOCK_STREAM };
	struct net_dns *dns = name->dns;

	refresh_channel(dns);
	name->pending = true;
	dns->pending++;
	ares_getaddrinfo(dns->channel, name->host, NULL, &hints, on_answer, name);
	arm(dns);
}

/* What to tell and to do when a question fails. */
static const struct {
	int status;
	const char *text;
} failures[] = {
	{ ARES_ENOTFOUND, "no such name in DNS; is host written right?" },
	{ ARES_ENODATA, "the name has no address in DNS; is host written right?" },
	{ ARES_EBADNAME, "that is no valid host name; correct host" },
	{ ARES_ETIMEOUT, "the name servers do not answer; check " RESOLV_CONF " and the network" },
	/* c-ares goes on to the next server when one fails or refuses, and in the end says this. */
	{ ARES_ECONNREFUSED,
	  "the name servers failed, refused or cannot be reached; check " RESOLV_CONF
	  ", the network and the DNS of that domain" },
	{ ARES_EBADRESP, "the name server answers nonsense; check " RESOLV_CONF },
};

static int
say_failure(const char *host, int status, char *error)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].status == status)
			return net_say(error, "%.100s: %s", host, failures[i].text);
	return net_say(error, "%.100s: cannot be looked up in DNS: %s", host,
		       ares_strerror(status));
}

static int
await_answer(struct name *name, double end)
{
	struct co_loop *loop = name->dns->loop;
	struct waiter me = { .co = co_self(loop) };
	int woken = 1;

	LIST_INSERT_HEAD(&name->waiters, &me, link);
	while (name->pending && woken == 1) {
		double left = end - co_clock();

		woken = co_block(loop, left > 0 ? left : 0);
	}
	LIST_REMOVE(&me, link);
	return name->pending ? woken : 1;
}

bool
net_dns_literal(const char *host, union net_address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1)
		out->any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1)
		out->any.sa_family = AF_INET6;
	return out->any.sa_family != AF_UNSPEC;
}

/* What needs no name server: c-ares would ask one for "127.0.0.1". */
static bool
known_without(const char *host, struct net_addresses *out)
{
	out->count = 1;
	if (net_dns_literal(host, &out->at[0]))
		return true;
	if (strcasecmp(host, "localhost") != 0)
		return false;
	out->count = 2;
	return net_dns_literal("127.0.0.1", &out->at[0]) && net_dns_literal("::1", &out->at[1]);
}

int
net_dns_resolve(struct net_dns *dns, const char *host, double end, struct net_addresses *out,
		char *error)
{
	struct name *name;

	if (known_without(host, out))
		return 0;
	name = find_name(dns, host);
	if (!name->pending && co_clock() >= name->expires)
		ask(name);
	switch (await_answer(name, end)) {
	case CO_CANCELED:
		return net_say(error, "%.100s: canceled", host);
	case CO_TIMEOUT:
		return say_failure(host, ARES_ETIMEOUT, error);
	}
	if (name->status != ARES_SUCCESS)
		return say_failure(host, name->status, error);
	*out = name->addresses;
	return 0;
}
