/*
 * ctl_piece - what is printed of an address: its standing, and what was done to it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_PIECE_H
#define MAILBOUNCED_CTL_PIECE_H

#include "ctl.h"

#define CTL_NAME_WIDTH 14

/* "  what          text"; nothing when there is no text. */
void ctl_line(int indent, const char *what, const char *text);
/* "  what          word (meaning)"; nothing when there is no word. */
void ctl_explained(int indent, const char *what, const char *word, const char *meaning);

/* A row of recipient_show. */
void ctl_print_standing(const struct ctl_row *row);
/* A row of recipient_history. */
void ctl_print_transition(const struct ctl_row *row);

#endif
