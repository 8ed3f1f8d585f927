/*
 * ctl_code - what a code means: the code table for people
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "code.h"
#include "ctl.h"
#include "json.h"

#define MAX_ROWS 64 /* of one code in one table; a test holds the tables against it */

/* What was asked for, and every row that answers. */
struct answer {
	struct bounce_status status;
	uint16_t smtp;
	const struct bounce_row *vendor[MAX_ROWS];
	size_t vendor_count;
	const struct bounce_row *registry[MAX_ROWS];
	size_t registry_count;
	const struct bounce_row *reply;
	struct match_result match; /* what the picked row's placeholders stood for */
};

static const char *
class_meaning(unsigned class)
{
	switch (class) {
	case 2:
		return "success: delivered, relayed or expanded";
	case 4:
		return "failed for now: it may work later";
	case 5:
		return "failed for good: the message as it was sent will not be taken";
	default:
		return "an intermediate or unknown answer";
	}
}

enum exactness { ONE_CODE, RANGE, ANY_CODE };

static enum exactness
exactness(const struct bounce_row *row)
{
	if (row->low.subject == CODE_ANY || row->low.detail == CODE_ANY)
		return ANY_CODE;
	return row->low.detail == row->detail_high ? ONE_CODE : RANGE;
}

/* Rows of a table: a code that has rows of its own needs none of the wider ones. */
static size_t
find_rows(enum code_table table, struct bounce_status status, const struct bounce_row **rows)
{
	size_t count = code_find(table, status, rows, MAX_ROWS), kept = 0;

	if (count > MAX_ROWS)
		count = MAX_ROWS;
	while (kept < count && exactness(rows[kept]) == exactness(rows[0]))
		kept++;
	return kept;
}

/* Leaves only the row whose phrase stands in the text, when one does. */
static void
pick(struct answer *answer, const char *phrase)
{
	const struct bounce_row *row;

	row = code_pick(CODE_MICROSOFT, answer->status, span_of(phrase), &answer->match);
	if (row == NULL) {
		if (answer->vendor_count > 0)
			ctl_fail(EX_OK, "no phrase of that code stands in the text; here is every "
					"row of the code");
		return;
	}
	answer->vendor[0] = row;
	answer->vendor_count = 1;
}

static void
look_up(struct answer *answer, const char *phrase)
{
	if (answer->status.class != 0) {
		answer->vendor_count = find_rows(CODE_MICROSOFT, answer->status, answer->vendor);
		answer->registry_count = find_rows(CODE_STATUS, answer->status, answer->registry);
	}
	if (answer->smtp != 0)
		answer->reply = code_find_reply(answer->smtp);
	if (phrase != NULL)
		pick(answer, phrase);
}

/* "5.7.606-649", "X.1.1", "550" */
static const char *
row_code(const struct bounce_row *row, char text[40])
{
	int len;

	if (row->table != CODE_MICROSOFT || row->low.subject == CODE_ANY ||
	    row->low.detail == CODE_ANY) {
		snprintf(text, 40, "%s", row->id);
		return text;
	}
	len = snprintf(text, 40, "%u.%u.%u", row->low.class, row->low.subject, row->low.detail);
	if (row->detail_high != row->low.detail)
		snprintf(text + len, (size_t)(40 - len), "-%u", row->detail_high);
	return text;
}

static void
fact(const char *name, const char *value, const char *meaning)
{
	if (meaning != NULL && meaning[0] != '\0')
		printf("  %-13s%s (%s)\n", name, value, meaning);
	else
		printf("  %-13s%s\n", name, value);
}

static void
print_fixers(const struct bounce_row *row)
{
	if (row->fixer == BOUNCE_FIXER_NONE) {
		fact("who fixes it", bounce_fixer_text(row->fixer), NULL);
		return;
	}
	printf("  %-13s%s (%s)", "who fixes it", bounce_fixer_name(row->fixer),
	       bounce_fixer_text(row->fixer));
	if (row->fixer_alt != BOUNCE_FIXER_NONE && row->fixer_alt != row->fixer)
		printf(", or %s (%s)", bounce_fixer_name(row->fixer_alt),
		       bounce_fixer_text(row->fixer_alt));
	putchar('\n');
}

static void
print_row(const struct bounce_row *row, const struct match_result *match)
{
	char code[40];

	printf("%s", row_code(row, code));
	if (row->phrase[0] != '\0')
		printf(" \"%s\"", row->phrase);
	putchar('\n');
	fact("cause", row->cause, NULL);
	fact("remedy", row->remedy[0] != '\0' ? row->remedy : "none known", NULL);
	print_fixers(row);
	if (row->reason != BOUNCE_REASON_COUNT)
		fact("reason", bounce_reason_name(row->reason), bounce_reason_text(row->reason));
	fact("bad address", bounce_bad_name(row->bad), NULL);
	fact("effect", bounce_effect_name(row->effect), NULL);
	fact("what we do", bounce_disposition_name(row->disposition),
	     bounce_disposition_text(row->disposition));
	for (size_t i = 0; i < match->found_count; i++) {
		printf("  %-13s%s ", "found", match->found[i].kind);
		ctl_print(stdout, match->found[i].value);
		putchar('\n');
	}
	if (row->source[0] != '\0')
		fact("source", row->source, NULL);
	printf("  %-13s%s:%s\n", "rule", code_table_name(row->table), row->id);
	putchar('\n');
}

