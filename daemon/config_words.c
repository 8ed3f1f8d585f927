/*
 * config_words - values that libbounce has words for: states, reasons, codes, where mail goes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_table.h"
#include "nearest.h"

/* RFC 6154; what is left out holds no mail of its own, or is for people's drafts. */
static const char *const uses[] = { "\\Archive", "\\Junk", "\\Sent", "\\Trash" };

/* As the server spells it: flags have no case. */
static int
set_use(const struct config_setting *setting, struct config_target *out)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (span_ieq(span_of(setting->text[0]), span_of(uses[i]))) {
			out->folder = config_keep(setting->arena, uses[i]);
			return 0;
		}
	}
	return config_refuse(setting, setting->text[0],
			     "no special use; there are \\Archive, \\Junk, \\Sent and \\Trash");
}

static int
set_target(const struct config_setting *setting, void *base)
{
	struct config_target *out = config_field(base, setting->option->offset);
	const char *text = setting->text[0];

	*out = (struct config_target){ .leave = strcmp(text, "leave") == 0,
				       .remove = strcmp(text, "delete") == 0 };
	if (out->leave || out->remove)
		return 0;
	if (text[0] == '\0') {
		buf_adds(setting->why, "is empty; write a folder's name, leave or delete");
		return -1;
	}
	if (text[0] == '\\')
		return set_use(setting, out);
	if (config_check_text(setting, text) != 0)
		return -1;
	out->folder = config_keep(setting->arena, text);
	return 0;
}

static void
print_target(const struct config_option *option, const void *base, struct buf *out)
{
	const struct config_target *target = config_const_field(base, option->offset);

	config_quote(target->leave ? "leave" : target->remove ? "delete" : target->folder, out);
}

const struct config_type config_target = { false, set_target, print_target };

/* A set of words as bits. */
struct vocabulary {
	const char *(*name)(unsigned value);
	unsigned count;
};

static const char *
reason_name(unsigned value)
{
	return bounce_reason_name((enum bounce_reason)value);
}

static const char *
state_name(unsigned value)
{
	return bounce_state_name((enum bounce_state)value);
}

static const char *
disposition_name(unsigned value)
{
	return bounce_disposition_name((enum bounce_disposition)value);
}

static const char *
preset_name(unsigned value)
{
	return bounce_preset_name((enum bounce_preset)value);
}

static const struct vocabulary preset_words = { preset_name, BOUNCE_PRESET_COUNT };
static const struct vocabulary reason_words = { reason_name, BOUNCE_REASON_COUNT };
static const struct vocabulary state_words = { state_name, BOUNCE_STATE_COUNT };
static const struct vocabulary disposition_words = { disposition_name, BOUNCE_DISPOSITION_COUNT };

static int
find_word(const struct config_setting *setting, const struct vocabulary *words, const char *text,
	  unsigned *out)
{
	struct nearest nearest = nearest_to(text);

	for (*out = 0; *out < words->count; ++*out) {
		if (strcmp(words->name(*out), text) == 0)
			return 0;
		nearest_try(&nearest, words->name(*out));
	}
	buf_addf(setting->why, "'%s' is unknown;", text);
	if (nearest.best != NULL)
		buf_addf(setting->why, " did you mean %s?", nearest.best);
	buf_adds(setting->why, " the words are");
	for (unsigned i = 0; i < words->count; i++)
		buf_addf(setting->why, "%s %s", i > 0 ? "," : "", words->name(i));
	return -1;
}

static int
read_set(const struct config_setting *setting, const struct vocabulary *words, uint64_t *out)
{
	unsigned value;

	*out = 0;
	for (size_t i = 0; i < setting->count; i++) {
		if (find_word(setting, words, setting->text[i], &value) != 0)
			return -1;
		*out |= UINT64_C(1) << value;
	}
	return 0;
}

static void
print_set(const struct vocabulary *words, uint64_t set, struct buf *out)
{
	const char *separator = "";

	buf_addc(out, '{');
	for (unsigned i = 0; i < words->count; i++) {
		if ((set >> i & 1) == 0)
			continue;
		buf_addf(out, "%s\"%s\"", separator, words->name(i));
		separator = ", ";
	}
	buf_addc(out, '}');
}

static int
set_reasons(const struct config_setting *setting, void *base)
{
	return read_set(setting, &reason_words, config_field(base, setting->option->offset));
}

