/*
 * seed_advice_test - rows of the Exchange documents that call for more than a look-up
 *
 * Boxes F1 to F11 of the list that this project began with, one test a box, and what section G says
 * of the documents. Advice is given in
 * every language that we have; what must not count is fed to the state machine. F9's alert is in
 * ledger_tell_test.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "lang.h"
#include "seed_world.h"
#include "state.h"

#define NOW INT64_C(1770000000)

enum where { CAUSE, REMEDY };

/* Words that the text must hold, language by language. */
struct advice {
	const char *row;
	enum where where;
	const char *words[LANG_COUNT];
};

static void
assert_advice(const struct advice *advice, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct bounce_row *row = row_named(advice[i].row);

		for (unsigned lang = 0; lang < LANG_COUNT; lang++) {
			const char *text = advice[i].where == CAUSE
						   ? lang_cause((enum lang)lang, row)
						   : lang_remedy((enum lang)lang, row);

			if (strstr(text, advice[i].words[lang]) == NULL)
				fail_msg("row %s: \"%s\" is not in \"%s\"", row->id,
					 advice[i].words[lang], text);
		}
	}
}

/* What a verdict does to an address of which nothing is known, and to one that was paused. */
static void
assert_touches_nobody(const struct bounce_verdict *v)
{
	struct bounce_policy policy = bounce_policy_default();
	struct bounce_incident incident = { .kind = BOUNCE_KIND_BOUNCE,
					    .verdict = v,
					    .domain = SPAN("contoso.com") };

	for (unsigned s = 0; s < BOUNCE_STATE_COUNT; s++) {
		struct bounce_standing standing = { .state = (enum bounce_state)s,
						    .since = NOW - 1,
						    .until = NOW + 1000 };
		struct bounce_transition t = bounce_next(&standing, &incident, &policy, NOW);

		assert_int_equal(t.next.state, s);
		assert_int_equal(t.next.until, standing.until);
		assert_int_equal(t.next.gone_at, 0);
		assert_int_equal(t.strike, 0);
		assert_int_equal(t.next.score, 0);
		assert_int_equal(t.next.level, 0);
	}
	assert_int_equal(v->weight, 0);
}

static void
f1_an_expired_message_is_not_sent_again_but_waited_for(void **state)
{
	static const struct advice advice[] = {
		{ "2",
		  REMEDY,
		  { "a resend only starts the queue over", "Ny sending starter bare ventetiden",
		    "Uusi l\xc3\xa4hetys vain aloittaa odotuksen" } },
	};
	struct bounce_verdict v = judge("4.4.7", "Message expired", EXCHANGE);

	(void)state;
	assert_advice(advice, COUNT(advice));
	assert_int_equal(v.reason, BOUNCE_REASON_EXPIRED);
	assert_int_equal(v.effect, BOUNCE_EFFECT_FINAL); /* of this message, though class 4 */
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_RETRY);
	assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
}

static void
f2_too_many_are_200_envelope_recipients_of_one_domain(void **state)
{
	static const struct advice advice[] = {
		{ "3", CAUSE, { "200 envelope recipients", "200 konvoluttmottakere", "200" } },
		{ "3", CAUSE, { "RCPT TO", "RCPT TO", "RCPT TO" } },
		{ "3", CAUSE, { "of one domain", "samme domene", "saman verkkotunnuksen" } },
		{ "3",
		  CAUSE,
		  { "a list counts once", "liste teller \xc3\xa9n gang", "jakelulista on yksi" } },
		{ "3",
		  CAUSE,
		  { "addresses in the header do not count", "adresser i hodet teller ikke",
		    "otsakkeen osoitteita ei lasketa" } },
	};

	(void)state;
	assert_advice(advice, COUNT(advice));
}

static void
f3_for_a_stale_address_a_new_message_is_advised(void **state)
{
	static const struct advice advice[] = {
		{ "8",
		  REMEDY,
		  { "clear the Outlook recipient cache", "t\xc3\xb8mmer autofullf\xc3\xb8r",
		    "tyhjent\xc3\xa4v\xc3\xa4t Outlookin" } },
		{ "8",
		  REMEDY,
		  { "write a NEW message", "skriver en ny melding", "uuden viestin" } },
		{ "8", REMEDY, { "resending the old one fails again", "ny", "uuden" } },
	};

	(void)state;
	assert_advice(advice, COUNT(advice));
}

#define ORIGINAL "Original-Recipient: rfc822;kari@contoso.com\r\n"
#define DIRECTORY_NAME \
	"IMCEAEX-_O=CONTOSO_OU=EXCHANGE+20ADMINISTRATIVE+20GROUP_CN=RECIPIENTS_CN=ann@contoso.com"

