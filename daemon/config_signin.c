/*
 * config_signin - what an account signs in with: a password or tokens, and from where
 *
 * Apart from the other checks because so much of it depends on each other, and because a mistake
 * here shows first as a refusal by a server that says nothing of use.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_reader.h"

#define MOST_SOURCES (sizeof(((struct config_source_names *)NULL)->option) / sizeof(char *))

static const struct config_source_names password_names = {
	"account",
	"password",
	{ "password-credential", "password-file", "password-command", "password" },
	"password-credential, password-file, password-command and password",
};

static const struct config_source_names client_secret_names = {
	"account",
	"client secret",
	{ "client-secret-credential", "client-secret-file", "client-secret-command" },
	"client-secret-credential, client-secret-file and client-secret-command",
};

bool
config_uses_tokens(const struct config_account *account)
{
	return account->oauth2.token_url[0] != '\0' || account->oauth2.token_command[0] != NULL;
}

/* How many sources are set; more than one is told, and so is a path in the place of a name. `at` is
 * the section that the options stand in. */
int
config_check_sources(struct config_reader *reader, const char *owner,
		     const struct config_secret *secret, const struct config_source_names *names,
		     size_t at)
{
	const bool set[MOST_SOURCES] = {
		secret->credential[0] != '\0',
		secret->file[0] != '\0',
		secret->command[0] != NULL,
		secret->text != NULL && secret->text[0] != '\0',
	};
	int count = 0;
	size_t last = 0;

	for (size_t i = 0; i < MOST_SOURCES; i++) {
		count += set[i];
		last = set[i] ? i : last;
	}
	if (count > 1) {
		config_error(reader, config_line_of(reader, at, names->option[last]),
			     "%s \"%s\": %d %s sources; keep one of %s", names->section, owner,
			     count, names->what, names->choice);
	}
	if (strchr(secret->credential, '/') != NULL) {
		config_error(reader, config_line_of(reader, at, names->option[0]),
			     "%s: '%s' is a path; give the name in the unit's LoadCredential=",
			     names->option[0], secret->credential);
	}
	return count;
}

bool
config_source_was_wrong(const struct config_reader *reader, size_t at,
			const struct config_source_names *names)
{
	for (size_t i = 0; i < MOST_SOURCES && names->option[i] != NULL; i++)
		if (config_was_wrong(reader, at, names->option[i]))
			return true;
	return false;
}

static void
check_inline(struct config_reader *reader, const struct config_account *account, size_t at)
{
	uint32_t line = config_line_of(reader, at, "password");

	if (account->password.text[0] == '\0')
		return;
	if (!account->insecure_inline_password) {
		config_error(reader, line,
			     "password: a password in this file is refused; use "
			     "password-credential or password-file, or set "
			     "insecure-inline-password = true");
	} else {
		config_warning(reader, line,
			       "account \"%s\" has its password in this file; password-credential "
			       "keeps it out",
			       account->name);
	}
}

/* "https://", a host, and nothing that curl or a log would stumble over. */
static bool
is_https(const char *url)
{
	static const char scheme[] = "https://";

	if (strncasecmp(url, scheme, sizeof(scheme) - 1) != 0)
		return false;
	url += sizeof(scheme) - 1;
	return *url != '\0' && strchr("/:?#", *url) == NULL && strpbrk(url, " @\\") == NULL;
}

static void
check_url(struct config_reader *reader, const struct config_account *account, size_t at)
{
	const struct config_oauth2 *oauth2 = &account->oauth2;
	uint32_t line = reader->outline.statement[at].line;

	/* Not repeated: a password may stand in it. */
	if (!is_https(oauth2->token_url))
		config_error(reader, config_line_of(reader, at, "token-url"),
			     "token-url: is no https address; write https://HOST/PATH, without a "
			     "name or password in it");
	if (oauth2->client_id[0] == '\0' && !config_was_wrong(reader, at, "client-id"))
		config_error(reader, line,
			     "oauth2: no client-id; add client-id = \"ID\", which the provider "
			     "gave to the application");
	if (config_check_sources(reader, account->name, &oauth2->client_secret,
				 &client_secret_names, at) == 0 &&
	    oauth2->refresh_token_file[0] == '\0' &&
	    !config_was_wrong(reader, at, "refresh-token-file") &&
	    !config_source_was_wrong(reader, at, &client_secret_names)) {
		config_error(reader, line,
			     "oauth2: neither a client secret nor a refresh token; give one of %s, "
			     "or refresh-token-file",
			     client_secret_names.choice);
	}
}

/* The section oauth2 stands at `at`. */
static void
check_oauth2(struct config_reader *reader, const struct config_account *account, size_t at)
{
	const struct config_oauth2 *oauth2 = &account->oauth2;
	uint32_t line = reader->outline.statement[at].line;
	bool command = oauth2->token_command[0] != NULL;

	if (command && oauth2->token_url[0] != '\0')
		config_error(reader, config_line_of(reader, at, "token-url"),
			     "oauth2: token-command and token-url; keep one of the two");
	else if (oauth2->token_url[0] != '\0')
		check_url(reader, account, at);
	else if (!command && !config_was_wrong(reader, at, "token-url") &&
		 !config_was_wrong(reader, at, "token-command"))
		config_error(reader, line,
			     "oauth2: nothing to get tokens from; add token-url = "
			     "\"https://...\" or token-command");
}

/* What the way to sign in needs: a password, tokens, or either. */
static void
check_auth(struct config_reader *reader, const struct config_account *account, size_t at,
	   bool tokens)
{
	uint32_t line = config_line_of(reader, at, "auth");
	bool wants_tokens =
		account->auth == CONFIG_AUTH_OAUTHBEARER || account->auth == CONFIG_AUTH_XOAUTH2;

	if (account->auth == CONFIG_AUTH_AUTO || wants_tokens == tokens ||
	    config_was_wrong(reader, at, "auth"))
		return;
	if (wants_tokens)
		config_error(reader, line,
			     "auth: this way needs tokens; add a section oauth2, or write auto");
	else
		config_error(reader, line,
			     "auth: this way needs a password, and there is a section oauth2; "
			     "write auto, oauthbearer or xoauth2");
}

/* A section with nothing in it is none. */
static bool
is_filled(const struct config_oauth2 *oauth2)
{
	return oauth2->token_url[0] != '\0' || oauth2->token_command[0] != NULL ||
	       oauth2->client_id[0] != '\0' || oauth2->refresh_token_file[0] != '\0' ||
	       oauth2->scope[0] != '\0';
}

void
config_check_signin(struct config_reader *reader, const struct config_account *account, size_t at)
{
	size_t oauth2 = config_outline_find(&reader->outline, at, "oauth2", 0);
	bool tokens = oauth2 < reader->outline.count && is_filled(&account->oauth2);
	int passwords = config_check_sources(reader, account->name, &account->password,
					     &password_names, at);

	check_inline(reader, account, at);
	check_auth(reader, account, at, tokens);
	if (tokens)
		check_oauth2(reader, account, oauth2);
	if (tokens && passwords > 0) {
		config_error(reader, reader->outline.statement[oauth2].line,
			     "account \"%s\": a password source and a section oauth2; keep one of "
			     "the two",
			     account->name);
	}
	if (!tokens && passwords == 0 && !config_source_was_wrong(reader, at, &password_names) &&
	    !config_was_wrong(reader, at, "oauth2")) {
		config_error(reader, reader->outline.statement[at].line,
			     "account \"%s\": no password source; give one of "
			     "password-credential, password-file and password-command, or a "
			     "section oauth2",
			     account->name);
	}
}
