/*
 * co - coroutines on one libev loop
 *
 * Everything that may run stands in one ready list, and one function, drain(), runs it: a watcher
 * only notes what happened and makes its coroutine ready. So there is one place that switches in,
 * one that switches out, and events that come together are seen together.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "co.h"

#include <errno.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <ucontext.h>

#include <ev.h>

#include "co_stack.h"
#include "log.h"

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif

#ifdef CO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define NAME_MAX_LEN 200

enum co_state { CO_READY, CO_RUNNING, CO_WAITING, CO_BLOCKED, CO_ENDED };

struct co {
	STAILQ_ENTRY(co) link; /* in the ready list */
	struct co_loop *loop;
	struct co_stack *stack;
	ucontext_t context;
	void *fake_stack; /* AddressSanitizer's */
	void (*run)(void *);
	void *arg;
	char *name;
	enum co_state state;
	bool canceled;
	uint64_t turns;       /* how often it was switched to */
	uint64_t others_seen; /* turns of all others at its last co_give_way() */
	bool woken;           /* a co_wake() that co_block() has not yet told of */
	double hurry_until;   /* 0 = it is in no hurry */
	TAILQ_ENTRY(co) hurry;
};

STAILQ_HEAD(co_queue, co);

struct co_loop {
	struct ev_loop *ev;
	struct ev_prepare prepare; /* runs what is ready before the loop waits */
	struct ev_idle idle;       /* active while something is ready: the loop must not wait */
	struct co_queue ready;
	TAILQ_HEAD(, co) hurried; /* whose hurry ends first is first */
	struct co *running;
	double slice_start;
	uint64_t turns; /* of all coroutines */
	size_t count;
	struct co_stacks stacks;
	ucontext_t context;
	void *fake_stack;
	const void *stack_bottom; /* the loop's own stack, as AddressSanitizer sees it */
	size_t stack_size;
};

double
co_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Switching. AddressSanitizer wants to be told before and after, on both sides. */

static void
before_switch(void **fake_stack, const void *bottom, size_t size)
{
#ifdef CO_ASAN
	__sanitizer_start_switch_fiber(fake_stack, bottom, size);
#else
	(void)fake_stack;
	(void)bottom;
	(void)size;
#endif
}

static void
after_switch(void *fake_stack, const void **bottom, size_t *size)
{
#ifdef CO_ASAN
	__sanitizer_finish_switch_fiber(fake_stack, bottom, size);
#else
	(void)fake_stack;
	(void)bottom;
	(void)size;
#endif
}

static void
switch_in(struct co *co)
{
	struct co_loop *loop = co->loop;

	loop->running = co;
	loop->turns++;
	co->turns++;
	loop->slice_start = co_clock();
	co->state = CO_RUNNING;
	before_switch(&loop->fake_stack, co_stack_bottom(co->stack), CO_STACK_SIZE);
	swapcontext(&loop->context, &co->context);
	after_switch(loop->fake_stack, NULL, NULL);
	loop->running = NULL;
}

static void
switch_out(struct co *co, enum co_state state)
{
	struct co_loop *loop = co->loop;

	co->state = state;
	/* No place for the fake stack tells AddressSanitizer that this one never comes back. */
	before_switch(state == CO_ENDED ? NULL : &co->fake_stack, loop->stack_bottom,
		      loop->stack_size);
	swapcontext(&co->context, &loop->context);
	after_switch(co->fake_stack, &loop->stack_bottom, &loop->stack_size);
}

/* First thing on a new stack. makecontext() hands over ints only: the pointer comes in two. */
static void
enter(unsigned high, unsigned low)
{
	struct co *co =
		(struct co *)((uintptr_t)high << 32 | low); // NOLINT(performance-no-int-to-ptr)

	after_switch(NULL, &co->loop->stack_bottom, &co->loop->stack_size);
	co->run(co->arg);
	switch_out(co, CO_ENDED);
}

/* The loop */

static void
make_ready(struct co *co)
{
	struct co_loop *loop = co->loop;

	co->state = CO_READY;
	STAILQ_INSERT_TAIL(&loop->ready, co, link);
	ev_idle_start(loop->ev, &loop->idle);
}

static void
calm(struct co *co)
{
	if (co->hurry_until != 0)
		TAILQ_REMOVE(&co->loop->hurried, co, hurry);
	co->hurry_until = 0;
}

static void
bury(struct co *co)
{
	struct co_loop *loop = co->loop;

	calm(co);
	co_stack_give(&loop->stacks, co->stack);
	free(co->name);
	free(co);
	loop->count--;
}

/* Runs what is ready now, but not what becomes ready meanwhile: events are looked at in between. */
static void
drain(struct ev_loop *ev, struct ev_prepare *watcher, int events)
{
	struct co_loop *loop = watcher->data;
	struct co_queue batch = STAILQ_HEAD_INITIALIZER(batch);
	struct co *co;

	(void)events;
	STAILQ_CONCAT(&batch, &loop->ready);
	while ((co = STAILQ_FIRST(&batch)) != NULL) {
		STAILQ_REMOVE_HEAD(&batch, link);
		switch_in(co);
		if (co->state == CO_ENDED)
			bury(co);
	}
	if (STAILQ_EMPTY(&loop->ready))
		ev_idle_stop(ev, &loop->idle);
}

