/*
 * ledger - one message's facts into the store
 *
 * Read bottom up: read the message and say what it is; write its row, then one event a recipient.
 * The store decides whether it is new; everything that counts is behind that question.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger.h"

#include <gnutls/crypto.h>
#include <sysexits.h>

#include "address.h"
#include "code.h"
#include "crash.h"
#include "guard.h"
#include "recipient.h"
#include "store_forget.h"
#include "tell.h"

#define MAX_WARNINGS \
	20 /* alerts told of one message: a hostile one can name a domain a recipient */

/* What the steps below share while they work on one message. */
struct work {
	struct store *store;
	const struct config *config;
	const struct ledger_message *message;
	const struct ledger_reading *reading;
	struct ledger_result *out;
	struct trust_seen seen;
	int64_t id;      /* of the message's row */
	size_t alerts;   /* new ones in this message */
	int64_t cadence; /* of the list, 0 = unknown */
};

/* One recipient, from verdict to transition. */
struct entry {
	const struct bounce_recipient *recipient;
	struct bounce_recipient nameless; /* of one who is forgotten */
	char pseudonym[STORE_PSEUDONYM_SIZE], mailing[STORE_PSEUDONYM_SIZE]; /* of him, and its */
	struct bounce_verdict verdict;
	struct bounce_standing before;
	struct bounce_transition transition;
	struct trust_verdict trust;
	struct span domain;
	enum bounce_kind kind;
	struct span scope; /* whose standing changes: see struct store_key */
	int64_t event;
	int64_t incident; /* that holds it, 0 = none */
};

void
ledger_fingerprint(uint64_t message_size, struct span bytes, unsigned char out[STORE_FINGERPRINT])
{
	size_t length = span_len(bytes);
	gnutls_hash_hd_t hash;
	unsigned char size[8];

	for (size_t i = 0; i < sizeof(size); i++)
		size[i] = (unsigned char)(message_size >> (56 - 8 * i));
	if (length > CONFIG_LEAST_MESSAGE_BYTES)
		length = CONFIG_LEAST_MESSAGE_BYTES;
	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0 ||
	    gnutls_hash(hash, size, sizeof(size)) < 0 ||
	    (length > 0 && gnutls_hash(hash, bytes.p, length) < 0))
		log_panic("ledger: GnuTLS has no SHA-256");
	gnutls_hash_deinit(hash, out);
}

/* An address that the report does not name, only the message that it returns, changes no state. */
static bool
is_named(const struct bounce_recipient *r)
{
	return !span_empty(r->address) && !r->guessed;
}

static bool
names_somebody(const struct bounce_report *report)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		if (is_named(&report->recipient[i]))
			return true;
	}
	return false;
}

/* A report that says of nobody what became of his mail: a person must look. */
static bool
is_unreadable(const struct bounce_report *report)
{
	bool is_report = report->report_at.line != 0;

	if (report->kind == BOUNCE_KIND_OTHER)
		return is_report;
	return (report->kind == BOUNCE_KIND_BOUNCE || report->kind == BOUNCE_KIND_DELAYED) &&
	       !names_somebody(report);
}

/* Kinds whose recipients are recorded; of the others only the message is. */
static bool
has_events(enum bounce_kind kind)
{
	return kind == BOUNCE_KIND_BOUNCE || kind == BOUNCE_KIND_DELAYED ||
	       kind == BOUNCE_KIND_COMPLAINT || kind == BOUNCE_KIND_SUCCESS;
}

/* One report may tell of a failure, a delay and a delivery: each recipient is what became of it. */
static enum bounce_kind
incident_kind(const struct bounce_report *report, const struct bounce_recipient *r)
{
	if (report->kind == BOUNCE_KIND_COMPLAINT)
		return report->kind;
	switch (recipient_fate(r)) {
	case BOUNCE_ACTION_FAILED:
		return BOUNCE_KIND_BOUNCE;
	case BOUNCE_ACTION_DELAYED:
		return BOUNCE_KIND_DELAYED;
	case BOUNCE_ACTION_DELIVERED:
	case BOUNCE_ACTION_RELAYED:
	case BOUNCE_ACTION_EXPANDED:
		return BOUNCE_KIND_SUCCESS;
	case BOUNCE_ACTION_NONE:
	case BOUNCE_ACTION_COUNT:
		break;
	}
	return report->kind;
}

/* Nobody may say it of the address: neither is it heard of, nor is the operator told. */
static bool
is_doubted(const struct entry *e)
{
	return e->transition.event == BOUNCE_EVENT_UNTRUSTED ||
	       (e->trust.strict && e->trust.grade < TRUST_LIST);
}

/* Ids that a sender makes of addresses. Each mailing stays another one than the others, or all but
 * the first would be its echo. */
