/*
 * reload - a configuration that is read while another one is in use
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "reload.h"

#include <stdlib.h>

#include "keys.h"

static void
log_errors(const struct buf *errors)
{
	struct span rest = buf_span(errors), line;

	while (span_next_line(&rest, &line))
		log_error("%.*s", SPAN_ARG(line));
}

/* The file and its keys; NULL after telling why not. */
static struct config *
read_all(const struct reload *reload)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_read(reload->path, &errors);
	char why[KEYS_WHY_SIZE];

	log_errors(&errors);
	buf_free(&errors);
	if (config == NULL)
		return NULL;
	if (keys_read(reload->loop, config, why) == 0)
		return config;
	log_error("%s", why);
	config_free(config);
	return NULL;
}

static void
run(void *arg)
{
	struct reload *reload = arg;
	struct config *config;

	do {
		reload->again = false;
		config = read_all(reload);
		if (config == NULL)
			log_error("configuration not changed: mend the errors above and send HUP "
				  "again");
		else if (reload->again)
			config_free(config);
	} while (reload->again);
	free(reload->path);
	reload->path = NULL;
	if (config != NULL)
		reload->ready(reload->owner, config);
}

void
reload_begin(struct reload *reload, const char *path)
{
	reload->again = true;
	if (reload->path != NULL)
		return;
	reload->path = xstrdup(path);
	co_spawn(reload->loop, "reload", run, reload);
}
