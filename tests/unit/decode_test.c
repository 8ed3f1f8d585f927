/*
 * decode_test - claims about transfer encodings, encoded words and charsets
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "buf.h"
#include "decode.h"

#define FFFD "\xef\xbf\xbd"
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A text and what becomes of it. */
struct pair {
	const char *in, *out;
};

static void
the_name_of_an_encoding_is_read_forgivingly(void **state)
{
	static const struct {
		const char *value;
		enum decode_encoding encoding;
	} cases[] = {
		{ "base64", DECODE_BASE64 },
		{ "BASE64", DECODE_BASE64 },
		{ " (old) base64 (new)", DECODE_BASE64 },
		{ "base64(x)", DECODE_BASE64 },
		{ "\"base64\"", DECODE_BASE64 },
		{ "base64; x=y", DECODE_BASE64 },
		{ "Quoted-Printable\r\n", DECODE_QUOTED_PRINTABLE },
		{ "7bit", DECODE_IDENTITY },
		{ "8bit", DECODE_IDENTITY },
		{ "base64x", DECODE_IDENTITY },
		{ "x-base64", DECODE_IDENTITY },
		{ "", DECODE_IDENTITY },
		{ "(base64", DECODE_IDENTITY },
		{ "\"", DECODE_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(decode_encoding_of(span_of(cases[i].value)), cases[i].encoding);
	assert_int_equal(decode_encoding_of(span_of(NULL)), DECODE_IDENTITY);
}

static void
base64_is_decoded_as_far_as_it_goes(void **state)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "YQ==", "a" },
		{ "YWI=", "ab" },
		{ "YWJj", "abc" },
		{ "YWJj\r\nZGVm\r\n", "abcdef" },
		{ "Y W\tJ!j", "abc" },
		{ "YWJ", "ab" },       /* cut short */
		{ "YWJjZ", "abc" },    /* cut in the middle of a byte */
		{ "YQ==YWI=", "aab" }, /* two texts joined */
		{ "+/+/", "\xfb\xff\xbf" },
		{ "====", "" },
		{ "!!!!", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_base64(&arena, span_of(cases[i].in)), cases[i].out);
}

static void
quoted_printable_is_decoded_as_far_as_it_goes(void **state)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "plain\r\ntext\n", "plain\r\ntext\n" },
		{ "=41=e5=E5", "A\xe5\xe5" },
		{ "soft=\r\nbreak=\nagain", "softbreakagain" },
		{ "soft= \t\r\nbreak", "softbreak" },
		{ "blanks \t\r\nat line ends  \n", "blanks\r\nat line ends\n" },
		{ "kept=20\r\n", "kept \r\n" },
		{ "=", "" },
		{ "end=", "end" },
		{ "a=b=C=4=4g=", "a=b=C=4=4g" },
		{ "==41", "=A" },
		{ "=4\n1", "=4\n1" },
		{ "=3D41", "=41" },
		{ "=0D=0A", "\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_quoted_printable(&arena, span_of(cases[i].in)), cases[i].out);
}

/* What stands in front of it must not matter: quoted-printable is read in blocks. */
static void
quoted_printable_is_decoded_wherever_it_stands(void **state)
{
	static const struct pair cases[] = {
		{ "=3Dx", "=x" },
		{ "=\nx", "x" },
		{ "=\r\nx", "x" },
		{ "= \t\r\nx", "x" },
		{ " \t\nx", "\nx" },
		{ " \t\r\nx", "\r\nx" },
		{ "=20\nx", " \nx" },
		{ "=20 \r\nx", " \r\nx" },
		{ " =\n x", "  x" },
		{ "==\nx", "=x" },
		{ "=4=\nx", "=4x" },
		{ "=zz", "=zz" },
		{ "=", "" },
		{ "=4", "=4" },
		{ " \t", "" },
		{ "= ", "" },
		{ "=\r", "=\r" },
		{ " \r", " \r" },
		{ "\r \r\n", "\r\r\n" },
		{ "\n \n\n", "\n\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int front = 0; front < 40; front++) {
			char in[80], out[80];

			(void)snprintf(in, sizeof(in), "%.*s%s", front,
				       "0123456789.0123456789.0123456789.0123456789", cases[i].in);
			(void)snprintf(out, sizeof(out), "%.*s%s", front,
				       "0123456789.0123456789.0123456789.0123456789", cases[i].out);
			assert_span(decode_quoted_printable(&arena, span_of(in)), out);
		}
	}
}

