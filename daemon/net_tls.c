/*
 * net_tls - GnuTLS: credentials, handshake, and why a certificate was refused
 *
 * The certificate is verified inside the handshake (chain, dates and name), so no byte of ours can
 * leave before that. What an operator needs is the reason in words: the sentences are made here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

/* On top of what the administrator of the machine chose for all programs. */
#define PRIORITY "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%PROFILE_MEDIUM"

#define MAX_NAMES_TOLD 4
#define MAX_NAME_TOLD 64

struct net_credentials {
	LIST_ENTRY(net_credentials) link;
	char *ca_file;
	gnutls_certificate_credentials_t gnutls;
	size_t users; /* connections, and the list it stands in */
};

struct net_tls {
	gnutls_priority_t priority;
	LIST_HEAD(, net_credentials) credentials;
};

struct net_tls *
net_tls_new(void)
{
	struct net_tls *tls = xalloc(sizeof(*tls));
	int status = gnutls_priority_init2(&tls->priority, PRIORITY, NULL,
					   GNUTLS_PRIORITY_INIT_DEF_APPEND);

	if (status != GNUTLS_E_SUCCESS)
		log_fatal(EX_OSERR, "cannot set up TLS: %s", gnutls_strerror(status));
	LIST_INIT(&tls->credentials);
	return tls;
}

void
net_tls_give(struct net_credentials *credentials)
{
	if (credentials == NULL || --credentials->users > 0)
		return;
	gnutls_certificate_free_credentials(credentials->gnutls);
	free(credentials->ca_file);
	free(credentials);
}

void
net_tls_forget(struct net_tls *tls)
{
	struct net_credentials *first;

	while ((first = LIST_FIRST(&tls->credentials)) != NULL) {
		LIST_REMOVE(first, link);
		net_tls_give(first);
	}
}

void
net_tls_free(struct net_tls *tls)
{
	net_tls_forget(tls);
	gnutls_priority_deinit(tls->priority);
	free(tls);
}

/* How many authorities were loaded, or a negative code of GnuTLS. */
static int
load(gnutls_certificate_credentials_t into, const char *ca_file)
{
	if (ca_file[0] == '\0')
		return gnutls_certificate_set_x509_system_trust(into);
	return gnutls_certificate_set_x509_trust_file(into, ca_file, GNUTLS_X509_FMT_PEM);
}

static void
say_load_failure(const char *ca_file, int status, char *error)
{
	if (ca_file[0] == '\0')
		net_say(error, "no certificate authorities on this system; install "
			       "ca-certificates, or set ca-file");
	else if (access(ca_file, R_OK) != 0)
		net_say(error, "ca-file %.200s: %s", ca_file, strerror(errno));
	else
		net_say(error, "ca-file %.200s: %s; it must hold certificates in PEM form", ca_file,
			status < 0 ? gnutls_strerror(status) : "no certificate in it");
}

struct net_credentials *
net_tls_take(struct net_tls *tls, const char *ca_file, char *error)
{
	struct net_credentials *credentials;
	gnutls_certificate_credentials_t gnutls;
	int loaded;

	LIST_FOREACH(credentials, &tls->credentials, link)
	{
		if (strcmp(credentials->ca_file, ca_file) == 0) {
			credentials->users++;
			return credentials;
		}
	}
	if (gnutls_certificate_allocate_credentials(&gnutls) != GNUTLS_E_SUCCESS)
		log_fatal(EX_OSERR, "out of memory");
	loaded = load(gnutls, ca_file);
	if (loaded <= 0) {
		say_load_failure(ca_file, loaded, error);
		gnutls_certificate_free_credentials(gnutls);
		return NULL;
	}
	credentials = xalloc(sizeof(*credentials));
	credentials->ca_file = xstrdup(ca_file);
	credentials->gnutls = gnutls;
	credentials->users = 2;
	LIST_INSERT_HEAD(&tls->credentials, credentials, link);
	return credentials;
}

/* Why a certificate was refused. Each explainer adds one clause to `out`. */

struct refusal {
	const struct net_conn *conn;
	const gnutls_datum_t *chain; /* the server's own certificate first */
	unsigned chain_len;
	struct buf *out;
};

