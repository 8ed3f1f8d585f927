/*
 * decode_charset - the charsets of decode.h
 *
 * UTF-8, ASCII, ISO-8859-1 and windows-1252 are done here; iconv(3) does the rest. iconv is the one
 * facility of libc in this library that has I/O behind its back: it reads its tables from disk when
 * a charset is opened. That is accepted, because tables of all charsets would be larger than all of
 * this library; but a name that a stranger wrote is checked before iconv sees it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "ascii.h"
#include "buf.h"

#define MAX_LABEL 40 /* bytes of a label; no charset that mail uses has a longer one */
#define CHUNK 4096   /* bytes that iconv writes at a time */

#define REPLACEMENT SPAN("\xef\xbf\xbd") /* U+FFFD */

enum how {
	HOW_GUESS, /* the label says nothing, or is known to lie */
	HOW_UTF8,
	HOW_1252,
	HOW_ICONV,
};

struct charset {
	const char *label; /* its lower case letters and digits: mailers differ in the rest */
	enum how how;
	const char *name; /* what iconv calls it */
};

/*
 * The charsets that mail is written in; any other label counts as absent. iconv knows a thousand
 * more, and converters that nobody uses are where its bugs were found. Some labels mean more in
 * mail than they say: gb2312 is used for GB18030, ISO-8859-1 for windows-1252, and 8-bit text that
 * is called US-ASCII may be anything. Sorted by label.
 */
