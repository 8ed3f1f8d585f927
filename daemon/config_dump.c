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

/* What the policy says of single reasons. */
static void
reasons(const struct bounce_policy *policy, const char *indent, struct buf *out)
{
	char deeper[8];

	snprintf(deeper, sizeof(deeper), "%s\t", indent);
	for (unsigned i = 0; i < BOUNCE_REASON_COUNT; i++) {
		const struct bounce_reason_policy *own = &policy->reason[i];

		if (!own->set_weight && !own->set_decay && !own->set_disposition)
			continue;
		buf_addf(out, "%sreason \"%s\" {\n", indent,
			 bounce_reason_name((enum bounce_reason)i));
		options(&config_reason, deeper, own, out);
		buf_addf(out, "%s}\n", indent);
	}
}

/* A section inside of an account. */
static void
within(const struct config_section *section, const struct config_account *account, struct buf *out)
{
	buf_addf(out, "\t%s {\n", section->name);
	options(section, "\t\t", account, out);
	buf_adds(out, "\t}\n");
}

static void
rules(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < config->policy.rule_count; i++) {
		begin(&config_rule, config->rule[i].name, out);
		options(&config_rule, "\t", &config->rule[i], out);
		buf_adds(out, "}\n");
	}
}

/* The operator's rows of the code table. */
static void
rows(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < config->own.count; i++) {
		const struct config_section *section =
			i < config->phrase_count ? &config_phrase : &config_code;

		begin(section, config->row[i].id, out);
		options(section, "\t", &config->row[i], out);
		buf_adds(out, "}\n");
	}
}

static void
account(const struct config_account *account, struct buf *out)
{
	begin(&config_account, account->name, out);
	options(&config_account, "\t", account, out);
	within(&config_account_oauth2, account, out);
	within(&config_account_target, account, out);
	buf_adds(out, "}\n");
}

static void
hooks(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < config->hook_count; i++) {
		begin(&config_hook, config->hook[i].name, out);
		options(&config_hook, "\t", &config->hook[i], out);
		buf_adds(out, "}\n");
	}
}

static void
policy(const struct config *config, struct buf *out)
{
	buf_adds(out, "\npolicy {\n");
	options(&config_policy, "\t", &config->policy, out);
	reasons(&config->policy, "\t", out);
	buf_adds(out, "}\n");
}

/* The lists: of their policies, or all that is said of them. */
static void
lists(const struct config *config, bool whole, struct buf *out)
{
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->list[i];

		begin(&config_for_list, list->name, out);
		if (whole)
			options(&config_for_list, "\t", list, out);
		if (list->own_policy) {
			buf_adds(out, "\tpolicy {\n");
			options(&config_policy, "\t\t", &list->policy, out);
			reasons(&list->policy, "\t\t", out);
			buf_adds(out, "\t}\n");
		}
		buf_adds(out, "}\n");
	}
}

static void
incident(const struct config *config, struct buf *out)
{
	buf_adds(out, "\nincident {\n");
	options(&config_incident, "\t", &config->incident, out);
	buf_adds(out, "}\n");
}

static void
retention(const struct config *config, struct buf *out)
{
	buf_adds(out, "\nretention {\n");
	options(&config_retention, "\t", &config->retention, out);
	buf_adds(out, "}\n");
}

void
config_dump_policy(const struct config *config, struct buf *out)
{
	policy(config, out);
	rules(config, out);
	lists(config, false, out);
}

static void
keys(const struct config_section *section, const struct config_key *key, size_t count,
     struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "\t%s ", section->name);
		config_quote(key[i].id, out);
		buf_adds(out, " {\n");
		options(section, "\t\t", &key[i], out);
		buf_adds(out, "\t}\n");
	}
}

/* What decides whether a report counts. */
static void
proof(const struct config *config, struct buf *out)
{
	const struct config_tokens *tokens = &config->tokens;

	buf_adds(out, "\ntokens {\n");
	options(&config_tokens, "\t", tokens, out);
	keys(&config_token_key, tokens->key, tokens->key_count, out);
	keys(&config_batv_key, tokens->batv, tokens->batv_count, out);
	buf_adds(out, "}\n\ntrust {\n");
	options(&config_trust, "\t", &config->trust, out);
	buf_adds(out, "}\n");
}

void
config_dump(const struct config *config, struct buf *out)
{
	options(&config_root, "", config, out);
	policy(config, out);
	rules(config, out);
	lists(config, true, out);
	proof(config, out);
	incident(config, out);
	retention(config, out);
	rows(config, out);
	for (size_t i = 0; i < config->account_count; i++)
		account(&config->account[i], out);
	hooks(config, out);
}

static bool
same_text(struct buf *a, struct buf *b)
{
	bool same = buf_ok(a) && buf_ok(b) && span_eq(buf_span(a), buf_span(b));

	buf_free(a);
	buf_free(b);
	return same;
}

bool
config_same_account(const struct config_account *a, const struct config_account *b)
{
	struct buf left = BUF_INIT, right = BUF_INIT;

	account(a, &left);
	account(b, &right);
	/* The one value that is not shown. */
	return same_text(&left, &right) && strcmp(a->password.text, b->password.text) == 0;
}

static void
handling(const struct config *config, struct buf *out)
{
	config_dump_policy(config, out);
	lists(config, true, out);
	proof(config, out);
	incident(config, out);
	rows(config, out);
	hooks(config, out);
}

/* Secrets are not shown; they may have changed where the configuration has not. */
static bool
same_keys(const struct config *a, const struct config *b)
{
	bool same = a->ring_count == b->ring_count && a->batv_count == b->batv_count;

	for (size_t i = 0; same && i < a->ring_count; i++)
		same = span_eq(a->ring[i].secret, b->ring[i].secret);
	for (size_t i = 0; same && i < a->batv_count; i++)
		same = span_eq(a->batv[i].secret, b->batv[i].secret);
	return same;
}

bool
config_same_policy(const struct config *a, const struct config *b)
{
	struct buf left = BUF_INIT, right = BUF_INIT;

	handling(a, &left);
	handling(b, &right);
	return same_text(&left, &right) && same_keys(a, b);
}
