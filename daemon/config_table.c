/*
 * config_table - the master list of options
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_row.h"

#define MINUTE INT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const tls_words[] = { "implicit", "starttls", "none", NULL };
static const char *const auth_words[] = { "auto",  "oauthbearer", "xoauth2", "scram-sha-256",
					  "plain", "login",       NULL };

#define AT(field) .offset = offsetof(STRUCT, field)
#define LIMITS(low, high) .least = (low), .most = (high)
#define LADDER(field) \
	AT(field), .count_offset = offsetof(STRUCT, field##_count), LIMITS(1, 365 * DAY)

/* clang-format off */
#define STRUCT struct config
static const struct config_option root_options[] = {
	{ "state", &config_path, CONFIG_DEFAULT_STATE, AT(state_path) },
	{ "log-level", &config_word, "info", AT(log_level), .words = log_levels },
	{ "outbox-keep", &config_span, "30d", AT(outbox_keep), LIMITS(0, 3650 * DAY) },
	{ .name = NULL },
};
#undef STRUCT

/* The preset comes first: it sets all the others. Their values here are those of "careful", for they are never taken
 * from here; a test compares the two. */
#define STRUCT struct bounce_policy
static const struct config_option policy_options[] = {
	{ "preset", &config_preset, "careful", AT(preset) },
	{ "threshold", &config_points, "5.0", AT(threshold), LIMITS(1, 100000) },
	{ "backoff", &config_ladder, "1d 3d 7d 14d", LADDER(backoff) },
	{ "suspend", &config_span, "30d", AT(suspend), LIMITS(1, 3650 * DAY) },
	{ "probes", &config_number, "2", AT(probes), LIMITS(1, STATE_MAX_PROBES) },
	{ "confirm", &config_number, "2", AT(confirm), LIMITS(1, 2) },
	{ "confirm-gap", &config_span, "3d", AT(confirm_gap), LIMITS(0, 365 * DAY) },
	{ "confirm-quiet", &config_span, "14d", AT(confirm_quiet), LIMITS(1, 3650 * DAY) },
	{ "grace", &config_span, "5d", AT(grace), LIMITS(1, 365 * DAY) },
	{ "fade-mailings", &config_number, "4", AT(fade_mailings), LIMITS(0, 100) },
	{ "full-for", &config_span, "60d", AT(full_for), LIMITS(1, 3650 * DAY) },
	{ "full-mailings", &config_number, "6", AT(full_mailings), LIMITS(1, 1000) },
	{ .name = NULL },
};
#undef STRUCT

