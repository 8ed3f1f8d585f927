/*
 * json_read - one JSON object from a stranger (RFC 8259)
 *
 * json-c's parser keeps its own stack of bounded depth, so it may run on a coroutine's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "json_read.h"

#include <json-c/json.h>
#include <json-c/printbuf.h>
#include <stdint.h>
#include <sysexits.h>

#include "log.h"

struct json_read {
	struct json_object *object;
};

static struct json_object *
parse(struct span text)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_READ_DEPTH + 1);
	struct json_object *object;
	bool whole;

	if (tokener == NULL)
		log_fatal(EX_OSERR, "out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text.p, (int)span_len(text));
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == span_len(text);
	/* json-c frees its copies of what may be tokens as they are. */
	explicit_bzero(tokener->pb->buf, (size_t)tokener->pb->size);
	json_tokener_free(tokener);
	if (whole && json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

struct json_read *
json_read(struct span text)
{
	struct json_object *object;
	struct json_read *read;

	text = span_trim(text);
	if (span_empty(text) || span_len(text) > JSON_READ_MAX)
		return NULL;
	object = parse(text);
	if (object == NULL)
		return NULL;
	read = xalloc(sizeof(*read));
	read->object = object;
	return read;
}

/* The member of that name and type, or NULL. */
static struct json_object *
member(const struct json_read *read, const char *name, enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(read->object, name, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

const char *
json_read_text(const struct json_read *read, const char *name)
{
	struct json_object *value = member(read, name, json_type_string);
	const char *text = value != NULL ? json_object_get_string(value) : "";

	if (value != NULL && strlen(text) != (size_t)json_object_get_string_len(value))
		return "";
	return text;
}

int64_t
json_read_number(const struct json_read *read, const char *name)
{
	struct json_object *value = member(read, name, json_type_int);
	struct span text = span_of(json_read_text(read, name));
	uint64_t number;

	if (value != NULL)
		return json_object_get_int64(value) < 0 ? -1 : json_object_get_int64(value);
	if (span_number(&text, INT64_MAX, &number) && span_empty(text))
		return (int64_t)number;
	return -1;
}

static void
wipe(struct json_object *object)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		struct json_object *value = json_object_iter_peek_value(&at);

		if (json_object_is_type(value, json_type_string))
			// NOLINTNEXTLINE(performance-no-int-to-ptr): json-c's own copy
			explicit_bzero((void *)(uintptr_t)json_object_get_string(value),
				       (size_t)json_object_get_string_len(value));
	}
}

void
json_read_free(struct json_read *read)
{
	if (read == NULL)
		return;
	wipe(read->object);
	json_object_put(read->object);
	free(read);
}
