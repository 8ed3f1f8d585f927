/*
 * store_query - named queries for people
 *
 * Rows are handed on as they come: a list of ten million addresses takes no more memory than one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <limits.h>

#include "log.h"

#define QUERY_MAX_COLUMNS 64

struct row {
	int columns;
	const char *name[QUERY_MAX_COLUMNS];
	const char *value[QUERY_MAX_COLUMNS];
};

static void
read_row(sqlite3_stmt *s, struct row *row)
{
	for (int i = 0; i < row->columns; i++) {
		row->name[i] = sqlite3_column_name(s, i);
		row->value[i] = (const char *)sqlite3_column_text(s, i);
	}
}

static void
bind_pairs(struct store *store, sqlite3_stmt *s, const char *const *parameters)
{
	if (parameters == NULL)
		return;
	for (; parameters[0] != NULL; parameters += 2) {
		if (parameters[1] == NULL)
			store_bind_word(store, s, parameters[0], NULL);
		else
			store_bind_whole(store, s, parameters[0], span_of(parameters[1]));
	}
}

int
store_query(struct store *store, const char *query, const char *const *parameters,
	    bool (*each)(void *context, int columns, const char *const *names,
			 const char *const *values),
	    void *context)
{
	sqlite3_stmt *s = store_statement(store, query);
	struct row row;
	int rows = 0, result;

	if (s == NULL)
		return -1;
	row.columns = sqlite3_column_count(s);
	if (row.columns > QUERY_MAX_COLUMNS)
		log_panic("store: \"%s\" has %d columns", query, row.columns);
	bind_pairs(store, s, parameters);
	while ((result = store_step(store, s)) > 0) {
		read_row(s, &row);
		if (rows < INT_MAX)
			rows++;
		if (!each(context, row.columns, row.name, row.value))
			break;
	}
	store_done(s);
	return result < 0 ? -1 : rows;
}
