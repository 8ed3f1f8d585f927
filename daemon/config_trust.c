/*
 * config_trust - the sections that say what proves a report: tokens, its keys, and trust
 *
 * Here the keys are only named; keys.c reads their secrets when they are needed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <confuse.h>

#include "address.h"
#include "config_reader.h"
#include "verp.h"

#define SOURCES                                                             \
	"secret", { "secret-credential", "secret-file", "secret-command" }, \
		"secret-credential, secret-file and secret-command"

static const struct config_source_names key_names = { "key", SOURCES };
static const struct config_source_names batv_names = { "batv", SOURCES };

/* ---- filling ---- */

static struct config_key *
fill_keys(struct config_reader *reader, const struct config_place *tokens,
	  const struct config_section *section, size_t *count)
{
	struct config_key *key;

	*count = config_section_count(tokens->cfg, section);
	key = config_room(reader->config, *count, sizeof(*key));
	for (size_t i = 0; i < *count; i++) {
		struct config_place place = config_place_of(reader, tokens, section, i);

		config_fill(reader, section, place.cfg, place.at, &key[i]);
		key[i].id = config_title(reader, place.cfg);
	}
	return key;
}

void
config_fill_trust(struct config_reader *reader, cfg_t *cfg)
{
	const struct config_place top = { cfg, CONFIG_TOP };
	struct config_place place = config_place_of(reader, &top, &config_tokens, 0);
	struct config_tokens *tokens = &reader->config->tokens;

	config_fill(reader, &config_tokens, place.cfg, place.at, tokens);
	tokens->key = fill_keys(reader, &place, &config_token_key, &tokens->key_count);
	tokens->batv = fill_keys(reader, &place, &config_batv_key, &tokens->batv_count);
	place = config_place_of(reader, &top, &config_trust, 0);
	config_fill(reader, &config_trust, place.cfg, place.at, &reader->config->trust);
}

/* ---- checking ---- */

static void
check_key(struct config_reader *reader, const struct config_key *key,
	  const struct config_source_names *names, size_t at)
{
	if (config_check_sources(reader, key->id, &key->secret, names, at) == 0 &&
	    !config_source_was_wrong(reader, at, names))
		config_error(reader, reader->outline.statement[at].line,
			     "%s \"%.50s\": no secret; give one of %s", names->section, key->id,
			     names->choice);
}

static void
check_keys(struct config_reader *reader, size_t tokens)
{
	const struct config_tokens *t = &reader->config->tokens;
	const struct config_outline *outline = &reader->outline;

	for (size_t i = 0; i < t->key_count; i++) {
		size_t at = config_outline_find(outline, tokens, "key", i);

		if (!bounce_token_is_key_id(t->key[i].id)) {
			config_error(reader, outline->statement[at].line,
				     "key \"%.50s\": its name stands in every token; write two of "
				     "0-9 and a-v, like \"k1\"",
				     t->key[i].id);
		}
		check_key(reader, &t->key[i], &key_names, at);
	}
	for (size_t i = 0; i < t->batv_count; i++) {
		size_t at = config_outline_find(outline, tokens, "batv", i);

		if (strlen(t->batv[i].id) != 1 || strchr("0123456789", t->batv[i].id[0]) == NULL) {
			config_error(
				reader, outline->statement[at].line,
				"batv \"%.50s\": its name is the key's number; write one digit",
				t->batv[i].id);
		}
		check_key(reader, &t->batv[i], &batv_names, at);
	}
}

static void
check_signer(struct config_reader *reader, size_t at)
{
	const struct config_tokens *tokens = &reader->config->tokens;

	if (tokens->sign_with[0] == '\0')
		return;
	for (size_t i = 0; i < tokens->key_count; i++) {
		if (strcmp(tokens->key[i].id, tokens->sign_with) == 0)
			return;
	}
	config_error(reader, config_line_of(reader, at, "sign-with"),
		     "sign-with: there is no key \"%s\"; write key \"%s\" { secret-file = ... } "
		     "beside it",
		     tokens->sign_with, tokens->sign_with);
}

/* Can tokens stand in it? */
static bool
takes_tokens(const struct config_list *list)
{
	static const char token[] = "ak1000aaaaaaaaaaaaaaaaaaaa";
	char out[BOUNCE_VERP_MAX_ADDRESS + 1];

	_Static_assert(sizeof(token) - 1 == BOUNCE_TOKEN_SHORT, "as long as a token");
	return bounce_verp_address(span_of(list->bounce_address),
				   CONFIG_DELIMITERS[list->delimiter], token,
				   (struct span){ NULL, NULL }, out) == 0;
}

/* List-Ids differ in case and are the same: the second one would never be asked. */
static void
check_name(struct config_reader *reader, const struct config_list *list, size_t at)
{
	const struct config_list *first = config_list_find(reader->config, span_of(list->name));

	if (first < list) {
		config_error(reader, reader->outline.statement[at].line,
			     "list \"%.50s\" stands above already, in other letters' case; keep "
			     "one of the two",
			     list->name);
	}
}

static void
check_list(struct config_reader *reader, const struct config_list *list, size_t at)
{
	check_name(reader, list, at);
	if (strlen(list->name) > BOUNCE_TOKEN_MAX_LIST || strpbrk(list->name, " \t") != NULL) {
		config_error(reader, reader->outline.statement[at].line,
			     "list \"%.50s\": a name of more than %d bytes, or with blanks, has no "
			     "room in a token field; write the List-Id",
			     list->name, BOUNCE_TOKEN_MAX_LIST);
	}
	if (list->bounce_address[0] != '\0' && !takes_tokens(list)) {
		config_error(reader, config_line_of(reader, at, "bounce-address"),
			     "bounce-address: '%s' is no address that tokens have room in; write "
			     "one with at most %d characters before the @",
			     list->bounce_address, BOUNCE_VERP_MAX_LOCAL - BOUNCE_TOKEN_SHORT - 1);
	}
	if (list->require == CONFIG_REQUIRE_ALWAYS && reader->config->tokens.key_count == 0)
		config_error(reader, config_line_of(reader, at, "require-token"),
			     "require-token: without a key no report would ever count; add a key "
			     "to the section tokens");
}

void
config_check_trust(struct config_reader *reader)
{
	const struct config *config = reader->config;
	size_t at = config_outline_find(&reader->outline, CONFIG_TOP, "tokens", 0);

	if (at < reader->outline.count) {
		check_keys(reader, at);
		check_signer(reader, at);
	}
	for (size_t i = 0; i < config->list_count; i++)
		check_list(reader, &config->list[i],
			   config_outline_find(&reader->outline, CONFIG_TOP, "list", i));
}

const struct config_list *
config_list_find(const struct config *config, struct span name)
{
	for (size_t i = 0; i < config->list_count; i++) {
		if (span_ieq(span_of(config->list[i].name), name))
			return &config->list[i];
	}
	return NULL;
}
