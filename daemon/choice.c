/*
 * choice - which of a server's folders the wildcards of an account mean
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "choice.h"

#include <stdlib.h>

static bool
is_wild(char c)
{
	return c == '*' || c == '%';
}

/* reach[j]: the first j bytes of the pattern match all of the name so far. A wildcard may stand for
 * nothing. */
static void
pass_wildcards(const char *pattern, size_t len, bool *reach)
{
	for (size_t j = 0; j < len; j++)
		reach[j + 1] = reach[j + 1] || (reach[j] && is_wild(pattern[j]));
}

/* One more byte of the name; backwards, for each looks at what was true before. */
static void
take_byte(const char *pattern, size_t len, char separator, char c, bool *reach)
{
	bool ends_level = separator != '\0' && c == separator;

	for (size_t j = len + 1; j-- > 0;) {
		bool stays = j < len && reach[j] &&
			     (pattern[j] == '*' || (pattern[j] == '%' && !ends_level));
		bool comes =
			j > 0 && reach[j - 1] && !is_wild(pattern[j - 1]) && pattern[j - 1] == c;

		reach[j] = stays || comes;
	}
}

bool
choice_matches(const char *pattern, const char *name, char separator)
{
	bool reach[CONFIG_MAX_PATTERN + 1] = { true };
	size_t len = strlen(pattern);

	if (len > CONFIG_MAX_PATTERN)
		return false;
	pass_wildcards(pattern, len, reach);
	for (; *name != '\0'; name++) {
		take_byte(pattern, len, separator, *name, reach);
		pass_wildcards(pattern, len, reach);
	}
	return reach[len];
}

char *
choice_prefix(const char *pattern)
{
	char *plain = imap_plain_name(pattern);
	size_t len = strcspn(plain, "*%");

	while (len > 0 && (unsigned char)plain[len - 1] > '~')
		len--;
	plain[len] = '\0';
	return plain;
}

/* A pattern is written as names are: in UTF-8, or in modified UTF-7 as other programs show them. */
static bool
means(const char *pattern, const struct imap_entry *entry)
{
	char *plain = imap_plain_name(pattern);
	bool matches = choice_matches(plain, entry->name, entry->separator);

	free(plain);
	return matches;
}

static bool
is_wanted(const struct config_account *account, const struct imap_entry *entry)
{
	for (char **folder = account->folders; *folder != NULL; folder++) {
		if (config_is_wildcard(*folder) && means(*folder, entry))
			return true;
	}
	return false;
}

static bool
is_named(const struct config_account *account, const struct imap_entry *entry)
{
	for (char **folder = account->folders; *folder != NULL; folder++) {
		if (!config_is_wildcard(*folder) && imap_same_name(*folder, entry->name))
			return true;
	}
	return false;
}

/* Without "INBOX." in front: where a server has all folders below INBOX, a folder may be named
 * without it. */
static const char *
below_inbox(const struct imap_entry *entry)
{
	size_t len = strlen("INBOX");

	if (strncasecmp(entry->name, "INBOX", len) != 0 || entry->separator == '\0' ||
	    entry->name[len] != entry->separator)
		return entry->name;
	return entry->name + len + 1;
}

/* A special use goes to the folder that has it, or to one that is called after it. */
static bool
is_filed_to(const struct config_target *target, const struct imap_entry *entry)
{
	const char *folder = target->folder;

	if (folder == NULL)
		return false;
	if (folder[0] == '\\') {
		if (entry->use != NULL && strcmp(entry->use, folder) == 0)
			return true;
		folder++;
	}
	return imap_same_name(folder, entry->name) || imap_same_name(folder, below_inbox(entry));
}

static bool
is_target(const struct config_account *account, const struct imap_entry *entry)
{
	for (size_t kind = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		if (is_filed_to(&account->target[kind], entry))
			return true;
	}
	return is_filed_to(&account->unreadable, entry);
}

enum choice
choice_of(const struct choice_site *site, const struct imap_entry *entry)
{
	if (!is_wanted(site->account, entry))
		return CHOICE_FOREIGN;
	for (size_t i = 0; i < site->count; i++) {
		if (is_named(site->all[i], entry))
			return CHOICE_NAMED;
	}
	if (entry->closed)
		return CHOICE_CLOSED;
	for (size_t i = 0; i < site->count; i++) {
		if (is_target(site->all[i], entry))
			return CHOICE_TARGET;
	}
	/* Mail that somebody put into an archive is mail like any other. */
	return entry->use != NULL && strcmp(entry->use, "\\Archive") != 0 ? CHOICE_USE
									  : CHOICE_TAKEN;
}
