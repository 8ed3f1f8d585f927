/*
 * pipeline_move - carries out the intents to move
 *
 * A server refuses a set when one message of it cannot be moved, or when the target takes nothing.
 * Where it does not say which, the set is halved until single messages are refused: those are set
 * aside, the others move. When several in a row are refused it is the target's fault after all.
 * What was refused is tried again later, and told once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <stdlib.h>
#include <time.h>

#include "crash.h"
#include "log.h"

/* Sets that wait while others are tried: one for each halving of 10,000, and one for each part that
 * did not fit a command. */
#define MOST_PARTS 64

static struct pipeline_hold *
find_hold(struct pipeline_filing *filing, const char *target)
{
	for (size_t i = 0; i < filing->holds; i++) {
		if (strcmp(filing->hold[i].target, target) == 0)
			return &filing->hold[i];
	}
	return NULL;
}

void
pipeline_forget_lost(struct pipeline_lost *lost)
{
	free(lost->target);
	free(lost->uid);
	*lost = (struct pipeline_lost){ 0 };
}

void
pipeline_filing_free(struct pipeline_filing *filing)
{
	for (size_t i = 0; i < filing->holds; i++)
		free(filing->hold[i].target);
	free(filing->hold);
	pipeline_forget_lost(&filing->lost);
	*filing = (struct pipeline_filing){ 0 };
}

static const char *
remedy(enum imap_cause cause)
{
	switch (cause) {
	case IMAP_CAUSE_QUOTA:
		return "make room there, or raise its quota";
	case IMAP_CAUSE_RIGHTS:
		return "give this user the rights to insert there and to delete here";
	case IMAP_CAUSE_MISSING:
		return "make that folder by hand, or name another in the section target";
	case IMAP_CAUSE_SERVER:
		return "nothing, unless it lasts";
	case IMAP_CAUSE_EXISTS:
	case IMAP_CAUSE_UNKNOWN:
		break;
	}
	return "look into the server's log";
}

/* The target takes nothing now. Reading goes on, and so do other targets. */
static void
hold(struct filing_job *job, enum imap_cause cause, const char *why)
{
	struct pipeline *p = job->p;
	struct pipeline_filing *filing = p->filing;
	struct pipeline_hold *held = find_hold(filing, job->target);

	job->held = true;
	if (held == NULL) {
		filing->hold = xgrow(filing->hold, filing->holds + 1, sizeof(struct pipeline_hold));
		held = &filing->hold[filing->holds++];
		*held = (struct pipeline_hold){ .target = xstrdup(job->target) };
		log_warn(
			"%s: messages stay where they are, recorded but not moved to \"%s\", tried "
			"again every %u s; to act: %s; the server's words: %s",
			p->where, job->target, p->account->move_retry, remedy(cause), why);
	}
	held->until = (int64_t)time(NULL) + p->account->move_retry;
}

/* It takes something again. */
static void
release(struct filing_job *job)
{
	struct pipeline_filing *filing = job->p->filing;
	struct pipeline_hold *held = find_hold(filing, job->target);

	job->refused = 0;
	if (held == NULL)
		return;
	if (job->folder == NULL)
		log_info("%s: messages are deleted again", job->p->where);
	else if (job->way != FILING_KEEP)
		log_info("%s: messages are moved to \"%s\" again", job->p->where, job->target);
	free(held->target);
	*held = filing->hold[--filing->holds];
}

enum pipeline_result
pipeline_set_aside(struct pipeline *p, uint32_t uid, int *times)
{
	const struct store_retry retry = {
		.time = (int64_t)time(NULL),
		.least = p->account->move_retry,
		.most = PIPELINE_RETRY_MOST,
	};

	*times = store_move_refused(p->store, p->folder.id, uid, &retry);
	return *times < 0 ? PIPELINE_STORE_BAD : PIPELINE_OK;
}

