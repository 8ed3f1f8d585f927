/*
 * action_command - runs a program that is told of a state change
 *
 * The child is waited for through a pidfd in the loop: no SIGCHLD handler, nothing global. (So the
 * loop must not be libev's default one, which waits for every child itself.)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "action.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "utf8.h"

#define ERROR_TEXT 300  /* bytes kept of what the program says on standard error */
#define KILL_WAIT 1000  /* ms until a killed program is given up: it hangs in the kernel */
#define STDERR_WAIT 0.2 /* seconds; a grandchild may hold the pipe for ever */

/* One run of a program. */
struct run {
	struct co_loop *loop;
	pid_t pid; /* also of its process group */
	int pidfd;
	int in, err;       /* our ends of its standard input and error; -1 = closed */
	struct span input; /* not written yet */
	double deadline;
	char said[ERROR_TEXT];
	size_t said_length;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Adds NAME=VALUE made of "name=value": MAILBOUNCED_ in front, the name in capitals. */
static char *
variable(struct span fact)
{
	struct buf out = BUF_INIT;
	struct span name;

	span_cut(&fact, '=', &name);
	buf_adds(&out, "MAILBOUNCED_");
	for (const char *p = name.p; p < name.end; p++) {
		char c = *p;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buf_addc(&out, c);
	}
	buf_addc(&out, '=');
	while (!span_empty(fact)) {
		const char *from = fact.p;
		uint32_t code;

		if (utf8_take(&fact, &code) && !utf8_is_unsafe(code))
			buf_add(&out, (struct span){ from, fact.p });
		else
			buf_addc(&out, '?');
	}
	if (!buf_ok(&out))
		log_fatal(71, "out of memory");
	return out.data;
}

static char *
numbered(const char *name, long long number)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%lld", name, number);
	return variable(span_of(text));
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
		log_fatal(71, "out of memory");
	return out.data;
}

/* Little is inherited: the daemon's own environment leads to its credentials and to its supervisor.
 */
static char **
make_environment(const struct store_outbox *entry)
{
	static const char *const keep[] = { "PATH", "HOME",   "USER", "LOGNAME",
					    "LANG", "LC_ALL", "TZ",   "TMPDIR" };
	const size_t kept = sizeof(keep) / sizeof(keep[0]);
	struct buf hook = BUF_INIT;
	size_t count = 0, facts = 0;
	char **environment;

	while (entry->fact[facts] != NULL)
		facts++;
	environment = xarray(kept + facts + 4, sizeof(*environment));
	for (size_t i = 0; i < kept; i++) {
		environment[count] = inherited(keep[i]);
		count += environment[count] != NULL;
	}
	for (size_t i = 0; i < facts; i++)
		environment[count++] = variable(span_of(entry->fact[i]));
	buf_addf(&hook, "hook=%s", entry->hook);
	environment[count++] = variable(buf_span(&hook));
	environment[count++] = numbered("id", entry->id);
	environment[count++] = numbered("attempt", (long long)entry->attempts + 1);
	buf_free(&hook);
	return environment;
}

static void
free_environment(char **environment)
{
	for (char **p = environment; *p != NULL; p++)
		free(*p);
	free(environment);
}

/* The child: a group of its own, no signal ignored or blocked, no descriptor but three. */
static int
spawn(struct run *run, char *const *command, char *const *environment, const int ends[2])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int result;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	result = posix_spawnp(&run->pid, command[0], &files, &attributes, command, environment);
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

static int
start(struct run *run, const struct config_hook *hook, const struct store_outbox *entry,
      char *error)
{
	char **environment = make_environment(entry);
	int in[2] = { -1, -1 }, err[2] = { -1, -1 };
	int result = 0;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		result = errno;
	else
		result = spawn(run, hook->command, environment, (const int[2]){ in[0], err[1] });
	free_environment(environment);
	shut(&in[0]);
	shut(&err[1]);
	run->in = in[1];
	run->err = err[0];
	if (result != 0) {
		snprintf(error, STORE_ERROR_SIZE, "%s: cannot be started: %s", hook->command[0],
			 strerror(result));
		return -1;
	}
	fcntl(run->in, F_SETFL, O_NONBLOCK);
	fcntl(run->err, F_SETFL, O_NONBLOCK);
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (run->pidfd >= 0)
		return 0;
	snprintf(error, STORE_ERROR_SIZE, "pidfd_open: %s", strerror(errno));
	finish_killed(run);
	return -1;
}

