/*
 * gather - the rest of a large message, as far as it tells something
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "gather.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "log.h"
#include "want.h"

_Static_assert(1 + GATHER_AHEAD + MIME_MAX_DEPTH <= IMAP_MAX_PIECES, "one command asks for all");

enum step {
	STEP_ON,
	STEP_DONE,
	STEP_ODD,  /* the server's parts are not ours, or it does not give them */
	STEP_FAIL, /* gathering.result and .gone say how */
};

struct gathering {
	const struct gather *job;
	struct buf *text;
	struct mime_message m;
	struct want want;
	size_t whole; /* bytes at the front that came in one piece */

	/* What the text ends with: this section, up to this byte of it. */
	struct section section;
	uint32_t offset;
	bool ended;    /* it has no more */
	size_t part;   /* that the section is of the text; 0 = all of it */
	size_t parent; /* of that part, as it must be */

	/* The headers of parts that were asked for last. */
	struct imap_piece known[IMAP_MAX_PIECES];
	size_t known_count;

	unsigned commands;
	size_t gaps;
	char first_gap[60]; /* what was cut first, a type as a rule */
	enum imap_result result;
	bool gone;
};

static void
forget(struct gathering *g)
{
	for (size_t i = 0; i < g->known_count; i++)
		buf_free(&g->known[i].bytes);
	g->known_count = 0;
}

static void
must_hold(const struct buf *buf)
{
	if (!buf_ok(buf))
		log_fatal(EX_OSERR, "out of memory");
}

/* One command; the first piece is one that the message has. */
static enum step
ask(struct gathering *g, struct imap_piece *piece, size_t count)
{
	g->commands++;
	g->result = imap_fetch_pieces(g->job->imap, g->job->uid, piece, count);
	if (g->result == IMAP_REFUSED)
		return STEP_ODD;
	g->gone = g->result == IMAP_OK && !piece[0].answered;
	return g->result == IMAP_OK && !g->gone ? STEP_ON : STEP_FAIL;
}

/* More of the section that the text ends with. */
static enum step
fetch_more(struct gathering *g, size_t most)
{
	struct imap_piece piece = {
		.section = g->section,
		.offset = g->offset,
		.most = (uint32_t)most,
		.bytes = BUF_INIT,
	};
	enum step step = ask(g, &piece, 1);

	buf_add(g->text, buf_span(&piece.bytes));
	must_hold(g->text);
	g->offset += (uint32_t)piece.bytes.len;
	g->ended = piece.bytes.len < most;
	if (g->section.count == 0)
		g->whole = g->text->len;
	buf_free(&piece.bytes);
	return step;
}

static const struct imap_piece *
find_known(const struct gathering *g, const struct section *section)
{
	for (size_t i = 0; i < g->known_count; i++)
		if (section_same(&g->known[i].section, section))
			return &g->known[i];
	return NULL;
}

static struct span
without_line_ends(struct span text)
{
	while (!span_empty(text) && (text.end[-1] == '\r' || text.end[-1] == '\n'))
		text.end--;
	return text;
}

static void
want_header(struct gathering *g, struct section section)
{
	g->known[g->known_count++] = (struct imap_piece){
		.section = section,
		.mime = true,
		.most = GATHER_MAX_HEADER,
		.bytes = BUF_INIT,
	};
}

/* The next part around this one that others may stand behind, or MIME_NO_PARENT. */
static size_t
outer_step(const struct gathering *g, size_t step)
{
	return section_step(&g->m, g->m.part[step].parent);
}

/* Does the text end with these headers, as far as `end`? */
static bool
ends_with(const struct gathering *g, const char *end, struct span header)
{
	struct span here = { g->text->data, end };

	return span_len(here) > span_len(header) && end[-(ptrdiff_t)span_len(header) - 1] == '\n' &&
	       memcmp(end - span_len(header), header.p, span_len(header)) == 0;
}

/* Does the part have these headers in the text, too? They come with the empty line behind them, but
 * for some servers. */
static bool
has_header(const struct gathering *g, size_t part, const struct imap_piece *piece)
{
	struct span header = buf_span(&piece->bytes);
	const char *body = g->m.part[part].body.p;

	if (span_empty(header))
		return false;
	return ends_with(g, body, header) ||
	       (ends_with(g, body, SPAN("\r\n")) && ends_with(g, body - 2, header));
}

/* Asks for the headers of what may stand behind the part, in its multipart and in those around; and
 * for the part's own, to see that the server means the same part. */
static enum step
ask_behind(struct gathering *g, size_t part)
{
	struct section own = section_of(&g->m, part);
	enum step step;

	forget(g);
	want_header(g, own);
	for (uint32_t i = 1; i <= GATHER_AHEAD; i++)
		want_header(g, section_behind(own, i));
	for (size_t i = outer_step(g, part); i != MIME_NO_PARENT; i = outer_step(g, i))
		want_header(g, section_behind(section_of(&g->m, i), 1));
	step = ask(g, g->known, g->known_count);
	for (size_t i = 0; i < g->known_count && step == STEP_ON; i++)
		if (g->known[i].bytes.len == GATHER_MAX_HEADER)
			step = STEP_ODD;
	if (step == STEP_ON && !has_header(g, part, &g->known[0]))
		step = STEP_ODD;
	return step;
}

/* The innermost part, this one or one around it, that another one stands behind: *step gets it,
 * MIME_NO_PARENT when none does. NULL with a step: that is not known yet. */
static const struct imap_piece *
look_behind(const struct gathering *g, size_t part, size_t *step)
{
	for (*step = part; *step != MIME_NO_PARENT; *step = outer_step(g, *step)) {
		struct section next = section_behind(section_of(&g->m, *step), 1);
		const struct imap_piece *piece = find_known(g, &next);

		if (piece == NULL || piece->bytes.len > 0)
			return piece;
	}
	return NULL;
}

