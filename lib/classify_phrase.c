/*
 * classify_phrase - chooses among the phrases that stand in a diagnostic
 *
 * All of them are found at once, then they compete: a phrase counts where its provider or its code
 * fits; the innermost reply beats the words around it; a longer phrase beats its own part; then the
 * one that spares the address wins, then the order of the tables, then length, or, among the
 * generic ones, the order of phrase.def.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

/* One phrase in the race. */
struct runner {
	const struct bounce_row *row;
	struct code_hit hit;
	enum lost lost;
};

struct race {
	struct evidence *e;
	struct span text, inner; /* the diagnostic, and the innermost reply in it */
	struct runner runner[CLASSIFY_MAX_RUNNERS];
	size_t count;
	uint64_t speakers; /* providers, as bits */
	bool about_sender; /* words that would blame the recipient are about the sender */
};

static const char *const lost_words[LOST_COUNT] = {
	[LOST_HOST] = "another provider's server refused",
	[LOST_CODE] = "it belongs to another code",
	[LOST_QUOTED] = "a server that is quoted said it, not the one that reports",
	[LOST_RUN_ON] = "it begins in one statement and ends in the next",
	[LOST_ACROSS] = "it begins in front of a quoted reply and ends in it",
	[LOST_SENDER] = "what stands in front of it says that it is about the sender",
	[LOST_OUTER] = "a reply that was passed on says more",
	[LOST_PART] = "a more exact phrase contains it",
	[LOST_BLAMES] = "another row spares the address",
	[LOST_TABLE] = "an earlier table decides",
	[LOST_SHORTER] = "a longer phrase decides",
	[LOST_VAGUE] = "a row that tells more decides",
	[LOST_ORDER] = "other evidence comes first",
	[LOST_HINT] = "it is only a hint, and something exact is known",
};

void
classify_note(struct evidence *e, const struct bounce_row *row, struct span at, enum lost lost)
{
	if (row == NULL || e->candidate == NULL)
		return;
	if (e->candidate_count < e->room) {
		e->candidate[e->candidate_count] = (struct bounce_candidate){
			.row = row,
			.at = at,
			.lost = lost_words[lost],
		};
	}
	e->candidate_count++;
}

/* ---- who speaks ---- */

bool
classify_is_under(struct span name, const char *suffixes)
{
	struct span rest = span_of(suffixes), suffix;

	while (span_next_word(&rest, &suffix)) {
		size_t len = span_len(suffix);

		if (!span_iends(name, suffix))
			continue;
		if (span_len(name) == len || name.end[-(ptrdiff_t)len - 1] == '.' ||
		    name.end[-(ptrdiff_t)len - 1] == '@')
			return true;
	}
	return false;
}

/* The providers whose server speaks, or whose customer the recipient is. */
static uint64_t
who_speaks(const struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;

	return code_belongs_to(r->remote_mta) | code_belongs_to(e->report->reporting_mta) |
	       code_belongs_to(r->address) | code_belongs_to(r->final);
}

static bool
code_fits(const struct bounce_recipient *r, const struct bounce_row *row)
{
	return code_covers(row, r->reply_status) || code_covers(row, r->field_status);
}

/* Does the row count here at all? */
static enum lost
entry(const struct race *race, const struct bounce_row *row)
{
	size_t count;

	if (row->whose == CODE_WORDS_REPORTER && race->e->recipient->smtp != 0)
		return LOST_QUOTED;
	if (row->anywhere)
		return LOST_NOT;
	if (row->table == CODE_PROVIDER) {
		const struct code_provider *first = code_providers(&count);

		return (race->speakers >> (row->provider - first) & 1) != 0 ? LOST_NOT : LOST_HOST;
	}
	return code_fits(race->e->recipient, row) ? LOST_NOT : LOST_CODE;
}

/* ---- the innermost reply ---- */

/* What stands before the reply of a server further on. */
static const char *const leads[] = {
	"->",         "said:",     "returned '", "returned \"", "responded with:",
	"responded:", "response:", "-'",         ".<",
};

/* "550 ", "550-", "5.7.1 ": does a reply begin here? */
static bool
is_reply(struct span s)
{
	struct bounce_status status;

	while (!span_empty(s) && *s.p == ' ')
		s.p++;
	if (span_len(s) < 4 || (*s.p != '4' && *s.p != '5'))
		return false;
	if (s.p[1] >= '0' && s.p[1] <= '5' && s.p[2] >= '0' && s.p[2] <= '9')
		return s.p[3] == ' ' || s.p[3] == '-';
	return bounce_status_take(&s, &status);
}

/* What a lead ends with. */
static const bool is_sign[256] = {
	['>'] = true, [':'] = true, ['\''] = true, ['"'] = true, ['<'] = true,
};

