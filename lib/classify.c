/*
 * classify - one recipient of a report becomes a verdict
 *
 * The order of evidence stands in decide() and nowhere else; classify_limit.c then limits what was
 * decided. Two rules above all: the phrase beats the code, and on a conflict the reading that
 * spares the address wins. A good address that is dropped hurts more than a bad one mailed again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

/* ---- evidence, one kind a function: each sets e->row and says whether it decides ---- */

/* Policy codes that do not say which policy; and a code that blames an address which the words
 * spare says less than the words. */
static bool
gives_way(const struct bounce_row *code, const struct bounce_row *hint)
{
	if (hint == NULL || hint->bad == BOUNCE_BAD_YES)
		return false;
	if (code->bad == BOUNCE_BAD_YES)
		return hint->bad == BOUNCE_BAD_NO;
	return code->low.subject == 7 && code->low.detail <= 1 && code->table == CODE_STATUS;
}

/*
 * Microsoft's own codes (5.7.133) say as much as a phrase
 * of theirs, so they stand before generic phrases - but for those that spare the address more.
 */
static bool
by_own_code(struct evidence *e, const struct bounce_row *phrase)
{
	const struct bounce_recipient *r = e->recipient;
	struct bounce_status status =
		r->reply_status.class != 0 ? r->reply_status : r->field_status;
	const struct bounce_row *row;

	if (status.detail < CLASSIFY_OWN_DETAIL || (phrase != NULL && phrase->table < CODE_PHRASE))
		return false;
	row = classify_microsoft_code(status);
	if (row == NULL || row->reason == BOUNCE_REASON_UNCLASSIFIED ||
	    (phrase != NULL && code_spares(phrase, row) && row->bad != BOUNCE_BAD_NO))
		return false;
	e->row = row;
	e->status = status;
	return true;
}

/* The decision is by words: the code is told beside them. */
static bool
by_words(struct evidence *e, const struct bounce_row *row)
{
	e->row = row;
	e->status = (struct bounce_status){ 0 };
	e->by_words = row != NULL && row->phrase[0] != '\0';
	if (row == NULL)
		return false;
	if (strchr(row->phrase, '{') != NULL)
		(void)match_phrase(row->phrase, e->recipient->diagnostic, &e->match);
	return true;
}

/*
 * "User unknown" beside 5.2.1: the code says that the mailbox is there. Some print that for whom
 * they do not know, and then at RCPT; elsewhere the code decides, for it spares the address.
 */
static bool
is_spared_by_code(const struct evidence *e, const struct bounce_row *words)
{
	const struct bounce_recipient *r = e->recipient;
	struct bounce_status status =
		r->reply_status.class != 0 ? r->reply_status : r->field_status;

	return words != NULL && words->table == CODE_PHRASE && words->whose != CODE_WORDS_LOCAL &&
	       words->reason == BOUNCE_REASON_NO_SUCH_USER && r->stage != BOUNCE_STAGE_RCPT &&
	       status.subject == 2 && status.detail != 0;
}

/*
 * "Sender address rejected: undeliverable address: host x said: ... User unknown": x.1.7 and x.1.8
 * are about the sender's address, so it is he whom nobody knows.
 */
static bool
is_about_sender_by_code(const struct evidence *e, const struct bounce_row *words)
{
	struct bounce_status status = e->recipient->reply_status;

	return words != NULL && words->table == CODE_PHRASE && words->bad != BOUNCE_BAD_NO &&
	       status.subject == 1 && (status.detail == 7 || status.detail == 8);
}

/*
 * The code of the quoted reply is the refusing server's own word; Status: may be the reporter's
 * guess. When the two disagree about blame, the one that spares the address wins, and a guess made
 * of three digits (sendmail's 5.1.3 for any 553) says no more than the digits do.
 */
static bool
by_exact_code(struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;
	const struct bounce_row *said = classify_code(e, r->reply_status);
	const struct bounce_row *noted = classify_code(e, r->field_status);
	const struct bounce_row *digits = code_find_reply(r->smtp);

	if (said != NULL && said->bad == BOUNCE_BAD_YES && noted != NULL &&
	    noted->bad == BOUNCE_BAD_NO)
		said = NULL;
	e->row = said != NULL ? said : noted;
	e->status = said != NULL ? r->reply_status : r->field_status;
	if (said == NULL && noted != NULL && r->reply_status.class == 0 && digits != NULL &&
	    digits->reason == noted->reason && code_spares(digits, noted))
		e->row = digits;
	return e->row != NULL;
}

/* The exact code, unless a hint says more than it. */
static bool
by_exact_code_or_hint(struct evidence *e, const struct bounce_row *hint)
{
	if (!by_exact_code(e))
		return by_words(e, hint);
	return !gives_way(e->row, hint) || by_words(e, hint);
}

static bool
by_reply(struct evidence *e)
{
	e->row = code_find_reply(e->recipient->smtp);
	if (e->row == NULL || e->row->reason == BOUNCE_REASON_COUNT ||
	    e->row->reason == BOUNCE_REASON_UNCLASSIFIED)
		e->row = NULL;
	e->status = (struct bounce_status){ 0 };
	return e->row != NULL;
}

/* A code whose detail is 0 or not registered: what is known of its subject, else of its class. */
static bool
by_general_code(struct evidence *e, struct bounce_status status)
{
	struct bounce_status less = { status.class, status.subject, 0 };

	e->status = status;
	if (status.class != 4 && status.class != 5)
		return false;
	e->row = classify_registered(status);
	if (e->row == NULL)
		e->row = classify_registered(less);
	less.subject = 0;
	if (e->row == NULL)
		e->row = classify_registered(less);
	return e->row != NULL;
}

