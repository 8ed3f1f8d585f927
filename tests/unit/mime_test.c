/*
 * mime_test - the parts of a message, and what is asked of one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "mime_world.h"

static bool
has_child(size_t index)
{
	for (size_t i = index + 1; i < message.count; i++) {
		if (message.part[i].parent == index)
			return true;
	}
	return false;
}

static void
describe_part(struct buf *out, size_t index)
{
	const struct mime_part *part = &message.part[index];

	buf_addf(out, "%zu %.*s %u:%u%s", part->depth, (int)span_len(part->type), part->type.p,
		 part->line, part->body_line, part->truncated ? " cut" : "");
	if (!has_child(index)) {
		buf_adds(out, " \"");
		for (const char *p = part->body.p; p != part->body.end; p++) {
			if (*p == '\r' || *p == '\n' || *p == '\0')
				buf_adds(out, *p == '\r' ? "\\r" : *p == '\n' ? "\\n" : "\\0");
			else
				buf_addc(out, *p);
		}
		buf_addc(out, '"');
	}
	buf_addc(out, '\n');
}

static void
assert_walk(struct span text, const char *want)
{
	struct buf out = BUF_INIT;

	parse(text);
	for (size_t i = 0; i < message.count; i++)
		describe_part(&out, i);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

/* Bodies are passed over in blocks: a boundary is seen, and lines are counted, wherever they stand.
 */
static void
a_boundary_is_found_behind_a_body_of_any_size(void **state)
{
	static const size_t sizes[] = { 0, 4000, 4080, 8160, 70000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t more = 0; more < 40; more++) {
			struct buf text = BUF_INIT;
			size_t lines = 0;

			buf_adds(&text, MIXED("b") "\n--b\n\n");
			while (text.len < sizes[i] + more)
				buf_addc(&text,
					 text.len % 7 == 0 || text.len % 11 == 0 ? '\n' : '-');
			for (size_t at = 0; at < text.len; at++)
				lines += text.data[at] == '\n';
			buf_adds(&text, "\n--b\n\nlast\n--b--\n");
			parse(buf_span(&text));
			assert_int_equal(message.count, 3);
			assert_int_equal(message.part[2].line, lines + 3);
			assert_span(message.part[2].body, "last");
			assert_ptr_equal(message.part[1].body.end + 6, message.part[2].body.p);
			buf_free(&text);
		}
	}
}

struct walk_case {
	const char *text, *parts;
};

static void
assert_walks(const struct walk_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_walk(span_of(cases[i].text), cases[i].parts);
		assert_false(message.clipped);
	}
}

