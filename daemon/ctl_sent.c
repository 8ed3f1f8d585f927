/*
 * ctl_sent - bouncectl sent: a list's sender tells of a mailing
 *
 * What comes back says who failed; only the sender knows whom nothing came back from, and when.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "ctl_operate.h"

struct sent {
	struct ctl_operate common;
	const char *list, *at, *mailing, *recipients;
};

static int
read_sent(const struct sent *sent, const struct ctl_context *context, char *list,
	  struct store_sent *out)
{
	struct span rest = span_of(sent->recipients != NULL ? sent->recipients : "");
	uint64_t number;

	*out = (struct store_sent){ .list = span_of(list),
				    .mailing = span_of(sent->mailing != NULL ? sent->mailing : ""),
				    .time = context->now,
				    .recipients = -1 };
	if (span_empty(out->list) || span_len(out->list) > STORE_MAX_TEXT)
		return ctl_usage(&ctl_sent, "give the List-Id with --list LIST");
	if (sent->at != NULL && ctl_time(sent->at, context->now, &out->time) != 0) {
		return ctl_usage(&ctl_sent,
				 "--at: '%s' is no time; write 2026-01-31T12:00:00Z, "
				 "2026-01-31, or how long ago: 2h",
				 sent->at);
	}
	if (out->time > context->now)
		return ctl_usage(&ctl_sent, "--at: '%s' is still to come; report what was sent",
				 sent->at);
	if (sent->recipients == NULL)
		return EX_OK;
	if (!span_number(&rest, INT64_MAX, &number) || !span_empty(rest))
		return ctl_usage(&ctl_sent, "--recipients: '%s' is no number", sent->recipients);
	out->recipients = (int64_t)number;
	return EX_OK;
}

static int
record(struct sent *sent, const struct ctl_context *context, struct store_sent *what)
{
	struct operate *o = &sent->common.operate;
	int status = ctl_operate_open(&sent->common, context, &ctl_sent), added;

	if (status != EX_OK)
		return status;
	if (operate_begin(o) < 0)
		return ctl_operate_failed(&sent->common);
	what->operation = o->id;
	added = store_sent_add(o->store, what);
	if (added < 0)
		return ctl_operate_failed(&sent->common);
	if (added == 0) {
		operate_cancel(o);
		puts("known already: a mailing of this list at this time was reported before");
	}
	return EX_OK;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct sent sent = { .common.why = "a mailing was sent" };
	struct store_sent what;
	const struct ctl_option options[] = {
		{ "list", NULL, &sent.list },
		{ "at", NULL, &sent.at },
		{ "mailing", NULL, &sent.mailing },
		{ "recipients", NULL, &sent.recipients },
		{ "who", NULL, &sent.common.who },
		{ "why", NULL, &sent.common.why },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;
	char *list;

	ctl_operate_begin(&sent.common, argc, argv);
	count = ctl_options(&ctl_sent, options, argc, argv);
	list = ctl_lower(sent.list != NULL ? sent.list : "");
	if (count > 0)
		ctl_usage(&ctl_sent, "takes options only");
	else if (count == 0)
		status = read_sent(&sent, context, list, &what);
	if (status == EX_OK)
		status = record(&sent, context, &what);
	status = ctl_operate_close(&sent.common, status);
	free(list);
	return status == EX_OK ? ctl_finish() : status;
}

const struct ctl_command ctl_sent = {
	.name = "sent",
	.arguments =
		"--list LIST [--at TIME] [--mailing ID] [--recipients N] [--who WHO] [--why TEXT]",
	.help = "a mailing of the list was sent: to whom it does not come back it was delivered",
	.run = run,
};
