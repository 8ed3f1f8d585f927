/*
 * classify - one recipient of a report becomes a verdict
 *
 * The order of evidence stands in bounce_classify() and nowhere else: first what decides, then what
 * limits it. Two rules above all: the phrase beats the code, and on a conflict the reading that
 * spares the address wins. A good address that is dropped hurts more than a bad one mailed again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

#include "address.h"
#include "field.h"
#include "recipient.h"

/* Strikes, in hundredths of a point, for verdicts milder than their reason's own. */
#define WEIGHT_DOUBTED 25 /* retry, where the reason would count */
#define WEIGHT_UNSURE 100 /* the reason names the address, the evidence is unsure */
#define WEIGHT_TWICE 250  /* it must happen twice before the threshold of 5 points is reached */

/* Does the report say that the mail failed? Without an Action the codes tell, in a report that
 * tells of failures; of whom it says nothing at all, nothing failed. */
static bool
is_failure(const struct evidence *e)
{
	return recipient_fate(e->recipient) == BOUNCE_ACTION_FAILED &&
	       (e->recipient->action != BOUNCE_ACTION_NONE ||
		e->report->kind == BOUNCE_KIND_BOUNCE);
}

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

/* ---- the verdict and its limits ---- */

static const char *const kind_rules[BOUNCE_KIND_COUNT] = {
#define KIND(id, name, text) [BOUNCE_KIND_##id] = "kind:" name,
#include "word.def"
};

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
		v.rule = kind_rules[e->report->kind];
	if (e->recipient->smtp / 100 == 5) {
		v.effect = BOUNCE_EFFECT_PERMANENT;
		v.disposition = facts->disposition;
		v.rule = "reply:5yz";
		v.why = "The server refused with a reply that nobody defined.";
	}
	return v;
}

/* May the failure pass? On unsure evidence, and before an address is given up, any hint at a
 * temporary failure is believed. */
static bool
is_temporary(const struct evidence *e, const struct bounce_verdict *v)
{
	const struct bounce_recipient *r = e->recipient;

	if (v->status.class == 4 || v->smtp / 100 == 4)
		return true;
	return (v->reason == BOUNCE_REASON_UNCLASSIFIED ||
		v->disposition == BOUNCE_DISPOSITION_DEAD) &&
	       (r->field_status.class == 4 || r->reply_status.class == 4);
}

