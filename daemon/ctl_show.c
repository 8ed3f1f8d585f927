/*
 * ctl_show - what is known of one address, why, and since when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "address.h"
#include "ctl_forget.h"
#include "ctl_piece.h"
#include "log.h"

struct show {
	struct json json;
	struct buf out;
	bool as_json;
	char address[ADDRESS_MAX_LOCAL + ADDRESS_MAX_DOMAIN + 2]; /* as the database spells it */
	int standings, transitions;
};

static bool
on_standing(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;
	struct ctl_row row = { columns, names, values };

	snprintf(show->address, sizeof(show->address), "%s", ctl_value(&row, "address"));
	show->standings++;
	if (!show->as_json) {
		ctl_print_standing(&row);
	} else if (show->standings == 1) {
		ctl_json_row(&show->json, &row);
	} else {
		if (show->standings == 2)
			json_array(&show->json, "lists");
		json_object(&show->json, NULL);
		ctl_json_row(&show->json, &row);
		json_end_object(&show->json);
	}
	return true;
}

static bool
on_transition(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;
	struct ctl_row row = { columns, names, values };

	if (show->as_json) {
		json_object(&show->json, NULL);
		ctl_json_row(&show->json, &row);
		json_end_object(&show->json);
		ctl_flush(&show->out);
		return true;
	}
	if (show->transitions++ == 0)
		puts("history, newest first");
	ctl_print_transition(&row);
	return true;
}

static bool
on_tombstone(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;

	(void)columns;
	if (show->as_json)
		json_string(&show->json, names[0], values[0]);
	else
		printf("forgotten on %s; suppression kept\n", values[0]);
	return true;
}

/* What the history came to that is gone. */
static bool
on_dropped(void *context, int columns, const char *const *names, const char *const *values)
{
	struct show *show = context;
	struct ctl_row row = { columns, names, values };

	if (show->as_json) {
		json_object(&show->json, NULL);
		ctl_json_row(&show->json, &row);
		json_end_object(&show->json);
		return true;
	}
	printf("older entries are deleted, up to %s", ctl_value(&row, "until"));
	if (ctl_value(&row, "list")[0] != '\0') {
		fputs(" for list ", stdout);
		ctl_prints(stdout, ctl_value(&row, "list"));
	}
	printf(": they came to %s, score %s\n", ctl_value(&row, "state"), ctl_value(&row, "score"));
	return true;
}

static int
show_address(struct show *show, struct store *store, const char *address)
{
	const char *const asked[] = { "address", address, NULL };
	int rows;

	json_init(&show->json, &show->out);
	json_object(&show->json, NULL);
	if (store_query(store, "tombstone_show", asked, on_tombstone, show) < 0)
		return ctl_store_failed(store);
	rows = store_query(store, "recipient_show", asked, on_standing, show);
	if (rows < 0)
		return ctl_store_failed(store);
	if (rows == 0)
		return ctl_fail(EX_NOUSER,
				"%s: no report ever named this address; it may be mailed", address);
	const char *const found[] = { "address", show->address, NULL };

	if (show->as_json && show->standings > 1)
		json_end_array(&show->json);
	json_array(&show->json, "history");
	if (store_query(store, "recipient_history", found, on_transition, show) < 0)
		return ctl_store_failed(store);
	json_end_array(&show->json);
	json_array(&show->json, "dropped");
	if (store_query(store, "history_dropped", found, on_dropped, show) < 0)
		return ctl_store_failed(store);
	json_end_array(&show->json);
	json_end_object(&show->json);
	if (show->as_json) {
		buf_addc(&show->out, '\n');
		ctl_flush(&show->out);
	}
	return ctl_finish();
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct show show = { .out = BUF_INIT };
	const struct ctl_option options[] = {
		{ "json", &show.as_json, NULL },
		{ NULL, NULL, NULL },
	};
	struct store *store;
	char *address;
	int count = ctl_options(&ctl_show, options, argc, argv), status = EX_OK;

	if (count < 0)
		return EX_USAGE;
	if (count != 1)
		return ctl_usage(&ctl_show, "wants one address");
	address = ctl_address(argv[0]);
	if (address == NULL)
		return EX_DATAERR;
	store = ctl_store(context, &status);
	if (store != NULL) {
		status = ctl_known_as(store, &address, NULL) < 0
				 ? ctl_store_failed(store)
				 : show_address(&show, store, address);
		store_close(store);
	}
	free(address);
	buf_free(&show.out);
	return status;
}

const struct ctl_command ctl_show = {
	.name = "show",
	.arguments = "ADDRESS [--json]",
	.help = "show an address: its state, why, since when, and every report about it",
	.run = run,
};