static int
conceal_ids(struct work *w, struct entry *e)
{
	struct store_sought sought = store_sought_of(e->recipient->address);
	int result = store_mention_drop(w->store, STORE_MENTION_MESSAGE, &sought, w->id);

	if (result >= 0 && store_names(&sought, e->trust.mailing)) {
		result = store_pseudonym(w->store, e->trust.mailing, e->mailing);
		e->trust.mailing = span_of(e->mailing);
		if (result >= 0)
			result = store_mentions_drop(w->store, &sought);
	}
	store_sought_free(&sought);
	return result < 0 ? -1 : 0;
}

/* Who was forgotten and must not be mailed is known by his pseudonym alone: what the report says of
 * him counts, the texts that may name him are not kept. */
static int
conceal(struct work *w, struct entry *e)
{
	int forgotten = store_forgotten(w->store, e->recipient->address, e->pseudonym, NULL);

	if (forgotten <= 0)
		return forgotten;
	if (conceal_ids(w, e) < 0)
		return -1;
	e->nameless = *e->recipient;
	e->nameless.address = span_of(e->pseudonym);
	e->nameless.original = e->nameless.final = e->nameless.diagnostic = SPAN("");
	e->recipient = &e->nameless;
	return 0;
}

static int
judge(struct work *w, size_t index, struct entry *e)
{
	struct span list = w->reading->trust.list;
	struct bounce_incident incident = { .verdict = &e->verdict,
					    .list = list,
					    .cadence = w->cadence };
	const struct bounce_policy *policy = config_policy_for(w->config, list, &e->scope);
	struct store_mailing mailing = { .time = w->message->time };
	struct store_key key;
	const char *refused;
	int known;

	e->recipient = &w->reading->report->recipient[index];
	e->trust = trust_of(&w->reading->trust, w->config, &w->seen, e->recipient);
	if (conceal(w, e) < 0)
		return -1;
	e->domain = address_domain(e->recipient->address);
	e->verdict = w->reading->verdict[index];
	e->kind = incident_kind(w->reading->report, e->recipient);
	incident.kind = e->kind;
	incident.domain = e->domain;
	key = (struct store_key){ e->recipient->address, e->scope };
	mailing.name = e->trust.mailing;
	known = store_standing(w->store, &key, &e->before);
	if (known < 0 ||
	    (known > 0 && store_struck(w->store, &key, &mailing, &incident.repeated) < 0))
		return -1;
	e->transition = bounce_next(&e->before, &incident, policy, w->message->time);
	refused = trust_refuses(&w->reading->trust, &e->trust, w->config, &e->transition);
	if (refused == NULL) {
		e->transition.alert = e->transition.alert && !is_doubted(e);
		return 0;
	}
	incident.untrusted = true;
	e->transition = bounce_next(&e->before, &incident, policy, w->message->time);
	e->transition.why = refused;
	return 0;
}

/* Held, a report changes nothing. What it belongs to may just have been taken back: the standing is
 * read again. */
static int
ask_guard(struct work *w, struct entry *e)
{
	const struct store_key key = { e->recipient->address, e->scope };
	const struct guard_report report = {
		.address = e->recipient->address,
		.domain = e->domain,
		.list = w->reading->trust.list,
		.remote_mta = e->recipient->remote_mta,
		.diagnostic = e->recipient->diagnostic,
		.verdict = &e->verdict,
		.before = &e->before,
		.transition = &e->transition,
		.time = w->message->time,
	};

	if (guard_ask(w->store, w->config, &report, &e->incident) < 0)
		return -1;
	if (e->incident == 0)
		return 0;
	if (store_standing(w->store, &key, &e->before) < 0)
		return -1;
	e->transition = (struct bounce_transition){
		.event = BOUNCE_EVENT_NOTE,
		.next = e->before,
		.alert = e->transition.alert,
		.rule = e->transition.rule,
		.why = STORE_HELD_WHY,
	};
	return 0;
}

static int
write_event(struct work *w, size_t index, struct entry *e)
{
	struct store_event event = {
		.message = w->id,
		.report = w->reading->report,
		.index = index,
		.recipient = e->recipient,
		.verdict = &e->verdict,
		.before = &e->before,
		.transition = &e->transition,
		.time = w->message->time,
		.kind = e->kind,
		.list = w->reading->trust.list,
		.scope = e->scope,
		.mailing = e->trust.mailing,
		.trust = (int)e->trust.grade,
		.proof = e->trust.proof,
		.forwarded = e->verdict.forwarded,
		.cadence = w->cadence,
		.incident = e->incident,
		.doubted = is_doubted(e),
	};

	return store_event_add(w->store, &event, &e->event);
}

