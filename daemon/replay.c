/*
 * replay - standings derived anew from the ledger
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "replay.h"

#include "log.h"

#define MAX_WORD 40 /* bytes shown of a word that should not be there */

struct known_policy {
	int64_t id;
	struct config *config;
};

struct replay {
	struct store *store;
	const struct config *instead;
	void (*watch)(void *context, const struct store_entry *entry,
		      const struct bounce_transition *transition);
	void *watcher;
	struct bounce_policy defaults;
	struct known_policy *policy; /* as many as were ever in force, which an operator changes */
	size_t policy_count;
	char error[STORE_ERROR_SIZE];
};

struct replay *
replay_new(struct store *store)
{
	struct replay *replay = xalloc(sizeof(*replay));

	replay->store = store;
	replay->defaults = bounce_policy_default();
	return replay;
}

void
replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	for (size_t i = 0; i < replay->policy_count; i++)
		config_free(replay->policy[i].config);
	free(replay->policy);
	free(replay);
}

const char *
replay_error(const struct replay *replay)
{
	return replay->error[0] != '\0' ? replay->error : store_error(replay->store);
}

void
replay_under(struct replay *replay, const struct config *config)
{
	replay->instead = config;
}

void
replay_watch(struct replay *replay,
	     void (*each)(void *context, const struct store_entry *entry,
			  const struct bounce_transition *transition),
	     void *context)
{
	replay->watch = each;
	replay->watcher = context;
}

static const struct config *
add_policy(struct replay *replay, int64_t id, const char *text)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_parse("policy", text, &errors);
	size_t count = replay->policy_count;

	if (config == NULL) {
		snprintf(replay->error, sizeof(replay->error),
			 "policy %lld of the ledger cannot be read by this version: %s",
			 (long long)id, buf_str(&errors));
		buf_free(&errors);
		return NULL;
	}
	buf_free(&errors);
	replay->policy = xgrow(replay->policy, count + 1, sizeof(replay->policy[0]));
	replay->policy[count] = (struct known_policy){ id, config };
	replay->policy_count++;
	return config;
}

static const struct config *
find_policy(struct replay *replay, int64_t id)
{
	const struct config *policy = NULL;
	struct buf text = BUF_INIT;
	int found;

	for (size_t i = 0; i < replay->policy_count; i++) {
		if (replay->policy[i].id == id)
			return replay->policy[i].config;
	}
	found = store_policy_text(replay->store, id, &text);
	if (found == 0)
		snprintf(replay->error, sizeof(replay->error),
			 "policy %lld is not in the database; restore a backup", (long long)id);
	if (found > 0)
		policy = add_policy(replay, id, buf_str(&text));
	buf_free(&text);
	return policy;
}

int
replay_bad_word(struct replay *replay, int64_t transition, struct span bad)
{
	snprintf(replay->error, sizeof(replay->error),
		 "transition %lld of the ledger has the word \"%.*s\", which mailbounced does not "
		 "write; restore a backup",
		 (long long)transition,
		 SPAN_ARG(span_make(bad.p, span_len(bad) < MAX_WORD ? span_len(bad) : MAX_WORD)));
	return -1;
}

const struct bounce_policy *
replay_policy(struct replay *replay, int64_t id, struct span list)
{
	const struct config *config = replay->instead;
	struct span scope;

	if (config == NULL && id == 0)
		return &replay->defaults;
	if (config == NULL)
		config = find_policy(replay, id);
	return config != NULL ? config_policy_for(config, list, &scope) : NULL;
}

struct fold {
	struct replay *replay;
	struct span scope;
	int64_t last; /* entries after it do not count */
	struct bounce_standing standing;
};

static int
on_entry(void *context, const struct store_entry *entry)
{
	struct fold *fold = context;
	struct replay *replay = fold->replay;
	const struct bounce_policy *policy = replay_policy(
		replay, entry->policy, entry->record.reported ? entry->record.list : fold->scope);
	struct bounce_transition t;
	struct span bad;

	if (entry->id > fold->last)
		return 0;
	if (policy == NULL)
		return -1;
	if (bounce_replay(&fold->standing, &entry->record, policy, &t, &bad) == 0) {
		fold->standing = t.next;
		if (replay->watch != NULL)
			replay->watch(replay->watcher, entry, &t);
		return 0;
	}
	return replay_bad_word(replay, entry->id, bad);
}

int
replay_derive(struct replay *replay, const struct store_key *key, struct bounce_standing *out)
{
	return replay_derive_until(replay, key, INT64_MAX, out);
}

int
replay_derive_until(struct replay *replay, const struct store_key *key, int64_t last,
		    struct bounce_standing *out)
{
	struct fold fold = { .replay = replay, .scope = key->scope, .last = last };

	replay->error[0] = '\0';
	if (store_baseline(replay->store, key, &fold.standing) < 0 ||
	    store_entries(replay->store, key, on_entry, &fold) < 0)
		return -1;
	*out = fold.standing;
	return 0;
}

struct check {
	struct replay *replay;
	uint64_t *checked;
	void (*each)(void *context, const struct store_key *key,
		     const struct bounce_standing *written, const struct bounce_standing *derived);
	void *context;
};

static int
on_standing(void *context, const struct store_key *key, const struct bounce_standing *written)
{
	struct check *check = context;
	struct bounce_standing derived;

	(*check->checked)++;
	if (replay_derive(check->replay, key, &derived) < 0)
		return -1;
	if (written == NULL || !bounce_standing_same(written, &derived))
		check->each(check->context, key, written, &derived);
	return 0;
}

int
replay_check(struct replay *replay, uint64_t *checked,
	     void (*each)(void *context, const struct store_key *key,
			  const struct bounce_standing *written,
			  const struct bounce_standing *derived),
	     void *context)
{
	struct check check = { replay, checked, each, context };

	*checked = 0;
	return store_standings(replay->store, on_standing, &check);
}
