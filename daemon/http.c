/*
 * http - one POST over HTTPS, waited for on the loop
 *
 * libcurl says which sockets to watch and when to be called again; it is only ever run from the
 * loop's own stack, which is large enough for a TLS handshake. The coroutine that asked sleeps
 * until its transfer is done. A new connection holds up the loop for 20 to 50 ms, in which GnuTLS
 * reads the authorities' certificates; so connections are kept for the next token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "http.h"

#include <curl/curl.h>
#include <ev.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>

#include "log.h"

#define IDLE_CONNECTIONS 8L /* kept open for the next request */
#define PER_HOST 4L         /* connections to one host; further requests wait */

struct http {
	struct co_loop *loop;
	struct net *net;
	CURLM *multi;
	struct ev_timer timer;
};

/* A socket of libcurl's. */
struct watch {
	struct ev_io io;
	struct http *http;
};

/* One request. */
struct transfer {
	struct co *co;
	CURL *easy;
	struct curl_slist *resolve;
	struct http_answer *answer;
	double end;           /* on co_clock(), of everything */
	size_t head;          /* bytes of header lines */
	const char *too_long; /* what of the answer was, NULL = nothing */
	bool done;
	CURLcode result;
	char said[CURL_ERROR_SIZE];
};

static int fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, HTTP_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

static void
take_finished(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct transfer *transfer;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		transfer->done = true;
		transfer->result = message->data.result;
		co_wake(transfer->co);
	}
}

static void
on_timer(struct ev_loop *ev, struct ev_timer *timer, int events)
{
	struct http *http = timer->data;
	int running;

	(void)ev;
	(void)events;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(http);
}

static void
on_socket(struct ev_loop *ev, struct ev_io *io, int events)
{
	struct watch *watch = io->data;
	struct http *http = watch->http; /* libcurl may end the watch within the call */
	int mask = ((events & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
		   ((events & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0) |
		   ((events & EV_ERROR) != 0 ? CURL_CSELECT_ERR : 0);
	int running;

	(void)ev;
	curl_multi_socket_action(http->multi, io->fd, mask, &running);
	take_finished(http);
}

/* libcurl wants to be called in so many ms; -1 = no longer. */
static int
set_timer(CURLM *multi, long ms, void *context)
{
	struct http *http = context;
	struct ev_loop *ev = co_loop_ev(http->loop);

	(void)multi;
	ev_timer_stop(ev, &http->timer);
	if (ms < 0)
		return 0;
	ev_now_update(ev);
	ev_timer_set(&http->timer, (double)ms / 1000, 0.);
	ev_timer_start(ev, &http->timer);
	return 0;
}

/* libcurl wants to know of this socket, or no longer. */
static int
set_watch(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct http *http = context;
	struct ev_loop *ev = co_loop_ev(http->loop);
	struct watch *watch = known;

	(void)easy;
	if (watch != NULL)
		ev_io_stop(ev, &watch->io);
	if (what == CURL_POLL_REMOVE) {
		free(watch);
		curl_multi_assign(http->multi, fd, NULL);
		return 0;
	}
	if (watch == NULL) {
		watch = xalloc(sizeof(*watch));
		watch->http = http;
		curl_multi_assign(http->multi, fd, watch);
	}
	ev_io_init(&watch->io, on_socket, fd,
		   ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
			   ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
	watch->io.data = watch;
	ev_io_start(ev, &watch->io);
	return 0;
}

struct http *
http_new(struct co_loop *loop, struct net *net)
{
	struct http *http = xalloc(sizeof(*http));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		log_fatal(EX_OSERR, "cannot set up libcurl");
	http->loop = loop;
	http->net = net;
	http->multi = curl_multi_init();
	if (http->multi == NULL)
		log_fatal(EX_OSERR, "out of memory");
	ev_timer_init(&http->timer, on_timer, 0., 0.);
	http->timer.data = http;
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, set_watch);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, PER_HOST);
	return http;
}

void
http_free(struct http *http)
{
	curl_multi_cleanup(http->multi);
	ev_timer_stop(co_loop_ev(http->loop), &http->timer);
	curl_global_cleanup();
	free(http);
}

/* The answer, as it comes. Less than everything ends the transfer. */

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;

	buf_add(&transfer->answer->body, span_make(data, size * count));
	if (buf_ok(&transfer->answer->body))
		return size * count;
	transfer->too_long = "its answer";
	return 0;
}

static size_t
take_head(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;

	(void)data;
	transfer->head += size * count;
	if (transfer->head <= HTTP_MAX_HEAD)
		return size * count;
	transfer->too_long = "the head of its answer";
	return 0;
}

struct span
http_host(const char *url)
{
	const char *host = strstr(url, "//");

	host = host != NULL ? host + 2 : url;
	if (*host == '[')
		return span_make(host, strcspn(host, "]") + (strchr(host, ']') != NULL));
	return span_make(host, strcspn(host, ":/?#"));
}

static const char *
port_of(struct span host)
{
	return *host.end == ':' ? host.end + 1 : "443";
}

/* Gives libcurl the addresses of the host, so that it asks nobody. 0, or -1 with error. */
static int
resolve(struct http *http, struct transfer *transfer, const struct http_request *request,
	char *error)
{
	struct span host = http_host(request->url);
	const char *port = port_of(host);
	struct buf entry = BUF_INIT;
	char *name = xstrndup(host);
	int result = 0;

	/* "+": forgotten after a while. An address in brackets needs no entry. */
	buf_addf(&entry, "+%s:%.*s:", name, (int)strcspn(port, "/?#"), port);
	if (*name != '[')
		result = net_resolve(http->net, name, request->timeout, &entry, error);
	if (*name != '[' && result == 0)
		transfer->resolve = curl_slist_append(NULL, buf_str(&entry));
	buf_free(&entry);
	free(name);
	return result;
}

static void
prepare(struct transfer *transfer, const struct http_request *request)
{
	CURL *easy = transfer->easy;
	double left = transfer->end - co_clock();

	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->said);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (request->ca_file[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolve);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "mailbounced/" MAILBOUNCED_VERSION);
	/* 0 would mean for ever */
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left > 0 ? (long)(left * 1000) + 1 : 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)span_len(request->form));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->form.p);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

