/*
 * replay_test - made-up lives of addresses through the real store: reports, operators, undo
 *
 * Every life has a seed, told when something fails; MAILBOUNCED_SEED=N lives that life alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger_world.h"

#include "life_dice.h"
#include "operate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIVES 5
#define STEPS 60
#define ADDRESSES 4
#define MAILINGS 6
#define BATCH 4

static const char *const address[ADDRESSES] = { "ann@example.com", "Bob@example.com",
						"cy@contoso.com", "dot@example.net" };
static const char *const mailing[MAILINGS] = { "",
					       "m1@lists.example.org",
					       "m2@lists.example.org",
					       "m3@lists.example.org",
					       "m4@lists.example.org",
					       "m5@lists.example.org" };

/* Policies that are in force in turn; all differ. */
static const char *const policy_text[] = {
	"",
	"policy { threshold = 2.0  backoff = {2d, 20d}  suspend = 10d }\n"
	"rule \"slow\" { reason = {greylisted}  backoff = {5d, 9d, 40d} }\n",
	"policy { confirm-gap = 0s }\n"
	"rule \"late\" { reason = {expired}  disposition = dead  weight = 0.7 }\n"
	"rule \"mild\" { reason = {no-such-domain}  weight = 0 }\n"
	"rule \"hard\" { reason = {spam-detected}  disposition = disable }\n",
	"policy { preset = strict  suspend = 6d  confirm = 1  full-mailings = 2\n"
	"reason \"unclassified\" { weight = 1.5  decay = 3d }\n"
	"reason \"no-such-user\" { disposition = disable } }\n",
	"policy { preset = report-only }\n",
};

/* One of two runs of the same life: the same things happen, a batch in another order. */
struct run {
	struct world *w;
	struct config *config[COUNT(policy_text)];
	struct store *beside;
	uint32_t uid;
};

struct life {
	uint64_t seed, random;
	struct run run[2];
	int64_t time;
	int64_t operations;
};

struct mail {
	struct bounce_recipient recipient[2];
	struct bounce_verdict verdict[2];
	struct bounce_report report;
};

static uint64_t
dice(struct life *l, uint64_t sides)
{
	return life_dice(&l->random, sides);
}

static const struct store_key *
key_of(size_t i)
{
	return general(span_of(address[i]));
}

static void
open_run(struct run *r)
{
	void *world;

	make_world(&world);
	r->w = world;
	/* What fails must be seen; alerts need not. */
	dup2(r->w->standard_error, STDERR_FILENO);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < COUNT(policy_text); i++) {
		struct buf errors = BUF_INIT;

		r->config[i] = config_parse("test", policy_text[i], &errors);
		if (r->config[i] == NULL)
			fail_msg("%s", buf_str(&errors));
		buf_free(&errors);
	}
	r->beside = store_open(r->w->place->path, STORE_BESIDE, r->w->place->error);
	if (r->beside == NULL)
		fail_msg("%s", r->w->place->error);
}

static void
close_run(struct run *r)
{
	void *world = r->w;

	store_close(r->beside);
	for (size_t i = 0; i < COUNT(policy_text); i++)
		config_free(r->config[i]);
	drop_world(&world);
}

static struct bounce_standing
standing_of(struct run *r, size_t i)
{
	struct bounce_standing s;

	if (store_standing(r->w->place->store, key_of(i), &s) < 0)
		fail_msg("%s", store_error(r->w->place->store));
	return s;
}

static void
on_difference(void *context, const struct store_key *key, const struct bounce_standing *written,
	      const struct bounce_standing *derived)
{
	const struct life *l = context;

	fail_msg("seed %llu: %.*s is written as %s (score %u), the ledger gives %s (score %u)",
		 (unsigned long long)l->seed, SPAN_ARG(key->address),
		 written != NULL ? bounce_state_name(written->state) : "nothing",
		 written != NULL ? written->score : 0, bounce_state_name(derived->state),
		 derived->score);
}

