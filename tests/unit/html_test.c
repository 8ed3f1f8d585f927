/*
 * html_test - what a reader would see
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_go_and_text_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
