/*
 * config_policy - the sections that move states: policy, rule and list
 *
 * A policy begins with a preset, a list's with the general one; what is written changes single
 * values of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <confuse.h>

#include "config_reader.h"

struct config_place
config_place_of(const struct config_reader *reader, const struct config_place *around,
		const struct config_section *section, size_t index)
{
	struct config_place p = { NULL, config_outline_find(&reader->outline, around->at,
							    section->name, index) };

	if (around->cfg != NULL)
		p.cfg = cfg_getnsec(around->cfg, section->name, (unsigned)index);
	return p;
}

static void
fill_reason(struct config_reader *reader, const struct config_place *place,
	    struct bounce_policy *policy)
{
	const char *title = cfg_title(place->cfg);
	struct buf why = BUF_INIT;
	const struct config_setting setting = { .why = &why };
	enum bounce_reason reason;

	if (config_find_reason(&setting, title, &reason) == 0)
		config_fill(reader, &config_reason, place->cfg, place->at, &policy->reason[reason]);
	else
		config_error(reader, reader->outline.statement[place->at].line, "reason: %s",
			     buf_str(&why));
	buf_free(&why);
}

static void
fill_policy(struct config_reader *reader, const struct config_place *place,
	    struct bounce_policy *policy)
{
	size_t count = config_section_count(place->cfg, &config_reason);

	config_fill(reader, &config_policy, place->cfg, place->at, policy);
	for (size_t i = 0; i < count; i++) {
		struct config_place reason = config_place_of(reader, place, &config_reason, i);

		fill_reason(reader, &reason, policy);
	}
}

static void
fill_rules(struct config_reader *reader, const struct config_place *top)
{
	struct config *config = reader->config;
	size_t count = config_section_count(top->cfg, &config_rule);

	config->rule = config_room(config, count, sizeof(*config->rule));
	config->policy.rule = config->rule;
	config->policy.rule_count = count;
	for (size_t i = 0; i < count; i++) {
		struct config_place place = config_place_of(reader, top, &config_rule, i);

		config_fill(reader, &config_rule, place.cfg, place.at, &config->rule[i]);
		config->rule[i].name = config_title(reader, place.cfg);
	}
}

static void
fill_list(struct config_reader *reader, const struct config_place *place, struct config_list *list)
{
	struct config_place policy = config_place_of(reader, place, &config_policy, 0);

	list->name = config_title(reader, place->cfg);
	for (char *p = list->name; *p != '\0'; p++)
		*p = span_lower(*p);
	list->policy = reader->config->policy;
	list->own_policy = policy.at < reader->outline.count;
	config_fill(reader, &config_for_list, place->cfg, place->at, list);
	if (list->own_policy)
		fill_policy(reader, &policy, &list->policy);
}

/* After policy and rules, which the lists begin with. */
static void
fill_lists(struct config_reader *reader, const struct config_place *top)
{
	struct config *config = reader->config;

	config->list_count = config_section_count(top->cfg, &config_for_list);
	config->list = config_room(config, config->list_count, sizeof(*config->list));
	for (size_t i = 0; i < config->list_count; i++) {
		struct config_place place = config_place_of(reader, top, &config_for_list, i);

		fill_list(reader, &place, &config->list[i]);
	}
}

void
config_fill_policies(struct config_reader *reader, cfg_t *cfg)
{
	const struct config_place top = { cfg, CONFIG_TOP };
	struct config_place policy = config_place_of(reader, &top, &config_policy, 0);

	reader->config->policy = bounce_policy_default();
	fill_rules(reader, &top);
	fill_policy(reader, &policy, &reader->config->policy);
	fill_lists(reader, &top);
}

const struct bounce_policy *
config_policy_for(const struct config *config, struct span list, struct span *scope)
{
	*scope = SPAN("");
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *known = &config->list[i];

		if (known->own_policy && span_ieq(list, span_of(known->name))) {
			*scope = span_of(known->name);
			return &known->policy;
		}
	}
	return &config->policy;
}