static const struct charset CHARSETS[] = {
	/* clang-format off */
	{ "7bit",                    HOW_GUESS, NULL },
	{ "8bit",                    HOW_GUESS, NULL },
	{ "ansix341968",             HOW_GUESS, NULL },
	{ "ascii",                   HOW_GUESS, NULL },
	{ "big5",                    HOW_ICONV, "BIG5-HKSCS" },
	{ "big5hkscs",               HOW_ICONV, "BIG5-HKSCS" },
	{ "chinese",                 HOW_ICONV, "GB18030" },
	{ "cnbig5",                  HOW_ICONV, "BIG5-HKSCS" },
	{ "cp1250",                  HOW_ICONV, "CP1250" },
	{ "cp1251",                  HOW_ICONV, "CP1251" },
	{ "cp1252",                  HOW_1252, NULL },
	{ "cp1253",                  HOW_ICONV, "CP1253" },
	{ "cp1254",                  HOW_ICONV, "CP1254" },
	{ "cp1255",                  HOW_ICONV, "CP1255" },
	{ "cp1256",                  HOW_ICONV, "CP1256" },
	{ "cp1257",                  HOW_ICONV, "CP1257" },
	{ "cp1258",                  HOW_ICONV, "CP1258" },
	{ "cp437",                   HOW_ICONV, "CP437" },
	{ "cp65001",                 HOW_UTF8, NULL },
	{ "cp737",                   HOW_ICONV, "CP737" },
	{ "cp775",                   HOW_ICONV, "CP775" },
	{ "cp819",                   HOW_1252, NULL },
	{ "cp850",                   HOW_ICONV, "CP850" },
	{ "cp852",                   HOW_ICONV, "CP852" },
	{ "cp855",                   HOW_ICONV, "CP855" },
	{ "cp857",                   HOW_ICONV, "CP857" },
	{ "cp858",                   HOW_ICONV, "CP858" },
	{ "cp860",                   HOW_ICONV, "CP860" },
	{ "cp861",                   HOW_ICONV, "CP861" },
	{ "cp862",                   HOW_ICONV, "CP862" },
	{ "cp863",                   HOW_ICONV, "CP863" },
	{ "cp865",                   HOW_ICONV, "CP865" },
	{ "cp866",                   HOW_ICONV, "CP866" },
	{ "cp869",                   HOW_ICONV, "CP869" },
	{ "cp874",                   HOW_ICONV, "CP874" },
	{ "cp932",                   HOW_ICONV, "CP932" },
	{ "cp936",                   HOW_ICONV, "GB18030" },
	{ "cp949",                   HOW_ICONV, "CP949" },
	{ "cp950",                   HOW_ICONV, "BIG5-HKSCS" },
	{ "cseucpkdfmtjapanese",     HOW_ICONV, "EUC-JP-MS" },
	{ "csiso2022jp",             HOW_ICONV, "ISO-2022-JP" },
	{ "csisolatin1",             HOW_1252, NULL },
	{ "csisolatin2",             HOW_ICONV, "ISO-8859-2" },
	{ "csisolatincyrillic",      HOW_ICONV, "ISO-8859-5" },
	{ "cskoi8r",                 HOW_ICONV, "KOI8-R" },
	{ "csshiftjis",              HOW_ICONV, "CP932" },
	{ "dos437",                  HOW_ICONV, "CP437" },
	{ "dos850",                  HOW_ICONV, "CP850" },
	{ "dos852",                  HOW_ICONV, "CP852" },
	{ "dos862",                  HOW_ICONV, "CP862" },
	{ "dos866",                  HOW_ICONV, "CP866" },
	{ "euccn",                   HOW_ICONV, "GB18030" },
	{ "eucjp",                   HOW_ICONV, "EUC-JP-MS" },
	{ "eucjpms",                 HOW_ICONV, "EUC-JP-MS" },
	{ "euckr",                   HOW_ICONV, "CP949" },
	{ "euctw",                   HOW_ICONV, "EUC-TW" },
	{ "gb18030",                 HOW_ICONV, "GB18030" },
	{ "gb180302000",             HOW_ICONV, "GB18030" },
	{ "gb2312",                  HOW_ICONV, "GB18030" },
	{ "gb231280",                HOW_ICONV, "GB18030" },
	{ "gbk",                     HOW_ICONV, "GB18030" },
	{ "ibm437",                  HOW_ICONV, "CP437" },
	{ "ibm737",                  HOW_ICONV, "CP737" },
	{ "ibm775",                  HOW_ICONV, "CP775" },
	{ "ibm819",                  HOW_1252, NULL },
	{ "ibm850",                  HOW_ICONV, "CP850" },
	{ "ibm852",                  HOW_ICONV, "CP852" },
	{ "ibm855",                  HOW_ICONV, "CP855" },
	{ "ibm857",                  HOW_ICONV, "CP857" },
	{ "ibm858",                  HOW_ICONV, "CP858" },
	{ "ibm860",                  HOW_ICONV, "CP860" },
	{ "ibm861",                  HOW_ICONV, "CP861" },
	{ "ibm862",                  HOW_ICONV, "CP862" },
	{ "ibm863",                  HOW_ICONV, "CP863" },
	{ "ibm865",                  HOW_ICONV, "CP865" },
	{ "ibm866",                  HOW_ICONV, "CP866" },
	{ "ibm869",                  HOW_ICONV, "CP869" },
	{ "iso10646ucs2",            HOW_ICONV, "UTF-16BE" },
	{ "iso2022jp",               HOW_ICONV, "ISO-2022-JP" },
	{ "iso2022jp2",              HOW_ICONV, "ISO-2022-JP-2" },
	{ "iso2022jpms",             HOW_ICONV, "ISO-2022-JP" },
	{ "iso2022kr",               HOW_ICONV, "ISO-2022-KR" },
	{ "iso646us",                HOW_GUESS, NULL },
	{ "iso88591",                HOW_1252, NULL },
	{ "iso885910",               HOW_ICONV, "ISO-8859-10" },
	{ "iso885911",               HOW_ICONV, "CP874" },
	{ "iso885911987",            HOW_1252, NULL },
	{ "iso885913",               HOW_ICONV, "ISO-8859-13" },
	{ "iso885914",               HOW_ICONV, "ISO-8859-14" },
	{ "iso885915",               HOW_ICONV, "ISO-8859-15" },
	{ "iso885916",               HOW_ICONV, "ISO-8859-16" },
	{ "iso88591windows31latin1", HOW_1252, NULL },
	{ "iso88592",                HOW_ICONV, "ISO-8859-2" },
	{ "iso88593",                HOW_ICONV, "ISO-8859-3" },
	{ "iso88594",                HOW_ICONV, "ISO-8859-4" },
	{ "iso88595",                HOW_ICONV, "ISO-8859-5" },
	{ "iso88596",                HOW_ICONV, "ISO-8859-6" },
	{ "iso88596e",               HOW_ICONV, "ISO-8859-6" },
	{ "iso88596i",               HOW_ICONV, "ISO-8859-6" },
	{ "iso88597",                HOW_ICONV, "ISO-8859-7" },
	{ "iso88598",                HOW_ICONV, "ISO-8859-8" },
	{ "iso88598e",               HOW_ICONV, "ISO-8859-8" },
	{ "iso88598i",               HOW_ICONV, "ISO-8859-8" },
	{ "iso88599",                HOW_ICONV, "CP1254" },
	{ "isoir100",                HOW_1252, NULL },
	{ "koi8",                    HOW_ICONV, "KOI8-R" },
	{ "koi8r",                   HOW_ICONV, "KOI8-R" },
	{ "koi8ru",                  HOW_ICONV, "KOI8-U" },
	{ "koi8t",                   HOW_ICONV, "KOI8-T" },
	{ "koi8u",                   HOW_ICONV, "KOI8-U" },
	{ "korean",                  HOW_ICONV, "CP949" },
	{ "ksc5601",                 HOW_ICONV, "CP949" },
	{ "ksc56011987",             HOW_ICONV, "CP949" },
	{ "ksc56011989",             HOW_ICONV, "CP949" },
	{ "l1",                      HOW_1252, NULL },
	{ "l2",                      HOW_ICONV, "ISO-8859-2" },
	{ "l9",                      HOW_ICONV, "ISO-8859-15" },
	{ "latin0",                  HOW_ICONV, "ISO-8859-15" },
	{ "latin1",                  HOW_1252, NULL },
	{ "latin2",                  HOW_ICONV, "ISO-8859-2" },
	{ "latin5",                  HOW_ICONV, "CP1254" },
	{ "latin9",                  HOW_ICONV, "ISO-8859-15" },
	{ "mac",                     HOW_ICONV, "MACINTOSH" },
	{ "macce",                   HOW_ICONV, "MAC-CENTRALEUROPE" },
	{ "maccyrillic",             HOW_ICONV, "MAC-CYRILLIC" },
	{ "macintosh",               HOW_ICONV, "MACINTOSH" },
	{ "macroman",                HOW_ICONV, "MACINTOSH" },
	{ "ms932",                   HOW_ICONV, "CP932" },
	{ "ms936",                   HOW_ICONV, "GB18030" },
	{ "ms949",                   HOW_ICONV, "CP949" },
	{ "ms950",                   HOW_ICONV, "BIG5-HKSCS" },
	{ "mskanji",                 HOW_ICONV, "CP932" },
	{ "shiftjis",                HOW_ICONV, "CP932" },
	{ "sjis",                    HOW_ICONV, "CP932" },
	{ "tcvn",                    HOW_ICONV, "TCVN" },
	{ "tis620",                  HOW_ICONV, "CP874" },
	{ "ucs2",                    HOW_ICONV, "UTF-16BE" },
	{ "uhc",                     HOW_ICONV, "CP949" },
	{ "unicode",                 HOW_ICONV, "UTF-16" },
	{ "unicode11utf7",           HOW_ICONV, "UTF-7" },
	{ "unicode11utf8",           HOW_UTF8, NULL },
	{ "unknown",                 HOW_GUESS, NULL },
	{ "unknown8bit",             HOW_GUESS, NULL },
	{ "us",                      HOW_GUESS, NULL },
	{ "usascii",                 HOW_GUESS, NULL },
	{ "utf16",                   HOW_ICONV, "UTF-16" },
	{ "utf16be",                 HOW_ICONV, "UTF-16BE" },
	{ "utf16le",                 HOW_ICONV, "UTF-16LE" },
	{ "utf32",                   HOW_ICONV, "UTF-32" },
	{ "utf32be",                 HOW_ICONV, "UTF-32BE" },
	{ "utf32le",                 HOW_ICONV, "UTF-32LE" },
	{ "utf7",                    HOW_ICONV, "UTF-7" },
	{ "utf8",                    HOW_UTF8, NULL },
	{ "utf8mb4",                 HOW_UTF8, NULL },
	{ "viscii",                  HOW_ICONV, "VISCII" },
	{ "win1250",                 HOW_ICONV, "CP1250" },
	{ "win1251",                 HOW_ICONV, "CP1251" },
	{ "win1252",                 HOW_1252, NULL },
	{ "windows1250",             HOW_ICONV, "CP1250" },
	{ "windows1251",             HOW_ICONV, "CP1251" },
	{ "windows1252",             HOW_1252, NULL },
	{ "windows1253",             HOW_ICONV, "CP1253" },
	{ "windows1254",             HOW_ICONV, "CP1254" },
	{ "windows1255",             HOW_ICONV, "CP1255" },
	{ "windows1256",             HOW_ICONV, "CP1256" },
	{ "windows1257",             HOW_ICONV, "CP1257" },
	{ "windows1258",             HOW_ICONV, "CP1258" },
	{ "windows31j",              HOW_ICONV, "CP932" },
	{ "windows874",              HOW_ICONV, "CP874" },
	{ "windows932",              HOW_ICONV, "CP932" },
	{ "windows936",              HOW_ICONV, "GB18030" },
	{ "windows949",              HOW_ICONV, "CP949" },
	{ "windows950",              HOW_ICONV, "BIG5-HKSCS" },
	{ "xbig5",                   HOW_ICONV, "BIG5-HKSCS" },
	{ "xcp1250",                 HOW_ICONV, "CP1250" },
	{ "xcp1251",                 HOW_ICONV, "CP1251" },
	{ "xcp1252",                 HOW_1252, NULL },
	{ "xeuccn",                  HOW_ICONV, "GB18030" },
	{ "xeucjp",                  HOW_ICONV, "EUC-JP-MS" },
	{ "xeuckr",                  HOW_ICONV, "CP949" },
	{ "xeuctw",                  HOW_ICONV, "EUC-TW" },
	{ "xgb2312",                 HOW_ICONV, "GB18030" },
	{ "xgbk",                    HOW_ICONV, "GB18030" },
	{ "xkoi8r",                  HOW_ICONV, "KOI8-R" },
	{ "xkoi8u",                  HOW_ICONV, "KOI8-U" },
	{ "xmacce",                  HOW_ICONV, "MAC-CENTRALEUROPE" },
	{ "xmaccentraleurroman",     HOW_ICONV, "MAC-CENTRALEUROPE" },
	{ "xmaccyrillic",            HOW_ICONV, "MAC-CYRILLIC" },
	{ "xmacroman",               HOW_ICONV, "MACINTOSH" },
	{ "xmscp932",                HOW_ICONV, "CP932" },
	{ "xsjis",                   HOW_ICONV, "CP932" },
	{ "xunknown",                HOW_GUESS, NULL },
	{ "xutf8",                   HOW_UTF8, NULL },
	{ "xviettcvn5712",           HOW_ICONV, "TCVN" },
	{ "xviscii",                 HOW_ICONV, "VISCII" },
	{ "xwindows949",             HOW_ICONV, "CP949" },
	{ "xxbig5",                  HOW_ICONV, "BIG5-HKSCS" },
	/* clang-format on */
};

