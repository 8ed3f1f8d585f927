/*
 * store_measure - what is asked of one database of many
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_measure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cost.h"
#include "log.h"
#include "store_fill.h"
#include "store_world.h"

#define PAGE 4096
#define BATCHES 20    /* a turn */
#define STRANGERS 10  /* one of so many mails is about somebody new */
#define BETWEEN 600   /* seconds from one mail to the next, in the mails' own time: no incident */
#define LOOKUPS 500   /* a turn */
#define PROCESSES 10  /* a turn */
#define MOST_WORDS 12 /* of a command */
#define UIDVALIDITY 2 /* of the folder that the mails of this run come from */

extern char **environ;

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
	unsigned long long rchar = 0, wchar = 0;
	FILE *io = fopen("/proc/self/io", "r");

	if (io == NULL || fscanf(io, "rchar: %llu wchar: %llu", &rchar, &wchar) != 2)
		rchar = wchar = 0;
	if (io != NULL)
		fclose(io);
	*in = (double)rchar / PAGE;
	*out = (double)wchar / PAGE;
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
	uint64_t number = world_mix(mark, 77) % base->recipients;
	struct world_person person;
	unsigned day;
	size_t length;

	base->time += BETWEEN;
	day = WORLD_ROUNDS + (unsigned)((base->time - WORLD_BEGAN) / STATE_DAY);
	world_person(number, base->recipients, mark % STRANGERS == 0 ? mark : 0, &person);
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

static void
somebody(struct base *base, struct world_person *out)
{
	world_person(world_mix(++base->asked, 78) % base->recipients, base->recipients, 0, out);
}

static double
lookup_standing(struct base *base)
{
	struct bounce_standing standing;
	struct world_person person;
	char mailing[96];
	double began = now();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct store_mailing what = { .time = base->time };
		struct store_key key;
		bool struck;

		somebody(base, &person);
		world_mailing(person.list, WORLD_ROUNDS - 1, mailing);
		key = (struct store_key){ span_of(person.address), SPAN("") };
		what.original_message_id = span_of(mailing);
		if (store_standing(base->store, &key, &standing) != 1 ||
		    store_struck(base->store, &key, &what, &struck) < 0)
			die(base, person.address);
	}
	return (now() - began) * 1e6 / LOOKUPS;
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
	double began = now();
	unsigned rows = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		const char *const asked[] = { "address", person.address, NULL };

		somebody(base, &person);
		if (store_query(base->store, "recipient_show", asked, count_row, &rows) != 1 ||
		    store_query(base->store, "recipient_history", asked, count_row, &rows) < 1)
			die(base, person.address);
	}
	return (now() - began) * 1e6 / LOOKUPS;
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
	double began = now();
	unsigned rows = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct store_key key;

		somebody(base, &person);
		key = (struct store_key){ span_of(person.address), SPAN("") };
		if (store_entries(base->store, &key, count_entry, &rows) < 0 || rows == 0)
			die(base, person.address);
	}
	return (now() - began) * 1e6 / LOOKUPS;
}

/* ---- bouncectl ---- */

/* Seconds that it took; *memory, where asked, in KiB. */
static double
bouncectl(struct base *base, const char *const *words, double *memory)
{
	const char *const before[] = { base->bouncectl, "--state", base->path };
	char *argv[MOST_WORDS + 1] = { NULL };
	size_t count = 0;
	posix_spawn_file_actions_t files;
	struct rusage usage;
	double began;
	int status;
	pid_t pid;

	while (count < sizeof(before) / sizeof(before[0])) {
		argv[count] = xstrdup(before[count]);
		count++;
	}
	for (; *words != NULL && count < MOST_WORDS; words++)
		argv[count++] = xstrdup(*words);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	began = now();
	if (posix_spawn(&pid, base->bouncectl, &files, NULL, argv, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "bench_store: bouncectl %s: failed\n", argv[3]);
		exit(1);
	}
	began = now() - began;
	posix_spawn_file_actions_destroy(&files);
	while (count > 0)
		free(argv[--count]);
	if (memory != NULL)
		*memory = (double)usage.ru_maxrss;
	return began;
}

static double
ask_often(struct base *base, const char *command)
{
	struct world_person person;
	double took = 0;

	for (unsigned i = 0; i < PROCESSES; i++) {
		somebody(base, &person);
		took += bouncectl(base, (const char *const[]){ command, person.address, NULL },
				  NULL);
	}
	return took * 1e3 / PROCESSES;
}

static double
run_show(struct base *base)
{
	return ask_often(base, "show");
}

static double
run_explain(struct base *base)
{
	return ask_often(base, "explain");
}

static double
run_stats(struct base *base)
{
	return bouncectl(base, (const char *const[]){ "stats", NULL }, NULL) * 1e3;
}

static double list_memory; /* of the last list */

static double
run_list(struct base *base)
{
	return bouncectl(base, (const char *const[]){ "list", "--csv", NULL }, &list_memory) * 1e6 /
	       (double)base->recipients;
}

static double
run_list_memory(struct base *base)
{
	(void)base;
	return list_memory;
}

static double
run_undo(struct base *base)
{
	return bouncectl(base,
			 (const char *const[]){ "undo", "--domain", "office1.example", "--dry-run",
						"--why", "bench", NULL },
			 NULL) *
	       1e3;
}

static double replay_memory; /* of the last replay */

static double
run_replay(struct base *base)
{
	return bouncectl(base, (const char *const[]){ "replay", "--check", NULL }, &replay_memory) *
	       1e6 / (double)base->recipients;
}

static double
run_replay_memory(struct base *base)
{
	(void)base;
	return replay_memory;
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

		somebody(base, &person);
		if (fd < 0 || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			perror(base->path);
		close(fd);
		took += bouncectl(base, (const char *const[]){ "show", person.address, NULL },
				  NULL);
	}
	return took * 1e3 / PROCESSES;
}

static double
size_per_event(struct base *base)
{
	struct stat st;

	if (stat(base->path, &st) < 0)
		return 0;
	return (double)st.st_size / ((double)base->recipients * 5 + (double)base->mails);
}

const struct measure measures[] = {
	{ "ingest", "us/mail", false, ingest_wall },
	{ "  of this record, commit, move", "us/mail", false, ingest_record },
	{ "  processor", "us/mail", false, ingest_cpu },
	{ "  read", "pages/mail", false, ingest_in },
	{ "  written", "pages/mail", false, ingest_out },
	{ "standing and echo of an address", "us", false, lookup_standing },
	{ "statements of show", "us", false, lookup_show },
	{ "ledger of an address (explain)", "us", false, lookup_entries },
	{ "bouncectl show", "ms", false, run_show },
	{ "bouncectl explain", "ms", false, run_explain },
	{ "size on disk", "bytes/event", true, size_per_event },
	{ "bouncectl undo --domain --dry-run", "ms", true, run_undo },
	{ "bouncectl stats", "ms", true, run_stats },
	{ "bouncectl list --csv", "us/row", true, run_list },
	{ "  memory", "KiB", true, run_list_memory },
	{ "bouncectl replay --check", "us/address", true, run_replay },
	{ "  memory", "KiB", true, run_replay_memory },
	{ "bouncectl show, nothing cached", "ms", true, run_show_cold },
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
base_open(struct base *base, const char *path, uint64_t recipients, const char *program)
{
	char error[STORE_ERROR_SIZE];
	struct buf errors = BUF_INIT;
	struct store_folder folder;

	*base = (struct base){ .path = xstrdup(path),
			       .recipients = recipients,
			       .bouncectl = program };
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
