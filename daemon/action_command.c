/*
 * action_command - runs a program that is told of a state change
 *
 * What the program gets: the facts in its environment and the JSON on its standard input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "action.h"

#include <sysexits.h>

#include "child.h"
#include "utf8.h"

/* Adds NAME=VALUE made of "name=value": MAILBOUNCED_ in front, the name in capitals. */
static char *
variable(struct span fact)
{
	struct buf out = BUF_INIT;
	struct span name;

	span_cut(&fact, '=', &name);
	buf_adds(&out, "MAILBOUNCED_");
	for (const char *p = name.p; p < name.end; p++) {
		char c = *p;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buf_addc(&out, c);
	}
	buf_addc(&out, '=');
	while (!span_empty(fact)) {
		const char *from = fact.p;
		uint32_t code;

		if (utf8_take(&fact, &code) && !utf8_is_unsafe(code))
			buf_add(&out, (struct span){ from, fact.p });
		else
			buf_addc(&out, '?');
	}
	if (!buf_ok(&out))
		log_fatal(EX_OSERR, "out of memory");
	return out.data;
}

static char *
numbered(const char *name, long long number)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%lld", name, number);
	return variable(span_of(text));
}

static char **
make_environment(const struct store_outbox *entry)
{
	struct buf hook = BUF_INIT;
	size_t count, facts = 0;
	char **environment;

	while (entry->fact[facts] != NULL)
		facts++;
	environment = child_environment(facts + 3, &count);
	for (size_t i = 0; i < facts; i++)
		environment[count++] = variable(span_of(entry->fact[i]));
	buf_addf(&hook, "hook=%s", entry->hook);
	environment[count++] = variable(buf_span(&hook));
	environment[count++] = numbered("id", entry->id);
	environment[count++] = numbered("attempt", (long long)entry->attempts + 1);
	buf_free(&hook);
	return environment;
}

static int
perform(struct co_loop *loop, const struct config_hook *hook, const struct store_outbox *entry,
	char *error)
{
	char **environment = make_environment(entry);
	struct child child = {
		.command = hook->command,
		.environment = environment,
		.timeout = hook->timeout,
	};
	struct buf input = BUF_INIT;
	int result;

	buf_addf(&input, "%s\n", entry->payload);
	if (!buf_ok(&input))
		log_fatal(EX_OSERR, "out of memory");
	child.input = buf_span(&input);
	result = child_run(loop, &child, error);
	buf_free(&input);
	child_environment_free(environment);
	return result;
}

const struct action action_command = { .name = "command", .perform = perform };
