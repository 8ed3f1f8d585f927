/*
 * replay_whole_test - lives in which all that can befall an address meets
 *
 * Reports with and without a token, lists with policies of their own, incidents that hold, take
 * back and are released, mailings that prove, operators' words, and undo of any of it. After each
 * step the ledger gives what is written, also where what is old goes meanwhile. Every life has a
 * seed; MAILBOUNCED_SEED=N lives that one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "forget.h"
#include "life_dice.h"
#include "proof.h"
#include "retain.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIVES 6
#define STEPS 150
#define ADDRESSES 12
#define KEPT (20 * DAY) /* history, where it is not kept for ever */
#define CROWD 5         /* reports of one batch that fail alike */

static const char *const domain[] = { "example.com", "contoso.com" };
static const char *const list[] = { "own.example.org", "strict.example.org", "plain.example.org",
				    "unknown.example.org" };

#define LISTS                                                    \
	"list \"strict.example.org\" { }\n"                      \
	"list \"plain.example.org\" { require-token = never }\n" \
	"list \"own.example.org\" { require-token = never  policy { "

/* Policies that are in force in turn; the lists stay. */
static const char *const policy_text[] = {
	LISTS "threshold = 1.0  suspend = 5d  grace = 3d } }\n",
	LISTS "preset = strict } }\npolicy { confirm-gap = 0s }\n",
	LISTS "preset = report-only } }\n",
	"policy { preset = report-only }\n" LISTS "threshold = 2.0 } }\n",
};

struct life {
	uint64_t seed, random;
	struct world *w;
	struct config *config[COUNT(policy_text)];
	size_t policy;
	struct store *beside;
	int64_t time, operations;
	uint32_t uid;
	bool retains; /* what is old goes, and some are forgotten */
	int kept;     /* of those who are, under a pseudonym */
	uint64_t dropped[RETAIN_CLASSES];
	struct operate operate;
	struct store_undo undo;
	int answered[OPERATE_COUNTS + 1];
};

static uint64_t
dice(struct life *l, uint64_t sides)
{
	return life_dice(&l->random, sides);
}

static const char *
list_name(struct life *l)
{
	return list[dice(l, COUNT(list))];
}

static void
write_address(char out[40], size_t i)
{
	snprintf(out, 40, "r%zu@%s", i / COUNT(domain), domain[i % COUNT(domain)]);
}

static void
check(struct life *l)
{
	struct replay *replay = replay_new(l->w->place->store);
	uint64_t checked;

	if (replay_check(replay, &checked, replay_differs, NULL) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed, replay_error(replay));
	replay_free(replay);
}

/* ---- what befalls ---- */

/* Under which token it comes, if under any. */
static void
prove(struct life *l, struct trust *trust, struct span recipient)
{
	static const char *const mailing[] = { "token:m1", "token:m2", "token:m3" };

	if (dice(l, 3) > 0)
		return;
	trust->proof[0] = (struct trust_proof){ .grade = TRUST_RECIPIENT,
						.token = true,
						.list = trust->list,
						.recipient = recipient,
						.mailing = span_of(mailing[dice(l, 3)]),
						.words = "a test" };
	trust->count = 1;
}