/* A message that is refused alone. */
static enum pipeline_result
refuse_one(struct filing_job *job, uint32_t uid, const char *why)
{
	struct pipeline *p = job->p;
	int times;
	enum pipeline_result result = pipeline_set_aside(p, uid, &times);

	if (result != PIPELINE_OK)
		return result;
	if (times == 1) {
		log_warn("%s: uid %u stays where it is, recorded but not moved to \"%s\", tried "
			 "again in %u s and then more rarely; to act: move it by hand, or let it "
			 "be; "
			 "the server's words: %s",
			 p->where, uid, job->target, p->account->move_retry, why);
	}
	if (++job->refused >= PIPELINE_MOST_REFUSED)
		hold(job, IMAP_CAUSE_UNKNOWN, why);
	return PIPELINE_OK;
}

/* What is still to be tried, the next one last. */
struct parts {
	struct imap_uids part[MOST_PARTS];
	size_t count;
};

static void
push(struct parts *parts, struct imap_uids from, size_t begin)
{
	if (begin >= from.count)
		return;
	if (parts->count == MOST_PARTS)
		log_panic("pipeline: a set that does not get smaller");
	parts->part[parts->count++] = (struct imap_uids){ from.uid + begin, from.count - begin };
}

static struct imap_uids
first_of(struct imap_uids uids, size_t count)
{
	return (struct imap_uids){ uids.uid, count };
}

/* The set was refused: smaller, or one message, or the target. */
static enum pipeline_result
on_refusal(struct filing_job *job, struct parts *parts, struct imap_uids refused)
{
	enum imap_cause cause = imap_cause(job->p->imap);
	char *why = xstrdup(imap_error(job->p->imap));
	enum pipeline_result result = PIPELINE_OK;

	if (cause != IMAP_CAUSE_UNKNOWN) {
		hold(job, cause, why);
	} else if (refused.count == 1) {
		result = refuse_one(job, refused.uid[0], why);
	} else {
		push(parts, refused, refused.count / 2);
		push(parts, first_of(refused, refused.count / 2), 0);
	}
	free(why);
	return result;
}

static enum pipeline_result
move_set(struct filing_job *job, struct imap_uids all)
{
	struct parts parts = { .count = 0 };
	enum pipeline_result result = PIPELINE_OK;

	push(&parts, all, 0);
	while (parts.count > 0 && result == PIPELINE_OK && !job->held) {
		struct imap_uids part = parts.part[--parts.count];
		bool refused = false;

		push(&parts, part, imap_fit(part));
		part.count = imap_fit(part);
		result = pipeline_file(job, part, &refused);
		if (result == PIPELINE_OK && refused)
			result = on_refusal(job, &parts, part);
		else if (result == PIPELINE_OK)
			release(job);
	}
	return result;
}

enum filing_way
pipeline_way_to(const struct pipeline *p, const char *target)
{
	bool deletes = strcmp(target, STORE_TARGET_DELETE) == 0;

	if (!deletes && imap_can(p->imap, "MOVE"))
		return FILING_MOVE;
	if (!imap_can(p->imap, "UIDPLUS"))
		return FILING_KEEP;
	return deletes ? FILING_DELETE : FILING_COPY;
}

/* Asked for once a session, as long as no other target comes between. */
static enum imap_result
ask_for_folder(struct filing_job *job)
{
	struct pipeline *p = job->p;
	enum imap_result result = IMAP_OK;

	if (p->asked == NULL || strcmp(p->asked, job->target) != 0) {
		free(p->asked);
		free(p->asked_folder);
		p->asked = p->asked_folder = NULL;
		if (job->target[0] == '\\')
			result = imap_special(p->imap, job->target, &p->asked_folder);
		else
			result = imap_place(p->imap, job->target, &p->asked_folder);
		if (result == IMAP_OK)
			p->asked = xstrdup(job->target);
	}
	if (result == IMAP_OK)
		job->folder = xstrdup(p->asked_folder);
	return result;
}