static void
check_replay(struct life *l, struct run *r)
{
	struct replay *replay = replay_new(r->w->place->store);
	uint64_t checked;

	if (replay_check(replay, &checked, on_difference, l) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed, replay_error(replay));
	replay_free(replay);
}

/* ---- reports ---- */

static void
make_mail(struct life *l, struct mail *m)
{
	static const enum bounce_action action[] = { BOUNCE_ACTION_FAILED, BOUNCE_ACTION_FAILED,
						     BOUNCE_ACTION_FAILED, BOUNCE_ACTION_DELAYED,
						     BOUNCE_ACTION_DELIVERED };
	size_t first = dice(l, ADDRESSES);

	*m = (struct mail){ 0 };
	for (size_t i = 0; i < 2; i++) {
		m->recipient[i].address = span_of(address[(first + i) % ADDRESSES]);
		m->recipient[i].action = action[dice(l, COUNT(action))];
		m->recipient[i].diagnostic =
			dice(l, 2) > 0 ? SPAN("550 Over quota") : SPAN("550 no such user");
		m->verdict[i] = life_verdict(&l->random);
	}
	m->report.kind = dice(l, 25) == 0 ? BOUNCE_KIND_COMPLAINT : BOUNCE_KIND_BOUNCE;
	m->report.format = "test";
	m->report.recipient_count = 1 + dice(l, 2);
	m->report.original_message_id = span_of(mailing[dice(l, MAILINGS)]);
	m->report.original_list_id = dice(l, 2) > 0 ? SPAN("news.example.org") : SPAN("");
}

static void
record_mail(struct life *l, struct run *r, const struct mail *m, const struct config *config)
{
	struct ledger_message message = {
		.folder = r->w->folder, .where = "lists/INBOX", .uid = ++r->uid, .time = l->time
	};
	struct bounce_report report = m->report;
	struct bounce_recipient recipient[2] = { m->recipient[0], m->recipient[1] };
	struct ledger_reading reading = { .report = &report,
					  .verdict = m->verdict,
					  .kind = report.kind };
	struct ledger_result result;

	report.recipient = recipient;
	memcpy(reading.fingerprint, &r->uid, sizeof(r->uid));
	if (ledger_record(r->w->place->store, config, &message, &reading, &result) < 0)
		fail_msg("%s", store_error(r->w->place->store));
	assert_int_equal(result.seen, STORE_NEW);
}

static bool
is_pinned(const struct bounce_standing *s)
{
	return s->state == BOUNCE_STATE_PINNED_OK || s->state == BOUNCE_STATE_PINNED_DEAD;
}

static int
badness(const struct bounce_standing *s, int64_t time)
{
	static const int rank[BOUNCE_STATE_COUNT] = {
		[BOUNCE_STATE_BACKOFF] = 1,     [BOUNCE_STATE_SUSPENDED] = 2,
		[BOUNCE_STATE_DEAD] = 3,        [BOUNCE_STATE_COMPLAINED] = 4,
		[BOUNCE_STATE_PINNED_DEAD] = 5,
	};

	return bounce_mailable(s, time) ? 0 : rank[s->state];
}

/* Is nothing in the mail about that address but our own faults, and things that are no failure? A
 * rule of the operator's may make a fault count. */
static bool
is_harmless(const struct mail *m, size_t who, const struct config *config)
{
	if (m->report.kind == BOUNCE_KIND_COMPLAINT || config->policy.rule_count > 0)
		return false;
	for (size_t i = 0; i < m->report.recipient_count; i++) {
		if (span_eq(m->recipient[i].address, span_of(address[who])) &&
		    m->recipient[i].action == BOUNCE_ACTION_FAILED &&
		    m->verdict[i].severity != BOUNCE_SEVERITY_NONE &&
		    m->verdict[i].disposition > BOUNCE_DISPOSITION_OPERATOR)
			return false;
	}
	return true;
}

