/*
 * imap_login - signing in
 *
 * AUTHENTICATE is our own: libetpan's drags in a SASL library, blocks, and drops what the server
 * says. So is CAPABILITY: libetpan follows NULL when the server names none. The password stays out
 * of every error, even when the server repeats it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdio.h>

#include "log.h"

bool
imap_can(const struct imap *imap, const char *capability)
{
	struct span rest = span_of(imap->capabilities), word;

	while (span_next_word(&rest, &word))
		if (span_ieq(word, span_of(capability)))
			return true;
	return false;
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

static void
wipe(char *secret)
{
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* RFC 4616: nobody on behalf of, user, password, with NULs between them; as base64. */
static char *
plain_response(const char *user, const char *password)
{
	size_t user_len = strlen(user), password_len = strlen(password);
	size_t len = user_len + password_len + 2;
	char *raw = xalloc(len + 1), *response;

	snprintf(raw + 1, user_len + 1, "%s", user);
	snprintf(raw + 2 + user_len, password_len + 1, "%s", password);
	response = imap_base64(raw, len);
	explicit_bzero(raw, len);
	free(raw);
	return response;
}

/* Sends `before` and the secret, and leaves no copy of it in libetpan's buffer. */
static int
send_secret(struct imap *imap, bool tagged, const char *before, const char *secret)
{
	size_t size = strlen(before) + strlen(secret) + 1;
	char *line = xalloc(size);
	int r;

	snprintf(line, size, "%s%s", before, secret);
	r = imap_send(imap, tagged, line);
	wipe(line);
	explicit_bzero(imap->stream->write_buffer, imap->stream->buffer_max_size);
	return r;
}

static enum imap_line
authenticate_talk(struct imap *imap, const char *response)
{
	bool sent = imap_can(imap, "SASL-IR");
	enum imap_line line;
	const char *text;
	int r = sent ? send_secret(imap, true, "AUTHENTICATE PLAIN ", response)
		     : imap_send(imap, true, "AUTHENTICATE PLAIN");

	if (r < 0)
		return IMAP_LINE_LOST;
	for (;;) {
		line = imap_line(imap, &text);
		if (line == IMAP_LINE_LOST || line == IMAP_LINE_TAGGED)
			return line;
		if (line == IMAP_LINE_UNTAGGED)
			continue;
		/* Asked once more there is nothing to add: "*" gives up (RFC 3501 section 6.2.2).
		 */
		r = sent ? imap_send(imap, false, "*") : send_secret(imap, false, "", response);
		sent = true;
		if (r < 0)
			return IMAP_LINE_LOST;
	}
}

static enum imap_result
authenticate_plain(struct imap *imap, const char *user, const char *password)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);
	char *response;

	if (result != IMAP_OK)
		return result;
	response = plain_response(user, password);
	result = imap_end_own(imap, authenticate_talk(imap, response), "AUTHENTICATE PLAIN");
	if (strstr(imap->error, response) != NULL)
		(void)imap_refuse(
			imap, "AUTHENTICATE PLAIN: the server refused and repeated the password");
	wipe(response);
	if (result == IMAP_OK)
		imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return result;
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

	if (imap_can(imap, "LOGINDISABLED"))
		return imap_refuse(imap,
				   "LOGIN: the server has disabled it and offers no AUTH=PLAIN");
	if (!fits_quoted(user) || !fits_quoted(password))
		return imap_refuse(imap,
				   "LOGIN: the user or the password is not plain ASCII, which "
				   "only AUTHENTICATE PLAIN can send");
	result = imap_begin(imap, imap->command_timeout, 0);
	if (result != IMAP_OK)
		return result;
	result = imap_end(imap, mailimap_login(imap->session, user, password), "LOGIN");
	explicit_bzero(imap->stream->write_buffer, imap->stream->buffer_max_size);
	return result;
}

static enum imap_result
sign_in(struct imap *imap, enum imap_auth auth, const char *user, const char *password)
{
	enum imap_result result;

	if (auth == IMAP_AUTH_PLAIN && imap_can(imap, "AUTH=PLAIN"))
		result = authenticate_plain(imap, user, password);
	else
		result = login(imap, user, password);
	if (password[0] != '\0' && strstr(imap->error, password) != NULL)
		(void)imap_refuse(imap, "the server refused; its words hold the password");
	return result == IMAP_REFUSED ? IMAP_DENIED : result;
}

enum imap_result
imap_login(struct imap *imap, enum imap_auth auth, const char *user, const char *password)
{
	enum imap_result result = IMAP_OK;

	if (imap->capabilities == NULL)
		result = ask_capabilities(imap);
	if (result == IMAP_LOST || result == IMAP_CANCELED)
		return result;
	if (imap->session->imap_state == MAILIMAP_STATE_NON_AUTHENTICATED) {
		result = sign_in(imap, auth, user, password);
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