static void
f4_a_directory_name_never_counts_against_an_address(void **state)
{
	static const char *const recipients[] = {
		"Final-Recipient: rfc822;" DIRECTORY_NAME "\r\n",
		"Final-Recipient: rfc822;imceaex-_o=contoso_cn=ann@contoso.com\r\n",
		"Final-Recipient: rfc822;/O=CONTOSO/OU=FIRST/CN=RECIPIENTS/CN=ann@contoso.com\r\n",
		"Final-Recipient: x500;/o=Contoso/ou=First/cn=Recipients/cn=ann\r\n",
		ORIGINAL "Final-Recipient: rfc822;" DIRECTORY_NAME "\r\n",
		ORIGINAL "Final-Recipient: x500;/o=Contoso/ou=First/cn=Recipients/cn=ann\r\n",
	};
	static const struct {
		const char *code, *words;
	} errors[] = {
		{ "5.1.0", "Sender denied" },
		{ "5.1.0", "" },
		{ "5.1.1", "Bad destination mailbox address" },
		{ "5.1.1", "RESOLVER.ADR.ExRecipNotFound; not found" },
		{ "5.1.1", "RESOLVER.ADR.RecipNotFound; not found" },
		{ "5.1.1", "User unknown" },
		{ "5.1.1", "" },
		{ "5.1.10", "RESOLVER.ADR.RecipientNotFound; not found" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(recipients); i++) {
		for (size_t k = 0; k < COUNT(errors); k++) {
			const struct seed_report report = { recipients[i], errors[k].code,
							    errors[k].words, EXCHANGE };
			struct bounce_verdict v = judge_report(&report);

			if (v.bad == BOUNCE_BAD_YES || v.severity == BOUNCE_SEVERITY_HARD)
				fail_msg("%s, %s: %s", recipients[i], errors[k].words, v.rule);
			assert_touches_nobody(&v);
		}
	}
}

static void
f5_one_limit_is_for_one_sender_the_other_for_all(void **state)
{
	static const struct advice advice[] = {
		{ "10",
		  CAUSE,
		  { "This sender", "Denne avsenderen", "l\xc3\xa4hett\xc3\xa4j\xc3\xa4" } },
		{ "11", CAUSE, { "All senders together", "alle avsendere", "kaikilta" } },
		{ "10", CAUSE, { "per hour", "timen", "tunnin" } },
		{ "11", CAUSE, { "within the hour", "timen", "tunnin" } },
	};
	static const char one[] =
		"Recipient's per hour message receive limit from specific sender exceeded.";
	static const char all[] = "Recipient's per hour message receive limit exceeded.";

	(void)state;
	assert_advice(advice, COUNT(advice));
	assert_string_equal(judge("5.2.121", one, EXCHANGE).rule, "microsoft:10");
	assert_string_equal(judge("5.2.122", all, EXCHANGE).rule, "microsoft:11");
	/* nobody prints the phrase of the one with the code of the other; then the phrase counts */
	assert_string_equal(judge("5.2.121", "", EXCHANGE).rule, "microsoft:10");
	assert_string_equal(judge("5.2.122", "", EXCHANGE).rule, "microsoft:11");
}

static void
f6_a_loop_is_stopped_after_20_rounds_and_sought_on_both_sides(void **state)
{
	static const struct advice advice[] = {
		{ "14",
		  CAUSE,
		  { "20 rounds by default", "20 runder", "20 kierroksen j\xc3\xa4lkeen" } },
		{ "14",
		  REMEDY,
		  { "sender and recipient mailbox rules", "hos begge parter",
		    "molemmista p\xc3\xa4ist\xc3\xa4" } },
	};

	(void)state;
	assert_advice(advice, COUNT(advice));
	assert_int_equal(judge("5.4.6", "Routing loop detected", EXCHANGE).reason,
			 BOUNCE_REASON_MAIL_LOOP);
}

/* Whether the original was ours is not for the library to know: so the address is spared always. */
static void
f7_unable_to_relay_may_be_backscatter_and_touches_no_address(void **state)
{
	static const struct advice advice[] = {
		{ "17",
		  REMEDY,
		  { "ignore if it is backscatter from forged spam", "Var meldingen ikke din",
		    "Jos viesti ei ollut sinun" } },
	};
	static const char *const said[] = { "Unable to relay",
					    "Unable to relay for kari@contoso.com" };
	static const char *const hosts[] = { EXCHANGE, FOREIGN };

	(void)state;
	assert_advice(advice, COUNT(advice));
	for (size_t i = 0; i < COUNT(said); i++) {
		for (size_t k = 0; k < COUNT(hosts); k++) {
			struct bounce_verdict v = judge("5.7.1", said[i], hosts[k]);

			assert_int_equal(v.reason, BOUNCE_REASON_RELAY_DENIED);
			assert_int_equal(v.disposition, BOUNCE_DISPOSITION_OPERATOR);
			assert_touches_nobody(&v);
		}
	}
}

static void
f8_from_must_hold_an_address_in_angle_brackets(void **state)
{
	static const struct advice advice[] = {
		{ "37", REMEDY, { "angle brackets", "vinkelparenteser", "kulmasulkeisiin" } },
		{ "37",
		  REMEDY,
		  { "<security@contoso.com>", "<security@contoso.com>",
		    "<security@contoso.com>" } },
	};

	(void)state;
	assert_advice(advice, COUNT(advice));
}

static void
f9_our_account_is_cleaned_before_the_ban_is_lifted(void **state)
{
	static const struct advice advice[] = {
		{ "26", REMEDY, { "Clean the account", "Rydd opp", "Puhdista tili" } },
		{ "27", REMEDY, { "Clean the account", "Rydd opp", "Puhdista tili" } },
		{ "28", REMEDY, { "Clean the account", "Rydd opp", "Puhdista tili" } },
		{ "26",
		  REMEDY,
		  { "then ask support", "be kundest\xc3\xb8tte", "pyyd\xc3\xa4 tukea" } },
		{ "40", REMEDY, { "Remove compromises", "Fjern kaprede", "Poista kaapatut" } },
		{ "40",
		  REMEDY,
		  { "then contact support", "kontakt s\xc3\xa5 kundest\xc3\xb8tte",
		    "sitten yhteys tukeen" } },
	};
	static const struct {
		const char *code, *words;
	} bans[] = {
		{ "5.7.501", "Access denied, spam abuse detected" },
		{ "5.7.502", "Access denied, banned sender" },
		{ "5.7.503", "Access denied, banned sender" },
		{ "5.7.700", "Access denied, tenant has exceeded threshold" },
		{ "5.7.749", "Access denied, tenant has exceeded threshold" },
		{ "5.7.749", "" },
	};

	(void)state;
	assert_advice(advice, COUNT(advice));
	for (size_t i = 0; i < COUNT(bans); i++) {
		struct bounce_verdict v = judge(bans[i].code, bans[i].words, EXCHANGE);

		assert_int_equal(v.reason, BOUNCE_REASON_SENDER_BANNED);
		assert_int_equal(v.fixer, BOUNCE_FIXER_SENDER_ADMIN);
		assert_touches_nobody(&v);
	}
}

static void
f10_who_can_lift_a_ban_and_where_is_told(void **state)
{
	static const struct advice advice[] = {
		{ "39",
		  REMEDY,
		  { "self-service delist portal", "avmeldingsportalen", "poistoportaalissa" } },
		{ "36",
		  REMEDY,
		  { "removal from the block list", "fra sperrelisten", "poistoa estolistalta" } },
		{ "38",
		  REMEDY,
		  { "Ask that organisation", "Be den organisasjonen",
		    "Pyyd\xc3\xa4 kyseist\xc3\xa4 organisaatiota" } },
		{ "32",
		  REMEDY,
		  { "Ask the recipient", "Be mottakeren", "Pyyd\xc3\xa4 vastaanottajaa" } },
	};
	static const char *const recipient_side[] = { "32", "38" };

	(void)state;
	assert_advice(advice, COUNT(advice));
	for (size_t i = 0; i < COUNT(recipient_side); i++) {
		const struct bounce_row *row = row_named(recipient_side[i]);

		assert_int_equal(row->fixer, BOUNCE_FIXER_RECIPIENT_ADMIN);
		assert_true(row->fixer_alt == BOUNCE_FIXER_NONE ||
			    row->fixer_alt == BOUNCE_FIXER_RECIPIENT);
	}
	assert_int_equal(row_named("39")->fixer, BOUNCE_FIXER_SENDER_ADMIN);
}

static void
f11_not_applicable_is_no_remedy_in_any_language(void **state)
{
	static const char *const none[] = { "33", "34", "35" };

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		for (unsigned lang = 0; lang < LANG_COUNT; lang++)
			assert_string_equal(lang_remedy((enum lang)lang, row_named(none[i])), "");
	for (unsigned lang = 0; lang < LANG_COUNT; lang++)
		assert_true(lang_label((enum lang)lang, LANG_NO_REMEDY)[0] != '\0');
}

/* Where the documents contradict themselves; HACKING.md has the list. */

static void
g6_sender_denied_is_neither_the_senders_nor_the_recipients_end(void **state)
{
	struct bounce_verdict v = judge("5.1.0", "Sender denied", EXCHANGE);

	(void)state;
	assert_int_equal(v.reason, BOUNCE_REASON_UNCLASSIFIED);
	assert_int_equal(v.bad, BOUNCE_BAD_UNKNOWN);
	assert_touches_nobody(&v);
}

static void
g7_the_throttle_is_451_with_class_4_and_the_ban_550_with_class_5(void **state)
{
	struct bounce_verdict throttle =
		judge("4.7.550", "Access denied, please try again later (AS7500)", EXCHANGE);
	struct bounce_verdict ban =
		judge("5.7.501", "Access denied, spam abuse detected", EXCHANGE);

	(void)state;
	assert_string_equal(throttle.rule, "microsoft:5");
	assert_int_equal(throttle.disposition, BOUNCE_DISPOSITION_BACK_OFF);
	assert_string_equal(ban.rule, "microsoft:26");
	assert_int_equal(ban.disposition, BOUNCE_DISPOSITION_OPERATOR);
}

static void
g8_one_phrase_has_three_codes_and_one_of_them_another_remedy(void **state)
{
	static const char *const rows[] = { "27", "28", "36" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct bounce_row *row = row_named(rows[i]);

		assert_string_equal(row->phrase, "Access denied, banned sender");
		assert_int_equal(row->reason, BOUNCE_REASON_SENDER_BANNED);
		assert_int_equal(strcmp(row->remedy, row_named("27")->remedy) == 0, i < 2);
	}
	assert_string_equal(judge("5.7.511", "Access denied, banned sender", EXCHANGE).row->id,
			    "36");
}

static void
g9_an_expiry_is_final_whatever_class_it_is_sent_with(void **state)
{
	(void)state;
	/* the reply in front of the code is 550 */
	assert_int_equal(judge("4.4.7", "Message expired", EXCHANGE).effect, BOUNCE_EFFECT_FINAL);
	assert_int_equal(judge("4.4.7", "Message expired", FOREIGN).effect, BOUNCE_EFFECT_FINAL);
	assert_int_equal(judge("5.4.300", "Message expired", EXCHANGE).effect, BOUNCE_EFFECT_FINAL);
}

static void
g10_class_5_with_advice_to_try_later_is_temporary(void **state)
{
	static const char *const rows[] = { "10", "11", "33" };

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		for (size_t k = 0; k < COUNT(rows); k++) {
			struct bounce_verdict v;

			if (strcmp(seeds[i].row, rows[k]) != 0)
				continue;
			v = judge(seeds[i].low, seeds[i].text, EXCHANGE);
			assert_int_equal(v.status.class, 5);
			assert_int_equal(v.effect, BOUNCE_EFFECT_TEMPORARY);
			assert_int_equal(v.disposition, BOUNCE_DISPOSITION_BACK_OFF);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f1_an_expired_message_is_not_sent_again_but_waited_for),
		cmocka_unit_test(f2_too_many_are_200_envelope_recipients_of_one_domain),
		cmocka_unit_test(f3_for_a_stale_address_a_new_message_is_advised),
		cmocka_unit_test(f4_a_directory_name_never_counts_against_an_address),
		cmocka_unit_test(f5_one_limit_is_for_one_sender_the_other_for_all),
		cmocka_unit_test(f6_a_loop_is_stopped_after_20_rounds_and_sought_on_both_sides),
		cmocka_unit_test(f7_unable_to_relay_may_be_backscatter_and_touches_no_address),
		cmocka_unit_test(f8_from_must_hold_an_address_in_angle_brackets),
		cmocka_unit_test(f9_our_account_is_cleaned_before_the_ban_is_lifted),
		cmocka_unit_test(f10_who_can_lift_a_ban_and_where_is_told),
		cmocka_unit_test(f11_not_applicable_is_no_remedy_in_any_language),
		cmocka_unit_test(g6_sender_denied_is_neither_the_senders_nor_the_recipients_end),
		cmocka_unit_test(g7_the_throttle_is_451_with_class_4_and_the_ban_550_with_class_5),
		cmocka_unit_test(g8_one_phrase_has_three_codes_and_one_of_them_another_remedy),
		cmocka_unit_test(g9_an_expiry_is_final_whatever_class_it_is_sent_with),
		cmocka_unit_test(g10_class_5_with_advice_to_try_later_is_temporary),
	};

	return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
