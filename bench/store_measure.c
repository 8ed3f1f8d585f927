/*
 * store_measure - what is asked of one database of many
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_measure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cost.h"
#include "log.h"
#include "store_fill.h"
#include "store_process.h"
#include "store_world.h"

#define PAGE 4096
#define BATCHES 20    /* a turn */
#define STRANGERS 10  /* one of so many mails is about somebody new */
#define BETWEEN 600   /* seconds from one mail to the next, in the mails' own time: no incident */
#define LOOKUPS 500   /* a turn */
#define PROCESSES 10  /* a turn */
#define UIDVALIDITY 2 /* of the folder that the mails of this run come from */

static void
die(const struct base *base, const char *what)
{
	fprintf(stderr, "bench_store: %s: %s: %s\n", base->path, what, store_error(base->store));
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- ingest ---- */

/* Pages that this process read and wrote with system calls: SQLite's cache had them not, or not any
 * more. */
static void
pages(double *in, double *out)
{
	FILE *io = fopen("/proc/self/io", "r");
	char line[100];

	*in = *out = 0;
	while (io != NULL && fgets(line, sizeof(line), io) != NULL) {
		if (strncmp(line, "rchar:", 6) == 0)
			*in = strtod(line + 6, NULL) / PAGE;
		if (strncmp(line, "wchar:", 6) == 0)
			*out = strtod(line + 6, NULL) / PAGE;
	}
	if (io != NULL)
		fclose(io);
}

/* One who has bounced; returns his number. */
static uint64_t
somebody(const struct base *base, uint64_t dice, struct world_person *out)
{
	uint64_t number;

	do {
		dice = world_mix(dice, 77);
		number = dice % base->recipients;
		world_person(number, base->recipients, 0, out);
	} while (out->first >= base->months);
	return number;
}

struct mail {
	char bytes[WORLD_MAIL_SIZE];
	struct ledger_message message;
	struct ledger_reading reading;
};

/* The next report about somebody, the same one for every database as far as it can be. */
static void
write_mail(struct base *base, struct mail *mail)
{
	uint64_t mark = ++base->mails;
	struct world_person person;
	uint64_t number;
	unsigned day;
	size_t length;

	base->time += BETWEEN;
	day = WORLD_ROUNDS + (unsigned)((base->time - WORLD_BEGAN) / STATE_DAY);
	number = somebody(base, mark, &person);
	if (mark % STRANGERS == 0)
		world_person(number, base->recipients, mark, &person);
	length = world_mail(&person, world_saying(number, day), day, mark, mail->bytes);
	mail->message = (struct ledger_message){
		.folder = base->folder,
		.where = "lists/New",
		.uid = ++base->uid,
		.size = length,
		.bytes = span_make(mail->bytes, length),
		.time = base->time,
	};
}

static void
record(struct base *base, const struct mail *mail, size_t count)
{
	struct ledger_result result;

	if (store_begin(base->store) < 0)
		die(base, "begin");
	for (size_t i = 0; i < count; i++) {
		if (ledger_record(base->store, base->config, &mail[i].message, &mail[i].reading,
				  &result) < 0)
			die(base, "record");
		if (result.recipients != 1)
			die(base, "an invented report is none");
	}
	if (store_folder_advance(base->store, base->folder, base->uid) < 0 ||
	    store_commit(base->store) < 0)
		die(base, "commit");
}

static void
move(struct base *base, const struct mail *mail, size_t count)
{
	uint32_t uid[MEASURE_BATCH], copy[MEASURE_BATCH];
	const struct store_move move = {
		.step = STORE_MOVED,
		.folder = base->folder,
		.time = base->time,
		.uid = uid,
		.count = count,
		.filed = { "Bounces", 1, copy },
	};

	for (size_t i = 0; i < count; i++) {
		uid[i] = mail[i].message.uid;
		copy[i] = uid[i] + 7;
	}
	if (store_move_step(base->store, &move) < 0)
		die(base, "move");
}

/* As the pipeline does: read all, record all in one transaction, move them. */
static double
ingest_batch(struct base *base, struct mail *mail)
{
	double began;

	for (size_t i = 0; i < MEASURE_BATCH; i++) {
		write_mail(base, &mail[i]);
		ledger_read(&base->arena, base->config, &base->account, &mail[i].message,
			    &mail[i].reading);
	}
	began = now();
	record(base, mail, MEASURE_BATCH);
	move(base, mail, MEASURE_BATCH);
	arena_reset(&base->arena);
	return now() - began;
}

static double
ingest_wall(struct base *base)
{
	struct mail *mail = xarray(MEASURE_BATCH, sizeof(*mail));
	const double mails = BATCHES * MEASURE_BATCH, share = 1e6 / mails;
	double in, out, in_before, out_before, began, cpu, record_time = 0;

	pages(&in_before, &out_before);
	began = now();
	cpu = cpu_seconds();
	for (unsigned i = 0; i < BATCHES; i++)
		record_time += ingest_batch(base, mail);
	cpu = cpu_seconds() - cpu;
	began = now() - began;
	pages(&in, &out);
	base->ingest = (struct ingest){ began * share, cpu * share, record_time * share,
					(in - in_before) / mails, (out - out_before) / mails };
	free(mail);
	return base->ingest.wall;
}

static double
ingest_record(struct base *base)
{
	return base->ingest.record;
}

static double
ingest_cpu(struct base *base)
{
	return base->ingest.cpu;
}

static double
ingest_in(struct base *base)
{
	return base->ingest.pages_in;
}

static double
ingest_out(struct base *base)
{
	return base->ingest.pages_out;
}

/* ---- lookups ---- */

static double
lookup_standing(struct base *base)
{
	struct bounce_standing standing;
	struct world_person person;
	char mailing[96];
	double began = cpu_seconds();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct store_mailing what = { .time = base->time };
		struct store_key key;
		bool struck;

		somebody(base, ++base->asked, &person);
		world_mailing(person.list, person.first, mailing);
		key = (struct store_key){ span_of(person.address), SPAN("") };
		what.original_message_id = span_of(mailing);
		if (store_standing(base->store, &key, &standing) != 1 ||
		    store_struck(base->store, &key, &what, &struck) < 0)
			die(base, person.address);
	}
	return (cpu_seconds() - began) * 1e6 / LOOKUPS;
}

