/*
 * secret - where a password or another secret comes from
 *
 * Read anew for every use, because it may have been changed, and forgotten as soon as it was sent.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"

struct reading {
	const char *what; /* "password" */
	char *why;
	size_t len;
	char bytes[SECRET_MAX + 3]; /* room for a line end, and to see that there is more */
};

static char *refuse(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says why there is none. Returns NULL. */
static char *
refuse(struct reading *reading, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reading->why, SECRET_WHY_SIZE, format, args);
	va_end(args);
	return NULL;
}

/* Takes off the line end that editors and echo add, and refuses what no server can be sent. */
static char *
finish(struct reading *reading, struct span text, const char *source)
{
	if (span_len(text) > 0 && text.end[-1] == '\n')
		text.end--;
	if (span_len(text) > 0 && text.end[-1] == '\r')
		text.end--;
	if (span_len(text) > SECRET_MAX)
		return refuse(reading, "%s holds more than %d bytes; it must hold the %s only",
			      source, SECRET_MAX, reading->what);
	if (span_empty(text))
		return refuse(reading, "%s is empty; put the %s there", source, reading->what);
	if (span_chr(text, '\0') != NULL || span_chr(text, '\n') != NULL ||
	    span_chr(text, '\r') != NULL) {
		return refuse(reading,
			      "%s has a NUL byte or more than one line; it must hold the %s only",
			      source, reading->what);
	}
	return xstrndup(text);
}

/* Reads until the end or until there is more than allowed. 0, or -1 with errno. */
static int
read_fd(struct reading *reading, int fd)
{
	while (reading->len < sizeof(reading->bytes)) {
		ssize_t n = read(fd, reading->bytes + reading->len,
				 sizeof(reading->bytes) - reading->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : 0;
		reading->len += (size_t)n;
	}
	return 0;
}

static char *
from_file(struct reading *reading, const char *path, bool warn)
{
	/* O_NONBLOCK: a FIFO must not hold the daemon. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result;
	struct stat st;

	if (fd < 0)
		return refuse(reading, "%s: %s; check the path and its permissions", path,
			      strerror(errno));
	if (fstat(fd, &st) == 0 && warn && (st.st_mode & S_IRWXO) != 0)
		log_warn("%s: others may read or write this %s file; chmod o= it", path,
			 reading->what);
	result = read_fd(reading, fd);
	close(fd);
	if (result != 0)
		return refuse(reading, "%s: %s; it must be a readable file", path, strerror(errno));
	return finish(reading, span_make(reading->bytes, reading->len), path);
}

static char *
from_credential(struct reading *reading, const char *name)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];
	int len;

	if (directory == NULL) {
		return refuse(reading,
			      "credential '%s': systemd passed none; add LoadCredential=%s:FILE to "
			      "the unit, or name a file",
			      name, name);
	}
	len = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return refuse(reading, "credential '%.100s': its path is too long", name);
	return from_file(reading, path, false);
}

/* The first line of what the program prints; what follows is for people. */
static char *
from_command(struct reading *reading, struct co_loop *loop, char *const *command)
{
	size_t count;
	char **environment = child_environment(0, &count);
	struct buf output = BUF_INIT;
	const struct child child = {
		.command = command,
		.environment = environment,
		.output = &output,
		.timeout = SECRET_SECONDS,
		.quiet = true,
	};
	char error[CHILD_ERROR_SIZE];
	char *secret = NULL;
	struct span rest, line = { NULL, NULL };

	output.limit = SECRET_MAX_SAID;
	if (child_run(loop, &child, error) != 0) {
		refuse(reading, "%s; run it by hand to see what it says", error);
	} else if (!buf_ok(&output)) {
		refuse(reading, "%s printed more than %d bytes; it must print the %s only",
		       command[0], SECRET_MAX_SAID, reading->what);
	} else {
		rest = buf_span(&output);
		span_cut(&rest, '\n', &line);
		secret = finish(reading, line, command[0]);
	}
	if (output.data != NULL)
		explicit_bzero(output.data, output.cap);
	buf_free(&output);
	child_environment_free(environment);
	return secret;
}

/* On the heap: a coroutine's stack is used again, and nobody wipes it. */
static struct reading *
reading_new(const char *what, char *why)
{
	struct reading *reading = xalloc(sizeof(*reading));

	reading->what = what;
	reading->why = why;
	return reading;
}

static void
reading_free(struct reading *reading)
{
	explicit_bzero(reading, sizeof(*reading));
	free(reading);
}

char *
secret_from_command(struct co_loop *loop, char *const *command, const char *what, char *why)
{
	struct reading *reading = reading_new(what, why);
	char *secret = from_command(reading, loop, command);

	reading_free(reading);
	return secret;
}

char *
secret_read(struct co_loop *loop, const struct config_secret *source, const char *what, char *why)
{
	struct reading *reading = reading_new(what, why);
	char *secret;

	if (source->credential[0] != '\0')
		secret = from_credential(reading, source->credential);
	else if (source->file[0] != '\0')
		secret = from_file(reading, source->file, true);
	else if (source->command[0] != NULL)
		secret = from_command(reading, loop, source->command);
	else
		secret = xstrdup(source->text != NULL ? source->text : "");
	reading_free(reading);
	return secret;
}
