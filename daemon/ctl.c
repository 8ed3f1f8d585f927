/*
 * ctl - bouncectl: the list of commands and what they share
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl.h"

#include <getopt.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "nearest.h"

static const struct ctl_command *const commands[] = {
	&ctl_classify, &ctl_code, &ctl_explain, &ctl_export_subject, &ctl_forget,     &ctl_incident,
	&ctl_kill,     &ctl_list, &ctl_pin,     &ctl_replay,         &ctl_restore,    &ctl_revive,
	&ctl_sent,     &ctl_show, &ctl_sign,    &ctl_stats,          &ctl_suppressed, &ctl_undo,
	&ctl_unpin,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
print_usage(FILE *out)
{
	fputs("usage: bouncectl [-c FILE] [--state DB] COMMAND ...\n\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %s %s\n      %s\n", commands[i]->name, commands[i]->arguments,
			commands[i]->help);
	fputs("\n"
	      "  -c, --config FILE  configuration (default " CONFIG_DEFAULT_PATH ")\n"
	      "      --state DB     state database (default: the one of the configuration)\n"
	      "  -h, --help         this text\n"
	      "  -V, --version      the version\n",
	      out);
}

int
ctl_usage(const struct ctl_command *command, const char *format, ...)
{
	char text[500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return ctl_fail(EX_USAGE, "%s: %s; usage: bouncectl %s %s", command->name, text,
			command->name, command->arguments);
}

static const struct ctl_option *
find_option(const struct ctl_option *options, struct span name)
{
	for (; options->name != NULL; options++) {
		if (span_eq(span_of(options->name), name))
			return options;
	}
	return NULL;
}

static int
unknown_option(const struct ctl_command *command, const struct ctl_option *options,
	       const char *argument)
{
	struct nearest nearest = nearest_to(argument + 2);

	for (; options->name != NULL; options++)
		nearest_try(&nearest, options->name);
	if (nearest.best != NULL)
		ctl_usage(command, "unknown option '%s' (did you mean '--%s'?)", argument,
			  nearest.best);
	else
		ctl_usage(command, "unknown option '%s'", argument);
	return -1;
}

/* One "--name", "--name=VALUE" or "--name VALUE" at argv[*at]; *at moves onto the last word that
 * belongs to it. */
static int
take_option(const struct ctl_command *command, const struct ctl_option *options, char **argv,
	    int *at)
{
	struct span rest = span_of(argv[*at] + 2), name;
	const struct ctl_option *option;

	if (!span_cut(&rest, '=', &name) || (option = find_option(options, name)) == NULL)
		return unknown_option(command, options, argv[*at]);
	if (option->flag != NULL) {
		if (name.end[0] == '=') {
			ctl_usage(command, "--%s takes no value", option->name);
			return -1;
		}
		*option->flag = true;
		return 0;
	}
	if (name.end[0] == '=') {
		*option->value = name.end + 1;
	} else if (argv[*at + 1] != NULL) {
		*option->value = argv[++*at];
	} else {
		ctl_usage(command, "--%s wants a value", option->name);
		return -1;
	}
	return 0;
}

int
ctl_options(const struct ctl_command *command, const struct ctl_option *options, int argc,
	    char **argv)
{
	int count = 0, i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (take_option(command, options, argv, &i) != 0)
				return -1;
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			ctl_usage(command, "unknown option '%s'", argv[i]);
			return -1;
		} else {
			argv[count++] = argv[i];
		}
	}
	for (i++; i < argc; i++)
		argv[count++] = argv[i];
	argv[count] = NULL;
	return count;
}

int
ctl_time(const char *text, int64_t now, int64_t *out)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ",
					       "%Y-%m-%d" };
	int64_t span;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);

		if (end != NULL && *end == '\0') {
			*out = (int64_t)timegm(&tm);
			return 0;
		}
	}
	if (config_duration(text, &span) != 0 || span > now)
		return -1;
	*out = now - span;
	return 0;
}

struct config *
ctl_config(const struct ctl_context *context, int *status)
{
	const char *path =
		context->config_path != NULL ? context->config_path : CONFIG_DEFAULT_PATH;
	struct buf errors = BUF_INIT;
	struct config *config = config_read(path, &errors);

	fputs(buf_str(&errors), stderr);
	buf_free(&errors);
	if (config == NULL)
		*status = ctl_fail(EX_CONFIG, "the configuration is not usable; repair it");
	return config;
}

