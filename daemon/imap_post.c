/*
 * imap_post - commands under way while we do something else (RFC 3501 section 5.5)
 *
 * A server that waits for our next word while we read and record does nothing, and we do nothing
 * while it moves. Commands by uid cannot be misunderstood whatever the one before them does, so the
 * next FETCH and the MOVE of what is committed are sent ahead. The guard stops at the end of each
 * answer, so that none is taken for another's. But what a server tells in between belongs to no
 * command (section 7), and Dovecot, while it has commands to go on with, sends no end of an answer:
 * all messages of the next FETCH may come before this one is said to be done. So a FETCH is over
 * when its messages are here, and what comes for the next one is kept. As a rule answers end in the
 * order of the commands; but a NO Dovecot says at once, before the ends that it still owes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdlib.h>
#include <sysexits.h>

#include "log.h"

enum imap_result
imap_post(struct imap *imap, struct buf *text, uint64_t budget, bool *posted)
{
	struct imap_posted *post = &imap->posted[imap->posts];

	*posted = false;
	if (!buf_ok(text))
		log_fatal(EX_OSERR, "out of memory");
	if (!imap->in_step)
		return IMAP_LOST;
	if (imap->posts == IMAP_MAX_POSTED)
		return IMAP_OK;
	*posted = true;
	if (imap->posts > 0)
		imap->session->imap_tag = imap->last_tag;
	if (imap->facing) {
		imap->wire.one_answer = true;
		wire_more(&imap->wire, budget);
	}
	net_set_deadline(imap->conn, imap->command_timeout);
	if (imap_send(imap, true, buf_str(text)) < 0)
		return imap_lost(imap, "sending ahead");
	*post = (struct imap_posted){
		.tag = imap->session->imap_tag,
		.budget = budget,
		.text = text->data,
	};
	*text = BUF_INIT;
	imap->last_tag = imap->session->imap_tag;
	imap->posts++;
	return IMAP_OK;
}

bool
imap_is_quiet(const struct imap *imap)
{
	return imap->posts == 0 && imap->early.count == 0;
}

/* The first one's answer is about to be read, and maybe much of what belongs to the others. The
 * deadline is for each answer, and begins anew with whoever asks: not with each line, or a server
 * that says something now and then would keep us for ever. */
static void
face_first(struct imap *imap)
{
	uint64_t budget = 0;

	imap->session->imap_tag = imap->posted[0].tag;
	if (imap->facing)
		return;
	net_set_deadline(imap->conn, imap->transfer_timeout);
	imap->facing = true;
	imap->error[0] = '\0';
	imap->no_target = false;
	for (size_t i = 0; i < imap->posts; i++)
		budget += imap->posted[i].budget;
	wire_budget(&imap->wire, budget);
	imap->wire.one_answer = imap->posts > 1;
}

static void
forget_post(struct imap *imap, size_t at)
{
	struct imap_posted *post = &imap->posted[at];

	free(post->text);
	imap->posts--;
	memmove(post, post + 1, (imap->posts - at) * sizeof(*post));
	if (at == 0)
		imap->facing = false;
	imap->wire.one_answer = imap->posts > imap->facing;
	/* No tag is used twice. */
	if (imap->posts == 0)
		imap->session->imap_tag = imap->last_tag;
}

/* Messages that nobody asks for are not kept for ever. */
#define MOST_PASSED IMAP_MAX_POSTED

void
imap_free_early(struct imap *imap)
{
	free(imap->early.message);
	buf_free(&imap->early.bytes);
	imap->early = (struct imap_early){ 0 };
}

/* What a MOVE did may be told before the answer in front of it has ended. */
static void
note_move(struct imap *imap, const char *text)
{
	struct imap_moving *moving = &imap->moving;

	if (moving->uids.count > 0 && !moving->answered)
		imap_move_line(span_of(text), moving->uids, &moving->copies);
}

/* Which of the commands under way ends with this line; as many as there are: none. */
static size_t
find_ended(const struct imap *imap, enum imap_line line, const char *text)
{
	size_t i = 1;
	char *end;
	long tag;

	if (line != IMAP_LINE_UNTAGGED)
		return 0;
	tag = strtol(text, &end, 10);
	while (i < imap->posts && (*end != ' ' || imap->posted[i].tag != tag))
		i++;
	return i;
}

/* IMAP_OK also when the server refused: of a MOVE that is known, whoever needs messages asks again,
 * and hears then why he does not get them. */
