/*
 * ctl_trust_test - bouncectl classify --explain tells what proves a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "ctl_run.h"
#include "token_key.h"
#include "trust_note.h"
#include "verp.h"

#define LIST "news.lists.example.net"
#define BASE "news-bounces@lists.example.net"
#define ANN "ann@example.com"
#define TODAY ((uint32_t)(time(NULL) / 86400))

static char directory[] = "/tmp/mailbounced-explain-XXXXXX";

static void
write_file(const char *name, struct span text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, span_len(text), f), span_len(text));
	assert_int_equal(fclose(f), 0);
}

static void
write_config(const char *name, const char *key, const char *require)
{
	struct buf text = BUF_INIT;

	buf_addf(&text,
		 "account \"a\" { host = h user = u password-credential = c }\n"
		 "list \"" LIST "\" { bounce-address = \"" BASE "\" require-token = %s }\n"
		 "tokens { authserv-id = { \"mx.us\" } sign-with = k1\n"
		 "key \"k1\" { secret-file = \"%s/%s\" } }\n",
		 require, directory, key);
	write_file(name, buf_span(&text));
	buf_free(&text);
}

static int
make_files(void **state)
{
	(void)state;
	umask(077);
	assert_non_null(mkdtemp(directory));
	ctl_directory = directory;
	write_file("k1", SPAN("the first secret, 32 bytes long.\n"));
	write_config("good.conf", "k1", "auto");
	write_config("strict.conf", "k1", "always");
	write_config("lost.conf", "nowhere", "auto");
	return 0;
}

static int
drop_files(void **state)
{
	static const char *const names[] = { "k1", "good.conf", "strict.conf", "lost.conf",
					     "mail" };

	(void)state;
	buf_free(&said);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[200];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static const char *
token_for(const char *recipient, uint32_t expires)
{
	static char text[BOUNCE_TOKEN_LONG + 1];
	const struct bounce_token what = { SPAN(LIST), span_of(recipient), SPAN("47"), expires };

	assert_int_equal(bounce_token_make(&test_key[0], &what, text), 0);
	return text;
}

/* The returned message's fields stand in part 2, from line 16 on when top is empty. */
static void
write_mail(const char *top, const char *to, const char *field)
{
	struct buf text = BUF_INIT;

	buf_addf(&text,
		 "%sFrom: MAILER-DAEMON@mx.example.com\nTo: %s\nSubject: Undelivered\n"
		 "MIME-Version: 1.0\nContent-Type: multipart/report; "
		 "report-type=delivery-status; boundary=b\n\n"
		 "--b\nContent-Type: message/delivery-status\n\n"
		 "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; " ANN
		 "\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such "
		 "user\n\n--b\nContent-Type: text/rfc822-headers\n\n%s"
		 "List-Id: <" LIST ">\nMessage-ID: <one@lists.example.net>\n\n--b--\n",
		 top, to, field);
	write_file("mail", buf_span(&text));
	buf_free(&text);
}

static void
a_token_is_told_with_its_place_and_what_it_proves(void **state)
{
	char to[BOUNCE_VERP_MAX_ADDRESS + 1];
	struct buf field = BUF_INIT;

	(void)state;
	assert_int_equal(bounce_verp_address(SPAN(BASE), '+', token_for("", TODAY),
					     (struct span){ NULL, NULL }, to),
			 0);
	write_mail("", to, "");
	assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
	assert_says(" in To, part 0, line 2: key k1, until ");
	assert_says(", for a whole list, mailing ");
	assert_says("; valid\n");
	assert_says("    trust         T2, token of key k1 in the address that it was sent to\n");
	buf_addf(&field, "X-Mailbounced-Token: %s " LIST " " ANN "\n", token_for(ANN, TODAY));
	write_mail("", BASE, buf_str(&field));
	assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
	assert_says(" in X-Mailbounced-Token, part 2, line 20: key k1, until ");
	assert_says(", for one recipient, mailing ");
	assert_says("    trust         T3, token of key k1 in the returned message\n");
	assert_int_equal(ctl("-c good.conf classify mail"), EX_OK);
	assert_silent_on("trust");
	assert_silent_on("proof");
	buf_free(&field);
}

