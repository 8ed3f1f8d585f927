/*
 * imap - one IMAP session (RFC 3501, 2177 IDLE, 4315 UIDPLUS, 6851 MOVE)
 *
 * The only module that includes libetpan, which runs on a mailstream driver over net.h; every wait
 * has a deadline. Folders are only read with PEEK. Called inside coroutines; each call is
 * straight-line code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_IMAP_H
#define MAILBOUNCED_IMAP_H

#include "buf.h"
#include "net.h"
#include "section.h"
#include "span.h"

/* How much is broken. */
enum imap_result {
	IMAP_OK,
	IMAP_REFUSED,  /* the server said NO or BAD: the session goes on */
	IMAP_DENIED,   /* the server refused who we are: trying again at once is useless */
	IMAP_LOST,     /* out of step, timed out or disconnected: close and reconnect */
	IMAP_CANCELED, /* the coroutine was cancelled */
};

/* How to sign in. The secret is a token with the first three, else a password. */
enum imap_auth {
	IMAP_AUTH_TOKEN, /* whichever of the next two the server offers */
	IMAP_AUTH_OAUTHBEARER,
	IMAP_AUTH_XOAUTH2,
	IMAP_AUTH_PASSWORD, /* the strongest of the others that the server offers */
	IMAP_AUTH_SCRAM_SHA_256,
	IMAP_AUTH_PLAIN,
	IMAP_AUTH_LOGIN,
};

struct imap_options {
	struct net_options net;
	double command_timeout;  /* seconds for one command */
	double transfer_timeout; /* seconds for one FETCH or MOVE */
};

struct imap_folder {
	uint32_t uidvalidity;
	uint32_t uidnext; /* 0 = the server did not say */
	uint32_t exists;
	bool read_only;
};

struct imap_item {
	uint32_t uid;
	uint32_t size; /* RFC822.SIZE, bytes */
};

/* Ascending. */
struct imap_uids {
	const uint32_t *uid;
	size_t count;
};

/* What became of messages in another folder (COPYUID of RFC 4315). */
struct imap_copies {
	uint32_t uidvalidity; /* of that folder; 0 = not told */
	uint32_t *uid;        /* beside the uids that were asked for; 0 = not told */
	size_t told;
	size_t expunged; /* how many the server says it has taken away here */
	bool unsure;     /* the session was lost behind the command: it may have been carried out,
			    also in part */
};

#define IMAP_MAX_FOUND 1000 /* uids taken of one search */

/* What a NO is about, as far as its response code tells. */
enum imap_cause {
	IMAP_CAUSE_UNKNOWN, /* maybe one of the messages */
	IMAP_CAUSE_EXISTS,  /* the folder is there already */
	IMAP_CAUSE_MISSING, /* the folder is not there, or cannot be */
	IMAP_CAUSE_QUOTA,
	IMAP_CAUSE_RIGHTS, /* not for us, now and later */
	IMAP_CAUSE_SERVER, /* not now */
};

struct imap;

/*
 * Connects, reads the greeting, STARTTLS where asked for (refusing a PREAUTH greeting before TLS
 * and anything buffered before it). Returns the session, or NULL with *result and a sentence in
 * error[NET_ERROR_SIZE].
 */
struct imap *imap_open(struct net *net, const struct imap_options *options,
		       enum imap_result *result, char *error);

/*
 * Signs in. LOGIN is the LOGIN command, used as well when PLAIN is asked for but not offered;
 * LOGINDISABLED is respected. Asks for the capabilities again afterwards. IMAP_REFUSED when the
 * server offers no such way: nothing was sent, and the secret is not to blame. IMAP_LOST also when
 * the server says that it cannot tell for now (RFC 5530: UNAVAILABLE and its like): begin a new
 * session later. No error holds the secret, even when the server repeats it.
 */
enum imap_result imap_login(struct imap *imap, enum imap_auth auth, const char *user,
			    const char *secret);

/* Do these words of a server, in a greeting or an answer to signing in, say that somebody has too
 * many connections? Some servers say no more than that they cannot now. */
bool imap_is_crowded(const char *words);

/* What the server said of the token that it refused last, as it came (JSON, from a stranger); ""
 * when it said nothing. */
const char *imap_challenge(const struct imap *imap);

/* Does the server offer it, for example "MOVE", "IDLE", "UIDPLUS"? */
bool imap_can(const struct imap *imap, const char *capability);

