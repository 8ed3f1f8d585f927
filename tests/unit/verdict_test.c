/*
 * verdict_test - what servers say, and what it means: the known traps
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct trap {
	const char *text; /* diagnostic */
	const char *reply, *field;
	uint16_t smtp;
	const char *host;
	enum bounce_reason reason;
	enum bounce_severity severity;
	enum bounce_stage stage;
};

#define HARD BOUNCE_SEVERITY_HARD
#define SOFT BOUNCE_SEVERITY_SOFT

static struct bounce_status
status_of(const char *text)
{
	struct bounce_status status = { 0 };
	uint16_t smtp;

	if (text != NULL)
		assert_int_equal(code_parse(span_of(text), &status, &smtp), 0);
	return status;
}

static struct bounce_recipient
recipient_of(const struct trap *t)
{
	return (struct bounce_recipient){
		.address = SPAN("kari@example.com"),
		.action = BOUNCE_ACTION_FAILED,
		.field_status = status_of(t->field),
		.reply_status = status_of(t->reply),
		.smtp = t->smtp,
		.diagnostic = span_of(t->text),
		.remote_mta = span_of(t->host),
		.stage = t->stage,
	};
}

static void
check(const struct trap *traps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bounce_recipient r = recipient_of(&traps[i]);
		struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
						.recipient = &r,
						.recipient_count = 1 };
		struct bounce_verdict v = bounce_classify(&report, 0);

		if (v.reason != traps[i].reason || v.severity != traps[i].severity) {
			fail_msg("%s: %s, %s by %s; not %s, %s", traps[i].text,
				 bounce_reason_name(v.reason), bounce_severity_name(v.severity),
				 v.rule, bounce_reason_name(traps[i].reason),
				 bounce_severity_name(traps[i].severity));
		}
	}
}