#define SAID(field) AT(field), .said_offset = offsetof(STRUCT, set_##field)
#define STRUCT struct bounce_reason_policy
static const struct config_option reason_options[] = {
	{ "weight", &config_weight, "", SAID(weight), LIMITS(0, 100000) },
	{ "decay", &config_decay, "", SAID(decay), LIMITS(0, 3650 * DAY) },
	{ "disposition", &config_disposition, "", SAID(disposition) },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct breaker_limits
static const struct config_option incident_options[] = {
	{ "hold", &config_boolean, "true", AT(hold) },
	{ "domain-addresses", &config_number, "20", AT(domain_addresses), LIMITS(1, 1000000) },
	{ "domain-share", &config_percent, "10%", AT(domain_share), LIMITS(1, 100) },
	{ "list-addresses", &config_number, "20", AT(list_addresses), LIMITS(1, 1000000) },
	{ "list-share", &config_percent, "5%", AT(list_share), LIMITS(1, 100) },
	{ "text-addresses", &config_number, "50", AT(text_addresses), LIMITS(1, 1000000) },
	{ "surge", &config_number, "5", AT(surge), LIMITS(1, 1000) },
	{ "window", &config_span, "1d", AT(window), LIMITS(HOUR, 14 * DAY) },
	{ "quiet", &config_span, "1d", AT(quiet), LIMITS(HOUR, 14 * DAY) },
	{ .name = NULL },
};
#undef STRUCT

/* 0: for ever. What incidents look at must be there. */
#define STRUCT struct config_retention
static const struct config_option retention_options[] = {
	{ "diagnostics", &config_retained, "365d", AT(diagnostics), LIMITS(30 * DAY, 36500 * DAY) },
	{ "history", &config_retained, "730d", AT(history), LIMITS(30 * DAY, 36500 * DAY) },
	{ "addresses", &config_retained, "730d", AT(addresses), LIMITS(30 * DAY, 36500 * DAY) },
	{ "messages", &config_retained, "3650d", AT(messages), LIMITS(30 * DAY, 36500 * DAY) },
	{ .name = NULL },
};
#undef STRUCT

static const char *const grades[] = { "T0", "T1", "T2", "T3", NULL };
static const char *const delimiters[] = { "plus", "hyphen", "equals", NULL };
static const char *const require_words[] = { "auto", "always", "never", NULL };

#define STRUCT struct config_list
static const struct config_option list_options[] = {
	{ "bounce-address", &config_text, "", AT(bounce_address) },
	{ "delimiter", &config_word, "plus", AT(delimiter), .words = delimiters },
	{ "require-token", &config_word, "auto", AT(require), .words = require_words },
	{ .name = NULL },
};

#undef STRUCT

#define STRUCT struct config_tokens
static const struct config_option tokens_options[] = {
	{ "sign-with", &config_text, "", AT(sign_with) },
	{ "expire", &config_span, "60d", AT(expire), LIMITS(DAY, BATV_MAX_DAYS * DAY) },
	{ "batv-expire", &config_span, "10d", AT(batv_expire), LIMITS(DAY, BATV_MAX_DAYS * DAY) },
	{ "authserv-id", &config_list, "", AT(authserv_id) },
	{ "own-received", &config_number, "0", AT(own_received), LIMITS(0, 50) },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct config_key
static const struct config_option key_options[] = {
	{ "secret-credential", &config_text, "", AT(secret.credential) },
	{ "secret-file", &config_path, "", AT(secret.file) },
	{ "secret-command", &config_command, "", AT(secret.command) },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct config_trust
static const struct config_option trust_options[] = {
	{ "ok", &config_word, "T0", AT(ok), .words = grades },
	{ "backoff", &config_word, "T0", AT(backoff), .words = grades },
	{ "suspended", &config_word, "T0", AT(suspended), .words = grades },
	{ "dead", &config_word, "T0", AT(dead), .words = grades },
	{ "complained", &config_word, "T0", AT(complained), .words = grades },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct bounce_rule
static const struct config_option rule_options[] = {
	{ "reason", &config_reasons, "", AT(reasons) },
	{ "status", &config_status, "", AT(status) },
	{ "domain", &config_domain, "", AT(domain) },
	{ "list", &config_domain, "", AT(list) },
	{ "disposition", &config_disposition, "", SAID(disposition) },
	{ "weight", &config_weight, "", SAID(weight), LIMITS(0, 100000) },
	{ "backoff", &config_ladder, "", LADDER(backoff) },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct bounce_row
static const struct config_option row_options[] = {
	{ "reason", &config_row_reason, "", .offset = 0 },
	{ "effect", &config_row_effect, "", .offset = 0 },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct config_account
static const struct config_option account_options[] = {
	{ "host", &config_text, "", AT(host) },
	{ "port", &config_port, "", AT(port), LIMITS(1, 65535) },
	{ "tls", &config_word, "implicit", AT(tls), .words = tls_words },
	{ "ca-file", &config_path, "", AT(ca_file) },
	{ "tls-name", &config_text, "", AT(tls_name) },
	{ "auth", &config_word, "auto", AT(auth), .words = auth_words },
	{ "user", &config_text, "", AT(user) },
	{ "password-credential", &config_text, "", AT(password.credential) },
	{ "password-file", &config_path, "", AT(password.file) },
	{ "password-command", &config_command, "", AT(password.command) },
	{ "password", &config_secret, "", AT(password.text) },
	{ "insecure-inline-password", &config_boolean, "false", AT(insecure_inline_password) },
	{ "folders", &config_list, "INBOX", AT(folders) },
	{ "max-folders", &config_number, "200", AT(max_folders), LIMITS(1, 10000) },
	{ "list-interval", &config_seconds, "10m", AT(list_interval), LIMITS(1, DAY) },
	{ "max-connections", &config_number, "8", AT(max_connections), LIMITS(1, 10000) },
	{ "idle", &config_boolean, "true", AT(idle) },
	{ "idle-renew", &config_seconds, "28m", AT(idle_renew), LIMITS(1, 29 * MINUTE) },
	{ "poll-interval", &config_seconds, "60s", AT(poll_interval), LIMITS(1, DAY) },
	{ "batch-messages", &config_number, "50", AT(batch_messages), LIMITS(1, 1000) },
	{ "batch-bytes", &config_size, "3M", AT(batch_bytes), LIMITS(64 * KIB, GIB) },
	{ "move-messages", &config_number, "500", AT(move_messages), LIMITS(1, 10000) },
	{ "move-retry", &config_seconds, "1h", AT(move_retry), LIMITS(1, DAY) },
	{ "allow-delete", &config_boolean, "false", AT(allow_delete) },
	{ "message-bytes", &config_size, "1M", AT(message_bytes), LIMITS(CONFIG_LEAST_MESSAGE_BYTES, 32 * MIB) },
	{ "connect-timeout", &config_seconds, "15s", AT(connect_timeout), LIMITS(1, 10 * MINUTE) },
	{ "tls-timeout", &config_seconds, "15s", AT(tls_timeout), LIMITS(1, 10 * MINUTE) },
	{ "progress-timeout", &config_seconds, "60s", AT(progress_timeout), LIMITS(1, 10 * MINUTE) },
	{ "command-timeout", &config_seconds, "60s", AT(command_timeout), LIMITS(1, HOUR) },
	{ "transfer-timeout", &config_seconds, "300s", AT(transfer_timeout), LIMITS(1, HOUR) },
	{ "retry-least", &config_seconds, "5s", AT(retry_least), LIMITS(1, HOUR) },
	{ "retry-most", &config_seconds, "10m", AT(retry_most), LIMITS(1, DAY) },
	{ .name = NULL },
};

static const struct config_option oauth2_options[] = {
	{ "token-command", &config_command, "", AT(oauth2.token_command) },
	{ "token-url", &config_text, "", AT(oauth2.token_url) },
	{ "client-id", &config_text, "", AT(oauth2.client_id) },
	{ "client-secret-credential", &config_text, "", AT(oauth2.client_secret.credential) },
	{ "client-secret-file", &config_path, "", AT(oauth2.client_secret.file) },
	{ "client-secret-command", &config_command, "", AT(oauth2.client_secret.command) },
	{ "refresh-token-file", &config_path, "", AT(oauth2.refresh_token_file) },
	{ "scope", &config_text, "", AT(oauth2.scope) },
	{ "ca-file", &config_path, "", AT(oauth2.ca_file) },
	{ "timeout", &config_seconds, "30s", AT(oauth2.timeout), LIMITS(1, 10 * MINUTE) },
	{ .name = NULL },
};

static const struct config_option target_options[] = {
	{ "bounce", &config_target, "Processed", AT(target[BOUNCE_KIND_BOUNCE]) },
	{ "delayed", &config_target, "Processed", AT(target[BOUNCE_KIND_DELAYED]) },
	{ "success", &config_target, "Processed", AT(target[BOUNCE_KIND_SUCCESS]) },
	{ "complaint", &config_target, "leave", AT(target[BOUNCE_KIND_COMPLAINT]) },
	{ "auto-reply", &config_target, "leave", AT(target[BOUNCE_KIND_AUTO_REPLY]) },
	{ "receipt", &config_target, "leave", AT(target[BOUNCE_KIND_RECEIPT]) },
	{ "challenge", &config_target, "leave", AT(target[BOUNCE_KIND_CHALLENGE]) },
	{ "backscatter", &config_target, "leave", AT(target[BOUNCE_KIND_BACKSCATTER]) },
	{ "other", &config_target, "leave", AT(target[BOUNCE_KIND_OTHER]) },
	{ "unreadable", &config_target, "Review", AT(unreadable) },
	{ .name = NULL },
};
#undef STRUCT

#define STRUCT struct config_hook
static const struct config_option hook_options[] = {
	{ "command", &config_command, "", AT(command) },
	{ "states", &config_states, "ok suspended dead complained", AT(states) },
	{ "incidents", &config_boolean, "false", AT(incidents) },
	{ "timeout", &config_seconds, "30s", AT(timeout), LIMITS(1, HOUR) },
	{ .name = NULL },
};
#undef STRUCT
/* clang-format on */

static const struct config_section *const none[] = { NULL };
static const struct config_section *const in_account[] = { &config_account_oauth2,
							   &config_account_target, NULL };
static const struct config_section *const in_policy[] = { &config_reason, NULL };
static const struct config_section *const in_list[] = { &config_policy, NULL };
static const struct config_section *const in_tokens[] = { &config_token_key, &config_batv_key,
							  NULL };
static const struct config_section *const in_root[] = {
	&config_policy, &config_rule,     &config_for_list,  &config_tokens,
	&config_trust,  &config_incident, &config_retention, &config_phrase,
	&config_code,   &config_account,  &config_hook,      NULL
};

#define ONE(name, options, subsections)                        \
	{                                                      \
		(name), false, false, (options), (subsections) \
	}
#define TITLED(name, options, subsections)                    \
	{                                                     \
		(name), true, false, (options), (subsections) \
	}
const struct config_section config_root = ONE("", root_options, in_root);
const struct config_section config_policy = { "policy", false, true, policy_options, in_policy };
const struct config_section config_reason = { "reason", true, true, reason_options, none };
const struct config_section config_rule = TITLED("rule", rule_options, none);
const struct config_section config_for_list = TITLED("list", list_options, in_list);
const struct config_section config_tokens = ONE("tokens", tokens_options, in_tokens);
const struct config_section config_token_key = TITLED("key", key_options, none);
const struct config_section config_batv_key = TITLED("batv", key_options, none);
const struct config_section config_trust = ONE("trust", trust_options, none);
const struct config_section config_incident = ONE("incident", incident_options, none);
const struct config_section config_retention = ONE("retention", retention_options, none);
const struct config_section config_account = TITLED("account", account_options, in_account);
const struct config_section config_account_oauth2 = ONE("oauth2", oauth2_options, none);
const struct config_section config_account_target = ONE("target", target_options, none);
const struct config_section config_phrase = TITLED("phrase", row_options, none);
const struct config_section config_code = TITLED("status", row_options, none);
const struct config_section config_hook = TITLED("hook", hook_options, none);
