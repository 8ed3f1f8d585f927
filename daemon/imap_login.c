/*
 * imap_login - signing in: which way, and what the server's refusal means
 *
 * CAPABILITY is our own: libetpan follows NULL when the server names none. The secret stays out of
 * every error, even when the server repeats it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdio.h>

#include "log.h"
#include "secrecy.h"

/* The ways of AUTHENTICATE, the strongest first. */
static const struct way {
	enum imap_auth auth;
	const char *capability;
	const struct sasl_mechanism *mechanism;
} ways[] = {
	{ IMAP_AUTH_OAUTHBEARER, "AUTH=OAUTHBEARER", &sasl_oauthbearer },
	{ IMAP_AUTH_XOAUTH2, "AUTH=XOAUTH2", &sasl_xoauth2 },
	{ IMAP_AUTH_SCRAM_SHA_256, "AUTH=SCRAM-SHA-256", &sasl_scram_sha_256 },
	{ IMAP_AUTH_PLAIN, "AUTH=PLAIN", &sasl_plain },
};

/* The server lets nobody in at present: codes of RFC 5530 and RFC 9051, and what Exchange Online,
 * Gmail, Dovecot, Courier and Cyrus say. */
static const struct passing {
	const char *words;
	bool crowded; /* it may be for too many connections */
} passing[] = {
	{ "[UNAVAILABLE", true },
	{ "[INUSE", false },
	{ "[LIMIT", true },
	{ "[SERVERBUG", false },
	{ "[THROTTLED", false },
	{ "Server Unavailable", false },
	{ "Too many simultaneous", true },
	{ "Too many connections", true },
	{ "Too many open connections", true },
	{ "Maximum number of connections", true },
	{ "Maximum connection limit", true },
	{ "Temporary authentication failure", false },
};

static bool
is_among(const char *words, bool all)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if ((all || passing[i].crowded) &&
		    span_ifind(span_of(words), span_of(passing[i].words)) != NULL)
			return true;
	}
	return false;
}

bool
imap_is_crowded(const char *words)
{
	return is_among(words, false);
}

static bool
is_told(const struct imap *imap, const char *capability)
{
	struct span rest = span_of(imap->capabilities), word;

	while (span_next_word(&rest, &word))
		if (span_ieq(word, span_of(capability)))
			return true;
	return false;
}

bool
imap_is_rev2(const struct imap *imap)
{
	return is_told(imap, "IMAP4rev2") && !is_told(imap, "IMAP4rev1");
}

/* Extensions that became part of IMAP4rev2 (RFC 9051, appendix E): such a server need not name
 * them. */
static bool
is_part_of_rev2(const char *capability)
{
	static const char *const part[] = {
		"IDLE", "LIST-EXTENDED", "LIST-STATUS", "MOVE", "NAMESPACE", "SASL-IR", "UIDPLUS",
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (strcasecmp(part[i], capability) == 0)
			return true;
	}
	return false;
}

bool
imap_can(const struct imap *imap, const char *capability)
{
	return is_told(imap, capability) || (is_part_of_rev2(capability) && imap_is_rev2(imap));
}

static enum imap_result
ask_capabilities(struct imap *imap)
{
	static const char head[] = "* CAPABILITY ";
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);
	enum imap_line line = IMAP_LINE_LOST;
	const char *text;

	if (result != IMAP_OK)
		return result;
	if (imap_send(imap, true, "CAPABILITY") < 0)
		return imap_lost(imap, "CAPABILITY");
	while ((line = imap_line(imap, &text)) == IMAP_LINE_UNTAGGED) {
		if (strncasecmp(text, head, strlen(head)) != 0)
			continue;
		free(imap->capabilities);
		imap->capabilities = xstrdup(text + strlen(head));
	}
	return imap_end_own(imap, line, "CAPABILITY");
}

/* libetpan sends an atom or a quoted string, whatever is in it. */
static bool
fits_quoted(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return false;
	return true;
}

