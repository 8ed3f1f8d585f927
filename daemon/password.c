/*
 * password - where an account's password comes from
 *
 * Read anew for every connection, because it may have been changed, and forgotten as soon as it was
 * sent.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"

struct secret {
	char bytes[PASSWORD_MAX + 2]; /* room for a line end, to see that there is more */
	size_t len;
	char *why;
};

static char *refuse(struct secret *secret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says why there is none. Returns NULL. */
static char *
refuse(struct secret *secret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(secret->why, PASSWORD_WHY_SIZE, format, args);
	va_end(args);
	return NULL;
}

/* Takes off the line end that editors and echo add, and refuses what no server can be sent. */
static char *
finish(struct secret *secret, struct span text, const char *source)
{
	if (span_len(text) > 0 && text.end[-1] == '\n')
		text.end--;
	if (span_len(text) > 0 && text.end[-1] == '\r')
		text.end--;
	if (span_len(text) > PASSWORD_MAX)
		return refuse(secret, "%s holds more than %d bytes; it must hold the password only",
			      source, PASSWORD_MAX);
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
	while (secret->len < sizeof(secret->bytes)) {
		ssize_t n =
			read(fd, secret->bytes + secret->len, sizeof(secret->bytes) - secret->len);

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
	return finish(secret, span_make(secret->bytes, secret->len), path);
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

/* The first line of what the program prints; what follows is for people. */
static char *
from_command(struct secret *secret, struct co_loop *loop, char *const *command)
{
	size_t count;
	char **environment = child_environment(0, &count);
	struct buf output = BUF_INIT;
	const struct child child = {
		.command = command,
		.environment = environment,
		.output = &output,
		.timeout = PASSWORD_SECONDS,
	};
	char error[CHILD_ERROR_SIZE];
	char *password = NULL;
	struct span rest, line = { NULL, NULL };

	output.limit = PASSWORD_MAX_SAID;
	if (child_run(loop, &child, error) != 0) {
		refuse(secret, "%s; run it by hand", error);
	} else if (!buf_ok(&output)) {
		refuse(secret, "%s printed more than %d bytes; it must print the password only",
		       command[0], PASSWORD_MAX_SAID);
	} else {
		rest = buf_span(&output);
		span_cut(&rest, '\n', &line);
		password = finish(secret, line, command[0]);
	}
	if (output.data != NULL)
		explicit_bzero(output.data, output.cap);
	buf_free(&output);
	child_environment_free(environment);
	return password;
}

char *
password_read(struct co_loop *loop, const struct config_account *account, char *why)
{
	struct secret secret = { .len = 0, .why = why };
	char *password;

	if (account->password_credential[0] != '\0')
		password = from_credential(&secret, account->password_credential);
	else if (account->password_file[0] != '\0')
		password = from_file(&secret, account->password_file, true);
	else if (account->password_command[0] != NULL)
		password = from_command(&secret, loop, account->password_command);
	else
		password = xstrdup(account->password_inline);
	explicit_bzero(secret.bytes, sizeof(secret.bytes));
	return password;
}
