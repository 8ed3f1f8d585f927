/*
 * ctl_row - rows of the store's named queries
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "address.h"
#include "ctl.h"

static const char *const numbers[] = {
	"count",           "incident",    "addresses",
	"usual",           "mailed",      "held",
	"held_addresses",  "decided_by",  "diagnostic_line",
	"diagnostic_part", "domains",     "duplicates",
	"action_line",     "action_part", "address_line",
	"address_part",    "forwarded",   "operation",
	"trust",           "event",       "events",
	"failing",         "hard",        "last_smtp",
	"level",           "messages",    "recipients",
	"score",           "smtp",        "soft",
	"transitions",     "status_line", "status_part",
	"strike",          "uid",         "waiting",
};

static const char *const answers[] = { "confirmed", "counts", "mailable" };

static bool
is_in(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

const char *
ctl_value(const struct ctl_row *row, const char *name)
{
	for (int i = 0; i < row->columns; i++) {
		if (strcmp(row->names[i], name) == 0)
			return row->values[i] != NULL ? row->values[i] : "";
	}
	return "";
}

void
ctl_json_row(struct json *j, const struct ctl_row *row)
{
	for (int i = 0; i < row->columns; i++) {
		const char *name = row->names[i], *value = row->values[i];

		if (value == NULL)
			json_null(j, name);
		else if (is_in(name, answers, sizeof(answers) / sizeof(answers[0])))
			json_bool(j, name, strcmp(value, "yes") == 0);
		else if (is_in(name, numbers, sizeof(numbers) / sizeof(numbers[0])))
			json_literal(j, name, value);
		else
			json_string(j, name, value);
	}
}

int
ctl_store_failed(const struct store *store)
{
	return ctl_fail(EX_UNAVAILABLE,
			"the database cannot be read: %s; see whether it is one of mailbounced's "
			"and whether the disk is in order",
			store_error(store));
}

char *
ctl_address(const char *text)
{
	struct arena arena;
	char *address;

	arena_init(&arena, 0);
	address = xstrndup(address_canonical(&arena, span_of(text)));
	arena_free(&arena);
	if (address[0] != '\0')
		return address;
	free(address);
	ctl_fail(EX_DATAERR, "'%s' is no address; give one like user@example.com", text);
	return NULL;
}

char *
ctl_lower(const char *text)
{
	char *copy = text != NULL ? xstrdup(text) : NULL;

	for (char *p = copy; p != NULL && *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return copy;
}
