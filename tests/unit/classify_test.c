/*
 * classify_test - the order of evidence, and what limits it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "bounce.h"
#include "code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a report says of one recipient; NULL and 0 = nothing. */
struct said {
	const char *reply; /* enhanced code of the quoted reply */
	const char *field; /* of the Status field */
	uint16_t smtp;
	const char *text; /* diagnostic */
	const char *host; /* who refused */
	enum bounce_stage stage;
};

struct judgement {
	struct said said;
	const char *rule;
	enum bounce_reason reason;
	enum bounce_disposition disposition;
	enum bounce_bad bad;
	unsigned weight;
	enum bounce_severity severity;
};

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
recipient_of(const struct said *s)
{
	return (struct bounce_recipient){
		.address = SPAN("kari@example.com"),
		.final = SPAN("kari@example.com"),
		.action = BOUNCE_ACTION_FAILED,
		.field_status = status_of(s->field),
		.reply_status = status_of(s->reply),
		.smtp = s->smtp,
		.diagnostic = span_of(s->text),
		.remote_mta = span_of(s->host),
		.stage = s->stage,
	};
}

static struct bounce_verdict
judge(struct bounce_recipient *r)
{
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE, .format = "", .recipient = r, .recipient_count = 1
	};

	return bounce_classify(&report, 0);
}

static void
check(const struct judgement *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct judgement *c = &cases[i];
		struct bounce_recipient r = recipient_of(&c->said);
		struct bounce_verdict v = judge(&r);

		if (strcmp(v.rule, c->rule) != 0 || v.reason != c->reason ||
		    v.disposition != c->disposition || v.bad != c->bad || v.weight != c->weight ||
		    v.severity != c->severity) {
			fail_msg("case %zu: %s: %s, %s, bad %s, weight %u, %s", i, v.rule,
				 bounce_reason_name(v.reason),
				 bounce_disposition_name(v.disposition), bounce_bad_name(v.bad),
				 v.weight, bounce_severity_name(v.severity));
		}
		assert_non_null(v.why);
		assert_true(v.why[0] != '\0');
	}
}

#define V(reason, disposition, bad, weight, severity)                                       \
	BOUNCE_REASON_##reason, BOUNCE_DISPOSITION_##disposition, BOUNCE_BAD_##bad, weight, \
		BOUNCE_SEVERITY_##severity

