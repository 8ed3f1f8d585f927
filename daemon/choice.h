/*
 * choice - which of a server's folders the wildcards of an account mean
 *
 * "*" stands for any text, "%" for any text of one level (RFC 3501 section 6.3.8). They are matched
 * here and not by the server: in modified UTF-7 the letters of a name depend on their neighbours,
 * so a server that matches what is on the wire misses folders.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CHOICE_H
#define MAILBOUNCED_CHOICE_H

#include "config.h"
#include "imap.h"

/* Does the pattern match all of the name? Both in UTF-8. separator '\0' = the server has no levels.
 * Takes time by the product of both lengths, whatever they hold. A pattern is at most
 * CONFIG_MAX_PATTERN bytes long. */
bool choice_matches(const char *pattern, const char *name, char separator);

/* What must be asked for to see all that the pattern matches: what comes before its first wildcard,
 * in UTF-8, without letters that modified UTF-7 may write in another way when others follow. The
 * pattern may be written in modified UTF-7. The caller frees it. */
char *choice_prefix(const char *pattern);

enum choice {
	CHOICE_TAKEN,
	CHOICE_FOREIGN, /* no wildcard matches */
	CHOICE_NAMED,   /* it is watched by its name */
	CHOICE_CLOSED,  /* it holds no mail */
	CHOICE_TARGET,  /* mail is filed there */
	CHOICE_USE,     /* it is for something else: Trash, Junk, ... */
	CHOICE_COUNT
};

/* account: whose wildcards. all: the accounts of the same login, it among them: what one of
 * them names or files to is not for the wildcards of another. */
struct choice_site {
	const struct config_account *account;
	const struct config_account *const *all;
	size_t count;
};
enum choice choice_of(const struct choice_site *site, const struct imap_entry *entry);

#endif