static bool
read_certificate(const struct refusal *refusal, unsigned index, gnutls_x509_crt_t *out)
{
	if (index >= refusal->chain_len || gnutls_x509_crt_init(out) != GNUTLS_E_SUCCESS)
		return false;
	if (gnutls_x509_crt_import(*out, &refusal->chain[index], GNUTLS_X509_FMT_DER) ==
	    GNUTLS_E_SUCCESS)
		return true;
	gnutls_x509_crt_deinit(*out);
	return false;
}

static void
add_date(struct buf *out, time_t when)
{
	char text[32];
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) == 0)
		buf_adds(out, "a date out of range");
	else
		buf_adds(out, text);
}

/* The clause with the date of the first certificate in the chain that is out of its time. */
static void
explain_time(struct refusal *refusal, const char *what, time_t (*read)(gnutls_x509_crt_t),
	     bool past)
{
	time_t now = time(NULL);
	gnutls_x509_crt_t certificate;

	for (unsigned i = 0; i < refusal->chain_len; i++) {
		time_t when;

		if (!read_certificate(refusal, i, &certificate))
			continue;
		when = read(certificate);
		gnutls_x509_crt_deinit(certificate);
		if (when == (time_t)-1 || (past ? when > now : when < now))
			continue;
		buf_addf(refusal->out, "%s %s ", i == 0 ? "it" : "a certificate above it", what);
		add_date(refusal->out, when);
		return;
	}
	buf_addf(refusal->out, "its authority's certificate %s some date", what);
}

static void
explain_expired(struct refusal *refusal)
{
	explain_time(refusal, "expired on", gnutls_x509_crt_get_expiration_time, true);
	buf_adds(refusal->out, " (the server needs a new one)");
}

static void
explain_not_yet(struct refusal *refusal)
{
	explain_time(refusal, "is not valid before", gnutls_x509_crt_get_activation_time, false);
	buf_adds(refusal->out, " (is the clock of this machine right?)");
}

/* A name out of a certificate: hostile text. */
static void
add_name(struct buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len && i < MAX_NAME_TOLD; i++) {
		bool printable = name[i] > ' ' && name[i] < '\x7f';

		buf_add(out, printable ? span_make(name + i, 1) : SPAN("?"));
	}
	if (len > MAX_NAME_TOLD)
		buf_adds(out, "...");
}

static void
add_subject(struct buf *out, int type, const char *value, size_t len)
{
	char text[INET6_ADDRSTRLEN];

	if (type != GNUTLS_SAN_IPADDRESS)
		add_name(out, value, len);
	else if ((len == 4 || len == 16) &&
		 inet_ntop(len == 4 ? AF_INET : AF_INET6, value, text, sizeof(text)) != NULL)
		buf_adds(out, text);
	else
		buf_adds(out, "a broken address");
}

/* The names that the certificate is for; how many. */
static unsigned
add_names(struct buf *out, gnutls_x509_crt_t certificate)
{
	char value[300]; /* a longer name cannot be a host's */
	unsigned told = 0, more = 0;

	for (unsigned i = 0; i < 1000; i++) {
		size_t len = sizeof(value);
		int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, value, &len, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
			continue;
		if (told == MAX_NAMES_TOLD) {
			more++;
			continue;
		}
		buf_adds(out, told++ > 0 ? ", " : "");
		add_subject(out, type, value, len);
	}
	if (more > 0)
		buf_addf(out, " and %u more", more);
	return told;
}

static void
explain_owner(struct refusal *refusal)
{
	gnutls_x509_crt_t certificate;
	char name[300];
	size_t len = sizeof(name);

	buf_adds(refusal->out, "it is for ");
	if (!read_certificate(refusal, 0, &certificate)) {
		buf_adds(refusal->out, "somebody else");
		return;
	}
	if (add_names(refusal->out, certificate) == 0) {
		if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
						  name, &len) == GNUTLS_E_SUCCESS)
			add_name(refusal->out, name, len);
		else
			buf_adds(refusal->out, "no name at all");
	}
	gnutls_x509_crt_deinit(certificate);
	buf_addf(refusal->out, ", not for %.*s (correct host, or set tls-name)", MAX_NAME_TOLD,
		 refusal->conn->name);
}

