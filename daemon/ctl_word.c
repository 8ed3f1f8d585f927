/*
 * ctl_word - bouncectl revive, kill, pin and unpin: an operator's word about addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "ctl_forget.h"
#include "ctl_operate.h"
#include "store_forget.h"

struct word {
	struct ctl_operate common;
	const char *list; /* lower case; NULL: the general standing */
	bool ok, dead;    /* of pin */
};

static void
print_change(const struct store_key *key, const struct operate_change *change)
{
	ctl_print_key(key);
	if (!change->known && change->before.state == change->after.state)
		puts(": never heard of, nothing to do");
	else if (change->refused)
		printf(": stays %s, for a pin is stronger; unpin it first\n",
		       bounce_state_name(change->after.state));
	else
		printf(": %s -> %s\n", bounce_state_name(change->before.state),
		       bounce_state_name(change->after.state));
}

/* Scopes of one who is forgotten, before anything is written. */
struct scopes {
	char **name;
	size_t count;
};

static int
on_standing(void *context, const struct store_past *past)
{
	struct scopes *scopes = context;

	scopes->name = xgrow(scopes->name, scopes->count + 1, sizeof(*scopes->name));
	scopes->name[scopes->count++] = xstrndup(past->key.scope);
	return 0;
}

/* Who revives the address names it: from now on reports do so again. */
static int
revive_forgotten(struct word *word, const char *pseudonym, const char *text)
{
	struct operate *o = &word->common.operate;
	struct operate_change change;
	struct scopes scopes = { 0 };
	int result = store_standings_of(o->store, span_of(pseudonym), on_standing, &scopes);

	for (size_t i = 0; i < scopes.count; i++) {
		const struct store_key key = { span_of(pseudonym), span_of(scopes.name[i]) };

		if (result >= 0)
			result = operate_word(o, &key, BOUNCE_EVENT_REVIVE, &change);
		if (result >= 0 && change.refused)
			result = operate_word(o, &key, BOUNCE_EVENT_UNPIN, &change);
		free(scopes.name[i]);
	}
	free(scopes.name);
	if (result < 0 || operate_begin(o) < 0 || store_tombstone_drop(o->store, pseudonym) < 0)
		return ctl_operate_failed(&word->common);
	ctl_prints(stdout, text);
	puts(": was forgotten and suppressed, may be mailed again");
	return EX_OK;
}

static int
say_forgotten(struct word *word, enum bounce_event event, const char *pseudonym, const char *text)
{
	if (event == BOUNCE_EVENT_REVIVE)
		return revive_forgotten(word, pseudonym, text);
	return ctl_fail(EX_DATAERR,
			"%s: was forgotten, and is suppressed; bouncectl revive lets it be mailed "
			"again",
			text);
}

static int
say_known(struct word *word, enum bounce_event event, const char *address)
{
	const struct store_key key = { span_of(address),
				       span_of(word->list != NULL ? word->list : "") };
	struct operate_change change;

	if (operate_word(&word->common.operate, &key, event, &change) < 0)
		return ctl_operate_failed(&word->common);
	print_change(&key, &change);
	return EX_OK;
}

static int
say(struct word *word, enum bounce_event event, const char *text)
{
	char *address = ctl_address(text);
	int forgotten, status;

	if (address == NULL)
		return EX_DATAERR;
	forgotten = ctl_known_as(word->common.operate.store, &address, NULL);
	if (forgotten < 0)
		status = ctl_operate_failed(&word->common);
	else if (forgotten > 0)
		status = say_forgotten(word, event, address, text);
	else
		status = say_known(word, event, address);
	free(address);
	return status;
}

/* All are looked at before the first is written: of a list with a slip, nothing is done. */
static int
check_addresses(int count, char **argv)
{
	for (int i = 0; i < count; i++) {
		char *address = ctl_address(argv[i]);

		if (address == NULL)
			return EX_DATAERR;
		free(address);
	}
	return EX_OK;
}