/* RFC 3501 section 5.1: INBOX is the one name without regard to case. */
static bool
is_watched(const struct pipeline *p, const char *folder)
{
	return strcmp(folder, p->watched) == 0 ||
	       (strcasecmp(folder, "INBOX") == 0 && strcasecmp(p->watched, "INBOX") == 0);
}

enum pipeline_result
pipeline_find_folder(struct filing_job *job)
{
	enum imap_result result;

	if (strcmp(job->target, STORE_TARGET_DELETE) == 0)
		return PIPELINE_OK;
	result = ask_for_folder(job);
	if (result == IMAP_REFUSED) {
		hold(job, imap_cause(job->p->imap), imap_error(job->p->imap));
		return PIPELINE_OK;
	}
	if (result == IMAP_OK && is_watched(job->p, job->folder))
		hold(job, IMAP_CAUSE_MISSING, "it is the watched folder itself");
	return pipeline_result_of(result);
}

/* Moves every message that shall go to one target. */
static enum pipeline_result
move_to(struct pipeline *p, const char *target, int64_t now)
{
	struct filing_job job = { .p = p, .target = target, .way = pipeline_way_to(p, target) };
	struct store_move_set set = { .folder = p->folder.id, .now = now };
	enum pipeline_result result = pipeline_find_folder(&job);

	set.most = p->account->move_messages;
	set.uid = xarray(set.most, sizeof(*set.uid));
	job.copies.uid = xarray(set.most, sizeof(*job.copies.uid));
	while (result == PIPELINE_OK && !job.held) {
		if (store_moves(p->store, target, &set) < 0)
			result = PIPELINE_STORE_BAD;
		if (result != PIPELINE_OK || set.count == 0)
			break;
		result = move_set(&job, (struct imap_uids){ set.uid, set.count });
	}
	free(set.uid);
	free(job.copies.uid);
	free(job.folder);
	return result;
}

enum pipeline_result
pipeline_next_target(struct pipeline *p, int64_t now, char *before, char **target)
{
	const struct pipeline_hold *held;

	do {
		if (store_move_target(p->store, p->folder.id, now, before, target) < 0) {
			free(before);
			return PIPELINE_STORE_BAD;
		}
		free(before);
		before = *target;
		held = *target == NULL ? NULL : find_hold(p->filing, *target);
	} while (held != NULL && held->until > now);
	return PIPELINE_OK;
}

/* Each target, but those that are held. */
static enum pipeline_result
move_to_each(struct pipeline *p, int64_t now)
{
	char *target;
	enum pipeline_result result = pipeline_next_target(p, now, NULL, &target);

	while (result == PIPELINE_OK && target != NULL) {
		result = move_to(p, target, now);
		if (result != PIPELINE_OK)
			free(target);
		else
			result = pipeline_next_target(p, now, target, &target);
	}
	return result;
}

/* When to try again. A hold that is over and was not tried has nothing to try: its messages wait
 * longer, or are lost. */
static enum pipeline_result
find_due(struct pipeline *p, int64_t now)
{
	struct pipeline_filing *filing = p->filing;

	if (store_move_retry_at(p->store, p->folder.id, now, &filing->due) < 0)
		return PIPELINE_STORE_BAD;
	for (size_t i = 0; i < filing->holds; i++) {
		int64_t until = filing->hold[i].until;

		if (until > now && (filing->due == 0 || until < filing->due))
			filing->due = until;
	}
	return PIPELINE_OK;
}

enum pipeline_result
pipeline_move(struct pipeline *p)
{
	int64_t now = (int64_t)time(NULL);
	enum pipeline_result result;

	p->unmoved = 0;
	p->filing->due = 0;
	if (p->read_only)
		return PIPELINE_OK;
	result = pipeline_take_copied(p);
	if (result == PIPELINE_OK)
		result = move_to_each(p, now);
	if (result == PIPELINE_OK)
		result = find_due(p, now);
	return result;
}

/* The set that is under way. */
struct pipeline_moving {
	struct filing_job job;
	struct store_move_set set;
	char *target;
	bool sent; /* and nobody has asked yet what became of it */
};