/* In the order in which they are told. */
static const struct {
	unsigned bit;
	const char *text; /* NULL: explain() says it */
	void (*explain)(struct refusal *refusal);
} refusals[] = {
	{ GNUTLS_CERT_SIGNER_NOT_FOUND,
	  "signed by an unknown authority (set ca-file to the certificate of that authority)",
	  NULL },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, NULL, explain_owner },
	{ GNUTLS_CERT_EXPIRED, NULL, explain_expired },
	{ GNUTLS_CERT_NOT_ACTIVATED, NULL, explain_not_yet },
	{ GNUTLS_CERT_REVOKED, "revoked by its authority (do not trust this server)", NULL },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, "its signature is wrong (do not trust this server)",
	  NULL },
	{ GNUTLS_CERT_INSECURE_ALGORITHM,
	  "its key or signature is too weak (the server needs a new one)", NULL },
	{ GNUTLS_CERT_SIGNER_NOT_CA, "signed by one that is no authority", NULL },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	  "its authority may not sign for this name (the server needs another one)", NULL },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, "not made for a server (the server needs another one)",
	  NULL },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS,
	  "it demands a proof of validity (OCSP) that the server does not send", NULL },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS, "its proof of validity (OCSP) is wrong", NULL },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "it has critical extensions that nobody knows",
	  NULL },
};

static int
say_refusal(const struct net_conn *conn, char *error)
{
	unsigned status = gnutls_session_get_verify_cert_status(conn->session);
	struct buf out = BUF_INIT;
	struct refusal refusal = { .conn = conn, .out = &out };

	refusal.chain = gnutls_certificate_get_peers(conn->session, &refusal.chain_len);
	if (refusal.chain == NULL)
		refusal.chain_len = 0;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if ((status & refusals[i].bit) == 0)
			continue;
		buf_adds(&out, out.len > 0 ? "; " : "");
		if (refusals[i].text != NULL)
			buf_adds(&out, refusals[i].text);
		else
			refusals[i].explain(&refusal);
	}
	if (out.len == 0)
		buf_addf(&out, "not valid (status 0x%x)", status);
	net_say(error, "%s: certificate refused, nothing was sent: %s", conn->where, buf_str(&out));
	buf_free(&out);
	return -1;
}

/* The handshake */

static const char not_tls[] =
	"the server does not speak TLS here; is the port right, or is it one for STARTTLS?";

static const struct {
	int status;
	const char *text;
} failures[] = {
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, not_tls },
	{ GNUTLS_E_UNEXPECTED_PACKET, not_tls },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET,
	  "the server speaks no TLS 1.2 or later, or no TLS at all; is the port right?" },
	{ GNUTLS_E_PREMATURE_TERMINATION, "the server hung up during the TLS handshake" },
	{ GNUTLS_E_NO_CERTIFICATE_FOUND, "the server has no certificate; it must have one" },
	{ GNUTLS_E_DH_PRIME_UNACCEPTABLE, "the server's key exchange is too weak; update it" },
};

static int
say_failure(const struct net_conn *conn, int status, char *error)
{
	if (status == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return say_refusal(conn, error);
	if (status == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return net_say(error, "%s: the server ended the TLS handshake: %s", conn->where,
			       gnutls_alert_get_name(gnutls_alert_get(conn->session)));
	if (status == GNUTLS_E_PULL_ERROR || status == GNUTLS_E_PUSH_ERROR)
		return net_say(error, "%s: the connection broke during the TLS handshake",
			       conn->where);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].status == status)
			return net_say(error, "%s: %s", conn->where, failures[i].text);
	return net_say(error, "%s: TLS handshake failed: %s", conn->where, gnutls_strerror(status));
}

static int
direction(const struct net_conn *conn)
{
	return gnutls_record_get_direction(conn->session) == 0 ? CO_READ : CO_WRITE;
}

