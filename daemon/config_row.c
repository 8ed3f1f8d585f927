/*
 * config_row - the operator's own rows of the code table: sections phrase and status
 *
 * What to look for is the section's title; the options say what it means. They become rows of
 * libbounce's shape (code.h), which count before all of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_row.h"

#include <sysexits.h>

static int
set_reason(const struct config_setting *setting, void *base)
{
	struct bounce_row *row = base;
	const struct bounce_reason_facts *facts;

	row->reason = BOUNCE_REASON_COUNT;
	if (setting->text[0][0] == '\0')
		return 0;
	if (bounce_reason_parse(span_of(setting->text[0]), &row->reason) != 0)
		return config_refuse(setting, setting->text[0],
				     "no reason; bounce-reasons(7) lists them");
	facts = bounce_reason_facts(row->reason);
	row->bad = facts->bad;
	row->disposition = facts->disposition;
	row->fixer = facts->fixer;
	row->cause = bounce_reason_text(row->reason);
	return 0;
}

static void
print_reason(const struct config_option *option, const void *base, struct buf *out)
{
	const struct bounce_row *row = base;

	(void)option;
	config_quote(row->reason != BOUNCE_REASON_COUNT ? bounce_reason_name(row->reason) : "",
		     out);
}

const struct config_type config_row_reason = { false, set_reason, print_reason };

static int
set_effect(const struct config_setting *setting, void *base)
{
	struct bounce_row *row = base;

	row->effect = BOUNCE_EFFECT_UNKNOWN;
	if (setting->text[0][0] == '\0')
		return 0;
	for (unsigned i = 0; i < BOUNCE_EFFECT_COUNT; i++) {
		if (i == BOUNCE_EFFECT_UNKNOWN ||
		    strcmp(bounce_effect_name((enum bounce_effect)i), setting->text[0]) != 0)
			continue;
		row->effect = (enum bounce_effect)i;
		return 0;
	}
	return config_refuse(setting, setting->text[0],
			     "unknown; write one of temporary, until-fixed, final, permanent");
}

static void
print_effect(const struct config_option *option, const void *base, struct buf *out)
{
	const struct bounce_row *row = base;

	(void)option;
	config_quote(row->effect != BOUNCE_EFFECT_UNKNOWN ? bounce_effect_name(row->effect) : "",
		     out);
}

const struct config_type config_row_effect = { false, set_effect, print_effect };

/* "operator:TITLE", as a verdict's rule. */
static const char *
rule_of(struct arena *arena, const char *title)
{
	static const char table[] = "operator:";
	size_t len = strlen(title);
	char *rule = arena_alloc(arena, sizeof(table) + len);

	if (rule == NULL)
		log_fatal(EX_OSERR, "out of memory");
	memcpy(rule, table, sizeof(table) - 1);
	memcpy(rule + sizeof(table) - 1, title, len + 1);
	return rule;
}

static void
name_row(struct bounce_row *row, struct arena *arena, const char *title)
{
	row->table = CODE_OPERATOR;
	row->id = title;
	row->rule = rule_of(arena, title);
	row->phrase = "";
	row->fixer_alt = BOUNCE_FIXER_NONE;
	row->anywhere = true;
	row->remedy = row->note = row->source = "";
	if (row->cause == NULL)
		row->cause = "";
}

const char *
config_row_phrase(struct bounce_row *row, struct arena *arena, const char *title)
{
	const char *wrong = match_check(title);

	name_row(row, arena, title);
	row->phrase = title;
	return wrong;
}

const char *
config_row_status(struct bounce_row *row, struct arena *arena, const char *title)
{
	struct buf why = BUF_INIT;
	const struct config_option option = { .name = "status", .type = &config_status };
	const struct config_setting setting = {
		.option = &option,
		.text = &title,
		.count = 1,
		.arena = arena,
		.why = &why,
	};
	int read = config_status.set(&setting, &row->low);

	buf_free(&why);
	name_row(row, arena, title);
	row->detail_high = row->low.detail;
	return read == 0 && row->low.class != 0 ? NULL
						: "no status code; write it like 4.2.2, 4.2.x or "
						  "4.x.x";
}
