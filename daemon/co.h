/*
 * co - coroutines on one libev loop
 *
 * Each connection is straight-line code on a stack of its own (256 KiB with a 128 KiB guard:
 * libetpan reads a literal in one frame of 65 KB without stack probes) that waits in one of the
 * calls below and nowhere else. Between two waits nothing else runs, so code may assume that
 * nothing moved. A deep or blocking call does not belong in a coroutine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CO_H
#define MAILBOUNCED_CO_H

#include <stdbool.h>
#include <stddef.h>

#define CO_STACK_SIZE ((size_t)256 * 1024)
#define CO_GUARD_SIZE ((size_t)128 * 1024)
#define CO_SLICE 0.002 /* seconds that one coroutine may hold the thread; see co_breathe() */

#define CO_FEW 4          /* coroutines: one mailbox and its helpers */
#define CO_WAY 0.002      /* seconds; see co_give_way() */
#define CO_MOST_WAY 0.012 /* seconds that long work waits at once for those in a hurry */
#define CO_HURRY 0.05     /* seconds that a hurry lasts; see co_hurry() */

#define CO_READ 1
#define CO_WRITE 2

#define CO_TIMEOUT 0
#define CO_CANCELED (-1)

struct ev_loop;
struct co_loop; /* the loop and its coroutines */
struct co;      /* one coroutine; valid until its function has returned */

/* Makes the scheduler over an ev loop that the caller owns. Never fails (out of memory is fatal).
 */
struct co_loop *co_loop_new(struct ev_loop *loop);
struct ev_loop *co_loop_ev(struct co_loop *loop);
/* Every coroutine must have ended. */
void co_loop_free(struct co_loop *loop);

/* Starts run(arg) on a stack of its own; it runs first when the loop turns. name is for the log,
 * copied. */
struct co *co_spawn(struct co_loop *loop, const char *name, void (*run)(void *), void *arg);

/* How many coroutines have not ended. */
size_t co_count(const struct co_loop *loop);

/* Seconds of a clock that only goes forward; for deadlines. */
double co_clock(void);

/* The one that runs now, NULL outside of all. */
struct co *co_self(struct co_loop *loop);
const char *co_name(const struct co *co);

/*
 * Every wait below is called from inside a coroutine. timeout in seconds, negative = none. Each
 * returns CO_CANCELED at once, now and ever after, when the coroutine was cancelled.
 */

/* Until fd is ready: the ready CO_READ | CO_WRITE bits, CO_TIMEOUT, or CO_CANCELED. */
int co_wait(struct co_loop *loop, int fd, int events, double timeout);

/* The same, but co_wake() ends it as well, as if the time were over; a wake that came before is not
 * lost. */
int co_wait_or_wake(struct co_loop *loop, int fd, int events, double timeout);

struct co_poll {
	int fd;
	int events;  /* asked for */
	int revents; /* what is ready; 0 = nothing */
};
/* Until one of several is ready: how many are, CO_TIMEOUT or CO_CANCELED. At most CO_MAX_POLL. */
#define CO_MAX_POLL 16
int co_wait_any(struct co_loop *loop, struct co_poll *poll, size_t count, double timeout);

/* CO_TIMEOUT when the time is over, or CO_CANCELED. */
int co_sleep(struct co_loop *loop, double seconds);

/* Until co_wake() (returns 1), CO_TIMEOUT or CO_CANCELED. A wake that came before the block is not
 * lost. */
int co_block(struct co_loop *loop, double timeout);
void co_wake(struct co *co);

/* From anywhere: the coroutine's current wait and all later ones return CO_CANCELED. */
void co_cancel(struct co *co);
bool co_canceled(const struct co *co);

/* Lets the others run when this one has held the thread for longer than CO_SLICE, and those in a
 * hurry get on before it goes on. 0, or CO_CANCELED. */
int co_breathe(struct co_loop *loop);

/*
 * For one who has long work in many pieces, between two of them: lets the others run, and sleeps
 * for CO_WAY seconds when some did since the last call, so that whoever talks with his server says
 * his next word before the next piece holds the thread. 0, or CO_CANCELED.
 */
int co_give_way(struct co_loop *loop);

/*
 * Somebody waits for what this one does now, which is short: a conversation of a few words. Each of
 * its answers would come in the middle of somebody else's long work; so until it is calm again, or
 * calls co_give_way(), who has long work waits CO_MOST_WAY at most before each piece. It ends by
 * itself after CO_HURRY: a server that does not answer must not slow down the others.
 */
void co_hurry(struct co_loop *loop);
void co_calm(struct co_loop *loop);

/* Do many share the thread, so that nobody should hold it for long? */
bool co_shared(const struct co_loop *loop);

/* Gives the unused part of the own stack back to the system; for before a long wait. */
void co_trim_stack(struct co_loop *loop);

#endif
