/*
 * token_key - keys for tests, with the MACs of GnuTLS
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_TOKEN_KEY_H
#define MAILBOUNCED_TOKEN_KEY_H

#include <gnutls/crypto.h>

#include "token.h"

static inline int
test_sha256(struct span secret, struct span text, unsigned char out[BOUNCE_HMAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret.p, span_len(secret), text.p,
				span_len(text), out);
}

static const struct bounce_token_key test_key[] = {
	{ "k1", SPAN_INIT("the first secret, 32 bytes long."), test_sha256 },
	{ "k2", SPAN_INIT("the other secret, 32 bytes long."), test_sha256 },
};

#endif