/* What to check when a transfer failed. */
static const struct {
	CURLcode code;
	const char *advice;
} failures[] = {
	{ CURLE_PEER_FAILED_VERIFICATION,
	  "its certificate must be valid for that name and come from a known authority; for one of "
	  "your own set ca-file in the section oauth2" },
	{ CURLE_SSL_CACERT_BADFILE,
	  "ca-file of the section oauth2 must be readable and hold certificates in PEM form" },
	{ CURLE_SSL_CONNECT_ERROR, "is that port one of HTTPS, with TLS 1.2 or later?" },
	{ CURLE_COULDNT_CONNECT, "check token-url, the network and the firewall" },
	{ CURLE_URL_MALFORMAT, "correct token-url" },
};

static int
say_failure(const struct transfer *transfer, const struct http_request *request, char *error)
{
	struct span host = http_host(request->url);
	const char *what =
		transfer->said[0] != '\0' ? transfer->said : curl_easy_strerror(transfer->result);
	const char *advice = "check token-url and the network";

	if (transfer->too_long != NULL) {
		return fail(error,
			    "%.*s: %s is longer than any that holds a token; check token-url",
			    SPAN_ARG(host), transfer->too_long);
	}
	if (transfer->result == CURLE_OPERATION_TIMEDOUT) {
		return fail(error,
			    "%.*s: no complete answer within %g s; check the network, or "
			    "set timeout in the section oauth2",
			    SPAN_ARG(host), request->timeout);
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == transfer->result)
			advice = failures[i].advice;
	return fail(error, "%.*s: %.150s; %s", SPAN_ARG(host), what, advice);
}

/* Until it is done. 0, or -1 with error. */
static int
perform(struct http *http, struct transfer *transfer, const struct http_request *request,
	char *error)
{
	curl_off_t wait = 0;
	int woken = 1;

	prepare(transfer, request);
	/* one that is not taken would never be done */
	if (curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
		log_fatal(EX_OSERR, "out of memory");
	while (!transfer->done && woken != CO_CANCELED)
		woken = co_block(http->loop, -1);
	curl_multi_remove_handle(http->multi, transfer->easy);
	if (!transfer->done)
		return fail(error, "%.*s: canceled", SPAN_ARG(http_host(request->url)));
	if (transfer->result != CURLE_OK)
		return say_failure(transfer, request, error);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->answer->status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait);
	transfer->answer->retry_after = (long)wait;
	return 0;
}

int
http_post(struct http *http, const struct http_request *request, struct http_answer *answer,
	  char *error)
{
	struct transfer transfer = {
		.co = co_self(http->loop),
		.answer = answer,
		.end = co_clock() + request->timeout,
	};
	int result;

	*answer = (struct http_answer){ .body = BUF_INIT };
	answer->body.limit = HTTP_MAX_BODY;
	if (resolve(http, &transfer, request, error) != 0)
		return -1;
	transfer.easy = curl_easy_init();
	if (transfer.easy == NULL)
		log_fatal(EX_OSERR, "out of memory");
	result = perform(http, &transfer, request, error);
	curl_easy_cleanup(transfer.easy);
	curl_slist_free_all(transfer.resolve);
	return result;
}

/* RFC 3986 section 2.3: what needs no percent sign. */
static void
add_encoded(struct buf *out, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~", c) != NULL) {
			buf_addc(out, *p);
			continue;
		}
		buf_addc(out, '%');
		buf_addc(out, digits[c >> 4]);
		buf_addc(out, digits[c & 15]);
	}
}

void
http_add_field(struct buf *form, const char *name, const char *value)
{
	if (form->len > 0)
		buf_addc(form, '&');
	buf_adds(form, name);
	buf_addc(form, '=');
	add_encoded(form, value);
}