/* Where the last reply begins that a server passed on; all of the text when none does. */
static struct span
innermost(struct span text)
{
	for (const char *p = text.end; p > text.p; p--) {
		if (!is_sign[(unsigned char)p[-1]] || !is_reply((struct span){ p, text.end }))
			continue;
		for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
			if (span_iends((struct span){ text.p, p }, span_of(leads[i])))
				return (struct span){ p, text.end };
	}
	return text;
}

/* ---- the race ---- */

/* Is the status none, or its class alone? */
static bool
is_vague(struct bounce_status status)
{
	return status.class == 0 || (status.subject == 0 && status.detail == 0);
}

/* What a refusal says by where it came when no code says it: at RCPT that there is no such
 * mailbox, behind it that the mailbox does not take the message. */
static struct bounce_status
implied_status(const struct bounce_recipient *r)
{
	if (!is_vague(r->reply_status) || !is_vague(r->field_status) || r->smtp == 0)
		return (struct bounce_status){ 0 };
	if (r->stage == BOUNCE_STAGE_RCPT)
		return (struct bounce_status){ (uint16_t)(r->smtp / 100), 1, 1 };
	if (r->stage == BOUNCE_STAGE_DATA)
		return (struct bounce_status){ (uint16_t)(r->smtp / 100), 2, 0 };
	return (struct bounce_status){ 0 };
}

static bool
same_code(const struct bounce_recipient *r, const struct bounce_row *row)
{
	return code_fits(r, row) || code_covers(row, implied_status(r)) ||
	       (row->low.class == 0 && row->smtp != 0 && row->smtp == r->smtp);
}

/* Of two rows whose phrases stand at the same place: does a beat b? */
static bool
beats_at_place(const struct bounce_recipient *r, const struct bounce_row *a,
	       const struct bounce_row *b)
{
	if (a->table != b->table)
		return a->table < b->table;
	if (a->whose != b->whose)
		return a->whose > b->whose;
	if (same_code(r, a) != same_code(r, b))
		return same_code(r, a);
	if (code_blame(a->bad) != code_blame(b->bad))
		return code_blame(a->bad) < code_blame(b->bad);
	return a < b;
}

static bool
contains(const struct code_hit *a, const struct code_hit *b)
{
	return a->begin <= b->begin && b->end <= a->end;
}

static void
drop_parts(struct race *race)
{
	for (size_t i = 0; i < race->count; i++) {
		struct runner *part = &race->runner[i];

		for (size_t j = 0; j < race->count && part->lost == LOST_NOT; j++) {
			const struct runner *whole = &race->runner[j];

			if (i == j || (whole->lost != LOST_NOT && whole->lost != LOST_PART) ||
			    !contains(&whole->hit, &part->hit))
				continue;
			if (!contains(&part->hit, &whole->hit) ||
			    beats_at_place(race->e->recipient, whole->row, part->row))
				part->lost = LOST_PART;
		}
	}
}

/* A phrase that runs from one statement into the next may stand behind it as it should. */
static bool
find_in_one_statement(const struct race *race, const struct bounce_row *row,
		      struct match_result *match)
{
	while (classify_runs_on(row, match->at))
		if (!match_find(row->phrase, race->text, match->at.p + 1, match))
			return false;
	return true;
}

static void
drop_run_on(struct race *race)
{
	for (size_t i = 0; i < race->count; i++) {
		struct runner *r = &race->runner[i];
		struct match_result match = { .at = { race->text.p + r->hit.begin,
						      race->text.p + r->hit.end } };

		if (r->lost != LOST_NOT)
			continue;
		if (!find_in_one_statement(race, r->row, &match)) {
			r->lost = LOST_RUN_ON;
			continue;
		}
		r->hit.begin = (uint32_t)(match.at.p - race->text.p);
		r->hit.end = (uint32_t)(match.at.end - race->text.p);
	}
}

/* "host * not found" does not stand in "host mx.example.com returned '550 Sender not found'". */
static void
drop_across(struct race *race)
{
	uint32_t begin = (uint32_t)(race->inner.p - race->text.p);

	for (size_t i = 0; i < race->count; i++) {
		struct runner *r = &race->runner[i];

		if (r->lost == LOST_NOT && r->hit.begin < begin && begin < r->hit.end &&
		    strchr(r->row->phrase, '*') != NULL)
			r->lost = LOST_ACROSS;
	}
}

/* "The sender's email address is not valid" says nothing about the recipient. */
static void
drop_about_sender(struct race *race)
{
	for (size_t i = 0; i < race->count; i++) {
		struct runner *r = &race->runner[i];
		struct span hit = { race->text.p + r->hit.begin, race->text.p + r->hit.end };

		if (r->lost != LOST_NOT || !classify_is_about_sender(r->row, race->text, hit))
			continue;
		r->lost = LOST_SENDER;
		race->about_sender = true;
	}
}

