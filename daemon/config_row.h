/*
 * config_row - the operator's own rows of the code table: sections phrase and status
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_ROW_H
#define MAILBOUNCED_CONFIG_ROW_H

#include "code.h"
#include "config_table.h"

extern const struct config_type config_row_reason, config_row_effect;

/*
 * Make a row out of the title of a section whose options are read already. title lives as long as
 * the row. NULL, or what is wrong with the title in plain words.
 */
const char *config_row_phrase(struct bounce_row *row, struct arena *arena, const char *title);
const char *config_row_status(struct bounce_row *row, struct arena *arena, const char *title);

#endif