static void
a_plain_message_is_one_part(void **state)
{
	static const struct walk_case cases[] = {
		{ "", "0 text/plain 1:1 \"\"\n" },
		{ "\n", "0 text/plain 1:2 \"\"\n" },
		{ "A: 1", "0 text/plain 1:2 \"\"\n" },
		{ "A: 1\n\nbody\n", "0 text/plain 1:3 \"body\\n\"\n" },
		{ "A: 1\r\n\r\nbody\r\n", "0 text/plain 1:3 \"body\\r\\n\"\n" },
		{ "no header at all\n", "0 text/plain 1:1 \"no header at all\\n\"\n" },
		{ "A: 1\nno empty line\n", "0 text/plain 1:2 \"no empty line\\n\"\n" },
		{ "From a Mon Jan  5 10:00:00 2026\nA: 1\n\nb", "0 text/plain 1:4 \"b\"\n" },
		{ "\nA: 1\n\nb", "0 text/plain 1:2 \"A: 1\\n\\nb\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_type_is_lower_case_and_never_empty(void **state)
{
	static const struct {
		const char *header, *type;
	} cases[] = {
		{ "", "text/plain" },
		{ "Content-Type: TEXT/Html; x=y\n", "text/html" },
		{ "content-type:\n", "text/plain" },
		{ "Content-Type: (a) message (b) / (c) Delivery-Status (d)\n",
		  "message/delivery-status" },
		{ "Content-Type: text\n", "text/plain" },
		{ "Content-Type: text/\n", "text/plain" },
		{ "Content-Type: /html\n", "text/plain" },
		{ "Content-Type: \"text/html\"\n", "text/plain" },
		{ "Content-Type: text/html\nContent-Type: text/x\n", "text/html" },
		{ "Content-Type:\n text/html\n", "text/html" },
		{ "Content-Type: multipart/report\n", "multipart/report" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(span_of(cases[i].header));
		assert_span(message.part[0].type, cases[i].type);
		assert_int_equal(message.count, 1);
	}
}

static void
a_body_ends_before_the_line_end_that_belongs_to_the_boundary(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("b") "\npreamble\n--b\n\none\n--b\nA: 1\n\ntwo\n\n--b--\nepilogue\n",
		  "0 multipart/mixed 1:3\n1 text/plain 5:6 \"one\"\n1 text/plain 8:10 "
		  "\"two\\n\"\n" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"one\"\n" },
		{ MIXED("b") "\n--b\n\n--b\n\n\n--b--",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"\"\n1 text/plain 6:7 \"\"\n" },
		{ MIXED("b") "\n--b\nA: 1\n--b\nB: 2\n\n--b--",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"\"\n1 text/plain 6:8 \"\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
	assert_span(message.part[0].body, "--b\nA: 1\n--b\nB: 2\n\n--b--");
	assert_int_equal(message.part[1].headers.count, 1);
	assert_int_equal(message.part[2].headers.field[0].line, 6);
}

static void
a_missing_final_boundary_keeps_the_last_part(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("b") "\n--b\n\none\n--b\n\ntwo\n",
		  "0 multipart/mixed 1:3 cut\n1 text/plain 4:5 \"one\"\n1 text/plain 7:8 "
		  "\"two\\n\"\n" },
		{ MIXED("b") "\n--b\nA: 1", "0 multipart/mixed 1:3 cut\n1 text/plain 4:5 \"\"\n" },
		{ MIXED("b") "\n--b\n", "0 multipart/mixed 1:3 cut\n1 text/plain 4:4 \"\"\n" },
		{ MIXED("b") "\n", "0 multipart/mixed 1:3 cut \"\"\n" },
		{ MIXED("b"), "0 multipart/mixed 1:2 cut \"\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_boundary_of_an_outer_multipart_ends_all_inside_it(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("out") "\n--out\n" MIXED("in") "\n--in\n\na\n--out\n\nb\n--out--\n",
		  "0 multipart/mixed 1:3\n1 multipart/mixed 4:6 cut\n2 text/plain 7:8 \"a\"\n"
		  "1 text/plain 10:11 \"b\"\n" },
		{ MIXED("out") "\n--out\n" MIXED("in") "\n--in\n\na\n--out--\n\n--in\n\nb",
		  "0 multipart/mixed 1:3\n1 multipart/mixed 4:6 cut\n2 text/plain 7:8 \"a\"\n" },
		{ MIXED("out") "\n--out\n" MIXED(
			  "in") "\n--in\n\na\n--in--\nepi\n--in\n--out\n\nb\n",
		  "0 multipart/mixed 1:3 cut\n1 multipart/mixed 4:6\n2 text/plain 7:8 \"a\"\n"
		  "1 text/plain 13:14 \"b\\n\"\n" },
		{ MIXED("out") "\n--out\n" MIXED("in") "--out\n\nb\n--out--",
		  "0 multipart/mixed 1:3\n1 multipart/mixed 4:5 cut \"\"\n1 text/plain 6:7 "
		  "\"b\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
only_a_whole_line_is_a_boundary(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("b") "\n--b \t\n\na\n--bb\n--b-\n --b\nx--b\n--B\n--b "
			     "--\n--b---\n-b\n--\n--b-- \r\n",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 "
		  "\"a\\n--bb\\n--b-\\n --b\\nx--b\\n--B\\n--b --\\n--b---\\n-b\\n--\"\n" },
		{ MIXED("b") "\n--b\n" MIXED("b-x") "\n--b-x\n\na\n--b-x--\n--b\n\nc\n--b--",
		  "0 multipart/mixed 1:3\n1 multipart/mixed 4:6\n2 text/plain 7:8 \"a\"\n"
		  "1 text/plain 11:12 \"c\"\n" },
		{ MIXED("\"b \"") "\n--b\n\na\n--b--",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"a\"\n" },
		{ MIXED("\" b\"") "\n-- b\n\na\n-- b--",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"a\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_boundary_that_looks_like_a_field_is_a_boundary(void **state)
{
	(void)state;
	assert_walk(SPAN(MIXED("\"a:b\"") "\n--a:b\nA: 1\n--a:b\n\nc\n--a:b--\n"),
		    "0 multipart/mixed 1:3\n1 text/plain 4:5 \"\"\n1 text/plain 6:7 \"c\"\n");
	assert_int_equal(message.part[1].headers.count, 1);
}

static void
a_boundary_may_follow_headers_without_an_empty_line(void **state)
{
	(void)state;
	assert_walk(SPAN(MIXED("\"b=1\"") "--b=1\n\na\n--b=1--\n"),
		    "0 multipart/mixed 1:2\n1 text/plain 3:4 \"a\"\n");
}

static void
a_multipart_without_a_boundary_is_a_leaf_with_its_type(void **state)
{
	static const struct walk_case cases[] = {
		{ "Content-Type: multipart/mixed\n\n--b\n\na\n",
		  "0 multipart/mixed 1:3 \"--b\\n\\na\\n\"\n" },
		{ MIXED("") "\n--b\n\na", "0 multipart/mixed 1:3 \"--b\\n\\na\"\n" },
		{ MIXED("\"\"") "\n--\n\na", "0 multipart/mixed 1:3 \"--\\n\\na\"\n" },
		{ MIXED("\"  \"") "\n--\n\na", "0 multipart/mixed 1:3 \"--\\n\\na\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_multipart_whose_boundary_never_comes_is_read_by_the_one_in_its_body(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("b") "\n--other\nContent-Type: text/html\n\na\n--other--\n",
		  "0 multipart/mixed 1:3\n1 text/html 4:6 \"a\"\n" },
		{ MIXED("b") "\n--other\nNo-Content: x\n\na\n",
		  "0 multipart/mixed 1:3 cut \"--other\\nNo-Content: x\\n\\na\\n\"\n" },
		{ MIXED("b") "\n--b\n\na\n--other\nContent-Type: x\n--b--\n",
		  "0 multipart/mixed 1:3\n1 text/plain 4:5 \"a\\n--other\\nContent-Type: x\"\n" },
		{ MIXED("b") "\n--b--\n--other\nContent-Type: x\n",
		  "0 multipart/mixed 1:3 \"--b--\\n--other\\nContent-Type: x\\n\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_multipart_without_a_boundary_is_read_by_the_one_in_its_body(void **state)
{
	static const struct walk_case cases[] = {
		{ "Content-Type: multipart/mixed\n\nMIME\n--b\nContent-Type: "
		  "text/html\n\na\n--b--\n",
		  "0 multipart/mixed 1:3\n1 text/html 5:7 \"a\"\n" },
		{ "Content-Type: multipart/mixed\nContent-Transfer-Encoding: base64\n\n"
		  "--b\nContent-Type: text/html\n\na\n",
		  "0 multipart/mixed 1:4 cut\n1 text/html 5:7 \"a\\n\"\n" },
		{ "Content-Type: multipart/mixed;\nboundary=b\n\n--b\nContent-Type: "
		  "text/html\n\na\n--b--\n",
		  "0 multipart/mixed 1:2\n1 text/html 5:7 \"a\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
a_multipart_that_lost_its_content_type_is_known_by_its_body(void **state)
{
	static const struct walk_case cases[] = {
		{ "From: a\n\n--b\nContent-Type: text/html\n\na\n--b--\n",
		  "0 multipart/mixed 1:3\n1 text/html 4:6 \"a\"\n" },
		{ "Content-Type: text/plain\n\n\nThis is in MIME format, which\nothers have.\n\n"
		  "--b\nContent-Type: text/html\n\na\n--b--\n",
		  "0 multipart/mixed 1:3\n1 text/html 8:10 \"a\"\n" },
		{ "Content-Type: message/rfc822\n\nFrom: a\n\n--b\nContent-Type: text/html\n\na\n",
		  "0 message/rfc822 1:3\n1 multipart/mixed 3:5 cut\n2 text/html 6:8 \"a\\n\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

/* What plain text quotes is text. */
static void
a_boundary_behind_other_words_makes_no_multipart(void **state)
{
	static const struct walk_case cases[] = {
		{ "From: a\n\nSorry.\n--b\nContent-Type: x\n",
		  "0 text/plain 1:3 \"Sorry.\\n--b\\nContent-Type: x\\n\"\n" },
		{ "From: a\n\nMIME\n\n\n\n\n\n\n\n--b\nContent-Type: x\n",
		  "0 text/plain 1:3 "
		  "\"MIME\\n\\n\\n\\n\\n\\n\\n\\n--b\\nContent-Type: x\\n\"\n" },
		{ "From: a\n\n--b\nSubject: x\n", "0 text/plain 1:3 \"--b\\nSubject: x\\n\"\n" },
		{ "Content-Type: text/html\n\n--b\nContent-Type: x\n",
		  "0 text/html 1:3 \"--b\\nContent-Type: x\\n\"\n" },
		{ "Content-Type: multipart/mixed\n\nSorry.\n--b\nContent-Type: x\n",
		  "0 multipart/mixed 1:3 \"Sorry.\\n--b\\nContent-Type: x\\n\"\n" },
		{ MIXED("o") "\n--o\nContent-Type: text/plain\n\n--b\nContent-Type: x\n--o--\n",
		  "0 multipart/mixed 1:3\n1 text/plain 4:6 \"--b\\nContent-Type: x\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

/* The message has no body, and a report's next part follows it. */
static void
a_boundary_of_what_is_around_a_message_is_none_of_its_own(void **state)
{
	static const struct walk_case cases[] = {
		{ MIXED("o") "\n--o\nContent-Type: message/rfc822\n\nSubject: x\n\n"
			     "--o\nContent-Type: text/html\n\na\n--o--\n",
		  "0 multipart/mixed 1:3\n1 message/rfc822 4:6\n2 text/plain 6:8 \"\"\n"
		  "1 text/html 9:11 \"a\"\n" },
		{ MIXED("o") "\n--o\nContent-Type: multipart/alternative\n\n"
			     "--o\nContent-Type: text/html\n\na\n--o--\n",
		  "0 multipart/mixed 1:3\n1 multipart/alternative 4:6 \"\"\n"
		  "1 text/html 7:9 \"a\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
an_empty_multipart_has_no_parts(void **state)
{
	(void)state;
	assert_walk(SPAN(MIXED("b") "\n--b--\n"), "0 multipart/mixed 1:3 \"--b--\\n\"\n");
	assert_false(message.part[0].truncated);
}

static void
a_message_part_is_followed_by_the_message_inside_it(void **state)
{
	static const struct walk_case cases[] = {
		{ "Content-Type: message/rfc822\n\nA: 1\n\nb\n",
		  "0 message/rfc822 1:3\n1 text/plain 3:5 \"b\\n\"\n" },
		{ "Content-Type: Message/GLOBAL\n\nA: 1\n\nb\n",
		  "0 message/global 1:3\n1 text/plain 3:5 \"b\\n\"\n" },
		{ "Content-Type: message/rfc822\n\n",
		  "0 message/rfc822 1:3\n1 text/plain 3:3 \"\"\n" },
		{ "Content-Type: message/rfc822\n\n\n\nA: 1\n\nb\n",
		  "0 message/rfc822 1:3\n1 text/plain 5:7 \"b\\n\"\n" },
		{ MIXED("b") "\n--b\nContent-Type: message/rfc822\n\nA: 1\n" MIXED(
			  "c") "\n--c\n\nx\n--b\n\ny\n--b--",
		  "0 multipart/mixed 1:3\n1 message/rfc822 4:6\n2 multipart/mixed 6:9 cut\n"
		  "3 text/plain 10:11 \"x\"\n1 text/plain 13:14 \"y\"\n" },
		{ MIXED("b") "\n--b\nContent-Type: message/rfc822\n--b\n\ny\n--b--",
		  "0 multipart/mixed 1:3\n1 message/rfc822 4:5\n2 text/plain 5:5 \"\"\n"
		  "1 text/plain 6:7 \"y\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
the_message_inside_has_its_own_headers(void **state)
{
	(void)state;
	parse(SPAN("A: 1\nContent-Type: message/rfc822\n\n>From x\nB: 2\n\nb\n"));
	assert_int_equal(message.count, 2);
	assert_span(header_value(&message.part[0].headers, "A"), "1");
	assert_span(header_value(&message.part[1].headers, "B"), "2");
	assert_span(message.part[0].body, ">From x\nB: 2\n\nb\n");
	assert_int_equal(message.part[1].headers.field[0].line, 5);
}

static void
other_message_types_are_leaves(void **state)
{
	static const char *const types[] = {
		"text/rfc822-headers", "message/global-headers",  "message/delivery-status",
		"message/partial",     "message/feedback-report", "message/rfc822-headers",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct buf text = BUF_INIT;

		buf_addf(&text, "Content-Type: %s\n\nA: 1\n\nb\n", types[i]);
		parse(buf_span(&text));
		assert_int_equal(message.count, 1);
		assert_span(message.part[0].type, types[i]);
		buf_free(&text);
	}
}

static void
a_part_of_a_digest_is_a_message_by_default(void **state)
{
	(void)state;
	assert_walk(SPAN("Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\nx\n--b\n"
			 "Content-Type: text/plain\n\ny\n--b\nContent-Type: broken\n\nz\n--b--\n"),
		    "0 multipart/digest 1:3\n1 message/rfc822 4:5\n2 text/plain 5:7 \"x\"\n"
		    "1 text/plain 9:11 \"y\"\n1 text/plain 13:15 \"z\"\n");
}

static void
an_encoded_message_is_decoded_and_walked_with_lines_of_its_own(void **state)
{
	/* "A: 1\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nhello\n--b\n" in base64: the
	 * boundary of the multipart outside means nothing inside. */
	static const char text[] =
		MIXED("b") "\n--b\n"
			   "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
			   "QTogMQpDb250ZW50LVR5cGU6IG11bHRpcGFydC9taXhlZDsgYm91bmRhcnk9YwoKLS1jCgp"
			   "oZWxs\n"
			   "bwotLWIK\n--b\n\nafter\n--b--\n";

	(void)state;
	assert_walk(span_of(text),
		    "0 multipart/mixed 1:3\n1 message/rfc822 4:7\n"
		    "2 multipart/mixed 1:4 cut\n3 text/plain 5:6 \"hello\\n--b\\n\"\n"
		    "1 text/plain 10:11 \"after\"\n");
	assert_int_equal(message.part[1].encoding, DECODE_BASE64);
	assert_span(header_value(&message.part[2].headers, "A"), "1");
	assert_true(mime_inside_message(&message, 3));
}

static void
encoded_messages_may_end_with_the_message_or_be_empty(void **state)
{
	static const struct walk_case cases[] = {
		{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
		  "A:=201\n\nb=\n",
		  "0 message/rfc822 1:4\n1 text/plain 1:3 \"b\"\n" },
		{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n",
		  "0 message/rfc822 1:3\n1 text/plain 1:1 \"\"\n" },
		{ MIXED("b") "\n--b\nContent-Type: message/rfc822\n"
			     "Content-Transfer-Encoding: base64\n--b\n\nx\n--b--",
		  "0 multipart/mixed 1:3\n1 message/rfc822 4:6\n2 text/plain 1:1 \"\"\n"
		  "1 text/plain 7:8 \"x\"\n" },
	};

	(void)state;
	assert_walks(cases, COUNT(cases));
}

static void
an_encoding_on_a_multipart_is_ignored(void **state)
{
	(void)state;
	parse(SPAN("Content-Transfer-Encoding: base64\n" MIXED("b") "\n--b\n\na\n--b--"));
	assert_int_equal(message.count, 2);
	assert_int_equal(message.part[0].encoding, DECODE_IDENTITY);
	assert_span(mime_body(&arena, &message.part[0]), "--b\n\na\n--b--");
}

static void
bytes_with_the_high_bit_and_nuls_pass_through(void **state)
{
	(void)state;
	assert_walk(SPAN(MIXED("\"\xe5\"") "X: \xff\0\n\n--\xe5\n\na\0\xfe\n--\xe5--\n"),
		    "0 multipart/mixed 1:4\n1 text/plain 5:6 \"a\\0\xfe\"\n");
}

static void
what_is_inside_a_returned_message_is_told_apart(void **state)
{
	static const bool want[] = { false, false, false, true, true };

	(void)state;
	parse(SPAN(MIXED("b") "\n--b\n\nx\n--b\nContent-Type: message/rfc822\n\n" MIXED(
		"c") "\n--c\n\ny\n--c--\n--b--\n"));
	assert_int_equal(message.count, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(mime_inside_message(&message, i), want[i]);
}

static void
parameters_are_read_in_every_form(void **state)
{
	static const struct {
		const char *type, *value;
	} cases[] = {
		{ "text/plain; n=v", "v" },
		{ "text/plain;N=v;x=y", "v" },
		{ "text/plain; x=\"a;n=no\"; n=v", "v" },
		{ "text/plain; n=\"a \\\"b\\\" c\"", "a \"b\" c" },
		{ "text/plain;\r\n\tn = \"v\" (c)", "v" },
		{ "text/plain; (c) n (c) = (c) v (c)", "v" },
		{ "text/plain; n=a=b/c[d]", "a=b/c[d]" },
		{ "text/plain; n=my file.txt; x=y", "my file.txt" },
		{ "text/plain; n=file(1).txt", "file(1).txt" },
		{ "text/plain; n=\"not closed; x=y", "not closed; x=y" },
		{ "text/plain; n=v\r\n\tx=y", "v" },
		{ "text/plain; n=first; n=second", "first" },
		{ "text/plain; n=\"\"; n=second", "" },
		{ "text/plain;; ;=;n;n=v", "v" },
		{ "text/plain; \"x\"y; n=v", "v" },
		{ "text/plain n=v", "" },
		{ "text/plain; nn=v", "" },
		{ "text/plain", "" },
		{ "", "" },
		/* RFC 2231 */
		{ "text/plain; n*=utf-8'no'bl%c3%A5", "bl\xc3\xa5" },
		{ "text/plain; n*=iso-8859-1''bl%E5", "bl\xc3\xa5" },
		{ "text/plain; n*=''bl%E5", "bl\xc3\xa5" },
		{ "text/plain; n*=no quotes", "no quotes" },
		{ "text/plain; n*=one'quote", "one'quote" },
		{ "text/plain; n*=utf-8''a%zzb%4", "a%zzb%4" },
		{ "text/plain; n*0=a; n*1=b; n*2=c", "abc" },
		{ "text/plain; n*2=c; n*0=a; n*1=\"b;\"", "ab;c" },
		{ "text/plain; n*0=a; n*2=c", "a" },
		{ "text/plain; n*0=a; n*0=x; n*1=b", "ab" },
		{ "text/plain; n*1=b", "" },
		{ "text/plain; n*0*=iso-8859-1''%E5; n*1=%E5; n*2*=%E5", "\xc3\xa5%E5\xc3\xa5" },
		{ "text/plain; n*0*=utf-8''%C3; n*1*=%A5", "\xc3\xa5" },
		{ "text/plain; n=plain; n*=utf-8''starred", "starred" },
		{ "text/plain; n*x=y; n**=y; n*0**=y; n*0*x=y; n*20=y; n=v", "v" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT;

		buf_addf(&b, "Content-Type: %s\n\n", cases[i].type);
		parse(buf_span(&b));
		assert_span(mime_param(&arena, &message.part[0], "n"), cases[i].value);
		buf_free(&b);
	}
}

static void
text_is_utf8_without_its_transfer_encoding(void **state)
{
	(void)state;
	parse(SPAN("Content-Type: text/plain; charset=\"ISO-8859-1\"\n"
		   "Content-Transfer-Encoding: quoted-printable\n\nbl=E5=\n dag\n"));
	assert_span(mime_body(&arena, &message.part[0]), "bl\xe5 dag\n");
	assert_span(mime_text(&arena, &message.part[0]), "bl\xc3\xa5 dag\n");
	parse(SPAN("A: 1\n\nbl\xe5\n"));
	assert_span(mime_text(&arena, &message.part[0]), "bl\xc3\xa5\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_boundary_is_found_behind_a_body_of_any_size),
		TEST(a_plain_message_is_one_part),
		TEST(a_type_is_lower_case_and_never_empty),
		TEST(a_body_ends_before_the_line_end_that_belongs_to_the_boundary),
		TEST(a_missing_final_boundary_keeps_the_last_part),
		TEST(a_boundary_of_an_outer_multipart_ends_all_inside_it),
		TEST(only_a_whole_line_is_a_boundary),
		TEST(a_boundary_that_looks_like_a_field_is_a_boundary),
		TEST(a_boundary_may_follow_headers_without_an_empty_line),
		TEST(a_multipart_without_a_boundary_is_a_leaf_with_its_type),
		TEST(a_multipart_whose_boundary_never_comes_is_read_by_the_one_in_its_body),
		TEST(a_multipart_without_a_boundary_is_read_by_the_one_in_its_body),
		TEST(a_multipart_that_lost_its_content_type_is_known_by_its_body),
		TEST(a_boundary_behind_other_words_makes_no_multipart),
		TEST(a_boundary_of_what_is_around_a_message_is_none_of_its_own),
		TEST(an_empty_multipart_has_no_parts),
		TEST(a_message_part_is_followed_by_the_message_inside_it),
		TEST(the_message_inside_has_its_own_headers),
		TEST(other_message_types_are_leaves),
		TEST(a_part_of_a_digest_is_a_message_by_default),
		TEST(an_encoded_message_is_decoded_and_walked_with_lines_of_its_own),
		TEST(encoded_messages_may_end_with_the_message_or_be_empty),
		TEST(an_encoding_on_a_multipart_is_ignored),
		TEST(bytes_with_the_high_bit_and_nuls_pass_through),
		TEST(what_is_inside_a_returned_message_is_told_apart),
		TEST(parameters_are_read_in_every_form),
		TEST(text_is_utf8_without_its_transfer_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
