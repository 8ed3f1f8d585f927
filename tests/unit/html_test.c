/*
 * html_test - what a reader would see
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "arena.h"
#include "html.h"

static void
tags_go_and_text_stays(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
		{ "plain", "plain" },
		{ "<b>bold</b> and <i\nclass=x>more</i>", "bold and more" },
		{ "one<br>two<BR/>three", "one\ntwo\nthree" },
		{ "<p>a</p><p>b</p>", "\na\n\nb\n" },
		{ "&lt;a&#64;b.example&gt; &amp; &nbsp;co", "<a@b.example> &  co" },
		{ "&unknown; & alone &", "&unknown; & alone &" },
		{ "a<style>p { x: \"</p>\" }</style>b", "ab" },
		{ "a<script>never closed", "a" },
		{ "a<!-- b > c -->d", "ad" },
		{ "a<!-- never closed", "a" },
		{ "1 < 2 and <3", "1 < 2 and <3" },
		{ "a\r\n  b", "a   b" },
		{ "a\nb<pre>a\r\n\tb</pre>a\nb", "a b\na\r\n\tb\na b" },
		{ "<tr><td>a</td><th>b</th></tr>", "\n a  b \n" },
		{ "<", "<" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a;

		arena_init(&a, 0);
		assert_span(html_text(&a, span_of(rows[i].html)), rows[i].text);
		arena_free(&a);
	}
}

/* Text is copied in blocks. */
static void
a_tag_ends_text_of_any_length(void **state)
{
	static const char plain[] = "0123456789abcdef0123456789abcdef0123456789";

	(void)state;
	for (int len = 1; len <= 40; len++) {
		char html[200], text[200];
		struct arena a;

		(void)snprintf(html, sizeof(html), "%.*s<b>%.*s&lt;%.*s\n%.*s\t.", len, plain, len,
			       plain, len, plain, len, plain);
		(void)snprintf(text, sizeof(text), "%.*s%.*s<%.*s %.*s .", len, plain, len, plain,
			       len, plain, len, plain);
		arena_init(&a, 0);
		assert_span(html_text(&a, span_of(html)), text);
		arena_free(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_go_and_text_stays),
		cmocka_unit_test(a_tag_ends_text_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
