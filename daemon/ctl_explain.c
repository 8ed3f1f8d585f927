/*
 * ctl_explain - why an address stands as it does, and what would change that
 *
 * The report with its evidence, the score strike by strike as the ledger gives it, the dates that
 * come by themselves, and in words what else would move the address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <stdarg.h>
#include <sysexits.h>
#include <time.h>

#include "address.h"
#include "ctl_forget.h"
#include "ctl_piece.h"
#include "replay.h"

#define DATE_SIZE 32
#define DAYS_LOOKED 3660 /* for the day on which a score has faded */

struct explain {
	struct store *store;
	struct replay *replay;
	const struct bounce_policy *policy; /* in force now */
	struct store_key key;
	struct bounce_standing standing;
	int64_t now;
	struct json json;
	struct buf out;
	bool as_json, all;
	size_t standings, reports, strikes;
};

static const char *
date(int64_t time, char text[DATE_SIZE])
{
	time_t seconds = (time_t)time;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, DATE_SIZE, "%FT%TZ", &tm) == 0)
		snprintf(text, DATE_SIZE, "%" PRId64, time);
	return text;
}

static bool
is_of_list(const struct explain *e, const struct ctl_row *row, const char *column)
{
	return span_ieq(span_of(ctl_value(row, column)), e->key.scope);
}

/* ---- the reports ---- */

static void
print_place(const struct ctl_row *row, const char *what, const char *part, const char *line)
{
	if (ctl_value(row, line)[0] != '\0')
		printf("    %-*s%s in part %s, line %s\n", CTL_NAME_WIDTH, "found", what,
		       ctl_value(row, part), ctl_value(row, line));
}

static void
print_trust(const struct ctl_row *row)
{
	const char *grade = ctl_value(row, "trust"), *proof = ctl_value(row, "proof");

	if (grade[0] == '\0')
		printf("    %-*snot graded\n", CTL_NAME_WIDTH, "trust");
	else
		printf("    %-*sT%s: %s\n", CTL_NAME_WIDTH, "trust", grade,
		       proof[0] != '\0' ? proof : "nothing proves that the report is real");
}

static void
print_report(const struct ctl_row *row)
{
	ctl_print_transition(row);
	if (ctl_value(row, "event")[0] == '\0')
		return;
	print_place(row, "the address", "address_part", "address_line");
	print_place(row, "the action", "action_part", "action_line");
	print_place(row, "the code", "status_part", "status_line");
	print_place(row, "the diagnostic", "diagnostic_part", "diagnostic_line");
	print_trust(row);
}

static bool
on_report(void *context, int columns, const char *const *names, const char *const *values)
{
	struct explain *e = context;
	struct ctl_row row = { columns, names, values };

	if (!is_of_list(e, &row, "scope") || (!e->all && ctl_value(&row, "event")[0] == '\0'))
		return true;
	e->reports++;
	if (e->as_json) {
		json_object(&e->json, NULL);
		ctl_json_row(&e->json, &row);
		json_end_object(&e->json);
		ctl_flush(&e->out);
	} else {
		if (e->reports == 1)
			puts(e->all ? "all that was done, newest first" : "the newest report");
		print_report(&row);
	}
	return e->all;
}

static int
explain_reports(struct explain *e)
{
	char *address = xstrndup(e->key.address);
	const char *const asked[] = { "address", address, NULL };
	int result;

	json_array(&e->json, "history");
	result = store_query(e->store, "recipient_history", asked, on_report, e);
	json_end_array(&e->json);
	free(address);
	return result < 0 ? ctl_store_failed(e->store) : EX_OK;
}

/* ---- the score ---- */

static void
print_points(const char *sign, unsigned hundredths)
{
	printf("%s%u.%02u", sign, hundredths / 100, hundredths % 100);
}

static void
json_points(struct json *j, const char *name, unsigned hundredths)
{
	char text[24];

	snprintf(text, sizeof(text), "%u.%02u", hundredths / 100, hundredths % 100);
	json_literal(j, name, text);
}

