/*
 * sasl_scram - SCRAM-SHA-256 (RFC 5802, RFC 7677)
 *
 * The server never sees the password, and proves that it knows it: whoever poses as the server
 * gains nothing. The rounds on the password are done in slices, for other mailboxes wait meanwhile.
 * The password is taken as it is, in UTF-8: servers do not agree on SASLprep, and for ASCII it
 * changes nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "sasl.h"

#include "log.h"

/* HMAC-SHA-256 of the data into out[SASL_KEY_SIZE]. A library without it is none. */
static void
hmac(const void *key, size_t key_len, struct span data, unsigned char *out)
{
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, data.p, span_len(data), out) < 0)
		log_panic("no HMAC-SHA-256");
}

static void
add_base64(struct buf *out, const void *data, size_t len)
{
	gnutls_datum_t raw = { NULL, (unsigned)len }, text;

	memcpy(&raw.data, &data, sizeof(data));
	if (gnutls_base64_encode2(&raw, &text) < 0)
		log_panic("no base64");
	buf_add(out, span_make((const char *)text.data, text.size));
	explicit_bzero(text.data, text.size);
	gnutls_free(text.data);
}

/* Decodes into out[size]. How many bytes, or -1 when they are no base64 or too many. */
static int
take_base64(struct span text, unsigned char *out, size_t size)
{
	gnutls_datum_t in = { NULL, (unsigned)span_len(text) }, raw;
	int len = -1;

	memcpy(&in.data, &text.p, sizeof(text.p));
	if (span_empty(text) || gnutls_base64_decode2(&in, &raw) < 0)
		return -1;
	if (raw.size <= size) {
		memcpy(out, raw.data, raw.size);
		len = (int)raw.size;
	}
	gnutls_free(raw.data);
	return len;
}

/* RFC 5802 wants a nonce of printable characters without comma: base64 has those. */
static void
make_nonce(char nonce[SASL_NONCE_SIZE])
{
	unsigned char random[(SASL_NONCE_SIZE - 1) / 4 * 3];
	struct buf text = BUF_INIT;

	if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) < 0)
		log_panic("no random bytes");
	add_base64(&text, random, sizeof(random));
	memcpy(nonce, buf_str(&text), SASL_NONCE_SIZE);
	buf_free(&text);
}

static void
scram_begin(struct sasl *sasl)
{
	struct sasl_scram *scram = &sasl->scram;

	if (scram->nonce[0] == '\0') /* else a test has chosen it */
		make_nonce(scram->nonce);
	buf_adds(&scram->auth_message, "n=");
	sasl_add_name(&scram->auth_message, sasl->user);
	buf_addf(&scram->auth_message, ",r=%s", scram->nonce);
	/* "n,,": no binding to the TLS channel, nobody on behalf of */
	buf_adds(&sasl->message, "n,,");
	buf_add(&sasl->message, buf_span(&scram->auth_message));
}

/* Takes "K=value" off the front. */
static bool
attribute(struct span *rest, char key, struct span *value)
{
	return span_cut(rest, ',', value) && span_len(*value) >= 2 && value->p[0] == key &&
	       value->p[1] == '=' && (value->p += 2);
}

/* "r=NONCE,s=SALT,i=ROUNDS": begins the work on the password. */
static enum sasl_next
server_first(struct sasl *sasl, struct span challenge)
{
	struct sasl_scram *scram = &sasl->scram;
	static const unsigned char first_block[] = { 0, 0, 0, 1 };
	unsigned char salt[SASL_MAX_SALT + sizeof(first_block)];
	struct span rest = challenge, nonce, salt_text, rounds_text;
	uint64_t rounds;
	int salt_len;

	if (!attribute(&rest, 'r', &nonce) || !attribute(&rest, 's', &salt_text) ||
	    !attribute(&rest, 'i', &rounds_text) ||
	    !span_number(&rounds_text, UINT32_MAX, &rounds) || !span_empty(rounds_text))
		return sasl_give_up(sasl, "the server's challenge is not one of SCRAM");
	if (span_len(nonce) <= strlen(scram->nonce) ||
	    memcmp(nonce.p, scram->nonce, strlen(scram->nonce)) != 0)
		return sasl_give_up(sasl, "the server's challenge does not answer ours");
	salt_len = take_base64(salt_text, salt, SASL_MAX_SALT);
	if (salt_len < 0)
		return sasl_give_up(sasl, "the server's salt is damaged or too long");
	if (rounds < SASL_MIN_ROUNDS)
		return sasl_give_up(sasl, "the server wants fewer than 4096 rounds, which is not "
					  "safe; make the password's hash on the server anew");
	if (rounds > SASL_MAX_ROUNDS)
		return sasl_give_up(sasl, "the server wants more than a million rounds");
	buf_addc(&scram->auth_message, ',');
	buf_add(&scram->auth_message, challenge);
	buf_adds(&scram->final_without_proof, "c=biws,r=");
	buf_add(&scram->final_without_proof, nonce);
	buf_addc(&scram->auth_message, ',');
	buf_add(&scram->auth_message, buf_span(&scram->final_without_proof));
	/* Hi() of RFC 5802, section 2.2: its first round works on the salt and a 1 in 4 bytes. */
	memcpy(salt + salt_len, first_block, sizeof(first_block));
	hmac(sasl->secret, strlen(sasl->secret),
	     span_make((char *)salt, (size_t)salt_len + sizeof(first_block)), scram->last);
	memcpy(scram->salted, scram->last, SASL_KEY_SIZE);
	scram->rounds = (unsigned)rounds - 1;
	return SASL_WORK;
}

