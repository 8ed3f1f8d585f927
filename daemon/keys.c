/*
 * keys - the secrets of tokens and of BATV, once they are read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "keys.h"

#include <ev.h>
#include <gnutls/crypto.h>
#include <sysexits.h>

#include "secrecy.h"
#include "secret.h"

static int
hmac_sha256(struct span secret, struct span text, unsigned char out[BOUNCE_HMAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret.p, span_len(secret), text.p,
				span_len(text), out) < 0
		       ? -1
		       : 0;
}

static int
hmac_sha1(struct span secret, struct span text, unsigned char out[BATV_HMAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.p, span_len(secret), text.p, span_len(text),
				out) < 0
		       ? -1
		       : 0;
}

/* One secret, in memory of the configuration's own, which config_free() wipes. */
static int
read_one(struct co_loop *loop, struct config *config, const struct config_key *key,
	 struct span *out, char *why)
{
	char reason[SECRET_WHY_SIZE];
	char *secret = secret_read(loop, &key->secret, "secret", reason);
	int result = 0;

	if (secret == NULL) {
		snprintf(why, KEYS_WHY_SIZE, "tokens: key \"%s\": %s", key->id, reason);
		return -1;
	}
	if (strlen(secret) < KEYS_LEAST_SECRET) {
		snprintf(why, KEYS_WHY_SIZE,
			 "tokens: key \"%s\": a secret of less than %d characters can be guessed; "
			 "make one with: openssl rand -base64 32",
			 key->id, KEYS_LEAST_SECRET);
		result = -1;
	} else {
		*out = arena_copy(&config->arena, span_of(secret));
		if (out->p == NULL)
			log_fatal(EX_OSERR, "out of memory");
	}
	secrecy_wipe(secret);
	return result;
}

static void *
room(struct config *config, size_t count, size_t size)
{
	void *memory = arena_array(&config->arena, count, size);

	if (memory == NULL)
		log_fatal(EX_OSERR, "out of memory");
	return memory;
}

int
keys_read(struct co_loop *loop, struct config *config, char *why)
{
	const struct config_tokens *tokens = &config->tokens;

	config->ring = room(config, tokens->key_count, sizeof(*config->ring));
	config->batv = room(config, tokens->batv_count, sizeof(*config->batv));
	config->ring_count = config->batv_count = 0;
	for (size_t i = 0; i < tokens->key_count; i++) {
		struct bounce_token_key *key = &config->ring[i];

		memcpy(key->id, tokens->key[i].id, BOUNCE_TOKEN_KEY_ID);
		key->hmac = hmac_sha256;
		if (read_one(loop, config, &tokens->key[i], &key->secret, why) != 0)
			return -1;
		config->ring_count++;
	}
	for (size_t i = 0; i < tokens->batv_count; i++) {
		struct batv_key *key = &config->batv[i];

		key->number = tokens->batv[i].id[0];
		key->hmac = hmac_sha1;
		if (read_one(loop, config, &tokens->batv[i], &key->secret, why) != 0)
			return -1;
		config->batv_count++;
	}
	return 0;
}

struct errand {
	struct co_loop *loop;
	struct config *config;
	char *why;
	int result;
};

static void
run_errand(void *arg)
{
	struct errand *errand = arg;

	errand->result = keys_read(errand->loop, errand->config, errand->why);
}

int
keys_read_now(struct config *config, char *why)
{
	struct errand errand = { .config = config, .why = why, .result = -1 };
	struct ev_loop *ev;

	if (config->tokens.key_count + config->tokens.batv_count == 0)
		return 0;
	ev = ev_loop_new(EVFLAG_AUTO);
	if (ev == NULL)
		log_fatal(EX_OSERR, "no event loop: the kernel offers neither epoll nor poll");
	errand.loop = co_loop_new(ev);
	co_spawn(errand.loop, "keys", run_errand, &errand);
	ev_run(ev, 0);
	co_loop_free(errand.loop);
	ev_loop_destroy(ev);
	return errand.result;
}

const struct bounce_token_key *
keys_signer(const struct config *config)
{
	for (size_t i = 0; i < config->ring_count; i++) {
		if (strcmp(config->ring[i].id, config->tokens.sign_with) == 0)
			return &config->ring[i];
	}
	return NULL;
}