/* Where the innermost reply says anything, the words around it say nothing. */
static void
drop_outer(struct race *race)
{
	uint32_t begin = (uint32_t)(race->inner.p - race->text.p);
	bool inside = false;

	for (size_t i = 0; i < race->count; i++)
		inside = inside ||
			 (race->runner[i].lost == LOST_NOT && race->runner[i].hit.begin >= begin);
	for (size_t i = 0; i < race->count && inside; i++)
		if (race->runner[i].lost == LOST_NOT && race->runner[i].hit.begin < begin)
			race->runner[i].lost = LOST_OUTER;
}

/* Why b loses against a; LOST_NOT when it does not. */
static enum lost
loses(const struct runner *b, const struct runner *a)
{
	uint32_t a_len = a->hit.end - a->hit.begin, b_len = b->hit.end - b->hit.begin;

	if (code_blame(a->row->bad) != code_blame(b->row->bad))
		return code_blame(a->row->bad) < code_blame(b->row->bad) ? LOST_BLAMES : LOST_NOT;
	if (a->row->table != b->row->table)
		return a->row->table < b->row->table ? LOST_TABLE : LOST_NOT;
	if (a->row->table == CODE_PHRASE)
		return a->row < b->row ? LOST_VAGUE : LOST_NOT;
	return a_len > b_len ? LOST_SHORTER : LOST_NOT;
}

/* The best of the sure ones or of the hints. The first one stays when two are equal. */
static struct runner *
best(struct race *race, bool hint)
{
	struct runner *first = NULL;

	for (size_t i = 0; i < race->count; i++) {
		struct runner *next = &race->runner[i];

		if (next->lost != LOST_NOT || next->row->hint != hint)
			continue;
		if (first == NULL) {
			first = next;
		} else if (loses(first, next) != LOST_NOT) {
			first->lost = loses(first, next);
			first = next;
		} else {
			next->lost =
				loses(next, first) != LOST_NOT ? loses(next, first) : LOST_SHORTER;
		}
	}
	return first;
}

static void
enter_all(struct race *race)
{
	struct code_hit hit[CODE_MAX_HITS];
	size_t count = code_phrases(race->text, hit, &race->speakers), rows;
	const struct bounce_row *row = code_rows(&rows);

	if (count > CLASSIFY_MAX_RUNNERS)
		count = CLASSIFY_MAX_RUNNERS;
	for (size_t i = 0; i < count; i++)
		race->runner[i] = (struct runner){ .row = &row[hit[i].row], .hit = hit[i] };
	race->count = count;
	if (count > 0)
		race->speakers |= who_speaks(race->e);
	for (size_t i = 0; i < count; i++)
		race->runner[i].lost = entry(race, race->runner[i].row);
}

static void
note_all(const struct race *race)
{
	for (size_t i = 0; i < race->count; i++) {
		const struct code_hit *hit = &race->runner[i].hit;

		classify_note(race->e, race->runner[i].row,
			      (struct span){ race->text.p + hit->begin, race->text.p + hit->end },
			      race->runner[i].lost);
	}
}

/* What is said of the sender counts as x.1.8 does, for want of a better word. */
static const struct bounce_row *
sender_row(void)
{
	return classify_registered((struct bounce_status){ 5, 1, 8 });
}

struct phrase_choice
classify_phrases(struct evidence *e)
{
	struct race race;
	struct phrase_choice choice;
	struct runner *sure, *hint;

	race.e = e;
	race.about_sender = false;
	race.text = e->recipient->diagnostic;
	if (span_empty(race.text))
		return (struct phrase_choice){ NULL, NULL };
	enter_all(&race);
	if (race.count == 0)
		return (struct phrase_choice){ NULL, NULL };
	race.inner = innermost(race.text);
	drop_run_on(&race);
	drop_across(&race);
	drop_about_sender(&race);
	drop_parts(&race);
	if (race.inner.p != race.text.p)
		drop_outer(&race);
	sure = best(&race, false);
	hint = best(&race, true);
	if (sure != NULL && hint != NULL)
		hint->lost = LOST_HINT;
	note_all(&race);
	choice = (struct phrase_choice){ sure != NULL ? sure->row : NULL,
					 hint != NULL ? hint->row : NULL };
	if (race.about_sender && sure == NULL && (hint == NULL || hint->row->bad != BOUNCE_BAD_NO))
		choice.hint = sender_row();
	return choice;
}

const struct bounce_row *
classify_own(const struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;
	size_t count = e->own != NULL ? e->own->count : 0;

	for (size_t i = 0; i < count; i++) {
		const struct bounce_row *row = &e->own->row[i];

		if (row->phrase[0] != '\0' && match_phrase(row->phrase, r->diagnostic, NULL) > 0)
			return row;
	}
	for (size_t i = 0; i < count; i++) {
		const struct bounce_row *row = &e->own->row[i];

		if (row->phrase[0] == '\0' &&
		    code_covers(row,
				r->reply_status.class != 0 ? r->reply_status : r->field_status))
			return row;
	}
	return NULL;
}