/* windows-1252 from 0x80 to 0x9f; 0 where it has nothing. */
static const uint16_t WINDOWS_1252[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

/* Bytes of the character at p, which is not ASCII; 0 when it is none.
 * What may stand in each byte behind the first one is 0x80 to 0xbf, but for the second byte after
 * some first bytes (RFC 3629 section 4). */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return len;
}

/* The end of the ASCII at the front of s. Most text is ASCII: many bytes at a time. */
static const char *
ascii_end(struct span s)
{
	const char *p = s.p;

	for (; s.end - p >= 4 * ASCII16; p += 4 * ASCII16) {
		struct ascii16 x = ascii16_or(ascii16_load(p), ascii16_load(p + ASCII16));
		struct ascii16 y =
			ascii16_or(ascii16_load(p + 2 * ASCII16), ascii16_load(p + 3 * ASCII16));

		if (ascii16_any(ascii16_not(ascii16_above(ascii16_or(x, y), -1))))
			break;
	}
	for (; s.end - p >= 8; p += 8)
		if ((ascii8_load(p) & ASCII8_HIGH) != 0)
			break;
	while (p != s.end && (unsigned char)*p < 0x80)
		p++;
	return p;
}

/* Moves *rest behind the valid UTF-8 at its front, and returns that. */
static struct span
take_valid(struct span *rest)
{
	struct span valid = *rest;

	while (rest->p != rest->end) {
		const unsigned char *p = (const unsigned char *)rest->p;
		size_t len;

		if (*p < 0x80) {
			rest->p = ascii_end(*rest);
			continue;
		}
		len = utf8_length(p, span_len(*rest));
		if (len == 0)
			break;
		rest->p += len;
	}
	valid.end = rest->p;
	return valid;
}