static void
check_mail(struct life *l, struct run *r, const struct mail *m, const struct config *config)
{
	struct bounce_standing before[ADDRESSES];

	for (size_t i = 0; i < ADDRESSES; i++)
		before[i] = standing_of(r, i);
	record_mail(l, r, m, config);
	for (size_t i = 0; i < ADDRESSES; i++) {
		struct bounce_standing after = standing_of(r, i);

		if (is_pinned(&before[i]) && after.state != before[i].state)
			fail_msg("seed %llu: a report moved a pin", (unsigned long long)l->seed);
		if (is_harmless(m, i, config) &&
		    (badness(&after, l->time) > badness(&before[i], l->time) ||
		     after.score > before[i].score))
			fail_msg("seed %llu: %s got worse without its fault",
				 (unsigned long long)l->seed, address[i]);
	}
}

/* Both runs get the batch, the second one in another order. */
static void
deliver(struct life *l, size_t policy)
{
	size_t count = 1 + dice(l, BATCH), turn = dice(l, BATCH);
	struct mail mail[BATCH];

	for (size_t i = 0; i < count; i++)
		make_mail(l, &mail[i]);
	for (size_t k = 0; k < COUNT(l->run); k++) {
		struct run *r = &l->run[k];
		const struct config *config = r->config[policy];
		struct buf text = BUF_INIT;

		config_dump_policy(config, &text);
		store_policy(r->w->place->store, buf_span(&text));
		buf_free(&text);
		assert_int_equal(store_begin(r->w->place->store), 0);
		for (size_t i = 0; i < count; i++)
			check_mail(l, r, &mail[k == 0 ? i : (2 * count - 1 - i + turn) % count],
				   config);
		assert_int_equal(store_policy_write(r->w->place->store, l->time), 0);
		assert_int_equal(store_commit(r->w->place->store), 0);
	}
}

/* ---- operators ---- */

static void
begin_operation(struct life *l, struct run *r, struct operate *o, const char *what)
{
	*o = (struct operate){
		.store = r->beside,
		.replay = replay_new(r->beside),
		.config = &r->w->config,
		.what = { l->time, "tester", what, "", "a test" },
	};
}

static void
end_operation(struct operate *o)
{
	if (operate_end(o) < 0)
		fail_msg("%s", replay_error(o->replay));
	replay_free(o->replay);
}

static void
say(struct life *l)
{
	static const enum bounce_event word[] = { BOUNCE_EVENT_REVIVE, BOUNCE_EVENT_KILL,
						  BOUNCE_EVENT_PIN_OK, BOUNCE_EVENT_PIN_DEAD,
						  BOUNCE_EVENT_UNPIN,  BOUNCE_EVENT_UNPIN };
	enum bounce_event event = word[dice(l, COUNT(word))];
	size_t who = dice(l, ADDRESSES);

	for (size_t k = 0; k < COUNT(l->run); k++) {
		struct operate_change change;
		struct operate o;

		begin_operation(l, &l->run[k], &o, bounce_event_name(event));
		if (operate_word(&o, key_of(who), event, &change) < 0)
			fail_msg("%s", replay_error(o.replay));
		end_operation(&o);
		l->operations = o.id;
	}
}

struct undoing {
	struct operate *operate;
	struct store_undo *what;
	int taken;
};

static int
undo_key(void *context, const struct store_key *key)
{
	struct undoing *u = context;
	struct operate_change change;

	if (operate_undo(u->operate, u->what, key, &change) < 0)
		return -1;
	u->taken += change.taken;
	return 0;
}

/* Returns how many entries were taken back. */
static int
undo_in(struct life *l, struct run *r, struct store_undo what)
{
	struct operate o;
	struct undoing u = { &o, &what, 0 };

	begin_operation(l, r, &o, "undo");
	if (store_undo_keys(r->beside, &what, undo_key, &u) < 0)
		fail_msg("seed %llu: %s", (unsigned long long)l->seed, replay_error(o.replay));
	end_operation(&o);
	if (o.id != 0)
		l->operations = o.id;
	return u.taken;
}

