/*
 * ctl_operate - what the commands of operators share: who, why, and the store beside the daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_operate.h"

#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

void
ctl_operate_begin(struct ctl_operate *o, int argc, char **argv)
{
	struct buf typed = BUF_INIT;

	for (int i = 1; i < argc; i++) {
		if (i > 1)
			buf_addc(&typed, ' ');
		buf_adds(&typed, argv[i]);
	}
	o->typed = xstrdup(buf_str(&typed));
	buf_free(&typed);
}

/* Whom sudo was told of is who did it. */
static const char *
login(struct ctl_operate *o)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo != NULL && sudo[0] != '\0')
		snprintf(o->login, sizeof(o->login), "%s", sudo);
	else if (user != NULL)
		snprintf(o->login, sizeof(o->login), "%s", user->pw_name);
	else
		snprintf(o->login, sizeof(o->login), "uid %lu", (unsigned long)getuid());
	return o->login;
}

int
ctl_operate_open(struct ctl_operate *o, const struct ctl_context *context,
		 const struct ctl_command *command)
{
	int status = EX_OK;

	if (o->why == NULL || o->why[0] == '\0')
		return ctl_usage(command,
				 "say why with --why TEXT: the ledger keeps it for whoever "
				 "asks later");
	o->operate.store = ctl_store_beside(context, &o->config, &status);
	if (o->operate.store == NULL)
		return status;
	if (o->config == NULL && !o->no_hooks)
		fputs("bouncectl: no configuration was read, so no hook will be told; give -c FILE "
		      "when there are any\n",
		      stderr);
	o->operate.replay = replay_new(o->operate.store);
	o->operate.config = o->config;
	o->operate.what = (struct store_operation){
		.time = context->now,
		.who = o->who != NULL ? o->who : login(o),
		.what = command->name,
		.arguments = o->typed,
		.why = o->why,
	};
	return EX_OK;
}

int
ctl_operate_failed(const struct ctl_operate *o)
{
	return ctl_fail(EX_UNAVAILABLE,
			"%s; not all is done, and the last of what was told may be rolled back: "
			"run it again",
			replay_error(o->operate.replay));
}

int
ctl_operate_close(struct ctl_operate *o, int status)
{
	if (o->operate.store != NULL && status == EX_OK && operate_end(&o->operate) < 0)
		status = ctl_operate_failed(o);
	operate_cancel(&o->operate);
	replay_free(o->operate.replay);
	store_close(o->operate.store);
	config_free(o->config);
	free(o->typed);
	return status;
}