static struct ledger_result
report(struct life *l, size_t who, const struct bounce_verdict *verdict, const char *about)
{
	char address[40], id[32];
	struct bounce_recipient recipient = { .action = BOUNCE_ACTION_FAILED,
					      .remote_mta = SPAN("mx.example.net"),
					      .diagnostic = SPAN("550 no such user") };
	struct bounce_report r = { .kind = dice(l, 30) == 0 ? BOUNCE_KIND_COMPLAINT
							    : BOUNCE_KIND_BOUNCE,
				   .format = "test",
				   .recipient = &recipient,
				   .recipient_count = 1 };
	struct ledger_message message = {
		.folder = l->w->folder, .where = "lists/INBOX", .uid = ++l->uid, .time = l->time
	};
	struct ledger_reading reading = { .report = &r, .verdict = verdict, .kind = r.kind };
	struct ledger_result result;

	write_address(address, who);
	recipient.address = span_of(address);
	if (dice(l, 12) == 0)
		recipient.action = BOUNCE_ACTION_DELIVERED;
	/* A mailing is spoken of for a while. */
	snprintf(id, sizeof(id), "m%u-%u@example.org", (unsigned)dice(l, 5),
		 l->retains ? (unsigned)(l->time / KEPT) : 0);
	r.original_message_id = span_of(id);
	reading.trust.list = r.original_list_id = span_of(about);
	reading.trust.mailing = r.original_message_id;
	prove(l, &reading.trust, recipient.address);
	memcpy(reading.fingerprint, &l->uid, sizeof(l->uid));
	if (ledger_record(l->w->place->store, l->config[l->policy], &message, &reading, &result) <
	    0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed,
			 store_error(l->w->place->store));
	return result;
}

/* As the daemon does at start and at reload. */
static void
choose_policy(struct life *l)
{
	struct store *store = l->w->place->store;
	struct buf text = BUF_INIT;

	l->policy = dice(l, COUNT(policy_text));
	config_dump_policy(l->config[l->policy], &text);
	store_policy(store, buf_span(&text));
	buf_free(&text);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_policy_write(store, l->time), 0);
	assert_int_equal(store_commit(store), 0);
}

static void
deliver(struct life *l)
{
	struct store *store = l->w->place->store;
	bool crowd = dice(l, 4) == 0;
	size_t first = dice(l, ADDRESSES), step = crowd ? COUNT(domain) : 1;
	size_t count = crowd ? CROWD : 1 + dice(l, 2);
	struct bounce_verdict verdict = life_verdict(&l->random);

	if (crowd)
		verdict = (struct bounce_verdict){ .reason = BOUNCE_REASON_NO_SUCH_USER,
						   .disposition = BOUNCE_DISPOSITION_DEAD,
						   .severity = BOUNCE_SEVERITY_HARD,
						   .weight = 100,
						   .rule = "test",
						   .why = "A test says so." };
	assert_int_equal(store_begin(store), 0);
	for (size_t i = 0; i < count; i++)
		report(l, (first + i * step) % ADDRESSES, &verdict, list_name(l));
	assert_int_equal(store_commit(store), 0);
}

static void
begin(struct life *l, const char *what)
{
	l->operate = (struct operate){ .store = l->beside,
				       .replay = replay_new(l->beside),
				       .config = l->config[l->policy],
				       .what = { l->time, "tester", what, "", "a test" } };
}

static void
end(struct life *l)
{
	if (operate_end(&l->operate) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed,
			 replay_error(l->operate.replay));
	replay_free(l->operate.replay);
	if (l->operate.id != 0)
		l->operations = l->operate.id;
}

static void
say(struct life *l)
{
	static const enum bounce_event word[] = { BOUNCE_EVENT_REVIVE, BOUNCE_EVENT_KILL,
						  BOUNCE_EVENT_PIN_OK, BOUNCE_EVENT_PIN_DEAD,
						  BOUNCE_EVENT_UNPIN,  BOUNCE_EVENT_UNPIN };
	struct operate_change change;
	char address[40];
	struct store_key key = { SPAN(""), dice(l, 2) > 0 ? SPAN("") : span_of(list[0]) };

	write_address(address, dice(l, ADDRESSES));
	key.address = span_of(address);
	begin(l, "word");
	assert_int_equal(operate_word(&l->operate, &key, word[dice(l, COUNT(word))], &change), 0);
	end(l);
}

