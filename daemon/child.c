/*
 * child - runs another program and waits for it on the loop
 *
 * The child is waited for through a pidfd: no SIGCHLD handler, nothing global. (So the loop must
 * not be libev's default one, which waits for every child itself.)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "log.h"

#define KILL_WAIT 1000 /* ms until a killed program is given up: it hangs in the kernel */
#define REST_WAIT 0.2  /* seconds for what is left in a pipe; a grandchild may hold it for ever */

/* One run. Descriptors are -1 when closed. */
struct run {
	struct co_loop *loop;
	pid_t pid; /* also of its process group */
	int pidfd;
	int in, out, err;  /* our ends */
	struct span input; /* not written yet */
	struct buf *output;
	bool quiet;
	double deadline;
	char said[CHILD_ERROR_SIZE];
	size_t said_length;
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, CHILD_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

static char *
inherited(const char *name)
{
	struct buf out = BUF_INIT;
	const char *value = getenv(name);

	if (value == NULL)
		return NULL;
	buf_addf(&out, "%s=%s", name, value);
	if (!buf_ok(&out))
		log_fatal(EX_OSERR, "out of memory");
	return out.data;
}

char **
child_environment(size_t more, size_t *count)
{
	static const char *const keep[] = { "PATH", "HOME",   "USER", "LOGNAME",
					    "LANG", "LC_ALL", "TZ",   "TMPDIR" };
	const size_t kept = sizeof(keep) / sizeof(keep[0]);
	char **environment = xarray(kept + more + 1, sizeof(*environment));

	*count = 0;
	for (size_t i = 0; i < kept; i++) {
		environment[*count] = inherited(keep[i]);
		*count += environment[*count] != NULL;
	}
	return environment;
}

void
child_environment_free(char **environment)
{
	for (char **p = environment; *p != NULL; p++)
		free(*p);
	free(environment);
}

/* The child: a group of its own, no signal ignored or blocked. ends: its 0, 1 and 2. */
static int
spawn(struct run *run, const struct child *child, const int ends[3])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int result;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
	if (ends[1] >= 0)
		posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
	else
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[2], STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	result = posix_spawnp(&run->pid, child->command[0], &files, &attributes, child->command,
			      child->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return result;
}

static void
finish_killed(struct run *run)
{
	struct pollfd exits = { .fd = run->pidfd, .events = POLLIN };

	kill(-run->pid, SIGKILL);
	/* A killed process is gone at once; the one that hangs in the kernel is left behind. */
	if (poll(&exits, 1, KILL_WAIT) <= 0 || waitpid(run->pid, NULL, WNOHANG) <= 0)
		log_warn("pid %ld: killed, but does not end", (long)run->pid);
}

/* The three pipes and the program. Returns 0 or an errno. */
static int
launch(struct run *run, const struct child *child)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int result = 0;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 ||
	    (child->output != NULL && pipe2(out, O_CLOEXEC) < 0))
		result = errno;
	else
		result = spawn(run, child, (const int[3]){ in[0], out[1], err[1] });
	shut(&in[0]);
	shut(&out[1]);
	shut(&err[1]);
	run->in = in[1];
	run->out = out[0];
	run->err = err[0];
	return result;
}

static int
start(struct run *run, const struct child *child, char *error)
{
	int result = launch(run, child);

	if (result != 0)
		return fail(error, "%s: cannot be started: %s", child->command[0],
			    strerror(result));
	fcntl(run->in, F_SETFL, O_NONBLOCK);
	fcntl(run->err, F_SETFL, O_NONBLOCK);
	if (run->out >= 0)
		fcntl(run->out, F_SETFL, O_NONBLOCK);
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (run->pidfd >= 0)
		return 0;
	fail(error, "%s: pidfd_open: %s", child->command[0], strerror(errno));
	kill(-run->pid, SIGKILL);
	waitpid(run->pid, NULL, 0);
	return -1;
}

/* A program that does not read its input may still succeed: what is left is dropped. */
static void
feed(struct run *run)
{
	ssize_t n = 0;

	if (!span_empty(run->input))
		n = write(run->in, run->input.p, span_len(run->input));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		run->input.p += n;
	if (n < 0 || span_empty(run->input))
		shut(&run->in);
}

