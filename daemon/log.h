/*
 * log - what the daemon says, one line a fact
 *
 * To standard error: with "<3>" priorities where the journal reads it, with a time elsewhere.
 * Subject first, then what happened, the remote's own words last. Every line is escaped (control
 * characters and broken UTF-8 as \xNN) and clipped to LOG_MAX_LINE bytes, so that text from a mail
 * or a server may be passed as it is. Never pass a password, a token or a whole message. The log is
 * the only global state of the program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LOG_H
#define MAILBOUNCED_LOG_H

#include "span.h"

#define LOG_MAX_LINE 2000

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Starts the log: name goes in front of each line when nobody else adds it. Looks at
 * JOURNAL_STREAM. */
void log_open(const char *name);
void log_set_level(enum log_level level);
enum log_level log_level_now(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Cannot run: says why and exits with a code of sysexits.h. */
void log_fatal(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
/* Our bug: says where and aborts. */
void log_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* malloc and its like for the daemon: out of memory is fatal. */
void *xalloc(size_t size);               /* zeroed */
void *xarray(size_t count, size_t size); /* zeroed, overflow checked */
void *xgrow(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(struct span text);

/* printf arguments for a span: log_info("%.*s", SPAN_ARG(s)) */
#define SPAN_ARG(s) (int)(span_len(s) > 1000 ? 1000 : span_len(s)), ((s).p == NULL ? "" : (s).p)

#endif
