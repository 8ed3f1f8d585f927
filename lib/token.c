/*
 * token - a proof in our own mail that comes back with its report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "token.h"

#include <stdio.h>

#include "ascii.h"

#define BITS 5 /* of one character */
#define DAY_AT (1 + BOUNCE_TOKEN_KEY_ID)
#define MAILING_AT (DAY_AT + BOUNCE_TOKEN_DAY)

/* In front of what the MAC is of, so that a key that is used elsewhere as well proves nothing here.
 */
#define PURPOSE "mailbounced token"

static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

/* The forms: the first character of a token. */
static const struct form {
	char letter;
	bool whole_list, mailing;
} forms[] = {
	{ 'a', false, false },
	{ 'b', false, true },
	{ 'c', true, false },
	{ 'd', true, true },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the character stands for, or -1. */
static int
value_of(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = span_lower(c);
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* The `count` characters for the lowest bits of value. */
static void
write_number(uint32_t value, size_t count, char *out)
{
	for (size_t i = count; i-- > 0; value >>= BITS)
		out[i] = digits[value & 31];
}

static const struct form *
form_find(bool whole_list, bool mailing)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (forms[i].whole_list == whole_list && forms[i].mailing == mailing)
			return &forms[i];
	}
	return NULL;
}

static const struct form *
form_of(struct span text)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (forms[i].letter == span_first(text))
			return &forms[i];
	}
	return NULL;
}

/* The first 100 bits of the MAC as characters. */
static void
write_mac(const unsigned char mac[BOUNCE_HMAC_SIZE], char out[BOUNCE_TOKEN_MAC])
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < BOUNCE_TOKEN_MAC; i++) {
		if (have < BITS) {
			bits = bits << 8 | *mac++;
			have += 8;
		}
		have -= BITS;
		out[i] = digits[bits >> have & 31];
	}
}

static char *
add_lower(char *to, struct span text)
{
	for (; text.p != text.end; text.p++)
		*to++ = span_lower(*text.p);
	return to;
}

/* May list and recipient be what a MAC is of? The NUL behind each of them parts them. */
static bool
is_usable(const struct bounce_token *what)
{
	return !span_empty(what->list) && span_len(what->list) <= BOUNCE_TOKEN_MAX_LIST &&
	       span_len(what->recipient) <= BOUNCE_TOKEN_MAX_RECIPIENT &&
	       span_chr(what->list, '\0') == NULL && span_chr(what->recipient, '\0') == NULL;
}

/* The characters of the MAC over `head`, the token as far as it is written in lower case, and what
 * it stands for. 0, or -1. */
static int
mac_of(const struct bounce_token_key *key, struct span head, const struct bounce_token *what,
       char out[BOUNCE_TOKEN_MAC])
{
	char text[sizeof(PURPOSE) + BOUNCE_TOKEN_LONG + BOUNCE_TOKEN_MAX_LIST +
		  BOUNCE_TOKEN_MAX_RECIPIENT + 3];
	unsigned char mac[BOUNCE_HMAC_SIZE];
	char *to = text;

	memcpy(to, PURPOSE, sizeof(PURPOSE)); /* with its NUL */
	to = add_lower(to + sizeof(PURPOSE), head);
	*to++ = '\0';
	to = add_lower(to, what->list);
	*to++ = '\0';
	to = add_lower(to, what->recipient);
	*to++ = '\0';
	if (key->hmac(key->secret, (struct span){ text, to }, mac) != 0)
		return -1;
	write_mac(mac, out);
	return 0;
}

/* The same bytes? Takes as long wherever they differ: nobody learns a MAC character by character.
 */
static bool
is_same_mac(const char *a, const char *b)
{
	volatile unsigned differing = 0;

	for (size_t i = 0; i < BOUNCE_TOKEN_MAC; i++)
		differing = differing | (unsigned)((unsigned char)a[i] ^ (unsigned char)b[i]);
	return differing == 0;
}

void
bounce_token_mailing(struct span mailing, char text[BOUNCE_TOKEN_MAILING + 1])
{
	/* FNV-1a. It need not be hard to guess, for the MAC is over it; letters of two mailings
	 * must only be unlikely to be the same. */
	uint32_t hash = 2166136261U;

	for (; mailing.p != mailing.end; mailing.p++)
		hash = (hash ^ (unsigned char)*mailing.p) * 16777619U;
	write_number(hash ^ hash >> 7, BOUNCE_TOKEN_MAILING, text);
	text[BOUNCE_TOKEN_MAILING] = '\0';
}

bool
bounce_token_is_key_id(const char *id)
{
	size_t len = strnlen(id, BOUNCE_TOKEN_KEY_ID + 1);

	for (size_t i = 0; i < len; i++) {
		if (value_of(id[i]) < 0 || id[i] != span_lower(id[i]))
			return false;
	}
	return len == BOUNCE_TOKEN_KEY_ID;
}

