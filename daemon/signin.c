/*
 * signin - signs a session in as its account says
 *
 * A token that was good may have been revoked, so a refused one is replaced - once: a server that
 * refuses a token fresh from the endpoint refuses the account, and asking on would only get both
 * servers to throttle us.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signin.h"

#include <stdarg.h>

#include "log.h"
#include "secrecy.h"
#include "secret.h"

static const enum imap_auth ways[] = {
	[CONFIG_AUTH_AUTO] = IMAP_AUTH_PASSWORD, /* or IMAP_AUTH_TOKEN */
	[CONFIG_AUTH_OAUTHBEARER] = IMAP_AUTH_OAUTHBEARER,
	[CONFIG_AUTH_XOAUTH2] = IMAP_AUTH_XOAUTH2,
	[CONFIG_AUTH_SCRAM_SHA_256] = IMAP_AUTH_SCRAM_SHA_256,
	[CONFIG_AUTH_PLAIN] = IMAP_AUTH_PLAIN,
	[CONFIG_AUTH_LOGIN] = IMAP_AUTH_LOGIN,
};

static void say(struct signin *signin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
say(struct signin *signin, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(signin->why, sizeof(signin->why), format, args);
	va_end(args);
}

static enum signin_means
means_of(const struct config_account *account)
{
	if (!config_uses_tokens(account))
		return SIGNIN_PASSWORD;
	if (account->oauth2.token_command[0] != NULL)
		return SIGNIN_TOKEN;
	return account->oauth2.refresh_token_file[0] != '\0' ? SIGNIN_USER : SIGNIN_APP;
}

/* What the session says of a try that failed. */
static enum imap_result
explain(struct signin *signin, const struct imap *imap, enum imap_result result, const char *secret)
{
	const char *words = imap_error(imap);
	const char *advice =
		result == IMAP_LOST ? NULL : signin_advice(means_of(signin->account), words);
	char challenge[200];

	signin_challenge(imap_challenge(imap), challenge, sizeof(challenge));
	if (secrecy_broken(challenge, secret))
		challenge[0] = '\0';
	say(signin, "%s did not sign in %s: %s%s%s%s", imap_peer(imap), signin->account->user,
	    words, challenge, advice != NULL ? "; " : "", advice != NULL ? advice : "");
	return result == IMAP_REFUSED ? IMAP_DENIED : result;
}

static enum imap_result
with_password(struct signin *signin, struct imap *imap)
{
	const struct config_account *account = signin->account;
	char reason[SECRET_WHY_SIZE];
	char *password = secret_read(signin->loop, &account->password, "password", reason);
	enum imap_result result;

	if (password == NULL) {
		say(signin, "cannot sign in %s: no password: %s", account->user, reason);
		return co_canceled(co_self(signin->loop)) ? IMAP_CANCELED : IMAP_DENIED;
	}
	result = imap_login(imap, ways[account->auth], account->user, password);
	if (result != IMAP_OK)
		result = explain(signin, imap, result, password);
	secrecy_wipe(password);
	return result;
}

/* There is no token. */
static enum imap_result
without_token(struct signin *signin, enum oauth2_result result, const struct oauth2_token *token)
{
	signin->wait = token->wait;
	say(signin, "cannot sign in %s: no token: %s", signin->account->user, token->why);
	switch (result) {
	case OAUTH2_DENIED:
		return IMAP_DENIED;
	case OAUTH2_CANCELED:
		return IMAP_CANCELED;
	case OAUTH2_LATER:
	case OAUTH2_OK:
		break;
	}
	return IMAP_LOST;
}

static enum imap_result
show_token(struct signin *signin, struct imap *imap, const struct oauth2_token *token)
{
	const struct config_account *account = signin->account;
	enum imap_auth way =
		account->auth == CONFIG_AUTH_AUTO ? IMAP_AUTH_TOKEN : ways[account->auth];
	enum imap_result result = imap_login(imap, way, account->user, token->text);

	return result == IMAP_OK ? IMAP_OK : explain(signin, imap, result, token->text);
}

static enum imap_result
with_token(struct signin *signin, struct imap *imap)
{
	struct oauth2_token token;
	unsigned refused = 0;
	enum imap_result shown = IMAP_DENIED;

	for (;;) {
		enum oauth2_result taken =
			oauth2_take(signin->oauth2, signin->account, refused, &token);
		bool fresh = token.fresh;

		/* Of a token that may not be replaced again, the server's words tell more. */
		if (taken == OAUTH2_DENIED && refused != 0 && token.why[0] == '\0')
			return shown;
		if (taken != OAUTH2_OK)
			return without_token(signin, taken, &token);
		refused = token.number;
		shown = show_token(signin, imap, &token);
		secrecy_wipe(token.text);
		if (shown != IMAP_DENIED || fresh)
			return shown;
		log_info("%s: the server refused the access token: asking for a new one",
			 signin->account->name);
	}
}

enum imap_result
signin(struct signin *signin, struct imap *imap)
{
	signin->wait = 0;
	signin->why[0] = '\0';
	if (config_uses_tokens(signin->account))
		return with_token(signin, imap);
	return with_password(signin, imap);
}
