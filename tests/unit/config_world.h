/*
 * config_world - a configuration given as text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_WORLD_H
#define MAILBOUNCED_CONFIG_WORLD_H

#include <dirent.h>
#include <unistd.h>

#include "config_reader.h"

#define MINIMAL                            \
	"account \"example\" {\n"          \
	"host = \"imap.example.com\"\n"    \
	"user = \"bounces@example.com\"\n" \
	"password-credential = \"imap\"\n" \
	"}\n"

static inline struct config *
must_parse(const char *text)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_parse("test.conf", text, &errors);

	assert_string_equal(buf_str(&errors), "");
	assert_non_null(config);
	buf_free(&errors);
	return config;
}

static inline char *
dump_of(const char *text)
{
	struct config *config = must_parse(text);
	struct buf out = BUF_INIT;
	char *copy;

	config_dump(config, &out);
	copy = xstrdup(buf_str(&out));
	buf_free(&out);
	config_free(config);
	return copy;
}

/* Values */

/* Every option, each with a value that is not its default. */
static const char everything[] = "state = \"/srv/state.db\"\n"
				 "log-level = debug\n"
				 "outbox-keep = 1h\n"
				 "\npolicy {\n"
				 "\tpreset = strict\n"
				 "\tthreshold = 2.25\n"
				 "\tbackoff = {\"1h\", \"90s\"}\n"
				 "\tsuspend = 10d\n"
				 "\tprobes = 10\n"
				 "\tconfirm = 1\n"
				 "\tconfirm-gap = 0\n"
				 "\tconfirm-quiet = 36h\n"
				 "\tgrace = 1h\n"
				 "\tfade-mailings = 0\n"
				 "\tfull-for = 7d\n"
				 "\tfull-mailings = 3\n"
				 "\treason \"mailbox-full\" {\n"
				 "\t\tweight = 0.1\n"
				 "\t\tdecay = 0\n"
				 "\t\tdisposition = \"\"\n"
				 "\t}\n"
				 "\treason \"expired\" {\n"
				 "\t\tweight = \"\"\n"
				 "\t\tdecay = \"\"\n"
				 "\t\tdisposition = \"ignore\"\n"
				 "\t}\n"
				 "}\n"
				 "\nrule \"a \\\"b\\\"\" {\n"
				 "\treason = {\"mailbox-full\", \"unclassified\"}\n"
				 "\tstatus = \"4.2.x\"\n"
				 "\tdomain = \"example.com\"\n"
				 "\tlist = \"news.example.com\"\n"
				 "\tdisposition = \"ignore\"\n"
				 "\tweight = 0.05\n"
				 "\tbackoff = {\"2d\"}\n"
				 "}\n"
				 "\n"
				 "list \"news.example.com\" {\n"
				 "\tbounce-address = \"news-bounces@lists.example.com\"\n"
				 "\tdelimiter = hyphen\n"
				 "\trequire-token = always\n"
				 "\tpolicy {\n"
				 "\t\tpreset = report-only\n"
				 "\t\tthreshold = 1.0\n"
				 "\t\tbackoff = {\"1d\"}\n"
				 "\t\tsuspend = 1d\n"
				 "\t\tprobes = 1\n"
				 "\t\tconfirm = 2\n"
				 "\t\tconfirm-gap = 1d\n"
				 "\t\tconfirm-quiet = 1d\n"
				 "\t\tgrace = 1d\n"
				 "\t\tfade-mailings = 1\n"
				 "\t\tfull-for = 1d\n"
				 "\t\tfull-mailings = 1\n"
				 "\t\treason \"expired\" {\n"
				 "\t\t\tweight = 1.0\n"
				 "\t\t\tdecay = 1d\n"
				 "\t\t\tdisposition = \"disable\"\n"
				 "\t\t}\n"
				 "\t}\n"
				 "}\n"
				 "\ntokens {\n"
				 "\tsign-with = \"k2\"\n"
				 "\texpire = 7d\n"
				 "\tbatv-expire = 499d\n"
				 "\tauthserv-id = {\"mx.example.com\"}\n"
				 "\town-received = 50\n"
				 "\tkey \"k1\" {\n"
				 "\t\tsecret-credential = \"token-k1\"\n"
				 "\t\tsecret-file = \"\"\n"
				 "\t\tsecret-command = {}\n"
				 "\t}\n"
				 "\tkey \"k2\" {\n"
				 "\t\tsecret-credential = \"\"\n"
				 "\t\tsecret-file = \"/etc/mailbounced/k2\"\n"
				 "\t\tsecret-command = {}\n"
				 "\t}\n"
				 "\tbatv \"0\" {\n"
				 "\t\tsecret-credential = \"\"\n"
				 "\t\tsecret-file = \"\"\n"
				 "\t\tsecret-command = {\"/usr/bin/pass\", \"batv\"}\n"
				 "\t}\n"
				 "}\n"
				 "\ntrust {\n"
				 "\tok = T1\n"
				 "\tbackoff = T1\n"
				 "\tsuspended = T2\n"
				 "\tdead = T3\n"
				 "\tcomplained = T1\n"
				 "}\n"
				 "\nincident {\n"
				 "\thold = false\n"
				 "\tdomain-addresses = 1\n"
				 "\tdomain-share = 2%\n"
				 "\tlist-addresses = 3\n"
				 "\tlist-share = 4%\n"
				 "\ttext-addresses = 5\n"
				 "\tsurge = 6\n"
				 "\twindow = 7h\n"
				 "\tquiet = 8d\n"
				 "}\n"
				 "\nretention {\n"
				 "\tdiagnostics = 30d\n"
				 "\thistory = 31d\n"
				 "\taddresses = \"forever\"\n"
				 "\tmessages = 36500d\n"
				 "}\n"
				 "\nphrase \"quota of {address}\" {\n"
				 "\treason = \"mailbox-full\"\n"
				 "\teffect = \"temporary\"\n"
				 "}\n"
				 "\nstatus \"5.9.x\" {\n"
				 "\treason = \"system-error\"\n"
				 "\teffect = \"permanent\"\n"
				 "}\n"
				 "\naccount \"lists\" {\n"
				 "\thost = \"imap.example.com\"\n"
				 "\tport = \"1143\"\n"
				 "\ttls = starttls\n"
				 "\tca-file = \"/etc/ssl/own.pem\"\n"
				 "\ttls-name = \"mail.example.com\"\n"
				 "\tauth = login\n"
				 "\tuser = \"b\xc3\xbcro\\$x\"\n"
				 "\tpassword-credential = \"\"\n"
				 "\tpassword-file = \"\"\n"
				 "\tpassword-command = {\"/usr/bin/pass\", \"show\"}\n"
				 "\tpassword = \"\"\n"
				 "\tinsecure-inline-password = true\n"
				 "\tfolders = {\"INBOX\", \"Lists/Bounces\"}\n"
				 "\tmax-folders = 10000\n"
				 "\tlist-interval = 1s\n"
				 "\tmax-connections = 1\n"
				 "\tidle = false\n"
				 "\tidle-renew = 29m\n"
				 "\tpoll-interval = 1s\n"
				 "\tbatch-messages = 1\n"
				 "\tbatch-bytes = 64K\n"
				 "\tmove-messages = 10000\n"
				 "\tmove-retry = 2h\n"
				 "\tallow-delete = true\n"
				 "\tmessage-bytes = 4097\n"
				 "\tconnect-timeout = 1s\n"
				 "\ttls-timeout = 2s\n"
				 "\tprogress-timeout = 3s\n"
				 "\tcommand-timeout = 4s\n"
				 "\ttransfer-timeout = 1h\n"
				 "\tretry-least = 7s\n"
				 "\tretry-most = 7s\n"
				 "\toauth2 {\n"
				 "\t\ttoken-command = {}\n"
				 "\t\ttoken-url = \"\"\n"
				 "\t\tclient-id = \"\"\n"
				 "\t\tclient-secret-credential = \"\"\n"
				 "\t\tclient-secret-file = \"\"\n"
				 "\t\tclient-secret-command = {}\n"
				 "\t\trefresh-token-file = \"\"\n"
				 "\t\tscope = \"\"\n"
				 "\t\tca-file = \"/etc/ssl/other.pem\"\n"
				 "\t\ttimeout = 9s\n"
				 "\t}\n"
				 "\ttarget {\n"
				 "\t\tbounce = \"A\"\n"
				 "\t\tdelayed = \"B\"\n"
				 "\t\tsuccess = \"C\"\n"
				 "\t\tcomplaint = \"\\\\Junk\"\n"
				 "\t\tauto-reply = \"delete\"\n"
				 "\t\treceipt = \"F\"\n"
				 "\t\tchallenge = \"G\"\n"
				 "\t\tbackscatter = \"H\"\n"
				 "\t\tother = \"I\"\n"
				 "\t\tunreadable = \"leave\"\n"
				 "\t}\n"
				 "}\n"
				 "\nhook \"notify\" {\n"
				 "\tcommand = {\"/bin/sh\", \"-c\", \"true \\\\ \\$HOME\"}\n"
				 "\tstates = {\"backoff\", \"pinned-dead\"}\n"
				 "\tincidents = true\n"
				 "\ttimeout = 1h\n"
				 "}\n";

#endif