enum imap_result imap_select(struct imap *imap, const char *folder, struct imap_folder *out);
/* The same without leave to change anything. */
enum imap_result imap_examine(struct imap *imap, const char *folder, struct imap_folder *out);

/* May mail be taken out of this folder (RFC 4314)? A server that does not tell lets us try. */
enum imap_result imap_may_remove(struct imap *imap, const char *folder, bool *may);

/* Makes a folder and subscribes to it; one that is there is fine. `use` ("\Archive", or NULL) is
 * asked for where the server lets us (RFC 6154). */
enum imap_result imap_create(struct imap *imap, const char *folder, const char *use);

/* Do two names mean the same folder? INBOX has no case; a name may be written in modified UTF-7. */
bool imap_same_name(const char *a, const char *b);

/* The name as people see it: in UTF-8, also where it was written in modified UTF-7. The caller
 * frees it. */
char *imap_plain_name(const char *folder);

/* A folder as LIST tells of it (RFC 3501 section 7.2.2). Valid during the call only. */
struct imap_entry {
	const char *name; /* UTF-8: what imap_select() takes for it */
	char separator;   /* between levels; '\0' = there are none */
	bool closed;      /* holds no mail: \Noselect, \NonExistent */
	const char *use;  /* special use (RFC 6154, RFC 8457), "\Junk"; NULL = none */
};

/*
 * Calls each(context, entry) for the folders whose names begin with the prefix. *unread: how many
 * have a name that cannot be written back as it came, so that nobody could open them.
 */
struct imap_survey {
	void (*each)(void *context, const struct imap_entry *entry);
	void *context;
	size_t unread;
};
enum imap_result imap_survey(struct imap *imap, const char *prefix, struct imap_survey *survey);

/* What STATUS tells of a folder. */
struct imap_status {
	const char *folder;            /* set by the caller */
	bool told;                     /* else the server says nothing: look into it */
	uint32_t uidvalidity, uidnext; /* 0 = not told */
};
/* Asks for all of them, with as few commands as the server lets us (RFC 5819). None may be the
 * selected one, of which STATUS tells nothing new. */
enum imap_result imap_status(struct imap *imap, struct imap_status *status, size_t count);

/*
 * Where a folder of that name is, or is to be made: a server may keep all of ours below one place,
 * "INBOX." (RFC 2342). A name that lies there, or that exists as it is, stays. *folder is malloc'd;
 * NULL after an error.
 */
enum imap_result imap_place(struct imap *imap, const char *name, char **folder);

/* Does imap_place() know without asking the server? */
bool imap_place_is_known(const struct imap *imap, const char *name);

/*
 * The folder that the server names for a special use (RFC 6154), "\Archive", "\Junk", "\Trash"...
 * Where there is none, one called after the use is made. *folder is malloc'd; NULL after an error.
 */
enum imap_result imap_special(struct imap *imap, const char *use, char **folder);

/*
 * Uids above `after` and their sizes, ascending, at most `most` (the lowest ones) - 8 bytes a
 * message, whatever the folder holds. *items is malloc'd, the caller frees it, also when *count is
 * 0.
 */
enum imap_result imap_list(struct imap *imap, uint32_t after, size_t most, struct imap_item **items,
			   size_t *count);

/* Is nothing under way, and nothing here that came early? */
bool imap_is_quiet(const struct imap *imap);

/* From so many on, imap_list() asks for no more uids at first than messages are wanted. */
#define IMAP_LIST_MANY ((size_t)1000)

/* Sends the first question of that listing ahead, as imap_post_fetch(); imap_list() with the same
 * numbers takes the answer, and asks no more, for other commands may be under way behind it: there
 * may be less in it than was wanted. */
enum imap_result imap_post_list(struct imap *imap, uint32_t after, size_t most, bool *posted);

/*
 * Fetches BODY.PEEK[]<0.message_bytes> of each uid and calls each(context, uid, bytes) as it comes;
 * bytes are valid during the call only. A uid that is gone is passed over: the caller sees which
 * ones did not come. uids ascending.
 */
enum imap_result imap_fetch(struct imap *imap, const uint32_t *uid, size_t count,
			    uint32_t message_bytes,
			    void (*each)(void *context, uint32_t uid, struct span bytes),
			    void *context);

