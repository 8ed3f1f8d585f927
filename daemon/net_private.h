/*
 * net_private - what the files of net share
 *
 * net.c opens, closes and moves bytes, net_race.c connects, net_dns.c resolves, net_tls.c holds the
 * credentials, shakes hands and says in words why a certificate was refused. Nobody else includes
 * this but their test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_NET_PRIVATE_H
#define MAILBOUNCED_NET_PRIVATE_H

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "net.h"

#define NET_MAX_ADDRESSES CO_MAX_POLL /* of one host; further ones are not tried */
#define NET_CACHE_NAMES 256           /* names remembered at once */
#define NET_DNS_TIMEOUT_MS 2000       /* for the first try of a question; doubled for the next */
#define NET_DNS_TRIES 3

#define NET_PEER_SIZE 64
#define NET_AGAIN (-2) /* nothing moved: wait for net_conn.want */

union net_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct net_addresses {
	size_t count;
	union net_address at[NET_MAX_ADDRESSES]; /* without a port; best first */
};

struct net_credentials;

/* NAT forgets connections that are silent for some minutes. */
#define NET_KEEPALIVE_IDLE 120 /* seconds of silence until TCP asks whether the peer is there */
#define NET_KEEPALIVE_PAUSE 30 /* seconds between two such questions */
#define NET_KEEPALIVE_TRIES 4  /* unanswered ones, until the connection counts as broken */

struct net_turn {
	TAILQ_ENTRY(net_turn) link;
	const struct net_options *to;
	struct co *co;
	bool come;
};

struct net {
	struct co_loop *loop;
	struct net_dns *dns;
	struct net_tls *tls;
	size_t connecting;
	TAILQ_HEAD(net_turns, net_turn) queue; /* those who wait for their turn to connect */
	struct net_turns begun;                /* those who have it */
};

struct net_conn {
	struct net *net;
	int fd;
	char *where; /* "imap.example.com port 993" */
	char *name;  /* that the certificate must show */
	double tls_timeout, progress_timeout;
	double deadline; /* on co_clock(); negative = none */
	struct net_credentials *credentials;
	gnutls_session_t session; /* NULL before TLS */
	bool secure;              /* the handshake is done and the certificate verified */
	bool broken;              /* the handshake failed: no byte may move any more */
	int want;      /* what NET_AGAIN waits for: CO_READ or CO_WRITE; 0 = try again at once */
	ssize_t ahead; /* result of a read of one byte ahead of its time; NET_AGAIN = none was */
	char ahead_byte;
	char peer[NET_PEER_SIZE];
	char error[NET_ERROR_SIZE];
};

/* Writes a sentence into error[NET_ERROR_SIZE]. Returns -1, for `return net_say(...)`. */
int net_say(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool net_is_loopback(const union net_address *address);
/* The address in digits into text[NET_PEER_SIZE], which it returns. */
const char *net_address_text(const union net_address *address, char *text);

/* net_race.c */

/* RFC 8305, section 4: families take turns, beginning with that of the best address. The list is
 * not empty. */
void net_interleave(struct net_addresses *list);

/* Resolves and connects. A socket, or -1 with error. */
int net_race(struct net *net, const struct net_options *options, const char *where, char *error);

/* net_dns.c */

struct net_dns *net_dns_new(struct co_loop *loop);
/* No coroutine may be waiting for an answer. */
void net_dns_free(struct net_dns *dns);
/* The names that nobody waits for now. */
void net_dns_forget(struct net_dns *dns);
/* Asks these, "ADDRESS:PORT,...", instead of those of /etc/resolv.conf; for tests. */
void net_dns_use_servers(struct net_dns *dns, const char *servers);
/* How many names are remembered. */
size_t net_dns_count(const struct net_dns *dns);

/* Is host an address literal? Then *out is that address. */
bool net_dns_literal(const char *host, union net_address *out);

/* The addresses of host, by `end` on co_clock(). 0, or -1 with error. */
int net_dns_resolve(struct net_dns *dns, const char *host, double end, struct net_addresses *out,
		    char *error);

/* net_tls.c */

struct net_tls *net_tls_new(void);
void net_tls_free(struct net_tls *tls);
void net_tls_forget(struct net_tls *tls);

/* The authorities of ca_file ("" = the system's), loaded on first use. NULL with error. */
struct net_credentials *net_tls_take(struct net_tls *tls, const char *ca_file, char *error);
/* Gives back what net_tls_take() gave; NULL is fine. */
void net_tls_give(struct net_credentials *credentials);

/* Shakes hands on a connected conn and verifies the certificate. 0, or -1 with error. */
int net_tls_handshake(struct net_conn *conn, char *error);
/* Bytes moved, 0 at the end (receive), NET_AGAIN, or -1 with conn->error. */
ssize_t net_tls_receive(struct net_conn *conn, void *data, size_t size);
ssize_t net_tls_send(struct net_conn *conn, const void *data, size_t size);
/* Says goodbye if that can be done at once, and frees the session. */
void net_tls_end(struct net_conn *conn);

#endif
