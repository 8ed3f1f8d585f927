/*
 * html - what a reader would see of an HTML text
 *
 * Some reports say what failed in HTML alone. Enough for them: tags and comments are dropped, the
 * contents of head, style and script too, block elements and <br> break lines, entities become
 * characters. One pass; what is no tag stays text.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_HTML_H
#define BOUNCE_HTML_H

#include "arena.h"
#include "span.h"

/* The text (UTF-8 in, UTF-8 out, never longer than the input), or an empty span when the arena is
 * out. */
struct span html_text(struct arena *a, struct span html);

#endif
