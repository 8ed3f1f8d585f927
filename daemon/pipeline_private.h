/*
 * pipeline_private - a batch, between the file that fetches it and the file that records it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PIPELINE_PRIVATE_H
#define MAILBOUNCED_PIPELINE_PRIVATE_H

#include "pipeline.h"

/* What a session's result means for the pipeline; IMAP_REFUSED is the mailbox's fault here. */
enum pipeline_result pipeline_result_of(enum imap_result result);

enum batch_fate {
	BATCH_GONE,     /* somebody else took it away since it was listed */
	BATCH_CAME,     /* its bytes stand in the batch */
	BATCH_WITHHELD, /* it is there, and the server does not give it */
};

struct batch_message {
	struct imap_item item;
	enum batch_fate fate;
	bool read; /* the reading is there; it points into the bytes */
	struct span bytes;
	struct ledger_reading reading;
};

struct batch {
	struct pipeline *p;
	struct batch_message *message; /* ascending by uid */
	size_t count;
	struct arena *bytes; /* of the messages */
	int64_t time;        /* when it is recorded */
};

/* Reads the message, unless the memory for it is used up: then it is read when it is recorded. */
void batch_read(struct pipeline *p, const struct batch *batch, struct batch_message *message);

/* Bytes that a message of this size is expected to add to a batch; of a large one, of which little
 * is fetched as a rule, BATCH_SHARE times as much may come. */
#define BATCH_SHARE 8
uint64_t batch_expect(const struct config_account *account, uint64_t size);

/*
 * Fetches the messages and tells the fate of each. What stands in doubt is cut off the end of the
 * batch (*cut = true, count may become 0): then the server seems to be in trouble, not the
 * messages. IMAP_REFUSED: it cannot even be asked.
 */
enum imap_result batch_fetch(struct pipeline *p, struct batch *batch, bool *cut);

/* How messages leave the folder. */
enum filing_way {
	FILING_MOVE,
	FILING_COPY,   /* copied, and deleted when the copy is sure */
	FILING_DELETE, /* deleted */
	FILING_KEEP,   /* not at all: marked and left */
};

/* One run of moves to one target. */
struct filing_job {
	struct pipeline *p;
	const char *target; /* as the intent names it */
	char *folder;       /* as the server does; NULL = deleted */
	enum filing_way way;
	struct imap_copies copies; /* of the last command */
	unsigned refused;          /* single messages, one after the other */
	bool held;                 /* the target takes nothing now */
};

/* pipeline_move.c: the first target after `before` (NULL: of all) that is not held and has
 * something to move; *target is malloc'd, NULL when there is none. before is freed. How messages
 * get there; and what the server calls it, unless job->held: why was told. */
enum pipeline_result pipeline_next_target(struct pipeline *p, int64_t now, char *before,
					  char **target);
enum filing_way pipeline_way_to(const struct pipeline *p, const char *target);
enum pipeline_result pipeline_find_folder(struct filing_job *job);

/* Asks what the server calls the folder for bounces, before there is anything to move: a MOVE can
 * be sent ahead only to a place that is known. */
enum pipeline_result pipeline_expect_moves(struct pipeline *p);

/* Sends the MOVE of one set that is due, pipeline_move.c, and goes on; then what became of it. What
 * cannot be sent ahead waits for pipeline_move(). */
enum pipeline_result pipeline_post_move(struct pipeline *p, bool *posted);
enum pipeline_result pipeline_finish_move(struct pipeline *p);
void pipeline_forget_move(struct pipeline *p);

/* Sends the FETCH of the messages, pipeline_fetch.c: batch_fetch() of the same ones takes the
 * answer. *posted: it was sent. */
enum pipeline_result batch_post(struct pipeline *p, const struct imap_item *item, size_t count,
				bool *posted);
/* Do they all come with that one command? Else batch_fetch() has more to ask, and a step sent ahead
 * would be thrown away. */
bool batch_comes_whole(const struct pipeline *p, const struct imap_item *item, size_t count);

/* Takes a set of messages out of the folder, pipeline_way.c. *refused: the server said NO, and
 * nothing of it was done. */
enum pipeline_result pipeline_file(struct filing_job *job, struct imap_uids uids, bool *refused);
/* The connection was lost behind a MOVE to that folder of the server's: nobody knows what became of
 * the messages. pipeline_recover() finds out. */
void pipeline_lose_move(struct pipeline *p, struct imap_uids uids, const char *folder);
/* Tells the store of such a MOVE; the store may have been in trouble when it was lost. */
enum pipeline_result pipeline_note_lost(struct pipeline *p);
void pipeline_forget_lost(struct pipeline_lost *lost);
/* Ticks off those of them that are not here any more: no copy needs to be looked for. */
enum pipeline_result pipeline_tick_gone(struct pipeline *p, struct imap_uids uids);
/* Writes one step of all the messages; filed may be NULL. */
enum pipeline_result pipeline_write_step(struct pipeline *p, enum store_move_step step,
					 struct imap_uids uids, const struct store_filed *filed);
/* Of these there is no copy, whatever the server says: what is still here is set aside. */
enum pipeline_result pipeline_no_copy(struct pipeline *p, struct imap_uids uids);
/* Looks for the copies that nobody knows of, pipeline_recover.c. said: the server said that they
 * were made. */
enum pipeline_result pipeline_settle_copies(struct pipeline *p, bool said);
/* Takes away what was copied before. */
enum pipeline_result pipeline_take_copied(struct pipeline *p);

/* Sets a message aside that is refused alone. *times: how often it was by now. */
enum pipeline_result pipeline_set_aside(struct pipeline *p, uint32_t uid, int *times);

#endif