bool
decode_is_ascii(struct span in)
{
	return ascii_end(in) == in.end;
}

bool
decode_utf8_valid(struct span in)
{
	(void)take_valid(&in);
	return span_empty(in);
}

static void
mend_utf8(struct span in, struct buf *out)
{
	while (!span_empty(in)) {
		buf_add(out, take_valid(&in));
		if (span_empty(in))
			break;
		buf_add(out, REPLACEMENT);
		in.p++;
	}
}

static void
from_1252(struct span in, struct buf *out)
{
	for (; !span_empty(in); in.p++) {
		const char *special = ascii_end(in);
		unsigned code;

		buf_add(out, (struct span){ in.p, special });
		if (special == in.end)
			break;
		in.p = special;
		code = (unsigned char)*special;
		if (code < 0xa0)
			code = WINDOWS_1252[code - 0x80];
		if (code == 0) {
			buf_add(out, REPLACEMENT);
		} else if (code < 0x800) {
			buf_addc(out, (char)(0xc0 | code >> 6));
			buf_addc(out, (char)(0x80 | (code & 0x3f)));
		} else {
			buf_addc(out, (char)(0xe0 | code >> 12));
			buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
			buf_addc(out, (char)(0x80 | (code & 0x3f)));
		}
	}
}

/* The size of the pieces that a charset is made of: behind a bad one goes on the next. */
static size_t
unit_of(const char *name)
{
	if (strncmp(name, "UTF-16", 6) == 0)
		return 2;
	return strncmp(name, "UTF-32", 6) == 0 ? 4 : 1;
}

