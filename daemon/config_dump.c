/*
 * config_dump - every option and its value, in the file's own syntax
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_row.h"

static void
options(const struct config_section *section, const char *indent, const void *base, struct buf *out)
{
	for (const struct config_option *o = section->options; o->name != NULL; o++) {
		buf_addf(out, "%s%s = ", indent, o->name);
		o->type->print(o, base, out);
		buf_addc(out, '\n');
	}
}

static void
begin(const struct config_section *section, const char *title, struct buf *out)
{
	buf_addf(out, "\n%s ", section->name);
	config_quote(title, out);
	buf_adds(out, " {\n");
}

/* A section inside of an account. */
static void
within(const struct config_section *section, const struct config_account *account, struct buf *out)
{
	buf_addf(out, "\t%s {\n", section->name);
	options(section, "\t\t", account, out);
	buf_adds(out, "\t}\n");
}

void
config_dump(const struct config *config, struct buf *out)
{
	options(&config_root, "", config, out);
	buf_adds(out, "\npolicy {\n");
	options(&config_policy, "\t", &config->policy, out);
	buf_adds(out, "}\n");
	for (size_t i = 0; i < config->policy.rule_count; i++) {
		begin(&config_rule, config->rule[i].name, out);
		options(&config_rule, "\t", &config->rule[i], out);
		buf_adds(out, "}\n");
	}
	for (size_t i = 0; i < config->own.count; i++) {
		const struct config_section *section =
			i < config->phrase_count ? &config_phrase : &config_code;

		begin(section, config->row[i].id, out);
		options(section, "\t", &config->row[i], out);
		buf_adds(out, "}\n");
	}
	for (size_t i = 0; i < config->account_count; i++) {
		begin(&config_account, config->account[i].name, out);
		options(&config_account, "\t", &config->account[i], out);
		within(&config_account_oauth2, &config->account[i], out);
		within(&config_account_target, &config->account[i], out);
		buf_adds(out, "}\n");
	}
	for (size_t i = 0; i < config->hook_count; i++) {
		begin(&config_hook, config->hook[i].name, out);
		options(&config_hook, "\t", &config->hook[i], out);
		buf_adds(out, "}\n");
	}
}
