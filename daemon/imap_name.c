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
