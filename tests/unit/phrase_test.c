/*
 * phrase_test - every phrase of the code table is found, and read back to its reason
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdlib.h>

#include "buf.h"
#include "classify.h"
#include "code_phrase.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SAID 1024

/* What a server prints for the phrase: each wildcard and placeholder is a value of its kind. */
static void
say(const char *phrase, char said[MAX_SAID])
{
	static const struct {
		const char *mark, *value;
	} marks[] = {
		{ "{ip}", "[192.0.2.7]" },
		{ "{domain}", "example.com" },
		{ "{address}", "<ann@example.com>" },
		{ "{as}", "AS(1234)" },
		{ "{number}", "10061" },
		{ "{text}", "some words" },
		{ "*", "thing" },
		{ "#", "17" },
	};
	size_t len = 0;

	while (*phrase != '\0' && len < MAX_SAID - 32) {
		size_t i = 0;

		while (i < COUNT(marks) &&
		       strncmp(phrase, marks[i].mark, strlen(marks[i].mark)) != 0)
			i++;
		if (i == COUNT(marks)) {
			said[len++] = *phrase++;
			continue;
		}
		len += (size_t)snprintf(said + len, 32, "%s", marks[i].value);
		phrase += strlen(marks[i].mark);
	}
	said[len] = '\0';
}

static bool
is_among(const struct code_hit *hit, size_t count, size_t row)
{
	for (size_t i = 0; i < count; i++)
		if (hit[i].row == row)
			return true;
	return false;
}

static void
every_phrase_is_found_in_what_a_server_prints(void **state)
{
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;
	size_t count, hits;
	const struct bounce_row *row = code_rows(&count);
	char said[MAX_SAID], text[MAX_SAID + 64];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (row[i].phrase[0] == '\0')
			continue;
		say(row[i].phrase, said);
		snprintf(text, sizeof(text), "550 x: %s, sorry", said);
		hits = code_phrases(span_of(text), hit, &hosts);
		if (!is_among(hit, hits, i))
			fail_msg("%s is not found in: %s", row[i].rule, text);
	}
}

/* Automaton and plain matcher agree on rows and places. */
static void
assert_as_naive(struct span text)
{
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;
	size_t count, hits = code_phrases(text, hit, &hosts), found = 0;
	const struct bounce_row *row = code_rows(&count);
	struct match_result match;

	for (size_t i = 0; i < count; i++) {
		bool there =
			row[i].phrase[0] != '\0' && match_phrase(row[i].phrase, text, &match) > 0;

		if (there != is_among(hit, hits, i))
			fail_msg("%s: automaton and match_phrase() disagree on: %.*s", row[i].rule,
				 (int)span_len(text), text.p);
		found += there;
	}
	assert_int_equal(found, hits);
	for (size_t i = 0; i < hits; i++) {
		assert_true(match_phrase(row[hit[i].row].phrase, text, &match) > 0);
		assert_ptr_equal(text.p + hit[i].begin, match.at.p);
		assert_ptr_equal(text.p + hit[i].end, match.at.end);
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Texts made of pieces of phrases, cut anywhere, with odd blanks and odd bytes between them. */
static void
the_automaton_finds_what_the_plain_matcher_finds(void **state)
{
	static const char *const glue[] = { " ",          "  ", "\t", "\r\n",    "\xc2\xa0", "",
					    ".",          "-",  ": ", "\xc2",    "\xa0",     "x",
					    "550 5.1.1 ", "{",  "*",  "\xc3\xa9" };
	size_t count;
	const struct bounce_row *row = code_rows(&count);
	uint32_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 400; round++) {
		char text[400], said[MAX_SAID];
		size_t len = 0;

		while (len < 200) {
			const char *phrase = row[next_random(&seed) % count].phrase;
			const char *between = glue[next_random(&seed) % COUNT(glue)];
			size_t from, most;

			say(phrase, said);
			from = next_random(&seed) % 4 == 0 ? next_random(&seed) % (strlen(said) + 1)
							   : 0;
			most = next_random(&seed) % 4 == 0 ? next_random(&seed) % 20 : 180;
			len += (size_t)snprintf(text + len, 190, "%.*s%s", (int)most, said + from,
						between);
		}
		for (size_t i = 0; i < len; i++)
			if (next_random(&seed) % 8 == 0 && text[i] >= 'a' && text[i] <= 'z')
				text[i] = (char)(text[i] - 32);
		assert_as_naive(span_make(text, len));
	}
}

static void
blanks_of_every_kind_are_one(void **state)
{
	static const char *const texts[] = {
		"user unknown",     "USER   UNKNOWN",      "user\tunknown",
		"user\r\n unknown", "user\xc2\xa0unknown", "<a>: User\xc2\xa0 \xc2\xa0unknown.",
	};
	static const char *const others[] = { "mailboxfull",   "user\xc2unknown", "xuser unknown",
					      "user unknowns", "user\xa0unknown", "" };
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_true(code_phrases(span_of(texts[i]), hit, &hosts) > 0);
		assert_as_naive(span_of(texts[i]));
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_int_equal(code_phrases(span_of(others[i]), hit, &hosts), 0);
		assert_as_naive(span_of(others[i]));
	}
}