/* A program that does not read its input may still succeed: what is left is dropped. */
static void
feed(struct run *run)
{
	ssize_t n = write(run->in, run->input.p, span_len(run->input));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		run->input.p += n;
	if (n < 0 || span_empty(run->input))
		shut(&run->in);
}

/* Reads on when the room is used up, so that the program never waits for us. */
static void
listen_to(struct run *run)
{
	char more[1024];
	ssize_t n = read(run->err, more, sizeof(more));
	size_t room = sizeof(run->said) - run->said_length;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		shut(&run->err);
		return;
	}
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(run->said + run->said_length, more, room);
	run->said_length += room;
}

/* One wait for whatever comes first. Returns CO_TIMEOUT, CO_CANCELED, or 1; *ended: it exited. */
static int
turn(struct run *run, double timeout, bool *ended)
{
	struct co_poll poll[3] = { { .fd = run->pidfd, .events = CO_READ } };
	size_t count = 1, in = 0, err = 0;
	int ready;

	if (run->in >= 0) {
		in = count;
		poll[count++] = (struct co_poll){ .fd = run->in, .events = CO_WRITE };
	}
	if (run->err >= 0) {
		err = count;
		poll[count++] = (struct co_poll){ .fd = run->err, .events = CO_READ };
	}
	ready = co_wait_any(run->loop, poll, count, timeout);
	if (ready <= 0)
		return ready;
	if (in > 0 && poll[in].revents != 0)
		feed(run);
	if (err > 0 && poll[err].revents != 0)
		listen_to(run);
	*ended = poll[0].revents != 0;
	return 1;
}

/* Until the program has exited. 1, CO_TIMEOUT or CO_CANCELED. */
static int
wait_for(struct run *run)
{
	bool ended = false;

	while (!ended) {
		double left = run->deadline - now();
		int result = turn(run, left > 0 ? left : 0, &ended);

		if (result != 1)
			return result;
	}
	return 1;
}

/* What it said last may still be in the pipe. */
static void
hear_the_rest(struct run *run)
{
	while (run->err >= 0 && run->said_length < sizeof(run->said)) {
		if (co_wait(run->loop, run->err, CO_READ, STDERR_WAIT) <= 0)
			return;
		listen_to(run);
	}
}

static int
outcome(struct run *run, const char *name, char *error)
{
	int status = 0;
	struct span said = { run->said, run->said + run->said_length };

	if (waitpid(run->pid, &status, WNOHANG) != run->pid) {
		snprintf(error, STORE_ERROR_SIZE, "%s: its exit status is lost", name);
		return -1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	said = span_trim(said);
	snprintf(error, STORE_ERROR_SIZE, "%s: %s %d%s%.*s", name,
		 WIFSIGNALED(status) ? "killed by signal" : "exit status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		 span_empty(said) ? "" : ": ", SPAN_ARG(said));
	return -1;
}

static int
attend(struct run *run, const char *name, unsigned timeout, char *error)
{
	int result = wait_for(run);

	if (result == 1) {
		hear_the_rest(run);
		return outcome(run, name, error);
	}
	finish_killed(run);
	if (result == CO_TIMEOUT)
		snprintf(error, STORE_ERROR_SIZE, "%s: not done after %u s, killed", name, timeout);
	else
		snprintf(error, STORE_ERROR_SIZE, "%s: killed, the daemon ends", name);
	return -1;
}

static int
perform(struct co_loop *loop, const struct config_hook *hook, const struct store_outbox *entry,
	char *error)
{
	struct run run = { .loop = loop, .pidfd = -1, .in = -1, .err = -1 };
	struct buf input = BUF_INIT;
	unsigned timeout = hook->timeout;
	char *name = xstrdup(hook->command[0]);
	int result;

	buf_addf(&input, "%s\n", entry->payload);
	if (!buf_ok(&input))
		log_fatal(71, "out of memory");
	run.input = buf_span(&input);
	run.deadline = now() + timeout;
	result = start(&run, hook, entry, error);
	if (result == 0)
		result = attend(&run, name, timeout, error);
	shut(&run.in);
	shut(&run.err);
	shut(&run.pidfd);
	buf_free(&input);
	free(name);
	return result;
}

const struct action action_command = { .name = "command", .perform = perform };