static bool
count_row(void *context, int columns, const char *const *names, const char *const *values)
{
	unsigned *rows = context;

	(void)columns, (void)names, (void)values;
	(*rows)++;
	return true;
}

static double
lookup_show(struct base *base)
{
	struct world_person person;
	double began = cpu_seconds();
	unsigned rows = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		const char *const asked[] = { "address", person.address, NULL };

		somebody(base, ++base->asked, &person);
		if (store_query(base->store, "recipient_show", asked, count_row, &rows) != 1 ||
		    store_query(base->store, "recipient_history", asked, count_row, &rows) < 1)
			die(base, person.address);
	}
	return (cpu_seconds() - began) * 1e6 / LOOKUPS;
}

static int
count_entry(void *context, const struct store_entry *entry)
{
	unsigned *rows = context;

	(void)entry;
	(*rows)++;
	return 0;
}

static double
lookup_entries(struct base *base)
{
	struct world_person person;
	double began = cpu_seconds();
	unsigned rows = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct store_key key;

		somebody(base, ++base->asked, &person);
		key = (struct store_key){ span_of(person.address), SPAN("") };
		if (store_entries(base->store, &key, count_entry, &rows) < 0 || rows == 0)
			die(base, person.address);
	}
	return (cpu_seconds() - began) * 1e6 / LOOKUPS;
}

/* ---- bouncectl ---- */