/* A standing that no report and no sender asks for would help nobody. */
static int
check_list(const struct word *word)
{
	const struct config *config = word->common.config;
	struct span scope;

	if (word->list == NULL || config == NULL)
		return EX_OK;
	(void)config_policy_for(config, span_of(word->list), &scope);
	if (!span_empty(scope))
		return EX_OK;
	return ctl_fail(EX_DATAERR,
			"--list: the configuration has no list \"%s\" with a policy of its own, so "
			"addresses have no standing of their own for it; leave --list out",
			word->list);
}

static int
run_word(const struct ctl_command *command, struct word *word, int count, char **argv,
	 const struct ctl_context *context)
{
	enum bounce_event event = command == &ctl_revive ? BOUNCE_EVENT_REVIVE
				  : command == &ctl_kill ? BOUNCE_EVENT_KILL
							 : BOUNCE_EVENT_UNPIN;
	int status;

	if (command == &ctl_pin && word->ok == word->dead)
		return ctl_usage(command, "give one of --ok and --dead");
	if (command == &ctl_pin)
		event = word->ok ? BOUNCE_EVENT_PIN_OK : BOUNCE_EVENT_PIN_DEAD;
	if (count < 1)
		return ctl_usage(command, "wants an address");
	status = check_addresses(count, argv);
	if (status == EX_OK)
		status = ctl_operate_open(&word->common, context, command);
	if (status == EX_OK)
		status = check_list(word);
	for (int i = 0; i < count && status == EX_OK; i++)
		status = say(word, event, argv[i]);
	return status;
}

static int
run(const struct ctl_command *command, const struct ctl_context *context, int argc, char **argv)
{
	struct word word = { 0 };
	const char *list = NULL;
	const struct ctl_option options[] = {
		{ "why", NULL, &word.common.why },
		{ "who", NULL, &word.common.who },
		{ "list", NULL, &list },
		/* only of pin, from here on */
		{ command == &ctl_pin ? "ok" : NULL, &word.ok, NULL },
		{ "dead", &word.dead, NULL },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;
	char *low;

	ctl_operate_begin(&word.common, argc, argv);
	count = ctl_options(command, options, argc, argv);
	word.list = low = ctl_lower(list);
	if (count >= 0)
		status = run_word(command, &word, count, argv, context);
	status = ctl_operate_close(&word.common, status);
	free(low);
	return status == EX_OK ? ctl_finish() : status;
}

static int
run_revive(const struct ctl_context *context, int argc, char **argv)
{
	return run(&ctl_revive, context, argc, argv);
}

static int
run_kill(const struct ctl_context *context, int argc, char **argv)
{
	return run(&ctl_kill, context, argc, argv);
}

static int
run_pin(const struct ctl_context *context, int argc, char **argv)
{
	return run(&ctl_pin, context, argc, argv);
}

static int
run_unpin(const struct ctl_context *context, int argc, char **argv)
{
	return run(&ctl_unpin, context, argc, argv);
}

const struct ctl_command ctl_revive = {
	.name = "revive",
	.arguments = "ADDRESS... [--list LIST] [--who WHO] --why TEXT",
	.help = "mail these addresses again: what was held against them is forgotten",
	.run = run_revive,
};

const struct ctl_command ctl_kill = {
	.name = "kill",
	.arguments = "ADDRESS... [--list LIST] [--who WHO] --why TEXT",
	.help = "these addresses are gone for sure",
	.run = run_kill,
};

const struct ctl_command ctl_pin = {
	.name = "pin",
	.arguments = "ADDRESS... --ok|--dead [--list LIST] [--who WHO] --why TEXT",
	.help = "keep these addresses good, or dead, whatever reports say",
	.run = run_pin,
};

const struct ctl_command ctl_unpin = {
	.name = "unpin",
	.arguments = "ADDRESS... [--list LIST] [--who WHO] --why TEXT",
	.help = "let reports decide again; the address begins as good",
	.run = run_unpin,
};