/* A mailing that was sent some days ago, and whom it proves good. */
static void
mail(struct life *l)
{
	struct store_sent sent = { .list = span_of(list_name(l)),
				   .time = l->time - (int64_t)dice(l, 4 * DAY),
				   .recipients = -1 };
	int more;

	begin(l, "sent");
	assert_int_equal(operate_begin(&l->operate), 0);
	sent.operation = l->operate.id;
	assert_true(store_sent_add(l->beside, &sent) >= 0);
	end(l);
	do {
		more = proof_step(l->w->place->store, l->config[l->policy], l->time, l->time);
	} while (more > 0);
	assert_int_equal(more, 0);
}

static int
on_held(void *context, int64_t held, const struct store_key *key)
{
	struct life *l = context;
	struct operate_change change;
	enum operate_answer answer;

	if (operate_release(&l->operate, held, key, &change, &answer) < 0)
		return -1;
	l->answered[answer]++;
	return 0;
}

static void
decide(struct life *l)
{
	int64_t id = 1 + (int64_t)dice(l, 4);
	bool drop = dice(l, 4) == 0;
	struct store_decision decision;

	if (store_incident_decision(l->beside, id, &decision) <= 0)
		return;
	begin(l, "incident");
	assert_int_equal(operate_begin(&l->operate), 0);
	assert_int_equal(store_incident_decide(l->beside, id, drop ? STORE_DROPPED : STORE_RELEASED,
					       l->operate.id, l->time),
			 0);
	assert_int_equal(operate_end(&l->operate), 0);
	if (!drop && store_incident_held(l->beside, id, on_held, l) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed,
			 replay_error(l->operate.replay));
	end(l);
}

static int
on_key(void *context, const struct store_key *key)
{
	struct life *l = context;
	struct operate_change change;

	return operate_undo(&l->operate, &l->undo, key, &change);
}

static void
undo(struct life *l, struct store_undo what)
{
	l->undo = what;
	begin(l, "undo");
	if (store_undo_keys(l->beside, &l->undo, on_key, l) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed,
			 replay_error(l->operate.replay));
	end(l);
}

static void
undo_something(struct life *l)
{
	struct store_undo what = { .until = INT64_MAX };

	if (dice(l, 4) == 0) {
		what.since = l->time - (int64_t)dice(l, 6) * DAY;
		what.domain = domain[dice(l, COUNT(domain))];
		what.all = dice(l, 2) == 0;
	} else {
		what.of = 1 + (int64_t)dice(l, (uint64_t)l->operations + 4);
	}
	undo(l, what);
}

static void
retain(struct life *l)
{
	struct retain r = { .store = l->w->place->store,
			    .replay = replay_new(l->w->place->store),
			    .config = l->config[l->policy] };
	int more;

	do {
		more = retain_step(&r, l->time);
		if (more < 0)
			fail_msg("seed %llu: %s", (unsigned long long)l->seed,
				 replay_error(r.replay));
		check(l);
	} while (more > 0);
	for (size_t i = 0; i < RETAIN_CLASSES; i++)
		l->dropped[i] += r.dropped[i];
	retain_free(&r);
	assert_sql(l->w->place, "SELECT count(*) FROM pragma_foreign_key_check", "0");
}

static void
forget_somebody(struct life *l)
{
	struct forget f = { .store =
				    store_open(l->w->place->path, STORE_BESIDE, l->w->place->error),
			    .what = { l->time, "tester", "forget", "", "a test" },
			    .vacuum = true };
	char address[40];

	write_address(address, dice(l, ADDRESSES));
	assert_non_null(f.store);
	if (forget_address(&f, span_of(address)) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed, store_error(f.store));
	store_close(f.store);
	l->kept += f.kept;
	if (f.log_open || forget_left(l->w->place->path, span_of(address)) != 0)
		fail_msg("seed %llu: %s is left", (unsigned long long)l->seed, address);
	assert_sql(l->w->place, "SELECT count(*) FROM pragma_foreign_key_check", "0");
	check(l);
}

/* ---- lives ---- */