static void
undo(struct life *l)
{
	struct store_undo what = { .until = INT64_MAX };

	switch (dice(l, 6)) {
	case 0:
		what.domain = "example.com";
		break;
	case 1:
		what.reason = bounce_reason_name((enum bounce_reason)dice(l, BOUNCE_REASON_COUNT));
		break;
	case 2:
		what.match = "OVER quota";
		what.since = l->time - (int64_t)dice(l, 20) * DAY;
		break;
	case 3:
		what.since = l->time - (int64_t)dice(l, 20) * DAY;
		what.until = what.since + 5 * DAY;
		what.all = dice(l, 2) == 0;
		break;
	default:
		what.of = 1 + (int64_t)dice(l, (uint64_t)l->operations + 1);
		break;
	}
	for (size_t k = 0; k < COUNT(l->run); k++) {
		undo_in(l, &l->run[k], what);
		if (what.of == 0)
			assert_int_equal(undo_in(l, &l->run[k], what), 0);
	}
}

/* ---- lives ---- */

static void
assert_alike(struct life *l)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		struct bounce_standing a = standing_of(&l->run[0], i);
		struct bounce_standing b = standing_of(&l->run[1], i);

		if (!bounce_standing_same(&a, &b))
			fail_msg("seed %llu: the order of a batch matters to %s: %s and %s",
				 (unsigned long long)l->seed, address[i],
				 bounce_state_name(a.state), bounce_state_name(b.state));
	}
}

static void
undo_everything_and_back(struct life *l)
{
	const struct store_undo all = { .until = INT64_MAX, .all = true };
	const struct bounce_standing nothing = { 0 };
	struct bounce_standing before[ADDRESSES], s;
	struct store_undo back = { .until = INT64_MAX };
	struct run *r = &l->run[0];

	for (size_t i = 0; i < ADDRESSES; i++)
		before[i] = standing_of(r, i);
	undo_in(l, r, all);
	back.of = l->operations;
	for (size_t i = 0; i < ADDRESSES; i++) {
		s = standing_of(r, i);
		if (!bounce_standing_same(&s, &nothing))
			fail_msg("seed %llu: %s is %s after all was undone",
				 (unsigned long long)l->seed, address[i],
				 bounce_state_name(s.state));
	}
	assert_int_equal(undo_in(l, r, all), 0);
	undo_in(l, r, back);
	for (size_t i = 0; i < ADDRESSES; i++) {
		s = standing_of(r, i);
		assert_true(bounce_standing_same(&s, &before[i]));
	}
	check_replay(l, r);
}

static void
live(uint64_t seed)
{
	struct life l = { .seed = seed, .random = life_random(seed), .time = NOW };
	size_t policy = 0;

	for (size_t k = 0; k < COUNT(l.run); k++)
		open_run(&l.run[k]);
	for (int i = 0; i < STEPS; i++) {
		l.time += (int64_t)dice(&l, 4 * DAY);
		if (dice(&l, 15) == 0)
			policy = dice(&l, COUNT(policy_text));
		if (dice(&l, 6) == 0)
			say(&l);
		else if (dice(&l, 8) == 0)
			undo(&l);
		else
			deliver(&l, policy);
		for (size_t k = 0; k < COUNT(l.run); k++)
			check_replay(&l, &l.run[k]);
		assert_alike(&l);
	}
	undo_everything_and_back(&l);
	for (size_t k = 0; k < COUNT(l.run); k++)
		close_run(&l.run[k]);
}

static void
every_life_replays_and_can_be_undone(void **state)
{
	const char *only = getenv("MAILBOUNCED_SEED");

	(void)state;
	if (only != NULL) {
		live(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_life_replays_and_can_be_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
