/*
 * fuzz_json - text from strangers on its way out: into JSON, and escaped for a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "decode.h"
#include "json.h"
#include "utf8.h"

/* What stands between the quotes of {"key":"..."} has no quote and no control character left. */
static void
check_string(struct span string)
{
	for (const char *p = string.p; p != string.end; p++) {
		fuzz_expect((unsigned char)*p >= ' ' && *p != '"');
		if (*p == '\\') {
			p++;
			fuzz_expect(p != string.end && strchr("\"\\u", *p) != NULL);
		}
	}
}

static void
write_json(struct span text)
{
	const struct span before = SPAN("{\"key\":\""), behind = SPAN("\"}");
	struct buf out = BUF_INIT;
	struct json json;
	struct span all;

	json_init(&json, &out);
	json_object(&json, NULL);
	json_text(&json, "key", text);
	json_end_object(&json);
	all = span_make(out.data, out.len);
	fuzz_expect(decode_utf8_valid(all));
	fuzz_expect(span_istarts(all, before) && span_iends(all, behind));
	check_string((struct span){ all.p + span_len(before), all.end - span_len(behind) });
	buf_free(&out);
}

/* Nothing that utf8_escape() writes is unsafe to show. */
static void
escape(struct span text)
{
	char out[UTF8_ESCAPED_SIZE];

	while (!span_empty(text)) {
		size_t len = utf8_escape(&text, out);
		struct span shown = span_make(out, len);
		uint32_t code;

		fuzz_expect(len > 0 && len < sizeof(out));
		while (!span_empty(shown))
			fuzz_expect(utf8_take(&shown, &code) && !utf8_is_unsafe(code));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);

	write_json(text);
	escape(text);
	return 0;
}