/* Nothing to do: that the watcher is active is what keeps the loop from waiting. */
static void
on_idle(struct ev_loop *ev, struct ev_idle *watcher, int events)
{
	(void)ev;
	(void)watcher;
	(void)events;
}

struct co_loop *
co_loop_new(struct ev_loop *ev)
{
	struct co_loop *loop = xalloc(sizeof(*loop));

	loop->ev = ev;
	STAILQ_INIT(&loop->ready);
	TAILQ_INIT(&loop->hurried);
	ev_idle_init(&loop->idle, on_idle);
	ev_prepare_init(&loop->prepare, drain);
	loop->prepare.data = loop;
	ev_prepare_start(ev, &loop->prepare);
	ev_unref(ev); /* alone it is no reason for ev_run() to go on */
	return loop;
}

struct ev_loop *
co_loop_ev(struct co_loop *loop)
{
	return loop->ev;
}

void
co_loop_free(struct co_loop *loop)
{
	if (loop->count != 0)
		log_panic("%zu coroutines outlive their loop", loop->count);
	ev_ref(loop->ev);
	ev_prepare_stop(loop->ev, &loop->prepare);
	ev_idle_stop(loop->ev, &loop->idle);
	co_stacks_free(&loop->stacks);
	free(loop);
}

struct co *
co_spawn(struct co_loop *loop, const char *name, void (*run)(void *), void *arg)
{
	struct co *co = xalloc(sizeof(*co));

	co->loop = loop;
	co->run = run;
	co->arg = arg;
	co->name = xstrndup(span_make(name, strnlen(name, NAME_MAX_LEN)));
	co->stack = co_stack_take(&loop->stacks);
	if (getcontext(&co->context) != 0)
		log_panic("getcontext: %s", strerror(errno));
	co->context.uc_stack.ss_sp = co_stack_bottom(co->stack);
	co->context.uc_stack.ss_size = CO_STACK_SIZE;
	makecontext(&co->context, (void (*)(void))enter, 2, (unsigned)((uintptr_t)co >> 32),
		    (unsigned)(uintptr_t)co);
	loop->count++;
	make_ready(co);
	return co;
}

size_t
co_count(const struct co_loop *loop)
{
	return loop->count;
}

struct co *
co_self(struct co_loop *loop)
{
	return loop->running;
}

const char *
co_name(const struct co *co)
{
	return co->name;
}

/* Waiting */

static struct co *
self(struct co_loop *loop)
{
	if (loop->running == NULL)
		log_panic("a wait outside of all coroutines");
	return loop->running;
}

static void
resume(struct co *co)
{
	if (co->state == CO_WAITING || co->state == CO_BLOCKED)
		make_ready(co);
}

static void
on_timer(struct ev_loop *ev, struct ev_timer *watcher, int events)
{
	(void)ev;
	(void)events;
	resume(watcher->data);
}

/* Switches out until somebody makes co ready, or for so many seconds. The watcher may live here:
 * this frame outlives the wait. */
static void
suspend(struct co *co, enum co_state state, double timeout)
{
	struct ev_loop *ev = co->loop->ev;
	struct ev_timer timer;

	ev_timer_init(&timer, on_timer, timeout, 0);
	timer.data = co;
	if (timeout >= 0) {
		/* The loop's idea of now is as old as the oldest coroutine of this turn. */
		ev_now_update(ev);
		ev_timer_start(ev, &timer);
	}
	switch_out(co, state);
	ev_timer_stop(ev, &timer);
}

struct poll_watcher {
	struct ev_io io;
	struct co *co;
	struct co_poll *poll;
};

static void
on_io(struct ev_loop *ev, struct ev_io *watcher, int events)
{
	struct poll_watcher *at = watcher->data;

	(void)ev;
	/* A descriptor that libev gives up is "ready": read() and write() will say why. */
	if ((events & EV_ERROR) != 0)
		events |= EV_READ | EV_WRITE;
	if ((events & EV_READ) != 0)
		at->poll->revents |= CO_READ & at->poll->events;
	if ((events & EV_WRITE) != 0)
		at->poll->revents |= CO_WRITE & at->poll->events;
	resume(at->co);
}

static void
watch(struct poll_watcher *at, struct co *co, struct co_poll *poll)
{
	int events = ((poll->events & CO_READ) != 0 ? EV_READ : 0) |
		     ((poll->events & CO_WRITE) != 0 ? EV_WRITE : 0);

	if (poll->fd < 0 || events == 0)
		log_panic("%s waits for descriptor %d, events %d", co->name, poll->fd,
			  poll->events);
	at->co = co;
	at->poll = poll;
	ev_io_init(&at->io, on_io, poll->fd, events);
	at->io.data = at;
	ev_io_start(co->loop->ev, &at->io);
}