/* One number, by a connection of its own. */
static double
ask(const struct base *base, const char *sql)
{
	sqlite3_stmt *s = NULL;
	double answer = 0;
	sqlite3 *db;

	if (sqlite3_open_v2(base->path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		answer = sqlite3_column_double(s, 0);
	else
		fprintf(stderr, "bench_store: %s: %s\n", sql, sqlite3_errmsg(db));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return answer;
}

/* Asked once: it looks at all. */
static double
addresses(struct base *base)
{
	if (base->addresses == 0)
		base->addresses = ask(base, "SELECT count(*) FROM recipient");
	return base->addresses;
}

static struct process
bouncectl(const struct base *base, const char *command, const char *argument, bool watched)
{
	return process_run((const char *const[]){ base->bouncectl, "--state", base->path, command,
						  argument, NULL },
			   watched);
}

/* *cpu, where asked, in ms as well. */
static double
ask_often(struct base *base, const char *command, double *cpu)
{
	struct process sum = { 0 };
	struct world_person person;

	for (unsigned i = 0; i < PROCESSES; i++) {
		struct process one;

		somebody(base, ++base->asked, &person);
		one = bouncectl(base, command, person.address, false);
		sum.wall += one.wall;
		sum.cpu += one.cpu;
	}
	if (cpu != NULL)
		*cpu = sum.cpu * 1e3 / PROCESSES;
	return sum.wall * 1e3 / PROCESSES;
}

static double
run_show(struct base *base)
{
	return ask_often(base, "show", &base->show_cpu);
}

static double
run_show_cpu(struct base *base)
{
	return base->show_cpu;
}

static double
run_explain(struct base *base)
{
	return ask_often(base, "explain", NULL);
}

static double
run_stats(struct base *base)
{
	return bouncectl(base, "stats", NULL, false).wall * 1e3;
}

static double
run_list(struct base *base)
{
	struct process list = bouncectl(base, "list", "--csv", true);

	base->list_memory = list.memory;
	return list.wall * 1e6 / addresses(base);
}

static double
run_list_memory(struct base *base)
{
	return base->list_memory;
}

static double
undo(const struct base *base, const char *option, const char *value)
{
	const char *const words[] = { base->bouncectl, "--state",   base->path, "undo",  option,
				      value,           "--dry-run", "--why",    "bench", NULL };

	return process_run(words, false).wall * 1e3;
}

static double
run_undo_domain(struct base *base)
{
	return undo(base, "--domain", "office1.example");
}

/* What came in the last hour of the mails' own time. */
static double
run_undo_since(struct base *base)
{
	const time_t since = (time_t)(base->time - 3600);
	char text[32];
	struct tm tm;

	gmtime_r(&since, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return undo(base, "--since", text);
}

static double
run_replay(struct base *base)
{
	struct process replay = bouncectl(base, "replay", "--check", true);

	base->replay_memory = replay.memory;
	return replay.wall * 1e6 / addresses(base);
}

static double
run_replay_memory(struct base *base)
{
	return base->replay_memory;
}

/* ---- what a disk would say ---- */

/* With nothing of the database in the kernel's memory: what is behind the page tables of caches is
 * what a large database shows first. */
static double
run_show_cold(struct base *base)
{
	double took = 0;

	for (unsigned i = 0; i < PROCESSES; i++) {
		int fd = open(base->path, O_RDONLY | O_CLOEXEC);
		struct world_person person;

		somebody(base, ++base->asked, &person);
		if (fd < 0 || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			perror(base->path);
		close(fd);
		took += bouncectl(base, "show", person.address, false).wall;
	}
	return took * 1e3 / PROCESSES;
}

static double
events(struct base *base)
{
	return ask(base, "SELECT max(id) FROM event");
}

static double
size_per_event(struct base *base)
{
	struct stat st;

	if (stat(base->path, &st) < 0)
		return 0;
	return (double)st.st_size / events(base);
}

/* The view as a program reads it: each row, in any order. */
static double
read_suppressed(struct base *base)
{
	sqlite3_stmt *s = NULL;
	double began = now(), before, most = 0;
	uint64_t rows;
	sqlite3 *db;

	if (sqlite3_open_v2(base->path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT * FROM suppressed", -1, &s, NULL) != SQLITE_OK)
		fprintf(stderr, "bench_store: suppressed: %s\n", sqlite3_errmsg(db));
	before = (double)sqlite3_memory_used();
	for (rows = 0; sqlite3_step(s) == SQLITE_ROW; rows++) {
		double used = (double)sqlite3_memory_used() - before;

		if (used > most)
			most = used;
	}
	base->suppressed_memory = most / 1024;
	sqlite3_finalize(s);
	sqlite3_close(db);
	return (now() - began) * 1e6 / (double)rows;
}

static double
suppressed_memory(struct base *base)
{
	return base->suppressed_memory;
}

const struct measure measures[] = {
	{ "ingest", "us/mail", false, ingest_wall },
	{ "  of this record, commit, move", "us/mail", false, ingest_record },
	{ "  processor", "us/mail", false, ingest_cpu },
	{ "  read", "pages/mail", false, ingest_in },
	{ "  written", "pages/mail", false, ingest_out },
	{ "standing and echo of an address", "us cpu", false, lookup_standing },
	{ "statements of show", "us cpu", false, lookup_show },
	{ "ledger of an address (explain)", "us cpu", false, lookup_entries },
	{ "bouncectl show", "ms", false, run_show },
	{ "  processor", "ms", false, run_show_cpu },
	{ "bouncectl explain", "ms", false, run_explain },
	{ "addresses", "", true, addresses },
	{ "events", "", true, events },
	{ "size on disk", "bytes/event", true, size_per_event },
	{ "bouncectl undo --domain --dry-run", "ms", true, run_undo_domain },
	{ "bouncectl undo --since --dry-run", "ms", true, run_undo_since },
	{ "bouncectl show, nothing cached", "ms", true, run_show_cold },
	{ "bouncectl stats", "ms", true, run_stats },
	{ "view suppressed", "us/row", true, read_suppressed },
	{ "  memory", "KiB", true, suppressed_memory },
	{ "bouncectl list --csv", "us/row", true, run_list },
	{ "  memory", "KiB", true, run_list_memory },
	{ "bouncectl replay --check", "us/address", true, run_replay },
	{ "  memory", "KiB", true, run_replay_memory },
	{ NULL, NULL, false, NULL },
};

/* ---- a database ---- */

static void
make_account(struct config_account *account)
{
	static char bounces[] = "Bounces";

	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++)
		account->target[kind].folder = bounces;
	account->unreadable.folder = bounces;
}

void
base_open(struct base *base, const char *path)
{
	char error[STORE_ERROR_SIZE];
	struct buf errors = BUF_INIT;
	struct store_folder folder;

	base->path = xstrdup(path);
	base->config = config_parse("bench", "", &errors);
	base->store = store_open(path, STORE_WRITE, error);
	if (base->config == NULL || base->store == NULL) {
		fprintf(stderr, "bench_store: %s%s\n", buf_str(&errors), error);
		exit(1);
	}
	make_account(&base->account);
	arena_init(&base->arena, (size_t)16 * 1024 * 1024);
	base->time = WORLD_BEGAN + WORLD_ROUNDS * WORLD_MONTH;
	if (store_folder_open(base->store, "lists", "New", UIDVALIDITY, &folder) < 0 ||
	    ledger_rule(base->store, base->config, base->time) < 0)
		die(base, "opening");
	base->folder = folder.id;
	base->uid = folder.last_uid;
	base->mails = folder.last_uid;
	base->time += (int64_t)base->mails * BETWEEN;
	buf_free(&errors);
}

void
base_close(struct base *base)
{
	unsigned rows = 0;

	if (store_query(base->store, "incident_list", NULL, count_row, &rows) != 0)
		fprintf(stderr, "%s: %u incidents held reports: the figures mean nothing\n",
			base->path, rows);
	store_close(base->store);
	config_free(base->config);
	arena_free(&base->arena);
	free(base->path);
}