static void
open_life(struct life *l)
{
	void *world;

	make_world(&world);
	l->w = world;
	/* What fails must be seen; alerts need not. */
	dup2(l->w->standard_error, STDERR_FILENO);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < COUNT(policy_text); i++) {
		struct buf errors = BUF_INIT;

		l->config[i] = config_parse("test", policy_text[i], &errors);
		if (l->config[i] == NULL)
			fail_msg("%s", buf_str(&errors));
		for (size_t k = 0; k < l->config[i]->list_count; k++) {
			struct config_list *one = &l->config[i]->list[k];

			if (strcmp(one->name, list[1]) == 0)
				one->require = CONFIG_REQUIRE_ALWAYS;
		}
		l->config[i]->retention =
			(struct config_retention){ KEPT / 2, KEPT, KEPT, 2 * KEPT };
		l->config[i]->incident = breaker_limits_default();
		l->config[i]->incident.domain_addresses = 3;
		buf_free(&errors);
	}
	l->beside = store_open(l->w->place->path, STORE_BESIDE, l->w->place->error);
	assert_non_null(l->beside);
}

static void
close_life(struct life *l)
{
	void *world = l->w;

	store_close(l->beside);
	for (size_t i = 0; i < COUNT(policy_text); i++)
		config_free(l->config[i]);
	drop_world(&world);
}

/* Only what is known of the addresses; what an undo leaves of a row is a row of nothing. */
#define STANDINGS                                                                                 \
	"SELECT address, scope, state, score, since, until, gone_at, confirmed_at, level, probe " \
	"FROM recipient WHERE state <> 'ok' OR score > 0 OR since IS NOT NULL "                   \
	"ORDER BY address, scope"

/* Does an event count twice, or a report that nobody believed do anything? (A pause that is over
 * by then is written as ok.) */
static void
check_rows(struct life *l)
{
	assert_sql(l->w->place,
		   "SELECT count(*) FROM (SELECT 1 FROM transition AS t WHERE event IS NOT NULL "
		   "AND cause <> 'held' AND coalesce((SELECT redo FROM undone WHERE transition = "
		   "t.id ORDER BY operation DESC LIMIT 1), 1) = 1 GROUP BY event HAVING count(*) > "
		   "1)",
		   "0");
	assert_sql(l->w->place,
		   "SELECT count(*) FROM transition WHERE cause IN ('untrusted', 'held') AND "
		   "(to_state NOT IN (from_state, 'ok') OR strike > 0 OR speaks)",
		   "0");
	assert_sql(l->w->place,
		   "SELECT count(*) FROM transition AS t JOIN event AS e ON e.id = t.event "
		   "WHERE e.list = 'strict.example.org' AND e.trust = 0 AND t.cause NOT IN "
		   "('untrusted', 'note')",
		   "0");
}

static void
undo_all_and_back(struct life *l)
{
	const struct store_undo all = { .until = INT64_MAX, .all = true };
	struct buf before = BUF_INIT, after = BUF_INIT;

	ask_sql(l->w->place, STANDINGS, &before);
	undo(l, all);
	check(l);
	assert_sql(l->w->place, STANDINGS, "");
	undo(l, (struct store_undo){ .until = INT64_MAX, .of = l->operations });
	check(l);
	ask_sql(l->w->place, STANDINGS, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);
}

/* What a life has to have seen of all lives together. */
static const char *const seen_sql[] = {
	"SELECT count(*) > 0 FROM transition WHERE cause = 'untrusted'",
	"SELECT count(*) > 0 FROM transition WHERE cause = 'held' AND operation IS NULL",
	"SELECT count(*) > 0 FROM transition WHERE cause = 'held' AND operation IS NOT NULL",
	"SELECT count(*) > 0 FROM transition WHERE cause = 'gone' AND operation IS NOT NULL",
	"SELECT count(*) > 0 FROM transition WHERE cause = 'proof' AND event IS NULL",
	"SELECT count(*) > 0 FROM transition WHERE cause = 'undo'",
	"SELECT count(*) > 0 FROM transition WHERE scope <> '' AND to_state <> from_state",
	"SELECT count(*) > 0 FROM transition WHERE why LIKE 'Report-only:%'",
	"SELECT count(*) > 0 FROM undone WHERE redo = 1",
};

