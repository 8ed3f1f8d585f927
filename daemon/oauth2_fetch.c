/*
 * oauth2_fetch - gets one access token
 *
 * A POST to the token endpoint (RFC 6749 sections 4.4 and 6), or a command. Whatever goes wrong
 * becomes a sentence with a remedy; words of the endpoint that hold one of our secrets are left out
 * of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "oauth2_private.h"

#include <stdarg.h>
#include <stdlib.h>

#include "json_read.h"
#include "log.h"
#include "secrecy.h"
#include "secret.h"

#define WORDS_SIZE 300 /* bytes kept of what the endpoint says */

/* One request to an endpoint. */
struct request {
	struct oauth2 *oauth2;
	struct oauth2_holder *holder;
	const struct config_oauth2 *config;
	char *client_secret, *refresh_token; /* NULL = not used */
	struct buf form;
	struct http_answer answer;
	struct oauth2_fetched *out;
};

static enum oauth2_result say(const struct oauth2_fetched *out, enum oauth2_result result,
			      const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Writes the reason and returns the result. */
static enum oauth2_result
say(const struct oauth2_fetched *out, enum oauth2_result result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->why, OAUTH2_WHY_SIZE, format, args);
	va_end(args);
	return result;
}

static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}

/* Is the secret, or how it looks in a form, in the text? */
static bool
gives_away(const char *text, const char *secret)
{
	struct buf form = BUF_INIT;
	bool found;

	if (secret == NULL)
		return false;
	http_add_field(&form, "", secret);
	found = secrecy_broken(text, secret) || secrecy_broken(text, buf_str(&form) + 1);
	wipe(&form);
	return found;
}

/* The first line of what the endpoint says, clipped; Entra ID's further lines are numbers for its
 * own staff. */
static void
take_words(const struct request *r, const char *text, char words[WORDS_SIZE])
{
	if (gives_away(text, r->client_secret) || gives_away(text, r->refresh_token) ||
	    gives_away(text, r->holder->token))
		text = "(its words hold a secret and are not repeated)";
	snprintf(words, WORDS_SIZE, "%.*s", (int)strcspn(text, "\r\n"), text);
}

/* A token is one word of printable ASCII: it goes into protocols that part at blanks. */
static bool
is_token(const char *text)
{
	size_t len = strlen(text);

	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return len > 0 && len <= OAUTH2_MAX_TOKEN;
}

/* The answer */

/* Status 200 with a token in it. */
static enum oauth2_result
take_token(struct request *r, const struct json_read *json)
{
	struct span host = http_host(r->config->token_url);
	const char *token = json_read_text(json, "access_token");
	const char *type = json_read_text(json, "token_type");
	const char *refresh = json_read_text(json, "refresh_token");
	int64_t life = json_read_number(json, "expires_in");

	if (!is_token(token)) {
		return say(
			r->out, OAUTH2_DENIED,
			"%.*s: the answer holds no access token that can be sent; is token-url a "
			"token endpoint?",
			SPAN_ARG(host));
	}
	if (type[0] != '\0' && strcasecmp(type, "Bearer") != 0) {
		return say(
			r->out, OAUTH2_DENIED,
			"%.*s: the token is not one for the bearer, and IMAP knows no other kind",
			SPAN_ARG(host));
	}
	if (r->refresh_token != NULL && is_token(refresh) && strcmp(refresh, r->refresh_token) != 0)
		oauth2_refresh_keep(&r->holder->refresh, r->config->refresh_token_file, refresh);
	if (life < 0)
		life = OAUTH2_DEFAULT_LIFE;
	r->out->life = life > OAUTH2_MOST_LIFE ? OAUTH2_MOST_LIFE : (double)life;
	r->out->token = xstrdup(token);
	return OAUTH2_OK;
}

/* An error in JSON (RFC 6749 section 5.2). */
static enum oauth2_result
take_error(const struct request *r, const struct json_read *json)
{
	const char *error = json_read_text(json, "error");
	const char *description = json_read_text(json, "error_description");
	const struct oauth2_advice *advice = oauth2_advice(error, description);
	bool busy = r->answer.status == 429 || r->answer.status >= 500;
	char code[WORDS_SIZE], words[WORDS_SIZE];

	take_words(r, error, code);
	take_words(r, description, words);
	return say(r->out, busy ? OAUTH2_LATER : advice->result, "%.*s: HTTP %ld, %.100s%s%s: %s",
		   SPAN_ARG(http_host(r->config->token_url)), r->answer.status,
		   code[0] != '\0' ? code : "an error without a name", words[0] != '\0' ? ": " : "",
		   words,
		   busy ? "the endpoint is busy or in trouble; nothing to do" : advice->text);
}

static bool
is_html(struct span body)
{
	body = span_trim(body);
	return !span_empty(body) && *body.p == '<';
}

