/*
 * gather_world - a message on a server that gives pieces of it, or lies
 *
 * imap_fetch_pieces() is ours here: what a server would say is told by our own walk of the whole
 * message, and then made wrong on demand.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GATHER_WORLD_H
#define GATHER_WORLD_H

#include "test.h"

#include "bounce.h"
#include "gather.h"
#include "log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOTAL ((size_t)1024 * 1024)

enum lie {
	HONEST,
	NO_PARTS,      /* knows of none */
	REFUSES_PARTS, /* NO to whoever asks for some */
	REFUSES_ALL,
	SHIFTED,     /* counts from another part on */
	ENDLESS,     /* behind each part stands another one */
	HUGE_HEADER, /* of every part */
	BARE_HEADER, /* without the empty line behind it */
	SILENT,      /* says nothing of parts that are not there */
	GONE,        /* the message is */
	EMPTY_BODY,  /* parts have headers and nothing else */
	LOSES,       /* the session ends when parts are asked for */
};

static struct {
	struct buf mail;
	struct arena arena, scratch;
	struct mime_message m;
	struct buf text;  /* what was gathered */
	const char *name; /* of the mail, for complaints */
	enum lie lie;
	unsigned commands, plain; /* how many, and of those for the whole message */
	uint64_t given;           /* bytes behind the first ones */
	enum imap_result result;
	bool gone, in_one_piece;
} world;

static inline int
setup(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&world.arena, 0);
	arena_init(&world.scratch, 0);
	world.lie = HONEST;
	world.name = "the mail";
	world.in_one_piece = false;
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	arena_free(&world.arena);
	arena_free(&world.scratch);
	buf_free(&world.mail);
	buf_free(&world.text);
	return 0;
}

static inline bool
is_in(struct span text, const char *p)
{
	return p >= text.p && p <= text.end;
}

/* Where a line of the mail begins. */
static inline const char *
line_begins(struct span text, uint32_t line)
{
	struct span skipped;

	while (--line > 0 && span_next_line(&text, &skipped))
		;
	return text.p;
}

static inline struct span
section_bytes(const struct section *section, bool mime)
{
	struct span mail = buf_span(&world.mail);

	if (section->count == 0)
		return mail;
	for (size_t i = 0; i < world.m.count; i++) {
		const struct mime_part *part = &world.m.part[i];
		struct section own = section_of(&world.m, i);

		if (!section_same(&own, section) || !is_in(mail, part->body.p))
			continue;
		return mime ? (struct span){ line_begins(mail, part->line), part->body.p }
			    : part->body;
	}
	return (struct span){ NULL, NULL };
}

static inline void
answer(struct imap_piece *piece, bool first)
{
	struct section section = piece->section;
	struct span bytes;
	size_t len;

	if (world.lie == SHIFTED && section.count > 0)
		section = section_behind(section, 1);
	bytes = section_bytes(&section, piece->mime);
	if (section.count > 0 && world.lie == NO_PARTS)
		bytes = (struct span){ NULL, NULL };
	if (world.lie == ENDLESS && piece->mime && span_empty(bytes))
		bytes = SPAN("Content-Type: image/png\r\n\r\n");
	if (world.lie == BARE_HEADER && piece->mime && span_len(bytes) > 2)
		bytes.end -= 2;
	if (world.lie == EMPTY_BODY && section.count > 0 && !piece->mime)
		bytes.end = bytes.p;
	piece->answered = world.lie != GONE && (world.lie != SILENT || first || !span_empty(bytes));
	if (world.lie == HUGE_HEADER && piece->mime) {
		for (size_t i = 0; i < piece->most; i++)
			buf_addc(&piece->bytes, 'x');
		return;
	}
	len = span_len(bytes);
	bytes.p = piece->offset < len ? bytes.p + piece->offset : bytes.end;
	if (span_len(bytes) > piece->most)
		bytes.end = bytes.p + piece->most;
	buf_add(&piece->bytes, bytes);
}

enum imap_result
imap_fetch_pieces(struct imap *imap, uint32_t uid, struct imap_piece *piece, size_t count)
{
	bool parts = piece[0].section.count > 0;

	(void)imap;
	assert_int_equal(uid, 7);
	assert_true(count >= 1 && count <= IMAP_MAX_PIECES);
	world.commands++;
	world.plain += parts ? 0 : 1;
	if (world.lie == REFUSES_ALL || (world.lie == REFUSES_PARTS && parts))
		return IMAP_REFUSED;
	if (world.lie == LOSES && parts)
		return IMAP_LOST;
	for (size_t i = 0; i < count; i++) {
		assert_true(piece[i].most > 0);
		answer(&piece[i], i == 0);
		assert_true(piece[i].bytes.len <= piece[i].most);
		world.given += piece[i].bytes.len;
	}
	return IMAP_OK;
}