static enum imap_result
end_post(struct imap *imap, size_t at, enum imap_line line)
{
	bool move = imap->posted[at].move;
	enum imap_result result;

	imap->session->imap_tag = imap->posted[at].tag;
	result = imap_end_own(imap, at > 0 ? IMAP_LINE_TAGGED : line, move ? "MOVE" : "FETCH");
	if (move) {
		imap->moving.answered = result == IMAP_OK || result == IMAP_REFUSED;
		imap->moving.ok = result == IMAP_OK;
	}
	if (imap->posted[at].list)
		imap_listing_end(imap, result == IMAP_OK);
	forget_post(imap, at);
	if (result != IMAP_REFUSED)
		return result;
	imap->error[0] = '\0';
	return IMAP_OK;
}

#define NONE IMAP_MAX_POSTED

/* One line, or one message. *ended: which command's answer it was the end of, or NONE. */
static enum imap_result
read_on(struct imap *imap, bool keep, size_t *ended)
{
	enum imap_line line;
	const char *text = "";

	face_first(imap);
	imap->early.wanted = keep;
	line = imap_line(imap, &text);
	imap->early.wanted = false;
	*ended = find_ended(imap, line, text);
	if (line == IMAP_LINE_UNTAGGED) {
		(void)imap_is_news(imap, text);
		imap_listing_line(imap, span_of(text));
	}
	if (line == IMAP_LINE_UNTAGGED || line == IMAP_LINE_TAGGED)
		note_move(imap, text);
	if (*ended < imap->posts)
		return end_post(imap, *ended, line);
	*ended = NONE;
	return IMAP_OK;
}

/* 0 when it is not there. */
static uint32_t
uid_in(struct span line)
{
	uint64_t uid;

	return imap_number_in(line, SPAN("UID "), &uid) && uid <= UINT32_MAX ? (uint32_t)uid : 0;
}

bool
imap_keep_early(struct imap *imap, const char *line, size_t literal, bool *lost)
{
	struct imap_early *early = &imap->early;
	char piece[4096];
	size_t left = literal;

	if (!early->wanted || strstr(line, "BODY[]") == NULL)
		return false;
	if (early->count == early->room) {
		early->room = early->room * 2 + 64;
		early->message = xgrow(early->message, early->room, sizeof(*early->message));
	}
	early->message[early->count++] = (struct imap_early_message){
		.uid = uid_in(span_of(line)),
		.offset = early->bytes.len,
		.length = literal,
	};
	buf_adds(&early->bytes, ""); /* there are bytes, if none */
	while (left > 0 && !*lost) {
		ssize_t n = mailstream_read(imap->stream, piece,
					    left < sizeof(piece) ? left : sizeof(piece));

		*lost = n <= 0;
		if (n > 0)
			buf_add(&early->bytes, span_make(piece, (size_t)n));
		left -= n > 0 ? (size_t)n : 0;
	}
	if (!buf_ok(&early->bytes))
		log_fatal(EX_OSERR, "out of memory");
	early->open = true;
	return true;
}

void
imap_end_early(struct imap *imap, const char *line)
{
	struct imap_early *early = &imap->early;

	if (early->open && early->message[early->count - 1].uid == 0)
		early->message[early->count - 1].uid = uid_in(span_of(line));
	early->open = false;
}

/* Keeps a message behind those that are kept already, which end at byte `end` now; returns where it
 * ends. What is taken leaves no hole, or messages that nobody takes would keep the memory of all
 * others. */
static size_t
keep_on(struct imap_early *early, struct imap_early_message message, size_t end)
{
	memmove(early->bytes.data + end, early->bytes.data + message.offset, message.length);
	message.offset = end;
	early->message[early->count++] = message;
	return end + message.length;
}

/* Hands out what came early, from message `from` on, and keeps what he does not take. */
static void
hand_out(struct imap *imap, size_t from, const struct imap_sink *sink)
{
	struct imap_early *early = &imap->early;
	size_t count = early->count;
	size_t end = from < count ? early->message[from].offset : early->bytes.len;

	early->count = from;
	for (size_t i = from; i < count; i++) {
		struct imap_early_message message = early->message[i];

		if (!sink->take(sink->context, message.uid,
				span_make(early->bytes.data + message.offset, message.length)) &&
		    ++message.passed <= MOST_PASSED)
			end = keep_on(early, message, end);
	}
	buf_cut(&early->bytes, end);
}

enum imap_result
imap_catch_up(struct imap *imap)
{
	enum imap_result result = IMAP_OK;
	size_t ended;

	net_set_deadline(imap->conn, imap->transfer_timeout);
	while (imap->posts > 0 && result == IMAP_OK)
		result = read_on(imap, false, &ended);
	return result;
}

