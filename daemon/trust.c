/*
 * trust - how well it is proved that a report is real
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "trust.h"

#include <sysexits.h>

#include "address.h"
#include "sent.h"
#include "trust_note.h"
#include "verp.h"

#define DAY 86400

/* One report on its way. */
struct reading {
	struct arena *arena;
	const struct config *config;
	struct bounce_report *report;
	uint32_t today;
	struct trust *out;
	struct trust_notes *notes;
	size_t macs;         /* computed so far */
	struct span mailed;  /* whom an address of ours names, without proof */
	const char *refused; /* why the token that is looked at does not count */
};

/* A token that was found, and what is said of it there. */
struct candidate {
	struct span token, list, recipient;
	struct span base; /* of the address that it stands in; empty: it stands in the field */
	struct trust_place place;
};

/* ---- one MAC ---- */

static void
refuse(struct reading *r, const char *why)
{
	r->out->refused = r->refused = why;
}

/* Whoever sends a report decides how many names and tokens are in it. */
static bool
is_spent(struct reading *r)
{
	if (r->macs < TRUST_MAX_MACS)
		return false;
	refuse(r, "it has more tokens, lists and recipients than are tried");
	return true;
}

/* The text for as long as the report lives; empty when the arena takes no more, which counts as a
 * report that cannot be read. */
static struct span
take_text(struct reading *r, struct buf *text)
{
	struct span copy;

	if (!buf_ok(text))
		log_fatal(EX_OSERR, "out of memory");
	copy = arena_copy(r->arena, buf_span(text));
	buf_free(text);
	return copy;
}

/* Names of mailings are of two kinds: a token's own, and what a Message-ID is stored as, which is
 * whatever a stranger wrote. None is both, and no two Message-IDs become one. */
#define BY_TOKEN "token:"
#define BY_ID "id:"

/* Most Message-IDs are their own name; those that look like one of ours are marked. */
static struct span
mailing_by_id(struct reading *r, struct span id)
{
	struct buf text = BUF_INIT;

	if (!span_istarts(id, SPAN(BY_TOKEN)) && !span_istarts(id, SPAN(BY_ID)))
		return id;
	buf_adds(&text, BY_ID);
	buf_add(&text, id);
	return take_text(r, &text);
}

/* What tells the mail of this token from others: its mailing, else the day for which it was made.
 */
static struct span
mailing_by_token(struct reading *r, const struct bounce_token_view *view, struct span list)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, BY_TOKEN "%.*s:", (int)span_len(list), list.p);
	if (view->mailing[0] != '\0')
		buf_adds(&text, view->mailing);
	else
		buf_addf(&text, "%u", (unsigned)view->expires);
	return take_text(r, &text);
}

static const char *
token_words(struct reading *r, const struct candidate *c, const struct bounce_token_view *view)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "token of key %s in %s", view->key,
		 span_empty(c->base) ? "the returned message" : "the address that it was sent to");
	return take_text(r, &text).p;
}

static void
add_proof(struct reading *r, const struct trust_proof *proof)
{
	if (r->out->count < TRUST_MAX_PROOFS)
		r->out->proof[r->out->count++] = *proof;
	else
		refuse(r, "it has more proofs than are kept");
}

/* A genuine token that has expired tells more than one that is of somebody else. */
static void
note_refusal(struct reading *r, enum bounce_token_answer answer)
{
	const char *why = bounce_token_answer_text(answer);

	if (r->out->refused == NULL || answer == BOUNCE_TOKEN_EXPIRED)
		r->out->refused = why;
	if (r->refused == NULL || answer == BOUNCE_TOKEN_EXPIRED)
		r->refused = why;
}

/* Was the token made for this list and this recipient? */
static bool
try_token(struct reading *r, const struct candidate *c, struct span list, struct span recipient)
{
	const struct config *config = r->config;
	const struct bounce_token what = { .list = list, .recipient = recipient };
	struct bounce_token_view view;
	enum bounce_token_answer answer;

	if (bounce_token_view(c->token, &view) != 0 || is_spent(r))
		return false;
	r->macs++;
	answer = bounce_token_check(config->ring, config->ring_count, c->token, &what, r->today);
	if (answer != BOUNCE_TOKEN_VALID) {
		note_refusal(r, answer);
		return false;
	}
	add_proof(r, &(struct trust_proof){
			     .grade = view.whole_list ? TRUST_LIST : TRUST_RECIPIENT,
			     .token = true,
			     .list = list,
			     .recipient = recipient,
			     .mailing = mailing_by_token(r, &view, list),
			     .words = token_words(r, c, &view),
		     });
	return true;
}

/* ---- which list, which recipient ---- */