/* Gathers world.mail, of which `most` bytes may come. */
static inline void
gather_some(size_t most)
{
	struct gather job = { .arena = &world.arena,
			      .where = "test",
			      .uid = 7,
			      .size = (uint32_t)world.mail.len,
			      .most = (uint32_t)most,
			      .plain = world.in_one_piece };
	struct span first = buf_span(&world.mail);

	assert_true(buf_ok(&world.mail) && world.mail.len > GATHER_FIRST);
	first.end = first.p + GATHER_FIRST;
	arena_reset(&world.scratch);
	assert_int_equal(mime_parse(&world.scratch, buf_span(&world.mail), &world.m), 0);
	world.commands = world.plain = 0;
	world.given = 0;
	buf_clear(&world.text);
	buf_add(&world.text, first);
	world.result = gather(&job, &world.text, &world.gone);
}

static inline void
gather_all(void)
{
	gather_some(TOTAL);
	assert_int_equal(world.result, IMAP_OK);
	assert_false(world.gone);
}

/* Lines of base64, `bytes` of them at least. */
static inline void
add_filler(struct buf *out, size_t bytes)
{
	static const char line[] = "TmVpdGhlciBib3VuY2Ugbm9yIHJlcG9ydCwganVzdCBhIGxhcmdlIGF0dGFjaG1"
				   "lbnQgdGhhdCBub2Jv\r\n";

	for (size_t i = 0; i < bytes; i += sizeof(line) - 1)
		buf_adds(out, line);
}

static inline void
add_attachment(struct buf *out, const char *boundary, const char *type, size_t bytes)
{
	buf_addf(out,
		 "--%s\r\nContent-Type: %s; name=\"x\"\r\n"
		 "Content-Transfer-Encoding: base64\r\n\r\n",
		 boundary, type);
	add_filler(out, bytes);
	buf_adds(out, "\r\n");
}

#define SAME(true)                                                                       \
	do {                                                                             \
		if (!(true))                                                             \
			fail_msg("%s, large, is read otherwise: %s", world.name, #true); \
	} while (0)

/* Both must have read the same; lines are counted in what was fetched. */
static inline void
assert_same_recipient(const struct bounce_report *got, const struct bounce_report *want, size_t i)
{
	const struct bounce_recipient *a = &got->recipient[i], *b = &want->recipient[i];
	struct bounce_verdict v = bounce_classify(got, i), w = bounce_classify(want, i);

	SAME(span_eq(a->address, b->address) && span_eq(a->original, b->original) &&
	     span_eq(a->final, b->final));
	SAME(span_eq(a->diagnostic, b->diagnostic));
	SAME(span_eq(a->remote_mta, b->remote_mta) && span_eq(a->rejected_by, b->rejected_by));
	SAME(a->action == b->action);
	SAME(a->stage == b->stage);
	SAME(a->smtp == b->smtp);
	SAME(a->address_at.part == b->address_at.part);
	SAME(a->diagnostic_at.part == b->diagnostic_at.part);
	SAME(a->to == b->to);
	SAME(a->guessed == b->guessed);
	SAME(v.reason == w.reason);
	SAME(v.disposition == w.disposition);
	SAME(v.effect == w.effect);
	SAME(v.smtp == w.smtp);
	SAME(memcmp(&v.status, &w.status, sizeof(v.status)) == 0);
	SAME(strcmp(v.rule, w.rule) == 0);
}

static inline void
assert_same(const struct bounce_report *got, const struct bounce_report *want)
{
	SAME(got->kind == want->kind);
	SAME(strcmp(got->format, want->format) == 0);
	SAME(got->recipient_count == want->recipient_count);
	SAME(got->report_at.part == want->report_at.part);
	SAME(span_eq(got->message_id, want->message_id) && span_eq(got->subject, want->subject));
	SAME(span_eq(got->original_message_id, want->original_message_id) &&
	     span_eq(got->original_list_id, want->original_list_id) &&
	     span_eq(got->original_to, want->original_to) &&
	     span_eq(got->original_from, want->original_from));
	SAME(got->hop_count == want->hop_count);
	for (size_t i = 0; i < want->recipient_count; i++)
		assert_same_recipient(got, want, i);
}

/* Does what was gathered say what the whole mail says? */
static inline void
assert_tells_all(struct bounce_report *want)
{
	struct bounce_report got;

	arena_reset(&world.arena);
	arena_reset(&world.scratch);
	assert_int_equal(bounce_read(&world.arena, buf_span(&world.text), &got), 0);
	assert_int_equal(bounce_read(&world.scratch, buf_span(&world.mail), want), 0);
	assert_int_equal(bounce_trace(&world.arena, &got), 0);
	assert_int_equal(bounce_trace(&world.scratch, want), 0);
	assert_same(&got, want);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
