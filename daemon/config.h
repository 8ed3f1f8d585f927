/*
 * config - the configuration file as plain values
 *
 * Reads /etc/mailbounced/mailbounced.conf through libconfuse; no cfg_t leaves config.c. Every error
 * names the file, the line and what to do about it; all errors of a file are told, not only the
 * first. A struct config is never changed after it was read: a reload makes a new one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_H
#define MAILBOUNCED_CONFIG_H

#include "arena.h"
#include "batv.h"
#include "breaker.h"
#include "buf.h"
#include "log.h"
#include "state.h"

#define CONFIG_DEFAULT_PATH "/etc/mailbounced/mailbounced.conf"
#define CONFIG_DEFAULT_STATE "/var/lib/mailbounced/state.db"

/* Least value of message-bytes. The ledger tells mails apart by so many bytes: they are fetched
 * under every configuration. */
#define CONFIG_LEAST_MESSAGE_BYTES 4096

/* Bytes of a name with wildcards. */
#define CONFIG_MAX_PATTERN ((size_t)1000)

enum config_tls { CONFIG_TLS_IMPLICIT, CONFIG_TLS_STARTTLS, CONFIG_TLS_NONE };
/* AUTO: the strongest that the server offers for what the account has, a password or tokens. */
enum config_auth {
	CONFIG_AUTH_AUTO,
	CONFIG_AUTH_OAUTHBEARER,
	CONFIG_AUTH_XOAUTH2,
	CONFIG_AUTH_SCRAM_SHA_256,
	CONFIG_AUTH_PLAIN,
	CONFIG_AUTH_LOGIN,
};

/* Where a secret comes from: at most one of the four is set; the others are empty. */
struct config_secret {
	char *credential; /* name of a systemd credential */
	char *file;
	char **command; /* NULL-terminated argument list, run without a shell */
	char *text;     /* it stands in the configuration itself; NULL where that cannot be */
};

/* Where access tokens come from: from token_command, or from token_url by a refresh token or by
 * client credentials. */
struct config_oauth2 {
	char **token_command; /* prints a token */
	char *token_url;      /* https only */
	char *client_id;
	struct config_secret client_secret;
	char *refresh_token_file; /* read, and written when the server sends a new one */
	char *scope;
	char *ca_file;    /* "" = the system's */
	unsigned timeout; /* seconds for one token */
};

/* Where mail of one kind goes after it was recorded. */
struct config_target {
	bool leave;   /* stays where it is, untouched */
	bool remove;  /* deleted */
	char *folder; /* else moved there (as written: UTF-8, server's separator; "\\Junk" and the
			 like name it by its use) */
};

struct config_account {
	char *name;
	char *host;
	char *port; /* decimal */
	enum config_tls tls;
	char *ca_file;  /* "" = the system's */
	char *tls_name; /* name that the certificate must show; "" = host */
	enum config_auth auth;
	char *user;
	/* Either a password or tokens. */
	struct config_secret password;
	struct config_oauth2 oauth2;
	char **folders;           /* NULL-terminated; watched. Some may be wildcards */
	unsigned max_folders;     /* that the wildcards may mean */
	unsigned list_interval;   /* seconds between two looks at what the wildcards mean */
	unsigned max_connections; /* of all accounts with this login */
	unsigned idle_renew;      /* seconds */
	unsigned poll_interval;   /* seconds */
	unsigned batch_messages;
	uint64_t batch_bytes;
	unsigned move_messages;
	unsigned move_retry;    /* seconds, after a refused move */
	uint64_t message_bytes; /* bytes fetched of one message */
	unsigned connect_timeout, tls_timeout, progress_timeout, command_timeout,
		transfer_timeout;         /* seconds */
	unsigned retry_least, retry_most; /* seconds between reconnects */
	struct config_target target[BOUNCE_KIND_COUNT];
	struct config_target unreadable;
	bool insecure_inline_password;
	bool idle;
	bool allow_delete; /* targets may be "delete" */
};

/* Is this name of a folder one with wildcards, which may mean any number of folders? */
static inline bool
config_is_wildcard(const char *folder)
{
	return strpbrk(folder, "*%") != NULL;
}

/* Do both sign in to the same place? Then they share its connections. */
static inline bool
config_same_login(const struct config_account *a, const struct config_account *b)
{
	return strcasecmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0 &&
	       strcmp(a->user, b->user) == 0;
}

/* A program that is told of state changes. */
struct config_hook {
	char *name;
	char **command;   /* NULL-terminated, run without a shell */
	uint32_t states;  /* bit 1 << enum bounce_state: told when an address enters one of them */
	bool incidents;   /* told of incidents as well */
	unsigned timeout; /* seconds */
};

