/*
 * json - writes JSON (RFC 8259) into a buf
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "json.h"

#include <inttypes.h>

#include "log.h"
#include "utf8.h"

#define REPLACEMENT SPAN("\xef\xbf\xbd") /* U+FFFD */

void
json_init(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

static void
quoted(struct buf *out, struct span text)
{
	buf_addc(out, '"');
	while (!span_empty(text)) {
		struct span character = text;
		uint32_t code;

		if (!utf8_take(&text, &code)) {
			buf_add(out, REPLACEMENT);
			continue;
		}
		character.end = text.p;
		/* Beyond what RFC 8259 asks for: one value must stay one line for every reader, and
		 * some take U+0085 or U+2028 for a line end. */
		if (code == '"' || code == '\\')
			buf_addc(out, '\\');
		if (utf8_is_unsafe(code) && code <= 0xffff)
			buf_addf(out, "\\u%04x", (unsigned)code);
		else
			buf_add(out, character);
	}
	buf_addc(out, '"');
}

/* What stands in front of a value: comma and key. */
static void
lead(struct json *j, const char *key)
{
	if (j->comma[j->depth])
		buf_addc(j->out, ',');
	j->comma[j->depth] = true;
	if (key == NULL)
		return;
	quoted(j->out, span_of(key));
	buf_addc(j->out, ':');
}

static void
down(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	if (j->depth + 1 >= JSON_MAX_DEPTH)
		log_panic("json: nested deeper than %d", JSON_MAX_DEPTH);
	buf_addc(j->out, bracket);
	j->comma[++j->depth] = false;
}

static void
up(struct json *j, char bracket)
{
	if (j->depth == 0)
		log_panic("json: '%c' closes nothing", bracket);
	j->depth--;
	buf_addc(j->out, bracket);
}

void
json_object(struct json *j, const char *key)
{
	down(j, key, '{');
}

void
json_array(struct json *j, const char *key)
{
	down(j, key, '[');
}

void
json_end_object(struct json *j)
{
	up(j, '}');
}

void
json_end_array(struct json *j)
{
	up(j, ']');
}

void
json_text(struct json *j, const char *key, struct span text)
{
	lead(j, key);
	quoted(j->out, text);
}

void
json_string(struct json *j, const char *key, const char *text)
{
	if (text == NULL) {
		json_null(j, key);
		return;
	}
	json_text(j, key, span_of(text));
}

void
json_number(struct json *j, const char *key, int64_t number)
{
	lead(j, key);
	buf_addf(j->out, "%" PRId64, number);
}

void
json_literal(struct json *j, const char *key, const char *number)
{
	lead(j, key);
	buf_adds(j->out, number);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	buf_adds(j->out, value ? "true" : "false");
}

void
json_null(struct json *j, const char *key)
{
	lead(j, key);
	buf_adds(j->out, "null");
}
