/*
 * imap_private - what the files of imap share
 *
 * A call is imap_begin(), one command of libetpan's or lines of our own, imap_end(). The session is
 * `in step` while we know where the server's answer to the last command ended; once that is lost it
 * never comes back and only imap_close() is left.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_IMAP_PRIVATE_H
#define MAILBOUNCED_IMAP_PRIVATE_H

#include <libetpan/libetpan.h>

#include "buf.h"
#include "imap.h"
#include "sasl.h"
#include "wire.h"

#define IMAP_STREAM_BUFFER 8192 /* bytes of libetpan's read and write buffers, each */
#define IMAP_MAX_COMMAND 8000   /* bytes of a command line; RFC 7162 section 4 asks for 8192 */
#define IMAP_MAX_NAME 1000      /* bytes of a folder's name on the wire */
#define IMAP_MAX_POSTED 8       /* commands under way at once */
#define IMAP_LOGOUT_TIMEOUT 5.0 /* seconds */
#define IMAP_ITEM_OVERHEAD 4096 /* bytes of an answer beside the message itself */
#define IMAP_LIST_WINDOW 16384  /* uids asked for at once, at first */
#define IMAP_LIST_ITEM ((uint64_t)256)   /* bytes of an answer for one message in a list */
#define IMAP_LIST_MAX ((uint64_t)131072) /* messages that one answer is expected to tell of */

/* A command that was sent, and whose answer nobody has read yet. */
struct imap_posted {
	int tag;
	uint64_t budget; /* of its answer */
	char *text;
	bool move; /* whose answer is kept in imap_moving */
	bool list; /* so too, in the listing */
};

/* The MOVE among them, or the last one: its answer is kept until somebody asks. */
struct imap_moving {
	struct imap_uids uids; /* own memory, as the copies' uids; none = no MOVE was posted */
	char *folder;
	struct imap_copies copies;
	bool answered, ok;
};

/* Messages of a FETCH that came before the answer in front of it was complete: Dovecot does not
 * keep them apart. */
struct imap_early {
	struct imap_early_message {
		uint32_t uid; /* 0 = stands behind the bytes */
		size_t offset, length;
		unsigned passed; /* who were offered it and did not ask for it */
	} * message;
	size_t count, room;
	struct buf bytes;
	bool wanted;
	bool open; /* the line that is read next is the rest of the last one's */
};

struct imap {
	struct net_conn *conn;
	struct mailimap *session;   /* libetpan's */
	struct _mailstream *stream; /* libetpan's buffers over our driver */
	struct wire wire;
	struct buf read_ahead; /* came with the end of the answer before it */
	struct imap_posted posted[IMAP_MAX_POSTED];
	size_t posts; /* how many are under way, the first one is answered first as a rule */
	int last_tag; /* of what was sent ahead last */
	bool facing;  /* the first one's answer is being read */
	struct imap_moving moving;
	struct imap_listing *listing; /* that was sent ahead, NULL = none; see imap_list.c */
	struct imap_early early;
	double command_timeout, transfer_timeout;
	bool in_step;
	bool ended;     /* the server closed the connection */
	bool no_target; /* the command was refused because its target cannot be made */
	uint32_t uidnext;
	char *host, *port;  /* that we connected to */
	char *capabilities; /* words, NULL = not told */
	char *prefix;       /* before the names of our own folders; NULL = not asked yet */
	char *challenge;    /* what the server said of a refused token, NULL = nothing */
	void (*on_message)(void *context, struct mailimap_msg_att *att);
	void *on_message_context;
	char error[NET_ERROR_SIZE];
};

/* imap.c */

/* A command begins: IMAP_OK, or IMAP_LOST when the session is out of step. budget as in
 * wire_budget(). */
