/*
 * oauth2 - access tokens (RFC 6749): client credentials, refresh token, or a command
 *
 * A hundred mailboxes of one account that lose their server come back together: they must not ask
 * the token endpoint a hundred times, neither when it answers nor when it does not. So all that is
 * known, failures included, is the account's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "oauth2_private.h"

#include <stdlib.h>

#include "log.h"
#include "secrecy.h"

struct oauth2 *
oauth2_new(struct co_loop *loop, struct net *net)
{
	struct oauth2 *oauth2 = xalloc(sizeof(*oauth2));

	oauth2->loop = loop;
	oauth2->net = net;
	SLIST_INIT(&oauth2->holders);
	SLIST_INIT(&oauth2->kept);
	return oauth2;
}

static void
keep(struct oauth2 *oauth2, struct oauth2_holder *holder)
{
	struct oauth2_kept *kept = xalloc(sizeof(*kept));

	kept->path = xstrdup(holder->account->oauth2.refresh_token_file);
	kept->refresh = holder->refresh;
	SLIST_INSERT_HEAD(&oauth2->kept, kept, link);
}

static struct oauth2_refresh
take_kept(struct oauth2 *oauth2, const char *path)
{
	struct oauth2_refresh refresh = { NULL, NULL };
	struct oauth2_kept *kept;

	SLIST_FOREACH(kept, &oauth2->kept, link)
	{
		if (strcmp(kept->path, path) == 0)
			break;
	}
	if (kept == NULL)
		return refresh;
	refresh = kept->refresh;
	SLIST_REMOVE(&oauth2->kept, kept, oauth2_kept, link);
	free(kept->path);
	free(kept);
	return refresh;
}

static void
free_holder(struct oauth2 *oauth2, struct oauth2_holder *holder)
{
	if (holder->busy)
		log_panic("%s: somebody still fetches a token", holder->account->name);
	SLIST_REMOVE(&oauth2->holders, holder, oauth2_holder, link);
	if (holder->refresh.newer != NULL)
		keep(oauth2, holder);
	else
		oauth2_refresh_free(&holder->refresh);
	secrecy_wipe(holder->token);
	free(holder);
}

void
oauth2_forget(struct oauth2 *oauth2, const struct config *config)
{
	struct oauth2_holder *holder = SLIST_FIRST(&oauth2->holders);

	while (holder != NULL) {
		struct oauth2_holder *next = SLIST_NEXT(holder, link);

		if (holder->account >= config->account &&
		    holder->account < config->account + config->account_count)
			free_holder(oauth2, holder);
		holder = next;
	}
}

void
oauth2_free(struct oauth2 *oauth2)
{
	struct oauth2_holder *holder;

	while ((holder = SLIST_FIRST(&oauth2->holders)) != NULL)
		free_holder(oauth2, holder);
	while (!SLIST_EMPTY(&oauth2->kept)) {
		struct oauth2_refresh refresh = take_kept(oauth2, SLIST_FIRST(&oauth2->kept)->path);

		oauth2_refresh_free(&refresh);
	}
	if (oauth2->http != NULL)
		http_free(oauth2->http);
	free(oauth2);
}

void
oauth2_hurry(struct oauth2 *oauth2)
{
	struct oauth2_holder *holder;

	SLIST_FOREACH(holder, &oauth2->holders, link)
	{
		holder->failed_until = 0;
		holder->renewed = 0;
	}
}

static struct oauth2_holder *
holder_of(struct oauth2 *oauth2, const struct config_account *account)
{
	struct oauth2_holder *holder;

	SLIST_FOREACH(holder, &oauth2->holders, link)
	{
		if (holder->account == account)
			return holder;
	}
	holder = xalloc(sizeof(*holder));
	holder->account = account;
	holder->refresh = take_kept(oauth2, account->oauth2.refresh_token_file);
	LIST_INIT(&holder->waiters);
	SLIST_INSERT_HEAD(&oauth2->holders, holder, link);
	return holder;
}

/* Until nobody is fetching. 0, or -1 when we were cancelled. */
static int
await_turn(struct oauth2 *oauth2, struct oauth2_holder *holder)
{
	struct oauth2_waiter me = { .co = co_self(oauth2->loop) };
	int woken = 1;

	if (!holder->busy)
		return 0;
	LIST_INSERT_HEAD(&holder->waiters, &me, link);
	while (holder->busy && woken != CO_CANCELED)
		woken = co_block(oauth2->loop, -1);
	LIST_REMOVE(&me, link);
	return woken == CO_CANCELED ? -1 : 0;
}