/* Does a report about mail of a list need a token to count? AUTO: once one was seen of it. */
enum config_require { CONFIG_REQUIRE_AUTO, CONFIG_REQUIRE_ALWAYS, CONFIG_REQUIRE_NEVER };

#define CONFIG_DELIMITERS "+-="

/* A mailing list, by its List-Id. */
struct config_list {
	char *name; /* lower case */
	bool own_policy;
	struct bounce_policy policy; /* its own, else a copy of the general one */
	char *bounce_address; /* where reports about its mail go, without what stands for one mail;
				 "" = not said */
	unsigned
		delimiter; /* index into CONFIG_DELIMITERS: what its server parts sub-addresses with
			    */
	enum config_require require;
};

/* Where a key of tokens or of BATV comes from. keys.h makes it one that can be used. */
struct config_key {
	char *id;
	struct config_secret secret; /* its text is NULL */
};

/* How it is proved that reports are real. */
struct config_tokens {
	char *sign_with;       /* id of the key that new tokens are made with; "" = none */
	int64_t expire;        /* seconds that a new token counts */
	int64_t batv_expire;   /* most seconds that a BATV address may have been made for */
	char **authserv_id;    /* our own servers in Authentication-Results; NULL-terminated */
	unsigned own_received; /* Received fields that our servers write on top of those */
	struct config_key *key;
	size_t key_count;
	struct config_key *batv;
	size_t batv_count;
};

/* The least grade of proof (enum trust_grade) for a report to bring an address into a state. */
struct config_trust {
	unsigned ok, backoff, suspended, dead, complained;
};

/* How long what is kept, in seconds; 0 = for ever. */
struct config_retention {
	int64_t diagnostics; /* the texts of reports */
	int64_t history;     /* reports, transitions, what operators typed */
	int64_t addresses;   /* that are good again and have no history */
	int64_t messages;    /* that were read, by which they are known again */
};

struct config {
	char *path; /* of the file */
	char *state_path;
	int64_t outbox_keep; /* seconds that outbox entries are kept after they were done */
	enum log_level log_level;
	struct bounce_policy policy; /* its rules live in this struct's memory */
	struct config_list *list;
	size_t list_count;
	struct config_tokens tokens;
	struct config_trust trust;
	/* The keys, once keys_read() has read their secrets; until then none. */
	struct bounce_token_key *ring;
	size_t ring_count;
	struct batv_key *batv;
	size_t batv_count;
	struct breaker_limits incident;
	struct config_retention retention;
	struct config_account *account;
	size_t account_count;
	struct config_hook *hook;
	size_t hook_count;
	struct bounce_rule *rule; /* what policy.rule points at */
	struct bounce_row *row;   /* what own.row points at: phrases first, then codes */
	size_t phrase_count;      /* of them are phrases */
	struct bounce_table own;  /* the operator's rows, for bounce_classify_with() */
	struct arena arena;       /* everything above lives in it */
};

/* Do both say the same: of an account, or of all that is done with a message (policy, rules, rows
 * of the code table, hooks)? */
bool config_same_account(const struct config_account *a, const struct config_account *b);
bool config_same_policy(const struct config *a, const struct config *b);

/*
 * Reads the file. Returns a config, or NULL with one line an error in `errors`: "FILE:LINE: what is
 * wrong; what to do". Warnings (an option that is insecure but allowed) go to `errors` as well,
 * beginning with "FILE:LINE: warning: ", and do not fail.
 */
struct config *config_read(const char *path, struct buf *errors);

/* The same from memory, named `path` in errors; for tests and for the defaults (empty text): unlike
 * a file, a text may do without an account. */
struct config *config_parse(const char *path, const char *text, struct buf *errors);

void config_free(struct config *config);

/* Every option and its value, in the file's own syntax: what --dump-config prints and what the test
 * of the defaults compares. */
void config_dump(const struct config *config, struct buf *out);

/* Of that, what moves states: the policy, the rules and the lists' policies. config_parse() reads
 * it back. */
void config_dump_policy(const struct config *config, struct buf *out);

/*
 * The policy for mail of a list (its List-Id; empty = unknown). *scope: the list's name where it
 * has a policy of its own, and so a standing of its own of each address; else empty.
 */
const struct bounce_policy *config_policy_for(const struct config *config, struct span list,
					      struct span *scope);

/* The list of that name, letters' case aside; NULL: the configuration does not name it. */
const struct config_list *config_list_find(const struct config *config, struct span name);

/* Does the account sign in with tokens? */
bool config_uses_tokens(const struct config_account *account);

/* "1d", "90s", "12h", "2w", "15m" or plain seconds; 0, or -1. */
int config_duration(const char *text, int64_t *seconds);

#endif
