/*
 * forged_world - a list whose mail carries tokens, and reports that are forged piece by piece
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_FORGED_WORLD_H
#define MAILBOUNCED_FORGED_WORLD_H

#include "ledger_world.h"

#include "replay_agrees.h"
#include "token_key.h"
#include "verp.h"

#define LIST "news.lists.example.net"
#define OTHER_LIST "talk.lists.example.net"
#define BASE "news-bounces@lists.example.net"
#define TODAY ((uint32_t)(NOW / 86400))

static int
batv_sha1(struct span secret, struct span text, unsigned char out[BATV_HMAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.p, span_len(secret), text.p, span_len(text),
				out);
}

static struct bounce_token_key ring[2];
static struct batv_key batv_ring[1] = { { '1', SPAN_INIT("a secret of the server"), batv_sha1 } };

/* The list has a bounce address and a key; nothing of it was seen yet. */
static int
make_forged_world(void **state)
{
	static char list[] = LIST, other[] = OTHER_LIST, base[] = BASE, empty[] = "",
		    id[] = "mx.us";
	static char *ids[] = { id, NULL };
	static struct config_list lists[2];
	struct world *w;

	if (make_world(state) != 0)
		return -1;
	w = *state;
	lists[0] = (struct config_list){ .name = list, .bounce_address = base };
	lists[1] = (struct config_list){ .name = other, .bounce_address = empty };
	w->config.list = lists;
	w->config.list_count = 2;
	memcpy(ring, test_key, sizeof(ring));
	w->config.ring = ring;
	w->config.ring_count = 1;
	w->config.batv = batv_ring;
	w->config.batv_count = 1;
	w->config.tokens.batv_expire = INT64_C(10) * 86400;
	w->config.tokens.authserv_id = ids;
	return 0;
}

/* Whatever was refused and whatever counted: the ledger says so, and gives the same standings. */
static int
drop_forged_world(void **state)
{
	struct world *w = *state;

	(void)replay_agrees(w->place->store);
	return drop_world(state);
}

#define on_a_list(test) cmocka_unit_test_setup_teardown(test, make_forged_world, drop_forged_world)

/* A token in memory of its own, for one expression. */
static const char *
token_of(const char *list, const char *recipient, const char *mailing, uint32_t expires)
{
	static char text[8][BOUNCE_TOKEN_LONG + 1];
	static unsigned at;
	struct bounce_token what = { span_of(list), span_of(recipient), span_of(mailing), expires };

	at = (at + 1) % 8;
	assert_int_equal(bounce_token_make(&test_key[0], &what, text[at]), 0);
	return text[at];
}

static const char *
address_with(const char *token, const char *recipient)
{
	static char text[8][BOUNCE_VERP_MAX_ADDRESS + 1];
	static unsigned at;

	at = (at + 1) % 8;
	assert_true(bounce_verp_address(SPAN(BASE), '+', token, span_of(recipient), text[at]) >= 0);
	return text[at];
}

/* One report. NULL: that is not in it. */
struct forgery {
	const char *to;        /* the address that it came to; NULL: BASE */
	const char *field;     /* lines in the header of the returned message */
	const char *recipient; /* that it names; NULL: ann@example.com */
	const char *second;
	const char *list;       /* List-Id of the returned message; NULL: LIST; "": none */
	const char *message_id; /* of the returned message */
	const char *top;        /* lines on top of its own header */
	const char *status;     /* NULL: 5.1.1 */
	const char *reply;      /* NULL: one that fits the status */
	int64_t later;          /* seconds */
};

static void
write_report(const struct forgery *f, struct buf *out)
{
	const char *status = f->status != NULL ? f->status : "5.1.1";
	const char *list = f->list != NULL ? f->list : LIST;
	const char *reply = status[0] == '5' ? "550 5.1.1 no such user" : "452 4.2.2 mailbox full";
	static unsigned number;

	if (f->reply != NULL)
		reply = f->reply;
	buf_clear(out);
	buf_addf(out,
		 "%sFrom: MAILER-DAEMON@mx.example.com\r\nTo: %s\r\n"
		 "Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: "
		 "<r%u@mx.example.com>\r\n"
		 "MIME-Version: 1.0\r\nContent-Type: multipart/report; "
		 "report-type=delivery-status; boundary=\"b\"\r\n\r\n"
		 "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		 "Reporting-MTA: dns; mx.example.com\r\n\r\n",
		 f->top != NULL ? f->top : "", f->to != NULL ? f->to : BASE, ++number);
	add_recipient(out, f->recipient != NULL ? f->recipient : "ann@example.com", "failed",
		      status, reply);
	if (f->second != NULL)
		add_recipient(out, f->second, "failed", status, reply);
	buf_addf(out, "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n%s",
		 f->field != NULL ? f->field : "");
	if (list[0] != '\0')
		buf_addf(out, "List-Id: <%s>\r\n", list);
	buf_addf(out, "Message-ID: <%s>\r\nSubject: News\r\n\r\n--b--\r\n",
		 f->message_id != NULL ? f->message_id : "one@lists.example.net");
	assert_true(buf_ok(out));
}

static void
receive(struct world *w, const struct forgery *f)
{
	static uint32_t uid;
	struct buf report = BUF_INIT;

	write_report(f, &report);
	assert_int_equal(record_at(w, ++uid, buf_span(&report), NOW + f->later).kind,
			 BOUNCE_KIND_BOUNCE);
	buf_free(&report);
}

/* A genuine report about somebody else's mail: from now on the list's mail is known to carry
 * tokens. */
static void
see_a_token(struct world *w)
{
	const char *token = token_of(LIST, "first@example.com", "", TODAY + 60);

	receive(w, &(struct forgery){ .to = address_with(token, "first@example.com"),
				      .recipient = "first@example.com" });
	assert_sql(w->place, "SELECT list FROM token_list", LIST);
	assert_sql(w->place, "SELECT state FROM recipient WHERE address = 'first@example.com'",
		   "dead");
}

#define STATE_OF(address) "SELECT state FROM recipient WHERE address = '" address "'"
#define LAST                                                                           \
	"SELECT cause, trust FROM transition JOIN event ON event.id = event ORDER BY " \
	"transition.id DESC LIMIT 1"

#endif