int
bounce_token_make(const struct bounce_token_key *key, const struct bounce_token *what,
		  char text[BOUNCE_TOKEN_LONG + 1])
{
	const struct form *form =
		form_find(span_empty(what->recipient), !span_empty(what->mailing));
	char *to = text;

	if (form == NULL || !is_usable(what) || !bounce_token_is_key_id(key->id) ||
	    what->expires < BOUNCE_TOKEN_FIRST_DAY || what->expires > BOUNCE_TOKEN_LAST_DAY)
		return -1;
	*to++ = form->letter;
	memcpy(to, key->id, BOUNCE_TOKEN_KEY_ID);
	to += BOUNCE_TOKEN_KEY_ID;
	write_number(what->expires - BOUNCE_TOKEN_FIRST_DAY, BOUNCE_TOKEN_DAY, to);
	to += BOUNCE_TOKEN_DAY;
	if (form->mailing) {
		bounce_token_mailing(what->mailing, to);
		to += BOUNCE_TOKEN_MAILING;
	}
	if (mac_of(key, (struct span){ text, to }, what, to) != 0)
		return -1;
	to[BOUNCE_TOKEN_MAC] = '\0';
	return 0;
}

int
bounce_token_view(struct span text, struct bounce_token_view *out)
{
	const struct form *form = form_of(text);
	size_t len = span_len(text);

	*out = (struct bounce_token_view){ .expires = BOUNCE_TOKEN_FIRST_DAY };
	if (form == NULL || len != (form->mailing ? BOUNCE_TOKEN_LONG : BOUNCE_TOKEN_SHORT))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (value_of(text.p[i]) < 0)
			return -1;
	}
	out->whole_list = form->whole_list;
	add_lower(out->key, span_make(text.p + 1, BOUNCE_TOKEN_KEY_ID));
	if (form->mailing)
		add_lower(out->mailing, span_make(text.p + MAILING_AT, BOUNCE_TOKEN_MAILING));
	for (size_t i = 0, day = 0; i < BOUNCE_TOKEN_DAY; i++) {
		day = day << BITS | (size_t)value_of(text.p[DAY_AT + i]);
		out->expires = BOUNCE_TOKEN_FIRST_DAY + (uint32_t)day;
	}
	return 0;
}

static const struct bounce_token_key *
key_find(const struct bounce_token_key *keys, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].id, id) == 0)
			return &keys[i];
	}
	return NULL;
}

enum bounce_token_answer
bounce_token_check(const struct bounce_token_key *keys, size_t count, struct span text,
		   const struct bounce_token *what, uint32_t today)
{
	char mac[BOUNCE_TOKEN_MAC], given[BOUNCE_TOKEN_MAC];
	const struct bounce_token_key *key;
	struct bounce_token_view view;
	struct span head = text;

	if (bounce_token_view(text, &view) != 0)
		return BOUNCE_TOKEN_MALFORMED;
	key = key_find(keys, count, view.key);
	if (key == NULL)
		return BOUNCE_TOKEN_UNKNOWN_KEY;
	if (!is_usable(what) || view.whole_list != span_empty(what->recipient))
		return BOUNCE_TOKEN_WRONG;
	head.end -= BOUNCE_TOKEN_MAC;
	add_lower(given, (struct span){ head.end, text.end });
	if (mac_of(key, head, what, mac) != 0 || !is_same_mac(mac, given))
		return BOUNCE_TOKEN_WRONG;
	return today > view.expires ? BOUNCE_TOKEN_EXPIRED : BOUNCE_TOKEN_VALID;
}

const char *
bounce_token_answer_text(enum bounce_token_answer answer)
{
	static const char *const text[] = {
		[BOUNCE_TOKEN_VALID] = "the token is valid",
		[BOUNCE_TOKEN_MALFORMED] = "that is no token",
		[BOUNCE_TOKEN_UNKNOWN_KEY] = "the token is of a key that is not known",
		[BOUNCE_TOKEN_WRONG] =
			"the token was made for another list or recipient, or altered",
		[BOUNCE_TOKEN_EXPIRED] = "the token has expired",
	};

	return (size_t)answer < COUNT(text) ? text[answer] : "?";
}

bool
bounce_token_in_field(struct span value, struct bounce_token_found *out)
{
	struct bounce_token_view view;
	struct span word;

	*out = (struct bounce_token_found){ { NULL, NULL }, { NULL, NULL }, { NULL, NULL } };
	if (!span_next_word(&value, &out->token) || bounce_token_view(out->token, &view) != 0)
		return false;
	(void)span_next_word(&value, &out->list);
	(void)span_next_word(&value, &out->recipient);
	return !span_next_word(&value, &word);
}

/* One word of printable ASCII? */
static bool
is_word(struct span text)
{
	for (const char *p = text.p; p != text.end; p++) {
		if (ascii_is(*p, ASCII_CONTROL | ASCII_SPACE | ASCII_8BIT))
			return false;
	}
	return !span_empty(text);
}

int
bounce_token_field(const char *token, const struct bounce_token *what, char *out, size_t size)
{
	bool named = is_word(what->recipient);
	int len;

	if (!is_word(what->list))
		return -1;
	len = snprintf(out, size, "%s %.*s%s%.*s", token, (int)span_len(what->list), what->list.p,
		       named ? " " : "", named ? (int)span_len(what->recipient) : 0,
		       named ? what->recipient.p : "");
	return len >= 0 && (size_t)len < size ? 0 : -1;
}