static int
open_session(struct net_conn *conn, char *error)
{
	union net_address literal;
	int status =
		gnutls_init(&conn->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

	if (status == GNUTLS_E_SUCCESS)
		status = gnutls_priority_set(conn->session, conn->net->tls->priority);
	if (status == GNUTLS_E_SUCCESS)
		status = gnutls_credentials_set(conn->session, GNUTLS_CRD_CERTIFICATE,
						conn->credentials->gnutls);
	/* RFC 6066: no addresses in a server name. */
	if (status == GNUTLS_E_SUCCESS && !net_dns_literal(conn->name, &literal))
		status = gnutls_server_name_set(conn->session, GNUTLS_NAME_DNS, conn->name,
						strlen(conn->name));
	if (status != GNUTLS_E_SUCCESS)
		return net_say(error, "%s: cannot begin TLS: %s; is tls-name right?", conn->where,
			       gnutls_strerror(status));
	gnutls_session_set_verify_cert(conn->session, conn->name, 0);
	gnutls_transport_set_int(conn->session, conn->fd);
	gnutls_handshake_set_timeout(conn->session, GNUTLS_INDEFINITE_TIMEOUT); /* ours counts */
	return 0;
}

/* Until the handshake can go on: positive, CO_TIMEOUT or CO_CANCELED. */
static int
await_handshake(struct net_conn *conn, int status, double end)
{
	struct co_loop *loop = conn->net->loop;
	double left = end - co_clock();

	if (left <= 0)
		return CO_TIMEOUT;
	if (status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED)
		return co_wait(loop, conn->fd, direction(conn), left);
	return co_breathe(loop) == CO_CANCELED ? CO_CANCELED : 1;
}

int
net_tls_handshake(struct net_conn *conn, char *error)
{
	double end = co_clock() + conn->tls_timeout;
	int status, ready;

	conn->broken = true; /* until all is well */
	if (open_session(conn, error) != 0)
		return -1;
	while ((status = gnutls_handshake(conn->session)) != GNUTLS_E_SUCCESS) {
		if (gnutls_error_is_fatal(status) != 0)
			return say_failure(conn, status, error);
		ready = await_handshake(conn, status, end);
		if (ready == CO_CANCELED)
			return net_say(error, "%s: canceled", conn->where);
		if (ready == CO_TIMEOUT) {
			return net_say(error,
				       "%s: no TLS handshake within %g s; is the port right, or is "
				       "it one for STARTTLS?",
				       conn->where, conn->tls_timeout);
		}
	}
	conn->secure = true;
	conn->broken = false;
	return 0;
}

/* Bytes */

static ssize_t
result(struct net_conn *conn, ssize_t moved)
{
	int status = (int)moved;

	if (moved >= 0)
		return moved;
	if (status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED) {
		conn->want = direction(conn);
		return NET_AGAIN;
	}
	if (status == GNUTLS_E_REHANDSHAKE) /* TLS 1.2; we keep the keys that were verified */
		gnutls_alert_send(conn->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
	if (gnutls_error_is_fatal(status) == 0) {
		conn->want = 0;
		return NET_AGAIN;
	}
	conn->broken = true;
	if (status == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return net_say(conn->error, "%s: the server ended TLS: %s", conn->where,
			       gnutls_alert_get_name(gnutls_alert_get(conn->session)));
	if (status == GNUTLS_E_PULL_ERROR || status == GNUTLS_E_PUSH_ERROR)
		return net_say(conn->error, "%s: the connection broke", conn->where);
	/* GnuTLS speaks of a packet that it cannot decode; mostly the rest of it never came. */
	if (status == GNUTLS_E_UNEXPECTED_PACKET_LENGTH)
		return net_say(conn->error, "%s: what the server sent was cut off, or garbled",
			       conn->where);
	return net_say(conn->error, "%s: TLS: %s", conn->where, gnutls_strerror(status));
}

ssize_t
net_tls_receive(struct net_conn *conn, void *data, size_t size)
{
	ssize_t got = gnutls_record_recv(conn->session, data, size);

	/* Closed without a goodbye. IMAP tells its own end: nothing can be cut off unnoticed. */
	if (got == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	return result(conn, got);
}

ssize_t
net_tls_send(struct net_conn *conn, const void *data, size_t size)
{
	return result(conn, gnutls_record_send(conn->session, data, size));
}

void
net_tls_end(struct net_conn *conn)
{
	if (conn->session == NULL)
		return;
	if (conn->secure && !conn->broken)
		gnutls_bye(conn->session, GNUTLS_SHUT_WR);
	gnutls_deinit(conn->session);
	conn->session = NULL;
	conn->secure = false;
}