static void
live_steps(struct life *l)
{
	for (int i = 0; i < STEPS; i++) {
		uint64_t what = dice(l, 20);

		l->time += (int64_t)dice(l, DAY);
		if (i == 0 || dice(l, 20) == 0)
			choose_policy(l);
		if (what == 0)
			say(l);
		else if (what < 3)
			mail(l);
		else if (what < 5)
			decide(l);
		else if (what < 7)
			undo_something(l);
		else
			deliver(l);
		check(l);
		if (l->retains && dice(l, 5) == 0)
			retain(l);
		if (l->retains && dice(l, 15) == 0)
			forget_somebody(l);
	}
	check_rows(l);
}

static void
live(uint64_t seed, unsigned seen[COUNT(seen_sql)])
{
	struct life l = { .seed = seed, .random = life_random(seed), .time = NOW };

	open_life(&l);
	live_steps(&l);
	for (size_t i = 0; i < COUNT(seen_sql); i++) {
		struct buf answer = BUF_INIT;

		ask_sql(l.w->place, seen_sql[i], &answer);
		seen[i] += buf_str(&answer)[0] == '1';
		buf_free(&answer);
	}
	undo_all_and_back(&l);
	close_life(&l);
}

/* Reports about those who are forgotten. */
static int
spoken_of(const struct life *l)
{
	struct buf count = BUF_INIT;
	int result;

	ask_sql(l->w->place, "SELECT count(*) FROM event WHERE domain = 'forgotten.invalid'",
		&count);
	result = (int)strtol(buf_str(&count), NULL, 10);
	buf_free(&count);
	return result;
}

static void
live_without_a_past(uint64_t seed, uint64_t dropped[RETAIN_CLASSES], int forgotten[2])
{
	struct life l = { .seed = seed, .random = life_random(seed), .time = NOW, .retains = true };

	open_life(&l);
	live_steps(&l);
	for (size_t i = 0; i < RETAIN_CLASSES; i++)
		dropped[i] += l.dropped[i];
	forgotten[0] += l.kept;
	forgotten[1] += spoken_of(&l);
	close_life(&l);
}

static void
every_life_replays_when_what_is_old_goes_and_some_are_forgotten(void **state)
{
	const char *only = getenv("MAILBOUNCED_SEED");
	uint64_t dropped[RETAIN_CLASSES] = { 0 };
	int forgotten[2] = { 0 };

	(void)state;
	if (only != NULL) {
		live_without_a_past(strtoull(only, NULL, 10), dropped, forgotten);
		return;
	}
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live_without_a_past(seed, dropped, forgotten);
	for (size_t i = 0; i < RETAIN_CLASSES; i++) {
		if (dropped[i] == 0)
			fail_msg("no life has dropped anything of class %zu", i);
	}
	assert_true(forgotten[0] > 0 && forgotten[1] > 0);
}

static void
every_whole_life_replays_and_can_be_undone(void **state)
{
	const char *only = getenv("MAILBOUNCED_SEED");
	unsigned seen[COUNT(seen_sql)] = { 0 };

	(void)state;
	if (only != NULL) {
		live(strtoull(only, NULL, 10), seen);
		return;
	}
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live(seed, seen);
	for (size_t i = 0; i < COUNT(seen_sql); i++) {
		if (seen[i] == 0)
			fail_msg("no life has seen it: %s", seen_sql[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_whole_life_replays_and_can_be_undone),
		cmocka_unit_test(every_life_replays_when_what_is_old_goes_and_some_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
