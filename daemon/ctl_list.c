/*
 * ctl_list - the addresses that reports named, row by row as the database gives them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "ctl.h"
#include "log.h"

struct list {
	bool json, csv;
	bool begun;
	struct buf out;
};

/*
 * A field of CSV (RFC 4180 section 2). A spreadsheet runs what begins with one of =+-@ or a tab as
 * a formula, and an address may begin with it: an apostrophe in front makes it text.
 */
static void
csv_field(const char *text)
{
	bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;

	if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, stdout);
		return;
	}
	fputs(formula ? "\"'" : "\"", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void
csv_line(int columns, const char *const *values)
{
	for (int i = 0; i < columns; i++) {
		if (i > 0)
			putchar(',');
		csv_field(values[i] != NULL ? values[i] : "");
	}
	fputs("\r\n", stdout);
}

static void
json_line(struct list *list, const struct ctl_row *row)
{
	struct json j;

	json_init(&j, &list->out);
	json_object(&j, NULL);
	ctl_json_row(&j, row);
	json_end_object(&j);
	buf_addc(&list->out, '\n');
	ctl_flush(&list->out);
}

static void
text_line(const struct ctl_row *row)
{
	const struct store_key key = { span_of(ctl_value(row, "address")),
				       span_of(ctl_value(row, "list")) };
	const char *until = ctl_value(row, "until");

	printf("%-11s %-21s %-21s ", ctl_value(row, "state"), ctl_value(row, "reason"),
	       until[0] != '\0' ? until : "-");
	ctl_print_key(&key);
	putchar('\n');
}

static bool
on_row(void *context, int columns, const char *const *names, const char *const *values)
{
	struct list *list = context;
	struct ctl_row row = { columns, names, values };

	if (list->csv && !list->begun)
		csv_line(columns, names);
	list->begun = true;
	if (list->csv)
		csv_line(columns, values);
	else if (list->json)
		json_line(list, &row);
	else
		text_line(&row);
	return ferror(stdout) == 0;
}

/* 0 when the words are words. */
static int
check_words(const char *state_word, const char *reason_word)
{
	enum bounce_state state;
	enum bounce_reason reason;

	if (state_word != NULL && bounce_state_parse(span_of(state_word), &state) != 0) {
		ctl_usage(&ctl_list,
			  "'%s' is no state; the states are ok, backoff, suspended, dead, "
			  "complained, pinned-ok and pinned-dead",
			  state_word);
		return -1;
	}
	if (reason_word != NULL && bounce_reason_parse(span_of(reason_word), &reason) != 0) {
		ctl_usage(&ctl_list, "'%s' is no reason; bouncectl(1) lists them", reason_word);
		return -1;
	}
	return 0;
}

static int
print_list(struct list *list, struct store *store, const char *const *filter)
{
	if (store_query(store, "recipient_list", filter, on_row, list) < 0)
		return ctl_store_failed(store);
	return ctl_finish();
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct list list = { .out = BUF_INIT };
	const char *state = NULL, *domain = NULL, *reason = NULL;
	const struct ctl_option options[] = {
		{ "state", NULL, &state },   { "domain", NULL, &domain },
		{ "reason", NULL, &reason }, { "json", &list.json, NULL },
		{ "csv", &list.csv, NULL },  { NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_list, options, argc, argv), status = EX_OK;
	struct store *store;
	char *low;

	if (count < 0)
		return EX_USAGE;
	if (count > 0)
		return ctl_usage(&ctl_list, "'%s' is no option; for one address use bouncectl show",
				 argv[0]);
	if (list.json && list.csv)
		return ctl_usage(&ctl_list, "give one of --json and --csv");
	if (check_words(state, reason) != 0)
		return EX_USAGE;
	store = ctl_store(context, &status);
	if (store == NULL)
		return status;
	low = ctl_lower(domain);
	const char *const filter[] = { "state", state, "domain", low, "reason", reason, NULL };

	status = print_list(&list, store, filter);
	free(low);
	store_close(store);
	buf_free(&list.out);
	return status;
}

const struct ctl_command ctl_list = {
	.name = "list",
	.arguments = "[--state STATE] [--domain DOMAIN] [--reason REASON] [--json|--csv]",
	.help = "list addresses with state, reason and the date when they may be mailed again",
	.run = run,
};