/* A piece of a message: BODY.PEEK[2.1]<offset.most>, or BODY.PEEK[2.1.MIME]<offset.most>. */
struct imap_piece {
	struct section section;
	bool mime; /* the headers of the part (not of a whole message) */
	uint32_t offset, most;
	bool answered;    /* the server said what it has; false: the message is gone */
	struct buf bytes; /* what came, `most` of it at most; empty where there is no such part */
};

#define IMAP_MAX_PIECES 32 /* asked for at once */

/* Fetches pieces of one message. The caller has filled in what to fetch, and frees the bytes. */
enum imap_result imap_fetch_pieces(struct imap *imap, uint32_t uid, struct imap_piece *piece,
				   size_t count);

/* Of the uids, those that are there, with their sizes. As imap_list(). */
enum imap_result imap_look(struct imap *imap, struct imap_uids uids, struct imap_item **items,
			   size_t *count);

/*
 * Uids of messages that may be the one looked for, ascending, at most IMAP_MAX_FOUND: by their
 * Message-ID where it has one that can be asked for, else by size. *uids is malloc'd, the caller
 * frees it. *more: the server knows still others, which it named before these.
 */
struct imap_wanted {
	struct span message_id;
	uint64_t size; /* RFC822.SIZE */
};
enum imap_result imap_search(struct imap *imap, const struct imap_wanted *wanted, uint32_t **uids,
			     size_t *count, bool *more);

/* How many of the first uids fit one command. */
size_t imap_fit(struct imap_uids uids);

/*
 * UID MOVE and UID COPY, one command each: no more uids than imap_fit() says. Uids that do not
 * exist are no error. When the target is missing it is made and subscribed to and the command tried
 * once more. copies->uid has room for uids.count. After IMAP_LOST and IMAP_CANCELED copies->unsure
 * tells what nobody else can: whether it must be looked for before it is tried again.
 */
enum imap_result imap_move(struct imap *imap, struct imap_uids uids, const char *folder,
			   struct imap_copies *copies);
enum imap_result imap_copy(struct imap *imap, struct imap_uids uids, const char *folder,
			   struct imap_copies *copies);

/*
 * Commands that the server works on while we do something else: imap_fetch() and imap_move() with
 * the very same arguments take the answer later, in the order of the posts. That FETCH is over when
 * its messages are here, whether or not the server has said so. A post is a hint: what
 * cannot be posted is not, and when another command comes in between, an answer to FETCH is read
 * and thrown away (the later call asks again), that to MOVE is kept. Only what the store already
 * holds may be moved. *posted: it was sent, or may have been when the session is lost; IMAP_OK also
 * when it was not.
 */
enum imap_result imap_post_fetch(struct imap *imap, struct imap_uids uids, uint32_t message_bytes,
				 bool *posted);
enum imap_result imap_post_move(struct imap *imap, struct imap_uids uids, const char *folder,
				bool *posted);

/* UID STORE +FLAGS.SILENT: "\Deleted" or a keyword. */
enum imap_result imap_mark(struct imap *imap, struct imap_uids uids, const char *flag);

/* UID EXPUNGE of these and no others (RFC 4315); IMAP_REFUSED where the server cannot. */
enum imap_result imap_expunge(struct imap *imap, struct imap_uids uids);

/*
 * Waits in IDLE until the folder changed (*changed = true), `timeout` seconds passed, or somebody
 * called co_wake(). Mail that
 * the server announced after the last imap_list() (or imap_select()) began counts as well: it says
 * so only once, maybe in the answer to that very list. Our own IDLE: libetpan's loses data.
 */
enum imap_result imap_idle(struct imap *imap, double timeout, bool *changed);

/* NOOP, or what else tells us of new mail when there is no IDLE. */
enum imap_result imap_noop(struct imap *imap);

/* The loop that the session waits on. */
struct co_loop *imap_loop(const struct imap *imap);

/* Why the last call failed, in words with the server's own text last; "" = it did not. */
const char *imap_error(const struct imap *imap);
/* What it is about, after IMAP_REFUSED. */
enum imap_cause imap_cause(const struct imap *imap);
/* The server's address, for the log. */
const char *imap_peer(const struct imap *imap);

/* LOGOUT (5 s at most) when the session is in step, then closes. NULL is fine. */
void imap_close(struct imap *imap);

#endif
