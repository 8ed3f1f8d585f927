/*
 * ctl_sign - tokens for mail that is about to go out
 *
 * One line a recipient, its columns parted by tabs: the recipient, the envelope sender for his
 * copy, and the value of the header field. List programs call it for every mailing, with a million
 * addresses on standard input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

#include "address.h"
#include "ctl.h"
#include "keys.h"
#include "verp.h"

#define DAY 86400
#define MAX_FIELD \
	(BOUNCE_TOKEN_LONG + 1 + BOUNCE_TOKEN_MAX_LIST + 1 + BOUNCE_TOKEN_MAX_RECIPIENT + 1)

struct arguments {
	const char *list, *mailing;
	bool whole_list, envelope, header;
};

struct signing {
	const struct arguments *arguments;
	const struct bounce_token_key *key;
	const struct config_list *list; /* NULL: the configuration does not name it */
	struct bounce_token what;
	struct arena arena;
	size_t refused;
};

static void
refuse(struct signing *s, struct span address, const char *why)
{
	ctl_fail(EX_DATAERR, "sign: '%.*s': %s", SPAN_ARG(address), why);
	s->refused++;
}

/* "-" when the configuration does not say where its reports go. */
static int
write_envelope(const struct signing *s, const char *token, char out[BOUNCE_VERP_MAX_ADDRESS + 1])
{
	if (s->list == NULL || s->list->bounce_address[0] == '\0') {
		memcpy(out, "-", sizeof("-"));
		return 0;
	}
	return bounce_verp_address(span_of(s->list->bounce_address),
				   CONFIG_DELIMITERS[s->list->delimiter], token, s->what.recipient,
				   out) < 0
		       ? -1
		       : 0;
}

/* One token, for s->what; `address` as it was given. */
static void
sign(struct signing *s, struct span address)
{
	char token[BOUNCE_TOKEN_LONG + 1], envelope[BOUNCE_VERP_MAX_ADDRESS + 1], field[MAX_FIELD];

	if (bounce_token_make(s->key, &s->what, token) != 0 ||
	    bounce_token_field(token, &s->what, field, sizeof(field)) != 0) {
		refuse(s, address, "no token can be made for it; see mailbounced-tokens(7)");
	} else if (write_envelope(s, token, envelope) != 0) {
		refuse(s, address,
		       "the list's bounce-address leaves no room for a token that "
		       "names a mailing; shorten it, or leave --mailing out");
	} else if (s->arguments->envelope) {
		printf("%s\n", envelope);
	} else if (s->arguments->header) {
		printf(BOUNCE_TOKEN_FIELD ": %s\n", field);
	} else {
		printf("%.*s\t%s\t%s\n", SPAN_ARG(address), envelope, field);
	}
}

static void
sign_address(struct signing *s, struct span address)
{
	arena_reset(&s->arena);
	s->what.recipient = address_canonical(&s->arena, address);
	if (span_empty(s->what.recipient) || span_chr(address, '\t') != NULL)
		refuse(s, address, "is no mail address");
	else
		sign(s, address);
}

/* One address a line; empty lines are passed over. */
static int
sign_input(struct signing *s)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) >= 0) {
		struct span address = span_trim(span_make(line, (size_t)len));

		if (!span_empty(address))
			sign_address(s, address);
	}
	free(line);
	return ferror(stdin) ? ctl_fail(EX_IOERR, "standard input: %s", strerror(errno)) : EX_OK;
}

static int
sign_all(struct signing *s, char **addresses, int count)
{
	int status = EX_OK;

	arena_init(&s->arena, 0);
	if (s->arguments->whole_list)
		sign(s, s->what.list);
	else if (count == 0)
		status = sign_input(s);
	for (int i = 0; i < count; i++)
		sign_address(s, span_of(addresses[i]));
	arena_free(&s->arena);
	if (status == EX_OK)
		status = ctl_finish();
	return status == EX_OK && s->refused > 0 ? EX_DATAERR : status;
}

static int
sign_with(const struct ctl_context *context, const struct arguments *arguments,
	  struct config *config, char **addresses, int count)
{
	struct signing s = {
		.arguments = arguments,
		.list = config_list_find(config, span_of(arguments->list)),
		.what = { .list = span_of(arguments->list),
			  .mailing = span_of(arguments->mailing),
			  .expires = (uint32_t)((context->now + config->tokens.expire) / DAY) },
	};
	char why[KEYS_WHY_SIZE];

	if (keys_read_now(config, why) != 0)
		return ctl_fail(EX_NOPERM, "%s", why);
	s.key = keys_signer(config);
	if (s.key == NULL)
		return ctl_fail(EX_CONFIG, "no key to sign with; mailbounced-tokens(7) tells how "
					   "to make one and where to name it");
	if (arguments->envelope && (s.list == NULL || s.list->bounce_address[0] == '\0')) {
		return ctl_fail(EX_CONFIG,
				"no address for reports about mail of %s; write list \"%s\" { "
				"bounce-address = ... } into the configuration",
				arguments->list, arguments->list);
	}
	return sign_all(&s, addresses, count);
}

/* Has it room in a token's field? */
static bool
is_list_id(const char *list)
{
	const struct bounce_token what = { .list = span_of(list) };
	char field[MAX_FIELD];

	return span_len(what.list) <= BOUNCE_TOKEN_MAX_LIST &&
	       bounce_token_field("", &what, field, sizeof(field)) == 0;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct ctl_option options[] = {
		{ "list", NULL, &arguments.list },
		{ "mailing", NULL, &arguments.mailing },
		{ "whole-list", &arguments.whole_list, NULL },
		{ "envelope", &arguments.envelope, NULL },
		{ "header", &arguments.header, NULL },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_sign, options, argc, argv), status;
	struct config *config;

	if (count < 0)
		return EX_USAGE;
	if (arguments.list == NULL)
		return ctl_usage(&ctl_sign, "say of which list, by its List-Id: --list LIST");
	if (!is_list_id(arguments.list)) {
		return ctl_usage(&ctl_sign,
				 "--list: '%s' is no List-Id; write it without brackets and "
				 "blanks, in at most %d bytes",
				 arguments.list, BOUNCE_TOKEN_MAX_LIST);
	}
	if (arguments.whole_list && count > 0)
		return ctl_usage(&ctl_sign, "--whole-list is for no single address");
	if (arguments.envelope && arguments.header)
		return ctl_usage(&ctl_sign, "--envelope or --header, not both");
	config = ctl_config(context, &status);
	if (config == NULL)
		return status;
	log_set_level(LOG_LEVEL_WARN);
	status = sign_with(context, &arguments, config, argv, count);
	config_free(config);
	return status;
}

const struct ctl_command ctl_sign = {
	.name = "sign",
	.arguments =
		"--list LIST [--mailing ID] [--envelope | --header] [--whole-list | ADDRESS...]",
	.help = "tokens for mail that goes out, so that forged reports change nothing",
	.run = run,
};