/* What the program writes, read on also when there is no room left: it never waits for us. */
static void
hear(struct run *run, int *fd)
{
	char more[1024];
	ssize_t n = read(*fd, more, sizeof(more));
	size_t room = sizeof(run->said) - run->said_length;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		shut(fd);
		return;
	}
	if (fd == &run->out) {
		buf_add(run->output, span_make(more, (size_t)n));
		explicit_bzero(more, sizeof(more)); /* it may be a password */
		return;
	}
	if (run->quiet)
		room = 0;
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(run->said + run->said_length, more, room);
	run->said_length += room;
}

/* One wait for whatever comes first. Returns CO_TIMEOUT, CO_CANCELED, or 1; *ended: it exited. */
static int
turn(struct run *run, double timeout, bool *ended)
{
	int *const pipes[] = { &run->in, &run->out, &run->err };
	struct co_poll poll[4] = { { .fd = run->pidfd, .events = CO_READ } };
	int *from[4] = { NULL };
	size_t count = 1;
	int ready;

	for (size_t i = 0; i < 3; i++) {
		if (*pipes[i] < 0)
			continue;
		from[count] = pipes[i];
		poll[count++] =
			(struct co_poll){ .fd = *pipes[i], .events = i == 0 ? CO_WRITE : CO_READ };
	}
	ready = co_wait_any(run->loop, poll, count, timeout);
	if (ready <= 0)
		return ready;
	for (size_t i = 1; i < count; i++) {
		if (poll[i].revents == 0)
			continue;
		if (from[i] == &run->in)
			feed(run);
		else
			hear(run, from[i]);
	}
	*ended = poll[0].revents != 0;
	return 1;
}

/* Until the program has exited. 1, CO_TIMEOUT or CO_CANCELED. */
static int
wait_for(struct run *run)
{
	bool ended = false;

	while (!ended) {
		double left = run->deadline - co_clock();
		int result = turn(run, left > 0 ? left : 0, &ended);

		if (result != 1)
			return result;
	}
	return 1;
}

/* What it wrote last may still be in the pipe. */
static void
hear_the_rest(struct run *run, int *fd)
{
	while (*fd >= 0 && co_wait(run->loop, *fd, CO_READ, REST_WAIT) > 0)
		hear(run, fd);
}

static int
outcome(struct run *run, const char *name, char *error)
{
	struct span said = span_trim(span_make(run->said, run->said_length));
	int status = 0;

	if (waitpid(run->pid, &status, WNOHANG) != run->pid)
		return fail(error, "%s: its exit status is lost", name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return fail(error, "%s: %s %d%s%.*s", name,
		    WIFSIGNALED(status) ? "killed by signal" : "exit status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		    span_empty(said) ? "" : ": ", SPAN_ARG(said));
}

static int
attend(struct run *run, const char *name, double timeout, char *error)
{
	int result = wait_for(run);

	if (result == 1) {
		hear_the_rest(run, &run->out);
		hear_the_rest(run, &run->err);
		return outcome(run, name, error);
	}
	finish_killed(run);
	if (result == CO_TIMEOUT)
		return fail(error, "%s: not done after %.0f s, killed", name, timeout);
	return fail(error, "%s: killed, the daemon ends", name);
}

int
child_run(struct co_loop *loop, const struct child *child, char *error)
{
	struct run run = {
		.loop = loop,
		.pidfd = -1,
		.in = -1,
		.out = -1,
		.err = -1,
		.input = child->input,
		.output = child->output,
		.quiet = child->quiet,
		.deadline = co_clock() + child->timeout,
	};
	/* The configuration that the command stands in may be gone before the program is. */
	char *name = xstrdup(child->command[0]);
	int result = start(&run, child, error);

	if (result == 0)
		result = attend(&run, name, child->timeout, error);
	shut(&run.in);
	shut(&run.out);
	shut(&run.err);
	shut(&run.pidfd);
	free(name);
	return result;
}