enum imap_result imap_begin(struct imap *imap, double timeout, uint64_t budget);
/* The same for a command that needs a selected folder, otherwise IMAP_REFUSED. */
enum imap_result imap_begin_selected(struct imap *imap, double timeout, uint64_t budget);
/* It ended with libetpan's code r; `what` names it in the error. */
enum imap_result imap_end(struct imap *imap, int r, const char *what);
/* The session is out of step: says why. IMAP_LOST or IMAP_CANCELED. */
enum imap_result imap_lost(struct imap *imap, const char *what);
/* We refuse, before or after asking the server. */
enum imap_result imap_refuse(struct imap *imap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* How many messages one answer may tell of: what the server says that the folder holds, and not
 * more than IMAP_LIST_MAX, for the server may say anything. */
uint64_t imap_told_messages(const struct imap *imap);
/* Out of memory is fatal; libetpan tells it by NULL. */
void *imap_must(void *made);

/* imap_fetch.c */

/* What to fetch: the uid, and items that the second call adds (NULL: out of memory). */
struct mailimap_fetch_type *imap_fetch_items(void);
void imap_fetch_item(struct mailimap_fetch_type *type, struct mailimap_fetch_att *item);
/* UID FETCH; on_message takes each message. The set and the items are freed. */
enum imap_result imap_uid_fetch(struct imap *imap, struct mailimap_set *set,
				struct mailimap_fetch_type *type);

/* imap_login.c: does the server speak IMAP4rev2 (RFC 9051) and nothing older? Where it offers both
 * it speaks the older one until it is told otherwise. */
bool imap_is_rev2(const struct imap *imap);

/* imap_list.c */

/* The listing that was sent ahead: what one line tells of it; its answer has ended; nobody wants it
 * any more. */
void imap_listing_line(struct imap *imap, struct span line);
void imap_listing_end(struct imap *imap, bool ok);
void imap_forget_listing(struct imap *imap);

/* imap_sasl.c */

/* AUTHENTICATE with that mechanism; sasl is filled in by the caller. IMAP_REFUSED when the server
 * said NO, or OK without having proved itself. */
enum imap_result imap_authenticate(struct imap *imap, const struct sasl_mechanism *mechanism,
				   struct sasl *sasl);

/* imap_post.c */

/* Sends a command whose answer is read later; *text is taken when it is posted. *posted as in
 * imap_post_fetch(): too many may be under way. */
enum imap_result imap_post(struct imap *imap, struct buf *text, uint64_t budget, bool *posted);
/* Who takes messages. */
struct imap_sink {
	/* False: it is not his. */
	bool (*take)(void *context, uint32_t uid, struct span bytes);
	bool (*is_full)(void *context); /* he has all that he asked for */
	void *context;
};
/* Is this FETCH under way (*posted)? Then its messages are read, until all are here or the server
 * says that there are no more, and it is no longer. What belongs to others is kept for them. */
enum imap_result imap_take_posted(struct imap *imap, const char *text, const struct imap_sink *sink,
				  bool *posted);
/* A line that ends with a literal: true when the literal was read here, *lost when the stream
 * broke. */
bool imap_keep_early(struct imap *imap, const char *line, size_t literal, bool *lost);
/* Each line that is read: is it what follows such a literal? */
void imap_end_early(struct imap *imap, const char *line);
/* Reads the answers to all commands under way. That of a MOVE is kept; others are thrown away: who
 * asks for them sends the command anew. IMAP_LOST, IMAP_CANCELED. */
enum imap_result imap_catch_up(struct imap *imap);
/* The answer to this very MOVE: IMAP_OK with the copies, or IMAP_REFUSED when there is none to be
 * had. */
enum imap_result imap_take_move(struct imap *imap, struct imap_uids uids, const char *folder,
				struct imap_copies *copies);
/* Reads on until *answered, which the answer to a command under way sets. */
enum imap_result imap_await(struct imap *imap, const bool *answered);
void imap_forget_posts(struct imap *imap);
/* Gives back the memory for messages that come early. */
void imap_free_early(struct imap *imap);

/* imap_move.c: "UID MOVE 1:3 \"Done\"", of MOVE or COPY, and what its answer may have; and what one
 * line tells */
void imap_transfer_text(const char *verb, struct imap_uids uids, const char *name, struct buf *out);
uint64_t imap_move_budget(struct imap_uids uids);
void imap_move_line(struct span line, struct imap_uids uids, struct imap_copies *copies);

/* imap_stream.c: the driver, and lines of our own for what libetpan cannot do */

enum imap_line { IMAP_LINE_LOST, IMAP_LINE_UNTAGGED, IMAP_LINE_CONTINUE, IMAP_LINE_TAGGED };

/* Makes the stream. Free it with mailstream_close(), which leaves imap->conn alone. */
struct _mailstream *imap_stream_new(struct imap *imap);
/* Sends the text and CR LF, after a new tag when it is a command. 0, or -1. */
int imap_send(struct imap *imap, bool tagged, const char *text);
/* Wipes what was sent out of libetpan's buffer. */
void imap_forget_sent(struct imap *imap);
/* Reads one line; *text is without its end and valid until the next one. A literal in a FETCH and
 * what follows it are passed over. */
enum imap_line imap_line(struct imap *imap, const char **text);
/* Is the answer to the last command there, with this status: "OK", "NO" or "BAD"? */
bool imap_answered(const struct imap *imap, const char *status);
/* imap_end() for a command of our own, after IMAP_LINE_TAGGED or IMAP_LINE_LOST. */
enum imap_result imap_end_own(struct imap *imap, enum imap_line line, const char *what);

/* imap_idle.c: is the line "* 12 EXISTS", "* 1 RECENT" or "* 3 EXPUNGE"? How much there is, is
 * noted. */
bool imap_is_news(struct imap *imap, const char *line);

/* imap_command.c */

struct imap_ask {
	const char *what; /* names it in errors */
	const struct buf *command;
	double timeout;
	uint64_t budget;
	/* Each line of the answer, the tagged one too; NULL = nobody wants them. */
	void (*line)(void *context, struct span line);
	void *context;
};
/* One command, from its line to the tagged answer. */
enum imap_result imap_command(struct imap *imap, const struct imap_ask *ask);
/* A quoted string (RFC 3501 section 9); text holds no line end. */
void imap_add_quoted(struct buf *out, const char *text);
/* The number behind an item's name, which ends with a blank: of "... UID 12 ..." or "... (UID 12
 * ...". False when it is not there. */
bool imap_number_in(struct span line, struct span name, uint64_t *out);
/* Takes an atom or a quoted string off the front of *rest; false when none is there. */
bool imap_take_astring(struct span *rest, struct buf *out);

/* imap_tree.c */

/* One command about folders; frees its text. line as in imap_command(). */
enum imap_result imap_folder_command(struct imap *imap, const char *what, struct buf *command,
				     void (*line)(void *context, struct span line), void *context);

/* "* LIST (\HasNoChildren) "/" Lists": flags and rest are parts of the line. */
struct imap_listed {
	struct span flags;
	char separator;   /* '\0' = there are no levels */
	struct buf name;  /* as the server writes it; empty when it is a literal, ... */
	struct span rest; /* ... whose announcement this begins with */
};
/* False when the line tells of no folder. name is the caller's to free, in any case. */
bool imap_take_listed(struct span line, struct imap_listed *out);
bool imap_has_flag(struct span flags, const char *flag);

/* imap_copyuid.c: adds what a line tells of copies */
void imap_copyuid(struct span line, struct imap_uids uids, struct imap_copies *out);

/* imap_name.c */

/* A folder's name, UTF-8, in modified UTF-7 (RFC 3501 section 5.1.3). NULL when it is empty, longer
 * than IMAP_MAX_NAME, not UTF-8, or holds a control character. The caller frees it. */
char *imap_name_encode(const char *name);
/* A name of modified UTF-7 as UTF-8, or NULL when it is none. The caller frees it. */
char *imap_name_decode(const char *name);
/* The name as this server wants it: modified UTF-7, or UTF-8 from IMAP4rev2 on. A name that is
 * written in modified UTF-7 already is taken as such. NULL as above. */
char *imap_name(const struct imap *imap, const char *folder);
/* Base64 with padding (RFC 4648). The caller wipes and frees it. */
char *imap_base64(const void *data, size_t len);

/* imap_set.c */

/* Writes the first uids that fit one command. */
void imap_set_text(struct imap_uids uids, struct buf *out);

/* Uids of a set that a server writes, in the order that RFC 4315 gives it: ranges ascending. */
struct imap_walk {
	struct span rest; /* the text */
	uint64_t next, last;
};
/* The next range in next..last, which may be as long as the server likes; false: there is none. */
bool imap_walk_range(struct imap_walk *walk);
/* One uid after the other; the walk begins with next = 1 and last = 0. */
bool imap_walk_next(struct imap_walk *walk, uint32_t *uid);

#endif