static void
on_entry(void *context, const struct store_entry *entry, const struct bounce_transition *t)
{
	struct explain *e = context;
	char when[DATE_SIZE];

	if (t->strike == 0)
		return;
	date(entry->record.time, when);
	if (e->as_json) {
		json_object(&e->json, NULL);
		json_string(&e->json, "time", when);
		json_points(&e->json, "strike", t->strike);
		json_points(&e->json, "score", t->next.score);
		json_text(&e->json, "reason", entry->record.reason);
		json_end_object(&e->json);
		ctl_flush(&e->out);
		return;
	}
	if (e->strikes++ == 0)
		puts("score, strike by strike");
	printf("  %s  ", when);
	print_points("+", t->strike);
	print_points(", then ", t->next.score);
	fputs("  ", stdout);
	ctl_print(stdout, entry->record.reason);
	putchar('\n');
}

/* The first day of which nothing is left of the score; 0 = none that is near enough to tell. */
static int64_t
faded_on(const struct explain *e)
{
	int64_t day = e->now - e->now % STATE_DAY;

	for (int i = 0; i < DAYS_LOOKED; i++, day += STATE_DAY) {
		if (bounce_score_at(&e->standing, e->policy, day) == 0)
			return day;
	}
	return 0;
}

static bool
never_fades(const struct explain *e)
{
	return bounce_policy_fading(e->policy, e->standing.reason, e->standing.cadence) == 0;
}