static void
one_code_means_what_the_words_beside_it_say(void **state)
{
	static const struct trap traps[] = {
		/* Gmail's 5.2.1: switched off, or too much mail */
		{ "550-5.2.1 The email account that you tried to reach is disabled. - gsmtp",
		  "5.2.1", "5.2.1", 550, "gmail-smtp-in.l.google.com",
		  BOUNCE_REASON_MAILBOX_DISABLED, SOFT, 0 },
		{ "550-5.2.1 The user you are trying to contact is receiving mail at a rate that "
		  "prevents additional messages from being delivered. - gsmtp",
		  "5.2.1", "5.2.1", 550, "gmail-smtp-in.l.google.com", BOUNCE_REASON_MAILBOX_BUSY,
		  SOFT, 0 },
		/* 5.7.1 that is no policy, and 5.7.1 that is */
		{ "550 5.7.1 No such user!", "5.7.1", NULL, 550, "mx.yandex.ru",
		  BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		{ "550 5.7.1 Email quota exceeded. - gsmtp", "5.7.1", NULL, 550, "mx.google.com",
		  BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "554 5.7.1 <ann@example.com>: Relay access denied", "5.7.1", "5.7.1", 554, NULL,
		  BOUNCE_REASON_RELAY_DENIED, SOFT, 0 },
		{ "554 5.7.1 Client host rejected: Access denied", "5.7.1", "5.7.1", 554, NULL,
		  BOUNCE_REASON_IP_BLOCKED, SOFT, 0 },
		/* 5.1.1 that is a full mailbox, spam or a policy */
		{ "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]",
		  "5.1.1", NULL, 552, "smtp-in.orange.fr", BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "550 sorry, user over quota [mx1] (#5.1.1)", "5.1.1", NULL, 550,
		  "mx1.mail.ovh.net", BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "550 5.1.1 Message blocked: considered spam", "5.1.1", "5.1.1", 550, NULL,
		  BOUNCE_REASON_SPAM_DETECTED, SOFT, 0 },
		{ "550 5.1.1 blocked", "5.1.1", "5.1.1", 550, NULL, BOUNCE_REASON_IP_BLOCKED, SOFT,
		  0 },
		{ "552 5.1.1 <ann@example.com> Mailbox delivery failure policy error", "5.1.1",
		  NULL, 552, "mx.zoho.com", BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, 0 },
		{ "550 5.1.1 policy", NULL, "5.1.1", 550, NULL, BOUNCE_REASON_CONTENT_REJECTED,
		  SOFT, 0 },
		/* Sendmail writes 5.1.1 for every 550 at RCPT */
		{ "550 mail from 192.0.2.7 rejected, see rbl", NULL, "5.1.1", 550, NULL,
		  BOUNCE_REASON_IP_BLOCKED, SOFT, 0 },
		/* GMX's unknown user and GMX's policy begin with the same words */
		{ "550 Requested action not taken: mailbox unavailable", NULL, NULL, 550,
		  "mx00.gmx.net", BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		{ "550-Requested action not taken: mailbox unavailable 550-Reject due to policy "
		  "restrictions. 550 see postmaster.gmx.com",
		  NULL, NULL, 550, "mx00.gmx.net", BOUNCE_REASON_IP_BLOCKED, SOFT, 0 },
		/* QQ's rate limit sounds like an unknown user */
		{ "550 Mailbox unavailable or access denied", NULL, NULL, 550, "mx3.qq.com",
		  BOUNCE_REASON_MAILBOX_BUSY, SOFT, 0 },
		/* Outlook.com's unknown user has the class of a protocol error */
		{ "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
		  "5.5.0", "5.5.0", 550, "eur.olc.protection.outlook.com",
		  BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		/* AT&T's 5.2.1, Yahoo's 552 */
		{ "550 5.2.1 <ann@example.com>... Addressee unknown, relay=[192.0.2.7]", "5.2.1",
		  NULL, 550, "ff-ip4-mx-vip1.prodigy.net", BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		{ "552 1 Requested mail action aborted, mailbox not found", NULL, NULL, 552,
		  "mta5.am0.yahoodns.net", BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		/* Domino knows the user by its directory only */
		{ "User ann (ann@example.com) not listed in Domino Directory", NULL, "5.1.1", 0,
		  NULL, BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
where_a_refusal_came_tells_what_it_is_about(void **state)
{
	static const struct trap traps[] = {
		/* docomo says "Unknown user" at DATA for what its user filters */
		{ "550 Unknown user ann@example.com", NULL, "5.1.1", 550, "mfsmax.docomo.ne.jp",
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 Unknown user ann@example.com", NULL, "5.0.0", 550, "mfsmax.docomo.ne.jp",
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 Unknown user ann@example.com", NULL, "5.0.0", 550, "mfsmax.docomo.ne.jp",
		  BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, BOUNCE_STAGE_DATA },
		{ "550 Unknown user ann@example.com", NULL, "5.2.0", 550, "mfsmax.docomo.ne.jp",
		  BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, 0 },
		{ "550 : User unknown", NULL, "5.2.0", 550, "msmx.au.com",
		  BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, 0 },
		{ "550 <ann@example.com>: User unknown", NULL, "5.0.0", 550, "lsean.ezweb.ne.jp",
		  BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		/* a server that took the recipient before names him late */
		{ "550 5.1.1 User unknown", "5.1.1", NULL, 550, NULL, BOUNCE_REASON_NO_SUCH_USER,
		  SOFT, BOUNCE_STAGE_DATA },
		{ "550 User unknown", NULL, "5.2.0", 550, NULL, BOUNCE_REASON_NO_SUCH_USER, SOFT,
		  0 },
		/* of the sender, never of the recipient */
		{ "550 User unknown", NULL, NULL, 550, NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT,
		  BOUNCE_STAGE_MAIL },
		{ "554 No such user", NULL, NULL, 554, NULL, BOUNCE_REASON_IP_BLOCKED, SOFT,
		  BOUNCE_STAGE_GREETING },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
of_several_phrases_the_exact_one_and_the_sparing_one_win(void **state)
{
	static const struct trap traps[] = {
		{ "550 <a@example.org>: Sender address rejected: User unknown", NULL, "5.1.1", 550,
		  NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT, 0 },
		{ "550 5.1.1 User unknown or mailbox full", "5.1.1", NULL, 550, NULL,
		  BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "550 5.1.1 user unknown; message detected as spam", "5.1.1", NULL, 550, NULL,
		  BOUNCE_REASON_SPAM_DETECTED, SOFT, 0 },
		{ "550 Virus detected; content rejected", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_VIRUS_DETECTED, SOFT, 0 },
		{ "550 5.7.1 Relaying denied. IP name lookup failed [192.0.2.254]", "5.7.1", NULL,
		  550, NULL, BOUNCE_REASON_RELAY_DENIED, SOFT, 0 },
		/* a temporary code does not take back what the words say */
		{ "450 4.1.1 <a@example.com>: Recipient address rejected: User unknown in local "
		  "recipient table",
		  "4.1.1", "4.1.1", 450, NULL, BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
what_is_said_of_the_sender_blames_no_recipient(void **state)
{
	static const struct trap traps[] = {
		{ "550 Sender email address not valid", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 5.1.1 The sender's e-mail address does not exist", "5.1.1", "5.1.1", 550,
		  NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 5.7.1 The MAIL FROM domain example.org could not be found", "5.7.1", NULL,
		  550, NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 Sending domain example.org does not exist", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 5.1.8 Sender address rejected: Domain not found", "5.1.8", "5.1.8", 550,
		  NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 The sending server mx.example.org does not exist", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 Your address does not exist", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		{ "550 Returned to sender as sending domain example.org does not exist", NULL,
		  "5.0.0", 550, NULL, BOUNCE_REASON_SENDER_CONFIG, SOFT, BOUNCE_STAGE_RCPT },
		/* in another clause he is the recipient */
		{ "550 Not for the sender: user unknown", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
	};

	(void)state;
	check(traps, COUNT(traps));
}

/* Words of senders that are about somebody else. */
static void
who_sends_or_is_told_is_not_who_does_not_exist(void **state)
{
	static const struct trap traps[] = {
		{ "550 The account you are sending to does not exist", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 Sending failed with user unknown", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 your address list is outdated - no such user here", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 The sender has been told that no such user exists", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 Returned to sender - user unknown", NULL, "5.0.0", 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
words_between_blanks_are_of_one_clause(void **state)
{
	static const struct trap traps[] = {
		{ "550 user ann@example.com does not exist", NULL, NULL, 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 user ann@example.com: does not exist", NULL, NULL, 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
		{ "550 5.7.1 user is away. The page you came from does not exist", "5.7.1", NULL,
		  550, NULL, BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, BOUNCE_STAGE_RCPT },
		/* the first place is not the right one */
		{ "550 user, sorry; user ann does not exist", NULL, NULL, 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, BOUNCE_STAGE_RCPT },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
the_innermost_reply_decides(void **state)
{
	static const struct trap traps[] = {
		{ "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> "
		  "550 5.7.1 message refused as spam",
		  "5.7.1", "5.1.351", 550, NULL, BOUNCE_REASON_SPAM_DETECTED, SOFT, 0 },
		{ "5.1.0 - Unknown address error 550-'5.7.1 <a@example.com>... Access denied'",
		  "5.7.1", "5.1.0", 550, NULL, BOUNCE_REASON_RECIPIENT_RESTRICTED, SOFT, 0 },
		{ "5.1.0 - Unknown address error 550-'5.1.1 <a@example.com>... User unknown'",
		  "5.1.1", "5.1.0", 550, NULL, BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		{ "554 4.4.7 Message expired: unable to deliver in 840 minutes.<452 4.2.2 Mailbox "
		  "full>",
		  "4.2.2", "4.4.7", 554, NULL, BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "host mx.example.com[192.0.2.7] said: 550 5.1.1 User unknown (in reply to RCPT "
		  "TO command)",
		  "5.1.1", "5.1.1", 550, NULL, BOUNCE_REASON_NO_SUCH_USER, HARD,
		  BOUNCE_STAGE_RCPT },
	};

	(void)state;
	check(traps, COUNT(traps));
}

static void
other_languages_are_read(void **state)
{
	static const struct trap traps[] = {
		{ "550 Benutzer unbekannt", NULL, NULL, 550, NULL, BOUNCE_REASON_NO_SUCH_USER, HARD,
		  BOUNCE_STAGE_RCPT },
		{ "550 5.5.0 Adresse destinataire invalide. LPN007_416", "5.5.0", NULL, 550, NULL,
		  BOUNCE_REASON_NO_SUCH_USER, HARD, 0 },
		{ "550 Usuario desconocido", NULL, NULL, 550, NULL, BOUNCE_REASON_NO_SUCH_USER,
		  HARD, BOUNCE_STAGE_RCPT },
		{ "552 Postfach voll", NULL, NULL, 552, NULL, BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
		{ "550 casella piena", NULL, NULL, 550, NULL, BOUNCE_REASON_MAILBOX_FULL, SOFT, 0 },
	};

	(void)state;
	check(traps, COUNT(traps));
}

/* ---- an operator's rows ---- */

static struct bounce_row
own_row(const char *phrase, struct bounce_status status, enum bounce_reason reason)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);

	return (struct bounce_row){
		.table = CODE_OPERATOR,
		.id = "own",
		.rule = "operator:own",
		.low = status,
		.detail_high = status.detail,
		.phrase = phrase,
		.anywhere = true,
		.bad = facts->bad,
		.reason = reason,
		.disposition = facts->disposition,
		.fixer = facts->fixer,
		.cause = "",
		.remedy = "",
		.note = "",
		.source = "",
	};
}

static void
an_operators_row_comes_before_everything(void **state)
{
	const struct trap said = { .text = "550 5.1.1 User unknown to Carl",
				   .reply = "5.1.1",
				   .smtp = 550 };
	const struct bounce_row rows[] = {
		own_row("", status_of("5.1.1"), BOUNCE_REASON_SYSTEM_ERROR),
		own_row("unknown to *", (struct bounce_status){ 0 }, BOUNCE_REASON_MAILBOX_FULL),
		own_row("unknown to Carl", (struct bounce_status){ 0 }, BOUNCE_REASON_EXPIRED),
	};
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
					.recipient = &r,
					.recipient_count = 1 };
	struct bounce_table own = { rows, 3 };
	struct bounce_verdict v = bounce_classify_with(&report, 0, &own);

	(void)state;
	assert_string_equal(v.rule, "operator:own");
	assert_ptr_equal(v.row, &rows[1]); /* phrases before codes, then as they stand */
	own.count = 1;
	assert_ptr_equal(bounce_classify_with(&report, 0, &own).row, &rows[0]);
	own.count = 0;
	assert_int_equal(bounce_classify_with(&report, 0, &own).reason, BOUNCE_REASON_NO_SUCH_USER);
	own = (struct bounce_table){ rows, 1 };
	r.reply_status = status_of("5.1.2");
	assert_int_equal(bounce_classify_with(&report, 0, &own).reason, BOUNCE_REASON_NO_SUCH_USER);
}

static void
an_operators_effect_has_the_last_word(void **state)
{
	const struct trap said = { .text = "450 gone fishing",
				   .smtp = 450,
				   .stage = BOUNCE_STAGE_MAIL };
	struct bounce_row row =
		own_row("gone fishing", (struct bounce_status){ 0 }, BOUNCE_REASON_NO_SUCH_USER);
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
					.recipient = &r,
					.recipient_count = 1 };
	const struct bounce_table own = { &row, 1 };
	struct bounce_verdict v;

	(void)state;
	row.effect = BOUNCE_EFFECT_PERMANENT;
	v = bounce_classify_with(&report, 0, &own);
	assert_int_equal(v.severity, HARD);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_DEAD);
	row.effect = BOUNCE_EFFECT_TEMPORARY;
	v = bounce_classify_with(&report, 0, &own);
	assert_int_equal(v.severity, SOFT);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_RETRY);
}

/* ---- the explanation ---- */

static void
an_explanation_names_each_row_and_one_that_decides(void **state)
{
	const struct trap said = {
		.text = "550 5.1.1 <a@example.com>: Recipient address rejected: User unknown",
		.reply = "5.1.1",
		.field = "5.1.1",
		.smtp = 550,
	};
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
					.recipient = &r,
					.recipient_count = 1 };
	struct bounce_candidate list[64];
	size_t count = bounce_explain(&report, 0, NULL, list, COUNT(list)), decide = 0;
	bool part = false, host = false, code = false;

	(void)state;
	assert_in_range(count, 5, COUNT(list));
	for (size_t i = 0; i < count; i++) {
		decide += list[i].lost == NULL;
		if (list[i].lost == NULL)
			assert_ptr_equal(list[i].row, bounce_classify(&report, 0).row);
		part = part || strcmp(list[i].row->rule, "phrase:User unknown") == 0;
		host = host || strcmp(list[i].row->rule, "provider:ovh-1") == 0;
		code = code ||
		       (strcmp(list[i].row->rule, "registry:X.1.1") == 0 && span_empty(list[i].at));
	}
	assert_int_equal(decide, 1);
	assert_true(part && host && code);
	assert_int_equal(bounce_explain(&report, 0, NULL, list, 2), count);
}

static void
an_explanation_tells_why_words_do_not_count(void **state)
{
	static const struct {
		const char *text, *rule, *why;
	} cases[] = {
		{ "550 user is away. The page does not exist", "phrase:user * does not exist",
		  "it begins in one statement and ends in the next" },
		{ "550 host mx.example.com returned '550 Sender not found'",
		  "phrase:host * not found",
		  "it begins in front of a quoted reply and ends in it" },
		{ "550 The sending host mx.example.org not found", "phrase:host * not found",
		  "what stands in front of it says that it is about the sender" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct trap said = { .text = cases[i].text, .smtp = 550 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
						.recipient = &r,
						.recipient_count = 1 };
		struct bounce_candidate list[64];
		size_t count = bounce_explain(&report, 0, NULL, list, COUNT(list)), told = 0;

		assert_in_range(count, 1, COUNT(list));
		for (size_t n = 0; n < count; n++) {
			if (strcmp(list[n].row->rule, cases[i].rule) != 0)
				continue;
			assert_non_null(list[n].lost);
			assert_string_equal(list[n].lost, cases[i].why);
			told++;
		}
		assert_int_equal(told, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_code_means_what_the_words_beside_it_say),
		cmocka_unit_test(where_a_refusal_came_tells_what_it_is_about),
		cmocka_unit_test(of_several_phrases_the_exact_one_and_the_sparing_one_win),
		cmocka_unit_test(what_is_said_of_the_sender_blames_no_recipient),
		cmocka_unit_test(who_sends_or_is_told_is_not_who_does_not_exist),
		cmocka_unit_test(words_between_blanks_are_of_one_clause),
		cmocka_unit_test(the_innermost_reply_decides),
		cmocka_unit_test(other_languages_are_read),
		cmocka_unit_test(an_operators_row_comes_before_everything),
		cmocka_unit_test(an_operators_effect_has_the_last_word),
		cmocka_unit_test(an_explanation_names_each_row_and_one_that_decides),
		cmocka_unit_test(an_explanation_tells_why_words_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
