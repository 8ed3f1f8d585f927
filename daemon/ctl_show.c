/*
 * ctl_show - what is known of one address, why, and since when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "address.h"
#include "ctl.h"
#include "log.h"

#define NAME_WIDTH 14

struct show {
	struct json json;
	struct buf out;
	bool as_json;
	char address[ADDRESS_MAX_LOCAL + ADDRESS_MAX_DOMAIN + 2]; /* as the database spells it */
	int transitions;
};

static void
line(int indent, const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("%*s%-*s", indent, "", NAME_WIDTH, what);
	ctl_prints(stdout, text);
	putchar('\n');
}

static void
explained(int indent, const char *what, const char *word, const char *meaning)
{
	if (word[0] == '\0')
		return;
	printf("%*s%-*s", indent, "", NAME_WIDTH, what);
	ctl_prints(stdout, word);
	printf(" (%s)\n", meaning);
}

static const char *
state_meaning(const char *word)
{
	enum bounce_state state;

	return bounce_state_parse(span_of(word), &state) == 0 ? bounce_state_text(state) : "?";
}

static const char *
reason_meaning(const char *word)
{
	enum bounce_reason reason;

	return bounce_reason_parse(span_of(word), &reason) == 0 ? bounce_reason_text(reason) : "?";
}

static void
print_mailable(const struct ctl_row *row)
{
	const char *until = ctl_value(row, "until"), *state = ctl_value(row, "state");
	bool waits = strcmp(state, "backoff") == 0 || strcmp(state, "suspended") == 0;

	printf("  %-*s", NAME_WIDTH, "mail it");
	if (strcmp(ctl_value(row, "mailable"), "yes") == 0)
		printf("yes%s%s\n", waits ? ", again since " : "", waits ? until : "");
	else
		printf("no%s%s\n", waits ? ", not before " : "", waits ? until : "");
}

static void
print_standing(const struct ctl_row *row)
{
	ctl_prints(stdout, ctl_value(row, "address"));
	putchar('\n');
	explained(2, "state", ctl_value(row, "state"), state_meaning(ctl_value(row, "state")));
	print_mailable(row);
	line(2, "since", ctl_value(row, "since"));
	explained(2, "reason", ctl_value(row, "reason"), reason_meaning(ctl_value(row, "reason")));
	line(2, "score", ctl_value(row, "score"));
	line(2, "gone since", ctl_value(row, "gone"));
	if (strcmp(ctl_value(row, "state"), "dead") == 0)
		explained(2, "confirmed", ctl_value(row, "confirmed"),
			  "only confirmed addresses should be removed for good");
	line(2, "last report", ctl_value(row, "last_time"));
	line(2, "code", ctl_value(row, "last_status"));
	line(2, "reply", ctl_value(row, "last_smtp"));
	line(2, "rule", ctl_value(row, "last_rule"));
	line(2, "why", ctl_value(row, "last_why"));
	line(2, "remote", ctl_value(row, "last_remote_mta"));
	line(2, "diagnostic", ctl_value(row, "last_diagnostic"));
}

static bool
on_standing(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;
	struct ctl_row row = { columns, names, values };

	snprintf(show->address, sizeof(show->address), "%s", ctl_value(&row, "address"));
	if (show->as_json)
		ctl_json_row(&show->json, &row);
	else
		print_standing(&row);
	return false; /* one address was asked for */
}

/* "list/INBOX uid 7, sent on to Processed" */
static void
print_message(const struct ctl_row *row)
{
	if (ctl_value(row, "uid")[0] == '\0')
		return;
	printf("    %-*s", NAME_WIDTH, "message");
	ctl_prints(stdout, ctl_value(row, "account"));
	putchar('/');
	ctl_prints(stdout, ctl_value(row, "folder"));
	printf(" uid %s", ctl_value(row, "uid"));
	if (ctl_value(row, "target")[0] != '\0') {
		printf(", %s ", ctl_value(row, "moved")[0] != '\0' ? "moved to" : "to be moved to");
		ctl_prints(stdout, ctl_value(row, "target"));
	}
	putchar('\n');
}

static void
print_transition(const struct ctl_row *row)
{
	printf("  %s  ", ctl_value(row, "time"));
	ctl_prints(stdout, ctl_value(row, "from_state"));
	fputs(" -> ", stdout);
	ctl_prints(stdout, ctl_value(row, "to_state"));
	fputs(" (", stdout);
	ctl_prints(stdout, ctl_value(row, "cause"));
	fputs(")\n", stdout);
	line(4, "because", ctl_value(row, "transition_why"));
	line(4, "until", ctl_value(row, "until"));
	if (strcmp(ctl_value(row, "strike"), "0.0") != 0)
		line(4, "strike", ctl_value(row, "strike"));
	line(4, "your rule", ctl_value(row, "operator_rule"));
	line(4, "code", ctl_value(row, "status"));
	line(4, "reply", ctl_value(row, "smtp"));
	line(4, "reason", ctl_value(row, "reason"));
	line(4, "rule", ctl_value(row, "rule"));
	line(4, "why", ctl_value(row, "why"));
	line(4, "remote", ctl_value(row, "remote_mta"));
	line(4, "diagnostic", ctl_value(row, "diagnostic"));
	print_message(row);
	line(4, "report's id", ctl_value(row, "message_id"));
	line(4, "original", ctl_value(row, "original_message_id"));
	line(4, "list", ctl_value(row, "list_id"));
}

static bool
on_transition(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;
	struct ctl_row row = { columns, names, values };

	if (show->as_json) {
		json_object(&show->json, NULL);
		ctl_json_row(&show->json, &row);
		json_end_object(&show->json);
		ctl_flush(&show->out);
		return true;
	}
	if (show->transitions++ == 0)
		puts("history, newest first");
	print_transition(&row);
	return true;
}

static int
show_address(struct show *show, struct store *store, const char *address)
{
	const char *const asked[] = { "address", address, NULL };
	int rows;

	json_init(&show->json, &show->out);
	json_object(&show->json, NULL);
	rows = store_query(store, "recipient_show", asked, on_standing, show);
	if (rows < 0)
		return ctl_store_failed(store);
	if (rows == 0)
		return ctl_fail(EX_NOUSER,
				"%s: no report ever named this address; it may be mailed", address);
	const char *const found[] = { "address", show->address, NULL };

	json_array(&show->json, "history");
	if (store_query(store, "recipient_history", found, on_transition, show) < 0)
		return ctl_store_failed(store);
	json_end_array(&show->json);
	json_end_object(&show->json);
	if (show->as_json) {
		buf_addc(&show->out, '\n');
		ctl_flush(&show->out);
	}
	return ctl_finish();
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct show show = { .out = BUF_INIT };
	const struct ctl_option options[] = {
		{ "json", &show.as_json, NULL },
		{ NULL, NULL, NULL },
	};
	struct store *store;
	char *address;
	int count = ctl_options(&ctl_show, options, argc, argv), status = EX_OK;

	if (count < 0)
		return EX_USAGE;
	if (count != 1)
		return ctl_usage(&ctl_show, "wants one address");
	address = ctl_address(argv[0]);
	if (address == NULL)
		return EX_DATAERR;
	store = ctl_store(context, &status);
	if (store != NULL) {
		status = show_address(&show, store, address);
		store_close(store);
	}
	free(address);
	buf_free(&show.out);
	return status;
}

const struct ctl_command ctl_show = {
	.name = "show",
	.arguments = "ADDRESS [--json]",
	.help = "show an address: its state, why, since when, and every report about it",
	.run = run,
};
