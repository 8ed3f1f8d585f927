/*
 * sd - what the service manager wants to hear
 *
 * The protocol is one datagram of text, so that no library is needed for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

#define MICROSECONDS 1e6

void
sd_notify(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(to.sun_path)) {
		log_debug("service manager: NOTIFY_SOCKET is too long");
		return;
	}
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract name space */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		log_debug("service manager: not told %s: %s", message, strerror(errno));
	if (fd >= 0)
		close(fd);
}

double
sd_watchdog(void)
{
	struct span usec = span_of(getenv("WATCHDOG_USEC"));
	struct span pid = span_of(getenv("WATCHDOG_PID"));
	uint64_t number;

	if (!span_empty(pid) &&
	    (!span_number(&pid, INT32_MAX, &number) || (pid_t)number != getpid()))
		return 0;
	if (!span_number(&usec, UINT64_MAX, &number))
		return 0;
	return (double)number / MICROSECONDS;
}