void
pipeline_forget_move(struct pipeline *p)
{
	struct pipeline_moving *moving = p->moving;

	if (moving == NULL)
		return;
	if (moving->sent)
		pipeline_lose_move(p, (struct imap_uids){ moving->set.uid, moving->set.count },
				   moving->job.folder);
	free(moving->set.uid);
	free(moving->job.copies.uid);
	free(moving->job.folder);
	free(moving->target);
	free(moving);
	p->moving = NULL;
}

/* Can it be sent without asking the server anything before? */
static bool
can_post(const struct pipeline *p, const char *target)
{
	if (pipeline_way_to(p, target) != FILING_MOVE)
		return false;
	return (p->asked != NULL && strcmp(p->asked, target) == 0) ||
	       (target[0] != '\\' && imap_place_is_known(p->imap, target));
}

enum pipeline_result
pipeline_expect_moves(struct pipeline *p)
{
	const struct config_target *target = &p->account->target[BOUNCE_KIND_BOUNCE];
	struct filing_job job = { .p = p, .target = target->folder };
	enum imap_result result;

	if (p->read_only || target->remove || target->leave ||
	    pipeline_way_to(p, target->folder) != FILING_MOVE || can_post(p, target->folder))
		return PIPELINE_OK;
	result = ask_for_folder(&job);
	free(job.folder);
	/* Whoever moves asks again, and tells why it is refused. */
	return result == IMAP_REFUSED ? PIPELINE_OK : pipeline_result_of(result);
}

static enum pipeline_result
post_set(struct pipeline *p)
{
	struct pipeline_moving *moving = p->moving;
	struct store_move_set *set = &moving->set;
	struct imap_uids uids;

	if (store_moves(p->store, moving->target, set) < 0)
		return PIPELINE_STORE_BAD;
	uids = (struct imap_uids){ set->uid, set->count };
	set->count = uids.count = imap_fit(uids);
	/* Something may be left: pipeline_move() looks at the end. */
	p->unmoved = p->unmoved > set->count ? p->unmoved - set->count : 1;
	return pipeline_result_of(imap_post_move(p->imap, uids, moving->job.folder, &moving->sent));
}

enum pipeline_result
pipeline_post_move(struct pipeline *p, bool *posted)
{
	struct pipeline_moving *moving;
	int64_t now = (int64_t)time(NULL);
	char *target = NULL;
	enum pipeline_result result = PIPELINE_OK;

	*posted = false;
	if (!p->read_only)
		result = pipeline_next_target(p, now, NULL, &target);
	if (result != PIPELINE_OK || target == NULL || !can_post(p, target)) {
		free(target);
		return result;
	}
	moving = p->moving = xalloc(sizeof(*moving));
	moving->target = target;
	moving->job = (struct filing_job){ .p = p, .target = target, .way = FILING_MOVE };
	moving->set = (struct store_move_set){ .folder = p->folder.id, .now = now };
	moving->set.most = p->account->move_messages;
	moving->set.uid = xarray(moving->set.most, sizeof(uint32_t));
	moving->job.copies.uid = xarray(moving->set.most, sizeof(uint32_t));
	result = pipeline_find_folder(&moving->job);
	if (result == PIPELINE_OK && !moving->job.held)
		result = post_set(p);
	else
		moving->set.count = 0;
	*posted = moving->sent;
	crash_here("move-posted");
	return result;
}

enum pipeline_result
pipeline_finish_move(struct pipeline *p)
{
	struct pipeline_moving *moving = p->moving;
	enum pipeline_result result = PIPELINE_OK;

	if (moving == NULL)
		return PIPELINE_OK;
	moving->sent = false;
	if (moving->set.count > 0)
		result = move_set(&moving->job,
				  (struct imap_uids){ moving->set.uid, moving->set.count });
	pipeline_forget_move(p);
	return result == PIPELINE_OK ? find_due(p, (int64_t)time(NULL)) : result;
}