static int
explain_score(struct explain *e)
{
	unsigned score = bounce_score_at(&e->standing, e->policy, e->now);
	struct bounce_standing derived;
	int64_t gone;
	int result;

	json_array(&e->json, "strikes");
	replay_watch(e->replay, on_entry, e);
	result = replay_derive(e->replay, &e->key, &derived);
	json_end_array(&e->json);
	json_points(&e->json, "score_now", score);
	if (result < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s", replay_error(e->replay));
	gone = score > 0 ? faded_on(e) : 0;
	if (!e->as_json && e->standing.score > 0) {
		char when[DATE_SIZE];

		print_points("  now ", score);
		print_points(" of ", e->policy->threshold);
		if (gone != 0)
			printf(", faded on %.10s", date(gone, when));
		else if (score > 0)
			fputs(never_fades(e) ? ", does not fade" : ", not faded within ten years",
			      stdout);
		putchar('\n');
	}
	return EX_OK;
}

/* ---- what comes by itself, and what would change it ---- */

static void fact(struct explain *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
fact(struct explain *e, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (e->as_json)
		json_string(&e->json, NULL, text);
	else
		printf("  - %s\n", text);
}

static void
begin_facts(struct explain *e, const char *name, const char *title)
{
	if (e->as_json)
		json_array(&e->json, name);
	else
		puts(title);
}

static void
end_facts(struct explain *e)
{
	if (e->as_json)
		json_end_array(&e->json);
}

/* When another report that says so would confirm that the mailbox is gone. */
static int64_t
confirmable_from(const struct explain *e)
{
	int64_t gap = e->standing.gone_at + e->policy->confirm_gap;
	int64_t day = e->standing.gone_at - e->standing.gone_at % STATE_DAY + STATE_DAY;

	return gap > day ? gap : day;
}

static void
next_of_pause(struct explain *e)
{
	char when[DATE_SIZE];

	if (e->standing.until == 0)
		return;
	date(e->standing.until, when);
	if (e->standing.until <= e->now)
		fact(e, "it may be mailed again since %s", when);
	else
		fact(e, "it may be mailed again from %s", when);
}

static void
next_of_dead(struct explain *e)
{
	int64_t quiet = e->standing.gone_at + e->policy->confirm_quiet;
	char when[DATE_SIZE];

	if (e->standing.confirmed_at != 0)
		fact(e, "confirmed since %s: it may be removed for good",
		     date(e->standing.confirmed_at, when));
	else if (quiet <= e->now)
		fact(e, "confirmed since %s by quiet: it may be removed for good",
		     date(quiet, when));
	else
		fact(e, "without a sign of life it is confirmed on %s, and may be removed then",
		     date(quiet, when));
}

static void
explain_next(struct explain *e)
{
	begin_facts(e, "next", "what comes by itself");
	switch (e->standing.state) {
	case BOUNCE_STATE_BACKOFF:
	case BOUNCE_STATE_SUSPENDED:
		next_of_pause(e);
		break;
	case BOUNCE_STATE_DEAD:
		next_of_dead(e);
		break;
	case BOUNCE_STATE_OK:
	case BOUNCE_STATE_COMPLAINED:
	case BOUNCE_STATE_PINNED_OK:
	case BOUNCE_STATE_PINNED_DEAD:
	case BOUNCE_STATE_COUNT:
		fact(e, "nothing: it stays as it is");
		break;
	}
	end_facts(e);
}

/* Is it so under this policy and its rules that the word "no such user" ends mail? */
static bool
dies_of_one_word(const struct explain *e)
{
	const enum bounce_reason reason = BOUNCE_REASON_NO_SUCH_USER;
	const struct bounce_verdict verdict = {
		.reason = reason,
		.disposition = bounce_reason_facts(reason)->disposition,
		.status = { 5, 1, 1 },
	};

	return bounce_policy_judge(e->policy, &verdict, address_domain(e->key.address),
				   e->key.scope)
		       .disposition == BOUNCE_DISPOSITION_DEAD;
}

/* What reports do to an address that may still be judged. */
static void
changes_by_reports(struct explain *e)
{
	unsigned score = bounce_score_at(&e->standing, e->policy, e->now);
	unsigned left = e->policy->threshold > score ? e->policy->threshold - score : 0;

	if (dies_of_one_word(e))
		fact(e, "word that the mailbox does not exist stops mail at once");
	if (e->standing.state == BOUNCE_STATE_SUSPENDED)
		return;
	if (e->standing.probe > 0)
		fact(e, "probe %u of %u is under way: a strike %s", e->standing.probe,
		     e->policy->probes,
		     e->standing.probe < e->policy->probes ? "suspends it again" : "makes it dead");
	if (left > 0)
		fact(e, "strikes of %u.%02u more points suspend it for %" PRId64 " days",
		     left / 100, left % 100, e->policy->suspend / STATE_DAY);
	else
		fact(e, "any further strike suspends it for %" PRId64 " days",
		     e->policy->suspend / STATE_DAY);
	fact(e, "a temporary failure on another day is step %u of the back-off",
	     e->standing.level + 1);
}

static void
changes_of_dead(struct explain *e)
{
	char when[DATE_SIZE];

	if (e->standing.confirmed_at == 0) {
		fact(e,
		     "a report about another message that says %s as well, on or after %s, "
		     "confirms it",
		     bounce_reason_name(e->standing.reason), date(confirmable_from(e), when));
		fact(e, "proof that mail arrived brings it back");
	}
	fact(e, "a complaint of its owner");
}

/* False: nothing but an operator's word about a pin. */
static bool
changes_by_anybody(struct explain *e)
{
	switch (e->standing.state) {
	case BOUNCE_STATE_OK:
	case BOUNCE_STATE_BACKOFF:
	case BOUNCE_STATE_SUSPENDED:
		changes_by_reports(e);
		fact(e, "a complaint of its owner ends mailing until an operator revives it");
		if (e->standing.state != BOUNCE_STATE_OK)
			fact(e, "proof that mail arrived clears it");
		break;
	case BOUNCE_STATE_DEAD:
		changes_of_dead(e);
		break;
	case BOUNCE_STATE_COMPLAINED:
		fact(e, "no report");
		break;
	case BOUNCE_STATE_PINNED_OK:
	case BOUNCE_STATE_PINNED_DEAD:
		fact(e, "an operator's unpin, and nothing else");
		return false;
	case BOUNCE_STATE_COUNT:
		break;
	}
	return true;
}

static void
explain_changes(struct explain *e)
{
	bool pinned = e->standing.state == BOUNCE_STATE_PINNED_OK ||
		      e->standing.state == BOUNCE_STATE_PINNED_DEAD;
	bool words = true;

	begin_facts(e, "would_change", "what would change it");
	if (e->policy->preset == BOUNCE_PRESET_REPORT_ONLY && !pinned)
		fact(e, "no report and no proof: under report-only they change nothing");
	else
		words = changes_by_anybody(e);
	if (words)
		fact(e, "an operator: bouncectl revive, kill, pin, or undo of its reports");
	end_facts(e);
}

/* ---- the whole ---- */

static bool
on_standing(void *context, int columns, const char *const *names, const char *const *values)
{
	struct explain *e = context;
	struct ctl_row row = { columns, names, values };

	if (!is_of_list(e, &row, "list"))
		return true;
	e->standings++;
	if (e->as_json)
		ctl_json_row(&e->json, &row);
	else
		ctl_print_standing(&row);
	return false;
}

static int
load(struct explain *e)
{
	int64_t policy;

	if (store_policy_now(e->store, &policy) < 0 ||
	    store_standing(e->store, &e->key, &e->standing) < 0)
		return ctl_store_failed(e->store);
	e->policy = replay_policy(e->replay, policy, e->key.scope);
	if (e->policy == NULL)
		return ctl_fail(EX_UNAVAILABLE, "%s", replay_error(e->replay));
	return EX_OK;
}

static int
explain(struct explain *e, const char *address)
{
	const char *const asked[] = { "address", address, NULL };
	int status = load(e);

	if (status != EX_OK)
		return status;
	json_init(&e->json, &e->out);
	json_object(&e->json, NULL);
	if (store_query(e->store, "recipient_show", asked, on_standing, e) < 0)
		return ctl_store_failed(e->store);
	if (e->standings == 0)
		return ctl_fail(EX_NOUSER,
				"%s: no report ever named this address%s; it may be mailed",
				address, span_empty(e->key.scope) ? "" : " for this list alone");
	status = explain_reports(e);
	if (status == EX_OK)
		status = explain_score(e);
	if (status != EX_OK)
		return status;
	explain_next(e);
	explain_changes(e);
	json_end_object(&e->json);
	if (e->as_json) {
		buf_addc(&e->out, '\n');
		ctl_flush(&e->out);
	}
	return ctl_finish();
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct explain e = { .out = BUF_INIT, .now = context->now };
	const char *list = NULL;
	const struct ctl_option options[] = {
		{ "json", &e.as_json, NULL },
		{ "all", &e.all, NULL },
		{ "list", NULL, &list },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_explain, options, argc, argv), status = EX_OK;
	char *address, *low;

	if (count < 0)
		return EX_USAGE;
	if (count != 1)
		return ctl_usage(&ctl_explain, "wants one address");
	address = ctl_address(argv[0]);
	if (address == NULL)
		return EX_DATAERR;
	low = ctl_lower(list != NULL ? list : "");
	e.store = ctl_store(context, &status);
	if (e.store != NULL) {
		e.replay = replay_new(e.store);
		status = ctl_known_as(e.store, &address, NULL) < 0 ? ctl_store_failed(e.store)
								   : EX_OK;
		e.key = (struct store_key){ span_of(address), span_of(low) };
		if (status == EX_OK)
			status = explain(&e, address);
		replay_free(e.replay);
		store_close(e.store);
	}
	free(address);
	free(low);
	buf_free(&e.out);
	return status;
}

const struct ctl_command ctl_explain = {
	.name = "explain",
	.arguments = "ADDRESS [--list LIST] [--all] [--json]",
	.help = "why an address stands as it does, when that ends, and what would change it",
	.run = run,
};
