/*
 * oauth2_refresh - the refresh token and its file
 *
 * Entra ID and others send a new refresh token with each access token and end the old one some time
 * later: whoever loses the new one must ask a person to sign in again. So there is one place for
 * it, the file that the operator put it into, and it is replaced there before the access token is
 * used. Not in the database: its readers, and those of its backups, are more people.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "oauth2_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "secrecy.h"
#include "secret.h"

static void
replace(char **secret, const char *with)
{
	secrecy_wipe(*secret);
	*secret = with != NULL ? xstrdup(with) : NULL;
}

char *
oauth2_refresh_take(struct co_loop *loop, struct oauth2_refresh *refresh, const char *path,
		    char *why, size_t size)
{
	char none[] = "", reason[SECRET_WHY_SIZE];
	char *no_command[] = { NULL };
	struct config_secret source = { .credential = none, .command = no_command };
	char *file = xstrdup(path), *token;

	source.file = file;
	token = secret_read(loop, &source, "refresh token", reason);
	free(file);
	if (token == NULL) {
		snprintf(why, size, "%s", reason);
		return NULL;
	}
	if (refresh->in_file == NULL || strcmp(refresh->in_file, token) != 0) {
		/* Somebody put another one there: it counts. */
		replace(&refresh->in_file, token);
		replace(&refresh->newer, NULL);
	}
	if (refresh->newer == NULL)
		return token;
	secrecy_wipe(token);
	return xstrdup(refresh->newer);
}

/* Writes and flushes; 0, or -1 with errno. */
static int
fill(int fd, const char *token)
{
	size_t len = strlen(token);

	if (write(fd, token, len) != (ssize_t)len || write(fd, "\n", 1) != 1)
		return -1;
	return fsync(fd);
}

/* The directory knows the new name only after this. */
static int
sync_directory(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	free(copy);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	close(fd);
	return result;
}

/* A new file beside the old one, which then takes its place: never half a token, never none. 0, or
 * -1 with errno. */
static int
write_file(const char *path, const char *token)
{
	size_t size = strlen(path) + sizeof(".new");
	char *beside = xalloc(size);
	int fd, result, saved;

	snprintf(beside, size, "%s.new", path);
	unlink(beside); /* of one who was killed here */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	result = fd < 0 || fill(fd, token) != 0 || rename(beside, path) != 0 ? -1
									     : sync_directory(path);
	saved = errno;
	if (fd >= 0)
		close(fd);
	unlink(beside);
	free(beside);
	errno = saved;
	return result;
}

void
oauth2_refresh_keep(struct oauth2_refresh *refresh, const char *path, const char *token)
{
	if (write_file(path, token) == 0) {
		replace(&refresh->in_file, token);
		replace(&refresh->newer, NULL);
		return;
	}
	log_error("%s: the new refresh token cannot be written: %s; let the daemon's user write to "
		  "that directory: until then the token is known to this process only",
		  path, strerror(errno));
	replace(&refresh->newer, token);
}

void
oauth2_refresh_free(struct oauth2_refresh *refresh)
{
	replace(&refresh->in_file, NULL);
	replace(&refresh->newer, NULL);
}