static bool
by_any_reply(struct evidence *e)
{
	e->row = code_find_reply(e->recipient->smtp);
	if (e->row != NULL && e->row->reason == BOUNCE_REASON_COUNT)
		e->row = NULL;
	e->status = (struct bounce_status){ 0 };
	return e->row != NULL;
}

/* ---- the verdict ---- */

const char *
classify_kind_rule(enum bounce_kind kind)
{
	static const char *const rules[BOUNCE_KIND_COUNT] = {
#define KIND(id, name, text) [BOUNCE_KIND_##id] = "kind:" name,
#include "word.def"
	};

	return rules[kind];
}

/* The report is of a format that only ever reports one thing. */
static struct bounce_verdict
by_format(const struct bounce_implied *implied)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(implied->reason);

	return (struct bounce_verdict){
		.reason = implied->reason,
		.bad = facts->bad,
		.effect = BOUNCE_EFFECT_UNKNOWN,
		.fixer = facts->fixer,
		.disposition = facts->disposition,
		.rule = implied->rule,
		.why = bounce_reason_text(implied->reason),
	};
}

/* No row decides: all we know is that it failed, and at best the first digit of the reply. */
static struct bounce_verdict
by_action(const struct evidence *e)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(BOUNCE_REASON_UNCLASSIFIED);
	struct bounce_verdict v = {
		.reason = BOUNCE_REASON_UNCLASSIFIED,
		.bad = BOUNCE_BAD_UNKNOWN,
		.effect = BOUNCE_EFFECT_UNKNOWN,
		.fixer = facts->fixer,
		.disposition = BOUNCE_DISPOSITION_RETRY,
		.rule = "action:failed",
		.why = "The report says that delivery failed, and nothing tells why.",
	};

	if (e->recipient->action == BOUNCE_ACTION_NONE)
		v.rule = classify_kind_rule(e->report->kind);
	if (e->recipient->smtp / 100 == 5) {
		v.effect = BOUNCE_EFFECT_PERMANENT;
		v.disposition = facts->disposition;
		v.rule = "reply:5yz";
		v.why = "The server refused with a reply that nobody defined.";
	}
	return v;
}

static struct bounce_verdict
by_row(const struct evidence *e)
{
	const struct bounce_row *row = e->row;
	struct bounce_verdict v = {
		.reason = row->reason,
		.bad = row->bad,
		.effect = row->effect,
		.fixer = row->fixer,
		.disposition = row->disposition,
		.row = row,
		.rule = row->rule,
		.why = row->table == CODE_MICROSOFT ? row->cause : bounce_reason_text(row->reason),
	};

	v.found_count = e->match.found_count;
	memcpy(v.found, e->match.found, sizeof(v.found));
	return v;
}

/* The codes that stand there, for bounce_explain(): each with its row, if it has one. */
static void
note_codes(struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;
	const struct bounce_row *rows[] = {
		classify_code(e, r->reply_status),
		classify_code(e, r->field_status),
		code_find_reply(r->smtp),
	};
	const struct span nowhere = { NULL, NULL };
	bool told = e->by_words; /* phrases were noted where they raced */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((i > 0 && rows[i] == rows[i - 1]) || (told && rows[i] == e->row))
			continue;
		told = told || rows[i] == e->row;
		classify_note(e, rows[i], nowhere, rows[i] == e->row ? LOST_NOT : LOST_ORDER);
	}
	if (!told)
		classify_note(e, e->row, nowhere, LOST_NOT);
}

/* What decides: the first that knows something. A code that says nothing exact gives way to hints,
 * and to three digits that say more. */
static struct bounce_verdict
decide(struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;
	struct phrase_choice words;
	struct bounce_verdict v;

	if (by_words(e, classify_own(e))) {
		classify_note(e, e->row, (struct span){ NULL, NULL }, LOST_NOT);
		return by_row(e);
	}
	words = classify_phrases(e);
	if (is_spared_by_code(e, words.sure) || is_about_sender_by_code(e, words.sure))
		words.sure = NULL;
	if (by_own_code(e, words.sure) || by_words(e, words.sure) ||
	    by_exact_code_or_hint(e, words.hint) || by_reply(e) ||
	    by_general_code(e, r->reply_status) || by_general_code(e, r->field_status) ||
	    by_any_reply(e))
		v = by_row(e);
	else if (e->report->implied.rule != NULL)
		v = by_format(&e->report->implied);
	else
		v = by_action(e);
	if (e->candidate != NULL)
		note_codes(e);
	return v;
}

static struct bounce_verdict
judge(struct evidence *e)
{
	const struct bounce_recipient *r = e->recipient;
	struct bounce_verdict v = decide(e);

	v.smtp = r->smtp;
	v.status = e->status;
	if (v.status.class == 0)
		v.status = r->reply_status.class != 0 ? r->reply_status : r->field_status;
	classify_limit(e, &v);
	return v;
}

struct bounce_verdict
bounce_classify_with(const struct bounce_report *report, size_t index,
		     const struct bounce_table *own)
{
	struct evidence e = {
		.report = report,
		.recipient = &report->recipient[index],
		.own = own,
	};

	return judge(&e);
}

struct bounce_verdict
bounce_classify(const struct bounce_report *report, size_t index)
{
	return bounce_classify_with(report, index, NULL);
}

size_t
bounce_explain(const struct bounce_report *report, size_t index, const struct bounce_table *own,
	       struct bounce_candidate *out, size_t room)
{
	struct evidence e = {
		.report = report,
		.recipient = &report->recipient[index],
		.own = own,
		.candidate = out,
		.room = room,
	};

	(void)judge(&e);
	for (size_t i = 0; i < e.candidate_count && i < room; i++)
		if (out[i].lost == NULL && out[i].row != e.row)
			out[i].lost = "other evidence comes first";
	return e.candidate_count;
}
