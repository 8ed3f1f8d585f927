/*
 * sns_test - notifications of Amazon SES
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "report_read.h"
#include "sns.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FROM_SNS "From: AWS Notifications <no-reply@sns.amazonaws.com>\nSubject: AWS\n\n"
#define BOUNCE                                                                              \
	"{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":["              \
	"{\"emailAddress\":\"ann@example.com\",\"action\":\"failed\",\"status\":\"5.1.1\"," \
	"\"diagnosticCode\":\"smtp; 550 5.1.1 no ann\"},"                                   \
	"{\"emailAddress\":\"Bob <bob@example.com>\",\"status\":\"5.2.2\","                 \
	"\"diagnosticCode\":\"smtp; 552 full\"}]},"                                         \
	"\"mail\":{\"messageId\":\"0100-abc\",\"destination\":[\"ann@example.com\"],"       \
	"\"emailAddress\":\"sender@example.org\"}}"

static void
each_recipient_has_his_status_and_diagnostic(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, FROM_SNS BOUNCE "\n--\nfooter with \"quotes\"\n");
	assert_int_equal(r.report.kind, BOUNCE_KIND_BOUNCE);
	assert_string_equal(r.report.format, "ses-notification");
	assert_int_equal(r.report.recipient_count, 2);
	assert_span(r.report.recipient[0].address, "ann@example.com");
	assert_int_equal(r.report.recipient[0].action, BOUNCE_ACTION_FAILED);
	assert_int_equal(r.report.recipient[0].field_status.subject, 1);
	assert_span(r.report.recipient[0].diagnostic_type, "smtp");
	assert_span(r.report.recipient[0].diagnostic, "550 5.1.1 no ann");
	assert_int_equal(r.report.recipient[0].smtp, 550);
	assert_span(r.report.recipient[1].address, "bob@example.com");
	assert_int_equal(r.report.recipient[1].smtp, 552);
	assert_span(r.report.original_message_id, "0100-abc");
	read_done(&r);
}

static void
the_list_of_the_recipients_tells_the_kind(void **state)
{
	static const struct {
		const char *type, *list;
		enum bounce_kind kind;
		enum bounce_action action;
	} rows[] = {
		{ "Bounce", "bouncedRecipients", BOUNCE_KIND_BOUNCE, BOUNCE_ACTION_FAILED },
		{ "DeliveryDelay", "delayedRecipients", BOUNCE_KIND_DELAYED,
		  BOUNCE_ACTION_DELAYED },
		{ "Complaint", "complainedRecipients", BOUNCE_KIND_COMPLAINT, BOUNCE_ACTION_NONE },
	};
	static const char *const keys[] = { "notificationType", "eventType" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(keys); i++) {
		char mail[512];
		struct read r;

		snprintf(mail, sizeof(mail),
			 FROM_SNS "{\"%s\":\"%s\",\"x\":{\"%s\":[{\"emailAddress\":"
				  "\"ann@example.com\"}]}}\n",
			 keys[i % 2], rows[i / 2].type, rows[i / 2].list);
		read_mail(&r, mail);
		assert_int_equal(r.report.kind, rows[i / 2].kind);
		assert_int_equal(r.report.recipient_count, 1);
		assert_int_equal(r.report.recipient[0].action, rows[i / 2].action);
		read_done(&r);
	}
}

/* Doubles every quote and backslash as JSON wants them inside a string. */
static void
add_escaped(struct buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

static void
a_text_in_a_string_is_read_one_level_deep(void **state)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct read r;

	(void)state;
	buf_adds(&one, FROM_SNS "{\"Type\":\"Notification\",\"Message\":\"");
	add_escaped(&one, BOUNCE);
	buf_adds(&one, "\"}\n");
	read_mail(&r, buf_str(&one));
	assert_int_equal(r.report.recipient_count, 2);
	assert_span(r.report.recipient[0].diagnostic, "550 5.1.1 no ann");
	read_done(&r);
	buf_adds(&two, FROM_SNS "{\"Message\":\"");
	add_escaped(&two, buf_str(&one) + strlen(FROM_SNS));
	buf_adds(&two, "\"}\n");
	read_mail(&r, buf_str(&two));
	assert_int_equal(r.report.recipient_count, 0);
	read_done(&r);
	buf_free(&one);
	buf_free(&two);
}

/* SNS folds long lines anywhere, with "!" in front of the line end and a blank behind it. */
static void
folds_in_the_middle_of_a_word_are_undone(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, FROM_SNS "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecip!\n "
			       "ients\":[{\"emailAddress\":\"ann@exa!\n mple.com\"}]}}\n");
	assert_int_equal(r.report.recipient_count, 1);
	assert_span(r.report.recipient[0].address, "ann@example.com");
	read_done(&r);
}

static void
only_the_mails_of_sns_are_taken(void **state)
{
	static const struct {
		const char *header, *text;
		bool is;
	} rows[] = {
		{ "From: no-reply@sns.amazonaws.com\n\n", "{}", true },
		{ "From: x@example.com\nx-amz-sns-message-id: 1\n\n", " \n{}", true },
		{ "From: x@example.com\n\n", "{}", false },
		{ "From: no-reply@sns.amazonaws.com\n\n", "hello {}", false },
		{ "From: no-reply@sns.amazonaws.com\n\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct header_list headers;
		struct arena arena;
		struct span body;

		arena_init(&arena, 0);
		assert_int_equal(header_parse(&arena, span_of(rows[i].header), 1, &headers, &body),
				 0);
		assert_int_equal(sns_is(&headers, span_of(rows[i].text)), rows[i].is);
		arena_free(&arena);
	}
}

/* Half an address may be somebody else's. */
static void
a_cut_text_is_read_as_far_as_its_strings_are_whole(void **state)
{
	static const char text[] = FROM_SNS BOUNCE;

	(void)state;
	for (size_t length = strlen(FROM_SNS); length < sizeof(text); length++) {
		char cut[sizeof(text)];
		struct read r;

		memcpy(cut, text, length);
		cut[length] = '\0';
		read_mail(&r, cut);
		assert_true(r.report.recipient_count <= 2);
		for (size_t i = 0; i < r.report.recipient_count; i++)
			assert_span(r.report.recipient[i].address,
				    i == 0 ? "ann@example.com" : "bob@example.com");
		read_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_recipient_has_his_status_and_diagnostic),
		cmocka_unit_test(the_list_of_the_recipients_tells_the_kind),
		cmocka_unit_test(a_text_in_a_string_is_read_one_level_deep),
		cmocka_unit_test(folds_in_the_middle_of_a_word_are_undone),
		cmocka_unit_test(only_the_mails_of_sns_are_taken),
		cmocka_unit_test(a_cut_text_is_read_as_far_as_its_strings_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