/* One that proves nobody by name: whom the report names it may be for. */
static bool
try_recipients(struct reading *r, const struct candidate *c, struct span list)
{
	for (size_t i = 0; i < r->report->recipient_count; i++) {
		const struct bounce_recipient *of = &r->report->recipient[i];
		const struct span names[] = { of->address, of->original, of->final };

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			if (span_empty(names[n]) || (n > 0 && span_ieq(names[n], names[0])))
				continue;
			if (is_spent(r) || try_token(r, c, list, names[n]))
				return true;
		}
	}
	return false;
}

static bool
try_list(struct reading *r, const struct candidate *c, struct span list)
{
	struct bounce_token_view view;

	if (span_empty(list) || bounce_token_view(c->token, &view) != 0)
		return false;
	if (view.whole_list)
		return try_token(r, c, list, (struct span){ NULL, NULL });
	if (!span_empty(c->recipient))
		return try_token(r, c, list, c->recipient);
	return try_recipients(r, c, list);
}

/* The list is named beside the token, or has the address, or named itself in the mail. None of them
 * needs to be believed: the MAC is over it. */
static void
try_candidate(struct reading *r, const struct candidate *c)
{
	const struct config *config = r->config;

	if (!span_empty(c->list)) {
		(void)try_list(r, c, c->list);
		return;
	}
	for (size_t i = 0; !span_empty(c->base) && i < config->list_count; i++) {
		if (span_ieq(span_of(config->list[i].bounce_address), c->base) &&
		    try_list(r, c, span_of(config->list[i].name)))
			return;
	}
	(void)try_list(r, c, r->report->original_list_id);
	if (r->out->refused == NULL && r->out->count == 0)
		refuse(r, "nothing tells which list the token was made for");
}

/* The same, and what came of it. */
static void
take_candidate(struct reading *r, const struct candidate *c)
{
	size_t before = r->out->count;

	r->refused = NULL;
	try_candidate(r, c);
	if (r->config->ring_count == 0)
		r->refused = "not checked: there is no key";
	else if (r->out->count > before)
		r->refused = "valid";
	else if (r->refused == NULL)
		r->refused = "nothing tells for which list and recipient it was made";
	trust_note_token(r->notes, &c->place, c->token, r->refused);
}

/* ---- what the report bears ---- */

static void
try_signature(struct reading *r, const struct bounce_verp *verp, const struct config_list *list,
	      const struct trust_place *place)
{
	const struct config *config = r->config;
	const struct batv_time time = { r->today, (uint32_t)(config->tokens.batv_expire / DAY) };
	struct span name = list != NULL ? span_of(list->name) : (struct span){ NULL, NULL };
	enum bounce_token_answer answer;

	if (span_empty(verp->tag) || is_spent(r))
		return;
	r->macs++;
	answer = batv_check(config->batv, config->batv_count, verp->tag, verp->plain, time);
	trust_note_signature(r->notes, place, verp->tag,
			     config->batv_count == 0        ? "not checked: there is no key"
			     : answer == BOUNCE_TOKEN_VALID ? "valid"
							    : bounce_token_answer_text(answer));
	if (answer != BOUNCE_TOKEN_VALID)
		return;
	add_proof(r, &(struct trust_proof){
			     .grade = TRUST_LIST,
			     .list = name,
			     .words = "BATV signature of the address that it was sent to",
		     });
}

/* Lists may share an address: then the returned message tells which of them it was. */
static const struct config_list *
list_at(const struct reading *r, struct span base)
{
	const struct config *config = r->config;
	const struct config_list *first = NULL;

	for (size_t i = 0; i < config->list_count && !span_empty(base); i++) {
		const struct config_list *list = &config->list[i];

		if (!span_ieq(span_of(list->bounce_address), base))
			continue;
		if (span_ieq(span_of(list->name), r->report->original_list_id))
			return list;
		if (first == NULL)
			first = list;
	}
	return first;
}

/* The addresses that it was sent to. Of an address that nobody named to us only its MACs count:
 * other people's envelope addresses look like that as well. */
static int
read_addresses(struct reading *r)
{
	struct sent sent[SENT_MAX];
	size_t count = sent_to(r->arena, r->report->headers, sent);

	for (size_t i = 0; i < count; i++) {
		const struct header_field *field = sent[i].field;
		const struct trust_place place = { field->name, { 0, field->line } };
		const struct config_list *list;
		struct bounce_verp verp;

		if (bounce_verp_read(r->arena, sent[i].address, &verp) != 0)
			return -1;
		list = list_at(r, verp.base);
		trust_note_address(r->notes, &place, &verp, list != NULL ? list->name : NULL);
		try_signature(r, &verp, list, &place);
		if (verp.style == BOUNCE_VERP_TOKEN) {
			take_candidate(r, &(struct candidate){ .token = verp.token,
							       .recipient = verp.recipient,
							       .base = verp.base,
							       .place = place });
		}
		if (list == NULL)
			continue;
		if (span_empty(r->out->list))
			r->out->list = span_of(list->name);
		if (span_empty(r->mailed))
			r->mailed = verp.recipient;
	}
	return 0;
}