static void
the_first_evidence_that_knows_something_decides(void **state)
{
	static const struct judgement cases[] = {
		/* phrase before code */
		{ { "5.7.1", "5.1.1", 550, "5.7.1 Unable to relay", NULL, 0 },
		  "microsoft:17",
		  V(RELAY_DENIED, OPERATOR, UNKNOWN, 0, SOFT) },
		{ { NULL, "5.7.1", 550, "Unable to relay", NULL, 0 },
		  "microsoft:17",
		  V(RELAY_DENIED, OPERATOR, UNKNOWN, 0, SOFT) },
		/* code of the reply before the Status field */
		{ { "5.2.2", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "4.2.2", "4.4.7", 450, "", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		/* Status field before three digits */
		{ { NULL, "5.1.1", 554, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* three digits */
		{ { NULL, NULL, 552, "", NULL, 0 },
		  "reply:552",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { NULL, NULL, 550, "", NULL, 0 },
		  "reply:550",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, NULL, 556, "", NULL, 0 },
		  "reply:556",
		  V(DOMAIN_NO_MAIL, DISABLE, YES, 250, HARD) },
		{ { NULL, NULL, 599, "", NULL, 0 },
		  "reply:5yz",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, NULL, 499, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* nothing */
		{ { NULL, NULL, 0, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_general_code_gives_way_to_a_more_exact_one(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.0.0", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.0", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.1", "5.0.0", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, "5.0.0", 552, "", NULL, 0 },
		  "reply:552",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { NULL, "5.0.0", 550, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.2.0", "5.0.0", 550, "", NULL, 0 },
		  "registry:X.2.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
an_unknown_detail_falls_back_to_its_subject_and_class(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.1.99", NULL, 550, "", NULL, 0 },
		  "registry:X.1.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.7.99", NULL, 550, "", NULL, 0 },
		  "registry:X.7.0",
		  V(UNCLASSIFIED, OPERATOR, NO, 0, SOFT) },
		{ { "5.6.99", NULL, 550, "", NULL, 0 },
		  "registry:X.6.0",
		  V(MALFORMED_MESSAGE, CONTENT, NO, 0, SOFT) },
		{ { "4.7.99", NULL, 450, "", NULL, 0 },
		  "reply:450",
		  V(GREYLISTED, RETRY, UNKNOWN, 0, SOFT) },
		{ { "4.7.99", NULL, 0, "", NULL, 0 },
		  "registry:4.7.0",
		  V(RATE_LIMITED, BACK_OFF, NO, 0, SOFT) },
		{ { "5.9.1", NULL, 0, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "4.9.1", NULL, 0, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* a positive code in a failure says nothing */
		{ { "2.1.5", NULL, 0, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		{ { NULL, NULL, 250, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
on_a_conflict_the_reading_that_spares_the_address_wins(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.1.1", "5.7.1", 550, "", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.1", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		/* reply and code of different classes: it may pass */
		{ { "5.1.1", "5.1.1", 450, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "4.1.1", "4.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "5.1.1", "4.4.7", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "5.5.0", "4.5.0", 550, "", NULL, 0 },
		  "registry:X.5.0",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* sendmail makes 5.1.3 of any 553 and 5.1.6 of any 551 */
		{ { NULL, "5.1.3", 553, "", NULL, 0 },
		  "reply:553",
		  V(BAD_ADDRESS_SYNTAX, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, "5.1.6", 551, "", NULL, 0 },
		  "reply:551",
		  V(MAILBOX_MOVED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.1.6", "5.1.6", 551, "", NULL, 0 },
		  "registry:X.1.6",
		  V(MAILBOX_MOVED, DEAD, YES, 500, HARD) },
		/* an exact statement about the subject that nobody contradicts */
		{ { "5.1.1", "5.4.7", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_temporary_failure_is_never_a_full_strike(void **state)
{
	(void)state;
	for (unsigned subject = 0; subject <= 8; subject++) {
		for (unsigned detail = 0; detail <= 999; detail++) {
			struct bounce_recipient r = {
				.address = SPAN("kari@example.com"),
				.action = BOUNCE_ACTION_FAILED,
				.reply_status = { 4, (uint16_t)subject, (uint16_t)detail },
			};
			struct bounce_verdict v = judge(&r);

			assert_true(v.disposition < BOUNCE_DISPOSITION_DISABLE);
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
			assert_int_not_equal(v.severity, BOUNCE_SEVERITY_HARD);
			assert_true(v.weight <= 50);
		}
	}
}

static void
five_seven_one_without_a_phrase_is_the_operators(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.7.1", "5.7.1", 550, "Go away", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.1", "5.7.1", 550, "", "mx.prod.outlook.com", 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "4.7.1", "4.7.1", 450, "", NULL, 0 },
		  "registry:4.7.1",
		  V(GREYLISTED, RETRY, NO, 0, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_refusal_before_rcpt_is_never_about_the_recipient(void **state)
{
	static const enum bounce_stage early[] = { BOUNCE_STAGE_GREETING, BOUNCE_STAGE_HELO,
						   BOUNCE_STAGE_MAIL };
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t s = 0; s < COUNT(early); s++) {
		for (size_t i = 0; i < count; i++) {
			struct bounce_recipient r = { .address = SPAN("kari@example.com"),
						      .action = BOUNCE_ACTION_FAILED,
						      .stage = early[s] };
			struct bounce_verdict v;

			if (rows[i].table == CODE_REPLY)
				r.smtp = rows[i].low.class;
			else
				r.reply_status = (struct bounce_status){ 5, rows[i].low.subject,
									 rows[i].low.detail };
			v = judge(&r);
			assert_int_equal(v.bad, BOUNCE_BAD_NO);
			assert_true(v.disposition < BOUNCE_DISPOSITION_DISABLE);
			assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
			assert_int_equal(v.weight, 0);
		}
	}
}

static void
the_stage_tells_what_an_early_refusal_is(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 554, "", NULL, BOUNCE_STAGE_GREETING },
		  "stage:greeting",
		  V(IP_BLOCKED, OPERATOR, NO, 0, SOFT) },
		{ { NULL, NULL, 421, "", NULL, BOUNCE_STAGE_GREETING },
		  "reply:421",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_MAIL },
		  "stage:mail",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { NULL, NULL, 550, "", NULL, BOUNCE_STAGE_HELO },
		  "stage:helo",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { "4.1.1", NULL, 450, "", NULL, BOUNCE_STAGE_MAIL },
		  "stage:mail",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
		{ { NULL, "5.7.1", 550, "550 relaying denied", NULL, BOUNCE_STAGE_MAIL },
		  "phrase:Relaying denied",
		  V(RELAY_DENIED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.26", NULL, 550, "", NULL, BOUNCE_STAGE_MAIL },
		  "registry:X.7.26",
		  V(AUTH_FAILURE, OPERATOR, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_RCPT },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_refusal_of_the_message_is_about_the_message(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 550, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { NULL, NULL, 554, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { NULL, NULL, 552, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		/* quota is allowed to speak at this stage, and so is a loop */
		{ { "5.2.2", NULL, 552, "", NULL, BOUNCE_STAGE_DATA },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "5.4.6", NULL, 554, "", NULL, BOUNCE_STAGE_DATA },
		  "registry:X.4.6",
		  V(MAIL_LOOP, DISABLE, UNKNOWN, 100, SOFT) },
		/* so is the phrase that names the mailbox */
		{ { "5.7.504", NULL, 550,
		    "[kari@example.com]: Recipient address rejected: Access denied", NULL,
		    BOUNCE_STAGE_DATA },
		  "microsoft:29",
		  V(NO_SUCH_USER, DISABLE, YES, 250, HARD) },
		{ { NULL, NULL, 451, "", NULL, BOUNCE_STAGE_DATA },
		  "reply:451",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
common_words_alone_kill_nobody(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 550, "550 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, "5.0.0", 550, "550 mailbox unavailable", NULL, 0 },
		  "phrase:mailbox unavailable",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.7.1", "5.7.1", 550, "550 5.7.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		/* codes of the sender's address bear nothing out, and in the reply they decide */
		{ { "5.1.7", NULL, 550, "550 5.1.7 User unknown", NULL, BOUNCE_STAGE_RCPT },
		  "registry:X.1.7",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { NULL, "5.1.8", 550, "550 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		/* and a temporary failure stays one */
		{ { NULL, NULL, 450, "450 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { NULL, "5.0.0", 550, "550 User unknown", NULL, BOUNCE_STAGE_DATA },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_second_witness_bears_common_words_out(void **state)
{
	static const struct judgement cases[] = {
		/* a code about the address, in the reply or the report's own */
		{ { "5.1.1", NULL, 550, "550 5.1.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, "5.1.1", 550, "550 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.0", NULL, 550, "550 5.1.0 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* the command that it answers */
		{ { NULL, "5.0.0", 550, "550 No such user", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "4.1.1", NULL, 450, "450 4.1.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DISABLE, YES, 250, HARD) },
		/* a system that speaks of its own directory */
		{ { NULL, NULL, 550, "550 <a@b>: User unknown in local recipient table", NULL, 0 },
		  "phrase:User unknown in local recipient table",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, NULL, 0, "User ann (ann@b) not listed in Domino Directory", NULL, 0 },
		  "phrase:not listed in Domino Directory",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

/* x.2.x: the mailbox is there. */
static void
a_code_of_the_mailbox_beats_common_words_but_at_rcpt(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.2.1", "5.2.1", 550, "550 5.2.1 User unknown", NULL, 0 },
		  "registry:X.2.1",
		  V(MAILBOX_DISABLED, DISABLE, UNKNOWN, 200, SOFT) },
		{ { "5.2.2", NULL, 550, "550 5.2.2 User unknown", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "5.2.1", "5.2.1", 550, "550 5.2.1 User unknown", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* 5.2.0 says nothing of the mailbox */
		{ { "5.2.0", NULL, 550, "550 5.2.0 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

/* Exim without a route: behind a reply code it is the last server, which has no such user; of
 * itself, the first one, which found no such domain. */
static void
who_says_unrouteable_tells_what_is_missing(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, "5.0.0", 0, "Unrouteable address", NULL, 0 },
		  "phrase:reporter: Unrouteable address",
		  V(NO_SUCH_DOMAIN, DISABLE, UNKNOWN, 100, HARD) },
		{ { NULL, "5.0.0", 550, "550 Unrouteable address", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:Unrouteable address",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_format_tells_where_nothing_else_does(void **state)
{
	struct said said = { 0 };
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE,
		.format = "",
		.implied = { "format:example", BOUNCE_REASON_RECIPIENT_RESTRICTED },
		.recipient = &r,
		.recipient_count = 1,
	};
	struct bounce_verdict v = bounce_classify(&report, 0);

	(void)state;
	assert_string_equal(v.rule, "format:example");
	assert_int_equal(v.reason, BOUNCE_REASON_RECIPIENT_RESTRICTED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_OPERATOR);
	assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
	r.field_status = status_of("5.2.2");
	assert_string_equal(bounce_classify(&report, 0).rule, "registry:X.2.2");
}

static void
a_name_of_the_senders_directory_never_counts(void **state)
{
	static const char *const names[] = {
		"IMCEAEX-_O=EXAMPLE_OU=FIRST_CN=RECIPIENTS_CN=kari@example.com",
		"imceaex-_o=example_cn=kari@eurprd05.prod.outlook.com",
	};
	static const char *const codes[] = { "5.1.0", "5.1.1", "5.0.0", "5.1.2", "4.1.1" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t c = 0; c < COUNT(codes); c++) {
			struct said said = { .reply = codes[c] };
			struct bounce_recipient r = recipient_of(&said);
			struct bounce_verdict v;

			r.address = r.final = span_of(names[i]);
			v = judge(&r);
			assert_true(v.disposition <= BOUNCE_DISPOSITION_OPERATOR);
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
			assert_int_equal(v.weight, 0);
			assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
			/* nor when only the final recipient is such a name */
			r.address = SPAN("kari@example.com");
			assert_int_equal(judge(&r).weight, 0);
		}
	}
}

static void
what_is_no_failure_is_ignored(void **state)
{
	static const struct {
		enum bounce_action action;
		const char *rule;
	} cases[] = {
		{ BOUNCE_ACTION_DELAYED, "action:delayed" },
		{ BOUNCE_ACTION_DELIVERED, "action:delivered" },
		{ BOUNCE_ACTION_RELAYED, "action:relayed" },
		{ BOUNCE_ACTION_EXPANDED, "action:expanded" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { "5.1.1", "5.1.1", 550, "User unknown", NULL, 0 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v;

		r.action = cases[i].action;
		v = judge(&r);
		assert_string_equal(v.rule, cases[i].rule);
		assert_int_equal(v.disposition, BOUNCE_DISPOSITION_IGNORE);
		assert_int_equal(v.severity, BOUNCE_SEVERITY_NONE);
		assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
		assert_int_equal(v.weight, 0);
	}
}

/* Reports without Action: the kind of the whole message tells whether something failed. */
static void
without_an_action_the_kind_decides(void **state)
{
	struct said said = { "5.1.1", "5.1.1", 550, "User unknown", NULL, 0 };
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = { .format = "", .recipient = &r, .recipient_count = 1 };

	(void)state;
	r.action = BOUNCE_ACTION_NONE;
	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		struct bounce_verdict v;

		report.kind = (enum bounce_kind)kind;
		v = bounce_classify(&report, 0);
		if (kind == BOUNCE_KIND_BOUNCE) {
			assert_int_equal(v.disposition, BOUNCE_DISPOSITION_DEAD);
			continue;
		}
		assert_int_equal(v.disposition, BOUNCE_DISPOSITION_IGNORE);
		assert_int_equal(v.severity, BOUNCE_SEVERITY_NONE);
		assert_memory_equal(v.rule, "kind:", 5);
	}
	r = (struct bounce_recipient){ .address = SPAN("kari@example.com") };
	report.kind = BOUNCE_KIND_BOUNCE;
	assert_string_equal(bounce_classify(&report, 0).rule, "kind:bounce");
	assert_int_equal(bounce_classify(&report, 0).disposition, BOUNCE_DISPOSITION_IGNORE);
	r.field_status = status_of("2.1.5");
	assert_int_equal(bounce_classify(&report, 0).disposition, BOUNCE_DISPOSITION_IGNORE);
	assert_int_equal(bounce_classify(&report, 0).severity, BOUNCE_SEVERITY_NONE);
}

/* A mailbox that somebody's alias or forwarding leads to is not the one that we mailed. */
static void
a_refusal_behind_a_forwarding_is_never_dead(void **state)
{
	static const struct {
		const char *original, *final, *code;
		enum bounce_disposition disposition;
		unsigned weight;
	} cases[] = {
		{ "kari@example.com", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "KARI@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "kari@mx.example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD,
		  500 },
		{ "kari@mx.example.com", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD,
		  500 },
		{ "", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "ola@example.com", "5.1.1", BOUNCE_DISPOSITION_DISABLE, 250 },
		{ "kari@example.com", "kari@example.net", "5.1.1", BOUNCE_DISPOSITION_DISABLE,
		  250 },
		{ "kari@example.com", "kari@notexample.com", "5.1.1", BOUNCE_DISPOSITION_DISABLE,
		  250 },
		{ "kari@example.com", "kari@example.net", "5.1.2", BOUNCE_DISPOSITION_DISABLE,
		  125 },
		{ "kari@example.com", "kari@example.net", "5.2.2", BOUNCE_DISPOSITION_BACK_OFF,
		  50 },
		{ "kari@example.com", "kari@example.net", "5.7.26", BOUNCE_DISPOSITION_OPERATOR,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { NULL, cases[i].code, 0, "", NULL, 0 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v;

		r.original = span_of(cases[i].original);
		r.final = span_of(cases[i].final);
		v = judge(&r);
		assert_int_equal(v.disposition, cases[i].disposition);
		assert_int_equal(v.weight, cases[i].weight);
		if (strstr(v.why, "passes its mail on") != NULL)
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
	}
}

static void
hard_means_that_the_address_is_bad_for_good(void **state)
{
	(void)state;
	for (unsigned class = 4; class <= 5; class ++) {
		for (unsigned subject = 0; subject <= 8; subject++) {
			for (unsigned detail = 0; detail <= 999; detail++) {
				struct bounce_recipient r = {
					.address = SPAN("kari@example.com"),
					.action = BOUNCE_ACTION_FAILED,
					.field_status = { (uint16_t) class, (uint16_t)subject,
							  (uint16_t)detail },
				};
				struct bounce_verdict v = judge(&r);
				bool counts = v.disposition >= BOUNCE_DISPOSITION_DISABLE;

				assert_int_equal(v.severity == BOUNCE_SEVERITY_HARD,
						 v.bad == BOUNCE_BAD_YES);
				assert_true(v.bad != BOUNCE_BAD_YES || (class == 5 && counts));
				assert_true(v.disposition != BOUNCE_DISPOSITION_DEAD ||
					    v.bad == BOUNCE_BAD_YES);
				assert_true(counts || v.weight <= 50);
				assert_int_equal(v.weight > 0 && v.bad == BOUNCE_BAD_NO,
						 v.reason == BOUNCE_REASON_MAILBOX_FULL);
			}
		}
	}
}

static void
the_code_that_counts_is_the_one_that_decided(void **state)
{
	static const struct {
		const char *reply, *field, *want;
	} cases[] = {
		{ "5.1.1", "5.0.0", "5.1.1" }, { "5.0.0", "5.1.1", "5.1.1" },
		{ "5.2.2", "5.1.1", "5.2.2" }, { NULL, "5.0.0", "5.0.0" },
		{ "5.7.1", NULL, "5.7.1" },    { "5.1.1", "5.7.1", "5.7.1" },
	};
	char text[BOUNCE_STATUS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { .reply = cases[i].reply, .field = cases[i].field };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v = judge(&r);

		assert_string_equal(bounce_status_format(v.status, text), cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_evidence_that_knows_something_decides),
		cmocka_unit_test(a_general_code_gives_way_to_a_more_exact_one),
		cmocka_unit_test(an_unknown_detail_falls_back_to_its_subject_and_class),
		cmocka_unit_test(on_a_conflict_the_reading_that_spares_the_address_wins),
		cmocka_unit_test(a_temporary_failure_is_never_a_full_strike),
		cmocka_unit_test(five_seven_one_without_a_phrase_is_the_operators),
		cmocka_unit_test(a_refusal_before_rcpt_is_never_about_the_recipient),
		cmocka_unit_test(the_stage_tells_what_an_early_refusal_is),
		cmocka_unit_test(a_refusal_of_the_message_is_about_the_message),
		cmocka_unit_test(common_words_alone_kill_nobody),
		cmocka_unit_test(a_second_witness_bears_common_words_out),
		cmocka_unit_test(a_code_of_the_mailbox_beats_common_words_but_at_rcpt),
		cmocka_unit_test(who_says_unrouteable_tells_what_is_missing),
		cmocka_unit_test(a_format_tells_where_nothing_else_does),
		cmocka_unit_test(a_name_of_the_senders_directory_never_counts),
		cmocka_unit_test(what_is_no_failure_is_ignored),
		cmocka_unit_test(without_an_action_the_kind_decides),
		cmocka_unit_test(a_refusal_behind_a_forwarding_is_never_dead),
		cmocka_unit_test(hard_means_that_the_address_is_bad_for_good),
		cmocka_unit_test(the_code_that_counts_is_the_one_that_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
