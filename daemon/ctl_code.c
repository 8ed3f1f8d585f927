/*
 * ctl_code - what a code means: the code table for people
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "code.h"
#include "ctl.h"
#include "json.h"
#include "lang.h"

/* What was asked for, and every row that answers. */
struct answer {
	struct bounce_status status;
	uint16_t smtp;
	const struct bounce_row *vendor[CODE_MAX_COVERING];
	size_t vendor_count;
	const struct bounce_row *registry[CODE_MAX_COVERING];
	size_t registry_count;
	const struct bounce_row *reply;
	enum lang lang;
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
	size_t count = code_find(table, status, rows, CODE_MAX_COVERING), kept = 0;

	if (count > CODE_MAX_COVERING)
		count = CODE_MAX_COVERING;
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

#define NAME_WIDTH 13

/* "  name         ", up to the column of the values; a character may be several bytes. */
static void
print_name(const char *name)
{
	int width = NAME_WIDTH;

	printf("  %s", name);
	for (const char *p = name; *p != '\0'; p++)
		width -= (*p & 0xc0) != 0x80;
	printf("%*s", width > 1 ? width : 1, "");
}

/* "  name         value (meaning)" */
static void
fact(const char *name, const char *value, const char *meaning)
{
	print_name(name);
	printf("%s", value);
	if (meaning != NULL && meaning[0] != '\0')
		printf(" (%s)", meaning);
	putchar('\n');
}

static void
print_fixers(enum lang lang, const struct bounce_row *row)
{
	struct buf text = BUF_INIT;
	const char *label = lang_label(lang, LANG_FIXER);

	if (row->fixer == BOUNCE_FIXER_NONE) {
		fact(label, lang_fixer(lang, row->fixer), NULL);
		return;
	}
	buf_addf(&text, "%s (%s)", bounce_fixer_name(row->fixer), lang_fixer(lang, row->fixer));
	if (row->fixer_alt != BOUNCE_FIXER_NONE && row->fixer_alt != row->fixer)
		buf_addf(&text, ", %s%s (%s)", lang == LANG_EN ? "or " : "",
			 bounce_fixer_name(row->fixer_alt), lang_fixer(lang, row->fixer_alt));
	fact(label, buf_str(&text), NULL);
	buf_free(&text);
}

static void
print_found(const struct answer *answer)
{
	for (size_t i = 0; i < answer->match.found_count; i++) {
		const struct bounce_found *found = &answer->match.found[i];

		print_name(lang_label(answer->lang, LANG_FOUND));
		printf("%s ", found->kind);
		ctl_print(stdout, found->value);
		putchar('\n');
	}
}

static void
print_row(const struct bounce_row *row, const struct answer *answer)
{
	enum lang lang = answer->lang;
	const char *remedy = lang_remedy(lang, row);
	struct buf rule = BUF_INIT;
	char code[40];

	printf("%s", row_code(row, code));
	if (row->phrase[0] != '\0')
		printf(" \"%s\"", row->phrase);
	putchar('\n');
	fact(lang_label(lang, LANG_CAUSE), lang_cause(lang, row), NULL);
	fact(lang_label(lang, LANG_REMEDY),
	     remedy[0] != '\0' ? remedy : lang_label(lang, LANG_NO_REMEDY), NULL);
	print_fixers(lang, row);
	if (row->reason != BOUNCE_REASON_COUNT)
		fact(lang_label(lang, LANG_REASON), bounce_reason_name(row->reason),
		     lang_reason(lang, row->reason));
	fact(lang_label(lang, LANG_BAD), bounce_bad_name(row->bad), NULL);
	fact(lang_label(lang, LANG_EFFECT), bounce_effect_name(row->effect), NULL);
	fact(lang_label(lang, LANG_ACTION), bounce_disposition_name(row->disposition),
	     lang_disposition(lang, row->disposition));
	print_found(answer);
	if (row->source[0] != '\0')
		fact(lang_label(lang, LANG_SOURCE), row->source, NULL);
	buf_addf(&rule, "%s:%s", code_table_name(row->table), row->id);
	fact(lang_label(lang, LANG_RULE), buf_str(&rule), NULL);
	buf_free(&rule);
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
			print_row(answer->registry[i], answer);
		else
			print_meaning(answer->registry[i]);
		full = false;
	}
	if (answer->reply == NULL)
		return;
	if (full)
		print_row(answer->reply, answer);
	else
		print_meaning(answer->reply);
}

static void
print_text(const struct answer *answer)
{
	unsigned class = answer->status.class != 0 ? answer->status.class : answer->smtp / 100U;

	for (size_t i = 0; i < answer->vendor_count; i++)
		print_row(answer->vendor[i], answer);
	print_standard(answer);
	if (answer->vendor_count + answer->registry_count == 0 && answer->reply == NULL)
		printf("no row knows this code\n");
	if (answer->registry_count == 0 && answer->reply == NULL)
		printf("class %u: %s\n", class, class_meaning(class));
}

static void
json_row(struct json *j, const struct bounce_row *row, enum lang lang)
{
	const char *remedy = lang_remedy(lang, row);
	char code[40];

	json_object(j, NULL);
	json_string(j, "rule_table", code_table_name(row->table));
	json_string(j, "rule_id", row->id);
	json_string(j, "code", row_code(row, code));
	json_string(j, "phrase", row->phrase);
	json_string(j, "cause", lang_cause(lang, row));
	json_string(j, "remedy", remedy[0] != '\0' ? remedy : NULL);
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
		json_row(&j, answer->vendor[i], answer->lang);
	for (size_t i = 0; i < answer->registry_count; i++)
		json_row(&j, answer->registry[i], answer->lang);
	if (answer->reply != NULL)
		json_row(&j, answer->reply, answer->lang);
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
	const char *phrase = NULL, *lang = "en";
	bool json = false;
	const struct ctl_option options[] = {
		{ "phrase", NULL, &phrase },
		{ "lang", NULL, &lang },
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
	if (lang_parse(lang, &answer.lang) != 0)
		return ctl_usage(&ctl_code, "--lang: '%s' is unknown; write en, nb or fi", lang);
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
	.arguments = "CODE [--phrase TEXT] [--lang en|nb|fi] [--json]",
	.help = "say what an enhanced status code or an SMTP reply code means and what to do",
	.run = run,
};
