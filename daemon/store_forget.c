/*
 * store_forget - addresses that nobody may read here any more
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_forget.h"

#include <gnutls/crypto.h>

#include "address.h"
#include "log.h"
#include "store_private.h"

#define KEY_SIZE 32
#define HASH_SIZE 32
#define HASH_KEPT ((size_t)16) /* bytes in a pseudonym */

bool
store_is_pseudonym(struct span address)
{
	return span_ieq(address_domain(address), SPAN(STORE_FORGOTTEN_DOMAIN));
}

/* 1, 0 = there is none, -1. */
static int
read_key(struct store *store, unsigned char key[KEY_SIZE])
{
	sqlite3_stmt *s = store_statement(store, "secret");
	int result = store_step(store, s);

	/* The schema says that it has so many bytes. */
	if (result > 0)
		memcpy(key, sqlite3_column_blob(s, 0), KEY_SIZE);
	store_done(s);
	return result;
}

int
store_forget_key(struct store *store)
{
	unsigned char key[KEY_SIZE];
	int known = read_key(store, key);
	sqlite3_stmt *s;

	if (known != 0)
		return known < 0 ? -1 : 0;
	if (gnutls_rnd(GNUTLS_RND_KEY, key, sizeof(key)) < 0)
		return store_nonsense(store, "the system's random numbers");
	s = store_statement(store, "secret_put");
	store_bind_blob(store, s, "value", key, sizeof(key));
	return store_run(store, s);
}

static int
hash(const unsigned char key[KEY_SIZE], struct span address, unsigned char out[HASH_SIZE])
{
	gnutls_hmac_hd_t mac;
	int result = gnutls_hmac_init(&mac, GNUTLS_MAC_SHA256, key, KEY_SIZE);

	if (result < 0)
		return -1;
	for (; result >= 0 && !span_empty(address); address.p++) {
		char low = span_lower(*address.p);

		result = gnutls_hmac(mac, &low, 1);
	}
	gnutls_hmac_deinit(mac, out);
	return result < 0 ? -1 : 0;
}

int
store_pseudonym(struct store *store, struct span address, char out[STORE_PSEUDONYM_SIZE])
{
	unsigned char key[KEY_SIZE], mac[HASH_SIZE];
	int known = read_key(store, key);

	if (known <= 0)
		return known;
	if (hash(key, address, mac) < 0)
		return store_nonsense(store, "GnuTLS's HMAC");
	for (size_t i = 0; i < HASH_KEPT; i++)
		snprintf(out + 2 * i, 3, "%02x", mac[i]);
	snprintf(out + 2 * HASH_KEPT, STORE_PSEUDONYM_SIZE - 2 * HASH_KEPT, "@%s",
		 STORE_FORGOTTEN_DOMAIN);
	return 1;
}

int
store_forgotten(struct store *store, struct span address, char out[STORE_PSEUDONYM_SIZE],
		int64_t *when)
{
	int result = store_pseudonym(store, address, out);
	int64_t time = 0;
	sqlite3_stmt *s;

	if (result <= 0)
		return result;
	s = store_statement(store, "tombstone");
	store_bind_whole(store, s, "address", span_of(out));
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, &time) < 0)
		result = -1;
	store_done(s);
	if (when != NULL)
		*when = time;
	return result;
}

int
store_tombstone_put(struct store *store, const char *pseudonym, int64_t operation, int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "tombstone_put");

	store_bind_whole(store, s, "address", span_of(pseudonym));
	store_bind_number(store, s, "operation", operation);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

int
store_tombstone_drop(struct store *store, const char *pseudonym)
{
	sqlite3_stmt *s = store_statement(store, "tombstone_drop");

	store_bind_whole(store, s, "address", span_of(pseudonym));
	return store_run(store, s);
}

int
store_put_standing(struct store *store, const struct store_key *key,
		   const struct bounce_standing *standing)
{
	int64_t next, last;

	if (store_forget_next(store, key, &next, &last) < 0 ||
	    store_put_recipient(store, key, standing, 0, SPAN("")) < 0)
		return -1;
	return store_baseline_put(store, key, last, standing);
}

int
store_standings_of(struct store *store, struct span address,
		   int (*each)(void *context, const struct store_past *past), void *context)
{
	sqlite3_stmt *s = store_statement(store, "forget_standings");

	store_bind_text(store, s, "address", address);
	return store_each_past(store, s, each, context);
}

/* Both numbers of the only row of a bound statement. 0 or -1. */
static int
two_numbers(struct store *store, sqlite3_stmt *s, int64_t *a, int64_t *b)
{
	int result = store_step(store, s);

	*a = *b = 0;
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, a) < 0 ||
			   store_column(store, s, 1, INT64_MAX, b) < 0))
		result = -1;
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_forget_count(struct store *store, struct span address, int64_t *entries, int64_t *reports)
{
	sqlite3_stmt *s = store_statement(store, "forget_count");

	store_bind_text(store, s, "address", address);
	return two_numbers(store, s, entries, reports);
}

