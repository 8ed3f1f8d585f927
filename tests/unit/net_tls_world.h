/*
 * net_tls_world - authorities and TLS servers for the tests of net
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_TLS_WORLD_H
#define NET_TLS_WORLD_H

#include "net_world.h"

static struct authority ours, foreign;

struct tls_server {
	gnutls_certificate_credentials_t credentials;
	const char *priority;
};

/* Greets, then counts and returns what it gets. */
static inline void
echo(struct told *told, int fd, const void *context)
{
	const struct tls_server *server = context;
	gnutls_session_t session = accept_tls(told, fd, server->credentials, server->priority);
	char data[4096];
	ssize_t got;

	if (session == NULL)
		return;
	gnutls_record_send(session, "hello", 5);
	while ((got = gnutls_record_recv(session, data, sizeof(data))) > 0) {
		told->bytes += (size_t)got;
		gnutls_record_send(session, data, (size_t)got);
	}
	gnutls_deinit(session);
}

static inline void
start_tls_server(struct world *world, const struct certificate *certificate,
		 void (*serve)(struct told *, int, const void *))
{
	struct tls_server server = { make_certificate(certificate), certificate->priority };

	start_server(world, serve, &server);
	gnutls_certificate_free_credentials(server.credentials);
	world->options.security = NET_TLS;
	world->options.ca_file = ours.path;
}

static const struct certificate good = { .names = { "imap.example.com", "localhost" },
					 .address = "127.0.0.1",
					 .by = &ours };

static inline int
make_authorities(void **state)
{
	(void)state;
	make_authority(&ours, "Test Authority");
	make_authority(&foreign, "Foreign Authority");
	return 0;
}

static inline int
free_authorities(void **state)
{
	(void)state;
	free_authority(&ours);
	free_authority(&foreign);
	return 0;
}

#endif
