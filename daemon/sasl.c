/*
 * sasl - what a client says to prove who it is (RFC 4422)
 *
 * The mechanisms of one message. A refused token is told in a challenge of its own, which must be
 * answered before the server says NO: otherwise it waits, and so do we.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sasl.h"

#include <stdio.h>

enum sasl_next
sasl_give_up(struct sasl *sasl, const char *why)
{
	snprintf(sasl->error, sizeof(sasl->error), "%s", why);
	return SASL_GIVE_UP;
}

void
sasl_add_name(struct buf *out, const char *user)
{
	for (const char *p = user; *p != '\0'; p++) {
		if (*p == '=')
			buf_adds(out, "=3D");
		else if (*p == ',')
			buf_adds(out, "=2C");
		else
			buf_addc(out, *p);
	}
}

static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}

void
sasl_end(struct sasl *sasl)
{
	wipe(&sasl->message);
	wipe(&sasl->challenge);
	wipe(&sasl->scram.auth_message);
	wipe(&sasl->scram.final_without_proof);
	explicit_bzero(&sasl->scram, sizeof(sasl->scram));
}

/* PLAIN: nobody on behalf of, user, password, with NULs between them. */

static void
plain_begin(struct sasl *sasl)
{
	buf_addc(&sasl->message, '\0');
	buf_adds(&sasl->message, sasl->user);
	buf_addc(&sasl->message, '\0');
	buf_adds(&sasl->message, sasl->secret);
	sasl->proved = true;
}

static enum sasl_next
plain_answer(struct sasl *sasl, struct span challenge)
{
	(void)challenge;
	return sasl_give_up(sasl, "the server asks for more than a password");
}

const struct sasl_mechanism sasl_plain = { "PLAIN", false, plain_begin, plain_answer };

/* Tokens */

static void
xoauth2_begin(struct sasl *sasl)
{
	buf_addf(&sasl->message, "user=%s\001auth=Bearer ", sasl->user);
	buf_adds(&sasl->message, sasl->secret);
	buf_adds(&sasl->message, "\001\001");
	sasl->proved = true;
}

static void
oauthbearer_begin(struct sasl *sasl)
{
	buf_adds(&sasl->message, "n,a=");
	sasl_add_name(&sasl->message, sasl->user);
	buf_addf(&sasl->message, ",\001host=%s\001port=%s\001auth=Bearer ", sasl->host, sasl->port);
	buf_adds(&sasl->message, sasl->secret);
	buf_adds(&sasl->message, "\001\001");
	sasl->proved = true;
}

/* The one challenge there is says why the token was refused. */
static enum sasl_next
refusal(struct sasl *sasl, struct span challenge, const char *answer)
{
	if (sasl->challenge.len > 0)
		return sasl_give_up(sasl, "the server refused the token, and asks once more");
	buf_add(&sasl->challenge, span_empty(challenge) ? SPAN("{}") : challenge);
	buf_clear(&sasl->message);
	buf_adds(&sasl->message, answer);
	return SASL_SEND;
}

static enum sasl_next
xoauth2_answer(struct sasl *sasl, struct span challenge)
{
	return refusal(sasl, challenge, "");
}

/* RFC 7628 section 3.2.3 */
static enum sasl_next
oauthbearer_answer(struct sasl *sasl, struct span challenge)
{
	return refusal(sasl, challenge, "\001");
}

const struct sasl_mechanism sasl_xoauth2 = { "XOAUTH2", true, xoauth2_begin, xoauth2_answer };
const struct sasl_mechanism sasl_oauthbearer = { "OAUTHBEARER", true, oauthbearer_begin,
						 oauthbearer_answer };
