/*
 * mailbounced - reads bounces from IMAP folders and keeps the state of every recipient
 *
 * The command line; everything else is a module.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "config.h"
#include "log.h"
#include "serve.h"

struct options {
	const char *config_path;
	bool check, dump, once;
};

static const char usage_text[] =
	"usage: mailbounced [-c FILE] [--once | --check-config | --dump-config]\n"
	"\n"
	"  -c, --config FILE  read FILE instead of " CONFIG_DEFAULT_PATH "\n"
	"      --once         drain every folder, report, exit; 75 when one could not be drained\n"
	"      --foreground   accepted for clarity: mailbounced never leaves the foreground\n"
	"      --check-config read the configuration, say what is wrong with it, exit\n"
	"      --dump-config  print every option with the value in force, exit\n"
	"      --version      print the version, exit\n"
	"  -h, --help         print this, exit\n"
	"\n"
	"See mailbounced(8) and mailbounced.conf(5).\n";

enum { OPTION_CHECK = 256, OPTION_DUMP, OPTION_FOREGROUND, OPTION_ONCE, OPTION_VERSION };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "dump-config", no_argument, NULL, OPTION_DUMP },
	{ "foreground", no_argument, NULL, OPTION_FOREGROUND },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Exits by itself for what needs no configuration, and on nonsense. */
static struct options
read_options(int argc, char **argv)
{
	struct options options = { .config_path = CONFIG_DEFAULT_PATH };
	int c;

	while ((c = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config_path = optarg;
			break;
		case OPTION_CHECK:
			options.check = true;
			break;
		case OPTION_DUMP:
			options.dump = true;
			break;
		case OPTION_FOREGROUND:
			break;
		case OPTION_ONCE:
			options.once = true;
			break;
		case OPTION_VERSION:
			printf("mailbounced %s\n", MAILBOUNCED_VERSION);
			exit(EX_OK);
		case 'h':
			fputs(usage_text, stdout);
			exit(EX_OK);
		default:
			fputs(usage_text, stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mailbounced: nothing is done with \"%s\"\n%s", argv[optind],
			usage_text);
		exit(EX_USAGE);
	}
	return options;
}

/* The configuration, or the end of the program after saying what is wrong with it. */
static struct config *
read_config(const char *path)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_read(path, &errors);

	fputs(buf_str(&errors), stderr);
	buf_free(&errors);
	if (config == NULL)
		exit(EX_CONFIG);
	return config;
}

static int
print_config(struct config *config)
{
	struct buf text = BUF_INIT;

	config_dump(config, &text);
	fputs(buf_str(&text), stdout);
	buf_free(&text);
	config_free(config);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct config *config;

	log_open("mailbounced");
	config = read_config(options.config_path);
	log_set_level(config->log_level);
	if (options.dump)
		return print_config(config);
	if (options.check) {
		printf("%s: no errors\n", options.config_path);
		config_free(config);
		return EX_OK;
	}
	return serve(config, options.once);
}