static void
text_without_an_encoding_is_not_copied(void **state)
{
	struct span in = SPAN("a=b\r\nc d\n");

	(void)state;
	assert_ptr_equal(decode_transfer(&arena, DECODE_IDENTITY, in).p, in.p);
	assert_ptr_equal(decode_quoted_printable(&arena, in).p, in.p);
	assert_ptr_equal(decode_words(&arena, in).p, in.p);
	assert_ptr_equal(decode_charset(&arena, SPAN("utf-8"), in).p, in.p);
	assert_span(decode_transfer(&arena, DECODE_BASE64, SPAN("YQ==")), "a");
	assert_span(decode_transfer(&arena, DECODE_QUOTED_PRINTABLE, SPAN("=61")), "a");
}

static void
encoded_words_become_utf8(void **state)
{
	static const struct pair cases[] = {
		{ "=?utf-8?Q?bl=C3=A5_dag?=", "bl\xc3\xa5 dag" },
		{ "=?UTF-8?b?YsOl?=", "b\xc3\xa5" },
		{ "=?iso-8859-1?q?=E5?=", "\xc3\xa5" },
		{ "=?iso-8859-1*no?q?=E5?=", "\xc3\xa5" },
		{ "=?koi8-r?B?wQ==?=", "\xd0\xb0" },
		{ "a =?utf-8?q?b?= c", "a b c" },
		{ "(=?utf-8?q?b?=)", "(b)" },
		{ "\"=?utf-8?q?b?=\" <a@example.com>", "\"b\" <a@example.com>" },
		{ "=?utf-8?q?has blanks?=", "has blanks" },
		{ "=?utf-8?q?\?=", "" },
		{ "=?utf-8?q?a=0D=0AX:_b=00?=", "a  X: b " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_words(&arena, span_of(cases[i].in)), cases[i].out);
}

static void
adjacent_words_are_joined(void **state)
{
	static const struct pair cases[] = {
		{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a?=\r\n\t =?utf-8?b?Yg==?=", "ab" },
		{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a_?= =?utf-8?q?b?=", "a b" },
		{ "=?utf-8?q?a?= =?iso-8859-1?q?=E5?= =?utf-8?q?c?=", "a\xc3\xa5"
								      "c" },
		{ "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" },
		{ "=?utf-8?q?a?= ", "a " },
		{ "=?utf-8?q?a?= =?broken", "a =?broken" },
		/* one character cut in two */
		{ "=?utf-8?q?=C3?= =?UTF-8?q?=A5?=", "\xc3\xa5" },
		{ "=?utf-8?b?ww==?= =?utf-8*en?b?pQ==?=", "\xc3\xa5" },
		{ "=?utf-8?q?=C3?= x =?utf-8?q?=A5?=", FFFD " x " FFFD },
		{ "=?iso-2022-jp?b?GyRCJCI=?= =?iso-2022-jp?b?JCQbKEI=?=",
		  "\xe3\x81\x82\xe3\x81\x84" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_words(&arena, span_of(cases[i].in)), cases[i].out);
}

static void
broken_words_stay_as_they_are(void **state)
{
	static const char *const cases[] = {
		"=?",
		"=?\?=",
		"=?utf-8?",
		"=?utf-8?q?",
		"=?utf-8?q?a",
		"=?utf-8?q?a?",
		"=?utf-8?q?a? =",
		"=?utf-8?x?a?=",
		"=?utf-8??a?=",
		"=?utf-8?qq?a?=",
		"=??q?a?=",
		"=?*en?q?a?=",
		"=?utf 8?q?a?=",
		"= ?utf-8?q?a?=",
		"what=?",
		"x=?=?=?=?",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_words(&arena, span_of(cases[i])), cases[i]);
	assert_span(decode_words(&arena, SPAN("=?=?utf-8?q?a?=")), "=?a");
}

static void
changes_of_charset_in_one_value_are_limited(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct buf in = BUF_INIT, want = BUF_INIT;

		for (size_t i = 0; i <= DECODE_MAX_SWITCHES + extra; i++) {
			const char *word = i % 2 == 0 ? "=?koi8-r?q?a?=" : "=?koi8-u?q?a?=";

			buf_addf(&in, "x%s", word);
			buf_addf(&want, "x%s", i <= DECODE_MAX_SWITCHES ? "a" : word);
		}
		assert_span(decode_words(&arena, buf_span(&in)), buf_str(&want));
		buf_free(&in);
		buf_free(&want);
	}
}

static void
four_hundred_thousand_broken_words_cost_linear_memory(void **state)
{
	struct buf b = BUF_INIT;
	struct span out;

	(void)state;
	while (b.len < 4000000)
		buf_adds(&b, "=?utf-8?q?");
	out = decode_words(&arena, buf_span(&b));
	assert_int_equal(span_len(out), b.len);
	assert_true(arena.used < 2 * b.len);
	buf_free(&b);
}

static void
charsets_become_utf8(void **state)
{
	static const struct {
		const char *charset, *in, *out;
	} cases[] = {
		{ "utf-8", "bl\xc3\xa5", "bl\xc3\xa5" },
		{ "UTF8", "a\xffz", "a" FFFD "z" },
		{ "utf-8", "\xc3", FFFD },
		{ "iso-8859-1", "\xe5\xa0", "\xc3\xa5\xc2\xa0" },
		{ "ISO_8859-1:1987", "\xe5", "\xc3\xa5" },
		{ "iso-8859-1", "\x93q\x94", "\xe2\x80\x9cq\xe2\x80\x9d" },
		{ "windows-1252", "\x80\x81\xff", "\xe2\x82\xac" FFFD "\xc3\xbf" },
		{ "iso-8859-15", "\xa4", "\xe2\x82\xac" },
		{ "iso-8859-2", "\xb1", "\xc4\x85" },
		{ "cp-850", "\x86", "\xc3\xa5" },
		{ "windows-1251", "\xe0", "\xd0\xb0" },
		{ "koi8-r", "\xc1", "\xd0\xb0" },
		{ "ks_c_5601-1987", "\xb0\xa1", "\xea\xb0\x80" },
		{ "euc-kr", "\xb0\xa1", "\xea\xb0\x80" },
		{ "gb2312", "\xc4\xe3", "\xe4\xbd\xa0" },
		{ "big5", "\xa7\x41", "\xe4\xbd\xa0" },
		{ "windows-1258", "ab", "ab" }, /* iconv holds the last letter back */
		{ "x-sjis", "\x82\xa0", "\xe3\x81\x82" },
		{ "iso-2022-jp", "\x1b$B$\"\x1b(B", "\xe3\x81\x82" },
		{ "unicode-1-1-utf-7", "+AOU-x", "\xc3\xa5x" },
		{ "iso-8859-8-i", "\xe0", "\xd7\x90" },
		{ "\"koi8-r\"", "\xc1", "\xc3\x81" }, /* not a name: guessed */
		{ " koi8-r ", "\xc1", "\xd0\xb0" },
		/* what the charset does not have */
		{ "big5", "a\xff\xffz", "a" FFFD FFFD "z" },
		{ "euc-kr", "\xb0", FFFD },
		{ "utf-7", "\xe5z", FFFD "z" },
		/* labels that say nothing */
		{ "", "\xe5", "\xc3\xa5" },
		{ "", "\xc3\xa5", "\xc3\xa5" },
		{ "x-nonsense", "\xc3\xa5", "\xc3\xa5" },
		{ "x-nonsense", "\xe5", "\xc3\xa5" },
		{ "us-ascii", "\xc3\xa5", "\xc3\xa5" },
		{ "us-ascii", "\xe5", "\xc3\xa5" },
		{ "unknown-8bit", "\xe5", "\xc3\xa5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(decode_charset(&arena, span_of(cases[i].charset), span_of(cases[i].in)),
			    cases[i].out);
}

/* The converter is kept for the next text, what it was told is not. */
static void
a_text_that_ends_in_an_escape_does_not_reach_into_the_next(void **state)
{
	(void)state;
	assert_span(decode_charset(&arena, SPAN("iso-2022-jp"), SPAN("\x1b$B$\"")), "\xe3\x81\x82");
	assert_span(decode_charset(&arena, SPAN("iso-2022-jp"), SPAN("$\"\x1b(B")), "$\"");
}

static void
the_byte_order_of_one_text_is_not_that_of_the_next(void **state)
{
	(void)state;
	assert_span(decode_charset(&arena, SPAN("utf-16"), SPAN("\xfe\xff\0a\0b")), "ab");
	assert_span(decode_charset(&arena, SPAN("utf-16"),
				   SPAN("\xff\xfe"
					"a\0b\0")),
		    "ab");
	assert_span(decode_charset(&arena, SPAN("utf-32"), SPAN("\0\0\xfe\xff\0\0\0a")), "a");
	assert_span(decode_charset(&arena, SPAN("utf-32"),
				   SPAN("\xff\xfe\0\0"
					"a\0\0\0")),
		    "a");
}

static void
wide_charsets_go_on_behind_a_bad_unit(void **state)
{
	struct span out = decode_charset(&arena, SPAN("utf-16be"), SPAN("\0a\xdc\0\0b\0"));

	(void)state;
	assert_span(out, "a" FFFD "b" FFFD);
	out = decode_charset(&arena, SPAN("utf-16le"), SPAN("a\0\xe5\0"));
	assert_span(out, "a\xc3\xa5");
}

static void
charset_names_that_iconv_must_not_see_are_guessed(void **state)
{
	static const char *const names[] = {
		"koi8-r//TRANSLIT", "koi8-r/",         "../../koi8-r", "wchar_t", "INTERNAL",
		"IBM1364",          "iso-2022-cn-ext", "koi8 -r",      "%s%n",    "tscii",
	};
	struct span nul = SPAN("koi8-r\0");

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_span(decode_charset(&arena, span_of(names[i]), SPAN("\xc1")), "\xc3\x81");
	}
	assert_span(decode_charset(&arena, nul, SPAN("\xc1")), "\xc3\x81");
}

static void
the_length_of_a_charset_name_is_limited_to_40(void **state)
{
	char name[42] = "koi8";

	(void)state;
	memset(name + 4, '-', 35);
	name[39] = 'r';
	assert_span(decode_charset(&arena, span_make(name, 40), SPAN("\xc1")), "\xd0\xb0");
	name[39] = '-';
	name[40] = 'r';
	assert_span(decode_charset(&arena, span_make(name, 41), SPAN("\xc1")), "\xc3\x81");
}

static void
a_text_longer_than_one_step_of_iconv_is_whole(void **state)
{
	struct buf in = BUF_INIT;
	struct span out;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		buf_addc(&in, '\xc1');
	out = decode_charset(&arena, SPAN("koi8-r"), buf_span(&in));
	assert_int_equal(span_len(out), 200000);
	for (size_t i = 0; i < 100000; i++)
		assert_memory_equal(out.p + 2 * i, "\xd0\xb0", 2);
	buf_free(&in);
}

static void
no_charset_makes_more_than_four_times_the_bytes(void **state)
{
	static const char *const names[] = {
		"utf-8",   "iso-8859-1",   "iso-8859-2", "koi8-r",      "euc-jp",
		"gb18030", "big5",         "euc-kr",     "euc-tw",      "shift_jis",
		"utf-7",   "utf-16",       "utf-32",     "iso-2022-kr", "viscii",
		"tcvn",    "windows-1258", "cp437",      "tis-620",     "macintosh"
	};
	char bytes[65536];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 2 == 0 ? i / 512 : i / 2);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct span out =
			decode_charset(&arena, span_of(names[i]), span_make(bytes, sizeof(bytes)));

		assert_true(span_len(out) > 0);
		assert_true(span_len(out) <= 4 * sizeof(bytes));
		assert_true(decode_utf8_valid(out));
	}
}

static void
utf8_is_valid_only_as_rfc_3629_has_it(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "a", true },
		{ "\x7f", true },
		{ "\x80", false },
		{ "\xbf", false },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xc2\x80", true },
		{ "\xdf\xbf", true },
		{ "\xc2", false },
		{ "\xc2\x7f", false },
		{ "\xc2\xc0", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xe0\xa0\x80", true },
		{ "\xed\x9f\xbf", true },
		{ "\xed\xa0\x80", false },
		{ "\xef\xbf\xbf", true },
		{ "\xe1\x80", false },
		{ "\xe1\x80\x7f", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf0\x90\x80\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xf1\x80\x80", false },
		{ "\xf1\x80\x80\xc0", false },
		{ "\xff", false },
		{ "ok \xc3\xa5 \xe2\x82\xac \xf0\x9f\x98\x80 bad \xc3", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(decode_utf8_valid(span_of(cases[i].text)), cases[i].valid);
	assert_true(decode_utf8_valid(SPAN("a\0b")));
}

/* Words of bytes are looked at: each place in one, and what is left behind them. */
static void
a_byte_that_is_not_ascii_is_seen_wherever_it_stands(void **state)
{
	char text[100];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++) {
		assert_true(decode_is_ascii(span_make(text, len)));
		for (size_t i = 0; i < len; i++) {
			text[i] = '\x80';
			assert_false(decode_is_ascii(span_make(text, len)));
			assert_false(decode_utf8_valid(span_make(text, len)));
			text[i] = 'a';
		}
	}
}

static void
printable_ascii_is_itself_in_every_charset_that_has_it(void **state)
{
	static const char *const labels[] = {
		"iso-8859-2",  "windows-1251", "koi8-r",    "shift_jis", "euc-jp",
		"iso-2022-jp", "iso-2022-kr",  "big5",      "gb2312",    "euc-kr",
		"viscii",      "tcvn",         "macintosh", "ibm850",    "windows-1258",
	};
	struct span text = SPAN("No such user:\t{~|\\^}@[]`$_\r\n");

	(void)state;
	for (size_t i = 0; i < COUNT(labels); i++)
		assert_ptr_equal(decode_charset(&arena, span_of(labels[i]), text).p, text.p);
}

static void
ascii_that_means_something_else_is_still_converted(void **state)
{
	static const struct {
		const char *label, *text, *want;
	} rows[] = {
		{ "utf-7", "a +AOk- b", "a \xc3\xa9 b" },
		{ "utf-16le", "a0b0", "\xe3\x81\xa1\xe3\x81\xa2" },
		{ "viscii", "a\x02", "a\xe1\xba\xb2" },
		{ "tcvn", "a\x01", "a\xc3\x9a" },
		{ "iso-2022-jp", "a\x1b$B$\"\x1b(B", "a\xe3\x81\x82" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_span(decode_charset(&arena, span_of(rows[i].label), span_of(rows[i].text)),
			    rows[i].want);
}

static void
an_arena_that_is_out_gives_an_empty_span_and_says_so(void **state)
{
	static const char *const charsets[] = { "utf-8", "windows-1252", "koi8-r" };
	struct arena small;

	(void)state;
	arena_init(&small, 1);
	assert_null(decode_base64(&small, SPAN("YQ==")).p);
	assert_null(decode_quoted_printable(&small, SPAN("=61")).p);
	assert_null(decode_words(&small, SPAN("=?utf-8?q?a?=")).p);
	assert_null(decode_words(&small, SPAN("=?utf-8?b?YQ==?=")).p);
	for (size_t i = 0; i < COUNT(charsets); i++) {
		small.refused = false;
		assert_null(decode_charset(&small, span_of(charsets[i]), SPAN("\xff")).p);
		assert_true(small.refused);
	}
	arena_free(&small);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_name_of_an_encoding_is_read_forgivingly),
		TEST(base64_is_decoded_as_far_as_it_goes),
		TEST(quoted_printable_is_decoded_as_far_as_it_goes),
		TEST(quoted_printable_is_decoded_wherever_it_stands),
		TEST(text_without_an_encoding_is_not_copied),
		TEST(encoded_words_become_utf8),
		TEST(adjacent_words_are_joined),
		TEST(broken_words_stay_as_they_are),
		TEST(changes_of_charset_in_one_value_are_limited),
		TEST(four_hundred_thousand_broken_words_cost_linear_memory),
		TEST(charsets_become_utf8),
		TEST(a_text_that_ends_in_an_escape_does_not_reach_into_the_next),
		TEST(the_byte_order_of_one_text_is_not_that_of_the_next),
		TEST(wide_charsets_go_on_behind_a_bad_unit),
		TEST(charset_names_that_iconv_must_not_see_are_guessed),
		TEST(the_length_of_a_charset_name_is_limited_to_40),
		TEST(a_text_longer_than_one_step_of_iconv_is_whole),
		TEST(no_charset_makes_more_than_four_times_the_bytes),
		TEST(utf8_is_valid_only_as_rfc_3629_has_it),
		TEST(a_byte_that_is_not_ascii_is_seen_wherever_it_stands),
		TEST(printable_ascii_is_itself_in_every_charset_that_has_it),
		TEST(ascii_that_means_something_else_is_still_converted),
		TEST(an_arena_that_is_out_gives_an_empty_span_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
