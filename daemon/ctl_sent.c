/*
 * ctl_sent - bouncectl sent: a list's sender tells of a mailing
 *
 * What comes back says who failed; only the sender knows whom nothing came back from, and when.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <sysexits.h>

#include "ctl_operate.h"
#include "store_incident.h"

struct part {
	char *domain;
	uint64_t recipients;
};

struct sent {
	struct ctl_operate common;
	const char *list, *at, *mailing, *recipients, *domains;
	struct part *part; /* what stands in `domains` */
	size_t part_count;
};

/* "  1234 example.com", as uniq -c writes it. */
static bool
read_part(struct span line, struct part *out)
{
	struct span rest = span_trim(line), domain;

	if (!span_number(&rest, INT64_MAX, &out->recipients))
		return false;
	domain = span_trim(rest);
	if (domain.p == rest.p || span_empty(domain) || span_len(domain) > STORE_MAX_TEXT)
		return false;
	for (const char *p = domain.p; p < domain.end; p++) {
		if (*p == ' ' || *p == '\t' || *p == '@')
			return false;
	}
	out->domain = xstrndup(domain);
	return true;
}

static int
read_lines(struct sent *sent, FILE *file)
{
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t length;
	int status = EX_OK;

	while (status == EX_OK && (length = getline(&line, &size, file)) >= 0) {
		struct part part;

		number++;
		if (read_part(span_make(line, (size_t)length), &part)) {
			sent->part = xgrow(sent->part, sent->part_count + 1, sizeof(part));
			sent->part[sent->part_count++] = part;
		} else {
			status = ctl_fail(EX_DATAERR,
					  "%s:%zu: wants a number and a domain, as sort | uniq -c "
					  "writes them",
					  sent->domains, number);
		}
	}
	if (ferror(file))
		status = ctl_fail(EX_IOERR, "%s: %s", sent->domains, strerror(errno));
	free(line);
	return status;
}

/* All of them are read before the first is written. */
static int
read_domains(struct sent *sent)
{
	FILE *file = stdin;
	int status;

	if (sent->domains == NULL)
		return EX_OK;
	if (strcmp(sent->domains, "-") != 0)
		file = fopen(sent->domains, "re");
	if (file == NULL)
		return ctl_fail(EX_NOINPUT, "%s: %s", sent->domains, strerror(errno));
	status = read_lines(sent, file);
	if (file != stdin)
		fclose(file);
	return status;
}

static int
write_domains(const struct sent *sent, const struct store_sent *what)
{
	for (size_t i = 0; i < sent->part_count; i++) {
		const struct store_mailed mailed = { what->list, what->time,
						     span_of(sent->part[i].domain),
						     sent->part[i].recipients };

		if (store_mailed_add(sent->common.operate.store, &mailed) < 0)
			return -1;
	}
	return 0;
}

/* Reports are kept by Message-IDs without their brackets. */
static struct span
without_brackets(const char *id)
{
	struct span text = span_trim(span_of(id != NULL ? id : ""));

	if (span_istarts(text, SPAN("<")) && span_iends(text, SPAN(">")))
		return (struct span){ text.p + 1, text.end - 1 };
	return text;
}

static int
read_sent(const struct sent *sent, const struct ctl_context *context, char *list,
	  struct store_sent *out)
{
	struct span rest = span_of(sent->recipients != NULL ? sent->recipients : "");
	uint64_t number;

	*out = (struct store_sent){ .list = span_of(list),
				    .mailing = without_brackets(sent->mailing),
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
	if (added < 0 || (added > 0 && write_domains(sent, what) < 0))
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
		{ "list", NULL, &sent.list },       { "at", NULL, &sent.at },
		{ "mailing", NULL, &sent.mailing }, { "recipients", NULL, &sent.recipients },
		{ "domains", NULL, &sent.domains }, { "who", NULL, &sent.common.who },
		{ "why", NULL, &sent.common.why },  { NULL, NULL, NULL },
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
		status = read_domains(&sent);
	if (status == EX_OK)
		status = record(&sent, context, &what);
	status = ctl_operate_close(&sent.common, status);
	for (size_t i = 0; i < sent.part_count; i++)
		free(sent.part[i].domain);
	free(sent.part);
	free(list);
	return status == EX_OK ? ctl_finish() : status;
}

const struct ctl_command ctl_sent = {
	.name = "sent",
	.arguments = "--list LIST [--at TIME] [--mailing ID] [--recipients N] [--domains FILE] "
		     "[--who WHO] "
		     "[--why TEXT]",
	.help = "a mailing of the list was sent: to whom it does not come back it was delivered",
	.run = run,
};
