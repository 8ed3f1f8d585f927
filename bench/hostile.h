/*
 * bench/hostile - mails that are made to cost much
 *
 * A mail is something that is repeated until it has the size that was asked for, and the mail
 * around it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BENCH_HOSTILE_H
#define BENCH_HOSTILE_H

#include "buf.h"

struct hostile_place {
	const char *name, *head, *tail;
};

struct hostile_filler {
	const char *name;
	const char *unit;
	void (*make)(struct buf *out);
};

/* What somebody might send who knows how we read. */
struct hostile_shape {
	const char *name;
	const char *head, *tail;       /* the mail around it */
	const char *unit;              /* repeated; "\1" in it is a number that grows by one */
	const char *between, *second;  /* half of the mail is a second unit behind these words */
	void (*make)(struct buf *out); /* writes the last unit, when it is made of our tables */
};

extern const struct hostile_shape hostile_shapes[];
extern const size_t hostile_shape_count;

/* Each filler in each place finds what nobody thought of. */
extern const struct hostile_place hostile_places[];
extern const size_t hostile_place_count;
extern const struct hostile_filler hostile_fillers[];
extern const size_t hostile_filler_count;

/* Writes a mail of about so many bytes. */
void hostile_write(const struct hostile_shape *shape, size_t bytes, struct buf *out);

#endif