/* The place of the command among those under way, or how many there are. */
static size_t
find_post(const struct imap *imap, const char *text)
{
	size_t i = 0;

	while (i < imap->posts && strcmp(imap->posted[i].text, text) != 0)
		i++;
	return i;
}

enum imap_result
imap_take_posted(struct imap *imap, const char *text, const struct imap_sink *sink, bool *posted)
{
	size_t at = find_post(imap, text);
	enum imap_result result = IMAP_OK;

	*posted = false;
	if (!imap->in_step)
		return IMAP_OK;
	/* All may be here while another's answer was waited for, and its end read with them. */
	hand_out(imap, 0, sink);
	*posted = at < imap->posts || sink->is_full(sink->context);
	if (at == imap->posts)
		return IMAP_OK;
	net_set_deadline(imap->conn, imap->transfer_timeout);
	while (result == IMAP_OK && !sink->is_full(sink->context)) {
		size_t before = imap->early.count, ended;

		result = read_on(imap, true, &ended);
		/* Half a message is none. */
		if (result == IMAP_OK)
			hand_out(imap, before, sink);
		if (ended == at)
			return result;
		at -= ended < at;
	}
	/* Its answer ends some time; nobody waits for that. */
	if (result == IMAP_OK)
		imap->posted[at].text[0] = '\0';
	return result;
}

enum imap_result
imap_await(struct imap *imap, const bool *answered)
{
	enum imap_result result = IMAP_OK;
	size_t ended;

	net_set_deadline(imap->conn, imap->transfer_timeout);
	while (!*answered && imap->posts > 0 && result == IMAP_OK)
		result = read_on(imap, true, &ended);
	return result;
}

static void
forget_move(struct imap_moving *moving)
{
	free((void *)(uintptr_t)moving->uids.uid); // NOLINT(performance-no-int-to-ptr): our own
	free(moving->copies.uid);
	free(moving->folder);
	*moving = (struct imap_moving){ 0 };
}

void
imap_forget_posts(struct imap *imap)
{
	while (imap->posts > 0)
		free(imap->posted[--imap->posts].text);
	forget_move(&imap->moving);
	imap_forget_listing(imap);
	imap_free_early(imap);
}

enum imap_result
imap_post_move(struct imap *imap, struct imap_uids uids, const char *folder, bool *posted)
{
	struct imap_moving *moving = &imap->moving;
	char *name = imap_name(imap, folder);
	struct buf text = BUF_INIT;
	enum imap_result result;
	uint32_t *uid;

	*posted = false;
	if (name == NULL || !imap_can(imap, "MOVE") || uids.count == 0 ||
	    imap_fit(uids) < uids.count || (moving->uids.count > 0 && !moving->answered)) {
		free(name);
		return IMAP_OK;
	}
	imap_transfer_text("MOVE", uids, name, &text);
	free(name);
	result = imap_post(imap, &text, imap_move_budget(uids), posted);
	buf_free(&text);
	if (result != IMAP_OK || !*posted)
		return result;
	imap->posted[imap->posts - 1].move = true;
	forget_move(moving);
	uid = xarray(uids.count, sizeof(*uid));
	memcpy(uid, uids.uid, uids.count * sizeof(*uid));
	moving->uids = (struct imap_uids){ uid, uids.count };
	moving->copies.uid = xarray(uids.count, sizeof(uint32_t));
	moving->folder = xstrdup(folder);
	return IMAP_OK;
}

static bool
is_same(const struct imap_moving *moving, struct imap_uids uids, const char *folder)
{
	return moving->uids.count == uids.count && uids.count > 0 &&
	       strcmp(moving->folder, folder) == 0 &&
	       memcmp(moving->uids.uid, uids.uid, uids.count * sizeof(uint32_t)) == 0;
}

enum imap_result
imap_take_move(struct imap *imap, struct imap_uids uids, const char *folder,
	       struct imap_copies *copies)
{
	struct imap_moving *moving = &imap->moving;
	enum imap_result result = IMAP_OK;
	uint32_t *copy = copies->uid;

	*copies = (struct imap_copies){ .uid = copy };
	if (!is_same(moving, uids, folder))
		return IMAP_REFUSED;
	result = imap_await(imap, &moving->answered);
	if (result == IMAP_OK && !moving->ok)
		result = IMAP_REFUSED;
	copies->unsure = result != IMAP_OK && !moving->answered;
	if (result == IMAP_OK) {
		memcpy(copy, moving->copies.uid, uids.count * sizeof(*copy));
		*copies = moving->copies;
		copies->uid = copy;
	}
	forget_move(moving);
	return result;
}
