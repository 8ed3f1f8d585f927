/*
 * imap_name - modified UTF-7 and base64
 *
 * libetpan sends names as they come, CR LF and all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include "log.h"
#include "utf8.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes 1 to 3 bytes as 2 to 4 digits; returns how many. */
static size_t
base64_group(char *out, const unsigned char *data, size_t len)
{
	uint32_t bits = (uint32_t)data[0] << 16;

	if (len > 1)
		bits |= (uint32_t)data[1] << 8;
	if (len > 2)
		bits |= data[2];
	for (size_t i = 0; i <= len; i++)
		out[i] = base64_digits[bits >> (18 - 6 * i) & 0x3f];
	return len + 1;
}

static size_t
base64_all(char *out, const unsigned char *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3)
		n += base64_group(out + n, data + i, len - i < 3 ? len - i : 3);
	return n;
}

char *
imap_base64(const void *data, size_t len)
{
	char *out = xarray(len / 3 + 2, 4);
	size_t n = base64_all(out, data, len);

	while (n % 4 != 0)
		out[n++] = '=';
	return out;
}

static size_t
utf16_put(unsigned char *out, uint32_t unit)
{
	out[0] = (unsigned char)(unit >> 8);
	out[1] = (unsigned char)unit;
	return 2;
}

/* The characters up to the next one that stands for itself, as big-endian UTF-16. */
static int
utf16_run(struct span *rest, unsigned char *out, size_t *len)
{
	*len = 0;
	while (!span_empty(*rest) &&
	       ((unsigned char)*rest->p < ' ' || (unsigned char)*rest->p > '~')) {
		uint32_t code;

		if (!utf8_take(rest, &code) || code < ' ' || code == 0x7f)
			return -1;
		if (code >= 0x10000) {
			code -= 0x10000;
			*len += utf16_put(out + *len, 0xd800 | code >> 10);
			code = 0xdc00 | (code & 0x3ff);
		}
		*len += utf16_put(out + *len, code);
	}
	return 0;
}

/* "&", base64 with "," for "/" and no padding, "-". */
static size_t
shifted(char *out, const unsigned char *utf16, size_t len)
{
	size_t n = 1 + base64_all(out + 1, utf16, len);

	out[0] = '&';
	for (size_t i = 1; i < n; i++)
		if (out[i] == '/')
			out[i] = ',';
	out[n++] = '-';
	return n;
}

static int
encode(struct span rest, char *out, unsigned char *utf16)
{
	while (!span_empty(rest)) {
		size_t len;

		if (utf16_run(&rest, utf16, &len) < 0)
			return -1;
		if (len > 0) {
			out += shifted(out, utf16, len);
			continue;
		}
		*out++ = *rest.p;
		if (*rest.p++ == '&')
			*out++ = '-';
	}
	*out = '\0';
	return 0;
}

char *
imap_name_encode(const char *name)
{
	size_t len = strlen(name);
	unsigned char *utf16;
	char *out;

	if (len == 0 || len > IMAP_MAX_NAME)
		return NULL;
	out = xarray(len + 1, 5); /* the worst: "&AOk-" for two bytes, "&-" for one */
	utf16 = xarray(len, 2);
	if (encode(span_of(name), out, utf16) < 0 || strlen(out) > IMAP_MAX_NAME) {
		free(out);
		out = NULL;
	}
	free(utf16);
	return out;
}

/* The number of a digit of modified base64, or -1. */
static int
digit_value(char c)
{
	const char *at = c == ',' ? strchr(base64_digits, '/') : strchr(base64_digits, c);

	return c == '\0' || c == '/' || at == NULL ? -1 : (int)(at - base64_digits);
}

/* One unit of UTF-16 out of the digits; false when they are used up. *bits keeps what is over. */
struct shift {
	struct span rest;
	uint32_t bits;
	unsigned count;
};

static bool
shift_unit(struct shift *shift, uint32_t *unit)
{
	while (shift->count < 16) {
		if (span_empty(shift->rest))
			return false;
		shift->bits = shift->bits << 6 | (uint32_t)digit_value(*shift->rest.p++);
		shift->count += 6;
	}
	shift->count -= 16;
	*unit = shift->bits >> shift->count & 0xffff;
	return true;
}

static void
utf8_put(struct buf *out, uint32_t code)
{
	if (code < 0x800) {
		buf_addc(out, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_addc(out, (char)(0xe0 | code >> 12));
		} else {
			buf_addc(out, (char)(0xf0 | code >> 18));
			buf_addc(out, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (code & 0x3f)));
}

/* What stands between "&" and "-". RFC 3501 section 5.1.3: never what could stand for itself, and
 * no bits left over. */
static int
unshift(struct span digits, struct buf *out)
{
	struct shift shift = { .rest = digits };
	uint32_t code, low;

	for (const char *p = digits.p; p < digits.end; p++)
		if (digit_value(*p) < 0)
			return -1;
	while (shift_unit(&shift, &code)) {
		if (code >= 0xd800 && code < 0xdc00) {
			if (!shift_unit(&shift, &low) || low < 0xdc00 || low > 0xdfff)
				return -1;
			code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
		} else if (code < 0x80 || (code >= 0xdc00 && code <= 0xdfff)) {
			return -1;
		}
		utf8_put(out, code);
	}
	return shift.count < 6 && (shift.bits & ((1U << shift.count) - 1)) == 0 ? 0 : -1;
}

/* 0 when all of it is modified UTF-7; *shifted: something in it was written that way. */
static int
decode(struct span rest, struct buf *out, bool *is_shifted)
{
	struct span digits;

	*is_shifted = false;
	while (!span_empty(rest)) {
		char c = *rest.p++;

		if (c < ' ' || c > '~')
			return -1;
		if (c != '&') {
			buf_addc(out, c);
			continue;
		}
		if (span_chr(rest, '-') == NULL || !span_cut(&rest, '-', &digits))
			return -1;
		if (span_empty(digits))
			buf_addc(out, '&');
		else if (unshift(digits, out) < 0)
			return -1;
		*is_shifted = *is_shifted || !span_empty(digits);
	}
	return 0;
}

char *
imap_name_decode(const char *name)
{
	struct buf out = BUF_INIT;
	bool is_shifted;
	char *copy = NULL;

	if (decode(span_of(name), &out, &is_shifted) == 0)
		copy = xstrdup(buf_str(&out));
	buf_free(&out);
	return copy;
}

char *
imap_plain_name(const char *folder)
{
	struct buf plain = BUF_INIT;
	bool is_shifted;
	char *name;

	name = xstrdup(decode(span_of(folder), &plain, &is_shifted) == 0 && is_shifted
			       ? buf_str(&plain)
			       : folder);
	buf_free(&plain);
	return name;
}

/* RFC 3501 section 5.1: INBOX is the one name without regard to case. */
bool
imap_same_name(const char *a, const char *b)
{
	char *left = imap_plain_name(a), *right = imap_plain_name(b);
	bool same = strcmp(left, right) == 0 ||
		    (strcasecmp(left, "INBOX") == 0 && strcasecmp(right, "INBOX") == 0);

	free(left);
	free(right);
	return same;
}

char *
imap_name(const struct imap *imap, const char *folder)
{
	/* Who writes "Entw&APw-rfe", as other programs show it, means that folder. */
	char *plain = imap_plain_name(folder), *name = imap_name_encode(plain);

	/* RFC 9051: UTF-8 where there is no IMAP4rev1; we enable nothing that would change it
	 * there.
	 */
	if (name != NULL && imap_is_rev2(imap)) {
		free(name);
		return plain;
	}
	free(plain);
	return name;
}
