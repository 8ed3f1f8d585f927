/*
 * ctl_export - bouncectl export-subject: everything that the database holds of one address
 *
 * For the person that it is about, and whoever must answer him: one JSON document, written row by
 * row as the database gives them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "ctl_forget.h"
#include "log.h"

struct subject {
	struct store *store;
	struct json json;
	struct buf out;
	const char *address; /* or the pseudonym */
	uint64_t rows;
};

static bool
on_row(void *context, int columns, const char *const *names, const char *const *values)
{
	struct subject *e = context;
	const struct ctl_row row = { columns, names, values };

	e->rows++;
	json_object(&e->json, NULL);
	ctl_json_row(&e->json, &row);
	json_end_object(&e->json);
	ctl_flush(&e->out);
	return ferror(stdout) == 0;
}

static bool
on_value(void *context, int columns, const char *const *names, const char *const *values)
{
	struct subject *e = context;

	(void)columns;
	e->rows++;
	json_string(&e->json, names[0], values[0]);
	return true;
}

/* The document's members and the statements that fill them. The last ones look through whole
 * tables. */
static const struct {
	const char *name, *query;
} sections[] = {
	{ "standings", "export_standings" },   { "dropped", "history_dropped" },
	{ "history", "recipient_history" },    { "held", "export_held" },
	{ "operations", "export_operations" }, { "hooks", "export_outbox" },
	{ "mentions", "export_mentions" },     { "messages", "export_messages" },
};

static int
write_document(struct subject *e, const char *asked_for)
{
	const char *const asked[] = { "address", e->address, NULL };

	json_init(&e->json, &e->out);
	json_object(&e->json, NULL);
	json_string(&e->json, "address", asked_for);
	if (store_query(e->store, "tombstone_show", asked, on_value, e) < 0)
		return ctl_store_failed(e->store);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		json_array(&e->json, sections[i].name);
		if (store_query(e->store, sections[i].query, asked, on_row, e) < 0)
			return ctl_store_failed(e->store);
		json_end_array(&e->json);
	}
	json_end_object(&e->json);
	buf_addc(&e->out, '\n');
	ctl_flush(&e->out);
	return EX_OK;
}

static int
export_address(struct subject *e, const char *asked_for)
{
	char *address = xstrdup(asked_for);
	int status = EX_OK, finished;

	if (ctl_known_as(e->store, &address, NULL) < 0)
		status = ctl_store_failed(e->store);
	e->address = address;
	if (status == EX_OK)
		status = write_document(e, asked_for);
	free(address);
	finished = ctl_finish();
	if (status == EX_OK)
		status = finished;
	if (status == EX_OK && e->rows == 0)
		status = ctl_fail(EX_NOUSER, "%s: nothing in the database names it", asked_for);
	return status;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct subject e = { .out = BUF_INIT };
	bool json = false;
	const struct ctl_option options[] = {
		{ "json", &json, NULL },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_export_subject, options, argc, argv), status = EX_OK;
	char *address;

	if (count < 0)
		return EX_USAGE;
	if (count != 1)
		return ctl_usage(&ctl_export_subject, "wants one address");
	address = ctl_address(argv[0]);
	if (address == NULL)
		return EX_DATAERR;
	e.store = ctl_store(context, &status);
	if (e.store != NULL) {
		status = export_address(&e, address);
		store_close(e.store);
	}
	free(address);
	buf_free(&e.out);
	return status;
}

const struct ctl_command ctl_export_subject = {
	.name = "export-subject",
	.arguments = "ADDRESS [--json]",
	.help = "everything that the database holds of an address, as one JSON document",
	.run = run,
};
