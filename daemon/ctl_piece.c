/*
 * ctl_piece - what is printed of an address: its standing, and what was done to it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_piece.h"

void
ctl_line(int indent, const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("%*s%-*s", indent, "", CTL_NAME_WIDTH, what);
	ctl_prints(stdout, text);
	putchar('\n');
}

void
ctl_explained(int indent, const char *what, const char *word, const char *meaning)
{
	if (word[0] == '\0')
		return;
	printf("%*s%-*s", indent, "", CTL_NAME_WIDTH, what);
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

	printf("  %-*s", CTL_NAME_WIDTH, "mail it");
	if (strcmp(ctl_value(row, "mailable"), "yes") == 0)
		printf("yes%s%s\n", waits ? ", again since " : "", waits ? until : "");
	else
		printf("no%s%s\n", waits ? ", not before " : "", waits ? until : "");
}

void
ctl_print_standing(const struct ctl_row *row)
{
	ctl_prints(stdout, ctl_value(row, "address"));
	if (ctl_value(row, "list")[0] != '\0') {
		fputs(", list ", stdout);
		ctl_prints(stdout, ctl_value(row, "list"));
	}
	putchar('\n');
	ctl_explained(2, "state", ctl_value(row, "state"), state_meaning(ctl_value(row, "state")));
	print_mailable(row);
	ctl_line(2, "since", ctl_value(row, "since"));
	ctl_explained(2, "reason", ctl_value(row, "reason"),
		      reason_meaning(ctl_value(row, "reason")));
	ctl_line(2, "score", ctl_value(row, "score"));
	ctl_line(2, "gone since", ctl_value(row, "gone"));
	if (strcmp(ctl_value(row, "state"), "dead") == 0)
		ctl_explained(2, "confirmed", ctl_value(row, "confirmed"),
			      "only confirmed addresses should be removed for good");
	ctl_line(2, "last report", ctl_value(row, "last_time"));
	ctl_line(2, "code", ctl_value(row, "last_status"));
	ctl_line(2, "reply", ctl_value(row, "last_smtp"));
	ctl_line(2, "rule", ctl_value(row, "last_rule"));
	ctl_line(2, "why", ctl_value(row, "last_why"));
	ctl_line(2, "remote", ctl_value(row, "last_remote_mta"));
	ctl_line(2, "diagnostic", ctl_value(row, "last_diagnostic"));
}

/* "list/INBOX uid 7, sent on to Processed" */
static void
print_message(const struct ctl_row *row)
{
	if (ctl_value(row, "uid")[0] == '\0')
		return;
	printf("    %-*s", CTL_NAME_WIDTH, "message");
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

/* "jane: back from holidays" */
static void
print_operation(const struct ctl_row *row)
{
	if (ctl_value(row, "operation")[0] == '\0')
		return;
	printf("    %-*s%s of ", CTL_NAME_WIDTH, "operation", ctl_value(row, "operation"));
	ctl_prints(stdout, ctl_value(row, "who"));
	fputs(": ", stdout);
	ctl_prints(stdout, ctl_value(row, "operation_why"));
	putchar('\n');
}

void
ctl_print_transition(const struct ctl_row *row)
{
	printf("  %s  ", ctl_value(row, "time"));
	ctl_prints(stdout, ctl_value(row, "from_state"));
	fputs(" -> ", stdout);
	ctl_prints(stdout, ctl_value(row, "to_state"));
	fputs(" (", stdout);
	ctl_prints(stdout, ctl_value(row, "cause"));
	fputs(")", stdout);
	if (ctl_value(row, "scope")[0] != '\0') {
		fputs(", list ", stdout);
		ctl_prints(stdout, ctl_value(row, "scope"));
	}
	puts(strcmp(ctl_value(row, "counts"), "no") == 0 ? ", taken back" : "");
	ctl_line(4, "because", ctl_value(row, "transition_why"));
	ctl_line(4, "until", ctl_value(row, "until"));
	if (strcmp(ctl_value(row, "strike"), "0.0") != 0)
		ctl_line(4, "strike", ctl_value(row, "strike"));
	print_operation(row);
	ctl_line(4, "your rule", ctl_value(row, "operator_rule"));
	ctl_line(4, "code", ctl_value(row, "status"));
	ctl_line(4, "reply", ctl_value(row, "smtp"));
	ctl_line(4, "reason", ctl_value(row, "reason"));
	ctl_line(4, "rule", ctl_value(row, "rule"));
	ctl_line(4, "why", ctl_value(row, "why"));
	ctl_line(4, "remote", ctl_value(row, "remote_mta"));
	ctl_line(4, "diagnostic", ctl_value(row, "diagnostic"));
	print_message(row);
	ctl_line(4, "report's id", ctl_value(row, "message_id"));
	ctl_line(4, "original", ctl_value(row, "original_message_id"));
	ctl_line(4, "list", ctl_value(row, "list_id"));
}
