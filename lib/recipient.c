/*
 * recipient - the recipients of a report, taken together
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "recipient.h"

#include <stdlib.h>

enum bounce_action
recipient_fate(const struct bounce_recipient *r)
{
	uint16_t class = r->field_status.class;

	if (r->action != BOUNCE_ACTION_NONE)
		return r->action;
	if (class == 0)
		class = r->reply_status.class;
	if (class == 0)
		class = r->smtp / 100;
	if (class == 2)
		return BOUNCE_ACTION_DELIVERED;
	return class == 4 || class == 5 ? BOUNCE_ACTION_FAILED : BOUNCE_ACTION_NONE;
}

/* How much a fate weighs when a report tells two, of one recipient or of several. */
enum gravity { UNKNOWN, REACHED, WAITING, LOST };

static enum gravity
gravity_of(const struct bounce_recipient *r)
{
	switch (recipient_fate(r)) {
	case BOUNCE_ACTION_FAILED:
		return LOST;
	case BOUNCE_ACTION_DELAYED:
		return WAITING;
	case BOUNCE_ACTION_DELIVERED:
	case BOUNCE_ACTION_RELAYED:
	case BOUNCE_ACTION_EXPANDED:
		return REACHED;
	case BOUNCE_ACTION_NONE:
	case BOUNCE_ACTION_COUNT:
		break;
	}
	return UNKNOWN;
}

/* How much of a server's reply it quotes: a code alone may stand in a report's own words, too. */
static int
quotes(const struct bounce_recipient *r)
{
	return (r->smtp != 0 ? 2 : 0) + (r->reply_status.class != 0 ? 1 : 0);
}

static bool
tells_more(const struct bounce_recipient *a, const struct bounce_recipient *b)
{
	enum gravity first = gravity_of(a), second = gravity_of(b);

	if (first != second)
		return first > second;
	if (quotes(a) != quotes(b))
		return quotes(a) > quotes(b);
	return !span_empty(a->diagnostic) && span_empty(b->diagnostic);
}

void
recipient_learn_stage(struct bounce_recipient *r, const struct bounce_recipient *from)
{
	bool same = r->smtp == 0 || from->smtp == 0 || r->smtp == from->smtp;

	if (r->stage == BOUNCE_STAGE_UNKNOWN && same && r->reply_status.subject != 1 &&
	    r->field_status.subject != 1)
		r->stage = from->stage;
}

/* Whatever the case of the letters. */
static int
compare(struct span a, struct span b)
{
	size_t a_len = span_len(a), b_len = span_len(b);

	for (size_t i = 0; i < a_len && i < b_len; i++) {
		int difference = span_lower(a.p[i]) - span_lower(b.p[i]);

		if (difference != 0)
			return difference;
	}
	return a_len < b_len ? -1 : a_len > b_len;
}

/* Which of a recipient's addresses he is looked up by. */
static struct span
key_of(const struct bounce_recipient *r, bool final)
{
	return final ? r->final : r->address;
}

/* By key, then by place. */
static int
order(const struct bounce_recipient *a, const struct bounce_recipient *b, bool final)
{
	int difference = compare(key_of(a, final), key_of(b, final));

	return difference != 0 ? difference : a < b ? -1 : 1;
}

static int
by_address(const void *x, const void *y)
{
	return order(*(struct bounce_recipient *const *)x, *(struct bounce_recipient *const *)y,
		     false);
}

static int
by_final(const void *x, const void *y)
{
	return order(*(struct bounce_recipient *const *)x, *(struct bounce_recipient *const *)y,
		     true);
}

/* All recipients in such an order, or NULL: arena out. */
static struct bounce_recipient **
sort(struct arena *a, const struct bounce_report *report, int (*by)(const void *, const void *))
{
	size_t count = report->recipient_count;
	struct bounce_recipient **sorted = arena_array(a, count, sizeof(struct bounce_recipient *));

	if (sorted == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &report->recipient[i];
	qsort(sorted, count, sizeof(struct bounce_recipient *), by);
	return sorted;
}

int
recipient_index(struct arena *a, const struct bounce_report *report, struct recipient_index *out)
{
	*out = (struct recipient_index){
		.by_address = sort(a, report, by_address),
		.by_final = sort(a, report, by_final),
		.count = report->recipient_count,
	};
	return out->by_address == NULL || out->by_final == NULL ? -1 : 0;
}

/* The first of the sorted ones that bears the key: of several, the one that stands first. */
static const struct bounce_recipient *
find(struct bounce_recipient *const *sorted, size_t count, struct span key, bool final)
{
	size_t low = 0, high = count;

	if (span_empty(key))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(key_of(sorted[middle], final), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && compare(key_of(sorted[low], final), key) == 0 ? sorted[low] : NULL;
}

const struct bounce_recipient *
recipient_find(const struct recipient_index *index, struct span address)
{
	return find(index->by_address, index->count, address, false);
}

const struct bounce_recipient *
recipient_find_final(const struct recipient_index *index, struct span final)
{
	return find(index->by_final, index->count, final, true);
}

/* Takes the recipients out whose `keep` is not set. */
static void
compact(struct bounce_report *report, const bool *keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < report->recipient_count; i++)
		if (keep[i])
			report->recipient[kept++] = report->recipient[i];
	report->recipient_count = kept;
}

/* What one mention of a recipient lacks, another may tell. */
static void
learn(struct bounce_recipient *r, const struct bounce_recipient *from)
{
	recipient_learn_stage(r, from);
	if (r->field_status.class == 0 && gravity_of(r) == gravity_of(from))
		r->field_status = from->field_status;
}

int
recipient_merge(struct arena *a, struct bounce_report *report)
{
	size_t count = report->recipient_count;
	struct bounce_recipient **sorted = sort(a, report, by_address);
	bool *keep = arena_array(a, count, sizeof(*keep));

	if (sorted == NULL || keep == NULL)
		return -1;
	for (size_t i = 0, first = 0; i < count; i++) {
		struct bounce_recipient *r = sorted[i];

		if (i == first || span_empty(r->address) ||
		    !span_ieq(r->address, sorted[first]->address)) {
			first = i;
			keep[r - report->recipient] = true;
		} else if (tells_more(r, sorted[first])) {
			struct bounce_recipient less = *sorted[first];

			*sorted[first] = *r;
			learn(sorted[first], &less);
		} else {
			learn(sorted[first], r);
		}
	}
	compact(report, keep);
	return 0;
}

enum bounce_kind
recipient_kind(const struct bounce_report *report)
{
	static const enum bounce_kind kinds[] = {
		[UNKNOWN] = BOUNCE_KIND_OTHER,
		[REACHED] = BOUNCE_KIND_SUCCESS,
		[WAITING] = BOUNCE_KIND_DELAYED,
		[LOST] = BOUNCE_KIND_BOUNCE,
	};
	enum gravity worst = UNKNOWN;

	for (size_t i = 0; i < report->recipient_count; i++) {
		enum gravity one = gravity_of(&report->recipient[i]);

		worst = one > worst ? one : worst;
	}
	return kinds[worst];
}
