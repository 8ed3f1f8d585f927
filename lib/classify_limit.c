/*
 * classify_limit - what limits a verdict once something has decided
 *
 * Whether the failure may pass, who bears it out, where in the dialogue it came, whose mailbox it
 * is about: each step only ever spares the address more than the one before it.
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

/* Does the server say in words that there is no such mailbox? Many are set up to answer 450 4.1.1
 * to that (Postfix's unknown_local_recipient_reject_code); the words count more than the class. */
static bool
says_no_such_user(const struct evidence *e, const struct bounce_verdict *v)
{
	return e->by_words && e->row->table != CODE_OPERATOR && !e->row->hint &&
	       v->reason == BOUNCE_REASON_NO_SUCH_USER && v->bad == BOUNCE_BAD_YES;
}

/* Does the code find fault with the recipient's address? x.1.7 and x.1.8 are about the sender's. */
static bool
blames_address(struct bounce_status status)
{
	return status.class != 0 && status.subject == 1 && status.detail != 7 && status.detail != 8;
}

/*
 * "User unknown" and its like are printed for much: for a mailbox that is switched off, for mail
 * that its owner filters, for another recipient of the same message. What is to kill an address
 * needs a second witness: a code about the address, the answer to RCPT, or the words of a system
 * that tells of its own directory (a provider's row, LOCAL in phrase.def).
 */
static bool
is_witnessed(const struct bounce_recipient *r, const struct bounce_row *row)
{
	return row->table != CODE_PHRASE || row->whose == CODE_WORDS_LOCAL ||
	       r->stage == BOUNCE_STAGE_RCPT || blames_address(r->reply_status) ||
	       blames_address(r->field_status);
}

static bool
is_borne_out(const struct evidence *e, const struct bounce_verdict *v)
{
	return v->reason != BOUNCE_REASON_NO_SUCH_USER || v->bad != BOUNCE_BAD_YES ||
	       v->row == NULL || is_witnessed(e->recipient, v->row);
}

static void
limit_one_witness(const struct evidence *e, struct bounce_verdict *v)
{
	if (is_borne_out(e, v))
		return;
	v->bad = BOUNCE_BAD_UNKNOWN;
	v->disposition = BOUNCE_DISPOSITION_DISABLE;
	v->why = "Only common words say that there is no such mailbox: no code of the address and "
		 "no refusal at RCPT bears them out.";
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
		if (names_recipient(v->reason) ||
		    ((v->disposition >= BOUNCE_DISPOSITION_DISABLE ||
		      v->reason == BOUNCE_REASON_RECIPIENT_RESTRICTED) &&
		     !words))
			judge_by_stage(v, stage, temporary);
		else if (v->disposition >= BOUNCE_DISPOSITION_DISABLE)
			v->disposition = BOUNCE_DISPOSITION_OPERATOR; /* "Relaying denied" */
		v->bad = BOUNCE_BAD_NO;
		v->weight = 0;
		return;
	case BOUNCE_STAGE_DATA:
		if ((names_recipient(v->reason) && !words) || full_by_digits) {
			judge_by_stage(v, stage, temporary);
			v->weight = 0;
		} else if (v->bad == BOUNCE_BAD_YES && v->row != NULL &&
			   (v->row->table == CODE_PHRASE || common)) {
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

/* What a system tells its users is its reading of a code that we have not seen, and may be wrong
 * for this refusal: it names the reason, and no address is given up for it. */
static void
limit_letter(const struct bounce_recipient *r, struct bounce_verdict *v)
{
	if (!r->letter || r->field_status.class != 0 || v->disposition < BOUNCE_DISPOSITION_DISABLE)
		return;
	if (v->bad == BOUNCE_BAD_YES)
		v->bad = BOUNCE_BAD_UNKNOWN;
	v->disposition = BOUNCE_DISPOSITION_RETRY;
	v->weight = weight_of(v);
	v->why = "Only the words for the report's reader say so; no server's answer stands beside.";
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
	v->forwarded = is_forwarded(r);
	if (!v->forwarded)
		return;
	v->weight /= 2;
	if (v->disposition < BOUNCE_DISPOSITION_DISABLE)
		return;
	if (v->bad == BOUNCE_BAD_YES)
		v->bad = BOUNCE_BAD_UNKNOWN;
	v->disposition = BOUNCE_DISPOSITION_DISABLE;
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
	v->rule = told ? words[action].rule : classify_kind_rule(e->report->kind);
	v->why = told ? words[action].why : "Nothing says that delivery failed.";
}

/* Words that name the address bear out its badness even where the row doubts it: the doubt is about
 * what we do, not about what the report says. A hint needs a witness for that, too. */
static bool
is_bad_by_words(const struct evidence *e, const struct bounce_verdict *v)
{
	return e->by_words && e->row->bad == BOUNCE_BAD_UNKNOWN && v->bad == BOUNCE_BAD_UNKNOWN &&
	       v->disposition >= BOUNCE_DISPOSITION_DISABLE &&
	       (!e->row->hint || is_witnessed(e->recipient, e->row));
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

/* What limits it: each step only ever spares the address more than the one before. An operator's
 * own row has the last word. */
void
classify_limit(const struct evidence *e, struct bounce_verdict *v)
{
	bool temporary = is_temporary(e, v);
	bool own = v->row != NULL && v->row->table == CODE_OPERATOR;

	if (v->effect == BOUNCE_EFFECT_UNKNOWN && v->row != NULL)
		v->effect = effect_of(v, temporary);
	else if (own)
		temporary = v->effect == BOUNCE_EFFECT_TEMPORARY;
	if (!own)
		limit_one_witness(e, v);
	if (temporary)
		limit_temporary(e, v);
	v->weight = weight_of(v);
	if (!own)
		limit_stage(v, stage_of(e->recipient), temporary);
	if (!own)
		limit_letter(e->recipient, v);
	limit_forwarded(e->recipient, v);
	limit_directory_name(e->recipient, v);
	v->unwanted = v->row != NULL && v->row->unwanted;
	v->severity = severity_of(e, v);
	if (!is_failure(e))
		limit_no_failure(e, v);
}
