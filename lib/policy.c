/*
 * policy - what a list's operator wants done about failures, as plain values
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "policy.h"

#define DAY STATE_DAY
#define SLOWEST_DECAY (30 * DAY) /* of reason.def: of a reason that has no decay there */
#define WEIGHT_TWICE 250         /* strike of a reason that kills, made milder by a rule */

static const char *const preset_names[BOUNCE_PRESET_COUNT] = {
#define PRESET(id, name, text) [BOUNCE_PRESET_##id] = (name),
#include "word.def"
};

const char *
bounce_preset_name(enum bounce_preset preset)
{
	return preset < BOUNCE_PRESET_COUNT ? preset_names[preset] : "?";
}

static const struct bounce_policy careful = {
	.preset = BOUNCE_PRESET_CAREFUL,
	.threshold = 500,
	.backoff = { 1 * DAY, 3 * DAY, 7 * DAY, 14 * DAY },
	.backoff_count = 4,
	.suspend = 30 * DAY,
	.probes = 2,
	.confirm = 2,
	.confirm_gap = 3 * DAY,
	.confirm_quiet = 14 * DAY,
	.grace = 5 * DAY,
	.fade_mailings = 4,
	.full_for = 60 * DAY,
	.full_mailings = 6,
};

struct bounce_policy
bounce_policy_preset(enum bounce_preset preset)
{
	struct bounce_policy p = careful;

	p.preset = preset;
	switch (preset) {
	case BOUNCE_PRESET_STRICT:
		p.threshold = 300;
		p.probes = 1;
		p.confirm_gap = 1 * DAY;
		p.confirm_quiet = 7 * DAY;
		break;
	case BOUNCE_PRESET_CAREFUL:
	case BOUNCE_PRESET_REPORT_ONLY:
	case BOUNCE_PRESET_COUNT:
		break;
	}
	return p;
}

struct bounce_policy
bounce_policy_default(void)
{
	return careful;
}

unsigned
bounce_policy_weight(const struct bounce_policy *policy, enum bounce_reason reason)
{
	const struct bounce_reason_policy *own = &policy->reason[reason];

	return own->set_weight ? own->weight : bounce_reason_facts(reason)->weight;
}

int64_t
bounce_policy_fading(const struct bounce_policy *policy, enum bounce_reason reason, int64_t cadence)
{
	const struct bounce_reason_policy *own = &policy->reason[reason];
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);
	int64_t decay = facts->weight == 0 ? SLOWEST_DECAY : facts->decay_days * DAY;
	int64_t least;

	if (own->set_decay)
		decay = own->decay;
	if (cadence > STATE_MAX_CADENCE)
		cadence = STATE_MAX_CADENCE;
	least = cadence > 0 ? cadence * policy->fade_mailings : 0;
	return decay > 0 && decay < least ? least : decay;
}

/* ---- from a verdict to a judgement ---- */

static bool
rule_matches(const struct bounce_rule *rule, const struct bounce_verdict *v, struct span domain,
	     struct span list)
{
	const struct bounce_status *s = &rule->status;

	if (rule->reasons != 0 && (rule->reasons >> v->reason & 1) == 0)
		return false;
	if (s->class != 0 && s->class != v->status.class)
		return false;
	if (s->class != 0 && s->subject != UINT16_MAX && s->subject != v->status.subject)
		return false;
	if (s->class != 0 && s->detail != UINT16_MAX && s->detail != v->status.detail)
		return false;
	if (rule->list != NULL && !span_ieq(list, span_of(rule->list)))
		return false;
	return rule->domain == NULL || span_ieq(domain, span_of(rule->domain));
}

static const struct bounce_rule *
find_rule(const struct bounce_policy *policy, const struct bounce_verdict *v, struct span domain,
	  struct span list)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (rule_matches(&policy->rule[i], v, domain, list))
			return &policy->rule[i];
	return NULL;
}

static unsigned
halved(unsigned weight, const struct bounce_verdict *v)
{
	return v->forwarded ? weight / 2 : weight;
}

/* The verdict's own weight, in the measure of the policy's. */
static unsigned
scaled(const struct bounce_policy *policy, const struct bounce_verdict *v)
{
	unsigned usual = bounce_reason_facts(v->reason)->weight;

	if (!policy->reason[v->reason].set_weight)
		return v->weight;
	if (usual == 0)
		return v->disposition < BOUNCE_DISPOSITION_RETRY
			       ? 0
			       : halved(policy->reason[v->reason].weight, v);
	return (unsigned)((uint64_t)policy->reason[v->reason].weight * v->weight / usual);
}

/* What makes a mild reason count must give it some weight. */
static unsigned
weight_for(const struct bounce_policy *policy, const struct bounce_verdict *v,
	   enum bounce_disposition disposition)
{
	unsigned usual = bounce_policy_weight(policy, v->reason);

	if (disposition == v->disposition)
		return scaled(policy, v);
	if (disposition < BOUNCE_DISPOSITION_RETRY)
		return 0;
	if (policy->reason[v->reason].set_weight)
		return halved(usual, v);
	if (disposition < BOUNCE_DISPOSITION_DISABLE)
		return 0;
	if (disposition == BOUNCE_DISPOSITION_DISABLE && usual > WEIGHT_TWICE)
		return halved(WEIGHT_TWICE, v);
	return halved(usual > 0 ? usual : bounce_reason_facts(BOUNCE_REASON_UNCLASSIFIED)->weight,
		      v);
}

struct bounce_judgement
bounce_policy_judge(const struct bounce_policy *policy, const struct bounce_verdict *v,
		    struct span domain, struct span list)
{
	const struct bounce_rule *rule = find_rule(policy, v, domain, list);
	const struct bounce_reason_policy *own = &policy->reason[v->reason];
	struct bounce_judgement j = { rule, v->disposition, 0, policy->backoff,
				      policy->backoff_count };

	if (own->set_disposition && v->disposition == bounce_reason_facts(v->reason)->disposition)
		j.disposition = own->disposition;
	if (rule != NULL && rule->set_disposition)
		j.disposition = rule->disposition;
	if (v->forwarded && j.disposition > BOUNCE_DISPOSITION_DISABLE)
		j.disposition = BOUNCE_DISPOSITION_DISABLE;
	j.weight = weight_for(policy, v, j.disposition);
	if (rule != NULL && rule->set_weight)
		j.weight = halved(rule->weight, v);
	if (rule != NULL && rule->backoff_count > 0) {
		j.backoff = rule->backoff;
		j.backoff_count = rule->backoff_count;
	}
	if (j.weight > STATE_MAX_SCORE)
		j.weight = STATE_MAX_SCORE;
	return j;
}