/* The password's key is there: the proof that we know it, and the one that we want to see. */
static void
make_proof(struct sasl *sasl)
{
	struct sasl_scram *scram = &sasl->scram;
	struct span signed_text = buf_span(&scram->auth_message);
	unsigned char key[SASL_KEY_SIZE], stored[SASL_KEY_SIZE], signature[SASL_KEY_SIZE];

	hmac(scram->salted, SASL_KEY_SIZE, SPAN("Client Key"), key);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key, sizeof(key), stored) < 0)
		log_panic("no SHA-256");
	hmac(stored, sizeof(stored), signed_text, signature);
	for (size_t i = 0; i < sizeof(key); i++)
		signature[i] ^= key[i];
	buf_clear(&sasl->message);
	buf_add(&sasl->message, buf_span(&scram->final_without_proof));
	buf_adds(&sasl->message, ",p=");
	add_base64(&sasl->message, signature, sizeof(signature));
	hmac(scram->salted, SASL_KEY_SIZE, SPAN("Server Key"), key);
	hmac(key, sizeof(key), signed_text, scram->server_signature);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(stored, sizeof(stored));
	explicit_bzero(signature, sizeof(signature));
}

bool
sasl_work(struct sasl *sasl)
{
	struct sasl_scram *scram = &sasl->scram;
	gnutls_hmac_hd_t keyed;

	if (gnutls_hmac_init(&keyed, GNUTLS_MAC_SHA256, sasl->secret, strlen(sasl->secret)) < 0)
		log_panic("no HMAC-SHA-256");
	for (unsigned i = 0; i < SASL_SLICE && scram->rounds > 0; i++, scram->rounds--) {
		if (gnutls_hmac(keyed, scram->last, SASL_KEY_SIZE) < 0)
			log_panic("no HMAC-SHA-256");
		gnutls_hmac_output(keyed, scram->last);
		for (size_t j = 0; j < SASL_KEY_SIZE; j++)
			scram->salted[j] ^= scram->last[j];
	}
	gnutls_hmac_deinit(keyed, NULL);
	if (scram->rounds > 0)
		return false;
	make_proof(sasl);
	return true;
}

/* "v=SIGNATURE", or "e=" and why not. */
static enum sasl_next
server_final(struct sasl *sasl, struct span challenge)
{
	unsigned char signature[SASL_KEY_SIZE];
	struct span rest = challenge, value;

	buf_clear(&sasl->message);
	if (attribute(&rest, 'e', &value))
		return SASL_SEND; /* the NO that follows says it in words */
	rest = challenge;
	if (!attribute(&rest, 'v', &value) ||
	    take_base64(value, signature, sizeof(signature)) != SASL_KEY_SIZE ||
	    gnutls_memcmp(signature, sasl->scram.server_signature, SASL_KEY_SIZE) != 0)
		return sasl_give_up(sasl,
				    "the server does not know the password: it may not be the "
				    "one that it seems to be");
	sasl->proved = true;
	return SASL_SEND;
}

static enum sasl_next
scram_answer(struct sasl *sasl, struct span challenge)
{
	switch (sasl->step) {
	case 1:
		return server_first(sasl, challenge);
	case 2:
		return server_final(sasl, challenge);
	}
	return sasl_give_up(sasl, "the server asks for more than SCRAM has");
}

const struct sasl_mechanism sasl_scram_sha_256 = { "SCRAM-SHA-256", false, scram_begin,
						   scram_answer };
