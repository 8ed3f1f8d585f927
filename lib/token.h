/*
 * token - a proof in our own mail that comes back with its report
 *
 * Anybody can write a report. What he cannot write is a MAC under our key: so each mail that goes
 * out bears a token that names its list and its recipient, and a report counts when the token comes
 * back with it. It stands in the envelope sender of the mail, to which reports are sent:
 *
 *	news-bounces+ak101vq...+anna=example.com@lists.example.net	(see verp.h)
 *
 * or in a field of its header, which reports return:
 *
 *	X-Mailbounced-Token: ak101vq... news.lists.example.net anna@example.com
 *
 * The text of a token is base32hex (RFC 4648 section 7) in lower case, and read in any case, for
 * mail servers change it: one character for the form (its version), two for the key's id, three for
 * the last day on which it counts, five for the mailing in the forms that have one, and twenty for
 * the MAC: 100 bits of HMAC-SHA-256 over all that stands in front of it, the list and the
 * recipient. A format that differs takes other letters for its forms.
 *
 * The MAC is the caller's: this library brings no cryptography of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_TOKEN_H
#define BOUNCE_TOKEN_H

#include "span.h"

#define BOUNCE_TOKEN_FIELD "X-Mailbounced-Token"

#define BOUNCE_TOKEN_KEY_ID 2        /* characters of a key's id: 0-9 and a-v */
#define BOUNCE_TOKEN_DAY 3           /* for the last day, counted from 2020-01-01 */
#define BOUNCE_TOKEN_MAILING 5       /* for the mailing */
#define BOUNCE_TOKEN_MAC 20          /* for the MAC: 100 bits */
#define BOUNCE_TOKEN_SHORT 26        /* characters of a token that is bound to no mailing */
#define BOUNCE_TOKEN_LONG 31         /* and of one that is */
#define BOUNCE_TOKEN_FIRST_DAY 18262 /* 2020-01-01 in days since 1970 */
#define BOUNCE_TOKEN_LAST_DAY (BOUNCE_TOKEN_FIRST_DAY + 32767) /* in the year 2109 */
#define BOUNCE_TOKEN_MAX_LIST 255
#define BOUNCE_TOKEN_MAX_RECIPIENT 512

#define BOUNCE_HMAC_SIZE 32

struct bounce_token_key {
	char id[BOUNCE_TOKEN_KEY_ID + 1]; /* in lower case */
	struct span secret;
	/* HMAC-SHA-256 (RFC 2104) of text under the secret. 0, or -1 when there is none. */
	int (*hmac)(struct span secret, struct span text, unsigned char out[BOUNCE_HMAC_SIZE]);
};

/* Is it a key's id: two of 0-9 and a-v? */
bool bounce_token_is_key_id(const char *id);

/* What a token stands for. */
struct bounce_token {
	struct span list;      /* List-Id or any other name; never empty */
	struct span recipient; /* empty: the list as a whole */
	struct span mailing;   /* any name of the mailing; empty: bound to none */
	uint32_t expires;      /* the last day on which it counts, in days since 1970 (UTC) */
};

/* What the text of a token shows without the key. */
struct bounce_token_view {
	char key[BOUNCE_TOKEN_KEY_ID + 1];
	char mailing[BOUNCE_TOKEN_MAILING + 1]; /* "" = bound to none */
	uint32_t expires;
	bool whole_list; /* it names no recipient */
};

enum bounce_token_answer {
	BOUNCE_TOKEN_VALID,
	BOUNCE_TOKEN_MALFORMED,
	BOUNCE_TOKEN_UNKNOWN_KEY,
	BOUNCE_TOKEN_WRONG,   /* other list, other recipient, other secret, or altered */
	BOUNCE_TOKEN_EXPIRED, /* genuine, but too old */
};

/*
 * Writes the token for *what. Letters' case of list and recipient does not count. 0, or -1: no
 * list, a text too long or with a NUL byte, a day out of range, a key id that is none, or no MAC.
 */
int bounce_token_make(const struct bounce_token_key *key, const struct bounce_token *what,
		      char text[BOUNCE_TOKEN_LONG + 1]) __attribute__((warn_unused_result));

/* Takes a token's text apart. 0, or -1 when it is none by its length or its letters. */
int bounce_token_view(struct span text, struct bounce_token_view *out)
	__attribute__((warn_unused_result));

/* Is the text, made for list and recipient (empty: for the whole list) under one of the keys, valid
 * on day `today`? One MAC, compared in constant time. */
enum bounce_token_answer bounce_token_check(const struct bounce_token_key *keys, size_t count,
					    struct span text, const struct bounce_token *what,
					    uint32_t today);

/* One plain clause: "the token has expired". */
const char *bounce_token_answer_text(enum bounce_token_answer answer);

/* The five characters that stand for a mailing in its tokens. */
void bounce_token_mailing(struct span mailing, char text[BOUNCE_TOKEN_MAILING + 1]);

/* What the field says beside the token. Empty: not said. */
struct bounce_token_found {
	struct span token, list, recipient;
};

/* Reads a value of the field: two or three words. False when the first one is no token or there is
 * a fourth. */
bool bounce_token_in_field(struct span value, struct bounce_token_found *out);

/* Writes the value of the field: token, list and, where ASCII without blanks can say it, the
 * recipient. 0, or -1: out is full, or the list is no such word itself. */
int bounce_token_field(const char *token, const struct bounce_token *what, char *out, size_t size)
	__attribute__((warn_unused_result));

#endif
