/*
 * imap_sasl - AUTHENTICATE (RFC 3501 section 6.2.2, RFC 4959)
 *
 * Our own: libetpan's drags in a SASL library, blocks, knows no OAUTHBEARER, and drops what the
 * server says of a refused token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <gnutls/gnutls.h>
#include <stdio.h>

#include "log.h"
#include "secrecy.h"

struct talk {
	struct imap *imap;
	const struct sasl_mechanism *mechanism;
	struct sasl *sasl;
	char *first; /* the first message as it went over the wire: most secrets stand there */
	bool gave_up;
};

/* Sends `before` and the secret, and leaves no copy of it in libetpan's buffer. */
static int
send_secret(struct imap *imap, bool tagged, const char *before, const char *secret)
{
	size_t size = strlen(before) + strlen(secret) + 1;
	char *line = xalloc(size);
	int r;

	snprintf(line, size, "%s%s", before, secret);
	r = imap_send(imap, tagged, line);
	secrecy_wipe(line);
	imap_forget_sent(imap);
	return r;
}

static int
send_message(struct talk *talk)
{
	const struct buf *message = &talk->sasl->message;
	char *text;
	int r;

	if (!buf_ok(message))
		return -1;
	text = imap_base64(message->data, message->len);
	r = send_secret(talk->imap, false, "", text);
	secrecy_wipe(text);
	talk->sasl->step++;
	return r;
}

/* The command; with the first message where the server takes it and the line does not get too long.
 */
static int
begin(struct talk *talk)
{
	char command[60];
	bool at_once;

	talk->mechanism->begin(talk->sasl);
	talk->first = imap_base64(talk->sasl->message.data, talk->sasl->message.len);
	at_once = imap_can(talk->imap, "SASL-IR") && strlen(talk->first) < IMAP_MAX_COMMAND;
	snprintf(command, sizeof(command), "AUTHENTICATE %s%s", talk->mechanism->name,
		 at_once ? " " : "");
	if (!at_once)
		return imap_send(talk->imap, true, command);
	talk->sasl->step = 1;
	return send_secret(talk->imap, true, command, talk->first);
}

/* The server's message without its base64 into *out. */
static int
decode(const char *line, struct buf *out)
{
	struct span text = span_trim(span_of(line + 1));
	gnutls_datum_t in = { NULL, (unsigned)span_len(text) }, raw;

	if (span_empty(text))
		return 0;
	memcpy(&in.data, &text.p, sizeof(text.p));
	if (span_len(text) > SASL_MAX_CHALLENGE || gnutls_base64_decode2(&in, &raw) < 0)
		return -1;
	buf_add(out, span_make((const char *)raw.data, raw.size));
	gnutls_free(raw.data);
	return 0;
}

/* What the mechanism makes of a "+" line. */
static enum sasl_next
ask_mechanism(struct talk *talk, const char *line)
{
	struct buf challenge = BUF_INIT;
	enum sasl_next next;

	if (decode(line, &challenge) < 0)
		next = sasl_give_up(talk->sasl, "the server's challenge is no base64 or too long");
	else
		next = talk->mechanism->answer(talk->sasl, buf_span(&challenge));
	buf_free(&challenge);
	return next;
}

static int
answer(struct talk *talk, const char *line)
{
	enum sasl_next next = SASL_SEND;

	if (talk->gave_up)
		return -1;
	if (talk->sasl->step > 0)
		next = ask_mechanism(talk, line);
	switch (next) {
	case SASL_GIVE_UP:
		talk->gave_up = true;
		return imap_send(talk->imap, false, "*");
	case SASL_WORK:
		while (!sasl_work(talk->sasl))
			if (co_breathe(net_loop(talk->imap->conn)) < 0)
				return -1;
		break;
	case SASL_SEND:
		break;
	}
	return send_message(talk);
}

static enum imap_line
converse(struct talk *talk)
{
	enum imap_line line;
	const char *text;

	if (begin(talk) < 0)
		return IMAP_LINE_LOST;
	for (;;) {
		line = imap_line(talk->imap, &text);
		if (line == IMAP_LINE_LOST || line == IMAP_LINE_TAGGED)
			return line;
		if (line == IMAP_LINE_CONTINUE && answer(talk, text) < 0)
			return IMAP_LINE_LOST;
	}
}

/* The server's OK is worth nothing when it did not prove itself, or when we had given up. */
static enum imap_result
judge(struct talk *talk, enum imap_result result, const char *what)
{
	struct imap *imap = talk->imap;
	char said[NET_ERROR_SIZE];

	if (result == IMAP_OK && talk->sasl->proved && !talk->gave_up) {
		imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
		return IMAP_OK;
	}
	if (result == IMAP_OK) {
		imap->in_step = false;
		(void)imap_refuse(imap, "%s: the server says OK without a proof of its own", what);
		result = IMAP_REFUSED;
	}
	if (talk->gave_up) {
		snprintf(said, sizeof(said), "%s", imap->error);
		(void)imap_refuse(imap, "%s; %s", talk->sasl->error, said);
	}
	return result;
}

enum imap_result
imap_authenticate(struct imap *imap, const struct sasl_mechanism *mechanism, struct sasl *sasl)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);
	struct talk talk = { .imap = imap, .mechanism = mechanism, .sasl = sasl };
	char what[40];

	if (result != IMAP_OK)
		return result;
	snprintf(what, sizeof(what), "AUTHENTICATE %s", mechanism->name);
	result = judge(&talk, imap_end_own(imap, converse(&talk), what), what);
	if (secrecy_broken(imap->error, talk.first))
		(void)imap_refuse(imap, "%s: the server refused; its words repeat what was sent",
				  what);
	free(imap->challenge);
	imap->challenge = xstrndup(buf_span(&sasl->challenge));
	secrecy_wipe(talk.first);
	return result;
}