/* What a code does not say itself follows from its class and from what the reason calls for. */
static enum bounce_effect
effect_of(const struct bounce_verdict *v, bool temporary)
{
	if (v->reason == BOUNCE_REASON_EXPIRED)
		return BOUNCE_EFFECT_FINAL;
	if (temporary)
		return BOUNCE_EFFECT_TEMPORARY;
	switch (v->disposition) {
	case BOUNCE_DISPOSITION_OPERATOR:
		return BOUNCE_EFFECT_UNTIL_FIXED;
	case BOUNCE_DISPOSITION_BACK_OFF:
		return BOUNCE_EFFECT_TEMPORARY;
	case BOUNCE_DISPOSITION_RETRY:
		return BOUNCE_EFFECT_FINAL;
	case BOUNCE_DISPOSITION_IGNORE:
	case BOUNCE_DISPOSITION_CONTENT:
	case BOUNCE_DISPOSITION_DISABLE:
	case BOUNCE_DISPOSITION_DEAD:
	case BOUNCE_DISPOSITION_COUNT:
		break;
	}
	return BOUNCE_EFFECT_PERMANENT;
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

/* Does the server say in words that there is no such mailbox? Many are set up to answer 450 4.1.1
 * to that (Postfix's unknown_local_recipient_reject_code); the words count more than the class. */
static bool
says_no_such_user(const struct evidence *e, const struct bounce_verdict *v)
{
	return e->by_words && e->row->table != CODE_OPERATOR && !e->row->hint &&
	       v->reason == BOUNCE_REASON_NO_SUCH_USER && v->bad == BOUNCE_BAD_YES;
}

/* Class 4: the mail is lost, the address is not to blame for good, whatever the code says. */
static void
limit_temporary(const struct evidence *e, struct bounce_verdict *v)
{
	if (says_no_such_user(e, v)) {
		v->disposition = BOUNCE_DISPOSITION_DISABLE;
		v->effect = BOUNCE_EFFECT_PERMANENT;
		return;
	}
	if (v->bad == BOUNCE_BAD_YES)
		v->bad = BOUNCE_BAD_UNKNOWN;
	if (v->disposition == BOUNCE_DISPOSITION_DEAD ||
	    v->disposition == BOUNCE_DISPOSITION_DISABLE)
		v->disposition = BOUNCE_DISPOSITION_RETRY;
	if (v->effect == BOUNCE_EFFECT_PERMANENT)
		v->effect = BOUNCE_EFFECT_TEMPORARY;
}

static unsigned
weight_of(const struct bounce_verdict *v)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(v->reason);

	switch (v->disposition) {
	case BOUNCE_DISPOSITION_IGNORE:
	case BOUNCE_DISPOSITION_CONTENT:
	case BOUNCE_DISPOSITION_OPERATOR:
	case BOUNCE_DISPOSITION_COUNT:
		return 0;
	case BOUNCE_DISPOSITION_RETRY:
	case BOUNCE_DISPOSITION_BACK_OFF:
		if (v->bad == BOUNCE_BAD_NO && facts->bad != BOUNCE_BAD_NO)
			return 0;
		if (v->disposition == facts->disposition)
			return facts->weight;
		return v->bad == BOUNCE_BAD_NO ? 0 : WEIGHT_DOUBTED;
	case BOUNCE_DISPOSITION_DISABLE:
		if (facts->bad == BOUNCE_BAD_YES && v->bad != BOUNCE_BAD_YES)
			return WEIGHT_UNSURE;
		return facts->weight > WEIGHT_TWICE ? WEIGHT_TWICE : facts->weight;
	case BOUNCE_DISPOSITION_DEAD:
		return facts->weight;
	}
	return 0;
}

/* Reasons that name the recipient's mailbox or domain, or nothing at all. */
static bool
names_recipient(enum bounce_reason reason)
{
	const uint64_t some =
		1ULL << BOUNCE_REASON_NO_SUCH_USER | 1ULL << BOUNCE_REASON_NO_SUCH_DOMAIN |
		1ULL << BOUNCE_REASON_DOMAIN_NO_MAIL | 1ULL << BOUNCE_REASON_BAD_ADDRESS_SYNTAX |
		1ULL << BOUNCE_REASON_MAILBOX_MOVED | 1ULL << BOUNCE_REASON_MAILBOX_DISABLED |
		1ULL << BOUNCE_REASON_UNCLASSIFIED;

	return (some >> reason & 1) != 0;
}

/* What a refusal means that can not be about the recipient because of where it came. */
static const struct {
	enum bounce_reason reason;
	const char *rule, *why;
} stages[BOUNCE_STAGE_COUNT] = {
	[BOUNCE_STAGE_GREETING] = { BOUNCE_REASON_IP_BLOCKED, "stage:greeting",
				    "The server refused the connection before it knew for whom." },
	[BOUNCE_STAGE_HELO] = { BOUNCE_REASON_SENDER_CONFIG, "stage:helo",
				"The server refused our name or our encryption before it knew "
				"for whom." },
	[BOUNCE_STAGE_MAIL] = { BOUNCE_REASON_SENDER_CONFIG, "stage:mail",
				"The server refused the sender before it knew for whom." },
	[BOUNCE_STAGE_DATA] = { BOUNCE_REASON_CONTENT_REJECTED, "stage:data",
				"The server took the recipient and refused the message." },
};

static void
judge_by_stage(struct bounce_verdict *v, enum bounce_stage stage, bool temporary)
{
	enum bounce_reason reason = temporary ? BOUNCE_REASON_SYSTEM_ERROR : stages[stage].reason;
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);

	v->reason = reason;
	v->bad = BOUNCE_BAD_NO;
	v->fixer = facts->fixer;
	v->disposition = facts->disposition;
	v->effect = effect_of(v, temporary);
	v->row = NULL;
	v->rule = stages[stage].rule;
	v->why = stages[stage].why;
}

