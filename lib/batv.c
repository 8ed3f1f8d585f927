/*
 * batv - signatures of mail servers in envelope addresses (draft-levine-smtp-batv)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "batv.h"

#include "ascii.h"

#define HEAD 4 /* KDDD */
#define BYTES ((BATV_TAG - HEAD) / 2)
#define TURN 1000 /* days after which their numbers come again */
#define MAX_ADDRESS 512

static bool
is_tag(struct span text)
{
	for (size_t i = 0; i < BATV_TAG; i++) {
		if (i < HEAD ? !ascii_is_digit(text.p[i]) : ascii_hex(text.p[i]) < 0)
			return false;
	}
	return true;
}

bool
batv_take(struct span *local, struct span *tag)
{
	static const char prefix[] = "prvs=";
	const size_t whole = sizeof(prefix) - 1 + BATV_TAG;
	struct span text;

	if (!span_istarts(*local, SPAN("prvs=")) || span_len(*local) < whole + 2 ||
	    local->p[whole] != '=')
		return false;
	text = span_make(local->p + sizeof(prefix) - 1, BATV_TAG);
	if (!is_tag(text))
		return false;
	*tag = text;
	local->p += whole + 1;
	return true;
}

/* The tag's MAC is that of the key. Every byte is looked at, wherever they differ. */
static bool
is_signed(const struct batv_key *key, struct span tag, struct span address)
{
	char text[HEAD + MAX_ADDRESS];
	unsigned char mac[BATV_HMAC_SIZE];
	volatile unsigned differing = 0;

	if (span_len(address) > MAX_ADDRESS || span_empty(address))
		return false;
	memcpy(text, tag.p, HEAD);
	memcpy(text + HEAD, address.p, span_len(address));
	if (key->hmac(key->secret, span_make(text, HEAD + span_len(address)), mac) != 0)
		return false;
	for (size_t i = 0; i < BYTES; i++) {
		unsigned high = (unsigned)ascii_hex(tag.p[HEAD + 2 * i]);
		unsigned low = (unsigned)ascii_hex(tag.p[HEAD + 2 * i + 1]);

		differing = differing | ((high << 4 | low) ^ mac[i]);
	}
	return differing == 0;
}

enum bounce_token_answer
batv_check(const struct batv_key *keys, size_t count, struct span tag, struct span address,
	   struct batv_time time)
{
	struct span digits = tag;
	uint64_t day;

	if (span_len(tag) != BATV_TAG || !is_tag(tag))
		return BOUNCE_TOKEN_MALFORMED;
	for (size_t i = 0; i < count; i++) {
		if (keys[i].number != *tag.p)
			continue;
		if (!is_signed(&keys[i], tag, address))
			return BOUNCE_TOKEN_WRONG;
		digits = (struct span){ tag.p + 1, tag.p + HEAD };
		if (!span_number(&digits, TURN - 1, &day))
			return BOUNCE_TOKEN_MALFORMED;
		return (day + TURN - time.today % TURN) % TURN <= time.most ? BOUNCE_TOKEN_VALID
									    : BOUNCE_TOKEN_EXPIRED;
	}
	return BOUNCE_TOKEN_UNKNOWN_KEY;
}