static void
what_is_wrong_with_a_token_is_said(void **state)
{
	const struct {
		const char *recipient;
		uint32_t expires;
	} rows[] = {
		{ ANN, TODAY - 1 },
		{ "bob@example.com", TODAY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf field = BUF_INIT, want = BUF_INIT;
		const char *why = i == 0 ? bounce_token_answer_text(BOUNCE_TOKEN_EXPIRED)
					 : bounce_token_answer_text(BOUNCE_TOKEN_WRONG);

		buf_addf(&field, "X-Mailbounced-Token: %s " LIST " " ANN "\n",
			 token_for(rows[i].recipient, rows[i].expires));
		write_mail("", BASE, buf_str(&field));
		assert_int_equal(ctl("-c strict.conf classify --explain mail"), EX_OK);
		buf_addf(&want, "    trust         T0, nothing in the mail proves it: %s\n", why);
		assert_says(buf_str(&want));
		assert_says("the list wants tokens (require-token): it would change nothing\n");
		assert_silent_on("; valid");
		buf_free(&field);
		buf_free(&want);
	}
}

static void
without_keys_it_is_said_that_nothing_was_checked(void **state)
{
	static const char *const commands[] = { "classify --explain mail",
						"-c lost.conf classify --explain mail" };
	struct buf field = BUF_INIT;

	(void)state;
	buf_addf(&field, "X-Mailbounced-Token: %s " LIST " " ANN "\n", token_for(ANN, TODAY));
	write_mail("", "prvs=1234abcdef=" BASE, buf_str(&field));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ctl(commands[i]), EX_OK);
		assert_says("part 2, line 20: key k1");
		assert_int_equal(times("not checked: there is no key\n"), 2);
		assert_says("no token is checked: there are no keys");
		assert_says("    trust         T0, nothing in the mail proves it");
	}
	assert_says("/nowhere");
	buf_free(&field);
}

#define RECEIVED "Received: from mx.example.com by mx.us; Mon, 21 Sep 2026 10:00:00 +0000\n"
#define DKIM "dkim=pass header.d=example.com\n"

static void
results_are_told_as_far_as_they_are_ours(void **state)
{
	static const struct {
		const char *top, *note, *trust;
	} rows[] = {
		{ "Authentication-Results: mx.us; " DKIM RECEIVED,
		  "line 1: our own server found that it comes from example.com\n", "T1, " },
		{ "Authentication-Results: mx.us; dkim=fail header.d=example.com\n" RECEIVED,
		  "line 1: our own server found nothing that proves a sender\n", "T0, " },
		{ "Authentication-Results: mx.them; " DKIM RECEIVED,
		  "line 1: not of an authserv-id of ours; proves nothing\n", "T0, " },
		{ RECEIVED "Authentication-Results: mx.us; " DKIM,
		  "line 2: it stands where a stranger can write; proves nothing\n", "T0, " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf want = BUF_INIT;

		write_mail(rows[i].top, BASE, "");
		assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
		assert_says(rows[i].note);
		buf_addf(&want, "    trust         %s", rows[i].trust);
		assert_says(buf_str(&want));
		buf_free(&want);
	}
	assert_int_equal(ctl("classify --explain mail"), EX_OK);
	assert_says("not checked: no authserv-id is configured\n");
}

static void
an_address_that_names_somebody_proves_nothing_and_is_charged(void **state)
{
	(void)state;
	write_mail("", "news-bounces+bob=example.org@lists.example.net", "");
	assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
	assert_says("address of style ");
	assert_says("line 2: the bounce-address of list " LIST "; it says that the mail went to "
		    "bob@example.org; by itself that proves nothing\n");
	assert_says("    address       bob@example.org\n");
	assert_int_equal(ctl("classify --explain mail"), EX_OK);
	assert_says("no list of the configuration has it as its bounce-address");
	assert_says("    address       " ANN "\n");
}

static void
a_stranger_cannot_flood_or_colour_what_is_told(void **state)
{
	struct buf top = BUF_INIT;

	(void)state;
	/* with the token and the list's address they are as many as are told */
	for (int i = 0; i < TRUST_MAX_NOTES - 2; i++)
		buf_adds(&top, "Authentication-Results: mx.us; none\n");
	write_mail(buf_str(&top), BASE, "X-Mailbounced-Token: \x1b[31m\n");
	assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
	assert_says("token \\x1b[31m in X-Mailbounced-Token");
	assert_int_equal(times("\x1b"), 0);
	assert_silent_on("which are not told");
	buf_adds(&top, "Authentication-Results: mx.us; none\n");
	write_mail(buf_str(&top), BASE, "X-Mailbounced-Token: x\n");
	assert_int_equal(ctl("-c good.conf classify --explain mail"), EX_OK);
	assert_says("  proof         and 1 more, which are not told\n");
	buf_free(&top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_told_with_its_place_and_what_it_proves),
		cmocka_unit_test(what_is_wrong_with_a_token_is_said),
		cmocka_unit_test(without_keys_it_is_said_that_nothing_was_checked),
		cmocka_unit_test(results_are_told_as_far_as_they_are_ours),
		cmocka_unit_test(an_address_that_names_somebody_proves_nothing_and_is_charged),
		cmocka_unit_test(a_stranger_cannot_flood_or_colour_what_is_told),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