/*
 * The stage rule. A refusal of greeting, HELO or MAIL FROM is never about the recipient. One of the
 * message itself is about content, size, quota or policy, unless words name the mailbox - and then
 * the server had taken the recipient before, so only a provider's own words, known to come that
 * late, may kill it.
 */
static void
limit_stage(struct bounce_verdict *v, enum bounce_stage stage, bool temporary)
{
	bool common = v->row != NULL && !v->row->anywhere && v->row->table == CODE_MICROSOFT &&
		      v->row->low.detail < CLASSIFY_OWN_DETAIL; /* others print it too */
	bool words = v->row != NULL && (v->row->table == CODE_MICROSOFT ||
					(v->row->table <= CODE_PHRASE && !v->row->hint));
	/* a bare 552 for a message is more often its size */
	bool full_by_digits = v->row != NULL && v->row->table == CODE_REPLY &&
			      v->reason == BOUNCE_REASON_MAILBOX_FULL;

	switch (stage) {
	case BOUNCE_STAGE_GREETING:
	case BOUNCE_STAGE_HELO:
	case BOUNCE_STAGE_MAIL:
		if (names_recipient(v->reason) || v->disposition >= BOUNCE_DISPOSITION_DISABLE)
			judge_by_stage(v, stage, temporary);
		v->bad = BOUNCE_BAD_NO;
		v->weight = 0;
		return;
	case BOUNCE_STAGE_DATA:
		if ((names_recipient(v->reason) && !words) || full_by_digits) {
			judge_by_stage(v, stage, temporary);
			v->weight = 0;
		} else if (v->bad == BOUNCE_BAD_YES && (v->row->table == CODE_PHRASE || common)) {
			v->bad = BOUNCE_BAD_UNKNOWN;
			if (v->disposition == BOUNCE_DISPOSITION_DEAD)
				v->disposition = BOUNCE_DISPOSITION_DISABLE;
			v->weight = weight_of(v);
		}
		return;
	case BOUNCE_STAGE_UNKNOWN:
	case BOUNCE_STAGE_RCPT:
	case BOUNCE_STAGE_COUNT:
		return;
	}
}

/* At which stage, also where the report does not say so: Sendmail writes 5.2.0 for a 550 that came
 * after the recipient was taken, and 5.1.1 for one that came at RCPT. */
static enum bounce_stage
stage_of(const struct bounce_recipient *r)
{
	const struct bounce_status *noted = &r->field_status;

	if (r->stage == BOUNCE_STAGE_UNKNOWN && r->smtp == 550 && r->reply_status.class == 0 &&
	    noted->class == 5 && noted->subject == 2 && noted->detail == 0)
		return BOUNCE_STAGE_DATA;
	return r->stage;
}

/* IMCEAEX and X.500 names come out of the sender's own directory: no mailbox stands behind them. */
static void
limit_directory_name(const struct bounce_recipient *r, struct bounce_verdict *v)
{
	if (!address_is_directory_name(r->address) && !address_is_directory_name(r->final))
		return;
	if (v->bad == BOUNCE_BAD_YES)
		v->bad = BOUNCE_BAD_UNKNOWN;
	if (v->disposition >= BOUNCE_DISPOSITION_RETRY)
		v->disposition = BOUNCE_DISPOSITION_OPERATOR;
	v->weight = 0;
	v->fixer = BOUNCE_FIXER_SENDER;
	v->why = "The recipient is a name from the sender's directory, not a mail address.";
}

/* Did the address that we mailed pass the mail on to somewhere else? A host's name in front of the
 * domain is the same mailbox. */
static bool
is_forwarded(const struct bounce_recipient *r)
{
	struct span local = r->address, final_local = r->final, domain, final_domain;

	if (span_empty(r->final) || span_empty(r->original) || !span_eq(r->address, r->original))
		return false;
	domain = address_domain(r->address);
	final_domain = address_domain(r->final);
	local.end = domain.p;
	final_local.end = final_domain.p;
	return !span_ieq(local, final_local) || !(field_host_within(final_domain, domain) ||
						  field_host_within(domain, final_domain));
}

/* The mailbox that refused is not the one that we mailed, whose owner can lead it elsewhere: half a
 * strike, and never dead at once. */
