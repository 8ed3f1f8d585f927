/*
 * ndr_test - how much of what a report tells people is kept
 *
 * What is read of it, and from where, is in feature_newest_test.c and its neighbours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "feature_world.h"
#include "ndr.h"

/* Reads a report of Microsoft's whose text is `text` behind a recipient. */
static void
read_text(struct read *r, const struct buf *text)
{
	struct buf mail = BUF_INIT;

	buf_addf(&mail, NDR "ann@contoso.com\n#550 5.1.1 x ##\n\n%s", buf_str(text));
	assert_true(buf_ok(&mail));
	arena_init(&r->arena, 0);
	assert_int_equal(bounce_read(&r->arena, arena_copy(&r->arena, buf_span(&mail)), &r->report),
			 0);
	assert_int_equal(bounce_trace(&r->arena, &r->report), 0);
	buf_free(&mail);
}

static void
links_are_kept_up_to_their_number_and_each_once(void **state)
{
	(void)state;
	for (unsigned count = BOUNCE_MAX_LINKS - 1; count <= BOUNCE_MAX_LINKS + 1; count++) {
		struct buf text = BUF_INIT;
		struct read r;

		for (unsigned i = 0; i < count; i++) {
			buf_addf(&text,
				 "<https://help.example.com/%u> (http://help.example.com/0)\n", i);
		}
		buf_adds(&text,
			 "https://help.example.com/0, https://img.example.com/x.png, httpd\n");
		read_text(&r, &text);
		/* http:// and https:// are two */
		assert_int_equal(r.report.link_count,
				 count + 1 < BOUNCE_MAX_LINKS ? count + 1 : BOUNCE_MAX_LINKS);
		assert_int_equal(r.report.clipped, count + 1 > BOUNCE_MAX_LINKS);
		assert_span(r.report.link[0], "https://help.example.com/0");
		assert_span(r.report.link[1], "http://help.example.com/0");
		read_done(&r);
		buf_free(&text);
	}
}

static void
a_piece_of_text_is_kept_up_to_its_length(void **state)
{
	(void)state;
	for (unsigned length = NDR_MAX_TEXT - 1; length <= NDR_MAX_TEXT + 1; length++) {
		struct buf text = BUF_INIT;
		struct read r;

		buf_adds(&text, "How to Fix It\n");
		for (unsigned i = 0; i < length; i++)
			buf_addc(&text, 'x');
		buf_adds(&text, "\n\nMore Info for Email Admins\nshort\n");
		read_text(&r, &text);
		assert_int_equal(span_len(r.report.how_to_fix),
				 length < NDR_MAX_TEXT ? length : NDR_MAX_TEXT);
		assert_int_equal(r.report.clipped, length > NDR_MAX_TEXT);
		assert_span(r.report.admin_info, "short");
		read_done(&r);
		buf_free(&text);
	}
}

static void
assert_hops(const struct read *r, unsigned count)
{
	assert_int_equal(r->report.hop_count, count < BOUNCE_MAX_HOPS ? count : BOUNCE_MAX_HOPS);
	assert_int_equal(r->report.clipped, count > BOUNCE_MAX_HOPS);
	assert_span(r->report.hop[0].from, "mx0.example.org");
	assert_span(r->report.hop[r->report.hop_count - 1].from,
		    count == BOUNCE_MAX_HOPS - 1 ? "mx48.example.org" : "mx49.example.org");
}

static void
the_rows_of_a_hop_table_are_kept_up_to_their_number(void **state)
{
	(void)state;
	for (unsigned count = BOUNCE_MAX_HOPS - 1; count <= BOUNCE_MAX_HOPS + 1; count++) {
		struct buf text = BUF_INIT;
		struct read r;

		buf_adds(&text, "Message Hops\nHOP\tTIME (UTC)\tFROM\tTO\tWITH\tRELAY TIME\n");
		for (unsigned i = 0; i < count; i++) {
			buf_addf(&text,
				 "%u\t3/2/2026\n8:15:00 AM\tmx%u.example.org\tmx%u.example.org\t"
				 "ESMTP\t2 sec\n",
				 i + 1, i, i + 1);
		}
		read_text(&r, &text);
		assert_hops(&r, count);
		assert_int_equal(r.report.slowest_hop, 0);
		read_done(&r);
		buf_free(&text);
	}
}

static void
received_fields_are_kept_up_to_their_number_from_the_oldest(void **state)
{
	(void)state;
	for (unsigned count = BOUNCE_MAX_HOPS - 1; count <= BOUNCE_MAX_HOPS + 1; count++) {
		struct buf text = BUF_INIT;
		struct read r;

		buf_adds(&text, "Original message headers:\n\n");
		for (unsigned i = count; i-- > 0;) {
			buf_addf(&text,
				 "Received: from mx%u.example.org by mx%u.example.org;\n"
				 " Mon, 2 Mar 2026 08:15:00 +0000\n",
				 i, i + 1);
		}
		buf_adds(&text, "Message-ID: <one@example.org>\n");
		read_text(&r, &text);
		assert_hops(&r, count);
		read_done(&r);
		buf_free(&text);
	}
}

static void
a_delay_is_the_sum_of_its_units(void **state)
{
	static const struct {
		const char *text;
		int32_t delay;
	} rows[] = {
		{ "2 sec", 2 },
		{ "1 min 3 sec", 63 },
		{ "2 hours 1 minute", 7260 },
		{ "1 hr", 3600 },
		{ "3 days 1 sec", 259201 },
		{ "*", -1 },
		{ "", -1 },
		{ "9999 days 9999 days", 863913600 },
		/* no more than int32_t holds, however much is written */
		{ "9999 days 9999 days 9999 days 9999 days 9999 days", 863913600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf text = BUF_INIT;
		struct read r;

		buf_addf(&text,
			 "Message Hops\n1\t3/2/2026\n8:15:00 AM\ta.example\tb.example\tESMTP\t%s\n",
			 rows[i].text);
		read_text(&r, &text);
		assert_int_equal(r.report.hop_count, 1);
		assert_int_equal(r.report.hop[0].delay, rows[i].delay);
		assert_int_equal(r.report.slowest_hop, rows[i].delay < 0 ? 1 : 0);
		read_done(&r);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_kept_up_to_their_number_and_each_once),
		cmocka_unit_test(a_piece_of_text_is_kept_up_to_its_length),
		cmocka_unit_test(the_rows_of_a_hop_table_are_kept_up_to_their_number),
		cmocka_unit_test(received_fields_are_kept_up_to_their_number_from_the_oldest),
		cmocka_unit_test(a_delay_is_the_sum_of_its_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
