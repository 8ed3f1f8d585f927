/*
 * mta_group - one error that stands for several recipients
 *
 * It is read once, and cut where they are many: else a short mail could make long work, here and
 * for whoever judges each of them. Its codes count for all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "field.h"
#include "recipient.h"

/* Commands of a transcript as long as MTA_MAX_REASON: more recipients it cannot tell apart. */
#define MOST_COMMANDS (MTA_MAX_REASON / sizeof(">>> RCPT To:<a@b>"))

/* Bytes of one group's error that are read: whole, and in a transcript once more by its commands.
 * Who names recipients by turns could have each command read for each of them. */
#define MOST_SHARED ((size_t)4 * MTA_MAX_REASON)

void
mta_keep_words(struct mta_walk *w, struct bounce_recipient *r, struct span words, uint32_t line)
{
	mta_reply_read(w->arena, words, w->mail->sieve, r, &w->report->clipped);
	r->letter =
		(w->mta->shapes & MTA_LETTER) != 0 && r->smtp == 0 && r->reply_status.class == 0;
	r->diagnostic_at = (struct bounce_where){ w->mail->part, line };
}

/*
 * In a transcript that several recipients share, what follows the command that names this one; else
 * all of it.
 */
static struct span
words_about(struct span words, struct span address)
{
	const struct span command = SPAN(">>> RCPT");
	struct span rest = words, line;
	const char *begin = NULL;

	if (span_ifind(words, command) == NULL)
		return words;
	while (span_next_line(&rest, &line)) {
		if (!span_istarts(span_trim(line), SPAN(">>> ")))
			continue;
		if (begin != NULL)
			return (struct span){ begin, line.p };
		if (span_istarts(span_trim(line), command) && span_ifind(line, address) != NULL)
			begin = line.p;
	}
	return begin == NULL ? words : (struct span){ begin, words.end };
}

/* The recipient's error is the one that was read for all of his group. */
static void
share(struct bounce_recipient *r, const struct bounce_recipient *told)
{
	r->diagnostic = told->diagnostic;
	r->diagnostic_at = told->diagnostic_at;
	r->diagnostic_type = told->diagnostic_type;
	r->told_by = told->told_by;
	if (told->smtp != 0)
		r->smtp = told->smtp;
	if (told->reply_status.class != 0)
		r->reply_status = told->reply_status;
	if (told->stage != BOUNCE_STAGE_UNKNOWN)
		r->stage = told->stage;
	if (span_empty(r->remote_mta))
		r->remote_mta = told->remote_mta;
}

/* What the recipients of a group share. */
struct shared {
	struct span words;            /* that were read last: mostly the same for all */
	struct bounce_recipient told; /* what they tell */
	size_t left;                  /* bytes that may still be read */
};

static void
read_shared(struct mta_walk *w, struct shared *s, struct span words, size_t count)
{
	if (s->words.p == words.p && s->words.end == words.end)
		return;
	s->words = words;
	s->left -= span_len(words) < s->left ? span_len(words) : s->left;
	s->told = (struct bounce_recipient){ 0 };
	mta_keep_words(w, &s->told, words, w->reason_line);
	s->told.diagnostic = field_line(w->arena, s->told.diagnostic, MTA_MAX_SHARED / count,
					&w->report->clipped);
}

void
mta_close_group(struct mta_walk *w)
{
	struct bounce_report *report = w->report;
	bool rules = (w->mta->shapes & (w->reason_leads ? MTA_ABOVE : MTA_LEADS)) != 0;
	size_t count = report->recipient_count - w->group;
	struct shared shared = { .left = MOST_SHARED };

	if (span_len(w->reason) > MTA_MAX_REASON) {
		w->reason.end = w->reason.p + MTA_MAX_REASON;
		report->clipped = true;
	}
	for (size_t i = w->group; !span_empty(w->reason) && i < report->recipient_count; i++) {
		struct bounce_recipient *r = &report->recipient[i];
		struct span words = w->reason;

		if (count <= MOST_COMMANDS && shared.left > 0)
			words = words_about(w->reason, r->address);
		read_shared(w, &shared, words, count);
		if (!span_empty(r->diagnostic) && !rules) {
			recipient_learn_stage(r, &shared.told);
			continue;
		}
		share(r, &shared.told);
		/* "expanded from: <a@b>": of several it does not tell which one */
		if (count == 1 && !span_empty(shared.told.address))
			r->original = r->address = shared.told.address;
	}
	w->group = report->recipient_count;
	w->reason = (struct span){ NULL, NULL };
	w->reason_rank = MTA_MAX_WORDS;
	w->reason_leads = false;
}