static void
limit_forwarded(const struct bounce_recipient *r, struct bounce_verdict *v)
{
	if (v->disposition < BOUNCE_DISPOSITION_DISABLE || !is_forwarded(r))
		return;
	if (v->bad == BOUNCE_BAD_YES)
		v->bad = BOUNCE_BAD_UNKNOWN;
	v->disposition = BOUNCE_DISPOSITION_DISABLE;
	v->weight /= 2;
	v->fixer = BOUNCE_FIXER_RECIPIENT;
	v->why = "The address passes its mail on, and the mailbox behind it refused.";
}

/* Delays and success reports: they are told apart from failures and nothing comes of them. */
static void
limit_no_failure(const struct evidence *e, struct bounce_verdict *v)
{
	static const struct {
		const char *rule, *why;
	} words[BOUNCE_ACTION_COUNT] = {
		[BOUNCE_ACTION_DELAYED] = { "action:delayed", "Delivery is still being tried." },
		[BOUNCE_ACTION_DELIVERED] = { "action:delivered", "The message was delivered." },
		[BOUNCE_ACTION_RELAYED] = { "action:relayed",
					    "The message was handed to a system that makes no "
					    "reports." },
		[BOUNCE_ACTION_EXPANDED] = { "action:expanded",
					     "The message was delivered to a list and sent on." },
	};
	enum bounce_action action = e->recipient->action;
	bool told = words[action].rule != NULL;

	v->bad = told && action != BOUNCE_ACTION_DELAYED ? BOUNCE_BAD_NO : BOUNCE_BAD_UNKNOWN;
	v->disposition = BOUNCE_DISPOSITION_IGNORE;
	v->severity = BOUNCE_SEVERITY_NONE;
	v->weight = 0;
	v->rule = told ? words[action].rule : kind_rules[e->report->kind];
	v->why = told ? words[action].why : "Nothing says that delivery failed.";
}

/* Words that name the address bear out its badness even where the row doubts it: the doubt is about
 * what we do, not about what the report says. */
static bool
is_bad_by_words(const struct evidence *e, const struct bounce_verdict *v)
{
	return e->by_words && e->row->bad == BOUNCE_BAD_UNKNOWN && v->bad == BOUNCE_BAD_UNKNOWN &&
	       v->disposition >= BOUNCE_DISPOSITION_DISABLE;
}

static enum bounce_severity
severity_of(const struct evidence *e, const struct bounce_verdict *v)
{
	bool lasting = v->effect != BOUNCE_EFFECT_TEMPORARY && v->effect != BOUNCE_EFFECT_FINAL;

	return bounce_reason_facts(v->reason)->severity == BOUNCE_SEVERITY_HARD && lasting &&
			       (v->bad == BOUNCE_BAD_YES || is_bad_by_words(e, v))
		       ? BOUNCE_SEVERITY_HARD
		       : BOUNCE_SEVERITY_SOFT;
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
	if (by_own_code(e, words.sure) || by_words(e, words.sure) ||
	    by_exact_code_or_hint(e, words.hint) || by_reply(e) ||
	    by_general_code(e, r->reply_status) || by_general_code(e, r->field_status) ||
	    by_any_reply(e))
		v = by_row(e);
	else
		v = by_action(e);
	if (e->candidate != NULL)
		note_codes(e);
	return v;
}

/* What limits it: each step only ever spares the address more than the one before. An operator's
 * own row has the last word. */
static void
limit(const struct evidence *e, struct bounce_verdict *v)
{
	bool temporary = is_temporary(e, v);
	bool own = v->row != NULL && v->row->table == CODE_OPERATOR;

	if (v->effect == BOUNCE_EFFECT_UNKNOWN && v->row != NULL)
		v->effect = effect_of(v, temporary);
	else if (own)
		temporary = v->effect == BOUNCE_EFFECT_TEMPORARY;
	if (temporary)
		limit_temporary(e, v);
	v->weight = weight_of(v);
	if (!own)
		limit_stage(v, stage_of(e->recipient), temporary);
	limit_forwarded(e->recipient, v);
	limit_directory_name(e->recipient, v);
	v->severity = severity_of(e, v);
	if (!is_failure(e))
		limit_no_failure(e, v);
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
	limit(e, &v);
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