/* The field of the returned message. */
static void
read_field(struct reading *r)
{
	const struct trust_place place = { SPAN(BOUNCE_TOKEN_FIELD), r->report->token_at };
	struct bounce_token_found found;

	if (r->report->token_count == 0)
		return;
	if (r->report->token_count > 1)
		refuse(r, "the returned message has more than one token field");
	else if (!bounce_token_in_field(r->report->token, &found))
		refuse(r, "the returned message's token field cannot be read");
	if (r->refused != NULL) {
		trust_note_token(r->notes, &place, r->report->token, r->refused);
		return;
	}
	found.recipient = address_canonical(r->arena, found.recipient);
	take_candidate(r, &(struct candidate){ .token = found.token,
					       .list = found.list,
					       .recipient = found.recipient,
					       .place = place });
}

/* ---- who is charged ---- */

static bool
may_name_nobody(enum bounce_kind kind)
{
	return kind == BOUNCE_KIND_BOUNCE || kind == BOUNCE_KIND_DELAYED ||
	       kind == BOUNCE_KIND_COMPLAINT;
}

/* The one recipient of the report, made if it names nobody; NULL: it has several. */
static struct bounce_recipient *
only_recipient(struct reading *r)
{
	struct bounce_report *report = r->report;

	if (report->recipient_count == 0 && may_name_nobody(report->kind)) {
		report->recipient = arena_array(r->arena, 1, sizeof(*report->recipient));
		report->recipient_count = report->recipient != NULL;
	}
	return report->recipient_count == 1 && report->recipients_dropped == 0 ? report->recipient
									       : NULL;
}

/* The mail was sent to `mailed`, and failed where the report says. */
static void
charge(struct reading *r, struct span mailed)
{
	struct bounce_recipient *only;

	if (span_empty(mailed))
		return;
	only = only_recipient(r);
	if (only == NULL || span_ieq(only->address, mailed) || span_ieq(only->original, mailed))
		return;
	if (span_empty(only->final))
		only->final = only->address;
	/* as if the report had named whom we mailed: it is judged as what was passed on */
	only->address = only->original = mailed;
	only->guessed = false;
}

static struct span
proved_recipient(const struct trust *trust)
{
	for (size_t i = 0; i < trust->count; i++) {
		if (trust->proof[i].grade == TRUST_RECIPIENT)
			return trust->proof[i].recipient;
	}
	return (struct span){ NULL, NULL };
}

static void
settle_list(struct reading *r)
{
	struct trust *out = r->out;

	for (size_t i = out->count; i-- > 0;) {
		if (!span_empty(out->proof[i].list))
			out->list = out->proof[i].list;
	}
	if (span_empty(out->list))
		out->list = r->report->original_list_id;
	out->named = config_list_find(r->config, out->list) != NULL;
}

int
trust_read(struct arena *a, const struct trust_ask *ask, struct bounce_report *report,
	   struct trust *out)
{
	const struct config *config = ask->config;
	const struct authres_own own = { config->tokens.authserv_id, config->tokens.own_received };
	struct reading r = {
		.arena = a,
		.config = config,
		.report = report,
		.today = (uint32_t)(ask->time / DAY),
		.out = out,
		.notes = ask->notes,
	};
	struct span mailed;

	*out = (struct trust){ .refused = NULL };
	out->mailing = mailing_by_id(&r, report->original_message_id);
	if (report->headers == NULL)
		return 0;
	/* first what no stranger's address can spend the MACs of */
	read_field(&r);
	if (read_addresses(&r) != 0)
		return -1;
	settle_list(&r);
	mailed = proved_recipient(out);
	charge(&r, span_empty(mailed) ? r.mailed : mailed);
	if (own.name != NULL)
		out->domains = authres_domains(a, report->headers, &own, out->domain);
	trust_note_results(ask->notes, report->headers, &own);
	return a->refused ? -1 : 0;
}

/* ---- grades ---- */

/* What somebody got from one list says nothing of another one's mail. */
static bool
is_of_its_list(const struct trust_proof *proof, const struct trust *trust)
{
	return span_empty(proof->list) || span_ieq(proof->list, trust->list);
}

/* Does the proof speak for this recipient? Only for whom the report charges: where it failed is
 * the report's word, and a stranger with a token of his own would write himself there. */