/* Who refuses. Microsoft bans the account or the tenant that sends: one fact, whatever the domains
 * that the mail was for; everything else is between us and the domain. */
static struct span
refuser(const struct entry *e)
{
	const struct bounce_row *row = e->verdict.row;

	if (row != NULL && row->table == CODE_MICROSOFT &&
	    e->verdict.reason == BOUNCE_REASON_SENDER_BANNED)
		return SPAN("Microsoft 365");
	return e->domain;
}

/* The address is not to blame, the operator may be: told once a reason, refuser and day. */
static int
raise_alert(struct work *w, const struct entry *e)
{
	const struct bounce_verdict *v = &e->verdict;
	const char *remedy = v->row != NULL ? v->row->remedy : "";
	struct span who = refuser(e);
	bool first;

	if (!e->transition.alert || store_is_pseudonym(e->recipient->address))
		return 0;
	if (store_alert(w->store, v->reason, who, w->message->time, &first) < 0)
		return -1;
	if (!first || ++w->alerts > MAX_WARNINGS)
		return 0;
	log_warn("%s: %.*s refuses our mail: %s (%s, %s); to act: %s%s%s; it said: %.*s",
		 w->message->where, SPAN_ARG(who), bounce_reason_text(v->reason),
		 bounce_reason_name(v->reason), v->rule, bounce_fixer_text(v->fixer),
		 remedy[0] == '\0' ? "" : "; ", remedy, SPAN_ARG(e->recipient->diagnostic));
	return 0;
}

static int
tell_of(struct work *w, const struct entry *e)
{
	const struct bounce_verdict *v = &e->verdict;
	const struct tell tell = {
		.event = e->event,
		.time = w->message->time,
		.key = { e->recipient->address, e->scope },
		.from = e->before.state,
		.now = &e->transition.next,
		.reason = bounce_reason_name(v->reason),
		.rule = v->rule,
		.why = v->why,
		.status = v->status,
		.smtp = v->smtp,
		.diagnostic = e->recipient->diagnostic,
		.list_id = w->reading->trust.list,
		.original_message_id = w->reading->report->original_message_id,
		.who = "",
	};

	return tell_hooks(w->store, w->config, &tell);
}

/* A line a recipient is for whoever looks into one message: a backlog of a million would drown
 * every warning, and journald throws lines away that come so fast. */
static void
log_entry(const struct work *w, const struct entry *e)
{
	char status[BOUNCE_STATUS_TEXT];

	log_debug("%s uid %u: %.*s: %s -> %s (%s, %s): %s %s %.*s", w->message->where,
		  w->message->uid, SPAN_ARG(e->recipient->address),
		  bounce_state_name(e->before.state), bounce_state_name(e->transition.next.state),
		  e->incident != 0 ? STORE_HELD : bounce_event_name(e->transition.event),
		  e->verdict.rule, bounce_reason_name(e->verdict.reason),
		  bounce_status_format(e->verdict.status, status),
		  SPAN_ARG(e->recipient->diagnostic));
}

static int
record_recipient(struct work *w, size_t index)
{
	struct entry e = { 0 };

	if (judge(w, index, &e) < 0 || ask_guard(w, &e) < 0 || write_event(w, index, &e) < 0)
		return -1;
	crash_here("after-event");
	if (raise_alert(w, &e) < 0 || tell_of(w, &e) < 0)
		return -1;
	log_entry(w, &e);
	w->out->recipients++;
	w->out->changed += e.transition.changed;
	return 0;
}

/* A valid token makes its list one whose mail carries tokens: first of all for this very report,
 * which may name others beside the one that the token is for. */
static int
learn_tokens(struct work *w)
{
	const struct trust *trust = &w->reading->trust;
	bool first;

	for (size_t i = 0; i < trust->count; i++) {
		const struct trust_proof *proof = &trust->proof[i];

		if (!proof->token)
			continue;
		if (store_token_seen(w->store, proof->list, w->message->time, &first) < 0)
			return -1;
		if (first)
			log_info("list %.*s: a valid token came back; from now on a report about "
				 "its mail without one changes nothing",
				 SPAN_ARG(proof->list));
	}
	return store_token_lists(w->store, trust->list, &w->seen.list, &w->seen.any) < 0 ||
			       store_mailing_known(w->store, trust->list,
						   w->reading->report->original_message_id,
						   &w->seen.mailing) < 0
		       ? -1
		       : 0;
}

/* How often the list posts. A forged report must not teach it: where tokens are expected, one
 * without is about no list. */
static int
learn_cadence(struct work *w)
{
	const struct trust *trust = &w->reading->trust;
	const struct store_post post = { w->reading->report->original_time, w->message->time };
	struct span list = trust->list;

	if (trust_is_doubtful(trust, w->config, &w->seen))
		list = (struct span){ NULL, NULL };
	return store_cadence(w->store, list, &post, &w->cadence);
}