int
store_forget_next(struct store *store, const struct store_key *key, int64_t *next, int64_t *last)
{
	sqlite3_stmt *s = store_statement(store, "forget_next");

	store_bind_key(store, s, key);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	return two_numbers(store, s, next, last);
}

/* ---- texts of others ---- */

static const struct {
	const char *next, *drop;
} mention[STORE_MENTION_COUNT] = {
	[STORE_MENTION_EVENT] = { "forget_event_next", "forget_event" },
	[STORE_MENTION_OUTBOX] = { "forget_outbox_next", "forget_outbox" },
	[STORE_MENTION_MESSAGE] = { "forget_message_next", "forget_message" },
	[STORE_MENTION_ENTRY] = { "forget_transition_next", "forget_transition" },
};

struct store_sought
store_sought_of(struct span address)
{
	struct store_sought sought = { .text = xstrndup(address) };
	char *at;

	for (char *p = sought.text; *p != '\0'; p++)
		*p = span_lower(*p);
	sought.other = xstrdup(sought.text);
	at = strrchr(sought.other, '@');
	if (at != NULL)
		*at = '=';
	return sought;
}

void
store_sought_free(struct store_sought *sought)
{
	free(sought->text);
	free(sought->other);
	*sought = (struct store_sought){ 0 };
}

static bool
contains(struct span text, struct span wanted)
{
	for (; span_len(text) >= span_len(wanted); text.p++) {
		if (span_ieq(span_make(text.p, span_len(wanted)), wanted))
			return true;
	}
	return false;
}

bool
store_names(const struct store_sought *sought, struct span text)
{
	return contains(text, span_of(sought->text)) || contains(text, span_of(sought->other));
}

static void
bind_sought(struct store *store, sqlite3_stmt *s, const struct store_sought *sought)
{
	store_bind_whole(store, s, "text", span_of(sought->text));
	store_bind_whole(store, s, "other", span_of(sought->other));
}

/* The last row of those that were looked at is always given: it may name the address or not, which
 * store_mention_drop() looks at once more. */
int
store_mentions(struct store *store, enum store_mention what, const struct store_sought *sought,
	       int64_t *after, int64_t id[STORE_MENTION_MOST])
{
	sqlite3_stmt *s = store_statement(store, mention[what].next);
	int result, count = 0;
	int64_t last = 0;

	store_bind_number(store, s, "after", *after);
	store_bind_number(store, s, "most", STORE_MENTION_MOST);
	bind_sought(store, s, sought);
	while ((result = store_step(store, s)) > 0 && count < STORE_MENTION_MOST) {
		if (store_column(store, s, 0, INT64_MAX, &id[count++]) < 0 ||
		    store_column(store, s, 1, INT64_MAX, &last) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	if (result < 0)
		return -1;
	*after = last;
	return last == 0 ? STORE_MENTION_END : count;
}

int
store_mention_drop(struct store *store, enum store_mention what, const struct store_sought *sought,
		   int64_t id)
{
	sqlite3_stmt *s = store_statement(store, mention[what].drop);

	bind_sought(store, s, sought);
	store_bind_number(store, s, "id", id);
	if (store_run(store, s) < 0)
		return -1;
	return sqlite3_changes(store->db);
}

int
store_mentions_drop(struct store *store, const struct store_sought *sought)
{
	static const struct {
		const char *name;
		bool both; /* spellings */
	} small[] = { { "forget_operations", true },
		      { "forget_incidents", true },
		      { "forget_mailings", false } };
	int changed = 0;

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		sqlite3_stmt *s = store_statement(store, small[i].name);

		store_bind_whole(store, s, "text", span_of(sought->text));
		if (small[i].both)
			store_bind_whole(store, s, "other", span_of(sought->other));
		if (store_run(store, s) < 0)
			return -1;
		changed += sqlite3_changes(store->db);
	}
	return changed;
}

/* ---- the bytes ---- */

int
store_forget_begin(struct store *store)
{
	if (sqlite3_exec(store->db, store_sql("erase_begin"), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "erase_begin");
	return 0;
}

int
store_vacuum(struct store *store)
{
	if (sqlite3_exec(store->db, store_sql("vacuum"), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "vacuum");
	return 0;
}

/* The pragma's first column: somebody was in the way. */
int
store_truncate_log(struct store *store)
{
	sqlite3_stmt *s = store_statement(store, "truncate_log");
	int result = store_step(store, s);

	if (result > 0)
		result = sqlite3_column_int(s, 0) == 0;
	store_done(s);
	return result;
}
