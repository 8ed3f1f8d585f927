/*
 * net - connections: names, TCP and TLS, in straight-line code
 *
 * Resolves with c-ares on the loop (address literals are answered without it), connects
 * happy-eyeballs style (250 ms stagger), speaks TLS with GnuTLS: certificate chain and host name
 * are verified, always. The CA bundle is loaded once a file and shared. All waits are co_wait(),
 * all have deadlines. Plain text only to loopback addresses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_NET_H
#define MAILBOUNCED_NET_H

#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "co.h"

#define NET_MAX_CONNECTING 64 /* net_connect() under way at once; others wait their turn */
#define NET_MAX_PER_HOST \
	16               /* of these to one host and port: one that hangs keeps no other waiting */
#define NET_STAGGER 0.25 /* seconds between two addresses of one host (RFC 8305) */
#define NET_CACHE_SECONDS 60 /* an answer of DNS is used again for so long */
#define NET_ERROR_SIZE 400

enum net_security { NET_TLS, NET_PLAIN_THEN_TLS, NET_PLAIN };

struct net;      /* resolver, credentials, limits: one a process */
struct net_conn; /* one connection */

struct net_options {
	const char *host; /* name or address literal */
	const char *port; /* decimal */
	enum net_security security;
	const char *ca_file;    /* "" = the system's bundle */
	const char *tls_name;   /* name the certificate must show; "" = host */
	double connect_timeout; /* seconds for resolve and connect together */
	double tls_timeout;
	double progress_timeout; /* most seconds between two bytes */
};

/* Never fails. */
struct net *net_new(struct co_loop *loop);
void net_free(struct net *net);
/* Forgets loaded CA bundles and cached names: after SIGHUP. */
void net_refresh(struct net *net);
/* The loop that it was made for. */
struct co_loop *net_own_loop(const struct net *net);

/*
 * For a library that connects by itself: the addresses of host in digits, parted by commas, IPv6 in
 * brackets, into out, within so many seconds. 0, or -1 with error. Called inside a coroutine.
 */
int net_resolve(struct net *net, const char *host, double seconds, struct buf *out, char *error);

/*
 * Connects, and for NET_TLS shakes hands and verifies. Returns a connection, or NULL with a
 * sentence in error[NET_ERROR_SIZE]: what failed and what to check. NET_PLAIN and
 * NET_PLAIN_THEN_TLS send nothing here; NET_PLAIN is refused for an address that is not loopback.
 * The turns of NET_MAX_CONNECTING and NET_MAX_PER_HOST include the TLS handshake, since a thousand
 * at once would run into tls_timeout by their own weight; timeouts begin with the turn. Called
 * inside a coroutine.
 */
struct net_conn *net_connect(struct net *net, const struct net_options *options, char *error);

/*
 * Turns a NET_PLAIN_THEN_TLS connection into a verified TLS one. The caller makes sure that no byte
 * received before it is used afterwards (STARTTLS injection); bytes still in the socket then break
 * the handshake. 0, or -1 with error.
 */
int net_starttls(struct net_conn *conn, char *error);

/* Like read(2) and write(2): bytes moved, 0 at the end (read), -1 with net_error() set. Wait for
 * progress_timeout at most. */
ssize_t net_read(struct net_conn *conn, void *data, size_t size);
ssize_t net_write(struct net_conn *conn, const void *data, size_t size);

/* Seconds from now after which every read and write fails with a deadline error; negative = none.
 */
void net_set_deadline(struct net_conn *conn, double seconds);

/* Waits until a read would not block (bytes pending in TLS count): 1, CO_TIMEOUT, CO_CANCELED. Not
 * bound by the deadline. co_wake() ends it as if the time were over. */
int net_wait_readable(struct net_conn *conn, double timeout);

bool net_is_tls(const struct net_conn *conn);
/* "192.0.2.1 port 993" */
const char *net_peer(const struct net_conn *conn);
/* What went wrong last, "" = nothing. */
const char *net_error(const struct net_conn *conn);
struct co_loop *net_loop(struct net_conn *conn);

/* Closes at once (a TLS close notify is tried, never waited for). NULL is fine. */
void net_close(struct net_conn *conn);

#endif