static enum imap_result
login(struct imap *imap, const char *user, const char *password)
{
	enum imap_result result;

	if (!fits_quoted(user) || !fits_quoted(password))
		return imap_refuse(imap,
				   "LOGIN: the user or the password is not plain ASCII, which "
				   "only AUTHENTICATE PLAIN can send");
	result = imap_begin(imap, imap->command_timeout, 0);
	if (result != IMAP_OK)
		return result;
	result = imap_end(imap, mailimap_login(imap->session, user, password), "LOGIN");
	imap_forget_sent(imap);
	return result;
}

static bool
is_meant(const struct way *way, enum imap_auth auth)
{
	return auth == way->auth ||
	       auth == (way->mechanism->tokens ? IMAP_AUTH_TOKEN : IMAP_AUTH_PASSWORD);
}

/* The strongest way that is meant and offered. */
static const struct way *
choose(const struct imap *imap, enum imap_auth auth)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (is_meant(&ways[i], auth) && imap_can(imap, ways[i].capability))
			return &ways[i];
	return NULL;
}

/* The words of CAPABILITY that tell how to sign in. */
static void
add_offered(const struct imap *imap, struct buf *out)
{
	struct span rest = span_of(imap->capabilities), word;

	while (span_next_word(&rest, &word)) {
		if (!span_istarts(word, SPAN("AUTH=")) && !span_ieq(word, SPAN("LOGINDISABLED")))
			continue;
		buf_addc(out, ' ');
		buf_add(out, word);
	}
}

/* LOGIN sends what PLAIN sends: where one is allowed, the other is. */
static bool
may_be_login(enum imap_auth auth)
{
	return auth == IMAP_AUTH_LOGIN || auth == IMAP_AUTH_PLAIN || auth == IMAP_AUTH_PASSWORD;
}

static enum imap_result
no_way(struct imap *imap, enum imap_auth auth)
{
	struct buf offered = BUF_INIT;

	add_offered(imap, &offered);
	(void)imap_refuse(imap,
			  "the server offers no way to sign in that is allowed here%s: it offers%s",
			  may_be_login(auth) ? " and has disabled LOGIN" : "",
			  offered.len > 0 ? buf_str(&offered) : " none");
	buf_free(&offered);
	return IMAP_REFUSED;
}

/* What the end of one try at signing in means to the caller. */
static enum imap_result
judge(struct imap *imap, enum imap_result result, const char *secret)
{
	bool later = result == IMAP_REFUSED && imap_answered(imap, "NO") &&
		     is_among(imap->wire.tagged, true);

	if (secrecy_broken(imap->error, secret))
		(void)imap_refuse(imap, "the server refused; its words hold the secret and are not "
					"repeated here");
	if (result != IMAP_REFUSED)
		return result;
	return later ? IMAP_LOST : IMAP_DENIED;
}

static enum imap_result
sign_in(struct imap *imap, enum imap_auth auth, const char *user, const char *secret)
{
	struct sasl sasl = {
		.user = user, .secret = secret, .host = imap->host, .port = imap->port
	};
	const struct way *way = choose(imap, auth);
	enum imap_result result;

	if (way != NULL) {
		result = imap_authenticate(imap, way->mechanism, &sasl);
		sasl_end(&sasl);
		return judge(imap, result, secret);
	}
	if (!may_be_login(auth) || imap_can(imap, "LOGINDISABLED"))
		return no_way(imap, auth);
	return judge(imap, login(imap, user, secret), secret);
}

enum imap_result
imap_login(struct imap *imap, enum imap_auth auth, const char *user, const char *secret)
{
	enum imap_result result = IMAP_OK;

	free(imap->challenge);
	imap->challenge = NULL;
	if (imap->capabilities == NULL)
		result = ask_capabilities(imap);
	if (result == IMAP_LOST || result == IMAP_CANCELED)
		return result;
	if (imap->session->imap_state == MAILIMAP_STATE_NON_AUTHENTICATED) {
		result = sign_in(imap, auth, user, secret);
		if (result != IMAP_OK)
			return result;
	}
	/* Many servers offer MOVE and others only now. One that refuses to tell keeps what it said.
	 */
	result = ask_capabilities(imap);
	if (result == IMAP_REFUSED) {
		imap->error[0] = '\0';
		result = IMAP_OK;
	}
	return result;
}

const char *
imap_challenge(const struct imap *imap)
{
	return imap->challenge != NULL ? imap->challenge : "";
}
