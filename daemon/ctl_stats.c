/*
 * ctl_stats - the whole in numbers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "ctl.h"

#define NEWEST "20" /* shown of what would be too much */
#define COLUMN_WIDTH 22

static const struct table {
	const char *name, *query, *title;
	bool limited; /* to the newest */
} tables[] = {
	{ "states", "stats_states", "addresses by state", false },
	{ "reasons", "stats_reasons", "what reports said, by reason", false },
	{ "kinds", "stats_kinds", "messages by kind", false },
	{ "messages", "stats_messages", "messages by folder", false },
	{ "moves_pending", "stats_moves_pending", "messages still to be moved", false },
	{ "alerts", "stats_alerts", "what an operator has to repair (newest " NEWEST ")", true },
	{ "operations", "stats_operations", "what operators did (newest " NEWEST ")", true },
	{ "outbox", "stats_outbox", "waiting to be told to hooks", false },
};

struct stats {
	const struct table *table;
	bool as_json, begun;
	struct json json;
	struct buf out;
};

static void
print_cells(int columns, const char *const *cells)
{
	fputs("  ", stdout);
	for (int i = 0; i < columns; i++) {
		const char *cell = cells[i] != NULL ? cells[i] : "-";
		size_t width = strlen(cell);

		ctl_prints(stdout, cell);
		if (i + 1 < columns)
			printf("%*s", width < COLUMN_WIDTH ? (int)(COLUMN_WIDTH - width) : 1, "");
	}
	putchar('\n');
}

static bool
on_row(void *context, int columns, const char *const *names, const char *const *values)
{
	struct stats *stats = context;
	struct ctl_row row = { columns, names, values };

	if (stats->as_json) {
		json_object(&stats->json, NULL);
		ctl_json_row(&stats->json, &row);
		json_end_object(&stats->json);
		return true;
	}
	if (!stats->begun)
		print_cells(columns, names);
	stats->begun = true;
	print_cells(columns, values);
	return true;
}

static int
show_table(struct stats *stats, struct store *store, const struct table *table)
{
	const char *const limit[] = { "limit", NEWEST, NULL };
	const char *const none[] = { NULL };
	int rows;

	stats->begun = false;
	if (stats->as_json)
		json_array(&stats->json, table->name);
	else
		printf("%s\n", table->title);
	rows = store_query(store, table->query, table->limited ? limit : none, on_row, stats);
	if (rows < 0)
		return ctl_store_failed(store);
	if (stats->as_json)
		json_end_array(&stats->json);
	else
		puts(rows == 0 ? "  none\n" : "");
	return EX_OK;
}

static int
show_all(struct stats *stats, struct store *store)
{
	json_init(&stats->json, &stats->out);
	json_object(&stats->json, NULL);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		int status = show_table(stats, store, &tables[i]);

		if (status != EX_OK)
			return status;
	}
	json_end_object(&stats->json);
	buf_addc(&stats->out, '\n');
	if (stats->as_json)
		ctl_flush(&stats->out);
	return ctl_finish();
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct stats stats = { .out = BUF_INIT };
	const struct ctl_option options[] = {
		{ "json", &stats.as_json, NULL },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_stats, options, argc, argv), status = EX_OK;
	struct store *store;

	if (count < 0)
		return EX_USAGE;
	if (count > 0)
		return ctl_usage(&ctl_stats, "'%s' is not understood", argv[0]);
	store = ctl_store(context, &status);
	if (store == NULL)
		return status;
	status = show_all(&stats, store);
	store_close(store);
	buf_free(&stats.out);
	return status;
}

const struct ctl_command ctl_stats = {
	.name = "stats",
	.arguments = "[--json]",
	.help = "count states, reasons, kinds, pending moves, alerts, what operators did and what "
		"hooks wait for",
	.run = run,
};