static void
print_reasons(const struct config_option *option, const void *base, struct buf *out)
{
	const uint64_t *set = config_const_field(base, option->offset);

	print_set(&reason_words, *set, out);
}

const struct config_type config_reasons = { true, set_reasons, print_reasons };

int
config_find_reason(const struct config_setting *setting, const char *text, enum bounce_reason *out)
{
	unsigned value;

	if (find_word(setting, &reason_words, text, &value) != 0)
		return -1;
	*out = (enum bounce_reason)value;
	return 0;
}

static int
set_states(const struct config_setting *setting, void *base)
{
	uint32_t *out = config_field(base, setting->option->offset);
	uint64_t set;

	if (read_set(setting, &state_words, &set) != 0)
		return -1;
	*out = (uint32_t)set;
	return 0;
}

static void
print_states(const struct config_option *option, const void *base, struct buf *out)
{
	const uint32_t *set = config_const_field(base, option->offset);

	print_set(&state_words, *set, out);
}

const struct config_type config_states = { true, set_states, print_states };

/* One number of a status pattern, or "x" for any. */
static bool
take_part(struct span *rest, bool any_follows, uint16_t *out)
{
	uint64_t number;

	if (span_empty(*rest) || *rest->p++ != '.' || span_empty(*rest))
		return false;
	if (*rest->p == 'x' || *rest->p == 'X') {
		rest->p++;
		*out = UINT16_MAX;
		return true;
	}
	if (any_follows || !span_number(rest, 999, &number))
		return false;
	*out = (uint16_t)number;
	return true;
}

static int
set_status(const struct config_setting *setting, void *base)
{
	struct bounce_status *out = config_field(base, setting->option->offset);
	struct span rest = span_of(setting->text[0]);

	*out = (struct bounce_status){ 0, 0, 0 };
	if (span_empty(rest))
		return 0;
	if (*rest.p == '2' || *rest.p == '4' || *rest.p == '5')
		out->class = (uint16_t)(*rest.p++ - '0');
	if (out->class == 0 || !take_part(&rest, false, &out->subject) ||
	    !take_part(&rest, out->subject == UINT16_MAX, &out->detail) || !span_empty(rest))
		return config_refuse(setting, setting->text[0],
				     "no status code; write it like 4.2.2, 4.2.x or 4.x.x");
	return 0;
}

static void
print_status_part(uint16_t part, struct buf *out)
{
	if (part == UINT16_MAX)
		buf_adds(out, ".x");
	else
		buf_addf(out, ".%u", part);
}

static void
print_status(const struct config_option *option, const void *base, struct buf *out)
{
	const struct bounce_status *status = config_const_field(base, option->offset);

	buf_addc(out, '"');
	if (status->class != 0) {
		buf_addf(out, "%u", status->class);
		print_status_part(status->subject, out);
		print_status_part(status->detail, out);
	}
	buf_addc(out, '"');
}

const struct config_type config_status = { false, set_status, print_status };

/* A rule and a reason may leave the disposition alone (""). */
static int
set_disposition(const struct config_setting *setting, void *base)
{
	enum bounce_disposition *out = config_field(base, setting->option->offset);
	unsigned value;

	if (!config_says(setting, base))
		return 0;
	if (find_word(setting, &disposition_words, setting->text[0], &value) != 0)
		return -1;
	*out = (enum bounce_disposition)value;
	return 0;
}

static void
print_disposition(const struct config_option *option, const void *base, struct buf *out)
{
	const enum bounce_disposition *value = config_const_field(base, option->offset);

	config_quote(config_said(option, base) ? bounce_disposition_name(*value) : "", out);
}

const struct config_type config_disposition = { false, set_disposition, print_disposition };

/* Where a policy begins: all of its values. Rules are none of them. */
static int
set_preset(const struct config_setting *setting, void *base)
{
	struct bounce_policy *policy = base, begun;
	unsigned value;

	if (find_word(setting, &preset_words, setting->text[0], &value) != 0)
		return -1;
	begun = bounce_policy_preset((enum bounce_preset)value);
	begun.rule = policy->rule;
	begun.rule_count = policy->rule_count;
	*policy = begun;
	return 0;
}

static void
print_preset(const struct config_option *option, const void *base, struct buf *out)
{
	const enum bounce_preset *preset = config_const_field(base, option->offset);

	buf_adds(out, bounce_preset_name(*preset));
}

const struct config_type config_preset = { false, set_preset, print_preset };