/* The database's path: from the command line, the configuration, or its default when nobody ever
 * wrote a configuration. *config is to be freed by the caller. */
static const char *
state_path(const struct ctl_context *context, struct config **config, int *status)
{
	const char *path =
		context->config_path != NULL ? context->config_path : CONFIG_DEFAULT_PATH;
	struct buf errors = BUF_INIT;

	if (context->state_path != NULL)
		return context->state_path;
	if (context->config_path == NULL && access(path, F_OK) != 0)
		return CONFIG_DEFAULT_STATE;
	*config = config_read(path, &errors);
	if (*config == NULL) {
		fputs(buf_str(&errors), stderr);
		*status = ctl_fail(EX_CONFIG, "%s: not usable; repair it or give --state DB", path);
	}
	buf_free(&errors);
	return *config == NULL ? NULL : (*config)->state_path;
}

/* Who may write the file, for people. */
static const char *
owner_of(const char *path, char *text, size_t size)
{
	struct stat st;
	const struct passwd *user = stat(path, &st) == 0 ? getpwuid(st.st_uid) : NULL;

	snprintf(text, size, "%s", user != NULL ? user->pw_name : "the daemon's user");
	return text;
}

static struct store *
open_store(const char *path, enum store_mode mode, int *status)
{
	char error[STORE_ERROR_SIZE], owner[100];
	struct store *store = NULL;

	if (access(path, F_OK) != 0) {
		*status = ctl_fail(EX_NOINPUT,
				   "%s: no database yet; run mailbounced first or give --state DB",
				   path);
	} else if (access(path, R_OK) != 0) {
		*status =
			ctl_fail(EX_NOPERM,
				 "%s: may not be read; run as root or as the daemon's user", path);
	} else if (mode != STORE_READ && access(path, W_OK) != 0) {
		*status =
			ctl_fail(EX_NOPERM, "%s: may be read and not changed; run as root or as %s",
				 path, owner_of(path, owner, sizeof(owner)));
	} else {
		store = store_open(path, mode, error);
		if (store == NULL)
			*status = ctl_fail(EX_UNAVAILABLE, "%s", error); /* names the path */
	}
	return store;
}

struct store *
ctl_store(const struct ctl_context *context, int *status)
{
	struct config *config = NULL;
	const char *path = state_path(context, &config, status);
	struct store *store = path != NULL ? open_store(path, STORE_READ, status) : NULL;

	config_free(config);
	return store;
}

struct store *
ctl_store_beside(const struct ctl_context *context, struct config **config, int *status)
{
	const char *path = state_path(context, config, status);

	/* --state says where, and what hooks there are nobody but a configuration. */
	if (path != NULL && *config == NULL && context->config_path != NULL) {
		struct ctl_context other = *context;

		other.state_path = NULL;
		if (state_path(&other, config, status) == NULL)
			return NULL;
	}
	return path != NULL ? open_store(path, STORE_BESIDE, status) : NULL;
}

static int
run_command(const struct ctl_context *context, int argc, char **argv)
{
	struct nearest nearest = nearest_to(argv[0]);

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct ctl_command *command = commands[i];

		nearest_try(&nearest, command->name);
		if (strcmp(argv[0], command->name) != 0)
			continue;
		if (argc == 2 && strcmp(argv[1], "--help") == 0) {
			printf("usage: bouncectl %s %s\n%s\n", command->name, command->arguments,
			       command->help);
			return ctl_finish();
		}
		return command->run(context, argc, argv);
	}
	if (nearest.best != NULL)
		return ctl_fail(EX_USAGE, "unknown command '%s'; did you mean '%s'?", argv[0],
				nearest.best);
	return ctl_fail(EX_USAGE, "unknown command '%s'; bouncectl --help lists them", argv[0]);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "state", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl_context context = { .program = "bouncectl", .now = (int64_t)time(NULL) };
	int option;

	log_open("bouncectl");
	while ((option = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			context.config_path = optarg;
			break;
		case 's':
			context.state_path = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return ctl_finish();
		case 'V':
			puts("bouncectl " MAILBOUNCED_VERSION);
			return ctl_finish();
		default:
			return EX_USAGE;
		}
	}
	if (optind == argc) {
		print_usage(stderr);
		return EX_USAGE;
	}
	return run_command(&context, argc - optind, argv + optind);
}