static int
record_recipients(struct work *w)
{
	const struct bounce_report *report = w->reading->report;

	if (learn_tokens(w) < 0 || learn_cadence(w) < 0)
		return -1;
	for (size_t i = 0; i < report->recipient_count; i++) {
		if (is_named(&report->recipient[i]) && record_recipient(w, i) < 0)
			return -1;
	}
	if (report->recipients_dropped > 0) {
		log_warn("%s uid %u: names %zu recipients more than are read of one message (%d); "
			 "they are not recorded",
			 w->message->where, w->message->uid, report->recipients_dropped,
			 BOUNCE_MAX_RECIPIENTS);
	}
	if (w->alerts > MAX_WARNINGS) {
		log_warn("%s uid %u: %zu alerts more than are told of one message; see \"bouncectl "
			 "stats\"",
			 w->message->where, w->message->uid, w->alerts - MAX_WARNINGS);
	}
	return 0;
}

static const char *
target_for(const struct config_account *account, const struct ledger_reading *reading)
{
	const struct config_target *target =
		reading->unreadable ? &account->unreadable : &account->target[reading->kind];

	if (target->remove)
		return STORE_TARGET_DELETE;
	return target->leave ? NULL : target->folder;
}

/* Verdicts of all whom the report names. Without memory for them it counts as unreadable. */
static int
judge_all(struct arena *arena, const struct config *config, struct bounce_report *report,
	  struct ledger_reading *out)
{
	struct bounce_verdict *verdict =
		arena_array(arena, report->recipient_count, sizeof(*verdict));

	if (verdict == NULL && report->recipient_count > 0)
		return -1;
	for (size_t i = 0; i < report->recipient_count; i++) {
		if (is_named(&report->recipient[i]))
			verdict[i] = bounce_classify_with(report, i, &config->own);
	}
	out->report = report;
	out->verdict = verdict;
	out->kind = report->kind;
	out->unreadable = is_unreadable(report);
	return 0;
}

void
ledger_read(struct arena *arena, const struct config *config, const struct config_account *account,
	    const struct ledger_message *message, struct ledger_reading *out)
{
	struct bounce_report *report = arena_alloc(arena, sizeof(*report));
	const struct trust_ask ask = { .config = config, .time = message->time };

	*out = (struct ledger_reading){ .kind = BOUNCE_KIND_OTHER, .unreadable = true };
	if (report != NULL && bounce_read(arena, message->bytes, report) == 0 &&
	    trust_read(arena, &ask, report, &out->trust) == 0)
		(void)judge_all(arena, config, report, out);
	out->target = target_for(account, out);
	ledger_fingerprint(message->size, message->bytes, out->fingerprint);
}

int
ledger_record(struct store *store, const struct config *config,
	      const struct ledger_message *message, const struct ledger_reading *reading,
	      struct ledger_result *out)
{
	struct store_message row = {
		.folder = message->folder,
		.uid = message->uid,
		.size = message->size,
		.report = reading->report,
		.target = reading->target,
		.time = message->time,
	};
	struct work w = { store, config, message, reading, out, { 0 }, 0, 0, 0 };
	int result = 0;

	*out = (struct ledger_result){ .kind = reading->kind, .unreadable = reading->unreadable };
	memcpy(row.fingerprint, reading->fingerprint, sizeof(row.fingerprint));
	if (store_message_add(store, &row, &out->seen, &w.id) < 0)
		return -1;
	crash_here("after-message-row");
	out->moves = (out->seen == STORE_NEW || out->seen == STORE_DUPLICATE) && row.target != NULL;
	if (out->seen == STORE_NEW && !out->unreadable && has_events(out->kind))
		result = record_recipients(&w);
	return result;
}

static int
write_settings(struct store *store, const struct config *config, int64_t now)
{
	if (store_setting(store, "confirm_quiet", config->policy.confirm_quiet) < 0 ||
	    store_policy_write(store, now) < 0 || store_list_settings_clear(store) < 0)
		return -1;
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->list[i];

		if (list->own_policy &&
		    store_list_setting(store, list->name, list->policy.confirm_quiet) < 0)
			return -1;
	}
	return 0;
}

int
ledger_rule(struct store *store, const struct config *config, int64_t now)
{
	struct buf text = BUF_INIT;

	config_dump_policy(config, &text);
	if (!buf_ok(&text))
		log_fatal(EX_OSERR, "out of memory");
	store_policy(store, buf_span(&text));
	buf_free(&text);
	if (store_begin(store) == 0 && write_settings(store, config, now) == 0 &&
	    store_commit(store) == 0)
		return 0;
	store_rollback(store);
	return -1;
}
