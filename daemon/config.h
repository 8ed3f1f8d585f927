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
#include "buf.h"
#include "log.h"
#include "state.h"

#define CONFIG_DEFAULT_PATH "/etc/mailbounced/mailbounced.conf"
#define CONFIG_DEFAULT_STATE "/var/lib/mailbounced/state.db"

/* Least value of message-bytes. The ledger tells mails apart by so many bytes: they are fetched
 * under every configuration. */
#define CONFIG_LEAST_MESSAGE_BYTES 4096

enum config_tls { CONFIG_TLS_IMPLICIT, CONFIG_TLS_STARTTLS, CONFIG_TLS_NONE };
enum config_auth { CONFIG_AUTH_PLAIN, CONFIG_AUTH_LOGIN };

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
	/* exactly one of the four is set; the others are "" or an empty list */
	char *password_credential; /* name of a systemd credential */
	char *password_file;
	char **password_command; /* NULL-terminated argument list, run without a shell */
	char *password_inline;   /* only with insecure-inline-password = true */
	bool insecure_inline_password;
	char **folders; /* NULL-terminated; watched */
	bool idle;
	unsigned idle_renew;    /* seconds */
	unsigned poll_interval; /* seconds */
	unsigned batch_messages;
	uint64_t batch_bytes;
	unsigned move_messages;
	unsigned move_retry;    /* seconds, after a refused move */
	bool allow_delete;      /* targets may be "delete" */
	uint64_t message_bytes; /* bytes fetched of one message */
	unsigned connect_timeout, tls_timeout, progress_timeout, command_timeout,
		transfer_timeout;         /* seconds */
	unsigned retry_least, retry_most; /* seconds between reconnects */
	struct config_target target[BOUNCE_KIND_COUNT];
	struct config_target unreadable;
};

/* A program that is told of state changes. */
struct config_hook {
	char *name;
	char **command;   /* NULL-terminated, run without a shell */
	uint32_t states;  /* bit 1 << enum bounce_state: told when an address enters one of them */
	unsigned timeout; /* seconds */
};

struct config {
	char *path; /* of the file */
	char *state_path;
	int64_t outbox_keep; /* seconds that outbox entries are kept after they were done */
	enum log_level log_level;
	struct bounce_policy policy; /* its rules live in this struct's memory */
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

/* "1d", "90s", "12h", "2w", "15m" or plain seconds; 0, or -1. */
int config_duration(const char *text, int64_t *seconds);

#endif
