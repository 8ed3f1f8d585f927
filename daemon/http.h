/*
 * http - one POST over HTTPS, waited for on the loop
 *
 * For token endpoints. libcurl's multi interface with its sockets and its timer on the ev loop;
 * names come from net.h, so that no thread is started and one cache of names serves all. Only
 * https, TLS 1.2 at least, certificate and name verified; no redirect is followed (the secrets
 * would go along), no proxy, no cookie. The answer is bounded.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_HTTP_H
#define MAILBOUNCED_HTTP_H

#include "net.h"

#define HTTP_MAX_BODY ((size_t)64 * 1024) /* bytes of an answer */
#define HTTP_MAX_HEAD ((size_t)64 * 1024) /* bytes of its header lines */
#define HTTP_ERROR_SIZE NET_ERROR_SIZE

struct http; /* one a process */

struct http_request {
	const char *url;
	struct span form;    /* application/x-www-form-urlencoded */
	const char *ca_file; /* "" = the system's */
	double timeout;      /* seconds for everything */
};

struct http_answer {
	long status;      /* 200 */
	long retry_after; /* seconds that the server asks us to wait; 0 = it does not */
	struct buf body;  /* the caller wipes and frees it */
};

/* Never fails. */
struct http *http_new(struct co_loop *loop, struct net *net);
/* No request may be under way. */
void http_free(struct http *http);

/*
 * Inside a coroutine. 0 with *answer filled in, whatever the status, else -1 with a sentence in
 * error[HTTP_ERROR_SIZE]: what failed and what to check. answer->body may be freed in both cases.
 */
int http_post(struct http *http, const struct http_request *request, struct http_answer *answer,
	      char *error);

/* Appends NAME=VALUE, percent-encoded, after an "&" when something stands there already. */
void http_add_field(struct buf *form, const char *name, const char *value);

/* The host of an https URL, for messages; valid until the URL is freed. */
struct span http_host(const char *url);

#endif
