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

#include "net.h"
#include "span.h"

/* How much is broken. */
enum imap_result {
	IMAP_OK,
	IMAP_REFUSED,  /* the server said NO or BAD: the session goes on */
	IMAP_DENIED,   /* signing in was refused: trying again at once is useless */
	IMAP_LOST,     /* out of step, timed out or disconnected: close and reconnect */
	IMAP_CANCELED, /* the coroutine was cancelled */
};

enum imap_auth { IMAP_AUTH_PLAIN, IMAP_AUTH_LOGIN };

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

struct imap;

/*
 * Connects, reads the greeting, STARTTLS where asked for (refusing a PREAUTH greeting before TLS
 * and anything buffered before it). Returns the session, or NULL with *result and a sentence in
 * error[NET_ERROR_SIZE].
 */
struct imap *imap_open(struct net *net, const struct imap_options *options,
		       enum imap_result *result, char *error);

/* Signs in. PLAIN is AUTHENTICATE PLAIN (RFC 4616; initial response where SASL-IR is there), LOGIN
 * is the LOGIN command, used as well when PLAIN is asked for but not offered. LOGINDISABLED is
 * respected. Asks for the capabilities again afterwards. */
enum imap_result imap_login(struct imap *imap, enum imap_auth auth, const char *user,
			    const char *password);

/* Does the server offer it, for example "MOVE", "IDLE", "UIDPLUS"? */
bool imap_can(const struct imap *imap, const char *capability);

enum imap_result imap_select(struct imap *imap, const char *folder, struct imap_folder *out);

/*
 * Uids above `after` and their sizes, ascending, at most `most` (the lowest ones) - 8 bytes a
 * message, whatever the folder holds. *items is malloc'd, the caller frees it, also when *count is
 * 0.
 */
enum imap_result imap_list(struct imap *imap, uint32_t after, size_t most, struct imap_item **items,
			   size_t *count);

/*
 * Fetches BODY.PEEK[]<0.message_bytes> of each uid and calls each(context, uid, bytes) as it comes;
 * bytes are valid during the call only. A uid that is gone is passed over: the caller sees which
 * ones did not come. uids ascending.
 */
enum imap_result imap_fetch(struct imap *imap, const uint32_t *uid, size_t count,
			    uint32_t message_bytes,
			    void (*each)(void *context, uint32_t uid, struct span bytes),
			    void *context);

/*
 * UID MOVE. Uids that do not exist any more are no error. On NO [TRYCREATE] the folder is made and
 * subscribed to and the move tried once more. IMAP_REFUSED when the server cannot MOVE.
 */
enum imap_result imap_move(struct imap *imap, const uint32_t *uid, size_t count,
			   const char *folder);

/*
 * Waits in IDLE until the folder changed (*changed = true) or `timeout` seconds passed. Mail that
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
/* The server's address, for the log. */
const char *imap_peer(const struct imap *imap);

/* LOGOUT (5 s at most) when the session is in step, then closes. NULL is fine. */
void imap_close(struct imap *imap);

#endif
