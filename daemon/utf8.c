/*
 * utf8 - characters one by one, for everything that writes text from strangers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "utf8.h"

/* What a first byte announces: how long the character is, and the least number that may be written
 * so long (RFC 3629 section 3). */
static const struct lead {
	unsigned char mask, bits;
	unsigned length;
	uint32_t least;
} leads[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* Characters that are not shown but change what is: first and last of each run. */
static const uint32_t unsafe[][2] = {
	{ 0x0000, 0x001f },   /* C0 */
	{ 0x007f, 0x009f },   /* DEL, C1 */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width, direction marks */
	{ 0x2028, 0x202e },   /* separators, embeddings, overrides */
	{ 0x2060, 0x206f },   /* word joiner, isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe007f }, /* tags */
};

static uint32_t
decode(struct span text, const struct lead *lead)
{
	uint32_t code = (unsigned char)*text.p & (unsigned char)~lead->mask;

	for (unsigned i = 1; i < lead->length; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (c & 0x3fU);
	}
	return code;
}

bool
utf8_take(struct span *rest, uint32_t *code)
{
	unsigned char first = (unsigned char)*rest->p;

	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		const struct lead *lead = &leads[i];

		if ((first & lead->mask) != lead->bits)
			continue;
		if (span_len(*rest) < lead->length)
			break;
		*code = decode(*rest, lead);
		if (*code < lead->least || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
			break;
		rest->p += lead->length;
		return true;
	}
	rest->p++;
	*code = first;
	return false;
}

bool
utf8_is_unsafe(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if (code >= unsafe[i][0] && code <= unsafe[i][1])
			return true;
	}
	return false;
}

size_t
utf8_escape(struct span *rest, char out[UTF8_ESCAPED_SIZE])
{
	const char *from = rest->p;
	uint32_t code;
	size_t len;

	if (!utf8_take(rest, &code) || (code < 0x80 && utf8_is_unsafe(code)))
		return (size_t)snprintf(out, UTF8_ESCAPED_SIZE, "\\x%02x", (unsigned)code);
	if (utf8_is_unsafe(code))
		return (size_t)snprintf(out, UTF8_ESCAPED_SIZE, "\\u{%04x}", (unsigned)code);
	len = (size_t)(rest->p - from);
	memcpy(out, from, len);
	out[len] = '\0';
	return len;
}
