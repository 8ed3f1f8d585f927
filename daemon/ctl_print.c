/*
 * ctl_print - what every bouncectl command prints with
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdarg.h>
#include <sysexits.h>

#include "ctl.h"
#include "utf8.h"

void
ctl_print(FILE *out, struct span text)
{
	char shown[UTF8_ESCAPED_SIZE];

	while (!span_empty(text)) {
		size_t len = utf8_escape(&text, shown);

		fwrite(shown, 1, len, out);
	}
}

void
ctl_prints(FILE *out, const char *text)
{
	ctl_print(out, span_of(text));
}

void
ctl_print_key(const struct store_key *key)
{
	ctl_print(stdout, key->address);
	if (span_empty(key->scope))
		return;
	fputs(" (list ", stdout);
	ctl_print(stdout, key->scope);
	putchar(')');
}

void
ctl_flush(struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, stdout);
	buf_clear(b);
}

int
ctl_fail(int status, const char *format, ...)
{
	char text[2000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputs("bouncectl: ", stderr);
	ctl_prints(stderr, text);
	fputc('\n', stderr);
	return status;
}

int
ctl_finish(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return ctl_fail(EX_IOERR, "cannot write to standard output: %s", strerror(errno));
	return EX_OK;
}
