/*
 * sql - the text of sql/, compiled in
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SQL_H
#define MAILBOUNCED_SQL_H

#include <stddef.h>

struct sql_query {
	const char *name;
	const char *text;
};

extern const char *const sql_schema;
extern const struct sql_query sql_queries[]; /* ended by { NULL, NULL } */
extern const char *const sql_migrations[];   /* from version 1 to 2, 2 to 3, ...; ended by NULL */

#endif
