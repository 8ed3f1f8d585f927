/*
 * arena - memory for one message
 *
 * Everything that parsing one message makes is taken from one arena and dies with it; nobody frees
 * pieces. The arena has a limit, so a hostile message costs a known amount of memory at most.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_ARENA_H
#define BOUNCE_ARENA_H

#include "span.h"

/* The limit that arena_init() takes for 0: enough for a report of ARENA_DEFAULT_LIMIT bytes of
 * parsed things. */
#define ARENA_DEFAULT_LIMIT ((size_t)64 * 1024 * 1024)

struct arena_block;
struct arena_tool;

struct arena {
	struct arena_block *block; /* newest block first */
	size_t used;               /* bytes handed out since the last reset */
	size_t limit;              /* most bytes to hand out */
	struct arena_tool *tool;   /* outlive a reset */
	bool refused; /* a request failed since the last reset: who made much from the arena may ask
			 once, at its end, whether all of it is there */
};

/* An arena that hands out at most `limit` bytes (0: ARENA_DEFAULT_LIMIT). Takes no memory yet. */
void arena_init(struct arena *a, size_t limit);

/* `size` zeroed bytes aligned for any type, or NULL when the limit is reached or memory is out.
 * size 0 is allowed. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((warn_unused_result));

/* `size` bytes for text that the caller writes: not zeroed, else as arena_alloc(). */
char *arena_text(struct arena *a, size_t size) __attribute__((warn_unused_result));

/* arena_alloc(count * size) with an overflow check. */
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((warn_unused_result));

/* A copy of the bytes of s with a NUL behind it (not counted), or an empty span {NULL, NULL} when
 * out of memory. */
struct span arena_copy(struct arena *a, struct span s);

/* arena_grow() of an array that is full. */
void *arena_widen(struct arena *a, const void *array, size_t count, size_t *cap, size_t size)
	__attribute__((warn_unused_result));

/*
 * Room for one more element in a growing array of arena memory: returns the array to use (moved, at
 * twice its size, when *cap is used up) or NULL when out of memory; the old content is kept either
 * way.
 */
static inline __attribute__((warn_unused_result)) void *
arena_grow(struct arena *a, void *array, size_t count, size_t *cap, size_t size)
{
	return count < *cap ? array : arena_widen(a, array, count, cap, size);
}

/*
 * Keeps a tool that costs too much to make it for each message, until arena_free() closes it. The
 * name, which tells it from others, must live as long. False when out of memory: it is not kept.
 */
bool arena_keep(struct arena *a, const char *name, void *tool, void (*close)(void *tool))
	__attribute__((warn_unused_result));

/* The tool of that name, or NULL. */
void *arena_tool(const struct arena *a, const char *name);

/* Forgets everything that was handed out; keeps one block for the next message, and the tools. */
void arena_reset(struct arena *a);

/* Gives all memory back, and closes the tools. */
void arena_free(struct arena *a);

#endif