/* One step of iconv into out; in == NULL flushes what the charset still holds back. Returns 0 or
 * the errno. */
static int
step(iconv_t cd, char **in, size_t *left, struct buf *out)
{
	char chunk[CHUNK], *to = chunk;
	size_t room = sizeof(chunk);
	int error = iconv(cd, in, left, &to, &room) == (size_t)-1 ? errno : 0;

	buf_add(out, span_make(chunk, (size_t)(to - chunk)));
	return error;
}

static void
convert(iconv_t cd, struct span in, size_t unit, struct buf *out)
{
	/* iconv does not write to its input, whatever its prototype says. */
	char *p = (char *)(uintptr_t)in.p; /* NOLINT(performance-no-int-to-ptr) */
	size_t left = span_len(in);

	(void)iconv(cd, NULL, NULL, NULL, NULL); /* as if it had just been opened */
	while (left > 0 && buf_ok(out)) {
		int error = step(cd, &p, &left, out);
		size_t skip = error == EILSEQ && left > unit ? unit : left;

		if (error == 0 || error == E2BIG)
			continue;
		buf_add(out, REPLACEMENT);
		p += skip;
		left -= skip;
	}
	(void)step(cd, NULL, NULL, out);
}

/*
 * Does text mean in the charset what it means in ASCII? In all that we know but for UTF-7, -16 and
 * -32 printable ASCII does. Not all control characters: VISCII and TCVN have letters there,
 * ISO-2022 escapes. Most text that is labelled so holds nothing else, and to open a converter costs
 * more than to read a whole mail.
 */
