/*
 * log - what the daemon says, one line a fact
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "utf8.h"

#define CLIPPED "..."
#define PREFIX_SIZE 128

static const struct level {
	const char *name;
	const char *priority; /* as sd-daemon(3) has it */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>" },
	[LOG_LEVEL_WARN] = { "warn", "<4>" },
	[LOG_LEVEL_INFO] = { "info", "<6>" },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>" },
};

/* The one global state of the program. */
static struct {
	const char *name;
	enum log_level level;
	bool journal; /* standard error is the journal: it adds time and name itself */
} the_log = { "mailbounced", LOG_LEVEL_INFO, false };

/* systemd.exec(5): JOURNAL_STREAM names the journal's socket; a child whose standard error went
 * elsewhere since has inherited the variable all the same. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(own, stream) == 0;
}

void
log_open(const char *name)
{
	the_log.name = name;
	the_log.journal = stderr_is_journal();
}

void
log_set_level(enum log_level level)
{
	the_log.level = level;
}

enum log_level
log_level_now(void)
{
	return the_log.level;
}

static size_t
write_prefix(enum log_level level, char prefix[PREFIX_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;
	int len;

	if (the_log.journal)
		return (size_t)snprintf(prefix, PREFIX_SIZE, "%s", levels[level].priority);
	gmtime_r(&now, &tm);
	len = snprintf(prefix, PREFIX_SIZE,
		       "%04d-%02d-%02dT%02d:%02d:%02dZ %.30s[%ld] %s: ", tm.tm_year + 1900,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, the_log.name,
		       (long)getpid(), levels[level].name);
	return (size_t)len;
}

/* One write(2) a line, so that the lines of two processes never mix. A log that cannot be written
 * is nobody's to mend: the program goes on. */
static void
write_line(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

/* Writes text as it may be shown, clipped to LOG_MAX_LINE, and returns its length. */
static size_t
escape(struct span text, char *out)
{
	char shown[UTF8_ESCAPED_SIZE];
	size_t len = 0;

	while (!span_empty(text)) {
		size_t size;

		if (*text.p >= ' ' && *text.p <= '~' && len < LOG_MAX_LINE) {
			out[len++] = *text.p++; /* nearly everything */
			continue;
		}
		size = utf8_escape(&text, shown);

		if (len + size > LOG_MAX_LINE) {
			memcpy(out + len, CLIPPED, sizeof(CLIPPED) - 1);
			return len + sizeof(CLIPPED) - 1;
		}
		memcpy(out + len, shown, size);
		len += size;
	}
	return len;
}

static void say(enum log_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Leaves errno alone: callers log on their way out. */
static void
say(enum log_level level, const char *format, va_list args)
{
	char raw[2 * LOG_MAX_LINE], line[PREFIX_SIZE + LOG_MAX_LINE + sizeof(CLIPPED) + 1];
	int saved = errno, n;
	size_t len;

	if (level > the_log.level)
		return;
	n = vsnprintf(raw, sizeof(raw), format, args);
	if (n < 0)
		return;
	len = write_prefix(level, line);
	len += escape(span_make(raw, (size_t)n < sizeof(raw) ? (size_t)n : sizeof(raw) - 1),
		      line + len);
	line[len++] = '\n';
	write_line(line, len);
	errno = saved;
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void
log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_WARN, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

void
log_fatal(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
	exit(status);
}

void
log_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
	abort();
}

static void *
or_die(void *memory)
{
	if (memory == NULL)
		log_fatal(EX_OSERR, "out of memory");
	return memory;
}

void *
xalloc(size_t size)
{
	return or_die(calloc(1, size > 0 ? size : 1));
}

void *
xarray(size_t count, size_t size)
{
	return or_die(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
xgrow(void *old, size_t count, size_t size)
{
	return or_die(reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1));
}

char *
xstrdup(const char *text)
{
	return or_die(strdup(text));
}

char *
xstrndup(struct span text)
{
	char *copy = xalloc(span_len(text) + 1);

	if (!span_empty(text))
		memcpy(copy, text.p, span_len(text));
	return copy;
}