/* One line: what a standard says of the code, next to what the vendor makes of it. */
static void
print_meaning(const struct bounce_row *row)
{
	printf("%s %s: %s", code_table_name(row->table), row->id, row->cause);
	if (row->source[0] != '\0')
		printf(" [%s]", row->source);
	putchar('\n');
}

/* The standards' rows: in full when no vendor has more to say and it is about this very code. */
static void
print_standard(const struct answer *answer)
{
	bool full = answer->vendor_count == 0 &&
		    (answer->registry_count == 0 || exactness(answer->registry[0]) == ONE_CODE);

	for (size_t i = 0; i < answer->registry_count; i++) {
		if (full)
			print_row(answer->registry[i], &answer->match);
		else
			print_meaning(answer->registry[i]);
		full = false;
	}
	if (answer->reply == NULL)
		return;
	if (full)
		print_row(answer->reply, &answer->match);
	else
		print_meaning(answer->reply);
}

static void
print_text(const struct answer *answer)
{
	unsigned class = answer->status.class != 0 ? answer->status.class : answer->smtp / 100U;

	for (size_t i = 0; i < answer->vendor_count; i++)
		print_row(answer->vendor[i], &answer->match);
	print_standard(answer);
	if (answer->vendor_count + answer->registry_count == 0 && answer->reply == NULL)
		printf("no row knows this code\n");
	if (answer->registry_count == 0 && answer->reply == NULL)
		printf("class %u: %s\n", class, class_meaning(class));
}

static void
json_row(struct json *j, const struct bounce_row *row)
{
	char code[40];

	json_object(j, NULL);
	json_string(j, "rule_table", code_table_name(row->table));
	json_string(j, "rule_id", row->id);
	json_string(j, "code", row_code(row, code));
	json_string(j, "phrase", row->phrase);
	json_string(j, "cause", row->cause);
	json_string(j, "remedy", row->remedy[0] != '\0' ? row->remedy : NULL);
	json_string(j, "fixer", bounce_fixer_name(row->fixer));
	json_string(j, "fixer_alt",
		    row->fixer_alt != BOUNCE_FIXER_NONE ? bounce_fixer_name(row->fixer_alt) : NULL);
	json_string(j, "reason",
		    row->reason != BOUNCE_REASON_COUNT ? bounce_reason_name(row->reason) : NULL);
	json_string(j, "bad", bounce_bad_name(row->bad));
	json_string(j, "effect", bounce_effect_name(row->effect));
	json_string(j, "disposition", bounce_disposition_name(row->disposition));
	json_string(j, "source", row->source);
	json_end_object(j);
}

static void
print_json(const struct answer *answer)
{
	struct buf out = BUF_INIT;
	struct json j;
	char code[BOUNCE_STATUS_TEXT];
	unsigned class = answer->status.class != 0 ? answer->status.class : answer->smtp / 100U;

	json_init(&j, &out);
	json_object(&j, NULL);
	json_string(&j, "status", bounce_status_format(answer->status, code));
	json_number(&j, "smtp", answer->smtp);
	json_string(&j, "class", class_meaning(class));
	json_array(&j, "rows");
	for (size_t i = 0; i < answer->vendor_count; i++)
		json_row(&j, answer->vendor[i]);
	for (size_t i = 0; i < answer->registry_count; i++)
		json_row(&j, answer->registry[i]);
	if (answer->reply != NULL)
		json_row(&j, answer->reply);
	json_end_array(&j);
	json_array(&j, "found");
	for (size_t i = 0; i < answer->match.found_count; i++) {
		json_object(&j, NULL);
		json_string(&j, "kind", answer->match.found[i].kind);
		json_text(&j, "value", answer->match.found[i].value);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	buf_addc(&out, '\n');
	ctl_flush(&out);
	buf_free(&out);
}

/* "550" and "5.1.1" may come as two arguments. */
static void
join(struct buf *out, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		buf_adds(out, words[i]);
	}
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct answer answer = { .smtp = 0 };
	const char *phrase = NULL;
	bool json = false;
	const struct ctl_option options[] = {
		{ "phrase", NULL, &phrase },
		{ "json", &json, NULL },
		{ NULL, NULL, NULL },
	};
	struct buf text = BUF_INIT;
	int count = ctl_options(&ctl_code, options, argc, argv), parsed;

	(void)context;
	if (count < 0)
		return EX_USAGE;
	if (count == 0 || count > 2)
		return ctl_usage(&ctl_code, "wants one code, for example 5.1.1 or \"550 5.1.1\"");
	join(&text, count, argv);
	parsed = code_parse(buf_span(&text), &answer.status, &answer.smtp);
	if (parsed != 0)
		ctl_fail(EX_DATAERR,
			 "code: '%s' is no code; give one like 5.1.1, 550 or 5.7.606-649",
			 buf_str(&text));
	buf_free(&text);
	if (parsed != 0)
		return EX_DATAERR;
	look_up(&answer, phrase);
	if (json)
		print_json(&answer);
	else
		print_text(&answer);
	return ctl_finish();
}

const struct ctl_command ctl_code = {
	.name = "code",
	.arguments = "CODE [--phrase TEXT] [--json]",
	.help = "say what an enhanced status code or an SMTP reply code means and what to do",
	.run = run,
};