static bool
is_plain(const char *name, struct span text)
{
	if (strncmp(name, "UTF-", 4) == 0)
		return false;
	for (const char *p = text.p; p != text.end; p++)
		if (ascii_is(*p, ASCII_CONTROL | ASCII_8BIT) && !ascii_is_white(*p))
			return false;
	return true;
}

static int
compare_label(const void *label, const void *charset)
{
	return strcmp(label, ((const struct charset *)charset)->label);
}

static const struct charset *
find_charset(struct span label)
{
	char key[MAX_LABEL + 1];
	size_t len = 0;

	label = span_trim(label);
	if (span_len(label) > MAX_LABEL)
		return NULL;
	for (const char *p = label.p; p != label.end; p++) {
		if (*p >= 'A' && *p <= 'Z')
			key[len++] = (char)(*p - 'A' + 'a');
		else if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))
			key[len++] = *p;
		else if (*p == '\0' || strchr("._:+-", *p) == NULL)
			return NULL;
	}
	key[len] = '\0';
	return bsearch(key, CHARSETS, sizeof(CHARSETS) / sizeof(*CHARSETS), sizeof(*CHARSETS),
		       compare_label);
}

/* gcc's analyzer takes the (iconv_t)-1 of a failure for memory that must be given back. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static void
close_converter(void *cd)
{
	(void)iconv_close(cd);
}

/* Does a byte order mark tell the order of the bytes? glibc's converter keeps what it has learnt of
 * one text for the next, however it is reset. */
static bool
learns_order(const char *name)
{
	return strcmp(name, "UTF-16") == 0 || strcmp(name, "UTF-32") == 0;
}

/* Writes `in` as UTF-8 to out; false when iconv cannot open the charset. Opening loads a library,
 * so the converter is kept for the next message, unless it would remember this one. */
static bool
by_iconv(struct arena *a, const char *name, struct span in, struct buf *out)
{
	iconv_t cd = arena_tool(a, name);
	bool kept = cd != NULL;

	if (!kept) {
		cd = iconv_open("UTF-8", name);
		if (cd == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): POSIX has it so */
			return false;
		kept = !learns_order(name) && arena_keep(a, name, cd, close_converter);
	}
	convert(cd, in, unit_of(name), out);
	if (!kept)
		close_converter(cd);
	return true;
}

struct span
decode_charset(struct arena *a, struct span charset, struct span in)
{
	const struct charset *found = span_empty(charset) ? NULL : find_charset(charset);
	enum how how = found == NULL ? HOW_GUESS : found->how;
	struct buf out = BUF_INIT;
	struct span text = { NULL, NULL };

	if (how == HOW_ICONV && is_plain(found->name, in))
		return in;
	/* Without the converter's file on this machine, iconv leaves us with guessing. */
	if (how == HOW_ICONV && !by_iconv(a, found->name, in, &out))
		how = HOW_GUESS;
	if ((how == HOW_GUESS || how == HOW_UTF8) && decode_utf8_valid(in))
		return in;
	if (how == HOW_UTF8)
		mend_utf8(in, &out);
	else if (how != HOW_ICONV)
		from_1252(in, &out);
	if (buf_ok(&out))
		text = arena_copy(a, buf_span(&out));
	else
		a->refused = true;
	buf_free(&out);
	return text;
}