static void
note_gap(struct gathering *g, struct span what)
{
	if (g->gaps++ == 0)
		snprintf(g->first_gap, sizeof(g->first_gap), "%.*s", SPAN_ARG(what));
}

/* The part that the text ends in is cut. */
static void
note_cut(struct gathering *g)
{
	note_gap(g, g->m.part[g->want.leaf].type);
}

/* A boundary of the multipart that `step` is a part of, behind whatever stands there. */
static void
add_boundary(const struct gathering *g, size_t step, const char *end, struct buf *out)
{
	const struct mime_part *multipart = &g->m.part[g->m.part[step].parent];

	buf_adds(out, "\r\n--");
	buf_add(out, multipart->boundary);
	buf_adds(out, end);
}

/* Puts the headers of the part behind `step` into the text; `part` and all around it ends, up to
 * `step`. */
static enum step
add_part(struct gathering *g, size_t part, size_t step, const struct imap_piece *piece)
{
	struct span header = without_line_ends(buf_span(&piece->bytes));
	struct buf seam = BUF_INIT; /* what is parsed stands in the text, which moves as it grows */
	bool fits;

	for (; part != step; part = outer_step(g, part))
		add_boundary(g, part, "--\r\n", &seam);
	add_boundary(g, step, "\r\n", &seam);
	buf_add(&seam, header);
	buf_adds(&seam, span_empty(header) ? "\r\n" : "\r\n\r\n");
	must_hold(&seam);
	fits = g->text->len + seam.len <= g->job->most;
	if (fits)
		buf_add(g->text, buf_span(&seam));
	else
		note_gap(g, SPAN("what message-bytes leaves no room for"));
	must_hold(g->text);
	buf_free(&seam);
	g->section = piece->section;
	g->offset = 0;
	g->ended = false;
	g->part = g->m.count;
	g->parent = g->m.part[step].parent;
	return fits ? STEP_ON : STEP_DONE;
}

/* Goes on behind the part. */
static enum step
go_behind(struct gathering *g, size_t part)
{
	const struct imap_piece *piece;
	size_t step;

	piece = look_behind(g, part, &step);
	if (piece == NULL && step != MIME_NO_PARENT) {
		enum step asked = ask_behind(g, part);

		if (asked != STEP_ON)
			return asked;
		piece = look_behind(g, part, &step);
	}
	if (!g->ended)
		note_cut(g);
	if (piece == NULL)
		return STEP_DONE;
	return add_part(g, part, step, piece);
}

/* Is the part that was added the part that it should be? */
static bool
is_in_place(const struct gathering *g)
{
	return g->part == 0 || (g->part < g->m.count && g->m.part[g->part].parent == g->parent);
}

/* How much to ask for: what follows the part may be an attachment, so little at first and ever
 * more. Where nothing can follow all at once. */
static size_t
window(const struct gathering *g)
{
	size_t most = g->text->len > GATHER_FIRST ? g->text->len : GATHER_FIRST;

	if (g->want.part == MIME_NO_PARENT || g->want.most < most)
		return g->want.most;
	return most;
}

static enum step
step_on(struct gathering *g)
{
	arena_reset(g->job->arena);
	if (want_of(g->job->arena, buf_span(g->text), g->job->most, &g->m, &g->want) != 0) {
		note_gap(g, SPAN("what follows, for it needs too much memory"));
		return STEP_DONE;
	}
	if (!is_in_place(g))
		return STEP_ODD;
	if (g->ended && g->part == 0)
		return STEP_DONE;
	if (g->commands == GATHER_MAX_COMMANDS) {
		note_cut(g);
		return STEP_DONE;
	}
	if (g->ended)
		return go_behind(g, g->part);
	switch (g->want.what) {
	case WANT_NOTHING:
		note_cut(g);
		break;
	case WANT_MORE:
		return fetch_more(g, window(g));
	case WANT_NEXT:
		return go_behind(g, g->want.part);
	}
	return STEP_DONE;
}

/* All in one piece, from where the parts began. */
static void
go_plain(struct gathering *g)
{
	buf_cut(g->text, g->whole);
	g->section = (struct section){ .count = 0 };
	g->offset = (uint32_t)g->whole;
	g->ended = false;
	g->gaps = 0;
	if (g->whole < g->job->most)
		(void)fetch_more(g, g->job->most - g->whole);
}

/* What was left out must be known to whoever wonders. */
static void
tell(const struct gathering *g, bool plain)
{
	char gaps[120] = "in one piece";

	if (!plain)
		snprintf(gaps, sizeof(gaps), "parts cut short: %zu%s%s", g->gaps,
			 g->gaps > 0 ? ", the first is " : "", g->first_gap);
	log_debug("%s uid %u: %zu of %" PRIu32 " bytes are read, by %u more commands; %s",
		  g->job->where, g->job->uid, g->text->len, g->job->size, g->commands, gaps);
}

enum imap_result
gather(const struct gather *job, struct buf *text, bool *gone)
{
	struct gathering g = {
		.job = job,
		.text = text,
		.whole = text->len,
		.offset = (uint32_t)text->len,
	};
	enum step step = job->plain ? STEP_ODD : STEP_ON;

	while (step == STEP_ON)
		step = step_on(&g);
	if (step == STEP_ODD)
		go_plain(&g);
	forget(&g);
	*gone = g.gone;
	if (g.result == IMAP_OK && !g.gone)
		tell(&g, step == STEP_ODD);
	return g.result;
}
