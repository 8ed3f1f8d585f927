/*
 * decode - transfer encodings, encoded words and charsets
 *
 * Base64 and quoted-printable (RFC 2045 section 6), encoded words in headers (RFC 2047) and
 * charsets into UTF-8. Broken input is decoded as far as it goes: a bounce that a relay damaged
 * still says why it bounced.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_DECODE_H
#define BOUNCE_DECODE_H

#include "arena.h"
#include "span.h"

/* Changes of charset between the encoded words of one value: each may make iconv load its tables
 * anew. Words behind the last one stay as they are. */
#define DECODE_MAX_SWITCHES 100

enum decode_encoding {
	DECODE_IDENTITY, /* 7bit, 8bit, binary, absent or unknown */
	DECODE_BASE64,
	DECODE_QUOTED_PRINTABLE,
};

/* The encoding that the value of Content-Transfer-Encoding names; comments and case are ignored. */
enum decode_encoding decode_encoding_of(struct span value);

/*
 * Each returns the decoded bytes in the arena, the input itself when nothing needed decoding, or an
 * empty span when the arena is out. Linear time; output never longer than the input (charset
 * conversion: 4 times at most).
 */
struct span decode_base64(struct arena *a, struct span in);
struct span decode_quoted_printable(struct arena *a, struct span in);
struct span decode_transfer(struct arena *a, enum decode_encoding encoding, struct span in);

/*
 * RFC 2047 encoded words of an unfolded header value into UTF-8; blanks between two encoded words
 * are dropped (section 6.2), and control characters that come out of one become blanks. What is not
 * an encoded word stays as it is. Returns the input itself when there is none.
 */
struct span decode_words(struct arena *a, struct span in);

/* Writes text to `to` (room for all of it), each `mark` and two hexadecimal digits as the byte they
 * stand for; a mark without digits stays. Returns the end of what was written. */
char *decode_escapes(char *to, char mark, struct span text);

/*
 * `in`, written in the named charset, as UTF-8. Bytes that the charset does not have become U+FFFD.
 * An unknown or absent charset is taken for UTF-8 when the bytes are valid UTF-8, else for
 * windows-1252 (what servers without a label send). So is US-ASCII, since 8-bit bytes show that the
 * label lies; ISO-8859-1 is taken for windows-1252, its superset in practice. Returns the input
 * itself when it is UTF-8 already.
 */
struct span decode_charset(struct arena *a, struct span charset, struct span in);

/* Are all bytes below 0x80? */
bool decode_is_ascii(struct span in);

/* Are the bytes valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool decode_utf8_valid(struct span in);

#endif