/* An answer that is no JSON: an outage page, a gateway, or another server. */
static enum oauth2_result
take_babble(const struct request *r)
{
	struct span host = http_host(r->config->token_url);
	struct span body = buf_span(&r->answer.body);
	long status = r->answer.status;

	if (status >= 300 && status < 400) {
		return say(
			r->out, OAUTH2_DENIED,
			"%.*s: HTTP %ld, a redirect, which is not followed since the secret would "
			"go along; put the final address into token-url",
			SPAN_ARG(host), status);
	}
	if (status == 429 || status >= 500)
		return say(r->out, OAUTH2_LATER,
			   "%.*s: HTTP %ld: it is busy or in trouble; nothing to do",
			   SPAN_ARG(host), status);
	return say(
		r->out, OAUTH2_LATER,
		"%.*s: HTTP %ld with %s instead of JSON; is token-url a token endpoint, and does "
		"nothing in between answer for it?",
		SPAN_ARG(host), status,
		span_empty(body) ? "nothing"
		: is_html(body)  ? "a web page"
				 : "something");
}

static enum oauth2_result
take_answer(struct request *r)
{
	struct json_read *json = json_read(buf_span(&r->answer.body));
	enum oauth2_result result;

	r->out->retry_after = (double)r->answer.retry_after;
	if (json == NULL || (r->answer.status >= 300 && r->answer.status < 400))
		result = take_babble(r);
	else if (r->answer.status == 200 && json_read_text(json, "error")[0] == '\0')
		result = take_token(r, json);
	else
		result = take_error(r, json);
	json_read_free(json);
	return result;
}

/* The question */

/* The secrets that the account has; 0, or -1 with out->why. */
static int
take_secrets(struct request *r)
{
	const struct config_secret *secret = &r->config->client_secret;
	char why[SECRET_WHY_SIZE];

	if (secret->credential[0] != '\0' || secret->file[0] != '\0' ||
	    secret->command[0] != NULL) {
		r->client_secret = secret_read(r->oauth2->loop, secret, "client secret", why);
		if (r->client_secret == NULL) {
			say(r->out, OAUTH2_DENIED, "no client secret: %s", why);
			return -1;
		}
	}
	if (r->config->refresh_token_file[0] == '\0')
		return 0;
	r->refresh_token = oauth2_refresh_take(r->oauth2->loop, &r->holder->refresh,
					       r->config->refresh_token_file, why, sizeof(why));
	if (r->refresh_token != NULL)
		return 0;
	say(r->out, OAUTH2_DENIED, "no refresh token: %s", why);
	return -1;
}

static void
write_form(struct request *r)
{
	bool refresh = r->refresh_token != NULL;

	http_add_field(&r->form, "grant_type", refresh ? "refresh_token" : "client_credentials");
	http_add_field(&r->form, "client_id", r->config->client_id);
	if (r->client_secret != NULL)
		http_add_field(&r->form, "client_secret", r->client_secret);
	if (refresh)
		http_add_field(&r->form, "refresh_token", r->refresh_token);
	if (r->config->scope[0] != '\0')
		http_add_field(&r->form, "scope", r->config->scope);
}

static enum oauth2_result
ask(struct request *r)
{
	struct http_request request = {
		.url = r->config->token_url,
		.ca_file = r->config->ca_file,
		.timeout = r->config->timeout,
	};
	char error[HTTP_ERROR_SIZE];

	write_form(r);
	if (!buf_ok(&r->form))
		return say(r->out, OAUTH2_LATER, "out of memory");
	request.form = buf_span(&r->form);
	if (r->oauth2->http == NULL)
		r->oauth2->http = http_new(r->oauth2->loop, r->oauth2->net);
	if (http_post(r->oauth2->http, &request, &r->answer, error) == 0)
		return take_answer(r);
	return say(r->out, OAUTH2_LATER, "%s", error);
}

static enum oauth2_result
from_endpoint(struct oauth2 *oauth2, struct oauth2_holder *holder, struct oauth2_fetched *out)
{
	struct request r = {
		.oauth2 = oauth2,
		.holder = holder,
		.config = &holder->account->oauth2,
		.out = out,
	};
	enum oauth2_result result = OAUTH2_DENIED;

	if (take_secrets(&r) == 0)
		result = ask(&r);
	wipe(&r.form);
	wipe(&r.answer.body);
	secrecy_wipe(r.client_secret);
	secrecy_wipe(r.refresh_token);
	return result;
}

static enum oauth2_result
from_command(struct oauth2 *oauth2, struct oauth2_holder *holder, struct oauth2_fetched *out)
{
	char **command = holder->account->oauth2.token_command;
	char why[SECRET_WHY_SIZE];
	char *token = secret_from_command(oauth2->loop, command, "token", why);

	if (token == NULL)
		return say(out, OAUTH2_LATER, "%s", why);
	if (!is_token(token)) {
		secrecy_wipe(token);
		return say(out, OAUTH2_DENIED,
			   "%s printed no token: one word of printable ASCII on its first line",
			   command[0]);
	}
	out->token = token;
	out->life = OAUTH2_COMMAND_LIFE;
	return OAUTH2_OK;
}

enum oauth2_result
oauth2_fetch(struct oauth2 *oauth2, struct oauth2_holder *holder, struct oauth2_fetched *out)
{
	enum oauth2_result result;

	if (holder->account->oauth2.token_command[0] != NULL)
		result = from_command(oauth2, holder, out);
	else
		result = from_endpoint(oauth2, holder, out);
	return result != OAUTH2_OK && co_canceled(co_self(oauth2->loop)) ? OAUTH2_CANCELED : result;
}