/* state: CO_BLOCKED when co_wake() ends it too. */
static int
wait_all(struct co *co, struct co_poll *poll, size_t count, enum co_state state, double timeout)
{
	struct poll_watcher watcher[CO_MAX_POLL];
	int ready = 0;

	if (count > CO_MAX_POLL)
		log_panic("%s waits for %zu descriptors", co->name, count);
	for (size_t i = 0; i < count; i++)
		poll[i].revents = 0;
	if (co->canceled)
		return CO_CANCELED;
	for (size_t i = 0; i < count; i++)
		watch(&watcher[i], co, &poll[i]);
	suspend(co, state, timeout);
	for (size_t i = 0; i < count; i++) {
		ev_io_stop(co->loop->ev, &watcher[i].io);
		ready += poll[i].revents != 0;
	}
	return co->canceled ? CO_CANCELED : ready;
}

int
co_wait_any(struct co_loop *loop, struct co_poll *poll, size_t count, double timeout)
{
	return wait_all(self(loop), poll, count, CO_WAITING, timeout);
}

int
co_wait_or_wake(struct co_loop *loop, int fd, int events, double timeout)
{
	struct co *co = self(loop);
	struct co_poll poll = { fd, events, 0 };
	int ready;

	ready = wait_all(co, &poll, 1, CO_BLOCKED, co->woken ? 0 : timeout);
	co->woken = false;
	return ready == 1 ? poll.revents : ready;
}

int
co_wait(struct co_loop *loop, int fd, int events, double timeout)
{
	struct co_poll poll = { fd, events, 0 };
	int ready = co_wait_any(loop, &poll, 1, timeout);

	return ready == 1 ? poll.revents : ready;
}

int
co_sleep(struct co_loop *loop, double seconds)
{
	struct co *co = self(loop);

	if (!co->canceled)
		suspend(co, CO_WAITING, seconds < 0 ? 0 : seconds);
	return co->canceled ? CO_CANCELED : CO_TIMEOUT;
}

int
co_block(struct co_loop *loop, double timeout)
{
	struct co *co = self(loop);
	bool woken;

	if (!co->canceled && !co->woken)
		suspend(co, CO_BLOCKED, timeout);
	if (co->canceled)
		return CO_CANCELED;
	woken = co->woken;
	co->woken = false;
	return woken ? 1 : CO_TIMEOUT;
}

void
co_wake(struct co *co)
{
	co->woken = true;
	if (co->state == CO_BLOCKED)
		make_ready(co);
}

void
co_cancel(struct co *co)
{
	co->canceled = true;
	resume(co);
}

bool
co_canceled(const struct co *co)
{
	return co->canceled;
}

void
co_hurry(struct co_loop *loop)
{
	struct co *co = self(loop);

	calm(co);
	co->hurry_until = co_clock() + CO_HURRY;
	TAILQ_INSERT_TAIL(&loop->hurried, co, hurry);
}

void
co_calm(struct co_loop *loop)
{
	calm(self(loop));
}

static bool
somebody_hurries(struct co_loop *loop)
{
	struct co *first;

	while ((first = TAILQ_FIRST(&loop->hurried)) != NULL && first->hurry_until <= co_clock())
		calm(first);
	return first != NULL;
}

/* Those in a hurry mostly wait for their servers, so the thread looks free between their words. */
static int
let_pass(struct co *co)
{
	double until = co_clock() + CO_MOST_WAY;

	while (!co->canceled && somebody_hurries(co->loop) && co_clock() < until)
		(void)co_sleep(co->loop, CO_WAY);
	return co->canceled ? CO_CANCELED : 0;
}

/* In the next turn of the loop. */
static void
stand_in_line(struct co *co)
{
	make_ready(co);
	switch_out(co, CO_READY);
}

int
co_breathe(struct co_loop *loop)
{
	struct co *co = self(loop);

	if (co->canceled || co_clock() - loop->slice_start <= CO_SLICE)
		return co->canceled ? CO_CANCELED : 0;
	stand_in_line(co);
	if (co->canceled || co->hurry_until != 0)
		return co->canceled ? CO_CANCELED : 0;
	return let_pass(co);
}

int
co_give_way(struct co_loop *loop)
{
	struct co *co = self(loop);
	uint64_t others;

	calm(co); /* this is long work */
	/* In the first turn the loop looks at events, in the second those whom they woke come. */
	for (int turn = 0; turn < 2 && !co->canceled; turn++)
		stand_in_line(co);
	others = loop->turns - co->turns;
	if (others == co->others_seen)
		return co->canceled ? CO_CANCELED : 0;
	co->others_seen = others; /* who runs meanwhile is seen by the next call */
	return co_sleep(loop, CO_WAY) == CO_CANCELED ? CO_CANCELED : let_pass(co);
}

bool
co_shared(const struct co_loop *loop)
{
	return loop->count > CO_FEW;
}

void
co_trim_stack(struct co_loop *loop)
{
	co_stack_trim(self(loop)->stack, __builtin_frame_address(0));
}