static bool
speaks_for(const struct trust_proof *proof, const struct trust *trust,
	   const struct bounce_recipient *r)
{
	if (!is_of_its_list(proof, trust))
		return false;
	return proof->grade == TRUST_LIST || span_ieq(proof->recipient, r->address);
}

/* Of whom it charges, for the same reason. */
static bool
is_from_its_domain(const struct trust *trust, const struct bounce_recipient *r)
{
	struct span domain = address_domain(r->address);

	for (size_t i = 0; i < trust->domains; i++) {
		if (authres_aligned(trust->domain[i], domain))
			return true;
	}
	return false;
}

static bool
is_strict(const struct trust *trust, const struct config *config, const struct trust_seen *seen)
{
	const struct config_list *list = config_list_find(config, trust->list);
	enum config_require require = list != NULL ? list->require : CONFIG_REQUIRE_AUTO;

	switch (require) {
	case CONFIG_REQUIRE_ALWAYS:
		return true;
	case CONFIG_REQUIRE_NEVER:
		return false;
	case CONFIG_REQUIRE_AUTO:
		break;
	}
	/* A list that nobody named to us may be an attacker's invention: it is no way around the
	 * tokens of the others. */
	return seen->list || (list == NULL && seen->any);
}

bool
trust_is_doubtful(const struct trust *trust, const struct config *config,
		  const struct trust_seen *seen)
{
	for (size_t i = 0; i < trust->count; i++) {
		if (trust->proof[i].token && is_of_its_list(&trust->proof[i], trust))
			return false;
	}
	return is_strict(trust, config, seen);
}

struct trust_verdict
trust_of(const struct trust *trust, const struct config *config, const struct trust_seen *seen,
	 const struct bounce_recipient *recipient)
{
	struct trust_verdict v = {
		.proof = "",
		.strict = is_strict(trust, config, seen),
		.mailing = trust->mailing,
	};

	for (size_t i = 0; i < trust->count; i++) {
		const struct trust_proof *proof = &trust->proof[i];

		if (proof->grade <= v.grade || (v.strict && !proof->token) ||
		    !speaks_for(proof, trust, recipient))
			continue;
		v.grade = proof->grade;
		v.proof = proof->words;
		v.mailing = span_empty(proof->mailing) ? trust->mailing : proof->mailing;
	}
	if (v.grade > TRUST_NONE || v.strict)
		return v;
	if (seen->mailing) {
		v.grade = TRUST_MAIL;
		v.proof = "Message-ID of a known mailing";
	} else if (is_from_its_domain(trust, recipient)) {
		v.grade = TRUST_MAIL;
		v.proof = "our own server found that it comes from the recipient's domain";
	}
	return v;
}

/* Nothing but a row in the ledger? Of one day's reports about a mailing the later ones may be
 * notes, too, and yet bring a heavier strike, or make echoes of what follows. */
static bool
is_harmless(const struct bounce_transition *t)
{
	return t->event == BOUNCE_EVENT_NOTE && t->strike == 0 && !t->speaks;
}

/* The least grade that the configuration wants for what the event does. */
static unsigned
needed(const struct config *config, enum bounce_event event)
{
	const struct config_trust *trust = &config->trust;

	switch (event) {
	case BOUNCE_EVENT_PAUSE:
		return trust->backoff;
	case BOUNCE_EVENT_NOTE:
	case BOUNCE_EVENT_UNWANTED:
	case BOUNCE_EVENT_STRIKE:
	case BOUNCE_EVENT_OUT:
	case BOUNCE_EVENT_RELAPSE:
		return trust->suspended;
	case BOUNCE_EVENT_GONE:
	case BOUNCE_EVENT_LOST:
		return trust->dead;
	case BOUNCE_EVENT_COMPLAIN:
		return trust->complained;
	case BOUNCE_EVENT_PROOF:
		return trust->ok;
	case BOUNCE_EVENT_REVIVE:
	case BOUNCE_EVENT_KILL:
	case BOUNCE_EVENT_PIN_OK:
	case BOUNCE_EVENT_PIN_DEAD:
	case BOUNCE_EVENT_UNPIN:
	case BOUNCE_EVENT_UNTRUSTED:
	case BOUNCE_EVENT_COUNT:
		break;
	}
	return TRUST_NONE;
}

const char *
trust_refuses(const struct trust *trust, const struct trust_verdict *verdict,
	      const struct config *config, const struct bounce_transition *transition)
{
	if (verdict->strict && verdict->grade < TRUST_LIST)
		return trust->refused != NULL
			       ? trust->refused
			       : "mail of the list carries tokens, and the report has none";
	return !is_harmless(transition) && verdict->grade < needed(config, transition->event)
		       ? "the configuration wants better proof that the report is real"
		       : NULL;
}