/* A report in which the row's own words come with its own code, from its own server. */
static struct bounce_verdict
judge(const struct bounce_row *row, const char *said)
{
	static const struct bounce_status none;
	char host[64] = "mx.example.net";
	struct bounce_recipient r = {
		.address = SPAN("ann@example.com"),
		.action = BOUNCE_ACTION_FAILED,
		.smtp = row->smtp != 0                      ? row->smtp
			: row->whose == CODE_WORDS_REPORTER ? 0
							    : 550,
		.diagnostic = span_of(said),
	};
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE,
		.recipient = &r,
		.recipient_count = 1,
	};

	if (row->provider != NULL)
		snprintf(host, sizeof(host), "mx.%.*s", (int)strcspn(row->provider->suffixes, " "),
			 row->provider->suffixes);
	r.remote_mta = span_of(host);
	r.reply_status = row->low.class == 4 || row->low.class == 5 ? row->low : none;
	return bounce_classify(&report, 0);
}

/*
 * Each row decides for its own words; where a row of the same words stands before it, at least the
 * reason is the same, or the one that decides spares the address.
 */
static void
every_phrase_is_read_back_to_its_reason(void **state)
{
	size_t count, own = 0, rows = 0;
	const struct bounce_row *row = code_rows(&count);
	char said[MAX_SAID];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct bounce_verdict v;

		if (row[i].phrase[0] == '\0' || row[i].low.class == 2)
			continue;
		say(row[i].phrase, said);
		v = judge(&row[i], said);
		rows++;
		own += v.row == &row[i];
		if (v.reason != row[i].reason)
			fail_msg("%s \"%s\": %s by %s, not %s", row[i].rule, said,
				 bounce_reason_name(v.reason), v.rule,
				 bounce_reason_name(row[i].reason));
	}
	assert_true(own * 100 >= rows * 98); /* the rest has a twin that stands before it */
}

static void
hosts_and_addresses_belong_to_their_providers(void **state)
{
	static const struct {
		const char *name, *provider; /* NULL = none */
	} names[] = {
		{ "gmail-smtp-in.l.google.com", "gmail" },
		{ "google.com", "gmail" },
		{ "ann@gmail.com", "gmail" },
		{ "notgmail.com", NULL },
		{ "gmail.com.example.net", NULL },
		{ "ANN@WEB.DE", "united-internet" },
		{ "mx.example.com", NULL },
		{ "", NULL },
		{ ".com", NULL },
		{ "mx3.qq.com", "qq" },
	};
	size_t count;
	const struct code_provider *provider = code_providers(&count);
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		hosts = code_belongs_to(span_of(names[i].name));
		assert_int_equal(hosts != 0, names[i].provider != NULL);
		for (size_t j = 0; j < count && names[i].provider != NULL; j++)
			assert_int_equal(hosts >> j & 1,
					 strcmp(provider[j].name, names[i].provider) == 0);
	}
	(void)code_phrases(SPAN("host mx3.qq.com[192.0.2.7] said: no"), hit, &hosts);
	assert_int_equal(hosts, code_belongs_to(SPAN("qq.com")));
	(void)code_phrases(SPAN("host xqq.com said: no"), hit, &hosts);
	assert_int_equal(hosts, 0);
}

static void
a_text_is_read_up_to_its_limit(void **state)
{
	static const char phrase[] = " user unknown";
	const size_t size = CODE_MAX_TEXT + sizeof(phrase);
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (size_t end = CODE_MAX_TEXT - 1; end <= CODE_MAX_TEXT + 1; end++) {
		memset(text, '.', size);
		memcpy(text + end - strlen(phrase), phrase, strlen(phrase));
		assert_int_equal(code_phrases(span_make(text, end), hit, &hosts) > 0,
				 end <= CODE_MAX_TEXT);
	}
	free(text);
}

/* A text of at least `want` phrases in as few bytes as the table allows. */
static size_t
crowd(struct buf *text, size_t want)
{
	struct code_hit hit[CODE_MAX_HITS];
	uint64_t hosts;
	size_t count, rows, met = 0;
	const struct bounce_row *row = code_rows(&rows);

	for (size_t length = 1; met < want; length++) {
		for (size_t i = 0; i < rows && met < want; i++) {
			if (strlen(row[i].phrase) != length ||
			    strpbrk(row[i].phrase, "{*#") != NULL)
				continue;
			buf_addf(text, "%s; ", row[i].phrase);
			count = code_phrases(buf_span(text), hit, &hosts);
			met = count;
		}
	}
	return met;
}

static void
the_first_phrases_of_a_crowded_text_are_compared(void **state)
{
	static struct bounce_candidate candidate[CODE_MAX_HITS];

	(void)state;
	for (size_t want = CLASSIFY_MAX_RUNNERS - 1; want <= CLASSIFY_MAX_RUNNERS + 1; want++) {
		struct buf text = BUF_INIT;
		size_t met = crowd(&text, want), compared = 0, count;
		struct bounce_recipient r = { .action = BOUNCE_ACTION_FAILED,
					      .diagnostic = buf_span(&text) };
		struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE,
						.recipient = &r,
						.recipient_count = 1 };

		count = bounce_explain(&report, 0, NULL, candidate, COUNT(candidate));
		for (size_t i = 0; i < count; i++)
			compared += !span_empty(candidate[i].at);
		assert_int_equal(compared, met < CLASSIFY_MAX_RUNNERS ? met : CLASSIFY_MAX_RUNNERS);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_phrase_is_found_in_what_a_server_prints),
		cmocka_unit_test(the_automaton_finds_what_the_plain_matcher_finds),
		cmocka_unit_test(blanks_of_every_kind_are_one),
		cmocka_unit_test(every_phrase_is_read_back_to_its_reason),
		cmocka_unit_test(hosts_and_addresses_belong_to_their_providers),
		cmocka_unit_test(a_text_is_read_up_to_its_limit),
		cmocka_unit_test(the_first_phrases_of_a_crowded_text_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
