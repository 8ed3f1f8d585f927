/*
 * password - where an account's password comes from
 *
 * Read anew for every connection, because it may have been changed, and forgotten as soon as it was
 * sent.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"

#define MAX_PASSWORD 4096
#define COMMAND_SECONDS 30
#define REAP_PAUSE_MS 10

struct secret {
	char bytes[MAX_PASSWORD + 2]; /* one more than allowed, to see that there is more */
	size_t len;
	char *why;
	size_t why_size;
};

static char *refuse(struct secret *secret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says why there is none. Returns NULL. */
static char *
refuse(struct secret *secret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(secret->why, secret->why_size, format, args);
	va_end(args);
	return NULL;
}

/* Takes off the line end that editors and echo add, and refuses what no server can be sent. */
static char *
finish(struct secret *secret, const char *source)
{
	struct span text = span_make(secret->bytes, secret->len);

	if (secret->len > MAX_PASSWORD)
		return refuse(secret, "%s holds more than %d bytes; it must hold the password only",
			      source, MAX_PASSWORD);
	if (span_len(text) > 0 && text.end[-1] == '\n')
		text.end--;
	if (span_len(text) > 0 && text.end[-1] == '\r')
		text.end--;
	if (span_empty(text))
		return refuse(secret, "%s is empty; put the password there", source);
	if (span_chr(text, '\0') != NULL || span_chr(text, '\n') != NULL ||
	    span_chr(text, '\r') != NULL) {
		return refuse(secret,
			      "%s has a NUL byte or more than one line; it must hold the password "
			      "only",
			      source);
	}
	return xstrndup(text);
}

/* Reads until the end or until there is more than allowed. 0, or -1 with errno. */
static int
read_fd(struct secret *secret, int fd)
{
	while (secret->len <= MAX_PASSWORD) {
		ssize_t n = read(fd, secret->bytes + secret->len, MAX_PASSWORD + 1 - secret->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : 0;
		secret->len += (size_t)n;
	}
	return 0;
}

static char *
from_file(struct secret *secret, const char *path, bool warn)
{
	/* O_NONBLOCK: a FIFO must not hold the daemon. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result;
	struct stat st;

	if (fd < 0)
		return refuse(secret, "%s: %s; check the path and its permissions", path,
			      strerror(errno));
	if (fstat(fd, &st) == 0 && warn && (st.st_mode & S_IRWXO) != 0)
		log_warn("%s: others may read or write this password file; chmod o= it", path);
	result = read_fd(secret, fd);
	close(fd);
	if (result != 0)
		return refuse(secret, "%s: %s; it must be a readable file", path, strerror(errno));
	return finish(secret, path);
}

static char *
from_credential(struct secret *secret, const char *name)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];
	int len;

	if (directory == NULL) {
		return refuse(secret,
			      "credential '%s': systemd passed none; add LoadCredential=%s:FILE to "
			      "the unit, or use password-file",
			      name, name);
	}
	len = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return refuse(secret, "credential '%.100s': its path is too long", name);
	return from_file(secret, path, false);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Starts the program in a process group of its own, its output into a pipe: the pid, or -1 with
 * errno. */
static pid_t
start(char *const *command, int *output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int fd[2], error;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return -1;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	error = posix_spawn(&pid, command[0], &actions, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	if (error != 0) {
		close(fd[0]);
		errno = error;
		return -1;
	}
	*output = fd[0];
	return pid;
}

/* Reads the program's output until its end, until it is too much, or until the deadline. */
static void
collect(struct secret *secret, int fd, int64_t deadline)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	while (secret->len <= MAX_PASSWORD && now_ms() < deadline) {
		ssize_t n;

		if (poll(&poller, 1, (int)(deadline - now_ms() + 1)) <= 0)
			continue;
		n = read(fd, secret->bytes + secret->len, MAX_PASSWORD + 1 - secret->len);
		if (n <= 0)
			return;
		secret->len += (size_t)n;
	}
}

/* Waits for the program's end; kills it and all that it started at the deadline. Its wait status,
 * or -1 when it was killed. */
static int
reap(pid_t pid, int64_t deadline)
{
	bool killed = false;
	int status;

	for (;;) {
		pid_t result = waitpid(pid, &status, killed ? 0 : WNOHANG);

		if (result == pid)
			return killed ? -1 : status;
		if (result < 0 && errno != EINTR)
			return -1;
		if (!killed && now_ms() >= deadline) {
			kill(-pid, SIGKILL);
			killed = true;
		} else if (!killed) {
			poll(NULL, 0, REAP_PAUSE_MS);
		}
	}
}

static char *
from_command(struct secret *secret, char *const *command)
{
	int64_t deadline = now_ms() + INT64_C(1000) * COMMAND_SECONDS;
	int output, status;
	char *line_end;
	pid_t pid = start(command, &output);

	if (pid < 0)
		return refuse(secret, "%s: %s; check the path and that it may be run", command[0],
			      strerror(errno));
	collect(secret, output, deadline);
	close(output);
	status = reap(pid, deadline);
	if (status == -1)
		return refuse(secret, "%s: did not end within %d seconds; run it by hand",
			      command[0], COMMAND_SECONDS);
	if (WIFSIGNALED(status))
		return refuse(secret, "%s: was killed by signal %d; run it by hand", command[0],
			      WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return refuse(secret, "%s: exit status %d; run it by hand", command[0],
			      WEXITSTATUS(status));
	line_end = memchr(secret->bytes, '\n', secret->len);
	if (line_end != NULL)
		secret->len = (size_t)(line_end - secret->bytes);
	return finish(secret, command[0]);
}

char *
config_password(const struct config_account *account, char *why, size_t size)
{
	struct secret secret = { .len = 0, .why = why, .why_size = size };
	char *password;

	if (account->password_credential[0] != '\0')
		password = from_credential(&secret, account->password_credential);
	else if (account->password_file[0] != '\0')
		password = from_file(&secret, account->password_file, true);
	else if (account->password_command[0] != NULL)
		password = from_command(&secret, account->password_command);
	else
		password = xstrdup(account->password_inline);
	explicit_bzero(secret.bytes, sizeof(secret.bytes));
	return password;
}