static void
end_turn(struct oauth2_holder *holder)
{
	struct oauth2_waiter *waiter;

	holder->busy = false;
	LIST_FOREACH(waiter, &holder->waiters, link)
	co_wake(waiter->co);
}

static double
doubled(const struct config_account *account, unsigned failures)
{
	double wait = account->retry_least;

	for (unsigned i = 1; i < failures && wait < account->retry_most; i++)
		wait *= 2;
	return wait < account->retry_most ? wait : account->retry_most;
}

/* How long nobody shall ask again. */
static double
pause_after(const struct oauth2_holder *holder, const struct oauth2_fetched *fetched)
{
	double wait = fetched->retry_after;

	if (holder->failed == OAUTH2_DENIED)
		return holder->account->retry_most;
	if (wait > OAUTH2_MOST_WAIT)
		wait = OAUTH2_MOST_WAIT;
	return wait > 0 ? wait : doubled(holder->account, holder->failures);
}

static void
keep_token(struct oauth2_holder *holder, const struct oauth2_fetched *fetched)
{
	double margin = fetched->life * OAUTH2_MARGIN_PART;

	secrecy_wipe(holder->token);
	holder->token = fetched->token;
	holder->number++;
	holder->failures = 0;
	holder->failed_until = 0;
	holder->expires =
		co_clock() + fetched->life - (margin < OAUTH2_MARGIN ? margin : OAUTH2_MARGIN);
	log_info("%s: a new access token, good for %.0f s", holder->account->name, fetched->life);
}

static enum oauth2_result
fetch(struct oauth2 *oauth2, struct oauth2_holder *holder)
{
	struct oauth2_fetched fetched = { .why = holder->why };
	enum oauth2_result result;

	holder->busy = true;
	result = oauth2_fetch(oauth2, holder, &fetched);
	if (result == OAUTH2_OK) {
		keep_token(holder, &fetched);
	} else if (result != OAUTH2_CANCELED) {
		holder->failed = result;
		holder->failures++;
		holder->failed_until = co_clock() + pause_after(holder, &fetched);
	}
	end_turn(holder);
	return result;
}

static enum oauth2_result
tell_failure(const struct oauth2_holder *holder, struct oauth2_token *out)
{
	out->wait = holder->failed_until - co_clock();
	snprintf(out->why, sizeof(out->why), "%s", holder->why);
	return holder->failed;
}

/* A token of this number is there, and may be used. */
static bool
is_good(const struct oauth2_holder *holder, unsigned refused)
{
	return holder->token != NULL && holder->number != refused && co_clock() < holder->expires;
}

/* The server refused the newest token that there is. May it be replaced? */
static bool
may_renew(struct oauth2_holder *holder)
{
	double now = co_clock();

	if (holder->renewed > 0 && now < holder->renewed + holder->account->retry_most)
		return false;
	holder->renewed = now;
	return true;
}

enum oauth2_result
oauth2_take(struct oauth2 *oauth2, const struct config_account *account, unsigned refused,
	    struct oauth2_token *out)
{
	struct oauth2_holder *holder = holder_of(oauth2, account);
	unsigned before = holder->number;
	enum oauth2_result result = OAUTH2_OK;

	*out = (struct oauth2_token){ .text = NULL };
	if (await_turn(oauth2, holder) < 0)
		return OAUTH2_CANCELED;
	if (!is_good(holder, refused)) {
		if (co_clock() < holder->failed_until)
			return tell_failure(holder, out);
		if (refused != 0 && holder->number == refused && !may_renew(holder))
			return OAUTH2_DENIED;
		result = fetch(oauth2, holder);
	}
	if (result == OAUTH2_CANCELED)
		return result;
	if (result != OAUTH2_OK)
		return tell_failure(holder, out);
	out->text = xstrdup(holder->token);
	out->number = holder->number;
	out->fresh = holder->number != before;
	return OAUTH2_OK;
}
